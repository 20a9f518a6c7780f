/*
 * Tests of what counts as lost when a run was cut short: with invalid=fail the
 * lines before the first bad sequence of each FILE, wherever its batches are.
 */
#include "config.h"

#include "pipeline/loss.h"

#include "stages.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A batch that was read and will not be written: converted or not. */
struct left {
	size_t input;
	const char *text;
	bool converted;
	uint64_t lost; /* of its lines */
};

static struct batch *leave(
	struct stages *s, const struct left *left, uint64_t place)
{
	struct batch *b = stages_batch(s, left->text);

	b->inputs.first = left->input;
	b->cut.place = place;
	if (left->converted)
		convert_batch(&s->converter, NULL, b);
	else
		batch_lose(b);
	return b;
}

/* The batches are there in any order. */
static void check(enum upcase_invalid invalid, size_t bad_input,
	const struct left *left, size_t n)
{
	for (size_t turn = 0; turn < n; turn++) {
		struct stages s;
		struct batch *b[STAGES_BATCHES];
		uint64_t lost = 0;

		stages_make(&s, "out", UPCASE_ROOT, invalid);
		for (size_t i = 0; i < n; i++) {
			size_t which = (i + turn) % n;

			b[which] = leave(&s, &left[which], which);
		}
		loss_settle(&s.pool, &s.converter, bad_input);
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(
				atomic_load(&b[i]->unwritten), left[i].lost);
			lost += left[i].lost;
		}
		assert_int_equal(pool_unwritten(&s.pool), lost);
		stages_free(&s);
	}
}

static void without_a_bad_sequence_all_lines_are_lost(void **state)
{
	static const struct left left[] = {
		{0, "a\nb\n", true, 2},
		{0, "c\n", false, 1},
		{1, "\n\n\n", false, 3},
	};

	(void)state;
	check(UPCASE_FAIL, OUTPUT_NO_INPUT, left, COUNT(left));
}

static void what_is_behind_a_bad_sequence_is_not_lost(void **state)
{
	static const struct left left[] = {
		{0, "a\nb\n", true, 2},
		{0, "c\nd\xFF\ne\n", true, 2},
		{0, "f\ng\n", true, 0},
		{0, "h\n", false, 0},
		{1, "i\n", true, 1},
	};

	(void)state;
	check(UPCASE_FAIL, OUTPUT_NO_INPUT, left, COUNT(left));
}

static void one_that_nobody_has_looked_at_is_found(void **state)
{
	static const struct left left[] = {
		{0, "a\n", true, 1},
		{0, "b\n\xFF\nc\n", false, 1},
		{0, "d\n", true, 0},
		{1, "\xFF", false, 0},
		{1, "e\n", false, 0},
		{2, "f\n", false, 1},
	};

	(void)state;
	check(UPCASE_FAIL, OUTPUT_NO_INPUT, left, COUNT(left));
}

static void a_file_of_which_it_was_told_loses_nothing(void **state)
{
	static const struct left left[] = {
		{3, "a\n", true, 0},
		{3, "b\n", false, 0},
		{4, "c\n", false, 1},
	};

	(void)state;
	check(UPCASE_FAIL, 3, left, COUNT(left));
}

static void where_bad_sequences_are_kept_they_change_nothing(void **state)
{
	static const struct left left[] = {
		{0, "a\xFF\nb\n", true, 2},
		{0, "c\xFF\n", false, 1},
	};

	(void)state;
	check(UPCASE_KEEP, OUTPUT_NO_INPUT, left, COUNT(left));
}

/* What was read behind it is not read, either. */
static void figures_are_those_before_the_bad_sequence(void **state)
{
	static const struct left left[] = {
		{0, "a\n\xFF\n", true, 1},
		{0, "b\xFF\nc\n", true, 0},
		{0, "d\n", false, 0},
	};
	struct stages s;

	(void)state;
	stages_make(&s, "out", UPCASE_ROOT, UPCASE_FAIL);
	for (size_t i = 0; i < COUNT(left); i++)
		(void)leave(&s, &left[i], i);
	assert_false(loss_is_bad(&s.pool, 1, OUTPUT_NO_INPUT));
	assert_true(loss_is_bad(&s.pool, 1, 1));
	assert_true(loss_is_bad(&s.pool, 0, OUTPUT_NO_INPUT));
	loss_settle(&s.pool, &s.converter, OUTPUT_NO_INPUT);
	assert_int_equal(atomic_load(&s.ledger.lines_in), 1);
	assert_int_equal(atomic_load(&s.ledger.bytes_in), 2);
	assert_int_equal(atomic_load(&s.ledger.invalid), 1);
	stages_free(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		in_directory(without_a_bad_sequence_all_lines_are_lost),
		in_directory(what_is_behind_a_bad_sequence_is_not_lost),
		in_directory(one_that_nobody_has_looked_at_is_found),
		in_directory(a_file_of_which_it_was_told_loses_nothing),
		in_directory(where_bad_sequences_are_kept_they_change_nothing),
		in_directory(figures_are_those_before_the_bad_sequence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
