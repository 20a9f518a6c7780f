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
 *    left alone, and that is reported.
 *  - What is appended never continues a line that somebody else left without
 *    its newline: one is written first, to a gzip file as a member of its own.
 *    How the file ends is looked at under the lock, whenever that is not where
 *    we left it. What a gzip file from elsewhere ends with is found out before
 *    the first append and without the lock (ending.h), since it takes long.
 *  - Nothing is appended behind a torn gzip member: it is refused, or moved
 *    aside if that is wished (repair.h).
 *  - What is synced is the file and, if it was made here, its name. A sync that
 *    failed is an error for good: the next one would not tell.
 *  - The file that is written to is never the input that is read at that
 *    moment: who reads says so (identity.h).
 * Other outputs (standard output, FIFOs, devices) are written to in order, and
 * that is all.
 *
 * Threads: one at a time, who owns the output (pipeline/output.h); `identity`
 * is for all.
 */
#ifndef UPCASE_IO_SINK_H
#define UPCASE_IO_SINK_H

#include "codec/packer.h"
#include "io/ending.h"
#include "io/fault.h"
#include "io/identity.h"
#include "io/outfile.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum sink_sync {
	SINK_SYNC_NEVER,
	SINK_SYNC_END,	 /* fdatasync once, before the file is closed */
	SINK_SYNC_BATCH, /* fdatasync after every piece */
};

#define SINK_MEMBER PACKING_CLOSE_MOST

/* Tells how much of the beginning of data[0..len) is whole records. */
struct sink_records {
	size_t (*whole)(const void *context, const void *data, size_t len);
	const void *context;
};

/* Packed: what the sink writes by itself. */
struct sink_member {
	unsigned char bytes[SINK_MEMBER];
	size_t len; /* 0: there is none */
};

/* The line that the last piece did not end. */
struct sink_line {
	bool open;
	bool mixed;  /* somebody appended without the lock since it began: it
			cannot be cut off as a whole */
	off_t start; /* where a roll-back cuts while it is open */
};

/* What there is to tell, of what happened since that was asked last. */
struct sink_report {
	uint64_t members; /* gzip: so many were written by the sink by itself */
	int no_lock;	  /* the file is written to without a lock, because of
			     this errno; or 0. Once for a file */
	bool end_unknown; /* whether its last line has an end cannot be known.
			     Once for a file */
	struct fault moved; /* what was torn and was moved aside, or missing and
			       added; or "" */
	bool cut;	    /* a line that was open was cut off again, with all
			       pieces of it that were there */
	struct fault torn; /* what is torn and was left in the file, as words to
			     be put behind a reason: " (...)"; or "" */
};

struct sink {
	const char *name; /* for messages; set once by init, unless files are
			     attached; so are path, packing and sync */
	const char *path; /* NULL: standard output */
	const struct packing *packing; /* pieces are packed, not lines; NULL:
					  plain */
	enum sink_sync sync;
	bool patient; /* set once, by sink_be_patient */
	bool hasty;   /* who appends does not wait: set by who owns the output
		       */
	atomic_bool writing; /* a write to a file is under way: to be looked at
				by any thread */
	int wake;	     /* set once before threads start: becomes readable
				when nobody wants to wait for the output any more */
	/* Set once, by sink_set_records and sink_use_packer. */
	struct sink_records records;
	struct sink_member empty, newline; /* what a file without text is; a
					      newline */

	struct outfile file;
	struct sink_line line;
	struct ending ending;
	struct sink_report report, told; /* what there is, and what was told
					    of this file */
	bool used;		  /* something was appended by this process */
	size_t closed;		  /* so many bytes of `empty` come last: then
				     nothing is appended any more */
	bool sync_failed;	  /* and stays so: nothing is made again */
	off_t end;		  /* where the file ended after the last
				     append; -1: not known */
	struct identity identity; /* any thread's */
};

/* Opens the output. path NULL is standard output, otherwise a file that is
 * appended to (a FIFO waits for its reader here). One that does not exist is
 * left to sink_create. packing: NULL is plain; a file that holds BGZF stays
 * that whichever packing it is. Returns 0 or a negative errno. After success
 * sink_release must be called. */
int sink_init(struct sink *s, const char *path, const struct packing *packing,
	enum sink_sync sync);

/* In place of sink_init: an output that is another file from time to time, and
 * none in between. Each is written to from its beginning to its end, by nobody
 * else, so of what is promised above nothing is due. Returns 0 or a negative
 * errno. After success sink_release must be called. */
int sink_init_apart(
	struct sink *s, const char *name, const struct packing *packing);

/* The file that is written to from now on, and `name` for messages, which must
 * live as long. It is a new regular file, and stays the caller's, who has
 * sink_detach called before it closes it. */
void sink_attach(struct sink *s, int fd, const char *name);
void sink_detach(struct sink *s);

/* Makes the file that sink_init did not find; does nothing if it did. To be
 * called when nothing else can fail, and before anything else that is said
 * here. Returns 0 or a negative errno. */
int sink_create(struct sink *s);

/* Whether what the file holds goes with what is to be appended
 * (outfile_check_kind). Returns 0, or a negative errno with *fault filled. */
int sink_check_kind(struct sink *s, struct fault *fault);

