#!/bin/bash
# debian.sh - the Debian package: built twice, by two users, in two folders, with
# another umask, locale and time, it is the same, byte for byte; lintian has
# nothing against it; it holds what it should; and in a new system it installs, and
# its own tests pass.
#
# The second is built from the tarball as it unpacks, read-only, by `make deb`.
#
#   PACKAGE_SYSTEM   the release of Debian that it is installed in   (this one's)
#   FRESH_CACHE      where a new system is kept, see tests/fresh/fresh.sh
#
# shellcheck disable=SC2317,SC2016,SC2086 # checks are called by name; shells in
# shells; lists of words
. "$(dirname "$0")/../cli/lib.sh" || exit 1
. "$root/tests/packaging/tarball.sh" || exit 1
for tool in dpkg-buildpackage dh; do
	have $tool || skip_all "no $tool (Debian: dpkg-dev, debhelper)"
done
needed=$(cd "$root/samples/packaging" && dpkg-checkbuilddeps debian/control 2>&1) ||
	skip_all "not all is there: ${needed#*: }"

# --- two builds --------------------------------------------------------------

first() {
	env -u DEB_BUILD_OPTIONS sh "$root/samples/packaging/deb.sh" "$UPCASE_DIST" "$PWD/one"
}
second() {
	mkdir two && cd two && unpack && stranger \
		DEB_BUILD_OPTIONS='nocheck parallel=1' sh -euc 'umask 027
			cd build
			../source/configure --silent
			make deb' </dev/null
}
second >second.log 2>&1 &
second_id=$!
check 'make deb makes it, and the tests in it pass' first
finished() {
	wait $second_id || { tail -n 60 second.log; return 1; }
}
check 'so does a user who is not root, from the tarball as it unpacks' finished

same_files() {
	local f n=0
	for f in one/*.deb one/*.dsc one/*.tar.*; do
		cmp "$f" "two/build/deb/${f##*/}" || return 1
		n=$((n + 1))
	done
	[ $n -ge 5 ] || { ls one; return 1; }
}
check 'both made the same package, source package and tarball, byte for byte' \
	same_files

# --- what it is --------------------------------------------------------------

package=$(echo one/upcase-pipe_*.deb)
if have lintian; then
	# Who runs it does not matter here.
	no_complaints() {
		lintian --allow-root --fail-on error,warning one/*.changes
	}
	check 'lintian tells neither errors nor warnings' no_complaints
else
	skip 'lintian tells neither errors nor warnings' 'no lintian (Debian: lintian)'
fi

holds() {
	local f
	dpkg -x "$package" tree || return 1
	for f in bin/upcase-pipe share/man/man1/upcase-pipe.1.gz \
		share/bash-completion/completions/upcase-pipe \
		share/zsh/vendor-completions/_upcase-pipe \
		share/fish/vendor_completions.d/upcase-pipe.fish \
		share/doc/upcase-pipe/copyright \
		share/doc/upcase-pipe/changelog.gz \
		share/doc/upcase-pipe/samples/access.log \
		share/doc/upcase-pipe/samples/server/README.md \
		share/doc/upcase-pipe/samples/service/upcase-log.service; do
		[ -f "tree/usr/$f" ] || { echo "no /usr/$f"; return 1; }
	done
	[ -z "$(find tree -mindepth 1 -maxdepth 1 ! -name usr)" ] &&
		[ -z "$(find tree/usr/bin -mindepth 1 ! -name upcase-pipe)" ]
}
check 'it holds program, manual, completions, samples, and nothing outside of /usr' \
	holds
installed=$PWD/tree/usr/bin/upcase-pipe
works() { [ "$(echo straße | "$installed")" = STRASSE ]; }
check 'the program in it works' works

# The notes in the program say which libraries it loads, and how much it wants
# them.
notes() {
	objcopy -O binary --only-section=.note.dlopen "$installed" notes &&
		tr '\0' '\n' <notes | grep -ao '\[{.*}\]' |
		sed 's/.*"priority":"\([a-z]*\)","soname":\["\([^"]*\)"\].*/\1 \2/' |
			sort -u >noted
}
# wanted FIELD: the packages that the field names.
wanted() { dpkg -f "$package" "$1" | tr -d ' ' | tr ',' '\n' | sort; }
# The package of a library is named after its soname.
noted() {
	sed -n "s/^$1 \\(.*\\)\\.so\\.\\(.*\\)\$/\\1\\2/p" noted | sort
}
relations() {
	notes && cat noted && [ -s noted ] &&
		diff <(noted recommended) <(wanted Recommends) &&
		diff <(noted suggested) <(wanted Suggests) &&
		! wanted Depends | grep -E "$(sed 's/.* \(.*\)\.so.*/\1/' noted | paste -sd '|')"
}
if have objcopy; then
	check 'it recommends and suggests what the program says that it loads' relations
else
	skip 'it recommends and suggests what the program says that it loads' 'no objcopy'
fi

# What dpkg-buildflags and configure ask for, together.
hardened() {
	local said
	said=$(readelf -hldsW "$installed") || return 1
	for line in '^ *Type: +DYN ' '^ *GNU_RELRO ' 'Flags:.* NOW' \
		'__stack_chk_fail' ' __[a-z]+_chk(@|$)'; do
		grep -Eq -e "$line" <<<"$said" || { echo "nothing like '$line'"; return 1; }
	done
	! grep -a -e 'redefined' -e 'warning:' second.log
}
check 'its flags and those of configure agree: hardened, and no warning' hardened

# --- in a new system ---------------------------------------------------------

. "$root/tests/fresh/base.sh"
cache=${FRESH_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/upcase-pipe/fresh}
logs=$PWD
system=${PACKAGE_SYSTEM:-$(. /etc/os-release && echo "${VERSION_CODENAME:-}")}
why=
[ "$(id -u)" -eq 0 ] || why='only root can make systems'
for tool in mmdebstrap autopkgtest unshare; do
	have $tool || why="no $tool (Debian: mmdebstrap, autopkgtest, util-linux)"
done
[ -n "$system" ] || why='no release of Debian to make (PACKAGE_SYSTEM)'

# Of its own processes, so that none is left; apt's downloads are kept.
in_a_new_system() {
	mkdir -p "$cache/packages-$system" && base "$system" && mkdir system &&
		tar -C system -xf "$cache/$system.tar" &&
		cat /etc/resolv.conf >system/etc/resolv.conf || return 1
	unshare --pid --fork --kill-child --mount --ipc --uts sh -euc '
		mount --bind system system
		mount -t proc proc system/proc
		mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 \
			devpts system/dev/pts
		mount -t tmpfs -o mode=1777 tmpfs system/dev/shm
		mount --bind "$1" system/var/cache/apt/archives
		shift
		exec autopkgtest --apt-upgrade --output-dir tested "$@" -- chroot "$PWD/system"
	' sh "$cache/packages-$system" "$PWD/$package" "$PWD/"one/*.dsc </dev/null
}
if [ -z "$why" ]; then
	check "it installs in a new $system, and its own tests pass there" in_a_new_system
	cat tested/summary
	grep -ahs 'skipped: ' tested/*-stdout | sort -u | sed 's/^/#   /'
else
	skip 'it installs in a new system, and its own tests pass there' "$why"
	# What is installed there is at least unpacked here.
	its_tests() {
		local root_here=$root
		mkdir adt && (cd "$root_here" && UPCASE_PIPE=$installed TMPDIR=$tmp/work/adt \
			./bootstrap demo) | grep -qx valid
	}
	check 'the demo runs with the program in it' its_tests
fi

finish
