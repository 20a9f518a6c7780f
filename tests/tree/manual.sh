#!/usr/bin/env bash
# The manual renders without a warning.
set -u
: "${srcdir:=.}"
page=$srcdir/man/upcase-pipe.1
ran=0 failed=0

# Whether the pages named under SEE ALSO are installed here is not our matter.
if command -v mandoc >/dev/null; then
	ran=1
	out=$(mandoc -T lint -W style "$page" 2>&1 | grep -v -e 'mandoc.db' -e 'referenced manual not found')
	[ -z "$out" ] || { echo "not ok - mandoc -T lint: $out"; failed=1; }
fi
if command -v groff >/dev/null && groff -mandoc -Tascii -z "$page" 2>/dev/null; then
	ran=1
	out=$(groff -mandoc -Tutf8 -ww -z "$page" 2>&1)
	[ -z "$out" ] || { echo "not ok - groff -ww: $out"; failed=1; }
fi
[ $failed = 0 ] || exit 1
[ $ran = 1 ] || { echo 'skipped: neither mandoc nor groff is there'; exit 77; }
echo 'ok - the manual renders without a warning'
