/*
 * patience - appends that wait until a full disk has room
 *
 * What it is for: with a patient sink (sink.h) an append for which there is no
 * room is made again, after pauses that grow, until there is. What was kept of
 * it stays; the rest follows. That it waits is told once, and that it goes on.
 *
 * Invariants
 *  - Only what a full disk or quota refuses is waited for, and only if nothing
 *    torn was left in the output. A sync that failed is never made again: what
 *    it was for may be gone.
 *  - While it waits between two records the lock is let go and a wish to open
 *    the output anew is served; then it goes on with the new file at once.
 *  - An abort ends the wait at once.
 *  - Who must not wait does not: it gets -EAGAIN, and somebody else goes on.
 *
 * Used by the owner of the output, but for patience_look.
 */
#ifndef UPCASE_PIPELINE_PATIENCE_H
#define UPCASE_PIPELINE_PATIENCE_H

#include "io/fault.h"
#include "io/sink.h"
#include "pipeline/ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct patience {
	struct sink *sink; /* set once by init; so are the next four */
	struct ledger *ledger;
	bool (*serve)(void *context); /* a wish: whether there was one, and this
					 is the moment */
	void *context;
	int look_pipe[2]; /* a byte: there may be a wish; -1: never waits */
	bool told;	  /* that it waits */
	int64_t pause;	  /* the next one, nanoseconds */
};

/* What is to be in the output. */
struct patience_piece {
	const unsigned char *data;
	size_t len;
	bool line_ends; /* see sink_append */
	size_t *done;	/* bytes of it that are in the output: counted on */
};

/* Returns 0 or a negative errno; then there is nothing to release. */
int patience_init(struct patience *p, struct sink *sink, struct ledger *ledger,
	bool (*serve)(void *context), void *context);
void patience_release(struct patience *p);

/* Appends the rest of a piece. may_wait: whether this thread may wait for room.
 * Returns 0; -EAGAIN if it may not, and there is none; or a negative errno with
 * *fault filled. May block as sink_append does, and for room. */
int patience_append(struct patience *p, const struct patience_piece *piece,
	bool may_wait, struct fault *fault);

/* Makes a compressed output valid that nothing was appended to, which is due
 * before sink_finish. May block likewise; returns likewise. */
int patience_make_valid(struct patience *p, struct fault *fault);

/* There may be a wish that who waits can serve. Any thread; does not block. */
void patience_look(struct patience *p);

#endif
