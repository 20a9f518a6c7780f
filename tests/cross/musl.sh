#!/usr/bin/env bash
# The program with another C library, musl: built without a warning, and run by
# some of the tests of the command line. It is linked statically, to the zlib and
# libdeflate of this system. Those were compiled for its own C library, but of
# that they call only what is the same in each (malloc, free, memcpy, memset);
# nothing that opens files is linked. Where even that does not link, this is
# skipped.
set -euo pipefail

skip() { echo "skipped: $*"; exit 77; }
src=$(cd "${srcdir:-.}" && pwd)
command -v musl-gcc >/dev/null ||
	skip 'musl-gcc is not installed (Debian: musl-tools)'
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# Of this system's headers and libraries only those that are wanted.
mkdir "$tmp/lib"
for file in zlib.h zconf.h libdeflate.h zstd.h zstd_errors.h lzma.h lzma; do
	path=$(printf '#include <%s>\n' ${file/%lzma/lzma.h} | ${CC:-cc} -E - 2>/dev/null |
		sed -n "s/^# [0-9]* \"\\(.*\\/$file\\)[\"\/].*/\\1/p" | sed -n 1p)
	[ -z "$path" ] || ln -s "$path" "$tmp/lib/"
done
for file in libz.a libdeflate.a; do
	path=$(${CC:-cc} -print-file-name=$file)
	[ ! -e "$path" ] || ln -s "$path" "$tmp/lib/"
done

mkdir "$tmp/build"
cd "$tmp/build"
flags=(CC=musl-gcc CPPFLAGS="-I$tmp/lib" LDFLAGS="-L$tmp/lib -static")
printf '#include <zlib.h>\nint main(void) { return inflateEnd(0) == Z_OK; }\n' >try.c
musl-gcc "-I$tmp/lib" try.c -o try "-L$tmp/lib" -static -lz 2>/dev/null && ./try ||
	skip 'the static zlib of this system does not link with musl (Debian: zlib1g-dev)'
"$src/configure" --silent --enable-werror "${flags[@]}" >configured 2>&1 || {
	cat configured
	exit 1
}
make --no-print-directory upcase-pipe

export UPCASE_PIPE=$tmp/build/upcase-pipe
# What this is about: a reason in words.
said=$("$UPCASE_PIPE" nonexistent 2>&1 </dev/null) && exit 1
echo "$said"
[ "$said" = 'upcase-pipe: nonexistent: No such file or directory' ] || exit 1
# What is loaded when it is needed is not there for a static program.
! grep -q '^#define HAVE_ZSTD 1' config.h ||
	"$UPCASE_PIPE" --version | grep -x 'zstd: libzstd.so.1 is missing'
# Those that load nothing before the program: it is static.
for theme in filter mapping append; do
	bash "$src/tests/cli/$theme.sh"
done
