#!/bin/bash
# mapping.sh - which bytes come out for which bytes: mappings, languages, bytes
# that are not UTF-8; and how options and file names are read.
#
# shellcheck disable=SC2317,SC2086,SC2015,SC2016,SC2094 # checks are called by
# name, numbers stand bare, `A && B || { report; }` is meant as it is, Perl and
# Tcl stand in single quotes, a file may be read and written: that is the test
. "$(dirname "$0")/lib.sh" || exit 1

# --- full mapping ------------------------------------------------------------

check "straße becomes STRASSE" converts 'straße\n' 'STRASSE\n'
check "full mapping is the default" converts 'ßŉﬁ\n' 'SSʼNFI\n' --mapping=full
check "-m full is --mapping=full" converts 'ß\n' 'SS\n' -m full
check "ligatures come apart" \
	converts 'ﬀ ﬁ ﬂ ﬃ ﬄ ﬅ ﬆ\n' 'FF FI FL FFI FFL ST ST\n'
check "one letter may become two or three characters" \
	converts 'ŉ ǰ ẖ ΐ ΰ ᾶ ᾷ\n' \
	'ʼN J\xcc\x8c H\xcc\xb1 Ι\xcc\x88\xcc\x81 Υ\xcc\x88\xcc\x81 Α\xcd\x82 Α\xcd\x82Ι\n'
check "the Armenian ligature becomes ԵՒ" converts 'և\n' 'ԵՒ\n'
check "a letter with iota subscript gets an iota" \
	converts 'ᾳ ᾼ ᾀ\n' 'ΑΙ ΑΙ ἈΙ\n'
check "both small sigmas become Σ" converts 'σοφός\n' 'ΣΟΦΌΣ\n'
check "titlecase letters become capitals" converts 'ǅ ǈ ǋ ǲ\n' 'Ǆ Ǉ Ǌ Ǳ\n'
check "a capital stays, sharp or dotted too" converts 'ẞ İ ÀÉÎ\n' 'ẞ İ ÀÉÎ\n'
check "dotless ı, long ſ, micro µ and ÿ find their capitals elsewhere" \
	converts 'ı ſ µ ÿ\n' 'I S Μ Ÿ\n'
check "the iota below becomes a capital iota" \
	converts '\xcd\x85\n' 'Ι\n'
check "a dot above an i stays without a language" \
	converts 'i\xcc\x87\n' 'I\xcc\x87\n'

# script SENTENCE SMALL CAPITAL
script() { check "$1" converts "$2\n" "$3\n"; }
script "Greek has capitals" 'αθήνα' 'ΑΘΉΝΑ'
script "Cyrillic has capitals" 'привет, ёж' 'ПРИВЕТ, ЁЖ'
script "Armenian has capitals" 'բարեւ' 'ԲԱՐԵՒ'
script "Georgian has capitals (Mtavruli)" 'ქართული' 'ᲥᲐᲠᲗᲣᲚᲘ'
script "Cherokee has capitals on both sides" \
	'\xea\xad\xb0\xe1\x8f\xb8' '\xe1\x8e\xa0\xe1\x8f\xb0'
script "Glagolitic has capitals" '\xe2\xb0\xb0' '\xe2\xb0\x80'
script "Coptic has capitals" 'ⲁⲃ' 'ⲀⲂ'
script "Deseret has capitals outside the BMP" \
	'\xf0\x90\x90\xa8' '\xf0\x90\x90\x80'
script "Adlam has capitals" '\xf0\x9e\xa4\xa2' '\xf0\x9e\xa4\x80'
script "Warang Citi has capitals" '\xf0\x91\xa3\x80' '\xf0\x91\xa2\xa0'
script "full-width, circled and Roman letters have capitals" 'ａ ⓐ ⅷ' 'Ａ Ⓐ Ⅷ'
script "Garay has capitals (Unicode 16)" \
	'\xf0\x90\xb5\xb0' '\xf0\x90\xb5\x90'
script "barred lambda has a capital (Unicode 16)" '\xc6\x9b' '\xea\x9f\x9c'
script "Beria Erfe has capitals (Unicode 17)" \
	'\xf0\x96\xba\xbb' '\xf0\x96\xba\xa0'
