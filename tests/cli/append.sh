#!/bin/bash
# append.sh - -o FILE: whole lines, in order, never interleaved, never read and
# written at once.
#
# shellcheck disable=SC2317,SC2086,SC2015,SC2016,SC2094 # checks are called by
# name, numbers stand bare, `A && B || { report; }` is meant as it is, Perl and
# Tcl stand in single quotes, a file may be read and written: that is the test
. "$(dirname "$0")/lib.sh" || exit 1

# appends INPUT CONTENT [ARG...]: with -o db, quietly, and db is CONTENT after.
appends() {
	given "$1"
	run -o db "${@:3}"
	expect_outcome 0 '' '' && expect_file db "$2"
}
# fresh BEFORE INPUT CONTENT [ARG...]: db holds BEFORE at first.
# shellcheck disable=SC2059
fresh() {
	printf "$1" >db
	appends "${@:2}"
}

# --- what is appended --------------------------------------------------------

check "-o makes the file" appends 'one\n' 'ONE\n'
check "a second run appends" appends 'two\n' 'ONE\nTWO\n'
check "a last line without newline gets one" appends 'three' 'ONE\nTWO\nTHREE\n'
check "the next run begins on a fresh line" \
	appends 'four' 'ONE\nTWO\nTHREE\nFOUR\n'
check "a torn last line of the file is ended first" \
	fresh 'torn' 'new\n' 'torn\nNEW\n'
check "a torn last line is ended in tiny batches, too" \
	fresh 'torn' 'new\nlines' 'torn\nNEW\nLINES\n' -b 1 -j 2
check "a file that ends with a newline gets no empty line" \
	fresh 'whole\n' 'new\n' 'whole\nNEW\n'
check "an empty file gets no empty line" fresh '' 'new\n' 'NEW\n'
check "empty lines are appended" fresh 'a\n' '\n\n' 'a\n\n\n'
check "empty input leaves the file as it is" fresh 'a\n' '' 'a\n'
check "what is there is not converted" fresh 'straße\n' 'x' 'straße\nX\n'
check "a lone missing newline of a long line is added in tiny batches" \
	fresh '' 'a line longer than a batch' 'A LINE LONGER THAN A BATCH\n' -b 4

printf 'first' >first
printf 'second' >second
check "several files are appended in order, each ended" \
	fresh '' '' 'FIRST\nSECOND\n' first second
options_behind_files() {
	rm -f db
	run first -o db second
	expect_outcome 0 '' '' && expect_file db 'FIRST\nSECOND\n'
}
check "-o may stand behind a file" options_behind_files
last_o_counts() {
	rm -f db
	run -o other -o db first
	expect_status 0 && expect_file db 'FIRST\n'
}
check "the last -o counts" last_o_counts

empty_input_makes_file() {
	rm -f db
	given ''
	run -o db
	expect_outcome 0 '' '' && expect_file db ''
}
check "empty input makes an empty file" empty_input_makes_file

keeps_mode() {
	rm -f db
	(umask 027 && printf 'x\n' | bounded "$UPCASE_PIPE" -o db)
	[ "$(stat -c %a db)" = 640 ] || { stat -c %a db; return 1; }
	chmod 604 db
	appends 'y\n' 'X\nY\n' && [ "$(stat -c %a db)" = 604 ]
}
check "a new file has the mode of the umask, an old one keeps its own" keeps_mode

through_link() {
	rm -f db real
	printf 'x\n' >real
	ln -s real db
	appends 'y\n' 'x\nY\n' && [ -L db ] && expect_file real 'x\nY\n'
	local r=$?
	rm -f db real
	return "$r"
}
check "-o follows a symbolic link" through_link

# Where they are, a long of 32 bits does not tell.
to_giant() {
	rm -f db
	truncate -s 5G db
	given 'x\ny'
	run -o db
	expect_outcome 0 '' '' && size_is db $((5 * 1024 ** 3 + 5)) &&
		tail -c 6 db >end && expect_file end '\0\nX\nY\n'
}
if truncate -s 5G db 2>/dev/null; then
	check "a file of more than 4 GiB is appended to" to_giant
else
	skip "a file of more than 4 GiB is appended to" \
		"the file system takes none"
fi
rm -f db

