/*
 * Tests of descriptors: every kind of file, waits that end in each way they
 * can, and what must never happen to a descriptor that others share.
 *
 * Interruptions and answers that no file gives on demand are made by functions
 * of this file in the place of the C library's.
 */
#define _GNU_SOURCE /* also where the program does without */
#include "config.h"

#include "io/fdio.h"

#include "io/clock.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct {
	unsigned interrupts; /* of read, poll and writev to come */
	unsigned polls;	     /* calls so far */
	bool takes_nothing;  /* writev says 0 */
	int close_error;     /* of each close, which is done */
	off_t memory;	     /* of the machine; 0: not known */
	off_t let_go;	     /* up to where posix_fadvise was told */
	unsigned advices;    /* calls of it */
} fake;

static bool interrupted(void)
{
	if (fake.interrupts == 0)
		return false;
	fake.interrupts--;
	errno = EINTR;
	return true;
}

ssize_t read(int fd, void *buf, size_t len)
{
	return interrupted() ? -1 : syscall(SYS_read, fd, buf, len);
}

int poll(struct pollfd *fds, nfds_t n, int timeout)
{
	/* As the system knows it: struct timespec may be a wider one. */
	long t[2] = {timeout / 1000, timeout % 1000 * 1000000L};

	fake.polls++;
	/* Not every processor has a system call poll. */
	return interrupted() ? -1
			     : (int)syscall(SYS_ppoll, fds, n,
				       timeout < 0 ? NULL : t, NULL, 0);
}

ssize_t writev(int fd, const struct iovec *iov, int n)
{
	if (fake.takes_nothing)
		return 0;
	return interrupted() ? -1 : syscall(SYS_writev, fd, iov, n);
}

ssize_t write(int fd, const void *buf, size_t len)
{
	return interrupted() ? -1 : syscall(SYS_write, fd, buf, len);
}

ssize_t pread(int fd, void *buf, size_t len, off_t at)
{
	/* A few bytes at once only. */
	return interrupted()
		       ? -1
		       : syscall(SYS_pread64, fd, buf, len < 3 ? len : 3, at);
}

long __real_sysconf(int name);
long __wrap_sysconf(int name);

long __wrap_sysconf(int name)
{
	if (name != _SC_PHYS_PAGES)
		return __real_sysconf(name);
	if (fake.memory == 0)
		return -1;
	return (long)(fake.memory / __real_sysconf(_SC_PAGESIZE));
}

int posix_fadvise(int fd, off_t from, off_t len, int advice)
{
	(void)fd;
	fake.advices++;
	/* Without a gap. */
	if (advice == POSIX_FADV_DONTNEED && from == fake.let_go)
		fake.let_go = from + len;
	return 0;
}

int close(int fd)
{
	int result = (int)syscall(SYS_close, fd);

	if (result == 0 && fake.close_error) {
		errno = fake.close_error;
		return -1;
	}
	return result;
}

static int set_up(void **state)
{
	memset(&fake, 0, sizeof(fake));
	return support_enter_directory(state);
}

/* Writes text that is to be taken as a whole. */
static void write_text(struct fdio *io, const char *text)
{
	struct iovec iov = {(void *)(uintptr_t)text, strlen(text)};
	size_t written = SIZE_MAX;

	assert_int_equal(fdio_writev(io, &iov, 1, FDIO_NO_WAKE, &written), 0);
	assert_int_equal(written, strlen(text));
}

static void reads(struct fdio *io, const char *want)
{
	char got[64];
	ssize_t n =
		fdio_read(io, got, sizeof(got), FDIO_NO_WAKE, CLOCK_FOREVER);

	assert_true(n >= 0);
	support_same(got, (size_t)n, want, strlen(want));
}

static void reads_error(struct fdio *io, int wake, int64_t deadline, int err)
{
	char got[64];

	assert_int_equal(fdio_read(io, got, sizeof(got), wake, deadline), err);
}

/* Files that need no waiting. */

static void a_file_is_read_to_its_end(void **state)
{
	struct stat st;
	struct fdio io;
	char got[4];

	(void)state;
	support_write("in", BYTES("abcdef"));
	assert_int_equal(fdio_open_input(&io, "in", true, &st), 0);
	assert_true(io.regular);
	assert_int_equal(fdio_read(&io, got, 4, FDIO_NO_WAKE, 0), 4);
	assert_memory_equal(got, "abcd", 4);
	reads(&io, "ef");
	reads(&io, "");
	assert_int_equal(io.waited, 0);
	assert_int_equal(fdio_close(&io), 0);
}

static void a_directory_opens_but_cannot_be_read(void **state)
{
	struct stat st;
	struct fdio io;

	(void)state;
	assert_int_equal(fdio_open_input(&io, ".", true, &st), 0);
	reads_error(&io, FDIO_NO_WAKE, CLOCK_FOREVER, -EISDIR);
	assert_int_equal(fdio_close(&io), 0);
}

static void a_missing_file_is_an_error(void **state)
{
	struct stat st;
	struct fdio io;

	(void)state;
	assert_int_equal(fdio_open_input(&io, "missing", true, &st), -ENOENT);
	assert_int_equal(fdio_close(&io), 0);
}

static void a_closed_descriptor_is_an_error(void **state)
{
	struct fdio io;
	int fd = dup(STDIN_FILENO);

	(void)state;
	assert_int_equal(close(fd), 0);
	assert_int_equal(fdio_init(&io, fd, O_RDONLY), -EBADF);
}

