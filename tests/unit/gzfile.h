/*
 * gzfile - a gzip file that a test makes member by member
 *
 * As the functions of support.h, these fail the test when something goes wrong.
 */
#ifndef UPCASE_TESTS_GZFILE_H
#define UPCASE_TESTS_GZFILE_H

#include "codec/packer.h"

#include <stddef.h>
#include <sys/types.h>

struct gzfile {
	int fd;
	off_t size;
	struct packer *packer;
};

/* A new file in the current directory; and its end. */
void gzfile_begin(struct gzfile *f);
void gzfile_end(struct gzfile *f);

/* Appends these bytes. */
void gzfile_add(struct gzfile *f, const void *bytes, size_t len);

/* A member as the program writes them. Allocated. */
unsigned char *gzfile_make_member(
	struct gzfile *f, const void *text, size_t len, size_t *size);

/* Appends one of these; one of another tool, which does not tell its size; and
 * such a one whose text stands in it as it is. */
void gzfile_add_member(struct gzfile *f, const void *text, size_t len);
void gzfile_add_foreign(struct gzfile *f, const void *text, size_t len);
void gzfile_add_stored(struct gzfile *f, const unsigned char *text, size_t len);

#endif
