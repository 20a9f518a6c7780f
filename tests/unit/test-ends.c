/*
 * Tests of where fields and records end, and of the masks by which they are
 * found: beside what goes over a text byte by byte.
 */
#include "config.h"

#include "text/ends.h"
#include "text/masks.h"

#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The same without the processor's vectors. */
#undef UPCASE_TEXT_MASKS_H
#undef __SSE2__
#define masks		words
#define masks_load	words_load
#define masks_load_part words_load_part
#define masks_at	words_at
#define masks_of	words_of
#define masks_zeros	words_zeros
#define masks_first	words_first
#define masks_last	words_last
#define masks_below	words_below
#define masks_odd	words_odd
#include "text/masks.h"
#undef masks
#undef masks_load
#undef masks_load_part
#undef masks_at
#undef masks_of
#undef masks_zeros
#undef masks_first
#undef masks_last
#undef masks_below
#undef masks_odd

/* ---- Masks ---- */

static uint64_t slowly(const unsigned char *p, size_t n, unsigned char byte)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < n; i++)
		mask |= (uint64_t)(p[i] == byte) << i;
	return mask;
}

static void check_masks(const unsigned char *p, unsigned char byte)
{
	uint64_t want = slowly(p, MASKS_BLOCK, byte);
	struct masks m = masks_load(p);
	struct words w = words_load(p);

	assert_true(masks_of(&m, byte) == want);
	assert_true(words_of(&w, byte) == want);
}

static void a_byte_is_found_at_each_place(void **state)
{
	unsigned char p[MASKS_BLOCK];

	(void)state;
	for (unsigned byte = 0; byte < 256; byte++) {
		for (size_t at = 0; at < sizeof(p); at++) {
			/* Beside what is nearly the same. */
			memset(p, (int)(byte ^ 1), sizeof(p));
			p[at] = (unsigned char)byte;
			check_masks(p, (unsigned char)byte);
			memset(p, (int)(byte ^ 0x80), sizeof(p));
			p[at] = (unsigned char)byte;
			check_masks(p, (unsigned char)byte);
			memset(p, (int)byte, sizeof(p));
			p[at] = (unsigned char)(byte + 1);
			check_masks(p, (unsigned char)byte);
		}
	}
}

/* Behind a part of a block there are zeros. */
static void no_byte_is_read_that_is_not_there(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (size_t n = 0; n < 2 * MASKS_BLOCK; n++) {
		size_t at = n < MASKS_BLOCK ? 0 : n % 7;
		size_t there = n - at < MASKS_BLOCK ? n - at : MASKS_BLOCK;
		unsigned char *p = support_allocate(n);

		for (int round = 0; round < 20; round++) {
			struct masks m;
			struct words w;

			for (size_t i = 0; i < n; i++)
				p[i] = (unsigned char)(support_random(&seed) %
						       3);
			m = masks_at(p, at, n);
			w = words_at(p, at, n);
			for (unsigned char byte = 1; byte < 4; byte++) {
				uint64_t want = slowly(p + at, there, byte);

				assert_true(masks_of(&m, byte) == want);
				assert_true(words_of(&w, byte) == want);
			}
		}
		free(p);
	}
}

static void bits_are_counted_and_summed_up(void **state)
{
	uint64_t x = 88172645463325252;

	(void)state;
	for (unsigned n = 0; n < 64; n++) {
		uint64_t bit = UINT64_C(1) << n;

		assert_int_equal(masks_first(bit | 1ULL << 63), n);
		assert_int_equal(masks_last(bit | 1), n);
		assert_int_equal(words_first(bit), words_last(bit));
		assert_true(words_below(n) == bit - 1);
		assert_true(masks_below(n) == bit - 1);
	}
	assert_true(masks_below(64) == UINT64_MAX);
	assert_true(words_below(64) == UINT64_MAX);
	for (int round = 0; round < 1000; round++) {
		uint64_t want = 0;
		bool odd = false;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		for (unsigned n = 0; n < 64; n++) {
			odd ^= x >> n & 1;
			want |= (uint64_t)odd << n;
		}
		assert_true(masks_odd(x) == want);
		assert_true(words_odd(x) == want);
	}
}

