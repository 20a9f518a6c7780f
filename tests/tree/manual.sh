#!/usr/bin/env bash
# The manuals render without a warning.
set -u
: "${srcdir:=.}"
pages=("$srcdir"/man/*.[1-9])
ran=0 failed=0

# Whether the pages named under SEE ALSO are installed here is not our matter.
if command -v mandoc >/dev/null; then
	ran=1
	out=$(mandoc -T lint -W style "${pages[@]}" 2>&1 | grep -v -e 'mandoc.db' -e 'referenced manual not found')
	[ -z "$out" ] || { echo "not ok - mandoc -T lint: $out"; failed=1; }
fi
if command -v groff >/dev/null && groff -mandoc -Tascii -z "${pages[@]}" 2>/dev/null; then
	ran=1
	for page in "${pages[@]}"; do
		out=$(groff -mandoc -Tutf8 -ww -z "$page" 2>&1)
		[ -z "$out" ] || { echo "not ok - groff -ww: $out"; failed=1; }
	done
fi
[ $failed = 0 ] || exit 1
[ $ran = 1 ] || { echo 'skipped: neither mandoc nor groff is there'; exit 77; }
echo "ok - ${#pages[@]} manuals render without a warning"
