#include "config.h"

#include "io/fault.h"

#include <errno.h>
#include <locale.h>
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
	/* Of the ways to ask for the text the one that may be called from any
	 * thread and is the same in every C library; strerror_r returns one
	 * thing here and another there. This locale needs no memory. */
	locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	int positive = err < 0 ? -err : err;

	if (positive == ENOMEM)
		fault_set(f, "not enough memory");
	else if (c)
		fault_set(f, "%s", strerror_l(positive, c));
	else
		fault_set(f, "error %d", positive);
	if (c)
		freelocale(c);
}
