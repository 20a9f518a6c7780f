/*
 * masks - which of 64 bytes are a certain one, a bit for each
 *
 * For who looks for bytes of several kinds in order: each is found by counting
 * zeros, whatever is between. Inline, because it sits in innermost loops.
 */
#ifndef UPCASE_TEXT_MASKS_H
#define UPCASE_TEXT_MASKS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MASKS_BLOCK 64

#if defined(__SSE2__)

#include <emmintrin.h>

static inline uint64_t masks_equal(const unsigned char *p, unsigned char byte)
{
	__m128i wanted = _mm_set1_epi8((char)byte);
	uint64_t mask = 0;

	for (int i = 0; i < 4; i++) {
		__m128i v = _mm_loadu_si128((const __m128i *)(p + 16 * i));

		mask |= (uint64_t)(unsigned)_mm_movemask_epi8(
				_mm_cmpeq_epi8(v, wanted))
			<< 16 * i;
	}
	return mask;
}

#else

/* Of eight bytes, those that are zero: the lowest bit is the first byte's. */
static inline uint64_t masks_zeros(uint64_t word)
{
	const uint64_t low = UINT64_C(0x7F7F7F7F7F7F7F7F);

	word = ~(((word & low) + low) | word | low) >> 7;
	/* Bit 8 * i goes to bit 56 + i. */
	return word * UINT64_C(0x0102040810204080) >> 56;
}

static inline uint64_t masks_equal(const unsigned char *p, unsigned char byte)
{
	uint64_t wanted = UINT64_C(0x0101010101010101) * byte, mask = 0;

	for (int i = 0; i < 8; i++) {
		uint64_t word = 0;

		/* Compilers make one load of this. */
		for (int k = 0; k < 8; k++)
			word |= (uint64_t)p[8 * i + k] << 8 * k;
		mask |= masks_zeros(word ^ wanted) << 8 * i;
	}
	return mask;
}

#endif

/* The same of the n < MASKS_BLOCK bytes that there are. */
static inline uint64_t masks_equal_in(
	const unsigned char *p, size_t n, unsigned char byte)
{
	unsigned char block[MASKS_BLOCK] = {0};

	if (n == 0)
		return 0;
	memcpy(block, p, n);
	return masks_equal(block, byte) & ((UINT64_C(1) << n) - 1);
}

/* The number of the lowest bit that is set; of the highest. Not of 0. */
static inline unsigned masks_first(uint64_t mask)
{
	return (unsigned)__builtin_ctzll(mask);
}

static inline unsigned masks_last(uint64_t mask)
{
	return 63 - (unsigned)__builtin_clzll(mask);
}

/* The bits below number n, 0..64. */
static inline uint64_t masks_below(unsigned n)
{
	return n < 64 ? (UINT64_C(1) << n) - 1 : UINT64_MAX;
}

/* Each bit becomes whether an odd number of those up to it, itself counted, is
 * set. */
static inline uint64_t masks_odd(uint64_t mask)
{
	for (unsigned n = 1; n < 64; n *= 2)
		mask ^= mask << n;
	return mask;
}

#endif
