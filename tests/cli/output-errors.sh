#!/bin/bash
# output-errors.sh - what happens when writing or reading fails: the message and
# its counts, the status, and a file that never ends in a torn line or member.
#
# shellcheck disable=SC2317,SC2086,SC2015,SC2016,SC2094 # checks are called by
# name, numbers stand bare, `A && B || { report; }` is meant as it is, Perl and
# Tcl stand in single quotes, a file may be read and written: that is the test
. "$(dirname "$0")/lib.sh" || exit 1

# --- counts ------------------------------------------------------------------

# lost FILE CAUSE: standard error is the one message about failed output; sets
# n_written and n_lost.
lost() {
	local line
	expect_status 3 || return 1
	line=$(grep -E "^upcase-pipe: $1: $2( \(.*\))?: [0-9]+ lines? written, [0-9]+ lines? lost" "$err") || {
		echo "no message about $1: $2 in:"
		head -n 5 "$err"
		return 1
	}
	n_written=$(sed -E 's/.*: ([0-9]+) lines? written.*/\1/' <<<"$line")
	n_lost=$(sed -E 's/.*, ([0-9]+) lines? lost.*/\1/' <<<"$line")
	[ "$n_lost" -gt 0 ] || {
		echo "nothing lost: $line"
		return 1
	}
}

