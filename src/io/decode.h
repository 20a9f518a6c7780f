/*
 * decode - an input as UTF-8, whatever it is encoded in
 *
 * What it is for: what a source (source.h) hands out, unpacked, may be text in
 * another encoding. Which, is said, or a byte order mark in front of it says.
 * What comes out is UTF-8, without that mark, and with CHARSET_BAD for each
 * sequence that cannot be decoded (codec/charset.h).
 *
 * What is no such text, which is nearly everything, is handed out as the source
 * does it, without a copy.
 *
 * Life: decode_init; for each input, once its source is open, decode_begin,
 * then decode_read in place of source_read; at the end decode_release. Used by
 * one thread at a time. Who relieves another in a read (relief.h) goes on with
 * it as it is: that read writes behind what is here.
 */
#ifndef UPCASE_IO_DECODE_H
#define UPCASE_IO_DECODE_H

#include "codec/charset.h"
#include "io/fault.h"
#include "io/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Names that are none of an encoding: what the byte order mark says, else
 * UTF-8; and bytes, whatever they begin with. */
#define DECODE_AUTO "auto"
#define DECODE_NONE "none"

struct decode {
	bool looks;		 /* for a mark; set once by init, as is this: */
	struct charset *said;	 /* what all inputs are in; NULL: nothing */
	struct charset *marked;	 /* what a mark said last; NULL: nothing */
	struct charset *charset; /* that of this input, NULL: it is UTF-8; */
	bool known;		 /* if it is known what it is */
	bool begun;	    /* the first character, perhaps a mark, has come */
	bool done;	    /* all has been decoded */
	int end;	    /* if not 0: how the source ended, 1 if well */
	struct fault fault; /* ... and what was wrong then */
	unsigned char *raw; /* raw[at..len) is not decoded yet */
	size_t at, len;
	unsigned char text[2 * CHARSET_ROOM]; /* where there is no room for */
	size_t text_at, text_len;	      /* more: [text_at..text_len) */
};

/* Makes *d one that takes inputs for what `name` says: DECODE_AUTO, DECODE_NONE
 * or an encoding. Returns 0; -EINVAL if there is no such encoding; or another
 * negative errno. May read files of the system. */
int decode_init(struct decode *d, const char *name);
void decode_release(struct decode *d);

/* Whether that would be so: 0 or what decode_init would return. */
int decode_check(const char *name);

/* What is decoded of all inputs: those that begin with a mark, all, or
 * (neither) none. */
bool decode_looks(const char *name);
bool decode_takes_all(const char *name);

/* The source has been opened. */
void decode_begin(struct decode *d);

/* What comes is not the beginning of a file: a mark would be none. Right behind
 * decode_begin. */
void decode_begin_inside(struct decode *d);

/* Whether it is known what the input is. */
bool decode_is_known(const struct decode *d);

/* Whether it is decoded, as far as is known. */
bool decode_is_on(const struct decode *d);

/* Whether that is so because a mark in front of it says so. */
bool decode_is_marked(const struct decode *d);

/* As source_read; -EINTR when nothing of what came is text, or it has just come
 * out that it has to be decoded: then the next call has more. */
ssize_t decode_read(struct decode *d, struct source *s, void *buf, size_t len,
	int wake, int64_t deadline, struct fault *fault);

/* As source_left, for what came through here. */
const unsigned char *decode_left(
	const struct decode *d, const struct source *s, size_t *len);

/* As source_undecoded: also bytes of text in another encoding. */
size_t decode_undecoded(const struct decode *d, const struct source *s);

/* Whether what source_take_held gives is such bytes, or text. */
bool decode_would(const struct decode *d);

#endif
