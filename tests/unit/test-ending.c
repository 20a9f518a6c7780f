/*
 * Tests of what is known of the end of a file that is appended to: without the
 * lock and under it, from the beginning and from a place that is known, and
 * what becomes of what is torn. How tears are found, test-tear.c shows; how
 * text ends, test-tail.c.
 */
#include "config.h"

#include "io/ending.h"

#include "codec/members.h"
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

/* The file "out", which is appended to by hand, and what is known of it. */
struct rig {
	struct outfile f;
	struct ending e;
	off_t size;
};

static void add(struct rig *r, const void *data, size_t len)
{
	assert_int_equal(write(r->f.io.fd, data, len), len);
	r->size += (off_t)len;
}

static void begin(struct rig *r, bool gzip, bool repair)
{
	(void)unlink("out");
	assert_int_equal(outfile_open(&r->f, "out", O_CREAT), 0);
	assert_int_equal(outfile_lock(&r->f, FDIO_NO_WAKE), 0);
	ending_init(&r->e, gzip, 0, repair);
	r->size = 0;
}

static void end(struct rig *r)
{
	assert_int_equal(outfile_close(&r->f), 0);
}

/* A member of ours, or the first bytes of it. */
static void add_ours(struct rig *r, const char *text, size_t most)
{
	struct packed packed;
	struct packer *p;
	unsigned char *m;
	size_t room;

	assert_int_equal(packer_new(&p, &packing_members, 6), 0);
	room = packer_bound(p, strlen(text));
	m = support_allocate(room);
	assert_int_equal(
		packer_pack(p, text, strlen(text), m, room, &packed), 0);
	add(r, m, packed.size < most ? packed.size : most);
	free(m);
	packer_free(p);
}

static void add_foreign(struct rig *r, const char *text, size_t most)
{
	size_t size;
	unsigned char *m = support_gzip(text, strlen(text), &size);

	add(r, m, size < most ? size : most);
	free(m);
}

static enum ending_how find(struct rig *r)
{
	assert_int_equal(ending_find(&r->e, &r->f, r->size, FDIO_NO_WAKE), 0);
	assert_int_equal(r->e.size, r->size);
	return r->e.how;
}

static void plain_text_ends_with_its_last_byte(void **state)
{
	struct rig r;

	(void)state;
	begin(&r, false, false);
	assert_int_equal(find(&r), ENDING_WHOLE);
	add(&r, "one\n", 4);
	assert_int_equal(find(&r), ENDING_WHOLE);
	add(&r, "two", 3);
	assert_int_equal(find(&r), ENDING_OPEN);
	end(&r);
}

static void what_cannot_be_looked_at_is_unknown(void **state)
{
	struct rig r;

	(void)state;
	begin(&r, false, false);
	add(&r, "one", 3);
	assert_int_equal(close(r.f.look), 0);
	r.f.look = -1;
	assert_int_equal(find(&r), ENDING_UNKNOWN);
	end(&r);
}

static void gzip_ends_with_its_last_member(void **state)
{
	struct rig r;

	(void)state;
	begin(&r, true, false);
	add_ours(&r, "one\n", SIZE_MAX);
	assert_int_equal(find(&r), ENDING_WHOLE);
	add_ours(&r, "two", SIZE_MAX);
	assert_int_equal(find(&r), ENDING_OPEN);
	add_foreign(&r, "three\n", SIZE_MAX);
	assert_int_equal(find(&r), ENDING_WHOLE);
	add_foreign(&r, "four", SIZE_MAX);
	assert_int_equal(find(&r), ENDING_OPEN);
	/* Without text what was before is still so. */
	add_foreign(&r, "", SIZE_MAX);
	assert_int_equal(find(&r), ENDING_OPEN);
	end(&r);
}

static void a_member_that_is_not_whole_is_torn(void **state)
{
	struct rig r;
	off_t at;

	(void)state;
	begin(&r, true, false);
	add_ours(&r, "one\n", SIZE_MAX);
	at = r.size;
	add_ours(&r, "two\n", 25);
	assert_int_equal(find(&r), ENDING_TORN);
	assert_int_equal(r.e.torn_at, at);
	end(&r);
}

