/*
 * Tests of how a gzip file ends: the last member that says its size is found
 * and decoded, whatever it looks like from behind; and where there is none,
 * that is said, or the whole file decoded.
 */
#define _GNU_SOURCE /* also where the program does without */
#include "config.h"

#include "io/tail.h"

#include "codec/gzip-header.h"
#include "io/fdio.h"
#include "gzfile.h"
#include "support.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

static unsigned reads; /* calls of pread so far */

ssize_t pread(int fd, void *buf, size_t len, off_t at)
{
	reads++;
	return syscall(SYS_pread64, fd, buf, len, at);
}

static enum tail look(const struct gzfile *f)
{
	return tail_look(f->fd, f->size, TAIL_REACH);
}

static enum tail decoded(const struct gzfile *f)
{
	enum tail tail = TAIL_WHOLE;

	assert_int_equal(
		tail_decode(f->fd, 0, f->size, FDIO_NO_WAKE, &tail), 0);
	return tail;
}

static void the_last_member_tells_how_the_text_ends(void **state)
{
	struct gzfile f;

	(void)state;
	gzfile_begin(&f);
	assert_int_equal(look(&f), TAIL_WHOLE);
	gzfile_add_member(&f, BYTES("a\n"));
	assert_int_equal(look(&f), TAIL_WHOLE);
	gzfile_add_member(&f, BYTES("b"));
	assert_int_equal(look(&f), TAIL_OPEN);
	assert_int_equal(decoded(&f), TAIL_OPEN);
	gzfile_add_member(&f, BYTES("c\n"));
	assert_int_equal(look(&f), TAIL_WHOLE);
	assert_int_equal(decoded(&f), TAIL_WHOLE);
	gzfile_end(&f);
}

static void where_it_begins_is_told(void **state)
{
	struct tail_member m;
	struct gzfile f;
	off_t at;

	(void)state;
	gzfile_begin(&f);
	assert_int_equal(tail_find(f.fd, 0, TAIL_REACH, &m), 0);
	gzfile_add_foreign(&f, BYTES("foreign\n"));
	at = f.size;
	gzfile_add_member(&f, BYTES("abc"));
	assert_int_equal(tail_find(f.fd, f.size, TAIL_REACH, &m), 1);
	assert_int_equal(m.at, at);
	assert_true(m.text);
	assert_false(m.ending);
	at = f.size;
	gzfile_add_member(&f, "", 0);
	assert_int_equal(tail_find(f.fd, f.size, TAIL_REACH, &m), 1);
	assert_int_equal(m.at, at);
	assert_false(m.text);
	/* Not the end of the file. */
	assert_int_equal(tail_find(f.fd, f.size - 1, TAIL_REACH, &m), 0);
	gzfile_end(&f);
}

static void members_without_text_are_passed_over(void **state)
{
	struct gzfile f;

	(void)state;
	gzfile_begin(&f);
	gzfile_add_member(&f, "", 0);
	assert_int_equal(look(&f), TAIL_WHOLE);
	gzfile_add_member(&f, BYTES("open"));
	gzfile_add_member(&f, "", 0);
	gzfile_add_member(&f, "", 0);
	assert_int_equal(look(&f), TAIL_OPEN);
	gzfile_add_member(&f, BYTES("\n"));
	gzfile_add_member(&f, "", 0);
	assert_int_equal(look(&f), TAIL_WHOLE);
	gzfile_end(&f);
}

static void a_foreign_end_is_known_only_when_all_is_decoded(void **state)
{
	struct gzfile f;

	(void)state;
	gzfile_begin(&f);
	gzfile_add_member(&f, BYTES("a\n"));
	gzfile_add_foreign(&f, BYTES("open"));
	assert_int_equal(look(&f), TAIL_UNKNOWN);
	assert_int_equal(decoded(&f), TAIL_OPEN);
	/* Zeros may stand behind. */
	gzfile_add(&f, "\0\0\0\0", 4);
	assert_int_equal(look(&f), TAIL_UNKNOWN);
	assert_int_equal(decoded(&f), TAIL_OPEN);
	gzfile_add_member(&f, "", 0);
	assert_int_equal(look(&f), TAIL_UNKNOWN);
	gzfile_end(&f);
	gzfile_begin(&f);
	gzfile_add_foreign(&f, BYTES("whole\n"));
	assert_int_equal(look(&f), TAIL_UNKNOWN);
	assert_int_equal(decoded(&f), TAIL_WHOLE);
	gzfile_end(&f);
}

