#!/usr/bin/env perl
# System calls that fail below libc, by strace: memory that cannot be had, a
# thread that cannot be made, a wait that is interrupted. Otherwise as faults.pl.
#
# strace counts the calls of each thread by itself, and those of the loader, too:
# what comes before the first call of main is left out.
use strict;
use warnings;
use File::Basename;
use lib dirname(__FILE__);
use Proof;
use Scenes;

# What a call may come to. Interrupted and short ones are harmless. A pipe that
# wakes a thread does not fail, so the reads and writes do nothing worse here.
my %faults = (
	read => ['EINTR'], write => ['EINTR'], writev => [qw(EINTR ENOSPC EIO EFBIG)],
	openat => [qw(EINTR ENOMEM EMFILE)], close => [qw(EINTR)],
	fstat => [qw(EIO)], newfstatat => [qw(EIO)], dup => ['EMFILE'],
	pipe => ['EMFILE'], pipe2 => ['EMFILE'], fcntl => ['EPERM'], pread64 => ['EINTR'],
	poll => ['EINTR'], ppoll => ['EINTR'], flock => [qw(EINTR ENOLCK)],
	fdatasync => [qw(EINTR EIO)],
	mmap => ['ENOMEM'], mprotect => ['ENOMEM'],
	clone3 => ['EAGAIN'], clone => ['EAGAIN'], madvise => ['EINVAL'],
	sendmsg => [qw(EINTR EPIPE)],
	recvfrom => [qw(EINTR ECONNRESET)], recvmsg => [qw(EINTR ECONNRESET)],
);

begin(25, 1000);
skip_all('a sanitizer ends the program itself when it gets no memory')
	if sanitized();
skip_all('there is no strace here, or it may not trace')
	if system('strace -qq -o /dev/null -e inject=getppid:retval=1 true '
		. '>/dev/null 2>&1') != 0;
my $log = "$dir/trace";

# The uses of each call by the thread that uses it most, and those before main.
sub uses_of {
	my (%n, %most, %before, $begun);
	for (split /\n/, slurp($log)) {
		next unless /^(\d+) +(\w+)\(/;
		my ($thread, $call) = ($1, $2);
		$begun ||= $call eq 'fcntl' && /F_GETFD/;
		$before{$call}++ unless $begun;
		my $n = ++$n{$thread}{$call};
		$most{$call} = $n if $n > ($most{$call} // 0);
	}
	return (\%most, \%before);
}

sub traced {
	my ($s, @options) = @_;
	return play($s, command => [qw(strace -f -qq -o), $log, @options]);
}

# Cases of a scene: the call, the fault, and the use.
sub cases_of {
	my ($s) = @_;
	my @cases;
	traced($s);
	my ($most, $before) = uses_of();
	for my $call (grep { $faults{$_} } sort keys %$most) {
		my ($first, $last) = (($before->{$call} // 0) + 1, $most->{$call});
		next if $first > $last;
		my %at = map { $_ => 1 } $first, int(($first + $last) / 2), $last;
		for my $fault (@{$faults{$call}}) {
			push @cases, map { [$s, $call, $fault, $_] } sort keys %at;
		}
	}
	return @cases;
}

my @scenes = make_scenes();
my %cases;

each_run(sub {
	my $i = int rand @scenes;
	my $s = $scenes[$i];
	my $cases = $cases{$i} //= [cases_of($s)];
	my (undef, $call, $fault, $at) = @{pick(@$cases)};
	my $r = traced($s, "-einject=$call:error=$fault:when=$at");
	my $made = () = slurp($log) =~ /\(INJECTED\)/g;
	my @wrong = judge(%$r, lost => $fault =~ /EPIPE|RESET/ && $r->{status} == 13);

	tally('faults made', $made);
	tally('lines checked', lines_in($r->{got}));
	# A file that cannot be read: whether its last line is torn is not known.
	@wrong = () if $call eq 'openat' && $r->{spoilt};
	push @wrong, "what was in the file before is not any more" if $r->{spoilt} && $call ne 'openat';
	push @wrong, "the file ends in a torn member" if $r->{torn};
	push @wrong, "not as if nothing had been: status $r->{status}"
		if $fault eq 'EINTR' && ($r->{status} || $r->{got} ne $s->{full});
	problem(join "\n", "$s->{name}: @{$r->{args}}", "$call: $fault at $at",
		@wrong, "status $r->{status}", "said: $r->{err}") if @wrong;
});
end_proof();
