/*
 * Tests of portions: wherever a file is cut, each part ends where the next one
 * begins, at a line or a read, and together they are the text; what cannot be
 * cut is told.
 */
#include "config.h"

#include "io/portion.h"

#include "io/fdio.h"

#include "gzfile.h"
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
#include <unistd.h>

#include <cmocka.h>

/* A file, and its text as the test knows it. */
struct cut {
	struct portion_file file;
	const char *text;
	off_t members[16]; /* where these begin; of a plain file there are none
			    */
	size_t ends[16];   /* where in the text each one ends */
	size_t n;
};

static void plain(struct cut *c, const char *text)
{
	*c = (struct cut){.text = text};
	support_write("file", text, strlen(text));
	c->file = (struct portion_file){.fd = open("file", O_RDONLY),
		.size = (off_t)strlen(text),
		.detect = true,
		.marks = true};
	assert_true(c->file.fd >= 0);
}

/* Members with `size` bytes of text each, every third one without any. */
static void packed(struct cut *c, const char *text, size_t size)
{
	size_t len = strlen(text), at = 0;
	struct gzfile f;

	*c = (struct cut){.text = text};
	gzfile_begin(&f);
	while (at < len || c->n == 0) {
		size_t n = c->n % 3 == 1 ? 0 : size;

		n = n < len - at ? n : len - at;
		assert_true(c->n < COUNT(c->members));
		c->members[c->n] = f.size;
		gzfile_add_member(&f, text + at, n);
		at += n;
		c->ends[c->n++] = at;
	}
	c->file = (struct portion_file){
		.fd = dup(f.fd), .size = f.size, .detect = true};
	assert_true(c->file.fd >= 0);
	gzfile_end(&f);
}

/* Where in the text a portion begins. */
static size_t begin_of(const struct cut *c, const struct portion *p)
{
	if (c->n == 0)
		return (size_t)p->from;
	for (size_t i = 0; i < c->n; i++)
		if (c->members[i] == p->from)
			return (i > 0 ? c->ends[i - 1] : 0) + (size_t)p->skip;
	assert_int_equal(p->from, c->file.size);
	return strlen(c->text);
}

static bool begins_unit(const struct cut *c, size_t at, enum portion_unit unit)
{
	const char *text = c->text, *line = text + at;

	if (at == 0 || text[at] == '\0')
		return true;
	if (text[at - 1] != '\n')
		return false;
	if (unit == PORTION_LINES)
		return true;
	line = strchr(line, '\n');
	line = line ? strchr(line + 1, '\n') : NULL;
	return text[at] == '@' && line && line[1] == '+';
}

/* Cuts it at two places, any two. */
static void expect_parts(struct cut *c, enum portion_unit unit)
{
	size_t len = strlen(c->text);

	for (off_t from = 0; from <= c->file.size; from++) {
		size_t last = 0;

		for (off_t to = from; to <= c->file.size; to++) {
			struct fault fault = {""};
			struct portion p;
			size_t begin, end;

			assert_int_equal(portion_find(&p, &c->file, from, to,
						 unit, &fault),
				0);
			begin = begin_of(c, &p);
			end = begin + (size_t)p.length;
			assert_true(end <= len);
			assert_true(begins_unit(c, begin, unit));
			assert_true(begins_unit(c, end, unit));
			assert_int_equal(p.packed, c->n > 0);
			assert_int_equal(
				p.begins, begin == 0 && from < c->file.size);
			if (from == 0)
				assert_int_equal(begin, 0);
			if (to == c->file.size)
				assert_int_equal(end, len);
			/* The first unit that begins there or behind it. */
			if (c->n == 0)
				for (size_t i = (size_t)from; i < begin; i++)
					assert_false(begins_unit(c, i, unit));
			assert_true(end >= last);
			last = end;
			/* What comes behind begins where it ends. */
			if (to < c->file.size) {
				struct portion next;

				assert_int_equal(
					portion_find(&next, &c->file, to,
						c->file.size, unit, &fault),
					0);
				assert_int_equal(begin_of(c, &next), end);
			}
		}
	}
	assert_int_equal(close(c->file.fd), 0);
}

static const char *const texts[] = {"a\n", "no end", "\n\n\n",
	"one\ntwo\n\nthree", "a line that is longer than some members\nx\n"};

static void plain_files_are_cut_at_lines(void **state)
{
	struct cut c;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		plain(&c, texts[i]);
		expect_parts(&c, PORTION_LINES);
	}
}

