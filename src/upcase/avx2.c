#include "config.h"

/*
 * The engine for x86-64 with AVX2: 32 bytes at a time. A look-up by six bits is
 * four by four bits; what is not of a quarter is made to give zero.
 */
#include "upcase/variant.h"

#ifdef VARIANT_X86

#define VARIANT_TARGET "avx2,bmi,bmi2,popcnt"
#include "upcase/cpu.h"
#include "upcase/target-begin.h"

#include <immintrin.h>

#define WIDTH	  32
#define LANE	  1
#define EXACT	  0
#define GROWS	  0
#define ONE_KEY	  1
#define ASK_FIRST 1

typedef __m256i vec;
typedef __m256i mask;
typedef uint64_t set;

/* For each quarter of a table the place in it, or a byte with its top bit. */
typedef struct {
	vec quarter[4];
} key;

#include "upcase/numbers.h"

static inline vec splat(int byte)
{
	return _mm256_set1_epi8((char)byte);
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
	return _mm256_loadu_si256((const vec *)(const void *)p);
}

static inline void store(unsigned char *p, vec v)
{
	_mm256_storeu_si256((vec *)(void *)p, v);
}

static inline set high_set(vec v)
{
	return (uint32_t)_mm256_movemask_epi8(v);
}

static inline vec any_of(vec a, vec b)
{
	return _mm256_or_si256(a, b);
}

static inline mask at_least(vec a, vec b)
{
	return _mm256_cmpeq_epi8(_mm256_max_epu8(a, b), a);
}

static inline mask less(vec a, vec b)
{
	vec not_less = at_least(a, b);

	return _mm256_xor_si256(not_less, _mm256_cmpeq_epi8(a, a));
}

static inline vec subtract(vec a, vec b)
{
	return _mm256_sub_epi8(a, b);
}

static inline vec subtract_if(mask m, vec a, vec b)
{
	return _mm256_sub_epi8(a, _mm256_and_si256(m, b));
}

static inline mask same(vec a, vec b)
{
	return _mm256_cmpeq_epi8(a, b);
}

/* As signed numbers 80..BF are the smallest. */
static inline mask is_tail(vec v, vec c0)
{
	return _mm256_cmpgt_epi8(c0, v);
}

static inline mask both(mask a, mask b)
{
	return _mm256_and_si256(a, b);
}

static inline set set_of(mask m)
{
	return high_set(m);
}

static inline set below(unsigned n)
{
	return _bzhi_u64(~(set)0, n);
}

static inline unsigned first_of(set s)
{
	return (unsigned)_tzcnt_u64(s | (set)1 << WIDTH);
}

static inline mask up(mask m)
{
	vec low_above = _mm256_permute2x128_si256(m, m, 0x08);

	return _mm256_alignr_epi8(m, low_above, 15);
}

static inline vec down(vec v)
{
	vec high_below = _mm256_permute2x128_si256(v, v, 0x81);

	return _mm256_alignr_epi8(high_below, v, 1);
}

static inline vec choose(mask m, vec yes, vec no)
{
	return _mm256_blendv_epi8(no, yes, m);
}

static inline vec quarter(vec v, vec from, vec x70)
{
	return _mm256_adds_epu8(_mm256_xor_si256(v, from), x70);
}

static inline key key_of(const struct numbers *c, vec v)
{
	return (key){{quarter(v, c->x80, c->x70), quarter(v, c->x90, c->x70),
		quarter(v, c->xa0, c->x70), quarter(v, c->xb0, c->x70)}};
}

static inline vec table_quarter(const unsigned char *table)
{
	return _mm256_broadcastsi128_si256(
		_mm_loadu_si128((const __m128i *)(const void *)table));
}

static inline vec look_up(key k, const unsigned char *table)
{
	vec a = _mm256_shuffle_epi8(table_quarter(table), k.quarter[0]);
	vec b = _mm256_shuffle_epi8(table_quarter(table + 16), k.quarter[1]);
	vec c = _mm256_shuffle_epi8(table_quarter(table + 32), k.quarter[2]);
	vec d = _mm256_shuffle_epi8(table_quarter(table + 48), k.quarter[3]);

	return _mm256_or_si256(_mm256_or_si256(a, b), _mm256_or_si256(c, d));
}

static inline vec lead_class(const struct numbers *c, vec v)
{
	vec by_high = _mm256_shuffle_epi8(table_quarter(tables_first_high),
		_mm256_and_si256(_mm256_srli_epi16(v, 4), c->x0f));
	vec by_low = _mm256_shuffle_epi8(
		table_quarter(tables_first_low), _mm256_and_si256(v, c->x0f));

	return _mm256_and_si256(by_high, by_low);
}

static inline set share(vec a, vec b)
{
	vec none = _mm256_cmpeq_epi8(
		_mm256_and_si256(a, b), _mm256_setzero_si256());

	return high_set(none) ^ 0xFFFFFFFF;
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
	set keep = below(n) & ~drop;
	__m128i halves[2] = {
		_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1)};
	unsigned m = 0;

	(void)in_place;
	for (unsigned i = 0; i < WIDTH / 8; i++) {
		unsigned kept = keep >> (i * 8) & 0xFF;
		__m128i eight =
			i % 2 ? _mm_unpackhi_epi64(halves[i / 2], halves[i / 2])
			      : halves[i / 2];
		__m128i places = _mm_loadl_epi64(
			(const __m128i *)(const void *)tables_places[kept]);

		_mm_storel_epi64((__m128i *)(void *)(dst + m),
			_mm_shuffle_epi8(eight, places));
		m += (unsigned)_mm_popcnt_u32(kept);
	}
	return m;
}

#include "upcase/kernel.h"

#include "upcase/target-end.h"

static bool runs(void)
{
	return CPU_HAS(AVX2, "avx2") && CPU_HAS(BMI1, "bmi") &&
	       CPU_HAS(BMI2, "bmi2") && CPU_HAS(POPCNT, "popcnt");
}

const struct upcase_variant upcase_avx2 = {
	.name = "avx2", .runs = runs, .run = run};

#endif
