#!/bin/bash
# sandbox.sh - where nothing is left to be opened, no thread that touches what
# was read has the right to open a file; everywhere else nothing is taken away.
# A shim asks: in calls that each thread makes anyway it tries to open a file,
# and notes who could.
#
# shellcheck disable=SC2317,SC2016 # checks are called by name, C stands in
# single quotes
. "$(dirname "$0")/lib.sh" || exit 1

sanitized && skip_all "a build with a sanitizer is never in the sandbox"
"$UPCASE_PIPE" --version | grep -Fxq 'sandbox: Landlock' ||
	skip_all "built without the sandbox"

cat >asks.c <<'EOT'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* One line for each question: "THREAD could" or "THREAD could not". */
static void ask(void)
{
	static _Thread_local int asking;
	char name[32] = "", line[64];
	int log, fd, n;

	if (asking)
		return;
	asking = 1;
	log = atoi(getenv("ASKS_LOG"));
	(void)pthread_getname_np(pthread_self(), name, sizeof(name));
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	n = snprintf(line, sizeof(line), "%s could%s\n", name, fd < 0 ? " not" : "");
	if (write(log, line, (size_t)n) != n)
		abort();
	if (fd >= 0)
		(void)close(fd);
	asking = 0;
}

/* The reader and the writer. */
ssize_t writev(int fd, const struct iovec *iov, int n)
{
	static ssize_t (*real)(int, const struct iovec *, int);

	if (!real)
		real = (ssize_t (*)(int, const struct iovec *, int))dlsym(RTLD_NEXT, "writev");
	ask();
	return real(fd, iov, n);
}

/* With ASKS_HANG a read of the input, once it is known what that is, does not
 * come back. */
