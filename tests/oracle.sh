#!/bin/sh
# Compares upcase-pipe with an independent upper case, byte for byte, over a few
# hundred megabytes of real text in several scripts: the translated manual pages
# of Debian's manpages-de, -fr, -ru, -pl, -ja and -zh, and samples/. The other
# upper case is Node's (oracle.js), which is ICU's.
#
#   UPCASE_PIPE      the program                                (./upcase-pipe)
#   NODE             Node                                                (node)
#   ORACLE_MB        size of the corpus                                   (300)
#   ORACLE_SMALL_MB  size of the part for batches of 1 and 7 bytes          (8)
#   ORACLE_LANG_MB   size of the part for each language                    (16)
#   ORACLE_FULL=1    batches of 1 and 7 bytes over the whole corpus, too
#   ORACLE_TIMEOUT   seconds that one comparison may take       (300; full: 7200)
#   ORACLE_MAN       where the manual pages are                (/usr/share/man)
#   TMPDIR           needs room for about three times ORACLE_MB
#
# A line per comparison, 'N passed, N failed' at the end. Exit status: 0 all
# equal, 1 something differs, 2 a bad setting, 77 skipped: nothing to compare with.

set -u
LC_ALL=C
export LC_ALL

here=$(cd "$(dirname "$0")" && pwd) || exit 2
samples=$here/../samples
program=${UPCASE_PIPE:-./upcase-pipe}
node=${NODE:-node}
man=${ORACLE_MAN:-/usr/share/man}
full_mb=${ORACLE_MB:-300}
small_mb=${ORACLE_SMALL_MB:-8}
lang_mb=${ORACLE_LANG_MB:-16}
full=${ORACLE_FULL:-0}
limit=${ORACLE_TIMEOUT:-300}
[ "$full" != 1 ] || limit=${ORACLE_TIMEOUT:-7200}

bad() { echo "oracle.sh: $*" >&2; exit 2; }
skip() { echo "skipped: $*"; exit 77; }

for n in "$full_mb" "$small_mb" "$lang_mb" "$limit"; do
  case $n in
    '' | 0* | *[!0-9]*) bad "'$n': a size in MB or a time in seconds is a whole number" ;;
  esac
done
command -v "$program" >/dev/null 2>&1 || bad "$program: no such program (set UPCASE_PIPE)"
command -v "$node" >/dev/null 2>&1 || skip "no Node ($node) to compare with"

dirs='' missing=''
for l in de fr ru pl ja zh_CN zh_TW; do
  if [ -d "$man/$l" ]; then dirs="$dirs $man/$l"; else missing="$missing $l"; fi
done
[ -n "$dirs" ] || skip "no manual pages in $man (install manpages-de -fr -ru -pl -ja -zh)"
[ -z "$missing" ] || echo "skipped: the manual pages of$missing are not there; the corpus goes without"

tmp=$(mktemp -d "${TMPDIR:-/tmp}/oracle.XXXXXX") || exit 2
cleanup() {
  trap '' HUP INT PIPE TERM
  [ ! -s "$tmp/pid" ] || kill "$(cat "$tmp/pid")" 2>/dev/null
  wait
  rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM

# --- the corpus -------------------------------------------------------------

oracle() { "$node" "$here/oracle.js" "$@"; }

set -f # a manual page is called '[.1.gz'
# shellcheck disable=SC2086
find $dirs -type f -name '*.gz' | grep -v '[[:space:]]' | sort >"$tmp/pages"
[ "$(wc -l <"$tmp/pages")" -ge 100 ] || skip "next to no manual pages in$dirs"
: >"$tmp/texts"
for f in german latin-ligatures greek greek-polytonic russian turkish armenian \
         georgian japanese chinese arabic hebrew lithuanian polish vietnamese; do
  [ -f "$samples/$f.txt" ] || bad "$samples/$f.txt: not there"
  echo "$samples/$f.txt" >>"$tmp/texts"
done
case $samples in *[[:space:]]*) bad "the path of the sources has a space" ;; esac
echo "$samples/access.log" >>"$tmp/texts"

# corpus SEED MB COPIES-OF-SAMPLES EVERY-NTH-PAGE
corpus() {
  { awk -v n="$4" 'NR % n == 0' "$tmp/pages"
    i=0
    while [ "$i" -lt "$3" ]; do cat "$tmp/texts"; i=$((i + 1)); done
  } >"$tmp/list"
  # shellcheck disable=SC2046
  oracle corpus "$1" $(($2 * 1000000)) $(cat "$tmp/list")
}

oracle icu
corpus 1 "$full_mb" 20 1 >"$tmp/full" || bad 'no corpus'
corpus 2 "$small_mb" 10 10 >"$tmp/small" || bad 'no corpus'
for f in full small; do
  iconv -f UTF-8 -t UTF-8 "$tmp/$f" | cmp -s - "$tmp/$f" || bad "the corpus '$f' is not UTF-8"
  oracle upper <"$tmp/$f" >"$tmp/$f.up" || bad 'the oracle failed'
  cmp -s "$tmp/$f" "$tmp/$f.up" && bad 'the oracle changes nothing'
done
echo "corpus: $(wc -l <"$tmp/pages") manual pages and samples, $(wc -c <"$tmp/full") bytes, $(wc -l <"$tmp/full") lines; small part $(wc -c <"$tmp/small") bytes"

# --- the comparisons --------------------------------------------------------

passed=0 failed=0

