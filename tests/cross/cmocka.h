/*
 * What the tests of the engine use of cmocka, for processors that it is not
 * installed for: the first assertion that fails ends the program.
 */
#ifndef CROSS_CMOCKA_H
#define CROSS_CMOCKA_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
	const char *name;
	void (*run)(void **state);
};

#define cmocka_unit_test(f) \
	{                   \
#f, f       \
	}
#define print_message(...) printf(__VA_ARGS__)
#define print_error(...)   fprintf(stderr, __VA_ARGS__)
#define fail_msg(...)                                       \
	do {                                                \
		print_error("%s:%d: ", __FILE__, __LINE__); \
		print_error(__VA_ARGS__);                   \
		print_error("\n");                          \
		exit(1);                                    \
	} while (0)
#define cross_assert(e, what)                 \
	do {                                  \
		if (!(e))                     \
			fail_msg("%s", what); \
	} while (0)
#define assert_true(e)	       cross_assert((e), #e)
#define assert_false(e)	       cross_assert(!(e), "not " #e)
#define assert_null(e)	       cross_assert((e) == NULL, "NULL: " #e)
#define assert_non_null(e)     cross_assert((e) != NULL, "not NULL: " #e)
#define assert_ptr_equal(a, b) cross_assert((a) == (b), #a " == " #b)
#define assert_int_equal(a, b)                                           \
	cross_assert((unsigned long long)(a) == (unsigned long long)(b), \
		#a " == " #b)
#define assert_string_equal(a, b) cross_assert(strcmp(a, b) == 0, #a " == " #b)
#define assert_string_not_equal(a, b) \
	cross_assert(strcmp(a, b) != 0, #a " != " #b)
#define assert_memory_equal(a, b, n) \
	cross_assert(memcmp(a, b, n) == 0, #a " == " #b)
#define cmocka_run_group_tests(tests, set_up, tear_down) \
	cross_run(tests, sizeof(tests) / sizeof((tests)[0]), set_up, tear_down)

static int cross_run(const struct CMUnitTest *tests, size_t n,
	int (*set_up)(void **), int (*tear_down)(void **))
{
	void *state = NULL;

	if (set_up && set_up(&state) != 0)
		fail_msg("the set-up failed");
	for (size_t i = 0; i < n; i++) {
		print_message("%s\n", tests[i].name);
		fflush(stdout);
		tests[i].run(&state);
	}
	if (tear_down && tear_down(&state) != 0)
		fail_msg("the tear-down failed");
	print_message("%zu tests passed\n", n);
	return 0;
}

#endif
