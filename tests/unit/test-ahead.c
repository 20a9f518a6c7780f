/*
 * Tests of members that are lent out to be decoded: they come back in order, in
 * memory that is bounded, and an end in the middle leaves nothing behind.
 */
#include "config.h"

#include "io/ahead.h"

#include "support.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Memory that runs out: the linker leads malloc and calloc here (--wrap). */
static bool limited;
static size_t allowed; /* calls that succeed, while limited */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

static bool may_allocate(void)
{
	return !limited || (allowed > 0 && allowed-- > 0);
}

void *__wrap_malloc(size_t size)
{
	return may_allocate() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t n, size_t size)
{
	return may_allocate() ? __real_calloc(n, size) : NULL;
}

/* Help in the same thread, which decodes when a packet is asked back. */
#define MOST 7

struct helper {
	struct ahead_help help;
	struct packet *out[MOST];
	size_t sent, taken;
	int err; /* what send returns */
	bool aborted;
};

static int helper_send(void *context, struct packet *packet)
{
	struct helper *h = context;

	if (h->err)
		return h->err;
	assert_true(h->sent - h->taken < h->help.most);
	h->out[h->sent++ % MOST] = packet;
	return 0;
}

/* The text is what was packed, twice. */
static struct packet *helper_take(void *context)
{
	struct helper *h = context;
	struct packet *packet;

	if (h->aborted)
		return NULL;
	assert_true(h->taken < h->sent);
	packet = h->out[h->taken++ % MOST];
	for (int i = 0; i < 2; i++)
		memcpy(packet->text + (size_t)i * packet->packed_len,
			packet->packed, packet->packed_len);
	packet->good = true;
	return packet;
}

static void helper_init(struct helper *h, unsigned most)
{
	*h = (struct helper){.help = {.context = h,
				     .most = most,
				     .send = helper_send,
				     .take = helper_take}};
}

/* Fills and sends the packet number n. */
static void send_number(struct ahead *a, size_t n)
{
	struct packet *packet = ahead_next(a);

	assert_non_null(packet);
	assert_int_equal(packet->seq, n);
	assert_false(packet->good);
	packet->packed_len =
		(size_t)snprintf((char *)packet->packed, 32, "number %zu;", n);
	packet->text_len = 2 * packet->packed_len;
	assert_int_equal(ahead_send(a), 0);
	assert_true(ahead_is_out(a));
}

/* Gets the packet number n back, and its text in pieces of at most len bytes.
 */
static void take_number(struct ahead *a, size_t n, size_t len)
{
	char want[64], got[64];
	size_t at = 0;

	(void)snprintf(want, sizeof(want), "number %zu;number %zu;", n, n);
	assert_int_equal(ahead_take(a), 0);
	assert_non_null(a->current);
	assert_int_equal(a->current->seq, n);
	assert_true(a->current->good);
	while (a->current) {
		unsigned char *piece = support_allocate(len);
		size_t left = strlen(want) - at;
		size_t given = ahead_hand_out(a, piece, len);

		assert_int_equal(given, len < left ? len : left);
		memcpy(got + at, piece, given);
		at += given;
		free(piece);
	}
	support_same(got, at, want, strlen(want));
}

static void without_help_there_is_no_packet(void **state)
{
	struct ahead a;

	(void)state;
	ahead_init(&a, NULL);
	assert_false(ahead_is_out(&a));
	assert_null(ahead_next(&a));
	ahead_call_back(&a);
	ahead_release(&a);
}

static void memory_is_taken_with_the_first_packet(void **state)
{
	struct helper h;
	struct ahead a;

	(void)state;
	helper_init(&h, MOST);
	ahead_init(&a, &h.help);
	assert_null(a.packets);
	assert_null(a.current);
	assert_false(ahead_is_out(&a));
	ahead_call_back(&a);
	ahead_release(&a);
	ahead_init(&a, &h.help);
	assert_non_null(ahead_next(&a));
	assert_false(ahead_is_out(&a));
	ahead_release(&a);
	ahead_release(&a);
}

