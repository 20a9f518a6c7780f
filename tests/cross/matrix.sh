#!/usr/bin/env bash
# matrix.sh - the program as others build it: for other processors, with another C
# library, another compiler, and without each library that it can do without. Each
# is built without a warning, then runs its unit tests and tests of the command
# line. What this system is not is emulated (qemu-user), on a kernel that is this
# one. Prints a line for each build:
#
#   ok  s390x  unit 1042 passed, 5 skipped  cli 470 passed, 0 skipped  310 s
#
#   CROSS        which of them, by their names below            (all of a form)
#   CROSS_FORM   short: those, and so much of them, as CI takes the time for
#   CROSS_CACHE  where libraries for others are kept, fetched or made
#                           (./cross/libraries; remove it to have them anew)
#   CROSS_SOURCES  a folder with sources of libraries, for musl
#                                                  (fetched, see fetch.sh)
#   UPCASE_TEST_SCALE  thins tests out                                    (20)
#
# Runs in the build folder, and leaves what was built and told in ./cross.
# Exit status: 0, 1 something failed, 77 nothing could be tried.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
src=$(cd "${srcdir:-$here/../..}" && pwd)
# shellcheck source=tests/cross/fetch.sh
. "$here/fetch.sh"
# shellcheck source=tests/cross/musl.sh
. "$here/musl.sh"

form=${CROSS_FORM:-long}
work=$PWD/cross
cache=${CROSS_CACHE:-$work/libraries}
mkdir -p "$cache" "$work"
cache=$(cd "$cache" && pwd)
jobs=$(getconf _NPROCESSORS_ONLN)
export UPCASE_TEST_SCALE=${UPCASE_TEST_SCALE:-20}

# NAME | HOW | FLAGS OF CONFIGURE | TESTS OF THE SHORT FORM
# HOW: native; musl; static (musl); for another processor Debian's name of it, its
# GNU names for compilers and for folders, its loader, and what emulates it, or '-'
# where this processor may do it itself.
# TESTS: of the unit tests 'unit' is all but those that take long when they are
# emulated; names alone are of the command line.
matrix="
gcc           | native | |
clang         | native | CC=clang |
no-libdeflate | native | --without-libdeflate |
no-zstd       | native | --without-zstd |
no-xz         | native | --without-xz |
no-isal       | native | --without-isal |
no-libedit    | native | --without-libedit |
zlib-alone    | native | --without-libdeflate --without-zstd --without-xz --without-isal --without-libedit |
i386  | i386 i686-linux-gnu i386-linux-gnu ld-linux.so.2 - | |
arm64 | arm64 aarch64-linux-gnu aarch64-linux-gnu ld-linux-aarch64.so.1 aarch64 | | test-engine test-upcase filter
s390x | s390x s390x-linux-gnu s390x-linux-gnu ld64.so.1 s390x | | unit filter append
musl  | musl | | test-compat test-charset test-diag test-library filter append
musl-static | static | --without-zstd --without-xz | 
"
cli_tests='filter gzip append select'
libraries=(libc6-dev zlib1g-dev libdeflate-dev libzstd-dev liblzma-dev libedit-dev
	libcmocka-dev libatomic1 libc-bin)
sources=(zlib libdeflate libzstd xz-utils cmocka)

# Nothing is said on the terminal but lines of the table and what failed.
why=
because() { why=$*; return 1; }

# ---- what a build needs: fills flags, wrap (flags that make the program run) ----

have() { command -v "$1" >/dev/null; }

# compiler COMMAND: under a name of one word, which is what tests want of CC.
compiler() {
	printf '#!/bin/sh\nexec %s "$@"\n' "$1" >"$build/cc"
	chmod +x "$build/cc"
	flags+=("CC=$build/cc")
}

set_up_native() {
	case $* in
	*CC=clang*) have clang || because 'clang is not installed (Debian: clang)' ;;
	esac
}

