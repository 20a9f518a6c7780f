/*
 * shuffle - vectors that are looked up sixteen bytes at a time: what SSSE3 and
 * AVX2 do alike
 *
 * Their instructions do the same to each byte, and to each sixteen bytes; only
 * the names of the intrinsics tell how wide a vector is. What goes from sixteen
 * bytes to the next, and what is better done by instructions that came with
 * AVX2, is in the files that include this one. They say before:
 *
 *  WIDTH, vec     as kernel.h wants them
 *  EACH(name)     the intrinsic of that name for each byte or word of a vec
 *  WHOLE(name)    that for all of its bits
 *  quarter_of     sixteen bytes from any address, all over a vec
 *
 * and behind it what else kernel.h wants: below, first_of, up, down, choose,
 * put_closed_up.
 *
 * A look-up by six bits is four by four bits; what is not of a quarter is made
 * to give zero.
 */
#ifndef UPCASE_SHUFFLE_H
#define UPCASE_SHUFFLE_H

#define LANE	  1
#define EXACT	  0
#define GROWS	  0
#define ONE_KEY	  1
#define ASK_FIRST 1

typedef vec mask;
typedef uint64_t set;

/* For each quarter of a table the place in it, or a byte with its top bit. */
typedef struct {
	vec quarter[4];
} key;

#include "upcase/numbers.h"

static inline vec splat(int byte)
{
	return EACH(set1_epi8)((char)byte);
}

/* What the compiler cannot see through. */
static inline vec constant(int byte)
{
	vec v = splat(byte);

	__asm__("" : "+x"(v));
	return v;
}

static inline vec load(const unsigned char *p)
{
	return WHOLE(loadu)((const vec *)(const void *)p);
}

static inline void store(unsigned char *p, vec v)
{
	WHOLE(storeu)((vec *)(void *)p, v);
}

static inline set high_set(vec v)
{
	return (uint32_t)EACH(movemask_epi8)(v);
}

static inline vec any_of(vec a, vec b)
{
	return WHOLE(or)(a, b);
}

static inline mask at_least(vec a, vec b)
{
	return EACH(cmpeq_epi8)(EACH(max_epu8)(a, b), a);
}

static inline mask less(vec a, vec b)
{
	vec not_less = at_least(a, b);

	return WHOLE(xor)(not_less, EACH(cmpeq_epi8)(a, a));
}

static inline vec subtract(vec a, vec b)
{
	return EACH(sub_epi8)(a, b);
}

static inline vec subtract_if(mask m, vec a, vec b)
{
	return EACH(sub_epi8)(a, WHOLE(and)(m, b));
}

static inline mask same(vec a, vec b)
{
	return EACH(cmpeq_epi8)(a, b);
}

/* As signed numbers 80..BF are the smallest. */
static inline mask is_tail(vec v, vec c0)
{
	return EACH(cmpgt_epi8)(c0, v);
}

static inline mask both(mask a, mask b)
{
	return WHOLE(and)(a, b);
}

static inline set set_of(mask m)
{
	return high_set(m);
}

static inline vec quarter(vec v, vec from, vec x70)
{
	return EACH(adds_epu8)(WHOLE(xor)(v, from), x70);
}

static inline key key_of(const struct numbers *c, vec v)
{
	return (key){{quarter(v, c->x80, c->x70), quarter(v, c->x90, c->x70),
		quarter(v, c->xa0, c->x70), quarter(v, c->xb0, c->x70)}};
}

static inline vec look_up(key k, const unsigned char *table)
{
	vec a = EACH(shuffle_epi8)(quarter_of(table), k.quarter[0]);
	vec b = EACH(shuffle_epi8)(quarter_of(table + 16), k.quarter[1]);
	vec c = EACH(shuffle_epi8)(quarter_of(table + 32), k.quarter[2]);
	vec d = EACH(shuffle_epi8)(quarter_of(table + 48), k.quarter[3]);

	return WHOLE(or)(WHOLE(or)(a, b), WHOLE(or)(c, d));
}

static inline vec lead_class(const struct numbers *c, vec v)
{
	vec by_high = EACH(shuffle_epi8)(quarter_of(tables_first_high),
		WHOLE(and)(EACH(srli_epi16)(v, 4), c->x0f));
	vec by_low = EACH(shuffle_epi8)(
		quarter_of(tables_first_low), WHOLE(and)(v, c->x0f));

	return WHOLE(and)(by_high, by_low);
}

static inline set share(vec a, vec b)
{
	vec none = EACH(cmpeq_epi8)(WHOLE(and)(a, b), WHOLE(setzero)());

	return high_set(none) ^ (((set)1 << WIDTH) - 1);
}

static inline void put(unsigned char *dst, vec v, unsigned n, bool in_place)
{
	(void)n;
	(void)in_place;
	store(dst, v);
}

#endif
