/*
 * settle - what becomes of the options when all have been read: defaults that
 * depend on others, and what does not go together
 *
 * What is wrong is told on standard error.
 */
#ifndef UPCASE_CLI_SETTLE_H
#define UPCASE_CLI_SETTLE_H

#include "cli/options.h"

#include <stdbool.h>
#include <stddef.h>

/* More threads than this are not asked for, nor taken by themselves. */
#define SETTLE_MAX_JOBS 256

/* What the command line says of settings whose default depends on others. */
struct said {
	bool gzip_said, jobs_said, interactive_said, sync_said;
	unsigned others; /* bits of outputs_other */
};

/* n: of the FILEs on the command line, which *o then points to. Returns 0 or
 * -EINVAL. */
int settle(struct options *o, const struct said *said, char **files, size_t n);

/* What the environment says of the engine (OPTIONS_VARIANT). Returns 0 or
 * -EINVAL. */
int settle_variant(struct options *o);

#endif
