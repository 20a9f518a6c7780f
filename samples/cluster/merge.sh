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
# With it cd may go elsewhere, and says so among the shares.
unset CDPATH

[ $# -eq 3 ] || { echo 'usage: merge.sh N FOLDER OUT' >&2 && exit 2; }
n=$1 folder=$2 out=$3
case $n in '' | 0* | *[!0-9]*) echo "merge.sh: no count of shares: $n" >&2 && exit 2 ;; esac

say() { printf 'merge.sh: %s\n' "$*" >&2; }

if [ -e "$out" ] && [ ! -f "$out" ]; then
	say "not a file: $out"
	exit 2
fi

# Of this attempt alone, where the result will be.
new=
trap '[ -z "$new" ] || rm -rf "$new"' EXIT
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

new=$(mktemp -d "$out.XXXXXX") || exit 3

# all SUFFIX COMMAND...: with the files of all shares, in order.
all() { (cd "$folder" && seq "$n" | sed "s/\$/.$1/" | { shift && xargs "$@"; }); }
# judged STATUS: what awk says; after 1 it has told why the shares are no whole.
judged() {
	[ "$1" -ne 0 ] || return 0
	[ "$1" -eq 1 ] || exit 3
	say "the shares in $folder are no whole"
	exit 1
}

all json cat >"$new/json" || exit 3
awk -v n="$n" '
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
		print NR ".share", number("file_size")
	}
	END {
		if (!bad && NR != n) { print "the manifest has " NR " lines" >"/dev/stderr"; bad = 1 }
		if (!bad && end != input) { print "the last share does not end with the input" >"/dev/stderr"; bad = 1 }
		if (bad)
			exit 1
	}' "$new/json" >"$new/sizes"
judged $?

# Each as large as when it was made; behind a number of them wc has a sum.
all share wc -c >"$new/found" || exit 3
awk '
	NR == FNR { size[$1] = $2; next }
	($2 in size) && $1 != size[$2] {
		print $2 ": " $1 " bytes, not " size[$2] >"/dev/stderr"
		bad = 1
	}
	($2 in size) { total += $1 }
	END { printf "%.0f\n", total; exit bad }' "$new/sizes" "$new/found" >"$new/total"
judged $?

all share cat >"$new/all" || exit 3
size=$(($(wc -c <"$new/all")))
if [ "$size" -ne "$(cat "$new/total")" ]; then
	say "the shares in $folder have changed"
	exit 1
fi
sync "$new/all" "$new/json" && mv -f "$new/json" "$out.json" && mv -f "$new/all" "$out" || exit 3