script "scripts without case pass" \
	'中文 日本語 עברית العربية हिन्दी ไทย 😀' \
	'中文 日本語 עברית العربية हिन्दी ไทย 😀'
script "digits, signs and white space pass" \
	'0-9 ,;.:!?\t"(){}[]%% \xc2\xa0' '0-9 ,;.:!?\t"(){}[]%% \xc2\xa0'
script "a byte order mark passes" '\xef\xbb\xbfa' '\xef\xbb\xbfA'
script "the last code point passes" 'a\xf4\x8f\xbf\xbfa' 'A\xf4\x8f\xbf\xbfA'
script "noncharacters and private use pass" \
	'\xef\xbf\xbf\xef\xb7\x90\xee\x80\x80' '\xef\xbf\xbf\xef\xb7\x90\xee\x80\x80'

# --- simple and ascii --------------------------------------------------------

check "simple mapping keeps what has no single capital" \
	converts 'straße ŉ ﬁ և ΐ ǰ\n' 'STRAßE ŉ ﬁ և ΐ ǰ\n' -m simple
check "simple mapping maps one to one" \
	converts 'äσςǆ ᾳ ÿ\n' 'ÄΣΣǄ ᾼ Ÿ\n' --mapping=simple
check "ascii mapping changes a to z only" \
	converts 'Straße éàü λ azAZ09{`\n' 'STRAßE éàü λ AZAZ09{`\n' -m ascii
check "ascii mapping passes any byte" \
	converts 'a\xff\x80\xc3\xa9z\0\n' 'A\xff\x80\xc3\xa9Z\0\n' -q --mapping=ascii

# --- languages ---------------------------------------------------------------

for tag in tr az; do
	check "$tag: i gets a dot and ı becomes I" \
		converts 'istanbul ılık\n' 'İSTANBUL ILIK\n' -l "$tag"
done
check "a language tag may be in capitals" converts 'i\n' 'İ\n' -l TR
check "a language tag may have a region" converts 'i\n' 'İ\n' --language=tr-TR
check "so it may be the name of a locale" \
	converts 'i\n' 'İ\n' -l tr_TR.UTF-8
check "a language may have three letters" converts 'i\n' 'İ\n' -l tur
for tag in '' C POSIX de en_US.UTF-8 de-AT; do
	check "--language='$tag' is that of the root" \
		converts 'iß\n' 'ISS\n' --language="$tag"
done
from_locale() {
	# shellcheck disable=SC2030,SC2031 # of this test only
	(
		for LANG in de_DE.UTF-8 tr_TR.UTF-8 C.UTF-8 ''; do
			printf i | "$UPCASE_PIPE" -l "${LANG%%.*}"
		done
	) >got 2>&1
	expect_file got 'IİII'
}
check "what is before the dot in LANG can be said" from_locale
check "a language goes with simple mapping where it maps one to one" \
	converts 'iıß\n' 'İIß\n' -m simple -l tr
check "lt: the dot above a soft-dotted letter goes" \
	converts 'i\xcc\x87\xcc\x80 j\xcc\x87 \xc4\xaf\xcc\x87\n' \
	'I\xcc\x80 J \xc4\xae\n' -l lt
check "lt: the dot goes behind a mark below, too" \
	converts 'i\xcc\xa3\xcc\x87\n' 'I\xcc\xa3\n' -l lt
check "lt: the dot stays behind another mark above" \
	converts 'i\xcc\x80\xcc\x87\n' 'I\xcc\x80\xcc\x87\n' -l lt
check "lt: the dot above another letter stays" \
	converts 'e\xcc\x87 I\xcc\x87\n' 'E\xcc\x87 I\xcc\x87\n' -l lt
check "el: accents go" converts 'αθήνα σοφός\n' 'ΑΘΗΝΑ ΣΟΦΟΣ\n' -l el
check "el: a lone eta keeps its accent" \
	converts 'ναι ή όχι\n' 'ΝΑΙ Ή ΟΧΙ\n' -l el
check "el: dialytika stay, and appear where the accent parted two vowels" \
	converts 'μάιος άυλος ΐ\n' 'ΜΑΪΟΣ ΑΫΛΟΣ Ϊ\n' -l el
