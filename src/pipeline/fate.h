/*
 * fate - what becomes of FILEs whose output takes the place of a file
 *
 * What it is for: the output (output.h) writes pieces of text; here is whether
 * a piece is to be written at all, and what the end of a FILE means: that its
 * output is closed, or that it stays as it was. The files themselves are those
 * of targets.h. With an output that is none of these all of it does nothing.
 *
 * Invariants
 *  - For each FILE: fate_begin, fate_piece before each piece, fate_end. A FILE
 *    that would become what it is has nothing written of it, if that is known
 *    before its first piece, and nothing published in any case.
 *
 * The owner of the output's, but for fate_is_own.
 */
#ifndef UPCASE_PIPELINE_FATE_H
#define UPCASE_PIPELINE_FATE_H

#include "io/fault.h"
#include "io/sink.h"
#include "pipeline/batch.h"
#include "pipeline/targets.h"

#include <stdbool.h>
#include <stddef.h>

struct fate_config {
	struct targets *targets; /* NULL: the output is what it is */
	struct sink *sink;
	const char *const *inputs; /* the FILEs' names */
	/* Writes what the text that was written has to end with. Returns 0, or
	 * a negative errno with *fault filled. */
	int (*close)(void *context, struct fault *fault);
	void *context;
};

struct fate {
	struct fate_config config; /* set once by init */

	/* Of the FILE that goes on. */
	bool changed; /* what it became so far is not what it was */
	struct batch_origin origin;
};

/* What is to be done with a piece. */
enum fate_piece {
	FATE_WRITE,
	FATE_SKIP,  /* all of the FILE is what it was */
	FATE_LEAVE, /* the FILE cannot have its output */
	FATE_FAIL,  /* nor can any other */
};

void fate_init(struct fate *f, const struct fate_config *config);

/* Whether each FILE has an output of its own. Any thread. */
bool fate_is_own(const struct fate *f);

void fate_begin(struct fate *f);

/* Before a piece of the FILE, where it has an output of its own. *err is 0, or,
 * if it is to be left or nothing can be done any more, a negative errno with
 * *fault filled. May block. */
enum fate_piece fate_piece(struct fate *f, size_t input, const struct batch *b,
	int *err, struct fault *fault);

/* The FILE ends; `good`: nothing of it was wrong. Returns 0, or, when nothing
 * can be done any more, a negative errno with *fault filled. May block. */
int fate_end(struct fate *f, size_t input, bool good, struct fault *fault);

/* No FILE comes any more. Returns as fate_end. May block. */
int fate_finish(struct fate *f, struct fault *fault);

#endif
