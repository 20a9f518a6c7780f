/*
 * kernel - upper case with vectors, whatever their width
 *
 * This file is included by one file per instruction set (ssse3.c, avx2.c,
 * avx512.c, neon.c), which says what a vector is and how to do some thirty
 * simple things with it. What follows is the algorithm; nothing in it is about
 * one script.
 *
 * THE IDEA
 *
 * UTF-8 lets characters that follow each other in Unicode share all bytes but
 * the last. Sixty-four that do are a row: D0 80 to D0 BF, say, half of the
 * Cyrillic alphabet. All characters with case outside ASCII are in some seventy
 * rows, and text in one language uses one to five of them.
 *
 * So take a vector of text, say of 64 bytes, with Russian in it. The letters
 * are in two rows, those behind D0 and those behind D1. Compare all bytes with
 * D0: that tells where the characters of the first row begin. For each byte of
 * the vector, take its low six bits and look them up in a table of 64 bytes
 * that belongs to the row: "what becomes of the last byte". Put the results in
 * one place behind each D0. Look up the same in a second table, "what becomes
 * of the first byte", and put the results where the D0 are. Now do the same
 * with D1, and all letters are done. It does not matter how many there were,
 * or where.
 *
 * In full, for each vector:
 *
 *  1. If no byte has its top bit, a comparison and a subtraction do it, and the
 *     next vector is due; four at a time when it goes on like that.
 *  2. A vector begins with a character. One that it cuts at its end is left for
 *     the next vector, which begins with it (cut_by).
 *  3. See whether all is well-formed (examine).
 *  4. ASCII letters, as in 1.
 *  5. Find where characters begin that may have case: two bytes, the first and
 *     the second, rule it out for most that have none (candidates). Chinese,
 *     Arabic, or Hindi text and emoji are done here.
 *  6. Apply each row that the text uses at the moment (map_rows). Which those
 *     are is remembered from vector to vector: finding out which of them this
 *     vector has would take branches that no processor foresees, and applying
 *     one in vain is cheaper than one wrong guess. Is there a candidate that
 *     none of them covered, then its row joins them (map_more); rows that had
 *     no character for a while leave (retire).
 *  7. Characters that change their length. Where a byte becomes superfluous
 *     (U+0131 becomes I), a table says so with a mark, and the bytes are closed
 *     up. Where there are more than before, the vector ends, and portable_run
 *     takes over for a bit; the more often that happens, the longer. Only i ->
 *     U+0130 is too frequent in Turkish for that: there the bytes are spread
 *     out, if the instruction set has the means.
 *
 * WELL-FORMEDNESS
 *
 * Sets of bytes are integers, a bit (or four, LANE) for each byte of the
 * vector. Lead bytes of two, three and four say where a byte from 80 to BF is
 * due: one, two and three places behind them, which is a shift. If such bytes
 * are there and nowhere else, and no second byte is out of the bounds that the
 * Unicode Standard (table 3-7) sets behind E0, ED, F0 and F4, everything is
 * well-formed. Otherwise the first difference leads to the ill-formed sequence,
 * and the run ends before it: what to do is for the caller to say.
 *
 * IN PLACE
 *
 * Where the output goes over the input, the vector that comes next is loaded
 * before the one at hand is stored. A store may be wider than what is due (when
 * a character was cut, or bytes were closed up); then the memory behind p is no
 * longer what was read, but v is, and is put back before anybody else looks
 * (restore).
 *
 * WHERE THE TIME GOES
 *
 * The address of the next vector depends on where this one is cut, so nothing
 * may come late on the way there: hence cut_by, which looks at three bytes in
 * memory instead of at the vector, and the prefetch. What is left is the number
 * of instructions, mostly look-ups, and of branches that go one way in one
 * vector and the other way in the next.
 *
 * WHAT THE INCLUDING FILE DEFINES
 *
 *  WIDTH          bytes of a vector
 *  LANE           bits for each byte in a set
 *  vec            a vector of bytes
 *  mask           a truth for each byte
 *  set            of bytes of a vector: an integer
 *  key            a vector made ready for look-ups by the low six bits of each
 *                 byte from 80 to BF
 *  splat          a byte in every place; constant: the same, made only once
 *  load, store    from and to any address
 *  high_set       bytes with their top bit, as a set
 *  any_of         the bits of two vectors together
 *  at_least, less, same
 *                 byte by byte, as a mask
 *  is_tail        bytes from 80 to BF, as a mask
 *  subtract, subtract_if
 *                 byte by byte
 *  both           of two masks
 *  set_of         of a mask
 *  below          the set of the first n bytes
 *  first_of       the first byte of a set; WIDTH if there is none
 *  up             a mask, a byte further; nothing comes in
 *  down           a vector, a byte back; zero comes in
 *  choose         from two vectors by a mask
 *  key_of, look_up
 *  ONE_KEY        1 if making a key costs more than moving what was found
 *  lead_class     for lead bytes, what tables_first says
 *  share          bytes of two vectors that have a bit in common, as a set
 *  ASK_FIRST      1 if looking at characters of three bytes, or at rows, costs
 *                 more than a wrong guess whether there are any
 *  put            the first n bytes of a vector
 *  EXACT          1 if put writes no more than those when in place
 *  put_closed_up  the first n bytes without those in a set; returns how many
 *  GROWS          1 if put_dotted is there
 *  put_dotted     the first n bytes without those in a set, each byte of
 *                 another set made to C4 B0, which is U+0130
 */
