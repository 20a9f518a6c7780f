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
#include <string.h>

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

static void its_name_is_told_or_that_it_is_missing(void **state)
{
	char text[40], little[4];

	(void)state;
	library_tell(text, sizeof(text), "libnone.so.99", wanted, 1);
	assert_string_equal(text, "libnone.so.99 is missing");
	library_tell(little, sizeof(little), "libnone.so.99", wanted, 1);
	assert_string_equal(little, "lib");
	library_tell(text, sizeof(text), SONAME, wanted, COUNT(wanted));
	if (strcmp(text, SONAME " is missing") == 0)
		skip();
	assert_string_equal(text, SONAME);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_functions_go_to_their_places),
		cmocka_unit_test(
			one_that_is_not_there_or_lacks_something_is_told),
		cmocka_unit_test(its_name_is_told_or_that_it_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
