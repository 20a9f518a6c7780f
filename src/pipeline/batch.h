/*
 * batch - what travels through the pipeline: records of text in one buffer
 *
 * A batch is owned by exactly one place at a time: the pool, a stage, or the
 * queue to a stage. Only the owner touches its fields (`unwritten` excepted).
 * There are only so many batches, each with its buffers, so memory is bounded
 * whatever the input.
 *
 * Normally a batch holds whole records (lines). A record that is longer than a
 * batch travels in pieces, cut between characters: all but the last are `open`,
 * all but the first are `continues`.
 */
#ifndef UPCASE_PIPELINE_BATCH_H
#define UPCASE_PIPELINE_BATCH_H

#include "codec/packer.h"
#include "io/replace.h"
#include "text/text.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A batch holds at least this many bytes, so that a character fits however
 * small a size is asked for. */
#define BATCH_MIN 4

/* So many FILEs at most end in a batch: where, is known of each. */
#define BATCH_ENDS 256

/* The FILEs that a batch has to do with, by number. All end here but for one
 * that may go on behind them: `first`, `first` + 1, ... */
struct batch_inputs {
	size_t first; /* that it has text or the end of */
	size_t ended; /* how many ended here */
	bool bad;     /* the last of these was not read to its end, or not
			 at all; only with such a one at most */
	bool decoded; /* they all were: what is not UTF-8 in their text is
			 what could not be */
};

/* As what the text of a FILE that is replaced is written. */
enum batch_form {
	BATCH_AS_ASKED, /* by the options */
	BATCH_GZIP,
	BATCH_BGZF,
	BATCH_FORMS,
};

/* What is known of a FILE for which there is an output of its own, or that is
 * read in part. */
struct batch_origin {
	struct replace_mark mark; /* when it was opened */
	enum batch_form form;
	bool inside;	 /* a part of it is read, so lines cannot be counted: */
	uint64_t behind; /* that begins behind so many bytes */
};

/* Where a batch was cut out of its FILEs. */
struct batch_cut {
	struct text_state begin; /* what is known of what is before it */
	uint64_t place;		 /* of all that were cut, the how many-th */
	bool continues;		 /* begins inside a record */
	bool open;		 /* ends inside a record that goes on */
	bool full;	   /* there was no room for more: more is to come */
	bool lead;	   /* text[0] is a newline that ends a line of the batch
			      before, of another FILE */
	bool terminate;	   /* a FILE's part of the output ends a line */
	unsigned inserted; /* newlines in text that were not in the FILEs */
	unsigned unterminated; /* ends of FILEs without a newline in text */
};

/* The first sequence in text that is not UTF-8, if it is not shared. */
struct batch_bad {
	uint64_t line;	 /* so many newlines into the FILE's text, */
	uint64_t column; /* so many characters into that line */
	uint64_t at;	 /* so many bytes into text */
	bool met; /* with invalid=fail: `upper` ends before it, which is: */
	unsigned n;
	unsigned char bytes[4];
};

struct batch {
	/* By the reader's side. */
	uint64_t seq; /* if queued: position in the output, 0, 1, 2 ... */
	bool queued;  /* goes to the writer through the queues */
	bool errand;  /* has no text: the writer is to look what is wished */
	unsigned char *text; /* batch size + 1 bytes: one for a newline that is
				added at the end. Overwritten when it is
				converted, but not with invalid=fail, nor if it
				is shared */
	size_t len;
	struct batch_inputs inputs;
	uint32_t ends[BATCH_ENDS];  /* where in text each of the FILEs ends */
	struct batch_origin origin; /* where FILEs are kept apart */
	struct batch_cut cut;

	/* By who converts. */
	bool converted;
	unsigned char *spare; /* room for the longest result of text */
	unsigned char *upper; /* the result: in text or in spare */
	size_t upper_len;
	uint32_t upper_ends[BATCH_ENDS]; /* if FILEs are kept apart: where in
					    upper each of them ends */
	unsigned char *member; /* gzip: room for upper packed; else NULL */
	struct packed packed;  /* what is there; nothing of nothing */
	uint64_t lines;	       /* of text; `unterminated` ones counted */
	uint64_t invalid;      /* ill-formed sequences met */
	uint64_t tail_chars; /* if `open`: characters behind the last newline */
	bool wide;	     /* seems to be UTF-16 from its beginning on */
	bool changed;	     /* if the converter compares: upper is not text */
	struct batch_bad bad;
	struct text_wrong wrong;

	size_t done; /* by the output: bytes of upper, or of member behind what
			only the first of a file has, that are in it */

	/* Lines that were read but are not written. Set by whoever counts
	 * them, cleared by the output, added up by the main thread. */
	_Atomic uint64_t unwritten;
};

/* Allocates the buffers for `size` bytes of text and their result. member_room
 * is the size of `member`, 0 for none. Returns 0 or -ENOMEM, then there is
 * nothing to release. */
int batch_init(
	struct batch *b, size_t size, size_t spare_room, size_t member_room);

void batch_release(struct batch *b);

/* Makes b empty, its buffers kept. */
void batch_reset(struct batch *b);

/* Whether text is that of several FILEs. Then it stays as it is. */
bool batch_is_shared(const struct batch *b);

/* What of text[from..to) is of FILE `first` + i, i up to `ended`. */
struct batch_part {
	size_t from, to;
};

struct batch_part batch_part(const struct batch *b, size_t i);

/* The lines in b->text, by the definition of `lines`. */
uint64_t batch_count_lines(const struct batch *b);

/* Counts what is in b as read and not written. */
void batch_lose(struct batch *b);

/* The order of the queue to the writer. */
uint64_t batch_seq(const void *batch);

#endif