static void interrupted_calls_go_on(void **state)
{
	struct stat st;
	struct fdio io;
	int fd[2];

	(void)state;
	support_write("in", BYTES("abc"));
	assert_int_equal(fdio_open_input(&io, "in", true, &st), 0);
	fake.interrupts = 3;
	reads(&io, "abc");
	assert_int_equal(fdio_close(&io), 0);

	support_pipe(fd);
	assert_int_equal(fdio_init(&io, fd[1], O_WRONLY), 0);
	fake.interrupts = 3;
	write_text(&io, "xyz");
	assert_int_equal(fdio_close(&io), 0);
	assert_int_equal(fdio_init(&io, fd[0], O_RDONLY), 0);
	fake.interrupts = 3;
	reads(&io, "xyz");
	assert_int_equal(fdio_close(&io), 0);
	assert_int_equal(fake.interrupts, 0);
}

/* Waiting. */

static void a_wait_that_may_not_last_is_over_at_once(void **state)
{
	int fd[2];

	(void)state;
	support_pipe(fd);
	assert_int_equal(fdio_wait(fd[0], POLLIN, FDIO_NO_WAKE, 0), -EAGAIN);
	assert_int_equal(
		fdio_wait(fd[0], POLLIN, FDIO_NO_WAKE, clock_now()), -EAGAIN);
	assert_int_equal(fdio_wait(fd[0], POLLIN, FDIO_NO_WAKE, 1), -EAGAIN);
	assert_int_equal(fdio_wait(fd[1], POLLOUT, FDIO_NO_WAKE, 0), 0);
	(void)close(fd[0]);
	(void)close(fd[1]);
}

static void a_wait_lasts_until_its_deadline(void **state)
{
	int64_t deadline = clock_deadline(CLOCK_SECOND / 50);
	int fd[2];

	(void)state;
	support_pipe(fd);
	fake.interrupts = 2;
	assert_int_equal(
		fdio_wait(fd[0], POLLIN, FDIO_NO_WAKE, deadline), -EAGAIN);
	assert_true(clock_now() >= deadline);
	(void)close(fd[0]);
	(void)close(fd[1]);
}

static void being_woken_wins_over_being_ready(void **state)
{
	int fd[2];

	(void)state;
	support_pipe(fd);
	assert_int_equal(write(fd[1], "x", 1), 1);
	assert_int_equal(fdio_wait(fd[0], POLLIN, fd[0], 0), -ECANCELED);
	assert_int_equal(
		fdio_wait(fd[1], POLLOUT, fd[0], CLOCK_FOREVER), -ECANCELED);
	(void)close(fd[0]);
	(void)close(fd[1]);
}

static void a_deadline_beyond_counting_is_none(void **state)
{
	(void)state;
	assert_true(clock_deadline(CLOCK_FOREVER) == CLOCK_FOREVER);
	assert_true(clock_deadline(CLOCK_FOREVER - 1) == CLOCK_FOREVER);
	assert_true(clock_deadline(0) <= clock_now());
}

/* Reading what makes us wait. */

/* How the reading end of a pipe can be had. */
enum way {
	OWN,	  /* opened once more, as it comes */
	SHARED,	  /* as where /proc is missing */
	NONBLOCK, /* shared, and somebody set O_NONBLOCK on it */
	SOCKET,
	N_WAYS,
};

static void make_channel(struct fdio *io, int *other, enum way way, int flags)
{
	int mine = flags == O_RDONLY ? 0 : 1;
	int fd[2];

	if (way == SOCKET)
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	else
		support_pipe(fd);
	if (way == NONBLOCK)
		assert_int_equal(
			fcntl(fd[mine], F_SETFL, flags | O_NONBLOCK), 0);
	assert_int_equal(fdio_init(io, fd[mine], flags), 0);
	*other = fd[1 - mine];
	assert_false(io->regular);
	if (way == OWN) {
		assert_int_equal(io->own >= 0, HAVE_DECL_F_SETPIPE_SZ);
	} else if (io->own >= 0) {
		assert_int_equal(close(io->own), 0);
		io->own = -1;
	}
}

static void what_is_there_is_read_at_once(void **state)
{
	(void)state;
	for (int way = 0; way < N_WAYS; way++) {
		struct fdio io;
		int other;

		make_channel(&io, &other, (enum way)way, O_RDONLY);
		reads_error(&io, FDIO_NO_WAKE, 0, -EAGAIN);
		assert_int_equal(write(other, "one\ntwo", 7), 7);
		reads(&io, "one\ntwo");
		reads_error(&io, FDIO_NO_WAKE, 0, -EAGAIN);
		assert_int_equal(write(other, "x", 1), 1);
		assert_int_equal(close(other), 0);
		reads(&io, "x");
		reads(&io, "");
		reads(&io, "");
		assert_int_equal(fdio_close(&io), 0);
	}
}

static void a_read_gives_up_at_its_deadline(void **state)
{
	(void)state;
	for (int way = 0; way < N_WAYS; way++) {
		int64_t deadline = clock_deadline(CLOCK_SECOND / 100);
		struct fdio io;
		int other;

		make_channel(&io, &other, (enum way)way, O_RDONLY);
		reads_error(&io, FDIO_NO_WAKE, deadline, -EAGAIN);
		assert_true(clock_now() >= deadline);
		assert_true(io.waited > 0);
		assert_int_equal(fdio_close(&io), 0);
		assert_int_equal(close(other), 0);
	}
}

