#!/bin/bash
# filter.sh - from files and standard input to standard output: byte for byte,
# whatever the number of jobs and the size of the batches.
#
# shellcheck disable=SC2317,SC2086,SC2015,SC2016,SC2094 # checks are called by
# name, numbers stand bare, `A && B || { report; }` is meant as it is, Perl and
# Tcl stand in single quotes, a file may be read and written: that is the test
. "$(dirname "$0")/lib.sh" || exit 1

# --- the last newline and the seams between files ------------------------------

check "a missing last newline stays missing" converts 'a\nb' 'A\nB'
check "a last newline stays" converts 'a\nb\n' 'A\nB\n'
check "a single newline passes" converts '\n' '\n'
check "a single character passes" converts 'a' 'A'

printf 'one\n' >one
printf 'two' >two
printf 'three' >three
: >empty
printf '\n' >newline

# joins OUTPUT [ARG...]
joins() {
	run "${@:2}"
	expect_outcome 0 "$1" ''
}
check "files follow each other" joins 'ONE\nONE\n' one one
check "a newline is added between files" joins 'TWO\nTHREE' two three
check "no newline is added where there is one" joins 'ONE\nTWO' one two
check "an empty file adds nothing" joins 'TWO\nTHREE' two empty empty three
check "an empty file at the end adds nothing" joins 'TWO' two empty
check "an empty file at the beginning adds nothing" joins 'TWO' empty two
check "a file with only a newline adds an empty line" \
	joins 'ONE\n\nONE\n' one newline one
check "a file with only a newline ends as a line of its own" \
	joins 'TWO\n\nONE\n' two newline one
check "only empty files give empty output" joins '' empty empty
check "the seams do not depend on batch size and jobs" \
	joins 'TWO\nTHREE\nONE\nTWO' -b 1 -j 4 two three one two

given 'stdin'
check "- among files is standard input" \
	joins 'ONE\nSTDIN\nTWO' one - two
check "- alone is standard input" joins 'STDIN' -
check "a second - finds standard input at its end" \
	joins "STDIN\nTWO\nTHREE" - two - three
printf 'x' >./-
check "./- is a file" joins 'X' ./-

cut_character_between_files() {
	printf 'a\xc3' >left
	printf '\xa9b' >right
	run left right
	note_of left left >want
	note_of right right >>want
	expect_status 0 && expect_output 'A\xc3\n\xa9B' && same want "$err"
}
check "a character is never put together from two files" \
	cut_character_between_files

# --- the same output for any tuning ------------------------------------------

# tuned TEXT [ARG...]: `text` as standard input becomes TEXT.
tuned() {
	run_here "${@:2}" <text
	expect_status 0 && same "$1" "$out" && same "$1.note" "$err" && return 0
	echo "with ${*:2}"
	return 1
}

# every_tuning "SIZE..." WANTED [ARG...]
every_tuning() {
	local b j
	for b in $1; do
		for j in 1 2 4 8; do
			tuned "$2" -b "$b" -j "$j" "${@:3}" || return 1
		done
	done
}

# text_with_notes LINES SEED: as make_text, with what is said of it.
text_with_notes() {
	make_text "$@"
	note_of text 'standard input' >text.keep.note
	note_of text 'standard input' 'replaced by U+FFFD' >text.replace.note
}

text_with_notes 60 1
check "tiny batches give the reference's output for 1, 2, 4 and 8 jobs" \
	every_tuning '1 2 3 7' text.keep
check "tiny batches and --queue-depth=1 give the reference's output" \
	every_tuning '1 7' text.keep --queue-depth=1
check "tiny batches give the reference's output for --invalid=replace" \
	every_tuning '1 2 3 7' text.replace --invalid=replace
text_with_notes 20000 2
check "batches of 4096 bytes give the reference's output for 1, 2, 4 and 8 jobs" \
	every_tuning 4096 text.keep
check "batches of 4099 bytes give the reference's output for --invalid=replace" \
	every_tuning 4099 text.replace --invalid=replace
check "--queue-depth=1 gives the reference's output for 1, 2, 4 and 8 jobs" \
	every_tuning 64K text.keep --queue-depth=1
check "--queue-depth=1024 gives the reference's output" \
	tuned text.keep --queue-depth=1024 -j 3 -b 1K
check "--jobs=256 gives the reference's output" tuned text.keep -j 256 -b 4K
default_tuning() {
	local j
	for j in 1 2 4 8; do
		tuned text.keep -j "$j" || return 1
	done
	tuned text.keep && tuned text.replace --invalid=replace
}
check "the default batch size gives the reference's output" default_tuning

# A generator that respects no boundary: pieces of 1 to 11 bytes.
dribble() {
	perl -e 'binmode STDIN; local $/; my $t = <STDIN>; srand 3;
		for (my $i = 0; $i < length $t; ) {
			my $n = 1 + int rand 11;
			syswrite STDOUT, substr $t, $i, $n;
			$i += $n;
		}'
}
dribbled() {
	dribble <text | bounded "$UPCASE_PIPE" "${@:2}" >"$out" 2>"$err"
	status=${PIPESTATUS[1]}
	expect_status 0 && same "$1" "$out"
}
make_text 3000 4
check "input that arrives in pieces of a few bytes gives the reference's output" \
	dribbled text.keep
check "input in pieces gives the reference's output with -b 7 -j 4" \
	dribbled text.keep -b 7 -j 4
check "input in pieces gives the reference's output for --invalid=replace" \
	dribbled text.replace --invalid=replace

through_a_pipe() {
	bounded "$UPCASE_PIPE" -j 2 -b 4K <text | cat >"$out"
	status=${PIPESTATUS[0]}
	expect_status 0 && same text.keep "$out"
}
check "output through a pipe equals output to a file" through_a_pipe

many_files_as_one() {
	split -l 100 text part.
	run part.*
	expect_status 0 && same text.keep "$out" || return 1
	run -j 4 -b 7 part.a[a-c]
	head -n 300 text.keep >want
	expect_status 0 && same want "$out"
}
check "a text split into files equals the text in one" many_files_as_one

appending_stdout() {
	printf 'before' >grown
	bounded "$UPCASE_PIPE" <one >>grown
	status=$?
	expect_status 0 && expect_file grown 'beforeONE\n'
}
check "redirected standard output is a filter's: nothing is put before it" \
	appending_stdout

starts_where_stdin_stands() {
	printf 'first\nsecond\n' >two_lines
	{
		dd bs=6 count=1 of=/dev/null 2>/dev/null
		run_here
	} <two_lines
	expect_outcome 0 'SECOND\n' ''
}
check "standard input is read from where it stands" starts_where_stdin_stands

finish
