/*
 * Tests of the output: who may own it and when, what a wish to open it anew
 * becomes, what is counted, and what happens to each FILE.
 */
#include "config.h"

#include "pipeline/output.h"

#include "codec/members.h"
#include "stages.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void make(struct stages *s)
{
	stages_make(s, "out", UPCASE_ROOT, UPCASE_KEEP);
}

/* Writes a batch as its owner. Returns what output_write does. */
static int write_as_owner(struct stages *s, struct batch *b)
{
	int err;

	convert_batch(&s->converter, NULL, b);
	output_own(&s->output);
	err = output_write(&s->output, b);
	output_disown(&s->output);
	return err;
}

static void write_text(struct stages *s, const char *text)
{
	struct batch *b = stages_batch(s, text);

	assert_int_equal(write_as_owner(s, b), 0);
	batch_reset(b);
	pool_put(&s->pool, b);
}

/* Owning. */

static void touch_begin(struct stages *s)
{
	output_begin(&s->output, 0);
}

static void touch_piece(struct stages *s)
{
	(void)output_piece(&s->output, stages_batch(s, "a\n"));
}

static void touch_write(struct stages *s)
{
	(void)output_write(&s->output, stages_batch(s, "a\n"));
}

static void touch_end(struct stages *s)
{
	output_end(&s->output, 0, true);
}

static void touch_finish(struct stages *s)
{
	output_finish(&s->output);
}

static void touch_abandon(struct stages *s)
{
	output_abandon(&s->output);
}

static void touch_disown(struct stages *s)
{
	output_disown(&s->output);
}

static void own_and_leave(void *stages)
{
	struct stages *s = stages;

	output_own(&s->output);
}

/* Whether touching it ends the process, with nobody as the owner, or somebody
 * else. */
static bool is_fatal(
	struct stages *s, void (*touch)(struct stages *s), bool other)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct rlimit none = {0, 0};
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		(void)setrlimit(RLIMIT_CORE, &none);
		(void)signal(SIGABRT, SIG_DFL);
		(void)dup2(null, STDERR_FILENO);
		if (other) {
			struct support_thread t;

			support_start(&t, own_and_leave, s);
			support_join(&t);
		}
		touch(s);
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void only_the_owner_may_touch_it(void **state)
{
	static void (*const touches[])(struct stages * s) = {touch_begin,
		touch_piece, touch_write, touch_end, touch_finish,
		touch_abandon, touch_disown};
	struct stages s;

	(void)state;
	make(&s);
	for (size_t i = 0; i < COUNT(touches); i++) {
		assert_true(is_fatal(&s, touches[i], false));
		assert_true(is_fatal(&s, touches[i], true));
	}
	support_file_is("out", "", 0);
	stages_free(&s);
}

static void it_is_owned_once_and_behind_what_was_sent(void **state)
{
	struct stages s;
	struct batch *b;

	(void)state;
	make(&s);
	assert_true(output_is_idle(&s.output, 0));
	assert_false(output_is_idle(&s.output, 1));
	assert_false(output_try_own(&s.output, 1, 1));
	assert_true(output_try_own(&s.output, 0, 1));
	assert_false(output_try_own(&s.output, 0, 1));
	assert_false(output_is_idle(&s.output, 0));
	output_disown(&s.output);
	/* A batch that came through the queues counts, another does not. */
	b = stages_batch(&s, "a\n");
	b->queued = true;
	assert_int_equal(write_as_owner(&s, b), 0);
	assert_false(output_try_own(&s.output, 0, 1));
	write_text(&s, "b\n");
	assert_true(output_try_own(&s.output, 1, 1));
	output_disown(&s.output);
	stages_free(&s);
	support_file_is("out", BYTES("A\nB\n"));
}

static void nobody_gets_it_by_trying_after_an_abort(void **state)
{
	struct stages s;

	(void)state;
	make(&s);
	control_abort(&s.control);
	assert_false(output_is_idle(&s.output, 0));
	assert_false(output_try_own(&s.output, 0, 1));
	stages_free(&s);
}

