#include "config.h"

/*
 * The engine without vectors, for every processor, and what those with vectors
 * use for the odd character and the end of a piece.
 *
 * The tables are indexed by the bytes as they come; nothing is decoded. Words
 * of ASCII go eight bytes at a time, and characters of three and four bytes
 * under lead bytes without any case two at a time. All else goes character by
 * character through step(), which does the same for all of them, whatever
 * their length, and without a branch: in mixed text nobody can foresee what
 * comes next, and guessing wrong costs more than doing too much.
 */
#include "upcase/utf8.h"
#include "upcase/variant.h"

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

enum {
	WORD = sizeof(uint64_t),
	RUN_MIN = 6,   /* bytes of a run that was worth the look */
	SCORE_MAX = 8, /* shorter ones, before steps are taken */
	STEPS = 64,    /* how many then */
	CHUNK = 256,   /* bytes at once that go through a buffer, */
	CHUNK_OUT = 3 * CHUNK + WORD, /* and what they become at most */
};

/* The upper case of eight ASCII bytes at once: adding carries into the top bit
 * of each byte that is at least 'a', or past 'z'; two bits below that bit is
 * the one that tells a from A. */
static ALWAYS_INLINE uint64_t upper_word(uint64_t word)
{
	uint64_t from_a = word + EACH_BYTE(0x80 - 'a');
	uint64_t past_z = word + EACH_BYTE(0x80 - 'z' - 1);

	return word ^ ((from_a & ~past_z & EACH_BYTE(0x80)) >> 2);
}

/* Whether one of eight ASCII bytes is b: only that one stays below 0x80 when
 * 0x7F is added to the difference. */
static ALWAYS_INLINE bool word_has(uint64_t word, unsigned char b)
{
	uint64_t other = (word ^ EACH_BYTE(b)) + EACH_BYTE(0x7F);

	return (~other & EACH_BYTE(0x80)) != 0;
}

static ALWAYS_INLINE bool is_tail(unsigned char b)
{
	return (b & 0xC0) == 0x80;
}

static ALWAYS_INLINE uint64_t load_word(const unsigned char *p)
{
	uint64_t word;

	memcpy(&word, p, WORD);
	return word;
}

/* A word whose bytes, in the order of memory, are these. */
static ALWAYS_INLINE uint64_t word_of(const unsigned char bytes[WORD])
{
	return load_word(bytes);
}

/* How many bytes of a word come before the first with its top bit set, of which
 * there is one. */
static ALWAYS_INLINE unsigned before_high(uint64_t high)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return (unsigned)__builtin_clzll(high) / 8;
#else
	return (unsigned)__builtin_ctzll(high) / 8;
#endif
}

/* Whole words of ASCII, as long as there are such, and what there is of it in
 * the word behind them. */
static ALWAYS_INLINE void run_ascii(struct map_span *span, bool dotted)
{
	const unsigned char *p = span->src;
	unsigned char *dst = span->dst;
	uint64_t word = 0, high = 0;

	while (span->end - p >= WORD) {
		word = load_word(p);
		high = word & EACH_BYTE(0x80);
		if (high || (dotted && word_has(word, 'i')))
			break;
		word = upper_word(word);
		memcpy(dst, &word, WORD);
		p += WORD;
		dst += WORD;
	}
	word &= EACH_BYTE(0x7F);
	if (high && !(dotted && word_has(word, 'i'))) {
		unsigned n = before_high(high);

		word = upper_word(word);
		memcpy(dst, &word, span->in_place ? n : WORD);
		p += n;
		dst += n;
	}
	span->src = p;
	span->dst = dst;
}

/* Whether the well-formed second byte of the character at p rules case out. */
static ALWAYS_INLINE bool has_no_case(const unsigned char *p)
{
	return (tables_first[p[0] % TABLES_ROW] &
		       tables_second[p[1] % TABLES_ROW]) == 0;
}

