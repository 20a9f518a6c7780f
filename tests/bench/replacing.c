#include "config.h"

#include "replacing.h"

#include "die.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void replace_one(const char *name, bool synced)
{
	static char text[1 << 16];
	char new[PATH_MAX];
	int from = open(name, O_RDONLY | O_CLOEXEC), to;
	ssize_t n = from >= 0 ? read(from, text, sizeof(text)) : -1;

	if (n < 0 || n == (ssize_t)sizeof(text))
		die("%s: cannot be read at once", name);
	close(from);
	(void)snprintf(new, sizeof(new), "%s.new", name);
	to = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to < 0 || write(to, text, (size_t)n) != n ||
		(synced && fdatasync(to) != 0) || close(to) != 0 ||
		rename(new, name) != 0)
		die("%s: %s", name, strerror(errno));
}

int replacing(char **names, bool synced)
{
	for (; *names != NULL; names++)
		replace_one(*names, synced);
	return 0;
}
