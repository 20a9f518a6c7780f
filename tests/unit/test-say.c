/*
 * Tests of standard error: that nobody waits for it, that messages keep their
 * order, and what becomes of those for which there is no room.
 *
 * What the system has no way for: opening a pipe once more, RWF_NOWAIT and
 * threads can be taken away; write goes through the test, which counts it and
 * can hold it up.
 */
#include "config.h"

#include "io/say.h"

#include "io/clock.h"
#include "io/poke.h"
#include "support.h"
#include "wrapped.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

static struct {
	bool open, nowait, threads; /* are there */
	bool in_front;		    /* of the terminal, whatever it says */
	atomic_uint writes, threads_started;
	atomic_bool hold;   /* the next write posts and waits */
	sem_t held, let_go; /* for that */
	size_t most;	    /* bytes that a write takes, 0: all */
	/* Called by each write, NULL: nothing. */
	void (*on_write)(void);
} fake;

int __real_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, mode_t mode);

int __wrap_open(const char *path, int flags, mode_t mode)
{
	if (!fake.open && strncmp(path, "/proc/", 6) == 0) {
		errno = EACCES;
		return -1;
	}
	return __real_open(path, flags, mode);
}

/* What open is where the compiler checks it and cannot see the flags. */
int __wrap___open_2(const char *path, int flags);

int __wrap___open_2(const char *path, int flags)
{
	return __wrap_open(path, flags, 0);
}

ssize_t __real_write(int fd, const void *buf, size_t len);
ssize_t __wrap_write(int fd, const void *buf, size_t len);

ssize_t __wrap_write(int fd, const void *buf, size_t len)
{
	if (len > 1) { /* a poke is one byte */
		atomic_fetch_add(&fake.writes, 1);
		if (fake.on_write)
			fake.on_write();
	}
	if (len > 1 && atomic_exchange(&fake.hold, false)) {
		(void)sem_post(&fake.held);
		while (sem_wait(&fake.let_go) != 0)
			;
	}
	if (fake.most > 0 && len > fake.most)
		len = fake.most;
	return __real_write(fd, buf, len);
}

#ifdef HAVE_PWRITEV2
ssize_t __real_pwritev2(
	int fd, const struct iovec *iov, int n, off_t offset, int flags);
ssize_t __wrap_pwritev2(
	int fd, const struct iovec *iov, int n, off_t offset, int flags);

ssize_t __wrap_pwritev2(
	int fd, const struct iovec *iov, int n, off_t offset, int flags)
{
	if (!fake.nowait) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return __real_pwritev2(fd, iov, n, offset, flags);
}
#endif

pid_t __real_tcgetpgrp(int fd);
pid_t __wrap_tcgetpgrp(int fd);

pid_t __wrap_tcgetpgrp(int fd)
{
	return fake.in_front ? getpgrp() : __real_tcgetpgrp(fd);
}

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
	void *(*run)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
	void *(*run)(void *), void *argument);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
	void *(*run)(void *), void *argument)
{
	if (!fake.threads)
		return EAGAIN;
	atomic_fetch_add(&fake.threads_started, 1);
	return __real_pthread_create(thread, attributes, run, argument);
}

/* A pipe with its writing end as standard error. The memory is never freed: a
 * thread may own it until the end. */
struct heard {
	struct say *say;
	int fd[2];
	size_t filled; /* bytes before what is said */
	int wake[2];
};

static void hear(struct heard *h)
{
	static const struct say fresh = SAY_INIT(-1);

	h->say = support_allocate(sizeof(*h->say));
	memcpy(h->say, &fresh, sizeof(fresh));
	h->say->io.fd = h->fd[1];
	assert_int_equal(poke_open(h->wake), 0);
	say_wake_by(h->say, h->wake[1]);
	h->filled = 0;
}

static void hear_pipe(struct heard *h)
{
	support_pipe(h->fd);
	hear(h);
}

static void hear_full_pipe(struct heard *h)
{
	hear_pipe(h);
	h->filled = support_fill_pipe(h->fd[1]);
}

static void deaf(struct heard *h)
{
	poke_close(h->wake);
	if (h->say->by_thread)
		return; /* it may use what it has until the end */
	say_release(h->say);
	(void)close(h->fd[0]);
	(void)close(h->fd[1]);
	free(h->say);
}

