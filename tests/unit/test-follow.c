/*
 * Tests of an output whose name goes to another file while it is open: what is
 * opened anew, what is told, and what counts as lost.
 */
#include "config.h"

#include "pipeline/follow.h"

#include "stages.h"
#include "support.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void make(struct stages *s, bool prompt)
{
	stages_make(s, "out", UPCASE_ROOT, UPCASE_KEEP);
	s->output.follow.prompt = prompt;
	output_own(&s->output);
}

/* A line is written as a batch. */
static void write_line(struct stages *s, const char *line)
{
	struct batch *b = stages_batch(s, line);

	convert_batch(&s->converter, NULL, b);
	assert_int_equal(output_write(&s->output, b), 0);
	batch_reset(b);
	pool_put(&s->pool, b);
}

/* It comes to its end, and this was told; so many lines are in no file, and the
 * error of the output is this. */
static void end_with_gone(
	struct stages *s, uint64_t gone, const char *told, int want)
{
	struct fault fault;
	uint64_t lost;
	int err;

	output_finish(&s->output);
	output_disown(&s->output);
	output_settle(&s->output);
	err = ledger_error(&s->ledger, &fault);
	lost = atomic_load(&s->ledger.gone);
	assert_string_equal(s->told, told);
	assert_int_equal(err, want);
	assert_int_equal(lost, gone);
	stages_free(s);
}

static void end(struct stages *s, const char *told)
{
	end_with_gone(s, 0, told, 0);
}

static void a_name_that_stays_is_no_matter(void **state)
{
	struct stages s;

	(void)state;
	make(&s, false);
	write_line(&s, "one\n");
	write_line(&s, "two\n");
	end(&s, "");
	support_file_is("out", BYTES("ONE\nTWO\n"));
}

static void lines_for_a_file_that_was_moved_are_told_at_the_end(void **state)
{
	struct stages s;

	(void)state;
	make(&s, false);
	write_line(&s, "one\n");
	assert_int_equal(rename("out", "moved"), 0);
	write_line(&s, "two\n");
	write_line(&s, "three\n");
	assert_string_equal(s.told, "");
	end(&s, "out: 2 lines went to a file that does not have this name any "
		"more\n");
	support_file_is("moved", BYTES("ONE\nTWO\nTHREE\n"));
}

static void lines_for_a_file_that_was_deleted_are_lost(void **state)
{
	struct stages s;

	(void)state;
	make(&s, false);
	write_line(&s, "one\n");
	assert_int_equal(unlink("out"), 0);
	write_line(&s, "two\n");
	end_with_gone(&s, 1, "", -ENOENT);
}

static void so_are_those_of_a_run_that_was_given_up(void **state)
{
	struct stages s;

	(void)state;
	make(&s, false);
	assert_int_equal(unlink("out"), 0);
	write_line(&s, "one\n");
	control_abort(&s.control);
	output_abandon(&s.output);
	end_with_gone(&s, 1, "", 0);
}

static void what_was_deleted_after_the_last_line_is_no_matter(void **state)
{
	struct stages s;

	(void)state;
	make(&s, false);
	write_line(&s, "one\n");
	assert_int_equal(unlink("out"), 0);
	end(&s, "");
}

static void a_name_that_comes_back_is_no_matter(void **state)
{
	struct stages s;

	(void)state;
	make(&s, false);
	assert_int_equal(rename("out", "moved"), 0);
	write_line(&s, "one\n");
	assert_int_equal(rename("moved", "out"), 0);
	end(&s, "");
}

static void only_lines_since_it_was_moved_last_count(void **state)
{
	struct stages s;

	(void)state;
	make(&s, false);
	assert_int_equal(rename("out", "moved"), 0);
	write_line(&s, "one\n");
	assert_int_equal(rename("moved", "out"), 0);
	write_line(&s, "two\n");
	assert_int_equal(rename("out", "moved"), 0);
	write_line(&s, "three\n");
	end(&s, "out: 1 line went to a file that does not have this name any "
		"more\n");
}

static void a_rotation_is_not_told(void **state)
{
	struct stages s;

	(void)state;
	make(&s, false);
	assert_int_equal(rename("out", "moved"), 0);
	write_line(&s, "one\n");
	output_wish_reopen(&s.output);
	write_line(&s, "two\n");
	end(&s, "note out: opened anew\n");
	support_file_is("moved", BYTES("ONE\n"));
	support_file_is("out", BYTES("TWO\n"));
}

static void nor_one_whose_wish_comes_at_the_end(void **state)
{
	struct stages s;

	(void)state;
	make(&s, false);
	assert_int_equal(unlink("out"), 0);
	write_line(&s, "one\n");
	output_wish_reopen(&s.output);
	end(&s, "");
}

#define ONE_ASTRAY \
	"out: 1 line went to a file that does not have this name any more\n"
#define KEPT "; the file that is open stays in use\n"

static void where_lines_go_is_told_at_the_end_also_after_a_refusal(void **state)
{
	struct stages s;

	(void)state;
	make(&s, false);
	assert_int_equal(rename("out", "moved"), 0);
	assert_int_equal(mkdir("out", 0777), 0);
	output_wish_reopen(&s.output);
	write_line(&s, "one\n");
	end(&s, "out: cannot be opened anew: Is a directory" KEPT ONE_ASTRAY);
	support_file_is("moved", BYTES("ONE\n"));
}

