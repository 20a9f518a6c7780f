# Work.pm - what the programs are given to do, which programs do it, and what
# upcase-pipe is to reach
#
# A work is done with each of its texts by each of its tools. How, is a line as
# for a shell (Command.pm), in which
#
#	{x}      is what the tool is called with
#	{in}     is the text, the file TEXT-SIZE.txt; {in}.gz, {in}.members.gz,
#	         {in}.bgz and {in}.zst are the same compressed by gzip,
#	         upcase-pipe -z, bgzip and zstd, {in}.utf16 is in UTF-16
#	{text}   is only its name
#	{lines}  is the number of lines of the works without a file
#
# and the file that is written is out or out.gz, or w, which a work with a copy
# changes.
#
# Slow tools, which take some ten times as long as the others, would make a run
# last for hours. Those that are marked
#  - once read the text of 20 MB once, where the others read it ten times over
#    (and a tenth of the lines). Their time per byte is what is compared; their
#    megabytes stand in the table.
#  - seldom take part in every third round, and in a single one when a run lasts
#    longer than LONG. Their rounds stand in the table.
# A work and text that has taken ENOUGH gets no more than LEAST rounds: what
# takes long varies little. So the rounds in the table may be fewer than were
# asked for. No tool with a target, and none that a target is about, is marked.
# Builds of upcase-pipe that are compared (--against) do all their rounds.
package Work;
use strict;
use warnings;

use constant {
	LONG => 10,      # seconds
	ENOUGH => 30,    # seconds
	LEAST => 5,      # rounds
	SELDOM => 3,     # every third round
	LINE_LEN => 40,  # of bench-run --feed
	SUBJECT => 'upcase-pipe',
	CPUS => 0 + `nproc`,
};

# ------------------------------------------------------------------- tools

# A tool is a name, how it is called and what it is: its filter, if the form of
# the work fits, or a line of its own. The subject is upcase-pipe: what it
# writes is checked.
sub tool {
	my ($how, $name, $text, @marks) = @_;
	return { name => $name, $how => $text, map { $_ => 1 } @marks };
}
sub filter { return tool('filter', @_) }
sub line { return tool('line', @_) }

# As each is called by who wants speed from it, and all of Unicode where it can
# do that.
my $tr = 'tr a-z A-Z';
my $utf8 = 'LC_ALL=C.UTF-8';
my $cat = filter('cat', 'cat');
my $subject = filter(SUBJECT, 'upcase-pipe', 'subject');
my $tr_tool = filter('tr', $tr);
my $dd = filter('dd', 'dd bs=1M conv=ucase status=none');
my %slow = (
	sed => "$utf8 sed 's/.*/\\U&/'",
	gawk => "$utf8 gawk '{print toupper(\$0)}'",
	mawk => "mawk '{print toupper(\$0)}'",
	perl => "perl -CSD -pe '\$_=uc'",
	python3 => "$utf8 python3 -c 'import sys; "
		. "sys.stdout.writelines(map(str.upper, sys.stdin))'",
	uconv => 'uconv -f utf-8 -t utf-8 -x upper',
);
my @slow = map { filter($_, $slow{$_}, 'once', 'seldom') }
	qw(sed gawk mawk perl python3 uconv);

# Between two files cat lets the system copy, with copy_file_range(2), where it
# can. This one reads and writes, as all that change something must.
my $copy = filter('dd, no change', 'dd bs=128k status=none');

my @file_tools = (
	line('cat', 'cat {in} >out'),
	line(SUBJECT, 'upcase-pipe -o out {in}', 'subject'),
	$copy, $tr_tool, $dd, @slow,
);
# The slow ones would do here what they do in a work of file_tools.
my @stdout_tools = ($cat, $subject, $copy, $tr_tool, $dd);
my @filters = ($cat, $subject, $tr_tool, $dd, @slow);

