#include "config.h"

#include "io/tail.h"

#include "codec/members.h"
#include "io/fdio.h"
#include "io/unpack.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

/* So many members are decoded for one answer: candidates that are none, and
 * members without text, behind which the text goes on further to the front. */
#define TRIES 16

/* Most members are small: so many bytes are looked through first. */
#define NEAR ((size_t)65536)

/* What one answer needs. */
struct looker {
	int fd;
	unsigned tries; /* members that were decoded */
	struct unpack *unpack;
	unsigned char *window; /* the last bytes: window_len of them, the */
	size_t window_len;     /* first of which is at window_at */
	off_t window_at;
};

/* Returns 0 or -ENOMEM. */
static int looker_init(struct looker *l, int fd)
{
	*l = (struct looker){.fd = fd, .unpack = unpack_new(fd, FDIO_NO_WAKE)};
	return l->unpack ? 0 : -ENOMEM;
}

static void looker_release(struct looker *l)
{
	unpack_free(l->unpack);
	free(l->window);
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
	return fdio_read_at(l->fd, window, reach, l->window_at);
}

/* Tries each head in the window that stands before `before` and whose size
 * reaches up to `end`, the last one first. Returns 1, 0 or a negative errno. */
static int try_heads(
	struct looker *l, off_t end, off_t before, struct tail_member *m)
{
	size_t at = (size_t)(before - l->window_at);

	while (l->tries < TRIES) {
		struct unpacked unpacked;
		off_t begin;
		int err;

		at = members_last_head(l->window, l->window_len, at);
		if (at == SIZE_MAX)
			return 0;
		l->tries++;
		begin = l->window_at + (off_t)at;
		err = unpack_members(l->unpack, begin, end, 1, &unpacked);
		if (!err && unpacked.end == end) {
			*m = (struct tail_member){
				begin, unpacked.text, unpacked.ending};
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
	off_t least = farthest(end, reach);
	struct looker l;
	int found = looker_init(&l, fd);

	if (!found && end > least)
		found = find(&l, end, least, member);
	looker_release(&l);
	return found;
}

/* How a text ends, or none. */
static enum tail tail_of(bool text, bool ending)
{
	return text && !ending ? TAIL_OPEN : TAIL_WHOLE;
}

enum tail tail_look(int fd, off_t end, size_t reach)
{
	off_t least = farthest(end, reach);
	struct tail_member m = {0};
	struct looker l;

	if (looker_init(&l, fd) != 0)
		return TAIL_UNKNOWN;
	while (end > least && find(&l, end, least, &m) == 1) {
		end = m.at;
		if (m.text)
			break;
	}
	looker_release(&l);
	return m.text || end == 0 ? tail_of(m.text, m.ending) : TAIL_UNKNOWN;
}

int tail_decode(int fd, off_t from, off_t end, int wake, enum tail *tail)
{
	struct unpack *u = unpack_new(fd, wake);
	struct unpacked all;
	int err = u ? unpack_members(u, from, end, UINT64_MAX, &all) : -ENOMEM;

	unpack_free(u);
	if (err)
		*tail = TAIL_UNKNOWN;
	else if (all.text)
		*tail = tail_of(true, all.ending);
	/* All else is damage: then nobody can know. */
	return err == -EBADMSG ? 0 : err;
}
