/*
 * getopt - long options, of the C library or ours
 *
 * Ours does as the one of GNU: abbreviations, arguments that may be missing,
 * options behind operands unless POSIXLY_CORRECT is set, argv sorted as they
 * are found, a beginning anew with optind 0. It prints nothing, as if opterr
 * were 0, and knows short options that begin with ':' only; `flag` of a long
 * option is to be NULL. `index` is not filled.
 *
 * Main thread only: getopt keeps where it is.
 */
#ifndef UPCASE_COMPAT_GETOPT_H
#define UPCASE_COMPAT_GETOPT_H

#ifdef HAVE_GETOPT_LONG

#include <getopt.h>

#else

#include <unistd.h> /* optarg, optind, opterr, optopt */

enum {
	no_argument,
	required_argument,
	optional_argument
};

struct option {
	const char *name;
	int has_arg;
	int *flag;
	int val;
};

int getopt_long(int argc, char *const *argv, const char *short_options,
	const struct option *long_options, int *index);

#endif

#endif