from_late_to_late() {
	printf 'a\n' >db
	printf 'b\n' >late
	touch -d 2100-01-01 db late
	run -o db late
	expect_outcome 0 '' '' && expect_file db 'a\nB\n'
}
touch -d 2100-01-01 late
if [ "$(stat -c %Y late)" -gt 4000000000 ]; then
	check "files of the year 2100 are read and appended to" from_late_to_late
else
	skip "files of the year 2100 are read and appended to" \
		"the file system knows no such time"
fi

odd_targets() {
	given 'x\n'
	run -o /dev/null
	expect_outcome 0 '' '' || return 1
	run -o /dev/stdout
	expect_outcome 0 'X\n' '' || return 1
	run -o $'new\nline'
	expect_outcome 0 '' '' && expect_file $'new\nline' 'X\n'
}
check "-o takes /dev/null, /dev/stdout and a file with an odd name" odd_targets

to_fifo() {
	mkfifo pipe
	cat pipe >got &
	given 'a\nb'
	run -o pipe
	wait $!
	expect_outcome 0 '' '' && expect_file got 'A\nB\n'
}
check "-o takes a FIFO" to_fifo

grows_while_read() {
	# Each line is in the file before the next one is given.
	local i want=0
	rm -f db pipe
	mkfifo pipe
	exec 7<>pipe
	start grow -o db <pipe >"$out" 2>"$err"
	for i in 1 2 3 4 5; do
		printf 'line %d\n' "$i" >&7
		want=$((want + 7))
		wait_until "$deadline" size_is db "$want" || return 1
	done
	exec 7>&-
	expect_end grow 'exit 0' && expect_file db 'LINE 1\nLINE 2\nLINE 3\nLINE 4\nLINE 5\n'
}
check "a line is in the file before the next one is given" grows_while_read

# --- what cannot be opened ---------------------------------------------------

nothing_read() {
	printf 'one\ntwo\n' >lines
	{
		run_here -o "$1"
		cat >rest
	} <lines
	expect_outcome 3 '' "upcase-pipe: $1: $2\n" && same lines rest
}
check "-o in a missing directory: status 3, nothing is read" \
	nothing_read missing/file 'No such file or directory'
mkdir -p directory
check "-o on a directory: status 3, nothing is read" \
	nothing_read directory 'Is a directory'
check "-o behind a file: status 3, nothing is read" \
	nothing_read first/file 'Not a directory'

nothing_read_from_pipe() {
	rm -f pipe
	mkfifo pipe
	exec 7<>pipe
	put 'one\ntwo\n' >&7
	start unopened -o missing/file <pipe >"$out" 2>"$err"
	expect_end unopened 'exit 3' && [ "$(unread 7)" -eq 8 ]
	local r=$?
	exec 7>&-
	return "$r"
}
check "-o in a missing directory takes nothing out of a pipe" \
	nothing_read_from_pipe

files_not_opened() {
	run -o missing/file no_such_input
	expect_outcome 3 '' \
		'upcase-pipe: missing/file: No such file or directory\n'
}
check "-o in a missing directory: not even the first FILE is opened" \
	files_not_opened

unwritable() {
	printf 'x\n' >locked
	chmod 444 locked
	given 'y\n'
	as_nobody run -o locked
	expect_outcome 3 '' 'upcase-pipe: locked: Permission denied\n' &&
		expect_file locked 'x\n'
}
if can_be_nobody; then
	check "-o without permission: status 3, the file stays" unwritable
else
	skip "-o without permission: status 3, the file stays" \
		"cannot become an ordinary user"
fi

no_name() {
	given 'x\n'
	run "$@"
	expect_usage_error ""
}
check "-o without a name is a usage error" no_name -o
check "--output without a name is a usage error" no_name --output

# --- input is output ---------------------------------------------------------

refused="input file is output file"
# refuses FILE CONTENT [ARG...]: status 1, FILE stays, others are processed.
refuses_itself() {
	printf 'a\n' >same
	printf 'b\n' >other
	run -o same "$1" other
	expect_outcome 1 '' "upcase-pipe: $1: $refused\n" &&
		expect_file same 'a\nB\n'
}
check "a file appended to itself is refused, the others are processed" \
	refuses_itself same
check "a file is known under another path" refuses_itself ./same
printf 'a\n' >same
ln same hard && ln -s same soft
check "a file is known by a hard link" refuses_itself hard
check "a file is known by a symbolic link" refuses_itself soft

