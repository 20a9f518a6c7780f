/*
 * Tests of the options by which outputs take the place of files: what does not
 * go together, which FILEs there are, and the names of their outputs.
 */
#include "config.h"

#include "cli/outputs.h"

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

#define PREFIX "upcase-pipe: "

/* Something that is told begins with the words, or nothing is, with "". Frees
 * it. */
static void says(char *told, const char *words)
{
	if (words[0] == '\0') {
		assert_string_equal(told, "");
	} else {
		char *found = strstr(told, words);

		if (!found)
			print_error("%s: %s\n", words, told);
		assert_non_null(found);
		assert_memory_equal(told, PREFIX, sizeof(PREFIX) - 1);
	}
	free(told);
}

static void options_are_taken_with_what_they_need(void **state)
{
	static const struct {
		int option;
		const char *arg;
		int want;
		const char *told;
	} cases[] = {
		{OUTPUTS_IN_PLACE, NULL, 0, ""},
		{OUTPUTS_IN_PLACE, ".bak", 0, ""},
		{OUTPUTS_IN_PLACE, "", -EINVAL, "no suffix for --in-place: ''"},
		{OUTPUTS_IN_PLACE, "a/b", -EINVAL,
			"no suffix for --in-place: 'a/b'"},
		{OUTPUTS_FOLDER, "d", 0, ""},
		{OUTPUTS_FOLDER, "", -EINVAL,
			"missing folder name for --output-dir"},
		{OUTPUTS_ATOMIC, NULL, 0, ""},
		{OUTPUTS_FORCE, NULL, 0, ""},
		{OUTPUTS_LIST, "l", 0, ""},
		{'o', "f", 1, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct outputs o = {.in_place = false};
		int saved = support_capture_begin();
		int err = outputs_take(&o, cases[i].option, cases[i].arg);

		says(support_capture_end(saved), cases[i].told);
		assert_int_equal(err, cases[i].want);
		assert_int_equal(o.in_place, i < 4);
		assert_int_equal(o.folder != NULL, i == 4 || i == 5);
		assert_int_equal(o.atomic, i == 6);
		assert_int_equal(o.force, i == 7);
		assert_int_equal(o.list != NULL, i == 8);
		assert_int_equal(outputs_replace(&o), i < 7);
	}
}

static void check_is(const struct outputs *o, unsigned others, size_t n,
	const char *output, const char *told)
{
	int saved = support_capture_begin();
	int err = outputs_check(o, others, n, output);

	says(support_capture_end(saved), told);
	assert_int_equal(err, told[0] ? -EINVAL : 0);
}

static void what_does_not_go_together_is_told_by_name(void **state)
{
	static const struct {
		unsigned bit;
		const char *name;
		bool in_place, folder, atomic;
	} others[] = {
		{OUTPUTS_WITH_OUTPUT, "--output", true, true, false},
		{OUTPUTS_WITH_GZIP, "--gzip", true, false, false},
		{OUTPUTS_WITH_NO_GZIP, "--no-gzip", true, false, false},
		{OUTPUTS_WITH_BGZF, "--bgzf", true, false, false},
		{OUTPUTS_WITH_REPAIR, "--repair", true, true, true},
		{OUTPUTS_WITH_ON_FULL, "--on-full", true, true, true},
		{OUTPUTS_WITH_INTERACTIVE, "--interactive", true, true, false},
	};
	const struct outputs in_place = {.in_place = true},
			     folder = {.folder = "d"},
			     atomic = {.atomic = true};

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++) {
		char words[80];

		(void)snprintf(words, sizeof(words),
			"--in-place does not go with %s", others[i].name);
		check_is(&in_place, others[i].bit, 1, NULL,
			others[i].in_place ? words : "");
		(void)snprintf(words, sizeof(words),
			"--output-dir does not go with %s", others[i].name);
		check_is(&folder, others[i].bit, 1, NULL,
			others[i].folder ? words : "");
		(void)snprintf(words, sizeof(words),
			"--atomic does not go with %s", others[i].name);
		check_is(&atomic, others[i].bit, 1, "new",
			others[i].atomic ? words : "");
	}
}

