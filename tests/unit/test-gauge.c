/*
 * Tests of the gauge: how far the input is, whatever is known of its size.
 */
#include "config.h"

#include "pipeline/gauge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Looks, and compares. */
static void is(struct gauge *g, size_t number, uint64_t taken, uint64_t size,
	bool sized)
{
	struct pipeline_course c;

	gauge_look(g, &c);
	assert_int_equal(c.number, number);
	assert_int_equal(c.taken, taken);
	assert_int_equal(c.size, size);
	assert_int_equal(c.sized, sized);
}

static void bytes_of_all_files_add_up(void **state)
{
	struct gauge_rest rest = {0, 0};
	struct pipeline_course c;
	struct gauge g;

	(void)state;
	assert_int_equal(gauge_init(&g), 0);
	is(&g, 0, 0, 0, false);
	gauge_look(&g, &c);
	assert_null(c.name);
	gauge_begin(&g, 1, "first", 100);
	gauge_rest_add(&rest, 50);
	gauge_rest_add(&rest, 30);
	gauge_tell_rest(&g, &rest);
	is(&g, 1, 0, 180, true);
	gauge_take(&g, 60);
	is(&g, 1, 60, 180, true);
	gauge_look(&g, &c);
	assert_string_equal(c.name, "first");
	gauge_end(&g);
	/* What was not taken is not to come. */
	is(&g, 1, 60, 140, true);
	gauge_begin(&g, 2, "second", 50);
	is(&g, 2, 60, 140, true);
	gauge_take(&g, 50);
	gauge_end(&g);
	gauge_begin(&g, 3, "third", 30);
	gauge_take(&g, 30);
	is(&g, 3, 140, 140, true);
	gauge_end(&g);
	is(&g, 3, 140, 140, true);
	gauge_release(&g);
}

static void sizes_are_wanted_once_somebody_looks(void **state)
{
	struct gauge_rest rest = {0, 0};
	struct pipeline_course c;
	struct gauge g;

	(void)state;
	assert_int_equal(gauge_init(&g), 0);
	assert_false(gauge_wants_rest(&g));
	gauge_begin(&g, 1, "a", 10);
	assert_false(gauge_wants_rest(&g));
	is(&g, 1, 0, 10, false);
	gauge_look(&g, &c);
	assert_true(gauge_wants_rest(&g));
	gauge_tell_rest(&g, &rest);
	assert_false(gauge_wants_rest(&g));
	is(&g, 1, 0, 10, true);
	gauge_release(&g);
}

static void one_of_unknown_size_makes_all_unknown_until_it_ends(void **state)
{
	struct gauge_rest rest = {0, 0};
	struct gauge g;

	(void)state;
	assert_int_equal(gauge_init(&g), 0);
	gauge_begin(&g, 1, "a", 10);
	gauge_rest_add(&rest, GAUGE_UNKNOWN);
	gauge_rest_add(&rest, 5);
	gauge_tell_rest(&g, &rest);
	gauge_take(&g, 10);
	is(&g, 1, 10, 15, false);
	gauge_end(&g);
	gauge_begin(&g, 2, "pipe", GAUGE_UNKNOWN);
	gauge_take(&g, 1000);
	is(&g, 2, 1010, 1015, false);
	gauge_end(&g);
	is(&g, 2, 1010, 1015, true);
	gauge_begin(&g, 3, "b", 5);
	is(&g, 3, 1010, 1015, true);
	gauge_release(&g);
}

static void a_file_that_changes_is_never_more_than_all(void **state)
{
	struct gauge_rest rest = {0, 0};
	struct gauge g;

	(void)state;
	assert_int_equal(gauge_init(&g), 0);
	gauge_begin(&g, 1, "grows", 10);
	gauge_rest_add(&rest, 7);
	gauge_rest_add(&rest, 3);
	gauge_tell_rest(&g, &rest);
	gauge_take(&g, 25);
	is(&g, 1, 25, 35, true);
	gauge_end(&g);
	/* Larger than it was, and one more unknown than there were. */
	gauge_begin(&g, 2, "grew", 70);
	is(&g, 2, 25, 95, true);
	gauge_take(&g, 70);
	gauge_end(&g);
	gauge_begin(&g, 3, "a pipe by now", GAUGE_UNKNOWN);
	is(&g, 3, 95, 95, false);
	gauge_end(&g);
	is(&g, 3, 95, 95, true);
	gauge_release(&g);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_of_all_files_add_up),
		cmocka_unit_test(sizes_are_wanted_once_somebody_looks),
		cmocka_unit_test(
			one_of_unknown_size_makes_all_unknown_until_it_ends),
		cmocka_unit_test(a_file_that_changes_is_never_more_than_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
