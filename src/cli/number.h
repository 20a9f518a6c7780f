/*
 * number - numbers as users write them
 *
 * Strict: no signs, no white space, no letters behind that were not asked for,
 * nothing beyond the range. Each returns 0 or -EINVAL.
 */
#ifndef UPCASE_CLI_NUMBER_H
#define UPCASE_CLI_NUMBER_H

#include <stdint.h>

/* A decimal number in min..max. */
int number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/* A number of bytes in 1..max, K and M (either case) for powers of 1024. */
int number_parse_size(const char *text, uint64_t max, uint64_t *bytes);

/* A number of seconds, a fraction allowed ("1", "0.25", ".5"), up to 200
 * years. The result is in nanoseconds; what is finer is cut off. */
int number_parse_seconds(const char *text, int64_t *ns);

#endif
