/*
 * Tests of UTF-16 and UTF-32 against a decoder that goes by the book, one
 * character at a time, whatever the text, the order of bytes and the cuts.
 */
#include "config.h"

#include "codec/utf.h"

#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const enum utf_form forms[] = {UTF_16LE, UTF_16BE, UTF_32LE, UTF_32BE};

/* Bytes that grow. */
struct bytes {
	unsigned char at[8192];
	size_t len;
};

static void add(struct bytes *b, unsigned byte)
{
	assert_true(b->len < sizeof(b->at));
	b->at[b->len++] = (unsigned char)byte;
}

static bool is_big(enum utf_form form)
{
	return form == UTF_16BE || form == UTF_32BE;
}

/* One unit of a form. */
static void add_unit(struct bytes *b, enum utf_form form, uint32_t unit)
{
	int n = (int)utf_unit(form);

	for (int i = 0; i < n; i++)
		add(b, unit >> 8 * (is_big(form) ? n - 1 - i : i) & 0xFF);
}

static void add_char(struct bytes *b, enum utf_form form, uint32_t c)
{
	if (utf_unit(form) == 4 || c < 0x10000) {
		add_unit(b, form, c);
		return;
	}
	add_unit(b, form, 0xD800 + ((c - 0x10000) >> 10));
	add_unit(b, form, 0xDC00 + ((c - 0x10000) & 0x3FF));
}

static void add_utf8(struct bytes *b, uint32_t c)
{
	if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) {
		add(b, UTF_BAD);
	} else if (c < 0x80) {
		add(b, c);
	} else if (c < 0x800) {
		add(b, 0xC0 | c >> 6);
		add(b, 0x80 | (c & 0x3F));
	} else if (c < 0x10000) {
		add(b, 0xE0 | c >> 12);
		add(b, 0x80 | (c >> 6 & 0x3F));
		add(b, 0x80 | (c & 0x3F));
	} else {
		add(b, 0xF0 | c >> 18);
		add(b, 0x80 | (c >> 12 & 0x3F));
		add(b, 0x80 | (c >> 6 & 0x3F));
		add(b, 0x80 | (c & 0x3F));
	}
}

static uint32_t unit_at(const struct bytes *in, enum utf_form form, size_t at)
{
	size_t n = utf_unit(form);
	uint32_t unit = 0;

	for (size_t i = 0; i < n; i++)
		unit = unit << 8 |
		       in->at[is_big(form) ? at + i : at + n - 1 - i];
	return unit;
}

/* By the book. */
static void reference(
	const struct bytes *in, enum utf_form form, struct bytes *out)
{
	size_t n = utf_unit(form), at = 0;

	while (in->len - at >= n) {
		uint32_t unit = unit_at(in, form, at), low = 0;
		bool high = n == 2 && unit >= 0xD800 && unit < 0xDC00;

		if (high && in->len - at < 2 * n)
			break;
		at += n;
		if (high)
			low = unit_at(in, form, at);
		if (low >= 0xDC00 && low < 0xE000) {
			at += n;
			unit = 0x10000 + ((unit - 0xD800) << 10) +
			       (low - 0xDC00);
		}
		add_utf8(out, unit);
	}
	if (at < in->len)
		add(out, UTF_BAD);
}

/* Decodes piece by piece, in and out, from and to memory of its own, so that a
 * step beyond is seen. */
static void decode(const struct bytes *in, enum utf_form form, size_t piece,
	size_t room, struct bytes *out)
{
	size_t at = 0, end = 0;
	bool last = false;

	while (!last || at < in->len) {
		size_t taken, made = room;
		unsigned char *from, *to = support_allocate(room);

		end = end + piece < in->len ? end + piece : in->len;
		last = end == in->len;
		taken = end - at;
		from = support_allocate(taken);
		memcpy(from, in->at + at, taken);
		utf_decode(form, from, &taken, to, &made, last);
		assert_true(taken <= end - at && made <= room);
		assert_true(!last || taken > 0 || at == end);
		assert_true(out->len + made <= sizeof(out->at));
		memcpy(out->at + out->len, to, made);
		out->len += made;
		at += taken;
		free(from);
		free(to);
	}
}

static void same_in_pieces(const struct bytes *in, enum utf_form form)
{
	static const size_t pieces[] = {1, 2, 3, 5, 16, 33, 9999};
	static const size_t rooms[] = {4, 5, 6, 23, 24, 64, 9999};
	static struct bytes want, got;

	want.len = 0;
	reference(in, form, &want);
	for (size_t i = 0; i < COUNT(pieces); i++)
		for (size_t j = 0; j < COUNT(rooms); j++) {
			got.len = 0;
			decode(in, form, pieces[i], rooms[j], &got);
			support_same(got.at, got.len, want.at, want.len);
		}
}

static void each_character_is_what_it_should_be(void **state)
{
	static struct bytes in, want, got;

	(void)state;
	for (size_t f = 0; f < COUNT(forms); f++)
		for (uint32_t c = 0; c < 0x110000; c += c < 0x10000 ? 1 : 97) {
			in.len = want.len = got.len = 0;
			add_char(&in, forms[f], c);
			reference(&in, forms[f], &want);
			got.len = sizeof(got.at);
			utf_decode(forms[f], in.at, &in.len, got.at, &got.len,
				true);
			if (got.len != want.len ||
				memcmp(got.at, want.at, want.len) != 0)
				print_error("U+%04X\n", (unsigned)c);
			support_same(got.at, got.len, want.at, want.len);
		}
}

