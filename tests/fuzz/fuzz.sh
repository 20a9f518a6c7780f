#!/usr/bin/env bash
# Fuzzes the engine for FUZZ_SECONDS (300), with the corpus to begin with. What
# it finds is written into the current folder; new inputs are not kept.
set -euo pipefail

src=${srcdir:-.}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
flags=(-std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined
	-fno-sanitize-recover=all)

printf 'int LLVMFuzzerTestOneInput(const char *p, unsigned long n) { return !p && n; }\n' \
	>"$tmp/try.c"
clang "${flags[@]}" -o "$tmp/try" "$tmp/try.c" 2>/dev/null || {
	echo 'skipped: no clang that fuzzes (Debian: clang, libclang-rt-dev)'
	exit 77
}
engine=()
for file in "$src"/src/upcase/*.c; do
	case $file in
	*/gen-tables.c) ;;
	*) engine+=("$file") ;;
	esac
done
clang "${flags[@]}" -I. -I"$src/src" -I"$src/tests/unit" -o "$tmp/fuzz" \
	"$src/tests/fuzz/fuzz-upcase.c" "$src/tests/unit/reference.c" \
	"${engine[@]}"
mkdir "$tmp/new"
UPCASE_DATA=$src/src/upcase/data "$tmp/fuzz" -max_len=700 -timeout=60 \
	-max_total_time="${FUZZ_SECONDS:-300}" -print_final_stats=1 \
	"$tmp/new" "$src/tests/fuzz/corpus" 2>"$tmp/log" || {
	cat "$tmp/log" >&2
	exit 1
}
grep -E '^(Done|stat::number_of_executed_units|#[0-9]+.*DONE)' "$tmp/log"
