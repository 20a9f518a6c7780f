/*
 * quote - foreign text, such as a file's name, in a message
 *
 * It can not forge a message, drive a terminal, or make what stands behind it
 * look like something else: what is not harmless is shown in quotes, and
 * escaped as printf(1) would take it. Harmful are control characters (U+0000 to
 * U+001F, U+007F to U+009F), those that end a line (U+2028, U+2029), those that
 * turn the direction of what follows (U+061C, U+200E, U+200F, U+202A to
 * U+202E, U+2066 to U+206F) or do not show (U+200B, U+2060 to U+2065, U+FEFF,
 * U+FFF9 to U+FFFB, U+E0000 to U+E007F), and bytes that are not UTF-8.
 *
 * What is too long is cut in the middle, between characters, because names
 * differ at their ends: 'the beginning'...'the end'.
 */
#ifndef UPCASE_TEXT_QUOTE_H
#define UPCASE_TEXT_QUOTE_H

#include <stddef.h>

/* The least size of the memory for what is shown. */
#define QUOTE_LEAST 16

/* A name as messages show it: as it is where that is harmless and it fits, in
 * quotes otherwise. Writes to out[0..size), size at least QUOTE_LEAST, a NUL
 * behind it. Returns out. */
const char *quote_name(const char *name, char *out, size_t size);

/* The same, always in quotes: for a text that may be empty or end in a blank.
 */
const char *quote_text(const char *text, char *out, size_t size);

#endif
