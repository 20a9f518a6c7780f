/*
 * say - standard error, for which nobody ever has to wait
 *
 * What it is for: messages of any thread come out whole and in the order in
 * which they were said, and no thread gets stuck behind a pipe that nobody
 * reads, a terminal that was stopped, or another thread that is there.
 *
 * How
 *  - A message is copied into a small ring, under a lock that is held for such
 *    a copy and never while something is written.
 *  - The descriptor has one owner at a time. Who has put a message there tries
 *    to become it (and goes its way when somebody else is), writes what is in
 *    the ring, the oldest first, a message with one write(2), until the ring is
 *    empty or a write would block, and lets go.
 *  - What did not go out is tried again with the next message, by say_more and
 *    by say_finish.
 *  - What finds the ring full is counted, and "3 messages were not told" comes
 *    out in its place.
 *  - A write does not block: see fdio_try_write. Where the system has no such
 *    write for what standard error is, a thread of its own owns it and may
 *    block there; it is left when the process ends. Where there can be no
 *    thread either, poll(2) is asked before each write.
 *  - One line may stand on a terminal without its end, to be replaced by the
 *    next (say_line). It is not kept: it is shown at once or not at all, and
 *    each message takes it away first. In the background nothing of this is
 *    written, whatever the terminal does to those who do.
 * O_NONBLOCK is never set on the descriptor that was inherited. A regular file
 * is not opened once more: that would begin at its start.
 *
 * Threads: as said at each function.
 */
#ifndef UPCASE_IO_SAY_H
#define UPCASE_IO_SAY_H

#include "io/fdio.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest message, in bytes; it fits into a pipe as a whole. */
#define SAY_MOST 2048

/* The longest line of say_line, in bytes, and the most columns. */
#define SAY_LINE_MOST 1024

/* The ring, and what of it is kept for the last messages. */
#define SAY_ROOM 16384
#define SAY_KEPT (4 * SAY_MOST)

struct say {
	pthread_mutex_t lock; /* guards what follows, up to `hurried` */
	bool owned;	      /* somebody writes: io and the first message
				 are his */
	bool by_thread;	      /* that is the thread, for good */
	bool finished;	      /* nothing is waited for any more */
	unsigned untold;      /* messages for which there was no room */
	size_t room;	      /* that may be used of the ring */
	size_t used;	      /* messages, each behind its length */
	size_t sent;	      /* of the first of them */
	int64_t moved;	      /* when it last took something */
	size_t line;	      /* columns of the line that stands there */
	bool line_over;	      /* ... and is to go */
	int wake;	      /* to be written to when something waits */
	atomic_bool hurried;
	atomic_bool prompted; /* the cursor stands behind a prompt */
	atomic_bool broken;   /* ... and a message was told there */

	pthread_cond_t more; /* for the thread */
	struct fdio io;	     /* opened by say_open or the first owner */
	bool opened, ask_first;
	char ring[SAY_ROOM];
};

/* For the descriptor fd. Nothing is done with it before say_open or the first
 * message. */
#define SAY_INIT(fd_)                                                          \
	{                                                                      \
		.lock = PTHREAD_MUTEX_INITIALIZER,                             \
		.more = PTHREAD_COND_INITIALIZER, .room = SAY_ROOM - SAY_KEPT, \
		.wake = -1, .io = {.fd = (fd_), .own = -1},                    \
	}

/* From now on a byte is written to fd, a poke (poke.h), when a message waits
 * that say_more is to be called for. Before threads start. */
void say_wake_by(struct say *s, int fd);

/* Finds out what standard error is, which the first message does otherwise: for
 * who will have no right to open files then (sandbox.h). Before threads start;
 * does not block. */
void say_open(struct say *s);

/* Says a message, of at most SAY_MOST bytes; more is cut. Any thread; does not
 * block. What goes wrong with it cannot be told. */
void say_put(struct say *s, const char *text, size_t len);

/* Shows a line of so many columns, which end before those of the terminal do,
 * in place of the one that stands there; of no columns: takes that away. Any
 * thread; does not block. Nothing is shown while a message waits, somebody else
 * writes, there is no room, or the process is in the background. */
void say_line(struct say *s, const char *text, size_t columns);

/* Tries what waits once more. Returns whether to call it again, a while later.
 * Any thread; does not block. */
bool say_more(struct say *s);

/* Waits until there is room for a message, while standard error takes
 * something now and then: until it has taken nothing for a second, or until
 * say_hurry. So a burst of messages is not lost to a reader that is only
 * slow. Any thread that may wait: not the main thread. */
void say_make_room(struct say *s);

/* Where standard error is a screen: the cursor stands behind a prompt from now
 * on, or does not. The next message begins a line of its own there; then
 * say_broke_prompt is true once, and say_more was asked for. Any thread; does
 * not block. */
void say_prompt(struct say *s, bool stands);
bool say_broke_prompt(struct say *s);

/* say_make_room does not wait any more. Any thread; does not block. */
void say_hurry(struct say *s);

/* What comes from now on are the last messages: they may use the room that was
 * kept for them. Any thread; does not block. */
void say_last(struct say *s);

/* The end: waits until all is told, or clock_now() reaches the deadline. Only
 * the first call waits. */
void say_finish(struct say *s, int64_t deadline);

/* Closes what was opened, but not fd. For tests; no thread may own it. */
void say_release(struct say *s);

/* A word before the process aborts, from wherever that is found out: without
 * the ring, because whoever owns it may never go on. Does not block, but for
 * somebody else who fills a pipe between two system calls. */
void say_dying(const char *text);

#endif
