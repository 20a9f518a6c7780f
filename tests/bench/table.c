#include "config.h"

#include "table.h"

#include "target.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MEGABYTE     1e6
#define MIB	     1048576.0
#define CELL	     512
#define TEXTS_MAX    32

/* ---------------------------------------------------------------- figures */

static const struct unit {
	double least; /* seconds */
	double factor;
	const char *name;
} units[] = {{1, 1, "s"}, {1e-3, 1e3, "ms"}, {0, 1e6, "µs"}};

/* One that suits the time. */
static const struct unit *unit_of(double seconds)
{
	const struct unit *unit = units;

	while (seconds < unit->least)
		unit++;
	return unit;
}

/* With three digits, without the unit. */
static int print_number(
	char *cell, size_t size, const struct unit *unit, double seconds)
{
	double value = seconds * unit->factor;

	return snprintf(cell, size, "%.*f",
		value < 10    ? 2
		: value < 100 ? 1
			      : 0,
		value);
}

static void print_time(char *cell, size_t size, double seconds)
{
	const struct unit *unit = unit_of(seconds);
	size_t len = (size_t)print_number(cell, size, unit, seconds);

	snprintf(cell + len, size - len, " %s", unit->name);
}

/* "2.33 ms (2.17–2.64)": the median and the quartiles. */
static void print_spread(char *cell, size_t size, const struct row *row)
{
	const struct unit *unit = unit_of(row->time.median);
	char low[32], high[32];
	size_t len;

	print_time(cell, size, row->time.median);
	if (row->rounds < 2)
		return;
	len = strlen(cell);
	(void)print_number(low, sizeof(low), unit, row->time.low);
	(void)print_number(high, sizeof(high), unit, row->time.high);
	snprintf(cell + len, size - len, " (%s–%s)", low, high);
}

/* Nothing for what is unknown. */
static void print_known(char *cell, size_t size, int digits, double value)
{
	cell[0] = '\0';
	if (value > 0)
		snprintf(cell, size, "%.*f", digits, value);
}

/* ----------------------------------------------------------------
   targets */

static const char *sign(const struct target *target)
{
	return target->of == TARGET_FASTER ? "≥" : "≤";
}

static void print_bound(char *cell, size_t size, const struct target *target,
	double value, double bound)
{
	snprintf(cell, size, "%s %.4g %s", sign(target), bound,
		target_meets(target, value, bound) ? "met" : "**missed**");
}

static void describe_value(
	char *cell, size_t size, const struct target *target, double value)
{
	static const struct {
		int digits;
		const char *what;
	} as[] = {
		[TARGET_TIME] = {2, "of its time"},
		[TARGET_FASTER] = {2, "times as fast"},
		[TARGET_SIZE] = {3, "of its size"},
		[TARGET_P99] = {2, "of its p99"},
		[TARGET_MEMORY] = {1, "MiB"},
	};

	snprintf(cell, size, "%.*f %s", as[target->of].digits, value,
		as[target->of].what);
}

/* "beside cat: ≤ 1.05 met, aim ≤ 0.9 missed", for each target of the row. */
static void print_targets(
	char *cell, size_t size, const struct results *r, const struct row *row)
{
	size_t len = 0;

	cell[0] = '\0';
	for (size_t i = 0; i < n_targets && len < size; i++) {
		const struct target *t = &targets[i];
		const struct row *rival = results_rival(r, row, t->rival);
		double value;
		char least[64], aim[64];

		if (!target_is_about(t, row))
			continue;
		value = target_value(t, r, row);
		if (value <= 0)
			continue;
		print_bound(least, sizeof(least), t, value, t->least);
		print_bound(aim, sizeof(aim), t, value, t->aim);
		len += (size_t)snprintf(cell + len, size - len,
			"%s%s%s%s%s, aim %s", len > 0 ? "; " : "",
			rival != NULL ? rival->tool->name : "",
			t->of == TARGET_P99    ? " p99"
			: t->of == TARGET_SIZE ? " size"
					       : "",
			rival != NULL ? ": " : "", least, aim);
	}
}

/* ---------------------------------------------------------------- columns */

