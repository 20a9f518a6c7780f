/*
 * report - the table, and the comparison with the targets
 *
 * A row for each text and engine, printed as soon as the text is measured. A
 * ratio is GB/s by ICU's GB/s for the same text. Then what short calls take.
 */
#ifndef UPCASE_BENCH_REPORT_H
#define UPCASE_BENCH_REPORT_H

#include "competitor.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>

#define BENCH_CALL 8 /* bytes of a short text */

/* What was found out about one competitor with one text. */
struct measured {
	double gb_per_s; /* 0: not measured */
	size_t stayed;	 /* pieces whose upper case is where they were */
	size_t differ;	 /* pieces that the engine upper-cases otherwise */
};

/* The ratios of one variant with one text, for the targets. */
struct ratio {
	char *text;
	const char *variant;
	double best, worst; /* of in place and out of place */
};

struct report {
	bool markdown;
	struct ratio *ratios;
	size_t n_ratios;
};

void report_init(struct report *report, bool markdown);
void report_release(struct report *report);

void report_heading(const struct report *report);

/* measured has an entry for each competitor. */
void report_text(struct report *report, const struct text *text,
	const struct competitors *all, const struct measured *measured);

/* A text that is left out, with the reason. */
void report_skipped(
	const struct report *report, const struct text *text, const char *why);

/* What a call with a short text takes; ns has an entry for each competitor. */
void report_calls(const struct report *report, const struct competitors *all,
	const double *ns);

/* Every target that something was measured for: name, target, measured, and
 * whether it is met. */
void report_targets(const struct report *report);

#endif
