#include "config.h"

#include "io/outfile.h"

#include "codec/format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* open(2), once more when a signal was in its way. */
static int open_again(const char *path, int flags)
{
	int fd;

	do {
		fd = open(path, flags, 0666);
	} while (fd < 0 && errno == EINTR);
	return fd;
}

/* A second descriptor for looking at the end. It is for reading, because O_RDWR
 * would ask for a permission that appending does not need, and would change
 * what a FIFO does. *look is -1 when that may not be: then we do not look.
 * Returns 0, or a negative errno where the system lacks something. */
static int open_for_look(const char *path, const struct stat *st, int *look)
{
	struct stat now;
	int fd = open_again(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	*look = -1;
	if (fd < 0)
		return errno == EMFILE || errno == ENFILE || errno == ENOMEM
			       ? -errno
			       : 0;
	if (fstat(fd, &now) < 0 || now.st_dev != st->st_dev ||
		now.st_ino != st->st_ino)
		(void)close(fd);
	else
		*look = fd;
	return 0;
}

/* Opens it for appending. With O_CREAT in flags, *made says whether it was not
 * there: then it is to be removed if it cannot be used. Behind a link that
 * leads nowhere it may be made without that being known. */
static int open_to_append(const char *path, int flags, bool *made)
{
	int fd;

	flags |= O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC;
	*made = false;
	if (!(flags & O_CREAT))
		return open_again(path, flags);
	fd = open_again(path, flags | O_EXCL);
	*made = fd >= 0;
	return fd < 0 && errno == EEXIST ? open_again(path, flags) : fd;
}

int outfile_open(struct outfile *f, const char *path, int flags)
{
	struct stat st;
	bool made = false;
	int fd, err;

	*f = OUTFILE_NONE;
	fd = path ? open_to_append(path, flags, &made) : STDOUT_FILENO;
	if (fd < 0)
		return -errno;
	err = fstat(fd, &st) < 0 ? -errno : 0;
	f->regular = !err && path && S_ISREG(st.st_mode);
	if (f->regular)
		err = open_for_look(path, &st, &f->look);
	if (!err)
		err = fdio_init(&f->io, fd, O_WRONLY);
	if (err) {
		if (f->look >= 0)
			(void)close(f->look);
		if (path)
			(void)close(fd);
		if (made)
			(void)unlink(path);
		*f = OUTFILE_NONE;
		return err;
	}
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	f->made = made;
	return 0;
}

int outfile_close(struct outfile *f)
{
	if (f->look >= 0)
		(void)close(f->look); /* only read from */
	f->look = -1;
	f->locked = false; /* goes with the last descriptor */
	return fdio_close(&f->io);
}

int outfile_check_kind(const struct outfile *f, bool gzip, struct fault *fault)
{
	unsigned char first[FORMAT_MAGIC_MOST];
	bool is_gzip, wait;
	enum match match;
	ssize_t n;

	if (!f->regular || f->look < 0)
		return 0;
	n = pread(f->look, first, sizeof(first), 0);
	if (n < 1)
		return 0;
	match = format_gzip.magic(first, (size_t)n);
	is_gzip = match == MATCH_YES;
	/* So few bytes that they may be the beginning of it: torn. */
	wait = match == MATCH_PART;
	if (is_gzip == gzip || (gzip && wait))
		return 0;
	fault_set(fault, "%s",
		match == MATCH_YES
			? "the file holds gzip, so text is not appended "
			  "to it (try --gzip)"
			: "the file does not hold gzip, so gzip is not "
			  "appended to it (try --no-gzip)");
	return -EINVAL;
}

/* What flock(2) says where the file system, or the server behind it, has no
 * locks. */
static bool means_no_locks(int err)
{
	return err == ENOLCK || err == EOPNOTSUPP || err == ENOSYS ||
	       err == EINVAL;
}

int outfile_lock(struct outfile *f, int wake)
{
	if (f->locked || !f->regular)
		return 0;
	while (flock(f->io.fd, LOCK_EX) < 0) {
		if (errno == EINTR && fdio_is_woken(wake))
			return -ECANCELED;
		if (errno == EINTR)
			continue;
		if (!means_no_locks(errno))
			return -errno;
		f->no_lock = errno;
		return 0;
	}
	f->locked = true;
	return 0;
}

bool outfile_try_lock(struct outfile *f)
{
	if (f->locked || !f->regular)
		return true;
	if (flock(f->io.fd, LOCK_EX | LOCK_NB) < 0)
		return errno != EWOULDBLOCK && errno != EINTR;
	f->locked = true;
	return true;
}

void outfile_unlock(struct outfile *f)
{
	if (!f->locked)
		return;
	/* Unlocking what we hold cannot fail but for EINTR. */
	while (flock(f->io.fd, LOCK_UN) < 0 && errno == EINTR)
		;
	f->locked = false;
}

int outfile_end(const struct outfile *f, off_t *end)
{
	struct stat st;

	if (fstat(f->io.fd, &st) < 0)
		return -errno;
	*end = st.st_size;
	return 0;
}

int outfile_last(const struct outfile *f, off_t end, unsigned char *last)
{
	ssize_t n;

	do {
		n = pread(f->look, last, 1, end - 1);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : (int)n;
}

int outfile_cut(const struct outfile *f, off_t end, off_t cut)
{
	off_t now;
	int err = outfile_end(f, &now);

	if (err)
		return err;
	if (now != end)
		return 0;
	while (cut != end && ftruncate(f->io.fd, cut) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return 1;
}

/* How a sync went that returned `result`. Returns 0, also where there is
 * nothing that could be synced; -EINTR to try again; or another negative
 * errno. */
static int judge_sync(int result)
{
	if (result == 0 || errno == EINVAL || errno == EROFS)
		return 0;
	return -errno;
}

int outfile_sync(const struct outfile *f)
{
	int err;

	do {
		err = judge_sync(fdatasync(f->io.fd));
	} while (err == -EINTR);
	return err;
}

/* Opens the directory that path is in. Returns a descriptor or a negative
 * errno. */
static int open_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	/* The slash of the root stays. */
	size_t len = slash && slash > path ? (size_t)(slash - path) : 1;
	char *name = slash ? strndup(path, len) : strdup(".");
	int fd, err;

	if (!name)
		return -ENOMEM;
	do {
		fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		err = errno;
	} while (fd < 0 && err == EINTR);
	free(name);
	return fd < 0 ? -err : fd;
}

int outfile_sync_name(const char *path)
{
	int fd = open_directory(path), err;

	if (fd < 0)
		return fd;
	do {
		err = judge_sync(fsync(fd));
	} while (err == -EINTR);
	(void)close(fd);
	return err;
}

bool outfile_is_named(const struct outfile *f, const char *path)
{
	struct stat st;

	if (!f->regular)
		return true;
	if (stat(path, &st) < 0)
		return errno != ENOENT && errno != ENOTDIR;
	return st.st_dev == f->dev && st.st_ino == f->ino;
}

bool outfile_is_gone(const struct outfile *f)
{
	struct stat st;

	return f->regular && fstat(f->io.fd, &st) == 0 && st.st_nlink == 0;
}

bool outfile_is_writable(const struct outfile *f)
{
	int flags = fcntl(f->io.fd, F_GETFL);

	return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}
