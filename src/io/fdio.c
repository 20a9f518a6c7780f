#include "config.h"

#include "io/fdio.h"

#include "io/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined HAVE_LINUX_MAJOR_H && defined HAVE_SYS_SYSMACROS_H
#include <linux/major.h>
#include <sys/sysmacros.h>
#define IS_MEMORY(device) (major(device) == MEM_MAJOR)
#else
#define IS_MEMORY(device) false /* it is asked with poll each time */
#endif

/* Where there is none, a socket that nobody reads from gives a SIGPIPE, as a
 * pipe does: that is blocked or ignored. */
#if HAVE_DECL_MSG_NOSIGNAL
#define NO_SIGNAL MSG_NOSIGNAL
#else
#define NO_SIGNAL 0
#endif

/* Nobody writes to what is read from: POLLHUP may say that only when nobody
 * reads either. */
#if HAVE_DECL_POLLRDHUP
#define READ_HANGUP POLLRDHUP
#else
#define READ_HANGUP 0
#endif

#define FDIO_MAX_IOV 4

/* A wait of so many nanoseconds was one: poll had to put the thread to sleep.
 * One that finds the input ready takes less than half of it. */
#define LATE 4000

/* What a pipe that is kept busy grows to. `cat F | upcase-pipe | cat` took, of
 * the time with pipes of the usual 64 KiB, 0.66 with 256 KiB, 0.62 with 512 KiB
 * and 0.60 with 1 MiB (Russian; a log has its best with 256 KiB already). A
 * user may have 64 MiB in all pipes before new ones are made tiny (pipe(7)), so
 * no more than is of use. */
#define BUSY_PIPE (512 * 1024)

/* Read at once, so many bytes are a pipe that was full. */
#define FULL_PIPE (64 * 1024)

/* A read that does not wait passes over so many messages without a byte. */
#define EMPTY_MOST 1000
/* Fills fd, the lowest number that is free, such that reading and writing give
 * EBADF, as they would have if nothing were there, and so that no name leads to
 * anything behind it, as /dev/stdout would: by a symbolic link as a mere place.
 * Where there is no such thing, by the wrong way round. */
static int fill(int fd)
{
	int filled = -1;

#if HAVE_DECL_O_PATH
	filled = open("/proc/self", O_PATH | O_NOFOLLOW);
#endif
	if (filled < 0)
		filled = open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
	return filled;
}

int fdio_guard_standard(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && fill(fd) != fd)
			return -errno;
	return 0;
}

/* Whether fd never keeps its user waiting, or not so that poll would tell. */
static bool never_waits(const struct stat *st)
{
	if (S_ISCHR(st->st_mode)) /* /dev/null, /dev/full and the like */
		return IS_MEMORY(st->st_rdev);
	if (S_ISLNK(st->st_mode)) /* what `fill` puts there */
		return true;
	return S_ISREG(st->st_mode) || S_ISBLK(st->st_mode) ||
	       S_ISDIR(st->st_mode);
}

/* Whether fd, a terminal, is the master of a pseudoterminal: what is found by
 * its name is the device that makes new ones. */
static bool is_pty_master(int fd)
{
#if HAVE_DECL_TIOCGPTN
	unsigned number;

	return ioctl(fd, TIOCGPTN, &number) == 0;
#else
	return ptsname(fd) != NULL;
#endif
}

static enum fdio_socket kind_of_socket(int fd)
{
	int type = SOCK_STREAM;
	socklen_t len = sizeof(type);

	/* It fails for descriptors that are no sockets, only. */
	(void)getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
	return type == SOCK_STREAM ? FDIO_STREAM : FDIO_MESSAGES;
}

/* The file behind fd on an open file description of our own, on which
 * O_NONBLOCK harms nobody; -1 where that is not possible (no /proc, no
 * permission, not that kind of file). */
