#include "config.h"

#include "upcase/upcase.h"

#include <errno.h>

/* Language tags are ASCII; tolower would do in the C locale, but in the current
 * one it may not. */
static int lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static bool is_primary(const char *tag, const char *code)
{
	for (; *code != '\0'; tag++, code++)
		if (lower(*tag) != *code)
			return false;
	return *tag == '\0' || *tag == '-' || *tag == '_';
}

int upcase_language_parse(const char *tag, enum upcase_language *language)
{
	static const struct {
		const char code[3];
		enum upcase_language language;
	} known[] = {
		{"tr", UPCASE_TR},
		{"az", UPCASE_AZ},
		{"lt", UPCASE_LT},
		{"el", UPCASE_EL},
		{"hy", UPCASE_HY},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (is_primary(tag, known[i].code)) {
			*language = known[i].language;
			return 0;
		}
	}
	return -EINVAL;
}
