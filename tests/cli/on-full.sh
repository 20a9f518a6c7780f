#!/bin/bash
# on-full.sh - --on-full=wait: an append for which the disk has no room waits,
# says so once, and goes on when there is.
#
# shellcheck disable=SC2317,SC2016 # checks are called by name; the inner shell
# expands
. "$(dirname "$0")/lib.sh" || exit 1

own_mounts=(unshare -m)
[ "$(id -u)" -eq 0 ] || own_mounts=(unshare -rm)
mkdir disk
can_mount() {
	have unshare && "${own_mounts[@]}" mount -t tmpfs -o size=64k none disk \
		2>/dev/null
}
can_mount || skip_all "no tmpfs can be mounted here"

no_room='No space left on device; waiting for room'
room='there is room again; going on'

# on_disk KILOBYTES ACTION [ARG...]: the program, with $in as standard input, on
# a disk of this size where `fill` leaves room for 24 KB. Once it has said that
# it waits, ACTION is evaluated, with $program the process id; afterwards what is
# on the disk is in ./kept. With $to_stdout standard output is that file on the
# disk; with $feed, $in is a FIFO that is given that file, and open as 6; with
# $to_the_brim there is no room at all.
cat >driver <<'END'
size=$1 action=$2
shift 2
mount -t tmpfs -o "size=${size}k" none disk || exit 99
head -c $(((size - 24) * 1024)) /dev/zero >disk/fill || exit 99
[ -z "${to_the_brim-}" ] || cat /dev/zero >disk/more 2>/dev/null
mkfifo nap
exec 8<>nap
: >"$err"
told() { grep -q "$1" "$err"; }
until_told() {
	for _ in $(seq 6000); do
		told "$1" && return 0
		read -rt 0.01 -u 8 _
	done
	return 1
}
if [ -n "${feed-}" ]; then
	exec 6<>"$in"
	cat "$feed" >&6 &
