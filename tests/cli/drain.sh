#!/bin/bash
# drain.sh - at a stop, what waits in the input is read and written, too, and
# nothing is waited for: the program is brought to a halt by an output that
# takes nothing, its input is filled up, and then a signal comes.
#
# shellcheck disable=SC2317,SC2016,SC2015 # checks are called by name, Perl
# stands in single quotes, `A && B || { report; }` is meant as it is
. "$(dirname "$0")/lib.sh" || exit 1

# What connects us with its input: pipe, stream, datagram or packet (sockets).
# Lines that say their number go in until nothing moves any more, then the
# signal, and everything that comes out until it ends is compared. Its input
# stays open all the time, so nothing says where it ends.
# shellcheck disable=SC2034
feeder='
	use strict; use warnings; use Socket; use Fcntl; use IO::Handle;
	use POSIX ();
	my ($kind, $signal, $pack, $err, @command) = @ARGV;
	my ($theirs, $ours);
	my %type = (stream => SOCK_STREAM, datagram => SOCK_DGRAM,
		packet => SOCK_SEQPACKET);
	if ($kind eq "pipe") {
		pipe $theirs, $ours or die "pipe: $!";
	} else {
		socketpair $theirs, $ours, AF_UNIX, $type{$kind}, 0 or die "socketpair: $!";
	}
	pipe my $result, my $output or die "pipe: $!";
	my $pid = fork // die;
	if (!$pid) {
		open STDIN, "<&", $theirs or die;
		open STDOUT, ">&", $output or die;
		open STDERR, ">", $err or die;
		close $_ for $theirs, $ours, $result, $output;
		exec { $command[0] } @command or POSIX::_exit(127);
	}
	close $output;
	$ours->blocking(0);

	sub asleep {
		for my $stat (glob "/proc/$pid/task/*/stat") {
			open my $f, "<", $stat or return 0;
			return 0 if (<$f> // "") !~ /\) S /;
		}
		return 1;
	}
	sub waiting {
		my $n = pack "i", 0;
		ioctl $theirs, 0x541B, $n or die "FIONREAD: $!";
		return unpack "i", $n;
	}
	# What waits, when the program sleeps and goes on sleeping.
	sub stalled {
		my $before = waiting();
		return 0 if !$before || !asleep();
		select undef, undef, undef, 0.02;
		return asleep() && waiting() == $before;
	}

	sub taken {
		open my $f, "<", "/proc/$pid/status" or return 1;
		return !grep { /^ShdPnd:.*[1-9a-f]/ } <$f>;
	}

	my ($n, $written, $end) = (0, "", time + 60);
	$SIG{ALRM} = sub { kill KILL => $pid; die "hangs\n" };
	alarm 120;
	while (1) {
		my $line = "line " . $n . " " . "x" x 100 . "\n";
		# Whole lines, so that what comes out can be told from what did not.
		my $done = syswrite $ours, $line;
		if (defined $done) {
			$written .= substr $line, 0, $done;
			$n++;
			last if $done < length $line;
			next;
		}
		die "write: $!" if !$!{EAGAIN} && !$!{ENOBUFS};
		die "it does not come to a halt\n" if time > $end;
		last if stalled();
	}
	my $waited = waiting();
	$waited > 0 or die "nothing waits in the input\n";
	kill $signal => $pid or die;
	# It knows of it, and sleeps again.
	until (taken() && asleep()) {
		die "it does not take the signal\n" if time > $end;
		select undef, undef, undef, 0.01;
	}
	my $got = do { local $/; <$result> };
	waitpid $pid, 0;
	my $how = $? & 127;
	if ($pack) {
		open my $f, "|-", "gzip -dc >unpacked" or die;
		print $f $got;
		close $f or die "not gzip\n";
		open $f, "<", "unpacked" or die;
		$got = do { local $/; <$f> };
	}
	print "signal $how; $waited bytes waited, ", length $written,
		" written, ", length $got, " came out\n";
	exit 1 if $how != ({INT => 2, TERM => 15, HUP => 1}->{$signal});
	exit 1 if $got ne uc $written;
	if ($kind ne "datagram") {
		waiting() == 0 or die "something is left\n";
	}
'

# drained KIND SIGNAL [ARG...]
drained() {
	local pack=0
	case " ${*:3} " in *' -z '*) pack=1 ;; esac
	bounded perl -e "$feeder" "$1" "$2" $pack "$err" "$UPCASE_PIPE" "${@:3}" &&
		same /dev/null "$err"
}
few='-b 4K --queue-depth=1'
for signal in INT TERM HUP; do
	# shellcheck disable=SC2086 # options
	check "SIG$signal: what waits in a pipe is written" drained pipe $signal $few