static void each_of_the_three_ways_goes_alone(void **state)
{
	struct outputs o = {.in_place = true, .folder = "d"};

	(void)state;
	check_is(&o, 0, 1, NULL, "--in-place does not go with --output-dir");
	o = (struct outputs){.in_place = true, .atomic = true};
	check_is(&o, 0, 1, "f", "--in-place does not go with --atomic");
	o = (struct outputs){.folder = "d", .atomic = true};
	check_is(&o, 0, 1, "f", "--output-dir does not go with --atomic");
	o = (struct outputs){.force = true};
	check_is(&o, 0, 1, NULL, "--force wants --in-place or --output-dir");
	o = (struct outputs){.force = true, .in_place = true};
	check_is(&o, 0, 1, NULL, "");
	o = (struct outputs){.list = "l"};
	check_is(&o, 0, 0, NULL, "");
	check_is(&o, 0, 1, NULL,
		"--files0-from does not go with FILEs beside the list");
	o = (struct outputs){.in_place = false};
	check_is(&o, OUTPUTS_WITH_REPAIR | OUTPUTS_WITH_GZIP, 1, "f", "");
}

static void one_that_is_replaced_has_to_be_a_file(void **state)
{
	const struct outputs o = {.atomic = true};

	(void)state;
	support_write("f", "", 0);
	assert_int_equal(mkfifo("p", 0600), 0);
	assert_int_equal(symlink("p", "l"), 0);
	check_is(&o, 0, 1, NULL, "--atomic wants a FILE to replace");
	check_is(&o, 0, 1, "f", "");
	check_is(&o, 0, 1, "new", "");
	check_is(&o, 0, 1, "l", "l: not a regular file");
	check_is(&o, 0, 1, ".", ".: not a regular file");
}

static void files_are_listed(void **state)
{
	static const char *const three[] = {"b", "a", "b"}, *const dash[] = {
								    "a", "-"};
	struct outputs o = {.in_place = true};
	const char *const *inputs = three;
	size_t n = 3;
	int saved, err;

	(void)state;
	/* In place each once, in their order. */
	assert_int_equal(outputs_list(&o, &inputs, &n), 0);
	assert_int_equal(n, 2);
	assert_string_equal(inputs[0], "b");
	assert_string_equal(inputs[1], "a");
	outputs_release(&o);
	inputs = three;
	n = 3;
	o.folder = "d";
	assert_int_equal(outputs_list(&o, &inputs, &n), 0);
	assert_int_equal(n, 3);
	inputs = dash;
	n = 2;
	saved = support_capture_begin();
	err = outputs_list(&o, &inputs, &n);
	says(support_capture_end(saved),
		"--output-dir wants FILEs with names, not standard input");
	assert_int_equal(err, -EINVAL);
	outputs_release(&o);
	o.in_place = true;
	saved = support_capture_begin();
	err = outputs_list(&o, &inputs, &n);
	says(support_capture_end(saved), "--in-place wants FILEs with names");
	assert_int_equal(err, -EINVAL);
	outputs_release(&o);
	/* Otherwise it may be one. */
	assert_int_equal(outputs_list(&o, &inputs, &n), 0);
	support_write("list", BYTES("x\0y\0"));
	o.list = "list";
	assert_int_equal(outputs_list(&o, &inputs, &n), 0);
	assert_int_equal(n, 2);
	assert_string_equal(inputs[1], "y");
	outputs_release(&o);
}

/* ---- Names of outputs ---- */

/* What one FILE's output is called; NULL: it has none, which is told so. */
static void named(const char *folder, const char *input, bool strip, bool gzip,
	const char *want, const char *told)
{
	struct outputs o = {.folder = folder};
	int saved = support_capture_begin();
	int err = outputs_name(&o, &input, 1, strip, gzip);

	says(support_capture_end(saved), told);
	assert_int_equal(err, want ? 0 : -EINVAL);
	if (want)
		assert_string_equal(o.names[0], want);
	outputs_release(&o);
}

