/*
 * map - upper case of characters by themselves, whatever stands around them
 *
 * A map_run function converts characters until it meets something that is none;
 * variant.h names those there are. What to do there, and how a stream is cut
 * into pieces, is not its business.
 */
#ifndef UPCASE_MAP_H
#define UPCASE_MAP_H

#include "upcase/growth.h"
#include "upcase/names.h"
#include "upcase/tables.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#pragma GCC visibility push(hidden)

/* For what sits in the innermost loops. Compilers judge by size, and leave a
 * call where it costs as much as all the rest. */
#define ALWAYS_INLINE inline __attribute__((always_inline))

/* What was learnt of the text, for the next call; all zero at first. */
struct map_pace {
	size_t mixed; /* bytes that vectors had better leave to portable_run */
	/* portable_run's own */
	unsigned debt;		  /* short runs, less long ones */
	ptrdiff_t steps, stretch; /* bytes */
};

/*
 * Bytes to convert and where they go.
 *
 * Out of place there is room at dst for three times as many bytes as there are
 * to read and MAP_SLACK more: stores may be wider than what they produce.
 *
 * In place dst is at src or before it in the same memory. Nothing behind src is
 * changed, and a character that does not fit before what follows it is left.
 */
struct map_span {
	const unsigned char *src;
	const unsigned char *end;
	unsigned char *dst;
	bool in_place;
	bool keep; /* ill-formed sequences may be passed through, and then */
	uint64_t invalid;      /* so many were */
	struct growth *growth; /* in place, where it is noted; else NULL */
	struct map_pace pace;
};

enum {
	MAP_SLACK = 128
};

struct upcase_map {
	const uint16_t (*row)[TABLES_ROW];
	const struct tables_string *two; /* of the same mapping, */
	const unsigned char *vector;	 /* as is this */
	bool letters;			 /* not only those of ASCII */
	bool dotted_i;			 /* tr, az: i -> U+0130 */
	bool ech_yiwn;			 /* hy: U+0587 -> U+0535 U+054E */
};

/* All there are. A language that is not named here has the full one. */
extern const struct upcase_map map_full, map_full_turkish, map_full_armenian;
extern const struct upcase_map map_simple, map_simple_turkish, map_ascii;

/* Converts the characters at span->src until its end, or until the first byte
 * there that begins no complete, well-formed character (nor, with `keep`, an
 * ill-formed sequence), or, in place, none that fits, and moves src and dst
 * behind what it did. It may stop at an ill-formed sequence all the same. */
typedef void map_run(const struct upcase_map *map, struct map_span *span);

/* The upper case of the character of n bytes at p, where the tables say
 * `upper`. */
static inline const struct tables_string *map_tailored(
	const struct upcase_map *map, const unsigned char *p, unsigned n,
	const struct tables_string *upper)
{
	static const struct tables_string dotted_i = {{0xC4, 0xB0}, 2};
	static const struct tables_string ech_vew = {
		{0xD4, 0xB5, 0xD5, 0x8E}, 4};

	if (map->dotted_i && n == 1 && p[0] == 'i')
		return &dotted_i;
	if (map->ech_yiwn && n == 2 && p[0] == 0xD6 && p[1] == 0x87)
		return &ech_vew;
	return upper;
}

/* Writes the upper case of the well-formed character of n bytes at p, up to
 * eight bytes at once. Returns the end of what it wrote. */
unsigned char *map_char(const struct upcase_map *map, const unsigned char *p,
	int n, unsigned char *dst);

#pragma GCC visibility pop

#endif
