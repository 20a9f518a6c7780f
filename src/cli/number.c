#include "config.h"

#include "cli/number.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#define NS_PER_SECOND INT64_C(1000000000)
/* 292 years of nanoseconds fit 63 bits. */
#define MAX_SECONDS (UINT64_C(200) * 365 * 24 * 3600)

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Takes digits from *text. Returns how many there were, or -1 beyond max. */
static int take_digits(const char **text, uint64_t max, uint64_t *value)
{
	int n = 0;

	*value = 0;
	for (; is_digit(**text); ++*text) {
		uint64_t digit = (uint64_t)(**text - '0');

		if (digit > max || *value > (max - digit) / 10)
			return -1;
		*value = *value * 10 + digit;
		n += n < 1000; /* leading zeroes without end */
	}
	return n;
}

int number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	uint64_t n;

	if (take_digits(&text, max, &n) <= 0 || *text != '\0' || n < min)
		return -EINVAL;
	*value = n;
	return 0;
}

int number_parse_size(const char *text, uint64_t max, uint64_t *bytes)
{
	uint64_t n;
	unsigned shift = 0;

	if (take_digits(&text, max, &n) <= 0)
		return -EINVAL;
	if (*text == 'K' || *text == 'k')
		shift = 10;
	else if (*text == 'M' || *text == 'm')
		shift = 20;
	if (shift > 0)
		text++;
	if (*text != '\0' || n == 0 || n > max >> shift)
		return -EINVAL;
	*bytes = n << shift;
	return 0;
}

int number_parse_seconds(const char *text, int64_t *ns)
{
	uint64_t seconds, fraction = 0;
	uint64_t unit = NS_PER_SECOND;
	int digits = take_digits(&text, MAX_SECONDS, &seconds);

	if (digits < 0)
		return -EINVAL;
	if (*text == '.') {
		for (text++; is_digit(*text); text++) {
			unit /= 10;
			fraction += (uint64_t)(*text - '0') * unit;
			digits++;
		}
	}
	if (*text != '\0' || digits == 0)
		return -EINVAL;
	*ns = (int64_t)seconds * NS_PER_SECOND + (int64_t)fraction;
	return 0;
}
