/*
 * tear - whether a gzip file ends in the middle of a member, and where
 *
 * What it is for: when a process is killed while it appends a member, a part of
 * one is left behind, and what is appended behind that can be read by nobody.
 * After a power cut there may be a head with zero bytes behind it, or zero
 * bytes alone.
 *
 * Where sizes are told they are believed as far as a good member stands before
 * the place. Damage further to the front is no tear: behind it the next good
 * member that tells its size is looked for, and the file is torn behind the
 * last member that is reached from there. What is in a member that is cut by
 * the end of the file is its text, and not looked at.
 *
 * Any thread; one file may be looked at by several at once. Memory is bounded.
 * Nobody is waited for.
 */
#ifndef UPCASE_IO_TEAR_H
#define UPCASE_IO_TEAR_H

#include <stddef.h>
#include <sys/types.h>

enum tear_how {
	TEAR_NONE,
	TEAR_TORN,
	TEAR_UNKNOWN, /* only tear_measure can tell */
};

struct tear {
	enum tear_how how;
	off_t at; /* TORN: where the whole members end */
};

/* Whether the first `end` bytes of the file end with a whole member: one that
 * begins within the last `reach` bytes and says its size, or, if there is none,
 * the last of those from the one at `from` on (a place where a member is known
 * to begin, before `end`). Decodes two members mostly. UNKNOWN where one does
 * not tell its size, or a wrong one.
 *
 * A file that was cut just where a member ends that is text of another, stored
 * as it is, passes for whole: nothing but a walk from the front tells these
 * apart (tear_measure).
 *
 * Returns 0; -ECANCELED when `wake` became readable; -FDIO_SHORT when the file
 * is shorter than `end`; -ENOMEM; or another negative errno of pread(2). */
int tear_look(int fd, off_t from, off_t end, size_t reach, int wake,
	struct tear *tear);

/* The same from walking over all members from the one at `from` on, where those
 * that do not tell their size, or a wrong one, are decoded. Never UNKNOWN. Zero
 * bytes behind a member are none of it. Takes as long as that takes, in
 * proportion to the file: where there are more candidates behind damage than
 * would have to be decoded in that time, it is torn at the damage. */
int tear_measure(int fd, off_t from, off_t end, int wake, struct tear *tear);

#endif
