/*
 * Tests of taking white space away from around lines: as str.strip() would,
 * wherever the input is cut.
 */
#include "config.h"

#include "io/strip.h"

#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Strips pieces in[cuts[i]..cuts[i + 1]), each from and to memory of its own,
 * so that a step beyond is seen. Returns the length of what is in out. */
static size_t strip(
	const char *in, const size_t *cuts, size_t n_cuts, char *out)
{
	struct strip *s = support_allocate(sizeof(*s));
	size_t n = 0;

	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i <= n_cuts; i++) {
		size_t len = i < n_cuts ? cuts[i + 1] - cuts[i] : 0;
		unsigned char *piece = support_allocate(len);
		unsigned char *room = support_allocate(STRIP_BOUND(len));
		size_t got;

		if (i < n_cuts) {
			memcpy(piece, in + cuts[i], len);
			got = strip_more(s, piece, len, room);
		} else {
			got = strip_end(s, room);
		}
		assert_true(got <= STRIP_BOUND(len));
		memcpy(out + n, room, got);
		n += got;
		free(piece);
		free(room);
	}
	free(s);
	return n;
}

static void strips_to(const char *in, size_t len, const char *want)
{
	size_t whole[] = {0, len};
	char *out = support_allocate(len + 1);

	support_same(out, strip(in, whole, 1, out), want, strlen(want));
	for (size_t a = 0; a <= len; a++) {
		for (size_t b = a; b <= len; b++) {
			size_t cuts[] = {0, a, b, len};

			support_same(out, strip(in, cuts, 3, out), want,
				strlen(want));
		}
	}
	free(out);
}

static void white_space_around_lines_goes_wherever_it_is_cut(void **state)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{"", ""},
		{"a", "a"},
		{"a\n", "a\n"},
		{"  a  \n", "a\n"},
		{"a  b \t c\n", "a  b \t c\n"},
		{"\ta\r\nb\v\f", "a\nb"},
		{"a \xC2\xA0 \n", "a\n"},
		{"\xE3\x80\x80"
		 "a\xE3\x80\x80"
		 "b\xE3\x80\x80\n",
			"a\xE3\x80\x80"
			"b\n"},
		{"a \xE2\x80\x89\xE2\x80\x89 b\n",
			"a \xE2\x80\x89\xE2\x80\x89 b\n"},
		{"\xC2\x85 x \xE2\x81\x9F\n y ", "x\ny"},
		{"\xEF\xBB\xBF x \n", "\xEF\xBB\xBF x\n"}, /* U+FEFF is none */
		{"\xE2\x80\x8B"
		 "a\xE2\x80\x8B\n", /* U+200B is none */
			"\xE2\x80\x8B"
			"a\xE2\x80\x8B\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		strips_to(cases[i].in, strlen(cases[i].in), cases[i].want);
}

static void lines_of_white_space_only_are_skipped(void **state)
{
	static const char *const empty[] = {"\n", "\n\n\n", " \n\t\n", " ",
		"\xC2\xA0\n", "\xE2\x80\xA8\n\xE3\x80\x80", "\r\n\r\n"};

	(void)state;
	for (size_t i = 0; i < COUNT(empty); i++)
		strips_to(empty[i], strlen(empty[i]), "");
	strips_to("\n\na\n \n\nb\n\n", 10, "a\nb\n");
}

static void what_is_cut_off_from_a_character_is_no_white_space(void **state)
{
	static const char *const parts[] = {"\xC2", "\xE2", "\xE2\x80", "\xE1",
		"\xE1\x9A", "\xE3\x80", "\xF0\x9F", "\x80", "\xA0"};
	char in[32], want[32];

	(void)state;
	for (size_t i = 0; i < COUNT(parts); i++) {
		strips_to(parts[i], strlen(parts[i]), parts[i]);
		(void)snprintf(in, sizeof(in), " %s \n %s x %s", parts[i],
			parts[i], parts[i]);
		(void)snprintf(want, sizeof(want), "%s\n%s x %s", parts[i],
			parts[i], parts[i]);
		strips_to(in, strlen(in), want);
	}
	/* A beginning of white space, then white space. */
	strips_to("a\xE2\x80\xC2\xA0\n", 6, "a\xE2\x80\n");
	strips_to("a\xE2\xE2\x80\x80\n", 6, "a\xE2\n");
	strips_to("a\xC2\xC2\xA0\n", 5, "a\xC2\n");
}

static void nul_and_other_controls_stay(void **state)
{
	static const char in[] = " \0a\x01\x1b\x7f \n";
	char out[sizeof(in)];
	size_t cuts[] = {0, sizeof(in) - 1};

	(void)state;
	support_same(out, strip(in, cuts, 1, out), BYTES("\0a\x01\x1b\x7f\n"));
}

/* White_Space of Unicode, and the four separators. */
static bool is_white_space(uint32_t c)
{
	return (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x20) ||
	       c == 0x85 || c == 0xa0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
	       c == 0x202f || c == 0x205f || c == 0x3000;
}

