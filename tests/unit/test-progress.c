/*
 * Tests of the figures: JSON that a parser takes, with every figure under its
 * name, and a table that people can read.
 */
#include "config.h"

#include "cli/progress.h"

#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct pipeline_stats figures = {
	.lines_in = 11,
	.bytes_in = 22,
	.lines_out = 33,
	.bytes_out = 44,
	.members = 55,
	.invalid = 66,
	.elapsed = 1500000000,
	.reader = {1, 1000000, 2000000, 3000000, 4},
	.transformer = {8, 10000000, 20000000, 30000000, 5},
	.writer = {1, 100000000, 200000000, 300000000, 6},
};

static const struct pipeline_stats largest = {
	.lines_in = UINT64_MAX,
	.bytes_in = UINT64_MAX,
	.lines_out = UINT64_MAX,
	.bytes_out = UINT64_MAX,
	.members = UINT64_MAX,
	.invalid = UINT64_MAX,
	.elapsed = INT64_MAX,
	.reader = {UINT32_MAX, INT64_MAX, INT64_MAX, INT64_MAX, SIZE_MAX},
	.transformer = {UINT32_MAX, INT64_MAX, INT64_MAX, INT64_MAX, SIZE_MAX},
	.writer = {UINT32_MAX, INT64_MAX, INT64_MAX, INT64_MAX, SIZE_MAX},
};

static char *told(void (*tell)(const struct pipeline_stats *s),
	const struct pipeline_stats *s)
{
	int saved = support_capture_begin();

	tell(s);
	return support_capture_end(saved);
}

/* What follows an object of numbers and such objects that begins at p; NULL if
 * there is none. It is all of JSON that is needed here. */
static const char *skip_object(const char *p)
{
	if (*p++ != '{')
		return NULL;
	for (;;) {
		size_t n;

		if (*p++ != '"')
			return NULL;
		n = strspn(p, "abcdefghijklmnopqrstuvwxyz_");
		if (n == 0 || p[n] != '"' || p[n + 1] != ':')
			return NULL;
		p += n + 2;
		if (*p == '{') {
			p = skip_object(p);
			if (!p)
				return NULL;
		} else {
			n = strspn(p, "0123456789");
			if (n == 0 || (n > 1 && *p == '0'))
				return NULL;
			p += n;
			if (*p == '.') {
				n = strspn(++p, "0123456789");
				if (n == 0)
					return NULL;
				p += n;
			}
		}
		if (*p == '}')
			return p + 1;
		if (*p++ != ',')
			return NULL;
	}
}

static void the_json_is_one_object_on_one_line(void **state)
{
	static const struct pipeline_stats nothing = {.lines_in = 0};
	const struct pipeline_stats *const all[] = {
		&nothing, &figures, &largest};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		char *text = told(progress_stats_json, all[i]);
		const char *end = skip_object(text);

		if (!end)
			print_error("%s\n", text);
		assert_non_null(end);
		assert_string_equal(end, "\n");
		free(text);
	}
}

static void every_figure_is_in_the_json(void **state)
{
	static const char *const parts[] = {"\"lines_in\":11,",
		"\"bytes_in\":22,", "\"lines_out\":33,", "\"bytes_out\":44,",
		"\"members\":55,", "\"invalid\":66,", "\"seconds\":1.500000,",
		"\"reader\":{\"threads\":1,\"busy_seconds\":0.001000,"
		"\"wait_seconds\":0.002000,\"blocked_seconds\":0.003000,"
		"\"queue_peak\":4}",
		"\"transformer\":{\"threads\":8,\"busy_seconds\":0.010000,"
		"\"wait_seconds\":0.020000,\"blocked_seconds\":0.030000,"
		"\"queue_peak\":5}",
		"\"writer\":{\"threads\":1,\"busy_seconds\":0.100000,"
		"\"wait_seconds\":0.200000,\"blocked_seconds\":0.300000,"
		"\"queue_peak\":6}"};
	char *text = told(progress_stats_json, &figures);

	(void)state;
	for (size_t i = 0; i < COUNT(parts); i++)
		assert_non_null(strstr(text, parts[i]));
	free(text);
}

static void the_table_has_the_figures(void **state)
{
	static const char *const parts[] = {"lines ", " 11 in", " 33 out",
		"bytes ", " 22 in", " 44 out", " 55 out", " 66 in", " 1.500\n",
		"\nreader ", "\ntransformer ", "\nwriter ", " 0.001 ",
		" 0.020 ", " 0.300 "};
	char *text = told(progress_stats_text, &figures);

	(void)state;
	for (size_t i = 0; i < COUNT(parts); i++)
		assert_non_null(strstr(text, parts[i]));
	for (char *line = text; *line; line = strchr(line, '\n') + 1)
		assert_true(strchr(line, '\n') - line <= 80);
	free(text);
	text = told(progress_stats_text, &largest);
	assert_non_null(strstr(text, "\nwriter "));
	assert_int_equal(text[strlen(text) - 1], '\n');
	free(text);
}

static void progress_is_one_line(void **state)
{
	char *text = told(progress_tell, &figures);

	(void)state;
	assert_string_equal(text,
		"upcase-pipe: progress: 11 lines, 22 bytes read; "
		"33 lines, 44 bytes written; 1.5 s\n");
	free(text);
	text = told(progress_tell,
		&(struct pipeline_stats){.lines_in = 1, .lines_out = 1});
	assert_string_equal(text,
		"upcase-pipe: progress: 1 line, 0 bytes read; "
		"1 line, 0 bytes written; 0.0 s\n");
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_json_is_one_object_on_one_line),
		cmocka_unit_test(every_figure_is_in_the_json),
		cmocka_unit_test(the_table_has_the_figures),
		cmocka_unit_test(progress_is_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
