#include "config.h"

#include "text/begin.h"
#include "text/columns.h"
#include "text/lines.h"
#include "text/masks.h"
#include "text/selection.h"
#include "text/turning.h"
#include "text/ends.h"

#include <string.h>

/*
 * Some fields of each record, by number or by what the header calls them. A
 * record ends with a newline that is not in quotes. The state says how many
 * fields of the record were passed, and how it stands with quotes; in a header,
 * how many bytes.
 */

static const char too_long[] = "the header is longer than a batch (see "
			       "--batch-size); left as it is from here on";
static const char no_memory[] =
	"not enough memory for the columns; left as it is from here on";
static const char not_closed[] =
	"a field in quotes begins here and is not closed; kept to the end";

/* Which fields are chosen behind a header, which are its last `bytes` of
 * p[0..end). Sets the state's columns, or that the rest of the FILE is left;
 * then says why in words. */
static void take_header(const struct text_selection *s, struct text_state *now,
	const unsigned char *p, size_t end, size_t bytes, char *words,
	size_t room)
{
	const char *why = too_long;

	if (!s->columns)
		return;
	if (bytes <= end) {
		switch (columns_find(s->columns, p + end - bytes, bytes,
			&now->columns, words, room)) {
		case COLUMNS_ALL:
			return;
		case COLUMNS_MISSING:
			why = NULL;
			break;
		case COLUMNS_NO_MEMORY:
			why = no_memory;
		}
	}
	now->flags |= BEGIN_AS_IS;
	if (why && words)
		memcpy(words, why, strlen(why) + 1);
}

/* Over p[at..len), in which the record does not end. */
static void scan_tail(const struct text_selection *s, struct text_state *now,
	const unsigned char *p, size_t at, size_t len)
{
	size_t begin = at, end;
	struct ends w;

	ends_begin(&w, s, p, at, len, (enum ends_phase)now->phase);
	while (ends_next(&w, &end) != ENDS_TEXT) {
		now->at = ranges_next(now->at);
		now->since = 0;
		begin = end + 1;
	}
	now->since += lines_count(p + begin, len - begin);
	now->phase = (uint8_t)w.phase;
}

/* Over the header, or what there is of it. Returns behind its newline, 0 if
 * that is not there. */
static size_t scan_header(const struct text_selection *s,
	struct text_state *now, const unsigned char *p, size_t at, size_t len)
{
	size_t begin = at, end;
	enum ends_kind what;
	struct ends w;

	ends_begin(&w, s, p, at, len, (enum ends_phase)now->phase);
	while ((what = ends_next(&w, &end)) == ENDS_FIELD) {
		now->since = 0;
		begin = end + 1;
	}
	if (what == ENDS_TEXT) {
		now->since += lines_count(p + begin, len - begin);
		now->phase = (uint8_t)w.phase;
		now->at = ranges_more(now->at, len - at);
		return 0;
	}
	take_header(s, now, p, end, now->at + (end - at), NULL, 0);
	return end + 1;
}

/* Behind the last record that ends in p[at..len), 0 if none does. */
static size_t last_record(const struct text_selection *s,
	const struct text_state *now, const unsigned char *p, size_t at,
	size_t len)
{
	size_t end = 0;
	struct ends w;

	if (!s->quotes) {
		size_t whole = lines_whole(p + at, len - at);

		return whole > 0 ? at + whole : 0;
	}
	ends_begin(&w, s, p, at, len, (enum ends_phase)now->phase);
	do
		if (w.lines)
			end = w.block + masks_last(w.lines) + 1;
	while (ends_load(&w));
	return end;
}

/* Behind the next record that ends in p[at..len), 0 if none does. */
static size_t next_record(const struct text_selection *s,
	const struct text_state *now, const unsigned char *p, size_t at,
	size_t len)
{
	size_t end;
	struct ends w;

	ends_begin(&w, s, p, at, len, (enum ends_phase)now->phase);
	return ends_to_record(&w, &end) == ENDS_RECORD ? end + 1 : 0;
}

