#!/bin/bash
# threads.sh - the pipeline seen from outside: its threads and their names, its
# memory, and how soon a line comes out.
#
# shellcheck disable=SC2317,SC2086,SC2015,SC2016,SC2094 # checks are called by
# name, numbers stand bare, `A && B || { report; }` is meant as it is, Perl and
# Tcl stand in single quotes, a file may be read and written: that is the test
. "$(dirname "$0")/lib.sh" || exit 1

# with_feed NAME [ARG...]: reads what is written to descriptor 7; 5 looks in.
with_feed() {
	rm -f feed
	mkfifo feed
	exec 5<>feed
	start "$1" "${@:2}" <feed 2>"$err"
	exec 7>feed
}
no_more() { exec 7>&- 5>&-; }

# --- names -------------------------------------------------------------------

names() { cat /proc/"$(pid_of "$1")"/task/*/comm | sort; }

# has_threads "NAME..." [ARG...]
has_threads() {
	local r=0
	with_feed named "${@:2}" >"$out"
	printf 'one\n' >&7
	wait_until "$deadline" has_names "$1" || { names named; r=1; }
	no_more
	expect_end named 'exit 0' && return $r
}
has_names() {
	names named | grep '^upcase-' | grep -v '^upcase-pipe$' |
		tr '\n' ' ' | grep -Fxq "$1 "
}
check "its threads are a reader, a case thread and a writer, by name" \
	has_threads 'upcase-case-0 upcase-reader upcase-writer'
check "-j 1 is one case thread" \
	has_threads 'upcase-case-0 upcase-reader upcase-writer' -j 1
check "-j 4 is four case threads" has_threads \
	'upcase-case-0 upcase-case-1 upcase-case-2 upcase-case-3 upcase-reader upcase-writer' \
	-j 4
total() {
	local r=0
	with_feed named -j 4 >"$out"
	printf 'one\n' >&7
	wait_until "$deadline" has_size "$out" || r=1
	if ! sanitized; then
		# main, reader, writer and four
		[ "$(names named | wc -l)" -eq 7 ] || { names named; r=1; }
	fi
	no_more
	expect_end named 'exit 0' && return $r
}
check "there are no threads besides these and the main thread" total
gzip_jobs() {
	local cpus wanted r=0
	cpus=$(nproc)
	with_feed named -z "$@" >"$out"
	case "$*" in
	*-j*) wanted=3 ;;
	*) wanted=$cpus ;;
	esac
	[ $wanted -le 256 ] || wanted=256
	wait_until "$deadline" case_threads $wanted || { names named; r=1; }
	no_more
	expect_end named 'exit 0' && return $r
}
case_threads() { [ "$(names named | grep -c '^upcase-case-')" -eq $1 ]; }
check "gzip output has as many case threads as there are CPUs" gzip_jobs
check "gzip output with -j 3 has three" gzip_jobs -j 3

# --- memory ------------------------------------------------------------------

# peak KILOBYTES MEGABYTES TEXT [ARG...]: how much memory it ever needed for a
# stream of TEXT, looked up while it waits for more.
peak() {
	local limit=$1 megabytes=$2 text=$3 high r=0
	! sanitized || limit=$((limit * 8))
	with_feed large "${@:4}" >/dev/null
	perl -e 'my ($text, $megabytes) = @ARGV;
		my $block = $text x (1048576 / length $text);
		for (1 .. $megabytes) { print $block or exit 1 }' \
		"$text" $megabytes >&7 || r=1
	wait_until "$deadline" all_read 5 || r=1
	high=$(sed -n 's/^VmHWM:[\t ]*\([0-9]*\) kB/\1/p' \
		/proc/"$(pid_of large)"/status)
	no_more
	expect_end large 'exit 0' && same /dev/null "$err" || r=1
	[ "${high:-999999999}" -lt $limit ] && return $r
	echo "it needed $high KB"
	return 1
}
megabytes=200
! sanitized || megabytes=60
check "$megabytes MB in one line need less than 32 MB in batches of 64 KB" \
	peak 32768 $megabytes 'straße ΐ ' -b 64K
check "the same in short lines" peak 32768 $megabytes $'line of text\n' -b 64K
check "the same with -l el, which looks at context" \
	peak 32768 60 'άυ' -b 64K -l el
check "a line of accents without end needs no more, either" \
	peak 32768 20 $'\xcc\x81' -b 64K -l el
check "the default batch size needs less than 64 MB" \
	peak 65536 100 'straße ΐ '
check "gzip output needs less than 64 MB in batches of 64 KB" \
	peak 65536 20 'straße ΐ ' -z -b 64K -j 2
unpacked() {
	# 100 MB out of 100 KB
	head -c 104857600 /dev/zero | tr '\0' a | gzip -1 >bomb.gz
	local high limit=32768 r=0
	! sanitized || limit=$((limit * 8))
	with_feed large -b 64K bomb.gz - >/dev/null
	printf 'a\n' >&7
	wait_until $((deadline * 2)) all_read 5 || r=1
	high=$(sed -n 's/^VmHWM:[\t ]*\([0-9]*\) kB/\1/p' \
		/proc/"$(pid_of large)"/status)
	no_more
	expect_end large 'exit 0' || r=1
	[ "${high:-999999999}" -lt $limit ] && return $r
	echo "it needed $high KB"
	return 1
}
check "100 MB in one line out of 100 KB of gzip need less than 32 MB" unpacked

# --- latency -----------------------------------------------------------------

# handshake [ARG...]: each of a hundred lines comes out before the next goes in.
handshake() {
	local i line r=0
	rm -f feed answers
	mkfifo feed answers
	exec 5<>feed 8<>answers
	start prompt "$@" <feed >answers 2>"$err"
	exec 7>feed 5>&- 9<answers 8>&-
	for ((i = 1; i <= 100; i++)); do
		echo "line $i" >&7
		read -r -t "$deadline" -u 9 line && [ "$line" = "LINE $i" ] || {
			echo "line $i: '$line'"
			r=1
			break
		}
	done
	exec 7>&-
	expect_end prompt 'exit 0' || r=1
	exec 9<&-
	return $r
}
check "a line comes out before the next one is given, a hundred times" handshake
check "the same with 4 jobs and --queue-depth=1" handshake -j 4 --queue-depth=1
check "the same in tiny batches" handshake -b 3
check "the same in large batches" handshake -b 64M --queue-depth=1
check "the same for --language=el" handshake -l el
gzip_in_handshake() {
	# Input through gzip that is flushed after each line.
	local i line r=0
	rm -f feed answers
	mkfifo feed answers
	exec 5<>feed 8<>answers
	start prompt <feed >answers 2>"$err"
	exec 7>feed 5>&- 9<answers 8>&-
	for i in 1 2 3 4 5; do
		echo "line $i" | gzip -n >&7
		read -r -t "$deadline" -u 9 line && [ "$line" = "LINE $i" ] || {
			echo "line $i: '$line'"
			r=1
			break
		}
	done
	exec 7>&-
	expect_end prompt 'exit 0' || r=1
	exec 9<&-
	return $r
}
check "a line in a gzip member of its own comes out before the next one is given" \
	gzip_in_handshake

finish
