#!/bin/bash
# signals.sh - how it stops and what it tells while it runs: every line that was
# read is written, whether the input idles, the queues are full or the writer is
# stuck.
#
# shellcheck disable=SC2317,SC2086,SC2015,SC2016,SC2094 # checks are called by
# name, numbers stand bare, `A && B || { report; }` is meant as it is, Perl and
# Tcl stand in single quotes, a file may be read and written: that is the test
. "$(dirname "$0")/lib.sh" || exit 1

number_of() { kill -l "$1"; }

# with_feed NAME [ARG...]: a run that reads what is written to descriptor 7;
# descriptor 5 looks into the pipe and keeps it when the run is gone. Standard
# output is the caller's.
with_feed() {
	rm -f feed
	mkfifo feed
	exec 5<>feed
	start "$1" "${@:2}" <feed 2>"$err"
	exec 7>feed
}
# no_more: the end of input.
no_more() { exec 7>&- 5>&-; }

# --- (a) the input idles -----------------------------------------------------

# idle SIGNAL WANTED FILE [ARG...]: two lines and a half were read, then a signal.
idle() {
	local signal=$1 wanted=$2 file=$3
	rm -f db db.gz
	with_feed idle "${@:4}" >"$out"
	put 'one\nstraße\nhal' >&7
	wait_until "$deadline" all_read 5 && send $signal idle &&
		expect_end idle "signal $(number_of $signal)" || return 1
	no_more
	case $file in
	stdout.gz) expect_gzip "$out" "$wanted" ;;
	*.gz) expect_gzip "$file" "$wanted" ;;
	*) expect_file "$file" "$wanted" ;;
	esac && same /dev/null "$err"
}
for signal in INT TERM HUP; do
	check "SIG$signal while the input idles: all that was read is written, the half line as it is" \
		idle $signal 'ONE\nSTRASSE\nHAL' "$out"
	check "SIG$signal while the input idles: -o gets whole lines" \
		idle $signal 'ONE\nSTRASSE\nHAL\n' db -o db
done
check "SIGINT while the input idles: the same in tiny batches with 4 jobs" \
	idle INT 'ONE\nSTRASSE\nHAL' "$out" -b 2 -j 4
check "SIGTERM while the input idles: gzip output is valid" \
	idle TERM 'ONE\nSTRASSE\nHAL' stdout.gz -z
check "SIGINT while the input idles: a gzip file is valid" \
	idle INT 'ONE\nSTRASSE\nHAL\n' db.gz -o db.gz
unfinished_character() {
	with_feed cut >"$out"
	printf 'ab\xe2\x82' >&7
	wait_until "$deadline" all_read 5 && send INT cut &&
		expect_end cut 'signal 2' && expect_output 'AB\xe2\x82'
	local r=$?
	no_more
	return $r
}
check "SIGINT behind half a character: its bytes come out, too" \
	unfinished_character

nothing_read_yet() {
	# Until the program has said that it catches the signal, dying of it at
	# once is right, too: nothing was read.
	rm -f db
	with_feed early -o db
	wait_until "$deadline" test -e db
	send TERM early
	expect_end early 'signal 15' && expect_file db ''
	local r=$?
	no_more
	return $r
}
check "SIGTERM before any input leaves an empty file" nothing_read_yet

idle_in_second_file() {
	printf 'file\n' >file
	with_feed second file - file >"$out"
	printf 'fed\n' >&7
	wait_until "$deadline" size_is "$out" 9 && send INT second &&
		expect_end second 'signal 2' && expect_output 'FILE\nFED\n'
	local r=$?
	no_more
	return $r
}
check "SIGINT in one input: the next ones are not begun" idle_in_second_file

open_fifo_idles() {
	# A FIFO that nobody has opened for writing: the open itself waits.
	rm -f lonely
	mkfifo lonely
	printf 'file\n' >file
	start opening file lonely >"$out" 2>"$err"
	wait_until "$deadline" size_is "$out" 5 && send INT opening &&
		expect_end opening 'signal 2' && expect_output 'FILE\n'
}
check "SIGINT while a FIFO waits for its writer stops the program" open_fifo_idles

# --- (b) and (c) the writer is stuck -----------------------------------------

