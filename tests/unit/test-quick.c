/*
 * Tests of what packs quickly: what comes out goes on, ends with a byte, and is
 * the text for zlib; the same text is always the same bytes.
 */
#include "config.h"

#include "codec/quick.h"

#include "codec/deflate.h"

#include "support.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

/* A quick one of that level. Skips the test if there is none. */
static struct quick *quick_or_skip(int level)
{
	struct quick *q = NULL;
	int err = quick_new(&q, level);

	if (err == -ENOTSUP)
		support_skip("libisal is not there");
	assert_int_equal(err, 0);
	return q;
}

/* As zlib reads it, all of text is there, and nothing is missing but the end.
 */
static void is_open(const unsigned char *packed, size_t size,
	const unsigned char *text, size_t len)
{
	unsigned char *out = support_allocate(len + 1);
	z_stream z = {.next_in = packed,
		.avail_in = (uInt)size,
		.next_out = out,
		.avail_out = (uInt)len + 1};

	assert_int_equal(inflateInit2(&z, -15), Z_OK);
	assert_int_equal(inflate(&z, Z_SYNC_FLUSH), Z_OK);
	assert_int_equal(z.avail_in, 0);
	support_same(out, len + 1 - z.avail_out, text, len);
	z.next_in = deflate_end;
	z.avail_in = DEFLATE_END;
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	(void)inflateEnd(&z);
	free(out);
}

static void each_text_is_open(void **state)
{
	static const size_t lens[] = {1, 100, 65536, 262144, 1000003};

	(void)state;
	for (int level = 1; level <= QUICK_LEVEL_MOST; level++) {
		struct quick *q = quick_or_skip(level);

		for (size_t i = 0; i < SUPPORT_KINDS * COUNT(lens); i++) {
			size_t len = lens[i / SUPPORT_KINDS];
			size_t room = 2 * len + 1000, n;
			unsigned char *text = support_make(
				(enum support_kind)(i % SUPPORT_KINDS), len);
			unsigned char *packed = support_allocate(room);

			n = quick_open(q, text, len, packed, room);
			assert_between(n, 1, room);
			is_open(packed, n, text, len);
			free(packed);
			free(text);
		}
		quick_free(q);
	}
}

static void the_same_text_is_the_same_whatever_was_before(void **state)
{
	struct quick *q = quick_or_skip(1), *other = quick_or_skip(1);
	unsigned char *text = support_make(SUPPORT_TEXT, 300000);
	unsigned char *a = support_allocate(400000);
	unsigned char *b = support_allocate(400000);
	size_t n = quick_open(q, text, 300000, a, 400000);

	(void)state;
	(void)quick_open(q, text + 1000, 200000, b, 400000);
	support_same(b, quick_open(q, text, 300000, b, 400000), a, n);
	(void)quick_open(other, text + 77, 100000, b, 400000);
	support_same(b, quick_open(other, text, 300000, b, 400000), a, n);
	quick_free(other);
	quick_free(q);
	free(a);
	free(b);
	free(text);
}

static void too_little_room_is_told(void **state)
{
	struct quick *q = quick_or_skip(2);
	unsigned char *text = support_make(SUPPORT_NOISE, 70000);
	unsigned char *packed;
	size_t n;

	(void)state;
	packed = support_allocate(80000);
	n = quick_open(q, text, 70000, packed, 80000);
	assert_between(n, 70000, 71000);
	free(packed);
	for (size_t room = n - 20; room < n; room++) {
		packed = support_allocate(room);
		assert_int_equal(quick_open(q, text, 70000, packed, room), 0);
		free(packed);
	}
	free(text);
	quick_free(q);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_text_is_open),
		cmocka_unit_test(the_same_text_is_the_same_whatever_was_before),
		cmocka_unit_test(too_little_room_is_told),
	};

	return cmocka_run_group_tests_name("quick", tests, NULL, NULL);
}