check "without a language Greek accents stay" \
	converts 'αθήνα\n' 'ΑΘΉΝΑ\n'
check "hy: the ligature becomes ԵՎ" converts 'Երևան\n' 'ԵՐԵՎԱՆ\n' -l hy
check "other letters are mapped as ever under a language" \
	converts 'straße дом\n' 'STRASSE ДОМ\n' -l tr

environment_says_nothing() {
	given 'istanbul\n'
	LC_ALL=tr_TR.UTF-8 LANG=tr_TR.UTF-8 LANGUAGE=tr run
	expect_outcome 0 'ISTANBUL\n' ''
}
check "the language never comes from the environment" environment_says_nothing

context_survives_cuts() {
	local n
	for n in 1 2 3 4 5 7; do
		converts 'xi\xcc\xa3\xcc\x87 i\xcc\x87\n' 'XI\xcc\xa3 I\n' \
			-l lt -b "$n" &&
			converts 'μάιος ή ήτα\n' 'ΜΑΪΟΣ Ή ΗΤΑ\n' -l el -b "$n" &&
			converts 'ή\n' 'Ή\n' -l el -b "$n" -j 4 || {
				echo "with -b $n"
				return 1
			}
	done
}
check "context is kept where a line is cut into batches" context_survives_cuts

# --- bytes that are not UTF-8 ------------------------------------------------

bad='a\xffb \xc0\xafc \xe2\x82d \x80e \xed\xa0\x80f \xf0\x9f\x98g \xf4\x90\x80\x80h\n'
bad_kept='A\xffB \xc0\xafC \xe2\x82D \x80E \xed\xa0\x80F \xf0\x9f\x98G \xf4\x90\x80\x80H\n'
u=$(printf '\357\277\275')
check "invalid bytes are kept by default" converts "$bad" "$bad_kept" -q
check "--invalid=keep keeps them" converts "$bad" "$bad_kept" -q --invalid=keep
check "--invalid=replace puts one U+FFFD for each maximal subpart" \
	converts "$bad" "A${u}B $u${u}C ${u}D ${u}E $u$u${u}F ${u}G $u$u$u${u}H\n" \
	-q --invalid=replace
check "an unfinished character at the end is kept" \
	converts 'a\xe2\x82' 'A\xe2\x82' -q
check "an unfinished character at the end is replaced once" \
	converts 'a\xe2\x82' "A$u" -q --invalid=replace
check "an unfinished character before a newline is replaced, the newline stays" \
	converts 'a\xf0\x9f\nb\n' "A$u\nB\n" -q --invalid=replace
check "a U+FFFD that was there passes --invalid=fail" \
	converts "a$u\n" "A$u\n" --invalid=fail
check "good text passes --invalid=fail" \
	converts 'straße 中文\n' 'STRASSE 中文\n' --invalid=fail

# fails_at INPUT OUTPUT PLACE BYTES [ARG...]
fails_at() {
	given "$1"
	run --invalid=fail "${@:5}"
	expect_outcome 1 "$2" "upcase-pipe: standard input:$3: invalid UTF-8: $4; everything before it was kept\n"
}
check "--invalid=fail says line and column" \
	fails_at 'one\ntwo\nab\xffcd\nmore\n' 'ONE\nTWO\nAB' 3:3 0xFF
check "--invalid=fail at the very first byte is 1:1" \
	fails_at '\xff' '' 1:1 0xFF
check "--invalid=fail counts columns in characters" \
	fails_at 'x\n日本é😀\xe2\x82y\n' 'X\n日本É😀' 2:5 '0xE2 0x82'
check "--invalid=fail behind ß counts characters of the input" \
	fails_at 'ßß\x80' 'SSSS' 1:3 0x80
check "--invalid=fail names a surrogate's first byte" \
	fails_at 'a\xed\xa0\x80' 'A' 1:2 0xED
check "--invalid=fail sees an unfinished character at the end" \
	fails_at 'ab\xf0\x9f\x98' 'AB' 1:3 '0xF0 0x9F 0x98'
check "--invalid=fail at the beginning of a line is column 1" \
	fails_at 'a\n\xffb\n' 'A\n' 2:1 0xFF