static void damage_is_not_known(void **state)
{
	struct gzfile f;

	(void)state;
	gzfile_begin(&f);
	gzfile_add_member(&f, BYTES("one\n"));
	gzfile_add_member(&f, BYTES("two\n"));
	assert_int_equal(ftruncate(f.fd, --f.size), 0);
	assert_int_equal(look(&f), TAIL_UNKNOWN);
	assert_int_equal(decoded(&f), TAIL_UNKNOWN);
	/* Shorter than we think. */
	f.size += 10;
	assert_int_equal(look(&f), TAIL_UNKNOWN);
	assert_int_equal(
		tail_decode(f.fd, 0, f.size, FDIO_NO_WAKE, &(enum tail){0}),
		-FDIO_SHORT);
	gzfile_end(&f);
	gzfile_begin(&f);
	gzfile_add_member(&f, BYTES("one\n"));
	assert_int_equal(pwrite(f.fd, "X", 1, f.size - 6), 1);
	assert_int_equal(look(&f), TAIL_UNKNOWN);
	assert_int_equal(decoded(&f), TAIL_UNKNOWN);
	gzfile_end(&f);
}

static void a_member_that_is_text_of_another_is_none(void **state)
{
	struct gzfile f;
	size_t size;
	unsigned char *inner;

	(void)state;
	gzfile_begin(&f);
	inner = gzfile_make_member(&f, BYTES("inner"), &size);
	/* As if it reached up to the end of what it stands in. */
	inner[16] = (unsigned char)(size + GZIP_TRAILER);
	gzfile_add_stored(&f, inner, size);
	assert_int_equal(look(&f), TAIL_UNKNOWN);
	assert_int_equal(decoded(&f), TAIL_OPEN);
	free(inner);
	gzfile_end(&f);
}

static void what_looks_like_a_head_in_the_last_member_is_passed_over(
	void **state)
{
	unsigned char text[4 * 20];
	struct tail_member m;
	struct gzfile f;
	size_t size, left;
	unsigned char *member;
	off_t at;

	(void)state;
	gzfile_begin(&f);
	/* A stored block of heads, each of which seems to reach the end. */
	member = gzfile_make_member(&f, BYTES("x"), &size);
	left = sizeof(text) + GZIP_TRAILER;
	for (size_t i = 0; i < 4; i++, left -= 20) {
		memcpy(text + 20 * i, member, 20);
		text[20 * i + 16] = (unsigned char)left;
	}
	free(member);
	/* Level 1 does not store; so the member is made by hand: the header of
	 * ours, and the stored rest of another. */
	gzfile_add_stored(&f, text, sizeof(text));
	size = (size_t)f.size + 10;
	member = support_allocate(size);
	assert_int_equal(syscall(SYS_pread64, f.fd, member + 20,
				 (size_t)f.size - 10, (off_t)10),
		f.size - 10);
	memcpy(member, text, 20);
	member[16] = (unsigned char)size;
	at = f.size;
	gzfile_add(&f, member, size);
	assert_int_equal(tail_find(f.fd, f.size, TAIL_REACH, &m), 1);
	assert_int_equal(m.at, at);
	free(member);
	gzfile_end(&f);
}

