/*
 * unpackers - threads that decode pieces of packed files for the reader
 *
 *	reader --(packed)--> unpacker xN --(unpacked, by number)--> reader
 *
 * What it is for: the help that io/ahead.h asks for. The threads are started
 * with the first piece. They never wait for anything but pieces, so they are
 * done as soon as nobody has any left for them.
 *
 * Threads: all functions are the reader's, but unpackers_abort, which is for
 * any thread.
 */
#ifndef UPCASE_PIPELINE_UNPACKERS_H
#define UPCASE_PIPELINE_UNPACKERS_H

#include "io/ahead.h"
#include "io/sandbox.h"
#include "pipeline/queue.h"

#include <pthread.h>
#include <stdint.h>

struct unpackers {
	struct ahead_help help;	 /* for the source; set once by init */
	unsigned jobs;		 /* threads wanted; set once by init */
	pthread_t *threads;	 /* room for `jobs` */
	unsigned n_threads;	 /* that run */
	bool asked;		 /* it was tried to start them */
	struct queue packed;	 /* FIFO */
	struct queue unpacked;	 /* by the packet's seq */
	int64_t waited;		 /* nanoseconds that the reader waited */
	struct sandbox *sandbox; /* entered before a packet is touched; may be
				    NULL; set before there is a thread */
};

/* Makes *u, without a thread. jobs is at least 1. Returns 0 or a negative
 * errno; then there is nothing to release. */
int unpackers_init(struct unpackers *u, unsigned jobs);

/* Ends the threads. All packets must have come back, unless it was aborted. */
void unpackers_stop(struct unpackers *u);

/* Nobody waits for packets any more. */
void unpackers_abort(struct unpackers *u);

/* Frees what init took. No thread may run. */
void unpackers_release(struct unpackers *u);

#endif
