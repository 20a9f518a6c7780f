#!/usr/bin/env perl
# Calls that fail: whatever call of the program fails, and at whichever of its
# uses, what was read is written or told as lost, what is in the file is whole,
# and the message is true.
#
# The calls are those that a run without faults makes, each at its first, middle
# and last use. tests/proof/faults.c makes them fail; beside it strace does, for
# what libc calls by itself.
use strict;
use warnings;
use Errno qw(:POSIX);
use File::Basename;
use lib dirname(__FILE__);
use Proof;
use Scenes;

# What a call may come to, for a reason that a machine can have.
my @odd = (EINTR, EAGAIN, 'short');
my @write = (ENOSPC, EDQUOT, EIO, EFBIG, EPIPE);
my %faults = (
	'read' => [@odd, EIO], 'read.poke' => [EINTR], 'write.poke' => [EINTR],
	'recv' => [@odd, ECONNRESET], 'recvmsg' => [EINTR, EAGAIN, ECONNRESET], 'sendmsg' => [@odd, EPIPE, ECONNRESET],
	'write' => [@odd, @write], 'writev' => [@odd, @write],
	'write.err' => [@odd, EIO, EPIPE, ENOSPC], 'pread' => [EINTR, EIO],
	'poll' => [EINTR, EAGAIN, ENOMEM], 'open' => [EINTR, ENOMEM, EMFILE, EACCES],
	'close' => [EINTR, EIO, ENOSPC, EDQUOT], 'dup' => [EMFILE],
	'pipe' => [EMFILE, ENFILE], 'pipe2' => [EMFILE, ENFILE], 'fcntl' => [EPERM], 'ioctl' => [ENOTTY],
	'fstat' => [EIO, ENOMEM], 'lseek' => [ESPIPE],
	'flock' => [EINTR, ENOLCK, EIO, EBADF], 'ftruncate' => [EINTR, EIO],
	'fdatasync' => [EINTR, EIO, ENOSPC, EDQUOT, EINVAL],
	'fsync' => [EINTR, EIO, ENOSPC, EINVAL],
	'fchown' => [EPERM], 'fchmod' => [EPERM],
	'malloc' => [ENOMEM], 'calloc' => [ENOMEM],
	'pthread_create' => [EAGAIN], 'mutex_init' => [ENOMEM],
	'cond_init' => [ENOMEM],
);

# After these the program goes on as if nothing had been.
my %harmless = (
	(map { ("$_ " . EINTR) => 1 } keys %faults),
	(map { ("$_ " . EAGAIN) => 1, "$_ short" => 1 }
		qw(read recv recvmsg write writev sendmsg poll)),
	"write.err short" => 1, "fdatasync " . EINVAL => 1, "fsync " . EINVAL => 1,
	 "flock " . ENOLCK => 2,
	"ioctl " . ENOTTY => 1, "lseek " . ESPIPE => 1, "fcntl " . EPERM => 1,
	"fchown " . EPERM => 1, "fchmod " . EPERM => 1,
);

# What stood in a failure, to make just that again: SCENE/CALL/FAULT/ORDERS.
my ($again) = map { /^--case=(.*)/s ? $1 : () } @ARGV;
@ARGV = grep { !/^--case=/ } @ARGV;
begin(220, 4000);
my $shim = shim('faults', 'faults.c', 'plan.c');
my $counts = "$dir/counts";

