/*
 * Tests of the threads that decode members: whatever their number, packets come
 * back in order, with the text or with the word that it is not good; and an end
 * at any moment leaves nobody waiting.
 */
#define _GNU_SOURCE /* also where the program does without */
#include "config.h"

#include "pipeline/unpackers.h"

#include "codec/members.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const unsigned jobs[] = {1, 2, 4, 8};

/* Members to be decoded: of sizes so different that threads overtake each
 * other. */
#define N_MEMBERS 24
#define LARGEST	  60000

struct member {
	unsigned char *text, *packed;
	size_t text_len, packed_len;
	bool damaged;
};

static struct member members[N_MEMBERS];

static int make_members(void **state)
{
	uint32_t seed = 20261124;
	struct packer *d;

	(void)state;
	if (packer_new(&d, &packing_members, 1) != 0)
		return -1;
	for (size_t i = 0; i < N_MEMBERS; i++) {
		struct member *m = &members[i];
		struct packed packed;
		size_t room;

		m->text_len = i % 5 == 0 ? LARGEST : 1 + 10 * i;
		room = packer_bound(d, m->text_len);
		m->text = malloc(m->text_len);
		m->packed = malloc(room);
		if (!m->text || !m->packed)
			return -1;
		for (size_t n = 0; n < m->text_len; n++)
			m->text[n] = (unsigned char)("etaoin shrdlu\n"
					[support_random(&seed) % 14]);
		if (packer_pack(d, m->text, m->text_len, m->packed, room,
			    &packed) != 0)
			return -1;
		m->packed_len = packed.size;
		m->damaged = i % 7 == 3;
		if (m->damaged) /* the CRC */
			m->packed[m->packed_len - 6] ^= 1;
	}
	packer_free(d);
	return 0;
}

static int free_members(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_MEMBERS; i++) {
		free(members[i].text);
		free(members[i].packed);
	}
	return 0;
}

/* Sends the next packet; returns what send does. May be called anywhere. */
static int send_next(struct ahead *a)
{
	struct packet *packet = ahead_next(a);
	const struct member *m;

	if (!packet)
		return 1;
	m = &members[packet->seq % N_MEMBERS];
	memcpy(packet->packed, m->packed, m->packed_len);
	packet->pieces = &member_pieces;
	packet->packed_len = m->packed_len;
	packet->text_len = m->text_len;
	return ahead_send(a);
}

/* Takes the packet number n back, which must be what was sent. */
static void take_number(struct ahead *a, size_t n)
{
	const struct member *m = &members[n % N_MEMBERS];

	assert_int_equal(ahead_take(a), 0);
	assert_int_equal(a->current->seq, n);
	assert_int_equal(a->current->good, !m->damaged);
	if (!m->damaged)
		support_same(a->current->text, a->current->text_len, m->text,
			m->text_len);
	a->current = NULL;
}

/* They are on the heap: should a test fail, its threads do not run on in what
 * was its stack. */
static struct unpackers *begin(unsigned n, struct ahead *a)
{
	struct unpackers *u = support_allocate(sizeof(*u));

	assert_int_equal(unpackers_init(u, n), 0);
	ahead_init(a, &u->help);
	return u;
}

static void end(struct unpackers *u, struct ahead *a)
{
	unpackers_stop(u);
	assert_int_equal(u->n_threads, 0);
	unpackers_release(u);
	ahead_release(a);
	free(u);
}

static void packets_come_back_in_order(void **state)
{
	(void)state;
	for (size_t j = 0; j < COUNT(jobs); j++) {
		size_t sent = 0, taken = 0;
		struct ahead a;
		struct unpackers *u = begin(jobs[j], &a);

		while (taken < 300) {
			while (sent < 300 && send_next(&a) == 0)
				sent++;
			take_number(&a, taken++);
		}
		assert_false(ahead_is_out(&a));
		assert_true(u->waited >= 0);
		end(u, &a);
	}
}

static void one_packet_after_the_other_is_decoded(void **state)
{
	(void)state;
	for (size_t j = 0; j < COUNT(jobs); j++) {
		struct ahead a;
		struct unpackers *u = begin(jobs[j], &a);

		for (size_t n = 0; n < 100; n++) {
			assert_int_equal(send_next(&a), 0);
			take_number(&a, n);
		}
		end(u, &a);
	}
}

static void each_thread_has_a_packet_and_one_that_waits(void **state)
{
	(void)state;
	for (size_t j = 0; j < COUNT(jobs); j++) {
		struct ahead a;
		struct unpackers *u = begin(jobs[j], &a);

		assert_true(u->help.most >= 2 * jobs[j]);
		/* So many are taken though none is asked back. */
		for (size_t n = 0; n < u->help.most; n++)
			assert_int_equal(send_next(&a), 0);
		assert_int_equal(send_next(&a), 1);
		for (size_t n = 0; n < u->help.most; n++)
			take_number(&a, n);
		end(u, &a);
	}
}

static void threads_are_started_with_the_first_packet(void **state)
{
	(void)state;
	for (size_t j = 0; j < COUNT(jobs); j++) {
		struct ahead a;
		struct unpackers *u = begin(jobs[j], &a);

		assert_int_equal(u->n_threads, 0);
		assert_non_null(ahead_next(&a));
		assert_int_equal(u->n_threads, 0);
		for (size_t n = 0; n < 3; n++) {
			assert_int_equal(send_next(&a), 0);
			assert_int_equal(u->n_threads, jobs[j]);
			take_number(&a, n);
		}
		end(u, &a);
	}
}

