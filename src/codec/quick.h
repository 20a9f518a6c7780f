/*
 * quick - deflate data that goes on, at low levels, by a library that is quick
 *
 * What it is for: who packs parts of one stream needs blocks of which none is
 * the last. libdeflate makes such only with a walk behind it (deflate_open),
 * which is a third of the time at level 1; ISA-L makes them as they are, in
 * less time. Above level 3 it has nothing to offer.
 *
 * Loaded (library.h), with the first text for which that is worth it. Used by
 * one thread at a time.
 */
#ifndef UPCASE_CODEC_QUICK_H
#define UPCASE_CODEC_QUICK_H

#include <stddef.h>

/* Levels for which there is something to have: 1 to this one. */
#define QUICK_LEVEL_MOST 3

struct quick;

/* Loads the library. Returns 0, -ENOMEM, or -ENOTSUP where it is not built in,
 * or not there. To be freed with quick_free. */
int quick_new(struct quick **q, int level);

void quick_free(struct quick *q); /* q may be NULL */

/* As deflate_open, but 0 also where the text cannot be made smaller. */
size_t quick_open(
	struct quick *q, const void *text, size_t len, void *out, size_t room);

#endif
