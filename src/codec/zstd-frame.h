/*
 * zstd-frame - where the parts of a zstd frame begin
 *
 * What it is for: who decodes a frame part by part knows of each whether it was
 * good. How long the next part is stands in those before it; what is in a block
 * is not looked at here.
 *
 * Source: RFC 8878, sections 3.1.1 and 3.1.2.
 */
#ifndef UPCASE_CODEC_ZSTD_FRAME_H
#define UPCASE_CODEC_ZSTD_FRAME_H

#include "codec/format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum zstd_part {
	ZSTD_PART_START,  /* enough to know how long the header is */
	ZSTD_PART_HEADER, /* the rest of that */
	ZSTD_PART_BLOCK_HEADER,
	ZSTD_PART_STORED, /* of text that stands there as it is, all but the
			     last byte: that any part of it is good */
	ZSTD_PART_BLOCK,  /* all of another block, or that last byte */
	ZSTD_PART_CHECKSUM,
	ZSTD_PART_SKIP_HEADER, /* of a frame that holds no text */
	ZSTD_PART_SKIP,	       /* the rest of it */
	ZSTD_PART_NONE,	       /* that was all */
};

/* The most bytes of a frame's header. */
#define ZSTD_HEADER_MOST 18

struct zstd_frame {
	enum zstd_part part;
	uint64_t left; /* bytes of the part that were not passed yet; 0 only
			  for ZSTD_PART_NONE */
	unsigned char head[ZSTD_HEADER_MOST]; /* of the frame */
	unsigned char block[3];		      /* the block's header */
	size_t at;			      /* bytes of either */
	bool last;			      /* the block is */
};

/* Whether a frame, one that is to be skipped included, begins so. */
enum match zstd_frame_magic(const unsigned char *p, size_t len);

/* The next byte is the first of a frame. */
void zstd_frame_begin(struct zstd_frame *f);

/* len of the bytes that are left of this part were taken: in[0..len). */
void zstd_frame_pass(struct zstd_frame *f, const unsigned char *in, size_t len);

/* Behind the header: the bytes of text that have to be kept, and the number of
 * the dictionary, 0 if there is none. */
uint64_t zstd_frame_window(const struct zstd_frame *f);
uint64_t zstd_frame_dictionary(const struct zstd_frame *f);

#endif
