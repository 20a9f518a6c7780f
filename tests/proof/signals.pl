#!/usr/bin/env perl
# Signals at any moment, whatever the program is at: it ends as it was told to,
# and all that it had read is written, or told as lost after a second one.
#
# What was read is counted by what the test shares with the program: the offset
# of a file, the bytes that still wait in a pipe. What the program is stuck at is
# made by the test: a pipe that nobody reads, a lock that is held, a standard
# error that is full. A run that goes on has that taken away, or gets a second
# signal; then it has to end.
use strict;
use warnings;
use Fcntl qw(:DEFAULT :flock F_GETFL F_SETFL O_NONBLOCK SEEK_CUR);
use File::Basename;
use POSIX qw(:signal_h :sys_wait_h);
use Time::HiRes qw(time);
use lib dirname(__FILE__);
use Proof;

my @signals = qw(INT TERM HUP second USR1 USR2 STOP);
my @obstacles = qw(idle fast slow blocked lock stderr);
begin(84, 3500);
# The last words of a run may wait a second for a standard error that is full.
unshift @obstacles, qw(idle fast slow blocked lock) unless long_form();

# The first of two are further apart than what counts as one wish.
my $new_wish = 0.35;

# The text that is read: a piece of it each run.
srand 1;
my $lines = make_text(60_000);
my $slow = sanitized() ? undef : shim('pauses', 'pauses.c');

# --- one run -----------------------------------------------------------------

# What a run is about.
sub draw {
	my ($n) = @_;
	my %r = (signal => $signals[$n % @signals], obstacle => pick(@obstacles),
		format => pick(qw(plain gzip bgzf typing)), jobs => pick(1, 4));
	# Typing is for what comes slowly.
	$r{format} = 'plain' if $r{obstacle} eq 'fast' && $r{format} eq 'typing';
	$r{output} = $r{obstacle} eq 'lock' ? 'append'
		: $r{obstacle} eq 'blocked' ? 'pipe'
		: $r{signal} eq 'USR2' ? 'append' : pick(qw(pipe append));
	$r{in} = $r{obstacle} eq 'fast' ? 'file' : 'pipe';
	$r{text} = $r{in} eq 'file' ? $lines x between(1, long_form() ? 4 : 2)
		: substr $lines, 0, between(0, 60_000);
	$r{text} = substr $lines, 0, 300_000
		if $r{obstacle} eq 'blocked';
	return \%r;
}

sub nonblocking {
	my ($f) = @_;
	fcntl $f, F_SETFL, fcntl($f, F_GETFL, 0) | O_NONBLOCK;
}

sub open_input {
	my ($r) = @_;
	if ($r->{in} eq 'file') {
		spill("$dir/input", $r->{text});
		open $r->{stdin}, '<', "$dir/input" or die;
		return;
	}
	pipe $r->{stdin}, $r->{feed} or die;
	nonblocking($r->{feed});
	$r->{fed} = 0;
}

sub open_output {
	my ($r) = @_;
	$r->{path} = "$dir/out" . ($r->{format} =~ /gz/ ? '.gz' : '');
	unlink $r->{path}, "$r->{path}.1";
	$r->{got} = '';
	pipe $r->{drain}, $r->{stdout} or die;
	nonblocking($r->{drain});
	return if $r->{obstacle} ne 'lock';
	open $r->{lock}, '>', $r->{path} or die;
	flock $r->{lock}, LOCK_EX or die;
}

sub open_errors {
	my ($r) = @_;
	if ($r->{obstacle} ne 'stderr') {
		open $r->{stderr}, '+>', "$dir/stderr" or die;
		return;
	}
	pipe $r->{complaints}, $r->{stderr} or die;
	open my $f, '>&', $r->{stderr} or die;
	my $old = fcntl $f, F_GETFL, 0;
	nonblocking($f);
	for my $size (4096, 1) {
		1 while defined syswrite $f, 'x' x $size;
	}
	fcntl $f, F_SETFL, $old;
}

sub options_of {
	my ($r) = @_;
	my @args = ('-j', $r->{jobs}, '--stats=json', '-b',
		$r->{obstacle} eq 'fast' ? '64K' : pick(qw(2K 2K 2K 64)));
	push @args, '-v' if $r->{obstacle} eq 'stderr';
	push @args, '-i' if $r->{format} eq 'typing';
	push @args, '-z' if $r->{format} eq 'gzip';
	push @args, '--bgzf' if $r->{format} eq 'bgzf';
	push @args, '--flush-interval', pick(0, 0.01) if $r->{format} =~ /gz/;
	push @args, '-o', $r->{path} if $r->{output} eq 'append';
	return @args;
}

