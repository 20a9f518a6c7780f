/*
 * text - a file in memory, cut into the pieces that are measured
 *
 * Invariants: the pieces are in order, leave nothing out, are at most
 * TEXT_PIECE bytes long and are cut between characters.
 */
#ifndef UPCASE_BENCH_TEXT_H
#define UPCASE_BENCH_TEXT_H

#include <stddef.h>

#define TEXT_PIECE ((size_t)1 << 20)

struct text {
	const char *name; /* the caller's, not NUL-terminated here: name_len */
	int name_len;
	unsigned char *bytes;
	size_t len;
	size_t *end; /* where piece i ends */
	size_t n_pieces;
};

/* Reads the file of an argument NAME=FILE, at most `limit` bytes of it.
 * argument must outlive the text. Ends the program with a message when it
 * cannot. */
void text_read(struct text *text, const char *argument, size_t limit);
void text_release(struct text *text);

/* The bytes of piece i, and how many there are. */
const unsigned char *text_piece(const struct text *text, size_t i, size_t *len);

#endif
