/*
 * Tests of the file that is written to: whether its name still stands for it,
 * where it may be cut, and its lock. What else it can do, test-sink.c shows.
 */
#include "config.h"

#include "io/outfile.h"

#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void begin(struct outfile *f)
{
	assert_int_equal(outfile_open(f, "out", O_CREAT), 0);
}

static void end(struct outfile *f)
{
	assert_int_equal(outfile_close(f), 0);
	assert_int_equal(outfile_close(f), 0);
}

static void only_what_there_is_is_opened_without_more(void **state)
{
	struct outfile f;

	(void)state;
	assert_int_equal(outfile_open(&f, "out", 0), -ENOENT);
	assert_int_equal(f.io.fd, -1);
	assert_int_equal(access("out", F_OK), -1);
	assert_int_equal(outfile_close(&f), 0);
	begin(&f);
	end(&f);
	assert_int_equal(outfile_open(&f, "out", 0), 0);
	end(&f);
}

static void a_name_that_goes_to_another_file_is_known(void **state)
{
	struct outfile f;

	(void)state;
	begin(&f);
	assert_true(outfile_is_named(&f, "out"));
	assert_true(outfile_is_named(&f, "./out"));
	assert_int_equal(rename("out", "moved"), 0);
	assert_false(outfile_is_named(&f, "out"));
	assert_false(outfile_is_gone(&f));
	support_write("out", "", 0);
	assert_false(outfile_is_named(&f, "out"));
	assert_true(outfile_is_named(&f, "moved"));
	assert_false(outfile_is_named(&f, "out/file"));
	assert_int_equal(unlink("moved"), 0);
	assert_true(outfile_is_gone(&f));
	end(&f);
}

static void what_cannot_be_told_is_no_change(void **state)
{
	char name[300];
	struct outfile f;

	(void)state;
	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i + 1 < sizeof(name) ? 'x' : '\0';
	begin(&f);
	assert_true(outfile_is_named(&f, name)); /* ENAMETOOLONG */
	end(&f);
	assert_int_equal(outfile_open(&f, "/dev/null", 0), 0);
	assert_true(outfile_is_named(&f, "missing"));
	assert_false(outfile_is_gone(&f));
	end(&f);
}

static void that_it_cannot_be_looked_at_is_told(void **state)
{
	struct fault fault = {""};
	enum outfile_kind holds = OUTFILE_GZIP;
	struct outfile f;

	(void)state;
	begin(&f);
	assert_int_equal(outfile_look(&f, &holds), 0);
	assert_int_equal(holds, OUTFILE_TEXT);
	assert_int_equal(close(f.look), 0);
	f.look = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(f.look >= 0);
	assert_int_equal(outfile_look(&f, &holds), -EISDIR);
	assert_true(f.made);
	assert_int_equal(outfile_check_kind(&f, OUTFILE_TEXT, &fault), 0);
	f.made = false;
	assert_int_equal(outfile_check_kind(&f, OUTFILE_TEXT, &fault), -EISDIR);
	assert_string_equal(fault.text, strerror(EISDIR));
	end(&f);
	/* One that may not be is taken as it is. */
	begin(&f);
	assert_int_equal(close(f.look), 0);
	f.look = -1;
	assert_int_equal(outfile_look(&f, &holds), 0);
	assert_int_equal(holds, OUTFILE_TEXT);
	assert_int_equal(outfile_check_kind(&f, OUTFILE_BGZF, &fault), 0);
	end(&f);
}

static void what_is_only_read_is_known(void **state)
{
	static const struct {
		int flags;
		bool writable;
	} opens[] = {{O_RDONLY, false}, {O_WRONLY, true}, {O_RDWR, true}};

	(void)state;
	for (size_t i = 0; i < COUNT(opens); i++) {
		int fd = open("/dev/null", opens[i].flags | O_CLOEXEC);
		int saved = support_replace(STDOUT_FILENO, fd);
		struct outfile f;
		int err = outfile_open(&f, NULL, 0);
		bool writable = outfile_is_writable(&f);

		(void)outfile_close(&f);
		support_restore(STDOUT_FILENO, saved);
		assert_int_equal(err, 0);
		assert_int_equal(writable, opens[i].writable);
	}
}

static void it_is_cut_only_where_it_ends(void **state)
{
	struct outfile f;
	off_t size;

	(void)state;
	support_write("out", BYTES("12345"));
	begin(&f);
	assert_int_equal(outfile_cut(&f, 4, 2), 0);
	assert_int_equal(outfile_end(&f, &size), 0);
	assert_int_equal(size, 5);
	assert_int_equal(outfile_cut(&f, 5, 5), 1);
	assert_int_equal(outfile_cut(&f, 5, 2), 1);
	assert_int_equal(outfile_end(&f, &size), 0);
	assert_int_equal(size, 2);
	end(&f);
	support_file_is("out", BYTES("12"));
}

static void one_at_a_time_has_the_lock(void **state)
{
	struct outfile a, b;

	(void)state;
	begin(&a);
	begin(&b);
	assert_int_equal(outfile_lock(&a, FDIO_NO_WAKE), 0);
	assert_false(outfile_try_lock(&b));
	assert_true(outfile_try_lock(&a));
	outfile_unlock(&a);
	assert_true(outfile_try_lock(&b));
	assert_int_equal(a.no_lock, 0);
	end(&b);
	assert_true(outfile_try_lock(&a));
	end(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_directory(only_what_there_is_is_opened_without_more),
		in_directory(a_name_that_goes_to_another_file_is_known),
		in_directory(what_cannot_be_told_is_no_change),
		in_directory(that_it_cannot_be_looked_at_is_told),
		in_directory(what_is_only_read_is_known),
		in_directory(it_is_cut_only_where_it_ends),
		in_directory(one_at_a_time_has_the_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
