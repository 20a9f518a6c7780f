/*
 * lithuanian - a dot above that only small letters show
 *
 * Lithuanian keeps the dot of i and j when an accent is put above, and writes
 * it as U+0307. Capitals have no dot, so U+0307 goes after a soft-dotted letter
 * (SpecialCasing.txt; After_Soft_Dotted in the Unicode Standard, section 3.13):
 * one that is followed by no other letter, nor by a mark above, before the
 * U+0307.
 */
#ifndef UPCASE_LITHUANIAN_H
#define UPCASE_LITHUANIAN_H

#include "upcase/map.h"
#include "upcase/names.h"

#pragma GCC visibility push(hidden)

/* As a map_run; *after_soft_dotted goes from piece to piece. An ill-formed
 * sequence ends the context: set it to false there. */
void lithuanian_run(const struct upcase_map *map, map_run *run,
	bool *after_soft_dotted, struct map_span *span);

#pragma GCC visibility pop

#endif
