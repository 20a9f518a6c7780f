#!/usr/bin/env perl
# kill -9: whoever appends to a file after somebody was killed while he did
# finds no line twice and none torn but his last; nothing that was there before
# is gone.
#
# Run after run appends to one file, and is killed at a random moment; now and
# then the file is looked through, and the next one begun: plain, gzip, BGZF, and
# so on. What is packed each run repairs first. A kill seldom comes in the middle of a
# write: of some that were killed the last member is cut as well. Files of blocks
# are ended by their mark.
use strict;
use warnings;
use File::Basename;
use Time::HiRes qw(sleep);
use lib dirname(__FILE__);
use Proof;

begin(30, 500);
my @kinds = ('', '.gz', '.bgz');
my ($gzip, $file) = (0, "$dir/db");
my $runs_a_file = long_form() ? 25 : 10;
my $mark = pack 'H*', '1f8b08040000000000ff0600424302001b0003000000000000000000';
my @runs;	# those of this file: their numbers, lines and ends
my $tail = '';	# the last bytes of the file
my $size = 0;	# its length

# Something that cannot be packed, so that members are large.
my $noise = join '', map { ('a' .. 'z')[rand 26] } 1 .. 100_000;

# The input of a run: lines that say whose they are, which they are, and where
# they end.
sub input_of {
	my ($run, $lines) = @_;
	return join '', map {
		sprintf "run %d line %d %s end\n", $run, $_,
			substr $noise, ($_ * 97) % 99_000, ($_ * 37) % 150
	} 1 .. $lines;
}

# Starts a run that appends. Returns its process id.
sub start_run {
	my ($run, $lines, @options) = @_;
	spill("$dir/input", input_of($run, $lines));
	open my $in, '<', "$dir/input" or die;
	return start_program(['-o', $file, @options], in => $in);
}

# Whether there is a line of that run in the file: RUN N LINE M ..., or the
# beginning of one.
sub look_at_line {
	my ($line, $seen) = @_;
	if ($line =~ /^RUN (\d+) LINE (\d+) [A-Z]* END\z/) {
		my ($run, $number) = ($1, $2);
		problem("run $run after run $seen->{last}")
			if $run < ($seen->{last} // 0);
		problem("a line of run $run behind its torn one")
			if ($seen->{torn} // 0) == $run;
		my $before = $seen->{n}{$run} // 0;
		problem("line $number of run $run behind $before")
			if $number != $before + 1;
		$seen->{n}{$run} = $number;
		$seen->{last} = $run;
		return;
	}
	tally('torn lines');
	problem("a torn line that is no beginning: $line")
		if 'RUN ' ne substr($line, 0, 4) && index('RUN ', $line) != 0;
	# Cut within the number it may be anybody's.
	$seen->{torn} = $1 if $line =~ /^RUN (\d+) L/;
}

# look_at_all(): every line of the file is whole, or the last of a run; those of
# a run are the first ones, in order; those of one that was not killed are all
# there.
sub look_at_all {
	my %seen;
	$current .= ', the file';
	look_at_line($_, \%seen) for split /\n/, text_of();
	for my $run (@runs) {
		my ($number, $lines, $status) = @$run;
		my $n = $seen{n}{$number} // 0;
		tally('lines checked', $n);
		problem("run $number has $n lines, not $lines")
			if $status == 0 && $n != $lines;
	}
	tally('tails moved aside', scalar(() = glob "$file.torn-*"));
	unlink $file, glob "$file.torn-*";
	@runs = ();
	($tail, $size) = ('', 0);
	push @kinds, shift @kinds;
	$gzip = $kinds[0] ne '';
	$file = "$dir/db$kinds[0]";
}

# What the file holds. The last run may have been killed.
sub text_of {
	return slurp($file) if !$gzip;
	open my $in, '<', '/dev/null' or die;
	my $status = run_program(['--repair', '-o', $file], in => $in);
	problem("to repair: status $status") if $status;
	my $bytes = slurp($file);
	my ($text, $rest) = inflate($bytes);
	problem('no mark at the end')
		if $file =~ /bgz/ && substr($bytes, -length $mark) ne $mark;
	problem('a torn member after the repair') if $rest ne '';
	return $text;
}

# tear(BEFORE): cuts the last member of a run that was killed, if it wrote one.
sub tear {
	my ($before) = @_;
	my $now = -s $file // 0;
	return if $now <= $before;
	truncate $file, $now - between(1, 18) or die;
	tally('members cut');
}

# What was at the end before is still there.
sub look_at_tail {
	my $bytes;
	# It may have been moved aside.
	return $size = -s $file // 0 if $gzip;
	open my $f, '<:raw', $file or return;
	sysseek $f, $size - length $tail, 0;
	sysread $f, $bytes, length $tail;
	problem('what was there before is not any more') if $bytes ne $tail;
	$size = -s $f;
	my $most = $size < 4096 ? $size : 4096;
	sysseek $f, $size - $most, 0;
	sysread $f, $tail, $most;
}

sub has_ended {
	my ($pid) = @_;
	my $stat = slurp("/proc/$pid/stat") // '';
	return $stat !~ /\) [^Z]/;
}

# A moment after the file has grown, or after the start.
sub choose_moment {
	my ($pid) = @_;
	return sleep rand 0.006 if chance(0.2);
	1 while (-s $file // 0) == $size && !has_ended($pid);
	sleep rand 0.003 if chance(0.5);
}

each_run(sub {
	my ($n) = @_;
	my $lines = pick(300, 3000, 30000);
	my $before = -s $file // 0;
	my $pid = start_run($n, $lines, '-b', pick('4K', '64K', '2M'),
		'-j', pick(1, 2), '--sync', pick(qw(none none none batch)),
		$gzip ? ('--repair', '-z1') : ());
	choose_moment($pid);
	kill KILL => $pid;
	my $status = wait_program($pid);
	tear($before) if $gzip && $status == 9 && chance(0.5);
	tally('runs killed') if $status == 9;
	problem("status $status") if $status != 9 && $status != 0;
	push @runs, [$n, $lines, $status];
	look_at_tail();
	look_at_all() if $n % $runs_a_file == 0;
});

# Somebody appends at last who is left alone.
my $end = @runs ? $runs[-1][0] + 1 : 1;
push @runs, [$end, 100,
	wait_program(start_run($end, 100, $gzip ? '--repair' : ()))];
problem("the last run: status $runs[-1][2]") if $runs[-1][2];
look_at_all();
end_proof();
