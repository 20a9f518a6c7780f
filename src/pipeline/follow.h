/*
 * follow - whether what is written still goes to the file that has the name
 *
 * What it is for: while the output is open, somebody may rename, replace or
 * delete the file: a rotation, which a wish to open anew follows; or an editor,
 * sed -i, a checkout, which know nothing of us. Then lines go where nobody
 * looks for them, or are gone.
 *
 *  - By wish the output is opened anew; what went to the old file until then is
 *    where it should be.
 *  - At a prompt it is opened anew before the next line, and that is told.
 *  - Otherwise how many lines went elsewhere is told at the end, unless it was
 *    told that the old file stays in use; lines that are in no file any more
 *    count as lost.
 *
 * Used by the owner of the output.
 */
#ifndef UPCASE_PIPELINE_FOLLOW_H
#define UPCASE_PIPELINE_FOLLOW_H

#include "io/sink.h"
#include "pipeline/ledger.h"

#include <stdbool.h>
#include <stdint.h>

struct follow {
	struct sink *sink; /* set once; so are ledger and prompt */
	struct ledger *ledger;
	bool prompt;	 /* somebody types */
	bool kept;	 /* the name could not be followed, which was told */
	uint64_t astray; /* lines that went to a file without the name */
};

void follow_init(struct follow *f, struct sink *sink, struct ledger *ledger,
	bool prompt);

/* Opens the output anew by its name, between two records: it was wished for. If
 * that fails, it is told, and the old file stays in use. May block as
 * sink_reopen does. */
void follow_wish(struct follow *f);

/* A record is about to be begun. May block likewise. */
void follow_before(struct follow *f);

/* So many lines were written. */
void follow_after(struct follow *f, uint64_t lines);

/* Nothing will be written any more; the file is still open. */
void follow_end(struct follow *f);

#endif
