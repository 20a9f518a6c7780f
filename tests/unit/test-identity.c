/*
 * Tests of which file is read and which is written: they are never the same,
 * whichever comes second.
 */
#include "config.h"

#include "io/identity.h"

#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct stat file(dev_t dev, ino_t ino)
{
	return (struct stat){.st_mode = S_IFREG, .st_dev = dev, .st_ino = ino};
}

static void what_is_written_is_not_read(void **state)
{
	struct identity id;
	struct stat same = file(1, 2), others[] = {file(1, 3), file(2, 2)};

	(void)state;
	assert_int_equal(identity_init(&id), 0);
	assert_true(identity_write(&id, 1, 2));
	assert_false(identity_read(&id, &same));
	for (size_t i = 0; i < COUNT(others); i++)
		assert_true(identity_read(&id, &others[i]));
	same.st_mode = S_IFBLK;
	assert_false(identity_read(&id, &same));
	same.st_mode = S_IFIFO;
	assert_false(identity_read(&id, &same));
	same.st_mode = S_IFCHR; /* a terminal */
	assert_true(identity_read(&id, &same));
	identity_release(&id);
}

static void what_is_read_is_not_written(void **state)
{
	struct identity id;
	struct stat in = file(1, 2), other = file(1, 3), terminal = file(1, 2);

	(void)state;
	assert_int_equal(identity_init(&id), 0);
	assert_true(identity_read(&id, &in));
	assert_false(identity_write(&id, 1, 2));
	assert_true(identity_write(&id, 1, 1));
	assert_true(identity_write(&id, 2, 2));
	/* What was refused changes nothing. */
	assert_false(identity_write(&id, 1, 2));
	in = file(2, 2);
	assert_false(identity_read(&id, &in));
	/* The next input, or none. */
	assert_true(identity_read(&id, &other));
	assert_true(identity_write(&id, 1, 2));
	assert_false(identity_write(&id, 1, 3));
	identity_read_no_more(&id);
	assert_true(identity_write(&id, 1, 3));
	terminal.st_mode = S_IFCHR;
	assert_true(identity_read(&id, &terminal));
	assert_true(identity_write(&id, 1, 2));
	identity_release(&id);
}

static void an_input_that_is_refused_is_not_read(void **state)
{
	struct identity id;
	struct stat a = file(1, 2);

	(void)state;
	assert_int_equal(identity_init(&id), 0);
	assert_true(identity_write(&id, 1, 2));
	assert_false(identity_read(&id, &a));
	assert_true(identity_write(&id, 1, 2)); /* opened anew */
	identity_release(&id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_not_read),
		cmocka_unit_test(what_is_read_is_not_written),
		cmocka_unit_test(an_input_that_is_refused_is_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
