#include "config.h"

#include "io/tear.h"

#include "io/tail.h"
#include "io/unpack.h"
#include "io/walk.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

/* A search for the place behind which nothing is whole. */
struct search {
	int fd;
	int wake;
	struct unpack *unpack;
	off_t from;    /* here a member begins; before, there is no tear */
	off_t end;     /* of the file */
	off_t stop;    /* here, or at the end, no good member begins */
	bool thorough; /* members that do not tell their size are decoded */
};

/* What a member turned out to be. */
enum found {
	FOUND_BAD,
	FOUND_AS_TOLD, /* it is good and ends where the walk did */
	FOUND_OTHER,   /* it is good and ends elsewhere: *next */
};

/* Returns an enum found or a negative errno. */
static int try_member(
	const struct search *s, off_t at, const struct walk *w, off_t *next)
{
	struct unpacked member;
	int err = unpack_members(s->unpack, at, s->end, 1, &member);

	if (err)
		return err == -EBADMSG ? FOUND_BAD : err;
	*next = member.end;
	return member.end == w->at ? FOUND_AS_TOLD : FOUND_OTHER;
}

/* Tries what stands where the walk ended, as far as that is asked for, and then
 * the last member before. As try_member. */
static int try_end(const struct search *s, const struct walk *w, off_t *next)
{
	if (w->at < s->stop && s->thorough) {
		int found = try_member(s, w->at, w, next);

		if (found != FOUND_BAD)
			return found;
	}
	return w->last < 0 ? FOUND_AS_TOLD : try_member(s, w->last, w, next);
}

/* Each turn either ends it, or comes past a good member, or to a bad one that
 * is more to the front. Returns 0 or a negative errno. */
static int search(struct search *s, struct tear *tear)
{
	for (;;) {
		struct walk w;
		off_t next = s->from;
		int found = walk_members(s->fd, s->from, s->stop, s->wake, &w);

		if (found < 0)
			return found;
		tear->how = TEAR_UNKNOWN;
		if (w.how == WALK_FOREIGN && !s->thorough)
			return 0;
		found = try_end(s, &w, &next);
		if (found < 0 || (found == FOUND_OTHER && !s->thorough))
			return found < 0 ? found : 0;
		if (found == FOUND_AS_TOLD) {
			tear->at = w.at;
			tear->how = w.at < s->end ? TEAR_TORN : TEAR_NONE;
			return 0;
		}
		if (found == FOUND_OTHER) {
			s->from = next;
			s->stop = s->end;
		} else {
			s->stop = w.last;
		}
	}
}

static int search_all(int fd, off_t from, off_t end, int wake, bool thorough,
	struct tear *tear)
{
	struct search s = {
		.fd = fd,
		.wake = wake,
		.unpack = unpack_new(fd, wake),
		.from = from,
		.end = end,
		.stop = end,
		.thorough = thorough,
	};
	int err = s.unpack ? search(&s, tear) : -ENOMEM;

	unpack_free(s.unpack);
	return err;
}

int tear_look(int fd, off_t from, off_t end, size_t reach, int wake,
	struct tear *tear)
{
	struct tail_member last;
	uintmax_t range = (uintmax_t)(end - from);
	size_t most = reach < range ? reach : (size_t)range;
	int found = tail_find(fd, end, most, &last);

	*tear = (struct tear){TEAR_NONE, .at = end};
	if (found != 0)
		return found < 0 ? found : 0;
	return search_all(fd, from, end, wake, false, tear);
}

int tear_measure(int fd, off_t from, off_t end, int wake, struct tear *tear)
{
	*tear = (struct tear){TEAR_NONE, .at = end};
	return search_all(fd, from, end, wake, true, tear);
}
