/*
 * command - a pipeline of programs: read from a file, started, waited for
 *
 * Command.pm writes the file, so that the command line of who runs this stays
 * short (a work has 20,000 arguments) and needs no quotes. It holds words, a
 * NUL behind each: the file that the first program reads, the file that the
 * last one writes, and of each program LC_ALL=..., where it is and its
 * arguments; an empty word ends a program.
 *
 * Invariants
 *  - A file named "-" is the descriptor that this program has.
 *  - Programs get standard error in the file COMMAND_MESSAGES.
 *  - No shell and no search in PATH. What is measured begins with this program,
 *    so it does nothing else.
 */
#ifndef UPCASE_BENCH_COMMAND_H
#define UPCASE_BENCH_COMMAND_H

#include <stddef.h>
#include <sys/types.h>

#define COMMAND_STAGES	 4
#define COMMAND_MESSAGES "messages"
#define COMMAND_INHERIT	 "-"

struct command {
	char *input, *output;
	char *locale[COMMAND_STAGES];
	char **argv[COMMAND_STAGES]; /* NULL at the end, as for exec */
	pid_t pid[COMMAND_STAGES];   /* 0: not started, or reaped */
	size_t n;
};

/* Reads the file. All of these end the program with a message when they
 * cannot. */
void command_read(struct command *command, const char *file);

/* Becomes the command, if that is a single program, or starts all programs.
 * Descriptors 0 and 1 of this program are lost. */
void command_become(struct command *command);
void command_start(struct command *command);

void command_kill(const struct command *command);

/* Waits for what was started. Returns 0, or -1 if a program did not end with
 * status 0, and who and how it was in `why`. */
int command_wait(
	struct command *command, char *why, size_t size, long *peak_kib);

#endif
