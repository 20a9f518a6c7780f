/*
 * stage - what the stages of a pipeline share; not for use outside of it
 *
 * Each stage is a thread whose function is declared here. They meet in the
 * queues, in the flags below, and in the baton.
 *
 * A hand-over to a thread that sleeps costs more than a few lines are worth,
 * and a batch that moves to another processor leaves its cache behind. So the
 * reader lends a hand where that is quicker:
 *  - less than a full batch, while nothing is under way, it converts and writes
 *    by itself: a line that comes alone is out at once;
 *  - while the writer has enough to do, it converts a full batch by itself,
 *    still warm, and puts it straight into `out`.
 * The other threads are started when the first batch is put into a queue. Where
 * there can be none, the reader goes on alone.
 */
#ifndef UPCASE_PIPELINE_STAGE_H
#define UPCASE_PIPELINE_STAGE_H

#include "io/deflate.h"
#include "pipeline/baton.h"
#include "pipeline/batch.h"
#include "pipeline/home.h"
#include "pipeline/pipeline.h"
#include "pipeline/queue.h"
#include "pipeline/unpackers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NO_INPUT SIZE_MAX /* as the number of a FILE */

/* One thread and what it measured. The figures are its own until it ends. */
struct worker {
	struct pipeline *p;
	pthread_t thread;
	atomic_bool started; /* thread is good */
	bool left; /* nobody waits for it any more; the main thread's */
	atomic_bool ended;
	struct deflater *deflater; /* transformers of gzip output; else NULL */
	int64_t busy, wait, blocked;
};

/* Where the output is in the current input, for the place of a bad sequence. */
struct position {
	size_t input;
	uint64_t lines, chars;
};

struct pipeline {
	struct pipeline_config config; /* set once before threads start */
	int64_t started;	       /* clock_now() of the start; likewise */

	struct queue free; /* LIFO: the batch written last is warm in cache */
	struct queue in;   /* FIFO */
	struct queue out;  /* by batch_seq */
	struct baton baton;
	struct batch *batches; /* room for n_batches */
	size_t n_batches;      /* how many there may be; set once */
	atomic_size_t n_made;  /* that there are: the reader's, while it runs */
	size_t spare_room, member_room; /* of each; set once */
	void **discarded; /* room for all batches; used by the one call of
			     stage_abort that does the work */

	struct unpackers *unpackers; /* for gzip input; NULL: none wanted */

	struct home home; /* where the reader begins; set before it starts */
	struct worker reader, writer;
	struct worker stand_in;	     /* for a reader that was left */
	struct batch *adopted;	     /* what the stand-in begins with */
	struct worker *transformers; /* config.jobs of them */
	unsigned n_transformers;     /* that run; the reader's */
	bool asked_for_others;	     /* the reader's: it has tried to start the
					other threads */
	bool alone;		     /* the reader's: there is no writer */

	/* Of who has the sink: the writer, or the reader while there is no
	 * unfinished batch in `in` and `out`. */
	struct position at;
	size_t dropped_input; /* FILE whose rest is dropped, or NO_INPUT */

	/* Flags, with a pipe each for who waits in poll. */
	atomic_bool stopping; /* by the main thread or a failure */
	atomic_bool aborted;  /* likewise */
	/* The batch that the reader reads into while it may be in read(2), NULL
	 * otherwise. Who takes it out owns it, and with it the rest of the
	 * reader's work. */
	_Atomic(struct batch *) in_read;
	atomic_size_t bad_input; /* FILE in which invalid=fail struck; the
				    reader skips its rest */
	int wake_pipe[2];  /* a byte: the reader is to look at the flags */
	int abort_pipe[2]; /* a byte that stays: aborted */
	int event_pipe[2]; /* a byte: a thread has ended */

	pthread_mutex_t events; /* held while one is told, however long */
	pthread_mutex_t lock;	/* guards error, fault */
	int error;		/* the first one */
	struct fault fault;
	atomic_bool input_trouble;
	atomic_bool line_cut; /* aborted inside a line, which is lost */

	/* Figures that may be looked at any time. */
	_Atomic uint64_t lines_in, bytes_in, lines_out, bytes_out, members,
		invalid;
};

void *reader_main(void *worker);
void *stand_in_main(void *worker);
void *transformer_main(void *worker);
void *writer_main(void *worker);

/* Turns a batch to upper case (and into a gzip member, if w has a deflater),
 * and counts it as read. Waits for the baton if the batch continues a line in a
 * language with context. Returns 0 or a negative errno, after an abort or a
 * stage_fail. */
int transform_batch(struct worker *w, struct batch *b);

/* Appends a batch that was transformed, or drops it when it is behind a bad
 * sequence. For who has the sink. Returns 0 or a negative errno after a
 * stage_fail. */
int write_batch(struct worker *w, struct batch *b);

/* The end of the output: all was written, or it was given up. For who has the
 * sink. */
void finish_output(struct pipeline *p);
void abandon_output(struct pipeline *p);

/* Makes one more batch, for the caller. NULL when there are as many as there
 * may be, or no memory for another. For the reader. */
struct batch *stage_make_batch(struct pipeline *p);

/* Starts a worker's thread. Returns 0 or a negative errno. */
int stage_start(struct worker *w, void *(*run)(void *));

/* Starts the transformers and the writer, as many as the system lets us, unless
 * that was tried before. For the reader. */
void stage_start_others(struct pipeline *p);

/* Gives the thread a name that `top -H` shows, "upcase-<role>". */
void stage_set_name(const char *role, int number);

/* The thread of w returns after this. */
void stage_ended(struct worker *w);

/* pipeline_abort, for any thread. */
void stage_abort(struct pipeline *p);

/* The output failed. The first call keeps its error; each aborts. */
void stage_fail(struct pipeline *p, int err, const struct fault *fault);

/* Events, serialised. */
void stage_trouble(struct pipeline *p, const char *name, uint64_t line,
	uint64_t column, const char *text);
void stage_note(struct pipeline *p, const char *name, const char *text);

/* Does what pipeline_reopen asked for if this is the moment, and tells. */
void stage_reopen(struct pipeline *p);

/* Makes the reader look at the flags. */
void stage_wake_reader(struct pipeline *p);

/* queue_get and queue_put without a time limit, with the time waited for added
 * to w->wait. */
enum queue_status stage_get(
	struct worker *w, struct queue *q, struct batch **b);
enum queue_status stage_put(struct worker *w, struct queue *q, struct batch *b);

#endif
