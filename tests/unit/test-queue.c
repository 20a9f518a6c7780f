/*
 * What pipeline/queue.h promises.
 *
 * A scenario for every order of the queue is run once per order and, where it
 * leaves the queue usable, twice on the same queue. Calls that block are made
 * in threads of their own, which assert nothing: they record what the call
 * returned, and are joined before anybody looks at it. That a call does block
 * is seen from the queue's own count of waiters. What should end and does not
 * is ended by an alarm.
 */
#include "config.h"

#include "pipeline/queue.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
	CAPACITY = 5, /* no power of two: slots and numbers must differ */
	MAX_ITEMS = 1024,
	HANG_SECONDS = 1200,
};

#define MILLISECOND INT64_C(1000000)
#define MINUTE	    (60000 * MILLISECOND)

struct item {
	uint64_t number;
};

static uint64_t number_of(const void *item)
{
	const struct item *i = item;

	return i->number;
}

/* A queue and items for it, numbered in the order in which they are made. */
struct fixture {
	struct queue q;
	size_t made;
	struct item items[MAX_ITEMS];
};

struct setting {
	enum queue_order order;
	int rounds;
	void (*scenario)(struct fixture *f);
};

static struct item *new_item(struct fixture *f)
{
	struct item *item = &f->items[f->made];

	assert_true(f->made < MAX_ITEMS);
	item->number = f->made++;
	return item;
}

static void init(struct queue *q, enum queue_order order, size_t capacity)
{
	assert_int_equal(queue_init(q, order, capacity,
				 order == QUEUE_SEQUENCE ? number_of : NULL),
		0);
}

/* Leaves the queue without an item, and releases it. */
static void abandon(struct queue *q)
{
	(void)queue_abort(q, NULL, 0);
	queue_release(q);
}

static void run(void **state)
{
	const struct setting *s = *state;
	struct fixture *f = test_calloc(1, sizeof(*f));

	init(&f->q, s->order, CAPACITY);
	for (int i = 0; i < s->rounds; i++)
		s->scenario(f);
	abandon(&f->q);
	test_free(f);
}

static void put(struct fixture *f, struct item *item)
{
	assert_int_equal(queue_put(&f->q, item, QUEUE_NOWAIT), QUEUE_OK);
}

static struct item *get(struct fixture *f)
{
	void *item = NULL;

	assert_int_equal(queue_get(&f->q, &item, QUEUE_NOWAIT), QUEUE_OK);
	return item;
}

static void assert_get_returns(struct fixture *f, enum queue_status expected)
{
	void *item = f;

	assert_int_equal(queue_get(&f->q, &item, QUEUE_NOWAIT), expected);
	assert_ptr_equal(item, f); /* untouched */
}

/* Puts n new items, all that fit if n is CAPACITY. */
static void fill(struct fixture *f, size_t n)
{
	while (n-- > 0)
		put(f, new_item(f));
}

/* Gets and finishes what is there. */
static void drain(struct fixture *f)
{
	while (!queue_empty(&f->q)) {
		(void)get(f);
		assert_int_equal(queue_task_done(&f->q), QUEUE_OK);
	}
}

static int64_t now(void)
{
	struct timespec ts;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &ts), 0);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

/* A call that may block, in a thread of its own. */
enum verb {
	PUT,
	GET,
	JOIN,
};

struct call {
	struct queue *q;
	enum verb verb;
	enum queue_status status;
	void *item; /* to be put; got */
	int64_t wait;
	pthread_t thread;
};

static struct call endless(enum verb verb, void *item)
{
	return (struct call){.verb = verb, .item = item, .wait = QUEUE_FOREVER};
}

static void *make_call(void *call)
{
	struct call *c = call;

	switch (c->verb) {
	case PUT:
		c->status = queue_put(c->q, c->item, c->wait);
		break;
	case GET:
		c->status = queue_get(c->q, &c->item, c->wait);
		break;
	case JOIN:
		c->status = queue_join(c->q, c->wait);
		break;
	}
	return NULL;
}

static size_t waiters(struct queue *q, enum verb verb)
{
	size_t n;

	assert_int_equal(pthread_mutex_lock(&q->lock), 0);
	n = verb == PUT ? q->putters : verb == GET ? q->getters : q->joiners;
	assert_int_equal(pthread_mutex_unlock(&q->lock), 0);
	return n;
}

/* Returns when n threads sit in that call. */
static void wait_for_waiters(struct queue *q, enum verb verb, size_t n)
{
	while (waiters(q, verb) != n)
		(void)sched_yield();
}

static void start(pthread_t *thread, void *(*function)(void *), void *arg)
{
	assert_int_equal(pthread_create(thread, NULL, function, arg), 0);
}

static void end(pthread_t thread)
{
	assert_int_equal(pthread_join(thread, NULL), 0);
}

/* Starts the call and returns when it blocks. */
static void start_blocked(struct queue *q, struct call *c)
{
	size_t before = waiters(q, c->verb);

	c->q = q;
	start(&c->thread, make_call, c);
	wait_for_waiters(q, c->verb, before + 1);
}

static void start_all_blocked(struct queue *q, struct call *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		start_blocked(q, &c[i]);
}

static void end_all(struct call *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		end(c[i].thread);
}

static size_t count_status(
	const struct call *c, size_t n, enum queue_status status)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += c[i].status == status;
	return found;
}

/* ---- The queue in the hands of one thread ---- */

static void items_come_out_in_the_order_asked_for(struct fixture *f)
{
	static const int order[][3] = {
		[QUEUE_FIFO] = {1, 2, 0},
		[QUEUE_LIFO] = {0, 2, 1},
		[QUEUE_SEQUENCE] = {0, 1, 2},
	};
	struct item *item[3];

	for (int i = 0; i < 3; i++)
		item[i] = new_item(f);
	put(f, item[1]);
	put(f, item[2]);
	put(f, item[0]);
	for (int i = 0; i < 3; i++)
		assert_ptr_equal(get(f), item[order[f->q.order][i]]);
}

