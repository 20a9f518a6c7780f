#include "config.h"

#include "io/wide.h"

#include <stdint.h>

/* A byte that is not UTF-8 is this and itself. */
#define ALONE 0xDC00

/* How long the sequence that begins with this byte is; 1: it is none. */
static size_t length_of(unsigned char first)
{
	if (first < 0xc2 || first > 0xf4)
		return 1;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Whether `second` can follow the first byte of a sequence. */
static bool can_follow(unsigned char first, unsigned char second)
{
	unsigned char from = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	unsigned char to = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

	return second >= from && second <= to;
}

/* How many of the bytes begin a sequence of this length. */
static size_t good_part(const unsigned char *text, size_t len, size_t want)
{
	size_t n = 1;

	if (n < len && n < want && can_follow(text[0], text[1]))
		n++;
	while (n >= 2 && n < len && n < want && (text[n] & 0xc0) == 0x80)
		n++;
	return n;
}

static bool is_taken_for_a_key(uint32_t c)
{
	return (c >= 0x80 && c < 0xa0) || c == 0xad;
}

size_t wide_decode(const unsigned char *text, size_t len, bool last, wchar_t *c)
{
	size_t want = length_of(text[0]);
	size_t n = want > 1 ? good_part(text, len, want) : 1;
	uint32_t value = text[0];

	if (text[0] >= 0x80)
		*c = (wchar_t)(ALONE + text[0]);
	else
		*c = (wchar_t)text[0];
	if (want == 1 || n < want)
		return want > 1 && n == len && !last ? 0 : 1;
	value &= 0xffU >> (want + 1);
	for (size_t i = 1; i < want; i++)
		value = value << 6 | (text[i] & 0x3f);
	if (is_taken_for_a_key(value))
		return 1;
	*c = (wchar_t)value;
	return want;
}

size_t wide_encode(wchar_t c, unsigned char out[WIDE_MOST])
{
	uint32_t value = (uint32_t)c;
	size_t n = value < 0x80	     ? 1
		   : value < 0x800   ? 2
		   : value < 0x10000 ? 3
				     : 4;
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

	if (value >= ALONE + 0x80 && value <= ALONE + 0xff) {
		out[0] = (unsigned char)(value - ALONE);
		return 1;
	}
	for (size_t i = n; i > 1; i--) {
		out[i - 1] = (unsigned char)(0x80 | (value & 0x3f));
		value >>= 6;
	}
	out[0] = (unsigned char)(lead[n] | value);
	return n;
}

size_t wide_decode_all(const unsigned char *text, size_t len, wchar_t *out)
{
	size_t n = 0;

	for (size_t at = 0; at < len; n++)
		at += wide_decode(text + at, len - at, true, &out[n]);
	return n;
}

size_t wide_encode_all(const wchar_t *text, size_t n, unsigned char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		len += wide_encode(text[i], out + len);
	return len;
}
