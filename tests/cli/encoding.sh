#!/bin/bash
# encoding.sh - input that is not UTF-8: decoded where a mark or an option says
# what it is, told where nothing does.
#
# shellcheck disable=SC2317,SC2086,SC2015,SC2016,SC2094 # checks are called by
# name, numbers stand bare, `A && B || { report; }` is meant as it is, Perl and
# Tcl stand in single quotes, a file may be read and written: that is the test
. "$(dirname "$0")/lib.sh" || exit 1

# knows NAME: whether the system has this encoding.
knows() { "$UPCASE_PIPE" -E "$1" <"$in" >"$out" 2>"$err"; }

# --- UTF-16 and UTF-32 -------------------------------------------------------

u=$'\xef\xbf\xbd'
letters=$'stra\xc3\x9fe \xd0\xb6\xd0\xb8\xd0\xb7\xd0\xbd\xd1\x8c \xf0\x90\x90\xa8\n'
printf '%s\n' "${letters}end" >letters
printf '%s\n' $'STRASSE \xd0\x96\xd0\x98\xd0\x97\xd0\x9d\xd0\xac \xf0\x90\x90\x80\nEND' >letters.upper

# in_form FORM: standard input in UTF-16LE and so on, without a mark.
in_form() {
	perl -CI -e 'use strict; my %pack = qw(16LE v 16BE n 32LE V 32BE N);
		my $form = shift; binmode STDOUT;
		while (read STDIN, my $char, 1) {
			my $c = ord $char;
			my @units = $form =~ /32/ || $c < 0x10000 ? $c :
				(0xD800 + ($c - 0x10000 >> 10),
				0xDC00 + ($c - 0x10000 & 0x3FF));
			print map { pack $pack{$form}, $_ } @units;
		}' "$1"
}
mark=$'\xef\xbb\xbf'
for form in 16LE 16BE 32LE 32BE; do
	in_form $form <letters >letters.$form
	{ printf %s "$mark" && cat letters; } | in_form $form >marked.$form
done

# gives FILE [ARG...]: the upper case of the letters, without a word.
gives() {
	run_here "${@:2}" <"$1"
	expect_status 0 && same letters.upper "$out" && same /dev/null "$err"
}
for form in 16LE 16BE 32LE 32BE; do
	check "a mark of UTF-$form makes it that" gives marked.$form
	check "UTF-$form can be said" gives letters.$form -E utf-$form
	check "a mark goes also where UTF-$form was said" \
		gives marked.$form -E UTF-$form
	check "a mark says the order where UTF-${form%?E} was said" \
		gives marked.$form --encoding=utf-${form%?E}
	check "a mark of UTF-$form counts with --no-decompress" \
		gives marked.$form --no-decompress
	gzip -n <marked.$form >packed.$form.gz
	check "UTF-$form is found in gzip" gives packed.$form.gz
	check "UTF-$form may be cut into batches of 7 bytes" \
		gives marked.$form -b 7 -j 3
done
check "without a mark UTF-16 has its least byte first" \
	gives letters.16LE -E utf-16
check "-E utf-8 is UTF-8" gives letters -E utf-8

cut_anywhere() {
	local size n
	size=$(stat -c %s marked.16LE)
	for ((n = 1; n < size; n += 7)); do
		{ head -c $n marked.16LE; tail -c +$((n + 1)) marked.16LE; } |
			"$UPCASE_PIPE" >"$out" 2>"$err"
		same letters.upper "$out" && same /dev/null "$err" || return 1
	done
}
check "UTF-16 may be cut anywhere" cut_anywhere
shown_at_once() {
	fed
	cat marked.16BE >&7
	wait_until "$deadline" cmp -s letters.upper "$out" || return 1
	exec 7>&-
	expect_end fed 'exit 0'
}
check "a line of UTF-16 comes out at once" shown_at_once
short_at_once() {
	fed -E windows-1252
	printf '\n' >&7
	wait_until "$deadline" has_size "$out" || return 1
	exec 7>&-
	expect_end fed 'exit 0' && expect_output '\n'
}
check "so does the shortest that there is" short_at_once
marks_pass() { converts "$mark"'a\n' "$mark"'A\n'; }
check "a mark of UTF-8 passes" marks_pass
takes_bytes() { converts '\xff\xfea\0' '\xff\xfeA\0' -E none; }
check "-E none takes bytes, whatever they begin with" takes_bytes

