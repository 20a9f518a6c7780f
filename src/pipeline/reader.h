/*
 * reader - the first stage: reads the FILEs into batches and hands them over
 *
 *	input --bytes--> cutter --batches--> handover
 *
 * It only ties these together, looks at the flags, and tells what is wrong with
 * a FILE. Everything it uses is its own while it runs, but for the handover,
 * which goes to a stand-in when it is stuck in a read.
 */
#ifndef UPCASE_PIPELINE_READER_H
#define UPCASE_PIPELINE_READER_H

#include "io/sink.h"
#include "pipeline/control.h"
#include "pipeline/crew.h"
#include "pipeline/cutter.h"
#include "pipeline/handover.h"
#include "pipeline/input.h"
#include "pipeline/ledger.h"
#include "pipeline/standin.h"
#include "pipeline/unpackers.h"

#include <stdbool.h>
#include <stddef.h>

/* What it is given; set once before it starts; must outlive it. */
struct reader {
	struct crew *crew;
	struct control *control;
	struct ledger *ledger;
	struct output *output; /* for a look which FILE it wants no more of */
	struct sink *sink;     /* for a look which file that is */
	struct unpackers *unpackers; /* NULL: none */
	struct standin *standin;
	struct handover handover;
	struct cutter cutter;
	struct input input;
	const char *const *paths; /* the FILEs */
	size_t n_paths;
	bool relieved; /* a stand-in has taken over */
};

/* The thread. */
void *reader_main(void *reader);

#endif
