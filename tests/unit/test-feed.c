/*
 * Tests of the bytes between a descriptor and who decodes: none is lost or
 * handed out twice, whether it was looked at, kept, gone back to, or left by
 * who was relieved in a read: fdio_read goes through the test.
 */
#include "config.h"

#include "io/feed.h"

#include "io/clock.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* A file of noise, longer than the feed's buffer, and a feed of it. */
#define LEN (3 * FEED_SIZE + 100)

struct rig {
	struct feed f;
	unsigned char bytes[LEN];
	unsigned char got[LEN];
	size_t at; /* bytes got */
};

/* Who relieves the reader in its next read; NULL: nobody does. */
static struct relief *relieved;

ssize_t __real_fdio_read(
	struct fdio *io, void *buf, size_t len, int wake, int64_t deadline);
ssize_t __wrap_fdio_read(
	struct fdio *io, void *buf, size_t len, int wake, int64_t deadline);

ssize_t __wrap_fdio_read(
	struct fdio *io, void *buf, size_t len, int wake, int64_t deadline)
{
	if (relieved)
		assert_true(relief_take(relieved));
	return __real_fdio_read(io, buf, len, wake, deadline);
}

static struct rig *rig_new(size_t len)
{
	struct rig *r = support_allocate(sizeof(*r));
	uint32_t seed = 20261126;
	struct stat st;

	for (size_t i = 0; i < LEN; i++)
		r->bytes[i] = (unsigned char)(support_random(&seed) >> 8);
	support_write("in", r->bytes, len);
	feed_init(&r->f);
	assert_int_equal(fdio_open_input(&r->f.io, "in", true, &st), 0);
	feed_begin(&r->f, &st);
	r->at = 0;
	return r;
}

static void rig_free(struct rig *r)
{
	assert_int_equal(fdio_close(&r->f.io), 0);
	feed_release(&r->f);
	free(r);
}

static ssize_t rig_read(struct rig *r, size_t len)
{
	struct fault fault = {""};
	ssize_t n = feed_read(&r->f, r->got + r->at, len, FDIO_NO_WAKE,
		CLOCK_FOREVER, &fault);

	if (n > 0)
		r->at += (size_t)n;
	return n;
}

/* Reads len bytes and keeps them, as who detects a format does. */
static void rig_keep(struct rig *r, size_t len)
{
	struct fault fault = {""};

	assert_int_equal(rig_read(r, len), len);
	r->at -= len;
	assert_int_equal(feed_keep(&r->f, r->got + r->at, len, &fault), 0);
}

/* Takes what is there to its end, and compares all. */
static void rig_finish(struct rig *r, size_t len)
{
	while (feed_ready(&r->f) > 0)
		r->at += feed_take(&r->f, r->got + r->at, 1000);
	while (rig_read(r, LEN - r->at < 7000 ? LEN - r->at : 7000) > 0)
		;
	support_same(r->got, r->at, r->bytes, len);
}

static void what_is_kept_comes_before_what_is_read(void **state)
{
	struct rig *r = rig_new(LEN);

	(void)state;
	assert_int_equal(feed_ready(&r->f), 0);
	rig_keep(r, 1);
	rig_keep(r, FEED_KEPT - 1);
	rig_keep(r, FEED_SIZE);
	assert_int_equal(feed_ready(&r->f), FEED_KEPT + FEED_SIZE);
	assert_memory_equal(feed_next(&r->f), r->bytes, FEED_KEPT + FEED_SIZE);
	feed_pass(&r->f, 5);
	memcpy(r->got, r->bytes, 5);
	r->at = 5;
	assert_memory_equal(feed_next(&r->f), r->bytes + 5, 100);
	rig_finish(r, LEN);
	rig_free(r);
}

static void looking_takes_nothing(void **state)
{
	struct rig *r = rig_new(LEN);

	(void)state;
	rig_keep(r, 10);
	r->at += feed_take(&r->f, r->got, 7);
	assert_int_equal(feed_look(&r->f, 3), 0); /* there already */
	assert_int_equal(feed_ready(&r->f), 3);
	assert_int_equal(feed_look(&r->f, 64), 0);
	assert_between(feed_ready(&r->f), 64, FEED_SIZE);
	assert_memory_equal(feed_next(&r->f), r->bytes + 7, feed_ready(&r->f));
	assert_int_equal(feed_position(&r->f), 7);
	rig_finish(r, LEN);
	/* At the end there is less than was wanted. */
	assert_int_equal(feed_look(&r->f, 64), 0);
	assert_int_equal(feed_ready(&r->f), 0);
	rig_free(r);
}

