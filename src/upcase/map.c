#include "config.h"

#include "upcase/map.h"

#define FULL                                            \
	.row = tables_full_row, .two = tables_full_two, \
	.vector = tables_full_vector
#define SIMPLE                                              \
	.row = tables_simple_row, .two = tables_simple_two, \
	.vector = tables_simple_vector

const struct upcase_map map_full = {FULL, .letters = true};
const struct upcase_map map_full_turkish = {
	FULL, .letters = true, .dotted_i = true};
const struct upcase_map map_full_armenian = {
	FULL, .letters = true, .ech_yiwn = true};
const struct upcase_map map_simple = {SIMPLE, .letters = true};
const struct upcase_map map_simple_turkish = {
	SIMPLE, .letters = true, .dotted_i = true};
const struct upcase_map map_ascii = {SIMPLE};

unsigned char *map_char(const struct upcase_map *map, const unsigned char *p,
	int n, unsigned char *dst)
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