enum column {
	COLUMN_TEXT,
	COLUMN_TOOL,
	COLUMN_MB,
	COLUMN_TIME,
	COLUMN_SPEED,
	COLUMN_RATIO,
	COLUMN_FASTER,
	COLUMN_SIZE,
	COLUMN_P50,
	COLUMN_P99,
	COLUMN_P99_RATIO,
	COLUMN_CPU,
	COLUMN_PEAK,
	COLUMN_ROUNDS,
	COLUMN_TARGET,
};

static const enum column time_columns[] = {COLUMN_TEXT, COLUMN_TOOL, COLUMN_MB,
	COLUMN_TIME, COLUMN_SPEED, COLUMN_RATIO, COLUMN_CPU, COLUMN_PEAK,
	COLUMN_ROUNDS, COLUMN_TARGET};
static const enum column gzip_columns[] = {COLUMN_TEXT, COLUMN_TOOL, COLUMN_MB,
	COLUMN_TIME, COLUMN_SPEED, COLUMN_FASTER, COLUMN_SIZE, COLUMN_CPU,
	COLUMN_PEAK, COLUMN_ROUNDS, COLUMN_TARGET};
static const enum column start_columns[] = {COLUMN_TOOL, COLUMN_TIME,
	COLUMN_RATIO, COLUMN_CPU, COLUMN_PEAK, COLUMN_ROUNDS, COLUMN_TARGET};
static const enum column latency_columns[] = {COLUMN_TOOL, COLUMN_P50,
	COLUMN_P99, COLUMN_RATIO, COLUMN_P99_RATIO, COLUMN_PEAK, COLUMN_ROUNDS,
	COLUMN_TARGET};
static const enum column memory_columns[] = {COLUMN_TEXT, COLUMN_TOOL,
	COLUMN_MB, COLUMN_PEAK, COLUMN_ROUNDS, COLUMN_TARGET};

struct layout {
	const enum column *column;
	size_t n;
};

static const struct layout layouts[] = {
	[WORK_TIME] = {time_columns, COUNT(time_columns)},
	[WORK_GZIP] = {gzip_columns, COUNT(gzip_columns)},
	[WORK_START] = {start_columns, COUNT(start_columns)},
	[WORK_LATENCY] = {latency_columns, COUNT(latency_columns)},
	[WORK_MEMORY] = {memory_columns, COUNT(memory_columns)},
};

/* %s is the tool that is compared with. */
static const struct {
	const char *heading, *rule;
} headings[] = {
	[COLUMN_TEXT] = {"text", "---"},
	[COLUMN_TOOL] = {"tool", "---"},
	[COLUMN_MB] = {"MB", "---:"},
	[COLUMN_TIME] = {"median time (quartiles)", "---:"},
	[COLUMN_SPEED] = {"MB/s", "---:"},
	[COLUMN_RATIO] = {"time by %s's", "---:"},
	[COLUMN_FASTER] = {"speed by %s's", "---:"},
	[COLUMN_SIZE] = {"size by %s's", "---:"},
	[COLUMN_P50] = {"p50", "---:"},
	[COLUMN_P99] = {"p99", "---:"},
	[COLUMN_P99_RATIO] = {"p99 by %s's", "---:"},
	[COLUMN_CPU] = {"CPU time", "---:"},
	[COLUMN_PEAK] = {"peak MiB", "---:"},
	[COLUMN_ROUNDS] = {"rounds", "---:"},
	[COLUMN_TARGET] = {"target", "---"},
};

static void heading(
	char *cell, size_t size, enum column column, const struct work *work)
{
	const char *name = work->reference != NULL ? work->reference : "";
	const char *text = headings[column].heading;
	const char *at = strstr(text, "%s");

	if (at == NULL)
		snprintf(cell, size, "%s", text);
	else
		snprintf(cell, size, "%.*s%.*s%s", (int)(at - text), text,
			(int)strcspn(name, "*"), name, at + 2);
}

static void failed_cell(
	char *cell, size_t size, enum column column, const struct row *row)
{
	cell[0] = '\0';
	if (column == COLUMN_TEXT)
		snprintf(cell, size, "%s", row->text != NULL ? row->text : "-");
	else if (column == COLUMN_TOOL)
		snprintf(cell, size, "%s", row->tool->name);
	else if (column == COLUMN_TARGET)
		snprintf(cell, size, "failed: %s", row->failure.text);
}

