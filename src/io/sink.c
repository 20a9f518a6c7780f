#include "config.h"

#include "io/sink.h"

#include "codec/bgzf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void take_over(struct sink *s, const struct outfile *f)
{
	int64_t waited = s->file.io.waited;

	s->file = *f;
	s->file.io.waited = waited;
	s->end = -1; /* not ours: the first append looks */
	s->used = false;
	s->closed = 0;
	ending_forget(&s->ending);
	s->told = (struct sink_report){0};
}

static int open_first(struct sink *s, int flags)
{
	struct outfile f;
	int err = outfile_open(&f, s->path, flags);

	if (err)
		return err;
	(void)identity_write(&s->identity, f.dev, f.ino);
	take_over(s, &f);
	return 0;
}

/* A file that is made of blocks goes on with blocks. */
static int keep_blocks(struct sink *s)
{
	enum outfile_kind holds;
	int err = outfile_look(&s->file, &holds);

	if (!err && holds == OUTFILE_BGZF)
		s->packing = &packing_bgzf;
	return err;
}

int sink_init(struct sink *s, const char *path, const struct packing *packing,
	enum sink_sync sync)
{
	int err;

	memset(s, 0, sizeof(*s));
	s->name = path ? path : "standard output";
	s->path = path;
	s->packing = packing;
	s->sync = sync;
	s->wake = FDIO_NO_WAKE;
	s->file = OUTFILE_NONE;
	ending_init(&s->ending, packing != NULL, 0, false);
	err = identity_init(&s->identity);
	if (err)
		return err;
	err = open_first(s, 0);
	if (!err && packing)
		err = keep_blocks(s);
	if (err == -ENOENT)
		return 0;
	if (err) {
		(void)outfile_close(&s->file);
		identity_release(&s->identity);
	}
	return err;
}

int sink_init_apart(
	struct sink *s, const char *name, const struct packing *packing)
{
	memset(s, 0, sizeof(*s));
	s->name = name;
	s->packing = packing;
	s->wake = FDIO_NO_WAKE;
	s->file = OUTFILE_NONE;
	ending_init(&s->ending, false, 0, false);
	return identity_init(&s->identity);
}

void sink_attach(struct sink *s, int fd, const char *name)
{
	struct outfile f;

	outfile_adopt(&f, fd);
	s->name = name;
	take_over(s, &f);
	s->line = (struct sink_line){0};
}

void sink_detach(struct sink *s)
{
	s->line = (struct sink_line){0};
	outfile_disown(&s->file);
}

int sink_create(struct sink *s)
{
	/* Should a FIFO be there by now, it is not waited for any more. */
	return s->file.io.fd >= 0 ? 0 : open_first(s, O_CREAT | O_NONBLOCK);
}

static enum outfile_kind kind_of(const struct sink *s)
{
	if (!s->packing)
		return OUTFILE_TEXT;
	return s->packing == &packing_bgzf ? OUTFILE_BGZF : OUTFILE_GZIP;
}

int sink_check_kind(struct sink *s, struct fault *fault)
{
	return outfile_check_kind(&s->file, kind_of(s), fault);
}

int sink_use_packer(struct sink *s, struct packer *p)
{
	static const struct packer_tally nothing;
	unsigned char room[1024];
	struct packed packed;
	int err = packer_pack(p, "\n", 1, room, sizeof(room), &packed);

	if (err || packed.size > sizeof(s->newline.bytes))
		return err ? err : -ENOBUFS;
	memcpy(s->newline.bytes, room, packed.size);
	s->newline.len = packed.size;
	s->empty.len = s->packing->close(&nothing, s->empty.bytes);
	return 0;
}

void sink_set_records(struct sink *s,
	size_t (*whole)(const void *context, const void *data, size_t len),
	const void *context)
{
	s->records = (struct sink_records){whole, context};
}

void sink_find_tears(struct sink *s, size_t member, bool repair)
{
	ending_init(&s->ending, s->packing != NULL, member, repair);
}

void sink_be_patient(struct sink *s)
{
	s->patient = true;
}

void sink_release(struct sink *s)
{
	(void)outfile_close(&s->file);
	identity_release(&s->identity);
}

/* Whether it need not be looked at how the file ends before an append. */
static bool is_known(const struct sink *s)
{
	off_t end;

	return s->line.open || outfile_end(&s->file, &end) != 0 ||
	       end == s->end || end == s->ending.size;
}

/* Whether an append that must not wait can just be tried: a pipe, terminal or
 * socket takes what it has room for. */
static bool may_try(const struct sink *s)
{
	return s->hasty && !s->file.regular && fdio_can_try(&s->file.io);
}

