/*
 * verdict - what is told when the pipeline has ended, and the exit status
 */
#ifndef UPCASE_RUN_VERDICT_H
#define UPCASE_RUN_VERDICT_H

#include "cli/options.h"
#include "io/share.h"
#include "io/sink.h"
#include "pipeline/pipeline.h"
#include "pipeline/targets.h"
#include "run/attend.h"

#include <stdbool.h>

enum {
	EXIT_DONE = 0,
	EXIT_INPUT = 1, /* some input was not good; the rest was processed */
	EXIT_USAGE = 2,
	EXIT_OUTPUT = 3, /* accepted lines were not written */
};

/* Where it goes. */
struct out {
	struct sink *sink;
	struct targets *targets;   /* NULL: the sink is all */
	const struct share *share; /* of the inputs; NULL: all of them */
};

/* Ends the pipeline, tells what became of the output and what was asked for
 * (counts, figures), and waits until standard error has taken it. Returns the
 * exit status, or does not return where the process dies of the signal that
 * ended it. *left: a thread was left behind, that may still use what it has.
 * For the main thread, after attend. */
int verdict(struct pipeline *p, const struct options *o, const struct out *out,
	struct shutdown *e, bool *left);

#endif
