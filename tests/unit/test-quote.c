/*
 * Tests of quotes: names that cannot do harm, and what is cut of long ones.
 */
#include "config.h"

#include "text/quote.h"

#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void shown_is(const char *name, const char *want)
{
	char *out = support_allocate(200);

	assert_ptr_equal(quote_name(name, out, 200), out);
	assert_string_equal(out, want);
	free(out);
}

static void harmless_names_are_shown_as_they_are(void **state)
{
	static const char *const names[] = {"file", "a b", "it's", "a\\b", "-",
		"straße", "日本語", "𐐨", "\xC2\xA0", "~!@#$%^&*()\"",
		"می\u200Cخواهم", "👩\u200D🚀", "\u05E9\u05DC\u05D5\u05DD",
		"\uFFFD", "\U0010FFFF"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		shown_is(names[i], names[i]);
}

static void control_characters_are_quoted(void **state)
{
	(void)state;
	shown_is("", "''"); /* a name that would not show */
	shown_is("a\nb", "'a\\nb'");
	shown_is("a\tb", "'a\\tb'");
	shown_is("\033[31m", "'\\033[31m'");
	shown_is("\x7f", "'\\177'");
	shown_is("\x01", "'\\001'");
	shown_is("it's\n", "'it\\'s\\n'");
	shown_is("a\\b\r", "'a\\\\b\\015'");
	shown_is("\xC2\x9B"
		 "1m",
		"'\\302\\2331m'"); /* CSI in one character */
	shown_is("\xC2\x80", "'\\302\\200'");
	shown_is("straße\n", "'straße\\n'");
}

/* Each of them by itself, and its neighbours that do no harm. */
static void what_turns_or_hides_text_is_quoted(void **state)
{
	static const char *const harmful[] = {"\u061C", "\u200B", "\u200E",
		"\u200F", "\u2028", "\u2029", "\u202A", "\u202B", "\u202C",
		"\u202D", "\u202E", "\u2060", "\u2066", "\u2067", "\u2068",
		"\u2069", "\u206F", "\uFEFF", "\uFFF9", "\uFFFB", "\U000E0000",
		"\U000E0041", "\U000E007F"};
	static const char *const harmless[] = {"\u061B", "\u061D", "\u200A",
		"\u200C", "\u200D", "\u2010", "\u2027", "\u202F", "\u205F",
		"\u2070", "\uFEFE", "\uFFF8", "\uFFFC", "\U000E0080", "\u00A0"};

	(void)state;
	for (size_t i = 0; i < COUNT(harmful); i++) {
		char want[64] = "'a";

		for (const char *p = harmful[i]; *p; p++)
			(void)sprintf(want + strlen(want), "\\%03o",
				(unsigned char)*p);
		strcat(want, "b'");
		{
			char name[16];

			(void)snprintf(name, sizeof(name), "a%sb", harmful[i]);
			shown_is(name, want);
		}
	}
	for (size_t i = 0; i < COUNT(harmless); i++)
		shown_is(harmless[i], harmless[i]);
}

static void what_is_not_utf8_is_quoted(void **state)
{
	(void)state;
	shown_is("a\xff", "'a\\377'");
	shown_is("\xC3", "'\\303'");
	shown_is("\xE2\x80", "'\\342\\200'");
	shown_is("\xED\xA0\x80", "'\\355\\240\\200'");
	shown_is("\xC3\x9F\xC3", "'ß\\303'");
}

static void a_text_is_always_in_quotes(void **state)
{
	char out[64];

	(void)state;
	assert_string_equal(quote_text("a ", out, sizeof(out)), "'a '");
	assert_string_equal(quote_text("", out, sizeof(out)), "''");
	assert_string_equal(quote_text("it's", out, sizeof(out)), "'it\\'s'");
}

static void a_long_name_is_shown_whole_if_it_fits(void **state)
{
	char name[1100], out[1024];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[1023] = '\0';
	assert_string_equal(quote_name(name, out, sizeof(out)), name);
	name[1023] = 'x';
	name[1024] = '\0';
	(void)quote_name(name, out, sizeof(out));
	assert_non_null(strstr(out, "x'...'x"));
	assert_between(strlen(out), 1022, 1023);
}

/* Names of all lengths around `size`, of characters of one to four bytes: both
 * ends are there, cut between characters, and as much as has room. */
static void a_name_that_is_too_long_is_cut_in_its_middle(void **state)
{
	static const char *const units[] = {
		"x", "ß", "日", "𐐨", "\n", "'", "\x01", "\xff"};
	static const char *const shown[] = {
		"x", "ß", "日", "𐐨", "\\n", "\\'", "\\001", "\\377"};

	(void)state;
	for (size_t u = 0; u < COUNT(units); u++) {
		size_t len = strlen(shown[u]);

		for (size_t size = QUOTE_LEAST; size < 90; size++) {
			char *out = support_allocate(size);
			char name[600] = "";
			const char *cut, *p;

			for (int i = 0; i < 100; i++)
				strcat(name, units[u]);
			(void)quote_name(name, out, size);
			assert_true(strlen(out) < size);
			assert_true(strlen(out) + 2 * len + 2 >= size);
			assert_int_equal(out[0], '\'');
			cut = strstr(out, "'...'");
			assert_non_null(cut);
			for (p = out + 1; p < cut; p += len)
				assert_memory_equal(p, shown[u], len);
			assert_ptr_equal(p, cut);
			for (p = cut + 5; p[1]; p += len)
				assert_memory_equal(p, shown[u], len);
			assert_string_equal(p, "'");
			free(out);
		}
	}
}

static void a_cut_name_shows_where_names_differ(void **state)
{
	char name[5000], out[32];

	(void)state;
	memset(name, '-', sizeof(name));
	memcpy(name, "begin", 5);
	strcpy(name + sizeof(name) - 4, "end");
	assert_string_equal(quote_name(name, out, sizeof(out)),
		"'begin-------'...'---------end'");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(harmless_names_are_shown_as_they_are),
		cmocka_unit_test(control_characters_are_quoted),
		cmocka_unit_test(what_turns_or_hides_text_is_quoted),
		cmocka_unit_test(what_is_not_utf8_is_quoted),
		cmocka_unit_test(a_text_is_always_in_quotes),
		cmocka_unit_test(a_long_name_is_shown_whole_if_it_fits),
		cmocka_unit_test(a_name_that_is_too_long_is_cut_in_its_middle),
		cmocka_unit_test(a_cut_name_shows_where_names_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
