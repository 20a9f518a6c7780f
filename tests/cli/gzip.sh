#!/bin/bash
# gzip.sh - gzip in and out: recognised by content, every header there is,
# damage of every kind; output to a file in members that carry their size, to
# standard output in one.
#
# shellcheck disable=SC2317,SC2086,SC2015,SC2016,SC2094 # checks are called by
# name, numbers stand bare, `A && B || { report; }` is meant as it is, Perl and
# Tcl stand in single quotes, a file may be read and written: that is the test
. "$(dirname "$0")/lib.sh" || exit 1

kept="everything before it was kept"

# --- input -------------------------------------------------------------------

printf 'straße\nzwei\n' >plain
gzip -nc plain >packed.gz
gzip -nc plain >packed_without_name
cp plain plain.gz
text='STRASSE\nZWEI\n'

# reads OUTPUT FILE... [ARG...]
reads() {
	run "${@:2}"
	expect_outcome 0 "$1" ''
}
check "gzip input is inflated" reads "$text" packed.gz
check "gzip input is recognised whatever its name" \
	reads "$text" packed_without_name
check "plain text named .gz is plain text" reads "$text" plain.gz
check "gzip and plain files mix" reads "$text$text$text" packed.gz plain packed.gz
check "gzip input gives the same in tiny batches with several jobs" \
	reads "$text$text" -b 1 -j 4 packed.gz packed.gz

gzip_from_stdin() {
	run_here <packed.gz
	expect_outcome 0 "$text" '' || return 1
	run_here packed.gz - plain <packed.gz
	expect_outcome 0 "$text$text$text" ''
}
check "gzip is recognised on standard input" gzip_from_stdin
byte_by_byte() {
	perl -e 'local $/; my $t = <STDIN>; syswrite STDOUT, $_
		for split //, $t' <packed.gz |
		bounded "$UPCASE_PIPE" >"$out" 2>"$err"
	status=${PIPESTATUS[1]}
	expect_outcome 0 "$text" ''
}
check "gzip is recognised in a pipe that brings byte after byte" byte_by_byte
check "the seam between files is made in the inflated text" \
	eval 'printf two | gzip -n >two.gz; reads "TWO\nTWO" two.gz two.gz'

concatenated() {
	{
		printf 'one\ntw' | gzip -n
		printf '' | gzip -n
		printf 'o\nthr' | gzip -n9
		printf 'ee\xc3' | gzip -n1
		printf '\xa9\n' | gzip -n
	} >many
	reads 'ONE\nTWO\nTHREEÉ\n' many && reads 'ONE\nTWO\nTHREEÉ\n' -b 1 many
}
check "concatenated members are one text, cut anywhere" concatenated
many_members() {
	local i
	numbered 2000 32 >lines
	split -l 20 lines piece.
	for i in piece.*; do gzip -nc "$i"; done >many
	tr '[:lower:]' '[:upper:]' <lines >want
	run many
	expect_status 0 && same want "$out"
}
check "a hundred members are read" many_members
check "an empty member is empty text" \
	eval 'printf "" | gzip -n >empty.gz; reads "" empty.gz'

# header FLAGS EXTRA-FIELDS-FORMAT: packed.gz under another header.
# shellcheck disable=SC2059
header() {
	printf "\x1f\x8b\x08\x$1\x01\x02\x03\x04\x02\xff$2"
	tail -c +11 packed.gz
}
# header_reads FLAGS FORMAT
header_reads() {
	header "$1" "$2" >special
	reads "$text" special
}
check "a header with time and system is read" header_reads 00 ''
check "a header with FTEXT is read" header_reads 01 ''
check "a header with FEXTRA is read" header_reads 04 '\x06\0XY\x02\0ab'
check "a header with an empty FEXTRA is read" header_reads 04 '\0\0'
check "a header with FNAME is read" header_reads 08 'name of file\0'
check "a header with an empty FNAME is read" header_reads 08 '\0'
check "a header with FCOMMENT is read" header_reads 10 'a\ncomment\0'
# The check value of a header is the low half of its CRC-32.
check "a header with FHCRC is read" header_reads 02 '\xe5\x2c'
check "a header with everything is read" \
	header_reads 1e '\x06\0XY\x02\0abname\0comment\0\xba\xe4'
long_header() {
	header 0c "\xff\xff$(head -c 65535 /dev/zero | tr '\0' x)$(head -c 9999 /dev/zero | tr '\0' n)\0" >special
	reads "$text" special
}
check "a header of 75 KB is read" long_header
wrong_header_check() {
	header 02 'zz' >special
	run special
	expect_status 1 && expect_output '' &&
		expect_stderr_match "upcase-pipe: special: corrupt gzip data at byte [0-9]+: .+; $kept"
}
check "a header with a wrong FHCRC is corrupt" wrong_header_check

zero_padding() {
	local n
	for n in 1 2 18 511 512 100000; do
		{ cat packed.gz; head -c $n /dev/zero; } >padded
		reads "$text" padded || { echo "$n zeros"; return 1; }
	done
}
check "zero padding behind the last member is accepted" zero_padding

