/*
 * Tests of what is selected: examples, and random texts in random batches,
 * compared with what is written to be right rather than quick.
 */
#include "config.h"

#include "selected.h"
#include "support.h"

#include "text/columns.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct selection_prefix fasta[] = {{">", 1}, {";", 1}};
static const struct selection_prefix hash[] = {
	{"#", 1}, {"##>", 3}, {"\xC3", 1}};
static const struct selection_prefix lines[] = {
	{"ab", 2}, {"\"a", 2}, {"\n", 1}};

/* Texts of one kind are put together of these. */
static const char *const table_parts[] = {"a", "b", "ab", "\"", "\"", "\"\"",
	",", ",", "\t", "\n", "\n", "\"a\nb\",", "\",\"", "word, word", "\r\n",
	"#", "##>", "\xC3\x9F", "\xC4\xB1", "\xC5\x89", "\xD0\xB6\xD0\xB6",
	"\xE6\x97\xA5", ";", "\xEF\xBB\xBF", "\xFF", "\xE9", "\xC3",
	"i\xCC\x87", "\xCE\xAC\xCE\xB7",
	"the quick brown fox jumps over the lazy dog and comes to no end",
	"\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9", "\xE6\x97",
	"\xF0\x9F\x98", "\xF0\x9F\x98\x80"};
static const char *const sequence_parts[] = {">", ";", "\n", "\n", "acgtn",
	"ACGT",
	"acgtacgtacgtacgtacgtacgtacgtacgtacgtacgtacgtacgtacgtacgtacgt\n", "@",
	"+", "@a\nacgt\n+\nhhhh\n",
	"@b\nacgtnnnnacgtnnnnacgtnnnnacgtnnnnacgtnnnnacgtnnnn"
	"\n+b\n@@@@\n",
	"\r\n", "\xC3\x9F", "\xFF"};

static size_t random_text(uint32_t *x, const char *const *parts, size_t n_parts,
	unsigned char *text, size_t room)
{
	size_t most = selected_random(x) % room, len = 0;

	if (selected_random(x) % 8 == 0 && most > 3) {
		memcpy(text, "\xEF\xBB\xBF", 3);
		len = 3;
	}
	for (;;) {
		const char *part = parts[selected_random(x) % n_parts];

		if (len + strlen(part) > most)
			return len;
		memcpy(text + len, part, strlen(part));
		len += strlen(part);
	}
}

static void show(const char *what, const unsigned char *p, size_t len)
{
	print_error("%s: ", what);
	for (size_t i = 0; i < len; i++)
		print_error(
			p[i] >= ' ' && p[i] < 0x7F ? "%c" : "\\x%02x", p[i]);
	print_error("\n");
}

static void assert_same(const struct selected *is,
	const struct selected *should, const unsigned char *text, size_t len,
	const char *what)
{
	if (is->len == should->len &&
		memcmp(is->bytes, should->bytes, is->len) == 0 &&
		is->invalid == should->invalid &&
		is->bad_line == should->bad_line &&
		is->bad_column == should->bad_column &&
		is->bad_at == should->bad_at && is->err == should->err &&
		is->wrong == should->wrong &&
		is->wrong_line == should->wrong_line)
		return;
	print_error("%s\n", what);
	show("text  ", text, len);
	show("is    ", is->bytes, is->len);
	show("should", should->bytes, should->len);
	fail_msg("err %d, not %d, at %zu, not %zu; "
		 "invalid %" PRIu64 " %" PRIu64 ":%" PRIu64 " wrong %d %" PRIu64
		 ", not %" PRIu64 " %" PRIu64 ":%" PRIu64 " wrong %d %" PRIu64,
		is->err, should->err, is->bad_at, should->bad_at, is->invalid,
		is->bad_line, is->bad_column, is->wrong, is->wrong_line,
		should->invalid, should->bad_line, should->bad_column,
		should->wrong, should->wrong_line);
}

static void add_ranges(struct ranges *r, uint32_t x)
{
	static const struct range some[] = {{1, 1}, {2, 2}, {3, 5}, {2, 4},
		{7, RANGES_MOST}, {20, 40}, {4, 4}, {1, 3}};

	for (unsigned i = 0; i < 8; i++)
		if (x >> i & 1)
			assert_int_equal(
				ranges_add(r, some[i].first, some[i].last), 0);
	if (x >> 8 & 1)
		assert_int_equal(ranges_complement(r), 0);
}