static void an_output_has_the_path_of_its_input(void **state)
{
	static const struct {
		const char *folder, *input, *want;
	} cases[] = {{"d", "a", "d/a"}, {"d/", "a", "d/a"},
		{"d//", "a/b", "d/a/b"}, {"/", "a", "/a"}, {".", "a", "./a"},
		{"d", "/a/b", "d/a/b"}, {"d", "./a//./b", "d/a/b"},
		{"d", "a..b", "d/a..b"}, {"d", "..a", "d/..a"},
		{"d", "a/...", "d/a/..."}, {"../d", "a", "../d/a"},
		{"d", "a\nb", "d/a\nb"}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		named(cases[i].folder, cases[i].input, true, false,
			cases[i].want, "");
	named("d", "..", true, false, NULL, "leads through '..'");
	named("d", "../a", true, false, NULL, "leads through '..'");
	named("d", "a/../b", true, false, NULL, "leads through '..'");
	named("d", "a/..", true, false, NULL, "leads through '..'");
	named("d", ".", true, false, NULL, "is no name of a file");
	named("d", "/", true, false, NULL, "is no name of a file");
	named("d", "", true, false, NULL, "is no name of a file");
}

static void endings_are_dropped_and_put_on(void **state)
{
	static const struct {
		const char *input;
		bool strip, gzip;
		const char *want;
	} cases[] = {{"a.gz", true, false, "d/a"},
		{"a.bgz", true, false, "d/a"}, {"a.bgzf", true, false, "d/a"},
		{"a.zst", true, false, "d/a"}, {"a.xz", true, false, "d/a"},
		{"a.gz", true, true, "d/a.gz"},
		{"a.gz", false, false, "d/a.gz"},
		{"a.gz", false, true, "d/a.gz.gz"}, {"a", true, true, "d/a.gz"},
		{"a.gz.xz", true, false, "d/a.gz"},
		{".gz", true, false, "d/.gz"},
		{"b/.gz", true, false, "d/b/.gz"}, {"gz", true, false, "d/gz"},
		{"agz", true, false, "d/agz"},
		{"a.gz/b", true, false, "d/a.gz/b"},
		{"a.bz2", true, false, "d/a.bz2"}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		named("d", cases[i].input, cases[i].strip, cases[i].gzip,
			cases[i].want, "");
}

static void names_are(const char *const *inputs, size_t n, const char *told)
{
	struct outputs o = {.folder = "d"};
	int saved = support_capture_begin();
	int err = outputs_name(&o, inputs, n, true, false);

	says(support_capture_end(saved), told);
	assert_int_equal(err, told[0] ? -EINVAL : 0);
	outputs_release(&o);
}

static void an_output_is_that_of_one_and_no_input(void **state)
{
	static const char *const twins[] = {"x", "a.gz", "b", "./a"};
	static const char *const input[] = {"d/a", "a"};
	static const char *const others[] = {"a", "c"};
	struct outputs none = {.in_place = true};

	(void)state;
	assert_int_equal(outputs_name(&none, twins, 4, true, false), 0);
	assert_null(none.names);
	names_are(twins, 4,
		"d/a: would be the output of both a.gz and ./a; nothing was "
		"done");
	assert_int_equal(mkdir("d", 0700), 0);
	support_write("a", "", 0);
	support_write("d/a", "", 0);
	names_are(others, 2, "");
	names_are(input, 2,
		"d/a: would be an output, but is an input; nothing was done");
	/* By whatever name. */
	assert_int_equal(unlink("d/a"), 0);
	assert_int_equal(symlink("../a", "d/c"), 0);
	names_are(others, 2,
		"d/c: would be an output, but is an input; nothing was done");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_are_taken_with_what_they_need),
		cmocka_unit_test(what_does_not_go_together_is_told_by_name),
		in_directory(each_of_the_three_ways_goes_alone),
		in_directory(one_that_is_replaced_has_to_be_a_file),
		in_directory(files_are_listed),
		cmocka_unit_test(an_output_has_the_path_of_its_input),
		cmocka_unit_test(endings_are_dropped_and_put_on),
		in_directory(an_output_is_that_of_one_and_no_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
