/*
 * pool - the batches of a pipeline while nobody uses them
 *
 * There are at most `most` batches, made one by one when they are needed, so
 * that a small input needs little. The last one that came home is the next to
 * go out: it is still warm in the cache.
 */
#ifndef UPCASE_PIPELINE_POOL_H
#define UPCASE_PIPELINE_POOL_H

#include "pipeline/batch.h"
#include "pipeline/queue.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* The sizes of a batch's buffers in bytes. */
struct pool_sizes {
	size_t text, spare;
	size_t member; /* 0: none */
};

struct pool {
	struct queue at_home;	 /* LIFO */
	struct batch *batches;	 /* room for `most` */
	size_t most;		 /* set once by init */
	struct pool_sizes sizes; /* likewise */
	atomic_size_t made; /* that there are: who gets batches makes them */
};

/* Makes a pool with `first` of `most` batches. Returns 0 or a negative errno;
 * then there is nothing to release. */
int pool_init(struct pool *p, size_t most, size_t first,
	const struct pool_sizes *sizes);

/* Frees all batches, wherever they are. */
void pool_release(struct pool *p);

/* A batch that is at home, or a new one. NULL when there are as many as there
 * may be, or no memory for another, or after an abort. Does not block. One
 * thread at a time. */
struct batch *pool_try_get(struct pool *p);

/* The next batch that comes home. NULL after an abort. Blocks. */
struct batch *pool_wait(struct pool *p);

/* Sends an empty batch home. Does not block. */
void pool_put(struct pool *p, struct batch *b);

/* Nobody gets or waits any more. */
void pool_abort(struct pool *p);

/* The i-th batch that was made, wherever it is; NULL behind the last. */
struct batch *pool_at(struct pool *p, size_t i);

/* Lines that were read but not written, over all batches. */
uint64_t pool_unwritten(struct pool *p);

/* Batches that are not at home. After a pool_abort none is. */
size_t pool_away(struct pool *p);

#endif
