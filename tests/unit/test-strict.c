/*
 * Tests of what is asked of a deflate stream that libdeflate took: the answer
 * is zlib's, for streams made to tell both apart, for those of real encoders,
 * and for these with bits turned.
 */
#include "config.h"

#include "codec/strict.h"

#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif

#include <cmocka.h>

enum {
	ROOM = 1 << 20
};

static unsigned char text[ROOM];

/* A stream that is put together, first bit lowest. */
struct bits {
	unsigned char bytes[1 << 16];
	size_t n;
};

static void put(struct bits *b, unsigned value, unsigned n)
{
	for (unsigned i = 0; i < n; i++, b->n++)
		b->bytes[b->n / 8] |=
			(unsigned char)((value >> i & 1) << b->n % 8);
}

/* A codeword: its first bit is the highest. */
static void put_code(struct bits *b, unsigned codeword, unsigned n)
{
	while (n-- > 0)
		put(b, codeword >> n & 1, 1);
}

static size_t length_of(const struct bits *b)
{
	return (b->n + 7) / 8;
}

static bool zlib_takes(const unsigned char *p, size_t len)
{
	z_stream z = {0};
	int status;

	assert_int_equal(inflateInit2(&z, -15), Z_OK);
	z.next_in = p;
	z.avail_in = (uInt)len;
	z.next_out = text;
	z.avail_out = sizeof(text);
	status = inflate(&z, Z_FINISH);
	assert_int_equal(inflateEnd(&z), Z_OK);
	return status == Z_STREAM_END;
}

static bool libdeflate_takes(const unsigned char *p, size_t len)
{
#ifdef HAVE_LIBDEFLATE
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	size_t made;
	int status;

	assert_non_null(d);
	status = libdeflate_deflate_decompress(
		d, p, len, text, sizeof(text), &made);
	libdeflate_free_decompressor(d);
	return status == LIBDEFLATE_SUCCESS;
#else
	return zlib_takes(p, len);
#endif
}

/* In memory of its own, so that reading behind it is seen. */
static bool is_strict(const unsigned char *p, size_t len)
{
	unsigned char *copy = support_allocate(len);
	bool strict;

	memcpy(copy, p, len);
	strict = strict_deflate(copy, len);
	free(copy);
	return strict;
}

static void check(const struct bits *b, bool good)
{
	size_t len = length_of(b);

	assert_int_equal(zlib_takes(b->bytes, len), good);
	assert_int_equal(is_strict(b->bytes, len), good);
}

/* A block with the fixed codes begins, behind n bytes that are stored. */
static void begin_fixed(struct bits *b, unsigned n)
{
	memset(b, 0, sizeof(*b));
	put(b, 0, 3);
	b->n = 8;
	put(b, n, 16);
	put(b, ~n & 0xffff, 16);
	memset(b->bytes + 5, 'x', n);
	b->n += 8 * (size_t)n;
	put(b, 1 | 1 << 1, 3);
}

static void symbols_of_the_fixed_codes_that_mean_nothing(void **state)
{
	struct bits b;

	(void)state;
	for (unsigned symbol = 284; symbol < 288; symbol++) {
		begin_fixed(&b, 300);
		put_code(&b, 0xc0 + symbol - 280, 8);
		put(&b, 0, symbol == 284 ? 5 : 0);
		put_code(&b, 0, 5);
		put_code(&b, 0, 7);
		check(&b, symbol < 286);
	}
	for (unsigned symbol = 28; symbol < 32; symbol++) {
		begin_fixed(&b, 30000);
		put_code(&b, 1, 7); /* a length of 3 */
		put_code(&b, symbol, 5);
		put(&b, 0, 13);
		put_code(&b, 0, 7);
		check(&b, symbol < 30);
	}
}

/* The lengths of codewords, put with a code of three: '0' is the length 1, '10'
 * none, '11' so many times none. */
static void put_zeroes(struct bits *b, unsigned n)
{
	while (n >= 11) {
		unsigned times = n < 138 ? n : 138;

		put_code(b, 3, 2);
		put(b, times - 11, 7);
		n -= times;
	}
	while (n-- > 0)
		put_code(b, 2, 2);
}

static void put_lengths(
	struct bits *b, const unsigned char *lengths, unsigned n)
{
	unsigned zeroes = 0;

	for (unsigned i = 0; i < n; i++) {
		if (lengths[i] == 0) {
			zeroes++;
			continue;
		}
		put_zeroes(b, zeroes);
		zeroes = 0;
		put_code(b, 0, 1);
	}
	put_zeroes(b, zeroes);
}

/* A last block with codes of its own: codewords of one bit for the end, another
 * symbol, and the first distances. */
struct own {
	unsigned n_lengths, n_distances;
	unsigned end, other; /* symbols, 0: none */
	unsigned distances;
};

