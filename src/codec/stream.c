#include "config.h"

#include "codec/stream.h"

#include <errno.h>

void stream_release(struct stream *s)
{
	if (s->format)
		s->format->free(s->decoder);
	*s = (struct stream){.format = NULL};
}

int stream_begin(struct stream *s, const struct format *format)
{
	void *decoder = s->decoder;

	if (s->format != format) {
		int err = format->make ? format->make(&decoder) : -ENOTSUP;

		if (err)
			return err;
		stream_release(s);
	}
	*s = (struct stream){.format = format, .decoder = decoder};
	return 0;
}

void stream_expect(struct stream *s, uint64_t size)
{
	if (s->format->expect)
		s->format->expect(s->decoder, size);
}

static int damaged(
	struct stream *s, enum damage_kind kind, uint64_t at, const char *why)
{
	s->damage.kind = kind;
	s->damage.at = at;
	s->damage.why = why;
	return -EBADMSG;
}

/* Returns as stream_more, which takes what is before the end of the piece. */
static int decode(struct stream *s, const unsigned char *in, size_t *in_len,
	unsigned char *out, size_t *out_len)
{
	const char *why = NULL;
	enum decoded status =
		s->format->more(s->decoder, in, in_len, out, out_len, &why);

	s->offset += *in_len;
	switch (status) {
	case DECODED_ALL:
		s->in_piece = false;
		s->pieces++;
		return 0;
	case DECODED_BAD:
		return damaged(s, DAMAGE_BAD, s->offset, why);
	case DECODED_NEEDS:
		return damaged(s, DAMAGE_NEEDS, s->offset, why);
	case DECODED_NO_MEMORY:
		return -ENOMEM;
	case DECODED_SOME:
	default:
		return 0;
	}
}

static int begin_piece(struct stream *s)
{
	int err = s->format->begin(s->decoder);

	s->in_piece = !err;
	s->zeros = 0;
	return err;
}

/* The bytes by which a piece was known are its first ones. No format has text
 * in them. */
static int begin_with_head(struct stream *s)
{
	size_t len = s->head_len, at = 0;
	int err = begin_piece(s);

	if (err)
		return err;
	s->head_len = 0;
	s->offset -= len;
	while (!err && s->in_piece && at < len) {
		size_t n = len - at, none = 0;
		unsigned char nowhere;

		err = decode(s, s->head + at, &n, &nowhere, &none);
		at += n;
	}
	return err;
}

/* Padding is of whole units: what is left of the last one is garbage. */
static int check_padding(struct stream *s)
{
	uint64_t left = s->zeros > 0 ? s->zeros % s->format->padding : 0;

	if (left == 0)
		return 0;
	return damaged(s, DAMAGE_GARBAGE, s->offset - s->head_len - left, NULL);
}

/* Takes zero bytes, as many as there are. Returns their number. */
static size_t pass_padding(
	struct stream *s, const unsigned char *in, size_t len)
{
	size_t n = 0;

	if (s->format->padding == 0 || s->head_len > 0)
		return 0;
	while (n < len && in[n] == 0)
		n++;
	s->offset += n;
	s->zeros += n;
	return n;
}

/* Between two pieces: takes zero padding and finds out whether another piece
 * begins. Sets *taken to the bytes taken. */
static int between_pieces(
	struct stream *s, const unsigned char *in, size_t len, size_t *taken)
{
	enum match match = MATCH_PART;
	size_t n = pass_padding(s, in, len);
	int err = 0;

	while (match == MATCH_PART && n < len) {
		s->head[s->head_len++] = in[n++];
		s->offset++;
		match = s->format->magic(s->head, s->head_len);
	}
	*taken = n;
	if (match != MATCH_PART)
		err = check_padding(s);
	if (!err && match == MATCH_NO)
		return damaged(
			s, DAMAGE_GARBAGE, s->offset - s->head_len, NULL);
	return !err && match == MATCH_YES ? begin_with_head(s) : err;
}

int stream_more(struct stream *s, const unsigned char *in, size_t *in_len,
	unsigned char *out, size_t *out_len)
{
	size_t avail = *in_len, room = *out_len, taken = 0;
	int err = s->damage.kind ? -EBADMSG : 0;

	*in_len = *out_len = 0;
	if (err || (!s->in_piece && avail == 0))
		return err;
	if (!s->in_piece)
		err = s->pieces > 0 ? between_pieces(s, in, avail, &taken)
				    : begin_piece(s);
	*in_len = taken;
	if (err || !s->in_piece)
		return err;
	avail -= taken;
	err = decode(s, in + taken, &avail, out, &room);
	*in_len += avail;
	*out_len = room;
	return err;
}

int stream_end(struct stream *s)
{
	if (s->damage.kind)
		return -EBADMSG;
	if (stream_is_between(s))
		return check_padding(s);
	return damaged(s, DAMAGE_CUT, s->offset, NULL);
}

bool stream_is_between(const struct stream *s)
{
	return !s->in_piece && s->head_len == 0;
}

void stream_pass(struct stream *s, uint64_t offset)
{
	s->pieces++;
	s->zeros = 0;
	s->offset = offset;
}

void stream_seek(struct stream *s, uint64_t offset)
{
	s->zeros = 0;
	s->offset = offset;
}
