# tarball.sh - what tests of the tarball share: who they are, and what they have.
# Sourced behind tests/cli/lib.sh.
#
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of lib.sh

: "${UPCASE_DIST:=}"
[ -f "$UPCASE_DIST" ] || skip_all "no tarball: UPCASE_DIST names it (make dist)"
dist_name=${UPCASE_DIST##*/}
dist_name=${dist_name%.tar.gz}

# Others than the owner have to come here.
chmod go+rx "$tmp" "$tmp/work"

# All programs but git.
mkdir "$tmp/programs"
for folder in /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do
	[ ! -d "$folder" ] || ln -sf "$folder"/* "$tmp/programs/"
done
rm -f "$tmp/programs"/git*

# stranger COMMAND...: run by a user who is not root, without a home and without
# git, whatever the locale and time are here.
stranger() {
	local become=()
	[ "$(id -u)" -ne 0 ] ||
		become=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	env -i "${become[@]}" env PATH="$tmp/programs" LC_ALL=C.UTF-8 \
		TZ=Asia/Kathmandu TMPDIR="$PWD/tmp" CC="$CC" \
		UPCASE_TEST_SCALE="${UPCASE_TEST_SCALE:-20}" "$@"
}

# unpack: the tarball, in source, which nobody can write to; build and tmp are the
# stranger's.
unpack() {
	mkdir source build tmp
	tar -xzf "$UPCASE_DIST" -C source --strip-components=1 --no-same-owner
	chmod -R a-w source
	[ "$(id -u)" -ne 0 ] || chown 65534:65534 build tmp
}
# What stands is removed by lib.sh, as whoever runs this.
