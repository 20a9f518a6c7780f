#!/bin/bash
# stuck.sh - every signal against every way of being stuck: the main thread waits
# in poll and nowhere else, so it answers, whoever else sits where; and what it
# tells then is told as soon as there is room for it.
#
# shellcheck disable=SC2317,SC2086,SC2015,SC2016,SC2094 # checks are called by
# name, numbers stand bare, `A && B || { report; }` is meant as it is, C and Perl
# stand in single quotes, a file may be read and written: that is the test
. "$(dirname "$0")/lib.sh" || exit 1

# fill FIFO: as much as it takes, made so large (F_SETPIPE_SZ) that the program
# sees no use in making it larger.
fill() {
	perl -e 'use Fcntl;
		sysopen my $f, shift, O_RDWR | O_NONBLOCK or die;
		fcntl $f, 1031, 512 << 10;
		my $zeroes = "\0" x 4096;
		1 while syswrite $f, $zeroes' "$1"
}
is_full() { ! perl -e 'use Fcntl;
	sysopen my $f, shift, O_RDWR | O_NONBLOCK or die;
	exit !syswrite $f, "x"' "$1"; }

number_of_call() {
	printf '#include <sys/syscall.h>\n%s\n' "SYS_$1" | $CC -E - 2>/dev/null |
		tail -n 1
}
waited=()
polls=" $(number_of_call poll) $(number_of_call ppoll) "
# polls_or_ended NAME: its main thread waits in poll.
polls_or_ended() {
	local pid call
	ended "$1" && return 0
	pid=$(pid_of "$1")
	read -r call _ 2>/dev/null <"/proc/$pid/task/$pid/syscall" || return 1
	[ "${polls/ $call /}" != "$polls" ]
}

# --- ways of being stuck -------------------------------------------------------
#
# Each makes a run of the name $cell in a folder of its own that reads `feed`, of
# which two lines are read, and returns when it is stuck. `end` is how it ends:
# "lost" with status 3, by a second signal; "alone" or, by a second signal,
# "late" of the first one.

open_feed() {
	mkfifo feed
	exec 5<>feed
	printf 'one\ntwo\n' >&5
}
full_errors() {
	mkfifo errors
	exec 6<>errors
	fill errors
}
full_output() {
	mkfifo output
	exec 8<>output
	fill output
}
has_lines() { wait_until "$deadline" size_is "$1" 8; }

# Nothing was told yet.
stuck_in_errors() {
	open_feed
	full_errors
	start $cell "$@" - <feed >out 2>errors
	has_lines out && end=alone
}
# A message about a file is under way, and -v has more to tell.
stuck_in_message() { stuck_in_errors -v missing; }
stuck_in_lock() {
	open_feed
	lock_db || return 1
	start $cell -v --flush-interval=0 -o db.gz <feed 2>errors
	wait_until "$deadline" waits_on_flock && end=lost
}
lock_db() {
	mkfifo leash
	: >db.gz
	exec 7<>leash
	flock -o db.gz sh -c ': >locked; exec cat' <leash >/dev/null 7>&- 5>&- &
	wait_until "$deadline" test -e locked
}
waits_on_flock() {
	grep -q "^[0-9]*: -> FLOCK .* $(pid_of $cell) " /proc/locks
}
# Nothing is to be written but the member that makes an empty file valid: by who
# opens it anew, or at the end.
stuck_in_idle_lock() {
	mkfifo feed
	exec 5<>feed
	lock_db || return 1
	start $cell -v -o db.gz <feed 2>errors
	wait_until "$deadline" grep -q reading errors &&
		wait_until "$deadline" asleep $cell && end=late
}
stuck_in_output() {
	open_feed
	full_output
	start $cell -v <feed >output 2>errors
	wait_until "$deadline" all_read 5 && wait_until "$deadline" asleep $cell &&
		end=lost
}
stuck_in_output_and_message() {
	open_feed
	full_output
	full_errors
	start $cell -v missing - <feed >output 2>errors
	wait_until "$deadline" all_read 5 && wait_until "$deadline" asleep $cell &&
		end=lost
}
# A FIFO that nobody has opened for writing: the reader waits for that.
stuck_in_open() {
	printf 'one\ntwo\n' >file
	mkfifo lonely
	start $cell -v file lonely >out 2>errors
	has_lines out && end=alone
}
# What was -o FILE is a FIFO that nobody reads: to open it again would wait.
stuck_in_reopen() {
	open_feed
	start $cell -v -o db <feed 2>errors
	has_lines db && rm db && mkfifo db && end=alone
}
ways='errors message lock idle_lock output output_and_message open reopen'

words_of() {
	case $1 in
	errors) echo 'standard error is full' ;;
	message) echo 'a message is under way to a full standard error' ;;
	lock) echo 'somebody else has the lock on an empty gzip file' ;;
	idle_lock) echo 'somebody else has the lock on what is only to be made valid' ;;
	output) echo 'the output is full' ;;
	output_and_message) echo 'the output and standard error are full' ;;
	open) echo 'an input is a FIFO without a writer' ;;
	reopen) echo 'the output became a FIFO without a reader' ;;
	esac
}

