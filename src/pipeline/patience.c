#include "config.h"

#include "pipeline/patience.h"

#include "io/clock.h"
#include "io/fdio.h"
#include "io/poke.h"

#include <errno.h>
#include <poll.h>

#define FIRST_PAUSE (CLOCK_SECOND / 10)
#define LAST_PAUSE  (10 * CLOCK_SECOND)

int patience_init(struct patience *p, struct sink *sink, struct ledger *ledger,
	bool (*serve)(void *context), void *context)
{
	*p = (struct patience){.sink = sink,
		.ledger = ledger,
		.serve = serve,
		.context = context,
		.look_pipe = {-1, -1},
		.pause = FIRST_PAUSE};
	return sink->patient ? poke_open(p->look_pipe) : 0;
}

void patience_release(struct patience *p)
{
	if (p->look_pipe[0] >= 0)
		poke_close(p->look_pipe);
}

void patience_look(struct patience *p)
{
	if (p->look_pipe[0] >= 0)
		poke_send(p->look_pipe[1]);
}

static void tell_wait(struct patience *p, const struct fault *why)
{
	struct fault told;

	if (p->told)
		return;
	p->told = true;
	fault_set(&told, "%.200s; waiting for room", why->text);
	ledger_warn(p->ledger, p->sink->name, told.text);
}

/* There was room for all of it. */
static void go_on(struct patience *p)
{
	p->pause = FIRST_PAUSE;
	if (!p->told)
		return;
	p->told = false;
	ledger_warn(p->ledger, p->sink->name, "there is room again; going on");
}

/* It was given up meanwhile, for a reason that main knows. */
static void tell_in_vain(struct patience *p, const struct fault *why)
{
	struct fault remark;

	fault_set(&remark, " (still waiting for room: %.150s)", why->text);
	ledger_remark(p->ledger, &remark);
}

/* Waits until then, or until a wish was served. Returns 0, or -ECANCELED after
 * an abort. */
static int wait_until(struct patience *p, int64_t until)
{
	int abort_fd = control_abort_fd(p->ledger->control);

	for (;;) {
		int err;

		if (p->serve(p->context))
			return 0;
		err = fdio_wait(p->look_pipe[0], POLLIN, abort_fd, until);
		if (err)
			return err == -EAGAIN ? 0 : err;
		poke_drain(p->look_pipe[0]);
	}
}

/* As wait_until, for the pause that is due; it counts as waited for output. */
static int wait_a_while(struct patience *p)
{
	int64_t begin = clock_now();
	int err = wait_until(p, clock_deadline(p->pause));

	p->sink->file.io.waited += clock_now() - begin;
	p->pause = p->pause * 2 < LAST_PAUSE ? p->pause * 2 : LAST_PAUSE;
	return err;
}

/* There was no room. Returns 0 if it is to be tried again. */
static int wait_for_room(struct patience *p, bool kept_some, bool may_wait,
	const struct fault *why)
{
	int err;

	if (!may_wait)
		return -EAGAIN;
	tell_wait(p, why);
	if (kept_some) /* somebody is making room */
		p->pause = FIRST_PAUSE;
	err = wait_a_while(p);
	if (err)
		tell_in_vain(p, why);
	return err;
}

int patience_append(struct patience *p, const struct patience_piece *piece,
	bool may_wait, struct fault *fault)
{
	for (;;) {
		size_t left = piece->len - *piece->done, kept;
		int err = sink_append(p->sink, piece->data + *piece->done, left,
			piece->line_ends, &kept, fault);

		*piece->done += kept;
		if (!err)
			go_on(p);
		if (!err || kept == left || !sink_may_retry(p->sink, err))
			return err;
		err = wait_for_room(p, kept > 0, may_wait, fault);
		if (err)
			return err;
	}
}

int patience_make_valid(struct patience *p, struct fault *fault)
{
	for (;;) {
		int err = sink_make_valid(p->sink, fault);

		if (!err)
			go_on(p);
		if (!err || !sink_may_retry(p->sink, err))
			return err;
		err = wait_for_room(p, false, true, fault);
		if (err)
			return err;
	}
}
