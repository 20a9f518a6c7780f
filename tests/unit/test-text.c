/*
 * Tests of the seam for what is turned: where records end, and that a piece
 * comes out as the engine would have it.
 */
#include "config.h"

#include "text/text.h"

#include "support.h"
#include "text/selection.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void make(struct text *t, struct upcase *u,
	enum upcase_language language, enum upcase_invalid invalid)
{
	assert_int_equal(upcase_init(u, UPCASE_FULL, language, invalid), 0);
	text_init(t, u);
}

static void a_record_is_a_line(void **state)
{
	static const unsigned char p[] = "a\nbc\nd";
	struct text_state now = {0}, at_end = {.at = 7};
	struct upcase u;
	struct text t;

	(void)state;
	make(&t, &u, UPCASE_ROOT, UPCASE_KEEP);
	assert_int_equal(text_scan(&t, &now, &at_end, p, 0, 1), 0);
	assert_int_equal(at_end.at, 7); /* none ended */
	assert_int_equal(text_scan(&t, &now, &at_end, p, 1, 6), 5);
	assert_int_equal(at_end.at, 0);
	assert_int_equal(text_scan(&t, &now, &at_end, p, 0, 0), 0);
	assert_int_equal(text_whole(&t, &now, p, 6), 5);
	assert_int_equal(text_whole(&t, &now, p, 5), 5);
	assert_int_equal(text_whole(&t, &now, p, 4), 2);
	assert_int_equal(text_whole(&t, &now, p, 1), 0);
}

static void later_records_are_no_header(void **state)
{
	static const unsigned char p[] = "x,\"a\nb\"\ny,\"z\n";
	static const char *const names[] = {"name"};
	struct text_selection s = {.choice = TEXT_FIELDS,
		.header = true,
		.delimiter = ",",
		.delimiter_len = 1,
		.quotes = true};
	struct columns_wanted wanted = {.names = names,
		.n_names = 1,
		.delimiter = s.delimiter,
		.delimiter_len = 1,
		.quotes = true};
	struct text_state begin = {0};
	struct upcase u;
	struct text t;

	(void)state;
	make(&t, &u, UPCASE_ROOT, UPCASE_KEEP);
	s.columns = columns_new(&wanted);
	assert_non_null(s.columns);
	text_select(&t, &s);
	/* As a header it has no such name: from there on lines are records. */
	assert_int_equal(text_whole(&t, &begin, p, 13), 13);
	assert_int_equal(text_whole_behind(&t, &begin, p, 13), 8);
	columns_free(s.columns);
}

static int convert(const struct text *t, struct text_engine *engine,
	const char *in, bool last, bool in_place, const char *want)
{
	static const struct text_state begin;
	unsigned char text[64], spare[8192];
	struct text_result result;
	struct text_piece piece = {.begin = &begin,
		.engine = engine,
		.last = last,
		.text = text,
		.len = strlen(in),
		.in_place = in_place,
		.spare = spare,
		.room = sizeof(spare)};
	int err;

	memcpy(text, in, strlen(in));
	assert_true(text_bound(strlen(in)) <= sizeof(spare));
	err = text_convert(t, &piece, &result);
	support_same(result.out, result.produced, want, strlen(want));
	if (in_place)
		assert_true(result.out == text || result.out == spare);
	else
		assert_memory_equal(text, in, strlen(in));
	return err;
}

static void a_piece_becomes_upper_case(void **state)
{
	struct upcase u;
	struct text t;

	(void)state;
	make(&t, &u, UPCASE_ROOT, UPCASE_KEEP);
	assert_false(text_has_context(&t));
	assert_false(text_can_fail(&t));
	for (int in_place = 0; in_place < 2; in_place++) {
		assert_int_equal(convert(&t, NULL, "a\xC3\xA9\n", true,
					 in_place, "A\xC3\x89\n"),
			0);
		assert_int_equal(
			convert(&t, NULL, "\xC3\x9F", false, in_place, "SS"),
			0);
	}
	u.invalid = UPCASE_FAIL;
	assert_true(text_can_fail(&t));
	assert_int_equal(convert(&t, NULL, "a\xFF", true, false, "A"), -EILSEQ);
}

static void context_goes_from_piece_to_piece(void **state)
{
	struct text_engine engine;
	struct upcase u;
	struct text t;

	(void)state;
	make(&t, &u, UPCASE_LT, UPCASE_KEEP);
	assert_true(text_has_context(&t));
	text_engine_begin(&engine);
	assert_int_equal(convert(&t, &engine, "i", false, true, "I"), 0);
	/* U+0307 goes behind a soft-dotted letter only. */
	assert_int_equal(convert(&t, &engine, "\xCC\x87x", true, true, "X"), 0);
	assert_int_equal(
		convert(&t, NULL, "\xCC\x87x", true, true, "\xCC\x87X"), 0);
}

static void a_cut_before_what_is_incomplete_is_between_characters(void **state)
{
	static const struct {
		const char *text;
		size_t incomplete;
	} cases[] = {
		{"", 0},
		{"a", 0},
		{"a\xC3", 1},
		{"a\xC3\xA9", 0},
		{"\xE2\x82", 2},
		{"\xF0\x9F\x98", 3},
		{"\xF0\x9F\x98\x80", 0},
		{"a\x80", 0},
		{"\xFF", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(
			text_incomplete((const unsigned char *)cases[i].text,
				strlen(cases[i].text)),
			cases[i].incomplete);
}

static void what_is_kept_is_no_failure(void **state)
{
	struct upcase u;
	struct text t;

	(void)state;
	make(&t, &u, UPCASE_ROOT, UPCASE_KEEP);
	assert_true(text_keeps(&t) && !text_can_fail(&t));
	make(&t, &u, UPCASE_ROOT, UPCASE_REPLACE);
	assert_false(text_keeps(&t) || text_can_fail(&t));
	make(&t, &u, UPCASE_ROOT, UPCASE_FAIL);
	assert_true(text_can_fail(&t) && !text_keeps(&t));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_is_a_line),
		cmocka_unit_test(later_records_are_no_header),
		cmocka_unit_test(a_piece_becomes_upper_case),
		cmocka_unit_test(context_goes_from_piece_to_piece),
		cmocka_unit_test(
			a_cut_before_what_is_incomplete_is_between_characters),
		cmocka_unit_test(what_is_kept_is_no_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
