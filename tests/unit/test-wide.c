/*
 * Tests of bytes as wide characters: all of them come back as they were.
 */
#include "config.h"

#include "io/wide.h"

#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void characters_are_what_they_stand_for(void **state)
{
	static const struct {
		const char *text;
		wchar_t c;
	} cases[] = {{"a", L'a'}, {"\x7f", 0x7f}, {"\xc2\xa0", 0xa0},
		{"\xc3\x9f", 0xdf}, {"\xdf\xbf", 0x7ff},
		{"\xe0\xa0\x80", 0x800}, {"\xed\x9f\xbf", 0xd7ff},
		{"\xee\x80\x80", 0xe000}, {"\xef\xbf\xbf", 0xffff},
		{"\xf0\x90\x80\x80", 0x10000}, {"\xf4\x8f\xbf\xbf", 0x10ffff}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const unsigned char *text =
			(const unsigned char *)cases[i].text;
		size_t len = strlen(cases[i].text);
		unsigned char back[WIDE_MOST];
		wchar_t c = 0;

		assert_int_equal(wide_decode(text, len, false, &c), len);
		assert_int_equal(c, cases[i].c);
		assert_int_equal(wide_encode(c, back), len);
		assert_memory_equal(back, text, len);
		for (size_t n = 1; n < len; n++) {
			assert_int_equal(wide_decode(text, n, false, &c), 0);
			assert_int_equal(wide_decode(text, n, true, &c), 1);
			assert_int_equal(c, 0xdc00 + text[0]);
		}
	}
}

static void other_bytes_stand_alone(void **state)
{
	static const char *const cases[] = {"\x80", "\xbf", "\xc0\xaf", "\xc1z",
		"\xc3z", "\xe0\x9f\x80", "\xe2\x82z", "\xed\xa0\x80",
		"\xf0\x8f\xbf\xbf", "\xf0\x90\x80z", "\xf4\x90\x80\x80", "\xf5",
		"\xff",
		/* Keys would be made of these. */
		"\xc2\x80", "\xc2\x9f", "\xc2\xad"};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const unsigned char *text = (const unsigned char *)cases[i];
		size_t len = strlen(cases[i]), n;
		unsigned char back[16];
		wchar_t wide[4] = {0};

		assert_int_equal(wide_decode(text, len, false, wide), 1);
		assert_int_equal(wide[0], 0xdc00 + text[0]);
		n = wide_decode_all(text, len, wide);
		assert_int_equal(wide_encode_all(wide, n, back), len);
		assert_memory_equal(back, text, len);
	}
}

static void all_bytes_come_back(void **state)
{
	unsigned char text[4096], back[sizeof(text)];
	wchar_t wide[sizeof(text)];
	uint32_t seed = 1;

	(void)state;
	for (size_t round = 0; round < 200; round++) {
		size_t n;

		for (size_t i = 0; i < sizeof(text); i++) {
			uint32_t r = support_random(&seed);

			text[i] =
				(unsigned char)(r % 3 ? 0x80 | r >> 8 : r >> 8);
		}
		n = wide_decode_all(text, sizeof(text), wide);
		support_same(back, wide_encode_all(wide, n, back), text,
			sizeof(text));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(characters_are_what_they_stand_for),
		cmocka_unit_test(other_bytes_stand_alone),
		cmocka_unit_test(all_bytes_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
