/*
 * Tests of lines: newlines and characters, counted and found.
 */
#include "config.h"

#include "text/lines.h"

#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void newlines_and_characters_are_counted(void **state)
{
	static const unsigned char text[] = "a\nßΐ日𐐨\n\n";

	(void)state;
	assert_int_equal(lines_count(text, sizeof(text) - 1), 3);
	assert_int_equal(lines_count(text, 1), 0);
	assert_int_equal(lines_count(NULL, 0), 0);
	assert_int_equal(lines_characters(text, sizeof(text) - 1), 8);
	assert_int_equal(lines_characters(NULL, 0), 0);
}

/* A byte in a vector counts to 255: what comes behind that must not be lost. */
static void newlines_are_counted_at_any_place_and_in_any_number(void **state)
{
	enum {
		SIZE = 300 * 64
	};
	unsigned char *text = malloc(SIZE);

	(void)state;
	assert_non_null(text);
	memset(text, '\n', SIZE);
	for (size_t begin = 0; begin < 70; begin++)
		for (size_t cut = 0; cut < 70; cut++)
			assert_int_equal(
				lines_count(text + begin, SIZE - begin - cut),
				SIZE - begin - cut);
	memset(text, '\n' | 0x80, SIZE);
	for (size_t at = 0; at < SIZE; at++) {
		text[at] = '\n';
		assert_int_equal(lines_count(text, SIZE), 1);
		assert_int_equal(lines_count(text, at), 0);
		text[at] = '\n' + 1;
	}
	free(text);
}

static void whole_lines_end_with_the_last_newline(void **state)
{
	static const struct {
		const char *text;
		size_t whole;
		bool ends;
	} cases[] = {
		{"", 0, false},
		{"a", 0, false},
		{"\n", 1, true},
		{"a\nb", 2, false},
		{"a\nb\n", 4, true},
		{"a\n\nbc", 3, false},
		{"\nabc", 1, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *text = cases[i].text;
		const unsigned char *p = (const unsigned char *)text;

		assert_int_equal(lines_whole(p, strlen(text)), cases[i].whole);
		assert_int_equal(lines_end(p, strlen(text)), cases[i].ends);
	}
	assert_int_equal(lines_whole(NULL, 0), 0);
}

static void characters_are_counted_in_any_number(void **state)
{
	static unsigned char text[9000];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 3 ? 0x80 | (i & 0x3F) : 0xE0 | (i & 0x0F);
	for (size_t len = 0; len <= sizeof(text); len += 1 + len / 9)
		for (size_t from = 0; from < 3 && from <= len; from++)
			assert_int_equal(
				lines_characters(text + from, len - from),
				(len + 2) / 3 - (from + 2) / 3);
	/* A byte in a vector counts to 127. */
	memset(text, 'a', sizeof(text));
	assert_int_equal(lines_characters(text, sizeof(text)), sizeof(text));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(newlines_and_characters_are_counted),
		cmocka_unit_test(
			newlines_are_counted_at_any_place_and_in_any_number),
		cmocka_unit_test(characters_are_counted_in_any_number),
		cmocka_unit_test(whole_lines_end_with_the_last_newline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
