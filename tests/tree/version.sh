#!/usr/bin/env bash
# The version and the day of the release are the same wherever they stand. The
# first line of NEWS has both; before a release it says "not released yet" in
# place of the day.
set -u
: "${srcdir:=.}" "${UPCASE_PIPE:=./upcase-pipe}"
packaging=$srcdir/samples/packaging
failed=0

read -r _ version day <"$srcdir/NEWS"
case $day in
\(20[0-9][0-9]-[01][0-9]-[0-3][0-9]\)) day=${day:1:10} ;;
'(not released yet)') day= ;;
*)
	echo "not ok - NEWS begins with the version and a day in parentheses: '$version $day'"
	exit 1
	;;
esac

# same WHERE WANTED FOUND
same() {
	if [ "$2" = "$3" ]; then
		echo "ok - $1: $3"
	else
		echo "not ok - $1: '$3', in NEWS '$2'"
		failed=1
	fi
}
first() { sed -n "s/$2/\\1/p" "$1" | sed -n 1p; }

same configure.ac "$version" \
	"$(first "$srcdir/configure.ac" '^AC_INIT(\[upcase-pipe\], \[\(.*\)\])$')"
same --version "$version" "$("$UPCASE_PIPE" --version | sed -n '1s/^upcase-pipe //p')"
same 'debian/changelog' "$version" \
	"$(first "$packaging/debian/changelog" '^upcase-pipe (\(.*\)-[^-]*) .*')"
same 'the Homebrew formula' "$version" \
	"$(first "$packaging/homebrew/upcase-pipe.rb" '^  url .*\/upcase-pipe-\([0-9.]*\)\.tar\.gz"$')"
same 'the bioconda recipe' "$version" \
	"$(first "$packaging/bioconda/meta.yaml" '^{% set version = "\(.*\)" %}$')"
same samples/packaging/README.md "$version" \
	"$(first "$packaging/README.md" '.* upcase-pipe-\([0-9.]*\)\.tar\.gz .*')"

# A manual is dated when it changes; here, all are those of a release.
if [ -n "$day" ]; then
	export LC_ALL=C TZ=UTC0
	for page in "$srcdir"/man/*.[1-9]; do
		same "man/${page##*/}" "$(date -d "$day" +'%B %-d, %Y')" \
			"$(first "$page" '^\.Dd \(.*\)$')"
	done
	same 'the day in debian/changelog' "$(date -d "$day" +'%a, %d %b %Y 00:00:00 +0000')" \
		"$(first "$packaging/debian/changelog" '^ -- .*>  \(.*\)$')"
fi
exit $failed
