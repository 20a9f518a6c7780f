#!/usr/bin/env bash
# Within a folder of src calls go one way: no file needs something of one that,
# on whatever way, needs something of it. The objects of this build tell.
set -u
folders='run cli codec io pipeline text upcase'
objects=./src

if ! command -v nm >/dev/null || ! command -v tsort >/dev/null; then
	echo 'skipped: nm or tsort is not there'
	exit 77
fi

# "user definer" for each symbol that one object needs and another defines.
needs() {
	nm -A -P -g "$1"/*.o | awk '
		{ sub(/:$/, "", $1); sub(/.*\//, "", $1) }
		$3 == "U" { user[++n] = $1; wanted[n] = $2; next }
		{ definer[$2] = $1 }
		END {
			for (i = 1; i <= n; i++)
				if (wanted[i] in definer)
					print user[i], definer[wanted[i]]
		}'
}

failed=0
for folder in $folders; do
	pairs=$(needs "$objects/$folder")
	if [ -z "$pairs" ]; then
		echo "not ok - src/$folder: no object needs another; is it built?"
		failed=1
	elif loop=$(tsort <<<"$pairs" 2>&1 >/dev/null); then
		echo "ok - src/$folder: calls go one way"
	else
		echo "not ok - src/$folder: ${loop//tsort: /}"
		failed=1
	fi
done
exit $failed
