#include "config.h"

#include "io/source.h"

#include "codec/bgzf.h"
#include "io/refusal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* What every message about damage ends with: the promise that goes with it. */
#define KEPT "everything before it was kept"

/* Bytes in the first read that tell of a long input. */
#define MUCH_AT_ONCE 4096

/* A beginning that is not clear stays in the feed. */
_Static_assert(FEED_KEPT >= FORMAT_MAGIC_MOST, "as long as any magic");

void source_init(struct source *s, const struct ahead_help *help)
{
	*s = (struct source){.name = NULL};
	feed_init(&s->feed);
	ahead_init(&s->ahead, help);
}

void source_set_relief(struct source *s, struct relief *relief)
{
	s->feed.relief = relief;
}

int source_relieve(struct source *s)
{
	return feed_relieve(&s->feed);
}

void source_release(struct source *s)
{
	(void)source_close(s);
	stream_release(&s->stream);
	ahead_release(&s->ahead);
	feed_release(&s->feed);
}

/* Standard input, or the file of this name. */
static int open_input(
	struct fdio *io, const char *path, bool wait, struct stat *st)
{
	/* fdio owns and closes what it is given; standard input may be named
	 * more than once, so it gets a duplicate. */
	int fd, err;

	if (strcmp(path, "-") != 0)
		return fdio_open_input(io, path, wait, st);
	fd = dup(STDIN_FILENO);
	if (fd < 0)
		return -errno;
	err = fdio_init(io, fd, O_RDONLY);
	if (!err && fstat(fd, st) < 0)
		err = -errno;
	if (err)
		(void)fdio_close(io);
	return err;
}

int source_open(struct source *s, const char *path, bool detect, bool wait,
	struct stat *st)
{
	/* Until it is clear that this thread goes on, nothing of *s. */
	struct relief *relief = s->feed.relief;
	struct fdio io;
	int err;

	s->standard = strcmp(path, "-") == 0;
	s->name = s->standard ? "standard input" : path;
	relief_expose(relief);
	err = open_input(&io, path, wait, st);
	if (!relief_withdraw(relief)) {
		if (!err)
			(void)fdio_close(&io);
		return -EOWNERDEAD;
	}
	if (err)
		return err;
	s->feed.io = io;
	s->known = !detect;
	s->format = NULL;
	s->blocks = false;
	s->terminal = S_ISCHR(st->st_mode) && isatty(s->feed.io.fd);
	feed_begin(&s->feed, st);
	return 0;
}

int source_begin_at(struct source *s, off_t from, bool known)
{
	s->known |= known;
	return lseek(s->feed.io.fd, from, SEEK_SET) < 0 ? -errno : 0;
}

int source_close(struct source *s)
{
	struct relief *relief = s->feed.relief;
	struct fdio io = s->feed.io;

	ahead_call_back(&s->ahead);
	if (io.fd < 0)
		return 0;
	/* It is no more in any state that somebody else would find. */
	s->feed.io.fd = s->feed.io.own = -1;
	relief_expose(relief);
	/* Closing what was only read has nothing to tell. */
	(void)fdio_close(&io);
	return relief_withdraw(relief) ? 0 : -EOWNERDEAD;
}

void source_stop(struct source *s)
{
	feed_stop(&s->feed);
}

/* How many bytes are for the stream, as far as can be told. What gives a page
 * at once that is no file most often has much more. */
static uint64_t expected_size(const struct source *s)
{
	const struct feed *feed = &s->feed;
	const struct format_pieces *pieces = s->ahead.pieces;
	size_t ready = feed_ready(feed);

	/* If the first piece goes to others, so do the next ones, mostly. */
	if (pieces && pieces->size(feed_next(feed), ready) > 0)
		return 0;
	if (feed->size > 0)
		return (uint64_t)feed->size;
	return ready >= MUCH_AT_ONCE ? UINT64_MAX : ready;
}

/* The format is clear: the table's, or NULL for none. All that was read until
 * now is in the feed. */
static int settle(
	struct source *s, const struct format *format, struct fault *fault)
{
	int err = format ? stream_begin(&s->stream, format) : 0;

	if (err == -ENOTSUP)
		refusal_tell(fault, format, s->standard ? NULL : s->name);
	else if (err)
		fault_set_errno(fault, err);
	if (err)
		return err;
	s->known = true;
	s->format = format;
	s->blocks = format == &format_gzip &&
		    bgzf_magic(feed_next(&s->feed), feed_ready(&s->feed)) ==
			    MATCH_YES;
	if (format) {
		ahead_begin(&s->ahead, &s->feed, format);
		stream_expect(&s->stream, expected_size(s));
	}
	return 0;
}

/* Looks at the first bytes of the input, all of which are in the feed. `last`:
 * no more come. Returns 0 or a negative errno. */
static int detect_kept(struct source *s, bool last, struct fault *fault)
{
	bool wait;
	const struct format *format =
		format_detect(feed_next(&s->feed), feed_ready(&s->feed), &wait);

	return wait && !last ? 0 : settle(s, format, fault);
}

/* The same where they are in the feed and, behind that, in buf[0..n). Returns 1
 * when they are plain text, to be handed out as they are; 0 when they went to
 * the feed; or a negative errno. */
static int detect_format(struct source *s, const unsigned char *buf, size_t n,
	struct fault *fault)
{
	bool wait;
	int err;

