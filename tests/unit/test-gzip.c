/*
 * Tests of decoding gzip: what zlib and the format allow is decoded whatever
 * pieces it comes in, and damage is found after all that was good.
 */
#include "config.h"

#include "codec/gunzip.h"
#include "codec/stream.h"

#include "support.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

static const char text[] = "The quick brown fox jumps over the lazy dog.\n";
#define TEXT_LEN (sizeof(text) - 1)

/* A file that is put together. */
struct file {
	unsigned char bytes[4096];
	size_t len;
};

static void add(struct file *f, const void *bytes, size_t len)
{
	assert_true(f->len + len <= sizeof(f->bytes));
	memcpy(f->bytes + f->len, bytes, len);
	f->len += len;
}

static void add_member(struct file *f, const char *s)
{
	size_t size;
	unsigned char *member = support_gzip(s, strlen(s), &size);

	add(f, member, size);
	free(member);
}

/* What came out of a file. */
struct outcome {
	unsigned char text[4096];
	size_t len;
	int err;
	struct damage damage;
	uint64_t members, offset;
};

/* Decodes in pieces of `in` bytes at most, to room for `out` bytes. */
static void decode(struct stream *f, const struct file *file, size_t in,
	size_t out, struct outcome *d)
{
	size_t at = 0;

	*d = (struct outcome){.len = 0};
	assert_int_equal(stream_begin(f, &format_gzip), 0);
	while (!d->err) {
		size_t taken = file->len - at < in ? file->len - at : in;
		size_t got = sizeof(d->text) - d->len;

		/* A piece on the heap, so that reading behind it is seen. */
		unsigned char *piece = support_allocate(taken);
		unsigned char *room = support_allocate(out);
		size_t given = taken;

		assert_true(got >= out);
		got = out;
		memcpy(piece, file->bytes + at, taken);
		d->err = stream_more(f, piece, &taken, room, &got);
		assert_true(taken <= given);
		assert_true(got <= out);
		memcpy(d->text + d->len, room, got);
		free(piece);
		free(room);
		at += taken;
		d->len += got;
		if (!d->err && taken == 0 && got == 0 && at == file->len)
			break;
		/* Given both, it goes on. */
		assert_true(d->err || taken > 0 || got > 0);
	}
	if (!d->err)
		d->err = stream_end(f);
	d->members = f->pieces;
	d->damage = f->damage;
	d->offset = f->offset;
}

static const size_t sizes[] = {1, 2, 3, 7, 4096};

#define SOMEWHERE UINT64_MAX

/* Decodes in pieces of many sizes, always to the same. */
static void check(const struct file *file, const char *want,
	enum damage_kind kind, uint64_t members, uint64_t at)
{
	struct stream f = {.format = NULL};

	for (size_t i = 0; i < COUNT(sizes); i++) {
		for (size_t o = 0; o < COUNT(sizes); o++) {
			size_t out = sizes[o] < 64 ? sizes[o] : 1024;
			struct outcome d;

			decode(&f, file, sizes[i], out, &d);
			support_same(d.text, d.len, want, strlen(want));
			assert_int_equal(d.err, kind ? -EBADMSG : 0);
			assert_int_equal(d.members, members);
			assert_int_equal(d.damage.kind, kind);
			if (at != SOMEWHERE)
				assert_int_equal(d.damage.at, at);
			if (!kind)
				assert_int_equal(d.offset, file->len);
		}
	}
	stream_release(&f);
}

static void one_member_is_decoded(void **state)
{
	struct file f = {.len = 0};

	(void)state;
	add_member(&f, text);
	check(&f, text, DAMAGE_NONE, 1, 0);
}

static void members_one_behind_the_other_are_one_text(void **state)
{
	struct file f = {.len = 0};

	(void)state;
	add_member(&f, "one\n");
	add_member(&f, "");
	add_member(&f, "two\n");
	check(&f, "one\ntwo\n", DAMAGE_NONE, 3, 0);
}