# stuck NAME OUTPUT [ARG...]: a run whose output is a FIFO that nobody reads,
# as standard output ("stdout") or with -o ("file"), and whose input brings more
# than it can hold. Descriptor 9 reads its output, 5 looks into its input.
stuck() {
	local name=$1 where=$2
	rm -f feed sink
	mkfifo feed sink
	exec 5<>feed 8<>sink
	exec 9<sink
	case $where in
	stdout) start $name "${@:3}" <feed >sink 2>"$err" ;;
	file)
		start $name -o sink "${@:3}" <feed 2>"$err"
		# It has to open the FIFO before the other end is let go.
		wait_until "$deadline" writes_to $name sink
		;;
	esac
	exec 8>&-
	cat numbers >feed 2>/dev/null &
	feeder=$!
	wait_until "$deadline" stalled $name 5 9
}
writes_to() {
	local fd
	for fd in /proc/"$(pid_of $1)"/fd/*; do
		[ "$(readlink "$fd")" = "$PWD/$2" ] && return 0
	done
	return 1
}
# let_go: reads the output to its end and what is left of the input.
let_go() {
	cat <&9 >"$out"
	exec 9<&-
	stop_feeding
}
stop_feeding() {
	kill $feeder 2>/dev/null
	wait $feeder 2>/dev/null
	drain_rest 5 >rest
	exec 5>&-
}
# nothing_lost FILE [file]: FILE is the upper case of exactly what was taken out
# of the input: its length leads to the first byte that is left there. With
# "file", a last newline may have been added.
nothing_lost() {
	local size left=rest
	size=$(stat -c %s "$1")
	[ "$size" -gt 65536 ] || { echo "only $size bytes"; return 1; }
	has_size rest || { echo "all of the input was taken"; return 1; }
	if [ "${2-}" = file ] && ! head -c "$size" numbers.want | cmp -s - "$1"; then
		size=$((size - 1))
		[ "$(tail -c 1 "$1" | od -An -tu1 | tr -d ' ')" = 10 ] || return 1
	fi
	head -c "$size" numbers.want >wanted
	head -c "$size" "$1" >got
	same wanted got || return 1
	tail -c +$((size + 1)) numbers | head -c "$(stat -c %s rest)" >wanted
	same wanted "$left"
}
numbered 40000 67 >numbers
tr '[:lower:]' '[:upper:]' <numbers >numbers.want

# drains SIGNAL stdout|file [ARG...]
drains() {
	local signal=$1 r=0
	stuck drain "$2" -b 4K "${@:3}" || r=1
	send $signal drain
	wait_until "$deadline" taken "$(number_of $signal)" drain || r=1
	! ended drain || { echo "it did not wait for the drain"; r=1; }
	let_go
	[ $r -eq 0 ] && expect_end drain "signal $(number_of $signal)" &&
		nothing_lost "$out" "$2" &&
		same /dev/null "$err"
}
for signal in INT TERM HUP; do
	check "SIG$signal while the queues are full and standard output is stuck: all that was read is written" \
		drains $signal stdout
	check "SIG$signal while the writer is stuck in -o FIFO: all that was read is written" \
		drains $signal file
done
check "SIGTERM while the queues are full: the same with 4 jobs" \
	drains TERM stdout -j 4
check "SIGTERM while the queues are full: the same in large batches" \
	drains TERM stdout -b 64K --queue-depth=1
check "SIGINT while the queues are full: the same with --queue-depth=1" \
	drains INT stdout --queue-depth=1
drains_gzip() {
	local r=0
	cp noise numbers
	cp noise.want numbers.want
	stuck packed stdout -z -b 4K "$@" || r=1
	send TERM packed
	wait_until "$deadline" taken 15 packed || r=1
	let_go
	[ $r -eq 0 ] && expect_end packed 'signal 15' && gzip -t <"$out" &&
		one_member "$out" && gzip -dc <"$out" >text && nothing_lost text
	r=$?
	numbered 40000 67 >numbers
	tr '[:lower:]' '[:upper:]' <numbers >numbers.want
	return $r
}
perl -e 'srand 1; print join("", map chr(97 + rand 26), 1 .. 79), "\n"
	for 1 .. 20000' >noise
tr '[:lower:]' '[:upper:]' <noise >noise.want
check "SIGTERM while the queues are full of gzip: the output is valid and complete" \
	drains_gzip

# --- leaving at once ---------------------------------------------------------

# gives_up MESSAGE: status 3, and the counts are the lines that were taken.
gives_up() {
	local line taken n_taken
	expect_end leave 'exit 3' || { stop_feeding; exec 9<&-; return 1; }
	drain_rest 9 >written
	exec 9<&-
	stop_feeding
	taken=$(($(stat -c %s numbers) - $(tail_position)))
	n_taken=$(head -c $taken numbers | perl -ne '$n++; END { print $n // 0 }')
	line=$(grep -Ex "upcase-pipe: $1: [0-9]+ lines? written, [0-9]+ lines? lost" "$err") || {
		echo "no message '$1' in:"
		cat "$err"
		return 1
	}
	n_written=$(sed -E 's/.*: ([0-9]+) lines? written.*/\1/' <<<"$line")
	n_lost=$(sed -E 's/.*, ([0-9]+) lines? lost.*/\1/' <<<"$line")
	[ "$n_lost" -gt 0 ] && [ $((n_written + n_lost)) -eq "$n_taken" ] || {
		echo "$line, but $n_taken lines were read"
		return 1
	}
	[ "$n_written" -le "$(wc -l <written)" ] || {
		echo "$line, but $(wc -l <written) came out"
		return 1
	}
	prefix_of numbers.want written
}
prefix_of() { cmp -n "$(stat -c %s "$2")" "$1" "$2"; }
# Where in numbers the rest of the input begins, counted from the end. The lines
# name themselves, so the first whole line of the rest tells.
tail_position() {
	perl -e 'local $/; open my $r, "<", "rest"; my $rest = <$r>;
		open my $n, "<", "numbers"; my $all = <$n>;
		print length($all) - index $all, $rest'
}

# second SIGNAL SIGNAL stdout|file NAME
second() {
	stuck leave "$3" -b 4K || return 1
	send $1 leave
	wait_until "$deadline" taken "$(number_of $1)" leave || return 1
	! ended leave || return 1
	send_until_ended $2 leave
	gives_up "$4: stopped by a second signal"
}
check "a second SIGINT leaves at once and counts what was not written" \
	second INT INT stdout 'standard output'
check "SIGTERM after SIGINT leaves at once and counts what was not written" \
	second INT TERM stdout 'standard output'
check "a second SIGTERM leaves a stuck -o FIFO at once" \
	second TERM TERM file sink

runs_out() {
	stuck leave "$2" -b 4K --shutdown-timeout=$1 || return 1
	send TERM leave
	gives_up "$3: shutdown timeout"
}
check "--shutdown-timeout=0 leaves a stuck output at once and counts" \
	runs_out 0 stdout 'standard output'
check "--shutdown-timeout=0.2 leaves a stuck output soon and counts" \
	runs_out 0.2 stdout 'standard output'
check "--shutdown-timeout=0.2 leaves a stuck -o FIFO soon and counts" \
	runs_out 0.2 file sink
