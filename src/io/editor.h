/*
 * editor - lines that are edited while they are typed
 *
 * What it is for: stand between a terminal and who reads there, as the terminal
 * itself does otherwise: bytes come out when a line is complete. But keys move
 * in the line, bring back earlier ones and search them, and a line may be as
 * long as it likes. libedit does it, which is loaded when the first line is to
 * be typed (codec/library.h); without it, on a terminal that cannot move its
 * cursor, and in a C library without what it needs, there is none.
 *
 * How
 *  - What libedit asks for a character waits for the terminal and for `wake`:
 *    a stop, a new size of the screen and a message behind the prompt are dealt
 *    with there, in the middle of a line, which libedit keeps meanwhile.
 *  - The terminal stays raw from editor_open to editor_close, also between two
 *    lines: so what is pasted is never echoed twice nor cut by the terminal.
 *  - A prompt is shown when it is due and nothing more is there to be read.
 *  - What libedit writes is kept until something is waited for: what is pasted
 *    costs a write for each few thousand bytes.
 *  - It runs with the characters of C.UTF-8, whatever the process has: in the
 *    thread that calls, and only for the time of a call.
 *
 * Used by one thread at a time, from editor_open to editor_close the same.
 */
#ifndef UPCASE_IO_EDITOR_H
#define UPCASE_IO_EDITOR_H

#include "io/fault.h"
#include "io/fdio.h"
#include "io/terminal.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What it works with; all of it must outlive the editor. */
struct editor_config {
	int in;			   /* the terminal, best with O_NONBLOCK; it is
				      duplicated */
	struct fdio *screen;	   /* the same, for writing */
	struct terminal *terminal; /* who has it */
	const char *prompt;
	const char *history; /* file that keeps the lines; NULL: none */
	int wake;	     /* readable: `woken` is to be called */
	/* Looks what is new, and may call editor_stop and editor_news. Returns
	 * false when nothing matters any more. */
	bool (*woken)(void *context);
	/* The terminal may be somebody else's: waits until it is not. Returns
	 * false when that will not be. */
	bool (*await)(void *context);
	/* The cursor stands behind a prompt from now on, or does not. */
	void (*stands)(void *context, bool stands);
	/* Something about the history is not as it should be; name is the
	 * file's. */
	void (*tell)(void *context, const char *name, const char *text);
	void *context;
};

struct editor;

/* Whether TERM is a terminal to edit at, as far as its name tells. */
bool editor_is_wanted(void);

/* Takes the terminal. Returns 0 and *e, or a negative errno: -ENOTSUP when
 * there is no editing here. Opens files. */
int editor_open(struct editor **e, const struct editor_config *config);

/* Gives the terminal back and frees everything. Nothing that was typed and not
 * read is lost. e may be NULL. */
void editor_close(struct editor *e);

/* A prompt is due with the next line. */
void editor_ask(struct editor *e);

/* Hands out up to len bytes of a line, once it is complete. Returns their
 * number; 0 at the end; -ECANCELED when `woken` returned false; or what was
 * wrong with the terminal, when all was handed out. */
ssize_t editor_read(struct editor *e, void *buf, size_t len);

/* Nothing is waited for any more: of what waits in the terminal `waiting` bytes
 * are still read. A line that was begun is handed out, too. For `woken`, or
 * between two reads. */
void editor_stop(struct editor *e, size_t waiting);

/* The line that was begun is not wanted: its typist took it back. Before
 * editor_stop. */
void editor_take_back(struct editor *e);

/* News of the terminal, from terminal_see: draws anew. Also between two reads.
 */
void editor_news(struct editor *e, int news);

/* How many lines were read and not handed out; a last one without its end is
 * one. */
size_t editor_left(const struct editor *e);

/* What edits, for people. */
void editor_library(char *text, size_t size);

#endif
