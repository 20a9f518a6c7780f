/*
 * clock - time that never jumps, in nanoseconds
 */
#ifndef UPCASE_IO_CLOCK_H
#define UPCASE_IO_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CLOCK_SECOND  INT64_C(1000000000)
#define CLOCK_FOREVER INT64_MAX /* as a deadline: none */

/* Nanoseconds of CLOCK_MONOTONIC. Cannot fail on a system that has threads. */
static inline int64_t clock_now(void)
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * CLOCK_SECOND + ts.tv_nsec;
}

/* The point in time `after` nanoseconds from now; CLOCK_FOREVER if that is
 * beyond counting. */
static inline int64_t clock_deadline(int64_t after)
{
	int64_t now = clock_now();

	return after > CLOCK_FOREVER - now ? CLOCK_FOREVER : now + after;
}

#endif
