#include "config.h"

#include "cli/diag.h"

#include "io/clock.h"
#include "io/say.h"
#include "text/quote.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What a name takes of a message at most: the rest is for what is wrong with
 * it. */
#define NAME_SIZE 1024

/* How long the end of the process may wait for standard error. */
#define LAST_WAIT CLOCK_SECOND

/* Standard error is one for the whole process, and so is this. */
static struct say diag_say = SAY_INIT(STDERR_FILENO);

static enum diag_level diag_level = DIAG_NORMAL;

void diag_set_level(enum diag_level level)
{
	diag_level = level;
}

bool diag_tells(enum diag_level level)
{
	return diag_level >= level;
}

void diag_open(void)
{
	say_open(&diag_say);
}

void diag_wake_by(int fd)
{
	say_wake_by(&diag_say, fd);
}

bool diag_more(void)
{
	return say_more(&diag_say);
}

void diag_prompt(bool stands)
{
	say_prompt(&diag_say, stands);
}

bool diag_broke_prompt(void)
{
	return say_broke_prompt(&diag_say);
}

void diag_make_room(void)
{
	say_make_room(&diag_say);
}

void diag_hurry(void)
{
	say_hurry(&diag_say);
}

void diag_last(void)
{
	say_last(&diag_say);
}

void diag_finish(void)
{
	say_finish(&diag_say, clock_deadline(LAST_WAIT));
}

void diag_text(const char *text)
{
	say_put(&diag_say, text, strlen(text));
}

void diag_line(const char *text, size_t columns)
{
	say_line(&diag_say, text, columns);
}

static void tell(const char *name, const char *place, const char *format,
	va_list args) __attribute__((format(printf, 3, 0)));

/* One line: "upcase-pipe: ", the name if there is one, the text. */
static void tell(
	const char *name, const char *place, const char *format, va_list args)
{
	char line[SAY_MOST], quoted[NAME_SIZE];
	size_t n;
	int more;

	if (name)
		more = snprintf(line, sizeof(line), "upcase-pipe: %s%s: ",
			quote_name(name, quoted, sizeof(quoted)), place);
	else
		more = snprintf(line, sizeof(line), "upcase-pipe: ");
	n = more > 0 ? (size_t)more : 0;
	more = vsnprintf(line + n, sizeof(line) - n - 1, format, args);
	if (more > 0)
		n += (size_t)more;
	if (n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	say_put(&diag_say, line, n);
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
	int n = snprintf(place, sizeof(place), ":%" PRIu64, line);

	if (column > 0)
		(void)snprintf(place + n, sizeof(place) - (size_t)n,
			":%" PRIu64, column);
	tell_at(name, place, "%s", text);
}

void diag_note(enum diag_level level, const char *name, const char *format, ...)
{
	va_list args;

	if (!diag_tells(level))
		return;
	va_start(args, format);
	tell(name, "", format, args);
	va_end(args);
}
