#!/bin/sh
# Measures how fast the engine is, beside ICU, libunistring and memcpy, and
# prints a table. Options are those of the program: see bench-engine --help.
#
#   engine.sh [OPTION]...
#
#   BENCH_ENGINE     the program                 (./tests/bench/bench-engine)
#   BENCH_TEXTS      where the texts are made  (a folder in ${TMPDIR:-/tmp})
#   TEXTS            names of the texts; see texts.sh, also for others  (all)
#
# Exit status: 0, 1 a variant gave wrong bytes, 2 anything else.

set -u

here=$(cd "$(dirname "$0")" && pwd) || exit 2
program=${BENCH_ENGINE:-./tests/bench/bench-engine}
folder=${BENCH_TEXTS:-${TMPDIR:-/tmp}/upcase-pipe-bench}

bad() { echo "engine.sh: $*" >&2; exit 2; }

command -v "$program" >/dev/null 2>&1 ||
	bad "$program: no such program (set BENCH_ENGINE)"
for option; do
	case $option in
	-h | --help) exec "$program" --help ;;
	esac
done

# What the texts are goes beside the table, not into it.
sh "$here/texts.sh" "$folder" >&2 || bad 'the texts could not be made'

for name in ${TEXTS:-$(perl "$here/texts.pl" --list)}; do
	if [ -f "$folder/$name.txt" ]; then
		set -- "$@" "$name=$folder/$name.txt"
	fi
done
exec "$program" "$@"
