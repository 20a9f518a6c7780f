/*
 * table - writes the results: as Markdown for people, as tab-separated values
 * for charts
 */
#ifndef UPCASE_BENCH_TABLE_H
#define UPCASE_BENCH_TABLE_H

#include "results.h"

#include <stdio.h>

/* A table for each work, what was left out, and the targets. */
void table_markdown(FILE *file, const struct results *results);

/* A line for each row, behind one with the names of the columns. Sizes are in
 * bytes, times in seconds; the ratio is the time per byte by the reference's.
 * What is unknown is empty. */
void table_values(FILE *file, const struct results *results);

#endif