static ALWAYS_INLINE bool second_is_good(const unsigned char *p)
{
	const struct tables_lead *lead = &tables_lead[p[0]];

	return (unsigned char)(p[1] - lead->low) <= lead->span;
}

/* Characters of three bytes without case; pairs of them where the lead bytes
 * have none. */
static ALWAYS_INLINE void run_three(struct map_span *span)
{
	const uint64_t mask = word_of((const unsigned char[]){
		0xF0, 0xC0, 0xC0, 0xF0, 0xC0, 0xC0, 0, 0});
	const uint64_t form = word_of((const unsigned char[]){
		0xE0, 0x80, 0x80, 0xE0, 0x80, 0x80, 0, 0});
	const uint64_t first = word_of(
		(const unsigned char[]){0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0});
	const unsigned char *p = span->src;
	unsigned char *dst = span->dst;

	while (span->end - p >= WORD) {
		uint64_t word = load_word(p);

		if ((word & mask) == form && tables_lead[p[0]].plain &&
			tables_lead[p[3]].plain) {
			memcpy(dst, &word, 6);
			p += 6;
			dst += 6;
		} else if ((word & mask & first) == (form & first) &&
			   second_is_good(p) && has_no_case(p)) {
			memcpy(dst, &word, 3);
			p += 3;
			dst += 3;
		} else {
			break;
		}
	}
	span->src = p;
	span->dst = dst;
}

/* The same with four, in pairs. */
static ALWAYS_INLINE void run_four(struct map_span *span)
{
	const uint64_t mask = word_of((const unsigned char[]){
		0xF8, 0xC0, 0xC0, 0xC0, 0xF8, 0xC0, 0xC0, 0xC0});
	const uint64_t form = word_of((const unsigned char[]){
		0xF0, 0x80, 0x80, 0x80, 0xF0, 0x80, 0x80, 0x80});
	const unsigned char *p = span->src;
	unsigned char *dst = span->dst;

	while (span->end - p >= WORD) {
		uint64_t word = load_word(p);

		if ((word & mask) != form || p[0] > 0xF4 || p[4] > 0xF4 ||
			!second_is_good(p) || !second_is_good(p + 4) ||
			!has_no_case(p) || !has_no_case(p + 4))
			break;
		memcpy(dst, &word, WORD);
		p += WORD;
		dst += WORD;
	}
	span->src = p;
	span->dst = dst;
}

/* Characters of two bytes, with one look-up each, until there is another, or
 * one that becomes longer than three bytes. */
static ALWAYS_INLINE void run_two(const struct map *map, struct map_span *span)
{
	const unsigned char *p = span->src;
	unsigned char *dst = span->dst;

	while (span->end - p >= WORD && p[0] >= 0xC2 && p[0] < 0xE0 &&
		is_tail(p[1])) {
		const struct tables_short *upper =
			&map->two[p[0] % 32 * TABLES_ROW + p[1] % TABLES_ROW];

		if (upper->len == 0)
			break;
		memcpy(dst, upper, sizeof(*upper));
		dst += upper->len;
		p += 2;
	}
	span->src = p;
	span->dst = dst;
}

/* Converts the character at p, where at least eight bytes are to be read, and
 * writes eight bytes. Returns its length, and that of its upper case in *len;
 * or 0 if it is ill-formed. */
static ALWAYS_INLINE unsigned step(const struct map *map,
	const unsigned char *p, unsigned char *dst, unsigned *len, bool letters,
	bool tailored)
{
	const struct tables_lead *lead = &tables_lead[p[0]];
	unsigned tails = (unsigned)p[2] | (unsigned)p[3] << 8;
	const struct tables_string *upper;
	uint64_t word, same;
	unsigned row, place;

	if ((lead->len == 0) |
		((unsigned char)(p[1] - lead->low) > lead->span) |
		((tails & lead->tails) != (lead->tails & 0x8080u)))
		return 0;
	row = tables_step[lead->step][p[1] % TABLES_ROW];
	row = tables_step[row][p[2] % TABLES_ROW];
	if (!letters)
		row = lead->len == 1 ? row : 0;
	place = map->row[row][p[lead->len - 1] % TABLES_ROW];
	upper = &tables_string[place];
	if (tailored)
		upper = map_tailored(map, p, lead->len, upper);
	/* String 0 is all zero. */
	same = (uint64_t)(place != 0) - 1;
	word = (load_word(p) & same) | load_word(upper->bytes);
	memcpy(dst, &word, WORD);
	*len = (lead->len & (unsigned)same) | upper->len;
	return lead->len;
}

