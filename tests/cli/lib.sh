# lib.sh - what the command-line tests share. Each tests/cli/*.sh sources it,
# runs its checks and ends with `finish`.
#
# What a test may rely on:
#  - UPCASE_PIPE is the absolute path of the program, root the source tree.
#  - The working directory is fresh, empty, and removed at the end, together
#    with every process the test started.
#  - Signals have their default actions, the locale is C, standard input is
#    /dev/null.
#  - Nothing waits for a fixed time: `wait_until` polls for a state that can be
#    seen from outside, up to a deadline that is generous for slow builds.
#
# Tests need bash, coreutils, diffutils, grep, gzip, perl and /proc. Some need
# strace, expect, tmux, groff or util-linux and, without them, skip with a word.
#
# shellcheck shell=bash
# shellcheck disable=SC2034 # variables that only the tests read

# A background job of a shell without job control starts with SIGINT ignored,
# and whoever runs the suite may ignore SIGPIPE or SIGHUP. The program respects
# what it inherits, so the slate has to be clean. And a test that hangs is ended.
if [ -z "${UPCASE_PIPE_CLEAN_SIGNALS:-}" ]; then
	UPCASE_PIPE_CLEAN_SIGNALS=1 exec timeout -k 30 "${UPCASE_PIPE_LIMIT:-1200}" \
		env --default-signal bash "$0" "$@"
fi
unset UPCASE_PIPE_CLEAN_SIGNALS