/* Over a record that has begun, of which p[at..len) is there, or over several;
 * returns behind the last of these, 0 if it does not end. */
static size_t scan_body(const struct text_selection *s, struct text_state *now,
	const unsigned char *p, size_t at, size_t len)
{
	size_t end;

	if (begin_has(now, BEGIN_LEFT)) {
		const unsigned char *newline = memchr(p + at, '\n', len - at);

		return newline ? (size_t)(newline - p) + 1 : 0;
	}
	if (begin_has(now, BEGIN_HEAD))
		return scan_header(s, now, p, at, len);
	/* In a line that is left, quotes are none. */
	end = s->quotes && s->n_prefixes > 0 ? next_record(s, now, p, at, len)
					     : last_record(s, now, p, at, len);
	if (end == 0)
		scan_tail(s, now, p, at, len);
	return end;
}

static size_t scan(const struct text *t, struct text_state *now,
	struct text_state *at_end, const unsigned char *p, size_t seen,
	size_t len)
{
	const struct text_selection *s = t->selection;
	size_t at = begin_again(now, seen), whole = 0, mark, end;

	while (at < len && !begin_has(now, BEGIN_AS_IS)) {
		if (!begin_has(now, BEGIN_IN)) {
			if (!begin_record(
				    s, now, p + at, len - at, false, &mark))
				return whole;
			at += mark;
		}
		end = scan_body(s, now, p, at, len);
		if (end == 0)
			return whole;
		begin_next(now);
		now->phase = PHASE_BEGINS;
		*at_end = *now;
		whole = at = end;
	}
	end = begin_scan_rest(now, at_end, p, at, len);
	return end > 0 ? end : whole;
}

/* Who goes over a piece. */
struct fields {
	const struct text_selection *selection;
	struct turning turning;
	struct ends ends;
	struct text_state now; /* where the record begins, or the piece */
	size_t record;	       /* where that is in the result */
	bool continued;	       /* it is the piece's begin, in a record */
	bool together;
};

/* Goes to where the range begins, which is behind field `number`; or to the end
 * of the record or text, if that comes first. */
static enum ends_kind pass_to(
	struct ends *e, const struct range *range, uint32_t number, size_t *at)
{
	return range->first > RANGES_MOST
		       ? ends_to_record(e, at)
		       : ends_pass(e, range->first - number, at);
}

/* Whether fields that follow each other can be turned as one part: nothing of
 * one is looked at for another, and the delimiter stays what it is. */
static bool go_together(const struct text *t)
{
	unsigned char c = (unsigned char)t->selection->delimiter[0];

	return !upcase_has_context(t->upcase) &&
	       t->selection->delimiter_len == 1 && c < 0x80 &&
	       !(c >= 'a' && c <= 'z');
}

/* The fields of a record, of which the first begins, or goes on, at `at`.
 * Returns behind the record; or the end of the piece, and sets *open. */
static size_t turn_record(struct fields *f, size_t at, bool *open)
{
	const struct ranges *ranges =
		f->selection->columns ? f->now.columns : &f->selection->ranges;
	size_t tail = f->selection->delimiter_len - 1, end;
	uint32_t number = ranges_next(f->now.at), last;
	const struct range *range = ranges_from(ranges, number);
	unsigned ties = f->continued ? TURNING_BEFORE : TURNING_ALONE;

	*open = false;
	for (;;) {
		enum ends_kind kind;

		if (number < range->first) {
			kind = pass_to(&f->ends, range, number, &end);
			if (kind != ENDS_FIELD)
				break;
			at = end + 1;
			number = range->first;
			ties = TURNING_ALONE;
		}
		last = f->together ? range->last : number;
		kind = ends_pass(&f->ends, last - number + 1, &end);
		if (kind == ENDS_TEXT)
			ties |= TURNING_BEHIND;
		turning_part(&f->turning, at,
			kind == ENDS_FIELD ? end - tail : end, ties);
		if (kind != ENDS_FIELD)
			break;
		at = end + 1;
		number = ranges_next(last);
		range = range_up(range, number);
		ties = TURNING_ALONE;
	}
	*open = end == f->ends.len;
	return *open ? end : end + 1;
}

