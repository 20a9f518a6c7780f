/*
 * baton - hands the state of a conversion from one piece of a line to the next
 *
 * With a language that looks at context, the pieces of a line that is longer
 * than a batch must be converted in order, although they may be in the hands of
 * different threads. The thread that has piece n passes the baton for n + 1;
 * the one that has n + 1 takes it, waiting if need be. Since pieces are given
 * out in order, the one waited for is always at work.
 *
 * There is a slot for each batch that can be under way at once, and one for the
 * piece that the last of them passes it for: a later line may pass its baton
 * before an earlier one was taken, and one that is never taken (the rest of its
 * line was dropped) is in nobody's way.
 */
#ifndef UPCASE_PIPELINE_BATON_H
#define UPCASE_PIPELINE_BATON_H

#include "upcase/upcase.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct baton_slot {
	uint64_t seq; /* the piece that it is for, if `full` */
	bool full;
	struct upcase_state state;
};

struct baton {
	size_t n;	      /* number of slots; set once by init */
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t passed;
	bool aborted;
	struct baton_slot *slots; /* for piece seq: slots[seq % n] */
};

/* n is one more than the pieces that can be under way at once: the baton for
 * piece seq + n is passed only after piece seq is done with. Returns 0 or a
 * negative errno. */
int baton_init(struct baton *b, size_t n);
void baton_release(struct baton *b);

/* Leaves the state for the piece `seq`. Does not block. */
void baton_pass(
	struct baton *b, uint64_t seq, const struct upcase_state *state);

/* Waits for the state for piece `seq`. Returns 0, or -ECANCELED after
 * baton_abort. */
int baton_take(struct baton *b, uint64_t seq, struct upcase_state *state);

/* Everybody who waits returns. */
void baton_abort(struct baton *b);

#endif