/* Before sink_check_end and threads: what is needed to find the last member of
 * a gzip file (see ending_init), and whether what is torn at the end of the
 * file, a member or of plain text a line, is moved aside, and not refused or
 * ended. */
void sink_find_tears(struct sink *s, size_t member, bool repair);

/* Whether a file that was there can be appended to: not behind a torn gzip
 * member. With repair that, or the last line of plain text if it has no end, is
 * moved aside here, which is in the report. gzip is looked at without the lock,
 * and that is waited for only if something seems torn: it may be an append that
 * somebody is at. Plain text is looked at only with repair, and under the lock,
 * which is waited for. Returns 0 or a negative errno with *fault filled. */
int sink_check_end(struct sink *s, struct fault *fault);

/* Packed: makes what the sink writes by itself: what a file without text is,
 * for an output that would be empty, or behind each output if the packing marks
 * its end; and a newline, for a line that somebody else left open. Without it
 * neither is written. To be called before threads start. Returns 0 or a
 * negative errno. */
int sink_use_packer(struct sink *s, struct packer *p);

/* How much of the beginning of data[0..len), which is what is being appended or
 * a part of it, is whole records: what may stay when an append fails. To be set
 * before threads start; until then nothing may. */
void sink_set_records(struct sink *s,
	size_t (*whole)(const void *context, const void *data, size_t len),
	const void *context);

/* An append for which there is no room is going to be made again: where it is a
 * piece of a line, only that piece is rolled back, and the line stays open. To
 * be called before threads start. */
void sink_be_patient(struct sink *s);

/* Closes without a word what sink_finish has not closed. */
void sink_release(struct sink *s);

/* Whether an append of len bytes would not have to wait for anybody, nor take
 * long, as far as can be told: takes the lock if no other process has it, until
 * sink_append or sink_let_go; looks whether a pipe has room, unless the append
 * itself will find out (hasty). Not with a sync behind each append. Does not
 * block. */
bool sink_is_ready(struct sink *s, size_t len);

/* No append comes for now: lets go of a lock that sink_is_ready took, unless a
 * line is open. */
void sink_let_go(struct sink *s);

/* Appends one piece. line_ends: whether the text in it ends with a newline; if
 * not, the next piece goes on with the same line. *kept is the number of bytes
 * of this piece that are in the output for good: len (also if only the sync
 * after it failed), or less on an error. May block in flock(2) and write(2); a
 * wait for a pipe or terminal is ended by `wake`, one in the system call itself
 * by `wake` and a signal to the thread. -EAGAIN: who appends is hasty, and
 * the rest would have to wait. Returns 0 or a negative errno with *fault
 * filled; what could not be rolled back then is in the report. */
int sink_append(struct sink *s, const void *data, size_t len, bool line_ends,
	size_t *kept, struct fault *fault);

/* Whether the append that has just failed with err, and did not keep all, can
 * be made again with what it did not keep: there was no room, nothing torn was
 * left, and no sync has failed yet. So it is of sink_make_valid. Before
 * sink_take_report. False unless the sink is patient. */
bool sink_may_retry(const struct sink *s, int err);

/* If the output is packed, as sink_finish does: writes what a file without text
 * is if nothing was appended to a new or empty one; or where the packing marks
 * the end of a file, and that is missing, behind what was appended or, with
 * repair, was there. Returns 0 or a negative errno with *fault filled; may be
 * called again. May block as sink_append. */
int sink_make_valid(struct sink *s, struct fault *fault);

/* The last call: nothing comes any more; a line that is open stays so. Makes
 * the output valid (sink_make_valid), syncs if asked for, and closes. Standard
 * output that cannot be written to is an error, also when nothing was. Returns
 * 0 or a negative errno with *fault filled. */
int sink_finish(struct sink *s, struct fault *fault);

/* The other last call, in place of sink_finish: the run was given up. The
 * beginning of a line whose end will not come is cut off again, as after a
 * failed append. Behind sink_finish it does nothing. */
void sink_abandon(struct sink *s);

/* Whether a write to a file is under way, which may be torn should nobody wait
 * for its end. Any thread. */
bool sink_is_writing(const struct sink *s);

/* Whether the last piece ended inside a line. */
bool sink_is_open_line(const struct sink *s);

/* Whether the output's name still stands for the file that is written to. True
 * if it has none, or is not a regular file. */
bool sink_is_named(const struct sink *s);

/* Whether no name at all does: what was written is gone when it is closed. */
bool sink_is_gone(const struct sink *s);

/* Takes what there is to tell. Returns whether there is something. */
bool sink_take_report(struct sink *s, struct sink_report *report);

enum sink_reopened {
	SINK_REOPENED,
	SINK_KEPT,   /* could not be opened, or may not be written to: the old
			file stays in use */
	SINK_FAILED, /* opened, but the old file could not be synced or closed:
			what it took may not be there */
};

/* Opens the file anew by its name, which there must be, between two lines, with
 * a fault for SINK_KEPT and SINK_FAILED. The new one is looked at as the first
 * was. May block in what the old file still needs: its lock, a sync, close. */
enum sink_reopened sink_reopen(struct sink *s, struct fault *fault);

#endif
