/*
 * Tests of the prompt: it is shown at the terminal that lines come from, and
 * nowhere else.
 */
#include "config.h"

#include "io/prompt.h"

#include "support.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

static void the_prompt_is_shown_at_the_terminal(void **state)
{
	struct prompt p;
	char got[32] = "";
	int master, slave;

	(void)state;
	support_terminal(&master, &slave);
	prompt_open(&p, slave);
	assert_true(p.io.fd >= 0);
	assert_int_not_equal(p.io.fd, slave);
	assert_int_equal(fcntl(p.io.fd, F_GETFD), FD_CLOEXEC);
	assert_true(prompt_show(&p, ">>: ", FDIO_NO_WAKE));
	assert_int_equal(read(master, got, sizeof(got)), 4);
	assert_string_equal(got, ">>: ");
	assert_true(prompt_show(&p, "", FDIO_NO_WAKE));
	assert_true(prompt_show(&p, "\n", FDIO_NO_WAKE));
	assert_int_equal(read(master, got, sizeof(got)), 1);
	assert_int_equal(got[0], '\n');
	prompt_close(&p);
	assert_int_equal(close(slave), 0);
	assert_int_equal(close(master), 0);
}

static void a_terminal_open_for_reading_only_shows_it_too(void **state)
{
	struct prompt p;
	char name[64], got[32] = "";
	int master, slave, fd;

	(void)state;
	support_terminal(&master, &slave);
	assert_int_equal(ttyname_r(slave, name, sizeof(name)), 0);
	fd = open(name, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	assert_true(fd >= 0);
	prompt_open(&p, fd);
	assert_int_equal(fcntl(p.io.fd, F_GETFD), FD_CLOEXEC);
	assert_true(prompt_show(&p, "$ ", FDIO_NO_WAKE));
	assert_int_equal(read(master, got, sizeof(got)), 2);
	assert_string_equal(got, "$ ");
	prompt_close(&p);
	assert_int_equal(close(fd), 0);
	assert_int_equal(close(slave), 0);
	assert_int_equal(close(master), 0);
}

static void without_a_terminal_nothing_is_shown(void **state)
{
	struct prompt p;
	int fd[2], null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)state;
	/* Open for both, as terminals are. */
	assert_true(null >= 0);
	prompt_open(&p, null);
	assert_int_equal(p.io.fd, -1);
	prompt_close(&p);
	assert_int_equal(close(null), 0);
	support_pipe(fd);
	prompt_open(&p, fd[1]);
	assert_int_equal(p.io.fd, -1);
	assert_true(prompt_show(&p, "into a pipe", FDIO_NO_WAKE));
	prompt_close(&p);
	prompt_open(&p, -1);
	assert_int_equal(p.io.fd, -1);
	assert_true(prompt_show(&p, "nowhere", FDIO_NO_WAKE));
	prompt_close(&p);
	assert_int_equal(close(fd[1]), 0);
	assert_int_equal(read(fd[0], (char[1]){0}, 1), 0);
	assert_int_equal(close(fd[0]), 0);
}

static void a_terminal_that_is_gone_is_no_trouble(void **state)
{
	struct prompt p;
	int master, slave;

	(void)state;
	support_terminal(&master, &slave);
	prompt_open(&p, slave);
	assert_int_equal(close(master), 0);
	assert_true(prompt_show(&p, ">>: ", FDIO_NO_WAKE));
	prompt_close(&p);
	assert_int_equal(p.io.fd, -1);
	prompt_close(&p);
	assert_true(prompt_show(&p, ">>: ", FDIO_NO_WAKE));
	assert_int_equal(close(slave), 0);
}

static void a_terminal_that_takes_nothing_is_not_waited_for_when_woken(
	void **state)
{
	struct prompt p;
	int master, slave, wake[2];

	(void)state;
	support_terminal(&master, &slave);
	support_pipe(wake);
	prompt_open(&p, slave);
	assert_int_equal(tcflow(slave, TCOOFF), 0); /* Control-S */
	assert_int_equal(write(wake[1], "", 1), 1);
	/* As often as it takes to fill whatever buffers there are: one that
	 * waited would hang here. */
	for (int i = 0; i < 100000; i++)
		assert_false(prompt_show(&p, ">>: ", wake[0]));
	prompt_close(&p);
	assert_int_equal(close(slave), 0);
	assert_int_equal(close(master), 0);
	assert_int_equal(close(wake[0]), 0);
	assert_int_equal(close(wake[1]), 0);
}

static void nothing_is_left_open(void **state)
{
	int before = dup(STDIN_FILENO), after;
	struct prompt p;
	int master, slave;

	(void)state;
	assert_int_equal(close(before), 0);
	support_terminal(&master, &slave);
	prompt_open(&p, slave);
	prompt_close(&p);
	assert_int_equal(close(slave), 0);
	assert_int_equal(close(master), 0);
	after = dup(STDIN_FILENO);
	assert_int_equal(after, before);
	assert_int_equal(close(after), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_prompt_is_shown_at_the_terminal),
		cmocka_unit_test(a_terminal_open_for_reading_only_shows_it_too),
		cmocka_unit_test(without_a_terminal_nothing_is_shown),
		cmocka_unit_test(a_terminal_that_is_gone_is_no_trouble),
		cmocka_unit_test(
			a_terminal_that_takes_nothing_is_not_waited_for_when_woken),
		cmocka_unit_test(nothing_is_left_open),
	};

	(void)signal(SIGHUP, SIG_IGN);
	(void)alarm(1200); /* a read without end must not block the tests */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
