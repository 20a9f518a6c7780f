/*
 * Tests of the inputs: plain and gzip told apart however the bytes come, damage
 * found behind what was good, and reads that end when somebody wants them to.
 */
#include "config.h"

#include "io/source.h"

#include "io/clock.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char text[] = "line one\nline two\n";
#define TEXT_LEN (sizeof(text) - 1)

/* What a source handed out. */
struct taken {
	char text[4096];
	size_t len;
	ssize_t last; /* what the last read returned: 0 or an error */
	struct fault fault;
};

/* Reads on, `len` bytes at most each time, until there is no more. */
static void take(struct source *s, size_t len, struct taken *t)
{
	t->fault = (struct fault){""};
	do {
		char *buf = support_allocate(len);

		t->last = source_read(
			s, buf, len, FDIO_NO_WAKE, CLOCK_FOREVER, &t->fault);
		if (t->last > 0) {
			assert_in_range(t->last, 1, len);
			assert_true(t->len + len <= sizeof(t->text));
			memcpy(t->text + t->len, buf, (size_t)t->last);
			t->len += (size_t)t->last;
		}
		free(buf);
	} while (t->last > 0);
}

static void open_source(struct source *s, const char *path, bool detect)
{
	struct stat st;

	assert_int_equal(source_open(s, path, detect, &st), 0);
}

static const size_t lengths[] = {1, 2, 5, 100};

/* Reads a file in each way, always to the same. */
static void file_gives(const void *file, size_t file_len, bool detect,
	const void *want, size_t want_len, int err)
{
	struct source s;

	support_write("in", file, file_len);
	source_init(&s, NULL);
	for (size_t i = 0; i < COUNT(lengths); i++) {
		struct taken t = {.len = 0};

		open_source(&s, "in", detect);
		take(&s, lengths[i], &t);
		support_same(t.text, t.len, want, want_len);
		assert_int_equal(t.last, err);
		assert_int_equal(t.fault.text[0] != '\0', err != 0);
		source_close(&s);
	}
	source_release(&s);
}

static void plain_files_are_handed_out_as_they_are(void **state)
{
	(void)state;
	file_gives(BYTES(text), true, BYTES(text), 0);
	file_gives("", 0, true, "", 0, 0);
	file_gives(BYTES("x"), true, BYTES("x"), 0);
	file_gives(BYTES("a\0b\r\n"), true, BYTES("a\0b\r\n"), 0);
	file_gives(BYTES(text), false, BYTES(text), 0);
}

static void what_only_begins_like_gzip_is_plain(void **state)
{
	(void)state;
	file_gives(BYTES("\x1f"), true, BYTES("\x1f"), 0);
	file_gives(BYTES("\x1f\x1f"), true, BYTES("\x1f\x1f"), 0);
	file_gives(BYTES("\x1fx\n"), true, BYTES("\x1fx\n"), 0);
	file_gives(BYTES("\x8b\x1f\n"), true, BYTES("\x8b\x1f\n"), 0);
	file_gives(BYTES("x\x1f\x8b\n"), true, BYTES("x\x1f\x8b\n"), 0);
}

static void gzip_files_are_recognised_and_decoded(void **state)
{
	size_t size;
	unsigned char *gz = support_gzip(BYTES(text), &size);

	(void)state;
	file_gives(gz, size, true, BYTES(text), 0);
	free(gz);
	gz = support_gzip("", 0, &size);
	file_gives(gz, size, true, "", 0, 0);
	free(gz);
}

static void gzip_files_can_be_taken_as_they_are(void **state)
{
	size_t size;
	unsigned char *gz = support_gzip(BYTES(text), &size);

	(void)state;
	file_gives(gz, size, false, gz, size, 0);
	free(gz);
}

static void two_magic_bytes_alone_are_gzip_cut_short(void **state)
{
	(void)state;
	file_gives(BYTES("\x1f\x8b"), true, "", 0, -EBADMSG);
}