# set_up_foreign ARCHITECTURE COMPILER FOLDER LOADER EMULATOR
set_up_foreign() {
	local root=$cache/$1/root libs=$cache/$1/root/usr/lib/$3 emulator=
	have "$2-gcc" || because "$2-gcc is not installed (Debian: gcc-$2)" || return
	if [ "$5" != - ]; then
		# Newer releases have it under the plain name only.
		emulator=qemu-$5-static
		have "$emulator" || emulator=qemu-$5
		have "$emulator" ||
			because "qemu-$5-static is not installed (Debian: qemu-user-static)" ||
			return
	fi
	have apt-get && have dpkg-deb ||
		because 'the libraries for it are fetched by apt-get, which is not there' ||
		return
	fetch_libraries "$1" "$cache/$1" "${libraries[@]}" >"$log" 2>&1 ||
		because "its libraries cannot be fetched: $(grep '^E:' "$log" | tail -n 1)" ||
		return
	compiler "$2-gcc --sysroot=$root"
	flags+=(--host="$2" "PKG_CONFIG_LIBDIR=$libs/pkgconfig"
		"LDFLAGS=-Wl,--dynamic-linker=$root/lib/$4 -Wl,-rpath,$libs -Wl,--disable-new-dtags")
	wrap+=("-DGCONV=\"$libs/gconv\"" "-DLOCALES=\"$root/usr/lib/locale\""
		${emulator:+"-DEMULATOR=\"$emulator\""})
	if [ "$5" = - ]; then
		printf 'int main(void) { return 0; }\n' >"$build/try.c"
		"$build/cc" -static "$build/try.c" -o "$build/try" && "$build/try" 2>/dev/null ||
			because "this system does not run programs for $1"
	fi
}

set_up_musl() {
	local package
	have musl-gcc || because 'musl-gcc is not installed (Debian: musl-tools)' || return
	musl_libraries "$cache/musl" "${sources[@]}" >"$log" 2>&1 ||
		because "no libraries for it: $(grep -E '^E:|error' "$log" | tail -n 1)" || return
	compiler musl-gcc
	flags+=(CPPFLAGS="-I$cache/musl/root/include" PKG_CONFIG_LIBDIR=/dev/null
		LDFLAGS="-L$cache/musl/root/lib -Wl,-rpath,$cache/musl/root/lib $*")
}

# set_up HOW...
set_up() {
	case $1 in
	native) set_up_native "${flags[@]}" ;;
	musl) set_up_musl -Wl,--disable-new-dtags ;;
	static) set_up_musl -static ;;
	*) set_up_foreign "$@" ;;
	esac
}

# ---- build and tests, in $build ----

quietly() { "$@" >>"$log" 2>&1; }

configure_and_make() {
	quietly "$src/configure" --silent --enable-werror "${flags[@]}" &&
		quietly make -j"$jobs" --no-print-directory || return
	program=$build/upcase-pipe
	[ ${#wrap[@]} -gt 0 ] || return 0
	# These are for this system.
	quietly ${CC:-cc} -O2 -static "${wrap[@]}" "$here/run.c" -o run &&
		quietly ${CC:-cc} -O2 -static "${wrap[@]}" \
			-DPROGRAM="\"$program\"" "$here/run.c" -o run-program || return
	program=$build/run-program
}

# run_tests TEST...: some of Makefile's; of the programs only those are built.
run_tests() {
	local programs=() t
	for t in "$@"; do
		[ "${t%.sh}" != "$t" ] || programs+=("$t")
	done
	quietly make -k -j"$((2 * jobs))" --no-print-directory check TESTS="$*" \
		check_PROGRAMS="${programs[*]}" ${wrap:+LOG_COMPILER="$build/run"} \
		TESTS_ENVIRONMENT="UPCASE_PIPE='$program'; export UPCASE_PIPE;"
}

# What the logs of both kinds come to.
unit_figures() {
	cat tests/unit/*.log 2>/dev/null | awk '
		/^\[  PASSED  \] [0-9]+ test/ { passed += $4 }
		/^\[  SKIPPED \] [0-9]+ test/ { skipped += $4 }
		END { printf "unit %d passed, %d skipped", passed, skipped }'
}
cli_figures() {
	cat tests/cli/*.log 2>/dev/null | awk '
		/^ok - .* # skipped: / { skipped++; next }
		/^ok - / { passed++ }
		END { printf "cli %d passed, %d skipped", passed, skipped }'
}

unit_programs() {
	printf 'include Makefile\nshow-unit-tests:\n\t@echo $(unit_tests)\n' |
		make -s -f - show-unit-tests
}

# Takes minutes where it is emulated, and has little of the processor in it.
slow=' test-ahead test-gunzip test-members test-pipeline test-portion test-queue test-selected test-single test-source test-strict test-unpackers '

# chosen WORD...: the tests of these words, as Makefile has them.
chosen() {
	local word t
	for word in "$@"; do
		case $word in
		all) unit_programs ;;
		unit)
			for t in $(unit_programs); do
				case $slow in
				*" ${t##*/} "*) ;;
				*) echo "$t" ;;
				esac
			done
			;;
		test-*) echo "tests/unit/$word" ;;
		*) echo "tests/cli/$word.sh" ;;
		esac
	done
}

