/*
 * Tests of handing a state from thread to thread: the right one, in order, and
 * nobody left waiting.
 */
#include "config.h"

#include "pipeline/baton.h"

#include "support.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

/* A state that can be told from others by its number. */
static struct upcase_state state_of(uint64_t number)
{
	struct upcase_state st;

	upcase_state_init(&st);
	st.offset = number;
	return st;
}

static void pass(struct baton *b, uint64_t seq)
{
	struct upcase_state st = state_of(seq * 10);

	baton_pass(b, seq, &st);
}

/* A thread that takes. */
struct taking {
	struct baton *b;
	uint64_t seq, offset;
	int err;
};

static void take_in_thread(void *context)
{
	struct taking *t = context;
	struct upcase_state st = state_of(0);

	t->err = baton_take(t->b, t->seq, &st);
	t->offset = st.offset;
}

static void a_state_that_was_passed_is_taken(void **state)
{
	struct upcase_state st;
	struct baton b;

	(void)state;
	assert_int_equal(baton_init(&b, 4), 0);
	for (uint64_t seq = 1; seq < 100; seq++) {
		pass(&b, seq);
		assert_int_equal(baton_take(&b, seq, &st), 0);
		assert_int_equal(st.offset, seq * 10);
	}
	baton_release(&b);
}

static void who_comes_early_waits(void **state)
{
	struct taking t = {.seq = 7};
	struct support_thread thread;
	struct baton b;
	bool slept;

	(void)state;
	assert_int_equal(baton_init(&b, 4), 0);
	t.b = &b;
	support_start(&thread, take_in_thread, &t);
	slept = support_sleeps(&thread);
	pass(&b, 7);
	support_join(&thread);
	assert_true(slept);
	assert_int_equal(t.err, 0);
	assert_int_equal(t.offset, 70);
	baton_release(&b);
}

static void each_of_many_gets_its_own(void **state)
{
	enum {
		N = 4
	};
	struct support_thread threads[N];
	struct taking t[N];
	struct baton b;

	(void)state;
	assert_int_equal(baton_init(&b, 4), 0);
	for (int i = N - 1; i >= 0; i--) {
		t[i] = (struct taking){.b = &b, .seq = (uint64_t)i + 1};
		support_start(&threads[i], take_in_thread, &t[i]);
	}
	for (int i = 0; i < N; i++) {
		pass(&b, (uint64_t)i + 1);
		support_join(&threads[i]);
		assert_int_equal(t[i].err, 0);
		assert_int_equal(t[i].offset, t[i].seq * 10);
	}
	baton_release(&b);
}

/* The end of a long line and the first pieces of the next may be at work at the
 * same time. */
static void states_of_two_lines_may_be_under_way(void **state)
{
	struct taking t = {.seq = 1};
	struct support_thread thread;
	struct upcase_state st = state_of(0);
	struct baton b;

	(void)state;
	assert_int_equal(baton_init(&b, 4), 0);
	pass(&b, 1);
	pass(&b, 3);
	t.b = &b;
	support_start(&thread, take_in_thread, &t);
	while (!atomic_load(&thread.done))
		if (support_sleeps(&thread))
			baton_abort(&b); /* it would wait for ever */
	support_join(&thread);
	assert_int_equal(t.err, 0);
	assert_int_equal(t.offset, 10);
	assert_int_equal(baton_take(&b, 3, &st), 0);
	assert_int_equal(st.offset, 30);
	baton_release(&b);
}

static void a_state_that_nobody_wants_is_in_nobodys_way(void **state)
{
	struct upcase_state st;
	struct baton b;

	(void)state;
	assert_int_equal(baton_init(&b, 4), 0);
	for (uint64_t seq = 1; seq < 100; seq += 3) {
		pass(&b, seq); /* the rest of its line was dropped */
		pass(&b, seq + 1);
		assert_int_equal(baton_take(&b, seq + 1, &st), 0);
		assert_int_equal(st.offset, (seq + 1) * 10);
	}
	baton_release(&b);
}

static void an_old_state_is_not_taken_for_a_new_one(void **state)
{
	struct taking t = {.seq = 5};
	struct support_thread thread;
	struct baton b;

	(void)state;
	assert_int_equal(baton_init(&b, 4), 0);
	pass(&b, 1); /* nobody wants it; it is where 5 will be */
	t.b = &b;
	support_start(&thread, take_in_thread, &t);
	(void)support_sleeps(&thread);
	pass(&b, 5);
	support_join(&thread);
	assert_int_equal(t.err, 0);
	assert_int_equal(t.offset, 50);
	baton_release(&b);
}

static void an_abort_ends_every_wait(void **state)
{
	struct support_thread threads[3];
	struct taking t[3];
	struct upcase_state st;
	struct baton b;

	(void)state;
	assert_int_equal(baton_init(&b, 4), 0);
	for (int i = 0; i < 3; i++) {
		t[i] = (struct taking){.b = &b, .seq = (uint64_t)i + 5};
		support_start(&threads[i], take_in_thread, &t[i]);
	}
	for (int i = 0; i < 3; i++)
		(void)support_sleeps(&threads[i]);
	baton_abort(&b);
	for (int i = 0; i < 3; i++) {
		support_join(&threads[i]);
		assert_int_equal(t[i].err, -ECANCELED);
	}
	pass(&b, 9);
	assert_int_equal(baton_take(&b, 9, &st), -ECANCELED);
	baton_release(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_state_that_was_passed_is_taken),
		cmocka_unit_test(who_comes_early_waits),
		cmocka_unit_test(each_of_many_gets_its_own),
		cmocka_unit_test(states_of_two_lines_may_be_under_way),
		cmocka_unit_test(a_state_that_nobody_wants_is_in_nobodys_way),
		cmocka_unit_test(an_old_state_is_not_taken_for_a_new_one),
		cmocka_unit_test(an_abort_ends_every_wait),
	};

	(void)alarm(300); /* a wait without end must not block the tests */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