same_place_however_cut() {
	local b j
	for b in 1 2 3 7 4096; do
		for j in 1 4; do
			fails_at 'é1\né2\nlong line 日本 of text\xe2\x82!\nafter\n' \
				'É1\nÉ2\nLONG LINE 日本 OF TEXT' 3:21 '0xE2 0x82' \
				-b "$b" -j "$j" || { echo "with -b $b -j $j"; return 1; }
		done
	done
}
check "--invalid=fail says the same for any batch size and number of jobs" \
	same_place_however_cut

cut_behind_what_looks_unfinished() {
	local l b
	for l in el lt tr; do
		for b in 4 5 6 7; do
			fails_at 'abc\xef\xd2\xac\n' 'ABC' 1:4 0xEF \
				-l $l -b $b || { echo "with -l $l -b $b"; return 1; }
			fails_at 'abcd\xe9\xe9\n' 'ABCD' 1:5 0xE9 \
				-l $l -b $b || { echo "with -l $l -b $b"; return 1; }
		done
	done
}
check "--invalid=fail finds what a cut makes look unfinished" \
	cut_behind_what_looks_unfinished

printf 'one\ntwo\xff!\nlost\n' >broken
printf 'good\n' >good
printf 'é\xfe\n' >broken2

others_go_on() {
	run --invalid=fail broken good broken2 good
	expect_outcome 1 'ONE\nTWO\nGOOD\nÉ\nGOOD\n' \
		'upcase-pipe: broken:2:4: invalid UTF-8: 0xFF; everything before it was kept\nupcase-pipe: broken2:1:2: invalid UTF-8: 0xFE; everything before it was kept\n'
}
check "--invalid=fail gives up one file, ends its cut line and goes on with the others" \
	others_go_on

others_go_on_with_jobs() {
	local b
	for b in 1 7 4096; do
		run --invalid=fail -j 4 -b "$b" good broken good
		expect_outcome 1 'GOOD\nONE\nTWO\nGOOD\n' \
			'upcase-pipe: broken:2:4: invalid UTF-8: 0xFF; everything before it was kept\n' ||
			{ echo "with -b $b"; return 1; }
	done
}
check "--invalid=fail gives up the rest of one file, not more, with several jobs" \
	others_go_on_with_jobs

fail_far_in() {
	perl -e 'print "line of text\n" x 99999, "and \xff here\n",
		"line of text\n" x 1000' >"$in"
	run --invalid=fail -j 2 -b 4096
	expect_status 1 && expect_stderr_line \
		"upcase-pipe: standard input:100000:5: invalid UTF-8: 0xFF; everything before it was kept" &&
		perl -e 'print "LINE OF TEXT\n" x 99999, "AND "' >want &&
		same want "$out"
}
check "--invalid=fail far into the input keeps everything before it" fail_far_in

fail_appending() {
	rm -f db
	run --invalid=fail -o db broken
	expect_status 1 && expect_file db 'ONE\nTWO\n'
}
check "--invalid=fail with -o ends the cut line" fail_appending

fail_in_gzip() {
	gzip -nc broken >broken.gz
	run --invalid=fail broken.gz
	expect_outcome 1 'ONE\nTWO' \
		'upcase-pipe: broken.gz:2:4: invalid UTF-8: 0xFF; everything before it was kept\n'
}
check "--invalid=fail counts lines of the text inside gzip" fail_in_gzip

# A newline comes between two FILEs when both have text, not because there are
# two.
printf 'a' >open
printf 'a\xff' >open_bad
: >empty
empty_files_end_no_line() {
	local invalid j
	for invalid in keep replace fail; do
		for j in 1 4; do
			run --invalid=$invalid -j $j -b 1 open empty empty
			expect_outcome 0 'A' '' || return 1
			run --invalid=$invalid -j $j -b 1 empty open empty open good empty
			expect_outcome 0 'A\nA\nGOOD\n' '' || return 1
			run --invalid=$invalid -z -j $j open empty
			expect_gzip "$out" 'A' || return 1
			run --invalid=$invalid -z -j $j open empty open
			expect_gzip "$out" 'A\nA' || return 1
		done
	done
}
check "an empty FILE ends no line of the one before, whatever --invalid says" \
	empty_files_end_no_line
