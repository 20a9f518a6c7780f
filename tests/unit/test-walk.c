/*
 * Tests of the walk over the members of a file: where the whole ones end is
 * found without decoding, for a file that was cut at any byte; what tells no
 * size ends it; and what happens to the file meanwhile is noticed.
 */
#define _GNU_SOURCE /* also where the program does without */
#include "config.h"

#include "io/walk.h"

#include "codec/gzip-header.h"
#include "codec/members.h"
#include "gzfile.h"
#include "io/fdio.h"
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

static struct {
	unsigned reads;	     /* calls of pread so far */
	unsigned interrupts; /* of them to come */
	unsigned wake_at;    /* a byte goes to `wake` at this one */
	int wake;
	size_t most; /* bytes that one call gives; 0: any number */
	int error;   /* of each call */
} fake;

ssize_t pread(int fd, void *buf, size_t len, off_t at)
{
	fake.reads++;
	if (fake.wake_at == fake.reads && write(fake.wake, "", 1) != 1)
		abort();
	if (fake.interrupts > 0 || fake.error) {
		errno = fake.interrupts > 0 ? EINTR : fake.error;
		fake.interrupts -= fake.interrupts > 0;
		return -1;
	}
	if (fake.most > 0 && fake.most < len)
		len = fake.most;
	return syscall(SYS_pread64, fd, buf, len, at);
}

static int set_up(void **state)
{
	memset(&fake, 0, sizeof(fake));
	return support_enter_directory(state);
}

#define walk_test(test) \
	cmocka_unit_test_setup_teardown(test, set_up, support_leave_directory)

static void walks(const struct gzfile *f, off_t from, off_t end,
	enum walk_how how, off_t at, off_t last)
{
	struct walk w = {WALK_WHOLE, -7, -7};

	assert_int_equal(walk_members(f->fd, from, end, FDIO_NO_WAKE, &w), 0);
	assert_int_equal(w.how, how);
	assert_int_equal(w.at, at);
	assert_int_equal(w.last, last);
}

/* Three members; sets at[] to where they begin and the last one ends. */
static void begin_three(struct gzfile *f, off_t at[4])
{
	gzfile_begin(f);
	at[0] = 0;
	gzfile_add_member(f, BYTES("one\n"));
	at[1] = f->size;
	gzfile_add_member(f, "", 0);
	at[2] = f->size;
	gzfile_add_member(f, BYTES("the third one\n"));
	at[3] = f->size;
}

static void members_that_tell_their_size_are_walked_over(void **state)
{
	struct gzfile f;
	off_t at[4];

	(void)state;
	begin_three(&f, at);
	fake.reads = 0;
	walks(&f, 0, f.size, WALK_WHOLE, at[3], at[2]);
	assert_int_equal(fake.reads, 3);
	walks(&f, at[1], f.size, WALK_WHOLE, at[3], at[2]);
	walks(&f, at[1], at[2], WALK_WHOLE, at[2], at[1]);
	gzfile_end(&f);
}

static void a_range_without_bytes_is_whole(void **state)
{
	struct gzfile f;
	off_t at[4];

	(void)state;
	begin_three(&f, at);
	fake.reads = 0;
	walks(&f, 0, 0, WALK_WHOLE, 0, -1);
	walks(&f, at[3], at[3], WALK_WHOLE, at[3], -1);
	assert_int_equal(fake.reads, 0);
	gzfile_end(&f);
}

static void a_file_cut_at_any_byte_is_torn_there(void **state)
{
	struct gzfile f;
	off_t at[4];

	(void)state;
	begin_three(&f, at);
	for (off_t cut = f.size; cut > 0; cut--) {
		int n = cut >= at[3] ? 3 : cut >= at[2] ? 2 : cut >= at[1];

		assert_int_equal(ftruncate(f.fd, cut), 0);
		walks(&f, 0, cut, cut == at[n] ? WALK_WHOLE : WALK_TORN, at[n],
			n > 0 ? at[n - 1] : -1);
	}
	gzfile_end(&f);
}

