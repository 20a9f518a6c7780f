#include "config.h"

#include "io/source.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Compressed bytes per read(2). */
#define RAW_SIZE 65536

/* Less than this is decoded before another thread has begun. */
#define WORTH_HELP (2 * RAW_SIZE)

/* What every message about damage ends with: the promise that goes with it. */
#define KEPT "everything before it was kept"

void source_init(struct source *s, const struct ahead_help *help)
{
	*s = (struct source){.io = {.fd = -1, .own = -1}};
	ahead_init(&s->ahead, help);
}

void source_release(struct source *s)
{
	source_close(s);
	stream_release(&s->stream);
	ahead_release(&s->ahead);
	free(s->raw);
	s->raw = NULL;
}

static int open_standard_input(struct fdio *io, struct stat *st)
{
	/* fdio owns and closes what it is given; standard input may be named
	 * more than once, so it gets a duplicate. */
	int fd = dup(STDIN_FILENO);
	int err;

	if (fd < 0)
		return -errno;
	err = fdio_init(io, fd, O_RDONLY);
	if (!err && fstat(fd, st) < 0)
		err = -errno;
	if (err)
		(void)fdio_close(io);
	return err;
}

int source_open(
	struct source *s, const char *path, bool detect, struct stat *st)
{
	bool standard = strcmp(path, "-") == 0;
	int err;

	s->name = standard ? "standard input" : path;
	err = standard ? open_standard_input(&s->io, st)
		       : fdio_open_input(&s->io, path, st);
	if (err)
		return err;
	s->known = !detect;
	s->format = NULL;
	s->terminal = S_ISCHR(st->st_mode) && isatty(s->io.fd);
	s->stopped = s->at_end = false;
	s->raw_at = s->raw_len = 0;
	s->reread = 0;
	s->may_go_ahead = s->ahead.help && S_ISREG(st->st_mode) &&
			  st->st_size > WORTH_HELP;
	s->size = S_ISREG(st->st_mode) ? st->st_size : 0;
	return 0;
}

void source_close(struct source *s)
{
	ahead_call_back(&s->ahead);
	/* Closing what was only read has nothing to tell. */
	(void)fdio_close(&s->io);
}

void source_stop(struct source *s)
{
	s->stopped = true;
}

/* fdio_read, unless stopped or at the end, with the error in words. */
static ssize_t read_descriptor(struct source *s, void *buf, size_t len,
	int wake, int64_t deadline, struct fault *fault)
{
	ssize_t n;

	if ((s->stopped && s->reread == 0) || s->at_end)
		return 0;
	if (s->stopped && (off_t)len > s->reread)
		len = (size_t)s->reread;
	n = fdio_read(&s->io, buf, len, wake, deadline);
	/* A file that gave all that it has, and less than was asked for, is at
	 * its end; whoever appends to it now is late. */
	if (n == 0 || (n == s->size && (size_t)n < len))
		s->at_end = true;
	if (n > 0)
		s->reread -= n < s->reread ? n : s->reread;
	if (n < 0 && n != -EAGAIN && n != -ECANCELED)
		fault_set_errno(fault, (int)n);
	return n;
}

/* The format is clear: the table's, or NULL for none. All that was read until
 * now is in raw. */
static int settle(
	struct source *s, const struct format *format, struct fault *fault)
{
	int err = format ? stream_begin(&s->stream, format) : 0;

	if (err) {
		fault_set_errno(fault, err);
		return err;
	}
	s->known = true;
	s->format = format;
	s->may_go_ahead = s->may_go_ahead && format && format->pieces;
	if (s->may_go_ahead) {
		off_t now = lseek(s->io.fd, 0, SEEK_CUR);

		s->begin = now - (off_t)s->raw_len;
		s->may_go_ahead = now >= 0;
	}
	return 0;
}

/* Adds buf[0..n) to what is in raw, where there is room for it beside a
 * beginning that was not clear. */
static int keep(struct source *s, const unsigned char *buf, size_t n,
	struct fault *fault)
{
	if (!s->raw)
		s->raw = malloc(FORMAT_MAGIC_MOST + RAW_SIZE);
	if (!s->raw) {
		fault_set_errno(fault, ENOMEM);
		return -ENOMEM;
	}
	memcpy(s->raw + s->raw_len, buf, n);
	s->raw_len += n;
	return 0;
}

/* Looks at the first bytes of the input: those in raw and then buf[0..n).
 * Returns 1 when they are plain text, to be handed out as they are; 0 when they
 * went to raw; or a negative errno. */
static int detect_format(struct source *s, const unsigned char *buf, size_t n,
	struct fault *fault)
{
	const struct format *format;
	bool wait;
	int err;

	if (s->raw_len == 0 && !format_detect(buf, n, &wait) && !wait) {
		s->known = true;
		return 1;
	}
	err = keep(s, buf, n, fault);
	if (err)
		return err;
	format = format_detect(s->raw, s->raw_len, &wait);
	return wait ? 0 : settle(s, format, fault);
}

