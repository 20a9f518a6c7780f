/*
 * stats - what a pipeline has done, in figures
 *
 * Plain data, snapshots made by pipeline_stats and pipeline_course.
 */
#ifndef UPCASE_PIPELINE_STATS_H
#define UPCASE_PIPELINE_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stage_stats {
	unsigned threads;
	int64_t busy;	 /* nanoseconds at work, summed over the threads */
	int64_t wait;	 /* nanoseconds waiting for a queue, likewise */
	int64_t blocked; /* nanoseconds waiting for input or output */
	size_t peak;	 /* most batches that ever waited in its queue: free
			    batches (reader), input (transformer), output (writer)
			  */
};

/* Of which of the inputs the figures are, and how the run ended: for who adds
 * shares up. */
struct stats_share {
	unsigned number, count;
	const char *input; /* the first FILE of the share; "" if it has none */
	size_t inputs;	   /* how many it has */
	uint64_t from, to; /* bytes of all inputs together */
	uint64_t size;	   /* of these */
	int status;	   /* as a shell shows it */
};

struct pipeline_stats {
	uint64_t lines_in;  /* a last line without a newline counts */
	uint64_t bytes_in;  /* of text, behind decompression */
	uint64_t lines_out; /* written for good */
	uint64_t bytes_out; /* of text, before compression */
	uint64_t members;   /* gzip members written */
	uint64_t invalid;   /* ill-formed UTF-8 sequences met */
	uint64_t kept;	    /* of these, as they are */
	int64_t elapsed;    /* nanoseconds since the start */
	/* Where files are replaced: FILEs, or the one output, that were; that
	 * needed no change; that were left as they were for another reason. */
	bool replaces;
	uint64_t files_done, files_unchanged, files_refused;
	struct stats_share share; /* count 0: all was read */
	/* Only complete once every thread has ended. */
	struct stage_stats reader, transformer, writer;
};

/* How far the input is. */
struct pipeline_course {
	const char *name; /* of the FILE that is read, as messages have it;
			     NULL: none was begun */
	size_t number;	  /* of it, from 1 */
	size_t files;	  /* that there are */
	uint64_t taken;	  /* bytes of all of them, as they are on the disk */
	uint64_t size;	  /* of all of them, at least `taken` */
	bool sized;	  /* it is known; otherwise only a part of it is */
};

#endif
