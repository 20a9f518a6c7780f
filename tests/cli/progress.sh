#!/bin/bash
# progress.sh - --progress: the line that shows how far it is, in terminals of
# several widths, in a pipe, in the background.
#
# The output is a FIFO that is not read, mostly: so what was read of a file, and
# with it what is shown, is the same for as long as it is looked at.
#
# shellcheck disable=SC2317,SC2015,SC2016,SC2034 # checks are called by name,
# `A && B || { report; }` is meant as it is, other shells' words stand in single
# quotes, lib.sh reads variables
. "$(dirname "$0")/lib.sh" || exit 1

have python3 || skip_all "needs python3 for a terminal"
screen=$root/tests/cli/screen.py

name='a file with a name that is rather long.txt'
seq 1150000 >"$name"
head -n 285000 "$name" >second.txt
head -n 85000 "$name" >first.txt
gzip -1 <second.txt >packed.gz

# in_terminal COLUMNS NAME COMMAND...: in the background, in a terminal of its
# own; NAME.log is what it wrote there, NAME.words takes orders.
in_terminal() {
	rm -f "$2.log" "$2.words"
	: >"$2.log"
	mkfifo "$2.words"
	exec 4<>"$2.words"
	start_command "$2" '' python3 "$screen" run "$1" "$2.log" "$2.words" "${@:3}"
}
orders() { printf '%s\n' "$*" >&4; }

# stuck_output: `output` is a FIFO; descriptor 8 keeps it open, nobody reads.
stuck_output() {
	rm -f output
	mkfifo output
	exec 8<>output
}
# Lets it go on to its end.
read_output() {
	local reader
	rm -f result
	cat output >result 8>&- 4>&- 9>&- &
	reader=$!
	wait_until "$deadline" test -s result
	exec 8>&-
	expect_end "$1" "${2:-exit 0}" && wait "$reader"
}

# shown NAME COLUMNS ERE: the last row of the screen is that.
shown() {
	python3 "$screen" show "$2" "$1.log" >rows
	tail -n 1 rows | grep -Exq -e "$3"
}
looks() {
	wait_until "$deadline" shown "$@" || {
		cat rows
		return 1
	}
}
# gone NAME COLUMNS: nothing is left of it, and it never took a second row.
gone() {
	python3 "$screen" show "$2" "$1.log" >rows
	[ "$(grep -c . rows)" -eq 0 ] && [ "$(wc -l <rows)" -eq 1 ] && return 0
	cat -A rows
	return 1
}
numbers='[0-9.]+ (k|M|G)?B/s'

# --- a terminal -------------------------------------------------------------------

# A message every ten seconds, which is waited for at the end of this script.
mkfifo late && exec 9<>late
printf 'text\n' >&9
start log --progress=always late >/dev/null 2>log.errors

# at COLUMNS ERE [ARG...]: a batch shows it by itself.
at() {
	stuck_output
	in_terminal "$1" batch "$UPCASE_PIPE" -o output "${@:3}" "$name" second.txt
	looks batch "$1" "$2" || return 1
	read_output batch && gone batch "$1" &&
		cmp -s result <("$UPCASE_PIPE" "$name" second.txt)
}
check "in 20 columns: the beginning and the end of the name, and how much" \
	at 20 'a f[ile]*\.\.\.[a-z .]*\.txt +[0-9]+%'
check "in 80: what, how much, how fast, how long, which of them" \
	at 80 "a file .*\\.\\.\\..*txt +[0-9]+%  $numbers(  [0-9:]+ left)?  \\(1 of 2 files\\)"
check "in 200 the name is whole" \
	at 200 "$name  +[0-9]+%  $numbers(  [0-9:]+ left)?  \\(1 of 2 files\\)"
resized() {
	local r=0
	stuck_output
	in_terminal 200 batch "$UPCASE_PIPE" -o output "$name" second.txt
	looks batch 200 "$name  .*files\\)" || r=1
	orders size 20
	wait_until "$deadline" grep -aq 'a f[a-z ]*\.\.\.[a-z.]*xt  *[0-9]*% ' batch.log || r=1
	read_output batch || r=1
	return $r
}
check "the width is asked each time" resized
# What is shown of a file is what was read of it: the queues hold so much.
percent() {
	local p least=${1%-*}
	# A pipe that cannot be made larger takes less.
	built_with DECL_F_SETPIPE_SZ || least=$((least / 2))
	stuck_output
	in_terminal 80 batch "$UPCASE_PIPE" -b 64K --queue-depth=1 -o output \
		--progress "${@:2}"
	looks batch 80 ".* +[0-9]+%.*" || return 1
	p=$(sed -n 's/.* \([0-9]*\)%.*/\1/p' rows)
	read_output batch && gone batch 80 || return 1
	[ "$p" -ge "$least" ] && [ "$p" -le "${1#*-}" ] && return 0
	echo "$p %"
	return 1
}
check "the share is that of all files" percent 4-12 second.txt "$name"
check "behind a file that is done, of the others" \
	percent 20-35 first.txt second.txt