static void who_would_have_to_wait_for_a_lock_does_not_get_it(void **state)
{
	struct stages s;
	int fd;

	(void)state;
	make(&s);
	fd = open("out", O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_false(output_try_own(&s.output, 0, 1));
	assert_true(output_is_idle(&s.output, 0)); /* it was let go again */
	assert_int_equal(close(fd), 0);
	assert_true(output_try_own(&s.output, 0, 1));
	/* Who has nothing to write after all keeps nobody waiting. */
	fd = open("out", O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
	output_disown(&s.output);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(close(fd), 0);
	stages_free(&s);
}

/* Reads len bytes of the pipe, which are there, behind buf + *at. */
static void take(int fd, char *buf, size_t *at, size_t len)
{
	for (size_t end = *at + len; *at < end;) {
		ssize_t n = read(fd, buf + *at, end - *at);

		assert_true(n > 0);
		*at += (size_t)n;
	}
}

#define LINES 10000
#define LINE  "A LINE OF 19 BYTES\n"

/* Who only tried to own the output writes what a pipe takes. The rest is for
 * somebody who may wait, and before any wish to open anew. */
static void who_tried_to_own_it_does_not_wait_for_a_pipe(void **state)
{
	size_t len = LINES * strlen(LINE), at = 0, first, second;
	char *text = support_allocate(len + 1), *got = support_allocate(len);
	int fd[2], saved, err[3];
	unsigned char *its_own;
	struct batch *b;
	struct stages s;
	bool between;

	(void)state;
#if !HAVE_DECL_F_SETPIPE_SZ
	support_skip("no pipe is opened anew, so that who writes waits");
#endif
	for (size_t i = 0; i < LINES; i++)
		memcpy(text + i * strlen(LINE), LINE, strlen(LINE) + 1);
	support_pipe(fd);
	saved = support_replace(STDOUT_FILENO, fd[1]);
	stages_make(&s, NULL, UPCASE_ROOT, UPCASE_KEEP);
	b = stages_batch(&s, "");
	convert_batch(&s.converter, NULL, b);
	its_own = b->upper;
	b->upper = (unsigned char *)text;
	b->upper_len = len;
	b->lines = LINES;
	assert_true(output_try_own(&s.output, 0, len));
	err[0] = output_write(&s.output, b);
	output_disown(&s.output);
	first = b->done;
	between = !sink_is_open_line(s.output.config.sink);
	/* Nothing is read: nothing more is taken. */
	assert_true(output_try_own(&s.output, 0, len));
	err[1] = output_write(&s.output, b);
	output_disown(&s.output);
	second = b->done;
	for (err[2] = -EAGAIN; err[2] == -EAGAIN;) {
		take(fd[0], got, &at, b->done - at);
		assert_true(output_try_own(&s.output, 0, len));
		err[2] = output_write(&s.output, b);
		output_disown(&s.output);
	}
	take(fd[0], got, &at, len - at);
	b->upper = its_own;
	pool_put(&s.pool, b);
	stages_free(&s);
	support_restore(STDOUT_FILENO, saved);
	assert_int_equal(close(fd[0]), 0);
	assert_int_equal(err[0], -EAGAIN);
	assert_int_equal(err[1], -EAGAIN);
	assert_int_equal(err[2], 0);
	assert_true(first > 0 && first < len);
	assert_int_equal(second, first);
	assert_false(between);
	assert_memory_equal(got, text, len);
	assert_int_equal(atomic_load(&s.ledger.lines_out), LINES);
	assert_int_equal(atomic_load(&s.ledger.bytes_out), len);
	free(text);
	free(got);
}

static void disown_in_thread(void *stages)
{
	struct stages *s = stages;

	output_own(&s->output);
	output_disown(&s->output);
}

static void who_waits_gets_it_when_it_is_disowned(void **state)
{
	struct stages s;
	struct support_thread t;
	bool slept;

	(void)state;
	make(&s);
	output_own(&s.output);
	support_start(&t, disown_in_thread, &s);
	slept = support_sleeps(&t);
	output_disown(&s.output);
	support_join(&t);
	assert_true(slept);
	assert_true(output_is_idle(&s.output, 0));
	stages_free(&s);
}

/* Opening anew. */

static void a_wish_is_served_by_who_disowns(void **state)
{
	struct stages s;

	(void)state;
	make(&s);
	output_own(&s.output);
	assert_int_equal(rename("out", "old"), 0);
	output_wish_reopen(&s.output);
	assert_int_equal(access("out", F_OK), -1);
	output_disown(&s.output);
	assert_int_equal(access("out", F_OK), 0);
	assert_string_equal(s.told, "note out: opened anew\n");
	stages_free(&s);
}

static void a_wish_is_served_before_the_next_batch(void **state)
{
	struct stages s;

	(void)state;
	make(&s);
	write_text(&s, "a\n");
	assert_int_equal(rename("out", "old"), 0);
	output_wish_reopen(&s.output);
	write_text(&s, "b\n");
	stages_free(&s);
	support_file_is("old", BYTES("A\n"));
	support_file_is("out", BYTES("B\n"));
}

/* To open anew may have to wait; who only tries to own it must not. */
static void a_wish_is_left_to_who_may_wait(void **state)
{
	struct stages s;
	struct batch *b;

	(void)state;
	make(&s);
	assert_int_equal(rename("out", "old"), 0);
	assert_false(output_is_wished(&s.output));
	assert_true(output_try_own(&s.output, 0, 1));
	output_wish_reopen(&s.output);
	assert_true(fdio_is_woken(control_wake_fd(&s.control)));
	b = stages_batch(&s, "a\n");
	convert_batch(&s.converter, NULL, b);
	assert_int_equal(output_write(&s.output, b), 0);
	output_disown(&s.output);
	assert_true(output_is_wished(&s.output));
	assert_int_equal(access("out", F_OK), -1);
	assert_true(output_is_idle(&s.output, 0));
	assert_false(output_try_own(&s.output, 0, 1));
	output_own(&s.output);
	output_disown(&s.output);
	assert_false(output_is_wished(&s.output));
	assert_int_equal(access("out", F_OK), 0);
	assert_true(output_try_own(&s.output, 0, 1));
	output_disown(&s.output);
	stages_free(&s);
	support_file_is("old", BYTES("A\n"));
}

/* It is no piece of any FILE. */
static void an_errand_serves_a_wish_and_counts_as_written(void **state)
{
	struct stages s;
	struct batch *b;

	(void)state;
	make(&s);
	write_text(&s, "a\n");
	assert_int_equal(rename("out", "old"), 0);
	output_wish_reopen(&s.output);
	b = pool_try_get(&s.pool);
	assert_non_null(b);
	b->queued = b->errand = true;
	assert_int_equal(write_as_owner(&s, b), 0);
	assert_int_equal(access("out", F_OK), 0);
	assert_true(output_is_idle(&s.output, 1));
	assert_int_equal(s.output.at.input, 0);
	stages_free(&s);
}

static void a_wish_waits_for_the_end_of_an_open_line(void **state)
{
	struct stages s;
	struct batch *b;

	(void)state;
	make(&s);
	b = stages_batch(&s, "long ");
	b->cut.open = true;
	output_wish_reopen(&s.output);
	assert_int_equal(rename("out", "first"), 0);
	assert_int_equal(write_as_owner(&s, b), 0); /* to a new "out" */
	assert_int_equal(rename("out", "old"), 0);
	output_wish_reopen(&s.output);
	output_own(&s.output);
	output_disown(&s.output);
	assert_int_equal(access("out", F_OK), -1);
	b = stages_batch(&s, "line\n");
	b->cut.continues = true;
	assert_int_equal(write_as_owner(&s, b), 0);
	write_text(&s, "next\n");
	stages_free(&s);
	support_file_is("first", "", 0);
	support_file_is("old", BYTES("LONG LINE\n"));
	support_file_is("out", BYTES("NEXT\n"));
}

static void standard_output_and_a_finished_one_are_not_opened_anew(void **state)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int saved = support_replace(STDOUT_FILENO, null);
	struct stages s;
	bool woken;

	(void)state;
	stages_make(&s, NULL, UPCASE_ROOT, UPCASE_KEEP);
	output_wish_reopen(&s.output);
	woken = fdio_is_woken(control_wake_fd(&s.control));
	output_own(&s.output);
	output_disown(&s.output);
	stages_free(&s);
	support_restore(STDOUT_FILENO, saved);
	assert_false(woken);
	assert_string_equal(s.told, "");
	make(&s);
	output_own(&s.output);
	output_finish(&s.output);
	assert_int_equal(rename("out", "old"), 0);
	output_wish_reopen(&s.output);
	output_disown(&s.output);
	assert_int_equal(access("out", F_OK), -1);
	stages_free(&s);
}

static void wish_again(struct stages *s)
{
	output_wish_reopen(&s->output);
}

static void a_wish_that_comes_while_one_is_served_is_served_too(void **state)
{
	struct stages s;

	(void)state;
	make(&s);
	s.on_told = wish_again;
	output_own(&s.output);
	output_wish_reopen(&s.output);
	output_disown(&s.output);
	assert_string_equal(
		s.told, "note out: opened anew\nnote out: opened anew\n");
	stages_free(&s);
}

static void after_an_abort_nothing_is_opened_anew(void **state)
{
	struct stages s;

	(void)state;
	make(&s);
	output_own(&s.output);
	assert_int_equal(rename("out", "old"), 0);
	control_abort(&s.control);
	output_wish_reopen(&s.output);
	output_abandon(&s.output);
	output_disown(&s.output);
	assert_int_equal(access("out", F_OK), -1);
	stages_free(&s);
}

/* What is counted. */

/* As write_as_owner, where files have room for so many bytes. */
static int write_in_vain(struct stages *s, struct batch *b, rlim_t room)
{
	struct rlimit limit, old;
	int err;

	(void)signal(SIGXFSZ, SIG_IGN);
	(void)getrlimit(RLIMIT_FSIZE, &old);
	limit = (struct rlimit){room, old.rlim_max};
	(void)setrlimit(RLIMIT_FSIZE, &limit);
	err = write_as_owner(s, b);
	(void)setrlimit(RLIMIT_FSIZE, &old);
	return err;
}

static void a_newline_put_before_an_input_is_no_line_of_it(void **state)
{
	/* So many bytes of "\nA\nB\n" find room; so many lines are kept. */
	static const struct {
		rlim_t room;
		uint64_t lines;
		const char *kept;
	} cases[] = {{3, 1, "\nA\n"}, {1, 0, "\n"}, {0, 0, ""}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stages s;
		struct batch *b;

		(void)unlink("out");
		make(&s);
		b = stages_batch(&s, "\na\nb\n");
		b->cut.lead = true;
		b->cut.inserted = 1;
		assert_int_equal(write_in_vain(&s, b, cases[i].room), -EFBIG);
		assert_int_equal(atomic_load(&s.ledger.lines_in), 2);
		assert_int_equal(
			atomic_load(&s.ledger.lines_out), cases[i].lines);
		assert_int_equal(
			atomic_load(&b->unwritten), 2 - cases[i].lines);
		assert_int_equal(pool_unwritten(&s.pool), 2 - cases[i].lines);
		stages_free(&s);
		support_file_is("out", cases[i].kept, strlen(cases[i].kept));
	}
}

/* The newline of a FILE that lacks it belongs to what was written, not to the
 * text of the next one, which fails. */
static void the_end_of_an_open_line_stays_when_the_next_file_fails(void **state)
{
	struct stages s;
	struct batch *b;

	(void)state;
	stages_make(&s, "out", UPCASE_ROOT, UPCASE_FAIL);
	write_text(&s, "one");
	b = stages_batch(&s, "two\n");
	b->inputs.first = 1;
	assert_int_equal(write_in_vain(&s, b, 4), -EFBIG);
	stages_free(&s);
	support_file_is("out", BYTES("ONE\n"));
}

static void abort_in_thread(void *stages)
{
	struct stages *s = stages;

	control_abort(&s->control);
}

/* To a pipe nothing is rolled back. */
static void a_part_of_a_member_is_no_line(void **state)
{
	static unsigned char member[1 << 21];
	struct support_thread t;
	struct stages s;
	struct batch *b;
	uint64_t unwritten;
	int fd[2], saved, err;

	(void)state;
	support_pipe(fd);
	saved = support_replace(STDOUT_FILENO, fd[1]);
	stages_make(&s, NULL, UPCASE_ROOT, UPCASE_KEEP);
	s.output.packing = &packing_members;
	b = stages_batch(&s, "a\nb\nc\n");
	convert_batch(&s.converter, NULL, b);
	b->member = member; /* more than a pipe takes */
	b->packed.size = sizeof(member);
	output_own(&s.output);
	support_start(&t, abort_in_thread, &s);
	err = output_write(&s.output, b);
	output_disown(&s.output);
	support_join(&t);
	b->member = NULL;
	unwritten = atomic_load(&b->unwritten);
	stages_free(&s);
	support_restore(STDOUT_FILENO, saved);
	assert_int_equal(close(fd[0]), 0);
	assert_int_equal(err, -ECANCELED);
	assert_int_equal(atomic_load(&s.ledger.lines_out), 0);
	assert_int_equal(atomic_load(&s.ledger.bytes_out), 0);
	assert_int_equal(unwritten, 3);
}

/* Text of a FILE, the whole of it or a piece. */
static void write_of(struct stages *s, size_t input, const char *text)
{
	struct batch *b = stages_batch(s, text);

	b->inputs.first = input;
	assert_int_equal(write_as_owner(s, b), 0);
}

static void a_line_left_open_is_ended_when_another_file_has_text(void **state)
{
	struct stages s;

	(void)state;
	stages_make(&s, "out", UPCASE_ROOT, UPCASE_FAIL);
	write_of(&s, 0, "a");
	write_of(&s, 0, "b"); /* of the same line */
	write_of(&s, 1, "");
	assert_int_equal(atomic_load(&s.ledger.bytes_out), 2);
	write_of(&s, 2, "c\n");
	assert_int_equal(atomic_load(&s.ledger.bytes_out), 5);
	write_of(&s, 3, "d");
	write_of(&s, 4, "");
	stages_free(&s);
	support_file_is("out", BYTES("AB\nC\nD"));
}

/* The line was cut at the bad sequence. What is behind that may end it, or look
 * open; it is not in the output. */
static void a_bad_file_leaves_open_what_is_in_the_output(void **state)
{
	static const char *const bad[] = {"a\xFFz", "a\xFFz\n", "a\n\xFFz"};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct stages s;

		support_write("out", "", 0);
		stages_make(&s, "out", UPCASE_ROOT, UPCASE_FAIL);
		write_of(&s, 0, bad[i]);
		write_of(&s, 0, "y");
		write_of(&s, 1, "b");
		stages_free(&s);
		support_file_is("out", BYTES("A\nB"));
	}
}

