/*
 * Tests of parts of a piece that are turned, the rest left: what comes out is
 * what the engine makes of each part, and in memory of just the size.
 */
#include "config.h"

#include "text/turning.h"

#include "support.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct part {
	size_t from, to;
};

/* What a piece has come to. */
struct outcome {
	int err;
	struct text_result result;
	unsigned char *bytes; /* the result's, in a copy */
	bool in_text;	      /* where it was */
};

/* The piece is in memory of just its size, `skew` bytes behind where memory
 * begins that is allocated. */
static struct outcome turn(const struct text *t, const char *text, size_t len,
	const struct part *parts, size_t n, bool in_place, size_t skew)
{
	unsigned char *memory = support_allocate(skew + len);
	unsigned char *spare = support_allocate(text_bound(len));
	struct text_state begin = {0};
	struct text_piece piece = {.begin = &begin,
		.last = true,
		.ends = true,
		.text = memory + skew,
		.len = len,
		.in_place = in_place,
		.spare = spare,
		.room = text_bound(len)};
	struct outcome o;
	struct turning c;

	if (len > 0)
		memcpy(piece.text, text, len);
	turning_begin(&c, t, &piece, &o.result);
	for (size_t i = 0; i < n; i++)
		turning_part(&c, parts[i].from, parts[i].to, TURNING_ALONE);
	o.err = turning_end(&c);
	o.in_text = o.result.out == piece.text;
	assert_true(o.in_text || o.result.out == spare);
	assert_true(in_place || !o.in_text);
	if (!in_place && len > 0)
		assert_memory_equal(piece.text, text, len);
	o.bytes = support_allocate(o.result.produced);
	memcpy(o.bytes, o.result.out, o.result.produced);
	free(memory);
	free(spare);
	return o;
}

/* The same, a call of the engine for each part. */
static struct outcome by_engine(const struct text *t, const char *text,
	size_t len, const struct part *parts, size_t n)
{
	const unsigned char *p = (const unsigned char *)text;
	struct outcome o = {.bytes = support_allocate(2 * text_bound(len))};
	size_t at = 0;

	for (size_t i = 0; i <= n && !o.err; i++) {
		size_t from = i < n ? parts[i].from : len;
		size_t room = upcase_bound(len);
		unsigned char *out = support_allocate(room);
		struct upcase_state state;
		struct upcase_result r = {0};

		memcpy(o.bytes + o.result.produced, p + at, from - at);
		o.result.produced += from - at;
		at = i < n ? parts[i].to : len;
		upcase_state_init(&state);
		o.err = upcase_convert(t->upcase, &state, p + from, at - from,
			true, out, room, &r);
		memcpy(o.bytes + o.result.produced, out, r.produced);
		o.result.produced += r.produced;
		if (r.invalid > 0 && o.result.invalid == 0) {
			size_t bad = from + (size_t)r.first_bad;

			o.result.bad_at = (ptrdiff_t)bad;
			for (size_t k = 0; k < bad; k++) {
				bool newline = p[k] == '\n';

				o.result.bad_line += newline;
				o.result.bad_column += (p[k] & 0xC0) != 0x80;
				if (newline)
					o.result.bad_column = 0;
			}
		}
		o.result.invalid += r.invalid;
		free(out);
	}
	return o;
}

static void check(const struct text *t, const char *text, size_t len,
	const struct part *parts, size_t n, size_t skew)
{
	struct outcome want = by_engine(t, text, len, parts, n);

	for (int in_place = 0; in_place < 2; in_place++) {
		struct outcome is =
			turn(t, text, len, parts, n, in_place, skew);

		support_same(is.bytes, is.result.produced, want.bytes,
			want.result.produced);
		assert_int_equal(is.err, want.err);
		assert_int_equal(is.result.invalid, want.result.invalid);
		if (want.result.invalid > 0) {
			assert_int_equal(is.result.bad_at, want.result.bad_at);
			assert_int_equal(
				is.result.bad_line, want.result.bad_line);
			assert_int_equal(
				is.result.bad_column, want.result.bad_column);
		}
		assert_false(is.result.wrong.met);
		free(is.bytes);
	}
	free(want.bytes);
}

static void make(struct text *t, struct upcase *u,
	enum upcase_language language, enum upcase_invalid invalid)
{
	assert_int_equal(upcase_init(u, UPCASE_FULL, language, invalid), 0);
	text_init(t, u);
}

static const enum upcase_language languages[] = {
	UPCASE_ROOT, UPCASE_TR, UPCASE_LT, UPCASE_EL, UPCASE_HY};

