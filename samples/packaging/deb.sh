#!/bin/sh
# deb.sh - the Debian package, of a tarball that `make dist` made
#
#   deb.sh TARBALL FOLDER [OPTION OF dpkg-buildpackage]...
#
# Makes FOLDER anew: in it come the package (.deb, and one with what a debugger
# needs), the source package (.dsc and what it names) and what was unpacked.
# Nothing is signed. Needs dpkg-dev, debhelper and what debian/control names, and
# says what of that is missing. Any user may run it. DEB_BUILD_OPTIONS=nocheck
# leaves the tests out.
set -eu

[ $# -ge 2 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
case $0 in
*/*) here=${0%/*} ;;
*) here=. ;;
esac
here=$(cd "$here" && pwd)
tarball=$1 folder=$2
shift 2

command -v dpkg-buildpackage >/dev/null || {
	echo 'deb.sh: dpkg-buildpackage is not there (Debian: dpkg-dev, debhelper)' >&2
	exit 1
}
name=${tarball##*/}
name=${name%.tar.gz}
version=${name#upcase-pipe-}
[ "$name" != "${tarball##*/}" ] && [ "$version" != "$name" ] || {
	echo "deb.sh: $tarball: no upcase-pipe-VERSION.tar.gz" >&2
	exit 2
}

rm -rf "$folder"
mkdir -p "$folder"
cp "$tarball" "$folder/upcase-pipe_$version.orig.tar.gz"
cd "$folder"
tar -xzf "upcase-pipe_$version.orig.tar.gz"
# Whatever may be written where this was.
cp -R "$here/debian" "$name/"
chmod -R u+w "$name/debian"
cd "$name"
# Make variables of whoever calls this are not for the build in there.
unset MAKEFLAGS MFLAGS MAKELEVEL
exec dpkg-buildpackage -us -uc "$@"
