#!/bin/sh
# An upper case server with ucspi-tcp: tcpserver.sh [ADDRESS [PORT]]. LIMIT: how
# many clients at once; who comes then waits until one of them has gone.
#
# -H -R -l 0: nobody is asked for names, a client is served at once.
exec tcpserver -H -R -l 0 -c "${LIMIT:-64}" -b 128 \
	"${1:-127.0.0.1}" "${2:-7000}" upcase-pipe -u -q --no-decompress -E none