fi
[ -z "${to_stdout-}" ] || exec >"disk/$to_stdout"
timeout -k 5 120 "$UPCASE_PIPE" "$@" <"$in" 2>"$err" 6>&- 8>&- &
pid=$!
until_told 'waiting for room' || {
	kill -KILL "$pid"
	exit 98
}
program=$(cat "/proc/$pid/task/$pid/children")
eval "$action"
wait "$pid"
status=$?
cp disk/* kept/
exit $status
END
on_disk() {
	rm -rf kept nap
	mkdir kept
	export in err
	bounded "${own_mounts[@]}" bash driver "$@"
	status=$?
}
make_room='rm disk/fill'

# waited NAME: it has said so once, and that it went on, and nothing else.
waited() {
	expect_status 0 &&
		expect_errors "upcase-pipe: $1: $no_room\nupcase-pipe: $1: $room\n"
}

numbered 100 1000 >lines
tr '[:lower:]' '[:upper:]' <lines >lines.want
perl -e 'srand 1; print join("", map chr(97 + rand 26), 1 .. 999), "\n"
	for 1 .. 100' >noise
tr '[:lower:]' '[:upper:]' <noise >noise.want

hundred() {
	in=lines on_disk 128 "$make_room" -o disk/db --on-full=wait "$@"
	waited disk/db && same lines.want kept/db
}
check "a full disk: 100 lines are all there once it has room" hundred
check "a full disk: the same in small batches" hundred -b 4K
check "a full disk: the same in small batches with several jobs" hundred -b 1000 -j 4
hundred_by_reader() {
	UPCASE_PIPE_HANDOVER=finish=always hundred "$@"
}
check "a full disk: the same where who reads would write" \
	hundred_by_reader -b 4K
read_on() {
	# What comes while it waits is taken from the pipe, before there is room.
	rm -f fifo
	mkfifo fifo
	feed=lines in=fifo on_disk 128 'echo more >&6
		until [ "$(perl -e '\''my $n = pack "i", 0;
			ioctl STDIN, 0x541B, $n; print unpack "i", $n'\'' <&6)" = 0 ]
		do read -rt 0.01 -u 8 _; done
		exec 6>&-
		rm disk/fill' -o disk/db --on-full=wait
	{ cat lines.want; echo MORE; } >want
	waited disk/db && same want kept/db
}
check "input is read on while it waits" read_on
long_line() {
	{
		head -n 3 lines
		head -c 40960 /dev/zero | tr '\0' y
		echo
		echo end
	} >long
	tr '[:lower:]' '[:upper:]' <long >long.want
	in=long on_disk 128 "$make_room" -o disk/db --on-full=wait -b 4K "$@"
	waited disk/db && same long.want kept/db
}
check "a full disk: a line of ten batches is there as a whole" long_line
check "a full disk: the same with several jobs" long_line -j 3
long_line_locked() {
	# Between the pieces of a line others cannot get in; between lines they
	# can.
	in=long on_disk 128 'flock -n disk/db true; echo $? >was
		rm disk/fill' -o disk/db --on-full=wait -b 4K
	waited disk/db && same long.want kept/db && expect_file was '1\n' ||
		return 1
	in=lines on_disk 128 'flock disk/db true; echo $? >was
		rm disk/fill' -o disk/db --on-full=wait -b 1K
	waited disk/db && expect_file was '0\n'
}
check "the lock is kept while a line waits, and let go between lines" \
	long_line_locked
zipped() {
	in=noise on_disk 64 "$make_room" -o disk/db.gz --on-full=wait "$@"
	waited disk/db.gz && expect_gzip_of kept/db.gz noise.want
}
check "a full disk: gzip, too" zipped
zipped_nothing() {
	in=/dev/null to_the_brim=1 on_disk 64 "$make_room" -o disk/db.gz \
		--on-full=wait
	waited disk/db.gz && expect_gzip kept/db.gz ''
}
check "a full disk: the member of an output without text" zipped_nothing
check "a full disk: gzip in small members" zipped -b 4K
zipped_long() {
	perl -e 'srand 2; print join("", map chr(97 + rand 26), 1 .. 65536), "\n"' \
		>long
	tr '[:lower:]' '[:upper:]' <long >long.want
	in=long on_disk 64 "$make_room" -o disk/db.gz --on-full=wait -b 6K
	waited disk/db.gz && expect_gzip_of kept/db.gz long.want
}
check "a full disk: gzip of a line of ten members" zipped_long
standard_output() {
	in=$1 to_stdout=db on_disk 128 "$make_room" --on-full=wait "${@:3}"
	waited 'standard output' || return 1
	case $* in
	*-z*)
		gzip -dc <kept/db >got && same "$2" got && one_member kept/db
		;;
	*) same "$2" kept/db ;;
	esac
}
export to_stdout=
check "a full disk: what standard output did not take is written later" \
	standard_output lines lines.want
check "a full disk: the same in small batches" \
	standard_output lines lines.want -b 700
check "a full disk: the same with gzip" standard_output noise noise.want -z -b 8K

# --- giving up ---------------------------------------------------------------

# gave_up WHY NAME READ: it has told what is lost of the READ lines at most that
# were read; n_written of them are there.
gave_up() {
	expect_status 3 || return 1
	n_written=$(sed -nE "s|^upcase-pipe: $2: $1 .still waiting for room: No space left on device.: ([0-9]+) lines? written, ([0-9]+) lines? lost\$|\\1|p" "$err")
	n_lost=$(sed -nE 's/.*written, ([0-9]+) lines? lost$/\1/p' "$err")
	if [ -z "$n_written" ] || [ "$n_lost" -eq 0 ] ||
		[ $((n_written + n_lost)) -gt "$3" ]; then
		cat "$err"
		return 1
	fi
}
two_signals='kill -TERM $program
	until_told "writing what was read"
	for _ in 1 2 3 4 5 6; do read -rt 0.1 -u 8 _; done
	kill -TERM $program'
twice() {
	in=lines on_disk 128 "$two_signals" -v -o disk/db --on-full=wait "$@"
	gave_up 'stopped by a second signal' disk/db 100 &&
		head -n "$n_written" lines.want >part && same part kept/db
}
check "a second signal ends the wait and tells what is lost" twice
check "the same in small batches" twice -b 4K
timed_out() {
	in=lines on_disk 128 'kill -TERM $program' -o disk/db --on-full=wait \
		--shutdown-timeout=0.3 "$@"
	gave_up 'shutdown timeout' disk/db 100 &&
		head -n "$n_written" lines.want >part && same part kept/db
}
check "--shutdown-timeout ends the wait and tells what is lost" timed_out
long_given_up() {
	{
		head -n 3 lines
		head -c 40960 /dev/zero | tr '\0' y
		echo
	} >long
	in=long on_disk 128 'kill -TERM $program' -o disk/db --on-full=wait -b 4K \
		--shutdown-timeout=0.3
	gave_up 'shutdown timeout' disk/db 4 && head -n 3 lines.want >part &&
		same part kept/db
}
check "of a line that is given up nothing stays" long_given_up
signal_drains() {
	in=lines on_disk 128 'kill -TERM $program; until_told "writing what"
		rm disk/fill' -v -o disk/db --on-full=wait
	expect_status 143 && same lines.want kept/db
}
check "a signal while it waits drains once there is room" signal_drains

# --- meanwhile ---------------------------------------------------------------

progress() {
	in=lines on_disk 128 'kill -USR1 $program; until_told "lines.*written"
		rm disk/fill' -o disk/db --on-full=wait
	expect_status 0 && same lines.want kept/db
}
check "progress is told while it waits" progress
reopened() {
	# Only moved away: the disk stays full, the new name leads elsewhere.
	in=lines on_disk 128 'mv disk/db disk/old; ln -s "$PWD/kept/new" disk/db
		kill -USR2 $program' -o disk/db --on-full=wait "$@"
	rm -f kept/db
	expect_status 0 && cat kept/old kept/new >both && same lines.want both &&
		[ "$(wc -l <kept/new)" -gt 50 ]
}
check "a wish to open anew is served while it waits between lines" reopened -b 4K
counted() {
	in=lines on_disk 128 "$make_room" -o disk/db --on-full=wait --stats=json
	sed -n 's/.*"lines_out": *\([0-9]*\).*"bytes_out": *\([0-9]*\).*/\1 \2/p' \
		"$err" >counts
	expect_status 0 && expect_file counts '100 100000\n'
}
check "what was kept of an append and what came later count once" counted

