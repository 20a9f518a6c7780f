#include "config.h"

#include "io/history.h"

#include "io/clock.h"
#include "io/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a lock is waited for, and how long between two looks, in milliseconds.
 */
#define PATIENCE CLOCK_SECOND
#define NAP	 1

static int fail(struct fault *fault, int err)
{
	fault_set_errno(fault, err);
	return -err;
}

/* Waits for the lock: in naps, because nobody could be woken from flock(2), and
 * who was stopped while he had it has it for ever. A file system without locks
 * is none to wait for. */
static int lock(int fd)
{
	int64_t deadline = clock_deadline(PATIENCE);

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return 0;
		if (clock_now() >= deadline)
			return -EWOULDBLOCK;
		(void)poll(NULL, 0, NAP);
	}
	return 0;
}

/* Whether the file is one to keep lines in, and its owner's alone. */
static int check(int fd, struct stat *st, struct fault *fault)
{
	if (fstat(fd, st) < 0)
		return fail(fault, errno);
	if (!S_ISREG(st->st_mode)) {
		fault_set(fault, "is no regular file");
		return -EINVAL;
	}
	if ((st->st_mode & 077) && fchmod(fd, 0600) < 0)
		return fail(fault, errno);
	return 0;
}

/* Opens and locks the file. Closing it lets go of the lock. Returns a
 * descriptor or a negative errno. */
static int open_locked(
	const char *path, int flags, struct stat *st, struct fault *fault)
{
	/* O_NONBLOCK: a FIFO is not waited for. */
	int fd = open(path,
		O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
			O_CLOEXEC | flags,
		0600);
	int err;

	if (fd < 0 && errno == ELOOP) {
		fault_set(fault, "is a symbolic link, which is not followed");
		return -ELOOP;
	}
	if (fd < 0)
		return fail(fault, errno);
	err = lock(fd);
	if (err)
		fault_set(fault, "is locked by somebody else");
	else
		err = check(fd, st, fault);
	if (!err)
		return fd;
	(void)close(fd);
	return err;
}

/* Writes all of it at `at`, or at the end of a file opened with O_APPEND. */
static int write_all(int fd, const unsigned char *text, size_t len, off_t at)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, text, len, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENOSPC;
		text += n;
		len -= (size_t)n;
		at += n;
	}
	return 0;
}

/* Where the last HISTORY_MOST lines begin. A last line without its newline is
 * one, too. */
static size_t begin_of_last(const unsigned char *text, size_t len)
{
	size_t lines = 0;

	for (size_t at = len; at > 0; at--)
		if (text[at - 1] == '\n' && at < len && ++lines == HISTORY_MOST)
			return at;
	return 0;
}

static void hand_out(const unsigned char *text, size_t len,
	void (*line)(void *context, const unsigned char *text, size_t len),
	void *context)
{
	while (len > 0) {
		const unsigned char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;

		line(context, text, n);
		n += end != NULL;
		text += n;
		len -= n;
	}
}

/* Leaves text[0..len) alone, of which `from` bytes are in front. Should it be
 * cut short, what is new is still at the end. */
static int trim(int fd, const unsigned char *text, size_t len, size_t from)
{
	int err = from > 0 ? write_all(fd, text, len, 0) : 0;

	if (!err && from > 0 && ftruncate(fd, (off_t)len) < 0)
		err = -errno;
	return err;
}

int history_read(const char *path,
	void (*line)(void *context, const unsigned char *text, size_t len),
	void *context, struct fault *fault)
{
	unsigned char *text;
	struct stat st;
	size_t len, from;
	int fd = open_locked(path, 0, &st, fault), err;

	if (fd < 0)
		return fd;
	len = (size_t)st.st_size;
	text = malloc(len + 1);
	err = text ? fdio_read_at(fd, text, len, 0) : -ENOMEM;
	if (!err) {
		from = begin_of_last(text, len);
		err = trim(fd, text + from, len - from, from);
		hand_out(text + from, len - from, line, context);
	}
	if (err)
		fault_set_errno(fault, err);
	free(text);
	(void)close(fd);
	return err;
}

/* Whether something else left a line open at the end. */
static bool is_torn(int fd, off_t size)
{
	unsigned char last = '\n';

	return size > 0 && fdio_read_at(fd, &last, 1, size - 1) == 0 &&
	       last != '\n';
}

int history_add(const char *path, const unsigned char *text, size_t len,
	struct fault *fault)
{
	struct stat st;
	unsigned char *whole = malloc(len + 2);
	size_t n = 0;
	int fd, err;

	if (!whole)
		return fail(fault, ENOMEM);
	fd = open_locked(path, O_APPEND, &st, fault);
	if (fd < 0) {
		free(whole);
		return fd;
	}
	if (is_torn(fd, st.st_size))
		whole[n++] = '\n';
	memcpy(whole + n, text, len);
	n += len;
	whole[n++] = '\n';
	err = write_all(fd, whole, n, st.st_size);
	/* Half a line is none. */
	if (err && ftruncate(fd, st.st_size) < 0)
		err = -errno;
	if (err)
		fault_set_errno(fault, err);
	free(whole);
	(void)close(fd);
	return err;
}