static void zero_bytes_behind_a_member_are_passed_over(void **state)
{
	static const unsigned char zeroes[600];
	struct file f = {.len = 0};

	(void)state;
	add_member(&f, "one\n");
	add(&f, zeroes, 1);
	check(&f, "one\n", DAMAGE_NONE, 1, 0);
	add(&f, zeroes, sizeof(zeroes));
	check(&f, "one\n", DAMAGE_NONE, 1, 0);
}

/* A member with the header fields that flags ask for (RFC 1952, 2.3.1). */
static void add_member_with(struct file *f, unsigned char flags, const char *s)
{
	const unsigned char fixed[] = {0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 3};
	size_t begin = f->len, size;
	unsigned char *member = support_gzip(s, strlen(s), &size);

	add(f, fixed, sizeof(fixed));
	if (flags & 4)
		add(f, BYTES("\7\0ab\3\0xyz"));
	if (flags & 8)
		add(f, BYTES("a name\0"));
	if (flags & 16)
		add(f, BYTES("a comment\0"));
	if (flags & 2) {
		uLong crc = crc32(0, f->bytes + begin, (uInt)(f->len - begin));

		add(f, (unsigned char[]){crc & 0xff, crc >> 8 & 0xff}, 2);
	}
	add(f, member + 10, size - 10);
	free(member);
}

static void every_combination_of_header_fields_is_accepted(void **state)
{
	struct file f = {.len = 0};

	(void)state;
	for (unsigned char flags = 0; flags < 32; flags++) {
		f.len = 0;
		add_member_with(&f, flags, text);
		add_member_with(&f, flags, "again\n");
		check(&f,
			"The quick brown fox jumps over the lazy dog.\n"
			"again\n",
			DAMAGE_NONE, 2, 0);
	}
}

static void wrong_headers_are_corrupt(void **state)
{
	static const struct {
		size_t at;
		unsigned char value;
	} wrong[] = {
		{0, 0x1e}, {1, 0x8c}, {2, 7}, /* not deflate */
		{3, 0xe0},		      /* reserved flags */
	};
	struct file f = {.len = 0};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		f.len = 0;
		add_member(&f, text);
		f.bytes[wrong[i].at] = wrong[i].value;
		check(&f, "", DAMAGE_BAD, 0, SOMEWHERE);
	}
	f.len = 0;
	add_member_with(&f, 2, text);
	f.bytes[10] ^= 1; /* the header's own CRC */
	check(&f, "", DAMAGE_BAD, 0, SOMEWHERE);
}

static void a_wrong_crc_is_found_behind_the_text(void **state)
{
	struct file f = {.len = 0};

	(void)state;
	for (size_t back = 5; back <= 8; back++) {
		f.len = 0;
		add_member(&f, "one\n");
		add_member(&f, text);
		f.bytes[f.len - back] ^= 0x10;
		check(&f, "one\nThe quick brown fox jumps over the lazy dog.\n",
			DAMAGE_BAD, 1, SOMEWHERE);
	}
}

static void a_wrong_length_is_found_behind_the_text(void **state)
{
	struct file f = {.len = 0};

	(void)state;
	for (size_t back = 1; back <= 4; back++) {
		f.len = 0;
		add_member(&f, text);
		f.bytes[f.len - back] ^= 0x10;
		check(&f, text, DAMAGE_BAD, 0, SOMEWHERE);
	}
}

static void damage_in_the_middle_is_told_with_its_place(void **state)
{
	struct file f = {.len = 0};
	struct stream i = {.format = NULL};
	struct outcome d;
	uint64_t at;

	(void)state;
	add_member(&f, "one\n");
	at = f.len + 10;
	add_member(&f, text);
	f.bytes[at] |= 6; /* a block type that does not exist */
	decode(&i, &f, 4096, 1024, &d);
	assert_int_equal(d.err, -EBADMSG);
	support_same(d.text, d.len, "one\n", 4);
	assert_between(d.offset, at, at + 1);
	assert_int_equal(d.damage.kind, DAMAGE_BAD);
	assert_int_equal(d.damage.at, d.offset);
	assert_string_equal(d.damage.why, "invalid block type");
	stream_release(&i);
}