# verdict NAME CMP-STATUS: counts and says; the program's status is in $tmp/status.
verdict() {
  status=$(cat "$tmp/status" 2>/dev/null)
  if [ "$2" -eq 0 ] && [ "$status" = 0 ]; then
    passed=$((passed + 1))
    echo "ok    $1"
  else
    failed=$((failed + 1))
    echo "FAIL  $1 (status $status)"
    sed -n '1,5s/^/      /p' "$tmp/err"
    sed -n '1,2s/^/      /p' "$tmp/cmp"
  fi
  rm -f "$tmp/status"
}

# run OPTION...: the program, in the background so that a signal to this script
# need not wait for it. Its status goes into a file (124: it took too long).
run() {
  { timeout -k 5 "$limit" "$program" "$@" <&3 3<&- 2>"$tmp/err" & } 3<&0
  echo $! >"$tmp/pid"
  wait $!
  echo $? >"$tmp/status"
  rm -f "$tmp/pid"
}

# Four ways to run it, each: EXPECTED INPUT OPTION..., and cmp's status.
plain() {
  want=$1 in=$2
  shift 2
  run "$@" <"$in" | cmp - "$want" >"$tmp/cmp" 2>&1
}
piped() {
  want=$1 in=$2
  shift 2
  # shellcheck disable=SC2002
  cat "$in" | run "$@" | cmp - "$want" >"$tmp/cmp" 2>&1
}
packed() { # the output is gzip
  want=$1 in=$2
  shift 2
  run "$@" <"$in" >"$tmp/out.gz"
  gzip -t "$tmp/out.gz" 2>"$tmp/cmp" && gzip -dc "$tmp/out.gz" | cmp - "$want" >"$tmp/cmp" 2>&1
}
appended() { # the last newline is added
  want=$1 in=$2
  shift 2
  run "$@" --output="$tmp/appended" <"$in"
  { cat "$want"; echo; } | cmp - "$tmp/appended" >"$tmp/cmp" 2>&1
}

# same NAME HOW EXPECTED INPUT OPTION...
same() {
  name=$1
  shift
  "$@" &
  wait $!
  verdict "$name" $?
  rm -f "$tmp/out.gz" "$tmp/appended"
}

for j in 1 2 4; do
  for b in 1 7 4096 default; do
    case $b in
      1 | 7) part=small size=$small_mb ;;
      *) part=full size=$full_mb ;;
    esac
    [ "$full" != 1 ] || part=full size=$full_mb
    if [ "$b" = default ]; then
      same "full mapping, $size MB, jobs $j, batch size default" plain "$tmp/$part.up" "$tmp/$part" --jobs=$j
    else
      same "full mapping, $size MB, jobs $j, batch size $b" plain "$tmp/$part.up" "$tmp/$part" --jobs=$j --batch-size=$b
    fi
  done
done

# Other ways in and out.
same "full mapping, $full_mb MB, a file operand" plain "$tmp/full.up" /dev/null --jobs=2 "$tmp/full"
same "full mapping, $full_mb MB, through pipes" piped "$tmp/full.up" "$tmp/full" --jobs=2
same "full mapping, $small_mb MB, --output" appended "$tmp/small.up" "$tmp/small" --jobs=2

# Upper case of upper case is the same again.
same "full mapping, $full_mb MB, twice" plain "$tmp/full.up" "$tmp/full.up" --jobs=2

# gzip out, gzip in, both.
for j in 1 2 4; do
  same "gzip output, $full_mb MB, jobs $j" packed "$tmp/full.up" "$tmp/full" --gzip --jobs=$j
done

# Members that end anywhere, in the middle of lines and of characters, of two
# levels; one is empty, one has a name in its header.
size=$(wc -c <"$tmp/full")
third=$((size / 3 + 1))
{ head -c "$third" "$tmp/full" | gzip -1
  gzip -n </dev/null
  tail -c +$((third + 1)) "$tmp/full" | head -c "$third" | gzip -n6
  tail -c +$((2 * third + 1)) "$tmp/full" >"$tmp/rest"
  gzip -1 -N -c "$tmp/rest"
} >"$tmp/full.gz"
rm -f "$tmp/rest"
for j in 1 2 4; do
  same "gzip input of several members, $full_mb MB, jobs $j" plain "$tmp/full.up" "$tmp/full.gz" --jobs=$j
done
same "gzip input of several members, $full_mb MB, a file operand" plain "$tmp/full.up" /dev/null --jobs=2 "$tmp/full.gz"
same "gzip input and output, $full_mb MB" packed "$tmp/full.up" "$tmp/full.gz" --gzip
rm -f "$tmp/full.gz" "$tmp/full" "$tmp/full.up"

# The languages, over a corpus with more of the samples in it.
seed=10
for l in tr az lt el hy; do
  seed=$((seed + 1))
  corpus $seed "$lang_mb" 40 40 >"$tmp/lang" || bad 'no corpus'
  head -c 1000000 "$tmp/lang" | sed '$d' >"$tmp/lang.few" # whole lines
  for f in lang lang.few; do
    oracle upper $l <"$tmp/$f" >"$tmp/$f.up" || bad 'the oracle failed'
  done
  oracle upper <"$tmp/lang" | cmp -s - "$tmp/lang.up" && bad "the oracle knows nothing of $l"
  for j in 1 2 4; do
    same "language $l, $lang_mb MB, jobs $j" plain "$tmp/lang.up" "$tmp/lang" --language=$l --jobs=$j
  done
  for b in 1 7 4096; do # what a rule looks at is in another piece of the line
    same "language $l, 1 MB, jobs 2, batch size $b" plain "$tmp/lang.few.up" "$tmp/lang.few" --language=$l --jobs=2 --batch-size=$b
  done
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