#include "upcase/map.h"
#include "upcase/utf8.h"
#include "upcase/variant.h"

enum {
	BURST = 8,	  /* bytes for portable_run where one character grows */
	BURST_MAX = 2048, /* and where many do */
	MIXED = 16384,	  /* and where scripts change all the time */
	ACTIVE_MAX = 8,	  /* rows */
	RETIRE_AGE = 16,  /* vectors */
	LOST_MAX = 16,	  /* rows in that time */
	PREFETCH = 512,	  /* bytes ahead */
};

/* The set of one byte: the last one for 1, the one before for 2 ... */
static ALWAYS_INLINE set from_end(unsigned k)
{
	return below(1) << ((WIDTH - k) * LANE);
}

static ALWAYS_INLINE unsigned last_of(set s)
{
	return (63 - (unsigned)__builtin_clzll(s)) / LANE;
}

/* Left to themselves, compilers make each anew for each vector of text. */
static ALWAYS_INLINE struct numbers numbers(void)
{
	struct numbers c;

	c.small_a = constant('a');
	c.letters = constant(26);
	c.case_bit = constant(0x20);
	c.i = constant('i');
	c.c0 = constant(0xC0);
	c.c2 = constant(0xC2);
	c.e0 = constant(0xE0);
	c.ed = constant(0xED);
	c.f0 = constant(0xF0);
	c.f4 = constant(0xF4);
	c.f5 = constant(0xF5);
	c.x80 = constant(0x80);
	c.x90 = constant(0x90);
	c.xa0 = constant(0xA0);
	c.xb0 = constant(0xB0);
	c.x70 = constant(0x70);
	c.x0f = constant(0x0F);
	c.shrinks = constant(TABLES_SHRINKS);
	c.special = constant(TABLES_SPECIAL);
	return c;
}

static ALWAYS_INLINE vec upper(const struct numbers *c, vec v)
{
	return subtract_if(
		less(subtract(v, c->small_a), c->letters), v, c->case_bit);
}

/* A vector of text and what is known of it. */
struct block {
	const unsigned char *bytes; /* what is in v, in memory */
	vec v;
	vec next;    /* for each byte of v the one behind it */
	key last;    /* v, for look-ups */
	set lead;    /* bytes C2..FF */
	set threes;  /* bytes E0..FF */
	unsigned n;  /* how many bytes are complete, well-formed characters */
	bool bad;    /* what is behind them is ill-formed */
	bool marked; /* out may hold marks */
	vec out;     /* the upper case */
};

/* Where second bytes are out of bounds, and F5..FF. */
static ALWAYS_INLINE set bad_seconds(
	const struct numbers *c, vec v, vec next, set fours)
{
	set from_a0 = set_of(at_least(next, c->xa0));
	set bad = (set_of(same(v, c->e0)) & ~from_a0) |
		  (set_of(same(v, c->ed)) & from_a0);
	set from_90;

	if (!fours)
		return bad << LANE;
	from_90 = set_of(at_least(next, c->x90));
	bad |= (set_of(same(v, c->f0)) & ~from_90) |
	       (set_of(same(v, c->f4)) & from_90);
	return bad << LANE | set_of(at_least(v, c->f5));
}

