#!/usr/bin/env bash
# The generated tables in the tree are what the generator makes of the data.
set -u
: "${srcdir:=.}" "${GEN_TABLES:?}"
if "$GEN_TABLES" "$srcdir/src/upcase/data" | cmp - "$srcdir/src/upcase/tables.c"; then
	echo 'ok - tables.c is what the generator makes of the data'
	exit 0
fi
echo "not ok - tables.c does not agree with the data: 'make tables' makes it anew"
exit 1
