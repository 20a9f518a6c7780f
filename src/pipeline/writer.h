/*
 * writer - the last stage: writes batches in the order of their numbers and
 * sends them home
 *
 * It owns the output while it has a batch in its hands. Who drains the pipeline
 * finishes the output.
 */
#ifndef UPCASE_PIPELINE_WRITER_H
#define UPCASE_PIPELINE_WRITER_H

#include "io/sandbox.h"
#include "pipeline/control.h"
#include "pipeline/crew.h"
#include "pipeline/output.h"
#include "pipeline/pool.h"
#include "pipeline/queue.h"

/* What it is given. Set once before it starts; must outlive it. */
struct writer {
	struct crew *crew;
	struct worker *worker; /* itself */
	const struct control *control;
	struct queue *out;
	struct pool *pool;
	struct output *output;
	struct sandbox *sandbox; /* entered before a batch is touched */
};

/* The thread. */
void *writer_main(void *writer);

#endif
