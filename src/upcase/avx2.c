#include "config.h"

/*
 * The engine for x86-64 with AVX2: 32 bytes at a time.
 */
#include "upcase/variant.h"

#ifdef VARIANT_X86

#define VARIANT_TARGET "avx2,bmi,bmi2,popcnt"
#include "upcase/cpu.h"
#include "upcase/target-begin.h"

#include <immintrin.h>

#define WIDTH	    32
#define EACH(name)  _mm256_##name
#define WHOLE(name) _mm256_##name##_si256

typedef __m256i vec;

static inline vec quarter_of(const unsigned char *p)
{
	return _mm256_broadcastsi128_si256(
		_mm_loadu_si128((const __m128i *)(const void *)p));
}

#include "upcase/shuffle.h"

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