# answers WAY SIGNAL: main answers the signal and goes back to poll, and
# then SIGTERM, if need be twice, ends the run.
answers() {
	local way=$1 signal=$2 cell=$1-$2 end= first
	mkdir $cell && cd $cell || return 1
	stuck_in_$way || { echo 'it was not stuck'; return 1; }
	send $signal $cell
	wait_until "$deadline" taken "$(kill -l $signal)" $cell &&
		wait_until "$deadline" polls_or_ended $cell || {
		show_threads $cell
		return 1
	}
	case $signal in
	USR1 | USR2)
		first=15
		if [ $end = alone ]; then send TERM $cell
		else send_until_ended TERM $cell || return 1; fi
		;;
	*)
		[ $end = alone ] || send_until_ended TERM $cell || return 1
		first=$(kill -l $signal)
		;;
	esac
	if [ $end = lost ]; then expect_end $cell 'exit 3'
	else expect_end $cell "signal $first"; fi || return 1
	case $signal-$way in
	USR1-lock | USR1-output | USR1-open | USR1-reopen)
		grep -q '^upcase-pipe: progress: ' errors
		;;
	USR2-reopen)
		grep -q '^upcase-pipe: db: cannot be opened anew: .*stays in use$' errors
		;;
	esac
}

# All of them at once, but for what one processor has to start: they wait most of
# the time.
if ! [ "$(number_of_call ppoll)" -gt 0 ] 2>/dev/null ||
	! read -r _ 2>/dev/null </proc/self/syscall; then
	skip "every signal against every way of being stuck" \
		"/proc does not tell system calls"
