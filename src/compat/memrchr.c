/* For C libraries without it: configure adds this file then, and config.h
 * declares it. */
#include "config.h"

#include <stddef.h>
#include <stdint.h>

void *memrchr(const void *s, int c, size_t n)
{
	const unsigned char *p = s;

	while (n > 0)
		if (p[--n] == (unsigned char)c)
			return (void *)(uintptr_t)(p + n);
	return NULL;
}
