#!/bin/bash
# stats.sh - what the program tells about itself and its work: --stats, -v, -q,
# --help, --version, the manual page; and how it refuses wrong usage.
#
# shellcheck disable=SC2317,SC2086,SC2015,SC2016,SC2094 # checks are called by
# name, numbers stand bare, `A && B || { report; }` is meant as it is, Perl and
# Tcl stand in single quotes, a file may be read and written: that is the test
. "$(dirname "$0")/lib.sh" || exit 1

# --- --stats -----------------------------------------------------------------

# json EXPRESSION...: true for the object $s that is the last line of standard
# error. Before it only may stand that some of the input is not UTF-8. Each
# EXPRESSION is Perl.
json() {
	[ "$(grep -vc 'not UTF-8' "$err")" -eq 1 ] || { cat "$err"; return 1; }
	perl -MJSON::PP -e '
		my $file = shift;
		open my $f, "<", $file or die;
		our $s = JSON::PP->new->decode((<$f>)[-1]);
		for (@ARGV) {
			eval $_ and next;
			print "not so: $_ $@\n", JSON::PP->new->pretty->encode($s);
			exit 1;
		}' "$err" "$@"
}
if perl -MJSON::PP -e 1 2>/dev/null; then
	printf 'straße\nb\xffc\n\nend' >lines
	json_sums() {
		run_here --stats=json "$@" <lines
		expect_status 0 && expect_output 'STRASSE\nB\xffC\n\nEND' &&
			json '$s->{lines_in} == 4' '$s->{bytes_in} == 16' \
				'$s->{lines_out} == 4' '$s->{bytes_out} == 16' \
				'$s->{invalid} == 1' '$s->{members} == 0'
	}
	check "--stats=json is one object whose sums are right" json_sums
	check "--stats=json has the same sums in tiny batches with 4 jobs" \
		json_sums -b 1 -j 4
	json_growing() {
		given 'ßß\nﬁ\n'
		run --stats=json
		expect_status 0 && expect_output 'SSSS\nFI\n' &&
			json '$s->{bytes_in} == 9' '$s->{bytes_out} == 8'
	}
	check "--stats=json tells bytes in and out apart" json_growing
	json_keys() {
		given 'a\n'
		run --stats=json
		json 'join(" ", sort keys %$s) eq
			"bytes_in bytes_out invalid lines_in lines_out members seconds stages"' \
			'join(" ", sort keys %{$s->{stages}}) eq
				"reader transformer writer"' \
			'!grep { my $stage = $_; grep { !exists $stage->{$_} }
				qw(threads busy_seconds wait_seconds queue_peak)
			} values %{$s->{stages}}'
	}
	check "--stats=json has the keys it should have" json_keys
	json_stages() {
		make_text 5000 1
		run_here --stats=json -j 3 -b 4K --queue-depth=2 <text
		json '$s->{lines_in} == 5000' '$s->{lines_out} == 5000' \
			'$s->{stages}{reader}{threads} == 1' \
			'$s->{stages}{transformer}{threads} == 3' \
			'$s->{stages}{writer}{threads} == 1' \
			'$s->{seconds} > 0 && $s->{seconds} < 600' \
			'!grep { $_->{busy_seconds} < 0 || $_->{wait_seconds} < 0
				} values %{$s->{stages}}' \
			'!grep { $_->{busy_seconds} + $_->{wait_seconds} >
				$_->{threads} * $s->{seconds} + 0.1
				} values %{$s->{stages}}' \
			'$s->{stages}{transformer}{queue_peak} >= 1' \
			'$s->{stages}{transformer}{queue_peak} <= 2' \
			'$s->{stages}{writer}{queue_peak} >= 1'
	}
	check "--stats=json tells threads, times and queue peaks of each stage" \
		json_stages
	json_empty() {
		given ''
		run --stats=json
		expect_status 0 && json '$s->{lines_in} == 0' \
			'$s->{bytes_in} == 0' '$s->{lines_out} == 0' \
			'$s->{bytes_out} == 0' '$s->{seconds} >= 0'
	}
	check "--stats=json of empty input is an object of zeros" json_empty
	json_members() {
		make_text 5000 2
		run_here --stats=json -z -b 16K <text
		one_member "$out" && expect_status 0 &&
			json '$s->{members} == 1' \
				"\$s->{bytes_out} == $(stat -c %s text.keep)" ||
			return 1
		rm -f db.gz
		run_here --stats=json -o db.gz -b 16K <text
		members db.gz >list && expect_status 0 &&
			json '$s->{lines_in} == 5000' '$s->{lines_out} == 5000' \
				"\$s->{members} == $(wc -l <list)" \
				"\$s->{bytes_out} == $(stat -c %s text.keep)" \
				"\$s->{bytes_in} == $(stat -c %s text)"
	}
	json_newline_member() {
		# The line that a FILE leaves open is ended by a block of its own.
		printf 'a' >open
		printf 'b\n' >whole
		run --bgzf --invalid=fail --stats=json open whole
		blocks "$out" >list && expect_status 0 && [ "$(wc -l <list)" = 4 ] &&
			json '$s->{members} == 4' '$s->{bytes_out} == 4' || return 1
		run -z --invalid=fail --stats=json open whole
		expect_gzip "$out" 'A\nB\n' && expect_status 0 &&
			json '$s->{members} == 1' '$s->{bytes_out} == 4'
	}
	check "--stats=json counts the member that ends a line" \
		json_newline_member
	check "--stats=json counts members, and bytes before compression" json_members
	json_empty_member() {
		run_here --stats=json -z </dev/null
		expect_status 0 && json '$s->{members} == 1'
	}
	check "--stats=json counts the member of an empty output" json_empty_member
	json_gzip_input() {
		printf 'one\ntwo\n' | gzip >two.gz
		run --stats=json two.gz two.gz
		expect_status 0 && json '$s->{lines_in} == 4' \
			'$s->{lines_out} == 4' '$s->{bytes_out} == 16'
	}
	check "--stats=json counts the lines inside gzip input" json_gzip_input
	json_files() {
		printf 'one' >a
		printf 'two' >b
		run --stats=json a b
		expect_status 0 && expect_output 'ONE\nTWO' &&
			json '$s->{lines_in} == 2' '$s->{lines_out} == 2' \
				'$s->{bytes_in} == 6' '$s->{bytes_out} == 7'
	}
	check "--stats=json counts a last line without newline, file by file" \
		json_files
	json_appending() {
		rm -f db
		printf 'torn' >db
		run -o db --stats=json a
		expect_status 0 && expect_file db 'torn\nONE\n' &&
			json '$s->{lines_in} == 1' '$s->{lines_out} == 1'
	}
	check "--stats=json does not count a fresh line as a line" json_appending
	json_after_errors() {
		run --stats=json missing a
		expect_status 1 && expect_stderr_line \
			'upcase-pipe: missing: No such file or directory' &&
			grep -v '^upcase-pipe: ' "$err" >json &&
			mv json "$err" && json '$s->{lines_out} == 1'
	}
	check "--stats=json is told after bad input, too" json_after_errors
	json_invalid() {
		printf '\xff\xe2\x82a\xed\xa0\x80\n' >lines
		run_here --stats=json --invalid=replace <lines
		expect_status 0 && json '$s->{invalid} == 5'
	}
	check "--stats=json counts invalid sequences by maximal subparts" \
		json_invalid
	json_strict() {
		# Numbers are numbers, whatever the locale's decimal point is.
		given 'a\n'
		LC_ALL=de_DE.UTF-8 run --stats=json
		json '$s->{seconds} =~ /^[0-9.e-]+$/' &&
			grep -Eq '"seconds": ?[0-9]' "$err" && ! grep -q '": *"' "$err"
	}
	check "--stats=json writes numbers as numbers" json_strict
