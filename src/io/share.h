/*
 * share - one of several equal parts of some files, taken together
 *
 * What it is for: each of N processes works on its own part, which it knows
 * from the sizes of the files alone. A part that begins or ends inside a file
 * does so at a line: see portion.h.
 *
 * Made before threads start, then only read.
 */
#ifndef UPCASE_IO_SHARE_H
#define UPCASE_IO_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct share_file {
	off_t begin; /* bytes in the files before it */
	off_t size;
	int err; /* negative errno: it could not be found */
};

struct share {
	struct share_file *files; /* allocated: n of them */
	size_t n;
	off_t total;	/* bytes in all of them */
	off_t from, to; /* of these, what is the share */
	bool last;	/* no share comes behind it */
};

/* Makes *s the share `number`, from 1, of `count`. A file that cannot be found
 * has no bytes. Returns 0; -EINVAL if one is no regular file, or -EOVERFLOW if
 * there are more bytes than can be counted, and *bad is its number; or -ENOMEM.
 * To be released in all cases. */
int share_init(struct share *s, const char *const *paths, size_t n,
	uint64_t number, uint64_t count, size_t *bad);
void share_release(struct share *s);

/* Whether the share has to do with a file: some of its bytes are in it, or it
 * has none and stands between such files. These are files in a row. */
bool share_has(const struct share *s, size_t file);

/* Which bytes of a file are in the share: from *from to *to, none if these are
 * the same. */
void share_of(const struct share *s, size_t file, off_t *from, off_t *to);

#endif