static void ascii_is_what_the_engine_makes_of_it(void **state)
{
	char text[420];
	struct upcase u;
	struct text t;

	(void)state;
	make(&t, &u, UPCASE_ROOT, UPCASE_KEEP);
	/* Every character at every place of a word. */
	for (size_t skew = 0; skew < 16; skew++) {
		for (size_t i = 0; i < sizeof(text); i++)
			text[i] = (char)((i + skew) % 128);
		for (size_t len = 0; len <= 300; len++) {
			struct part part = {skew, skew + len};

			check(&t, text, skew + len + 20, &part, 1, skew);
		}
	}
	/* What is next to letters, and becomes letters in 7 bits. */
	for (unsigned c = 0; c < 128; c++) {
		for (size_t len = 0; len < 40; len++) {
			struct part part = {3, 3 + len};

			memset(text, (int)c, len + 6);
			check(&t, text, len + 6, &part, 1, 0);
		}
	}
}

static void a_byte_that_is_no_ascii_is_seen_at_each_place(void **state)
{
	static const char *const others[] = {
		"\xC3\xA9", "\xC3\x9F", "\xE1\xBA\x96", "\xFF", "\xC4\xB1"};
	struct upcase u;
	struct text t;

	(void)state;
	make(&t, &u, UPCASE_ROOT, UPCASE_KEEP);
	for (size_t k = 0; k < COUNT(others); k++) {
		size_t n = strlen(others[k]);

		for (size_t len = n; len <= 270; len += len < 70 ? 1 : 50) {
			for (size_t at = 0; at + n <= len; at++) {
				char text[300];
				struct part parts[2] = {
					{5, 5 + len}, {9 + len, 12 + len}};

				memset(text, 'q', sizeof(text));
				memcpy(text + 5 + at, others[k], n);
				check(&t, text, len + 15, parts, 2, 1);
			}
		}
	}
}

static void what_keeps_its_length_stays_in_place(void **state)
{
	static const struct {
		const char *text;
		struct part parts[3];
		bool in_text;
	} cases[] = {
		{"abcdef", {{1, 2}, {3, 5}}, true},
		{"a\xC3\xA9"
		 "bc\xC3\xA9",
			{{1, 3}, {4, 7}}, true},
		{"a\xC3\x9F"
		 "bc",
			{{0, 3}}, true}, /* SS */
		{"a\xC5\x89"
		 "bc\xC3\xA9",
			{{0, 1}, {1, 4}, {4, 7}}, false}, /* longer */
		{"a\xC4\xB1"
		 "bc\xC3\xA9",
			{{0, 1}, {1, 4}, {4, 7}}, false}, /* shorter */
		{"a\xC4\xB1"
		 "bc",
			{{3, 4}}, true}, /* left */
		{"", {{0, 0}}, true},
	};
	struct upcase u;
	struct text t;

	(void)state;
	make(&t, &u, UPCASE_ROOT, UPCASE_KEEP);
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t n = 0, len = strlen(cases[i].text);
		struct outcome o;

		while (n < 3 && cases[i].parts[n].to > 0)
			n++;
		o = turn(&t, cases[i].text, len, cases[i].parts, n, true, 0);
		assert_int_equal(o.in_text, cases[i].in_text);
		free(o.bytes);
		check(&t, cases[i].text, len, cases[i].parts, n, 0);
	}
}

/* Parts of one letter are the most calls for their bytes, and U+0390 grows the
 * most. */
static void many_parts_that_grow_have_room(void **state)
{
	enum {
		N = 400
	};
	static const char *const letters[] = {
		"\xCE\x90", "\xC5\x89", "\xC3\x9F", "\xE1\xBE\xB7"};
	static struct part parts[N];
	static char text[4 * N];
	struct upcase u;
	struct text t;

	(void)state;
	for (size_t k = 0; k < COUNT(letters) * COUNT(languages); k++) {
		const char *letter = letters[k % COUNT(letters)];
		size_t len = strlen(letter);

		make(&t, &u, languages[k / COUNT(letters)], UPCASE_KEEP);
		for (size_t i = 0; i < N; i++) {
			memcpy(text + i * len, letter, len);
			parts[i] = (struct part){i * len, (i + 1) * len};
		}
		for (size_t n = 0; n <= N; n += 1 + n / 4)
			check(&t, text, n * len, parts, n, 0);
		check(&t, text, N * len, parts, N, 0);
	}
}