static void figure_cell(char *cell, size_t size, enum column column,
	const struct results *r, const struct row *row)
{
	const struct row *rival = results_rival(r, row, row->work->reference);
	double ratio = results_ratio(row, rival);

	switch (column) {
	case COLUMN_MB:
		print_known(cell, size, 1, row->bytes / MEGABYTE);
		break;
	case COLUMN_SPEED:
		print_known(cell, size, 0,
			row->bytes / MEGABYTE / row->time.median);
		break;
	case COLUMN_RATIO:
		print_known(cell, size, 2, ratio);
		break;
	case COLUMN_FASTER:
		print_known(cell, size, 2, ratio > 0 ? 1 / ratio : 0);
		break;
	case COLUMN_SIZE:
		print_known(cell, size, 3,
			rival != NULL && rival->made > 0
				? row->made / rival->made
				: 0);
		break;
	case COLUMN_P99_RATIO:
		print_known(cell, size, 2,
			rival != NULL && rival->p99 > 0 ? row->p99 / rival->p99
							: 0);
		break;
	default:
		print_known(cell, size, 1, row->peak / MIB);
	}
}

static void row_cell(char *cell, size_t size, enum column column,
	const struct results *r, const struct row *row)
{
	switch (column) {
	case COLUMN_TEXT:
	case COLUMN_TOOL:
		failed_cell(cell, size, column, row);
		break;
	case COLUMN_TIME:
	case COLUMN_P50:
		print_spread(cell, size, row);
		break;
	case COLUMN_P99:
		print_time(cell, size, row->p99);
		break;
	case COLUMN_CPU:
		print_time(cell, size, row->cpu);
		break;
	case COLUMN_ROUNDS:
		snprintf(cell, size, "%zu", row->rounds);
		break;
	case COLUMN_TARGET:
		print_targets(cell, size, r, row);
		break;
	default:
		figure_cell(cell, size, column, r, row);
	}
}

/* ----------------------------------------------------------------- tables */

static void print_headings(
	FILE *file, const struct layout *layout, const struct work *work)
{
	char cell[CELL];

	for (size_t i = 0; i < layout->n; i++) {
		heading(cell, sizeof(cell), layout->column[i], work);
		fprintf(file, "| %s ", cell);
	}
	fputs("|\n", file);
	for (size_t i = 0; i < layout->n; i++)
		fprintf(file, "|%s", headings[layout->column[i]].rule);
	fputs("|\n", file);
}

static void print_row(FILE *file, const struct layout *layout,
	const struct results *r, const struct row *row)
{
	char cell[CELL];

	for (size_t i = 0; i < layout->n; i++) {
		if (row->failure.text[0] != '\0')
			failed_cell(cell, sizeof(cell), layout->column[i], row);
		else
			row_cell(cell, sizeof(cell), layout->column[i], r, row);
		fprintf(file, "| %s ", cell);
	}
	fputs("|\n", file);
}

/* What was run, with TEXT for the name of the text. */
static void print_commands(
	FILE *file, const struct results *r, const struct work *work)
{
	const char *text = NULL;

	fputs("\n<details><summary>Commands</summary>\n\n", file);
	for (size_t i = 0; i < r->n; i++) {
		const struct row *row = &r->rows[i];
		struct choice choice = {.work = work,
			.tool = row->tool,
			.text = row->text != NULL ? "TEXT" : NULL,
			.lines = row->lines};
		char *line;

		if (row->work != work)
			continue;
		if (text != NULL && strcmp(text, row->text) != 0)
			break; /* the same again, with the next text */
		text = row->text;
		line = work_line(&choice, work_form(work, choice.tool));
		fprintf(file, "    %s\n", line);
		free(line);
	}
	fputs("\n</details>\n\n", file);
}

