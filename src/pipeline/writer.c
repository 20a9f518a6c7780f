#include "config.h"

#include "pipeline/writer.h"

#include "io/clock.h"

/* Returns 0, or a negative errno after an abort. */
static int write_batch(const struct writer *w, struct batch *b)
{
	struct worker *me = w->worker;
	int64_t begin = clock_now(), waited;
	int err;

	output_own(w->output);
	waited = output_waited(w->output);
	err = output_write(w->output, b);
	waited = output_waited(w->output) - waited;
	output_disown(w->output);
	me->blocked += waited;
	me->busy += clock_now() - begin - waited;
	return err;
}

void *writer_main(void *writer)
{
	const struct writer *w = writer;
	void *item;

	crew_set_name("writer", -1);
	while (crew_get(w->out, &item, &w->worker->wait) == QUEUE_OK) {
		struct batch *b = item;

		sandbox_enter(w->sandbox);
		if (write_batch(w, b) != 0)
			break;
		batch_reset(b);
		pool_put(w->pool, b);
		(void)queue_task_done(w->out);
	}
	/* The others may be stuck where they cannot do it. */
	if (control_is_aborted(w->control)) {
		output_own(w->output);
		output_abandon(w->output);
		output_disown(w->output);
	}
	crew_ended(w->crew, w->worker);
	return NULL;
}
