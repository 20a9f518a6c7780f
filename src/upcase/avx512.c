#include "config.h"

/*
 * The engine for x86-64 with AVX-512 as of Ice Lake and Zen 4: 64 bytes at a
 * time. VBMI has the look-up by six bits as one instruction, VBMI2 closes bytes
 * up and spreads them out.
 */
#include "upcase/variant.h"

#ifdef VARIANT_X86

#define VARIANT_TARGET \
	"avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi,bmi2,popcnt"
#include "upcase/cpu.h"
#include "upcase/target-begin.h"

#include <immintrin.h>

#define WIDTH	  64
#define LANE	  1
#define EXACT	  1
#define GROWS	  1
#define ONE_KEY	  0
#define ASK_FIRST 0

typedef __m512i vec;
typedef __m512i key;
typedef __mmask64 mask;
typedef uint64_t set;

#include "upcase/numbers.h"

static inline vec splat(int byte)
{
	return _mm512_set1_epi8((char)byte);
}

/* What the compiler cannot see through. */
static inline vec constant(int byte)
{
	vec v = splat(byte);

	__asm__("" : "+v"(v));
	return v;
}

static inline vec load(const unsigned char *p)
{
	return _mm512_loadu_si512(p);
}

static inline void store(unsigned char *p, vec v)
{
	_mm512_storeu_si512(p, v);
}

static inline set high_set(vec v)
{
	return _mm512_movepi8_mask(v);
}

static inline vec any_of(vec a, vec b)
{
	return _mm512_or_si512(a, b);
}

static inline mask at_least(vec a, vec b)
{
	return _mm512_cmpge_epu8_mask(a, b);
}

static inline mask less(vec a, vec b)
{
	return _mm512_cmplt_epu8_mask(a, b);
}

static inline vec subtract(vec a, vec b)
{
	return _mm512_sub_epi8(a, b);
}

static inline vec subtract_if(mask m, vec a, vec b)
{
	return _mm512_mask_sub_epi8(a, m, a, b);
}

static inline mask same(vec a, vec b)
{
	return _mm512_cmpeq_epi8_mask(a, b);
}

/* As signed numbers 80..BF are the smallest. */
static inline mask is_tail(vec v, vec c0)
{
	return _mm512_cmplt_epi8_mask(v, c0);
}

static inline mask both(mask a, mask b)
{
	return a & b;
}

static inline set set_of(mask m)
{
	return m;
}

static inline set below(unsigned n)
{
	return _bzhi_u64(~(set)0, n);
}

static inline unsigned first_of(set s)
{
	return (unsigned)_tzcnt_u64(s);
}

static inline mask up(mask m)
{
	return m << 1;
}

static inline vec down(vec v)
{
	static const unsigned char behind[WIDTH] = {1, 2, 3, 4, 5, 6, 7, 8, 9,
		10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
		26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41,
		42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57,
		58, 59, 60, 61, 62, 63, 0};

	return _mm512_maskz_permutexvar_epi8(
		~(__mmask64)0 >> 1, load(behind), v);
}

static inline vec choose(mask m, vec yes, vec no)
{
	return _mm512_mask_mov_epi8(no, m, yes);
}

static inline key key_of(const struct numbers *c, vec v)
{
	(void)c;
	return v;
}

static inline vec look_up(key i, const unsigned char *table)
{
	return _mm512_permutexvar_epi8(i, load(table));
}

static inline vec lead_class(const struct numbers *c, vec v)
{
	(void)c;
	return look_up(v, tables_first);
}

static inline set share(vec a, vec b)
{
	return _mm512_test_epi8_mask(a, b);
}

static inline void put(unsigned char *dst, vec v, unsigned n, bool in_place)
{
	if (in_place)
		_mm512_mask_storeu_epi8(dst, below(n), v);
	else
		store(dst, v);
}

static inline unsigned put_closed_up(
	unsigned char *dst, vec v, unsigned n, set drop, bool in_place)
{
	set keep = _bzhi_u64(~drop, n);
	unsigned m = (unsigned)_mm_popcnt_u64(keep);

	put(dst, _mm512_maskz_compress_epi8(keep, v), m, in_place);
	return m;
}

/* Which of up to 64 bytes come from 32 bytes of which those in `grown` become
 * two. Each is two bits, of which the second is there only if it grows. */
static inline uint64_t spread(uint32_t grown)
{
	const uint64_t first = 0x5555555555555555;

	return _pext_u64(first, first | _pdep_u64(grown, ~first));
}

static inline unsigned put_dotted(
	unsigned char *dst, vec v, unsigned n, set drop, set grown)
{
	set keep = _bzhi_u64(~drop, n);
	unsigned kept = (unsigned)_mm_popcnt_u64(keep);
	vec dots = splat(0xB0);
	vec halves;
	unsigned m;

	v = _mm512_mask_mov_epi8(v, grown, splat(0xC4));
	v = _mm512_maskz_compress_epi8(keep, v);
	grown = _pext_u64(grown, keep);
	store(dst, _mm512_mask_expand_epi8(dots, spread((uint32_t)grown), v));
	if (kept <= 32)
		return kept + (unsigned)_mm_popcnt_u64(grown);
	m = 32 + (unsigned)_mm_popcnt_u32((uint32_t)grown);
	halves = _mm512_shuffle_i64x2(v, v, 0xEE);
	grown >>= 32;
	store(dst + m,
		_mm512_mask_expand_epi8(dots, spread((uint32_t)grown), halves));
	return kept - 32 + m + (unsigned)_mm_popcnt_u64(grown);
}

#include "upcase/kernel.h"

#include "upcase/target-end.h"

static bool runs(void)
{
	return CPU_HAS(AVX512_VBMI2, "avx512vbmi2") &&
	       CPU_HAS(AVX512_VBMI, "avx512vbmi") &&
	       CPU_HAS(AVX512BW, "avx512bw") && CPU_HAS(AVX512VL, "avx512vl") &&
	       CPU_HAS(BMI1, "bmi") && CPU_HAS(BMI2, "bmi2") &&
	       CPU_HAS(POPCNT, "popcnt");
}

const struct upcase_variant upcase_avx512 = {
	.name = "avx512", .runs = runs, .run = run};

#endif
