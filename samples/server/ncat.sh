#!/bin/sh
# An upper case server with ncat: ncat.sh [ADDRESS [PORT]]. LIMIT: how many
# clients at once; who comes then is disconnected.
#
# For clients that wait for each answer: when one closes its half (as
# `printf x | nc -N` does), ncat ends at once and drops the answer; when one sends
# much without reading, ncat can wait for ever. socat and tcpserver do neither.
exec ncat --listen --keep-open --nodns --max-conns "${LIMIT:-64}" \
	--exec "$(command -v upcase-pipe) -u -q --no-decompress -E none" "${1:-127.0.0.1}" "${2:-7000}"