static void what_is_no_head_ends_the_whole_members(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} garbage[] = {
		{BYTES("\0")},
		{BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")},
		{BYTES("text that is none\n")},
		{BYTES("\x1f\0\0\0\0\0\0\0\0\0\0\0")},
		{BYTES("\x1f\x8b\0\0\0\0\0\0\0\0\0\0")},
		{BYTES("\x1f\x8b\x08\x20\0\0\0\0\0\xff\0\0")},
	};
	struct gzfile f;
	off_t at[4];

	(void)state;
	begin_three(&f, at);
	for (size_t i = 0; i < COUNT(garbage); i++) {
		assert_int_equal(ftruncate(f.fd, at[3]), 0);
		assert_int_equal(
			pwrite(f.fd, garbage[i].bytes, garbage[i].len, at[3]),
			garbage[i].len);
		walks(&f, 0, at[3] + (off_t)garbage[i].len, WALK_TORN, at[3],
			at[2]);
	}
	walks(&f, at[2] + 1, f.size, WALK_TORN, at[2] + 1, -1);
	gzfile_end(&f);
}

static void a_member_that_tells_no_size_is_foreign(void **state)
{
	struct gzfile f;
	off_t at[4], size;

	(void)state;
	begin_three(&f, at);
	gzfile_add_foreign(&f, BYTES("foreign\n"));
	size = f.size;
	gzfile_add_member(&f, BYTES("behind\n"));
	walks(&f, 0, f.size, WALK_FOREIGN, at[3], at[2]);
	walks(&f, at[3], f.size, WALK_FOREIGN, at[3], -1);
	walks(&f, size, f.size, WALK_WHOLE, f.size, size);
	/* Once its head is there, and a byte of what follows. */
	for (off_t cut = at[3] + 1; cut < size; cut++)
		walks(&f, 0, cut, cut <= at[3] + 10 ? WALK_TORN : WALK_FOREIGN,
			at[3], at[2]);
	gzfile_end(&f);
}

static void a_size_that_no_member_can_have_is_none(void **state)
{
	struct gzfile f;
	off_t at[4];

	(void)state;
	begin_three(&f, at);
	assert_int_equal(pwrite(f.fd, "\x11", 1, at[2] + 16), 1);
	walks(&f, 0, f.size, WALK_FOREIGN, at[2], at[1]);
	assert_int_equal(pwrite(f.fd, "\xff\xff\xff\xff", 4, at[2] + 16), 4);
	walks(&f, 0, f.size, WALK_TORN, at[2], at[1]);
	gzfile_end(&f);
}

static void a_member_whose_header_has_a_crc_is_foreign(void **state)
{
	struct gzfile f;
	off_t at[4];

	(void)state;
	begin_three(&f, at);
	assert_int_equal(pwrite(f.fd, "\6", 1, at[2] + 3), 1);
	walks(&f, 0, f.size, WALK_FOREIGN, at[2], at[1]);
	gzfile_end(&f);
}

/* The fields of a header that are read further than others. */
#define OTHERS 60000

static void a_size_is_found_behind_long_fields(void **state)
{
	unsigned char *m = support_allocate(12 + OTHERS + 8 + 20);
	size_t head = 12 + OTHERS + 6, size = head + 20;
	struct gzfile f;
	off_t at[4];

	(void)state;
	begin_three(&f, at);
	memset(m, 0, size);
	memcpy(m, "\x1f\x8b\x08\x04\0\0\0\0\0\xff", 10);
	m[10] = (unsigned char)((OTHERS + 6) & 0xff);
	m[11] = (OTHERS + 6) >> 8;
	memcpy(m + 12, "XY", 2);
	m[14] = (unsigned char)((OTHERS - 4) & 0xff);
	m[15] = (OTHERS - 4) >> 8;
	memcpy(m + 12 + OTHERS, "BC\2\0", 4);
	m[head - 2] = (unsigned char)((size - 1) & 0xff);
	m[head - 1] = (unsigned char)((size - 1) >> 8);
	gzfile_add(&f, m, size);
	fake.reads = 0;
	walks(&f, 0, f.size, WALK_WHOLE, f.size, at[3]);
	assert_int_equal(fake.reads, 5);
	walks(&f, 0, f.size - 1, WALK_TORN, at[3], at[2]);
	walks(&f, 0, at[3] + (off_t)head, WALK_TORN, at[3], at[2]);
	walks(&f, 0, at[3] + (off_t)head - 1, WALK_TORN, at[3], at[2]);
	walks(&f, 0, at[3] + 64, WALK_TORN, at[3], at[2]);
	free(m);
	gzfile_end(&f);
}