enough_time() {
	with_feed timely --shutdown-timeout=60 >"$out"
	put 'one\nhal' >&7
	wait_until "$deadline" all_read 5 && send TERM timely &&
		expect_end timely 'signal 15' && expect_output 'ONE\nHAL' &&
		same /dev/null "$err"
	local r=$?
	no_more
	return $r
}
check "--shutdown-timeout does not hurry a drain that has the time" enough_time
nothing_to_hurry() {
	with_feed ready --shutdown-timeout=0 >"$out"
	printf 'one\n' >&7
	wait_until "$deadline" size_is "$out" 4 &&
		wait_until "$deadline" asleep ready && send TERM ready &&
		expect_end ready 'signal 15' && expect_output 'ONE\n'
	local r=$?
	no_more
	return $r
}
check "--shutdown-timeout=0 with nothing lost: it dies of the signal" \
	nothing_to_hurry
timeout_only_after_signal() {
	with_feed calm --shutdown-timeout=0 >"$out"
	printf 'one\n' >&7
	wait_until "$deadline" size_is "$out" 4 || return 1
	printf 'two\n' >&7
	no_more
	expect_end calm 'exit 0' && expect_output 'ONE\nTWO\n'
}
check "--shutdown-timeout=0 means nothing without a signal" \
	timeout_only_after_signal

# --- ignored signals ---------------------------------------------------------

# ignores SIGNAL [OTHER]: SIGNAL, ignored at start, changes nothing.
ignores() {
	local r=0
	rm -f feed
	mkfifo feed
	exec 5<>feed
	start_ignoring "$1" deaf <feed >"$out" 2>"$err"
	exec 7>feed 5>&-
	printf 'one\n' >&7
	wait_until "$deadline" size_is "$out" 4 || r=1
	send $1 deaf
	printf 'two\n' >&7
	wait_until "$deadline" size_is "$out" 8 || r=1
	exec 7>&-
	expect_end deaf 'exit 0' && expect_outcome_of_deaf && return $r
}
expect_outcome_of_deaf() { expect_output 'ONE\nTWO\n' && same /dev/null "$err"; }
for signal in INT TERM HUP; do
	check "SIG$signal that was ignored at start stays ignored" ignores $signal
done
under_nohup() {
	local r=0
	rm -f feed
	mkfifo feed
	exec 5<>feed
	start_command nohup '' nohup "$UPCASE_PIPE" <feed >"$out" 2>"$err"
	exec 7>feed 5>&-
	printf 'one\n' >&7
	wait_until "$deadline" size_is "$out" 4 || r=1
	send HUP nohup
	printf 'two\n' >&7
	exec 7>&-
	expect_end nohup 'exit 0' && expect_output 'ONE\nTWO\n' && return $r
}
check "under nohup a hang-up changes nothing" under_nohup
others_still_work() {
	rm -f feed
	mkfifo feed
	exec 5<>feed
	start_ignoring INT half_deaf <feed >"$out" 2>"$err"
	exec 7>feed 5>&-
	printf 'one\n' >&7
	wait_until "$deadline" size_is "$out" 4 || return 1
	send TERM half_deaf
	expect_end half_deaf 'signal 15'
	local r=$?
	exec 7>&-
	return $r
}
check "SIGTERM works while SIGINT is ignored" others_still_work

# --- SIGPIPE -----------------------------------------------------------------