cut_line_is_ended_for_text() {
	run --invalid=fail open_bad empty
	expect_status 1 && expect_output 'A' || return 1
	run --invalid=fail open_bad empty open_bad
	expect_status 1 && expect_output 'A\nA' || return 1
	run --invalid=fail -z open_bad empty good
	expect_status 1 && expect_gzip "$out" 'A\nGOOD\n'
}
check "a line that --invalid=fail cut is ended when another FILE has text" \
	cut_line_is_ended_for_text
the_newline_counts() {
	run --stats=json "$@" open empty open
	grep -q '"lines_in":2,"bytes_in":2,"lines_out":2,"bytes_out":3,' "$err" ||
		{ cat "$err"; return 1; }
}
check "the newline between two FILEs is a byte of the output, not a line" \
	the_newline_counts
check "the same with --invalid=fail" the_newline_counts --invalid=fail

# --- all bytes pass ----------------------------------------------------------

check "empty input gives empty output" converts '' ''
check "NUL passes" converts 'a\0b\0\0\nc' 'A\0B\0\0\nC'
check "CR passes" converts 'dos\r\nmac\rend' 'DOS\r\nMAC\rEND'
check "empty lines pass" converts '\n\na\n\n' '\n\nA\n\n'
check "white space stays without typing mode" converts '  a \t\n ' '  A \t\n '

every_byte() {
	perl -e 'print map chr, 0 .. 255' >"$in"
	run -m ascii
	tr "[:lower:]" "[:upper:]" <"$in" >want
	expect_status 0 && same want "$out" || return 1
	run
	expect_status 0 && same want "$out"
}
check "every single byte passes" every_byte

# long_line BATCH MEGABYTES [ARG...]
long_line() {
	perl -e 'print "straße " x ($ARGV[0] * 131072)' "$2" >"$in"
	perl -e 'print "STRASSE " x ($ARGV[0] * 131072)' "$2" >want
	run -b "$1" "${@:3}"
	expect_status 0 && same want "$out"
}
check "a line of 10 MB passes in batches of 4096 bytes" long_line 4096 10
check "a line of 10 MB passes in batches of 1 MB" long_line 1M 10
check "a line of 10 MB passes with 4 jobs and -l el" \
	long_line 64K 10 -j 4 -l el
check "a line of 1 MB passes in batches of 61 bytes" long_line 61 1
rm -f want

# --- how options are read ----------------------------------------------------

# takes_option OPTION...: accepted, whatever it does.
takes_option() {
	given 'a\n'
	rm -f file # whatever the option before made of it
	run "$@"
	expect_status 0
}
for option in --output=file --mapping=full --m=simple \
	--language=tr --l=tr --invalid=keep --inv=keep --jobs=2 --j=2 \
	--batch-size=1K --ba=1k --queue-depth=2 --que=2 --flush-interval=0.5 \
	--fl=0 --sync=none --sy=end --shutdown-timeout=1.5 --sh=0 --stats \
	--sta=json --verbose --verb --quiet --qui --help --hel --version --vers \
	--gzip --gz --gzip=1 --g=9 --no-gzip --no-g --no-decompress --no-d \
	--encoding=utf-16 --e=none \
	--no-interactive --no-i --interactive --int --prompt=x --prom=x; do
	check "$option is understood" takes_option "$option"
done
check "short options with their arguments are understood" \
	takes_option -o file -z -E auto -m full -l tr -i -j 2 -b 4K -v
check "-q, -h and -V are understood" takes_option -q -h -V
for option in --ver --no --s --in --qu; do
	ambiguous() {
		run "$option"
		expect_usage_error "${option#--}"
	}
	check "$option is refused as ambiguous" ambiguous
done
check "a short option takes its argument attached" \
	converts 'iß\n' 'İß\n' -msimple -ltr -b7 -j2
check "short options without argument go together" \
	converts 'i\n' 'I\n' -qm full
check "the last of several mappings counts" \
	converts 'ß\n' 'SS\n' -m ascii -m simple -m full

