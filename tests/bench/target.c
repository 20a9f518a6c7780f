#include "config.h"

#include "target.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MIB	     1048576.0

#define PIPE "upcase-pipe"
#define ZLIB "upcase-pipe (zlib)"

const struct target targets[] = {
	{"file", PIPE, TARGET_TIME, "cat", 1.05, 0.90},
	{"stdout", PIPE, TARGET_TIME, "cat", 1.05, 0.90},
	{"pipe", PIPE, TARGET_TIME, "cat", 0.90, 0.70},
	{"pipe", PIPE, TARGET_TIME, "tr", 0.55, 0.40},
	{"gzip6", PIPE, TARGET_FASTER, "pigz", 2.2, 3.0},
	{"gzip6", PIPE, TARGET_SIZE, "pigz", 1.01, 1.01},
	{"gzip6", ZLIB, TARGET_FASTER, "pigz", 1.1, 1.3},
	{"gzip6-members", PIPE, TARGET_FASTER, "pigz", 2.2, 3.0},
	{"gzip6-members", PIPE, TARGET_SIZE, "pigz", 1.01, 1.01},
	{"gzip6-members", ZLIB, TARGET_FASTER, "pigz", 1.1, 1.3},
	{"gzip1", PIPE, TARGET_FASTER, "igzip*", 1.0, 1.5},
	{"start", PIPE, TARGET_TIME, "tr", 1.3, 1.0},
	{"latency", PIPE, TARGET_TIME, "cat", 1.5, 1.2},
	{"latency", PIPE, TARGET_P99, "cat", 2.0, 1.5},
	{"lines", PIPE, TARGET_TIME, "cat", 1.2, 0.8},
	{"lines-pipe", PIPE, TARGET_TIME, "cat", 1.2, 0.8},
	{"small", NULL, TARGET_TIME, "cat", 1.3, 1.0},
	{"memory", NULL, TARGET_MEMORY, NULL, 16, 8},
	{"memory-gzip", NULL, TARGET_MEMORY, NULL, 48, 24},
	{"huge", PIPE, TARGET_TIME, "upcase-pipe, 100 MB", 1.05, 1.00},
};

const size_t n_targets = COUNT(targets);

bool target_is_about(const struct target *target, const struct row *row)
{
	if (strcmp(target->work, row->work->name) != 0)
		return false;
	return target->tool != NULL ? strcmp(target->tool, row->tool->name) == 0
				    : (row->tool->flags & TOOL_SUBJECT) != 0;
}

static double by(double a, double b)
{
	return b > 0 ? a / b : 0;
}

double target_value(const struct target *target, const struct results *results,
	const struct row *row)
{
	const struct row *rival = results_rival(results, row, target->rival);

	if (row->failure.text[0] != '\0')
		return 0;
	if (target->of == TARGET_MEMORY)
		return row->peak / MIB;
	if (rival == NULL)
		return 0;
	switch (target->of) {
	case TARGET_FASTER:
		return by(1, results_ratio(row, rival));
	case TARGET_SIZE:
		return by(row->made, rival->made);
	case TARGET_P99:
		return by(row->p99, rival->p99);
	default:
		return results_ratio(row, rival);
	}
}

bool target_meets(const struct target *target, double value, double bound)
{
	return target->of == TARGET_FASTER ? value >= bound : value <= bound;
}

const struct row *target_worst(
	const struct target *target, const struct results *results)
{
	const struct row *worst = NULL;
	double least = 0;

	for (size_t i = 0; i < results->n; i++) {
		const struct row *row = &results->rows[i];
		double value;

		if (!target_is_about(target, row))
			continue;
		if (row->failure.text[0] != '\0')
			return row;
		value = target_value(target, results, row);
		if (value <= 0)
			continue;
		if (worst == NULL || !target_meets(target, value, least)) {
			worst = row;
			least = value;
		}
	}
	return worst;
}
