/*
 * selected - what is selected of a text, turned: by the book, and by the
 * program
 *
 * As the functions of support.h, these fail the test when something goes wrong.
 */
#ifndef UPCASE_TESTS_SELECTED_H
#define UPCASE_TESTS_SELECTED_H

#include "text/selection.h"
#include "text/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct selected {
	unsigned char *bytes; /* allocated */
	size_t len;
	uint64_t invalid;
	uint64_t bad_line, bad_column; /* if invalid > 0: from 0 */
	size_t bad_at;
	int err; /* 0 or -EILSEQ; then only what is before it is there */
	bool wrong;
	uint64_t wrong_line;
};

/* One byte behind the other, over the whole FILE at once. Knows the selection's
 * prefixes, ranges, header, delimiter and quotes, but not its columns: those
 * that the header comes to are `ranges`, or NULL. */
struct selected selected_plainly(const struct text *t,
	const struct ranges *columns, const unsigned char *p, size_t len);

/* In batches of `size` bytes, that come and are cut as *random has it; in place
 * where that may be. */
struct selected selected_in_batches(const struct text *t,
	const unsigned char *p, size_t len, size_t size, uint32_t *random);

void selected_release(struct selected *s);

/* The next of some numbers that look random; not from 0. */
uint32_t selected_random(uint32_t *x);

#endif
