/*
 * command - a pipeline of programs, written as one would type it in a shell
 *
 * Understood are words, '...', * for file names, LC_ALL=... before a program,
 * | < and >, and nothing else, so that what a table shows is what was run. Yet
 * no shell runs it: programs are found when the line is read, and started
 * directly (see run.h).
 *
 * Invariants
 *  - Without < the first program reads /dev/null, without > the last one writes
 *    it.
 *  - A program sees LC_ALL=C, unless its own LC_ALL stands before it.
 *  - A name with a variable of its own (UPCASE_PIPE, UPCASE_PIPE_ZLIB, PYTHON)
 *    is looked up there if that is set, all others in PATH.
 */
#ifndef UPCASE_BENCH_COMMAND_H
#define UPCASE_BENCH_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#define COMMAND_STAGES 4
#define COMMAND_NULL   "/dev/null"
#define COMMAND_FEEDER "feeder" /* this program itself; see feeder.h */

struct stage {
	char *program; /* where it is */
	char **argv;   /* NULL at the end, as for exec */
	size_t argc;
	char **env;
};

struct command {
	struct stage stage[COMMAND_STAGES];
	size_t n;
	char *input;
	char *output;
	char missing[96]; /* "uconv: not installed"; empty if all are there */
};

/* To be called once, before all else: cleans the environment that programs will
 * see of what changes their ways. */
void command_prepare(void);

/* Reads a line. If a program is not there, command->missing tells, and the
 * command cannot be run. Ends the program when the line is none. */
void command_init(struct command *command, const char *line);
void command_release(struct command *command);

/* Bytes of all files that are arguments of the first program. */
double command_argument_bytes(const struct command *command);

#endif
