#include "config.h"

#include "measure.h"

#include "command.h"
#include "die.h"
#include "feeder.h"
#include "latency.h"
#include "run.h"

#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUT    "out"
#define OUT_GZ "out.gz"
#define FILLER "filler"

#define MOST_FILLER 1e9 /* bytes */

/* A tool at a work with a text. */
struct contender {
	struct choice choice;
	struct command command;
	struct failure failure; /* it takes no part (any more) */
	size_t most;		/* rounds that it takes part in */
	size_t n;		/* rounds that were measured */
	double *time, *p99, *cpu;
	double peak, made;
};

struct group {
	struct contender *one;
	size_t n;
	size_t rounds;
	double largest; /* bytes that an output had so far */
};

static double file_size(const char *name)
{
	struct stat st;

	return name != NULL && stat(name, &st) == 0 ? (double)st.st_size : 0;
}

static void remove_output(void)
{
	(void)unlink(OUT);
	(void)unlink(OUT_GZ);
}

/* --------------------------------------------------------------- contenders */

static double *figures(size_t rounds)
{
	return allocate(rounds * sizeof(double));
}

static void contender_init(
	struct contender *c, const struct choice *choice, size_t rounds)
{
	char *line = work_line(choice, work_form(choice->work, choice->tool));

	memset(c, 0, sizeof(*c));
	c->choice = *choice;
	c->most = rounds;
	command_init(&c->command, line);
	free(line);
	c->time = figures(rounds);
	c->p99 = figures(rounds);
	c->cpu = figures(rounds);
}

static void contender_release(struct contender *c)
{
	command_release(&c->command);
	free(c->time);
	free(c->p99);
	free(c->cpu);
}

static bool runs(const struct contender *c)
{
	return c->failure.text[0] == '\0' && c->command.missing[0] == '\0';
}

/* The bytes that the tool has to read. */
static double input_bytes(const struct contender *c)
{
	const char *form = work_form(c->choice.work, c->choice.tool);
	char *input = work_input(&c->choice);
	double bytes = file_size(input);

	free(input);
	if (strstr(form, "{lines}") != NULL)
		bytes = (double)work_lines(&c->choice) * FEEDER_LINE_LEN;
	else if (c->choice.work->size == NULL)
		bytes = command_argument_bytes(&c->command);
	return bytes;
}

/* ----------------------------------------------------------------- checking */

static int digest_line(const struct choice *choice, const char *line,
	struct digest *digest, struct failure *failure)
{
	char *filled = work_line(choice, line);
	struct command command;
	int err = -1;

	command_init(&command, filled);
	if (command.missing[0] == '\0')
		err = run_digest(&command, digest, failure);
	else
		snprintf(failure->text, sizeof(failure->text), "%s",
			command.missing);
	command_release(&command);
	free(filled);
	return err;
}

static void compare(struct contender *c)
{
	struct digest expected, written;

	if (digest_line(&c->choice, c->choice.work->expected, &expected,
		    &c->failure) != 0 ||
		digest_line(&c->choice, c->choice.work->written, &written,
			&c->failure) != 0)
		return;
	if (expected.bytes != written.bytes || expected.hash != written.hash)
		snprintf(c->failure.text, sizeof(c->failure.text),
			"%s: wrong output: %.0f bytes instead of %.0f",
			c->choice.tool->name, (double)written.bytes,
			(double)expected.bytes);
}

/* The run before the timed ones. What is to be thrown away is kept this once,
 * if somebody has to look at it. */
static void check(struct contender *c)
{
	const char *form = work_form(c->choice.work, c->choice.tool);
	bool subject = c->choice.tool->flags & TOOL_SUBJECT;
	bool kept = strcmp(c->command.output, COMMAND_NULL) != 0;
	char *output = c->command.output;
	char instead[] = OUT;
	struct cost cost;
	int err;

	remove_output();
	if (subject && !kept && strstr(form, " -o ") == NULL)
		c->command.output = instead;
	err = run(&c->command, &cost, &c->failure);
	c->command.output = output;
	if (err != 0)
		return;
	c->made = file_size(OUT_GZ);
	if (subject && c->choice.work->expected != NULL)
		compare(c);
	if (cost.seconds > WORK_LONG && c->choice.tool->flags & TOOL_SELDOM)
		c->most = 1;
}

/* ---------------------------------------------------------------- measuring */

static void add_figures(struct contender *c, const struct cost *cost)
{
	c->time[c->n] = cost->seconds;
	c->cpu[c->n] = cost->cpu;
	c->peak = cost->peak > c->peak ? cost->peak : c->peak;
	c->n++;
}

/* Removes the output, and sees to it that there is memory for the next one. A
 * virtual machine gives memory that was free for a while back to its host; who
 * uses it next waits for it to come back, up to four times as long as the work
 * takes. That must not hit whoever comes behind a slow tool. So as much is
 * written once more and removed, when no clock runs. */
static void prepare_output(struct group *group)
{
	static char block[1 << 20];
	double bytes = file_size(OUT);
	FILE *file;

	remove_output();
	if (bytes > group->largest)
		group->largest = bytes < MOST_FILLER ? bytes : MOST_FILLER;
	bytes = group->largest;
	if (bytes < sizeof(block) || (file = fopen(FILLER, "wb")) == NULL)
		return;
	for (double n = 0; n < bytes; n += sizeof(block))
		if (fwrite(block, sizeof(block), 1, file) != 1)
			break;
	(void)fclose(file);
	(void)remove(FILLER);
}

