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
 * A letter is written only once its marks are known, and a lone eta only once
 * it is known what follows. What is not yet written is in struct upcase_greek;
 * it begins all zero. What is behind a waiting eta is already converted: it
 * does not depend on how the eta is written.
 */
#ifndef UPCASE_GREEK_H
#define UPCASE_GREEK_H

#include "upcase/map.h"

/* The most that a struct upcase_greek makes out of nothing when it is flushed:
 * the text held behind an eta, the eta, and a letter whose marks are all iotas
 * subscript. */
enum {
	GREEK_HELD_MAX = 2 * UPCASE_LOOKAHEAD + 16
};

/* As a map_run; *g goes from piece to piece. */
void greek_run(
	const struct map *map, struct upcase_greek *g, struct map_span *span);

/* Ends the context, at an ill-formed sequence or the end of the stream: writes
 * what *g holds back to span->dst; what comes next is converted as at the
 * beginning. */
void greek_flush(struct upcase_greek *g, struct map_span *span);

#endif
