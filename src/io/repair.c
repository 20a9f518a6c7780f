#include "config.h"

#include "io/repair.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STEP 65536

/* So many files of the same second are enough. */
#define MOST_COPIES 10000

/* Room for what comes behind the name of the file, with its end. */
#define SUFFIX_ROOM 48

/* The file that takes what is torn. */
struct copy {
	char *path;
	const char *suffix; /* in path, behind the name of the torn file */
	int fd;
};

/* Reads up to len bytes at `at`. Returns their number, or a negative errno:
 * -ENODATA at the end. */
static ssize_t read_at(int fd, unsigned char *buf, size_t len, off_t at)
{
	ssize_t n;

	do {
		n = pread(fd, buf, len, at);
	} while (n < 0 && errno == EINTR);
	if (n == 0)
		return -ENODATA;
	return n < 0 ? -errno : n;
}

int repair_line_start(const struct outfile *f, off_t end, off_t *start)
{
	unsigned char buf[4096];

	*start = 0;
	while (end > 0) {
		off_t at =
			end > (off_t)sizeof(buf) ? end - (off_t)sizeof(buf) : 0;
		const unsigned char *newline;
		ssize_t n = read_at(f->look, buf, (size_t)(end - at), at);

		if (n < 0)
			return (int)n;
		if (n < (ssize_t)(end - at))
			return -ENODATA;
		newline = memrchr(buf, '\n', (size_t)n);
		if (newline) {
			*start = at + (newline - buf) + 1;
			return 0;
		}
		end = at;
	}
	return 0;
}

/* The name for copy number n of this second. */
static void name_copy(
	const struct copy *c, size_t len, const char *when, unsigned n)
{
	if (n < 2)
		(void)snprintf(c->path + len, SUFFIX_ROOM, ".torn-%s", when);
	else
		(void)snprintf(
			c->path + len, SUFFIX_ROOM, ".torn-%s-%u", when, n);
}

/* Makes the file, which was not there, for no more users than the torn one. */
static int make_copy(const struct outfile *f, const char *path, struct copy *c)
{
	size_t len = strlen(path);
	time_t now = time(NULL);
	char when[24];
	struct stat st;
	struct tm tm;

	if (fstat(f->io.fd, &st) < 0)
		return -errno;
	if (!localtime_r(&now, &tm) ||
		strftime(when, sizeof(when), "%Y%m%dT%H%M%S", &tm) == 0)
		return -EOVERFLOW;
	c->path = malloc(len + SUFFIX_ROOM);
	if (!c->path)
		return -ENOMEM;
	memcpy(c->path, path, len);
	c->suffix = c->path + len;
	for (unsigned n = 1; n <= MOST_COPIES; n++) {
		name_copy(c, len, when, n);
		do {
			c->fd = open(c->path,
				O_WRONLY | O_CREAT | O_EXCL | O_NOCTTY |
					O_CLOEXEC,
				st.st_mode & 0666);
		} while (c->fd < 0 && errno == EINTR);
		if (c->fd >= 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	return -errno;
}

static int write_all(int fd, const unsigned char *buf, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, buf, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENOSPC;
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}

static int copy_bytes(const struct outfile *f, off_t from, off_t end, int to)
{
	unsigned char *buf = malloc(STEP);
	int err = buf ? 0 : -ENOMEM;

	while (!err && from < end) {
		size_t len = end - from < STEP ? (size_t)(end - from) : STEP;
		ssize_t n = read_at(f->look, buf, len, from);

		err = n < 0 ? (int)n : write_all(to, buf, (size_t)n);
		from += n > 0 ? n : 0;
	}
	free(buf);
	return err;
}

/* Brings the copy to the disk, its name included, and closes it. */
static int settle_copy(struct copy *c)
{
	int err = 0;

	while (fsync(c->fd) < 0 && !err)
		err = errno == EINTR ? 0 : -errno;
	if (err == -EINVAL || err == -EROFS) /* nothing that can be synced */
		err = 0;
	if (close(c->fd) < 0 && !err && errno != EINTR)
		err = -errno;
	c->fd = -1;
	return err ? err : outfile_sync_name(c->path);
}

/* Cuts off what was copied. */
static int cut(const struct outfile *f, off_t from, off_t end)
{
	int done = outfile_cut(f, end, from);

	/* Somebody appends who does not care for the lock. */
	return done == 0 ? -EBUSY : done < 0 ? done : 0;
}

static int move(const struct outfile *f, const char *path, off_t from,
	off_t end, struct copy *c)
{
	int err = make_copy(f, path, c);

	if (err)
		return err;
	err = copy_bytes(f, from, end, c->fd);
	if (!err)
		err = settle_copy(c);
	if (!err)
		err = cut(f, from, end);
	if (c->fd >= 0)
		(void)close(c->fd);
	/* The file is as it was: the copy is of no use. */
	if (err)
		(void)unlink(c->path);
	return err;
}

int repair_move(const struct outfile *f, const char *path, off_t from,
	off_t end, struct fault *told)
{
	struct copy c = {.fd = -1};
	struct fault why;
	int err;

	/* What somebody else is writing is not to be cut off. */
	err = f->locked ? move(f, path, from, end, &c) : -ENOLCK;
	if (err) {
		fault_set_errno(&why, err);
		fault_set(told, "what is torn cannot be moved aside: %.180s",
			why.text);
	} else {
		fault_set(told,
			"the torn end, %jd %s, was moved to this name with %s "
			"behind it",
			(intmax_t)(end - from),
			end - from == 1 ? "byte" : "bytes", c.suffix);
	}
	free(c.path);
	return err;
}
