/*
 * Tests of where a gzip file is torn: for a file that was cut at any byte, or
 * has zero bytes where a member was to be, whoever made the members; damage
 * further to the front, and sizes that are wrong, are no tear.
 */
#define _GNU_SOURCE /* also where the program does without */
#include "config.h"

#include "io/tear.h"

#include "codec/gzip-header.h"
#include "gzfile.h"
#include "io/fdio.h"
#include "io/tail.h"
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
#include <zlib.h>

#include <cmocka.h>

#define HEADER 20 /* bytes of the header of our members */

static struct {
	size_t bytes; /* that pread gave so far */
	int error;    /* of each pread */
	unsigned interrupts;
} fake;

ssize_t pread(int fd, void *buf, size_t len, off_t at)
{
	ssize_t n;

	if (fake.interrupts > 0 || fake.error) {
		errno = fake.interrupts > 0 ? EINTR : fake.error;
		fake.interrupts -= fake.interrupts > 0;
		return -1;
	}
	n = syscall(SYS_pread64, fd, buf, len, at);
	fake.bytes += n > 0 ? (size_t)n : 0;
	return n;
}

static int set_up(void **state)
{
	memset(&fake, 0, sizeof(fake));
	return support_enter_directory(state);
}

#define tear_test(test) \
	cmocka_unit_test_setup_teardown(test, set_up, support_leave_directory)

static void looks(const struct gzfile *f, off_t from, off_t end, size_t reach,
	enum tear_how how, off_t at)
{
	struct tear t = {TEAR_NONE, -7};

	assert_int_equal(
		tear_look(f->fd, from, end, reach, FDIO_NO_WAKE, &t), 0);
	assert_int_equal(t.how, how);
	if (how == TEAR_TORN)
		assert_int_equal(t.at, at);
}

static void measures(const struct gzfile *f, off_t from, off_t end, off_t at)
{
	struct tear t = {TEAR_UNKNOWN, -7};

	assert_int_equal(tear_measure(f->fd, from, end, FDIO_NO_WAKE, &t), 0);
	assert_int_equal(t.how, at < end ? TEAR_TORN : TEAR_NONE);
	if (at < end)
		assert_int_equal(t.at, at);
}

/* Both say so. */
static void is_torn(const struct gzfile *f, off_t end, off_t at)
{
	looks(f, 0, end, TAIL_REACH, at < end ? TEAR_TORN : TEAR_NONE, at);
	measures(f, 0, end, at);
}

/* Where the three members of a file begin, and the last one ends. */
struct places {
	off_t at[4];
};

typedef void add_function(struct gzfile *f, const void *text, size_t len);

static struct places begin_three(struct gzfile *f, add_function *first,
	add_function *second, add_function *third)
{
	struct places p = {{0}};

	gzfile_begin(f);
	first(f, BYTES("one\n"));
	p.at[1] = f->size;
	second(f, BYTES("two\n"));
	p.at[2] = f->size;
	third(f, BYTES("the third one\n"));
	p.at[3] = f->size;
	return p;
}

static struct places begin_ours(struct gzfile *f)
{
	return begin_three(
		f, gzfile_add_member, gzfile_add_member, gzfile_add_member);
}

static void a_file_cut_at_any_byte_is_torn_there(void **state)
{
	struct gzfile f;
	struct places p = begin_ours(&f);

	(void)state;
	for (off_t cut = f.size; cut > 0; cut--) {
		int n = cut >= p.at[3]	 ? 3
			: cut >= p.at[2] ? 2
					 : cut >= p.at[1];

		assert_int_equal(ftruncate(f.fd, cut), 0);
		is_torn(&f, cut, p.at[n]);
		/* Without the short way. */
		looks(&f, 0, cut, 1, cut == p.at[n] ? TEAR_NONE : TEAR_TORN,
			p.at[n]);
	}
	gzfile_end(&f);
}

static void what_stands_before_the_place_is_not_looked_at(void **state)
{
	struct gzfile f;
	struct places p = begin_three(
		&f, gzfile_add_foreign, gzfile_add_member, gzfile_add_member);

	(void)state;
	looks(&f, 0, p.at[3] - 1, TAIL_REACH, TEAR_UNKNOWN, 0);
	looks(&f, p.at[1], p.at[3] - 1, TAIL_REACH, TEAR_TORN, p.at[2]);
	measures(&f, p.at[1], p.at[3] - 1, p.at[2]);
	looks(&f, p.at[2], p.at[3] - 1, TAIL_REACH, TEAR_TORN, p.at[2]);
	measures(&f, p.at[2], p.at[3] - 1, p.at[2]);
	/* Not behind it either. */
	looks(&f, p.at[1], p.at[2] - 1, TAIL_REACH, TEAR_TORN, p.at[1]);
	measures(&f, p.at[1], p.at[2] - 1, p.at[1]);
	gzfile_end(&f);
}

