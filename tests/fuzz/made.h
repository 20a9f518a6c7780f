/*
 * made - a gzip file, good or bad, that is made of the bytes of an input
 *
 * In steps, as bytes alone would hardly ever have a right CRC.
 */
#ifndef FUZZ_MADE_H
#define FUZZ_MADE_H

#include "fuzz.h"

#include <stddef.h>

/* Bytes that a file is made of at most. */
#define MADE_MOST ((size_t)1 << 16)

/* The file. */
struct made {
	unsigned char *bytes; /* MADE_MOST of them, or more */
	size_t len;
};

/* The fields that a header may have; some are none of RFC 1952's. */
enum {
	MADE_SIZE_RIGHT = 1,
	MADE_SIZE_WRONG = 2,
	MADE_SIZE_BC = 4,
	MADE_OTHER_FIELD = 8,
	MADE_NAME = 16,
	MADE_COMMENT = 32,
	MADE_HEADER_CRC = 64,
	MADE_RESERVED = 128,
};

/* Appends bytes, as far as there is room; and a number. */
void made_add(struct made *m, const void *bytes, size_t len);
void made_add_le(struct made *m, size_t value, int bytes);

/* Appends a member of deflated bytes and the text that they are said to be. */
void made_add_member(struct made *m, unsigned flags, const void *deflated,
	size_t len, const void *text, size_t text_len);

enum made_kind {
	MADE_MEMBER,   /* as zlib packs */
	MADE_CRAFTED,  /* of bytes that nobody packed */
	MADE_ANYTHING, /* any bytes */
	MADE_PADDING,  /* zero bytes */
	MADE_CHANGED,  /* another byte somewhere */
	MADE_CUT,      /* without its end */
	MADE_KINDS,
};

/* One step, with what it needs from the input. */
void made_step(struct made *m, struct fuzz_bytes *b, enum made_kind kind);

#endif
