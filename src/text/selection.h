/*
 * selection - what of a text is to be turned, as the user has said it
 *
 * Made once, then only read, by any number of threads; but for `columns`, which
 * has a lock of its own.
 */
#ifndef UPCASE_TEXT_SELECTION_H
#define UPCASE_TEXT_SELECTION_H

#include "text/columns.h"
#include "text/ranges.h"
#include "text/text.h"

#include <stdbool.h>
#include <stddef.h>

/* Bytes that a line begins with. */
struct selection_prefix {
	const char *bytes; /* the user's */
	size_t len;	   /* 1..SELECTION_PREFIX_MOST */
};

#define SELECTION_PREFIX_MOST 4096

/* What a batch holds at least where columns have names: no header may be
 * longer. */
#define SELECTION_HEADER_MOST ((size_t)65536)

struct text_selection {
	enum text_choice choice;

	/* Lines that are left as they are; looked for where a record begins. */
	const struct selection_prefix *prefixes;
	size_t n_prefixes;

	/* TEXT_FIELDS, TEXT_CHARACTERS: which of each record, unless the
	 * header says it. */
	struct ranges ranges;
	bool header;		 /* the first record that is not left is */
	struct columns *columns; /* the names; NULL: none are asked for */

	/* TEXT_FIELDS */
	char delimiter[4];
	size_t delimiter_len; /* 1..4: a character */
	bool quotes;	      /* as in RFC 4180 */
};

/* The least bytes of a batch with which it can be judged. */
size_t selection_least(const struct text_selection *s);

#endif
