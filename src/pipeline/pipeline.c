#include "config.h"

#include "pipeline/pipeline.h"

#include "io/clock.h"
#include "pipeline/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Neither end may block: what is written says only "look", and is read until
 * there is no more. */
static int open_pipe(int fd[2])
{
	if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) < 0) {
		fd[0] = fd[1] = -1;
		return -errno;
	}
	return 0;
}

static void close_pipe(int fd[2])
{
	for (int i = 0; i < 2; i++)
		if (fd[i] >= 0)
			(void)close(fd[i]);
}

static void drain_pipe(int fd)
{
	char bytes[64];

	while (read(fd, bytes, sizeof(bytes)) > 0 || errno == EINTR)
		;
}

static int make_deflaters(struct pipeline *p)
{
	for (unsigned i = 0; p->config.level && i < p->config.jobs; i++) {
		int err = deflater_new(
			&p->transformers[i].deflater, p->config.level);

		if (err)
			return err;
	}
	/* The reader, or who stands in for it, uses this one only as long as
	 * the transformer does not run. */
	p->reader.deflater = p->stand_in.deflater = p->transformers[0].deflater;
	return 0;
}

/* The member for an output that would be empty otherwise. */
static int make_empty_member(struct pipeline *p)
{
	struct deflater *d = p->transformers[0].deflater;
	unsigned char member[1024];
	size_t len = 0;
	int err;

	if (!d)
		return 0;
	err = deflate_member(d, "", 0, member, sizeof(member), &len);
	if (!err)
		sink_set_empty(p->config.sink, member, len);
	return err;
}

/* So many batches the reader may hold at once: one that goes on, one that takes
 * what is left over. The others are made when they are needed. */
#define FIRST_BATCHES 2

static int measure_batches(struct pipeline *p)
{
	size_t size = p->config.batch_size;
	/* One more than the text: a newline that ends what invalid=fail cut. */
	size_t upper = upcase_bound(size + 1), member = 0;

	if (upper >= SIZE_MAX - 1)
		return -ENOMEM;
	upper++;
	if (p->config.level) {
		member = deflate_bound(p->transformers[0].deflater, upper);
		if (member == SIZE_MAX)
			return -ENOMEM;
	}
	p->spare_room = upper;
	p->member_room = member;
	return 0;
}

static int make_batches(struct pipeline *p)
{
	int err = measure_batches(p);

	if (err)
		return err;
	p->batches = calloc(p->n_batches, sizeof(*p->batches));
	p->discarded = calloc(p->n_batches, sizeof(*p->discarded));
	if (!p->batches || !p->discarded)
		return -ENOMEM;
	for (int i = 0; i < FIRST_BATCHES; i++) {
		struct batch *b = stage_make_batch(p);

		if (!b)
			return -ENOMEM;
		(void)queue_put(&p->free, b, QUEUE_NOWAIT);
	}
	return 0;
}

/* The queues, so that release can tell what was made: a queue without slots was
 * not. */
static int make_queues(struct pipeline *p)
{
	size_t depth = p->config.depth;
	int err = queue_init(&p->free, QUEUE_LIFO, p->n_batches, NULL);

	if (!err)
		err = queue_init(&p->in, QUEUE_FIFO, depth, NULL);
	if (!err)
		err = queue_init(&p->out, QUEUE_SEQUENCE, depth, batch_seq);
	return err;
}

static int make_unpackers(struct pipeline *p)
{
	int err;

	if (p->config.unpack_jobs == 0)
		return 0;
	p->unpackers = malloc(sizeof(*p->unpackers));
	if (!p->unpackers)
		return -ENOMEM;
	err = unpackers_init(p->unpackers, p->config.unpack_jobs);
	if (err) {
		free(p->unpackers);
		p->unpackers = NULL;
	}
	return err;
}

static int make(struct pipeline *p)
{
	int err = make_queues(p);

	if (!err)
		err = open_pipe(p->wake_pipe);
	if (!err)
		err = open_pipe(p->abort_pipe);
	if (!err)
		err = open_pipe(p->event_pipe);
	if (!err)
		err = make_deflaters(p);
	if (!err)
		err = make_empty_member(p);
	if (!err)
		err = make_batches(p);
	if (!err)
		err = make_unpackers(p);
	return err;
}