joins_others() {
	run marked.16LE letters marked.32BE marked.16BE letters
	for _ in 1 2 3 4 5; do cat letters.upper; done >want
	expect_status 0 && same want "$out" && same /dev/null "$err"
}
check "each FILE is what its own mark says" joins_others
joins_open() {
	printf 'one' >open
	printf 'two\xff' >bad
	printf '\xff\xfet\0w\0o\0\x00\xd8' >open16
	run -q open bad open16 open bad
	expect_outcome 0 "ONE\nTWO\xff\nTWO$u\nONE\nTWO\xff" ''
}
check "what one FILE cannot keep the others do" joins_open
typed() {
	printf '  one  \n\n two \xd0\xb6\n' | in_form 16LE >typed
	run_here -i -q -E utf-16 <typed
	expect_outcome 0 'ONE\nTWO \xd0\x96\n' ''
}
check "typed lines may be UTF-16" typed
stops_cut() {
	fed -q -E utf-16le
	printf 'a\0\n\0b\0\xe9' >&7
	wait_until "$deadline" all_read 7 && wait_until "$deadline" has_size "$out" &&
		send TERM fed && expect_end fed 'signal 15' &&
		expect_output "A\nB$u"
}
check "at a signal what was read is written, half a character too" stops_cut

# --- what is not UTF-8 is told -----------------------------------------------

see='(see --encoding, --invalid)\n'
# says OUTPUT WORDS [ARG...]: of standard input, with status 0.
says() {
	run "${@:3}"
	expect_outcome 0 "$1" "upcase-pipe: standard input: $2 $see"
}
given 'one\nstra\xdfe \xe9\xff\n'
check "it is told how much is not UTF-8, and where the first is" \
	says 'ONE\nSTRA\xdfE \xe9\xff\n' \
	'3 sequences are not UTF-8, the first at 2:5; kept as they are'
check "and that it was replaced" says "ONE\nSTRA${u}E $u$u\n" \
	'3 sequences are not UTF-8, the first at 2:5; replaced by U+FFFD' \
	--invalid=replace
check "and what could not be decoded" says "ONE\nSTRA${u}E $u$u\n" \
	'3 sequences cannot be decoded, the first at 2:5; replaced by U+FFFD' \
	-E us-ascii
untold() { converts 'one\nstra\xdfe\n' 'ONE\nSTRA\xdfE\n' "$@"; }
for option in -q '-E none' --encoding=none --no-decompress; do
	check "it is not told with $option" untold $option
done
lost_all_the_same() {
	given '\xff\xfea\0\n\0b\0\x00\xd8\n\0'
	says "A\nB$u\n" '1 sequence cannot be decoded, that at 2:2; replaced by U+FFFD' \
		--no-decompress || return 1
	given 'a\xe9\n'
	says "A$u\n" '1 sequence cannot be decoded, that at 1:2; replaced by U+FFFD' \
		--no-decompress -E us-ascii
}
check "with --no-decompress it is told what was decoded and could not be kept" \
	lost_all_the_same
summed_up() {
	printf 'a\xff\xff\n' >kept
	printf '\xff\xfea\0\x00\xd8\n\0' >replaced
	run -v kept replaced
	expect_status 0 &&
		expect_stderr_line 'upcase-pipe: 2 ill-formed sequences kept' &&
		expect_stderr_line 'upcase-pipe: 1 ill-formed sequence replaced' || return 1
	run -v --invalid=replace kept replaced
	expect_stderr_line 'upcase-pipe: 3 ill-formed sequences replaced' &&
		! grep 'ill-formed.*kept' "$err"
}
check "-v sums up what was kept and what could not be" summed_up
fails() {
	given '\xff\xfea\0\n\0b\0\x00\xd8'
	run --invalid=fail
	expect_outcome 1 'A\nB' \
		'upcase-pipe: standard input:2:2: cannot be decoded; everything before it was kept\n'
}
check "--invalid=fail says where something cannot be decoded" fails
counted() {
	given '\xff\xfea\0\x00\xd8\x00\xd8\n\0'
	run -q --stats=json
	expect_status 0 && grep -q '"bytes_in":4,.*"invalid":2,' "$err"
}
check "what cannot be decoded is counted, and bytes as decoded" counted
check "UTF-16 without a mark looks like it" eval "given 'a\0\n\0\xe9\0';
	says 'A\0\n\0\xe9\0' '1 sequence is not UTF-8, that at 2:2; kept as it is; looks like UTF-16'"