static void a_name_is_looked_for_only_so_far(void **state)
{
	size_t size = MEMBER_HEAD_MOST + 100;
	unsigned char *m = support_allocate(size);
	struct gzfile f;

	(void)state;
	gzfile_begin(&f);
	memset(m, 'n', size);
	memcpy(m, "\x1f\x8b\x08\x08\0\0\0\0\0\xff", 10);
	m[1000] = '\0';
	gzfile_add(&f, m, size);
	walks(&f, 0, 1000, WALK_TORN, 0, -1);
	walks(&f, 0, 1001, WALK_TORN, 0, -1);
	walks(&f, 0, 1002, WALK_FOREIGN, 0, -1);
	fake.reads = 0;
	walks(&f, 0, f.size, WALK_FOREIGN, 0, -1);
	assert_between(fake.reads, 2, 6);
	assert_int_equal(pwrite(f.fd, "n", 1, 1000), 1);
	walks(&f, 0, (off_t)MEMBER_HEAD_MOST, WALK_TORN, 0, -1);
	fake.reads = 0;
	walks(&f, 0, f.size, WALK_FOREIGN, 0, -1);
	assert_between(fake.reads, 2, 14);
	free(m);
	gzfile_end(&f);
}

static void a_file_that_is_cut_meanwhile_is_noticed(void **state)
{
	struct gzfile f;
	struct walk w;
	off_t at[4];

	(void)state;
	begin_three(&f, at);
	assert_int_equal(ftruncate(f.fd, at[2] + 15), 0);
	assert_int_equal(
		walk_members(f.fd, 0, f.size, FDIO_NO_WAKE, &w), -FDIO_SHORT);
	assert_int_equal(ftruncate(f.fd, at[2]), 0);
	assert_int_equal(
		walk_members(f.fd, 0, f.size, FDIO_NO_WAKE, &w), -FDIO_SHORT);
	gzfile_end(&f);
}

static void errors_are_told_and_interrupts_are_not(void **state)
{
	struct gzfile f;
	struct walk w;
	off_t at[4];

	(void)state;
	begin_three(&f, at);
	fake.interrupts = 5;
	fake.most = 7;
	walks(&f, 0, f.size, WALK_WHOLE, at[3], at[2]);
	assert_int_equal(fake.interrupts, 0);
	fake.error = EIO;
	assert_int_equal(walk_members(f.fd, 0, f.size, FDIO_NO_WAKE, &w), -EIO);
	fake.error = 0;
	gzfile_end(&f);
}

static void a_walk_can_be_woken(void **state)
{
	enum {
		MANY = 1000
	};
	struct gzfile f;
	struct walk w;
	int wake[2];
	char byte;

	(void)state;
	support_pipe(wake);
	gzfile_begin(&f);
	for (int i = 0; i < MANY; i++)
		gzfile_add_member(&f, BYTES("line\n"));
	assert_int_equal(walk_members(f.fd, 0, f.size, wake[0], &w), 0);
	assert_int_equal(w.how, WALK_WHOLE);
	fake.reads = 0;
	fake.wake_at = 10;
	fake.wake = wake[1];
	assert_int_equal(
		walk_members(f.fd, 0, f.size, wake[0], &w), -ECANCELED);
	assert_between(fake.reads, 10, MANY / 2);
	fake.reads = fake.wake_at;
	assert_int_equal(
		walk_members(f.fd, 0, f.size, wake[0], &w), -ECANCELED);
	assert_int_equal(fake.reads, fake.wake_at);
	assert_int_equal(read(wake[0], &byte, 1), 1);
	assert_int_equal(walk_members(f.fd, 0, f.size, wake[0], &w), 0);
	gzfile_end(&f);
	assert_int_equal(close(wake[0]), 0);
	assert_int_equal(close(wake[1]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		walk_test(members_that_tell_their_size_are_walked_over),
		walk_test(a_range_without_bytes_is_whole),
		walk_test(a_file_cut_at_any_byte_is_torn_there),
		walk_test(what_is_no_head_ends_the_whole_members),
		walk_test(a_member_that_tells_no_size_is_foreign),
		walk_test(a_size_that_no_member_can_have_is_none),
		walk_test(a_member_whose_header_has_a_crc_is_foreign),
		walk_test(a_size_is_found_behind_long_fields),
		walk_test(a_name_is_looked_for_only_so_far),
		walk_test(a_file_that_is_cut_meanwhile_is_noticed),
		walk_test(errors_are_told_and_interrupts_are_not),
		walk_test(a_walk_can_be_woken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
