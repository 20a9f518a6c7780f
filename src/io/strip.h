/*
 * strip - takes white space around lines away, and empty lines, as a stream
 *
 * What it is for: typed lines, which are taken as `input().strip()` and `if not
 * msg: continue` take them. White space is Unicode's White_Space and the four
 * separators U+001C..U+001F, as in Python's str.strip().
 *
 * Invariants
 *  - The result does not depend on where the input is cut.
 *  - Memory is constant: of white space inside a line that may yet turn out to
 *    be at its end, STRIP_HELD bytes are held back. A longer run is taken for a
 *    part of the line.
 */
#ifndef UPCASE_IO_STRIP_H
#define UPCASE_IO_STRIP_H

#include <stdbool.h>
#include <stddef.h>

#define STRIP_HELD 4096

/* Zeroed storage is the beginning of a stream. The fields are strip's own. */
struct strip {
	bool in_line; /* something of this line was handed out */
	size_t n_partial;
	unsigned char partial[3]; /* what may become a white space character */
	size_t n_held;
	unsigned char held[STRIP_HELD];
};

/* The room that out must have for len bytes of input. */
#define STRIP_BOUND(len) ((len) + STRIP_HELD + 3)

/* Strips in[0..len) into out and returns the number of bytes there. */
size_t strip_more(struct strip *s, const unsigned char *in, size_t len,
	unsigned char *out);

/* The input is at its end: hands out what was held back and is no white space
 * (with white space before it: up to STRIP_BOUND(0) bytes), and begins anew. */
size_t strip_end(struct strip *s, unsigned char *out);

#endif
