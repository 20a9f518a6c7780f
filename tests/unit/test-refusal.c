/*
 * Tests of what is told of an input that is packed and not decoded here: the
 * command in it can be pasted as it is, whatever the name of the file.
 */
#include "config.h"

#include "io/refusal.h"

#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *name, *shown;
} names[] = {
	{"x.bz2", " x.bz2"},
	{"/tmp/a-b_c/x.1+2,3@h:4=5%", " /tmp/a-b_c/x.1+2,3@h:4=5%"},
	{"two words", " 'two words'"},
	{"$HOME;`ls`\"*", " '$HOME;`ls`\"*'"},
	{"~x", " '~x'"},
	/* What these would become, or do to a terminal, is not for a message.
	 */
	{"it's", " FILE"},
	{"-x", " FILE"},
	{"line\nbreak", " FILE"},
	{"esc\033[2J", " FILE"},
	{"stra\xc3\x9f"
	 "e",
		" FILE"},
	{NULL, ""},
};

static void told(const struct format *format, const char *name,
	const char *tool, const char *shown)
{
	struct fault fault = {""};
	char want[300];

	refusal_tell(&fault, format, name);
	(void)snprintf(want, sizeof(want),
		"%s data; decode it first: %s%s | upcase-pipe", format->name,
		tool, shown);
	assert_string_equal(fault.text, want);
}

static void a_command_can_be_pasted_whatever_the_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		told(&format_bzip2, names[i].name, "bzip2 -dc", names[i].shown);
}

static void each_format_has_its_command(void **state)
{
	static const struct {
		const struct format *format;
		const char *tool, *standard;
	} tools[] = {
		{&format_zstd, "zstd -dc", ""},
		{&format_xz, "xz -dc", ""},
		{&format_bzip2, "bzip2 -dc", ""},
		{&format_lz4, "lz4 -dc", ""},
		{&format_lzip, "lzip -dc", ""},
		/* These read no standard input. */
		{&format_zip, "unzip -p", " FILE"},
		{&format_7z, "7z e -so", " FILE"},
		{&format_compress, "gzip -dc", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(tools); i++) {
		told(tools[i].format, "f", tools[i].tool, " f");
		told(tools[i].format, NULL, tools[i].tool, tools[i].standard);
	}
}

static void a_long_name_does_not_cut_the_command(void **state)
{
	char name[REFUSAL_NAME_MOST + 2] = "", want[REFUSAL_NAME_MOST + 3];

	(void)state;
	memset(name, 'n', REFUSAL_NAME_MOST);
	(void)snprintf(want, sizeof(want), " %s", name);
	told(&format_zip, name, "unzip -p", want);
	name[REFUSAL_NAME_MOST] = 'n';
	told(&format_zip, name, "unzip -p", " FILE");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_can_be_pasted_whatever_the_name),
		cmocka_unit_test(each_format_has_its_command),
		cmocka_unit_test(a_long_name_does_not_cut_the_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
