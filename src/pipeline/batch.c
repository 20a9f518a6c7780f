#include "config.h"

#include "pipeline/batch.h"

#include "text/lines.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

/* The parts of a batch begin at multiples of so many bytes. */
#define LINE ((size_t)64)

/* The part behind one of so many bytes; SIZE_MAX if there is no such place. */
static size_t part_behind(size_t begin, size_t len)
{
	size_t end = begin + len;

	if (end < len || end > SIZE_MAX - LINE)
		return SIZE_MAX;
	return (end + LINE - 1) / LINE * LINE;
}

/* The buffers are one piece of memory: a batch is made at each start, and each
 * piece is a mapping of its own. Which FILEs end where is not cleared either.
 */
int batch_init(
	struct batch *b, size_t size, size_t spare_room, size_t member_room)
{
	size_t spare = part_behind(1, size);
	size_t member = part_behind(spare, spare_room);
	size_t all = part_behind(member, member_room);

	/* Once there is no such place, there is none behind it. */
	b->text = all < SIZE_MAX ? malloc(all) : NULL;
	b->spare = b->member = b->upper = NULL;
	if (!b->text)
		return -ENOMEM;
	b->spare = b->text + spare;
	if (member_room > 0)
		b->member = b->text + member;
	b->seq = 0;
	atomic_init(&b->unwritten, 0);
	batch_reset(b);
	return 0;
}

void batch_release(struct batch *b)
{
	free(b->text);
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
	b->wide = b->changed = false;
	b->origin = (struct batch_origin){.form = BATCH_AS_ASKED};
	atomic_store(&b->unwritten, 0);
}

bool batch_is_shared(const struct batch *b)
{
	return b->inputs.ended > 0 && b->ends[0] < b->len;
}

struct batch_part batch_part(const struct batch *b, size_t i)
{
	size_t from = i > 0 ? b->ends[i - 1] : 0;
	size_t to = i < b->inputs.ended ? b->ends[i] : b->len;

	/* A newline put before it is the FILE's before. */
	if (from < b->cut.lead)
		from = b->cut.lead;
	return (struct batch_part){from, to > from ? to : from};
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
