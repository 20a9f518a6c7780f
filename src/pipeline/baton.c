#include "config.h"

#include "pipeline/baton.h"

#include <errno.h>
#include <stdlib.h>

int baton_init(struct baton *b, size_t n)
{
	int err;

	b->n = n;
	b->aborted = false;
	b->slots = calloc(n, sizeof(*b->slots));
	if (!b->slots)
		return -ENOMEM;
	err = -pthread_mutex_init(&b->lock, NULL);
	if (err) {
		free(b->slots);
		return err;
	}
	err = -pthread_cond_init(&b->passed, NULL);
	if (err) {
		(void)pthread_mutex_destroy(&b->lock);
		free(b->slots);
	}
	return err;
}

void baton_release(struct baton *b)
{
	(void)pthread_cond_destroy(&b->passed);
	(void)pthread_mutex_destroy(&b->lock);
	free(b->slots);
}

void baton_pass(struct baton *b, uint64_t seq, const struct upcase_state *state)
{
	struct baton_slot *slot = &b->slots[seq % b->n];

	(void)pthread_mutex_lock(&b->lock);
	slot->seq = seq;
	slot->state = *state;
	slot->full = true;
	/* Only one thread has piece seq, but others may wait for later ones. */
	(void)pthread_cond_broadcast(&b->passed);
	(void)pthread_mutex_unlock(&b->lock);
}

int baton_take(struct baton *b, uint64_t seq, struct upcase_state *state)
{
	struct baton_slot *slot = &b->slots[seq % b->n];
	int err = 0;

	(void)pthread_mutex_lock(&b->lock);
	while (!b->aborted && !(slot->full && slot->seq == seq))
		(void)pthread_cond_wait(&b->passed, &b->lock);
	if (b->aborted) {
		err = -ECANCELED;
	} else {
		*state = slot->state;
		slot->full = false;
	}
	(void)pthread_mutex_unlock(&b->lock);
	return err;
}

void baton_abort(struct baton *b)
{
	(void)pthread_mutex_lock(&b->lock);
	b->aborted = true;
	(void)pthread_cond_broadcast(&b->passed);
	(void)pthread_mutex_unlock(&b->lock);
}