/* Where the sequence begins that has gone wrong at byte `at`: there, or, if a
 * byte of it was due, at the last lead byte before. */
static unsigned sequence_start(set lead, set due, unsigned at)
{
	if ((due >> (at * LANE) & 1) == 0)
		return at;
	return last_of(lead & below(at));
}

/* How many bytes before the end of a vector the character begins that it cuts;
 * 0 if it cuts none. Three bytes tell, much sooner than the vector could, and
 * the next vector cannot be loaded before that is known. Right unless the text
 * is ill-formed. */
static ALWAYS_INLINE unsigned cut_by(const unsigned char *end)
{
	return (unsigned)(end[-1] >= 0xC0) + 2u * (end[-2] >= 0xE0) +
	       3u * (end[-3] >= 0xF0);
}

/* Finds how much of v is complete and well-formed. */
static ALWAYS_INLINE void examine(const struct numbers *c, struct block *b,
	const unsigned char *p, vec v, set high)
{
	set tails = set_of(is_tail(v, c->c0));
	set lead = set_of(at_least(v, c->c2));
	set threes = set_of(at_least(v, c->e0));
	set fours = 0, bad;
	set cut = lead & from_end(1);
	set due = lead << LANE;

	b->v = v;
	b->next = down(v);
	b->lead = lead;
	b->threes = threes;
	if (!ASK_FIRST || threes) {
		fours = set_of(at_least(v, c->f0));
		cut |= (threes & from_end(2)) | (fours & from_end(3));
		due |= threes << (2 * LANE) | fours << (3 * LANE);
	}
	b->n = WIDTH - cut_by(p + WIDTH);
	bad = (due ^ tails) | (high & ~(lead | tails));
	if (!ASK_FIRST || threes)
		bad |= bad_seconds(c, v, b->next, fours);
	b->bad = false;
	/* Up to the lead byte at n: another may have been due there. */
	if (__builtin_expect(
		    (bad & below(b->n + 1)) != 0 || first_of(cut) != b->n, 0)) {
		b->n = first_of(cut);
		bad &= below(b->n + 1);
		b->bad = bad != 0;
		if (bad)
			b->n = sequence_start(lead, due, first_of(bad));
	}
}

/* What a table says of the byte k places behind each. */
static ALWAYS_INLINE vec look_ahead(const struct numbers *c,
	const struct block *b, const unsigned char *table, unsigned k)
{
	vec v;

	if (k == 0)
		return look_up(b->last, table);
	if (ONE_KEY) {
		for (v = look_up(b->last, table); k > 0; k--)
			v = down(v);
		return v;
	}
	for (v = b->next; k > 1; k--)
		v = down(v);
	return look_up(key_of(c, v), table);
}

/* Where characters begin that may have case. */
static ALWAYS_INLINE set candidates(
	const struct numbers *c, const struct block *b)
{
	return b->lead &
	       share(look_ahead(c, b, tables_second, 1), lead_class(c, b->v));
}

/* A row with what tells its characters: the bytes they share. */
struct active_row {
	vec shared[3];
	const struct tables_vector *row;
};

/* The rows that the text uses at the moment. All of them are applied to each
 * vector, whether it has any of their characters or not: looking which it has
 * would cost more, because no processor can foresee that. */
struct active {
	struct active_row rows[ACTIVE_MAX];
	unsigned n;
	unsigned oldest; /* the next to be replaced */
	unsigned used;	 /* bit i: rows[i] had a character lately */
	unsigned age;	 /* vectors since that was last looked at */
	unsigned lost;	 /* rows that had to go, since then */
};

