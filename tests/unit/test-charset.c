/*
 * Tests of encodings: each that the system lists gives what the system itself
 * makes of it, wherever the bytes are cut; and what cannot be decoded is one
 * bad byte, in its place.
 */
#include "config.h"

#include "codec/charset.h"

#include "support.h"

#include <errno.h>
#include <iconv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

enum {
	MOST = 16384,
	NAME_MOST = 64,
};

struct bytes {
	char at[MOST];
	size_t len;
};

/* Decodes in pieces, with so much room; what is left of a piece comes again. */
static void decode(struct charset *c, const char *in, size_t len, size_t piece,
	size_t room, struct bytes *out)
{
	size_t at = 0, end = 0;
	bool done = false;

	out->len = 0;
	charset_begin(c);
	while (!done) {
		size_t taken, made = room;
		unsigned char *from, *to = support_allocate(room);

		end = end + piece < len ? end + piece : len;
		taken = end - at;
		from = support_allocate(taken);
		memcpy(from, in + at, taken);
		done = charset_more(c, from, &taken, to, &made, end == len);
		assert_true(end < len || done || taken > 0 || made > 0);
		at += taken;
		assert_true(end - at < CHARSET_REST || made > 0);
		assert_true(out->len + made <= MOST);
		memcpy(out->at + out->len, to, made);
		out->len += made;
		free(from);
		free(to);
	}
	assert_int_equal(at, len);
}

static struct charset *charset_of(const char *name)
{
	struct charset *c = NULL;

	if (charset_new(&c, name) != 0)
		print_error("%s\n", name);
	assert_non_null(c);
	return c;
}

static bool is_known(const char *name)
{
	struct charset *c;

	if (charset_new(&c, name) != 0)
		return false;
	charset_free(c);
	return true;
}

static void becomes(
	const char *name, const char *in, size_t len, const char *want)
{
	static struct bytes out;
	struct charset *c = charset_of(name);

	for (size_t piece = 1; piece <= len + 1; piece++) {
		decode(c, in, len, piece, CHARSET_ROOM, &out);
		support_same(out.at, out.len, want, strlen(want));
	}
	charset_free(c);
}

static void what_the_system_does_not_know_is_refused(void **state)
{
	static const char *const names[] = {"", "no-such-encoding",
		"iso-8859-1//", "iso-8859-1//TRANSLIT", "//", "utf-16//IGNORE"};
	struct charset *c;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		assert_int_equal(charset_new(&c, names[i]), -EINVAL);
	assert_true(charset_is_utf8("UTF-8"));
	assert_true(charset_is_utf8("utf8"));
	assert_false(charset_is_utf8("utf-16"));
}

static void utf_16_and_32_need_no_system(void **state)
{
	(void)state;
	becomes("utf-16", BYTES("\xFE\xFF\0a\xD8\x3D\xDE\0"),
		"\xEF\xBB\xBF"
		"a\xF0\x9F\x98\x80");
	becomes("UTF-16",
		BYTES("\xFF\xFE"
		      "a\0"),
		"\xEF\xBB\xBF"
		"a");
	becomes("utf16", BYTES("a\0\xFF\xFE"), "a\xEF\xBB\xBF");
	becomes("UTF-16LE", BYTES("\xE9\0"), "\xC3\xA9");
	becomes("utf-16be", BYTES("\0\xE9\0"), "\xC3\xA9\xFF");
	becomes("utf-32", BYTES("\0\0\xFE\xFF\0\0\0\xE9"),
		"\xEF\xBB\xBF\xC3\xA9");
	becomes("utf-32", BYTES("\xFF\xFE\0\0\xE9\0\0\0"),
		"\xEF\xBB\xBF\xC3\xA9");
	becomes("utf-32",
		BYTES("\xFF\xFE"
		      "a\0"),
		"\xFF");
	becomes("utf-32le", BYTES("\xE9\0\0\0"), "\xC3\xA9");
	becomes("utf-32be", BYTES("\0\0\0\xE9\0"), "\xC3\xA9\xFF");
	becomes("utf-16", "", 0, "");
	becomes("utf-16", BYTES("a"), "\xFF");
}

static void what_cannot_be_decoded_is_one_bad_byte(void **state)
{
	(void)state;
	becomes("US-ASCII",
		BYTES("a\xE9\xFC"
		      "b"),
		"a\xFF\xFF"
		"b");
	becomes("windows-1252", BYTES("\x81\xE4"), "\xFF\xC3\xA4");
	/* Not with each musl: see charset.c. */
	if (is_known("shift_jis"))
		becomes("shift_jis", BYTES("\x83\x65\x83 a\x83"),
			"\xE3\x83\x86\xFF a\xFF");
	becomes("euc-jp",
		BYTES("\xA4\xC6\xA4"
		      "a"),
		"\xE3\x81\xA6\xFF"
		"a");
}

