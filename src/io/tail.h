/*
 * tail - what a gzip file ends with
 *
 * What it is for: text may be appended to a gzip file only on a fresh line, and
 * whether its last line has an end stands in its last member, packed. Where
 * that begins, only members tell that say their size (codec/members.h): one is
 * searched for from the end of the file, and decoded, because a head alone
 * proves nothing: a stored block may hold a whole member as text. A file whose
 * end is of another kind has to be decoded as a whole.
 *
 * Memory is bounded, and so is the time for what was made to take long: only so
 * many candidates are decoded.
 *
 * Any thread; one file may be looked at by several at once.
 */
#ifndef UPCASE_IO_TAIL_H
#define UPCASE_IO_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* How far from its end the head of the last member is searched for. */
#define TAIL_REACH ((size_t)1024 * 1024)

enum tail {
	TAIL_WHOLE,   /* the text ends with a newline, or there is none */
	TAIL_OPEN,    /* it ends inside a line */
	TAIL_UNKNOWN, /* no good member that says its size was found there, or
			 it could not be read */
};

/* A member that was decoded. */
struct tail_member {
	off_t at;    /* where in the file it begins */
	bool text;   /* it has some */
	bool ending; /* ... and that ends with a newline */
};

/* Finds the last member of the first `end` bytes of the file: one that says its
 * size, which reaches exactly up to there, begins within the last `reach` bytes
 * and is good. Returns 1, 0 if there is none, or a negative errno. Reads and
 * decodes, but waits for nobody. */
int tail_find(int fd, off_t end, size_t reach, struct tail_member *member);

/* How the text in the first `end` bytes of the file ends, as far as its last
 * members tell. As tail_find. */
enum tail tail_look(int fd, off_t end, size_t reach);

/* The same from decoding all of it from the member at `from` on, whatever the
 * members are; *tail is how the text before that ends. Returns 0, with *tail
 * TAIL_UNKNOWN if it is damaged; -ECANCELED when `wake` became readable;
 * -FDIO_SHORT when the file is shorter than `end`; or another negative errno.
 * Takes as long as that takes. */
int tail_decode(int fd, off_t from, off_t end, int wake, enum tail *tail);

#endif
