#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int set_flags(int fd, int flags)
{
	if ((flags & O_CLOEXEC) && fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -1;
	/* A new pipe has no other flags that could be lost. */
	if ((flags & O_NONBLOCK) && fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		return -1;
	return 0;
}

int pipe2(int fd[2], int flags)
{
	int made[2];

	if (pipe(made) < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		if (set_flags(made[i], flags) < 0) {
			int saved = errno;

			(void)close(made[0]);
			(void)close(made[1]);
			errno = saved;
			return -1;
		}
	}
	fd[0] = made[0];
	fd[1] = made[1];
	return 0;
}
