/*
 * bench-run - starts what is measured
 *
 * usage: bench-run FILE                    becomes the command in FILE
 *        bench-run --cost FILE             runs it, and says what it took
 *        bench-run --latency N FILE        asks it N lines, one by one
 *        bench-run --latency-pinned N FILE the same, on two processors
 *        bench-run --feed N                writes N lines, one by one
 *        bench-run --replace FILE...       puts a copy in the place of each
 *        bench-run --replace-synced FILE... the same, each on the disk
 *        bench-run                         does nothing
 *
 * hyperfine takes the time; it cannot give a program an input, nor start
 * several with pipes between them. That is done here, for all programs in the
 * same way. It has to be done fast: the program is linked statically where that
 * can be, and measure.pl takes off what starting it costs.
 *
 * For what a FILE is see command.h. Behind a cost stands the peak memory of the
 * largest program in KiB, behind a latency the half and 99 in 100 of the
 * answers in nanoseconds, and the same peak; if the programs do not do what
 * they should, there is a line "failed WHY" instead.
 *
 * Exit status: 0, 1 a program failed, 2 anything else.
 */
#include "config.h"

#include "command.h"
#include "die.h"
#include "latency.h"
#include "replacing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST 1000000000

static unsigned long number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end != '\0' || n < 1 || n > MOST)
		die("%s: not a number from 1 to %d", text, MOST);
	return n;
}

/* Where this program tells what it found; 0 and 1 become the command's. */
static FILE *open_report(void)
{
	int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	FILE *report = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (report == NULL)
		die("there is no standard output");
	return report;
}

/* All programs count, not only the last one. */
static int run(struct command *command)
{
	char why[160];
	long peak_kib;

	if (command->n == 1)
		command_become(command);
	command_start(command);
	return command_wait(command, why, sizeof(why), &peak_kib) != 0;
}

static int cost(struct command *command)
{
	FILE *report = open_report();
	char why[160];
	long peak_kib;
	int err;

	command_start(command);
	err = command_wait(command, why, sizeof(why), &peak_kib);
	if (err != 0)
		fprintf(report, "failed %s\n", why);
	else
		fprintf(report, "%ld\n", peak_kib);
	return fclose(report) != 0 || err != 0;
}

static int latency(struct command *command, unsigned long answers, bool pinned)
{
	FILE *report = open_report();
	struct latency found;
	const char *failure;
	char why[160];
	long peak_kib;

	failure = latency_measure(command, answers, pinned, &found);
	if (command_wait(command, why, sizeof(why), &peak_kib) != 0 &&
		failure == NULL)
		failure = why;
	if (failure != NULL)
		fprintf(report, "failed %s\n", failure);
	else
		fprintf(report, "%.0f %.0f %ld\n", found.p50 * 1e9,
			found.p99 * 1e9, peak_kib);
	return fclose(report) != 0 || failure != NULL;
}

/* A producer that does not gather its lines: one write for each. Not more than
 * PIPE_BUF bytes: all or nothing. */
static int feed(unsigned long lines)
{
	for (unsigned long i = 0; i < lines; i++)
		if (write(STDOUT_FILENO, LATENCY_LINE, LATENCY_LINE_LEN) !=
			(ssize_t)LATENCY_LINE_LEN)
			die("--feed: %s", strerror(errno));
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	struct command command;

	if (argc == 1)
		return 0;
	if (argc == 3 && strcmp(what, "--feed") == 0)
		return feed(number(argv[2]));
	if (strcmp(what, "--replace") == 0)
		return replacing(argv + 2, false);
	if (strcmp(what, "--replace-synced") == 0)
		return replacing(argv + 2, true);
	command_read(&command, argv[argc - 1]);
	if (argc == 2)
		return run(&command);
	if (argc == 3 && strcmp(what, "--cost") == 0)
		return cost(&command);
	if (argc == 4 && strcmp(what, "--latency") == 0)
		return latency(&command, number(argv[2]), false);
	if (argc == 4 && strcmp(what, "--latency-pinned") == 0)
		return latency(&command, number(argv[2]), true);
	die("unknown arguments; its source tells what there is");
}