static void size_empty_and_full_tell_how_many_items_wait(struct fixture *f)
{
	for (size_t i = 0; i < CAPACITY; i++) {
		assert_int_equal(queue_size(&f->q), i);
		assert_true(queue_empty(&f->q) == (i == 0));
		assert_false(queue_full(&f->q));
		put(f, new_item(f));
	}
	assert_int_equal(queue_size(&f->q), CAPACITY);
	assert_false(queue_empty(&f->q));
	assert_true(queue_full(&f->q));
	drain(f);
	assert_true(queue_empty(&f->q));
}

static void a_put_into_a_full_queue_fails_and_the_item_can_be_put_later(
	struct fixture *f)
{
	struct item *extra;

	fill(f, CAPACITY);
	extra = new_item(f);
	assert_int_equal(queue_put(&f->q, extra, QUEUE_NOWAIT), QUEUE_FULL);
	assert_int_equal(queue_put(&f->q, extra, MILLISECOND), QUEUE_FULL);
	assert_int_equal(queue_size(&f->q), CAPACITY);
	(void)get(f);
	put(f, extra);
	assert_true(queue_full(&f->q));
	drain(f);
}

static void a_get_from_an_empty_queue_fails_and_leaves_the_item_alone(
	struct fixture *f)
{
	void *item = f;

	assert_get_returns(f, QUEUE_EMPTY);
	assert_int_equal(queue_get(&f->q, &item, MILLISECOND), QUEUE_EMPTY);
	assert_ptr_equal(item, f);
	fill(f, 1);
	drain(f);
	assert_get_returns(f, QUEUE_EMPTY);
}

static void a_timed_call_blocks_for_its_time(struct fixture *f)
{
	const int64_t wait = 10 * MILLISECOND;
	void *item;
	int64_t begin;

	begin = now();
	assert_int_equal(queue_get(&f->q, &item, wait), QUEUE_EMPTY);
	assert_true(now() - begin >= wait);
	fill(f, CAPACITY);
	begin = now();
	assert_int_equal(queue_put(&f->q, new_item(f), wait), QUEUE_FULL);
	assert_true(now() - begin >= wait);
	f->made--;
	begin = now();
	assert_int_equal(queue_join(&f->q, wait), QUEUE_TIMEOUT);
	assert_true(now() - begin >= wait);
	drain(f);
}

static void timed_calls_that_need_not_wait_succeed(struct fixture *f)
{
	void *item;

	assert_int_equal(queue_put(&f->q, new_item(f), MINUTE), QUEUE_OK);
	assert_int_equal(queue_get(&f->q, &item, MINUTE), QUEUE_OK);
	assert_int_equal(queue_task_done(&f->q), QUEUE_OK);
	assert_int_equal(queue_join(&f->q, MINUTE), QUEUE_OK);
}

static void task_done_for_more_items_than_were_got_is_misuse(struct fixture *f)
{
	assert_int_equal(queue_task_done(&f->q), QUEUE_MISUSE);
	fill(f, 2);
	assert_int_equal(queue_task_done(&f->q), QUEUE_MISUSE);
	(void)get(f);
	assert_int_equal(queue_task_done(&f->q), QUEUE_OK);
	assert_int_equal(queue_task_done(&f->q), QUEUE_MISUSE);
	drain(f);
	assert_int_equal(queue_task_done(&f->q), QUEUE_MISUSE);
	assert_int_equal(queue_join(&f->q, QUEUE_NOWAIT), QUEUE_OK);
}

static void join_wants_items_done_not_only_got(struct fixture *f)
{
	assert_int_equal(queue_join(&f->q, QUEUE_FOREVER), QUEUE_OK);
	fill(f, 1);
	assert_int_equal(queue_join(&f->q, QUEUE_NOWAIT), QUEUE_TIMEOUT);
	(void)get(f);
	assert_int_equal(queue_join(&f->q, QUEUE_NOWAIT), QUEUE_TIMEOUT);
	assert_int_equal(queue_task_done(&f->q), QUEUE_OK);
	assert_int_equal(queue_join(&f->q, QUEUE_FOREVER), QUEUE_OK);
}

static void null_is_not_taken_for_an_item(struct fixture *f)
{
	assert_int_equal(queue_put(&f->q, NULL, QUEUE_FOREVER), QUEUE_MISUSE);
	assert_true(queue_empty(&f->q));
}

static void peak_is_the_most_that_ever_waited(struct fixture *f)
{
	assert_int_equal(queue_peak(&f->q), 0);
	fill(f, 3);
	drain(f);
	assert_int_equal(queue_peak(&f->q), 3);
	fill(f, 2);
	drain(f);
	assert_int_equal(queue_peak(&f->q), 3);
	fill(f, 4);
	assert_int_equal(queue_peak(&f->q), 4);
}

/* ---- Blocked calls ---- */

/* QUEUE_FOREVER by name, another negative number, a time that will not be
 * reached, and one that cannot be reached. */
static const int64_t long_waits[] = {
	QUEUE_FOREVER, INT64_MIN, 10 * MINUTE, INT64_MAX};

static void a_blocked_get_is_released_by_a_put(struct fixture *f)
{
	for (size_t i = 0; i < COUNT(long_waits); i++) {
		struct call call = {.verb = GET, .wait = long_waits[i]};
		struct item *item = new_item(f);

		start_blocked(&f->q, &call);
		put(f, item);
		end(call.thread);
		assert_int_equal(call.status, QUEUE_OK);
		assert_ptr_equal(call.item, item);
	}
}

static void a_blocked_put_is_released_by_a_get(struct fixture *f)
{
	for (size_t i = 0; i < COUNT(long_waits); i++) {
		struct call call = {.verb = PUT, .wait = long_waits[i]};

		fill(f, CAPACITY);
		call.item = new_item(f);
		start_blocked(&f->q, &call);
		(void)get(f);
		end(call.thread);
		assert_int_equal(call.status, QUEUE_OK);
		assert_true(queue_full(&f->q));
		drain(f);
	}
}

static void a_blocked_join_is_released_by_the_last_task_done(struct fixture *f)
{
	for (size_t i = 0; i < COUNT(long_waits); i++) {
		struct call call[2] = {
			{.verb = JOIN, .wait = long_waits[i]},
			{.verb = JOIN, .wait = QUEUE_FOREVER},
		};
		size_t early;

		fill(f, 2);
		start_all_blocked(&f->q, call, COUNT(call));
		(void)get(f);
		(void)get(f);
		(void)queue_task_done(&f->q);
		early = COUNT(call) - waiters(&f->q, JOIN);
		(void)queue_task_done(&f->q);
		end_all(call, COUNT(call));
		assert_int_equal(early, 0);
		assert_int_equal(
			count_status(call, COUNT(call), QUEUE_OK), COUNT(call));
	}
}

