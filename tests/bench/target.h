/*
 * target - what upcase-pipe is to reach, in one table, and whether it does
 *
 * A target has two figures: what must be reached "at least", and what is aimed
 * at. It holds for every text of its work; the worst one is told.
 */
#ifndef UPCASE_BENCH_TARGET_H
#define UPCASE_BENCH_TARGET_H

#include "results.h"

#include <stdbool.h>
#include <stddef.h>

enum target_of {
	TARGET_TIME,   /* time per byte, by the rival's: at most */
	TARGET_FASTER, /* how many times as fast as the rival: at least */
	TARGET_SIZE,   /* bytes of output, by the rival's: at most */
	TARGET_P99,    /* the slow answers, by the rival's: at most */
	TARGET_MEMORY, /* MiB: at most */
};

struct target {
	const char *work;
	const char *tool; /* NULL: every one of upcase-pipe */
	enum target_of of;
	const char *rival;
	double least, aim;
};

extern const struct target targets[];
extern const size_t n_targets;

/* Whether a target is about this row, and if it can be compared, how the row
 * does. 0: it cannot. */
bool target_is_about(const struct target *target, const struct row *row);
double target_value(const struct target *target, const struct results *results,
	const struct row *row);

/* Whether a value is as good as a bound of the target. */
bool target_meets(const struct target *target, double value, double bound);

/* The row that does worst, one that failed above all; NULL if the target was
 * not measured. */
const struct row *target_worst(
	const struct target *target, const struct results *results);

#endif
