#include "config.h"

#include "pipeline/baton.h"

#include <errno.h>

int baton_init(struct baton *b)
{
	int err;

	b->full = b->aborted = false;
	b->seq = 0;
	err = -pthread_mutex_init(&b->lock, NULL);
	if (err)
		return err;
	err = -pthread_cond_init(&b->passed, NULL);
	if (err)
		(void)pthread_mutex_destroy(&b->lock);
	return err;
}

void baton_release(struct baton *b)
{
	(void)pthread_cond_destroy(&b->passed);
	(void)pthread_mutex_destroy(&b->lock);
}

void baton_pass(struct baton *b, uint64_t seq, const struct upcase_state *state)
{
	(void)pthread_mutex_lock(&b->lock);
	b->seq = seq;
	b->state = *state;
	b->full = true;
	/* Only one thread has piece seq, but others may wait for later ones. */
	(void)pthread_cond_broadcast(&b->passed);
	(void)pthread_mutex_unlock(&b->lock);
}

int baton_take(struct baton *b, uint64_t seq, struct upcase_state *state)
{
	int err = 0;

	(void)pthread_mutex_lock(&b->lock);
	while (!b->aborted && !(b->full && b->seq == seq))
		(void)pthread_cond_wait(&b->passed, &b->lock);
	if (b->aborted) {
		err = -ECANCELED;
	} else {
		*state = b->state;
		b->full = false;
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