else
	skip "--stats=json is one object whose sums are right" "no JSON::PP"
fi
stats_table() {
	given 'straße\nzwei\n'
	run --stats
	expect_status 0 && expect_output 'STRASSE\nZWEI\n' &&
		grep -qi 'lines.*2' "$err" && grep -qi 'reader' "$err" &&
		grep -qi 'transformer' "$err" && grep -qi 'writer' "$err" &&
		! grep -q '.\{81\}' "$err" && return 0
	cat "$err"
	return 1
}
check "--stats is a table of 80 columns at most on standard error" stats_table
stats_on_signal() {
	mkfifo feed
	exec 7<>feed
	start told --stats=json <feed >"$out" 2>"$err"
	exec 6>feed 7>&-
	put 'one\nhal' >&6
	wait_until "$deadline" size_is "$out" 4 || return 1
	send INT told
	expect_end told 'signal 2' && grep -q '"lines_out": *2' "$err"
	local r=$?
	exec 6>&-
	return $r
}
check "--stats is told after a signal, too" stats_on_signal

# --- -v and -q ---------------------------------------------------------------

silent() {
	given 'a\n'
	run
	expect_outcome 0 'A\n' ''
}
check "without -v there is nothing on standard error" silent
verbose() {
	printf 'one\ntwo\n' >file
	run -v file
	expect_status 0 && expect_output 'ONE\nTWO\n' &&
		grep -q '^upcase-pipe: file: ' "$err" &&
		! grep -qv '^upcase-pipe: ' "$err" && return 0
	cat "$err"
	return 1
}
check "-v makes notes of each file" verbose
quiet() {
	run -q file missing
	expect_outcome 1 'ONE\nTWO\n' \
		'upcase-pipe: missing: No such file or directory\n'
}
check "-q drops no errors" quiet