told_apart() {
	printf 'a\n' >good
	printf '\xff' >bad1
	printf 'b\nc\xff\xff' >bad2
	: >empty
	run good bad1 empty bad2 good "$@"
	expect_outcome 0 'A\n\xff\nB\nC\xff\xff\nA\n' \
"upcase-pipe: bad1: 1 sequence is not UTF-8, that at 1:1; kept as it is ${see}upcase-pipe: bad2: 2 sequences are not UTF-8, the first at 2:2; kept as they are $see"
}
check "FILEs are told apart, also where they share a batch" told_apart
check "and where they do not" told_apart -b 1 -j 2
many_told_apart() {
	local i
	for ((i = 0; i < 600; i++)); do
		printf 'f%d\n\xff\n' $i >many$i
		printf 'upcase-pipe: many%d: 1 sequence is not UTF-8, that at 2:1; kept as it is %b' \
			$i "$see"
	done >want
	run many{0..599}
	expect_status 0 && same want "$err"
}
check "and where there are many" many_told_apart
same_place() {
	local b
	perl -e 'print "stra\xc3\x9fe \xef\xac\x83 " x 900, "\xff\n"' >long
	note_of long long >want
	for b in 7 64 1000 4K 1M; do
		run -b $b -j 2 long
		expect_status 0 && same want "$err" || { echo "-b $b"; return 1; }
	done
	run -l el long
	expect_status 0 && same want "$err"
}
check "the place is in characters of the input, whatever they become" same_place
told_at_a_stop() {
	fed
	printf 'a\xff\n' >&7
	wait_until "$deadline" has_size "$out" && send TERM fed &&
		expect_end fed 'signal 15' && expect_errors \
		"upcase-pipe: standard input: 1 sequence is not UTF-8, that at 1:2; kept as it is $see"
}
check "it is told at a signal, too" told_at_a_stop

# left INPUT OUTPUT WHAT [ARG...]: what is not selected cannot be kept either.
left() {
	given "$1"
	run "${@:4}"
	expect_outcome 0 "$2" \
		"upcase-pipe: standard input: $3; replaced by U+FFFD $see"
}
one='1 sequence cannot be decoded, that at'
check "what is left is replaced and told, too: fields" \
	left 'a\tb\xe9\n' "A\tb$u\n" "$one 1:4" -f1 -E us-ascii
check "and characters" left 'a\nbc\xe9\n' "A\nBc$u\n" "$one 2:3" -c1 -E us-ascii
check "and names of sequences" left \
	'\xff\xfe>\0a\0\x00\xd8\n\0a\0\n\0' ">a$u\nA\n" "$one 1:3" --fasta
check "and a header" left 'a\xe9\nb\n' "a$u\nB\n" "$one 1:2" --header -E us-ascii
check "the first counts, whether it is left or turned" \
	left 'a\tb\xe9\xe9\nc\xe9\td\xe9\n' "A\tb$u$u\nC$u\td$u\n" \
	'4 sequences cannot be decoded, the first at 1:4' -f1 -E us-ascii
check "also where the text becomes longer" \
	left '\xdf\t\x81\x81\x81\n\x81\t\xdf\n' "SS\t$u$u$u\n$u\t\xc3\x9f\n" \
	'4 sequences cannot be decoded, the first at 1:3' -f1 -E windows-1252
check "and with a language that looks ahead" \
	left '\xe1\t\xd2\n\xe1\xd2\n' "\xce\x91\t$u\n\xce\x91$u\n" \
	'2 sequences cannot be decoded, the first at 1:3' -f1 -l el -E iso-8859-7 -b 1
fails_behind() {
	given 'a\tb\xe9\nc\xe9\td\n'
	run --invalid=fail -f1 -E us-ascii
	expect_outcome 1 "A\tb$u\nC" \
		'upcase-pipe: standard input:2:2: cannot be decoded; everything before it was kept\n'
}
check "with --invalid=fail only what is turned stops it" fails_behind

# told_as_lost DECODE [ARG...]: `many` comes by a pipe, and a second signal while
# the output takes nothing. Each byte that was read is in a line that was
# written, in one that is told as lost, or told as not decoded. DECODE: the text
# of a beginning, on standard input, as Perl says it, into $_.
told_as_lost() {
	local r=0 writer cat rest undecoded told
	rm -f feed held
	mkfifo feed held
	exec 5<>held 8<>feed
	start lossy -b 4K "${@:2}" <feed >held 2>"$err"
	cat many >&8 &
	writer=$!
	wait_until "$deadline" stalled lossy 8 5 || r=1
	send_twice INT lossy
	expect_end lossy 'exit 3' || r=1
	cat <&8 >rest &
	cat=$!
	wait $writer && wait_until "$deadline" all_read 8 && kill $cat
	wait $cat 2>/dev/null
	exec 5>&- 8>&-
	undecoded=$(sed -n 's/.*, and \([0-9]*\) bytes* not decoded yet$/\1/p' "$err")
	told=$(sed -n 's/.*: \([0-9]*\) lines* written, \([0-9]*\) lines* lost.*/\1 + \2/p' "$err")
	rest=$(($(stat -c %s rest) + ${undecoded:-0}))
	head -c -$rest many | perl -MCompress::Raw::Zlib -e 'binmode STDIN; local $/;
		my $in = <STDIN>; '"$1"'; print tr/\n// + /[^\n]\z/, "\n"' >want
	echo $((told)) >got
	same want got || { cat "$err"; r=1; }
	return $r
}
numbered 60000 | in_form 16LE >many
check "after a second signal it is told, too, what was not decoded yet" \
	told_as_lost '$_ = $in =~ s/\0//gr' -E utf-16le
