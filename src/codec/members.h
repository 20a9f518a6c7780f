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
 *
 * What is said there is not trusted: a member is good only if it ends where it
 * said, and its CRC and length are right.
 */
#ifndef UPCASE_CODEC_MEMBERS_H
#define UPCASE_CODEC_MEMBERS_H

#include <stddef.h>

/* So many bytes of a member are enough for member_size. */
#define MEMBER_HEAD 64

/* The least that a member can have: header and trailer. */
#define MEMBER_LEAST 18

/* The size in bytes of the member that begins with p[0..len), as it says by
 * itself; 0 if it does not, or not within those bytes, or if its header has a
 * CRC, which not every decoder checks. At least MEMBER_LEAST. */
size_t member_size(const unsigned char *p, size_t len);

/* The size of the text of the member p[0..len), modulo 4 GiB. len is at least
 * MEMBER_LEAST. */
size_t member_text_size(const unsigned char *p, size_t len);

/* One decoder. Used by one thread at a time. */
struct member_decoder;

/* Returns 0 or -ENOMEM. To be freed with member_decoder_free. */
int member_decoder_new(struct member_decoder **d);

void member_decoder_free(struct member_decoder *d); /* d may be NULL */

/* Decodes the one member in[0..len) to out, which has exactly the room for its
 * text (not 0). Returns 0, or -EBADMSG if that is not what is there. */
int member_decode(struct member_decoder *d, const unsigned char *in, size_t len,
	unsigned char *out, size_t room);

#endif
