#include "config.h"

#include "codec/format.h"

#define FORMAT_ENTER(name) &format_##name,
static const struct format *const formats[] = {FORMATS(FORMAT_ENTER)};
#undef FORMAT_ENTER

/* Whether a text may begin with this byte: all but controls that move no
 * cursor, and what UTF-8 has no use for. */
static bool begins_text(unsigned char c)
{
	if (c < 0x20)
		return (c >= '\a' && c <= '\r') || c == 0x1b;
	return c < 0xf8;
}

const struct format *format_detect_among(const struct format *const *table,
	size_t n, const unsigned char *p, size_t len, bool *wait)
{
	const struct format *found = NULL;

	*wait = len == 0;
	for (size_t i = 0; len > 0 && !found && i < n; i++) {
		enum match match = table[i]->magic(p, len);

		if (match == MATCH_YES)
			found = table[i];
		else if (match == MATCH_PART && !begins_text(p[0]))
			*wait = true;
	}
	return found;
}

const struct format *format_detect(
	const unsigned char *p, size_t len, bool *wait)
{
	return format_detect_among(
		formats, sizeof(formats) / sizeof(formats[0]), p, len, wait);
}