static void a_tear_behind_what_is_known_is_found_from_there(void **state)
{
	struct rig r;
	off_t at;

	(void)state;
	/* From the beginning on nobody could tell. */
	begin(&r, true, false);
	add_foreign(&r, "theirs\n", SIZE_MAX);
	add_ours(&r, "one\n", SIZE_MAX);
	ending_is_whole(&r.e, r.size);
	at = r.size;
	add_ours(&r, "two\n", 25);
	assert_int_equal(find(&r), ENDING_TORN);
	assert_int_equal(r.e.torn_at, at);
	end(&r);
}

static void a_place_that_is_none_any_more_is_not_believed(void **state)
{
	struct rig r;

	(void)state;
	/* The file was cut, and has grown again: what was the end of a member
	 * is the middle of one. */
	begin(&r, true, false);
	ending_is_whole(&r.e, 30);
	add_ours(&r, "one\n", SIZE_MAX);
	assert_true(r.size > 30);
	add_foreign(&r, "open", SIZE_MAX);
	assert_int_not_equal(find(&r), ENDING_TORN);
	end(&r);
}

static void what_is_foreign_and_torn_is_known_to_who_repairs(void **state)
{
	(void)state;
	for (int repair = 0; repair < 2; repair++) {
		struct rig r;

		begin(&r, true, repair);
		add_foreign(&r, "theirs\n", SIZE_MAX);
		add_foreign(&r, "torn\n", 15);
		assert_int_equal(
			find(&r), repair ? ENDING_TORN : ENDING_UNKNOWN);
		end(&r);
	}
}

