/*
 * crew - the threads of a pipeline: started, named, nudged, counted, joined
 *
 * A worker is a place for one thread at a time and what it measured. From
 * `started` until it is joined its handle is good. The thread
 * says itself when it has ended, so that nobody has to wait to find out.
 *
 * Threads: crew_start, crew_get, crew_put and crew_set_name may be called from
 * any thread; crew_ended by the thread itself; the rest is the main thread's.
 */
#ifndef UPCASE_PIPELINE_CREW_H
#define UPCASE_PIPELINE_CREW_H

#include "pipeline/queue.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct worker {
	pthread_t thread;
	atomic_bool started; /* thread is good */
	atomic_bool ended;   /* ... but does nothing any more */
	atomic_bool left;    /* nobody waits for it any more */
	/* Nanoseconds at work, waiting for a queue, and for input or output.
	 * The thread's own until it has ended. */
	int64_t busy, wait, blocked;
};

/* Each worker of a pipeline, in the order in which they may start one another:
 * who is counted as ended cannot start one that was counted before it. */
struct crew {
	struct worker stand_in; /* for a reader that was left */
	struct worker reader;
	struct worker writer;
	struct worker *transformers; /* n_transformers of them */
	unsigned n_transformers;     /* set once by init */
	int event_pipe[2];	     /* a byte: a thread has ended */
};

/* Returns 0 or a negative errno; then there is nothing to release. */
int crew_init(struct crew *c, unsigned n_transformers);

/* No thread may run. */
void crew_release(struct crew *c);

/* Starts a thread of the crew with the caller's signal mask. Returns 0 or a
 * negative errno. */
int crew_start(struct worker *w, void *(*run)(void *), void *argument);

/* The calling thread, which is w's, is about to return. */
void crew_ended(struct crew *c, struct worker *w);

/* Who waits for threads to end is to look for something else. Any thread. */
void crew_call(struct crew *c);

/* Readable when a thread has ended, or crew_call was called, since crew_running
 * was. */
int crew_event_fd(const struct crew *c);

/* How many threads run that are waited for. */
unsigned crew_running(struct crew *c);

/* Whether w runs. */
bool crew_runs(const struct worker *w);

/* Sends w's thread a signal if it runs, and returns whether it does. */
bool crew_nudge(struct worker *w, int signal);

/* Waits for w's thread to end, and joins it; w may be started anew. */
void crew_join(struct worker *w);

/* Joins every thread that has ended. Returns whether others are left. */
bool crew_join_ended(struct crew *c);

/* queue_get and queue_put without a time limit, with the time waited for added
 * to *wait. For any thread. */
enum queue_status crew_get(struct queue *q, void **item, int64_t *wait);
enum queue_status crew_put(struct queue *q, void *item, int64_t *wait);

/* Gives the calling thread a name that `top -H` shows: "upcase-<role>", with a
 * number behind it unless that is negative. */
void crew_set_name(const char *role, int number);

#endif