static void zero_bytes_behind_are_none_of_it(void **state)
{
	static const char zeroes[5000];

	(void)state;
	for (size_t n = 1; n <= sizeof(zeroes); n = 3 * n + 4) {
		struct gzfile f;
		struct places p = begin_ours(&f);

		gzfile_add(&f, zeroes, n);
		is_torn(&f, f.size, p.at[3]);
		gzfile_end(&f);
		p = begin_three(&f, gzfile_add_member, gzfile_add_member,
			gzfile_add_foreign);
		gzfile_add(&f, zeroes, n);
		looks(&f, 0, f.size, TAIL_REACH, TEAR_UNKNOWN, 0);
		measures(&f, 0, f.size, p.at[3]);
		gzfile_end(&f);
	}
}

static void zero_bytes_behind_a_head_are_no_member(void **state)
{
	static const char zeroes[200];
	struct gzfile f;
	struct places p = begin_ours(&f);

	(void)state;
	/* As far as the size of the file goes, all is there. What stands
	 * behind the length is zero anyway. */
	for (off_t at = p.at[3] - 4; at >= p.at[2] + HEADER; at--) {
		assert_int_equal(pwrite(f.fd, zeroes, 1, at), 1);
		is_torn(&f, f.size, p.at[2]);
		measures(&f, 0, f.size, p.at[2]);
	}
	/* So it is of the two last ones; and then of all. */
	assert_int_equal(pwrite(f.fd, zeroes, 5, p.at[2] - 5), 5);
	is_torn(&f, f.size, p.at[1]);
	is_torn(&f, f.size - 1, p.at[1]);
	assert_int_equal(pwrite(f.fd, zeroes, 5, p.at[1] - 5), 5);
	is_torn(&f, f.size, 0);
	is_torn(&f, f.size - 1, 0);
	assert_int_equal(pwrite(f.fd, zeroes, 10, 0), 10);
	is_torn(&f, f.size, 0);
	gzfile_end(&f);
}

static void a_member_of_another_tool_has_to_be_decoded(void **state)
{
	struct gzfile f;
	struct places p;

	(void)state;
	p = begin_three(
		&f, gzfile_add_foreign, gzfile_add_foreign, gzfile_add_foreign);
	for (off_t cut = f.size; cut > 0; cut--) {
		int n = cut >= p.at[3]	 ? 3
			: cut >= p.at[2] ? 2
					 : cut >= p.at[1];

		assert_int_equal(ftruncate(f.fd, cut), 0);
		looks(&f, 0, cut, TAIL_REACH,
			cut <= 10 ? TEAR_TORN : TEAR_UNKNOWN, 0);
		measures(&f, 0, cut, p.at[n]);
	}
	gzfile_end(&f);
}

static void any_mixture_is_measured(void **state)
{
	(void)state;
	for (unsigned mix = 0; mix < 8; mix++) {
		struct gzfile f;
		struct places p = begin_three(&f,
			mix & 1 ? gzfile_add_foreign : gzfile_add_member,
			mix & 2 ? gzfile_add_foreign : gzfile_add_member,
			mix & 4 ? gzfile_add_foreign : gzfile_add_member);

		measures(&f, 0, f.size, f.size);
		looks(&f, 0, f.size, TAIL_REACH,
			mix & 4 ? TEAR_UNKNOWN : TEAR_NONE, 0);
		measures(&f, 0, f.size - 1, p.at[2]);
		measures(&f, 0, p.at[2] - 1, p.at[1]);
		/* Behind a damaged one there is nothing, unless its size is
		 * told, or that of the next. */
		assert_int_equal(pwrite(f.fd, "XX", 2, p.at[2] - 6), 2);
		measures(&f, 0, f.size, (mix & 6) == 6 ? p.at[1] : f.size);
		gzfile_end(&f);
	}
}

