/*
 * turning - parts of a piece turned, the rest of it left
 *
 * What it is for: a way to choose goes over a piece and says, in order, which
 * parts are turned. What is left stays in place, and so does what is turned, as
 * long as it does not change its length; from there on all is written anew.
 * Short parts of ASCII do not go through the engine, for which a call costs
 * more than they are worth.
 *
 * Used by one thread at a time, for one piece.
 */
#ifndef UPCASE_TEXT_TURNING_H
#define UPCASE_TEXT_TURNING_H

#include "text/text.h"

#include <stdbool.h>
#include <stddef.h>

struct turning {
	const struct text *text;
	const struct text_piece *piece;
	struct text_result *result;
	bool plain;	    /* of ASCII, short parts are turned here */
	size_t at;	    /* of the piece: dealt with */
	unsigned char *out; /* where the result is: */
	size_t n;	    /* so many bytes */
	bool moved;	    /* ... not in place */
	ptrdiff_t surplus;  /* by so many characters the line is longer than
			       what was read, */
	size_t surplus_at;  /* up to there, of out */
	int err;
};

void turning_begin(struct turning *c, const struct text *t,
	const struct text_piece *piece, struct text_result *result);

/* How a part is tied to what is not in the piece. */
enum turning_ties {
	TURNING_ALONE = 0,
	TURNING_BEFORE = 1, /* the piece before ended inside of it */
	TURNING_BEHIND = 2, /* the piece ends inside of it, maybe */
};

/* Leaves what comes up to `to`. */
void turning_leave(struct turning *c, size_t to);

/* Turns the part from..to of the piece, which may be empty, and leaves what is
 * between it and the one before. Does nothing when something has failed. */
void turning_part(struct turning *c, size_t from, size_t to, unsigned ties);

/* The records are not as they must be: told once, at this place of the piece,
 * or so many lines before it. */
void turning_wrong(
	struct turning *c, size_t at, uint64_t lines_before, const char *words);

/* Leaves the rest, and completes the result. Returns 0 or -EILSEQ. */
int turning_end(struct turning *c);

#endif