decompress_not() {
	run --no-decompress -m ascii packed.gz
	perl -pe 'BEGIN { binmode STDIN } tr/a-z/A-Z/' <packed.gz >want
	expect_status 0 && same want "$out"
}
check "--no-decompress takes gzip input as plain bytes" decompress_not

looks_like_gzip() {
	converts '\x1f' '\x1f' && converts '\x1fa\n' '\x1fA\n' &&
		converts '\x1f\n\x8b\x08' '\x1f\n\x8b\x08' -q
}
check "text that only begins like gzip is text" looks_like_gzip
check "gzip in the middle of text is text" \
	converts 'ab\x1f\x8b\x08\0c' 'AB\x1f\x8b\x08\0C' -q

# --- damage ------------------------------------------------------------------

perl -e 'print map { "line $_ straße " . ("q" x ($_ * 7 % 31)) . "\n" } 1 .. 12' \
	>plain
gzip -nc plain >small.gz
perl -CS -pe '$_ = uc' <plain >small.want
small=$(stat -c %s small.gz)

# prefix_of WANTED GOT: a ß that was cut in two may be at the end.
prefix_of() {
	perl -pe 's/\xc3\z//' "$2" >got
	cmp -s -n "$(stat -c %s got)" "$1" got && return 0
	echo "not the beginning of $1:"
	head -c 300 "$2" | cat -A
	return 1
}

truncated_everywhere() {
	local n size=0
	for ((n = 3; n < small; n += thin)); do
		head -c $n small.gz >cut.gz
		run -q cut.gz
		expect_status 1 && prefix_of small.want "$out" &&
			expect_errors "upcase-pipe: cut.gz: unexpected end of gzip data at byte $n; $kept\n" ||
			{ echo "cut at byte $n of $small"; return 1; }
		[ "$(stat -c %s "$out")" -ge "$size" ] ||
			{ echo "at byte $n less than before"; return 1; }
		size=$(stat -c %s "$out")
	done
	# Only the trailer is missing: all of the text is there.
	for n in 1 4 8; do
		head -c $((small - n)) small.gz >cut.gz
		run cut.gz
		same small.want "$out" || { echo "without the last $n"; return 1; }
	done
}
check "gzip that is cut at any byte gives what could be inflated and says where" \
	truncated_everywhere

truncated_stdin_in_order() {
	local n
	for n in 20 $((small / 2)) $((small - 8)) $((small - 1)); do
		head -c "$n" small.gz >"$in"
		run -b 3 -j 4
		expect_status 1 && prefix_of small.want "$out" &&
			expect_errors "upcase-pipe: standard input: unexpected end of gzip data at byte $n; $kept\n" ||
			{ echo "cut at byte $n of $small"; return 1; }
	done
}
check "cut gzip on standard input gives the same in tiny batches" \
	truncated_stdin_in_order

cut_before_magic_ends() {
	local n
	for n in 1 2; do
		head -c $n small.gz >cut.gz
		run cut.gz
		if [ "$status" -eq 0 ]; then
			same cut.gz "$out" || return 1
		else
			expect_status 1 && expect_output '' || return 1
		fi
	done
}
check "a file of the first bytes of gzip is text or cut gzip, never lost silently" \
	cut_before_magic_ends

second_member_cut() {
	local n last
	cat small.gz small.gz >two.gz
	cat small.want small.want >two.want
	for ((n = small + 1; n < 2 * small; n += 3 * thin)); do
		last=$n
		head -c $n two.gz >cut.gz
		run cut.gz
		expect_status 1 && prefix_of two.want "$out" &&
			[ "$(stat -c %s "$out")" -ge "$(stat -c %s small.want)" ] ||
			{ echo "cut at byte $n of $((2 * small))"; return 1; }
	done
	expect_errors "upcase-pipe: cut.gz: unexpected end of gzip data at byte $last; $kept\n"
}
check "when the second member is cut, the first is complete" second_member_cut

cut_then_others() {
	head -c $((small - 9)) small.gz >cut.gz
	printf 'next\n' >next
	run cut.gz next
	expect_status 1 && [ "$(tail -n 1 "$out")" = NEXT ] &&
		[ "$(wc -l <"$err")" -eq 1 ] &&
		grep -aq '^NEXT$' "$out"
}
check "a cut gzip file does not keep the next file from its own line" \
	cut_then_others
cut_appended() {
	rm -f db
	head -c $((small - 9)) small.gz >cut.gz
	run -o db cut.gz
	expect_status 1 && [ "$(tail -c 1 db | od -An -c | tr -d ' ')" = '\n' ]
}
check "a cut gzip file appended with -o ends with a newline" cut_appended