static void packed_files_are_cut_at_members_and_lines(void **state)
{
	struct cut c;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		for (size_t size = 7; size < 60; size += 13) {
			packed(&c, texts[i], size);
			expect_parts(&c, PORTION_LINES);
		}
}

static const char reads[] = "@a\nacgt\n+\n@+@+\n@b\nac\n+b\n++\n@c\nt\n+\n@\n";

static void reads_are_not_cut(void **state)
{
	struct cut c;

	(void)state;
	plain(&c, reads);
	expect_parts(&c, PORTION_READS);
	packed(&c, reads, 11);
	expect_parts(&c, PORTION_READS);
}

static void how_a_file_ends_is_known(void **state)
{
	static const struct {
		const char *text;
		enum portion_end end;
	} cases[] = {{"", PORTION_EMPTY}, {"a", PORTION_OPEN},
		{"a\n", PORTION_WHOLE}, {"\n", PORTION_WHOLE},
		{"a\nb", PORTION_OPEN}};
	struct fault fault;
	enum portion_end end;
	struct cut c;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		plain(&c, cases[i].text);
		assert_int_equal(portion_end(&end, &c.file, &fault), 0);
		assert_int_equal(end, cases[i].end);
		assert_int_equal(close(c.file.fd), 0);
		packed(&c, cases[i].text, 1);
		assert_int_equal(portion_end(&end, &c.file, &fault), 0);
		assert_int_equal(end, cases[i].end);
		assert_int_equal(close(c.file.fd), 0);
	}
}

static char before[256];
static size_t before_len, before_most;

static bool take(void *context, const unsigned char *text, size_t len)
{
	(void)context;
	assert_true(before_len + len <= sizeof(before));
	memcpy(before + before_len, text, len);
	before_len += len;
	return before_len < before_most;
}

static void the_text_before_a_portion_can_be_read(void **state)
{
	struct fault fault;
	struct portion p;
	struct cut c;

	(void)state;
	for (size_t size = 0; size < 30; size += 7) {
		if (size > 0)
			packed(&c, reads, size);
		else
			plain(&c, reads);
		for (off_t from = 0; from <= c.file.size; from += 5) {
			size_t begin;

			assert_int_equal(
				portion_find(&p, &c.file, from, c.file.size,
					PORTION_LINES, &fault),
				0);
			begin = begin_of(&c, &p);
			before_len = 0;
			before_most = SIZE_MAX;
			assert_int_equal(
				portion_before(&p, &c.file, take, NULL, &fault),
				0);
			assert_int_equal(before_len, begin);
			assert_memory_equal(before, reads, begin);
			before_len = 0;
			before_most = 1;
			assert_int_equal(
				portion_before(&p, &c.file, take, NULL, &fault),
				0);
			assert_true(before_len <= begin);
		}
		assert_int_equal(close(c.file.fd), 0);
	}
}

static unsigned asked;

static bool no_more(void *context)
{
	(void)context;
	asked++;
	return false;
}

static void it_is_asked_whether_to_go_on(void **state)
{
	struct fault fault;
	struct portion p;
	struct cut c;
	int wake[2];
	char byte;

	(void)state;
	assert_int_equal(pipe(wake), 0);
	for (int i = 0; i < 2; i++) {
		if (i == 0)
			plain(&c, reads);
		else
			packed(&c, reads, 11);
		c.file.wake = wake[0];
		c.file.woken = no_more;
		asked = 0;
		assert_int_equal(portion_find(&p, &c.file, 3, c.file.size,
					 PORTION_LINES, &fault),
			0);
		assert_int_equal(asked, 0);
		assert_int_equal(write(wake[1], "", 1), 1);
		assert_int_equal(portion_find(&p, &c.file, 3, c.file.size,
					 PORTION_LINES, &fault),
			-ECANCELED);
		assert_int_equal(asked, 1);
		assert_int_equal(close(c.file.fd), 0);
		assert_int_equal(read(wake[0], &byte, 1), 1);
	}
	assert_int_equal(close(wake[0]), 0);
	assert_int_equal(close(wake[1]), 0);
}

static void refused(struct cut *c, const char *why)
{
	struct fault fault = {""};
	struct portion p;
	int err = portion_find(
		&p, &c->file, 1, c->file.size, PORTION_LINES, &fault);

	assert_true(err < 0);
	assert_non_null(strstr(fault.text, why));
	c->file.detect = c->file.marks = false;
	assert_int_equal(portion_find(&p, &c->file, 1, c->file.size,
				 PORTION_LINES, &fault),
		0);
	assert_false(p.packed);
	assert_int_equal(close(c->file.fd), 0);
}

