/*
 * columns - fields that are chosen by their names in a FILE's first record
 *
 * What it is for: which fields a name means differs from FILE to FILE. It is
 * found when the header is complete, and travels as a pointer in the state
 * (text_state.columns). What a header comes to is kept here as long as the
 * program runs: mostly all FILEs have the same, so there are few.
 *
 * Threads: any, for columns_find; it holds a lock for a look.
 */
#ifndef UPCASE_TEXT_COLUMNS_H
#define UPCASE_TEXT_COLUMNS_H

#include "text/ranges.h"

#include <stdbool.h>
#include <stddef.h>

struct columns;

/* What the user has asked for: numbers, and names beside them. */
struct columns_wanted {
	struct ranges numbers;	  /* becomes theirs */
	const char *const *names; /* the user's, as long as the columns live */
	size_t n_names;
	bool complement; /* all but these */
	const char *delimiter;
	size_t delimiter_len;
	bool quotes;
};

/* Returns NULL without memory; then `wanted` is as it was. */
struct columns *columns_new(const struct columns_wanted *wanted);
void columns_free(struct columns *c); /* may be NULL */

/* What came of a header. */
enum columns_found {
	COLUMNS_ALL,
	COLUMNS_MISSING, /* a name is not there */
	COLUMNS_NO_MEMORY,
};

/* The fields that are wanted where the header is p[0..len), without its newline
 * and without a byte order mark. *ranges lives as long as the columns do. With
 * COLUMNS_MISSING says in words, if it is not NULL, which, and those that are
 * there, as far as there is room (not 0), and fit for a terminal. */
enum columns_found columns_find(struct columns *c, const unsigned char *p,
	size_t len, const struct ranges **ranges, char *words, size_t room);

#endif
