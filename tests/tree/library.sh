#!/usr/bin/env bash
# The engine for others: what `make install-library` installs, which is what
# --enable-library adds to make install, is all that a program of theirs needs,
# in C99, C++ and shared libraries; it has no names but its own, and does what
# the program does.
set -u
: "${UPCASE_PIPE:?}" "${CC:=cc}" "${srcdir:=.}"
build=${UPCASE_PIPE%/*}
[ -f "$build/Makefile" ] || { echo "skipped: no Makefile beside $UPCASE_PIPE"; exit 77; }
command -v pkg-config >/dev/null ||
	{ echo 'skipped: no pkg-config (Debian: pkg-config)'; exit 77; }
srcdir=$(cd "$srcdir" && pwd)
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failed=0
ok() { echo "ok - $1"; }
not_ok() { echo "not ok - $1"; failed=1; }
# check WHAT COMMAND...: what it prints is shown if it fails.
check() {
	local what=$1
	shift
	if "$@" >"$tmp/log" 2>&1; then
		ok "$what"
	else
		cat "$tmp/log"
		not_ok "$what"
	fi
}
variable() { sed -n "s/^$1 = *//p" "$build/Makefile"; }

# Not a part of the make that runs this.
install_library() {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$build" \
		install-library DESTDIR="$tmp/root"
}
check 'the engine is installed by itself' install_library
installed=$(cd "$tmp/root" && find . -type f | sed 's,.*/,,' | sort | tr '\n' ' ')
[ "$installed" = 'libupcase.a upcase.3 upcase.h upcase.pc ' ] ||
	not_ok "installed is: $installed"
library=$(find "$tmp/root" -name libupcase.a)
header=$(find "$tmp/root" -name upcase.h)
PKG_CONFIG_LIBDIR=$(dirname "$(find "$tmp/root" -name upcase.pc)")
PKG_CONFIG_SYSROOT_DIR=$tmp/root
export PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR
# Also where the prefix is the system's own.
export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
[ $failed = 0 ] || exit 1

# ------------------------------------------------------------------- names

# What is measured or looked at brings names and counters of its own.
instrumented=no
case "$(variable CFLAGS) $(variable SANITIZE)" in
*--coverage* | *-fsanitize=* | *-fprofile*) instrumented=yes ;;
esac
only_of_c='abs|mem(chr|rchr|cpy|move|set|cmp)|str(cmp|ncmp|len|spn)'
only_of_c+='|__(mem|str)[a-z]*_chk|__stack_chk_(fail|guard)|_GLOBAL_OFFSET_TABLE_'
only_of_c+='|__x86_get_cpuid_feature_leaf|__cpu_(model|indicator_init)|__popcountdi2'
if [ $instrumented = yes ]; then
	ok 'its names # skipped: this build is instrumented'
