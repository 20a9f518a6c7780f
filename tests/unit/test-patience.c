/*
 * Tests of appends that wait until there is room: what is kept, what is told,
 * who waits, and what ends it. A disk that is full is made of writev.
 */
#define _GNU_SOURCE /* also where the program does without */
#include "config.h"

#include "pipeline/patience.h"

#include "io/clock.h"

#include "stages.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

static struct {
	unsigned fails;	       /* so many writes find no room */
	int error;	       /* what they say */
	size_t room;	       /* bytes that the first of them takes before */
	bool was_locked;       /* "out", at the last that failed */
	struct output *wished; /* by somebody, when one fails */
	struct control *given_up; /* likewise */
} fake;

static bool is_locked(void)
{
	int fd = open("out", O_RDONLY | O_CLOEXEC);
	bool locked = flock(fd, LOCK_SH | LOCK_NB) != 0;

	(void)close(fd);
	return locked;
}

ssize_t writev(int fd, const struct iovec *iov, int count)
{
	if (fake.fails == 0)
		return syscall(SYS_writev, fd, iov, count);
	if (fake.room > 0) {
		size_t room = fake.room;

		fake.room = 0;
		for (int i = 0; i < count; i++)
			if (iov[i].iov_len > 0)
				return syscall(
					SYS_write, fd, iov[i].iov_base, room);
	}
	fake.fails--;
	if (fake.wished)
		output_wish_reopen(fake.wished);
	if (fake.given_up)
		control_abort(fake.given_up);
	fake.wished = NULL;
	errno = fake.error;
	return -1;
}

static void be_full(unsigned fails, int error, size_t room)
{
	fake.fails = fails;
	fake.error = error;
	fake.room = room;
}

static void make(struct stages *s, const char *path)
{
	memset(&fake, 0, sizeof(fake));
	stages_make(s, path, UPCASE_ROOT, UPCASE_KEEP);
	/* Anew, with a sink that is patient. */
	output_release(&s->output);
	sink_be_patient(&s->sink);
	assert_int_equal(output_init(&s->output, &s->output.config), 0);
}

static struct batch *converted(struct stages *s, const char *text)
{
	struct batch *b = stages_batch(s, text);

	convert_batch(&s->converter, NULL, b);
	return b;
}

static void end(struct stages *s, const char *told, uint64_t lines)
{
	assert_string_equal(s->told, told);
	assert_int_equal(atomic_load(&s->ledger.lines_out), lines);
	output_disown(&s->output);
	stages_free(s);
}

#define WAITS(why) "out: " why "; waiting for room\n"
#define GOES_ON	   "out: there is room again; going on\n"
#define NO_SPACE   "No space left on device"

static void what_finds_no_room_is_written_when_there_is(void **state)
{
	struct stages s;

	(void)state;
	make(&s, "out");
	output_own(&s.output);
	be_full(2, ENOSPC, 0);
	assert_int_equal(output_write(&s.output, converted(&s, "one\n")), 0);
	/* 0.1 s and 0.2 s, the time of which counts as blocked. */
	assert_true(output_waited(&s.output) >= 3 * (CLOCK_SECOND / 10));
	end(&s, WAITS(NO_SPACE) GOES_ON, 1);
	support_file_is("out", BYTES("ONE\n"));
}

static void a_quota_is_like_a_disk(void **state)
{
	struct stages s;

	(void)state;
	make(&s, "out");
	output_own(&s.output);
	be_full(1, EDQUOT, 0);
	assert_int_equal(output_write(&s.output, converted(&s, "one\n")), 0);
	end(&s, WAITS("Disk quota exceeded") GOES_ON, 1);
	support_file_is("out", BYTES("ONE\n"));
}

static void whole_lines_are_kept_and_count_once(void **state)
{
	struct stages s;

	(void)state;
	make(&s, "out");
	output_own(&s.output);
	be_full(1, ENOSPC, 6);
	assert_int_equal(
		output_write(&s.output, converted(&s, "one\ntwo\nsix\n")), 0);
	assert_int_equal(atomic_load(&s.ledger.bytes_out), 12);
	end(&s, WAITS(NO_SPACE) GOES_ON, 3);
	support_file_is("out", BYTES("ONE\nTWO\nSIX\n"));
}

static void other_errors_are_not_waited_for(void **state)
{
	struct stages s;

	(void)state;
	make(&s, "out");
	output_own(&s.output);
	be_full(1, EIO, 6);
	assert_int_equal(
		output_write(&s.output, converted(&s, "one\ntwo\n")), -EIO);
	end(&s, "", 1);
	support_file_is("out", BYTES("ONE\n"));
}

