#!/bin/bash
# snakemake.sh - samples/cluster/Snakefile, run by the real one on samples/masked.fa
# and on a larger genome.
#
# shellcheck disable=SC2317,SC2015 # checks are called by name; `A && B || {
# report; }` is meant as it is
. "$(dirname "$0")/../cli/lib.sh" || exit 1
. "$here/samples.sh" || exit 1

have snakemake || skip_all "no snakemake (Debian: snakemake)"
have samtools || skip_all "no samtools (Debian: samtools)"
deadline=${UPCASE_PIPE_DEADLINE:-60}
. "$here/shares.sh" || exit 1
# What it keeps of its own.
export HOME=$PWD/home XDG_CACHE_HOME=$PWD/home
mkdir home

mkdir genomes
cp "$root/samples/masked.fa" genomes/
perl -e 'srand 3; for my $chr (1 .. 20) {
	print ">chr$chr soft-masked\n";
	print join("", map { (qw(a c g t A C G T N n))[rand 10] } 1 .. 60), "\n"
		for 1 .. 100 * $chr }' >genomes/larger.fa

# make_genomes [ARG...]: sets status.
make_genomes() {
	(cd genomes && PATH=$PWD/../faulty:$PATH bounded snakemake --cores 2 \
		-s ../tools/Snakefile "$@") >"$out" 2>&1
	status=$?
	[ "$status" -eq 0 ] || tail -n 30 "$out"
}
# is_upper NAME: its text, what samtools finds in it, and its manifest.
is_upper() {
	local region got=genomes/upper/$1.fa.gz
	upcase-pipe --fasta "genomes/$1.fa" >want.fa && samtools faidx want.fa &&
		gzip -dc "$got" | same want.fa - &&
		same want.fa.fai "$got.fai" && [ -s "$got.gzi" ] || return 1
	for region in $(awk '{ print $1 ":" int($2 / 3) "-" int($2 / 2) }' want.fa.fai); do
		samtools faidx want.fa "$region" >want.region &&
			samtools faidx "$got" "$region" | same want.region - || return 1
	done
	[ "$(wc -l <"$got.json")" -eq 4 ] && [ -z "$(ls genomes/upper/*.shares)" ]
}

whole() { make_genomes && expect_status 0 && is_upper masked && is_upper larger; }
check "genomes in four shares each, merged and indexed, are those of one run" whole
nothing_to_do() { make_genomes && expect_status 0 && grep -q 'Nothing to be done' "$out"; }
check "there is nothing to do then" nothing_to_do
killed() {
	rm -r genomes/upper genomes/masked.fa
	plan 2 1
	make_genomes && expect_status 0 && grep -q 'killed by SIGKILL' faulty/killed.2.1 &&
		were_attempts 2 2 && is_upper larger
}
if can_trace; then
	sed -i 's/when=3/when=1/' faulty/upcase-pipe # there is one write
	check "a share that is killed is made again" killed
else
	skip "a share that is killed is made again" "no strace that can trace"
fi
bad() {
	rm -r genomes/upper
	plan 2 9
	make_genomes >/dev/null
	[ "$status" -ne 0 ] && were_attempts 2 3 && [ ! -e genomes/upper/larger.fa.gz ]
}
can_trace && check "one that is killed again and again is given up, and nothing is merged" bad
check "no process is left over" nobody_left
finish
