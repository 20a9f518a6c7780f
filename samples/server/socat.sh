#!/bin/sh
# An upper case server: socat.sh [ADDRESS [PORT]]. LIMIT: how many clients at
# once; who comes then waits until one of them has gone.
#
# nofork: the program gets the socket itself, so nothing is copied twice, a client
# may close its half, and one process is one client. backlog: with socat's own, 5,
# those of many clients that come at once wait for a second or three.
exec socat "TCP-LISTEN:${2:-7000},bind=${1:-127.0.0.1},reuseaddr,fork,max-children=${LIMIT:-64},backlog=128,keepalive" \
	'EXEC:upcase-pipe -u -q --no-decompress -E none,nofork'
