#include "config.h"

#include "io/say.h"

#include "io/clock.h"
#include "io/poke.h"
#include "io/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What standard error takes nothing for so long has no reader. */
#define PATIENCE CLOCK_SECOND

/* Between two looks of who waits, in milliseconds. Poll cannot tell all that is
 * waited for: somebody else may be the owner; and it calls a terminal ready
 * that has room for half of a newline. */
#define NAP 10

/* So many messages in a row, then who owns it goes back to what it is there
 * for. */
#define IN_A_ROW 64

/* In front of each message in the ring. */
typedef uint16_t length;

/* --- the ring ------------------------------------------------------------- */

static bool fits_locked(const struct say *s, size_t len)
{
	return s->used + sizeof(length) + len <= s->room;
}

static void append_locked(struct say *s, const char *text, size_t len)
{
	length n = (length)len;

	memcpy(s->ring + s->used, &n, sizeof(n));
	memcpy(s->ring + s->used + sizeof(n), text, len);
	s->used += sizeof(n) + len;
}

/* Puts in how many messages are missing here, if there is room for that and for
 * `len` bytes behind it. */
static bool tell_untold_locked(struct say *s, size_t len)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "upcase-pipe: %u %s not told\n",
		s->untold, s->untold == 1 ? "message was" : "messages were");

	if (!fits_locked(s, (size_t)n + sizeof(length) + len))
		return false;
	append_locked(s, text, (size_t)n);
	s->untold = 0;
	return true;
}

/* A message behind a prompt begins with a newline, in the same write. */
static void put_locked(struct say *s, const char *text, size_t len)
{
	char line[SAY_MOST + 1] = "\n";

	if (s->used == 0)
		s->moved = clock_now();
	if (atomic_exchange(&s->prompted, false)) {
		memcpy(line + 1, text, len);
		text = line;
		len++;
		atomic_store(&s->broken, true);
	}
	if ((s->untold == 0 || tell_untold_locked(s, len)) &&
		fits_locked(s, len))
		append_locked(s, text, len);
	else
		s->untold++;
}

/* What is to be written of the first message. It stays where it is until its
 * owner has taken it out. */
static size_t first_locked(const struct say *s, const char **text)
{
	length n;

	memcpy(&n, s->ring, sizeof(n));
	*text = s->ring + sizeof(n) + s->sent;
	return n - s->sent;
}

/* n bytes of the first message have gone. */
static void sent_locked(struct say *s, size_t n)
{
	const char *text;
	size_t size;

	s->moved = clock_now();
	if (n < first_locked(s, &text)) {
		s->sent += n;
		return;
	}
	size = (size_t)(text - s->ring) + n;
	s->sent = 0;
	s->used -= size;
	memmove(s->ring, s->ring + size, s->used);
	if (s->untold > 0)
		(void)tell_untold_locked(s, 0);
}

/* --- writing -------------------------------------------------------------- */

/* The thread, where every other way to write could block. */
static void *say_main(void *say)
{
	struct say *s = say;

	(void)pthread_mutex_lock(&s->lock);
	for (;;) {
		const char *text;
		size_t len;
		ssize_t n;

		while (s->used == 0)
			(void)pthread_cond_wait(&s->more, &s->lock);
		len = first_locked(s, &text);
		(void)pthread_mutex_unlock(&s->lock);
		n = write(s->io.fd, text, len);
		if (n < 0 && errno == EWOULDBLOCK) {
			(void)fdio_wait(
				s->io.fd, POLLOUT, FDIO_NO_WAKE, CLOCK_FOREVER);
			n = 0;
		}
		(void)pthread_mutex_lock(&s->lock);
		sent_locked(s, n < 0 ? len : (size_t)n);
	}
	return NULL;
}

/* Hands standard error over to the thread. It gets no signals: those are for
 * others. Returns 0 or a negative errno. */
static int start_thread(struct say *s)
{
	pthread_t thread;
	sigset_t all, old;
	int err;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	err = thread_start(&thread, say_main, s);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!err)
		(void)pthread_detach(thread);
	return err;
}

/* Finds out what standard error is, and opens it once more if that helps. What
 * it is may remain unknown: then it is written to like a pipe of others. By the
 * owner. */
static void open_once(struct say *s)
{
	if (!s->opened)
		(void)fdio_init(&s->io, s->io.fd, O_WRONLY);
	s->opened = true;
}

