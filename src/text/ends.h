/*
 * ends - goes over fields: where delimiters and newlines are that end one
 *
 * With quotes (RFC 4180, and as Python's csv reads it): a field that begins
 * with a quote goes to the closing one, two quotes in it are one, and
 * delimiters and newlines in it belong to it. What stands behind the closing
 * quote belongs to the field, too. A quote in a field that does not begin with
 * one is a character.
 *
 * Text is looked at 64 bytes at a time. Which of them are in quotes is whether
 * an odd number of quotes is before them: that holds as long as each quote that
 * opens stands where a field begins, or behind another one. Where it does not,
 * those 64 bytes are read one by one. A count of quotes alone would turn all
 * inside out behind a lone one in the middle of a field.
 *
 * A struct ends is used by one thread at a time, and looks at the text and the
 * selection, which stay the caller's. Nothing fails, and nothing is allocated.
 */
#ifndef UPCASE_TEXT_ENDS_H
#define UPCASE_TEXT_ENDS_H

#include "text/selection.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is known of quotes at a place. */
enum ends_phase {
	PHASE_BEGINS, /* a field begins */
	PHASE_PLAIN,  /* in one without quotes, or behind them */
	PHASE_QUOTED, /* in quotes */
	PHASE_BEHIND, /* behind a quote in quotes: the closing one, if not two
		       */
};

struct ends {
	const struct text_selection *selection;
	const unsigned char *p;
	size_t len;
	size_t block;	 /* where it is that the masks are about */
	uint64_t fields; /* last bytes of delimiters that end a field, and */
	uint64_t lines;	 /* newlines that end a record; not passed yet */
	enum ends_phase phase; /* behind the block */
};

/* Begins at p[from], in that phase. */
void ends_begin(struct ends *w, const struct text_selection *selection,
	const unsigned char *p, size_t from, size_t len, enum ends_phase phase);

/* Loads the next block of the text. Returns false when there is none. */
bool ends_load(struct ends *w);

/* What ends a field. */
enum ends_kind {
	ENDS_FIELD,  /* a delimiter, whose last byte is at *at */
	ENDS_RECORD, /* a newline, which is at *at */
	ENDS_TEXT,   /* the text, at *at: the field may go on */
};

/* The n-th end of a field from here, n > 0; or the end of the record or of the
 * text, if that comes first. */
static inline enum ends_kind ends_pass(struct ends *e, uint32_t n, size_t *at)
{
	for (;;) {
		uint64_t line = e->lines & (0 - e->lines), before = line - 1;
		uint64_t fields = e->fields & before;

		for (; fields; fields &= fields - 1) {
			if (--n > 0)
				continue;
			*at = e->block + (unsigned)__builtin_ctzll(fields);
			e->fields =
				(e->fields & ~before) | (fields & (fields - 1));
			return ENDS_FIELD;
		}
		if (line) {
			*at = e->block + (unsigned)__builtin_ctzll(line);
			e->fields &= ~before;
			e->lines ^= line;
			return ENDS_RECORD;
		}
		e->fields = 0;
		if (!ends_load(e)) {
			*at = e->len;
			return ENDS_TEXT;
		}
	}
}

/* The next end of a field. */
static inline enum ends_kind ends_next(struct ends *e, size_t *at)
{
	return ends_pass(e, 1, at);
}

/* The next end of a record, or of the text. */
static inline enum ends_kind ends_to_record(struct ends *e, size_t *at)
{
	unsigned n;

	while (!e->lines) {
		e->fields = 0;
		if (!ends_load(e)) {
			*at = e->len;
			return ENDS_TEXT;
		}
	}
	n = (unsigned)__builtin_ctzll(e->lines);
	*at = e->block + n;
	e->lines &= e->lines - 1;
	/* Those before it. */
	e->fields &= ~((UINT64_C(1) << n) - 1);
	return ENDS_RECORD;
}

#endif
