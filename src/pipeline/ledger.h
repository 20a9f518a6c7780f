/*
 * ledger - what a pipeline has done so far, and what went wrong first
 *
 * Figures are atomics that anybody may look at any time; who adds to them is
 * said at each. Events are told by whichever thread has one, without a lock:
 * nobody waits for somebody else who tells something.
 *
 * Threads: any, for everything but init and release.
 */
#ifndef UPCASE_PIPELINE_LEDGER_H
#define UPCASE_PIPELINE_LEDGER_H

#include "io/fault.h"
#include "pipeline/control.h"
#include "pipeline/pipeline.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct ledger {
	struct pipeline_events events; /* set once by init; so is control */
	struct control *control;

	/* By who converts; the output's owner takes back what was read on
	 * behind a bad sequence. */
	_Atomic uint64_t lines_in, bytes_in, invalid;
	_Atomic uint64_t invalid_kept; /* of `invalid`, by who converts */
	/* By the reader, while it hands over a batch or runs an errand: lines
	 * that it has behind that, and that are in no batch's count. */
	_Atomic uint64_t lines_kept;
	/* By the output's owner; by main, when no thread runs any more. */
	_Atomic uint64_t lines_out, bytes_out, members;
	_Atomic uint64_t cut;  /* lines of a record in pieces that was cut off
				  again; not in lines_out */
	_Atomic uint64_t gone; /* lines that were written to a file that was
				  deleted meanwhile; not in lines_out */
	atomic_bool input_trouble;
	_Atomic uint64_t lines_unsent; /* by the reader: lost by an abort, read
					  but in no batch's count */
	_Atomic uint64_t undecoded;    /* by the reader, likewise, or as
					  lines_kept: bytes that are no text yet */

	pthread_mutex_t lock; /* guards error, fault, remark; held for a look
				 only */
	int error;	      /* the first one */
	struct fault fault;
	struct fault remark; /* to be put behind the reason why it ended */
};

/* Returns 0 or a negative errno; then there is nothing to release. */
int ledger_init(struct ledger *l, const struct pipeline_events *events,
	struct control *control);
void ledger_release(struct ledger *l);

/* The output failed: keeps the error if it is the first one and nothing was
 * aborted yet; aborts in any case. */
void ledger_fail(struct ledger *l, int err, const struct fault *fault);

/* The first error, 0 if none, with its words. */
int ledger_error(struct ledger *l, struct fault *fault);

/* Words to be put behind the reason why everything was given up, which may be
 * this thread's or another's: " (...)". The last one counts. */
void ledger_remark(struct ledger *l, const struct fault *remark);
struct fault ledger_get_remark(struct ledger *l);

/* Something is wrong with an input; line and column 0: not known where. */
void ledger_trouble(struct ledger *l, const char *name, uint64_t line,
	uint64_t column, const char *text);

/* Something is not as it was asked for, but nothing is lost by it. */
void ledger_warn(struct ledger *l, const char *name, const char *text);

/* Worth knowing about an input, of which nothing is lost. */
void ledger_notice(struct ledger *l, const char *name, const char *text);

/* Good to know. */
void ledger_note(struct ledger *l, const char *name, const char *text);

#endif
