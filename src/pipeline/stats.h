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

struct pipeline_stats {
	uint64_t lines_in;  /* a last line without a newline counts */
	uint64_t bytes_in;  /* of text, behind decompression */
	uint64_t lines_out; /* written for good */
	uint64_t bytes_out; /* of text, before compression */
	uint64_t members;   /* gzip members written */
	uint64_t invalid;   /* ill-formed UTF-8 sequences met */
	int64_t elapsed;    /* nanoseconds since the start */
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
