/*
 * Tests of numbers as users write them: what is accepted, to the edges, and
 * that nothing else is.
 */
#include "config.h"

#include "cli/number.h"

#include "support.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SECOND	      INT64_C(1000000000)
#define HUNDRED_YEARS (INT64_C(100) * 365 * 24 * 3600)

/* What is no number of any kind. */
static const char *const nonsense[] = {"", " ", "x", "-1", "+1", " 1", "1 ",
	"0x10", "1e3", "1,5", "--1", "\n1", "1\n", "1x", "x1", "\xD9\xA1"};

static void numbers_within_the_range_are_accepted(void **state)
{
	static const struct {
		const char *text;
		uint64_t min, max, value;
	} good[] = {
		{"0", 0, 0, 0},
		{"1", 1, 1, 1},
		{"007", 1, 9, 7},
		{"256", 1, 256, 256},
		{"9", 1, 12, 9},
		{"12", 1, 12, 12},
		{"18446744073709551615", 0, UINT64_MAX, UINT64_MAX},
		{"00000000000000000000000000000000000001", 1, 5, 1},
	};
	uint64_t value;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		value = 99;
		assert_int_equal(number_parse(good[i].text, good[i].min,
					 good[i].max, &value),
			0);
		assert_int_equal(value, good[i].value);
	}
}

static void numbers_beyond_the_range_are_refused(void **state)
{
	uint64_t value = 99;
	char text[24];

	(void)state;
	/* Every pair of a small number and a small limit. */
	for (uint64_t max = 0; max <= 120; max++) {
		for (uint64_t n = 0; n <= 130; n++) {
			int want = n <= max ? 0 : -EINVAL;

			(void)snprintf(text, sizeof(text), "%" PRIu64, n);
			if (number_parse(text, 0, max, &value) != want)
				print_error("%s of %u\n", text, (unsigned)max);
			assert_int_equal(
				number_parse(text, 0, max, &value), want);
		}
	}
	assert_int_equal(number_parse("4", 5, 9, &value), -EINVAL);
	assert_int_equal(
		number_parse("18446744073709551616", 0, UINT64_MAX, &value),
		-EINVAL);
	assert_int_equal(number_parse("99999999999999999999999999", 0,
				 UINT64_MAX, &value),
		-EINVAL);
}

static void what_is_no_number_is_refused(void **state)
{
	uint64_t value = 99;
	int64_t ns = 99;

	(void)state;
	for (size_t i = 0; i < COUNT(nonsense); i++) {
		assert_int_equal(
			number_parse(nonsense[i], 0, 100, &value), -EINVAL);
		assert_int_equal(
			number_parse_size(nonsense[i], 100, &value), -EINVAL);
		assert_int_equal(
			number_parse_seconds(nonsense[i], &ns), -EINVAL);
	}
	assert_int_equal(number_parse("1.5", 0, 100, &value), -EINVAL);
	assert_int_equal(number_parse("1K", 0, 100000, &value), -EINVAL);
	assert_int_equal(value, 99);
	assert_int_equal(ns, 99);
}

static void sizes_take_powers_of_1024(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{"1", 1},
		{"4096", 4096},
		{"1K", 1024},
		{"64k", 65536},
		{"1M", 1048576},
		{"256m", 268435456},
		{"262144K", 268435456},
		{"268435456", 268435456},
	};
	static const char *const bad[] = {"0", "0K", "K", "1KB", "1G", "1Ki",
		"1KK", "1 K", "1.5K", "257M", "262145K", "268435457",
		"18014398509481984K", "17592186044416M",
		"99999999999999999999M"};
	uint64_t bytes;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_int_equal(
			number_parse_size(good[i].text, 268435456, &bytes), 0);
		assert_int_equal(bytes, good[i].bytes);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(
			number_parse_size(bad[i], 268435456, &bytes), -EINVAL);
	assert_int_equal(number_parse_size("9", 5, &bytes), -EINVAL);
	assert_int_equal(
		number_parse_size("18446744073709551615", UINT64_MAX, &bytes),
		0);
	assert_true(bytes == UINT64_MAX);
	/* Beyond 64 bits, where what is left of it would be a small number. */
	assert_int_equal(
		number_parse_size("18014398509481985K", UINT64_MAX, &bytes),
		-EINVAL);
	assert_int_equal(
		number_parse_size("17592186044417M", UINT64_MAX, &bytes),
		-EINVAL);
}

static void seconds_take_fractions(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} good[] = {
		{"0", 0},
		{"1", SECOND},
		{"0.25", SECOND / 4},
		{".5", SECOND / 2},
		{"2.000000001", 2 * SECOND + 1},
		{"0.9999999999999", SECOND - 1}, /* what is finer is cut off */
		{"0.0000000001", 0},
		{"90", 90 * SECOND},
	};
	int64_t ns;
	char text[40];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		ns = -1;
		assert_int_equal(number_parse_seconds(good[i].text, &ns), 0);
		assert_true(ns == good[i].ns);
	}
	assert_int_equal(number_parse_seconds(".", &ns), -EINVAL);
	assert_int_equal(number_parse_seconds("1.5.", &ns), -EINVAL);
	assert_int_equal(number_parse_seconds("1.-5", &ns), -EINVAL);
	assert_int_equal(number_parse_seconds("inf", &ns), -EINVAL);

	(void)snprintf(text, sizeof(text), "%" PRId64, 2 * HUNDRED_YEARS);
	assert_int_equal(number_parse_seconds(text, &ns), 0);
	assert_true(ns == 2 * HUNDRED_YEARS * SECOND);
	/* Those could not be counted. */
	for (int64_t n = 3; n <= 11; n++) {
		(void)snprintf(
			text, sizeof(text), "%" PRId64, n * HUNDRED_YEARS);
		assert_int_equal(number_parse_seconds(text, &ns), -EINVAL);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_within_the_range_are_accepted),
		cmocka_unit_test(numbers_beyond_the_range_are_refused),
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(sizes_take_powers_of_1024),
		cmocka_unit_test(seconds_take_fractions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
