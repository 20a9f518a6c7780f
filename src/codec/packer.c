#include "config.h"

#include "codec/packer.h"

#include "codec/deflate.h"
#include "codec/piece.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct packer {
	const struct packing *packing;
	void *state; /* packing's */

	/* packer_verify's; unused until then. */
	struct piece_decoder decoder;
	unsigned char *again;
	size_t again_len;
};

int packer_new(struct packer **p, const struct packing *packing, int level)
{
	struct packer *new = calloc(1, sizeof(*new));
	int err;

	if (!new)
		return -ENOMEM;
	new->packing = packing;
	err = packing->make(&new->state, level);
	if (err) {
		free(new);
		return err;
	}
	*p = new;
	return 0;
}

void packer_free(struct packer *p)
{
	if (!p)
		return;
	p->packing->free(p->state);
	piece_decoder_release(&p->decoder);
	free(p->again);
	free(p);
}

size_t packer_bound(struct packer *p, size_t len)
{
	return p->packing->bound(p->state, len);
}

int packer_pack(struct packer *p, const void *text, size_t len, void *out,
	size_t room, struct packed *packed)
{
	return p->packing->pack(p->state, text, len, out, room, packed);
}

int packer_verify(struct packer *p, const void *text, size_t len,
	const void *packed, size_t size)
{
	size_t lead = p->packing->lead;
	int err;

	if (p->again_len < len) {
		free(p->again);
		p->again_len = 0;
		p->again = malloc(len);
		if (!p->again)
			return -ENOMEM;
		p->again_len = len;
	}
	if (size < lead)
		return -EBADMSG;
	err = piece_decode(&p->decoder, p->packing->pieces,
		(const unsigned char *)packed + lead, size - lead, p->again,
		len);
	if (err)
		return err;
	return memcmp(p->again, text, len) == 0 ? 0 : -EBADMSG;
}

void packer_tally_add(struct packer_tally *t, uint32_t crc, size_t len)
{
	t->any = true;
	t->crc = deflate_crc_join(t->crc, crc, len);
	t->len += len;
}
