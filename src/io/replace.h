/*
 * replace - a new file that takes the place of another, whole or not at all
 *
 * What it promises: whatever ends this process, and whenever, under the name
 * there is the old file or the new one, whole. The new one is written beside
 * it, without a name where the file system can do that, otherwise with one that
 * tells what it is, which is removed by replace_drop.
 *
 * Life: replace_open; write to `fd`; replace_keep for what is to be as the old
 * file was; replace_sync, replace_publish, and replace_names_sync for many; or,
 * at any moment before it is published, replace_drop. Used by one thread at a
 * time. All calls may block as the file system does.
 */
#ifndef UPCASE_IO_REPLACE_H
#define UPCASE_IO_REPLACE_H

#include "io/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

struct replace {
	char *path;	 /* whose place is taken; links were followed */
	char *temporary; /* the name until then; NULL: none */
	int fd;		 /* for writing; -1 when closed */
};

#define REPLACE_NONE \
	((struct replace){.path = NULL, .temporary = NULL, .fd = -1})

/* A file as it was at a moment, to know it again. */
struct replace_mark {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

void replace_note(struct replace_mark *m, const struct stat *st);

/* Makes a new file for `path`, in the same folder. `like_old`: nobody else may
 * read it before replace_keep has said who may; otherwise its mode is that of
 * any new file. Returns 0 or a negative errno; then there is nothing to drop.
 */
int replace_open(struct replace *r, const char *path, bool like_old);

/* Gives the new file the mode, the extended attributes and access control list
 * and, where it is allowed, the owner and group of the old one, which is as `m`
 * has it. Returns 0, or a negative errno with *fault filled. */
int replace_keep(const struct replace *r, const struct replace_mark *m,
	struct fault *fault);

/* Whether the old file is as it was. */
bool replace_is_same(const struct replace *r, const struct replace_mark *m);

/* Keeps the old file under its name with `suffix` behind it as well, in place
 * of what has that name. There is no moment without either. Returns 0, -ESTALE
 * if the file is not the one of the mark any more, or another negative errno
 * with *fault filled. */
int replace_back_up(const struct replace *r, const char *suffix,
	const struct replace_mark *m, struct fault *fault);

/* Whether the other name of a file that has two is that with `suffix` behind
 * it. */
bool replace_is_backed_up(
	const char *path, const char *suffix, const struct stat *st);

/* What was written is on the disk. Returns 0 or a negative errno. */
int replace_sync(const struct replace *r);

/* The same for many of one file system at once. */
int replace_sync_all(const struct replace *r, size_t n);

/* Gives it the name and closes it. `over`: what has the name goes; otherwise
 * that is -EEXIST. Returns 0 or a negative errno; then replace_drop is due. */
int replace_publish(struct replace *r, bool over);

/* The name of the file at `path`, and of no other, is on the disk. Returns 0 or
 * a negative errno. */
int replace_sync_name(const char *path);

/* Names that are to be synced, at once: one for each file system, or where that
 * cannot be synced as a whole for each folder. Zeroed storage is that there are
 * none. */
struct replace_names {
	struct replace_place *places; /* allocated, as their paths */
	size_t n;
};

struct replace_place {
	char *path;
	dev_t dev;
};

/* Notes that of the file at `path`, syncs those that were noted, forgets them.
 * The first two return 0 or a negative errno. */
int replace_names_add(struct replace_names *names, const char *path);
int replace_names_sync(const struct replace_names *names);
void replace_names_release(struct replace_names *names);

/* Forgets it: removed, if it was not published. Does nothing for REPLACE_NONE.
 */
void replace_drop(struct replace *r);

#endif
