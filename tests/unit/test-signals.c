/*
 * Tests of signals, each in a child of its own, because what a process does
 * with its signals cannot be undone: what is seen, what stays ignored, and of
 * what the child dies.
 */
#include "config.h"

#include "cli/signals.h"

#include "io/poke.h"
#include "support.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const int stop_signals[] = {SIGINT, SIGTERM, SIGHUP};

enum {
	CHILD_GOOD = 17,
	CHILD_WRONG = 18,
};

/* In a child: what must hold. */
#define expect(condition)                              \
	do {                                           \
		if (!(condition))                      \
			give_up(__LINE__, #condition); \
	} while (0)

static void give_up(int line, const char *condition)
{
	(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, line, condition);
	_exit(CHILD_WRONG);
}

/* Runs a function in a child that handles its signals by default, and returns
 * the wait status. */
static int in_child(void (*run)(int arg), int arg)
{
	int status = 0;
	pid_t pid;

	(void)fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		sigset_t none;

		(void)sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
		for (size_t i = 0; i < COUNT(stop_signals); i++)
			(void)signal(stop_signals[i], SIG_DFL);
		(void)signal(SIGPIPE, SIG_DFL);
		run(arg);
		_exit(CHILD_GOOD);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void is_good(void (*run)(int arg), int arg)
{
	int status = in_child(run, arg);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), CHILD_GOOD);
}

static bool readable(void)
{
	struct pollfd fd = {.fd = signals_fd(), .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

static void begin(void)
{
	expect(signals_init() == 0);
	signals_unblock();
}

static void see_nothing(int arg)
{
	struct signals_seen seen;

	(void)arg;
	begin();
	expect(!readable());
	seen = signals_take();
	expect(seen.stops == 0 && seen.first == 0 && seen.last == 0);
	expect(!seen.progress && !seen.reopen);
	expect(!signals_pipe_ignored());
}

static void without_signals_there_is_nothing_to_see(void **state)
{
	(void)state;
	is_good(see_nothing, 0);
}

static void see_stop(int sig)
{
	struct signals_seen seen;
	int other = sig == SIGINT ? SIGTERM : SIGINT;

	begin();
	expect(raise(sig) == 0);
	expect(readable());
	seen = signals_take();
	expect(seen.stops == 1 && seen.first == sig && seen.last == sig);
	expect(signals_stops() == 1);
	expect(!readable());
	seen = signals_take();
	expect(seen.stops == 1 && seen.first == sig);
	expect(raise(other) == 0);
	expect(readable());
	seen = signals_take();
	expect(seen.stops == 2 && seen.first == sig && seen.last == other);
	expect(!seen.progress && !seen.reopen);
}

static void stops_are_counted_the_first_and_the_last_remembered(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(stop_signals); i++)
		is_good(see_stop, stop_signals[i]);
}

static void see_requests(int arg)
{
	struct signals_seen seen;

	(void)arg;
	begin();
	expect(raise(SIGUSR1) == 0);
	expect(raise(SIGUSR1) == 0);
	expect(readable());
	seen = signals_take();
	expect(seen.progress && !seen.reopen && seen.stops == 0);
	expect(!readable());
	seen = signals_take();
	expect(!seen.progress);
	expect(raise(SIGUSR2) == 0);
	seen = signals_take();
	expect(!seen.progress && seen.reopen);
	seen = signals_take();
	expect(!seen.reopen);
}

static void see_poke(int arg)
{
	struct signals_seen seen;

	(void)arg;
	begin();
	poke_send(signals_wake_fd());
	expect(readable());
	seen = signals_take();
	expect(seen.stops == 0 && !seen.progress && !seen.reopen);
	expect(!readable());
}

static void who_waits_can_be_woken_without_a_signal(void **state)
{
	(void)state;
	is_good(see_poke, 0);
}

static void requests_are_seen_once(void **state)
{
	(void)state;
	is_good(see_requests, 0);
}

static void see_after_unblock(int sig)
{
	expect(signals_init() == 0);
	expect(raise(sig) == 0);
	expect(!readable());
	expect(signals_take().stops == 0);
	signals_unblock();
	expect(readable());
	expect(signals_take().first == sig);
}

static void signals_wait_until_they_are_unblocked(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(stop_signals); i++)
		is_good(see_after_unblock, stop_signals[i]);
}

