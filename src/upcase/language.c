#include "config.h"

#include "upcase/upcase.h"

#include <errno.h>
#include <string.h>

/* What a tag may consist of, in whatever locale. */
#define LETTERS                      \
	"abcdefghijklmnopqrstuvwxyz" \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define ALPHANUMERIC LETTERS "0123456789"

/* Language tags are ASCII; tolower would do in the C locale, but in the current
 * one it may not. */
static int lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* Whether the letters that tag begins with are this word. */
static bool is_primary(const char *tag, const char *word)
{
	size_t len = strspn(tag, LETTERS);

	for (size_t i = 0; i < len; i++)
		if (lower(tag[i]) != word[i])
			return false;
	return word[len] == '\0';
}

/* Whether nothing follows in a tag, but for a codeset and a modifier, which
 * names of locales have. */
static bool is_end(const char *rest)
{
	if (*rest == '\0')
		return true;
	if ((*rest != '.' && *rest != '@') || rest[1] == '\0')
		return false;
	return rest[strspn(rest, ALPHANUMERIC ".@-_=:;+")] == '\0';
}

/* Whether it is one by its form: a language of two or three letters, and what
 * narrows it down behind '-' or '_'. */
static bool is_tag(const char *tag)
{
	size_t len = strspn(tag, LETTERS);

	if (len < 2 || len > 3)
		return false;
	for (tag += len; *tag == '-' || *tag == '_'; tag += 1 + len) {
		len = strspn(tag + 1, ALPHANUMERIC);
		if (len < 1 || len > 8)
			return false;
	}
	return is_end(tag);
}

/* Names of locales that mean no language. */
static bool is_none(const char *tag)
{
	if (*tag == '\0')
		return true;
	if (strncmp(tag, "C", 1) == 0 && is_end(tag + 1))
		return true;
	return strncmp(tag, "POSIX", 5) == 0 && is_end(tag + 5);
}

const char *upcase_language_meant(const char *tag)
{
	static const struct {
		const char *word, *tag;
	} words[] = {
		{"turkish", "tr"},
		{"azerbaijani", "az"},
		{"azeri", "az"},
		{"lithuanian", "lt"},
		{"greek", "el"},
		{"gr", "el"}, /* the country's */
		{"armenian", "hy"},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (is_primary(tag, words[i].word))
			return words[i].tag;
	return NULL;
}

int upcase_language_parse(const char *tag, enum upcase_language *language)
{
	/* ISO 639-1, and -2 with both of its codes. */
	static const struct {
		const char code[4];
		enum upcase_language language;
	} known[] = {
		{"tr", UPCASE_TR},
		{"tur", UPCASE_TR},
		{"az", UPCASE_AZ},
		{"aze", UPCASE_AZ},
		{"lt", UPCASE_LT},
		{"lit", UPCASE_LT},
		{"el", UPCASE_EL},
		{"ell", UPCASE_EL},
		{"gre", UPCASE_EL},
		{"hy", UPCASE_HY},
		{"hye", UPCASE_HY},
		{"arm", UPCASE_HY},
	};

	if (!is_none(tag) && (!is_tag(tag) || upcase_language_meant(tag)))
		return -EINVAL;
	*language = UPCASE_ROOT;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (is_primary(tag, known[i].code))
			*language = known[i].language;
	return 0;
}
