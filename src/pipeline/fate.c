#include "config.h"

#include "pipeline/fate.h"

#include <stdatomic.h>

void fate_init(struct fate *f, const struct fate_config *config)
{
	*f = (struct fate){.config = *config};
}

bool fate_is_own(const struct fate *f)
{
	return f->config.targets && targets_is_each(f->config.targets);
}

void fate_begin(struct fate *f)
{
	if (fate_is_own(f))
		f->changed = !targets_keeps_form(f->config.targets);
}

enum fate_piece fate_piece(struct fate *f, size_t input, const struct batch *b,
	int *err, struct fault *fault)
{
	struct targets *t = f->config.targets;

	*err = 0;
	f->origin = b->origin;
	f->changed |= b->changed;
	if (t->open || b->upper_len == 0)
		return FATE_WRITE;
	if (!f->changed && b->inputs.ended > 0)
		return FATE_SKIP;
	*err = targets_open(t, input, f->config.sink, fault);
	if (!*err)
		return FATE_WRITE;
	return targets_is_for_all(*err) ? FATE_FAIL : FATE_LEAVE;
}

static int close_target(struct fate *f, size_t input, struct fault *fault)
{
	struct targets *t = f->config.targets;
	int err = 0;

	if (!t->open) /* there was no text */
		err = targets_open(t, input, f->config.sink, fault);
	if (err && !targets_is_for_all(err)) {
		ledger_trouble(
			t->ledger, f->config.inputs[input], 0, 0, fault->text);
		targets_leave(t, f->config.sink);
		return 0;
	}
	if (!err)
		err = f->config.close(f->config.context, fault);
	return err ? err
		   : targets_close(t, f->config.sink, &f->origin.mark, fault);
}

int fate_end(struct fate *f, size_t input, bool good, struct fault *fault)
{
	if (!fate_is_own(f))
		return 0;
	if (good && f->changed)
		return close_target(f, input, fault);
	if (good)
		targets_leave_unchanged(f->config.targets, f->config.sink);
	else
		targets_leave(f->config.targets, f->config.sink);
	return 0;
}

/* The one output of all. */
static int finish_one(struct fate *f, struct fault *fault)
{
	struct targets *t = f->config.targets;
	int err;

	if (control_is_stopping(t->control) ||
		atomic_load(&t->ledger->input_trouble)) {
		targets_leave(t, f->config.sink);
		return 0;
	}
	err = f->config.close(f->config.context, fault);
	if (!err)
		err = targets_close(t, f->config.sink, NULL, fault);
	return err;
}

int fate_finish(struct fate *f, struct fault *fault)
{
	int err = fate_is_own(f) ? 0 : finish_one(f, fault);

	return err ? err : targets_finish(f->config.targets, fault);
}
