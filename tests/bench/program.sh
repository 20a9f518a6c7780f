#!/bin/sh
# Measures how fast upcase-pipe is, beside other programs, and prints a table.
# Other programs that are not installed are left out, with a word.
#
#   program.sh [OPTION]...
#
#   --runs=N          the median of N rounds counts                        (15)
#   --size=MB         the size of the large texts                         (200)
#   --only=PATTERNS   only works with such names ('gzip*,start'); --list: what
#                     names there are
#   --tools=PATTERNS  only such tools ('upcase-pipe*,tr'), and what they are
#                     compared with
#   --texts=NAMES     only these texts ('log german'); see texts.sh
#   --against=PROGRAM only upcase-pipe, beside PROGRAM, another build of it: for
#                     each row the time of the new one by that of the old one,
#                     and the 95 % interval of that (see Statistics.pm). A row is
#                     slower when the lower end of it is above 1.02; 15 rounds
#                     are the least to judge by
#   --huge            also a file of 10 GB, and as many files that are synced as
#                     that are not
#   --quick           small texts, few rounds: to see whether it works
#
#   BENCH_RUN         what starts programs             (./tests/bench/bench-run)
#   UPCASE_PIPE       the program                                (./upcase-pipe)
#   UPCASE_PIPE_ZLIB  the program, built without libdeflate               (none)
#   BENCH_OUT         folder for bench.md, bench.svg, bench.tsv (current folder)
#   BENCH_DIR         folder to work in, removed again from it all that was made
#                     (/dev/shm if there is room, else ${TMPDIR:-/tmp})
#   TMPDIR            also where files are synced, if that is on a disk      (/tmp)
#   BENCH_TEXTS       where the texts are kept   (a folder in ${TMPDIR:-/tmp})
#   TEXTS             names of the texts; see texts.sh
#
# Exit status: 0, 1 a program failed or gave wrong bytes, 2 anything else. A
# missed target is no failure, nor is a slower build.
#
# hyperfine takes the time, measure.pl decides what runs when; it is there that
# the rounds are described.

set -u
LC_ALL=C
export LC_ALL

here=$(cd "$(dirname "$0")" && pwd) || exit 2
BENCH_RUN=${BENCH_RUN:-./tests/bench/bench-run}
UPCASE_PIPE=${UPCASE_PIPE:-./upcase-pipe}
texts=${TEXTS:-log german french russian greek japanese chinese}
store=${BENCH_TEXTS:-${TMPDIR:-/tmp}/upcase-pipe-bench}
out=${BENCH_OUT:-.}

runs=15 large=200 small=1 once=20 files=20000 synced=2000 lines=5000000 answers=20000
huge=0 only='*' tools='*' against='' list=0 hundred=100 immense=10000

bad() { echo "program.sh: $*" >&2; exit 2; }
say() { echo "$*" >&2; }

usage() { sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; }

for option; do
	case $option in
	--runs=*) runs=${option#*=} ;;
	--size=*) large=${option#*=} ;;
	--only=*) only=${option#*=} ;;
	--tools=*) tools=${option#*=} ;;
	--texts=*) texts=${option#*=} ;;
	--against=*) against=${option#*=} ;;
	--huge) huge=1 synced=$files ;;
	--list) list=1 ;;
	--quick)
		runs=3 large=5 once=2 files=300 synced=30 lines=200000 answers=2000
		hundred=2 immense=20
		;;
	-h | --help) usage; exit 0 ;;
	*) bad "$option: unknown; --help tells what there is" ;;
	esac
done
for n in "$runs" "$large"; do
	case $n in
	'' | 0* | *[!0-9]*) bad "'$n': not a whole number" ;;
	esac
done
[ "$large" -ge "$once" ] || once=$large

# ------------------------------------------------------------- what is there

