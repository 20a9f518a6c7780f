#include "config.h"

/*
 * The engine for x86-64 with SSSE3, which is all since about 2008: 16 bytes
 * at a time.
 */
#include "upcase/variant.h"

#ifdef VARIANT_X86

#define VARIANT_TARGET "ssse3"
#include "upcase/cpu.h"
#include "upcase/target-begin.h"

#include <immintrin.h>

#define WIDTH	    16
#define EACH(name)  _mm_##name
#define WHOLE(name) _mm_##name##_si128

typedef __m128i vec;

static inline vec quarter_of(const unsigned char *p)
{
	return _mm_loadu_si128((const vec *)(const void *)p);
}

#include "upcase/shuffle.h"

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