static void put(struct heard *h, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void put(struct heard *h, const char *format, ...)
{
	char text[SAY_MOST + 100];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	say_put(h->say, text, (size_t)n);
}

/* Takes n bytes out of the pipe. Returns them, allocated, with a NUL. */
static char *take(struct heard *h, size_t n)
{
	char *text = support_allocate(n + 1);
	size_t at = 0;

	while (at < n) {
		ssize_t got = read(h->fd[0], text + at, n - at);

		assert_true(got > 0);
		at += (size_t)got;
	}
	text[n] = '\0';
	return text;
}

/* Takes out what the pipe was filled with. */
static void make_way(struct heard *h)
{
	free(take(h, h->filled));
	h->filled = 0;
}

static void comes_out(struct heard *h, const char *want)
{
	char *got = take(h, strlen(want));

	assert_string_equal(got, want);
	free(got);
}

static void nothing_comes_out(struct heard *h)
{
	struct pollfd p = {.fd = h->fd[0], .events = POLLIN};

	assert_int_equal(poll(&p, 1, 0), 0);
}

static bool is_woken(struct heard *h)
{
	bool woken = fdio_is_woken(h->wake[0]);

	poke_drain(h->wake[0]);
	return woken;
}

static int set_up(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	fake.open = fake.nowait = fake.threads = true;
	(void)sem_init(&fake.held, 0, 0);
	(void)sem_init(&fake.let_go, 0, 0);
	(void)signal(SIGPIPE, SIG_IGN);
	return 0;
}

/* Whether this system writes to pipes without waiting when asked to. */
static bool has_nowait(void)
{
#if defined(HAVE_PWRITEV2) && defined(RWF_NOWAIT)
	struct iovec iov = {(char[]){"x"}, 1};
	int fd[2];
	bool has;

	support_pipe(fd);
	has = __real_pwritev2(fd[1], &iov, 1, -1, RWF_NOWAIT) == 1;
	(void)close(fd[0]);
	(void)close(fd[1]);
	return has;
#else
	return false;
#endif
}

/* Without that a thread writes, when it comes to it. */
static void need_nowait(void)
{
	if (!has_nowait())
		support_skip("no RWF_NOWAIT for pipes");
}

static void a_message_is_one_write(void **state)
{
	struct heard h;

	(void)state;
	need_nowait();
	hear_pipe(&h);
	put(&h, "one\n");
	put(&h, "two\nlines\n");
	assert_int_equal(fake.writes, 2);
	comes_out(&h, "one\ntwo\nlines\n");
	put(&h, "%s", "");
	assert_int_equal(fake.writes, 2);
	assert_false(is_woken(&h));
	deaf(&h);
}

static void behind_a_prompt_it_begins_a_line(void **state)
{
	struct heard h;

	(void)state;
	need_nowait();
	hear_pipe(&h);
	say_prompt(h.say, true);
	say_prompt(h.say, false);
	put(&h, "one\n");
	assert_false(say_broke_prompt(h.say));
	assert_false(is_woken(&h));
	say_prompt(h.say, true);
	put(&h, "two\n");
	put(&h, "three\n");
	assert_int_equal(fake.writes, 3);
	assert_true(is_woken(&h));
	assert_true(say_broke_prompt(h.say));
	assert_false(say_broke_prompt(h.say));
	comes_out(&h, "one\n\ntwo\nthree\n");
	/* The longest, too. */
	say_prompt(h.say, true);
	put(&h, "%0*d", SAY_MOST, 0);
	free(take(&h, SAY_MOST + 1));
	nothing_comes_out(&h);
	deaf(&h);
}

static void the_inherited_description_keeps_its_flags(void **state)
{
	struct heard h;

	(void)state;
	hear_full_pipe(&h);
	put(&h, "one\n");
	assert_int_equal(fcntl(h.fd[1], F_GETFL) & O_NONBLOCK, 0);
	deaf(&h);
}

static void a_regular_file_is_written_where_it_is(void **state)
{
	struct heard h;

	(void)state;
	support_write("file", "before ", 7);
	h.fd[0] = open("file", O_RDONLY | O_CLOEXEC, 0);
	h.fd[1] = open("file", O_WRONLY | O_CLOEXEC, 0);
	hear(&h);
	/* Not for appending: a second description would begin at 0. */
	assert_int_equal(lseek(h.fd[1], 7, SEEK_SET), 7);
	put(&h, "behind\n");
	support_file_is("file", BYTES("before behind\n"));
	assert_int_equal(h.say->io.own, -1);
	deaf(&h);
}

/* What is said to a full pipe comes out later, in order, by another message, by
 * say_more or at the end. */
static void waits_in_order(void)
{
	struct heard h;

	hear_full_pipe(&h);
	put(&h, "one\n");
	assert_true(is_woken(&h));
	put(&h, "two\n");
	assert_true(say_more(h.say));
	assert_true(say_more(h.say));
	make_way(&h);
	put(&h, "three\n");
	comes_out(&h, "one\ntwo\nthree\n");
	is_woken(&h);
	assert_false(say_more(h.say));
	assert_false(is_woken(&h));

	h.filled = support_fill_pipe(h.fd[1]);
	put(&h, "four\n");
	make_way(&h);
	assert_false(say_more(h.say));
	comes_out(&h, "four\n");

	h.filled = support_fill_pipe(h.fd[1]);
	put(&h, "five\n");
	make_way(&h);
	say_finish(h.say, CLOCK_FOREVER);
	comes_out(&h, "five\n");
	deaf(&h);
}

static void a_full_pipe_is_not_waited_for(void **state)
{
	(void)state;
	need_nowait();
	waits_in_order();
	assert_int_equal(fake.threads_started, 0);
}

static void nor_one_that_cannot_be_opened_once_more(void **state)
{
	(void)state;
	if (!has_nowait())
		support_skip("no RWF_NOWAIT for pipes");
	fake.open = false;
	waits_in_order();
	assert_int_equal(fake.threads_started, 0);
}

static void nor_one_that_is_asked_before_each_write(void **state)
{
	(void)state;
	fake.open = fake.nowait = fake.threads = false;
	waits_in_order();
}

static void what_was_opened_in_time_needs_no_more_rights(void **state)
{
	struct heard h;

	(void)state;
	need_nowait();
	hear_full_pipe(&h);
	say_open(h.say);
	fake.open = fake.nowait = fake.threads = false;
	put(&h, "one\n");
	assert_true(say_more(h.say));
	assert_false(h.say->ask_first);
	make_way(&h);
	assert_false(say_more(h.say));
	comes_out(&h, "one\n");
	deaf(&h);
}

static void a_thread_waits_where_nothing_else_is_possible(void **state)
{
	struct heard h;

	(void)state;
	fake.open = fake.nowait = false;
	hear_full_pipe(&h);
	put(&h, "one\n");
	assert_int_equal(fake.threads_started, 1);
	put(&h, "two\n");
	assert_false(say_more(h.say)); /* that is not main's any more */
	assert_false(is_woken(&h));
	say_finish(h.say, clock_deadline(CLOCK_SECOND / 50));
	make_way(&h);
	comes_out(&h, "one\ntwo\n");
	put(&h, "three\n");
	comes_out(&h, "three\n");
	assert_int_equal(fake.threads_started, 1);
	deaf(&h);
}

static void a_terminal_that_was_stopped_is_not_waited_for(void **state)
{
	struct heard h;
	int master, slave;

	(void)state;
	support_terminal(&master, &slave);
	h.fd[0] = master;
	h.fd[1] = slave;
	hear(&h);
	put(&h, "one\n");
	assert_int_equal(tcflow(slave, TCOOFF), 0);
	put(&h, "two\n");
	assert_true(say_more(h.say));
	assert_int_equal(tcflow(slave, TCOON), 0);
	put(&h, "three\n");
	comes_out(&h, "one\ntwo\nthree\n");
	deaf(&h);
}

static void a_socket_is_not_waited_for(void **state)
{
	static const int kinds[] = {SOCK_STREAM, SOCK_SEQPACKET};
	char text[SAY_MOST];

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct heard h;
		int n = 0;

		assert_int_equal(
			socketpair(AF_UNIX, kinds[i] | SOCK_CLOEXEC, 0, h.fd),
			0);
		hear(&h);
		do
			put(&h, "%04d %*s\n", n++, 1000, "x");
		while (!say_more(h.say));
		put(&h, "last\n");
		/* All of it once, in order, also what was taken in part. */
		for (int j = 0; j < n; j++) {
			(void)snprintf(
				text, sizeof(text), "%04d %*s\n", j, 1000, "x");
			comes_out(&h, text);
			(void)say_more(h.say);
		}
		comes_out(&h, "last\n");
		deaf(&h);
	}
}

