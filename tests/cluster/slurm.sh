#!/bin/bash
# slurm.sh - samples/cluster/slurm.sh, run by a Slurm of our own: a controller and
# two nodes on this machine, in namespaces for processes, files and network, so
# that nothing of it is left and nothing else is met.
#
# shellcheck disable=SC2317,SC2015 # checks are called by name; `A && B || {
# report; }` is meant as it is
. "$(dirname "$0")/../cli/lib.sh" || exit 1
. "$here/samples.sh" || exit 1

for tool in slurmctld slurmd sbatch munged ip unshare nsenter; do
	have $tool || skip_all "no $tool (Debian: slurm-wlm, munge, iproute2, util-linux)"
done
[ "$(id -u)" -eq 0 ] || skip_all "not root"
unshare -m -n -p -f --mount-proc --kill-child true 2>/dev/null ||
	skip_all "no namespaces"
can_trace || skip_all "no strace that can trace (Debian: strace)"
deadline=${UPCASE_PIPE_DEADLINE:-90}
. "$here/shares.sh" || exit 1

# --- a cluster -------------------------------------------------------------------

# Slurm resolves even numbers with AI_ADDRCONFIG, which asks for an address that
# is not that of the loop.
mkdir -m 700 munge
mkdir control n1 n2
cat >slurm.conf <<END
ClusterName=test
SlurmctldHost=$(uname -n)(10.9.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$PWD/munge/socket
StateSaveLocation=$PWD/control
SlurmctldPidFile=$PWD/control/pid
SlurmctldLogFile=$PWD/control/log
SlurmdSpoolDir=$PWD/%n
SlurmdPidFile=$PWD/%n/pid
SlurmdLogFile=$PWD/%n/log
SlurmdTimeout=10
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
MailProg=/bin/true
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=1
ReturnToService=2
KillWait=2
NodeName=n1 NodeHostname=$(uname -n) NodeAddr=10.9.0.1 Port=17001 CPUs=2
NodeName=n2 NodeHostname=$(uname -n) NodeAddr=10.9.0.1 Port=17002 CPUs=2
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
END
export SLURM_CONF=$PWD/slurm.conf

# The first process there, a shell that waits for those that have no parent any
# more; killed, it takes all with it.
# shellcheck disable=SC2016 # of the shell that it is given to
first_process_script='
	set -e
	ip link set lo up
	ip link add v0 type veth peer name v1
	ip addr add 10.9.0.1/24 dev v0
	ip addr add 10.9.0.2/24 dev v1
	ip link set v0 up
	ip link set v1 up
	head -c 1024 /dev/urandom >munge/key
	chmod 600 munge/key
	munged --force --socket="$PWD/munge/socket" --key-file="$PWD/munge/key" \
		--pid-file="$PWD/munge/pid" --log-file="$PWD/munge/log" \
		--seed-file="$PWD/munge/seed"
	slurmctld
	slurmd -N n1
	slurmd -N n2
	mkfifo never
	: >ready
	exec 3<>never
	while :; do read -r _ <&3; done'
first_process() { pgrep -P "$(pid_of cluster)"; }
inside() { bounded nsenter -t "$(first_process)" -m -p -n --wd="$PWD" "$@"; }
end_cluster() {
	local space
	[ -e "$tmp/jobs/cluster.pid" ] && ! ended cluster || return 0
	space=$(readlink "/proc/$(first_process)/ns/pid")
	send KILL cluster
	wait_until "$deadline" ended cluster && wait_until "$deadline" none_in "$space"
}
# none_in SPACE: no process is in that namespace.
none_in() {
	local ns
	for ns in /proc/[0-9]*/ns/pid; do
		[ "$(readlink "$ns" 2>/dev/null)" != "$1" ] || return 1
	done
}
is_up() {
	ended cluster && return 0
	[ -e ready ] && [ "$(inside sinfo -h -N -o %T 2>/dev/null | grep -c '^idle')" -eq 2 ]
}
starts_cluster() {
	start_command cluster '' unshare -m -n -p -f --mount-proc --kill-child \
		bash -c "$first_process_script" >cluster.log 2>&1
	wait_until "$deadline" is_up && ! ended cluster && return 0
	cat cluster.log
	tail -n 5 control/log n1/log n2/log
	return 1
}
trap 'end_cluster; clean_up' EXIT
check "a cluster of two nodes is up" starts_cluster
[ $n_failed -eq 0 ] || finish

# --- jobs ------------------------------------------------------------------------

# submit COMMAND...: as a user does; sets job and merge. The program that may be
# killed comes first.
submit() {
	local said
	said=$(PATH=$PWD/faulty:$PATH inside "$@") || return 1
	job=${said%% *}
	merge=${said##* }
	echo "jobs: $said"
}
# states JOB: one word for each of its tasks.
states() {
	inside scontrol -o show job "$1" | sed -n 's/.* JobState=\([A-Z_]*\) .*/\1/p'
}
# Slurm lets two minutes go by before it begins a task again; nobody wants to wait
# for that here. Not within a second, though: what was begun in that in which the
# last attempt was ended is taken for it, and not begun ("Job credential revoked").
hurry() {
	local id reason start
	while read -r id reason start; do
		[ "$reason" = BeginTime ] &&
			[ $(($(date -d "$start" +%s) - $(date +%s))) -gt 10 ] || continue
		inside scontrol update job="$id" StartTime=now+3
	done < <(inside squeue -h -t PD -o '%i %r %S')
}
# over JOB: no task of it waits or runs.
over() {
	hurry
	! states "$1" | grep -q -e PENDING -e RUNNING -e COMPLETING -e CONFIGURING &&
		[ -z "$(inside squeue -h -j "$1" 2>/dev/null)" ]
}
# ends JOB STATE...: of its tasks, sorted.
ends() {
	wait_until "$deadline" over "$1" || { inside squeue; return 1; }
	local got
	got=$(states "$1" | sort | tr '\n' ' ')
	[ "$got" = "${*:2} " ] && return 0
	echo "job $1: $got, not ${*:2}"
	tail -n 5 ./*.shares/*.log
	return 1
}
all_done='COMPLETED COMPLETED COMPLETED COMPLETED'

plain_run() {
	ours slurm.sh plain
	plan 0 0
	submit sh our-slurm.sh && ends "$job" $all_done && ends "$merge" COMPLETED &&
		is_whole plain
}
on_both() {
	[ "$(inside scontrol -o show job "$job" | sed -n 's/.* BatchHost=\([^ ]*\) .*/\1/p' |
		sort -u | wc -l)" -eq 2 ]
}
check "an array job of four shares and its merge make what one run makes" plain_run
check "both nodes had shares" on_both

again_alone() {
	cp plain.shares/2.share before
	rm plain plain.json plain.shares/2.*
	submit sbatch --parsable our-slurm.sh merge &&
		ends "$job" FAILED && is_not_there plain || return 1
	submit sbatch --parsable --array=2 our-slurm.sh share &&
		ends "$job" COMPLETED && same before plain.shares/2.share || return 1
	submit sbatch --parsable our-slurm.sh merge &&
		ends "$job" COMPLETED && is_whole plain
}
check "one share alone, made again, is the same, though Slurm counts one task then" \
	again_alone

killed_once() {
	ours slurm.sh killed
	plan 2 1
	submit sh our-slurm.sh && ends "$job" $all_done && ends "$merge" COMPLETED &&
		was_killed 2 1 && were_attempts 2 2 && were_attempts 1 1 &&
		grep -q 'share 2: status 137, once more' killed.shares/2.log &&
		is_whole killed
}
check "a share that is killed in the middle is requeued, and the merge waits for it" \
	killed_once

killed_always() {
	ours slurm.sh always
	plan 3 9
	submit sh our-slurm.sh && ends "$job" COMPLETED COMPLETED COMPLETED FAILED &&
		ends "$merge" CANCELLED && was_killed 3 2 && were_attempts 3 2 &&
		is_not_there always && [ ! -e always.shares/3.share ]
}
check "one that is killed again and again is given up, and nothing is merged" \
	killed_always

bad_for_good() {
	ours slurm.sh bad "${bad_reads[@]}"
	plan 0 0
	submit sh our-slurm.sh && ends "$job" COMPLETED COMPLETED COMPLETED FAILED &&
		ends "$merge" CANCELLED && were_attempts 4 1 && is_not_there bad &&
		grep -q 'bad.fq' bad.shares/4.failed
}
check "one that is bad for good is not made again, and nothing is merged" \
	bad_for_good

# A first attempt of share 2 that stops in the middle, for as long as it is let.
sed -i 's|^exec "$real"|[ "$hold$i.$n" != yes2.1 ] \|\| exec strace -f -qq -o "$here/held" -e trace=writev -e inject=writev:signal=SIGSTOP:when=3 "$real" "$@"\n&|' \
	faulty/upcase-pipe
sed -i '2i hold=$(cat faulty/hold)' faulty/upcase-pipe
sed -i "s|faulty/hold|$PWD/&|" faulty/upcase-pipe
echo no >faulty/hold
holds() {
	plan 0 0
	rm -f faulty/held
	echo yes >faulty/hold
	submit sh our-slurm.sh &&
		wait_until "$deadline" grep -qs 'stopped by SIGSTOP' faulty/held
}

# What Slurm ends is not begun again.
cancelled() {
	ours slurm.sh cancelled
	holds && inside scancel "${job}_2" &&
		ends "$job" CANCELLED COMPLETED COMPLETED COMPLETED &&
		ends "$merge" CANCELLED && were_attempts 2 1 && is_not_there cancelled
}
check "one that is cancelled stays so" cancelled

# The node does not answer any more, but what it runs goes on: later, when the share
# was made by the other node and the merge is done.
state_of() { inside sinfo -h -N -n "$1" -o %T; }
is_down() { [[ $(state_of "$1") == down* ]]; }
held_pids() { inside pgrep -f "^$PWD/bin/upcase-pipe --split=2/"; }
lost() {
	local node
	ours slurm.sh lost
	holds || return 1
	node=$(inside scontrol -o show job "${job}_2" | sed -n 's/.* BatchHost=\([^ ]*\) .*/\1/p')
	inside kill -KILL "$(cat "$node/pid")"
	wait_until "$deadline" is_down "$node" &&
		ends "$job" $all_done && ends "$merge" COMPLETED && were_attempts 2 2 &&
		is_whole lost && cp lost.shares/2.share before || return 1
	touch -d '2001-01-01' lost.shares/2.share lost.shares/2.json
	wait_until "$deadline" made_late && same before lost.shares/2.share
}
# Each of its threads stops. The manifest comes last.
made_late() {
	nobody_left && [ lost.shares/2.json -nt before ] && return 0
	# shellcheck disable=SC2046 # a list
	inside kill -CONT $(held_pids) 2>/dev/null
	return 1
}
check "a share whose node is lost is made by the other, and once more, without harm, when it comes back" \
	lost

check "no process is left over" nobody_left
check "when the cluster ends, nothing of it is left" end_cluster
finish
