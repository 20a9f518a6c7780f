/*
 * reader - the first stage: reads the FILEs into batches and hands them over
 *
 *	input --bytes--> cutter --batches--> handover
 *
 * It only ties these together, looks at the flags, and tells what is wrong
 * with a FILE. input, cutter and handover are its own while it runs; the rest
 * is shared.
 *
 * A reader that does not come back from a read, from the open or the close of
 * a FILE, or from looking where its part of one begins or what is in the way
 * of its output, is relieved (io/relief.h): the stand-in then has all that was
 * its own, and does what is left to do with the same functions. The read
 * itself may still write behind the text of the batch that the cutter had
 * then, so that goes on with another one. What it holds in other places where
 * it may have to be left is counted before (ledger's lines_kept).
 */
#ifndef UPCASE_PIPELINE_READER_H
#define UPCASE_PIPELINE_READER_H

#include "io/relief.h"
#include "io/sandbox.h"
#include "pipeline/control.h"
#include "pipeline/crew.h"
#include "pipeline/cutter.h"
#include "pipeline/gauge.h"
#include "pipeline/handover.h"
#include "pipeline/input.h"
#include "pipeline/ledger.h"
#include "pipeline/output.h"
#include "pipeline/part.h"
#include "pipeline/unpackers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What it is given; set once before it starts; must outlive it. */
struct reader {
	struct crew *crew;
	struct control *control;
	struct ledger *ledger;
	struct output *output;	 /* for a look: which file it is, and which FILE
				    it wants no more of */
	struct targets *targets; /* for a look: which FILEs may be read; NULL:
				    all */
	const struct part_config *part; /* of the FILEs only a share is read;
					   NULL: all */
	struct unpackers *unpackers;	/* NULL: none */
	struct gauge *gauge;
	struct relief *relief;
	struct sandbox *sandbox; /* closed once the last FILE is open and known
				    for what it is; NULL: never */
	struct handover handover;
	struct cutter cutter;
	struct input input;
	const char *const *paths; /* the FILEs */
	size_t n_paths;
	size_t current;		    /* number of the FILE that is read */
	bool in_file;		    /* it has begun and not ended */
	struct batch_origin origin; /* of it, for targets; form: once known */
	bool cut;		    /* a record begins behind its share */
	bool has_text;		    /* some of a FILE was read */
	bool fit; /* ... and it was seen that it has one that can be written */
	pthread_mutex_t lock;
	pthread_cond_t told; /* signalled once, when ... */
	bool may_begin;	     /* guarded by lock */
	bool dismissed;	     /* likewise: it only ends */
	atomic_bool has_all; /* nothing is read any more */
};

/* What it waits for before it begins; the rest is given by who makes it.
 * Returns 0 or a negative errno; then there is nothing to release. */
int reader_init(struct reader *r);
void reader_release(struct reader *r);

/* For struct input_config: somebody edits a line, and was woken. */
bool reader_woken(void *reader);

/* The thread. Touches nothing until reader_begin; after reader_dismiss, in its
 * place, it only ends. */
void *reader_main(void *reader);
void reader_begin(struct reader *r);
void reader_dismiss(struct reader *r);

/* For who has relieved the reader, after a stop: does the rest of its work,
 * with all that was read by then. Blocks until it is written. */
void reader_do_rest(struct reader *r);

/* Lines in the hands of a reader that will not come back, for who has relieved
 * it after an abort, in its place. */
uint64_t reader_count_lost(const struct reader *r);

/* Likewise bytes of which it cannot be said how many lines they are. */
uint64_t reader_count_undecoded(const struct reader *r);

#endif
