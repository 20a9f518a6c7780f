#!/usr/bin/perl
# measure.pl - how fast the program is, beside others that do the same, or
# beside another build of itself; program.sh calls it
#
# usage: measure.pl [--runs=N] [--lines=N] [--answers=N] [--only=PATTERNS]
#	[--tools=PATTERNS] [--against] [--huge] [--list]
#	--markdown=FILE --values=FILE TEXT...
#
# Works in the current folder, which holds the texts as TEXT-SIZE.txt, and in
# which it writes and removes out, out.gz, w and files of its own. What is
# measured, and what is to be reached, is in Work.pm, how a command is run in
# Command.pm.
#
# Before anything is timed, each command runs once: that warms up what can be
# warm, shows which ones fail and how much memory they take, and what
# upcase-pipe wrote then is compared with what it should have written. Then
# hyperfine runs each command once in each round. In round r the r-th command
# begins, so that what makes a machine slower for a while hits all alike. Files
# that were written are removed before each run, outside the timed part.
#
# With --against only upcase-pipe is measured: UPCASE_PIPE beside
# UPCASE_PIPE_OLD, with as many rounds for each work as were asked for.
#
# Exit status: 0, 1 if upcase-pipe or another tool failed or wrote the wrong
# bytes, 2 for anything else. Missed targets are no failure.
use strict;
use warnings;

use File::Basename;
use Getopt::Long;
use lib dirname(__FILE__);

use Command;
use Statistics;
use Table;
use Work;

use constant {
	CALIBRATION => 100,  # rounds
	QUICK => 30,         # the same, when few rounds are asked for
	MOST_FILLER => 1e9,  # bytes
	BLOCK => 1 << 20,
	OLD => 'old',
	NEW => 'new',
};

my %set = (runs => 15, lines => 5_000_000, answers => 20_000, only => '*', tools => '*');
$SIG{__DIE__} = sub { return if $^S; print STDERR @_; exit 2 };
GetOptions(\%set, 'runs=i', 'lines=i', 'answers=i', 'only=s', 'tools=s',
	'against', 'huge', 'list', 'markdown=s', 'values=s') or exit 2;
my @texts = @ARGV;
my (@rows, @notes);

# Whether a name is one of 'gzip*,start'.
sub matches {
	my ($name, $patterns) = @_;
	for my $pattern (split /,/, $patterns) {
		my $regex = join '', map { $_ eq '*' ? '.*' : $_ eq '?' ? '.' : quotemeta }
			split //, $pattern;
		return 1 if $name =~ /^$regex$/;
	}
	return 0;
}

sub is_wanted {
	my ($work) = @_;
	return matches($work->{name}, $set{only}) && (!$work->{on_request}
		|| $set{huge} || grep { $_ eq $work->{name} } split /,/, $set{only});
}

sub note {
	my ($note) = @_;
	push @notes, $note if !grep { $_ eq $note } @notes;
}

# --------------------------------------------------------------- contenders

# Those that do a work: tools, or builds of upcase-pipe.
sub contenders {
	my ($work) = @_;
	my @tools = @{ $work->{tools} };
	my $reference = $work->{reference} // '';
	if (!$set{against}) {
		return map { { tool => $_ } } grep {
			matches($_->{name}, $set{tools}) || matches($_->{name}, $reference)
				|| $_->{part}
		} @tools;
	}
	return map {
		my $tool = $_;
		map { { tool => $tool, build => $_ } } OLD, NEW
	} grep {
		$_->{name} =~ /^upcase-pipe/ && $_->{name} !~ /zlib|--/
			&& matches($_->{name}, $set{tools})
	} @tools;
}

