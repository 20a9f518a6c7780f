# Table.pm - writes the results: as Markdown for people, as tab-separated values
# for charts
#
# A row is a contender of measure.pl: a work, a text and a tool (with --against
# also a build), and what was found out about it. One with a failure has no
# figures and is compared with nothing.
package Table;
use strict;
use warnings;

use Statistics;
use Work;

use constant {
	MEGABYTE => 1e6,
	MIB => 1 << 20,
	SAME => 0.99,   # see rival
	NOISE => 1.02,  # see against
};

# ---------------------------------------------------------------- comparing

sub same_task {
	my ($r, $row) = @_;
	return grep {
		$_->{work} == $row->{work} && !$_->{failure}
			&& ($_->{text} // '') eq ($row->{text} // '')
	} @{ $r->{rows} };
}

# The row that did the same work on the same text, by the name of its tool. A
# name that ends with * stands for several levels of compression: then it is the
# fastest one of those whose output is not smaller than that of the subject
# (SAME of it counts as the same), or, if all are smaller, the one with the
# largest output. undef if there is none.
sub rival {
	my ($r, $row, $name) = @_;
	return undef if !defined $name;
	my @same = same_task($r, $row);
	return (grep { $_->{tool}{name} eq $name } @same)[0] if $name !~ s/\*$//;
	my ($subject) = grep { $_->{tool}{subject} } @same or return undef;
	my $least = $subject->{made} * SAME;
	my @some = grep { index($_->{tool}{name}, $name) == 0 } @same;
	my @fit = sort { $a->{time} <=> $b->{time} } grep { $_->{made} >= $least } @some;
	return $fit[0] // (sort { $b->{made} <=> $a->{made} } @some)[0];
}

sub reference { return scalar rival(@_, $_[1]{work}{reference}) }

sub by {
	my ($one, $other) = @_;
	return $other > 0 ? $one / $other : 0;
}

# Bytes of one by those of the other, as far as there are any.
sub scale {
	my ($row, $other) = @_;
	return $row->{bytes} > 0 && $other->{bytes} > 0 ? $other->{bytes} / $row->{bytes} : 1;
}

# Time per byte, by the other's; 0: unknown.
sub ratio {
	my ($row, $other) = @_;
	return 0 if !$other || $row->{failure};
	return by($row->{time}, $other->{time}) * scale($row, $other);
}

# What the parts of upcase-pipe need, each measured alone, spread over all
# processors, by what it takes: 1 is as fast as can be. 0: unknown.
sub share {
	my ($r, $row) = @_;
	return 0 if $row->{failure} || $row->{tool}{name} ne Work::SUBJECT;
	my @parts = grep { $_->{tool}{part} } same_task($r, $row);
	return 0 if @parts != grep { $_->{part} } @{ $row->{work}{tools} };
	my $cpu = 0;
	$cpu += $_->{tool}{part} * $_->{cpu} for @parts;
	return by($cpu / Work::CPUS, $row->{time});
}

# The 95 % interval of a ratio of medians, of the figures of the rounds in which
# both took part. Empty: too few of them.
sub interval {
	my ($row, $other, $figure) = @_;
	return () if !$other || $row->{failure} || $row == $other;
	my ($ours, $others) = ($row->{$figure}, $other->{$figure});
	my @both = grep { exists $others->{$_} } sort { $a <=> $b } keys %$ours;
	return map { $_ * scale($row, $other) }
		Statistics::interval([@$ours{@both}], [@$others{@both}]);
}

# ---------------------------------------------------------------- figures

my @units = ([1, 1, 's'], [1e-3, 1e3, 'ms'], [0, 1e6, 'µs']);

# With three digits, in a unit that suits the first; the unit behind the first.
sub duration {
	my ($first, @others) = @_;
	my ($unit) = grep { $first >= $_->[0] } @units;
	my ($text, @more) = map {
		my $value = $_ * $unit->[1];
		sprintf '%.*f', $value < 10 ? 2 : $value < 100 ? 1 : 0, $value;
	} $first, @others;
	return "$text $unit->[2]" . (@more ? " ($more[0]–$more[1])" : '');
}

# "2.33 ms (2.17–2.64)": the median and the quartiles.
sub spread {
	my ($row) = @_;
	return duration($row->{time}, $row->{n} > 1 ? ($row->{low}, $row->{high}) : ());
}

# Nothing for what is unknown.
sub known {
	my ($digits, $value) = @_;
	return $value > 0 ? sprintf '%.*f', $digits, $value : '';
}

sub range {
	my ($inverse, @range) = @_;
	@range = map { by(1, $_) } reverse @range if $inverse;
	return @range ? sprintf '%.2f–%.2f', @range : '';
}

sub table_row { return join('', map { "| $_ " } @_) . '|' }

# ----------------------------------------------------------------- targets

sub is_about {
	my ($target, $row) = @_;
	return $target->{work} eq $row->{work}{name} && (defined $target->{tool}
		? $target->{tool} eq $row->{tool}{name} : $row->{tool}{subject});
}

# How the row does. 0: it cannot be compared.
sub value {
	my ($target, $r, $row) = @_;
	my $of = $target->{of};
	return 0 if $row->{failure};
	return $row->{peak} / MIB if $of eq 'memory';
	return share($r, $row) if $of eq 'bound';
	my $rival = rival($r, $row, $target->{rival}) or return 0;
	return $of eq 'faster' ? by(1, ratio($row, $rival))
		: $of eq 'size' ? by($row->{made}, $rival->{made})
		: $of =~ /^(p99|cpu)$/ ? by($row->{$of}, $rival->{$of})
		: ratio($row, $rival);
}

sub at_least { return $_[0]{of} =~ /^(faster|bound)$/ }

sub meets {
	my ($target, $value, $bound) = @_;
	return at_least($target) ? $value >= $bound : $value <= $bound;
}

sub bound {
	my ($target, $value, $bound) = @_;
	return sprintf '%s %.4g %s', at_least($target) ? '≥' : '≤', $bound,
		meets($target, $value, $bound) ? 'met' : '**missed**';
}

# "cat: ≤ 1.05 met, aim ≤ 0.9 missed", for each target of the row.
sub targets {
	my ($r, $row) = @_;
	my @told;
	for my $target (grep { is_about($_, $row) } @Work::targets) {
		my $value = value($target, $r, $row);
		next if $value <= 0;
		my $rival = rival($r, $row, $target->{rival});
		my @of = $target->{of} =~ /^(p99|size|cpu|bound)$/;
		unshift @of, $rival->{tool}{name} if $rival;
		push @told, (@of ? "@of: " : '')
			. bound($target, $value, $target->{least}) . ', aim '
			. bound($target, $value, $target->{aim});
	}
	return join '; ', @told;
}

my %measured = (
	time => '%.2f of its time', faster => '%.2f times as fast',
	size => '%.3f of its size', p99 => '%.2f of its p99', memory => '%.1f MiB',
	cpu => '%.2f of its CPU time', bound => '%.2f of the bound',
);

# The row that does worst, one that failed above all; undef if the target was
# not measured.
sub worst {
	my ($target, $r) = @_;
	my ($worst, $least);
	for my $row (grep { is_about($target, $_) } @{ $r->{rows} }) {
		return $row if $row->{failure};
		my $value = value($target, $r, $row);
		next if $value <= 0;
		($worst, $least) = ($row, $value)
			if !$worst || !meets($target, $value, $least);
	}
	return $worst;
}

sub target_row {
	my ($target, $r, $row) = @_;
	my $rival = rival($r, $row, $target->{rival});
	my $value = value($target, $r, $row);
	return table_row($target->{work}, $row->{tool}{name},
		$rival ? $rival->{tool}{name} : '-', $row->{text} // '-',
		$row->{failure} ? ('failed', ('**missed**') x 2)
			: (sprintf($measured{ $target->{of} }, $value),
			bound($target, $value, $target->{least}),
			bound($target, $value, $target->{aim})));
}

sub is_met {
	my ($target, $r, $row, $bound) = @_;
	return !$row->{failure}
		&& meets($target, value($target, $r, $row), $target->{$bound});
}

sub target_list {
	my ($r) = @_;
	my ($n, $met, $aims) = (0, 0, 0);
	my @lines;
	for my $target (@Work::targets) {
		my $row = worst($target, $r);
		if (!$row) {
			# Its work was done, but its rival is missing or failed.
			my ($some) = grep { is_about($target, $_) } @{ $r->{rows} } or next;
			push @lines, table_row($target->{work}, $some->{tool}{name},
				$target->{rival} // '-', '-', 'nothing to compare with', '', '');
			next;
		}
		$n++;
		$met += is_met($target, $r, $row, 'least');
		$aims += is_met($target, $r, $row, 'aim');
		push @lines, target_row($target, $r, $row);
	}
	return ('', '## Targets', '',
		'| work | program | beside | worst text | measured | at least | aim |',
		'|---|---|---|---|---:|---|---|', @lines, '',
		"Of $n targets $met are met, $aims as well as aimed at.");
}

# ----------------------------------------------------------------- columns

sub figure_by {
	my ($figure, $r, $row) = @_;
	my $other = reference($r, $row);
	return $other ? by($row->{$figure}, $other->{$figure}) : 0;
}

# A column: its heading, in which % is the tool that is compared with, and the
# cell. It is to the right, but for texts.
my %columns = (
	text => ['text', sub { $_[1]{text} // '-' }],
	tool => ['tool', sub { $_[1]{tool}{name} }],
	mb => ['MB', sub { known(1, $_[1]{bytes} / MEGABYTE) }],
	time => ['median time (quartiles)', sub { spread($_[1]) }],
	speed => ['MB/s', sub { known(0, by($_[1]{bytes} / MEGABYTE, $_[1]{time})) }],
	ratio => ['time by %', sub { known(2, ratio($_[1], reference(@_))) }],
	faster => ['speed by %', sub { known(2, by(1, ratio($_[1], reference(@_)))) }],
	interval => ['95 %', sub { range(0, interval($_[1], reference(@_), 'times')) }],
	inverse => ['95 %', sub { range(1, interval($_[1], reference(@_), 'times')) }],
	size => ['size by %', sub { known(3, figure_by('made', @_)) }],
	bound => ['of the bound', sub { known(2, share(@_)) }],
	p50 => ['p50', sub { spread($_[1]) }],
	p99 => ['p99', sub { duration($_[1]{p99}) }],
	p99_ratio => ['p99 by %', sub { known(2, figure_by('p99', @_)) }],
	cpu => ['CPU time', sub { duration($_[1]{cpu}) }],
	peak => ['peak MiB', sub { known(1, $_[1]{peak} / MIB) }],
	rounds => ['rounds', sub { $_[1]{n} }],
	target => ['target', \&targets],
);
my %left = map { $_ => 1 } qw(text tool target);

my %layouts = (
	time => [qw(text tool mb time speed ratio interval cpu peak rounds target)],
	gzip => [qw(text tool mb time speed faster inverse size bound cpu peak rounds target)],
	start => [qw(tool time ratio interval cpu peak rounds target)],
	latency => [qw(tool p50 p99 ratio p99_ratio peak rounds target)],
	memory => [qw(text tool mb peak rounds target)],
);

sub heading {
	my ($column, $work) = @_;
	my $name = ($work->{reference} // '') =~ s/\*$//r;
	return $columns{$column}[0] =~ s/%$/${name}'s/r =~ s/^95 \K.*/%/r;
}

sub cell {
	my ($column, $r, $row) = @_;
	if ($row->{failure} && $column !~ /^(text|tool)$/) {
		return $column eq 'target' ? "failed: $row->{failure}" : '';
	}
	return $columns{$column}[1]->($r, $row);
}

# ------------------------------------------------------------------ tables

sub figures {
	my ($r, $work, @rows) = @_;
	my @layout = @{ $layouts{ $work->{kind} } };
	return (table_row(map { heading($_, $work) } @layout),
		join('', map { $left{$_} ? '|---' : '|---:' } @layout) . '|',
		map { my $row = $_; table_row(map { cell($_, $r, $row) } @layout) } @rows);
}

# What was run, with TEXT for the name of the text.
sub commands {
	my ($work, @rows) = @_;
	my %told;
	return ('', '<details><summary>Commands</summary>', '',
		(grep { !$told{$_}++ } map {
			my $choice = { %$_, text => defined $_->{text} ? 'TEXT' : undef };
			'    ' . Work::fill($choice, Work::form($choice))
				=~ s/( \S+)\K(\1{9,})/sprintf ' ... (%d times)', 1 + length($2) \/ length $1/er;
		} @rows), '', '</details>', '',
		(grep { $_->{part} } @{ $work->{tools} }) ? ('The bound: the CPU times of '
			. 'inflating, converting and compressing, each alone, spread over '
			. Work::CPUS . ' processors.', '') : ());
}

# What igzip* was, for each text.
sub choice {
	my ($r, $work, @rows) = @_;
	my $name = $work->{reference} // '';
	return () if $name !~ s/\*$//;
	my @told = map {
		my $rival = reference($r, $_);
		$rival ? "- $_->{text}: $rival->{tool}{name}" : ();
	} grep { $_->{tool}{subject} } @rows;
	return ("$name is that of the fastest level that compresses no better than "
		. 'upcase-pipe;', 'where all compress better, of the one that compresses least:', '', @told);
}

# Tools by texts, with the one figure that matters.
sub overview {
	my ($r, $work, $texts, @rows) = @_;
	my $column = $work->{kind} eq 'gzip' ? 'faster' : 'ratio';
	my @lines = (table_row(heading($column, $work), @$texts),
		'|---' . '|---:' x @$texts . '|');
	for my $tool (grep { !$_->{part} } @{ $work->{tools} }) {
		my @of = grep { $_->{tool} == $tool } @rows or next;
		my $bold = $tool->{subject} ? '**' : '';
		my %cell = map {
			($_->{text} => $_->{failure} ? 'failed' : cell($column, $r, $_))
		} @of;
		push @lines, table_row(map { length ? "$bold$_$bold" : '' }
			$tool->{name}, map { $cell{$_} // '' } @$texts);
	}
	return @lines;
}

sub work {
	my ($r, $work) = @_;
	my @rows = grep { $_->{work} == $work } @{ $r->{rows} } or return ();
	my %seen;
	my @texts = grep { defined && !$seen{$_}++ } map { $_->{text} } @rows;
	my @figures = figures($r, $work, @rows);
	if (@texts > 1 && grep { reference($r, $_) } @rows) {
		@figures = (overview($r, $work, \@texts, @rows), '',
			'<details><summary>Figures</summary>', '', @figures, '', '</details>');
	}
	return ('', "## $work->{name}: $work->{title}", '', @figures,
		commands($work, @rows), choice($r, $work, @rows));
}

sub notes {
	my ($r) = @_;
	my @notes = map { "- $_" } @{ $r->{notes} };
	return @notes ? ('', '## Left out', '', @notes) : ();
}

# A table for each work, what was left out, and the targets.
sub markdown {
	my ($r) = @_;
	return map { "$_\n" } '',
		sprintf('A peak memory below about %.1f MiB is not seen: so much has '
			. 'bench-run itself.', $r->{least_memory} / MIB),
		'95 % is the interval of the ratio of the medians: how it is found stands in',
		'Statistics.pm. Six rounds that both took part in are the fewest for it.',
		(map { work($r, $_) } @{ $r->{works} }), notes($r), target_list($r);
}

# ------------------------------------------------------------ two builds

# Figures by name, how to write them, and where the rounds' are.
my %compared = (
	time => ['time', \&duration, 'times'],
	p50 => ['p50', \&duration, 'times'],
	p99 => ['p99', \&duration, 'p99s'],
	peak => ['peak MiB', sub { known(1, $_[0] / MIB) }, 'peaks'],
);
my %of_kind = (latency => ['p50', 'p99'], memory => ['peak']);

sub pair {
	my ($old, $new, $figure) = @_;
	my ($name, $write, $rounds) = @{ $compared{$figure} };
	my @task = ($old->{work}{name}, $old->{text} // '-', $old->{tool}{name});
	my ($failed) = grep { $_->{failure} } $old, $new;
	return (table_row(@task, $name, ('') x 5, "failed: $failed->{failure}"), 'failed')
		if $failed;
	my ($was, $is) = map { Statistics::median(values %{ $_->{$rounds} }) } $old, $new;
	my @range = interval($new, $old, $rounds);
	my $word = !@range ? '' : $range[0] > NOISE ? '**slower**'
		: $range[1] < 1 ? 'faster' : '';
	$word =~ s/slower/larger/, $word =~ s/faster/smaller/ if $figure eq 'peak';
	# The output of gzip is the same in all rounds.
	my $made = by($new->{made}, $old->{made});
	$word .= sprintf ' size %.4f', $made if $made > 0 && $made != 1;
	return (table_row(@task, $name, $write->($was), $write->($is), known(3, by($is, $was)),
		@range ? sprintf('%.3f–%.3f', @range) : '-', $new->{n}, $word),
		$word =~ /slower|larger/ ? 'worse' : '');
}

# Two builds of upcase-pipe, row by row: the new one's median by the old one's,
# and how sure that is. Slower is what is so by more than noise: when even the
# lower end of the interval is above NOISE.
sub against {
	my ($r) = @_;
	my (@lines, %word);
	my @rows = @{ $r->{rows} };
	while (my ($old, $new) = splice @rows, 0, 2) {
		for my $figure (@{ $of_kind{ $old->{work}{kind} } // ['time'] }) {
			my ($line, $word) = pair($old, $new, $figure);
			push @lines, $line;
			$word{$word}++;
		}
	}
	return map { "$_\n" } '',
		'| work | text | tool | figure | old | new | new by old | 95 % | rounds | |',
		'|---|---|---|---|---:|---:|---:|---:|---:|---|', @lines, '',
		sprintf('Of %d rows %d are worse by more than noise (the lower end of the 95 %% '
			. 'interval above %.2f), %d failed.', scalar @lines,
			$word{worse} // 0, NOISE, $word{failed} // 0),
		notes($r);
}

# ------------------------------------------------------------------ values

# A line for each row, behind one with the names of the columns. Sizes are in
# bytes, times in seconds; the ratio is the time per byte by the reference's, or
# by that of the old build. What is unknown is empty or 0.
sub values_of {
	my ($r) = @_;
	my @names = qw(work text tool bytes rounds low median high p99 cpu peak made
		ratio failure ratio_low ratio_high build);
	my $line = sub { join("\t", @_) . "\n" };
	return $line->(@names), map {
		my $row = $_;
		my $other = $row->{build} ? (same_task($r, $row))[0] : reference($r, $row);
		my @range = interval($row, $other, 'times');
		$line->($row->{work}{name}, $row->{text} // '', $row->{tool}{name},
			@$row{qw(bytes n)},
			(map { sprintf '%.9f', $row->{$_} } qw(low time high p99)),
			sprintf('%.6f', $row->{cpu}), @$row{qw(peak made)},
			sprintf('%.6f', ratio($row, $other)), $row->{failure},
			(map { defined ? sprintf '%.6f', $_ : '' } @range[0, 1]),
			$row->{build} // '');
	} @{ $r->{rows} };
}

1;
