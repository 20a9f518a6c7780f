#include "config.h"

#include "io/outfile.h"

#include "codec/bgzf.h"
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

/* Whether an open made the file. */
enum made {
	MADE_NOT,
	MADE_HERE,   /* it is to be removed if it cannot be used */
	MADE_BEHIND, /* a link that led nowhere: that does not lead to where it
			could be removed */
};

/* Opens it for appending, with O_CREAT in flags also one that is not there. */
static int open_to_append(const char *path, int flags, enum made *made)
{
	int create = flags & O_CREAT, fd;

	flags = (flags & ~O_CREAT) | O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC;
	*made = MADE_NOT;
	if (create) {
		fd = open_again(path, flags | create | O_EXCL);
		*made = fd >= 0 ? MADE_HERE : MADE_NOT;
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	fd = open_again(path, flags);
	if (fd < 0 && errno == ENOENT && create) {
		fd = open_again(path, flags | create);
		*made = fd >= 0 ? MADE_BEHIND : MADE_NOT;
	}
	return fd;
}

int outfile_open(struct outfile *f, const char *path, int flags)
{
	struct stat st;
	enum made made = MADE_NOT;
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
		if (made == MADE_HERE)
			(void)unlink(path);
		*f = OUTFILE_NONE;
		return err;
	}
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	f->made = made != MADE_NOT;
	return 0;
}

void outfile_adopt(struct outfile *f, int fd)
{
	*f = OUTFILE_NONE;
	fdio_init_new(&f->io, fd);
}

void outfile_disown(struct outfile *f)
{
	*f = OUTFILE_NONE;
}

int outfile_close(struct outfile *f)
{
	if (f->look >= 0)
		(void)close(f->look); /* only read from */
	f->look = -1;
	f->locked = false; /* goes with the last descriptor */
	return fdio_close(&f->io);
}

/* What these bytes, of which there are some, begin. *part: there are so few
 * that they may be the beginning of gzip of either kind. */
static enum outfile_kind kind_of(
	const unsigned char *first, size_t n, bool *part)
{
	enum match gzip = format_gzip.magic(first, n);
	enum match bgzf = bgzf_magic(first, n);

	*part = gzip == MATCH_PART || bgzf == MATCH_PART;
	if (gzip != MATCH_YES)
		return OUTFILE_TEXT;
	return bgzf == MATCH_YES ? OUTFILE_BGZF : OUTFILE_GZIP;
}

/* Reads the first bytes. Returns how many there are, 0 if they may not be
 * looked at, or a negative errno. */
static ssize_t look_at_first(
	const struct outfile *f, unsigned char first[FORMAT_MAGIC_MOST])
{
	ssize_t n = 0;

	if (!f->regular || f->look < 0)
		return 0;
	do {
		n = pread(f->look, first, FORMAT_MAGIC_MOST, 0);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int outfile_look(const struct outfile *f, enum outfile_kind *holds)
{
	unsigned char first[FORMAT_MAGIC_MOST];
	ssize_t n = look_at_first(f, first);
	bool part;

	*holds = n > 0 ? kind_of(first, (size_t)n, &part) : OUTFILE_TEXT;
	return n < 0 ? (int)n : 0;
}

/* Why `appended` does not go behind what the file holds. */
static const char *tell_kinds(
	enum outfile_kind holds, enum outfile_kind appended)
{
	if (appended == OUTFILE_TEXT)
		return "the file holds gzip, so text is not appended to it "
		       "(try --gzip)";
	if (holds == OUTFILE_TEXT)
		return "the file does not hold gzip, so gzip is not appended "
		       "to it (try --no-gzip)";
	if (appended == OUTFILE_BGZF)
		return "the file holds gzip that is not BGZF, so BGZF is not "
		       "appended to it (try --gzip without --bgzf)";
	return "the file holds BGZF, so other gzip is not appended to it (try "
	       "--bgzf)";
}

int outfile_check_kind(const struct outfile *f, enum outfile_kind appended,
	struct fault *fault)
{
	unsigned char first[FORMAT_MAGIC_MOST];
	ssize_t n = look_at_first(f, first);
	enum outfile_kind holds;
	bool part;

	/* One that was made here is empty, whether that can be seen or not. */
	if (n < 0 && f->made)
		n = 0;
	if (n < 0)
		fault_set_errno(fault, (int)n);
	if (n <= 0)
		return (int)n;
	holds = kind_of(first, (size_t)n, &part);
	/* A part of a header: torn. */
	if (holds == appended || (part && appended != OUTFILE_TEXT))
		return 0;
	fault_set(fault, "%s", tell_kinds(holds, appended));
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
	off_t now = 0;
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
#if HAVE_DECL_FDATASYNC
		err = judge_sync(fdatasync(f->io.fd));
#else
		err = judge_sync(fsync(f->io.fd));
#endif
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
	/* Its own name, should path be a link to it. */
	char *own = realpath(path, NULL);
	int fd = open_directory(own ? own : path), err;

	free(own);

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
