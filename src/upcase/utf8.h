/*
 * utf8 - well-formed UTF-8, one character at a time
 *
 * The Unicode Standard, section 3.9: table 3-7 says which sequences are
 * well-formed, and what an ill-formed one is taken to be is its maximal
 * subpart, the longest beginning of a well-formed sequence, or one byte.
 *
 * Inline, because it sits in the innermost loop of every mapping.
 */
#ifndef UPCASE_UTF8_H
#define UPCASE_UTF8_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	UTF8_MAX = 4
}; /* bytes of the longest character */

/* The length of the sequence that lead begins, 0 if it begins none; and which
 * second bytes go with it (the others are always 80..BF). */
static inline int utf8_lead(
	unsigned char lead, unsigned char *low, unsigned char *high)
{
	*low = 0x80;
	*high = 0xBF;
	if (lead < 0x80)
		return 1;
	if (lead < 0xC2)
		return 0;
	if (lead < 0xE0)
		return 2;
	if (lead < 0xF0) {
		if (lead == 0xE0)
			*low = 0xA0; /* else two bytes would do */
		else if (lead == 0xED)
			*high = 0x9F; /* surrogates */
		return 3;
	}
	if (lead == 0xF0)
		*low = 0x90; /* else three bytes would do */
	else if (lead == 0xF4)
		*high = 0x8F; /* past U+10FFFF */
	return lead < 0xF5 ? 4 : 0;
}

/*
 * Looks at the sequence that begins at p, of which len > 0 bytes are there.
 * Returns
 *   n > 0  a well-formed character of n bytes
 *   n < 0  ill-formed; its maximal subpart has -n bytes
 *   0      all len bytes are the beginning of a well-formed character
 */
static inline int utf8_scan(const unsigned char *p, size_t len)
{
	unsigned char low, high;
	int need = utf8_lead(p[0], &low, &high);

	if (need == 0)
		return -1;
	for (int i = 1; i < need; i++) {
		if ((size_t)i == len)
			return 0;
		if (p[i] < low || p[i] > high)
			return -i;
		low = 0x80;
		high = 0xBF;
	}
	return need;
}

/* How many bytes (0..3) at the end of p[0..len) are the beginning of a
 * well-formed character that is not complete yet. A cut before them is a cut
 * between characters. */
static inline size_t utf8_incomplete(const unsigned char *p, size_t len)
{
	for (size_t n = 1; n < UTF8_MAX && n <= len; n++) {
		const unsigned char *tail = p + len - n;

		if ((*tail & 0xC0) != 0x80)
			return utf8_scan(tail, n) == 0 ? n : 0;
	}
	return 0;
}

/* The code point of a well-formed character of n bytes. */
static inline uint32_t utf8_decode(const unsigned char *p, int n)
{
	static const unsigned char lead_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
	uint32_t c = p[0] & lead_bits[n];

	for (int i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3F);
	return c;
}

/* Writes c, which is no surrogate. Returns the bytes written, at most
 * UTF8_MAX. */
static inline int utf8_encode(uint32_t c, unsigned char *p)
{
	static const unsigned char lead_mark[] = {0, 0, 0xC0, 0xE0, 0xF0};
	int n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (int i = n - 1; i > 0; i--) {
		p[i] = (unsigned char)(0x80 | (c & 0x3F));
		c >>= 6;
	}
	p[0] = (unsigned char)(lead_mark[n] | c);
	return n;
}

/* Whether p[0..16) are ASCII: a character each. */
static inline bool utf8_are_ascii(const unsigned char *p)
{
	const uint64_t high = UINT64_C(0x8080808080808080);
	uint64_t half[2];

	memcpy(half, p, sizeof(half));
	return ((half[0] | half[1]) & high) == 0;
}

/* How many characters begin in p[0..len): what is ill-formed counts one for
 * each byte that continues nothing. Compilers make of the vector what the
 * processor has. */
static inline size_t utf8_characters(const unsigned char *p, size_t len)
{
	typedef signed char bytes_of_16 __attribute__((vector_size(16)));
	size_t n = 0;

	while (len >= sizeof(bytes_of_16)) {
		size_t vectors = len / sizeof(bytes_of_16);
		bytes_of_16 counts = {0};

		if (vectors > SCHAR_MAX)
			vectors = SCHAR_MAX;
		len -= vectors * sizeof(bytes_of_16);
		for (; vectors > 0; vectors--, p += sizeof(bytes_of_16)) {
			bytes_of_16 text;

			memcpy(&text, p, sizeof(text));
			/* All but tails; where it is true, minus one. */
			counts -= (bytes_of_16)(text > (signed char)0xBF);
		}
		for (size_t i = 0; i < sizeof(counts); i++)
			n += (size_t)counts[i];
	}
	while (len-- > 0)
		n += (*p++ & 0xC0) != 0x80;
	return n;
}

/* Where the last line of p[0..len) begins: behind its last newline; p if there
 * is none. */
static inline const unsigned char *utf8_last_line(
	const unsigned char *p, size_t len)
{
#if HAVE_DECL_MEMRCHR
	const unsigned char *newline = memrchr(p, '\n', len);

	return newline ? newline + 1 : p;
#else
	while (len > 0 && p[len - 1] != '\n')
		len--;
	return p + len;
#endif
}

#endif
