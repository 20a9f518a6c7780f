#include "config.h"

#include "pipeline/standin.h"

static void *standin_main(void *reader)
{
	struct reader *r = reader;
	struct crew *crew = r->crew;

	crew_set_name("reader", 2);
	sandbox_enter(r->sandbox);
	if (relief_take(r->relief)) {
		atomic_store(&crew->reader.left, true);
		reader_do_rest(r);
	}
	crew_ended(crew, &crew->stand_in);
	return NULL;
}

int standin_start(struct reader *reader)
{
	struct worker *w = &reader->crew->stand_in;

	if (crew_runs(w) || atomic_load(&reader->crew->reader.left))
		return 0;
	/* One that came too late: the reader went on, into another read. */
	if (atomic_load(&w->started))
		crew_join(w);
	return crew_start(w, standin_main, reader);
}