# change_byte OFFSET (from the end when negative)
change_byte() {
	perl -e 'local $/; binmode STDIN; my $t = <STDIN>;
		substr($t, $ARGV[0], 1) ^= "\x55"; print $t' -- "$1" <small.gz
}
# corrupt_at OFFSET CAUSE
corrupt_at() {
	change_byte "$1" >damaged
	run damaged next
	expect_status 1 && expect_stderr_match \
		"upcase-pipe: damaged: corrupt gzip data at byte [0-9]+: $2; $kept" &&
		[ "$(tail -n 1 "$out")" = NEXT ] && [ "$(wc -l <"$err")" -eq 1 ]
}
corrupt_whole_text() {
	corrupt_at "$1" "$2" && head -n -1 "$out" | cmp - small.want
}
check "a wrong CRC is told after the whole text" \
	corrupt_whole_text -8 'incorrect data check'
check "a wrong length is told after the whole text" \
	corrupt_whole_text -4 'incorrect length check'
check "an unknown compression method is told" corrupt_at 2 '.+'
unknown_flags() {
	header e0 '' >damaged
	run damaged
	expect_status 1 && expect_stderr_match \
		"upcase-pipe: damaged: corrupt gzip data at byte [0-9]+: .+; $kept"
}
check "unknown header flags are told" \
	unknown_flags
corrupt_body_anywhere() {
	local n
	for ((n = 10; n < small - 8; n += 2 * thin)); do
		change_byte $n >damaged
		run -q damaged
		expect_status 1 && [ "$(wc -l <"$err")" -eq 1 ] &&
			grep -Eqx "upcase-pipe: damaged: (corrupt|unexpected end of) gzip data at byte [0-9]+(: [a-z /-]+)?; $kept|upcase-pipe: damaged: trailing garbage at byte [0-9]+ ignored; $kept" "$err" ||
			{ echo "byte $n:"; cat "$err"; return 1; }
	done
}
check "a changed byte anywhere in the body is told" corrupt_body_anywhere

garbage() {
	{ cat small.gz; printf '%s' "$1"; } >damaged
	run damaged next
	expect_status 1 && expect_stderr_line \
		"upcase-pipe: damaged: trailing garbage at byte $small ignored; $kept" &&
		cat small.want >want && echo NEXT >>want && same want "$out"
}
check "garbage behind gzip is told and ignored" garbage 'hello, garbage'
check "one byte of garbage is told" garbage 'x'
check "garbage that begins like gzip is told" garbage $'\x1fx'
garbage_behind_zeros() {
	{ cat small.gz; printf '\0\0\0x'; } >damaged
	run damaged
	expect_status 1 && same small.want "$out" && expect_stderr_match \
		"upcase-pipe: damaged: trailing garbage at byte [0-9]+ ignored; $kept"
}
check "garbage behind zero padding is told" garbage_behind_zeros

# Memory that zlib does not get: its window, 32 KiB, which nothing else asks for.
cat >window.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
void *malloc(size_t size)
{
	static void *(*real)(size_t);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "malloc");
	if (size != 32768)
		return real(size);
	(void)close(creat("asked", 0600));
	errno = ENOMEM;
	return NULL;
}
END
no_window() {
	local r=0
	rm -f asked
	numbered 100 64 >lines
	gzip -nc lines >lines.gz
	bounded env LD_PRELOAD="$PWD/window.so" "$UPCASE_PIPE" -b 64 lines.gz next \
		>"$out" 2>"$err"
	status=$?
	[ -e asked ] || { echo 'nothing asked for a window'; return 1; }
	# What was decoded until then is kept, and the next FILE comes.
	expect_status 1 && expect_errors \
		'upcase-pipe: lines.gz: not enough memory\n' &&
		[ "$(tail -n 1 "$out")" = NEXT ] && sed '$d' "$out" >got &&
		[ -s got ] && truncate -s -1 got &&
		tr '[:lower:]' '[:upper:]' <lines | head -c "$(stat -c %s got)" |
		cmp - got
}
no_memory="where zlib gets no memory, that is told, and not that the input is corrupt"
if sanitized; then skip "$no_memory" 'a sanitizer wants to be loaded first'
elif ! $CC -shared -fPIC -o window.so window.c -ldl 2>/dev/null; then
	skip "$no_memory" "$CC makes no libraries"
else
	check "$no_memory" no_window
fi

# --- output ------------------------------------------------------------------

given 'straße\nzwei\n'
out_gzip() {
	run "$@"
	expect_status 0 && same /dev/null "$err" && expect_gzip "$out" "$text"
}
check "-z writes gzip to standard output" out_gzip -z
check "--gzip writes gzip to standard output" out_gzip --gzip
check "-z with several jobs and tiny batches is one valid file" \
	out_gzip -z -j 4 -b 1
levels=$(seq 9)
"$UPCASE_PIPE" --version | grep -i libdeflate | grep -qvw no && levels=$(seq 12)
for level in $levels; do
	check "--gzip=$level is valid gzip" out_gzip --gzip="$level"
done
check "-z9 is valid gzip" out_gzip -z9
bad_level() {
	run --gzip="$1"
	expect_usage_error "'$1'"
}
for level in 0 13 99 -1 x 6x '' 99999999999999999999; do
	check "--gzip='$level' is a usage error" bad_level "$level"
