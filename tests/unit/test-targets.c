/*
 * Tests of which files are written to and what becomes of them: who may be
 * read, what is held back, what is published when, and what is told and
 * counted. System calls fail where the test wants it (failing.h).
 */
#include "config.h"

#include "pipeline/targets.h"

#include "failing.h"
#include "support.h"

#include <errno.h>
#include <inttypes.h>
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

static const char *const names[] = {"f0", "f1", "f2", "f3"};
static const char *const below[] = {"d/e/f0", "d/e/f1", "d//g/f2", "f3"};

/* What targets.c needs around it. */
struct scene {
	struct targets targets;
	struct sink sink;
	struct control control;
	struct ledger ledger;
	struct fault fault;
	char told[512];
};

static void on_trouble(void *context, const char *name, uint64_t line,
	uint64_t column, const char *text)
{
	struct scene *s = context;
	size_t n = strlen(s->told);

	(void)line;
	(void)column;
	(void)snprintf(
		s->told + n, sizeof(s->told) - n, "%s: %s\n", name, text);
}

static void on_abort(void *context)
{
	(void)context;
}

static void begin(struct scene *s, const struct targets_config *config)
{
	struct pipeline_events events = {s, on_trouble, NULL, NULL};

	failing_reset();
	memset(s, 0, sizeof(*s));
	assert_int_equal(control_init(&s->control, on_abort, NULL), 0);
	assert_int_equal(ledger_init(&s->ledger, &events, &s->control), 0);
	assert_int_equal(sink_init_apart(&s->sink, "out", NULL), 0);
	targets_init(&s->targets, config);
	targets_connect(&s->targets, &s->ledger, &s->control);
}

/* It ends, and this was told. */
static void end(struct scene *s, const char *told)
{
	targets_release(&s->targets);
	sink_release(&s->sink);
	ledger_release(&s->ledger);
	control_release(&s->control);
	assert_string_equal(s->told, told);
}

static void counted(const struct scene *s, uint64_t done, uint64_t unchanged,
	uint64_t refused, uint64_t lines)
{
	assert_int_equal(atomic_load(&s->targets.done), done);
	assert_int_equal(atomic_load(&s->targets.unchanged), unchanged);
	assert_int_equal(atomic_load(&s->targets.refused), refused);
	assert_int_equal(atomic_load(&s->ledger.lines_out), lines);
}

static const struct targets_config in_place = {
	.way = TARGETS_IN_PLACE, .names = names, .sync = true};
static const struct targets_config unsynced = {
	.way = TARGETS_IN_PLACE, .names = names};

static void old_files(size_t n)
{
	for (size_t i = 0; i < n; i++)
		support_write(names[i], "old", 3);
}

static struct replace_mark mark_of(const char *path)
{
	struct replace_mark m;
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	replace_note(&m, &st);
	return m;
}

/* Opens the output of a FILE and writes a line to it. */
static void write_to(struct scene *s, size_t input)
{
	assert_int_equal(
		targets_open(&s->targets, input, &s->sink, &s->fault), 0);
	assert_true(s->sink.file.io.fd >= 0);
	assert_int_equal(write(s->sink.file.io.fd, "new", 3), 3);
	targets_count(&s->targets, 1, 3);
	atomic_fetch_add(&s->ledger.lines_out, 1);
	atomic_fetch_add(&s->ledger.bytes_out, 3);
}

static int close_it(struct scene *s)
{
	struct replace_mark m = {.dev = 0};
	bool in_place_now = s->targets.config.way == TARGETS_IN_PLACE;

	if (in_place_now)
		m = mark_of(names[s->targets.is.input]);
	return targets_close(
		&s->targets, &s->sink, in_place_now ? &m : NULL, &s->fault);
}

static int replace_it(struct scene *s, size_t input)
{
	write_to(s, input);
	return close_it(s);
}

static void is(const char *path, const char *text)
{
	support_file_is(path, text, strlen(text));
}

/* ---- Who may be read ---- */

