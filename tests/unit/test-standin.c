/*
 * Tests of the stand-in: that exactly one of it and the reader goes on, that
 * what was read is written, and what a read that does not return may still
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
	struct relief relief;
	struct gauge gauge;
	struct reader r;
	unsigned char *text; /* what the read writes to, from `len` on */
	size_t len;
};

static int start_nobody(void *context)
{
	(void)context;
	return -1;
}

/* What packs nothing. */
static const struct packers plain;

static void make_reader(struct stuck *t, bool lines)
{
	static const char *const paths[] = {"in"};
	struct handover_config handover = {.in = &t->s.in,
		.out = &t->s.out,
		.pool = &t->s.pool,
		.output = &t->s.output,
		.control = &t->s.control,
		.packers = &plain,
		.converter = &t->s.converter,
		.jobs = 1,
		.start_others = start_nobody};
	struct cutter_config cut = {
		.text = &t->s.text, .size = STAGES_SIZE, .lines = lines};
	struct input_config input = {
		.wake = control_wake_fd(&t->s.control), .relief = &t->relief};

	t->r = (struct reader){.crew = &t->crew,
		.control = &t->s.control,
		.ledger = &t->s.ledger,
		.gauge = &t->gauge,
		.output = &t->s.output,
		.relief = &t->relief,
		.paths = paths,
		.n_paths = 1};
	handover_init(&t->r.handover, &handover);
	cutter_init(&t->r.cutter, &cut);
	assert_int_equal(input_init(&t->r.input, &input), 0);
}

/* A reader that has read text and is in the next read. */
static void make(struct stuck *t, const char *text, bool lines)
{
	struct batch *b;
	struct stat st;

	no_threads = false;
	memset(t, 0, sizeof(*t));
	stages_make(&t->s, "out", UPCASE_ROOT, UPCASE_KEEP);
	assert_int_equal(crew_init(&t->crew, 1), 0);
	assert_int_equal(gauge_init(&t->gauge), 0);
	make_reader(t, lines);
	support_write("in", BYTES("never read\n"));
	assert_int_equal(input_open(&t->r.input, "in", true, &st), 0);
	t->r.in_file = true;
	(void)cutter_begin(&t->r.cutter, 0, CUTTER_READ);
	b = stages_batch(&t->s, "");
	cutter_give(&t->r.cutter, b);
	t->text = b->text;
	t->len = strlen(text);
	memcpy(b->text, text, t->len);
	if (t->len > 0)
		cutter_take(&t->r.cutter, t->len, 0);
	control_stop(&t->s.control);
	relief_expose(&t->relief);
}

static void wait_for_all(struct stuck *t)
{
	struct pollfd fd = {.fd = crew_event_fd(&t->crew), .events = POLLIN};

	while (crew_running(&t->crew) > 0)
		(void)poll(&fd, 1, -1);
}

static void join(struct stuck *t)
{
	wait_for_all(t);
	assert_false(crew_join_ended(&t->crew));
}

static void release(struct stuck *t)
{
	input_close(&t->r.input);
	input_release(&t->r.input);
	gauge_release(&t->gauge);
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
		struct stuck t;
		size_t len = strlen(cases[i].text);

		make(&t, cases[i].text, cases[i].lines);
		assert_int_equal(standin_start(&t.r), 0);
		join(&t);
		assert_false(relief_withdraw(&t.relief));
		assert_true(atomic_load(&t.crew.reader.left));
		/* Where the read writes nobody has worked. */
		assert_memory_equal(t.text, cases[i].text, len);
		assert_int_equal(pool_unwritten(&t.s.pool), 0);
		assert_int_equal(atomic_load(&t.s.ledger.lines_in),
			atomic_load(&t.s.ledger.lines_out));
		assert_int_equal(t.s.output.ended_bad, 1);
		assert_true(t.s.output.finished);
		release(&t);
		support_file_is(
			"out", cases[i].written, strlen(cases[i].written));
		support_write("out", "", 0);
	}
}

/* A line that was begun in an earlier batch, or whose FILE has ended, counts
 * once. */