done
level_matters() {
	make_text 3000 7
	local a b
	run_here --gzip=1 <text
	a=$(stat -c %s "$out")
	run_here --gzip=9 <text
	b=$(stat -c %s "$out")
	[ "$b" -lt "$a" ] || { echo "level 1: $a, level 9: $b"; return 1; }
}
check "level 9 is smaller than level 1" level_matters

# file_gzip FILE [ARG...]
file_gzip() {
	rm -f "$1"
	given 'straße\nzwei'
	run -o "$@"
	expect_outcome 0 '' '' && expect_gzip "$1" "$text"
}
check "-o NAME.gz implies gzip, with a last newline" file_gzip db.gz
check "-z -o NAME is gzip whatever the name" file_gzip db.txt -z
check "--gzip=3 -o NAME.gz is gzip" file_gzip db.gz --gzip=3
not_gzip() {
	rm -f db.gz
	given 'a\n'
	run -o db.gz --no-gzip
	expect_outcome 0 '' '' && expect_file db.gz 'A\n'
}
check "--no-gzip undoes what .gz implies" not_gzip
no_gzip_undoes_z() {
	given 'a\n'
	run -z --no-gzip
	expect_outcome 0 'A\n' ''
}
check "--no-gzip undoes -z before it" no_gzip_undoes_z

second_run_appends() {
	rm -f db.gz
	given 'one\n'
	run -o db.gz
	given 'two'
	run -o db.gz
	given 'three\n'
	run -o db.gz --gzip=9
	expect_status 0 && expect_gzip db.gz 'ONE\nTWO\nTHREE\n' &&
		[ "$(members db.gz | wc -l)" -eq 3 ]
}
check "a second run appends a member" second_run_appends
appends_to_other_gzip() {
	printf 'before\n' | gzip >db.gz
	given 'after\n'
	run -o db.gz
	expect_status 0 && gzip -t <db.gz && gzip -dc <db.gz >text &&
		expect_file text 'before\nAFTER\n'
}
check "a member is appended to gzip from elsewhere, without a fresh line" \
	appends_to_other_gzip

members_for_batches() {
	make_text 5000 8
	rm -f db.gz
	run_here -o db.gz -b 16K -j 4 <text
	expect_status 0 && expect_gzip_of db.gz text.keep &&
		members db.gz >list && [ "$(wc -l <list)" -gt 5 ] || return 1
	# The output does not depend on how many compress.
	mv db.gz before.gz
	run_here -o db.gz -j 1 -b 16K <text
	same before.gz db.gz
}
check "each batch is a member, and its size in 'UP' leads to the next" \
	members_for_batches
one_for_all() {
	make_text 5000 8
	run_here -z -b 16K -j 4 <text
	expect_status 0 && expect_gzip_of "$out" text.keep || return 1
	cp "$out" before.gz
	run_here -z -j 1 -b 16K <text
	same before.gz "$out"
}
check "batches to standard output are one member" one_for_all
one_member_each() {
	# Whole lines: a member never ends inside one when lines are short.
	numbered 4000 50 >text
	rm -f db.gz
	run_here -o db.gz -b 8K -j 3 <text
	expect_status 0 && members db.gz >list || return 1
	gzip -dc <db.gz | tr '[:upper:]' '[:lower:]' | cmp - text || return 1
	perl -e 'my ($file) = @ARGV; open my $f, "<:raw", $file;
		local $/; my $all = <$f>; my @list = map [split], split /\n/, <STDIN>;
		use IO::Uncompress::Gunzip "gunzip";
		for (@list) {
			my $m = substr $all, $_->[0], $_->[1];
			my $t; gunzip \$m => \$t;
			$t =~ /\n\z/ or die "member at $_->[0] ends inside a line\n";
		}' db.gz <list
}
check "a member holds whole lines" one_member_each
roundtrip() {
	make_text 3000 9
	run_here -z -b 4K -j 4 <text
	mv "$out" once.gz
	run -j 2 once.gz
	expect_status 0 && same text.keep "$out"
}
check "what it writes it can read" roundtrip
long_line_gzip() {
	perl -e 'print "straße " x 200000' >"$in"
	perl -e 'print "STRASSE " x 200000' >want
	run -z -b 64K -j 4
	expect_status 0 && expect_gzip_of "$out" want || return 1
	echo >>want
	rm -f db.gz
	run -o db.gz -b 64K -j 4
	expect_status 0 && expect_gzip_of db.gz want
}
check "a line longer than a batch spans members" long_line_gzip

empty_stdout() {
	given ''
	run -z
	expect_outcome_gzip ''
}
expect_outcome_gzip() {
	expect_status 0 && same /dev/null "$err" && has_size "$out" &&
		expect_gzip "$out" "$1"
}
check "empty input is one empty member on standard output" empty_stdout
empty_new_file() {
	rm -f db.gz
	given ''
	run -o db.gz
	expect_outcome 0 '' '' && has_size db.gz && expect_gzip db.gz '' || return 1
	: >db.gz
	run -o db.gz
	expect_status 0 && has_size db.gz && expect_gzip db.gz ''
}
check "empty input is one empty member in a new and in an empty file" \
	empty_new_file
