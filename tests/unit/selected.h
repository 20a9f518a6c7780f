/*
 * selected - what is selected of a text, turned: by the book, and by the
 * program
 *
 * What does not hold ends the program, so that the fuzzer can use it, too.
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
	char words[240]; /* in batches: why, for people */
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

/* Whether a batch can end at `at`: between characters, behind a record, or so
 * far in one that it is known how it begins. */
bool selected_can_cut(const struct text *t, const unsigned char *p, size_t at);

/* In two pieces, cut there. */
struct selected selected_cut_at(
	const struct text *t, const unsigned char *p, size_t len, size_t at);

/* Whether all but the words is the same. */
bool selected_same(const struct selected *a, const struct selected *b);

/* Prints both, on standard error, and how the text was turned. */
void selected_show(const struct text *t, const unsigned char *p, size_t len,
	const struct selected *is, const struct selected *should);

void selected_release(struct selected *s);

/* One of many selections: the first digit of x, to the base of CHOICES, says of
 * which kind. Its ranges are the caller's to free. */
#define SELECTED_CHOICES 6
void selected_choose(struct text_selection *s, uint32_t x);

/* One of many settings of the engine; they are the first digit of x to the base
 * of ENGINES, the second one is the variant. */
#define SELECTED_ENGINES 32
void selected_engine(struct upcase *u, uint32_t x);

/* The next of some numbers that look random; not from 0. */
uint32_t selected_random(uint32_t *x);

#endif
