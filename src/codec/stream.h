/*
 * stream - a file of some format, decoded from the first byte to the last
 *
 * What it is for: what is the same for all formats. A file is pieces, one
 * behind the other (see format.h); what could be decoded before damage is
 * always handed out first; and damage is told with its place.
 *
 * It never reads by itself, so the caller can wait for input in a way that can
 * be woken. A struct stream is used by one thread at a time.
 */
#ifndef UPCASE_CODEC_STREAM_H
#define UPCASE_CODEC_STREAM_H

#include "codec/format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum damage_kind {
	DAMAGE_NONE,
	DAMAGE_BAD,	/* a piece is not what it should be */
	DAMAGE_CUT,	/* the file ends inside a piece */
	DAMAGE_GARBAGE, /* what follows a piece is none */
	DAMAGE_NEEDS,	/* a piece needs what it is not given */
};

/* What is wrong with a file. All before it is good. */
struct damage {
	enum damage_kind kind;
	uint64_t at;	 /* bytes of the file before the place */
	const char *why; /* DAMAGE_BAD: the reason, DAMAGE_NEEDS: what it is;
			    until the next call */
};

struct stream {
	const struct format *format; /* NULL: nothing was begun yet */
	void *decoder;		     /* format's; kept from file to file */
	bool in_piece;	 /* between the first bytes of a piece and its last */
	uint64_t offset; /* bytes of the file taken so far */
	uint64_t pieces; /* complete ones so far */
	uint64_t zeros;	 /* of padding, behind the last one */
	unsigned char head[FORMAT_MAGIC_MOST]; /* taken between two pieces, */
	size_t head_len;		       /* not yet clear as what */
	struct damage damage;
};

/* Makes *s ready for a new file. The first call for zeroed storage, or one with
 * another format, allocates, and loads what it needs; others reuse that.
 * Returns 0, -ENOMEM, or -ENOTSUP where the format is known but not decoded
 * here. */
int stream_begin(struct stream *s, const struct format *format);

/* The file that was begun has so many bytes, as far as that is known; nothing
 * of it was decoded yet. May load what is worth it for so much. */
void stream_expect(struct stream *s, uint64_t size);

/* Frees what begin took. Zeroed storage is fine, too. */
void stream_release(struct stream *s);

/* Decodes from in[0..*in_len) to out[0..*out_len). Both lengths are set to what
 * was taken and produced. Returns 0; with nothing taken and nothing produced,
 * more of one of them is needed. -EBADMSG: s->damage says what and where; what
 * was decoded before is in out. Further calls say the same; nothing else comes
 * until stream_begin. Or -ENOMEM, with what was decoded before in out, too. */
int stream_more(struct stream *s, const unsigned char *in, size_t *in_len,
	unsigned char *out, size_t *out_len);

/* The file is at its end. Returns 0, or -EBADMSG with s->damage when that is in
 * the middle of a piece or of padding. */
int stream_end(struct stream *s);

/* Whether the next byte of the file is the first behind a piece, or of all. */
bool stream_is_between(const struct stream *s);

/* A piece was decoded elsewhere: the next byte that comes is the first behind
 * it, at this offset. Only between two pieces. */
void stream_pass(struct stream *s, uint64_t offset);

/* The next byte that comes is the one at this offset. Only between two
 * pieces. */
void stream_seek(struct stream *s, uint64_t offset);

#endif
