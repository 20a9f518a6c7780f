/*
 * portion - a part of a file that begins and ends where lines do, or reads
 *
 * What it is for: several processes turn one file, each a part of it, without
 * knowing of each other. Given the same two places in the file, of which lines
 * need not begin there, one finds the same beginning where the other finds its
 * end: the first line that begins at such a place or behind it.
 *
 * Plain files are cut at any byte. Files of gzip members that say how long they
 * are (codec/members.h) are cut at members, by the heads only, from the file's
 * beginning on; then at the first line that begins there, for which a member or
 * more is decoded.
 *
 * Any thread; memory is bounded by the largest member. Blocks as pread(2) does.
 */
#ifndef UPCASE_IO_PORTION_H
#define UPCASE_IO_PORTION_H

#include "io/fault.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum portion_unit {
	PORTION_LINES,
	PORTION_READS, /* FASTQ: a line that begins with '@', if the next but
			  one begins with '+' */
};

/* What is cut: a regular file that is open for reading. */
struct portion_file {
	int fd;
	off_t size;
	bool detect; /* whether it is packed; otherwise it is plain bytes */
	bool marks;  /* a byte order mark of UTF-16 or UTF-32 says that it would
			be decoded */
	/* Asked when `wake` becomes readable: whether to go on. May be NULL. */
	bool (*woken)(void *context);
	void *context;
	int wake;
};

struct portion {
	bool packed;
	bool begins;	 /* there is no text before it */
	bool cut;	 /* a read begins where it ends (PORTION_READS) */
	off_t from;	 /* where in the file to begin to read */
	uint64_t skip;	 /* then so many bytes of text are not of it */
	uint64_t length; /* and so many are */
	off_t bad; /* the member that these end with is damaged, which nobody
		      sees who reads no more: where it begins, or -1 */
};

/* Sets *p to the part of the file from the first unit that begins at `from` or
 * behind it up to the one that is that for `to`. Returns 0; -ENOTSUP if such a
 * file is not cut, or another negative errno, with *fault filled; or
 * -ECANCELED when it was not to go on. */
int portion_find(struct portion *p, const struct portion_file *file, off_t from,
	off_t to, enum portion_unit unit, struct fault *fault);

/* Says that the member at `at` is damaged. */
void portion_tell_bad(off_t at, struct fault *fault);

/* Hands out the text that is before the portion, in order, until that returns
 * false or there is no more. Returns as portion_find. */
int portion_before(const struct portion *p, const struct portion_file *file,
	bool (*take)(void *context, const unsigned char *text, size_t len),
	void *context, struct fault *fault);

/* How the text of the file ends. Returns 0, or as portion_find. */
enum portion_end {
	PORTION_EMPTY, /* there is none */
	PORTION_WHOLE, /* with a newline */
	PORTION_OPEN,
};

int portion_end(enum portion_end *end, const struct portion_file *file,
	struct fault *fault);

#endif
