#include "config.h"

#include "codec/piece.h"

int piece_decode(struct piece_decoder *d, const struct format_pieces *pieces,
	const unsigned char *in, size_t len, unsigned char *out, size_t room)
{
	if (d->pieces != pieces) {
		void *decoder;
		int err = pieces->make(&decoder);

		if (err)
			return err;
		piece_decoder_release(d);
		d->pieces = pieces;
		d->decoder = decoder;
	}
	return pieces->decode(d->decoder, in, len, out, room);
}

void piece_decoder_release(struct piece_decoder *d)
{
	if (d->pieces)
		d->pieces->free(d->decoder);
	*d = (struct piece_decoder){.pieces = NULL};
}
