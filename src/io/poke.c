#include "config.h"

#include "io/poke.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int poke_open(int fd[2])
{
	if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) < 0) {
		fd[0] = fd[1] = -1;
		return -errno;
	}
	return 0;
}

void poke_close(int fd[2])
{
	for (int i = 0; i < 2; i++)
		if (fd[i] >= 0)
			(void)close(fd[i]);
	fd[0] = fd[1] = -1;
}

void poke_send(int fd)
{
	int saved = errno;
	ssize_t n;

	do {
		n = write(fd, "", 1);
	} while (n < 0 && errno == EINTR);
	errno = saved;
}

void poke_drain(int fd)
{
	char bytes[64];
	ssize_t n;

	do {
		n = read(fd, bytes, sizeof(bytes));
	} while (n > 0 || (n < 0 && errno == EINTR));
}