bool sink_is_ready(struct sink *s, size_t len)
{
	if (s->sync == SINK_SYNC_BATCH)
		return false;
	if (!s->file.regular)
		return may_try(s) || fdio_has_room(&s->file.io, len);
	if (!ending_look(&s->ending, &s->file) || !outfile_try_lock(&s->file))
		return false;
	if (!s->packing || is_known(s))
		return true;
	/* To find out how it ends may take long. */
	sink_let_go(s);
	return false;
}

void sink_let_go(struct sink *s)
{
	if (!s->line.open)
		outfile_unlock(&s->file);
}

/* Finds out how the first *end bytes of the file end, which are all, and has
 * what is torn there seen to. Under the lock. */
static int find_ending(struct sink *s, off_t *end, struct fault *fault)
{
	int err = ending_settle(&s->ending, &s->file, s->path, end, s->wake,
		&s->report.moved, fault);

	if (!err && s->ending.how == ENDING_UNKNOWN)
		s->report.end_unknown = !s->told.end_unknown;
	return err;
}

/* Finds the end of the file, and what is to be written before anything else:
 * the end of a line that is not ours. */
static int look_at_end(
	struct sink *s, struct iovec *prefix, struct fault *fault)
{
	static char newline[] = "\n";
	off_t end;
	int err = outfile_end(&s->file, &end);

	if (err) {
		fault_set_errno(fault, err);
		return err;
	}
	if (!s->line.open && end != s->end) {
		err = find_ending(s, &end, fault);
		if (err)
			return err;
		if (s->ending.how == ENDING_OPEN && s->packing)
			*prefix = (struct iovec){
				s->newline.bytes, s->newline.len};
		else if (s->ending.how == ENDING_OPEN)
			*prefix = (struct iovec){newline, 1};
	}
	if (!s->line.open)
		s->line = (struct sink_line){.start = end};
	else if (end != s->end)
		s->line.mixed = true;
	s->end = end;
	return 0;
}

/* The length of the whole records at the beginning of data[0..len). A part of a
 * gzip member is nothing. */
static size_t whole_records(const struct sink *s, const void *data, size_t len)
{
	const struct sink_records *r = &s->records;

	return r->whole && !s->packing ? r->whole(r->context, data, len) : 0;
}

/* Cuts the file to the length `cut`, if it still ends where our last byte is.
 * What could not be done is reported. */
static void cut_back(struct sink *s, off_t ours, off_t cut)
{
	struct fault *torn = &s->report.torn, why;
	int done = s->line.mixed ? 0 : outfile_cut(&s->file, ours, cut);

	if (done == 0)
		fault_set(torn,
			" (somebody else changed the file meanwhile, so what "
			"is torn was left in it)");
	if (done >= 0)
		return;
	fault_set_errno(&why, done);
	fault_set(torn, " (and what is torn could not be cut off: %.80s)",
		why.text);
}

/* Cuts the file back to where this piece of a line began, so that it can be
 * appended again. Returns false if somebody else has written behind it. */
static bool cut_piece(struct sink *s, size_t written)
{
	return written == 0 ||
	       outfile_cut(&s->file, s->end + (off_t)written, s->end) == 1;
}

/* An append failed after `written` bytes, the first `prefix` of them the end of
 * another line. Cuts the file back; *kept is how much of data stays. */
static void roll_back(struct sink *s, const unsigned char *data, size_t prefix,
	size_t written, size_t *kept, bool again)
{
	off_t ours = s->end + (off_t)written;
	size_t whole = 0;

	*kept = 0;
	if (written > prefix)
		whole = whole_records(s, data, written - prefix);
	if (whole == 0 && again && s->line.open && cut_piece(s, written))
		return;
	if (whole > 0) {
		s->line.mixed = false; /* the open line has come to its end */
		cut_back(s, ours, s->end + (off_t)(prefix + whole));
	} else {
		s->report.cut |= s->line.open;
		cut_back(s, ours, s->line.start);
	}
	s->line.open = false;
	s->end = -1; /* the next append looks what is there */
	*kept = whole;
}

static int take_lock(struct sink *s, struct fault *fault)
{
	struct fault cause;
	int err = outfile_lock(&s->file, s->wake);

	if (err) {
		fault_set_errno(&cause, err);
		fault_set(fault, "cannot be locked: %.200s", cause.text);
		return err;
	}
	s->report.no_lock = s->told.no_lock ? 0 : s->file.no_lock;
	return 0;
}

/* Before the first append: finds out how a gzip file ends, without the lock,
 * since that takes long. Should somebody append meanwhile, that is known by its
 * size; what seems torn, or was cut meanwhile, is looked at under the lock. */
static int look_ahead(struct sink *s, struct fault *fault)
{
	off_t size;
	int err = 0;

	if (!ending_look(&s->ending, &s->file)) {
		err = outfile_end(&s->file, &size);
		if (!err)
			err = ending_find(&s->ending, &s->file, size, s->wake);
	}
	/* Somebody is at it who has the lock. */
	if (err == -FDIO_SHORT || s->ending.how == ENDING_TORN) {
		ending_forget(&s->ending);
		err = 0;
	}
	if (err)
		fault_set_errno(fault, err);
	return err;
}

