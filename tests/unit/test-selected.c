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

static void assert_same(const struct text *t, const unsigned char *text,
	size_t len, struct selected *is, struct selected *should)
{
	bool same = selected_same(is, should);

	if (!same)
		selected_show(t, text, len, is, should);
	selected_release(is);
	selected_release(should);
	assert_true(same);
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
		size_t len, size;
		bool reads;

		selected_choose(&selection, selected_random(&x));
		reads = selection.choice == TEXT_READS;
		selected_engine(&u, selected_random(&x));
		text_init(&t, &u);
		text_select(&t, &selection);
		len = reads || selected_random(&x) % 8 == 0
			      ? random_text(&x, sequence_parts,
					COUNT(sequence_parts), text, SIZE)
			      : random_text(&x, table_parts, COUNT(table_parts),
					text, SIZE);
		size = selected_random(&x) % 2 ? 4 + selected_random(&x) % 300
					       : 4 + selected_random(&x) % 30;
		should = selected_plainly(&t, NULL, text, len);
		is = selected_in_batches(&t, text, len, size, &x);
		assert_same(&t, text, len, &is, &should);
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
