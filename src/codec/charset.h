/*
 * charset - a text in another encoding, turned into UTF-8
 *
 * What it is for: an encoding is known by its name, its bytes come in pieces
 * cut anywhere, and what comes out is well-formed UTF-8, but for CHARSET_BAD
 * where something cannot be decoded: no byte of UTF-8, so whoever looks for
 * what is ill-formed finds exactly these.
 *
 * UTF-16 and UTF-32 are decoded by utf.h, all others by iconv(3) of the system.
 *
 * A struct charset is used by one thread at a time. charset_new may read files
 * (the system's tables); nothing else here does.
 */
#ifndef UPCASE_CODEC_CHARSET_H
#define UPCASE_CODEC_CHARSET_H

#include "codec/utf.h"

#include <stdbool.h>
#include <stddef.h>

#define CHARSET_BAD UTF_BAD

/* With so much room something comes out. */
#define CHARSET_ROOM 64

/* Bytes at the end of what it is given that it may leave: less than this. */
#define CHARSET_REST 32

struct charset;

/* Whether the name is one of UTF-8: then there is nothing to do. */
bool charset_is_utf8(const char *name);

/* Makes one. Returns 0, -EINVAL when no such encoding is known, or the system's
 * is not safe to call, or another negative errno. A text begins with
 * charset_begin, the first one, too. */
int charset_new(struct charset **result, const char *name);

/* The same for a form of UTF-16 or UTF-32. */
int charset_new_utf(struct charset **result, enum utf_form form);

/* NULL is fine, too. */
void charset_free(struct charset *c);

/* What comes next is the beginning of a text. */
void charset_begin(struct charset *c);

/* Decodes from in[0..*in_len) to out[0..*out_len), which has CHARSET_ROOM at
 * least, and sets both lengths to what was taken and produced. What is left of
 * in is to come again, in front of what follows, if it was not for want of
 * room. `last`: nothing follows. Then returns whether it is done: all was
 * taken, and what was kept back has come out, too. */
bool charset_more(struct charset *c, const unsigned char *in, size_t *in_len,
	unsigned char *out, size_t *out_len, bool last);

#endif
