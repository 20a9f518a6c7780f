#include "config.h"

/*
 * The engine for x86-64 with SSSE3, which is all since about 2008: 16 bytes
 * at a time. Look-ups are made as in avx2.c.
 */
#include "upcase/variant.h"

#ifdef VARIANT_X86

#define VARIANT_TARGET "ssse3"
#include "upcase/cpu.h"
#include "upcase/target-begin.h"

#include <immintrin.h>

#define WIDTH	  16
#define LANE	  1
#define EXACT	  0
#define GROWS	  0
#define ONE_KEY	  1
#define ASK_FIRST 1

typedef __m128i vec;
typedef __m128i mask;
typedef uint64_t set;

/* For each quarter of a table the place in it, or a byte with its top bit. */
typedef struct {
	vec quarter[4];
} key;

#include "upcase/numbers.h"

static inline vec splat(int byte)
{
	return _mm_set1_epi8((char)byte);
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
	return _mm_loadu_si128((const vec *)(const void *)p);
}

static inline void store(unsigned char *p, vec v)
{
	_mm_storeu_si128((vec *)(void *)p, v);
}

static inline set high_set(vec v)
{
	return (uint32_t)_mm_movemask_epi8(v);
}

static inline vec any_of(vec a, vec b)
{
	return _mm_or_si128(a, b);
}

static inline mask at_least(vec a, vec b)
{
	return _mm_cmpeq_epi8(_mm_max_epu8(a, b), a);
}

static inline mask less(vec a, vec b)
{
	vec not_less = at_least(a, b);

	return _mm_xor_si128(not_less, _mm_cmpeq_epi8(a, a));
}

static inline vec subtract(vec a, vec b)
{
	return _mm_sub_epi8(a, b);
}

static inline vec subtract_if(mask m, vec a, vec b)
{
	return _mm_sub_epi8(a, _mm_and_si128(m, b));
}

static inline mask same(vec a, vec b)
{
	return _mm_cmpeq_epi8(a, b);
}

/* As signed numbers 80..BF are the smallest. */
static inline mask is_tail(vec v, vec c0)
{
	return _mm_cmplt_epi8(v, c0);
}

static inline mask both(mask a, mask b)
{
	return _mm_and_si128(a, b);
}

static inline set set_of(mask m)
{
	return high_set(m);
}

static inline set below(unsigned n)
{
	return ((set)1 << n) - 1;
}

static inline unsigned first_of(set s)
{
	return (unsigned)__builtin_ctzll(s | (set)1 << WIDTH);
}

static inline mask up(mask m)
{
	return _mm_slli_si128(m, 1);
}

static inline vec down(vec v)
{
	return _mm_srli_si128(v, 1);
}

static inline vec choose(mask m, vec yes, vec no)
{
	return _mm_or_si128(_mm_and_si128(m, yes), _mm_andnot_si128(m, no));
}

static inline vec quarter(vec v, vec from, vec x70)
{
	return _mm_adds_epu8(_mm_xor_si128(v, from), x70);
}

static inline key key_of(const struct numbers *c, vec v)
{
	return (key){{quarter(v, c->x80, c->x70), quarter(v, c->x90, c->x70),
		quarter(v, c->xa0, c->x70), quarter(v, c->xb0, c->x70)}};
}

static inline vec look_up(key k, const unsigned char *table)
{
	vec a = _mm_shuffle_epi8(load(table), k.quarter[0]);
	vec b = _mm_shuffle_epi8(load(table + 16), k.quarter[1]);
	vec c = _mm_shuffle_epi8(load(table + 32), k.quarter[2]);
	vec d = _mm_shuffle_epi8(load(table + 48), k.quarter[3]);

	return _mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d));
}

static inline vec lead_class(const struct numbers *c, vec v)
{
	vec by_high = _mm_shuffle_epi8(load(tables_first_high),
		_mm_and_si128(_mm_srli_epi16(v, 4), c->x0f));
	vec by_low = _mm_shuffle_epi8(
		load(tables_first_low), _mm_and_si128(v, c->x0f));

	return _mm_and_si128(by_high, by_low);
}

static inline set share(vec a, vec b)
{
	vec none = _mm_cmpeq_epi8(_mm_and_si128(a, b), _mm_setzero_si128());

	return high_set(none) ^ 0xFFFF;
}

static inline void put(unsigned char *dst, vec v, unsigned n, bool in_place)
{
	(void)n;
	(void)in_place;
	store(dst, v);
}

/* Eight bytes at a time: those to keep to the front. */
static inline unsigned put_closed_up(
	unsigned char *dst, vec v, unsigned n, set drop, bool in_place)
{
	unsigned keep = (unsigned)(below(n) & ~drop);
	vec first = _mm_shuffle_epi8(v,
		_mm_loadl_epi64(
			(const vec *)(const void *)tables_places[keep & 0xFF]));
	vec second = _mm_shuffle_epi8(_mm_srli_si128(v, 8),
		_mm_loadl_epi64(
			(const vec *)(const void *)tables_places[keep >> 8]));
	unsigned m = (unsigned)__builtin_popcount(keep & 0xFF);

	(void)in_place;
	_mm_storel_epi64((vec *)(void *)dst, first);
	_mm_storel_epi64((vec *)(void *)(dst + m), second);
	return m + (unsigned)__builtin_popcount(keep >> 8);
}

#include "upcase/kernel.h"

#include "upcase/target-end.h"

static bool runs(void)
{
	return CPU_HAS(SSSE3, "ssse3");
}

const struct upcase_variant upcase_ssse3 = {
	.name = "ssse3", .runs = runs, .run = run};

#endif