# upcase-pipe from FROM to out.gz, and its parts, whose CPU time together is what
# no arrangement of them can do without (see share in Table.pm). What inflates
# converts as well, and so does what compresses: one conversion is taken off.
sub packing {
	my ($gz, $how) = @_;
	my $of = sub { 'upcase-pipe ' . "$_[0]$how" =~ s/FROM/$_[1]/r };
	my $part = sub { return { %{ line(@_[1, 2]) }, part => $_[0] } };
	return (line(SUBJECT, $of->('', $gz), 'subject'),
		$part->(1, 'inflate, convert', "upcase-pipe $gz"),
		$part->(1, 'convert, compress', $of->('--jobs=1 ', '{in}')),
		$part->(-1, 'convert', 'upcase-pipe {in}'));
}

sub gzip_tools {
	my ($gz) = @_;
	return [
		line('pigz', "pigz -dc $gz | $tr | pigz -6 >out.gz"),
		packing($gz, '-o out.gz FROM'),
		line(SUBJECT . ' --verify', "upcase-pipe --verify -o out.gz $gz"),
		line(SUBJECT . ' (zlib)', "upcase-pipe-zlib -o out.gz $gz",
			'subject'),
		line('bgzip', "bgzip -dc $gz | $tr | bgzip -c -@ 2 -l 6 >out.gz"),
		line('gzip', "gzip -dc $gz | $tr | gzip -6 >out.gz", 'seldom'),
	];
}

my @fast_gzip_tools = (
	(map {
		line("igzip -$_", "igzip -dc {in}.gz | $tr | igzip -c -$_ >out.gz")
	} 0 .. 3),
	line(SUBJECT, 'upcase-pipe -z1 -o out.gz {in}.gz', 'subject'),
	line('pigz -1', "pigz -dc {in}.gz | $tr | pigz -1 >out.gz"),
);

# One member, as standard output gets it.
my @member_tools = (
	line('pigz', "pigz -dc {in}.gz | $tr | pigz -6 >out.gz"),
	packing('{in}.gz', '-z FROM >out.gz'),
);
my @fast_member_tools = (
	line('igzip -1', "igzip -dc {in}.gz | $tr | igzip -c -1 >out.gz"),
	packing('{in}.gz', '-z1 FROM >out.gz'),
);

my @bgzf_tools = (
	line('bgzip', "bgzip -dc -@ 2 {in}.bgz | $tr | bgzip -c -@ 2 >out.gz"),
	packing('{in}.bgz', '--bgzf -o out.gz FROM'),
);

my @unpack_tools = (
	line('igzip', 'igzip -dc {in}.gz'),
	line(SUBJECT, 'upcase-pipe {in}.gz', 'subject'),
	line('pigz', 'pigz -dc {in}.gz'),
	line('gzip', 'gzip -dc {in}.gz'),
);
my @zstd_tools = (
	line('zstd', "zstd -dc {in}.zst | $tr >out"),
	line(SUBJECT, 'upcase-pipe -o out {in}.zst', 'subject'),
);
my @utf16_tools = (
	line('iconv', "iconv -f UTF-16 -t UTF-8 {in}.utf16 | $tr >out"),
	line(SUBJECT, 'upcase-pipe -o out {in}.utf16', 'subject'),
	line('uconv', 'uconv -f utf-16 -t utf-8 -x upper {in}.utf16 >out', 'seldom'),
);

# What is turned of each of these texts, how a few lines of perl do that, and
# other programs. Those that parse and print may write it in another way.
my %options = (log => "--skip-prefix='#'", fasta => '--fasta', fastq => '--fastq',
	tsv => '--tsv -f 2,7', csv => '--csv -f 2,7');
