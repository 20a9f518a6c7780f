#include "config.h"

#include "io/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* The terminal behind `in` for writing, or -1. The descriptor itself is usually
 * open for both. */
static int open_terminal(int in)
{
	char name[PATH_MAX];

	if (!isatty(in))
		return -1;
	if ((fcntl(in, F_GETFL) & O_ACCMODE) == O_RDWR)
		return fcntl(in, F_DUPFD_CLOEXEC, 3);
	if (ttyname_r(in, name, sizeof(name)) != 0)
		return -1;
	return open(name, O_WRONLY | O_NOCTTY | O_CLOEXEC);
}

void prompt_open(struct prompt *p, int in)
{
	int fd = open_terminal(in);

	p->io = (struct fdio){.fd = -1, .own = -1};
	if (fd >= 0 && fdio_init(&p->io, fd, O_WRONLY) != 0) {
		(void)close(fd);
		p->io.fd = -1;
	}
}

bool prompt_show(struct prompt *p, const char *text, int wake)
{
	struct iovec iov = {(void *)(uintptr_t)text, strlen(text)};
	size_t written;

	return p->io.fd < 0 ||
	       fdio_writev(&p->io, &iov, 1, wake, &written) != -ECANCELED;
}

void prompt_close(struct prompt *p)
{
	(void)fdio_close(&p->io);
}
