# Command.pm - a pipeline of programs, written as one would type it in a shell,
# and what it costs
#
# Understood are words, '...', * for file names, LC_ALL=... before a program, |
# < and >, and nothing else, so that what a table shows is what was run. Yet no
# shell runs it: programs are found when the line is read, and started directly,
# by hyperfine or by bench-run.
#
#  - Without < the first program reads /dev/null, without > the last one writes
#    it.
#  - A program sees LC_ALL=C, unless its own LC_ALL stands before it.
#  - A name with a variable of its own (see %variable) is looked up there if
#    that is set, all others in PATH.
#  - One command runs at a time. On a signal that ends this program, its
#    programs are killed, so none is left behind.
package Command;
use strict;
use warnings;

use Digest::MD5;
use JSON::PP ();
use Statistics;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

use constant {
	NULL => '/dev/null',
	LONGEST => 1 << 17, # bytes of one argument, on Linux
};

my %variable = (
	'upcase-pipe' => 'UPCASE_PIPE',
	'upcase-pipe-zlib' => 'UPCASE_PIPE_ZLIB',
	python3 => 'PYTHON',
);

my $run = $ENV{BENCH_RUN} or die "measure.pl: BENCH_RUN is not set\n";
my $commands = 0; # files that tell bench-run what to do
my $group; # of processes that run now

# What would make a tool do other than its arguments say.
delete @ENV{qw(LANG LANGUAGE POSIXLY_CORRECT GZIP PIGZ GREP_OPTIONS PERL5OPT
	PERL_UNICODE PYTHONUTF8 PYTHONIOENCODING PYTHONUNBUFFERED
	GAWK_READ_TIMEOUT)};
$ENV{LC_ALL} = 'C';

for my $signal (qw(INT TERM HUP)) {
	$SIG{$signal} = sub {
		kill KILL => -$group if $group;
		$SIG{$signal} = 'DEFAULT';
		kill $signal => $$;
	};
}

# ---------------------------------------------------------- reading a line

# Parts of bench-run, by the names that they have in a line.
my %itself = (feeder => '--feed', replacer => '--replace',
	'syncing-replacer' => '--replace-synced');

sub find {
	my ($command, $name) = @_;
	return ($run, $itself{$name}) if $itself{$name};
	my $variable = $variable{$name};
	my $value = $variable && $ENV{$variable};
	my @there = grep { -f && -x _ }
		$value ? $value : map { "$_/$name" } split /:/, $ENV{PATH};
	return $there[0] if @there;
	$command->{missing} //= "$name: " . ($value ? "$variable cannot be executed"
		: $variable ? "not installed, and $variable is not set"
		: 'not installed');
	return $name;
}

# The words of a line, and whether each was quoted.
sub words {
	my ($line) = @_;
	my @words;
	while ($line =~ /\G *(?:([|<>])|((?:[^ |<>']+|'[^']*')+))/gc) {
		if (defined $1) {
			push @words, [$1, 'special'];
		} else {
			my $word = $2;
			my $quoted = $word =~ s/'([^']*)'/$1/g;
			push @words, [$word, $quoted ? 'quoted' : ''];
		}
	}
	die "measure.pl: $line: not understood\n" if $line !~ /\G *\z/gc;
	return @words;
}

# Reads a line. If a program is not there, {missing} tells, and the command
# cannot be run.
sub new {
	my ($class, $line) = @_;
	my $self = bless { input => NULL, output => NULL, stages => [[]] }, $class;
	my @words = words($line);
	while (my $entry = shift @words) {
		my ($word, $is) = @$entry;
		if ($is eq 'special' && $word eq '|') {
			push @{ $self->{stages} }, [];
		} elsif ($is eq 'special') {
			$self->{ $word eq '<' ? 'input' : 'output' } = (shift @words)->[0];
		} elsif ($is eq '' && $word =~ /\*/) {
			push @{ $self->{stages}[-1] }, glob $word;
		} else {
			push @{ $self->{stages}[-1] }, $word;
		}
	}
	for my $stage (@{ $self->{stages} }) {
		my $locale = $stage->[0] =~ /^LC_ALL=/ ? shift @$stage : 'LC_ALL=C';
		splice @$stage, 0, 1, $self->find($stage->[0]);
		unshift @$stage, $locale;
	}
	return $self;
}

# Bytes of all files that are arguments of the first program.
sub argument_bytes {
	my ($self) = @_;
	my $bytes = 0;
	my ($locale, $program, @arguments) = @{ $self->{stages}[0] };
	$bytes += -s for grep { -f } @arguments;
	return $bytes;
}

# The file for bench-run, see command.h.
sub file {
	my ($self, $output, $input) = @_;
	$output //= $self->{output};
	$input //= $self->{input};
	return $self->{file}{$output} if $self->{file}{$output};
	my $name = 'command.' . ++$commands;
	open my $file, '>', $name or die "measure.pl: $name: $!\n";
	print $file join("\0", $input, $output,
		map { (@$_, '') } @{ $self->{stages} }), "\0";
	close $file or die "measure.pl: $name: $!\n";
	return $self->{file}{$output} = $name;
}

# ----------------------------------------------------------------- running

# Starts a program in a group of its own; what it writes can be read.
sub start {
	my (@argv) = @_;
	unlink 'messages';
	my $pid = open(my $pipe, '-|') // die "measure.pl: no process: $!\n";
	if (!$pid) {
		setpgrp;
		@SIG{qw(INT TERM HUP QUIT)} = ('DEFAULT') x 4;
		open STDERR, '>>', 'messages';
		exec { $argv[0] } @argv or exit 2;
	}
	setpgrp $pid, $pid; # whoever is first
	$group = $pid;
	return $pipe;
}

