/*
 * Tests of the inputs: plain and gzip told apart however the bytes come, damage
 * found behind what was good, and reads that end when somebody wants them to.
 */
#include "config.h"

#include "io/source.h"

#include "codec/members.h"
#include "codec/piece.h"
#include "io/clock.h"
#include "pipeline/unpackers.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

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
			assert_between(t->last, 1, len);
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

	assert_int_equal(source_open(s, path, detect, true, &st), 0);
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

/* A frame without a checksum whose only block is stored: nothing is needed to
 * make it. Its first byte is text. */
#define ZSTD_FILE "(\xb5\x2f\xfd\0\0\x19\0\0one"

/* Whether the library is there that decodes it. */
static bool can_decode(const struct format *format)
{
	void *decoder;

	if (!format->make || format->make(&decoder) != 0)
		return false;
	format->free(decoder);
	return true;
}

/* Also where no more than a byte is asked for: a file could give all that is
 * needed to know it. */
static void a_magic_that_could_be_text_is_looked_for_as_a_whole(void **state)
{
	(void)state;
	file_gives(BYTES("(\xb5\x2f\xfe"), true, BYTES("(\xb5\x2f\xfe"), 0);
	file_gives(BYTES("BZh91AY&S"), true, BYTES("BZh91AY&S"), 0);
	file_gives(BYTES("BZh91AY&SY"), true, "", 0, -ENOTSUP);
	if (!can_decode(&format_zstd))
		support_skip("libzstd is not there");
	file_gives(BYTES(ZSTD_FILE), true, BYTES("one"), 0);
	file_gives(BYTES(ZSTD_FILE), false, BYTES(ZSTD_FILE), 0);
}

/* Reads all of a pipe that is given these bytes, one write each. */
static void pipe_gives(const char *const *writes, size_t n, const char *want)
{
	struct taken t = {.len = 0};
	struct source s;
	int fd[2], saved;

	support_pipe(fd);
	saved = support_replace(STDIN_FILENO, fd[0]);
	source_init(&s, NULL);
	open_source(&s, "-", true);
	for (size_t i = 0; i < n; i++) {
		ssize_t got;

		assert_int_equal(write(fd[1], writes[i], strlen(writes[i])),
			strlen(writes[i]));
		got = source_read(&s, t.text + t.len, 100, FDIO_NO_WAKE,
			clock_now(), &t.fault);
		/* What could be text is handed out with what it came with. */
		assert_int_equal(got, strlen(writes[i]));
		t.len += (size_t)got;
	}
	support_same(t.text, t.len, want, strlen(want));
	assert_int_equal(close(fd[1]), 0);
	source_release(&s);
	support_restore(STDIN_FILENO, saved);
}

