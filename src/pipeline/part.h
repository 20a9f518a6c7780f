/*
 * part - where to begin in a FILE of which only a share is read (io/share.h)
 *
 * Used by who reads. Blocks as pread(2) and open(2) do, and touches nothing
 * that is not handed to it: a reader may be left in it (io/relief.h).
 */
#ifndef UPCASE_PIPELINE_PART_H
#define UPCASE_PIPELINE_PART_H

#include "io/fault.h"
#include "io/portion.h"
#include "text/text.h"

/* Set once before threads start. */
struct part_config {
	const struct share *share;
	const struct text *text;
	enum portion_unit unit;
	bool detect; /* what is packed */
	bool marks;  /* ... and what is to be decoded */
};

/* Where a part of a FILE begins, and in what state. */
struct part_beginning {
	struct portion portion;
	struct text_state state; /* unless portion.begins */
	struct fault wrong;	 /* what its header lacks, or "" */
};

/* Finds where the share of FILE number `input`, which is `file`, begins; where
 * that is not the FILE's beginning and it has a header, that is read. *b is set
 * in any case. Returns 0, -ECANCELED, or another negative errno
 * with *fault filled. */
int part_find(struct part_beginning *b, const struct part_config *config,
	size_t input, const struct portion_file *file, struct fault *fault);

/* Whether the text of the FILEs before this one, of which there are the paths,
 * ends with an open line. Sets *open to the FILE's number, or to `input`; if
 * that could not be found out, to the one which that is due to. `ask` tells who
 * is asked whether to go on. Returns as part_find. */
int part_find_open(size_t *open, const struct part_config *config,
	const char *const *paths, size_t input, const struct portion_file *ask,
	struct fault *fault);

#endif
