/*
 * gunzip - gzip members by zlib, and the inside of large blocks by what is
 * faster
 *
 * What it is for: zlib says what a member is: which is good, which text comes
 * before damage, where it is and why. What is faster (sprint.h) must not change
 * a byte of that. So zlib reads all but the text of blocks, and what a sprint
 * made of such a text counts only when it came well to the block's end, or to
 * that of what is there. Then zlib is put to that place: it gets the text
 * before as its dictionary, and where that is within a block, the block's head
 * again and the bits behind that were not used. So between two calls zlib
 * always is where the text is that was handed out, or waits to be. Where a
 * sprint came to anything else, nothing has happened, and zlib goes on by
 * itself.
 *
 * What is handed out is therefore what zlib would hand out, also at the end of
 * what is there: of the bits that a sprint leaves there zlib makes the symbols
 * that are complete.
 *
 * Without the library, or before it is loaded, it is zlib alone. Used by one
 * thread at a time.
 *
 * Source: zlib.h, for Z_TREES, inflatePrime and inflateSetDictionary.
 */
#ifndef UPCASE_CODEC_GUNZIP_H
#define UPCASE_CODEC_GUNZIP_H

#include "codec/format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The functions of a struct format. */
int gunzip_make(void **decoder);
void gunzip_free(void *decoder);
int gunzip_begin(void *decoder);
void gunzip_expect(void *decoder, uint64_t size);
enum decoded gunzip_more(void *decoder, const unsigned char *in, size_t *in_len,
	unsigned char *out, size_t *out_len, const char **why);
void gunzip_library(char *text, size_t size);

/* For tests: sprints wherever there is a bit for one, not only where it is
 * worth it. Returns whether there are any: gunzip_expect came first, and loaded
 * what it needs. */
bool gunzip_sprint_always(void *decoder);

/* For tests: how much text sprints made. */
uint64_t gunzip_sprinted(void *decoder);

/* For tests: its zlib. */
struct z_stream_s *gunzip_zlib(void *decoder);

#endif
