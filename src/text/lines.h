/*
 * lines - newlines and characters, counted: for figures and for places
 *
 * A line ends with a newline, whatever a record is (text.h): people count
 * lines. Pure functions for any thread.
 */
#ifndef UPCASE_TEXT_LINES_H
#define UPCASE_TEXT_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The number of newlines in p[0..len). */
uint64_t lines_count(const unsigned char *p, size_t len);

/* The length of the whole lines at the beginning of p[0..len). */
size_t lines_whole(const unsigned char *p, size_t len);

/* Whether p[0..len) ends with a newline. Nothing does not. */
bool lines_end(const unsigned char *p, size_t len);

/* The number of characters in p[0..len), which is UTF-8. */
uint64_t lines_characters(const unsigned char *p, size_t len);

#endif
