#include "config.h"

#include "pipeline/transformer.h"

#include "io/clock.h"

/* Returns 0, or a negative errno after an abort. */
static int work(const struct transformer *t, struct batch *b)
{
	int64_t begin = clock_now();
	int err;

	if (!b->converted)
		convert_batch(t->converter, NULL, b);
	err = convert_compress(t->converter, t->packers, b);
	t->worker->busy += clock_now() - begin;
	return err;
}

void *transformer_main(void *transformer)
{
	const struct transformer *t = transformer;
	struct worker *w = t->worker;
	void *item;

	crew_set_name("case", t->number);
	while (crew_get(t->in, &item, &w->wait) == QUEUE_OK) {
		sandbox_enter(t->sandbox);
		if (work(t, item) != 0 ||
			crew_put(t->out, item, &w->wait) != QUEUE_OK)
			break;
		(void)queue_task_done(t->in);
	}
	crew_ended(t->crew, w);
	return NULL;
}
