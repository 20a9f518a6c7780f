#include "config.h"

#include "report.h"

#include "die.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ------------------------------------------------------------ the targets */

/* At least so many times ICU's speed: the fastest variant, AVX-512, the better
 * of in place and out of place. */
static const struct {
	const char *text;
	double ratio;
} targets[] = {
	{"log", 120},
	{"german", 45},
	{"french", 45},
	{"russian", 40},
	{"greek", 40},
	{"polish", 25},
	{"turkish", 25},
	{"vietnamese", 15},
	{"chinese", 10},
	{"japanese", 10},
	{"korean", 10},
	{"arabic", 10},
	{"hindi", 10},
	{"emoji", 30},
	{"codepoints", 4},
	{"mixed", 4},
	{"growing", 5},
};

#define FASTEST_VARIANT "avx512"

#define AVX2_SHARE     0.4 /* of the target of the fastest */
#define PORTABLE_RATIO 3.0
#define ANY_RATIO      1.0 /* every variant, every text, either way */

/* 0: there is none. */
static double target_of(const struct ratio *r)
{
	if (strcmp(r->variant, "portable") == 0)
		return PORTABLE_RATIO;
	for (size_t i = 0; i < COUNT(targets); i++) {
		if (strcmp(targets[i].text, r->text) != 0)
			continue;
		if (strcmp(r->variant, FASTEST_VARIANT) == 0)
			return targets[i].ratio;
		if (strcmp(r->variant, "avx2") == 0)
			return targets[i].ratio * AVX2_SHARE;
	}
	return 0;
}

/* -------------------------------------------------------------- the table */

struct column {
	const char *heading;
	int width; /* negative: to the left; 0: the last one */
};

static const struct column columns[] = {
	{"text", -11},
	{"engine", -13},
	{"GB/s", 7},
	{"x ICU", 7},
	{"in place GB/s", 13},
	{"x ICU", 7},
	{"stayed in place", 15},
	{"", 0},
};

static const struct column call_columns[] = {
	{"engine", -13},
	{"ns", 7},
	{"in place ns", 11},
	{"", 0},
};

static const struct column target_columns[] = {
	{"name", -34},
	{"target", 7},
	{"measured", 8},
	{"", 0},
};

#define CELL 64

static void print_row(const struct report *report, const struct column *column,
	size_t n, char cells[][CELL])
{
	for (size_t i = 0; i < n; i++) {
		if (report->markdown)
			printf("| %s ", cells[i]);
		else
			printf("%s%*s", i > 0 ? "  " : "", column[i].width,
				cells[i]);
	}
	puts(report->markdown ? "|" : "");
}

static void print_heading(
	const struct report *report, const struct column *column, size_t n)
{
	char cells[COUNT(columns)][CELL];

	for (size_t i = 0; i < n; i++)
		snprintf(cells[i], CELL, "%s", column[i].heading);
	print_row(report, column, n, cells);
	if (!report->markdown)
		return;
	for (size_t i = 0; i < n; i++)
		snprintf(cells[i], CELL, "%s",
			column[i].width <= 0 ? "---" : "---:");
	print_row(report, column, n, cells);
}

void report_init(struct report *report, bool markdown)
{
	memset(report, 0, sizeof(*report));
	report->markdown = markdown;
}

void report_release(struct report *report)
{
	for (size_t i = 0; i < report->n_ratios; i++)
		free(report->ratios[i].text);
	free(report->ratios);
}

void report_heading(const struct report *report)
{
	print_heading(report, columns, COUNT(columns));
}

static double icu_speed(
	const struct competitors *all, const struct measured *measured)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->one[i].name, COMPETITOR_ICU) == 0)
			return measured[i].gb_per_s;
	return 0;
}

static void speed_cells(char cells[][CELL], double speed, double icu)
{
	if (speed > 0)
		snprintf(cells[0], CELL, "%.3f", speed);
	if (speed > 0 && icu > 0)
		snprintf(cells[1], CELL, "%.1f", speed / icu);
}

static void remember(struct report *report, const struct text *text,
	const char *variant, double a, double b)
{
	struct ratio *r;
	size_t size = (report->n_ratios + 1) * sizeof(*r);

	report->ratios = realloc(report->ratios, size);
	if (report->ratios == NULL)
		die("no memory for %zu bytes", size);
	r = &report->ratios[report->n_ratios++];
	r->text = strndup(text->name, (size_t)text->name_len);
	if (r->text == NULL)
		die("no memory for a name");
	r->variant = variant;
	r->best = a > b ? a : b;
	r->worst = a > b ? b : a;
}