/* A whole member that tells a size it does not have is not cut off. */
static void who_repairs_does_not_believe_sizes(void **state)
{
	const unsigned char more[] = {0xff, 0xff, 0, 0};
	struct rig r;
	int fd;

	(void)state;
	begin(&r, true, true);
	add_ours(&r, "one\n", SIZE_MAX);
	fd = open("out", O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	/* Behind the fixed header and the heads of field and subfield. */
	assert_int_equal(pwrite(fd, more, sizeof(more), 16), sizeof(more));
	assert_int_equal(close(fd), 0);
	assert_int_equal(find(&r), ENDING_WHOLE);
	end(&r);
}

static void a_look_leaves_to_be_decoded_what_has_to(void **state)
{
	struct rig r;

	(void)state;
	begin(&r, true, false);
	assert_true(ending_look(&r.e, &r.f)); /* nothing is there */
	assert_int_equal(r.e.size, -1);
	add_ours(&r, "one\n", SIZE_MAX);
	assert_true(ending_look(&r.e, &r.f));
	assert_int_equal(r.e.how, ENDING_WHOLE);
	ending_forget(&r.e);
	add_foreign(&r, "two\n", SIZE_MAX);
	assert_false(ending_look(&r.e, &r.f));
	assert_int_equal(r.e.size, -1);
	assert_int_equal(find(&r), ENDING_WHOLE);
	/* What is known is not looked at again. */
	add_foreign(&r, "three", SIZE_MAX);
	assert_true(ending_look(&r.e, &r.f));
	assert_int_equal(r.e.how, ENDING_WHOLE);
	end(&r);
}

static void what_is_torn_is_refused_or_moved(void **state)
{
	(void)state;
	for (int repair = 0; repair < 2; repair++) {
		struct fault moved = {""}, fault = {""};
		struct rig r;
		off_t whole, size;

		begin(&r, true, repair);
		add_ours(&r, "one", SIZE_MAX);
		whole = r.size;
		add_ours(&r, "two\n", 25);
		size = r.size;
		assert_int_equal(ending_settle(&r.e, &r.f, "out", &size,
					 FDIO_NO_WAKE, &moved, &fault),
			repair ? 0 : -EILSEQ);
		assert_int_equal(size, repair ? whole : r.size);
		assert_int_equal(r.e.how, repair ? ENDING_OPEN : ENDING_TORN);
		assert_int_equal(strlen(moved.text) > 0, repair);
		assert_int_equal(strlen(fault.text) > 0, !repair);
		assert_int_equal(ending_is_refused(&r.e), !repair);
		end(&r);
	}
}

static void a_file_that_was_cut_meanwhile_is_looked_at_again(void **state)
{
	(void)state;
	for (int i = 0; i < 6; i++) {
		struct fault moved = {""}, fault = {""};
		struct rig r;
		off_t size;

		begin(&r, i > 0, i >= 3);
		if (i % 3 == 0)
			add(&r, "one", 3);
		else if (i % 3 == 1)
			add_ours(&r, "one", SIZE_MAX);
		else
			add_foreign(&r, "one", SIZE_MAX);
		/* Its size was asked for before it was cut. */
		assert_int_equal(
			ending_find(&r.e, &r.f, r.size + 100, FDIO_NO_WAKE),
			-FDIO_SHORT);
		size = r.size + 100;
		assert_int_equal(ending_settle(&r.e, &r.f, "out", &size,
					 FDIO_NO_WAKE, &moved, &fault),
			0);
		assert_string_equal(fault.text, "");
		if (i == 3) /* no gzip at all: all of it was moved aside */
			assert_int_equal(size, 0);
		else
			assert_int_equal(size, r.size);
		assert_int_equal(r.e.how, i == 3 ? ENDING_WHOLE : ENDING_OPEN);
		end(&r);
	}
}

static void an_open_line_of_text_is_moved_only_by_who_repairs(void **state)
{
	(void)state;
	for (int repair = 0; repair < 2; repair++) {
		struct fault moved = {""}, fault = {""};
		struct rig r;
		off_t size;

		begin(&r, false, repair);
		add(&r, "one\ntwo", 7);
		size = r.size;
		assert_int_equal(ending_settle(&r.e, &r.f, "out", &size,
					 FDIO_NO_WAKE, &moved, &fault),
			0);
		assert_int_equal(size, repair ? 4 : 7);
		assert_int_equal(r.e.how, repair ? ENDING_WHOLE : ENDING_OPEN);
		end(&r);
	}
}

static void what_cannot_be_moved_is_an_error(void **state)
{
	struct fault moved = {""}, fault = {""};
	struct rig r;
	off_t size;

	(void)state;
	begin(&r, false, true);
	add(&r, "two", 3);
	size = r.size;
	assert_int_equal(ending_settle(&r.e, &r.f, "nowhere/out", &size,
				 FDIO_NO_WAKE, &moved, &fault),
		-ENOENT);
	assert_int_equal(size, 3);
	assert_string_equal(moved.text, "");
	assert_non_null(strstr(fault.text, "cannot be moved aside"));
	end(&r);
}

static void the_last_member_is_searched_as_far_as_one_can_be_long(void **state)
{
	struct ending e;

	(void)state;
	ending_init(&e, true, 1, false);
	assert_true(e.reach >= 1024 * 1024);
	ending_init(&e, true, 5000000, false);
	assert_int_equal(e.reach, 5000000);
	ending_init(&e, true, SIZE_MAX, false);
	assert_int_equal(e.reach, ENDING_REACH_MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_directory(plain_text_ends_with_its_last_byte),
		in_directory(what_cannot_be_looked_at_is_unknown),
		in_directory(gzip_ends_with_its_last_member),
		in_directory(a_member_that_is_not_whole_is_torn),
		in_directory(a_tear_behind_what_is_known_is_found_from_there),
		in_directory(a_place_that_is_none_any_more_is_not_believed),
		in_directory(what_is_foreign_and_torn_is_known_to_who_repairs),
		in_directory(who_repairs_does_not_believe_sizes),
		in_directory(a_look_leaves_to_be_decoded_what_has_to),
		in_directory(what_is_torn_is_refused_or_moved),
		in_directory(a_file_that_was_cut_meanwhile_is_looked_at_again),
		in_directory(an_open_line_of_text_is_moved_only_by_who_repairs),
		in_directory(what_cannot_be_moved_is_an_error),
		cmocka_unit_test(
			the_last_member_is_searched_as_far_as_one_can_be_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