static void a_file_cut_at_any_byte_is_incomplete(void **state)
{
	struct stream i = {.format = NULL};
	struct file f = {.len = 0};
	size_t first, whole;

	(void)state;
	add_member(&f, "one\n");
	first = f.len;
	add_member_with(&f, 31, text);
	whole = f.len;
	for (f.len = 1; f.len < whole; f.len++) {
		struct outcome d;

		decode(&i, &f, 4096, 1024, &d);
		assert_int_equal(d.err, f.len == first ? 0 : -EBADMSG);
		assert_int_equal(d.offset, f.len);
		assert_int_equal(d.members, f.len >= first);
		if (f.len >= first)
			assert_memory_equal(d.text, "one\n", 4);
		if (f.len == first)
			continue;
		assert_int_equal(d.damage.kind, DAMAGE_CUT);
		assert_int_equal(d.damage.at, f.len);
	}
	stream_release(&i);
}

static void a_cut_file_gives_the_text_before_the_cut(void **state)
{
	struct stream i = {.format = NULL};
	struct file f = {.len = 0};
	struct outcome d;
	char noise[1001];
	uint32_t seed = 1;

	(void)state;
	/* Stored as it is, so it is clear how much must come out. */
	for (size_t n = 0; n < sizeof(noise) - 1; n++)
		noise[n] = (char)(1 + support_random(&seed) % 255);
	noise[sizeof(noise) - 1] = '\0';
	add_member(&f, noise);
	f.len = 600;
	decode(&i, &f, 4096, 1024, &d);
	assert_int_equal(d.err, -EBADMSG);
	assert_between(d.len, 400, 600);
	assert_memory_equal(d.text, noise, d.len);
	stream_release(&i);
}

static void garbage_behind_a_member_is_told_with_its_place(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} garbage[] = {
		{BYTES("x")},
		{BYTES("garbage")},
		{BYTES("\x1e\x8b\x08")},
		{BYTES("\x1fx")},
		{BYTES("\x1fgarbage")},
		{BYTES("\xff")},
	};
	struct file f = {.len = 0};
	uint64_t at;

	(void)state;
	for (size_t i = 0; i < COUNT(garbage); i++) {
		for (size_t padding = 0; padding < 3; padding++) {
			f.len = 0;
			add_member(&f, text);
			add(&f, "\0\0", padding);
			at = f.len;
			add(&f, garbage[i].bytes, garbage[i].len);
			check(&f, text, DAMAGE_GARBAGE, 1, at);
		}
	}
}

static void nothing_at_all_is_no_damage(void **state)
{
	struct stream i = {.format = NULL};

	(void)state;
	assert_int_equal(stream_begin(&i, &format_gzip), 0);
	assert_int_equal(stream_end(&i), 0);
	assert_int_equal(i.damage.kind, DAMAGE_NONE);
	stream_release(&i);
}

static void a_new_file_can_be_begun_anywhere_in_the_old_one(void **state)
{
	struct stream i = {.format = NULL};
	struct file f = {.len = 0}, damaged = {.len = 0};
	struct outcome d;
	size_t whole;

	(void)state;
	add_member(&f, text);
	whole = f.len;
	for (f.len = 0; f.len <= whole; f.len++) {
		struct file good = f;

		decode(&i, &f, 4096, 1024, &d);
		good.len = whole;
		decode(&i, &good, 4096, 1024, &d);
		assert_int_equal(d.err, 0);
		assert_int_equal(d.members, 1);
		assert_int_equal(d.offset, whole);
		support_same(d.text, d.len, text, TEXT_LEN);
	}
	add(&damaged, BYTES("\x1f\x8b\x08\xff"));
	decode(&i, &damaged, 4096, 1024, &d);
	assert_int_equal(d.err, -EBADMSG);
	f.len = whole;
	decode(&i, &f, 4096, 1024, &d);
	assert_int_equal(d.err, 0);
	stream_release(&i);
}

