/*
 * deflate - text to raw deflate data, a whole buffer at a time
 *
 * What it is for: what all formats that hold deflate data have in common. Their
 * headers and trailers are their own.
 *
 * With libdeflate, where configure found it, otherwise with zlib; what goes on,
 * at levels for which there is something quicker, with that (quick.h).
 *
 * Source: RFC 1951.
 */
#ifndef UPCASE_CODEC_DEFLATE_H
#define UPCASE_CODEC_DEFLATE_H

#include <stddef.h>
#include <stdint.h>

/* The highest compression level of the library in use: 12 or 9. */
int deflate_max_level(void);

/* What compresses, for people: "libdeflate/1.14" or "no libdeflate". */
const char *deflate_library(void);

/* One compressor. Used by one thread at a time. */
struct deflater;

/* Makes a compressor for level 1..deflate_max_level(). Returns 0, -EINVAL or
 * -ENOMEM. To be freed with deflater_free. */
int deflater_new(struct deflater **d, int level);

void deflater_free(struct deflater *d); /* d may be NULL */

/* The same for a struct packing of which a compressor is all the state. */
int deflater_make(void **state, int level);
void deflater_drop(void *state);

/* The most bytes that len bytes of text can become; SIZE_MAX if that may be
 * more than 32 bits can say (4 GiB). */
size_t deflate_bound(struct deflater *d, size_t len);

/* Writes text[0..len) to out, which has room for deflate_bound(len) bytes.
 * Returns the number of bytes there, or 0 if there was not enough room. The
 * same text always gives the same bytes. */
size_t deflate_text(struct deflater *d, const void *text, size_t len, void *out,
	size_t room);

/* The most bytes that deflate_open makes of it; SIZE_MAX likewise. */
size_t deflate_open_bound(struct deflater *d, size_t len);

/* As deflate_text, with room for deflate_open_bound(len) bytes, but the stream
 * goes on behind what is there: it ends with a byte, and none of its blocks is
 * the last one. Who has inflated that much has all of text, as after a sync
 * flush of zlib. Another text that was made so may follow, and at last
 * deflate_end. */
size_t deflate_open(struct deflater *d, const void *text, size_t len, void *out,
	size_t room);

/* Ends a stream: a last block without text. */
#define DEFLATE_END 2
extern const unsigned char deflate_end[DEFLATE_END];

/* The CRC of text[0..len), as gzip has it. */
uint32_t deflate_crc(const void *text, size_t len);

/* That of two texts, of which the second has len bytes, one behind the other.
 */
uint32_t deflate_crc_join(uint32_t first, uint32_t second, uint64_t len);

#endif