static void stay_ignored(int sig)
{
	struct sigaction now;

	(void)signal(sig, SIG_IGN);
	begin();
	expect(raise(sig) == 0);
	expect(!readable());
	expect(signals_take().stops == 0);
	expect(sigaction(sig, NULL, &now) == 0);
	expect(now.sa_handler == SIG_IGN);
	/* Also when the others get back what they do. */
	signals_restore();
	expect(raise(sig) == 0);
}

static void a_signal_that_was_ignored_stays_ignored(void **state)
{
	static const int signals[] = {
		SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};

	(void)state;
	for (size_t i = 0; i < COUNT(signals); i++)
		is_good(stay_ignored, signals[i]);
}

static void die_after_handling(int sig)
{
	begin();
	expect(raise(sig) == 0);
	signals_die(signals_take().first);
}

static void die_while_blocked(int sig)
{
	expect(signals_init() == 0);
	signals_die(sig);
}

static void a_signal_that_was_handled_can_be_died_of(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};

	(void)state;
	for (size_t i = 0; i < COUNT(signals); i++) {
		int status = in_child(die_while_blocked, signals[i]);

		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), signals[i]);
		if (signals[i] == SIGPIPE)
			continue;
		status = in_child(die_after_handling, signals[i]);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), signals[i]);
	}
}

static void die_when_restored(int sig)
{
	begin();
	signals_restore();
	(void)raise(sig);
}

static void once_restored_a_signal_kills_at_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(stop_signals); i++) {
		int status = in_child(die_when_restored, stop_signals[i]);

		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), stop_signals[i]);
	}
}

static void write_to_closed_pipe(int ignored)
{
	int fd[2];

	if (ignored)
		(void)signal(SIGPIPE, SIG_IGN);
	begin();
	expect(pipe(fd) == 0);
	(void)close(fd[0]);
	expect(write(fd[1], "x", 1) == -1 && errno == EPIPE);
	expect(signals_pipe_ignored() == (ignored != 0));
	expect(!readable());
}

static void a_closed_pipe_is_an_error_of_write(void **state)
{
	(void)state;
	is_good(write_to_closed_pipe, 0);
	is_good(write_to_closed_pipe, 1);
}

static void ignore_file_limit(int arg)
{
	struct sigaction now;

	(void)arg;
	begin();
	expect(sigaction(SIGXFSZ, NULL, &now) == 0);
	expect(now.sa_handler == SIG_IGN);
	expect(raise(SIGXFSZ) == 0);
}

static void the_file_size_limit_is_no_death(void **state)
{
	(void)state;
	is_good(ignore_file_limit, 0);
}

static void see_terminal(int arg)
{
	struct signals_seen seen;

	(void)arg;
	expect(signals_init() == 0);
	expect(signals_watch_terminal() == 0);
	expect(raise(SIGQUIT) == 0);
	expect(!readable());
	signals_unblock();
	expect(readable());
	seen = signals_take();
	expect(seen.quit && !seen.suspend && !seen.continued && !seen.resized);
	expect(raise(SIGTSTP) == 0);
	expect(raise(SIGWINCH) == 0);
	seen = signals_take();
	expect(!seen.quit && seen.suspend && seen.resized && seen.stops == 0);
	expect(raise(SIGCONT) == 0);
	seen = signals_take();
	expect(seen.continued && !seen.suspend && !seen.resized);
	expect(!signals_take().continued);
}