static void *allocate_nothing(void *context, unsigned n, unsigned size)
{
	(void)context;
	(void)n;
	(void)size;
	return NULL;
}

/* zlib asks for its window when there is text left to come. */
static void want_of_memory_is_no_damage(void **state)
{
	struct stream i = {.format = NULL};
	struct file f = {.len = 0};
	unsigned char out[sizeof(text)];
	size_t in, room = TEXT_LEN / 2;
	z_stream *z;

	(void)state;
	add_member(&f, text);
	in = f.len;
	assert_int_equal(stream_begin(&i, &format_gzip), 0);
	z = gunzip_zlib(i.decoder);
	z->zalloc = allocate_nothing;
	assert_int_equal(stream_more(&i, f.bytes, &in, out, &room), -ENOMEM);
	assert_int_equal(i.damage.kind, DAMAGE_NONE);
	support_same(out, room, text, TEXT_LEN / 2);
	stream_release(&i);
}

static void release_of_zeroed_storage_does_nothing(void **state)
{
	struct stream i = {.format = NULL};

	(void)state;
	stream_release(&i);
	assert_int_equal(stream_begin(&i, &format_gzip), 0);
	stream_release(&i);
	stream_release(&i);
}

static void long_text_is_decoded_in_constant_memory(void **state)
{
	enum {
		LEN = 1 << 20
	};
	struct stream i = {.format = NULL};
	unsigned char *big = support_allocate(LEN), out[1000], *member;
	size_t size, at = 0, total = 0;
	uint32_t seed = 7;

	(void)state;
	for (size_t n = 0; n < LEN; n++)
		big[n] = (unsigned char)(support_random(&seed) % 20);
	member = support_gzip(big, LEN, &size);
	assert_int_equal(stream_begin(&i, &format_gzip), 0);
	for (;;) {
		size_t in = size - at, got = sizeof(out);

		assert_int_equal(
			stream_more(&i, member + at, &in, out, &got), 0);
		if (in == 0 && got == 0)
			break;
		assert_true(total + got <= LEN);
		assert_memory_equal(big + total, out, got);
		at += in;
		total += got;
	}
	assert_int_equal(total, LEN);
	assert_int_equal(stream_end(&i), 0);
	stream_release(&i);
	free(member);
	free(big);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_member_is_decoded),
		cmocka_unit_test(members_one_behind_the_other_are_one_text),
		cmocka_unit_test(zero_bytes_behind_a_member_are_passed_over),
		cmocka_unit_test(
			every_combination_of_header_fields_is_accepted),
		cmocka_unit_test(wrong_headers_are_corrupt),
		cmocka_unit_test(a_wrong_crc_is_found_behind_the_text),
		cmocka_unit_test(a_wrong_length_is_found_behind_the_text),
		cmocka_unit_test(damage_in_the_middle_is_told_with_its_place),
		cmocka_unit_test(a_file_cut_at_any_byte_is_incomplete),
		cmocka_unit_test(a_cut_file_gives_the_text_before_the_cut),
		cmocka_unit_test(
			garbage_behind_a_member_is_told_with_its_place),
		cmocka_unit_test(nothing_at_all_is_no_damage),
		cmocka_unit_test(
			a_new_file_can_be_begun_anywhere_in_the_old_one),
		cmocka_unit_test(want_of_memory_is_no_damage),
		cmocka_unit_test(release_of_zeroed_storage_does_nothing),
		cmocka_unit_test(long_text_is_decoded_in_constant_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
