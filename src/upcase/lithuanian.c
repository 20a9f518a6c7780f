#include "config.h"

#include "upcase/lithuanian.h"

#include "upcase/utf8.h"

static bool is_dot_above(const unsigned char *p, int n)
{
	return n == 2 && p[0] == 0xCC && p[1] == 0x87;
}

/* Marks of the other combining classes stand below or beside the letter and
 * leave its dot alone; all else comes between. */
static bool dotted_after(unsigned facts, bool before)
{
	if (facts & FACT_SOFT_DOTTED)
		return true;
	return before && (facts & FACT_OTHER_MARK);
}

void lithuanian_run(
	const struct map *map, bool *after_soft_dotted, struct map_span *span)
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
