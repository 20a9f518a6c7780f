/*
 * Tests of what is asked of every packing, and of making gzip members: the
 * bytes of RFC 1952 where they must be, room that is enough for any text, and
 * zlib to read it all back.
 */
#include "config.h"

#include "codec/packer.h"

#include "codec/bgzf.h"
#include "codec/deflate.h"
#include "codec/members.h"
#include "codec/single.h"
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

static const size_t sizes[] = {
	1, 2, 3, 100, 4095, 4096, 65535, 65536, 65537, 300000};
#define LARGEST 300000

static const struct packing *const packings[] = {
	&packing_members, &packing_single, &packing_bgzf};

static uint32_t le32(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

/* One member, in room of exactly the bound, on the heap. */
static unsigned char *compress_text(
	struct packer *d, const void *text, size_t len, size_t *size)
{
	size_t bound = packer_bound(d, len);
	unsigned char *member = support_allocate(bound);
	struct packed packed = {0};

	assert_int_equal(packer_pack(d, text, len, member, bound, &packed), 0);
	assert_between(packed.size, 1, bound);
	assert_int_equal(packed.crc, crc32(0, text, (uInt)len));
	assert_int_equal(packed.members, 1);
	*size = packed.size;
	return member;
}

static void a_member_is_laid_out_as_promised(void **state)
{
	static const unsigned char head[] = {0x1f, 0x8b, 8, 4, 0, 0, 0, 0};
	static const char text[] = "SOME TEXT\n";
	struct packer *d;
	unsigned char *m;
	size_t size;

	(void)state;
	assert_int_equal(packer_new(&d, &packing_members, 6), 0);
	m = compress_text(d, BYTES(text), &size);
	assert_memory_equal(m, head, sizeof(head));
	assert_int_equal(m[10] | m[11] << 8, 8); /* XLEN */
	assert_memory_equal(m + 12, "UP\4\0", 4);
	assert_int_equal(le32(m + 16), size);
	assert_int_equal(le32(m + size - 8),
		crc32(0, (const Bytef *)text, sizeof(text) - 1));
	assert_int_equal(le32(m + size - 4), sizeof(text) - 1);
	free(m);
	packer_free(d);
}

static void every_level_is_read_back_by_zlib(void **state)
{
	(void)state;
	for (int level = 1; level <= deflate_max_level(); level++) {
		struct packer *d;

		assert_int_equal(packer_new(&d, &packing_members, level), 0);
		for (int kind = 0; kind < SUPPORT_KINDS; kind++) {
			unsigned char *text =
				support_make((enum support_kind)kind, 70000);
			size_t size, len;
			unsigned char *m = compress_text(d, text, 70000, &size);
			unsigned members;
			char *back = support_gunzip(m, size, &len, &members);

			support_same(back, len, text, 70000);
			assert_int_equal(members, 1);
			free(back);
			free(m);
			free(text);
		}
		packer_free(d);
	}
}

static void no_text_needs_more_than_the_bound(void **state)
{
	static const int levels[] = {1, 6, 9};

	(void)state;
	for (size_t l = 0; l < COUNT(levels); l++) {
		struct packer *d;

		assert_int_equal(
			packer_new(&d, &packing_members, levels[l]), 0);
		for (int kind = 0; kind < SUPPORT_KINDS; kind++) {
			unsigned char *text =
				support_make((enum support_kind)kind, LARGEST);

			for (size_t i = 0; i < COUNT(sizes); i++) {
				size_t size, len;
				unsigned char *m =
					compress_text(d, text, sizes[i], &size);
				char *back =
					support_gunzip(m, size, &len, NULL);

				support_same(back, len, text, sizes[i]);
				assert_int_equal(le32(m + 16), size);
				free(back);
				free(m);
			}
			free(text);
		}
		packer_free(d);
	}
}

static void members_can_be_found_without_decoding(void **state)
{
	static const char *const texts[] = {"ONE\n", "2", "THREE\n"};
	unsigned char file[1000];
	struct packer *d;
	size_t len = 0, at = 0;

	(void)state;
	assert_int_equal(packer_new(&d, &packing_members, 6), 0);
	for (size_t i = 0; i < COUNT(texts); i++) {
		size_t size;
		unsigned char *m =
			compress_text(d, texts[i], strlen(texts[i]), &size);

		assert_true(len + size <= sizeof(file));
		memcpy(file + len, m, size);
		len += size;
		free(m);
	}
	for (size_t i = 0; i < COUNT(texts); i++) {
		uint32_t size = le32(file + at + 16);
		size_t got;
		char *back;

		assert_true(at + size <= len);
		back = support_gunzip(file + at, size, &got, NULL);
		assert_string_equal(back, texts[i]);
		free(back);
		at += size;
	}
	assert_int_equal(at, len);
	packer_free(d);
}

static void the_same_text_gives_the_same_member(void **state)
{
	unsigned char *text = support_make(SUPPORT_TEXT, 5000), *first, *second;
	struct packer *d, *other;
	size_t size, again;

	(void)state;
	assert_int_equal(packer_new(&d, &packing_members, 6), 0);
	assert_int_equal(packer_new(&other, &packing_members, 6), 0);
	first = compress_text(d, text, 5000, &size);
	free(compress_text(d, "something else", 14, &again));
	second = compress_text(d, text, 5000, &again);
	support_same(second, again, first, size);
	free(second);
	second = compress_text(other, text, 5000, &again);
	support_same(second, again, first, size);
	free(second);
	free(first);
	free(text);
	packer_free(d);
	packer_free(other);
}

static void what_is_not_the_text_is_no_good(void **state)
{
	unsigned char *text = support_make(SUPPORT_NOISE, 1000), *m;
	struct packer *d;
	size_t size;

	(void)state;
	assert_int_equal(packer_new(&d, &packing_members, 6), 0);
	for (size_t len = 1; len <= 1000; len += 333) { /* ever longer ones */
		m = compress_text(d, text, len, &size);
		assert_int_equal(packer_verify(d, text, len, m, size), 0);
		/* As many others would be, too: its trailer says so. */
		text[len - 1] ^= 1;
		assert_int_equal(
			packer_verify(d, text, len, m, size), -EBADMSG);
		text[len - 1] ^= 1;
		assert_int_equal(
			packer_verify(d, text, len, m, size - 1), -EBADMSG);
		/* What is known of the text, and the text itself, where it is
		 * long enough for each bit to mean something. */
		for (size_t i = size - GZIP_TRAILER; i < size; i++) {
			m[i] ^= 0x10;
			assert_int_equal(
				packer_verify(d, text, len, m, size), -EBADMSG);
			m[i] ^= 0x10;
		}
		m[size / 2] ^= len > 300 ? 0x10 : 0;
		assert_int_equal(packer_verify(d, text, len, m, size),
			len > 300 ? -EBADMSG : 0);
		free(m);
	}
	packer_free(d);
	free(text);
}

static void levels_that_do_not_exist_are_refused(void **state)
{
	const int levels[] = {-1, 0, deflate_max_level() + 1, 1000};
	struct packer *d = NULL;

	(void)state;
	for (size_t i = 0; i < COUNT(levels); i++)
		for (size_t n = 0; n < COUNT(packings); n++)
			assert_int_equal(packer_new(&d, packings[n], levels[i]),
				-EINVAL);
	assert_null(d);
	packer_free(NULL);
}

static void too_little_room_is_refused(void **state)
{
	unsigned char *text = support_make(SUPPORT_NOISE, 1000), *out;
	struct packed packed;

	(void)state;
	for (size_t i = 0; i < COUNT(packings); i++) {
		struct packer *d;
		size_t bound;

		assert_int_equal(packer_new(&d, packings[i], 6), 0);
		bound = packer_bound(d, 1000);
		for (size_t room = 0; room < bound; room += 1 + bound / 50) {
			out = support_allocate(room);
			assert_int_equal(
				packer_pack(d, text, 1000, out, room, &packed),
				-ENOBUFS);
			free(out);
		}
		out = support_allocate(bound + 100);
		assert_int_equal(
			packer_pack(d, text, 1000, out, bound + 100, &packed),
			0);
		free(out);
		packer_free(d);
	}
	free(text);
}

static void text_that_no_size_field_can_tell_has_no_bound(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(packings); i++) {
		struct packer *d;

		assert_int_equal(packer_new(&d, packings[i], 6), 0);
		assert_true(packer_bound(d, SIZE_MAX) == SIZE_MAX);
		assert_true(packer_bound(d, UINT32_MAX / 2 + 1) == SIZE_MAX);
		assert_true(packer_bound(d, UINT32_MAX) == SIZE_MAX);
		assert_true(packer_bound(d, (size_t)1 << 30) < UINT32_MAX);
		packer_free(d);
	}
}