static void only_regular_files_with_one_name_are_replaced(void **state)
{
	struct targets_config forced = in_place, kept = in_place;
	struct scene s;
	struct stat st;

	(void)state;
	forced.force = true;
	kept.suffix = ".bak";
	begin(&s, &in_place);
	old_files(1);
	assert_int_equal(stat("f0", &st), 0);
	assert_int_equal(targets_admit(&s.targets, 0, &st, &s.fault), 0);
	assert_int_equal(link("f0", "f0.bak"), 0);
	assert_int_equal(stat("f0", &st), 0);
	assert_int_equal(targets_admit(&s.targets, 0, &st, &s.fault), -EMLINK);
	assert_string_equal(s.fault.text,
		"it has other names (hard links), under which it would stay "
		"(see --force); it stays as it is");
	end(&s, "");
	begin(&s, &forced);
	assert_int_equal(targets_admit(&s.targets, 0, &st, &s.fault), 0);
	end(&s, "");
	/* What a run has left that was killed. */
	begin(&s, &kept);
	assert_int_equal(targets_admit(&s.targets, 0, &st, &s.fault), 0);
	st.st_nlink = 3;
	assert_int_equal(targets_admit(&s.targets, 0, &st, &s.fault), -EMLINK);
	assert_int_equal(rename("f0.bak", "other"), 0);
	assert_int_equal(stat("f0", &st), 0);
	assert_int_equal(targets_admit(&s.targets, 0, &st, &s.fault), -EMLINK);
	assert_int_equal(stat(".", &st), 0);
	assert_int_equal(targets_admit(&s.targets, 0, &st, &s.fault), -EINVAL);
	assert_string_equal(s.fault.text,
		"not a regular file, so it cannot be replaced; it stays as it "
		"is");
	end(&s, "");
	begin(&s, &forced);
	assert_int_equal(targets_admit(&s.targets, 0, &st, &s.fault), -EINVAL);
	end(&s, "");
}

static void an_output_that_is_there_is_left(void **state)
{
	struct targets_config config = {.way = TARGETS_FOLDER, .names = below};
	struct scene s;
	struct stat st;

	(void)state;
	assert_int_equal(symlink("nowhere", "f3"), 0);
	assert_int_equal(stat("/dev/null", &st), 0);
	begin(&s, &config);
	assert_int_equal(targets_admit(&s.targets, 0, &st, &s.fault), 0);
	assert_int_equal(targets_admit(&s.targets, 3, &st, &s.fault), -EEXIST);
	assert_string_equal(s.fault.text,
		"its output f3 is there already, and is left as it is (see "
		"--force)");
	end(&s, "");
	config.force = true;
	begin(&s, &config);
	assert_int_equal(targets_admit(&s.targets, 3, &st, &s.fault), 0);
	end(&s, "");
	config = (struct targets_config){.way = TARGETS_ONE, .names = names};
	old_files(1);
	begin(&s, &config);
	assert_int_equal(targets_admit(&s.targets, 0, &st, &s.fault), 0);
	end(&s, "");
}

/* ---- Groups ---- */

static void a_group_is_synced_and_then_renamed(void **state)
{
	struct scene s;

	(void)state;
	old_files(3);
	begin(&s, &in_place);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(replace_it(&s, i), 0);
	assert_string_equal(failing_log, "fchmod fchmod fchmod ");
	is("f0", "old");
	counted(&s, 0, 0, 0, 3);
	failing_reset();
	assert_int_equal(targets_finish(&s.targets, &s.fault), 0);
#ifdef HAVE_SYNCFS
	assert_string_equal(failing_log,
		"syncfs linkat rename linkat rename linkat rename syncfs ");
#endif
	is("f0", "new");
	is("f2", "new");
	counted(&s, 3, 0, 0, 3);
	end(&s, "");
}

static void without_sync_each_is_replaced_at_once(void **state)
{
	struct scene s;

	(void)state;
	old_files(2);
	begin(&s, &unsynced);
	assert_int_equal(replace_it(&s, 0), 0);
	is("f0", "new");
	assert_int_equal(replace_it(&s, 1), 0);
	assert_int_equal(targets_finish(&s.targets, &s.fault), 0);
	assert_string_equal(failing_log,
		FAILING_OPENS == 1
			? "fchmod rename fchmod rename "
			: "fchmod linkat rename fchmod linkat rename ");
	counted(&s, 2, 0, 0, 2);
	end(&s, "");
}

static void a_large_one_is_not_held_back(void **state)
{
	struct scene s;

	(void)state;
	old_files(2);
	begin(&s, &in_place);
	write_to(&s, 0);
	targets_count(&s.targets, 0, TARGETS_GROUP_BYTES - 4);
	assert_int_equal(close_it(&s), 0);
	is("f0", "old");
	write_to(&s, 1);
	assert_int_equal(close_it(&s), 0); /* with these it is full */
	is("f0", "new");
	is("f1", "new");
	end(&s, "");
}

