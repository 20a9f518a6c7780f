#include "config.h"

/*
 * The engine without vectors, for every processor, and what those with vectors
 * use for the odd character and the end of a piece.
 *
 * The tables are indexed by the bytes as they come; nothing is decoded. Of what
 * comes in runs, ASCII and characters without case go eight bytes at a time,
 * those of two bytes with one look-up each. All else goes character by
 * character through step(), which does the same for all of them, whatever
 * their length, and without a branch: in mixed text nobody can foresee what
 * comes next, and guessing wrong costs more than doing too much.
 */
#include "upcase/utf8.h"
#include "upcase/variant.h"

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

enum {
	WORD = sizeof(uint64_t),
	RUN_PAYS = 2,  /* two or more characters of one length for so many */
	DEBT_MAX = 8,  /* single ones. At this, steps are taken, */
	AGAIN = 2,     /* and after so many more the next time */
	STEPS = 64,    /* at once, */
	STRETCH = 256, /* for so many bytes, */
	STRETCH_MAX = 8192, /* or up to so many */
	CHUNK = 1024,	    /* bytes at once that go through a buffer, */
	CHUNK_OUT = 3 * CHUNK + WORD, /* and what they become at most */
};

/* The upper case of the ASCII bytes among eight: adding carries into the top
 * bit of each byte that is at least 'a', or past 'z'; two bits below that bit
 * is the one that tells a from A. */
static ALWAYS_INLINE uint64_t upper_word(uint64_t word)
{
	uint64_t low = word & EACH_BYTE(0x7F);
	uint64_t from_a = low + EACH_BYTE(0x80 - 'a');
	uint64_t past_z = low + EACH_BYTE(0x80 - 'z' - 1);

	return word ^ ((from_a & ~(past_z | word) & EACH_BYTE(0x80)) >> 2);
}

/* The bytes of a word that are i, by their top bits: of ASCII, only those stay
 * below 0x80 when 0x7F is added to the difference. */
static ALWAYS_INLINE uint64_t marks_of_i(uint64_t word)
{
	uint64_t other = (word & EACH_BYTE(0x7F)) ^ EACH_BYTE('i');

	return ~((other + EACH_BYTE(0x7F)) | word) & EACH_BYTE(0x80);
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

/* A word as it is in memory, as a number with the first byte lowest; and
 * back. */
static ALWAYS_INLINE uint64_t low_first(uint64_t word)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return __builtin_bswap64(word);
#else
	return word;
#endif
}

/* How many bytes of a word come before the first whose top bit is marked. */
static ALWAYS_INLINE unsigned before_marked(uint64_t marks)
{
	return marks ? (unsigned)__builtin_ctzll(marks) / 8 : WORD;
}

/* How many bytes of the word that ends at `end` are before the character that
 * it cuts. Two bytes tell, sooner than all of it could, and where the next word
 * is depends on it. Right unless the text is ill-formed. */
static ALWAYS_INLINE unsigned uncut(const unsigned char *end)
{
	return WORD - (unsigned)(end[-1] >= 0xC0) - 2u * (end[-2] >= 0xE0);
}

/*
 * How many bytes at the beginning of a word, its first byte lowest, are whole
 * characters without case or of ASCII. 0 says nothing: let others look.
 * `expected` is what uncut says, and mostly right.
 *
 * A bit of every byte at a time is brought to the top of the byte, so that what
 * holds for the byte is that bit. Of two bytes, D8..DF have no case; of three
 * all but E1, E2, EA and EF. Those of four are left to others.
 */
