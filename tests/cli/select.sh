#!/bin/bash
# select.sh - what of a text is turned: lines, reads, fields, characters; what
# goes together, what is told of texts that are not as they were taken for.
#
# shellcheck disable=SC2317,SC2086,SC2015,SC2016,SC2094 # checks are called by
# name, numbers stand bare, `A && B || { report; }` is meant as it is, Perl
# stands in single quotes, a file may be read and written: that is the test
. "$(dirname "$0")/lib.sh" || exit 1

# gives STATUS OUTPUT ERRORS [ARG...]: of files, or of what was given.
gives() {
	run "${@:4}"
	expect_outcome "$1" "$2" "$3"
}

# --- lines -----------------------------------------------------------------------

check "--skip-prefix leaves the lines that begin so" \
	converts '#a\nb\n #c\n##d\n#' '#a\nB\n #C\n##d\n#' --skip-prefix='#'
check "--skip-prefix can be given several times" \
	converts '#a\n//b\n/c\nd\n' '#a\n//b\n/C\nD\n' \
	--skip-prefix='#' --skip-prefix //
check "a line that is shorter than the prefix is turned" \
	converts 'ab\nabc\nabcd\nab' 'AB\nabc\nabcd\nAB' --skip-prefix=abc
check "of prefixes that begin alike each counts" \
	converts 'ax\nabx\nacx\nadx\n' 'AX\nabx\nacx\nADX\n' \
	--skip-prefix=ab --skip-prefix=ac
check "a prefix is bytes: those of a character, or none" \
	converts 'ßa\n\xffb\nsc\n' 'ßa\n\xffb\nSC\n' \
	--skip-prefix=ß --skip-prefix=$'\xff'
check "a prefix is not looked for in upper case" \
	converts 'Ab\nab\n' 'AB\nab\n' --skip-prefix=ab
check "a byte order mark stands before the first line, and stays" \
	converts '\xef\xbb\xbf#a\nb\n' '\xef\xbb\xbf#a\nB\n' --skip-prefix='#'
many_prefixes() {
	local i options=()
	for i in {1..40}; do options+=(--skip-prefix="p$i:"); done
	converts 'p1:a\np40:b\np41:c\n' 'p1:a\np40:b\nP41:C\n' "${options[@]}"
}
check "there may be forty prefixes" many_prefixes
long_prefix() {
	local p
	p=$(printf 'x%.0s' {1..4096})
	printf '%s\n%s\n' "${p}a" "${p%x}a" >text
	printf '%s\n%s\n' "${p}a" "$(tr x X <<<"${p%x}")A" >want
	run --skip-prefix="$p" -b 4 text
	expect_status 0 && same want "$out"
}
check "a prefix may have 4,096 bytes, whatever the batch" long_prefix

check "--fasta leaves names and comments, and turns all else" \
	converts '>chr1 abc\nacgtn\nACGTrykm\n;x\nac\n>\n\n>y' \
	'>chr1 abc\nACGTN\nACGTRYKM\n;x\nAC\n>\n\n>y' --fasta
check "--fasta: lines of other systems keep their end" \
	converts '>a\r\nac\r\n' '>a\r\nAC\r\n' --fasta
check "--fasta: a name is one only where a line begins" \
	converts 'a>c\n >c\n' 'A>C\n >C\n' --fasta
check "--fastq turns the second line of four" \
	converts '@a\nacgt\n+a\nabcd\n@b\nnn\n+\nzz\n' \
	'@a\nACGT\n+a\nabcd\n@b\nNN\n+\nzz\n' --fastq
check "--fastq: qualities that begin like a name are none" \
	converts '@a\nac\n+\n@b\n@c\nac\n+\n+d\n' '@a\nAC\n+\n@b\n@c\nAC\n+\n+d\n' \
	--fastq
check "--fastq: reads without bases are reads" \
	converts '@a\n\n+\n\n@b\nac\n+\nab\n' '@a\n\n+\n\n@b\nAC\n+\nab\n' --fastq
check "--fastq: a file may end anywhere" converts '@a\nac' '@a\nAC' --fastq
check "--fastq: a byte order mark stands before the first name" \
	converts '\xef\xbb\xbf@a\nac\n+\nab\n' '\xef\xbb\xbf@a\nAC\n+\nab\n' --fastq

no_name="not FASTQ of four lines: the first of a record does not begin with '@'"
no_plus="not FASTQ of four lines: the third of a record does not begin with '+'"
left="left as it is from here on"
not_fastq() {
	given '@a\nac\n+\nab\n>b\nac\n+\nab\n@c\nac\n+\nab\n'
	gives 1 '@a\nAC\n+\nab\n>b\nac\n+\nab\n@c\nac\n+\nab\n' \
		"upcase-pipe: standard input:5: $no_name; $left\n" --fastq "$@"
}
check "--fastq: a name that is none is told, and the rest left" not_fastq
check "so it is with the smallest batches" not_fastq -b 4 -j 3
multi_line_fastq() {
	printf '@a\nac\n+\nab\n@b\nac\nac\n+\nabab\n@c\nac\n+\nab\n' >multi
	printf '@d\nac\n+\nab\n' >good
	gives 1 '@a\nAC\n+\nab\n@b\nAC\nac\n+\nabab\n@c\nac\n+\nab\n@d\nAC\n+\nab\n' \
		"upcase-pipe: multi:7: $no_plus; $left\n" --fastq multi good
}
check "--fastq: reads of several lines are told, and other files turned" \
	multi_line_fastq
fasta_as_fastq() {
	given '>a\nac\n'
	gives 1 '>a\nac\n' "upcase-pipe: standard input:1: $no_name; $left\n" --fastq
}
check "--fastq: FASTA is told in its first line" fasta_as_fastq
empty_line_of_fastq() {
	given '@a\nac\n+\nab\n\n'
	gives 1 '@a\nAC\n+\nab\n\n' \
		"upcase-pipe: standard input:5: $no_name; $left\n" --fastq
}
check "--fastq: an empty line at the end is told" empty_line_of_fastq

# --- fields ----------------------------------------------------------------------

check "-f turns a field" converts 'a\tb\tc\n' 'a\tB\tc\n' -f 2
check "-f takes numbers and ranges, in any order" \
	converts 'a\tb\tc\td\te\tf\tg\n' 'A\tb\tC\tD\te\tF\tG\n' -f 6-,3-4,1
check "ranges may overlap, and begin or end anywhere" \
	converts 'a\tb\tc\td\n' 'A\tB\tC\td\n' -f -2,2-3,2
