/*
 * transformer - the second stage: takes batches in the order in which they were
 * read, turns them to upper case unless that was done, and, for gzip output,
 * packs them
 *
 * There may be several of these threads; the writer's queue puts their batches
 * in order. A batch that is in `out` is done in `in`, in this order: who joins
 * `in` may count on it.
 */
#ifndef UPCASE_PIPELINE_TRANSFORMER_H
#define UPCASE_PIPELINE_TRANSFORMER_H

#include "io/sandbox.h"
#include "pipeline/convert.h"
#include "pipeline/crew.h"
#include "pipeline/queue.h"

/* What one is given. Set once before it starts; must outlive it. */
struct transformer {
	struct crew *crew;
	struct worker *worker; /* itself */
	int number;	       /* for its name */
	const struct converter *converter;
	const struct packers *packers;
	struct queue *in, *out;
	struct sandbox *sandbox; /* entered before a batch is touched */
};

/* The thread. */
void *transformer_main(void *transformer);

#endif