static ALWAYS_INLINE unsigned without_case(
	uint64_t word, unsigned expected, bool letters)
{
	uint64_t high = word & EACH_BYTE(0x80);
	uint64_t bit5 = word << 2, bit4 = word << 3, bit3 = word << 4;
	uint64_t bit2 = word << 5, bit1 = word << 6, bit0 = word << 7;
	uint64_t lead = high & word << 1;
	uint64_t long_lead = lead & bit5;
	uint64_t due = lead << 8 | long_lead << 16;
	uint64_t wrong = due ^ (high & ~lead);
	/* What the end of the word cuts. */
	uint64_t cut = (lead & UINT64_C(0x80) << 56) |
		       (long_lead & UINT64_C(0x80) << 48);
	/* Second bytes: behind E0 from A0 on, behind ED before that. */
	uint64_t e0 = long_lead & ~(bit3 | bit2 | bit1 | bit0);
	uint64_t ed = long_lead & bit3 & bit2 & ~bit1 & bit0;
	uint64_t stop = (e0 & ~(bit5 >> 8)) | (ed & bit5 >> 8);
	unsigned n;

	stop |= long_lead & bit4; /* of four */
	if (letters) {
		stop |= lead & ~bit5 & ~(bit4 & bit3);
		stop |= long_lead & ~bit3 & ~bit2 & (bit1 ^ bit0);
		stop |= long_lead & bit3 & ~bit2 & bit1 & ~bit0;
		stop |= long_lead & bit3 & bit2 & bit1 & bit0;
	} else {
		stop |= lead & ~(bit5 | bit4 | bit3 | bit2 | bit1); /* C0, C1 */
	}
	n = before_marked(cut);
	/* Something may be missing up to the byte that is cut off. */
	if (__builtin_expect(n == expected && !(stop & ~cut) &&
				     wrong << 8 * (n < 8 ? 7 - n : 0) == 0,
		    1))
		return expected;
	n = before_marked(stop | cut);
	/* Something missing or too much, up to the byte at n. */
	return before_marked(wrong) <= n && wrong ? 0 : n;
}

/* ASCII and characters without case, in any mixture. */
static ALWAYS_INLINE void run_words(
	struct map_span *span, bool letters, bool dotted)
{
	const unsigned char *p = span->src;
	unsigned char *dst = span->dst;

	while (span->end - p >= WORD) {
		uint64_t word = low_first(load_word(p));
		unsigned n = without_case(word, uncut(p + WORD), letters);

		if (n == 0 || (dotted && marks_of_i(word)))
			break;
		word = low_first(upper_word(word));
		memcpy(dst, &word, WORD);
		p += n;
		dst += n;
	}
	span->src = p;
	span->dst = dst;
}

