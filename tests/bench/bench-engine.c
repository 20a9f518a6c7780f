/*
 * bench-engine - how fast the engine is, beside others that do the same
 *
 * usage: bench-engine [OPTION]... NAME=FILE...
 *
 * Each text goes through each competitor (competitor.h) in pieces of 1 MiB. The
 * clock runs only while a piece is converted: before, it is copied afresh into
 * the one buffer that all read from. The runs begin with another competitor
 * each time, so that what makes a machine slower for a while hits all alike;
 * the median of the runs counts.
 *
 * Behind the texts: how long a call with next to no text takes, which is what
 * somebody who converts line by line pays.
 *
 * Exit status: 0, 1 if a variant does not give the bytes of "portable", 2 for
 * anything else.
 */
#include "config.h"

#include "competitor.h"
#include "die.h"
#include "io/clock.h"
#include "report.h"
#include "text.h"

#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_RUNS 7
#define MAX_RUNS     1000
#define MEGABYTE     1000000
#define MAX_MB	     100000
#define CALLS	     20000 /* short ones, between two looks at the clock */

struct settings {
	struct competitor_settings what;
	size_t runs;
	size_t limit; /* bytes of each text */
	bool markdown;
};

/* What is used up again and again. */
struct bench {
	struct competitors all;
	struct room room;
	unsigned char *expected; /* of a piece */
};

/* --------------------------------------------------------------- checking */

static void fill(const struct room *room, const struct text *text, size_t piece,
	size_t *len)
{
	const unsigned char *p = text_piece(text, piece, len);

	memcpy(room->text, p, *len);
}

static void wrong(const struct competitor *c, const struct text *text,
	size_t piece, size_t at)
{
	fflush(stdout);
	fprintf(stderr,
		"bench-engine: %s%s is wrong: %.*s, piece %zu, from byte %zu "
		"of the upper case on\n",
		c->name, c->kind == COMPETITOR_IN_PLACE ? " in place" : "",
		text->name_len, text->name, piece, at);
	exit(1);
}

static size_t common(const unsigned char *a, size_t a_len,
	const unsigned char *b, size_t b_len)
{
	size_t i = 0;

	while (i < a_len && i < b_len && a[i] == b[i])
		i++;
	return i;
}

/* One piece through one competitor. */
static void check_one(const struct bench *bench, const struct competitor *c,
	const struct text *text, size_t piece, size_t expected_len,
	struct measured *m)
{
	struct converted done;
	size_t len;
	size_t same;

	fill(&bench->room, text, piece, &len);
	if (c->convert(c, &bench->room, len, &done) != 0)
		wrong(c, text, piece, 0);
	m->stayed += done.bytes == bench->room.text;
	same = common(done.bytes, done.len, bench->expected, expected_len);
	if (same == done.len && same == expected_len)
		return;
	if (c->kind == COMPETITOR_LIBRARY)
		m->differ++;
	else if (c->kind != COMPETITOR_COPY)
		wrong(c, text, piece, same);
}

/* Compares all with the reference, which also warms everything up. Returns
 * false if the text is refused for being ill-formed. */
static bool check(const struct bench *bench, const struct text *text,
	struct measured *measured)
{
	const struct competitors *all = &bench->all;

	for (size_t piece = 0; piece < text->n_pieces; piece++) {
		struct converted done;
		size_t len;

		fill(&bench->room, text, piece, &len);
		if (all->reference.convert(
			    &all->reference, &bench->room, len, &done) != 0)
			return false;
		memcpy(bench->expected, done.bytes, done.len);
		for (size_t i = 0; i < all->n; i++)
			if (all->one[i].absent == NULL)
				check_one(bench, &all->one[i], text, piece,
					done.len, &measured[i]);
	}
	return true;
}

/* -------------------------------------------------------------- measuring */

