#include "config.h"

#include "text/quote.h"

#include "upcase/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Between the parts of what was cut. Outside of the quotes it cannot be a part
 * of the text. */
static const char mark[] = "'...'";
#define MARK_LEN (sizeof(mark) - 1)

/* Characters that are not shown as they are, from first to last. */
static const struct range {
	uint32_t first, last;
} harmful[] = {
	{0x0000, 0x001F},
	{0x007F, 0x009F},
	{0x061C, 0x061C},
	{0x200B, 0x200B},
	{0x200E, 0x200F},
	{0x2028, 0x202E},
	{0x2060, 0x206F},
	{0xFEFF, 0xFEFF},
	{0xFFF9, 0xFFFB},
	{0xE0000, 0xE007F},
};

static bool is_harmful(uint32_t c)
{
	for (size_t i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++)
		if (c >= harmful[i].first && c <= harmful[i].last)
			return true;
	return false;
}

/* The length of the character at p, which is not the end; or 1 with *good
 * false for a byte that is none, or one of a character that does harm. */
static size_t next(const char *p, bool *good)
{
	const unsigned char *u = (const unsigned char *)p;
	int n = utf8_scan(u, strnlen(p, UTF8_MAX));

	*good = n > 0 && !is_harmful(utf8_decode(u, n));
	return *good ? (size_t)n : 1;
}

/* How the n bytes at p stand between quotes. Returns the length. */
static size_t escape(const char *p, size_t n, bool good, char out[8])
{
	if (*p == '\'' || *p == '\\')
		return (size_t)sprintf(out, "\\%c", *p);
	if (good)
		memcpy(out, p, n);
	else if (*p == '\n')
		return (size_t)sprintf(out, "\\n");
	else if (*p == '\t')
		return (size_t)sprintf(out, "\\t");
	else
		return (size_t)sprintf(out, "\\%03o", (unsigned char)*p);
	return n;
}

static bool is_harmless(const char *name)
{
	bool good = *name != '\0'; /* an empty name would not show */

	for (const char *p = name; good && *p;)
		p += next(p, &good);
	return good;
}

/* One character or byte of a text, as it stands between quotes. */
struct unit {
	size_t len; /* in the text */
	size_t shown_len;
	char shown[8];
};

static struct unit unit_at(const char *p)
{
	struct unit unit;
	bool good;

	unit.len = next(p, &good);
	unit.shown_len = escape(p, unit.len, good, unit.shown);
	return unit;
}

static size_t shown_length(const char *text)
{
	size_t len = 0;

	while (*text) {
		struct unit unit = unit_at(text);

		text += unit.len;
		len += unit.shown_len;
	}
	return len;
}

/* Puts what fits into `room` bytes of the beginning of text to out. Returns the
 * bytes put; *rest is what did not fit. */
static size_t show(const char *text, size_t room, char *out, const char **rest)
{
	size_t len = 0;

	for (struct unit unit; *text; text += unit.len) {
		unit = unit_at(text);
		if (len + unit.shown_len > room)
			break;
		memcpy(out + len, unit.shown, unit.shown_len);
		len += unit.shown_len;
	}
	*rest = text;
	return len;
}

/* The end of text, as much of it as fits into `room` bytes. */
static const char *last_of(const char *text, size_t room)
{
	size_t len = shown_length(text);

	while (len > room) {
		struct unit unit = unit_at(text);

		text += unit.len;
		len -= unit.shown_len;
	}
	return text;
}

const char *quote_text(const char *text, char *out, size_t size)
{
	size_t room = size - 3; /* beside the quotes and the NUL */
	size_t at = 0;

	out[at++] = '\'';
	if (shown_length(text) > room) {
		size_t half = (room - MARK_LEN) / 2;

		at += show(text, half, out + at, &text);
		memcpy(out + at, mark, MARK_LEN);
		at += MARK_LEN;
		text = last_of(text, half);
	}
	at += show(text, room, out + at, &text);
	out[at++] = '\'';
	out[at] = '\0';
	return out;
}

const char *quote_name(const char *name, char *out, size_t size)
{
	size_t len = strlen(name);

	if (len >= size || !is_harmless(name))
		return quote_text(name, out, size);
	memcpy(out, name, len + 1);
	return out;
}