static void what_is_behind_a_bad_sequence_counts_for_nothing(void **state)
{
	struct stages s;
	struct batch *b;

	(void)state;
	stages_make(&s, "out", UPCASE_ROOT, UPCASE_FAIL);
	write_text(&s, "a\nb\n");
	b = stages_batch(&s, "cd\n\xFF"
			     "e\n");
	b->cut.terminate = true;
	assert_int_equal(output_bad_input(&s.output), OUTPUT_NO_INPUT);
	assert_int_equal(write_as_owner(&s, b), 0);
	assert_int_equal(output_bad_input(&s.output), 0);
	assert_true(fdio_is_woken(control_wake_fd(&s.control)));
	assert_string_equal(s.told,
		"f0:4:1: invalid UTF-8: 0xFF; everything before it was kept\n");
	for (int i = 0; i < 3; i++)
		write_text(&s, "f\xFFg\n");
	assert_int_equal(atomic_load(&s.ledger.invalid), 1);
	assert_int_equal(atomic_load(&s.ledger.lines_in), 3);
	assert_int_equal(atomic_load(&s.ledger.lines_out), 3);
	assert_int_equal(atomic_load(&s.ledger.bytes_in), 7);
	/* That FILE is bad, though all of it was read. The next one is another
	 * matter. */
	b = stages_batch(&s, "");
	b->inputs.ended = 1;
	assert_int_equal(write_as_owner(&s, b), 0);
	assert_int_equal(s.output.ended_bad, 1);
	b = stages_batch(&s, "h\n");
	b->inputs.first = 1;
	assert_int_equal(write_as_owner(&s, b), 0);
	stages_free(&s);
	support_file_is("out", BYTES("A\nB\nCD\nH\n"));
}

