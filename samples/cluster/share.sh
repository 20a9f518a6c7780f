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

# No other attempt, here or on another machine, has this name.
log=$folder/.$i.$(uname -n).$$
(: >"$log") || exit 3
trap 'rm -f "$log" "$log.json"' EXIT

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
		tail -n 1 "$log" | sed "s/^{/{\"file_size\":$((size)),/" >"$log.json" &&
		mv -f "$log.json" "$folder/$i.json" || exit 3
	rm -f "$folder/$i.failed"
	exit 0
fi
cp -f "$log" "$folder/$i.failed"
[ -z "$good" ] || [ "$status" -gt 2 ] || exit 0
exit "$status"
