#include "config.h"

#include "io/sink.h"

#include "codec/format.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* What is open for one path. Filled by open_file, moved into the sink. */
struct opened {
	struct fdio io;
	int look;
	bool regular;
	struct stat st;
};

/* A second descriptor for looking at the last byte. It is for reading, because
 * O_RDWR would ask for a permission that appending does not need, and would
 * change what a FIFO does. -1 when that is not possible: then we do not look.
 */
static int open_for_look(const char *path, const struct stat *st)
{
	struct stat now;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (fstat(fd, &now) < 0 || now.st_dev != st->st_dev ||
		now.st_ino != st->st_ino) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* flags: what the open is to do beside the usual. */
static int open_file(struct opened *o, const char *path, int flags)
{
	int fd, err;

	o->look = -1;
	fd = path ? open(path,
			    O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY |
				    O_CLOEXEC | flags,
			    0666)
		  : STDOUT_FILENO;
	if (fd < 0)
		return -errno;
	if (fstat(fd, &o->st) < 0)
		err = -errno;
	else
		err = fdio_init(&o->io, fd, O_WRONLY);
	if (err) {
		if (path)
			(void)close(fd);
		return err;
	}
	o->regular = path && S_ISREG(o->st.st_mode);
	if (o->regular)
		o->look = open_for_look(path, &o->st);
	return 0;
}

static void take_over(struct sink *s, const struct opened *o)
{
	int64_t waited = s->io.waited;

	s->io = o->io;
	s->io.waited = waited;
	s->look = o->look;
	s->regular = o->regular;
	(void)pthread_mutex_lock(&s->identity);
	s->dev = o->st.st_dev;
	s->ino = o->st.st_ino;
	(void)pthread_mutex_unlock(&s->identity);
	s->end = -1; /* not ours: the first append looks */
	s->used = false;
}

int sink_init(struct sink *s, const char *path, bool gzip, enum sink_sync sync)
{
	struct opened o = {0};
	int err;

	memset(s, 0, sizeof(*s));
	s->name = path ? path : "standard output";
	s->path = path;
	s->gzip = gzip;
	s->sync = sync;
	s->wake = FDIO_NO_WAKE;
	err = -pthread_mutex_init(&s->identity, NULL);
	if (err)
		return err;
	err = open_file(&o, path, 0);
	if (err)
		(void)pthread_mutex_destroy(&s->identity);
	else
		take_over(s, &o);
	return err;
}

int sink_check_kind(struct sink *s, struct fault *fault)
{
	unsigned char first[FORMAT_MAGIC_MOST];
	bool is_gzip, wait;
	ssize_t n;

	if (!s->regular || s->look < 0)
		return 0;
	n = pread(s->look, first, sizeof(first), 0);
	if (n < 1)
		return 0;
	is_gzip = format_detect(first, (size_t)n, &wait) == &format_gzip;
	if (is_gzip == s->gzip)
		return 0;
	fault_set(fault, "%s",
		is_gzip ? "the file holds gzip, so text is not appended "
			  "to it (try --gzip)"
			: "the file does not hold gzip, so gzip is not "
			  "appended to it (try --no-gzip)");
	return -EINVAL;
}

void sink_set_empty(struct sink *s, const void *member, size_t len)
{
	if (len > sizeof(s->empty))
		return;
	memcpy(s->empty, member, len);
	s->empty_len = len;
}

void sink_set_records(struct sink *s,
	size_t (*whole)(const void *context, const void *data, size_t len),
	const void *context)
{
	s->whole = whole;
	s->context = context;
}

static int close_all(struct sink *s)
{
	if (s->look >= 0)
		(void)close(s->look); /* only read from */
	s->look = -1;
	s->flocked = false; /* goes with the last descriptor */
	return fdio_close(&s->io);
}

void sink_release(struct sink *s)
{
	(void)close_all(s);
	(void)pthread_mutex_destroy(&s->identity);
}

/* Takes the advisory lock, waiting for whoever has it. A file system without
 * locks is written to without. */
static int lock_file(struct sink *s)
{
	if (s->flocked || !s->regular)
		return 0;
	while (flock(s->io.fd, LOCK_EX) < 0) {
		if (errno == EINTR && fdio_is_woken(s->wake))
			return -ECANCELED;
		if (errno == EINTR)
			continue;
		if (errno == ENOLCK || errno == EOPNOTSUPP || errno == ENOSYS ||
			errno == EINVAL)
			return 0;
		return -errno;
	}
	s->flocked = true;
	return 0;
}

bool sink_is_ready(struct sink *s, size_t len)
{
	if (s->sync == SINK_SYNC_BATCH)
		return false;
	if (!s->regular)
		return fdio_has_room(&s->io, len);
	if (!s->flocked && flock(s->io.fd, LOCK_EX | LOCK_NB) == 0)
		s->flocked = true;
	else if (!s->flocked)
		return errno != EWOULDBLOCK && errno != EINTR;
	return true;
}

static void unlock_file(struct sink *s)
{
	if (!s->flocked)
		return;
	/* Unlocking what we hold cannot fail but for EINTR. */
	while (flock(s->io.fd, LOCK_UN) < 0 && errno == EINTR)
		;
	s->flocked = false;
}

void sink_let_go(struct sink *s)
{
	if (!s->line_open)
		unlock_file(s);
}

/* Finds the end of the file and whether a line that is not ours hangs there. */
static int look_at_end(struct sink *s, bool *torn)
{
	struct stat st;
	unsigned char last;

	*torn = false;
	if (fstat(s->io.fd, &st) < 0)
		return -errno;
	if (!s->line_open && !s->gzip && st.st_size > 0 &&
		st.st_size != s->end && s->look >= 0 &&
		pread(s->look, &last, 1, st.st_size - 1) == 1)
		*torn = last != '\n';
	if (!s->line_open) {
		s->line_start = st.st_size;
		s->mixed = false;
	} else if (st.st_size != s->end) {
		s->mixed = true;
	}
	s->end = st.st_size;
	return 0;
}

/* The length of the whole records at the beginning of data[0..len). A part of a
 * gzip member is nothing. */
static size_t whole_records(const struct sink *s, const void *data, size_t len)
{
	return s->whole && !s->gzip ? s->whole(s->context, data, len) : 0;
}

/* Cuts the file to the length `cut`, if it still ends where our last byte is.
 * What could not be done is added to the fault. */
static void cut_back(struct sink *s, off_t ours, off_t cut, struct fault *fault)
{
	struct fault cause = *fault;
	struct stat st;
	int err = 0;

	if (fstat(s->io.fd, &st) < 0)
		err = errno;
	else if (s->mixed || st.st_size != ours)
		fault_set(fault,
			"%.100s (somebody else changed the file meanwhile, so "
			"what is torn was left in it)",
			cause.text);
	while (!err && !s->mixed && st.st_size == ours && cut != ours &&
		ftruncate(s->io.fd, cut) < 0) {
		if (errno != EINTR)
			err = errno;
	}
	if (err)
		fault_set(fault,
			"%.100s (and what is torn could not be cut off: %.80s)",
			cause.text, strerror(err));
}

/* An append failed after `written` bytes, `prefix` of them a newline of ours.
 * Cuts the file back; *kept is how much of data stays. */
static void roll_back(struct sink *s, const unsigned char *data, size_t prefix,
	size_t written, size_t *kept, struct fault *fault)
{
	off_t ours = s->end + (off_t)written;
	size_t whole = 0;

	if (written > prefix)
		whole = whole_records(s, data, written - prefix);
	if (whole > 0) {
		s->mixed = false; /* the open line has come to its end */
		cut_back(s, ours, s->end + (off_t)(prefix + whole), fault);
	} else {
		cut_back(s, ours, s->line_start, fault);
	}
	s->line_open = false;
	s->end = -1; /* the next append looks what is there */
	*kept = whole;
}

/* fdatasync, where the output is something that can be synced. */
static int sync_data(struct sink *s)
{
	while (fdatasync(s->io.fd) < 0) {
		if (errno == EINVAL || errno == EROFS)
			return 0;
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

static int append(struct sink *s, const void *data, size_t len, bool line_ends,
	size_t *kept, struct fault *fault)
{
	static char newline[] = "\n";
	bool torn = false;
	size_t prefix, written, whole;
	int err = lock_file(s);

	if (!err && s->regular)
		err = look_at_end(s, &torn);
	if (err) {
		fault_set_errno(fault, err);
		return err;
	}
	prefix = torn ? 1 : 0;
	err = fdio_writev(&s->io,
		(const struct iovec[]){
			{newline, prefix}, {(void *)(uintptr_t)data, len}},
		2, s->wake, &written);
	if (err) {
		fault_set_errno(fault, err);
		*kept = written > prefix ? written - prefix : 0;
		if (s->regular)
			roll_back(s, data, prefix, written, kept, fault);
		return err;
	}
	*kept = len;
	s->used = true;
	s->line_open = !line_ends;
	if (s->line_open && (whole = whole_records(s, data, len)) > 0)
		s->line_start = s->end + (off_t)(prefix + whole);
	s->end += (off_t)written;
	if (s->sync == SINK_SYNC_BATCH) {
		err = sync_data(s);
		if (err)
			fault_set_errno(fault, err);
	}
	return err;
}

int sink_append(struct sink *s, const void *data, size_t len, bool line_ends,
	size_t *kept, struct fault *fault)
{
	int err;

	*kept = 0;
	err = append(s, data, len, line_ends, kept, fault);
	/* A line that is open keeps the lock, also when only the sync failed:
	 * sink_abandon may have to cut it off. */
	if (!s->line_open)
		unlock_file(s);
	return err;
}

/* Whether an output without a single append would not be valid as it is. */
static bool is_empty(struct sink *s)
{
	struct stat st;

	if (s->used)
		return false;
	return !s->regular || (fstat(s->io.fd, &st) == 0 && st.st_size == 0);
}

/* Everything that is due before a file is left: it is made valid, synced and
 * closed. */
static int leave(struct sink *s, struct fault *fault)
{
	size_t kept;
	int err = 0, closed;

	if (s->empty_len > 0 && is_empty(s))
		err = append(s, s->empty, s->empty_len, true, &kept, fault);
	unlock_file(s);
	if (!err && s->sync != SINK_SYNC_NEVER) {
		err = sync_data(s);
		if (err)
			fault_set_errno(fault, err);
	}
	closed = close_all(s);
	if (!err && closed) {
		err = closed;
		fault_set_errno(fault, err);
	}
	return err;
}

int sink_finish(struct sink *s, struct fault *fault)
{
	return leave(s, fault);
}

void sink_abandon(struct sink *s)
{
	struct fault fault = {""};

	/* The lock on the file is still held, since the line began. */
	if (s->regular && s->line_open && s->io.fd >= 0)
		cut_back(s, s->end, s->line_start, &fault);
	s->line_open = false;
	unlock_file(s);
}

bool sink_is_open_line(const struct sink *s)
{
	return s->line_open;
}

enum sink_reopened sink_reopen(struct sink *s, struct fault *fault)
{
	struct opened o = {0};
	/* A FIFO without a reader is no reason to wait. */
	int err = open_file(&o, s->path, O_NONBLOCK);

	if (err) {
		fault_set_errno(fault, err);
		return SINK_KEPT;
	}
	err = leave(s, fault);
	take_over(s, &o);
	return err ? SINK_FAILED : SINK_REOPENED;
}

bool sink_is_file(struct sink *s, const struct stat *st)
{
	bool same;

	if (!S_ISREG(st->st_mode) && !S_ISBLK(st->st_mode))
		return false;
	(void)pthread_mutex_lock(&s->identity);
	same = st->st_dev == s->dev && st->st_ino == s->ino;
	(void)pthread_mutex_unlock(&s->identity);
	return same;
}