static void the_place_of_a_bad_sequence_goes_on_through_pieces(void **state)
{
	struct stages s;
	struct batch *b;

	(void)state;
	stages_make(&s, "out", UPCASE_ROOT, UPCASE_FAIL);
	b = stages_batch(&s, "x\n\xC3\xA9"
			     "bc");
	b->cut.open = true;
	assert_int_equal(write_as_owner(&s, b), 0);
	b = stages_batch(&s, "de");
	b->cut.open = b->cut.continues = true;
	assert_int_equal(write_as_owner(&s, b), 0);
	b = stages_batch(&s, "f\xFF");
	b->cut.continues = true;
	assert_int_equal(write_as_owner(&s, b), 0);
	assert_string_equal(s.told,
		"f0:2:7: invalid UTF-8: 0xFF; everything before it was kept\n");
	stages_free(&s);
}

/* Each FILE. */

static void each_file_begins_and_ends_in_order(void **state)
{
	struct stages s;
	struct batch *b;

	(void)state;
	make(&s);
	b = stages_batch(&s, "a\n"); /* FILE 0, and 1 that is empty */
	b->inputs = (struct batch_inputs){.first = 0, .ended = 2};
	b->ends[0] = b->ends[1] = 2;
	assert_int_equal(write_as_owner(&s, b), 0);
	assert_int_equal(s.output.ended, 2);
	assert_int_equal(s.output.at.input, 1);
	b = stages_batch(&s, ""); /* FILE 2, unreadable */
	b->inputs = (struct batch_inputs){.first = 2, .ended = 1, .bad = true};
	assert_int_equal(write_as_owner(&s, b), 0);
	assert_int_equal(s.output.ended, 3);
	assert_int_equal(s.output.ended_bad, 1);
	b = stages_batch(&s, "b\n"); /* FILE 3, which goes on */
	b->inputs.first = 3;
	assert_int_equal(write_as_owner(&s, b), 0);
	assert_int_equal(s.output.ended, 3);
	assert_int_equal(s.output.at.input, 3);
	b = stages_batch(&s, "c\n");
	b->inputs = (struct batch_inputs){.first = 3, .ended = 1};
	b->ends[0] = 2;
	assert_int_equal(write_as_owner(&s, b), 0);
	assert_int_equal(s.output.ended, 4);
	assert_int_equal(s.output.ended_bad, 1);
	stages_free(&s);
	support_file_is("out", BYTES("A\nB\nC\n"));
}

