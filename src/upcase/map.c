#include "config.h"

#include "upcase/map.h"

#include "upcase/utf8.h"

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

enum {
	WORD = sizeof(uint64_t)
};

struct map map_of(const struct upcase *u)
{
	struct map map = {NULL, false, false};

	if (u->mapping == UPCASE_FULL)
		map.row = tables_full_row;
	else if (u->mapping == UPCASE_SIMPLE)
		map.row = tables_simple_row;
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

/* The upper case of eight ASCII bytes at once: adding carries into the top bit
 * of each byte that is at least 'a', or past 'z'; two bits below that bit is
 * the one that tells a from A. */
static uint64_t upper_word(uint64_t word)
{
	uint64_t from_a = word + EACH_BYTE(0x80 - 'a');
	uint64_t past_z = word + EACH_BYTE(0x80 - 'z' - 1);

	return word ^ ((from_a & ~past_z & EACH_BYTE(0x80)) >> 2);
}

/* Whether one of eight ASCII bytes is b: only that one stays below 0x80 when
 * 0x7F is added to the difference. */
static bool word_has(uint64_t word, unsigned char b)
{
	uint64_t other = (word ^ EACH_BYTE(b)) + EACH_BYTE(0x7F);

	return (~other & EACH_BYTE(0x80)) != 0;
}

/* Converts whole words of ASCII. With dotted_i it stops before a word with an
 * i, which grows. */
static void run_words(bool dotted_i, struct map_span *span)
{
	while (span->end - span->src >= WORD) {
		uint64_t word;

		memcpy(&word, span->src, WORD);
		if (word & EACH_BYTE(0x80) || (dotted_i && word_has(word, 'i')))
			return;
		word = upper_word(word);
		memcpy(span->dst, &word, WORD);
		span->src += WORD;
		span->dst += WORD;
	}
}

static void run_ascii(const struct map *map, struct map_span *span)
{
	(void)map;
	while (span->src < span->end) {
		int n;

		run_words(false, span);
		if (span->src == span->end)
			return;
		n = utf8_scan(span->src, (size_t)(span->end - span->src));
		if (n <= 0)
			return;
		for (int i = 0; i < n; i++) {
			unsigned char b = *span->src++;

			*span->dst++ = b >= 'a' && b <= 'z' ? b ^ 0x20 : b;
		}
	}
}

static void run_unicode(const struct map *map, struct map_span *span)
{
	while (span->src < span->end) {
		int n;

		if (*span->src < 0x80)
			run_words(map->dotted_i, span);
		if (span->src == span->end)
			return;
		n = utf8_scan(span->src, (size_t)(span->end - span->src));
		if (n <= 0)
			return;
		span->dst = map_char(map, span->src, n, span->dst);
		span->src += n;
	}
}

map_run *map_run_of(const struct upcase *u)
{
	return u->mapping == UPCASE_ASCII ? run_ascii : run_unicode;
}