/* What is kept back to be combined with what follows. */
static void what_was_kept_back_comes_out(void **state)
{
	(void)state;
	if (!is_known("CP1255") || !is_known("TCVN")) {
		print_message("skipped: the system has no CP1255 and TCVN\n");
		skip();
	}
	becomes("CP1255", BYTES("\xF9"), "\xD7\xA9");
	becomes("CP1255", BYTES("\xF9\xD1"), "\xEF\xAC\xAA");
	becomes("CP1255", BYTES("\xF9\xD9\xF9"), "\xD7\xA9\xFF\xD7\xA9");
	becomes("CP1258", BYTES("e"), "e");
	becomes("CP1258", BYTES("e\xEC"), "\xC3\xA9");
	becomes("TCVN", BYTES("a\xB0"), "\xC3\xA0");
}

static void what_shifts_have_said_outlives_damage(void **state)
{
	(void)state;
	if (!is_known("ISO-2022-JP")) {
		print_message("skipped: the system has no ISO-2022-JP\n");
		skip();
	}
	becomes("ISO-2022-JP", BYTES("a\033$B%F\033(Bb"),
		"a\xE3\x83\x86"
		"b");
	becomes("ISO-2022-JP", BYTES("\033$B%F\xFF%F\033(Bb"),
		"\xE3\x83\x86\xFF\xE3\x83\x86"
		"b");
}

static void a_unit_is_stepped_over_as_a_whole(void **state)
{
	(void)state;
	if (!is_known("UCS-2BE")) {
		print_message("skipped: the system has no UCS-2BE\n");
		skip();
	}
	becomes("UCS-2BE", BYTES("\0a\xD8\x00\0b"),
		"a\xFF"
		"b");
	becomes("UCS-4BE", BYTES("\0\0\0a\0\x11\0\0\0\0\0b\0"),
		"a\xFF"
		"b\xFF");
}

/* All that iconv makes of it at once; false when it is not good. */
static bool by_iconv(iconv_t cd, const char *in, size_t len, struct bytes *out)
{
	char *from = (char *)(uintptr_t)in, *to = out->at;
	size_t left = len, room = MOST;

	(void)iconv(cd, NULL, NULL, NULL, NULL);
	if (iconv(cd, &from, &left, &to, &room) == (size_t)-1 ||
		iconv(cd, NULL, NULL, &to, &room) == (size_t)-1)
		return false;
	out->len = MOST - room;
	return true;
}

/* Letters with case of which the encoding is capable, in a text in it. Returns
 * how many. */
static unsigned write_letters(const char *name, struct bytes *text)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {{'A', 'Z'}, {'a', 'z'}, {0xC0, 0x17F}, {0x391, 0x3C9},
		{0x401, 0x45F}, {0x490, 0x491}, {0x531, 0x586},
		{0x10D0, 0x10F0}, {0x1EA0, 0x1EF9}, {0xFF21, 0xFF5A}};
	static struct bytes utf8, made;
	iconv_t cd = iconv_open(name, "UTF-8");
	unsigned n = 0;

	utf8.len = 0;
	if (cd == (iconv_t)-1)
		return 0;
	for (size_t i = 0; i < COUNT(ranges); i++)
		for (uint32_t c = ranges[i].first; c <= ranges[i].last; c++) {
			char *p = utf8.at + utf8.len;
			size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : 3;

			p[0] = (char)(len == 1	 ? c
				      : len == 2 ? 0xC0 | c >> 6
						 : 0xE0 | c >> 12);
			p[len - 2 + (len == 1)] =
				(char)(len == 1	   ? c
					: len == 2 ? 0xC0 | c >> 6
						   : 0x80 | (c >> 6 & 0x3F));
			if (len > 1)
				p[len - 1] = (char)(0x80 | (c & 0x3F));
			if (by_iconv(cd, p, len, &made)) {
				utf8.len += len;
				n++;
			}
		}
	if (!by_iconv(cd, utf8.at, utf8.len, text))
		n = 0;
	(void)iconv_close(cd);
	return n;
}

/* Whether the name means another order of bytes to the system, where no mark
 * says which: musl writes none. */
static bool is_guess(const char *name, const struct bytes *text)
{
	return (strcasecmp(name, "utf-16") == 0 ||
		       strcasecmp(name, "utf16") == 0 ||
		       strcasecmp(name, "utf-32") == 0 ||
		       strcasecmp(name, "utf32") == 0) &&
	       !memchr(text->at, '\xFE', text->len < 4 ? text->len : 4);
}

