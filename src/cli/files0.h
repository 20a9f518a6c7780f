/*
 * files0 - a list of FILEs, as find -print0 makes it
 *
 * Used by the main thread, before anything else runs.
 */
#ifndef UPCASE_CLI_FILES0_H
#define UPCASE_CLI_FILES0_H

#include <stddef.h>

struct files0 {
	char *text; /* allocated, as is `names`, whose strings are in it */
	const char **names;
	size_t n;
};

/* Reads the names that the file `from` holds, "-" is standard input: each ends
 * with a NUL, but the last one need not. Returns 0; or -EINVAL, which was told;
 * then there is nothing to release. May block as read(2) does. */
int files0_read(struct files0 *f, const char *from);

void files0_release(struct files0 *f);

#endif
