/*
 * Tests of the stand-in: that exactly one of it and the reader has the batch,
 * that what was read is written, and what a read that does not return may still
 * write to.
 *
 * Threads that cannot be started: pthread_create goes through the test.
 */
#include "config.h"

#include "pipeline/standin.h"

#include "stages.h"
#include "support.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool no_threads;

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
	void *(*run)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
	void *(*run)(void *), void *argument);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
	void *(*run)(void *), void *argument)
{
	if (no_threads)
		return EAGAIN;
	return __real_pthread_create(thread, attributes, run, argument);
}

struct stuck {
	struct stages s;
	struct crew crew;
	struct handover h;
	struct standin standin;
	struct batch *b; /* that the reader reads into */
};

static int start_nobody(void *context)
{
	(void)context;
	return -1;
}

/* A reader that has text in its batch and is in a read. */
static void make(struct stuck *t, const char *text, bool lines)
{
	struct handover_config config = {.in = &t->s.in,
		.out = &t->s.out,
		.pool = &t->s.pool,
		.output = &t->s.output,
		.converter = &t->s.converter,
		.jobs = 1,
		.start_others = start_nobody};

	no_threads = false;
	stages_make(&t->s, "out", UPCASE_ROOT, UPCASE_KEEP);
	assert_int_equal(crew_init(&t->crew, 1), 0);
	handover_init(&t->h, &config);
	t->standin = (struct standin){.crew = &t->crew,
		.handover = &t->h,
		.cut = {.text = &t->s.text,
			.size = STAGES_SIZE,
			.n_inputs = 1,
			.lines = lines}};
	t->b = stages_batch(&t->s, text);
	standin_expose(&t->standin, t->b);
}

static void join(struct stuck *t)
{
	struct pollfd fd = {.fd = crew_event_fd(&t->crew), .events = POLLIN};

	while (crew_running(&t->crew) > 0)
		(void)poll(&fd, 1, -1);
	assert_false(crew_join_ended(&t->crew));
}

static void release(struct stuck *t)
{
	crew_release(&t->crew);
	stages_free(&t->s);
}

static void what_was_read_is_written(void **state)
{
	static const struct {
		const char *text, *written;
		bool lines;
	} cases[] = {
		{"one\ntwo", "ONE\nTWO\n", true},
		{"one\ntwo", "ONE\nTWO", false},
		{"one\n", "ONE\n", true},
		{"", "", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		unsigned char *before;
		struct stuck t;

		make(&t, cases[i].text, cases[i].lines);
		before = t.b->text;
		assert_true(standin_may_take_over(&t.standin));
		assert_int_equal(standin_take_over(&t.standin), 0);
		assert_false(standin_withdraw(&t.standin));
		assert_true(t.crew.reader.left);
		join(&t);
		/* The old text is the read's, as it was. */
		assert_memory_equal(
			before, cases[i].text, strlen(cases[i].text));
		assert_ptr_not_equal(t.b->text, before);
		assert_int_equal(standin_lost(&t.standin), 0);
		assert_int_equal(pool_unwritten(&t.s.pool), 0);
		assert_true(t.s.output.finished);
		release(&t);
		free(before);
		support_file_is(
			"out", cases[i].written, strlen(cases[i].written));
		support_write("out", "", 0);
	}
}

static void a_reader_that_has_come_back_is_not_relieved(void **state)
{
	struct stuck t;

	(void)state;
	make(&t, "one\n", true);
	assert_true(standin_withdraw(&t.standin));
	assert_false(standin_may_take_over(&t.standin));
	assert_int_equal(standin_take_over(&t.standin), 0);
	assert_int_equal(crew_running(&t.crew), 0);
	assert_false(t.crew.reader.left);
	release(&t);
}

static void lines_are_counted_as_lost_where_no_thread_can_be_had(void **state)
{
	struct stuck t;

	(void)state;
	make(&t, "one\ntwo", true);
	no_threads = true;
	assert_int_equal(standin_take_over(&t.standin), -EAGAIN);
	assert_int_equal(standin_lost(&t.standin), 2);
	/* Should the read return, the reader goes on. */
	assert_true(standin_withdraw(&t.standin));
	release(&t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		in_directory(what_was_read_is_written),
		in_directory(a_reader_that_has_come_back_is_not_relieved),
		in_directory(
			lines_are_counted_as_lost_where_no_thread_can_be_had),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
