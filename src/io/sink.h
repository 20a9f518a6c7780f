/*
 * sink - the place where the output goes: a file that is appended to, or
 * standard output
 *
 * What it promises about a file given by name, if it is a regular one:
 *  - A piece is one append under an advisory lock (flock(2)), so that lines
 *    from several processes are never interleaved. While a line is longer than
 *    a piece, the lock is kept until the line's end.
 *  - An append that fails is rolled back under the same lock to the last whole
 *    line (plain) or the member in which the open line began (gzip). Only what
 *    this process just wrote is cut: if the file no longer ends there, it is
 *    left alone.
 *  - Plain text never continues a line that somebody else left without its
 *    newline: one is written first.
 * Other outputs (standard output, FIFOs, devices) are written to in order, and
 * that is all.
 *
 * Threads: one at a time, who owns the output (pipeline/output.h), but for
 * sink_is_file, which may be called by others at any time.
 */
#ifndef UPCASE_IO_SINK_H
#define UPCASE_IO_SINK_H

#include "io/fault.h"
#include "io/outfile.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

enum sink_sync {
	SINK_SYNC_NEVER,
	SINK_SYNC_END,	 /* fdatasync once, before the file is closed */
	SINK_SYNC_BATCH, /* fdatasync after every piece */
};

#define SINK_EMPTY 64

struct sink {
	const char *name; /* for messages; set once by init; so are path, gzip
			     and sync */
	const char *path; /* NULL: standard output */
	bool gzip;	  /* pieces are gzip members, not lines */
	enum sink_sync sync;
	int wake; /* set once before threads start: becomes readable
		     when nobody wants to wait for the output any more */
	/* Set once, by sink_set_records. */
	size_t (*whole)(const void *context, const void *data, size_t len);
	const void *context;

	struct outfile file;
	bool mixed;	  /* somebody appended without the lock since the open
			     line began: it cannot be cut off as a whole */
	bool line_open;	  /* the last piece ended inside a line */
	bool used;	  /* something was appended by this process */
	off_t end;	  /* where the file ended after the last append */
	off_t line_start; /* where a roll-back cuts while line_open */
	unsigned char empty[SINK_EMPTY]; /* gzip: a member without text */
	size_t empty_len;

	pthread_mutex_t identity; /* guards which file it is; only held for a
				     look, so nobody waits for an append */
	dev_t dev;
	ino_t ino;
};

/* Opens the output. path NULL is standard output, otherwise the file is created
 * if need be and appended to (a FIFO waits for its reader here). Returns 0 or a
 * negative errno. After success sink_release must be called. */
int sink_init(struct sink *s, const char *path, bool gzip, enum sink_sync sync);

/* Whether what the file holds goes with what is to be appended: text behind
 * gzip, or gzip behind text, could not be read again. Looks at the first bytes
 * of a regular file. Returns 0, or -EINVAL with *fault filled. */
int sink_check_kind(struct sink *s, struct fault *fault);

/* What makes an empty gzip output valid: a member without text, of up to
 * SINK_EMPTY bytes. To be set before threads start; without it nothing is
 * written to an output that nothing was appended to. */
void sink_set_empty(struct sink *s, const void *member, size_t len);

/* How much of the beginning of data[0..len), which is what is being appended or
 * a part of it, is whole records: what may stay when an append fails. To be set
 * before threads start; until then nothing may. */
void sink_set_records(struct sink *s,
	size_t (*whole)(const void *context, const void *data, size_t len),
	const void *context);

/* Closes without a word what sink_finish has not closed. */
void sink_release(struct sink *s);

/* Whether an append of len bytes would not have to wait for anybody, as far as
 * can be told: takes the lock if no other process has it, until sink_append or
 * sink_let_go; looks whether a pipe has room. Not with a sync behind each
 * append. Does not block. */
bool sink_is_ready(struct sink *s, size_t len);

/* No append comes for now: lets go of a lock that sink_is_ready took, unless a
 * line is open. */
void sink_let_go(struct sink *s);

/* Appends one piece. line_ends: whether the text in it ends with a newline; if
 * not, the next piece goes on with the same line. *kept is the number of bytes
 * of this piece that are in the output for good: len (also if only the sync
 * after it failed), or less on an error. May block in flock(2) and write(2); a
 * wait for a pipe or terminal is ended by `wake`, one in the system call itself
 * by `wake` and a signal to the thread. Returns 0 or a negative errno with
 * *fault filled. */
int sink_append(struct sink *s, const void *data, size_t len, bool line_ends,
	size_t *kept, struct fault *fault);

/* The last call: nothing comes any more; a line that is open stays so. Writes
 * the empty member if nothing was appended to a new or empty output, syncs if
 * asked for, and closes. Returns 0 or a negative errno with *fault filled. */
int sink_finish(struct sink *s, struct fault *fault);

/* The other last call, in place of sink_finish: the run was given up. The
 * beginning of a line whose end will not come is cut off again, as after a
 * failed append. Behind sink_finish it does nothing. */
void sink_abandon(struct sink *s);

/* Whether the last piece ended inside a line. */
bool sink_is_open_line(const struct sink *s);

enum sink_reopened {
	SINK_REOPENED,
	SINK_KEPT,   /* could not be opened: the old file stays in use */
	SINK_FAILED, /* opened, but the old file could not be synced or closed:
			what it took may not be there */
};

/* Opens the file anew by its name, which there must be, between two lines, with
 * a fault for SINK_KEPT and SINK_FAILED. May block in what the old file still
 * needs: its lock, a sync, close. */
enum sink_reopened sink_reopen(struct sink *s, struct fault *fault);

/* Whether st is the file that is written to. Only regular files and block
 * devices can be. */
bool sink_is_file(struct sink *s, const struct stat *st);

#endif