static void measure_run(struct group *group, struct contender *c)
{
	struct cost cost;

	prepare_output(group);
	if (run(&c->command, &cost, &c->failure) == 0)
		add_figures(c, &cost);
}

static void measure_latency(
	struct contender *c, const struct settings *settings)
{
	struct latency found;
	struct cost cost;

	if (latency_round(&c->command, settings->answers,
		    c->choice.work->pinned, &found, &cost, &c->failure) != 0)
		return;
	cost.seconds = found.p50;
	c->p99[c->n] = found.p99;
	add_figures(c, &cost);
}

/* Whether it takes part in this round: seldom ones are spread. */
static bool on_turn(const struct contender *c, size_t round)
{
	if (!runs(c) || c->n >= c->most)
		return false;
	return !(c->choice.tool->flags & TOOL_SELDOM) ||
	       round % WORK_SELDOM == 0;
}

static void measure_rounds(struct group *group, const struct settings *settings)
{
	int64_t begin = clock_now();

	for (size_t round = 0; round < group->rounds; round++) {
		if (round >= WORK_LEAST &&
			clock_now() - begin > WORK_ENOUGH * CLOCK_SECOND)
			break;
		for (size_t k = 0; k < group->n; k++) {
			struct contender *c =
				&group->one[(round + k) % group->n];

			if (!on_turn(c, round))
				continue;
			if (c->choice.work->kind == WORK_LATENCY)
				measure_latency(c, settings);
			else
				measure_run(group, c);
		}
	}
	remove_output();
}

/* ------------------------------------------------------------------ results */

static void keep(struct contender *c, struct results *results)
{
	struct row *row;
	char note[128];

	if (c->command.missing[0] != '\0') {
		results_note(results, c->command.missing);
		return;
	}
	if (strcmp(c->failure.text, LATENCY_SILENT) == 0) {
		snprintf(note, sizeof(note), "%s, latency: " LATENCY_SILENT,
			c->choice.tool->name);
		results_note(results, note);
		return;
	}
	row = results_add(results, &c->choice);
	row->failure = c->failure;
	row->bytes = input_bytes(c);
	row->rounds = c->n; /* fewer than asked for when that was enough */
	row->time = spread_of(c->time, c->n);
	row->cpu = spread_of(c->cpu, c->n).median;
	row->p99 = spread_of(c->p99, c->n).median;
	row->peak = c->peak;
	row->made = c->made;
	fprintf(stderr, "  %-20s %.6f s  %s\n", c->choice.tool->name,
		row->time.median, row->failure.text);
}

static void measure_group(struct group *group, const struct settings *settings,
	struct results *results)
{
	const struct work *work = group->one[0].choice.work;
	const char *text = group->one[0].choice.text;

	fprintf(stderr, "%s%s%s\n", work->name, text != NULL ? ", " : "",
		text != NULL ? text : "");
	for (size_t i = 0; i < group->n && work->kind != WORK_LATENCY; i++)
		if (runs(&group->one[i]))
			check(&group->one[i]);
	measure_rounds(group, settings);
	for (size_t i = 0; i < group->n; i++)
		keep(&group->one[i], results);
}

static size_t rounds_of(const struct work *work, size_t runs)
{
	double rounds = (double)runs * work->effort;

	return rounds < 1 ? 1 : (size_t)(rounds + 0.5);
}

static void measure_text(const struct work *work, const char *text,
	const struct settings *settings, struct results *results)
{
	struct group group = {
		.n = work->n_tools, .rounds = rounds_of(work, settings->runs)};

	group.one = allocate(group.n * sizeof(group.one[0]));
	for (size_t i = 0; i < group.n; i++) {
		struct choice choice = {.work = work,
			.tool = &work->tools[i],
			.text = text,
			.lines = settings->lines};

		contender_init(&group.one[i], &choice, group.rounds);
	}
	measure_group(&group, settings, results);
	for (size_t i = 0; i < group.n; i++)
		contender_release(&group.one[i]);
	free(group.one);
}

static bool is_there(const struct work *work, const char *text)
{
	char name[256];

	snprintf(name, sizeof(name), "%s-%s.txt", text, work->size);
	return access(name, R_OK) == 0;
}

void measure(const struct work *work, const struct settings *settings,
	struct results *results)
{
	char note[256];

	if (work->kind == WORK_LATENCY && work->pinned && !latency_can_pin()) {
		snprintf(note, sizeof(note), "%s: there is only one processor",
			work->name);
		results_note(results, note);
		return;
	}
	if (work->texts == TEXTS_NONE)
		measure_text(work, NULL, settings, results);
	for (size_t i = 0; i < settings->n_texts; i++) {
		const char *text = settings->texts[i];

		if (!work_takes(work, text))
			continue;
		if (is_there(work, text)) {
			measure_text(work, text, settings, results);
			continue;
		}
		snprintf(note, sizeof(note), "%s: the %s text is not there",
			text, work->size);
		results_note(results, note);
	}
}
