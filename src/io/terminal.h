/*
 * terminal - who has the terminal that lines are typed at
 *
 * What it is for: who edits a line changes how its terminal behaves, and
 * whatever comes then, the terminal has to be as it was when the process stops
 * or ends. So how it was is kept where another thread finds it: that gives it
 * back if the one that took it cannot.
 *
 * Invariants
 *  - Who takes it also gives it back before the descriptor is closed.
 *  - Once closed it is never taken again.
 *  - What belongs to another process by now, since this one is in the
 *    background, is left alone.
 *
 * Threads: any, where nothing else is said. The lock is held for a look or an
 * ioctl that does not wait.
 */
#ifndef UPCASE_IO_TERMINAL_H
#define UPCASE_IO_TERMINAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <termios.h>

/* What happened to it meanwhile. */
enum terminal_news {
	TERMINAL_SIZE = 1,	/* it may be larger or smaller */
	TERMINAL_WRITTEN = 2,	/* somebody wrote behind the prompt */
	TERMINAL_CONTINUED = 4, /* the process was stopped */
	TERMINAL_ALONE = 8,	/* it cannot be: nobody would continue it */
};

struct terminal {
	pthread_mutex_t lock; /* guards what follows, up to `was` */
	bool taken, closed;
	int fd; /* of who took it */
	struct termios was;
	atomic_int news;    /* enum terminal_news, those that nobody saw yet */
	atomic_bool wanted; /* who reads there is in the background */
};

/* Nobody has it. Returns 0 or a negative errno; then there is nothing to
 * release. */
int terminal_init(struct terminal *t);
void terminal_release(struct terminal *t);

/* How the terminal behind fd is, is how it will be given back. If it is taken
 * already, it stays with what it was then. Returns 0, -ECANCELED when closed,
 * or another negative errno. */
int terminal_take(struct terminal *t, int fd);

/* Makes it what it was, if it is taken. What was typed and not read yet stays.
 */
void terminal_give_back(struct terminal *t);

/* The same, for good. */
void terminal_close(struct terminal *t);

/* News for who reads there, who is to be woken. */
void terminal_tell(struct terminal *t, enum terminal_news news);

/* All news since the last call: several of enum terminal_news, or 0. */
int terminal_see(struct terminal *t);

/* Whether this process may use the terminal behind fd: it is in the foreground,
 * or there is no such thing there. */
bool terminal_is_ours(int fd);

/* Who reads there is in the background, and has to be stopped until he is not:
 * for who can do that, and asks by terminal_is_wanted, which is true once. */
void terminal_want(struct terminal *t);
bool terminal_is_wanted(struct terminal *t);

#endif
