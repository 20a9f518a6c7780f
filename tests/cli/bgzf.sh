#!/bin/bash
# bgzf.sh - --bgzf: blocks as htslib wants them, for samtools, tabix and bgzip;
# appended to, torn and repaired.
#
# shellcheck disable=SC2317,SC2086,SC2016 # checks are called by name, numbers
# stand bare, Perl stands in single quotes
. "$(dirname "$0")/lib.sh" || exit 1

upper() { tr '[:lower:]' '[:upper:]'; }
numbered 9000 70 >text
perl -e 'srand 1; binmode STDOUT;
	print map { join("", map { chr 97 + rand 26 } 1 .. 79) . "\n" } 1 .. 5000' >>text
# What cannot be compressed, byte by byte; none of it is a letter.
perl -e 'srand 2; binmode STDOUT; for (1 .. 400) {
	print map({ chr 128 + rand 64 } 1 .. 999), "\n" }' >noise
upper <text >want
mark() { printf '\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0\x1b\0\x03\0\0\0\0\0\0\0\0\0'; }
mark >mark

# is_bgzf FILE WANTED-FILE: blocks that are right, with that text, and the mark.
is_bgzf() {
	blocks "$1" >list && gzip -dc <"$1" >got && same "$2" got &&
		tail -c 28 "$1" >end && same mark end
}
# lacks_mark FILE: all but that.
lacks_mark() { tail -c 28 "$1" >end; ! cmp -s mark end; }

# --- what is written -------------------------------------------------------------

writes() {
	run_here --bgzf "$@" <text
	expect_status 0 && is_bgzf "$out" want
}
check "--bgzf writes blocks of the sizes that htslib takes, and the mark" writes
check "the same with 4 jobs and small batches" writes -b 3K -j 4
check "the same with batches of many blocks" writes -b 4M
for level in 1 9; do
	check "the same with level $level" writes -z$level
done
full_blocks() {
	run_here --bgzf <text
	# Of four, three have all they can, and whole lines nearly fill the last.
	blocks "$out" | wc -l >count
	[ "$(cat count)" -le $(($(stat -c %s text) / 65280 + 2)) ] || { cat count; false; }
}
check "blocks are full" full_blocks
incompressible() {
	run_here --bgzf <noise
	expect_status 0 && is_bgzf "$out" noise || return 1
	perl -e 'srand 3; binmode STDOUT; print map { chr 128 + rand 64 } 1 .. 300000' >raw
	run_here --bgzf --mapping=ascii -b 256K <raw
	expect_status 0 && is_bgzf "$out" raw
}
check "what cannot be compressed fits, too" incompressible
no_input() {
	rm -f db.bgz
	run_here --bgzf </dev/null
	expect_status 0 && same mark "$out" || return 1
	run_here -o db.bgz </dev/null
	expect_status 0 && same mark db.bgz
}
check "without input the mark is all there is" no_input
names() {
	local name
	given 'a\n'
	printf 'A\n' >a.want
	for name in db.bgz db.bgzf db.vcf.bgz; do
		rm -f $name
		run -o $name
		expect_outcome 0 '' '' && is_bgzf $name a.want || return 1
	done
	rm -f db.bgz db.gz db
	run -o db.bgz -z9
	expect_outcome 0 '' '' && is_bgzf db.bgz a.want || return 1
	run --bgzf -o db.gz
	expect_outcome 0 '' '' && is_bgzf db.gz a.want || return 1
	rm db.bgz
	run -o db.bgz --no-gzip
	expect_outcome 0 '' '' && expect_file db.bgz 'A\n' || return 1
	run --bgzf --no-gzip -o db
	expect_outcome 0 '' '' && expect_file db 'A\n'
}
check "names in .bgz and .bgzf imply it, --no-gzip undoes it" names
at_a_terminal() {
	script -qec "$UPCASE_PIPE --bgzf" /dev/null <"$in" >"$out" 2>&1
	grep -q 'gzip is not written to a terminal' "$out"
}
if have script; then
	check "it is not written to a terminal" at_a_terminal
else
	skip "it is not written to a terminal" "no script"
fi

# --- what reads it -----------------------------------------------------------------

