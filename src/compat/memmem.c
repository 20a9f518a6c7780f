#include "config.h"

#include <stdint.h>
#include <string.h>

void *memmem(const void *in, size_t len, const void *wanted, size_t n)
{
	const unsigned char *p = in, *first = wanted;

	if (n == 0)
		return (void *)(uintptr_t)p;
	while (len >= n) {
		const unsigned char *at = memchr(p, *first, len - n + 1);

		if (!at)
			return NULL;
		if (memcmp(at, wanted, n) == 0)
			return (void *)(uintptr_t)at;
		len -= (size_t)(at - p) + 1;
		p = at + 1;
	}
	return NULL;
}