static void random_parts_come_out_as_the_engine_has_them(void **state)
{
	static const char *const some[] = {"a", "Z", "i", "\n", "zebra cro",
		"\xC3\x9F", "\xC4\xB1", "\xC5\x89", "\xCE\x90", "\xFF",
		"\xE2\x82", "i\xCC\x87", "\xCE\xAE ", "\xD0\xB6",
		"\xE1\xB8\xA7", "0123456789012345678901234567890123456789",
		"\xD6\x87",
		"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"};
	static const enum upcase_invalid modes[] = {
		UPCASE_KEEP, UPCASE_REPLACE, UPCASE_FAIL};
	uint32_t seed = 5;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t len = 0, n = 0, at = 0;
		size_t most = support_random(&seed) % 500;
		struct part parts[60];
		char text[600];
		struct upcase u;
		struct text t;

		make(&t, &u, languages[support_random(&seed) % 5],
			modes[support_random(&seed) % 3]);
		while (len < most) {
			uint32_t x = support_random(&seed) % COUNT(some);

			memcpy(text + len, some[x], strlen(some[x]));
			len += strlen(some[x]);
		}
		while (n < COUNT(parts) && at < len) {
			size_t from = at + support_random(&seed) % 9;
			size_t to =
				from + support_random(&seed) % (n % 4 ? 8 : 80);

			if (to > len)
				break;
			parts[n++] = (struct part){from, to};
			at = to;
		}
		check(&t, text, len, parts, n, support_random(&seed) % 8);
	}
}

static void what_is_not_utf8_ends_it_if_that_is_wanted(void **state)
{
	static const struct part parts[] = {{2, 5}, {7, 9}, {10, 12}};
	static const char text[] = "a\nbc\xFF\xFF"
				   "def\xFFgh\n";
	struct upcase u;
	struct outcome o;
	struct text t;

	(void)state;
	make(&t, &u, UPCASE_ROOT, UPCASE_FAIL);
	for (int in_place = 0; in_place < 2; in_place++) {
		o = turn(&t, text, strlen(text), parts, 3, in_place, 0);
		assert_int_equal(o.err, -EILSEQ);
		support_same(o.bytes, o.result.produced, "a\nBC", 4);
		assert_int_equal(o.result.bad_at, 4);
		assert_int_equal(o.result.bad_line, 1);
		assert_int_equal(o.result.bad_column, 2);
		free(o.bytes);
		/* What is left is nobody's matter. */
		o = turn(&t, text, strlen(text), parts + 1, 2, in_place, 0);
		assert_int_equal(o.err, 0);
		support_same(o.bytes, o.result.produced,
			"a\nbc\xFF\xFF"
			"dEF\xFFGH\n",
			strlen(text));
		assert_int_equal(o.result.invalid, 0);
		free(o.bytes);
	}
}

/* The column is one of what was read, not of what was made of it. */
static void a_place_counts_the_characters_that_were_read(void **state)
{
	static const struct {
		const char *text;
		struct part parts[3];
		unsigned line, column;
	} cases[] = {
		{"\xC3\x9F\xC3\x9F\xFF", {{0, 2}, {2, 4}, {4, 5}}, 0, 2},
		{"\xC3\x9F\n\xC3\x9Fx\xFF", {{0, 2}, {3, 5}, {6, 7}}, 1, 2},
		{"\xC3\x9Fx\n\xFF", {{0, 2}, {3, 3}, {4, 5}}, 1, 0},
		{"\xEF\xAC\x83\xC3\x9Fy\xFF", {{0, 3}, {3, 5}, {6, 7}}, 0, 3},
		{"\xEF\xAC\x83\n\xC3\x9Fy\xFF", {{0, 4}, {4, 6}, {7, 8}}, 1, 2},
		{"\xEF\xAC\x83"
		 "abc\n\xFF",
			{{0, 3}, {3, 6}, {6, 8}}, 1, 0},
		/* One part of two lines. */
		{"\xC3\x9Fx\n\xC3\x9Fz \xFF", {{0, 7}, {8, 9}}, 1, 3},
		{"\xC3\x9F\xC3\x9Fx\nz \xFF", {{0, 7}, {8, 9}}, 1, 2},
		/* Shorter. */
		{"\xC3\x9F"
		 "i\xCC\x87\xFF",
			{{0, 2}, {2, 5}, {5, 6}}, 0, 3},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		for (size_t k = 0; k < 2 * COUNT(languages); k++) {
			size_t n = 0;
			struct outcome o;
			struct upcase u;
			struct text t;

			while (n < 3 && cases[i].parts[n].to > 0)
				n++;
			make(&t, &u, languages[k / 2], UPCASE_KEEP);
			o = turn(&t, cases[i].text, strlen(cases[i].text),
				cases[i].parts, n, k % 2, 0);
			assert_int_equal(o.result.invalid, 1);
			assert_int_equal(o.result.bad_line, cases[i].line);
			assert_int_equal(o.result.bad_column, cases[i].column);
			free(o.bytes);
		}
	}
}

