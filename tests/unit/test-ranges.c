/*
 * Tests of the numbers that are chosen, beside a set of them with a bit each.
 */
#include "config.h"

#include "text/ranges.h"

#include "support.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Memory that runs out after so many calls; -1: never. */
static int left = -1;

void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);

void *__wrap_realloc(void *p, size_t size)
{
	if (left == 0)
		return NULL;
	if (left > 0)
		left--;
	return __real_realloc(p, size);
}

static void check(const struct ranges *r, const char *want)
{
	char is[256] = "";

	for (size_t i = 0; i < r->n; i++)
		(void)snprintf(is + strlen(is), sizeof(is) - strlen(is),
			"%s%u-%u", i > 0 ? "," : "", r->list[i].first,
			r->list[i].last);
	assert_string_equal(is, want);
	if (r->list) {
		assert_int_equal(r->list[r->n].first, UINT32_MAX);
		assert_int_equal(r->list[r->n].last, UINT32_MAX);
	}
}

static void numbers_are_in_order_and_joined(void **state)
{
	static const struct {
		struct range add[5];
		const char *want, *others;
	} cases[] = {
		{{{0, 0}}, "", "1-4294967294"},
		{{{2, 2}}, "2-2", "1-1,3-4294967294"},
		{{{1, 1}}, "1-1", "2-4294967294"},
		{{{5, 7}, {2, 2}}, "2-2,5-7", "1-1,3-4,8-4294967294"},
		{{{5, 7}, {8, 9}}, "5-9", "1-4,10-4294967294"},
		{{{5, 7}, {3, 4}}, "3-7", "1-2,8-4294967294"},
		{{{5, 7}, {2, 3}}, "2-3,5-7", "1-1,4-4,8-4294967294"},
		{{{5, 7}, {9, 9}}, "5-7,9-9", "1-4,8-8,10-4294967294"},
		{{{5, 7}, {6, 6}}, "5-7", "1-4,8-4294967294"},
		{{{5, 7}, {1, 20}}, "1-20", "21-4294967294"},
		{{{1, 1}, {3, 3}, {5, 5}, {2, 4}}, "1-5", "6-4294967294"},
		{{{1, 1}, {4, 4}, {7, 7}, {9, 9}, {3, 7}}, "1-1,3-7,9-9",
			"2-2,8-8,10-4294967294"},
		{{{3, RANGES_MOST}}, "3-4294967294", "1-2"},
		{{{3, RANGES_MOST}, {9, RANGES_MOST}, {1, 1}},
			"1-1,3-4294967294", "2-2"},
		{{{1, RANGES_MOST}}, "1-4294967294", ""},
		{{{RANGES_MOST, RANGES_MOST}}, "4294967294-4294967294",
			"1-4294967293"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ranges r = {0};

		for (size_t j = 0; j < 5 && cases[i].add[j].first > 0; j++)
			assert_int_equal(ranges_add(&r, cases[i].add[j].first,
						 cases[i].add[j].last),
				0);
		check(&r, cases[i].want);
		assert_int_equal(ranges_complement(&r), 0);
		check(&r, cases[i].others);
		assert_int_equal(ranges_complement(&r), 0);
		check(&r, cases[i].want);
		ranges_free(&r);
		ranges_free(&r);
	}
}

static bool has(const struct ranges *r, uint32_t number)
{
	return ranges_from(r, number)->first <= number;
}

static void random_numbers_are_those_that_were_added(void **state)
{
	enum {
		MOST = 40
	};
	uint32_t seed = 13;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		uint64_t set = 0;
		struct ranges r = {0};
		const struct range *up;

		for (unsigned n = support_random(&seed) % 12; n > 0; n--) {
			uint32_t first = 1 + support_random(&seed) % MOST;
			uint32_t last = first + support_random(&seed) %
							(MOST + 1 - first);

			assert_int_equal(ranges_add(&r, first, last), 0);
			for (uint32_t k = first; k <= last; k++)
				set |= UINT64_C(1) << k;
		}
		up = ranges_from(&r, 1);
		for (uint32_t k = 1; k <= MOST + 2; k++) {
			up = range_up(up, k);
			assert_int_equal(has(&r, k), set >> k & 1);
			assert_int_equal(up->first <= k, set >> k & 1);
		}
		for (size_t i = 1; i < r.n; i++)
			assert_true(r.list[i].first > r.list[i - 1].last + 1);
		assert_int_equal(ranges_complement(&r), 0);
		for (uint32_t k = 1; k <= MOST; k++)
			assert_int_equal(has(&r, k), !(set >> k & 1));
		assert_true(has(&r, RANGES_MOST));
		ranges_free(&r);
	}
}

static void behind_the_last_there_is_one_that_is_never_reached(void **state)
{
	struct ranges r = {0};

	(void)state;
	assert_int_equal(ranges_from(&r, 1)->first, UINT32_MAX);
	assert_int_equal(ranges_from(&r, RANGES_MOST)->first, UINT32_MAX);
	assert_int_equal(ranges_add(&r, 2, 3), 0);
	assert_int_equal(ranges_from(&r, 1)->first, 2);
	assert_int_equal(ranges_from(&r, 3)->first, 2);
	assert_int_equal(ranges_from(&r, 4)->first, UINT32_MAX);
	assert_int_equal(range_up(r.list, RANGES_MOST)->first, UINT32_MAX);
	ranges_free(&r);
}

static void without_memory_all_is_as_it_was(void **state)
{
	struct ranges r = {0};

	(void)state;
	left = 0;
	assert_int_equal(ranges_add(&r, 1, 2), -ENOMEM);
	check(&r, "");
	left = 1;
	assert_int_equal(ranges_add(&r, 5, 6), 0);
	assert_int_equal(ranges_add(&r, 1, 2), -ENOMEM);
	check(&r, "5-6");
	/* What is joined needs none. */
	assert_int_equal(ranges_add(&r, 7, 9), 0);
	check(&r, "5-9");
	for (left = 0; left < 2;) {
		int n = left;

		assert_int_equal(ranges_complement(&r), -ENOMEM);
		check(&r, "5-9");
		left = n + 1;
	}
	assert_int_equal(ranges_complement(&r), 0);
	check(&r, "1-4,10-4294967294");
	left = -1;
	ranges_free(&r);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_in_order_and_joined),
		cmocka_unit_test(random_numbers_are_those_that_were_added),
		cmocka_unit_test(
			behind_the_last_there_is_one_that_is_never_reached),
		cmocka_unit_test(without_memory_all_is_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
