/*
 * Tests of messages: one line and one write each, and names that cannot do
 * harm.
 */
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

static void quoted_is(const char *name, const char *want)
{
	char *out = support_allocate(200);

	assert_ptr_equal(diag_quote(name, out, 200), out);
	assert_string_equal(out, want);
	free(out);
}

static void harmless_names_are_shown_as_they_are(void **state)
{
	static const char *const names[] = {"file", "a b", "it's", "a\\b", "-",
		"straße", "日本語", "𐐨", "\xC2\xA0", "~!@#$%^&*()\""};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		quoted_is(names[i], names[i]);
}

static void control_characters_are_quoted(void **state)
{
	quoted_is("", "''"); /* a name that would not show */
	(void)state;
	quoted_is("a\nb", "'a\\nb'");
	quoted_is("a\tb", "'a\\tb'");
	quoted_is("\033[31m", "'\\033[31m'");
	quoted_is("\x7f", "'\\177'");
	quoted_is("\x01", "'\\001'");
	quoted_is("it's\n", "'it\\'s\\n'");
	quoted_is("a\\b\r", "'a\\\\b\\015'");
	quoted_is("\xC2\x9B"
		  "1m",
		"'\\302\\2331m'"); /* CSI in one character */
	quoted_is("\xC2\x80", "'\\302\\200'");
}

static void what_is_not_utf8_is_quoted(void **state)
{
	(void)state;
	quoted_is("a\xff", "'a\\377'");
	quoted_is("\xC3", "'\\303'");
	quoted_is("\xED\xA0\x80", "'\\355\\240\\200'");
}

static void long_harmless_names_are_not_quoted(void **state)
{
	char name[4000], out[4096];

	(void)state;
	for (size_t len = 1; len < sizeof(name); len = 2 * len + 1) {
		memset(name, 'x', len);
		name[len] = '\0';
		(void)diag_quote(name, out, sizeof(out));
		if (strcmp(out, name) != 0)
			print_error("a name of %zu bytes\n", len);
		assert_true(strcmp(out, name) == 0);
	}
}

static void no_character_of_a_long_name_is_cut_when_it_is_looked_at(
	void **state)
{
	char name[600], out[1024];

	(void)state;
	for (size_t len = 0; len < 590; len++) {
		memset(name, 'x', len);
		strcpy(name + len, "ß日");
		(void)diag_quote(name, out, sizeof(out));
		assert_string_equal(out, name);
	}
}

static void quoted_names_are_cut_to_fit(void **state)
{
	static const char *const names[] = {"abcdefghijklmnopqrstuvwxyz",
		"abcdefghijklmnopqrstuvwxy\n", "\n\n\n\n\n\n\n\n",
		"\x01\x01\x01\x01\x01\x01\x01\x01", "''''''''''''''''\n"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		char whole[200];

		(void)diag_quote(names[i], whole, sizeof(whole));
		for (size_t size = 3; size < 60; size++) {
			char *out = support_allocate(size);
			size_t len;

			(void)diag_quote(names[i], out, size);
			len = strlen(out);
			assert_true(len < size);
			if (whole[0] == '\'')
				assert_int_equal(out[len - 1], '\'');
			else
				assert_memory_equal(out, whole, len);
			if (size > strlen(whole) + 6)
				assert_string_equal(out, whole);
			free(out);
		}
	}
}

/* A process that must end; SIGALRM ends it when it does not come back. */
static _Noreturn void say_in_a_hurry(int error)
{
	(void)dup2(error, STDERR_FILENO);
	(void)alarm(20);
	diag_hurry();
	diag_error(NULL, "nobody takes this");
	_exit(0);
}

static void in_a_hurry_what_is_not_taken_is_dropped(void **state)
{
	int fd[2], status;
	pid_t pid;

	(void)state;
	support_pipe(fd);
	(void)support_fill_pipe(fd[1]);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		say_in_a_hurry(fd[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	(void)close(fd[0]);
	(void)close(fd[1]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_one_line_and_one_write),
		cmocka_unit_test(a_place_is_told_with_line_and_column),
		cmocka_unit_test(notes_are_told_from_their_level_on),
		cmocka_unit_test(a_text_is_written_as_it_is),
		cmocka_unit_test(a_message_that_is_too_long_is_still_a_line),
		cmocka_unit_test(harmless_names_are_shown_as_they_are),
		cmocka_unit_test(control_characters_are_quoted),
		cmocka_unit_test(what_is_not_utf8_is_quoted),
		cmocka_unit_test(long_harmless_names_are_not_quoted),
		cmocka_unit_test(
			no_character_of_a_long_name_is_cut_when_it_is_looked_at),
		cmocka_unit_test(quoted_names_are_cut_to_fit),
		cmocka_unit_test(in_a_hurry_what_is_not_taken_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
