/*
 * Tests of inputs in other encodings: found by their mark or told, decoded
 * wherever a read ends, and nothing held back that could be text.
 */
#include "config.h"

#include "io/decode.h"

#include "io/clock.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Memory that runs out: the linker leads malloc here (--wrap). After so many
 * calls; negative: never. */
static int calls_left = -1;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
	if (calls_left == 0)
		return NULL;
	if (calls_left > 0)
		calls_left--;
	return __real_malloc(size);
}

/* An input, and what came out of it. */
struct play {
	struct source source;
	struct decode decode;
	int in; /* the other end of a pipe */
	char text[4096];
	size_t len;
	struct fault fault;
};

static void begin(struct play *p, const char *name, const char *path)
{
	struct stat st;

	memset(p, 0, sizeof(*p));
	source_init(&p->source, NULL);
	assert_int_equal(decode_init(&p->decode, name), 0);
	assert_int_equal(source_open(&p->source, path, true, true, &st), 0);
	decode_begin(&p->decode);
}

/* The same with a pipe as the input. */
static void begin_pipe(struct play *p, const char *name)
{
	int fd[2], saved;

	support_pipe(fd);
	saved = support_replace(STDIN_FILENO, fd[0]);
	begin(p, name, "-");
	support_restore(STDIN_FILENO, saved);
	p->in = fd[1];
}

static void end(struct play *p)
{
	source_close(&p->source);
	source_release(&p->source);
	decode_release(&p->decode);
	if (p->in > 0)
		(void)close(p->in);
}

/* Reads once, up to `len` bytes. */
static ssize_t read_once(struct play *p, size_t len)
{
	char *buf = support_allocate(len);
	ssize_t n = decode_read(
		&p->decode, &p->source, buf, len, FDIO_NO_WAKE, 0, &p->fault);

	if (n > 0) {
		assert_true(p->len + (size_t)n <= sizeof(p->text));
		memcpy(p->text + p->len, buf, (size_t)n);
		p->len += (size_t)n;
	}
	free(buf);
	return n;
}

/* Reads on as long as something comes. Returns what came instead. */
static ssize_t read_on(struct play *p, size_t len)
{
	ssize_t n;

	do
		n = read_once(p, len);
	while (n > 0 || n == -EINTR);
	return n;
}

static void has(const struct play *p, const char *want, size_t len)
{
	support_same(p->text, p->len, want, len);
}

static void send(struct play *p, const void *bytes, size_t len)
{
	assert_int_equal(write(p->in, bytes, len), (ssize_t)len);
}

static void send_end(struct play *p)
{
	(void)close(p->in);
	p->in = 0;
}

/* Reads a text as a file and through a pipe, cut at each byte, with much room
 * and with little. */
static void becomes(const char *name, const char *in, size_t len,
	const char *want, size_t want_len)
{
	static const size_t rooms[] = {1, 3, 63, 64, 100000};
	struct play p;

	support_write("in", in, len);
	for (size_t i = 0; i < COUNT(rooms); i++) {
		begin(&p, name, "in");
		assert_int_equal(read_on(&p, rooms[i]), 0);
		assert_true(decode_is_known(&p.decode));
		has(&p, want, want_len);
		end(&p);
		begin_pipe(&p, name);
		for (size_t j = 0; j < len; j++) {
			send(&p, in + j, 1);
			assert_int_equal(read_on(&p, rooms[i]), -EAGAIN);
		}
		send_end(&p);
		assert_int_equal(read_on(&p, rooms[i]), 0);
		assert_int_equal(read_on(&p, rooms[i]), 0);
		has(&p, want, want_len);
		end(&p);
	}
}

static void a_mark_says_what_it_is(void **state)
{
	(void)state;
	becomes("auto",
		BYTES("\xFF\xFE"
		      "a\0\xE9\0\n\0"),
		BYTES("a\xC3\xA9\n"));
	becomes("auto", BYTES("\xFE\xFF\0a\0\xE9\0\n"), BYTES("a\xC3\xA9\n"));
	becomes("auto", BYTES("\xFF\xFE\0\0a\0\0\0"), BYTES("a"));
	becomes("auto", BYTES("\0\0\xFE\xFF\0\0\0a"), BYTES("a"));
	becomes("auto", BYTES("\xFF\xFE"), "", 0);
	becomes("auto", BYTES("\xFF\xFE\0"), BYTES("\xFF"));
	becomes("auto", BYTES("\xFF\xFE\0\0"), "", 0);
	/* Only one mark is one. */
	becomes("auto",
		BYTES("\xFF\xFE\xFF\xFE"
		      "a\0"),
		BYTES("\xEF\xBB\xBF"
		      "a"));
}

