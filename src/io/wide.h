/*
 * wide - bytes as wide characters, and back, whatever the bytes are
 *
 * What it is for: who edits a line sees characters, but what is typed may be
 * any bytes, and has to come out as it came in. UTF-8 becomes what it stands
 * for. Every other byte becomes a character of its own that no text has,
 * U+DC80..U+DCFF; so do those of the few characters that a table of keys would
 * take for keys: U+0080..U+009F and U+00AD.
 *
 * Pure; any thread.
 */
#ifndef UPCASE_IO_WIDE_H
#define UPCASE_IO_WIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

/* The most bytes that one character comes to. */
#define WIDE_MOST 4

/* The first character of text[0..len), len > 0. Returns of how many bytes it
 * is; 0 when there may be more to it, which is never so with `last`: then no
 * more come. */
size_t wide_decode(
	const unsigned char *text, size_t len, bool last, wchar_t *c);

/* The bytes of a character. Returns how many there are. */
size_t wide_encode(wchar_t c, unsigned char out[WIDE_MOST]);

/* The same for a whole text: out has room for len characters, or WIDE_MOST * n
 * bytes. Returns how many there are. */
size_t wide_decode_all(const unsigned char *text, size_t len, wchar_t *out);
size_t wide_encode_all(const wchar_t *text, size_t n, unsigned char *out);

#endif