/* ---- Ends ---- */

enum {
	MOST = 400
};

/* What byte by byte was found. */
struct found {
	size_t n;
	enum ends_kind kind[MOST];
	size_t at[MOST];
	enum ends_phase phase;
};

static struct text_selection selection_of(const char *delimiter, bool quotes)
{
	struct text_selection s = {.choice = TEXT_FIELDS,
		.delimiter_len = strlen(delimiter),
		.quotes = quotes};

	memcpy(s.delimiter, delimiter, s.delimiter_len);
	return s;
}

static bool ends_delimiter(
	const struct text_selection *s, const unsigned char *p, size_t at)
{
	size_t n = s->delimiter_len;

	return at + 1 >= n && memcmp(p + at + 1 - n, s->delimiter, n) == 0;
}

static struct found one_by_one(const struct text_selection *s,
	const unsigned char *p, size_t from, size_t len, enum ends_phase phase)
{
	struct found f = {.phase = phase};

	for (size_t at = from; at < len; at++) {
		bool quote = s->quotes && p[at] == '"';

		if (f.phase == PHASE_QUOTED) {
			f.phase = quote ? PHASE_BEHIND : PHASE_QUOTED;
			continue;
		}
		if (quote && f.phase != PHASE_PLAIN) {
			f.phase = PHASE_QUOTED;
			continue;
		}
		f.phase = PHASE_PLAIN;
		if (p[at] != '\n' && !ends_delimiter(s, p, at))
			continue;
		f.phase = PHASE_BEGINS;
		f.kind[f.n] = p[at] == '\n' ? ENDS_RECORD : ENDS_FIELD;
		f.at[f.n++] = at;
	}
	f.kind[f.n] = ENDS_TEXT;
	f.at[f.n++] = len;
	return f;
}

/* The text in memory of just its size, all ends of it; or, where `skips` has a
 * bit, only the next one of a record; or of some fields the last one. */
static void check(const struct text_selection *s, const unsigned char *text,
	size_t from, size_t len, enum ends_phase phase, uint64_t skips)
{
	unsigned char *p = support_allocate(len);
	struct found f;
	struct ends w;
	size_t at;

	memcpy(p, text, len);
	f = one_by_one(s, p, from, len, phase);
	ends_begin(&w, s, p, from, len, phase);
	for (size_t i = 0; i < f.n; i++, skips = skips >> 3 | skips << 61) {
		enum ends_kind kind;

		if (skips & 1) {
			while (f.kind[i] == ENDS_FIELD)
				i++;
			kind = ends_to_record(&w, &at);
		} else {
			uint32_t n = 1 + (skips & 6);

			for (uint32_t k = 1; k < n && f.kind[i] == ENDS_FIELD;
				k++)
				i++;
			kind = ends_pass(&w, n, &at);
		}
		if (kind != f.kind[i] || at != f.at[i])
			fail_msg("end %zu of %zu: %d at %zu, not %d at %zu, "
				 "from %zu in phase %d: %.*s",
				i, f.n, kind, at, f.kind[i], f.at[i], from,
				phase, (int)len, text);
	}
	assert_int_equal(w.phase, f.phase);
	assert_false(ends_load(&w));
	assert_int_equal(ends_next(&w, &at), ENDS_TEXT);
	assert_int_equal(ends_to_record(&w, &at), ENDS_TEXT);
	assert_int_equal(at, len);
	free(p);
}

static const enum ends_phase phases[] = {
	PHASE_BEGINS, PHASE_PLAIN, PHASE_QUOTED, PHASE_BEHIND};