static void each_put_releases_one_of_several_getters(struct fixture *f)
{
	struct call call[4];
	bool got[COUNT(call)] = {false};
	size_t first = f->made;

	for (size_t i = 0; i < COUNT(call); i++)
		call[i] = endless(GET, NULL);
	start_all_blocked(&f->q, call, COUNT(call));
	fill(f, COUNT(call));
	end_all(call, COUNT(call));
	for (size_t i = 0; i < COUNT(call); i++) {
		size_t which = number_of(call[i].item) - first;

		assert_int_equal(call[i].status, QUEUE_OK);
		assert_true(which < COUNT(call));
		assert_false(got[which]);
		got[which] = true;
	}
}

static void each_get_releases_one_of_several_putters(struct fixture *f)
{
	struct call call[4];

	fill(f, CAPACITY);
	for (size_t i = 0; i < COUNT(call); i++)
		call[i] = endless(PUT, new_item(f));
	start_all_blocked(&f->q, call, COUNT(call));
	for (size_t i = 0; i < COUNT(call); i++) {
		(void)get(f);
		wait_for_waiters(&f->q, PUT, COUNT(call) - 1 - i);
	}
	end_all(call, COUNT(call));
	assert_int_equal(
		count_status(call, COUNT(call), QUEUE_OK), COUNT(call));
	assert_true(queue_full(&f->q));
	drain(f);
}

/* ---- Workers and join ---- */

struct worker {
	struct queue *q;
	pthread_t thread;
	uint64_t sum;
};

static void *add_up_until_closed(void *worker)
{
	struct worker *w = worker;
	void *item;

	while (queue_get(w->q, &item, QUEUE_FOREVER) == QUEUE_OK) {
		w->sum += number_of(item);
		(void)queue_task_done(w->q);
	}
	return NULL;
}

/* The workers must be at rest: join says when. */
static uint64_t total(const struct worker *w, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += w[i].sum;
	return sum;
}

static void join_returns_when_several_workers_have_done_every_item(
	struct fixture *f)
{
	enum {
		ITEMS = 400
	};
	struct worker w[3];
	uint64_t expected = 0;
	int wrong = 0;

	for (size_t i = 0; i < COUNT(w); i++) {
		w[i] = (struct worker){.q = &f->q};
		start(&w[i].thread, add_up_until_closed, &w[i]);
	}
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < ITEMS; i++) {
			struct item *item = new_item(f);

			expected += item->number;
			(void)queue_put(&f->q, item, QUEUE_FOREVER);
		}
		(void)queue_join(&f->q, QUEUE_FOREVER);
		wrong += total(w, COUNT(w)) != expected;
	}
	queue_close(&f->q);
	for (size_t i = 0; i < COUNT(w); i++)
		end(w[i].thread);
	assert_int_equal(wrong, 0);
	assert_int_equal(queue_task_done(&f->q), QUEUE_MISUSE);
}

/* ---- Shutdown ---- */

static void abort_without_room(struct queue *q)
{
	(void)queue_abort(q, NULL, 0);
}

static void after_close_puts_fail_and_gets_drain(struct fixture *f)
{
	fill(f, 3);
	queue_close(&f->q);
	assert_int_equal(
		queue_put(&f->q, new_item(f), QUEUE_NOWAIT), QUEUE_CLOSED);
	assert_int_equal(
		queue_put(&f->q, new_item(f), QUEUE_FOREVER), QUEUE_CLOSED);
	assert_int_equal(queue_join(&f->q, QUEUE_NOWAIT), QUEUE_TIMEOUT);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(number_of(get(f)),
			f->q.order == QUEUE_LIFO ? 2 - i : i);
	for (int i = 0; i < 3; i++)
		assert_int_equal(queue_task_done(&f->q), QUEUE_OK);
	assert_int_equal(queue_join(&f->q, QUEUE_FOREVER), QUEUE_OK);
	assert_get_returns(f, QUEUE_CLOSED);
}

static void after_close_or_abort_calls_without_a_time_limit_return(
	struct fixture *f)
{
	void *item;

	queue_close(&f->q);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			queue_get(&f->q, &item, QUEUE_FOREVER), QUEUE_CLOSED);
		assert_int_equal(queue_get(&f->q, &item, MINUTE), QUEUE_CLOSED);
		assert_int_equal(queue_put(&f->q, new_item(f), QUEUE_FOREVER),
			QUEUE_CLOSED);
		assert_int_equal(queue_join(&f->q, QUEUE_FOREVER), QUEUE_OK);
		abort_without_room(&f->q);
	}
}

static void abort_hands_the_items_back_in_the_order_of_get(struct fixture *f)
{
	void *items[CAPACITY];

	fill(f, 2);
	drain(f); /* so that the ring does not begin at slot 0 */
	fill(f, CAPACITY);
	assert_int_equal(queue_abort(&f->q, items, CAPACITY), CAPACITY);
	for (size_t i = 0; i < CAPACITY; i++)
		assert_int_equal(number_of(items[i]),
			2 + (f->q.order == QUEUE_LIFO ? CAPACITY - 1 - i : i));
	assert_true(queue_empty(&f->q));
	assert_get_returns(f, QUEUE_CLOSED);
	assert_int_equal(
		queue_put(&f->q, new_item(f), QUEUE_NOWAIT), QUEUE_CLOSED);
	assert_int_equal(queue_abort(&f->q, items, CAPACITY), 0);
}

static void abort_hands_back_no_more_items_than_there_is_room_for(
	struct fixture *f)
{
	void *items[3] = {NULL, NULL, f};

	fill(f, 4);
	assert_int_equal(queue_abort(&f->q, items, 2), 2);
	assert_non_null(items[0]);
	assert_non_null(items[1]);
	assert_ptr_equal(items[2], f);
	/* What was dropped is gone and done all the same. */
	assert_true(queue_empty(&f->q));
	assert_int_equal(queue_join(&f->q, QUEUE_FOREVER), QUEUE_OK);
}

