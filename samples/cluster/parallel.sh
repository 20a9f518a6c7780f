#!/bin/sh
# Upper case by GNU parallel, a share at a time on each processor of this machine,
# or of others: parallel.sh [LOGIN,...]
#
# LOGIN is as ssh has it, user@host, 4/user@host for four shares at a time, : for
# this machine; no password may be asked for. All machines see the same files
# under the same names, and have upcase-pipe. In names, {} and its like ({.}, {/})
# are parallel's: such a FILE is not found, with status 1.
#
# A share that failed is made again, on another machine if there is one. Where
# something is wrong for good the shares stay; mend it, make what is missing by
#
#	sh share.sh I SHARES OUT.shares ARG...
#
# and put it together with merge.sh.
set -eu

# --- what is yours ---

SHARES=8
OUT=/shared/upper.txt
TOOLS=/shared/cluster
work() { "$@" --mapping=full /shared/big.txt /shared/more.txt; }

# --- and what is not ---

mkdir "$OUT.shares"
# --retries makes a share again whatever its status; share.sh -k fails only where
# that is of use. When one has failed so often, no more are begun.
seq "$SHARES" | work parallel -q --sshlogin "${1-:}" --retries 3 \
	--halt soon,fail=1 --joblog "$OUT.shares/joblog" \
	sh "$TOOLS/share.sh" -k {} "$SHARES" "$OUT.shares"
sh "$TOOLS/merge.sh" "$SHARES" "$OUT.shares" "$OUT"
