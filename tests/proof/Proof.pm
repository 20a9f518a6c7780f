# Proof - what the proofs share: settings, texts, running the program, judging
#
# A proof runs the program many times, each time with something that is chosen
# at random, and judges each run by what the program promises. Every run has a
# number and a seed of its own, so that one run can be made again: what failed
# says how.
#
# Settings, from the environment or as arguments of the script:
#
#	PROOF=long	--long		the counts that make check-long takes
#	PROOF_RUNS=N	--runs=N	so many
#	PROOF_SEED=N	--seed=N	another choice
#	PROOF_ONLY=N	--only=N	only the run of this number
#
# Needs perl and its own modules; gdb for the stacks of what does not end.
package Proof;
use strict;
use warnings;
use Compress::Raw::Zlib;
use Cwd qw(abs_path);
use Exporter qw(import);
use Fcntl;
use File::Basename;
use File::Temp;
use Getopt::Long;
use POSIX ();

our @EXPORT = qw(begin end_proof only each_run chance pick between long_form
	skip_all shim sanitized make_text upper typed lines_in slurp spill
	start_program wait_program run_program judge told problem tally note inflate
	unread patience stacks $dir $program $current);

our ($dir, $program, $current);
my ($name, $long, $runs, $seed, $only);
my ($n_done, $n_problems, %tallies) = (0, 0);
my %children;

# How long a run may take before it counts as one that does not end.
my $seconds = $ENV{UPCASE_PIPE_DEADLINE} // 30;

# So many failures are told in full.
my $told_most = $ENV{PROOF_TOLD} // 10;

# --- settings ----------------------------------------------------------------

