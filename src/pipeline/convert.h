/*
 * convert - what is done to a batch between reading and writing: it is turned
 * to upper case, and for gzip output packed
 *
 * Whoever has the batch does it, in whatever thread.
 */
#ifndef UPCASE_PIPELINE_CONVERT_H
#define UPCASE_PIPELINE_CONVERT_H

#include "codec/packer.h"
#include "pipeline/batch.h"
#include "pipeline/ledger.h"
#include "text/text.h"

#include <stdbool.h>

/* Set once before threads start. */
struct converter {
	const struct text *text;
	const struct text *decoded; /* for what was decoded */
	struct ledger *ledger;
	bool verify;  /* what was packed is decoded again, and compared */
	bool compare; /* a batch is to say whether it was changed */
};

/* What packs the batches of each form, for one thread; NULL: they are plain. */
struct packers {
	struct packer *of[BATCH_FORMS];
};

/* Turns b to upper case, and counts it as read. `engine` is what the engine
 * left of the piece of the same record before, NULL where b holds whole records
 * or there is no context. Does not fail: with invalid=fail, b->bad says what
 * was met. */
void convert_batch(
	const struct converter *c, struct text_engine *engine, struct batch *b);

/* What converting part i of a shared batch (batch_part), which is written, has
 * met: it is turned once more. The spare is used up. */
void convert_look(const struct text *t, struct batch *b, size_t i,
	struct text_result *result);

/* b was read on behind a bad sequence of its FILE: it counts for nothing, and
 * is not lost if it is not written. Its owner's, or the main thread's once no
 * other runs. */
void convert_forget(struct ledger *l, struct batch *b);

/* b will not be written: if it was not converted, finds out which of its lines
 * would have been, with invalid=fail, and counts those as lost. Does nothing to
 * one without text. */
void convert_judge(const struct converter *c, struct batch *b);

/* Whether a batch of its form is to be packed. */
bool convert_packs(const struct packers *p, const struct batch *b);

/* Packs b's upper case, if it is to be and there is any. Returns 0, or a
 * negative errno after a ledger_fail. */
int convert_compress(
	const struct converter *c, const struct packers *p, struct batch *b);

#endif