static void a_prompt_follows_the_name(void **state)
{
	struct stages s;

	(void)state;
	make(&s, true);
	write_line(&s, "one\n");
	assert_int_equal(unlink("out"), 0);
	write_line(&s, "two\n");
	assert_int_equal(rename("out", "moved"), 0);
	support_write("out", BYTES("theirs\n"));
	write_line(&s, "three\n");
#define ANEW "out: was replaced or deleted meanwhile; opened anew\n"
	end(&s, ANEW ANEW);
	support_file_is("moved", BYTES("TWO\n"));
	support_file_is("out", BYTES("theirs\nTHREE\n"));
}

static void what_a_prompt_cannot_follow_is_told_once(void **state)
{
	struct stages s;

	(void)state;
	make(&s, true);
	assert_int_equal(rename("out", "moved"), 0);
	support_write("out", BYTES("\x1f\x8b\x08"));
	write_line(&s, "one\n");
	write_line(&s, "two\n");
	/* It is there again, then it is not. */
	assert_int_equal(rename("out", "gzip"), 0);
	assert_int_equal(rename("moved", "out"), 0);
	write_line(&s, "three\n");
	assert_int_equal(unlink("out"), 0);
	assert_int_equal(mkdir("out", 0777), 0);
	write_line(&s, "four\n");
	/* The last one is in no file. */
	end_with_gone(&s, 1,
		"out: cannot be opened anew: the file holds gzip, so text is "
		"not appended to it (try --gzip)" KEPT
		"out: cannot be opened anew: Is a directory" KEPT,
		-ENOENT);
}

/* A prompt cannot follow for a line, then it can. */
static void follow_late(struct stages *s)
{
	make(s, true);
	write_line(s, "one\n");
	assert_int_equal(rename("out", "moved"), 0);
	assert_int_equal(mkdir("out", 0777), 0);
	write_line(s, "two\n");
	assert_int_equal(rmdir("out"), 0);
}

static void a_prompt_tries_again(void **state)
{
	struct stages s;

	(void)state;
	follow_late(&s);
	write_line(&s, "three\n");
	end(&s, "out: cannot be opened anew: Is a directory" KEPT ANEW
			ONE_ASTRAY);
	support_file_is("moved", BYTES("ONE\nTWO\n"));
	support_file_is("out", BYTES("THREE\n"));
}

static void what_went_to_a_deleted_file_until_then_is_lost(void **state)
{
	struct stages s;

	(void)state;
	follow_late(&s);
	assert_int_equal(unlink("moved"), 0);
	write_line(&s, "three\n");
	end_with_gone(&s, 1,
		"out: cannot be opened anew: Is a directory" KEPT ANEW,
		-ENOENT);
	support_file_is("out", BYTES("THREE\n"));
}

/* A wish at the end is for the last file only. */
static void a_wish_at_the_end_does_not_find_what_was_lost_before(void **state)
{
	struct stages s;

	(void)state;
	follow_late(&s);
	assert_int_equal(unlink("moved"), 0);
	write_line(&s, "three\n");
	assert_int_equal(rename("out", "moved"), 0);
	output_wish_reopen(&s.output);
	end_with_gone(&s, 1,
		"out: cannot be opened anew: Is a directory" KEPT ANEW,
		-ENOENT);
}

static void an_empty_file_is_not_made_for_nothing(void **state)
{
	struct stages s;

	(void)state;
	make(&s, true);
	write_line(&s, "one\n");
	assert_int_equal(unlink("out"), 0);
	write_line(&s, "");
	end(&s, "");
	assert_int_equal(access("out", F_OK), -1);
}

static void the_file_that_is_read_is_not_opened_anew(void **state)
{
	struct stages s;
	struct stat st;

	(void)state;
	make(&s, false);
	support_write("in", BYTES("x\n"));
	assert_int_equal(stat("in", &st), 0);
	assert_true(output_take_input(&s.output, &st));
	assert_int_equal(rename("out", "moved"), 0);
	assert_int_equal(link("in", "out"), 0);
	output_wish_reopen(&s.output);
	write_line(&s, "one\n");
	output_drop_input(&s.output);
	output_wish_reopen(&s.output);
	write_line(&s, "two\n");
	end(&s, "out: cannot be opened anew: output file is input file" KEPT
		"note out: opened anew\n");
	support_file_is("moved", BYTES("ONE\n"));
	support_file_is("in", BYTES("x\nTWO\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_directory(a_name_that_stays_is_no_matter),
		in_directory(
			lines_for_a_file_that_was_moved_are_told_at_the_end),
		in_directory(lines_for_a_file_that_was_deleted_are_lost),
		in_directory(so_are_those_of_a_run_that_was_given_up),
		in_directory(what_was_deleted_after_the_last_line_is_no_matter),
		in_directory(a_name_that_comes_back_is_no_matter),
		in_directory(only_lines_since_it_was_moved_last_count),
		in_directory(a_rotation_is_not_told),
		in_directory(nor_one_whose_wish_comes_at_the_end),
		in_directory(
			where_lines_go_is_told_at_the_end_also_after_a_refusal),
		in_directory(a_prompt_follows_the_name),
		in_directory(what_a_prompt_cannot_follow_is_told_once),
		in_directory(a_prompt_tries_again),
		in_directory(what_went_to_a_deleted_file_until_then_is_lost),
		in_directory(
			a_wish_at_the_end_does_not_find_what_was_lost_before),
		in_directory(an_empty_file_is_not_made_for_nothing),
		in_directory(the_file_that_is_read_is_not_opened_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