static size_t encode(uint32_t c, char *p)
{
	if (c < 0x80) {
		p[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		p[0] = (char)(0xc0 | c >> 6);
		p[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		p[0] = (char)(0xe0 | c >> 12);
		p[1] = (char)(0x80 | (c >> 6 & 0x3f));
		p[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	p[0] = (char)(0xf0 | c >> 18);
	p[1] = (char)(0x80 | (c >> 12 & 0x3f));
	p[2] = (char)(0x80 | (c >> 6 & 0x3f));
	p[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

static void exactly_the_white_space_characters_are_stripped(void **state)
{
	static struct strip s;

	(void)state;
	for (uint32_t c = 1; c < 0x30000; c++) {
		unsigned char out[STRIP_BOUND(16)];
		char in[16], *p = in;
		const char *want = "x\n";
		size_t n, len;

		if (c == '\n' || (c >= 0xd800 && c < 0xe000))
			continue;
		p += encode(c, p);
		*p++ = 'x';
		p += encode(c, p);
		*p++ = '\n';
		len = 2;
		if (!is_white_space(c)) {
			want = in;
			len = (size_t)(p - in);
		}
		n = strip_more(
			&s, (const unsigned char *)in, (size_t)(p - in), out);
		if (n != len || memcmp(out, want, n) != 0)
			print_error("U+%04X\n", (unsigned)c);
		support_same(out, n, want, len);
	}
}

/* A line of `n` blanks (of bytes[0..len)) between two letters, or behind one.
 */
static void run_of(const char *blank, size_t len, size_t n, bool behind)
{
	size_t size = n * len + 3, at = 0, first = 0;
	char *in = support_allocate(size), *out = support_allocate(size);

	in[at++] = 'a';
	for (size_t i = 0; i < n; i++, at += len)
		memcpy(in + at, blank, len);
	if (!behind)
		in[at++] = 'b';
	in[at++] = '\n';
	for (size_t step = 1; step <= at; step = step * 7 + 1) {
		size_t n_cuts = (at + step - 1) / step, got;
		size_t *cuts = support_allocate((n_cuts + 1) * sizeof(*cuts));

		for (size_t i = 0; i <= n_cuts; i++)
			cuts[i] = i * step < at ? i * step : at;
		got = strip(in, cuts, n_cuts, out);
		if (!behind) {
			support_same(out, got, in, at);
		} else if (n * len <= STRIP_HELD) {
			support_same(out, got, BYTES("a\n"));
		} else {
			/* Some of it was taken for a part of the line. */
			assert_between(got, 3, at);
			assert_memory_equal(out, in, got - 1);
			assert_int_equal(out[got - 1], '\n');
			if (first == 0)
				first = got;
			assert_int_equal(got, first);
		}
		free(cuts);
	}
	free(in);
	free(out);
}

static void long_runs_within_a_line_stay_as_they_are(void **state)
{
	(void)state;
	run_of(" ", 1, STRIP_HELD - 1, false);
	run_of(" ", 1, STRIP_HELD, false);
	run_of(" ", 1, STRIP_HELD + 1, false);
	run_of(" ", 1, 3 * STRIP_HELD, false);
	run_of("\xE3\x80\x80", 3, STRIP_HELD, false);
}

static void runs_that_can_be_held_are_stripped(void **state)
{
	(void)state;
	run_of(" ", 1, STRIP_HELD - 1, true);
	run_of(" ", 1, STRIP_HELD, true);
	run_of("\xE3\x80\x80", 3, STRIP_HELD / 3, true);
}

static void longer_runs_are_kept_in_part_wherever_they_are_cut(void **state)
{
	(void)state;
	run_of(" ", 1, STRIP_HELD + 1, true);
	run_of(" ", 1, 2 * STRIP_HELD + 1, true);
	run_of("\xE3\x80\x80", 3, STRIP_HELD, true);
}

static void white_space_before_a_line_is_never_held(void **state)
{
	size_t len = 3 * STRIP_HELD, cuts[] = {0, len};
	char *in = support_allocate(len), *out = support_allocate(len);

	(void)state;
	memset(in, ' ', len);
	memcpy(in + len - 2, "a\n", 2);
	support_same(out, strip(in, cuts, 1, out), "a\n", 2);
	free(in);
	free(out);
}

static void the_end_begins_a_new_stream(void **state)
{
	static struct strip s;
	unsigned char out[STRIP_BOUND(8)];

	(void)state;
	assert_int_equal(
		strip_more(&s, (const unsigned char *)"a  \xE2\x80", 5, out),
		1);
	assert_int_equal(strip_end(&s, out), 4);
	assert_memory_equal(out, "  \xE2\x80", 4);
	assert_int_equal(strip_end(&s, out), 0);
	assert_int_equal(
		strip_more(&s, (const unsigned char *)"\x80 b ", 4, out), 3);
	assert_memory_equal(out, "\x80 b", 3);
	assert_int_equal(strip_end(&s, out), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			white_space_around_lines_goes_wherever_it_is_cut),
		cmocka_unit_test(lines_of_white_space_only_are_skipped),
		cmocka_unit_test(
			what_is_cut_off_from_a_character_is_no_white_space),
		cmocka_unit_test(nul_and_other_controls_stay),
		cmocka_unit_test(
			exactly_the_white_space_characters_are_stripped),
		cmocka_unit_test(long_runs_within_a_line_stay_as_they_are),
		cmocka_unit_test(runs_that_can_be_held_are_stripped),
		cmocka_unit_test(
			longer_runs_are_kept_in_part_wherever_they_are_cut),
		cmocka_unit_test(white_space_before_a_line_is_never_held),
		cmocka_unit_test(the_end_begins_a_new_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
