#!/usr/bin/perl
# Makes one text for the benchmark of the engine; texts.sh calls it.
#
#   texts.pl NAME MB SAMPLES FILE   writes FILE, prints what is in it
#   texts.pl --list                 prints the names of those for the engine
#
# Everything is bytes, and everything random is seeded: the same packages give
# the same text. Exit status: 0, 3 when nothing that it comes from is installed
# (the packages are printed), another one on errors.
use strict;
use warnings;

my $man = $ENV{TEXTS_MAN} // '/usr/share/man';
my $help = $ENV{TEXTS_HELP} // '/usr/share/libreoffice/help';
my $handbook = $ENV{TEXTS_HANDBOOK} // '/usr/share/doc/debian-handbook/html';

# Where the real texts come from. ascii: lines without any character beyond
# ASCII are left out when they are longer than that many bytes, because they are
# then not translated, or not of the script.
my %real = (
	german => { man => ['de'], help => 'de', book => 'de-DE', ascii => 1e9 },
	french => { man => ['fr'], help => 'fr', book => 'fr-FR', ascii => 60 },
	russian => { man => ['ru'], help => 'ru', book => 'ru-RU', ascii => 0 },
	greek => { man => ['el'], help => 'el', book => 'el-GR', ascii => 0 },
	polish => { man => ['pl'], help => 'pl', book => 'pl-PL', ascii => 40 },
	turkish => { man => ['tr'], help => 'tr', book => 'tr-TR', ascii => 30 },
	vietnamese => { help => 'vi', book => 'vi-VN', ascii => 12 },
	chinese => {
		man => [ 'zh_CN', 'zh_TW' ], help => 'zh-CN', book => 'zh-CN', ascii => 0
	},
	japanese => { man => ['ja'], help => 'ja', book => 'ja-JP', ascii => 0 },
	korean => { help => 'ko', book => 'ko-KR', ascii => 0 },
	arabic => {
		book => 'ar-MA', ascii => 0, sample => 'arabic'
	},
	hindi => { help => 'hi', ascii => 0 },
);

my %made = (
	log => \&make_log,
	emoji => \&make_emoji,
	codepoints => \&make_codepoints,
	mixed => \&make_mixed,
	growing => \&make_growing,
	polytonic => \&make_polytonic,
	fasta => \&make_fasta,
	fastq => \&make_fastq,
	tsv => sub { make_table("\t", 0) },
	csv => sub { make_table(',', 0.1) },
);

# Of the engine.
my @names = qw(log german french russian greek polytonic polish turkish
	vietnamese chinese japanese korean arabic hindi emoji codepoints mixed
	growing);

my ($out, $written, $wanted, $samples) = (undef, 0);

sub put {
	print $out $_[0] or die "cannot write: $!\n";
	$written += length $_[0];
}

sub full { return $written >= $wanted }

sub slurp {
	my ($file) = @_;
	local $/;
	open my $in, '<:raw', $file or die "$file: $!\n";
	my $text = <$in>;
	close $in or die "$file: $!\n";
	return $text // '';
}

# A code point as UTF-8, noncharacters too.
sub utf8_of {
	my ($c) = @_;
	return chr $c if $c < 0x80;
	return pack 'C2', 0xc0 | $c >> 6, 0x80 | $c & 63 if $c < 0x800;
	return pack 'C3', 0xe0 | $c >> 12, 0x80 | $c >> 6 & 63, 0x80 | $c & 63
		if $c < 0x10000;
	return pack 'C4', 0xf0 | $c >> 18, 0x80 | $c >> 12 & 63,
		0x80 | $c >> 6 & 63, 0x80 | $c & 63;
}

# --- real sentences -----------------------------------------------------------

sub files {
	my ($pattern, @folders) = @_;
	my @found;
	for my $folder (@folders) {
		open my $find, '-|', 'find', '-L', $folder, '-type', 'f', '-name',
			$pattern, '-print0' or die "find: $!\n";
		local $/ = "\0";
		chomp(my @these = <$find>);
		close $find or die "find $folder failed\n";
		push @found, sort @these;
	}
	return @found;
}

