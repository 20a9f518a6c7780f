/*
 * ranges - numbers that are chosen, as cut(1) has them: "2,5-7,9-"
 *
 * From 1, in order, without overlaps. Made once, then only read.
 */
#ifndef UPCASE_TEXT_RANGES_H
#define UPCASE_TEXT_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The largest number there is. It stands for all that are larger, too: who
 * counts stops there (ranges_more). */
#define RANGES_MOST (UINT32_MAX - 1)

struct range {
	uint32_t first, last;
};

/* Zeroed storage is none. Behind the last one there is one that no number
 * reaches. */
struct ranges {
	struct range *list; /* n + 1, allocated; NULL: none */
	size_t n;
};

/* Adds numbers, 1 <= first <= last <= RANGES_MOST. Returns 0 or -ENOMEM. */
int ranges_add(struct ranges *r, uint32_t first, uint32_t last);

/* All that were not chosen are, and the other way around. Returns 0 or
 * -ENOMEM. */
int ranges_complement(struct ranges *r);

void ranges_free(struct ranges *r);

const struct range *ranges_find(const struct ranges *r, uint32_t number);

/* The first range that does not end before `number`; never NULL. */
static inline const struct range *ranges_from(
	const struct ranges *r, uint32_t number)
{
	/* Mostly a record begins. */
	return r->list && number <= r->list[0].last ? r->list
						    : ranges_find(r, number);
}

/* The number behind `number`. */
static inline uint32_t ranges_next(uint32_t number)
{
	return number + (number < RANGES_MOST);
}

/* The number that is n more than `number`. */
static inline uint32_t ranges_more(uint32_t number, size_t n)
{
	return n < RANGES_MOST - number ? number + (uint32_t)n : RANGES_MOST;
}

/* For who goes up: from a range that did not end before a lower number. */
static inline const struct range *range_up(
	const struct range *at, uint32_t number)
{
	while (at->last < number)
		at++;
	return at;
}

#endif
