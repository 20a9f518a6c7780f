/*
 * packed - files of some format, decoded in all ways in which they can come
 *
 * As the functions of support.h, these fail the test when something goes wrong.
 */
#ifndef UPCASE_TESTS_PACKED_H
#define UPCASE_TESTS_PACKED_H

#include "codec/stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A file, and room for more. */
struct packed_file {
	unsigned char *bytes; /* allocated */
	size_t len, room;
};

/* Appends bytes. */
void packed_add(struct packed_file *p, const void *bytes, size_t len);

/* Makes room for so many bytes behind it, and returns where it is. */
unsigned char *packed_room(struct packed_file *p, size_t len);

/* Nothing is in it any more; and its memory is freed. */
void packed_empty(struct packed_file *p);
void packed_release(struct packed_file *p);

/* What came out of a file. */
struct outcome {
	unsigned char *text; /* allocated */
	size_t len;
	int err; /* 0 or -EBADMSG, with: */
	enum damage_kind kind;
	uint64_t at;
	char why[100]; /* "" if there is no reason */
	uint64_t pieces;
};

/* Decodes a file that comes in parts of in bytes to memory of out bytes, each
 * of exactly that size, with empty calls between. */
void packed_decode(struct outcome *o, const struct format *format,
	const struct packed_file *p, size_t in, size_t out);
void outcome_release(struct outcome *o);

/* Decodes it in parts of many sizes, always to the same, which is *o. Those
 * that would take more than 4,000 calls are left out. */
void packed_decode_in_all_ways(struct outcome *o, const struct format *format,
	const struct packed_file *p);

/* The file is good, and holds that text in so many pieces. */
void packed_is(const struct format *format, const struct packed_file *p,
	const void *text, size_t len, uint64_t pieces);

/* The file is damaged so, behind that text. why is NULL if no reason is told.
 */
void packed_is_damaged(const struct format *format, const struct packed_file *p,
	const void *text, size_t len, enum damage_kind kind, uint64_t at,
	const char *why);

/* Cut behind any byte but those of the magic it is a file that ends in the
 * middle, with a beginning of that text, never less than before. Only each
 * step-th cut is tried. */
void packed_cut_anywhere(const struct format *format,
	const struct packed_file *p, const void *text, size_t len, size_t step);

/* With any bit turned that leaves the magic it is called good only with that
 * text, and damaged however it comes: exactly so with the same text, place and
 * reason, otherwise with more or less of one text. */
void packed_flipped_anywhere(const struct format *format,
	const struct packed_file *p, const void *text, size_t len, bool exact);

#endif
