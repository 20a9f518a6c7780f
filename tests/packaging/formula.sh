#!/bin/bash
# formula.sh - the Homebrew formula: valid Ruby, and what it does to install and to
# test works, run by a stand-in for Homebrew (formula.rb). Homebrew itself is not
# run.
#
# shellcheck disable=SC2317 # checks are called by name
. "$(dirname "$0")/../cli/lib.sh" || exit 1
. "$root/tests/packaging/tarball.sh" || exit 1
have ruby || skip_all 'no ruby (Debian: ruby)'

formula=$root/samples/packaging/homebrew/upcase-pipe.rb
check 'the formula is valid Ruby, without a warning' \
	test "$(ruby -wc "$formula" 2>&1)" = 'Syntax OK'
tar -xzf "$UPCASE_DIST"
install() {
	cd "$dist_name" &&
		CFLAGS=-O0 ruby -w "$here/../packaging/formula.rb" "$formula" "$tmp/prefix" "$tmp/tried"
}
mkdir "$tmp/tried"
export LC_ALL=C.UTF-8
check 'what it does to install and to test works, without Homebrew' install
finish
