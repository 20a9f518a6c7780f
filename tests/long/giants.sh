#!/bin/bash
# giants.sh - inputs that are large in one way: memory stays what it is, and twice
# as much takes twice the work.
#
# The short form is part of make check; PROOF=long (make check-long) is
# the full one: 10 GB and a million members, some minutes.
#
# Memory is the peak that the kernel notes of the program alone, as bench-run
# tells it: that is a small static program, so what a parent has, which counts
# until the program is started, is less than anything here. Work is counted in
# instructions (callgrind): time says nothing on a machine that does other things.
#
# shellcheck disable=SC2317,SC2086 # checks are called by name, numbers stand bare
[ "${PROOF:-}" != long ] || export UPCASE_PIPE_LIMIT=14400
. "$(dirname "$0")/../cli/lib.sh" || exit 1

: "${BENCH_RUN:=$root/build/tests/bench/bench-run}"
[ -x "$BENCH_RUN" ] || skip_all "no program at $BENCH_RUN (set BENCH_RUN)"

MIB=1048576
if [ "${PROOF:-}" = long ]; then
	line=$((10240 * MIB)) bomb=$((10240 * MIB))
	members=100000 empty=1000000 name=$((10 * MIB))
else
	line=$((48 * MIB)) bomb=$((48 * MIB))
	members=3000 empty=20000 name=$MIB
fi

# With two threads of each kind, whatever the machine has: 11 batches of 256 KiB
# with room for what they become, 5 packets of up to 2 MiB; most of it untouched.
most_kib=$((24 * 1024))

# --- what is large -----------------------------------------------------------

letters() { head -c "$1" /dev/zero | tr '\0' "${2:-a}"; }

# one_byte N [SIZED]: N members of one byte, as gzip makes them; or as we do, with
# a newline.
one_byte() {
	if [ -n "${2:-}" ]; then
		printf a | "$UPCASE_PIPE" -z -j 1 -o one.gz
	else
		printf a | gzip -n >one.gz
	fi
	perl -e 'open my $f, "<:raw", shift or die; local $/;
		print scalar(<$f>) x shift' one.gz "$1"
	rm one.gz
}
empties() { perl -e 'print pack("H*", "1f8b08000000000000030300" . "00" x 8) x shift' "$1"; }

# head N: a member with an extra field of 65,535 bytes and a name of N.
long_head() {
	perl -e 'print pack("C4 x6 v", 0x1f, 0x8b, 8, 4 | 8, 65535),
		"x" x 65535, "n" x shift, "\0",
		pack("H*", "cb48cdc9c90700"), pack("V2", 0x3610a686, 5)' "$1"
}

# --- memory ------------------------------------------------------------------

mkfifo taken fed

# measure INPUT WANT [ARG...]: the program reads the file or FIFO INPUT; WANT
# prints what it has to write. Tells its peak in KiB.
measure() {
	local input=$1 want=$2 peak r=0
	shift 2
	$want | cksum >want.sum &
	cksum <taken >got.sum &
	printf '%s\0' "$input" taken LC_ALL=C "$UPCASE_PIPE" "$@" '' >run
	peak=$("$BENCH_RUN" --cost run) || r=1
	wait
	[ $r -eq 0 ] || { echo "it ended badly: $peak"; cat messages; return 1; }
	cmp -s want.sum got.sum || { echo "other bytes: $(cat got.sum), not $(cat want.sum)"; return 1; }
	echo "$peak KiB" | tee -a peaks
	sanitized || [ "$peak" -le $most_kib ]
}

# by_name MAKE WANT [ARG...], by_pipe: MAKE prints what is read.
by_name() {
	$1 >input && measure input "${@:2}"
	local r=$?
	rm -f input
	return $r
}
by_pipe() {
	$1 >fed &
	measure fed "${@:2}"
}

a_line() { letters "$line"; }
A_LINE() { letters "$line" A; }
a_bomb() { head -c "$bomb" /dev/zero | gzip -9; }
zeros() { head -c "$bomb" /dev/zero; }
nested() { a_bomb | gzip -9; }
BOMB() { a_bomb | tr a-z A-Z; }
some_members() { one_byte "$members"; }
our_members() { one_byte "$members" sized; }
MEMBERS() { letters "$members" A; }
OUR_MEMBERS() { letters "$members" A | sed 's/A/A\n/g'; }
some_empty() { empties "$empty"; }
nothing() { :; }
a_head() { long_head "$name"; }
HELLO() { printf HELLO; }

check "one line, $((line / MIB)) MiB" by_pipe a_line A_LINE -j 2
check "... in a language with context" by_pipe a_line A_LINE -j 2 -l el
check "... where ill-formed bytes would end it" \
	by_pipe a_line A_LINE -j 2 --invalid=fail
check "a bomb of $((bomb / MIB)) MiB, through a pipe" by_pipe a_bomb zeros -j 2
check "... by name" by_name a_bomb zeros -j 2
check "a bomb in a bomb is unpacked once" by_pipe nested BOMB -j 2 -m ascii
check "$members members of one byte, through a pipe" \
	by_pipe some_members MEMBERS -j 2
check "... by name" by_name some_members MEMBERS -j 2
check "... that tell their size" by_name our_members OUR_MEMBERS -j 2
check "$empty members without text, through a pipe" by_pipe some_empty nothing -j 2
check "... by name" by_name some_empty nothing -j 2
check "an extra field of 64 KiB and a name of $((name / MIB)) MiB" \
	by_pipe a_head HELLO -j 2
check "... by name" by_name a_head HELLO -j 2

# --- work --------------------------------------------------------------------

# instructions INPUT [ARG...]: how many the program needs for the file.
instructions() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null \
		"$UPCASE_PIPE" -j 1 "$@" <input 2>&1 >/dev/null |
		sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

# grows_evenly MAKE N [ARG...]: of N, 2 N and 4 N, what the second half costs is
# twice what the first one does: up to 2.6 times; with the square it were 4.
grows_evenly() {
	local make=$1 n=$2 k cost=() words
	shift 2
	for k in 1 2 4; do
		$make $((k * n)) >input
		words=("${@/INPUT/input}")
		cost+=("$(instructions "${words[@]/NAMES/${names:-}}")")
	done
	rm input
	echo "instructions: ${cost[*]}"
	[ $(((cost[2] - cost[1]) * 10)) -le $(((cost[1] - cost[0]) * 26)) ]
}
sized() { one_byte "$1" sized; }
columns() {
	names=$(seq -s , -f 'c%g' "$1")
	printf '%s\n%s\n' "$names" "$names"
}
if have valgrind && ! sanitized; then
	check "twice as long a line is twice the work" \
		grows_evenly letters 100000 -b 4K
	check "... in a language with context" \
		grows_evenly letters 100000 -b 4K -l el
	check "... with gzip output" grows_evenly letters 100000 -b 4K -z
	check "twice as many members are twice the work" \
		grows_evenly one_byte 400
	check "... by name, where they tell their size" \
		grows_evenly sized 4000 INPUT
	check "... without text" grows_evenly empties 1000
	check "a name twice as long is twice the work" \
		grows_evenly long_head 100000
	check "twice as many columns, all by name, are twice the work" \
		grows_evenly columns 1000 --csv --header -f NAMES
else
	skip "twice as much is twice the work" \
		"it needs valgrind, and no sanitizer"
fi

sort -n peaks | tail -n 1 | sed 's/^/# the largest peak: /'
finish
