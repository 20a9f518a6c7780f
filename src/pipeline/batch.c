#include "config.h"

#include "pipeline/batch.h"

#include "text/lines.h"

#include <errno.h>
#include <stdlib.h>

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
	b->queued = b->errand = b->converted = false;
	b->len = b->upper_len = b->done = 0;
	b->packed = (struct packed){0};
	b->inputs = (struct batch_inputs){0};
	b->cut = (struct batch_cut){0};
	b->lines = b->invalid = b->tail_chars = 0;
	b->bad = (struct batch_bad){0};
	b->wrong.met = false;
	b->wide = false;
	atomic_store(&b->unwritten, 0);
}

bool batch_is_shared(const struct batch *b)
{
	return b->inputs.ended > 0 && b->ends[0] < b->len;
}

uint64_t batch_count_lines(const struct batch *b)
{
	/* A newline put behind or between inputs ends a line that was counted
	 * as unterminated, here or (lead) in the batch before. */
	uint64_t n = lines_count(b->text, b->len) + b->cut.unterminated;

	return n - b->cut.inserted;
}

void batch_lose(struct batch *b)
{
	atomic_store(&b->unwritten, batch_count_lines(b));
}

uint64_t batch_seq(const void *batch)
{
	return ((const struct batch *)batch)->seq;
}
