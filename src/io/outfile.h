/*
 * outfile - the file that is written to: which one it is, its lock, its end
 *
 * What it is for: all that is asked of the system about a file that is open for
 * appending, or standard output. What is written there, and what is cut off
 * again, is sink.h.
 *
 * A regular file that was opened by its name has an advisory lock (flock(2)),
 * which several processes share the file by, and is looked at through a second
 * descriptor. Other files have neither: the functions that are about them do
 * nothing.
 *
 * Used by one thread at a time.
 */
#ifndef UPCASE_IO_OUTFILE_H
#define UPCASE_IO_OUTFILE_H

#include "io/fault.h"
#include "io/fdio.h"

#include <stdbool.h>
#include <sys/types.h>

struct outfile {
	struct fdio io; /* io.fd < 0: nothing is open */
	int look;	/* the same file open for reading, or -1 */
	bool regular;	/* opened by its name: lock, roll back, look */
	bool made;	/* by the open, and its name was not synced yet */
	bool locked;	/* the advisory lock is held */
	int no_lock;	/* the errno of a file system that has no locks; or 0 */
	dev_t dev;
	ino_t ino;
};

/* Nothing is open. */
#define OUTFILE_NONE ((struct outfile){.io = {.fd = -1, .own = -1}, .look = -1})

/* Opens path for appending; NULL is standard output. flags: what the open is to
 * do beside the usual: O_CREAT, O_NONBLOCK. Returns 0 or a negative errno; then
 * nothing is open. */
int outfile_open(struct outfile *f, const char *path, int flags);

/* Takes over a new regular file that is open for writing and that nobody else
 * writes to, so it has no lock; and hands it back. */
void outfile_adopt(struct outfile *f, int fd);
void outfile_disown(struct outfile *f);

/* Closes it, and lets go of the lock. Returns 0 or a negative errno. Does
 * nothing when nothing is open. */
int outfile_close(struct outfile *f);

/* What a file holds. */
enum outfile_kind {
	OUTFILE_TEXT, /* or anything else, or nothing */
	OUTFILE_GZIP, /* other than BGZF */
	OUTFILE_BGZF,
};

/* Sets *holds to that, as far as its first bytes tell; to TEXT where it may not
 * be looked at. Returns 0 or a negative errno. */
int outfile_look(const struct outfile *f, enum outfile_kind *holds);

/* Whether what the file holds goes with what is to be appended: text behind
 * gzip, or gzip behind text, could not be read again, and BGZF only where all
 * is BGZF. Looks at the first bytes, of a file that was made here as far as it
 * may. Returns 0, -EINVAL or another negative
 * errno with *fault filled. */
int outfile_check_kind(const struct outfile *f, enum outfile_kind appended,
	struct fault *fault);

/* Takes the lock, waiting for whoever has it, until `wake` is readable and the
 * thread gets a signal. A file system without locks is written to without: that
 * is noted in no_lock, and asked anew each time. Returns 0, -ECANCELED or
 * another negative errno. */
int outfile_lock(struct outfile *f, int wake);

/* Takes the lock if that needs no wait. Returns whether an append would not
 * have to wait for it. */
bool outfile_try_lock(struct outfile *f);

void outfile_unlock(struct outfile *f);

/* Where the file ends. Returns 0 or a negative errno. */
int outfile_end(const struct outfile *f, off_t *end);

/* The last of its first `end` bytes, through f->look. Returns 1, 0 if there are
 * not so many, or a negative errno. */
int outfile_last(const struct outfile *f, off_t end, unsigned char *last);

/* Cuts the file to the length `cut` if it still has the length `end`. Returns
 * 1; 0 if it has another; or a negative errno. */
int outfile_cut(const struct outfile *f, off_t end, off_t cut);

/* fdatasync, where the output is something that can be synced. Returns 0 or a
 * negative errno. */
int outfile_sync(const struct outfile *f);

/* Syncs the directory that the file at path is in, which path may be a link to,
 * with fsync(2): that a file was made there is no data of the file. Returns as
 * outfile_sync, and also a negative errno where that directory may not be read.
 */
int outfile_sync_name(const char *path);

/* Whether path still names this file, as far as can be told. True where it is
 * not a regular one. */
bool outfile_is_named(const struct outfile *f, const char *path);

/* Whether nothing names it any more: all in it is gone when it is closed. */
bool outfile_is_gone(const struct outfile *f);

/* Whether it is open for writing: what is inherited need not be. */
bool outfile_is_writable(const struct outfile *f);

#endif
