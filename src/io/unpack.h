/*
 * unpack - members of a gzip file, decoded where they stand
 *
 * What it is for: whoever asks what a file holds, rather than for its text:
 * where a member ends that does not say it, whether one is good, how the text
 * ends. The text itself is dropped.
 *
 * Memory is bounded. A struct unpack is used by one thread at a time; one file
 * may be looked at by several.
 */
#ifndef UPCASE_IO_UNPACK_H
#define UPCASE_IO_UNPACK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct unpack;

/* For the file fd, which stays the caller's. Who decodes is woken when `wake`
 * becomes readable. Returns NULL without memory. */
struct unpack *unpack_new(int fd, int wake);
void unpack_free(struct unpack *u); /* may be NULL */

/* What was decoded. */
struct unpacked {
	off_t end;   /* where it ends in the file */
	bool text;   /* there was some */
	bool ending; /* ... and that ended with a newline */
	bool cut;    /* -EBADMSG: nothing was wrong up to the end, which is in a
			member */
};

/* Decodes from the member at `from` on: `members` of them, or all up to `end`
 * if that comes before, which is in no member then. Zero bytes may stand
 * between two and behind the last one at `end`. Returns 0; -EBADMSG if that is
 * not what is there; -ECANCELED; -FDIO_SHORT if the file is shorter than `end`;
 * or another negative errno. Waits for nobody. */
int unpack_members(struct unpack *u, off_t from, off_t end, uint64_t members,
	struct unpacked *unpacked);

#endif
