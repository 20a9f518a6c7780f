/*
 * Tests of members that are decoded by zlib with sprints of a faster library
 * between: whatever comes, good, cut off at any byte or with any bit turned, in
 * whatever pieces, it is what zlib alone makes of it: text, status, reason and,
 * within what zlib reads ahead, the place.
 *
 * UPCASE_TEST_SCALE=N thins the long tests out, PROOF=long tries more.
 */
#include "config.h"

#include "codec/deflate.h"
#include "codec/gunzip.h"
#include "codec/gzip-header.h"
#include "codec/stream.h"

#include "packed.h"
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

static unsigned scale = 1;
static bool is_long;
static bool sprints; /* there are any */

/* With sprints wherever one can be; and where they are worth it. */
static int make_eager(void **decoder)
{
	int err = gunzip_make(decoder);

	if (err)
		return err;
	gunzip_expect(*decoder, UINT64_MAX);
	sprints = gunzip_sprint_always(*decoder);
	return 0;
}

static int make_usual(void **decoder)
{
	int err = gunzip_make(decoder);

	if (!err)
		gunzip_expect(*decoder, UINT64_MAX);
	return err;
}

static struct format eager, usual;

/* Keeps the library in memory, so that it is not loaded thousands of times. */
static void *keeper;

static int prepare(void **state)
{
	const char *text = getenv("UPCASE_TEST_SCALE");
	const char *proof = getenv("PROOF");

	(void)state;
	if (text)
		scale = (unsigned)strtoul(text, NULL, 10);
	is_long = proof && strcmp(proof, "long") == 0;
	eager = usual = format_gzip;
	eager.make = make_eager;
	usual.make = make_usual;
	return scale < 1 || make_eager(&keeper) != 0 ? -1 : 0;
}

static int clean_up(void **state)
{
	(void)state;
	gunzip_free(keeper);
	return 0;
}

static void need_sprints(void)
{
	if (!sprints)
		support_skip("libisal is not there");
}

/* ---- Files ---- */

/* How a member is made. */
struct way {
	int level, strategy;
	size_t flush_each; /* bytes of text; 0: never */
	int flush;
	bool fields; /* in the header */
};

static const struct way ways[] = {
	{6, Z_DEFAULT_STRATEGY, 0, 0, false},
	{0, Z_DEFAULT_STRATEGY, 0, 0, false},
	{6, Z_FIXED, 0, 0, false},
	{9, Z_HUFFMAN_ONLY, 0, 0, true},
	{6, Z_RLE, 0, 0, false},
	{9, Z_DEFAULT_STRATEGY, 200, Z_BLOCK, false},
	{1, Z_DEFAULT_STRATEGY, 150, Z_SYNC_FLUSH, false},
	{6, Z_DEFAULT_STRATEGY, 100, Z_PARTIAL_FLUSH, true},
	{6, Z_FIXED, 90, Z_BLOCK, false},
};

static void deflate_all(z_stream *z, struct packed_file *p, int flush)
{
	do {
		z->next_out = packed_room(p, 65536);
		z->avail_out = 65536;
		(void)deflate(z, flush);
		p->len += 65536 - z->avail_out;
	} while (z->avail_out == 0);
}

static void add_member(struct packed_file *p, const struct way *way,
	const unsigned char *text, size_t len)
{
	static unsigned char name[] = "name", comment[] = "comment",
			     extra[] = "XX\1\0e";
	gz_header header = {.name = name,
		.comment = comment,
		.extra = extra,
		.extra_len = 5,
		.hcrc = 1};
	size_t at = 0;
	z_stream z = {0};

	assert_int_equal(deflateInit2(&z, way->level, Z_DEFLATED, 15 + 16, 8,
				 way->strategy),
		Z_OK);
	if (way->fields)
		assert_int_equal(deflateSetHeader(&z, &header), Z_OK);
	while (way->flush_each > 0 && len - at > way->flush_each) {
		z.next_in = text + at;
		z.avail_in = (uInt)way->flush_each;
		deflate_all(&z, p, way->flush);
		at += way->flush_each;
	}
	z.next_in = text + at;
	z.avail_in = (uInt)(len - at);
	deflate_all(&z, p, Z_FINISH);
	(void)deflateEnd(&z);
}

/* A member with what libdeflate makes, where it is there. */
static void add_whole(
	struct packed_file *p, int level, const unsigned char *text, size_t len)
{
	static const unsigned char header[GZIP_FIXED_SIZE] = {
		GZIP_ID1, GZIP_ID2, GZIP_DEFLATE};
	unsigned char trailer[GZIP_TRAILER];
	struct deflater *d;
	size_t room;

