#!/bin/bash
# split.sh - --split=I/N: shares of the inputs, each made by a process of its
# own, are together what one run makes.
#
# shellcheck disable=SC2317 # checks are called by name
. "$(dirname "$0")/lib.sh" || exit 1

# The shares 1 to N of a run with these arguments, in a row, in shares.out.
in_shares() {
	local n=$1 i
	shift
	: >shares.out
	for ((i = 1; i <= n; i++)); do
		run "--split=$i/$n" "$@"
		expect_status 0 && expect_errors '' || return 1
		cat "$out" >>shares.out
	done
}
# agrees N [ARG...]: with one run.
agrees() {
	in_shares "$@" || return 1
	run "${@:2}"
	expect_status 0 && same "$out" shares.out
}
each_n() {
	local n
	for n in 1 2 3 7 40; do agrees "$n" "$@" || { echo "of $n"; return 1; }; done
}

numbered 300 50 >text
printf 'no end' >open
: >empty
printf '\nb\n' >b
check "shares of one file are one run" each_n text
check "more shares than lines, or bytes" agrees 30 b
check "shares of several files: the newline between two goes with the later one" \
	each_n open empty b open empty open
perl -e 'print "x" x 3000, "\n" for 1 .. 100' >wide.txt
run --bgzf wide.txt
mv "$out" wide.gz
check "lines of packed text that are longer than a batch" each_n -b 1K wide.gz
check "a line that is longer than some shares" each_n open open open
appended() {
	local i n
	for n in 1 2 5 40; do
		rm -f part.*
		for ((i = 1; i <= n; i++)); do
			run "--split=$i/$n" -o "part.$i" open text empty open b open
			expect_outcome 0 '' '' || return 1
		done
		rm -f all
		run -o all open text empty open b open
		# shellcheck disable=SC2046 # numbers
		same all <(cat $(seq -f 'part.%g' "$n")) || return 1
	done
}
check "with -o each share ends its lines" appended
small_batches() { agrees 5 -b 16 -j 3 text open b && agrees 5 -l el -b 64 open text; }
check "shares in small batches and with a language" small_batches

# --- members -------------------------------------------------------------------

"$UPCASE_PIPE" -b 700 -o own.gz text b open 2>/dev/null
"$UPCASE_PIPE" --bgzf -b 700 -o blocks.gz text
"$UPCASE_PIPE" --bgzf -o blocks.gz b
packed() {
	each_n own.gz && each_n blocks.gz && each_n own.gz open blocks.gz b
}
check "our own gzip and BGZF are cut at members, then at lines" packed
# A line over several members, and members without text.
long_member_line() {
	numbered 1 5000 | tr -d '\n' >long
	for i in 1 2 3; do
		head -c $((i * 500)) long | "$UPCASE_PIPE" -z >part
		"$UPCASE_PIPE" -b 100 -o pieces.gz part </dev/null
		"$UPCASE_PIPE" -z -o pieces.gz </dev/null
	done
	each_n pieces.gz
}
check "lines that go over members" long_member_line
# More of those in a row than are remembered, and a line that goes over them.
many_empty() {
	"$UPCASE_PIPE" --bgzf <empty >none.gz
	printf 'abc\nx' | "$UPCASE_PIPE" --bgzf >pieces.gz
	for _ in {1..100}; do cat none.gz; done >>pieces.gz
	printf 'y\nz' | "$UPCASE_PIPE" --bgzf >>pieces.gz
	for n in 2 3 4 100; do agrees $n pieces.gz || return 1; done
}
check "any number of members without text in a row" many_empty
# Blocks of another program are cut in the middle of lines.
foreign_blocks() {
	numbered 5000 50 >large
	bgzip -c large >foreign.bgz
	for n in 2 3 4 7 40; do agrees "$n" foreign.bgz || return 1; done
}
if have bgzip; then
	check "so is BGZF whose blocks end inside lines" foreign_blocks
else
	skip "so is BGZF whose blocks end inside lines" "no bgzip"
