#include "config.h"

#include "io/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void fault_set(struct fault *f, const char *format, ...)
{
	va_list args;

	if (!f)
		return;
	va_start(args, format);
	/* A cut text is better than none, so the length does not matter. */
	(void)vsnprintf(f->text, sizeof(f->text), format, args);
	va_end(args);
}

void fault_set_errno(struct fault *f, int err)
{
	char buf[128];

	/* strerror_r in its GNU form, as with _GNU_SOURCE: it returns the text
	 * and cannot fail. */
	fault_set(f, "%s", strerror_r(err < 0 ? -err : err, buf, sizeof(buf)));
}
