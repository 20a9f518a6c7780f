# Statistics.pm - medians, and how sure their ratio is
package Statistics;
use strict;
use warnings;

use constant {
	SAMPLES => 2000,
	FEWEST => 6,    # pairs: fewer tell nothing about 95 %
	SEED => 1,      # the same figures give the same interval
};

# Between the two values next to the place.
sub quantile {
	my ($share, @values) = @_;
	return 0 if !@values;
	@values = sort { $a <=> $b } @values;
	my $place = $#values * $share;
	my $below = int $place;
	return $values[-1] if $below >= $#values;
	my $rest = $place - $below;
	return $values[$below] * (1 - $rest) + $values[$below + 1] * $rest;
}

sub median { return quantile(0.5, @_) }

# The 95 % interval of median(a) / median(b), where a and b are figures of the
# same rounds, so that a round in which the machine was slow is slow for both.
# It is found by the bootstrap: of the pairs (a, b), as many as there are are
# drawn, each perhaps several times, and the ratio of their medians is taken;
# this is done SAMPLES times, and 95 % of the ratios, without the smallest and
# the largest 2.5 %, are in the interval. An empty list: too few pairs.
sub interval {
	my ($ours, $others) = @_;
	my $n = @$ours;
	return () if $n < FEWEST;
	srand SEED;
	my @ratios;
	for (1 .. SAMPLES) {
		my @drawn = map { int rand $n } 1 .. $n;
		my $other = median(@$others[@drawn]);
		return () if $other <= 0;
		push @ratios, median(@$ours[@drawn]) / $other;
	}
	return (quantile(0.025, @ratios), quantile(0.975, @ratios));
}

1;