static void what_is_taken_in_part_is_said_once(void **state)
{
	struct heard h;

	(void)state;
	hear_pipe(&h);
	fake.most = 3;
	put(&h, "one and two\n");
	put(&h, "x\n");
	comes_out(&h, "one and two\nx\n");
	nothing_comes_out(&h);
	deaf(&h);
}

static void nobody_who_listens_is_no_reason_to_wait(void **state)
{
	struct heard h;

	(void)state;
	need_nowait();
	hear_pipe(&h);
	(void)close(h.fd[0]);
	put(&h, "one\n");
	assert_false(say_more(h.say));
	assert_int_equal(h.say->used, 0);
	say_finish(h.say, CLOCK_FOREVER);
	deaf(&h);
}

/* Fills the ring with messages, the last of which is not in it any more.
 * Returns how many are. */
static unsigned fill_ring(struct heard *h)
{
	unsigned n = 0;

	while (h->say->untold == 0)
		put(h, "message %04u\n", n++);
	return n - 1;
}

static void expect_ring(struct heard *h, unsigned n)
{
	char text[32];

	for (unsigned i = 0; i < n; i++) {
		(void)snprintf(text, sizeof(text), "message %04u\n", i);
		comes_out(h, text);
	}
}

static void what_finds_no_room_is_counted_in_its_place(void **state)
{
	struct heard h;
	unsigned n;

	(void)state;
	hear_full_pipe(&h);
	n = fill_ring(&h);
	put(&h, "dropped\n");
	put(&h, "dropped\n");
	make_way(&h);
	put(&h, "dropped as well, but makes it go on\n");
	while (h.say->used > 0)
		(void)say_more(h.say);
	put(&h, "behind\n");
	expect_ring(&h, n);
	comes_out(&h, "upcase-pipe: 4 messages were not told\nbehind\n");
	nothing_comes_out(&h);

	h.filled = support_fill_pipe(h.fd[1]);
	n = fill_ring(&h);
	make_way(&h);
	say_finish(h.say, CLOCK_FOREVER);
	expect_ring(&h, n);
	comes_out(&h, "upcase-pipe: 1 message was not told\n");
	deaf(&h);
}

