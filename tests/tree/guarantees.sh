#!/usr/bin/env bash
# Each sentence under GUARANTEES in the manual names, in a comment behind it, a
# check that there is: .\" test: tests/cli/NAME.sh "the check's sentence"
set -u
: "${srcdir:=.}"
page=${1-$srcdir/man/upcase-pipe.1}
failed=0 named=0

not_ok() {
	printf 'not ok - %s\n' "$*"
	failed=1
}

section=$(sed -n '/^\.Sh GUARANTEES$/,/^\.Sh [^G]/p' "$page")
[ -n "$section" ] || not_ok 'the manual has no section GUARANTEES'

# A sentence ends its line with a period, alone as an argument or not. The first
# one, before the list, tells what they are.
without=$(sed '1,/^\.Bl/d' <<<"$section" | awk '
	/^\.\\" test: / { sentence = ""; next }
	/^\.(It|El|Sh)/ { if (sentence != "") print sentence; sentence = "" }
	!/^\.(It|El|Sh)/ {
		if (sentence ~ /\.$/) { print sentence; sentence = "" }
		sentence = sentence " " $0
	}')
[ -z "$without" ] || not_ok "names no test:$without"

while read -r file sentence; do
	named=$((named + 1))
	sentence=${sentence#\"} sentence=${sentence%\"}
	if [ ! -f "$srcdir/$file" ]; then
		not_ok "there is no $file"
	elif ! grep -Fq -e "check \"$sentence\"" "$srcdir/$file"; then
		not_ok "$file has no check \"$sentence\""
	fi
done < <(sed -n 's/^\.\\" test: //p' <<<"$section")
[ "$named" -ge 20 ] || not_ok "only $named sentences name a test"

[ "$failed" = 0 ] || exit 1
echo 'ok - each guarantee of the manual names a test that there is'