static void all_of_a_piece_or_none(void **state)
{
	struct rig *r = rig_new(LEN);

	(void)state;
	rig_keep(r, 100);
	assert_true(feed_take_all(&r->f, r->got, 60)); /* in the buffer */
	assert_true(feed_take_all(&r->f, r->got + 60, 2 * FEED_SIZE));
	r->at = 60 + 2 * FEED_SIZE;
	assert_int_equal(feed_position(&r->f), r->at);
	assert_false(feed_take_all(&r->f, r->got + r->at, LEN - r->at + 1));
	feed_go_back(&r->f, (off_t)r->at);
	assert_true(feed_take_all(&r->f, r->got + r->at, LEN - r->at));
	support_same(r->got, LEN, r->bytes, LEN);
	rig_free(r);
}

static void going_back_reads_the_same_again(void **state)
{
	static const size_t back[] = {0, 5, FEED_SIZE, 2 * FEED_SIZE + 1};

	(void)state;
	for (size_t i = 0; i < COUNT(back); i++) {
		struct rig *r = rig_new(LEN);

		rig_keep(r, 10);
		assert_true(feed_take_all(&r->f, r->got, 2 * FEED_SIZE + 1));
		assert_int_equal(feed_look(&r->f, 64), 0);
		feed_go_back(&r->f, (off_t)back[i]);
		assert_int_equal(feed_position(&r->f), back[i]);
		assert_int_equal(feed_ready(&r->f), 0);
		r->at = back[i];
		rig_finish(r, LEN);
		rig_free(r);
	}
}

/* A stop is no reason to lose what was read, and none to read on. */
static void after_a_stop_only_what_was_read_is_read_again(void **state)
{
	struct rig *r = rig_new(LEN);

	(void)state;
	rig_keep(r, 10);
	assert_true(feed_take_all(&r->f, r->got, 1000));
	feed_stop(&r->f);
	assert_int_equal(rig_read(r, 1), 0);
	assert_int_equal(feed_look(&r->f, 64), 0);
	assert_int_equal(feed_ready(&r->f), 0);
	feed_go_back(&r->f, 400);
	r->at = 400;
	assert_int_equal(rig_read(r, 500), 500);
	assert_int_equal(rig_read(r, 500), 100);
	assert_int_equal(rig_read(r, 500), 0);
	support_same(r->got, r->at, r->bytes, 1000);
	rig_free(r);
}

/* A feed of what is put into a pipe: put[1] is its other end. */
static void feed_of_pipe(struct feed *f, int put[2])
{
	struct stat st;

	assert_int_equal(pipe(put), 0);
	feed_init(f);
	assert_int_equal(fdio_init(&f->io, put[0], O_RDONLY), 0);
	assert_int_equal(fstat(put[0], &st), 0);
	feed_begin(f, &st);
}

static void free_feed_of_pipe(struct feed *f, const int put[2])
{
	assert_int_equal(close(put[1]), 0);
	assert_int_equal(fdio_close(&f->io), 0);
	feed_release(f);
}

/* What waits in a pipe when we are stopped is read; what comes later is not,
 * and nothing is waited for. */
static void after_a_stop_what_waits_is_read(void **state)
{
	struct fault fault = {""};
	struct feed f;
	char got[64];
	int put[2];

	(void)state;
	feed_of_pipe(&f, put);
	assert_int_equal(write(put[1], "0123456789", 10), 10);
	feed_stop(&f);
	assert_int_equal(write(put[1], "late", 4), 4);
	feed_stop(&f); /* again: asks no more */
	assert_int_equal(
		feed_read(&f, got, 7, FDIO_NO_WAKE, CLOCK_FOREVER, &fault), 7);
	assert_int_equal(
		feed_read(&f, got + 7, 57, FDIO_NO_WAKE, CLOCK_FOREVER, &fault),
		3);
	assert_memory_equal(got, "0123456789", 10);
	assert_int_equal(
		feed_read(&f, got, 64, FDIO_NO_WAKE, CLOCK_FOREVER, &fault), 0);
	free_feed_of_pipe(&f, put);
}

static void what_another_reader_took_is_not_waited_for(void **state)
{
	struct fault fault = {""};
	struct feed f;
	char got[64];
	int put[2];

	(void)state;
	feed_of_pipe(&f, put);
	assert_int_equal(write(put[1], "0123456789", 10), 10);
	feed_stop(&f);
	assert_int_equal(read(put[0], got, 10), 10);
	assert_int_equal(
		feed_read(&f, got, 64, FDIO_NO_WAKE, CLOCK_FOREVER, &fault), 0);
	assert_true(f.at_end);
	free_feed_of_pipe(&f, put);
}

