/*
 * gzip - gzip members to bytes, as a stream
 *
 * What it is for: decode what gzip calls a file: one member or more, any header
 * fields, zero bytes behind the last one. What could be decoded before damage
 * is always handed out first. Built on zlib's inflate, which checks the CRC and
 * the length of each member.
 *
 * It never reads by itself, so the caller can wait for input in a way that can
 * be woken. A struct inflate is used by one thread at a time.
 *
 * Sources: RFC 1952; zlib.h.
 */
#ifndef UPCASE_CODEC_GZIP_H
#define UPCASE_CODEC_GZIP_H

#include "io/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

/* The version of zlib that is linked, "1.2.13". */
const char *inflate_version(void);

struct inflate {
	z_stream z;	  /* zlib's; allocated when ready */
	bool ready;	  /* z was initialised */
	bool in_member;	  /* between the first byte of a member and its last */
	uint64_t offset;  /* compressed bytes taken so far */
	uint64_t members; /* complete members decoded so far */
};

/* Makes *f ready for a new file. The first call for zeroed storage allocates
 * (about 40 KiB), later ones reuse that. Returns 0 or -ENOMEM. */
int inflate_begin(struct inflate *f);

/* Frees what begin took. Zeroed storage is fine, too. */
void inflate_release(struct inflate *f);

/* Decodes from in[0..*in_len) to out[0..*out_len). Both lengths are set to what
 * was taken and produced. Returns 0; with nothing taken and nothing produced,
 * more of one of them is needed. -EBADMSG: damage or trailing garbage, the
 * fault says what and where; what was decoded before is in out. Further calls
 * with the same input say the same; nothing else comes until inflate_begin. */
int inflate_more(struct inflate *f, const unsigned char *in, size_t *in_len,
	unsigned char *out, size_t *out_len, struct fault *fault);

/* The compressed data is at its end. Returns 0, or -EBADMSG with a fault when
 * that is in the middle of a member. */
int inflate_end(const struct inflate *f, struct fault *fault);

#endif