/* The header, which begins at `at`, or goes on. Returns behind it; or the end
 * of the piece, and sets *open. */
static size_t pass_header(
	struct fields *f, const struct text_piece *piece, size_t at, bool *open)
{
	char words[sizeof(f->turning.result->wrong.words)];
	size_t end;

	*open = ends_to_record(&f->ends, &end) == ENDS_TEXT;
	if (*open && !piece->ends)
		return end;
	take_header(f->selection, &f->now, piece->text, end,
		f->now.at + (end - at), words, sizeof(words));
	if (begin_has(&f->now, BEGIN_AS_IS))
		turning_wrong(&f->turning, at, 0, words);
	return *open ? end : end + 1;
}

/* A quote that was never closed is told where its field begins. The piece may
 * be used up, but in what became of it quotes and newlines are the same. */
static void tell_open_quote(struct fields *f, const struct text_piece *piece)
{
	struct text_state tail = f->now;

	if (!piece->ends || f->ends.phase != PHASE_QUOTED || f->turning.err)
		return;
	turning_leave(&f->turning, piece->len);
	scan_tail(f->selection, &tail, f->turning.out, f->record, f->turning.n);
	turning_wrong(&f->turning, piece->len, tail.since, not_closed);
}

/* Where the record that is here, at `at`, ends; as turn_record. */
static size_t pass_record(
	struct fields *f, const struct text_piece *piece, size_t at, bool *open)
{
	if (begin_has(&f->now, BEGIN_LEFT)) {
		size_t end = begin_line_end(piece->text, at, piece->len);

		/* Quotes in it are none. */
		*open = end == 0 || piece->text[end - 1] != '\n';
		ends_begin(&f->ends, f->selection, piece->text, end, piece->len,
			PHASE_BEGINS);
		return end;
	}
	if (begin_has(&f->now, BEGIN_HEAD))
		return pass_header(f, piece, at, open);
	return turn_record(f, at, open);
}

/* A record begins at `at`, which is not the end. Returns where its text does.
 */
static size_t begin_here(
	struct fields *f, const struct text_piece *piece, size_t at)
{
	size_t mark;

	(void)begin_record(f->selection, &f->now, piece->text + at,
		piece->len - at, true, &mark);
	f->continued = false;
	at += mark;
	f->record = f->turning.n + at - f->turning.at;
	/* A mark is no part of a field that may begin with a quote. */
	if (mark > 0)
		ends_begin(&f->ends, f->selection, piece->text, at, piece->len,
			PHASE_BEGINS);
	return at;
}

static int convert(const struct text *t, const struct text_piece *piece,
	struct text_result *result)
{
	struct fields f = {.selection = t->selection, .now = *piece->begin};
	bool open = false;
	size_t at = 0;

	turning_begin(&f.turning, t, piece, result);
	if (begin_has(&f.now, BEGIN_AS_IS))
		return turning_end(&f.turning);
	f.continued = begin_has(&f.now, BEGIN_IN);
	f.together = go_together(t);
	ends_begin(&f.ends, f.selection, piece->text, 0, piece->len,
		(enum ends_phase)f.now.phase);
	while (at < piece->len || f.continued) {
		if (!f.continued)
			at = begin_here(&f, piece, at);
		/* A FILE that is a byte order mark has no records. */
		if (at + piece->closed == piece->len && !f.continued)
			break;
		at = pass_record(&f, piece, at, &open);
		if (open || begin_has(&f.now, BEGIN_AS_IS))
			break;
		begin_next(&f.now);
		f.now.phase = PHASE_BEGINS;
		f.continued = false;
	}
	if (open && !begin_has(&f.now, BEGIN_LEFT | BEGIN_AS_IS))
		tell_open_quote(&f, piece);
	return turning_end(&f.turning);
}

const struct text_kind text_fields = {scan, convert};
