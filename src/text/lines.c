#include "config.h"

#include "text/lines.h"

#include "upcase/utf8.h"

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

uint64_t lines_count(const unsigned char *p, size_t len)
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
			counts -= (bytes_of_16)(text == '\n');
		}
		n += sum_of(&counts);
	}
	while (len-- > 0)
		n += *p++ == '\n';
	return n;
}

uint64_t lines_characters(const unsigned char *p, size_t len)
{
	return utf8_characters(p, len);
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