set -u
export LC_ALL=C
unset LANG LANGUAGE POSIXLY_CORRECT GZIP CDPATH TMUX
# What tmux starts programs with: a user who only builds may have no login.
export SHELL=/bin/sh

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd) || exit 1
root=${here%/tests/cli}
theme=${0##*/}
theme=${theme%.sh}
: "${UPCASE_PIPE:=$root/build/upcase-pipe}" "${CC:=cc}"
export UPCASE_PIPE

if [ ! -x "$UPCASE_PIPE" ]; then
	echo "$theme: no program at $UPCASE_PIPE (set UPCASE_PIPE)" >&2
	exit 1
fi

tmp=$(mktemp -d "${TMPDIR:-/tmp}/upcase-pipe-$theme.XXXXXX") || exit 1
tmp=$(cd "$tmp" && pwd -P) || exit 1
mkdir "$tmp/std" "$tmp/jobs" "$tmp/work" && cd "$tmp/work" || exit 1

in=$tmp/std/in
out=$tmp/std/out
err=$tmp/std/err
status=
: >"$in"
: >"$out"
: >"$err"
exec </dev/null

# Of many runs that differ in a number, every so many-th is made: all of them in
# the long form (PROOF=long); fewer where each takes longer (UPCASE_TEST_SCALE).
thin=3
[ "${UPCASE_TEST_SCALE:-1}" -le 1 ] || thin=17
[ "${PROOF:-short}" != long ] || thin=1

# Seconds that anything may take before it counts as hanging.
deadline=${UPCASE_PIPE_DEADLINE:-30}

n_passed=0
n_failed=0
n_skipped=0

mkfifo "$tmp/std/nap"
exec {nap_fd}<>"$tmp/std/nap"

clean_up() {
	local f pid
	for f in "$tmp"/jobs/*.pid; do
		[ -e "$f" ] || continue
		[ ! -e "${f%.pid}.end" ] || continue
		read -r pid <"$f" && kill -KILL "$pid" 2>/dev/null
	done
	# shellcheck disable=SC2046 # a list of process ids
	kill -KILL $(jobs -p) 2>/dev/null
	wait 2>/dev/null
	cd / && chmod -R u+rwX "$tmp" && rm -rf "$tmp"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# --- checks ------------------------------------------------------------------

# check SENTENCE COMMAND [ARG...]: what SENTENCE says holds if COMMAND succeeds.
# What COMMAND prints is shown only when it fails. Always goes on.
check() {
	local sentence=$1
	shift
	if "$@" >"$tmp/std/why" 2>&1; then
		echo "ok - $sentence"
		n_passed=$((n_passed + 1))
	else
		echo "not ok - $sentence"
		head -n 40 "$tmp/std/why" | sed 's/^/#   /'
		n_failed=$((n_failed + 1))
	fi
}

# skip SENTENCE WHY: the check cannot be made here.
skip() {
	echo "ok - $1 # skipped: $2"
	n_skipped=$((n_skipped + 1))
}

# skip_all WHY: nothing of this theme can be checked here.
skip_all() {
	echo "$theme: skipped: $1"
	exit 77
}

finish() {
	echo "$n_passed passed, $n_failed failed"
	[ "$n_failed" -eq 0 ] || exit 1
	[ "$n_passed" -gt 0 ] || [ "$n_skipped" -eq 0 ] || exit 77
	exit 0
}

have() { command -v "$1" >/dev/null 2>&1; }

# A build with a sanitizer needs more memory and must not look for leaks while
# it is traced.
sanitized() { grep -aqE '__(asan|tsan|msan)_init' "$UPCASE_PIPE"; }

# built_with NAME: whether the build has HAVE_NAME of config.h: what the system
# lacks, or --enable-fallbacks hides, is done otherwise. A program that is tested
# outside of its build folder is taken to have all.
built_with() {
	[ ! -e "${UPCASE_PIPE%/*}/config.h" ] ||
		grep -q "^#define HAVE_$1 1" "${UPCASE_PIPE%/*}/config.h"
}

# --- running the program -----------------------------------------------------

# given FORMAT: what the next `run` finds on standard input (a printf format).
# shellcheck disable=SC2059 # the format is the point
given() { printf "$1" >"$in"; }

# put FORMAT: printed by one write, so that a reader gets it as a whole; bash's
# own printf writes each line by itself.
# shellcheck disable=SC2059 # the format is the point
put() { env printf "$1"; }

# A run that hangs is a failure, not a hung suite.
bounded() { timeout -k 5 $((deadline * 4)) "$@"; }

# run [ARG...]: the program from $in to $out and $err; sets status.
run() {
	run_here "$@" <"$in"
}

# run_here [ARG...]: as run, with the standard input of the caller.
run_here() {
	bounded "$UPCASE_PIPE" "$@" >"$out" 2>"$err"
	status=$?
	return 0
}

# traced STRACE-OPTION... -- [ARG...]: as run, with faults made by strace; what
# strace saw is in $tmp/std/trace.
traced() {
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" \
		bounded strace -f -qq -o "$tmp/std/trace" "${options[@]}" \
		"$UPCASE_PIPE" "$@" <"$in" >"$out" 2>"$err"
	status=$?
	return 0
}

can_trace() {
	have strace && strace -qq -o /dev/null -e inject=getppid:retval=1 \
		true 2>/dev/null
}

# --- the program in the background -------------------------------------------

# The parent of a background run. It leaves the process id in BASE.pid and, when
# the program is gone, how it went in BASE.end: "exit N" or "signal N".
# shellcheck disable=SC2016
watcher='
	my ($base, $ignored, @command) = @ARGV;
	for (3 .. 255) { open my $f, "<&=", $_ }
	sub note {
		my ($name, $text) = @_;
		open my $f, ">", "$base.new" or die;
		print $f "$text\n";
		close $f or die;
		rename "$base.new", "$base.$name" or die;
	}
	my $pid = fork // die;
	if (!$pid) {
		$SIG{$_} = "DEFAULT" for qw(INT QUIT HUP TERM PIPE USR1 USR2);
		$SIG{$_} = "IGNORE" for split " ", $ignored;
		exec { $command[0] } @command or exit 127;
	}
	$SIG{$_} = "IGNORE" for qw(INT QUIT HUP USR1 USR2);
	close STDIN; close STDOUT; close STDERR;
	note("pid", $pid);
	waitpid $pid, 0;
	note("end", $? & 127 ? "signal " . ($? & 127) : "exit " . ($? >> 8));
'

# start NAME [ARG...]: the program in the background, with the redirections of
# the caller. Other descriptors of the test stay with the test.
start() { start_command "$1" '' "$UPCASE_PIPE" "${@:2}"; }

# start_ignoring "SIGNAL..." NAME [ARG...]: with these signals ignored.
start_ignoring() { start_command "$2" "$1" "$UPCASE_PIPE" "${@:3}"; }

# start_command NAME "SIGNAL..." COMMAND [ARG...]
start_command() {
	rm -f "$tmp/jobs/$1".*
	perl -e "$watcher" "$tmp/jobs/$1" "${@:2}" <&0 &
	wait_until "$deadline" test -e "$tmp/jobs/$1.pid"
}

# fed [ARG...]: the program in the background, fed by descriptor 7.
fed() {
	rm -f feed
	mkfifo feed
	exec 5<>feed
	start fed "$@" <feed >"$out" 2>"$err"
	exec 7>feed 5>&-
}

pid_of() { cat "$tmp/jobs/$1.pid"; }

# send SIGNAL NAME
send() { kill -s "$1" "$(pid_of "$2")"; }

ended() { test -e "$tmp/jobs/$1.end"; }

# send_twice SIGNAL NAME: two wishes, that is far enough apart.
send_twice() {
	send "$1" "$2"
	sent_at=${EPOCHREALTIME/[.,]/}
	wait_until "$deadline" sent_long_ago
	send "$1" "$2"
}
sent_long_ago() { [ $((${EPOCHREALTIME/[.,]/} - sent_at)) -gt 400000 ]; }

# send_until_ended SIGNAL NAME: again and again, as an impatient person does:
# far enough apart to be a new wish each time, and no more once the program has
# given up and lets the signal kill it, which would cut its last words short.
send_until_ended() {
	sent_at=0
	wait_until "$deadline" ended_or_sent "$1" "$2"
}
ended_or_sent() {
	local now=${EPOCHREALTIME/[.,]/}
	ended "$2" && return 0
	[ $((now - sent_at)) -gt 400000 ] && catches "$1" "$2" || return 1
	sent_at=$now
	send "$1" "$2" 2>/dev/null
	return 1
}
catches() {
	local caught
	caught=$(sed -n 's/^SigCgt:\t//p' /proc/"$(pid_of "$2")"/status 2>/dev/null)
	[ -n "$caught" ] && [ $((0x$caught >> ($(kill -l "$1") - 1) & 1)) -eq 1 ]
}

# expect_end NAME "exit N" | "signal N": waits for the end and compares it.
expect_end() {
	local how
	if ! wait_until "$deadline" ended "$1"; then
		echo "$1 still runs after $deadline s:"
		show_threads "$1"
		return 1
	fi
	how=$(cat "$tmp/jobs/$1.end")
	[ "$how" = "$2" ] || {
		echo "$1 ended with '$how', not '$2'"
		return 1
	}
}

show_threads() {
	local t
	for t in /proc/"$(pid_of "$1")"/task/*; do
		echo "$(cat "$t/comm"): $(cat "$t/syscall" 2>/dev/null)"
	done
}

# --- waiting -----------------------------------------------------------------

# nap: a pause between two looks.
nap() { read -rt 0.01 -u "$nap_fd" _; return 0; }

# wait_until SECONDS COMMAND [ARG...]: looks again and again, up to a deadline.
wait_until() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || {
			echo "waited in vain for: $*"
			return 1
		}
		nap
	done
}

# unread FD: how many bytes wait in the pipe behind FD (FIONREAD).
unread() {
	perl -e 'my $n = pack "i", 0;
		ioctl STDIN, 0x541B, $n or die "FIONREAD: $!";
		print unpack("i", $n), "\n"' <&"$1"
}

# all_read FD: nothing waits in the pipe.
all_read() { [ "$(unread "$1")" -eq 0 ]; }

# drain_rest FD: what still waits in the pipe, without waiting for more.
drain_rest() {
	perl -e 'use Fcntl;
		my $flags = fcntl STDIN, F_GETFL, 0;
		fcntl STDIN, F_SETFL, $flags | O_NONBLOCK;
		my $b;
		while (sysread STDIN, $b, 1 << 16) { print $b }' <&"$1"
}

# size_is FILE BYTES, has_size FILE (at least one byte)
size_is() { [ "$(stat -c %s "$1" 2>/dev/null)" = "$2" ]; }
has_size() { [ -s "$1" ]; }

# asleep NAME: every thread waits for something.
asleep() {
	local stat state
	for stat in /proc/"$(pid_of "$1")"/task/*/stat; do
		state=$(sed 's/.*) //; s/ .*//' "$stat" 2>/dev/null)
		[ "$state" = S ] || return 1
	done
}

# stalled NAME IN-FD OUT-FD: the program takes no more: every thread sleeps, its
# output pipe has filled up and its input pipe stays as it is.
stalled() {
	local before
	before=$(unread "$2")
	[ "$before" -gt 0 ] && [ "$(unread "$3")" -gt 32768 ] &&
		asleep "$1" && nap && [ "$(unread "$2")" = "$before" ] &&
		asleep "$1"
}

# taken SIGNAL-NUMBER NAME: the signal is no longer pending.
taken() {
	local pending
	ended "$2" && return 0
	pending=$(sed -n 's/^ShdPnd:\t//p' /proc/"$(pid_of "$2")"/status)
	[ -n "$pending" ] && [ $((0x$pending >> ($1 - 1) & 1)) -eq 0 ]
}

# --- comparing ---------------------------------------------------------------

# same WANTED GOT: two files hold the same bytes.
same() {
	cmp -s "$1" "$2" && return 0
	echo "--- wanted ($(stat -c %s "$1") bytes) +++ got ($(stat -c %s "$2") bytes)"
	diff -U2 <(head -c 20000 "$1" | cat -A) <(head -c 20000 "$2" | cat -A) |
		sed 1,2d | cut -c 1-200 | head -n 20
	cmp "$1" "$2"
	return 1
}

# expect_file FILE FORMAT
# shellcheck disable=SC2059
expect_file() {
	printf "$2" >"$tmp/std/want"
	same "$tmp/std/want" "$1"
}

expect_status() {
	[ "$status" -eq "$1" ] && return 0
	echo "status $status, not $1; standard error:"
	head -n 5 "$err"
	return 1
}

expect_output() { expect_file "$out" "$1"; }
expect_errors() { expect_file "$err" "$1"; }

# expect_outcome STATUS OUTPUT ERRORS: all three of the last run, exactly.
expect_outcome() {
	expect_status "$1" && expect_output "$2" && expect_errors "$3"
}

# expect_stderr_line LINE: standard error has this very line.
expect_stderr_line() {
	grep -Fxq -e "$1" "$err" && return 0
	echo "no line '$1' in:"
	head -n 10 "$err"
	return 1
}

# expect_stderr_match ERE: a whole line of standard error matches.
expect_stderr_match() {
	grep -Exq -e "$1" "$err" && return 0
	echo "no line like '$1' in:"
	head -n 10 "$err"
	return 1
}

# expect_usage_error [WORD]: refused before anything was read or written.
expect_usage_error() {
	expect_status 2 && expect_output '' &&
		if [ "$(wc -l <"$err")" -ne 2 ]; then
			echo "not two lines:"
			cat "$err"
			return 1
		fi &&
		sed -n 1p "$err" | grep -q '^upcase-pipe: ' &&
		sed -n 1p "$err" | grep -Fq -e "${1-}" &&
		expect_stderr_line \
			"Try 'upcase-pipe --help' for more information." && return 0
	cat "$err"
	return 1
}

# converts INPUT OUTPUT [ARG...]: without a word and with status 0. What is not
# UTF-8 on purpose goes with -q.
converts() {
	given "$1"
	run "${@:3}"
	expect_outcome 0 "$2" ''
}

# --- gzip --------------------------------------------------------------------

# members FILE: one line "OFFSET SIZE LINES" for each member, found by nothing
# but the size that each member carries in its extra field 'UP'. Fails when
# these sizes do not lead exactly to the end of FILE, or a member is not valid.
members() { walk UP "$1"; }

# blocks FILE: the same of the blocks of BGZF, whose size is in 'BC'; the last one
# has no text.
blocks() { walk BC "$1"; }

walk() {
	perl -MIO::Uncompress::Gunzip=gunzip,\$GunzipError -e '
		my ($wanted, $file) = @ARGV;
		open my $f, "<:raw", $file or die "$file: $!\n";
		my $all = do { local $/; <$f> } // "";
		my $at = 0;
		while ($at < length $all) {
			my ($id, $method, $flags) = unpack "nCC", substr $all, $at, 4;
			$id == 0x1f8b && $method == 8
				or die "no member at byte $at\n";
			$flags & 4 or die "member at byte $at: no extra field\n";
			my $xlen = unpack "v", substr $all, $at + 10, 2;
			my $extra = substr $all, $at + 12, $xlen;
			my $size;
			while (length $extra >= 4) {
				my ($si, $len) = unpack "a2v", $extra;
				$size = unpack "V", substr $extra, 4, 4
					if $si eq "UP" && $len == 4;
				$size = 1 + unpack "v", substr $extra, 4, 2
					if $si eq "BC" && $len == 2;
				defined $size && $si ne $wanted
					and die "member at byte $at: $si\n";
				$extra = substr $extra, 4 + $len;
			}
			defined $size or die "member at byte $at: no field $wanted\n";
			$size > 0 && $at + $size <= length $all
				or die "member at byte $at: size $size\n";
			my $member = substr $all, $at, $size;
			my $text = "";
			my $z = IO::Uncompress::Gunzip->new(\$member,
				MultiStream => 0, Strict => 1)
				or die "member at byte $at: $GunzipError\n";
			my $n;
			while (($n = $z->read(my $part)) > 0) { $text .= $part }
			$n == 0 or die "member at byte $at: $GunzipError\n";
			$z->trailingData() eq ""
				or die "member at byte $at: ends early\n";
			my $lines = $text =~ tr/\n//;
			print "$at $size $lines\n";
			$at += $size;
			next if $wanted ne "BC";
			length $member <= 65536 && length $text <= 65280
				&& $xlen == 6 or die "block at byte $at: too large\n";
			$at < length $all or $text eq "" && $size == 28
				or die "there is no block that marks the end\n";
		}' "$@"
}

# one_member FILE: it is one gzip member, with nothing behind it.
one_member() {
	perl -MIO::Uncompress::Gunzip=\$GunzipError -e '
		my $z = IO::Uncompress::Gunzip->new($ARGV[0], MultiStream => 0,
			Strict => 1) or die "no member: $GunzipError\n";
		my $n;
		1 while ($n = $z->read(my $part)) > 0;
		$n == 0 or die "not a whole member: $GunzipError\n";
		$z->trailingData() eq "" or die "there is more behind a member\n";
		' "$1"
}

# expect_gzip FILE FORMAT: valid for gzip itself, text right. Standard output is
# one member, another FILE is those that `members` finds.
# shellcheck disable=SC2059
expect_gzip() {
	printf "$2" >"$tmp/std/want"
	expect_gzip_of "$1" "$tmp/std/want"
}

# expect_gzip_of FILE WANTED-FILE
expect_gzip_of() {
	gzip -t <"$1" || return 1
	gzip -dc <"$1" >"$tmp/std/text" || return 1
	same "$2" "$tmp/std/text" || return 1
	if [ "$1" = "$out" ]; then
		one_member "$1"
	else
		members "$1" >/dev/null
	fi
}

# --- text with a known answer ------------------------------------------------

# make_text LINES [SEED]: `text` and, by an independent implementation, its
# upper case: text.keep, and text.replace where each maximal subpart of an
# ill-formed sequence is U+FFFD. Scripts older than Unicode 12 only; every
# ill-formed sequence is followed by a character that does not continue it.
make_text() {
	perl -Mfeature=unicode_strings -e '
		my ($lines, $seed) = @ARGV;
		srand $seed;
		my @words = ("stra\x{df}e", "gr\x{fc}\x{df}e", "\x{fb01}n",
			"\x{149}", "\x{1f0}a", "\x{390}\x{3ac}\x{3c2}",
			"\x{1fb3}", "\x{1f80}x", "\x{3c3}\x{3bf}\x{3c6}\x{3cc}\x{3c2}",
			"\x{43f}\x{440}\x{438}\x{432}\x{435}\x{442}",
			"\x{565}\x{580}\x{587}\x{561}\x{576}",
			"\x{10e5}\x{10d0}\x{10e0}\x{10d7}",
			"\x{4e2d}\x{6587}", "\x{5e9}\x{5dc}", "\x{633}\x{644}",
			"\x{10428}\x{10429}", "\x{1f600}", "\x{131}i\x{307}",
			"\x{1c5}", "\x{b5}m", "\x{ff}", "\x{17f}", "e\x{301}\x{345}",
			"\x{2170}\x{24d0}\x{ff41}", "\x{ab70}", "\x{2c30}",
			"plain", "words", "MiXed", "42", "\t", "\r", "\0",
			"\x{feff}", "\x{2028}", "\x{fffd}", "\x{10ffff}");
		my @bad = (["\xff", 1], ["\xc0\xaf", 2], ["\xe2\x82", 1],
			["\x80", 1], ["\xed\xa0\x80", 3], ["\xf0\x9f\x98", 1],
			["\xf4\x90\x80\x80", 4], ["\xc3", 1], ["\xf0\x80", 2],
			["\xfe\xbf", 2]);
		open my $text, ">:raw", "text" or die;
		open my $keep, ">:raw", "text.keep" or die;
		open my $replace, ">:raw", "text.replace" or die;
		for my $line (1 .. $lines) {
			my $n = int rand 12;
			$n = 400 + int rand 400 if $line % 97 == 0;
			for (1 .. $n) {
				my $w = $words[rand @words] . (rand 4 < 1 ? "" : " ");
				my $u = uc $w;
				utf8::encode($w);
				utf8::encode($u);
				print $text $w;
				print $keep $u;
				print $replace $u;
				next unless rand 40 < 1;
				my ($bytes, $count) = @{$bad[rand @bad]};
				print $text $bytes . "z";
				print $keep $bytes . "Z";
				print $replace "\xef\xbf\xbd" x $count . "Z";
			}
			print $_ "\n" for $text, $keep, $replace;
		}' "$1" "${2:-1}"
}

# note_of FILE NAME [WHAT]: what the program is to say of a text that is called
# NAME, if it is not all UTF-8 (Unicode 3.9, table 3-7): nothing, or how many
# sequences are not, and where the first is. WHAT becomes of it: "replaced by
# U+FFFD", else it is kept.
note_of() {
	perl -e 'my ($name, $became) = @ARGV;
		binmode STDIN;
		local $/;
		my $text = <STDIN>;
		my ($n, $line, $column, $place) = (0, 1, 1);
		my $tail = "[\x80-\xbf]";
		while (1) {
			if ($text =~ /\G(?:[\x00-\x7f]|[\xc2-\xdf]$tail|
				\xe0[\xa0-\xbf]$tail|[\xe1-\xec\xee\xef]$tail$tail|
				\xed[\x80-\x9f]$tail|\xf0[\x90-\xbf]$tail$tail|
				[\xf1-\xf3]$tail$tail$tail|
				\xf4[\x80-\x8f]$tail$tail)/gcx) {
				$column++;
				($line, $column) = ($line + 1, 1) if $& eq "\n";
			} elsif ($text =~ /\G(?:\xe0[\xa0-\xbf]|
				[\xe1-\xec\xee\xef]$tail|\xed[\x80-\x9f]|
				\xf0[\x90-\xbf]$tail?|[\xf1-\xf3]$tail$tail?|
				\xf4[\x80-\x8f]$tail?|.)/gcsx) {
				$place //= "$line:$column";
				$n++;
				$column++;
			} else {
				last;
			}
		}
		exit unless $n;
		$became ||= $n > 1 ? "kept as they are" : "kept as it is";
		my $are = $n > 1 ? "sequences are not UTF-8, the first"
			: "sequence is not UTF-8, that";
		print "upcase-pipe: $name: $n $are at $place; $became ",
			"(see --encoding, --invalid)\n"' "$2" "${3-}" <"$1"
}

# numbered LINES [WIDTH]: lines that name themselves, so that a part of the
# output can be found in the input.
numbered() {
	perl -e 'my ($n, $width) = @ARGV;
		for (1 .. $n) {
			my $line = sprintf "line %07d ", $_;
			print $line, "x" x ($width - 1 - length $line), "\n";
		}' "$1" "${2:-64}"
}

# --- an ordinary user --------------------------------------------------------

# The permission bits do not stop root.
# shellcheck disable=SC2317
as_nobody() {
	if [ "$(id -u)" -ne 0 ]; then
		"$@"
		return
	fi
	chmod 755 "$tmp" "$tmp/work"
	local as_ever
	as_ever=$(declare -f bounded)
	bounded() {
		timeout -k 5 $((deadline * 4)) setpriv --reuid=65534 \
			--regid=65534 --clear-groups "$@"
	}
	"$@"
	local r=$?
	eval "$as_ever"
	return "$r"
}

can_be_nobody() {
	[ "$(id -u)" -ne 0 ] && return 0
	have setpriv && setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$UPCASE_PIPE" --version >/dev/null 2>&1
}
