/*
 * Tests of messages: one line and one write each, whatever the name. How names
 * are shown: test-quote. How nobody waits: test-say.
 */
#define _GNU_SOURCE /* also where the program does without */
#include "config.h"

#include "cli/diag.h"

#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Calls of write to standard error so far. */
static unsigned writes;

/* In the place of the C library's, to count. */
ssize_t write(int fd, const void *buf, size_t len)
{
	writes += fd == STDERR_FILENO;
	return syscall(SYS_write, fd, buf, len);
}

/* What a call tells. Sets `told` and `writes`. */
#define TELL(call)                                   \
	do {                                         \
		int saved = support_capture_begin(); \
                                                     \
		writes = 0;                          \
		call;                                \
		told = support_capture_end(saved);   \
	} while (0)

static void a_message_is_one_line_and_one_write(void **state)
{
	char *told;

	(void)state;
	TELL(diag_error("file", "no %s, %d", "good", 7));
	assert_string_equal(told, "upcase-pipe: file: no good, 7\n");
	assert_int_equal(writes, 1);
	free(told);
	TELL(diag_error(NULL, "no good"));
	assert_string_equal(told, "upcase-pipe: no good\n");
	assert_int_equal(writes, 1);
	free(told);
}

static void a_place_is_told_with_line_and_column(void **state)
{
	char *told;

	(void)state;
	TELL(diag_error_at("file", 3, 18446744073709551615U, "100%s bad"));
	assert_string_equal(
		told, "upcase-pipe: file:3:18446744073709551615: 100%s bad\n");
	assert_int_equal(writes, 1);
	free(told);
	TELL(diag_error_at("a\nb", 1, 2, "bad"));
	assert_string_equal(told, "upcase-pipe: 'a\\nb':1:2: bad\n");
	free(told);
}

static void notes_are_told_from_their_level_on(void **state)
{
	static const enum diag_level levels[] = {
		DIAG_QUIET, DIAG_NORMAL, DIAG_VERBOSE};
	char *told;

	(void)state;
	for (size_t i = 0; i < COUNT(levels); i++) {
		diag_set_level(levels[i]);
		for (size_t j = 1; j < COUNT(levels); j++) {
			TELL(diag_note(levels[j], "file", "note %d", 1));
			assert_string_equal(told,
				j <= i ? "upcase-pipe: file: note 1\n" : "");
			free(told);
		}
		TELL(diag_error(NULL, "always"));
		assert_string_equal(told, "upcase-pipe: always\n");
		free(told);
	}
	diag_set_level(DIAG_NORMAL);
}

static void a_text_is_written_as_it_is(void **state)
{
	char *told;

	(void)state;
	TELL(diag_text("one\ntwo\tthree\n"));
	assert_string_equal(told, "one\ntwo\tthree\n");
	assert_int_equal(writes, 1);
	free(told);
	TELL(diag_text(""));
	assert_string_equal(told, "");
	free(told);
}

static void a_message_that_is_too_long_is_still_a_line(void **state)
{
	char text[10000], *told;
	size_t len;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	TELL(diag_error(text, "%s", text));
	len = strlen(told);
	assert_int_equal(writes, 1);
	assert_int_equal(told[len - 1], '\n');
	assert_ptr_equal(strchr(told, '\n'), told + len - 1);
	assert_memory_equal(told, "upcase-pipe: ", 13);
	free(told);
	TELL(diag_error_at(text, 1, 1, text));
	assert_non_null(strstr(told, ":1:1: x"));
	free(told);
}

static void what_is_wrong_is_never_cut(void **state)
{
	char name[3 * 4096 + 1], *told;

	(void)state;
	memset(name, '\n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	TELL(diag_error(name, "%0255d", 7));
	assert_int_equal(writes, 1);
	assert_string_equal(told + strlen(told) - 3, "07\n");
	assert_non_null(strstr(told, "\\n'...'\\n"));
	free(told);
	TELL(diag_error_at(name, UINT64_MAX, UINT64_MAX, "why\t"));
	assert_non_null(strstr(told, "\\n':18446744073709551615:"));
	assert_string_equal(told + strlen(told) - 5, "why\t\n");
	free(told);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_one_line_and_one_write),
		cmocka_unit_test(a_place_is_told_with_line_and_column),
		cmocka_unit_test(notes_are_told_from_their_level_on),
		cmocka_unit_test(a_text_is_written_as_it_is),
		cmocka_unit_test(a_message_that_is_too_long_is_still_a_line),
		cmocka_unit_test(what_is_wrong_is_never_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
