#include "config.h"

#include "text/begin.h"

#include "text/lines.h"

#include <string.h>

static const unsigned char mark_bytes[] = {0xEF, 0xBB, 0xBF};

enum match {
	MATCH_NO,
	MATCH_PART, /* as far as it goes */
	MATCH_YES,
};

static enum match match(
	const void *wanted, size_t n, const unsigned char *p, size_t len)
{
	if (memcmp(wanted, p, n < len ? n : len) != 0)
		return MATCH_NO;
	return n <= len ? MATCH_YES : MATCH_PART;
}

/* Whether a line that begins with p[0..len) is left. */
static enum match is_left(const struct text_selection *selection,
	const unsigned char *p, size_t len)
{
	enum match best = MATCH_NO;

	for (size_t i = 0; i < selection->n_prefixes; i++) {
		const struct selection_prefix *prefix = &selection->prefixes[i];
		enum match m = match(prefix->bytes, prefix->len, p, len);

		if (m > best)
			best = m;
	}
	return best;
}

bool begin_judge(const struct text_selection *selection, struct text_state *s,
	const unsigned char *p, size_t len, bool all, size_t *mark)
{
	enum match m = MATCH_NO;

	*mark = 0;
	if (!begin_has(s, BEGIN_BEGUN)) {
		m = match(mark_bytes, sizeof(mark_bytes), p, len);
		if (m == MATCH_YES)
			*mark = sizeof(mark_bytes);
	}
	if (m != MATCH_PART || all)
		m = is_left(selection, p + *mark, len - *mark);
	/* Behind the mark there may be nothing yet. */
	if ((m == MATCH_PART || *mark == len) && !all) {
		s->pending = (uint16_t)len;
		return false;
	}
	s->pending = 0;
	s->flags |= BEGIN_BEGUN | BEGIN_IN;
	if (m == MATCH_YES)
		s->flags |= BEGIN_LEFT;
	else if (selection->header && !begin_has(s, BEGIN_BODY))
		s->flags |= BEGIN_HEAD;
	return true;
}

size_t begin_scan_rest(struct text_state *now, struct text_state *at_end,
	const unsigned char *p, size_t seen, size_t len)
{
	size_t whole = lines_whole(p + seen, len - seen);

	if (whole == 0)
		return 0;
	begin_next(now);
	*at_end = *now;
	if (seen + whole < len)
		now->flags |= BEGIN_IN;
	return seen + whole;
}

size_t begin_line_end(const unsigned char *p, size_t at, size_t len)
{
	const unsigned char *newline =
		at < len ? memchr(p + at, '\n', len - at) : NULL;

	return newline ? (size_t)(newline - p) + 1 : len;
}

/* Where the first byte of a prefix is next, in p[from..len). */
struct seek {
	size_t at; /* len: nowhere */
	unsigned char byte;
};

static void seek_from(
	struct seek *s, const unsigned char *p, size_t from, size_t len)
{
	const unsigned char *found =
		from < len ? memchr(p + from, s->byte, len - from) : NULL;

	s->at = found ? (size_t)(found - p) : len;
}

/* Line by line: where first bytes are many. */
static size_t find_by_line(const struct text_selection *selection,
	const unsigned char *p, size_t from, size_t len)
{
	while (from < len &&
		is_left(selection, p + from, len - from) != MATCH_YES)
		from = begin_line_end(p, from, len);
	return from;
}

/* So many first bytes in a row that begin no line mean that they are many; and
 * so many prefixes have first bytes that can be looked for one by one. */
#define MANY 32
#define FEW  4

size_t begin_find_left(const struct text_selection *selection,
	const unsigned char *p, size_t from, size_t len)
{
	struct seek seeks[FEW];
	size_t n = selection->n_prefixes, tries = 0, begin = from;

	if (n == 0)
		return len;
	if (n > FEW)
		return find_by_line(selection, p, from, len);
	for (size_t i = 0; i < n; i++) {
		seeks[i].byte = (unsigned char)selection->prefixes[i].bytes[0];
		seek_from(&seeks[i], p, from, len);
	}
	for (;;) {
		struct seek *next = &seeks[0];

		for (size_t i = 1; i < n; i++)
			if (seeks[i].at < next->at)
				next = &seeks[i];
		from = next->at;
		if (from == len)
			return len;
		if ((from == begin || p[from - 1] == '\n') &&
			is_left(selection, p + from, len - from) == MATCH_YES)
			return from;
		if (++tries == MANY)
			return find_by_line(selection, p,
				begin_line_end(p, from, len), len);
		seek_from(next, p, from + 1, len);
	}
}
