/*
 * Fuzz target: zstd files, good and bad ones. In parts of any size they are the
 * same text, and good or bad; and what libzstd makes of them by itself, given
 * one byte at a time.
 *
 * The first two bytes choose the sizes of parts. The rest are steps by which a
 * file is made (packing.c).
 */
#include "config.h"

#include "fuzz.h"
#include "packing.h"

#include <stdlib.h>
#include <zstd.h>

static void pack(
	struct made *m, unsigned flags, const unsigned char *text, size_t len)
{
	ZSTD_CCtx *c = ZSTD_createCCtx();
	size_t room = ZSTD_compressBound(len), n;
	unsigned char *packed = fuzz_allocate(room);

	if (!c)
		abort();
	(void)ZSTD_CCtx_setParameter(
		c, ZSTD_c_compressionLevel, (int)(flags & 3) + 1);
	(void)ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, flags >> 3 & 1);
	(void)ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, flags >> 4 & 1);
	/* A frame to be skipped, that looks like one that is not. */
	if (flags & 32) {
		made_add(m, "P*M\x18", 4);
		made_add_le(m, len & 0xff, 4);
		made_add(m, text, len & 0xff);
	}
	n = ZSTD_compress2(c, packed, room, text, len);
	if (ZSTD_isError(n))
		abort();
	made_add(m, packed, n);
	free(packed);
	(void)ZSTD_freeCCtx(c);
}

static void read_by_library(
	struct packing_outcome *o, const unsigned char *p, size_t len)
{
	ZSTD_DCtx *d = ZSTD_createDCtx();
	size_t left = 0;

	if (!d)
		abort();
	(void)ZSTD_DCtx_setParameter(d, ZSTD_d_windowLogMax, 27);
	for (size_t i = 0; i < len && !ZSTD_isError(left); i++) {
		ZSTD_inBuffer in = {p + i, 1, 0};
		/* All that a block can be. */
		ZSTD_outBuffer out = {packing_room(o, 1 << 17), 1 << 17, 0};

		while (in.pos < 1 && !ZSTD_isError(left))
			left = ZSTD_decompressStream(d, &out, &in);
		o->len += out.pos;
	}
	o->good = left == 0;
	(void)ZSTD_freeDCtx(d);
}

static const struct packing zstd = {
	.format = &format_zstd,
	.exact = true,
	.pack = pack,
	.read = read_by_library,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return packing_try(&zstd, data, size);
}

void fuzz_each_way(uint8_t *data, size_t size)
{
	packing_each_way(&zstd, data, size);
}
