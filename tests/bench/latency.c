#include "config.h"

#include "latency.h"

#include "die.h"
#include "feeder.h"
#include "io/clock.h"
#include "results.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The two ends of a program that are ours. */
struct talk {
	int to, from;
	bool copies; /* answers are the questions */
	char question[FEEDER_LINE_LEN];
	char answer[FEEDER_LINE_LEN];
};

/* ----------------------------------------------------------------- pinning */

/* The k-th processor that this program may use, or -1. */
static int processor(const cpu_set_t *allowed, int k)
{
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, allowed) && k-- == 0)
			return cpu;
	return -1;
}

static cpu_set_t allowed_now(void)
{
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		die("processors: %s", strerror(errno));
	return allowed;
}

bool latency_can_pin(void)
{
	cpu_set_t allowed = allowed_now();

	return CPU_COUNT(&allowed) >= 2;
}

static void pin(const cpu_set_t *allowed, int k)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(processor(allowed, k), &one);
	if (sched_setaffinity(0, sizeof(one), &one) != 0)
		die("pinning: %s", strerror(errno));
}

/* What is started inherits the processor of who starts it, so no code has to
 * run in the new process. */
static int start(const struct command *command, int in, int out, bool pinned,
	struct failure *failure)
{
	cpu_set_t allowed = allowed_now();
	int err;

	if (!pinned)
		return run_start(command, in, out, failure);
	pin(&allowed, 1);
	err = run_start(command, in, out, failure);
	pin(&allowed, 0);
	if (err != 0)
		(void)sched_setaffinity(0, sizeof(allowed), &allowed);
	return err;
}

/* ---------------------------------------------------------------- one line */

/* Less than PIPE_BUF into an empty pipe: it goes in at once. */
static int ask(const struct talk *talk)
{
	return write(talk->to, talk->question, FEEDER_LINE_LEN) ==
			       (ssize_t)FEEDER_LINE_LEN
		       ? 0
		       : -1;
}

/* A line may come in parts. */
static int hear(struct talk *talk)
{
	size_t len = 0;

	do {
		ssize_t n = read(
			talk->from, talk->answer + len, FEEDER_LINE_LEN - len);

		if (n <= 0)
			return -1;
		len += (size_t)n;
	} while (len < FEEDER_LINE_LEN);
	return 0;
}

static int complain(const char *what, struct failure *failure)
{
	snprintf(failure->text, sizeof(failure->text), "%s", what);
	return -1;
}

static bool is_right(const struct talk *talk)
{
	for (size_t i = 0; i < FEEDER_LINE_LEN; i++) {
		int c = (unsigned char)talk->question[i];

		if (talk->answer[i] != (talk->copies ? c : toupper(c)))
			return false;
	}
	return true;
}

/* Only the first line is waited for with a limit: poll takes time, too. */
static int warm_up(struct talk *talk, struct failure *failure)
{
	struct pollfd ready = {.fd = talk->from, .events = POLLIN};

	for (size_t i = 0; i < LATENCY_WARM_UP; i++) {
		if (ask(talk) != 0)
			return complain("it ended too early", failure);
		if (i == 0 && poll(&ready, 1, LATENCY_PATIENCE) == 0)
			return complain(LATENCY_SILENT, failure);
		if (hear(talk) != 0)
			return complain("it ended too early", failure);
		if (!is_right(talk))
			return complain("a wrong answer", failure);
	}
	return 0;
}

/* --------------------------------------------------------------- one round */

static int compare(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static int measure_answers(struct talk *talk, unsigned long answers,
	struct latency *latency, struct failure *failure)
{
	float *times = allocate(answers * sizeof(*times));
	int err = warm_up(talk, failure);

	for (unsigned long i = 0; i < answers && err == 0; i++) {
		int64_t begin = clock_now();

		if (ask(talk) != 0 || hear(talk) != 0)
			err = complain("it ended too early", failure);
		times[i] = (float)(clock_now() - begin);
	}
	if (err == 0) {
		qsort(times, answers, sizeof(*times), compare);
		latency->p50 = (double)times[answers / 2] / 1e9;
		latency->p99 = (double)times[answers * 99 / 100] / 1e9;
	}
	free(times);
	return err;
}

static int converse(struct talk *talk, unsigned long answers,
	struct latency *latency, struct cost *cost, struct failure *failure)
{
	struct failure end = {""};
	int err = measure_answers(talk, answers, latency, failure);

	close(talk->to);
	if (err != 0)
		run_kill();
	if (run_wait(cost, &end) != 0 && err == 0) {
		*failure = end;
		err = -1;
	}
	close(talk->from);
	return err;
}

int latency_round(const struct command *command, unsigned long answers,
	bool pinned, struct latency *latency, struct cost *cost,
	struct failure *failure)
{
	cpu_set_t allowed = allowed_now();
	struct talk talk = {
		.copies = strcmp(command->stage[0].argv[0], "cat") == 0};
	int there[2], back[2];
	int err;

	if (pipe2(there, O_CLOEXEC) != 0 || pipe2(back, O_CLOEXEC) != 0)
		die("no pipe: %s", strerror(errno));
	memcpy(talk.question, FEEDER_LINE, FEEDER_LINE_LEN);
	talk.to = there[1];
	talk.from = back[0];
	err = start(command, there[0], back[1], pinned, failure);
	close(there[0]);
	close(back[1]);
	if (err == 0) {
		err = converse(&talk, answers, latency, cost, failure);
	} else {
		close(talk.to);
		close(talk.from);
	}
	if (pinned)
		(void)sched_setaffinity(0, sizeof(allowed), &allowed);
	return err;
}
