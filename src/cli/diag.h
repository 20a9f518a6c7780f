/*
 * diag - what the program says on standard error
 *
 * Every message is one line, "upcase-pipe: NAME: what", and one write(2), so
 * that messages of several processes and threads do not mix. Control characters
 * and the like in names are shown escaped: a file name can not forge a message
 * or drive a terminal. Any thread may call these; they block as writing to
 * standard error does, and what goes wrong there cannot be told.
 */
#ifndef UPCASE_CLI_DIAG_H
#define UPCASE_CLI_DIAG_H

#include <stddef.h>
#include <stdint.h>

/* Notes are told when the level is at least that of the note. */
enum diag_level {
	DIAG_QUIET, /* errors only */
	DIAG_NORMAL,
	DIAG_VERBOSE,
};

/* Set before threads start. */
void diag_set_level(enum diag_level level);

/* From now on a message that standard error does not take within a second is
 * dropped. For a process that must end. */
void diag_hurry(void);

/* An error, always told. name may be NULL. */
void diag_error(const char *name, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same with a place in the file: "NAME:LINE:COLUMN: ", both from 1. */
void diag_error_at(
	const char *name, uint64_t line, uint64_t column, const char *text);

/* A note, told from `level` on. */
void diag_note(enum diag_level level, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Raw text for standard error, such as a table, in one write(2). */
void diag_text(const char *text);

/* name as messages show it: as it is, or in quotes with escapes when it holds
 * control characters or bytes that are not UTF-8. Cut to fit. Returns out. */
const char *diag_quote(const char *name, char *out, size_t size);

#endif
