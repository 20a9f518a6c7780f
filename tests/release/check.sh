#!/usr/bin/env bash
# check.sh NAME - all that has to hold before a version is published; `make
# release-check` runs it in the build folder, NAME being upcase-pipe-VERSION.
#
# Each step is shown; the first that fails ends it. In the folder `release` come
# the tarball, SHA256SUMS, and the Homebrew formula and the bioconda recipe with
# the sum filled in, and with the address of RELEASE_URL, if that is set.
#
#   RELEASE_TESTS   the tests that distcheck runs     (all; for trying this out)
set -euo pipefail

name=$1
: "${srcdir:=.}" "${MAKE:=make}" "${UPCASE_PIPE:?}"
tarball=$name.tar.gz
jobs=$(getconf _NPROCESSORS_ONLN)
step() { printf '\n=== %s (%d s)\n' "$*" "$SECONDS"; }
run_make() { "$MAKE" --no-print-directory "$@"; }

step 'the version and the day are the same everywhere; the release has a day'
bash "$srcdir/tests/tree/version.sh"
head -n 1 "$srcdir/NEWS" | grep -Eq "^upcase-pipe ${name##*-} \(20[0-9]{2}-[0-9]{2}-[0-9]{2}\)$" || {
	echo 'NEWS does not begin with the version and its day' >&2
	exit 1
}

step 'all is committed'
# A clone that git refuses to look at, of another user say, ends it.
if [ -e "$srcdir/.git" ]; then
	left=$(git -C "$srcdir" status --porcelain)
	[ -z "$left" ] || { printf 'not committed:\n%s\n' "$left" >&2; exit 1; }
else
	echo 'skipped: the source is no clone'
fi

step 'the manual, and what is said of guarantees and options'
for test in manual guarantees options; do
	bash "$srcdir/tests/tree/$test.sh"
done

step 'distcheck: from the tarball, in a read-only folder, with its tests'
# Only that of the tests is chosen, if at all.
run_make -j"$((2 * jobs))" distcheck ${RELEASE_TESTS:+TESTS="$RELEASE_TESTS"}

step 'the tarball is what git has'
bash "$srcdir/tests/release/archive.sh" "$tarball" || [ $? -eq 77 ]

step 'the same tarball again, whatever the umask, the time and the locale'
mkdir -p release
cp "$tarball" release/
(umask 077 && LC_ALL=C.UTF-8 TZ=Asia/Kathmandu run_make -s dist)
cmp "$tarball" "release/$tarball"

step 'packages, and the tarball for who is not root and has no git'
run_make -j"$jobs" check-packages

step 'the benchmark measures'
bash "$srcdir/tests/bench/smoke.sh"

step 'sums, formula and recipe'
bash "$srcdir/tests/release/fill.sh" release "$tarball" "${RELEASE_URL:-}"

step 'done: in release'
ls -l release
