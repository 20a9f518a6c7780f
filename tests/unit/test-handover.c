/*
 * Tests of the policy: which batches are done here, which are converted here,
 * and which are sent on. There are no other threads in it: what was sent waits
 * in a queue, where it is looked at.
 */
#include "config.h"

#include "pipeline/handover.h"

#include "stages.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/file.h>

#include <cmocka.h>

enum where {
	HERE,	   /* written */
	SENT,	   /* in the queue to the transformers */
	TO_WRITER, /* in the queue to the writer, converted */
};

struct hand {
	struct stages s;
	struct handover h;
	int others; /* what start_others returns */
	unsigned asked;
};

static int start_others(void *context)
{
	struct hand *hand = context;

	hand->asked++;
	return hand->others;
}

/* What packs nothing. */
static const struct packers plain;

static void make(struct hand *hand, int others, struct rules rules,
	enum upcase_language language)
{
	struct handover_config config = {.in = &hand->s.in,
		.out = &hand->s.out,
		.pool = &hand->s.pool,
		.output = &hand->s.output,
		.control = &hand->s.control,
		.packers = &plain,
		.converter = &hand->s.converter,
		.jobs = 1,
		.rules = rules,
		.start_others = start_others,
		.context = hand};

	stages_make(&hand->s, "out", language, UPCASE_KEEP);
	hand->others = others;
	hand->asked = 0;
	handover_init(&hand->h, &config);
}

/* Where the batch went. What waited in a queue is taken out of it. */
static enum where send(struct hand *hand, struct batch *b)
{
	size_t in = queue_size(&hand->s.in), out = queue_size(&hand->s.out);

	assert_int_equal(handover_send(&hand->h, b), 0);
	if (queue_size(&hand->s.out) > out) {
		assert_true(b->converted);
		return TO_WRITER;
	}
	if (queue_size(&hand->s.in) > in) {
		assert_false(b->converted);
		return SENT;
	}
	return HERE;
}

/* The writer's work. */
static void write_next(struct hand *hand)
{
	struct batch *b;
	void *item = NULL;

	assert_int_equal(
		queue_get(&hand->s.out, &item, QUEUE_NOWAIT), QUEUE_OK);
	b = item;
	output_own(&hand->s.output);
	assert_int_equal(output_write(&hand->s.output, b), 0);
	output_disown(&hand->s.output);
	handover_put_back(&hand->h, b);
	assert_int_equal(queue_task_done(&hand->s.out), QUEUE_OK);
}

/* The transformer's. */
static void transform_next(struct hand *hand)
{
	void *item = NULL;

	assert_int_equal(queue_get(&hand->s.in, &item, QUEUE_NOWAIT), QUEUE_OK);
	convert_batch(&hand->s.converter, NULL, item);
	assert_int_equal(queue_put(&hand->s.out, item, QUEUE_NOWAIT), QUEUE_OK);
	assert_int_equal(queue_task_done(&hand->s.in), QUEUE_OK);
}

static struct batch *full(struct hand *hand, const char *text)
{
	struct batch *b = stages_batch(&hand->s, text);

	b->cut.full = true;
	return b;
}

/* The first full batches are worth threads at once: what is looked at here is
 * what comes behind those few. */
static const struct rules automatic = {RULE_AUTO, RULE_NEVER, RULE_AUTO};

static void a_lone_batch_is_done_here_without_other_threads(void **state)
{
	struct hand hand;

	(void)state;
	make(&hand, 1, automatic, UPCASE_ROOT);
	assert_int_equal(send(&hand, stages_batch(&hand.s, "a\n")), HERE);
	assert_int_equal(send(&hand, stages_batch(&hand.s, "b\n")), HERE);
	assert_int_equal(hand.asked, 0);
	assert_int_equal(pool_away(&hand.s.pool), 0);
	assert_true(handover_is_idle(&hand.h));
	stages_free(&hand.s);
	support_file_is("out", BYTES("A\nB\n"));
}