make_text_bgz() {
	rm -f text.bgz text.bgz.gzi
	"$UPCASE_PIPE" -o text.bgz <text
}
bgzip_reads() {
	make_text_bgz
	bgzip -t text.bgz && bgzip -dc text.bgz >got && same want got &&
		bgzip -r text.bgz || return 1
	local at
	for at in 0 1 65279 65280 65281 300000 700000; do
		bgzip -b $at -s 100 text.bgz >got &&
			tail -c +$((at + 1)) want | head -c 100 | cmp - got || return 1
	done
}
# A table by place, and a genome, as far as these have letters to turn.
perl -e 'print map { my $c = $_; map { join("\t", "chr$c", $_ * 100, $_ * 100 + 50,
	"name$_") . "\n" } 1 .. 20000 } 1 .. 3' >places.bed
perl -e 'srand 5; for my $c (1 .. 3) { print ">chr$c\n";
	print map { join("", map { (qw(a c g t))[rand 4] } 1 .. 60) . "\n" } 1 .. 3000 }' \
	>genome.fa
tabix_reads() {
	rm -f places.bed.gz places.bed.gz.tbi
	"$UPCASE_PIPE" --bgzf -o places.bed.gz <places.bed && tabix -p bed places.bed.gz &&
		tabix places.bed.gz CHR2:1999901-2000050 >got &&
		expect_file got 'CHR2\t1999900\t1999950\tNAME19999\nCHR2\t2000000\t2000050\tNAME20000\n'
}
samtools_reads() {
	rm -f genome.fa.bgz*
	"$UPCASE_PIPE" -o genome.fa.bgz <genome.fa && samtools faidx genome.fa.bgz &&
		samtools faidx genome.fa.bgz CHR3:179941-180000 >got &&
		{ echo '>CHR3:179941-180000'; upper <genome.fa | tail -n 1; } >need &&
		same need got
}
appended() {
	# Blocks behind the block that marks the end.
	rm -f places.bed.gz places.bed.gz.tbi text.bgz*
	head -n 25000 places.bed | "$UPCASE_PIPE" --bgzf -o places.bed.gz
	tail -n +25001 places.bed | "$UPCASE_PIPE" -o places.bed.gz
	upper <places.bed >places.want
	is_bgzf places.bed.gz places.want && tabix -p bed places.bed.gz &&
		tabix places.bed.gz CHR3:1999901-2000050 | wc -l | grep -qx 2 &&
		bgzip -t places.bed.gz && bgzip -dc places.bed.gz | cmp - places.want &&
		bgzip -r places.bed.gz && bgzip -b 1500000 -s 50 places.bed.gz >got &&
		tail -c +1500001 places.want | head -c 50 | cmp - got
}
reads() {
	if have "$1"; then check "$2" "$3"; else skip "$2" "no $1"; fi
}
reads bgzip "bgzip -t, -d, -r and -b take it" bgzip_reads
reads tabix "tabix -p bed takes it" tabix_reads
reads tabix "tabix and bgzip take one that was appended to" appended
reads samtools "samtools faidx takes it" samtools_reads
read_again() {
	make_text_bgz
	run -j 3 text.bgz
	expect_status 0 && same want "$out" && run --bgzf text.bgz &&
		expect_status 0 && is_bgzf "$out" want
}
check "it is read again, in blocks again" read_again

# --- what it is appended to ----------------------------------------------------------

