/*
 * begin - where a record begins: whether it is one that is left as it is
 *
 * What is the same for all ways to select: the byte order mark of a FILE is no
 * part of its first record, lines with a certain prefix are left, and so is a
 * header. A record of which too little is there to know waits for more, as
 * `pending` bytes of the state; in a piece it is there: a batch has room for
 * all that is needed (selection_least).
 */
#ifndef UPCASE_TEXT_BEGIN_H
#define UPCASE_TEXT_BEGIN_H

#include "text/selection.h"
#include "text/text.h"

#include <stdbool.h>
#include <stddef.h>

/* Bytes that are enough for a byte order mark and a character. */
#define BEGIN_LEAST 8

/* In text_state.flags. */
enum {
	BEGIN_BEGUN = 1,  /* the FILE's first bytes were seen */
	BEGIN_IN = 2,	  /* inside of a record */
	BEGIN_LEFT = 4,	  /* ... a line that is left as it is */
	BEGIN_HEAD = 8,	  /* ... the header */
	BEGIN_BODY = 16,  /* the header was seen */
	BEGIN_AS_IS = 32, /* all that comes of the FILE is left as it is */
};

static inline bool begin_has(const struct text_state *s, unsigned flag)
{
	return (s->flags & flag) != 0;
}

static inline void begin_clear(struct text_state *s, unsigned flags)
{
	s->flags = (uint8_t)(s->flags & ~flags);
}

/* begin_record, for records that are not like the one before. */
bool begin_judge(const struct text_selection *selection, struct text_state *s,
	const unsigned char *p, size_t len, bool all, size_t *mark);

/* A record begins with p[0..len), len > 0; more may come behind it, unless
 * `all`. Sets the flags, and returns true; or sets only `pending`, and returns
 * false. *mark is set to the bytes of a byte order mark. */
static inline bool begin_record(const struct text_selection *selection,
	struct text_state *s, const unsigned char *p, size_t len, bool all,
	size_t *mark)
{
	/* Most are one like another. */
	if (selection->n_prefixes > 0 || !begin_has(s, BEGIN_BEGUN) ||
		(selection->header && !begin_has(s, BEGIN_BODY)))
		return begin_judge(selection, s, p, len, all, mark);
	*mark = 0;
	s->flags |= BEGIN_IN;
	return true;
}

/* Where to go on, of a text of which `seen` bytes were scanned: what waits is
 * looked at again. */
static inline size_t begin_again(struct text_state *s, size_t seen)
{
	size_t pending = s->pending;

	s->pending = 0;
	return pending <= seen ? seen - pending : seen;
}

/* A record has ended: the next one begins. */
static inline void begin_next(struct text_state *s)
{
	if (begin_has(s, BEGIN_HEAD))
		s->flags |= BEGIN_BODY;
	begin_clear(s, BEGIN_IN | BEGIN_LEFT | BEGIN_HEAD);
	s->at = s->since = 0;
	s->pending = 0;
}

/* The scan of a text_kind where all that comes of the FILE is left as it is. */
size_t begin_scan_rest(struct text_state *now, struct text_state *at_end,
	const unsigned char *p, size_t seen, size_t len);

/* Behind the line that p[at] is in; len if that is not its end. */
size_t begin_line_end(const unsigned char *p, size_t at, size_t len);

/* Where in p[from..len) the next line begins that is left, len if none does.
 * p[from] is where a line begins. */
size_t begin_find_left(const struct text_selection *selection,
	const unsigned char *p, size_t from, size_t len);

#endif
