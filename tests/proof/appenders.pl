#!/usr/bin/env perl
# Eight appenders of one file at the same time: every line is whole, and those of
# each are all there, in order, whatever becomes of the others.
#
# In each round eight programs append, to a plain file or to a gzip file. Some of
# them are ended by SIGTERM, one finds the disk full from some write on, and some
# are killed: of a plain file the last line of those may be torn, and somebody
# has to have ended it; of a gzip file the last member, and somebody has to have
# moved it aside.
use strict;
use warnings;
use Errno qw(ENOSPC EIO);
use Fcntl qw(SEEK_CUR);
use File::Basename;
use Time::HiRes qw(sleep);
use lib dirname(__FILE__);
use Proof;

my $writers = 8;
begin(4, 20);
my $lines = long_form() ? 13_000 : 1500;	# of each
my @texts;
my $shim = sanitized() ? undef : shim('faults', 'faults.c', 'plan.c');

# The text of a writer, whose lines say whose they are.
sub text_of {
	my ($who) = @_;
	return $texts[$who] //= join '', map {
		sprintf "writer %d line %d %s end\n", $who, $_, 'x' x (($_ * 31) % 120)
	} 1 .. $lines;
}

# What is to become of a writer.
sub draw_fate {
	my ($who) = @_;
	return 'full' if $who == 1 && $shim;
	return 'TERM' if $who <= 3;
	return 'KILL' if $who <= 5;
	return 'end';
}

sub start_writer {
	my ($who, $file, $gzip) = @_;
	my %w = (who => $who, fate => draw_fate($who));
	my %env;
	open $w{in}, '<', "$dir/in$who" or die;
	open my $err, '>', "$dir/err$who" or die;
	if ($w{fate} eq 'full') {
		my $at = between(1, 8);
		%env = (LD_PRELOAD => $shim, PROOF_FAULTS => "writev $at $at short;"
			. "writev " . ($at + 1) . " 999999 " . ENOSPC);
	}
	my @args = ('-o', $file, '-b', pick('4K', '16K', '64K'), '-j',
		pick(1, 2));
	push @args, '--repair', '--flush-interval', 0 if $gzip;
	$w{pid} = start_program(\@args, in => $w{in}, err => $err, env => \%env);
	return \%w;
}

sub end_writer {
	my ($w) = @_;
	$w->{status} = wait_program($w->{pid});
	if (!defined $w->{status}) {
		problem("writer $w->{who} does not end\n" . stacks($w->{pid}));
		kill KILL => $w->{pid};
		$w->{status} = wait_program($w->{pid});
	}
	$w->{read} = sysseek $w->{in}, 0, SEEK_CUR;
	$w->{err} = slurp("$dir/err$w->{who}");
}

# look_at_line(LINE, SEEN, STOPPED): a line of a writer, the next one of it; or
# one that a writer that was stopped had not read, or written, to its end.
sub look_at_line {
	my ($line, $seen, $stopped) = @_;
	if ($line =~ /^WRITER (\d+) LINE (\d+) X* END\z/) {
		problem("line $2 of writer $1 behind " . ($seen->{$1} // 0))
			if $2 != ($seen->{$1} // 0) + 1;
		$seen->{$1} = $2;
		return;
	}
	tally('torn lines');
	# Cut before the number, which has one digit, it may be anybody's.
	return $seen->{nobody}++ if $line ne '' && index('WRITER ', $line) == 0;
	problem("a torn line: $line")
		if $line !~ /^WRITER (\d)/ || !delete $stopped->{$1};
}

# look_at(TEXT, STOPPED): the number of lines of each writer.
sub look_at {
	my ($text, %stopped) = @_;
	my %n;
	look_at_line($_, \%n, \%stopped) for split /\n/, $text;
	problem('torn lines of nobody')
		if ($n{nobody} // 0) > keys %stopped;
	problem('the file does not end with a line') if $text !~ /\n\z/;
	return \%n;
}

# What a writer left is what it had to leave.
sub judge_writer {
	my ($w, $n) = @_;
	my $exit = $w->{status} >> 8;
	my $read = lines_in(substr text_of($w->{who}), 0, $w->{read});
	my $t = told($w->{err});
	my @wrong;

	tally('writers: '
		. ({0 => 'to the end', 9 => 'by -9', 15 => 'by TERM'}->{$w->{status}}
			// 'disk full'));
	tally('lines checked', $n);
	if ($w->{status} == 0) {
		push @wrong, "$n lines, not all" if $n != $lines;
	} elsif ($w->{fate} eq 'TERM') {
		push @wrong, "status $w->{status}" if $w->{status} != 15;
		# The last one may have been read in part.
		push @wrong, "$n lines, but $read were read"
			if $n != $read && $n != $read - 1;
	} elsif ($w->{fate} eq 'full') {
		push @wrong, "status $w->{status}" if $exit != 3;
		push @wrong, "$n lines, told $t->{written} written, $t->{lost} lost"
			. " of $read" if $n != $t->{written}
			|| $n + $t->{lost} != $read;
	} elsif ($w->{status} != 9) {
		push @wrong, "status $w->{status}";
	}
	problem(join "\n", "writer $w->{who} ($w->{fate})", @wrong, $w->{err})
		if @wrong;
}

sub end_early {
	my @all = grep { $_->{fate} =~ /TERM|KILL/ } @_;
	for my $w (@all) {
		sleep rand(long_form() ? 0.02 : 0.002);
		kill $w->{fate} => $w->{pid};
	}
}

spill("$dir/in$_", text_of($_)) for 1 .. $writers;
each_run(sub {
	my ($n) = @_;
	my $gzip = $n % 2 == 0;
	my $file = "$dir/db" . ($gzip ? '.gz' : '');
	unlink $file;
	my @all = map { start_writer($_, $file, $gzip) } reverse 1 .. $writers;
	end_early(@all);
	end_writer($_) for @all;
	# Whoever comes last ends a line that somebody left.
	spill("$dir/last", "writer 9 line 1  end\n");
	open my $in, '<', "$dir/last" or die;
	my $status = run_program(['-o', $file, $gzip ? '--repair' : ()],
		in => $in);
	problem("the last one: status $status") if $status;
	tally('tails moved aside', scalar(() = glob "$file.torn-*"));
	unlink glob "$file.torn-*";
	my ($text, $rest) = $gzip ? inflate(slurp($file)) : (slurp($file), '');
	problem('a torn member') if $rest ne '';
	my %stopped = map { $_->{who} => 1 }
		grep { $_->{status} == 9 || $_->{status} == 15 } @all;
	my $count = look_at($text, %stopped);
	problem('the last line is not there') if ($count->{9} // 0) != 1;
	judge_writer($_, $count->{$_->{who}} // 0) for @all;
});
end_proof();