/* What igzip* was, for each text. */
static void print_choice(
	FILE *file, const struct results *r, const struct work *work)
{
	const char *name = work->reference;

	if (name == NULL || name[strlen(name) - 1] != '*')
		return;
	fprintf(file,
		"%.*s is that of the fastest level that compresses no better "
		"than upcase-pipe;\nwhere all compress better, of the one that "
		"compresses least:\n\n",
		(int)strlen(name) - 1, name);
	for (size_t i = 0; i < r->n; i++) {
		const struct row *row = &r->rows[i], *rival;

		if (row->work != work || !(row->tool->flags & TOOL_SUBJECT))
			continue;
		rival = results_rival(r, row, name);
		if (rival != NULL)
			fprintf(file, "- %s: %s\n", row->text,
				rival->tool->name);
	}
}

/* The row of a tool and a text, or NULL. */
static const struct row *row_of(const struct results *r,
	const struct work *work, const struct tool *tool, const char *text)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->rows[i].work == work && r->rows[i].tool == tool &&
			r->rows[i].text == text)
			return &r->rows[i];
	return NULL;
}

/* The texts of a work, each once. */
static size_t texts_of(const struct results *r, const struct work *work,
	const char **texts, size_t most)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n && n < most; i++) {
		const struct row *row = &r->rows[i];

		if (row->work == work && row->text != NULL &&
			(n == 0 || texts[n - 1] != row->text))
			texts[n++] = row->text;
	}
	return n;
}

static void print_overview_row(FILE *file, const struct results *r,
	const struct work *work, const struct tool *tool, const char **texts,
	size_t n)
{
	enum column column =
		work->kind == WORK_GZIP ? COLUMN_FASTER : COLUMN_RATIO;
	const char *bold = tool->flags & TOOL_SUBJECT ? "**" : "";
	char cell[CELL];

	fprintf(file, "| %s%s%s ", bold, tool->name, bold);
	for (size_t i = 0; i < n; i++) {
		const struct row *row = row_of(r, work, tool, texts[i]);

		cell[0] = '\0';
		if (row != NULL && row->failure.text[0] != '\0')
			snprintf(cell, sizeof(cell), "failed");
		else if (row != NULL)
			figure_cell(cell, sizeof(cell), column, r, row);
		if (cell[0] == '\0')
			fputs("| ", file);
		else
			fprintf(file, "| %s%s%s ", bold, cell, bold);
	}
	fputs("|\n", file);
}

static bool any_row(const struct results *r, const struct work *work,
	const struct tool *tool)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->rows[i].work == work &&
			(tool == NULL || r->rows[i].tool == tool))
			return true;
	return false;
}

static bool any_ratio(const struct results *r, const struct work *work)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->rows[i].work == work &&
			results_rival(r, &r->rows[i], work->reference) != NULL)
			return true;
	return false;
}

/* Tools by texts, with the one figure that matters. */
static void print_overview(FILE *file, const struct results *r,
	const struct work *work, const char **texts, size_t n)
{
	char cell[CELL];

	heading(cell, sizeof(cell),
		work->kind == WORK_GZIP ? COLUMN_FASTER : COLUMN_RATIO, work);
	fprintf(file, "| %s ", cell);
	for (size_t i = 0; i < n; i++)
		fprintf(file, "| %s ", texts[i]);
	fputs("|\n|---", file);
	for (size_t i = 0; i < n; i++)
		fputs("|---:", file);
	fputs("|\n", file);
	for (size_t i = 0; i < work->n_tools; i++)
		if (any_row(r, work, &work->tools[i]))
			print_overview_row(
				file, r, work, &work->tools[i], texts, n);
}

static void print_figures(
	FILE *file, const struct results *r, const struct work *work)
{
	const struct layout *layout = &layouts[work->kind];

	print_headings(file, layout, work);
	for (size_t i = 0; i < r->n; i++)
		if (r->rows[i].work == work)
			print_row(file, layout, r, &r->rows[i]);
}

static void print_work(
	FILE *file, const struct results *r, const struct work *work)
{
	const char *texts[TEXTS_MAX];
	size_t n = texts_of(r, work, texts, TEXTS_MAX);

	if (!any_row(r, work, NULL))
		return;
	fprintf(file, "\n## %s: %s\n\n", work->name, work->title);
	if (n > 1 && any_ratio(r, work)) {
		print_overview(file, r, work, texts, n);
		fputs("\n<details><summary>Figures</summary>\n\n", file);
		print_figures(file, r, work);
		fputs("\n</details>\n", file);
	} else {
		print_figures(file, r, work);
	}
	print_commands(file, r, work);
	print_choice(file, r, work);
}

