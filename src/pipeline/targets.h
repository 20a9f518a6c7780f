/*
 * targets - outputs that take the place of a file, whole or not at all
 *
 *	TARGETS_IN_PLACE   each FILE is replaced by what became of it
 *	TARGETS_FOLDER     a file for each FILE, elsewhere
 *	TARGETS_ONE        one file for all of them
 *
 * What it is for: the output (output.h) writes as to any file; here is which
 * one, and what becomes of it. A file that is written is held back until it is
 * on the disk, with others, since that takes about as long for many as for one;
 * then all of them get their names.
 *
 * Invariants
 *  - A file is published only if all of its FILE (or FILEs) was good, and, in
 *    place, only if that is still as it was when it was read.
 *  - Nothing is published after an abort, nor what is not on the disk after a
 *    stop.
 *  - A FILE that is read for this gets the mark of what it was then, which
 *    travels with its text (batch.h).
 *
 * Threads: targets_admit and targets_keeps_form are for who reads, and touch
 * only what is set once; the figures are atomics; all the rest is for who owns
 * the output.
 */
#ifndef UPCASE_PIPELINE_TARGETS_H
#define UPCASE_PIPELINE_TARGETS_H

#include "io/fault.h"
#include "io/replace.h"
#include "io/sink.h"
#include "pipeline/control.h"
#include "pipeline/ledger.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

enum targets_way {
	TARGETS_IN_PLACE,
	TARGETS_FOLDER,
	TARGETS_ONE,
};

struct targets_config {
	enum targets_way way;
	const char *const *names; /* of the outputs: one for each FILE, or one.
				     In place these are the FILEs */
	const char *suffix; /* in place: the old file is kept under its name
			       with this behind it; NULL: it is not */
	bool force; /* over what is there; in place: also of several links
		     */
	bool sync;  /* before a file gets its name, it is on the disk */
};

/* So many files, or so many bytes, are held back at most. */
#define TARGETS_GROUP	    256
#define TARGETS_GROUP_BYTES ((uint64_t)64 << 20)

/* What is known of one that is held back. */
struct targets_held {
	size_t input;
	struct replace_mark mark;
	uint64_t lines, bytes; /* of text */
};

struct targets {
	struct targets_config config; /* set once by init */
	/* Set once by targets_connect. */
	struct ledger *ledger;
	const struct control *control;

	/* The owner's. */
	bool open;		/* `now` is being written to */
	struct replace now;	/* what is written to */
	struct targets_held is; /* ... and what is known of it */
	struct replace held[TARGETS_GROUP];
	struct targets_held what[TARGETS_GROUP];
	size_t n_held, group; /* how many may be */
	uint64_t bytes_held;
	struct replace_names names; /* that were given and are not synced */
	char *made; /* the folder that was made last, or was there; or NULL */

	/* Files that got their name, that were not changed by what was to be
	 * done, that stay as they were for another reason. */
	_Atomic uint64_t done, unchanged, refused;

	/* After an error that stands for the output as a whole: the first
	 * output that it kept from being there; NULL: none. */
	const char *first_left;
};

void targets_init(struct targets *t, const struct targets_config *config);

/* What it tells goes there. Before threads start. */
void targets_connect(struct targets *t, struct ledger *ledger,
	const struct control *control);

/* Forgets what was not published. */
void targets_release(struct targets *t);

/* Whether each FILE has an output of its own. */
bool targets_is_each(const struct targets *t);

/* Whether what is written has to be of the form that was read. */
bool targets_keeps_form(const struct targets *t);

/* Whether the FILE that was opened may be read for this. Returns 0, or a
 * negative errno with *fault filled. May block as lstat(2) does: a reader may
 * be left in it (io/relief.h). */
int targets_admit(const struct targets *t, size_t input, const struct stat *st,
	struct fault *fault);

/* Opens the output of a FILE, or the one of all, for the sink, which then has a
 * file to write to. Returns 0, or a negative errno with *fault filled: then the
 * FILE is to be left. */
int targets_open(struct targets *t, size_t input, struct sink *sink,
	struct fault *fault);

/* So much is written to it. */
void targets_count(struct targets *t, uint64_t lines, uint64_t bytes);

/* All of the FILE's text was written. `mark`: what it was when it was opened,
 * for TARGETS_IN_PLACE; else NULL. A file that cannot be published is told; of
 * errors that stand for the output as a whole a negative errno is returned,
 * with *fault filled. */
int targets_close(struct targets *t, struct sink *sink,
	const struct replace_mark *mark, struct fault *fault);

/* The FILE stays as it was, for what it had is good already, or because of
 * something that was told. What was written of it is forgotten. */
void targets_leave(struct targets *t, struct sink *sink);
void targets_leave_unchanged(struct targets *t, struct sink *sink);

/* Whether an error of these stands for the output as a whole: the next file
 * would meet it as well. */
bool targets_is_for_all(int err);

/* Nothing of what was not published will be. */
void targets_abandon(struct targets *t, struct sink *sink);

/* The first output that an error kept from being there, or NULL. When nobody
 * owns the output any more. */
const char *targets_first_left(const struct targets *t);

/* No FILE comes any more: publishes what is held back, unless everything was
 * stopped. Returns as targets_close. */
int targets_finish(struct targets *t, struct fault *fault);

#endif