refuses_stdin() {
	printf 'a\n' >same
	# shellcheck disable=SC2094 # the point
	run_here -o same <same
	expect_outcome 1 '' "upcase-pipe: standard input: $refused\n" &&
		expect_file same 'a\n'
}
check "standard input that is the output file is refused" refuses_stdin
refuses_stdout() {
	printf 'a\n' >same
	bounded "$UPCASE_PIPE" same other >>same 2>"$err"
	status=$?
	expect_status 1 && expect_errors "upcase-pipe: same: $refused\n" &&
		expect_file same 'a\nB\n'
}
check "a file that is redirected standard output is refused" refuses_stdout
refuses_stdin_and_stdout() {
	printf 'a\n' >same
	bounded "$UPCASE_PIPE" <same >>same 2>"$err"
	status=$?
	expect_status 1 && expect_file same 'a\n' &&
		expect_errors "upcase-pipe: standard input: $refused\n"
}
check "standard input that is redirected standard output is refused" \
	refuses_stdin_and_stdout
refuses_gzip() {
	printf 'a\n' | gzip -n >same.gz
	cp same.gz before.gz
	run -o same.gz same.gz
	expect_status 1 && expect_errors "upcase-pipe: same.gz: $refused\n" &&
		same before.gz same.gz
}
check "a gzip file appended to itself is refused and stays" refuses_gzip
devices_are_not_files() {
	run_here -o /dev/null /dev/null </dev/null
	expect_outcome 0 '' ''
}
check "a device may be input and output" devices_are_not_files

# --- several at once ---------------------------------------------------------

# The input of writer W: lines that name writer and number, up to 300 bytes.
# Only capitals and digits, so that the output is the input.
writer_lines() {
	perl -e 'my ($w, $n) = @ARGV; srand $w;
		printf "W%d N%05d %s.\n", $w, $_, "Z" x int rand 300
			for 1 .. $n' "$1" "$2"
}

# at_once FILE LINES [ARG...]: 8 processes append to FILE, all open before the
# first of them gets a line, each fed through its own FIFO.
# shellcheck disable=SC2093,SC1083,SC2154 # {hold[w]} is a descriptor
at_once() {
	local file=$1 lines=$2 w feeders=()
	rm -f "$file" feed.* lines.*
	for w in 1 2 3 4 5 6 7 8; do
		mkfifo feed.$w
		writer_lines $w "$lines" >lines.$w
		exec 7<>feed.$w
		start writer$w -o "$file" "${@:3}" <feed.$w 2>errors.$w
		exec {hold[w]}>feed.$w 7>&-
	done
	for w in 1 2 3 4 5 6 7 8; do
		cat lines.$w >&"${hold[w]}" &
		feeders+=($!)
		exec {hold[w]}>&-
	done
	wait "${feeders[@]}"
	for w in 1 2 3 4 5 6 7 8; do
		expect_end writer$w 'exit 0' && same /dev/null errors.$w ||
			return 1
	done
}

# interleaved FILE LINES: every line is whole, every writer's lines in order.
not_interleaved() {
	local w
	for w in 1 2 3 4 5 6 7 8; do
		grep -a "^W$w " "$1" >got.$w
		same lines.$w got.$w >diff.$w || {
			echo "writer $w:"
			cat diff.$w
			return 1
		}
	done
	[ "$(wc -l <"$1")" -eq $((8 * $2)) ]
}

plain_at_once() { at_once db "$@" && not_interleaved db "$1"; }
check "8 processes append whole lines, each in order" plain_at_once 3000
check "8 processes append whole lines in batches of 4096 bytes" \
	plain_at_once 3000 -b 4096
check "8 processes append whole lines that are longer than a batch of 64 bytes" \
	plain_at_once 300 -b 64
check "8 processes append whole lines with several jobs and batches of 64 bytes" \
	plain_at_once 300 -b 64 -j 3

gzip_at_once() {
	at_once db.gz "$@" || return 1
	gzip -dc db.gz >db.text && not_interleaved db.text "$1" &&
		members db.gz >members.list
}
check "8 processes append whole lines to one gzip file" gzip_at_once 3000
check "8 processes append whole members of small batches" \
	gzip_at_once 300 -b 4096
