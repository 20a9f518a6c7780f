#include "config.h"

#include "text/begin.h"

#include "text/lines.h"
#include "text/masks.h"

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

bool begin_record(const struct text_selection *selection, struct text_state *s,
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

void begin_next(struct text_state *s)
{
	if (begin_has(s, BEGIN_HEAD))
		s->flags |= BEGIN_BODY;
	s->flags &= (uint8_t) ~(BEGIN_IN | BEGIN_LEFT | BEGIN_HEAD);
	s->at = s->since = 0;
	s->pending = 0;
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

/* The bytes of a block, or less, that prefixes begin with. */
static uint64_t first_bytes(const struct text_selection *selection,
	const unsigned char *p, size_t n)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < selection->n_prefixes; i++) {
		unsigned char byte =
			(unsigned char)selection->prefixes[i].bytes[0];

		mask |= n < MASKS_BLOCK ? masks_equal_in(p, n, byte)
					: masks_equal(p, byte);
	}
	return mask;
}

/* Those that stand behind a newline; *behind is whether the one before the
 * block is one, and then whether the block's last byte is. */
static uint64_t line_begins(
	const unsigned char *p, size_t n, uint64_t mask, bool *behind)
{
	uint64_t newlines = n < MASKS_BLOCK ? masks_equal_in(p, n, '\n')
					    : masks_equal(p, '\n');

	mask &= newlines << 1 | *behind;
	*behind = newlines >> (n - 1) & 1;
	return mask;
}

size_t begin_find_left(const struct text_selection *selection,
	const unsigned char *p, size_t from, size_t len)
{
	bool behind = true;

	while (from < len) {
		size_t n = len - from < MASKS_BLOCK ? len - from : MASKS_BLOCK;
		uint64_t mask = line_begins(p + from, n,
			first_bytes(selection, p + from, n), &behind);

		for (; mask; mask &= mask - 1) {
			size_t at = from + masks_first(mask);

			if (is_left(selection, p + at, len - at) == MATCH_YES)
				return at;
		}
		from += n;
	}
	return len;
}
