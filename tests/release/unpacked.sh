#!/bin/bash
# unpacked.sh - the tarball builds and passes tests without git, as a user who is
# not root and has no home, in a folder beside its source, which is read-only; and
# makes itself again, byte for byte.
#
#   UNPACKED_TESTS   which tests         (some of each kind; all: the whole suite)
#
# shellcheck disable=SC2317,SC2016 # checks are called by name; a shell in a shell
: "${UPCASE_PIPE_LIMIT:=5400}"
export UPCASE_PIPE_LIMIT
. "$(dirname "$0")/../cli/lib.sh" || exit 1
. "$root/tests/packaging/tarball.sh" || exit 1

tests=${UNPACKED_TESTS:-tests/unit/test-queue tests/unit/test-replace
	tests/unit/test-upcase tests/cli/append.sh tests/cli/filter.sh
	tests/cli/io.sh tests/cli/replace.sh tests/tree/install.sh
	tests/tree/names.sh tests/tree/version.sh}
case $tests in
all) targets=check ;;
*) targets="check-TESTS TESTS='${tests//[$'\n\t']/ }'" ;;
esac

check 'the tarball unpacks' unpack

# there COMMAND: as a shell of the stranger in the folder that it is built in.
there() { stranger sh -c "umask 077; cd build && { $1; }" </dev/null; }

check 'it is configured where nothing but the build folder can be written to' \
	there '../source/configure --silent'
check 'it is built' there "make -s -j$(nproc)"
built=
for name in $tests; do
	case $name in
	tests/unit/*) built+=" $name" ;;
	esac
done
run_tests() {
	there "make -s -j$(nproc)$built && make -j$(nproc) $targets" >log 2>&1
	local r=$?
	grep -a -e '^# ' -e '^FAIL' -e '^ERROR' log
	[ $r -eq 0 ] || grep -a -A 5 -e '^not ok' build/test-suite.log || tail -n 60 log
	return $r
}
check 'its tests pass' run_tests
grep -a -e '^# [A-Z]*:' log
grep -ahs 'skipped: ' build/tests/*/*.log | sort -u | sed 's/^/#   /'
check 'nothing was written to its source' \
	test -z "$(find source -newer build/config.status -print | head -n 5)"

again() {
	there 'make -s dist' && cmp "$UPCASE_DIST" "build/$dist_name.tar.gz"
}
check 'the tarball that it makes is the same, byte for byte' again

# Where it was unpacked may be a clone of something else.
no_clone() {
	git init -q . && bash source/tests/release/archive.sh "$UPCASE_DIST"
	[ $? -eq 77 ]
}
if have git; then
	check 'it is not compared with the git of others around it' no_clone
else
	skip 'it is not compared with the git of others around it' 'no git (Debian: git)'
fi

finish
