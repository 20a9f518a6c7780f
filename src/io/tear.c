#include "config.h"

#include "io/tear.h"

#include "codec/gzip-header.h"
#include "codec/members.h"
#include "io/fdio.h"
#include "io/tail.h"
#include "io/unpack.h"
#include "io/walk.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Bytes that are looked through at once for a head; so many first, since the
 * next member mostly is near. */
#define STEP	   ((off_t)65536)
#define FIRST_STEP ((off_t)4096)

/* So many bytes of a member are enough for its size, mostly. */
#define HEAD ((off_t)64)

/* So many times a search goes one bad member to the front and walks again; if
 * there are more of them, each member is decoded. */
#define MOST_BACK 16

/* A search for the place behind which nothing is whole. */
struct search {
	int fd;
	int wake;
	struct unpack *unpack;
	off_t from;    /* here a member begins; before, there is no tear */
	off_t end;     /* of the file */
	off_t stop;    /* here, or at the end, no good member begins */
	off_t barrier; /* nor does one that tells its size behind this */
	off_t spare;   /* bytes that may still be decoded in vain: heads may be
			  there by chance, or because somebody made them */
	unsigned back; /* times that the end of the walk was bad */
	bool thorough; /* members that do not tell their size are decoded */
};

/* What a member turned out to be. */
enum found {
	FOUND_BAD,
	FOUND_AS_TOLD, /* it is good and ends where the walk did */
	FOUND_OTHER,   /* it is good and ends elsewhere: *next */
};

/* Returns an enum found or a negative errno. *cut: if it is bad, nothing is but
 * that the file ends in it. */
static int try_member(const struct search *s, off_t at, const struct walk *w,
	off_t *next, bool *cut)
{
	struct unpacked member;
	int err = unpack_members(s->unpack, at, s->end, 1, &member);

	*cut = member.cut;
	if (err)
		return err == -EBADMSG ? FOUND_BAD : err;
	*next = member.end;
	return member.end == w->at ? FOUND_AS_TOLD : FOUND_OTHER;
}

/* Tries what stands where the walk ended, which may be *cut, and then the last
 * member before. As try_member. */
static int try_end(
	const struct search *s, const struct walk *w, off_t *next, bool *cut)
{
	bool last_cut;

	*cut = false;
	if (w->at < s->stop) {
		int found = try_member(s, w->at, w, next, cut);

		if (found < 0 || (found != FOUND_BAD && s->thorough))
			return found;
		if (found != FOUND_BAD)
			*cut = true; /* by the wrong size that it tells */
	}
	return w->last < 0 ? FOUND_AS_TOLD
			   : try_member(s, w->last, w, next, &last_cut);
}

/* Whether the member at `at` is as long as it tells, and good. Returns 1, 0 or
 * a negative errno. */
static int is_good(struct search *s, off_t at, size_t size)
{
	struct unpacked member;
	off_t end = at + (off_t)size;
	int err;

	if ((off_t)size > s->end - at || (off_t)size > s->spare)
		return 0;
	err = unpack_members(s->unpack, at, end, 1, &member);
	if (!err && member.end == end)
		return 1;
	s->spare -= (off_t)size;
	return !err || err == -EBADMSG ? 0 : err;
}

/* Looks for a good member among those that begin in the first `most` of the len
 * bytes at `at`, which are in p. Returns 1 with *next, 0 or a negative errno.
 */
static int find_in(struct search *s, off_t at, const unsigned char *p,
	size_t len, size_t most, off_t *next)
{
	const unsigned char *head = p;

	while ((head = memchr(head, GZIP_ID1, most - (size_t)(head - p)))) {
		size_t left = len - (size_t)(head - p), size;
		off_t begin = at + (head - p);
		int good = 0;

		if (members_head(head, left < HEAD ? left : (size_t)HEAD,
			    &size) == MEMBER_HEAD_SIZED)
			good = is_good(s, begin, size);
		if (good > 0)
			*next = begin;
		if (good != 0)
			return good;
		head++;
	}
	return 0;
}

/* Looks for the first good member that tells its size behind damage, from `at`
 * on up to the barrier. Returns likewise. */