static void after_abort_items_that_were_got_can_still_be_done(struct fixture *f)
{
	fill(f, 4);
	(void)get(f);
	(void)get(f);
	abort_without_room(&f->q);
	assert_int_equal(queue_join(&f->q, QUEUE_FOREVER), QUEUE_CLOSED);
	assert_int_equal(queue_task_done(&f->q), QUEUE_OK);
	assert_int_equal(queue_join(&f->q, QUEUE_FOREVER), QUEUE_CLOSED);
	assert_int_equal(queue_task_done(&f->q), QUEUE_OK);
	assert_int_equal(queue_join(&f->q, QUEUE_FOREVER), QUEUE_OK);
	assert_int_equal(queue_task_done(&f->q), QUEUE_MISUSE);
}

static void close_and_abort_may_follow_each_other_in_any_order(
	struct fixture *f)
{
	void *items[CAPACITY];

	fill(f, 3);
	queue_close(&f->q);
	queue_close(&f->q);
	assert_int_equal(queue_size(&f->q), 3);
	assert_int_equal(queue_abort(&f->q, items, CAPACITY), 3);
	assert_int_equal(queue_abort(&f->q, items, CAPACITY), 0);
	queue_close(&f->q);
	assert_get_returns(f, QUEUE_CLOSED);
	assert_int_equal(queue_join(&f->q, QUEUE_FOREVER), QUEUE_OK);
}

static void blocked_getters_return(
	struct fixture *f, void (*shut)(struct queue *q))
{
	struct call call[3] = {
		{.verb = GET, .wait = QUEUE_FOREVER},
		{.verb = GET, .wait = 10 * MINUTE},
		{.verb = GET, .wait = QUEUE_FOREVER},
	};

	start_all_blocked(&f->q, call, COUNT(call));
	shut(&f->q);
	end_all(call, COUNT(call));
	assert_int_equal(
		count_status(call, COUNT(call), QUEUE_CLOSED), COUNT(call));
}

static void close_releases_every_blocked_getter(struct fixture *f)
{
	blocked_getters_return(f, queue_close);
}

static void abort_releases_every_blocked_getter(struct fixture *f)
{
	blocked_getters_return(f, abort_without_room);
}

static void blocked_putters_return(
	struct fixture *f, void (*shut)(struct queue *q), size_t left)
{
	struct call call[3] = {
		{.verb = PUT, .wait = QUEUE_FOREVER},
		{.verb = PUT, .wait = 10 * MINUTE},
		{.verb = PUT, .wait = QUEUE_FOREVER},
	};

	fill(f, CAPACITY);
	for (size_t i = 0; i < COUNT(call); i++)
		call[i].item = new_item(f);
	start_all_blocked(&f->q, call, COUNT(call));
	shut(&f->q);
	end_all(call, COUNT(call));
	assert_int_equal(
		count_status(call, COUNT(call), QUEUE_CLOSED), COUNT(call));
	assert_int_equal(queue_size(&f->q), left);
}

static void close_releases_every_blocked_putter(struct fixture *f)
{
	blocked_putters_return(f, queue_close, CAPACITY);
	drain(f);
	assert_get_returns(f, QUEUE_CLOSED);
}

static void abort_releases_every_blocked_putter(struct fixture *f)
{
	blocked_putters_return(f, abort_without_room, 0);
}

/* Two threads join while one item waits and `in_hand` are got and not done.
 * Returns when the queue was aborted. */
static void abort_while_joined(
	struct fixture *f, size_t in_hand, struct call call[2])
{
	fill(f, in_hand + 1);
	for (size_t i = 0; i < in_hand; i++)
		(void)get(f);
	for (int i = 0; i < 2; i++)
		call[i] = endless(JOIN, NULL);
	start_all_blocked(&f->q, call, 2);
	abort_without_room(&f->q);
	end_all(call, 2);
}

static void abort_releases_join_when_all_that_was_left_is_discarded(
	struct fixture *f)
{
	struct call call[2];

	abort_while_joined(f, 0, call);
	assert_int_equal(count_status(call, 2, QUEUE_OK), 2);
}

static void abort_releases_join_though_an_item_in_hand_is_not_done(
	struct fixture *f)
{
	struct call call[2];

	abort_while_joined(f, 1, call);
	assert_int_equal(count_status(call, 2, QUEUE_CLOSED), 2);
}

static void close_leaves_join_waiting_for_the_drain(struct fixture *f)
{
	struct call call[2] = {
		{.verb = JOIN, .wait = QUEUE_FOREVER},
		{.verb = JOIN, .wait = 10 * MINUTE},
	};
	size_t waiting;

	fill(f, 3);
	start_all_blocked(&f->q, call, COUNT(call));
	queue_close(&f->q);
	waiting = waiters(&f->q, JOIN);
	drain(f);
	end_all(call, COUNT(call));
	assert_int_equal(waiting, COUNT(call));
	assert_int_equal(
		count_status(call, COUNT(call), QUEUE_OK), COUNT(call));
}

static void close_releases_putters_and_join_waits_for_the_getters(
	struct fixture *f)
{
	struct call putter = {.verb = PUT, .wait = QUEUE_FOREVER};
	struct call joiner = {.verb = JOIN, .wait = QUEUE_FOREVER};

	fill(f, CAPACITY);
	putter.item = new_item(f);
	start_blocked(&f->q, &putter);
	start_blocked(&f->q, &joiner);
	queue_close(&f->q);
	end(putter.thread);
	drain(f);
	end(joiner.thread);
	assert_int_equal(putter.status, QUEUE_CLOSED);
	assert_int_equal(joiner.status, QUEUE_OK);
}

static void abort_releases_putters_and_join_at_once(struct fixture *f)
{
	struct call call[] = {
		{.verb = PUT, .wait = QUEUE_FOREVER},
		{.verb = JOIN, .wait = QUEUE_FOREVER},
	};

	fill(f, CAPACITY);
	call[0].item = new_item(f);
	start_all_blocked(&f->q, call, COUNT(call));
	abort_without_room(&f->q);
	end_all(call, COUNT(call));
	assert_int_equal(call[0].status, QUEUE_CLOSED);
	assert_int_equal(call[1].status, QUEUE_OK);
}

