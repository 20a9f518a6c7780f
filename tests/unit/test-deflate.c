/*
 * Tests of making raw deflate data: zlib reads it all back, and no text needs
 * more room than was said.
 */
#include "config.h"

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

#define LARGEST 1000000

static const size_t sizes[] = {
	0, 1, 2, 100, 4096, 65535, 65536, 70000, LARGEST};

/* zlib's decoder, to exactly text; from data that goes on, of which nothing is
 * left over, and behind which all that is missing is the end. */
static void gives_at_once(
	const void *packed, size_t size, const void *text, size_t len)
{
	unsigned char *back = support_allocate(len + 1);
	z_stream z = {.next_in = packed, .avail_in = (uInt)size};

	assert_int_equal(inflateInit2(&z, -15), Z_OK);
	z.next_out = back;
	z.avail_out = (uInt)len + 1;
	assert_int_equal(inflate(&z, Z_SYNC_FLUSH), Z_OK);
	assert_int_equal(z.avail_in, 0);
	support_same(back, z.total_out, text, len);
	z.next_in = deflate_end;
	z.avail_in = DEFLATE_END;
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.avail_in, 0);
	assert_int_equal(z.total_out, len);
	assert_int_equal(inflateEnd(&z), Z_OK);
	free(back);
}

/* zlib's decoder for data without header and trailer, to exactly text. */
static void gives(const void *packed, size_t size, const void *text, size_t len)
{
	unsigned char *back = support_allocate(len + 1);
	z_stream z = {.next_in = packed, .avail_in = (uInt)size};

	assert_int_equal(inflateInit2(&z, -15), Z_OK);
	z.next_out = back;
	z.avail_out = (uInt)len + 1;
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.avail_in, 0);
	support_same(back, z.total_out, text, len);
	assert_int_equal(inflateEnd(&z), Z_OK);
	free(back);
}

/* Packs in room of exactly the bound, on the heap. */
static void packs(struct deflater *d, const void *text, size_t len)
{
	size_t bound = deflate_bound(d, len), size;
	unsigned char *out = support_allocate(bound);

	size = deflate_text(d, text, len, out, bound);
	assert_between(size, 1, bound);
	gives(out, size, text, len);
	free(out);
	bound = deflate_open_bound(d, len);
	out = support_allocate(bound);
	size = deflate_open(d, text, len, out, bound);
	assert_between(size, 1, bound);
	gives_at_once(out, size, text, len);
	free(out);
}

static void every_level_is_read_back_by_zlib(void **state)
{
	unsigned char *noise = support_allocate(LARGEST);
	unsigned char *words = support_allocate(LARGEST);
	uint32_t seed = 20261126;

	(void)state;
	for (size_t i = 0; i < LARGEST; i++) {
		uint32_t r = support_random(&seed);

		noise[i] = (unsigned char)(r >> 8);
		words[i] = (unsigned char)("etaoin shrdlu\n"[r % 14]);
	}
	for (int level = 1; level <= deflate_max_level(); level++) {
		struct deflater *d;

		assert_int_equal(deflater_new(&d, level), 0);
		for (size_t i = 0; i < COUNT(sizes); i++) {
			packs(d, noise, sizes[i]);
			packs(d, words, sizes[i]);
		}
		deflater_free(d);
	}
	free(words);
	free(noise);
}

/* What is quick has nothing to offer there. */
static void above_level_3_what_goes_on_is_hardly_larger(void **state)
{
	unsigned char *text = support_make(SUPPORT_TEXT, LARGEST);

	(void)state;
	for (int level = 4; level <= deflate_max_level(); level++) {
		unsigned char *out;
		struct deflater *d;
		size_t room, n;

		assert_int_equal(deflater_new(&d, level), 0);
		room = deflate_open_bound(d, LARGEST);
		out = support_allocate(room);
		n = deflate_text(d, text, LARGEST, out, room);
		assert_between(
			deflate_open(d, text, LARGEST, out, room), n, n + 8);
		free(out);
		deflater_free(d);
	}
	free(text);
}