check "--fields=LIST is the same" converts 'a\tb\n' 'a\tB\n' --fields=2
check "lines with fewer fields stay" converts 'a\nb\tc\n\n' 'a\nb\tC\n\n' -f 2,7
check "a line without a delimiter is its first field" converts 'a\n' 'A\n' -f 1
check "empty fields count" converts '\t\tc\t\n' '\t\tC\t\n' -f 3
check "-d is what is between fields" converts 'a,b\tc\n' 'a,B\tC\n' -f 2 -d ,
check "--delimiter=C is the same" converts 'a b  c\n' 'a B  c\n' \
	-f 2 --delimiter=' '
check "-d may be a character of several bytes" \
	converts 'a→b→c\n' 'a→B→c\n' -f 2 -d →
check "-d may be a small letter: that stays" \
	converts 'axbxc\n' 'AxBxc\n' -f 1,2 -d x
check "-d may be a byte that no character has" \
	converts 'a\xffb\n' 'a\xffB\n' -f 2 -d $'\xff'
check "--complement turns all but these fields" \
	converts 'a\tb\tc\td\n' 'A\tb\tC\td\n' -f 2,4- --complement
check "--complement of all fields turns nothing" \
	converts 'a\tb\n' 'a\tb\n' -f 1- --complement
check "--tsv is -f with tabs: quotes are characters" \
	converts '"a\tb"\tc\n' '"a\tB"\tc\n' --tsv -f 2
check "--tsv alone turns all" converts 'a\tb\n' 'A\tB\n' --tsv
check "the last field ends with its line, also of other systems" \
	converts 'a\tb\r\nc\td\r\n' 'a\tB\r\nc\tD\r\n' -f 2
check "NUL bytes are as others" converts 'a\0b\tc\0d\n' 'a\0b\tC\0D\n' -f 2
check "what is longer in upper case fits" \
	converts 'straße\tß\tß\n' 'straße\tSS\tß\n' -f 2
check "-d and a number far away: nothing is chosen" \
	converts 'a,b\n' 'a,b\n' -d , -f 4000000000

check "-c turns characters, not bytes" converts 'éàüß\n' 'éÀÜß\n' -c 2-3
check "--characters=LIST is the same" converts 'abcd\n' 'aBcD\n' --characters=2,4-
check "-c: what is no UTF-8 counts as a character for each sequence" \
	converts '\xff\xe2\x82a\xf0\x9fbc\n' '\xff\xe2\x82A\xf0\x9fbC\n' -qc 3,6
check "-c: a number that a line does not have is no mistake" \
	converts 'a\n\nabc\n' 'a\n\nabC\n' -c 3
check "-c --complement turns all but these characters" \
	converts 'abcd\n' 'AbcD\n' -c 2-3 --complement
check "-c --header leaves the first line" \
	converts 'ab\ncd\n' 'ab\ncD\n' -c 2 --header
check "-c --skip-prefix leaves lines" \
	converts '#b\ncd\n' '#b\ncD\n' -c 2 --skip-prefix='#'
check "-c: a byte order mark is no character of the line" \
	converts '\xef\xbb\xbfab\ncd\n' '\xef\xbb\xbfAb\nCd\n' -c 1
check "-c with one to one mapping keeps the length of lines" \
	converts 'straße ß\n' 'STRAße ß\n' -c 1-5 -m simple
check "-c of a carriage return is a character, too" \
	converts 'ab\r\n' 'aB\r\n' -c 2-3

# --- tables with quotes ----------------------------------------------------------

check "--csv: delimiters and newlines in quotes belong to the field" \
	converts '"a,b","c\nd",e\nf,g,h\n' '"a,b","C\nD",e\nf,G,h\n' --csv -f 2
check "--csv: two quotes in quotes are one" \
	converts '"a "",b"" c",d\n"""",e\n"""a""",f\n' \
	'"a "",b"" c",D\n"""",E\n"""a""",F\n' --csv -f 2
check "--csv: a quote in a field without is a character" \
	converts '5" pipe,b\na"b,"c\n,d"\n' '5" pipe,B\na"b,"C\n,D"\n' --csv -f 2
check "--csv: what stands behind the closing quote belongs to the field" \
	converts '"a"b,c\n"a"b"c,d"\n' '"A"B,c\n"A"B"C,d"\n' --csv -f 1
check "--csv: an empty field in quotes is one" \
	converts '"","",a\n,"b"\n' '"","",A\n,"b"\n' --csv -f 3
check "--csv: blanks before a quote make it a character" \
	converts 'a, "b,c"\n' 'a, "B,c"\n' --csv -f 2
check "--csv alone turns all fields" \
	converts 'a,"b\nc"\n' 'A,"B\nC"\n' --csv
check "-d with --csv takes another delimiter" \
	converts 'a,b;"c;d";e\n' 'a,b;"C;D";e\n' --csv -d ';' -f 2
check "--csv --complement turns all but these fields" \
	converts 'a,"b,c",d\n' 'A,"b,c",D\n' --csv -f 2 --complement
check "--csv: lines of other systems" \
	converts 'a,"b"\r\nc,"d\r\ne"\r\n' 'a,"B"\r\nc,"D\r\nE"\r\n' --csv -f 2
check "--csv: a byte order mark is no part of the first field" \
	converts '\xef\xbb\xbf"a,b",c\n' '\xef\xbb\xbf"a,b",C\n' --csv -f 2
check "--csv --skip-prefix: a line that is left has no quotes" \
	converts '# "x\na,b\n' '# "x\na,B\n' --csv -f 2 --skip-prefix='#'
check "a prefix is never looked for in a quoted field" \
	converts 'a,"b\n#c\n#d",e\n#f,g\n' 'a,"B\n#C\n#D",e\n#f,g\n' \
	--csv -f 2 --skip-prefix='#'
open_quote="a field in quotes begins here and is not closed; kept to the end"
not_closed() {
	given 'a,b\nc,"d\ne,f\n'
	gives 1 'a,B\nc,"D\nE,F\n' \
		"upcase-pipe: standard input:2: $open_quote\n" --csv -f 2 "$@"
}
check "--csv: a quote that is not closed is told where its field begins" \
	not_closed
check "so it is with the smallest batches" not_closed -b 4 -j 2
not_closed_and_not_chosen() {
	printf 'a,"b\n' >open
	printf 'a,b\n' >closed
	gives 1 'A,"b\nA,b\n' "upcase-pipe: open:1: $open_quote\n" \
		--csv -f 1 open closed
}
check "it is, too, in a field that is not chosen; the next file begins anew" \
	not_closed_and_not_chosen
