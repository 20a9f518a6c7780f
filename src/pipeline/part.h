/*
 * part - where to begin in a FILE of which only a share is read (io/share.h)
 *
 * Used by who reads. Blocks as pread(2) does.
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

/* Sets *state to the one at the beginning of a portion that is not the FILE's:
 * where that has a header, it is read. `wrong` gets what the header is told to
 * lack, or "". Returns 0, or a negative errno with *fault filled. */
int part_state(struct text_state *state, const struct part_config *config,
	const struct portion *portion, const struct portion_file *file,
	struct fault *wrong, struct fault *fault);

/* Whether the text of the FILEs before this one, of which there are the paths,
 * ends with an open line. Sets *open to the FILE's number, or to `input`; if
 * that could not be found out, to the one which that is due to. `ask` tells who
 * is asked whether to go on. Returns as part_state. */
int part_find_open(size_t *open, const struct part_config *config,
	const char *const *paths, size_t input, const struct portion_file *ask,
	struct fault *fault);

#endif
