/*
 * Tests of gzip output that is one member: its parts give one text to who reads
 * one member and no more, each is complete as soon as it is there, and what is
 * not the text is seen.
 */
#include "config.h"

#include "codec/single.h"

#include "codec/deflate.h"
#include "codec/gzip-header.h"
#include "codec/inflater.h"
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

#define MOST 1000000

/* A file as it is written. */
struct file {
	struct packer *packer;
	struct packer_tally tally;
	unsigned char *bytes;
	size_t len;
};

static void begin_file(struct file *f, int level)
{
	*f = (struct file){.bytes = support_allocate(8 * MOST)};
	assert_int_equal(packer_new(&f->packer, &packing_single, level), 0);
}

static void add(struct file *f, const void *text, size_t len)
{
	size_t room = packer_bound(f->packer, len);
	size_t lead = f->tally.any ? packing_single.lead : 0;
	unsigned char *out = support_allocate(room);
	struct packed packed;

	assert_int_equal(
		packer_pack(f->packer, text, len, out, room, &packed), 0);
	assert_int_equal(packed.members, 0);
	assert_between(packed.size, packing_single.lead + 1, room);
	assert_int_equal(
		packer_verify(f->packer, text, len, out, packed.size), 0);
	memcpy(f->bytes + f->len, out + lead, packed.size - lead);
	f->len += packed.size - lead;
	packer_tally_add(&f->tally, packed.crc, len);
	free(out);
}

static void close_file(struct file *f)
{
	f->len += packing_single.close(&f->tally, f->bytes + f->len);
}

static void end_file(struct file *f)
{
	packer_free(f->packer);
	free(f->bytes);
}

/* A reader that takes one member, and is given what is there so far. */
struct reader {
	z_stream z;
	unsigned char *text;
};

static void begin_reader(struct reader *r)
{
	*r = (struct reader){.text = support_allocate(8 * MOST)};
	assert_int_equal(inflateInit2(&r->z, 15 + 16), Z_OK);
}

/* Returns zlib's status. */
static int give(struct reader *r, const struct file *f)
{
	r->z.next_in = f->bytes + r->z.total_in;
	r->z.avail_in = (uInt)(f->len - r->z.total_in);
	r->z.next_out = r->text + r->z.total_out;
	r->z.avail_out = (uInt)(8 * MOST - r->z.total_out);
	return inflate(&r->z, Z_SYNC_FLUSH);
}

static void end_reader(struct reader *r)
{
	assert_int_equal(inflateEnd(&r->z), Z_OK);
	free(r->text);
}

static void begins_like_any_gzip(void **state)
{
	static const unsigned char head[] = {
		0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff};
	struct file f;

	(void)state;
	begin_file(&f, 6);
	add(&f, "A\n", 2);
	assert_memory_equal(f.bytes, head, sizeof(head));
	assert_int_equal(packing_single.lead, sizeof(head));
	end_file(&f);
}

static void each_part_is_there_when_it_came_and_all_is_one_member(void **state)
{
	static const size_t sizes[] = {1, 2, 3, 10, 100, 1000, 1, 65535, 65536,
		7, 262144, 300000, 1, 1};

	(void)state;
	for (int level = 1; level <= deflate_max_level(); level++) {
		struct reader r;
		struct file f;
		size_t len = 0;

		begin_file(&f, level);
		begin_reader(&r);
		for (size_t i = 0; i < 3 * COUNT(sizes); i++) {
			size_t n = sizes[i % COUNT(sizes)];
			unsigned char *text = support_make(
				(enum support_kind)(i % SUPPORT_KINDS), n);

			add(&f, text, n);
			assert_int_equal(give(&r, &f), Z_OK);
			assert_int_equal(r.z.avail_in, 0);
			support_same(
				r.text + len, r.z.total_out - len, text, n);
			len += n;
			free(text);
		}
		close_file(&f);
		assert_int_equal(give(&r, &f), Z_STREAM_END);
		assert_int_equal(r.z.avail_in, 0);
		assert_int_equal(r.z.total_out, len);
		end_reader(&r);
		end_file(&f);
	}
}

