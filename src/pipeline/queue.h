/*
 * queue - a bounded queue between threads, the C counterpart of Python's
 * queue.Queue, LifoQueue and PriorityQueue
 *
 * What it is for: hand pointers from any number of producers to any number of
 * consumers, block whoever is too fast, count unfinished work, and shut down
 * without losing an item.
 *
 * Invariants
 *  - An item that was put is either got by exactly one consumer or handed back
 *    by queue_abort: put = got + discarded + still there.
 *  - The queue owns no item, only the place it waits in: ownership goes from
 *    the caller of a put that returned QUEUE_OK to the caller that gets it.
 *  - `unfinished` rises with each put and falls with each task_done and with
 *    each item that abort discards; join returns when it is 0.
 *  - At most `capacity` items wait. In the order by sequence number an item
 *    whose number is `capacity` or more ahead of the next one to be got waits
 *    in its put, and the next one is always let in: consumers that wait for one
 *    number cannot be locked out by later ones. Who waits so is woken when its
 *    number is let in, and not before, however many wait.
 *
 * It knows nothing of the rest of the program. All functions but init and
 * release may be called from any thread. "Blocks" means on a condition
 * variable, until the state asked for comes, the time is over, or the queue is
 * closed or aborted. Times are nanoseconds of CLOCK_MONOTONIC,
 * or where conditions know no other of CLOCK_REALTIME.
 *
 * Source: Python 3.13, Lib/queue.py and the documentation of module queue.
 */
#ifndef UPCASE_PIPELINE_QUEUE_H
#define UPCASE_PIPELINE_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum queue_order {
	QUEUE_FIFO,	/* first in, first out */
	QUEUE_LIFO,	/* last in, first out */
	QUEUE_SEQUENCE, /* by number: 0, 1, 2 ... without a gap */
};

enum queue_status {
	QUEUE_OK,
	QUEUE_FULL,    /* put: no room within the time given */
	QUEUE_EMPTY,   /* get: no item within the time given */
	QUEUE_TIMEOUT, /* join: still unfinished after the time given */
	QUEUE_CLOSED,  /* put after close; get after close and empty; anything
			  after abort */
	QUEUE_MISUSE,  /* put of NULL or of a sequence number used twice or
			  already got; task_done without a get */
};

/* How long a call may block: a number of nanoseconds, or one of these. Any
 * negative number is QUEUE_FOREVER. */
#define QUEUE_FOREVER INT64_C(-1)
#define QUEUE_NOWAIT  INT64_C(0)

/* The sequence number of an item, which must not change while the queue has it.
 * Called with the lock held; must not block. */
typedef uint64_t queue_key_fn(const void *item);

/* Storage is the caller's; the fields are the queue's. */
struct queue {
	pthread_mutex_t lock;
	pthread_cond_t not_empty;      /* waited for in get */
	pthread_cond_t not_full;       /* waited for in put, FIFO and LIFO */
	pthread_cond_t all_tasks_done; /* waited for in join */
	enum queue_order order;	       /* set once by init */
	size_t capacity;	       /* items; set once by init */
	queue_key_fn *key;	       /* set once by init */
	void **slots;		       /* guarded by lock; so is all below */
	size_t count;		       /* items that wait */
	size_t head;		       /* FIFO: slot of the oldest item */
	uint64_t next;		       /* SEQUENCE: the number to be got next */
	struct queue_putter *waiting;  /* SEQUENCE: those in a put, in the order
					  of their numbers */
	size_t unfinished;
	size_t peak; /* highest count so far */
	/* Threads that wait; one that was woken counts until it runs. */
	size_t getters, putters, joiners;
	bool closed;
	bool aborted; /* implies closed, and that no item waits */
};

/* Makes *q an empty queue for up to `capacity` items. key is needed for
 * QUEUE_SEQUENCE only, NULL otherwise. Returns 0, -EINVAL (capacity 0, no key),
 * or -ENOMEM or -EAGAIN for what the system has not got. To be undone by
 * queue_release. */
int queue_init(struct queue *q, enum queue_order order, size_t capacity,
	queue_key_fn *key);

/* Frees what init took. No thread may be in a call (one that waits is found
 * out: the program aborts) or make one later; items that still wait are the
 * caller's to know. */
void queue_release(struct queue *q);

/* Appends item (not NULL), blocking up to `wait` while the queue is full.
 * QUEUE_OK: the item is the queue's. QUEUE_FULL, QUEUE_CLOSED, QUEUE_MISUSE: it
 * is still the caller's. In the order by sequence a full queue is one whose
 * window, the `capacity` numbers from the next one to be got, ends before
 * item's number. */
enum queue_status queue_put(struct queue *q, void *item, int64_t wait);

/* Takes the next item, blocking up to `wait` while there is none (in the order
 * by sequence: while the next one is not there). After close the rest is handed
 * out, in order by sequence also across a gap, then QUEUE_CLOSED. *item is
 * untouched unless QUEUE_OK. */
enum queue_status queue_get(struct queue *q, void **item, int64_t wait);

/* One item that was got is done with. QUEUE_MISUSE, and nothing is counted,
 * when called more often than items were got. Does not block. */
enum queue_status queue_task_done(struct queue *q);

/* Blocks up to `wait` until every item put is done. QUEUE_OK, QUEUE_TIMEOUT, or
 * QUEUE_CLOSED when the queue was aborted and items that had been got are not
 * done. Items that abort discarded count as done: QUEUE_OK after an abort does
 * not mean that they were worked on. */
enum queue_status queue_join(struct queue *q, int64_t wait);

/* Puts fail from now on, gets drain, waiting putters return. As Python's
 * shutdown(). Does not block. */
void queue_close(struct queue *q);

/* Puts and gets fail from now on and every waiter returns, joiners too. Items
 * that wait are handed back in items[0..n), in the order in which get would
 * have returned them, and are the caller's again; n is returned. What goes
 * beyond `room` is dropped: with room for `capacity` items none is lost. Items
 * that were got before are not touched; task_done goes on to count them. close
 * before or after changes nothing; a second call returns 0. As Python's
 * shutdown(immediate=True), except that the items are not dropped. Does not
 * block. */
size_t queue_abort(struct queue *q, void **items, size_t room);

/* A look at the state; it may have changed when the call returns. Full means
 * that `capacity` items wait. The program asks for the size only; empty and
 * full complete Python's interface. */
size_t queue_size(struct queue *q);
bool queue_empty(struct queue *q);
bool queue_full(struct queue *q);

/* The highest number of items that ever waited at once. */
size_t queue_peak(struct queue *q);

#endif