static int own_description(int fd, int flags)
{
	char path[PATH_MAX];

#if HAVE_DECL_F_SETPIPE_SZ /* as long as Linux has it */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
#else
	/* Elsewhere such a name may give the same description once more; but
	 * a terminal has one of its own. */
	if (ttyname_r(fd, path, sizeof(path)) != 0)
		return -1;
#endif
	return open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

int fdio_init(struct fdio *io, int fd, int flags)
{
	struct stat st;

	*io = (struct fdio){.fd = fd, .own = -1};
	if (fstat(fd, &st) < 0)
		return -errno;
	io->regular = never_waits(&st);
	if (S_ISSOCK(st.st_mode))
		io->socket = kind_of_socket(fd);
	io->file = S_ISREG(st.st_mode);
	io->output = flags == O_WRONLY;
	io->size = st.st_size;
	io->may_grow = S_ISFIFO(st.st_mode);
	/* A terminal, too: who was stopped in a read in the background would
	 * be stuck in it when in the foreground again. */
	if (S_ISFIFO(st.st_mode) ||
		(S_ISCHR(st.st_mode) && isatty(fd) && !is_pty_master(fd)))
		io->own = own_description(fd, flags);
	return 0;
}

void fdio_init_new(struct fdio *io, int fd)
{
	*io = (struct fdio){.fd = fd,
		.own = -1,
		.regular = true,
		.file = true,
		.output = true};
}

int fdio_open_input(
	struct fdio *io, const char *path, bool wait, struct stat *st)
{
	/* O_NONBLOCK for FIFOs: an open that waits for a writer could not be
	 * woken. For regular files it means that a lease (of a file server)
	 * is not waited for. */
	int flags = O_RDONLY | O_NOCTTY | O_CLOEXEC;
	int fd = open(path, flags | O_NONBLOCK);

	if (fd < 0 && errno == EWOULDBLOCK && wait)
		fd = open(path, flags);
	*io = (struct fdio){.fd = -1, .own = -1};
	if (fd < 0)
		return -errno;
	if (fstat(fd, st) < 0) {
		int err = -errno;

		(void)close(fd);
		return err;
	}
	io->fd = fd;
	io->regular = never_waits(st);
	io->file = S_ISREG(st->st_mode);
	io->size = st->st_size;
	io->wait_open = io->may_grow = S_ISFIFO(st->st_mode);
	if (!io->regular)
		io->own = fd;
	return 0;
}

int fdio_close(struct fdio *io)
{
	int err = 0;

	if (io->own >= 0 && io->own != io->fd && close(io->own) < 0)
		err = -errno;
	if (io->fd >= 0 && close(io->fd) < 0 && !err)
		err = -errno;
	io->fd = io->own = -1;
	/* Linux closes the descriptor also when it says EINTR. */
	return err == -EINTR ? 0 : err;
}

/* poll's timeout for a deadline: milliseconds, rounded up so that a wait is
 * never cut short into a busy loop. */
static int poll_timeout(int64_t deadline)
{
	int64_t left;

	if (deadline == CLOCK_FOREVER)
		return -1;
	if (deadline == 0)
		return 0;
	left = deadline - clock_now();
	if (left <= 0)
		return 0;
	left = (left - 1) / (CLOCK_SECOND / 1000) + 1;
	return left > INT_MAX ? INT_MAX : (int)left;
}

int fdio_wait(int fd, short events, int wake, int64_t deadline)
{
	struct pollfd p[2] = {
		{.fd = fd, .events = events},
		{.fd = wake, .events = POLLIN}, /* -1: poll passes it over */
	};

	for (;;) {
		int timeout = poll_timeout(deadline);
		int n = poll(p, 2, timeout);

		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		if (n > 0)
			return p[1].revents ? -ECANCELED : 0;
		if (n == 0 && poll_timeout(deadline) == 0)
			return -EAGAIN;
	}
}

/* fdio_wait for a descriptor of io, timed. */
static int wait_for(struct fdio *io, short events, int wake, int64_t deadline)
{
	int fd = io->own >= 0 ? io->own : io->fd;
	int64_t begin;
	int err;

	if (deadline == 0)
		return fdio_wait(fd, events, wake, 0);
	begin = clock_now();
	err = fdio_wait(fd, events, wake, deadline);
	io->waited += clock_now() - begin;
	return err;
}

bool fdio_is_woken(int wake)
{
	struct pollfd p = {.fd = wake, .events = POLLIN};

	return wake >= 0 && poll(&p, 1, 0) > 0;
}

size_t fdio_waiting(const struct fdio *io)
{
	int n = 0;

	if (io->socket == FDIO_MESSAGES)
		return FDIO_MESSAGES_WAITING;
	if (io->regular || ioctl(io->fd, FIONREAD, &n) < 0 || n < 0)
		return 0;
	return (size_t)n;
}

/* Makes a busy pipe larger. The system may refuse; then it works as it is. */
static void grow_pipe(struct fdio *io)
{
#if HAVE_DECL_F_SETPIPE_SZ
	int size = fcntl(io->fd, F_GETPIPE_SZ);

	if (size > 0 && size < BUSY_PIPE)
		(void)fcntl(io->fd, F_SETPIPE_SZ, BUSY_PIPE);
#endif
	io->may_grow = false;
}

/* How often drop_behind looks, and how far behind the end of an output it
 * stays, so that the disk has done with what it lets go. */
#define DROP_STEP (8 * 1024 * 1024)
#define DROP_LAG  (4 * (off_t)DROP_STEP)

/* Half of the memory, in bytes; 0 where that is not known. */
static off_t half_of_memory(void)
{
#if HAVE_DECL__SC_PHYS_PAGES
	long pages = sysconf(_SC_PHYS_PAGES);
	long size = sysconf(_SC_PAGESIZE);

	if (pages > 0 && size > 0)
		return (off_t)pages * size / 2;
#endif
	return 0;
}

/* Lets go of pages, if the system lets us say so. */
static void drop(int fd, off_t from, off_t to)
{
#ifdef HAVE_POSIX_FADVISE
	(void)posix_fadvise(fd, from, to - from, POSIX_FADV_DONTNEED);
#else
	(void)fd;
	(void)from;
	(void)to;
#endif
}

/* Lets go of an output's pages up to `now`, which are on their way to the disk
 * first: only then can they go. */
static void drop_output(struct fdio *io, off_t now, off_t step)
{
#ifdef HAVE_SYNC_FILE_RANGE
	off_t to = now - step - DROP_LAG;

	(void)sync_file_range(io->fd, now - step, step, SYNC_FILE_RANGE_WRITE);
	if (to > io->dropped) {
		drop(io->fd, io->dropped, to);
		io->dropped = to;
	}
#else
	(void)io;
	(void)now;
	(void)step;
#endif
}

/*
 * After n bytes more of a regular file. One that is larger than half of the
 * memory will not be in the cache as a whole anyway, but on its way it drives
 * out what is: 1 GB with 300 MB of memory drove out another file that was in
 * constant use in two runs of three (cat: in all). Without its own pages it did
 * so in none, and took 0.8 to 0.9 of the time. Nothing is done for smaller
 * files: whoever uses the output next finds it in the cache. posix_fadvise's
 * SEQUENTIAL and NOREUSE changed neither, and fallocate would only make the
 * system write more. What the calls say does not matter: this is for others.
 */
static void drop_behind(struct fdio *io, ssize_t n)
{
	off_t half, now, step;

	io->passed += n;
	step = io->passed - io->noted;
	if (!io->file || step < DROP_STEP)
		return;
	half = half_of_memory();
	now = lseek(io->fd, 0, SEEK_CUR);
	io->noted = io->passed;
	if (half == 0 || now < 0)
		return;
	if (io->passed <= half && (io->output || io->size <= half))
		return;
	if (io->output) {
		drop_output(io, now, step);
		return;
	}
	if (now > io->dropped)
		drop(io->fd, io->dropped, now);
	io->dropped = now;
}

/* One message, whole: of one that is longer the rest would be gone. */
static ssize_t read_message(int fd, void *buf, size_t len)
{
	struct iovec iov = {buf, len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n = recvmsg(fd, &msg, MSG_DONTWAIT);

	if (n >= 0 && (msg.msg_flags & MSG_TRUNC)) {
		errno = EMSGSIZE;
		return -1;
	}
	return n;
}

/* One read(2) without waiting, where the kind of file allows that. */
static ssize_t read_once(struct fdio *io, void *buf, size_t len)
{
	ssize_t n;

	if (io->socket == FDIO_MESSAGES)
		n = read_message(io->fd, buf, len);
	else if (io->socket)
		n = recv(io->fd, buf, len, MSG_DONTWAIT);
	else
		n = read(io->own >= 0 ? io->own : io->fd, buf, len);
	if (n < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	if (io->may_grow && n >= FULL_PIPE)
		grow_pipe(io);
	drop_behind(io, n);
	return n;
}

/* A read of messages gave no byte. Whether that was the end, and not a message
 * without any or none: nobody can send more, and no byte waits behind it. Where
 * the one is not told, an end is what can be read again and again: so many
 * messages without a byte in a row are none. */
static bool was_end(struct fdio *io)
{
	struct pollfd p = {.fd = io->fd, .events = POLLIN | READ_HANGUP};
	int n = 0;

	if (poll(&p, 1, 0) <= 0 || (ioctl(io->fd, FIONREAD, &n) == 0 && n > 0))
		io->empty = 0;
	else if (p.revents & (READ_HANGUP | POLLHUP))
		return true;
	else if (!READ_HANGUP)
		io->empty++;
	return io->empty >= EMPTY_MOST;
}

ssize_t fdio_read(
	struct fdio *io, void *buf, size_t len, int wake, int64_t deadline)
{
	/* Ask before the first read unless reading cannot block and a 0 means
	 * the end: only then does it come for the price of one call. */
	bool can_try =
		io->regular || ((io->own >= 0 || io->socket) && !io->wait_open);
	/* Who was late is most likely late again. */
	bool ready = can_try && !io->late;
	int64_t waited = io->waited;

	for (unsigned turns = 0;; turns++) {
		ssize_t n;

		if (!ready) {
			int err = wait_for(io, POLLIN, wake, deadline);

			if (err)
				return err;
			io->late = io->waited - waited >= LATE;
		}
		n = read_once(io, buf, len);
		if (n == -EINTR && fdio_is_woken(wake))
			return -ECANCELED;
		if (n == -EAGAIN && io->socket == FDIO_MESSAGES && was_end(io))
			n = 0; /* poll would call it ready for ever */
		else if (n == 0 && io->socket == FDIO_MESSAGES && !was_end(io))
			n = -EAGAIN;
		if (n != -EAGAIN && n != -EINTR) {
			io->wait_open = false;
			return n;
		}
		/* Others may send messages without a byte for ever. */
		if (turns == EMPTY_MOST && deadline == 0)
			return -EAGAIN;
		ready = can_try && n == -EINTR;
	}
}

int fdio_read_at(int fd, void *buf, size_t len, off_t at)
{
	unsigned char *next = buf;

	while (len > 0) {
		ssize_t n = pread(fd, next, len, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -FDIO_SHORT;
		next += n;
		len -= (size_t)n;
		at += n;
	}
	return 0;
}

/* Moves *iov past n bytes that were taken. Returns what is left of the array.
 */
static int iov_advance(struct iovec **iov, int count, size_t n)
{
	while (count > 0 && n >= (*iov)->iov_len) {
		n -= (*iov)->iov_len;
		++*iov;
		count--;
	}
	if (count > 0) {
		(*iov)->iov_base = (char *)(*iov)->iov_base + n;
		(*iov)->iov_len -= n;
	}
	return count;
}

/* One write of what iov holds, or of a part that cannot block. */
static ssize_t write_once(struct fdio *io, struct iovec *iov, int count)
{
	ssize_t n;

	if (io->socket) {
		struct msghdr msg = {
			.msg_iov = iov, .msg_iovlen = (size_t)count};

		n = sendmsg(io->fd, &msg, MSG_DONTWAIT | NO_SIGNAL);
	} else if (io->regular) {
		n = writev(io->fd, iov, count);
	} else if (io->own >= 0) {
		n = writev(io->own, iov, count);
	} else {
		size_t len = iov->iov_len;

		n = write(
			io->fd, iov->iov_base, len < PIPE_BUF ? len : PIPE_BUF);
	}
	if (n < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	drop_behind(io, n);
	return n;
}

/* Whether a pipe, which poll calls writable, has room for more than PIPE_BUF
 * bytes, as far as can be told. */
static bool has_large_room(int fd, size_t len)
{
#if HAVE_DECL_F_SETPIPE_SZ
	int queued = 0, size = fcntl(fd, F_GETPIPE_SZ);

	if (size > 0 && ioctl(fd, FIONREAD, &queued) == 0)
		return (size_t)size >= len + (size_t)queued;
#else
	(void)fd;
	(void)len;
#endif
	return true;
}

bool fdio_has_room(const struct fdio *io, size_t len)
{
	int fd = io->own >= 0 ? io->own : io->fd;

	if (io->regular)
		return true;
	if (fdio_wait(fd, POLLOUT, FDIO_NO_WAKE, 0) == -EAGAIN)
		return false;
	return len <= PIPE_BUF || has_large_room(fd, len);
}

int fdio_writev(struct fdio *io, const struct iovec *iov, int n, int wake,
	size_t *written)
{
	struct iovec left[FDIO_MAX_IOV];
	struct iovec *at = left;
	/* Where a write cannot block, trying it is cheaper than asking. */
	bool may_try = fdio_can_try(io);
	bool ready = may_try;

	*written = 0;
	if (n < 0 || n > FDIO_MAX_IOV)
		return -EINVAL;
	for (int i = 0; i < n; i++)
		left[i] = iov[i];
	n = iov_advance(&at, n, 0);
	while (n > 0) {
		ssize_t taken;

		if (!ready) {
			int err = wait_for(io, POLLOUT, wake, CLOCK_FOREVER);

			if (err)
				return err;
		}
		taken = write_once(io, at, n);
		if (taken == -EAGAIN) {
			if (io->may_grow)
				grow_pipe(io);
			ready = false;
			continue;
		}
		if (taken == 0) /* a full device that has no word for it */
			return -ENOSPC;
		if (taken == -EINTR && fdio_is_woken(wake))
			return -ECANCELED;
		if (taken < 0 && taken != -EINTR)
			return (int)taken;
		if (taken > 0) {
			*written += (size_t)taken;
			n = iov_advance(&at, n, (size_t)taken);
		}
		ready = may_try;
	}
	return 0;
}

/* A write to a pipe that does not wait, whatever flags its open file
 * description has. Not every kernel has it, and none for terminals. */
static ssize_t write_nowait(int fd, const void *buf, size_t len)
{
#if defined HAVE_PWRITEV2 && HAVE_DECL_RWF_NOWAIT
	struct iovec iov = {(void *)(uintptr_t)buf, len};
	ssize_t n = pwritev2(fd, &iov, 1, -1, RWF_NOWAIT);

	if (n < 0 && (errno == ENOSYS || errno == EINVAL || errno == ESPIPE))
		errno = EOPNOTSUPP;
	return n;
#else
	(void)fd;
	(void)buf;
	(void)len;
	errno = EOPNOTSUPP;
	return -1;
#endif
}

bool fdio_can_try(const struct fdio *io)
{
	return io->regular || io->own >= 0 || io->socket;
}

ssize_t fdio_try_write(const struct fdio *io, const void *buf, size_t len)
{
	ssize_t n;

	do {
		if (io->socket)
			n = send(io->fd, buf, len, MSG_DONTWAIT | NO_SIGNAL);
		else if (io->regular || io->own >= 0)
			n = write(io->own >= 0 ? io->own : io->fd, buf, len);
		else
			n = write_nowait(io->fd, buf, len);
	} while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n;
	return errno == EWOULDBLOCK ? -EAGAIN : -errno;
}
