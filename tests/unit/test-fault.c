/*
 * Tests of faults: words that are cut rather than lost.
 */
#include "config.h"

#include "io/fault.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_text_is_formatted_as_by_printf(void **state)
{
	struct fault f;

	(void)state;
	fault_set(&f, "byte %d of %s", 7, "it");
	assert_string_equal(f.text, "byte 7 of it");
	fault_set(&f, "%s", "");
	assert_string_equal(f.text, "");
}

static void a_long_text_is_cut(void **state)
{
	char text[2 * sizeof(((struct fault *)0)->text)];
	struct fault f;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	fault_set(&f, "%s", text);
	assert_int_equal(strlen(f.text), sizeof(f.text) - 1);
	assert_memory_equal(f.text, text, sizeof(f.text) - 1);
}

static void an_errno_is_told_whatever_its_sign(void **state)
{
	struct fault f;

	(void)state;
	fault_set_errno(&f, ENOSPC);
	assert_string_equal(f.text, strerror(ENOSPC));
	fault_set_errno(&f, -EIO);
	assert_string_equal(f.text, strerror(EIO));
	fault_set_errno(&f, -99999);
	assert_string_not_equal(f.text, "");
}

static void want_of_memory_is_told_in_plain_words(void **state)
{
	struct fault f;

	(void)state;
	fault_set_errno(&f, -ENOMEM);
	assert_string_equal(f.text, "not enough memory");
}

static void nobody_need_want_to_know(void **state)
{
	(void)state;
	fault_set(NULL, "%d", 1);
	fault_set_errno(NULL, EIO);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_formatted_as_by_printf),
		cmocka_unit_test(a_long_text_is_cut),
		cmocka_unit_test(an_errno_is_told_whatever_its_sign),
		cmocka_unit_test(want_of_memory_is_told_in_plain_words),
		cmocka_unit_test(nobody_need_want_to_know),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
