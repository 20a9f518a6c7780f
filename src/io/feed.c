#include "config.h"

#include "io/feed.h"

#include "io/terminal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void feed_init(struct feed *f)
{
	*f = (struct feed){.io = {.fd = -1, .own = -1}};
}

void feed_release(struct feed *f)
{
	free(f->raw);
	f->raw = NULL;
}

void feed_begin(struct feed *f, const struct stat *st)
{
	f->stopped = f->at_end = false;
	f->raw_at = f->raw_len = 0;
	f->granted = 0;
	f->long_line = false;
	f->taken = 0;
	f->size = S_ISREG(st->st_mode) ? st->st_size : 0;
}

void feed_stop(struct feed *f)
{
	if (f->stopped)
		return;
	f->stopped = true;
	/* What is typed to another is his; and who reads it is stopped. */
	if (terminal_is_ours(f->io.fd))
		f->granted += (off_t)fdio_waiting(&f->io);
	if (f->editor)
		editor_stop(f->editor, (size_t)f->granted);
}

/* Lines that are edited come when they are complete. A terminal can be woken,
 * so that nobody has to be relieved there. */
static ssize_t read_edited(
	struct feed *f, void *buf, size_t len, struct fault *fault)
{
	ssize_t n = editor_read(f->editor, buf, len);

	if (n == 0)
		f->at_end = true;
	if (n < 0 && n != -ECANCELED)
		fault_set_errno(fault, (int)n);
	return n;
}

ssize_t feed_read(struct feed *f, void *buf, size_t len, int wake,
	int64_t deadline, struct fault *fault)
{
	/* Who relieves this thread does without: there is nobody left. */
	struct relief *relief = f->relief;
	ssize_t n;

	if (f->editor && !f->at_end)
		return read_edited(f, buf, len, fault);
	if ((f->stopped && f->granted == 0) || f->at_end)
		return 0;
	if (f->stopped && f->io.socket != FDIO_MESSAGES &&
		(off_t)len > f->granted)
		len = (size_t)f->granted;
	if (f->stopped)
		deadline = 0;
	relief_expose(relief);
	n = fdio_read(&f->io, buf, len, wake, deadline);
	if (!relief_withdraw(relief))
		return -EOWNERDEAD;
	/* Another reader of the same pipe was faster. */
	if (n == -EAGAIN && f->stopped)
		n = 0;
	/* A file that gave all that it has, and less than was asked for, is at
	 * its end; whoever appends to it now is late. */
	if (n == 0 || (n == f->size && (size_t)n < len))
		f->at_end = true;
	f->long_line =
		n == FEED_TYPED_MOST && ((unsigned char *)buf)[n - 1] == '\n';
	if (n > 0) {
		f->granted -= n < f->granted ? n : f->granted;
		f->taken += (uint64_t)n;
	}
	if (n < 0 && n != -EAGAIN && n != -ECANCELED)
		fault_set_errno(fault, (int)n);
	return n;
}

static int need_raw(struct feed *f, struct fault *fault)
{
	if (!f->raw)
		f->raw = malloc(FEED_KEPT + FEED_SIZE);
	if (f->raw)
		return 0;
	fault_set_errno(fault, ENOMEM);
	return -ENOMEM;
}

ssize_t feed_refill(
	struct feed *f, int wake, int64_t deadline, struct fault *fault)
{
	int err = need_raw(f, fault);
	ssize_t n;

	if (err)
		return err;
	if (f->raw_at == f->raw_len)
		f->raw_at = f->raw_len = 0;
	n = feed_read(f, f->raw + f->raw_len, FEED_SIZE, wake, deadline, fault);
	if (n > 0)
		f->raw_len += (size_t)n;
	return n;
}

int feed_keep(struct feed *f, const unsigned char *bytes, size_t len,
	struct fault *fault)
{
	int err = need_raw(f, fault);

	if (err)
		return err;
	memcpy(f->raw + f->raw_len, bytes, len);
	f->raw_len += len;
	return 0;
}

size_t feed_ready(const struct feed *f)
{
	return f->raw_len - f->raw_at;
}

const unsigned char *feed_next(const struct feed *f)
{
	return f->raw ? f->raw + f->raw_at : NULL;
}

void feed_pass(struct feed *f, size_t len)
{
	f->raw_at += len;
}

size_t feed_take(struct feed *f, void *buf, size_t len)
{
	size_t ready = feed_ready(f);

	if (len > ready)
		len = ready;
	memcpy(buf, feed_next(f), len);
	feed_pass(f, len);
	return len;
}

int feed_look(struct feed *f, size_t want)
{
	struct fault fault;

	memmove(f->raw, f->raw + f->raw_at, feed_ready(f));
	f->raw_len -= f->raw_at;
	f->raw_at = 0;
	while (f->raw_len < want && !f->at_end && !f->stopped) {
		ssize_t n = feed_read(f, f->raw + f->raw_len,
			FEED_SIZE - f->raw_len, FDIO_NO_WAKE, 0, &fault);

		if (n < 0)
			return (int)n;
		f->raw_len += (size_t)n;
	}
	return 0;
}

int feed_take_all(struct feed *f, unsigned char *buf, size_t len)
{
	size_t n = feed_take(f, buf, len);
	struct fault fault;

	while (n < len) {
		ssize_t more;

		f->pending = buf;
		f->pending_len = n;
		more = feed_read(f, buf + n, len - n, FDIO_NO_WAKE, 0, &fault);
		if (more == -EOWNERDEAD)
			return -EOWNERDEAD;
		f->pending = NULL;
		if (more <= 0)
			return 0;
		n += (size_t)more;
	}
	return 1;
}

int feed_relieve(struct feed *f)
{
	f->relief = NULL;
	f->stopped = true;
	/* Who hangs in a read of something that waits still has it. */
	if (!f->io.regular)
		f->granted = 0;
	if (!f->pending)
		return 0;
	/* raw is empty, since all of it went there, and nobody reads into it;
	 * but it is too small. */
	free(f->raw);
	f->raw_at = f->raw_len = 0;
	f->raw = malloc(f->pending_len + 1);
	if (!f->raw)
		return -ENOMEM;
	memcpy(f->raw, f->pending, f->pending_len);
	f->raw_len = f->pending_len;
	f->pending = NULL;
	return 0;
}

off_t feed_position(const struct feed *f)
{
	off_t now = lseek(f->io.fd, 0, SEEK_CUR);

	return now < 0 ? -1 : now - (off_t)feed_ready(f);
}

void feed_go_back(struct feed *f, off_t position)
{
	off_t now = lseek(f->io.fd, 0, SEEK_CUR);

	if (lseek(f->io.fd, position, SEEK_SET) < 0)
		return; /* cannot be: it could before */
	f->granted += now - position;
	f->taken -= (uint64_t)(now - position);
	f->raw_at = f->raw_len = 0;
	f->at_end = false;
}