/* Files that are replaced. */

static const char *const own[] = {"f0", "f1", "f2", "f3"};

/* As make, where the FILEs' outputs take the place of files. */
static void make_replacing(struct stages *s, struct targets *t,
	const struct targets_config *targets, enum upcase_invalid invalid)
{
	struct output_config config;

	stages_make(s, "unused", UPCASE_ROOT, invalid);
	config = s->output.config;
	config.targets = t;
	output_release(&s->output);
	sink_release(&s->sink);
	assert_int_equal(unlink("unused"), 0);
	assert_int_equal(sink_init_apart(&s->sink, "out", NULL), 0);
	targets_init(t, targets);
	assert_int_equal(output_init(&s->output, &config), 0);
	s->converter.compare = targets_keeps_form(t);
}

/* A piece of a file, which has this text; the last one or not. */
static struct batch *piece_of(
	struct stages *s, size_t input, const char *text, bool last)
{
	struct batch *b = stages_batch(s, text);
	struct stat st;

	assert_int_equal(stat(own[input], &st), 0);
	replace_note(&b->origin.mark, &st);
	b->inputs.first = input;
	b->inputs.ended = last;
	b->ends[0] = (uint32_t)b->len;
	return b;
}

static void write_piece_of(
	struct stages *s, size_t input, const char *text, bool last)
{
	struct batch *b = piece_of(s, input, text, last);

