#!/bin/bash
# server.sh - samples/server: upper case servers, each with what makes one of a
# filter, and clients of the kind that waits for each answer.
#
# shellcheck disable=SC2317,SC2015,SC2086 # checks are called by name, `A && B || {
# report; }` is meant as it is, numbers stand bare
. "$(dirname "$0")/lib.sh" || exit 1
. "$here/samples.sh" || exit 1

have python3 || skip_all "needs python3 as a client"
samples=$root/samples/server

# An address of this machine (all of 127/8) that no other test has at this time,
# as its process id is in it.
address=127.$((100 + $$ / 62500 % 100)).$((1 + $$ / 250 % 250)).$((1 + $$ % 250))
port=7000

messages=1000
giant=1000000000
if [ "${UPCASE_TEST_SCALE:-1}" -gt 1 ] || sanitized; then
	messages=50
	giant=20000000
fi

# clients WHAT... : see client.py
clients() {
	bounded python3 "$here/client.py" "$address" "$port" "$@"
}

# listens [PROCESS]: somebody listens there (proc(5), tcp), in the network that
# PROCESS sees.
listens() {
	local a b c d
	IFS=. read -r a b c d <<<"$address"
	grep -q "$(printf ' %02X%02X%02X%02X:%04X [0-9A-F:]* 0A ' \
		"$d" "$c" "$b" "$a" "$port")" "/proc/${1:-self}/net/tcp"
}

# Nor waits anybody to be asked by NAME how it ended.
no_children() { [ -z "$(cat /proc/"$1"/task/*/children)" ]; }
all_gone() {
	wait_until "$deadline" nobody_left &&
		wait_until "$deadline" no_children "$(pid_of "$1")"
}

# serve NAME COMMAND...
serve() {
	start_command "$1" '' "${@:2}" >"$1.log" 2>&1 &&
		wait_until "$deadline" listens || {
		cat "$1.log"
		return 1
	}
}
stop() {
	send TERM "$1"
	wait_until "$deadline" ended "$1" && wait_until "$deadline" nobody_left
}

# outlives NAME: a server that is stopped leaves a client its process until the
# client goes, and no process after that.
outlives() {
	local client
	rm -f leash said
	mkfifo leash
	exec 8<>leash
	clients stay <leash >said 8>&- &
	client=$!
	wait_until "$deadline" test -s said || return 1
	send TERM "$1"
	wait_until "$deadline" ended "$1" || return 1
	exec 8>&-
	wait "$client" && wait_until "$deadline" nobody_left
}

# usual NAME BYTES: what every server can do; BYTES is 0 for one that does not read
# the answers while it passes on what came (ncat), which can wait for ever for a
# client that sends without reading.
usual() {
	check "$1: 50 clients at once get $messages answers each, beside one that says nothing" \
		clients many 50 $messages
	check "$1: clients that go away in the middle take nobody with them" \
		clients leave
	[ "$2" -eq 0 ] || {
		check "$1: one that sends and never reads takes nobody with it" \
			clients flood
		check "$1: one that sends $2 bytes gets them back" clients giant "$2"
	}
	check "$1: no process is left over" all_gone "$1"
}

# limited NAME COMMAND...: who comes when the limit is reached waits.
limited() {
	local r=0
	LIMIT=3 serve "$@" && clients full 3 waits && all_gone "$1" || r=1
	stop "$1" && return $r
}

for name in socat tcpserver; do
	if ! have $name; then
		skip "$name: an upper case server" "no $name"
		continue
	fi
	command=(sh "$samples/$name.sh" "$address" "$port")
	check "$name: it serves" serve $name "${command[@]}"
	usual $name $giant
	check "$name: when it is stopped, a client keeps its process, and nothing is left" \
		outlives $name
	check "$name: the limit holds: one more waits until another goes" \
		limited $name "${command[@]}"
done

if have ncat; then
	check "ncat: it serves" serve ncat sh "$samples/ncat.sh" "$address" $port
	usual ncat 0
	check "ncat: when it is stopped, nothing is left" stop ncat
else
	skip "ncat: an upper case server" "no ncat"
fi

if have inetd; then
	# The line of the sample, at this address, by this user.
	sed -e "s/^127.0.0.1:7000 /$address:$port /" -e "s/ nobody / $(id -un) /" \
		-e "s|/usr/bin/|$PWD/bin/|" "$samples/inetd.conf" >inetd.conf
	check "inetd: it serves" serve inetd inetd -i "$PWD/inetd.conf"
	usual inetd $((giant / 20))
	check "inetd: when it is stopped, nothing is left" stop inetd
else
	skip "inetd: an upper case server" "no inetd"
fi

# --- systemd -----------------------------------------------------------------

# What the unit starts, in words.
words=$(sed -n 's|^ExecStart=/usr/bin/||p' "$samples/upcase-pipe@.service")
if have systemd-socket-activate; then
	# It looks at no limit: those are systemd's, below.
	# shellcheck disable=SC2086 # words
	check "systemd-socket-activate: it serves" serve activate \
		systemd-socket-activate -l "$address:$port" --accept --inetd $words
	usual activate $((giant / 20))
	check "systemd-socket-activate: when it is stopped, nothing is left" \
		stop activate
else
	skip "systemd-socket-activate: an upper case server" "no systemd"
fi

check_units "$samples" upcase-pipe.socket upcase-pipe@.service

# The real one, in namespaces of its own.
address=127.0.0.1
clients_inside() { inside_network python3 "$here/client.py" $address $port "$@"; }
# In a system of its own the program is in /usr/bin.
none_inside() { [ -z "$(inside pgrep -x upcase-pipe)" ]; }
units_gone() {
	[ -z "$(inside systemctl --no-legend --plain list-units 'upcase-pipe@*')" ]
}
starts_socket() {
	inside systemctl start upcase-pipe.socket && listens "$(first_process)"
}
stops_socket() {
	inside systemctl stop upcase-pipe.socket && ! listens "$(first_process)" &&
		wait_until "$deadline" none_inside
}
serves_hardened() {
	clients_inside many 50 $((messages / 10)) 10 && clients_inside leave &&
		clients_inside flood
}
# 64 is the limit, 16 that of one address.
limits_inside() {
	wait_until "$deadline" units_gone && clients_inside full 16 leaves 1 &&
		wait_until "$deadline" units_gone &&
		clients_inside full 64 leaves 16
}
leaves_nothing_inside() {
	wait_until "$deadline" none_inside && wait_until "$deadline" units_gone
}
with_systemd "systemd: an upper case server with its limits" \
	"$samples"/upcase-pipe.socket "$samples"/upcase-pipe@.service && {
	check "systemd: it serves" starts_socket
	check "systemd: 50 clients get their answers from hardened services" \
		serves_hardened
	check "systemd: the limits hold, of one address and of all" limits_inside
	check "systemd: no process and no unit is left over" leaves_nothing_inside
	check "systemd: when the socket is stopped, nobody listens" stops_socket
	end_systemd
}

finish
