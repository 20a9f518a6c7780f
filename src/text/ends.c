#include "config.h"

#include "text/ends.h"

#include "text/masks.h"

#include <string.h>

/* A block's bytes of a kind, as masks. */
struct block {
	unsigned n; /* bytes of it */
	uint64_t quotes, newlines, delimiters;
};

/* Of a delimiter that has several bytes, those places where all of them are,
 * given where the last one is. */
static uint64_t whole_delimiters(
	const struct ends *w, size_t block, uint64_t last_bytes)
{
	const struct text_selection *s = w->selection;
	size_t before = s->delimiter_len - 1;
	uint64_t whole = 0;

	for (; last_bytes; last_bytes &= last_bytes - 1) {
		unsigned n = masks_first(last_bytes);
		size_t at = block + n;

		if (at >= before &&
			memcmp(w->p + at - before, s->delimiter, before) == 0)
			whole |= UINT64_C(1) << n;
	}
	return whole;
}

static inline void look(const struct ends *w, size_t at, struct block *b)
{
	const struct text_selection *s = w->selection;
	struct masks m = masks_at(w->p, at, w->len);
	size_t left = w->len - at;

	b->n = left < MASKS_BLOCK ? (unsigned)left : MASKS_BLOCK;
	b->newlines = masks_of(&m, '\n');
	b->delimiters =
		masks_of(&m, (unsigned char)s->delimiter[s->delimiter_len - 1]);
	if (s->delimiter_len > 1)
		b->delimiters = whole_delimiters(w, at, b->delimiters);
	b->quotes = s->quotes ? masks_of(&m, '"') : 0;
}

/* One by one. */
static void read_block(struct ends *w, const struct block *b)
{
	enum ends_phase phase = w->phase;

	w->fields = w->lines = 0;
	for (unsigned i = 0; i < b->n; i++) {
		uint64_t bit = UINT64_C(1) << i;
		bool quote = b->quotes & bit;

		if (phase == PHASE_QUOTED) {
			if (quote)
				phase = PHASE_BEHIND;
		} else if (quote && phase != PHASE_PLAIN) {
			phase = PHASE_QUOTED;
		} else if ((b->delimiters | b->newlines) & bit) {
			w->fields |= b->delimiters & bit;
			w->lines |= b->newlines & bit;
			phase = PHASE_BEGINS;
		} else {
			phase = PHASE_PLAIN;
		}
	}
	w->phase = phase;
}

static enum ends_phase phase_behind(const struct block *b, uint64_t inside)
{
	uint64_t last = UINT64_C(1) << (b->n - 1);

	if (inside & last)
		return PHASE_QUOTED;
	if ((b->delimiters | b->newlines) & last)
		return PHASE_BEGINS;
	return b->quotes & last ? PHASE_BEHIND : PHASE_PLAIN;
}

/* All at once; returns false where that is not right. */
static bool count_block(struct ends *w, const struct block *b)
{
	uint64_t inside = (b->quotes ? masks_odd(b->quotes) : 0) ^
			  (w->phase == PHASE_QUOTED ? UINT64_MAX : 0);
	uint64_t opens = b->quotes & inside;
	uint64_t may_open = (b->delimiters | b->newlines | b->quotes) << 1;

	if (w->phase == PHASE_BEGINS || w->phase == PHASE_BEHIND)
		may_open |= 1;
	if (opens & ~may_open)
		return false;
	w->fields = b->delimiters & ~inside;
	w->lines = b->newlines & ~inside;
	w->phase = phase_behind(b, inside);
	return true;
}

static void load(struct ends *w)
{
	struct block b;

	look(w, w->block, &b);
	if (b.n == 0)
		return;
	if (!w->selection->quotes) {
		w->fields = b.delimiters;
		w->lines = b.newlines;
		/* For what a delimiter of several bytes leaves. */
		w->phase = (b.delimiters | b.newlines) >> (b.n - 1) & 1
				   ? PHASE_BEGINS
				   : PHASE_PLAIN;
	} else if (!count_block(w, &b)) {
		read_block(w, &b);
	}
}

void ends_begin(struct ends *w, const struct text_selection *selection,
	const unsigned char *p, size_t from, size_t len, enum ends_phase phase)
{
	*w = (struct ends){.selection = selection,
		.p = p,
		.len = len,
		.block = from,
		.phase = phase};
	load(w);
}

bool ends_load(struct ends *w)
{
	if (w->len - w->block <= MASKS_BLOCK)
		return false;
	w->block += MASKS_BLOCK;
	load(w);
	return true;
}