static void what_is_no_mark_is_text(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} texts[] = {{BYTES("")}, {BYTES("a")}, {BYTES("text\n")},
		{BYTES("\xEF\xBB\xBFtext")}, {BYTES("\xFF")}, {BYTES("\xFE")},
		{BYTES("\xFF\xFF")}, {BYTES("\xFE\xFE")}, {BYTES("\0")},
		{BYTES("\0\0")}, {BYTES("\0\0\xFE")}, {BYTES("\0\0\xFE\xFE")},
		{BYTES("\0a\0b")}, {BYTES("a\xFF\xFE")}};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		becomes("auto", texts[i].bytes, texts[i].len, texts[i].bytes,
			texts[i].len);
}

static void without_a_look_all_is_text(void **state)
{
	(void)state;
	becomes("none",
		BYTES("\xFF\xFE"
		      "a\0"),
		BYTES("\xFF\xFE"
		      "a\0"));
	becomes("utf-8", BYTES("\xFE\xFF"), BYTES("\xFE\xFF"));
}

static void an_encoding_can_be_told(void **state)
{
	(void)state;
	becomes("windows-1252",
		BYTES("stra\xDF"
		      "e\n\x80"),
		BYTES("stra\xC3\x9F"
		      "e\n\xE2\x82\xAC"));
	becomes("utf-16", BYTES("a\0\n\0"), BYTES("a\n"));
	becomes("utf-16be", BYTES("\xFE\xFF\0a"), BYTES("a"));
	becomes("utf-16be", BYTES("\xFE\xFF\xFE\xFF\0a"),
		BYTES("\xEF\xBB\xBF"
		      "a"));
	becomes("utf-16le", BYTES("a\0\x3D\xD8"), BYTES("a\xFF"));
	becomes("utf-16le", BYTES("a"), BYTES("\xFF"));
	becomes("utf-16le", "", 0, "", 0);
}

static void an_encoding_that_is_not_known_is_refused(void **state)
{
	struct decode d;

	(void)state;
	assert_int_equal(decode_init(&d, "no-such-encoding"), -EINVAL);
	assert_int_equal(decode_check("no-such-encoding"), -EINVAL);
	assert_int_equal(decode_check("latin1//TRANSLIT"), -EINVAL);
	/* iconv takes these for none at all, which is the locale's. */
	assert_int_equal(decode_check(""), -EINVAL);
	assert_int_equal(decode_check("/"), -EINVAL);
	assert_int_equal(decode_check(","), -EINVAL);
	assert_int_equal(decode_check(" ,/"), -EINVAL);
	assert_int_equal(decode_check("latin1"), 0);
	assert_int_equal(decode_check("auto"), 0);
	assert_int_equal(decode_check("none"), 0);
}

static void nothing_is_held_back_that_could_be_text(void **state)
{
	struct play p;

	(void)state;
	for (int c = 0; c < 256; c++) {
		/* Of byte order marks and of formats. */
		bool held = c == 0xFE || c == 0xFF || c == 0 || c == 0x1F ||
			    c == 0xFD || c == 0x04;
		unsigned char byte = (unsigned char)c;

		begin_pipe(&p, "auto");
		send(&p, &byte, 1);
		assert_int_equal(read_on(&p, 100), -EAGAIN);
		assert_int_equal(p.len, held ? 0 : 1);
		assert_int_equal(decode_is_known(&p.decode), !held);
		send(&p, "b", 1);
		assert_int_equal(read_on(&p, 100), -EAGAIN);
		assert_int_equal(p.len, 2);
		end(&p);
	}
}

static void what_is_decoded_is_not_held_back(void **state)
{
	static const struct {
		const char *name, *bytes;
		size_t len;
	} texts[] = {{"utf-16le", BYTES("b\0")}, {"utf-16be", BYTES("\0b")},
		{"utf-16", BYTES("\xFF\xFE"
				 "b\0")},
		{"windows-1252", BYTES("b")}, {"us-ascii", BYTES("b")}};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct play p;

		begin_pipe(&p, texts[i].name);
		send(&p, texts[i].bytes, texts[i].len);
		assert_int_equal(read_on(&p, 100), -EAGAIN);
		has(&p, BYTES("b"));
		end(&p);
	}
}