/* What is due before an append: the lock, and a look at the end. */
static int prepare(struct sink *s, struct iovec *prefix, struct fault *fault)
{
	int err;

	if (!s->file.regular)
		return 0;
	err = look_ahead(s, fault);
	if (!err)
		err = take_lock(s, fault);
	return err ? err : look_at_end(s, prefix, fault);
}

int sink_check_end(struct sink *s, struct fault *fault)
{
	struct ending first = s->ending;
	struct fault why;
	off_t size;
	int err = 0;

	if (!s->file.regular || (!s->packing && !s->ending.repair))
		return 0;
	if (s->ending.repair && s->file.look < 0) {
		fault_set(fault,
			"cannot be repaired, since it may not be read: %.200s",
			fault_reason(&why, EACCES));
		return -EACCES;
	}
	(void)ending_look(&first, &s->file);
	if (s->packing && first.how != ENDING_TORN) {
		s->ending = first;
		return 0;
	}
	/* It may be an append that somebody is at. */
	err = take_lock(s, fault);
	if (!err)
		err = outfile_end(&s->file, &size);
	if (!err && size > 0)
		err = find_ending(s, &size, fault);
	outfile_unlock(&s->file);
	return err;
}

bool sink_may_retry(const struct sink *s, int err)
{
	return s->patient && (err == -ENOSPC || err == -EDQUOT) &&
	       !s->sync_failed && !s->report.torn.text[0];
}

/* Syncs the file; one that was made here also its name. Where one of these
 * failed, the next would say nothing about what was written before. */
static int sync_file(struct sink *s)
{
	int err = outfile_sync(&s->file);

	if (!err && s->file.made)
		err = outfile_sync_name(s->path);
	if (err)
		s->sync_failed = true;
	else
		s->file.made = false;
	return err;
}

/* What the system took may never reach the disk. Returns err. */
static int not_on_disk(struct fault *fault, int err)
{
	struct fault why;

	fault_set(fault, "%.200s (the lines may not be on the disk)",
		fault_reason(&why, err));
	return err;
}

/* Writes iov[0..2), the first of which is for regular files only. *written as
 * fdio_writev. -EAGAIN: the rest would have to wait. */
static int write_out(struct sink *s, const struct iovec iov[2], size_t *written)
{
	const struct iovec *data = &iov[1];
	ssize_t n;
	int err;

	if (!may_try(s)) {
		atomic_store(&s->writing, s->file.regular);
		err = fdio_writev(&s->file.io, iov, 2, s->wake, written);
		atomic_store(&s->writing, false);
		return err;
	}
	n = fdio_try_write(&s->file.io, data->iov_base, data->iov_len);
	*written = n < 0 ? 0 : (size_t)n;
	if (n < 0)
		return (int)n;
	return *written < data->iov_len ? -EAGAIN : 0;
}

static int append(struct sink *s, const void *data, size_t len, bool line_ends,
	size_t *kept, struct fault *fault)
{
	struct iovec iov[2] = {{NULL, 0}, {(void *)(uintptr_t)data, len}};
	size_t prefix, written, whole;
	int err = prepare(s, &iov[0], fault);

	if (err)
		return err;
	prefix = iov[0].iov_len;
	err = write_out(s, iov, &written);
	if (err) {
		fault_set_errno(fault, err);
		*kept = written > prefix ? written - prefix : 0;
		if (s->file.regular)
			roll_back(s, data, prefix, written, kept,
				sink_may_retry(s, err));
		else if (written > 0)
			s->used = s->line.open = true; /* the rest may come */
		return err;
	}
	*kept = len;
	s->used = true;
	s->report.members += s->packing && prefix > 0;
	s->line.open = !line_ends;
	if (s->line.open && (whole = whole_records(s, data, len)) > 0)
		s->line.start = s->end + (off_t)(prefix + whole);
	s->end += (off_t)written;
	if (!s->line.open)
		ending_is_whole(&s->ending, s->end);
	if (s->sync == SINK_SYNC_BATCH) {
		err = sync_file(s);
		if (err)
			return not_on_disk(fault, err);
	}
	return 0;
}

int sink_append(struct sink *s, const void *data, size_t len, bool line_ends,
	size_t *kept, struct fault *fault)
{
	int err;

	*kept = 0;
	err = append(s, data, len, line_ends, kept, fault);
	/* A line that is open keeps the lock, also when only the sync failed:
	 * sink_abandon may have to cut it off. */
	if (!s->line.open)
		outfile_unlock(&s->file);
	return err;
}