static void a_line_without_its_end_counts_once(void **state)
{
	struct stuck t;
	struct batch *b;

	(void)state;
	make(&t, "0123456789abcdef", true);
	b = cutter_cut(&t.r.cutter, CUTTER_FULL, NULL);
	assert_int_equal(handover_send(&t.r.handover, b), 0);
	assert_int_equal(standin_start(&t.r), 0);
	join(&t);
	assert_int_equal(atomic_load(&t.s.ledger.lines_in), 1);
	assert_int_equal(atomic_load(&t.s.ledger.lines_out), 1);
	release(&t);
	support_file_is("out", BYTES("0123456789ABCDEF\n"));
	support_write("out", "", 0);
	make(&t, "abc", false);
	(void)cutter_end(&t.r.cutter, true, 0);
	(void)cutter_begin(&t.r.cutter, 1, CUTTER_READ);
	assert_int_equal(standin_start(&t.r), 0);
	join(&t);
	assert_int_equal(atomic_load(&t.s.ledger.lines_in), 1);
	assert_int_equal(atomic_load(&t.s.ledger.lines_out), 1);
	release(&t);
	support_file_is("out", BYTES("ABC"));
}

/* Between two FILEs, none is open: the one that has ended is not ended again,
 * and is not called bad. */
static void between_two_files_none_is_ended(void **state)
{
	struct stuck t;

	(void)state;
	make(&t, "one\n", false);
	(void)cutter_end(&t.r.cutter, true, 0);
	t.r.in_file = false;
	assert_int_equal(standin_start(&t.r), 0);
	join(&t);
	assert_int_equal(t.s.output.ended, 1);
	assert_int_equal(t.s.output.ended_bad, 0);
	release(&t);
	support_file_is("out", BYTES("ONE\n"));
}

/* What a packet had of a piece when the read came is somebody's text, too. */
static void what_was_taken_for_a_piece_is_written(void **state)
{
	unsigned char taken[] = "three\n";
	struct stuck t;

	(void)state;
	make(&t, "one\n", true);
	t.r.input.source.feed.pending = taken;
	t.r.input.source.feed.pending_len = sizeof(taken) - 1;
	assert_int_equal(standin_start(&t.r), 0);
	join(&t);
	release(&t);
	support_file_is("out", BYTES("ONE\nTHREE\n"));
}

static void a_reader_that_has_come_back_is_not_relieved(void **state)
{
	struct stuck t;

	(void)state;
	make(&t, "one\n", true);
	assert_true(relief_is_exposed(&t.relief));
	assert_true(relief_withdraw(&t.relief));
	assert_false(relief_is_exposed(&t.relief));
	assert_int_equal(standin_start(&t.r), 0);
	join(&t);
	assert_false(atomic_load(&t.crew.reader.left));
	assert_false(t.s.output.finished);
	release(&t);
	support_file_is("out", "", 0);
}

/* The read that it was started for came back, and the next one does not. */
static void one_that_came_too_late_is_followed_by_another(void **state)
{
	struct stuck t;

	(void)state;
	make(&t, "one\n", true);
	assert_true(relief_withdraw(&t.relief));
	assert_int_equal(standin_start(&t.r), 0);
	wait_for_all(&t);
	assert_false(atomic_load(&t.crew.reader.left));
	relief_expose(&t.relief);
	assert_int_equal(standin_start(&t.r), 0);
	join(&t);
	assert_true(atomic_load(&t.crew.reader.left));
	assert_true(t.s.output.finished);
	release(&t);
	support_file_is("out", BYTES("ONE\n"));
}

static void a_second_call_starts_no_second_thread(void **state)
{
	struct stuck t;

	(void)state;
	make(&t, "one\n", true);
	assert_int_equal(standin_start(&t.r), 0);
	assert_int_equal(standin_start(&t.r), 0);
	join(&t);
	release(&t);
	support_file_is("out", BYTES("ONE\n"));
}

static void lines_are_counted_as_lost_where_no_thread_can_be_had(void **state)
{
	static const struct {
		const char *text;
		uint64_t lines;
	} cases[] = {{"one\ntwo", 2}, {"one\n", 1}, {"one", 1}, {"", 0}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stuck t;

		make(&t, cases[i].text, true);
		no_threads = true;
		assert_int_equal(standin_start(&t.r), -EAGAIN);
		assert_true(relief_take(&t.relief));
		assert_int_equal(reader_count_lost(&t.r), cases[i].lines);
		release(&t);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		in_directory(what_was_read_is_written),
		in_directory(a_line_without_its_end_counts_once),
		in_directory(between_two_files_none_is_ended),
		in_directory(what_was_taken_for_a_piece_is_written),
		in_directory(a_reader_that_has_come_back_is_not_relieved),
		in_directory(one_that_came_too_late_is_followed_by_another),
		in_directory(a_second_call_starts_no_second_thread),
		in_directory(
			lines_are_counted_as_lost_where_no_thread_can_be_had),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