static void what_could_be_text_is_never_held_back(void **state)
{
	static const char *const all[][4] = {
		{"(", "\xb5", "\x2f", "\xfd"},
		{"BZh9", "1AY&SY", "more", "."},
		{"LZIP", "\x01", NULL, NULL},
		{"PK", "\x03\x04", NULL, NULL},
		{"7z", "\xbc\xaf\x27\x1c", NULL, NULL},
		{"P*", "M\x18", NULL, NULL},
		{"\x02", "\x21\x4c\x18", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		char want[100] = "";
		size_t n = 0;

		while (n < 4 && all[i][n])
			(void)strncat(want, all[i][n++], 20);
		pipe_gives(all[i], n, want);
	}
}

static void what_is_not_decoded_is_refused_with_what_does(void **state)
{
	struct taken t = {.len = 0};
	struct source s;

	(void)state;
	support_write("in", BYTES("BZh91AY&SY"));
	source_init(&s, NULL);
	open_source(&s, "in", true);
	take(&s, 100, &t);
	assert_int_equal(t.last, -ENOTSUP);
	assert_string_equal(t.fault.text,
		"bzip2 data; decode it first: bzip2 -dc in | upcase-pipe");
	/* Nothing of it is said to be text, nor what it is clear. */
	assert_false(s.known);
	source_close(&s);
	support_write("in", BYTES(text));
	open_source(&s, "in", true);
	t.len = 0;
	take(&s, 100, &t);
	support_same(t.text, t.len, BYTES(text));
	source_release(&s);
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

/* Reads "in", which is damaged, and compares the words. */
static void damage_is_told_as(const void *file, size_t len, const char *want)
{
	struct taken t = {.len = 0};
	struct source s;

	support_write("in", file, len);
	source_init(&s, NULL);
	open_source(&s, "in", true);
	take(&s, 100, &t);
	assert_int_equal(t.last, -EBADMSG);
	assert_string_equal(t.fault.text, want);
	source_release(&s);
}

static void what_a_file_needs_is_told(void **state)
{
	(void)state;
	if (!can_decode(&format_zstd))
		support_skip("libzstd is not there");
	damage_is_told_as(BYTES(ZSTD_FILE "(\xb5\x2f\xfd\0\xb0"),
		"zstd data at byte 18 needs a window of 4096 MiB, more than "
		"128; everything before it was kept");
}

static void damage_is_told_with_its_place_and_what_was_kept(void **state)
{
	size_t size;
	unsigned char *gz = support_gzip(BYTES(text), &size), more[1024];
	char want[200];

	(void)state;
	(void)snprintf(want, sizeof(want),
		"unexpected end of gzip data at byte %zu; everything before it "
		"was kept",
		size - 1);
	damage_is_told_as(gz, size - 1, want);
	memcpy(more, gz, size);
	memcpy(more + size, "\0\x1fx", 3);
	(void)snprintf(want, sizeof(want),
		"trailing garbage at byte %zu ignored; everything before it "
		"was kept",
		size + 1);
	damage_is_told_as(more, size + 3, want);
	gz[size - 1] ^= 1;
	(void)snprintf(want, sizeof(want),
		"corrupt gzip data at byte %zu: incorrect length check; "
		"everything before it was kept",
		size);
	damage_is_told_as(gz, size, want);
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
	assert_int_equal(source_open(&s, "missing", true, true, &st), -ENOENT);
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
	assert_int_equal(source_open(&s, "in", true, true, &st), 0);
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
	err = source_open(&s, "-", true, true, &st);
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
	err = source_open(&s, "-", true, true, &st);
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

static void nothing_that_comes_after_a_stop_is_read(void **state)
{
	struct slow slow;

	(void)state;
	slow_begin(&slow);
	slow_write(&slow, "read", 4);
	slow_gives(&slow, "read", 4);
	slow_write(&slow, "waits", 5);
	source_stop(&slow.s);
	slow_write(&slow, "not read", 8);
	slow_gives(&slow, "waits", 5);
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

/*
 * Help: members that say how long they are, decoded by others. Whatever is in a
 * file, a source with help gives what one without gives: the text, the end and
 * the words about damage.
 */

/* Memory that runs out: the linker leads malloc and calloc here (--wrap). */
static bool limited;
static size_t refused; /* calls that fail, while limited, before one may not */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

/* Only the memory of packets runs out. */
void *__wrap_malloc(size_t size)
{
	if (limited && size == AHEAD_MOST && refused > 0) {
		refused--;
		return NULL;
	}
	return __real_malloc(size);
}

/* A file that is put together, and the text in its members. */
#define MAX_MEMBERS 1000

struct file {
	unsigned char *bytes, *text;
	size_t len, text_len;
	size_t begin[MAX_MEMBERS + 1]; /* of each member; behind the last one */
	size_t n;
	struct packer *d;
	uint32_t seed;
};

#define FILE_ROOM (8 << 20)

static void file_init(struct file *f)
{
	*f = (struct file){.bytes = support_allocate(FILE_ROOM),
		.text = support_allocate(FILE_ROOM),
		.seed = 20261126};
	assert_int_equal(packer_new(&f->d, &packing_members, 1), 0);
}

static void file_release(struct file *f)
{
	free(f->bytes);
	free(f->text);
	packer_free(f->d);
}

static void file_add(struct file *f, const void *bytes, size_t len)
{
	assert_true(f->len + len <= FILE_ROOM);
	memcpy(f->bytes + f->len, bytes, len);
	f->len += len;
}

/* What was added since begin[n] is a member. */
static void file_note_member(struct file *f)
{
	assert_true(f->n < MAX_MEMBERS);
	f->begin[++f->n] = f->len;
}

/* Text for a member: noise, or what can be compressed. */
static const unsigned char *file_add_text(
	struct file *f, size_t len, bool noise)
{
	unsigned char *p = f->text + f->text_len;

	assert_true(f->text_len + len <= FILE_ROOM);
	for (size_t i = 0; i < len; i++) {
		uint32_t r = support_random(&f->seed);

		p[i] = noise ? (unsigned char)(r >> 8)
			     : (unsigned char)("etaoin shrdlu\n"[r % 14]);
	}
	f->text_len += len;
	return p;
}

/* A member as this program writes it. */
static void file_add_member(struct file *f, size_t len, bool noise)
{
	const unsigned char *p = file_add_text(f, len, noise);
	struct packed packed = {0};

	f->begin[f->n] = f->len;
	assert_int_equal(packer_pack(f->d, p, len, f->bytes + f->len,
				 FILE_ROOM - f->len, &packed),
		0);
	f->len += packed.size;
	file_note_member(f);
}

/* A member that does not tell its size. */
static void file_add_foreign(struct file *f, size_t len)
{
	const unsigned char *p = file_add_text(f, len, false);
	size_t size;
	unsigned char *gz = support_gzip(p, len, &size);

	f->begin[f->n] = f->len;
	file_add(f, gz, size);
	file_note_member(f);
	free(gz);
}

static void put_le(unsigned char *p, size_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		p[i] = (unsigned char)(value >> 8 * i);
}

/* A member with a header like bgzip's. */
static void file_add_bgzip(struct file *f, size_t len)
{
	static const unsigned char header[] = {0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0,
		0xff, 6, 0, 'B', 'C', 2, 0, 0, 0};
	const unsigned char *p = file_add_text(f, len, false);
	size_t size;
	unsigned char *gz = support_gzip(p, len, &size);

	f->begin[f->n] = f->len;
	file_add(f, header, sizeof(header));
	file_add(f, gz + 10, size - 10);
	put_le(f->bytes + f->len - size - 8 + 16, size + 8 - 1, 2);
	file_note_member(f);
	free(gz);
}

/* Members of many sizes, noise and not, until the file has len bytes. */
static void file_fill(struct file *f, size_t len, size_t largest)
{
	while (f->len < len)
		file_add_member(f, 1 + support_random(&f->seed) % largest,
			f->n % 3 != 0);
}

/* A file that is large enough for help. */
static void make_file(struct file *f)
{
	file_init(f);
	file_fill(f, 180000, 7000);
}

/* Help in the same thread, which decodes when a packet is asked back. */
#define HELPER_MOST 8

struct helper {
	struct ahead_help help;
	struct packet *out[HELPER_MOST];
	size_t sent, taken;
	size_t takes; /* packets that are not refused */
	size_t gives; /* packets that come back before an abort */
	struct piece_decoder d;
};

static int helper_send(void *context, struct packet *packet)
{
	struct helper *h = context;

	if (h->sent == h->takes)
		return -EAGAIN;
	assert_true(h->sent - h->taken < h->help.most);
	assert_between(packet->text_len, 1, AHEAD_MOST);
	assert_between(packet->packed_len, MEMBER_LEAST, AHEAD_MOST);
	h->out[h->sent++ % HELPER_MOST] = packet;
	return 0;
}

static struct packet *helper_take(void *context)
{
	struct helper *h = context;
	struct packet *packet;

	if (h->taken == h->gives)
		return NULL;
	assert_true(h->taken < h->sent);
	packet = h->out[h->taken++ % HELPER_MOST];
	packet->good = piece_decode(&h->d, packet->pieces, packet->packed,
			       packet->packed_len, packet->text,
			       packet->text_len) == 0;
	return packet;
}

/* A source and who helps it; on the heap: should a test fail, its threads do
 * not run on in what was its stack. */
enum who {
	NOBODY,
	HERE,	 /* the helper, n packets out at most */
	THREADS, /* n unpackers */
};

struct rig {
	enum who who;
	size_t len; /* of a read */
	struct source s;
	struct helper h;
	struct unpackers u;
};

static struct rig *rig_new(enum who who, unsigned n, size_t len)
{
	struct rig *r = support_allocate(sizeof(*r));

	r->who = who;
	r->len = len;
	r->h = (struct helper){.help = {.context = &r->h,
				       .most = n,
				       .send = helper_send,
				       .take = helper_take},
		.takes = SIZE_MAX,
		.gives = SIZE_MAX};
	if (who == NOBODY) {
		source_init(&r->s, NULL);
	} else if (who == HERE) {
		source_init(&r->s, &r->h.help);
	} else {
		assert_int_equal(unpackers_init(&r->u, n), 0);
		source_init(&r->s, &r->u.help);
	}
	return r;
}

static void rig_free(struct rig *r)
{
	/* Nothing stays out. */
	source_close(&r->s);
	assert_false(ahead_is_out(&r->s.ahead));
	if (r->who == HERE) {
		assert_true(r->h.sent == r->h.taken || r->h.gives != SIZE_MAX);
		piece_decoder_release(&r->h.d);
	} else if (r->who == THREADS) {
		unpackers_stop(&r->u);
		unpackers_release(&r->u);
	}
	source_release(&r->s);
	free(r);
}

/* What came out of a file. */
struct outcome {
	unsigned char *text;
	size_t len, room;
	ssize_t last; /* what the last read returned: 0 or an error */
	struct fault fault;
	uint64_t members, offset;
};

/* Reads up to `reads` times, and not behind the end. Returns whether there may
 * be more. */
static bool read_some(
	struct source *s, size_t len, size_t reads, struct outcome *o)
{
	unsigned char *piece = support_allocate(len);

	o->last = 1;
	for (; reads > 0 && o->last > 0; reads--) {
		o->last = source_read(
			s, piece, len, FDIO_NO_WAKE, CLOCK_FOREVER, &o->fault);
		if (o->last <= 0)
			break;
		assert_between(o->last, 1, len);
		if (o->room - o->len < (size_t)o->last) {
			o->room = 2 * o->room + (size_t)o->last;
			o->text = realloc(o->text, o->room);
			assert_non_null(o->text);
		}
		memcpy(o->text + o->len, piece, (size_t)o->last);
		o->len += (size_t)o->last;
	}
	free(piece);
	return o->last > 0;
}

/* Reads what is open to its end. */
static void read_rest(struct rig *r, struct outcome *o)
{
	assert_false(read_some(&r->s, r->len, SIZE_MAX, o));
	o->members = r->s.stream.pieces;
	o->offset = r->s.stream.offset;
	assert_int_equal(o->fault.text[0] != '\0', o->last != 0);
}

static void rig_read(struct rig *r, const char *path, struct outcome *o)
{
	*o = (struct outcome){.len = 0};
	open_source(&r->s, path, true);
	read_rest(r, o);
	source_close(&r->s);
	assert_false(ahead_is_out(&r->s.ahead));
}

static void same_outcome(const struct outcome *got, const struct outcome *want)
{
	support_same(got->text, got->len, want->text, want->len);
	assert_int_equal(got->last, want->last);
	assert_string_equal(got->fault.text, want->fault.text);
	assert_int_equal(got->members, want->members);
	assert_int_equal(got->offset, want->offset);
}

static const struct {
	enum who who;
	unsigned n;
	size_t len;
} ways[] = {
	{HERE, 1, 100},
	{THREADS, 1, 65536},
	{HERE, 3, 65536},
	{THREADS, 4, 100},
	{HERE, HELPER_MOST, 1},
	{THREADS, 2, 2 * AHEAD_MOST},
	{HERE, 4, 2 * AHEAD_MOST},
	{THREADS, 3, 1},
};

/* A source for each way, and one without help. */
struct rigs {
	struct rig *rig[COUNT(ways)], *alone;
	size_t next;
};

static void rigs_init(struct rigs *r)
{
	r->next = 0;
	r->alone = rig_new(NOBODY, 0, 65536);
	for (size_t i = 0; i < COUNT(ways); i++)
		r->rig[i] = rig_new(ways[i].who, ways[i].n, ways[i].len);
}

/* helped: it was no test if nobody helped. */
static void rigs_release(struct rigs *r, bool helped)
{
	for (size_t i = 0; i < COUNT(ways); i++) {
		assert_int_equal(r->rig[i]->s.ahead.sent > 0, helped);
		rig_free(r->rig[i]);
	}
	rig_free(r->alone);
}

/* Reads a file without help and in the next n ways. Returns the error. */
static int rigs_compare(struct rigs *r, const void *bytes, size_t len, size_t n)
{
	struct outcome want, got;

	support_write("in", bytes, len);
	rig_read(r->alone, "in", &want);
	while (n-- > 0) {
		rig_read(r->rig[r->next++ % COUNT(ways)], "in", &got);
		same_outcome(&got, &want);
		free(got.text);
	}
	free(want.text);
	return (int)want.last;
}

/* One file in all ways. */
static void file_is_the_same_with_help(const struct file *f, int err)
{
	struct rigs r;

	rigs_init(&r);
	assert_int_equal(rigs_compare(&r, f->bytes, f->len, COUNT(ways)), err);
	rigs_release(&r, true);
}

static void others_decode_what_tells_its_size(void **state)
{
	struct outcome got;
	struct file f;

	(void)state;
	file_init(&f);
	file_fill(&f, 700000, 60000);
	support_write("in", f.bytes, f.len);
	for (size_t i = 0; i < COUNT(ways); i++) {
		struct rig *r;

		r = rig_new(ways[i].who, ways[i].n, ways[i].len);
		rig_read(r, "in", &got);
		support_same(got.text, got.len, f.text, f.text_len);
		assert_int_equal(got.last, 0);
		assert_int_equal(got.members, f.n);
		assert_int_equal(got.offset, f.len);
		assert_int_equal(r->s.ahead.sent, f.n);
		free(got.text);
		rig_free(r);
	}
	file_is_the_same_with_help(&f, 0);
	file_release(&f);
}

/* How many packets are sent for a file. */
static uint64_t sent_for(const char *path, bool detect)
{
	struct outcome o = {.len = 0};
	uint64_t sent;
	struct rig *r;

	r = rig_new(HERE, 4, 65536);
	open_source(&r->s, path, detect);
	read_rest(r, &o);
	assert_int_equal(o.last, 0);
	sent = r->s.ahead.sent;
	free(o.text);
	rig_free(r);
	return sent;
}

static void nobody_is_asked_to_help_with_other_files(void **state)
{
	size_t size;
	unsigned char *gz;
	struct file f;

	(void)state;
	file_init(&f);
	file_fill(&f, 131072 - 3000, 2000);
	/* Zeroes, to make it just as long as is not worth it. */
	memset(f.bytes + f.len, 0, 131073 - f.len);
	support_write("small", f.bytes, 131072);
	support_write("large", f.bytes, 131073);
	support_write("plain", f.text, 131073);
	file_fill(&f, 300000, 2000);
	gz = support_gzip(f.text, f.text_len, &size);
	assert_true(size > 131073);
	support_write("foreign", gz, size);
	assert_int_equal(sent_for("small", true), 0);
	assert_true(sent_for("large", true) > 0);
	assert_int_equal(sent_for("large", false), 0);
	assert_int_equal(sent_for("plain", true), 0);
	assert_int_equal(sent_for("foreign", true), 0);
	free(gz);
	file_release(&f);
}

struct fifo_writer {
	const struct file *f;
	int fd;
	bool whole;
};

static void write_fifo(void *context)
{
	struct fifo_writer *w = context;
	size_t at = 0;
	ssize_t n = 1;

	while (at < w->f->len && n > 0) {
		n = write(w->fd, w->f->bytes + at, w->f->len - at);
		at += n > 0 ? (size_t)n : 0;
	}
	(void)close(w->fd);
	w->whole = at == w->f->len;
}

static void a_fifo_is_read_without_help(void **state)
{
	struct support_thread t;
	struct outcome o = {.len = 0};
	struct fifo_writer w;
	struct file f;
	struct rig *r;

	(void)state;
	make_file(&f);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	r = rig_new(HERE, 4, 65536);
	open_source(&r->s, "fifo", true);
	w = (struct fifo_writer){
		.f = &f, .fd = open("fifo", O_WRONLY | O_CLOEXEC)};
	assert_true(w.fd >= 0);
	support_start(&t, write_fifo, &w);
	read_rest(r, &o);
	support_join(&t);
	assert_true(w.whole);
	assert_int_equal(o.last, 0);
	support_same(o.text, o.len, f.text, f.text_len);
	assert_int_equal(r->s.ahead.sent, 0);
	free(o.text);
	rig_free(r);
	file_release(&f);
}

static void members_of_bgzip_are_decoded_by_others(void **state)
{
	struct file f;

	(void)state;
	file_init(&f);
	while (f.len < 300000)
		file_add_bgzip(&f, 1 + support_random(&f.seed) % 65000);
	file_is_the_same_with_help(&f, 0);
	file_add_bgzip(&f, 0); /* its mark for the end */
	file_is_the_same_with_help(&f, 0);
	file_fill(&f, 400000, 7000);
	file_add_bgzip(&f, 10000);
	file_is_the_same_with_help(&f, 0);
	file_release(&f);
}

/* What may stand between members. */
enum between {
	FOREIGN,
	EMPTY,
	EMPTY_FOREIGN,
	ZERO,
	ZEROES,
	N_BETWEEN,
};

static void file_add_between(struct file *f, enum between what)
{
	static const unsigned char zeroes[1000];

	switch (what) {
	case FOREIGN:
		file_add_foreign(f, 5000);
		break;
	case EMPTY:
		file_add_member(f, 0, false);
		break;
	case EMPTY_FOREIGN:
		file_add_foreign(f, 0);
		break;
	case ZERO:
		file_add(f, zeroes, 1);
		break;
	case ZEROES:
	default:
		file_add(f, zeroes, sizeof(zeroes));
		break;
	}
}

static void what_stands_between_members_makes_no_difference(void **state)
{
	(void)state;
	for (int what = 0; what < N_BETWEEN; what++) {
		struct rigs r;

		rigs_init(&r);
		/* Behind so many members: also at the begin, where zeroes are
		 * none of gzip's, and once again later. */
		for (size_t behind = 0; behind < 50; behind += 7) {
			struct file f;

			file_init(&f);
			if (behind == 0 && what < ZERO)
				file_add_between(&f, (enum between)what);
			while (f.n < behind)
				file_add_member(&f, 3000, true);
			if (behind > 0)
				file_add_between(&f, (enum between)what);
			file_fill(&f, f.len + 100000, 7000);
			file_add_between(&f, (enum between)what);
			file_add_between(&f, (enum between)what);
			file_fill(&f, f.len + 50000, 7000);
			assert_int_equal(
				rigs_compare(&r, f.bytes, f.len, COUNT(ways)),
				0);
			file_release(&f);
		}
		rigs_release(&r, true);
	}
}

static void any_mixture_is_the_same_with_help(void **state)
{
	struct rigs r;
	uint32_t seed = 20261127;

	(void)state;
	rigs_init(&r);
	for (size_t i = 0; i < 40; i++) {
		uint32_t rare = 2 + support_random(&seed) % 60;
		struct file f;

		file_init(&f);
		f.seed = support_random(&seed);
		while (f.len < 150000) {
			file_add_member(
				&f, 1 + support_random(&seed) % 7000, f.n % 2);
			if (support_random(&seed) % rare == 0)
				file_add_between(&f,
					(enum between)(support_random(&seed) %
						       N_BETWEEN));
			if (support_random(&seed) % rare == 0)
				file_add_bgzip(&f, 3000);
		}
		assert_int_equal(rigs_compare(&r, f.bytes, f.len, 3), 0);
		file_release(&f);
	}
	rigs_release(&r, true);
}

static void garbage_behind_members_is_told_in_the_same_words(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} garbage[] = {
		{BYTES("x")},
		{BYTES("garbage")},
		{BYTES("\0\0garbage")},
		{BYTES("\x1f")},
		{BYTES("\x1fx")},
		{BYTES("\0\x1fx")},
		{BYTES("\x1f\x8b")},
		{BYTES("\x1f\x8b\x08\4")},
		/* Heads that tell a size, and nothing or nonsense behind. */
		{BYTES("\x1f\x8b\x08\4\0\0\0\0\0\3\x08\0UP\4\0\x64\0\0\0")},
		{BYTES("\x1f\x8b\x08\4\0\0\0\0\0\3\x08\0UP\4\0\x1c\0\0\0"
		       "\1\2\3\4\5\6\7\x08")},
		{BYTES("\x1f\x8b\x08\4\0\0\0\0\0\3\x08\0UP\4\0\xff\xff\xff\xff"
		       "\7\2\3\4\5\6\7\x08")},
		{BYTES("\x1f\x8b\x08\xe4\0\0\0\0\0\3\x08\0UP\4\0\x1c\0\0\0"
		       "\3\0\0\0\0\0\1\0\0\0")},
	};
	struct rigs r;
	struct file f;
	size_t len;

	(void)state;
	make_file(&f);
	len = f.len;
	rigs_init(&r);
	for (size_t i = 0; i < COUNT(garbage); i++) {
		f.len = len;
		file_add(&f, garbage[i].bytes, garbage[i].len);
		assert_int_equal(rigs_compare(&r, f.bytes, f.len, COUNT(ways)),
			-EBADMSG);
		/* In the middle, too: nothing comes behind it. */
		file_fill(&f, len + 20000, 7000);
		assert_int_equal(rigs_compare(&r, f.bytes, f.len, 2), -EBADMSG);
	}
	rigs_release(&r, true);
	file_release(&f);
}

static void a_file_cut_anywhere_is_the_same_with_help(void **state)
{
	struct rigs r;
	struct file f;

	(void)state;
	make_file(&f);
	rigs_init(&r);
	for (size_t i = 0; i <= f.n; i++) {
		for (size_t more = 0; more < 30; more += 3) {
			size_t cut = f.begin[i] + more;

			if (cut <= 131072 || cut > f.len)
				continue;
			assert_int_equal(rigs_compare(&r, f.bytes, cut, 1),
				more == 0 ? 0 : -EBADMSG);
			(void)rigs_compare(&r, f.bytes, cut - 1, 1);
		}
	}
	for (size_t cut = 131073; cut < f.len; cut += 511)
		(void)rigs_compare(&r, f.bytes, cut, 1);
	rigs_release(&r, true);
	file_release(&f);
}

static void damage_anywhere_is_told_in_the_same_words(void **state)
{
	struct rigs r;
	struct file f;
	uint32_t seed = 20261128;

	(void)state;
	make_file(&f);
	rigs_init(&r);
	/* Each byte of heads and tails. */
	for (size_t i = 0; i <= f.n; i += f.n / 4) {
		for (size_t n = 0; n < 38; n++) {
			size_t at = f.begin[i] + n - 10;

			if (at >= f.len)
				continue;
			f.bytes[at] ^= (unsigned char)(1 + n * 37);
			(void)rigs_compare(&r, f.bytes, f.len, 1);
			f.bytes[at] ^= (unsigned char)(1 + n * 37);
		}
	}
	/* One place or two. */
	for (size_t i = 0; i < 200; i++) {
		unsigned char flip = (unsigned char)(1 << i % 8);
		size_t a = support_random(&seed) % f.len;
		size_t b = support_random(&seed) % f.len;

		f.bytes[a] ^= flip;
		f.bytes[b] ^= i % 2 ? flip : 0;
		(void)rigs_compare(&r, f.bytes, f.len, 1);
		f.bytes[b] ^= i % 2 ? flip : 0;
		f.bytes[a] ^= flip;
	}
	assert_int_equal(rigs_compare(&r, f.bytes, f.len, COUNT(ways)), 0);
	rigs_release(&r, true);
	file_release(&f);
}

/* Where a member of this program tells its size. */
#define SIZE_AT 16

static void sizes_that_lie_make_no_difference(void **state)
{
	struct rigs r;
	struct file f;

	(void)state;
	make_file(&f);
	rigs_init(&r);
	for (size_t i = 0; i < f.n; i += i < 3 ? 1 : f.n / 5) {
		size_t size = f.begin[i + 1] - f.begin[i];
		size_t after = i + 3 < f.n ? f.begin[i + 3] : f.len;
		size_t lies[] = {0, 1, MEMBER_LEAST - 1, MEMBER_LEAST,
			MEMBER_LEAST + 10, size / 2, size - 1, size + 1,
			size + 18, size + 100, after - f.begin[i],
			after - f.begin[i] - 1, f.len - f.begin[i],
			f.len - f.begin[i] + 1, AHEAD_MOST - 1, AHEAD_MOST,
			AHEAD_MOST + 1, 0x7fffffff, 0xffffffff};

		for (size_t n = 0; n < COUNT(lies); n++) {
			put_le(f.bytes + f.begin[i] + SIZE_AT, lies[n], 4);
			/* The size is for readers; the member is good. */
			assert_int_equal(
				rigs_compare(&r, f.bytes, f.len, 2), 0);
		}
		put_le(f.bytes + f.begin[i] + SIZE_AT, size, 4);
	}
	rigs_release(&r, true);
	file_release(&f);
}

static void text_lengths_that_lie_are_told_in_the_same_words(void **state)
{
	struct rigs r;
	struct file f;

	(void)state;
	make_file(&f);
	rigs_init(&r);
	for (size_t i = 0; i < f.n; i += i < 3 ? 1 : f.n / 5) {
		unsigned char *p = f.bytes + f.begin[i + 1] - 4;
		size_t len = p[0] | (size_t)p[1] << 8;
		size_t lies[] = {0, 1, len - 1, len + 1, len / 2, 2 * len,
			AHEAD_MOST - 1, AHEAD_MOST, AHEAD_MOST + 1, 0x80000000,
			0xffffffff};

		for (size_t n = 0; n < COUNT(lies); n++) {
			if (lies[n] == len)
				continue;
			put_le(p, lies[n], 4);
			assert_int_equal(
				rigs_compare(&r, f.bytes, f.len, 2), -EBADMSG);
		}
		put_le(p, len, 4);
	}
	rigs_release(&r, true);
	file_release(&f);
}

static void several_lies_are_seen_through(void **state)
{
	struct rigs r;
	struct file f;
	uint32_t seed = 20261129;

	(void)state;
	rigs_init(&r);
	for (size_t round = 0; round < 60; round++) {
		make_file(&f);
		for (size_t n = 1 + round % 4; n > 0; n--) {
			size_t i = support_random(&seed) % f.n;
			unsigned char *size = f.bytes + f.begin[i] + SIZE_AT;

			size[support_random(&seed) % 2]++;
			if (support_random(&seed) % 4 == 0)
				f.bytes[f.begin[i + 1] - 5] ^= 1; /* CRC */
		}
		(void)rigs_compare(&r, f.bytes, f.len, 2);
		file_release(&f);
	}
	rigs_release(&r, true);
}

/* The number k gets a CRC of its header (RFC 1952, 2.3.1): two bytes more. */
static void file_add_header_crc(struct file *f, size_t k, bool good)
{
	unsigned char *p = f->bytes + f->begin[k];
	size_t size = f->begin[k + 1] - f->begin[k];
	size_t header = SIZE_AT + 4;

	assert_true(f->len + 2 <= FILE_ROOM);
	memmove(p + header + 2, p + header, f->len - f->begin[k] - header);
	f->len += 2;
	for (size_t i = k + 1; i <= f->n; i++)
		f->begin[i] += 2;
	p[3] |= 2;
	put_le(p + SIZE_AT, size + 2, 4);
	put_le(p + header, crc32(0, p, (uInt)header) ^ !good, 2);
}

static void the_crc_of_a_header_is_checked_by_others_too(void **state)
{
	struct rigs r;
	struct file f;

	(void)state;
	make_file(&f);
	rigs_init(&r);
	file_add_header_crc(&f, 3, true);
	assert_int_equal(rigs_compare(&r, f.bytes, f.len, COUNT(ways)), 0);
	file_add_header_crc(&f, 5, false);
	assert_int_equal(
		rigs_compare(&r, f.bytes, f.len, COUNT(ways)), -EBADMSG);
	rigs_release(&r, true);
	file_release(&f);
}

static void members_too_large_for_a_packet_are_a_stream(void **state)
{
	static const struct {
		size_t len;
		bool noise; /* larger packed than not */
	} large[] = {
		{AHEAD_MOST - 1, false},
		{AHEAD_MOST, false},
		{AHEAD_MOST + 1, false},
		{2 * AHEAD_MOST, false},
		{AHEAD_MOST - 200, true},
		{AHEAD_MOST - 10, true},
		{AHEAD_MOST, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(large); i++) {
		struct file f;

		make_file(&f);
		file_add_member(&f, large[i].len, large[i].noise);
		file_fill(&f, f.len + 100000, 7000);
		file_is_the_same_with_help(&f, 0);
		f.bytes[f.len - 60000] ^= 1;
		file_is_the_same_with_help(&f, -EBADMSG);
		file_release(&f);
	}
}

/* Stops after so many reads, and finds what was read until then handed out. */
static void stop_after(
	struct rigs *all, struct rig *r, const struct file *f, size_t reads)
{
	struct outcome o = {.len = 0}, want;
	off_t read;

	support_write("in", f->bytes, f->len);
	open_source(&r->s, "in", true);
	if (!read_some(&r->s, 997, reads, &o)) {
		free(o.text);
		return;
	}
	read = lseek(r->s.feed.io.fd, 0, SEEK_CUR) + r->s.feed.granted;
	assert_between(read, 1, f->len);
	source_stop(&r->s);
	read_rest(r, &o);
	source_close(&r->s);
	support_write("cut", f->bytes, (size_t)read);
	rig_read(all->alone, "cut", &want);
	support_same(o.text, o.len, want.text, want.len);
	if (strstr(want.fault.text, "unexpected end")) {
		assert_int_equal(o.last, 0);
	} else {
		assert_int_equal(o.last, want.last);
		assert_string_equal(o.fault.text, want.fault.text);
	}
	free(want.text);
	free(o.text);
}

static void stop_at_many_places(const struct file *f)
{
	struct rigs r;

	rigs_init(&r);
	for (size_t reads = 1; reads < 230; reads += 25) {
		stop_after(&r, r.alone, f, reads);
		for (size_t i = 0; i < COUNT(ways); i++)
			stop_after(&r, r.rig[i], f, reads);
	}
	rigs_release(&r, true);
}

static void after_a_stop_all_that_was_read_is_handed_out(void **state)
{
	struct file f;

	(void)state;
	make_file(&f);
	stop_at_many_places(&f);
	/* Also where it is read again: what is not as it says ... */
	f.bytes[f.begin[20] + SIZE_AT]++;
	stop_at_many_places(&f);
	f.bytes[f.begin[20] + SIZE_AT]--;
	f.bytes[f.begin[9] + SIZE_AT]--;
	stop_at_many_places(&f);
	f.bytes[f.begin[9] + SIZE_AT]++;
	/* ... and what is damaged. */
	f.bytes[f.begin[20] - 6] ^= 1;
	stop_at_many_places(&f);
	file_release(&f);
}

/* A member whose size is told as that of it and the next one is not good, and
 * one without text is not sent: both are reasons to go back, the second one
 * comes first. */
static void after_a_stop_what_is_read_again_twice_is_handed_out(void **state)
{
	struct file f;

	(void)state;
	for (size_t lie = 1; lie < 12; lie += 2) {
		file_init(&f);
		while (f.n < lie + 4)
			file_add_member(&f, 3000, true);
		put_le(f.bytes + f.begin[lie] + SIZE_AT,
			f.begin[lie + 2] - f.begin[lie], 4);
		file_add_member(&f, 0, false);
		file_fill(&f, 180000, 7000);
		stop_at_many_places(&f);
		file_release(&f);
	}
}

static void a_file_with_help_can_be_left_half_read(void **state)
{
	struct outcome o, want;
	struct file f, other;
	struct rigs r;

	(void)state;
	make_file(&f);
	file_init(&other);
	other.seed = 7;
	file_fill(&other, 150000, 20000);
	support_write("in", f.bytes, f.len);
	support_write("other", other.bytes, other.len);
	support_write("plain", BYTES(text));
	rigs_init(&r);
	rig_read(r.alone, "other", &want);
	for (size_t reads = 0; reads < 200; reads += 11) {
		struct rig *rig = r.rig[reads % COUNT(ways)];

		for (int stop = 0; stop < 2; stop++) {
			o = (struct outcome){.len = 0};
			open_source(&rig->s, "in", true);
			(void)read_some(&rig->s, 997, reads, &o);
			if (stop)
				source_stop(&rig->s);
			source_close(&rig->s);
			assert_false(ahead_is_out(&rig->s.ahead));
			assert_memory_equal(
				o.text ? o.text : f.text, f.text, o.len);
			free(o.text);
			rig_read(rig, "other", &o);
			same_outcome(&o, &want);
			free(o.text);
			rig_read(rig, "plain", &o);
			support_same(o.text, o.len, text, TEXT_LEN);
			free(o.text);
		}
	}
	/* Or for good. */
	for (size_t i = 0; i < COUNT(ways); i++) {
		o = (struct outcome){.len = 0};
		open_source(&r.rig[i]->s, "in", true);
		(void)read_some(&r.rig[i]->s, 997, 20, &o);
		free(o.text);
	}
	rigs_release(&r, true);
	free(want.text);
	file_release(&other);
	file_release(&f);
}

/* Reads standard input from `begin` on. The caller frees the text. */
static void read_standard_input(
	struct rig *r, const char *path, off_t begin, struct outcome *o)
{
	int saved =
		support_replace(STDIN_FILENO, open(path, O_RDONLY | O_CLOEXEC));

	assert_int_equal(lseek(STDIN_FILENO, begin, SEEK_SET), begin);
	rig_read(r, "-", o);
	support_restore(STDIN_FILENO, saved);
}

static void standard_input_may_begin_anywhere_in_a_file(void **state)
{
	static const char before[] = "a line that somebody else has read\n";
	struct outcome want, got;
	struct file f;
	struct rigs r;

	(void)state;
	make_file(&f);
	rigs_init(&r);
	for (int what = 0; what < 4; what++) {
		FILE *in = fopen("in", "we");

		if (what == 1)
			f.bytes[f.begin[f.n / 2] + SIZE_AT]++; /* a lie */
		else if (what == 2)
			f.bytes[f.begin[f.n / 2] - 7] ^= 1; /* a CRC */
		else if (what == 3)
			f.len -= 9; /* the end */
		assert_non_null(in);
		(void)fwrite(before, 1, sizeof(before), in);
		(void)fwrite(f.bytes, 1, f.len, in);
		assert_int_equal(fclose(in), 0);
		for (size_t i = 0; i < COUNT(ways); i++) {
			read_standard_input(
				r.alone, "in", sizeof(before), &want);
			read_standard_input(
				r.rig[i], "in", sizeof(before), &got);
			assert_int_equal(want.last, what < 2 ? 0 : -EBADMSG);
			same_outcome(&got, &want);
			free(got.text);
			free(want.text);
		}
	}
	rigs_release(&r, true);
	/* The rest of the file is what must be worth it. */
	rigs_init(&r);
	read_standard_input(r.rig[0], "in",
		(off_t)(sizeof(before) + f.begin[f.n / 2]), &got);
	assert_int_equal(got.last, -EBADMSG);
	assert_int_equal(r.rig[0]->s.ahead.sent, 0);
	free(got.text);
	rigs_release(&r, false);
	file_release(&f);
}

static void help_may_be_refused_at_any_packet(void **state)
{
	static const unsigned most[] = {1, 3, HELPER_MOST};
	struct file f;

	(void)state;
	make_file(&f);
	for (size_t m = 0; m < COUNT(most); m++) {
		for (size_t takes = 0; takes <= f.n; takes++) {
			struct outcome o;
			struct rig *r;

			r = rig_new(HERE, most[m], 65536);
			r->h.takes = takes;
			support_write("in", f.bytes, f.len);
			rig_read(r, "in", &o);
			assert_int_equal(o.last, 0);
			assert_int_equal(o.members, f.n);
			assert_int_equal(o.offset, f.len);
			assert_int_equal(r->h.sent, takes);
			support_same(o.text, o.len, f.text, f.text_len);
			free(o.text);
			/* With the next file it is asked again. */
			r->h.takes = SIZE_MAX;
			rig_read(r, "in", &o);
			assert_int_equal(r->h.sent, takes + f.n);
			support_same(o.text, o.len, f.text, f.text_len);
			free(o.text);
			rig_free(r);
		}
	}
	file_release(&f);
}

static void without_memory_for_packets_a_file_is_a_stream(void **state)
{
	struct outcome o;
	struct file f;

	(void)state;
	make_file(&f);
	file_add(&f, "\0\0\0", 3);
	support_write("in", f.bytes, f.len);
	for (size_t i = 0; i < COUNT(ways); i++) {
		for (size_t n = 0; n < 2 * COUNT(ways); n++) {
			struct rig *r;

			/* Nothing at first, then one packet after the other,
			 * while the stream goes on. */
			r = rig_new(ways[i].who, ways[i].n, ways[i].len);
			refused = n == 0 ? SIZE_MAX : n * n;
			limited = true;
			rig_read(r, "in", &o);
			limited = false;
			assert_int_equal(o.last, 0);
			support_same(o.text, o.len, f.text, f.text_len);
			assert_int_equal(o.members, f.n);
			assert_int_equal(o.offset, f.len);
			assert_true(n != 0 || r->s.ahead.sent == 0);
			free(o.text);
			rig_free(r);
		}
	}
	file_release(&f);
}

static void an_abort_of_those_who_help_ends_the_reading(void **state)
{
	struct file f;

	(void)state;
	make_file(&f);
	support_write("in", f.bytes, f.len);
	for (size_t gives = 0; gives < f.n; gives += 3) {
		struct outcome o = {.len = 0};
		struct rig *r;

		r = rig_new(HERE, 3, 65536);
		r->h.gives = gives;
		open_source(&r->s, "in", true);
		assert_false(read_some(&r->s, 65536, SIZE_MAX, &o));
		assert_int_equal(o.last, -ECANCELED);
		assert_memory_equal(o.text ? o.text : f.text, f.text, o.len);
		free(o.text);
		rig_free(r);
	}
	for (size_t reads = 0; reads < 60; reads += 5) {
		struct outcome o = {.len = 0};
		struct rig *r;

		r = rig_new(THREADS, 3, 997);
		open_source(&r->s, "in", true);
		(void)read_some(&r->s, 997, reads, &o);
		unpackers_abort(&r->u);
		/* The packet that was being handed out may be. */
		(void)read_some(&r->s, 997, 1, &o);
		assert_memory_equal(o.text ? o.text : f.text, f.text, o.len);
		free(o.text);
		rig_free(r);
	}
	file_release(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		in_directory(plain_files_are_handed_out_as_they_are),
		in_directory(what_only_begins_like_gzip_is_plain),
		in_directory(gzip_files_are_recognised_and_decoded),
		in_directory(
			a_magic_that_could_be_text_is_looked_for_as_a_whole),
		cmocka_unit_test(what_could_be_text_is_never_held_back),
		in_directory(what_is_not_decoded_is_refused_with_what_does),
		in_directory(what_a_file_needs_is_told),
		in_directory(gzip_files_can_be_taken_as_they_are),
		in_directory(two_magic_bytes_alone_are_gzip_cut_short),
		in_directory(what_is_good_comes_before_the_damage),
		in_directory(gzip_cut_at_any_byte_is_damage_behind_a_beginning),
		in_directory(damage_is_told_with_its_place_and_what_was_kept),
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
		in_directory(nothing_that_comes_after_a_stop_is_read),
		in_directory(what_was_read_is_handed_out_after_a_stop),
		in_directory(
			a_stop_within_gzip_hands_out_the_text_and_no_fault),
		in_directory(a_stop_is_forgotten_with_the_next_input),
		in_directory(nothing_is_left_open),
		in_directory(others_decode_what_tells_its_size),
		in_directory(nobody_is_asked_to_help_with_other_files),
		in_directory(a_fifo_is_read_without_help),
		in_directory(members_of_bgzip_are_decoded_by_others),
		in_directory(what_stands_between_members_makes_no_difference),
		in_directory(any_mixture_is_the_same_with_help),
		in_directory(garbage_behind_members_is_told_in_the_same_words),
		in_directory(a_file_cut_anywhere_is_the_same_with_help),
		in_directory(damage_anywhere_is_told_in_the_same_words),
		in_directory(sizes_that_lie_make_no_difference),
		in_directory(text_lengths_that_lie_are_told_in_the_same_words),
		in_directory(several_lies_are_seen_through),
		in_directory(the_crc_of_a_header_is_checked_by_others_too),
		in_directory(members_too_large_for_a_packet_are_a_stream),
		in_directory(after_a_stop_all_that_was_read_is_handed_out),
		in_directory(
			after_a_stop_what_is_read_again_twice_is_handed_out),
		in_directory(a_file_with_help_can_be_left_half_read),
		in_directory(standard_input_may_begin_anywhere_in_a_file),
		in_directory(help_may_be_refused_at_any_packet),
		in_directory(without_memory_for_packets_a_file_is_a_stream),
		in_directory(an_abort_of_those_who_help_ends_the_reading),
	};

	(void)alarm(1200); /* a read that blocks must not block the tests */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