	assert_int_equal(write_as_owner(s, b), 0);
	assert_int_equal(atomic_load(&b->unwritten), 0);
	batch_reset(b);
	pool_put(&s->pool, b);
}

static void finish_replacing(struct stages *s, struct targets *t)
{
	output_own(&s->output);
	output_finish(&s->output);
	output_disown(&s->output);
	targets_release(t);
	stages_free(s);
}

static void each_file_is_replaced_or_stays(void **state)
{
	static const struct targets_config config = {
		.way = TARGETS_IN_PLACE, .names = own};
	struct targets t;
	struct stages s;

	(void)state;
	support_write("f0", "ab\ncd", 5);
	support_write("f1", "AB\n", 3);
	support_write("f2", "x\n\xFFy\n", 5);
	support_write("f3", "z\n", 2);
	make_replacing(&s, &t, &config, UPCASE_FAIL);
	write_piece_of(&s, 0, "ab\n", false);
	support_file_is("f0", "ab\ncd", 5);
	write_piece_of(&s, 0, "cd", true);
	support_file_is("f0", "AB\nCD", 5);
	assert_int_equal(s.sink.file.io.fd, -1);
	write_piece_of(&s, 1, "AB\n", true);
	assert_int_equal(atomic_load(&s.ledger.lines_out), 1);
	write_piece_of(&s, 2, "x\n\xFFy\n", true);
	assert_int_equal(s.output.ended_bad, 1);
	assert_int_equal(atomic_load(&s.ledger.lines_out), 1);
	/* No newline is put behind a FILE that lacks one. */
	write_piece_of(&s, 3, "z\n", true);
	assert_int_equal(atomic_load(&s.ledger.bytes_out), 7);
	assert_int_equal(atomic_load(&t.done), 2);
	assert_int_equal(atomic_load(&t.unchanged), 1);
	assert_int_equal(atomic_load(&t.refused), 1);
	assert_string_equal(s.told,
		"f2:2:1: invalid UTF-8: 0xFF; everything before it was kept\n");
	finish_replacing(&s, &t);
	support_file_is("f1", "AB\n", 3);
	support_file_is("f2", "x\n\xFFy\n", 5);
	support_file_is("f3", "Z\n", 2);
}