# run_counted INPUT [ARG...]: as run, with INPUT as standard input; afterwards
# n_read is the number of lines in the part of it that was read.
run_counted() {
	exec 7<"$1"
	run_here "${@:2}" <&7
	count_read "$1"
	exec 7<&-
}
count_read() {
	local offset
	offset=$(perl -e 'print sysseek STDIN, 0, 1' <&7)
	n_read=$(head -c "$((offset))" "$1" | perl -ne '$n++;
		END { print $n // 0 }')
}
adds_up() {
	[ $((n_written + n_lost)) -eq "$n_read" ] && return 0
	echo "$n_written written + $n_lost lost, but $n_read lines were read"
	return 1
}

# whole_lines FILE WANTED [LINES-BEFORE]: FILE is the first n_written lines of
# WANTED, none torn.
whole_lines() {
	head -n $((n_written + ${3:-0})) "$2" >"$tmp/std/part"
	same "$tmp/std/part" "$1"
}

# --- a device that is full ---------------------------------------------------

full_stdout() {
	printf 'one\ntwo\nthree' >lines
	bounded "$UPCASE_PIPE" "$@" <lines >/dev/full 2>"$err"
	status=$?
	expect_status 3 && expect_errors \
		'upcase-pipe: standard output: No space left on device: 0 lines written, 3 lines lost\n'
}
check "/dev/full as standard output: every line is reported lost" full_stdout
check "/dev/full as standard output: the same with gzip" full_stdout -z
check "/dev/full as standard output: the same with several jobs" \
	full_stdout -b 64K -j 2
full_o() {
	printf 'one\ntwo\nthree' >"$in"
	run -o /dev/full "$@"
	expect_outcome 3 '' \
		'upcase-pipe: /dev/full: No space left on device: 0 lines written, 3 lines lost\n'
}
check "/dev/full as -o: every line is reported lost" full_o
check "/dev/full as -o: the same with gzip" full_o -z
behind_bad() {
	# Of one FILE with one line, and of two with two.
	local text='"line of text\n" x 50000'
	perl -e "print qq(one\n\xff\n), $text" >bad1
	perl -e "print qq(one\ntwo\xff\n), $text" >bad2
	for _ in 1 2 3; do
		run_here --invalid=fail -o /dev/full "$@" <bad1
		expect_status 3 && expect_errors \
			'upcase-pipe: /dev/full: No space left on device: 0 lines written, 1 line lost\n' ||
			return 1
	done
	run_here --invalid=fail -o /dev/full "$@" bad2
	expect_errors \
		'upcase-pipe: /dev/full: No space left on device: 0 lines written, 2 lines lost\n'
}
check "lines behind a bad sequence were never to be written, and are not lost" \
	behind_bad
check "the same in small batches with several jobs" behind_bad -b 4K -j 8
check "the same with gzip" behind_bad -z -b 4K -j 8
one_line_full() {
	given 'one\n'
	run -o /dev/full
	expect_outcome 3 '' \
		'upcase-pipe: /dev/full: No space left on device: 0 lines written, 1 line lost\n' ||
		expect_errors \
			'upcase-pipe: /dev/full: No space left on device: 0 lines written, 1 lines lost\n'
}
check "/dev/full as -o: a single line is counted" one_line_full
full_big() {
	numbered 50000 >lines
	exec 7<lines
	bounded "$UPCASE_PIPE" "$@" <&7 >/dev/full 2>"$err"
	status=$?
	count_read lines
	exec 7<&-
	lost 'standard output' 'No space left on device' && adds_up &&
		[ "$n_written" -eq 0 ]
}
check "/dev/full: a long input stops early and what was read is counted" full_big
check "/dev/full: the same with small batches and several jobs" full_big -b 4K -j 4
check "/dev/full: the same with gzip" full_big -z -b 4K
full_typed() {
	numbered 300 >lines
	exec 7<lines
	bounded "$UPCASE_PIPE" -i -q "$@" <&7 >/dev/full 2>"$err"
	status=$?
	count_read lines
	exec 7<&-
	lost 'standard output' 'No space left on device' && adds_up
}
check "/dev/full: typed lines that wait to be handed on are counted, too" \
	full_typed -b 1K
full_and_bad_input() {
	printf 'one\n' >first
	bounded "$UPCASE_PIPE" missing first >/dev/full 2>"$err"
	status=$?
	expect_status 3 && expect_stderr_line \
		'upcase-pipe: missing: No such file or directory'
}
check "/dev/full: failed output outranks bad input in the status" \
	full_and_bad_input
full_help() {
	"$UPCASE_PIPE" "$1" >/dev/full 2>"$err"
	status=$?
	[ "$status" -ne 0 ] && [ "$status" -lt 126 ] && has_size "$err"
}
check "/dev/full: --help that cannot be written fails" full_help --help
check "/dev/full: --version that cannot be written fails" full_help --version

# --- a disk that fills up ----------------------------------------------------

# on_small_disk KILOBYTES FILE INPUT BEFORE [ARG...]: runs the program on a disk
# of this size that holds FILE with the content of file BEFORE; afterwards FILE
# is here, too. The disk is a tmpfs in a mount namespace of its own.
own_mounts=(unshare -m)
[ "$(id -u)" -eq 0 ] || own_mounts=(unshare -rm)
mkdir disk
can_mount() {
	have unshare && "${own_mounts[@]}" mount -t tmpfs -o size=64k none disk \
		2>/dev/null
}
on_small_disk() {
	local size=$1 file=$2 before=$4
	exec 7<"$3"
	rm -f "$file"
	# shellcheck disable=SC2016 # expanded by the inner shell
	"${own_mounts[@]}" bash -c '
		mount -t tmpfs -o "size=$1k" none disk || exit 99
		cp "$3" "disk/$2" || exit 99
		timeout -k 5 120 "$UPCASE_PIPE" "${@:4}"
		status=$?
		cp "disk/$2" "$2"
		exit $status' - "$size" "$file" "$before" "${@:5}" \
		<&7 >"$out" 2>"$err"
	status=$?
	count_read "$3"
	exec 7<&-
}

numbered 8000 60 >lines
tr '[:lower:]' '[:upper:]' <lines >lines.want
printf 'old line\n' >old
cat old lines.want >old_and_new
: >nothing
perl -e 'srand 1; print join("", map chr(97 + rand 26), 1 .. 79), "\n"
	for 1 .. 8000' >noise
tr '[:lower:]' '[:upper:]' <noise >noise.want

disk_full_plain() {
	on_small_disk 128 db lines old -o disk/db "$@"
	lost disk/db 'No space left on device' && adds_up &&
		[ "$n_written" -gt 100 ] && whole_lines db old_and_new 1
}
disk_full_one_batch() {
	# One batch does not fit: what fits of it may stay, in whole lines.
	on_small_disk 128 db lines old -o disk/db -b 16M
	lost disk/db 'No space left on device' && adds_up &&
		whole_lines db old_and_new 1
}
disk_full_long_line() {
	# A line larger than the disk, in pieces: none of it may stay.
	{ head -n 100 lines; head -c 400000 /dev/zero | tr '\0' y; echo
		echo end; } >input
	on_small_disk 128 db input old -o disk/db "$@"
	lost disk/db 'No space left on device' && adds_up &&
		[ "$(tail -c 1 db | od -An -tu1 | tr -d ' ')" = 10 ] &&
		whole_lines db old_and_new 1 && [ "$n_written" -le 100 ]
}
disk_full_gzip() {
	local members
	on_small_disk 128 db.gz noise "${1}" -o disk/db.gz -b 8K "${@:2}"
	lost disk/db.gz 'No space left on device' && adds_up &&
		members db.gz >list || return 1
	members=$(wc -l <list)
	[ "$members" -gt 2 ] && gzip -t <db.gz && gzip -dc <db.gz >text &&
		whole_lines text noise.want
}
disk_full_gzip_long_line() {
	# A line that spans members: none of them may stay.
	perl -e 'srand 2; print join("", map chr(97 + rand 26), 1 .. 400000), "\n"' \
		>long
	{ head -n 100 noise; cat long; echo end; } >input
	head -n 100 noise.want >input.want
	on_small_disk 128 db.gz input nothing -o disk/db.gz -b 4K "$@"
	lost disk/db.gz 'No space left on device' && adds_up &&
		gzip -t <db.gz && members db.gz >list &&
		gzip -dc <db.gz >text && whole_lines text input.want
}
disk_full_stdout() {
	rm -f db
	exec 7<lines
	# shellcheck disable=SC2016
	"${own_mounts[@]}" bash -c 'mount -t tmpfs -o size=128k none disk &&
		timeout -k 5 120 "$UPCASE_PIPE" -b 4K >disk/db
		status=$?
		cp disk/db db
		exit $status' <&7 2>"$err"
	status=$?
	count_read lines
	exec 7<&-
	lost 'standard output' 'No space left on device' && adds_up &&
		prefix_of lines.want db && [ "$n_written" -le "$(wc -l <db)" ]
}
prefix_of() { cmp -n "$(stat -c %s "$2")" "$1" "$2"; }
disk_full_again() {
	# With room again, the next run goes on where the file ends.
	on_small_disk 128 db lines old -o disk/db
	given 'more\n'
	run -o db
	expect_status 0 && [ "$(tail -n 1 db)" = MORE ] &&
		! grep -avqE '^(old line|LINE [0-9]{7} X{46}|MORE)$' db
}
if can_mount; then
	check "a full disk: the file ends at a whole line, the counts add up" \
		disk_full_plain
	check "a full disk: the same in batches of 4096 bytes" disk_full_plain -b 4K
	check "a full disk: the same in batches of 1000 bytes with 4 jobs" \
		disk_full_plain -b 1000 -j 4
	check "a full disk: a batch that does not fit leaves no torn line" \
		disk_full_one_batch
	check "a full disk: a line that does not fit leaves nothing of itself" \
		disk_full_long_line
	check "a full disk: a line that does not fit in pieces leaves nothing of itself" \
		disk_full_long_line -b 4K
	check "a full disk: a gzip file ends at a whole member" \
		disk_full_gzip nothing
	check "a full disk: the same with 4 jobs" disk_full_gzip nothing -j 4
	check "a full disk: the same in tiny members" disk_full_gzip nothing -b 500
	check "a full disk: no member of a line that does not fit stays" \
		disk_full_gzip_long_line
	check "a full disk: the same with 4 jobs and a line over many members" \
		disk_full_gzip_long_line -j 4
	check "a full disk: standard output ends somewhere, the counts add up" \
		disk_full_stdout
	check "a full disk: the next run goes on behind the last whole line" \
		disk_full_again
else
	skip "a full disk: the file ends at a whole line or member" \
		"no mount namespace of one's own"
fi

# --- the largest file there may be -------------------------------------------

limited() {
	exec 7<lines
	cp old db
	(
		ulimit -c 0
		ulimit -f 64
		exec "$UPCASE_PIPE" -o db "$@" <&7 >"$out" 2>"$err"
	)
	status=$?
	count_read lines
	exec 7<&-
	lost db 'File too large' && adds_up && whole_lines db old_and_new 1
}
check "a file size limit (SIGXFSZ) is an error like others, the last line whole" \
	limited
check "a file size limit: the same in one large batch" limited -b 16M
check "a file size limit: the same in small batches with 4 jobs" \
	limited -b 1000 -j 4

# --- short writes ------------------------------------------------------------

# A pipe that is read in small pieces takes a part of a large batch at a time.
# short_writes INPUT [ARG...]
short_writes() {
	bounded "$UPCASE_PIPE" -b 256K "${@:2}" <"$1" 2>"$err" |
		perl -e 'while (sysread STDIN, my $b, 1000) { print $b }' >"$out"
	status=${PIPESTATUS[0]}
	expect_status 0 && same /dev/null "$err"
}
short_writes_plain() { short_writes lines "$@" && same lines.want "$out"; }
short_writes_gzip() {
	short_writes noise --gzip=1 && expect_gzip_of "$out" noise.want
}
check "short writes into a pipe are completed" short_writes_plain
check "short writes into a pipe are completed with 4 jobs" short_writes_plain -j 4
check "short writes of gzip members are completed" short_writes_gzip
short_writes_o() {
	mkfifo slow
	perl -e 'while (sysread STDIN, my $b, 1000) { print $b }' <slow >got &
	run_here -b 256K -o slow <lines
	wait $!
	expect_outcome 0 '' '' && same lines.want got
}
check "short writes into -o FIFO are completed" short_writes_o

# --- faults made by strace -----------------------------------------------------

can_trace || {
	skip "injected write, sync, close and read errors" "strace cannot trace"
	finish
}
writes=write,writev,pwrite64,pwritev,pwritev2
reads=read,readv,pread64,preadv,preadv2

write_fails() {
	cp old db
	exec 7<lines
	in=lines traced -P "$PWD/db" \
		-e "inject=$writes:error=$1:when=3+" -- -o db -b 4K "${@:3}"
	exec 7<&-
	n_read=8000
	lost db "$2" && whole_lines db old_and_new 1 && [ "$n_written" -gt 0 ] &&
		[ $((n_written + n_lost)) -le "$n_read" ] && [ "$n_lost" -gt 0 ]
}
check "write fails with EIO: the batches before it stay, whole" \
	write_fails EIO 'Input/output error'
check "write fails with EDQUOT: the batches before it stay, whole" \
	write_fails EDQUOT 'Disk quota exceeded' -j 4
write_fails_gzip() {
	rm -f db.gz
	in=noise traced -P "$PWD/db.gz" \
		-e "inject=$writes:error=EIO:when=3+" -- -o db.gz -b 4K
	lost db.gz 'Input/output error' && gzip -dc <db.gz >text &&
		whole_lines text noise.want && members db.gz >list
}
: >db.gz
check "write fails with EIO in gzip: the members before it stay, whole" \
	write_fails_gzip
write_fails_once() {
	# The first error wins; nothing is written behind it.
	cp old db
	in=lines traced -P "$PWD/db" \
		-e "inject=$writes:error=EIO:when=3" -- -o db -b 4K
	lost db 'Input/output error' && whole_lines db old_and_new 1
}
check "a write that fails once is not skipped over" write_fails_once

interrupted() {
	rm -f db
	in=lines traced -P "$PWD/db" -e "inject=$writes:error=EINTR:when=1+2" \
		-- -o db -b 4K
	expect_outcome 0 '' '' && same lines.want db
}
check "interrupted writes (EINTR) are repeated" interrupted
: >db
interrupted_reads() {
	traced -P "$PWD/lines" -e "inject=$reads:error=EINTR:when=1+2" \
		-- -b 4K lines
	expect_status 0 && same lines.want "$out" && same /dev/null "$err"
}
check "interrupted reads (EINTR) are repeated" interrupted_reads
interrupted_polls() {
	numbered 3000 >"$in"
	traced -e inject=poll,ppoll:error=EINTR:when=1+2 -- -b 4K
	tr '[:lower:]' '[:upper:]' <"$in" >want
	expect_status 0 && same want "$out"
}
check "interrupted polls (EINTR) are repeated" interrupted_polls
again_writes() {
	rm -f piped
	numbered 3000 >"$in"
	tr '[:lower:]' '[:upper:]' <"$in" >want
	traced -e "inject=$writes:error=EAGAIN:when=2+2" -- -b 4K
	expect_status 0 && same want "$out"
}
check "writes that would block (EAGAIN) are repeated" again_writes
again_reads() {
	mkfifo again 2>/dev/null
	cat lines >again &
	traced -P "$PWD/again" -e "inject=$reads:error=EAGAIN:when=1+2" \
		-- -b 4K again
	wait $!
	expect_status 0 && same lines.want "$out"
}
check "reads that would block (EAGAIN) are repeated" again_reads

# What the system has taken, but may not have kept.
unsure="the lines may not be on the disk"
sync_fails() {
	rm -f db
	: >db
	given 'one\ntwo\n'
	traced -P "$PWD/db" -e inject=fdatasync,fsync:error=EIO -- -o db "$1"
	expect_outcome 3 '' "upcase-pipe: db: Input/output error ($unsure): 2 lines written, 0 lines lost\n"
}
check "--sync=end: a failed fdatasync is failed output" sync_fails --sync=end
check "--sync=batch: a failed fdatasync is failed output" sync_fails --sync=batch
sync_none_never() {
	rm -f db
	: >db
	given 'one\ntwo\n'
	traced -P "$PWD/db" -e inject=fdatasync,fsync:error=EIO -- -o db --sync=none
	expect_outcome 0 '' '' && expect_file db 'ONE\nTWO\n'
}
check "--sync=none: fdatasync is never called" sync_none_never
# syncs MODE: how many times db is synchronised in batches of 4096 bytes.
syncs() {
	: >db
	in=lines traced -P "$PWD/db" -e trace=fdatasync,fsync \
		-- -o db -b 4K --sync="$1"
	n_syncs=$(grep -c 'sync(' "$tmp/std/trace")
}
syncs_as_told() {
	syncs end
	[ "$n_syncs" -eq 1 ] || { echo "end: $n_syncs"; return 1; }
	syncs batch
	[ "$n_syncs" -gt 10 ] || { echo "batch: $n_syncs"; return 1; }
	syncs none
	[ "$n_syncs" -eq 0 ] || { echo "none: $n_syncs"; return 1; }
}
check "--sync: once at the end, once a batch, never" syncs_as_told
close_fails() {
	: >db
	given 'one\n'
	traced -P "$PWD/db" -e inject=close:error=$1 -- -o db
	expect_outcome 3 '' \
		"upcase-pipe: db: $2 ($unsure): 1 line written, 0 lines lost\n"
}
check "a close that fails with EIO is failed output" \
	close_fails EIO 'Input/output error'
check "a close that fails with ENOSPC is failed output" \
	close_fails ENOSPC 'No space left on device'
close_stdout_fails() {
	given 'one\n'
	traced -P "$out" -e inject=close:error=EIO -- 
	expect_status 3 &&
		grep -q '^upcase-pipe: standard output: Input/output error' "$err"
}
check "a close of standard output that fails is failed output" close_stdout_fails

read_fails() {
	printf 'next\n' >next
	traced -P "$PWD/lines" -e "inject=$reads:error=EIO:when=3+" \
		-- -b 4K lines next
	expect_status 1 && expect_errors 'upcase-pipe: lines: Input/output error\n' &&
		[ "$(tail -n 1 "$out")" = NEXT ] || return 1
	head -n -1 "$out" >before
	# What was read before may end inside a line, which was then ended.
	[ "$(stat -c %s before)" -gt 1000 ] &&
		cmp -n $(($(stat -c %s before) - 1)) lines.want before
}
check "a read that fails: what was read before and the other files are processed" \
	read_fails
read_fails_first() {
	traced -P "$PWD/lines" -e "inject=$reads:error=EIO" -- lines next
	expect_outcome 1 'NEXT\n' 'upcase-pipe: lines: Input/output error\n'
}
check "a file that cannot be read at all gives a message, the next is processed" \
	read_fails_first
read_fails_stdin() {
	given 'one\n'
	traced -P "$in" -e "inject=$reads:error=EIO" -- next - next
	expect_outcome 1 'NEXT\nNEXT\n' \
		'upcase-pipe: standard input: Input/output error\n'
}
check "standard input that cannot be read is named" read_fails_stdin
read_fails_appending() {
	: >db
	traced -P "$PWD/lines" -e "inject=$reads:error=EIO:when=3+" \
		-- -b 4K -o db lines
	expect_status 1 && [ "$(tail -c 1 db | od -An -tu1 | tr -d ' ')" = 10 ]
}
check "a read that fails with -o: the last line is ended" read_fails_appending

# --- roll-back when somebody else appended -----------------------------------

rollback_lets_others_be() {
	# A limit makes one write short; the next one, which fails, is held
	# back long enough for somebody to append without the lock.
	local limit=65536 left=0
	cp old db
	(
		ulimit -c 0
		ulimit -f 64
		start_command rollback '' env ASAN_OPTIONS=detect_leaks=0 \
			strace -f -qq -o "$tmp/std/trace" -P "$PWD/db" \
			-e "inject=$writes:delay_enter=2000000:when=2+" \
			"$UPCASE_PIPE" -b 16M -o db <lines 2>"$err"
	)
	wait_until "$deadline" size_is db $limit || return 1
	printf 'intruder\n' >>db
	expect_end rollback 'exit 3' || return 1
	status=3
	tail -c +$((limit + 1)) db >behind
	expect_file behind 'intruder\n' || left=1
	head -c $limit db | cmp -n $limit - old_and_new || left=1
	[ "$left" -eq 0 ] || { cat "$err"; return 1; }
	lost db 'File too large' || return 1
	# It says that the file was left as it is.
	grep -q "File too large (.*left.*): " "$err"
}
check "a failed append is not rolled back over what somebody else appended" \
	rollback_lets_others_be

finish
