#define _GNU_SOURCE /* also where the program does without */
#include "config.h"

#include "die.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 4096

void die(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

void *allocate(size_t size)
{
	size_t pages = size / PAGE + 1;
	void *p = NULL;

	if (pages <= SIZE_MAX / PAGE)
		p = aligned_alloc(PAGE, pages * PAGE);
	if (p == NULL)
		die("no memory for %zu bytes", size);
	memset(p, 0, pages * PAGE);
	return p;
}
