#include "config.h"

#include "io/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void take_over(struct sink *s, const struct outfile *f)
{
	int64_t waited = s->file.io.waited;

	s->file = *f;
	s->file.io.waited = waited;
	(void)pthread_mutex_lock(&s->identity);
	s->dev = f->dev;
	s->ino = f->ino;
	(void)pthread_mutex_unlock(&s->identity);
	s->end = -1; /* not ours: the first append looks */
	s->used = false;
}

int sink_init(struct sink *s, const char *path, bool gzip, enum sink_sync sync)
{
	struct outfile f;
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
	err = outfile_open(&f, path, O_CREAT);
	if (err)
		(void)pthread_mutex_destroy(&s->identity);
	else
		take_over(s, &f);
	return err;
}

int sink_check_kind(struct sink *s, struct fault *fault)
{
	return outfile_check_kind(&s->file, s->gzip, fault);
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

void sink_release(struct sink *s)
{
	(void)outfile_close(&s->file);
	(void)pthread_mutex_destroy(&s->identity);
}

bool sink_is_ready(struct sink *s, size_t len)
{
	if (s->sync == SINK_SYNC_BATCH)
		return false;
	if (!s->file.regular)
		return fdio_has_room(&s->file.io, len);
	return outfile_try_lock(&s->file);
}

void sink_let_go(struct sink *s)
{
	if (!s->line_open)
		outfile_unlock(&s->file);
}

/* Finds the end of the file and whether a line that is not ours hangs there. */
static int look_at_end(struct sink *s, bool *torn)
{
	unsigned char last;
	off_t end;
	int err = outfile_end(&s->file, &end);

	*torn = false;
	if (err)
		return err;
	if (!s->line_open && !s->gzip && end > 0 && end != s->end &&
		s->file.look >= 0 &&
		pread(s->file.look, &last, 1, end - 1) == 1)
		*torn = last != '\n';
	if (!s->line_open) {
		s->line_start = end;
		s->mixed = false;
	} else if (end != s->end) {
		s->mixed = true;
	}
	s->end = end;
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
	int done = s->mixed ? 0 : outfile_cut(&s->file, ours, cut);

	if (done == 0)
		fault_set(fault,
			"%.100s (somebody else changed the file meanwhile, so "
			"what is torn was left in it)",
			cause.text);
	else if (done < 0)
		fault_set(fault,
			"%.100s (and what is torn could not be cut off: %.80s)",
			cause.text, strerror(-done));
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

static int append(struct sink *s, const void *data, size_t len, bool line_ends,
	size_t *kept, struct fault *fault)
{
	static char newline[] = "\n";
	bool torn = false;
	size_t prefix, written, whole;
	int err = outfile_lock(&s->file, s->wake);

	if (!err && s->file.regular)
		err = look_at_end(s, &torn);
	if (err) {
		fault_set_errno(fault, err);
		return err;
	}
	prefix = torn ? 1 : 0;
	err = fdio_writev(&s->file.io,
		(const struct iovec[]){
			{newline, prefix}, {(void *)(uintptr_t)data, len}},
		2, s->wake, &written);
	if (err) {
		fault_set_errno(fault, err);
		*kept = written > prefix ? written - prefix : 0;
		if (s->file.regular)
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
		err = outfile_sync(&s->file);
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
		outfile_unlock(&s->file);
	return err;
}

/* Whether an output without a single append would not be valid as it is. */
static bool is_empty(struct sink *s)
{
	off_t end;

	if (s->used)
		return false;
	return !s->file.regular ||
	       (outfile_end(&s->file, &end) == 0 && end == 0);
}

/* Everything that is due before a file is left: it is made valid, synced and
 * closed. */
static int leave(struct sink *s, struct fault *fault)
{
	size_t kept;
	int err = 0, closed;

	if (s->empty_len > 0 && is_empty(s))
		err = append(s, s->empty, s->empty_len, true, &kept, fault);
	outfile_unlock(&s->file);
	if (!err && s->sync != SINK_SYNC_NEVER) {
		err = outfile_sync(&s->file);
		if (err)
			fault_set_errno(fault, err);
	}
	closed = outfile_close(&s->file);
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
	if (s->file.regular && s->line_open && s->file.io.fd >= 0)
		cut_back(s, s->end, s->line_start, &fault);
	s->line_open = false;
	outfile_unlock(&s->file);
}

bool sink_is_open_line(const struct sink *s)
{
	return s->line_open;
}

enum sink_reopened sink_reopen(struct sink *s, struct fault *fault)
{
	struct outfile f;
	/* A FIFO without a reader is no reason to wait. */
	int err = outfile_open(&f, s->path, O_CREAT | O_NONBLOCK);

	if (err) {
		fault_set_errno(fault, err);
		return SINK_KEPT;
	}
	err = leave(s, fault);
	take_over(s, &f);
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
