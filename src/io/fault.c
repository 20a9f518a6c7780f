#include "config.h"

#include "io/fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#ifdef HAVE_STRERROR_L
#include <locale.h>
#ifdef HAVE_XLOCALE_H
#include <xlocale.h>
#endif
#endif

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

/* Of the ways to ask for the text those that may be called from any thread. */
static void set_text(struct fault *f, int err)
{
#ifdef HAVE_STRERROR_L
	/* This locale needs no memory. */
	locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);

	if (c)
		fault_set(f, "%s", strerror_l(err, c));
	else
		fault_set(f, "error %d", err);
	if (c)
		freelocale(c);
#else
	char text[sizeof(f->text)];

#ifdef HAVE_STRERROR_TEXT /* it may point to something else then */
	fault_set(f, "%s", strerror_r(err, text, sizeof(text)));
#else
	if (strerror_r(err, text, sizeof(text)) == 0)
		fault_set(f, "%s", text);
	else
		fault_set(f, "error %d", err);
#endif
#endif
}

void fault_set_errno(struct fault *f, int err)
{
	int positive = err < 0 ? -err : err;

	if (positive == ENOMEM)
		fault_set(f, "not enough memory");
	else
		set_text(f, positive);
}

const char *fault_reason(struct fault *why, int err)
{
	fault_set_errno(why, err);
	return why->text;
}
