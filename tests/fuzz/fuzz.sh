#!/usr/bin/env bash
# Fuzzes each target (FUZZ_TARGETS; all) for FUZZ_SECONDS (300), with its corpus
# to begin with. What it finds is written into the current folder; new inputs are
# not kept. Run in a folder that was configured.
set -euo pipefail

src=${srcdir:-.}
# Those of libraries that configure found.
loaded=$(sed -n 's/^#define HAVE_\(ZSTD\|XZ\) 1$/\L\1/p' config.h)
read -ra targets <<<"${FUZZ_TARGETS:-upcase gzip pipeline options tear decode selected ${loaded//$'\n'/ }}"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
flags=(-std=gnu11 -g -O1 -fsanitize=address,undefined
	-fno-sanitize-recover=all -pthread -I. "-I$src/src" "-I$src/tests/unit")

printf 'int LLVMFuzzerTestOneInput(const char *p, unsigned long n) { return !p && n; }\n' \
	>"$tmp/try.c"
clang "${flags[@]}" -fsanitize=fuzzer -o "$tmp/try" "$tmp/try.c" 2>/dev/null || {
	echo 'skipped: no clang that fuzzes (Debian: clang, libclang-rt-dev)'
	exit 77
}
libs=(-lz)
! grep -q '^#define HAVE_LIBDEFLATE 1' config.h || libs+=(-ldeflate)
# What the program loads these targets are linked with.
case $loaded in *zstd*) libs+=(-lzstd) ;; esac
case $loaded in *xz*) libs+=(-llzma) ;; esac

# All of the program but its main, once for all targets.
sources=("$src/tests/fuzz/fuzz.c" "$src/tests/fuzz/made.c"
	"$src/tests/fuzz/packing.c"
	"$src/tests/unit/reference.c" "$src/tests/unit/selected.c")
for file in "$src"/src/*/*.c; do
	case $file in
	*/gen-tables.c | */src/compat/*) ;;
	*) sources+=("$file") ;;
	esac
done
compile() { clang "${flags[@]}" -fsanitize=fuzzer-no-link -c -o "$tmp/object${1//\//-}.o" "$1"; }
export tmp
export -f compile
declare -p flags >"$tmp/flags"
printf '%s\0' "${sources[@]}" |
	xargs -0 -n 1 -P "$(getconf _NPROCESSORS_ONLN)" \
		bash -c '. "$tmp/flags"; compile "$1"' compile
for target in "${targets[@]}"; do
	clang "${flags[@]}" -fsanitize=fuzzer -o "$tmp/$target" \
		"$src/tests/fuzz/fuzz-$target.c" "$tmp"/object*.o "${libs[@]}"
done

# What a sanitizer finds while standard error goes elsewhere must not be lost.
export UPCASE_DATA=$src/src/upcase/data
export ASAN_OPTIONS=log_path=$tmp/found:detect_leaks=1
for target in "${targets[@]}"; do
	mkdir "$tmp/$target.new"
	"$tmp/$target" -max_len=700 -timeout=60 -rss_limit_mb=4096 -detect_leaks=0 \
		-max_total_time="${FUZZ_SECONDS:-300}" -print_final_stats=1 \
		-artifact_prefix="fuzz-$target-" \
		"$tmp/$target.new" "$src/tests/fuzz/corpus/$target" \
		2>"$tmp/log" || {
		cat "$tmp/log" "$tmp"/found* >&2
		exit 1
	}
	echo "$target: $(grep -E '^Done' "$tmp/log")"
done