/* Nanoseconds that the whole text takes. */
static int64_t pass(const struct room *room, const struct competitor *c,
	const struct text *text)
{
	int64_t spent = 0;

	for (size_t piece = 0; piece < text->n_pieces; piece++) {
		struct converted done;
		int64_t begin;
		size_t len;
		int err;

		fill(room, text, piece, &len);
		begin = clock_now();
		err = c->convert(c, room, len, &done);
		spent += clock_now() - begin;
		if (err != 0)
			wrong(c, text, piece, 0);
	}
	return spent;
}

static int compare_times(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static double median(int64_t *times, size_t n)
{
	qsort(times, n, sizeof(times[0]), compare_times);
	times += (n - 1) / 2;
	return n % 2 != 0 ? (double)times[0]
			  : ((double)times[0] + (double)times[1]) / 2;
}

static void measure(const struct bench *bench, const struct text *text,
	size_t runs, struct measured *measured)
{
	const struct competitors *all = &bench->all;
	int64_t *times = allocate(all->n * runs * sizeof(times[0]));

	for (size_t run = 0; run < runs; run++) {
		for (size_t k = 0; k < all->n; k++) {
			size_t i = (run + k) % all->n;

			if (all->one[i].absent == NULL)
				times[i * runs + run] =
					pass(&bench->room, &all->one[i], text);
		}
	}
	for (size_t i = 0; i < all->n; i++) {
		double time = median(times + i * runs, runs);

		/* A byte per nanosecond is a GB per second. */
		if (time > 0)
			measured[i].gb_per_s = (double)text->len / time;
	}
	free(times);
}

static void bench_text(struct bench *bench, const struct settings *settings,
	const char *argument, struct report *report)
{
	struct measured measured[COMPETITORS_MAX] = {{0}};
	struct text text;

	text_read(&text, argument, settings->limit);
	if (check(bench, &text, measured)) {
		measure(bench, &text, settings->runs, measured);
		report_text(report, &text, &bench->all, measured);
	} else {
		report_skipped(report, &text, "skipped: not UTF-8");
	}
	text_release(&text);
}

/* Nanoseconds that CALLS short calls take. In place the text becomes its own
 * upper case, which takes as long to convert. */
static int64_t calls(const struct room *room, const struct competitor *c)
{
	int64_t begin;

	memcpy(room->text, "one line", BENCH_CALL);
	begin = clock_now();
	for (int i = 0; i < CALLS; i++) {
		struct converted done;

		(void)c->convert(c, room, BENCH_CALL, &done);
	}
	return clock_now() - begin;
}

static void bench_calls(
	const struct bench *bench, size_t runs, const struct report *report)
{
	const struct competitors *all = &bench->all;
	int64_t *times = allocate(all->n * runs * sizeof(times[0]));
	double ns[COMPETITORS_MAX] = {0};

	for (size_t run = 0; run < runs; run++)
		for (size_t i = 0; i < all->n; i++)
			if (all->one[i].absent == NULL)
				times[i * runs + run] =
					calls(&bench->room, &all->one[i]);
	for (size_t i = 0; i < all->n; i++)
		if (all->one[i].absent == NULL)
			ns[i] = median(times + i * runs, runs) / CALLS;
	report_calls(report, all, ns);
	free(times);
}

/* ---------------------------------------------------------------- options */

static const char help[] =
	"Usage: bench-engine [OPTION]... NAME=FILE...\n"
	"Measure how fast each text is upper-cased, beside ICU and "
	"libunistring.\n"
	"  -r, --runs=N         the median of N runs counts (7)\n"
	"  -m, --megabytes=N    at most N MB of each text\n"
	"  -v, --variant=NAME   only this variant of the engine\n"
	"      --invalid=HOW    keep (default), replace, fail\n"
	"      --language=TAG   follow the rules of tr, az, lt, el or hy\n"
	"  -f, --format=FORMAT  plain (default), markdown\n"
	"  -h, --help           this text\n";

enum {
	OPT_INVALID = 256,
	OPT_LANGUAGE,
};

static const struct option long_options[] = {
	{"runs", required_argument, NULL, 'r'},
	{"megabytes", required_argument, NULL, 'm'},
	{"variant", required_argument, NULL, 'v'},
	{"invalid", required_argument, NULL, OPT_INVALID},
	{"language", required_argument, NULL, OPT_LANGUAGE},
	{"format", required_argument, NULL, 'f'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static size_t number(const char *text, size_t most)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
		n < 1 || n > most)
		die("%s: not a number from 1 to %zu", text, most);
	return n;
}

static enum upcase_invalid invalid_of(const char *how)
{
	if (strcmp(how, "keep") == 0)
		return UPCASE_KEEP;
	if (strcmp(how, "replace") == 0)
		return UPCASE_REPLACE;
	if (strcmp(how, "fail") == 0)
		return UPCASE_FAIL;
	die("%s: --invalid takes keep, replace or fail", how);
}

static bool markdown_of(const char *format)
{
	if (strcmp(format, "markdown") != 0 && strcmp(format, "plain") != 0)
		die("%s: the formats are plain and markdown", format);
	return strcmp(format, "markdown") == 0;
}

static void parse(struct settings *s, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(
			argc, argv, "r:m:v:f:h", long_options, NULL)) != -1) {
		switch (option) {
		case 'r':
			s->runs = number(optarg, MAX_RUNS);
			break;
		case 'm':
			s->limit = number(optarg, MAX_MB) * MEGABYTE;
			break;
		case 'v':
			s->what.variant = optarg;
			break;
		case OPT_INVALID:
			s->what.invalid = invalid_of(optarg);
			break;
		case OPT_LANGUAGE:
			s->what.language = optarg;
			break;
		case 'f':
			s->markdown = markdown_of(optarg);
			break;
		case 'h':
			fputs(help, stdout);
			exit(0);
		default:
			exit(2); /* getopt_long told why */
		}
	}
	if (optind == argc)
		die("no text is given; --help tells how");
}