struct reading {
	struct fdio io;
	int wake;
	char got[64];
	ssize_t n;
};

static void read_in_thread(void *context)
{
	struct reading *r = context;

	r->n = fdio_read(
		&r->io, r->got, sizeof(r->got), r->wake, CLOCK_FOREVER);
}

static void a_waiting_read_returns_with_the_first_bytes(void **state)
{
	(void)state;
	for (int way = 0; way < N_WAYS; way++) {
		struct reading r = {.wake = FDIO_NO_WAKE};
		struct support_thread t;
		int other;
		bool slept;

		make_channel(&r.io, &other, (enum way)way, O_RDONLY);
		support_start(&t, read_in_thread, &r);
		slept = support_sleeps(&t);
		assert_int_equal(write(other, "x", 1), 1);
		support_join(&t);
		assert_true(slept);
		assert_int_equal(r.n, 1);
		assert_int_equal(r.got[0], 'x');
		assert_true(r.io.waited > 0);
		assert_int_equal(fdio_close(&r.io), 0);
		assert_int_equal(close(other), 0);
	}
}

static void a_waiting_read_can_be_woken(void **state)
{
	(void)state;
	for (int way = 0; way < N_WAYS; way++) {
		struct reading r;
		struct support_thread t;
		int other, wake[2];
		bool slept;

		make_channel(&r.io, &other, (enum way)way, O_RDONLY);
		support_pipe(wake);
		r.wake = wake[0];
		support_start(&t, read_in_thread, &r);
		slept = support_sleeps(&t);
		assert_int_equal(write(wake[1], "", 1), 1);
		support_join(&t);
		assert_true(slept);
		assert_int_equal(r.n, -ECANCELED);
		assert_int_equal(fdio_close(&r.io), 0);
		assert_int_equal(close(other), 0);
		(void)close(wake[0]);
		(void)close(wake[1]);
	}
}

static void flags_of_shared_descriptors_are_left_alone(void **state)
{
	static const int flags[] = {O_RDONLY, O_WRONLY};

	(void)state;
	for (size_t i = 0; i < COUNT(flags); i++) {
		for (int way = 0; way < N_WAYS; way++) {
			struct fdio io;
			int other, before, after;

			make_channel(&io, &other, (enum way)way, flags[i]);
			before = fcntl(io.fd, F_GETFL);
			if (flags[i] == O_WRONLY)
				write_text(&io, "x");
			else
				reads_error(&io, FDIO_NO_WAKE, 0, -EAGAIN);
			after = fcntl(io.fd, F_GETFL);
			assert_int_equal(after, before);
			assert_int_equal(
				(after & O_NONBLOCK) != 0, way == NONBLOCK);
			assert_int_equal(fdio_close(&io), 0);
			assert_int_equal(close(other), 0);
		}
	}
}