static void ignore_terminal(int sig)
{
	(void)signal(sig, SIG_IGN);
	expect(signals_init() == 0);
	expect(signals_watch_terminal() == 0);
	signals_unblock();
	expect(raise(sig) == 0);
	expect(!readable());
	signals_restore();
	expect(raise(sig) == 0);
}

static void signals_of_a_terminal_are_for_who_asks(void **state)
{
	(void)state;
	is_good(see_terminal, 0);
	is_good(ignore_terminal, SIGTSTP);
	is_good(ignore_terminal, SIGQUIT);
}

static void be_suspended(int arg)
{
	(void)arg;
	expect(signals_init() == 0);
	expect(signals_watch_terminal() == 0);
	signals_unblock();
	expect(signals_suspend());
	/* Which is not told: who asked for it knows. */
	expect(!signals_take().continued);
	expect(raise(SIGTSTP) == 0);
	expect(signals_take().suspend);
	expect(signals_await_foreground());
	expect(!signals_take().continued);
	(void)signal(SIGTTIN, SIG_IGN);
	expect(!signals_await_foreground());
}

static void it_is_stopped_until_continued(void **state)
{
	static const int stops[] = {SIGTSTP, SIGTTIN};
	int status;
	pid_t pid;

	(void)state;
	(void)fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		/* Not an orphan: those are not stopped. */
		(void)setpgid(0, 0);
		be_suspended(0);
		_exit(CHILD_GOOD);
	}
	for (size_t i = 0; i < COUNT(stops); i++) {
		assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
		assert_true(WIFSTOPPED(status));
		assert_int_equal(WSTOPSIG(status), stops[i]);
		assert_int_equal(kill(pid, SIGCONT), 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), CHILD_GOOD);
}

static void die_of_quit_when_restored(int arg)
{
	(void)arg;
	expect(signals_init() == 0);
	expect(signals_watch_terminal() == 0);
	signals_unblock();
	signals_restore();
	(void)raise(SIGQUIT);
}

static void once_restored_quit_kills_too(void **state)
{
	int status = in_child(die_of_quit_when_restored, 0);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGQUIT);
}

static void be_flooded(int arg)
{
	(void)arg;
	begin();
	/* More than the pipe behind the descriptor holds. */
	for (int i = 0; i < 70000; i++)
		expect(raise(SIGUSR1) == 0);
	expect(readable());
	expect(signals_take().progress);
	expect(!readable());
	for (int i = 0; i < 1000; i++)
		expect(raise(SIGTERM) == 0);
	expect(signals_take().stops >= 2);
}

static void any_number_of_signals_is_taken(void **state)
{
	(void)state;
	is_good(be_flooded, 0);
}

static void keep_errno(int sig)
{
	begin();
	errno = EDOM;
	expect(raise(sig) == 0);
	expect(errno == EDOM);
	/* Also when the handler's write fails, because the pipe is full. */
	for (int i = 0; i < 70000; i++)
		(void)raise(SIGUSR1);
	errno = EDOM;
	expect(raise(sig) == 0);
	expect(errno == EDOM);
}

static void a_handler_keeps_errno(void **state)
{
	(void)state;
	is_good(keep_errno, SIGUSR1);
	is_good(keep_errno, SIGTERM);
}

static void *mask_of_thread(void *mask)
{
	(void)pthread_sigmask(SIG_SETMASK, NULL, mask);
	return NULL;
}

static void start_thread_between(int arg)
{
	static const int blocked[] = {
		SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE};
	pthread_t thread;
	sigset_t mask;

	(void)arg;
	expect(signals_init() == 0);
	expect(pthread_create(&thread, NULL, mask_of_thread, &mask) == 0);
	expect(pthread_join(thread, NULL) == 0);
	signals_unblock();
	for (size_t i = 0; i < COUNT(blocked); i++)
		expect(sigismember(&mask, blocked[i]) == 1);
	expect(sigismember(&mask, SIGNALS_NUDGE) == 0);
	(void)sigprocmask(SIG_SETMASK, NULL, &mask);
	for (size_t i = 0; i < COUNT(blocked); i++)
		expect(sigismember(&mask, blocked[i]) ==
			(blocked[i] == SIGPIPE));
}

