#include "config.h"

#include "upcase/lithuanian.h"

#include "upcase/utf8.h"

enum {
	DOT_ABOVE_LEAD = 0xCC, /* U+0307 is CC 87 */
	LOOK_AHEAD = 1024,     /* bytes for one */
	LOOK_BACK = 64,	       /* bytes for a place where it has no context */
};

static bool is_dot_above(const unsigned char *p, int n)
{
	return n == 2 && p[0] == DOT_ABOVE_LEAD && p[1] == 0x87;
}

/* Marks of the other combining classes stand below or beside the letter and
 * leave its dot alone; all else comes between. */
static bool dotted_after(unsigned facts, bool before)
{
	if (facts & FACT_SOFT_DOTTED)
		return true;
	return before && (facts & FACT_OTHER_MARK);
}

/* Character by character, until span->end or something that is none. */
static void run_slowly(const struct upcase_map *map, bool *after_soft_dotted,
	struct map_span *span)
{
	while (span->src < span->end) {
		const unsigned char *p = span->src;
		int n = utf8_scan(p, (size_t)(span->end - p));

		if (n <= 0)
			return;
		if (!*after_soft_dotted || !is_dot_above(p, n))
			span->dst = map_char(map, p, n, span->dst);
		*after_soft_dotted =
			dotted_after(tables_facts(p, n), *after_soft_dotted);
		span->src += n;
	}
}

/* The last place not far before end, and behind begin, where no soft-dotted
 * letter is before: behind a character that is none, nor a mark that may stand
 * between. NULL if there is none. */
static const unsigned char *undotted(
	const unsigned char *begin, const unsigned char *end)
{
	const unsigned char *p = end;

	while (p > begin && end - p < LOOK_BACK) {
		int n;

		p--;
		n = utf8_scan(p, (size_t)(end - p));
		if (n > 0 && (tables_facts(p, n) &
				     (FACT_SOFT_DOTTED | FACT_OTHER_MARK)) == 0)
			return p + n;
	}
	return NULL;
}

/* Only U+0307 is not mapped by itself, so all before it may be left to run, but
 * for the last few characters, which tell what becomes of it. */
void lithuanian_run(const struct upcase_map *map, map_run *run,
	bool *after_soft_dotted, struct map_span *span)
{
	const unsigned char *end = span->end;

	while (span->src < end) {
		const unsigned char *before = span->src, *lead, *to;
		size_t ahead = (size_t)(end - before);

		/* Not far where it may be broken off soon. */
		if (span->pace.mixed > 0 && ahead > LOOK_BACK)
			ahead = LOOK_BACK;
		else if (ahead > LOOK_AHEAD)
			ahead = LOOK_AHEAD;
		lead = memchr(before, DOT_ABOVE_LEAD, ahead);
		to = undotted(before, lead ? lead : before + ahead);
		if (to) {
			span->end = to;
			run(map, span);
			*after_soft_dotted = false;
			if (span->src < to)
				break; /* ill-formed */
			ahead = 0;
		}
		/* What is left before what was found, and that. */
		if (lead)
			ahead = (size_t)(lead - span->src) + 2;
		span->end = (size_t)(end - span->src) > ahead
				    ? span->src + ahead
				    : end;
		run_slowly(map, after_soft_dotted, span);
		if (span->src == before)
			break; /* ill-formed, or not complete */
	}
	span->end = end;
}
