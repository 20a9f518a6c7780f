/*
 * format - what a format is to the rest: a table of functions
 *
 * What it is for: whoever reads knows no format by name. It asks the table
 * which one a file begins with, decodes by stream.h and, where a format's
 * pieces tell their size, by piece.h.
 *
 * A file of a format is one piece or more, one behind the other: gzip's
 * members, zstd's frames, xz's streams. A format decodes one of them at a time.
 * What is the same for all formats is not its concern: where a piece begins,
 * zero bytes between pieces, what is behind the last one, an end in the middle,
 * and counting. That is stream.h.
 *
 * To add a format: a file with a `struct format format_NAME`, and NAME in
 * FORMATS.
 *
 * This folder is a layer of its own: without descriptors, threads or waits, and
 * without includes from outside.
 */
#ifndef UPCASE_CODEC_FORMAT_H
#define UPCASE_CODEC_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The table: all formats that are looked for, in this order. From bzip2 on they
 * are known, but not decoded: foreign.c. */
#define FORMATS(entry)                                                        \
	entry(gzip) entry(zstd) entry(xz) entry(bzip2) entry(lz4) entry(lzip) \
		entry(zip) entry(7z) entry(compress)

/* Whether some bytes are what a piece of a format begins with. */
enum match {
	MATCH_NO,
	MATCH_PART, /* as far as they go; more would tell */
	MATCH_YES,
};

/* So many bytes leave no MATCH_PART. */
#define FORMAT_MAGIC_MOST 16

/* What the decoding of a piece came to. */
enum decoded {
	DECODED_SOME,	   /* or nothing: more input or more room is needed */
	DECODED_ALL,	   /* that was the last byte of the piece */
	DECODED_BAD,	   /* the piece is damaged behind what came out */
	DECODED_NEEDS,	   /* the piece needs what it is not given */
	DECODED_NO_MEMORY, /* for what comes behind what came out */
};

/* Pieces that say by themselves how long they are can be found without
 * decoding, and decoded by several threads. What they say is not trusted: a
 * piece is good only if it ends where it said. */
struct format_pieces {
	/* Bytes of a piece that are enough for `size`. */
	size_t head;

	/* The size in bytes of the piece that begins with p[0..len), as it says
	 * by itself; 0 if it does not, or not within those bytes. */
	size_t (*size)(const unsigned char *p, size_t len);

	/* The size of the text of the piece p[0..len), whose size that is. May
	 * be wrong: then the piece is not good. */
	size_t (*text_size)(const unsigned char *p, size_t len);

	/* A decoder, used by one thread at a time. Returns 0 or -ENOMEM. */
	int (*make)(void **decoder);
	void (*free)(void *decoder); /* may be NULL */

	/* Decodes the one piece in[0..len) to out, which has exactly the room
	 * for its text (not 0). Returns 0, or -EBADMSG if that is not what is
	 * there. */
	int (*decode)(void *decoder, const unsigned char *in, size_t len,
		unsigned char *out, size_t room);
};

/* A format of what comes in. */
struct format {
	const char *name; /* as in "unexpected end of gzip data" */

	/* What decodes it outside, "xz -dc", with a name behind it or, unless
	 * it has to be a file, from standard input; NULL where it is always
	 * decoded here. */
	const char *tool;
	bool tool_wants_file;

	/* Zero bytes may stand behind a piece, in multiples of so many; 0:
	 * none. */
	unsigned padding;

	/* Whether a piece begins with p[0..len), len > 0. */
	enum match (*magic)(const unsigned char *p, size_t len);

	/* A decoder for the pieces of a stream. Loads what it needs
	 * (library.h): afterwards no file is opened for it. Returns 0, -ENOMEM,
	 * or -ENOTSUP where that is not there. NULL: not decoded here. */
	int (*make)(void **decoder);
	void (*free)(void *decoder); /* may be NULL */

	/* A file of so many bytes comes, as far as that is known: loads what is
	 * worth it for so much and not needed for less, and does without where
	 * that is not there. Before the first piece, as `make` before files can
	 * no more be opened. NULL: there is nothing of the kind. */
	void (*expect)(void *decoder, uint64_t size);

	/* The next byte is the first of a piece, wherever the one before was
	 * left. Returns 0 or -ENOMEM. */
	int (*begin)(void *decoder);

	/* Decodes from in[0..*in_len) to out[0..*out_len), and sets both
	 * lengths to what was taken and produced. Takes nothing behind the end
	 * of the piece, and comes to that end with what was taken alone: not
	 * only with the byte behind it. With DECODED_BAD, what was taken goes
	 * to the place of the damage, as well as that is known, and *why is the
	 * reason, good until the next call; with DECODED_NEEDS likewise, and
	 * *why is what is needed, as in "needs 300 MiB of memory, more than
	 * 256". */
	enum decoded (*more)(void *decoder, const unsigned char *in,
		size_t *in_len, unsigned char *out, size_t *out_len,
		const char **why);

	const struct format_pieces *pieces; /* NULL: they do not tell */

	/* For people: which library decodes it, "liblzma 5.4.1", or why there
	 * is none, in text[0..size), a NUL behind it. NULL where nothing is
	 * loaded. */
	void (*library)(char *text, size_t size);
};

#define FORMAT_DECLARE(name) extern const struct format format_##name;
FORMATS(FORMAT_DECLARE)
#undef FORMAT_DECLARE

/* The entry i of the table, from 0; NULL behind the last one. */
const struct format *format_entry(size_t i);

/* The format of a file that begins with p[0..len); NULL: none, so it is taken
 * as it is. *wait: that may change with the bytes that follow, and what is
 * there is no text, which must not be held back: a magic that could be text
 * counts only if it is there as a whole. Of several formats the first one
 * counts; should it wait, a later one is what the file is if it ends here.
 */
const struct format *format_detect(
	const unsigned char *p, size_t len, bool *wait);

/* The same with a table of n formats. */
const struct format *format_detect_among(const struct format *const *table,
	size_t n, const unsigned char *p, size_t len, bool *wait);

/* For formats: whether p[0..len) begins with magic[0..n), as far as it goes. */
static inline enum match format_match(
	const unsigned char *p, size_t len, const void *magic, size_t n)
{
	if (memcmp(p, magic, len < n ? len : n) != 0)
		return MATCH_NO;
	return len < n ? MATCH_PART : MATCH_YES;
}

#endif
