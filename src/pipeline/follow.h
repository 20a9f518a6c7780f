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
 *  - At a prompt it is opened anew before the next line, and that is told. If
 *    it cannot be, that is told once and tried again before each line.
 *  - How many lines went elsewhere is told at the end; those that are in no
 *    file any more count as lost. Not those of the last file if a wish came
 *    before the end that nobody was left to serve. So it is told when no thread
 *    runs any more, by who takes the wishes.
 *
 * Used by the owner of the output; follow_settle when there is none any more.
 */
#ifndef UPCASE_PIPELINE_FOLLOW_H
#define UPCASE_PIPELINE_FOLLOW_H

#include "io/sink.h"
#include "pipeline/ledger.h"

#include <stdbool.h>
#include <stdint.h>

/* What was written to a file. */
struct follow_text {
	uint64_t lines, bytes;
};

struct follow {
	struct sink *sink; /* set once; so are ledger and prompt */
	struct ledger *ledger;
	bool prompt; /* somebody types */
	bool kept;   /* the name could not be followed, which was told */
	/* What went to a file without the name: to the one that is open, and
	 * to those that were left before. `gone`: nothing names it. */
	struct follow_text astray, left_astray, left_gone;
	bool gone; /* the one that was open at the end is */
};

void follow_init(struct follow *f, struct sink *sink, struct ledger *ledger,
	bool prompt);

/* Opens the output anew by its name, between two records: it was wished for. If
 * that fails, it is told, and the old file stays in use. May block as
 * sink_reopen does. */
void follow_wish(struct follow *f);

/* A record is about to be begun, which has text. May block likewise. */
void follow_before(struct follow *f);

/* So much was written, and is in the ledger. */
void follow_after(struct follow *f, const struct follow_text *text);

/* Nothing will be written any more; the file is still open. */
void follow_end(struct follow *f);

/* The last call, when no other thread runs. wished: a wish to open anew was not
 * served. Tells what went elsewhere; the ledger's figures are final then. */
void follow_settle(struct follow *f, bool wished);

#endif