# The command of a line, with the build of upcase-pipe that it is about.
sub command {
	my ($c, $line) = @_;
	local $ENV{UPCASE_PIPE} = $ENV{UPCASE_PIPE_OLD}
		if ($c->{build} // NEW) eq OLD;
	return Command->new(Work::fill($c, $line));
}

# The bytes that the tool has to read.
sub input_bytes {
	my ($c) = @_;
	return Work::lines($c) * Work::LINE_LEN if Work::form($c) =~ /\{lines\}/;
	return $c->{command}->argument_bytes if !defined $c->{work}{size};
	my $times = () = Work::form($c) =~ /\{in\}/g;
	return (-s Work::input($c) // 0) * ($times || 1);
}

# ----------------------------------------------------------------- checking

sub compare {
	my ($c) = @_;
	# What is expected comes from the same program for both builds.
	my ($bytes, $hash) = Command->new(Work::fill($c, $c->{work}{expected}))->digest;
	my ($written, $found) = Command->new(Work::fill($c, $c->{work}{written}))->digest;
	my $why = !defined $bytes ? $hash : !defined $written ? $found
		: $bytes == $written && $hash eq $found ? return
		: "wrong output: $written bytes instead of $bytes";
	$c->{failure} = "$c->{tool}{name}: $why";
}

# The run before the timed ones. What is to be thrown away is kept this once, if
# somebody has to look at it.
sub check {
	my ($c) = @_;
	my $subject = $c->{tool}{subject};
	my $kept = $c->{command}{output} ne Command::NULL || Work::form($c) =~ / -o /;
	unlink 'out', 'out.gz';
	renew($c);
	my ($peak, $seconds) = $c->{command}->cost($subject && !$kept ? 'out' : undef);
	if (!defined $peak) {
		$c->{failure} = $seconds;
		return;
	}
	$c->{peak} = $peak;
	$c->{made} = -s 'out.gz' // 0;
	compare($c) if $subject && defined $c->{work}{expected};
	$c->{most} = 1 if $seconds > Work::LONG && $c->{tool}{seldom};
}

# ---------------------------------------------------------------- measuring

# Removes the output, and sees to it that there is memory for the next one. A
# virtual machine gives memory that was free for a while back to its host; who
# uses it next waits for it to come back, up to four times as long as the work
# takes. That must not hit whoever comes behind a slow tool. So as much is
# written once more and removed, when no clock runs.
my $largest;

sub prepare_output {
	my $bytes = -s 'out' // 0;
	unlink 'out', 'out.gz';
	$largest = $bytes < MOST_FILLER ? $bytes : MOST_FILLER if $bytes > $largest;
	return if $largest < BLOCK || !open my $file, '>', 'filler';
	my $block = "\0" x BLOCK;
	for (my $n = 0; $n < $largest; $n += BLOCK) {
		last if (syswrite($file, $block) // 0) != BLOCK;
	}
	close $file;
	unlink 'filler';
}

# What a work changes is made anew from what it was, when no clock runs, and is
# on the disk before one does.
sub renew {
	my ($c) = @_;
	my $copy = $c->{work}{copy} or return;
	my ($from, $to) = map { Work::fill($c, $_) } @$copy;
	for my $command (['rm', '-rf', $to], ['cp', '-r', $from, $to], ['sync', '-f', $to]) {
		system(@$command) == 0 or die "measure.pl: @$command: failed\n";
	}
}

sub forget {
	my ($c) = @_;
	my $copy = $c->{work}{copy} or return;
	system('rm', '-rf', $copy->[1]);
}

sub measure_once {
	my ($c, $round) = @_;
	my $kind = $c->{work}{kind};
	my ($time, @rest);
	renew($c);
	if ($kind eq 'latency') {
		($time, @rest) = $c->{command}->latency($set{answers}, $c->{work}{pinned});
		($c->{p99s}{$round}, $c->{peaks}{$round}) = @rest;
	} elsif ($kind eq 'memory') {
		prepare_output();
		($time, @rest) = $c->{command}->cost;
		$c->{peaks}{$round} = $time;
	} else {
		prepare_output();
		($time, @rest) = $c->{command}->timed;
		$c->{cpus}{$round} = $rest[0];
	}
	if (!defined $time) {
		$c->{failure} = $rest[-1];
		return;
	}
	$c->{times}{$round} = $time if $kind ne 'memory';
	$c->{n}++;
	my $peak = $c->{peaks}{$round} // 0;
	$c->{peak} = $peak if $peak > $c->{peak};
}

# Whether it takes part in this round: seldom ones are spread.
sub on_turn {
	my ($c, $round) = @_;
	return 0 if $c->{failure} || $c->{command}{missing} || $c->{n} >= $c->{most};
	return !$c->{tool}{seldom} || $round % Work::SELDOM == 0;
}

sub measure_rounds {
	my ($rounds, @all) = @_;
	my $begin = time;
	$largest = 0;
	for my $round (0 .. $rounds - 1) {
		last if !$set{against} && $round >= Work::LEAST
			&& time - $begin > Work::ENOUGH;
		for my $k (0 .. $#all) {
			my $c = $all[($round + $k) % @all];
			measure_once($c, $round) if on_turn($c, $round);
		}
	}
	unlink 'out', 'out.gz';
}

# ------------------------------------------------------------------ results

sub keep {
	my ($c) = @_;
	return note($c->{command}{missing}) if $c->{command}{missing};
	if ($c->{failure} =~ /^it keeps single lines to itself/) {
		return note("$c->{tool}{name}, latency: $c->{failure}");
	}
	$c->{bytes} = input_bytes($c);
	my @times = values %{ $c->{times} };
	@$c{qw(low time high)} = map { Statistics::quantile($_, @times) } 0.25, 0.5, 0.75;
	$c->{p99} = Statistics::median(values %{ $c->{p99s} });
	$c->{cpu} = Statistics::median(values %{ $c->{cpus} });
	push @rows, $c;
	printf STDERR "  %-20s %s%.6f s  %s\n", $c->{tool}{name},
		$c->{build} ? "$c->{build} " : '', $c->{time}, $c->{failure};
}

sub rounds_of {
	my ($work) = @_;
	my $effort = $work->{effort};
	$effort = 1 if $set{against} && $effort < 1;
	return int($set{runs} * $effort + 0.5) || 1;
}

sub measure_text {
	my ($work, $text) = @_;
	my $rounds = rounds_of($work);
	my @all = contenders($work) or return;
	for my $c (@all) {
		%$c = (%$c, work => $work, text => $text, lines => $set{lines},
			most => $rounds, n => 0, peak => 0, made => 0, failure => '',
			times => {}, p99s => {}, cpus => {}, peaks => {});
		renew($c); # before its names are looked for
		$c->{command} = command($c, Work::form($c));
	}
	print STDERR join(', ', grep { defined } $work->{name}, $text), "\n";
	if ($work->{kind} ne 'latency') {
		check($_) for grep { !$_->{command}{missing} } @all;
	}
	measure_rounds($rounds, @all);
	keep($_) for @all;
	forget($all[0]);
}

sub measure {
	my ($work) = @_;
	if ($work->{pinned} && `nproc` < 2) {
		return note("$work->{name}: there is only one processor");
	}
	if ($work->{place} && !-d $work->{place}) {
		return note("$work->{name}: there is no folder that is on a disk");
	}
	return measure_text($work, undef) if $work->{texts} eq 'none';
	for my $text (grep { Work::takes($work, $_) } @texts) {
		my $file = "$text-$work->{size}.txt" . ($work->{from} // '');
		if (-r $file) {
			measure_text($work, $text);
		} else {
			note("$work->{name}: $file is not there");
		}
	}
}

sub write_file {
	my ($name, @text) = @_;
	open my $file, '>', $name or die "measure.pl: $name: $!\n";
	print $file @text;
	close $file or die "measure.pl: $name: $!\n";
}

my @works = grep { is_wanted($_) } @Work::works;
if ($set{list}) {
	print map { "$_->{name}\n" } @works;
	exit 0;
}
my $itself = Command::calibrate($set{runs} < 15 ? QUICK : CALIBRATION);
my %results = (rows => \@rows, notes => \@notes, works => \@works,
	least_memory => Command::least_memory());
measure($_) for @works;
write_file($set{values}, Table::values_of(\%results));
write_file($set{markdown},
	sprintf("\nStarting bench-run takes %.0f µs, which are taken off all times but "
		. "those of start.\n", $itself * 1e6),
	$set{against} ? Table::against(\%results) : Table::markdown(\%results));
exit((grep { $_->{failure} } @rows) > 0);
