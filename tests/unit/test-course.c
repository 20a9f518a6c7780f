/*
 * Tests of the line that shows how far it is: what is in it, in how many
 * columns, and when and where it is shown. Standard error is a terminal of the
 * test.
 */
#include "config.h"

#include "cli/course.h"

#include "cli/diag.h"
#include "io/clock.h"
#include "support.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#define MB UINT64_C(1000000)

static const struct pipeline_course january = {
	"january.log.gz", 2, 9, 3730 * MB, 8674 * MB, true};

/* In so many columns. */
static void is(size_t columns, const struct pipeline_course *c, double rate,
	const char *want)
{
	char text[2048] = "";
	size_t n = course_format(text, sizeof(text), columns, c, rate);

	assert_string_equal(text, want);
	assert_true(n <= columns);
	assert_true((n > 0) == (want[0] != '\0'));
}

static void it_says_what_how_far_how_fast_and_how_long(void **state)
{
	struct pipeline_course c = january;

	(void)state;
	is(200, &c, 412e6,
		"january.log.gz  43%  412 MB/s  0:12 left  (2 of 9 files)");
	/* One file is not counted. */
	c.files = c.number = 1;
	is(200, &c, 412e6, "january.log.gz  43%  412 MB/s  0:12 left");
	/* It is not known how much there is. */
	c.sized = false;
	is(200, &c, 412e6, "january.log.gz  3.7 GB  412 MB/s");
	/* Nor what. */
	c.name = NULL;
	c.taken = 0;
	is(200, &c, 0, "0 B  0 B/s");
	c.sized = true;
	c.size = 0;
	is(200, &c, 0, "100%  0 B/s");
}