/* Converts up to n characters, as long as there are eight bytes to read.
 * Returns whether all that it met were well-formed. */
static ALWAYS_INLINE bool run_steps(const struct map *map,
	struct map_span *span, unsigned n, bool letters, bool tailored)
{
	const unsigned char *p = span->src;
	unsigned char *dst = span->dst;
	unsigned taken = 1, made;

	for (; n > 0 && span->end - p >= WORD; n--) {
		taken = step(map, p, dst, &made, letters, tailored);
		if (taken == 0)
			break;
		p += taken;
		dst += made;
	}
	span->src = p;
	span->dst = dst;
	return taken != 0;
}

/* The same for fewer than eight bytes. */
static bool run_last(const struct map *map, struct map_span *span)
{
	while (span->src < span->end) {
		int n = utf8_scan(span->src, (size_t)(span->end - span->src));

		if (n <= 0)
			return false;
		span->dst = map_char(map, span->src, n, span->dst);
		span->src += n;
	}
	return true;
}

/* What comes next: a run of characters of one length if there is one, else n
 * characters. */
static ALWAYS_INLINE bool run_some(
	const struct map *map, struct map_span *span, unsigned n)
{
	const unsigned char *before = span->src;
	bool tailored = map->dotted_i || map->ech_yiwn;

	if (span->end - before < WORD)
		return run_last(map, span);
	if (n == 1) {
		if (*before < 0x80)
			run_ascii(span, map->dotted_i);
		else if (*before >= 0xF0)
			run_four(span);
		else if (*before >= 0xE0)
			run_three(span);
		else if (map->letters && !map->ech_yiwn)
			run_two(map, span);
		if (span->src > before)
			return true;
	}
	if (tailored)
		return run_steps(map, span, n, true, true);
	if (map->letters)
		return run_steps(map, span, n, true, false);
	return run_steps(map, span, n, false, false);
}

/* The same in place: by way of a buffer, because what is written at once may
 * be wider than what was read. */
static bool run_some_in_place(
	const struct map *map, struct map_span *span, unsigned n)
{
	unsigned char out[CHUNK_OUT];
	struct map_span part = {.src = span->src, .end = span->end, .dst = out};
	bool good;
	size_t len;

	if (part.end - part.src > CHUNK)
		part.end = part.src + CHUNK;
	good = run_some(map, &part, n);
	len = (size_t)(part.dst - out);
	if (len > (size_t)(part.src - span->dst))
		return false;
	memcpy(span->dst, out, len);
	span->dst += len;
	span->src = part.src;
	return good;
}

/* Runs, as long as they are long enough on average; else steps for a while. */
void portable_run(const struct map *map, struct map_span *span)
{
	int score = SCORE_MAX;
	bool good = true;

	while (good && span->src < span->end) {
		const unsigned char *before = span->src;
		unsigned n = score > 0 ? 1 : STEPS;

		if (span->in_place)
			good = run_some_in_place(map, span, n);
		else
			good = run_some(map, span, n);
		if (score <= 0)
			score = SCORE_MAX;
		else if (span->src - before < RUN_MIN)
			score--;
		else if (score < SCORE_MAX)
			score++;
	}
}

static bool runs(void)
{
	return true;
}

const struct upcase_variant upcase_portable = {
	.name = "portable", .runs = runs, .run = portable_run};
