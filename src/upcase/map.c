#include "config.h"

#include "upcase/map.h"

#include "upcase/utf8.h"

struct map map_of(const struct upcase *u)
{
	struct map map = {0};

	if (u->mapping == UPCASE_FULL) {
		map.row = tables_full_row;
		map.two = tables_full_two;
		map.vector = tables_full_vector;
	} else if (u->mapping == UPCASE_SIMPLE) {
		map.row = tables_simple_row;
		map.two = tables_simple_two;
		map.vector = tables_simple_vector;
	}
	map.dotted_i = u->language == UPCASE_TR || u->language == UPCASE_AZ;
	map.ech_yiwn = u->language == UPCASE_HY;
	return map;
}

/* The characters where a language differs from the tables. Returns the upper
 * case, or NULL where it does not differ. */
static const struct tables_string *tailored(
	const struct map *map, const unsigned char *p, int n)
{
	static const struct tables_string dotted_i = {{0xC4, 0xB0}, 2};
	static const struct tables_string ech_vew = {
		{0xD4, 0xB5, 0xD5, 0x8E}, 4};

	if (map->dotted_i && n == 1 && p[0] == 'i')
		return &dotted_i;
	if (map->ech_yiwn && n == 2 && p[0] == 0xD6 && p[1] == 0x87)
		return &ech_vew;
	return NULL;
}

unsigned char *map_char(const struct map *map, const unsigned char *p, int n,
	unsigned char *dst)
{
	unsigned row = tables_row(tables_map_lead, tables_map_node, p, n);
	unsigned place = map->row[row][p[n - 1] % TABLES_ROW];
	const struct tables_string *upper;

	if (place == 0) {
		for (int i = 0; i < n; i++)
			dst[i] = p[i];
		return dst + n;
	}
	upper = tailored(map, p, n);
	if (!upper)
		upper = &tables_string[place];
	memcpy(dst, upper, sizeof(*upper));
	return dst + upper->len;
}
