#include "config.h"

#include "upcase/map.h"

#include "upcase/utf8.h"

unsigned char *map_char(const struct map *map, const unsigned char *p, int n,
	unsigned char *dst)
{
	unsigned row = tables_row(tables_map_lead, tables_map_node, p, n);
	unsigned place = map->row[row][p[n - 1] % TABLES_ROW];
	const struct tables_string *upper;

	if (place == 0 || (n > 1 && !map->letters)) {
		for (int i = 0; i < n; i++)
			dst[i] = p[i];
		return dst + n;
	}
	upper = map_tailored(map, p, (unsigned)n, &tables_string[place]);
	memcpy(dst, upper, sizeof(*upper));
	return dst + upper->len;
}
