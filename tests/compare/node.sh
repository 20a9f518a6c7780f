#!/bin/sh
# Compares upper case with Node's (node.js), which is ICU's: every code point
# that Node's Unicode has, alone and between letters of several scripts, and
# random strings, without a language and with each that JavaScript knows.
#
#   UPCASE_PIPE  the program    (./upcase-pipe)
#   NODE         Node                    (node)
#
# Characters that are newer than Node's Unicode are left out, and those whose
# upper case is: they are named.
#
# Greek is compared with an ICU from 78 on only: earlier ones judge the letter
# eta by itself, and dialytika, otherwise. Armenian is left out, because
# JavaScript has no rule for U+0587.
#
# Exit status: 0 all equal, 1 something differs, 77 skipped: no Node.

set -u
LC_ALL=C
export LC_ALL

here=$(cd "$(dirname "$0")" && pwd) || exit 1
program=${UPCASE_PIPE:-./upcase-pipe}
node=${NODE:-node}

skip() { echo "skipped: $*"; exit 77; }

command -v "$program" >/dev/null 2>&1 || { echo "node.sh: $program: no such program (set UPCASE_PIPE)" >&2; exit 1; }
command -v "$node" >/dev/null 2>&1 || skip "no Node ($node) to compare with"
"$node" -e 'process.exit(process.versions.icu ? 0 : 1)' || skip "this Node has no ICU"
"$node" -e 'process.exit(parseInt(process.versions.unicode) >= 17 ? 0 : 1)' ||
  skip "this Node has an older Unicode than 17"

tmp=$(mktemp -d "${TMPDIR:-/tmp}/compare-node.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

"$node" "$here/node.js" version
"$node" "$here/node.js" points >"$tmp/points" || exit 1
"$program" <"$tmp/points" >"$tmp/upper" || exit 1
"$node" "$here/node.js" texts "$tmp/points" "$tmp/upper" >"$tmp/texts" 2>"$tmp/left-out" || exit 1
cat "$tmp/left-out"

failed=0

# compare TAG: '' is no language.
compare() {
  "$node" "$here/node.js" upper $1 <"$tmp/texts" >"$tmp/want" || exit 1
  if ! "$program" ${1:+--language=$1} <"$tmp/texts" >"$tmp/got"; then
    echo "language '$1': $program failed"
    failed=1
    return
  fi
  cmp -s "$tmp/texts" "$tmp/want" && { echo "Node changes nothing"; exit 1; }
  printf "language '%s': " "$1"
  "$node" "$here/node.js" check "$tmp/texts" "$tmp/want" "$tmp/got" || failed=1
}

for tag in '' tr az lt; do
  compare "$tag"
done
if "$node" -e 'process.exit(parseInt(process.versions.icu) >= 78 ? 0 : 1)'; then
  compare el
else
  echo "language 'el': left out, this ICU is older than 78"
fi
exit $failed
