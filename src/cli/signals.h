/*
 * signals - what other processes and the terminal ask for
 *
 * Handlers only count and write to a pipe; the main thread polls the pipe and
 * asks what has come. A signal that was ignored when the program started stays
 * ignored. SIGXFSZ is ignored: a file that reaches its limit is an error of
 * write(2) like others. SIGPIPE is blocked: a reader that went away is told by
 * write(2), too.
 *
 * All functions are for the main thread.
 */
#ifndef UPCASE_CLI_SIGNALS_H
#define UPCASE_CLI_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* Does nothing but interrupt the system call of the thread that gets it. */
#define SIGNALS_NUDGE SIGURG

/* Blocks the signals of this module and installs their handlers. Threads that
 * are made until signals_unblock inherit the block, so that handlers run in the
 * main thread only. Returns 0 or a negative errno. */
int signals_init(void);

/* Beside those, for who types: the signals of a terminal, which may have to be
 * given back before the process stops or dies, and drawn on anew afterwards. A
 * thread that reads there in the background is not stopped for it, but gets
 * EIO. After signals_init. Returns 0 or a negative errno. */
int signals_watch_terminal(void);

/* Lets the main thread have its signals. */
void signals_unblock(void);

/* A descriptor that is readable when a signal has come. The main thread waits
 * for it in poll(2). */
int signals_fd(void);

/* What makes it readable, too: a poke (poke.h), from any thread. */
int signals_wake_fd(void);

/* What has come so far. */
struct signals_seen {
	int stops;     /* how many of SIGINT, SIGTERM, SIGHUP */
	int first;     /* the first of them, 0 if none */
	int last;      /* likewise */
	bool progress; /* SIGUSR1 since the last call */
	bool reopen;   /* SIGUSR2 since the last call */
	/* Likewise, of a terminal: SIGTSTP, SIGCONT, SIGWINCH, SIGQUIT. */
	bool suspend, continued, resized, quit;
};

/* How many of the first kind have come, for a look. */
int signals_stops(void);

/* Makes the descriptor unreadable until the next signal, and tells. */
struct signals_seen signals_take(void);

/* Whether SIGPIPE was ignored when the program started: then a reader that went
 * away is an error like others. */
bool signals_pipe_ignored(void);

/* Stops the process as if SIGTSTP had never been handled, until it is
 * continued, which is not told then. Returns false when it was not stopped:
 * nobody would continue it. */
bool signals_suspend(void);

/* Likewise, and its process group, as the system does to who reads from a
 * terminal in the background. Also false where that is ignored. */
bool signals_await_foreground(void);

/* All signals that end or stop a process, unless ignored, do so by default. */
void signals_restore(void);

/* Dies of signal sig as if it had never been handled, so that the parent sees
 * it. Returns only if the system does not let us die of it. */
void signals_die(int sig);

#endif
