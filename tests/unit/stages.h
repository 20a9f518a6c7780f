/*
 * stages - the parts of a pipeline that tests of one stage need around it
 *
 * Everything but threads: batches, queues, an output to the file "out", figures
 * and what was told.
 */
#ifndef UPCASE_TESTS_STAGES_H
#define UPCASE_TESTS_STAGES_H

#include "pipeline/control.h"
#include "pipeline/convert.h"
#include "pipeline/ledger.h"
#include "pipeline/output.h"
#include "pipeline/pool.h"
#include "pipeline/queue.h"

struct stages {
	struct upcase upcase, replacing;
	struct text text, decoded;
	struct control control;
	struct ledger ledger;
	struct queue in, out;
	struct pool pool;
	struct sink sink;
	struct output output;
	struct converter converter;
	char told[1024]; /* events, a line each */
	/* Called once, when the first event is told; NULL: nothing. */
	void (*on_told)(struct stages *s);
};

enum {
	STAGES_BATCHES = 8,
	STAGES_DEPTH = 4,
	STAGES_SIZE = 16, /* bytes of text in a batch */
};

/* Makes it all, with the output to path (NULL: standard output), in the current
 * directory, for FILEs that are called "f0", "f1", ... */
void stages_make(struct stages *s, const char *path,
	enum upcase_language language, enum upcase_invalid invalid);
void stages_free(struct stages *s);

/* A batch with text, which is FILE number 0's. */
struct batch *stages_batch(struct stages *s, const char *text);

#endif
