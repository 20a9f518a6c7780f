/*
 * Tests of the switches for rules of the hand-over.
 */
#include "config.h"

#include "pipeline/rules.h"

#include "support.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void rules_are_read_one_by_one(void **state)
{
	static const struct {
		const char *text;
		int err;
		enum rule finish, few, convert;
	} cases[] = {
		{"", 0, RULE_AUTO, RULE_AUTO, RULE_AUTO},
		{"finish=never", 0, RULE_NEVER, RULE_AUTO, RULE_AUTO},
		{"convert=always", 0, RULE_AUTO, RULE_AUTO, RULE_ALWAYS},
		{"finish=always,convert=never", 0, RULE_ALWAYS, RULE_AUTO,
			RULE_NEVER},
		{"finish=never,finish=auto", 0, RULE_AUTO, RULE_AUTO,
			RULE_AUTO},
		{"few=never", 0, RULE_AUTO, RULE_NEVER, RULE_AUTO},
		{"finish", -EINVAL, RULE_AUTO, RULE_AUTO, RULE_AUTO},
		{"finish=", -EINVAL, RULE_AUTO, RULE_AUTO, RULE_AUTO},
		{"=never", -EINVAL, RULE_AUTO, RULE_AUTO, RULE_AUTO},
		{"finish=nevermore", -EINVAL, RULE_AUTO, RULE_AUTO, RULE_AUTO},
		{"finis=never", -EINVAL, RULE_AUTO, RULE_AUTO, RULE_AUTO},
		{"finish=never;convert=never", -EINVAL, RULE_AUTO, RULE_AUTO,
			RULE_AUTO},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct rules rules = {RULE_AUTO, RULE_AUTO, RULE_AUTO};

		assert_int_equal(
			rules_parse(cases[i].text, &rules), cases[i].err);
		assert_int_equal(rules.finish, cases[i].finish);
		assert_int_equal(rules.few, cases[i].few);
		assert_int_equal(rules.convert, cases[i].convert);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_read_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
