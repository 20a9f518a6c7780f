/*
 * competitor - what is measured: each variant of the engine, out of place and
 * in place, two other libraries, and a plain copy
 *
 * Invariants
 *  - All take a piece at room.text and may use it up, so that all find their
 *    input in the same memory and equally warm.
 *  - A piece is a whole text to each of them: nothing is carried over to the
 *    next one, since the libraries cannot.
 *  - The two competitors of a variant stand one behind the other, out of place
 *    first.
 */
#ifndef UPCASE_BENCH_COMPETITOR_H
#define UPCASE_BENCH_COMPETITOR_H

#include "upcase/upcase.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMPETITORS_MAX 32
#define COMPETITOR_ICU	"ICU" /* what the others are compared with */

enum competitor_kind {
	COMPETITOR_ENGINE,   /* upcase_convert */
	COMPETITOR_IN_PLACE, /* upcase_convert_in_place */
	COMPETITOR_LIBRARY,
	COMPETITOR_COPY, /* memcpy: as fast as memory goes */
};

/* The memory that all share. */
struct room {
	unsigned char *text; /* TEXT_PIECE bytes */
	unsigned char *spare;
	size_t size; /* of spare: upcase_bound(TEXT_PIECE) */
};

struct converted {
	const unsigned char *bytes; /* in room.text or room.spare */
	size_t len;
	uint64_t first_bad; /* with -EILSEQ: where, in the piece */
};

struct competitor;

/* Upper-cases room->text[0..len). Returns 0, or -EILSEQ where ill-formed text
 * was to be refused. Ends the program on any other failure. */
typedef int competitor_convert(const struct competitor *c,
	const struct room *room, size_t len, struct converted *done);

struct competitor {
	const char *name;
	enum competitor_kind kind;
	const char *absent; /* why it cannot be measured, or NULL */
	competitor_convert *convert;
	struct upcase engine;
	const char *language; /* for a library: "" or a primary subtag */
	void *handle;	      /* ICU's */
};

struct competitor_settings {
	const char *variant;  /* only this one, or NULL */
	const char *language; /* a tag, or NULL */
	enum upcase_invalid invalid;
};

struct competitors {
	char language[16];
	struct competitor reference; /* "portable": what all are checked with */
	struct competitor one[COMPETITORS_MAX];
	size_t n;
};

/* The list for these settings. Ends the program with a message when there is
 * no such variant or language, or when the variant asked for does not run on
 * this machine. all may not be moved afterwards. */
void competitors_init(
	struct competitors *all, const struct competitor_settings *settings);
void competitors_release(struct competitors *all);

/* The libraries and their versions, on one line each. */
void competitors_print_versions(const char *prefix);

#endif
