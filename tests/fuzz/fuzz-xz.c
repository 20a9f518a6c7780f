/*
 * Fuzz target: xz files, good and bad ones. In parts of any size they are the
 * same text, and good or bad; and what liblzma makes of them by itself, given
 * one byte at a time. Behind damage the text may be longer the one way than the
 * other.
 *
 * The first two bytes choose the sizes of parts. The rest are steps by which a
 * file is made (packing.c).
 */
#include "config.h"

#include "fuzz.h"
#include "packing.h"

#include <lzma.h>
#include <stdlib.h>

#define MEMORY_MOST ((uint64_t)256 << 20)

static void pack(
	struct made *m, unsigned flags, const unsigned char *text, size_t len)
{
	static const lzma_check checks[] = {LZMA_CHECK_NONE, LZMA_CHECK_CRC32,
		LZMA_CHECK_CRC64, LZMA_CHECK_SHA256};
	size_t room = lzma_stream_buffer_bound(len), n = 0;
	unsigned char *packed = fuzz_allocate(room);

	if (lzma_easy_buffer_encode(0, checks[flags & 3], NULL, text, len,
		    packed, &n, room) != LZMA_OK)
		abort();
	made_add(m, packed, n);
	free(packed);
}

static lzma_ret give(
	lzma_stream *s, struct packing_outcome *o, lzma_action action)
{
	lzma_ret ret;

	do {
		s->next_out = packing_room(o, 4096);
		s->avail_out = 4096;
		ret = lzma_code(s, action);
		o->len += 4096 - s->avail_out;
	} while (ret == LZMA_OK && (s->avail_in > 0 || s->avail_out == 0));
	return ret;
}

static void read_by_library(
	struct packing_outcome *o, const unsigned char *p, size_t len)
{
	lzma_stream s = LZMA_STREAM_INIT;
	lzma_ret ret = lzma_stream_decoder(&s, MEMORY_MOST,
		LZMA_CONCATENATED | LZMA_TELL_UNSUPPORTED_CHECK);

	for (size_t i = 0; i < len && (ret == LZMA_OK || ret == LZMA_BUF_ERROR);
		i++) {
		s.next_in = p + i;
		s.avail_in = 1;
		ret = give(&s, o, LZMA_RUN);
	}
	if (ret == LZMA_OK || ret == LZMA_BUF_ERROR)
		ret = give(&s, o, LZMA_FINISH);
	o->good = ret == LZMA_STREAM_END;
	lzma_end(&s);
}

static const struct packing xz = {
	.format = &format_xz,
	.pack = pack,
	.read = read_by_library,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return packing_try(&xz, data, size);
}

void fuzz_each_way(uint8_t *data, size_t size)
{
	packing_each_way(&xz, data, size);
}
