/*
 * repair - what is torn at the end of a file is moved aside
 *
 * What it is for: a file that was torn can be appended to again, and nothing is
 * thrown away: the torn bytes go to a file of their own, FILE.torn-TIME with
 * the local time as 20261126T235959, and -2, -3 and so on behind it when there
 * is one already; of a FILE with a long name the end is left out. It has FILE's
 * owner, group and permissions as far as the system allows, and where it does
 * not, or permissions are a list (acl(5)), nobody may read it who may not read
 * FILE. It is on the disk before FILE is cut: who is killed in between leaves
 * FILE as it was, and a copy.
 *
 * Used by one thread at a time, which holds the file's lock.
 */
#ifndef UPCASE_IO_REPAIR_H
#define UPCASE_IO_REPAIR_H

#include "io/fault.h"
#include "io/outfile.h"

#include <sys/types.h>

/* Where the last line of the first `end` bytes begins, which has no newline.
 * Returns 0 or a negative errno. */
int repair_line_start(const struct outfile *f, off_t end, off_t *start);

/* Moves what stands from `from` up to `end`, which is the file's end, aside.
 * May block as write(2) and fsync(2) do. Without the lock (f->locked): -ENOLCK.
 * Returns 0 with what was done in *told, or a negative errno with the reason;
 * then the file is as it was. */
int repair_move(const struct outfile *f, const char *path, off_t from,
	off_t end, struct fault *told);

#endif