static void there_is_room_for_the_last_words(void **state)
{
	char text[SAY_MOST + 10];
	struct heard h;
	unsigned n;

	(void)state;
	memset(text, 'x', sizeof(text));
	hear_full_pipe(&h);
	n = fill_ring(&h);
	say_last(h.say);
	for (int i = 0; i < 3; i++) /* longer than possible: cut */
		say_put(h.say, text, sizeof(text));
	assert_int_equal(h.say->untold, 0);
	make_way(&h);
	say_finish(h.say, CLOCK_FOREVER);
	expect_ring(&h, n);
	comes_out(&h, "upcase-pipe: 1 message was not told\n");
	text[SAY_MOST] = '\0';
	for (int i = 0; i < 3; i++)
		comes_out(&h, text);
	nothing_comes_out(&h);
	deaf(&h);
}

static void say_in_a_thread(void *heard)
{
	put(heard, "first\n");
}

static void who_finds_it_taken_goes_on(void **state)
{
	struct support_thread t;
	struct heard h;

	(void)state;
	hear_pipe(&h);
	atomic_store(&fake.hold, true);
	support_start(&t, say_in_a_thread, &h);
	while (sem_wait(&fake.held) != 0)
		;
	/* The thread is in its write. */
	put(&h, "second\n");
	assert_false(say_more(h.say));
	put(&h, "third\n");
	nothing_comes_out(&h);
	(void)sem_post(&fake.let_go);
	support_join(&t);
	comes_out(&h, "first\nsecond\nthird\n");
	assert_false(is_woken(&h));
	deaf(&h);
}

static struct heard *chatty;

static void say_another(void)
{
	static const char text[] = "more\n";

	/* As another thread would; this one has let go of the lock. */
	say_put(chatty->say, text, sizeof(text) - 1);
}

