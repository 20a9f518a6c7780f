#include "config.h"

#include "upcase/growth.h"

#include <limits.h>
#include <string.h>

typedef signed char bytes_of_16 __attribute__((vector_size(16)));

/* How many characters begin in p[0..len). */
static ptrdiff_t characters(const unsigned char *p, size_t len)
{
	ptrdiff_t n = 0;

	while (len >= sizeof(bytes_of_16)) {
		size_t vectors = len / sizeof(bytes_of_16);
		bytes_of_16 counts = {0};

		if (vectors > SCHAR_MAX)
			vectors = SCHAR_MAX;
		len -= vectors * sizeof(bytes_of_16);
		for (; vectors > 0; vectors--, p += sizeof(bytes_of_16)) {
			bytes_of_16 text;

			memcpy(&text, p, sizeof(text));
			/* All but tails; where it is true, minus one. */
			counts -= (bytes_of_16)(text > (signed char)0xBF);
		}
		for (size_t i = 0; i < sizeof(counts); i++)
			n += counts[i];
	}
	while (len-- > 0)
		n += (*p++ & 0xC0) != 0x80;
	return n;
}

/* What is behind the last newline of p[0..len); all of it if there is none. */
static const unsigned char *last_line(const unsigned char *p, size_t len)
{
	const unsigned char *newline = memrchr(p, '\n', len);

	return newline ? newline + 1 : p;
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
	const unsigned char *line = last_line(g->at, (size_t)(at - g->at));

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
	ptrdiff_t more = characters(out, len) - characters(src, n);
	const unsigned char *line, *read;

	if (more == 0)
		return;
	move_to(g, at);
	line = last_line(out, len);
	if (line > out) {
		read = last_line(src, n);
		g->surplus = characters(line, (size_t)(out + len - line)) -
			     characters(read, (size_t)(src + n - read));
	} else {
		g->surplus += more;
	}
	g->at = at + len;
}

ptrdiff_t growth_of_line(struct growth *g, const unsigned char *end)
{
	move_to(g, end);
	return g->surplus;
}