check "8 processes append to gzip whole lines that are longer than a batch" \
	gzip_at_once 60 -b 64

# Somebody else has the lock on db until descriptor 8 is closed. A process that
# lives has it: in a container /proc/locks is silent about a lock whose taker is
# gone, and about who waits for it.
lock_db() {
	rm -f db leash taken
	: >db
	mkfifo leash
	exec 8<>leash
	flock -o db sh -c ': >taken; exec cat' <leash >"$out" 8>&- &
	wait_until "$deadline" test -e taken
}
waits_for_lock() {
	# Nothing is appended until the lock is free.
	local r=0
	rm -f pipe
	mkfifo pipe
	lock_db || r=1
	exec 7<>pipe
	start locked -o db <pipe 2>"$err"
	exec 6>pipe 7>&-
	printf 'mine\n' >&6
	exec 6>&-
	wait_until "$deadline" waits_on_flock locked || r=1
	printf 'theirs\n' >>db
	let_go
	expect_end locked 'exit 0' && expect_file db 'theirs\nMINE\n' &&
		return $r
}
# held: a run that has read two lines and waits for the lock.
held() {
	rm -f pipe
	mkfifo pipe
	lock_db || return 1
	exec 7<>pipe
	start held -o db <pipe 2>"$err"
	put 'one\nhal' >&7
	wait_until "$deadline" all_read 7 &&
		wait_until "$deadline" waits_on_flock held
}
let_go() { exec 7>&- 8>&-; }
stopped_while_held() {
	local r=0
	held || r=1
	send TERM held
	wait_until "$deadline" taken 15 held || r=1
	! ended held || { echo "it did not wait"; r=1; }
	let_go
	expect_end held 'signal 15' && expect_file db 'ONE\nHAL\n' &&
		same /dev/null "$err" && return $r
}
stopped_twice_while_held() {
	local r=0
	held || r=1
	send TERM held
	wait_until "$deadline" taken 15 held || r=1
	! ended held || { echo "it did not wait"; r=1; }
	send_until_ended TERM held
	expect_end held 'exit 3' || r=1
	let_go
	expect_file db '' && expect_errors \
		'upcase-pipe: db: stopped by a second signal: 0 lines written, 2 lines lost\n' &&
		return $r
}
waits_on_flock() {
	grep -q "^[0-9]*: -> FLOCK .* $(pid_of "$1") " /proc/locks ||
		ended "$1"
}
# To open the output anew, an empty one has to be made valid first, under its
# lock. Input is read on while that is waited for.
wish_waits_for_lock() {
	local r=0
	rm -f db.gz moved.gz pipe leash taken fed
	: >db.gz
	mkfifo leash pipe
	exec 8<>leash 5<>pipe
	flock -o db.gz sh -c ': >taken; exec cat' <leash >"$out" 8>&- 5>&- &
	wait_until "$deadline" test -e taken || r=1
	start wish -o db.gz <pipe 2>"$err"
	exec 6>pipe
	wait_until "$deadline" asleep wish || r=1
	mv db.gz moved.gz
	send USR2 wish
	wait_until "$deadline" waits_on_flock wish || r=1
	numbered 3000 80 >text
	tr '[:lower:]' '[:upper:]' <text >wanted
	{ cat text >&6; : >fed; } &
	wait_until "$deadline" test -e fed || r=1
	wait_until "$deadline" all_read 5 || r=1
	exec 8>&- 6>&- 5>&-
	expect_end wish 'exit 0' && expect_gzip_of db.gz wanted &&
		gzip -t moved.gz && same /dev/null "$err" && return $r
}
if have flock; then
	check "input is read on while the lock is waited for to open the output anew" \
		wish_waits_for_lock
	check "an append waits for the advisory lock that somebody else holds" \
		waits_for_lock
	check "SIGTERM while it waits for the lock: what was read is appended when the lock is free" \
		stopped_while_held
	check "a second SIGTERM while it waits for the lock leaves at once and counts" \
		stopped_twice_while_held
else
	skip "an append waits for the advisory lock that somebody else holds" \
		"no flock"
fi

dash_is_standard_output() {
	rm -f ./-
	given 'a'
	run -o -
	expect_status 0 && expect_output 'A' && [ ! -e ./- ]
}
check "-o - is standard output" dash_is_standard_output

finish