static void what_is_good_comes_before_the_damage(void **state)
{
	size_t size;
	unsigned char *gz = support_gzip(BYTES(text), &size);
	unsigned char two[1024];

	(void)state;
	assert_true(2 * size <= sizeof(two));
	memcpy(two, gz, size);
	memcpy(two + size, gz, size);
	two[2 * size - 6] ^= 1; /* the CRC of the second */
	file_gives(two, 2 * size, true,
		BYTES("line one\nline two\nline one\nline two\n"), -EBADMSG);
	memcpy(two + size, "garbage", 7);
	file_gives(two, size + 7, true, BYTES(text), -EBADMSG);
	memset(two + size, 0, 100);
	file_gives(two, size + 100, true, BYTES(text), 0);
	free(gz);
}

static void gzip_cut_at_any_byte_is_damage_behind_a_beginning(void **state)
{
	size_t size;
	unsigned char *gz = support_gzip(BYTES(text), &size);
	struct source s;

	(void)state;
	source_init(&s, NULL);
	for (size_t cut = 2; cut < size; cut++) {
		struct taken t = {.len = 0};

		support_write("in", gz, cut);
		open_source(&s, "in", true);
		take(&s, 7, &t);
		assert_int_equal(t.last, -EBADMSG);
		assert_non_null(strstr(t.fault.text, "unexpected end"));
		assert_true(t.len <= TEXT_LEN);
		assert_memory_equal(t.text, text, t.len);
		source_close(&s);
	}
	source_release(&s);
	free(gz);
}

static void one_source_reads_any_number_of_inputs(void **state)
{
	size_t size;
	unsigned char *gz = support_gzip(BYTES(text), &size);
	static const struct {
		const char *name;
		ssize_t last;
	} order[] = {
		{"gzip", 0},
		{"damaged", -EBADMSG},
		{"gzip", 0},
		{"plain", 0},
		{"gzip", 0},
	};
	struct source s;

	(void)state;
	support_write("gzip", gz, size);
	support_write("plain", BYTES(text));
	gz[size - 1] ^= 1;
	support_write("damaged", gz, size);
	source_init(&s, NULL);
	for (size_t i = 0; i < COUNT(order); i++) {
		struct taken t = {.len = 0};

		open_source(&s, order[i].name, true);
		assert_string_equal(s.name, order[i].name);
		take(&s, 100, &t);
		assert_int_equal(t.last, order[i].last);
		support_same(t.text, t.len, text, TEXT_LEN);
		source_close(&s);
	}
	source_release(&s);
	free(gz);
}

static void an_input_can_be_left_half_read(void **state)
{
	size_t size;
	unsigned char *gz = support_gzip(BYTES(text), &size);
	struct taken t = {.len = 0};
	struct fault fault;
	struct source s;
	char c;

	(void)state;
	support_write("gzip", gz, size);
	support_write("plain", BYTES(text));
	source_init(&s, NULL);
	open_source(&s, "gzip", true);
	assert_int_equal(source_read(&s, &c, 1, FDIO_NO_WAKE, 0, &fault), 1);
	source_close(&s);
	open_source(&s, "plain", true);
	take(&s, 100, &t);
	support_same(t.text, t.len, text, TEXT_LEN);
	source_release(&s);
	free(gz);
}

static void what_cannot_be_opened_or_read_is_told(void **state)
{
	struct taken t = {.len = 0};
	struct source s;
	struct stat st;

	(void)state;
	source_init(&s, NULL);
	assert_int_equal(source_open(&s, "missing", true, &st), -ENOENT);
	assert_string_equal(s.name, "missing");
	open_source(&s, ".", true);
	take(&s, 100, &t);
	assert_int_equal(t.last, -EISDIR);
	assert_string_equal(t.fault.text, strerror(EISDIR));
	source_release(&s);
}