/* ASCII, up to the first byte that is none. */
static ALWAYS_INLINE void run_ascii(struct map_span *span, bool dotted)
{
	static const unsigned char dotted_i[] = {0xC4, 0xB0};
	const unsigned char *p = span->src;
	unsigned char *dst = span->dst;

	while (span->end - p >= WORD) {
		uint64_t word = load_word(p), upper = upper_word(word);
		uint64_t high = word & EACH_BYTE(0x80);
		uint64_t marks = high | (dotted ? marks_of_i(word) : 0);
		unsigned n = WORD;

		memcpy(dst, &upper, WORD);
		if (marks)
			n = before_marked(low_first(marks));
		p += n;
		dst += n;
		if (!marks)
			continue;
		if (*p >= 0x80)
			break;
		memcpy(dst, dotted_i, sizeof(dotted_i));
		p++;
		dst += sizeof(dotted_i);
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

static ALWAYS_INLINE bool is_plain_three(const unsigned char *p)
{
	return tables_plain_three[p[0] % 16 * TABLES_ROW + p[1] % TABLES_ROW];
}

static ALWAYS_INLINE unsigned char upper_byte(unsigned char b)
{
	return b >= 'a' && b <= 'z' ? b ^ 0x20 : b;
}

/* Characters of three bytes without case; pairs of them where the lead bytes
 * have none. Between them ASCII, if it is only one: a space, mostly. */
static ALWAYS_INLINE void run_three(struct map_span *span, bool dotted)
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

		if ((word & mask) == form && is_plain_three(p) &&
			is_plain_three(p + 3)) {
			memcpy(dst, &word, 6);
			p += 6;
			dst += 6;
		} else if ((word & mask & first) == (form & first) &&
			   is_plain_three(p)) {
			memcpy(dst, &word, 3);
			p += 3;
			dst += 3;
		} else if (p[0] < 0x80 && !dotted) {
			uint64_t upper = upper_word(word);
			uint64_t high = word & EACH_BYTE(0x80);
			unsigned n = before_marked(low_first(high));

			memcpy(dst, &upper, WORD);
			p += n;
			dst += n;
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

/* Characters of two bytes, with one look-up each; and single ASCII. */
static ALWAYS_INLINE void run_two(
	const struct upcase_map *map, struct map_span *span, bool dotted)
{
	const unsigned char *p = span->src;
	unsigned char *dst = span->dst;

	while (span->end - p >= WORD) {
		const struct tables_string *upper;

		if (p[0] < 0x80 && p[1] >= 0xC2 && p[1] < 0xE0 && !dotted)
			*dst++ = upper_byte(*p++);
		if (p[0] < 0xC2 || p[0] >= 0xE0 || !is_tail(p[1]))
			break;
		upper = &map->two[p[0] % 32 * TABLES_ROW + p[1] % TABLES_ROW];
		memcpy(dst, upper, sizeof(*upper));
		dst += upper->len;
		p += 2;
	}
	span->src = p;
	span->dst = dst;
}

/* Four bytes as a number, the first lowest. */
static ALWAYS_INLINE uint32_t load_four(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

/* Converts the character at p, where at least eight bytes are to be read, and
 * writes eight bytes. Returns its length, and that of its upper case in *len;
 * or 0 if it is ill-formed. */
static ALWAYS_INLINE unsigned step(const struct upcase_map *map,
	const uint16_t (*rows)[TABLES_ROW], const unsigned char *p,
	unsigned char *dst, unsigned *len, bool letters, bool tailored)
{
	const struct tables_lead *lead = &tables_lead[p[0]];
	uint32_t four = load_four(p);
	const struct tables_string *upper;
	uint64_t word, same;
	unsigned row, place;

	if (((four & lead->mask) != lead->form) |
		((unsigned char)(p[1] - lead->low) > lead->span))
		return 0;
	row = tables_step[lead->step][p[1] % TABLES_ROW];
	row = tables_step[row][p[2] % TABLES_ROW];
	if (!letters)
		row = lead->len == 1 ? row : 0;
	place = rows[row][p[lead->len - 1] % TABLES_ROW];
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
static ALWAYS_INLINE bool run_steps(const struct upcase_map *map,
	struct map_span *span, unsigned n, bool letters, bool tailored)
{
	const uint16_t(*rows)[TABLES_ROW] = map->row;
	const unsigned char *p = span->src, *end = span->end;
	unsigned char *dst = span->dst;
	unsigned taken = 1, made;

	for (; n > 0 && end - p >= WORD; n--) {
		taken = step(map, rows, p, dst, &made, letters, tailored);
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
static bool run_last(const struct upcase_map *map, struct map_span *span)
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
	const struct upcase_map *map, struct map_span *span, unsigned n)
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
			run_three(span, map->dotted_i);
		else if (*before >= 0xD8)
			run_words(span, map->letters, map->dotted_i);
		else if (map->letters && !map->ech_yiwn)
			run_two(map, span, map->dotted_i);
		if (span->src > before)
			return true;
	}
	if (tailored)
		return run_steps(map, span, n, true, true);
	if (map->letters)
		return run_steps(map, span, n, true, false);
	return run_steps(map, span, n, false, false);
}

/* Notes a run of two characters or more, or a shorter one. */
static ALWAYS_INLINE void keep_pace(struct map_pace *pace, bool was_run)
{
	if (was_run) {
		pace->debt -= pace->debt < RUN_PAYS ? pace->debt : RUN_PAYS;
		if (pace->debt == 0)
			pace->stretch = 0;
	} else if (++pace->debt >= DEBT_MAX) {
		pace->stretch = pace->stretch == 0 ? STRETCH
				: pace->stretch < STRETCH_MAX
					? pace->stretch * 2
					: STRETCH_MAX;
		pace->steps = pace->stretch;
		pace->debt = DEBT_MAX - AGAIN;
	}
}

/* Passes ill-formed sequences through, if there are any and that is wanted. */
static bool keep_invalid(struct map_span *span)
{
	const unsigned char *before = span->src;

	while (span->keep && span->src < span->end && *span->src >= 0x80) {
		int n = utf8_scan(span->src, (size_t)(span->end - span->src));

		if (n >= 0)
			break;
		span->invalid++;
		for (; n < 0; n++)
			*span->dst++ = *span->src++;
	}
	return span->src > before;
}

/* Runs, as long as there are enough of them; else steps for a while, and for
 * longer each time that runs have not become better. Returns whether it got to
 * the end. */
static bool run_out_of_place(
	const struct upcase_map *map, struct map_span *span)
{
	bool good = true;

	while (good && span->src < span->end) {
		const unsigned char *before = span->src;
		ptrdiff_t len = tables_lead[*before].len;
		bool in_steps = span->pace.steps > 0;

		good = run_some(map, span, in_steps ? STEPS : 1);
		if (in_steps)
			span->pace.steps -= span->src - before;
		else
			keep_pace(&span->pace, span->src - before >= 2 * len);
		if (!good)
			good = keep_invalid(span);
	}
	return good;
}

/* By way of a buffer, because what is written at once may be wider than what
 * was read; up to CHUNK bytes. Returns whether there may be more to do. */
static bool run_chunk_in_place(
	const struct upcase_map *map, struct map_span *span)
{
	unsigned char out[CHUNK_OUT];
	unsigned char *dst = span->dst;
	const unsigned char *src = span->src;
	uint64_t invalid = span->invalid;
	bool good;
	size_t len;

	span->dst = out;
	good = run_out_of_place(map, span);
	len = (size_t)(span->dst - out);
	span->dst = dst;
	if (len > (size_t)(span->src - dst)) {
		/* As if nothing had been. */
		span->src = src;
		span->invalid = invalid;
		return false;
	}
	if (span->growth)
		growth_note_text(span->growth, src, (size_t)(span->src - src),
			dst, out, len);
	/* cppcheck-suppress uninitvar ; run_out_of_place has written it */
	memcpy(dst, out, len);
	span->dst += len;
	return good;
}

static void run_in_place(const struct upcase_map *map, struct map_span *span)
{
	const unsigned char *end = span->end;
	bool more = true;

	while (more && span->src < end) {
		if (end - span->src > CHUNK) {
			span->end = span->src + CHUNK;
			span->end -= utf8_incomplete(span->src, CHUNK);
		}
		more = run_chunk_in_place(map, span);
		span->end = end;
	}
}

/* Whole words of ASCII, from which nothing spills, in place or not. */
static ALWAYS_INLINE void run_ascii_words(struct map_span *span)
{
	while (span->end - span->src >= WORD) {
		uint64_t word = load_word(span->src);

		if (word & EACH_BYTE(0x80))
			return;
		word = upper_word(word);
		memcpy(span->dst, &word, WORD);
		span->src += WORD;
		span->dst += WORD;
	}
}

/* Many calls are for a short line of ASCII, and it is these that should not
 * have to go through all the rest. */
void portable_run(const struct upcase_map *map, struct map_span *span)
{
	if (!map->dotted_i)
		run_ascii_words(span);
	if (span->src == span->end)
		return;
	if (span->in_place)
		run_in_place(map, span);
	else
		(void)run_out_of_place(map, span);
}

static bool runs(void)
{
	return true;
}

const struct upcase_variant upcase_portable = {
	.name = "portable", .runs = runs, .run = portable_run};
