#!/bin/sh
# Every seed of each fuzzer's corpus, in every way that its header can say: what
# the fuzzers look for does not happen with them.
#
#   FUZZ_REPLAY  the programs without -TARGET  (tests/fuzz/replay)
#   UPCASE_DATA  the directory of Unicode's data

set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
for target in upcase gzip pipeline options tear decode selected zstd xz; do
	echo "$target:"
	case $target in
	zstd | xz)
		[ -x "${FUZZ_REPLAY:-tests/fuzz/replay}-$target" ] || {
			echo "skipped: built without $target"
			continue
		}
		;;
	esac
	"${FUZZ_REPLAY:-tests/fuzz/replay}-$target" "$here/corpus/$target"/* ||
		exit 1
done
