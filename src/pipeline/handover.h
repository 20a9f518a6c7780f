/*
 * handover - what becomes of a batch that was cut off: done here, or sent on
 *
 *	             +-- finish here: convert, write --------------> output
 *	batch -------+-- convert here ---(out)--------> writer ----> output
 *	             +-- send on --------(in)--> transformer --(out)--> writer
 *
 * What it is for: a hand-over to a thread that sleeps costs more than a few
 * lines are worth, and a batch that moves to another processor leaves its cache
 * behind. So who reads lends a hand where that is quicker. This is the one
 * place that says when. Measured with two processors, one rule turned off:
 *
 *  - `finish`: less than a full batch, while nothing is under way, is converted
 *    and written here, if the output takes it without waiting: a line that
 *    comes alone takes 7 us in place of 50, and a small input 0.2 ms less,
 *    since no other thread is started for it. With gzip output only until there
 *    are other threads: compressing is worth one. An output that would have to
 *    be waited for is the writer's: input is read on while it waits.
 *  - `few`: so are the first full ones of plain output, before other threads
 *    are started: to start them takes as long as one of these.
 *  - `convert`: while the writer has enough to do, a batch is converted
 *    here, still warm: 1.7 times as fast with -l el and one transformer.
 *  - Pieces of a record, in a language with context, are converted here, each
 *    with what the engine kept of the one before: no rule of speed. Only this
 *    thread sees them in order without waiting for anybody.
 *
 * The other threads are started with the first batch for a queue. Where there
 * can be none, everything is done here.
 *
 * Used by one thread at a time: the reader, or who stands in for it.
 */
#ifndef UPCASE_PIPELINE_HANDOVER_H
#define UPCASE_PIPELINE_HANDOVER_H

#include "pipeline/convert.h"
#include "pipeline/crew.h"
#include "pipeline/output.h"
#include "pipeline/pool.h"
#include "pipeline/queue.h"
#include "pipeline/rules.h"

#include <stdbool.h>
#include <stdint.h>

/* What there is to hand over to. Set once before threads start. */
struct handover_config {
	struct queue *in, *out;
	struct pool *pool;
	struct output *output;
	const struct control *control;
	const struct converter *converter;
	const struct packers *packers; /* used only while there is no
					  transformer */
	unsigned jobs;		       /* transformers that are wanted */
	struct rules rules;
	/* Starts the writer, and returns how many transformers as well; a
	 * negative number if there is not even a writer. Called once. */
	int (*start_others)(void *context);
	void *context;
};

struct handover {
	struct handover_config config; /* set once by init */
	uint64_t sent;		       /* batches through the queues */
	unsigned full;		       /* batches that were, finished here */
	bool asked;		       /* others were to be started */
	bool alone;		       /* there are none, not even a writer */
	int transformers;	       /* that run */
	struct text_engine engine;     /* of the record that is in pieces */
	int64_t wait;		       /* nanoseconds waited for others */
};

void handover_init(struct handover *h, const struct handover_config *config);

/* An empty batch. Blocks until there is one; NULL after an abort. */
struct batch *handover_get(struct handover *h);

/* Takes a batch away. What cannot be dealt with is counted as lost. Returns 0,
 * or -ECANCELED after an abort. May block: for room in a queue, or where it
 * writes by itself. */
int handover_send(struct handover *h, struct batch *b);

/* Sends an unused batch home. */
void handover_put_back(struct handover *h, struct batch *b);

/* Whether all that was sent is written. Does not block. */
bool handover_is_idle(struct handover *h);

/* Waits for that. Returns 0, or -ECANCELED after an abort. */
int handover_wait(struct handover *h);

/* Whether there is a wish about the output that nobody else will serve, since
 * nothing is under way. Does not block. */
bool handover_has_errand(struct handover *h);

/* Then, by the same thread: sends the writer, for to open anew may have to
 * wait, for a lock or a disk, and input is to be read meanwhile. Where there is
 * no writer to be had it is done here, and blocks as long as that takes. */
void handover_run_errand(struct handover *h);

/* No more batches: lets the other threads end and waits until all is written;
 * finishes the output, or abandons it after an abort. */
void handover_end(struct handover *h);

#endif