# More than a pipe holds, also one that was made larger.
head_leaves() {
	local statuses input=numbers
	[ $# -eq 0 ] || input=noise
	"$UPCASE_PIPE" "$@" <$input 2>"$err" | head -n 1 >"$out"
	statuses=("${PIPESTATUS[@]}")
	status=${statuses[0]}
	expect_status 141 && same /dev/null "$err" || return 1
	[ $# -gt 0 ] || expect_output "$(head -n 1 numbers.want)\n"
}
check "when head -n 1 leaves, it dies of SIGPIPE without a word" head_leaves
check "the same with gzip" head_leaves -z -b 1K
by_signal_itself() {
	rm -f sink
	mkfifo sink
	exec 8<>sink
	start broken -b 4K <numbers >sink 2>"$err"
	exec 9<sink 8>&-
	head -c 100 <&9 >/dev/null
	exec 9<&-
	expect_end broken 'signal 13' && same /dev/null "$err"
}
check "its parent sees that it was killed by SIGPIPE" by_signal_itself
stops_reading() {
	# The input is not read to its end for nobody.
	rm -f sink
	mkfifo sink
	exec 8<>sink 7<numbers
	start broken -b 4K <&7 >sink 2>"$err"
	exec 9<sink 8>&-
	head -c 100 <&9 >/dev/null
	exec 9<&-
	expect_end broken 'signal 13' || return 1
	[ "$(perl -e 'print sysseek STDIN, 0, 1' <&7)" -lt "$(stat -c %s numbers)" ]
	local r=$?
	exec 7<&-
	return $r
}
check "when its reader has gone, it stops reading" stops_reading
ignored_pipe() {
	rm -f sink
	mkfifo sink
	exec 8<>sink
	start_ignoring PIPE broken -b 4K <numbers >sink 2>"$err"
	exec 9<sink 8>&-
	head -c 100 <&9 >/dev/null
	exec 9<&-
	expect_end broken 'exit 3' && expect_stderr_match \
		'upcase-pipe: standard output: Broken pipe: [0-9]+ lines? written, [0-9]+ lines? lost'
}
check "with SIGPIPE ignored at start a broken pipe is failed output" ignored_pipe
idle_notices() {
	# Only the next write can notice.
	rm -f sink feed
	mkfifo sink feed
	exec 8<>sink 5<>feed
	start notice <feed >sink 2>"$err"
	exec 9<sink 8>&- 7>feed 5>&-
	printf 'one\n' >&7
	read -r -t "$deadline" -u 9 line && [ "$line" = ONE ] || return 1
	exec 9<&-
	(trap '' PIPE; printf 'two\n' >&7) 2>/dev/null
	expect_end notice 'signal 13' && same /dev/null "$err"
	local r=$?
	exec 7>&-
	return $r
}
check "a reader that leaves between two slow lines is noticed at the next" \
	idle_notices

# --- SIGUSR1: progress -------------------------------------------------------

progress_told() { [ "$(grep -c '^upcase-pipe: progress: ' "$err")" -eq "$1" ]; }
progress_idle() {
	local r=0
	with_feed busy >"$out"
	put 'one\ntwo\n' >&7
	wait_until "$deadline" size_is "$out" 8 || r=1
	send USR1 busy
	wait_until "$deadline" progress_told 1 || r=1
	grep -q '^upcase-pipe: progress: .*\b2 lines.*bytes' "$err" || {
		cat "$err"
		r=1
	}
	printf 'three\n' >&7
	wait_until "$deadline" size_is "$out" 14 || r=1
	send USR1 busy
	wait_until "$deadline" progress_told 2 || r=1
	grep -q '^upcase-pipe: progress: .*\b3 lines.*bytes' "$err" || {
		cat "$err"
		r=1
	}
	no_more
	expect_end busy 'exit 0' && expect_output 'ONE\nTWO\nTHREE\n' &&
		[ "$(wc -l <"$err")" -eq 2 ] && return $r
}
check "SIGUSR1 while the input idles tells lines and bytes, and it goes on" \
	progress_idle
progress_stuck() {
	local r=0 i
	stuck busy "$1" -b 4K || r=1
	for i in 1 2 3; do
		send USR1 busy
		wait_until "$deadline" progress_told $i || r=1
	done
	# A write that was cut short by the signal is completed.
	cat <&9 >"$out" 5>&- &
	local reader=$!
	exec 9<&- 5>&-
	wait $feeder
	expect_end busy 'exit 0' || r=1
	wait $reader
	same numbers.want "$out" && return $r
}
check "SIGUSR1 while standard output is stuck tells, and nothing is lost" \
	progress_stuck stdout
check "SIGUSR1 while -o FIFO is stuck tells, and nothing is lost" \
	progress_stuck file
progress_quiet() {
	with_feed quiet -q >"$out"
	printf 'one\n' >&7
	wait_until "$deadline" size_is "$out" 4 && send USR1 quiet &&
		wait_until "$deadline" progress_told 1
	local r=$?
	no_more
	expect_end quiet 'exit 0' && return $r
}
check "SIGUSR1 is answered with -q, too: it was asked for" progress_quiet

# --- SIGUSR2: reopen ---------------------------------------------------------

rotates() {
	local r=0 name=$1
	rm -f db* lines.out
	with_feed rotor -o "$name" "${@:2}"
	put 'one\ntwo\n' >&7
	wait_until "$deadline" has_size "$name" || r=1
	mv "$name" old."$name"
	send USR2 rotor
	wait_until "$deadline" test -e "$name" || r=1
	printf 'three\n' >&7
	no_more
	expect_end rotor 'exit 0' && same /dev/null "$err" || r=1
	case $name in
	*.gz)
		expect_gzip old."$name" 'ONE\nTWO\n' &&
			expect_gzip "$name" 'THREE\n'
		;;
	*)
		expect_file old."$name" 'ONE\nTWO\n' &&
			expect_file "$name" 'THREE\n'
		;;
	esac && return $r
}
check "SIGUSR2 after mv, while the input idles: the next lines go to a new file" \
	rotates db
check "SIGUSR2 with gzip: both files are valid" \
	rotates db.gz --flush-interval=0
rotates_again() {
	local i
	rm -f db*
	with_feed rotor -o db
	for i in 1 2 3 4 5; do
		printf 'line %d\n' $i >&7
		wait_until "$deadline" has_size db || return 1
		mv db db.$i
		send USR2 rotor
		wait_until "$deadline" test -e db || return 1
	done
	no_more
	expect_end rotor 'exit 0' && expect_file db '' || return 1
	for i in 1 2 3 4 5; do
		expect_file db.$i "LINE $i\n" || return 1
	done
}
check "SIGUSR2 works again and again" rotates_again
rotates_busy() {
	# Input flows all the time while the file is moved again and again.
	local i r=0
	rm -f db*
	rm -f feed
	mkfifo feed
	exec 5<>feed
	start rotor -o db "$@" <feed 2>"$err"
	exec 7>feed 5>&-
	cat numbers >&7 &
	feeder=$!
	for i in 1 2 3 4 5 6 7 8; do
		wait_until "$deadline" grown_or_fed || r=1
		mv db db.$i
		send USR2 rotor
		wait_until "$deadline" test -e db || r=1
	done
	wait $feeder
	exec 7>&-
	expect_end rotor 'exit 0' || r=1
	same /dev/null "$err" || r=1
	for i in db.? db; do
		[ -s "$i" ] || continue
		[ "$(tail -c 1 $i | od -An -tu1 | tr -d ' ')" = 10 ] || {
			echo "$i ends in a torn line"
			r=1
		}
	done
	cat db.? db >"$out" 2>/dev/null
	same numbers.want "$out" && return $r
}
grown_or_fed() { has_size db || ! kill -0 $feeder 2>/dev/null; }
check "SIGUSR2 while lines flow: each file holds whole lines, none is lost" \
	rotates_busy -b 4K
check "SIGUSR2 while lines flow: the same with lines longer than a batch" \
	rotates_busy -b 50 -j 2