else
	nm -g "$library" >"$tmp/names" || not_ok 'nm failed'
	grep -q ' T upcase_convert$' "$tmp/names" || not_ok 'it has no upcase_convert'
	other=$(sed -n 's/^[0-9a-f][0-9a-f]* [A-Za-z] //p' "$tmp/names" | grep -v '^upcase_')
	[ -z "$other" ] && ok 'all names that it has begin with upcase_' ||
		not_ok "names that do not begin with upcase_: $other"
	other=$(sed -n 's/^ *[Uw] //p' "$tmp/names" | sort -u |
		grep -Ev "^(upcase_.*|$only_of_c)\$")
	[ -z "$other" ] && ok 'it calls what every C library has, and has no errno' ||
		not_ok "it wants: $other"
	if command -v size >/dev/null; then
		other=$(size -A "$library" | awk '
			$1 ~ /^\.(data|bss|tdata|tbss)(\.|$)/ && $1 !~ /^\.data\.rel\.ro/ && $2 > 0')
		[ -z "$other" ] && ok 'there is nothing that it could write to' ||
			not_ok "it has memory of its own: $other"
	fi
fi
! grep -q 'include *"\|config\.h\|HAVE_' "$header" &&
	ok 'the header includes nothing that is not installed' ||
	not_ok 'the header wants something of the build'
[ "$(pkg-config --modversion upcase)" = "$(variable PACKAGE_VERSION)" ] &&
	ok 'pkg-config has the version' || not_ok 'pkg-config has another version'

# ---------------------------------------------------------------- programs

strict=(-Wall -Wextra -Wpedantic -Wstrict-prototypes -Wshadow -Werror)
how=$(variable SANITIZE)
[ $instrumented = no ] || how+=" $(variable CFLAGS)"
# what_for [FLAG...]: into flags, what pkg-config says. It is to be read as a shell
# reads it: a prefix may have a blank in its name.
what_for() {
	local said
	said=$(pkg-config "$@" --cflags --libs upcase) && eval "flags=($said)"
}
# compile SOURCE PROGRAM FLAG...: as somebody else does.
compile() {
	local source=$1 program=$2 flags
	shift 2
	# shellcheck disable=SC2086 # flags are words
	what_for && $CC -std=c99 -O1 "${strict[@]}" $how "$source" -o "$program" \
		"${flags[@]}" "$@"
}
cd "$tmp" || exit 1
sample=$srcdir/samples/library/upper.c
check 'the sample compiles as C99, with pkg-config alone' compile "$sample" upper
sed 's/65536/7/' "$sample" >small.c
check '(and with pieces of 7 bytes)' compile small.c small
[ $failed = 0 ] || exit 1

# What the manual shows is the sample.
[ "$(sed -n '/^\.Bd -literal/,/^\.Ed/p' "$srcdir/man/upcase.3" | sed '1d;$d;s/\\e/\\/g')" = \
	"$(sed '/^#include/,$!d' "$sample")" ] &&
	ok 'the example of the manual is the sample' ||
	not_ok 'the example of the manual is not samples/library/upper.c'

# same PROGRAM FILE [LANGUAGE]: it writes what upcase-pipe does.
same() {
	"$UPCASE_PIPE" -q ${3:+-l "$3"} "$2" >wanted && "$1" ${3:+"$3"} <"$2" >got &&
		cmp wanted got
}
texts=("$srcdir"/samples/*.txt)
# Longer than a piece of the sample, with the cut anywhere.
for ((i = 0; i < 40; i++)); do
	printf '%*s' $i ''
	cat "${texts[@]}"
done >long.txt
n=0
for file in "${texts[@]}" long.txt; do
	for language in '' tr az lt el hy; do
		for program in ./upper ./small; do
			same $program "$file" $language ||
				not_ok "$program${language:+ $language} <$file: not what upcase-pipe writes"
			n=$((n + 1))
		done
	done
done
[ $n -ge 200 ] || not_ok "only $n texts were tried"
[ $failed = 1 ] || ok "it writes what upcase-pipe does, $n times: every text, language, cut"
./upper greek </dev/null
[ $? = 2 ] || not_ok 'a word that is no tag is taken'

if [ $instrumented = yes ]; then
	ok 'no memory is misused # skipped: this build is instrumented'
elif command -v valgrind >/dev/null; then
	head -c 150000 long.txt >some.txt
	# Older ones do not know the debug information of newer compilers.
	compile "$sample" bare -s
	for language in '' el; do
		check "no memory is misused${language:+ ($language)}" \
			valgrind --quiet --error-exitcode=9 ./bare $language <some.txt
	done
else
	ok 'no memory is misused # skipped: no valgrind (Debian: valgrind)'
fi

# ----------------------------------------------------------------- C++, too

cat >plus.cc <<'EOF'
#include <upcase.h>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <vector>
using namespace std;
int main()
{
	map<int, upcase_state> states;
	upcase u;
	upcase_result res;
	const unsigned char text[] = {'a', 0xC3, 0x9F, 0xFF};
	vector<unsigned char> out(upcase_bound(sizeof(text)));

	errno = 77;
	upcase_state_init(&states[1]);
	if (upcase_init(&u, UPCASE_FULL, UPCASE_ROOT, UPCASE_FAIL) != 0 ||
		upcase_convert(&u, &states[1], text, sizeof(text), true,
			out.data(), out.size(), &res) != -EILSEQ ||
		res.first_bad != 3 || res.produced != 3 || errno != 77)
		return 1;
	return memcmp(out.data(), "ASS", 3) || UPCASE_INTERFACE < 1 ||
		puts(upcase_unicode_version) < 0;
}
EOF
cxx=
# The one that goes with the C compiler first: what else is linked is of that.
case $CC in
*clang*) candidates='clang++ g++ c++' ;;
*) candidates='g++ clang++ c++' ;;
esac
for candidate in ${CXX:-} $candidates; do
	echo 'int main() { return 0; }' >try.cc
	# shellcheck disable=SC2086
	$candidate $how try.cc -o try 2>/dev/null && cxx=$candidate && break
done
plus() {
	local flags
	# shellcheck disable=SC2086
	what_for && $cxx -std=c++11 -Wall -Wextra -Wpedantic -Wshadow -Werror $how \
		plus.cc -o plus "${flags[@]}" && ./plus
}
if [ -n "$cxx" ]; then
	check "C++ includes the header, beside std::map ($cxx)" plus
else
	ok 'C++ includes the header # skipped: no C++ compiler (Debian: g++)'
fi

# -------------------------------------------------------- a shared library

cat >shared.c <<'EOF'
#include <upcase.h>

size_t upper(const unsigned char *text, size_t len, unsigned char *out,
	size_t size);
size_t upper(const unsigned char *text, size_t len, unsigned char *out,
	size_t size)
{
	struct upcase u;
	struct upcase_state st;
	struct upcase_result res;

	upcase_state_init(&st);
	if (upcase_init(&u, UPCASE_FULL, UPCASE_EL, UPCASE_KEEP) != 0 ||
		upcase_convert(&u, &st, text, len, true, out, size, &res) != 0)
		return 0;
	return res.produced;
}
EOF
check 'a shared library takes it in, without a change of its code' \
	compile shared.c libshared.so -shared -fPIC -Wl,-z,text
if [ $instrumented = no ]; then
	shown=$(nm -D --defined-only libshared.so | sed 's/.* //' | grep -v '^upper$' |
		while read -r name; do
			grep -qw -e "$name" "$header" || echo "$name"
		done)
	[ -z "$shown" ] && ok 'the shared library shows nothing that is not in the header' ||
		not_ok "the shared library shows: $shown"
fi
if [ $instrumented = yes ]; then
	ok 'python calls it # skipped: this build is instrumented'
elif command -v python3 >/dev/null && python3 -c 'import ctypes' 2>/dev/null; then
	check 'python calls it' python3 -c '
import ctypes
upper = ctypes.CDLL("./libshared.so").upper
upper.restype = ctypes.c_size_t
text = "καλημέρα, straße".encode()
out = ctypes.create_string_buffer(4096)
n = upper(text, ctypes.c_size_t(len(text)), out, ctypes.c_size_t(len(out)))
assert out.raw[:n].decode() == "ΚΑΛΗΜΕΡΑ, STRASSE", out.raw[:n]'
else
	ok 'python calls it # skipped: no python3 with ctypes (Debian: python3)'
fi

# --------------------------------------------------------- and elsewhere

# moved: what is found in another place than it was installed for, one with a blank
# in its name.
moved() {
	local prefix flags more=()
	prefix=$(pkg-config --variable=prefix upcase)
	prefix=${prefix#"$tmp/root"}
	# One that configure was told is none of the prefix.
	case $(variable libdir) in
	'${exec_prefix}'*) ;;
	*) more+=("--define-variable=libdir=$tmp/else where/${library#"$tmp/root$prefix"}") ;;
	esac
	mv "$tmp/root$prefix" "$tmp/else where" &&
		PKG_CONFIG_LIBDIR="$tmp/else where"${PKG_CONFIG_LIBDIR#"$tmp/root$prefix"} &&
		unset PKG_CONFIG_SYSROOT_DIR &&
		what_for --define-variable=prefix="$tmp/else where" "${more[@]%/*.a}" &&
		$CC $how -o upper.moved "$sample" "${flags[@]}"
}
check 'it is found wherever the folder is moved to' moved
exit $failed
