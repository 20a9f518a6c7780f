/*
 * source - the input files, one after the other, as one kind of byte stream
 *
 * What it is for: a file, standard input or a terminal, plain or of a format
 * that codec/format.h knows (found out from the content), read in a way that
 * can be woken and timed, with damage told apart from the end.
 *
 * A file whose pieces say how long they are is decoded ahead by other threads,
 * where there is help (ahead.h); every other one, and every other kind of file,
 * as a stream. What is not as it says is read again as a stream: so damage is
 * told, and what is good before it handed out, in one and the same way.
 *
 * Life: source_init; then for each input source_open, source_read until it
 * returns no more, source_close; at the end source_release. Used by one thread
 * at a time.
 */
#ifndef UPCASE_IO_SOURCE_H
#define UPCASE_IO_SOURCE_H

#include "codec/format.h"
#include "codec/stream.h"
#include "io/ahead.h"
#include "io/fault.h"
#include "io/feed.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

struct source {
	const char *name; /* for messages; the caller's */
	bool standard;	  /* it is standard input */
	struct feed feed; /* open between source_open and source_close */
	bool known;	  /* enough bytes were seen to tell the format: */
	const struct format *format; /* or NULL: plain */
	bool blocks;		     /* ... gzip, which is BGZF */
	bool terminal;		     /* a person types */
	struct stream stream;	     /* kept from one input to the next */
	struct ahead ahead;	     /* pieces that are decoded by others */
};

/* Makes *s a source without input. help, which may be NULL, must live as long
 * as *s. */
void source_init(struct source *s, const struct ahead_help *help);

/* Who reads may be relieved (relief.h) in a read, an open or a close: from the
 * next one on. */
void source_set_relief(struct source *s, struct relief *relief);

/* For who has relieved the one that was in source_read: what was read before is
 * handed out by the next calls, as after source_stop. Returns 0 or -ENOMEM,
 * then some of it is lost. */
int source_relieve(struct source *s);

/* Frees everything, closes what is open. Whoever helps must be done with all
 * packets. */
void source_release(struct source *s);

/* Opens an input; path "-" is standard input. detect says whether a format is
 * to be recognised. Fills *st when it succeeds. Returns 0 or a negative errno:
 * -EWOULDBLOCK when it has to be waited for, which is done only with `wait`;
 * -EINTR when a signal came meanwhile; -EOWNERDEAD as source_read. Blocks where
 * open(2) and fstat(2) do, on a dead file server; not on a FIFO. */
int source_open(struct source *s, const char *path, bool detect, bool wait,
	struct stat *st);

/* A regular file that was just opened is read from this place on. `known`: it
 * is plain, whatever it begins with there. Returns 0 or a negative errno. */
int source_begin_at(struct source *s, off_t from, bool known);

/* Closes the input, ready for the next source_open. Returns 0, or -EOWNERDEAD
 * as source_read: close(2) may block, too. */
int source_close(struct source *s);

/* Hands out up to len bytes of text as soon as there are any (len > 0).
 * Returns their number; 0 at the end; -EAGAIN when none came before deadline
 * (clock_now() time, 0: do not wait); -ECANCELED when `wake` became readable
 * first, or everything was aborted: then the only thing left to do is
 * source_close; -EOWNERDEAD when the caller was relieved, who then must not
 * touch *s. Any other negative errno, with *fault filled: the input is
 * unreadable or damaged from here on, all that was good has been handed out,
 * and the only thing left to do is source_close. */
ssize_t source_read(struct source *s, void *buf, size_t len, int wake,
	int64_t deadline, struct fault *fault);

/* Text that was read and not handed out yet, as far as it is known to be text:
 * what is packed is none. NULL and *len 0 when there is none. Also behind
 * source_close. */
const unsigned char *source_left(const struct source *s, size_t *len);

/* Packed bytes that were read and are not decoded yet, of an input that cannot
 * be read again. What is behind damage will not be. Also behind source_close.
 */
size_t source_undecoded(const struct source *s);

/* Text of such an input that a decoder holds, having taken what it is of: takes
 * up to len bytes of it, and decodes nothing more. Returns how many; 0: there
 * are no more. For when no read follows. */
size_t source_take_held(struct source *s, void *buf, size_t len);

/* From now on nothing is read from the descriptor. What was read already is
 * still handed out, then source_read says 0, without a word about a piece that
 * is not complete. */
void source_stop(struct source *s);

#endif
