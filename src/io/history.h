/*
 * history - the lines that were typed, kept in a file from one run to the next
 *
 * Invariants
 *  - The file is its owner's alone (0600), and a regular one: a symbolic link
 *    is not followed.
 *  - It is read and appended to under an advisory lock (flock), a line at a
 *    time: two programs at once lose nothing.
 *  - It is cut down to its last HISTORY_MOST lines when it is read, in its
 *    place, so that who appends to it meanwhile does so to the same file.
 *
 * Used by one thread at a time. Blocks where a file does. The lock, which
 * others hold for a line, is waited for a second at most.
 */
#ifndef UPCASE_IO_HISTORY_H
#define UPCASE_IO_HISTORY_H

#include "io/fault.h"

#include <stddef.h>

/* Lines that are kept. */
#define HISTORY_MOST 1000

/* Reads the file at `path`, which is made if there is none, and calls `line`
 * for each of the last HISTORY_MOST lines, in order, without its newline.
 * Returns 0, or a negative errno with *fault filled; then there may have been
 * none. */
int history_read(const char *path,
	void (*line)(void *context, const unsigned char *text, size_t len),
	void *context, struct fault *fault);

/* Appends a line, to which a newline is added. Returns 0, or a negative errno
 * with *fault filled. */
int history_add(const char *path, const unsigned char *text, size_t len,
	struct fault *fault);

#endif
