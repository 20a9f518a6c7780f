/*
 * Tests of the table of formats: what a file begins with tells its format, one
 * byte at a time, and what could be text is never held back for it.
 */
#include "config.h"

#include "codec/format.h"

#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT_FORMAT(name) +1
#define N_FORMATS	   (0 FORMATS(COUNT_FORMAT))

#define ENTER(name) &format_##name,
static const struct format *const formats[] = {FORMATS(ENTER)};

/* Those that no build decodes. */
static bool is_foreign(const struct format *f)
{
	return f == &format_bzip2 || f == &format_lz4 || f == &format_lzip ||
	       f == &format_zip || f == &format_7z || f == &format_compress;
}

#define BZIP2	  "\x31\x41\x59\x26\x53\x59"
#define BZIP2_END "\x17\x72\x45\x38\x50\x90"

/* The beginnings of files, and what they are. */
static const struct {
	const char *bytes;
	size_t len;
	const struct format *format; /* NULL: none */
	bool wait;		     /* it may become one */
} beginnings[] = {
	{BYTES("\x1f"), NULL, true},
	{BYTES("\x1f\x8b"), &format_gzip, false},
	{BYTES("\x1f\x8b\x08"), &format_gzip, false},
	{BYTES("\x1f\x8b\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), &format_gzip,
		false},
	{BYTES("\x1f\x8a"), NULL, false},
	{BYTES("\x1f\x1f"), NULL, false},
	{BYTES("\x1f\x1f\x8b"), NULL, false},
	{BYTES("\x1fx\n"), NULL, false},
	{BYTES("\x1f\n"), NULL, false},
	{BYTES("\x8b"), NULL, false},
	{BYTES("\x8b\x1f"), NULL, false},
	{BYTES("x\x1f\x8b"), NULL, false},
	{BYTES("\n\x1f\x8b\x08"), NULL, false},
	{BYTES("gzip"), NULL, false},
	{BYTES("1f8b"), NULL, false},
	{BYTES("\\x1f\\x8b"), NULL, false},
	{BYTES("\x1f\x9d"), &format_compress, false},
	{BYTES("\x1f\x9d\x90"), &format_compress, false},
	/* What begins like text is text unless all of a magic is there. */
	{BYTES("("), NULL, false},
	{BYTES("(\xb5"), NULL, false},
	{BYTES("(\xb5\x2f"), NULL, false},
	{BYTES("(\xb5\x2f\xfd"), &format_zstd, false},
	{BYTES("(\xb5\x2f\xfc"), NULL, false},
	{BYTES("P"), NULL, false},
	{BYTES("P*M"), NULL, false},
	{BYTES("P*M\x18"), &format_zstd, false},
	{BYTES("W*M\x18"), &format_zstd, false},
	{BYTES("_*M\x18\0\0\0\0"), &format_zstd, false},
	{BYTES("`*M\x18"), NULL, false},
	{BYTES("O*M\x18"), NULL, false},
	{BYTES("P*M\x19"), NULL, false},
	{BYTES("BZh"), NULL, false},
	{BYTES("BZh9"), NULL, false},
	{BYTES("BZh9"
	       "1AY&S"),
		NULL, false},
	{BYTES("BZh9" BZIP2), &format_bzip2, false},
	{BYTES("BZh1" BZIP2 "x"), &format_bzip2, false},
	{BYTES("BZh1" BZIP2_END), &format_bzip2, false},
	{BYTES("BZh5"
	       "\x17\x72"),
		NULL, false},
	{BYTES("BZh0" BZIP2), NULL, false},
	{BYTES("BZh:" BZIP2), NULL, false},
	{BYTES("BZ00" BZIP2), NULL, false},
	{BYTES("BZh91AY&SX"), NULL, false},
	{BYTES("BZh9\x17\x72\x45\x38\x50\x91"), NULL, false},
	{BYTES("LZIP"), NULL, false},
	{BYTES("LZIP\x01"), &format_lzip, false},
	{BYTES("LZIP\x02"), NULL, false},
	{BYTES("LZIP files"), NULL, false},
	{BYTES("PK"), NULL, false},
	{BYTES("PK\x03"), NULL, false},
	{BYTES("PK\x03\x04"), &format_zip, false},
	{BYTES("PK\x05\x06"), NULL, false},
	{BYTES("7z"), NULL, false},
	{BYTES("7z\xbc\xaf\x27"), NULL, false},
	{BYTES("7z\xbc\xaf\x27\x1c"), &format_7z, false},
	{BYTES("7z\xbc\xaf\x27\x1d"), NULL, false},
	{BYTES("\x02"), NULL, false},
	{BYTES("\x02\x21\x4c"), NULL, false},
	{BYTES("\x02\x21\x4c\x18"), &format_lz4, false},
	{BYTES("\x02\x21\x4c\x19"), NULL, false},
	/* What does not is waited behind. */
	{BYTES("\x04"), NULL, true},
	{BYTES("\x04\x22\x4d"), NULL, true},
	{BYTES("\x04\x22\x4d\x18"), &format_lz4, false},
	{BYTES("\x04\x22\x4d\x19"), NULL, false},
	{BYTES("\xfd"), NULL, true},
	{BYTES("\xfd"
	       "7zXZ"),
		NULL, true},
	{BYTES("\xfd"
	       "7zXZ\0"),
		&format_xz, false},
	{BYTES("\xfd"
	       "7zXZ\x01"),
		NULL, false},
	{BYTES("\xfd"
	       "7z "),
		NULL, false},
	{BYTES("\xfe"), NULL, false},
	{BYTES("\xff"), NULL, false},
	{BYTES("\0"), NULL, false},
};

/* Detects on memory of exactly this size. */
static const struct format *detect(const void *bytes, size_t len, bool *wait)
{
	unsigned char *copy = support_allocate(len);
	const struct format *format;

	if (len > 0)
		memcpy(copy, bytes, len);
	format = format_detect(copy, len, wait);
	free(copy);
	return format;
}

static void beginnings_tell_the_format(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(beginnings); i++) {
		bool wait = !beginnings[i].wait;

		assert_ptr_equal(
			detect(beginnings[i].bytes, beginnings[i].len, &wait),
			beginnings[i].format);
		assert_int_equal(wait, beginnings[i].wait);
	}
}

