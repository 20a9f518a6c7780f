/*
 * standin - a thread that does the rest of the reader's work when the reader
 * does not come back from a read
 *
 * What it is for: a read from a dead file server cannot be woken. At a stop,
 * what was read before it must be written all the same, and the process must
 * end.
 *
 * The reader exposes the batch that it reads into for the time of the read.
 * Whoever takes it out owns it, and with it the handover: the reader when it
 * comes back, or the stand-in. Exactly one of them gets it.
 */
#ifndef UPCASE_PIPELINE_STANDIN_H
#define UPCASE_PIPELINE_STANDIN_H

#include "pipeline/control.h"
#include "pipeline/crew.h"
#include "pipeline/cutter.h"
#include "pipeline/handover.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct standin {
	/* Set once before threads start. */
	struct crew *crew;
	struct handover *handover; /* the reader's */
	struct cutter_config cut;
	bool typed; /* standard input may be typed lines */

	_Atomic(struct batch *) exposed; /* NULL: the reader is not in a read */
	struct batch *adopted;		 /* what the stand-in begins with */
};

/* The reader is about to read into b. */
void standin_expose(struct standin *s, struct batch *b);

/* It has come back. Returns whether it still has the batch, the handover and
 * everything else. */
bool standin_withdraw(struct standin *s);

/* Whether the reader is in a read. Any thread. */
bool standin_may_take_over(const struct standin *s);

/* Takes over from a reader that is in a read; does nothing when it is not. The
 * main thread's. Returns 0, or a negative errno when there can be no such
 * thread; then the lines are still counted by standin_lost. */
int standin_take_over(struct standin *s);

/* Lines in the hands of a reader that does not come back and was not relieved.
 * Once nobody else counts. */
uint64_t standin_lost(const struct standin *s);

#endif
