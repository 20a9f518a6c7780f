#include "config.h"

#include "io/repair.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#ifdef HAVE_ATTRIBUTES
#include <sys/xattr.h>
#endif
#include <time.h>
#include <unistd.h>

#define STEP 65536

/* So many files of the same second are enough. */
#define MOST_COPIES 10000

/* Room for what comes behind the name of the file, with its end. */
#define SUFFIX_ROOM 48

/* Most file systems have no longer names. */
#define NAME_MOST 255

/* The file that takes what is torn. */
struct copy {
	char *path;
	const char *suffix; /* in path, behind the name of the torn file */
	struct fdio io;
	bool made;
	bool sync_failed;
	bool shortened; /* the name of the torn file does not stand there as a
			   whole */
};

int repair_line_start(const struct outfile *f, off_t end, off_t *start)
{
	unsigned char buf[4096];

	*start = 0;
	while (end > 0) {
		off_t at =
			end > (off_t)sizeof(buf) ? end - (off_t)sizeof(buf) : 0;
		const unsigned char *newline;
		size_t len = (size_t)(end - at);
		int err = fdio_read_at(f->look, buf, len, at);

		if (err)
			return err;
		newline = memrchr(buf, '\n', len);
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

/* Makes a file that was not there, for its user alone. */
static int make_new(const char *path)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOCTTY | O_CLOEXEC;
	int fd;

	do {
		fd = open(path, flags, 0600);
	} while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

/* The time of now, as it stands in the name of a copy. */
static int tell_time(char *when, size_t size)
{
	time_t now = time(NULL);
	struct tm tm;

	if (!localtime_r(&now, &tm) ||
		strftime(when, size, "%Y%m%dT%H%M%S", &tm) == 0)
		return -EOVERFLOW;
	return 0;
}

/* Whether more, or others, may read a file than its mode tells. */
static bool has_list(int fd)
{
#ifdef HAVE_ATTRIBUTES
	return fgetxattr(fd, "system.posix_acl_access", NULL, 0) > 0;
#else
	(void)fd;
	return false;
#endif
}

/* Lets those read the copy who may read the torn file, and nobody else: as it
 * was made, that is its user. What the system does not allow stays as it was
 * made. Returns 0 or a negative errno. */
static int share_copy(const struct outfile *f, int copy)
{
	struct stat st, now;
	mode_t mode;

	if (fstat(f->io.fd, &st) < 0)
		return -errno;
	/* Only root gives a file to another user; to a group that one is in,
	 * everybody. */
	if (fchown(copy, st.st_uid, st.st_gid) < 0)
		(void)!fchown(copy, (uid_t)-1, st.st_gid);
	if (fstat(copy, &now) < 0)
		return -errno;
	mode = st.st_mode & 0666;
	if (has_list(f->io.fd) || has_list(copy))
		mode &= 0600;
	else if (now.st_gid != st.st_gid)
		/* Its group is among the others now. */
		mode &= 0600 | ((mode & 060) >> 3);
	(void)fchmod(copy, mode);
	return 0;
}

/* Makes the first copy that is not there yet. Returns a descriptor or a
 * negative errno. */
static int make_numbered(struct copy *c, size_t len, const char *when)
{
	int fd = -EEXIST;

	c->suffix = c->path + len;
	for (unsigned n = 1; n <= MOST_COPIES && fd == -EEXIST; n++) {
		name_copy(c, len, when, n);
		fd = make_new(c->path);
	}
	return fd;
}

/* The length of a path whose last name is cut, so that there is room for a
 * suffix; len if that is short enough. */
static size_t cut_name(const char *path, size_t len)
{
	const char *slash = memrchr(path, '/', len);
	size_t folder = slash ? (size_t)(slash - path) + 1 : 0;

	if (len - folder <= NAME_MOST - SUFFIX_ROOM)
		return len;
	len = folder + NAME_MOST - SUFFIX_ROOM;
	while (((unsigned char)path[len] & 0xc0) == 0x80) /* inside UTF-8 */
		len--;
	return len;
}

/* Makes the copy, for no more users than the torn file. */
static int make_copy(const struct outfile *f, const char *path, struct copy *c)
{
	size_t len = strlen(path);
	char when[24];
	int err = tell_time(when, sizeof(when)), fd;

	if (err)
		return err;
	c->path = malloc(len + SUFFIX_ROOM);
	if (!c->path)
		return -ENOMEM;
	memcpy(c->path, path, len);
	fd = make_numbered(c, len, when);
	if (fd == -ENAMETOOLONG) {
		c->shortened = cut_name(path, len) < len;
		fd = make_numbered(c, cut_name(path, len), when);
	}
	c->made = fd >= 0;
	if (!c->made)
		return fd;
	err = fdio_init(&c->io, fd, O_WRONLY);
	return err ? err : share_copy(f, fd);
}

static int copy_bytes(
	const struct outfile *f, off_t from, off_t end, struct copy *c)
{
	unsigned char *buf = malloc(STEP);
	int err = buf ? 0 : -ENOMEM;

	while (!err && from < end) {
		size_t len = end - from < STEP ? (size_t)(end - from) : STEP;
		struct iovec iov = {buf, len};
		size_t written;

		err = fdio_read_at(f->look, buf, len, from);
		/* Nor does who cuts. */
		if (err == -FDIO_SHORT)
			err = -EBUSY;
		if (!err)
			err = fdio_writev(
				&c->io, &iov, 1, FDIO_NO_WAKE, &written);
		from += (off_t)len;
	}
	free(buf);
	return err;
}

/* Brings the copy to the disk, its name included, and closes it. */
static int settle_copy(struct copy *c)
{
	int err = 0, closed;

	while (fsync(c->io.fd) < 0 && !err)
		err = errno == EINTR ? 0 : -errno;
	if (err == -EINVAL || err == -EROFS) /* nothing that can be synced */
		err = 0;
	closed = fdio_close(&c->io);
	if (!err)
		err = closed;
	if (!err)
		err = outfile_sync_name(c->path);
	c->sync_failed = err != 0;
	return err;
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

	if (!err)
		err = copy_bytes(f, from, end, c);
	if (!err)
		err = settle_copy(c);
	if (!err)
		err = cut(f, from, end);
	(void)fdio_close(&c->io);
	/* The file is as it was: the copy is of no use. */
	if (err && c->made)
		(void)unlink(c->path);
	return err;
}

int repair_move(const struct outfile *f, const char *path, off_t from,
	off_t end, struct fault *told)
{
	struct copy c = {.io = {.fd = -1, .own = -1}};
	struct fault why;
	int err;

	/* What somebody else is writing is not to be cut off. */
	err = f->locked ? move(f, path, from, end, &c) : -ENOLCK;
	if (err) {
		fault_set_errno(&why, err);
		fault_set(told, "what is torn cannot be moved aside: %.180s",
			why.text);
		/* To be made again is what had no room, and no sync. */
		err = c.sync_failed ? -EIO : err;
	} else {
		fault_set(told,
			"the torn end, %jd %s, was moved to this name%s with "
			"%s behind it",
			(intmax_t)(end - from),
			end - from == 1 ? "byte" : "bytes",
			c.shortened ? ", cut short," : "", c.suffix);
	}
	free(c.path);
	return err;
}