# What is tested of one build alone.
extra_s390x() {
	quietly make -j"$jobs" tests/fuzz/replay-upcase &&
		quietly ./run tests/fuzz/replay-upcase "$src"/tests/fuzz/corpus/upcase/* ||
		because 'the corpus of the engine fails'
}
extra_arm64() {
	grep -qx 'variant neon' tests/unit/test-engine.log ||
		because 'the variant for NEON was not tested' || return
	extra_s390x
}
# A reason in words, whose ever they are.
extra_musl() {
	[ "$("$program" nonexistent 2>&1 </dev/null)" = \
		'upcase-pipe: nonexistent: No such file or directory' ] ||
		because 'a reason is not told in words'
}
extra_musl-static() { extra_musl; }

# one NAME HOW FLAGS TESTS: builds it, tests it, prints its line.
one() {
	local name=$1 begin=$SECONDS verdict=ok tests
	local flags=() wrap=()
	read -ra flags <<<"$3"
	build=$work/$name log=$work/$name.log why=
	rm -rf "$build"
	mkdir -p "$build"
	: >"$log"
	cd "$build"
	# shellcheck disable=SC2086 # words
	if ! set_up $2; then
		echo "skipped: $name: $why"
		n_skipped=$((n_skipped + 1))
		return
	fi
	tests=$4
	[ "$form" = short ] || tests="all $cli_tests"
	# A static program is not tested by what is loaded before it.
	[ "$2" != static ] || tests='filter append mapping'
	: >"$log"
	if ! configure_and_make; then
		verdict='not ok, not built'
	elif
		# shellcheck disable=SC2046,SC2086 # words
		! run_tests $(chosen $tests)
	then
		verdict='not ok, tests failed'
	elif [ "$(type -t "extra_$name")" = function ] && ! "extra_$name"; then
		verdict="not ok, $why"
	fi
	printf '%s  %-13s  %s  %s  %d s\n' "$verdict" "$name" "$(unit_figures)" \
		"$(cli_figures)" "$((SECONDS - begin))"
	# What was skipped of it, and why.
	find tests -name '*.log' -exec \
		sed -n 's/^ok - .* # \(skipped: \)/\1/p; /^skipped: /p' {} + |
		sort | uniq -c | sed 's/^ *\([0-9]*\) /    \1 /'
	if [ "$verdict" = ok ]; then
		n_passed=$((n_passed + 1))
	else
		n_failed=$((n_failed + 1))
		grep -hE '^(not ok|FAIL|\[  FAILED|.*(error|warning):)' "$log" \
			tests/*/*.log 2>/dev/null | head -n 30 | sed 's/^/    /'
		echo "    see $build, $log"
	fi
}

n_passed=0 n_failed=0 n_skipped=0
trim() { sed 's/^ *//; s/ *$//' <<<"$1"; }
known=' '
while IFS='|' read -r name how configured tests; do
	name=$(trim "$name")
	[ -n "$name" ] || continue
	known+="$name "
	tests=$(trim "${tests:-}")
	if [ -n "${CROSS:-}" ]; then
		case " $CROSS " in
		*" $name "*) ;;
		*) continue ;;
		esac
	elif [ "$form" = short ] && [ -z "$tests" ]; then
		continue
	fi
	one "$name" "$(trim "$how")" "$(trim "$configured")" "$tests"
done <<<"$matrix"
for name in ${CROSS:-}; do
	case $known in
	*" $name "*) ;;
	*)
		echo "CROSS: there is no $name; there are:$known" >&2
		exit 1
		;;
	esac
done
echo "$n_passed passed, $n_failed failed, $n_skipped skipped"
[ $n_failed -eq 0 ] || exit 1
[ $n_passed -gt 0 ] || exit 77