# The uses of each call in a run, and how many were made to fail.
sub counted {
	my $bytes = slurp($counts);
	my (%uses, $faults);
	while (length $bytes) {
		my ($name, $n, $f) = unpack 'Z16LL', substr $bytes, 0, 24, '';
		$uses{$name} = $n;
		$faults += $f;
	}
	return (\%uses, $faults // 0);
}

sub shimmed {
	my ($faults) = @_;
	spill($counts, '');
	return {LD_PRELOAD => $shim, PROOF_COUNTS => $counts, PROOF_FAULTS => $faults};
}

# --- the cases ---------------------------------------------------------------

# The first, middle and last of n uses.
sub places {
	my ($n) = @_;
	my %seen;
	return grep { !$seen{$_}++ } 1, int(($n + 1) / 2), $n;
}

# A case: the scene, the call, the fault, and the orders for the shim.
sub cases_of_call {
	my ($s, $call, $n) = @_;
	my @cases;
	for my $at (places($n)) {
		for my $fault (@{$faults{$call} // []}) {
			# Whoever reads goes away from pipes only.
			next if $fault eq EPIPE && $s->{out} =~ /file|append/;
			my @case = ($s, $call, $fault);
			push @cases, [@case, "$call $at $at $fault"];
			next if $harmless{"$call $fault"};
			push @cases, [@case, "$call $at 999999 $fault"];
			next unless $call =~ /^(write|writev|sendmsg)$/;
			my $next = $at + 1;
			my $torn = "$call $at $at short;$call $next 999999 $fault";
			push @cases, [@case, $torn];
			next if $s->{torn}; # that is cut off first
			push @cases, [@case, "$torn;ftruncate 1 1 " . EINTR];
			push @cases, [@case, "$torn;ftruncate 1 9 " . EIO];
		}
	}
	return @cases;
}

# What becomes of files: of the output when it is written to, of the input when
# it is read.
sub cases_of_files {
	my ($s, $uses) = @_;
	my @cases;
	if ($s->{out} eq 'append' && defined $s->{prior} && $uses->{writev}) {
		my $path = "$dir/out" . ($s->{gzip} ? '.gz' : '');
		for my $what (qw(unlink rename empty directory fifo)) {
			# The last write of blocks is their mark, and no line.
			for my $at (places($uses->{writev} - ($s->{bgzf} ? 1 : 0))) {
				my $order = "writev $at $at $what $path";
				# With the first one what is torn is moved aside,
				# and then it is not there to be cut.
				next if $s->{torn} && $what eq 'empty' && $at == 1;
				push @cases, [$s, 'output', $what, $order];
				# Nor is the signal for us yet.
				next if $s->{torn};
				push @cases, [$s, 'output', "$what and USR2",
					"$order;writev $at $at signal=12"];
			}
		}
	}
	if ($s->{in} =~ /names|file/ && $uses->{read}) {
		for my $what (qw(unlink rename half grow)) {
			push @cases, map { [$s, 'input', $what,
				"read $_ $_ $what $dir/input"] } places($uses->{read});
		}
	}
	push @cases, [$s, 'limit', $_, ''] for $s->{out} =~ /file|append/ ? (1, 3, 6) : ();
	return @cases;
}

# Which calls a scene uses, and how often, is seen in a run without faults, that
# has to be without fault.
sub cases_of_scene {
	my ($s) = @_;
	$current = "$s->{name}, without a fault";
	my $r = play($s, env => shimmed(''));
	my @wrong = judge(%$r);
	problem(join "\n", "$s->{name}: @{$r->{args}}", @wrong, $r->{err})
		if @wrong || $r->{status};
	my ($uses) = counted();
	problem("the library sees none of the program's calls")
		unless $uses->{malloc};
	my @cases = map { cases_of_call($s, $_, $uses->{$_}) }
		grep { $uses->{$_} } sort keys %$uses;
	return (@cases, cases_of_files($s, $uses));
}

sub shuffled {
	my @all = @_;
	for my $i (reverse 1 .. $#all) {
		my $j = int rand($i + 1);
		@all[$i, $j] = @all[$j, $i];
	}
	return @all;
}

# --- judging -----------------------------------------------------------------

sub words_for {
	my ($fault) = @_;
	return $fault if $fault !~ /^\d+$/;
	local $! = $fault;
	return "$!";
}

# What holds beside what always does.
sub judge_fault {
	my ($r, $s, $call, $fault, $orders) = @_;
	my @wrong;
	my $messages = told($r->{err})->{messages};
	my $started = $r->{want} ne '' || $s->{full} eq '' || $r->{err} =~ /^\{/m;

	push @wrong, "what was in the file before is not any more" if $r->{spoilt};
	push @wrong, "the file ends in a torn member" if $r->{torn};
	if ($harmless{"$call $fault"}) {
		push @wrong, "not as if nothing had been: status $r->{status}"
			if $r->{status} != 0 || $r->{got} ne $s->{full};
		push @wrong, "a word about nothing"
			if $messages ne '' && $harmless{"$call $fault"} == 1;
	} elsif ($r->{status} && $messages ne '') {
		my $why = words_for($fault);
		push @wrong, "the message does not say: $why"
			unless $messages =~ /\Q$why\E|not enough memory|no thread/;
	}
	push @wrong, "a message that says nothing: $messages"
		if $messages =~ /Success|corrupt|damage/;
	push @wrong, "the output is not valid gzip"
		if $s->{gzip} && $r->{status} == 0
		&& ($r->{bytes} !~ /^\x1f\x8b/ || $r->{cut});
	push @wrong, "an empty file that is no gzip is left behind"
		if $s->{gzip} && !$started && !defined $s->{before} && -e $r->{path};
	push @wrong, "does not say that lines may not be on the disk"
		if $call =~ /^(close|fdatasync|fsync)$/ && $r->{status} >> 8 == 3
		&& $started && $messages !~ /\bdisk\b/;
	return @wrong;
}

# The output was deleted, renamed, emptied or replaced by something else.
sub judge_output_file {
	my ($r, $s, $what) = @_;
	my $messages = told($r->{err})->{messages};
	# Who types sees to it before the next prompt, too.
	my $reopened = $what =~ /USR2/ || $messages =~ /opened anew/;

	if ($reopened && -f $r->{path} && (stat _)[1] != $r->{inode}) {
		my $bytes = slurp($r->{path});
		($bytes) = inflate($bytes) if $s->{gzip};
		$r->{got} .= $bytes;
	}
	if ($what =~ /empty/) {
		my $bytes = $r->{bytes};
		($bytes) = inflate($bytes) if $s->{gzip};
		# Whoever emptied it did so when the end had been looked at, or
		# in the middle of a long line.
		$bytes =~ s/^\n//;
		my $open = ($s->{text} // '') eq 'long' ? '' : "\n";
		# In the middle of a repair: that is refused, and nothing more.
		return () if $messages =~ /cannot be moved aside/
			&& $r->{status} >> 8 == 3 && $r->{bytes} eq '';
		return ("the output is no end of what was read")
			if $s->{full} !~ /(^|\n|$open)\Q$bytes\E\z/;
		return $r->{status} ? ("status $r->{status}") : ();
	}
	# What was written to a file that is gone is told as lost.
	my $t = told($r->{err});
	if ($what =~ /unlink/ && $t->{lost}) {
		my $n = lines_in($r->{want});
		return ("told $t->{written} written, $t->{lost} lost, of $n")
			if $t->{written} + $t->{lost} != $n || $r->{got} ne $r->{want};
		return $r->{status} >> 8 == 3 ? () : ("status $r->{status}");
	}
	my @wrong = judge(%$r);
	return @wrong if $reopened;
	push @wrong, "not a word about lines that went to another file"
		if $messages !~ /\Q$r->{path}\E/;
	my $right = $what eq 'unlink' ? 3 : 0;
	push @wrong, "status $r->{status}, not $right" if $r->{status} >> 8 != $right;
	return @wrong;
}

# The input was deleted, renamed, grew or was cut.
sub judge_input_file {
	my ($r, $s, $what) = @_;
	my $all = $s->{full} . ($s->{full} =~ /\n\z/ ? '' : "\n") . "IT GREW\n";
	my @wrong;

	if ($s->{packed} && $what =~ /half|grow/) {
		push @wrong, "status $r->{status}" if $r->{status} >> 8 > 1;
		$all = $s->{full};
	} else {
		push @wrong, "status $r->{status}" if $r->{status};
	}
	$all = $s->{full} . "it grew\n" =~ tr/a-z/A-Z/r if $s->{full} !~ /\n\z/;
	# A line that was cut is ended where lines are appended.
	my $begin = $r->{appends} ? $r->{got} =~ s/\n\z//r : $r->{got};
	push @wrong, "the output is no beginning of the input"
		if substr($all, 0, length $begin) ne $begin;
	push @wrong, "not all was written"
		if $what ne 'half' && length $r->{got} < length $s->{full};
	return @wrong;
}

sub judge_case {
	my ($r, $s, $call, $fault, $orders) = @_;
	return judge_output_file($r, $s, $fault) if $call eq 'output';
	return judge_input_file($r, $s, $fault) if $call eq 'input';
	# What was said is not known, nor what of FILEs was read.
	$r->{want} = $s->{full} if $call eq 'write.err' && $s->{in} eq 'names';
	my $epipe = $fault eq EPIPE || $fault eq ECONNRESET;
	# A file that cannot be read: whether its last line is torn is not known.
	return () if $call eq 'open' && $r->{spoilt};
	return (judge(%$r, lost => $epipe && $r->{status} == 13,
		blind => $call eq 'write.err'),
		judge_fault($r, $s, $call, $call eq 'limit' ? EFBIG : $fault, $orders));
}

# --- running -----------------------------------------------------------------

my @cases;
{
	my @scenes = make_scenes();
	if (defined $again) {
		my ($name, @rest) = split m{/}, $again, 4;
		$rest[2] //= '';
		$rest[2] =~ s{(\S+/)(?=out|input)}{$dir/}g;
		@cases = map { [$_, @rest] } grep { $_->{name} eq $name } @scenes;
	} else {
		@cases = map { cases_of_scene($_) } @scenes;
		srand 1;
		@cases = shuffled(@cases);
	}
}
tally('cases that there are', scalar @cases);

sub try_case {
	my ($case) = @_;
	my ($s, $call, $fault, $orders) = @$case;
	my @limit = $call eq 'limit'
		? (command => ['bash', '-c', "ulimit -f $fault; exec \"\$@\"", 'bash']) : ();
	my $r = play($s, env => shimmed($orders), @limit);
	my (undef, $made) = counted();

	tally('faults made', $made);
	tally('runs in which a fault was met') if $made || @limit;
	tally('lines checked', lines_in($r->{got}));
	# What somebody does to a file at a call that did not come is not done: how
	# many calls there are depends on who is quick.
	my @wrong = $call =~ /put$/ && !$made ? judge(%$r)
		: judge_case($r, $s, $call, $fault, $orders);
	return unless @wrong;
	problem(join "\n", "$s->{name}: @{$r->{args}}", "$call: " . words_for($fault)
		. " ($orders; met $made)", @wrong,
		"status $r->{status}", "said: $r->{err}",
		"again: perl $0 --runs=1 --case='$s->{name}/$call/$fault/$orders'");
}

# Another choice of cases for another seed; the short form takes some, the long
# one all, and again with other uses.
each_run(sub {
	my ($n) = @_;
	try_case($n <= @cases && long_form() ? $cases[$n - 1] : pick(@cases));
});
end_proof();