/* A selection as `x` has it. */
static void select_some(struct text_selection *s, uint32_t x)
{
	static const enum text_choice choices[] = {TEXT_LINES, TEXT_READS,
		TEXT_FIELDS, TEXT_CHARACTERS, TEXT_FIELDS, TEXT_ALL};
	static const char *const delimiters[] = {
		",", "\t", "\xD0\xB6", ",", "\xE6\x97\xA5"};

	*s = (struct text_selection){.choice = choices[x % 6]};
	x /= 6;
	if (s->choice == TEXT_READS || s->choice == TEXT_ALL)
		return;
	if (s->choice == TEXT_LINES || x % 4 == 0) {
		s->prefixes = x / 4 % 3 == 0   ? fasta
			      : x / 4 % 3 == 1 ? hash
					       : lines;
		s->n_prefixes = x / 4 % 3 == 0 ? 2 : 3;
	}
	if (s->choice == TEXT_LINES)
		return;
	x /= 16;
	s->header = x % 4 == 0;
	x /= 4;
	add_ranges(&s->ranges, x);
	x /= 512;
	strcpy(s->delimiter, delimiters[x % 5]);
	s->delimiter_len = strlen(s->delimiter);
	s->quotes = s->choice == TEXT_FIELDS && x / 5 % 2;
}

/* A setting of the engine as `x` has it, and one of its variants. */
static void make_engine(struct upcase *u, uint32_t x)
{
	static const struct {
		enum upcase_mapping mapping;
		enum upcase_language language;
	} settings[] = {
		{UPCASE_FULL, UPCASE_ROOT},
		{UPCASE_FULL, UPCASE_TR},
		{UPCASE_FULL, UPCASE_LT},
		{UPCASE_FULL, UPCASE_EL},
		{UPCASE_FULL, UPCASE_HY},
		{UPCASE_SIMPLE, UPCASE_ROOT},
		{UPCASE_SIMPLE, UPCASE_AZ},
		{UPCASE_ASCII, UPCASE_ROOT},
	};
	static const enum upcase_invalid modes[] = {
		UPCASE_KEEP, UPCASE_KEEP, UPCASE_REPLACE, UPCASE_FAIL};
	size_t n = 0;

	assert_int_equal(upcase_init(u, settings[x % 8].mapping,
				 settings[x % 8].language, modes[x / 8 % 4]),
		0);
	while (upcase_variant_name(n) && upcase_variant_runs(n))
		n++;
	assert_int_equal(
		upcase_use_variant(u, upcase_variant_name(x / 32 % n)), 0);
}

static void random_texts_are_turned_as_the_book_says(void **state)
{
	enum {
		ROUNDS = 30000,
		SIZE = 900
	};
	static unsigned char text[SIZE];
	uint32_t x = 20261127;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct text_selection selection;
		struct selected is, should;
		struct upcase u;
		struct text t;
		char what[160];
		size_t len, size;
		uint32_t seed = x;
		bool reads;

		select_some(&selection, selected_random(&x));
		reads = selection.choice == TEXT_READS;
		make_engine(&u, selected_random(&x));
		text_init(&t, &u);
		text_select(&t, &selection);
		len = reads || selected_random(&x) % 8 == 0
			      ? random_text(&x, sequence_parts,
					COUNT(sequence_parts), text, SIZE)
			      : random_text(&x, table_parts, COUNT(table_parts),
					text, SIZE);
		size = selected_random(&x) % 2 ? 4 + selected_random(&x) % 300
					       : 4 + selected_random(&x) % 30;
		(void)snprintf(what, sizeof(what),
			"round %d seed %" PRIu32
			" kind %d mapping %d language %d invalid %d %s size "
			"%zu quotes %d header %d",
			round, seed, selection.choice, u.mapping, u.language,
			u.invalid, upcase_variant_of(&u), size,
			selection.quotes, selection.header);
		should = selected_plainly(&t, NULL, text, len);
		is = selected_in_batches(&t, text, len, size, &x);
		assert_same(&is, &should, text, len, what);
		selected_release(&is);
		selected_release(&should);
		ranges_free(&selection.ranges);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_texts_are_turned_as_the_book_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
