/*
 * Tests of sprints: the text of a block comes whatever the room and the pieces
 * in which it comes, nothing behind the block's end is taken, and what is no
 * good is told.
 */
#include "config.h"

#include "codec/sprint.h"

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

/* A block with the fixed codes is easily made by hand. Behind its head "ab",
 * then a match, the end, and bits that are not its: */
struct stream {
	unsigned char bytes[100];
	size_t n; /* bits */
};

static void put(struct stream *s, unsigned value, unsigned n)
{
	for (unsigned i = 0; i < n; i++, s->n++)
		s->bytes[s->n / 8] |=
			(unsigned char)((value >> i & 1) << s->n % 8);
}

/* A codeword: its first bit is the highest. */
static void put_code(struct stream *s, unsigned codeword, unsigned n)
{
	while (n-- > 0)
		put(s, codeword >> n & 1, 1);
}

static void put_literal(struct stream *s, unsigned char c)
{
	put_code(s, 0x30U + c, 8);
}

/* Three bytes, from so far before, 1 to 4. */
static void put_match(struct stream *s, unsigned distance)
{
	put_code(s, 1, 7);
	put_code(s, distance - 1, 5);
}

static void put_end(struct stream *s)
{
	put_code(s, 0, 7);
}

static const struct sprint_head fixed = {.first = {1 << 1, 3}};

static struct sprint *sprint;

static int make_sprint(void **state)
{
	(void)state;
	return sprint_new(&sprint) == -ENOMEM ? -1 : 0;
}

static int free_sprint(void **state)
{
	(void)state;
	sprint_free(sprint);
	return 0;
}

static void need_sprint(void)
{
	if (!sprint)
		support_skip("libisal is not there");
}

#define ROOM (SPRINT_MORE + 40000)

static unsigned char out[ROOM];

static void begin(const char *history)
{
	struct sprint_bits none = {0, 0};

	assert_true(sprint_begin(sprint, (const unsigned char *)history,
		strlen(history), &fixed, none));
}

/* Runs over bytes, of memory of exactly that size. */
static enum sprint_end run(const struct stream *s, size_t from, size_t *taken,
	size_t *made, struct sprint_bits *rest)
{
	size_t len = *taken;
	unsigned char *in = support_allocate(len);
	enum sprint_end end;

	memcpy(in, s->bytes + from, len);
	*made = ROOM;
	end = sprint_run(sprint, in, taken, out, made, rest);
	free(in);
	return end;
}

static void a_block_ends_where_it_ends(void **state)
{
	(void)state;
	need_sprint();
	/* With 0 to 7 bits in the last byte that are not the block's. */
	for (unsigned n = 0; n < 8; n++) {
		struct sprint_bits rest;
		struct stream s = {.n = 0};
		size_t taken, made, end;

		put_literal(&s, 'a');
		/* Others have 9 bits. */
		for (unsigned i = 0; i < n; i++)
			put_code(&s, 0x190, 9);
		put_match(&s, 1);
		put_end(&s);
		end = (s.n + 7) / 8;
		put(&s, 0xffffffff, 32);
		begin("");
		taken = sizeof(s.bytes);
		assert_int_equal(
			run(&s, 0, &taken, &made, &rest), SPRINT_BLOCK);
		assert_int_equal(made, 1 + n + 3);
		assert_int_equal(taken, end);
		assert_int_equal(rest.n, 8 * end - (s.n - 32));
		assert_int_equal(rest.bits, (1U << rest.n) - 1);
	}
}

static void bits_before_the_first_byte_are_its(void **state)
{
	struct sprint_bits rest = {0, 4};
	struct stream s = {.n = 0};
	size_t taken, made;

	(void)state;
	need_sprint();
	put_literal(&s, 'a');
	put_end(&s);
	rest.bits = s.bytes[0] & 15;
	for (size_t i = 0; i < sizeof(s.bytes) - 1; i++)
		s.bytes[i] =
			(unsigned char)(s.bytes[i] >> 4 | s.bytes[i + 1] << 4);
	assert_true(sprint_begin(sprint, NULL, 0, &fixed, rest));
	taken = sizeof(s.bytes);
	assert_int_equal(run(&s, 0, &taken, &made, &rest), SPRINT_BLOCK);
	support_same(out, made, BYTES("a"));
	assert_int_equal(taken, 2);
	assert_int_equal(rest.n, 8 * 2 - 11);
}

