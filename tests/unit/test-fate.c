/*
 * Tests of what becomes of FILEs whose output takes the place of a file: which
 * pieces are written, and what the end of each means.
 */
#include "config.h"

#include "pipeline/fate.h"

#include "failing.h"
#include "support.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const names[] = {"f0", "f1"};
static const char *const below[] = {"d/f0", "d/f1"};

struct scene {
	struct targets targets;
	struct sink sink;
	struct control control;
	struct ledger ledger;
	struct fate fate;
	struct batch batch;
	struct fault fault;
	int closed; /* calls of close_text */
	int close_error;
	char told[256];
};

static void on_trouble(void *context, const char *name, uint64_t line,
	uint64_t column, const char *text)
{
	struct scene *s = context;

	(void)line;
	(void)column;
	(void)snprintf(s->told, sizeof(s->told), "%s: %s", name, text);
}

static void on_abort(void *context)
{
	(void)context;
}

static int close_text(void *context, struct fault *fault)
{
	struct scene *s = context;

	s->closed++;
	fault_set(fault, "closed");
	return s->close_error;
}

/* Files are replaced in this way, FILE 0 among them has text. */
static void begin(struct scene *s, enum targets_way way)
{
	struct pipeline_events events = {s, on_trouble, NULL, NULL};
	struct targets_config config = {
		.way = way, .names = way == TARGETS_FOLDER ? below : names};
	struct fate_config fate = {.targets = &s->targets,
		.sink = &s->sink,
		.inputs = names,
		.close = close_text,
		.context = s};

	failing_reset();
	memset(s, 0, sizeof(*s));
	assert_int_equal(control_init(&s->control, on_abort, NULL), 0);
	assert_int_equal(ledger_init(&s->ledger, &events, &s->control), 0);
	assert_int_equal(sink_init_apart(&s->sink, "out", NULL), 0);
	targets_init(&s->targets, &config);
	targets_connect(&s->targets, &s->ledger, &s->control);
	fate_init(&s->fate, &fate);
	support_write("f0", "old", 3);
}

static void end(struct scene *s, uint64_t done, uint64_t unchanged,
	uint64_t refused, const char *told)
{
	assert_int_equal(atomic_load(&s->targets.done), done);
	assert_int_equal(atomic_load(&s->targets.unchanged), unchanged);
	assert_int_equal(atomic_load(&s->targets.refused), refused);
	assert_string_equal(s->told, told);
	targets_release(&s->targets);
	sink_release(&s->sink);
	ledger_release(&s->ledger);
	control_release(&s->control);
}

/* FILE 0 begins, with a piece of so many bytes. */
static enum fate_piece piece(
	struct scene *s, size_t len, bool changed, bool last)
{
	struct stat st;
	int err;
	enum fate_piece what;

	assert_int_equal(stat("f0", &st), 0);
	replace_note(&s->batch.origin.mark, &st);
	s->batch.upper_len = len;
	s->batch.changed = changed;
	s->batch.inputs.ended = last;
	what = fate_piece(&s->fate, 0, &s->batch, &err, &s->fault);
	assert_int_equal(err != 0, what == FATE_LEAVE || what == FATE_FAIL);
	if (what == FATE_WRITE && len > 0)
		assert_int_equal(
			write(s->sink.file.io.fd, "new", len), (ssize_t)len);
	return what;
}

static int end_file(struct scene *s, bool good)
{
	return fate_end(&s->fate, 0, good, &s->fault);
}

static void an_output_that_replaces_nothing_has_no_part_in_it(void **state)
{
	struct fate_config config = {.targets = NULL};
	struct fault fault;
	struct fate f;

	(void)state;
	fate_init(&f, &config);
	assert_false(fate_is_own(&f));
	fate_begin(&f);
	assert_int_equal(fate_end(&f, 0, true, &fault), 0);
}

static void what_does_not_change_is_not_written(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, TARGETS_IN_PLACE);
	assert_true(fate_is_own(&s.fate));
	fate_begin(&s.fate);
	assert_int_equal(piece(&s, 3, false, true), FATE_SKIP);
	assert_int_equal(end_file(&s, true), 0);
	assert_int_equal(s.closed, 0);
	support_file_is("f0", "old", 3);
	end(&s, 0, 1, 0, "");
	/* Of a longer one that is not known before its end. */
	begin(&s, TARGETS_IN_PLACE);
	fate_begin(&s.fate);
	assert_int_equal(piece(&s, 3, false, false), FATE_WRITE);
	assert_int_equal(piece(&s, 0, false, true), FATE_WRITE);
	assert_int_equal(end_file(&s, true), 0);
	support_file_is("f0", "old", 3);
	/* One without text. */
	fate_begin(&s.fate);
	assert_int_equal(end_file(&s, true), 0);
	end(&s, 0, 2, 0, "");
}

