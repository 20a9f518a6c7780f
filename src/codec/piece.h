/*
 * piece - a decoder for whole pieces, whatever their format
 *
 * What it is for: a thread that is handed pieces of files, one after the other,
 * need not know what they are. Used by one thread at a time.
 */
#ifndef UPCASE_CODEC_PIECE_H
#define UPCASE_CODEC_PIECE_H

#include "codec/format.h"

#include <stddef.h>

/* Zeroed storage is one that was not used yet. */
struct piece_decoder {
	const struct format_pieces *pieces; /* of the last one; or NULL */
	void *decoder;			    /* theirs */
};

/* Decodes the one piece in[0..len) to out, which has exactly the room for its
 * text (not 0). The first call, or one for another format, allocates. Returns
 * 0, -EBADMSG if that is not what is there, or -ENOMEM. */
int piece_decode(struct piece_decoder *d, const struct format_pieces *pieces,
	const unsigned char *in, size_t len, unsigned char *out, size_t room);

/* Frees what it took, and makes it unused. */
void piece_decoder_release(struct piece_decoder *d);

#endif
