/*
 * results - what was measured, and how to compare it
 *
 * Invariants: rows are in the order of works, texts and tools; a row whose
 * failure is not empty has no figures and is compared with nothing.
 */
#ifndef UPCASE_BENCH_RESULTS_H
#define UPCASE_BENCH_RESULTS_H

#include "run.h"
#include "work.h"

#include <stddef.h>

struct spread {
	double low, median, high; /* quartiles and median */
};

struct row {
	const struct work *work;
	const struct tool *tool;
	const char *text;    /* NULL: none */
	unsigned long lines; /* {lines} of the choice */
	double bytes;	     /* that the tool reads, decompressed */
	size_t rounds;
	struct spread time; /* seconds; of latencies, the p50 */
	double p99;	    /* seconds, of latencies */
	double cpu;	    /* seconds, median */
	double peak;	    /* bytes, the most of all rounds */
	double made;	    /* bytes of gzip written */
	struct failure failure;
};

struct results {
	struct row *rows;
	size_t n;
	char **notes; /* what was left out, each once */
	size_t n_notes;
};

void results_init(struct results *results);
void results_release(struct results *results);

/* A new row, empty but for its work, tool and text. Valid until the next one.
 */
struct row *results_add(struct results *results, const struct choice *choice);

void results_note(struct results *results, const char *note);

/* Sorts the values. */
struct spread spread_of(double *values, size_t n);

/* The row that did the same work on the same text as `row`, by the name of its
 * tool. A name that ends with * stands for several levels of compression: then
 * it is the fastest one of those whose output is not smaller than that of the
 * subject (RESULTS_SAME of it counts as the same), or, if all are smaller, the
 * one with the largest output. NULL if there is none. */
#define RESULTS_SAME 0.99

const struct row *results_rival(
	const struct results *results, const struct row *row, const char *name);

/* Time per byte, by the other's; 0: unknown. */
double results_ratio(const struct row *row, const struct row *other);

#endif