reopen_without_o() {
	with_feed plain >"$out"
	printf 'one\n' >&7
	wait_until "$deadline" size_is "$out" 4 && send USR2 plain &&
		printf 'two\n' >&7 && no_more && expect_end plain 'exit 0' &&
		expect_output 'ONE\nTWO\n' && same /dev/null "$err"
}
check "SIGUSR2 without -o changes nothing" reopen_without_o
reopen_told() {
	rm -f db
	with_feed rotor -v -o db
	printf 'one\n' >&7
	wait_until "$deadline" has_size db && mv db db.1 && send USR2 rotor &&
		wait_until "$deadline" test -e db && no_more &&
		expect_end rotor 'exit 0' &&
		{ grep -q '^upcase-pipe: db: ' "$err" || { cat "$err"; false; }; }
}
check "SIGUSR2 is told with -v" reopen_told
reopen_fails() {
	# The name can no longer be opened: the old file stays in use.
	local r=0
	rm -rf dir
	mkdir dir
	with_feed rotor -o dir/db
	printf 'one\n' >&7
	wait_until "$deadline" has_size dir/db && wait_until "$deadline" asleep rotor ||
		return 1
	mv dir moved
	send USR2 rotor
	wait_until "$deadline" has_size "$err" || r=1
	printf 'two\n' >&7
	no_more
	wait_until "$deadline" ended rotor || r=1
	expect_errors 'upcase-pipe: dir/db: cannot be opened anew: No such file or directory; the file that is open stays in use\nupcase-pipe: dir/db: 1 line went to a file that does not have this name any more\n' &&
		expect_file moved/db 'ONE\nTWO\n' || r=1
	rm -rf moved
	return $r
}
check "SIGUSR2 when the name cannot be opened any more: a message, no line is lost" \
	reopen_fails

# --- threads that cannot be woken ---------------------------------------------