# --- --help, --version, the manual page --------------------------------------

all_options="output unbuffered gzip no-gzip no-decompress encoding mapping language invalid interactive
no-interactive prompt jobs batch-size queue-depth flush-interval sync on-full
shutdown-timeout stats verbose quiet help version"
letters="o u z E m l i j b v q h V"

help_works() {
	run "$1"
	expect_status 0 && same /dev/null "$err" && has_size "$out" &&
		head -n 1 "$out" | grep -q '^Usage: upcase-pipe '
}
check "--help tells the usage on standard output" help_works --help
check "-h is --help" help_works -h
"$UPCASE_PIPE" --help >help 2>&1
help_columns() { ! grep -n '.\{81\}' help; }
check "--help fits into 80 columns" help_columns
help_rows() {
	wc -l help
	[ "$(wc -l <help)" -le 50 ]
}
check "--help has 50 lines at most" help_rows
help_lists() {
	local o
	for o in $all_options; do
		grep -Eq -e "(^|[^a-z])--$o([^a-z-]|\$)" help || {
			# A pair may be written --[no-]name or --no-name.
			grep -Eq -e "--\[no-\]${o#no-}" help ||
				{ echo "no --$o"; return 1; }
		}
	done
	for o in $letters; do
		grep -Eq -e "(^|[ ,])-$o([ ,]|\$)" help ||
			{ echo "no -$o"; return 1; }
	done
}
check "--help lists every option" help_lists
help_before_errors() {
	run --help --jobs=x
	expect_status 0 && has_size "$out"
}
check "--help is answered before what follows is looked at" help_before_errors

version_told() {
	run "$1"
	expect_status 0 && same /dev/null "$err" &&
		sed -n 1p "$out" | grep -Eq '^upcase-pipe [0-9]+\.[0-9]+\.[0-9]+' &&
		grep -q 'Unicode.*18\.0' "$out" && grep -qi zlib "$out" &&
		grep -qi 'libdeflate' "$out" && return 0
	cat "$out"
	return 1
}
check "--version tells version, Unicode version and features" \
	version_told --version
check "-V is --version" version_told -V

man=$root/man/upcase-pipe.1
man_lists() {
	local o
	# Both man and mdoc write options with markup: bring it to one form.
	sed -E 's/\\-/-/g; s/\\f[BIRP]//g; s/Fl -/--/g; s/Fl Fl /--/g' "$man" >page
	for o in $(grep -oE -e '--[a-z][a-z-]+' help | sort -u | sed 's/^--//') \
		$all_options; do
		grep -Eq -e "--$o([^a-z-]|\$)" page ||
			grep -Eq -e "--\[no-\]${o#no-}" page ||
			{ echo "no --$o"; return 1; }
	done
}
man_knows_statuses() {
	local n
	for n in 0 1 2 3; do
		grep -Eq "^(\.It( Li)?|\.B|\.IP \"?|\.BR?) *\"?$n\"?( |\$)|^$n\$" "$man" ||
			{ echo "status $n is not there"; return 1; }
	done
}
man_lint() {
	groff -ww -mandoc -Tutf8 -z "$man" 2>&1 | sed 's/^/groff: /' >lint
	! have mandoc || mandoc -T lint -W warning "$man" >>lint
	same /dev/null lint
}
man_json_keys() {
	local key
	given 'a\n'
	run --stats=json
	for key in $(grep -o '"[a-z_]*"' "$err" | tr -d '"'); do
		sed 's/\\_/_/g' "$man" | grep -q "$key" || {
			echo "no $key"
			return 1
		}
	done
}
if [ -e "$man" ]; then
	check "the manual page has every option of --help" man_lists
	check "the manual page tells the exit statuses" man_knows_statuses
	check "the manual page documents the keys of --stats=json" man_json_keys
	if have groff; then
		check "the manual page renders without a warning" man_lint
	else
		skip "the manual page renders without a warning" "no groff"
	fi
