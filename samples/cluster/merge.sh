#!/bin/sh
# All shares of a job into one file: merge.sh N FOLDER OUT
#
# The manifest has to say that each of N shares was made, with status 0, that
# they begin where the one before ends, that the last ends with the input, and
# how large they are together. Only then OUT is there, as a whole, in place of
# what had that name; OUT.json, the manifest, comes before it. FOLDER stays.
#
# Exit status: 0; 1 a share is missing or not whole, and OUT is as it was; 2
# wrong command; 3 the output failed. After 3 or a signal, try again.
set -u

[ $# -eq 3 ] || { echo 'usage: merge.sh N FOLDER OUT' >&2 && exit 2; }
n=$1 folder=$2 out=$3
case $n in '' | 0* | *[!0-9]*) echo "merge.sh: no count of shares: $n" >&2 && exit 2 ;; esac

say() { printf 'merge.sh: %s\n' "$*" >&2; }

new=$out.$(uname -n).$$
trap 'rm -f "$new" "$new.json"' EXIT
trap 'exit 143' TERM INT HUP

# Each has to be there to be named, whatever is in it.
lost=
for i in $(seq "$n"); do
	for file in "$folder/$i.share" "$folder/$i.json"; do
		[ -f "$file" ] && continue
		say "share $i of $n is not there: no $file"
		[ ! -f "$folder/$i.failed" ] || sed '/^{"lines_in":/d; s/^/    /' "$folder/$i.failed" >&2
		lost=1
		break
	done
done
[ -z "$lost" ] || exit 1

# all SUFFIX: the files of all shares, in order.
all() { (cd "$folder" && seq "$n" | sed "s/\$/.$1/" | xargs cat); }
all json >"$new.json" || exit 3
total=$(awk -v n="$n" '
	function wrong(what) { print "share " NR ": " what >"/dev/stderr"; bad = 1; exit }
	function number(name) {
		if (!match($0, "\"" name "\":[0-9]+[,}]"))
			wrong("its line of the manifest has no " name)
		return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
	}
	{
		if (number("share") != NR || number("shares") != n)
			wrong("it is of another job, or twice in the manifest")
		if (number("status") != 0)
			wrong("it was not made")
		size = number("input_size")
		if (NR > 1 && size != input)
			wrong("its input had another size")
		input = size
		if (!match($0, /"range":\[[0-9]+,[0-9]+\]/))
			wrong("its line of the manifest has no range")
		split(substr($0, RSTART + 9, RLENGTH - 10), range, ",")
		if (range[1] + 0 != end + 0)
			wrong("it does not begin where the one before ends")
		end = range[2]
		total += number("file_size")
	}
	END {
		if (!bad && NR != n) { print "the manifest has " NR " lines" >"/dev/stderr"; bad = 1 }
		if (!bad && end != input) { print "the last share does not end with the input" >"/dev/stderr"; bad = 1 }
		if (bad)
			exit 1
		printf "%.0f\n", total
	}' "$new.json") || {
	say "the shares in $folder are no whole"
	exit 1
}

all share >"$new" || exit 3
size=$(($(wc -c <"$new")))
if [ "$size" -ne "$total" ]; then
	say "the shares in $folder have $size bytes, not $total"
	exit 1
fi
sync "$new" "$new.json" && mv -f "$new.json" "$out.json" && mv -f "$new" "$out" || exit 3