static void it_stops_where_the_input_does_and_goes_on(void **state)
{
	struct sprint_bits rest;
	struct stream s = {.n = 0};
	size_t taken = 2, made;

	(void)state;
	need_sprint();
	put_literal(&s, 'a');
	put_match(&s, 4);
	put_literal(&s, 'b');
	put_end(&s);
	begin("wxyz");
	/* The match is not there as a whole. */
	assert_int_equal(run(&s, 0, &taken, &made, &rest), SPRINT_STOP);
	assert_int_equal(taken, 2);
	support_same(out, made, BYTES("a"));
	assert_int_equal(rest.n, 8);
	assert_int_equal(rest.bits, s.bytes[1]);
	taken = sizeof(s.bytes) - 2;
	assert_int_equal(run(&s, 2, &taken, &made, &rest), SPRINT_BLOCK);
	support_same(out, made, BYTES("xyzb"));
	assert_int_equal(2 + taken, (s.n + 7) / 8);
}

static void what_means_nothing_is_told(void **state)
{
	struct sprint_bits rest;
	size_t taken, made;

	(void)state;
	need_sprint();
	for (unsigned i = 0; i < 3; i++) {
		struct stream s = {.n = 0};

		put_literal(&s, 'a');
		if (i == 0)
			put_match(&s, 2);
		else if (i == 1)
			put_code(&s, 0xc6, 8);
		else
			put_code(&s, 0x3e, 12);
		begin("");
		taken = sizeof(s.bytes);
		assert_int_equal(run(&s, 0, &taken, &made, &rest), SPRINT_BAD);
	}
}

static void a_head_that_means_nothing_cannot_be_run(void **state)
{
	/* Type 3, which there is not; and one that is not all there. */
	static const struct sprint_head none = {.first = {3 << 1, 3}},
					part = {.first = {2 << 1, 8}};
	struct sprint_bits rest = {0, 0};

	(void)state;
	need_sprint();
	assert_false(sprint_begin(sprint, NULL, 0, &none, rest));
	assert_false(sprint_begin(sprint, NULL, 0, &part, rest));
}

/* Matches of 258 bytes, each in 13 bits: more text than there is room for. */
static void more_text_than_room_comes_later(void **state)
{
	static unsigned char in[8192];
	struct sprint_bits rest;
	size_t total = 0, at = 0, n = 0;
	enum sprint_end end;

	(void)state;
	need_sprint();
	for (; n + 13 <= 8 * sizeof(in) - 7; n += 13)
		/* The codeword of 285, 11000101, then that of distance 1. */
		for (unsigned i = 0; i < 8; i++)
			in[(n + i) / 8] |= (unsigned char)((0xa3U >> i & 1)
							   << (n + i) % 8);
	/* The end is seven bits that are not set. */
	begin("a");
	do {
		size_t taken = sizeof(in) - at, made = ROOM;

		end = sprint_run(sprint, in + at, &taken, out, &made, &rest);
		for (size_t i = 0; i < made; i++)
			assert_int_equal(out[i], 'a');
		at += taken;
		total += made;
		assert_true(end == SPRINT_BLOCK || made > ROOM - SPRINT_MORE ||
			    at == sizeof(in));
	} while (end == SPRINT_STOP && at < sizeof(in));
	assert_int_equal(end, SPRINT_BLOCK);
	assert_int_equal(total, 258 * (n / 13));
	assert_int_equal(at, (n + 7 + 7) / 8);
}

static void the_crc_is_that_of_gzip(void **state)
{
	uint32_t crc;

	(void)state;
	need_sprint();
	crc = sprint_crc(sprint, 0, (const unsigned char *)"12345", 5);
	crc = sprint_crc(sprint, crc, (const unsigned char *)"6789", 4);
	assert_int_equal(crc, 0xcbf43926);
}

static void its_library_has_a_name(void **state)
{
	char text[64];

	(void)state;
	sprint_library(text, sizeof(text));
#ifdef HAVE_ISAL
	assert_string_equal(
		text, sprint ? "libisal.so.2" : "libisal.so.2 is missing");
#else
	assert_null(sprint);
	assert_string_equal(text, "libisal is not built in");
#endif
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_ends_where_it_ends),
		cmocka_unit_test(bits_before_the_first_byte_are_its),
		cmocka_unit_test(it_stops_where_the_input_does_and_goes_on),
		cmocka_unit_test(what_means_nothing_is_told),
		cmocka_unit_test(a_head_that_means_nothing_cannot_be_run),
		cmocka_unit_test(more_text_than_room_comes_later),
		cmocka_unit_test(the_crc_is_that_of_gzip),
		cmocka_unit_test(its_library_has_a_name),
	};

	return cmocka_run_group_tests_name(
		"sprint", tests, make_sprint, free_sprint);
}