/* What a file is that nothing was written to. */
static void an_empty_file_is_closed_with_a_member_without_text(void **state)
{
	static const struct packer_tally nothing;

	(void)state;
	for (size_t i = 0; i < COUNT(packings); i++) {
		unsigned char *m = support_allocate(PACKING_CLOSE_MOST);
		size_t size = packings[i]->close(&nothing, m), len;
		unsigned members;
		char *back;

		assert_between(size, 1, PACKING_CLOSE_MOST);
		back = support_gunzip(m, size, &len, &members);
		assert_int_equal(len, 0);
		assert_int_equal(members, 1);
		free(back);
		free(m);
	}
}

/* Its size leads to what is appended. */
static void an_empty_member_tells_its_size(void **state)
{
	unsigned char m[PACKING_CLOSE_MOST];
	size_t size = packing_members.close(&(struct packer_tally){0}, m);

	(void)state;
	assert_memory_equal(m + 12, "UP\4\0", 4);
	assert_int_equal(le32(m + 16), size);
}

static void behind_a_member_nothing_is_needed(void **state)
{
	(void)state;
	assert_int_equal(packing_members.close(
				 &(struct packer_tally){.any = true}, NULL),
		0);
}

static void a_tally_is_that_of_all_texts(void **state)
{
	unsigned char *text = support_make(SUPPORT_NOISE, LARGEST);
	struct packer_tally t = {0};
	size_t len = 0;

	(void)state;
	assert_false(t.any);
	for (size_t i = 0; i < COUNT(sizes) && sizes[i] < LARGEST / 2; i++) {
		packer_tally_add(&t,
			(uint32_t)crc32(0, text + len, (uInt)sizes[i]),
			sizes[i]);
		len += sizes[i];
		assert_true(t.any);
		assert_int_equal(t.len, len);
		assert_int_equal(t.crc, crc32(0, text, (uInt)len));
	}
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_member_is_laid_out_as_promised),
		cmocka_unit_test(every_level_is_read_back_by_zlib),
		cmocka_unit_test(no_text_needs_more_than_the_bound),
		cmocka_unit_test(members_can_be_found_without_decoding),
		cmocka_unit_test(the_same_text_gives_the_same_member),
		cmocka_unit_test(what_is_not_the_text_is_no_good),
		cmocka_unit_test(levels_that_do_not_exist_are_refused),
		cmocka_unit_test(too_little_room_is_refused),
		cmocka_unit_test(text_that_no_size_field_can_tell_has_no_bound),
		cmocka_unit_test(
			an_empty_file_is_closed_with_a_member_without_text),
		cmocka_unit_test(an_empty_member_tells_its_size),
		cmocka_unit_test(behind_a_member_nothing_is_needed),
		cmocka_unit_test(a_tally_is_that_of_all_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