/* There is no file to wait for; so who tries gets it, and writes all. */
static void who_tries_gets_one_that_replaces(void **state)
{
	static const struct targets_config config = {
		.way = TARGETS_IN_PLACE, .names = own};
	struct targets t;
	struct stages s;
	struct batch *b;

	(void)state;
	support_write("f0", "ab\n", 3);
	make_replacing(&s, &t, &config, UPCASE_KEEP);
	b = piece_of(&s, 0, "ab\n", true);
	convert_batch(&s.converter, NULL, b);
	assert_true(output_try_own(&s.output, 0, b->len));
	assert_false(s.sink.hasty);
	assert_int_equal(output_write(&s.output, b), 0);
	output_disown(&s.output);
	finish_replacing(&s, &t);
	support_file_is("f0", "AB\n", 3);
}

static void a_file_that_cannot_have_its_output_is_left(void **state)
{
	static const char *const lost[] = {"no/f0", "f1"};
	static const struct targets_config config = {
		.way = TARGETS_IN_PLACE, .names = lost};
	struct targets t;
	struct stages s;

	(void)state;
	support_write("f0", "a\nb\n", 4);
	support_write("f1", "c\n", 2);
	make_replacing(&s, &t, &config, UPCASE_FAIL);
	write_piece_of(&s, 0, "a\n", false);
	assert_int_equal(output_bad_input(&s.output), 0);
	assert_true(fdio_is_woken(control_wake_fd(&s.control)));
	write_piece_of(&s, 0, "b\n", true);
	assert_int_equal(atomic_load(&s.ledger.lines_in), 0);
	write_piece_of(&s, 1, "c\n", true);
	assert_int_equal(atomic_load(&t.refused), 1);
	assert_string_equal(s.told,
		"f0: no file can be made beside it: No such file or directory; "
		"it stays as it is\n");
	finish_replacing(&s, &t);
	support_file_is("f1", "C\n", 2);
}