sub start {
	my ($r) = @_;
	my %env;
	open_input($r);
	open_output($r);
	open_errors($r);
	%env = (LD_PRELOAD => $slow, PROOF_SLOW_READ => between(1000, 40_000))
		if $slow && $r->{obstacle} eq 'slow' && chance(0.5);
	$r->{args} = [options_of($r)];
	$r->{pid} = start_program($r->{args}, in => $r->{stdin},
		out => $r->{stdout}, err => $r->{stderr}, env => \%env);
	close $r->{stdout};
}

# --- while it runs -----------------------------------------------------------

sub feed_some {
	my ($r) = @_;
	return if !$r->{feed} || $r->{fed} >= length $r->{text};
	my $most = $r->{obstacle} eq 'slow' ? between(1, 200) : 1 << 16;
	my $n = syswrite $r->{feed}, $r->{text}, $most, $r->{fed};
	$r->{fed} += $n // 0;
}

sub drain_some {
	my ($r) = @_;
	return if $r->{obstacle} eq 'blocked';
	1 while sysread $r->{drain}, $r->{got}, 1 << 16, length $r->{got};
}

sub ended {
	my ($r) = @_;
	return 1 if defined $r->{status};
	return 0 if waitpid($r->{pid}, WNOHANG) != $r->{pid};
	$r->{status} = $?;
	return 1;
}

# Feeds and drains for so long, or until the end. Returns whether it has ended.
sub pump {
	my ($r, $seconds) = @_;
	my $until = time + $seconds;
	while (!ended($r)) {
		my $left = $until - time;
		return 0 if $left <= 0;
		feed_some($r) if $r->{feed};
		drain_some($r);
		select undef, undef, undef, $left < 0.0005 ? $left : 0.0005;
	}
	return 1;
}

# Whether it has a handler for a signal.
sub catches {
	my ($r, $name) = @_;
	no strict 'refs';
	my $number = &{"POSIX::SIG$name"}();
	my $text = slurp("/proc/$r->{pid}/status") // '';
	return 0 if $text !~ /^SigCgt:\s*([0-9a-f]+)$/m;
	# Half of the mask: perl may have no longer numbers.
	return hex(substr $1, -8) >> ($number - 1) & 1;
}

# Before that a signal does what it does by default, and a program that has read
# nothing may die of it; these are to be answered.
sub wait_for_handlers {
	my ($r) = @_;
	my $until = time + patience();
	1 while !catches($r, 'USR2') && time < $until && !pump($r, 0.0002);
}

# --- signals and what they wait for ------------------------------------------

sub send_signal {
	my ($r, $name) = @_;
	kill $name => $r->{pid} if !ended($r);
}

sub take_obstacle_away {
	my ($r) = @_;
	flock $r->{lock}, LOCK_UN if $r->{obstacle} eq 'lock';
	$r->{obstacle} = 'none' if $r->{obstacle} eq 'blocked';
}

# It answers before its input may end.
sub wait_for_progress {
	my ($r) = @_;
	my $until = time + patience();
	1 while slurp("$dir/stderr") !~ /progress/ && time < $until
		&& !pump($r, 0.0005);
}

# Stopped for a while, as a container that is paused; now and then just when it
# was told to end, and for longer than it waits for a thread.
sub stop_and_go {
	my ($r) = @_;
	my $long = long_form() && chance(0.1);
	if (chance(0.5)) {
		$r->{first} = pick(qw(INT TERM HUP));
		send_signal($r, $r->{first});
		pump($r, rand 0.001);
	}
	send_signal($r, 'STOP');
	pump($r, $long ? 1.4 : rand 0.03);
	send_signal($r, 'CONT');
}

# The signals of a run, at random moments.
sub signal_at_random {
	my ($r) = @_;
	my $name = $r->{signal};
	wait_for_handlers($r) if $name =~ /USR|second/ || chance(0.7);
	pump($r, rand 0.02);
	return stop_and_go($r) if $name eq 'STOP';
	rename $r->{path}, "$r->{path}.1"
		if $name eq 'USR2' && $r->{output} eq 'append';
	$r->{first} = $name eq 'second' ? pick(qw(INT TERM HUP)) : $name;
	send_signal($r, $r->{first});
	wait_for_progress($r) if $name eq 'USR1' && $r->{obstacle} ne 'stderr';
	return if $name ne 'second';
	pump($r, $new_wish);
	send_signal($r, pick(qw(INT TERM HUP)));
	$r->{twice} = 1;
}

