#include "config.h"

#include "codec/format.h"

#include "codec/gzip-header.h"

#define FORMAT_ENTER(name) &format_##name,
static const struct format *const formats[] = {FORMATS(FORMAT_ENTER)};
#undef FORMAT_ENTER

/* The bytes behind which more is waited for: no text begins with one of them,
 * but one of the magics does, or one of the marks of an encoding. */
static bool may_wait(unsigned char first)
{
	switch (first) {
	case 0x00:
	case 0x04:
	case GZIP_ID1:
	case 0xfd:
	case 0xfe:
	case 0xff:
		return true;
	default:
		return false;
	}
}

const struct format *format_entry(size_t i)
{
	return i < sizeof(formats) / sizeof(formats[0]) ? formats[i] : NULL;
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
		else if (match == MATCH_PART && may_wait(p[0]))
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
