#include "config.h"

#include "io/tail.h"

#include "codec/format.h"
#include "codec/members.h"
#include "codec/stream.h"
#include "io/fdio.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

/* Bytes that are read and decoded at once. */
#define STEP 65536

/* So many members are decoded for one answer: candidates that are none, and
 * members without text, behind which the text goes on further to the front. */
#define TRIES 16

/* Most members are small: so many bytes are looked through first. */
#define NEAR ((size_t)STEP)

/* What one answer needs. */
struct looker {
	int fd;
	int wake;
	unsigned tries;	       /* members that were decoded */
	struct stream stream;  /* kept from one to the next */
	unsigned char *window; /* the last bytes: window_len of them, the */
	size_t window_len;     /* first of which is at window_at */
	off_t window_at;
	unsigned char in[STEP], out[STEP];
};

static struct looker *looker_new(int fd, int wake)
{
	struct looker *l = calloc(1, sizeof(*l));

	if (l) {
		l->fd = fd;
		l->wake = wake;
	}
	return l;
}

static void looker_free(struct looker *l)
{
	stream_release(&l->stream);
	free(l->window);
	free(l);
}

/* Reads exactly len bytes at `at`. Returns 0 or a negative errno. */
static int read_at(int fd, unsigned char *buf, size_t len, off_t at)
{
	while (len > 0) {
		ssize_t n = pread(fd, buf, len, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) /* it was cut meanwhile */
			return n < 0 ? -errno : -ENODATA;
		buf += n;
		len -= (size_t)n;
		at += n;
	}
	return 0;
}

/* Decodes the n bytes in l->in, and notes the last byte of their text. Returns
 * 0 or a negative errno. */
static int decode_step(struct looker *l, size_t n, struct tail_member *m)
{
	size_t at = 0, made;

	do {
		size_t taken = n - at;
		int err;

		made = sizeof(l->out);
		err = stream_more(
			&l->stream, l->in + at, &taken, l->out, &made);
		if (err)
			return err;
		at += taken;
		if (made > 0) {
			m->text = true;
			m->ending = l->out[made - 1] == '\n';
		}
	} while (at < n || made > 0);
	return 0;
}

/* Decodes all from m->at up to `end`. Returns 0; -EBADMSG if that is not whole
 * members; or another negative errno. */
static int decode(struct looker *l, off_t end, struct tail_member *m)
{
	int err = stream_begin(&l->stream, &format_gzip);

	for (off_t at = m->at; !err && at < end;) {
		size_t n = end - at < STEP ? (size_t)(end - at) : STEP;

		if (fdio_is_woken(l->wake))
			return -ECANCELED;
		err = read_at(l->fd, l->in, n, at);
		if (!err)
			err = decode_step(l, n, m);
		at += (off_t)n;
	}
	return err ? err : stream_end(&l->stream);
}

/* Puts the `reach` bytes before `end`, or all that there are, into the window.
 */
static int look_back(struct looker *l, off_t end, size_t reach)
{
	unsigned char *window;

	if ((off_t)reach > end)
		reach = (size_t)end;
	window = realloc(l->window, reach);
	if (!window)
		return -ENOMEM;
	l->window = window;
	l->window_len = reach;
	l->window_at = end - (off_t)reach;
	return read_at(l->fd, window, reach, l->window_at);
}

/* Tries each head in the window that stands before `before` and whose size
 * reaches up to `end`, the last one first. Returns 1, 0 or a negative errno. */
static int try_heads(
	struct looker *l, off_t end, off_t before, struct tail_member *m)
{
	size_t at = (size_t)(before - l->window_at);

	while (l->tries < TRIES) {
		struct tail_member candidate;
		int err;

		at = members_last_head(l->window, l->window_len, at);
		if (at == SIZE_MAX)
			return 0;
		l->tries++;
		candidate =
			(struct tail_member){.at = l->window_at + (off_t)at};
		err = decode(l, end, &candidate);
		if (!err && l->stream.pieces == 1) {
			*m = candidate;
			return 1;
		}
		if (err && err != -EBADMSG)
			return err;
	}
	return 0;
}

/* As tail_find, for members at or behind `least`. */
static int find(struct looker *l, off_t end, off_t least, struct tail_member *m)
{
	size_t most = (size_t)(end - least);
	size_t reach = most < NEAR ? most : NEAR;
	off_t before = end;

	for (;;) {
		int found = look_back(l, end, reach);

		if (!found)
			found = try_heads(l, end, before, m);
		if (found != 0 || reach == most)
			return found;
		before = l->window_at;
		reach = most;
	}
}

static off_t farthest(off_t end, size_t reach)
{
	return (off_t)reach < end ? end - (off_t)reach : 0;
}

int tail_find(int fd, off_t end, size_t reach, struct tail_member *member)
{
	struct looker *l = looker_new(fd, FDIO_NO_WAKE);
	int found;

	if (!l)
		return -ENOMEM;
	found = end > 0 ? find(l, end, farthest(end, reach), member) : 0;
	looker_free(l);
	return found;
}

/* How a text ends whose last member that is not without text is m. */
static enum tail tail_of(const struct tail_member *m)
{
	return m->text && !m->ending ? TAIL_OPEN : TAIL_WHOLE;
}

enum tail tail_look(int fd, off_t end, size_t reach)
{
	struct looker *l = looker_new(fd, FDIO_NO_WAKE);
	off_t least = farthest(end, reach);
	struct tail_member m = {0};

	if (!l)
		return TAIL_UNKNOWN;
	while (end > least && find(l, end, least, &m) == 1) {
		end = m.at;
		if (m.text)
			break;
	}
	looker_free(l);
	return m.text || end == 0 ? tail_of(&m) : TAIL_UNKNOWN;
}

int tail_decode(int fd, off_t from, off_t end, int wake, enum tail *tail)
{
	struct looker *l = looker_new(fd, wake);
	struct tail_member m = {.at = from};
	int err = l ? decode(l, end, &m) : -ENOMEM;

	if (l)
		looker_free(l);
	if (err)
		*tail = TAIL_UNKNOWN;
	else if (m.text)
		*tail = tail_of(&m);
	/* All else is damage: then nobody can know. */
	return err == -ECANCELED || err == -ENOMEM || err == -EIO ? err : 0;
}