/* The first reads, until the format is clear. */
static ssize_t read_unknown(struct source *s, unsigned char *buf, size_t len,
	int wake, int64_t deadline, struct fault *fault)
{
	bool wait;

	while (!s->known) {
		/* If this is of some format, it moves to raw. */
		size_t want = len < RAW_SIZE ? len : RAW_SIZE;
		ssize_t n =
			read_descriptor(s, buf, want, wake, deadline, fault);
		int plain;

		if (n < 0)
			return n;
		if (n == 0) /* a beginning of something, or nothing at all */
			plain = settle(s,
				format_detect(s->raw, s->raw_len, &wait),
				fault);
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
	size_t seen = s->raw_len - s->raw_at;

	if (seen == 0)
		return read_descriptor(s, buf, len, wake, deadline, fault);
	if (len > seen)
		len = seen;
	memcpy(buf, s->raw + s->raw_at, len);
	s->raw_at += len;
	return (ssize_t)len;
}

/* Reads what is in `raw` and beyond it up to raw_len = want, if there is so
 * much. Never waits: the file is a regular one. Returns 0 or a negative
 * errno. */
static int look_ahead(struct source *s, size_t want)
{
	struct fault fault;

	memmove(s->raw, s->raw + s->raw_at, s->raw_len - s->raw_at);
	s->raw_len -= s->raw_at;
	s->raw_at = 0;
	while (s->raw_len < want && !s->at_end && !s->stopped) {
		ssize_t n = read_descriptor(s, s->raw + s->raw_len,
			RAW_SIZE - s->raw_len, FDIO_NO_WAKE, 0, &fault);

		if (n < 0)
			return (int)n;
		s->raw_len += (size_t)n;
	}
	return 0;
}

/* Where in the file the first byte is that was not taken yet. */
static off_t position(const struct source *s)
{
	return lseek(s->io.fd, 0, SEEK_CUR) - (off_t)(s->raw_len - s->raw_at);
}

/* Reads on from `begin` as a stream, to the end of this input. */
static void go_back(struct source *s, off_t begin)
{
	off_t now = lseek(s->io.fd, 0, SEEK_CUR);

	s->may_go_ahead = false;
	if (lseek(s->io.fd, begin, SEEK_SET) < 0)
		return; /* cannot be: it could before */
	s->reread += now - begin;
	s->raw_at = s->raw_len = 0;
	s->at_end = false;
	stream_seek(&s->stream, (uint64_t)(begin - s->begin));
}

/* Moves a whole piece from raw and the file to the packet. Returns whether it
 * is there and fits. */
static bool fill_packet(struct source *s, struct packet *packet, size_t size)
{
	size_t n = s->raw_len - s->raw_at;
	struct fault fault;

	if (n > size)
		n = size;
	memcpy(packet->packed, s->raw + s->raw_at, n);
	s->raw_at += n;
	while (n < size) {
		ssize_t more = read_descriptor(s, packet->packed + n, size - n,
			FDIO_NO_WAKE, 0, &fault);

		if (more <= 0)
			return false;
		n += (size_t)more;
	}
	packet->pieces = s->format->pieces;
	packet->packed_len = size;
	packet->text_len = packet->pieces->text_size(packet->packed, size);
	return packet->text_len > 0 && packet->text_len <= AHEAD_MOST;
}

/* Sends one piece to be decoded. Returns whether it did; if not, the rest is a
 * stream once those that are out have come back, or there are enough out. */
static bool send_piece(struct source *s)
{
	const struct format_pieces *pieces = s->format->pieces;
	struct packet *packet = ahead_next(&s->ahead);
	size_t size = 0;

	if (!packet)
		return false;
	if (look_ahead(s, pieces->head) == 0)
		size = pieces->size(s->raw + s->raw_at, s->raw_len - s->raw_at);
	if (size == 0 || size > AHEAD_MOST) {
		s->may_go_ahead = false;
		return false;
	}
	packet->begin = position(s);
	if (!fill_packet(s, packet, size) || ahead_send(&s->ahead) != 0) {
		go_back(s, packet->begin);
		return false;
	}
	return true;
}

/* Hands out what others have decoded. Returns as source_read does, 0 when there
 * is nothing of the kind. */
static ssize_t read_ahead(struct source *s, unsigned char *buf, size_t len)
{
	struct packet *packet;

	while (s->may_go_ahead && !s->stopped &&
		stream_is_between(&s->stream) && send_piece(s))
		;
	if (!s->ahead.current) {
		if (!ahead_is_out(&s->ahead))
			return 0;
		if (ahead_take(&s->ahead) != 0)
			return -ECANCELED;
		packet = s->ahead.current;
		if (!packet->good) {
			ahead_call_back(&s->ahead);
			go_back(s, packet->begin);
			return 0;
		}
		/* As if it had come through the stream. */
		stream_pass(&s->stream, (uint64_t)(packet->begin - s->begin) +
						packet->packed_len);
	}
	return (ssize_t)ahead_hand_out(&s->ahead, buf, len);
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
	int err = s->stopped ? 0 : stream_end(&s->stream);

	return err ? tell(s, err, fault) : 0;
}

static ssize_t read_packed(struct source *s, void *buf, size_t len, int wake,
	int64_t deadline, struct fault *fault)
{
	ssize_t ready = read_ahead(s, buf, len);

	if (ready != 0)
		return ready;
	for (;;) {
		size_t in = s->raw_len - s->raw_at;
		size_t out = len;
		int err = stream_more(
			&s->stream, s->raw + s->raw_at, &in, buf, &out);
		ssize_t n;

		s->raw_at += in;
		if (out > 0) {
			/* Damage comes up again at the next call, behind the
			 * text that was good. */
			return (ssize_t)out;
		}
		if (err)
			return tell(s, err, fault);
		if (s->raw_at < s->raw_len)
			continue;
		n = read_descriptor(s, s->raw, RAW_SIZE, wake, deadline, fault);
		if (n < 0)
			return n;
		if (n == 0)
			return end(s, fault);
		s->raw_at = 0;
		s->raw_len = (size_t)n;
	}
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