static int make_locks(struct pipeline *p)
{
	int err = -pthread_mutex_init(&p->lock, NULL);

	if (err)
		return err;
	err = -pthread_mutex_init(&p->events, NULL);
	if (!err) {
		/* All batches may be pieces under way, the last one with the
		 * reader, who passes the baton for the piece behind it. */
		err = baton_init(&p->baton, p->n_batches + 1);
		if (!err)
			return 0;
		(void)pthread_mutex_destroy(&p->events);
	}
	(void)pthread_mutex_destroy(&p->lock);
	return err;
}

static struct pipeline *allocate(const struct pipeline_config *config)
{
	struct pipeline *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->config = *config;
	if (p->config.batch_size < BATCH_MIN)
		p->config.batch_size = BATCH_MIN;
	/* One that the reader fills, one in each other thread's hands, and as
	 * many as may wait between them. */
	p->n_batches = 2 + (size_t)config->jobs + config->depth;
	for (int i = 0; i < 2; i++)
		p->wake_pipe[i] = p->abort_pipe[i] = p->event_pipe[i] = -1;
	atomic_init(&p->bad_input, NO_INPUT);
	p->at.input = p->dropped_input = NO_INPUT;
	p->reader.p = p->writer.p = p->stand_in.p = p;
	p->transformers = calloc(config->jobs, sizeof(*p->transformers));
	if (!p->transformers || make_locks(p) != 0) {
		free(p->transformers);
		free(p);
		return NULL;
	}
	for (unsigned i = 0; i < config->jobs; i++)
		p->transformers[i].p = p;
	return p;
}

int pipeline_new(struct pipeline **result, const struct pipeline_config *config)
{
	struct pipeline *p = allocate(config);
	int err;

	if (!p)
		return -ENOMEM;
	err = make(p);
	if (err) {
		pipeline_free(p);
		return err;
	}
	config->sink->wake = p->abort_pipe[0];
	*result = p;
	return 0;
}