check "of a packed one, of what is packed" percent 1-99 packed.gz
check "with --split, of the share" percent 17-80 --split=1/4 "$name"
grows() {
	local r=0
	cp second.txt growing
	stuck_output
	in_terminal 80 batch "$UPCASE_PIPE" -b 4K --queue-depth=1 -o output \
		--progress growing
	looks batch 80 'growing +[0-9]+%.*' || r=1
	cat "$name" >>growing
	read_output batch || r=1
	! grep -aoE '[0-9]+%' batch.log | tr -d % | awk '$1 > 100' | grep . || r=1
	return $r
}
check "it is never more than all, though a file grows" grows
unknown() {
	local r=0
	rm -f source
	mkfifo source
	exec 6<>source
	in_terminal 80 batch "$UPCASE_PIPE" -o result2 source second.txt
	printf 'text\n' >&6
	looks batch 80 "source  5 B  [0-9] B/s  \\(1 of 2 files\\)" || r=1
	exec 6>&-
	expect_end batch 'exit 0' || r=1
	gone batch 80 || r=1
	return $r
}
check "where a size is not known there is neither a share nor a time" unknown
input() {
	stuck_output
	in_terminal 80 batch sh -c "exec \"\$0\" --progress -o output <second.txt" \
		"$UPCASE_PIPE"
	looks batch 80 "standard input +[0-9]+%  $numbers.*" || return 1
	read_output batch && gone batch 80
}
check "standard input that is a file has a size" input
missing() {
	stuck_output
	in_terminal 80 batch "$UPCASE_PIPE" -o output missing "$name" gone
	looks batch 80 '.*\(2 of 3 files\)' || return 1
	read_output batch 'exit 1' || return 1
	python3 "$screen" show 80 batch.log >rows
	printf '%s\n' 'upcase-pipe: missing: No such file or directory' \
		'upcase-pipe: gone: No such file or directory' '' >want
	same want rows
}
check "a message takes the line away, and stands in a row of its own" missing
usr1() {
	stuck_output
	in_terminal 200 batch sh -c 'echo $$ >pid; exec "$0" "$@"' \
		"$UPCASE_PIPE" -o output "$name" second.txt
	looks batch 200 '.*\(1 of 2 files\)' || return 1
	kill -USR1 "$(cat pid)"
	wait_until "$deadline" grep -q 'progress: ' batch.log || return 1
	looks batch 200 '.*\(1 of 2 files\)' || return 1
	[ "$(wc -l <rows)" -eq 2 ] &&
		sed -n 1p rows | grep -q '^upcase-pipe: progress: .* bytes read; ' ||
		{ cat rows; return 1; }
	read_output batch
}
check "SIGUSR1 tells what it always did, and the line comes again" usr1
by_signal() {
	stuck_output
	in_terminal 80 batch sh -c 'echo $$ >pid; exec "$0" "$@"' \
		"$UPCASE_PIPE" -o output "$name" second.txt
	looks batch 80 '.*\(1 of 2 files\)' || return 1
	kill -TERM "$(cat pid)"
	read_output batch 'exit 143' && gone batch 80
}
check "after a signal the line is gone, too" by_signal
given_up() {
	stuck_output
	in_terminal 80 batch sh -c 'echo $$ >pid; exec "$0" "$@"' "$UPCASE_PIPE" \
		--shutdown-timeout=0 -o output "$name" second.txt
	looks batch 80 '.*\(1 of 2 files\)' || return 1
	kill -TERM "$(cat pid)"
	expect_end batch 'exit 3' || return 1
	exec 8>&-
	python3 "$screen" show 80 batch.log >rows
	sed -n 1p rows | grep -q '^upcase-pipe: output: shutdown timeout' &&
		[ -z "$(sed -n '$p' rows)" ] || { cat rows; return 1; }
}
check "so it is when it was given up" given_up

# --- where it is not shown --------------------------------------------------------

