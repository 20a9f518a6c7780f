#include "config.h"

/*
 * The engine without vectors, for every processor, and what those with vectors
 * use for the odd character and the end of a piece.
 *
 * The tables are indexed by the bytes as they come: nothing is decoded. ASCII
 * goes eight bytes at a time, a two-byte character with one look-up, a longer
 * one with one for each byte after the first; rows without case, which most of
 * them are, are copied.
 */
#include "upcase/utf8.h"
#include "upcase/variant.h"

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

enum {
	WORD = sizeof(uint64_t)
};

/* The upper case of eight ASCII bytes at once: adding carries into the top bit
 * of each byte that is at least 'a', or past 'z'; two bits below that bit is
 * the one that tells a from A. */
static inline uint64_t upper_word(uint64_t word)
{
	uint64_t from_a = word + EACH_BYTE(0x80 - 'a');
	uint64_t past_z = word + EACH_BYTE(0x80 - 'z' - 1);

	return word ^ ((from_a & ~past_z & EACH_BYTE(0x80)) >> 2);
}

/* Whether one of eight ASCII bytes is b: only that one stays below 0x80 when
 * 0x7F is added to the difference. */
static inline bool word_has(uint64_t word, unsigned char b)
{
	uint64_t other = (word ^ EACH_BYTE(b)) + EACH_BYTE(0x7F);

	return (~other & EACH_BYTE(0x80)) != 0;
}

static inline bool is_tail(unsigned char b)
{
	return (b & 0xC0) == 0x80;
}

/* Puts n bytes out; exactly those when in place, where what follows is still
 * to be read. */
static inline void put(
	struct map_span *span, const void *bytes, size_t n, size_t wide)
{
	memcpy(span->dst, bytes, span->in_place ? n : wide);
	span->dst += n;
}

static inline bool fits(const struct map_span *span, size_t n, size_t len)
{
	return !span->in_place || (size_t)(span->src - span->dst) + n >= len;
}

/* Converts ASCII, whole words of it as long as there are such. With dotted an i
 * grows; returns whether it was stopped by one that does not fit. */
static inline bool run_ascii(struct map_span *span, bool dotted)
{
	static const unsigned char dotted_i[] = {0xC4, 0xB0};

	while (span->src < span->end && *span->src < 0x80) {
		uint64_t word;
		unsigned char b;

		while (span->end - span->src >= WORD) {
			memcpy(&word, span->src, WORD);
			if (word & EACH_BYTE(0x80) ||
				(dotted && word_has(word, 'i')))
				break;
			word = upper_word(word);
			memcpy(span->dst, &word, WORD);
			span->src += WORD;
			span->dst += WORD;
		}
		for (int i = 0; i < WORD && span->src < span->end; i++) {
			b = *span->src;
			if (b >= 0x80)
				break;
			if (dotted && b == 'i') {
				if (!fits(span, 1, sizeof(dotted_i)))
					return true;
				put(span, dotted_i, sizeof(dotted_i),
					sizeof(dotted_i));
			} else {
				*span->dst++ = (unsigned char)(b -
					((unsigned)b - 'a' < 26 ? 0x20 : 0));
			}
			span->src++;
		}
	}
	return false;
}

/* A character that is not simply found; n bytes, well-formed. Returns whether
 * it fits. */
static bool run_other(const struct map *map, struct map_span *span, int n)
{
	unsigned char out[sizeof(struct tables_string)];
	size_t len = (size_t)(map_char(map, span->src, n, out) - out);

	if (!fits(span, (size_t)n, len))
		return false;
	put(span, out, len, sizeof(out));
	span->src += n;
	return true;
}

/* Two-byte characters, as many as come. */
static inline bool run_two(const struct map *map, struct map_span *span)
{
	while (span->end - span->src >= 2) {
		const unsigned char *p = span->src;
		const struct tables_short *upper;

		if (p[0] < 0xC2 || p[0] >= 0xE0 || !is_tail(p[1]))
			break;
		upper = &map->two[p[0] % 32 * TABLES_ROW + p[1] % TABLES_ROW];
		if (upper->len == 0 || upper->len > 2 ||
			(map->ech_yiwn && p[0] == 0xD6)) {
			if (!run_other(map, span, 2))
				return false;
			continue;
		}
		if (span->in_place) {
			put(span, upper->bytes, upper->len, upper->len);
		} else {
			memcpy(span->dst, upper, sizeof(*upper));
			span->dst += upper->len;
		}
		span->src += 2;
	}
	return true;
}

/* Three-byte characters, as many as come. */
static inline bool run_three(const struct map *map, struct map_span *span)
{
	while (span->end - span->src >= 3) {
		const unsigned char *p = span->src;
		unsigned char low = 0x80, high = 0xBF;

		if (p[0] < 0xE0 || p[0] >= 0xF0)
			break;
		if (p[0] == 0xE0)
			low = 0xA0;
		else if (p[0] == 0xED)
			high = 0x9F;
		if (p[1] < low || p[1] > high || !is_tail(p[2]))
			break;
		if (map->row && tables_map_node[tables_map_lead[p[0]]]
					       [p[1] % TABLES_ROW] != 0) {
			if (!run_other(map, span, 3))
				return false;
			continue;
		}
		put(span, p, 3, 3);
		span->src += 3;
	}
	return true;
}

static inline bool run_four(const struct map *map, struct map_span *span)
{
	while (span->src < span->end && *span->src >= 0xF0) {
		size_t left = (size_t)(span->end - span->src);

		if (utf8_scan(span->src, left) != 4)
			break;
		if (map->row) {
			if (!run_other(map, span, 4))
				return false;
			continue;
		}
		put(span, span->src, 4, 4);
		span->src += 4;
	}
	return true;
}

static inline void copy_two(struct map_span *span)
{
	while (span->end - span->src >= 2 && span->src[0] >= 0xC2 &&
		span->src[0] < 0xE0 && is_tail(span->src[1])) {
		put(span, span->src, 2, 2);
		span->src += 2;
	}
}

static inline __attribute__((always_inline)) void run(
	const struct map *map, struct map_span *outer, bool in_place)
{
	struct map_span span = *outer;

	span.in_place = in_place;
	while (span.src < span.end) {
		const unsigned char *before = span.src;
		bool fit = true;

		if (*before < 0x80)
			fit = !run_ascii(&span, map->dotted_i);
		else if (*before >= 0xF0)
			fit = run_four(map, &span);
		else if (*before >= 0xE0)
			fit = run_three(map, &span);
		else if (map->two)
			fit = run_two(map, &span);
		else
			copy_two(&span);
		if (!fit || span.src == before)
			break;
	}
	outer->src = span.src;
	outer->dst = span.dst;
}

void portable_run(const struct map *map, struct map_span *span)
{
	if (span->in_place)
		run(map, span, true);
	else
		run(map, span, false);
}

static bool runs(void)
{
	return true;
}

const struct upcase_variant upcase_portable = {
	.name = "portable", .runs = runs, .run = portable_run};
