#!/usr/bin/env bash
# The tests of the engine on 64-bit ARM: built by a cross-compiler, run by qemu.
# Of the program only the engine is built, so that no libraries for ARM are
# needed.
set -euo pipefail

cc=aarch64-linux-gnu-gcc
qemu=qemu-aarch64-static
# Newer releases have it under the plain name only.
command -v $qemu >/dev/null || qemu=qemu-aarch64
for tool in $cc $qemu; do
	command -v $tool >/dev/null || {
		echo "skipped: $tool is not installed (Debian: gcc-aarch64-linux-gnu, libc6-dev-arm64-cross, qemu-user-static)"
		exit 77
	}
done
src=${srcdir:-.}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# build NAME FILE...
build() {
	local name=$1
	shift
	$cc -std=gnu11 -O2 -static -Wall -Wextra -Werror -I. -I"$src/src" \
		-I"$src/tests/cross" -I"$src/tests/unit" -o "$tmp/$name" "$@" \
		"$src/tests/unit/reference.c" "${engine[@]}"
}
engine=()
for file in "$src"/src/upcase/*.c; do
	case $file in
	*/gen-tables.c) ;;
	*) engine+=("$file") ;;
	esac
done
build test-engine "$src/tests/unit/test-engine.c"
build test-upcase "$src/tests/unit/test-upcase.c"
build replay "$src/tests/fuzz/replay.c" "$src/tests/fuzz/fuzz.c" \
	"$src/tests/fuzz/fuzz-upcase.c"

# Emulation is slow: a part of the long tests.
export UPCASE_TEST_SCALE=${UPCASE_TEST_SCALE:-8}
$qemu "$tmp/test-engine" | tee "$tmp/log"
grep -qx 'variant neon' "$tmp/log" || {
	echo 'the variant for NEON was not tested'
	exit 1
}
$qemu "$tmp/test-upcase"
$qemu "$tmp/replay" "$src"/tests/fuzz/corpus/upcase/*