static void damage_before_a_good_member_is_no_tear(void **state)
{
	struct gzfile f;
	struct places p = begin_ours(&f);

	(void)state;
	gzfile_add_member(&f, BYTES("four\n"));
	assert_int_equal(pwrite(f.fd, "XX", 2, p.at[2] - 6), 2);
	is_torn(&f, f.size, f.size);
	is_torn(&f, f.size - 1, p.at[3]);
	looks(&f, 0, f.size, 1, TEAR_NONE, 0);
	gzfile_end(&f);
}

static void whole_members_behind_damage_are_no_tear(void **state)
{
	static const char zeroes[9000], dirt[] = "this is no member\n";

	(void)state;
	/* A member that does not tell its size is damaged, or one's head is,
	 * or something stands between; far and near; nothing is torn, or the
	 * last one is. */
	for (int i = 0; i < 5; i++) {
		struct gzfile f;
		off_t begin[4];

		gzfile_begin(&f);
		gzfile_add_member(&f, BYTES("one\n"));
		begin[0] = f.size;
		if (i == 0) {
			gzfile_add_foreign(&f, BYTES("two\n"));
			assert_int_equal(pwrite(f.fd, "XX", 2, f.size - 6), 2);
		} else if (i == 1) {
			gzfile_add_member(&f, BYTES("two\n"));
			assert_int_equal(pwrite(f.fd, "X", 1, begin[0] + 1), 1);
		} else {
			gzfile_add(&f, i == 2 ? dirt : zeroes,
				i == 2	 ? sizeof(dirt) - 1
				: i == 3 ? 1
					 : sizeof(zeroes));
		}
		for (int j = 1; j < 4; j++) {
			begin[j] = f.size;
			gzfile_add_member(&f, BYTES("three\n"));
		}
		measures(&f, 0, f.size, f.size);
		for (off_t cut = begin[3] + 1; cut < f.size; cut++)
			measures(&f, 0, cut, begin[3]);
		measures(&f, 0, begin[3] + 10, begin[3]);
		measures(&f, begin[0], begin[3] - 1, begin[2]);
		/* Nothing is whole behind it. */
		measures(&f, 0, begin[2] - 1, begin[0]);
		/* They are damaged, too. */
		for (int j = 1; j < 4; j++)
			assert_int_equal(
				pwrite(f.fd, "XX", 2, begin[j] + HEADER), 2);
		measures(&f, 0, f.size, begin[0]);
		gzfile_end(&f);
	}
}

static void damage_is_passed_over_again_and_again(void **state)
{
	enum {
		MANY = 2000
	};
	struct gzfile f;
	off_t last = 0;

	(void)state;
	/* In linear time, whatever is there. */
	gzfile_begin(&f);
	for (int i = 0; i < MANY; i++) {
		last = f.size;
		gzfile_add_member(&f, BYTES("line\n"));
		if (i % 2 == 0)
			assert_int_equal(pwrite(f.fd, "X", 1, last), 1);
	}
	fake.bytes = 0;
	measures(&f, 0, f.size - 1, last - (f.size - last));
	assert_between(fake.bytes, (size_t)f.size, MANY * 16384);
	gzfile_end(&f);
	/* Bad ones up to the front. */
	gzfile_begin(&f);
	gzfile_add_member(&f, BYTES("line\n"));
	last = f.size;
	for (int i = 0; i < MANY; i++) {
		gzfile_add_member(&f, BYTES("line\n"));
		assert_int_equal(pwrite(f.fd, "XX", 2, f.size - 6), 2);
	}
	fake.bytes = 0;
	measures(&f, 0, f.size, last);
	assert_between(fake.bytes, (size_t)f.size, MANY * 16384);
	fake.bytes = 0;
	looks(&f, 0, f.size, 1, TEAR_TORN, last);
	assert_between(fake.bytes, (size_t)f.size, MANY * 16384);
	gzfile_end(&f);
}

static void heads_that_somebody_made_are_not_all_tried(void **state)
{
	enum {
		MANY = 3000
	};
	static const unsigned char head[20] = "\x1f\x8b\x08\4\0\0\0\0\0\xff"
					      "\x08\0UP\4\0";
	unsigned char all[MANY][25];
	struct gzfile f;

	(void)state;
	/* Each of them has a stored block up to the next one, and reaches up
	 * to the end. */
	gzfile_begin(&f);
	gzfile_add(&f, "X", 1);
	for (size_t i = 0; i < MANY; i++) {
		size_t size = (MANY - i) * sizeof(all[0]);

		memcpy(all[i], head, sizeof(head));
		for (int j = 0; j < 4; j++)
			all[i][16 + j] = (unsigned char)(size >> 8 * j);
		memcpy(all[i] + 20, "\0\x14\0\xeb\xff", 5);
	}
	gzfile_add(&f, all, sizeof(all));
	fake.bytes = 0;
	measures(&f, 0, f.size, 0);
	assert_between(fake.bytes, (size_t)f.size, 8 * (size_t)f.size);
	gzfile_end(&f);
}