sub two_of_ten {
	my ($field, $delimiter) = @_;
	return "perl -pe 's/^$field$delimiter\\K($field)((?:$delimiter$field){4}$delimiter)"
		. "($field)/\\U\$1\\E\$2\\U\$3/' {in}";
}
my %turned = (
	log => "perl -pe 'tr/a-z/A-Z/ if !/^#/' {in}",
	fasta => "perl -pe 'tr/a-z/A-Z/ if !/^[>;]/' {in}",
	fastq => "perl -pe 'tr/a-z/A-Z/ if \$. % 4 == 2' {in}",
	tsv => two_of_ten('[^\t\n]*', '\t'),
	csv => two_of_ten('(?:"(?:[^"]|"")*"|[^,\n]*)', ','),
);
my @once = ('once', 'seldom');
my $awk_fields = "-F'\\t' -v OFS='\\t' '{\$2=toupper(\$2); \$7=toupper(\$7); print}' {in} >out";
my $mlr = "--implicit-csv-header --headerless-csv-output put '\$2=toupper(\$2); "
	. "\$7=toupper(\$7)' {in} >out";
my %others = (
	log => [line('mawk', "mawk '!/^#/{\$0=toupper(\$0)}1' {in} >out", @once)],
	fasta => [
		line('seqtk', 'seqtk seq -U -l 60 {in} >out'),
		line('seqkit', 'seqkit seq -u -w 60 {in} >out', @once),
		line('mawk', "mawk '!/^>/{\$0=toupper(\$0)}1' {in} >out", @once),
		line('tr, names too', "$tr <{in} >out"),
	],
	fastq => [
		line('seqtk', 'seqtk seq -U {in} >out'),
		line('mawk', "mawk 'NR%4==2{\$0=toupper(\$0)}1' {in} >out", @once),
	],
	tsv => [
		(map { line($_, "$_ $awk_fields", @once) } qw(mawk gawk)),
		line('perl', "perl -F'\\t' -ane '\$F[\$_]=uc \$F[\$_] for 1,6; "
			. "print join qq(\\t), \@F' {in} >out", @once),
		line('mlr', "mlr --tsv $mlr", @once),
	],
	csv => [
		line('python3', "python3 -c 'import csv, sys; csv.writer(sys.stdout, "
			. 'lineterminator="\n").writerows(r[:1] + [r[1].upper()] + r[2:6] + '
			. "[r[6].upper()] + r[7:] for r in csv.reader(sys.stdin))' <{in} >out", @once),
		line('mlr', "mlr --csv $mlr", @once),
	],
);

my @fasta_bgzf_tools = (
	line('bgzip', 'bgzip -dc -@ 2 {in}.bgz | seqtk seq -U -l 60 | bgzip -c -@ 2 >out.gz'),
	packing('{in}.bgz', '--fasta --bgzf -o out.gz FROM'),
);

my @growth_tools = map {
	line(SUBJECT . $_->[0], 'cat' . ' {in}' x $_->[1] . ' | upcase-pipe {options}')
} [', once', 1], ['', 40];

my @start_tools = (
	filter('true', 'true'), $cat, $tr_tool, $subject,
	(map { filter($_, $slow{$_}) } qw(sed gawk mawk perl)),
	filter('python3', $slow{python3}, 'seldom'),
);

# Those that can be told not to keep a line to themselves; the others are here
# to say so.
my @line_tools = (
	$cat, $subject,
	filter('sed -u', "$utf8 sed -u 's/.*/\\U&/'"),
	filter('gawk, fflush()', "$utf8 gawk '{print toupper(\$0); fflush()}'"),
	filter('mawk -W interactive', "mawk -W interactive '{print toupper(\$0)}'"),
	filter('perl, unbuffered', "perl -CSD -pe 'BEGIN{\$|=1} \$_=uc'"),
	filter('python3 -u', "$utf8 python3 -u -c 'import sys; "
		. "[sys.stdout.write(l.upper()) for l in sys.stdin]'"),
	filter('dd', 'dd bs=64k conv=ucase status=none'),
	$tr_tool,
	filter('uconv', $slow{uconv}),
);

