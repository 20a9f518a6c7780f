/*
 * masks - which of 64 bytes are a certain one, a bit for each
 *
 * For who looks for bytes of several kinds in order: each is found by counting
 * zeros, whatever is between. No byte that is looked for is a NUL. Inline,
 * because it sits in innermost loops.
 */
#ifndef UPCASE_TEXT_MASKS_H
#define UPCASE_TEXT_MASKS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MASKS_BLOCK 64

#if defined(__SSE2__)

#include <emmintrin.h>

/* A block in registers: written out, since compilers do not unroll loops of
 * four by themselves, and then go through memory. */
struct masks {
	__m128i a, b, c, d;
};

static inline struct masks masks_load(const unsigned char *p)
{
	const __m128i *v = (const void *)p;

	return (struct masks){_mm_loadu_si128(v), _mm_loadu_si128(v + 1),
		_mm_loadu_si128(v + 2), _mm_loadu_si128(v + 3)};
}

static inline uint64_t masks_of_16(__m128i v, __m128i wanted)
{
	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, wanted));
}

static inline uint64_t masks_of(const struct masks *m, unsigned char byte)
{
	__m128i wanted = _mm_set1_epi8((char)byte);

	return masks_of_16(m->a, wanted) | masks_of_16(m->b, wanted) << 16 |
	       masks_of_16(m->c, wanted) << 32 |
	       masks_of_16(m->d, wanted) << 48;
}

#else

struct masks {
	uint64_t part[8];
};

static inline struct masks masks_load(const unsigned char *p)
{
	struct masks m;

	for (int i = 0; i < 8; i++) {
		uint64_t word = 0;

		/* Compilers make one load of this. */
		for (int k = 0; k < 8; k++)
			word |= (uint64_t)p[8 * i + k] << 8 * k;
		m.part[i] = word;
	}
	return m;
}

/* Of eight bytes, those that are zero: the lowest bit is the first byte's. */
static inline uint64_t masks_zeros(uint64_t word)
{
	const uint64_t low = UINT64_C(0x7F7F7F7F7F7F7F7F);

	word = ~(((word & low) + low) | word | low) >> 7;
	/* Bit 8 * i goes to bit 56 + i. */
	return word * UINT64_C(0x0102040810204080) >> 56;
}

static inline uint64_t masks_of(const struct masks *m, unsigned char byte)
{
	uint64_t wanted = UINT64_C(0x0101010101010101) * byte, mask = 0;

	for (int i = 0; i < 8; i++)
		mask |= masks_zeros(m->part[i] ^ wanted) << 8 * i;
	return mask;
}

#endif

/* What there is of a block, n < MASKS_BLOCK bytes; zeros behind it. */
static inline struct masks masks_load_part(const unsigned char *p, size_t n)
{
	unsigned char block[MASKS_BLOCK] = {0};

	if (n > 0)
		memcpy(block, p, n);
	return masks_load(block);
}

/* At p[at] a block, or what there is of it up to p[len). */
static inline struct masks masks_at(
	const unsigned char *p, size_t at, size_t len)
{
	return len - at >= MASKS_BLOCK ? masks_load(p + at)
				       : masks_load_part(p + at, len - at);
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
	mask ^= mask << 1;
	mask ^= mask << 2;
	mask ^= mask << 4;
	mask ^= mask << 8;
	mask ^= mask << 16;
	return mask ^ mask << 32;
}

#endif