	assert_int_equal(deflater_new(&d, level), 0);
	room = deflate_bound(d, len);
	packed_add(p, header, sizeof(header));
	p->len += deflate_text(d, text, len, packed_room(p, room), room);
	gzip_put_trailer(trailer, deflate_crc(text, len), len);
	packed_add(p, trailer, sizeof(trailer));
	deflater_free(d);
}

/* Text with some of each: rare and common letters, words that come again, and
 * long repetitions. Allocated. */
static unsigned char *make_text(uint32_t *seed, size_t len)
{
	unsigned char *text = support_allocate(len + 1);
	unsigned letters = 1 + support_random(seed) % 60;
	size_t at = 0;

	while (at < len) {
		size_t n = 1 + support_random(seed) % 40, back;

		if (support_random(seed) % 16 == 0)
			n *= 20;
		if (n > len - at)
			n = len - at;
		back = 1 + support_random(seed) % (at < 40000 ? at + 1 : 40000);
		if (back <= at && support_random(seed) % 2 == 0) {
			for (; n > 0; n--, at++)
				text[at] = text[at - back];
			continue;
		}
		for (; n > 0; n--) {
			unsigned r = support_random(seed) % letters;

			/* Some much more often than others. */
			text[at++] = (unsigned char)(' ' + r * r / letters);
		}
	}
	return text;
}

/* ---- Comparing ---- */

/* How much comes and goes at once. */
struct pace {
	size_t in, out;
};

/* zlib has at most so many bytes in its hands when it finds damage. */
#define IN_HAND 8

static void compare(const struct outcome *is, const struct outcome *should)
{
	support_same(is->text, is->len, should->text, should->len);
	assert_int_equal(is->err, should->err);
	assert_int_equal(is->kind, should->kind);
	assert_string_equal(is->why, should->why);
	assert_int_equal(is->pieces, should->pieces);
	if (is->kind == DAMAGE_BAD)
		assert_between(is->at,
			should->at < IN_HAND ? 0 : should->at - IN_HAND,
			should->at + IN_HAND);
	else
		assert_int_equal(is->at, should->at);
}

static void same_as_zlib(const struct format *format,
	const struct packed_file *p, const struct outcome *should,
	struct pace pace)
{
	struct outcome is;

	packed_decode(&is, format, p, pace.in, pace.out);
	compare(&is, should);
	outcome_release(&is);
}

/* In paces of which the first ones are tried always, the others each step-th
 * time. */
static void same_in_all_paces(
	const struct packed_file *p, size_t step, size_t n)
{
	static const struct pace paces[] = {
		{1 << 20, 1 << 18}, {100, 70}, {1, 300}, {3, 1}, {13, 4096}};
	struct outcome should;

	packed_decode(&should, &format_gzip, p, 1 << 20, 1 << 18);
	for (size_t i = 0; i < COUNT(paces); i++)
		if (i == 0 || (n + i) % step == 0)
			same_as_zlib(&eager, p, &should, paces[i]);
	outcome_release(&should);
}

/* Calls each with a small file of each kind. */
static void with_each_file(void (*each)(struct packed_file *p))
{
	uint32_t seed = 17;

	for (size_t i = 0; i < 2 * COUNT(ways); i++) {
		struct packed_file p = {.len = 0};
		size_t len = 100 + support_random(&seed) % 500;
		unsigned char *text = make_text(&seed, len);

		add_member(&p, &ways[i % COUNT(ways)], text, len);
		if (i >= COUNT(ways)) {
			if (i % 2 == 0)
				packed_add(&p, BYTES("\0\0\0"));
			add_member(&p, &ways[i * 5 % COUNT(ways)], text + 50,
				len - 50);
			packed_add(&p, BYTES("\0\0"));
		}
		each(&p);
		packed_release(&p);
		free(text);
	}
}

static void cut_anywhere(struct packed_file *p)
{
	size_t len = p->len;

	for (p->len = 1; p->len <= len; p->len++)
		same_in_all_paces(p, is_long ? 2 : 16 * scale, p->len);
	p->len = len;
}

static void what_ends_anywhere_is_what_zlib_makes_of_it(void **state)
{
	(void)state;
	need_sprints();
	with_each_file(cut_anywhere);
}

static void flip_anywhere(struct packed_file *p)
{
	for (size_t bit = 0; bit < 8 * p->len; bit += scale) {
		unsigned char mask = (unsigned char)(1 << bit % 8);

		p->bytes[bit / 8] ^= mask;
		same_in_all_paces(p, is_long ? 4 : 40 * scale, bit);
		p->bytes[bit / 8] ^= mask;
	}
}

