#!/bin/bash
# mutations.sh - the model is not empty words: with one line of the protocol
# changed, spin finds what goes wrong. All of them with PROOF=long (make
# check-long); the quickest without.
. "$(dirname "$0")/spin.sh" || exit 1

failed=0
optimize=-O0 # what is bad is found soon
whole >"$tmp/whole.pml" || exit 1

# mutation SENTENCE PERL SWITCH...: PERL changes the model in $_, which then must
# not pass.
mutation() {
	local sentence=$1 change=$2
	shift 2
	perl -0777 -pe "$change or die qq(there is no such line any more\n)" \
		<"$tmp/whole.pml" >"$tmp/mutant.pml" || {
		echo "not ok - $sentence: cannot be made"
		failed=1
		return
	}
	explore "$tmp/mutant.pml" 300 "$@"
	case $? in
	1) echo "ok - $sentence: $(what)" ;;
	0) echo "not ok - $sentence is not noticed ($*)"; failed=1 ;;
	*) echo "not ok - $sentence ($*): not done:"; tail -n 5 "$tmp/said"; failed=1 ;;
	esac
}

mutation 'a batch is done in `in` before it is in `out`' \
	's/(atomic \{\n\t\tout_put\(me, b, st\);)/atomic { in_task_done() }\n\t   $1/ and
	s/(\t\tb = 0;\n\t\tif :: st == CLOSED -> break :: else fi\n\t   \})\n\t   atomic \{ in_task_done\(\) \}/$1/' \
	CHUNKS=1 JOBS=1
mutation 'a lone batch is written before those in the queues' \
	's/owner == NO && written == sent && !aborted/owner == NO && !aborted/' \
	CHUNKS=2 JOBS=1
mutation 'who reads does not look whether it was relieved' \
	's/\t\t:: relief == TAKEN -> goto out\n\t\t:: else -> relief = AWAY/\t\t:: relief = AWAY/' \
	CHUNKS=1 JOBS=1 STOPS=1
mutation 'main looks at a stop once' \
	's/\t\t:: late == NOT_ALL && .*\n.*\n//' \
	CHUNKS=1 JOBS=1 STOPS=1 STUCK
mutation 'there is one stand-in and no other' \
	's/#define AGAIN .*/#define AGAIN false/' \
	CHUNKS=1 JOBS=1 PACKED STOPS=1 STUCK
mutation 'main does not give up where none can stand in' \
	's/MAY_FAIL\(given_up = true; hasty = true; new = true\)/MAY_FAIL(new = true)/' \
	CHUNKS=1 JOBS=1 STOPS=1 STUCK FEW
[ "${PROOF:-}" = long ] || exit $failed

mutation 'a batch is done in `out` before it is written' \
	's/(\t   atomic \{ output_own\(W\) \})/\t   atomic { out_task_done() }\n$1/ and
	s/\n\t   atomic \{ out_task_done\(\) \}\n\tod;/\n\tod;/' \
	CHUNKS=1 JOBS=1
mutation 'the text of a read that hangs goes on in the same batch' \
	's/cur = next; next = NO\n\t\t\tfi\n/pool_put(cur); cur = next; next = NO\n\t\t\tfi\n/' \
	CHUNKS=1 JOBS=1 STOPS=1 STUCK
mutation 'main counts the stand-in last' \
	's/n = RUNS\(S\) \}/n = 0 }/ and
	s/(n = n \+ RUNS\(W\) \+ RUNS\(T0\) \+ RUNS\(T1\);)/$1\n\t   }\n\t   atomic {\n\t\tn = n + RUNS(S);/' \
	CHUNKS=1 JOBS=1 STOPS=1 STUCK
mutation 'what is kept of a line is not counted while a batch is written' \
	's/lines_kept = \(cur != NO && b_n\[cur\] > 0\)/lines_kept = false/' \
	CHUNKS=2 JOBS=1 STOPS=2 STUCKW
mutation 'the flag of a stop is set behind the byte that wakes' \
	's/told = true; stopping = true; new = true/told = true; new = true/ and
	s/new = false; wake = true\n/new = false; wake = true; stopping = true\n/' \
	CHUNKS=1 JOBS=1 STOPS=1 IDLE PATIENT
mutation 'who gets from `out` wakes one putter and not all' \
	's/broadcast\(OUT_NOT_FULL\);\n\t\tif/signal(OUT_NOT_FULL);\n\t\tif/' \
	CHUNKS=3
mutation 'an abort forgets to count what waited' \
	's/b_unwritten\[in_q\[in_n\]\] = b_n\[in_q\[in_n\]\]/skip/' \
	CHUNKS=2 JOBS=1 LEVEL FAILS
exit $failed