empty_old_file() {
	given 'a\n'
	rm -f db.gz
	run -o db.gz
	cp db.gz before.gz
	given ''
	run -o db.gz
	expect_status 0 && same before.gz db.gz
}
check "empty input leaves a file with members as it is" empty_old_file

# --- slow input --------------------------------------------------------------

# slowly NAME [ARG...]: a run that reads what is written to descriptor 7.
slowly() {
	rm -f feed slow.gz
	mkfifo feed
	exec 6<>feed
	start "$1" "${@:2}" -o slow.gz <feed >"$out" 2>"$err"
	exec 7>feed 6>&-
}
# count_members FILE N
count_members() {
	members "$1" >list && [ "$(wc -l <list)" -eq "$2" ] && return 0
	echo "not $2 members:"
	cat list
	return 1
}
at_once() {
	local i before=0
	slowly hasty -z --flush-interval=0
	for i in 1 2 3 4 5; do
		echo "line $i" >&7
		wait_until "$deadline" bigger slow.gz "$before" || return 1
		before=$(stat -c %s slow.gz)
		gzip -t <slow.gz || return 1
	done
	exec 7>&-
	expect_end hasty 'exit 0' && count_members slow.gz 5 &&
		expect_gzip slow.gz 'LINE 1\nLINE 2\nLINE 3\nLINE 4\nLINE 5\n'
}
bigger() { [ "$(stat -c %s "$1")" -gt "$2" ]; }
check "--flush-interval=0 makes a member of each slow line at once" at_once

gathered() {
	local i
	slowly patient -z --flush-interval=1000
	for i in 1 2 3 4 5; do
		echo "line $i" >&7
		wait_until "$deadline" all_read 7 || return 1
	done
	size_is slow.gz 0 || { echo "written before the interval"; return 1; }
	exec 7>&-
	expect_end patient 'exit 0' && count_members slow.gz 1 &&
		expect_gzip slow.gz 'LINE 1\nLINE 2\nLINE 3\nLINE 4\nLINE 5\n'
}
check "a long --flush-interval gathers slow lines into one member until the end" \
	gathered

by_the_clock() {
	slowly "$@"
	echo first >&7
	wait_until "$deadline" has_size slow.gz || return 1
	expect_gzip slow.gz 'FIRST\n' || return 1
	echo second >&7
	exec 7>&-
	expect_end "$1" 'exit 0' && expect_gzip slow.gz 'FIRST\nSECOND\n'
}
check "by default a slow line comes out without an end of input" by_the_clock usual -z
check "--flush-interval takes a fraction" by_the_clock short -z --flush-interval=0.05
default_gathers() {
	local i
	slowly gatherer -z
	for i in 1 2 3 4 5 6 7 8 9 10; do
		echo "line $i" >&7
		wait_until "$deadline" all_read 7 || return 1
	done
	exec 7>&-
	expect_end gatherer 'exit 0' && members slow.gz >list &&
		[ "$(wc -l <list)" -lt 10 ]
}
check "by default slow lines share a member" default_gathers

on_signal() {
	slowly stopped -z --flush-interval=1000
	put 'one\ntwo\nhal' >&7
	wait_until "$deadline" all_read 7 || return 1
	send "$1" stopped
	expect_end stopped "signal $2" || return 1
	exec 7>&-
	expect_gzip slow.gz "$3"
}
check "on SIGINT the gathered lines come out" on_signal INT 2 'ONE\nTWO\nHAL\n'
check "on SIGTERM the gathered lines come out" on_signal TERM 15 'ONE\nTWO\nHAL\n'
full_before_interval() {
	slowly full -z --flush-interval=1000 -b 1K
	numbered 100 64 >&7
	wait_until "$deadline" has_size slow.gz || return 1
	exec 7>&-
	expect_end full 'exit 0' && members slow.gz >list &&
		[ "$(wc -l <list)" -gt 3 ]
}
check "a full batch does not wait for the interval" full_before_interval

mixed_kinds() {
	printf 'OLD\n' >text.gz
	given 'a\n'
	run -o text.gz
	expect_status 3 && expect_file text.gz 'OLD\n' &&
		expect_stderr_match 'upcase-pipe: text\.gz: .*does not hold gzip.*' || return 1
	printf 'OLD\n' | gzip -n >gz.txt
	cp gz.txt gz.old
	given 'a\n'
	run -o gz.txt
	expect_status 3 && same gz.old gz.txt &&
		expect_stderr_match 'upcase-pipe: gz\.txt: .*holds gzip.*' || return 1
	given 'a\n'
	run -z -o gz.txt
	expect_status 0 && gzip -dc gz.txt >"$out" && expect_output 'OLD\nA\n'
}
check "text is not appended to gzip, nor gzip to text" mixed_kinds

# --- members decoded ahead -------------------------------------------------------

# A regular file whose members say how long they are is decoded by several
# threads, the same bytes from a pipe as a stream: text, messages and exit status
# must be the same, whatever the damage.
noise() {
	perl -e 'srand $ARGV[1];
		print map { join("", map { chr 97 + int rand 26 } 1 .. 60) . "\n" }
			1 .. $ARGV[0]' "$1" "$2"
}
noise 20000 1 >noise
"$UPCASE_PIPE" -b 16K -o ahead.gz <noise
tr '[:lower:]' '[:upper:]' <noise >noise.want

