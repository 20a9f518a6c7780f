/*
 * walk - from one gzip member to the next by the sizes that they tell
 *
 * What it is for: where the whole members of a file end is known without
 * decoding any, as long as they say how long they are (codec/members.h). What
 * they say is not proved: zero bytes may stand behind a head (io/tear.h).
 *
 * Any thread; one file may be walked over by several at once. Memory is
 * bounded.
 */
#ifndef UPCASE_IO_WALK_H
#define UPCASE_IO_WALK_H

#include <sys/types.h>

enum walk_how {
	WALK_WHOLE,   /* the last member ends where the range does */
	WALK_TORN,    /* what follows is a part of a member, or none */
	WALK_FOREIGN, /* a member follows that does not tell its size */
};

struct walk {
	enum walk_how how;
	off_t at;   /* where the members that were walked over end */
	off_t last; /* where the last one of these begins, -1: there is none */
};

/* Walks from the member at `from`, which need not be one, up to `end`. A read
 * for each head, so it takes as long as there are members; waits for nobody.
 * Returns 0; -ECANCELED when `wake` became readable; -FDIO_SHORT when the file
 * is shorter than `end`; -ENOMEM; or another negative errno of pread(2). */
int walk_members(int fd, off_t from, off_t end, int wake, struct walk *result);

/* One step of it, over the member at `at`, which is before `end`. Returns
 * likewise, but is not woken. */
int walk_step(int fd, off_t at, off_t end, struct walk *result);

#endif