# Each of these has more to do than its output takes, for longer than another
# one, which is shown, needs to draw ten lines.
quiet=()
# quiet SENTENCE COMMAND...: begins one; $0 is the program, $1 a file, $2 an
# output that is not read, in a command of sh.
quiet() {
	local n=${#quiet[@]}
	quiet+=("$1")
	mkfifo "held$n"
	exec {held}<>"held$n"
	in_terminal 80 "quiet$n" sh -c "$2" "$UPCASE_PIPE" "$name" "held$n"
}
drawn() { [ "$(tr -cd '\r' <"$1" | wc -c)" -ge "$2" ]; }
mkfifo fifo
exec 6<>fifo
quiet "not with -q" 'exec "$0" -q --progress -o "$2" "$1"'
quiet "nor with --progress=never" 'exec "$0" --progress=never -o "$2" "$1"'
quiet "nor by a filter that nobody asked" 'exec "$0" "$1" >"$2"'
quiet "nor by one that was asked for auto" \
	'exec "$0" --progress=auto "$1" >"$2"'
quiet "nor where standard input goes to -o" 'exec "$0" -o "$2" <"$1"'
quiet "nor without a terminal, by itself" 'exec "$0" -o "$2" "$1" 2>errors'
quiet "nor where the text is on that terminal" 'exec "$0" --progress fifo'
quiet "nor, by any name, where somebody types" \
	'stty -echo; exec "$0" --progress --prompt= -o typed'
in_terminal 80 loud "$UPCASE_PIPE" --progress -o loud.out fifo
check "what is shown is drawn again and again" \
	wait_until "$deadline" drawn loud.log 10
exec 6>&-
nothing_seen() {
	wait_until "$deadline" test -e "quiet$1.log" &&
		expect_file "quiet$1.log" '' && [ ! -s errors ]
}
for ((i = 0; i < ${#quiet[@]}; i++)); do
	check "${quiet[i]}" nothing_seen $i
done
filter() {
	stuck_output
	in_terminal 80 batch sh -c '"$0" --progress "$1" | cat >output' \
		"$UPCASE_PIPE" "$name"
	looks batch 80 ".*txt +[0-9]+%  .*" || return 1
	read_output batch && gone batch 80
}
check "by a filter that was asked it is" filter
# --- a pipe, and the background ---------------------------------------------------

# In a shell with job control, on a terminal that stops who writes behind.
background() {
	local r=0
	rm -f fifo
	mkfifo fifo
	exec 6<>fifo
	in_terminal 80 jobs bash --norc --noprofile -i
	orders 'keys PS1="ready> "; stty tostop -echo; bind "set enable-bracketed-paste off"\r'
	wait_until "$deadline" grep -q 'ready> $' jobs.log || r=1
	orders "keys $UPCASE_PIPE --progress=always -o jobs.out fifo & echo \$! >pid\\r"
	wait_until "$deadline" test -s pid || r=1
	in_terminal 80 loud "$UPCASE_PIPE" --progress -o loud.out fifo
	wait_until "$deadline" drawn loud.log 10 || r=1
	# It runs, and has drawn nothing.
	! grep -q 'B/s' jobs.log || r=1
	grep -q '^State:.*[SR]' "/proc/$(cat pid)/status" || r=1
	expect_end_of_loud || r=1
	return $r
}
expect_end_of_loud() {
	exec 6>&-
	expect_end loud 'exit 0'
}
if have bash; then
	check "in the background nothing is drawn, and nothing stops" background
fi

# --- a file server that is dead ---------------------------------------------------

# How large a FILE is is asked for, and there is no answer.
cat >shim.c <<'END_OF_C'
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int answer(const char *path, struct stat *st)
{
	if (strcmp(path, "dead") == 0) {
		(void)creat("asked", 0600);
		for (;;)
			pause();
	}
	return fstatat(AT_FDCWD, path, st, 0);
}
int stat(const char *path, struct stat *st)
{
	return answer(path, st);
}
int stat64(const char *path, struct stat64 *st)
{
	return answer(path, (struct stat *)st);
}
int __xstat(int version, const char *path, struct stat *st)
{
	(void)version;
	return answer(path, st);
}
END_OF_C
dead_server() {
	local r=0
	: >dead
	rm -f fifo
	mkfifo fifo
	exec 6<>fifo
	start_command stuck '' env LD_PRELOAD="$PWD/shim.so" \
		"$UPCASE_PIPE" --progress -o stuck.out fifo dead 2>errors
	wait_until "$deadline" test -e asked || r=1
	send TERM stuck
	expect_end stuck 'signal 15' || r=1
	exec 6>&-
	return $r
}
if sanitized; then
	skip "a signal is answered though nobody says how large a FILE is" \
		"a sanitizer"
elif ! $CC -D_GNU_SOURCE -shared -fPIC -o shim.so shim.c 2>errors; then
	skip "a signal is answered though nobody says how large a FILE is" \
		"$CC makes no libraries"
else
	check "a signal is answered though nobody says how large a FILE is" \
		dead_server
fi

# --- the message of every ten seconds ---------------------------------------------

a_message() {
	wait_until $((deadline + 20)) grep -q . log.errors || return 1
	exec 9>&-
	expect_end log 'exit 0' &&
		! grep -Evx 'upcase-pipe: progress: late  5 B  [0-9.]+ B/s' log.errors
}
check "asked for without a terminal, it is a message every ten seconds" a_message

finish
