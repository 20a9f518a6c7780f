#include "config.h"

#include "io/refusal.h"

#include <stdbool.h>
#include <string.h>

/* What is nothing special to a shell. */
static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz"
			    "0123456789_./,:@%+=-";

/* Whether single quotes, or none, make one word of it that is itself. */
static bool can_be_shown(const char *name)
{
	for (const char *c = name; *c; c++)
		if (*c < ' ' || *c > '~' || *c == '\'')
			return false;
	return name[0] != '-' && strlen(name) <= REFUSAL_NAME_MOST;
}

void refusal_tell(
	struct fault *fault, const struct format *format, const char *name)
{
	const char *quote = "";

	if (!name && format->tool_wants_file)
		name = "FILE";
	if (!name) {
		fault_set(fault, "%s data; decode it first: %s | upcase-pipe",
			format->name, format->tool);
		return;
	}
	if (!can_be_shown(name))
		name = "FILE";
	else if (name[strspn(name, plain)] != '\0')
		quote = "'";
	fault_set(fault, "%s data; decode it first: %s %s%s%s | upcase-pipe",
		format->name, format->tool, quote, name, quote);
}
