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

/* What the first and the third of four begin with. */
static const unsigned char first_bytes[4] = {
	[LINE_NAME] = '@', [LINE_PLUS] = '+'};

static inline bool is_good(unsigned phase, unsigned char first)
{
	return first_bytes[phase] == 0 || first_bytes[phase] == first;
}

/* Over lines. */
struct lines {
	const unsigned char *p;
	size_t len;
	size_t block;	   /* where it is that the mask is about */
	uint64_t newlines; /* that were not passed */
};

static void lines_begin(
	struct lines *l, const unsigned char *p, size_t from, size_t len)
{
	struct masks m = masks_at(p, from, len);

	*l = (struct lines){.p = p, .len = len, .block = from};
	l->newlines = masks_of(&m, '\n');
}

/* Where the next newline is; len if there is none. */
static inline size_t next_newline(struct lines *l)
{
	size_t at;

	while (!l->newlines) {
		struct masks m;

		if (l->len - l->block <= MASKS_BLOCK)
			return l->len;
		l->block += MASKS_BLOCK;
		m = masks_at(l->p, l->block, l->len);
		l->newlines = masks_of(&m, '\n');
	}
	at = l->block + masks_first(l->newlines);
	l->newlines &= l->newlines - 1;
	return at;
}

/* Passes over lines from the one on that p[at] is in, and turns bases if there
 * is somebody to. Returns behind the last one that ends; sets the state for
 * what comes behind it. Stops where a line is not as it must be. */
static size_t pass(struct text_state *now, const unsigned char *p, size_t at,
	size_t len, struct turning *turning)
{
	unsigned phase = now->phase;
	unsigned ties = at == 0 && begin_has(now, BEGIN_IN) ? TURNING_BEFORE
							    : TURNING_ALONE;
	size_t whole = at;
	struct lines l;

	lines_begin(&l, p, at, len);
	for (;;) {
		size_t newline = next_newline(&l);

		if (newline == len)
			ties |= TURNING_BEHIND;
		if (turning && phase == LINE_BASES)
			turning_part(turning, at, newline, ties);
		if (newline == len)
			break;
		begin_next(now);
		phase = (phase + 1) % 4;
		whole = at = newline + 1;
		ties = TURNING_ALONE;
		if (at == len)
			break;
		if (!is_good(phase, p[at])) {
			now->flags |= BEGIN_AS_IS;
			break;
		}
		now->flags |= BEGIN_IN;
	}
	now->phase = (uint8_t)phase;
	return whole;
}

/* A FILE begins with p[0..len). Returns false if that must wait. It may be no
 * more than a byte order mark. */
static bool begin_file(const struct text_selection *selection,
	struct text_state *now, const unsigned char *p, size_t len, bool all,
	size_t *mark)
{
	if (!begin_record(selection, now, p, len, all, mark))
		return false;
	if (*mark < len && !is_good(now->phase, p[*mark]))
		now->flags |= BEGIN_AS_IS;
	return true;
}

static size_t scan(const struct text *t, struct text_state *now,
	struct text_state *at_end, const unsigned char *p, size_t seen,
	size_t len)
{
	size_t at = begin_again(now, seen), whole = 0, mark, end;

	if (at < len && !begin_has(now, BEGIN_IN | BEGIN_AS_IS) &&
		!begin_file(t->selection, now, p + at, len - at, false, &mark))
		return 0;
	if (at < len && !begin_has(now, BEGIN_AS_IS)) {
		end = pass(now, p, at, len, NULL);
		if (end > at) {
			/* What comes behind it was not looked at. */
			*at_end = *now;
			begin_clear(at_end, BEGIN_IN | BEGIN_AS_IS);
			whole = at = end;
		}
	}
	if (!begin_has(now, BEGIN_AS_IS))
		return whole;
	end = begin_scan_rest(now, at_end, p, at, len);
	return end > 0 ? end : whole;
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
	size_t len = piece->len, at = 0, mark = 0;
	struct turning c;

	turning_begin(&c, t, piece, result);
	if (begin_has(&now, BEGIN_AS_IS))
		return turning_end(&c);
	if (len > 0 && !begin_has(&now, BEGIN_IN)) {
		(void)begin_file(t->selection, &now, p, len - piece->closed,
			true, &mark);
		if (!begin_has(&now, BEGIN_AS_IS))
			begin_clear(&now, BEGIN_IN);
	}
	if (!begin_has(&now, BEGIN_AS_IS))
		at = pass(&now, p, 0, len, &c);
	if (begin_has(&now, BEGIN_AS_IS))
		turning_wrong(&c, at, 0, wrong_words(now.phase));
	return turning_end(&c);
}

const struct text_kind text_reads = {scan, convert};
