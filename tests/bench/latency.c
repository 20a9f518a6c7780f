#define _GNU_SOURCE /* also where the program does without */
#include "config.h"

#include "latency.h"

#include "die.h"
#include "io/clock.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The two ends of a program that are ours. */
struct talk {
	int to, from;
	bool copies; /* answers are the questions */
	char answer[LATENCY_LINE_LEN];
};

static const char too_early[] = "it ended too early";

/* ---------------------------------------------------------------- starting */

/* Keeps to the k-th of the processors. */
static void pin(const cpu_set_t *allowed, int k)
{
	cpu_set_t one;
	int cpu = 0;

	for (; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, allowed) && k-- == 0)
			break;
	if (cpu == CPU_SETSIZE)
		die("there is only one processor");
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one) != 0)
		die("pinning: %s", strerror(errno));
}

/* What is started inherits the processor of who starts it, so no code has to
 * run in the new process. */
static void start(struct command *command, bool pinned, struct talk *talk)
{
	int there[2], back[2];
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		die("processors: %s", strerror(errno));
	if (pipe2(there, O_CLOEXEC) != 0 || pipe2(back, O_CLOEXEC) != 0)
		die("no pipe: %s", strerror(errno));
	if (dup2(there[0], STDIN_FILENO) < 0 ||
		dup2(back[1], STDOUT_FILENO) < 0)
		die("no descriptor: %s", strerror(errno));
	close(there[0]);
	close(back[1]);
	if (pinned)
		pin(&allowed, 1);
	command_start(command);
	if (pinned)
		pin(&allowed, 0);
	talk->to = there[1];
	talk->from = back[0];
}

/* ---------------------------------------------------------------- one line */

/* Less than PIPE_BUF into an empty pipe: it goes in at once. The answer may
 * come in parts. */
static bool ask(const struct talk *talk)
{
	return write(talk->to, LATENCY_LINE, LATENCY_LINE_LEN) ==
	       (ssize_t)LATENCY_LINE_LEN;
}

static bool hear(struct talk *talk)
{
	size_t len = 0;

	do {
		ssize_t n = read(
			talk->from, talk->answer + len, LATENCY_LINE_LEN - len);

		if (n <= 0)
			return false;
		len += (size_t)n;
	} while (len < LATENCY_LINE_LEN);
	return true;
}

static bool is_right(const struct talk *talk)
{
	for (size_t i = 0; i < LATENCY_LINE_LEN; i++) {
		int c = (unsigned char)LATENCY_LINE[i];

		if (talk->answer[i] != (talk->copies ? c : toupper(c)))
			return false;
	}
	return true;
}

/* Only the first line is waited for with a limit: poll takes time, too. */
static const char *warm_up(struct talk *talk)
{
	struct pollfd ready = {.fd = talk->from, .events = POLLIN};

	for (size_t i = 0; i < LATENCY_WARM_UP; i++) {
		if (!ask(talk))
			return too_early;
		if (i == 0 && poll(&ready, 1, LATENCY_PATIENCE) == 0)
			return LATENCY_SILENT;
		if (!hear(talk))
			return too_early;
		if (!is_right(talk))
			return "a wrong answer";
	}
	return NULL;
}

/* --------------------------------------------------------------- all lines */

static int compare(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static const char *measure(
	struct talk *talk, unsigned long answers, struct latency *latency)
{
	float *times = allocate(answers * sizeof(*times));
	const char *failure = warm_up(talk);

	for (unsigned long i = 0; i < answers && failure == NULL; i++) {
		int64_t begin = clock_now();

		if (!ask(talk) || !hear(talk))
			failure = too_early;
		times[i] = (float)(clock_now() - begin);
	}
	qsort(times, answers, sizeof(*times), compare);
	latency->p50 = (double)times[answers / 2] / 1e9;
	latency->p99 = (double)times[answers * 99 / 100] / 1e9;
	free(times);
	return failure;
}

const char *latency_measure(struct command *command, unsigned long answers,
	bool pinned, struct latency *latency)
{
	const char *slash = strrchr(command->argv[0][0], '/');
	struct talk talk = {
		.copies = slash != NULL && strcmp(slash, "/cat") == 0};
	const char *failure;

	start(command, pinned, &talk);
	signal(SIGPIPE, SIG_IGN); /* "it ended too early" tells it */
	failure = measure(&talk, answers, latency);
	close(talk.to);
	if (failure != NULL)
		command_kill(command);
	close(talk.from);
	return failure;
}
