# shares.sh - what tests of samples/cluster share: a work in four shares, and a
# program that dies in the middle of one. Sourced behind lib.sh and samples.sh.
#
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2317 # variables of lib.sh; called by name

# A folder that every machine sees.
mkdir tools faulty
cp "$root"/samples/cluster/* tools/
shares=4

# Two files, which one run appends to `one`. Nothing here waits for a disk.
make_text 12000 5
mv text big.txt
head -c 300000 big.txt >more.txt # ends in the middle of a line
arguments=(--sync=none -b 16K -l tr "$PWD/big.txt" "$PWD/more.txt")
"$UPCASE_PIPE" -q -o one "${arguments[@]}"

# ours FILE OUT [ARG...]: a sample, with what is ours in the place of what a user
# is to write in, as our-FILE. ARG...: other arguments. (Nothing here has a space
# in its name.)
ours() {
	local words=("${arguments[@]}")
	[ $# -lt 3 ] || words=("${@:3}")
	sed -e "s|^SHARES=.*|SHARES=$shares|" -e "s|^OUT=.*|OUT=$PWD/$2|" \
		-e "s|^TOOLS=.*|TOOLS=$PWD/tools|" -e "s|^AGAIN=.*|AGAIN=1|" \
		-e "s|^work() .*|work() { \"\$@\" ${words[*]}; }|" \
		"tools/$1" >"our-$1"
}

# A program that does as the real one, but that what $PWD/faulty/plan says, "I
# TIMES", is killed (SIGKILL) in the middle of what it writes: the I-th share, in
# its first attempts. faulty/killed.* are what strace saw of these. attempts are
# counted.
cat >faulty/upcase-pipe <<END
#!/bin/sh
here=$PWD/faulty
real=$PWD/bin/upcase-pipe
END
cat >>faulty/upcase-pipe <<'END'
read -r share times <"$here/plan"
i=${1#--split=}
i=${i%/*}
n=1
until mkdir "$here/attempt.$i.$n" 2>/dev/null; do
	n=$((n + 1))
done
if [ "$i" = "$share" ] && [ "$n" -le "$times" ]; then
	ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" \
		exec strace -f -qq -o "$here/killed.$i.$n" -e trace=writev \
		-e inject=writev:signal=SIGKILL:when=3 "$real" "$@"
fi
exec "$real" "$@"
END
chmod +x faulty/upcase-pipe

# plan SHARE TIMES: from now on.
plan() {
	rm -rf faulty/attempt.* faulty/killed.*
	echo "$1 $2" >faulty/plan
}
plan 0 0
attempts() { find faulty -name "attempt.$1.*" | wc -l; }

# were_attempts SHARE N; was_killed SHARE TIMES: in the middle, each time.
were_attempts() {
	[ "$(attempts "$1")" -eq "$2" ] && return 0
	echo "$(attempts "$1") attempts of share $1, not $2"
	return 1
}
was_killed() {
	local k
	for ((k = 1; k <= $2; k++)); do
		[ "$(grep -c '^[0-9]* *writev.*= [1-9]' "faulty/killed.$1.$k")" -ge 1 ] &&
			grep -q 'killed by SIGKILL' "faulty/killed.$1.$k" || {
			echo "attempt $k of share $1 was not killed in the middle"
			head "faulty/killed.$1.$k"
			return 1
		}
	done
}

# is_whole OUT: what one run makes, with its manifest.
is_whole() {
	same one "$1" && is_manifest "$1.json" "$(wc -c <"$1")"
}
is_manifest() {
	perl -MJSON::PP -e 'my ($n, $size) = @ARGV;
		my ($end, $made) = (0, 0);
		while (<STDIN>) {
			my $s = decode_json $_;
			die "line $." unless $s->{share} == $. && $s->{shares} == $n
				&& $s->{status} == 0 && $s->{range}[0] == $end
				&& $s->{input} =~ /\.txt$/;
			$end = $s->{range}[1];
			$made += $s->{file_size};
			die "size" unless $end <= $s->{input_size};
			die "end" if $. == $n && $end != $s->{input_size};
		}
		die "not $n lines, $size bytes" unless $. == $n && $made == $size' \
		"$shares" "$2" <"$1"
}
is_not_there() {
	[ ! -e "$1" ] && [ ! -e "$1.json" ] && return 0
	echo "there is a $1"
	return 1
}
