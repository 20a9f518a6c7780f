#include "config.h"

#include "io/ahead.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Less than this is decoded before another thread has begun. */
#define WORTH_HELP (2 * FEED_SIZE)

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

void ahead_begin(
	struct ahead *a, const struct feed *feed, const struct format *format)
{
	a->pieces = NULL;
	if (!a->help || !format->pieces || feed->size <= WORTH_HELP)
		return;
	a->begin = feed_position(feed);
	if (a->begin >= 0)
		a->pieces = format->pieces;
}

/* The rest of this input, from `begin` on, is left to the stream. */
static void give_up(
	struct ahead *a, struct feed *feed, struct stream *stream, off_t begin)
{
	a->pieces = NULL;
	feed_go_back(feed, begin);
	stream_seek(stream, (uint64_t)(begin - a->begin));
}

/* Moves a whole piece from the feed to the packet. Returns 1 when it is there
 * and fits, 0 if not, or -EOWNERDEAD. */
static int fill_packet(
	struct ahead *a, struct feed *feed, struct packet *packet, size_t size)
{
	int taken = feed_take_all(feed, packet->packed, size);

	if (taken <= 0)
		return taken;
	packet->pieces = a->pieces;
	packet->packed_len = size;
	packet->text_len = a->pieces->text_size(packet->packed, size);
	return packet->text_len > 0 && packet->text_len <= AHEAD_MOST;
}

/* Sends one piece to be decoded. Returns 1 when it did; 0 if not: the rest is a
 * stream once those that are out have come back, or there are enough out; or
 * -EOWNERDEAD. */
static int send_piece(struct ahead *a, struct feed *feed, struct stream *stream)
{
	struct packet *packet = ahead_next(a);
	size_t size = 0;
	int err, filled;

	if (!packet)
		return 0;
	err = feed_look(feed, a->pieces->head);
	if (err == -EOWNERDEAD)
		return err;
	if (!err)
		size = a->pieces->size(feed_next(feed), feed_ready(feed));
	if (size == 0 || size > AHEAD_MOST) {
		a->pieces = NULL;
		return 0;
	}
	packet->begin = feed_position(feed);
	filled = fill_packet(a, feed, packet, size);
	if (filled < 0)
		return filled;
	if (!filled || ahead_send(a) != 0) {
		give_up(a, feed, stream, packet->begin);
		return 0;
	}
	return 1;
}

ssize_t ahead_read(struct ahead *a, struct feed *feed, struct stream *stream,
	unsigned char *buf, size_t len)
{
	struct packet *packet;
	int sent = 1;

	while (sent > 0 && a->pieces && !feed->stopped &&
		stream_is_between(stream))
		sent = send_piece(a, feed, stream);
	if (sent < 0)
		return sent;
	if (!a->current) {
		if (!ahead_is_out(a))
			return 0;
		if (ahead_take(a) != 0)
			return -ECANCELED;
		packet = a->current;
		if (!packet->good) {
			ahead_call_back(a);
			give_up(a, feed, stream, packet->begin);
			return 0;
		}
		/* As if it had come through the stream. */
		stream_pass(stream, (uint64_t)(packet->begin - a->begin) +
					    packet->packed_len);
	}
	return (ssize_t)ahead_hand_out(a, buf, len);
}
