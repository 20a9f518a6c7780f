/*
 * Tests of libraries that are loaded when they are needed.
 */
#include "config.h"

#include "codec/library.h"

#include "support.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What the tests are linked with is there, and loaded in no time. */
#define SONAME "libcmocka.so.0"

struct functions {
	void *none_before;
	LIBRARY_POINTER(mock_assert);
	void *none_behind;
};

static const struct library_function wanted[] = {
	LIBRARY_FUNCTION(functions, mock_assert),
};

static void its_functions_go_to_their_places(void **state)
{
	struct functions f = {.mock_assert = NULL};
	void *library = NULL;

	(void)state;
	if (library_load(&library, SONAME, wanted, COUNT(wanted), &f) != 0)
		support_skip("this library is not there");
	assert_non_null(library);
	assert_true(f.mock_assert == mock_assert);
	assert_null(f.none_before);
	assert_null(f.none_behind);
	library_unload(library);
}

static void one_that_is_not_there_or_lacks_something_is_told(void **state)
{
	static const struct library_function none[] = {
		{"mock_assert", 0},
		{"there_is_no_such_function", 0},
	};
	struct functions f = {.mock_assert = NULL};
	void *library = NULL;

	(void)state;
	assert_int_equal(library_load(&library, "libnone.so.99", wanted,
				 COUNT(wanted), &f),
		-ENOTSUP);
	assert_int_equal(library_load(&library, SONAME, none, COUNT(none), &f),
		-ENOTSUP);
	assert_null(library);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_functions_go_to_their_places),
		cmocka_unit_test(
			one_that_is_not_there_or_lacks_something_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
