/*
 * Fuzz target: what is selected of a text, turned in batches, against the rules
 * read plainly, one byte behind the other over the whole text.
 *
 * The first bytes choose how the rest, the text, is turned:
 *   0-3  the selection (selected_choose)
 *   4-5  the engine's setting and variant (selected_engine)
 *   6    the size of a batch
 *   7    what is read at a time, and where it is cut
 */
#include "config.h"

#include "fuzz.h"
#include "selected.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

enum {
	HEADER = 8,
	LONGEST = 1 << 14
};

static uint32_t number(const uint8_t *p, size_t n)
{
	uint32_t x = 0;

	while (n-- > 0)
		x = x << 8 | p[n];
	return x;
}

static void compare(const struct text *t, const uint8_t *p, size_t len,
	struct selected *is, const struct selected *should, const char *how)
{
	if (!selected_same(is, should)) {
		selected_show(t, p, len, is, should);
		fuzz_wrong("%s it is something else", how);
	}
	selected_release(is);
}

/* A cut in two at a place where a batch can end. */
static void cut_once(const struct text *t, const uint8_t *p, size_t len,
	size_t at, const struct selected *should)
{
	struct selected is;

	if (!selected_can_cut(t, p, at))
		return;
	is = selected_cut_at(t, p, len, at);
	compare(t, p, len, &is, should, "cut once,");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *p = data + HEADER;
	struct text_selection selection;
	struct selected is, should;
	struct upcase u;
	struct text t;
	uint32_t random;
	size_t len;

	if (size < HEADER || size > LONGEST)
		return 0;
	len = size - HEADER;
	selected_choose(&selection, number(data, 4));
	selected_engine(&u, number(data + 4, 2));
	text_init(&t, &u);
	text_select(&t, &selection);
	random = 1 + number(data + 7, 1);
	should = selected_plainly(&t, NULL, p, len);
	is = selected_in_batches(&t, p, len, 4 + data[6], &random);
	compare(&t, p, len, &is, &should, "in batches,");
	if (len > 0)
		cut_once(&t, p, len, data[6] % len, &should);
	selected_release(&should);
	ranges_free(&selection.ranges);
	return 0;
}

/* Each kind with each setting of the engine. */
void fuzz_each_way(uint8_t *data, size_t size)
{
	uint32_t rest;

	if (size < HEADER)
		return;
	rest = number(data, 4) / SELECTED_CHOICES;
	rest %= UINT32_MAX / SELECTED_CHOICES;
	for (uint32_t i = 0; i < SELECTED_CHOICES; i++) {
		uint32_t x = rest * SELECTED_CHOICES + i;

		for (size_t k = 0; k < 4; k++)
			data[k] = (uint8_t)(x >> 8 * k);
		for (unsigned engine = 0; engine < SELECTED_ENGINES; engine++) {
			data[4] = (uint8_t)engine;
			LLVMFuzzerTestOneInput(data, size);
		}
	}
}
