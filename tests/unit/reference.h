/*
 * reference - upper-casing as one would write it on paper
 *
 * What the engine is compared with: decode, map, encode, over a whole text at
 * once. It is slow, keeps everything in memory, and shares no table with the
 * engine: it reads the data files of Unicode at run time.
 */
#ifndef UNIT_REFERENCE_H
#define UNIT_REFERENCE_H

#include "upcase/upcase.h"

#include <stddef.h>
#include <stdint.h>

/* A text and what upcase_convert should say of it. */
struct reference_result {
	unsigned char *bytes; /* to be freed by the caller */
	size_t len;
	uint64_t invalid;
	uint64_t first_bad;
	int err; /* 0 or -EILSEQ */
};

/* Reads the data files, once for all. Ends the program with a message when
 * they are not there. */
void reference_load(const char *directory);

/* Upper-cases len bytes at src. Aborts when it runs out of memory. */
struct reference_result reference_convert(
	const struct upcase *u, const unsigned char *src, size_t len);

#endif