static void a_wrong_size_is_no_tear(void **state)
{
	/* Too small, too large, to another member, beyond the end. */
	for (int i = 0; i < 5; i++) {
		struct gzfile f;
		struct places p = begin_ours(&f);
		off_t told[] = {p.at[1] - 2, p.at[1] + 2, p.at[2], p.at[3] - 1,
			p.at[3] + 1};
		unsigned char size = (unsigned char)told[i];

		(void)state;
		assert_int_equal(pwrite(f.fd, &size, 1, HEADER - 4), 1);
		measures(&f, 0, p.at[3], p.at[3]);
		looks(&f, 0, p.at[3], 1,
			i < 2 || i == 3 ? TEAR_UNKNOWN
			: i == 4	? TEAR_TORN
					: TEAR_NONE,
			0);
		measures(&f, 0, p.at[3] - 2, p.at[2]);
		measures(&f, 0, p.at[2], p.at[2]);
		gzfile_end(&f);
	}
}

static void a_member_that_is_text_of_another_is_none(void **state)
{
	struct gzfile f;
	size_t size;
	unsigned char *inner;
	off_t begin, place;
	uLong crc;

	(void)state;
	gzfile_begin(&f);
	gzfile_add_member(&f, BYTES("before\n"));
	begin = f.size;
	inner = gzfile_make_member(&f, BYTES("inner\n"), &size);
	/* A stored block, whose member tells its size. */
	gzfile_add(&f, "\x1f\x8b\x08\4\0\0\0\0\0\xff\x08\0UP\4\0", 16);
	gzfile_add(&f, "\0\0\0\0\1", 5);
	gzfile_add(&f, &(unsigned char){(unsigned char)size}, 1);
	gzfile_add(&f, "\0", 1);
	gzfile_add(&f, &(unsigned char){(unsigned char)~size}, 1);
	gzfile_add(&f, "\xff", 1);
	place = f.size;
	gzfile_add(&f, inner, size);
	crc = crc32(0, inner, (uInt)size);
	for (int i = 0; i < 4; i++)
		gzfile_add(
			&f, &(unsigned char){(unsigned char)(crc >> 8 * i)}, 1);
	gzfile_add(&f, &(unsigned char){(unsigned char)size}, 1);
	gzfile_add(&f, "\0\0\0", 3);
	size = (size_t)(f.size - begin);
	assert_int_equal(pwrite(f.fd, &(unsigned char){(unsigned char)size}, 1,
				 begin + HEADER - 4),
		1);
	measures(&f, 0, f.size, f.size);
	for (off_t cut = begin + 1; cut < f.size; cut++) {
		measures(&f, 0, cut, begin);
		if (cut != f.size - 8)
			looks(&f, 0, cut, TAIL_REACH, TEAR_TORN, begin);
	}
	/* As tear.h says. */
	looks(&f, 0, f.size - 8, TAIL_REACH, TEAR_NONE, 0);
	looks(&f, 0, f.size - 8, (size_t)(f.size - 8 - place) - 1, TEAR_TORN,
		begin);
	free(inner);
	gzfile_end(&f);
}

static void the_short_way_does_not_read_the_file(void **state)
{
	enum {
		MANY = 5000
	};
	struct gzfile f;
	off_t last = 0;

	(void)state;
	gzfile_begin(&f);
	for (int i = 0; i < MANY; i++) {
		last = f.size;
		gzfile_add_member(&f, BYTES("line\n"));
	}
	fake.bytes = 0;
	looks(&f, 0, f.size, 100, TEAR_NONE, 0);
	assert_between(fake.bytes, 1, 1000);
	fake.bytes = 0;
	looks(&f, 0, f.size - 1, 100, TEAR_TORN, last);
	assert_between(fake.bytes, MANY * HEADER, MANY * 64 + 1000);
	fake.bytes = 0;
	measures(&f, 0, f.size - 1, last);
	assert_between(fake.bytes, MANY * HEADER, MANY * 64 + 1000);
	gzfile_end(&f);
}