static void without_room_nothing_is_packed(void **state)
{
	static const char text[] = "the quick brown fox";
	unsigned char out[4];
	struct deflater *d;

	(void)state;
	assert_int_equal(deflater_new(&d, 6), 0);
	assert_int_equal(deflate_text(d, BYTES(text), out, sizeof(out)), 0);
	assert_int_equal(deflate_open(d, BYTES(text), out, 0), 0);
	assert_int_equal(deflate_open(d, BYTES(text), out, sizeof(out)), 0);
	packs(d, BYTES(text));
	deflater_free(d);
}

/* All bits that may be left over in the last byte, and blocks of each kind. */
static void texts_of_any_size_go_on_in_one_stream(void **state)
{
	enum {
		MOST = 2000
	};
	unsigned char *text = support_make(SUPPORT_TEXT, MOST * MOST / 2);
	unsigned char *noise = support_make(SUPPORT_NOISE, MOST * MOST / 2);
	unsigned char *out = support_allocate(4 * MOST * MOST);
	unsigned char *all = support_allocate(2 * MOST * MOST);

	(void)state;
	for (int level = 1; level <= 9; level += 4) {
		struct deflater *d;
		size_t size = 0, len = 0;

		assert_int_equal(deflater_new(&d, level), 0);
		for (size_t n = 0; n < MOST; n += 1 + n / 32) {
			const unsigned char *from = n % 3 ? text : noise;
			size_t made;

			memcpy(all + len, from + len, n);
			made = deflate_open(d, all + len, n, out + size,
				deflate_open_bound(d, n));
			assert_true(made > 0);
			size += made;
			len += n;
		}
		gives_at_once(out, size, all, len);
		deflater_free(d);
	}
	free(all);
	free(out);
	free(noise);
	free(text);
}

static void levels_that_do_not_exist_are_refused(void **state)
{
	const int levels[] = {-1, 0, deflate_max_level() + 1, 1000};
	struct deflater *d = NULL;

	(void)state;
	for (size_t i = 0; i < COUNT(levels); i++)
		assert_int_equal(deflater_new(&d, levels[i]), -EINVAL);
	assert_null(d);
	deflater_free(NULL);
}

static void what_32_bits_cannot_say_has_no_bound(void **state)
{
	struct deflater *d;

	(void)state;
	assert_int_equal(deflater_new(&d, 6), 0);
	assert_true(deflate_bound(d, SIZE_MAX) == SIZE_MAX);
	assert_true(deflate_bound(d, UINT32_MAX) == SIZE_MAX);
	assert_true(deflate_bound(d, UINT32_MAX / 2 + 1) == SIZE_MAX);
	assert_true(deflate_bound(d, (size_t)1 << 30) < UINT32_MAX);
	assert_true(deflate_open_bound(d, UINT32_MAX / 2 + 1) == SIZE_MAX);
	assert_true(deflate_open_bound(d, (size_t)1 << 30) < UINT32_MAX);
	deflater_free(d);
}

static void the_crc_is_that_of_gzip(void **state)
{
	(void)state;
	/* The check value that catalogues of CRCs give for this one. */
	assert_int_equal(deflate_crc(BYTES("123456789")), 0xcbf43926);
	assert_int_equal(deflate_crc("", 0), 0);
	assert_int_equal(deflate_crc_join(deflate_crc("1234", 4),
				 deflate_crc("56789", 5), 5),
		0xcbf43926);
	assert_int_equal(deflate_crc_join(0, 0xcbf43926, 9), 0xcbf43926);
	assert_int_equal(deflate_crc_join(0xcbf43926, 0, 0), 0xcbf43926);
}

static void the_library_says_what_it_is(void **state)
{
	(void)state;
	assert_true(deflate_max_level() == 9 || deflate_max_level() == 12);
	if (deflate_max_level() == 12)
		assert_int_equal(
			strncmp(deflate_library(), "libdeflate/", 11), 0);
	else
		assert_string_equal(deflate_library(), "no libdeflate");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_level_is_read_back_by_zlib),
		cmocka_unit_test(texts_of_any_size_go_on_in_one_stream),
		cmocka_unit_test(above_level_3_what_goes_on_is_hardly_larger),
		cmocka_unit_test(without_room_nothing_is_packed),
		cmocka_unit_test(levels_that_do_not_exist_are_refused),
		cmocka_unit_test(what_32_bits_cannot_say_has_no_bound),
		cmocka_unit_test(the_crc_is_that_of_gzip),
		cmocka_unit_test(the_library_says_what_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