done
# shellcheck disable=SC2086 # options
for kind in stream datagram packet; do
	check "SIGTERM: what waits in a socket ($kind) is written" \
		drained $kind TERM $few
done
# shellcheck disable=SC2086 # options
check "SIGTERM: what waits is written with 4 jobs and default batches" \
	drained pipe TERM -j 4
check "SIGINT: what waits is packed" drained pipe INT -z -b 4K
# shellcheck disable=SC2086 # options
check "SIGTERM: what waits is written with --no-decompress" \
	drained pipe TERM $few --no-decompress

# empty KIND: messages without a byte come between others, while it runs, and
# while it is stopped with a signal under way.
empty_feeder='
	use strict; use warnings; use Socket; use POSIX ();
	my ($kind, $err, @command) = @ARGV;
	socketpair my $theirs, my $ours, AF_UNIX,
		$kind eq "packet" ? SOCK_SEQPACKET : SOCK_DGRAM, 0 or die "socketpair: $!";
	pipe my $result, my $output or die "pipe: $!";
	my $pid = fork // die;
	if (!$pid) {
		open STDIN, "<&", $theirs or die;
		open STDOUT, ">&", $output or die;
		open STDERR, ">", $err or die;
		close $_ for $theirs, $ours, $result, $output;
		exec { $command[0] } @command or POSIX::_exit(127);
	}
	close $_ for $theirs, $output;
	$SIG{ALRM} = sub { kill KILL => $pid; die "hangs\n" };
	alarm 60;
	my ($n, $written) = (0, "");
	sub put {
		for (@_) {
			my $text = $_ ? "message " . $n++ . "\n" : "";
			defined send $ours, $text, 0 or die "send: $!";
			$written .= uc $text;
		}
	}
	put(1, 0, 1);
	my $got = "";
	sysread $result, $got, 100, length $got or die "it ended\n"
		while $got ne $written;
	kill STOP => $pid;
	my $stat;
	do {
		open my $f, "<", "/proc/$pid/stat" or die;
		$stat = <$f>;
		select undef, undef, undef, 0.01;
	} until $stat =~ /\) T /;
	put(1, 1, 1, 0, 1, 1, 1, 1, 1);
	kill TERM => $pid;
	kill CONT => $pid;
	$got .= do { local $/; <$result> };
	waitpid $pid, 0;
	print "status $?; written:\n$written", "got:\n$got";
	exit($? != 15 || $got ne $written);
'
empty() {
	bounded perl -e "$empty_feeder" "$1" "$err" "$UPCASE_PIPE" &&
		same /dev/null "$err"
}
for kind in datagram packet; do
	check "a message without a byte ($kind) is not the end, nor at a stop" \
		empty $kind
done

# The manual's words for those who want the last words of a producer as well.
last_words() {
	local r=0
	rm -f log begun
	mkfifo begun
	exec 6<>begun
	cat >producer <<-'END'
		trap "echo last words; exit" INT
		echo $$ >producer.pid
		echo first
		while :; do read -rt 1 <&6; done
	END
	start_command words '' bash -c '
		bash producer | (trap "" INT; echo $BASHPID >consumer.pid
			exec "$UPCASE_PIPE" -o log)' 2>"$err"
	wait_until "$deadline" has_size log || r=1
	# As Ctrl-C does it: to all.
	kill -INT "$(cat consumer.pid)" "$(cat producer.pid)" || r=1
	wait_until "$deadline" ended words || r=1
	exec 6<&-
	[ $r -eq 0 ] && expect_file log 'FIRST\nLAST WORDS\n'
}
check "with SIGINT ignored, as the manual says, the last words count" last_words

finish
