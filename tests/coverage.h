/*
 * coverage - put before every source of the build that `make coverage` makes
 *
 * The compiler's counts are written when a process exits. This program also
 * dies of the signal that it drained for, and leaves threads behind by _exit;
 * what it did until then counts, too.
 */
#ifndef UPCASE_TESTS_COVERAGE_H
#define UPCASE_TESTS_COVERAGE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

/* Before their names are taken. */
#include <signal.h>
#include <unistd.h>

void __gcov_dump(void);

#define raise(sig)    (__gcov_dump(), raise(sig))
#define _exit(status) (__gcov_dump(), _exit(status))

#endif
