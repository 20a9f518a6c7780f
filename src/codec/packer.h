/*
 * packer - what goes out: text to a packed file, a batch at a time
 *
 * What it is for: whoever writes knows no format by name but where it chooses
 * one. A packed file is what came out of each batch, in order, and then what
 * closes it. Batches are packed by several threads, each with a packer.
 *
 * To add one: a file with a `struct packing packing_NAME`.
 */
#ifndef UPCASE_CODEC_PACKER_H
#define UPCASE_CODEC_PACKER_H

#include "codec/format.h"

#include <stdbool.h>
#include <stddef.h>

/* A format of what goes out: a table of functions. */
struct packing {
	/* What packs, used by one thread at a time. Returns 0, -EINVAL for a
	 * level that there is not, or -ENOMEM. */
	int (*make)(void **state, int level);
	void (*free)(void *state);

	/* As packer_bound, packer_member and packer_close. */
	size_t (*bound)(void *state, size_t len);
	int (*member)(void *state, const void *text, size_t len, void *out,
		size_t room, size_t *size);
	int (*close)(
		void *state, bool empty, void *out, size_t room, size_t *size);

	/* How what member makes is read again. */
	const struct format_pieces *pieces;
};

/* Used by one thread at a time. */
struct packer;

/* Makes a packer. Levels are 1 up to deflate_max_level(). Returns 0, -EINVAL or
 * -ENOMEM. To be freed with packer_free. */
int packer_new(struct packer **p, const struct packing *packing, int level);

void packer_free(struct packer *p); /* p may be NULL */

/* The most bytes that len bytes of text can become; SIZE_MAX if the format
 * cannot hold so many. */
size_t packer_bound(struct packer *p, size_t len);

/* Packs text[0..len) into out, which has room for packer_bound(len) bytes. What
 * is there goes into the file behind that of the text before. Returns 0 and
 * *size, or -ENOBUFS. */
int packer_member(struct packer *p, const void *text, size_t len, void *out,
	size_t room, size_t *size);

/* Whether packed[0..size), which packer_member made, is text[0..len) for who
 * reads it. Returns 0, -EBADMSG if it is not, or -ENOMEM. The first call, and
 * one for a longer text, allocates. */
int packer_verify(struct packer *p, const void *text, size_t len,
	const void *packed, size_t size);

/* Writes what the file needs behind its last member to out, which has room for
 * packer_bound(0) bytes. empty: there was none, and the file would be. *size
 * may be 0. Returns 0 or -ENOBUFS. */
int packer_close(
	struct packer *p, bool empty, void *out, size_t room, size_t *size);

#endif