	if (feed_ready(&s->feed) == 0 && !format_detect(buf, n, &wait) &&
		!wait) {
		s->known = true;
		return 1;
	}
	err = feed_keep(&s->feed, buf, n, fault);
	return err ? err : detect_kept(s, false, fault);
}

/* A message is read as a whole or lost, so there must be room for any. */
static bool must_refill(const struct source *s)
{
	return s->feed.io.socket == FDIO_MESSAGES;
}

/* The first reads, until the format is clear. */
static ssize_t read_unknown(struct source *s, unsigned char *buf, size_t len,
	int wake, int64_t deadline, struct fault *fault)
{
	/* If this is of some format, it moves to the feed. */
	size_t want = len < FEED_SIZE ? len : FEED_SIZE;
	/* A magic that could be text counts only as a whole, at once. */
	bool refill = must_refill(s) || len < FORMAT_MAGIC_MOST;

	while (!s->known) {
		struct feed *f = &s->feed;
		ssize_t n =
			refill ? feed_refill(f, wake, deadline, fault)
			       : feed_read(f, buf, want, wake, deadline, fault);
		int plain;

		if (n < 0)
			return n;
		if (n == 0 || refill)
			plain = detect_kept(s, n == 0, fault);
		else
			plain = detect_format(s, buf, (size_t)n, fault);
		if (plain < 0)
			return plain;
		if (plain)
			return n;
	}
	return source_read(s, buf, len, wake, deadline, fault);
}

static ssize_t read_plain(struct source *s, void *buf, size_t len, int wake,
	int64_t deadline, struct fault *fault)
{
	struct feed *f = &s->feed;

	if (feed_ready(f) == 0 && !must_refill(s))
		return feed_read(f, buf, len, wake, deadline, fault);
	if (feed_ready(f) == 0) {
		ssize_t n = feed_refill(f, wake, deadline, fault);

		if (n <= 0)
			return n;
	}
	return (ssize_t)feed_take(f, buf, len);
}

/* What is wrong, in words. Returns err. */
static int tell(const struct source *s, int err, struct fault *fault)
{
	const struct damage *damage = &s->stream.damage;

	switch (damage->kind) {
	case DAMAGE_BAD:
		fault_set(fault,
			"corrupt %s data at byte %" PRIu64 ": %s; " KEPT,
			s->format->name, damage->at, damage->why);
		break;
	case DAMAGE_CUT:
		fault_set(fault,
			"unexpected end of %s data at byte %" PRIu64 "; " KEPT,
			s->format->name, damage->at);
		break;
	case DAMAGE_GARBAGE:
		fault_set(fault,
			"trailing garbage at byte %" PRIu64 " ignored; " KEPT,
			damage->at);
		break;
	case DAMAGE_NEEDS:
		fault_set(fault, "%s data at byte %" PRIu64 " needs %s; " KEPT,
			s->format->name, damage->at, damage->why);
		break;
	case DAMAGE_NONE:
	default:
		fault_set_errno(fault, err);
		break;
	}
	return err;
}

/* The input is at its end, or was stopped, which may be anywhere. */
static int end(struct source *s, struct fault *fault)
{
	int err = s->feed.stopped ? 0 : stream_end(&s->stream);

	return err ? tell(s, err, fault) : 0;
}

static ssize_t read_packed(struct source *s, void *buf, size_t len, int wake,
	int64_t deadline, struct fault *fault)
{
	struct feed *feed = &s->feed;
	ssize_t ready = ahead_read(&s->ahead, feed, &s->stream, buf, len);

	if (ready != 0)
		return ready;
	for (;;) {
		size_t in = feed_ready(feed);
		size_t out = len;
		int err = stream_more(
			&s->stream, feed_next(feed), &in, buf, &out);
		ssize_t n;

		feed_pass(feed, in);
		if (out > 0) {
			/* Damage comes up again at the next call, behind the
			 * text that was good. */
			return (ssize_t)out;
		}
		if (err)
			return tell(s, err, fault);
		if (feed_ready(feed) > 0)
			continue;
		n = feed_refill(feed, wake, deadline, fault);
		if (n <= 0)
			return n < 0 ? n : end(s, fault);
	}
}

const unsigned char *source_left(const struct source *s, size_t *len)
{
	*len = s->known && !s->format ? feed_ready(&s->feed) : 0;
	return *len > 0 ? feed_next(&s->feed) : NULL;
}

/* Whether there may be bytes that were read, are not decoded, and cannot be
 * read again. */
static bool may_wait(const struct source *s)
{
	return s->known && s->format && !s->feed.io.regular &&
	       !s->stream.damage.kind;
}

size_t source_undecoded(const struct source *s)
{
	return may_wait(s) ? feed_ready(&s->feed) : 0;
}

size_t source_take_held(struct source *s, void *buf, size_t len)
{
	static const unsigned char none[1];
	size_t in = 0;

	if (!may_wait(s))
		return 0;
	(void)stream_more(&s->stream, none, &in, buf, &len);
	return len;
}

ssize_t source_read(struct source *s, void *buf, size_t len, int wake,
	int64_t deadline, struct fault *fault)
{
	if (!s->known)
		return read_unknown(s, buf, len, wake, deadline, fault);
	if (s->format)
		return read_packed(s, buf, len, wake, deadline, fault);
	return read_plain(s, buf, len, wake, deadline, fault);
}