not_closed_late() {
	{ for i in {1..3000}; do echo "a,b"; done; printf 'x,"y\n'
		for i in {1..50000}; do echo "a,b"; done; } >text
	run --csv -f 1 text
	expect_status 1 && expect_errors "upcase-pipe: text:3001: $open_quote\n" &&
		sed -n '1,3001s/^./\U&/;p' text >want && same want "$out"
}
check "a quote that is not closed is told of far behind its beginning" \
	not_closed_late

# --- headers ---------------------------------------------------------------------

check "--header alone leaves the first line" \
	converts 'a b\nc d\n' 'a b\nC D\n' --header
check "--header: of --csv it is the first record" \
	converts '"a\nb",c\nd,e\n' '"a\nb",c\nD,E\n' --csv --header
check "--header is left with numbers, too" \
	converts 'a\tb\nc\td\n' 'a\tb\nc\tD\n' --header -f 2
check "columns have names" \
	converts 'id,name,city\n1,ann,cork\n' 'id,name,city\n1,ANN,CORK\n' \
	--csv --header -f city,name
check "names and numbers go together" \
	converts 'a\tb\tc\nd\te\tf\n' 'a\tb\tc\nD\te\tF\n' --tsv --header -f c,1
check "all columns of a name are chosen" \
	converts 'a,b,a\nd,e,f\n' 'a,b,a\nD,e,F\n' --csv --header -f a
check "all but these columns" \
	converts 'a,b,c\nd,e,f\n' 'a,b,c\nD,e,F\n' --csv --header -f b --complement
check "a comma in a name is written with a backslash" \
	converts '"a,b",c\nd,e\n' '"a,b",c\nD,e\n' --csv --header -f 'a\,b'
check "a backslash before anything else is one" \
	converts 'a\\b,c\nd,e\n' 'a\\b,c\nD,e\n' --csv --header -f 'a\b'
check "two quotes in a name are one" \
	converts '"a""b",c\nd,e\n' '"a""b",c\nD,e\n' --csv --header -f 'a"b'
check "quotes, a byte order mark and a carriage return are no part of names" \
	converts '\xef\xbb\xbf"a","b"\r\nc,d\r\n' \
	'\xef\xbb\xbf"a","b"\r\nC,D\r\n' --csv --header -f a,b
check "without --csv quotes are a part of names" \
	converts '"a"\tb\nc\td\n' '"a"\tb\nC\td\n' --header -f '"a"'
check "names are compared byte by byte" \
	converts 'ä,Ä\nx,y\n' 'ä,Ä\nX,y\n' --csv --header -f ä
check "a name may have blanks, and begin with a digit" \
	converts 'first name,2x,3\na,b,c\n' 'first name,2x,3\nA,B,c\n' \
	--csv --header -f 'first name,2x'
check "what looks like a number is one, also if a column is called so" \
	converts '2,a\nx,y\n' '2,a\nx,Y\n' --csv --header -f 2
check "the header is the first line that is not left" \
	converts '#a,b\n##\nb,a\nc,d\n#e,f\n' '#a,b\n##\nb,a\nc,D\n#e,f\n' \
	--csv --header -f a --skip-prefix='#'
check "an empty input has no header, and needs none" \
	converts '' '' --csv --header -f name
check "a header that is all there is" \
	converts 'a,b' 'a,b' --csv --header -f b

only_a_mark() {
	printf '\xef\xbb\xbf' >mark
	gives 0 '\xef\xbb\xbf' '' "$@" mark || return 1
	rm -f db
	gives 0 '' '' "$@" -o db mark mark &&
		expect_file db '\xef\xbb\xbf\n\xef\xbb\xbf\n'
}
check "a file that is a byte order mark has no header" \
	only_a_mark --csv --header -f name
check "nor is it FASTQ that is wrong" only_a_mark --fastq
an_empty_line() {
	given '\xef\xbb\xbf\n'
	gives 1 '\xef\xbb\xbf\n' "upcase-pipe: standard input:1: no column is named\
 'a' (there are ''); left as it is\n" --csv --header -f a || return 1
	given '\xef\xbb\xbf\n'
	gives 1 '\xef\xbb\xbf\n' "upcase-pipe: standard input:1: $no_name; $left\n" \
		--fastq
}
check "an empty line behind one is a line" an_empty_line

printf 'name,city\nann,cork\n' >people
printf 'city,name\nderry,bob\n' >other
printf 'id,town\n1,ulm\n' >towns
check "each FILE has its own header" \
	gives 0 'name,city\nann,CORK\ncity,name\nDERRY,bob\n' '' \
	--csv --header -f city people other
no_city="no column is named 'city' (there are 'id', 'town'); left as it is"
check "a column that is missing is told with those that are there" \
	gives 1 'id,town\n1,ulm\nname,city\nann,CORK\n' \
	"upcase-pipe: towns:1: $no_city\n" --csv --header -f city towns people
missing_with_o() {
	rm -f db
	run -q --csv --header -f city -b 4 -j 4 -o db people towns other
	expect_outcome 1 '' "upcase-pipe: towns:1: $no_city\n" &&
		expect_file db \
			'name,city\nann,CORK\nid,town\n1,ulm\ncity,name\nDERRY,bob\n'
}
check "so it is with -o, -q and the smallest batches" missing_with_o
missing_behind_comments() {
	given '#\n#\na,b\nc,d\n'
	gives 1 '#\n#\na,b\nc,d\n' "upcase-pipe: standard input:3: no column is named\
 'c' (there are 'a', 'b'); left as it is\n" \
		--csv --header -f c --skip-prefix='#'
}
check "its line is that of the header" missing_behind_comments
harmful_names() {
	given 'a\033b,"c\nd",,\xff\n1,2\n'
	gives 1 'a\033b,"c\nd",,\xff\n1,2\n' "upcase-pipe: standard input:1: no column\
 is named 'x\\\\033' (there are 'a\\\\033b', 'c\\\\nd', '', '\\\\377'); left as it\
 is\n" --csv --header -f $'x\033'
}
check "names cannot drive a terminal, nor make a line" harmful_names
many_names() {
	local names
	names=$(seq -s , -f 'column %g' 2000)
	printf '%s\n1\n' "$names" >wide
	run --csv --header -f city wide
	expect_status 1 && same wide "$out" && expect_stderr_match \
		"upcase-pipe: wide:1: no column is named 'city' \(there are \
'column 1', .*, \.\.\.\); left as it is" && [ "$(wc -c <"$err")" -lt 400 ]
}
check "of many names some are told" many_names
long_header() {
	perl -e 'print join(",", map { "column $_" } 1 .. 4000), ",city\n";
		print "x," x 4000, "cork\n"' >wide
	sed '2s/cork/CORK/' wide >want
	run --csv --header -f city -b 4 wide
	expect_status 0 && same want "$out" || return 1
	perl -e 'print join(",", map { "column $_" } 1 .. 8000), ",city\n";
		print "x," x 8000, "cork\n"' >wide
	run --csv --header -f city -b 4 wide
	expect_outcome 1 "$(sed 's/$/\\n/' wide | tr -d '\n')" "upcase-pipe: wide:1: the\
 header is longer than a batch (see --batch-size); $left\n" || return 1
	sed '2s/cork/CORK/' wide >want
	run --csv --header -f city wide
	expect_status 0 && same want "$out"
}
check "a header with names may be as long as a batch, or 64 KiB" long_header
long_header_without_names() {
	perl -e 'print "a," x 100000, "\n", "b," x 3, "\n"' >wide
	sed '2s/b/B/2' wide >want
	run --csv --header -f 2 -b 4 wide
	expect_status 0 && same want "$out"
}
check "one without names may be of any length" long_header_without_names

