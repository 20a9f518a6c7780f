/*
 * latency - how long a line takes through a program and back
 *
 * One line is under way at a time: it is written to the pipe that the program
 * reads, and the time until its newline comes out of the other pipe is taken.
 * Pinned, this program keeps to one processor and the other program, with all
 * its threads, to another one; each then finds its processor idle.
 */
#ifndef UPCASE_BENCH_LATENCY_H
#define UPCASE_BENCH_LATENCY_H

#include "command.h"

#include <stdbool.h>
#include <stddef.h>

#define LATENCY_LINE	 "A line of text that has forty bytes....\n"
#define LATENCY_LINE_LEN (sizeof(LATENCY_LINE) - 1)
#define LATENCY_WARM_UP	 1000 /* lines */
#define LATENCY_PATIENCE 2000 /* milliseconds for the first answer */

/* The failure of a program that does not answer a single line. */
#define LATENCY_SILENT "it keeps single lines to itself"

struct latency {
	double p50, p99; /* seconds */
};

/* Measures so many answers of a command that is one program and has neither
 * input nor output of its own. Returns NULL, or why the program does not do
 * what it should; answers are compared with the upper case of what was asked.
 * It is to be waited for or killed then. */
const char *latency_measure(struct command *command, unsigned long answers,
	bool pinned, struct latency *latency);

#endif
