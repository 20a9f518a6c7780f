#include "config.h"

#include "pipeline/rules.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* Whether text[0..len) is the word. */
static int is(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(text, word, len) == 0;
}

static int parse_one(const char *text, size_t len, struct rules *rules)
{
	const char *equals = memchr(text, '=', len);
	size_t name = equals ? (size_t)(equals - text) : len;
	size_t value_len = equals ? len - name - 1 : 0;
	const char *value = text + len - value_len;
	enum rule *rule;

	if (is(text, name, "finish"))
		rule = &rules->finish;
	else if (is(text, name, "few"))
		rule = &rules->few;
	else if (is(text, name, "convert"))
		rule = &rules->convert;
	else
		return -EINVAL;
	if (is(value, value_len, "auto"))
		*rule = RULE_AUTO;
	else if (is(value, value_len, "never"))
		*rule = RULE_NEVER;
	else if (is(value, value_len, "always"))
		*rule = RULE_ALWAYS;
	else
		return -EINVAL;
	return 0;
}

int rules_parse(const char *text, struct rules *rules)
{
	int err = 0;

	while (!err && *text != '\0') {
		size_t len = strcspn(text, ",");

		err = parse_one(text, len, rules);
		text += len + (text[len] == ',');
	}
	return err;
}
