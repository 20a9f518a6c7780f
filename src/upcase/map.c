#include "config.h"

#include "upcase/map.h"

#include <limits.h>
#include <string.h>

#define FULL                                            \
	.row = tables_full_row, .two = tables_full_two, \
	.vector = tables_full_vector
#define SIMPLE                                              \
	.row = tables_simple_row, .two = tables_simple_two, \
	.vector = tables_simple_vector

const struct map map_full = {FULL, .letters = true};
const struct map map_full_turkish = {FULL, .letters = true, .dotted_i = true};
const struct map map_full_armenian = {FULL, .letters = true, .ech_yiwn = true};
const struct map map_simple = {SIMPLE, .letters = true};
const struct map map_simple_turkish = {
	SIMPLE, .letters = true, .dotted_i = true};
const struct map map_ascii = {SIMPLE};

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

void map_note_surplus(struct map_span *span, const unsigned char *src, size_t n,
	const unsigned char *dst, const unsigned char *out, size_t len)
{
	ptrdiff_t more = characters(out, len) - characters(src, n);
	const unsigned char *line;

	if (more == 0)
		return;
	line = last_line(out, len);
	if (line > out) {
		const unsigned char *read = last_line(src, n);

		span->surplus = characters(line, (size_t)(out + len - line)) -
				characters(read, (size_t)(src + n - read));
	} else if (memrchr(span->surplus_at, '\n',
			   (size_t)(dst - span->surplus_at))) {
		span->surplus = more;
	} else {
		span->surplus += more;
	}
	span->surplus_at = dst + len;
}
