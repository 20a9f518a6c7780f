/*
 * Tests of the output: what an append leaves in the file when it succeeds, when
 * it fails, and when others use the file at the same time.
 *
 * Faults that no file system has on demand are made by functions of this file
 * in the place of the C library's: they do what they are told in `fake`, or
 * what the system does.
 */
#define _GNU_SOURCE /* also where the program does without */
#include "config.h"

#include "io/sink.h"

#include "codec/bgzf.h"
#include "codec/members.h"
#include "codec/packer.h"

#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

static struct {
	const char *append; /* to "out", by somebody, when a write failed */
	int truncate_error; /* of each ftruncate */
	int sync_error;	    /* of each fdatasync */
	int lock_error;	    /* of each flock, or of one if EINTR */
	int unlock_error;   /* of one that unlocks */
	unsigned syncs;	    /* calls of fdatasync so far */
	int close_error;    /* of each close, which is done */
	unsigned longer;    /* so many fstat tell what the size was before
			       somebody cut it off */
	const char *rename; /* to "out", by somebody, before the next fstat */
} fake;

static void limit_file_size(rlim_t size)
{
	struct rlimit limit;

	(void)getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = size < limit.rlim_max ? size : limit.rlim_max;
	(void)setrlimit(RLIMIT_FSIZE, &limit);
}

static void append_as_somebody(const char *text)
{
	int fd = open("out", O_WRONLY | O_APPEND | O_CLOEXEC);
	ssize_t n = write(fd, text, strlen(text));

	(void)n;
	(void)close(fd);
}

ssize_t writev(int fd, const struct iovec *iov, int count)
{
	ssize_t n = syscall(SYS_writev, fd, iov, count);
	int saved = errno;

	if (n < 0 && fake.append) {
		limit_file_size(RLIM_INFINITY);
		append_as_somebody(fake.append);
		fake.append = NULL;
	}
	errno = saved;
	return n;
}