# --- what goes together ----------------------------------------------------------

# Options with an argument that is good.
declare -A good=([fasta]='' [fastq]='' [csv]='' [tsv]='' [skip-prefix]='=#'
	[fields]='=1' [characters]='=1' [delimiter]='=,' [complement]=''
	[header]='')

# refused ONE OTHER: in whatever order they are said.
refused() {
	local one=--$1${good[$1]} other=--$2${good[$2]}
	run "$one" "$other"
	expect_usage_error "--$1 does not go with --$2" || return 1
	run "$other" "$one"
	expect_usage_error "--$1 does not go with --$2"
}
for pair in fasta:fastq fasta:csv fasta:tsv fastq:csv fastq:tsv csv:tsv \
	{fasta,fastq}:{skip-prefix,fields,characters,delimiter,complement,header} \
	csv:characters tsv:characters tsv:delimiter fields:characters; do
	check "--${pair%:*} does not go with --${pair#*:}" \
		refused ${pair%:*} ${pair#*:}
done

# taken [OPTION...]
taken_together() {
	given 'a\n'
	run "$@"
	expect_status 0 && expect_errors ''
}
for options in '--csv --skip-prefix=# --header -f1 --complement -d;' \
	'--tsv --skip-prefix=# --header -f1 --complement' \
	'--skip-prefix=# --header -f1 --complement -d;' \
	'--skip-prefix=# --header -c1 --complement' '--csv -d;' '--csv --header' \
	'--tsv --header' '--tsv --skip-prefix=#' '--csv --skip-prefix=#' \
	'--skip-prefix=# --header'; do
	check "$options go together" taken_together $options
done
same_twice() {
	converts 'a\tb\n' 'A\tb\n' --fields=2 -f 1 &&
		converts 'a,b;c\n' 'a,b;C\n' -d, -f2 -d\; &&
		converts '>a\nb\n' '>a\nB\n' --fasta --fasta
}
check "of an option that is given twice the last counts" same_twice

# bad_input WORD [ARG...]
bad_input() {
	run "${@:2}"
	expect_usage_error "$1"
}
for list in 0 '' , 1, ,1 5-2 - -- 1-2-3 1--2 -0 0-3 99999999999 -99999999999 4294967294 \
	x 1,x '\,'; do
	check "-f '$list' is told" bad_input 'for --fields: ' -f "$list"
	check "-c '$list' is told" bad_input 'for --characters: ' -c "$list"
done
check "so is a list that is no list, with its words" bad_input \
	"invalid list for --fields: '5-2' (such as 2,5-7,9-; numbers from 1)" -f 5-2
check "so is a number of more digits than any column has" bad_input \
	"invalid list for --fields: '99999999999999999999' (such as 2,5-7,9-; numbers from 1)" \
	-f 99999999999999999999
check "names without --header are told" bad_input \
	"invalid list for --fields: 'city,2' (such as 2,5-7,9-; names of columns want --header)" \
	-f city,2
check "-c takes no names" bad_input 'for --characters: ' -c city --header
check "an empty name is told, with --header, too" \
	bad_input 'for --fields: ' --header -f a,,b
check "an empty prefix is told" bad_input "invalid prefix for --skip-prefix: ''" \
	--skip-prefix=
check "so is one that has a newline" bad_input 'for --skip-prefix: ' \
	--skip-prefix=$'a\nb'
check "so is one of 4,097 bytes" bad_input 'for --skip-prefix: ' \
	--skip-prefix="$(printf 'x%.0s' {1..4097})"
check "-d without -f or --csv is told" \
	bad_input '--delimiter wants --fields or --csv' -d ,
check "so it is with -c" \
	bad_input '--delimiter wants --fields or --csv' -d , -c 1
check "--complement without -f or -c is told" \
	bad_input '--complement wants --fields or --characters' --complement
check "so it is with --csv" \
	bad_input '--complement wants --fields or --characters' --complement --csv
for c in '' ab $'\n' ßß a$'\n' $'\xff\xff' $'a\xff' $'\xc3\x9f,'; do
	check "-d $(printf %q "$c") is told" \
		bad_input 'invalid delimiter for --delimiter: ' -f 1 -d "$c"
done
check "-d '\\t' names the tab" bad_input "a tab is \$'\\t'" -f 1 -d '\t'
check "-d '\"' is told with --csv" \
	bad_input 'with --csv it is the quote' --csv -d '"'
check "without --csv it is a delimiter" converts 'a"b"c\n' 'a"B"c\n' -f 2 -d '"'
for c in A Z É Σ ʼ $'\xcc\x88' $'\x8e' $'\x80'; do
	check "-d $(printf %q "$c"), which upper case may write, is told" \
		bad_input 'upper case would make more of it' -f 1 -d "$c"
done
check "-d Ή is told, which is written of a word alone" \
	bad_input 'upper case would make more of it' -l el -f 1 -d Ή
check "elsewhere, where it is not written, it is a delimiter" \
	converts 'Άβ\n' 'ΆΒ\n' -l el -f 2 -d Ά
check "-d U+FFFD is told where --invalid would write it" \
	bad_input 'upper case would make more of it' -f 1 -d $'\xef\xbf\xbd' \
	--invalid=replace
check "elsewhere it is a delimiter" \
	converts 'a\xef\xbf\xbdb\n' 'a\xef\xbf\xbdB\n' -f 2 -d $'\xef\xbf\xbd'
check "É is a delimiter where the mapping is ascii" \
	converts 'aÉb\n' 'aÉB\n' -f 2 -d É -m ascii

# --- together with everything else -------------------------------------------------

printf '>one a\nacgtnn\n' >1.fa
printf 'ac\n>two b\nacgt' >2.fa
printf ';c\nac\n' >3.fa
check "several files: each begins a line" \
	gives 0 '>one a\nACGTNN\nAC\n>two b\nACGT\n;c\nAC\n' '' --fasta 1.fa 2.fa 3.fa
fastq_files() {
	printf '@a\nac\n+\n' >cut.fq
	printf '@b\nac\n+\nac\n' >whole.fq
	gives 0 '@a\nAC\n+\n@b\nAC\n+\nac\n' '' --fastq cut.fq whole.fq
}
check "--fastq: each file begins with a name" fastq_files
csv_files() {
	printf 'a,"b\n' >1.csv
	printf 'a,b' >2.csv
	gives 1 'a,"B\na,B\na,B' "upcase-pipe: 1.csv:1: $open_quote\n" \
		--csv -f 2 1.csv 2.csv 2.csv
}
check "--csv: a quote that is open ends with its file" csv_files
printf 'a\tb' >no-newline
with_o() {
	rm -f db
	run --tsv -f 2 -o db no-newline no-newline && run --tsv -f 1 -o db no-newline
	expect_outcome 0 '' '' && expect_file db 'a\tB\na\tB\nA\tb\n'
}
check "-o ends the last line" with_o
missing_file() {
	gives 1 '>one a\nACGTNN\n' \
		'upcase-pipe: missing: No such file or directory\n' \
		--fasta missing 1.fa
}
check "a file that is missing is told, and others are turned" missing_file

# A genome as they are: names, lines of 60, half of it lower case.
genome() {
	perl -e 'srand $ARGV[0];
		open my $g, ">", "genome.fa"; open my $w, ">", "genome.want";
		for my $n (1 .. $ARGV[1]) {
			my $name = ">chr$n hCoV-19/x lower $n\n";
			print $_ $name for $g, $w;
			my $seq = join "", map { rand 2 < 1 ? "acgtn" x rand 40
				: "ACGTN" x rand 40 } 1 .. 30;
			while ($seq =~ /.{1,60}/g) {
				print $g "$&\n"; print $w uc $&, "\n";
			}
		}' "$@"
}
genome 1 200
fasta_to_bgzf() {
	run_here --fasta "$@"
	expect_status 0 && expect_errors '' && blocks "$out" >/dev/null &&
		gzip -dc <"$out" >got && same genome.want got || return 1
	have samtools || return 0
	cp "$out" indexed.fa.gz && rm -f indexed.fa.gz.*
	samtools faidx indexed.fa.gz || return 1
	samtools faidx genome.want
	same genome.want.fai indexed.fa.gz.fai &&
		samtools faidx indexed.fa.gz chr7:100-400 >got &&
		samtools faidx genome.want chr7:100-400 >want && same want got
}
check "--fasta --bgzf: samtools indexes what comes of a genome" \
	fasta_to_bgzf --bgzf genome.fa
check "the same with small batches and 4 jobs" \
	fasta_to_bgzf --bgzf -b 70000 -j 4 genome.fa
gzip -c genome.fa >genome.fa.gz
check "the same from gzip" fasta_to_bgzf --bgzf genome.fa.gz
if have bgzip; then
	bgzip -c genome.fa >genome.bgz
	check "the same from BGZF" fasta_to_bgzf --bgzf genome.bgz
	check "the same from BGZF through a pipe" fasta_to_bgzf --bgzf < <(cat genome.bgz)
else
	skip "the same from BGZF" "there is no bgzip"
fi
appended_bgzf() {
	rm -f genome.fa.bgz
	run --fasta -o genome.fa.bgz genome.fa
	expect_outcome 0 '' '' && blocks genome.fa.bgz >/dev/null &&
		gzip -dc genome.fa.bgz >got && same genome.want got
}
check "-o NAME.bgz --fasta is the same" appended_bgzf
# Small files share a batch, and so a block; each is a table of its own.
small_files() {
	local i files=()
	rm -rf small && mkdir small
	for i in {100..499}; do
		files+=(small/$i)
		printf 'id,city\n%s,"ulm\n%s"\n' $i $i >small/$i
	done
	printf '\xef\xbb\xbfcity,x\n"a\nb\xff",c\xfe\n\xfe,\xff\n' >small/150
	printf 'id,town\n1,ulm\n\xff\n' >small/151
	: >small/152
	printf 'city\na' >small/153
	printf 'city\n"a\n' >small/154
	printf 'id,city\n1,\xe2\x82\n' >small/155
	printf 'city,id\nk,l\n' >small/156
	perl -e 'for my $i (100 .. 499) {
		print $i == 150 ? "\xef\xbb\xbfcity,x\n\"A\nB\xff\",c\xfe\n\xfe,\xff\n"
			: $i == 151 ? "id,town\n1,ulm\n\xff\n" : $i == 152 ? ""
			: $i == 153 ? "city\nA\n" : $i == 154 ? "city\n\"A\n"
			: $i == 155 ? "id,city\n1,\xe2\x82\n"
			: $i == 156 ? "city,id\nK,l\n" : "id,city\n$i,\"ULM\n$i\"\n" }' >want
	run_here --csv --header -f city "$@" "${files[@]}"
	gzip -dc <"$out" >got 2>/dev/null || cp "$out" got
	expect_status 1 && same want got && expect_errors "upcase-pipe: small/150: 2\
 sequences are not UTF-8, the first at 3:2; kept as they are (see --encoding,\
 --invalid)\nupcase-pipe: small/151:1: $no_city\nupcase-pipe: small/154:2:\
 $open_quote\nupcase-pipe: small/155: 1 sequence is not UTF-8, that at 2:3; kept as\
 it is (see --encoding, --invalid)\n"
}
check "of small files each is a table of its own" small_files
check "so it is with batches of 64 KiB and 4 jobs" small_files -b 64K -j 4
small_files_in_smaller_batches() {
	local b
	perl -e 'mkdir "rows"; open my $w, ">", "want";
		for my $i (100 .. 160) {
			open my $f, ">", "rows/$i" or die;
			my $rows = "$i,ulm\n" x ($i % 7);
			print $f "id,city\n$rows";
			print $w "id,city\n", uc $rows;
		}'
	for b in {10..60..7}; do
		run --csv --header -f 2 -b $b -j 3 rows/*
		expect_status 0 && expect_errors '' && same want "$out" && continue
		echo "-b $b"
		return 1
	done
}
check "each has its header where a batch begins in the one before" \
	small_files_in_smaller_batches
blocks_of_small_files() {
	small_files "$1" && [ "$(wc -c <"$out")" -lt 5000 ] && return 0
	echo "$(wc -c <"$out") bytes"
	return 1
}
check "they share members" blocks_of_small_files -z
check "they share blocks" blocks_of_small_files --bgzf
long_line_behind_a_file() {
	printf 'abcdefg\n' >full # a batch
	printf 'abcdefghijklmnopqrst\n' >long
	gives 0 'ABCDEFG\nABCDEFGHIJKLMNOPQRST\n' '' -f 1 -b 8 full long
}
check "a long line may begin in the batch in which a file ends" \
	long_line_behind_a_file
gzip_tables() {
	printf 'a,"b\nc"\n' | gzip >1.csv.gz
	printf 'd,e\n' | gzip >>1.csv.gz
	run --csv -f 2 -z 1.csv.gz
	expect_status 0 && expect_gzip "$out" 'a,"B\nC"\nd,E\n'
}
check "tables from gzip to gzip, members are no ends" gzip_tables

typing() {
	given '  ann\tb c  \n\n#  x\nq\tr\n'
	run -i -f 2 --skip-prefix='#' -o db
	expect_status 0 && expect_file db 'ann\tB C\n#  x\nq\tR\n'
}
rm -f db
check "typed lines: what is left of them is a record" typing

decoded() {
	printf 'name\tcity\nänne\tköln\n' | iconv -f UTF-8 -t UTF-16 >utf16
	gives 0 'name\tcity\nänne\tKÖLN\n' '' --header -f city utf16 || return 1
	printf 'name\tcity\nänne\tköln\n' | iconv -f UTF-8 -t UTF-16LE >utf16
	gives 0 'Name\tcity\nÄnne\tköln\n' '' -E UTF-16LE -c 1 utf16 || return 1
	printf 'a\xa7b\xe4\n' >latin
	gives 0 'a§BÄ\n' '' -E windows-1252 -d § -f 2 latin
}
if printf a | iconv -f UTF-8 -t UTF-16 >/dev/null 2>&1; then
	check "what is chosen is looked for in what was decoded" decoded
else
	skip "what is chosen is looked for in what was decoded" "there is no iconv"
fi

# --- what is not UTF-8 -------------------------------------------------------------

bad_text='a\xff\tb\xfec\td\n\xe2\x82x\ty\n'
note() {
	printf 'upcase-pipe: standard input: %s (see --encoding, --invalid)\\n' "$1"
}
check_bad() {
	given "$bad_text"
	gives "$@"
}
check "what is not UTF-8 and not chosen is not told" \
	check_bad 0 'a\xff\tb\xfec\tD\n\xe2\x82x\ty\n' '' -f 3
check "what is chosen is counted, and its place told" \
	check_bad 0 'a\xff\tB\xfeC\td\n\xe2\x82x\tY\n' \
	"$(note '1 sequence is not UTF-8, that at 1:5; kept as it is')" -f 2
check "in the second line, too" check_bad 0 'A\xff\tb\xfec\td\n\xe2\x82X\ty\n' \
	"$(note '2 sequences are not UTF-8, the first at 1:2; kept as they are')" -f 1
check "--invalid=replace replaces what is chosen" \
	check_bad 0 'A\xef\xbf\xbd\tb\xfec\td\n\xef\xbf\xbdX\ty\n' \
	"$(note "2 sequences are not UTF-8, the first at 1:2; replaced by U+FFFD")" \
	-f 1 --invalid=replace
check "--invalid=fail passes what is not chosen" \
	check_bad 0 'a\xff\tb\xfec\tD\n\xe2\x82x\ty\n' '' -f 3 --invalid=fail
check "--invalid=fail fails at what is chosen" check_bad 1 'a\xff\tB' \
	'upcase-pipe: standard input:1:5: invalid UTF-8: 0xFE; everything before it was kept\n' \
	-f 2 --invalid=fail
check "--invalid=fail: lines that are left pass" \
	converts '>\xff\nac\n' '>\xff\nAC\n' --fasta --invalid=fail
check "--invalid=fail: qualities pass" \
	converts '@\xff\nac\n+\n\xff\xff\n' '@\xff\nAC\n+\n\xff\xff\n' \
	--fastq --invalid=fail
check "--invalid=fail: the header passes" \
	converts '\xff\nac\n' '\xff\nAC\n' --header --invalid=fail
fail_and_others() {
	printf "$bad_text" >bad
	run -f 2 --invalid=fail bad 2.fa bad
	expect_status 1 && expect_output 'a\xff\tB\nac\n>two b\nacgt\na\xff\tB' &&
		[ "$(grep -c '^upcase-pipe: bad:1:5: ' "$err")" -eq 2 ]
}
check "--invalid=fail ends a file, others are turned" fail_and_others
counts() {
	given '>a\xff\nac\xff\n>b\nac'
	run --fasta --stats=json
	expect_status 0 && expect_output '>a\xff\nAC\xff\n>b\nAC' &&
		grep -q '"lines_in":4,"bytes_in":13,"lines_out":4,"bytes_out":13,.*"invalid":1,' \
			"$err" && return 0
	cat "$err"
	return 1
}
check "--stats counts all lines, and what is not UTF-8 of what is turned" counts
everything() {
	perl -e 'binmode STDOUT; my $all = join "", map { chr } grep { $_ != 10 && $_ != 9 } 0 .. 255;
		for my $i (0 .. 40) {
			my $part = substr $all, $i * 6, 11;
			print "$all$part\tx$i\t$part$all\n";
		}' >text
	perl -pe 's/\tx/\tX/' text >want
	run_here -f 2 "$@" <text
	expect_status 0 && expect_errors '' && same want "$out"
}
check "what is not chosen passes byte for byte" everything
check "so it does with batches of a few bytes" everything -b 4 -j 4
check "so it does with --invalid=replace" everything --invalid=replace

# --- languages ---------------------------------------------------------------------

check "-l tr turns what is chosen" \
	converts 'i\ti\n' 'i\tİ\n' -l tr -f 2
# Beside a letter, eta is no word of its own, and its accent goes.
check "-l el: a field is a text of its own" \
	converts 'αxήxα\n' 'αxΉxα\n' -l el -d x -f 2
check "so is each of several fields" \
	converts 'άxήxά\n' 'ΑxΉxΑ\n' -l el -d x -f 1-3
check "-l el: in a field there is context" \
	converts 'x\tμάιος ή άϋλος\n' 'x\tΜΑΪΟΣ Ή ΑΫΛΟΣ\n' -l el -f 2
check "-l lt: so are the characters that follow each other" \
	converts 'i\xcc\x87i\xcc\x87\n' 'i\xcc\x87I\n' -l lt -c 3-4
check "-l lt: what is chosen looks at nothing that is not" \
	converts 'i\xcc\x87i\xcc\x87\n' 'I\xcc\x87i\xcc\x87\n' -l lt -c 1,4
language_cuts() {
	local b
	for b in 4 5 7 11 40; do
		given 'ά ή ά\tάι ή\ti̇̀\n"ή\tή"\n'
		run -l el -f 2 -b $b -j 2
		expect_outcome 0 'ά ή ά\tΑΪ Ή\ti̇̀\n"ή\tΉ"\n' '' || return 1
		given '"i\xcc\x87\xcc\x80\n",i\xcc\x87\n'
		run -l lt --csv -f 1 -b $b -j 2
		expect_outcome 0 '"I\xcc\x80\n",i\xcc\x87\n' '' || return 1
	done
}
check "it is the same in batches of a few bytes" language_cuts

# --- long lines --------------------------------------------------------------------

# long_fields KIND: fields of 100 kB, and what becomes of the second.
long_fields() {
	perl -e 'my $q = $ARGV[0] eq "csv";
		my $d = $q ? "," : "\t";
		sub field { my $n = shift;
			my $f = join $q ? "\n" : " ", map { "word$_ \xc3\x9f" . ($q ? q("",) : "") } 1 .. $n;
			$q ? qq("$f") : $f }
		open my $t, ">:raw", "text"; open my $w, ">:raw", "want";
		for my $n (8000, 1, 9000) {
			my @f = (field($n), field($n + 1), field(10));
			print $t join($d, @f), "\n";
			$f[1] =~ s/\xc3\x9f/SS/g; $f[1] =~ tr/a-z/A-Z/;
			print $w join($d, @f), "\n";
		}' "$1"
	local b
	for b in "${@:2}"; do
		run_here --$1 -f 2 -b $b -j 3 <text
		expect_status 0 && expect_errors '' && same want "$out" || return 1
		rm -f db
		run_here --$1 -f 2 -b $b -o db <text
		expect_status 0 && same want db || return 1
	done
}
check "lines longer than a batch" long_fields tsv 300 4K 64K
check "fields in quotes longer than a batch" long_fields csv 300 4K 64K
check "the same through the smallest batches" long_fields csv 16

# --- records that are several lines, in a file -----------------------------------------

# records NUMBER NAME: of up to 40 lines, each of which names itself.
records() {
	perl -e 'for my $i (1 .. $ARGV[0]) {
		print "$ARGV[1],\"r$i\n", "x y\n" x ($i % 40), "\",end $ARGV[1]\n" }' "$@"
}
whole_records() {
	local k
	rm -f db
	for k in 1 2 3 4; do
		records 500 p$k >part$k
		start p$k --csv -f 2 -b "$1" -o db part$k
	done
	for k in 1 2 3 4; do
		expect_end p$k 'exit 0' || return 1
	done
	perl -0777 -ne '
		while (/\G(p.),"R(\d+)\n((?:X Y\n)*)",end \1\n/gc) {
			my $n = ++$seen{$1};
			$n == $2 && length $3 == 4 * ($n % 40) or die "$1 $2\n";
		}
		length($_) == (pos($_) // 0) or die "not a record at ", pos($_) // 0, "\n";
		"@seen{qw(p1 p2 p3 p4)}" eq "500 500 500 500" or die "not all\n"' db
}
for b in 16 64 256K; do
	check "4 processes append whole records, in batches of $b" whole_records $b
done
full_disk() {
	local written lost
	records 2000 a >text
	rm -f db
	(
		trap "" XFSZ
		ulimit -f 40
		run_here --csv -f 2 -b "$1" -j 2 -o db <text
		exit $status
	)
	status=$?
	expect_status 3 || return 1
	perl -0777 -ne '/\A(a,"R\d+\n(X Y\n)*",end a\n)+\z/ or die "torn\n"' db || return 1
	written=$(sed -n 's/.* \([0-9]*\) lines written.*/\1/p' "$err")
	lost=$(sed -n 's/.* \([0-9]*\) lines lost.*/\1/p' "$err")
	[ "$written" = "$(wc -l <db)" ] && [ "$lost" -gt 0 ] && return 0
	echo "$(wc -l <db) lines are there; told was:"
	cat "$err"
	return 1
}
for b in 16 64 256K; do
	check "a full disk leaves whole records, in batches of $b, and counts" \
		full_disk $b