/* Three getters race for two items and the close. */
static void close_turns_away_only_the_getter_too_many(struct fixture *f)
{
	struct call call[3];

	fill(f, 2);
	for (size_t i = 0; i < COUNT(call); i++) {
		call[i] = (struct call){
			.verb = GET, .wait = QUEUE_FOREVER, .q = &f->q};
		start(&call[i].thread, make_call, &call[i]);
	}
	queue_close(&f->q);
	end_all(call, COUNT(call));
	assert_int_equal(count_status(call, COUNT(call), QUEUE_OK), 2);
	assert_int_equal(count_status(call, COUNT(call), QUEUE_CLOSED), 1);
}

/* ---- By sequence number ---- */

/* Makes items up to n in all and leaves putting them to the caller. */
static void make_items(struct fixture *f, size_t n)
{
	while (f->made < n)
		(void)new_item(f);
}

static void the_next_number_is_let_in_when_only_later_ones_wait(
	struct fixture *f)
{
	size_t next = f->made;

	make_items(f, next + CAPACITY + 1);
	for (size_t i = 1; i < CAPACITY; i++)
		put(f, &f->items[next + i]);
	assert_get_returns(f, QUEUE_EMPTY);
	assert_int_equal(
		queue_put(&f->q, &f->items[next + CAPACITY], QUEUE_NOWAIT),
		QUEUE_FULL);
	put(f, &f->items[next]);
	assert_true(queue_full(&f->q));
	assert_int_equal(get(f)->number, next);
	put(f, &f->items[next + CAPACITY]);
	drain(f);
}

static void a_number_used_twice_or_already_got_is_refused(struct fixture *f)
{
	size_t next = f->made;
	struct item again = {next + 1};

	make_items(f, next + 2);
	put(f, &f->items[next + 1]);
	assert_int_equal(queue_put(&f->q, &again, QUEUE_FOREVER), QUEUE_MISUSE);
	put(f, &f->items[next]);
	assert_ptr_equal(get(f), &f->items[next]);
	assert_ptr_equal(get(f), &f->items[next + 1]);
	assert_int_equal(queue_put(&f->q, &again, QUEUE_FOREVER), QUEUE_MISUSE);
	again.number = next;
	assert_int_equal(queue_put(&f->q, &again, QUEUE_NOWAIT), QUEUE_MISUSE);
	assert_true(queue_empty(&f->q));
}

static void of_two_blocked_puts_of_one_number_one_is_refused(struct fixture *f)
{
	struct call call[2];
	struct item twin;

	fill(f, CAPACITY);
	twin.number = new_item(f)->number;
	call[0] = endless(PUT, &f->items[twin.number]);
	call[1] = endless(PUT, &twin);
	start_all_blocked(&f->q, call, COUNT(call));
	(void)get(f);
	end_all(call, COUNT(call));
	assert_int_equal(count_status(call, COUNT(call), QUEUE_OK), 1);
	assert_int_equal(count_status(call, COUNT(call), QUEUE_MISUSE), 1);
	drain(f);
}

/* Whichever came first: three putters, and only the one whose number comes into
 * the window may go on. */
static void a_get_releases_the_putter_whose_turn_it_is(struct fixture *f)
{
	for (size_t due = 0; due < 3; due++) {
		struct call call[3];
		size_t next;

		fill(f, CAPACITY);
		next = f->made;
		make_items(f, next + 3);
		for (size_t i = 0; i < 3; i++)
			call[i] = endless(
				PUT, &f->items[next + (i + 3 - due) % 3]);
		start_all_blocked(&f->q, call, 3);
		(void)get(f);
		end(call[due].thread);
		(void)get(f);
		end(call[(due + 1) % 3].thread);
		(void)get(f);
		end(call[(due + 2) % 3].thread);
		assert_int_equal(count_status(call, 3, QUEUE_OK), 3);
		drain(f);
	}
}

static atomic_size_t asked;

static uint64_t ask_number(const void *item)
{
	atomic_fetch_add(&asked, 1);
	return number_of(item);
}

/* A putter that is woken looks at its number anew. With many of them at one
 * narrow window each get may wake one, not all: their looks are a few for each
 * of them, not as many as there are others. */
static void a_get_wakes_no_putter_whose_number_is_not_let_in(void **state)
{
	enum {
		PUTTERS = 64
	};
	struct fixture *f = test_calloc(1, sizeof(*f));
	struct call call[PUTTERS];

	(void)state;
	assert_int_equal(queue_init(&f->q, QUEUE_SEQUENCE, 1, ask_number), 0);
	put(f, new_item(f));
	make_items(f, PUTTERS + 1);
	for (size_t i = 0; i < PUTTERS; i++)
		call[i] = endless(PUT, &f->items[PUTTERS - i]);
	start_all_blocked(&f->q, call, PUTTERS);
	atomic_store(&asked, 0);
	for (size_t i = 0; i < PUTTERS; i++) {
		(void)get(f);
		end(call[PUTTERS - 1 - i].thread);
	}
	assert_int_equal(count_status(call, PUTTERS, QUEUE_OK), PUTTERS);
	assert_true(atomic_load(&asked) < 5 * PUTTERS);
	drain(f);
	abandon(&f->q);
	test_free(f);
}

static void a_put_that_closes_a_gap_releases_all_getters_it_can(
	struct fixture *f)
{
	struct call call[3];
	size_t next = f->made;
	bool waiting;

	make_items(f, next + 3);
	for (size_t i = 0; i < 3; i++)
		call[i] = endless(GET, NULL);
	start_all_blocked(&f->q, call, 3);
	put(f, &f->items[next + 2]);
	put(f, &f->items[next + 1]);
	/* Two items wait, but neither can be got. */
	waiting = waiters(&f->q, GET) == 3;
	put(f, &f->items[next]);
	end_all(call, 3);
	assert_true(waiting);
	assert_int_equal(count_status(call, 3, QUEUE_OK), 3);
}

static void after_close_items_behind_gaps_are_handed_out_in_order(
	struct fixture *f)
{
	static const size_t there[] = {4, 1, 3};

