#include "config.h"

#include "codec/strict.h"

#include <stdint.h>
#include <string.h>

/* ---- Bits ---- */

struct bits {
	const unsigned char *p, *end;
	uint64_t next;	/* bits that come next, the first one lowest */
	unsigned n;	/* how many of these are good */
	unsigned zeros; /* bytes that were taken from behind the end */
};

static inline uint64_t le64(const unsigned char *p)
{
	/* Compilers make one load of this. */
	return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
	       (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
	       (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
	       (uint64_t)p[7] << 56;
}

/* Makes 56 bits good at least: enough for all of a match. */
static inline void refill(struct bits *b)
{
	if (b->end - b->p >= 8) {
		b->next |= le64(b->p) << b->n;
		b->p += (63 - b->n) / 8;
		b->n |= 56;
		return;
	}
	while (b->n < 56) {
		if (b->p < b->end)
			b->next |= (uint64_t)*b->p++ << b->n;
		else
			b->zeros++;
		b->n += 8;
	}
}

static inline void drop(struct bits *b, unsigned n)
{
	b->next >>= n;
	b->n -= n;
}

/* After a refill, 32 bits in all. */
static inline unsigned take(struct bits *b, unsigned n)
{
	unsigned value = (unsigned)(b->next & ((UINT64_C(1) << n) - 1));

	drop(b, n);
	return value;
}

/* Whether bits were used that are not there. */
static bool is_behind_end(const struct bits *b)
{
	return b->zeros > b->n / 8;
}

/* ---- Codes ---- */

enum {
	LONGEST = 15,	 /* bits of a codeword */
	TABLE_BITS = 11, /* of these the table knows */
	MOST_LENGTHS = 286,
	MOST_DISTANCES = 30,
	FIXED_LENGTHS = 288,
	FIXED_DISTANCES = 32,
	N_PRE = 19,
	END = 256,
};

/* What a codeword stands for, and the bits to pass over: the codeword and what
 * belongs to it. 0: it is longer than the table knows. */
#define MEANING(kind, bits) ((uint16_t)((kind) << 8 | (bits)))
#define BITS_OF(meaning)    ((meaning)&0xffU)
#define KIND_OF(meaning)    ((unsigned)(meaning) >> 8)

enum kind {
	KIND_NONE = 1, /* none that there is */
	KIND_LITERAL,
	KIND_LENGTH,
	KIND_END,
	KIND_DISTANCE,
	KIND_PRE, /* ... and so on: KIND_PRE + the symbol */
};

/* Of a symbol: its meaning, but for the bits of the codeword. */
typedef uint16_t meaning_fn(unsigned symbol);

struct code {
	meaning_fn *meaning;
	bool complete;
	unsigned table_bits;
	uint16_t count[LONGEST + 1];	 /* codewords of each length */
	uint16_t symbols[FIXED_LENGTHS]; /* in the order of their codewords */
	uint16_t table[1 << TABLE_BITS];
};

static uint16_t length_meaning(unsigned symbol)
{
	static const unsigned char extra[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1,
		1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};

	if (symbol < END)
		return MEANING(KIND_LITERAL, 0);
	if (symbol == END)
		return MEANING(KIND_END, 0);
	if (symbol >= MOST_LENGTHS)
		return MEANING(KIND_NONE, 0);
	return MEANING(KIND_LENGTH, extra[symbol - END - 1]);
}

static uint16_t distance_meaning(unsigned symbol)
{
	if (symbol >= MOST_DISTANCES)
		return MEANING(KIND_NONE, 0);
	return MEANING(KIND_DISTANCE, symbol < 4 ? 0 : symbol / 2 - 1);
}

static uint16_t pre_meaning(unsigned symbol)
{
	return MEANING(KIND_PRE + symbol, 0);
}

/* The codeword of `len` bits, first bit highest, as it lies in the stream. */
static unsigned reversed(unsigned codeword, unsigned len)
{
	unsigned r = 0;

	for (; len > 0; len--, codeword >>= 1)
		r = r << 1 | (codeword & 1);
	return r;
}

static void fill_table(struct code *c)
{
	unsigned codeword = 0, at = 0;
	unsigned size = 1U << c->table_bits;

	for (unsigned i = 0; i < size; i++)
		c->table[i] = c->complete ? 0 : MEANING(KIND_NONE, 0);
	for (unsigned len = 1; len <= c->table_bits; len++) {
		for (unsigned n = c->count[len]; n > 0; n--) {
			uint16_t m = c->meaning(c->symbols[at++]);

			for (unsigned i = reversed(codeword++, len); i < size;
				i += 1U << len)
				c->table[i] = (uint16_t)(m + len);
		}
		codeword <<= 1;
	}
}

/* Makes the code of n symbols with these lengths, but for its table. Returns
 * whether zlib takes it. */
static bool make_code(struct code *c, meaning_fn *meaning, unsigned table_bits,
	const unsigned char *lengths, unsigned n)
{
	uint16_t at[LONGEST + 2] = {0};
	int left = 1; /* codewords of this length that may still be had */

	memset(c->count, 0, sizeof(c->count));
	for (unsigned i = 0; i < n; i++)
		c->count[lengths[i]]++;
	c->count[0] = 0;
	for (unsigned len = 1; len <= LONGEST; len++) {
		left = 2 * left - c->count[len];
		if (left < 0)
			return false;
		at[len + 1] = (uint16_t)(at[len] + c->count[len]);
	}
	for (unsigned i = 0; i < n; i++)
		if (lengths[i] > 0)
			c->symbols[at[lengths[i]]++] = (uint16_t)i;
	c->meaning = meaning;
	c->complete = left == 0;
	c->table_bits = table_bits;
	/* At most one codeword, and that of one bit. */
	return c->complete || at[LONGEST + 1] == c->count[1];
}

/* A codeword that is longer than the table knows. */
static uint16_t meaning_of_long(const struct code *c, uint64_t next)
{
	unsigned codeword = 0, first = 0, at = 0;

	for (unsigned len = 1; len <= LONGEST; len++, next >>= 1) {
		codeword = codeword << 1 | (next & 1);
		first <<= 1;
		if (codeword - first < c->count[len])
			return (uint16_t)(c->meaning(c->symbols[at + codeword -
								first]) +
					  len);
		first += c->count[len];
		at += c->count[len];
	}
	return MEANING(KIND_NONE, 0);
}

static inline uint16_t look_up(
	const struct code *c, unsigned table_bits, const struct bits *b)
{
	uint16_t m = c->table[b->next & ((1U << table_bits) - 1)];

	return m ? m : meaning_of_long(c, b->next);
}

/* ---- Blocks ---- */

enum {
	DISTANCE_BITS = 9,
	PRE_BITS = 7,
};

struct block {
	struct code lengths, distances;
};

static bool read_lengths(struct bits *b, const struct code *pre,
	unsigned char *lengths, unsigned n)
{
	unsigned at = 0;

	while (at < n) {
		uint16_t m;
		unsigned symbol, times = 1;

		refill(b);
		m = look_up(pre, PRE_BITS, b);
		drop(b, BITS_OF(m));
		symbol = KIND_OF(m) - KIND_PRE;
		if (symbol >= N_PRE || (symbol == 16 && at == 0))
			return false;
		if (symbol == 16)
			times = 3 + take(b, 2);
		else if (symbol == 17)
			times = 3 + take(b, 3);
		else if (symbol == 18)
			times = 11 + take(b, 7);
		if (times > n - at)
			return false;
		memset(lengths + at,
			symbol < 16    ? (int)symbol
			: symbol == 16 ? lengths[at - 1]
				       : 0,
			times);
		at += times;
	}
	return true;
}

/* The codes that a block brings along. */
static bool read_codes(struct bits *b, struct block *block)
{
	static const unsigned char order[N_PRE] = {16, 17, 18, 0, 8, 7, 9, 6,
		10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
	unsigned char pre[N_PRE] = {0};
	unsigned char lengths[MOST_LENGTHS + MOST_DISTANCES];
	unsigned n_lengths = 257 + take(b, 5), n_distances = 1 + take(b, 5);
	unsigned n_pre = 4 + take(b, 4);

	if (n_lengths > MOST_LENGTHS || n_distances > MOST_DISTANCES)
		return false;
	for (unsigned i = 0; i < n_pre; i++) {
		refill(b);
		pre[order[i]] = (unsigned char)take(b, 3);
	}
	if (!make_code(&block->lengths, pre_meaning, PRE_BITS, pre, N_PRE) ||
		!block->lengths.complete)
		return false;
	fill_table(&block->lengths);
	if (!read_lengths(b, &block->lengths, lengths, n_lengths + n_distances))
		return false;
	return lengths[END] > 0 &&
	       make_code(&block->lengths, length_meaning, TABLE_BITS, lengths,
		       n_lengths) &&
	       make_code(&block->distances, distance_meaning, DISTANCE_BITS,
		       lengths + n_lengths, n_distances);
}

static void use_fixed_codes(struct block *block)
{
	unsigned char lengths[FIXED_LENGTHS];

	memset(lengths, 8, 144);
	memset(lengths + 144, 9, 256 - 144);
	memset(lengths + 256, 7, 280 - 256);
	memset(lengths + 280, 8, FIXED_LENGTHS - 280);
	(void)make_code(&block->lengths, length_meaning, TABLE_BITS, lengths,
		FIXED_LENGTHS);
	memset(lengths, 5, FIXED_DISTANCES);
	(void)make_code(&block->distances, distance_meaning, DISTANCE_BITS,
		lengths, FIXED_DISTANCES);
}

/* Three literals, or up to two and a match, or the end. Returns KIND_END at the
 * end, KIND_NONE if it is none, or another kind. */
static inline enum kind pass_one(struct bits *b, const struct block *block)
{
	uint16_t m;

	refill(b);
	m = look_up(&block->lengths, TABLE_BITS, b);
	drop(b, BITS_OF(m));
	if (KIND_OF(m) == KIND_LITERAL) {
		m = look_up(&block->lengths, TABLE_BITS, b);
		drop(b, BITS_OF(m));
		if (KIND_OF(m) == KIND_LITERAL) {
			m = look_up(&block->lengths, TABLE_BITS, b);
			drop(b, BITS_OF(m));
			if (KIND_OF(m) == KIND_LITERAL)
				return KIND_LITERAL;
		}
		refill(b);
	}
	if (KIND_OF(m) != KIND_LENGTH)
		return KIND_OF(m);
	m = look_up(&block->distances, DISTANCE_BITS, b);
	drop(b, BITS_OF(m));
	return KIND_OF(m);
}

/* Passes over what a block has behind its codes. */
static bool pass_text(struct bits *b, struct block *block)
{
	struct bits here = *b; /* in registers */
	enum kind kind;

	fill_table(&block->lengths);
	fill_table(&block->distances);
	do
		kind = pass_one(&here, block);
	while (kind != KIND_NONE && kind != KIND_END && !is_behind_end(&here));
	*b = here;
	return kind == KIND_END;
}

/* Passes over a block that is as it is. */
static bool pass_stored(struct bits *b)
{
	size_t len;

	drop(b, b->n % 8);
	refill(b);
	len = take(b, 16);
	drop(b, 16);
	if (is_behind_end(b))
		return false;
	/* Back to what was read ahead. */
	b->p -= b->n / 8 - b->zeros;
	b->next = 0;
	b->n = b->zeros = 0;
	if (len > (size_t)(b->end - b->p))
		return false;
	b->p += len;
	return true;
}

/* Passes over the rest of a block, behind the three bits that it begins with.
 * brief: only whether it is good is asked, and what cannot tell that need not
 * be read. */
static bool pass_block(struct bits *b, unsigned type, bool brief)
{
	struct block block;

	switch (type) {
	case 0:
		return brief || pass_stored(b);
	case 1:
		use_fixed_codes(&block);
		return pass_text(b, &block);
	case 2:
		if (!read_codes(b, &block))
			return false;
		/* Complete codes leave nothing to refuse. */
		return (brief && block.lengths.complete &&
			       block.distances.complete) ||
		       pass_text(b, &block);
	default:
		return false;
	}
}

bool strict_deflate(const unsigned char *p, size_t len)
{
	struct bits b = {.p = p, .end = p + len};
	bool last, good;

	do {
		refill(&b);
		last = take(&b, 1) == 1;
		good = pass_block(&b, take(&b, 2), last);
	} while (good && !last);
	return good;
}

/* How many bits were passed over since `begin`. */
static uint64_t bits_behind(const struct bits *b, const unsigned char *begin)
{
	return 8 * ((uint64_t)(b->p - begin) + b->zeros) - b->n;
}

bool strict_find_last(
	const unsigned char *p, size_t len, struct strict_place *place)
{
	struct bits b = {.p = p, .end = p + len};
	bool last, good;

	do {
		refill(&b);
		place->begin = bits_behind(&b, p);
		last = take(&b, 1) == 1;
		good = pass_block(&b, take(&b, 2), false);
	} while (good && !last);
	place->end = bits_behind(&b, p);
	return good && (place->end + 7) / 8 == len;
}