static void what_is_wanted_least_goes_first(void **state)
{
	static const struct {
		size_t columns;
		const char *want;
	} widths[] = {
		{56, "january.log.gz  43%  412 MB/s  0:12 left  (2 of 9 "
		     "files)"},
		{55, "janua...og.gz  43%  412 MB/s  0:12 left  (2 of 9 files)"},
		{54, "janua...g.gz  43%  412 MB/s  0:12 left  (2 of 9 files)"},
		{53, "january.log.gz  43%  412 MB/s  0:12 left"},
		{38, "janua...g.gz  43%  412 MB/s  0:12 left"},
		{37, "january.log.gz  43%  0:12 left"},
		{28, "janua...g.gz  43%  0:12 left"},
		{27, "january.log.gz  43%"},
		{19, "january.log.gz  43%"},
		{18, "janua...og.gz  43%"},
		{10, "j...z  43%"},
		{9, "43%"},
		{5, "43%"},
		{4, ""},
		{0, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(widths); i++)
		is(widths[i].columns, &january, 412e6, widths[i].want);
}

static void a_name_cannot_drive_the_terminal_nor_be_wider_than_it_seems(
	void **state)
{
	struct pipeline_course c = january;
	char text[256];

	(void)state;
	c.files = 1;
	c.name = "\033[2Ja";
	is(100, &c, 412e6, "'\\033[2Ja'  43%  412 MB/s  0:12 left");
	/* Each of these has two columns. */
	c.name = "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E\xE6\x97\xA5\xE6\x9C\xAC"
		 "\xE8\xAA\x9E"
		 "a";
	assert_int_equal(
		course_format(text, sizeof(text), 100, &c, 412e6), 13 + 26);
	is(17, &c, 412e6,
		"\xE6\x97\xA5\xE6\x9C\xAC...\xE8\xAA\x9E"
		"a  43%");
	/* Not these, of two and three bytes. */
	c.name = "\xC3\xA9\xD0\xB6\xE0\xB8\x81\xE1\x82\xA0";
	assert_int_equal(
		course_format(text, sizeof(text), 100, &c, 412e6), 4 + 26);
}

static void numbers_have_three_digits_and_a_unit(void **state)
{
	static const struct {
		double rate;
		const char *want;
	} rates[] = {{0, "0 B/s"}, {999.4, "999 B/s"}, {999.6, "1.0 kB/s"},
		{9940, "9.9 kB/s"}, {9960, "10 kB/s"}, {999499, "999 kB/s"},
		{999500, "1.0 MB/s"}, {41.2e6, "41 MB/s"}, {4.12e9, "4.1 GB/s"},
		{5e12, "5.0 TB/s"}, {1e18, "1000 PB/s"}};
	struct pipeline_course c = {NULL, 1, 1, 0, 1, false};

	(void)state;
	for (size_t i = 0; i < COUNT(rates); i++) {
		char want[64];

		(void)snprintf(want, sizeof(want), "0 B  %s", rates[i].want);
		is(100, &c, rates[i].rate, want);
	}
}

static void the_time_left_is_short_enough_to_wait_for(void **state)
{
	static const struct {
		uint64_t left;
		const char *want;
	} times[] = {{0, "  0:00 left"}, {9, "  0:09 left"},
		{60, "  1:00 left"}, {3599, "  59:59 left"},
		{3600, "  1:00:00 left"}, {359999, "  99:59:59 left"},
		{360000, ""}};

	(void)state;
	for (size_t i = 0; i < COUNT(times); i++) {
		struct pipeline_course c = {
			"a", 1, 1, 0, times[i].left * 10, true};
		char want[64];

		(void)snprintf(want, sizeof(want), "a  %s%%  10 B/s%s",
			c.size ? " 0" : "100", times[i].want);
		is(100, &c, 10, want);
	}
}

static void the_share_is_never_more_than_all_nor_rounded_up(void **state)
{
	(void)state;
	is(100, &(struct pipeline_course){"a", 1, 1, 0, 0, true}, 0,
		"a  100%  0 B/s");
	is(100, &(struct pipeline_course){"a", 1, 1, 999, 1000, true}, 0,
		"a  99%  0 B/s");
	is(100,
		&(struct pipeline_course){
			"a", 1, 1, UINT64_MAX, UINT64_MAX, true},
		0, "a  100%  0 B/s");
	is(100, &(struct pipeline_course){"a", 1, 1, 1, UINT64_MAX, true}, 0,
		"a   0%  0 B/s");
}

/* ---- When and where ---- */

/* A terminal as standard error, which stays it: it is opened once. */
static int terminal = -1, slave;

static int open_terminal(void)
{
	int fd = fcntl(slave, F_DUPFD_CLOEXEC, 0);

	assert_true(fd >= 0);
	return fd;
}

static void make_terminal(void)
{
	if (terminal < 0)
		support_terminal(&terminal, &slave);
}

static void set_columns(unsigned short columns)
{
	struct winsize w = {.ws_row = 24, .ws_col = columns};

	assert_int_equal(ioctl(terminal, TIOCSWINSZ, &w), 0);
}

/* What has come out there. */
static void shows(const char *want)
{
	struct pollfd fd = {.fd = terminal, .events = POLLIN};
	char got[4096];
	size_t n = 0, len = strlen(want);

	while (n < len && poll(&fd, 1, 10000) == 1) {
		ssize_t more = read(terminal, got + n, sizeof(got) - 1 - n);

		assert_true(more > 0);
		n += (size_t)more;
	}
	got[n] = '\0';
	assert_string_equal(got, want);
	assert_int_equal(poll(&fd, 1, 0), 0);
}

/* When it is shown first, after the beginning; -1: never. */
static int64_t due(enum course_when when, enum course_work work, bool text)
{
	struct course c;

	course_begin(&c, when, work, text, 1000);
	return c.due == CLOCK_FOREVER ? -1 : c.due - 1000;
}

static void it_is_shown_where_it_is_of_use(void **state)
{
	int saved_error, saved_out;

	(void)state;
	make_terminal();
	saved_error = support_replace(STDERR_FILENO, open_terminal());
	saved_out = support_replace(
		STDOUT_FILENO, open("/dev/null", O_WRONLY | O_CLOEXEC));
	assert_int_equal(due(COURSE_AUTO, COURSE_BATCH, false), CLOCK_SECOND);
	assert_int_equal(due(COURSE_AUTO, COURSE_FILTER, true), -1);
	assert_int_equal(due(COURSE_AUTO, COURSE_TYPING, true), -1);
	assert_int_equal(
		due(COURSE_ALWAYS, COURSE_BATCH, false), CLOCK_SECOND / 5);
	assert_int_equal(
		due(COURSE_ALWAYS, COURSE_FILTER, true), CLOCK_SECOND / 5);
	assert_int_equal(due(COURSE_ALWAYS, COURSE_TYPING, true), -1);
	assert_int_equal(due(COURSE_NEVER, COURSE_BATCH, false), -1);
	diag_set_level(DIAG_QUIET);
	assert_int_equal(due(COURSE_ALWAYS, COURSE_BATCH, false), -1);
	diag_set_level(DIAG_NORMAL);
	/* The text is on that terminal, or another. */
	support_restore(STDOUT_FILENO, saved_out);
	saved_out = support_replace(STDOUT_FILENO, open_terminal());
	assert_int_equal(due(COURSE_ALWAYS, COURSE_FILTER, true), -1);
	assert_int_equal(due(COURSE_AUTO, COURSE_BATCH, false), CLOCK_SECOND);
	support_restore(STDERR_FILENO, saved_error);
	saved_error = support_replace(
		STDERR_FILENO, open("/dev/null", O_WRONLY | O_CLOEXEC));
	/* No terminal is there. */
	assert_int_equal(due(COURSE_AUTO, COURSE_BATCH, false), -1);
	assert_int_equal(
		due(COURSE_ALWAYS, COURSE_BATCH, false), 10 * CLOCK_SECOND);
	assert_int_equal(
		due(COURSE_ALWAYS, COURSE_FILTER, true), 10 * CLOCK_SECOND);
	support_restore(STDOUT_FILENO, saved_out);
	support_restore(STDERR_FILENO, saved_error);
}

static void each_line_replaces_the_one_before_and_the_last_one_goes(
	void **state)
{
	struct pipeline_course course = {"file", 1, 1, 500, 1000, false};
	int64_t now = 5 * CLOCK_SECOND;
	struct course c;
	int saved;

	(void)state;
	make_terminal();
	set_columns(80);
	saved = support_replace(STDERR_FILENO, open_terminal());
	course_begin(&c, COURSE_ALWAYS, COURSE_BATCH, false, now);
	/* The first look only lets sizes be known. */
	now += CLOCK_SECOND / 5;
	course_show(&c, &course, now);
	shows("");
	assert_int_equal(c.due, now + CLOCK_SECOND / 5);
	now = c.due;
	course.sized = true;
	course.taken = 600;
	course_show(&c, &course, now);
	shows("\rfile  60%  1.5 kB/s  0:00 left");
	assert_int_equal(c.due, now + CLOCK_SECOND / 5);
	/* The width is asked each time; a shorter line takes away the rest. */
	set_columns(16);
	course_show(&c, &course, now);
	shows("\rfile  60%                     ");
	/* A message does, too, and the next line begins anew. */
	diag_error(NULL, "x");
	shows("\r         \rupcase-pipe: x\n");
	set_columns(0);
	course_show(&c, &course, now);
	shows("\rfile  60%  1.5 kB/s  0:00 left");
	/* The last column stays empty. */
	set_columns(31);
	course_show(&c, &course, now);
	shows("\rfile  60%  1.5 kB/s  0:00 left");
	set_columns(30);
	course_show(&c, &course, now);
	shows("\rfile  60%  0:00 left          ");
	course_end(&c);
	shows("\r                    \r");
	assert_true(c.due == CLOCK_FOREVER);
	course_end(&c);
	shows("");
	support_restore(STDERR_FILENO, saved);
}

static void how_fast_it_is_is_that_of_the_last_seconds(void **state)
{
	struct pipeline_course course = {"f", 1, 1, 0, 1000000, true};
	struct course c;
	int saved;

	(void)state;
	make_terminal();
	set_columns(80);
	saved = support_replace(STDERR_FILENO, open_terminal());
	course_begin(&c, COURSE_ALWAYS, COURSE_BATCH, false, 0);
	course.taken = 30000;
	course_show(&c, &course, 3 * CLOCK_SECOND);
	shows("\rf   3%  10 kB/s  1:37 left");
	course.taken = 60000;
	course_show(&c, &course, 6 * CLOCK_SECOND);
	shows("\rf   6%  10 kB/s  1:34 left");
	/* 3 s without anything, of the last 6. */
	course_show(&c, &course, 9 * CLOCK_SECOND);
	shows("\rf   6%  5.0 kB/s  3:08 left");
	course_show(&c, &course, 12 * CLOCK_SECOND);
	shows("\rf   6%  0 B/s              ");
	course_end(&c);
	shows("\r             \r");
	support_restore(STDERR_FILENO, saved);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_says_what_how_far_how_fast_and_how_long),
		cmocka_unit_test(what_is_wanted_least_goes_first),
		cmocka_unit_test(
			a_name_cannot_drive_the_terminal_nor_be_wider_than_it_seems),
		cmocka_unit_test(numbers_have_three_digits_and_a_unit),
		cmocka_unit_test(the_time_left_is_short_enough_to_wait_for),
		cmocka_unit_test(
			the_share_is_never_more_than_all_nor_rounded_up),
		cmocka_unit_test(it_is_shown_where_it_is_of_use),
		cmocka_unit_test(
			each_line_replaces_the_one_before_and_the_last_one_goes),
		cmocka_unit_test(how_fast_it_is_is_that_of_the_last_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
