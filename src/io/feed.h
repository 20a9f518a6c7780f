/*
 * feed - the bytes of an input, some of them read before they are wanted
 *
 * What it is for: who decodes wants to look at bytes before it takes them, and
 * to go back in a file where what it took was no good. So there is a buffer
 * between it and the descriptor.
 *
 * Bytes that were read are in `raw` from raw_at to raw_len, until they are
 * taken; what is read from the descriptor follows them. Used by one thread at a
 * time.
 */
#ifndef UPCASE_IO_FEED_H
#define UPCASE_IO_FEED_H

#include "io/editor.h"
#include "io/fault.h"
#include "io/fdio.h"
#include "io/relief.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Bytes per read into raw, and that can be looked at in it. */
#define FEED_SIZE 65536

/* The longest line that a terminal takes, with its newline: it drops what is
 * typed behind that (N_TTY_BUF_SIZE of Linux). */
#define FEED_TYPED_MOST 4096

/* Beside those, bytes that can be kept because what they are is not clear. */
#define FEED_KEPT 16

struct feed {
	struct fdio io;
	struct editor *editor; /* of lines that are typed there; its owner's.
				  NULL: none */
	bool stopped;	       /* by feed_stop */
	bool at_end;	       /* the descriptor has no more */
	unsigned char *raw;
	size_t raw_at, raw_len; /* raw[raw_at..raw_len) is not taken yet */
	off_t size;		/* of a regular file when it was opened; or 0 */
	uint64_t taken;		/* bytes that came from the descriptor */
	struct relief *relief;	/* exposed in each read; NULL: none */
	unsigned char *pending; /* in feed_take_all: pending[0..pending_len) */
	size_t pending_len;	/* was taken; NULL otherwise */
	bool long_line; /* the last read brought a line as long as a terminal
			   takes: more of it may be lost */
	off_t granted;	/* bytes that may be read also after feed_stop: those
			   that were read once and are to be read again, and
			   those that waited when it was called */
};

/* Makes *f a feed without input, and without relief. */
void feed_init(struct feed *f);

/* Frees raw. The input must be closed. */
void feed_release(struct feed *f);

/* f->io was opened: it begins with nothing in raw. */
void feed_begin(struct feed *f, const struct stat *st);

/* From now on nothing is read from the descriptor but what was read before, and
 * what waits in a pipe, socket or terminal at the first of these calls: whoever
 * wrote it has done so, and would not know that it was lost. Nothing waits any
 * more. Does not block. */
void feed_stop(struct feed *f);

/* Reads from the descriptor, or what was edited there, beside raw. Returns as
 * fdio_read does; 0 also when stopped; -EOWNERDEAD when the caller was relieved
 * meanwhile, who then must not touch *f or anything else that was its own.
 * *fault is filled for errors that are not about waiting. */
ssize_t feed_read(struct feed *f, void *buf, size_t len, int wake,
	int64_t deadline, struct fault *fault);

/* The same into raw, behind what is there: up to FEED_KEPT bytes. -ENOMEM where
 * there was no raw and there is no memory for it. */
ssize_t feed_refill(
	struct feed *f, int wake, int64_t deadline, struct fault *fault);

/* Puts bytes that came by feed_read into raw, behind what is there: up to
 * FEED_SIZE, and FEED_KEPT before. Returns 0 or -ENOMEM with *fault filled. */
int feed_keep(struct feed *f, const unsigned char *bytes, size_t len,
	struct fault *fault);

/* The bytes in raw: how many, and the first of them. */
size_t feed_ready(const struct feed *f);
const unsigned char *feed_next(const struct feed *f);

/* len of them were taken from there. */
void feed_pass(struct feed *f, size_t len);

/* Takes up to len of them. Returns their number. */
size_t feed_take(struct feed *f, void *buf, size_t len);

/*
 * Regular files only; then nothing waits. There must be a raw (feed_keep).
 */

/* Makes so many bytes ready as are wanted, up to FEED_SIZE, or all that there
 * are. Returns 0 or a negative errno. */
int feed_look(struct feed *f, size_t want);

/* Takes exactly len bytes, from raw and behind it. Returns 1; 0 when there were
 * not so many, then some may be gone; or -EOWNERDEAD. */
int feed_take_all(struct feed *f, unsigned char *buf, size_t len);

/* For who has relieved the one that was in a read: *f is as it was before that,
 * and stopped; what feed_take_all had taken is back. Returns 0 or -ENOMEM, then
 * it is not. */
int feed_relieve(struct feed *f);

/* Where in the file the next byte is; -1 where that cannot be told. */
off_t feed_position(const struct feed *f);

/* The next byte is the one at this position again: raw is emptied, and what was
 * read before may be read once more, also when stopped. */
void feed_go_back(struct feed *f, off_t position);

#endif