	make_items(f, CAPACITY);
	for (size_t i = 0; i < COUNT(there); i++)
		put(f, &f->items[there[i]]);
	assert_get_returns(f, QUEUE_EMPTY);
	queue_close(&f->q);
	assert_int_equal(get(f)->number, 1);
	assert_int_equal(get(f)->number, 3);
	assert_int_equal(get(f)->number, 4);
	assert_get_returns(f, QUEUE_CLOSED);
}

static void close_releases_getters_blocked_by_a_gap(struct fixture *f)
{
	struct call call[3];

	make_items(f, 4);
	for (size_t i = 0; i < 3; i++)
		call[i] = endless(GET, NULL);
	start_all_blocked(&f->q, call, 3);
	put(f, &f->items[1]);
	put(f, &f->items[3]);
	queue_close(&f->q);
	end_all(call, 3);
	assert_int_equal(count_status(call, 3, QUEUE_OK), 2);
	assert_int_equal(count_status(call, 3, QUEUE_CLOSED), 1);
}

static void abort_hands_back_items_behind_gaps(struct fixture *f)
{
	void *items[CAPACITY];

	make_items(f, CAPACITY);
	put(f, &f->items[4]);
	put(f, &f->items[2]);
	assert_int_equal(queue_abort(&f->q, items, CAPACITY), 2);
	assert_ptr_equal(items[0], &f->items[2]);
	assert_ptr_equal(items[1], &f->items[4]);
	assert_int_equal(queue_join(&f->q, QUEUE_FOREVER), QUEUE_OK);
}

enum {
	SHUFFLED = 3000,
	SHUFFLERS = 4,
	SORTERS = 3,
};

/* Numbers on their way through SHUFFLERS threads into one queue. */
struct shuffle {
	struct queue q;
	struct item items[SHUFFLED];
	struct item *order[SHUFFLED];
	atomic_size_t taken;
	pthread_t shufflers[SHUFFLERS];
};

struct sorter {
	struct shuffle *s;
	pthread_t thread;
	uint64_t *got;
	size_t n;
};

/* Mixes the numbers up within blocks of the queue's capacity. More would be a
 * dead lock: all threads could hold numbers beyond the window. */
static void mix(struct shuffle *s, unsigned seed)
{
	for (size_t i = 0; i < SHUFFLED; i++) {
		s->items[i].number = i;
		s->order[i] = &s->items[i];
	}
	for (size_t i = 0; i < SHUFFLED; i++) {
		size_t left = CAPACITY - i % CAPACITY;
		size_t j;
		struct item *item = s->order[i];

		if (left > SHUFFLED - i)
			left = SHUFFLED - i;
		seed = seed * 1103515245 + 12345;
		j = i + (seed >> 16) % left;
		s->order[i] = s->order[j];
		s->order[j] = item;
	}
}

static void *put_shuffled(void *shuffle)
{
	struct shuffle *s = shuffle;
	size_t i;

	while ((i = atomic_fetch_add(&s->taken, 1)) < SHUFFLED)
		(void)queue_put(&s->q, s->order[i], QUEUE_FOREVER);
	return NULL;
}

static void *get_sorted(void *sorter)
{
	struct sorter *t = sorter;
	void *item;

	while (queue_get(&t->s->q, &item, QUEUE_FOREVER) == QUEUE_OK)
		t->got[t->n++] = number_of(item);
	return NULL;
}

/* Returns what each sorter got in got[0..n), in its order of time. */
static void sort_shuffled(
	struct shuffle *s, struct sorter *sorters, size_t n_sorters)
{
	init(&s->q, QUEUE_SEQUENCE, CAPACITY);
	mix(s, (unsigned)n_sorters);
	for (size_t i = 0; i < n_sorters; i++) {
		sorters[i] = (struct sorter){.s = s};
		sorters[i].got = test_calloc(SHUFFLED, sizeof(uint64_t));
		start(&sorters[i].thread, get_sorted, &sorters[i]);
	}
	for (size_t i = 0; i < SHUFFLERS; i++)
		start(&s->shufflers[i], put_shuffled, s);
	for (size_t i = 0; i < SHUFFLERS; i++)
		end(s->shufflers[i]);
	queue_close(&s->q);
	for (size_t i = 0; i < n_sorters; i++)
		end(sorters[i].thread);
	queue_release(&s->q);
}

static void what_several_threads_put_shuffled_comes_out_in_order(void **state)
{
	struct shuffle *s = test_calloc(1, sizeof(*s));
	struct sorter sorter;

	(void)state;
	sort_shuffled(s, &sorter, 1);
	assert_int_equal(sorter.n, SHUFFLED);
	for (size_t i = 0; i < SHUFFLED; i++)
		assert_int_equal(sorter.got[i], i);
	test_free(sorter.got);
	test_free(s);
}

static void several_getters_each_see_rising_numbers_and_miss_none(void **state)
{
	struct shuffle *s = test_calloc(1, sizeof(*s));
	struct sorter sorters[SORTERS];
	size_t n = 0;

	(void)state;
	sort_shuffled(s, sorters, SORTERS);
	for (size_t i = 0; i < SORTERS; i++) {
		for (size_t j = 1; j < sorters[i].n; j++)
			assert_true(sorters[i].got[j - 1] < sorters[i].got[j]);
		n += sorters[i].n;
		test_free(sorters[i].got);
	}
	/* As many as were put, and no number can come out twice. */
	assert_int_equal(n, SHUFFLED);
	test_free(s);
}

/* ---- What init refuses ---- */

static void a_queue_without_room_or_without_its_key_is_refused(void **state)
{
	struct queue q;

	(void)state;
	assert_int_equal(queue_init(&q, QUEUE_FIFO, 0, NULL), -EINVAL);
	assert_int_equal(queue_init(&q, QUEUE_LIFO, 0, NULL), -EINVAL);
	assert_int_equal(queue_init(&q, QUEUE_SEQUENCE, 0, number_of), -EINVAL);
	assert_int_equal(queue_init(&q, QUEUE_SEQUENCE, 1, NULL), -EINVAL);
}