# Waits for it. Returns whether it exited with 0.
sub finish {
	my ($pipe) = @_;
	close $pipe;
	undef $group;
	return $? == 0;
}

# The first line on standard error.
sub message {
	open my $file, '<', 'messages' or return '';
	chomp(my $line = <$file> // '');
	return $line ne '' ? ' (' . substr($line, 0, 100) . ')' : '';
}

# Asks bench-run. Returns its figures, or undef and why there are none.
sub ask {
	my ($self, @argv) = @_;
	my $pipe = start($run, @argv);
	my $answer = <$pipe> // 'failed bench-run';
	finish($pipe);
	chomp $answer;
	return (undef, $1 . message()) if $answer =~ /^failed (.*)/;
	return split / /, $answer;
}

# Runs it once without a clock that matters. Returns the peak memory of the
# largest program in bytes and about how many seconds it took; or undef and why
# it failed. `output` instead of the file that it writes.
sub cost {
	my ($self, $output) = @_;
	my $file = $self->file($output);
	my $begin = clock_gettime(CLOCK_MONOTONIC);
	my ($peak, $why) = $self->ask('--cost', $file);
	return (undef, $why) if !defined $peak;
	return ($peak * 1024, clock_gettime(CLOCK_MONOTONIC) - $begin);
}

# The half and 99 in 100 of so many answers, in seconds, and the peak memory in
# bytes; or undef and why not.
sub latency {
	my ($self, $answers, $pinned) = @_;
	my ($p50, $p99, $peak) = $self->ask($pinned ? '--latency-pinned' : '--latency',
		$answers, $self->file('-', '-')); # the descriptors of the other side
	return (undef, $p99) if !defined $p50;
	return ($p50 / 1e9, $p99 / 1e9, $peak * 1024);
}

# How many bytes it writes, and which: or undef and why not.
sub digest {
	my ($self) = @_;
	my $pipe = start($run, $self->file('-'));
	my $md5 = Digest::MD5->new;
	my $bytes = 0;
	while (my $n = sysread $pipe, my $block, 1 << 16) {
		$md5->add($block);
		$bytes += $n;
	}
	return (undef, 'no output to compare with' . message()) if !finish($pipe);
	return ($bytes, $md5->hexdigest);
}

# -------------------------------------------------------------- hyperfine

# hyperfine splits a line as a shell does.
sub quoted {
	return join ' ', map { s/'/'\\''/gr =~ s/(.*)/'$1'/sr } @_;
}

# What bench-run itself takes, in seconds of the clock and of a processor: it
# starting itself, less it started once. To be taken off what it starts.
my @itself = (0, 0);

sub hyperfine {
	my ($line) = @_;
	my $pipe = start('hyperfine', '-N', '--runs', '1', '--style', 'none',
		'--export-json', 'hyperfine.json', $line);
	1 while defined readline $pipe;
	return (undef, 'it failed when it was timed' . message()) if !finish($pipe);
	open my $file, '<', 'hyperfine.json' or die "measure.pl: no times: $!\n";
	my $found = JSON::PP::decode_json(do { local $/; <$file> })->{results}[0];
	my ($run) = @{ $found->{measurements} // [] }; # from version 2 on
	return ($run->{time_wall_clock}{value}, $run->{time_cpu}{value}) if $run;
	return ($found->{median}, $found->{user} + $found->{system});
}

# Whether hyperfine can start it: one program, without files, whose words fit
# into the one argument that hyperfine is given.
sub is_simple {
	my ($self) = @_;
	return @{ $self->{stages} } == 1 && $self->{input} eq NULL
		&& $self->{output} eq NULL
		&& length quoted(@{ $self->{stages}[0] }) < LONGEST;
}

# Lets hyperfine run it once. Returns the seconds that it took and those of
# processors; or undef and why not.
sub timed {
	my ($self) = @_;
	if ($self->is_simple) {
		my ($locale, @argv) = @{ $self->{stages}[0] };
		local $ENV{LC_ALL} = $locale =~ s/^LC_ALL=//r;
		return hyperfine(quoted(@argv));
	}
	my ($seconds, $cpu) = hyperfine(quoted($run, $self->file));
	return ($seconds, $cpu) if !defined $seconds;
	return map { $_ > 0 ? $_ : 0 } $seconds - $itself[0], $cpu - $itself[1];
}

# To be called once, before anything is timed. Returns the seconds.
sub calibrate {
	my ($rounds) = @_;
	my $twice = __PACKAGE__->new('cat');
	$twice->{stages} = [['LC_ALL=C', $run]];
	my @lines = (quoted($run), quoted($run, $twice->file));
	my (@wall, @cpu);
	for (1 .. $rounds) {
		for my $i (0, 1) {
			my ($seconds, $cpu) = hyperfine($lines[$i]);
			die "measure.pl: hyperfine: $cpu\n" if !defined $seconds;
			push @{ $wall[$i] }, $seconds;
			push @{ $cpu[$i] }, $cpu;
		}
	}
	# The fastest of many runs: on a machine that does something else as well,
	# more would be taken off than it takes when nothing disturbs.
	@itself = map {
		Statistics::quantile(0.1, @{ $_->[1] })
			- Statistics::quantile(0.1, @{ $_->[0] })
	} \@wall, \@cpu;
	return $itself[0];
}

# The peak memory of a program that does nothing: less is not seen.
sub least_memory {
	my $self = __PACKAGE__->new('cat');
	$self->{stages} = [['LC_ALL=C', $run]];
	return ($self->cost)[0];
}

1;
