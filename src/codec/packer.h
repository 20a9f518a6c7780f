/*
 * packer - what goes out: text to a packed file, a batch at a time
 *
 * What it is for: whoever writes knows no format by name but where it chooses
 * one. A packed file is what came out of each batch, in order, and then what
 * closes it. Batches are packed by several threads, each with a packer; what
 * the end of a file says of all of them is added up by who writes.
 *
 * To add one: a file with a `struct packing packing_NAME`.
 */
#ifndef UPCASE_CODEC_PACKER_H
#define UPCASE_CODEC_PACKER_H

#include "codec/format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a text became. */
struct packed {
	size_t size;	  /* bytes */
	unsigned members; /* gzip members that end in these */
	uint32_t crc;	  /* of the text, for packer_tally_add */
};

/* What the end of a file may have to say of what is before it. Zeroed storage
 * is that of a file in which there is nothing yet. */
struct packer_tally {
	bool any;     /* there is something */
	uint32_t crc; /* of all text */
	uint64_t len; /* of it */
};

/* No packing closes a file with more bytes. */
#define PACKING_CLOSE_MOST 64

/* A format of what goes out: a table of functions. */
struct packing {
	/* What packs, used by one thread at a time. Returns 0, -EINVAL for a
	 * level that there is not, or -ENOMEM. */
	int (*make)(void **state, int level);
	void (*free)(void *state);

	/* As packer_bound and packer_pack. */
	size_t (*bound)(void *state, size_t len);
	int (*pack)(void *state, const void *text, size_t len, void *out,
		size_t room, struct packed *packed);

	/* Writes what a file with that in it is closed with, at most
	 * PACKING_CLOSE_MOST bytes, and returns how many these are. */
	size_t (*close)(const struct packer_tally *tally, unsigned char *out);

	/* What pack makes begins with so many bytes that only the first of a
	 * file has. With any, the file is one piece from there to what closes
	 * it, and cannot be appended to: only for what is written from its
	 * beginning to its end. Else `close` leaves the tally alone. */
	size_t lead;

	/* Files end with what closes an empty one, whatever is in them. */
	bool marked;

	/* A text of which the size is a multiple of that packs best; or 0. */
	size_t unit;

	/* How what pack makes, behind the lead, is decoded again: make, free
	 * and decode of these. */
	const struct format_pieces *pieces;
};

struct packer; /* used by one thread at a time */

/* Makes a packer. Levels are 1 up to deflate_max_level(). Returns 0, -EINVAL or
 * -ENOMEM. To be freed with packer_free. */
int packer_new(struct packer **p, const struct packing *packing, int level);

void packer_free(struct packer *p); /* p may be NULL */

/* The most bytes that len bytes of text can become; SIZE_MAX if the format
 * cannot hold so many. */
size_t packer_bound(struct packer *p, size_t len);

/* Packs text[0..len), of which there is some, into out, which has room for
 * packer_bound(len) bytes. What is there, but for packing->lead, goes into the
 * file behind that of the text before. Returns 0 with *packed filled, or
 * -ENOBUFS. */
int packer_pack(struct packer *p, const void *text, size_t len, void *out,
	size_t room, struct packed *packed);

/* Whether packed[0..size), which packer_pack made, is text[0..len) for who
 * reads it. Returns 0, -EBADMSG if it is not, or -ENOMEM. The first call, and
 * one for a longer text, allocates. */
int packer_verify(struct packer *p, const void *text, size_t len,
	const void *packed, size_t size);

/* A text of len bytes with this CRC (struct packed) follows in the file. */
void packer_tally_add(struct packer_tally *t, uint32_t crc, size_t len);

#endif