static void texts_of_any_size_are_read_back(void **state)
{
	static const size_t sizes[] = {1, 2, 3, 4, 5, 31, 32, 33, 254, 255, 256,
		4095, 4096, 65535, 65536, MOST};

	(void)state;
	for (int level = 1; level <= 9; level++) {
		for (int kind = 0; kind < SUPPORT_KINDS; kind++) {
			unsigned char *text =
				support_make((enum support_kind)kind, MOST);

			for (size_t i = 0; i < COUNT(sizes); i++) {
				struct reader r;
				struct file f;

				begin_file(&f, level);
				begin_reader(&r);
				add(&f, text, sizes[i]);
				close_file(&f);
				assert_int_equal(give(&r, &f), Z_STREAM_END);
				support_same(
					r.text, r.z.total_out, text, sizes[i]);
				end_reader(&r);
				end_file(&f);
			}
			free(text);
		}
	}
}

static void without_the_end_it_is_no_whole_member(void **state)
{
	struct reader r;
	struct file f;

	(void)state;
	begin_file(&f, 6);
	begin_reader(&r);
	add(&f, "A\n", 2);
	assert_int_equal(give(&r, &f), Z_OK);
	/* The end is that of other text. */
	f.tally.crc ^= 1;
	close_file(&f);
	assert_int_equal(give(&r, &f), Z_DATA_ERROR);
	end_reader(&r);
	end_file(&f);
}

static void what_is_not_the_text_is_no_good(void **state)
{
	unsigned char *text = support_make(SUPPORT_TEXT, 1000), *m;
	struct packed packed;
	struct packer *p;
	size_t room;

	(void)state;
	assert_int_equal(packer_new(&p, &packing_single, 6), 0);
	room = packer_bound(p, 1000);
	m = support_allocate(room + 2);
	assert_int_equal(packer_pack(p, text, 1000, m, room, &packed), 0);
	assert_int_equal(packer_verify(p, text, 1000, m, packed.size), 0);
	for (size_t size = 0; size < packed.size; size++)
		assert_int_equal(
			packer_verify(p, text, 1000, m, size), -EBADMSG);
	assert_int_equal(packer_verify(p, text, 999, m, packed.size), -EBADMSG);
	text[999] ^= 1;
	assert_int_equal(
		packer_verify(p, text, 1000, m, packed.size), -EBADMSG);
	text[999] ^= 1;
	m[packing_single.lead + 20] ^= 4;
	assert_int_equal(
		packer_verify(p, text, 1000, m, packed.size), -EBADMSG);
	m[packing_single.lead + 20] ^= 4;
	/* Nothing may come behind an end. */
	memcpy(m + packed.size, deflate_end, DEFLATE_END);
	assert_int_equal(
		packer_verify(p, text, 1000, m, packed.size + DEFLATE_END),
		-EBADMSG);
	packer_free(p);
	free(m);
	free(text);
}

static void *refuse(void *nothing, unsigned n, unsigned size)
{
	(void)nothing;
	(void)n;
	(void)size;
	return NULL;
}

/* zlib makes its window when it comes to it: here, when there is no room for
 * all of the text. */
static void want_of_memory_is_not_told_as_damage(void **state)
{
	const struct format_pieces *pieces = packing_single.pieces;
	unsigned char *text = support_make(SUPPORT_TEXT, 1000), out[999];
	struct packer *p;
	struct packed packed = {0};
	size_t room, lead = packing_single.lead;
	unsigned char *m;
	void *d;
	z_stream *z;

	(void)state;
	assert_int_equal(packer_new(&p, &packing_single, 6), 0);
	room = packer_bound(p, 1000);
	m = support_allocate(room);
	assert_int_equal(packer_pack(p, text, 1000, m, room, &packed), 0);
	assert_int_equal(pieces->make(&d), 0);
	z = d;
	z->zalloc = refuse;
	assert_int_equal(pieces->decode(d, m + lead, packed.size - lead, out,
				 sizeof(out)),
		-ENOMEM);
	assert_int_equal(inflater_begin_raw(d), 0);
	z->next_in = m + lead;
	z->avail_in = (uInt)(packed.size - lead);
	z->next_out = out;
	z->avail_out = sizeof(out);
	assert_int_equal(inflater_finish(d), -ENOMEM);
	pieces->free(d);
	packer_free(p);
	free(m);
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_like_any_gzip),
		cmocka_unit_test(
			each_part_is_there_when_it_came_and_all_is_one_member),
		cmocka_unit_test(texts_of_any_size_are_read_back),
		cmocka_unit_test(without_the_end_it_is_no_whole_member),
		cmocka_unit_test(what_is_not_the_text_is_no_good),
		cmocka_unit_test(want_of_memory_is_not_told_as_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