stays() {
	local name
	for name in db.gz db.txt; do
		rm -f db*
		given 'one\n'
		run --bgzf -o $name
		given 'two\n'
		run -z -o $name
		expect_outcome 0 '' '' && printf 'ONE\nTWO\n' >two.want &&
			is_bgzf $name two.want || return 1
	done
	rm -f db.gz
	printf 'one\n' >one
	bgzip -c one >db.gz || return 1
	run -o db.gz
	printf 'one\nTWO\n' >two.want
	expect_outcome 0 '' '' && is_bgzf db.gz two.want
}
reads bgzip "what is BGZF stays so, whatever its name" stays
# refused WHY [ARG...]: db.gz stays as it is, and nothing is read.
refused() {
	cp db.gz before
	given 'a\n'
	run -o db.gz "${@:2}"
	expect_outcome 3 '' "upcase-pipe: db.gz: $1\n" && same before db.gz
}
other_gzip() {
	rm -f db.*
	printf 'one\n' | gzip -n >db.gz
	refused 'the file holds gzip that is not BGZF, so BGZF is not appended to it (try --gzip without --bgzf)' --bgzf || return 1
	rm db.gz
	printf 'one\n' | "$UPCASE_PIPE" -o db.gz
	refused 'the file holds gzip that is not BGZF, so BGZF is not appended to it (try --gzip without --bgzf)' --bgzf || return 1
	cp db.gz db.bgz
	run -o db.bgz
	expect_status 3 && cmp db.bgz db.gz || return 1
	printf 'one\n' >db.gz
	refused 'the file does not hold gzip, so gzip is not appended to it (try --no-gzip)' --bgzf || return 1
	mark >db.gz
	refused 'the file holds gzip, so text is not appended to it (try --gzip)' --no-gzip
}
check "BGZF is not appended to other gzip, nor to text, nor text to it" other_gzip
fresh_line() {
	local bytes
	for bytes in '' 'one\n' 'one' '\n'; do
		rm -f db.gz
		printf "$bytes" >one
		bgzip -c one >db.gz || return 1
		given 'two\n'
		run -o db.gz
		{ cat one; [ -z "$(tail -c 1 one)" ] || echo; echo TWO; } >two.want
		expect_outcome 0 '' '' && is_bgzf db.gz two.want || return 1
	done
}
reads bgzip "what is appended begins on a fresh line" fresh_line
eight() {
	local i pids=()
	rm -f db.bgz
	for i in 1 2 3 4 5 6 7 8; do
		numbered 1500 60 | sed "s/^/$i /" >part$i
		"$UPCASE_PIPE" -o db.bgz -b 2K -j 1 <part$i 2>"$err" &
		pids+=($!)
	done
	wait "${pids[@]}" || return 1
	gzip -dc db.bgz >got && blocks db.bgz >list || return 1
	for i in 1 2 3 4 5 6 7 8; do
		grep -a "^$i " got >got$i
		upper <part$i | cmp - got$i || return 1
	done
}
check "8 processes append whole blocks" eight

# --- signals, faults -------------------------------------------------------------------

stopped() {
	fed "$@"
	put 'one\ntwo\nhal' >&7
	wait_until "$deadline" all_read 7 || return 1
	send INT fed
	expect_end fed 'signal 2' || return 1
	exec 7>&-
}
stopped_stdout() {
	stopped --bgzf && printf 'ONE\nTWO\nHAL' >need && is_bgzf "$out" need
}
check "SIGINT: what was read is there, and the mark" stopped_stdout
stopped_file() {
	rm -f db.bgz
	stopped -o db.bgz && printf 'ONE\nTWO\nHAL\n' >need && is_bgzf db.bgz need
}
check "SIGINT: the same in a file" stopped_file
rotated() {
	rm -f db.bgz old.bgz
	fed -o db.bgz --flush-interval=0
	put 'one\n' >&7
	wait_until "$deadline" has_size db.bgz || return 1
	mv db.bgz old.bgz
	send USR2 fed
	wait_until "$deadline" test -e db.bgz || return 1
	put 'two\n' >&7
	exec 7>&-
	printf 'ONE\n' >one.want
	printf 'TWO\n' >two.want
	expect_end fed 'exit 0' && is_bgzf old.bgz one.want && is_bgzf db.bgz two.want
}
check "SIGUSR2: both files end with the mark" rotated
rotated_to() {
	local r=0
	rm -f db.bgz old.bgz
	fed -o db.bgz --flush-interval=0
	put 'one\n' >&7
	wait_until "$deadline" has_size db.bgz || return 1
	mv db.bgz old.bgz
	printf 'x\n' | "$UPCASE_PIPE" -z -o other.gz
	mv other.gz db.bgz
	cp db.bgz before
	send USR2 fed
	wait_until "$deadline" has_size "$err" || r=1
	put 'two\n' >&7
	exec 7>&-
	printf 'ONE\nTWO\n' >two.want
	expect_end fed 'exit 0' && is_bgzf old.bgz two.want && same before db.bgz &&
		grep -q 'cannot be opened anew: the file holds gzip that is not BGZF' "$err" &&
		return $r
}
check "SIGUSR2: other gzip is refused, the old file stays in use" rotated_to
full() {
	# Whole blocks stay; who appends next adds the mark.
	rm -f db.bgz
	(
		ulimit -f 100
		trap '' XFSZ
		run_here -o db.bgz -b 20K -j 2 <noise
		echo "$status" >status
	)
	[ "$(cat status)" = 3 ] && lacks_mark db.bgz && gzip -dc db.bgz >got &&
		has_size got && cmp -n "$(stat -c %s got)" noise got || return 1
	cp got before
	given 'last\n'
	run -o db.bgz
	{ cat before; echo LAST; } >need
	expect_outcome 0 '' '' && is_bgzf db.bgz need
}
check "no room: whole blocks stay, and the next run adds the mark" full