static void after_an_error_nothing_of_it_is_there(void **state)
{
	static const struct targets_config config = {
		.way = TARGETS_IN_PLACE, .names = own};
	struct targets t;
	struct stages s;
	struct fault fault;

	(void)state;
	support_write("f0", "ab\n", 3);
	make_replacing(&s, &t, &config, UPCASE_FAIL);
	assert_int_equal(
		write_in_vain(&s, piece_of(&s, 0, "ab\n", true), 1), -EFBIG);
	assert_int_equal(ledger_error(&s.ledger, &fault), -EFBIG);
	output_own(&s.output);
	output_abandon(&s.output);
	output_disown(&s.output);
	assert_int_equal(atomic_load(&s.ledger.lines_out), 0);
	assert_int_equal(atomic_load(&s.ledger.bytes_out), 0);
	targets_release(&t);
	stages_free(&s);
	support_file_is("f0", "ab\n", 3);
}

/* The end. */

static void an_open_line_is_cut_off_unless_all_was_written(void **state)
{
	struct stages s;
	struct batch *b;

	(void)state;
	for (int finished = 0; finished < 2; finished++) {
		(void)unlink("out");
		make(&s);
		write_text(&s, "whole\n");
		b = stages_batch(&s, "begun");
		b->cut.open = true;
		assert_int_equal(write_as_owner(&s, b), 0);
		output_own(&s.output);
		if (finished)
			output_finish(&s.output);
		output_abandon(&s.output);
		output_finish(&s.output);
		output_finish(&s.output);
		output_disown(&s.output);
		stages_free(&s);
		if (finished)
			support_file_is("out", BYTES("WHOLE\nBEGUN"));
		else
			support_file_is("out", BYTES("WHOLE\n"));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		in_directory(only_the_owner_may_touch_it),
		in_directory(it_is_owned_once_and_behind_what_was_sent),
		in_directory(nobody_gets_it_by_trying_after_an_abort),
		in_directory(who_would_have_to_wait_for_a_lock_does_not_get_it),
		in_directory(who_tried_to_own_it_does_not_wait_for_a_pipe),
		in_directory(who_waits_gets_it_when_it_is_disowned),
		in_directory(a_wish_is_served_by_who_disowns),
		in_directory(a_wish_is_served_before_the_next_batch),
		in_directory(a_wish_is_left_to_who_may_wait),
		in_directory(an_errand_serves_a_wish_and_counts_as_written),
		in_directory(a_wish_waits_for_the_end_of_an_open_line),
		in_directory(
			standard_output_and_a_finished_one_are_not_opened_anew),
		in_directory(
			a_wish_that_comes_while_one_is_served_is_served_too),
		in_directory(after_an_abort_nothing_is_opened_anew),
		in_directory(a_newline_put_before_an_input_is_no_line_of_it),
		in_directory(a_part_of_a_member_is_no_line),
		in_directory(
			a_line_left_open_is_ended_when_another_file_has_text),
		in_directory(a_bad_file_leaves_open_what_is_in_the_output),
		in_directory(what_is_behind_a_bad_sequence_counts_for_nothing),
		in_directory(
			the_place_of_a_bad_sequence_goes_on_through_pieces),
		in_directory(each_file_begins_and_ends_in_order),
		in_directory(
			the_end_of_an_open_line_stays_when_the_next_file_fails),
		in_directory(each_file_is_replaced_or_stays),
		in_directory(who_tries_gets_one_that_replaces),
		in_directory(a_file_that_cannot_have_its_output_is_left),
		in_directory(after_an_error_nothing_of_it_is_there),
		in_directory(an_open_line_is_cut_off_unless_all_was_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