fi
packed_out() {
	local i
	rm -f part.*
	for i in 1 2 3 4; do
		run "--split=$i/4" -o "part.$i.gz" own.gz text
		expect_outcome 0 '' '' || return 1
	done
	run own.gz text
	cat part.[1-4].gz | gzip -dc | same "$out" -
}
check "packed shares, one behind the other, are the text" packed_out

# damaged OFFSET: what four bytes near the end of the last member say is not so.
# No share passes over that.
damaged() {
	local i j last
	rm -f bad.gz
	"$UPCASE_PIPE" -b 700 -o bad.gz text
	perl -e 'open F, "+<", shift; seek F, shift, 2; print F "\1\0\0\0"' bad.gz "$1"
	for j in 1 4; do
		for i in 1 2; do
			run "--split=$i/2" -j $j bad.gz
			last=$status
			[ $i = 1 ] && { expect_outcome_is 0 || return 1; }
		done
		[ "$last" = 1 ] && expect_stderr_match \
			'upcase-pipe: bad.gz: corrupt gzip data behind byte [0-9]*' || return 1
	done
	# What is good was written.
	[ -s "$out" ]
}
expect_outcome_is() { expect_status "$1" && expect_errors ''; }
check "a share notices a wrong check of the member that it ends with" damaged -8
check "so it does a wrong length" damaged -4

# --- what is chosen ---------------------------------------------------------------

printf '>a\nacgt\nac\n;x\n\n>b\ntt\n' >genome.fa
perl -e 'srand 7; for my $i (1 .. 60) {
	my $n = 1 + int rand 30;
	print "\@r$i\n", join("", map { (qw(a c g t))[rand 4] } 1 .. $n), "\n+\n",
		join("", map { ("@", "+", "I", "a")[rand 4] } 1 .. $n), "\n" }' >reads.fq
printf '#c\n#d\nx\tname\tz\n' >table.tsv
numbered 40 20 | sed 's/ /\t/g' >>table.tsv
printf 'x\tname\tz\na\tb\tc' >other.tsv
chosen() {
	each_n --fasta genome.fa text && each_n --fastq reads.fq reads.fq &&
		each_n --tsv -f 2 table.tsv && each_n -c 3-4 text &&
		each_n --skip-prefix='#' --tsv --header -f name table.tsv other.tsv table.tsv &&
		"$UPCASE_PIPE" --bgzf -m ascii -b 200 -o reads.gz --skip-prefix= reads.fq 2>/dev/null
	"$UPCASE_PIPE" --bgzf -o table.gz --skip-prefix=x --skip-prefix=# table.tsv &&
		each_n --skip-prefix='#' --tsv --header -f name table.gz
}
check "what is chosen: lines, reads, fields by number and by name" chosen
missing_column() {
	run --split=2/2 --skip-prefix='#' --tsv --header -f nothing table.tsv
	expect_status 1 && expect_stderr_match "upcase-pipe: table.tsv: no column is named 'nothing' .*"
}
check "each share tells that a column is not there" missing_column
long_header() {
	(head -c 1500000 /dev/zero | tr '\0' x; printf '\tname\na\tb\nc\td\n') >wide.tsv
	run --split=1/2 --tsv --header -f name -b 4M wide.tsv
	expect_status 0 && expect_errors '' || return 1
	(cat wide.tsv; head -c 1500100 /dev/zero | tr '\0' y) >wider.tsv
	run --split=2/2 --tsv --header -f name -b 4M wider.tsv
	expect_outcome 1 '' 'upcase-pipe: wider.tsv: its header cannot be read: it is longer than 1 MiB\n' &&
		agrees 3 --tsv --header -f 2 wider.tsv text && agrees 3 --header wider.tsv
}
check "a header whose names are too long for a share is told, without names any goes" long_header
bad_reads() {
	local i st=0
	(head -n 100 reads.fq; echo oops; tail -n 100 reads.fq) >bad.fq
	: >shares.out
	for i in 1 2 3 4; do
		run --split=$i/4 --fastq bad.fq
		cat "$out" >>shares.out
		[ "$status" = 0 ] || st=$status
	done
	[ "$st" = 1 ] && [ "$(wc -c <shares.out)" = "$(wc -c <bad.fq)" ]
}
# Each share but one is whole reads.
short_read() {
	local i n st
	(printf '@a\nacgt\n+\nIIII\n%.0s' {1..9}; printf '@b\nacgt\n'
		printf '@c\nacgt\n+\nIIII\n%.0s' {1..9}) >short.fq
	bgzip -c short.fq >short.fq.gz 2>/dev/null || cp short.fq short.fq.gz
	for file in short.fq short.fq.gz; do
		for n in 2 3 7 20 100; do
			st=
			for ((i = 1; i <= n; i++)); do
				run --split=$i/$n --fastq $file
				[ "$status" = 0 ] || st+=$status
				[ "$(wc -l <"$err")" -le 1 ] || { cat "$err"; return 1; }
			done
			[ "$st" = 1 ] || { echo "$n shares of $file: '$st'"; return 1; }
		done
	done
	run --split=9/19 --fastq short.fq
	expect_outcome 1 '@a\nACGT\n+\nIIII\n@b\nACGT\n' 'upcase-pipe: short.fq: not FASTQ of four lines: the last record of the share has fewer\n' || return 1
	run --split=9/19 --fastq --atomic -o short.part short.fq
	expect_status 1 && [ ! -e short.part ] || return 1
	# As in one run: the end of a file may be one of a record.
	head -n 38 short.fq >short-end.fq
	bgzip -c short-end.fq >short-end.fq.gz 2>/dev/null || return 0
	for i in 1 2 3; do
		for file in short-end.fq short-end.fq.gz; do
			run --split=$i/3 --fastq $file
			expect_status 0 || return 1
		done
	done
}
check "a share that ends within a read ends with status 1" short_read
check "a share that meets a bad read ends with status 1, and no byte is lost" bad_reads