static void packets_come_back_in_order(void **state)
{
	(void)state;
	for (unsigned most = 1; most <= MOST; most++) {
		size_t sent = 0, taken = 0;
		struct helper h;
		struct ahead a;

		helper_init(&h, most);
		ahead_init(&a, &h.help);
		/* As many out as may be, and other numbers of them. */
		for (size_t round = 0; round < 50; round++) {
			size_t want = 1 + round % most;

			while (sent - taken < want)
				send_number(&a, sent++);
			take_number(&a, taken++, 64);
			assert_int_equal(ahead_is_out(&a), sent > taken);
		}
		while (taken < sent)
			take_number(&a, taken++, 64);
		assert_false(ahead_is_out(&a));
		ahead_release(&a);
	}
}

static void no_more_are_in_use_than_may_be_out(void **state)
{
	(void)state;
	for (unsigned most = 1; most <= MOST; most++) {
		unsigned char buf[64];
		struct helper h;
		struct ahead a;

		helper_init(&h, most);
		ahead_init(&a, &h.help);
		for (size_t n = 0; n < most; n++)
			send_number(&a, n);
		assert_null(ahead_next(&a));
		/* One that is being handed out is in use to its last byte. */
		assert_int_equal(ahead_take(&a), 0);
		assert_null(ahead_next(&a));
		assert_int_equal(ahead_hand_out(&a, buf, 17), 17);
		assert_null(ahead_next(&a));
		assert_int_equal(ahead_hand_out(&a, buf, 1), 1);
		assert_null(a.current);
		send_number(&a, most);
		assert_null(ahead_next(&a));
		ahead_call_back(&a);
		ahead_release(&a);
	}
}

/* Whether p is among the n pointers; if not, it is added. */
static bool is_known(const void **known, size_t *n, const void *p)
{
	for (size_t i = 0; i < *n; i++)
		if (known[i] == p)
			return true;
	known[(*n)++] = p;
	return false;
}

static void the_memory_of_packets_is_used_again(void **state)
{
	const void *known[2 * MOST];
	size_t n = 0;
	struct helper h;
	struct ahead a;

	(void)state;
	helper_init(&h, MOST);
	ahead_init(&a, &h.help);
	for (size_t i = 0; i < 5 * MOST; i++) {
		struct packet *packet = ahead_next(&a);

		assert_non_null(packet);
		/* All of it is there. */
		memset(packet->packed, 'p', AHEAD_MOST);
		memset(packet->text, 't', AHEAD_MOST);
		assert_int_equal(
			is_known(known, &n, packet->packed), i >= MOST);
		assert_int_equal(is_known(known, &n, packet->text), i >= MOST);
		send_number(&a, i);
		take_number(&a, i, 64);
	}
	ahead_release(&a);
}

static void text_is_handed_out_in_pieces_of_any_size(void **state)
{
	struct helper h;
	struct ahead a;

	(void)state;
	helper_init(&h, 2);
	ahead_init(&a, &h.help);
	for (size_t len = 1; len < 30; len++) {
		send_number(&a, len - 1);
		take_number(&a, len - 1, len);
	}
	ahead_release(&a);
}

static void a_packet_that_is_refused_can_be_used_again(void **state)
{
	struct helper h;
	struct ahead a;

	(void)state;
	helper_init(&h, 3);
	ahead_init(&a, &h.help);
	send_number(&a, 0);
	h.err = -EAGAIN;
	for (int i = 0; i < 5; i++) {
		struct packet *packet = ahead_next(&a);

		assert_non_null(packet);
		assert_int_equal(packet->seq, 1);
		assert_int_equal(ahead_send(&a), -EAGAIN);
	}
	take_number(&a, 0, 64);
	assert_false(ahead_is_out(&a));
	h.err = 0;
	send_number(&a, 1);
	take_number(&a, 1, 64);
	ahead_release(&a);
}

