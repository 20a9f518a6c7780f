/*
 * cutter - cuts the stream of bytes that the FILEs are into batches
 *
 * What it is for: say when a batch goes on and where it is cut. Pure: no
 * threads, no queues, no clock; whoever reads gives it empty batches and bytes,
 * and takes away what is cut off.
 *
 * When a batch goes on
 *  - when it is full; what follows its last whole record moves to the next one;
 *  - plain output: as soon as it has a whole record and somebody is free to
 *    take it; else it is filled while there is more input without waiting. So
 *    one line comes out at once, and a fast producer gets full batches;
 *  - gzip output: `interval` after its first record, because a member for each
 *    would be larger than the text;
 *  - a person types: with each line;
 *  - in parts: also what there is of a record, when nothing more is there
 *    without waiting; but for what means nothing before more comes
 *    (text_waiting);
 *  - at the end of input; where FILEs are kept apart, at the end of each that
 *    may share no batch with the next;
 *  - when as many FILEs end in it as may (BATCH_ENDS).
 * Else a record without its end waits, unless it fills a batch.
 *
 * Invariants
 *  - The texts of the batches, one after the other and without the newlines
 *    that are counted as inserted, are the bytes that were put in.
 *  - Each FILE that was begun ends in exactly one batch, in order.
 *
 * Used by one thread at a time.
 */
#ifndef UPCASE_PIPELINE_CUTTER_H
#define UPCASE_PIPELINE_CUTTER_H

#include "pipeline/batch.h"
#include "text/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cutter_config {
	const struct text *text;
	size_t size;	  /* bytes of text in a batch, at least BATCH_MIN */
	bool lines;	  /* what is written always ends a line */
	bool apart;	  /* no batch holds two FILEs, but where they share;
			     where one leaves a line open, who writes ends it
			     before the next text */
	bool share;	  /* one that ends with a whole record, and what comes
			     behind it */
	bool parts;	  /* somebody may wait for the beginning of a record;
			     not with `gather` */
	bool gather;	  /* records are gathered for `interval` nanoseconds */
	int64_t interval; /* 0: not at all */
};

/* How the FILE that is read is treated. */
enum cutter_manner {
	CUTTER_READ,   /* bytes */
	CUTTER_TYPED,  /* lines that each end, as if typed */
	CUTTER_PROMPT, /* ... by a person who waits for each to be done */
};

/* What is to be cut off. */
enum cutter_due {
	CUTTER_NOTHING,
	CUTTER_WHOLE, /* the whole records */
	CUTTER_PART,  /* what there is of one, as far as it can be judged */
	CUTTER_FULL,  /* of a full batch as much as can be */
	CUTTER_ALL,   /* everything */
};

struct cutter {
	struct cutter_config config; /* set once by init */
	struct batch *b;	     /* being filled, or NULL */
	size_t whole;		     /* b->text[0..whole) is whole records */
	struct text_state now;	     /* behind all that was put in */
	struct text_state at_whole;  /* behind `whole` */
	int64_t first_at;  /* gather: when b got its first whole record */
	uint64_t given;	   /* batches, so far */
	bool continues;	   /* the next batch begins inside a record */
	bool line_open;	   /* the FILE's last byte was no newline */
	bool newline_due;  /* ... and it has ended so: one comes before the
			      next byte, which will be of another FILE */
	size_t ended_open; /* if so: FILEs that ended since, that one counted */
	size_t input;	   /* number of the FILE */
	bool decoded;	   /* its text was */
	struct batch_origin origin; /* where FILEs are kept apart: what it is */
	enum cutter_manner manner;
};

void cutter_init(struct cutter *c, const struct cutter_config *config);

/* The next FILE. Returns what has to be cut off first (cutter_cut). */
enum cutter_due cutter_begin(
	struct cutter *c, size_t input, enum cutter_manner manner);

/* Where FILEs are kept apart, right behind cutter_begin: what comes is not the
 * FILE's beginning, but begins with this state. */
void cutter_resume(struct cutter *c, const struct text_state *state);

/* Where FILEs are kept apart: what the FILE is. That goes with whatever of it
 * is cut off from now on. */
void cutter_set_origin(struct cutter *c, const struct batch_origin *origin);

/* Whether the FILE's text is decoded, before any of it is put in: it shares no
 * batch with what is not. Returns what has to be cut off first. */
enum cutter_due cutter_set_decoded(struct cutter *c, bool decoded);

/* Whether a batch is needed before anything else can be done: given by
 * cutter_give, an empty one, which is the cutter's until it is cut off. */
bool cutter_needs(const struct cutter *c);
void cutter_give(struct cutter *c, struct batch *b);

/* Where the next bytes of the FILE go, and how many there is room for; not 0
 * while cutter_due is not CUTTER_FULL. Needs a batch. */
unsigned char *cutter_room(const struct cutter *c, size_t *room);

/* n bytes (not 0) were put there at the time `now` (any for `gather` false). */
void cutter_take(struct cutter *c, size_t n, int64_t now);

/* What is to be cut off before the next read, and until when that may wait
 * (CLOCK_FOREVER: for ever). `wanted`: somebody is free to take what there
 * is. */
enum cutter_due cutter_due(
	const struct cutter *c, bool wanted, int64_t now, int64_t *deadline);

/* What is to be cut off when nothing more is there without waiting; to be asked
 * until it is CUTTER_NOTHING, for behind the whole records may be a part. */
enum cutter_due cutter_rest(const struct cutter *c);

/* Whether cutting that off leaves something, for which a second batch is
 * needed. */
bool cutter_leaves(const struct cutter *c, enum cutter_due due);

/* Cuts it off: the batch is the caller's. next, empty, is needed if
 * cutter_leaves and takes what is left, else NULL. Not for CUTTER_NOTHING, nor
 * when cutter_is_empty. */
struct batch *cutter_cut(
	struct cutter *c, enum cutter_due due, struct batch *next);

/* Whether what came ends within a record of several lines (text_is_within). */
bool cutter_is_within(const struct cutter *c);

/* Whether there is nothing that would have to go on at the end of all input. If
 * there is, and a batch is needed (cutter_needs), it has to be given. */
bool cutter_is_empty(const struct cutter *c);

/* The FILE has ended at the time `now`; `good`: all of it was read. Needs a
 * batch. Returns what is to be cut off now. */
enum cutter_due cutter_end(struct cutter *c, bool good, int64_t now);

/* What was put in of this FILE and not cut off is not wanted. */
void cutter_drop(struct cutter *c);

/* Takes the batch away, as it is; NULL if there is none. */
struct batch *cutter_take_away(struct cutter *c);

/* Goes on with `next`, empty, in the place of the batch that it has, which is
 * left empty: what is in that goes there. */
void cutter_move(struct cutter *c, struct batch *next);

#endif
