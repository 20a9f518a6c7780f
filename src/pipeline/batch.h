/*
 * batch - what travels through the pipeline: lines of text in one buffer
 *
 * A batch is owned by exactly one place at a time: the queue of free batches, a
 * stage, or the queue to a stage. Only the owner touches its fields
 * (`unwritten` excepted). There are only so many batches, each with its
 * buffers, so memory is bounded whatever the input.
 *
 * Normally a batch holds whole lines. A line that is longer than a batch
 * travels in pieces, cut between characters: all but the last are `open`, all
 * but the first are `continues`.
 */
#ifndef UPCASE_PIPELINE_BATCH_H
#define UPCASE_PIPELINE_BATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A batch holds at least this many bytes, so that a character fits however
 * small a size is asked for. */
#define BATCH_MIN 4

struct batch {
	/* By the reader. */
	uint64_t seq;	     /* position in the output: 0, 1, 2 ... */
	unsigned char *text; /* batch_size + 1 bytes: one for a newline that
				is added at the end. Overwritten when it is
				converted, but not with invalid=fail */
	size_t len;
	size_t input;	       /* number of the FILE that it began with */
	bool continues;	       /* begins inside a line */
	bool open;	       /* ends inside a line that goes on */
	bool lead;	       /* text[0] is a newline that ends a line of
				  the batch before, of another FILE */
	bool terminate;	       /* output may not end inside a line here */
	unsigned inserted;     /* newlines in text that were not in the input */
	unsigned unterminated; /* ends of input without a newline in text */

	/* By the transformer. */
	unsigned char *spare; /* room for the longest result of text */
	unsigned char *upper; /* the result: in text or in spare */
	size_t upper_len;
	unsigned char *member; /* gzip: room for upper as a member; else NULL */
	size_t member_len;
	uint64_t lines;	     /* of text; `unterminated` ones counted */
	uint64_t invalid;    /* ill-formed sequences met */
	uint64_t tail_chars; /* with invalid=fail: characters behind the last
				newline */
	bool bad;	     /* with invalid=fail: upper ends before bytes that
				are not UTF-8 ... */
	uint64_t bad_line;   /* ... so many newlines into text, */
	uint64_t bad_column; /* so many characters into that line: */
	unsigned char bad_bytes[4]; /* these */
	unsigned n_bad_bytes;

	/* Lines that were read but are not written. Set by whoever counts
	 * them, cleared by the writer, added up by the main thread. */
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

/* The lines in b->text, by the definition of `lines`. */
uint64_t batch_count_lines(const struct batch *b);

/* The number of newlines in p[0..len). */
uint64_t count_newlines(const unsigned char *p, size_t len);

/* The number of characters in p[0..len), which is UTF-8. */
uint64_t count_characters(const unsigned char *p, size_t len);

/* The order of the queue to the writer. */
uint64_t batch_seq(const void *batch);

#endif