static void so_many_are_held_back_and_no_more(void **state)
{
	struct scene s;

	(void)state;
	old_files(1);
	begin(&s, &in_place);
	for (size_t i = 1; i < TARGETS_GROUP; i++)
		assert_int_equal(replace_it(&s, 0), 0);
	is("f0", "old");
	assert_int_equal(s.targets.n_held, TARGETS_GROUP - 1);
	assert_int_equal(replace_it(&s, 0), 0);
	is("f0", "new");
	assert_int_equal(s.targets.n_held, 0);
	/* The first has the name, so the others find another file. */
	assert_int_equal(atomic_load(&s.targets.done), 1);
	targets_release(&s.targets);
	s.told[0] = '\0';
	end(&s, "");
}

static void a_group_is_let_go_when_no_more_can_be_open(void **state)
{
	static const int many[] = {EMFILE, ENFILE};

	(void)state;
	for (size_t i = 0; i < COUNT(many); i++) {
		struct scene s;

		old_files(2);
		begin(&s, &in_place);
		assert_int_equal(replace_it(&s, 0), 0);
		/* One with a name cannot be either. */
		failing_set("any open", 1, many[i], FAILING_OPENS - 1);
		write_to(&s, 1);
		is("f0", "new");
		assert_int_equal(close_it(&s), 0);
		is("f1", "old");
		assert_int_equal(targets_finish(&s.targets, &s.fault), 0);
		is("f1", "new");
		end(&s, "");
	}
}

/* ---- What is not published ---- */

static void one_that_was_changed_stays_and_the_others_do_not(void **state)
{
	struct scene s;

	(void)state;
	old_files(3);
	begin(&s, &in_place);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(replace_it(&s, i), 0);
	support_write("f1", "other", 5);
	assert_int_equal(targets_finish(&s.targets, &s.fault), 0);
	is("f0", "new");
	is("f1", "other");
	is("f2", "new");
	counted(&s, 2, 0, 1, 2);
	assert_int_equal(atomic_load(&s.ledger.bytes_out), 6);
	assert_true(atomic_load(&s.ledger.input_trouble));
	end(&s, "f1: somebody else changed it meanwhile; it stays as it is\n");
}

static void one_that_cannot_be_renamed_stays_and_the_others_do_not(void **state)
{
	struct scene s;

	(void)state;
	old_files(2);
	begin(&s, &in_place);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(replace_it(&s, i), 0);
	failing_set("rename", 1, EACCES, 0);
	assert_int_equal(targets_finish(&s.targets, &s.fault), 0);
	is("f0", "old");
	is("f1", "new");
	counted(&s, 1, 0, 1, 1);
	end(&s, "f0: cannot be replaced: Permission denied; it stays as it "
		"is\n");
}

static void a_full_disk_is_for_all(void **state)
{
	static const int all[] = {ENOSPC, EDQUOT, EIO, ENOMEM};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		struct scene s;

		assert_true(targets_is_for_all(-all[i]));
		old_files(3);
		begin(&s, &in_place);
		for (size_t k = 0; k < 3; k++)
			assert_int_equal(replace_it(&s, k), 0);
		failing_set(FAILING_PLACE, 2, all[i], FAILING_EVER);
		assert_int_equal(targets_finish(&s.targets, &s.fault), -all[i]);
		is("f0", "new");
		is("f1", "old");
		is("f2", "old");
		counted(&s, 1, 0, 1, 1);
		end(&s, "");
	}
	assert_false(targets_is_for_all(-EACCES));
	assert_false(targets_is_for_all(0));
}

static void nothing_is_published_that_is_not_on_the_disk(void **state)
{
	struct scene s;

	(void)state;
	old_files(2);
	begin(&s, &in_place);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(replace_it(&s, i), 0);
#ifdef HAVE_SYNCFS
	failing_set("syncfs", 1, EIO, 0);
#else
	failing_set("fsync", 1, EIO, 0);
#endif
	assert_int_equal(targets_finish(&s.targets, &s.fault), -EIO);
	assert_string_equal(s.fault.text,
		"Input/output error (what was written may not be on the "
		"disk)");
	is("f0", "old");
	is("f1", "old");
	counted(&s, 0, 0, 0, 0);
	end(&s, "");
}

static void names_that_are_not_on_the_disk_are_told(void **state)
{
	struct scene s;

	(void)state;
	old_files(1);
	begin(&s, &in_place);
	assert_int_equal(replace_it(&s, 0), 0);
#ifdef HAVE_SYNCFS
	failing_set("syncfs", 1, EIO, FAILING_EVER);
#else
	failing_set("fsync", 2, EIO, FAILING_EVER);
#endif
	assert_int_equal(targets_finish(&s.targets, &s.fault), -EIO);
	assert_string_equal(s.fault.text,
		"Input/output error (names may not be on the disk)");
	is("f0", "new");
	end(&s, "");
}

