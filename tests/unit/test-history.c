/*
 * Tests of the file that keeps what was typed.
 */
#include "config.h"

#include "io/history.h"

#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* The lines that were handed out, each with a '|' behind it. */
struct lines {
	char text[100000];
	size_t len, n;
};

static void take(void *context, const unsigned char *text, size_t len)
{
	struct lines *l = context;

	if (l->len + len + 1 < sizeof(l->text)) {
		memcpy(l->text + l->len, text, len);
		l->len += len;
		l->text[l->len++] = '|';
	}
	l->n++;
}

static void reads(const char *want)
{
	static struct lines l;
	struct fault fault;

	l.len = l.n = 0;
	assert_int_equal(history_read("past", take, &l, &fault), 0);
	l.text[l.len] = '\0';
	assert_string_equal(l.text, want);
}

static void adds(const char *line)
{
	struct fault fault;

	assert_int_equal(history_add("past", (const unsigned char *)line,
				 strlen(line), &fault),
		0);
}

static void lines_are_kept_in_order(void **state)
{
	struct stat st;

	(void)state;
	(void)umask(0);
	reads("");
	assert_int_equal(stat("past", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	adds("one");
	adds("");
	adds("t\xc3\xa4\xff");
	support_file_is("past", BYTES("one\n\nt\xc3\xa4\xff\n"));
	reads("one||t\xc3\xa4\xff|");
}

static void an_open_line_is_ended(void **state)
{
	(void)state;
	support_write("past", BYTES("torn"));
	reads("torn|");
	adds("next");
	support_file_is("past", BYTES("torn\nnext\n"));
}

static void only_the_last_ones_are_kept(void **state)
{
	static struct lines l;
	struct fault fault;
	char *text = support_allocate(20 * HISTORY_MOST), *begin = NULL;
	size_t len = 0;

	(void)state;
	for (int torn = 0; torn <= 1; torn++) {
		len = 0;
		for (int i = 0; i < HISTORY_MOST + 5; i++) {
			if (i == 5)
				begin = text + len;
			len += (size_t)sprintf(text + len, "%d\n", i);
		}
		len -= (size_t)torn;
		support_write("past", text, len);
		l.len = l.n = 0;
		assert_int_equal(history_read("past", take, &l, &fault), 0);
		assert_int_equal(l.n, HISTORY_MOST);
		assert_memory_equal(l.text, "5|6|", 4);
		support_file_is("past", begin, len - (size_t)(begin - text));
		/* As many as may be are left alone. */
		l.n = 0;
		assert_int_equal(history_read("past", take, &l, &fault), 0);
		assert_int_equal(l.n, HISTORY_MOST);
		support_file_is("past", begin, len - (size_t)(begin - text));
	}
	free(text);
}

static void others_cannot_read_it(void **state)
{
	struct stat st;

	(void)state;
	support_write("past", BYTES("one\n"));
	assert_int_equal(chmod("past", 0664), 0);
	reads("one|");
	assert_int_equal(stat("past", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	/* Who made it narrower still may. */
	assert_int_equal(chmod("past", 0600), 0);
	adds("two");
	assert_int_equal(stat("past", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void refuses(int err, const char *why)
{
	struct fault fault = {""};
	static struct lines l;

	assert_int_equal(history_read("past", take, &l, &fault), err);
	assert_string_equal(fault.text, why);
	fault.text[0] = '\0';
	assert_int_equal(
		history_add("past", (const unsigned char *)"x", 1, &fault),
		err);
	assert_string_equal(fault.text, why);
}

static void only_a_regular_file_is_taken(void **state)
{
	(void)state;
	support_write("target", BYTES("kept\n"));
	assert_int_equal(symlink("target", "past"), 0);
	refuses(-ELOOP, "is a symbolic link, which is not followed");
	support_file_is("target", BYTES("kept\n"));
	assert_int_equal(unlink("past"), 0);
	assert_int_equal(mkfifo("past", 0600), 0);
	refuses(-EINVAL, "is no regular file");
	assert_int_equal(unlink("past"), 0);
	assert_int_equal(mkdir("past", 0700), 0);
	refuses(-EISDIR, "Is a directory");
}

static void a_lock_for_ever_is_not_waited_for(void **state)
{
	int fd;

	(void)state;
	support_write("past", BYTES("one\n"));
	fd = open("past", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	refuses(-EWOULDBLOCK, "is locked by somebody else");
	assert_int_equal(close(fd), 0);
	reads("one|");
}

/* A disk that is full: where it is, a limit of the size of files is the same.
 */
static void half_a_line_is_none(void **state)
{
	const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
	struct rlimit limit = {6, RLIM_INFINITY};
	struct fault fault = {""};

	(void)state;
	support_write("past", BYTES("one\n"));
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(
		history_add("past", (const unsigned char *)"abcdef", 6, &fault),
		-EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_string_equal(fault.text, strerror(EFBIG));
	support_file_is("past", BYTES("one\n"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		in_directory(lines_are_kept_in_order),
		in_directory(an_open_line_is_ended),
		in_directory(only_the_last_ones_are_kept),
		in_directory(others_cannot_read_it),
		in_directory(only_a_regular_file_is_taken),
		in_directory(a_lock_for_ever_is_not_waited_for),
		in_directory(half_a_line_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
