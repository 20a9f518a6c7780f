#!/bin/sh
# One share of a job, for whatever engine: share.sh [-k] I N FOLDER ARG...
#
#   I, N     the I-th of N shares; N is a constant of the job, never what the
#            engine counts: a share that is made again has to be the same one
#   FOLDER   is there, the same for all shares, and of this job alone
#   ARG...   options and FILEs of upcase-pipe, the same for all shares
#
# FOLDER/I.share is the share, whole or not there; FOLDER/I.json a line of the
# manifest, which comes after it; FOLDER/I.failed what the last attempt said that
# failed. However often, and how many at once, attempts are made: it does no harm.
#
# Exit status: that of upcase-pipe, more than 128 if a signal killed it. Of an
# input that is bad (1) or a wrong command (2) another attempt makes nothing
# better; after all else one may. -k: of these two the status is 0, for engines
# that make again whatever failed; merge.sh, which finds no share, tells.
set -u

good=
[ "${1-}" != -k ] || { good=1 && shift; }
[ $# -ge 4 ] || { echo 'usage: share.sh [-k] I N FOLDER ARG...' >&2 && exit 2; }
i=$1 n=$2 folder=$3
shift 3
# 02 (seq -w) would be a share that merge.sh does not look for.
case $i in '' | 0* | *[!0-9]*) echo "share.sh: no number of a share: $i" >&2 && exit 2 ;; esac

# Of this attempt alone. Host and process make no name of its own: in a container
# each attempt may be process 1 of the same host.
mine=
trap '[ -z "$mine" ] || rm -rf "$mine"' EXIT
trap 'exit 143' TERM INT HUP
mine=$(mktemp -d "$folder/.$i.XXXXXX") || exit 3
log=$mine/log

# In the background, since a shell that waits for a command in the foreground
# passes no signal on; as the first process of a container it would have none.
upcase-pipe --split="$i/$n" -o "$folder/$i.share" --atomic -q --stats=json "$@" \
	2>"$log" &
pipe=$!
trap 'kill -TERM "$pipe" 2>/dev/null; wait "$pipe"; exit 143' TERM INT HUP
wait "$pipe"
status=$?

# The figures come last; before them are messages, if there are any.
sed '/^{"lines_in":/d' "$log" >&2
if [ "$status" -eq 0 ]; then
	size=$(wc -c <"$folder/$i.share") &&
		tail -n 1 "$log" | sed -n "s/^{\(\"lines_in\":.*}\)\$/{\"file_size\":$((size)),\1/p" \
			>"$mine/json" || exit 3
	# A disk that is full takes the share, perhaps, and then no line of figures.
	if [ ! -s "$mine/json" ]; then
		echo "share.sh: share $i has no figures for the manifest" >&2
		exit 3
	fi
	mv -f "$mine/json" "$folder/$i.json" || exit 3
	rm -f "$folder/$i.failed"
	exit 0
fi
cp -f "$log" "$folder/$i.failed"
[ -z "$good" ] || [ "$status" -gt 2 ] || exit 0
exit "$status"
