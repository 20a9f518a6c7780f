#include "config.h"

#include "pipeline/unpackers.h"

#include "codec/piece.h"
#include "io/clock.h"
#include "io/thread.h"
#include "pipeline/crew.h"

#include <errno.h>
#include <stdlib.h>

/* Packets out for each thread: one that it has, one that waits for it, so that
 * it need not wait for the reader. And one that the reader hands out. */
#define PACKETS_FOR(jobs) (2 * (jobs) + 1)

static uint64_t packet_seq(const void *packet)
{
	return ((const struct packet *)packet)->seq;
}

static void *unpacker_main(void *unpackers)
{
	struct unpackers *u = unpackers;
	struct piece_decoder decoder = {.pieces = NULL};
	void *item;

	crew_set_name("unpack", -1);
	while (queue_get(&u->packed, &item, QUEUE_FOREVER) == QUEUE_OK) {
		struct packet *packet = item;

		sandbox_enter(u->sandbox);
		packet->good = piece_decode(&decoder, packet->pieces,
				       packet->packed, packet->packed_len,
				       packet->text, packet->text_len) == 0;
		/* There is room for all packets. */
		(void)queue_put(&u->unpacked, packet, QUEUE_NOWAIT);
		(void)queue_task_done(&u->packed);
	}
	piece_decoder_release(&decoder);
	return NULL;
}

static void start(struct unpackers *u)
{
	u->asked = true;
	while (u->n_threads < u->jobs) {
		if (thread_start(&u->threads[u->n_threads], unpacker_main, u) !=
			0)
			break;
		u->n_threads++;
	}
}

static int send(void *unpackers, struct packet *packet)
{
	struct unpackers *u = unpackers;

	if (!u->asked)
		start(u);
	if (u->n_threads == 0)
		return -EAGAIN;
	return queue_put(&u->packed, packet, QUEUE_NOWAIT) == QUEUE_OK
		       ? 0
		       : -ECANCELED;
}

static struct packet *take(void *unpackers)
{
	struct unpackers *u = unpackers;
	int64_t begin = clock_now();
	void *item = NULL;

	if (queue_get(&u->unpacked, &item, QUEUE_FOREVER) == QUEUE_OK)
		(void)queue_task_done(&u->unpacked);
	u->waited += clock_now() - begin;
	return item;
}

int unpackers_init(struct unpackers *u, unsigned jobs)
{
	unsigned most = PACKETS_FOR(jobs);
	int err;

	*u = (struct unpackers){.jobs = jobs,
		.help = {.context = u,
			.most = most,
			.send = send,
			.take = take},
		.threads = calloc(jobs, sizeof(*u->threads))};
	if (!u->threads)
		return -ENOMEM;
	err = queue_init(&u->packed, QUEUE_FIFO, most, NULL);
	if (!err) {
		err = queue_init(
			&u->unpacked, QUEUE_SEQUENCE, most, packet_seq);
		if (!err)
			return 0;
		queue_release(&u->packed);
	}
	free(u->threads);
	return err;
}

void unpackers_stop(struct unpackers *u)
{
	queue_close(&u->packed);
	while (u->n_threads > 0)
		(void)pthread_join(u->threads[--u->n_threads], NULL);
}

void unpackers_abort(struct unpackers *u)
{
	(void)queue_abort(&u->packed, NULL, 0);
	(void)queue_abort(&u->unpacked, NULL, 0);
}

void unpackers_release(struct unpackers *u)
{
	queue_release(&u->packed);
	queue_release(&u->unpacked);
	free(u->threads);
}
