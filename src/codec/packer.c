#include "config.h"

#include "codec/packer.h"

#include <errno.h>
#include <stdlib.h>

struct packer {
	const struct packing *packing;
	void *state; /* packing's */
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
	free(p);
}

size_t packer_bound(struct packer *p, size_t len)
{
	return p->packing->bound(p->state, len);
}

int packer_member(struct packer *p, const void *text, size_t len, void *out,
	size_t room, size_t *size)
{
	return p->packing->member(p->state, text, len, out, room, size);
}

int packer_close(
	struct packer *p, bool empty, void *out, size_t room, size_t *size)
{
	return p->packing->close(p->state, empty, out, room, size);
}