static void what_is_out_can_be_called_back(void **state)
{
	(void)state;
	for (size_t j = 0; j < COUNT(jobs); j++) {
		size_t next = 0;
		struct ahead a;
		struct unpackers *u = begin(jobs[j], &a);

		for (size_t round = 0; round < 20; round++) {
			for (size_t i = 0; i < 1 + round % u->help.most; i++) {
				assert_int_equal(send_next(&a), 0);
				next++;
			}
			ahead_call_back(&a);
			assert_int_equal(queue_size(&u->packed), 0);
			assert_int_equal(queue_size(&u->unpacked), 0);
			assert_int_equal(send_next(&a), 0);
			take_number(&a, next++);
		}
		end(u, &a);
	}
}

static void they_need_not_be_used(void **state)
{
	(void)state;
	for (size_t j = 0; j < COUNT(jobs); j++) {
		struct unpackers u;

		assert_int_equal(unpackers_init(&u, jobs[j]), 0);
		unpackers_release(&u);
		assert_int_equal(unpackers_init(&u, jobs[j]), 0);
		unpackers_stop(&u);
		unpackers_stop(&u);
		unpackers_release(&u);
		assert_int_equal(unpackers_init(&u, jobs[j]), 0);
		unpackers_abort(&u);
		unpackers_abort(&u);
		unpackers_stop(&u);
		unpackers_release(&u);
	}
}

static void after_an_abort_nothing_goes_out_or_comes_back(void **state)
{
	(void)state;
	for (size_t j = 0; j < COUNT(jobs); j++) {
		for (size_t out = 0; out <= 2 * jobs[j] + 1; out++) {
			struct ahead a;
			struct unpackers *u = begin(jobs[j], &a);

			for (size_t n = 0; n < out; n++)
				assert_int_equal(send_next(&a), 0);
			unpackers_abort(u);
			assert_true(out == u->help.most || send_next(&a) < 0);
			assert_null(u->help.take(u->help.context));
			assert_null(u->help.take(u->help.context));
			if (out % 2 == 0)
				unpackers_abort(u);
			ahead_call_back(&a);
			assert_false(ahead_is_out(&a));
			end(u, &a);
		}
	}
}

/* A thread that wants a packet. */
struct taker {
	struct unpackers *u;
	struct packet *got;
};

static void take_one(void *context)
{
	struct taker *t = context;

	t->got = t->u->help.take(t->u->help.context);
}

static void an_abort_releases_who_waits_for_a_packet(void **state)
{
	(void)state;
	for (size_t j = 0; j < COUNT(jobs); j++) {
		struct support_thread t;
		struct packet none;
		struct ahead a;
		struct unpackers *u = begin(jobs[j], &a);
		struct taker taker = {.u = u, .got = &none};
		bool slept;

		assert_int_equal(send_next(&a), 0);
		take_number(&a, 0);
		support_start(&t, take_one, &taker);
		slept = support_sleeps(&t);
		unpackers_abort(u);
		support_join(&t);
		assert_true(slept);
		assert_null(taker.got);
		end(u, &a);
	}
}

/* A reader that goes on until somebody aborts, and notes what was wrong. */
struct reading {
	struct ahead a;
	size_t taken, wrong;
};

static void read_on(void *context)
{
	struct reading *r = context;
	size_t sent = 0;

	for (;;) {
		const struct packet *got;
		const struct member *m;

		while (send_next(&r->a) == 0)
			sent++;
		if (!ahead_is_out(&r->a) || ahead_take(&r->a) != 0)
			break;
		got = r->a.current;
		m = &members[r->taken % N_MEMBERS];
		r->wrong += got->seq != r->taken || got->good == m->damaged ||
			    (got->good && memcmp(got->text, m->text,
						  m->text_len) != 0);
		r->taken++;
		r->a.current = NULL;
	}
	r->wrong += r->taken > sent;
}

static void an_abort_ends_the_work_at_any_moment(void **state)
{
	uint32_t seed = 20261125;

	(void)state;
	for (size_t round = 0; round < 40; round++) {
		struct reading r = {.taken = 0};
		struct support_thread t;
		struct unpackers *u = begin(jobs[round % COUNT(jobs)], &r.a);

		support_start(&t, read_on, &r);
		(void)usleep(support_random(&seed) % 3000);
		unpackers_abort(u);
		support_join(&t);
		assert_int_equal(r.wrong, 0);
		end(u, &r.a);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_come_back_in_order),
		cmocka_unit_test(one_packet_after_the_other_is_decoded),
		cmocka_unit_test(each_thread_has_a_packet_and_one_that_waits),
		cmocka_unit_test(threads_are_started_with_the_first_packet),
		cmocka_unit_test(what_is_out_can_be_called_back),
		cmocka_unit_test(they_need_not_be_used),
		cmocka_unit_test(after_an_abort_nothing_goes_out_or_comes_back),
		cmocka_unit_test(an_abort_releases_who_waits_for_a_packet),
		cmocka_unit_test(an_abort_ends_the_work_at_any_moment),
	};

	(void)alarm(1200); /* one who waits for ever must not block the tests */
	return cmocka_run_group_tests(tests, make_members, free_members);
}
