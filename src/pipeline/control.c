#include "config.h"

#include "pipeline/control.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int control_open_pipe(int fd[2])
{
	if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) < 0) {
		fd[0] = fd[1] = -1;
		return -errno;
	}
	return 0;
}

void control_close_pipe(int fd[2])
{
	for (int i = 0; i < 2; i++)
		if (fd[i] >= 0)
			(void)close(fd[i]);
	fd[0] = fd[1] = -1;
}

void control_poke(int fd)
{
	ssize_t n;

	do {
		n = write(fd, "", 1);
	} while (n < 0 && errno == EINTR);
}

void control_drain_pipe(int fd)
{
	char bytes[64];
	ssize_t n;

	do {
		n = read(fd, bytes, sizeof(bytes));
	} while (n > 0 || (n < 0 && errno == EINTR));
}

int control_init(
	struct control *c, void (*on_abort)(void *context), void *context)
{
	int err;

	atomic_init(&c->stopping, false);
	atomic_init(&c->aborted, false);
	c->on_abort = on_abort;
	c->context = context;
	err = control_open_pipe(c->wake_pipe);
	if (err)
		return err;
	err = control_open_pipe(c->abort_pipe);
	if (err)
		control_close_pipe(c->wake_pipe);
	return err;
}

void control_release(struct control *c)
{
	control_close_pipe(c->wake_pipe);
	control_close_pipe(c->abort_pipe);
}

void control_stop(struct control *c)
{
	atomic_store(&c->stopping, true);
	control_wake_reader(c);
}

void control_abort(struct control *c)
{
	atomic_store(&c->stopping, true);
	if (atomic_exchange(&c->aborted, true))
		return;
	c->on_abort(c->context);
	control_poke(c->abort_pipe[1]);
	control_wake_reader(c);
}

bool control_is_stopping(const struct control *c)
{
	return atomic_load(&c->stopping);
}

bool control_is_aborted(const struct control *c)
{
	return atomic_load(&c->aborted);
}

void control_wake_reader(struct control *c)
{
	control_poke(c->wake_pipe[1]);
}

int control_wake_fd(const struct control *c)
{
	return c->wake_pipe[0];
}

void control_see(struct control *c)
{
	control_drain_pipe(c->wake_pipe[0]);
}

int control_abort_fd(const struct control *c)
{
	return c->abort_pipe[0];
}
