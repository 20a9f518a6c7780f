/*
 * fdio - reading and writing descriptors without getting stuck in them
 *
 * What it is for: EINTR, EAGAIN, short writes and the waiting for slow
 * descriptors are handled here and nowhere else. Every wait can be ended from
 * another thread by making a second descriptor, `wake`, readable.
 *
 * Invariants
 *  - O_NONBLOCK is never set on a descriptor that was inherited: its open file
 *    description is shared with other processes. Where the system lets us, a
 *    pipe or terminal is opened once more (through /proc/self/fd), so that
 *    O_NONBLOCK is on a description of our own.
 *  - Where it does not, a read or write comes only after poll(2) said that it
 *    will not block, and a write is at most PIPE_BUF bytes, which fit then.
 *  - Should a call block nevertheless (somebody else was faster, a file system
 *    hangs), a signal to the thread makes it look at `wake` again.
 *  - A pipe that was found full, or too full to take what there was, is made
 *    larger once, for as long as it exists: the fewer turns both sides take,
 *    the less of the time goes into them. One with little in it stays small.
 *  - A regular file larger than half of the memory does not push what others
 * use out of the cache: what was read or written of it is let go.
 *  - Regular files are read and written without polling: poll always calls
 *    them ready.
 *
 * A struct fdio is used by one thread at a time.
 */
#ifndef UPCASE_IO_FDIO_H
#define UPCASE_IO_FDIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

/* What kind of socket something is. */
enum fdio_socket {
	FDIO_NO_SOCKET,
	FDIO_STREAM,
	FDIO_MESSAGES, /* what a read leaves of one is gone */
};

struct fdio {
	int fd;	      /* what was given to fdio_init; -1 when closed */
	int own;      /* the same file on a description of our own, or -1 */
	bool regular; /* never waits: regular file, block device, directory,
			 /dev/null and its like */
	enum fdio_socket socket; /* if it is one, it takes MSG_DONTWAIT */
	bool may_grow;	/* a pipe as the system made it: larger when that helps
			 */
	bool wait_open; /* a FIFO opened by us: end of input counts only after
			   a writer has come */
	bool file;	/* a regular file: see drop_behind in fdio.c */
	bool output;	/* for writing */
	off_t size;	/* of a regular file, when it was taken over */
	off_t passed;	/* bytes read or written so far */
	off_t noted;	/* `passed` when drop_behind last looked */
	off_t dropped;	/* up to where in the file it dropped */
	unsigned empty; /* messages without a byte in a row: see was_end */
	bool late;	/* the last read had to wait for its bytes */
	int64_t waited; /* nanoseconds spent waiting for the other side */
};

/* No descriptor: never readable, so that a wait cannot be woken by it. */
#define FDIO_NO_WAKE (-1)

/* Makes sure that descriptors 0, 1 and 2 are open, so that no file opened later
 * takes their place. One that was closed is opened such that its use fails.
 * Returns 0 or a negative errno. */
int fdio_guard_standard(void);

/* Takes over fd for reading (flags O_RDONLY) or writing (O_WRONLY). The fdio
 * owns fd from here on. Returns 0 or a negative errno (fstat). */
int fdio_init(struct fdio *io, int fd, int flags);

/* The same for a new and empty regular file, for writing; cannot fail. */
void fdio_init_new(struct fdio *io, int fd);

/* Opens a file for reading, a FIFO without waiting for its writer (the first
 * read waits), and fills *st. Returns 0 or a negative errno: -EWOULDBLOCK when
 * somebody has a lease on the file, which is waited for only with `wait`;
 * -EINTR when a signal came meanwhile. From a dead file server it does not come
 * back.
 */
int fdio_open_input(
	struct fdio *io, const char *path, bool wait, struct stat *st);

/* Closes all descriptors. Returns 0 or a negative errno: an error of a delayed
 * write can come to light here. Does nothing when closed already. */
int fdio_close(struct fdio *io);

/* Waits until fd has one of poll's `events`, `wake` is readable, or
 * clock_now() reaches deadline (0: do not wait). Returns 0 when ready,
 * -ECANCELED when woken (that wins), -EAGAIN when the time is over, or another
 * negative errno. */
int fdio_wait(int fd, short events, int wake, int64_t deadline);

/* Whether `wake` is readable. */
bool fdio_is_woken(int wake);

/* What a stop still reads of messages. */
#define FDIO_MESSAGES_WAITING ((size_t)1 << 20)

/* How many bytes there are to be read at once, without waiting: in a pipe or
 * socket, or a terminal, which counts whole lines only. Of datagrams the system
 * tells the first only: then it is FDIO_MESSAGES_WAITING. 0 for what never
 * waits, and where nobody knows. */
size_t fdio_waiting(const struct fdio *io);

/* Reads up to len bytes, as soon as there are any. Returns their number, 0 at
 * the end of input, which a message without a byte is not, -EAGAIN when none
 * came before the deadline, -ECANCELED when woken before there were any, or
 * another negative errno. */
ssize_t fdio_read(
	struct fdio *io, void *buf, size_t len, int wake, int64_t deadline);

/* What says that a file is shorter than it was: an errno that no call about
 * files gives, and that each system has (not each has ENODATA). */
#define FDIO_SHORT ENOMSG

/* Reads exactly the len bytes at `at` of a regular file. Returns 0, -FDIO_SHORT
 * when it ends before them, or another negative errno. */
int fdio_read_at(int fd, void *buf, size_t len, off_t at);

/* Writes all of iov[0..n), n up to 4. *written is the number of bytes that were
 * taken, also on errors. Returns 0, -ECANCELED when woken while waiting, or
 * another negative errno (-EPIPE with SIGPIPE blocked or ignored). */
int fdio_writev(struct fdio *io, const struct iovec *iov, int n, int wake,
	size_t *written);

/* Whether len bytes could be written now without waiting for the other side, as
 * far as can be told. Does not block. */
bool fdio_has_room(const struct fdio *io, size_t len);

/* Whether fdio_try_write can be asked without more: it neither waits nor lacks
 * a system call for this. */
bool fdio_can_try(const struct fdio *io);

/* One write(2) of buf[0..len), or of a part, that does not wait: a regular file
 * is written to as it is, a pipe or terminal by a description of our own, a
 * socket with MSG_DONTWAIT, a pipe that could not be opened once more with
 * RWF_NOWAIT. Returns the number of bytes taken, -EAGAIN when there is no room,
 * -EOPNOTSUPP when the system has no such write for this, or another negative
 * errno. */
ssize_t fdio_try_write(const struct fdio *io, const void *buf, size_t len);

#endif