static void begin_own(struct bits *b, const struct own *own)
{
	/* In the order 16, 17, 18, 0, 8 ... 1, 15. */
	static const unsigned char pre[18] = {[2] = 2, [3] = 2, [17] = 1};
	unsigned char lengths[288 + 32] = {0};

	lengths[own->end] = lengths[own->other] = 1;
	lengths[0] = 0;
	for (unsigned i = 0; i < own->distances; i++)
		lengths[own->n_lengths + i] = 1;
	begin_fixed(b, 8);
	put_code(b, 0, 7);
	/* What was last is not. */
	b->bytes[5 + 8] &= 0xfe;
	put(b, 1 | 2 << 1, 3);
	put(b, own->n_lengths - 257, 5);
	put(b, own->n_distances - 1, 5);
	put(b, 18 - 4, 4);
	for (unsigned i = 0; i < 18; i++)
		put(b, pre[i], 3);
	put_lengths(b, lengths, own->n_lengths + own->n_distances);
}

static void more_codes_than_there_are(void **state)
{
	struct bits b;

	(void)state;
	for (unsigned n = 1; n <= 32; n++) {
		begin_own(&b, &(struct own){257, n, 256, 'a', n < 2 ? n : 2});
		put(&b, 2, 2); /* 'a' and the end */
		check(&b, n <= 30);
	}
	for (unsigned n = 257; n <= 288; n++) {
		begin_own(&b, &(struct own){n, 2, 256, 'a', 2});
		put(&b, 2, 2);
		check(&b, n <= 286);
	}
}

static void codewords_that_a_code_does_not_have(void **state)
{
	struct bits b;

	(void)state;
	for (unsigned bit = 0; bit < 2; bit++) {
		/* The end is the only one, and is '0'. */
		begin_own(&b, &(struct own){257, 2, 256, 0, 2});
		put(&b, bit, 1);
		check(&b, bit == 0);
		/* So is the only distance. */
		begin_own(&b, &(struct own){258, 1, 256, 257, 1});
		put(&b, 1, 1);
		put(&b, bit, 1);
		put(&b, 0, 1);
		check(&b, bit == 0);
		/* There is none. */
		begin_own(&b, &(struct own){258, 1, 256, 257, 0});
		put(&b, 1, 1);
		put(&b, bit, 1);
		put(&b, 0, 1);
		check(&b, false);
	}
	begin_own(&b, &(struct own){258, 1, 256, 257, 0});
	put(&b, 0, 1);
	check(&b, true);
	/* Without an end. */
	begin_own(&b, &(struct own){257, 1, 0, 'a', 1});
	check(&b, false);
}

/* ---- Of real encoders ---- */

static const struct {
	int level, strategy;
} ways[] = {
	{0, Z_DEFAULT_STRATEGY},
	{1, Z_DEFAULT_STRATEGY},
	{6, Z_DEFAULT_STRATEGY},
	{9, Z_DEFAULT_STRATEGY},
	{6, Z_FIXED},
	{6, Z_HUFFMAN_ONLY},
	{6, Z_RLE},
};

static size_t deflate_by_zlib(size_t way, const unsigned char *in, size_t len,
	unsigned char *out, size_t room)
{
	z_stream z = {0};

	assert_int_equal(deflateInit2(&z, ways[way].level, Z_DEFLATED, -15, 8,
				 ways[way].strategy),
		Z_OK);
	z.next_in = in;
	z.avail_in = (uInt)len;
	z.next_out = out;
	z.avail_out = (uInt)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(deflateEnd(&z), Z_OK);
	return room - z.avail_out;
}

/* Words of some letters, some rare, and now and then a far repetition. */
static void make_words(unsigned char *p, size_t len, uint32_t seed)
{
	for (size_t i = 0; i < len; i++) {
		uint32_t r = support_random(&seed) % 4096;

		p[i] = (unsigned char)(r < 3000 ? 'a' + r % 8 : r % 200);
		if (r == 4095 && i > 0) {
			size_t from = support_random(&seed) % i, n = 0;

			for (; n < 300 && i + 1 < len; n++)
				p[++i] = p[from++];
		}
	}
}

static void streams_of_encoders_are_taken(void **state)
{
	static const size_t sizes[] = {0, 1, 100, 5000, 70000, ROOM / 2};
	unsigned char *in = support_allocate(ROOM), *out;

	(void)state;
	out = support_allocate(2 * ROOM);
	make_words(in, ROOM, 1);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		for (size_t w = 0; w < COUNT(ways); w++) {
			size_t n =
				deflate_by_zlib(w, in, sizes[i], out, 2 * ROOM);

			assert_true(is_strict(out, n));
		}
	}
