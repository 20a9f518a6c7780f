/*
 * help - what --help and --version print
 *
 * On standard output, which nothing else uses then. Both return 0 or a negative
 * errno.
 */
#ifndef UPCASE_CLI_HELP_H
#define UPCASE_CLI_HELP_H

#include "cli/options.h"

int help_print(void);

/* With the variant of the engine that o asks for. */
int help_print_version(const struct options *o);

#endif
