/*
 * strict - deflate streams, read without producing their text
 *
 * Whether zlib takes a stream that libdeflate took: the same file is decoded by
 * libdeflate where its members tell their size, and by zlib where it comes
 * through a pipe. libdeflate lets pass what the format leaves undefined; zlib,
 * gzip and others refuse it. Whether a file is good must not depend on the way
 * in which it comes, so what libdeflate took is looked at once more.
 *
 * What zlib refuses, and libdeflate need not
 *  - more than 286 length or 30 distance codes, or a use of such symbols in a
 *    block with the fixed codes
 *  - a code of code lengths that is not complete, repeats behind the last
 *    length, a block without a code for its end
 *  - a codeword that a code of one codeword does not have
 *
 * That is seen in the headers of blocks but for fixed codes and those of one
 * codeword, so the last block, mostly the only one, need not be read. Blocks
 * before it are read to find the next header, without producing text.
 *
 * Where the last block is: who goes on with a stream has to know.
 *
 * Sources: RFC 1951; inflate.c and inftrees.c of zlib 1.2.13.
 */
#ifndef UPCASE_CODEC_STRICT_H
#define UPCASE_CODEC_STRICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether zlib takes p[0..len), which is a stream that libdeflate took. For any
 * other bytes the answer means nothing, but reading stays within them. */
bool strict_deflate(const unsigned char *p, size_t len);

/* Where a block is, in bits from the beginning of its stream. */
struct strict_place {
	uint64_t begin; /* its first bit, which says whether it is the last */
	uint64_t end;	/* the first bit behind it */
};

/* Finds the last block of p[0..len), which is a whole stream. Returns whether
 * it ends in the last byte. Takes a part of the time that decoding takes. */
bool strict_find_last(
	const unsigned char *p, size_t len, struct strict_place *place);

#endif
