/*
 * growth - where a text that is turned in place has more characters than it had
 *
 * What it is for: the column of the first ill-formed sequence is counted in
 * characters of what was read. In place that is gone, but for what it has
 * become and for what is noted here: only where one character has become
 * several, and only until that sequence is met.
 *
 * Owned by one call of the engine. Places are in its output, and only grow.
 */
#ifndef UPCASE_GROWTH_H
#define UPCASE_GROWTH_H

#include "upcase/names.h"

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

enum {
	GROWTH_NOTES = 32
};

struct growth {
	/* By how many characters more than what was read the line is that `at`
	 * is in, up to there. */
	ptrdiff_t surplus;
	const unsigned char *at;
	/* And behind that: bytes that begin characters that were not there. */
	unsigned n;
	struct {
		const unsigned char *at;
		uint64_t set; /* `lane` bits for each byte */
		unsigned lane;
	} notes[GROWTH_NOTES];
};

/* Before the output, which begins there. */
void growth_begin(struct growth *g, const unsigned char *begin);

/* Notes a set, not empty, of bytes from `at` on. */
void growth_note(
	struct growth *g, const unsigned char *at, uint64_t set, unsigned lane);

/* src[0..n) has become out[0..len), which is at `at` or will be. */
void growth_note_text(struct growth *g, const unsigned char *src, size_t n,
	const unsigned char *at, const unsigned char *out, size_t len);

/* By how many characters more the line is that ends at `end`. */
ptrdiff_t growth_of_line(struct growth *g, const unsigned char *end);

#pragma GCC visibility pop

#endif
