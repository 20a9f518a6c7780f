/*
 * Tests of lists of FILEs: how they are split, and what is no list.
 */
#include "config.h"

#include "cli/files0.h"

#include "support.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Reads the list `from`, standard input is that of `in`. What was told, to be
 * freed, in *told. */
static int read_list(struct files0 *f, const char *from, int in, char **told)
{
	int saved_in = in < 0 ? -1 : support_replace(STDIN_FILENO, in);
	int saved = support_capture_begin();
	int err = files0_read(f, from);

	*told = support_capture_end(saved);
	if (saved_in >= 0)
		support_restore(STDIN_FILENO, saved_in);
	return err;
}

/* A list is read as so many names, which follow. */
static void names_are(const char *list, size_t len, size_t n, ...)
{
	struct files0 f;
	va_list names;
	char *told;

	support_write("list", list, len);
	assert_int_equal(read_list(&f, "list", -1, &told), 0);
	assert_string_equal(told, "");
	free(told);
	assert_int_equal(f.n, n);
	va_start(names, n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(f.names[i], va_arg(names, const char *));
	va_end(names);
	files0_release(&f);
	assert_int_equal(f.n, 0);
}

static void names_end_with_nul_but_the_last_one_need_not(void **state)
{
	(void)state;
	names_are("", 0, 0);
	names_are(BYTES("a"), 1, "a");
	names_are(BYTES("a\0"), 1, "a");
	names_are(BYTES("a\0b"), 2, "a", "b");
	names_are(BYTES("a\0b\nc\0 -x\0"), 3, "a", "b\nc", " -x");
	names_are(BYTES("-\0"), 1, "-"); /* standard input is free */
}

static void a_long_list_is_read_to_its_end(void **state)
{
	/* Around what is read at once first, and far behind it. */
	static const size_t lengths[] = {65534, 65535, 65536, 65537, 1000001};

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		char *text = support_allocate(lengths[i]), *told;
		struct files0 f;

		for (size_t k = 0; k < lengths[i]; k++)
			text[k] = k % 10 == 9 ? '\0' : 'x';
		support_write("list", text, lengths[i]);
		assert_int_equal(read_list(&f, "list", -1, &told), 0);
		free(told);
		assert_int_equal(f.n, (lengths[i] + 9) / 10);
		for (size_t k = 0; k + 1 < f.n; k++)
			assert_string_equal(f.names[k], "xxxxxxxxx");
		assert_int_equal(strlen(f.names[f.n - 1]),
			(lengths[i] - 1) % 10 + (lengths[i] % 10 == 0 ? 0 : 1));
		files0_release(&f);
		free(text);
	}
}

static void what_is_no_list_is_told_and_leaves_nothing(void **state)
{
	static const struct {
		const char *from, *list;
		size_t len;
		const char *told;
	} cases[] = {
		{"list", BYTES("a\0\0b\0"),
			"upcase-pipe: list:2: a file name of no length\n"},
		{"list", BYTES("\0"),
			"upcase-pipe: list:1: a file name of no length\n"},
		{"-", BYTES("a\0b\0-\0"),
			"upcase-pipe: standard input:3: standard input holds "
			"the list, so it is no FILE\n"},
		{"nowhere", BYTES(""),
			"upcase-pipe: nowhere: the list of FILEs cannot be "
			"read: No such file or directory\n"},
		{".", BYTES(""),
			"upcase-pipe: .: the list of FILEs cannot be read: Is "
			"a directory\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		bool standard = strcmp(cases[i].from, "-") == 0;
		struct files0 f;
		int fd[2];
		char *told;

		support_pipe(fd);
		assert_int_equal(write(fd[1], cases[i].list, cases[i].len),
			(ssize_t)cases[i].len);
		assert_int_equal(close(fd[1]), 0);
		support_write("list", cases[i].list, cases[i].len);
		assert_int_equal(read_list(&f, cases[i].from,
					 standard ? fd[0] : -1, &told),
			-EINVAL);
		if (!standard)
			assert_int_equal(close(fd[0]), 0);
		assert_string_equal(told, cases[i].told);
		free(told);
		assert_null(f.names);
		assert_null(f.text);
	}
}

static void a_list_comes_through_a_pipe(void **state)
{
	struct files0 f;
	int fd[2];
	char *told;

	(void)state;
	support_pipe(fd);
	assert_int_equal(write(fd[1], "a\0b\0", 4), 4);
	assert_int_equal(close(fd[1]), 0);
	assert_int_equal(read_list(&f, "-", fd[0], &told), 0);
	free(told);
	assert_int_equal(f.n, 2);
	assert_string_equal(f.names[1], "b");
	files0_release(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		in_directory(names_end_with_nul_but_the_last_one_need_not),
		in_directory(a_long_list_is_read_to_its_end),
		in_directory(what_is_no_list_is_told_and_leaves_nothing),
		in_directory(a_list_comes_through_a_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