/* The row of a variant; m[0] is out of place, m[1] in place. */
static void variant_cells(char cells[][CELL], const struct measured *m,
	const struct text *text, double icu)
{
	speed_cells(cells + 2, m[0].gb_per_s, icu);
	speed_cells(cells + 4, m[1].gb_per_s, icu);
	snprintf(cells[6], CELL, "%.0f %%",
		100.0 * (double)m[1].stayed / (double)text->n_pieces);
}

void report_text(struct report *report, const struct text *text,
	const struct competitors *all, const struct measured *measured)
{
	double icu = icu_speed(all, measured);

	for (size_t i = 0; i < all->n; i++) {
		const struct competitor *c = &all->one[i];
		const struct measured *m = &measured[i];
		char cells[COUNT(columns)][CELL] = {{0}};

		if (c->kind == COMPETITOR_IN_PLACE)
			continue; /* in the row of its variant */
		snprintf(cells[0], CELL, "%.*s", text->name_len, text->name);
		snprintf(cells[1], CELL, "%s", c->name);
		if (c->absent != NULL)
			snprintf(cells[7], CELL, "%s", c->absent);
		else if (c->kind == COMPETITOR_ENGINE)
			variant_cells(cells, m, text, icu);
		else
			speed_cells(cells + 2, m->gb_per_s, icu);
		if (m->differ > 0)
			snprintf(cells[7], CELL, "%zu of %zu pieces differ",
				m->differ, text->n_pieces);
		print_row(report, columns, COUNT(columns), cells);
		if (c->kind == COMPETITOR_ENGINE && !c->absent && icu > 0)
			remember(report, text, c->name, m[0].gb_per_s / icu,
				m[1].gb_per_s / icu);
	}
	fflush(stdout);
}

void report_skipped(
	const struct report *report, const struct text *text, const char *why)
{
	char cells[COUNT(columns)][CELL] = {{0}};

	snprintf(cells[0], CELL, "%.*s", text->name_len, text->name);
	snprintf(cells[7], CELL, "%s", why);
	print_row(report, columns, COUNT(columns), cells);
}

void report_calls(const struct report *report, const struct competitors *all,
	const double *ns)
{
	printf("\nA call with %d bytes of ASCII\n\n", BENCH_CALL);
	print_heading(report, call_columns, COUNT(call_columns));
	for (size_t i = 0; i < all->n; i++) {
		const struct competitor *c = &all->one[i];
		char cells[COUNT(call_columns)][CELL] = {{0}};

		if (c->kind == COMPETITOR_IN_PLACE)
			continue; /* in the row of its variant */
		snprintf(cells[0], CELL, "%s", c->name);
		if (c->absent != NULL)
			snprintf(cells[3], CELL, "%s", c->absent);
		else
			snprintf(cells[1], CELL, "%.1f", ns[i]);
		if (c->kind == COMPETITOR_ENGINE && c->absent == NULL)
			snprintf(cells[2], CELL, "%.1f", ns[i + 1]);
		print_row(report, call_columns, COUNT(call_columns), cells);
	}
	fflush(stdout);
}

/* ------------------------------------------------- measured against target */

static bool print_target(const struct report *report, const char *name,
	double target, double measured)
{
	char cells[COUNT(target_columns)][CELL];

	snprintf(cells[0], CELL, "%s", name);
	snprintf(cells[1], CELL, "%.1f", target);
	snprintf(cells[2], CELL, "%.2f", measured);
	snprintf(cells[3], CELL, "%s", measured >= target ? "met" : "short");
	print_row(report, target_columns, COUNT(target_columns), cells);
	return measured >= target;
}

static const struct ratio *slowest(const struct report *report)
{
	const struct ratio *least = &report->ratios[0];

	for (size_t i = 1; i < report->n_ratios; i++)
		if (report->ratios[i].worst < least->worst)
			least = &report->ratios[i];
	return least;
}

void report_targets(const struct report *report)
{
	const struct ratio *least;
	size_t n = 1, n_met;
	char name[CELL];

	puts("\nTargets: at least so many times the speed of " COMPETITOR_ICU
	     ", the better of in place and out of place\n");
	if (report->n_ratios == 0) {
		puts("nothing to compare with");
		return;
	}
	print_heading(report, target_columns, COUNT(target_columns));
	least = slowest(report);
	snprintf(name, CELL, "any, least: %s %s", least->text, least->variant);
	n_met = print_target(report, name, ANY_RATIO, least->worst);
	for (size_t i = 0; i < report->n_ratios; i++) {
		const struct ratio *r = &report->ratios[i];

		if (target_of(r) <= 0)
			continue;
		snprintf(name, CELL, "%s %s", r->text, r->variant);
		n_met += print_target(report, name, target_of(r), r->best);
		n++;
	}
	printf("\n%zu of %zu targets met\n", n_met, n);
}
