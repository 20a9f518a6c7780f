#!/bin/sh
#SBATCH --job-name=upcase
#SBATCH --requeue
#SBATCH --open-mode=append
# Upper case by Slurm: an array job, a task for each share, and a job that waits
# for all of them and puts them together. Copy this, write in what is yours, and
# run it where sbatch is:
#
#	sh slurm.sh
#
# Slurm keeps a copy of its own: what is changed here later changes no job that
# is there already. One share alone: sbatch --array=2 slurm.sh share; then
# sbatch slurm.sh merge.
set -eu

# --- what is yours ---

# How many shares. Slurm's own count of tasks (SLURM_ARRAY_TASK_COUNT) is another
# one as soon as a share is made again by itself.
SHARES=4

# The result, in a folder that all nodes see; OUT.shares is made beside it.
OUT=/shared/upper.txt

# Where share.sh and merge.sh are, for all nodes; and upcase-pipe, if need be.
TOOLS=/shared/cluster

# What is turned, and how: options and FILEs.
work() { "$@" --mapping=full /shared/big.txt /shared/more.txt; }

# How often a share is made again that ended by a signal or with status 3.
AGAIN=3

# --- and what is not ---

case ${1-submit} in
submit)
	# Of another job there are no shares in it.
	mkdir "$OUT.shares"
	job=$(sbatch --parsable --array="1-$SHARES" \
		--output="$OUT.shares/%a.log" "$0" share)
	job=${job%%;*}
	merge=$(sbatch --parsable --dependency="afterok:$job" \
		--kill-on-invalid-dep=yes --output="$OUT.shares/merge.log" "$0" merge)
	echo "$job ${merge%%;*}"
	;;
share)
	# With SIGTERM Slurm itself ends a task that is cancelled, takes too long, or
	# makes room; what becomes of that is not ours to say.
	trap 'exit 143' TERM
	status=0
	work sh "$TOOLS/share.sh" "$SLURM_ARRAY_TASK_ID" "$SHARES" "$OUT.shares" ||
		status=$?
	case $status in
	0 | 1 | 2 | 143) exit "$status" ;;
	esac
	if [ "${SLURM_RESTART_COUNT:-0}" -lt "$AGAIN" ]; then
		echo "share $SLURM_ARRAY_TASK_ID: status $status, once more" >&2
		scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
	fi
	exit "$status"
	;;
merge)
	sh "$TOOLS/merge.sh" "$SHARES" "$OUT.shares" "$OUT"
	;;
*)
	echo 'usage: slurm.sh [submit | share | merge]' >&2
	exit 2
	;;
esac