#ifdef HAVE_LIBDEFLATE
	for (int level = 0; level <= 12; level++) {
		struct libdeflate_compressor *c =
			libdeflate_alloc_compressor(level);
		size_t n = libdeflate_deflate_compress(
			c, in, ROOM / 2, out, 2 * ROOM);

		assert_true(n > 0);
		assert_true(is_strict(out, n));
		libdeflate_free_compressor(c);
	}
#endif
	free(in);
	free(out);
}

/* ---- The last block ---- */

/* Where zlib finds the last block of p[0..len), block by block. */
static struct strict_place last_by_zlib(const unsigned char *p, size_t len)
{
	struct strict_place place = {0, 0};
	z_stream z = {0};
	int status = Z_OK;

	assert_int_equal(inflateInit2(&z, -15), Z_OK);
	z.next_in = p;
	z.avail_in = (uInt)len;
	z.next_out = text;
	z.avail_out = sizeof(text);
	/* It stops behind each block, and says whether that was the last. */
	while (status == Z_OK) {
		status = inflate(&z, Z_BLOCK);
		if (z.data_type & 128)
			*(z.data_type & 64 ? &place.end : &place.begin) =
				8 * (uint64_t)(z.next_in - p) -
				((unsigned)z.data_type & 7);
	}
	assert_int_equal(status, Z_STREAM_END);
	assert_int_equal(inflateEnd(&z), Z_OK);
	return place;
}

static void finds_last(const unsigned char *p, size_t len)
{
	struct strict_place want = last_by_zlib(p, len), place;
	unsigned char *copy = support_allocate(len + 1);

	memcpy(copy + 1, p, len);
	assert_true(strict_find_last(copy + 1, len, &place));
	assert_true(place.begin == want.begin);
	assert_true(place.end == want.end);
	/* One byte less, and one more, is no such stream. */
	memmove(copy, copy + 1, len);
	copy[len] = 0;
	assert_false(strict_find_last(copy, len + 1, &place));
	memmove(copy + 2, copy, len - 1);
	assert_false(strict_find_last(copy + 2, len - 1, &place));
	free(copy);
}

static void the_last_block_is_where_zlib_finds_it(void **state)
{
	static const size_t sizes[] = {
		0, 1, 2, 3, 100, 5000, 65535, 65536, 70000, ROOM / 2};
	unsigned char *in = support_allocate(ROOM), *out;

	(void)state;
	out = support_allocate(2 * ROOM);
	for (unsigned noise = 0; noise < 2; noise++) {
		uint32_t seed = 7;

		make_words(in, ROOM, 3);
		for (size_t i = 0; noise && i < ROOM; i++)
			in[i] = (unsigned char)(support_random(&seed) >> 8);
		for (size_t i = 0; i < COUNT(sizes); i++) {
			for (size_t w = 0; w < COUNT(ways); w++)
				finds_last(out, deflate_by_zlib(w, in, sizes[i],
							out, 2 * ROOM));
#ifdef HAVE_LIBDEFLATE
			for (int level = 0; level <= 12; level += 3) {
				struct libdeflate_compressor *c =
					libdeflate_alloc_compressor(level);

				finds_last(
					out, libdeflate_deflate_compress(c, in,
						     sizes[i], out, 2 * ROOM));
				libdeflate_free_compressor(c);
			}
#endif
		}
	}
	free(in);
	free(out);
}

/* A bit that is turned often leaves a stream that is taken, to another text. */
static void the_answer_is_that_of_zlib_for_turned_bits(void **state)
{
	unsigned char in[3000], out[4000];
	uint32_t seed = 5;
	unsigned taken = 0;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		size_t way = round % COUNT(ways);
		size_t len = 1 + support_random(&seed) % sizeof(in);
		size_t n;

		make_words(in, len, round);
		n = deflate_by_zlib(way, in, len, out, sizeof(out));
		for (unsigned i = support_random(&seed) % 3; i < 3; i++) {
			/* Mostly in the head. */
			size_t bit = support_random(&seed) %
				     (8 * (i		   ? n
						  : n < 20 ? n
							   : 20));

			out[bit / 8] ^= (unsigned char)(1U << bit % 8);
		}
		if (!libdeflate_takes(out, n)) {
			(void)is_strict(out, n);
			continue;
		}
		taken++;
		assert_int_equal(is_strict(out, n), zlib_takes(out, n));
	}
	assert_true(taken > 100);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(symbols_of_the_fixed_codes_that_mean_nothing),
		cmocka_unit_test(more_codes_than_there_are),
		cmocka_unit_test(codewords_that_a_code_does_not_have),
		cmocka_unit_test(streams_of_encoders_are_taken),
		cmocka_unit_test(the_last_block_is_where_zlib_finds_it),
		cmocka_unit_test(the_answer_is_that_of_zlib_for_turned_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
