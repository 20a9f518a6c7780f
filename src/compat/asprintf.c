#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int asprintf(char **text, const char *format, ...)
{
	va_list args;
	size_t size;
	int n;

	*text = NULL;
	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0)
		return -1;
	size = (size_t)n + 1;
	*text = malloc(size);
	if (!*text)
		return -1;
	va_start(args, format);
	n = vsnprintf(*text, size, format, args);
	va_end(args);
	return n;
}