static void undecoded(const struct play *p, size_t n)
{
	assert_int_equal(decode_undecoded(&p->decode, &p->source), n);
}

static void it_is_known_how_much_was_read_and_is_no_text_yet(void **state)
{
	size_t size, left;
	unsigned char *gz = support_gzip(BYTES("text"), &size);
	char text[400];
	struct play p;

	(void)state;
	memset(text, 'x', sizeof(text));
	begin_pipe(&p, "utf-16le");
	send(&p, text, sizeof(text));
	assert_int_equal(read_once(&p, 1), 1);
	/* Of two bytes, three each. */
	(void)decode_left(&p.decode, &p.source, &left);
	assert_in_range(left, 1, sizeof(text));
	undecoded(&p, sizeof(text) - (1 + left) / 3 * 2);
	end(&p);
	/* What is plain is all text. */
	begin_pipe(&p, "auto");
	send(&p, text, sizeof(text));
	assert_int_equal(read_once(&p, 1), 1);
	undecoded(&p, 0);
	end(&p);
	begin_pipe(&p, "auto");
	send(&p, gz, size);
	assert_int_equal(read_once(&p, 1), 1);
	assert_in_range(decode_undecoded(&p.decode, &p.source), 1, size - 1);
	assert_int_equal(read_on(&p, 100), -EAGAIN);
	undecoded(&p, 0);
	/* What is behind damage will never be. */
	send(&p, text, sizeof(text));
	assert_int_equal(read_on(&p, 100), -EBADMSG);
	undecoded(&p, 0);
	end(&p);
	/* A file can be read again. */
	support_write("in", gz, size);
	begin(&p, "auto", "in");
	assert_int_equal(read_once(&p, 1), 1);
	undecoded(&p, 0);
	end(&p);
	free(gz);
}

static void it_is_said_before_any_text_that_it_is_decoded(void **state)
{
	struct play p;

	(void)state;
	begin_pipe(&p, "auto");
	send(&p, "\xFE\xFF\0a", 4);
	assert_false(decode_is_on(&p.decode));
	assert_int_equal(read_once(&p, 100), -EINTR);
	assert_true(decode_is_on(&p.decode));
	assert_int_equal(read_once(&p, 100), 1);
	end(&p);
}

static void inputs_do_not_depend_on_those_before(void **state)
{
	struct play p;
	struct stat st;

	(void)state;
	support_write("16", BYTES("\xFF\xFE"
				  "a\0b"));
	support_write("be", BYTES("\xFE\xFF\0c"));
	support_write("8", BYTES("d"));
	begin(&p, "auto", "16");
	assert_int_equal(read_on(&p, 2), 0);
	source_close(&p.source);
	assert_int_equal(source_open(&p.source, "8", true, true, &st), 0);
	decode_begin(&p.decode);
	assert_int_equal(read_on(&p, 100), 0);
	assert_false(decode_is_on(&p.decode));
	source_close(&p.source);
	assert_int_equal(source_open(&p.source, "be", true, true, &st), 0);
	decode_begin(&p.decode);
	assert_int_equal(read_on(&p, 100), 0);
	has(&p, BYTES("a\xFF"
		      "dc"));
	end(&p);
}

static void what_is_packed_is_decoded_and_its_damage_told_behind_it(
	void **state)
{
	size_t size;
	unsigned char *gz = support_gzip(BYTES("\xFF\xFE"
					       "a\0b"),
		&size);
	struct play p;

	(void)state;
	support_write("in", gz, size);
	begin(&p, "auto", "in");
	assert_int_equal(read_on(&p, 100), 0);
	has(&p, BYTES("a\xFF"));
	end(&p);
	support_write("in", gz, size - 1);
	for (size_t room = 1; room < 100; room += 98) {
		begin(&p, "auto", "in");
		assert_int_equal(read_on(&p, room), -EBADMSG);
		has(&p, BYTES("a\xFF"));
		assert_non_null(strstr(p.fault.text, "unexpected end"));
		end(&p);
	}
	free(gz);
	/* Behind what might have become a mark, too. */
	gz = support_gzip(BYTES("\xFF"), &size);
	support_write("in", gz, size - 1);
	begin(&p, "auto", "in");
	assert_int_equal(read_on(&p, 100), -EBADMSG);
	has(&p, BYTES("\xFF"));
	assert_non_null(strstr(p.fault.text, "unexpected end"));
	end(&p);
	free(gz);
}