/* Converts all characters of a row. Returns where they begin. */
static ALWAYS_INLINE set map_row(
	const struct numbers *c, struct block *b, const struct active_row *a)
{
	const struct tables_vector *row = a->row;
	mask first = same(b->v, a->shared[0]);
	mask place = first;
	vec third;

	b->marked |= row->marked;
	if (row->len == 2) {
		b->out =
			choose(first, look_ahead(c, b, row->out[0], 1), b->out);
		b->out = choose(
			up(first), look_ahead(c, b, row->out[1], 0), b->out);
		return set_of(first);
	}
	first = both(first, same(b->next, a->shared[1]));
	place = first;
	if (row->len == 3) {
		b->out =
			choose(place, look_ahead(c, b, row->out[0], 2), b->out);
		place = up(place);
		b->out =
			choose(place, look_ahead(c, b, row->out[1], 1), b->out);
		place = up(place);
		b->out =
			choose(place, look_ahead(c, b, row->out[2], 0), b->out);
		return set_of(first);
	}
	third = down(b->next);
	first = both(first, same(third, a->shared[2]));
	place = first;
	b->out = choose(place, look_ahead(c, b, row->out[0], 3), b->out);
	place = up(place);
	b->out = choose(place, look_ahead(c, b, row->out[1], 2), b->out);
	place = up(place);
	b->out = choose(place, look_ahead(c, b, row->out[2], 1), b->out);
	place = up(place);
	b->out = choose(place, look_ahead(c, b, row->out[3], 0), b->out);
	return set_of(first);
}

/* There are n rows, of which nothing is known yet. */
static ALWAYS_INLINE void begin_age(struct active *active, unsigned n)
{
	active->n = n;
	active->oldest = 0;
	active->used = 0;
	active->age = 0;
	active->lost = 0;
}

/* Forgets the rows that had no character for a while. */
static void retire(struct active *active)
{
	unsigned n = 0;

	for (unsigned i = 0; i < active->n; i++)
		if (active->used >> i & 1)
			active->rows[n++] = active->rows[i];
	begin_age(active, n);
}

/* Adds the row of the character at p. Returns its place; or ACTIVE_MAX when
 * that character has no case after all. */
static unsigned activate(struct active *active, const struct upcase_map *map,
	const unsigned char *p)
{
	unsigned number = tables_map_lead[p[0]];
	struct active_row *a;
	unsigned place;

	if (p[0] >= 0xE0)
		number = tables_map_node[number][p[1] % TABLES_ROW];
	if (p[0] >= 0xF0)
		number = tables_map_node[number][p[2] % TABLES_ROW];
	if (number == 0)
		return ACTIVE_MAX;
	place = active->n;
	if (place == ACTIVE_MAX) {
		place = active->oldest;
		active->oldest = (place + 1) % ACTIVE_MAX;
		active->lost++;
	} else {
		active->n++;
	}
	a = &active->rows[place];
	a->row = &tables_vector[map->vector[number]];
	for (unsigned i = 0; i + 1 < a->row->len; i++)
		a->shared[i] = splat(a->row->prefix[i]);
	return place;
}

/* Characters that no active row has. */
static __attribute__((noinline)) void map_more(const struct numbers *c,
	struct block *b, const struct upcase_map *map, struct active *active,
	set todo)
{
	while (todo) {
		unsigned i = first_of(todo);
		unsigned place = activate(active, map, b->bytes + i);

		if (place == ACTIVE_MAX) {
			todo &= ~(below(1) << (i * LANE));
			continue;
		}
		todo &= ~map_row(c, b, &active->rows[place]);
		active->used |= 1u << place;
	}
}

static ALWAYS_INLINE void map_rows(const struct numbers *c, struct block *b,
	const struct upcase_map *map, struct active *active)
{
	set todo;

	b->last = key_of(c, b->v);
	todo = candidates(c, b) & below(b->n);
	if (ASK_FIRST && !todo)
		return;
	for (unsigned i = 0; i < active->n; i++) {
		set found = map_row(c, b, &active->rows[i]);

		todo &= ~found;
		active->used |= (unsigned)(found != 0) << i;
	}
	if (todo) {
		/* The copy alone has to be in memory. */
		struct block copy = *b;

		map_more(c, &copy, map, active, todo);
		b->out = copy.out;
		b->marked = copy.marked;
	}
	if (++active->age == RETIRE_AGE)
		retire(active);
}

/* What is to be written of a block. */
struct yield {
	unsigned n;   /* bytes of out that are right */
	set drop;     /* of these, the superfluous */
	set grown;    /* and those that are followed by one more */
	bool stopped; /* vectors cannot go on behind them */
};

