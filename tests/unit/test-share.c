/*
 * Tests of shares: of any sizes and numbers, they are all bytes, each once, in
 * order, and nearly equal.
 */
#include "config.h"

#include "io/share.h"

#include "support.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const names[] = {"a", "b", "c", "d"};

static void make_files(const size_t sizes[4])
{
	for (size_t i = 0; i < 4; i++) {
		FILE *f = fopen(names[i], "w");

		assert_non_null(f);
		for (size_t k = 0; k < sizes[i]; k++)
			assert_int_equal(fputc('x', f), 'x');
		assert_int_equal(fclose(f), 0);
	}
}

/* Goes over all shares: each byte and each empty file is in exactly one. */
static void expect_a_partition(const size_t sizes[4], uint64_t count)
{
	off_t end[4] = {0};
	unsigned in[4] = {0};
	off_t total = 0, least = 1000, most = 0;

	for (uint64_t n = 1; n <= count; n++) {
		struct share s;
		size_t bad;

		assert_int_equal(share_init(&s, names, 4, n, count, &bad), 0);
		total = s.total;
		least = s.to - s.from < least ? s.to - s.from : least;
		most = s.to - s.from > most ? s.to - s.from : most;
		for (size_t i = 0; i < 4; i++) {
			off_t from, to;

			share_of(&s, i, &from, &to);
			assert_int_equal(share_has(&s, i),
				sizes[i] > 0 ? from < to : share_has(&s, i));
			in[i] += sizes[i] == 0 && share_has(&s, i);
			if (from == to)
				continue;
			assert_int_equal(from, end[i]);
			end[i] = to;
		}
		share_release(&s);
	}
	assert_true(most - least <= 1);
	assert_int_equal(total, sizes[0] + sizes[1] + sizes[2] + sizes[3]);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(end[i], sizes[i]);
		assert_int_equal(in[i], sizes[i] == 0);
	}
}

static void all_shares_are_all_bytes(void **state)
{
	static const size_t sizes[][4] = {{10, 0, 3, 7}, {0, 0, 0, 0},
		{0, 5, 0, 0}, {1, 1, 1, 1}, {97, 13, 0, 64}};
	static const uint64_t counts[] = {1, 2, 3, 7, 10, 100, 1000000007};

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		make_files(sizes[i]);
		for (size_t k = 0; k + 1 < COUNT(counts); k++)
			expect_a_partition(sizes[i], counts[k]);
	}
}

/* Sizes and numbers whose product has more than 64 bits. */
static void large_files_have_no_overflow(void **state)
{
	struct share s;
	size_t bad;
	off_t size = (off_t)1 << 43;

	(void)state;
	make_files((const size_t[4]){0, 0, 0, 0});
	assert_int_equal(truncate("a", size - 1), 0);
	assert_int_equal(share_init(&s, names, 4, 1000000, 1000000, &bad), 0);
	assert_int_equal(s.to, size - 1);
	assert_true(s.from > s.to - size / 1000000 - 2);
	share_release(&s);
}

/* More bytes than there are numbers for, by one file many times. */
static void too_many_bytes_are_told(void **state)
{
	off_t size = INT64_MAX;
	const char **many;
	struct share s;
	size_t bad = 0, n;

	(void)state;
	make_files((const size_t[4]){0, 0, 0, 0});
	while (truncate("a", size) < 0)
		size /= 2;
	n = (size_t)(INT64_MAX / size) + 1;
	if (n > 1 << 24)
		skip(); /* no large file can be made here */
	many = malloc(n * sizeof(*many));
	assert_non_null(many);
	for (size_t i = 0; i < n; i++)
		many[i] = "a";
	assert_int_equal(share_init(&s, many, n - 1, 1, 3, &bad), 0);
	share_release(&s);
	assert_int_equal(share_init(&s, many, n, 1, 3, &bad), -EOVERFLOW);
	assert_int_equal(bad, n - 1);
	share_release(&s);
	free(many);
}

static void what_is_no_file_is_told(void **state)
{
	static const char *const some[] = {"nowhere", "fifo"};
	struct share s;
	size_t bad = 7;

	(void)state;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(share_init(&s, some, 1, 1, 1, &bad), 0);
	assert_int_equal(s.total, 0);
	assert_true(share_has(&s, 0));
	assert_int_equal(s.files[0].err, -ENOENT);
	share_release(&s);
	assert_int_equal(share_init(&s, some, 2, 1, 1, &bad), -EINVAL);
	assert_int_equal(bad, 1);
	share_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_directory(all_shares_are_all_bytes),
		in_directory(large_files_have_no_overflow),
		in_directory(too_many_bytes_are_told),
		in_directory(what_is_no_file_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
