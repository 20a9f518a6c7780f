/*
 * map - upper case of characters by themselves, whatever stands around them
 *
 * This is the seam for faster variants: a map_run function converts characters
 * until it meets something that is none. What to do there, and how a stream is
 * cut into pieces, is not its business.
 */
#ifndef UPCASE_MAP_H
#define UPCASE_MAP_H

#include "upcase/tables.h"
#include "upcase/upcase.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Bytes to convert and where they go. At dst there is room for three times as
 * many bytes as there are to read and MAP_SLACK more: stores may be wider than
 * what they produce. */
struct map_span {
	const unsigned char *src;
	const unsigned char *end;
	unsigned char *dst;
};

enum {
	MAP_SLACK = 64
};

/* A mapping, ready for use. Read only once made. */
struct map {
	const uint16_t (*row)[TABLES_ROW]; /* NULL: ASCII letters only */
	bool dotted_i;			   /* tr, az: i -> U+0130 */
	bool ech_yiwn;			   /* hy: U+0587 -> U+0535 U+054E */
};

/* Converts the characters at span->src until its end, or until the first byte
 * there that begins no complete, well-formed character, and moves src and dst
 * behind what it did. */
typedef void map_run(const struct map *map, struct map_span *span);

/* The map of u and, for languages without context, the function that runs
 * it. */
struct map map_of(const struct upcase *u);
map_run *map_run_of(const struct upcase *u);

/* Writes the upper case of the well-formed character of n bytes at p. Returns
 * the end of what it wrote. */
unsigned char *map_char(const struct map *map, const unsigned char *p, int n,
	unsigned char *dst);

#endif