static void a_queue_for_one_item_works_in_every_order(void **state)
{
	static const enum queue_order orders[] = {
		QUEUE_FIFO, QUEUE_LIFO, QUEUE_SEQUENCE};

	(void)state;
	for (size_t i = 0; i < COUNT(orders); i++) {
		struct queue q;
		struct item items[] = {{0}, {1}};
		void *item;

		init(&q, orders[i], 1);
		for (size_t j = 0; j < COUNT(items); j++) {
			assert_int_equal(queue_put(&q, &items[j], QUEUE_NOWAIT),
				QUEUE_OK);
			assert_true(queue_full(&q));
			assert_int_equal(
				queue_get(&q, &item, QUEUE_NOWAIT), QUEUE_OK);
			assert_ptr_equal(item, &items[j]);
		}
		queue_release(&q);
	}
}

/* ---- Shutdown in the middle of traffic ---- */

enum {
	PRODUCERS = 4,
	CONSUMERS = 6,
	STRESS_ITEMS = 300,
	STRESS_CAPACITY = 3,
	STRESS_ROUNDS = 40,
};

/* What became of an item. Written by the thread that had it, read after all
 * have ended. */
struct fate {
	struct item item;
	unsigned put, refused, got, discarded;
};

struct stress {
	struct queue q;
	bool immediate; /* abort instead of close */
	bool impatient; /* calls are timed or do not wait at all, too */
	size_t stop_at; /* items got before the queue is shut down */
	atomic_size_t made, moved;
	struct fate fates[STRESS_ITEMS];
	void *discarded[STRESS_CAPACITY];
	size_t n_discarded;    /* by the consumer that shut down */
	atomic_uint surprises; /* a status that cannot be */
	enum queue_status joined;
};

static int64_t stress_wait(const struct stress *s, uint64_t n)
{
	static const int64_t waits[] = {
		QUEUE_FOREVER, QUEUE_NOWAIT, 1000, 50000};

	return s->impatient ? waits[n % COUNT(waits)] : QUEUE_FOREVER;
}

/* Every item gets into the queue or is refused by a closed one, whatever comes
 * before it. */
static void *produce(void *stress)
{
	struct stress *s = stress;
	size_t i;

	while ((i = atomic_fetch_add(&s->made, 1)) < STRESS_ITEMS) {
		struct fate *fate = &s->fates[i];
		uint64_t n = i;
		enum queue_status status;
		int64_t wait;

		do {
			wait = stress_wait(s, n++);
			status = queue_put(&s->q, fate, wait);
		} while (status == QUEUE_FULL && wait != QUEUE_FOREVER);
		if (status == QUEUE_OK)
			fate->put++;
		else if (status == QUEUE_CLOSED)
			fate->refused++;
		else
			atomic_fetch_add(&s->surprises, 1);
	}
	return NULL;
}

static void shut_down(struct stress *s)
{
	if (s->immediate)
		s->n_discarded =
			queue_abort(&s->q, s->discarded, COUNT(s->discarded));
	else
		queue_close(&s->q);
}

static void *consume(void *stress)
{
	struct stress *s = stress;
	enum queue_status status;
	uint64_t n = 0;
	int64_t wait;
	void *item;

	do {
		wait = stress_wait(s, n++);
		status = queue_get(&s->q, &item, wait);
		if (status == QUEUE_OK) {
			struct fate *fate = item;

			fate->got++;
			if (atomic_fetch_add(&s->moved, 1) + 1 == s->stop_at)
				shut_down(s);
			if (queue_task_done(&s->q) != QUEUE_OK)
				atomic_fetch_add(&s->surprises, 1);
		}
	} while (status == QUEUE_OK ||
		 (status == QUEUE_EMPTY && wait != QUEUE_FOREVER));
	if (status != QUEUE_CLOSED)
		atomic_fetch_add(&s->surprises, 1);
	return NULL;
}

static void *join_stress(void *stress)
{
	struct stress *s = stress;

	s->joined = queue_join(&s->q, QUEUE_FOREVER);
	return NULL;
}

static void check_fates(struct stress *s)
{
	unsigned put = 0, gone = 0, refused = 0;

	for (size_t i = 0; i < s->n_discarded; i++)
		((struct fate *)s->discarded[i])->discarded++;
	for (size_t i = 0; i < STRESS_ITEMS; i++) {
		const struct fate *fate = &s->fates[i];

		assert_int_equal(fate->put + fate->refused, 1);
		assert_int_equal(fate->got + fate->discarded, fate->put);
		put += fate->put;
		gone += fate->got + fate->discarded;
		refused += fate->refused;
	}
	assert_int_equal(put, gone);
	assert_int_equal(put + refused, STRESS_ITEMS);
}

static void stress_round(struct stress *s, enum queue_order order)
{
	pthread_t threads[PRODUCERS + CONSUMERS + 1];
	size_t n = 0;

	init(&s->q, order, STRESS_CAPACITY);
	for (size_t i = 0; i < STRESS_ITEMS; i++)
		s->fates[i].item.number = i;
	for (int i = 0; i < CONSUMERS; i++)
		start(&threads[n++], consume, s);
	for (int i = 0; i < PRODUCERS; i++)
		start(&threads[n++], produce, s);
	start(&threads[n++], join_stress, s);
	while (n > 0)
		end(threads[--n]);
	assert_int_equal(s->surprises, 0);
	check_fates(s);
	assert_true(s->joined == QUEUE_OK ||
		    (s->immediate && s->joined == QUEUE_CLOSED));
	assert_int_equal(queue_size(&s->q), 0);
	assert_int_equal(queue_join(&s->q, QUEUE_FOREVER), QUEUE_OK);
	assert_true(queue_peak(&s->q) <= STRESS_CAPACITY);
	queue_release(&s->q);
}

static void shut_down_in_the_middle(enum queue_order order, bool immediate)
{
	struct stress *s = test_malloc(sizeof(*s));

	for (size_t i = 0; i < STRESS_ROUNDS; i++) {
		memset(s, 0, sizeof(*s));
		s->immediate = immediate;
		s->impatient = i % 2 == 1;
		/* Another moment every time, all over the middle. */
		s->stop_at = STRESS_ITEMS / 4 + i * 3;
		stress_round(s, order);
	}
	test_free(s);
}

static void no_item_is_lost_or_doubled_by_a_close_in_the_middle(
	struct fixture *f)
{
	shut_down_in_the_middle(f->q.order, false);
}