/* The machine, as far as the system tells. */
static void print_machine(const char *prefix)
{
	FILE *file = fopen("/proc/cpuinfo", "r");
	char line[256];

	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, "model name", 10) != 0)
			continue;
		printf("%s%s", prefix, line + strcspn(line, ":") + 2);
		break;
	}
	fclose(file);
}

static void print_settings(const struct settings *s)
{
	static const char *const invalid[] = {"keep", "replace", "fail"};
	const char *prefix = s->markdown ? "- " : "";

	print_machine(prefix);
	competitors_print_versions(prefix);
	printf("%smedian of %zu runs, pieces of %zu KiB, invalid: %s, "
	       "language: %s\n\n",
		prefix, s->runs, TEXT_PIECE >> 10, invalid[s->what.invalid],
		s->what.language != NULL ? s->what.language : "none");
}

int main(int argc, char **argv)
{
	struct settings settings = {.runs = DEFAULT_RUNS, .limit = SIZE_MAX};
	struct report report;
	struct bench bench;

	parse(&settings, argc, argv);
	competitors_init(&bench.all, &settings.what);
	bench.room.text = allocate(TEXT_PIECE);
	bench.room.size = upcase_bound(TEXT_PIECE);
	bench.room.spare = allocate(bench.room.size);
	bench.expected = allocate(bench.room.size);

	report_init(&report, settings.markdown);
	print_settings(&settings);
	report_heading(&report);
	for (int i = optind; i < argc; i++)
		bench_text(&bench, &settings, argv[i], &report);
	bench_calls(&bench, settings.runs, &report);
	report_targets(&report);

	report_release(&report);
	free(bench.expected);
	free(bench.room.spare);
	free(bench.room.text);
	competitors_release(&bench.all);
	if (fflush(stdout) != 0 || ferror(stdout))
		die("standard output: %s", strerror(errno));
	return 0;
}
