#include "config.h"

#include "io/prompt.h"

#include "io/fdio.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

void prompt_open(struct prompt *p, int in)
{
	char name[PATH_MAX];

	p->fd = -1;
	if (ttyname_r(in, name, sizeof(name)) == 0)
		p->fd = open(name, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	/* The device may belong to somebody else (after su); the descriptor
	 * itself is usually open for writing, too. */
	if (p->fd < 0 && isatty(in) &&
		(fcntl(in, F_GETFL) & O_ACCMODE) == O_RDWR)
		p->fd = fcntl(in, F_DUPFD_CLOEXEC, 3);
}

void prompt_show(const struct prompt *p, const char *text)
{
	if (p->fd >= 0)
		fdio_say(p->fd, text, strlen(text));
}

void prompt_close(struct prompt *p)
{
	if (p->fd >= 0)
		(void)close(p->fd);
	p->fd = -1;
}