static void who_must_not_wait_leaves_the_rest_to_another(void **state)
{
	struct stages s;
	struct batch *b;

	(void)state;
	make(&s, "out");
	b = converted(&s, "one\ntwo\n");
	be_full(1, ENOSPC, 6);
	assert_true(output_try_own(&s.output, 0, b->upper_len));
	assert_int_equal(output_write(&s.output, b), -EAGAIN);
	assert_string_equal(s.told, "");
	assert_int_equal(atomic_load(&b->unwritten), 1);
	assert_false(control_is_aborted(&s.control));
	output_disown(&s.output);
	output_own(&s.output);
	assert_int_equal(output_write(&s.output, b), 0);
	assert_int_equal(atomic_load(&b->unwritten), 0);
	end(&s, "", 2);
	support_file_is("out", BYTES("ONE\nTWO\n"));
}

static void a_piece_of_a_line_is_cut_off_alone_under_the_lock(void **state)
{
	struct stages s;
	struct batch *b;

	(void)state;
	make(&s, "out");
	output_own(&s.output);
	b = converted(&s, "begin");
	b->cut.open = true;
	assert_int_equal(output_write(&s.output, b), 0);
	b = converted(&s, "end\n");
	b->cut.continues = true;
	be_full(1, ENOSPC, 2);
	assert_int_equal(output_write(&s.output, b), 0);
	end(&s, WAITS(NO_SPACE) GOES_ON, 1);
	support_file_is("out", BYTES("BEGINEND\n"));
}

static void the_lock_is_kept_inside_a_line_only(void **state)
{
	struct fault fault = {""};
	struct stages s;
	size_t kept;

	(void)state;
	make(&s, "out");
	sink_set_records(&s.sink, NULL, NULL);
	be_full(1, ENOSPC, 2);
	assert_int_equal(
		sink_append(&s.sink, "ONE\n", 4, true, &kept, &fault), -ENOSPC);
	assert_true(sink_may_retry(&s.sink, -ENOSPC));
	assert_int_equal(kept, 0);
	assert_false(is_locked());
	assert_int_equal(
		sink_append(&s.sink, "BEG", 3, false, &kept, &fault), 0);
	be_full(1, ENOSPC, 2);
	assert_int_equal(
		sink_append(&s.sink, "IN\n", 3, true, &kept, &fault), -ENOSPC);
	assert_true(is_locked());
	support_file_is("out", BYTES("BEG"));
	sink_abandon(&s.sink);
	assert_false(is_locked());
	support_file_is("out", BYTES(""));
	stages_free(&s);
}

static void an_abort_ends_the_wait_and_says_so(void **state)
{
	struct stages s;

	(void)state;
	make(&s, "out");
	output_own(&s.output);
	be_full(100, ENOSPC, 0);
	fake.given_up = &s.control;
	assert_int_equal(
		output_write(&s.output, converted(&s, "one\n")), -ECANCELED);
	assert_int_equal(fake.fails, 99);
	assert_string_equal(ledger_get_remark(&s.ledger).text,
		" (still waiting for room: " NO_SPACE ")");
	be_full(0, 0, 0);
	end(&s, WAITS(NO_SPACE), 0);
}

static void a_wish_is_served_and_the_rest_goes_to_the_new_file(void **state)
{
	struct stages s;

	(void)state;
	make(&s, "out");
	output_own(&s.output);
	be_full(1, ENOSPC, 4);
	fake.wished = &s.output;
	assert_int_equal(rename("out", "old"), 0);
	assert_int_equal(
		output_write(&s.output, converted(&s, "one\ntwo\n")), 0);
	end(&s, WAITS(NO_SPACE) "note out: opened anew\n" GOES_ON, 2);
	support_file_is("old", BYTES("ONE\n"));
	support_file_is("out", BYTES("TWO\n"));
}

static void what_is_not_patient_does_not_wait(void **state)
{
	struct fault fault = {""};
	struct stages s;
	size_t done = 0;

	(void)state;
	make(&s, "/dev/full");
	s.sink.patient = false;
	output_own(&s.output);
	assert_int_equal(
		patience_append(&s.output.patience,
			&(struct patience_piece){
				(const unsigned char *)"X\n", 2, true, &done},
			true, &fault),
		-ENOSPC);
	end(&s, "", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_directory(what_finds_no_room_is_written_when_there_is),
		in_directory(a_quota_is_like_a_disk),
		in_directory(whole_lines_are_kept_and_count_once),
		in_directory(other_errors_are_not_waited_for),
		in_directory(who_must_not_wait_leaves_the_rest_to_another),
		in_directory(a_piece_of_a_line_is_cut_off_alone_under_the_lock),
		in_directory(the_lock_is_kept_inside_a_line_only),
		in_directory(an_abort_ends_the_wait_and_says_so),
		in_directory(
			a_wish_is_served_and_the_rest_goes_to_the_new_file),
		in_directory(what_is_not_patient_does_not_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