my @small_tools = (
	line('cat', 'cat s/* >out'),
	line(SUBJECT . ' -o', 'upcase-pipe -o out s/*', 'subject'),
	line(SUBJECT, 'upcase-pipe s/* >out', 'subject'),
);

# New files in the place of old ones. The floor does nothing else, and keeps
# nothing of what the old ones were.
my @in_place_tools = (
	line('sed -i', 'sed -i s/a/a/ w/*'),
	line(SUBJECT, 'upcase-pipe --in-place --sync=none w/*', 'subject'),
	line('floor: open, write, rename', 'replacer w/*'),
);
my @in_place_large_tools = (
	line('cp, mv', "sh -c 'cp --reflink=never w new && mv new w'"),
	line(SUBJECT, 'upcase-pipe --in-place --sync=none w', 'subject'),
);
my @in_place_sync_tools = (
	line('fdatasync for each', 'syncing-replacer disk/w/*'),
	line(SUBJECT, 'upcase-pipe --in-place disk/w/*', 'subject'),
	line(SUBJECT . ' --sync=none', 'upcase-pipe --in-place --sync=none disk/w/*'),
	line('floor: open, write, rename', 'replacer disk/w/*'),
);

my @memory_tools = (
	line(SUBJECT . ' -o', 'upcase-pipe -o out {in}', 'subject'),
	line(SUBJECT, 'cat {in} | upcase-pipe | cat >/dev/null', 'subject'),
);

my @huge_tools = (
	line(SUBJECT . ', 100 MB', 'upcase-pipe -o out {text}-hundred.txt'),
	line(SUBJECT, 'upcase-pipe -o out {text}-huge.txt'),
	line('cat, 100 MB', 'cat {text}-hundred.txt >out'),
	line('cat', 'cat {text}-huge.txt >out'),
);

# ------------------------------------------------------------------- works

# kind       time; gzip: the size of the output counts, too; start: nothing is
#            read, so there are no bytes per second; latency: see latency.h;
#            memory: only the peak memory counts
# texts      which of those that are there: all, some (for what takes long),
#            one by its name, odd (all, one endless line, and random bytes),
#            parts (those of %options), none
# size       of the texts: large, small, huge
# from       what the name of the file that is read has behind that of the text
# form       of tools without a line of their own
# expected   what the subject must have written, and
# written    how to read it
# reference  a tool (see rival in Table.pm)
# effort     rounds by those that are asked for
# copy       what is copied before each run to where it is changed
# place      a folder that may not be there; then the work is left out
# pinned     the tool has a processor of its own
# on_request only if named, or with --huge
my %upper = (expected => 'upcase-pipe <{in}', written => 'cat out');
my %plain = (%upper, texts => 'some', size => 'large');
my %gzip = (%plain, kind => 'gzip', written => 'gzip -dc out.gz');
my %files = (%upper, texts => 'all', form => '{x} <{in} >out', reference => 'cat');
my %pipes = (%files, form => 'cat {in} | {x} | cat >/dev/null');
my %latency = (kind => 'latency', form => '{x}', reference => 'cat',
	tools => \@line_tools, effort => 1 / 3);
my %lines = (expected => 'feeder {lines} | tr a-z A-Z', written => 'cat out',
	reference => 'cat', tools => \@filters);

# A part of a text to a file, beside all of it.
sub chosen {
	my ($text, $name, $title) = @_;
	my ($option) = $options{$text} =~ /(--[a-z-]+)/;
	return { name => $name, title => $title, %files, texts => $text, size => 'large',
		expected => $turned{$text},
		tools => [$file_tools[0],
			line(SUBJECT, "upcase-pipe $options{$text} -o out {in}", 'subject'),
			line("without $option", 'upcase-pipe -o out {in}'), $copy,
			@{ $others{$text} }] };
}

