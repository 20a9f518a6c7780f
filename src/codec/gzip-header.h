/*
 * gzip-header - what the header of a gzip member is made of
 *
 * What it is for: the one place where the bytes stand by which a member is
 * known, and what one ends with. Shared by gzip (members from anywhere),
 * members (those that tell their size, read and written), bgzf and single
 * (written).
 *
 * Source: RFC 1952, section 2.3.
 */
#ifndef UPCASE_CODEC_GZIP_HEADER_H
#define UPCASE_CODEC_GZIP_HEADER_H

#include <stdint.h>

#define GZIP_ID1	  0x1f
#define GZIP_ID2	  0x8b
#define GZIP_DEFLATE	  8    /* the one compression method there is */
#define GZIP_FLAG_CRC	  2    /* the header ends with a CRC of its own */
#define GZIP_FLAG_EXTRA	  4    /* there is an extra field */
#define GZIP_FLAG_NAME	  8    /* then a name, ended by a zero byte */
#define GZIP_FLAG_COMMENT 16   /* then a comment, likewise */
#define GZIP_RESERVED	  0xe0 /* flags that no member has */
#define GZIP_OS_UNKNOWN	  255
#define GZIP_FIXED_SIZE	  10 /* what each header begins with */
#define GZIP_TRAILER	  8  /* CRC and length behind the data */

static inline void gzip_put_le32(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> (8 * i));
}

/* The trailer of a text; its length is told modulo 4 GiB. */
static inline void gzip_put_trailer(
	unsigned char *p, uint32_t crc, uint64_t len)
{
	gzip_put_le32(p, crc);
	gzip_put_le32(p + 4, (uint32_t)len);
}

#endif
