/*
 * place - where the output is in a FILE, and what there is to say about it
 *
 * What it is for: who meets what is not UTF-8 knows where it is in its batch;
 * where that is in the FILE, and how much there is of it, is known only in the
 * order of the output. Nothing is looked for here where nothing was met, but
 * newlines, in what begins a FILE behind another one in the same batch.
 *
 * Used by the owner of the output; place_is_wide by any thread.
 */
#ifndef UPCASE_PIPELINE_PLACE_H
#define UPCASE_PIPELINE_PLACE_H

#include "io/fault.h"
#include "pipeline/batch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct place {
	size_t input; /* number of the FILE */
	bool begun;   /* some of its text has been passed; then also: */
	bool wide;    /* it began as if it were UTF-16 */
	bool decoded; /* it was in another encoding */
	uint64_t lines, chars; /* whole lines passed, and characters in the one
				  that is longer than a batch */
	uint64_t invalid;      /* sequences that are not UTF-8; the first: */
	uint64_t line, column; /* from 0 */
	uint64_t bytes, at;    /* passed; and before the first one */
	bool inside; /* the FILE was not read from its beginning on, but behind
			so many bytes: */
	uint64_t behind;
};

/* The next text is that FILE's, from its beginning. */
void place_begin(struct place *p, size_t input);

/* A batch was converted and written that has text of this FILE alone. */
void place_pass(struct place *p, const struct batch *b);

/* The same for a shared one (batch.h), of which that part is this FILE's, and
 * in which this was met. `ends`: nothing of it comes behind that. */
void place_pass_part(struct place *p, const struct batch *b,
	struct batch_part part, const struct text_result *met, bool ends);

/* Puts into words that some of what was passed is not UTF-8. `kept`: as it was,
 * unless it was decoded. Returns false if there is nothing of the kind. */
bool place_tell(const struct place *p, bool kept, struct fault *words);

/* Whether a text that begins with p[0..len) seems to be UTF-16: of its first
 * bytes every second one is NUL, and of the others not all. */
bool place_is_wide(const unsigned char *p, size_t len);

#endif