# --- torn, repaired ------------------------------------------------------------------------

rm -f whole.bgz
for i in 1 2 3; do
	numbered 300 40 | sed "s/^/$i /" | "$UPCASE_PIPE" -o whole.bgz
done
blocks whole.bgz >places
# A block of text and the mark, three times.
text3=$(sed -n 5p places | cut -d' ' -f1)
mark3=$(sed -n 6p places | cut -d' ' -f1)
gzip -dc whole.bgz >whole.want
gzip -dc whole.bgz | head -n 600 >two.thirds
# torn_at BYTES
torn_at() {
	rm -rf db.bgz db.bgz.torn-*
	head -c "$1" whole.bgz >db.bgz
	cp db.bgz before
}
refuses() {
	local r=0 n
	for n in 1 5 17 18 25 200 $((mark3 - text3 - 1)); do
		torn_at $((text3 + n))
		given 'new\n'
		run -o db.bgz
		expect_outcome 3 '' "upcase-pipe: db.bgz: the file is torn: from byte $text3 on there is no whole gzip member, and nothing behind it could be read (try --repair)\n" &&
			same before db.bgz || r=1
	done
	return "$r"
}
check "one that is torn in a block is refused" refuses
repairs() {
	local r=0 n
	for n in 1 17 18 200 $((mark3 - text3 - 1)); do
		torn_at $((text3 + n))
		given 'new\n'
		run --repair -o db.bgz
		{ cat two.thirds; echo NEW; } >need
		expect_status 0 && expect_stderr_match "upcase-pipe: db.bgz: the torn end, $n bytes?, was moved .*" &&
			is_bgzf db.bgz need && size_is db.bgz.torn-* "$n" || r=1
	done
	return "$r"
}
check "--repair moves the torn block aside" repairs
torn_mark() {
	local n
	for n in 1 16 27; do
		torn_at $((mark3 + n))
		given ''
		run --repair -o db.bgz
		expect_status 0 && is_bgzf db.bgz whole.want &&
			size_is db.bgz.torn-* "$n" &&
			expect_stderr_line "upcase-pipe: db.bgz: the block that marks the end was missing, and was added" || return 1
	done
}
check "--repair: a mark that is torn is made anew" torn_mark
no_mark() {
	torn_at "$mark3"
	given ''
	# Somebody else may be writing it.
	run -o db.bgz
	expect_outcome 0 '' '' && same before db.bgz || return 1
	run --repair -o db.bgz
	expect_outcome 0 '' 'upcase-pipe: db.bgz: the block that marks the end was missing, and was added\n' &&
		same whole.bgz db.bgz || return 1
	# Once.
	run --repair -o db.bgz
	expect_outcome 0 '' '' && same whole.bgz db.bgz
}
check "--repair adds a mark that is missing, and tells" no_mark
no_mark_appended() {
	torn_at "$mark3"
	given 'new\n'
	run -o db.bgz
	{ cat whole.want; echo NEW; } >need
	expect_outcome 0 '' '' && is_bgzf db.bgz need
}
check "so does whoever appends" no_mark_appended

finish