static void nobody_is_kept_by_what_others_say(void **state)
{
	struct heard h;

	(void)state;
	need_nowait();
	hear_pipe(&h);
	chatty = &h;
	fake.on_write = say_another;
	put(&h, "one\n");
	fake.on_write = NULL;
	assert_int_equal(fake.writes, 64);
	/* The main thread is to go on with it, at once. */
	assert_true(is_woken(&h));
	assert_false(say_more(h.say));
	assert_int_equal(fake.writes, 65);
	deaf(&h);
}

static void a_burst_waits_for_a_reader_that_is_slow(void **state)
{
	struct heard h;

	(void)state;
	hear_full_pipe(&h);
	(void)fill_ring(&h);
	h.say->untold = 0;
	make_way(&h);
	h.say->moved = clock_now();
	say_make_room(h.say);
	put(&h, "fits\n");
	assert_int_equal(h.say->untold, 0);
	deaf(&h);
}

static void a_burst_waits_a_second_for_one_that_takes_nothing(void **state)
{
	struct heard h;
	int64_t begin = clock_now();

	(void)state;
	hear_full_pipe(&h);
	(void)fill_ring(&h);
	say_make_room(h.say);
	assert_true(clock_now() - begin >= CLOCK_SECOND);
	/* And not again, until it takes something. */
	begin = h.say->moved;
	put(&h, "dropped\n");
	say_make_room(h.say);
	assert_true(h.say->moved == begin);
	deaf(&h);
}

static void in_a_hurry_nothing_waits_for_room(void **state)
{
	struct heard h;

	(void)state;
	hear_full_pipe(&h);
	(void)fill_ring(&h);
	say_hurry(h.say);
	h.say->moved = INT64_MAX; /* it would wait for ever */
	say_make_room(h.say);
	deaf(&h);
}

static void the_end_waits_once(void **state)
{
	struct heard h;
	int64_t begin = clock_now();

	(void)state;
	hear_full_pipe(&h);
	put(&h, "one\n");
	say_finish(h.say, clock_deadline(CLOCK_SECOND / 20));
	assert_true(clock_now() - begin >= CLOCK_SECOND / 20);
	say_finish(h.say, CLOCK_FOREVER); /* would not come back */
	deaf(&h);
}

#define TALKERS	  4
#define SENTENCES 500

/* A line is shown only where it is written without waiting. */
static void hear_line_pipe(struct heard *h)
{
	need_nowait();
	hear_pipe(h);
}

static void hear_line_full_pipe(struct heard *h)
{
	need_nowait();
	hear_full_pipe(h);
}

static void a_line_is_replaced_by_the_next_and_taken_away_by_messages(
	void **state)
{
	struct heard h;

	(void)state;
	hear_line_pipe(&h);
	say_line(h.say, "", 0);
	nothing_comes_out(&h);
	say_line(h.say, "12%", 3);
	comes_out(&h, "\r12%");
	say_line(h.say, "100%", 4);
	comes_out(&h, "\r100%");
	say_line(h.say, "\xC3\x84", 1);
	comes_out(&h, "\r\xC3\x84   ");
	assert_int_equal(fake.writes, 3);
	put(&h, "one\n");
	put(&h, "two\n");
	comes_out(&h, "\r \rone\ntwo\n");
	/* There is none to be taken away. */
	say_line(h.say, "", 0);
	nothing_comes_out(&h);
	say_line(h.say, "3", 1);
	say_line(h.say, "", 0);
	comes_out(&h, "\r3\r \r");
	say_line(h.say, "", 0);
	nothing_comes_out(&h);
	deaf(&h);
}

static void a_line_that_is_too_long_is_none(void **state)
{
	char text[SAY_LINE_MOST + 1];
	struct heard h;

	(void)state;
	hear_line_pipe(&h);
	memset(text, 'x', SAY_LINE_MOST);
	text[SAY_LINE_MOST] = '\0';
	say_line(h.say, text, 10);
	text[SAY_LINE_MOST - 1] = '\0';
	say_line(h.say, text, SAY_LINE_MOST);
	nothing_comes_out(&h);
	say_line(h.say, text, SAY_LINE_MOST - 1);
	comes_out(&h, "\r");
	comes_out(&h, text);
	put(&h, "x");
	free(take(&h, 2 + SAY_LINE_MOST - 1));
	comes_out(&h, "x");
	deaf(&h);
}

