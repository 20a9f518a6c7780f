/*
 * bench-program - how fast the program is, beside others that do the same
 *
 * usage: bench-program [OPTION]... TEXT...
 *        bench-program feeder LINES
 *
 * Works in the current folder, which holds the texts as TEXT-SIZE.txt (see
 * work.h; program.sh makes them), and in which it writes and removes out,
 * out.gz and messages. What is measured is in work.c, how in measure.h and
 * latency.h, what is to be reached in target.c.
 *
 * Exit status: 0, 1 if upcase-pipe or another tool failed or wrote the wrong
 * bytes, 2 for anything else. Missed targets are no failure.
 */
#include "config.h"

#include "command.h"
#include "die.h"
#include "feeder.h"
#include "measure.h"
#include "results.h"
#include "run.h"
#include "table.h"
#include "work.h"

#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_RUNS	15
#define DEFAULT_LINES	5000000
#define DEFAULT_ANSWERS 20000
#define MOST		1000000000

struct options {
	struct settings settings;
	const char *only;     /* a pattern of works, or NULL */
	const char *markdown; /* files, or NULL */
	const char *values;
	bool huge;
	bool list;
};

static const char help[] =
	"Usage: bench-program [OPTION]... TEXT...\n"
	"Measure upcase-pipe beside other programs.\n"
	"  -r, --runs=N        the median of N rounds counts (15)\n"
	"  -l, --lines=N       lines of the works without a file (5000000)\n"
	"  -a, --answers=N     lines of a round of latencies (20000)\n"
	"  -o, --only=PATTERN  only works whose names match, as 'gzip*'\n"
	"      --huge          the work with a huge file, too\n"
	"      --list          print the names of the works, measure nothing\n"
	"      --markdown=FILE where to write the tables (standard output)\n"
	"      --values=FILE   where to write tab-separated values (nowhere)\n"
	"  -h, --help          this text\n";

enum {
	OPT_HUGE = 256,
	OPT_LIST,
	OPT_MARKDOWN,
	OPT_VALUES,
};

static const struct option long_options[] = {
	{"runs", required_argument, NULL, 'r'},
	{"lines", required_argument, NULL, 'l'},
	{"answers", required_argument, NULL, 'a'},
	{"only", required_argument, NULL, 'o'},
	{"huge", no_argument, NULL, OPT_HUGE},
	{"list", no_argument, NULL, OPT_LIST},
	{"markdown", required_argument, NULL, OPT_MARKDOWN},
	{"values", required_argument, NULL, OPT_VALUES},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static unsigned long number(const char *text)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
		n < 1 || n > MOST)
		die("%s: not a number from 1 to %d", text, MOST);
	return n;
}

static void parse(struct options *o, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(
			argc, argv, "r:l:a:o:h", long_options, NULL)) != -1) {
		switch (option) {
		case 'r':
			o->settings.runs = number(optarg);
			break;
		case 'l':
			o->settings.lines = number(optarg);
			break;
		case 'a':
			o->settings.answers = number(optarg);
			break;
		case 'o':
			o->only = optarg;
			break;
		case OPT_HUGE:
			o->huge = true;
			break;
		case OPT_LIST:
			o->list = true;
			break;
		case OPT_MARKDOWN:
			o->markdown = optarg;
			break;
		case OPT_VALUES:
			o->values = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			exit(0);
		default:
			exit(2); /* getopt_long told why */
		}
	}
	o->settings.texts = argv + optind;
	o->settings.n_texts = (size_t)(argc - optind);
}

static bool is_wanted(const struct options *o, const struct work *work)
{
	if (o->only != NULL && fnmatch(o->only, work->name, 0) != 0)
		return false;
	return !work->on_request || o->huge ||
	       (o->only != NULL && strcmp(o->only, work->name) == 0);
}

static FILE *open_for_writing(const char *name)
{
	FILE *file = fopen(name, "w");

	if (file == NULL)
		die("%s: %s", name, strerror(errno));
	return file;
}

static void close_written(FILE *file, const char *name)
{
	if (ferror(file) | fclose(file))
		die("%s: not written", name);
}

static void write_results(
	const struct options *o, const struct results *results)
{
	if (o->values != NULL) {
		FILE *file = open_for_writing(o->values);

		table_values(file, results);
		close_written(file, o->values);
	}
	if (o->markdown != NULL) {
		FILE *file = open_for_writing(o->markdown);

		table_markdown(file, results);
		close_written(file, o->markdown);
	} else {
		table_markdown(stdout, results);
	}
}

static bool any_failure(const struct results *results)
{
	for (size_t i = 0; i < results->n; i++)
		if (results->rows[i].failure.text[0] != '\0')
			return true;
	return false;
}

int main(int argc, char **argv)
{
	struct options options = {.settings = {.runs = DEFAULT_RUNS,
					  .lines = DEFAULT_LINES,
					  .answers = DEFAULT_ANSWERS}};
	struct results results;
	bool failed;

	if (argc > 0 && strcmp(argv[0], COMMAND_FEEDER) == 0)
		return feeder_main(argc, argv);
	parse(&options, argc, argv);
	command_prepare();
	run_init();
	results_init(&results);
	for (size_t i = 0; i < n_works; i++) {
		if (!is_wanted(&options, &works[i]))
			continue;
		if (options.list)
			puts(works[i].name);
		else
			measure(&works[i], &options.settings, &results);
	}
	if (!options.list)
		write_results(&options, &results);
	failed = any_failure(&results);
	results_release(&results);
	return failed;
}
