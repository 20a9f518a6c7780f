# Scenes - the ways of using the program that the faults are tried in
#
# A scene is a small run that uses its part of the calls: it says what is on
# standard input or in the FILEs, what the output is and what is there before.
# `play` makes it, with or without a fault, and returns what Proof::judge wants
# to know. All data is small enough to wait in a pipe.
package Scenes;
use strict;
use warnings;
use Exporter qw(import);
use Fcntl qw(SEEK_CUR);
use Proof;
use Socket;

our @EXPORT = qw(make_scenes prepare play);

# in: file, pipe, socket (standard input), or names (FILEs)
# packed: gzip (one member) or members (with their sizes)
# out: file, pipe, socket (standard output), or append (-o)
# gzip: the output is; bgzf: in blocks
# torn: so many bytes of a member stand at the end of the output
# upper: what makes the upper case, if not that of Proof
my @scenes = (
	{name => 'file to file', in => 'file', out => 'file', args => [qw(-b 2K)]},
	{name => 'pipe to pipe', in => 'pipe', out => 'pipe', args => [qw(-b 2K)]},
	{name => 'socket to socket', in => 'socket', out => 'socket',
		args => [qw(-b 2K -j 2)]},
	{name => 'append', in => 'file', out => 'append', prior => "whole\n",
		args => [qw(-b 2K -j 2)]},
	{name => 'append to a torn line', in => 'pipe', out => 'append',
		prior => "whole\ntorn", args => [qw(-b 1K --sync=batch)]},
	{name => 'append long lines', in => 'file', out => 'append', text => 'long',
		prior => "whole\n", args => [qw(-b 512 --sync=end)]},
	{name => 'append gzip', in => 'file', out => 'append', gzip => 1,
		prior => "whole\n", args => [qw(-b 2K -j 4)]},
	{name => 'a new gzip file', in => 'pipe', out => 'append', gzip => 1,
		args => [qw(-b 2K --flush-interval=0 --sync=end)]},
	{name => 'nothing to a new gzip file', in => 'file', out => 'append',
		gzip => 1, text => 'none', args => []},
	{name => 'repair gzip', in => 'file', out => 'append', gzip => 1,
		prior => "whole\n", torn => 30, args => [qw(--repair -b 2K)]},
	{name => 'repair text', in => 'file', out => 'append', prior => "whole\n",
		torn => 30, args => [qw(--repair -b 2K)]},
	{name => 'gzip to standard output', in => 'file', out => 'file', gzip => 1,
		args => [qw(-z -b 2K -j 2 --verify)]},
	{name => 'one member through pipes', in => 'pipe', out => 'pipe', gzip => 1,
		args => [qw(-z -b 1K -j 2 --flush-interval=0)]},
	{name => 'nothing to standard output', in => 'pipe', out => 'file',
		gzip => 1, text => 'none', args => ['-z']},
	{name => 'blocks to standard output', in => 'file', out => 'file',
		gzip => 1, args => [qw(--bgzf -b 2K -j 2 --verify)]},
	{name => 'append blocks', in => 'file', out => 'append', gzip => 1, bgzf => 1,
		prior => "whole\n", args => [qw(--bgzf -b 2K -j 2)]},
	{name => 'repair blocks', in => 'file', out => 'append', gzip => 1, bgzf => 1,
		prior => "whole\n", torn => 30, args => [qw(--repair -b 2K)]},
	{name => 'from gzip', in => 'file', packed => 'gzip', out => 'append',
		args => [qw(-b 2K -j 2)]},
	{name => 'from members', in => 'file', packed => 'members', out => 'append',
		args => [qw(-b 2K -j 2)]},
	{name => 'from members by name', in => 'names', packed => 'members',
		out => 'file', args => [qw(-b 2K -j 2)]},
	{name => 'files', in => 'names', out => 'pipe', text => 'open',
		args => [qw(-b 2K)]},
	{name => 'typing', in => 'pipe', out => 'append', prior => '',
		upper => \&typed, args => [qw(-i -q -b 1K)]},
);

sub make_texts {
	my ($text) = @_;
	return '' if $text eq 'none';
	return make_text(2) . ('long ' x 1500) . "end\n" . make_text(20)
		if $text eq 'long';
	my $lines = make_text(330);
	chop $lines if $text eq 'open';
	return $lines;
}

# pack_text(TEXT, HOW): by the program itself, which leaves it as it is; HOW is
# gzip, members or bgzf.
sub pack_text {
	my ($text, $how) = @_;
	spill("$dir/plain", $text);
	open my $in, '<', "$dir/plain" or die;
	unlink "$dir/packed.gz";
	my @how = ('-b', $how eq 'members' ? '2K' : '1M');
	push @how, '--bgzf' if $how eq 'bgzf';
	run_program(['-o', "$dir/packed.gz", '-j', 1, @how], in => $in) == 0
		or die "cannot pack";
	return slurp("$dir/packed.gz");
}

# prepare(SCENE, TEXT): what the scene reads and is to write.
sub prepare {
	my ($s, $text) = @_;
	$s->{upper} //= \&upper;
	if ($s->{packed}) {
		$text = upper($text);
		$text .= "\n" if $text =~ /[^\n]\z/;
	}
	$s->{plain} = $text;
	$s->{bytes} = $s->{packed} ? pack_text($text, $s->{packed}) : $text;
	$s->{full} = $s->{upper}->($text);
	$s->{full} .= "\n"
		if $s->{out} eq 'append' && $s->{full} =~ /[^\n]\z/;
	return if !defined $s->{prior};
	$s->{prior} = upper($s->{prior}) if $s->{gzip};
	my $how = $s->{bgzf} ? 'bgzf' : 'gzip';
	$s->{before} = $s->{gzip} ? pack_text($s->{prior}, $how) : $s->{prior};
	$s->{before} .= substr $s->{gzip} ? pack_text("what is torn\n", $how)
		: 'something that is torn and long', 0, $s->{torn} if $s->{torn};
}