ssize_t read(int fd, void *buf, size_t len)
{
	static ssize_t (*real)(int, void *, size_t);
	static int calls;

	if (!real)
		real = (ssize_t (*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
	if (!getenv("ASKS_HANG") || len < 1000 || ++calls != 3)
		return real(fd, buf, len);
	if (write(atoi(getenv("ASKS_LOG")), "hangs\n", 6) != 6)
		abort();
	for (;;)
		pause();
}

/* All that wait for a queue or tell that something is in one. */
int pthread_cond_signal(pthread_cond_t *cond)
{
	static int (*real)(pthread_cond_t *);

	if (!real)
		real = (int (*)(pthread_cond_t *))dlsym(RTLD_NEXT, "pthread_cond_signal");
	ask();
	return real(cond);
}
EOT
"$CC" -w -shared -fPIC -o asks.so asks.c -ldl -lpthread ||
	skip_all "$CC makes no shared libraries"

numbered 60000 80 >numbers
tr '[:lower:]' '[:upper:]' <numbers >numbers.want

# asked [ARG...]: runs it; answers has what each thread was last able to do once
# it had its first batch behind it.
asked() {
	: >log
	ASKS_LOG=9 LD_PRELOAD=$PWD/asks.so run "$@" 9>>log
	# What a thread says last counts: the first is said before it is asked to
	# do anything with the data.
	# The main thread, which touches no data, is upcase-pipe.
	perl -ne '/^(\S+) (could.*)/ and $last{$1} = $2;
		END { delete $last{"upcase-pipe"};
			print "$_ $last{$_}\n" for sort keys %last }' log >answers
}
# each_asked "THREAD..." RUN [ARG...]: these all say that they could not, and
# nobody else says anything. Which of them get something to do, the system
# decides: RUN is made again until each had a turn.
each_asked() {
	local i
	# shellcheck disable=SC2086 # threads are words
	printf '%s could not\n' $1 | sort >wanted
	: >all_answers
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		"${@:2}" || return 1
		sort -u -o all_answers all_answers answers
		cmp -s wanted all_answers && return
		# Somebody who could, or who is not known.
		[ -z "$(comm -13 wanted all_answers)" ] || break
	done
	same wanted all_answers
}
can_close() {
	given 'a\n'
	run -v
	grep -q 'in a sandbox' "$err"
}

if can_close; then
	given_numbers() { cp numbers "$in"; }
	threads='upcase-case-0 upcase-case-1 upcase-reader upcase-writer'
	every_thread() {
		given_numbers
		asked -b 4K -j 2 "$@"
		expect_status 0 && same numbers.want "$out"
	}
	check "no thread can open a file once standard input is read" \
		each_asked "$threads" every_thread
	check "the same for a FILE" each_asked "$threads" every_thread numbers
	last_of_two() {
		asked -b 4K -j 2 numbers numbers
		# Who got nothing of the last one had the right to the end.
		sed -i '/^upcase-case-. could$/d' answers
		cat numbers.want numbers.want >twice
		expect_status 0 && same twice "$out" &&
			grep -q 'reader could$' log
	}
	check "of two FILEs the last one is read without rights, the first with them" \
		each_asked "$threads" last_of_two
	with_help() {
		rm -f members.gz
		for i in 1 2 3 4 5 6 7 8 9; do
			split_members $i
		done
		asked -b 4K -j 2 members.gz
		expect_status 0 && same numbers.want "$out"
	}
	split_members() {
		sed -n "$((($1 - 1) * 7000 + 1)),$(($1 * 7000))p" numbers |
			"$UPCASE_PIPE" -o members.gz
	}
	check "threads that decode ahead cannot either" \
		each_asked "$threads upcase-unpack" with_help
	# What decodes it is loaded before.
	loaded_file() { every_thread packed; }
	loaded_input() {
		cp packed "$in"
		asked -b 4K -j 2
		expect_status 0 && same numbers.want "$out"
	}
	for program in gzip zstd xz; do
		sentence="$program is decoded by threads that cannot open a file"
		"$UPCASE_PIPE" --version |
			grep -q -e "^$program: lib.* [0-9]" -e "^$program: zlib" &&
			have $program || {
			skip "$sentence" "built without $program, or there is none"
			continue
		}
		$program -1 -c <numbers >packed
		check "$sentence" each_asked "$threads" loaded_file
		check "$sentence, as standard input" each_asked "$threads" loaded_input
	done
	relieved() {
		local r=0
		: >log
		start_command hung '' sh -c 'exec env ASKS_HANG=1 ASKS_LOG=9 \
			LD_PRELOAD="$PWD/asks.so" "$UPCASE_PIPE" -b 4K -j 2 9>>log' \
			<numbers >"$out" 2>"$err"
		wait_until "$deadline" grep -q hangs log || r=1
		send TERM hung
		expect_end hung 'signal 15' || r=1
		grep -q '^upcase-read-2 could not$' log ||
			{ sort log | uniq -c; r=1; }
		! grep -q '^upcase-read-2 could$' log || r=1
		head -c "$(stat -c %s "$out")" numbers.want >want
		[ -s want ] && same want "$out" && return $r
	}
	check "who takes over from a reader that hangs cannot either" relieved
	told() {
		given 'a\n'
		run -v
		expect_stderr_line \
			"upcase-pipe: standard input: read in a sandbox: no file can be opened"
	}
	check "-v says so" told
else
	skip "no thread can open a file once the last input is read" \
		"this system has no Landlock"
fi

# untouched [ARG...]: everybody can open files all the time.
untouched() {
	given 'a\n'
	asked "$@"
	expect_status 0 && ! grep -q 'not$' log && [ -s log ]
}
check "with -o nothing is taken away: it may be opened anew" untouched -o db
check "with gzip output nothing is taken away" untouched -z
check "with typed lines nothing is taken away" untouched -i

without_landlock() {
	given 'a\n'
	traced -e inject=landlock_create_ruleset:error=ENOSYS -- -v
	expect_outcome 0 'A\n' "upcase-pipe: standard input: reading
upcase-pipe: standard input: read without a sandbox\n"
}
refused() {
	given 'a\n'
	traced -e inject=landlock_restrict_self:error=EPERM -- -v
	expect_outcome 0 'A\n' "upcase-pipe: standard input: reading
upcase-pipe: standard input: read without a sandbox\n"
}
if can_trace && strace -qq -o /dev/null -e trace=landlock_create_ruleset true 2>/dev/null; then
	check "without Landlock it goes on, and -v says so" without_landlock
	check "where Landlock refuses, too" refused
else
	skip "without Landlock it goes on" "no strace that knows of Landlock"
fi

finish
