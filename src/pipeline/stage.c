#include "config.h"

#include "pipeline/stage.h"

#include "io/clock.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* Wake-ups are flags with a pipe to poll on: a full pipe is as good as a
 * written one. */
static void poke(int fd)
{
	ssize_t n;

	do {
		n = write(fd, "", 1);
	} while (n < 0 && errno == EINTR);
}

void stage_wake_reader(struct pipeline *p)
{
	poke(p->wake_pipe[1]);
}

/* What an aborted queue hands back was read and will not be written. */
static void count_discarded(struct pipeline *p)
{
	size_t n = queue_abort(&p->in, p->discarded, p->n_batches);

	for (size_t i = 0; i < n; i++) {
		struct batch *b = p->discarded[i];

		atomic_store(&b->unwritten, batch_count_lines(b));
	}
}

void stage_abort(struct pipeline *p)
{
	atomic_store(&p->stopping, true);
	if (atomic_exchange(&p->aborted, true))
		return;
	count_discarded(p);
	/* Those that wait for the writer were counted by their transformer,
	 * free ones hold nothing. */
	(void)queue_abort(&p->out, p->discarded, p->n_batches);
	(void)queue_abort(&p->free, p->discarded, p->n_batches);
	if (p->unpackers)
		unpackers_abort(p->unpackers);
	baton_abort(&p->baton);
	poke(p->abort_pipe[1]);
	stage_wake_reader(p);
}

struct batch *stage_make_batch(struct pipeline *p)
{
	size_t i = atomic_load(&p->n_made);
	struct batch *b;

	if (i == p->n_batches)
		return NULL;
	b = &p->batches[i];
	if (batch_init(b, p->config.batch_size, p->spare_room,
		    p->member_room) != 0)
		return NULL;
	atomic_store(&p->n_made, i + 1);
	return b;
}

int stage_start(struct worker *w, void *(*run)(void *))
{
	int err = pthread_create(&w->thread, NULL, run, w);

	atomic_store(&w->started, err == 0);
	return -err;
}

void stage_start_others(struct pipeline *p)
{
	if (p->asked_for_others)
		return;
	p->asked_for_others = true;
	p->alone = stage_start(&p->writer, writer_main) != 0;
	while (!p->alone && p->n_transformers < p->config.jobs) {
		if (stage_start(&p->transformers[p->n_transformers],
			    transformer_main) != 0)
			break;
		p->n_transformers++;
	}
}

void stage_set_name(const char *role, int number)
{
#ifdef HAVE_PTHREAD_SETNAME_NP
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

void stage_ended(struct worker *w)
{
	struct pipeline *p = w->p;

	atomic_store(&w->ended, true);
	poke(p->event_pipe[1]);
}

void stage_fail(struct pipeline *p, int err, const struct fault *fault)
{
	(void)pthread_mutex_lock(&p->lock);
	if (!p->error && !atomic_load(&p->aborted)) {
		p->error = err;
		p->fault = *fault;
	}
	(void)pthread_mutex_unlock(&p->lock);
	stage_abort(p);
}

static void tell_trouble(struct pipeline *p, const char *name, uint64_t line,
	uint64_t column, const char *text)
{
	const struct pipeline_events *e = &p->config.events;

	(void)pthread_mutex_lock(&p->events);
	if (e->trouble)
		e->trouble(e->context, name, line, column, text);
	(void)pthread_mutex_unlock(&p->events);
}

void stage_trouble(struct pipeline *p, const char *name, uint64_t line,
	uint64_t column, const char *text)
{
	atomic_store(&p->input_trouble, true);
	tell_trouble(p, name, line, column, text);
}

void stage_note(struct pipeline *p, const char *name, const char *text)
{
	const struct pipeline_events *e = &p->config.events;

	(void)pthread_mutex_lock(&p->events);
	if (e->note)
		e->note(e->context, name, text);
	(void)pthread_mutex_unlock(&p->events);
}

void stage_reopen(struct pipeline *p)
{
	const char *name = p->config.sink->name;
	struct fault fault = {""}, told;

	switch (sink_reopen(p->config.sink, &fault)) {
	case SINK_REOPENED:
		stage_note(p, name, "opened anew");
		break;
	case SINK_KEPT: /* told, but nothing is lost by it */
		fault_set(&told,
			"cannot be opened anew: %s; the file that is open "
			"stays in use",
			fault.text);
		tell_trouble(p, name, 0, 0, told.text);
		break;
	case SINK_FAILED:
		stage_fail(p, -EIO, &fault);
		break;
	case SINK_NOT_NOW:
	default:
		break;
	}
}

enum queue_status stage_get(struct worker *w, struct queue *q, struct batch **b)
{
	void *item = NULL;
	enum queue_status status = queue_get(q, &item, QUEUE_NOWAIT);

	if (status == QUEUE_EMPTY) {
		int64_t begin = clock_now();

		status = queue_get(q, &item, QUEUE_FOREVER);
		w->wait += clock_now() - begin;
	}
	*b = item;
	return status;
}

enum queue_status stage_put(struct worker *w, struct queue *q, struct batch *b)
{
	enum queue_status status = queue_put(q, b, QUEUE_NOWAIT);

	if (status == QUEUE_FULL) {
		int64_t begin = clock_now();

		status = queue_put(q, b, QUEUE_FOREVER);
		w->wait += clock_now() - begin;
	}
	return status;
}
