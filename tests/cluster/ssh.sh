#!/bin/bash
# ssh.sh - samples/cluster/parallel.sh over two hosts: network namespaces, each
# with a real sshd that has its own keys and configuration. Nobody's ~/.ssh and
# /etc/ssh are looked at.
#
# shellcheck disable=SC2317,SC2015 # checks are called by name; `A && B || {
# report; }` is meant as it is
. "$(dirname "$0")/../cli/lib.sh" || exit 1
. "$here/samples.sh" || exit 1

for tool in parallel sshd ssh ssh-keygen ip unshare nsenter; do
	have $tool || skip_all "no $tool (Debian: parallel, openssh-server, iproute2, util-linux)"
done
[ "$(id -u)" -eq 0 ] || skip_all "not root"
unshare -m -n -p -f --mount-proc --kill-child true 2>/dev/null ||
	skip_all "no namespaces"
can_trace || skip_all "no strace that can trace (Debian: strace)"
deadline=${UPCASE_PIPE_DEADLINE:-60}
. "$here/shares.sh" || exit 1
export HOME=$PWD/home
mkdir home

# --- hosts -----------------------------------------------------------------------

sshd=$(command -v sshd)
mkdir -m 700 keys
for key in user one two; do
	ssh-keygen -q -t ed25519 -N '' -C '' -f "keys/$key"
done
for host in one two; do
	[ $host = one ] && address=10.9.1.2 || address=10.9.2.2
	cat >sshd.$host <<-END
		ListenAddress $address
		HostKey $PWD/keys/$host
		PidFile $PWD/$host.pid
		AuthorizedKeysFile $PWD/keys/user.pub
		AuthenticationMethods publickey
		PermitRootLogin yes
		StrictModes no
		UsePAM no
		PrintMotd no
		PrintLastLog no
		SetEnv PATH=$PWD/faulty:$PATH HOME=$PWD/home
	END
	echo "$address $(cat keys/$host.pub)" >>keys/known
	cat >>ssh.conf <<-END
		Host $host
		  HostName $address
	END
done
cat >>ssh.conf <<END
Host *
  IdentityFile $PWD/keys/user
  IdentitiesOnly yes
  UserKnownHostsFile $PWD/keys/known
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  PasswordAuthentication no
  BatchMode yes
END
export PARALLEL_SSH="ssh -F $PWD/ssh.conf" SSHD=$sshd

# The first process there; killed, it takes all with it. Each host has a line to
# this one.
# shellcheck disable=SC2016 # of the shell that it is given to
first_process_script='
	set -e
	mount -t tmpfs tmpfs /run
	mkdir -m 755 /run/sshd
	ip link set lo up
	n=0
	for host in one two; do
		n=$((n + 1))
		ip netns add $host
		ip link add to-$host type veth peer name line netns $host
		ip addr add 10.9.$n.1/24 dev to-$host
		ip link set to-$host up
		ip -n $host addr add 10.9.$n.2/24 dev line
		ip -n $host link set line up
		ip -n $host link set lo up
		nsenter --net=/run/netns/$host "$SSHD" -f sshd.$host -E $host.log
	done
	mkfifo never
	: >ready
	exec 3<>never
	while :; do read -r _ <&3; done'
first_process() { pgrep -P "$(pid_of hosts)"; }
inside() { bounded nsenter -t "$(first_process)" -m -p -n --wd="$PWD" "$@"; }
answers() { [ -e ready ] && inside $PARALLEL_SSH "$1" true; }
starts_hosts() {
	start_command hosts '' unshare -m -n -p -f --mount-proc --kill-child \
		bash -c "$first_process_script" >hosts.log 2>&1
	wait_until "$deadline" answers one && wait_until "$deadline" answers two &&
		return 0
	cat hosts.log one.log two.log
	return 1
}
end_hosts() {
	local space
	[ -e "$tmp/jobs/hosts.pid" ] && ! ended hosts || return 0
	space=$(readlink "/proc/$(first_process)/ns/pid")
	send KILL hosts
	wait_until "$deadline" ended hosts && wait_until "$deadline" none_in "$space"
}
# none_in SPACE: no process is in that namespace.
none_in() {
	local ns
	for ns in /proc/[0-9]*/ns/pid; do
		[ "$(readlink "$ns" 2>/dev/null)" != "$1" ] || return 1
	done
}
trap 'end_hosts; clean_up' EXIT
check "two hosts answer, each in a network of its own" starts_hosts
[ $n_failed -eq 0 ] || finish

# --- shares ----------------------------------------------------------------------

# over_ssh LOGINS: our-parallel.sh there; sets status.
over_ssh() {
	inside sh our-parallel.sh "$1" >"$out" 2>"$err"
	status=$?
	sed 's/^/    /' "$err"
}
# hosts_of OUT: those that the log of jobs names.
hosts_of() { tail -n +2 "$1.shares/joblog" | cut -f 2 | sort -u | tr '\n' ' '; }
made_on() {
	[ "$(hosts_of "$1")" = "$2 " ] && return 0
	cat "$1.shares/joblog"
	return 1
}

two_hosts() {
	ours parallel.sh plain
	plan 0 0
	over_ssh 1/one,1/two && expect_status 0 && is_whole plain &&
		made_on plain 'one two'
}
check "shares of two hosts and their merge make what one run makes" two_hosts

killed_once() {
	ours parallel.sh killed
	plan 2 1
	over_ssh 1/one,1/two && expect_status 0 && was_killed 2 1 &&
		were_attempts 2 2 && were_attempts 1 1 && is_whole killed
}
check "a share that is killed in the middle is made again by --retries" killed_once

killed_always() {
	ours parallel.sh always
	plan 3 9
	over_ssh 1/one,1/two
	[ "$status" -ne 0 ] && was_killed 3 3 && were_attempts 3 3 &&
		is_not_there always && [ ! -e always.shares/3.share ]
}
check "one that is killed again and again is given up, and nothing is merged" \
	killed_always

bad_for_good() {
	ours parallel.sh bad "$PWD/big.txt" "$PWD/missing.txt"
	plan 0 0
	over_ssh 1/one,1/two
	[ "$status" -eq 1 ] && were_attempts 4 1 && is_not_there bad &&
		grep -q 'missing.txt: No such file' "$err"
}
check "one that is bad for good is not made again, and nothing is merged" \
	bad_for_good

# A host whose sshd is gone.
lost_host() {
	ours parallel.sh lost
	plan 0 0
	inside kill "$(cat two.pid)"
	wait_until "$deadline" refuses two || return 1
	over_ssh 1/one,1/two && expect_status 0 && is_whole lost && made_on lost one
}
refuses() { ! inside $PARALLEL_SSH "$1" true 2>/dev/null; }
check "what a host that has gone was to make, the other makes" lost_host

check "no process is left over" nobody_left
check "when the hosts end, nothing of them is left" end_hosts
finish