printf 'ß\n' >a.txt
printf 'dash\n' >-m
printf 'odd\n' >'with space'
options_behind() {
	run a.txt -m simple
	expect_outcome 0 'ß\n' ''
}
check "options behind files work" options_behind
two_dashes() {
	run -m full -- a.txt -m
	expect_outcome 0 'SS\nDASH\n' ''
}
check "-- ends the options" two_dashes
two_dashes_alone() {
	given 'a\n'
	run --
	expect_outcome 0 'A\n' ''
}
check "-- with nothing behind it reads standard input" two_dashes_alone

# --- variants of the engine --------------------------------------------------

variants=$("$UPCASE_PIPE" --version | sed -n 's/^engine:.*, of//p')
every_variant() {
	local v
	"$UPCASE_PIPE" "$@" "$root"/samples/*.txt >want || return 1
	[ "$(wc -w <<<"$variants")" -ge 1 ] || { echo 'no variants'; return 1; }
	for v in $variants; do
		UPCASE_PIPE_VARIANT=$v "$UPCASE_PIPE" "$@" "$root"/samples/*.txt \
			>got && same want got || { echo "variant $v"; return 1; }
		UPCASE_PIPE_VARIANT=$v "$UPCASE_PIPE" --version |
			grep -Eq "^engine: $v \(UPCASE_PIPE_VARIANT\), of .*$v" ||
			{ echo "$v is not told"; return 1; }
	done
}
check "every variant gives the same" every_variant
check "every variant gives the same for simple mapping" every_variant -m simple
check "every variant gives the same for Turkish" every_variant -l tr
check "every variant gives the same in place of bad bytes" \
	every_variant --invalid=replace
check "every variant gives the same in small batches" every_variant -b 100
unknown_variant() {
	given 'a\n'
	UPCASE_PIPE_VARIANT=abacus run
	expect_outcome 2 '' "upcase-pipe: UPCASE_PIPE_VARIANT: there is no variant 'abacus'\nTry 'upcase-pipe --help' for more information.\n"
}
check "an unknown variant is refused" unknown_variant
no_variant() {
	given 'a\n'
	UPCASE_PIPE_VARIANT= run
	expect_outcome 0 'A\n' ''
}
check "an empty UPCASE_PIPE_VARIANT means the fastest" no_variant

# --- odd file names ----------------------------------------------------------

odd_names() {
	local name
	for name in 'with space' $'new\nline' $'tab\there' 'quo"te' "apo's" \
		'back\slash' 'ümlaut' '*' '%s%n' ' '; do
		printf 'x\n' >"$name"
		run "$name"
		expect_outcome 0 'X\n' '' || { echo "name '$name'"; return 1; }
	done
}
check "files with odd names are read" odd_names

missing_name() {
	run "$1"
	expect_outcome 1 '' "upcase-pipe: $1: No such file or directory\n"
}
check "a message names a file with a space as it is" missing_name 'no such'
check "a message names a file in UTF-8 as it is" missing_name 'fehlt-ü-中'
percent_name() {
	run 'no%s%n'
	expect_status 1 && expect_stderr_line \
		'upcase-pipe: no%s%n: No such file or directory'
}
check "a message names a file with a percent sign as it is" percent_name

quoted_name() {
	run "$1"
	expect_status 1 && cat -A "$err" && [ "$(wc -l <"$err")" -eq 1 ] &&
		grep -q '^upcase-pipe: .*aa.*bb.*: No such file or directory$' \
			"$err" && ! grep -q '[[:cntrl:]]' "$err"
}
check "a message quotes a newline in a file name" quoted_name $'aa\nbb'
check "a message quotes an escape in a file name" quoted_name $'aa\033[31mbb'
check "a message quotes a carriage return in a file name" quoted_name $'aa\rbb'

behind_bad() {
	printf 'a\n\xff\nc\nd\n' >given.bad
	"$UPCASE_PIPE" --invalid=fail --stats=json "$@" given.bad >"$out" 2>"$err"
	grep -q '"lines_in":1,"bytes_in":2,"lines_out":1,"bytes_out":2,' "$err"
}
check "--invalid=fail: what is behind the bad byte counts for nothing" behind_bad
check "--invalid=fail: the same in tiny batches with 4 jobs" behind_bad -b 1 -j 4

finish