my %entity = (
	amp => '&', lt => '<', gt => '>', quot => '"', apos => "'",
	nbsp => utf8_of(0xa0), copy => utf8_of(0xa9), reg => utf8_of(0xae),
	hellip => utf8_of(0x2026), ndash => utf8_of(0x2013),
	mdash => utf8_of(0x2014), laquo => utf8_of(0xab),
	raquo => utf8_of(0xbb), times => utf8_of(0xd7),
);

sub unescape {
	my ($name) = @_;
	return utf8_of(hex $1) if $name =~ /^#[xX]([0-9a-fA-F]{1,5})$/;
	return utf8_of($1) if $name =~ /^#([0-9]{1,6})$/;
	return $entity{$name} // "&$name;";
}

# The lines of a page: one for each paragraph, item, heading or cell.
sub html_lines {
	my ($page) = @_;
	$page =~ s{.*?<body[^>]*>}{}s;
	$page =~ s{<(script|style|noscript|header|aside|footer)\b.*?</\1>}{}gs;
	$page =~ s{\s+}{ }g;
	$page =~ s{</?(?:p|h\d|li|dt|dd|td|th|div|pre|title|br)\b[^>]*>}{\n}g;
	$page =~ s{<[^>]*>}{}g;
	$page =~ s{&([#0-9a-zA-Z]+);}{unescape($1)}ge;
	return split /\n/, $page;
}

my %roff = (aq => "'", dq => '"', cq => "'", oq => '`', rs => '\\',
	co => utf8_of(0xa9), bu => utf8_of(0x2022), en => '-', em => '--',
	lq => '"', rq => '"', ti => '~', ha => '^');

# A line of a manual page without its requests and escapes, roughly.
sub roff_line {
	my ($line) = @_;
	if ($line =~ s/^[.']\s*//) {
		return '' unless
			$line =~ s/^(?:SH|SS|IP|B|I|BR|BI|IR|IB|RB|RI|SM|Nd|Sh)\s+//;
		$line =~ s/(?<!\\)"//g;
	}
	$line =~ s/\\["#].*//;
	$line =~ s/\\f(?:\(..|\[[^]]*\]|.)//g;
	$line =~ s/\\s[-+]?\d//g;
	$line =~ s/\\[*n]?(?:\((..)|\[([^]]*)\])/$roff{$1 \/\/ $2} \/\/ ' '/ge;
	$line =~ s/\\[&%:|^\/,~c]//g;
	$line =~ s/\\e/\\/g;
	$line =~ s/\\(.)/$1/g;
	return $line;
}

sub man_lines {
	my @pages = files('*.gz', @_);
	my @lines;
	while (my @some = splice @pages, 0, 500) {
		open my $in, '-|', 'gzip', '-dc', @some or die "gzip: $!\n";
		while (my $line = <$in>) {
			chomp $line;
			push @lines, roff_line($line);
		}
		close $in or die "gzip failed\n";
	}
	return @lines;
}

# Calls take with the lines of each source that is there; returns the packages
# that were there and those that were not.
sub read_sources {
	my ($source, $take) = @_;
	my (@used, @missing);
	if ($source->{man}) {
		my $name = 'manpages-' . $source->{man}[0] =~ s/_.*//r;
		my @folders = grep { -d } map { "$man/$_" } @{ $source->{man} };
		# Other programs bring a few pages; only a translation brings many.
		if (@folders && files('*.gz', @folders) >= 100) {
			$take->(man_lines(@folders));
			push @used, $name;
		} else {
			push @missing, $name;
		}
	}
	my @pages;
	push @pages, [ "$help/$source->{help}", 'libreoffice-help-' . lc $source->{help} ]
		if $source->{help};
	push @pages, [ "$handbook/$source->{book}", 'debian-handbook' ]
		if $source->{book};
	for (@pages) {
		my ($folder, $name) = @$_;
		if (!-d $folder) {
			push @missing, $name;
			next;
		}
		$take->(html_lines(slurp($_))) for files('*.html', $folder);
		push @used, $name;
	}
	return (\@used, \@missing);
}

# Whether a line belongs into the text.
sub fits {
	my ($line, $ascii) = @_;
	return 0 if length $line < 2;
	return length $line <= $ascii if $line !~ /[\x80-\xff]/;
	my $copy = $line;
	return utf8::decode($copy); # else it is in another encoding
}

sub shuffle {
	my ($list) = @_;
	for (my $i = @$list - 1; $i > 0; $i--) {
		my $k = int rand($i + 1);
		@$list[ $i, $k ] = @$list[ $k, $i ];
	}
}

# Paragraphs of all sources mixed, so that any part of the text is like the whole.
sub mix {
	my @lines = @_;
	my @blocks;
	push @blocks, [ splice @lines, 0, 50 ] while @lines;
	shuffle(\@blocks);
	return map { @$_ } @blocks;
}

# A place to cut a line: behind a space if one is near, else between characters.
sub place {
	my ($line) = @_;
	my $at = int rand length $line;
	my $space = rindex $line, ' ', $at;
	return $space + 1 if $at - $space < 40;
	$at++ while $at < length $line && (ord(substr $line, $at, 1) & 0xc0) == 0x80;
	return $at;
}

# The same lines in other orders, cut in two and joined with parts of others,
# until there is enough.
sub repeat {
	my ($lines) = @_;
	my $rest = '';
	until (full()) {
		shuffle($lines);
		for my $line (@$lines) {
			my $at = place($line);
			put($rest . substr($line, 0, $at) . "\n");
			$rest = substr $line, $at;
			$rest .= ' ' if $rest ne '' && $rest !~ / $/;
			last if full();
		}
	}
}

sub megabytes { return sprintf '%.1f', $_[0] / 1e6 }

sub make_real {
	my ($name) = @_;
	my $source = $real{$name};
	my (%seen, @lines);
	my $take = sub {
		for my $line (@_) {
			$line =~ s/\s+/ /g;
			$line =~ s/^ | $//g;
			next if !fits($line, $source->{ascii}) || $seen{$line}++;
			push @lines, $line;
		}
	};
	my ($used, $missing) = read_sources($source, $take);
	if (!@lines && $source->{sample}) {
		$take->(split /\n/, slurp("$samples/$source->{sample}.txt"));
		push @$used, "samples/$source->{sample}.txt only";
	}
	return undef, "@$missing" if !@lines;
	@lines = mix(@lines);
	for my $line (@lines) {
		last if full();
		put("$line\n");
	}
	my $distinct = megabytes($written);
	repeat(\@lines) unless full();
	my $without = @$missing ? ", without @$missing (not installed)" : '';
	return 1, "$distinct MB distinct, from @$used$without";
}

# --- made-up ones -------------------------------------------------------------

sub pick { return $_[ rand @_ ] }

my @agents = (
	'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36',
	'Mozilla/5.0 (X11; Linux x86_64; rv:%d.0) Gecko/20100101 Firefox/120.0',
	'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/%d.1 Safari/605.1.15',
	'examplebot/%d.1 (+https://bot.example.net/about)', 'curl/7.%d.0',
);
my @months = qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec);
my @paths = qw(/ /index.html /login /images/hero-%d.webp /api/v1/orders/%d
	/assets/app.%x.js /articles/%d/how-to-read-a-manual /search?q=term+%d
	/robots.txt /favicon.ico /users/%d/profile /static/css/main.%x.css);

sub log_line {
	my ($time) = @_;
	my ($s, $mi, $h, $d, $mo, $y) = gmtime $time;
	my $path = pick(@paths) =~ s/%([dx])/sprintf "%$1", rand 1e6/er;
	my $agent = pick(@agents) =~ s/%d/80 + int rand 60/er;
	my $address = rand() < 0.2
		? sprintf('2001:db8:%x::%x', rand 65536, rand 65536)
		: sprintf('%s.%d', pick('192.0.2', '198.51.100', '203.0.113'), rand 256);
	return sprintf qq{%s - %s [%02d/%s/%d:%02d:%02d:%02d +0000] "%s %s HTTP/%s" %d %d "%s" "%s"\n},
		$address, pick('-', '-', '-', 'alice', 'bob'), $d, $months[$mo],
		$y + 1900, $h, $mi, $s, pick('GET', 'GET', 'GET', 'POST', 'HEAD'),
		$path, pick('1.1', '2.0'), pick(200, 200, 200, 301, 304, 404, 500),
		rand 90000, pick('-', "https://www.example.org$path"), $agent;
}

sub make_log {
	my $time = 1_700_000_000;
	until (full()) {
		$time += int rand 3;
		put(log_line($time));
	}
	return 1, 'all distinct, generated';
}

my @chat = qw(hey lol thanks see you tomorrow at the usual place great news
	we won again can not believe it happy birthday good morning coffee first
	love this song so much where are you running late sorry party tonight
	bring cake and balloons awesome job everyone on my way OK Berlin Friday);

# One emoji of those with a skin, joined ones, flags, hearts, plain ones.
sub emoji {
	my $kind = int rand 10;
	return utf8_of(pick(0x1f44d, 0x1f44b, 0x1f64f, 0x1f4aa)) .
		utf8_of(0x1f3fb + int rand 5) if $kind == 0;
	return join utf8_of(0x200d), map { utf8_of($_) } 0x1f468, 0x1f469,
		pick(0x1f466, 0x1f467) if $kind == 1;
	return utf8_of(0x1f1e6 + int rand 26) . utf8_of(0x1f1e6 + int rand 26)
		if $kind == 2;
	return utf8_of(pick(0x2764, 0x2600, 0x2728, 0x270c)) . utf8_of(0xfe0f)
		if $kind == 3;
	return utf8_of(pick(0x1f600 + int rand 80, 0x1f300 + int rand 32,
		0x1f910 + int rand 100, 0x1f680 + int rand 64));
}

sub make_emoji {
	my $minute = 0;
	until (full()) {
		my $line = sprintf '[%02d:%02d] <%s> ', $minute / 60 % 24, $minute % 60,
			pick(qw(anna bert chris dora Emil));
		$minute += int rand 2;
		$line .= join ' ', map { pick(@chat) } 0 .. 2 + rand 10;
		$line .= ' ' . join '', map { emoji() } 0 .. rand 4;
		$line .= ' ' . pick(@chat) . ' ' . emoji() if rand() < 0.5;
		put("$line\n");
	}
	return 1, 'all distinct, generated';
}

sub make_codepoints {
	my $all = '';
	for my $c (0 .. 0x10ffff) {
		$all .= utf8_of($c) if $c < 0xd800 || $c > 0xdfff;
	}
	put($all) until full();
	return 1, megabytes(length $all) . ' MB distinct, every code point in order';
}

# Cased characters of many rows of the tables, and others between them.
my @blocks = (
	[ 0x20, 0x7e ], [ 0x61, 0x7a ], [ 0xa0, 0xff ], [ 0x100, 0x24f ],
	[ 0x250, 0x2af ], [ 0x370, 0x377 ], [ 0x388, 0x3ff ], [ 0x400, 0x52f ],
	[ 0x531, 0x556 ], [ 0x561, 0x587 ], [ 0x5d0, 0x5ea ], [ 0x620, 0x64a ],
	[ 0x905, 0x939 ], [ 0xe01, 0xe30 ], [ 0x10d0, 0x10ff ],
	[ 0x13a0, 0x13fd ], [ 0x1e00, 0x1eff ], [ 0x1f00, 0x1ffe ],
	[ 0x2170, 0x2188 ], [ 0x24b6, 0x24e9 ], [ 0x2c00, 0x2c7f ],
	[ 0x2c80, 0x2cf3 ], [ 0x2d00, 0x2d25 ], [ 0x3041, 0x30ff ],
	[ 0x4e00, 0x9fff ], [ 0xa640, 0xa69b ], [ 0xa720, 0xa7ca ],
	[ 0xab70, 0xabbf ], [ 0xac00, 0xd7a3 ], [ 0xfb00, 0xfb17 ],
	[ 0xff41, 0xff5a ], [ 0x10400, 0x1044f ], [ 0x104d8, 0x104fb ],
	[ 0x10cc0, 0x10cf2 ], [ 0x118c0, 0x118df ], [ 0x16e60, 0x16e7f ],
	[ 0x1e922, 0x1e943 ], [ 0x1f600, 0x1f64f ],
);
my @broken = ("\x80", "\xff", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xc0\xaf",
	"\xed\xa0\x80", "\xf4\x90\x80\x80", "\xfe");

sub make_mixed {
	my @rows = map { [ map { utf8_of($_) } $_->[0] .. $_->[1] ] } @blocks;
	until (full()) {
		my $line = '';
		for (1 .. 80) {
			my $row = $rows[ rand @rows ];
			$line .= $row->[ rand @$row ];
			$line .= $broken[ rand @broken ] if rand() < 0.01;
		}
		put("$line\n");
	}
	return 1, 'all distinct, generated';
}

sub make_growing {
	my @two = (utf8_of(0x390), utf8_of(0x3b0));
	until (full()) {
		my $bits = int rand 65536;
		put(join '', map { $two[ $bits >> $_ & 1 ] } 0 .. 15);
	}
	return 1, 'generated: U+0390 and U+03B0 only';
}

sub make_polytonic {
	my $text = slurp("$samples/greek-polytonic.txt");
	my @words = split ' ', $text;
	until (full()) {
		shuffle(\@words);
		my @line = @words;
		put(join(' ', splice @line, 0, 12) . "\n") while @line && !full();
	}
	return 1, scalar(@words) .
		' words of samples/greek-polytonic.txt in random order';
}

# --- tables and sequences, of which only a part is to be turned -----------------

sub letters {
	my ($n, @of) = @_;
	return join '', map { $of[ rand @of ] } 1 .. $n;
}

# Names every 50 to 500 KB; between them runs of lower and of upper case.
sub make_fasta {
	my $n;
	until (full()) {
		my ($sequence, $length) = ('', 50_000 + rand 450_000);
		while (length $sequence < $length) {
			$sequence .= letters(1 + rand 600, qw(a c g t));
			$sequence .= letters(1 + rand 600, qw(A C G T));
		}
		put(sprintf(">chr%d hCoV-19/example/%d, assembled\n", ++$n, rand 1e6)
			. $sequence =~ s/(.{1,60})/$1\n/gr);
	}
	return 1, 'all distinct, generated';
}

# Each of 250 bytes; qualities may be lower case letters, '@' and '+'.
sub make_fastq {
	my $n = 0;
	until (full()) {
		put(sprintf("\@run7:%d:%04d:%08d:%05d read:n:0:acgtacgt\n%s\n+\n%s\n",
			1 + rand 8, rand 1e4, ++$n, rand 1e5,
			letters(100, @{ pick([qw(a c g t)], [qw(A C G T N)]) }),
			letters(100, '+', map { chr } 64 .. 104)));
	}
	return 1, 'all distinct, generated';
}

# Ten fields of 3 to 20 bytes; the share of those in quotes.
sub make_table {
	my ($delimiter, $quoted) = @_;
	my $pool = letters(1e5, 'a' .. 'z', 'a' .. 'z', 'A' .. 'Z', 0 .. 9, ' ', '-');
	until (full()) {
		put(join($delimiter, map {
			my $field = substr $pool, rand 99_900, 3 + rand 18;
			rand() >= $quoted ? $field
				: '"' . substr($field, 2) . pick(', ', '""', '') . '"'
		} 1 .. 10) . "\n");
	}
	return 1, 'all distinct, generated';
}

# ------------------------------------------------------------------------------

if (@ARGV == 1 && $ARGV[0] eq '--list') {
	print "$_\n" for @names;
	exit 0;
}
die "usage: texts.pl NAME MB SAMPLES FILE\n" if @ARGV != 4;
(my $name, my $mb, $samples, my $file) = @ARGV;
die "$name: no such text\n" unless $real{$name} || $made{$name};
$wanted = $mb * 1_000_000;
open $out, '>:raw', $file or die "$file: $!\n";
srand 20; # any number; the same each time
my ($ok, $what) = $made{$name} ? $made{$name}->() : make_real($name);
close $out or die "$file: $!\n";
print $ok ? megabytes($written) . " MB, $what\n" : "$what\n";
exit($ok ? 0 : 3);