static void print_notes(FILE *file, const struct results *r)
{
	if (r->n_notes == 0)
		return;
	fputs("\n## Left out\n\n", file);
	for (size_t i = 0; i < r->n_notes; i++)
		fprintf(file, "- %s\n", r->notes[i]);
}

/* --------------------------------------------------------- the target list */

struct score {
	size_t targets, met, aims;
};

/* A target without a figure, though its work was done: its rival is missing or
 * failed. */
static void print_unmeasured(
	FILE *file, const struct results *r, const struct target *t)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct row *row = &r->rows[i];

		if (!target_is_about(t, row))
			continue;
		fprintf(file,
			"| %s | %s | %s | - | nothing to compare with | "
			"| |\n",
			t->work, row->tool->name,
			t->rival != NULL ? t->rival : "-");
		return;
	}
}

static void print_target(FILE *file, const struct results *r,
	const struct target *t, struct score *score)
{
	const struct row *row = target_worst(t, r), *rival;
	char measured[64], least[64], aim[64];
	double value;

	if (row == NULL) {
		print_unmeasured(file, r, t);
		return;
	}
	score->targets++;
	rival = results_rival(r, row, t->rival);
	fprintf(file, "| %s | %s | %s | %s ", t->work, row->tool->name,
		rival != NULL ? rival->tool->name : "-",
		row->text != NULL ? row->text : "-");
	if (row->failure.text[0] != '\0') {
		fputs("| failed | **missed** | **missed** |\n", file);
		return;
	}
	value = target_value(t, r, row);
	describe_value(measured, sizeof(measured), t, value);
	print_bound(least, sizeof(least), t, value, t->least);
	print_bound(aim, sizeof(aim), t, value, t->aim);
	fprintf(file, "| %s | %s | %s |\n", measured, least, aim);
	score->met += target_meets(t, value, t->least);
	score->aims += target_meets(t, value, t->aim);
}

static void print_target_list(FILE *file, const struct results *r)
{
	struct score score = {0};

	fputs("\n## Targets\n\n"
	      "| work | program | beside | worst text | measured | at least | "
	      "aim |\n"
	      "|---|---|---|---|---:|---|---|\n",
		file);
	for (size_t i = 0; i < n_targets; i++)
		print_target(file, r, &targets[i], &score);
	fprintf(file,
		"\nOf %zu targets %zu are met, %zu as well as aimed at.\n",
		score.targets, score.met, score.aims);
}

/* What cannot be told from below; see run.h. */
static void print_floor(FILE *file)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) == 0)
		fprintf(file,
			"\nA peak memory below about %.1f MiB is not seen: so "
			"much has bench-program itself.\n",
			(double)usage.ru_maxrss / 1024);
}

void table_markdown(FILE *file, const struct results *r)
{
	print_floor(file);
	for (size_t i = 0; i < n_works; i++)
		print_work(file, r, &works[i]);
	print_notes(file, r);
	print_target_list(file, r);
}

/* ------------------------------------------------------------------ values */

void table_values(FILE *file, const struct results *r)
{
	fputs("work\ttext\ttool\tbytes\trounds\tlow\tmedian\thigh\tp99\tcpu\t"
	      "peak\tmade\tratio\tfailure\n",
		file);
	for (size_t i = 0; i < r->n; i++) {
		const struct row *row = &r->rows[i];
		const struct row *rival =
			results_rival(r, row, row->work->reference);

		fprintf(file, "%s\t%s\t%s\t%.0f\t%zu\t", row->work->name,
			row->text != NULL ? row->text : "", row->tool->name,
			row->bytes, row->rounds);
		fprintf(file, "%.9f\t%.9f\t%.9f\t%.9f\t%.6f\t", row->time.low,
			row->time.median, row->time.high, row->p99, row->cpu);
		fprintf(file, "%.0f\t%.0f\t%.6f\t%s\n", row->peak, row->made,
			results_ratio(row, rival), row->failure.text);
	}
}