static void a_fifo_waits_for_its_first_writer(void **state)
{
	struct stat st;
	struct fdio io;
	int fd;

	(void)state;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(fdio_open_input(&io, "fifo", true, &st), 0);
	reads_error(&io, FDIO_NO_WAKE, 0, -EAGAIN);
	reads_error(&io, FDIO_NO_WAKE, clock_deadline(1), -EAGAIN);
	fd = open("fifo", O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	reads_error(&io, FDIO_NO_WAKE, 0, -EAGAIN);
	assert_int_equal(write(fd, "x", 1), 1);
	reads(&io, "x");
	reads_error(&io, FDIO_NO_WAKE, 0, -EAGAIN);
	assert_int_equal(close(fd), 0);
	reads(&io, "");
	assert_int_equal(fdio_close(&io), 0);
}

static void a_fifo_ends_with_a_writer_that_wrote_nothing(void **state)
{
	struct stat st;
	struct fdio io;
	int fd;

	(void)state;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(fdio_open_input(&io, "fifo", true, &st), 0);
	fd = open("fifo", O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	reads(&io, "");
	assert_int_equal(fdio_close(&io), 0);
}

static void a_wait_for_the_writer_of_a_fifo_can_be_woken(void **state)
{
	struct stat st;
	struct fdio io;
	int fd[2];

	(void)state;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(fdio_open_input(&io, "fifo", true, &st), 0);
	support_pipe(fd);
	assert_int_equal(close(fd[1]), 0);
	reads_error(&io, fd[0], CLOCK_FOREVER, -ECANCELED);
	assert_int_equal(close(fd[0]), 0);
	assert_int_equal(fdio_close(&io), 0);
}

static void a_terminal_is_read_a_line_at_a_time(void **state)
{
	struct fdio io;
	int master, slave;

	(void)state;
	support_terminal(&master, &slave);
	assert_int_equal(fdio_init(&io, slave, O_RDONLY), 0);
	reads_error(&io, FDIO_NO_WAKE, 0, -EAGAIN);
	assert_int_equal(write(master, "one\ntwo\n", 8), 8);
	reads(&io, "one\n");
	reads(&io, "two\n");
	assert_int_equal(write(master, "half", 4), 4);
	reads_error(&io, FDIO_NO_WAKE, 0, -EAGAIN);
	assert_int_equal(write(master, "\4", 1), 1); /* Ctrl-D */
	reads(&io, "half");
	assert_int_equal(write(master, "\4", 1), 1);
	reads(&io, "");
	assert_int_equal(fdio_close(&io), 0);
	assert_int_equal(close(master), 0);
}

/* Writing. */

static void all_parts_are_written_in_order(void **state)
{
	static char one[] = "one ", two[] = "two ", three[] = "three";
	const struct iovec iov[] = {{one, 4}, {NULL, 0}, {two, 4}, {three, 5}};
	struct fdio io;
	size_t written;

	(void)state;
	assert_int_equal(
		fdio_init(&io,
			open("out", O_WRONLY | O_CREAT | O_CLOEXEC, 0600),
			O_WRONLY),
		0);
	assert_true(io.regular);
	assert_int_equal(fdio_writev(&io, iov, 4, FDIO_NO_WAKE, &written), 0);
	assert_int_equal(written, 13);
	assert_int_equal(
		fdio_writev(&io, iov + 1, 1, FDIO_NO_WAKE, &written), 0);
	assert_int_equal(written, 0);
	assert_int_equal(fdio_writev(&io, iov, 0, FDIO_NO_WAKE, &written), 0);
	assert_int_equal(written, 0);
	assert_int_equal(fdio_close(&io), 0);
	support_file_is("out", BYTES("one two three"));
}

static void more_than_four_parts_are_refused(void **state)
{
	struct iovec iov[5] = {{NULL, 0}};
	struct fdio io = {.fd = -1, .own = -1};
	size_t written;

	(void)state;
	assert_int_equal(
		fdio_writev(&io, iov, 5, FDIO_NO_WAKE, &written), -EINVAL);
	assert_int_equal(written, 0);
}

static void what_a_limited_file_took_is_told(void **state)
{
	static char text[] = "abcdefgh";
	const struct iovec iov[] = {{text, 4}, {text + 4, 4}};
	struct rlimit limit, old;
	struct fdio io;
	size_t written = 0;
	int err;

	(void)state;
	assert_int_equal(
		fdio_init(&io,
			open("out", O_WRONLY | O_CREAT | O_CLOEXEC, 0600),
			O_WRONLY),
		0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit = old;
	limit.rlim_cur = 6;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	err = fdio_writev(&io, iov, 2, FDIO_NO_WAKE, &written);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(err, -EFBIG);
	assert_int_equal(written, 6);
	assert_int_equal(fdio_close(&io), 0);
	support_file_is("out", BYTES("abcdef"));
}

static void a_full_device_is_an_error(void **state)
{
	static char text[] = "x";
	const struct iovec iov = {text, 1};
	struct fdio io;
	size_t written;

	(void)state;
	assert_int_equal(fdio_init(&io, open("/dev/full", O_WRONLY | O_CLOEXEC),
				 O_WRONLY),
		0);
	assert_int_equal(
		fdio_writev(&io, &iov, 1, FDIO_NO_WAKE, &written), -ENOSPC);
	assert_int_equal(written, 0);
	assert_int_equal(fdio_close(&io), 0);
}

static void a_write_that_takes_nothing_is_no_endless_loop(void **state)
{
	static char text[] = "x";
	const struct iovec iov = {text, 1};
	struct fdio io;
	size_t written;

	(void)state;
	assert_int_equal(
		fdio_init(&io,
			open("out", O_WRONLY | O_CREAT | O_CLOEXEC, 0600),
			O_WRONLY),
		0);
	fake.takes_nothing = true;
	assert_int_equal(
		fdio_writev(&io, &iov, 1, FDIO_NO_WAKE, &written), -ENOSPC);
	assert_int_equal(fdio_close(&io), 0);
}

static void a_reader_that_went_away_is_an_error(void **state)
{
	static char text[] = "x";
	const struct iovec iov = {text, 1};

	(void)state;
	for (int way = 0; way < N_WAYS; way++) {
		struct fdio io;
		size_t written = 1;
		int other;

		make_channel(&io, &other, (enum way)way, O_WRONLY);
		assert_int_equal(close(other), 0);
		assert_int_equal(
			fdio_writev(&io, &iov, 1, FDIO_NO_WAKE, &written),
			-EPIPE);
		assert_int_equal(written, 0);
		assert_int_equal(fdio_close(&io), 0);
	}
}

static void a_message_without_a_byte_is_not_the_end(void **state)
{
	static const int kinds[] = {SOCK_DGRAM, SOCK_SEQPACKET};

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct fdio io;
		int fd[2], wake[2];

		assert_int_equal(socketpair(AF_UNIX, kinds[i], 0, fd), 0);
		assert_int_equal(fdio_init(&io, fd[0], O_RDONLY), 0);
		support_pipe(wake);
		assert_int_equal(send(fd[1], "", 0, 0), 0);
		assert_int_equal(send(fd[1], "one", 3, 0), 3);
		assert_int_equal(send(fd[1], "", 0, 0), 0);
		assert_int_equal(send(fd[1], "", 0, 0), 0);
		assert_int_equal(send(fd[1], "two", 3, 0), 3);
		reads(&io, "one");
		reads(&io, "two");
		reads_error(&io, FDIO_NO_WAKE, 0, -EAGAIN);
		/* Who reads can be woken behind one. */
		assert_int_equal(send(fd[1], "", 0, 0), 0);
		assert_int_equal(write(wake[1], "", 1), 1);
		reads_error(&io, wake[0], CLOCK_FOREVER, -ECANCELED);
		/* The other side goes away. */
		assert_int_equal(send(fd[1], "", 0, 0), 0);
		assert_int_equal(send(fd[1], "last", 4, 0), 4);
		assert_int_equal(send(fd[1], "", 0, 0), 0);
		assert_int_equal(close(fd[1]), 0);
		reads(&io, "last");
		/* Of datagrams somebody else may send some: nobody waits
		 * without sleeping for them. */
		fake.polls = 0;
		reads_error(&io, FDIO_NO_WAKE,
			clock_deadline(CLOCK_SECOND / 50),
			kinds[i] == SOCK_DGRAM ? -EAGAIN : 0);
		assert_true(fake.polls < 10);
		assert_int_equal(shutdown(fd[0], SHUT_RD), 0);
		reads_error(&io, FDIO_NO_WAKE, CLOCK_FOREVER, 0);
		assert_int_equal(fdio_close(&io), 0);
		assert_int_equal(close(wake[0]), 0);
		assert_int_equal(close(wake[1]), 0);
	}
}

/* Who sends may end that, and read on. */
static void messages_end_where_nobody_sends_more(void **state)
{
	struct fdio io;
	int fd[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0);
	assert_int_equal(fdio_init(&io, fd[0], O_RDONLY), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(send(fd[1], "", 0, 0), 0);
	assert_int_equal(send(fd[1], "one", 3, 0), 3);
	assert_int_equal(shutdown(fd[1], SHUT_WR), 0);
	reads(&io, "one");
	reads_error(&io, FDIO_NO_WAKE, CLOCK_FOREVER, 0);
	reads_error(&io, FDIO_NO_WAKE, 0, 0);
	assert_int_equal(fdio_close(&io), 0);
	assert_int_equal(close(fd[1]), 0);
}

static volatile sig_atomic_t pipe_signals;

static void count_pipe_signal(int sig)
{
	(void)sig;
	pipe_signals = pipe_signals + 1;
}

static void a_socket_whose_reader_went_away_raises_no_signal(void **state)
{
	static char text[] = "x";
	const struct iovec iov = {text, 1};
	struct fdio io;
	size_t written;
	int fd[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	assert_int_equal(fdio_init(&io, fd[0], O_WRONLY), 0);
	assert_int_equal(close(fd[1]), 0);
	(void)signal(SIGPIPE, count_pipe_signal);
	assert_int_equal(
		fdio_writev(&io, &iov, 1, FDIO_NO_WAKE, &written), -EPIPE);
	(void)signal(SIGPIPE, SIG_IGN);
	/* Else it has to be blocked or ignored, as for pipes. */
	assert_int_equal(pipe_signals, HAVE_DECL_MSG_NOSIGNAL ? 0 : 1);
	assert_int_equal(fdio_close(&io), 0);
}

static void a_pipe_that_had_no_reader_from_the_start_is_an_error(void **state)
{
	static char text[] = "x";
	const struct iovec iov = {text, 1};
	struct fdio io;
	size_t written;
	int fd[2];

	(void)state;
	support_pipe(fd);
	assert_int_equal(close(fd[0]), 0);
	assert_int_equal(fdio_init(&io, fd[1], O_WRONLY), 0);
	assert_int_equal(
		fdio_writev(&io, &iov, 1, FDIO_NO_WAKE, &written), -EPIPE);
	assert_int_equal(fdio_close(&io), 0);
}

enum {
	LONG = 3000000 /* more than any pipe holds */
};

struct writing {
	struct fdio io;
	int wake;
	char *text;
	size_t written;
	int err;
};

static void write_in_thread(void *context)
{
	struct writing *w = context;
	const struct iovec iov[] = {
		{w->text, LONG / 3}, {w->text + LONG / 3, LONG - LONG / 3}};

	w->err = fdio_writev(&w->io, iov, 2, w->wake, &w->written);
}

static void begin_writing(struct writing *w, int *other, enum way way, int wake)
{
	uint32_t seed = 5;

	*w = (struct writing){.wake = wake, .text = support_allocate(LONG)};
	for (size_t i = 0; i < LONG; i++)
		w->text[i] = (char)support_random(&seed);
	make_channel(&w->io, other, way, O_WRONLY);
}

static void a_long_write_goes_on_as_its_reader_does(void **state)
{
	(void)state;
	for (int way = 0; way < N_WAYS; way++) {
		struct support_thread t;
		struct writing w;
		size_t n = 0;
		bool slept;
		int other;
		char *got = support_allocate(LONG);

		begin_writing(&w, &other, (enum way)way, FDIO_NO_WAKE);
		support_start(&t, write_in_thread, &w);
		slept = support_sleeps(&t);
		while (n < LONG) {
			ssize_t r = read(other, got + n, LONG - n);

			assert_true(r > 0);
			n += (size_t)r;
		}
		support_join(&t);
		assert_true(slept);
		assert_int_equal(w.err, 0);
		assert_int_equal(w.written, LONG);
		assert_true(w.io.waited > 0);
		support_same(got, n, w.text, LONG);
		assert_int_equal(fdio_close(&w.io), 0);
		assert_int_equal(close(other), 0);
		free(w.text);
		free(got);
	}
}

static void a_write_that_waits_can_be_woken(void **state)
{
	(void)state;
	for (int way = 0; way < N_WAYS; way++) {
		struct support_thread t;
		struct writing w;
		int other, wake[2];
		size_t len;
		char *got;
		bool slept;

		support_pipe(wake);
		begin_writing(&w, &other, (enum way)way, wake[0]);
		support_start(&t, write_in_thread, &w);
		slept = support_sleeps(&t);
		assert_int_equal(close(wake[1]), 0);
		support_join(&t);
		assert_true(slept);
		assert_int_equal(w.err, -ECANCELED);
		assert_int_equal(fdio_close(&w.io), 0);
		got = support_read_all(other, &len);
		assert_true(len < LONG);
		support_same(got, len, w.text, w.written);
		assert_int_equal(close(other), 0);
		assert_int_equal(close(wake[0]), 0);
		free(w.text);
		free(got);
	}
}

static void a_write_that_need_not_wait_is_not_woken(void **state)
{
	static char text[] = "x";
	const struct iovec iov = {text, 1};
	struct fdio io;
	size_t written;
	int other, wake[2];

	(void)state;
	support_pipe(wake);
	assert_int_equal(close(wake[1]), 0);
	make_channel(&io, &other, OWN, O_WRONLY);
	/* Where it was not opened once more, it is asked first. */
	assert_int_equal(fdio_writev(&io, &iov, 1, wake[0], &written),
		io.own >= 0 ? 0 : -ECANCELED);
	assert_int_equal(written, io.own >= 0 ? 1 : 0);
	assert_int_equal(fdio_close(&io), 0);
	assert_int_equal(close(other), 0);
	assert_int_equal(close(wake[0]), 0);
}

#if HAVE_DECL_F_SETPIPE_SZ
static void a_pipe_grows_only_when_it_was_full(void **state)
{
	static unsigned char text[1 << 17];
	struct iovec iov = {text, 100};
	struct fdio in, out;
	size_t written;
	int fds[2], size;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	size = fcntl(fds[0], F_GETPIPE_SZ);
	assert_int_equal(size, 65536); /* or the test means nothing */
	assert_int_equal(fdio_init(&in, fds[0], O_RDONLY), 0);
	assert_int_equal(fdio_init(&out, fds[1], O_WRONLY), 0);
	assert_int_equal(fdio_writev(&out, &iov, 1, FDIO_NO_WAKE, &written), 0);
	assert_int_equal(
		fdio_read(&in, text, sizeof(text), FDIO_NO_WAKE, 0), 100);
	assert_int_equal(fcntl(in.fd, F_GETPIPE_SZ), size);

	iov.iov_len = (size_t)size;
	assert_int_equal(fdio_writev(&out, &iov, 1, FDIO_NO_WAKE, &written), 0);
	assert_int_equal(fcntl(in.fd, F_GETPIPE_SZ), size);
	assert_int_equal(
		fdio_read(&in, text, sizeof(text), FDIO_NO_WAKE, 0), size);
	assert_true(fcntl(in.fd, F_GETPIPE_SZ) > size);

	assert_int_equal(fcntl(in.fd, F_SETPIPE_SZ, size), size);
	iov.iov_len = (size_t)size + 1;
	assert_int_equal(fdio_writev(&out, &iov, 1, FDIO_NO_WAKE, &written), 0);
	assert_true(fcntl(in.fd, F_GETPIPE_SZ) > size);
	assert_int_equal(fdio_close(&in), 0);
	assert_int_equal(fdio_close(&out), 0);
}
#endif

static void a_shared_pipe_with_little_room_is_not_written_to(void **state)
{
	char page[PIPE_BUF];
	struct support_thread t;
	struct writing w;
	int other, wake[2];
	bool slept;
	size_t len;
	char *got;

	(void)state;
	/* One page of room. A write of more would block in write(2), where
	 * nothing can wake it: this test would not end. */
	support_pipe(wake);
	begin_writing(&w, &other, SHARED, wake[0]);
	(void)support_fill_pipe(w.io.fd);
	assert_int_equal(read(other, page, sizeof(page)), sizeof(page));
	support_start(&t, write_in_thread, &w);
	slept = support_sleeps(&t);
	assert_int_equal(close(wake[1]), 0);
	support_join(&t);
	assert_true(slept);
	assert_int_equal(w.err, -ECANCELED);
	assert_true(w.written <= PIPE_BUF);
	assert_int_equal(fdio_close(&w.io), 0);
	got = support_read_all(other, &len);
	assert_true(len >= w.written);
	assert_memory_equal(got + len - w.written, w.text, w.written);
	assert_int_equal(close(other), 0);
	assert_int_equal(close(wake[0]), 0);
	free(w.text);
	free(got);
}

static void a_terminal_can_be_written_to(void **state)
{
	int master, slave;
	char got[16] = "";
	struct fdio io;

	(void)state;
	support_terminal(&master, &slave);
	assert_int_equal(fdio_init(&io, slave, O_WRONLY), 0);
	write_text(&io, "SHOWN\n");
	assert_int_equal(read(master, got, sizeof(got)), 6);
	assert_string_equal(got, "SHOWN\n");
	assert_false(fcntl(slave, F_GETFL) & O_NONBLOCK);
	assert_int_equal(fdio_close(&io), 0);
	assert_int_equal(close(master), 0);
}

/* /proc/self/fd leads from a master to the device that makes new ones. */
static void what_is_written_to_a_master_comes_out_at_its_slave(void **state)
{
	int master, slave;
	char got[16] = "";
	struct fdio io;

	(void)state;
	support_terminal(&master, &slave);
	assert_int_equal(fdio_init(&io, master, O_WRONLY), 0);
	write_text(&io, "TYPED\n");
	assert_int_equal(fcntl(slave, F_SETFL, O_RDWR | O_NONBLOCK), 0);
	assert_int_equal(read(slave, got, sizeof(got)), 6);
	assert_string_equal(got, "TYPED\n");
	assert_int_equal(fdio_close(&io), 0);
	assert_int_equal(close(slave), 0);
}

/* One write that does not wait, for what the system has such a write: the
 * rest is seen in test-say. */
static void one_write_takes_what_fits_and_does_not_wait(void **state)
{
	char got[16] = "";
	struct fdio io;
	int fd[2];

	(void)state;
	support_pipe(fd);
	assert_int_equal(fdio_init(&io, fd[1], O_WRONLY), 0);
#ifdef HAVE_PWRITEV2
	fake.interrupts = 3;
	assert_int_equal(fdio_try_write(&io, "told\n", 5), 5);
	assert_int_equal(fake.interrupts, 0);
	assert_int_equal(read(fd[0], got, sizeof(got)), 5);
	assert_string_equal(got, "told\n");
	(void)support_fill_pipe(fd[1]);
	assert_int_equal(fdio_try_write(&io, "told\n", 5), -EAGAIN);
	assert_int_equal(close(fd[0]), 0);
	assert_int_equal(fdio_try_write(&io, "told\n", 5), -EPIPE);
#else
	(void)got;
	assert_int_equal(fdio_try_write(&io, "told\n", 5), -EOPNOTSUPP);
	assert_int_equal(close(fd[0]), 0);
#endif
	assert_int_equal(fdio_close(&io), 0);
}

/* Files and the memory of others. */

#define MIB (1024 * 1024)

/* Reads all of "in", of which the machine's memory is so many times. */
static void read_through(off_t size, off_t memory)
{
	char *buf = support_allocate(MIB);
	struct stat st;
	struct fdio io;
	ssize_t n;

	support_write("in", "", 0);
	assert_int_equal(truncate("in", size), 0);
	fake.memory = memory;
	fake.let_go = fake.advices = 0;
	assert_int_equal(fdio_open_input(&io, "in", true, &st), 0);
	do
		n = fdio_read(&io, buf, MIB, FDIO_NO_WAKE, CLOCK_FOREVER);
	while (n > 0);
	assert_int_equal(n, 0);
	assert_int_equal(fdio_close(&io), 0);
	free(buf);
}

static void a_file_larger_than_half_of_the_memory_lets_go_of_itself(
	void **state)
{
	(void)state;
	read_through(36 * MIB, 71 * MIB);
#ifdef HAVE_POSIX_FADVISE
	assert_int_equal(fake.advices, 4);
	assert_int_equal(fake.let_go, 32 * MIB);
#else
	assert_int_equal(fake.advices, 0);
#endif
}

static void a_file_that_fits_half_of_the_memory_stays_there(void **state)
{
	(void)state;
	read_through(36 * MIB, 72 * MIB);
	assert_int_equal(fake.advices, 0);
	/* Nor is anything done where the memory is not known. */
	read_through(36 * MIB, 0);
	assert_int_equal(fake.advices, 0);
}

static void a_large_output_lets_go_of_what_is_on_the_disk(void **state)
{
	char *text = support_allocate(MIB);
	struct iovec iov = {text, MIB};
	size_t written;
	struct fdio io;

	(void)state;
	memset(text, 'x', MIB);
	fake.memory = 48 * MIB;
	assert_int_equal(
		fdio_init(&io,
			open("out", O_WRONLY | O_CREAT | O_CLOEXEC, 0666),
			O_WRONLY),
		0);
	for (int i = 0; i < 56; i++)
		assert_int_equal(
			fdio_writev(&io, &iov, 1, FDIO_NO_WAKE, &written), 0);
		/* 8 MiB that have just been sent on their way, and 32 behind
		 * them. */
#ifdef HAVE_POSIX_FADVISE
	assert_int_equal(fake.let_go, 16 * MIB);
#endif
	assert_int_equal(fdio_close(&io), 0);
	free(text);
}

/* Closing. */

static void bytes_at_a_place_are_read_as_a_whole(void **state)
{
	char got[8] = "";
	int fd;

	(void)state;
	support_write("file", BYTES("0123456789"));
	fd = open("file", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	fake.interrupts = 3;
	assert_int_equal(fdio_read_at(fd, got, 7, 2), 0);
	assert_string_equal(got, "2345678");
	assert_int_equal(fdio_read_at(fd, got, 0, 99), 0);
	assert_int_equal(fdio_read_at(fd, got, 7, 3), 0);
	assert_string_equal(got, "3456789");
	assert_int_equal(fdio_read_at(fd, got, 7, 4), -FDIO_SHORT);
	assert_int_equal(close(fd), 0);
	assert_int_equal(fdio_read_at(fd, got, 7, 3), -EBADF);
}

static void closing_tells_late_errors(void **state)
{
	struct stat st;
	struct fdio io;

	(void)state;
	support_write("in", "", 0);
	assert_int_equal(fdio_open_input(&io, "in", true, &st), 0);
	fake.close_error = EIO;
	assert_int_equal(fdio_close(&io), -EIO);
	fake.close_error = 0;
	assert_int_equal(fdio_close(&io), 0);
}

static void closing_is_done_also_when_interrupted(void **state)
{
	struct stat st;
	struct fdio io;
	int fd;

	(void)state;
	support_write("in", "", 0);
	assert_int_equal(fdio_open_input(&io, "in", true, &st), 0);
	fd = io.fd;
	fake.close_error = EINTR;
	assert_int_equal(fdio_close(&io), 0);
	fake.close_error = 0;
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void closing_leaves_nothing_open(void **state)
{
	int before = dup(STDIN_FILENO), after;

	(void)state;
	assert_int_equal(close(before), 0);
	for (int way = 0; way < N_WAYS; way++) {
		struct fdio io;
		int other;

		make_channel(&io, &other, (enum way)way, O_RDONLY);
		assert_int_equal(fdio_close(&io), 0);
		assert_int_equal(fdio_close(&io), 0);
		assert_int_equal(close(other), 0);
	}
	after = dup(STDIN_FILENO);
	assert_int_equal(after, before);
	assert_int_equal(close(after), 0);
}

/* The standard descriptors, in a child that has closed those in `closed`, one
 * bit for each. Exits 0 if all is as it should be. */
static void guard_in_child(unsigned closed)
{
	char c = 0;
	int wrong = 0;

	for (int fd = 0; fd <= 2; fd++)
		if (closed & 1U << fd)
			(void)close(fd);
	if (fdio_guard_standard() != 0)
		_exit(100);
	for (int fd = 0; fd <= 2; fd++)
		wrong |= fcntl(fd, F_GETFD) < 0;
	if (closed & 1)
		wrong |= read(0, &c, 1) != -1 || errno != EBADF ? 2 : 0;
	if (closed & 2)
		wrong |= write(1, &c, 1) != -1 || errno != EBADF ? 4 : 0;
	if (closed & 4)
		wrong |= write(2, &c, 1) != -1 || errno != EBADF ? 8 : 0;
	_exit(wrong);
}

static void closed_standard_descriptors_are_occupied_and_fail(void **state)
{
	(void)state;
	for (unsigned closed = 0; closed < 8; closed++) {
		pid_t pid = fork();
		int status;

		assert_true(pid >= 0);
		if (pid == 0)
			guard_in_child(closed);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

#define fdio_test(name) \
	cmocka_unit_test_setup_teardown(name, set_up, support_leave_directory)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		fdio_test(a_file_is_read_to_its_end),
		fdio_test(a_directory_opens_but_cannot_be_read),
		fdio_test(a_missing_file_is_an_error),
		fdio_test(a_closed_descriptor_is_an_error),
		fdio_test(interrupted_calls_go_on),
		fdio_test(a_wait_that_may_not_last_is_over_at_once),
		fdio_test(a_wait_lasts_until_its_deadline),
		fdio_test(being_woken_wins_over_being_ready),
		fdio_test(a_deadline_beyond_counting_is_none),
		fdio_test(what_is_there_is_read_at_once),
		fdio_test(a_read_gives_up_at_its_deadline),
		fdio_test(a_waiting_read_returns_with_the_first_bytes),
		fdio_test(a_waiting_read_can_be_woken),
		fdio_test(flags_of_shared_descriptors_are_left_alone),
		fdio_test(a_fifo_waits_for_its_first_writer),
		fdio_test(a_fifo_ends_with_a_writer_that_wrote_nothing),
		fdio_test(a_wait_for_the_writer_of_a_fifo_can_be_woken),
		fdio_test(a_terminal_is_read_a_line_at_a_time),
		fdio_test(all_parts_are_written_in_order),
		fdio_test(more_than_four_parts_are_refused),
		fdio_test(what_a_limited_file_took_is_told),
		fdio_test(a_full_device_is_an_error),
		fdio_test(a_write_that_takes_nothing_is_no_endless_loop),
		fdio_test(a_reader_that_went_away_is_an_error),
		fdio_test(a_message_without_a_byte_is_not_the_end),
		fdio_test(messages_end_where_nobody_sends_more),
		fdio_test(a_socket_whose_reader_went_away_raises_no_signal),
		fdio_test(a_pipe_that_had_no_reader_from_the_start_is_an_error),
		fdio_test(a_long_write_goes_on_as_its_reader_does),
		fdio_test(a_write_that_waits_can_be_woken),
		fdio_test(a_write_that_need_not_wait_is_not_woken),
#if HAVE_DECL_F_SETPIPE_SZ
		fdio_test(a_pipe_grows_only_when_it_was_full),
#endif
		fdio_test(a_shared_pipe_with_little_room_is_not_written_to),
		fdio_test(a_terminal_can_be_written_to),
		fdio_test(what_is_written_to_a_master_comes_out_at_its_slave),
		fdio_test(one_write_takes_what_fits_and_does_not_wait),
		fdio_test(
			a_file_larger_than_half_of_the_memory_lets_go_of_itself),
		fdio_test(a_file_that_fits_half_of_the_memory_stays_there),
		fdio_test(a_large_output_lets_go_of_what_is_on_the_disk),
		fdio_test(bytes_at_a_place_are_read_as_a_whole),
		fdio_test(closing_tells_late_errors),
		fdio_test(closing_is_done_also_when_interrupted),
		fdio_test(closing_leaves_nothing_open),
		fdio_test(closed_standard_descriptors_are_occupied_and_fail),
	};

	/* As in the program: these are told by write(2). */
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)alarm(1200);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