perl -e 'srand 1; print map { rand() . "\n" } 1 .. 200000' | gzip >many
inflated='my ($z) = Compress::Raw::Zlib::Inflate->new(-WindowBits => WANT_GZIP);
	$z->inflate($in, $_)'
check "and of gzip, also what the decoder holds" told_as_lost "$inflated"

# --- the system's encodings --------------------------------------------------

check "-E with a name that is none is refused" eval 'run -E no-such;
	expect_usage_error "unknown encoding for --encoding: '\''no-such'\''"'
for name in latin1//TRANSLIT utf-16//IGNORE // / , ' ' ''; do
	check "-E '$name' is refused" eval 'run -E "$name";
		expect_usage_error encoding'
done

check "ISO 8859-1 is decoded" \
	converts 'stra\xdfe \xe9\xff\n' 'STRASSE \xc3\x89\xc5\xb8\n' -E iso-8859-1
check "what cannot be decoded is replaced, silently with -q" \
	converts 'a\xe9b\n' "A${u}B\n" -E us-ascii -q

# kept_back NAME INPUT OUTPUT: what waits for a mark behind it comes out.
kept_back() {
	if ! knows $1; then
		skip "$1: what is kept back comes out" 'the system does not know it'
		return
	fi
	check "$1: what is kept back comes out at the end" \
		converts "$2" "$3" -E $1
	check "$1: and between two FILEs" eval "printf '$2' >kept;
		run -E $1 kept kept; expect_outcome 0 '$3\n$3' ''"
	check "$1: and at a signal" kept_back_at_a_stop "$@"
}
kept_back_at_a_stop() {
	fed -E $1
	printf "$2" >&7
	wait_until "$deadline" all_read 7 && wait_until "$deadline" asleep fed &&
		send TERM fed && expect_end fed 'signal 15' &&
		expect_output "$3"
}
kept_back CP1255 '\xf9' '\xd7\xa9'
kept_back CP1258 'e' 'E'
kept_back TCVN 'a' 'A'
kept_back ISO-2022-JP 'a\033$B#b' 'A\xef\xbc\xa2'

# Through the program as through iconv, in tiny batches; each encoding that the
# system lists, cut anywhere, is in tests/unit/test-charset.c.
if have iconv && knows iso-8859-2; then
	agrees() {
		iconv -c -f utf-8 -t $1 all >coded 2>/dev/null
		iconv -f $1 -t utf-8 coded | run_here &&
			mv "$out" want || return 1
		run_here -E $1 -b 9 <coded
		expect_status 0 && same want "$out"
	}
	perl -CO -e 'print map { chr($_), $_ % 16 == 15 ? "\n" : "" } 0x41 ..
		0x5a, 0x61 .. 0x7a, 0xa0 .. 0x17f, 0x391 .. 0x3c9, 0x401 .. 0x45f,
		0x531 .. 0x586, 0x10d0 .. 0x10ff, 0x1ea0 .. 0x1ef9, 0xff21 ..
		0xff5a, 0x3042 .. 0x3060, 0x4e00 .. 0x4e20; print "\n"' >all
	for name in iso-8859-{1,2,3,4,5,7,9,10,13,14,15,16} windows-125{0,1,2,3,4,7,8} \
		cp437 cp850 cp866 koi8-r koi8-u macintosh armscii-8 georgian-ps \
		shift_jis euc-jp iso-2022-jp gb2312 gbk gb18030 big5 euc-kr johab \
		utf-7 ucs-2be ebcdic-us ibm930 viscii tcvn; do
		knows $name || continue
		check "$name is what iconv makes of it" agrees $name
	done
else
	skip 'encodings are what iconv makes of them' 'no iconv, or one that knows few'
fi

finish
