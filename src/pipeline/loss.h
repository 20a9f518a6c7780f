/*
 * loss - what was read and is not written, when a run was cut short
 *
 * What it is for: a batch whose lines do not come to be written has their
 * number in `unwritten`, set by whoever had it in hand. With invalid=fail that
 * is too much: lines behind a bad sequence would not have been written in any
 * case, and with several threads many of them may have been read by then.
 * Whether there is one is known for certain only when everything that is left
 * was looked at.
 *
 * Threads: the main thread's, when no other runs any more.
 */
#ifndef UPCASE_PIPELINE_LOSS_H
#define UPCASE_PIPELINE_LOSS_H

#include "pipeline/convert.h"
#include "pipeline/pool.h"

#include <stdbool.h>
#include <stddef.h>

/* Finds the bad sequences in what is left, and forgets what is behind them in
 * the same FILE. bad_input: the FILE of which one was told already, in which
 * nothing is wanted any more (OUTPUT_NO_INPUT: none). */
void loss_settle(
	struct pool *pool, const struct converter *converter, size_t bad_input);

/* Whether a bad sequence of this FILE is in what is left, or was told. */
bool loss_is_bad(struct pool *pool, size_t input, size_t bad_input);

#endif
