#!/usr/bin/env bash
# What the program asks of the system is in POSIX.1-2008, or configure asks for
# it: then it is not used in a build that forces all fallbacks. And what is there
# is found by what it is, never by the name of a system.
set -u
: "${srcdir:=.}"
failed=0
not_ok() { echo "not ok - $1: $2"; failed=1; }

# --- the source

names='__linux(__)?|linux|__gnu_linux__|__GLIBC__|__APPLE__|__MACH__'
names+='|__(Free|Open|Net)BSD__|__DragonFly__|BSD|__sun|__CYGWIN__|_WIN32|_AIX'
names+='|__ANDROID__|__HAIKU__'
out=$(cd "$srcdir" && grep -rnE "^ *# *(if|elif).*\b($names)\b" src)
[ -z "$out" ] || not_ok 'a system is asked for its name' "$out"

# Those of the compiler, of the engine's own making, and guards of headers.
known='__ELF__|__SSE2__|__clang__|__GNUC__|__x86_64__|__aarch64__|__ARM_NEON'
known+='|__cplusplus|__BYTE_ORDER__|__ORDER_BIG_ENDIAN__|VARIANT_(X86|ARM)|GROWS'
known+='|CPU_FEATURE_ACTIVE|FALLBACKS|UPCASE_[A-Z0-9_]+|HAVE_[A-Z0-9_]+|defined'
out=$(cd "$srcdir" && grep -rhE '^ *# *(if|ifdef|ifndef|elif)\b' src --include='*.[ch]' |
	sed -E 's,/\*.*,,; s/^ *# *[a-z]+//' | grep -owE '[A-Za-z_][A-Za-z0-9_]*' |
	sort -u | grep -vxE "$known" | while read -r name; do
		(cd "$srcdir" && grep -rnE "^ *# *(if|elif).*\b$name\b" src)
	done)
[ -z "$out" ] || not_ok 'asked for where it is used, not by configure' "$out"

# What every GCC and clang that knows C11 has built in; what came later stands right
# behind a line that asks whether it is there.
old='expect|prefetch|ctzll|clzll|popcount|popcountll|bswap64|cpu_supports'
out=$(cd "$srcdir" && find src -name '*.[ch]' -exec awk -v old="__builtin_($old)[(]" '
	{ code = $0; gsub(old, "", code) }
	code ~ /__builtin_[a-z0-9_]+[(]/ && before !~ /^#if.*HAVE_/ { print FILENAME ":" FNR ": " $0 }
	{ before = $0 }' {} \;)
[ -z "$out" ] || not_ok 'not every compiler has it built in' "$out"

# The part of configure.ac about the system.
asked=$(sed -n '/^# ---- What not every/,/^# Libraries\./p' "$srcdir/configure.ac")
[ -n "$asked" ] || not_ok configure.ac 'its part about the system was not found'
out=$(grep -nE '^[^#]*(CHECK_(FUNCS|DECL|DECLS|MEMBER|MEMBERS|TYPES?)|REPLACE_FUNCS)\b' \
	"$srcdir/configure.ac" | grep -v upcase_one)
[ -z "$out" ] || not_ok 'a check that --enable-fallbacks does not answer' "$out"

# --- what was made of it

finish() {
	[ $failed = 1 ] || echo 'ok - the system is asked for nothing that it may not have'
	exit $failed
}
command -v nm >/dev/null || {
	echo 'skipped: which functions are called: no nm (Debian: binutils)'
	finish
}
forced=no
! grep -q '^#define FALLBACKS 1' config.h || forced=yes

# Undefined symbols by the names that they have in C: fortified, of 64-bit
# offsets and times, of the standard that was asked for.
called() {
	nm -P -u "$@" | awk '$2 == "U" { print $1 }' | sed -E '
		s/^_+errno(_location)?$/errno/; s/^__xpg_strerror_r$/strerror_r/
		s/^__isoc[0-9]+_//; s/^__open(64)?_2$/open/; s/^__(.*)_chk$/\1/
		s/^__(.*)_time64$/\1/; s/64$//; s/^__(.*)_time64$/\1/' | sort -u
}
mapfile -t objects < <(find ./src -name '*.o' ! -name '*gen-tables*')
[ ${#objects[@]} -gt 0 ] || not_ok objects 'there are none; is it built?'
if nm -P -u "${objects[@]}" | grep -qE '^(__[a-z]*san_|__gcov_|__llvm_)'; then
	echo 'skipped: which functions are called: a sanitizer or a counter is called, too'
	finish
fi
# The compiler's own, and those of the libraries that the program links.
own='_GLOBAL_OFFSET_TABLE_|__stack_chk_[a-z_]+|__[a-z]+[sdt]i[0-9]|__cpu_[a-z]+'
own+='|_*tls_get_addr|__(aarch64|aeabi|atomic|sync)_[a-z0-9_]+|\.TOC\.'
own+='|(in|de)flate[A-Za-z0-9_]*|crc32[a-z0-9_]*|zlibVersion|libdeflate_[a-z0-9_]+'
own+='|flock'
# What clang makes of a memcmp that is only asked for 0.
own+='|bcmp'
out=$(called "${objects[@]}" | grep -vxE "$own" |
	grep -vxF -f <(nm -P --defined-only "${objects[@]}" | awk 'NF > 2 { print $1 }') |
	grep -vxF -f <(grep -v '^#' "$srcdir/tests/tree/posix.list" | tr ' ' '\n'))
if [ $forced = no ]; then
	# What comes with a header that was asked for, or is meant by a macro.
	asked+=' __x86_get_cpuid_feature_leaf syscall prctl __sched_cpucount'
	out=$(for name in $out; do
		grep -qw -e "$name" <<<"$asked" || echo "$name"
	done)
fi
[ -z "$out" ] || not_ok 'called, but not in tests/tree/posix.list' "$out"

# With the headers restricted to POSIX what else is there (constants, members of
# structures, types) was not even declared, or this would not have been built.
[ $forced = no ] ||
	grep -q '^#undef _GNU_SOURCE' "$srcdir/src/compat/compat.h" ||
	not_ok compat.h 'it does not hide what is beyond POSIX'
finish
