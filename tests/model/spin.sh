# spin.sh - what the checks of the model share; sourced by bash.
#
# shellcheck shell=bash

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd) || exit 1
: "${CC:=cc}"
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
command -v spin >/dev/null || {
	echo 'skipped: there is no spin (Debian: spin)'
	exit 77
}

# The model, all in one.
whole() {
	perl -pe 's{^#include "(.*)"\n}{
		open my $f, "<", "$ENV{here}/$1" or die "$1: $!\n"; local $/; <$f>
	}e' "$here/pipeline.pml"
}
export here

# explore MODEL SECONDS SWITCH...: looks at each state of the model that these
# switches make. Returns 0 when all are good, 1 when one is bad, which is then in
# $tmp/said, and 2 when the time or the memory (4 GB) did not do. `optimize`: for
# a search that ends soon, -O0 is the quickest in all.
explore() {
	local model=$1 seconds=$2 dir=$tmp/run
	shift 2
	rm -rf "$dir" && mkdir "$dir" && cp "$model" "$dir/model.pml" || return 2
	(
		cd "$dir" || exit 2
		spin "${@/#/-D}" -a model.pml &&
			"$CC" "${optimize:--O1}" -w -DSAFETY -DCOLLAPSE -DMEMLIM=4000 \
				-DVECTORSZ=2048 -o pan pan.c || exit 2
		timeout "$seconds" ./pan -m1000000 -w22 -n
	) >"$tmp/said" 2>&1
	if grep -q '^pan:[0-9]*: \(assertion violated\|invalid end state\)' "$tmp/said"
	then
		return 1
	fi
	grep -q 'errors: 0' "$tmp/said" && ! grep -q 'not completed' "$tmp/said" ||
		return 2
}

# The states that were looked at, and the first bad thing.
states() { sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' "$tmp/said"; }
what() { grep -m1 '^pan:[0-9]*:' "$tmp/said"; }