static void any_bit_may_be_turned(void **state)
{
	(void)state;
	need_sprints();
	with_each_file(flip_anywhere);
}

/* ---- Larger files ---- */

static void add_any_member(struct packed_file *p, uint32_t *seed,
	const unsigned char *text, size_t len)
{
	struct way way = ways[support_random(seed) % COUNT(ways)];

	if (support_random(seed) % 4 == 0) {
		add_whole(p,
			1 + (int)(support_random(seed) %
				    (unsigned)deflate_max_level()),
			text, len);
		return;
	}
	if (way.flush_each > 0)
		way.flush_each = 1 + support_random(seed) % 60000;
	add_member(p, &way, text, len);
}

static void make_file(struct packed_file *p, uint32_t *seed)
{
	size_t len = 1 + support_random(seed) % 300000;
	unsigned char *text = make_text(seed, len);
	size_t at = 0;

	while (at < len) {
		size_t n = 1 + support_random(seed) % len;

		if (n > len - at)
			n = len - at;
		add_any_member(p, seed, text + at, n);
		at += n;
	}
	free(text);
}

static void damage_file(struct packed_file *p, uint32_t *seed)
{
	size_t at = support_random(seed) % p->len;
	size_t n = 1 + support_random(seed) % 20;

	switch (support_random(seed) % 8) {
	case 0:
		p->len = at + 1;
		break;
	case 1:
		for (; n > 0 && at < p->len; n--, at++)
			p->bytes[at] = (unsigned char)support_random(seed);
		break;
	case 2:
		if (n > p->len - at)
			n = p->len - at;
		memmove(p->bytes + at, p->bytes + at + n, p->len - at - n);
		p->len -= n;
		break;
	case 3:
		/* Nothing. */
		break;
	default:
		p->bytes[at] ^= (unsigned char)(1 << support_random(seed) % 8);
		break;
	}
}

static size_t any_size(uint32_t *seed)
{
	return 1 + support_random(seed) % (2U << support_random(seed) % 18);
}

static void large_files_are_what_zlib_makes_of_them(void **state)
{
	unsigned n = is_long ? 10000 : 200 / scale + 1;
	uint32_t seed = 4711;

	(void)state;
	need_sprints();
	for (unsigned i = 0; i < n; i++) {
		const struct format *format = i % 3 == 0 ? &usual : &eager;
		struct packed_file p = {.len = 0};
		struct outcome should;
		struct pace pace;

		make_file(&p, &seed);
		damage_file(&p, &seed);
		packed_decode(&should, &format_gzip, &p, 65536, 65536);
		pace = (struct pace){any_size(&seed), any_size(&seed)};
		/* In small pieces only where they are not too many. */
		if (pace.in < p.len / 200)
			pace.in += p.len / 200;
		if (pace.out < should.len / 400)
			pace.out += should.len / 400;
		same_as_zlib(format, &p, &should, pace);
		outcome_release(&should);
		packed_release(&p);
	}
}

/* ---- Heads of blocks that others than zlib take ---- */

/* Bits, the first one lowest. */
struct bits {
	unsigned char bytes[200];
	size_t n;
};

static void put(struct bits *b, unsigned value, unsigned n)
{
	for (unsigned i = 0; i < n; i++, b->n++)
		b->bytes[b->n / 8] |=
			(unsigned char)((value >> i & 1) << b->n % 8);
}

/* So many lengths of 0, in a code in which that is "0" and seven bits. */
static void put_zeros(struct bits *b, unsigned n)
{
	put(b, 0, 1);
	put(b, n - 11, 7);
}

/* The head of the last block, in which 'a' and the end have codewords of one
 * bit or of two, and nothing else has any: with two the code is not complete.
 */
