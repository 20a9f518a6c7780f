#include "config.h"

#include "pipeline/queue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/*
 * Who wakes whom
 *
 * Every waiter looks at the state again whenever it wakes, also when its time
 * is over: a timed wait may swallow a signal, and what the signal stood for
 * must not be left lying. So a signal is enough where any waiter can use it:
 *
 *  - FIFO and LIFO: an item put is for any one getter, a slot got free is for
 *    any one putter.
 *  - SEQUENCE, getters: all wait for the same number, so any one will do. A put
 *    that closes a gap makes several items ready with one signal; therefore who
 *    gets an item and leaves another that is ready wakes the next getter.
 *  - SEQUENCE, putters: each waits for its own number to come into the window.
 *    A signal to any of them could hit one that has to go on waiting while the
 *    one whose turn it is sleeps on, and a broadcast would wake hundreds for
 *    one. So each has a condition of its own, and who moves the window signals
 *    those whose numbers are in it.
 *
 * close and abort concern everybody: broadcast. So does the last task_done.
 *
 * Signals are sent with the lock held: one order of things, easy to reason
 * about; what travels here is big enough that the cost does not show.
 */

#define SECOND INT64_C(1000000000)

/* Where nothing else can be chosen, timed waits go by the clock that somebody
 * may set. None of this program's has a time. */
#ifdef HAVE_PTHREAD_CONDATTR_SETCLOCK
#define WAIT_CLOCK CLOCK_MONOTONIC
#else
#define WAIT_CLOCK CLOCK_REALTIME
#endif

/* These calls fail only when they are misused, here or by a caller that
 * releases a queue in use. There is no way on from that. */
#define MUST(call) must((call), #call, __LINE__)

static void must(int err, const char *call, int line)
{
	if (err == 0)
		return;
	(void)fprintf(
		stderr, "%s:%d: %s: error %d\n", __FILE__, line, call, err);
	abort();
}

static void lock(struct queue *q)
{
	MUST(pthread_mutex_lock(&q->lock));
}

static void unlock(struct queue *q)
{
	MUST(pthread_mutex_unlock(&q->lock));
}

/* When a call has to give up. */
struct deadline {
	bool never;
	bool over;
	struct timespec time;
};

/* Only a wait that can end needs the clock. */
static struct deadline deadline_after(int64_t wait)
{
	struct deadline d = {.never = wait < 0, .over = wait == QUEUE_NOWAIT};
	int64_t sec, nsec;

	if (d.never || d.over)
		return d;
	MUST(clock_gettime(WAIT_CLOCK, &d.time));
	sec = d.time.tv_sec + wait / SECOND;
	nsec = d.time.tv_nsec + wait % SECOND;
	d.time.tv_sec = (time_t)(sec + nsec / SECOND);
	d.time.tv_nsec = (long)(nsec % SECOND);
	/* Where time_t is short, a time it cannot hold will not come. */
	d.never = d.time.tv_sec != sec + nsec / SECOND;
	return d;
}

/* Waits until cond is signalled, for no reason at all, or the deadline is over,
 * which is then noted in it: the caller has a last look at the state. */
static void wait_locked(struct queue *q, pthread_cond_t *cond, size_t *waiters,
	struct deadline *d)
{
	int err;

	++*waiters;
	if (d->never)
		err = pthread_cond_wait(cond, &q->lock);
	else
		err = pthread_cond_timedwait(cond, &q->lock, &d->time);
	--*waiters;
	if (err == ETIMEDOUT)
		d->over = true;
	else
		MUST(err);
}

/* A condition whose timed waits go by the clock that nobody sets. */
static int init_cond(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	int err = -pthread_condattr_init(&attr);

	if (err)
		return err;
#ifdef HAVE_PTHREAD_CONDATTR_SETCLOCK
	MUST(pthread_condattr_setclock(&attr, WAIT_CLOCK));
#endif
	err = -pthread_cond_init(cond, &attr);
	MUST(pthread_condattr_destroy(&attr));
	return err;
}

static int init_conds(struct queue *q)
{
	pthread_cond_t *cond[] = {
		&q->not_empty, &q->not_full, &q->all_tasks_done};

	for (size_t i = 0; i < sizeof(cond) / sizeof(cond[0]); i++) {
		int err = init_cond(cond[i]);

		if (err) {
			while (i-- > 0)
				MUST(pthread_cond_destroy(cond[i]));
			return err;
		}
	}
	return 0;
}

static int init_lock_and_conds(struct queue *q)
{
	int err = -pthread_mutex_init(&q->lock, NULL);

	if (err)
		return err;
	err = init_conds(q);
	if (err)
		MUST(pthread_mutex_destroy(&q->lock));
	return err;
}