/* A character of one kind, or something that is none. */
static uint32_t draw(unsigned kind, uint32_t *seed)
{
	uint32_t r = support_random(seed);

	switch (kind) {
	case 0:
		return r % 0x80;
	case 1:
		return 0x400 + r % 0x60;
	case 2:
		return 0x4E00 + r % 0x1000;
	case 3:
		return 0x1F600 + r % 64;
	case 4:
		return 0xD800 + r % 0x800; /* half a character */
	default:
		return r % 8 == 0 ? 0xFFFFFFFF - r % 3 : r % 0x30000;
	}
}

static void any_mixture_cut_anywhere_is_the_same(void **state)
{
	static struct bytes in;
	uint32_t seed = 1;

	(void)state;
	for (size_t f = 0; f < COUNT(forms); f++)
		for (unsigned round = 0; round < 40; round++) {
			in.len = 0;
			while (in.len < 300) {
				unsigned kind = support_random(&seed) % 6;
				unsigned n = support_random(&seed) % 20;

				for (; n > 0; n--) {
					uint32_t c = draw(kind, &seed);

					if (utf_unit(forms[f]) == 2 &&
						c > 0x10FFFF)
						c %= 0x10000;
					add_char(&in, forms[f], c);
				}
			}
			/* Also in the middle of a unit. */
			in.len -= round % 4;
			same_in_pieces(&in, forms[f]);
		}
}

static void is_decoded(
	enum utf_form form, const char *in, size_t len, const char *want)
{
	unsigned char out[64];
	size_t made = sizeof(out), taken = len;

	utf_decode(form, (const unsigned char *)in, &taken, out, &made, true);
	assert_int_equal(taken, len);
	support_same(out, made, want, strlen(want));
}

static void what_is_no_character_is_one_bad_byte(void **state)
{
	(void)state;
	is_decoded(UTF_16LE, BYTES("a\0\x3D\xD8"), "a\xFF");
	is_decoded(UTF_16LE, BYTES("\x3D\xD8\0"), "\xFF");
	is_decoded(UTF_16LE,
		BYTES("\x3D\xD8"
		      "a\0"),
		"\xFF"
		"a");
	is_decoded(UTF_16LE,
		BYTES("\x00\xDE"
		      "a\0"),
		"\xFF"
		"a");
	is_decoded(UTF_16LE, BYTES("\x3D\xD8\x3D\xD8\x00\xDE"),
		"\xFF\xF0\x9F\x98\x80");
	is_decoded(UTF_16BE, BYTES("\0a\0"), "a\xFF");
	is_decoded(UTF_32LE, BYTES("a\0\0\0b\0\0"), "a\xFF");
	is_decoded(UTF_32BE, BYTES("\0\x11\0\0\0\0\xD8\0\0\0\0a"),
		"\xFF\xFF"
		"a");
	is_decoded(UTF_32LE, BYTES("\0\0\0\x01"), "\xFF");
}

static void half_a_character_is_left_until_the_end(void **state)
{
	unsigned char out[8];
	size_t taken = 3, made = sizeof(out);

	(void)state;
	utf_decode(UTF_16BE, (const unsigned char *)"\xD8\x3D\xDE", &taken, out,
		&made, false);
	assert_int_equal(taken, 0);
	assert_int_equal(made, 0);
}

static void marks_are_found_once_they_are_whole(void **state)
{
	static const struct {
		const char *bytes;
		size_t len, mark;
		enum utf_form form;
		bool wait;
		size_t at_end; /* its length if no more comes */
	} cases[] = {
		{BYTES("\xFF"), 0, UTF_16LE, true, 0},
		{BYTES("\xFF\xFE"), 0, UTF_16LE, true, 2},
		{BYTES("\xFF\xFE\0"), 0, UTF_16LE, true, 2},
		{BYTES("\xFF\xFE\0\0"), 4, UTF_32LE, false, 4},
		{BYTES("\xFF\xFE\0\1"), 2, UTF_16LE, false, 2},
		{BYTES("\xFF\xFE"
		       "a"),
			2, UTF_16LE, false, 2},
		{BYTES("\xFE"), 0, UTF_16BE, true, 0},
		{BYTES("\xFE\xFF"), 2, UTF_16BE, false, 2},
		{BYTES("\0"), 0, UTF_32BE, true, 0},
		{BYTES("\0\0\xFE"), 0, UTF_32BE, true, 0},
		{BYTES("\0\0\xFE\xFF"), 4, UTF_32BE, false, 4},
		{BYTES("\0\0\xFE\xFE"), 0, UTF_32BE, false, 0},
		{BYTES("\0a"), 0, UTF_16BE, false, 0},
		{BYTES("\xFE\xFE"), 0, UTF_16BE, false, 0},
		{BYTES("\xFF\xFF"), 0, UTF_16LE, false, 0},
		{BYTES("\xEF\xBB\xBF"), 0, UTF_16LE, false, 0},
		{BYTES("a"), 0, UTF_16LE, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const unsigned char *p = (const unsigned char *)cases[i].bytes;
		enum utf_form form = UTF_16BE;
		bool wait;
		size_t n = utf_find_mark(p, cases[i].len, false, &form, &wait);

		assert_int_equal(n, cases[i].mark);
		assert_int_equal(wait, cases[i].wait);
		if (n > 0)
			assert_int_equal(form, cases[i].form);
		n = utf_find_mark(p, cases[i].len, true, &form, &wait);
		assert_int_equal(n, cases[i].at_end);
		assert_false(wait);
		if (n > 0)
			assert_int_equal(form, cases[i].form);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_character_is_what_it_should_be),
		cmocka_unit_test(any_mixture_cut_anywhere_is_the_same),
		cmocka_unit_test(what_is_no_character_is_one_bad_byte),
		cmocka_unit_test(half_a_character_is_left_until_the_end),
		cmocka_unit_test(marks_are_found_once_they_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