static void put_head(struct bits *b, unsigned len)
{
	/* Lengths of 18, 0 and 1 or 2 in the code of lengths, by its order. */
	static const unsigned order[] = {
		0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

	put(b, 1 | 2 << 1, 3);
	put(b, 0, 10);
	put(b, len == 1 ? 14 : 12, 4);
	for (size_t i = 0; i < COUNT(order); i++)
		put(b, order[i], 3);
	if (len == 1)
		put(b, 0, 6);
	put(b, 2, 3);
	put_zeros(b, 97);
	put(b, 3, 2);
	put_zeros(b, 138);
	put_zeros(b, 20);
	put(b, 3, 2);
	/* No distance. */
	put(b, 1, 2);
}

static void a_code_that_zlib_refuses_is_refused(void **state)
{
	static const unsigned char header[GZIP_FIXED_SIZE] = {
		GZIP_ID1, GZIP_ID2, GZIP_DEFLATE};

	(void)state;
	need_sprints();
	for (unsigned len = 1; len <= 2; len++) {
		struct packed_file p = {.len = 0};
		struct bits b = {.n = 0};
		unsigned char trailer[GZIP_TRAILER];
		struct outcome o;

		put_head(&b, len);
		put(&b, 0, 3 * len);
		put(&b, 1U << (len - 1), len);
		packed_add(&p, header, sizeof(header));
		packed_add(&p, b.bytes, (b.n + 7) / 8);
		gzip_put_trailer(trailer, deflate_crc("aaa", 3), 3);
		packed_add(&p, trailer, sizeof(trailer));
		packed_decode(&o, &eager, &p, 65536, 65536);
		assert_int_equal(o.err, len == 1 ? 0 : -EBADMSG);
		if (len == 1)
			support_same(o.text, o.len, BYTES("aaa"));
		else
			assert_string_equal(
				o.why, "invalid literal/lengths set");
		outcome_release(&o);
		packed_release(&p);
	}
}

/* ---- Where sprints are worth it ---- */

/* How much of the text of a file was made by sprints. */
static uint64_t sprinted(const struct packed_file *p, struct pace pace)
{
	struct stream s = {.format = NULL};
	unsigned char *out = support_allocate(pace.out);
	size_t at = 0, in, made;
	uint64_t n;

	assert_int_equal(stream_begin(&s, &usual), 0);
	do {
		in = p->len - at < pace.in ? p->len - at : pace.in;
		made = pace.out;
		assert_int_equal(
			stream_more(&s, p->bytes + at, &in, out, &made), 0);
		at += in;
	} while (in > 0 || made > 0);
	assert_int_equal(stream_end(&s), 0);
	n = gunzip_sprinted(s.decoder);
	stream_release(&s);
	free(out);
	return n;
}

/* The paces are those of a file, of a pipe, and of small batches. */
static void most_of_a_large_file_is_made_by_sprints(void **state)
{
	static const struct pace paces[] = {{65536, 262144}, {65536, 100000},
		{4096, 262144}, {65536, 4096}};
	struct packed_file p = {.len = 0};
	size_t len = 3000000;
	unsigned char *text;
	uint32_t seed = 9;

	(void)state;
	need_sprints();
	text = make_text(&seed, len);
	add_member(&p, &ways[0], text, len);
	for (size_t i = 0; i < COUNT(paces); i++)
		assert_between(sprinted(&p, paces[i]), len * 85 / 100, len);
	packed_release(&p);
	free(text);
}

static void small_blocks_and_pieces_are_left_to_zlib(void **state)
{
	const struct way way = {6, Z_DEFAULT_STRATEGY, 1000, Z_BLOCK, false};
	struct packed_file p = {.len = 0};
	size_t len = 300000;
	unsigned char *text;
	uint32_t seed = 10;

	(void)state;
	need_sprints();
	text = make_text(&seed, len);
	add_member(&p, &ways[0], text, len);
	assert_int_equal(sprinted(&p, (struct pace){100, 4096}), 0);
	packed_empty(&p);
	add_member(&p, &way, text, len);
	/* The first one is not known as small. */
	assert_between(sprinted(&p, (struct pace){65536, 262144}), 1, 2000);
	packed_release(&p);
	free(text);
}

/* ---- What is there and what is not ---- */

static void a_small_file_needs_no_library(void **state)
{
	void *decoder;

	(void)state;
	assert_int_equal(gunzip_make(&decoder), 0);
	gunzip_expect(decoder, 1000);
	assert_false(gunzip_sprint_always(decoder));
	gunzip_expect(decoder, UINT64_MAX);
	assert_int_equal(gunzip_sprint_always(decoder), sprints);
	gunzip_free(decoder);
	gunzip_free(NULL);
}

static void its_library_has_a_name(void **state)
{
	char text[64];

	(void)state;
	gunzip_library(text, sizeof(text));
	assert_memory_equal(text, "zlib, libisal", 13);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_ends_anywhere_is_what_zlib_makes_of_it),
		cmocka_unit_test(any_bit_may_be_turned),
		cmocka_unit_test(large_files_are_what_zlib_makes_of_them),
		cmocka_unit_test(a_code_that_zlib_refuses_is_refused),
		cmocka_unit_test(most_of_a_large_file_is_made_by_sprints),
		cmocka_unit_test(small_blocks_and_pieces_are_left_to_zlib),
		cmocka_unit_test(a_small_file_needs_no_library),
		cmocka_unit_test(its_library_has_a_name),
	};

	return cmocka_run_group_tests_name("gunzip", tests, prepare, clean_up);
}