static void a_full_batch_is_worth_threads(void **state)
{
	struct hand hand;

	(void)state;
	make(&hand, 1, automatic, UPCASE_ROOT);
	assert_int_equal(send(&hand, full(&hand, "a\n")), SENT);
	assert_int_equal(hand.asked, 1);
	assert_false(handover_is_idle(&hand.h));
	/* Nothing overtakes it, however small. */
	assert_int_equal(send(&hand, stages_batch(&hand.s, "b\n")), SENT);
	transform_next(&hand);
	transform_next(&hand);
	write_next(&hand);
	assert_false(handover_is_idle(&hand.h));
	write_next(&hand);
	assert_true(handover_is_idle(&hand.h));
	assert_int_equal(handover_wait(&hand.h), 0);
	/* All is written: the next lone one is done here again. */
	assert_int_equal(send(&hand, stages_batch(&hand.s, "c\n")), HERE);
	assert_int_equal(hand.asked, 1);
	stages_free(&hand.s);
	support_file_is("out", BYTES("A\nB\nC\n"));
}

static void a_few_full_batches_are_done_here_first(void **state)
{
	static const struct rules rules = {RULE_AUTO, RULE_AUTO, RULE_NEVER};
	struct hand hand;
	int n = 0;

	(void)state;
	make(&hand, 1, rules, UPCASE_ROOT);
	while (n < 100 && send(&hand, full(&hand, "a\n")) == HERE)
		n++;
	assert_true(n > 0 && n < 10);
	/* And not again, when nothing is under way. */
	transform_next(&hand);
	write_next(&hand);
	assert_int_equal(send(&hand, full(&hand, "b\n")), SENT);
	stages_free(&hand.s);
}

