#include "config.h"

#include "pipeline/pool.h"

#include <errno.h>
#include <stdlib.h>

static struct batch *make_batch(struct pool *p)
{
	size_t i = atomic_load(&p->made);
	struct batch *b = &p->batches[i];

	if (i == p->most || batch_init(b, p->sizes.text, p->sizes.spare,
				    p->sizes.member) != 0)
		return NULL;
	atomic_store(&p->made, i + 1);
	return b;
}

int pool_init(struct pool *p, size_t most, size_t first,
	const struct pool_sizes *sizes)
{
	int err;

	*p = (struct pool){.most = most, .sizes = *sizes};
	err = queue_init(&p->at_home, QUEUE_LIFO, most, NULL);
	if (err)
		return err;
	p->batches = malloc(most * sizeof(*p->batches));
	for (size_t i = 0; p->batches && i < first; i++) {
		struct batch *b = make_batch(p);

		if (!b) {
			pool_release(p);
			return -ENOMEM;
		}
		pool_put(p, b);
	}
	if (!p->batches) {
		queue_release(&p->at_home);
		return -ENOMEM;
	}
	return 0;
}

void pool_release(struct pool *p)
{
	for (size_t i = 0; i < atomic_load(&p->made); i++)
		batch_release(&p->batches[i]);
	free(p->batches);
	queue_release(&p->at_home);
}

struct batch *pool_try_get(struct pool *p)
{
	void *item = NULL;

	if (queue_get(&p->at_home, &item, QUEUE_NOWAIT) == QUEUE_EMPTY)
		return make_batch(p);
	return item;
}

struct batch *pool_wait(struct pool *p)
{
	void *item = NULL;

	(void)queue_get(&p->at_home, &item, QUEUE_FOREVER);
	return item;
}

void pool_put(struct pool *p, struct batch *b)
{
	/* There is room for all; after an abort nobody asks for it. */
	(void)queue_put(&p->at_home, b, QUEUE_NOWAIT);
}

void pool_abort(struct pool *p)
{
	/* What is at home is empty. */
	(void)queue_abort(&p->at_home, NULL, 0);
}

struct batch *pool_at(struct pool *p, size_t i)
{
	return i < atomic_load(&p->made) ? &p->batches[i] : NULL;
}

uint64_t pool_unwritten(struct pool *p)
{
	uint64_t lines = 0;
	struct batch *b;

	for (size_t i = 0; (b = pool_at(p, i)); i++)
		lines += atomic_load(&b->unwritten);
	return lines;
}

size_t pool_away(struct pool *p)
{
	return atomic_load(&p->made) - queue_size(&p->at_home);
}