/* One write, by the owner, that does not block. Returns what was taken, or a
 * negative errno; -EOPNOTSUPP when there is no such write. */
static ssize_t write_some(struct say *s, const char *text, size_t len)
{
	ssize_t n;

	open_once(s);
	if (!s->ask_first)
		return fdio_try_write(&s->io, text, len);
	if (fdio_wait(s->io.fd, POLLOUT, FDIO_NO_WAKE, 0) != 0)
		return -EAGAIN;
	n = write(s->io.fd, text, len);
	return n < 0 ? -errno : n;
}

/* --- a line that is replaced ------------------------------------------------
 */

/* Whether the terminal is ours to draw on. One that does not control us has no
 * background. */
static bool is_in_front(int fd)
{
	pid_t group = tcgetpgrp(fd);

	return group < 0 || group == getpgrp();
}

/* The owner's write of what is not kept: one that finds itself in the
 * background after all does not stop the process. */
static ssize_t draw(struct say *s, const char *text, size_t len)
{
	sigset_t stops, old;
	ssize_t n;

	(void)sigemptyset(&stops);
	(void)sigaddset(&stops, SIGTTOU);
	(void)pthread_sigmask(SIG_BLOCK, &stops, &old);
	open_once(s);
	n = s->ask_first ? -EAGAIN : fdio_try_write(&s->io, text, len);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return n;
}

/* What makes a line of so many columns an empty one. Returns its length. */
static size_t blank_out(char *out, size_t columns)
{
	out[0] = '\r';
	memset(out + 1, ' ', columns);
	out[1 + columns] = '\r';
	return columns + 2;
}

/* The owner takes away the line that stands there. Returns false where that
 * finds no room. In the background it is somebody else's terminal by now, on
 * which the line is history. */
static bool clear_line_locked(struct say *s)
{
	char blank[SAY_LINE_MOST + 2];
	size_t columns = s->line;
	ssize_t n = 0;

	if (columns == 0)
		return true;
	(void)pthread_mutex_unlock(&s->lock);
	if (is_in_front(s->io.fd))
		n = draw(s, blank, blank_out(blank, columns));
	(void)pthread_mutex_lock(&s->lock);
	if (n == -EAGAIN)
		return false;
	s->line = 0;
	s->line_over = false;
	return true;
}

/* The owner shows a line, which is not empty. */
static void draw_line_locked(struct say *s, const char *text, size_t columns)
{
	size_t len = strlen(text), before = s->line;
	size_t rest = before > columns ? before - columns : 0;
	char out[2 * SAY_LINE_MOST];
	ssize_t n = -EAGAIN;

	out[0] = '\r';
	memcpy(out + 1, text, len);
	memset(out + 1 + len, ' ', rest);
	(void)pthread_mutex_unlock(&s->lock);
	if (is_in_front(s->io.fd))
		n = draw(s, out, 1 + len + rest);
	else
		before = 0;
	(void)pthread_mutex_lock(&s->lock);
	s->line = n > 0 ? columns : before;
}

enum turn {
	ALL_TOLD,
	TOLD_SOME, /* there is more */
	STUCK,	   /* there is more, and no room for it */
	NOT_OURS,  /* somebody else sees to it */
};

/* The owner's turn: writes what is there. */
static enum turn write_locked(struct say *s)
{
	if (s->line_over && !clear_line_locked(s))
		return STUCK;
	for (int i = 0; s->used > 0; i++) {
		const char *text;
		size_t len;
		ssize_t n;

		if (i == IN_A_ROW)
			return TOLD_SOME;
		if (!clear_line_locked(s))
			return STUCK;
		len = first_locked(s, &text);
		(void)pthread_mutex_unlock(&s->lock);
		n = write_some(s, text, len);
		if (n == -EOPNOTSUPP && start_thread(s) != 0)
			s->ask_first = true;
		(void)pthread_mutex_lock(&s->lock);
		if (n == -EOPNOTSUPP && s->ask_first)
			continue;
		if (n == -EOPNOTSUPP) {
			s->by_thread = true;
			return NOT_OURS;
		}
		if (n == -EAGAIN)
			return STUCK;
		sent_locked(s, n < 0 ? len : (size_t)n);
	}
	return ALL_TOLD;
}

