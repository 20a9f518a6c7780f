#include "config.h"

#include "io/ahead.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void ahead_init(struct ahead *a, const struct ahead_help *help)
{
	*a = (struct ahead){.help = help};
}

void ahead_release(struct ahead *a)
{
	for (unsigned i = 0; a->packets && i < a->help->most; i++) {
		free(a->packets[i].packed);
		free(a->packets[i].text);
	}
	free(a->packets);
	a->packets = NULL;
}

bool ahead_is_out(const struct ahead *a)
{
	return a->sent > a->taken;
}

/* The memory of one packet, untouched until it is used. */
static bool make_packet(struct packet *packet)
{
	if (!packet->packed)
		packet->packed = malloc(AHEAD_MOST);
	if (!packet->text)
		packet->text = malloc(AHEAD_MOST);
	return packet->packed && packet->text;
}

struct packet *ahead_next(struct ahead *a)
{
	struct packet *packet;
	/* The current one was taken, but is in use. */
	uint64_t in_use = a->sent - a->taken + (a->current ? 1 : 0);

	if (!a->help || in_use >= a->help->most)
		return NULL;
	if (!a->packets)
		a->packets = calloc(a->help->most, sizeof(*a->packets));
	if (!a->packets)
		return NULL;
	packet = &a->packets[a->sent % a->help->most];
	packet->seq = a->sent;
	packet->good = false;
	return make_packet(packet) ? packet : NULL;
}

int ahead_send(struct ahead *a)
{
	int err = a->help->send(
		a->help->context, &a->packets[a->sent % a->help->most]);

	if (!err)
		a->sent++;
	return err;
}

int ahead_take(struct ahead *a)
{
	a->current = a->help->take(a->help->context);
	a->at = 0;
	if (!a->current) {
		a->taken = a->sent;
		return -ECANCELED;
	}
	a->taken++;
	return 0;
}

size_t ahead_hand_out(struct ahead *a, unsigned char *buf, size_t len)
{
	size_t left = a->current->text_len - a->at;

	if (len > left)
		len = left;
	memcpy(buf, a->current->text + a->at, len);
	a->at += len;
	if (len == left)
		a->current = NULL;
	return len;
}

void ahead_call_back(struct ahead *a)
{
	while (ahead_is_out(a))
		(void)ahead_take(a);
	a->current = NULL;
}
