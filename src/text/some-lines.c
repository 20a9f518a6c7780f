#include "config.h"

#include "text/begin.h"
#include "text/lines.h"
#include "text/selection.h"
#include "text/turning.h"

#include <string.h>

/*
 * All but the lines that begin with a prefix. Nothing has to be known of the
 * lines before; of one that is in pieces, whether it is left.
 */

static size_t scan(const struct text *t, struct text_state *now,
	struct text_state *at_end, const unsigned char *p, size_t seen,
	size_t len)
{
	size_t begin = begin_again(now, seen), mark;
	size_t whole = lines_whole(p + seen, len - seen);

	if (whole > 0) {
		now->flags |= BEGIN_BEGUN;
		begin_next(now);
		*at_end = *now;
		begin = whole = seen + whole;
	}
	if (!begin_has(now, BEGIN_IN) && begin < len)
		(void)begin_record(t->selection, now, p + begin, len - begin,
			false, &mark);
	return whole;
}

static int convert(const struct text *t, const struct text_piece *piece,
	struct text_result *result)
{
	const unsigned char *p = piece->text;
	size_t len = piece->len, begin = 0, next;
	struct text_state now = *piece->begin;
	unsigned ties = TURNING_ALONE;
	struct turning c;

	turning_begin(&c, t, piece, result);
	if (begin_has(&now, BEGIN_IN))
		ties = TURNING_BEFORE;
	else if (len > 0)
		(void)begin_record(t->selection, &now, p, len, true, &begin);
	next = begin_line_end(p, begin, len);
	if (begin_has(&now, BEGIN_LEFT)) {
		begin = next;
		ties = TURNING_ALONE;
	}
	/* Lines that are turned are turned together. */
	for (;;) {
		next = begin_find_left(t->selection, p, next, len);
		if (next == len)
			ties |= TURNING_BEHIND;
		if (begin < next || (ties & TURNING_BEFORE))
			turning_part(&c, begin, next, ties);
		if (next == len)
			return turning_end(&c);
		begin = next = begin_line_end(p, next, len);
		ties = TURNING_ALONE;
	}
}

const struct text_kind text_lines = {scan, convert};
