#include "config.h"

#include "pipeline/standin.h"

#include "text/lines.h"

#include <stdlib.h>
#include <string.h>

void standin_expose(struct standin *s, struct batch *b)
{
	atomic_store(&s->exposed, b);
}

bool standin_withdraw(struct standin *s)
{
	return atomic_exchange(&s->exposed, NULL) != NULL;
}

bool standin_may_take_over(const struct standin *s)
{
	return atomic_load(&s->exposed) != NULL;
}

/* The read that does not return may still write behind len. The old text is
 * left to it, for the little time that the process has. Without memory the text
 * stays where it is, and its last line as it is. */
static bool seal(struct standin *s, struct batch *b)
{
	struct cutter_config cut = s->cut;
	unsigned char *text = malloc(cut.size + 1);

	if (text) {
		memcpy(text, b->text, b->len);
		b->text = text;
	}
	cut.lines = cut.lines && text;
	return cutter_seal(&cut, b, s->typed && text);
}

static void *standin_main(void *standin)
{
	struct standin *s = standin;

	crew_set_name("reader", 2);
	if (seal(s, s->adopted))
		(void)handover_send(s->handover, s->adopted);
	handover_end(s->handover);
	crew_ended(s->crew, &s->crew->stand_in);
	return NULL;
}

int standin_take_over(struct standin *s)
{
	struct batch *b = atomic_exchange(&s->exposed, NULL);
	int err;

	if (!b)
		return 0;
	s->adopted = b;
	s->crew->reader.left = true;
	err = crew_start(&s->crew->stand_in, standin_main, s);
	if (err) /* nobody can end what the reader began */
		atomic_store(&s->exposed, b);
	return err;
}

uint64_t standin_lost(const struct standin *s)
{
	const struct batch *b = atomic_load(&s->exposed);

	if (!b)
		return 0;
	return batch_count_lines(b) +
	       (b->len > 0 && !lines_end(b->text, b->len));
}