# like_stream FILE [ARG...]
like_stream() {
	local file=$1 fast slow
	shift
	bounded "$UPCASE_PIPE" "$@" <"$file" >fast.out 2>fast.err
	fast=$?
	cat "$file" | bounded "$UPCASE_PIPE" "$@" >slow.out 2>slow.err
	slow=$?
	[ $fast -eq $slow ] && cmp fast.out slow.out && cmp fast.err slow.err && return 0
	echo "from a file: status $fast, from a pipe: $slow"
	cat fast.err slow.err
	return 1
}
decoded_ahead() {
	bounded "$UPCASE_PIPE" "$@" ahead.gz >"$out" 2>"$err" || { cat "$err"; return 1; }
	same noise.want "$out" && same /dev/null "$err"
}
check "members decoded ahead give all lines in order" decoded_ahead
check "the same with one job" decoded_ahead -j 1
check "the same with eight jobs and tiny batches" decoded_ahead -j 8 -b 100
threads_ahead() {
	# While the output takes nothing, so that they are still there.
	local r=0
	rm -f stuck_out
	mkfifo stuck_out
	exec 5<>stuck_out
	start ahead -j 3 -b 1K ahead.gz >stuck_out 2>"$err"
	wait_until "$deadline" has_unpackers 3 || r=1
	bounded cat <&5 >got &
	local cat=$!
	expect_end ahead 'exit 0' || r=1
	kill $cat
	wait $cat 2>/dev/null
	exec 5>&-
	return $r
}
has_unpackers() {
	[ "$(cat /proc/"$(pid_of ahead)"/task/*/comm | grep -c '^upcase-unpack$')" -eq $1 ]
}
if built_with THREAD_NAMES; then
	check "as many threads decode members as there are jobs" threads_ahead
else
	skip "as many threads decode members as there are jobs" \
		"built without names of threads"
fi
if have bgzip; then
	bgzip -c noise >blocks.gz
	of_bgzip() {
		bounded "$UPCASE_PIPE" blocks.gz >"$out" 2>"$err" || { cat "$err"; return 1; }
		same noise.want "$out"
	}
	check "the blocks of bgzip are read" of_bgzip
	check "the blocks of bgzip are read as from a pipe" like_stream blocks.gz
else
	skip "the blocks of bgzip are read" "no bgzip"
fi

# damaged KIND: 40 files, thinned out, each with something else wrong at another
# place.
damaged() {
	local i
	for ((i = 0; i < 40; i += thin)); do
		perl -e 'my ($kind, $i) = @ARGV;
			local $/;
			open my $f, "<:raw", "ahead.gz" or die;
			my $all = <$f>;
			my @begins;
			for (my $at = 0; $at < length $all;) {
				push @begins, $at;
				$at += unpack "V", substr $all, $at + 16, 4;
			}
			srand $i;
			my $n = $#begins;
			my $at = int rand length $all;
			my $begin = $begins[1 + int rand($n - 1)];
			if ($kind eq "cut") {
				substr($all, $at) = "";
			} elsif ($kind eq "changed") {
				substr($all, $at, 1) ^= chr(1 << $i % 8);
			} elsif ($kind eq "header") {
				substr($all, $begin + $i % 20, 1) ^= chr(1 << int rand 8);
			} elsif ($kind eq "trailer") {
				substr($all, $begin - 1 - $i % 8, 1) ^= chr(1 << int rand 8);
			} elsif ($kind eq "size") {
				my @sizes = (0, 18, 28, $i, int rand 70000,
					$begins[$n] - $begin, 1 << 20, (1 << 20) + 1,
					0xffffffff, length($all) - $begin);
				substr($all, $begin + 16, 4) = pack "V", $sizes[$i % @sizes];
			} elsif ($kind eq "between") {
				my @stuff = ("\0" x 512, "x", "\x1f", "\x1f\x8b", "\0",
					substr($all, $begin, 25), "\x1f\x8b\x08\x04" . "z" x 40);
				substr($all, $begin, 0) = $stuff[$i % @stuff];
			} elsif ($kind eq "behind") {
				my @stuff = ("\0" x 70000, "garbage", "\x1f", "\0" x 100 . "x");
				$all .= $stuff[$i % @stuff];
			}
			print $all' "$1" $i >bad.gz
		like_stream bad.gz || { echo "number $i"; cp bad.gz "bad-$1-$i.gz"; return 1; }
	done
}
for kind in cut changed header trailer size between behind; do
	check "what is $kind is found as from a pipe" damaged $kind