our @works = map { { kind => 'time', texts => 'none', effort => 1, %$_ } } (
	{ name => 'file', title => 'a file to a file', %files,
		size => 'large', tools => \@file_tools },
	{ name => 'file-1mb', title => 'a small file to a file', %files,
		size => 'small', tools => \@file_tools },
	{ name => 'stdout', title => 'standard input and output are files', %files,
		size => 'large', tools => \@stdout_tools },
	{ name => 'stdout-1mb', title => 'standard input and output are files, a small one',
		%files,
		size => 'small', tools => \@stdout_tools },
	{ name => 'pipe', title => 'between two pipes', %pipes,
		size => 'large', tools => \@filters },
	{ name => 'pipe-1mb', title => 'between two pipes, a small text', %pipes,
		size => 'small', tools => \@filters },
	{ name => 'gzip6', title => 'gzip to gzip, level 6, made by gzip', %gzip,
		reference => 'pigz', tools => gzip_tools('{in}.gz') },
	{ name => 'gzip6-members', title => 'gzip to gzip, level 6, made by upcase-pipe -z',
		%gzip,
		reference => 'pigz', tools => gzip_tools('{in}.members.gz') },
	{ name => 'gzip1', title => 'gzip to gzip, level 1', %gzip,
		reference => 'igzip*', tools => \@fast_gzip_tools },
	{ name => 'gzip6-stdout', title => 'gzip to one member on standard output, level 6',
		%gzip,
		reference => 'pigz', tools => \@member_tools },
	{ name => 'gzip1-stdout', title => 'gzip to one member on standard output, level 1',
		%gzip,
		reference => 'igzip -1', tools => \@fast_member_tools },
	{ name => 'bgzf', title => 'BGZF to BGZF', %gzip, from => '.bgz',
		reference => 'bgzip', tools => \@bgzf_tools },
	{ name => 'gunzip', title => 'gzip, made by gzip, to nowhere', %plain,
		reference => 'igzip', tools => \@unpack_tools },
	{ name => 'zstd', title => 'zstd to a file', %plain, from => '.zst',
		reference => 'zstd', tools => \@zstd_tools },
	{ name => 'utf16', title => 'UTF-16 to a file in UTF-8', %plain, from => '.utf16',
		reference => 'iconv', tools => \@utf16_tools },
	chosen('fasta', 'fasta', 'FASTA, lines of 60, half of it in lower case, not the names'),
	# Ten to twenty seconds of work for 20 MB; no block knows of the others.
	{ name => 'fasta-bgzf', title => 'FASTA, BGZF to BGZF', %gzip, texts => 'fasta',
		size => 'once', from => '.bgz', expected => $turned{fasta},
		reference => 'bgzip', tools => \@fasta_bgzf_tools },
	chosen('fastq', 'fastq', 'FASTQ, reads of 100 bases, only these'),
	chosen('tsv', 'tsv', '2 of 10 fields between tabs'),
	chosen('csv', 'csv', '2 of 10 fields, a tenth of all in quotes'),
	chosen('log', 'skip', 'all lines but those with a #'),
	{ name => 'growth', title => 'a file once and 40 times through a pipe',
		texts => 'parts', size => 'large', reference => SUBJECT . ', once',
		tools => \@growth_tools, effort => 0.4 },
	{ name => 'start', title => 'nothing to do: start and end', kind => 'start',
		form => '{x}', expected => 'true', written => 'cat out',
		reference => 'tr', tools => \@start_tools, effort => 20 },
	{ name => 'latency',
		title => 'a line there and back, each side on a processor of its own',
		%latency, pinned => 1 },
	{ name => 'latency-free',
		title => 'a line there and back, wherever the system puts them',
		%latency },
	{ name => 'lines', title => 'a producer with a write for each line', %lines,
		form => 'feeder {lines} | {x} >/dev/null' },
	{ name => 'lines-pipe', title => 'a producer with a write for each line, into a pipe',
		%lines,
		form => 'feeder {lines} | {x} | cat >/dev/null' },
	{ name => 'small', title => 'many small files',
		expected => 'cat s/* | upcase-pipe', written => 'cat out',
		reference => 'cat', tools => \@small_tools },
	{ name => 'in-place', title => 'many small files in place, not synced',
		expected => 'cat s/* | upcase-pipe', written => 'cat w/*',
		copy => ['s', 'w'], reference => 'sed -i', tools => \@in_place_tools },
	{ name => 'in-place-large', title => 'a large file in place, not synced',
		texts => 'log', size => 'large', expected => 'upcase-pipe <{in}',
		written => 'cat w', copy => ['{in}', 'w'], reference => 'cp, mv',
		tools => \@in_place_large_tools },
	# Each round takes as long as the disk does for as many files.
	{ name => 'in-place-sync', title => 'small files in place, on the disk',
		expected => 'cat disk/s/* | upcase-pipe', written => 'cat disk/w/*',
		place => 'disk', copy => ['disk/s', 'disk/w'],
		reference => 'fdatasync for each', tools => \@in_place_sync_tools,
		effort => 1 / 3 },
	{ name => 'memory', title => 'peak memory', kind => 'memory', %upper,
		texts => 'odd', size => 'large', tools => \@memory_tools, effort => 0.2 },
	{ name => 'memory-gzip', title => 'peak memory, gzip to gzip, two jobs', %gzip,
		kind => 'memory', effort => 0.2,
		tools => [line(SUBJECT, 'upcase-pipe --jobs=2 -o out.gz {in}.gz',
			'subject')] },
	{ name => 'huge', title => 'a huge file', texts => 'log', size => 'huge',
		reference => SUBJECT . ', 100 MB', tools => \@huge_tools,
		effort => 0.2, on_request => 1 },
);