# --- places, figures, refusals -------------------------------------------------------

places() {
	(head -n 100 text; printf 'ab\377c\n'; tail -n 100 text) >bytes
	local at
	at=$(grep -abo $'\377' bytes | cut -d: -f1)
	local i told=
	for i in 1 2 3 4; do
		run --split=$i/4 bytes
		told+=$(cat "$err")
	done
	[ "$told" = "upcase-pipe: bytes: 1 sequence is not UTF-8, that at byte $at; kept as it is (see --encoding, --invalid)" ] ||
		{ echo "$told"; return 1; }
}
check "places in messages are bytes of the file" places
figures() {
	local i
	: >manifest
	for i in 1 2 3; do
		run --split=$i/3 --stats=json text open
		expect_status 0 && cat "$err" >>manifest || return 1
	done
	perl -MJSON::PP -e 'my ($size, $lines, $end) = (-s "text", 0, 0);
		while (<STDIN>) {
			my $s = decode_json $_;
			die unless $s->{share} == $. && $s->{shares} == 3 && $s->{status} == 0;
			die unless $s->{input} eq "text" && $s->{input_size} == $size + 6;
			die unless $s->{range}[0] == $end;
			$end = $s->{range}[1];
			$lines += $s->{lines_in};
		}
		die unless $end == $size + 6 && $lines == 301' <manifest
}
check "--stats=json has what a manifest needs" figures
quoted_name() {
	cp b $'q"\\\n\377'
	run --split=1/1 --stats=json $'q"\\\n\377'
	perl -MJSON::PP -e 'print decode_json(scalar <STDIN>)->{input}' <"$err" |
		same <(printf 'q"\\\n?') -
}
check "names in it are JSON" quoted_name
# shorter CALL: while it is in that, for the first time.
shorter() {
	numbered 20000 60 >shrinks # more than one read takes
	rm -f "$tmp/std/trace"
	start_command held '' env ASAN_OPTIONS=detect_leaks=0 \
		strace -f -qq -o "$tmp/std/trace" -P shrinks \
		-e inject="$1":signal=SIGSTOP:when=1 \
		"$UPCASE_PIPE" --split=1/2 shrinks >"$out" 2>"$err"
	wait_until "$deadline" grep -qs 'stopped by SIGSTOP' "$tmp/std/trace" || return 1
	local pid
	pid=$(pid_of held)
	pid=$(cat "/proc/$pid/task/$pid/children")
	truncate -s 100 shrinks
	# shellcheck disable=SC2086 # a list
	kill -CONT $pid
	expect_end held "exit 1" && expect_stderr_line 'upcase-pipe: shrinks: it is shorter than it was'
}
if can_trace && ! sanitized; then
	check "a file that is shorter when it is opened: status 1" shorter openat
	check "a file that is shorter when it is read: status 1" shorter read
