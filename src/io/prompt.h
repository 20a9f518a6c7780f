/*
 * prompt - what a person sees before typing a line
 *
 * The prompt goes to the terminal that the lines are typed at, never to
 * standard output, which may be redirected. Used by one thread at a time.
 */
#ifndef UPCASE_IO_PROMPT_H
#define UPCASE_IO_PROMPT_H

#include "io/fdio.h"

#include <stdbool.h>

struct prompt {
	struct fdio
		io; /* the terminal, for writing; closed: nothing is shown */
};

/* Finds the terminal behind the descriptor `in`. Without one, or where it
 * cannot be written to, nothing will be shown. */
void prompt_open(struct prompt *p, int in);

/* Writes text to the terminal. What goes wrong there is not told: it is where
 * the telling would go. Waits while the terminal takes nothing (Control-S),
 * until `wake` is readable: then it returns false, and the text is still to be
 * shown. */
bool prompt_show(struct prompt *p, const char *text, int wake);

void prompt_close(struct prompt *p);

#endif
