/*
 * relief - whether who reads may be left where it is, in a call to the system
 *
 * What it is for: a read from a dead file server cannot be woken, nor can an
 * open or a close of a file there, or a look at what it is. While the reader is
 * in one, somebody else may take over all that it has. Exactly one of both goes
 * on: the reader, when it has come back first, or the other.
 *
 * Who reads keeps everything in a state with which the other can go on for the
 * time of the call, and touches nothing any more when it comes back relieved.
 * Only the memory that it reads into, and the descriptor that it opens or
 * closes, stay its own.
 *
 * Any thread; nothing blocks.
 */
#ifndef UPCASE_IO_RELIEF_H
#define UPCASE_IO_RELIEF_H

#include <stdatomic.h>
#include <stdbool.h>

enum relief_state {
	RELIEF_AWAY,	/* not in such a call */
	RELIEF_EXPOSED, /* in one */
	RELIEF_TAKEN,	/* relieved, for good */
};

struct relief {
	atomic_int state; /* enum relief_state; zeroed storage is AWAY */
};

/* The reader goes into a call. r may be NULL: nobody can relieve it. */
static inline void relief_expose(struct relief *r)
{
	if (r)
		atomic_store(&r->state, RELIEF_EXPOSED);
}

/* It has come back. Returns false when it is relieved. r may be NULL. */
static inline bool relief_withdraw(struct relief *r)
{
	int exposed = RELIEF_EXPOSED;

	return !r ||
	       atomic_compare_exchange_strong(&r->state, &exposed, RELIEF_AWAY);
}

static inline bool relief_is_exposed(const struct relief *r)
{
	return atomic_load(&r->state) == RELIEF_EXPOSED;
}

/* Takes over. Returns whether the reader was in a call, and so does not go on.
 */
static inline bool relief_take(struct relief *r)
{
	int exposed = RELIEF_EXPOSED;

	return atomic_compare_exchange_strong(
		&r->state, &exposed, RELIEF_TAKEN);
}

#endif