/* What the program calls for that, not for a folder. */
#if HAVE_DECL_FDATASYNC
int fdatasync(int fd)
#else
int fsync(int fd)
#endif
{
	if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY)
		return (int)syscall(SYS_fsync, fd);
	fake.syncs++;
	if (fake.sync_error) {
		errno = fake.sync_error;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

int ftruncate(int fd, off_t length)
{
	if (fake.truncate_error) {
		errno = fake.truncate_error;
		return -1;
	}
	return (int)syscall(SYS_ftruncate, fd, length);
}

int flock(int fd, int operation)
{
	if (fake.lock_error) {
		errno = fake.lock_error;
		if (errno == EINTR)
			fake.lock_error = 0;
		return -1;
	}
	if (operation == LOCK_UN && fake.unlock_error) {
		errno = fake.unlock_error;
		fake.unlock_error = 0;
		return -1;
	}
	return (int)syscall(SYS_flock, fd, operation);
}

int close(int fd)
{
	int result = (int)syscall(SYS_close, fd);

	if (result == 0 && fake.close_error) {
		errno = fake.close_error;
		return -1;
	}
	return result;
}

int fstat(int fd, struct stat *st)
{
	if (fake.rename && rename(fake.rename, "out") == 0)
		fake.rename = NULL;
	if (fstatat(fd, "", st, AT_EMPTY_PATH) != 0)
		return -1;
	/* Written to only where it is asked for: many threads come here. */
	if (fake.longer > 0) {
		fake.longer--;
		st->st_size += 300;
	}
	return 0;
}

static int set_up(void **state)
{
	memset(&fake, 0, sizeof(fake));
	return support_enter_directory(state);
}

static int tear_down(void **state)
{
	limit_file_size(RLIM_INFINITY);
	return support_leave_directory(state);
}

/* Records are lines. */
static size_t whole_lines(const void *context, const void *data, size_t len)
{
	const unsigned char *p = data;

	(void)context;
	while (len > 0 && p[len - 1] != '\n')
		len--;
	return len;
}

static int open_sink(
	struct sink *s, const char *path, bool gzip, enum sink_sync sync)
{
	int err = sink_init(s, path, gzip ? &packing_members : NULL, sync);

	if (!err)
		err = sink_create(s);
	if (!err)
		sink_set_records(s, whole_lines, NULL);
	return err;
}

#define NOT_ON_DISK "Input/output error (the lines may not be on the disk)"

/* What the sink writes by itself, so that it can be seen. */
static void fake_members(struct sink *s)
{
	s->empty = (struct sink_member){"EMPTY", 5};
	s->newline = (struct sink_member){"NEWLINE", 7};
}

static void init(struct sink *s, const char *path, bool gzip)
{
	assert_int_equal(open_sink(s, path, gzip, SINK_SYNC_NEVER), 0);
	if (gzip)
		fake_members(s);
}

/* Appends text that is to succeed. */
static void append(struct sink *s, const char *text, bool line_ends)
{
	struct fault fault = {""};
	size_t kept = SIZE_MAX;
	int err = sink_append(s, text, strlen(text), line_ends, &kept, &fault);

	if (err)
		print_error("%s\n", fault.text);
	assert_int_equal(err, 0);
	assert_int_equal(kept, strlen(text));
}

/* Appends text that finds no room behind `room` more bytes of "out"; without
 * assertions while the limit is there. Returns what was kept. */
static size_t append_in_vain(
	struct sink *s, const char *text, rlim_t room, struct fault *fault)
{
	struct stat st;
	size_t kept = SIZE_MAX;
	int err;

	assert_int_equal(stat("out", &st), 0);
	*fault = (struct fault){""};
	limit_file_size((rlim_t)st.st_size + room);
	err = sink_append(s, text, strlen(text), text[strlen(text) - 1] == '\n',
		&kept, fault);
	limit_file_size(RLIM_INFINITY);
	assert_int_equal(err, -EFBIG);
	assert_string_not_equal(fault->text, "");
	return kept;
}

static void finish(struct sink *s)
{
	struct fault fault = {""};

	assert_int_equal(sink_finish(s, &fault), 0);
	assert_string_equal(fault.text, "");
	sink_release(s);
}

static bool is_locked(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int status;

	assert_true(fd >= 0);
	/* So that it shows when it is shared. */
	status = (int)syscall(SYS_flock, fd, LOCK_SH | LOCK_NB);
	assert_true(status == 0 || errno == EWOULDBLOCK);
	assert_int_equal(close(fd), 0);
	return status != 0;
}

/* Lines in a file. */

static void a_missing_file_is_created_and_lines_are_appended(void **state)
{
	struct sink s;

	(void)state;
	init(&s, "out", false);
	append(&s, "ONE\n", true);
	append(&s, "TWO\nTHREE\n", true);
	finish(&s);
	support_file_is("out", BYTES("ONE\nTWO\nTHREE\n"));
}

static void a_missing_file_is_left_to_the_last_step(void **state)
{
	struct sink s;

	(void)state;
	assert_int_equal(sink_init(&s, "out", NULL, SINK_SYNC_NEVER), 0);
	assert_int_equal(access("out", F_OK), -1);
	sink_release(&s);
	assert_int_equal(access("out", F_OK), -1);
	assert_int_equal(sink_init(&s, "out", NULL, SINK_SYNC_NEVER), 0);
	assert_int_equal(sink_create(&s), 0);
	assert_int_equal(sink_create(&s), 0);
	append(&s, "A\n", true);
	finish(&s);
	support_file_is("out", BYTES("A\n"));
	/* What could never be made is known only then. */
	assert_int_equal(
		sink_init(&s, "missing/out", NULL, SINK_SYNC_NEVER), 0);
	assert_int_equal(sink_create(&s), -ENOENT);
	sink_release(&s);
}

static void what_is_in_the_file_stays(void **state)
{
	struct sink s;

	(void)state;
	support_write("out", BYTES("old\n"));
	init(&s, "out", false);
	append(&s, "NEW\n", true);
	finish(&s);
	support_file_is("out", BYTES("old\nNEW\n"));
}

static void nul_bytes_are_appended_like_others(void **state)
{
	struct fault fault;
	struct sink s;
	size_t kept;

	(void)state;
	init(&s, "out", false);
	assert_int_equal(
		sink_append(&s, BYTES("A\0B\n"), true, &kept, &fault), 0);
	assert_int_equal(kept, 4);
	finish(&s);
	support_file_is("out", BYTES("A\0B\n"));
}

static void a_line_left_open_by_others_is_ended_before_ours(void **state)
{
	struct sink s;

	(void)state;
	support_write("out", BYTES("torn"));
	init(&s, "out", false);
	append(&s, "ONE\n", true);
	support_file_is("out", BYTES("torn\nONE\n"));
	append(&s, "TWO\n", true);
	append_as_somebody("again torn");
	append(&s, "THREE\n", true);
	finish(&s);
	support_file_is("out", BYTES("torn\nONE\nTWO\nagain torn\nTHREE\n"));
}

static void the_pieces_of_a_line_are_not_torn_apart(void **state)
{
	struct sink s;

	(void)state;
	init(&s, "out", false);
	append(&s, "LONG ", false);
	append(&s, "LINE", false);
	append(&s, "\n", true);
	append(&s, "NEXT\n", true);
	finish(&s);
	support_file_is("out", BYTES("LONG LINE\nNEXT\n"));
}

/* Failed appends. */

static void a_failed_append_keeps_its_whole_lines(void **state)
{
	struct fault fault;
	struct sink s;

	(void)state;
	init(&s, "out", false);
	append(&s, "FIRST\n", true);
	assert_int_equal(append_in_vain(&s, "A\nBB\nCCCC\n", 8, &fault), 5);
	support_file_is("out", BYTES("FIRST\nA\nBB\n"));
	sink_release(&s);
}

static void a_failed_append_without_a_whole_line_leaves_nothing(void **state)
{
	struct fault fault;
	struct sink s;

	(void)state;
	init(&s, "out", false);
	append(&s, "FIRST\n", true);
	assert_int_equal(append_in_vain(&s, "A LONG LINE\n", 4, &fault), 0);
	support_file_is("out", BYTES("FIRST\n"));
	sink_release(&s);
}

static void an_append_that_cannot_begin_leaves_nothing(void **state)
{
	struct fault fault;
	struct sink s;

	(void)state;
	init(&s, "out", false);
	append(&s, "FIRST\n", true);
	assert_int_equal(append_in_vain(&s, "A\n", 0, &fault), 0);
	support_file_is("out", BYTES("FIRST\n"));
	sink_release(&s);
}

static void the_newline_put_first_goes_with_a_failed_line(void **state)
{
	struct fault fault;
	struct sink s;

	(void)state;
	support_write("out", BYTES("torn"));
	for (rlim_t room = 0; room < 5; room++) {
		init(&s, "out", false);
		assert_int_equal(append_in_vain(&s, "LINE\n", room, &fault), 0);
		sink_release(&s);
		support_file_is("out", BYTES("torn"));
	}
	init(&s, "out", false);
	assert_int_equal(append_in_vain(&s, "A\nLINE\n", 5, &fault), 2);
	support_file_is("out", BYTES("torn\nA\n"));
	sink_release(&s);
}

static void a_torn_line_is_ended_also_after_a_failure(void **state)
{
	struct fault fault;
	struct sink s;

	(void)state;
	support_write("out", BYTES("torn"));
	init(&s, "out", false);
	(void)append_in_vain(&s, "LINE\n", 2, &fault);
	append(&s, "LINE\n", true);
	finish(&s);
	support_file_is("out", BYTES("torn\nLINE\n"));
}

static void whole_lines_before_an_open_one_stay_when_it_fails(void **state)
{
	struct fault fault;
	struct sink s;

	(void)state;
	init(&s, "out", false);
	append(&s, "WHOLE\nLONG ", false);
	assert_int_equal(append_in_vain(&s, "LINE\n", 2, &fault), 0);
	support_file_is("out", BYTES("WHOLE\n"));
	sink_release(&s);
}

static void after_a_failure_the_next_append_begins_a_line(void **state)
{
	struct fault fault;
	struct sink s;

	(void)state;
	init(&s, "out", false);
	append(&s, "LONG ", false);
	(void)append_in_vain(&s, "LINE\n", 2, &fault);
	assert_false(is_locked("out"));
	append(&s, "NEXT\n", true);
	finish(&s);
	support_file_is("out", BYTES("NEXT\n"));
}

static void the_earlier_pieces_of_a_failed_line_go_too(void **state)
{
	struct fault fault;
	struct sink s;

	(void)state;
	init(&s, "out", false);
	append(&s, "WHOLE\n", true);
	append(&s, "PIECE ", false);
	append(&s, "PIECE ", false);
	assert_int_equal(append_in_vain(&s, "END\n", 3, &fault), 0);
	support_file_is("out", BYTES("WHOLE\n"));
	sink_release(&s);
}

static void a_line_that_ended_in_the_failed_piece_stays(void **state)
{
	struct fault fault;
	struct sink s;

	(void)state;
	init(&s, "out", false);
	append(&s, "PIECE ", false);
	assert_int_equal(append_in_vain(&s, "END\nNEXT\n", 6, &fault), 4);
	support_file_is("out", BYTES("PIECE END\n"));
	sink_release(&s);
}

static void a_failed_member_goes_as_a_whole(void **state)
{
	struct fault fault;
	struct sink s;

	(void)state;
	init(&s, "out", true);
	append(&s, "MEMBER\n", true);
	assert_int_equal(append_in_vain(&s, "MEM\nBER\n", 6, &fault), 0);
	support_file_is("out", BYTES("MEMBER\n"));
	sink_release(&s);
}

static void the_earlier_members_of_a_failed_line_go_too(void **state)
{
	struct fault fault;
	struct sink s;

	(void)state;
	init(&s, "out", true);
	append(&s, "whole", true);
	append(&s, "piece", false);
	append(&s, "piece", false);
	assert_int_equal(append_in_vain(&s, "end", 2, &fault), 0);
	support_file_is("out", BYTES("whole"));
	sink_release(&s);
}

static void what_others_appended_meanwhile_is_left_alone(void **state)
{
	struct fault fault;
	struct sink s;

	(void)state;
	init(&s, "out", false);
	append(&s, "FIRST\n", true);
	fake.append = "theirs\n";
	assert_int_equal(append_in_vain(&s, "LONG LINE\n", 4, &fault), 0);
	assert_null(fake.append);
	support_file_is("out", BYTES("FIRST\nLONGtheirs\n"));
	assert_non_null(strstr(s.report.torn.text, "somebody else"));
	sink_release(&s);
}

static void what_could_not_be_cut_off_is_told(void **state)
{
	struct fault fault;
	struct sink s;

	(void)state;
	init(&s, "out", false);
	fake.truncate_error = EPERM;
	assert_int_equal(append_in_vain(&s, "LONG LINE\n", 4, &fault), 0);
	support_file_is("out", BYTES("LONG"));
	assert_non_null(strstr(fault.text, strerror(EFBIG)));
	assert_non_null(strstr(s.report.torn.text, "could not be cut off"));
	assert_non_null(strstr(s.report.torn.text, strerror(EPERM)));
	sink_release(&s);
}

static void a_full_device_is_an_error_with_nothing_kept(void **state)
{
	struct fault fault = {""};
	struct sink s;
	size_t kept = SIZE_MAX;

	(void)state;
	init(&s, "/dev/full", false);
	assert_int_equal(
		sink_append(&s, "A\n", 2, true, &kept, &fault), -ENOSPC);
	assert_int_equal(kept, 0);
	assert_string_equal(fault.text, strerror(ENOSPC));
	sink_release(&s);
}

/* The advisory lock. */

struct appending {
	struct sink *s;
	const char *text;
	size_t kept;
	int err;
};

static void append_in_thread(void *context)
{
	struct appending *a = context;
	struct fault fault;

	a->err = sink_append(
		a->s, a->text, strlen(a->text), true, &a->kept, &fault);
}

static void an_append_waits_for_who_holds_the_lock(void **state)
{
	struct sink s;
	struct appending a = {.s = &s, .text = "OURS\n"};
	struct support_thread t;
	bool slept;
	int fd;

	(void)state;
	init(&s, "out", false);
	fd = open("out", O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	support_start(&t, append_in_thread, &a);
	slept = support_sleeps(&t);
	append_as_somebody("theirs, ");
	append_as_somebody("in two parts\n");
	assert_int_equal(close(fd), 0);
	support_join(&t);
	assert_true(slept);
	assert_int_equal(a.err, 0);
	finish(&s);
	support_file_is("out", BYTES("theirs, in two parts\nOURS\n"));
}

static void the_lock_is_kept_while_a_line_is_open(void **state)
{
	struct sink s;

	(void)state;
	init(&s, "out", false);
	assert_false(is_locked("out"));
	append(&s, "LONG ", false);
	assert_true(is_locked("out"));
	append(&s, "LINE ", false);
	assert_true(is_locked("out"));
	append(&s, "END\n", true);
	assert_false(is_locked("out"));
	finish(&s);
}

static void the_lock_is_let_go_when_an_append_fails(void **state)
{
	struct fault fault;
	struct sink s;

	(void)state;
	init(&s, "out", false);
	(void)append_in_vain(&s, "LONG", 2, &fault);
	assert_false(is_locked("out"));
	sink_release(&s);
}

static void finish_lets_an_open_line_go(void **state)
{
	struct sink s;

	(void)state;
	init(&s, "out", false);
	append(&s, "LONG", false);
	finish(&s);
	assert_false(is_locked("out"));
	support_file_is("out", BYTES("LONG"));
}

static enum sink_reopened reopen(struct sink *s)
{
	struct fault fault = {""};

	return sink_reopen(s, &fault);
}

static void where_there_are_no_locks_lines_are_written_without(void **state)
{
	static const int errors[] = {ENOLCK, EOPNOTSUPP, ENOSYS, EINVAL};
	struct sink_report report;
	struct sink s;

	(void)state;
	for (size_t i = 0; i < COUNT(errors); i++) {
		fake.lock_error = errors[i];
		init(&s, "out", false);
		append(&s, "A\n", true);
		assert_true(sink_take_report(&s, &report));
		assert_int_equal(report.no_lock, errors[i]);
		/* Once for a file. */
		append(&s, "B\n", true);
		assert_false(sink_take_report(&s, &report));
		assert_int_equal(reopen(&s), SINK_REOPENED);
		append(&s, "C\n", true);
		assert_true(sink_take_report(&s, &report));
		assert_int_equal(report.no_lock, errors[i]);
		finish(&s);
		support_file_is("out", BYTES("A\nB\nC\n"));
		assert_int_equal(unlink("out"), 0);
	}
}

static void an_interrupted_wait_for_the_lock_goes_on(void **state)
{
	struct sink s;

	(void)state;
	init(&s, "out", false);
	fake.lock_error = EINTR;
	append(&s, "A", false);
	assert_true(is_locked("out"));
	finish(&s);
}

static void an_interrupted_unlock_is_done_again(void **state)
{
	struct sink s;

	(void)state;
	init(&s, "out", false);
	fake.unlock_error = EINTR;
	append(&s, "A\n", true);
	assert_int_equal(fake.unlock_error, 0);
	assert_false(is_locked("out"));
	finish(&s);
}

static void without_the_lock_nothing_is_written(void **state)
{
	struct fault fault = {""};
	struct sink s;
	size_t kept = SIZE_MAX;

	(void)state;
	init(&s, "out", false);
	fake.lock_error = EIO;
	assert_int_equal(sink_append(&s, "A\n", 2, true, &kept, &fault), -EIO);
	assert_int_equal(kept, 0);
	assert_string_equal(fault.text, "cannot be locked: Input/output error");
	support_file_is("out", "", 0);
	sink_release(&s);
}

enum {
	CROWD = 4,	   /* sinks that append to one file */
	CROWD_LINES = 100, /* lines of each */
	LINE_SIZE = 600,
};

/* Lines of one letter, every other one in two pieces. */
static void append_many(void *context)
{
	struct appending *a = context;
	char line[LINE_SIZE];
	struct fault fault;

	memset(line, a->text[0], sizeof(line) - 1);
	line[sizeof(line) - 1] = '\n';
	for (unsigned i = 0; !a->err && i < CROWD_LINES; i++) {
		size_t cut = i % 2 ? LINE_SIZE / 3 : 0;

		if (cut > 0)
			a->err = sink_append(
				a->s, line, cut, false, &a->kept, &fault);
		if (!a->err)
			a->err = sink_append(a->s, line + cut,
				sizeof(line) - cut, true, &a->kept, &fault);
	}
}

static void lines_of_many_writers_are_never_mixed(void **state)
{
	static const char *const letters[CROWD] = {"A", "B", "C", "D"};
	struct support_thread threads[CROWD];
	struct appending a[CROWD];
	struct sink sinks[CROWD];
	unsigned lines[CROWD] = {0};
	size_t len;
	char *data;

	(void)state;
	for (int i = 0; i < CROWD; i++) {
		init(&sinks[i], "out", false);
		a[i] = (struct appending){&sinks[i], letters[i], 0, 0};
	}
	for (int i = 0; i < CROWD; i++)
		support_start(&threads[i], append_many, &a[i]);
	for (int i = 0; i < CROWD; i++)
		support_join(&threads[i]);
	for (int i = 0; i < CROWD; i++) {
		assert_int_equal(a[i].err, 0);
		finish(&sinks[i]);
	}
	data = support_read("out", &len);
	assert_int_equal(len, CROWD * CROWD_LINES * LINE_SIZE);
	for (char *p = data; p < data + len; p += LINE_SIZE) {
		assert_int_equal(strspn(p, (char[]){*p, '\0'}), LINE_SIZE - 1);
		assert_int_equal(p[LINE_SIZE - 1], '\n');
		lines[*p - 'A']++;
	}
	for (int i = 0; i < CROWD; i++)
		assert_int_equal(lines[i], CROWD_LINES);
	free(data);
}

/* fdatasync. */

static void each_sync_mode_syncs_when_it_says(void **state)
{
	static const struct {
		enum sink_sync sync;
		unsigned appended, finished; /* calls so far */
	} modes[] = {
		{SINK_SYNC_NEVER, 0, 0},
		{SINK_SYNC_END, 0, 1},
		{SINK_SYNC_BATCH, 2, 2},
	};
	struct sink s;

	(void)state;
	for (size_t i = 0; i < COUNT(modes); i++) {
		fake.syncs = 0;
		assert_int_equal(open_sink(&s, "out", false, modes[i].sync), 0);
		append(&s, "A\n", true);
		append(&s, "B\n", true);
		assert_int_equal(fake.syncs, modes[i].appended);
		finish(&s);
		assert_between(fake.syncs, modes[i].finished,
			modes[i].finished + (modes[i].appended > 0));
	}
}

static void a_failed_sync_after_a_piece_is_an_error(void **state)
{
	struct fault fault = {""};
	struct sink s;
	size_t kept;

	(void)state;
	assert_int_equal(open_sink(&s, "out", false, SINK_SYNC_BATCH), 0);
	fake.sync_error = EIO;
	assert_int_equal(sink_append(&s, "A\n", 2, true, &kept, &fault), -EIO);
	assert_string_equal(fault.text, NOT_ON_DISK);
	sink_release(&s);
}

static void a_failed_sync_is_never_asked_about_again(void **state)
{
	struct fault fault = {""};
	struct packer *p;
	struct sink s;
	size_t kept;

	(void)state;
	/* Of a member that the sink writes by itself, and of a piece. */
	assert_int_equal(packer_new(&p, &packing_members, 6), 0);
	assert_int_equal(open_sink(&s, "out", true, SINK_SYNC_BATCH), 0);
	sink_be_patient(&s);
	assert_int_equal(sink_use_packer(&s, p), 0);
	assert_true(sink_may_retry(&s, -ENOSPC));
	fake.sync_error = ENOSPC;
	assert_int_equal(sink_make_valid(&s, &fault), -ENOSPC);
	assert_false(sink_may_retry(&s, -ENOSPC));
	sink_release(&s);
	assert_int_equal(open_sink(&s, "out", true, SINK_SYNC_BATCH), 0);
	sink_be_patient(&s);
	assert_int_equal(
		sink_append(&s, "member", 6, true, &kept, &fault), -ENOSPC);
	assert_false(sink_may_retry(&s, -ENOSPC));
	sink_release(&s);
	packer_free(p);
}

static void a_failed_sync_at_the_end_is_an_error(void **state)
{
	struct fault fault = {""};
	struct sink s;

	(void)state;
	assert_int_equal(open_sink(&s, "out", false, SINK_SYNC_END), 0);
	append(&s, "A\n", true);
	fake.sync_error = EIO;
	assert_int_equal(sink_finish(&s, &fault), -EIO);
	assert_string_equal(fault.text, NOT_ON_DISK);
	sink_release(&s);
}

static void what_cannot_be_synced_is_not_an_error(void **state)
{
	struct sink s;

	(void)state;
	assert_int_equal(open_sink(&s, "/dev/null", false, SINK_SYNC_BATCH), 0);
	append(&s, "A\n", true);
	finish(&s);
	assert_true(fake.syncs > 0);
}

/* The end. */

static void finish_with(const char *path, bool gzip, const char *text)
{
	struct fault fault;
	struct sink s;

	init(&s, path, gzip);
	if (text)
		append(&s, text, true);
	assert_int_equal(sink_finish(&s, &fault), 0);
	sink_release(&s);
}

static void an_empty_file_gets_the_empty_member(void **state)
{
	(void)state;
	finish_with("out", true, NULL);
	support_file_is("out", BYTES("EMPTY"));
	assert_false(is_locked("out"));
}

static void a_file_with_content_gets_no_empty_member(void **state)
{
	(void)state;
	support_write("out", BYTES("old"));
	finish_with("out", true, NULL);
	support_file_is("out", BYTES("old"));
}

static void an_output_that_was_appended_to_gets_no_empty_member(void **state)
{
	(void)state;
	finish_with("out", true, "member");
	support_file_is("out", BYTES("member"));
}

static void plain_output_without_text_stays_empty(void **state)
{
	struct sink s;

	(void)state;
	init(&s, "out", false);
	finish(&s);
	support_file_is("out", "", 0);
}

static void an_empty_member_that_cannot_be_written_is_an_error(void **state)
{
	struct fault fault = {""};
	struct sink s;

	(void)state;
	init(&s, "/dev/full", true);
	assert_int_equal(sink_finish(&s, &fault), -ENOSPC);
	assert_string_equal(fault.text, strerror(ENOSPC));
	sink_release(&s);
}

static void the_members_of_its_own_are_gzip(void **state)
{
	struct packer *p;
	struct sink s;
	size_t len;
	char *text;

	(void)state;
	assert_int_equal(packer_new(&p, &packing_members, 6), 0);
	assert_int_equal(open_sink(&s, "out", true, SINK_SYNC_NEVER), 0);
	assert_int_equal(sink_use_packer(&s, p), 0);
	text = support_gunzip(s.empty.bytes, s.empty.len, &len, NULL);
	assert_int_equal(len, 0);
	free(text);
	text = support_gunzip(s.newline.bytes, s.newline.len, &len, NULL);
	assert_string_equal(text, "\n");
	free(text);
	finish(&s);
	support_file_is("out", s.empty.bytes, s.empty.len);
	packer_free(p);
}

static void an_error_that_close_tells_is_an_error(void **state)
{
	struct fault fault = {""};
	struct sink s;
	int err;

	(void)state;
	init(&s, "out", false);
	append(&s, "A\n", true);
	fake.close_error = EIO;
	err = sink_finish(&s, &fault);
	fake.close_error = 0;
	assert_int_equal(err, -EIO);
	assert_string_equal(fault.text, NOT_ON_DISK);
	sink_release(&s);
}

static void only_the_file_itself_is_looked_at(void **state)
{
	int before = dup(STDIN_FILENO), after;
	struct sink s;

	(void)state;
	assert_int_equal(close(before), 0);
	support_write("out", BYTES("whole\n"));
	support_write("other", BYTES("a torn line"));
	assert_int_equal(link("out", "same"), 0);
	fake.rename = "other";
	init(&s, "out", false);
	assert_null(fake.rename);
	append(&s, "A\n", true);
	finish(&s);
	support_file_is("same", BYTES("whole\nA\n"));
	support_file_is("out", BYTES("a torn line"));
	after = dup(STDIN_FILENO);
	assert_int_equal(after, before); /* the other was closed again */
	assert_int_equal(close(after), 0);
}

/* Without a look at its end nobody knows whether a line is torn. */
static void a_file_that_may_only_be_written_is_appended_to(void **state)
{
	uid_t user = geteuid();
	struct sink s;
	int look;

	(void)state;
	support_write("out", BYTES("torn"));
	assert_int_equal(chmod("out", 0222), 0);
	assert_int_equal(chmod(".", 0755), 0);
	/* root may read everything. */
	if (user == 0)
		assert_int_equal(seteuid(65534), 0);
	init(&s, "out", false);
	look = s.file.look;
	append(&s, "A\n", true);
	finish(&s);
	assert_int_equal(seteuid(user), 0);
	assert_int_equal(look, -1);
	assert_int_equal(chmod("out", 0666), 0);
	support_file_is("out", BYTES("tornA\n"));
}

static void no_descriptor_is_left_open(void **state)
{
	int before = dup(STDIN_FILENO), after;
	struct sink s;

	(void)state;
	assert_true(before >= 0);
	assert_int_equal(close(before), 0);
	init(&s, "out", false);
	append(&s, "A\n", true);
	finish(&s);
	init(&s, "out", false);
	sink_release(&s);
	after = dup(STDIN_FILENO);
	assert_int_equal(after, before);
	assert_int_equal(close(after), 0);
}

static void what_cannot_be_opened_is_an_error(void **state)
{
	struct sink s;

	(void)state;
	assert_int_equal(open_sink(&s, ".", false, SINK_SYNC_NEVER), -EISDIR);
	assert_int_equal(
		open_sink(&s, "no/out", false, SINK_SYNC_NEVER), -ENOENT);
}

/* Opening anew. */

static void lines_go_to_the_new_file_after_a_reopen(void **state)
{
	struct sink s;

	(void)state;
	init(&s, "out", false);
	append(&s, "OLD\n", true);
	assert_int_equal(rename("out", "out.1"), 0);
	append(&s, "STILL OLD\n", true);
	assert_int_equal(reopen(&s), SINK_REOPENED);
	append(&s, "NEW\n", true);
	finish(&s);
	support_file_is("out.1", BYTES("OLD\nSTILL OLD\n"));
	support_file_is("out", BYTES("NEW\n"));
}

static void what_was_waited_is_counted_on_in_the_new_file(void **state)
{
	struct sink s;

	(void)state;
	init(&s, "out", false);
	s.file.io.waited = 12345; /* as if it were slow */
	assert_int_equal(reopen(&s), SINK_REOPENED);
	assert_int_equal(s.file.io.waited, 12345);
	finish(&s);
}

static void an_open_line_is_known_before_a_reopen(void **state)
{
	struct sink s;

	(void)state;
	init(&s, "out", false);
	append(&s, "LONG ", false);
	assert_int_equal(rename("out", "out.1"), 0);
	assert_true(sink_is_open_line(&s));
	append(&s, "LINE\n", true);
	assert_false(sink_is_open_line(&s));
	assert_int_equal(reopen(&s), SINK_REOPENED);
	append(&s, "NEW\n", true);
	finish(&s);
	support_file_is("out.1", BYTES("LONG LINE\n"));
	support_file_is("out", BYTES("NEW\n"));
}

static void the_old_file_stays_when_the_new_one_cannot_be_opened(void **state)
{
	struct fault fault = {""};
	struct sink s;

	(void)state;
	init(&s, "out", false);
	assert_int_equal(rename("out", "out.1"), 0);
	assert_int_equal(mkdir("out", 0700), 0);
	assert_int_equal(sink_reopen(&s, &fault), SINK_KEPT);
	assert_string_equal(fault.text, strerror(EISDIR));
	append(&s, "A\n", true);
	finish(&s);
	support_file_is("out.1", BYTES("A\n"));
}

static void a_new_file_without_text_gets_the_empty_member(void **state)
{
	struct fault fault;
	struct sink s;

	(void)state;
	init(&s, "out", true);
	append(&s, "member", true);
	assert_int_equal(rename("out", "out.1"), 0);
	assert_int_equal(reopen(&s), SINK_REOPENED);
	assert_int_equal(sink_finish(&s, &fault), 0);
	sink_release(&s);
	support_file_is("out.1", BYTES("member"));
	support_file_is("out", BYTES("EMPTY"));
}

static void a_file_left_without_text_gets_the_empty_member(void **state)
{
	struct sink s;

	(void)state;
	init(&s, "out", true);
	assert_int_equal(rename("out", "out.1"), 0);
	assert_int_equal(reopen(&s), SINK_REOPENED);
	finish(&s);
	support_file_is("out.1", BYTES("EMPTY"));
	support_file_is("out", BYTES("EMPTY"));
}

static void which_file_it_is_can_be_asked_during_an_append(void **state)
{
	struct sink s;
	struct appending a = {.s = &s, .text = "A\n"};
	struct support_thread t;
	struct stat st;
	bool same;
	int fd;

	(void)state;
	init(&s, "out", false);
	assert_int_equal(stat("out", &st), 0);
	fd = open("out", O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	support_start(&t, append_in_thread, &a);
	(void)support_sleeps(&t);
	same = !identity_read(&s.identity, &st);
	assert_int_equal(close(fd), 0);
	support_join(&t);
	assert_int_equal(a.err, 0);
	assert_true(same);
	finish(&s);
}

static void an_append_that_would_wait_for_a_lock_is_known(void **state)
{
	struct sink s;
	int fd;

	(void)state;
	init(&s, "out", false);
	fd = open("out", O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_false(sink_is_ready(&s, 1));
	assert_int_equal(close(fd), 0);
	assert_true(sink_is_ready(&s, 1));
	assert_true(is_locked("out")); /* for the append that comes */
	assert_true(sink_is_ready(&s, 1));
	append(&s, "A\n", true);
	assert_false(is_locked("out"));
	fake.lock_error = ENOLCK;
	assert_true(sink_is_ready(&s, 1));
	finish(&s);
}

/* What the file holds already. */

static void kind_is(const char *old, size_t len, bool gzip, int want)
{
	struct fault fault = {""};
	struct sink s;

	support_write("out", old, len);
	init(&s, "out", gzip);
	assert_int_equal(sink_check_kind(&s, &fault), want);
	assert_int_equal(fault.text[0] != '\0', want != 0);
	sink_release(&s);
	support_file_is("out", old, len);
}

static void text_and_gzip_do_not_go_into_one_file(void **state)
{
	(void)state;
	kind_is(BYTES("\x1f\x8b\x08"), true, 0);
	kind_is(BYTES("\x1f\x8b\x08"), false, -EINVAL);
	kind_is(BYTES("text\n"), true, -EINVAL);
	kind_is(BYTES("t"), true, -EINVAL);
	kind_is(BYTES("text\n"), false, 0);
	kind_is(BYTES("\x1f"), false, 0);
	kind_is("", 0, true, 0);
	kind_is("", 0, false, 0);
}

/* The same of something that is packed. */
static void packing_is(const char *old, size_t len,
	const struct packing *wished, const struct packing *got, int want)
{
	struct fault fault = {""};
	struct sink s;

	support_write("out", old, len);
	assert_int_equal(sink_init(&s, "out", wished, SINK_SYNC_NEVER), 0);
	assert_ptr_equal(s.packing, got);
	assert_int_equal(sink_check_kind(&s, &fault), want);
	assert_int_equal(fault.text[0] != '\0', want != 0);
	sink_release(&s);
}

static void blocks_and_other_gzip_do_not_go_into_one_file(void **state)
{
	const struct packing *members = &packing_members, *bgzf = &packing_bgzf;
	unsigned char mark[PACKING_CLOSE_MOST], member[PACKING_CLOSE_MOST];
	const char *b = (const char *)mark, *m = (const char *)member;
	size_t b_len, m_len;

	(void)state;
	b_len = bgzf->close(&(struct packer_tally){0}, mark);
	m_len = members->close(&(struct packer_tally){0}, member);
	/* A file of blocks stays that. */
	packing_is(b, b_len, members, bgzf, 0);
	packing_is(b, b_len, bgzf, bgzf, 0);
	packing_is(b, b_len, NULL, NULL, -EINVAL);
	packing_is(m, m_len, members, members, 0);
	packing_is(m, m_len, bgzf, bgzf, -EINVAL);
	packing_is(BYTES("text\n"), bgzf, bgzf, -EINVAL);
	packing_is("", 0, bgzf, bgzf, 0);
	/* Too little to tell; that is torn. */
	for (size_t len = 1; len < 16; len++) {
		packing_is(b, len, members, members, 0);
		packing_is(b, len, bgzf, bgzf, 0);
	}
	packing_is(b, 16, members, bgzf, 0);
}

/* As an output whose end is marked, with what can be seen. */
static void init_marked(struct sink *s)
{
	init(s, "out", true);
	s->packing = &packing_bgzf;
}

/* What is written where nothing is appended to `old`. */
static void ends_as(const char *old, bool repair, const char *want)
{
	struct sink_report report;
	struct sink s;
	bool told;

	support_write("out", old, strlen(old));
	init_marked(&s);
	s.ending.repair = repair;
	/* Not looked for members. */
	ending_is_whole(&s.ending, (off_t)strlen(old));
	assert_int_equal(sink_make_valid(&s, &(struct fault){""}), 0);
	told = sink_take_report(&s, &report) && report.moved.text[0];
	assert_int_equal(told, *old != '\0' && strlen(want) > strlen(old));
	finish(&s);
	support_file_is("out", want, strlen(want));
}

static void a_marked_file_ends_with_the_mark_once(void **state)
{
	struct sink s;

	(void)state;
	init_marked(&s);
	append(&s, "ONE\n", true);
	append(&s, "TWO\n", true);
	assert_int_equal(sink_make_valid(&s, &(struct fault){""}), 0);
	finish(&s);
	support_file_is("out", BYTES("ONE\nTWO\nEMPTY"));
	ends_as("", false, "EMPTY");
	ends_as("OLDEMPTY", false, "OLDEMPTY");
	ends_as("OLDEMPTY", true, "OLDEMPTY");
	/* Somebody else may be writing it. */
	ends_as("OLD", false, "OLD");
	ends_as("OLDEMPTX", true, "OLDEMPTXEMPTY");
	ends_as("OLD", true, "OLDEMPTY");
}

static void a_marked_file_that_is_left_ends_with_the_mark(void **state)
{
	struct fault fault = {""};
	struct sink s;

	(void)state;
	init_marked(&s);
	append(&s, "ONE\n", true);
	assert_int_equal(rename("out", "old"), 0);
	assert_int_equal(sink_reopen(&s, &fault), SINK_REOPENED);
	append(&s, "TWO\n", true);
	finish(&s);
	support_file_is("old", BYTES("ONE\nEMPTY"));
	support_file_is("out", BYTES("TWO\nEMPTY"));
	assert_int_equal(unlink("old"), 0);
}

/* Others may be at the one that it was opened anew as. */
static void a_file_that_nothing_was_written_to_since_is_left_as_it_is(
	void **state)
{
	unsigned char theirs[PACKING_CLOSE_MOST];
	size_t len = packing_bgzf.close(&(struct packer_tally){0}, theirs);
	struct sink s;

	(void)state;
	init_marked(&s);
	append(&s, "ONE\n", true);
	assert_int_equal(rename("out", "old"), 0);
	support_write("out", theirs, len);
	assert_int_equal(reopen(&s), SINK_REOPENED);
	finish(&s);
	support_file_is("old", BYTES("ONE\nEMPTY"));
	support_file_is("out", theirs, len);
	assert_int_equal(unlink("old"), 0);
}

/* What a gzip file ends with. */

static void add_without_lock(const char *text)
{
	int fd = open("out", O_WRONLY | O_APPEND | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

static void add_gzip(const char *text, bool ours)
{
	struct packer *p;
	struct packed packed;
	unsigned char *m;
	size_t size;
	int fd = open("out", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);

	assert_true(fd >= 0);
	assert_int_equal(packer_new(&p, &packing_members, 6), 0);
	if (ours) {
		size_t room = packer_bound(p, strlen(text));

		m = support_allocate(room);
		assert_int_equal(
			packer_pack(p, text, strlen(text), m, room, &packed),
			0);
		size = packed.size;
	} else {
		m = support_gzip(text, strlen(text), &size);
	}
	assert_int_equal(write(fd, m, size), size);
	assert_int_equal(close(fd), 0);
	free(m);
	packer_free(p);
}

/* Whether "out" is what it was, `len` bytes of it, and then this. */
static void is_added(const char *text, size_t len)
{
	size_t now;
	char *all = support_read("out", &now);

	support_same(all + len, now - len, text, strlen(text));
	free(all);
}

static size_t size_of_out(void)
{
	struct stat st;

	return stat("out", &st) == 0 ? (size_t)st.st_size : 0;
}

static void an_open_line_in_gzip_is_ended_by_a_member(void **state)
{
	static const struct {
		const char *text;
		bool ours;
		const char *added;
	} ends[] = {
		{"open", true, "NEWLINEMEMBER"},
		{"whole\n", true, "MEMBER"},
		{"open", false, "NEWLINEMEMBER"},
		{"whole\n", false, "MEMBER"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(ends); i++) {
		struct sink_report report = {0};
		struct sink s;
		size_t size;

		(void)unlink("out");
		add_gzip(ends[i].text, ends[i].ours);
		size = size_of_out();
		init(&s, "out", true);
		append(&s, "MEMBER", true);
		assert_int_equal(sink_take_report(&s, &report), i % 2 == 0);
		assert_int_equal(report.members, i % 2 == 0);
		assert_false(report.end_unknown);
		finish(&s);
		is_added(ends[i].added, size);
	}
}

/* Whether these bytes are somewhere in "out". */
static bool contains(const char *bytes)
{
	size_t len;
	char *all = support_read("out", &len);
	bool found = memmem(all, len, bytes, strlen(bytes)) != NULL;

	free(all);
	return found;
}

static void what_somebody_else_left_open_is_ended_under_the_lock(void **state)
{
	struct sink s;

	(void)state;
	init(&s, "out", true);
	add_gzip("whole\n", true);
	append(&s, "ONE", true);
	add_gzip("open", true);
	append(&s, "TWO", true);
	add_gzip("whole\n", true);
	append(&s, "THREE", true);
	finish(&s);
	assert_true(contains("ONE"));
	assert_true(contains("NEWLINETWO"));
	assert_false(contains("NEWLINEONE"));
	assert_false(contains("NEWLINETHREE"));
	is_added("THREE", size_of_out() - 5);
}

static void the_member_put_first_goes_with_a_failed_one(void **state)
{
	struct fault fault;
	struct sink s;
	size_t size;

	(void)state;
	add_gzip("open", true);
	size = size_of_out();
	init(&s, "out", true);
	assert_int_equal(append_in_vain(&s, "MEMBER", 9, &fault), 0);
	assert_int_equal(size_of_out(), size);
	append(&s, "MEMBER", true);
	finish(&s);
	is_added("NEWLINEMEMBER", size);
}

static void gzip_members_follow_those_that_are_there(void **state)
{
	struct sink s;
	size_t size;

	(void)state;
	add_gzip("whole\n", true);
	size = size_of_out();
	init(&s, "out", true);
	append(&s, "member", true);
	append(&s, "member", true);
	finish(&s);
	is_added("membermember", size);
}

static void a_cut_by_who_has_the_lock_ends_nothing(void **state)
{
	(void)state;
	for (int ours = 0; ours < 2; ours++) {
		struct sink s;
		size_t size;

		(void)unlink("out");
		add_gzip("whole\n", ours);
		size = size_of_out();
		init(&s, "out", true);
		fake.longer = 2;
		append(&s, "member", true);
		assert_int_equal(fake.longer, 0);
		finish(&s);
		is_added("member", size);
	}
}

static void what_seems_torn_is_looked_at_under_the_lock(void **state)
{
	struct sink s;
	size_t size;

	(void)state;
	/* At the first look an append is under way; then it is done, and the
	 * file has the same size. */
	add_gzip("whole\n", true);
	size = size_of_out();
	init(&s, "out", true);
	s.ending.size = (off_t)size;
	s.ending.how = ENDING_TORN;
	append(&s, "member", true);
	finish(&s);
	is_added("member", size);
}

static void nothing_follows_a_torn_member(void **state)
{
	struct fault fault = {""};
	struct sink s;
	size_t size, kept = 1;

	(void)state;
	add_gzip("whole\n", true);
	size = size_of_out();
	add_gzip("torn\n", true);
	assert_int_equal(truncate("out", (off_t)size_of_out() - 1), 0);
	assert_int_equal(open_sink(&s, "out", true, SINK_SYNC_NEVER), 0);
	assert_int_equal(sink_check_end(&s, &fault), -EILSEQ);
	assert_non_null(strstr(fault.text, "torn"));
	/* Nor does who did not ask append. */
	assert_int_equal(
		sink_append(&s, "member", 6, true, &kept, &fault), -EILSEQ);
	assert_int_equal(kept, 0);
	sink_release(&s);
	assert_true(size_of_out() > size);
	assert_false(contains("member"));
}

static void a_torn_member_is_moved_aside_if_that_is_wished(void **state)
{
	struct sink_report report = {0};
	struct fault fault = {""};
	struct sink s;
	size_t size;

	(void)state;
	add_gzip("whole\n", true);
	size = size_of_out();
	add_gzip("torn\n", true);
	assert_int_equal(truncate("out", (off_t)size_of_out() - 1), 0);
	assert_int_equal(open_sink(&s, "out", true, SINK_SYNC_NEVER), 0);
	sink_find_tears(&s, 100, true);
	assert_int_equal(sink_check_end(&s, &fault), 0);
	assert_true(sink_take_report(&s, &report));
	assert_true(report.moved.text[0]);
	assert_int_equal(size_of_out(), size);
	append(&s, "member", true);
	finish(&s);
	is_added("member", size);
}

static void an_end_that_cannot_be_known_is_told_once(void **state)
{
	struct sink_report report = {0};
	struct sink s;

	(void)state;
	/* Who made it does not say how long it is, and it is not whole. */
	add_gzip("open", false);
	assert_int_equal(truncate("out", (off_t)size_of_out() - 1), 0);
	init(&s, "out", true);
	append(&s, "MEMBER", true);
	assert_true(sink_take_report(&s, &report));
	assert_true(report.end_unknown);
	add_gzip("open", false);
	assert_int_equal(truncate("out", (off_t)size_of_out() - 1), 0);
	append(&s, "MEMBER", true);
	assert_false(sink_take_report(&s, &report));
	finish(&s);
}

static void only_a_small_file_is_decoded(void **state)
{
	struct sink_report report = {0};
	struct sink s;

	(void)state;
	/* A member, and zeros behind it. */
	add_gzip("open", false);
	assert_int_equal(truncate("out", ENDING_DECODE_MOST + 1), 0);
	init(&s, "out", true);
	assert_true(sink_is_ready(&s, 1));
	append(&s, "MEMBER", true);
	assert_true(sink_take_report(&s, &report));
	assert_true(report.end_unknown);
	finish(&s);
	assert_int_equal(truncate("out", ENDING_DECODE_MOST), 0);
	init(&s, "out", true);
	/* That takes a while. */
	assert_false(sink_is_ready(&s, 1));
	append(&s, "MEMBER", true);
	assert_true(sink_is_ready(&s, 1));
	finish(&s);
	is_added("NEWLINEMEMBER", (size_t)ENDING_DECODE_MOST);
}

/* Members that do not say their size come behind our own end. */
static void a_foreign_end_that_came_meanwhile_is_decoded(void **state)
{
	struct sink_report report = {0};
	struct sink s;

	(void)state;
	add_gzip("whole\n", false);
	init(&s, "out", true);
	append(&s, "ONE", true);
	add_gzip("open", false);
	append(&s, "TWO", true);
	add_gzip("open", false);
	add_gzip("", false);
	append(&s, "THREE", true);
	add_gzip("", false);
	append(&s, "FOUR", true);
	add_gzip("whole\n", false);
	append(&s, "FIVE", true);
	finish(&s);
	assert_true(sink_take_report(&s, &report));
	assert_false(report.end_unknown);
	assert_int_equal(report.members, 2);
	assert_true(contains("NEWLINETWO"));
	assert_true(contains("NEWLINETHREE"));
	assert_false(contains("NEWLINEFOUR"));
	assert_false(contains("NEWLINEFIVE"));
}

/* Between the look, which needs no lock, and the first append. */
static void so_is_one_that_came_before_the_first_append(void **state)
{
	struct sink s;

	(void)state;
	add_gzip("open", false);
	init(&s, "out", true);
	append(&s, "", true); /* has looked, and has ended the line */
	add_gzip("open", false);
	append(&s, "ONE", true);
	finish(&s);
	assert_true(contains("NEWLINEONE"));
	for (int ours = 0; ours < 2; ours++) {
		assert_int_equal(unlink("out"), 0);
		add_gzip("whole\n", ours);
		init(&s, "out", true);
		(void)sink_is_ready(&s, 1);
		sink_let_go(&s);
		add_gzip("open", false);
		append(&s, "ONE", true);
		finish(&s);
		assert_true(contains("NEWLINEONE"));
	}
}

static void what_came_meanwhile_and_is_no_member_is_told(void **state)
{
	struct sink_report report = {0};
	struct sink s;

	(void)state;
	add_gzip("whole\n", false);
	init(&s, "out", true);
	append(&s, "ONE", true);
	add_without_lock("x");
	append(&s, "TWO", true);
	assert_true(sink_take_report(&s, &report));
	assert_true(report.end_unknown);
	finish(&s);
}

/* The end of a line that does not come. */

static void a_line_that_was_given_up_is_cut_off(void **state)
{
	struct sink s;

	(void)state;
	init(&s, "out", false);
	append(&s, "WHOLE\n", true);
	append(&s, "ALSO\nBEGIN", false);
	append(&s, "MORE", false);
	sink_abandon(&s);
	assert_string_equal(s.report.torn.text, "");
	assert_false(is_locked("out"));
	sink_release(&s);
	support_file_is("out", BYTES("WHOLE\nALSO\n"));
}

static void whole_lines_stay_when_the_rest_is_given_up(void **state)
{
	struct sink s;

	(void)state;
	init(&s, "out", false);
	append(&s, "WHOLE\n", true);
	sink_abandon(&s);
	assert_string_equal(s.report.torn.text, "");
	sink_release(&s);
	support_file_is("out", BYTES("WHOLE\n"));
}

static void a_line_whose_sync_failed_is_cut_off_under_the_same_lock(
	void **state)
{
	struct fault fault = {""};
	struct sink s;
	size_t kept;

	(void)state;
	assert_int_equal(open_sink(&s, "out", false, SINK_SYNC_BATCH), 0);
	append(&s, "WHOLE\n", true);
	fake.sync_error = EIO;
	assert_int_equal(
		sink_append(&s, "BEGIN", 5, false, &kept, &fault), -EIO);
	assert_true(is_locked("out"));
	sink_abandon(&s);
	assert_false(is_locked("out"));
	sink_release(&s);
	support_file_is("out", BYTES("WHOLE\n"));
}

static void what_came_between_two_pieces_is_not_cut_off(void **state)
{
	struct fault fault;
	struct sink s;

	(void)state;
	init(&s, "out", false);
	append(&s, "BEGIN", false);
	add_without_lock("theirs\n");
	append(&s, "MORE", false);
	assert_int_equal(append_in_vain(&s, "MUCH MORE", 4, &fault), 0);
	assert_non_null(strstr(s.report.torn.text, "somebody else"));
	sink_release(&s);
	support_file_is("out", BYTES("BEGINtheirs\nMOREMUCH"));
}

static void after_a_line_with_others_in_it_the_next_is_cut_off_again(
	void **state)
{
	struct fault fault;
	struct sink s;

	(void)state;
	init(&s, "out", false);
	append(&s, "BEGIN", false);
	add_without_lock("theirs\n");
	append(&s, "END\n", true);
	assert_int_equal(append_in_vain(&s, "NO ROOM", 4, &fault), 0);
	assert_null(strstr(s.report.torn.text, "somebody else"));
	sink_release(&s);
	support_file_is("out", BYTES("BEGINtheirs\nEND\n"));
}

static void what_came_between_is_left_also_when_it_is_given_up(void **state)
{
	struct sink s;

	(void)state;
	init(&s, "out", false);
	append(&s, "BEGIN", false);
	add_without_lock("theirs\n");
	sink_abandon(&s);
	assert_string_equal(s.report.torn.text,
		" (somebody else changed the file meanwhile, so what is torn "
		"was left in it)");
	sink_release(&s);
	support_file_is("out", BYTES("BEGINtheirs\n"));
}

static void a_torn_line_in_the_new_file_is_ended_first(void **state)
{
	struct sink s;

	(void)state;
	init(&s, "out", false);
	append(&s, "A\n", true);
	assert_int_equal(rename("out", "out.1"), 0);
	/* As long as what we know of the old file. */
	support_write("out", BYTES("xx"));
	assert_int_equal(reopen(&s), SINK_REOPENED);
	append(&s, "B\n", true);
	finish(&s);
	support_file_is("out", BYTES("xx\nB\n"));
}

static void the_old_file_is_synced_before_it_is_left(void **state)
{
	struct fault fault = {""};
	struct sink s;

	(void)state;
	assert_int_equal(open_sink(&s, "out", false, SINK_SYNC_END), 0);
	append(&s, "A\n", true);
	assert_int_equal(reopen(&s), SINK_REOPENED);
	assert_int_equal(fake.syncs, 1);
	fake.sync_error = EIO;
	assert_int_equal(sink_reopen(&s, &fault), SINK_FAILED);
	assert_string_equal(fault.text, NOT_ON_DISK);
	sink_release(&s);
}

/* Which file it is. */

static void the_output_file_is_recognised_by_any_name(void **state)
{
	struct stat st;
	struct sink s;

	(void)state;
	init(&s, "out", false);
	assert_int_equal(link("out", "other name"), 0);
	assert_int_equal(stat("other name", &st), 0);
	assert_true(!identity_read(&s.identity, &st));
	support_write("other file", "", 0);
	assert_int_equal(stat("other file", &st), 0);
	assert_false(!identity_read(&s.identity, &st));
	finish(&s);
}

static void the_output_file_is_the_new_one_after_a_reopen(void **state)
{
	struct stat old, new;
	struct sink s;

	(void)state;
	init(&s, "out", false);
	assert_int_equal(stat("out", &old), 0);
	assert_int_equal(rename("out", "out.1"), 0);
	assert_int_equal(reopen(&s), SINK_REOPENED);
	assert_int_equal(stat("out", &new), 0);
	assert_false(!identity_read(&s.identity, &old));
	assert_true(!identity_read(&s.identity, &new));
	finish(&s);
}

static void a_device_may_be_input_and_output(void **state)
{
	struct stat st;
	struct sink s;

	(void)state;
	init(&s, "/dev/null", false);
	assert_int_equal(stat("/dev/null", &st), 0);
	assert_false(!identity_read(&s.identity, &st));
	finish(&s);
}

/* Standard output and pipes. */

/* A sink on standard output, which is `fd` for as long as it takes; what
 * happened is in the struct. No assertion between. */
struct standard {
	struct sink s;
	int saved, err;
	bool file; /* it is the file behind it */
};

static void standard_begin(struct standard *o, int fd, bool gzip)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	(void)fflush(stdout);
	o->saved = support_replace(STDOUT_FILENO, fd);
	o->err = open_sink(&o->s, NULL, gzip, SINK_SYNC_NEVER);
	if (gzip)
		fake_members(&o->s);
	o->file = !identity_read(&o->s.identity, &st);
}

static void standard_end(struct standard *o)
{
	sink_release(&o->s);
	support_restore(STDOUT_FILENO, o->saved);
	assert_int_equal(o->err, 0);
}

static void standard_output_gets_the_bytes_and_nothing_else(void **state)
{
	struct fault fault;
	struct standard o;
	bool locked;
	size_t kept;
	int fd, err;

	(void)state;
	support_write("out", BYTES("torn"));
	fd = open("out", O_WRONLY | O_APPEND | O_CLOEXEC);
	standard_begin(&o, fd, false);
	err = sink_append(&o.s, "A\nB", 3, false, &kept, &fault);
	locked = is_locked("out");
	if (!err)
		err = sink_append(&o.s, "C", 1, false, &kept, &fault);
	if (!err)
		err = sink_finish(&o.s, &fault);
	standard_end(&o);
	assert_int_equal(err, 0);
	assert_false(locked);
	assert_true(o.file);
	assert_string_equal(o.s.name, "standard output");
	support_file_is("out", BYTES("tornA\nBC"));
}

static void standard_output_with_text_gets_no_empty_member(void **state)
{
	struct fault fault;
	struct standard o;
	size_t kept;
	int fd, err;

	(void)state;
	fd = open("out", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	standard_begin(&o, fd, true);
	err = sink_append(&o.s, "MEMBER", 6, true, &kept, &fault);
	if (!err)
		err = sink_finish(&o.s, &fault);
	standard_end(&o);
	assert_int_equal(err, 0);
	support_file_is("out", BYTES("MEMBER"));
}

static void standard_output_without_text_gets_the_empty_member(void **state)
{
	struct fault fault;
	struct standard o;
	int fd, err;

	(void)state;
	support_write("out", BYTES("old"));
	fd = open("out", O_WRONLY | O_APPEND | O_CLOEXEC);
	standard_begin(&o, fd, true);
	err = sink_finish(&o.s, &fault);
	standard_end(&o);
	assert_int_equal(err, 0);
	support_file_is("out", BYTES("oldEMPTY"));
}

/* As after a wait for room: there was some for two bytes. */
static void what_an_output_ends_with_is_written_once(void **state)
{
	(void)state;
	for (int marked = 0; marked < 2; marked++) {
		struct fault fault = {""};
		struct standard o;
		int fd, first, err = 0;

		support_write("out", BYTES("old"));
		fd = open("out", O_WRONLY | O_APPEND | O_CLOEXEC);
		standard_begin(&o, fd, true);
		if (marked)
			o.s.packing = &packing_bgzf;
		limit_file_size(5);
		first = sink_make_valid(&o.s, &fault);
		limit_file_size(RLIM_INFINITY);
		for (int i = 0; !err && i < 2; i++)
			err = sink_make_valid(&o.s, &fault);
		if (!err)
			err = sink_finish(&o.s, &fault);
		standard_end(&o);
		assert_int_equal(first, -EFBIG);
		assert_int_equal(err, 0);
		support_file_is("out", BYTES("oldEMPTY"));
	}
}

static void standard_output_that_is_only_read_is_an_error(void **state)
{
	struct fault fault = {""};
	struct standard o;
	int err;

	(void)state;
	standard_begin(&o, open("/dev/null", O_RDONLY | O_CLOEXEC), false);
	err = sink_finish(&o.s, &fault);
	standard_end(&o);
	assert_int_equal(err, -EBADF);
	assert_string_equal(fault.text, strerror(EBADF));
}

static void the_kind_and_the_input_are_looked_at_when_reopened(void **state)
{
	struct fault fault = {""};
	struct stat st;
	struct sink s;

	(void)state;
	init(&s, "out", false);
	append(&s, "A\n", true);
	assert_int_equal(rename("out", "old"), 0);
	support_write("out", BYTES("\x1f\x8b\x08"));
	assert_int_equal(sink_reopen(&s, &fault), SINK_KEPT);
	assert_non_null(strstr(fault.text, "holds gzip"));
	assert_int_equal(unlink("out"), 0);
	support_write("out", BYTES("in\n"));
	assert_int_equal(stat("out", &st), 0);
	assert_true(identity_read(&s.identity, &st));
	assert_int_equal(sink_reopen(&s, &fault), SINK_KEPT);
	assert_string_equal(fault.text, "output file is input file");
	append(&s, "B\n", true);
	assert_int_equal(stat("old", &st), 0);
	assert_false(identity_read(&s.identity, &st));
	finish(&s);
	support_file_is("old", BYTES("A\nB\n"));
	support_file_is("out", BYTES("in\n"));
}

static void what_standard_output_took_before_an_error_is_kept(void **state)
{
	struct fault fault;
	struct standard o;
	size_t kept = SIZE_MAX;
	int fd, err;

	(void)state;
	fd = open("out", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	standard_begin(&o, fd, false);
	limit_file_size(3);
	err = sink_append(&o.s, "A\nBCD\n", 6, true, &kept, &fault);
	limit_file_size(RLIM_INFINITY);
	standard_end(&o);
	assert_int_equal(err, -EFBIG);
	assert_int_equal(kept, 3);
	support_file_is("out", BYTES("A\nB"));
}

static void a_reader_that_went_away_is_an_error(void **state)
{
	struct fault fault;
	struct standard o;
	size_t kept = SIZE_MAX;
	int fd[2], err;

	(void)state;
	support_pipe(fd);
	standard_begin(&o, fd[1], false);
	(void)close(fd[0]);
	err = sink_append(&o.s, "A\n", 2, true, &kept, &fault);
	standard_end(&o);
	assert_int_equal(err, -EPIPE);
	assert_int_equal(kept, 0);
}

static void wake_ends_a_wait_for_a_full_pipe(void **state)
{
	struct standard o;
	struct appending a = {.s = &o.s, .text = "A\n"};
	struct support_thread t;
	int fd[2], wake[2];
	bool slept;

	(void)state;
	support_pipe(fd);
	support_pipe(wake);
	(void)support_fill_pipe(fd[1]);
	standard_begin(&o, fd[1], false);
	o.s.wake = wake[0];
	support_start(&t, append_in_thread, &a);
	slept = support_sleeps(&t);
	(void)close(wake[1]); /* the end of input makes it readable, too */
	support_join(&t);
	standard_end(&o);
	assert_true(slept);
	assert_int_equal(a.err, -ECANCELED);
	assert_int_equal(a.kept, 0);
	(void)close(fd[0]);
	(void)close(wake[0]);
}

static void an_append_to_a_full_pipe_waits_for_its_reader(void **state)
{
	struct standard o;
	struct appending a = {.s = &o.s, .text = "THE END\n"};
	struct support_thread t;
	int fd[2];
	size_t filled, len;
	bool slept;
	char *got;

	(void)state;
	support_pipe(fd);
	filled = support_fill_pipe(fd[1]);
	standard_begin(&o, fd[1], false);
	support_start(&t, append_in_thread, &a);
	slept = support_sleeps(&t);
	got = support_allocate(filled);
	len = (size_t)read(fd[0], got, filled);
	support_join(&t);
	standard_end(&o);
	free(got);
	assert_true(slept);
	assert_true(len > 0);
	assert_int_equal(a.err, 0);
	assert_int_equal(a.kept, 8);
	got = support_read_all(fd[0], &len);
	assert_true(len >= 8);
	assert_memory_equal(got + len - 8, "THE END\n", 8);
	free(got);
	(void)close(fd[0]);
}

struct opening {
	struct sink s;
	int err;
};

static void open_in_thread(void *context)
{
	struct opening *o = context;

	o->err = open_sink(&o->s, "fifo", false, SINK_SYNC_NEVER);
}

static void a_fifo_waits_for_its_reader_and_gets_the_bytes(void **state)
{
	struct support_thread t;
	struct opening o;
	char got[16] = "";
	bool slept;
	int fd;

	(void)state;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	support_start(&t, open_in_thread, &o);
	slept = support_sleeps(&t);
	fd = open("fifo", O_RDONLY | O_CLOEXEC);
	support_join(&t);
	assert_true(slept);
	assert_true(fd >= 0);
	assert_int_equal(o.err, 0);
	append(&o.s, "A\nB", false);
	append(&o.s, "C\n", true);
	finish(&o.s);
	assert_int_equal(read(fd, got, sizeof(got)), 5);
	assert_string_equal(got, "A\nBC\n");
	(void)close(fd);
}

static void a_reopened_fifo_does_not_wait_for_a_reader(void **state)
{
	struct fault fault = {""};
	struct sink s;
	int fd;

	(void)state;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	fd = open("fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	init(&s, "fifo", false);
	(void)close(fd);
	assert_int_equal(sink_reopen(&s, &fault), SINK_KEPT);
	assert_string_equal(fault.text, strerror(ENXIO));
	sink_release(&s);
}

#define sink_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		sink_test(a_missing_file_is_created_and_lines_are_appended),
		sink_test(a_missing_file_is_left_to_the_last_step),
		sink_test(what_is_in_the_file_stays),
		sink_test(nul_bytes_are_appended_like_others),
		sink_test(a_line_left_open_by_others_is_ended_before_ours),
		sink_test(the_pieces_of_a_line_are_not_torn_apart),
		sink_test(a_failed_append_keeps_its_whole_lines),
		sink_test(a_failed_append_without_a_whole_line_leaves_nothing),
		sink_test(an_append_that_cannot_begin_leaves_nothing),
		sink_test(the_newline_put_first_goes_with_a_failed_line),
		sink_test(a_torn_line_is_ended_also_after_a_failure),
		sink_test(whole_lines_before_an_open_one_stay_when_it_fails),
		sink_test(after_a_failure_the_next_append_begins_a_line),
		sink_test(the_earlier_pieces_of_a_failed_line_go_too),
		sink_test(a_line_that_ended_in_the_failed_piece_stays),
		sink_test(a_failed_member_goes_as_a_whole),
		sink_test(the_earlier_members_of_a_failed_line_go_too),
		sink_test(what_others_appended_meanwhile_is_left_alone),
		sink_test(what_could_not_be_cut_off_is_told),
		sink_test(a_full_device_is_an_error_with_nothing_kept),
		sink_test(an_append_waits_for_who_holds_the_lock),
		sink_test(the_lock_is_kept_while_a_line_is_open),
		sink_test(the_lock_is_let_go_when_an_append_fails),
		sink_test(finish_lets_an_open_line_go),
		sink_test(where_there_are_no_locks_lines_are_written_without),
		sink_test(an_interrupted_wait_for_the_lock_goes_on),
		sink_test(an_interrupted_unlock_is_done_again),
		sink_test(without_the_lock_nothing_is_written),
		sink_test(lines_of_many_writers_are_never_mixed),
		sink_test(each_sync_mode_syncs_when_it_says),
		sink_test(a_failed_sync_after_a_piece_is_an_error),
		sink_test(a_failed_sync_is_never_asked_about_again),
		sink_test(a_failed_sync_at_the_end_is_an_error),
		sink_test(what_cannot_be_synced_is_not_an_error),
		sink_test(an_empty_file_gets_the_empty_member),
		sink_test(a_file_with_content_gets_no_empty_member),
		sink_test(an_output_that_was_appended_to_gets_no_empty_member),
		sink_test(plain_output_without_text_stays_empty),
		sink_test(an_empty_member_that_cannot_be_written_is_an_error),
		sink_test(the_members_of_its_own_are_gzip),
		sink_test(an_error_that_close_tells_is_an_error),
		sink_test(only_the_file_itself_is_looked_at),
		sink_test(a_file_that_may_only_be_written_is_appended_to),
		sink_test(no_descriptor_is_left_open),
		sink_test(what_cannot_be_opened_is_an_error),
		sink_test(lines_go_to_the_new_file_after_a_reopen),
		sink_test(what_was_waited_is_counted_on_in_the_new_file),
		sink_test(an_open_line_is_known_before_a_reopen),
		sink_test(the_old_file_stays_when_the_new_one_cannot_be_opened),
		sink_test(a_new_file_without_text_gets_the_empty_member),
		sink_test(a_file_left_without_text_gets_the_empty_member),
		sink_test(which_file_it_is_can_be_asked_during_an_append),
		sink_test(an_append_that_would_wait_for_a_lock_is_known),
		sink_test(text_and_gzip_do_not_go_into_one_file),
		sink_test(blocks_and_other_gzip_do_not_go_into_one_file),
		sink_test(a_marked_file_ends_with_the_mark_once),
		sink_test(a_marked_file_that_is_left_ends_with_the_mark),
		sink_test(
			a_file_that_nothing_was_written_to_since_is_left_as_it_is),
		sink_test(an_open_line_in_gzip_is_ended_by_a_member),
		sink_test(what_somebody_else_left_open_is_ended_under_the_lock),
		sink_test(the_member_put_first_goes_with_a_failed_one),
		sink_test(gzip_members_follow_those_that_are_there),
		sink_test(a_cut_by_who_has_the_lock_ends_nothing),
		sink_test(what_seems_torn_is_looked_at_under_the_lock),
		sink_test(nothing_follows_a_torn_member),
		sink_test(a_torn_member_is_moved_aside_if_that_is_wished),
		sink_test(an_end_that_cannot_be_known_is_told_once),
		sink_test(only_a_small_file_is_decoded),
		sink_test(a_foreign_end_that_came_meanwhile_is_decoded),
		sink_test(so_is_one_that_came_before_the_first_append),
		sink_test(what_came_meanwhile_and_is_no_member_is_told),
		sink_test(a_line_that_was_given_up_is_cut_off),
		sink_test(whole_lines_stay_when_the_rest_is_given_up),
		sink_test(
			a_line_whose_sync_failed_is_cut_off_under_the_same_lock),
		sink_test(what_came_between_two_pieces_is_not_cut_off),
		sink_test(
			after_a_line_with_others_in_it_the_next_is_cut_off_again),
		sink_test(what_came_between_is_left_also_when_it_is_given_up),
		sink_test(a_torn_line_in_the_new_file_is_ended_first),
		sink_test(the_old_file_is_synced_before_it_is_left),
		sink_test(the_output_file_is_recognised_by_any_name),
		sink_test(the_output_file_is_the_new_one_after_a_reopen),
		sink_test(a_device_may_be_input_and_output),
		sink_test(standard_output_gets_the_bytes_and_nothing_else),
		sink_test(standard_output_with_text_gets_no_empty_member),
		sink_test(standard_output_without_text_gets_the_empty_member),
		sink_test(what_an_output_ends_with_is_written_once),
		sink_test(standard_output_that_is_only_read_is_an_error),
		sink_test(the_kind_and_the_input_are_looked_at_when_reopened),
		sink_test(what_standard_output_took_before_an_error_is_kept),
		sink_test(a_reader_that_went_away_is_an_error),
		sink_test(wake_ends_a_wait_for_a_full_pipe),
		sink_test(an_append_to_a_full_pipe_waits_for_its_reader),
		sink_test(a_fifo_waits_for_its_reader_and_gets_the_bytes),
		sink_test(a_reopened_fifo_does_not_wait_for_a_reader),
	};

	/* As in the program: these are told by write(2). */
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)alarm(1200);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
