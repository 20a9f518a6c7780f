#include "config.h"

/*
 * The engine for 64-bit ARM: 16 bytes at a time. A look-up by six bits is one
 * instruction. There is none that gathers a bit of each byte, so a set has four
 * for each, which is what narrowing by a shift leaves.
 */
#include "upcase/variant.h"

#ifdef VARIANT_ARM

#include <arm_neon.h>

#define WIDTH	  16
#define LANE	  4
#define EXACT	  0
#define GROWS	  0
#define ONE_KEY	  0
#define ASK_FIRST 1

typedef uint8x16_t vec;
typedef uint8x16_t mask;
typedef uint8x16_t key;
typedef uint64_t set;

#include "upcase/numbers.h"

static inline vec splat(int byte)
{
	return vdupq_n_u8((uint8_t)byte);
}

static inline vec constant(int byte)
{
	return splat(byte);
}

static inline vec load(const unsigned char *p)
{
	return vld1q_u8(p);
}

static inline void store(unsigned char *p, vec v)
{
	vst1q_u8(p, v);
}

static inline set set_of(mask m)
{
	uint8x8_t nibbles = vshrn_n_u16(vreinterpretq_u16_u8(m), 4);

	return vget_lane_u64(vreinterpret_u64_u8(nibbles), 0);
}

static inline set high_set(vec v)
{
	return set_of(vcltzq_s8(vreinterpretq_s8_u8(v)));
}

static inline vec any_of(vec a, vec b)
{
	return vorrq_u8(a, b);
}

static inline mask at_least(vec a, vec b)
{
	return vcgeq_u8(a, b);
}

static inline mask less(vec a, vec b)
{
	return vcltq_u8(a, b);
}

static inline vec subtract(vec a, vec b)
{
	return vsubq_u8(a, b);
}

static inline vec subtract_if(mask m, vec a, vec b)
{
	return vsubq_u8(a, vandq_u8(m, b));
}

static inline mask same(vec a, vec b)
{
	return vceqq_u8(a, b);
}

/* As signed numbers 80..BF are the smallest. */
static inline mask is_tail(vec v, vec c0)
{
	return vcltq_s8(vreinterpretq_s8_u8(v), vreinterpretq_s8_u8(c0));
}

static inline mask both(mask a, mask b)
{
	return vandq_u8(a, b);
}

static inline set below(unsigned n)
{
	return n < WIDTH ? ((set)1 << (n * LANE)) - 1 : ~(set)0;
}

static inline unsigned first_of(set s)
{
	return s ? (unsigned)__builtin_ctzll(s) / LANE : WIDTH;
}

static inline mask up(mask m)
{
	return vextq_u8(splat(0), m, 15);
}

static inline vec down(vec v)
{
	return vextq_u8(v, splat(0), 1);
}

static inline vec choose(mask m, vec yes, vec no)
{
	return vbslq_u8(m, yes, no);
}

/* What is not from 80 to BF is past the end of the table, and finds zero. */
static inline key key_of(const struct numbers *c, vec v)
{
	return veorq_u8(v, c->x80);
}

static inline vec look_up(key k, const unsigned char *table)
{
	uint8x16x4_t whole = {{load(table), load(table + 16), load(table + 32),
		load(table + 48)}};

	return vqtbl4q_u8(whole, k);
}

static inline vec lead_class(const struct numbers *c, vec v)
{
	return look_up(veorq_u8(v, c->c0), tables_first);
}

static inline set share(vec a, vec b)
{
	return set_of(vtstq_u8(a, b));
}

static inline void put(unsigned char *dst, vec v, unsigned n, bool in_place)
{
	(void)n;
	(void)in_place;
	store(dst, v);
}

/* A bit for each of eight bytes that have four in a set. */
static inline unsigned bits_of(set s)
{
	s &= 0x11111111;
	s = (s | s >> 3) & 0x03030303;
	s = (s | s >> 6) & 0x000F000F;
	return (unsigned)(s | s >> 12) & 0xFF;
}

/* Eight bytes at a time: those to keep to the front. */
static inline unsigned put_closed_up(
	unsigned char *dst, vec v, unsigned n, set drop, bool in_place)
{
	set keep = below(n) & ~drop;
	unsigned first = bits_of(keep), second = bits_of(keep >> 32);
	unsigned m = (unsigned)__builtin_popcount(first);

	(void)in_place;
	vst1_u8(dst, vtbl1_u8(vget_low_u8(v), vld1_u8(tables_places[first])));
	vst1_u8(dst + m,
		vtbl1_u8(vget_high_u8(v), vld1_u8(tables_places[second])));
	return m + (unsigned)__builtin_popcount(second);
}

#include "upcase/kernel.h"

static bool runs(void)
{
	return true;
}

const struct upcase_variant upcase_neon = {
	.name = "neon", .runs = runs, .run = run};

#endif
