/*
 * measure - does the works and fills the results
 *
 * Before anything is timed, each command runs once: that warms up what can be
 * warm, shows which ones fail, and what upcase-pipe wrote then is compared with
 * what it should have written. In round r the r-th command begins, so that what
 * makes a machine slower for a while hits all alike. Files that were written
 * are removed before each run, outside the timed part.
 */
#ifndef UPCASE_BENCH_MEASURE_H
#define UPCASE_BENCH_MEASURE_H

#include "results.h"
#include "work.h"

#include <stddef.h>

struct settings {
	size_t runs;
	unsigned long lines;   /* of the works without a file */
	unsigned long answers; /* of a round of latencies */
	char **texts;	       /* names, n_texts of them */
	size_t n_texts;
};

/* Does the work with all its texts that are there. */
void measure(const struct work *work, const struct settings *settings,
	struct results *results);

#endif
