#!/bin/bash
# smoke.sh - the benchmark itself: that it measures, says what it measured, and
# sees a program that gives wrong bytes, or is slower. How fast anything is does
# not matter.
#
# Run by make check. Exit status: 0, 1 something is not so.
set -u

here=$(cd "$(dirname "$0")" && pwd) || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failed=0

fail() {
	echo "not ok - $*"
	failed=1
}

bench() {
	TMPDIR=$tmp BENCH_DIR=$tmp/work BENCH_OUT=$tmp/out BENCH_TEXTS=$tmp/texts TEXTS=log \
		sh "$here/program.sh" --quick "$@" >"$tmp/stdout" 2>"$tmp/stderr"
}
# has ERE: a line of the table.
has() { grep -Eq -- "$1" "$tmp/out/bench.md" || fail "no line like '$1' in the table"; }

# How sure a ratio is: that of pairs which are all 11 to 10 is exactly known, that
# of five is not known at all; one wild pair of many changes nothing.
interval() { perl -I"$here" -MStatistics -e "printf '%.2f ' x 2, Statistics::interval($1)"; }
found=$(interval '[map { $_ * 1.1 } 1 .. 15], [1 .. 15]')
[ "$found" = '1.10 1.10 ' ] || fail "interval: $found instead of 1.10 1.10"
found=$(interval '[1 .. 5], [1 .. 5]' 2>&1)
[ "$found" = '0.00 0.00 ' ] || fail "interval of five pairs: $found"
found=$(interval '[(1) x 14, 9], [(1) x 15]')
[ "$found" = '1.00 1.00 ' ] || fail "interval with a wild pair: $found"

bench --only='pipe*' || { fail "it ends with $?"; cat "$tmp/stderr"; }
cmp -s "$tmp/stdout" "$tmp/out/bench.md" || fail 'it prints something else'
has '^\| log \| cat \| 5\.0 \| [0-9.]+ m?s .* \| 1\.00 \|'
has '^\| log \| upcase-pipe \| 5\.0 \| [0-9.]+ m?s .* \| [0-9.]+ \| .*cat: ≤ 0\.9 (met|\*\*missed)'
has '^\| pipe \| upcase-pipe \| tr \| log \| [0-9.]+ of its time \| ≤ 0\.55'
has '^Of 2 targets '
[ "$(ls "$tmp/work")" = '' ] || fail 'it leaves files'

# What only compares with itself, or is about a text of its own; the others may
# be missing.
bench --only='gzip6-stdout,tsv' || { fail "it ends with $?"; cat "$tmp/stderr"; }
has '^\| gzip6-stdout \| upcase-pipe \| - \| log \| [0-9.]+ of the bound \| ≥ 0\.85 '
has '^\| tsv \| upcase-pipe \| cat \| tsv \| [0-9.]+ of its time \| ≤ 2 '

# What is changed is the same again before each run. The rows that are synced
# may be missing: where nothing is on a disk, that is said.
bench --only='in-place*' || { fail "it ends with $?"; cat "$tmp/stderr"; }
has '^\| in-place \| upcase-pipe \| sed -i \| - \| [0-9.]+ of its time \| ≤ 1\.1 '
has '^\| in-place-large \| upcase-pipe \| cp, mv \| log \| [0-9.]+ of its time \| ≤ 1\.05 '
has '^(\| in-place-sync \| upcase-pipe \| fdatasync for each |- in-place-sync: there is no folder)'
[ "$(ls "$tmp/work")" = '' ] || fail 'it leaves files'
! ls "$tmp"/upcase-pipe-bench* 2>/dev/null || fail 'it leaves files on the disk'

# A program that loses the last byte of what comes through.
mkdir "$tmp/bad"
cat >"$tmp/bad/upcase-pipe" <<END
#!/bin/sh
if [ \$# -eq 0 ] && [ -p /dev/stdin ]; then "$UPCASE_PIPE" | head -c -1
else exec "$UPCASE_PIPE" "\$@"; fi
END
chmod +x "$tmp/bad/upcase-pipe"
UPCASE_PIPE=$tmp/bad/upcase-pipe bench --only=pipe
status=$?
[ $status -eq 1 ] || fail "a program that loses a byte: it ends with $status, not 1"
has 'wrong output: [0-9]+ bytes instead of [0-9]+'

# One that fails.
printf '#!/bin/sh\necho broken >&2\nexit 3\n' >"$tmp/bad/upcase-pipe"
UPCASE_PIPE=$tmp/bad/upcase-pipe bench --only=pipe
status=$?
[ $status -eq 1 ] || fail "a program that fails: it ends with $status, not 1"
has 'failed: .*broken'

# A build that is slower than another one.
printf '#!/bin/sh\nsleep 1\nexec "%s" "$@"\n' "$UPCASE_PIPE" >"$tmp/bad/upcase-pipe"
UPCASE_PIPE=$tmp/bad/upcase-pipe bench --only=file --runs=6 --against="$UPCASE_PIPE" ||
	{ fail "--against: it ends with $?"; cat "$tmp/stderr"; }
has '^\| file \| log \| upcase-pipe \| time \| [0-9.]+ m?s \| [0-9.]+ s \| [0-9.]+ \| [0-9.]+–[0-9.]+ \| 6 \| \*\*slower\*\*'
has '^Of 1 rows 1 are worse'

bench --only=nothing-like-it
[ $? -eq 2 ] || fail 'a work that there is not is no error'
exit $failed
