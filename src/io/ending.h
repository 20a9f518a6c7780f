/*
 * ending - what the file ends with that is appended to
 *
 * What it is for: text goes on a fresh line, and a gzip member behind whole
 * members: behind one that was torn, by a kill or a power cut, nothing can be
 * read by anything. Whether the last line of a gzip file has an end stands in
 * its last member, packed; where whole members end, their sizes tell (tail.h,
 * tear.h). What is known is kept: what others append meanwhile is looked at
 * from there.
 *
 * Without the lock what is found may be an append that somebody is at; under it
 * what is found is so.
 *
 * Used by one thread at a time. Nothing here waits for anybody, but what has to
 * be decoded takes its time, and ending_settle may wait for the disk.
 */
#ifndef UPCASE_IO_ENDING_H
#define UPCASE_IO_ENDING_H

#include "io/fault.h"
#include "io/outfile.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A gzip file of which more than this would have to be decoded to find out how
 * its text ends is not. */
#define ENDING_DECODE_MOST ((off_t)64 * 1024 * 1024)

/* The last member of a gzip file is searched for at most so far back. */
#define ENDING_REACH_MOST ((size_t)64 * 1024 * 1024)

enum ending_how {
	ENDING_WHOLE,	/* with a newline, or there is nothing */
	ENDING_OPEN,	/* inside a line */
	ENDING_TORN,	/* gzip: in a member that is not whole */
	ENDING_UNKNOWN, /* there is no telling; appended to as if whole */
};

struct ending {
	bool gzip;    /* set once by init; so are the next two */
	bool repair;  /* what is torn is moved aside. To find it members of
			 others are decoded, however many, and an open line
			 of plain text is torn as well */
	size_t reach; /* see ENDING_REACH_MOST */
	off_t size;   /* the file's of which the next is known; -1: none */
	enum ending_how how;
	off_t torn_at; /* ENDING_TORN: whole members end here */
};

/* member: the most bytes that a gzip member of ours has in this run, 0 if there
 * are none. */
void ending_init(struct ending *e, bool gzip, size_t member, bool repair);

/* Nothing is known of the file. */
void ending_forget(struct ending *e);

/* The file has this size, and ends with a whole record of ours. */
void ending_is_whole(struct ending *e, off_t size);

/* Finds out how a file of which nothing is known ends, without decoding all of
 * it. Returns whether it is known now; where something fails it is not. */
bool ending_look(struct ending *e, const struct outfile *f);

/* Finds out how the first `end` bytes of the file end. Returns 0; -ECANCELED
 * when `wake` became readable; -FDIO_SHORT when somebody cut the file
 * meanwhile: it is to be looked at again, under the lock; or another negative
 * errno: what cannot be read is not to be appended to. */
int ending_find(struct ending *e, const struct outfile *f, off_t end, int wake);

/* The same under the lock, of all *end bytes of the file at `path`, and what is
 * torn is refused, with *fault filled, or moved aside (repair.h), told in
 * *moved: then *end is less, and how the rest ends is known. *end is less, too,
 * if somebody without the lock cuts the file meanwhile; -FDIO_SHORT when that
 * does not end. Returns likewise, -EILSEQ for what is refused. */
int ending_settle(struct ending *e, const struct outfile *f, const char *path,
	off_t *end, int wake, struct fault *moved, struct fault *fault);

/* Whether what is known is that the file would be refused, if that is still so
 * under the lock; and saying so: returns -EILSEQ with *fault filled. */
bool ending_is_refused(const struct ending *e);
int ending_refuse(const struct ending *e, struct fault *fault);

#endif