static bool same_as_the_system(const char *name)
{
	static struct bytes text, want, got;
	struct charset *c;
	iconv_t cd;

	if (!is_known(name) || write_letters(name, &text) == 0 ||
		is_guess(name, &text))
		return false;
	cd = iconv_open("UTF-8", name);
	if (cd == (iconv_t)-1 || !by_iconv(cd, text.at, text.len, &want)) {
		if (cd != (iconv_t)-1)
			(void)iconv_close(cd);
		return false;
	}
	(void)iconv_close(cd);
	c = charset_of(name);
	for (size_t piece = 1; piece < 4; piece++) {
		decode(c, text.at, text.len, piece, CHARSET_ROOM, &got);
		/* The system takes the mark away itself, where it knows of
		 * one. */
		if (got.len == want.len + 3 &&
			memcmp(got.at, "\xEF\xBB\xBF", 3) == 0) {
			got.len -= 3;
			memmove(got.at, got.at + 3, got.len);
		}
		if (got.len != want.len ||
			memcmp(got.at, want.at, want.len) != 0)
			print_error("%s, in pieces of %zu\n", name, piece);
		support_same(got.at, got.len, want.at, want.len);
	}
	charset_free(c);
	return true;
}

static void each_encoding_is_what_the_system_makes_of_it(void **state)
{
	char name[NAME_MOST];
	unsigned tried = 0;
	FILE *list = popen("iconv -l", "r");

	(void)state;
	assert_non_null(list);
	while (fscanf(list, "%63[^/ \n]%*[/ \n]", name) == 1)
		tried += same_as_the_system(name);
	(void)pclose(list);
	if (tried == 0) {
		print_message("skipped: no iconv -l\n");
		skip();
	}
	print_message("%u names\n", tried);
	assert_true(tried > 10);
}

/* Before the room that it is given stands what must stay. */
static void damage_writes_nowhere_else(void **state)
{
	static const char *const names[] = {"shift_jis", "gb18030", "euc-kr"};
	uint32_t seed = 3;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct charset *c;

		if (charset_new(&c, names[i]) != 0)
			continue;
		for (unsigned round = 0; round < 50000; round++) {
			unsigned char in[4], out[1 + CHARSET_ROOM] = {'g'};
			size_t taken = sizeof(in), made = CHARSET_ROOM;

			for (size_t j = 0; j < sizeof(in); j++)
				in[j] = (unsigned char)support_random(&seed);
			in[0] |= 0x80;
			charset_begin(c);
			(void)charset_more(c, in, &taken, out + 1, &made, true);
			assert_int_equal(out[0], 'g');
			assert_true(made <= CHARSET_ROOM);
		}
		charset_free(c);
	}
}

/* Not so UTF-7, in which the C library finds its way out of damage by what it
 * is given at once. */
static void any_bytes_give_the_same_wherever_they_are_cut(void **state)
{
	static const char *const names[] = {"utf-16", "utf-16be", "utf-32",
		"windows-1252", "shift_jis", "euc-jp", "gb18030", "big5",
		"CP1255", "CP1258", "TCVN", "ISO-2022-JP", "ISO-2022-KR",
		"BIG5-HKSCS", "EUC-JISX0213", "IBM930"};
	static struct bytes whole, got;
	char in[200];
	uint32_t seed = 7;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct charset *c;

		if (charset_new(&c, names[i]) != 0)
			continue;
		for (unsigned round = 0; round < 60; round++) {
			size_t len = support_random(&seed) % sizeof(in);

			for (size_t j = 0; j < len; j++)
				in[j] = (char)(round % 2
						       ? support_random(&seed)
						       : 0x40 + support_random(
									&seed) %
									 0xBF);
			decode(c, in, len, 9999, 9999, &whole);
			for (size_t piece = 1; piece < 8; piece += 3) {
				decode(c, in, len, piece, CHARSET_ROOM, &got);
				if (got.len != whole.len)
					print_error(
						"%s: %zu\n", names[i], piece);
				support_same(
					got.at, got.len, whole.at, whole.len);
			}
		}
		charset_free(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_system_does_not_know_is_refused),
		cmocka_unit_test(utf_16_and_32_need_no_system),
		cmocka_unit_test(what_cannot_be_decoded_is_one_bad_byte),
		cmocka_unit_test(what_was_kept_back_comes_out),
		cmocka_unit_test(what_shifts_have_said_outlives_damage),
		cmocka_unit_test(a_unit_is_stepped_over_as_a_whole),
		cmocka_unit_test(each_encoding_is_what_the_system_makes_of_it),
		cmocka_unit_test(damage_writes_nowhere_else),
		cmocka_unit_test(any_bytes_give_the_same_wherever_they_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