static void what_changes_is_written_closed_and_published(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, TARGETS_IN_PLACE);
	fate_begin(&s.fate);
	assert_int_equal(piece(&s, 1, true, false), FATE_WRITE);
	/* Also if the rest does not. */
	assert_int_equal(piece(&s, 1, false, true), FATE_WRITE);
	assert_int_equal(end_file(&s, true), 0);
	assert_int_equal(s.closed, 1);
	support_file_is("f0", "nn", 2);
	/* The next one is looked at anew. */
	fate_begin(&s.fate);
	assert_int_equal(piece(&s, 3, false, true), FATE_SKIP);
	assert_int_equal(end_file(&s, true), 0);
	end(&s, 1, 1, 0, "");
}

static void a_mark_of_the_file_travels_with_its_text(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, TARGETS_IN_PLACE);
	fate_begin(&s.fate);
	assert_int_equal(piece(&s, 3, true, true), FATE_WRITE);
	support_write("f0", "other", 5);
	assert_int_equal(end_file(&s, true), 0);
	support_file_is("f0", "other", 5);
	end(&s, 0, 0, 1,
		"f0: somebody else changed it meanwhile; it stays as it is");
}

static void a_bad_one_stays(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, TARGETS_IN_PLACE);
	fate_begin(&s.fate);
	assert_int_equal(piece(&s, 3, true, true), FATE_WRITE);
	assert_int_equal(end_file(&s, false), 0);
	assert_int_equal(s.closed, 0);
	support_file_is("f0", "old", 3);
	end(&s, 0, 0, 1, "");
}

static void one_without_text_has_an_output_too(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, TARGETS_FOLDER);
	fate_begin(&s.fate);
	assert_int_equal(end_file(&s, true), 0);
	assert_int_equal(s.closed, 1);
	support_file_is("d/f0", "", 0);
	/* As has one that does not change. */
	assert_int_equal(unlink("d/f0"), 0);
	fate_begin(&s.fate);
	assert_int_equal(piece(&s, 3, false, true), FATE_WRITE);
	assert_int_equal(end_file(&s, true), 0);
	support_file_is("d/f0", "new", 3);
	/* It may not be had: there is one. */
	support_write("f0", "", 0);
	assert_int_equal(rename("d", "e"), 0);
	support_write("d", "", 0);
	fate_begin(&s.fate);
	assert_int_equal(end_file(&s, true), 0);
	end(&s, 2, 0, 1, "f0: its output d/f0 cannot be made: Not a directory");
}

static void what_none_can_have_is_the_end(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, TARGETS_IN_PLACE);
	fate_begin(&s.fate);
	failing_set("any open", 1, EACCES, FAILING_OPENS - 1);
	assert_int_equal(piece(&s, 3, true, true), FATE_LEAVE);
	failing_set("any open", 1, ENOSPC, FAILING_OPENS - 1);
	assert_int_equal(piece(&s, 3, true, true), FATE_FAIL);
	end(&s, 0, 0, 0, "");
	begin(&s, TARGETS_FOLDER);
	fate_begin(&s.fate);
	failing_set("any open", 1, ENOSPC, FAILING_OPENS - 1);
	assert_int_equal(end_file(&s, true), -ENOSPC);
	s.close_error = -EIO;
	assert_int_equal(end_file(&s, true), -EIO);
	assert_string_equal(s.fault.text, "closed");
	end(&s, 0, 0, 0, "");
}

/* ---- One for all ---- */

static void begin_one(struct scene *s)
{
	begin(s, TARGETS_ONE);
	assert_false(fate_is_own(&s->fate));
	assert_int_equal(targets_open(&s->targets, 0, &s->sink, &s->fault), 0);
	assert_int_equal(write(s->sink.file.io.fd, "new", 3), 3);
	fate_begin(&s->fate);
	assert_int_equal(end_file(s, false), 0);
}

static void one_for_all_is_published_if_all_was_good(void **state)
{
	struct scene s;

	(void)state;
	begin_one(&s);
	assert_int_equal(fate_finish(&s.fate, &s.fault), 0);
	assert_int_equal(s.closed, 1);
	support_file_is("f0", "new", 3);
	end(&s, 1, 0, 0, "");
	begin_one(&s);
	ledger_trouble(&s.ledger, "f1", 0, 0, "bad");
	assert_int_equal(fate_finish(&s.fate, &s.fault), 0);
	support_file_is("f0", "old", 3);
	end(&s, 0, 0, 1, "f1: bad");
	begin_one(&s);
	control_stop(&s.control);
	assert_int_equal(fate_finish(&s.fate, &s.fault), 0);
	support_file_is("f0", "old", 3);
	end(&s, 0, 0, 1, "");
	begin_one(&s);
	s.close_error = -EIO;
	assert_int_equal(fate_finish(&s.fate, &s.fault), -EIO);
	support_file_is("f0", "old", 3);
	end(&s, 0, 0, 0, "");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			an_output_that_replaces_nothing_has_no_part_in_it),
		in_directory(what_does_not_change_is_not_written),
		in_directory(what_changes_is_written_closed_and_published),
		in_directory(a_mark_of_the_file_travels_with_its_text),
		in_directory(a_bad_one_stays),
		in_directory(one_without_text_has_an_output_too),
		in_directory(what_none_can_have_is_the_end),
		in_directory(one_for_all_is_published_if_all_was_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
