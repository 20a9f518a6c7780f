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

# has_threads "NAME..." TEXT [ARG...]: those that run once TEXT has come.
has_threads() {
	local r=0
	with_feed named "${@:3}" >"$out"
	put "$2" >&7
	wait_until "$deadline" has_size "$out" &&
		wait_until "$deadline" has_names "$1" || { names named; r=1; }
	no_more
	expect_end named 'exit 0' && return $r
}
# Where threads have no names they are counted.
has_names() {
	if ! built_with THREAD_NAMES; then
		[ "$(names named | wc -l)" -eq $(($(wc -w <<<"$1") + 1)) ]
		return
	fi
	names named | grep '^upcase-' | grep -v '^upcase-pipe$' |
		tr '\n' ' ' | grep -Fxq "$1 "
}
# A batch that is full, here with four bytes, is for the other threads; so are
# the first few of them, if that rule is off.
export UPCASE_PIPE_HANDOVER=few=never
check "its threads are a reader, a case thread and a writer, by name" \
	has_threads 'upcase-case-0 upcase-reader upcase-writer' 'one\n' -b 4
check "-j 1 is one case thread" \
	has_threads 'upcase-case-0 upcase-reader upcase-writer' 'one\n' -b 4 -j 1
check "-j 4 is four case threads" has_threads \
	'upcase-case-0 upcase-case-1 upcase-case-2 upcase-case-3 upcase-reader upcase-writer' \
	'one\n' -b 4 -j 4
check "a line that comes alone starts none of them" \
	has_threads 'upcase-reader' 'one\n' -j 4
total() {
	local r=0
	with_feed named -j 4 -b 4 >"$out"
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
	with_feed named -z -b 4 "$@" >"$out"
	case "$*" in
	*-j*) wanted=3 ;;
	*) wanted=$cpus ;;
	esac
	case "$*" in
	*-j*) ;;
	*) built_with AFFINITY || built_with DECL__SC_NPROCESSORS_ONLN || wanted=1 ;;
	esac
	[ $wanted -le 256 ] || wanted=256
	printf 'one\n' >&7
	wait_until "$deadline" case_threads $wanted || { names named; r=1; }
	no_more
	expect_end named 'exit 0' && return $r
}
case_threads() {
	if built_with THREAD_NAMES; then
		[ "$(names named | grep -c '^upcase-case-')" -eq $1 ]
	else # and main, reader and writer
		[ "$(names named | wc -l)" -eq $(($1 + 3)) ]
	fi
}
check "gzip output has as many case threads as there are CPUs" gzip_jobs
check "gzip output with -j 3 has three" gzip_jobs -j 3

# --- no threads to be had -------------------------------------------------------

# A pthread_create that fails after the first so many.
cat >few.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
int pthread_create(pthread_t *thread, const pthread_attr_t *attr,
	void *(*run)(void *), void *arg)
{
	static int started;
	int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

	*(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
	if (started >= atoi(getenv("THREADS")))
		return EAGAIN;
	started++;
	return real(thread, attr, run, arg);
}
END
# with_few THREADS ARG...: the text comes out right, or after gzip
with_few() {
	local n=$1
	shift
	bounded env THREADS=$n LD_PRELOAD="$PWD/few.so" "$UPCASE_PIPE" "$@" \
		<text >"$out" 2>"$err" || { cat "$err"; return 1; }
	case " $* " in
	*' -z '*) gzip -dc "$out" | cmp - text.keep ;;
	*) cmp "$out" text.keep ;;
	esac
}
long_line_with_few() {
	local n=$1
	perl -e 'print "\xce\xac\xcf\x85" x 50000, "\n"' >text
	"$UPCASE_PIPE" -l el <text >text.keep && with_few "$@" -l el -b 4K
}
none_at_all() {
	bounded env THREADS=0 LD_PRELOAD="$PWD/few.so" "$UPCASE_PIPE" \
		<text >"$out" 2>"$err"
	status=$?
	expect_outcome 3 '' \
		'upcase-pipe: no thread can be started\n'
}
why=
if sanitized; then why='a sanitizer wants to be loaded first'
elif ! $CC -shared -fPIC -o few.so few.c -ldl 2>/dev/null; then why="$CC makes no libraries"
fi
if [ -z "$why" ]; then
	make_text 5000 5
	check "where only the reader can be started, it does everything" with_few 1
	check "the same in tiny batches" with_few 1 -b 5
	check "the same for gzip output" with_few 1 -z -b 16K
	check "the same without a thread for case" with_few 2 -b 4K
	check "the same without a thread for case, for gzip output" \
		with_few 2 -z -b 16K
	check "the same with some of the jobs asked for" with_few 3 -b 4K -j 8
	check "the same with some of the jobs asked for, for gzip output" \
		with_few 4 -z -b 16K -j 8
	check "the same for a line with context that is longer than a batch" \
		long_line_with_few 1
	check "the same for such a line without a thread for case" \
		long_line_with_few 2
	make_text 10 5
	check "where no thread can be started, it says so" none_at_all