# make_scenes(): the scenes, with their texts.
sub make_scenes {
	srand 1;
	prepare($_, make_texts($_->{text} // 'lines')) for @scenes;
	return @scenes;
}

# Standard input of the program: the handle for it, and the one to look at
# afterwards.
sub open_input {
	my ($s) = @_;
	my ($there, $here);
	spill("$dir/input", $s->{bytes});
	if ($s->{in} eq 'pipe') {
		pipe $there, $here or die;
	} elsif ($s->{in} eq 'socket') {
		socketpair $there, $here, AF_UNIX, SOCK_STREAM, 0 or die;
	} else {
		open $there, '<:raw', "$dir/input" or die;
		return $there;
	}
	syswrite($here, $s->{bytes}) == length $s->{bytes} or die;
	close $here;
	return $there;
}

sub open_output {
	my ($s) = @_;
	my ($there, $here);
	if ($s->{out} eq 'pipe') {
		pipe $here, $there or die;
	} elsif ($s->{out} eq 'socket') {
		socketpair $here, $there, AF_UNIX, SOCK_STREAM, 0 or die;
	} else {
		unlink "$dir/stdout";
		open $there, '>:raw', "$dir/stdout" or die;
		open $here, '<:raw', "$dir/stdout" or die;
	}
	return ($there, $here);
}

# The -o FILE as it was before. Returns its name and a handle to its bytes,
# whatever becomes of the name.
sub lay_out {
	my ($s) = @_;
	my $path = "$dir/out" . ($s->{gzip} ? '.gz' : '');
	system('rm', '-rf', $path, "$path.old", glob "$path.torn-*");
	return ($path, undef) if !defined $s->{before};
	spill($path, $s->{before});
	open my $look, '<:raw', $path or die;
	return ($path, $look);
}

sub rest_of {
	my ($handle) = @_;
	my $all = '';
	1 while sysread $handle, $all, 1 << 16, length $all;
	return $all;
}

# What of the input was read, as bytes; undef where only the program knows.
sub bytes_read {
	my ($s, $in) = @_;
	return undef if $s->{in} eq 'names';
	return substr $s->{bytes}, 0, sysseek($in, 0, SEEK_CUR)
		if $s->{in} eq 'file';
	return substr $s->{bytes}, 0, length($s->{bytes}) - unread($in);
}

# What the output is to be, of what was read.
sub wanted {
	my ($s, $in, $t) = @_;
	my $bytes = bytes_read($s, $in);
	my ($text) = !defined $bytes ? substr $s->{plain}, 0, $t->{bytes_in} // 0
		: $s->{packed} ? inflate($bytes) : $bytes;
	# Lines that were lost before they were counted.
	$text = $s->{plain} if !defined $bytes && $t->{lost};
	$text = $s->{upper}->($text);
	$text .= "\n" if $s->{out} eq 'append' && $text =~ /[^\n]\z/;
	return $text;
}

# The text of an output, without what was there before.
sub text_of {
	my ($s, $bytes, $r) = @_;
	my $prior = $s->{prior} // '';
	$prior .= "\n" if $prior ne '' && $prior !~ /\n\z/;
	# It was not repaired: then nothing was appended.
	return '' if $s->{torn} && $bytes eq $s->{before};
	if ($s->{gzip}) {
		(undef, my $rest, $bytes) = inflate($bytes);
		$r->{torn} = $rest ne '' && $r->{err} !~ /what is torn/
			&& $r->{appends};
		$r->{cut} = $rest ne '' && !$r->{appends};
	}
	return substr $bytes, length $prior
		if substr($bytes, 0, length $prior) eq $prior;
	# A torn line that was left as it was.
	return '' if $bytes eq ($s->{prior} // '');
	$r->{spoilt} = 1;
	return $bytes;
}

# play(SCENE, %how): one run; how is as for start_program. Returns what judge
# takes, and: path, the -o FILE; torn: a torn member; spoilt: what was there
# before is not any more.
sub play {
	my ($s, %how) = @_;
	my $in = open_input($s);
	my ($there, $here) = open_output($s);
	my ($path, $look) = lay_out($s);
	open my $err, '+>', "$dir/stderr" or die;
	my @args = (@{$s->{args}}, '--stats=json', @{$how{args} // []});
	push @args, '-o', $path if $s->{out} eq 'append';
	push @args, "$dir/input" if $s->{in} eq 'names';
	my $status = run_program(\@args, %how, out => $there, err => $err,
		$s->{in} eq 'names' ? () : (in => $in));
	close $there;
	my $said = slurp("$dir/stderr");
	$said =~ s/^.*: the torn end, \d+ bytes, was moved .*\n//m if $s->{torn};
	my %r = (status => $status, err => $said, path => $path,
		full => $s->{full}, appends => $s->{out} eq 'append',
		packed => $s->{packed} || $s->{in} eq 'names', args => \@args);
	open $look, '<:raw', $path or undef $look if !$look && $s->{out} eq 'append';
	my $bytes = $s->{out} ne 'append' ? rest_of($here)
		: $look ? rest_of($look) : '';
	$r{bytes} = $bytes;
	$r{inode} = $look ? (stat $look)[1] : 0;
	$r{got} = text_of($s, $bytes, \%r);
	$r{want} = wanted($s, $in, told($r{err}));
	return \%r;
}

1;