int queue_init(struct queue *q, enum queue_order order, size_t capacity,
	queue_key_fn *key)
{
	int err;

	if (capacity == 0 || (order == QUEUE_SEQUENCE && !key))
		return -EINVAL;
	*q = (struct queue){.order = order, .capacity = capacity, .key = key};
	q->slots = calloc(capacity, sizeof(*q->slots));
	if (!q->slots)
		return -ENOMEM;
	err = init_lock_and_conds(q);
	if (err) {
		free(q->slots);
		q->slots = NULL;
	}
	return err;
}

void queue_release(struct queue *q)
{
	/* pthread_cond_destroy would wait for them for ever. */
	MUST(q->getters + q->putters + q->joiners > 0 ? EBUSY : 0);
	MUST(pthread_cond_destroy(&q->not_empty));
	MUST(pthread_cond_destroy(&q->not_full));
	MUST(pthread_cond_destroy(&q->all_tasks_done));
	MUST(pthread_mutex_destroy(&q->lock));
	free(q->slots);
}

/* SEQUENCE: the slot of a number. Different for all numbers of the window,
 * next to next + capacity - 1. */
static size_t slot_of(const struct queue *q, uint64_t number)
{
	return (size_t)(number % q->capacity);
}

/* What a put of item would return now. */
static enum queue_status can_put_locked(const struct queue *q, const void *item)
{
	uint64_t number;

	if (q->closed)
		return QUEUE_CLOSED;
	if (q->order != QUEUE_SEQUENCE)
		return q->count < q->capacity ? QUEUE_OK : QUEUE_FULL;
	number = q->key(item);
	if (number < q->next)
		return QUEUE_MISUSE;
	if (number - q->next >= q->capacity)
		return QUEUE_FULL;
	return q->slots[slot_of(q, number)] ? QUEUE_MISUSE : QUEUE_OK;
}

/* What a get would return now. */
static enum queue_status can_get_locked(const struct queue *q)
{
	if (q->count == 0)
		return q->closed ? QUEUE_CLOSED : QUEUE_EMPTY;
	/* Once closed, a number that is missing will not come any more. */
	if (q->order == QUEUE_SEQUENCE && !q->closed &&
		!q->slots[slot_of(q, q->next)])
		return QUEUE_EMPTY;
	return QUEUE_OK;
}

static size_t slot_to_put_locked(const struct queue *q, const void *item)
{
	switch (q->order) {
	case QUEUE_LIFO:
		return q->count;
	case QUEUE_SEQUENCE:
		return slot_of(q, q->key(item));
	case QUEUE_FIFO:
	default:
		return (q->head + q->count) % q->capacity;
	}
}

/* Takes the place of the next item out of the order. There must be one. */
static size_t slot_to_get_locked(struct queue *q)
{
	size_t slot;

	switch (q->order) {
	case QUEUE_LIFO:
		return q->count - 1;
	case QUEUE_SEQUENCE:
		while (!q->slots[slot_of(q, q->next)])
			q->next++;
		return slot_of(q, q->next++);
	case QUEUE_FIFO:
	default:
		slot = q->head;
		q->head = (slot + 1) % q->capacity;
		return slot;
	}
}

static void insert_locked(struct queue *q, void *item)
{
	q->slots[slot_to_put_locked(q, item)] = item;
	q->count++;
	q->unfinished++;
	if (q->peak < q->count)
		q->peak = q->count;
}

static void *remove_locked(struct queue *q)
{
	size_t slot = slot_to_get_locked(q);
	void *item = q->slots[slot];

	q->slots[slot] = NULL;
	q->count--;
	return item;
}

/* SEQUENCE: one that waits in its put, on its own stack. Guarded by lock. */
struct queue_putter {
	uint64_t number;
	pthread_cond_t own;
	pthread_cond_t *let_in; /* own, or where there can be none not_full */
	struct queue_putter *next; /* with the next higher number, or NULL */
};

/* Waits as wait_locked does, for item's number to come into the window. */
static void wait_for_turn_locked(
	struct queue *q, const void *item, struct deadline *d)
{
	struct queue_putter me = {.number = q->key(item)};
	struct queue_putter **at = &q->waiting;

	me.let_in = init_cond(&me.own) == 0 ? &me.own : &q->not_full;
	while (*at && (*at)->number < me.number)
		at = &(*at)->next;
	me.next = *at;
	*at = &me;
	wait_locked(q, me.let_in, &q->putters, d);
	/* Others have come and gone meanwhile. */
	for (at = &q->waiting; *at != &me; at = &(*at)->next)
		;
	*at = me.next;
	if (me.let_in == &me.own)
		MUST(pthread_cond_destroy(&me.own));
}