void pipeline_free(struct pipeline *p)
{
	p->config.sink->wake = FDIO_NO_WAKE;
	for (size_t i = 0; p->batches && i < p->n_batches; i++)
		batch_release(&p->batches[i]);
	free(p->batches);
	free(p->discarded);
	if (p->free.slots)
		queue_release(&p->free);
	if (p->in.slots)
		queue_release(&p->in);
	if (p->out.slots)
		queue_release(&p->out);
	if (p->unpackers)
		unpackers_release(p->unpackers);
	free(p->unpackers);
	for (unsigned i = 0; i < p->config.jobs; i++)
		deflater_free(p->transformers[i].deflater);
	free(p->transformers);
	close_pipe(p->wake_pipe);
	close_pipe(p->abort_pipe);
	close_pipe(p->event_pipe);
	baton_release(&p->baton);
	(void)pthread_mutex_destroy(&p->events);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

/* The i-th worker of all, NULL behind the last. */
static struct worker *worker_at(struct pipeline *p, unsigned i)
{
	if (i == 0)
		return &p->reader;
	if (i <= p->config.jobs)
		return &p->transformers[i - 1];
	if (i == p->config.jobs + 1)
		return &p->writer;
	return i == p->config.jobs + 2 ? &p->stand_in : NULL;
}

static bool is_running(struct worker *w)
{
	return atomic_load(&w->started) && !atomic_load(&w->ended);
}

static void join_ended_threads(struct pipeline *p)
{
	struct worker *w;

	for (unsigned i = 0; (w = worker_at(p, i)); i++) {
		if (!atomic_load(&w->started) || !atomic_load(&w->ended))
			continue;
		(void)pthread_join(w->thread, NULL);
		atomic_store(&w->started, false);
	}
}

int pipeline_start(struct pipeline *p)
{
	int err;

	p->started = clock_now();
	home_bind(&p->home);
	err = stage_start(&p->reader, reader_main);
	home_leave(&p->home);
	return err;
}

int pipeline_event_fd(const struct pipeline *p)
{
	return p->event_pipe[0];
}

unsigned pipeline_running(struct pipeline *p)
{
	unsigned n = 0;
	struct worker *w;

	drain_pipe(p->event_pipe[0]);
	for (unsigned i = 0; (w = worker_at(p, i)); i++)
		n += !w->left && is_running(w);
	return n;
}

bool pipeline_has_left(struct pipeline *p)
{
	struct worker *w;

	for (unsigned i = 0; (w = worker_at(p, i)); i++)
		if (is_running(w))
			return true;
	return false;
}

int pipeline_leave_reader(struct pipeline *p)
{
	struct batch *b = atomic_exchange(&p->in_read, NULL);
	int err;

	if (!b)
		return 0;
	p->adopted = b;
	p->reader.left = true;
	err = stage_start(&p->stand_in, stand_in_main);
	if (err) { /* then nobody can end what it began */
		atomic_store(&p->in_read, b);
		pipeline_abort(p);
	}
	return err;
}

void pipeline_stop(struct pipeline *p)
{
	atomic_store(&p->stopping, true);
	stage_wake_reader(p);
}

void pipeline_abort(struct pipeline *p)
{
	stage_abort(p);
}

/* Whoever was started and not joined yet has a handle that is good. */
static bool nudge(struct pipeline *p, struct worker *w)
{
	if (!is_running(w))
		return false;
	(void)pthread_kill(w->thread, p->config.nudge_signal);
	return true;
}

bool pipeline_nudge(struct pipeline *p)
{
	bool aborted = atomic_load(&p->aborted);
	bool late = false;

	if (p->config.nudge_signal == 0)
		return false;
	/* The reader may be writing, too. */
	if (aborted || (atomic_load(&p->stopping) && atomic_load(&p->in_read)))
		late = nudge(p, &p->reader);
	if (aborted)
		late = nudge(p, &p->writer) || late;
	return late;
}

void pipeline_reopen(struct pipeline *p)
{
	sink_reopen_request(p->config.sink);
	stage_reopen(p);
}

static struct stage_stats stage_figures(
	const struct worker *w, unsigned threads, struct queue *q)
{
	struct stage_stats s = {.threads = threads, .peak = queue_peak(q)};

	for (unsigned i = 0; i < threads; i++) {
		if (!atomic_load(&w[i].ended))
			continue;
		s.busy += w[i].busy;
		s.wait += w[i].wait;
		s.blocked += w[i].blocked;
	}
	return s;
}

void pipeline_stats(struct pipeline *p, struct pipeline_stats *s)
{
	*s = (struct pipeline_stats){
		.lines_in = atomic_load(&p->lines_in),
		.bytes_in = atomic_load(&p->bytes_in),
		.lines_out = atomic_load(&p->lines_out),
		.bytes_out = atomic_load(&p->bytes_out),
		.members = atomic_load(&p->members),
		.invalid = atomic_load(&p->invalid),
		.elapsed = clock_now() - p->started,
		.reader = stage_figures(&p->reader, 1, &p->free),
		.transformer =
			stage_figures(p->transformers, p->config.jobs, &p->in),
		.writer = stage_figures(&p->writer, 1, &p->out),
	};
}

/* What a reader holds that does not come back: the lines that it had read. */
static uint64_t lines_in_read(struct pipeline *p)
{
	const struct batch *b = atomic_load(&p->in_read);

	if (!b)
		return 0;
	return batch_count_lines(b) +
	       (b->len > 0 && b->text[b->len - 1] != '\n');
}

struct pipeline_outcome pipeline_finish(struct pipeline *p)
{
	struct pipeline_outcome o = {0};

	join_ended_threads(p);
	(void)pthread_mutex_lock(&p->lock);
	o.error = p->error;
	o.fault = p->fault;
	(void)pthread_mutex_unlock(&p->lock);
	o.input_trouble = atomic_load(&p->input_trouble);
	o.lines_lost = atomic_load(&p->line_cut) + lines_in_read(p);
	for (size_t i = 0; i < p->n_batches; i++)
		o.lines_lost += atomic_load(&p->batches[i].unwritten);
	o.batches_away = atomic_load(&p->n_made) - queue_size(&p->free);
	return o;
}
