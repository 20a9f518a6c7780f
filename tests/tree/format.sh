#!/usr/bin/env bash
# The sources are formatted as .clang-format says.
set -u
: "${srcdir:=.}"
if [ -z "${CLANG_FORMAT:-}" ]; then
	echo 'skipped: clang-format is not there'
	exit 77
fi
# Versions differ in details; 14 is the one that the tree is formatted with.
case $("$CLANG_FORMAT" --version) in
*' 14.'*) ;;
*)
	echo 'skipped: clang-format is not version 14'
	exit 77
	;;
esac
cd "$srcdir" || exit 1
find src tests -name '*.[ch]' ! -name tables.c -print0 |
	xargs -0 "$CLANG_FORMAT" --dry-run --Werror || exit 1
echo 'ok - all sources are formatted'
