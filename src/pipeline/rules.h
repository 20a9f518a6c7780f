/*
 * rules - switches for what handover does for speed alone
 *
 * What it is for: a test forces a rule, a benchmark shows what it buys. The
 * bytes are the same whatever they are.
 */
#ifndef UPCASE_PIPELINE_RULES_H
#define UPCASE_PIPELINE_RULES_H

enum rule {
	RULE_AUTO, /* where it is quicker */
	RULE_NEVER,
	RULE_ALWAYS, /* wherever it is possible */
};

struct rules {
	enum rule finish, few, convert;
};

/* Reads "finish=never,convert=always" or a part of it over *rules. Returns 0 or
 * -EINVAL. */
int rules_parse(const char *text, struct rules *rules);

#endif
