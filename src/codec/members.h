/*
 * members - gzip members that say how long they are, and their text
 *
 * What it is for: find the end of a member without decoding it, so that several
 * threads can decode one file, and decode a member that is in memory as a
 * whole, for which there is a faster library than for streams.
 *
 * A member says how long it is in a subfield of its header's extra field (RFC
 * 1952, section 2.3.1.1): `UP`, which this program writes (see deflate.h), or
 * `BC`, which bgzip writes (the specification of the SAM format, section 4.1):
 * 2 bytes, the size of the member minus one.
 */
#ifndef UPCASE_CODEC_MEMBERS_H
#define UPCASE_CODEC_MEMBERS_H

#include "codec/format.h"

/* The least that a member can have: header and trailer. */
#define MEMBER_LEAST 18

/* What the format gzip has as its pieces. A member whose header has a CRC,
 * which not every decoder checks, counts as one that does not tell its size.
 * The size of a text is told modulo 4 GiB; sizes are at least MEMBER_LEAST. */
extern const struct format_pieces member_pieces;

#endif