# begin(SHORT, LONG): so many runs in either form.
sub begin {
	my ($n_short, $n_long) = @_;
	$name = basename($0, '.pl');
	my %o = (long => ($ENV{PROOF} // '') eq 'long', runs => $ENV{PROOF_RUNS},
		seed => $ENV{PROOF_SEED} // 1, only => $ENV{PROOF_ONLY});
	GetOptions(\%o, 'long', 'runs=i', 'seed=i', 'only=i') or exit 2;
	$long = $o{long};
	$runs = $o{runs} // ($long ? $n_long : $n_short);
	($seed, $only) = @o{qw(seed only)};
	$program = abs_path($ENV{UPCASE_PIPE}
		// dirname($0) . '/../../build/upcase-pipe');
	-x $program or die "$name: no program (set UPCASE_PIPE)\n";
	$ENV{LC_ALL} = 'C';
	delete @ENV{qw(LANG LANGUAGE POSIXLY_CORRECT GZIP)};
	$SIG{PIPE} = 'IGNORE';
	$SIG{$_} = sub { exit 1 } for qw(INT TERM HUP);
	$| = 1;
	$dir = File::Temp::tempdir("upcase-pipe-$name.XXXXXX", TMPDIR => 1,
		CLEANUP => 1);
	chdir $dir or die;
	print "$name: $runs runs, seed $seed\n";
}

sub patience { return $seconds }

sub long_form { return $long }

# each_run(SUB): calls it with the number of each run.
sub each_run {
	my ($sub) = @_;
	for my $n (defined $only ? $only : 1 .. $runs) {
		$current = "run $n";
		srand(($seed * 1_000_003 + $n) & 0x7fffffff);
		$sub->($n);
		$n_done++;
		print "$n_done of $runs\n" if $long && $n_done % 500 == 0;
	}
}

sub skip_all {
	print "$name: skipped: $_[0]\n";
	exit 77;
}

sub end_proof {
	chdir '/';
	print "$_: $tallies{$_}\n" for sort keys %tallies;
	my $how = $n_problems ? "not ok" : "ok";
	print "$how - $name: $n_done runs, $n_problems failed, seed $seed\n";
	exit($n_problems ? 1 : 0);
}

# tally(WHAT[, N]): counted, and told at the end.
sub tally { $tallies{$_[0]} += $_[1] // 1 }

sub note { print "# $_\n" for split /\n/, $_[0] }

# problem(TEXT): a promise that was not kept.
sub problem {
	my ($text) = @_;
	return unless $n_problems++ < $told_most;
	print "not ok - $current\n";
	note($text);
	my ($n) = $current =~ /^run (\d+)/;
	note("again: perl $0 --seed=$seed --only=$n")
		if defined $n && $text !~ /^again: /m;
}

# --- chance ------------------------------------------------------------------

sub chance { return rand() < $_[0] }
sub pick { return $_[rand @_] }
sub between { return $_[0] + int rand($_[1] - $_[0] + 1) }

# --- texts and files ---------------------------------------------------------

sub slurp {
	open my $f, '<:raw', $_[0] or return undef;
	local $/;
	return scalar <$f> // '';
}

sub spill {
	my ($path, $bytes) = @_;
	open my $f, '>:raw', $path or die "$path: $!";
	print $f $bytes;
	close $f or die "$path: $!";
}

# make_text(LINES[, LONGEST]): lines that differ, without white space at their
# ends.
sub make_text {
	my ($lines, $longest) = @_;
	my @words = ('plain', 'words', "stra\xc3\x9fe", "caf\xc3\xa9", 'MiXed',
		'42', "\xff", "\t");
	my $text = '';
	for my $n (1 .. $lines) {
		my $line = "line $n";
		my $len = int rand($longest // 100);
		$line .= ' ' . $words[rand @words] while length $line < $len;
		$text .= "$line.\n";
	}
	return $text;
}

# upper(BYTES): what the program makes of such a text, or of a part of it.
sub upper {
	my ($text) = @_;
	$text =~ tr/a-z/A-Z/;
	$text =~ s/\xc3\x9f/SS/g;
	$text =~ s/\xc3\xa9/\xc3\x89/g;
	return $text;
}

# typed(BYTES): the same of lines that were typed.
sub typed {
	my ($text) = @_;
	return join '', map { "$_\n" } grep { $_ ne '' }
		map { s/^[ \t]+|[ \t]+\z//gr } split /\n/, upper($text);
}

# lines_in(BYTES): a last one without a newline counts.
sub lines_in {
	my ($text) = @_;
	my $n = ($text =~ tr/\n//);
	return $n + ($text ne '' && $text !~ /\n\z/ ? 1 : 0);
}

# The text of a member that is cut, as far as it was flushed; of one that tells its
# size, none.
sub flushed {
	my ($packed) = @_;
	return '' if $packed !~ /^\x1f\x8b\x08\0/;
	my $text = '';
	my $end = 4 + rindex $packed, "\0\0\xff\xff";
	my $begin = substr $packed, 0, $end;
	my $z = Compress::Raw::Zlib::Inflate->new(
		-WindowBits => WANT_GZIP, -AppendOutput => 1);
	$z->inflate($begin, $text);
	return $text;
}

# inflate(BYTES): the text of so many gzip members as there are, also of one that
# is cut; the bytes of the one that is cut; and the text without what of that one
# was not flushed.
sub inflate {
	my ($packed) = @_;
	my ($text, $whole) = ('', 0);
	while ($packed ne '') {
		my $z = Compress::Raw::Zlib::Inflate->new(
			-WindowBits => WANT_GZIP, -AppendOutput => 1);
		my $rest = $packed;
		my $err = $z->inflate($rest, $text);
		return ($text, $packed, substr($text, 0, $whole) . flushed($packed))
			if $err != Z_STREAM_END;
		($packed, $whole) = ($rest, length $text);
	}
	return ($text, '', $text);
}

# unread(HANDLE): how many bytes wait in a pipe or socket (FIONREAD).
sub unread {
	my $n = pack 'i', 0;
	ioctl $_[0], 0x541B, $n or die "FIONREAD: $!";
	return unpack 'i', $n;
}

# --- shims -------------------------------------------------------------------

# A build with a sanitizer wants to be the first library of all.
sub sanitized {
	my $bytes = slurp($program);
	return $bytes =~ /__(asan|tsan|msan)_init/;
}

# shim(NAME, FILE...): those files of tests/proof as a library for LD_PRELOAD.
sub shim {
	my ($shim, @files) = @_;
	my $source = join ' ', map { abs_path(our $here) . "/$_" } @files;
	my $cc = $ENV{CC} // 'cc';
	skip_all('a library cannot be put before that of a sanitizer')
		if sanitized();
	skip_all('the program is static: no library comes before those that it has')
		if slurp($program) !~ m{/ld[-.]\w};
	system("$cc -O1 -g -D_GNU_SOURCE -shared -fPIC -o $dir/$shim.so "
			. "$source -ldl -pthread") == 0
		or die "$name: $source cannot be compiled\n";
	return "$dir/$shim.so";
}
our $here;
BEGIN { $here = abs_path(dirname(__FILE__)) }

# --- running -----------------------------------------------------------------

# start_program(ARGS, %how): in, out, err are handles; env what is added to the
# environment; command what stands before the program. Returns the process id.
sub start_program {
	my ($args, %how) = @_;
	# A signal for the program is not to find the copy of the test.
	my $all = POSIX::SigSet->new;
	my $before = POSIX::SigSet->new;
	$all->fillset;
	POSIX::sigprocmask(POSIX::SIG_BLOCK(), $all, $before);
	defined(my $pid = fork) or die "fork: $!";
	if ($pid) {
		POSIX::sigprocmask(POSIX::SIG_SETMASK(), $before);
		return $children{$pid} = $pid;
	}
	%children = ();
	$SIG{$_} = 'DEFAULT' for qw(INT QUIT HUP TERM PIPE USR1 USR2 ALRM);
	POSIX::sigprocmask(POSIX::SIG_SETMASK(), POSIX::SigSet->new);
	POSIX::dup2(fileno $how{in}, 0) if $how{in};
	POSIX::dup2(fileno $how{out}, 1) if $how{out};
	POSIX::dup2(fileno $how{err}, 2) if $how{err};
	my $env = $how{env} // {};
	@ENV{keys %$env} = values %$env;
	exec { ($how{command} // [$program])->[0] } @{$how{command} // []},
		($how{command} ? $program : 'upcase-pipe'), @$args
		or POSIX::_exit(127);
}

# stacks(PID): what its threads are at.
sub stacks {
	my ($pid) = @_;
	my $text = `gdb -p $pid -batch -nx -ex 'thread apply all bt' 2>&1`;
	return $text if defined $text && $text =~ /#0/;
	$text = '';
	for my $t (glob "/proc/$pid/task/*") {
		$text .= join(' ', map { slurp("$t/$_") // '' } qw(comm wchan syscall));
	}
	return $text;
}

# wait_program(PID[, SECONDS]): how it went, as $?; undef if it has not ended.
sub wait_program {
	my ($pid) = @_;
	my $how;
	eval {
		local $SIG{ALRM} = sub { die "over\n" };
		alarm($_[1] // $seconds);
		waitpid $pid, 0;
		$how = $?;
		alarm 0;
	};
	alarm 0;
	delete $children{$pid} if defined $how;
	return $how;
}

# run_program(ARGS, %how): to its end, which it has to come to.
sub run_program {
	my ($args, %how) = @_;
	my $pid = start_program($args, %how);
	my $status = wait_program($pid);
	return $status if defined $status;
	problem("does not end: @$args\n" . stacks($pid));
	kill KILL => $pid;
	return wait_program($pid);
}

END {
	kill KILL => values %children if %children;
}

# --- judging -----------------------------------------------------------------

# told(ERRORS): what the program said: the lines written and lost, if it told of
# a failed output, and the figures of --stats=json.
sub told {
	my ($err) = @_;
	my %t;
	@t{qw(written lost)} = ($1, $2)
		if $err =~ /: (\d+) lines? written, (\d+) lines? lost/;
	%t = (%t, $1 => $2)
		while $err =~ /"(lines_in|bytes_in|lines_out|members)":(\d+)/g;
	# What the input is made of is told in any case.
	$t{messages} = join '', grep {
		!/^\{"lines_in"/ && !/ sequences? (?:is|are) not UTF-8, /
	} split /^/, $err;
	return \%t;
}

# judge(%run): what holds of every run. Of it:
#	want	the output that belongs to what was read
#	full	the output that belongs to all input
#	got	the output that there is
#	status	as $?
#	err	standard error
#	appends	the output is lines
#	packed	what was read may hold text that nobody has seen yet
#	lost	set: what was lost may not be told (nobody reads any more)
#	blind	set: standard error may not be all that was told
#	cut	the output is one gzip member that has no end
# Returns what is wrong, one thing a line.
sub judge {
	my (%r) = @_;
	my ($exit, $signal, $t) = ($r{status} >> 8, $r{status} & 127, told($r{err}));
	my @wrong;
	# Packed text may be damaged, or may not be decoded for another reason: then
	# the line that it was in is ended.
	my $cut = $r{packed} && $exit == 1;
	my $begin = $cut && $r{appends} ? $r{got} =~ s/\n\z//r : $r{got};
	my $whole = $r{got} eq $r{want};
	my $n_got = $whole ? lines_in($r{got}) : ($r{got} =~ tr/\n//);
	my $n_want = lines_in($r{want});
	my $lost = $t->{lost} // 0;

	push @wrong, "the output is no beginning of what was read"
		if substr($r{want}, 0, length $begin) ne $begin;
	push @wrong, "the output ends in a torn line"
		if $r{appends} && $r{got} ne '' && $r{got} !~ /\n\z/
		&& $r{err} !~ /what is torn/;
	push @wrong, "it dumped core or was ended by signal $signal"
		if $signal && $signal !~ /^(1|2|10|12|13|15)$/;
	return @wrong if $r{lost};
	push @wrong, "status 0, but not all input was written"
		if $r{status} == 0 && $r{got} ne $r{full};
	push @wrong, "nothing is lost, but the one member has no end"
		if $r{cut} && !$lost && !$exit && $signal =~ /^(0|1|2|15)$/
		&& !$r{blind};
	push @wrong, "status 1 without a word"
		if $exit == 1 && $t->{messages} eq '' && !$r{blind};
	return @wrong if $r{blind};
	push @wrong, "$n_got written + $lost lost, but $n_want lines were read"
		if $n_got + $lost != $n_want
		&& !($r{packed} && ($cut || defined $t->{lost})
			&& $n_got + $lost < $n_want);
	push @wrong, "told $t->{written} lines written, there are $n_got"
		if defined $t->{written} && $t->{written} != $n_got;
	push @wrong, "--stats: $t->{lines_in} lines in, but $n_want were read"
		if defined $t->{lines_in} && !$lost && !$cut
		&& $t->{lines_in} != $n_want;
	push @wrong, "--stats: $t->{lines_out} lines out, but there are $n_got"
		if defined $t->{lines_out} && $t->{lines_out} != $n_got;
	push @wrong, "status $exit although lines were lost"
		if $lost && $exit != 3;
	push @wrong, "status 3 without a word" if $exit == 3 && $t->{messages} eq '';
	push @wrong, "status $exit" if $exit > 3;
	return @wrong;
}

1;