static void after_a_stop_what_was_not_on_the_disk_is_left(void **state)
{
	struct scene s;

	(void)state;
	old_files(2);
	begin(&s, &in_place);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(replace_it(&s, i), 0);
	control_stop(&s.control);
	assert_int_equal(targets_finish(&s.targets, &s.fault), 0);
	is("f0", "old");
	is("f1", "old");
	counted(&s, 0, 0, 0, 0);
	end(&s, "");
	/* Without sync nothing is held back. */
	begin(&s, &unsynced);
	control_stop(&s.control);
	assert_int_equal(replace_it(&s, 0), 0);
	is("f0", "new");
	end(&s, "");
}

static void what_is_left_or_abandoned_is_in_no_output(void **state)
{
	struct scene s;

	(void)state;
	old_files(3);
	begin(&s, &in_place);
	write_to(&s, 0);
	targets_leave(&s.targets, &s.sink);
	counted(&s, 0, 0, 1, 0);
	assert_int_equal(s.sink.file.io.fd, -1);
	write_to(&s, 0);
	targets_leave_unchanged(&s.targets, &s.sink);
	targets_leave_unchanged(&s.targets, &s.sink); /* nothing was written */
	counted(&s, 0, 2, 1, 0);
	assert_int_equal(replace_it(&s, 1), 0);
	write_to(&s, 2);
	targets_abandon(&s.targets, &s.sink);
	counted(&s, 0, 2, 1, 0);
	assert_int_equal(atomic_load(&s.ledger.bytes_out), 0);
	assert_int_equal(targets_finish(&s.targets, &s.fault), 0);
	is("f0", "old");
	is("f1", "old");
	is("f2", "old");
	end(&s, "");
}

static void what_cannot_be_made_is_told(void **state)
{
	struct scene s;

	(void)state;
	old_files(1);
	begin(&s, &in_place);
	/* Nothing is held back that could be let go. */
	failing_set("any open", 1, EMFILE, FAILING_OPENS - 1);
	assert_int_equal(
		targets_open(&s.targets, 0, &s.sink, &s.fault), -EMFILE);
	assert_string_equal(s.fault.text,
		"no file can be made beside it: Too many open files; it stays "
		"as it is");
	assert_int_equal(symlink("no/where", "f2"), 0);
	assert_int_equal(
		targets_open(&s.targets, 2, &s.sink, &s.fault), -ENOENT);
	assert_string_equal(s.fault.text,
		"no file can be made beside it: No such file or directory; it "
		"stays as it is");
	assert_false(s.targets.open);
	end(&s, "");
}

static void one_whose_mode_cannot_be_kept_stays(void **state)
{
	struct scene s;

	(void)state;
	old_files(1);
	begin(&s, &in_place);
	write_to(&s, 0);
	failing_set("fchmod", 1, EPERM, 0);
	assert_int_equal(close_it(&s), 0);
	counted(&s, 0, 0, 1, 0);
	write_to(&s, 0);
	failing_set("fchmod", 1, ENOSPC, 0);
	assert_int_equal(close_it(&s), -ENOSPC);
	assert_int_equal(targets_finish(&s.targets, &s.fault), 0);
	is("f0", "old");
	end(&s, "f0: its mode cannot be kept: Operation not permitted; it "
		"stays as it is\n");
}

static void with_a_suffix_the_old_one_is_kept_or_it_stays(void **state)
{
	struct targets_config config = unsynced;
	struct scene s;

	(void)state;
	config.suffix = "~";
	old_files(2);
	begin(&s, &config);
	assert_int_equal(replace_it(&s, 0), 0);
	is("f0", "new");
	is("f0~", "old");
	failing_set("link", 1, EPERM, 0);
	assert_int_equal(replace_it(&s, 1), 0);
	is("f1", "old");
	counted(&s, 1, 0, 1, 1);
	end(&s, "f1: cannot be kept as *~: Operation not permitted; it stays "
		"as it is\n");
}

/* ---- Elsewhere ---- */

static void folders_are_made_as_they_are_needed(void **state)
{
	static const char *const alike[] = {"long/f", "lo/f"};
	struct targets_config config = {.way = TARGETS_FOLDER, .names = below};
	struct scene s;

	(void)state;
	begin(&s, &config);
	for (size_t i = 0; i < COUNT(below); i++) {
		assert_int_equal(replace_it(&s, i), 0);
		is(below[i], "new");
	}
	counted(&s, 4, 0, 0, 4);
	end(&s, "");
	/* One whose name begins like that of another. */
	config.names = alike;
	begin(&s, &config);
	assert_int_equal(replace_it(&s, 0), 0);
	assert_int_equal(replace_it(&s, 1), 0);
	end(&s, "");
	config.names = below;
	/* Each is on the disk before what is in it. */
	config.sync = true;
	config.force = true;
	assert_int_equal(rename("d", "gone"), 0);
	begin(&s, &config);
	assert_int_equal(replace_it(&s, 0), 0);
	assert_string_equal(failing_log, "fsync fsync ");
	assert_int_equal(targets_finish(&s.targets, &s.fault), 0);
	is(below[0], "new");
	end(&s, "");
}

