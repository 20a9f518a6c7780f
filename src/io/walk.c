#include "config.h"

#include "io/walk.h"

#include "codec/members.h"
#include "io/fdio.h"

#include <errno.h>
#include <stdlib.h>

/* So many bytes of a member are read first: enough for most heads. */
#define NEAR ((size_t)64)

/* `wake` is looked at every so many members. */
#define STRIDE 256

/* A head that is longer than what was read first, and not clear from that: it
 * is read again with what it needs, until it is clear, ends with the `avail`
 * bytes that there are, or is longer than any that tells a size. */
static int read_long_head(
	int fd, off_t at, size_t avail, enum member_head *head, size_t *size)
{
	unsigned char *buf = malloc(MEMBER_HEAD_MOST);
	size_t len = NEAR;
	int err = buf ? 0 : -ENOMEM;

	while (!err && *head == MEMBER_HEAD_PART && len < avail) {
		/* A name may need one byte more again and again. */
		len = *size < 2 * len ? 2 * len : *size;
		len = len < avail ? len : avail;
		err = fdio_read_at(fd, buf, len, at);
		if (!err)
			*head = members_head(buf, len, size);
	}
	free(buf);
	return err;
}

/* What begins at `at`, where `left` bytes are left. Sets *size if it is SIZED.
 * Returns 0 or a negative errno. */
static int look_at_head(
	int fd, off_t at, off_t left, enum member_head *head, size_t *size)
{
	unsigned char buf[NEAR];
	size_t avail = left < (off_t)MEMBER_HEAD_MOST ? (size_t)left
						      : MEMBER_HEAD_MOST;
	size_t len = avail < NEAR ? avail : NEAR;
	int err = fdio_read_at(fd, buf, len, at);

	if (err)
		return err;
	*head = members_head(buf, len, size);
	if (*head == MEMBER_HEAD_PART && len < avail)
		err = read_long_head(fd, at, avail, head, size);
	/* Its name goes on behind all that could tell a size. */
	if (!err && *head == MEMBER_HEAD_PART && left > (off_t)avail)
		*head = MEMBER_HEAD_FOREIGN;
	return err;
}

int walk_step(int fd, off_t at, off_t end, struct walk *result)
{
	off_t left = end - at;
	enum member_head head;
	size_t size = 0;
	int err = look_at_head(fd, at, left, &head, &size);

	*result = (struct walk){WALK_WHOLE, .at = at, .last = -1};
	if (err)
		return err;
	if (head == MEMBER_HEAD_SIZED && (off_t)size <= left) {
		result->last = at;
		result->at = at + (off_t)size;
	} else {
		result->how =
			head == MEMBER_HEAD_FOREIGN ? WALK_FOREIGN : WALK_TORN;
	}
	return 0;
}

int walk_members(int fd, off_t from, off_t end, int wake, struct walk *result)
{
	*result = (struct walk){WALK_WHOLE, .at = from, .last = -1};
	for (unsigned n = 0; result->at < end; n++) {
		struct walk step;
		int err;

		if (n % STRIDE == 0 && fdio_is_woken(wake))
			return -ECANCELED;
		err = walk_step(fd, result->at, end, &step);
		if (err)
			return err;
		result->how = step.how;
		if (step.last < 0)
			break;
		result->at = step.at;
		result->last = step.last;
	}
	return 0;
}