my %some = map { $_ => 1 } qw(log german russian);
my %odd = map { $_ => 1 } qw(oneline random fasta fastq tsv csv);

# Whether a work takes a text.
sub takes {
	my ($work, $text) = @_;
	my $texts = $work->{texts};
	return $texts eq 'odd' ? !$options{$text} || $text eq 'log'
		: $texts eq 'parts' ? $options{$text}
		: $texts eq 'all' ? !$odd{$text}
		: $texts eq 'some' ? $some{$text}
		: $texts eq $text;
}

# ------------------------------------------------------------------- lines

# These take a choice: a work, one of its tools, a text or none, and lines.
sub form {
	my ($choice) = @_;
	return $choice->{tool}{line} // $choice->{work}{form};
}

# The name of {in}.
sub input {
	my ($choice) = @_;
	my $size = $choice->{work}{size};
	return undef if !defined $choice->{text} || !defined $size;
	$size = 'once' if $choice->{tool}{once} && $size eq 'large';
	$size = 'hundred' if form($choice) =~ /\{text\}-hundred/;
	return "$choice->{text}-$size.txt";
}

# {lines}, for this tool.
sub lines {
	my ($choice) = @_;
	return $choice->{tool}{once} ? int($choice->{lines} / 10) : $choice->{lines};
}