/* Becomes the owner for a turn, unless somebody else is. */
static enum turn take_turn_locked(struct say *s)
{
	enum turn turn;

	if (s->owned) {
		if (s->by_thread)
			(void)pthread_cond_signal(&s->more);
		return NOT_OURS;
	}
	s->owned = true;
	turn = write_locked(s);
	s->owned = s->by_thread;
	return turn;
}

/* --- what others call ------------------------------------------------------
 */

void say_wake_by(struct say *s, int fd)
{
	s->wake = fd;
}

void say_open(struct say *s)
{
	open_once(s);
}

static void wake(const struct say *s)
{
	if (s->wake >= 0)
		poke_send(s->wake);
}

void say_put(struct say *s, const char *text, size_t len)
{
	enum turn turn;

	if (len == 0)
		return;
	(void)pthread_mutex_lock(&s->lock);
	put_locked(s, text, len < SAY_MOST ? len : SAY_MOST);
	turn = take_turn_locked(s);
	(void)pthread_mutex_unlock(&s->lock);
	if (turn == TOLD_SOME || turn == STUCK || atomic_load(&s->broken))
		wake(s);
}

void say_prompt(struct say *s, bool stands)
{
	atomic_store(&s->prompted, stands);
}

bool say_broke_prompt(struct say *s)
{
	return atomic_exchange(&s->broken, false);
}

void say_line(struct say *s, const char *text, size_t columns)
{
	enum turn turn = NOT_OURS;

	if (columns >= SAY_LINE_MOST || strlen(text) >= SAY_LINE_MOST)
		return;
	(void)pthread_mutex_lock(&s->lock);
	s->line_over = columns == 0 && s->line > 0;
	if (!s->owned && s->used == 0 && columns > 0) {
		s->owned = true;
		draw_line_locked(s, text, columns);
		s->owned = false;
	}
	/* What others had to say meanwhile. */
	if (s->used > 0 || s->line_over)
		turn = take_turn_locked(s);
	(void)pthread_mutex_unlock(&s->lock);
	if (turn == TOLD_SOME || turn == STUCK)
		wake(s);
}

bool say_more(struct say *s)
{
	enum turn turn;

	(void)pthread_mutex_lock(&s->lock);
	turn = take_turn_locked(s);
	(void)pthread_mutex_unlock(&s->lock);
	if (turn == TOLD_SOME)
		wake(s);
	return turn == STUCK;
}

/* Whether it is worth waiting for room. */
static bool is_slow(struct say *s)
{
	bool slow;

	(void)pthread_mutex_lock(&s->lock);
	slow = !fits_locked(s, SAY_MOST) && clock_now() - s->moved < PATIENCE;
	(void)pthread_mutex_unlock(&s->lock);
	return slow && !atomic_load(&s->hurried);
}

void say_make_room(struct say *s)
{
	while (is_slow(s)) {
		(void)poll(NULL, 0, NAP);
		(void)say_more(s);
	}
}

void say_hurry(struct say *s)
{
	atomic_store(&s->hurried, true);
}

void say_last(struct say *s)
{
	(void)pthread_mutex_lock(&s->lock);
	s->room = SAY_ROOM;
	(void)pthread_mutex_unlock(&s->lock);
}

/* Whether something is left that may still go. */
static bool is_due(struct say *s, int64_t deadline)
{
	bool due;

	(void)pthread_mutex_lock(&s->lock);
	s->finished = s->finished || clock_now() >= deadline;
	due = (s->used > 0 || s->line_over) && !s->finished;
	(void)pthread_mutex_unlock(&s->lock);
	return due;
}

void say_finish(struct say *s, int64_t deadline)
{
	(void)say_more(s);
	while (is_due(s, deadline)) {
		(void)poll(NULL, 0, NAP);
		(void)say_more(s);
	}
}

void say_release(struct say *s)
{
	if (s->io.own >= 0)
		(void)close(s->io.own);
	s->io.own = -1;
	s->opened = false;
}

void say_dying(const char *text)
{
	ssize_t n;

	if (fdio_wait(STDERR_FILENO, POLLOUT, FDIO_NO_WAKE, 0) != 0)
		return;
	do {
		n = write(STDERR_FILENO, text, strlen(text));
	} while (n < 0 && errno == EINTR);
}