static void no_item_is_lost_or_doubled_by_an_abort_in_the_middle(
	struct fixture *f)
{
	shut_down_in_the_middle(f->q.order, true);
}

/* A timed wait whose end is in the next second of the clock. */
static void a_wait_into_the_next_second_is_not_cut_short(void **state)
{
	struct queue q;
	void *item;
	int64_t begin, wait;

	(void)state;
	init(&q, QUEUE_FIFO, 1);
	begin = now();
	wait = 1000 * MILLISECOND - begin % (1000 * MILLISECOND) +
	       10 * MILLISECOND;
	assert_int_equal(queue_get(&q, &item, wait), QUEUE_EMPTY);
	assert_true(now() - begin >= wait);
	assert_true(now() - begin < wait + MINUTE);
	queue_release(&q);
}

/* A child, whose thread waits when the queue is released. */
static _Noreturn void release_in_use(void)
{
	struct call waiting = endless(GET, NULL);
	struct queue q;

	(void)alarm(HANG_SECONDS / 3);
	(void)close(STDERR_FILENO);
	if (queue_init(&q, QUEUE_FIFO, 1, NULL) != 0)
		_exit(1);
	waiting.q = &q;
	start(&waiting.thread, make_call, &waiting);
	wait_for_waiters(&q, GET, 1);
	queue_release(&q);
	_exit(0);
}

static void releasing_a_queue_that_is_waited_for_aborts(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0)
		release_in_use();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

#define SETTING(order, rounds, scenario) \
	(&(struct setting){order, rounds, scenario})
#define TEST_IN(order, rounds, scenario)                          \
	{                                                         \
		.name = #order ": " #scenario, .test_func = run,  \
		.initial_state = SETTING(order, rounds, scenario) \
	}
#define EACH_ORDER(rounds, scenario)                   \
	TEST_IN(QUEUE_FIFO, rounds, scenario),         \
		TEST_IN(QUEUE_LIFO, rounds, scenario), \
		TEST_IN(QUEUE_SEQUENCE, rounds, scenario)
#define ONCE(scenario)		 EACH_ORDER(1, scenario)
#define TWICE(scenario)		 EACH_ORDER(2, scenario)
#define SEQUENCE_ONCE(scenario)	 TEST_IN(QUEUE_SEQUENCE, 1, scenario)
#define SEQUENCE_TWICE(scenario) TEST_IN(QUEUE_SEQUENCE, 2, scenario)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TWICE(items_come_out_in_the_order_asked_for),
		TWICE(size_empty_and_full_tell_how_many_items_wait),
		TWICE(a_put_into_a_full_queue_fails_and_the_item_can_be_put_later),
		TWICE(a_get_from_an_empty_queue_fails_and_leaves_the_item_alone),
		TWICE(a_timed_call_blocks_for_its_time),
		TWICE(timed_calls_that_need_not_wait_succeed),
		TWICE(task_done_for_more_items_than_were_got_is_misuse),
		TWICE(join_wants_items_done_not_only_got),
		TWICE(null_is_not_taken_for_an_item),
		ONCE(peak_is_the_most_that_ever_waited),
		TWICE(a_blocked_get_is_released_by_a_put),
		TWICE(a_blocked_put_is_released_by_a_get),
		TWICE(a_blocked_join_is_released_by_the_last_task_done),
		TWICE(each_put_releases_one_of_several_getters),
		TWICE(each_get_releases_one_of_several_putters),
		ONCE(join_returns_when_several_workers_have_done_every_item),
		ONCE(after_close_puts_fail_and_gets_drain),
		ONCE(after_close_or_abort_calls_without_a_time_limit_return),
		ONCE(abort_hands_the_items_back_in_the_order_of_get),
		ONCE(abort_hands_back_no_more_items_than_there_is_room_for),
		ONCE(after_abort_items_that_were_got_can_still_be_done),
		ONCE(close_and_abort_may_follow_each_other_in_any_order),
		ONCE(close_releases_every_blocked_getter),
		ONCE(abort_releases_every_blocked_getter),
		ONCE(close_releases_every_blocked_putter),
		ONCE(abort_releases_every_blocked_putter),
		ONCE(abort_releases_join_when_all_that_was_left_is_discarded),
		ONCE(abort_releases_join_though_an_item_in_hand_is_not_done),
		ONCE(close_leaves_join_waiting_for_the_drain),
		ONCE(close_releases_putters_and_join_waits_for_the_getters),
		ONCE(abort_releases_putters_and_join_at_once),
		ONCE(close_turns_away_only_the_getter_too_many),
		SEQUENCE_TWICE(
			the_next_number_is_let_in_when_only_later_ones_wait),
		SEQUENCE_TWICE(a_number_used_twice_or_already_got_is_refused),
		SEQUENCE_TWICE(
			of_two_blocked_puts_of_one_number_one_is_refused),
		SEQUENCE_TWICE(a_get_releases_the_putter_whose_turn_it_is),
		cmocka_unit_test(
			a_get_wakes_no_putter_whose_number_is_not_let_in),
		SEQUENCE_TWICE(
			a_put_that_closes_a_gap_releases_all_getters_it_can),
		SEQUENCE_ONCE(
			after_close_items_behind_gaps_are_handed_out_in_order),
		SEQUENCE_ONCE(close_releases_getters_blocked_by_a_gap),
		SEQUENCE_ONCE(abort_hands_back_items_behind_gaps),
		cmocka_unit_test(
			what_several_threads_put_shuffled_comes_out_in_order),
		cmocka_unit_test(
			several_getters_each_see_rising_numbers_and_miss_none),
		cmocka_unit_test(
			a_queue_without_room_or_without_its_key_is_refused),
		cmocka_unit_test(a_queue_for_one_item_works_in_every_order),
		cmocka_unit_test(a_wait_into_the_next_second_is_not_cut_short),
		cmocka_unit_test(releasing_a_queue_that_is_waited_for_aborts),
		ONCE(no_item_is_lost_or_doubled_by_a_close_in_the_middle),
		ONCE(no_item_is_lost_or_doubled_by_an_abort_in_the_middle),
	};

	(void)alarm(HANG_SECONDS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
