#include "config.h"

#include "results.h"

#include "die.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void results_init(struct results *results)
{
	memset(results, 0, sizeof(*results));
}

void results_release(struct results *results)
{
	for (size_t i = 0; i < results->n_notes; i++)
		free(results->notes[i]);
	free(results->notes);
	free(results->rows);
}

static void *grow(void *list, size_t n, size_t size)
{
	list = realloc(list, n * size);
	if (list == NULL)
		die("no memory for results");
	return list;
}

struct row *results_add(struct results *results, const struct choice *choice)
{
	struct row *row;

	results->rows = grow(results->rows, results->n + 1, sizeof(*row));
	row = &results->rows[results->n++];
	memset(row, 0, sizeof(*row));
	row->work = choice->work;
	row->tool = choice->tool;
	row->text = choice->text;
	row->lines = choice->lines;
	return row;
}

void results_note(struct results *results, const char *note)
{
	char *kept;

	for (size_t i = 0; i < results->n_notes; i++)
		if (strcmp(results->notes[i], note) == 0)
			return;
	results->notes = grow(
		results->notes, results->n_notes + 1, sizeof(*results->notes));
	kept = strdup(note);
	if (kept == NULL)
		die("no memory for a note");
	results->notes[results->n_notes++] = kept;
}

/* -------------------------------------------------------------- statistics */

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Between the two values next to the place. */
static double quantile(const double *sorted, size_t n, double share)
{
	double place = (double)(n - 1) * share;
	size_t below = (size_t)place;
	double rest = place - (double)below;

	if (below + 1 >= n)
		return sorted[n - 1];
	return sorted[below] * (1 - rest) + sorted[below + 1] * rest;
}

struct spread spread_of(double *values, size_t n)
{
	struct spread spread = {0};

	if (n == 0)
		return spread;
	qsort(values, n, sizeof(values[0]), compare);
	spread.low = quantile(values, n, 0.25);
	spread.median = quantile(values, n, 0.5);
	spread.high = quantile(values, n, 0.75);
	return spread;
}

/* -------------------------------------------------------------- comparing */

static bool same_task(const struct row *a, const struct row *b)
{
	return a->work == b->work && a->text == b->text &&
	       b->failure.text[0] == '\0';
}

static const struct row *subject_of(
	const struct results *results, const struct row *row)
{
	for (size_t i = 0; i < results->n; i++)
		if (same_task(row, &results->rows[i]) &&
			results->rows[i].tool->flags & TOOL_SUBJECT)
			return &results->rows[i];
	return NULL;
}

/* Whether a is the better choice for a rival that compresses no better than
 * `size`. */
static bool fairer(const struct row *a, const struct row *b, double size)
{
	bool a_fits = a->made >= size, b_fits = b->made >= size;

	if (a_fits != b_fits)
		return a_fits;
	return a_fits ? a->time.median < b->time.median : a->made > b->made;
}

static const struct row *fairest(const struct results *results,
	const struct row *row, const char *name, size_t len)
{
	const struct row *subject = subject_of(results, row), *best = NULL;

	for (size_t i = 0; i < results->n && subject != NULL; i++) {
		const struct row *one = &results->rows[i];

		if (!same_task(row, one) ||
			strncmp(one->tool->name, name, len) != 0)
			continue;
		if (best == NULL ||
			fairer(one, best, subject->made * RESULTS_SAME))
			best = one;
	}
	return best;
}

const struct row *results_rival(
	const struct results *results, const struct row *row, const char *name)
{
	size_t len;

	if (name == NULL)
		return NULL;
	len = strlen(name);
	if (name[len - 1] == '*')
		return fairest(results, row, name, len - 1);
	for (size_t i = 0; i < results->n; i++)
		if (same_task(row, &results->rows[i]) &&
			strcmp(results->rows[i].tool->name, name) == 0)
			return &results->rows[i];
	return NULL;
}

static double per_byte(const struct row *row)
{
	return row->bytes > 0 ? row->time.median / row->bytes
			      : row->time.median;
}

double results_ratio(const struct row *row, const struct row *other)
{
	if (other == NULL || other->failure.text[0] != '\0' ||
		row->failure.text[0] != '\0' || other->time.median <= 0)
		return 0;
	return per_byte(row) / per_byte(other);
}
