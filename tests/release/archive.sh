#!/usr/bin/env bash
# archive.sh TARBALL - the tarball is what git has: each file, with the same bytes,
# and beside them only what autoreconf makes. Needs git and a clone of it.
set -euo pipefail
tarball=$1
top=$(cd "$(dirname "$0")/../.." && pwd)
# In a clone of something else git would answer, too.
[ -e "$top/.git" ] || {
	echo 'skipped: the source is no clone'
	exit 77
}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
tar -xzf "$tarball" -C "$tmp"
there=$(echo "$tmp"/*)
cd "$top"

failed=0
git ls-files >"$tmp/tracked"
grep -vx -e .gitignore -e .gitattributes "$tmp/tracked" | sort >"$tmp/wanted"
(cd "$there" && find . ! -type d | sed 's,^\./,,' | sort) >"$tmp/archived"
while read -r file; do
	if [ ! -e "$there/$file" ]; then
		echo "not in the archive: $file"
	elif ! cmp -s "$file" "$there/$file"; then
		echo "not the same in the archive: $file"
	elif [ -x "$file" ] && [ ! -x "$there/$file" ]; then
		echo "not executable in the archive: $file"
	else
		continue
	fi
	failed=1
done <"$tmp/wanted"
comm -13 "$tmp/wanted" "$tmp/archived" |
	grep -vx -e aclocal.m4 -e config.h.in -e configure -e Makefile.in \
		-e 'build-aux/[a-z-]*' >"$tmp/more" || :
if [ -s "$tmp/more" ]; then
	sed 's/^/in the archive, not in git: /' "$tmp/more"
	failed=1
fi
[ $failed = 0 ] || exit 1
echo "ok - the archive has the $(wc -l <"$tmp/wanted") files of git, as they are"
