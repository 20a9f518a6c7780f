/*
 * What stands in for functions that a C library has not: compiled here under
 * names of their own, since where the tests run there is likely the real one.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define memrchr replaced_memrchr
#if HAVE_DECL_MEMRCHR /* otherwise config.h does it */
void *memrchr(const void *s, int c, size_t n);
#endif
#include "compat/memrchr.c"

/* The engine can be lifted out without that one, so it has its own way. */
#undef HAVE_DECL_MEMRCHR
#define HAVE_DECL_MEMRCHR 0
#include "upcase/utf8.h"

static void memrchr_finds_the_last_of_several(void **state)
{
	static const char s[] = "a\nb\nc";

	(void)state;
	assert_ptr_equal(memrchr(s, '\n', 5), s + 3);
	assert_ptr_equal(memrchr(s, '\n', 4), s + 3);
	assert_ptr_equal(memrchr(s, '\n', 3), s + 1);
	assert_ptr_equal(memrchr(s, 'a', 5), s);
}

static void memrchr_looks_at_n_bytes_only(void **state)
{
	static const char s[] = "abc\n";

	(void)state;
	assert_null(memrchr(s, '\n', 3));
	assert_null(memrchr(s + 3, '\n', 0));
	assert_null(memrchr(NULL, '\n', 0));
}

static void memrchr_compares_bytes(void **state)
{
	static const unsigned char s[] = {0, 0xff, 1, 0};

	(void)state;
	assert_ptr_equal(memrchr(s, 0xff, 4), s + 1);
	assert_ptr_equal(memrchr(s, -1, 4), s + 1);
	assert_ptr_equal(memrchr(s, 0, 4), s + 3);
	assert_ptr_equal(memrchr(s, 0x101, 4), s + 2);
}

static void the_last_line_is_found_without_memrchr(void **state)
{
	static const unsigned char s[] = "a\nb\nc";

	(void)state;
	assert_ptr_equal(utf8_last_line(s, 5), s + 4);
	assert_ptr_equal(utf8_last_line(s, 4), s + 4);
	assert_ptr_equal(utf8_last_line(s, 3), s + 2);
	assert_ptr_equal(utf8_last_line(s, 1), s);
	assert_ptr_equal(utf8_last_line(s, 0), s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(memrchr_finds_the_last_of_several),
		cmocka_unit_test(memrchr_looks_at_n_bytes_only),
		cmocka_unit_test(memrchr_compares_bytes),
		cmocka_unit_test(the_last_line_is_found_without_memrchr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
