/*
 * sprint - what stands in a deflate block, by a library faster than zlib
 *
 * What it is for: ISA-L decodes in a third of zlib's time, but takes heads of
 * blocks that zlib refuses, and at the end of what it is given, or at damage,
 * it hands out less than zlib or more. So it gets only what is behind the head
 * of a block that zlib has read and found good, one block at a time, and what
 * it makes counts only when it comes to a good end (gunzip.h).
 *
 * Not linked but loaded (library.h), and on x86-64 only: elsewhere it is no
 * faster. isal_inflate_stateless has an open fault and is not used.
 *
 * A struct sprint is used by one thread at a time.
 *
 * Sources: RFC 1951; igzip_lib.h and igzip_inflate.c of ISA-L 2.30 to 2.32.
 */
#ifndef UPCASE_CODEC_SPRINT_H
#define UPCASE_CODEC_SPRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No head of a block has more bytes: 17 bits, 19 lengths of 3 bits, and 316
 * times a codeword of 7 bits; one that says how often something is repeated has
 * up to 7 bits more, but stands for 3 lengths at least. */
#define SPRINT_HEAD_MOST 296

/* So much text is enough to go on behind it. */
#define SPRINT_HISTORY 32768

/* Some bits of a stream, fewer than 64, the first one lowest. */
struct sprint_bits {
	uint64_t bits;
	unsigned n;
};

/* The head of a block, all the bits before its text. */
struct sprint_head {
	struct sprint_bits first;	       /* 1 to 8 of them; the others: */
	unsigned char bytes[SPRINT_HEAD_MOST]; /* bytes[0..len) */
	size_t len;
};

/* What a run came to. */
enum sprint_end {
	SPRINT_BLOCK, /* the end of the block */
	SPRINT_STOP,  /* more is to come */
	SPRINT_BAD,   /* something else: what was made means nothing */
};

struct sprint;

/* Loads the library, and makes a decoder. Returns 0, -ENOMEM, or -ENOTSUP where
 * the library is not built in, or not there. To be freed with sprint_free. */
int sprint_new(struct sprint **s);

void sprint_free(struct sprint *s); /* s may be NULL */

/* For people: which library that is, or why there is none, in text[0..size). */
void sprint_library(char *text, size_t size);

/* Behind the text history[0..len), at most SPRINT_HISTORY bytes and all if
 * there is less, stands a block with that head, which zlib took; `rest` are the
 * bits between it and the next whole byte. Returns whether it can be run. */
bool sprint_begin(struct sprint *s, const unsigned char *history, size_t len,
	const struct sprint_head *head, struct sprint_bits rest);

/* A run makes up to so many bytes, but may leave more than SPRINT_MORE of these
 * free only when the block or what was given has ended. */
#define SPRINT_MORE ((size_t)96 * 1024)

/* Goes on from in[0..*in_len) to out[0..*out_len), *out_len > SPRINT_MORE, and
 * sets both to what was taken and made. With SPRINT_BLOCK, nothing behind its
 * end was taken but *rest, up to 7 bits of the last byte. With SPRINT_STOP all
 * that was made is out, and *rest is what was taken behind the bits that it was
 * made of; the next call goes on. After SPRINT_BAD only sprint_begin does. */
enum sprint_end sprint_run(struct sprint *s, const unsigned char *in,
	size_t *in_len, unsigned char *out, size_t *out_len,
	struct sprint_bits *rest);

/* The CRC, as gzip has it, of a text with that one and text[0..len) behind. */
uint32_t sprint_crc(
	struct sprint *s, uint32_t crc, const unsigned char *text, size_t len);

#endif