static void only_so_many_candidates_are_decoded(void **state)
{
	enum {
		HEADS = 2000
	};
	unsigned char *text = support_allocate(20 * (size_t)HEADS);
	struct gzfile f;
	size_t size, left = 20 * (size_t)HEADS + GZIP_TRAILER;
	unsigned char *member;

	(void)state;
	gzfile_begin(&f);
	member = gzfile_make_member(&f, BYTES("x"), &size);
	for (size_t i = 0; i < HEADS; i++, left -= 20) {
		memcpy(text + 20 * i, member, 20);
		text[20 * i + 16] = (unsigned char)left;
		text[20 * i + 17] = (unsigned char)(left >> 8);
	}
	free(member);
	gzfile_add_stored(&f, text, 20 * (size_t)HEADS);
	reads = 0;
	assert_int_equal(look(&f), TAIL_UNKNOWN);
	assert_between(reads, 2, 40);
	/* The same for members without text. */
	for (int i = 0; i < 1000; i++)
		gzfile_add_member(&f, "", 0);
	reads = 0;
	assert_int_equal(look(&f), TAIL_UNKNOWN);
	assert_between(reads, 2, 80);
	free(text);
	gzfile_end(&f);
}

static void a_large_member_is_found_within_the_reach(void **state)
{
	static const size_t lens[] = {60000, 100000, 1000000, 1100000};
	struct gzfile f;

	(void)state;
	for (size_t i = 0; i < COUNT(lens); i++) {
		unsigned char *noise = support_make(SUPPORT_NOISE, lens[i]);

		gzfile_begin(&f);
		noise[lens[i] - 1] = 'x';
		gzfile_add_member(&f, BYTES("before\n"));
		gzfile_add_member(&f, noise, lens[i]);
		assert_int_equal(look(&f),
			lens[i] < TAIL_REACH ? TAIL_OPEN : TAIL_UNKNOWN);
		assert_int_equal(
			tail_look(f.fd, f.size, 2 * TAIL_REACH), TAIL_OPEN);
		assert_int_equal(decoded(&f), TAIL_OPEN);
		free(noise);
		gzfile_end(&f);
	}
}

static void what_is_behind_a_place_can_be_decoded_alone(void **state)
{
	enum tail tail = TAIL_WHOLE;
	struct gzfile f;
	off_t at, end_of_text;

	(void)state;
	gzfile_begin(&f);
	gzfile_add_foreign(&f, BYTES("open"));
	at = f.size;
	gzfile_add_foreign(&f, BYTES(""));
	end_of_text = f.size;
	gzfile_add_foreign(&f, BYTES("line\n"));
	/* Without text behind it, what was before is still true. */
	tail = TAIL_OPEN;
	assert_int_equal(
		tail_decode(f.fd, at, end_of_text, FDIO_NO_WAKE, &tail), 0);
	assert_int_equal(tail, TAIL_OPEN);
	assert_int_equal(tail_decode(f.fd, at, f.size, FDIO_NO_WAKE, &tail), 0);
	assert_int_equal(tail, TAIL_WHOLE);
	/* A place where no member begins. */
	assert_int_equal(
		tail_decode(f.fd, at + 1, f.size, FDIO_NO_WAKE, &tail), 0);
	assert_int_equal(tail, TAIL_UNKNOWN);
	gzfile_end(&f);
}

static void decoding_all_can_be_woken(void **state)
{
	enum tail tail = TAIL_WHOLE;
	struct gzfile f;
	int wake[2];

	(void)state;
	support_pipe(wake);
	gzfile_begin(&f);
	gzfile_add_foreign(&f, BYTES("text"));
	assert_int_equal(tail_decode(f.fd, 0, f.size, wake[0], &tail), 0);
	assert_int_equal(tail, TAIL_OPEN);
	assert_int_equal(write(wake[1], "", 1), 1);
	assert_int_equal(
		tail_decode(f.fd, 0, f.size, wake[0], &tail), -ECANCELED);
	gzfile_end(&f);
	assert_int_equal(close(wake[0]), 0);
	assert_int_equal(close(wake[1]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_directory(the_last_member_tells_how_the_text_ends),
		in_directory(where_it_begins_is_told),
		in_directory(members_without_text_are_passed_over),
		in_directory(a_foreign_end_is_known_only_when_all_is_decoded),
		in_directory(damage_is_not_known),
		in_directory(a_member_that_is_text_of_another_is_none),
		in_directory(
			what_looks_like_a_head_in_the_last_member_is_passed_over),
		in_directory(only_so_many_candidates_are_decoded),
		in_directory(a_large_member_is_found_within_the_reach),
		in_directory(what_is_behind_a_place_can_be_decoded_alone),
		in_directory(decoding_all_can_be_woken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