fi
again() {
	run --split=2/3 text
	cp "$out" first
	run --split=2/3 text
	expect_status 0 && same first "$out" && rm -f once &&
		run --split=2/3 -o once --atomic text && run --split=2/3 -o once --atomic text &&
		same first once
}
check "a share that is made again is the same" again
missing_file() {
	local i
	for i in 1 2; do
		run --split=$i/2 text nowhere text
		expect_status 1 || return 1
		expect_errors 'upcase-pipe: nowhere: No such file or directory\n' || return 1
	done
	agrees_but_for 1 3 text nowhere open b
}
# agrees_but_for STATUS N [ARG...]: shares that all end with this status.
agrees_but_for() {
	local i
	: >shares.out
	for ((i = 1; i <= $2; i++)); do
		run "--split=$i/$2" "${@:3}"
		expect_status "$1" || return 1
		cat "$out" >>shares.out
	done
	run "${@:3}"
	same "$out" shares.out
}
check "a FILE that is not there is told by each share: elsewhere it may be" missing_file
late_file() {
	cp b late
	# Without -f: not in the thread that opens it.
	ASAN_OPTIONS=detect_leaks=0 bounded strace -qq -o "$tmp/std/trace" -P late \
		-e inject=%%stat:error=ENOENT:when=1 \
		"$UPCASE_PIPE" --split=2/2 text late >"$out" 2>"$err"
	status=$?
	expect_status 1 && expect_stderr_line 'upcase-pipe: late: it was not there at the start'
}
! can_trace ||
	check "a FILE that has come since the start is told" late_file
no_place() {
	printf 'one\ntwo\nthree\nfour\n' >four
	ASAN_OPTIONS=detect_leaks=0 bounded strace -f -qq -o "$tmp/std/trace" -P four \
		-e inject=lseek:error=EIO \
		"$UPCASE_PIPE" --split=2/2 four >"$out" 2>"$err"
	status=$?
	expect_status 1 && expect_stderr_line 'upcase-pipe: four: Input/output error'
}
! can_trace ||
	check "why a FILE cannot be read from its share on is told" no_place
no_size() {
	run --split=1/1 /proc/version text
	expect_status 1 && expect_errors 'upcase-pipe: /proc/version: it has more bytes than its size says, so it cannot be split\n'
}
if [ -f /proc/version ] && [ ! -s /proc/version ]; then
	check "a file that has no size but text is told" no_size
