#!/usr/bin/env perl
# Threads that are held up at random, woken for no reason and interrupted: in
# whatever order things come, all that was read is written, once, in order, and
# the program ends.
#
# tests/proof/pauses.c does that. Options, input and output are drawn, and now
# and then a signal, a write that fails or a thread that does not come.
use strict;
use warnings;
use Errno qw(:POSIX);
use File::Basename;
use lib dirname(__FILE__);
use Proof;
use Scenes;

begin(120, 10000);
my $shims = shim('pauses', 'pauses.c') . ' ' . shim('faults', 'faults.c', 'plan.c');

# reference(OPTION...): what makes upper case with these, in one batch and
# without a thread beside the reader.
sub reference {
	my @options = @_;
	return sub {
		my ($text) = @_;
		spill("$dir/text", $text);
		open my $in, '<:raw', "$dir/text" or die;
		open my $out, '>:raw', "$dir/upper" or die;
		open my $err, '>', '/dev/null' or die;
		run_program([@options, '-b', '1M', '--no-decompress'], in => $in,
			out => $out, err => $err);
		return slurp("$dir/upper");
	};
}

# draw_text(SIZE): 150 batches of that size at most. With pauses in each, more of
# them would take long on a machine with other things to do.
sub draw_text {
	my ($size) = @_;
	my $most = 300;
	my $text = make_text(between(0, pick(1, 5, 50, $most)), pick(5, 60, 200));
	my $at = between(0, length $text);
	substr $text, $at, 0, 'long' x between(1, $most * 6) if chance(0.1);
	$text =~ tr/\xff/y/ if chance(0.5);
	$text = substr $text, 0, 150 * $size;
	chop $text if chance(0.2);
	return $text;
}

sub draw_scene {
	my %s = (name => 'drawn', in => pick(qw(file pipe socket names)),
		out => pick(qw(file pipe append append)));
	my @case;
	push @case, '-l', pick(qw(el lt tr hy)) if chance(0.2);
	push @case, '--invalid=' . pick(qw(replace fail)) if chance(0.3);
	my @args = (@case, '-j', pick(1, 1, 2, 3, 4, 8));
	$s{size} = pick(4, 5, 64, 512, 2048, 2048, 65536);
	push @args, '-b', $s{size} if chance(0.9);
	push @args, '--queue-depth', pick(1, 1, 2, 8) if chance(0.7);
	$s{gzip} = chance(0.4);
	$s{bgzf} = $s{gzip} && chance(0.3);
	push @args, $s{bgzf} ? '--bgzf' : '-z' if $s{gzip};
	push @args, '--verify' if $s{gzip} && chance(0.2);
	push @args, '--flush-interval', pick(0, 0.001) if chance(0.5);
	push @args, '--sync', pick(qw(end batch)) if chance(0.1);
	$s{packed} = pick(qw(gzip members)) if chance(0.25);
	$s{prior} = pick("whole\n", '') if $s{out} eq 'append' && chance(0.5);
	@s{qw(args upper)} = (\@args, @case ? reference(@case) : undef);
	return \%s;
}

# What happens beside the pauses, as orders for faults.c.
sub draw_event {
	my $at = between(1, pick(2, 10, 40));
	my $call = pick(qw(read writev poll));
	return '' if chance(0.4);
	return "$call $at $at signal=" . pick(1, 2, 15) if chance(0.5);
	return "$call $at $at signal=" . pick(10, 12) if chance(0.4);
	return "pthread_create 2 " . pick(2, 9) . ' ' . EAGAIN if chance(0.3);
	return "writev $at 999999 " . ENOSPC . ";write $at 999999 " . ENOSPC
		if chance(0.7);
	return "writev $at $at short;writev " . ($at + 1) . " 999999 " . EIO;
}

sub draw_rules {
	return join ',', map { "$_=" . pick(qw(auto always never)) }
		qw(finish few convert);
}

each_run(sub {
	my ($n) = @_;
	my $s = draw_scene();
	prepare($s, draw_text($s->{size}));
	my $event = draw_event();
	my %env = (LD_PRELOAD => $shims, PROOF_FAULTS => $event, PROOF_COUNTS => '',
		PROOF_PAUSES => "$n " . pick(50, 500, 3000), PROOF_CPUS => between(1, 2));
	$env{UPCASE_PIPE_HANDOVER} = draw_rules() if chance(0.4);
	my $r = play($s, env => \%env);
	my $handover = $env{UPCASE_PIPE_HANDOVER} // '';

	tally('lines checked', lines_in($r->{got}));
	tally('runs with an event') if $event;
	my @wrong = judge(%$r);
	push @wrong, "status $r->{status}" if $r->{status} && !$event
		&& !($r->{status} == 256 && "@{$s->{args}}" =~ /fail/);
	push @wrong, "what was in the file before is not any more" if $r->{spoilt};
	push @wrong, "the file ends in a torn member" if $r->{torn};
	problem(join "\n", "$s->{in} ($s->{out}) @{$r->{args}}", "event: $event",
		"rules: $handover", @wrong, "status $r->{status}", "said: $r->{err}")
		if @wrong;
});
end_proof();