# The absolute path of a program.
absolute() {
	path=$(command -v "$1") || bad "$1: no such program"
	case $path in
	/*) echo "$path" ;;
	*) echo "$PWD/$path" ;;
	esac
}

BENCH_RUN=$(absolute "$BENCH_RUN") || exit 2
export BENCH_RUN
for name in perl hyperfine; do
	command -v "$name" >/dev/null 2>&1 || bad "$name is not installed"
done
UPCASE_PIPE=$(absolute "$UPCASE_PIPE") || exit 2
export UPCASE_PIPE
if [ -n "${UPCASE_PIPE_ZLIB:-}" ]; then
	UPCASE_PIPE_ZLIB=$(absolute "$UPCASE_PIPE_ZLIB") || exit 2
	export UPCASE_PIPE_ZLIB
else
	unset UPCASE_PIPE_ZLIB
fi
if [ -n "$against" ]; then
	UPCASE_PIPE_OLD=$(absolute "$against") || exit 2
	export UPCASE_PIPE_OLD
fi
# Not a script that looks for the interpreter, which would be measured as well.
PYTHON=$(python3 -c 'import sys; print(sys.executable)' 2>/dev/null)
if [ -n "$PYTHON" ]; then export PYTHON; else unset PYTHON; fi

set -- --only="$only" --tools="$tools"
[ -z "$against" ] || set -- "$@" --against
[ $huge = 0 ] || set -- "$@" --huge
works=$(perl "$here/measure.pl" --list "$@") || exit 2
[ -n "$works" ] || bad "$only: no such work; --list tells the names"
if [ $list = 1 ]; then
	echo "$works"
	exit 0
fi
# Whether one of these works is to be done.
wanted() {
	for work; do
		case "
$works
" in
		*"
$work
"*) return 0 ;;
		esac
	done
	return 1
}

# --------------------------------------------------------------------- room

# These are of some works only.
for name in fasta fastq tsv csv; do
	if wanted "$name" growth || { [ $name = fasta ] && wanted fasta-bgzf; }; then
		texts="$texts $name"
	fi
done

# What all files together take at most, in MB.
count=0
for name in $texts; do count=$((count + 1)); done
need=$(((count + 6) * (large + once + small) + 200))
if wanted utf16; then need=$((need + 6 * large)); fi
if wanted huge; then need=$((need + hundred + 2 * immense)); fi

# Free megabytes of a folder. What lies in tmpfs takes memory, too.
room_in() {
	free=$(df -Pk "$1" | awk 'NR == 2 { printf "%d", $4 / 1000 }')
	if [ "$(stat -f -c %T "$1" 2>/dev/null)" = tmpfs ]; then
		memory=$(awk '/^MemAvailable:/ { printf "%d", $2 / 1250 }' \
			/proc/meminfo) # most of it
		[ "${memory:-0}" -ge "$free" ] || free=${memory:-0}
	fi
	echo "${free:-0}"
}

base=${BENCH_DIR:-/dev/shm}
if [ -z "${BENCH_DIR:-}" ]; then
	if [ ! -d "$base" ] || [ ! -w "$base" ] ||
		[ "$(room_in "$base")" -lt $need ]; then
		base=${TMPDIR:-/tmp}
	fi
fi
mkdir -p "$base" "$out" || exit 2
if wanted huge && [ "$(room_in "$base")" -lt $need ]; then
	left_out="huge: $base has no room for $need MB"
	need=$((need - hundred - 2 * immense))
	immense=0
fi
[ "$(room_in "$base")" -ge $need ] ||
	bad "$base has no room for $need MB (set BENCH_DIR, or --size)"

# ------------------------------------------------------- cleaning up, always

dir='' disk='' pid=''
# shellcheck disable=SC2317 # the trap calls it
cleanup() {
	trap '' HUP INT TERM
	if [ -n "$pid" ]; then
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	fi
	[ -z "$dir" ] || rm -rf "$dir"
	[ -z "$disk" ] || rm -rf "$disk"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
dir=$(mktemp -d "$base/upcase-pipe-bench.XXXXXX") || exit 2
out=$(cd "$out" && pwd) || exit 2

# -------------------------------------------------------------------- texts

TEXTS_MB=20 TEXTS=$texts sh "$here/texts.sh" "$store" >&2 ||
	bad 'the texts could not be made'
cd "$dir" || exit 2

# sized NAME MB FILE: the text over and over, up to MB, cut at a line end, or
# behind a read: a million bytes hold whole ones.
sized() {
	text=$store/$1.txt lines_of_one=1
	[ "$1" != fastq ] || lines_of_one=4
	times=$(($2 * 1000000 / $(wc -c <"$text") + 1))
	while [ $times -gt 0 ]; do
		cat "$text"
		times=$((times - 1))
	done 2>/dev/null | head -c "${2}000000" | head -n -"$lines_of_one" >"$3"
}

# compressed NAME: in the two ways that gzip input may have.
compressed() {
	rm -f "$1-large.txt.members.gz"
	"$UPCASE_PIPE" -o "$1-large.txt.members.gz" <"$1-large.txt" &&
		gzip -6 -c <"$1-large.txt" >"$1-large.txt.gz"
}

# other NAME-SIZE SUFFIX COMMAND...: in another form, if COMMAND is there.
other() {
	text=$1.txt to=$1.txt.$2
	shift 2
	! command -v "$1" >/dev/null 2>&1 || "$@" <"$text" >"$to" ||
		bad "$text: $1 failed"
}

say "making the texts in $dir"
present=''
for name in $texts; do
	[ -f "$store/$name.txt" ] || continue
	present="$present $name"
	sized "$name" "$small" "$name-small.txt"
	sized "$name" "$once" "$name-once.txt"
	sized "$name" "$large" "$name-large.txt"
	case $name in
	log | german | russian)
		if wanted gzip6 gzip6-members gzip6-stdout gzip1 gzip1-stdout \
			gunzip memory-gzip; then
			compressed "$name" || bad "$name: cannot be compressed"
		fi
		! wanted bgzf || other "$name-large" bgz bgzip -c -@ 2
		! wanted zstd || other "$name-large" zst zstd -q -c
		! wanted utf16 || other "$name-large" utf16 iconv -f UTF-8 -t UTF-16
		;;
	fasta) ! wanted fasta-bgzf || other fasta-once bgz bgzip -c -@ 2 ;;
	esac
done
[ -n "$present" ] || bad 'there is no text to measure with'
first=${present# }
first=${first%% *}
if wanted memory; then
	present="$present oneline random"
	# Each with a newline at the end, which upcase-pipe -o would add.
	{ tr -d '\n' <"$first-large.txt"; echo; } >oneline-large.txt
	{ head -c "${large}000000" /dev/urandom; echo; } >random-large.txt
fi
if wanted small in-place in-place-sync; then
	mkdir s || exit 2
	sized "$first" $((files * 2048 / 1000000 + 1)) s.txt
	split -a 4 -C 2048 s.txt s/ || bad 'split failed'
	rm s.txt
fi
if wanted in-place-sync; then
	disk=$(mktemp -d "${TMPDIR:-/tmp}/upcase-pipe-bench.XXXXXX") || exit 2
	if [ "$(stat -f -c %T "$disk")" != tmpfs ]; then
		mkdir "$disk/s" && ln -s "$disk" disk || exit 2
		find s -type f | sort | head -n $synced | xargs cp -t disk/s || exit 2
	fi
fi
if wanted huge && [ $immense -gt 0 ] && [ -f log-large.txt ]; then
	sized log $hundred log-hundred.txt
	sized log $immense log-huge.txt
fi

# ------------------------------------------------------------------ measuring

load=$(cut -d ' ' -f 1 /proc/loadavg)
# shellcheck disable=SC2086 # present is a list
perl "$here/measure.pl" "$@" --runs="$runs" --lines=$lines --answers=$answers \
	--markdown=tables.md --values=bench.tsv $present </dev/null &
pid=$!
wait $pid
status=$?
pid=''
[ $status -le 1 ] || exit $status

# -------------------------------------------------------------------- heading

# The first line that a program says about itself.
version() {
	command -v "$1" >/dev/null 2>&1 || return
	echo "- $("$@" 2>&1 </dev/null | grep -m 1 .)"
}

heading() {
	if [ -n "$against" ]; then
		echo '# upcase-pipe beside another build of itself'
	else
		echo '# upcase-pipe beside other programs'
	fi
	echo
	echo "- $(date -u +%Y-%m-%d), $(sed -n \
		's/^model name[^:]*: *//p;' /proc/cpuinfo | head -n 1)," \
		"$(getconf _NPROCESSORS_ONLN) CPUs online"
	echo "- $(uname -sr), files on $(stat -f -c %T . 2>/dev/null)"
	echo "- texts of $large MB, $once MB for slow tools, and $small MB;" \
		"the median of $runs rounds," \
		"in which the commands take turns to begin"
	echo "- $lines lines and $answers answers of 40 bytes," \
		"$(find s -type f 2>/dev/null | wc -l) small files," \
		"$(find disk/s -type f 2>/dev/null | wc -l) that are synced"
	echo "- peak memory is that of the largest process of a command;" \
		"CPU time that of all"
	echo "- load average $load before," \
		"$(cut -d ' ' -f 1 /proc/loadavg) after"
	[ -z "${left_out:-}" ] || echo "- left out: $left_out"
	echo
	echo '<details><summary>Versions</summary>'
	echo
	version "$UPCASE_PIPE" --version
	[ -z "$against" ] || version "$UPCASE_PIPE_OLD" --version
	[ -z "${UPCASE_PIPE_ZLIB:-}" ] || version "$UPCASE_PIPE_ZLIB" --version
	version hyperfine --version
	version cat --version
	version sed --version
	version gawk --version
	version mawk -W version
	version perl --version
	version "${PYTHON:-python3}" --version
	version uconv --version
	version gzip --version
	version pigz --version
	version igzip --version
	version bgzip --version
	version zstd --version
	version iconv --version
	version seqkit version
	version mlr --version
	seqtk 2>&1 | sed -n 's/^Version:/- seqtk/p'
	echo
	echo '</details>'
}

{ heading; cat tables.md; } >bench.md

# ---------------------------------------------------------------------- chart

chart() {
	if ! command -v gnuplot >/dev/null 2>&1; then
		say 'no chart: gnuplot is not installed'
	elif ! LC_ALL=C.UTF-8 gnuplot -e \
		"values='bench.tsv'; chart='bench.svg'" \
		"$here/chart.gp" 2>messages; then
		say "no chart: gnuplot: $(grep -m 1 '[^ ^]' messages)"
		rm -f bench.svg
	fi
}
# Only of works that are in it.
if wanted file pipe gzip6; then chart; fi

cat bench.md
# A chart of another run does not belong to these figures.
rm -f "$out/bench.svg"
for file in bench.md bench.tsv bench.svg; do
	[ ! -s $file ] || cp $file "$out/$file" || exit 2
done
exit $status