static void the_status_of_the_file_is_told(void **state)
{
	struct stat st, want;
	struct source s;

	(void)state;
	support_write("in", BYTES(text));
	assert_int_equal(stat("in", &want), 0);
	source_init(&s, NULL);
	assert_int_equal(source_open(&s, "in", true, &st), 0);
	assert_true(st.st_dev == want.st_dev && st.st_ino == want.st_ino);
	assert_false(s.terminal);
	source_release(&s);
}

/* Standard input. */

static void standard_input_may_be_read_more_than_once(void **state)
{
	int saved;
	struct taken first = {.len = 0}, second = {.len = 0};
	struct source s;

	(void)state;
	support_write("in", BYTES(text));
	saved = support_replace(STDIN_FILENO, open("in", O_RDONLY | O_CLOEXEC));
	source_init(&s, NULL);
	open_source(&s, "-", true);
	assert_string_equal(s.name, "standard input");
	take(&s, 100, &first);
	source_close(&s);
	open_source(&s, "-", true);
	take(&s, 100, &second);
	source_release(&s);
	assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
	support_restore(STDIN_FILENO, saved);
	support_same(first.text, first.len, text, TEXT_LEN);
	assert_int_equal(first.last, 0);
	assert_int_equal(second.len, 0);
	assert_int_equal(second.last, 0);
}

static void closed_standard_input_is_an_error(void **state)
{
	int saved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	struct source s;
	struct stat st;
	int err;

	(void)state;
	assert_true(saved >= 0);
	(void)close(STDIN_FILENO);
	source_init(&s, NULL);
	err = source_open(&s, "-", true, &st);
	source_release(&s);
	support_restore(STDIN_FILENO, saved);
	assert_int_equal(err, -EBADF);
	assert_string_equal(s.name, "standard input");
}

static void a_terminal_is_recognised(void **state)
{
	int master, slave, saved;
	bool terminal;
	struct source s;
	struct stat st;
	int err;

	(void)state;
	support_terminal(&master, &slave);
	saved = support_replace(STDIN_FILENO, slave);
	source_init(&s, NULL);
	err = source_open(&s, "-", true, &st);
	terminal = s.terminal;
	source_release(&s);
	support_restore(STDIN_FILENO, saved);
	assert_int_equal(err, 0);
	assert_true(terminal);
	assert_int_equal(close(master), 0);
}

/* Bytes that come slowly, through a FIFO. */

struct slow {
	struct source s;
	int fd; /* of the writer */
};

static void slow_begin(struct slow *slow)
{
	assert_int_equal(mkfifo("fifo", 0600), 0);
	source_init(&slow->s, NULL);
	open_source(&slow->s, "fifo", true);
	slow->fd = open("fifo", O_WRONLY | O_CLOEXEC);
	assert_true(slow->fd >= 0);
}

static void slow_write(struct slow *slow, const void *bytes, size_t len)
{
	assert_int_equal(write(slow->fd, bytes, len), len);
}

/* One read without waiting that gives `want`, or the error. */
static void slow_gives(struct slow *slow, const char *want, ssize_t result)
{
	struct fault fault = {""};
	char got[64];

	assert_int_equal(source_read(&slow->s, got, sizeof(got), FDIO_NO_WAKE,
				 0, &fault),
		result);
	if (result > 0)
		assert_memory_equal(got, want, (size_t)result);
	assert_string_equal(fault.text, "");
}

static void slow_end(struct slow *slow)
{
	source_release(&slow->s);
	assert_int_equal(close(slow->fd), 0);
}

static void plain_text_is_handed_out_byte_by_byte(void **state)
{
	struct slow slow;

	(void)state;
	slow_begin(&slow);
	slow_gives(&slow, NULL, -EAGAIN);
	slow_write(&slow, "a", 1);
	slow_gives(&slow, "a", 1);
	slow_gives(&slow, NULL, -EAGAIN);
	slow_write(&slow, "bc", 2);
	slow_gives(&slow, "bc", 2);
	slow_end(&slow);
}

