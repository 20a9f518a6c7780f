#include "config.h"

#include "pipeline/handover.h"

#include "io/clock.h"

#include <errno.h>

/* The batches that are to wait for the writer before one is converted here.
 * With one, the writer runs dry now and then, three is more than the others can
 * deliver in time: of 1, 2, 3 and 4, 2 was the fastest with each text, by 5 %
 * and more (two processors, 200 MB, file to file). */
#define ENOUGH 2

/* So many full batches are finished here before other threads are started. */
#define FEW 4

void handover_init(struct handover *h, const struct handover_config *config)
{
	*h = (struct handover){.config = *config};
}

struct batch *handover_get(struct handover *h)
{
	struct batch *b = pool_try_get(h->config.pool);
	int64_t begin;

	if (b)
		return b;
	begin = clock_now();
	b = pool_wait(h->config.pool);
	h->wait += clock_now() - begin;
	return b;
}

void handover_put_back(struct handover *h, struct batch *b)
{
	batch_reset(b);
	pool_put(h->config.pool, b);
}

bool handover_is_idle(struct handover *h)
{
	return output_is_idle(h->config.output, h->sent);
}

/* Turns it to upper case, and packs it if that is this thread's to do. */
static int convert(struct handover *h, struct batch *b, bool pack)
{
	const struct converter *c = h->config.converter;
	bool piece = b->cut.continues || b->cut.open;
	struct text_engine *engine = NULL;

	if (piece && text_has_context(c->text)) {
		engine = &h->engine;
		if (!b->cut.continues)
			text_engine_begin(engine);
	}
	convert_batch(c, engine, b);
	return pack ? convert_compress(c, h->config.packers, b) : 0;
}

/* Writes a batch that is converted. The caller owns the output, and owns it no
 * more afterwards. Returns 0, -ECANCELED, or -EAGAIN from output_write. */
static int write_here(struct handover *h, struct batch *b)
{
	int err = output_write(h->config.output, b);

	output_disown(h->config.output);
	if (err == -EAGAIN)
		return err;
	if (err)
		return -ECANCELED;
	handover_put_back(h, b);
	return 0;
}

/* Whether this full batch may be one of the last: a small file. */
static bool is_one_of_few(const struct handover *h, const struct batch *b)
{
	if (h->config.rules.few != RULE_AUTO)
		return h->config.rules.few == RULE_ALWAYS;
	return !convert_packs(h->config.packers, b) && !h->asked &&
	       h->full < FEW;
}

/* Whether to finish a batch here is quicker than a hand-over, if it is
 * possible. */
static bool is_for_here(const struct handover *h, const struct batch *b)
{
	/* Compressing is worth a thread once there is one; and it has the
	 * packer. */
	if (convert_packs(h->config.packers, b) && h->asked)
		return false;
	if (h->config.rules.finish != RULE_AUTO)
		return h->config.rules.finish == RULE_ALWAYS;
	/* One that is not full, however large, comes from an input that is
	 * slower than this thread. Full ones are a sign of more to come: when
	 * there were a few, that is worth threads. */
	return !b->cut.full || is_one_of_few(h, b);
}

/* Whether the other stages have enough to do for now. */
static bool are_busy(const struct handover *h)
{
	return queue_size(h->config.in) + queue_size(h->config.out) >=
	       ENOUGH + h->config.jobs - 1;
}

/* Whether a batch for the queues is converted here. */
static bool is_converted_here(const struct handover *h, const struct batch *b)
{
	bool piece = b->cut.continues || b->cut.open;

	if (h->transformers == 0 ||
		(piece && text_has_context(h->config.converter->text)))
		return true;
	if (h->config.rules.convert != RULE_AUTO)
		return h->config.rules.convert == RULE_ALWAYS;
	return !convert_packs(h->config.packers, b) && are_busy(h);
}

static int put(struct handover *h, struct queue *q, struct batch *b)
{
	b->seq = h->sent;
	b->queued = true;
	if (crew_put(q, b, &h->wait) != QUEUE_OK) {
		if (!b->converted)
			batch_lose(b);
		return -ECANCELED;
	}
	h->sent++;
	return 0;
}

/* Sends a batch to the other stages. */
static int send_on(struct handover *h, struct batch *b)
{
	bool pack = h->transformers == 0;
	bool packed = pack || !convert_packs(h->config.packers, b);

	if (!is_converted_here(h, b))
		return put(h, h->config.in, b);
	if (convert(h, b, pack) != 0)
		return -ECANCELED;
	return put(h, packed ? h->config.out : h->config.in, b);
}

static void start_others(struct handover *h)
{
	if (h->asked)
		return;
	h->asked = true;
	h->transformers = h->config.start_others(h->config.context);
	h->alone = h->transformers < 0;
}

bool handover_has_errand(struct handover *h)
{
	return output_is_wished(h->config.output) && handover_is_idle(h);
}

void handover_run_errand(struct handover *h)
{
	struct batch *b;

	start_others(h);
	b = h->alone ? NULL : pool_try_get(h->config.pool);
	if (!b) {
		output_own(h->config.output);
		output_disown(h->config.output);
		return;
	}
	b->errand = true;
	/* After an abort there is nothing to serve. */
	(void)put(h, h->config.out, b);
}

/* Finishes a batch here, but for the writing where that would have to wait. */
static int finish_here(struct handover *h, struct batch *b)
{
	if (convert(h, b, true) != 0)
		return -ECANCELED;
	h->full += b->cut.full;
	if (output_try_own(h->config.output, h->sent,
		    b->packed.size > 0 ? b->packed.size : b->upper_len)) {
		int err = write_here(h, b);

		if (err != -EAGAIN)
			return err;
	}
	/* It has to be waited for, which is the writer's. */
	start_others(h);
	if (!h->alone)
		return put(h, h->config.out, b);
	output_own(h->config.output);
	return write_here(h, b);
}

int handover_send(struct handover *h, struct batch *b)
{
	if (control_is_aborted(h->config.control)) {
		batch_lose(b);
		return -ECANCELED;
	}
	if (is_for_here(h, b) && handover_is_idle(h))
		return finish_here(h, b);
	start_others(h);
	if (!h->alone)
		return send_on(h, b);
	if (convert(h, b, true) != 0)
		return -ECANCELED;
	output_own(h->config.output);
	return write_here(h, b);
}

int handover_wait(struct handover *h)
{
	int64_t begin = clock_now();
	enum queue_status status = queue_join(h->config.in, QUEUE_FOREVER);

	if (status == QUEUE_OK)
		status = queue_join(h->config.out, QUEUE_FOREVER);
	h->wait += clock_now() - begin;
	/* join is content when an abort has left nothing to wait for. */
	if (status != QUEUE_OK || control_is_aborted(h->config.control))
		return -ECANCELED;
	return 0;
}

void handover_end(struct handover *h)
{
	int64_t begin = clock_now();

	/* Closing the queues one after the other lets the stages end. */
	queue_close(h->config.in);
	if (queue_join(h->config.in, QUEUE_FOREVER) == QUEUE_OK) {
		queue_close(h->config.out);
		(void)queue_join(h->config.out, QUEUE_FOREVER);
	}
	output_own(h->config.output);
	h->wait += clock_now() - begin;
	if (control_is_aborted(h->config.control))
		output_abandon(h->config.output);
	else
		output_finish(h->config.output);
	output_disown(h->config.output);
}
