/*
 * Tests of what --help and --version print.
 */
#include "config.h"

#include "cli/help.h"

#include "codec/deflate.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What a function prints on standard output. */
static char *printed(int (*print)(void), int *err)
{
	char *text;
	int saved;

	(void)fflush(stdout);
	saved = support_replace(STDOUT_FILENO,
		open("out", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
	*err = print();
	support_restore(STDOUT_FILENO, saved);
	text = support_read("out", NULL);
	return text;
}

static void the_help_tells_of_every_option(void **state)
{
	static const char *const names[] = {"-o, --output", "-z, --gzip",
		"--no-gzip", "--bgzf", "--verify", "--no-decompress",
		"-m, --mapping", "-l, --language", "--invalid", "--fasta",
		"--fastq", "--skip-prefix", "-f, --fields", "-d, --delimiter",
		"--tsv", "--csv", "--header", "-c, --characters",
		"--complement", "-u, --unbuffered", "-i, --interactive",
		"--no-interactive", "--prompt", "-j, --jobs",
		"-b, --batch-size", "--queue-depth", "--flush-interval",
		"--sync", "--on-full", "--repair", "--shutdown-timeout",
		"--progress", "--stats", "-v, --verbose", "-q, --quiet",
		"-h, --help", "-V, --version"};
	int err;
	char *text = printed(help_print, &err);

	(void)state;
	assert_int_equal(err, 0);
	for (size_t i = 0; i < COUNT(names); i++) {
		if (!strstr(text, names[i]))
			print_error("%s\n", names[i]);
		assert_non_null(strstr(text, names[i]));
	}
	for (char *line = text; *line; line = strchr(line, '\n') + 1)
		assert_true(strchr(line, '\n') - line <= 80);
	free(text);
}

static int print_default_version(void)
{
	return help_print_version(&(struct options){.variant = NULL});
}

static int print_portable_version(void)
{
	return help_print_version(&(struct options){.variant = "portable"});
}

static void the_version_tells_what_is_in_it(void **state)
{
	int err;
	char *text = printed(print_default_version, &err);

	(void)state;
	assert_int_equal(err, 0);
	assert_int_equal(strncmp(text, "upcase-pipe " PACKAGE_VERSION "\n",
				 sizeof("upcase-pipe " PACKAGE_VERSION)),
		0);
	assert_non_null(strstr(text, upcase_unicode_version));
	assert_non_null(strstr(text, deflate_library()));
	assert_null(strstr(text, OPTIONS_VARIANT));
	free(text);
	text = printed(print_portable_version, &err);
	assert_int_equal(err, 0);
	assert_non_null(
		strstr(text, "\nengine: portable (" OPTIONS_VARIANT ")"));
	free(text);
}

static void help_that_cannot_be_written_is_an_error(void **state)
{
	int saved, help, version;

	(void)state;
	(void)fflush(stdout);
	saved = support_replace(
		STDOUT_FILENO, open("/dev/full", O_WRONLY | O_CLOEXEC));
	help = help_print();
	__fpurge(stdout);
	version = print_default_version();
	__fpurge(stdout);
	clearerr(stdout);
	support_restore(STDOUT_FILENO, saved);
	assert_int_equal(help, -ENOSPC);
	assert_int_equal(version, -ENOSPC);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		in_directory(the_help_tells_of_every_option),
		in_directory(the_version_tells_what_is_in_it),
		cmocka_unit_test(help_that_cannot_be_written_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
