#include "config.h"

#include "feeder.h"

#include "die.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void feed(unsigned long lines)
{
	for (unsigned long i = 0; i < lines; i++) {
		/* Not more than PIPE_BUF bytes: all or nothing. */
		if (write(STDOUT_FILENO, FEEDER_LINE, FEEDER_LINE_LEN) !=
			(ssize_t)FEEDER_LINE_LEN)
			die("feeder: %s", strerror(errno));
	}
}
