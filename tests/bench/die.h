/*
 * die - how the benchmark gives up: it has nothing to clean up, so it says why
 * and ends
 */
#ifndef UPCASE_BENCH_DIE_H
#define UPCASE_BENCH_DIE_H

#include <stddef.h>

/* Prints the name of the program and the message, ends the program with status
 * 2. */
_Noreturn void die(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* Memory at the beginning of a page, touched, so that no page is first used
 * while the clock runs. To be freed by the caller; ends the program when there
 * is none. */
void *allocate(size_t size);

#endif
