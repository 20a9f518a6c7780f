# samples.sh - what tests of the set-ups in samples/ share: a program that can be
# told from others, and a systemd of one's own. Sourced behind lib.sh.
#
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2317 # variables of lib.sh; called by name

# What reads units and logs wants them to be nobody else's to write to.
umask 022

# A program of this test alone, so that its processes can be told from others.
mkdir bin
cp "$UPCASE_PIPE" bin/upcase-pipe
PATH=$PWD/bin:$PATH:/usr/sbin:/sbin

# nobody_left: none of our processes is there any more, nor waits to be asked how
# it ended by whoever started it.
nobody_left() {
	local exe
	for exe in /proc/[0-9]*/exe; do
		[ "$(readlink "$exe" 2>/dev/null)" != "$PWD/bin/upcase-pipe" ] ||
			return 1
	done
}

# --- units of systemd --------------------------------------------------------

# check_units FOLDER UNIT...: systemd-analyze has nothing against them.
check_units() {
	local folder=$1
	shift
	if ! have systemd-analyze; then
		skip "$* are valid and hardened" "no systemd"
		return
	fi
	if [ ! -w /tmp ]; then
		skip "$* are valid and hardened" "systemd-analyze needs to write to /tmp"
		return
	fi
	check "systemd-analyze verify has nothing to say of $*" verified "$folder" "$@"
	check "systemd-analyze security says OK or better of $*" secure "$folder" "$@"
}
copy_units() {
	local unit
	mkdir -p units
	for unit in "${@:2}"; do
		sed "s|/usr/bin/upcase-pipe|$UPCASE_PIPE|" "$1/$unit" >units/"$unit"
	done
}
verified() {
	copy_units "$@"
	local said
	said=$(cd units && systemd-analyze verify --man=no "${@:2}" 2>&1) &&
		[ -z "$said" ] && return 0
	echo "$said"
	return 1
}
# Less than 5.0 of 10 is what it calls OK; these have less than 1.
secure() {
	local unit
	copy_units "$@"
	systemd-analyze --help | grep -q -e --offline || return 0
	for unit in "${@:2}"; do
		case $unit in
		*.service)
			(cd units && systemd-analyze security --no-pager --offline=true \
				--threshold=10 "./$unit") || return 1
			;;
		esac
	done
}

# --- a systemd of one's own --------------------------------------------------
#
# In namespaces for its processes, files (an overlay of those that are there),
# network and control groups; what it changes is gone with it.

# Given to a shell that is the first process there, with a folder, a file for the
# console, the program and the units. The target is empty: nothing starts by itself.
# shellcheck disable=SC2016 # of the shell that it is given to
first_process_script='
	set -e
	cd "$1"
	mount --make-rprivate /
	mount -t tmpfs tmpfs .
	cd "$1"
	mkdir upper work root
	mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
	cd root
	mount -t proc proc proc
	mount -t sysfs sysfs sys
	mount -t cgroup2 cgroup2 sys/fs/cgroup
	mount -t tmpfs tmpfs dev
	for d in null zero full random urandom tty; do
		: >dev/$d
		mount --bind /dev/$d dev/$d
	done
	mkdir dev/shm dev/pts
	mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
	ln -s pts/ptmx dev/ptmx
	ln -s /proc/self/fd dev/fd
	: >dev/console
	mount --bind "$2" dev/console
	mount -t tmpfs tmpfs run
	mount -t tmpfs tmpfs tmp
	ip link set lo up
	rm -rf etc/systemd/system etc/machine-id
	mkdir etc/systemd/system
	: >etc/machine-id
	printf "[Unit]\nDefaultDependencies=no\n" >etc/systemd/system/test.target
	cp "$3" usr/bin/upcase-pipe
	chmod 755 usr/bin/upcase-pipe
	shift 3
	cp -r "$@" etc/systemd/system/
	mkdir old
	pivot_root . old
	cd /
	umount -l old
	exec env -i PATH="$PATH" container=other /lib/systemd/systemd --system --unit=test.target \
		--log-target=console --show-status=no'

first_process() { pgrep -P "$(pid_of systemd)"; }

# inside COMMAND...: in its world. inside_network: only its network.
inside() { bounded nsenter -t "$(first_process)" -m -p -n -r -w "$@"; }
inside_network() { bounded nsenter -t "$(first_process)" -n "$@"; }
is_up() {
	ended systemd && return 0
	case $(inside systemctl is-system-running 2>/dev/null) in
	running | degraded) ;;
	*) return 1 ;;
	esac
}

# with_systemd SENTENCE UNIT...: starts one that has these units and the program;
# without the means for it, fails and says that SENTENCE is skipped.
with_systemd() {
	local why=
	sanitized && why="a program with a sanitizer, for which units leave no room"
	have ip || why="no ip (iproute2)"
	[ -x /lib/systemd/systemd ] || why="no systemd"
	[ "$(id -u)" -eq 0 ] || why="not root"
	groups=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	[ -n "$groups" ] || why=${why:-no control groups of version 2}
	if [ -z "$why" ]; then
		groups=$groups/upcase-pipe.$$
		mkdir "$groups" 2>/dev/null ||
			why="no control group of its own can be made"
	fi
	if [ -z "$why" ]; then
		trap 'end_systemd; clean_up' EXIT
		mkdir -p systemd
		: >console
		# shellcheck disable=SC2016
		start_command systemd '' sh -c 'echo $$ >"$1"/cgroup.procs && shift &&
			exec unshare -m -p -f -n -u -i -C --kill-child sh -c "$@"' sh \
			"$groups" "$first_process_script" sh "$PWD/systemd" \
			"$PWD/console" "$UPCASE_PIPE" "${@:2}" >systemd.log 2>&1
		wait_until "$deadline" is_up >/dev/null && ! ended systemd &&
			return 0
		why="systemd does not start in namespaces here: $(cat systemd.log console | tail -n 1)"
		end_systemd
	fi
	skip "$1" "$why"
	return 1
}

# Its processes go with the first one, its control groups when they are empty.
end_systemd() {
	[ -e "$tmp/jobs/systemd.pid" ] && ! ended systemd && send KILL systemd
	wait_until "$deadline" no_groups
}
no_groups() {
	[ -d "$groups" ] || return 0
	find "$groups" -depth -type d -exec rmdir {} + 2>/dev/null
	[ ! -d "$groups" ]
}
