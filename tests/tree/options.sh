#!/usr/bin/env bash
# What the program takes, its --help, the manual and the completion files name
# the same options, short and long; and a test uses each.
set -u
: "${srcdir:=.}" "${UPCASE_PIPE:?}"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# Noted in a file: some of this runs behind pipes.
not_ok() {
	printf 'not ok - %s\n' "$*"
	: >"$tmp/failed"
}

# same WHAT: compares the options on standard input, one a line, with those of
# the program, both ways.
same() {
	local what=$1 only
	sort -u >"$tmp/these"
	only=$(comm -23 "$tmp/program" "$tmp/these")
	# shellcheck disable=SC2086 # options are words
	[ -z "$only" ] || not_ok "not in $what:" $only
	only=$(comm -13 "$tmp/program" "$tmp/these")
	# shellcheck disable=SC2086
	[ -z "$only" ] || not_ok "only in $what:" $only
}

# Options in a text, "-o--output" with a short form and "--no-gzip" without. One
# that has a short form counts with it also where it is named alone.
named() {
	grep -oE -- '(-[a-zA-Z], )?--[a-z][a-z0-9-]*[a-z]' | sed 's/, //' |
		awk '{ all[$0] } END {
			for (o in all) if (o ~ /^-[^-]/) pair[substr(o, 3)]
			for (o in all) if (!(o in pair)) print o }'
}

# What getopt_long is given.
sed -n 's/^\t{"\([a-z0-9-]*\)", .*, '\''\(.\)'\''},$/-\2--\1/p
	s/^\t{"\([a-z0-9-]*\)", .*, [A-Z][A-Z_]*},$/--\1/p' \
	"$srcdir/src/cli/options.c" | sort >"$tmp/program"
[ "$(wc -l <"$tmp/program")" -ge 36 ] ||
	not_ok 'the table of options was not found in src/cli/options.c'
sed -n 's/^static const char short_options\[\] = "\(.*\)";$/\1/p' \
	"$srcdir/src/cli/options.c" | tr -d : | grep -o . | sort >"$tmp/short"
sed -n 's/^-\([^-]\)--.*/\1/p' "$tmp/program" | sort |
	cmp -s - "$tmp/short" ||
	not_ok 'short_options does not have the letters of long_options'

"$UPCASE_PIPE" --help >"$tmp/help" || not_ok '--help failed'
named <"$tmp/help" | same --help

# ".It Fl o Ar file , Cm \-\-output Ns = Ns Ar file"
sed -n 's/\\-/-/g
	s/^\.It Fl \([a-zA-Z]\) .*Cm --\([a-z0-9-]*\).*/-\1--\2/p
	s/^\.It Cm --\([a-z0-9-]*\).*/--\1/p' "$srcdir/man/upcase-pipe.1" |
	same 'the manual'

# Shells that complete names complete the long ones.
sed 's/^-[^-]//' "$tmp/program" >"$tmp/long" && sort -o "$tmp/program" "$tmp/long"
completions=0
for file in "$srcdir"/src/cli/completion/*; do
	[ -f "$file" ] || continue
	completions=$((completions + 1))
	{
		grep -oE -- '--[a-z][a-z0-9-]*[a-z0-9]' "$file"
		# fish: -l NAME
		sed -n 's/^complete .* -l \([a-z][a-z0-9-]*\).*/--\1/p' "$file"
	} | same "${file#"$srcdir"/}"
done

# What could be shortened once, with the first options or with later ones, and
# cannot any more is in NEWS.
abbreviations() {
	awk '{ for (n = 1; n < length($0); n++) of[substr($0, 1, n)] = \
			of[substr($0, 1, n)] " " $0
		name[$0] }
		END { for (a in of) if (split(of[a], any, " ") == 1 || a in name) print a }'
}
first='output gzip no-gzip no-decompress mapping language invalid interactive
	no-interactive prompt jobs batch-size queue-depth flush-interval sync
	shutdown-timeout stats verbose quiet help version'
later="$first bgzf verify encoding skip-prefix fasta fastq fields characters
	delimiter complement header tsv csv on-full repair"
# shellcheck disable=SC2086 # names are words
{
	printf '%s\n' $first | abbreviations
	printf '%s\n' $later | abbreviations
} | sort -u >"$tmp/were"
sed 's/^--//' "$tmp/program" | abbreviations | sort >"$tmp/are"
comm -23 "$tmp/were" "$tmp/are" | sed 's/^/--/' >"$tmp/lost"
sed -n '/^  \* Abbreviations of options/,/^  \*/{/^  \* [^A]/!p}' "$srcdir/NEWS" |
	sed 's/([^)]*)//g' | grep -oE -e '--[a-z][a-z0-9-]*' | sort >"$tmp/told"
cmp -s "$tmp/lost" "$tmp/told" ||
	not_ok "NEWS tells the abbreviations" $(cat "$tmp/told") "; lost are" $(cat "$tmp/lost")

# In a command of a test; comments do not count.
for option in $(cat "$tmp/program"); do
	grep -hE -- "^[^#]*$option([^a-z-]|\$)" "$srcdir"/tests/cli/*.sh \
		>"$tmp/uses"
	[ -s "$tmp/uses" ] || not_ok "no test of tests/cli uses $option"
done
for letter in $(cat "$tmp/short"); do
	grep -qE -- "\"([^\"]* )?-[a-zA-Z]*$letter" \
		"$srcdir/tests/unit/test-options.c" ||
		not_ok "tests/unit/test-options.c does not try -$letter"
done

[ $completions -eq 3 ] || not_ok 'there are not three completion files'
[ ! -e "$tmp/failed" ] || exit 1
echo "ok - $(wc -l <"$tmp/program") options are the same in --help, the manual and $completions completion files"
