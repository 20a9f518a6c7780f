#include "config.h"

#include "text/lines.h"

#include <string.h>

/* Compilers make of these vectors what the processor has: two registers of SSE2
 * or NEON each, or words. */
typedef unsigned char bytes_of_16 __attribute__((vector_size(16)));

#define VECTOR	sizeof(bytes_of_16)
#define MOST_OF 255 /* so often can a byte be counted up */

/* The sum of the lanes. */
static uint64_t sum_of(const bytes_of_16 *counts)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < VECTOR; i++)
		sum += (*counts)[i];
	return sum;
}

/* Newlines, or the first bytes of characters. Inlined, so that there is one
 * loop for each. */
static inline uint64_t count(const unsigned char *p, size_t len, bool newlines)
{
	uint64_t n = 0;

	while (len >= VECTOR) {
		size_t vectors = len / VECTOR;
		bytes_of_16 counts = {0};

		if (vectors > MOST_OF)
			vectors = MOST_OF;
		len -= vectors * VECTOR;
		for (; vectors > 0; vectors--, p += VECTOR) {
			bytes_of_16 text;

			memcpy(&text, p, VECTOR);
			/* Where it is true each bit is set: minus one. */
			counts -=
				newlines ? (bytes_of_16)(text == '\n')
					 : (bytes_of_16)((text & 0xc0) != 0x80);
		}
		n += sum_of(&counts);
	}
	for (; len > 0; len--, p++)
		n += newlines ? *p == '\n' : (*p & 0xc0) != 0x80;
	return n;
}

uint64_t lines_count(const unsigned char *p, size_t len)
{
	return count(p, len, true);
}

uint64_t lines_characters(const unsigned char *p, size_t len)
{
	return count(p, len, false);
}

size_t lines_whole(const unsigned char *p, size_t len)
{
	const unsigned char *last = len > 0 ? memrchr(p, '\n', len) : NULL;

	return last ? (size_t)(last - p) + 1 : 0;
}

bool lines_end(const unsigned char *p, size_t len)
{
	return len > 0 && p[len - 1] == '\n';
}