static ALWAYS_INLINE struct yield yield_of(
	const struct numbers *c, const struct block *b, set grown, bool grows)
{
	struct yield y = {.n = b->n, .stopped = b->bad};

	if (b->marked) {
		set special;

		y.drop = set_of(at_least(b->out, c->shrinks)) & b->lead &
			 below(y.n);
		special = y.drop & set_of(same(b->out, c->special));
		if (__builtin_expect(special != 0, 0)) {
			y.n = first_of(special);
			y.stopped = true;
		}
	}
	if (!grows && grown & below(y.n)) {
		y.n = first_of(grown);
		y.stopped = true;
	}
	y.drop &= below(y.n);
	y.grown = grown & below(y.n);
	return y;
}

/* Writes the first n bytes of out without those of `drop`, and not a byte
 * more; put, which is faster, may. Returns how many. */
static unsigned put_exactly(unsigned char *dst, vec out, unsigned n, set drop)
{
	unsigned char bytes[WIDTH], closed[WIDTH] = {0};
	unsigned m = 0;

	store(bytes, out);
	for (unsigned i = 0; i < n; i++) {
		closed[m] = bytes[i];
		m += !(drop >> (i * LANE) & 1);
	}
	memcpy(dst, closed, m);
	return m;
}

static ALWAYS_INLINE unsigned put_yield(unsigned char *dst,
	const struct block *b, struct yield y, bool in_place)
{
#if GROWS
	if (y.grown)
		return put_dotted(dst, b->out, y.n, y.drop, y.grown);
#endif
	if (y.stopped)
		return put_exactly(dst, b->out, y.n, y.drop);
	/* Not `if (y.drop)`, which is hard to foresee where it happens. */
	if (b->marked)
		return put_closed_up(dst, b->out, y.n, y.drop, in_place);
	put(dst, b->out, y.n, in_place);
	return y.n;
}

/* Whether what is written may have more characters than what was read: where
 * nothing is superfluous, the first byte of one has become ASCII then. */
static ALWAYS_INLINE bool may_grow(const struct block *b, struct yield y)
{
	return y.drop || (b->lead & ~high_set(b->out) & below(y.n));
}

/* The block has become len bytes at dst. */
static __attribute__((noinline)) void note_growth(struct growth *growth,
	const struct numbers *c, vec v, vec out, struct yield y,
	const unsigned char *dst, unsigned len)
{
	set were = set_of(is_tail(v, c->c0));
	set are = set_of(is_tail(out, c->c0)) | y.drop;
	unsigned char bytes[WIDTH];

	if (y.drop == 0) {
		growth_note(growth, dst, were & ~are & below(y.n), LANE);
	} else if (__builtin_popcountll(were & below(y.n)) !=
		   __builtin_popcountll(are & below(y.n))) {
		store(bytes, v);
		growth_note_text(growth, bytes, y.n, dst, dst, len);
	}
}

/* Puts back what a store has changed behind p. */
static ALWAYS_INLINE void restore(
	const struct map_span *span, const unsigned char *p, vec v)
{
	if (!EXACT && span->in_place)
		store((unsigned char *)(uintptr_t)p, v);
}

/* Vectors of nothing but ASCII, four at a time, as long as such come. Returns
 * for how many bytes. */
static ALWAYS_INLINE size_t run_ascii(const struct numbers *n,
	const unsigned char *p, const unsigned char *end, unsigned char *dst)
{
	const unsigned char *begin = p;

	while (end - p >= 6 * WIDTH) {
		vec a = load(p), b = load(p + WIDTH);
		vec c = load(p + 2 * WIDTH), d = load(p + 3 * WIDTH);

		if (high_set(any_of(any_of(a, b), any_of(c, d))))
			break;
		store(dst, upper(n, a));
		store(dst + WIDTH, upper(n, b));
		store(dst + 2 * WIDTH, upper(n, c));
		store(dst + 3 * WIDTH, upper(n, d));
		p += 4 * WIDTH;
		dst += 4 * WIDTH;
	}
	return (size_t)(p - begin);
}

/* Converts vectors until less than two are left, or, and then it returns true,
 * until they cannot go on. What this is made for: `letters` other than those
 * of ASCII, and U+0130 for i, `dotted`. */