done
mixture() {
	head -n 3000 noise | gzip -n >foreign.gz
	rm -f empty.gz large.gz
	: | "$UPCASE_PIPE" -o empty.gz
	"$UPCASE_PIPE" -b 2M -o large.gz <noise
	cat ahead.gz foreign.gz ahead.gz empty.gz empty.gz ahead.gz >mixed.gz
	like_stream mixed.gz || return 1
	perl -e 'print "a" x 3000000, "\n"' | "$UPCASE_PIPE" -z -b 4M >single.gz
	cat ahead.gz single.gz ahead.gz >mixed.gz
	like_stream mixed.gz || return 1
	gzip -dc single.gz | "$UPCASE_PIPE" -b 4M -o larger.gz
	cat ahead.gz larger.gz large.gz >mixed.gz
	like_stream mixed.gz || return 1
	cat ahead.gz large.gz ahead.gz >mixed.gz
	like_stream mixed.gz || return 1
	cat foreign.gz ahead.gz >mixed.gz
	like_stream mixed.gz && like_stream mixed.gz -z -b 100K
}
check "members of others, empty ones and large ones in between are read" mixture
# What the format leaves undefined is taken by one library and refused by
# another: length symbol 286, distance symbol 30, 32 distance codes.
craft() {
	perl -MCompress::Raw::Zlib=crc32 -e '
		my ($kind) = @ARGV;
		my $bits = "";
		sub put { my ($v, $n) = @_; $bits .= join "", map { $v >> $_ & 1 } 0 .. $n - 1 }
		sub code { my ($v, $n) = @_; $bits .= sprintf "%0${n}b", $v }
		my $text = join "", map { chr 65 + $_ % 26 } 1 .. 29999;
		$text .= "\n";
		put(0, 8); # stored; the padding is zero, too
		put(length $text, 16);
		put(~length($text) & 0xffff, 16);
		$bits .= unpack "b*", $text;
		if ($kind eq "codes") {
			put(1 | 2 << 1, 3);
			put(0, 5); put(31, 5); put(14, 4);
			put($_, 3) for (0, 0, 1, (0) x 14, 1);
			# 0: a codeword of one bit, 1: so many of none
			for my $n (97, 0, 138, 20, 0, 0, 0, 30) {
				$n ? (code(1, 1), put($n - 11, 7)) : code(0, 1);
			}
			code(0, 1); code(1, 1); # a letter and the end
			$text .= "a";
		} else {
			put(1 | 1 << 1, 3);
			if ($kind eq "length") {
				code(0xc0 + 286 - 280, 8); code(0, 5);
				$text .= "\n" x 258;
			} else {
				code(1, 7); code(30, 5); put(0, 13);
				$text .= substr $text, -24577, 3;
			}
			code(0, 7);
		}
		my $data = pack "b*", $bits;
		print pack("C4x5CvA2vV", 0x1f, 0x8b, 8, 4, 255, 8, "UP", 4,
			20 + length($data) + 8), $data,
			pack "VV", crc32($text), length $text;
	' "$1"
}
crafted() {
	{ cat ahead.gz; craft $1; cat ahead.gz; } >crafted.gz
	like_stream crafted.gz && like_stream crafted.gz -j 4 || return 1
	run crafted.gz
	expect_status 1 && head -c "$(stat -c %s noise)" "$out" | cmp - noise.want
}
for kind in length distance codes; do
	check "a member of undefined symbols ($kind) is refused from a file as from a pipe" \
		crafted $kind
done

from_the_middle() {
	# Where standard input stands is where its first member is.
	local first
	first=$(perl -e 'open my $f, "<:raw", "ahead.gz"; read $f, my $h, 20;
		print unpack "V", substr $h, 16, 4')
	head -c "$first" ahead.gz >one.gz
	head -c $(($(stat -c %s ahead.gz) - 100)) ahead.gz >cut.gz
	for file in ahead.gz cut.gz; do
		(
			dd bs="$first" count=1 of=/dev/null 2>/dev/null
			"$UPCASE_PIPE"
		) <$file >fast.out 2>fast.err
		tail -c +$((first + 1)) $file | "$UPCASE_PIPE" >slow.out 2>slow.err
		same slow.out fast.out && same slow.err fast.err || return 1
	done
}
check "standard input may begin in the middle of a file" from_the_middle
piled_up() {
	[ "$(unread 5)" -gt 32768 ] && asleep stopped && nap && asleep stopped
}
stopped_ahead() {
	# What was read when the signal came is written, members that are
	# out as well.
	local r=0 lines
	rm -f stuck_out
	mkfifo stuck_out
	exec 5<>stuck_out
	start stopped -j 2 -b 1K --queue-depth=1 ahead.gz >stuck_out 2>"$err"
	wait_until "$deadline" piled_up || r=1
	send INT stopped
	bounded cat <&5 >got &
	local cat=$!
	expect_end stopped 'signal 2' || r=1
	wait_until "$deadline" all_read 5
	kill $cat
	wait $cat 2>/dev/null
	exec 5>&-
	head -c "$(stat -c %s got)" noise.want | cmp - got || r=1
	lines=$(wc -l <got)
	[ "$lines" -gt 1000 ] || { echo "only $lines lines"; r=1; }
	return $r
}
check "on SIGINT the members that were read come out" stopped_ahead

# --- --verify --------------------------------------------------------------------

# A library that errs: of the Nth member one bit is wrong.
cat >errs.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <zlib.h>

static int is_time(void)
{
	static int calls;

	return __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) == atoi(getenv("ERRS_AT"));
}

