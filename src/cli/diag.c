#include "config.h"

#include "cli/diag.h"

#include "io/clock.h"
#include "io/fdio.h"
#include "upcase/upcase.h"

#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_SIZE 2048

static enum diag_level diag_level = DIAG_NORMAL;

static atomic_bool diag_hurried;

void diag_hurry(void)
{
	atomic_store(&diag_hurried, true);
}

static void write_error(const char *text, size_t len)
{
	if (atomic_load(&diag_hurried) &&
		fdio_wait(STDERR_FILENO, POLLOUT, FDIO_NO_WAKE,
			clock_deadline(CLOCK_SECOND)) != 0)
		return;
	fdio_say(STDERR_FILENO, text, len);
}

void diag_set_level(enum diag_level level)
{
	diag_level = level;
}

void diag_text(const char *text)
{
	write_error(text, strlen(text));
}

static bool is_utf8(const char *s)
{
	struct upcase u;
	struct upcase_state st;
	struct upcase_result res;
	unsigned char out[8192];
	size_t left = strlen(s);
	int err = upcase_init(&u, UPCASE_ASCII, UPCASE_ROOT, UPCASE_FAIL);

	upcase_state_init(&st);
	while (!err && left > 0) {
		size_t n = left < 256 ? left : 256;

		err = upcase_convert(&u, &st, (const unsigned char *)s, n,
			n == left, out, sizeof(out), &res);
		s += n;
		left -= n;
	}
	return err == 0;
}

/* Control characters of ASCII and, as UTF-8 has them, U+0080..U+009F. */
static bool needs_quotes(const char *name)
{
	const unsigned char *p = (const unsigned char *)name;

	for (; *p; p++)
		if (*p < 0x20 || *p == 0x7f ||
			(*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0))
			return true;
	return name[0] == '\0' || !is_utf8(name);
}

const char *diag_quote(const char *name, char *out, size_t size)
{
	size_t n = 0;

	if (!needs_quotes(name)) {
		(void)snprintf(out, size, "%s", name);
		return out;
	}
	out[n++] = '\'';
	for (const unsigned char *p = (const unsigned char *)name; *p; p++) {
		if (n + 6 > size)
			break;
		if (*p >= 0x20 && *p < 0x7f && *p != '\'' && *p != '\\')
			out[n++] = (char)*p;
		else if (*p == '\n')
			n += (size_t)sprintf(out + n, "\\n");
		else if (*p == '\t')
			n += (size_t)sprintf(out + n, "\\t");
		else if (*p == '\'' || *p == '\\')
			n += (size_t)sprintf(out + n, "\\%c", *p);
		else
			n += (size_t)sprintf(out + n, "\\%03o", *p);
	}
	out[n++] = '\'';
	out[n] = '\0';
	return out;
}

static void tell(const char *name, const char *place, const char *format,
	va_list args) __attribute__((format(printf, 3, 0)));

/* One line: "upcase-pipe: ", the name if there is one, the text. */
static void tell(
	const char *name, const char *place, const char *format, va_list args)
{
	char line[LINE_SIZE], quoted[LINE_SIZE / 2];
	size_t n;
	int more;

	if (name)
		more = snprintf(line, sizeof(line), "upcase-pipe: %s%s: ",
			diag_quote(name, quoted, sizeof(quoted)), place);
	else
		more = snprintf(line, sizeof(line), "upcase-pipe: ");
	n = more > 0 ? (size_t)more : 0;
	more = vsnprintf(line + n, sizeof(line) - n - 1, format, args);
	if (more > 0)
		n += (size_t)more;
	if (n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	write_error(line, n);
}

void diag_error(const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(name, "", format, args);
	va_end(args);
}

static void tell_at(const char *name, const char *place, const char *format,
	...) __attribute__((format(printf, 3, 4)));

static void tell_at(
	const char *name, const char *place, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(name, place, format, args);
	va_end(args);
}

void diag_error_at(
	const char *name, uint64_t line, uint64_t column, const char *text)
{
	char place[48];

	(void)snprintf(
		place, sizeof(place), ":%" PRIu64 ":%" PRIu64, line, column);
	tell_at(name, place, "%s", text);
}

void diag_note(enum diag_level level, const char *name, const char *format, ...)
{
	va_list args;

	if (diag_level < level)
		return;
	va_start(args, format);
	tell(name, "", format, args);
	va_end(args);
}
