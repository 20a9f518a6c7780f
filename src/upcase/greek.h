/*
 * greek - upper case as Greek is written: without accents
 *
 * The rules, as ICU documents them for its upper-casing of Greek and applies
 * them in version 78:
 *  - Accents and breathings go: those that are part of a letter, and the
 *    combining marks that follow it.
 *  - A dialytika stays. An iota or upsilon behind a vowel that lost its accent
 *    gains one, so that the two are not taken for a diphthong: U+03AC U+03B9
 *    -> U+0391 U+03AA.
 *  - An iota subscript becomes a capital iota behind the letter.
 *  - An eta that is a word of its own, the disjunctive "or", keeps its accent
 *    as a tonos, so that it is not taken for the article. A word ends where
 *    Final_Sigma of the Unicode Standard, section 3.13, would let it end:
 *    neither before nor behind, past case-ignorable characters, stands a cased
 *    one.
 *
 * A letter is written only once its marks are known. A lone eta is written at
 * once, and mended when it is known what follows: that changes its last byte,
 * or puts a mark behind it. Where the output so far goes out of our hands
 * before that, the eta is taken back, and what came behind it is held until the
 * next piece.
 */
#ifndef UPCASE_GREEK_H
#define UPCASE_GREEK_H

#include "upcase/map.h"
#include "upcase/names.h"

#pragma GCC visibility push(hidden)

enum {
	/* Bytes of the stream: upcase.h tells what for. */
	GREEK_LOOKAHEAD = 1024,
	/* The most that is made out of nothing of what one piece leaves for the
	 * next: the text held behind an eta, the eta, and a letter whose marks
	 * are all iotas subscript. */
	GREEK_HELD_MAX = 2 * GREEK_LOOKAHEAD + 16
};

/* What goes from piece to piece; all zero at first, and behind a newline. */
struct greek {
	uint16_t letter;     /* upper case of the letter whose marks are being
				collected; 0 when there is none */
	uint16_t n_iota;     /* iotas subscript of the letter */
	uint16_t mark_bytes; /* bytes of marks the letter has taken */
	uint16_t ahead;	     /* bytes that the waiting eta has looked at */
	uint16_t n_held;     /* bytes held between pieces */
	uint8_t flags;	     /* what that letter has, enum greek_flag */
	uint8_t eta;	     /* flags of the lone eta that waits; 0: none */
	uint8_t context;     /* what stands before, enum greek_context */
	uint8_t alone;	     /* no cased letter before the letter */
};

/* Greek at work on a piece. */
struct greek_piece {
	struct greek g;
	unsigned char *eta;    /* in the output: the waiting eta, */
	unsigned char *behind; /* and what came behind it */
};

/* Begins a piece with what *g says, and the text held for it. */
void greek_resume(struct greek_piece *piece, const struct greek *g,
	const unsigned char *held, struct map_span *span);

/* As a map_run. */
void greek_run(const struct upcase_map *map, struct greek_piece *piece,
	struct map_span *span);

/* Ends the context, at an ill-formed sequence or the end of the stream: writes
 * what is still due; what comes next is converted as at the beginning. */
void greek_flush(struct greek_piece *piece, struct map_span *span);

/* Ends a piece, but not the stream: if an eta waits, it and what is behind it
 * are taken back from the output, and up to GREEK_LOOKAHEAD bytes go to held.
 * piece->g is what the next piece begins with. */
void greek_suspend(
	struct greek_piece *piece, unsigned char *held, struct map_span *span);

#pragma GCC visibility pop

#endif
