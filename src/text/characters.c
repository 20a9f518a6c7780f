#include "config.h"

#include "text/begin.h"
#include "text/lines.h"
#include "text/selection.h"
#include "text/turning.h"
#include "upcase/utf8.h"

#include <string.h>

/*
 * Some characters of each line, by number. What is no UTF-8 counts as a
 * character for each sequence of which the engine says so. The state says how
 * many characters of the line were passed; what looks unfinished at the end is
 * pending.
 */

/* Passes `most` characters of p[at..len), or all. Returns behind them, and sets
 * *n to how many they are. */
static size_t pass(const unsigned char *p, size_t at, size_t len, uint32_t most,
	uint32_t *n)
{
	uint32_t passed = 0;

	while (at < len && passed < most) {
		int scanned;

		if (len - at >= 16 && most - passed >= 16 &&
			utf8_are_ascii(p + at)) {
			at += 16;
			passed += 16;
			continue;
		}
		scanned = utf8_scan(p + at, len - at);
		at += scanned > 0   ? (size_t)scanned
		      : scanned < 0 ? (size_t)-scanned
				    : len - at;
		passed++;
	}
	*n = passed;
	return at;
}

/* Where a piece ends, nothing is unfinished (struct text_piece): what was
 * pending there, and is not in the text that begins, is a character. */
static void pass_pending(struct text_state *s)
{
	if (begin_has(s, BEGIN_IN) && s->pending > 0)
		s->at = ranges_next(s->at);
}

static size_t scan(const struct text *t, struct text_state *now,
	struct text_state *at_end, const unsigned char *p, size_t seen,
	size_t len)
{
	const struct text_selection *s = t->selection;
	size_t at, whole = 0, mark;

	if (now->pending > seen)
		pass_pending(now);
	at = begin_again(now, seen);
	while (at < len) {
		size_t end;
		uint32_t n;

		if (!begin_has(now, BEGIN_IN)) {
			if (!begin_record(
				    s, now, p + at, len - at, false, &mark))
				return whole;
			at += mark;
		}
		/* The first lines, up to the header, are looked at one by
		 * one. */
		if (s->header && !begin_has(now, BEGIN_BODY)) {
			end = begin_line_end(p, at, len);
			end = end > 0 && p[end - 1] == '\n' ? end : 0;
		} else {
			end = lines_whole(p + at, len - at);
			end = end > 0 ? at + end : 0;
		}
		if (end == 0) {
			/* Of a character of which too little is there, the
			 * rest will come. */
			size_t part = utf8_incomplete(p + at, len - at);

			(void)pass(p, at, len - part, RANGES_MOST, &n);
			now->at = ranges_more(now->at, n);
			now->pending = (uint16_t)part;
			return whole;
		}
		begin_next(now);
		*at_end = *now;
		whole = at = end;
	}
	return whole;
}

/* The characters of p[at..end), a line or part of one, of which the first is
 * `number`; ties are those of all of it. */
static void turn_line(struct turning *c, const struct ranges *ranges,
	uint32_t number, size_t at, size_t end, unsigned ties)
{
	const unsigned char *p = c->piece->text;
	const struct range *range = ranges_from(ranges, number);
	const unsigned behind = ties & TURNING_BEHIND;

	/* What was chosen, and is in pieces, ends here at least. */
	while (at < end || (ties & TURNING_BEFORE)) {
		bool chosen = range->first <= number;
		uint32_t to = chosen ? range->last + 1 : range->first;
		uint32_t most = to > RANGES_MOST ? to : to - number;
		uint32_t n;
		size_t next = pass(p, at, end, most, &n);
		bool goes_on = next == end && n < most;

		if (chosen)
			turning_part(c, at, next,
				(ties & TURNING_BEFORE) |
					(goes_on ? behind : 0U));
		ties = TURNING_ALONE;
		number = ranges_more(number, n);
		range = range_up(range, number);
		at = next;
	}
}

static int convert(const struct text *t, const struct text_piece *piece,
	struct text_result *result)
{
	const struct text_selection *s = t->selection;
	const unsigned char *p = piece->text;
	struct text_state now = *piece->begin;
	size_t len = piece->len, at = 0, mark;
	bool continued = begin_has(&now, BEGIN_IN);
	struct turning c;

	turning_begin(&c, t, piece, result);
	pass_pending(&now);
	while (at < len || continued) {
		size_t end, text;

		if (!continued) {
			(void)begin_record(
				s, &now, p + at, len - at, true, &mark);
			at += mark;
		}
		end = text = begin_line_end(p, at, len);
		if (end > at && p[end - 1] == '\n')
			text--;
		if (!begin_has(&now, BEGIN_LEFT | BEGIN_HEAD))
			turn_line(&c, &s->ranges, ranges_next(now.at), at, text,
				(continued ? TURNING_BEFORE : 0U) |
					(end == text ? TURNING_BEHIND : 0U));
		if (end == text)
			break; /* it goes on */
		begin_next(&now);
		continued = false;
		at = end;
	}
	return turning_end(&c);
}

const struct text_kind text_characters = {scan, convert};