static void a_first_magic_byte_waits_for_the_second(void **state)
{
	struct slow slow;

	(void)state;
	slow_begin(&slow);
	slow_write(&slow, "\x1f", 1);
	slow_gives(&slow, NULL, -EAGAIN);
	slow_gives(&slow, NULL, -EAGAIN);
	slow_write(&slow, "x", 1);
	slow_gives(&slow, "\x1fx", 2);
	slow_write(&slow, "\x1f\x8b", 2);
	slow_gives(&slow, "\x1f\x8b", 2);
	slow_end(&slow);
}

static void a_first_magic_byte_has_room_before_any_read(void **state)
{
	enum {
		LEN = 2000000
	};
	char *got = support_allocate(LEN);
	struct fault fault;
	struct slow slow;
	size_t filled, n = 0;
	ssize_t r;

	(void)state;
	slow_begin(&slow);
	slow_write(&slow, "\x1f", 1);
	slow_gives(&slow, NULL, -EAGAIN);
	filled = support_fill_pipe(slow.fd);
	assert_true(filled < LEN);
	while ((r = source_read(&slow.s, got + n, LEN - n, FDIO_NO_WAKE, 0,
			&fault)) > 0)
		n += (size_t)r;
	assert_int_equal(r, -EAGAIN);
	assert_int_equal(n, filled + 1);
	assert_int_equal(got[0], 0x1f);
	for (size_t i = 1; i < n; i++)
		assert_true(got[i] == 0);
	slow_end(&slow);
	free(got);
}

static void gzip_is_decoded_byte_by_byte(void **state)
{
	size_t size;
	unsigned char *gz = support_gzip(BYTES(text), &size);
	struct taken t = {.len = 0};
	struct slow slow;

	(void)state;
	slow_begin(&slow);
	for (size_t i = 0; i < size; i++) {
		ssize_t n;

		slow_write(&slow, gz + i, 1);
		n = source_read(&slow.s, t.text + t.len, 100, FDIO_NO_WAKE, 0,
			&t.fault);
		assert_true(n > 0 || n == -EAGAIN);
		if (n > 0)
			t.len += (size_t)n;
	}
	support_same(t.text, t.len, text, TEXT_LEN);
	assert_int_equal(close(slow.fd), 0);
	take(&slow.s, 100, &t);
	assert_int_equal(t.last, 0);
	source_release(&slow.s);
	free(gz);
}

static void a_fifo_without_a_writer_does_not_end_or_block(void **state)
{
	struct fault fault = {""};
	struct source s;
	char c;

	(void)state;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	source_init(&s, NULL);
	open_source(&s, "fifo", true);
	assert_int_equal(
		source_read(&s, &c, 1, FDIO_NO_WAKE, 0, &fault), -EAGAIN);
	assert_int_equal(source_read(&s, &c, 1, FDIO_NO_WAKE,
				 clock_deadline(CLOCK_SECOND / 100), &fault),
		-EAGAIN);
	source_release(&s);
}