static void quotes_are_right_at_each_place_of_a_block(void **state)
{
	static const char *const around[] = {"x", ",", "\n", ",x", "\",", "\"",
		"x\"\"", ",\"\"", ",\"x\"", "\"\"\n\"x"};
	struct text_selection s = selection_of(",", true);

	(void)state;
	for (size_t k = 0; k < COUNT(around); k++) {
		size_t n = strlen(around[k]);
		unsigned char text[140];

		for (size_t at = 0; at <= 65; at++) {
			for (size_t second = at; second <= 66; second++) {
				for (size_t i = 0; i < sizeof(text); i++)
					text[i] =
						(unsigned char)around[k][i % n];
				text[at] = text[second] = '"';
				for (size_t i = 0; i < 4; i++)
					check(&s, text, 0,
						second % 2 ? sizeof(text) : 64,
						phases[i], 0);
			}
		}
	}
}

/* One quote too many in a field turns nothing inside out behind it. */
static void a_stray_quote_is_a_character(void **state)
{
	struct text_selection s = selection_of(",", true);

	(void)state;
	for (size_t at = 1; at < 200; at++) {
		unsigned char text[260];
		size_t pos, fields = 0;
		struct ends w;

		memset(text, 'x', sizeof(text));
		text[at] = '"';
		for (size_t i = at + 1; i < sizeof(text); i += 2)
			text[i] = ',';
		ends_begin(&w, &s, text, 0, sizeof(text), PHASE_BEGINS);
		while (ends_next(&w, &pos) == ENDS_FIELD)
			fields++;
		assert_int_equal(fields, (sizeof(text) - at) / 2);
		check(&s, text, 0, sizeof(text), PHASE_BEGINS, 0);
	}
}

static void ends_are_those_of_going_byte_by_byte(void **state)
{
	static const char *const delimiters[] = {",", "\t", "\xC2\xA6", "\xFF",
		"\xE2\x82\xAC", "\xF0\x9F\x98\x80", "ab", "aab", "aaab"};
	static const char *const parts[] = {"x", "a", "\"", "\n", "\"\"",
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		"\xE2\x82", "\xF0\x9F\x98", "\xE2\x83\xAC", "\xF0\x9F\x99\x80",
		"\xC2", ",", "\"x\"", "\r\n"};
	uint32_t seed = 2027;

	(void)state;
	for (int round = 0; round < 60000; round++) {
		const char *delimiter =
			delimiters[support_random(&seed) % COUNT(delimiters)];
		struct text_selection s =
			selection_of(delimiter, support_random(&seed) % 2);
		size_t most = support_random(&seed) % MOST, len = 0, from = 0;
		unsigned char text[MOST];

		for (;;) {
			uint32_t x = support_random(&seed) % (COUNT(parts) + 4);
			const char *part =
				x < COUNT(parts) ? parts[x] : delimiter;

			if (len + strlen(part) > most)
				break;
			memcpy(text + len, part, strlen(part));
			len += strlen(part);
		}
		if (support_random(&seed) % 2)
			from = support_random(&seed) % (len + 1);
		check(&s, text, from, len,
			phases[support_random(&seed) % (s.quotes ? 4 : 2)],
			(uint64_t)support_random(&seed) << 32 |
				support_random(&seed));
	}
}

static void nothing_ends_with_nothing(void **state)
{
	struct text_selection s = selection_of(",", true);

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		check(&s, (const unsigned char *)",", 1, 1, phases[i], 0);
		check(&s, (const unsigned char *)"", 0, 0, phases[i], 1);
	}
	s.quotes = false;
	check(&s, (const unsigned char *)"", 0, 0, PHASE_PLAIN, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_byte_is_found_at_each_place),
		cmocka_unit_test(no_byte_is_read_that_is_not_there),
		cmocka_unit_test(bits_are_counted_and_summed_up),
		cmocka_unit_test(quotes_are_right_at_each_place_of_a_block),
		cmocka_unit_test(a_stray_quote_is_a_character),
		cmocka_unit_test(ends_are_those_of_going_byte_by_byte),
		cmocka_unit_test(nothing_ends_with_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