static void a_packet_is_not_good_because_it_was_once(void **state)
{
	struct helper h;
	struct ahead a;

	(void)state;
	helper_init(&h, 1);
	ahead_init(&a, &h.help);
	for (size_t i = 0; i < 3; i++) {
		send_number(&a, i); /* looks at it */
		take_number(&a, i, 64);
	}
	ahead_release(&a);
}

static void calling_back_forgets_everything(void **state)
{
	size_t n = 0;
	struct helper h;
	struct ahead a;

	(void)state;
	helper_init(&h, 4);
	ahead_init(&a, &h.help);
	for (size_t out = 0; out <= 4; out++) {
		unsigned char buf[4];

		for (size_t i = 0; i < out; i++)
			send_number(&a, n++);
		if (out % 2 == 0 && out > 0) { /* half handed out */
			assert_int_equal(ahead_take(&a), 0);
			assert_int_equal(ahead_hand_out(&a, buf, 4), 4);
		}
		ahead_call_back(&a);
		assert_false(ahead_is_out(&a));
		assert_null(a.current);
		assert_int_equal(h.taken, h.sent);
		/* The numbers go on: they are those of whoever helps, too. */
		for (size_t i = 0; i < 4; i++)
			send_number(&a, n + i);
		for (size_t i = 0; i < 4; i++)
			take_number(&a, n + i, 5);
		n += 4;
	}
	ahead_release(&a);
}

static void after_an_abort_nothing_is_out(void **state)
{
	(void)state;
	for (size_t out = 1; out <= 4; out++) {
		struct helper h;
		struct ahead a;

		helper_init(&h, 4);
		ahead_init(&a, &h.help);
		for (size_t i = 0; i < out; i++)
			send_number(&a, i);
		h.aborted = true;
		h.err = -ECANCELED;
		assert_int_equal(ahead_take(&a), -ECANCELED);
		assert_false(ahead_is_out(&a));
		assert_null(a.current);
		ahead_call_back(&a);
		ahead_release(&a);
	}
}

static void calling_back_ends_with_an_abort(void **state)
{
	struct helper h;
	struct ahead a;

	(void)state;
	helper_init(&h, 4);
	ahead_init(&a, &h.help);
	for (size_t i = 0; i < 4; i++)
		send_number(&a, i);
	assert_int_equal(ahead_take(&a), 0);
	h.aborted = true;
	ahead_call_back(&a);
	assert_false(ahead_is_out(&a));
	assert_null(a.current);
	ahead_release(&a);
}

static void without_memory_there_is_no_packet(void **state)
{
	(void)state;
	/* The array, then two for each packet. */
	for (size_t calls = 0; calls < 5; calls++) {
		struct packet *first, *second = NULL;
		struct helper h;
		struct ahead a;

		helper_init(&h, 2);
		ahead_init(&a, &h.help);
		allowed = calls;
		limited = true;
		first = ahead_next(&a);
		if (first)
			second = ahead_send(&a) == 0 ? ahead_next(&a) : NULL;
		limited = false;
		assert_int_equal(first != NULL, calls >= 3);
		assert_null(second);
		/* When there is memory again, it goes on. */
		if (first)
			assert_int_equal(ahead_take(&a), 0);
		a.current = NULL;
		for (size_t i = h.sent; i < 5; i++) {
			send_number(&a, i);
			take_number(&a, i, 64);
		}
		ahead_release(&a);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_help_there_is_no_packet),
		cmocka_unit_test(memory_is_taken_with_the_first_packet),
		cmocka_unit_test(packets_come_back_in_order),
		cmocka_unit_test(no_more_are_in_use_than_may_be_out),
		cmocka_unit_test(the_memory_of_packets_is_used_again),
		cmocka_unit_test(text_is_handed_out_in_pieces_of_any_size),
		cmocka_unit_test(a_packet_that_is_refused_can_be_used_again),
		cmocka_unit_test(a_packet_is_not_good_because_it_was_once),
		cmocka_unit_test(calling_back_forgets_everything),
		cmocka_unit_test(after_an_abort_nothing_is_out),
		cmocka_unit_test(calling_back_ends_with_an_abort),
		cmocka_unit_test(without_memory_there_is_no_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
