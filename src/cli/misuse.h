/*
 * misuse - what is wrong with an option that getopt_long refused
 *
 * The C library would tell it by itself, but what was typed would go to the
 * terminal as it is, and by a write that may block.
 */
#ifndef UPCASE_CLI_MISUSE_H
#define UPCASE_CLI_MISUSE_H

#include "compat/getopt.h"

/* Tells what getopt_long, with opterr 0 and short options that begin with ':',
 * just refused by returning `opt`, ':' or '?'. To be called before it is called
 * again. */
void misuse_tell(int opt, char *const *argv, const struct option *long_options);

/* Tells that `arg`, which is no file, seems to be the argument of option `opt`,
 * typed as `word`, and how to attach it. Returns -EINVAL. */
int misuse_detached(int opt, const char *word, const char *arg,
	const struct option *long_options);

/* Whether what is attached to the short option `opt` as its argument, which is
 * a number, is no more options, as users of gzip and tar write them. Returns 0,
 * or -EINVAL when it is, and how to write it was told. */
int misuse_joined(int opt, const char *arg, const char *short_options);

/* Tells that an option's argument is not what it must be: "WHAT for --OPTION:
 * 'ARG' (WANTED)". Returns -EINVAL. */
int misuse_argument(const char *what, const char *option, const char *arg,
	const char *wanted);

/* Tells that two options do not go together. Returns -EINVAL. */
int misuse_pair(const char *one, const char *other);

#endif
