/*
 * outputs - the options by which outputs take the place of files, and the list
 * of the FILEs that this is done to
 *
 *	--in-place[=SUFFIX]   each FILE
 *	--output-dir=DIR      a file for each FILE, in DIR
 *	--atomic              the FILE of --output
 *	--force               over what should not be touched
 *	--files0-from=F       the FILEs, from a list
 *
 * Used by the main thread. What is wrong is told on standard error, with the
 * option's name.
 */
#ifndef UPCASE_CLI_OUTPUTS_H
#define UPCASE_CLI_OUTPUTS_H

#include "cli/files0.h"

#include <stdbool.h>
#include <stddef.h>

/* What getopt_long returns for these. */
enum outputs_option {
	OUTPUTS_IN_PLACE = 640,
	OUTPUTS_FOLDER,
	OUTPUTS_ATOMIC,
	OUTPUTS_FORCE,
	OUTPUTS_LIST,
};

/* Zeroed storage is that nothing was said. Strings are the command line's. */
struct outputs {
	bool in_place, atomic, force;
	const char *suffix; /* with in_place; NULL: none */
	const char *folder; /* NULL: none; so is the list's name: */
	const char *list;

	/* Made by outputs_list and outputs_name. */
	struct files0 files;
	const char *
		*inputs; /* allocated: in place, without those named twice */
	char **names;	 /* allocated, as its strings: for each FILE */
	size_t n_names;
};

/* Other options that some of these do not go with: a bit each. */
enum outputs_other {
	OUTPUTS_WITH_OUTPUT = 1,
	OUTPUTS_WITH_GZIP = 2,
	OUTPUTS_WITH_NO_GZIP = 4,
	OUTPUTS_WITH_BGZF = 8,
	OUTPUTS_WITH_REPAIR = 16,
	OUTPUTS_WITH_ON_FULL = 32,
	OUTPUTS_WITH_INTERACTIVE = 64,
	OUTPUTS_WITH_UNBUFFERED = 128,
};

/* Takes one option. Returns 0, -EINVAL, which was told, or 1 when it is none of
 * these. */
int outputs_take(struct outputs *o, int option, const char *arg);

/* Everything was said: whether it goes together, with what else was (bits of
 * outputs_other), and with n FILEs named beside a list. `output` is the FILE of
 * --output, NULL if that is standard output. Returns 0 or -EINVAL, which was
 * told. */
int outputs_check(
	const struct outputs *o, unsigned others, size_t n, const char *output);

/* Makes *inputs, of which there are *n, the FILEs of the list, if there is one;
 * in place, without those that are named twice. Returns as outputs_check. May
 * block in reading the list. */
int outputs_list(struct outputs *o, const char *const **inputs, size_t *n);

/* With --output-dir: makes the names of the outputs. `strip`: without the
 * ending of what the inputs are packed as; `gzip`: with .gz behind. Returns as
 * outputs_check: two FILEs may not have one output, nor a FILE be one. */
int outputs_name(struct outputs *o, const char *const *inputs, size_t n,
	bool strip, bool gzip);

/* Whether outputs take the place of files. */
bool outputs_replace(const struct outputs *o);

void outputs_release(struct outputs *o);

#endif