/* Whether the first `end` bytes of the file end with what marks an end. */
static bool is_marked(const struct sink *s, off_t end)
{
	unsigned char last[SINK_MEMBER];
	size_t len = s->empty.len;

	if (s->file.look < 0 || end < (off_t)len)
		return false;
	return fdio_read_at(s->file.look, last, len, end - (off_t)len) == 0 &&
	       memcmp(last, s->empty.bytes, len) == 0;
}

/* Whether the output would not be valid as it is. */
static bool lacks_end(const struct sink *s)
{
	bool marked = s->packing && s->packing->marked;
	off_t end;

	if (s->empty.len == 0 || s->closed == s->empty.len)
		return false;
	if (!s->file.regular)
		return marked || !s->used || s->closed > 0;
	if (outfile_end(&s->file, &end) != 0)
		return false;
	/* Others may be at a file that only we do not append to. */
	return end == 0 ||
	       (marked && (s->used || s->ending.repair) && !is_marked(s, end));
}

int sink_make_valid(struct sink *s, struct fault *fault)
{
	bool missing = s->ending.repair && !s->used && s->file.regular;
	size_t kept, done = s->closed;
	off_t end = 0;
	int err;

	if (!lacks_end(s))
		return 0;
	if (missing)
		(void)outfile_end(&s->file, &end);
	err = append(s, s->empty.bytes + done, s->empty.len - done, true, &kept,
		fault);
	s->closed = done + kept;
	s->report.members += !err;
	if (!err && end > 0)
		fault_set(&s->report.moved,
			"the block that marks the end was missing, and was "
			"added");
	outfile_unlock(&s->file);
	return err;
}

/* Everything that is due before a file is left: it is made valid, synced and
 * closed. */
static int leave(struct sink *s, struct fault *fault)
{
	int err = sink_make_valid(s, fault), closed;

	outfile_unlock(&s->file);
	if (!err && s->sync != SINK_SYNC_NEVER) {
		err = sync_file(s);
		if (err)
			(void)not_on_disk(fault, err);
	}
	closed = outfile_close(&s->file);
	if (!err && closed)
		err = not_on_disk(fault, closed);
	return err;
}

int sink_finish(struct sink *s, struct fault *fault)
{
	/* Where there was something to write, that has failed already. */
	bool useless = !s->used && !outfile_is_writable(&s->file);
	int err = leave(s, fault);

	if (!err && useless) {
		err = -EBADF;
		fault_set_errno(fault, err);
	}
	return err;
}

void sink_abandon(struct sink *s)
{
	/* The lock on the file is still held, since the line began. */
	if (s->file.regular && s->line.open && s->file.io.fd >= 0) {
		s->report.cut = true;
		cut_back(s, s->end, s->line.start);
	}
	s->line.open = false;
	outfile_unlock(&s->file);
}

bool sink_is_open_line(const struct sink *s)
{
	return s->line.open;
}

bool sink_is_writing(const struct sink *s)
{
	return atomic_load(&s->writing);
}

bool sink_is_named(const struct sink *s)
{
	return !s->path || outfile_is_named(&s->file, s->path);
}

bool sink_is_gone(const struct sink *s)
{
	return outfile_is_gone(&s->file);
}

bool sink_take_report(struct sink *s, struct sink_report *report)
{
	const struct sink_report *r = &s->report;

	if (!r->members && !r->no_lock && !r->end_unknown && !r->cut &&
		!r->torn.text[0] && !r->moved.text[0])
		return false;
	*report = *r;
	s->told.no_lock |= r->no_lock;
	s->told.end_unknown |= r->end_unknown;
	s->report = (struct sink_report){0};
	return true;
}

/* Whether a file that is opened anew is torn. Somebody may be at an append: so
 * that is so only under the lock, which is not waited for; without it the first
 * append will see. */
static int check_new_end(
	const struct sink *s, struct outfile *f, struct fault *fault)
{
	struct ending e = s->ending;
	int err = 0;

	ending_forget(&e);
	(void)ending_look(&e, f);
	if (!ending_is_refused(&e) || !outfile_try_lock(f))
		return 0;
	ending_forget(&e);
	(void)ending_look(&e, f);
	if (ending_is_refused(&e))
		err = ending_refuse(&e, fault);
	outfile_unlock(f);
	return err;
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
	err = outfile_check_kind(&f, kind_of(s), fault);
	if (!err && !identity_write(&s->identity, f.dev, f.ino)) {
		err = -EINVAL;
		fault_set(fault, "output file is input file");
	}
	if (!err)
		err = check_new_end(s, &f, fault);
	if (err) {
		(void)outfile_close(&f);
		return SINK_KEPT;
	}
	err = leave(s, fault);
	take_over(s, &f);
	return err ? SINK_FAILED : SINK_REOPENED;
}