static void what_is_no_folder_is_told(void **state)
{
	struct targets_config config = {.way = TARGETS_FOLDER, .names = below};
	struct scene s;

	(void)state;
	support_write("d", "", 0);
	begin(&s, &config);
	assert_int_equal(
		targets_open(&s.targets, 0, &s.sink, &s.fault), -ENOTDIR);
	assert_string_equal(s.fault.text,
		"its output d/e/f0 cannot be made: Not a directory");
	end(&s, "");
}

static void one_that_appears_meanwhile_is_left_unless_forced(void **state)
{
	struct targets_config config = {.way = TARGETS_FOLDER, .names = names};
	struct scene s;

	(void)state;
	begin(&s, &config);
	write_to(&s, 0);
	support_write("f0", "other", 5);
	assert_int_equal(close_it(&s), 0);
	is("f0", "other");
	counted(&s, 0, 0, 1, 0);
	end(&s, "f0: cannot be made: File exists\n");
	config.force = true;
	begin(&s, &config);
	assert_int_equal(replace_it(&s, 0), 0);
	is("f0", "new");
	end(&s, "");
}

/* ---- One for all ---- */

static void one_for_all_is_as_the_one_that_was_there(void **state)
{
	static const struct targets_config config = {
		.way = TARGETS_ONE, .names = names, .sync = true};
	mode_t mask = umask(022);
	struct scene s;
	struct stat st;

	(void)state;
	for (int there = 0; there < 2; there++) {
		begin(&s, &config);
		write_to(&s, 0);
		/* It counts what there is at the end. */
		if (there)
			assert_int_equal(chmod("f0", 0600), 0);
		control_stop(&s.control);
		assert_int_equal(close_it(&s), 0);
		is("f0", "new");
		assert_int_equal(stat("f0", &st), 0);
		assert_int_equal(st.st_mode & 0777, there ? 0600 : 0644);
		assert_int_equal(targets_finish(&s.targets, &s.fault), 0);
		counted(&s, 1, 0, 0, 1);
		end(&s, "");
	}
	(void)umask(mask);
}

static void each_way_says_what_it_is(void **state)
{
	static const struct {
		enum targets_way way;
		bool each, form;
	} cases[] = {{TARGETS_IN_PLACE, true, true},
		{TARGETS_FOLDER, true, false}, {TARGETS_ONE, false, false}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct targets_config config = {
			.way = cases[i].way, .names = names};
		struct scene s;

		begin(&s, &config);
		assert_int_equal(targets_is_each(&s.targets), cases[i].each);
		assert_int_equal(targets_keeps_form(&s.targets), cases[i].form);
		end(&s, "");
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		in_directory(only_regular_files_with_one_name_are_replaced),
		in_directory(an_output_that_is_there_is_left),
		in_directory(a_group_is_synced_and_then_renamed),
		in_directory(without_sync_each_is_replaced_at_once),
		in_directory(a_large_one_is_not_held_back),
		in_directory(so_many_are_held_back_and_no_more),
		in_directory(a_group_is_let_go_when_no_more_can_be_open),
		in_directory(one_that_was_changed_stays_and_the_others_do_not),
		in_directory(
			one_that_cannot_be_renamed_stays_and_the_others_do_not),
		in_directory(a_full_disk_is_for_all),
		in_directory(nothing_is_published_that_is_not_on_the_disk),
		in_directory(names_that_are_not_on_the_disk_are_told),
		in_directory(after_a_stop_what_was_not_on_the_disk_is_left),
		in_directory(what_is_left_or_abandoned_is_in_no_output),
		in_directory(what_cannot_be_made_is_told),
		in_directory(one_whose_mode_cannot_be_kept_stays),
		in_directory(with_a_suffix_the_old_one_is_kept_or_it_stays),
		in_directory(folders_are_made_as_they_are_needed),
		in_directory(what_is_no_folder_is_told),
		in_directory(one_that_appears_meanwhile_is_left_unless_forced),
		in_directory(one_for_all_is_as_the_one_that_was_there),
		in_directory(each_way_says_what_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