static void a_line_without_room_is_dropped(void **state)
{
	struct heard h;

	(void)state;
	hear_line_full_pipe(&h);
	say_line(h.say, "1%", 2);
	put(&h, "one\n");
	/* A message waits; it is not passed. */
	say_line(h.say, "2%", 2);
	make_way(&h);
	say_line(h.say, "3%", 2);
	comes_out(&h, "one\n");
	nothing_comes_out(&h);
	say_line(h.say, "4%", 2);
	comes_out(&h, "\r4%");
	deaf(&h);
}

static void a_line_that_cannot_go_goes_before_what_comes_next(void **state)
{
	struct heard h;
	size_t filled;

	(void)state;
	hear_line_pipe(&h);
	say_line(h.say, "1%", 2);
	comes_out(&h, "\r1%");
	filled = support_fill_pipe(h.fd[1]);
	say_line(h.say, "", 0);
	assert_true(is_woken(&h));
	put(&h, "one\n");
	free(take(&h, filled));
	say_finish(h.say, CLOCK_FOREVER);
	comes_out(&h, "\r  \rone\n");
	nothing_comes_out(&h);
	deaf(&h);
}

static void finish_in_a_thread(void *heard)
{
	struct heard *h = heard;

	say_finish(h->say, CLOCK_FOREVER);
}

static void a_line_that_is_over_is_waited_for_at_the_end(void **state)
{
	struct support_thread t;
	struct heard h;
	size_t filled;

	(void)state;
	hear_line_pipe(&h);
	say_line(h.say, "1%", 2);
	comes_out(&h, "\r1%");
	filled = support_fill_pipe(h.fd[1]);
	say_line(h.say, "", 0);
	support_start(&t, finish_in_a_thread, &h);
	assert_true(support_sleeps(&t));
	free(take(&h, filled));
	support_join(&t);
	comes_out(&h, "\r  \r");
	deaf(&h);
}

static void a_line_is_dropped_while_somebody_else_writes(void **state)
{
	struct heard h;
	struct support_thread t;

	(void)state;
	hear_line_pipe(&h);
	atomic_store(&fake.hold, true);
	support_start(&t, say_in_a_thread, &h);
	while (sem_wait(&fake.held) != 0)
		;
	say_line(h.say, "1%", 2);
	(void)sem_post(&fake.let_go);
	support_join(&t);
	comes_out(&h, "first\n");
	nothing_comes_out(&h);
	deaf(&h);
}

static void say_while_drawing(void)
{
	fake.on_write = NULL;
	say_put(chatty->say, "one\n", 4);
}

static void draw_while_drawing(void)
{
	fake.on_write = NULL;
	say_line(chatty->say, "2%", 2);
}

static void of_two_lines_at_once_one_is_dropped(void **state)
{
	struct heard h;

	(void)state;
	hear_line_pipe(&h);
	chatty = &h;
	fake.on_write = draw_while_drawing;
	say_line(h.say, "1%", 2);
	comes_out(&h, "\r1%");
	nothing_comes_out(&h);
	deaf(&h);
}

static void what_is_said_while_a_line_is_drawn_comes_behind_it(void **state)
{
	struct heard h;

	(void)state;
	hear_line_pipe(&h);
	chatty = &h;
	fake.on_write = say_while_drawing;
	say_line(h.say, "1%", 2);
	comes_out(&h, "\r1%\r  \rone\n");
	deaf(&h);
}

/* In the background of a terminal that stops those who write to it there. */
static int draw_behind(struct heard *h)
{
	int slave = h->fd[1];
	struct termios t;
	pid_t pid = fork();
	int status;

	if (pid != 0)
		return pid < 0 || waitpid(pid, &status, WUNTRACED) != pid ||
				       !WIFEXITED(status)
			       ? -1
			       : WEXITSTATUS(status);
	if (setpgid(0, 0) != 0 || tcgetattr(slave, &t) != 0)
		_exit(10);
	say_line(h->say, "1%", 2);
	/* It went behind just now. */
	h->say->line = 2;
	say_line(h->say, "", 0);
	fake.in_front = true;
	say_line(h->say, "2%", 2);
	_exit(0);
}

static int lead_session(struct heard *h)
{
	struct termios t;

	if (setsid() < 0 || ioctl(h->fd[1], TIOCSCTTY, 0) != 0 ||
		tcgetattr(h->fd[1], &t) != 0)
		return 11;
	t.c_lflag |= TOSTOP;
	if (tcsetattr(h->fd[1], TCSANOW, &t) != 0)
		return 12;
	return draw_behind(h);
}

