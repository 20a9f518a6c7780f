#include "config.h"

#include "pipeline/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int batch_init(
	struct batch *b, size_t size, size_t spare_room, size_t member_room)
{
	*b = (struct batch){.text = malloc(size + 1),
		.spare = malloc(spare_room),
		.member = member_room ? malloc(member_room) : NULL};
	atomic_init(&b->unwritten, 0);
	if (b->text && b->spare && (b->member || !member_room))
		return 0;
	batch_release(b);
	return -ENOMEM;
}

void batch_release(struct batch *b)
{
	free(b->text);
	free(b->spare);
	free(b->member);
	b->text = b->spare = b->upper = b->member = NULL;
}

void batch_reset(struct batch *b)
{
	b->len = b->upper_len = b->member_len = 0;
	b->continues = b->open = b->lead = b->terminate = b->bad = false;
	b->inserted = b->unterminated = b->n_bad_bytes = 0;
	b->lines = b->invalid = b->tail_chars = 0;
	atomic_store(&b->unwritten, 0);
}

uint64_t batch_count_lines(const struct batch *b)
{
	/* A newline put behind or between inputs ends a line that was counted
	 * as unterminated, here or (lead) in the batch before. */
	uint64_t n = count_newlines(b->text, b->len) + b->unterminated;

	return n - b->inserted;
}

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

uint64_t count_newlines(const unsigned char *p, size_t len)
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

uint64_t count_characters(const unsigned char *p, size_t len)
{
	uint64_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += (p[i] & 0xc0) != 0x80;
	return n;
}

uint64_t batch_seq(const void *batch)
{
	return ((const struct batch *)batch)->seq;
}
