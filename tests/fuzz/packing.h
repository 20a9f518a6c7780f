/*
 * packing - files of a format that a library packs, made of the bytes of an
 * input, and read in parts of any size
 *
 * What it is for: the fuzz targets of formats differ in their library alone.
 * Whatever a file is, its parts do not matter; and what comes out is what the
 * library makes of it that is given one byte at a time.
 */
#ifndef FUZZ_PACKING_H
#define FUZZ_PACKING_H

#include "codec/format.h"
#include "made.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What became of a file. */
struct packing_outcome {
	unsigned char *text; /* allocated */
	size_t len, room;
	bool good;
};

/* Room for so many bytes behind the text. */
unsigned char *packing_room(struct packing_outcome *o, size_t len);

struct packing {
	const struct format *format;

	/* Damage shows at the same place, however the bytes come. Otherwise the
	 * one text is a beginning of the other. */
	bool exact;

	/* Appends a piece that holds text. */
	void (*pack)(struct made *m, unsigned flags, const unsigned char *text,
		size_t len);

	/* Reads all of p[0..len), which begins as the format does, one byte at
	 * a time. */
	void (*read)(
		struct packing_outcome *o, const unsigned char *p, size_t len);
};

/* The target, and all ways of its header. */
int packing_try(const struct packing *p, const uint8_t *data, size_t size);
void packing_each_way(const struct packing *p, uint8_t *data, size_t size);

#endif
