#!/bin/bash
# readers.sh - what -z writes to standard output, for readers that take one gzip
# member only: all of it is there, while it comes, and after a signal.
#
# shellcheck disable=SC2317,SC2086,SC2016 # checks are called by name, numbers
# stand bare, Perl and others stand in single quotes
. "$(dirname "$0")/lib.sh" || exit 1

# More than two batches of any size, and some that do not compress.
{
	numbered 8000 70
	perl -e 'srand 1; print map { join("", map { chr 97 + rand 26 } 1 .. 79) . "\n" }
		1 .. 12000'
	numbered 2000 300
} >text
tr '[:lower:]' '[:upper:]' <text >want
"$UPCASE_PIPE" -z <text >one.gz || exit 1
"$UPCASE_PIPE" -z1 -b 4K -j 4 <text >small.gz || exit 1
rm -f several.gz
"$UPCASE_PIPE" -o several.gz <text || exit 1

# --- readers -------------------------------------------------------------------

by_python3() {
	python3 -c 'import sys, zlib
d = zlib.decompressobj(31)
sys.stdout.buffer.write(d.decompress(open(sys.argv[1], "rb").read()))
sys.exit(0 if d.eof and not d.unused_data else "there is more")' "$1"
}
by_ruby() {
	ruby -rzlib -e 'Zlib::GzipReader.open(ARGV[0]) { |z|
		$stdout.binmode; $stdout.write(z.read) }' "$1"
}
by_php() { php -r 'echo gzdecode(file_get_contents($argv[1]));' "$1"; }
by_perl() {
	perl -MIO::Uncompress::Gunzip=gunzip,\$GunzipError -e '
		gunzip $ARGV[0] => "-" or die $GunzipError' "$1"
}
by_node() {
	node -e 'const z = require("zlib").createGunzip();
		require("fs").createReadStream(process.argv[1])
			.pipe(z).pipe(process.stdout);' "$1"
}
# A server for one request, which it answers with the file as it is.
by_curl() {
	local server r
	rm -f port
	perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")
			or die;
		open my $port, ">", "port.new" or die;
		print $port $s->sockport, "\n";
		close $port;
		rename "port.new", "port" or die;
		my $c = $s->accept or die;
		while (<$c>) { last if /^\r?\n/ }
		open my $f, "<:raw", $ARGV[0] or die;
		my $bytes = do { local $/; <$f> };
		print $c "HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n",
			"Content-Length: ", length $bytes, "\r\n\r\n", $bytes;
		close $c' "$1" &
	server=$!
	wait_until "$deadline" test -e port || return 1
	curl --noproxy '*' --compressed -sS -m "$deadline" \
		"http://127.0.0.1:$(cat port)/"
	r=$?
	kill $server 2>/dev/null
	wait $server 2>/dev/null
	return $r
}

# reads_all READER
reads_all() {
	local file
	for file in one.gz small.gz; do
		by_$1 $file >got && same want got || {
			echo "of $file"
			return 1
		}
	done
}
# sees_less READER: of a file of members; so that the test above is one.
sees_less() {
	by_$1 several.gz >got 2>/dev/null
	has_size got && ! cmp -s want got
}
for reader in ruby php node curl python3; do
	if have $reader; then
		check "$reader reads all of standard output" reads_all $reader
	else
		skip "$reader reads all of standard output" "no $reader"
	fi
done
check "perl reads all of standard output as one member" reads_all perl
check "perl sees less of a file of several members" sees_less perl
gzip_reads() {
	gzip -dc <one.gz >got && same want got && one_member one.gz &&
		one_member small.gz && ! one_member several.gz 2>/dev/null
}
check "gzip reads it, and there is one member" gzip_reads
size_of() { stat -c %s "$1"; }
as_small() {
	# Each batch begins anew; gzip itself looks back over all.
	gzip -6 -n <want >gzip.gz
	[ "$(size_of one.gz)" -lt $(($(size_of gzip.gz) * 104 / 100)) ] ||
		{ size_of one.gz; size_of gzip.gz; false; }
}
check "it is about as small as what gzip makes" as_small
empty() {
	run_here -z </dev/null
	expect_status 0 && size_is "$out" 20 && expect_gzip "$out" ''
}
check "nothing is a member without text" empty

# --- while it comes ------------------------------------------------------------

# shows WANTED: what has come so far, inflated, is that.
shows() {
	perl -MCompress::Raw::Zlib -e '
		my $z = Compress::Raw::Zlib::Inflate->new(-WindowBits => WANT_GZIP);
		my $bytes = do { local $/; <STDIN> };
		my $err = $z->inflate($bytes, my $text);
		$err == Z_OK || $err == Z_BUF_ERROR or exit 1;
		exit($text ne $ARGV[0])' "$1" <"$out"
}
# comes [ARG...]: each line is there before the next one is written.
comes() {
	local i all=''
	fed -z "$@"
	for i in 1 2 3 4; do
		echo "line $i" >&7
		all+="LINE $i"$'\n'
		wait_until "$deadline" shows "$all" || return 1
	done
	exec 7>&-
	expect_end fed 'exit 0' && expect_gzip "$out" 'LINE 1\nLINE 2\nLINE 3\nLINE 4\n'
}
check "a slow line can be inflated when the flush interval is over" \
	comes --flush-interval=0.05
