#include "config.h"

#include "pipeline/crew.h"

#include "io/clock.h"
#include "io/poke.h"
#include "io/thread.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

int crew_init(struct crew *c, unsigned n_transformers)
{
	int err;

	*c = (struct crew){.n_transformers = n_transformers};
	c->transformers = calloc(n_transformers, sizeof(*c->transformers));
	if (!c->transformers)
		return -ENOMEM;
	err = poke_open(c->event_pipe);
	if (err)
		free(c->transformers);
	return err;
}

void crew_release(struct crew *c)
{
	poke_close(c->event_pipe);
	free(c->transformers);
}

/* The i-th worker of all, NULL behind the last. */
static struct worker *worker_at(struct crew *c, unsigned i)
{
	switch (i) {
	case 0:
		return &c->stand_in;
	case 1:
		return &c->reader;
	case 2:
		return &c->writer;
	default:
		return i - 3 < c->n_transformers ? &c->transformers[i - 3]
						 : NULL;
	}
}

int crew_start(struct worker *w, void *(*run)(void *), void *argument)
{
	int err;

	atomic_store(&w->ended, false);
	err = thread_start(&w->thread, run, argument);
	atomic_store(&w->started, err == 0);
	return err;
}

void crew_ended(struct crew *c, struct worker *w)
{
	atomic_store(&w->ended, true);
	poke_send(c->event_pipe[1]);
}

void crew_call(struct crew *c)
{
	poke_send(c->event_pipe[1]);
}

int crew_event_fd(const struct crew *c)
{
	return c->event_pipe[0];
}

bool crew_runs(const struct worker *w)
{
	return atomic_load(&w->started) && !atomic_load(&w->ended);
}

unsigned crew_running(struct crew *c)
{
	unsigned n = 0;
	struct worker *w;

	poke_drain(c->event_pipe[0]);
	for (unsigned i = 0; (w = worker_at(c, i)); i++)
		n += !atomic_load(&w->left) && crew_runs(w);
	return n;
}

bool crew_nudge(struct worker *w, int signal)
{
	if (!crew_runs(w))
		return false;
	(void)pthread_kill(w->thread, signal);
	return true;
}

void crew_join(struct worker *w)
{
	(void)pthread_join(w->thread, NULL);
	atomic_store(&w->started, false);
}

bool crew_join_ended(struct crew *c)
{
	bool others = false;
	struct worker *w;

	for (unsigned i = 0; (w = worker_at(c, i)); i++) {
		if (!atomic_load(&w->started))
			continue;
		if (!atomic_load(&w->ended)) {
			others = true;
			continue;
		}
		crew_join(w);
	}
	return others;
}

enum queue_status crew_get(struct queue *q, void **item, int64_t *wait)
{
	enum queue_status status = queue_get(q, item, QUEUE_NOWAIT);

	if (status == QUEUE_EMPTY) {
		int64_t begin = clock_now();

		status = queue_get(q, item, QUEUE_FOREVER);
		*wait += clock_now() - begin;
	}
	return status;
}

enum queue_status crew_put(struct queue *q, void *item, int64_t *wait)
{
	enum queue_status status = queue_put(q, item, QUEUE_NOWAIT);

	if (status == QUEUE_FULL) {
		int64_t begin = clock_now();

		status = queue_put(q, item, QUEUE_FOREVER);
		*wait += clock_now() - begin;
	}
	return status;
}

void crew_set_name(const char *role, int number)
{
#ifdef HAVE_THREAD_NAMES
	char name[16]; /* Linux takes no more */

	if (number < 0)
		(void)snprintf(name, sizeof(name), "upcase-%.8s", role);
	else
		(void)snprintf(name, sizeof(name), "upcase-%.4s-%d", role,
			number % 1000);
	(void)pthread_setname_np(pthread_self(), name);
#else
	(void)role;
	(void)number;
#endif
}