# A line with everything filled in.
sub fill {
	my ($choice, $line) = @_;
	my %value = (
		x => $choice->{tool}{filter}, in => input($choice),
		text => $choice->{text}, lines => lines($choice),
		options => $options{ $choice->{text} // '' } // 'OPTIONS',
	);
	$line =~ s/\{x\}/$value{x}/;
	$line =~ s/\{(in|text|lines|options)\}/$value{$1}/g;
	return $line;
}

# ----------------------------------------------------------------- targets

# A target has two figures: what must be reached at least, and what is aimed at.
# It holds for every text of its work; the worst one is told.
#
#   time    time per byte, by the rival's: at most
#   faster  how many times as fast as the rival: at least
#   size    bytes of output, by the rival's: at most
#   cpu     CPU time, by the rival's: at most
#   bound   share of the speed that its parts allow: at least
#   p99     the slow answers, by the rival's: at most
#   memory  MiB: at most; without a tool, of every one of upcase-pipe
our @targets = map {
	my %target;
	@target{qw(work tool of rival least aim)} = @$_;
	\%target;
} (
	['file', SUBJECT, 'time', 'cat', 1.05, 0.90],
	['stdout', SUBJECT, 'time', 'cat', 1.05, 0.90],
	['pipe', SUBJECT, 'time', 'cat', 0.90, 0.70],
	['pipe', SUBJECT, 'time', 'tr', 0.55, 0.40],
	['gzip6', SUBJECT, 'faster', 'pigz', 2.2, 3.0],
	['gzip6', SUBJECT, 'bound', undef, 0.85, 0.95],
	['gzip6', SUBJECT, 'size', 'pigz', 1.03, 1.01],
	['gzip6', SUBJECT . ' (zlib)', 'faster', 'pigz', 1.1, 1.3],
	['gzip6-members', SUBJECT, 'faster', 'pigz', 2.2, 3.0],
	['gzip6-members', SUBJECT, 'size', 'pigz', 1.01, 1.01],
	['gzip6-members', SUBJECT . ' (zlib)', 'faster', 'pigz', 1.1, 1.3],
	['gzip1', SUBJECT, 'faster', 'igzip*', 1.0, 1.5],
	['gzip6-stdout', SUBJECT, 'bound', undef, 0.85, 0.95],
	['gzip6-stdout', SUBJECT, 'size', 'pigz', 1.03, 1.01],
	['gzip1-stdout', SUBJECT, 'faster', 'igzip -1', 1.0, 1.3],
	['gzip1-stdout', SUBJECT, 'size', 'igzip -1', 1.0, 1.0],
	['bgzf', SUBJECT, 'faster', 'bgzip', 1.1, 1.3],
	['bgzf', SUBJECT, 'size', 'bgzip', 1.0, 1.0],
	['gunzip', SUBJECT, 'cpu', 'igzip', 1.6, 1.6],
	['zstd', SUBJECT, 'faster', 'zstd', 1.0, 1.5],
	['utf16', SUBJECT, 'faster', 'iconv', 1.0, 2.0],
	['fasta', SUBJECT, 'time', 'without --fasta', 1.10, 1.02],
	['fasta', SUBJECT, 'time', 'cat', 1.10, 1.00],
	['fasta-bgzf', SUBJECT, 'faster', 'bgzip', 1.2, 1.5],
	['fasta-bgzf', SUBJECT, 'size', 'bgzip', 1.0, 1.0],
	['fastq', SUBJECT, 'time', 'cat', 1.3, 1.1],
	['tsv', SUBJECT, 'time', 'cat', 2.0, 1.3],
	['csv', SUBJECT, 'time', 'cat', 2.5, 1.5],
	['skip', SUBJECT, 'time', 'without --skip-prefix', 1.10, 1.02],
	['growth', SUBJECT, 'time', SUBJECT . ', once', 1.05, 1.00],
	['start', SUBJECT, 'time', 'tr', 1.3, 1.0],
	['latency', SUBJECT, 'time', 'cat', 1.5, 1.2],
	['latency', SUBJECT, 'p99', 'cat', 2.0, 1.5],
	['lines', SUBJECT, 'time', 'cat', 1.2, 0.8],
	['lines-pipe', SUBJECT, 'time', 'cat', 1.2, 0.8],
	['small', undef, 'time', 'cat', 1.3, 1.0],
	['in-place', SUBJECT, 'time', 'sed -i', 1.1, 1.0],
	['in-place-large', SUBJECT, 'time', 'cp, mv', 1.05, 1.0],
	['in-place-sync', SUBJECT, 'time', 'fdatasync for each', 0.5, 0.2],
	['memory', undef, 'memory', undef, 16, 8],
	['memory-gzip', undef, 'memory', undef, 48, 24],
	['huge', SUBJECT, 'time', SUBJECT . ', 100 MB', 1.05, 1.00],
);

1;
