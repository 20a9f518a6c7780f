/*
 * Tests of BGZF: blocks of the sizes that htslib wants whatever is in them, the
 * mark at the end, and by which bytes such a file is known.
 */
#include "config.h"

#include "codec/bgzf.h"

#include "codec/deflate.h"
#include "codec/gzip-header.h"
#include "codec/members.h"
#include "support.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MOST 300000

/* The block without text, as the specification writes it. */
static const unsigned char mark[28] = {0x1f, 0x8b, 0x08, 0x04, 0, 0, 0, 0, 0,
	0xff, 0x06, 0, 0x42, 0x43, 0x02, 0, 0x1b, 0, 0x03, 0, 0, 0, 0, 0, 0, 0,
	0, 0};

static size_t le16(const unsigned char *p)
{
	return (size_t)p[0] | (size_t)p[1] << 8;
}

/* Walks over blocks as htslib does. Returns how many there are. */
static unsigned count_blocks(const unsigned char *p, size_t len, size_t text)
{
	unsigned n = 0;

	while (len > 0) {
		size_t size, in_it;

		assert_true(len >= 18);
		assert_memory_equal(p, mark, 16);
		size = le16(p + 16) + 1;
		assert_between(size, 28, 65536);
		assert_true(size <= len);
		in_it = le16(p + size - 4) | le16(p + size - 2) << 16;
		assert_between(in_it, 1, 65280);
		assert_true(in_it <= text);
		/* None is short but the last one. */
		assert_true(in_it == 65280 || in_it == text);
		text -= in_it;
		p += size;
		len -= size;
		n++;
	}
	assert_int_equal(text, 0);
	return n;
}

static void check(struct packer *p, const unsigned char *text, size_t len)
{
	size_t room = packer_bound(p, len), made;
	unsigned char *out = support_allocate(room);
	struct packed packed;
	unsigned members;
	char *back;

	assert_int_equal(packer_pack(p, text, len, out, room, &packed), 0);
	assert_true(packed.size <= room);
	assert_int_equal(packed.members, (len + 65279) / 65280);
	assert_int_equal(count_blocks(out, packed.size, len), packed.members);
	back = support_gunzip(out, packed.size, &made, &members);
	support_same(back, made, text, len);
	assert_int_equal(members, packed.members);
	assert_int_equal(packer_verify(p, text, len, out, packed.size), 0);
	free(back);
	free(out);
}

static void blocks_are_of_the_sizes_that_htslib_wants(void **state)
{
	static const size_t sizes[] = {1, 2, 100, 65279, 65280, 65281, 65535,
		65536, 130559, 130560, 130561, MOST};

	(void)state;
	for (int level = 1; level <= deflate_max_level(); level++) {
		struct packer *p;

		assert_int_equal(packer_new(&p, &packing_bgzf, level), 0);
		for (int kind = 0; kind < SUPPORT_KINDS; kind++) {
			unsigned char *text =
				support_make((enum support_kind)kind, MOST);

			for (size_t i = 0; i < COUNT(sizes); i++)
				check(p, text, sizes[i]);
			free(text);
		}
		packer_free(p);
	}
}

static void a_file_ends_with_the_mark_whatever_is_in_it(void **state)
{
	unsigned char out[PACKING_CLOSE_MOST];

	(void)state;
	for (int any = 0; any < 2; any++) {
		memset(out, 'x', sizeof(out));
		assert_int_equal(
			packing_bgzf.close(
				&(struct packer_tally){.any = any}, out),
			sizeof(mark));
		assert_memory_equal(out, mark, sizeof(mark));
	}
	assert_true(packing_bgzf.marked);
	assert_false(packing_members.marked);
}

static void what_is_not_the_text_is_no_good(void **state)
{
	unsigned char *text = support_make(SUPPORT_TEXT, MOST), *m;
	struct packed packed;
	struct packer *p;
	size_t room;

	(void)state;
	assert_int_equal(packer_new(&p, &packing_bgzf, 6), 0);
	room = packer_bound(p, MOST) + sizeof(mark);
	m = support_allocate(room);
	assert_int_equal(packer_pack(p, text, MOST, m, room, &packed), 0);
	assert_int_equal(packer_verify(p, text, MOST, m, packed.size), 0);
	for (size_t size = 0; size < packed.size; size += 1 + size / 9)
		assert_int_equal(
			packer_verify(p, text, MOST, m, size), -EBADMSG);
	/* A text that is longer, or shorter. */
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(packer_verify(p, text, MOST - 1 - i * 65280, m,
					 packed.size),
			-EBADMSG);
	text[MOST - 1] ^= 1;
	assert_int_equal(
		packer_verify(p, text, MOST, m, packed.size), -EBADMSG);
	text[MOST - 1] ^= 1;
	m[packed.size - 6] ^= 1;
	assert_int_equal(
		packer_verify(p, text, MOST, m, packed.size), -EBADMSG);
	m[packed.size - 6] ^= 1;
	/* Nor is a mark behind it. */
	memcpy(m + packed.size, mark, sizeof(mark));
	assert_int_equal(
		packer_verify(p, text, MOST, m, packed.size + sizeof(mark)),
		-EBADMSG);
	packer_free(p);
	free(m);
	free(text);
}

static void it_is_known_by_the_first_subfield(void **state)
{
	unsigned char head[sizeof(mark)];

	(void)state;
	for (size_t len = 1; len <= sizeof(mark); len++)
		assert_int_equal(bgzf_magic(mark, len),
			len < FORMAT_MAGIC_MOST ? MATCH_PART : MATCH_YES);
	/* What else may stand there. */
	memcpy(head, mark, sizeof(mark));
	memset(head + 4, 0x55, 8);
	head[3] |= GZIP_FLAG_NAME;
	assert_int_equal(bgzf_magic(head, sizeof(head)), MATCH_YES);
	head[3] = GZIP_FLAG_NAME;
	assert_int_equal(bgzf_magic(head, sizeof(head)), MATCH_NO);
	assert_int_equal(bgzf_magic(head, 3), MATCH_PART);
	for (size_t i = 0; i < 16; i++) {
		if (i >= 3 && i < 12)
			continue;
		memcpy(head, mark, sizeof(mark));
		head[i] ^= 1;
		assert_int_equal(bgzf_magic(head, sizeof(head)), MATCH_NO);
		assert_int_equal(bgzf_magic(head, i + 1), MATCH_NO);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_of_the_sizes_that_htslib_wants),
		cmocka_unit_test(a_file_ends_with_the_mark_whatever_is_in_it),
		cmocka_unit_test(what_is_not_the_text_is_no_good),
		cmocka_unit_test(it_is_known_by_the_first_subfield),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
