#include "config.h"

#include "cli/signals.h"

#include "io/poke.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

static const int stop_signals[] = {SIGINT, SIGTERM, SIGHUP};
static const int ask_signals[] = {SIGUSR1, SIGUSR2};
static const int terminal_signals[] = {SIGTSTP, SIGCONT, SIGWINCH, SIGQUIT};

#define N_STOP	   (sizeof(stop_signals) / sizeof(stop_signals[0]))
#define N_ASK	   (sizeof(ask_signals) / sizeof(ask_signals[0]))
#define N_TERMINAL (sizeof(terminal_signals) / sizeof(terminal_signals[0]))

/* Handlers have no argument to get at state, so these are the program's only
 * globals. Written by handlers in the main thread, read by it. */
static volatile sig_atomic_t stop_count, stop_first, stop_last, asked_progress,
	asked_reopen, terminal_came[N_TERMINAL];
static int wake_pipe[2] = {-1, -1};

static bool pipe_ignored, terminal_watched;
static sigset_t old_mask;

static void on_signal(int sig)
{
	if (sig == SIGUSR1) {
		asked_progress = 1;
	} else if (sig == SIGUSR2) {
		asked_reopen = 1;
	} else {
		if (stop_count == 0)
			stop_first = sig;
		stop_last = sig;
		if (stop_count < SIG_ATOMIC_MAX)
			stop_count++;
	}
	poke_send(wake_pipe[1]);
}

static void on_terminal(int sig)
{
	for (size_t i = 0; i < N_TERMINAL; i++)
		if (terminal_signals[i] == sig)
			terminal_came[i] = 1;
	poke_send(wake_pipe[1]);
}

static void on_nudge(int sig)
{
	(void)sig;
}

static bool is_ignored(int sig)
{
	struct sigaction now;

	return sigaction(sig, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

static int handle(int sig, void (*handler)(int))
{
	struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_RESTART};

	if (is_ignored(sig))
		return 0;
	/* One handler at a time: they share the counters. */
	(void)sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < N_STOP; i++)
		(void)sigaddset(&sa.sa_mask, stop_signals[i]);
	return sigaction(sig, &sa, NULL) < 0 ? -errno : 0;
}

/* Whatever it was at the start: nobody else has a use for it. */
static int handle_nudge(void)
{
	struct sigaction sa = {.sa_handler = on_nudge};
	sigset_t mask;

	(void)sigemptyset(&sa.sa_mask);
	(void)sigemptyset(&mask);
	(void)sigaddset(&mask, SIGNALS_NUDGE);
	if (sigaction(SIGNALS_NUDGE, &sa, NULL) < 0 ||
		sigprocmask(SIG_UNBLOCK, &mask, NULL) < 0)
		return -errno;
	return 0;
}

static int block_signals(void)
{
	sigset_t mask;

	(void)sigemptyset(&mask);
	for (size_t i = 0; i < N_STOP; i++)
		(void)sigaddset(&mask, stop_signals[i]);
	for (size_t i = 0; i < N_ASK; i++)
		(void)sigaddset(&mask, ask_signals[i]);
	(void)sigaddset(&mask, SIGPIPE);
	return sigprocmask(SIG_BLOCK, &mask, &old_mask) < 0 ? -errno : 0;
}

int signals_init(void)
{
	int err = poke_open(wake_pipe);

	if (err)
		return err;
	pipe_ignored = is_ignored(SIGPIPE);
	err = block_signals();
	for (size_t i = 0; !err && i < N_STOP; i++)
		err = handle(stop_signals[i], on_signal);
	for (size_t i = 0; !err && i < N_ASK; i++)
		err = handle(ask_signals[i], on_signal);
	if (!err)
		err = handle(SIGXFSZ, SIG_IGN);
	if (!err)
		err = handle_nudge();
	return err;
}

int signals_watch_terminal(void)
{
	sigset_t mask;
	int err = 0;

	terminal_watched = true;
	(void)sigemptyset(&mask);
	for (size_t i = 0; i < N_TERMINAL; i++)
		(void)sigaddset(&mask, terminal_signals[i]);
	(void)sigaddset(&mask, SIGTTIN);
	if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0)
		return -errno;
	for (size_t i = 0; !err && i < N_TERMINAL; i++)
		err = handle(terminal_signals[i], on_terminal);
	return err;
}

void signals_unblock(void)
{
	sigset_t mask = old_mask;

	/* SIGPIPE stays blocked: nothing may die of it before the drain. */
	(void)sigaddset(&mask, SIGPIPE);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
}

int signals_fd(void)
{
	return wake_pipe[0];
}

int signals_wake_fd(void)
{
	return wake_pipe[1];
}

static bool take_terminal(int sig)
{
	bool came = false;

	for (size_t i = 0; i < N_TERMINAL; i++)
		if (terminal_signals[i] == sig && terminal_came[i]) {
			terminal_came[i] = 0;
			came = true;
		}
	return came;
}

struct signals_seen signals_take(void)
{
	struct signals_seen seen;

	poke_drain(wake_pipe[0]);
	seen.progress = asked_progress;
	if (seen.progress)
		asked_progress = 0;
	seen.reopen = asked_reopen;
	if (seen.reopen)
		asked_reopen = 0;
	seen.suspend = take_terminal(SIGTSTP);
	seen.continued = take_terminal(SIGCONT);
	seen.resized = take_terminal(SIGWINCH);
	seen.quit = take_terminal(SIGQUIT);
	seen.first = stop_first;
	seen.last = stop_last;
	seen.stops = stop_count;
	return seen;
}

int signals_stops(void)
{
	return stop_count;
}

bool signals_pipe_ignored(void)
{
	return pipe_ignored;
}

void signals_restore(void)
{
	struct sigaction sa = {.sa_handler = SIG_DFL};

	(void)sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < N_STOP; i++)
		if (!is_ignored(stop_signals[i]))
			(void)sigaction(stop_signals[i], &sa, NULL);
	for (size_t i = 0; terminal_watched && i < N_TERMINAL; i++)
		if (!is_ignored(terminal_signals[i]))
			(void)sigaction(terminal_signals[i], &sa, NULL);
}

bool signals_suspend(void)
{
	struct sigaction sa = {.sa_handler = SIG_DFL}, old;

	(void)sigemptyset(&sa.sa_mask);
	(void)take_terminal(SIGCONT);
	(void)sigaction(SIGTSTP, &sa, &old);
	(void)raise(SIGTSTP);
	(void)sigaction(SIGTSTP, &old, NULL);
	return take_terminal(SIGCONT);
}

bool signals_await_foreground(void)
{
	(void)take_terminal(SIGCONT);
	(void)kill(0, SIGTTIN);
	return take_terminal(SIGCONT);
}

void signals_die(int sig)
{
	struct sigaction sa = {.sa_handler = SIG_DFL};
	sigset_t mask;

	(void)sigemptyset(&sa.sa_mask);
	(void)sigaction(sig, &sa, NULL);
	(void)raise(sig);
	(void)sigemptyset(&mask);
	(void)sigaddset(&mask, sig);
	(void)sigprocmask(SIG_UNBLOCK, &mask, NULL);
}
