/*
 * utf - UTF-16 and UTF-32, in either byte order, turned into UTF-8
 *
 * What it is for: these are what files come in beside UTF-8, and they have to
 * be fast, and to be there where the system knows of no encodings. Pure
 * functions for any thread: what is not complete is not taken.
 *
 * Source: the Unicode Standard, sections 3.9 and 3.10, and 2.13 for what stands
 * in front of a text to tell the order of its bytes.
 */
#ifndef UPCASE_CODEC_UTF_H
#define UPCASE_CODEC_UTF_H

#include <stdbool.h>
#include <stddef.h>

enum utf_form {
	UTF_16LE,
	UTF_16BE,
	UTF_32LE,
	UTF_32BE
};

/* What stands for each sequence that is ill-formed: no byte of UTF-8. */
#define UTF_BAD 0xFF

/* A byte order mark is at most so long. */
#define UTF_MARK_MOST 4

/* Whether p[0..len), which a text begins with, is the byte order mark of a form
 * other than UTF-8. Returns its length, with *form; 0 when it is none, or not
 * yet one: then *wait says that more bytes may make it one. `last`: no more
 * come. */
size_t utf_find_mark(const unsigned char *p, size_t len, bool last,
	enum utf_form *form, bool *wait);

/* The bytes of a unit: 2 or 4. */
size_t utf_unit(enum utf_form form);

/* Turns in[0..*in_len) into UTF-8 at out[0..*out_len), and sets both lengths to
 * what was taken and produced. Half a character at the end is not taken, unless
 * no more comes, `last`: then it is ill-formed as a whole. Where four bytes are
 * free and a whole character is there, it gets somewhere. */
void utf_decode(enum utf_form form, const unsigned char *in, size_t *in_len,
	unsigned char *out, size_t *out_len, bool last);

#endif
