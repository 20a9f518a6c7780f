/*
 * walk - goes over fields: where delimiters and newlines are that end one
 *
 * With quotes (RFC 4180, and as Python's csv reads it): a field that begins with
 * a quote goes to the closing one, two quotes in it are one, and delimiters and
 * newlines in it belong to it. What stands behind the closing quote belongs to
 * the field, too. A quote in a field that does not begin with one is a
 * character.
 *
 * Text is looked at 64 bytes at a time. Which of them are in quotes is whether
 * an odd number of quotes is before them: that holds as long as each quote that
 * opens stands where a field begins, or behind another one. Where it does not,
 * those 64 bytes are read one by one. A count of quotes alone would turn all
 * inside out behind a lone one in the middle of a field.
 */
#ifndef UPCASE_TEXT_WALK_H
#define UPCASE_TEXT_WALK_H

#include "text/selection.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is known of quotes at a place. */
enum walk_phase {
	WALK_BEGINS,   /* a field begins */
	WALK_PLAIN,    /* in one without quotes, or behind them */
	WALK_QUOTED,   /* in quotes */
	WALK_BEHIND,   /* behind a quote in quotes: the closing one, if not two */
};

struct walk {
	const struct text_selection *selection;
	const unsigned char *p;
	size_t len;
	size_t block;	    /* where it is that the masks are about */
	uint64_t fields;    /* last bytes of delimiters that end a field, and */
	uint64_t lines;	    /* newlines that end a record; not passed yet */
	enum walk_phase phase; /* behind the block */
};

/* Begins at p[from], in that phase. */
void walk_begin(struct walk *w, const struct text_selection *selection,
	const unsigned char *p, size_t from, size_t len, enum walk_phase phase);

/* Loads the next block of the text. Returns false when there is none. */
bool walk_load(struct walk *w);

/* What ends a field. */
enum walk_end {
	WALK_FIELD, /* a delimiter, whose last byte is at *at */
	WALK_RECORD, /* a newline, which is at *at */
	WALK_TEXT,  /* the text, at *at: the field may go on */
};

/* The next end of a field. */
static inline enum walk_end walk_next(struct walk *w, size_t *at)
{
	uint64_t all;
	unsigned n;

	while (!(all = w->fields | w->lines)) {
		if (!walk_load(w)) {
			*at = w->len;
			return WALK_TEXT;
		}
	}
	n = (unsigned)__builtin_ctzll(all);
	*at = w->block + n;
	if (w->lines >> n & 1) {
		w->lines &= w->lines - 1;
		return WALK_RECORD;
	}
	w->fields &= w->fields - 1;
	return WALK_FIELD;
}

/* The next end of a record, or of the text. */
static inline enum walk_end walk_to_record(struct walk *w, size_t *at)
{
	unsigned n;

	while (!w->lines) {
		w->fields = 0;
		if (!walk_load(w)) {
			*at = w->len;
			return WALK_TEXT;
		}
	}
	n = (unsigned)__builtin_ctzll(w->lines);
	*at = w->block + n;
	w->lines &= w->lines - 1;
	/* Those before it. */
	w->fields &= ~((UINT64_C(1) << n) - 1);
	return WALK_RECORD;
}

#endif