static void wait_to_put_locked(
	struct queue *q, const void *item, struct deadline *d)
{
	if (q->order == QUEUE_SEQUENCE)
		wait_for_turn_locked(q, item, d);
	else
		wait_locked(q, &q->not_full, &q->putters, d);
}

/* SEQUENCE: wakes those whose numbers are in the window. One that was woken
 * before, and has not run since, is not woken twice by it. */
static void wake_let_in_locked(struct queue *q)
{
	struct queue_putter *p = q->waiting;

	for (; p && p->number < q->next + q->capacity; p = p->next)
		MUST(pthread_cond_broadcast(p->let_in));
}

static void wake_all_putters_locked(struct queue *q)
{
	MUST(pthread_cond_broadcast(&q->not_full));
	for (struct queue_putter *p = q->waiting; p; p = p->next)
		MUST(pthread_cond_signal(p->let_in));
}

static void wake_getter_locked(struct queue *q)
{
	if (can_get_locked(q) == QUEUE_OK)
		MUST(pthread_cond_signal(&q->not_empty));
}

enum queue_status queue_put(struct queue *q, void *item, int64_t wait)
{
	struct deadline d = deadline_after(wait);
	enum queue_status status;

	if (!item)
		return QUEUE_MISUSE;
	lock(q);
	while ((status = can_put_locked(q, item)) == QUEUE_FULL && !d.over)
		wait_to_put_locked(q, item, &d);
	if (status == QUEUE_OK) {
		insert_locked(q, item);
		wake_getter_locked(q);
	}
	unlock(q);
	return status;
}

/* An item was got: its slot is free, or the window has moved. */
static void wake_after_get_locked(struct queue *q)
{
	if (q->order == QUEUE_SEQUENCE) {
		wake_let_in_locked(q);
		wake_getter_locked(q);
	} else {
		MUST(pthread_cond_signal(&q->not_full));
	}
}

enum queue_status queue_get(struct queue *q, void **item, int64_t wait)
{
	struct deadline d = deadline_after(wait);
	enum queue_status status;

	lock(q);
	while ((status = can_get_locked(q)) == QUEUE_EMPTY && !d.over)
		wait_locked(q, &q->not_empty, &q->getters, &d);
	if (status == QUEUE_OK) {
		*item = remove_locked(q);
		wake_after_get_locked(q);
	}
	unlock(q);
	return status;
}

enum queue_status queue_task_done(struct queue *q)
{
	enum queue_status status = QUEUE_OK;

	lock(q);
	/* Items that still wait cannot be done. Letting this pass would make
	 * abort, which finishes them, count below 0. */
	if (q->unfinished == q->count)
		status = QUEUE_MISUSE;
	else if (--q->unfinished == 0)
		MUST(pthread_cond_broadcast(&q->all_tasks_done));
	unlock(q);
	return status;
}

/* What a join would return now. */
static enum queue_status can_join_locked(const struct queue *q)
{
	if (q->unfinished == 0)
		return QUEUE_OK;
	/* Who has the rest may have been stopped, too: do not count on it. */
	return q->aborted ? QUEUE_CLOSED : QUEUE_TIMEOUT;
}

enum queue_status queue_join(struct queue *q, int64_t wait)
{
	struct deadline d = deadline_after(wait);
	enum queue_status status;

	lock(q);
	while ((status = can_join_locked(q)) == QUEUE_TIMEOUT && !d.over)
		wait_locked(q, &q->all_tasks_done, &q->joiners, &d);
	unlock(q);
	return status;
}

void queue_close(struct queue *q)
{
	lock(q);
	q->closed = true;
	MUST(pthread_cond_broadcast(&q->not_empty));
	wake_all_putters_locked(q);
	unlock(q);
}

size_t queue_abort(struct queue *q, void **items, size_t room)
{
	size_t n = 0;

	lock(q);
	q->closed = q->aborted = true;
	while (q->count > 0) {
		void *item = remove_locked(q);

		q->unfinished--;
		if (n < room)
			items[n++] = item;
	}
	MUST(pthread_cond_broadcast(&q->not_empty));
	wake_all_putters_locked(q);
	MUST(pthread_cond_broadcast(&q->all_tasks_done));
	unlock(q);
	return n;
}

size_t queue_size(struct queue *q)
{
	size_t count;

	lock(q);
	count = q->count;
	unlock(q);
	return count;
}

bool queue_empty(struct queue *q)
{
	return queue_size(q) == 0;
}

bool queue_full(struct queue *q)
{
	return queue_size(q) == q->capacity;
}

size_t queue_peak(struct queue *q)
{
	size_t peak;

	lock(q);
	peak = q->peak;
	unlock(q);
	return peak;
}
