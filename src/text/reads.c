#include "config.h"

#include "text/begin.h"
#include "text/masks.h"
#include "text/selection.h"
#include "text/turning.h"

#include <string.h>

/*
 * FASTQ: of four lines the second, the bases of a read. The first must begin
 * with '@', the third with '+'; where that is not so, the lines are not what
 * they are taken for, and what comes of the FILE is left.
 */

enum {
	LINE_NAME,
	LINE_BASES,
	LINE_PLUS,
	LINE_QUALITY,
};

/* Whether this line of the four may begin so. */
static bool is_good(unsigned phase, unsigned char first)
{
	if (phase == LINE_NAME)
		return first == '@';
	return phase != LINE_PLUS || first == '+';
}

/* A line begins with p[0..len), len > 0. Returns false if that must wait. */
static bool begin_line(const struct text_selection *selection,
	struct text_state *s, const unsigned char *p, size_t len, bool all,
	size_t *mark)
{
	if (!begin_record(selection, s, p, len, all, mark))
		return false;
	if (*mark < len && !is_good(s->phase, p[*mark]))
		s->flags |= BEGIN_AS_IS;
	return true;
}

static void end_line(struct text_state *s)
{
	begin_next(s);
	s->phase = (s->phase + 1) % 4;
}

/* Who goes over lines. */
struct lines {
	const unsigned char *p;
	size_t len;
	size_t block;	   /* where it is that the mask is about */
	uint64_t newlines; /* that were not passed */
};

static uint64_t newlines_at(const struct lines *l, size_t at)
{
	size_t n = l->len - at;

	return n < MASKS_BLOCK ? masks_equal_in(l->p + at, n, '\n')
			       : masks_equal(l->p + at, '\n');
}

static void lines_begin(
	struct lines *l, const unsigned char *p, size_t from, size_t len)
{
	*l = (struct lines){.p = p, .len = len, .block = from};
	l->newlines = newlines_at(l, from);
}

/* Where the next newline is; len if there is none. */
static inline size_t next_newline(struct lines *l)
{
	size_t at;

	while (!l->newlines) {
		if (l->len - l->block <= MASKS_BLOCK)
			return l->len;
		l->block += MASKS_BLOCK;
		l->newlines = newlines_at(l, l->block);
	}
	at = l->block + masks_first(l->newlines);
	l->newlines &= l->newlines - 1;
	return at;
}

static size_t scan(const struct text *t, struct text_state *now,
	struct text_state *at_end, const unsigned char *p, size_t seen,
	size_t len)
{
	size_t at = begin_again(now, seen), whole = 0, mark, rest;
	struct lines l;

	lines_begin(&l, p, at, len);
	while (at < len && !begin_has(now, BEGIN_AS_IS)) {
		if (!begin_has(now, BEGIN_IN) &&
			!begin_line(t->selection, now, p + at, len - at, false,
				&mark))
			return whole;
		if (begin_has(now, BEGIN_AS_IS))
			break;
		at = next_newline(&l);
		if (at == len)
			return whole;
		end_line(now);
		*at_end = *now;
		whole = ++at;
	}
	rest = begin_scan_rest(now, at_end, p, at, len);
	return rest > 0 ? rest : whole;
}

static const char *wrong_words(unsigned phase)
{
	if (phase == LINE_NAME)
		return "not FASTQ of four lines: the first of a record does "
		       "not begin with '@'; left as it is from here on";
	return "not FASTQ of four lines: the third of a record does not begin "
	       "with '+'; left as it is from here on";
}

static int convert(const struct text *t, const struct text_piece *piece,
	struct text_result *result)
{
	const unsigned char *p = piece->text;
	struct text_state now = *piece->begin;
	size_t len = piece->len, at = 0, begin, mark = 0;
	struct turning c;
	struct lines l;

	turning_begin(&c, t, piece, result);
	if (begin_has(&now, BEGIN_AS_IS))
		return turning_end(&c);
	lines_begin(&l, p, 0, len);
	while (at < len || (begin_has(&now, BEGIN_IN) && at == 0)) {
		unsigned ties = begin_has(&now, BEGIN_IN) ? TURNING_BEFORE
							  : TURNING_ALONE;

		if (ties == TURNING_ALONE)
			(void)begin_line(t->selection, &now, p + at, len - at,
				true, &mark);
		if (begin_has(&now, BEGIN_AS_IS)) {
			turning_wrong(&c, at, 0, wrong_words(now.phase));
			break;
		}
		begin = at;
		at = next_newline(&l);
		if (at == len)
			ties |= TURNING_BEHIND;
		if (now.phase == LINE_BASES)
			turning_part(&c, begin, at, ties);
		if (at == len)
			break;
		end_line(&now);
		at++;
	}
	return turning_end(&c);
}

const struct text_kind text_reads = {scan, convert};
