#!/bin/bash
# stray.sh - one quote too many at a random place of a large table, and a cut
# between two batches at each byte around it.
#
# The short form, part of make check, has 2 MB and each eleventh byte; PROOF=long
# (make check-long) has 200 MB and each byte, some minutes. PROOF_SEED chooses
# another table.
#
# The quote stands in a record that is longer than a batch. Such a one begins a
# batch, since the one before ends with the last record that was whole, and so
# it is cut as many bytes behind its beginning as a batch holds.
#
# shellcheck disable=SC2317,SC2086,SC2016 # checks are called by name, numbers stand
# bare, Perl stands in single quotes
. "$(dirname "$0")/../cli/lib.sh" || exit 1

MIB=1048576
size=$((2 * MIB)) step=11
[ "${PROOF:-}" != long ] || { size=$((200 * MIB)) step=1; }
batch=$((256 * 1024)) # so far into the record is the quote

# make KIND SEED: text; what it comes to where field 3 is chosen; what is told.
maker='
	use strict;
	use warnings;
	my ($kind, $seed, $size, $batch) = @ARGV;
	srand $seed;
	sub one { $_[rand @_] }
	sub word { join " ", map { one(qw(ab Cd efg hijklmnop 5 q-r)) } 0 .. rand 4 }
	sub quoted { my $f = word() . one(",", "\n", qq(""), "") . word(); qq("$f") }

	# By the book, one byte behind the other; returns what it comes to, and
	# whether a field begins behind it.
	sub turn {
		my ($text, $number, $state, $out) = ($_[0], 1, "begins", "");
		for my $c (split //, $text) {
			$out .= $number == 3 ? uc $c : $c;
			if ($state eq "quoted") {
				$state = "behind" if $c eq q(");
			} elsif ($c eq q(") && $state ne "plain") {
				$state = "quoted";
			} elsif ($c eq "," || $c eq "\n") {
				$state = "begins";
				$number = $c eq "," ? $number + 1 : 1;
			} else {
				$state = "plain";
			}
		}
		return wantarray ? ($out, $state eq "begins" && $number == 1) : $out;
	}

	# Rows, each a record; and those without a quote.
	my (@rows, @plain);
	while (@rows < 500) {
		my $row = join(",", map { rand 4 < 1 ? quoted : word } 1 .. 5) . "\n";
		my ($want, $whole) = turn($row);
		$whole or die "a row is no record: $row";
		push @rows, [$row, $want];
		push @plain, $row if $row !~ /"/;
	}

	my $fill = sub { my $n = shift; substr "lorem ipsum, dolor sit, " x ($n / 24 + 1), 0, $n };
	my $long = {
		# In a field that does not begin with one, it is a character.
		plain => sub { my $w = $fill->($batch); $w =~ s/.{6}\z/,ab 5 /s; $w . q(" pipe,x) . "\n" },
		# Where a field begins, it opens that.
		opens => sub { my $w = $fill->($batch - 1); "$w,\"ab,c\nd,e\n" },
		# In quotes, it closes them.
		closes => sub { my $w = $fill->($batch - 10); "$w,\"ab, cd, \"x, y\",z\n" },
		# So it does behind two others, and alone it opens them again.
		third => sub { my $w = $fill->($batch - 9); "$w,\"ab, c\"\"\"\"x\n, y\",z\n" },
		# Nothing closes it.
		open => sub { my $w = q(id,) . "x" x ($batch - 4); "$w,\"ab, cd\ne,f\n" },
	}->{$kind}->();
	substr($long, $batch, 1) eq q(") or die "the quote is elsewhere";

	open my $text, ">:raw", "text" or die;
	open my $want, ">:raw", "want" or die;
	my ($n, $lines) = (0, 0);
	my $place = rand($size - 3 * $batch);
	while ($n < $place) {
		my $row = one(@rows);
		print $text $row->[0];
		print $want $row->[1];
		$n += length $row->[0];
		$lines += $row->[0] =~ tr/\n//;
	}
	print $text $long;
	$n += length $long;
	if ($kind eq "open") {
		print $want scalar turn($long);
		for (; $n < $size; $n += length $plain[0]) {
			@plain = (@plain[1 .. $#plain], $plain[0]) if rand 2 < 1;
			print $text $plain[0];
			print $want uc $plain[0];
		}
		printf "upcase-pipe: text:%d: a field in quotes begins here and is not "
			. "closed; kept to the end\\n", $lines + 1;
		exit;
	}
	# Sooner or later all is again as if nothing had been.
	my ($behind, $out, $whole) = ($long);
	for (1 .. 1000) {
		my $row = one(@rows);
		print $text $row->[0];
		$behind .= $row->[0];
		($out, $whole) = turn($behind) if $_ >= 5;
		last if $whole;
	}
	$whole or die "a quote is open for ever";
	print $want $out;
	while ($n < $size) {
		my $row = one(@rows);
		print $text $row->[0];
		print $want $row->[1];
		$n += length $row->[0];
	}
'

# Whatever the cut, the bytes and the messages are the same.
same_at_each_byte() {
	local told status=0 shift jobs
	told=$(perl -e "$maker" "$1" "${PROOF_SEED:-1}" $size $batch) || return 1
	[ -z "$told" ] || status=1
	for ((shift = -70; shift <= 70; shift += step)); do
		jobs=$((1 + (shift + 70) % 3))
		run_here --csv -f 3 -j $jobs -b $((batch + shift)) text
		expect_status $status && expect_errors "$told" && same want "$out" &&
			continue
		echo "-j $jobs -b $((batch + shift)), PROOF_SEED=${PROOF_SEED:-1}"
		return 1
	done
}
check "a quote in a field without is a character, wherever the text is cut" \
	same_at_each_byte plain
check "one where a field begins opens it" same_at_each_byte opens
check "one in quotes closes them" same_at_each_byte closes
check "one behind two does, and is not one of them" same_at_each_byte third
check "one that nothing closes is told" same_at_each_byte open

finish