else
	check "there is a manual page" false
fi

# --- wrong usage -------------------------------------------------------------

# refuses WORD [ARG...]: status 2; the first line of two holds WORD; nothing is
# read, nothing is written, no file is made.
refuses() {
	local r=0
	printf 'one\n' >lines
	{
		run_here "${@:2}"
		cat >rest
	} <lines
	expect_usage_error "$1" && same lines rest
}
check "an unknown long option is refused" refuses nonsense --nonsense
check "an unknown short option is refused" refuses y -y
check "an unknown option behind a file is refused" refuses nonsense a --nonsense
for value in x 0 -1 257 1.5 '' ' 2' 2x 0x10 99999999999999999999; do
	check "--jobs='$value' is refused" \
		refuses "invalid number for --jobs: '$value'" --jobs="$value"
done
check "-j x is refused by its long name" \
	refuses "invalid number for --jobs: 'x'" -j x
for value in x 0 -1 1025 '' 1K; do
	check "--queue-depth='$value' is refused" \
		refuses "invalid number for --queue-depth: '$value'" \
		--queue-depth="$value"
done
for value in x 0 -1 257M 300000K '' 1G 1.5K K 1KB 99999999999999999999M; do
	check "--batch-size='$value' is refused" \
		refuses "invalid size for --batch-size: '$value'" \
		--batch-size="$value"
done
for option in flush-interval shutdown-timeout; do
	for value in x -1 '' 1s nan inf 0x1 1e400; do
		check "--$option='$value' is refused" \
			refuses "--$option: '$value'" --$option="$value"
	done
done
for value in klingon t gr turkish de- 'de AT'; do
	check "--language='$value' is refused" \
		refuses "unknown language for --language: '$value'" \
		--language="$value"
done
for value in fulll '' FULL title; do
	check "--mapping='$value' is refused" refuses "unknown mapping" \
		--mapping="$value"
done
for pair in invalid:skip on-full:retry sync:always stats:xml; do
	check "--${pair%:*}=${pair#*:} is refused" \
		refuses "${pair#*:}" --${pair%:*}=${pair#*:}
done
for language in tr az lt el hy; do
	check "--mapping=ascii with --language=$language is refused" \
		refuses '' -m ascii -l $language
done
for language in lt el hy; do
	check "--mapping=simple with --language=$language is refused" \
		refuses '' -l $language -m simple
done
for option in output encoding mapping language invalid prompt jobs batch-size \
	queue-depth flush-interval sync on-full shutdown-timeout; do
	check "--$option without its argument is refused" \
		refuses $option --$option
done
for option in unbuffered verbose quiet help version no-gzip no-decompress interactive; do
	check "--$option=x is refused: it takes no argument" \
		refuses $option --$option=x
done
makes_no_file() {
	rm -f new
	run -o new --jobs=x
	expect_usage_error jobs && [ ! -e new ]
}
check "wrong usage makes no output file" makes_no_file
for value in 1 256; do
	takes_jobs() { converts 'a\n' 'A\n' -j $value; }
	check "--jobs=$value is taken" takes_jobs
done
for value in 1 1k 1K 256M 1m 7; do
	takes_size() { converts 'a\n' 'A\n' -b $value --queue-depth=1; }
	check "--batch-size=$value is taken" takes_size
done
for value in 0 0.5 .5 1. 1000000 0.000001; do
	takes_seconds() {
		converts 'a\n' 'A\n' --flush-interval=$value \
			--shutdown-timeout=$value
	}
	check "$value seconds are taken" takes_seconds
done

finish
