#!/usr/bin/env bash
# make coverage: builds in ./coverage with counters, runs the tests there, and
# reports which lines of src they reach.
set -euo pipefail
: "${srcdir:=.}" "${CC:=gcc}"
srcdir=$(cd "$srcdir" && pwd)

mkdir -p coverage
cd coverage
# Without optimisation: a line counts for itself then.
"$srcdir/configure" --silent --disable-sandbox CC="$CC" \
	CFLAGS='-O0 -g --coverage' >/dev/null
# Not told to configure, which declares functions itself.
cppflags="$(sed -n 's/^CPPFLAGS = *//p' Makefile) -include $srcdir/tests/coverage.h"
rm -rf counts
mkdir counts

# Tests run the program as other users, too.
umask 000
# Where faults are made to happen in write(2), counts are damaged as well. So
# each test has a folder of its own for them, and what is said of them is not
# mixed with what the program says.
export GCOV_ERROR_FILE=$PWD/counts/errors
: >"$GCOV_ERROR_FILE"
# The long tests of the engine reach in a part what they reach at all.
export UPCASE_TEST_SCALE=${UPCASE_TEST_SCALE:-20}
failed=0
jobs=$(getconf _NPROCESSORS_ONLN)
make -s -j"$jobs" CPPFLAGS="$cppflags"
# shellcheck disable=SC2016 # make and the shell of a test expand these
make -s -j"$jobs" check CPPFLAGS="$cppflags" \
	TESTS_ENVIRONMENT='GCOV_PREFIX=$(abs_top_builddir)/counts/$$b' || {
	cat test-suite.log >&2
	failed=1
}
python3 "$srcdir/tests/coverage.py" "$srcdir" "$PWD" || failed=1
exit $failed