# Those that ask for no end, and what asked for one and is stuck.
sub end_run {
	my ($r) = @_;
	my $stop = ($r->{first} // '') =~ /INT|TERM|HUP/;
	if (!$stop) {
		pump($r, rand 0.01);
		take_obstacle_away($r);
		close delete $r->{feed} if $r->{feed} && feed_all($r);
	} elsif ($r->{obstacle} =~ /blocked|lock/ && !$r->{twice}) {
		return if pump($r, 0.02);
		if (chance(0.4)) {
			pump($r, $new_wish);
			send_signal($r, 'TERM');
			$r->{twice} = 1;
		} else {
			take_obstacle_away($r);
		}
	}
	return if pump($r, patience());
	problem(describe($r) . "does not end\n" . stacks($r->{pid}));
	kill KILL => $r->{pid};
	wait_program($r->{pid});
	$r->{hung} = 1;
}

# All that is left of the input goes in.
sub feed_all {
	my ($r) = @_;
	my $until = time + patience();
	while ($r->{fed} < length $r->{text} && time < $until) {
		last if pump($r, 0.0002);
	}
	return 1;
}

# --- judging -----------------------------------------------------------------

sub read_of {
	my ($r) = @_;
	return substr $r->{text}, 0, sysseek($r->{stdin}, 0, SEEK_CUR)
		if $r->{in} eq 'file';
	return substr $r->{text}, 0, $r->{fed} - unread($r->{stdin});
}

sub output_of {
	my ($r) = @_;
	my $bytes = $r->{got};
	1 while sysread $r->{drain}, $bytes, 1 << 16, length $bytes;
	$bytes = join '', map { slurp($_) // '' } "$r->{path}.1", $r->{path}
		if $r->{output} eq 'append';
	return $bytes if $r->{format} !~ /gz/;
	(undef, my $rest, $bytes) = inflate($bytes);
	$r->{torn} = $rest ne '' && $r->{output} eq 'append';
	$r->{cut} = $rest ne '' && $r->{output} ne 'append';
	return $bytes;
}

sub errors_of {
	my ($r) = @_;
	return slurp("$dir/stderr") if !$r->{complaints};
	close $r->{stderr};
	my $text = '';
	1 while sysread $r->{complaints}, $text, 1 << 16, length $text;
	return $text =~ s/^x+//r;
}

sub upper_of {
	my ($r, $text) = @_;
	return typed($text) if $r->{format} eq 'typing';
	$text = upper($text);
	$text .= "\n" if $r->{output} eq 'append' && $text =~ /[^\n]\z/;
	return $text;
}

# How it has to have ended, as $?.
sub right_end {
	my ($r, $t) = @_;
	my $name = $r->{first} // '';
	return 'lost' if $r->{twice} && $t->{lost};
	return 0 if $name !~ /^(INT|TERM|HUP)$/;
	no strict 'refs';
	return &{"POSIX::SIG$name"}();
}

sub judge_run {
	my ($r) = @_;
	my $read = read_of($r);
	my %j = (status => $r->{status}, err => errors_of($r), got => output_of($r),
		appends => $r->{output} eq 'append' || $r->{format} eq 'typing',
		blind => defined $r->{complaints});
	$j{cut} = $r->{cut};
	$j{want} = upper_of($r, $read);
	$j{full} = $read eq $r->{text} ? $j{want} : upper_of($r, $r->{text});
	tally('lines checked', lines_in($j{got}));
	my $t = told($j{err});
	my $right = right_end($r, $t);
	# It may have died of a signal before it had begun.
	return () if $read eq '' && $j{got} eq '' && $r->{status} < 16;
	my @wrong = judge(%j);
	push @wrong, "the file ends in a torn member" if $r->{torn};
	push @wrong, "it ended with $r->{status}, not $right"
		if $right ne 'lost' && $r->{status} != $right
		&& !($r->{status} == 0 && $j{got} eq $j{full})
		&& !($j{blind} && $r->{twice});
	push @wrong, "lines were lost after one signal"
		if !$r->{twice} && $j{got} ne $j{want};
	push @wrong, "not a word about progress"
		if $r->{signal} eq 'USR1' && !$j{blind} && $r->{obstacle} ne 'fast'
		&& $j{err} !~ /^upcase-pipe: progress: /m;
	return map { "$_\n" } @wrong, "status $r->{status}", "said: $j{err}" if @wrong;
	return ();
}

sub describe {
	my ($r) = @_;
	return "$r->{signal} with $r->{obstacle} ($r->{in}), "
		. "@{$r->{args}}\n";
}

each_run(sub {
	my ($n) = @_;
	my $r = draw($n);
	my $obstacle = $r->{obstacle};
	start($r);
	signal_at_random($r);
	end_run($r);
	return if $r->{hung};
	tally("runs with $r->{signal}");
	$r->{obstacle} = $obstacle;
	my @wrong = judge_run($r);
	problem(describe($r) . join '', @wrong) if @wrong;
});
end_proof();