static void in_the_background_nothing_is_drawn_and_nobody_stopped(void **state)
{
	struct heard h;
	int status;
	pid_t pid;

	(void)state;
	support_terminal(&h.fd[0], &h.fd[1]);
	hear(&h);
	say_open(h.say);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(lead_session(&h));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	/* What believed itself in front is all that came. */
	comes_out(&h, "\r2%");
	nothing_comes_out(&h);
	deaf(&h);
}

static void talk(void *heard)
{
	static atomic_int number;
	int me = atomic_fetch_add(&number, 1);

	for (int i = 0; i < SENTENCES; i++) {
		struct heard *h = heard;

		say_make_room(h->say);
		put(h, "%d %d\n", me, i);
	}
}

static void many_threads_say_whole_lines_in_their_order(void **state)
{
	struct support_thread t[TALKERS];
	int next[TALKERS] = {0}, me, i;
	struct heard h;
	FILE *in;

	(void)state;
	hear_pipe(&h);
	for (size_t j = 0; j < TALKERS; j++)
		support_start(&t[j], talk, &h);
	in = fdopen(h.fd[0], "r");
	assert_non_null(in);
	for (int n = 0; n < TALKERS * SENTENCES; n++) {
		assert_int_equal(fscanf(in, "%d %d\n", &me, &i), 2);
		assert_between((uintmax_t)me, 0, TALKERS - 1);
		assert_int_equal(i, next[me]++);
		if (n % 50 == 0)
			(void)say_more(h.say);
		if (n == TALKERS * SENTENCES - 200)
			break; /* the rest may need the end */
	}
	for (size_t j = 0; j < TALKERS; j++)
		support_join(&t[j]);
	say_finish(h.say, CLOCK_FOREVER);
	assert_int_equal(h.say->used, 0);
	(void)fclose(in);
	h.fd[0] = -1;
	deaf(&h);
}

#define say_test(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		say_test(a_message_is_one_write),
		say_test(behind_a_prompt_it_begins_a_line),
		say_test(the_inherited_description_keeps_its_flags),
		say_test(a_full_pipe_is_not_waited_for),
		say_test(nor_one_that_cannot_be_opened_once_more),
		say_test(nor_one_that_is_asked_before_each_write),
		say_test(what_was_opened_in_time_needs_no_more_rights),
		say_test(a_thread_waits_where_nothing_else_is_possible),
		say_test(a_terminal_that_was_stopped_is_not_waited_for),
		say_test(a_socket_is_not_waited_for),
		say_test(what_is_taken_in_part_is_said_once),
		say_test(nobody_who_listens_is_no_reason_to_wait),
		say_test(what_finds_no_room_is_counted_in_its_place),
		say_test(there_is_room_for_the_last_words),
		say_test(who_finds_it_taken_goes_on),
		say_test(nobody_is_kept_by_what_others_say),
		say_test(a_burst_waits_for_a_reader_that_is_slow),
		say_test(a_burst_waits_a_second_for_one_that_takes_nothing),
		say_test(in_a_hurry_nothing_waits_for_room),
		say_test(the_end_waits_once),
		say_test(
			a_line_is_replaced_by_the_next_and_taken_away_by_messages),
		say_test(a_line_that_is_too_long_is_none),
		say_test(a_line_without_room_is_dropped),
		say_test(a_line_that_cannot_go_goes_before_what_comes_next),
		say_test(a_line_that_is_over_is_waited_for_at_the_end),
		say_test(a_line_is_dropped_while_somebody_else_writes),
		say_test(of_two_lines_at_once_one_is_dropped),
		say_test(what_is_said_while_a_line_is_drawn_comes_behind_it),
		say_test(in_the_background_nothing_is_drawn_and_nobody_stopped),
		say_test(many_threads_say_whole_lines_in_their_order),
	};
	static const struct CMUnitTest in_files[] = {
		in_directory(a_regular_file_is_written_where_it_is),
	};

	fake.open = fake.nowait = fake.threads = true;
	return cmocka_run_group_tests(in_files, NULL, NULL) +
	       cmocka_run_group_tests(tests, NULL, NULL);
}