/* Whoever hangs in a read of it may still get it. */
static void who_relieves_a_reader_leaves_what_waits(void **state)
{
	struct fault fault = {""};
	struct feed f;
	char got[64];
	int put[2];

	(void)state;
	feed_of_pipe(&f, put);
	assert_int_equal(write(put[1], "0123456789", 10), 10);
	feed_stop(&f);
	assert_int_equal(feed_relieve(&f), 0);
	assert_int_equal(
		feed_read(&f, got, 64, FDIO_NO_WAKE, CLOCK_FOREVER, &fault), 0);
	free_feed_of_pipe(&f, put);
}

/* Whoever appends to a file meanwhile is late. */
static void a_file_that_gave_all_of_it_is_at_its_end(void **state)
{
	struct rig *r = rig_new(1000);
	int fd;

	(void)state;
	assert_int_equal(rig_read(r, 2000), 1000);
	fd = open("in", O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, "more", 4), 4);
	assert_int_equal(close(fd), 0);
	assert_int_equal(rig_read(r, 2000), 0);
	support_same(r->got, r->at, r->bytes, 1000);
	rig_free(r);
}

static void a_new_input_begins_with_nothing_left(void **state)
{
	struct rig *r = rig_new(LEN);
	struct stat st;

	(void)state;
	rig_keep(r, 100);
	feed_go_back(&r->f, 20);
	feed_stop(&r->f);
	assert_int_equal(fdio_close(&r->f.io), 0);
	assert_int_equal(fdio_open_input(&r->f.io, "in", true, &st), 0);
	feed_begin(&r->f, &st);
	rig_finish(r, LEN);
	rig_free(r);
}

/* Each way to read leaves a feed with which somebody else can go on. */
static void who_relieves_the_reader_has_all_that_was_read(void **state)
{
	enum {
		READ,
		REFILL,
		LOOK,
		TAKE,
		N_WAYS
	};

	(void)state;
	for (int way = READ; way < N_WAYS; way++) {
		struct rig *r = rig_new(LEN);
		struct relief relief = {RELIEF_AWAY};
		struct fault fault = {""};
		unsigned char *buf = support_allocate(1000);
		ssize_t n = -1;

		r->f.relief = &relief;
		rig_keep(r, 100);
		if (way == REFILL)
			r->at += feed_take(&r->f, r->got, 100);
		relieved = &relief;
		switch (way) {
		case READ:
			n = feed_read(
				&r->f, buf, 1000, FDIO_NO_WAKE, 0, &fault);
			break;
		case REFILL:
			n = feed_refill(&r->f, FDIO_NO_WAKE, 0, &fault);
			break;
		case LOOK:
			n = feed_look(&r->f, 1000);
			break;
		case TAKE:
		default:
			n = feed_take_all(&r->f, buf, 1000);
			break;
		}
		relieved = NULL;
		assert_int_equal(n, -EOWNERDEAD);
		assert_int_equal(feed_relieve(&r->f), 0);
		rig_finish(r, 100); /* and not a byte more: it is stopped */
		free(buf);
		rig_free(r);
	}
}

static void what_cannot_be_read_is_told(void **state)
{
	struct fault fault = {""};
	struct stat st;
	struct feed f;
	char byte;

	(void)state;
	feed_init(&f);
	assert_int_equal(fdio_open_input(&f.io, ".", true, &st), 0);
	feed_begin(&f, &st);
	assert_int_equal(
		feed_read(&f, &byte, 1, FDIO_NO_WAKE, CLOCK_FOREVER, &fault),
		-EISDIR);
	assert_string_equal(fault.text, strerror(EISDIR));
	assert_int_equal(fdio_close(&f.io), 0);
	feed_release(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		in_directory(what_is_kept_comes_before_what_is_read),
		in_directory(looking_takes_nothing),
		in_directory(all_of_a_piece_or_none),
		in_directory(going_back_reads_the_same_again),
		in_directory(after_a_stop_only_what_was_read_is_read_again),
		in_directory(after_a_stop_what_waits_is_read),
		in_directory(what_another_reader_took_is_not_waited_for),
		in_directory(who_relieves_a_reader_leaves_what_waits),
		in_directory(a_file_that_gave_all_of_it_is_at_its_end),
		in_directory(a_new_input_begins_with_nothing_left),
		in_directory(who_relieves_the_reader_has_all_that_was_read),
		in_directory(what_cannot_be_read_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