static void at_a_stop_all_that_was_read_comes_out(void **state)
{
	struct play p;

	(void)state;
	begin_pipe(&p, "utf-16le");
	send(&p, "a\0\x3D\xD8", 4);
	assert_int_equal(read_on(&p, 100), -EAGAIN);
	send(&p, "b", 1);
	source_stop(&p.source);
	assert_int_equal(read_on(&p, 100), 0);
	has(&p, BYTES("a\xFF"));
	end(&p);
	begin_pipe(&p, "auto");
	send(&p, "\xFF", 1);
	assert_int_equal(read_on(&p, 100), -EAGAIN);
	source_stop(&p.source);
	assert_int_equal(read_on(&p, 100), 0);
	has(&p, BYTES("\xFF"));
	end(&p);
}

static void what_is_kept_back_comes_out_at_the_end_and_at_a_stop(void **state)
{
	struct play p;

	(void)state;
	if (decode_check("CP1255") != 0) {
		print_message("skipped: the system has no CP1255\n");
		skip();
	}
	becomes("CP1255", BYTES("\xF9"), BYTES("\xD7\xA9"));
	begin_pipe(&p, "CP1255");
	send(&p, "\xF9", 1);
	assert_int_equal(read_on(&p, 100), -EAGAIN);
	assert_int_equal(p.len, 0);
	source_stop(&p.source);
	assert_int_equal(read_on(&p, 100), 0);
	has(&p, BYTES("\xD7\xA9"));
	end(&p);
}

static void what_is_left_is_text_that_was_decoded(void **state)
{
	struct play p;
	size_t len;

	(void)state;
	begin_pipe(&p, "utf-16le");
	send(&p, "a\0b\0c\0", 6);
	assert_null(decode_left(&p.decode, &p.source, &len));
	assert_int_equal(len, 0);
	while (read_once(&p, 1) != 1)
		;
	support_same(decode_left(&p.decode, &p.source, &len), 2, BYTES("bc"));
	assert_int_equal(len, 2);
	end(&p);
	begin_pipe(&p, "auto");
	send(&p, "\xFF", 1);
	assert_int_equal(read_on(&p, 1), -EAGAIN);
	assert_null(decode_left(&p.decode, &p.source, &len));
	send(&p, "bc", 2);
	while (read_once(&p, 1) != 1)
		;
	support_same(decode_left(&p.decode, &p.source, &len), 2, BYTES("bc"));
	assert_int_equal(len, 2);
	end(&p);
}

static void memory_that_cannot_be_had_is_told(void **state)
{
	struct play p;
	char buf[100];

	(void)state;
	/* For the bytes, then for what decodes them. */
	for (int calls = 0; calls < 2; calls++) {
		ssize_t n;

		begin_pipe(&p, "auto");
		send(&p, "\xFE\xFF\0a", 4);
		calls_left = calls;
		n = decode_read(&p.decode, &p.source, buf, sizeof(buf),
			FDIO_NO_WAKE, 0, &p.fault);
		calls_left = -1;
		assert_int_equal(n, -ENOMEM);
		assert_string_equal(p.fault.text, "not enough memory");
		end(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_directory(a_mark_says_what_it_is),
		in_directory(what_is_no_mark_is_text),
		in_directory(without_a_look_all_is_text),
		in_directory(an_encoding_can_be_told),
		cmocka_unit_test(an_encoding_that_is_not_known_is_refused),
		cmocka_unit_test(nothing_is_held_back_that_could_be_text),
		cmocka_unit_test(what_is_decoded_is_not_held_back),
		in_directory(it_is_known_how_much_was_read_and_is_no_text_yet),
		cmocka_unit_test(it_is_said_before_any_text_that_it_is_decoded),
		in_directory(inputs_do_not_depend_on_those_before),
		in_directory(
			what_is_packed_is_decoded_and_its_damage_told_behind_it),
		cmocka_unit_test(at_a_stop_all_that_was_read_comes_out),
		in_directory(
			what_is_kept_back_comes_out_at_the_end_and_at_a_stop),
		cmocka_unit_test(what_is_left_is_text_that_was_decoded),
		cmocka_unit_test(memory_that_cannot_be_had_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