# A read(2) that blocks where none should: the second large one. With FOREVER
# set not even a signal gets it out.
cat >stuck.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
/* Opened before anything else: the reader may have no right to it later. */
static int note;
__attribute__((constructor)) static void open_note(void)
{
	note = open("interrupted", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}
/* No more than THREADS, if that is set. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attr,
	void *(*run)(void *), void *arg)
{
	static int started;
	int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

	*(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
	if (getenv("THREADS") && started >= atoi(getenv("THREADS")))
		return EAGAIN;
	started++;
	return real(thread, attr, run, arg);
}
ssize_t read(int fd, void *buf, size_t len)
{
	static int calls;
	ssize_t (*real)(int, void *, size_t);

	*(void **)&real = dlsym(RTLD_NEXT, "read");
	if (len < 1000 || getenv("FAR") || ++calls != 2)
		return real(fd, buf, len);
	do
		pause();
	while (getenv("FOREVER"));
	if (write(note, "interrupted\n", 12) < 0)
		abort();
	errno = EINTR;
	return -1;
}
/* The open of a FILE called "far", or with FAR=close its close. */
static int far = -1;
static int opened(int fd, const char *path)
{
	if (strcmp(path, "far") == 0)
		far = fd;
	return fd;
}
static void far_away(const char *what)
{
	while (getenv("FAR") && strcmp(getenv("FAR"), what) == 0)
		pause();
}
#define OPENS(name) \
	int name(const char *path, int flags, ...) \
	{ \
		int (*real)(const char *, int, ...); \
		va_list more; \
		mode_t mode; \
		va_start(more, flags); \
		mode = flags & O_CREAT ? va_arg(more, mode_t) : 0; \
		va_end(more); \
		*(void **)&real = dlsym(RTLD_NEXT, #name); \
		if (strcmp(path, "far") == 0) \
			far_away("open"); \
		return opened(real(path, flags, mode), path); \
	}
OPENS(open)
OPENS(open64)
/* FAR=pread: what is in it at a place. */
#define READS(name, offset, more) \
	ssize_t name(int fd, void *buf, size_t len, offset at more) \
	{ \
		ssize_t (*real)(int, void *, size_t, off64_t); \
		*(void **)&real = dlsym(RTLD_NEXT, "pread64"); \
		if (fd >= 0 && fd == far) \
			far_away("pread"); \
		return real(fd, buf, len, at); \
	}
#define ROOM , size_t room
READS(pread, off_t, )
READS(pread64, off64_t, )
READS(__pread_chk, off_t, ROOM)
READS(__pread64_chk, off64_t, ROOM)
/* FAR=lstat: what is to be made of it, or was kept of it. */
static void look(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (strcmp(path, "up/far") == 0 || (slash && strcmp(slash, "/far.bak") == 0))
		far_away("lstat");
}
int lstat(const char *path, struct stat *st)
{
	look(path);
	return fstatat(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}
int lstat64(const char *path, struct stat64 *st)
{
	look(path);
	return fstatat64(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}
int __lxstat(int version, const char *path, struct stat *st)
{
	(void)version;
	return lstat(path, st);
}
int close(int fd)
{
	int (*real)(int);

	*(void **)&real = dlsym(RTLD_NEXT, "close");
	if (fd >= 0 && fd == far)
		far_away("close");
	return real(fd);
}
END
# The thread that reads, and no other.
in_pause() {
	[ "$(grep -ls "^$pause_call " /proc/"$(pid_of "$1")"/task/*/syscall | wc -l)" -eq 1 ]
}
# stuck FOREVER FILE ARG...: what was read before the read that blocks is written,
# and the signal kills.
stuck() {
	local r=0 file=$2
	rm -f db db.gz interrupted
	start_command stuck '' env LD_PRELOAD="$PWD/stuck.so" ${1:+FOREVER=1} \
		"$UPCASE_PIPE" "${@:3}" numbers >"$out" 2>"$err"
	wait_until "$deadline" in_pause stuck || r=1
	send INT stuck
	expect_end stuck 'signal 2' || r=1
	# Got out, not left: then the read came back.
	[ -n "$1" ] || [ -s interrupted ] || { echo "the read was not interrupted"; r=1; }
	[ "$file" != out.gz ] || cp "$out" out.gz
	case $file in
	*.gz) gzip -dc "$file" >got || r=1 ;;
	*) cp "$file" got ;;
	esac
	# All of the first read, its last line as far as it was there; -o ends
	# that.
	[ "$(stat -c %s got)" -gt 60000 ] || { echo "too little is written"; r=1; }
	[ "$file" != db ] || { [ -z "$(tail -c 1 got)" ] && truncate -s -1 got; } || r=1
	head -c "$(stat -c %s got)" numbers.want >want
	same want got && same /dev/null "$err" && return $r
}
pause_call=$(printf '#include <sys/syscall.h>\nSYS_pause\n' |
	$CC -E - 2>/dev/null | tail -n 1)
why=
if sanitized; then why='a sanitizer wants to be loaded first'
elif ! $CC -shared -fPIC -o stuck.so stuck.c -ldl 2>/dev/null; then why="$CC makes no libraries"
elif ! [ "$pause_call" -gt 0 ] 2>/dev/null; then why='no system call pause here'
fi
stuck_check() { if [ -n "$why" ]; then skip "$1" "$why"; else check "$@"; fi; }
numbered 20000 >numbers
tr '[:lower:]' '[:upper:]' <numbers >numbers.want
stuck_check "a reader stuck in a read is got out: all it had read is written" \
	stuck '' "$out"
stuck_check "the same with lines gathered for gzip" stuck '' out.gz -z -b 1M
stuck_check "a reader that nothing gets out is left: all it had read is written" \
	stuck 1 "$out"
stuck_check "the same with lines gathered for gzip, left" stuck 1 out.gz -z -b 1M
stuck_check "the same with -o, left: whole lines" stuck 1 db -o db -b 1M

# Nobody can take over from it: then it is told what is lost.
stuck_without_threads() {
	local r=0
	start_command stuck '' env LD_PRELOAD="$PWD/stuck.so" FOREVER=1 \
		THREADS=1 "$UPCASE_PIPE" numbers >"$out" 2>"$err"
	wait_until "$deadline" in_pause stuck || r=1
	send INT stuck
	expect_end stuck 'exit 3' && expect_stderr_match \
		'upcase-pipe: standard output: the input hangs, and no thread can take over: 0 lines written, [1-9][0-9]* lines lost' &&
		return $r
}
stuck_check "where no thread can take over from it, the loss is told" \
	stuck_without_threads

# A line without its end, then a FILE whose first read does not come back.
counts_once() {
	local r=0
	printf 'abc' >abc
	start_command stuck '' env LD_PRELOAD="$PWD/stuck.so" FOREVER=1 \
		"$UPCASE_PIPE" --stats=json abc numbers >"$out" 2>"$err"
	wait_until "$deadline" in_pause stuck || r=1
	send TERM stuck
	expect_end stuck 'signal 15' && expect_output 'ABC' || r=1
	grep -q '"lines_in":1,"bytes_in":3,"lines_out":1,"bytes_out":3,' "$err" || {
		cat "$err"
		r=1
	}
	return $r
}
stuck_check "a line before a FILE that hangs counts once" counts_once

# The open, or the close, of a FILE does not come back: all of the FILEs before,
# which may share a batch with it, is written.
far_away() {
	local r=0 call=$1 want=$2
	rm -f db db.gz
	printf 'one\ntwo\n' >near
	printf 'three\n' >far
	start_command stuck '' env LD_PRELOAD="$PWD/stuck.so" FAR="$call" \
		"$UPCASE_PIPE" "${@:3}" near far near >"$out" 2>"$err"
	wait_until "$deadline" in_pause stuck || r=1
	send TERM stuck
	expect_end stuck 'signal 15' || r=1
	[ ! -e db.gz ] || gzip -dc db.gz >"$out" || r=1
	[ ! -e db ] || cp db "$out"
	expect_output "$want" && same /dev/null "$err" && return $r
}
far_check() {
	stuck_check "a FILE whose open hangs is left: what was read before is written$1" \
		far_away open 'ONE\nTWO\n' "${@:2}"
	stuck_check "a FILE whose close hangs is left: all that was read is written$1" \
		far_away close 'ONE\nTWO\nTHREE\n' "${@:2}"
}
far_check ''
far_check ', with -o' -o db
far_check ', with gzip' -z -o db.gz
far_check ', with --invalid=fail' --invalid=fail
# So is one in which it is looked where a share begins: in itself, or at the end
# of the FILE before, which the share does not have.
stuck_check "a FILE whose share is not found is left: what was read before is written" \
	far_away pread 'ONE\nTWO\n' --split=1/1
stuck_check "so it is with -o" far_away pread 'ONE\nTWO\n' --split=1/1 -o db
far_before() {
	local r=0
	printf 'three\n' >far
	printf 'a\nb\nc\n' >near
	start_command stuck '' env LD_PRELOAD="$PWD/stuck.so" FAR=open \
		"$UPCASE_PIPE" --split=2/2 far near >"$out" 2>"$err"
	wait_until "$deadline" in_pause stuck || r=1
	send TERM stuck
	expect_end stuck 'signal 15' && expect_output '' && same /dev/null "$err" &&
		return $r
}
stuck_check "so is one whose end is looked at for the next one's share" far_before
# And one of which it is looked whether it may be replaced, or its output made.
far_output() {
	local r=0 done=$1
	shift
	rm -rf up far far.bak other
	mkdir up
	printf 'one\ntwo\n' >near
	printf 'three\n' >far
	ln far other
	start_command stuck '' env LD_PRELOAD="$PWD/stuck.so" FAR=lstat \
		"$UPCASE_PIPE" "$@" near far >"$out" 2>"$err"
	wait_until "$deadline" in_pause stuck || r=1
	send TERM stuck
	expect_end stuck 'signal 15' &&
		expect_errors "upcase-pipe: Terminated: 0 of 2 FILEs $done; the rest was left\\n" &&
		expect_file far 'three\n' && [ ! -e up/far ] && return $r
}
stuck_check "a FILE whose output cannot be looked at is left" \
	far_output written --output-dir=up
stuck_check "a FILE that was perhaps kept before is left when that hangs" \
	far_output replaced --in-place=.bak
# Where no thread can take over, and where it is given up at once.
far_lost() {
	local r=0 call=$1 lines=$2 want=$3
	printf 'one\ntwo\n' >near
	printf 'three\n' >far
	start_command stuck '' env LD_PRELOAD="$PWD/stuck.so" FAR="$call" \
		"${@:4}" near far near >"$out" 2>"$err"
	wait_until "$deadline" in_pause stuck || r=1
	send TERM stuck
	expect_end stuck 'exit 3' && expect_output '' &&
		expect_stderr_line "upcase-pipe: standard output: $want: 0 lines written, $lines lines lost" && return $r
}
for call in open close; do
	lines=2
	[ $call = open ] || lines=3
	stuck_check "where no thread can take over in $call, the loss is told" \
		far_lost $call $lines 'the input hangs, and no thread can take over' \
		env THREADS=1 "$UPCASE_PIPE"
	stuck_check "where $call hangs when the time is over, the loss is told" \
		far_lost $call $lines 'shutdown timeout' \
		"$UPCASE_PIPE" --shutdown-timeout=0
done

# A FILE that somebody has a lease on is waited for, but not by what was read
# before.
leased() {
	local r=0
	rm -f db leased asked
	printf 'one\n' >near
	printf 'two\n' >far
	perl -MFcntl=:DEFAULT -e '
		open my $f, "+<", "far" or die;
		fcntl($f, 1024, F_WRLCK) or exit 77;
		my $asked;
		$SIG{IO} = sub { $asked = 1 };
		open my $l, ">", "leased" or die;
		while (!$asked) { select undef, undef, undef, 1 }
		open my $a, ">", "asked" or die;
		while (!-s "db") { select undef, undef, undef, 0.01 }
		fcntl($f, 1024, F_UNLCK) or die' &
	local holder=$!
	wait_until "$deadline" test -e leased
	start patient -o db near far >"$out" 2>"$err"
	wait_until "$deadline" test -e asked || r=1
	wait_until "$deadline" test -s db || r=1
	expect_end patient 'exit 0' || r=1
	wait $holder || r=1
	printf 'ONE\nTWO\n' | same - db && return $r
}
can_lease() { : >lease && perl -e 'open my $f, "+<", "lease"; exit !fcntl($f, 1024, 1)'; }
if can_lease; then
	check "what was read before a FILE that is waited for is written" leased
else
	skip "what was read before a FILE that is waited for is written" 'no leases here'
fi

# What read(2) has handed over, to the byte: the descriptor is shared, so its
# offset tells. A file of members is decoded ahead; the same bytes from a pipe
# are decoded as a stream.
# handed_over FILE: stops a run of standard input from there
handed_over() {
	local r=0
	exec 6<"$1"
	start_command stuck '' env LD_PRELOAD="$PWD/stuck.so" FOREVER=1 \
		"$UPCASE_PIPE" -j 2 <&6 >"$out" 2>"$err"
	wait_until "$deadline" in_pause stuck || r=1
	send TERM stuck
	expect_end stuck 'signal 15' && same /dev/null "$err" || r=1
	head -c "$(perl -e 'print sysseek STDIN, 0, 1' <&6)" "$1" |
		"$UPCASE_PIPE" >want 2>/dev/null
	exec 6<&-
	[ "$(stat -c %s want)" -gt 30000 ] || { echo "too little was read"; r=1; }
	same want "$out" && return $r
}
perl -e 'srand 1;
	print map { join("", map { chr 97 + int rand 26 } 1 .. 60) . "\n" } 1 .. 9000' \
	>noise
"$UPCASE_PIPE" -b 16K -o noise.gz <noise
stuck_check "all that a read handed over is written, when the next one is left" \
	handed_over noise
stuck_check "the same of what was taken to be decoded ahead" handed_over noise.gz

# A healthy reader that is slow to answer, in a process that was stopped
# meanwhile: from inside that is a clock that leaps. The second large read has its
# bytes, sends the signal, is nudged twice, the clock leaps, and only after three
# more nudges it comes back.
cat >slow.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>
static atomic_int leap;
int clock_gettime(clockid_t clock, struct timespec *t)
{
	int (*real)(clockid_t, struct timespec *);
	int err;

	*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	err = real(clock, t);
	t->tv_sec += atomic_load(&leap);
	return err;
}
ssize_t read(int fd, void *buf, size_t len)
{
	static int calls;
	ssize_t (*real)(int, void *, size_t), n;

	*(void **)&real = dlsym(RTLD_NEXT, "read");
	n = real(fd, buf, len);
	if (len >= 1000 && ++calls == 2) {
		kill(getpid(), SIGTERM);
		for (int nudges = 0; nudges < 5; nudges++) {
			pause();
			if (nudges == 1)
				atomic_store(&leap, 60);
		}
	}
	return n;
}
END
answers_late() {
	local r=0
	exec 6<numbers
	start_command slow '' env LD_PRELOAD="$PWD/slow.so" \
		"$UPCASE_PIPE" -b 16K <&6 >"$out" 2>"$err"
	expect_end slow 'signal 15' && same /dev/null "$err" || r=1
	head -c "$(perl -e 'print sysseek STDIN, 0, 1' <&6)" numbers.want >want
	exec 6<&-
	same want "$out" && return $r
}
[ -n "$why" ] || $CC -shared -fPIC -o slow.so slow.c -ldl 2>/dev/null ||
	why="$CC makes no libraries"
stuck_check "a reader that answers the fifth nudge is not left, whatever the clock says" \
	answers_late

# The lines that were read are all in the count.
lost_is_told() {
	local r=0 lines written lost
	exec 6<numbers
	start_command stuck '' env LD_PRELOAD="$PWD/stuck.so" FOREVER=1 \
		THREADS=1 "$UPCASE_PIPE" -b 1M <&6 >"$out" 2>"$err"
	wait_until "$deadline" in_pause stuck || r=1
	send TERM stuck
	expect_end stuck 'exit 3' || r=1
	# A line that was read in part counts.
	lines=$({ head -c "$(perl -e 'print sysseek STDIN, 0, 1' <&6)" numbers; echo; } |
		grep -c .)
	exec 6<&-
	written=$(sed -n 's/.* \([0-9]*\) lines* written.*/\1/p' "$err")
	lost=$(sed -n 's/.* \([0-9]*\) lines* lost.*/\1/p' "$err")
	[ $((written + lost)) -eq "$lines" ] && [ "$lost" -gt 0 ] && return $r
	echo "$lines lines were read:"
	cat "$err"
	return 1
}
stuck_check "the same to the line, the one that was read in part as well" \
	lost_is_told

# The output fails while the reader is stuck, and nobody sends a signal. The
# first read fills a batch, so that it goes on before the read that blocks.
stuck_and_failed() {
	start_command stuck '' env LD_PRELOAD="$PWD/stuck.so" FOREVER=1 \
		"$UPCASE_PIPE" -b 16K -o /dev/full numbers 2>"$err"
	expect_end stuck 'exit 3' &&
		expect_stderr_match 'upcase-pipe: /dev/full: No space left on device: 0 lines written, [1-9][0-9]* lines lost'
}
stuck_check "a reader that nothing gets out is left when the output fails" \
	stuck_and_failed

# Nor can there be a thread that takes over: then the process ends all the same.
stuck_and_failed_alone() {
	start_command stuck '' env LD_PRELOAD="$PWD/stuck.so" FOREVER=1 THREADS=3 \
		UPCASE_PIPE_HANDOVER=few=never,finish=never \
		"$UPCASE_PIPE" -j 1 -b 16K -o /dev/full numbers 2>"$err"
	expect_end stuck 'exit 3' &&
		expect_stderr_match 'upcase-pipe: /dev/full: No space left on device: 0 lines written, [1-9][0-9]* lines lost'
}
stuck_check "the same where no thread can take over" stuck_and_failed_alone

# A write that nothing gets out: what was read behind what it writes is lost, too.
cat >stuck-write.c <<'END'
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>
static int note;
__attribute__((constructor)) static void open_note(void)
{
	note = open("writing", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}
ssize_t writev(int fd, const struct iovec *iov, int n)
{
	(void)fd;
	(void)iov;
	(void)n;
	if (write(note, "writing\n", 8) < 0)
		return -1;
	for (;;)
		pause();
}
END
stuck_in_a_write() {
	local r=0
	rm -f db writing feed
	mkfifo feed
	exec 5<>feed
	start_command stuck '' env LD_PRELOAD="$PWD/stuck-write.so" \
		"$UPCASE_PIPE" -o db <feed 2>"$err"
	put 'one\ntwo' >&5
	wait_until "$deadline" has_size writing &&
		send_twice TERM stuck || r=1
	exec 5>&-
	expect_end stuck 'exit 3' && expect_errors \
		'upcase-pipe: db: stopped by a second signal (a write hangs: the file may end in a torn line): 0 lines written, 2 lines lost\n' &&
		return $r
}
[ -n "$why" ] || $CC -shared -fPIC -o stuck-write.so stuck-write.c 2>/dev/null ||
	why="$CC makes no libraries"
stuck_check "a writer that nothing gets out: what was read behind is counted as lost" \
	stuck_in_a_write

# --- what may not keep it -------------------------------------------------------

given_up_in_a_line() {
	local r=0
	rm -f db
	printf 'WHOLE\n' >db
	with_feed torn -o db -b 4096 --shutdown-timeout=0 >"$out"
	head -c 20000 /dev/zero | tr '\0' a >&7
	wait_until "$deadline" size_is db 16390 || r=1
	# Its end does not come: the line is cut off again, or ended if the
	# drain was quick enough.
	send TERM torn
	wait_until "$deadline" ended torn || r=1
	no_more
	[ -z "$(tail -c 1 db)" ] || { echo 'a torn line is left'; r=1; }
	return $r
}
check "a drain that is given up inside a long line leaves no torn line" \
	given_up_in_a_line
stderr_is_stuck() {
	# Nobody reads standard error: messages about 3000 missing files fill it.
	local r=0
	rm -f errors
	mkfifo errors
	exec 5<>errors
	# shellcheck disable=SC2046 # words are wanted
	start mute $(seq -f 'missing-%g-with-a-long-name' 3000) >"$out" 2>errors
	expect_end mute 'exit 1' || r=1
	exec 5>&-
	return $r
}
check "a standard error that nobody reads does not keep it" stderr_is_stuck
as_first_process() {
	local r=0
	rm -f feed
	mkfifo feed
	exec 5<>feed
	unshare -rpf "$UPCASE_PIPE" <feed >"$out" 2>"$err" &
	local outer=$!
	exec 7>feed
	printf 'one\n' >&7
	wait_until "$deadline" size_is "$out" 4 || r=1
	kill -TERM "$(pgrep -P "$outer")"
	wait "$outer"
	[ $? -eq 143 ] || { echo "status not 143"; r=1; }
	exec 7>&- 5>&-
	return $r
}
first="as the first process of a container it ends with the status for the signal"
if unshare -rpf true 2>/dev/null; then check "$first" as_first_process
else skip "$first" "no process namespace of one's own"
fi

finish
