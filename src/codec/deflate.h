/*
 * deflate - a batch of text to one gzip member
 *
 * What it is for: make independent gzip members, each of which says in its
 * header how long it is, so that a reader can find the next one without
 * decoding.
 *
 * The header of a member (RFC 1952, section 2.3) holds one extra subfield:
 *
 *	SI1 'U', SI2 'P', LEN 4, then the size of the whole member in bytes,
 *	header and trailer included, 32 bits, least significant byte first
 *
 * Modification time and file name are left out: the same text always gives the
 * same member.
 *
 * With libdeflate, where configure found it, otherwise with zlib.
 */
#ifndef UPCASE_CODEC_DEFLATE_H
#define UPCASE_CODEC_DEFLATE_H

#include <stddef.h>

/* The highest compression level of the library in use: 12 or 9. */
int deflate_max_level(void);

/* What compresses, for people: "libdeflate 1.14" or "no libdeflate". */
const char *deflate_library(void);

/* One compressor. Used by one thread at a time. */
struct deflater;

/* Makes a compressor for level 1..deflate_max_level(). Returns 0, -EINVAL or
 * -ENOMEM. To be freed with deflater_free. */
int deflater_new(struct deflater **d, int level);

void deflater_free(struct deflater *d); /* d may be NULL */

/* The most bytes that the member for len bytes of text can have; SIZE_MAX if
 * such a member would be larger than its size field can say (4 GiB). */
size_t deflate_bound(struct deflater *d, size_t len);

/* Writes the member for text[0..len) to out, which has room for
 * deflate_bound(len) bytes. Returns 0 and *size, or -ENOBUFS. */
int deflate_member(struct deflater *d, const void *text, size_t len, void *out,
	size_t room, size_t *size);

#endif