/* What the piece before left to the engine comes out with the first part. */
static void what_was_held_back_has_room_beside_all_others(void **state)
{
	enum {
		MARKS = 400
	};
	static const char rest[] = "x,yz";
	unsigned char text[2 + 2 * MARKS + 4], want[8192], out[8192];
	size_t len = 2 + 2 * MARKS, n = 0;
	struct text_state begin = {0};
	struct text_engine engine;
	struct upcase_state st;
	struct upcase_result r;
	struct upcase u;
	struct text t;

	(void)state;
	make(&t, &u, UPCASE_EL, UPCASE_KEEP);
	memcpy(text, "\xCE\xAE", 2);
	for (size_t i = 0; i < MARKS; i++) /* ones that stay */
		memcpy(text + 2 + 2 * i, "\xCC\x96", 2);
	memcpy(text + len, rest, 4);
	upcase_state_init(&st);
	assert_int_equal(upcase_convert(&u, &st, text, len + 1, true, want,
				 sizeof(want), &r),
		0);
	memcpy(want + r.produced, ",YZ", 3);
	text_engine_begin(&engine);
	for (int second = 0; second < 2; second++) {
		size_t m = second ? 4 : len, bound = text_bound(m);
		unsigned char *spare = support_allocate(bound);
		struct text_piece piece = {.begin = &begin,
			.engine = &engine,
			.last = second,
			.text = text + (second ? len : 0),
			.len = m,
			.spare = spare,
			.room = bound};
		struct text_result result;
		struct turning c;

		turning_begin(&c, &t, &piece, &result);
		if (second) {
			turning_part(&c, 0, 1, TURNING_BEFORE);
			turning_part(&c, 2, 4, TURNING_ALONE);
		} else {
			turning_part(&c, 0, len, TURNING_BEHIND);
		}
		assert_int_equal(turning_end(&c), 0);
		memcpy(out + n, result.out, result.produced);
		n += result.produced;
		free(spare);
	}
	support_same(out, n, want, r.produced + 3);
}

static void what_is_wrong_is_told_once_and_with_its_line(void **state)
{
	unsigned char text[] = "a\xC5\x89\nb\nc\n";
	unsigned char spare[8192];
	struct text_state begin = {0};
	struct text_piece piece = {.begin = &begin,
		.last = true,
		.text = text,
		.len = sizeof(text) - 1,
		.in_place = true,
		.spare = spare,
		.room = sizeof(spare)};
	struct text_result result;
	struct turning c;
	struct upcase u;
	struct text t;

	(void)state;
	make(&t, &u, UPCASE_ROOT, UPCASE_KEEP);
	turning_begin(&c, &t, &piece, &result);
	turning_part(&c, 0, 3, TURNING_ALONE);
	turning_wrong(&c, 6, 0, "first");
	turning_wrong(&c, 6, 0, "second");
	assert_int_equal(turning_end(&c), 0);
	support_same(result.out, result.produced, "A\xCA\xBCN\nb\nc\n", 9);
	assert_true(result.wrong.met);
	assert_int_equal(result.wrong.line, 2);
	assert_string_equal(result.wrong.words, "first");
	/* Lines before: also of the pieces before. */
	turning_begin(&c, &t, &piece, &result);
	assert_false(result.wrong.met);
	turning_wrong(&c, 6, 5, "before");
	assert_int_equal(turning_end(&c), 0);
	assert_int_equal(result.wrong.line, -3);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ascii_is_what_the_engine_makes_of_it),
		cmocka_unit_test(a_byte_that_is_no_ascii_is_seen_at_each_place),
		cmocka_unit_test(what_keeps_its_length_stays_in_place),
		cmocka_unit_test(many_parts_that_grow_have_room),
		cmocka_unit_test(random_parts_come_out_as_the_engine_has_them),
		cmocka_unit_test(what_is_not_utf8_ends_it_if_that_is_wanted),
		cmocka_unit_test(a_place_counts_the_characters_that_were_read),
		cmocka_unit_test(what_was_held_back_has_room_beside_all_others),
		cmocka_unit_test(what_is_wrong_is_told_once_and_with_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