static void a_waiting_read_can_be_woken_and_goes_on_later(void **state)
{
	struct fault fault = {""};
	struct slow slow;
	int wake[2];
	char c;

	(void)state;
	slow_begin(&slow);
	support_pipe(wake);
	assert_int_equal(close(wake[1]), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(source_read(&slow.s, &c, 1, wake[0],
					 CLOCK_FOREVER, &fault),
			-ECANCELED);
	slow_write(&slow, "x", 1);
	slow_gives(&slow, "x", 1);
	assert_int_equal(close(wake[0]), 0);
	slow_end(&slow);
}

/* Stopping. */

static void nothing_is_read_after_a_stop(void **state)
{
	struct slow slow;

	(void)state;
	slow_begin(&slow);
	slow_write(&slow, "read", 4);
	slow_gives(&slow, "read", 4);
	slow_write(&slow, "not read", 8);
	source_stop(&slow.s);
	slow_gives(&slow, NULL, 0);
	slow_gives(&slow, NULL, 0);
	slow_end(&slow);
}

static void what_was_read_is_handed_out_after_a_stop(void **state)
{
	struct slow slow;

	(void)state;
	slow_begin(&slow);
	slow_write(&slow, "\x1f", 1);
	slow_gives(&slow, NULL, -EAGAIN);
	source_stop(&slow.s);
	slow_gives(&slow, "\x1f", 1);
	slow_gives(&slow, NULL, 0);
	slow_end(&slow);
}

static void a_stop_within_gzip_hands_out_the_text_and_no_fault(void **state)
{
	size_t size;
	unsigned char *gz = support_gzip(BYTES(text), &size);
	struct taken t = {.len = 0};
	struct slow slow;

	(void)state;
	/* All of a member but the trailer, of which one byte was handed out. */
	slow_begin(&slow);
	slow_write(&slow, gz, size - 8);
	assert_int_equal(
		source_read(&slow.s, t.text, 1, FDIO_NO_WAKE, 0, &t.fault), 1);
	t.len = 1;
	source_stop(&slow.s);
	take(&slow.s, 1, &t);
	assert_int_equal(t.last, 0);
	assert_string_equal(t.fault.text, "");
	support_same(t.text, t.len, text, TEXT_LEN);
	slow_end(&slow);
	free(gz);
}

static void a_stop_is_forgotten_with_the_next_input(void **state)
{
	struct taken t = {.len = 0};
	struct source s;

	(void)state;
	support_write("in", BYTES(text));
	source_init(&s, NULL);
	open_source(&s, "in", true);
	source_stop(&s);
	source_close(&s);
	open_source(&s, "in", true);
	take(&s, 100, &t);
	support_same(t.text, t.len, text, TEXT_LEN);
	source_release(&s);
}

static void nothing_is_left_open(void **state)
{
	int before = dup(STDIN_FILENO), after;
	struct source s;

	(void)state;
	assert_int_equal(close(before), 0);
	support_write("in", BYTES(text));
	source_init(&s, NULL);
	source_release(&s);
	source_init(&s, NULL);
	open_source(&s, "in", true);
	source_close(&s);
	source_close(&s);
	open_source(&s, "in", true);
	source_release(&s);
	after = dup(STDIN_FILENO);
	assert_int_equal(after, before);
	assert_int_equal(close(after), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		in_directory(plain_files_are_handed_out_as_they_are),
		in_directory(what_only_begins_like_gzip_is_plain),
		in_directory(gzip_files_are_recognised_and_decoded),
		in_directory(gzip_files_can_be_taken_as_they_are),
		in_directory(two_magic_bytes_alone_are_gzip_cut_short),
		in_directory(what_is_good_comes_before_the_damage),
		in_directory(gzip_cut_at_any_byte_is_damage_behind_a_beginning),
		in_directory(one_source_reads_any_number_of_inputs),
		in_directory(an_input_can_be_left_half_read),
		in_directory(what_cannot_be_opened_or_read_is_told),
		in_directory(the_status_of_the_file_is_told),
		in_directory(standard_input_may_be_read_more_than_once),
		in_directory(closed_standard_input_is_an_error),
		in_directory(a_terminal_is_recognised),
		in_directory(plain_text_is_handed_out_byte_by_byte),
		in_directory(a_first_magic_byte_waits_for_the_second),
		in_directory(a_first_magic_byte_has_room_before_any_read),
		in_directory(gzip_is_decoded_byte_by_byte),
		in_directory(a_fifo_without_a_writer_does_not_end_or_block),
		in_directory(a_waiting_read_can_be_woken_and_goes_on_later),
		in_directory(nothing_is_read_after_a_stop),
		in_directory(what_was_read_is_handed_out_after_a_stop),
		in_directory(
			a_stop_within_gzip_hands_out_the_text_and_no_fault),
		in_directory(a_stop_is_forgotten_with_the_next_input),
		in_directory(nothing_is_left_open),
	};

	(void)alarm(300); /* a read that blocks must not block the tests */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
