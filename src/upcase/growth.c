#include "config.h"

#include "upcase/growth.h"

#include "upcase/utf8.h"

/* How many more characters p[0..len) has than q[0..n). */
static ptrdiff_t more_characters(
	const unsigned char *p, size_t len, const unsigned char *q, size_t n)
{
	return (ptrdiff_t)utf8_characters(p, len) -
	       (ptrdiff_t)utf8_characters(q, n);
}

void growth_begin(struct growth *g, const unsigned char *begin)
{
	g->surplus = 0;
	g->at = begin;
	g->n = 0;
}

/* Moves `at` on to there, and the surplus with it. */
static void move_to(struct growth *g, const unsigned char *at)
{
	const unsigned char *line = utf8_last_line(g->at, (size_t)(at - g->at));

	if (line > g->at)
		g->surplus = 0;
	for (unsigned i = 0; i < g->n; i++) {
		uint64_t set = g->notes[i].set;
		unsigned lane = g->notes[i].lane;
		ptrdiff_t before = line - g->notes[i].at;

		if (before >= (ptrdiff_t)(64 / lane))
			continue;
		if (before > 0)
			set >>= (unsigned)before * lane;
		g->surplus += __builtin_popcountll(set) / (int)lane;
	}
	g->n = 0;
	g->at = at;
}

void growth_note(
	struct growth *g, const unsigned char *at, uint64_t set, unsigned lane)
{
	if (g->n == GROWTH_NOTES)
		move_to(g, at);
	g->notes[g->n].at = at;
	g->notes[g->n].set = set;
	g->notes[g->n++].lane = lane;
}

void growth_note_text(struct growth *g, const unsigned char *src, size_t n,
	const unsigned char *at, const unsigned char *out, size_t len)
{
	ptrdiff_t more = more_characters(out, len, src, n);
	const unsigned char *line, *read;

	if (more == 0)
		return;
	move_to(g, at);
	line = utf8_last_line(out, len);
	if (line > out) {
		read = utf8_last_line(src, n);
		g->surplus = more_characters(line, (size_t)(out + len - line),
			read, (size_t)(src + n - read));
	} else {
		g->surplus += more;
	}
	g->at = at + len;
}

ptrdiff_t growth_of_line(struct growth *g, const unsigned char *end)
{
	if (g->n > 0 || g->surplus != 0)
		move_to(g, end);
	return g->surplus;
}
