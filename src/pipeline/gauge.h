/*
 * gauge - how far the input is, for somebody who looks now and then
 *
 * What it is for: which FILE is read, and how much of all FILEs has been taken.
 * Whoever reads them tells, in whatever way they are processed; a main thread
 * looks and shows it (cli/progress.h). Bytes are those of the file as it is, so
 * that packed ones are measured by how far they were read, and not by what they
 * say of themselves.
 *
 * The sizes of FILEs that were not begun are asked for only when somebody has
 * looked: most runs are over before that, and it costs a call for each.
 *
 * Threads: who reads, one at a time, for all but gauge_look. Nothing blocks:
 * the lock is held for a look.
 */
#ifndef UPCASE_PIPELINE_GAUGE_H
#define UPCASE_PIPELINE_GAUGE_H

#include "pipeline/stats.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define GAUGE_UNKNOWN ((off_t)-1) /* as a size */

/* What is known of FILEs that were not begun. */
struct gauge_rest {
	uint64_t size;	/* of those of which it is known */
	size_t unknown; /* FILEs of which it is not */
};

struct gauge {
	pthread_mutex_t lock; /* guards the next four */
	const char *name;     /* of the FILE that was begun last; NULL: none */
	size_t number;	      /* ... from 1 */
	off_t size;	      /* of it */
	struct gauge_rest rest; /* if `told` */
	atomic_bool looked;	/* somebody has */
	atomic_bool told;	/* the rest is known */

	_Atomic uint64_t before; /* bytes of FILEs that have ended */
	_Atomic uint64_t taken;	 /* of the one that has not */
};

/* Returns 0 or a negative errno; then there is nothing to release. */
int gauge_init(struct gauge *g);
void gauge_release(struct gauge *g);

/* The FILE `number`, from 1, is begun; the others before it have ended, or
 * never are. Its name, as messages have it, lives as long as the gauge. */
void gauge_begin(struct gauge *g, size_t number, const char *name, off_t size);

/* So many bytes of it were taken so far. */
void gauge_take(struct gauge *g, uint64_t taken);

/* It has ended. */
void gauge_end(struct gauge *g);

/* Whether to tell what is known of the FILEs behind the one that was begun
 * last; once. */
bool gauge_wants_rest(const struct gauge *g);
void gauge_tell_rest(struct gauge *g, const struct gauge_rest *rest);

/* Adds a FILE to it. */
void gauge_rest_add(struct gauge_rest *rest, off_t size);

/* Any thread: how far it is. *c but for `files`, which is the caller's to know.
 */
void gauge_look(struct gauge *g, struct pipeline_course *c);

#endif
