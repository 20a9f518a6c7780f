/*
 * members - gzip members that say how long they are, read and written
 *
 * What it is for: find the end of a member without decoding it, so that several
 * threads can decode one file; decode a member that is in memory as a whole,
 * for which there is a faster library than for streams; and make such members.
 *
 * A member says how long it is in a subfield of its header's extra field (RFC
 * 1952, section 2.3.1.1). `UP` is what is written here:
 *
 *	SI1 'U', SI2 'P', LEN 4, then the size of the whole member in bytes,
 *	header and trailer included, 32 bits, least significant byte first
 *
 * Modification time and file name are left out: the same text always gives the
 * same member. Read is also `BC`, which bgzip writes (the specification of the
 * SAM format, section 4.1): 2 bytes, the size of the member minus one.
 */
#ifndef UPCASE_CODEC_MEMBERS_H
#define UPCASE_CODEC_MEMBERS_H

#include "codec/format.h"
#include "codec/gzip-header.h"
#include "codec/packer.h"

#include <stddef.h>
#include <stdint.h>

/* The least that a member can have: header and trailer. */
#define MEMBER_LEAST (GZIP_FIXED_SIZE + GZIP_TRAILER)

/* What the format gzip has as its pieces. A member whose header has a CRC,
 * which not every decoder checks, counts as one that does not tell its size.
 * The size of a text is told modulo 4 GiB; sizes are at least MEMBER_LEAST. */
extern const struct format_pieces member_pieces;

/* The last place before p[before] at which there is the head of a member whose
 * size reaches exactly up to p[len]; SIZE_MAX if there is none. Whether a
 * member stands there, only decoding tells. */
size_t members_last_head(const unsigned char *p, size_t len, size_t before);

/* What some bytes are when they are taken for the beginning of a member. */
enum member_head {
	MEMBER_HEAD_NONE,    /* no member begins like that */
	MEMBER_HEAD_PART,    /* as far as they go; more would tell */
	MEMBER_HEAD_FOREIGN, /* a whole header, which tells no size, and what
				may be data behind it */
	MEMBER_HEAD_SIZED,   /* one that does */
};

/* No member that tells its size needs more bytes for that. */
#define MEMBER_HEAD_MOST ((size_t)GZIP_FIXED_SIZE + 2 + UINT16_MAX)

/* What p[0..len) is. Sets *size to the size of the whole member if it is SIZED,
 * and to the bytes that are needed at least to tell more if it is PART: more
 * than len. */
enum member_head members_head(const unsigned char *p, size_t len, size_t *size);

/* Each batch is a member of its own, so that a file of them can be appended to
 * and cut between any two. A file without text is one member without text. */
extern const struct packing packing_members;

#endif