static int find_next(struct search *s, off_t at, off_t *next)
{
	unsigned char *p = malloc((size_t)(STEP + HEAD));
	off_t step = FIRST_STEP;
	int found = p ? 0 : -ENOMEM;

	while (found == 0 && at < s->barrier) {
		off_t most = s->barrier - at < step ? s->barrier - at : step;
		off_t left = s->end - at;
		off_t len = most + HEAD < left ? most + HEAD : left;

		found = fdio_is_woken(s->wake) ? -ECANCELED : 0;
		if (!found)
			found = fdio_read_at(s->fd, p, (size_t)len, at);
		if (!found)
			found = find_in(
				s, at, p, (size_t)len, (size_t)most, next);
		at += most;
		step = STEP;
	}
	free(p);
	return found;
}

/* The walk did not come to the end, since what stands there is bad. If a good
 * member is behind it, the search begins there. Returns as find_next. */
static int skip_damage(struct search *s, const struct walk *w, bool cut)
{
	int found = 0;

	/* What is in a member that is cut is its text. */
	if (!cut && w->at < s->barrier)
		found = find_next(s, w->at + 1, &s->from);
	if (found == 0 && w->at < s->barrier)
		s->barrier = w->at;
	return found;
}

/* Decodes one after the other up to the stop. Returns AS_TOLD, with the end of
 * the last one that is good; OTHER, with the end of the first one that does not
 * end where it tells; or a negative errno. */
static int decode_each(const struct search *s, off_t *end)
{
	struct walk w = {WALK_WHOLE, .at = s->from, .last = s->from};

	*end = s->from;
	while (w.at < s->stop) {
		off_t next = w.at;
		bool cut;
		int found = walk_step(s->fd, w.at, s->stop, &w);

		if (found < 0)
			return found;
		if (w.last < 0)
			break;
		found = try_member(s, w.last, &w, &next, &cut);
		if (found < 0 || found == FOUND_OTHER) {
			*end = next;
			return found;
		}
		if (found == FOUND_AS_TOLD)
			*end = w.at;
	}
	return FOUND_AS_TOLD;
}

/* The last member of the walk is bad: nothing is whole from there on. As turn.
 */
static int go_back(struct search *s, const struct walk *w, off_t *at)
{
	s->stop = w->last;
	if (s->barrier > s->stop)
		s->barrier = s->stop;
	return ++s->back < MOST_BACK ? FOUND_BAD : decode_each(s, at);
}

/* One turn of a search. Returns AS_TOLD when it came to its end, which is *at;
 * OTHER when a member was met that only who is thorough can judge, and passes
 * over; BAD when another turn is due; or a negative errno. */
static int turn(struct search *s, off_t *at)
{
	struct walk w;
	off_t next = s->from;
	bool cut;
	int found = walk_members(s->fd, s->from, s->stop, s->wake, &w), more;

	if (found < 0)
		return found;
	*at = w.at;
	if (w.how == WALK_FOREIGN && !s->thorough)
		return FOUND_OTHER;
	found = try_end(s, &w, &next, &cut);
	if (found == FOUND_OTHER)
		*at = next;
	if (found < 0 || found == FOUND_OTHER)
		return found;
	more = skip_damage(s, &w, cut);
	if (more != 0)
		return more < 0 ? more : FOUND_BAD;
	return found == FOUND_BAD ? go_back(s, &w, at) : found;
}

/* Each turn either ends it, or comes past a good member or damage, or to a bad
 * one that is more to the front. Returns 0 or a negative errno. */
static int search(struct search *s, struct tear *tear)
{
	for (;;) {
		int found = turn(s, &tear->at);

		if (found < 0)
			return found;
		tear->how = TEAR_UNKNOWN;
		if (found == FOUND_OTHER && !s->thorough)
			return 0;
		if (found == FOUND_AS_TOLD) {
			tear->how = tear->at < s->end ? TEAR_TORN : TEAR_NONE;
			return 0;
		}
		if (found == FOUND_OTHER) {
			s->from = tear->at;
			s->stop = s->end;
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
		.barrier = end,
		.spare = 2 * end,
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
