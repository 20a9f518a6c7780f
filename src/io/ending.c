#include "config.h"

#include "io/ending.h"

#include "io/repair.h"
#include "io/tail.h"
#include "io/tear.h"

#include <errno.h>
#include <inttypes.h>

/* So often a file is looked at that is cut while that is done. */
#define MOST_LOOKS 16

void ending_init(struct ending *e, bool gzip, size_t member, bool repair)
{
	*e = (struct ending){.gzip = gzip, .repair = repair};
	e->reach = member > TAIL_REACH ? member : TAIL_REACH;
	if (e->reach > ENDING_REACH_MOST)
		e->reach = ENDING_REACH_MOST;
	ending_forget(e);
}

void ending_forget(struct ending *e)
{
	e->size = -1;
	e->how = ENDING_UNKNOWN;
}

static void set(struct ending *e, off_t size, enum ending_how how)
{
	e->size = size;
	e->how = how;
}

void ending_is_whole(struct ending *e, off_t size)
{
	set(e, size, ENDING_WHOLE);
}

static enum ending_how how_of(enum tail tail)
{
	switch (tail) {
	case TAIL_WHOLE:
		return ENDING_WHOLE;
	case TAIL_OPEN:
		return ENDING_OPEN;
	case TAIL_UNKNOWN:
	default:
		return ENDING_UNKNOWN;
	}
}

static int find_plain(struct ending *e, const struct outfile *f, off_t end)
{
	unsigned char last;
	int n = outfile_last(f, end, &last);

	if (n <= 0) /* 0: it was cut meanwhile */
		return n < 0 ? n : -FDIO_SHORT;
	set(e, end, last == '\n' ? ENDING_WHOLE : ENDING_OPEN);
	return 0;
}

/* A place in the first `end` bytes where a member begins, as far as is known:
 * the file may have been cut and have grown again. */
static off_t place_before(const struct ending *e, off_t end)
{
	bool known = e->how == ENDING_WHOLE || e->how == ENDING_OPEN;

	return known && e->size <= end ? e->size : 0;
}

/* Looks for a tear behind `from`. Who is going to cut looks at what members
 * hold, and does not believe the sizes that they tell. */
static int look_for_tear(const struct ending *e, int fd, off_t from, off_t end,
	int wake, struct tear *tear)
{
	int err = tear_look(fd, from, end, e->reach, wake, tear);

	if (!err && tear->how != TEAR_NONE && e->repair)
		err = tear_measure(fd, from, end, wake, tear);
	return err;
}

/* The same, behind what is known. */
static int find_tear(
	const struct ending *e, int fd, off_t end, int wake, struct tear *tear)
{
	off_t from = place_before(e, end);
	struct tail_member member;
	int err = look_for_tear(e, fd, from, end, wake, tear);

	if (err || tear->how != TEAR_TORN || from == 0)
		return err;
	/* Does what was there then still stand? */
	err = tail_find(fd, from, e->reach, &member);
	if (err < 0)
		return err;
	return err > 0 ? 0 : look_for_tear(e, fd, 0, end, wake, tear);
}

/* As ending_find, of what members tell by themselves. *tail is unknown where
 * they do not. */
static int find_by_members(struct ending *e, const struct outfile *f, off_t end,
	int wake, enum tail *tail)
{
	struct tear tear = {TEAR_NONE, 0};
	int err;

	*tail = tail_look(f->look, end, e->reach);
	if (*tail != TAIL_UNKNOWN) {
		set(e, end, how_of(*tail));
		return 0;
	}
	err = find_tear(e, f->look, end, wake, &tear);
	if (err || tear.how != TEAR_TORN)
		return err;
	set(e, end, ENDING_TORN);
	e->torn_at = tear.at;
	return 0;
}

static int find_gzip(
	struct ending *e, const struct outfile *f, off_t end, int wake)
{
	/* Without text behind it, what was before is true. */
	off_t from = place_before(e, end);
	enum tail tail, all;
	int err;

	all = from > 0 && e->how == ENDING_OPEN ? TAIL_OPEN : TAIL_WHOLE;
	err = find_by_members(e, f, end, wake, &tail);
	if (err || e->size == end)
		return err;
	if (end - from > ENDING_DECODE_MOST)
		all = TAIL_UNKNOWN;
	else
		err = tail_decode(f->look, from, end, wake, &all);
	if (!err)
		set(e, end, how_of(all));
	return err;
}

bool ending_look(struct ending *e, const struct outfile *f)
{
	enum tail tail;
	off_t size;

	if (!e->gzip || !f->regular || f->look < 0 || e->size >= 0 ||
		outfile_end(f, &size) != 0 || size == 0)
		return true;
	if (find_by_members(e, f, size, FDIO_NO_WAKE, &tail) != 0)
		return false;
	if (e->size != size && size > ENDING_DECODE_MOST)
		set(e, size, ENDING_UNKNOWN);
	return e->size == size;
}

int ending_find(struct ending *e, const struct outfile *f, off_t end, int wake)
{
	if (e->size == end)
		return 0;
	if (end == 0) {
		set(e, end, ENDING_WHOLE);
		return 0;
	}
	if (f->look < 0) {
		set(e, end, ENDING_UNKNOWN);
		return 0;
	}
	return e->gzip ? find_gzip(e, f, end, wake) : find_plain(e, f, end);
}

bool ending_is_refused(const struct ending *e)
{
	return e->how == ENDING_TORN && !e->repair;
}

int ending_refuse(const struct ending *e, struct fault *fault)
{
	fault_set(fault,
		"the file is torn: from byte %jd on there is no whole gzip "
		"member, and nothing behind it could be read (try --repair)",
		(intmax_t)e->torn_at);
	return -EILSEQ;
}

/* Where what is torn, or to be moved aside, begins; `end` if there is nothing.
 */
static int find_torn(
	const struct ending *e, const struct outfile *f, off_t end, off_t *from)
{
	*from = end;
	if (e->repair && e->how == ENDING_OPEN && !e->gzip)
		return repair_line_start(f, end, from);
	if (e->how == ENDING_TORN)
		*from = e->torn_at;
	return 0;
}

/* How the file ends, which then is at *end, and where what is torn begins.
 * Whoever cuts it meanwhile does not care for the lock: then it is looked at
 * again. */
static int find_with_words(struct ending *e, const struct outfile *f,
	off_t *end, int wake, off_t *from, struct fault *fault)
{
	int err = -FDIO_SHORT;

	for (int looks = 0; err == -FDIO_SHORT && looks < MOST_LOOKS; looks++) {
		err = looks == 0 ? 0 : outfile_end(f, end);
		if (!err)
			err = ending_find(e, f, *end, wake);
		if (!err)
			err = find_torn(e, f, *end, from);
		if (err)
			ending_forget(e);
	}
	if (err == -FDIO_SHORT)
		fault_set(fault, "somebody else cuts the file again and again");
	else if (err)
		fault_set_errno(fault, err);
	return err;
}

int ending_settle(struct ending *e, const struct outfile *f, const char *path,
	off_t *end, int wake, struct fault *moved, struct fault *fault)
{
	for (;;) {
		struct fault told;
		off_t from = *end;
		int err = find_with_words(e, f, end, wake, &from, fault);

		if (err)
			return err;
		if (ending_is_refused(e))
			return ending_refuse(e, fault);
		if (from == *end)
			return 0;
		err = repair_move(f, path, from, *end, &told);
		*(err ? fault : moved) = told;
		if (err)
			return err;
		*end = from;
		ending_forget(e);
	}
}
