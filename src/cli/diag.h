/*
 * diag - what the program says on standard error
 *
 * Every message is one line, "upcase-pipe: NAME: what", and one write(2), so
 * that messages of several processes and threads do not mix. A name is shown so
 * that it can not forge a message or drive a terminal (quote.h), and never so
 * long that what is wrong with it would be cut.
 *
 * No call waits for standard error, unless it says so: what finds no room there
 * is told later, in its place, and what finds no room to wait in is counted
 * (io/say.h). What goes wrong with telling cannot be told.
 *
 * Threads: any, where nothing else is said.
 */
#ifndef UPCASE_CLI_DIAG_H
#define UPCASE_CLI_DIAG_H

#include <stdbool.h>
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

/* An error, always told. name may be NULL. */
void diag_error(const char *name, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same with a place in the file: "NAME:LINE:COLUMN: ", both from 1. */
void diag_error_at(
	const char *name, uint64_t line, uint64_t column, const char *text);

/* A note, told from `level` on. */
void diag_note(enum diag_level level, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Whether a note of this level is told. */
bool diag_tells(enum diag_level level);

/* Raw text for standard error, such as a table, in one write(2): at most
 * SAY_MOST bytes. */
void diag_text(const char *text);

/* A line on the terminal, for the next one to replace: see say_line. The last
 * one is to be taken away by one of no columns, before the end. */
void diag_line(const char *text, size_t columns);

/* Gets standard error ready, while files may be opened. Before threads start.
 */
void diag_open(void);

/* A byte is written to fd when a message waits for standard error to have room:
 * then diag_more is to be called. Before threads start. */
void diag_wake_by(int fd);

/* Tries to tell what waits. Returns whether to call it again, a while later. */
bool diag_more(void);

/* The cursor stands behind a prompt on the screen that standard error is, or
 * does not any more. diag_broke_prompt: whether a message was told there since,
 * so that the prompt has to come again; the fd of diag_wake_by is written to
 * then. Any thread. */
void diag_prompt(bool stands);
bool diag_broke_prompt(void);

/* Waits for room for a message, for as long as standard error takes something
 * now and then. Any thread but the main thread, before it tells something of
 * which there may be much. */
void diag_make_room(void);

/* From now on diag_make_room does not wait. For a process that must end. */
void diag_hurry(void);

/* What is told from now on are the last words, for which room was kept. */
void diag_last(void);

/* The end, for the main thread: waits up to a second until all is told. Then
 * what is left is dropped; a further call does nothing. */
void diag_finish(void);

#endif