static ALWAYS_INLINE bool run_vectors(const struct upcase_map *map,
	struct active *active, struct map_span *span, bool letters, bool dotted)
{
	const struct numbers c = numbers();
	const unsigned char *p = span->src, *end = span->end;
	unsigned char *dst = span->dst;
	bool in_place = span->in_place;
	struct growth *growth = span->growth;
	struct yield y = {.stopped = false};
	vec v = load(p);

	while (end - p >= 2 * WIDTH) {
		set high = high_set(v);
		set grown = dotted ? set_of(same(v, c.i)) : 0;
		unsigned char spill[WIDTH];
		struct block b;
		vec following;
		unsigned len;

		if (!high && !grown) {
			size_t n = WIDTH;

			following = load(p + WIDTH);
			store(dst, upper(&c, v));
			if (!dotted)
				n += run_ascii(&c, p + WIDTH, end, dst + WIDTH);
			p += n;
			dst += n;
			v = n > WIDTH ? load(p) : following;
			continue;
		}
		b.bytes = p;
		if (!EXACT) {
			store(spill, v);
			b.bytes = spill;
		}
		b.marked = false;
		b.out = upper(&c, v);
		examine(&c, &b, p, v, high);
		if (letters)
			map_rows(&c, &b, map, active);
		y = yield_of(&c, &b, grown, GROWS && !in_place);
		y.stopped |= active->lost > LOST_MAX;
		if (__builtin_expect(y.stopped, 0)) {
			restore(span, p, v);
			len = put_yield(dst, &b, y, in_place);
			if (growth && may_grow(&b, y))
				note_growth(growth, &c, v, b.out, y, dst, len);
			dst += len;
			p += y.n;
			break;
		}
		__builtin_prefetch(p + PREFETCH);
		following = load(p + y.n);
		len = put_yield(dst, &b, y, in_place);
		if (growth && __builtin_expect(may_grow(&b, y), 0))
			note_growth(growth, &c, v, b.out, y, dst, len);
		dst += len;
		p += y.n;
		v = following;
	}
	if (!y.stopped)
		restore(span, p, v);
	span->src = p;
	span->dst = dst;
	return y.stopped;
}

static __attribute__((noinline)) bool run_ascii_letters(
	const struct upcase_map *map, struct active *active,
	struct map_span *span)
{
	return run_vectors(map, active, span, false, false);
}

static __attribute__((noinline)) bool run_letters(const struct upcase_map *map,
	struct active *active, struct map_span *span)
{
	return run_vectors(map, active, span, true, false);
}

static __attribute__((noinline)) bool run_dotted(const struct upcase_map *map,
	struct active *active, struct map_span *span)
{
	return run_vectors(map, active, span, true, true);
}

/* Hands the next span->pace.mixed bytes over to portable_run. Returns whether
 * it got anywhere. */
static bool leave_vectors(const struct upcase_map *map, struct map_span *span)
{
	const unsigned char *before = span->src, *end = span->end;
	size_t done;

	if ((size_t)(end - before) > span->pace.mixed)
		span->end = before + span->pace.mixed;
	portable_run(map, span);
	span->end = end;
	done = (size_t)(span->src - before);
	/* What is left over is less than a character, or ill-formed. */
	span->pace.mixed -=
		done + UTF8_MAX > span->pace.mixed ? span->pace.mixed : done;
	return done > 0;
}

static bool run_kind(const struct upcase_map *map, struct active *active,
	struct map_span *span)
{
	if (!map->letters)
		return run_ascii_letters(map, active, span);
	if (map->dotted_i)
		return run_dotted(map, active, span);
	return run_letters(map, active, span);
}

static void run(const struct upcase_map *map, struct map_span *span)
{
	struct active active;
	size_t burst = BURST;
	bool more = true;

	begin_age(&active, 0);
	while (more && span->end - span->src >= 2 * WIDTH) {
		const unsigned char *before = span->src;

		if (span->pace.mixed == 0 && run_kind(map, &active, span)) {
			/* Where it stops again and again, others do it for
			 * longer and longer. */
			if (active.lost > LOST_MAX) {
				burst = MIXED;
				retire(&active);
			} else if (span->src - before >= 4 * WIDTH) {
				burst = BURST;
			} else if (burst < BURST_MAX) {
				burst *= 2;
			}
			span->pace.mixed = burst;
		}
		if (span->pace.mixed > 0)
			more = leave_vectors(map, span);
	}
	if (more)
		portable_run(map, span);
}
