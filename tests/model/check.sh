#!/bin/bash
# check.sh - the protocol of the threads: no state that spin can reach from the
# start is bad (pipeline.pml says what that means).
#
# With PROOF=long (make check-long) larger settings: some need minutes
# and a gigabyte or two. A trail to what is found is shown by
#	spin -t -p -DSWITCH... pipeline.pml
# beside the model.pml.trail that pan leaves (see explore in spin.sh).
. "$(dirname "$0")/spin.sh" || exit 1

failed=0
optimize=-O0
whole >"$tmp/whole.pml" || exit 1

# setting SENTENCE SWITCH...
setting() {
	local sentence=$1
	shift
	explore "$tmp/whole.pml" "$seconds" "$@"
	case $? in
	0) echo "ok - $sentence: $(states) states ($*)" ;;
	1) echo "not ok - $sentence ($*): $(what)"; failed=1 ;;
	*) echo "not ok - $sentence ($*): not done:"; tail -n 5 "$tmp/said"; failed=1 ;;
	esac
}

seconds=120
setting 'the stages' CHUNKS=2
setting 'a failing write' CHUNKS=1 JOBS=1 FAILS
setting 'a stop, a reader that hangs in one read or the next, no threads' \
	CHUNKS=1 JOBS=1 PACKED STOPS=1 STUCK FEW
setting 'a stop is seen by who waits' CHUNKS=1 JOBS=1 STOPS=1 IDLE PATIENT REOPEN
[ "${PROOF:-}" = long ] || exit $failed

optimize=-O2
seconds=3600
setting 'three chunks' CHUNKS=3
setting 'a deeper queue' CHUNKS=3 DEPTH=2
setting 'pieces in order' CHUNKS=3 CTX
setting 'pieces in order, packed' CHUNKS=3 CTX LEVEL
setting 'a person types' CHUNKS=2 JOBS=1 PROMPT
setting 'a person types, and a stop' CHUNKS=1 PROMPT STOPS=1 IDLE
setting 'a failing write, few batches' CHUNKS=1 NB=2 FAILS FEW
setting 'a failing write' CHUNKS=2 FAILS
setting 'a failing write, no threads' CHUNKS=2 JOBS=1 FAILS FEW
setting 'a write that hangs' CHUNKS=2 JOBS=1 STOPS=2 STUCKW
setting 'two signals' CHUNKS=1 STOPS=2 IDLE
setting 'two signals, a reader that hangs' CHUNKS=1 JOBS=1 STOPS=2 STUCK FEW
setting 'a stop, a reader that hangs' CHUNKS=2 JOBS=1 STOPS=1 STUCK IDLE
setting 'a failing write, a reader that hangs' \
	CHUNKS=1 JOBS=1 FAILS STUCK FEW STOPS=1
setting 'the output is opened anew' CHUNKS=2 STOPS=1 IDLE PATIENT REOPEN
exit $failed
