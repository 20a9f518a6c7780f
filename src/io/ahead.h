/*
 * ahead - the pieces of a packed file, decoded by other threads before it is
 * their turn
 *
 * What it is for: pieces that say how long they are are read as a whole, lent
 * out to be decoded, and come back in order. Who decodes is not its concern:
 * that is `ahead_help`, which the owner of the threads provides. What is not as
 * it says, or too large, is left to the stream, which then finds the feed where
 * that piece begins.
 *
 * All memory is here, in packets: as many as may be out at once. They are made
 * when the first one is needed. Used by one thread at a time; only a packet
 * that is out is touched by another one.
 */
#ifndef UPCASE_IO_AHEAD_H
#define UPCASE_IO_AHEAD_H

#include "codec/format.h"
#include "codec/stream.h"
#include "io/feed.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Pieces larger than this, packed or unpacked, are decoded as a stream, so
 * that memory is bounded. What this program writes unless told otherwise is
 * much smaller. */
#define AHEAD_MOST (1024 * 1024)

/* One piece. */
struct packet {
	uint64_t seq; /* 0, 1, 2 ... in order of the input */
	const struct format_pieces *pieces; /* what it is one of */
	off_t begin;			    /* where it is in the file */
	unsigned char *packed;		    /* AHEAD_MOST bytes */
	size_t packed_len;
	unsigned char *text; /* AHEAD_MOST bytes */
	size_t text_len;     /* as the piece says; not 0 */
	bool good;	     /* text is what it says: set by who decodes */
};

/* Whose threads decode. For one struct ahead in its life: packets are numbered
 * from 0. */
struct ahead_help {
	void *context;
	unsigned most; /* packets that may be out at once, at least 1 */
	/* Takes a packet to be decoded. Returns 0 or a negative errno, then it
	 * is not taken. Does not block. */
	int (*send)(void *context, struct packet *packet);
	/* Gives back the next packet, in the order in which they were sent.
	 * Blocks until it is decoded. NULL when everything was aborted: then
	 * none of those that are out comes back. */
	struct packet *(*take)(void *context);
};

struct ahead {
	const struct ahead_help *help;	    /* NULL: there is none */
	struct packet *packets;		    /* help->most of them, or NULL */
	uint64_t sent, taken;		    /* the next numbers */
	struct packet *current;		    /* being handed out, or NULL */
	size_t at;			    /* current->text from here on */
	const struct format_pieces *pieces; /* what the rest of the input may
					       hold; NULL: nothing to send */
	off_t begin; /* where the input does, in its file */
};

/* Makes *a one that has nothing out. help may be NULL; it must live as long as
 * *a. */
void ahead_init(struct ahead *a, const struct ahead_help *help);

/* Frees the packets. None may be out. */
void ahead_release(struct ahead *a);

/* An input of this format begins with the next byte of the feed. Finds out
 * whether there is anything in it for others to do. */
void ahead_begin(
	struct ahead *a, const struct feed *feed, const struct format *format);

/* Sends what there is to send, and hands out up to len bytes of text that comes
 * next in the input and was decoded by others. Returns their number; 0 when
 * there is nothing of the kind, then the feed and the stream are where it goes
 * on; -ECANCELED after an abort; or -EOWNERDEAD as feed_read. Blocks as
 * ahead_take. */
ssize_t ahead_read(struct ahead *a, struct feed *feed, struct stream *stream,
	unsigned char *buf, size_t len);

/* The steps of that: */

/* Whether packets are out. */
bool ahead_is_out(const struct ahead *a);

/* The packet to fill and send next; NULL if all are in use or there is no
 * memory. */
struct packet *ahead_next(struct ahead *a);

/* Sends what ahead_next gave. Returns 0 or a negative errno. */
int ahead_send(struct ahead *a);

/* Gets the next packet back, which then is current. At least one must be out.
 * Returns 0, or -ECANCELED after an abort. May block for as long as decoding
 * takes. */
int ahead_take(struct ahead *a);

/* Copies up to len bytes of the current packet's text, from where it stands.
 * Returns how many; the last ones end its being current. */
size_t ahead_hand_out(struct ahead *a, unsigned char *buf, size_t len);

/* Gets everything back and forgets it. Blocks as ahead_take. */
void ahead_call_back(struct ahead *a);

#endif