fi
refused_files() {
	mkfifo fifo
	run --split=1/2 text fifo
	expect_outcome 2 '' 'upcase-pipe: fifo: not a regular file, so it cannot be split\n' || return 1
	gzip -c text >foreign.gz
	run --split=1/2 foreign.gz
	expect_outcome 1 '' 'upcase-pipe: foreign.gz: gzip whose members do not tell their size cannot be split\n' || return 1
	bzip2 -c text >text.bz2
	run --split=1/2 text.bz2
	expect_outcome 1 '' 'upcase-pipe: text.bz2: bzip2 data cannot be split\n' || return 1
	head -c 1000 blocks.gz >torn.gz
	run --split=2/2 torn.gz
	expect_status 1 || return 1
	run --split=1/3 --no-decompress -m ascii text.bz2
	expect_status 0
}
check "what cannot be split is told" refused_files
# What counts is what one run would decode.
marks() {
	local f i
	printf '\376\377\0A\0\n\0B\0\n' >wide
	rm -f wide.gz
	"$UPCASE_PIPE" -q -E none -b 3 -o wide.gz wide
	for f in wide wide.gz; do
		for i in 1 2 3; do
			run --split=$i/3 "$f"
			expect_outcome 1 '' "upcase-pipe: $f: UTF-16 or UTF-32 cannot be split\n" || return 1
		done
		each_n -E none "$f" && each_n -q -E utf8 "$f" || return 1
	done
	run --split=1/1 --no-decompress wide
	expect_outcome 1 '' "upcase-pipe: wide: UTF-16 or UTF-32 cannot be split\n" &&
		each_n --no-decompress -E none wide.gz
}
check "text that would be decoded is not split, all else is" marks
# A FILE whose end cannot be found out is no fault of the one behind it.
file_before() {
	local i
	gzip -c open >foreign.gz
	: >shares.out
	: >told
	for i in {1..40}; do
		run --split=$i/40 foreign.gz b
		cat "$out" >>shares.out
		cat "$err" >>told
	done
	expect_file shares.out '\nB\n' || return 1
	grep -vFx 'upcase-pipe: foreign.gz: gzip whose members do not tell their size cannot be split' told
	[ $? -eq 1 ]
}
check "a FILE behind one that cannot be split is read" file_before
reads_on() { [ "$(sed -n 's/^rchar: //p' /proc/"$(pid_of seeks)"/io)" -gt 10000000 ]; }
stopped() {
	rm -f endless
	truncate -s 8T endless || return 1
	start seeks --split=2/2 "$@" endless >"$out" 2>"$err"
	wait_until "$deadline" reads_on && send TERM seeks
	expect_end seeks 'signal 15' && expect_output '' && expect_errors ''
}
if truncate -s 8T endless 2>/dev/null; then
	check "SIGTERM ends a share that looks for its first line" stopped
	check "SIGTERM ends a share that looks for its first read" stopped --fastq
else
	skip "SIGTERM ends a share that looks for its beginning" "no file can be so large here"
fi
# The end of the FILE before is not the share's, but has to be seen.
unread() {
	echo a >secret && cp secret after && chmod 600 secret || return 1
	as_nobody run --split=2/2 secret after
	expect_outcome 1 'A\n' 'upcase-pipe: secret: Permission denied\n'
}
if [ "$(id -u)" -eq 0 ] && can_be_nobody; then
	check "a FILE before the share that cannot be looked at is told" unread
else
	skip "a FILE before the share that cannot be looked at is told" \
		"needs root, and a program that others may run"
fi
pair() {
	run --split=1/2 "$@" text
	expect_usage_error "--split does not go with ${1%%=*}"
}
for other in --csv --in-place --output-dir=d --interactive; do
	check "--split does not go with $other" pair "$other"
done
usage() {
	local share
	for share in 0/2 3/2 1/0 1 /2 1/ a/b -1/2 1/2/3 1/1000001 ''; do
		run --split="$share" text
		expect_usage_error "no share for --split: '$share'" || return 1
	done
	run --split=1/2 --invalid=fail text
	expect_usage_error '--split does not go with --invalid=fail' || return 1
	run --split=1/2 -E latin1 text
	expect_usage_error '--split does not go with --encoding=NAME' || return 1
	run --split=1/2 text -
	expect_usage_error '--split wants FILEs with names, not standard input'
}
check "what is no share is told" usage

# A long of 32 bits does not tell where its shares begin.
of_giant() {
	printf '\nlast\n' >>giant
	run --split=1000000/1000000 giant
	expect_outcome 0 'LAST\n' ''
}
if truncate -s 5G giant 2>/dev/null; then
	check "a share beyond 4 GiB is found" of_giant
	rm -f giant
else
	skip "a share beyond 4 GiB is found" "the file system takes no such file"
fi

finish