size_t libdeflate_deflate_compress(void *c, const void *in, size_t n, void *out,
	size_t room)
{
	size_t (*real)(void *, const void *, size_t, void *, size_t);
	size_t made;

	*(void **)&real = dlsym(RTLD_NEXT, "libdeflate_deflate_compress");
	made = real(c, in, n, out, room);
	if (made > 0 && is_time())
		((unsigned char *)out)[made / 2] ^= 4;
	return made;
}

int deflate(z_stream *z, int flush)
{
	int (*real)(z_stream *, int);
	unsigned char *out = z->next_out;
	int err;

	*(void **)&real = dlsym(RTLD_NEXT, "deflate");
	err = real(z, flush);
	if ((err == Z_STREAM_END || flush == Z_SYNC_FLUSH) && is_time())
		out[(z->next_out - out) / 2] ^= 4;
	return err;
}
END
why=
if sanitized; then why='a sanitizer wants to be loaded first'
elif ! $CC -shared -fPIC -o errs.so errs.c -ldl 2>/dev/null; then why="$CC makes no libraries"
fi
# verified AT [ARG...]: with an error in that member.
verified() {
	rm -f db.gz
	numbered 3000 80 >"$in"
	bounded env ERRS_AT="$1" LD_PRELOAD="$PWD/errs.so" "$UPCASE_PIPE" \
		-b 8K -o db.gz "${@:2}" <"$in" >"$out" 2>"$err"
	status=$?
}
bad_member() {
	local lines
	verified 25 --verify "$@"
	expect_status 3 && expect_stderr_match \
		'upcase-pipe: db.gz: what was compressed does not decode to the same text, and is not written: [0-9]+ lines written, [0-9]+ lines lost' || return 1
	lines=$(sed -E 's/.*: ([0-9]+) lines written.*/\1/' "$err")
	# None is written if it was met before the writer came to the first one.
	[ "$lines" -gt 0 ] || { size_is db.gz 0; return; }
	head -n "$lines" "$in" | tr '[:lower:]' '[:upper:]' >wanted
	expect_gzip_of db.gz wanted
}
# bad_part FILE [ARG...]: the same of a part of one member, or of blocks; they
# may also be told apart before they are decoded.
bad_part() {
	local lines file=$1
	rm -f db.gz
	numbered 3000 80 >"$in"
	bounded env ERRS_AT=25 LD_PRELOAD="$PWD/errs.so" "$UPCASE_PIPE" \
		-b 8K --verify "${@:2}" <"$in" >"$out" 2>"$err"
	status=$?
	expect_status 3 && expect_stderr_match \
		'upcase-pipe: .*: (what was compressed does not decode to the same text, and is not written|text could not be compressed): [0-9]+ lines written, [0-9]+ lines lost' || return 1
	lines=$(sed -E 's/.*: ([0-9]+) lines written.*/\1/' "$err")
	gzip -dc <"$file" >got 2>/dev/null
	head -n "$lines" "$in" | tr '[:lower:]' '[:upper:]' >wanted
	same wanted got
}
unverified() {
	# So that the test above is one: nobody else notices.
	verified 25
	expect_status 0 && ! gzip -t db.gz 2>/dev/null
}
bad_made() {
	# The first ones are those that are made once: without text, and of a
	# newline. (Of the rest none is so early.)
	local n r=0
	for n in 1 2 3; do
		verified $n --verify
		[ "$status" -ne 0 ] && ! has_size db.gz || r=1
	done
	return "$r"
}
if [ -z "$why" ]; then
	check "--verify: nor are those that are made once" bad_made
	check "--verify: a member that does not decode is not written" bad_member
	check "--verify: the same with one job" bad_member -j 1
	check "--verify: so is a part of the one member on standard output" \
		bad_part "$out" -z
	check "--verify: so is a block of BGZF" bad_part db.gz --bgzf -o db.gz
	check "without it such a member is written" unverified
else
	skip "--verify: a member that does not decode is not written" "$why"
fi
verifies() {
	numbered 3000 80 >"$in"
	tr '[:lower:]' '[:upper:]' <"$in" >wanted
	rm -f db.gz
	run --verify -o db.gz "$@"
	expect_outcome 0 '' '' && expect_gzip_of db.gz wanted
}
check "--verify changes nothing where all is well" verifies
check "--verify: the same in small members with 4 jobs" verifies -b 1K -j 4
verifies_stdout() {
	run --verify "$@"
	expect_status 0 && gzip -dc <"$out" >got && same wanted got
}
check "--verify: the same on standard output" verifies_stdout -z
check "--verify: the same in small parts with 4 jobs" verifies_stdout -z -b 1K -j 4
check "--verify: the same in blocks" verifies_stdout --bgzf -j 4
verify_plain() {
	run --verify
	expect_usage_error '--verify wants gzip output'
}
check "--verify without gzip output is refused" verify_plain

finish