else
	skip "where only the reader can be started, it does everything" "$why"
fi

# --- stacks --------------------------------------------------------------------

# The limit of the main thread's stack is not that of the others.
small_stack() {
	(
		ulimit -s 32
		bounded "$UPCASE_PIPE" "$@"
	) <"$in" >"$out" 2>"$err"
	status=$?
}
tells_with_small_stack() {
	given 'a\n'
	small_stack missing - "$@"
	expect_outcome 1 'A\n' \
		'upcase-pipe: missing: No such file or directory\n'
}
works_with_small_stack() {
	make_text 5000 5
	cp text "$in"
	small_stack -q "$@"
	expect_status 0 && same text.keep "$out" && same /dev/null "$err"
}
packs_with_small_stack() {
	make_text 5000 5
	cp text "$in"
	small_stack -q -z -b 16K "$@" && mv "$out" small.gz &&
		small_stack -q small.gz
	expect_status 0 && same text.keep "$out" && same /dev/null "$err"
}
if sanitized; then
	skip "ulimit -s 32 is enough to tell something" "a sanitizer needs more stack"
else
	check "ulimit -s 32 is enough to tell something" tells_with_small_stack
	check "ulimit -s 32 is enough for several jobs" works_with_small_stack -b 4K -j 4
	check "ulimit -s 32 is enough for gzip, both ways" packs_with_small_stack -j 4
fi

# --- processors --------------------------------------------------------------------

# The reader begins where the main thread is; once it has something to do, all
# threads may go where the process might.
allowed() { sed -n 's/^Cpus_allowed:[\t ]*//p' "$@"; }
# A sanitizer may have a thread of its own that begins with the reader.
roams() {
	sanitized || [ "$(allowed /proc/"$(pid_of roaming)"/task/*/status |
		sort -u)" = "$1" ]
}
all_roam() {
	local r=0 mask
	mask=$(allowed /proc/self/status)
	with_feed roaming -b 4 -j 2 "$@" >"$out"
	put 'one\ntwo\n' >&7
	wait_until "$deadline" has_size "$out" || r=1
	roams "$mask" || {
		echo "not all have $mask:"
		allowed /proc/"$(pid_of roaming)"/task/*/status
		r=1
	}
	no_more
	expect_end roaming 'exit 0' && return $r
}
check "no thread is bound to a processor once there is input" all_roam
unpackers_roam() {
	local r=0 mask
	mask=$(allowed /proc/self/status)
	perl -e 'srand 1; print map { join("", map { chr 97 + int rand 26 } 1 .. 60) . "\n" } 1 .. 9000' |
		"$UPCASE_PIPE" -b 16K -o many.gz
	rm -f held
	mkfifo held
	exec 5<>held
	start roaming -b 1K --queue-depth=1 -j 2 many.gz >held
	wait_until "$deadline" unpacks roaming || r=1
	roams "$mask" || r=1
	bounded cat <&5 >/dev/null &
	local cat=$!
	expect_end roaming 'exit 0' || r=1
	kill $cat
	wait $cat 2>/dev/null
	exec 5>&-
	return $r
}
unpacks() { grep -q '^upcase-unpack$' /proc/"$(pid_of "$1")"/task/*/comm 2>/dev/null; }
if built_with THREAD_NAMES; then
	check "nor is one that decodes gzip" unpackers_roam
else
	skip "nor is one that decodes gzip" "built without names of threads"
fi

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

# Address space for a few batches only: fewer have to do.
few_batches() {
	perl -e 'print "line of text\n" x 3000000' >text
	(
		ulimit -v 250000
		bounded "$UPCASE_PIPE" -b 8M <text
	) >"$out" 2>"$err" || { cat "$err"; return 1; }
	same /dev/null "$err" && perl -e 'print "LINE OF TEXT\n" x 3000000' | cmp - "$out"
}
no_batch() {
	(
		ulimit -v 60000
		bounded "$UPCASE_PIPE" -b 32M </dev/null
	) >"$out" 2>"$err"
	status=$?
	expect_outcome 3 '' \
		'upcase-pipe: not enough memory for the batches: see --batch-size, --queue-depth and --jobs\n'
}
if sanitized; then
	skip "where there is memory for some of the batches, they have to do" \
		"a sanitizer needs all the address space"
else
	check "where there is memory for some of the batches, they have to do" few_batches
	check "where there is memory for none, it says so" no_batch
fi

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