check "so it can with 4 jobs" comes --flush-interval=0.05 -j 4
check "so it can at once with --flush-interval=0" comes --flush-interval=0
check "by default it does not wait for more either" comes
gathered() {
	local i
	fed -z --flush-interval=1000
	for i in 1 2 3; do
		echo "line $i" >&7
		wait_until "$deadline" all_read 7 || return 1
	done
	size_is "$out" 0 || { echo 'written before the interval'; return 1; }
	exec 7>&-
	expect_end fed 'exit 0' && expect_gzip "$out" 'LINE 1\nLINE 2\nLINE 3\n'
}
check "a long --flush-interval gathers until the end" gathered

# --- signals -------------------------------------------------------------------

# stopped SIGNAL NUMBER [ARG...]
stopped() {
	fed -z "${@:3}"
	put 'one\ntwo\nhal' >&7
	wait_until "$deadline" all_read 7 || return 1
	send "$1" fed
	expect_end fed "signal $2" || return 1
	exec 7>&-
	expect_gzip "$out" 'ONE\nTWO\nHAL'
}
check "SIGINT: what was read is one whole member" stopped INT 2
check "SIGTERM: the same when nothing was flushed yet" \
	stopped TERM 15 --flush-interval=1000
check "SIGHUP: the same when all was" stopped HUP 1 --flush-interval=0
nothing_read() {
	fed -z
	wait_until "$deadline" asleep fed && send INT fed
	expect_end fed 'signal 2' || return 1
	exec 7>&-
	expect_gzip "$out" ''
}
check "SIGINT before any input: a member without text" nothing_read

# held NAME [ARG...]: a run whose output takes no more; it is in descriptor 5.
held() {
	rm -f held
	mkfifo held
	exec 5<>held
	start "$1" -z "${@:2}" <text >held 2>"$err"
	wait_until "$deadline" is_held "$1"
}
is_held() { [ "$(unread 5)" -gt 32768 ] && asleep "$1" && nap && asleep "$1"; }
in_the_middle() {
	local r=0 cat
	held full -b 4K "$@" || r=1
	send INT full
	wait_until "$deadline" taken 2 full || r=1
	cat <&5 >"$out" &
	cat=$!
	expect_end full 'signal 2' || r=1
	wait_until "$deadline" all_read 5 || r=1
	kill $cat
	wait $cat 2>/dev/null
	exec 5>&-
	gzip -dc <"$out" >got && one_member "$out" && has_size got &&
		cmp -n "$(size_of got)" want got && return $r
}
check "SIGINT: one whole member with one job" in_the_middle -j 1
check "SIGINT: one whole member with 4 jobs" in_the_middle -j 4
given_up() {
	local r=0 lines
	held twice -b 4K -j 2 "$@" || r=1
	"$how"
	expect_end twice 'exit 3' || r=1
	drain_rest 5 >"$out"
	exec 5>&-
	# Without its end, as every reader tells; of the text a beginning.
	! gzip -t <"$out" 2>/dev/null || { echo 'it seems whole'; r=1; }
	gzip -dc <"$out" >got 2>/dev/null
	lines=$(sed -nE 's/.*: ([0-9]+) lines? written, [0-9]+ lines lost/\1/p' "$err")
	has_size got && cmp -n "$(size_of got)" want got &&
		[ "$(wc -l <got)" -ge "$lines" ] && return $r
}
two_signals() { send_twice INT twice; }
one_signal() { send TERM twice; }
how=two_signals
check "a second signal: the member has no end, and what is lost is told" given_up
how=one_signal
check "--shutdown-timeout: the same" given_up --shutdown-timeout=0

# --- what it is called -----------------------------------------------------------

# other_name NAME [ARG...]
other_name() {
	given 'a\n'
	run -o "$1" "${@:2}"
	expect_usage_error "$1" && [ ! -e "$1" ]
}
for ending in zst xz bz2 lz4; do
	check "-o NAME.$ending is refused" other_name db.$ending
	check "so it is with -z" other_name db.$ending -z
done
only_an_ending() {
	rm -f .zst zst dbxz
	given 'a\n'
	run -o .zst
	expect_outcome 0 '' '' && expect_file .zst 'A\n' || return 1
	run -o dbxz
	expect_outcome 0 '' '' && expect_file dbxz 'A\n'
}
check "a name that only looks like it is not" only_an_ending

finish
