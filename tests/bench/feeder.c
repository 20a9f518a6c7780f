#include "config.h"

#include "feeder.h"

#include "die.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int feeder_main(int argc, char **argv)
{
	unsigned long lines;

	if (argc != 2)
		die("usage: feeder LINES");
	lines = strtoul(argv[1], NULL, 10);
	for (unsigned long i = 0; i < lines; i++) {
		/* Not more than PIPE_BUF bytes: all or nothing. */
		if (write(STDOUT_FILENO, FEEDER_LINE, FEEDER_LINE_LEN) !=
			(ssize_t)FEEDER_LINE_LEN)
			die("feeder: %s", strerror(errno));
	}
	return 0;
}