static void only_the_main_thread_gets_signals(void **state)
{
	(void)state;
	is_good(start_thread_between, 0);
}

static void keep_blocked(int sig)
{
	sigset_t mask;

	(void)sigemptyset(&mask);
	(void)sigaddset(&mask, sig);
	(void)sigprocmask(SIG_BLOCK, &mask, NULL);
	begin();
	expect(raise(sig) == 0);
	expect(!readable());
}

static void a_signal_that_was_blocked_stays_blocked(void **state)
{
	(void)state;
	is_good(keep_blocked, SIGUSR2);
}

static void be_nudged(int arg)
{
	sigset_t mask;

	(void)arg;
	begin();
	expect(raise(SIGNALS_NUDGE) == 0);
	expect(!readable());
	(void)sigprocmask(SIG_SETMASK, NULL, &mask);
	expect(sigismember(&mask, SIGNALS_NUDGE) == 0);
}

static void a_nudge_is_no_signal_to_be_seen(void **state)
{
	(void)state;
	is_good(be_nudged, 0);
}

static atomic_bool nudged;

/* Again and again, because one may come before the call. */
static void *nudge_until_done(void *reader)
{
	while (!atomic_load(&nudged)) {
		(void)pthread_kill(*(pthread_t *)reader, SIGNALS_NUDGE);
		(void)sched_yield();
	}
	return NULL;
}

static void be_nudged_while_reading(int arg)
{
	pthread_t self = pthread_self(), nudger;
	int fd[2];
	char byte;

	(void)arg;
	begin();
	expect(pipe(fd) == 0);
	expect(pthread_create(&nudger, NULL, nudge_until_done, &self) == 0);
	/* Ends with an error, or with the child. */
	(void)alarm(30);
	expect(read(fd[0], &byte, 1) == -1);
	expect(errno == EINTR);
	atomic_store(&nudged, true);
	expect(pthread_join(nudger, NULL) == 0);
}

static void a_nudge_gets_a_thread_out_of_its_call(void **state)
{
	(void)state;
	is_good(be_nudged_while_reading, 0);
}

int main(void)
{
	static const int theirs[] = {
		SIGINT, SIGQUIT, SIGHUP, SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE};
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_signals_there_is_nothing_to_see),
		cmocka_unit_test(
			stops_are_counted_the_first_and_the_last_remembered),
		cmocka_unit_test(who_waits_can_be_woken_without_a_signal),
		cmocka_unit_test(signals_of_a_terminal_are_for_who_asks),
		cmocka_unit_test(it_is_stopped_until_continued),
		cmocka_unit_test(once_restored_quit_kills_too),
		cmocka_unit_test(requests_are_seen_once),
		cmocka_unit_test(signals_wait_until_they_are_unblocked),
		cmocka_unit_test(a_signal_that_was_ignored_stays_ignored),
		cmocka_unit_test(a_signal_that_was_handled_can_be_died_of),
		cmocka_unit_test(once_restored_a_signal_kills_at_once),
		cmocka_unit_test(a_closed_pipe_is_an_error_of_write),
		cmocka_unit_test(the_file_size_limit_is_no_death),
		cmocka_unit_test(any_number_of_signals_is_taken),
		cmocka_unit_test(a_handler_keeps_errno),
		cmocka_unit_test(only_the_main_thread_gets_signals),
		cmocka_unit_test(a_signal_that_was_blocked_stays_blocked),
		cmocka_unit_test(a_nudge_is_no_signal_to_be_seen),
		cmocka_unit_test(a_nudge_gets_a_thread_out_of_its_call),
	};

	/* Whoever runs this in the background may ignore some. */
	for (size_t i = 0; i < COUNT(theirs); i++)
		(void)signal(theirs[i], SIG_DFL);
	(void)alarm(
		1200); /* a child that does not die must not block the tests */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
