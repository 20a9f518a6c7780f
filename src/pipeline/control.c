#include "config.h"

#include "pipeline/control.h"

#include "io/poke.h"

int control_init(
	struct control *c, void (*on_abort)(void *context), void *context)
{
	int err;

	atomic_init(&c->stopping, false);
	atomic_init(&c->aborted, false);
	atomic_init(&c->taken_back, false);
	c->on_abort = on_abort;
	c->context = context;
	err = poke_open(c->wake_pipe);
	if (err)
		return err;
	err = poke_open(c->abort_pipe);
	if (err)
		poke_close(c->wake_pipe);
	return err;
}

void control_release(struct control *c)
{
	poke_close(c->wake_pipe);
	poke_close(c->abort_pipe);
}

void control_take_back(struct control *c)
{
	atomic_store(&c->taken_back, true);
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
	poke_send(c->abort_pipe[1]);
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

bool control_is_taken_back(const struct control *c)
{
	return atomic_load(&c->taken_back);
}

void control_wake_reader(struct control *c)
{
	poke_send(c->wake_pipe[1]);
}

int control_wake_fd(const struct control *c)
{
	return c->wake_pipe[0];
}

void control_see(struct control *c)
{
	poke_drain(c->wake_pipe[0]);
}

int control_abort_fd(const struct control *c)
{
	return c->abort_pipe[0];
}