else
	if ! have flock; then
		ways=${ways/lock idle_lock /}
		skip "every signal while somebody else has the lock" "no flock"
	fi
	for signal in USR1 USR2 INT HUP TERM; do
		for way in $ways; do
			(answers $way $signal) >$way-$signal.why 2>&1 ||
				: >$way-$signal.failed &
			waited[${#waited[@]}]=$!
		done
		wait "${waited[@]}"
		waited=()
	done
	good() {
		[ ! -e $1.failed ] || { cat $1.why; return 1; }
	}
	for way in $ways; do
		for signal in USR1 USR2 INT HUP TERM; do
			check "SIG$signal while $(words_of $way) is answered, and the run can be ended" \
				good $way-$signal
		done
	done
fi

# --- what is told later --------------------------------------------------------

fresh() {
	cd "$tmp/work" && rm -rf fresh && mkdir fresh && cd fresh
}
told_later() {
	local cell=later r=0
	fresh
	stuck_in_message || return 1
	send USR1 later
	wait_until "$deadline" taken "$(kill -l USR1)" later &&
		wait_until "$deadline" polls_or_ended later || return 1
	cat <errors 5>&- 6>&- >told &
	local cat=$!
	wait_until "$deadline" grep -aq progress: told || r=1
	send TERM later
	expect_end later 'signal 15' || r=1
	exec 6>&- 5>&-
	wait $cat
	tr -d '\0' <told | sed '/sandbox/d; s/progress:.*/progress/' >lines
	expect_file lines "$(printf 'upcase-pipe: %s\\n' \
		'missing: No such file or directory' 'standard input: reading' \
		progress 'Terminated: writing what was read')" && return $r
}
check "what a full standard error does not take is told later, in its order" \
	told_later

nobody_reads() {
	fresh
	full_errors
	start mute --stats missing >out 2>errors
	expect_end mute 'exit 1'
	local r=$?
	exec 6>&-
	return $r
}
check "at the end a standard error that nobody reads is not waited for long" \
	nobody_reads

a_burst() {
	# The reader begins when the pipe is full: what was not told is counted,
	# should that have taken it too long. The last FILE keeps the program
	# until it has begun: it is opened behind all messages, and has no writer
	# before.
	local r=0
	fresh
	mkfifo errors last
	exec 6<>errors
	# shellcheck disable=SC2046 # words are wanted
	start burst $(seq -f 'missing-%g-with-a-long-name' 3000) last >out 2>errors
	wait_until "$deadline" is_full errors || r=1
	cat <errors 6>&- >told &
	local cat=$!
	wait_until "$deadline" test -s told || r=1
	bounded sh -c ': >last' || r=1
	expect_end burst 'exit 1' || r=1
	exec 6>&-
	wait $cat
	perl -ne '$n += /^x*upcase-pipe: missing-\d+-with-a-long-name: No such file or directory$/;
		$n += $1 if /^x*upcase-pipe: (\d+) messages? (was|were) not told$/;
		END { print "$n\n"; exit($n != 3000) }' told && return $r
}
check "a burst of messages is told, or counted" a_burst

if can_trace; then
	# Main's writes are those of the table, and the first of them finds no
	# room.
	slow_reader() {
		fresh
		given 'one\n'
		ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" \
			bounded strace -qq -o trace -e trace=write \
			-e inject=write:error=EAGAIN:when=1..5 \
			"$UPCASE_PIPE" --stats=json <"$in" 2>&1 >out | cat >told
		expect_file out 'ONE\n' && grep -c EAGAIN trace &&
			[ "$(grep -c '^{"lines_in":1,.*}}$' told)" -eq 1 ]
	}
	if built_with PWRITEV2; then
		check "--stats is not lost when standard error is slow" slow_reader
	else
		skip "--stats is not lost when standard error is slow" \
			"without RWF_NOWAIT a thread waits for it"
	fi
else
	skip "--stats is not lost when standard error is slow" "no strace"
fi

# --- what cannot be opened once more --------------------------------------------

cd "$tmp/work" || exit 1
cat >shim.c <<'END_OF_C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
/* Somebody else's pipe, and with NOT_NOW an older kernel. */
int open(const char *path, int flags, ...)
{
	int (*real)(const char *, int, ...);
	va_list args;
	int mode;

	*(void **)&real = dlsym(RTLD_NEXT, "open");
	va_start(args, flags);
	mode = va_arg(args, int);
	va_end(args);
	errno = EACCES;
	return strcmp(path, "/proc/self/fd/2") == 0 ? -1 : real(path, flags, mode);
}
/* What that is where the compiler checks it and cannot see the flags. */
int __open_2(const char *path, int flags) { return open(path, flags, 0); }
ssize_t pwritev2(int fd, const struct iovec *iov, int n, off_t offset, int flags)
{
	ssize_t (*real)(int, const struct iovec *, int, off_t, int);

	*(void **)&real = dlsym(RTLD_NEXT, "pwritev2");
	errno = EOPNOTSUPP;
	return getenv("NOT_NOW") ? -1 : real(fd, iov, n, offset, flags);
}
END_OF_C
# stuck_shimmed [VARIABLE=VALUE...]
stuck_shimmed() {
	local r=0
	fresh
	open_feed
	full_errors
	start_command shimmed '' env LD_PRELOAD="$PWD/../shim.so" "$@" \
		"$UPCASE_PIPE" -v missing - <feed >out 2>errors
	has_lines out || r=1
	send USR1 shimmed
	wait_until "$deadline" taken "$(kill -l USR1)" shimmed || r=1
	wait_until "$deadline" polls_or_ended shimmed || r=1
	[ "$(readlink /proc/"$(pid_of shimmed)"/fd/* | grep -c '/errors$')" -eq 1 ] || {
		echo 'standard error was opened once more'
		r=1
	}
	cat <errors 5>&- 6>&- >told &
	local cat=$!
	wait_until "$deadline" grep -aq progress: told || r=1
	send TERM shimmed
	expect_end shimmed 'signal 15' || r=1
	exec 6>&- 5>&-
	wait $cat
	return $r
}
why=
if sanitized; then why='a sanitizer wants to be loaded first'
elif ! $CC -shared -fPIC -o shim.so shim.c -ldl 2>/dev/null; then why="$CC makes no libraries"
fi
shim_check() { if [ -n "$why" ]; then skip "$1" "$why"; else check "$@"; fi; }
shim_check "a full pipe that cannot be opened once more is not waited for" \
	stuck_shimmed
shim_check "nor is one that an older kernel writes to only by waiting" \
	stuck_shimmed NOT_NOW=1

# --- a third signal ---------------------------------------------------------------

cd "$tmp/work" || exit 1
cat >deaf.c <<'END_OF_C'
#include <sys/uio.h>
#include <unistd.h>
/* A write that nothing gets out of. */
ssize_t writev(int fd, const struct iovec *iov, int n)
{
	(void)fd;
	(void)iov;
	(void)n;
	for (;;)
		pause();
}
END_OF_C
third_signal() {
	local how
	fresh
	printf 'one\ntwo\n' >file
	start_command third '' env LD_PRELOAD="$PWD/../deaf.so" \
		"$UPCASE_PIPE" -o db file 2>errors
	wait_until "$deadline" in_writev third || return 1
	# More and more of them, as an impatient person does. Behind the second
	# a thread would be waited for, for a second.
	wait_until "$deadline" ended_or_sent_fast third || return 1
	how=$(cat "$tmp/jobs/third.end")
	[ "$how" = 'signal 15' ] || [ "$how" = 'exit 3' ] || { echo "$how"; return 1; }
	expect_file errors 'upcase-pipe: db: stopped by a second signal (a write hangs: the file may end in a torn line): 0 lines written, 2 lines lost\n'
}
in_writev() {
	local task
	for task in /proc/"$(pid_of $1)"/task/*; do
		grep -q "^$pause_call " "$task/syscall" 2>/dev/null && return 0
	done
	return 1
}
ended_or_sent_fast() {
	ended $1 || { send TERM $1 2>/dev/null; ended $1; }
}
pause_call=$(number_of_call pause)
if [ -z "$why" ] && ! $CC -shared -fPIC -o deaf.so deaf.c 2>/dev/null; then
	why="$CC makes no libraries"
elif [ -z "$why" ] && ! [ "$pause_call" -gt 0 ] 2>/dev/null; then
	why='no system call pause here'
fi
shim_check "a third signal kills, but not before the message" third_signal

# --- the list ------------------------------------------------------------------------

# The system calls that src/run/attend.h lists for its thread: the first column.
listed() {
	sed -n '/^ \* What it may call/,/^ \*\//p' \
		"$root/src/run/attend.h" |
		perl -ne 'print map "$_\n", $1 =~ /(\w+)/g
			if /^ \*\t([a-z][\w, ]*)(\t|$)/' | sort -u
}
# One name for what is the same on other machines.
plainly() {
	sed -E 's/^ppoll(_time64)?$/poll/; s/^(newfstatat|fstat64|statx)$/fstat/
		s/^open$/openat/; s/^gettid$/getpid/; s/^(clone3)$/clone/
		s/^mmap2$/mmap/; s/^fcntl64$/fcntl/; s/^send$/sendto/
		s/^rt_sigreturn|sigreturn$/rt_sigreturn/; s/^futex_time64$/futex/
		s/^clock_gettime(64)?$/clock_gettime/' | sort -u
}
calls_are_listed() {
	local r=0
	fresh
	open_feed
	full_errors
	mkfifo output
	exec 8<>output
	# -D: the program stays the child; no -f: the main thread alone.
	start_command listed '' strace -D -qq -o trace \
		"$UPCASE_PIPE" -v --stats -o output missing - <feed 2>errors
	wait_until "$deadline" all_read 5 || r=1
	fill output
	printf 'three\n' >&5
	wait_until "$deadline" all_read 5 || r=1
	for signal in USR1 USR2 TERM; do
		send $signal listed
		wait_until "$deadline" taken "$(kill -l $signal)" listed || r=1
	done
	send_until_ended TERM listed || r=1
	expect_end listed 'exit 3' || r=1
	exec 5>&- 6>&- 8>&-
	# From its first poll to the end of its report.
	wait_until "$deadline" grep -q '^+++\|^exit_group' trace || r=1
	sed -n '/^poll\|^ppoll/,$p' trace | sed '/SIG_DFL/q' >loop
	sed -nE 's/^([a-z_0-9]+)\(.*/\1/p' loop | plainly >called
	listed | plainly >allowed
	[ -s allowed ] && grep -qx poll called && grep -qx write called ||
		{ cat loop; r=1; }
	comm -23 called allowed >others
	[ ! -s others ] || { echo 'not in the list:'; grep -Ff others loop; r=1; }
	if grep openat loop | grep -v '"/proc/self/fd/2"'; then r=1; fi
	return $r
}
if ! can_trace; then
	skip "the main thread calls what src/run/attend.h lists" "no strace"
elif sanitized; then
	skip "the main thread calls what src/run/attend.h lists" "a sanitizer calls more"
else
	check "the main thread calls what src/run/attend.h lists" calls_are_listed
fi

finish