/* Whether bytes like these are waited behind. */
static bool are_no_text(const char *bytes)
{
	return memchr("\x1f\xfd\xfe\xff\0\x04", bytes[0], 6) != NULL;
}

/* However a beginning that is no text is cut, it ends up as what it is as a
 * whole: whoever waits as long as told, and no longer, misses nothing. One that
 * could be text never waits. */
static void one_byte_at_a_time_comes_to_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(beginnings); i++) {
		const struct format *format = NULL;
		bool text = !are_no_text(beginnings[i].bytes);
		bool wait = true;
		size_t len = 0;

		while (wait && len < beginnings[i].len)
			format = detect(beginnings[i].bytes, ++len, &wait);
		assert_ptr_equal(format, text ? NULL : beginnings[i].format);
		assert_int_equal(wait, beginnings[i].wait);
		if (text)
			assert_int_equal(len, 1);
	}
}

static void nothing_at_all_may_become_anything(void **state)
{
	bool wait = false;

	(void)state;
	assert_null(detect("", 0, &wait));
	assert_true(wait);
}

/* Formats with a magic that is text, and with one that another one begins with,
 * as there will be. */
static enum match text_magic(const unsigned char *p, size_t len)
{
	return format_match(p, len, BYTES("(PC)"));
}

static enum match long_magic(const unsigned char *p, size_t len)
{
	return format_match(p, len, BYTES("\xff\xfe\0\0"));
}

static enum match short_magic(const unsigned char *p, size_t len)
{
	return format_match(p, len, BYTES("\xff\xfe"));
}

/* Any byte may be the first one of two. */
static enum match any_magic(const unsigned char *p, size_t len)
{
	(void)p;
	return len < 2 ? MATCH_PART : MATCH_NO;
}

static const struct format with_text = {.name = "text", .magic = text_magic};
static const struct format with_long = {.name = "long", .magic = long_magic};
static const struct format with_short = {.name = "short", .magic = short_magic};
static const struct format with_any = {.name = "any", .magic = any_magic};

static const struct format *const others[] = {
	&with_text, &with_long, &with_short};

/* A person or a program may have written just that, and wants to see it. */
static void text_that_begins_like_a_magic_is_not_waited_behind(void **state)
{
	static const char magic[] = "(PC)";

	(void)state;
	for (size_t len = 1; len <= 4; len++) {
		bool wait = true;

		assert_ptr_equal(
			format_detect_among(others, COUNT(others),
				(const unsigned char *)magic, len, &wait),
			len == 4 ? &with_text : NULL);
		assert_false(wait);
	}
}

static void only_behind_six_bytes_is_waited(void **state)
{
	static const struct format *const any[] = {&with_any};

	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		char byte = (char)c;
		bool no_text = are_no_text(&byte);
		bool wait = !no_text;

		assert_null(format_detect_among(
			any, 1, (const unsigned char *)&byte, 1, &wait));
		assert_int_equal(wait, no_text);
	}
}