static void what_would_have_to_wait_is_the_writers(void **state)
{
	struct hand hand;
	int fd;

	(void)state;
	make(&hand, 1, automatic, UPCASE_ROOT);
	fd = open("out", O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(send(&hand, stages_batch(&hand.s, "a\n")), TO_WRITER);
	assert_int_equal(hand.asked, 1);
	assert_int_equal(close(fd), 0);
	stages_free(&hand.s);
}

static void a_batch_is_converted_here_while_the_writer_has_enough(void **state)
{
	struct hand hand;

	(void)state;
	make(&hand, 1, automatic, UPCASE_ROOT);
	assert_int_equal(send(&hand, full(&hand, "a\n")), SENT);
	assert_int_equal(send(&hand, full(&hand, "b\n")), SENT);
	assert_int_equal(send(&hand, full(&hand, "c\n")), TO_WRITER);
	transform_next(&hand);
	transform_next(&hand);
	write_next(&hand);
	write_next(&hand);
	assert_int_equal(send(&hand, full(&hand, "d\n")), SENT);
	stages_free(&hand.s);
	support_file_is("out", BYTES("A\nB\n"));
}

static void each_rule_can_be_forced(void **state)
{
	/* Where a lone batch goes, and three full ones behind it. */
	static const struct {
		struct rules rules;
		enum where went[4];
	} cases[] = {
		{{RULE_AUTO, RULE_NEVER, RULE_AUTO},
			{HERE, SENT, SENT, TO_WRITER}},
		{{RULE_NEVER, RULE_NEVER, RULE_AUTO},
			{SENT, SENT, TO_WRITER, TO_WRITER}},
		{{RULE_ALWAYS, RULE_NEVER, RULE_AUTO},
			{HERE, HERE, HERE, HERE}},
		{{RULE_AUTO, RULE_NEVER, RULE_NEVER}, {HERE, SENT, SENT, SENT}},
		{{RULE_AUTO, RULE_NEVER, RULE_ALWAYS},
			{HERE, TO_WRITER, TO_WRITER, TO_WRITER}},
		{{RULE_NEVER, RULE_NEVER, RULE_ALWAYS},
			{TO_WRITER, TO_WRITER, TO_WRITER, TO_WRITER}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct hand hand;

		make(&hand, 1, cases[i].rules, UPCASE_ROOT);
		for (size_t j = 0; j < COUNT(cases[i].went); j++) {
			struct batch *b = stages_batch(&hand.s, "a\n");

			b->cut.full = j > 0;
			assert_int_equal(send(&hand, b), cases[i].went[j]);
		}
		stages_free(&hand.s);
	}
}

static void where_there_is_nobody_all_is_done_here(void **state)
{
	struct hand hand;

	(void)state;
	make(&hand, -1, automatic, UPCASE_ROOT);
	assert_int_equal(send(&hand, full(&hand, "a\n")), HERE);
	assert_int_equal(send(&hand, full(&hand, "b\n")), HERE);
	assert_int_equal(hand.asked, 1);
	handover_end(&hand.h);
	stages_free(&hand.s);
	support_file_is("out", BYTES("A\nB\n"));
	/* A writer alone writes. */
	make(&hand, 0, automatic, UPCASE_ROOT);
	assert_int_equal(send(&hand, full(&hand, "c\n")), TO_WRITER);
	write_next(&hand);
	handover_end(&hand.h);
	stages_free(&hand.s);
	support_file_is("out", BYTES("A\nB\nC\n"));
}

static struct batch *piece(
	struct hand *hand, const char *text, bool continues, bool open)
{
	struct batch *b = stages_batch(&hand->s, text);

	b->cut.continues = continues;
	b->cut.open = open;
	b->cut.full = open;
	return b;
}

static void pieces_with_context_are_converted_here_in_order(void **state)
{
	struct hand hand;

	(void)state;
	make(&hand, 1, (struct rules){RULE_AUTO, RULE_NEVER, RULE_NEVER},
		UPCASE_LT);
	assert_int_equal(
		send(&hand, piece(&hand, "i", false, true)), TO_WRITER);
	assert_int_equal(
		send(&hand, piece(&hand, "\xCC\x87", true, true)), TO_WRITER);
	assert_int_equal(send(&hand, piece(&hand, "\xCC\x87\n", true, false)),
		TO_WRITER);
	write_next(&hand);
	/* The next line begins anew, also behind one whose end did not come. */
	assert_int_equal(
		send(&hand, piece(&hand, "i", false, true)), TO_WRITER);
	assert_int_equal(
		send(&hand, piece(&hand, "\xCC\x87", false, true)), TO_WRITER);
	for (int i = 0; i < 4; i++)
		write_next(&hand);
	stages_free(&hand.s);
	support_file_is("out", BYTES("I\xCC\x87\nI\xCC\x87"));
	make(&hand, 1, (struct rules){RULE_AUTO, RULE_NEVER, RULE_NEVER},
		UPCASE_ROOT);
	assert_int_equal(send(&hand, piece(&hand, "i", false, true)), SENT);
	stages_free(&hand.s);
}

static void what_cannot_be_sent_after_an_abort_is_lost(void **state)
{
	static const enum rule converts[] = {RULE_NEVER, RULE_ALWAYS};

	(void)state;
	for (size_t i = 0; i < COUNT(converts); i++) {
		struct hand hand;
		struct batch *b;

		make(&hand, 1,
			(struct rules){RULE_AUTO, RULE_NEVER, converts[i]},
			UPCASE_ROOT);
		b = full(&hand, "a\nb\n");
		control_abort(&hand.s.control);
		assert_int_equal(handover_send(&hand.h, b), -ECANCELED);
		assert_int_equal(pool_unwritten(&hand.s.pool), 2);
		assert_int_equal(handover_wait(&hand.h), -ECANCELED);
		assert_null(handover_get(&hand.h));
		handover_end(&hand.h);
		stages_free(&hand.s);
		support_file_is("out", "", 0);
	}
}

static void send_in_thread(void *context)
{
	struct hand *hand = context;
	struct batch *b = pool_try_get(&hand->s.pool);

	if (!b)
		return;
	memcpy(b->text, "a\nb\n", 4);
	b->len = 4;
	b->cut.full = true;
	(void)handover_send(&hand->h, b);
}

static void what_waits_for_a_place_at_an_abort_is_lost(void **state)
{
	static const struct rules rules = {RULE_NEVER, RULE_NEVER, RULE_NEVER};
	struct support_thread t;
	struct hand hand;
	bool slept;

	(void)state;
	make(&hand, 1, rules, UPCASE_ROOT);
	for (int i = 0; i < STAGES_DEPTH; i++)
		assert_int_equal(send(&hand, full(&hand, "c\n")), SENT);
	support_start(&t, send_in_thread, &hand);
	slept = support_sleeps(&t);
	control_abort(&hand.s.control);
	support_join(&t);
	assert_true(slept);
	assert_int_equal(pool_unwritten(&hand.s.pool), 2);
	stages_free(&hand.s);
}

/* What the reader does when it was woken. */
static void look(struct hand *hand)
{
	if (handover_has_errand(&hand->h))
		handover_run_errand(&hand->h);
}

/* To open anew may have to wait, which is not for who reads. */
static void a_wish_with_nothing_under_way_is_an_errand_of_the_writer(
	void **state)
{
	struct hand hand;

	(void)state;
	make(&hand, 1, automatic, UPCASE_ROOT);
	look(&hand);
	assert_int_equal(hand.asked, 0); /* none was wished for */
	assert_int_equal(rename("out", "moved"), 0);
	output_wish_reopen(&hand.s.output);
	look(&hand);
	assert_int_equal(queue_size(&hand.s.out), 1);
	assert_int_equal(access("out", F_OK), -1);
	write_next(&hand);
	assert_int_equal(access("out", F_OK), 0);
	stages_free(&hand.s);
}

/* Nobody else can be sent: there is no thread, or no batch. */
static void a_wish_is_served_here_where_nobody_can_be_sent(void **state)
{
	(void)state;
	for (int others = -1; others <= 1; others += 2) {
		struct hand hand;

		make(&hand, others, automatic, UPCASE_ROOT);
		assert_int_equal(rename("out", "moved"), 0);
		while (others > 0 && pool_try_get(&hand.s.pool) != NULL)
			;
		output_wish_reopen(&hand.s.output);
		look(&hand);
		assert_int_equal(queue_size(&hand.s.out), 0);
		assert_int_equal(access("out", F_OK), 0);
		assert_true(output_is_idle(&hand.s.output, 0));
		stages_free(&hand.s);
	}
}

static void after_an_abort_nothing_is_written_by_who_is_alone(void **state)
{
	struct hand hand;
	struct batch *b;

	(void)state;
	make(&hand, -1, automatic, UPCASE_ROOT);
	assert_int_equal(send(&hand, full(&hand, "a\n")), HERE);
	b = full(&hand, "b\n");
	control_abort(&hand.s.control);
	assert_int_equal(handover_send(&hand.h, b), -ECANCELED);
	assert_int_equal(pool_unwritten(&hand.s.pool), 1);
	stages_free(&hand.s);
	support_file_is("out", BYTES("A\n"));
}

static void the_end_finishes_the_output(void **state)
{
	struct hand hand;

	(void)state;
	make(&hand, 1, automatic, UPCASE_ROOT);
	assert_int_equal(send(&hand, stages_batch(&hand.s, "a\n")), HERE);
	handover_end(&hand.h);
	assert_true(hand.s.output.finished);
	assert_int_equal(
		queue_put(&hand.s.in, &hand, QUEUE_NOWAIT), QUEUE_CLOSED);
	stages_free(&hand.s);
	make(&hand, 1, automatic, UPCASE_ROOT);
	control_abort(&hand.s.control);
	handover_end(&hand.h);
	assert_false(hand.s.output.finished);
	stages_free(&hand.s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		in_directory(a_lone_batch_is_done_here_without_other_threads),
		in_directory(a_full_batch_is_worth_threads),
		in_directory(a_few_full_batches_are_done_here_first),
		in_directory(what_would_have_to_wait_is_the_writers),
		in_directory(
			a_batch_is_converted_here_while_the_writer_has_enough),
		in_directory(each_rule_can_be_forced),
		in_directory(where_there_is_nobody_all_is_done_here),
		in_directory(pieces_with_context_are_converted_here_in_order),
		in_directory(what_cannot_be_sent_after_an_abort_is_lost),
		in_directory(what_waits_for_a_place_at_an_abort_is_lost),
		in_directory(
			a_wish_with_nothing_under_way_is_an_errand_of_the_writer),
		in_directory(a_wish_is_served_here_where_nobody_can_be_sent),
		in_directory(after_an_abort_nothing_is_written_by_who_is_alone),
		in_directory(the_end_finishes_the_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