done
# The files are on a disk that is full in the middle of a batch. A mark before the
# first record of each hides its quote from who takes them for one text.
full_disk_of_small_files() {
	perl -e 'mkdir "many"; for my $i (1 .. 2000) {
		open my $f, ">:raw", "many/$i" or die;
		print $f "\xef\xbb\xbf\"r$i\n", "x y\n" x 20, "\",end\n" }' || return 1
	rm -f db
	(
		trap "" XFSZ
		ulimit -f 40
		run_here --csv -f 1 -o db many/*
		exit $status
	)
	status=$?
	expect_status 3 || return 1
	perl -0777 -ne '/\A(\xef\xbb\xbf"R\d+\n(X Y\n){20}",end\n)+\z/ or die "torn\n"' db
}
check "it does so where small files share a batch" full_disk_of_small_files

# --- slow input ----------------------------------------------------------------------

# comes TEXT OUTPUT: after TEXT, this is what has come.
comes() {
	put "$1" >&7
	printf "$2" >want
	wait_until "$deadline" cmp -s want "$out" || { cat "$out"; return 1; }
}
fasta_at_once() {
	fed --fasta
	comes '>a\n' '>a\n' && comes 'ac\n' '>a\nAC\n' && comes ';x' '>a\nAC\n' &&
		comes '\n' '>a\nAC\n;x\n'
	local r=$?
	exec 7>&-
	expect_end fed 'exit 0' && return $r
}
check "--fasta: a line comes out as soon as it is in" fasta_at_once
fastq_at_once() {
	fed --fastq
	comes '@a\n' '@a\n' && comes 'ac\n' '@a\nAC\n' && comes '+\n' '@a\nAC\n+\n' &&
		comes 'ii\n@' '@a\nAC\n+\nii\n'
	local r=$?
	exec 7>&-
	expect_end fed 'exit 0' && return $r
}
check "--fastq: a line comes out as soon as it is in" fastq_at_once
csv_at_once() {
	fed --csv --header -f b --skip-prefix='##'
	comes '##\n' '##\n' && comes 'a,b\n' '##\na,b\n' &&
		comes '#,x\n' '##\na,b\n#,X\n' &&
		comes '"q\n' '##\na,b\n#,X\n' &&
		comes '",y\n#' '##\na,b\n#,X\n"q\n",Y\n'
	local r=$?
	exec 7>&-
	expect_end fed 'exit 0' && return $r
}
check "--csv: a record comes out as soon as it is in" csv_at_once
dribbled() {
	perl -e 'binmode STDIN; local $/; my $t = <STDIN>; $| = 1;
		print substr $t, 0, 1, "" while length $t' <"$1" |
		bounded "$UPCASE_PIPE" "${@:3}" >"$out" 2>"$err"
	status=${PIPESTATUS[1]}
	expect_status 0 && same "$2" "$out"
}
printf '\xef\xbb\xbf##\na,b\n##x\n#,"ß\n#y"\n"a""b",c' >slow
printf '\xef\xbb\xbf##\na,b\n##x\n#,"SS\n#Y"\n"a""b",C' >slow.want
check "input that comes byte by byte gives the same" \
	dribbled slow slow.want --csv --header -f b --skip-prefix='##'
check "so it does with -b 4 -j 4" \
	dribbled slow slow.want --csv --header -f 2 --skip-prefix='##' -b 4 -j 4

# stopped SIGNAL: a table of which the last record is not all there.
stopped() {
	fed --csv --header -f city -j 2 -b 40
	perl -e 'print "id,city\n", map { "$_,\"ulm\n$_\"\n" } 1 .. 3000' >text
	printf 'x,"in the middle of' >>text
	perl -pe 's/ulm|in the middle of/\U$&/' text >want
	cat text >&7
	send "$1" fed && expect_end fed "signal $2"
	local r=$?
	exec 7>&-
	[ $r -eq 0 ] && same want "$out" && expect_errors ''
}
check "SIGTERM in the middle of a table: nothing that was read is lost" \
	stopped TERM 15
check "SIGINT: the same" stopped INT 2

# --- any text, any batches, any jobs ---------------------------------------------------

mapfile -t variants < <("$UPCASE_PIPE" --version |
	sed -n 's/^engine: .*, of //p' | tr ' ' '\n')

# tried KIND RUNS: random texts of that kind against Perl.
tried() {
	local seed want_status
	for ((seed = 1; seed <= $2; seed++)); do
		perl -e "$maker" "$1" $seed >wrong
		want_status=0
		! grep -q 'not FASTQ' wrong || want_status=1
		RANDOM=$seed
		local options=(-b $((4 + RANDOM % 297)) -j $((1 + RANDOM % 4)))
		[ $((RANDOM % 8)) -gt 0 ] || options=()
		UPCASE_PIPE_VARIANT=${variants[RANDOM % ${#variants[@]}]} \
			run_here --$1 "${options[@]}" <text
		expect_status $want_status && same want "$out" &&
			expect_errors "$(cat wrong)" && continue
		echo "--$1 ${options[*]}, seed $seed"
		return 1
	done
}
maker='
	my ($kind, $seed) = @ARGV;
	srand $seed;
	sub one { $_[rand @_] }
	my @lines;
	sub letters { join "", map { one(qw(a c g t n A C G T r y), "acgt" x 9,
		one("-", "*", "\xc3\x9f", "\xff", "\0", ">", ";", "@", "+")) } 1 .. rand 20 }
	for (1 .. rand 60) {
		if ($kind eq "fasta") {
			push @lines, rand 4 < 1 ? one(">", ";") . letters : letters;
		} else {
			push @lines, "@" . letters, letters, "+" . letters, letters;
			splice @lines, -1 - rand 3, 1 if rand 50 < 1;
			push @lines, "" if rand 80 < 1;
		}
	}
	my $end = one("\n", "\n", "\r\n");
	my $text = join "", map { $_ . $end } @lines;
	$text = substr $text, 0, rand length $text if rand 2 < 1;
	my $mark = rand 5 < 1 ? "\xef\xbb\xbf" : "";
	my $want = "";
	my ($n, $is_wrong, $bad, $place) = (0);
	for my $line ($text =~ /[^\n]*\n|[^\n]+/g) {
		my $turned = $kind eq "fasta" ? $line !~ /^[>;]/ : $n % 4 == 1;
		if ($kind eq "fastq" && !$is_wrong) {
			my $first = ("@", "", "+", "")[$n % 4];
			$is_wrong = $n if $first ne "" && substr($line, 0, 1) ne $first;
			$is_wrong .= " " if defined $is_wrong;
		}
		$turned = 0 if $is_wrong;
		if ($turned) {
			while ($line =~ /\xff|\xc3(?!\x9f)|(?<!\xc3)\x9f/g) {
				$bad++;
				my $before = substr $line, 0, $-[0];
				$before =~ s/\xc3\x9f/s/g;
				$place //= $n + 1 . ":" . (length($before) + 1 + ($n == 0 && $mark ne ""));
			}
			$line =~ s/\xc3\x9f/SS/g;
			$line =~ tr/a-z/A-Z/;
		}
		$want .= $line;
		$n++;
	}
	my $name = "upcase-pipe: standard input";
	if ($is_wrong) {
		my $which = $is_wrong % 4 ? "third" : "first";
		my $with = $is_wrong % 4 ? "+" : "@";
		printf "%s:%d: not FASTQ of four lines: the %s of a record does not begin with \x27%s\x27; left as it is from here on\\n",
			$name, $is_wrong + 1, $which, $with;
	}
	if ($bad) {
		printf "%s: %s at %s; kept as %s (see --encoding, --invalid)\\n", $name,
			$bad > 1 ? "$bad sequences are not UTF-8, the first"
				: "1 sequence is not UTF-8, that", $place,
			$bad > 1 ? "they are" : "it is";
	}
	open my $f, ">:raw", "text"; print $f $mark, $text;
	open $f, ">:raw", "want"; print $f $mark, $want;
'
for kind in fasta fastq; do
	check "any $kind comes out as Perl has it, whatever the batches and jobs" \
		tried $kind $((240 / thin))
done

tables() { python3 "$root/tests/cli/tables.py" "$@"; }
if have python3; then
	check "any table comes out as Python's csv module has it, whatever the batches and jobs" \
		tables $((600 / thin)) ${SEED:-1}
else
	skip "any table comes out as Python's csv module has it" \
		"there is no python3"
fi

finish
