/*
 * Tests of who has the terminal: it is given back as it was, whoever does it.
 */
#include "config.h"

#include "io/terminal.h"

#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void make_raw(int fd)
{
	struct termios raw;

	assert_int_equal(tcgetattr(fd, &raw), 0);
	raw.c_lflag &= ~(tcflag_t)(ICANON | ISIG);
	assert_int_equal(tcsetattr(fd, TCSANOW, &raw), 0);
}

static bool is_raw(int fd)
{
	struct termios now;

	assert_int_equal(tcgetattr(fd, &now), 0);
	return !(now.c_lflag & ICANON);
}

static void it_is_given_back_as_it_was(void **state)
{
	struct terminal t;
	int master, slave;

	(void)state;
	support_terminal(&master, &slave);
	assert_int_equal(terminal_init(&t), 0);
	terminal_give_back(&t); /* nobody has it */
	assert_int_equal(terminal_take(&t, slave), 0);
	make_raw(slave);
	/* Once more: what it is now is not what it was. */
	assert_int_equal(terminal_take(&t, slave), 0);
	assert_int_equal(write(master, "typed\n", 6), 6);
	terminal_give_back(&t);
	assert_false(is_raw(slave));
	/* Only once. */
	make_raw(slave);
	terminal_give_back(&t);
	assert_true(is_raw(slave));
	terminal_release(&t);
	assert_int_equal(close(slave), 0);
	assert_int_equal(close(master), 0);
}

static void closed_it_is_not_taken_again(void **state)
{
	struct terminal t;
	int master, slave;

	(void)state;
	support_terminal(&master, &slave);
	assert_int_equal(terminal_init(&t), 0);
	assert_int_equal(terminal_take(&t, slave), 0);
	make_raw(slave);
	terminal_close(&t);
	assert_false(is_raw(slave));
	assert_int_equal(terminal_take(&t, slave), -ECANCELED);
	terminal_release(&t);
	assert_int_equal(close(slave), 0);
	assert_int_equal(close(master), 0);
}

static void what_is_no_terminal_is_not_taken(void **state)
{
	struct terminal t;
	int fd[2];

	(void)state;
	support_pipe(fd);
	assert_int_equal(terminal_init(&t), 0);
	assert_int_equal(terminal_take(&t, fd[0]), -ENOTTY);
	terminal_close(&t);
	terminal_release(&t);
	assert_true(terminal_is_ours(fd[0]));
	assert_int_equal(close(fd[0]), 0);
	assert_int_equal(close(fd[1]), 0);
}

static void news_are_seen_once(void **state)
{
	struct terminal t;

	(void)state;
	assert_int_equal(terminal_init(&t), 0);
	assert_false(terminal_is_wanted(&t));
	terminal_want(&t);
	assert_true(terminal_is_wanted(&t));
	assert_false(terminal_is_wanted(&t));
	assert_int_equal(terminal_see(&t), 0);
	terminal_tell(&t, TERMINAL_SIZE);
	terminal_tell(&t, TERMINAL_CONTINUED);
	terminal_tell(&t, TERMINAL_SIZE);
	assert_int_equal(terminal_see(&t), TERMINAL_SIZE | TERMINAL_CONTINUED);
	assert_int_equal(terminal_see(&t), 0);
	terminal_release(&t);
}

/* In the background of a terminal: what another made of it stays. */
static bool look_from_background(int slave)
{
	struct terminal t;
	struct termios raw;

	(void)signal(SIGTTOU, SIG_IGN);
	if (setpgid(0, 0) < 0 || terminal_is_ours(slave) ||
		terminal_init(&t) != 0 || terminal_take(&t, slave) != 0 ||
		tcgetattr(slave, &raw) < 0)
		return false;
	raw.c_lflag &= ~(tcflag_t)ICANON;
	if (tcsetattr(slave, TCSANOW, &raw) < 0)
		return false;
	terminal_give_back(&t);
	terminal_release(&t);
	return tcgetattr(slave, &raw) == 0 && !(raw.c_lflag & ICANON);
}

/* Leads a session, in the foreground, with a child that is not. */
static int lead(int slave)
{
	int status = 0;
	pid_t pid;

	if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) < 0)
		return 77;
	pid = fork();
	if (pid == 0)
		_exit(look_from_background(slave) ? 0 : 1);
	if (!terminal_is_ours(slave) || waitpid(pid, &status, 0) != pid)
		return 2;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}

static void in_the_background_it_is_left_alone(void **state)
{
	int master, slave, status = 0;
	pid_t pid;

	(void)state;
	support_terminal(&master, &slave);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(lead(slave));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		support_skip("the terminal cannot be ours");
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(close(slave), 0);
	assert_int_equal(close(master), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_given_back_as_it_was),
		cmocka_unit_test(closed_it_is_not_taken_again),
		cmocka_unit_test(what_is_no_terminal_is_not_taken),
		cmocka_unit_test(news_are_seen_once),
		cmocka_unit_test(in_the_background_it_is_left_alone),
	};

	(void)alarm(1200); /* what hangs must not block the tests */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
