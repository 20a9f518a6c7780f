#!/usr/bin/env bash
# fresh.sh - whether a machine that has nothing needs no more than two commands.
# In a new minimal Debian of each release, with processes of its own as in a
# container, what is committed here is cloned, and
#
#	./bootstrap demo
#	./bootstrap check
#
# are run by root, who installs, and then, in another clone, by a user who cannot
# and has to do with what is there. Needs root, mmdebstrap and git.
#
#   FRESH_SYSTEMS  the releases                            (bookworm trixie sid)
#   FRESH_TIMES    how often each                                            (1)
#   FRESH_LOADED   those that have four busy loops beside them          (trixie)
#   FRESH_CI       1: root runs .ci/run after that, too                      (0)
#   FRESH_CACHE    where the new systems, once made, and the packages that they
#                  fetch are kept        (~/.cache/upcase-pipe/fresh; remove it
#                  to have them made anew)
#   FRESH_LOGS     where the output of each run goes              (./fresh-logs)
#   FRESH_MIRROR   where the systems come from    (where this one's packages do)
#   TMPDIR         needs room for one system: 4 GB
#
# A line for each run, with the skipped tests and why; 'N passed, N failed' at
# the end. Exit status: 0, 1 something failed, 2 it cannot be tried here.
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/fresh/base.sh"
read -ra systems <<<"${FRESH_SYSTEMS:-bookworm trixie sid}"
times=${FRESH_TIMES:-1}
loaded=${FRESH_LOADED-trixie}
cache=${FRESH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/upcase-pipe/fresh}
logs=${FRESH_LOGS:-$PWD/fresh-logs}

bad() { echo "fresh.sh: $*" >&2; exit 2; }

[ "$(id -u)" -eq 0 ] || bad "only root can make systems"
for tool in mmdebstrap unshare chroot git; do
	command -v $tool >/dev/null || bad "$tool is not installed (Debian: mmdebstrap, util-linux, coreutils, git)"
done
case $times in
'' | 0* | *[!0-9]*) bad "FRESH_TIMES: '$times' is not how often" ;;
esac

tmp=$(mktemp -d "${TMPDIR:-/var/tmp}/fresh.XXXXXX")
loops=()
end_load() {
	[ ${#loops[@]} -eq 0 ] || kill "${loops[@]}" 2>/dev/null || :
	wait
	loops=()
}
trap 'end_load; rm -rf --one-file-system "$tmp"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir -p "$cache" "$logs"

[ -z "$(git -C "$top" status --porcelain)" ] ||
	echo 'fresh.sh: not committed, hence not tried:' "$(git -C "$top" status --porcelain | wc -l) files" >&2

# unpack SYSTEM: a new one in $tmp/root, with two clones and a user.
unpack() {
	local root=$tmp/root home=home/someone
	rm -rf --one-file-system "$root"
	mkdir -p "$root" "$cache/packages-$1"
	tar -C "$root" -xf "$cache/$1.tar"
	cat /etc/resolv.conf >"$root/etc/resolv.conf"
	echo "someone:x:1000:1000::/$home:/bin/bash" >>"$root/etc/passwd"
	echo 'someone:x:1000:' >>"$root/etc/group"
	mkdir -p "$root/$home"
	git clone -q --no-hardlinks "$top" "$root/root/upcase-pipe"
	git clone -q --no-hardlinks "$top" "$root/$home/upcase-pipe"
	chown -R 1000:1000 "$root/$home"
}

# inside SYSTEM USER HOME COMMAND: as in a container: no process of this machine
# is seen, and none is left. The new system is moved onto the root: who is in a
# mere chroot may not have namespaces of his own, and tests would be skipped.
inside() {
	# shellcheck disable=SC2016 # for the shell in there
	unshare --pid --fork --kill-child --mount --ipc --uts sh -euc '
		root=$1 packages=$2 user=$3 home=$4 command=$5
		mount --bind "$root" "$root"
		mount -t proc proc "$root/proc"
		mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 \
			devpts "$root/dev/pts"
		mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
		mount --bind "$packages" "$root/var/cache/apt/archives"
		cd "$root"
		mount --move . /
		exec chroot --userspec="$user:$user" --groups= . \
			env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
			HOME="$home" sh -euc "cd $home/upcase-pipe; $command"
	' sh "$tmp/root" "$cache/packages-$1" "$2" "$3" "$4" </dev/null
}

passed=0 failed=0

# attempt NAME SYSTEM USER HOME COMMAND: one of them, counted.
attempt() {
	local name=$1 log=$logs/${1// /-}.log begin=$SECONDS
	shift
	if inside "$@" >"$log" 2>&1 && silent_skips "$3" >>"$log"; then
		echo "ok - $name ($((SECONDS - begin)) s)"
		passed=$((passed + 1))
		return
	fi
	echo "not ok - $name ($((SECONDS - begin)) s), see $log:"
	grep -E '^(FAIL|ERROR|not ok)|error:|No rule|skipped without' "$log" |
		head -n 20 | sed 's/^/    /'
	tail -n 5 "$log" | sed 's/^/    /'
	cp "$tmp/root/$3/upcase-pipe/build/test-suite.log" "${log%.log}-suite.log" 2>/dev/null || :
	failed=$((failed + 1))
}

# silent_skips HOME: no test was skipped without a word.
silent_skips() {
	local trs r=0
	while read -r trs; do
		grep -Eq 'skipped: .' "${trs%.trs}.log" || {
			echo "skipped without a word: $trs"
			r=1
		}
	done < <(grep -rls '^:test-result: SKIP' --include='*.trs' "$tmp/root/$1/upcase-pipe/build")
	return $r
}
# skips HOME: what was skipped, and why.
skips() {
	grep -rhs 'skipped: ' --include='*.log' --exclude=test-suite.log \
		"$tmp/root/$1/upcase-pipe/build/tests" | sort | uniq -c |
		sed 's/^ */    /' || :
}

two_commands="./bootstrap demo >demo.log; cat demo.log; grep -qx valid demo.log; ./bootstrap check"
for system in "${systems[@]}"; do
	base "$system" || bad "could not make a new $system"
	for ((n = 1; n <= times; n++)); do
		unpack "$system"
		load=
		case " $loaded " in
		*" $system "*)
			load=', under load'
			for _ in 1 2 3 4; do
				(trap - EXIT; while :; do :; done) &
				loops+=($!)
			done
			;;
		esac
		attempt "$system $n root$load" "$system" 0 /root "$two_commands"
		skips /root
		attempt "$system $n user$load" "$system" 1000 /home/someone "$two_commands"
		skips /home/someone
		[ "${FRESH_CI:-0}" != 1 ] ||
			attempt "$system $n CI$load" "$system" 0 /root 'CI=true bash .ci/run'
		end_load
	done
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