static void the_longer_of_two_magics_is_waited_for(void **state)
{
	static const unsigned char bytes[] = {0xff, 0xfe, 0, 0};
	static const struct {
		const struct format *format;
		bool wait;
	} want[] = {
		{NULL, true},
		{&with_short, true},
		{&with_short, true},
		{&with_long, false},
	};
	bool wait;

	(void)state;
	for (size_t len = 1; len <= sizeof(bytes); len++) {
		assert_ptr_equal(format_detect_among(others, COUNT(others),
					 bytes, len, &wait),
			want[len - 1].format);
		assert_int_equal(wait, want[len - 1].wait);
	}
	assert_ptr_equal(format_detect_among(others, COUNT(others),
				 (const unsigned char *)"\xff\xfex", 3, &wait),
		&with_short);
	assert_false(wait);
}

static void no_two_bytes_but_their_magics_are_a_format(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 65536; i++) {
		unsigned char two[] = {
			(unsigned char)(i >> 8), (unsigned char)i};
		const struct format *want =
			i == 0x1f8b ? &format_gzip : &format_compress;
		bool wait;

		assert_ptr_equal(detect(two, 2, &wait),
			i == 0x1f8b || i == 0x1f9d ? want : NULL);
		assert_int_equal(wait, i == 0x0422 || i == 0xfd37);
	}
}

/* Whatever any format thinks of some bytes, with more of them it may only make
 * up its mind, and not change it. */
static void a_magic_is_a_part_then_clear_and_stays_so(void **state)
{
	uint32_t seed = 20261126;
	size_t clear = 0;

	(void)state;
	for (size_t n = 0; n < 200000; n++) {
		const struct format *f = formats[n % N_FORMATS];
		unsigned char p[FORMAT_MAGIC_MOST + 4];
		enum match before = MATCH_PART;

		for (size_t i = 0; i < sizeof(p); i++)
			p[i] = (unsigned char)(support_random(&seed) >> 8);
		for (size_t i = 0; i < sizeof(p); i++) {
			const char *b =
				beginnings[n / 97 % COUNT(beginnings)].bytes;
			size_t len = beginnings[n / 97 % COUNT(beginnings)].len;

			if (i < len && i < n % 12)
				p[i] = (unsigned char)b[i];
		}
		for (size_t len = 1; len <= sizeof(p); len++) {
			enum match match = f->magic(p, len);

			assert_true(before == MATCH_PART || match == before);
			assert_true(
				match != MATCH_PART || len < FORMAT_MAGIC_MOST);
			before = match;
		}
		clear += before == MATCH_YES;
	}
	assert_true(clear > 0);
}

static void every_entry_is_complete_and_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_FORMATS; i++) {
		const struct format *f = formats[i];

		assert_ptr_equal(format_entry(i), f);
		assert_true(f->name && f->magic);
		/* It is decoded, or there is something that does it. */
		assert_true(f->make || f->tool);
		assert_true(!f->make == !f->more && !f->make == !f->free &&
			    !f->make == !f->begin);
		if (is_foreign(f))
			assert_true(!f->make && !f->library);
		else
			assert_true(!f->tool || f->library);
		assert_true(f->make || !f->expect);
		if (f->pieces)
			assert_true(f->pieces->head > 0 && f->pieces->size &&
				    f->pieces->text_size && f->pieces->make &&
				    f->pieces->free && f->pieces->decode);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(f->name, formats[j]->name);
	}
	assert_null(format_entry(N_FORMATS));
}

static void a_match_is_as_long_as_both_are(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum match match;
	} with_abcd[] = {
		{BYTES("a"), MATCH_PART},
		{BYTES("abc"), MATCH_PART},
		{BYTES("abcd"), MATCH_YES},
		{BYTES("abcde"), MATCH_YES},
		{BYTES("b"), MATCH_NO},
		{BYTES("abd"), MATCH_NO},
		{BYTES("abcx"), MATCH_NO},
		{BYTES("abc\0"), MATCH_NO},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(with_abcd); i++)
		assert_int_equal(
			format_match((const unsigned char *)with_abcd[i].bytes,
				with_abcd[i].len, "abcd", 4),
			with_abcd[i].match);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(beginnings_tell_the_format),
		cmocka_unit_test(one_byte_at_a_time_comes_to_the_same),
		cmocka_unit_test(nothing_at_all_may_become_anything),
		cmocka_unit_test(
			text_that_begins_like_a_magic_is_not_waited_behind),
		cmocka_unit_test(only_behind_six_bytes_is_waited),
		cmocka_unit_test(the_longer_of_two_magics_is_waited_for),
		cmocka_unit_test(no_two_bytes_but_their_magics_are_a_format),
		cmocka_unit_test(a_magic_is_a_part_then_clear_and_stays_so),
		cmocka_unit_test(
			every_entry_is_complete_and_has_a_name_of_its_own),
		cmocka_unit_test(a_match_is_as_long_as_both_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