static void a_large_member_is_decoded_in_steps(void **state)
{
	unsigned char *noise = support_make(SUPPORT_NOISE, 1 << 20);
	struct gzfile f;
	off_t at;

	(void)state;
	gzfile_begin(&f);
	gzfile_add_foreign(&f, noise, 1 << 20);
	at = f.size;
	gzfile_add_member(&f, noise, 1 << 20);
	measures(&f, 0, f.size, f.size);
	measures(&f, 0, f.size - 1, at);
	looks(&f, at, f.size, 1000, TEAR_NONE, 0);
	assert_int_equal(pwrite(f.fd, "\0\0\0\0", 4, f.size - 8), 4);
	looks(&f, at, f.size, 1000, TEAR_TORN, at);
	/* What is before the place is not even read. */
	fake.bytes = 0;
	looks(&f, at, at + 100, TAIL_REACH, TEAR_TORN, at);
	assert_between(fake.bytes, 1, 1000);
	measures(&f, 0, f.size, at);
	assert_int_equal(pwrite(f.fd, "\0\0\0\0", 4, at - 8), 4);
	measures(&f, 0, f.size, 0);
	free(noise);
	gzfile_end(&f);
}

static void errors_are_told(void **state)
{
	struct gzfile f;
	struct places p = begin_three(
		&f, gzfile_add_member, gzfile_add_foreign, gzfile_add_member);
	struct tear t;

	(void)state;
	fake.interrupts = 3;
	looks(&f, 0, f.size, TAIL_REACH, TEAR_NONE, 0);
	fake.interrupts = 3;
	measures(&f, 0, f.size, f.size);
	fake.error = EIO;
	assert_int_equal(
		tear_look(f.fd, 0, f.size, TAIL_REACH, FDIO_NO_WAKE, &t), -EIO);
	assert_int_equal(tear_measure(f.fd, 0, f.size, FDIO_NO_WAKE, &t), -EIO);
	fake.error = 0;
	/* The file is cut meanwhile: in a head, in a member that is decoded. */
	for (off_t cut = p.at[3] - 1; cut > 0; cut--) {
		assert_int_equal(ftruncate(f.fd, cut), 0);
		assert_int_equal(
			tear_measure(f.fd, 0, p.at[3], FDIO_NO_WAKE, &t),
			-FDIO_SHORT);
		assert_int_equal(tear_look(f.fd, 0, p.at[3], TAIL_REACH,
					 FDIO_NO_WAKE, &t),
			-FDIO_SHORT);
	}
	gzfile_end(&f);
}

static void whoever_looks_can_be_woken(void **state)
{
	struct gzfile f;
	struct places p = begin_three(
		&f, gzfile_add_foreign, gzfile_add_member, gzfile_add_member);
	struct tear t;
	int wake[2];

	(void)state;
	support_pipe(wake);
	assert_int_equal(tear_measure(f.fd, 0, f.size, wake[0], &t), 0);
	assert_int_equal(write(wake[1], "", 1), 1);
	assert_int_equal(
		tear_measure(f.fd, 0, f.size, wake[0], &t), -ECANCELED);
	assert_int_equal(
		tear_look(f.fd, p.at[1], f.size - 1, TAIL_REACH, wake[0], &t),
		-ECANCELED);
	gzfile_end(&f);
	assert_int_equal(close(wake[0]), 0);
	assert_int_equal(close(wake[1]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tear_test(a_file_cut_at_any_byte_is_torn_there),
		tear_test(what_stands_before_the_place_is_not_looked_at),
		tear_test(zero_bytes_behind_are_none_of_it),
		tear_test(zero_bytes_behind_a_head_are_no_member),
		tear_test(a_member_of_another_tool_has_to_be_decoded),
		tear_test(any_mixture_is_measured),
		tear_test(damage_before_a_good_member_is_no_tear),
		tear_test(whole_members_behind_damage_are_no_tear),
		tear_test(damage_is_passed_over_again_and_again),
		tear_test(heads_that_somebody_made_are_not_all_tried),
		tear_test(a_wrong_size_is_no_tear),
		tear_test(a_member_that_is_text_of_another_is_none),
		tear_test(the_short_way_does_not_read_the_file),
		tear_test(a_large_member_is_decoded_in_steps),
		tear_test(errors_are_told),
		tear_test(whoever_looks_can_be_woken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
