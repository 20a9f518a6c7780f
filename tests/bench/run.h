/*
 * run - starts the programs of a command, waits for them and says what they
 * cost
 *
 * Invariants
 *  - One command runs at a time. On SIGINT, SIGTERM or SIGHUP its programs are
 *    killed and this program dies of the signal, so none is left behind.
 *  - Programs begin with default signal actions, and standard error in the file
 *    RUN_MESSAGES, which is made anew for each command.
 *  - This program stays small: Linux counts the peak memory of the process that
 *    starts another one for the other one, too.
 */
#ifndef UPCASE_BENCH_RUN_H
#define UPCASE_BENCH_RUN_H

#include "command.h"

#include <stddef.h>
#include <stdint.h>

#define RUN_MESSAGES "messages"
#define RUN_INHERIT  (-1) /* as a descriptor: take the command's own file */

struct cost {
	double seconds; /* from before the first start to the last end */
	double cpu;	/* seconds, user and system, of all programs */
	double peak;	/* bytes, of the program that took most */
};

/* What went wrong, or empty. */
struct failure {
	char text[160];
};

/* The bytes of a stream, in short. */
struct digest {
	uint64_t bytes;
	uint64_t hash;
};

/* To be called once, before any command is run. */
void run_init(void);

/* Runs a command and waits for all of its programs. Returns 0, or -1 if one of
 * them could not be started or did not exit with status 0. */
int run(const struct command *command, struct cost *cost,
	struct failure *failure);

/* The same, and reads what the last program writes. */
int run_digest(const struct command *command, struct digest *digest,
	struct failure *failure);

/* The two halves. in and out replace the command's files, unless they are
 * RUN_INHERIT; they stay the caller's. After a failed start nothing runs; after
 * a good one run_wait must follow. */
int run_start(const struct command *command, int in, int out,
	struct failure *failure);
int run_wait(struct cost *cost, struct failure *failure);

/* Makes run_wait report failure: for programs that do not do what they
 * should. */
void run_kill(void);

#endif