# --- what is waited for ------------------------------------------------------

fails_at_once() {
	numbered 100 1000 >"$in"
	bounded "$UPCASE_PIPE" -o /dev/full "$@" <"$in" 2>"$err"
	status=$?
	expect_status 3 && ! grep -q 'waiting' "$err"
}
check "--on-full=fail, the default, does not wait" fails_at_once
check "the same if it is asked for" fails_at_once --on-full=fail
quota() {
	rm -f db
	numbered 10 >"$in"
	tr '[:lower:]' '[:upper:]' <"$in" >want
	traced -P "$PWD/db" -e inject=write,writev:error=EDQUOT:when=1 -- \
		-o db --on-full=wait
	expect_status 0 && expect_errors "upcase-pipe: db: Disk quota exceeded; waiting for room\nupcase-pipe: db: $room\n" &&
		same want db
}
broken() {
	rm -f db
	numbered 10 >"$in"
	traced -P "$PWD/db" -e inject=write,writev:error=EIO:when=1 -- \
		-o db --on-full=wait
	expect_status 3 && expect_errors 'upcase-pipe: db: Input/output error: 0 lines written, 10 lines lost\n'
}
data_sync=fdatasync
built_with DECL_FDATASYNC || data_sync=fsync
sync_final() {
	rm -f db
	numbered 10 >"$in"
	traced -P "$PWD/db" -e inject=$data_sync:error=ENOSPC:when=1 -- \
		-o db --on-full=wait "$1"
	expect_status 3 && ! grep -q 'waiting' "$err" &&
		[ "$(grep -c "$data_sync(" "$tmp/std/trace")" -eq 1 ]
}
empty_sync_final() {
	# Of the member of an output without text, and of the name of its file.
	local call kind
	for call in $data_sync fsync; do
		for kind in ENOSPC EDQUOT; do
			rm -f db.gz
			: >"$in"
			traced -e inject=$call:error=$kind:when=1 -- \
				-o db.gz --on-full=wait --sync=batch
			expect_status 3 && expect_stderr_match \
				'upcase-pipe: db.gz: .*may not be on the disk.*' || return 1
		done
	done
}
# synced WHAT [BUT]: how many times that was synced, its name a pattern.
synced() {
	grep "fsync([0-9]*<$1>) *= 0" "$tmp/std/trace" | grep -vc "<${2:-}>"
}
name_synced() {
	rm -f db new
	numbered 10 >"$in"
	traced -y -e trace=fsync -- -o db "$1"
	expect_status 0 && [ "$(synced "$PWD")" -eq 1 ] || return 1
	traced -y -e trace=fsync -- -o db "$1"
	expect_status 0 && [ "$(synced '[^>]*' "$PWD/db")" -eq 0 ]
}
linked() {
	# It is the file's own name that is synced: of one that is there, or
	# made, behind a link to another folder.
	local r=0 d
	rm -rf d1 d2
	mkdir d1 d2
	d=$(cd d2 && pwd -P)
	ln -s ../d2/real d1/link
	numbered 10 >"$in"
	traced -y -e trace=fsync -- -o d1/link "$1"
	expect_status 0 && [ "$(synced "$d")" -eq 1 ] &&
		[ "$(synced '[^>]*' "$d/real")" -eq 1 ] || r=1
	traced -y -e trace=fsync -- -o d1/link "$1"
	expect_status 0 && [ "$(synced '[^>]*' "$d/real")" -eq 0 ] || r=1
	return "$r"
}
name_sync_fails() {
	rm -f db
	numbered 10 >"$in"
	traced -e inject=fsync:error=EIO -- -o db "$1"
	expect_status 3 &&
		expect_stderr_match 'upcase-pipe: db: .*may not be on the disk.*'
}
if can_trace; then
	check "a full quota is waited for, too" quota
	check "an error of the disk is never waited for" broken
	check "a sync that fails is final, also for want of room" sync_final --sync=batch
	check "a sync at the end that fails is final" sync_final --sync=end
	check "so it is of the member of an output without text" empty_sync_final
	check "--sync: the directory is synced after the file was made" name_synced --sync=end
	check "--sync=batch: the directory is synced once" name_synced --sync=batch
	check "--sync: so it is behind a link to another directory" linked --sync=end
	check "--sync=batch: so it is behind a link to another directory" \
		linked --sync=batch
	check "--sync: a directory that cannot be synced is failed output" \
		name_sync_fails --sync=end
else
	skip "injected errors" "strace cannot trace"
fi

finish