static void what_cannot_be_cut_is_told(void **state)
{
	struct fault fault;
	struct portion p;
	struct gzfile f;
	struct cut c;

	(void)state;
	plain(&c, "\xFF\xFE"
		  "a");
	refused(&c, "UTF-16");
	plain(&c, "\xFE\xFF"
		  "a");
	refused(&c, "UTF-16");
	plain(&c, "BZh91AY&SY data");
	refused(&c, "bzip2 data");
	gzfile_begin(&f);
	gzfile_add_foreign(&f, "abc\n", 4);
	c.file = (struct portion_file){
		.fd = dup(f.fd), .size = f.size, .detect = true};
	refused(&c, "do not tell their size");
	c.file = (struct portion_file){.fd = f.fd, .size = f.size + 1};
	assert_int_equal(
		portion_find(&p, &c.file, 0, f.size + 1, PORTION_LINES, &fault),
		0);
	assert_int_equal(portion_find(&p, &c.file, f.size, f.size + 1,
				 PORTION_LINES, &fault),
		-FDIO_SHORT);
	assert_string_equal(fault.text, "it is shorter than it was");
	gzfile_end(&f);
}

/* What is damaged is told by whoever decodes it, and looking stops there. */
static void damage_is_told(void **state)
{
	static const char text[] = "one\ntwo\nthree\nfour\nfive\n";
	enum portion_end end;
	struct fault fault = {""};
	struct portion p = {.from = 1000};
	struct cut c;
	int fd;

	(void)state;
	packed(&c, text, 6);
	fd = open("damaged", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	for (off_t at = 0; at < c.file.size; at++) {
		unsigned char byte;

		assert_int_equal(pread(c.file.fd, &byte, 1, at), 1);
		/* Each check of a text. */
		for (size_t i = 1; i <= c.n; i++)
			if (at == (i < c.n ? c.members[i] : c.file.size) - 8)
				byte ^= 1;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	assert_int_equal(close(c.file.fd), 0);
	c.file.fd = fd;
	assert_int_equal(portion_find(&p, &c.file, 1, c.file.size,
				 PORTION_LINES, &fault),
		-EBADMSG);
	assert_non_null(strstr(fault.text, "corrupt gzip data behind byte 0"));
	assert_int_equal(portion_find(&p, &c.file, 1, c.file.size,
				 PORTION_READS, &fault),
		-EBADMSG);
	p.packed = true;
	assert_int_equal(
		portion_before(&p, &c.file, take, NULL, &fault), -EBADMSG);
	assert_int_equal(portion_end(&end, &c.file, &fault), -EBADMSG);
	assert_int_equal(close(fd), 0);
	plain(&c, "BZh91AY&SY data");
	assert_int_equal(
		portion_before(&p, &c.file, take, NULL, &fault), -ENOTSUP);
	assert_int_equal(portion_end(&end, &c.file, &fault), -ENOTSUP);
	assert_int_equal(close(c.file.fd), 0);
}

/* The line before has to be looked for, beyond all of them. */
static void many_empty_members_are_gone_over(void **state)
{
	struct fault fault = {""};
	struct portion p;
	struct gzfile f;
	struct portion_file file;
	off_t from;

	(void)state;
	gzfile_begin(&f);
	gzfile_add_member(&f, "one\n", 4);
	for (int i = 0; i < 70; i++)
		gzfile_add_member(&f, "", 0);
	from = f.size;
	gzfile_add_member(&f, "two\n", 4);
	file = (struct portion_file){
		.fd = f.fd, .size = f.size, .detect = true};
	assert_int_equal(
		portion_find(&p, &file, from, f.size, PORTION_LINES, &fault),
		0);
	assert_false(p.begins);
	assert_int_equal(p.length, 4);
	gzfile_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_directory(plain_files_are_cut_at_lines),
		in_directory(packed_files_are_cut_at_members_and_lines),
		in_directory(reads_are_not_cut),
		in_directory(how_a_file_ends_is_known),
		in_directory(the_text_before_a_portion_can_be_read),
		in_directory(it_is_asked_whether_to_go_on),
		in_directory(what_cannot_be_cut_is_told),
		in_directory(damage_is_told),
		in_directory(many_empty_members_are_gone_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
