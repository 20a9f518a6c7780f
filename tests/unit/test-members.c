/*
 * Tests of members that say how long they are: what is told is found wherever
 * it stands, nothing is read behind what is there, and a member that is not as
 * it says is not good.
 */
#include "config.h"

#include "codec/members.h"

#include "codec/deflate.h"
#include "support.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD 64 /* bytes of a member that are enough for its size */

#define HEADER_CRC 2 /* the flag of a CRC */
#define EXTRA	   4 /* the flag of the extra field */
#define UP(size)   "UP\4\0" size
#define BC(size)   "BC\2\0" size

/* A copy at the end of its memory, so that reading behind it is seen, also
 * behind nothing. */
struct copy {
	unsigned char *memory, *bytes;
};

#define BEFORE 16 /* bytes that belong to the copy's memory, not to it */

static struct copy copy_of(const void *bytes, size_t len)
{
	struct copy c = {.memory = support_allocate(BEFORE + len)};

	c.bytes = c.memory + BEFORE;
	memcpy(c.bytes, bytes, len);
	return c;
}

static size_t size_in(const void *bytes, size_t len)
{
	struct copy c = copy_of(bytes, len);
	size_t size = member_pieces.size(c.bytes, len);

	free(c.memory);
	return size;
}

/* A header with an extra field. */
struct header {
	unsigned char bytes[512];
	size_t len;
};

static void begin_header(struct header *h)
{
	static const unsigned char fixed[] = {
		0x1f, 0x8b, 8, EXTRA, 1, 2, 3, 4, 0, 3, 0, 0};

	memcpy(h->bytes, fixed, sizeof(fixed));
	h->len = sizeof(fixed);
}

static void tell_extra(struct header *h, size_t len)
{
	h->bytes[10] = (unsigned char)len;
	h->bytes[11] = (unsigned char)(len >> 8);
}

static void add_extra(struct header *h, const void *bytes, size_t len)
{
	assert_true(h->len + len <= sizeof(h->bytes));
	memcpy(h->bytes + h->len, bytes, len);
	h->len += len;
	tell_extra(h, h->len - 12);
}

/* The size that a header with this extra field tells. */
static size_t told_by(const void *extra, size_t len)
{
	struct header h;

	begin_header(&h);
	add_extra(&h, extra, len);
	return size_in(h.bytes, h.len);
}

static void both_subfields_tell_the_size(void **state)
{
	(void)state;
	assert_int_equal(told_by(BYTES(UP("\x64\0\0\0"))), 100);
	assert_int_equal(told_by(BYTES(UP("\x01\x02\x03\x04"))), 0x04030201);
	assert_int_equal(told_by(BYTES(UP("\xff\xff\xff\xff"))), 0xffffffff);
	assert_int_equal(told_by(BYTES(BC("\x63\0"))), 100);
	assert_int_equal(told_by(BYTES(BC("\x01\x02"))), 0x0202);
	assert_int_equal(told_by(BYTES(BC("\xff\xff"))), 65536);
}

static void the_size_is_found_whatever_other_flags_there_are(void **state)
{
	struct header h;

	(void)state;
	begin_header(&h);
	add_extra(&h, BYTES(UP("\x64\0\0\0")));
	for (unsigned flags = 0; flags < 32; flags++) {
		/* One with a CRC of its own may be left to the stream. */
		if (flags & HEADER_CRC)
			continue;
		h.bytes[3] = (unsigned char)flags;
		assert_int_equal(
			size_in(h.bytes, h.len), flags & EXTRA ? 100 : 0);
	}
}

static const struct {
	const char *bytes;
	size_t len;
} foreign[] = {
	{BYTES("")},
	{BYTES("ab\0\0")},
	{BYTES("ab\1\0x")},
	{BYTES("UQ\4\0\1\2\3\4")},
	{BYTES("TP\4\0\1\2\3\4")},
	{BYTES("BD\2\0\1\2")},
	{BYTES("CB\2\0\1\2")},
	/* The right letters, but not the right length. */
	{BYTES("UP\0\0")},
	{BYTES("UP\2\0\1\2")},
	{BYTES("UP\x08\0\1\2\3\4\5\6\7\x08")},
	{BYTES("UP\5\0\1\2\3\4\5")},
	{BYTES("BC\0\0")},
	{BYTES("BC\1\0\1")},
	{BYTES("BC\4\0\1\2\3\4")},
	/* What looks like one, within another. */
	{BYTES("ab\x08\0UP\4\0\1\2\3\4")},
	{BYTES("ab\6\0BC\2\0\1\2")},
};

static void subfields_of_others_are_passed_over(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(foreign); i++) {
		for (size_t j = 0; j < COUNT(foreign); j++) {
			struct header h;

			begin_header(&h);
			add_extra(&h, foreign[i].bytes, foreign[i].len);
			add_extra(&h, foreign[j].bytes, foreign[j].len);
			assert_int_equal(size_in(h.bytes, h.len), 0);
			add_extra(&h, BYTES(UP("\x64\0\0\0")));
			assert_int_equal(size_in(h.bytes, h.len), 100);
			begin_header(&h);
			add_extra(&h, foreign[i].bytes, foreign[i].len);
			add_extra(&h, BYTES(BC("\x63\0")));
			add_extra(&h, foreign[j].bytes, foreign[j].len);
			assert_int_equal(size_in(h.bytes, h.len), 100);
		}
	}
}

static void the_first_of_several_sizes_counts(void **state)
{
	(void)state;
	assert_int_equal(
		told_by(BYTES(UP("\x64\0\0\0") UP("\x65\0\0\0"))), 100);
	assert_int_equal(told_by(BYTES(BC("\x63\0") UP("\x65\0\0\0"))), 100);
	assert_int_equal(told_by(BYTES(UP("\x64\0\0\0") BC("\x65\0"))), 100);
}

static void a_header_need_not_tell_a_size(void **state)
{
	size_t size;
	unsigned char *gz = support_gzip(BYTES("text"), &size);

	(void)state;
	assert_int_equal(size_in(gz, size), 0);
	free(gz);
	assert_int_equal(told_by("", 0), 0);
	assert_int_equal(told_by("a", 1), 0);
	assert_int_equal(told_by("abc", 3), 0);
	/* Behind the extra field there is something else. */
	assert_int_equal(size_in(BYTES("\x1f\x8b\x08\4\0\0\0\0\0\3\0\0" UP(
				 "\x64\0\0\0"))),
		0);
}

static void sizes_that_no_member_can_have_are_none(void **state)
{
	(void)state;
	for (size_t size = 0; size < 2 * MEMBER_LEAST; size++) {
		size_t want = size < MEMBER_LEAST ? 0 : size;
		char up[] = UP("\0\0\0\0"), bc[] = BC("\0\0");

		up[4] = (char)size;
		assert_int_equal(told_by(BYTES(up)), want);
		if (size == 0)
			continue;
		bc[4] = (char)(size - 1);
		assert_int_equal(told_by(BYTES(bc)), want);
	}
}

static void subfields_that_are_longer_than_the_field_are_none(void **state)
{
	static const char up[] = UP("\x64\0\0\0"), bc[] = BC("\x63\0");
	char tells_more[] = "ab\0\0UP\4\0\x64\0\0\0";

	(void)state;
	for (size_t len = 0; len < sizeof(up) - 1; len++)
		assert_int_equal(told_by(up, len), 0);
	for (size_t len = 0; len < sizeof(bc) - 1; len++)
		assert_int_equal(told_by(bc, len), 0);
	for (unsigned n = 1; n < 256; n++) {
		tells_more[2] = (char)n;
		assert_int_equal(told_by(BYTES(tells_more)), 0);
	}
	tells_more[2] = 0;
	assert_int_equal(told_by(BYTES(tells_more)), 100);
	tells_more[3] = '\xff'; /* 0xff00 */
	assert_int_equal(told_by(BYTES(tells_more)), 0);
	assert_int_equal(told_by(BYTES("ab\xff\xffUP\4\0\x64\0\0\0")), 0);
}

static void a_field_that_is_longer_than_what_is_there_is_none(void **state)
{
	struct header h;

	(void)state;
	begin_header(&h);
	add_extra(&h, BYTES(UP("\x64\0\0\0")));
	for (size_t more = 1; more < 65536 - 8; more += 97) {
		tell_extra(&h, 8 + more);
		assert_int_equal(size_in(h.bytes, h.len), 0);
	}
	for (size_t less = 1; less <= 8; less++) {
		tell_extra(&h, 8 - less);
		assert_int_equal(size_in(h.bytes, h.len), 0);
	}
}

static void what_is_not_gzip_has_no_size(void **state)
{
	struct header h;

	(void)state;
	begin_header(&h);
	add_extra(&h, BYTES(UP("\x64\0\0\0")));
	for (size_t at = 0; at < 3; at++) {
		for (unsigned other = 1; other < 256; other++) {
			h.bytes[at] ^= (unsigned char)other;
			assert_int_equal(size_in(h.bytes, h.len), 0);
			h.bytes[at] ^= (unsigned char)other;
		}
	}
	assert_int_equal(size_in(h.bytes, h.len), 100);
}

static void a_header_cut_at_any_byte_has_no_size(void **state)
{
	unsigned char bytes[HEAD + 16];
	struct header h, longest;

	(void)state;
	begin_header(&h);
	add_extra(&h, BYTES(UP("\x64\0\0\0")));
	begin_header(&longest);
	add_extra(&longest, BYTES("ab\x28\0"));
	memset(longest.bytes + longest.len, 'x', 40);
	longest.len += 40;
	add_extra(&longest, BYTES(UP("\x64\0\0\0")));
	assert_int_equal(longest.len, HEAD);
	memset(bytes, 'x', sizeof(bytes));
	for (size_t cut = 0; cut <= sizeof(bytes); cut++) {
		memcpy(bytes, h.bytes, h.len);
		assert_int_equal(size_in(bytes, cut), cut < h.len ? 0 : 100);
		memcpy(bytes, longest.bytes, longest.len);
		assert_int_equal(size_in(bytes, cut), cut < HEAD ? 0 : 100);
	}
}

static void any_bytes_can_be_asked_for_a_size(void **state)
{
	uint32_t seed = 20261122;

	(void)state;
	for (size_t i = 0; i < 100000; i++) {
		size_t size;
		struct header h;

		begin_header(&h);
		add_extra(&h, BYTES(UP("\x64\0\0\0") "ab\2\0xy" BC("\x63\0")));
		for (size_t n = support_random(&seed) % 5; n > 0; n--)
			h.bytes[support_random(&seed) % h.len] =
				(unsigned char)(support_random(&seed) >> 8);
		size = size_in(h.bytes, support_random(&seed) % (h.len + 1));
		assert_true(size == 0 || size >= MEMBER_LEAST);
	}
}

/* What bytes are as a head; *size is 0 where that tells none. */
static enum member_head head_of(const void *bytes, size_t len, size_t *size)
{
	struct copy c = copy_of(bytes, len);
	enum member_head head;

	*size = 0;
	head = members_head(c.bytes, len, size);
	free(c.memory);
	return head;
}

static void a_head_of_ours_is_a_part_at_any_cut(void **state)
{
	struct header h;
	size_t size;

	(void)state;
	begin_header(&h);
	add_extra(&h, BYTES(UP("\x64\0\0\0")));
	for (size_t cut = 0; cut < h.len; cut++) {
		assert_int_equal(
			head_of(h.bytes, cut, &size), MEMBER_HEAD_PART);
		assert_int_equal(size, cut < 10 ? 10 : cut < 12 ? 12 : 20);
	}
	assert_int_equal(head_of(h.bytes, h.len, &size), MEMBER_HEAD_SIZED);
	assert_int_equal(size, 100);
	/* What comes behind the field does not matter for that. */
	h.bytes[3] |= 8 | 16;
	assert_int_equal(head_of(h.bytes, h.len, &size), MEMBER_HEAD_SIZED);
}

static void a_head_that_tells_no_size_is_foreign_when_it_is_whole(void **state)
{
	static const unsigned char flags[] = {
		0, 2, 4, 8, 16, 2 | 8, 8 | 16, 2 | 4 | 8 | 16, 1};
	size_t size;

	(void)state;
	for (size_t i = 0; i < COUNT(flags); i++) {
		struct header h;

		begin_header(&h);
		h.bytes[3] = flags[i];
		if (flags[i] & 4)
			add_extra(&h, BYTES("XY\2\0ab"));
		else
			h.len = 10;
		for (int flag = 8; flag <= 16; flag *= 2) {
			if (flags[i] & flag) {
				memcpy(h.bytes + h.len, "name", 5);
				h.len += 5;
			}
		}
		if (flags[i] & 2)
			h.len += 2;
		for (size_t cut = 0; cut < h.len; cut++) {
			assert_int_equal(
				head_of(h.bytes, cut, &size), MEMBER_HEAD_PART);
			assert_between(size, cut + 1, h.len);
		}
		assert_int_equal(
			head_of(h.bytes, h.len, &size), MEMBER_HEAD_PART);
		assert_int_equal(size, h.len + 1);
		memcpy(h.bytes + h.len, "\0\0\0\0\1", 5);
		for (size_t zeros = 1; zeros < 5; zeros++) {
			assert_int_equal(head_of(h.bytes, h.len + zeros, &size),
				MEMBER_HEAD_PART);
			assert_int_equal(size, h.len + zeros + 1);
			assert_int_equal(head_of(h.bytes, h.len + 5, &size),
				MEMBER_HEAD_FOREIGN);
		}
		h.bytes[h.len] = 1;
		assert_int_equal(head_of(h.bytes, h.len + 1, &size),
			MEMBER_HEAD_FOREIGN);
	}
}

static void no_member_goes_on_with_zero_bytes(void **state)
{
	struct header h;
	size_t size;

	(void)state;
	/* After a power cut, from any byte of a head on. */
	begin_header(&h);
	add_extra(&h, BYTES(UP("\x64\0\0\0")));
	memset(h.bytes + h.len, 0, 20);
	for (size_t at = h.len - 4; at > 0; at--) {
		h.bytes[at] = 0;
		for (size_t len = at + 1; len < h.len + 5; len++)
			assert_in_range(head_of(h.bytes, len, &size),
				MEMBER_HEAD_NONE, MEMBER_HEAD_PART);
		assert_int_equal(
			head_of(h.bytes, h.len + 5, &size), MEMBER_HEAD_NONE);
	}
}

static void what_begins_no_member_is_no_head(void **state)
{
	struct header h;
	size_t size;

	(void)state;
	begin_header(&h);
	add_extra(&h, BYTES(UP("\x64\0\0\0")));
	for (size_t at = 0; at < 4; at++) {
		unsigned char was = h.bytes[at];

		h.bytes[at] |= 0x20;
		h.bytes[at] ^= at < 3 ? 0x40 : 0;
		for (size_t cut = at + 1; cut <= h.len; cut++)
			assert_int_equal(
				head_of(h.bytes, cut, &size), MEMBER_HEAD_NONE);
		assert_int_equal(head_of(h.bytes, at, &size), MEMBER_HEAD_PART);
		h.bytes[at] = was;
	}
	/* Sizes that cannot be are none. */
	begin_header(&h);
	add_extra(&h, BYTES(UP("\x11\0\0\0")));
	h.bytes[h.len] = 1;
	assert_int_equal(
		head_of(h.bytes, h.len + 1, &size), MEMBER_HEAD_FOREIGN);
	/* Nor is one that not every decoder would find. */
	begin_header(&h);
	add_extra(&h, BYTES(UP("\x64\0\0\0") "ab"));
	h.len -= 2;
	tell_extra(&h, 8);
	h.bytes[3] |= HEADER_CRC;
	assert_int_equal(head_of(h.bytes, h.len, &size), MEMBER_HEAD_PART);
	h.bytes[h.len + 2] = 1;
	assert_int_equal(
		head_of(h.bytes, h.len + 3, &size), MEMBER_HEAD_FOREIGN);
}

static void the_size_of_the_text_is_in_the_last_bytes(void **state)
{
	unsigned char least[MEMBER_LEAST] = {0};
	struct copy c;

	(void)state;
	memcpy(least + MEMBER_LEAST - 4, "\x01\x02\x03\xfe", 4);
	c = copy_of(least, sizeof(least));
	assert_int_equal(
		member_pieces.text_size(c.bytes, sizeof(least)), 0xfe030201);
	free(c.memory);
}

/* Decoding. */

/* A member, with some room behind it. */
#define BEHIND 8

static unsigned char *member_of(
	int level, const void *text, size_t len, size_t *size)
{
	struct packed packed = {0};
	struct packer *d;
	unsigned char *m;
	size_t bound;

	assert_int_equal(packer_new(&d, &packing_members, level), 0);
	bound = packer_bound(d, len);
	m = support_allocate(bound + BEHIND);
	assert_int_equal(packer_pack(d, text, len, m, bound, &packed), 0);
	*size = packed.size;
	memset(m + *size, 0, BEHIND);
	packer_free(d);
	return m;
}

static void *new_decoder(void)
{
	void *d = NULL;

	assert_int_equal(member_pieces.make(&d), 0);
	assert_non_null(d);
	return d;
}

/* Decodes from and to memory of exactly these sizes. If that is good, it gives
 * text[0..room). */
static int decode(
	void *d, const void *member, size_t size, const void *text, size_t room)
{
	struct copy in = copy_of(member, size);
	struct copy out = {.memory = support_allocate(BEFORE + room)};
	int err;

	out.bytes = out.memory + BEFORE;
	err = member_pieces.decode(d, in.bytes, size, out.bytes, room);
	if (!err)
		support_same(out.bytes, room, text, room);
	free(out.memory);
	free(in.memory);
	return err;
}

static void text_of_any_length_is_decoded(void **state)
{
	static const size_t lengths[] = {1, 2, 3, 10, 100, 1000, 4095, 4096,
		32767, 32768, 32769, 65535, 65536, 65537, 300000, 1 << 20};
	void *d = new_decoder();

	(void)state;
	for (int kind = 0; kind < SUPPORT_KINDS; kind++) {
		unsigned char *text =
			support_make((enum support_kind)kind, 1 << 20);

		for (size_t i = 0; i < COUNT(lengths); i++) {
			size_t len = lengths[i], size;
			unsigned char *m = member_of(1, text, len, &size);

			assert_int_equal(size_in(m, size), size);
			assert_int_equal(
				size_in(m, size < HEAD ? size : HEAD), size);
			assert_int_equal(member_pieces.text_size(m, size), len);
			assert_int_equal(decode(d, m, size, text, len), 0);
			free(m);
		}
		free(text);
	}
	member_pieces.free(d);
}

static void every_level_is_decoded(void **state)
{
	void *d = new_decoder();
	unsigned char *text = support_make(SUPPORT_TEXT, 70000);

	(void)state;
	for (int level = 1; level <= deflate_max_level(); level++) {
		size_t size;
		unsigned char *m = member_of(level, text, 70000, &size);

		assert_int_equal(decode(d, m, size, text, 70000), 0);
		free(m);
	}
	free(text);
	member_pieces.free(d);
}

static void members_of_other_programs_are_decoded(void **state)
{
	static const char text[] = "The quick brown fox jumps.\n";
	/* All fields that are not checked, and a size as bgzip writes it. */
	static const char head[] = "\x1f\x8b\x08\x1c\1\2\3\4\0\3\6\0" BC(
		"\0\0") "a name\0a comment";
	size_t size, head_size = sizeof(head);
	unsigned char *gz = support_gzip(BYTES(text), &size), m[200];
	void *d = new_decoder();

	(void)state;
	assert_int_equal(decode(d, gz, size, BYTES(text)), 0);
	memcpy(m, head, head_size);
	memcpy(m + head_size, gz + 10, size - 10);
	size += head_size - 10;
	m[16] = (unsigned char)(size - 1);
	assert_int_equal(size_in(m, size), size);
	assert_int_equal(decode(d, m, size, BYTES(text)), 0);
	member_pieces.free(d);
	free(gz);
}

/* Damages each byte in turn, in several ways. */
static void damage_each_byte(enum support_kind kind, size_t len)
{
	static const unsigned char flips[] = {1, 2, 0x10, 0x80, 0xff};
	void *d = new_decoder();
	unsigned char *text = support_make(kind, len);
	size_t size, bad = 0;
	unsigned char *m = member_of(1, text, len, &size);

	for (size_t at = 0; at < size; at++) {
		for (size_t i = 0; i < COUNT(flips); i++) {
			int err;

			m[at] ^= flips[i];
			err = decode(d, m, size, text, len);
			assert_true(err == 0 || err == -EBADMSG);
			/* What CRC and length are for. */
			if (at >= size - 8)
				assert_int_equal(err, -EBADMSG);
			bad += err != 0;
			m[at] ^= flips[i];
		}
		/* It goes on as if nothing had been. */
		assert_int_equal(decode(d, m, size, text, len), 0);
	}
	assert_true(bad > (size - 20) * COUNT(flips) * 9 / 10);
	free(m);
	free(text);
	member_pieces.free(d);
}

static void a_damaged_byte_never_gives_another_text(void **state)
{
	(void)state;
	damage_each_byte(SUPPORT_NOISE, 300);
	damage_each_byte(SUPPORT_TEXT, 1000);
	damage_each_byte(SUPPORT_SAME, 2000);
	damage_each_byte(SUPPORT_TEXT, 1);
}

static void a_member_cut_at_any_byte_is_not_good(void **state)
{
	void *d = new_decoder();

	(void)state;
	for (int kind = 0; kind < SUPPORT_KINDS; kind++) {
		unsigned char *text =
			support_make((enum support_kind)kind, 500);
		size_t size;
		unsigned char *m = member_of(6, text, 500, &size);

		for (size_t cut = MEMBER_LEAST; cut < size; cut++)
			assert_int_equal(
				decode(d, m, cut, text, 500), -EBADMSG);
		assert_int_equal(decode(d, m, size, text, 500), 0);
		free(m);
		free(text);
	}
	member_pieces.free(d);
}

static void the_room_must_be_that_of_the_text(void **state)
{
	static const size_t lengths[] = {2, 3, 300, 4096, 65536, 300000};
	void *d = new_decoder();

	(void)state;
	for (int kind = 0; kind < SUPPORT_KINDS; kind++) {
		unsigned char *text =
			support_make((enum support_kind)kind, 300001);

		for (size_t i = 0; i < COUNT(lengths); i++) {
			size_t len = lengths[i], size;
			unsigned char *m = member_of(1, text, len, &size);

			assert_int_equal(
				decode(d, m, size, text, len - 1), -EBADMSG);
			assert_int_equal(
				decode(d, m, size, text, len + 1), -EBADMSG);
			assert_int_equal(decode(d, m, size, text, 1), -EBADMSG);
			assert_int_equal(decode(d, m, size, text, len), 0);
			free(m);
		}
		free(text);
	}
	member_pieces.free(d);
}

static void a_member_without_text_has_no_room_to_fill(void **state)
{
	void *d = new_decoder();
	size_t size;
	unsigned char *m = member_of(6, "", 0, &size);

	(void)state;
	assert_int_equal(member_pieces.text_size(m, size), 0);
	assert_int_equal(decode(d, m, size, "x", 1), -EBADMSG);
	free(m);
	member_pieces.free(d);
}

static void the_length_must_be_that_of_the_member(void **state)
{
	static const size_t lengths[] = {1, 300, 4096, 65536};
	void *d = new_decoder();

	(void)state;
	for (int kind = 0; kind < SUPPORT_KINDS; kind++) {
		unsigned char *text =
			support_make((enum support_kind)kind, 65536);

		for (size_t i = 0; i < COUNT(lengths); i++) {
			size_t len = lengths[i], size;
			unsigned char *m = member_of(1, text, len, &size);

			assert_int_equal(
				decode(d, m, size - 1, text, len), -EBADMSG);
			assert_int_equal(
				decode(d, m, size + 1, text, len), -EBADMSG);
			assert_int_equal(decode(d, m, size + BEHIND, text, len),
				-EBADMSG);
			m[size] = 0x1f;
			assert_int_equal(
				decode(d, m, size + 1, text, len), -EBADMSG);
			assert_int_equal(decode(d, m, size, text, len), 0);
			free(m);
		}
		free(text);
	}
	member_pieces.free(d);
}

static void two_members_are_not_one(void **state)
{
	void *d = new_decoder();
	unsigned char *text = support_make(SUPPORT_TEXT, 2000), *two;
	size_t first, second;
	unsigned char *a = member_of(6, text, 1000, &first);
	unsigned char *b = member_of(6, text + 1000, 1000, &second);

	(void)state;
	two = support_allocate(first + second);
	memcpy(two, a, first);
	memcpy(two + first, b, second);
	assert_int_equal(decode(d, two, first, text, 1000), 0);
	assert_int_equal(decode(d, two + first, second, text + 1000, 1000), 0);
	assert_int_equal(decode(d, two, first + second, text, 1000), -EBADMSG);
	assert_int_equal(decode(d, two, first + second, text, 2000), -EBADMSG);
	free(two);
	free(b);
	free(a);
	free(text);
	member_pieces.free(d);
}

static void the_last_head_is_one_whose_size_reaches_the_end(void **state)
{
	size_t first, second, both;
	unsigned char *a = member_of(6, "first", 5, &first);
	unsigned char *b = member_of(6, "second", 6, &second);
	struct copy c;

	(void)state;
	both = first + second;
	a = realloc(a, both);
	assert_non_null(a);
	memcpy(a + first, b, second);
	c = copy_of(a, both);
	assert_int_equal(members_last_head(c.bytes, both, both), first);
	assert_int_equal(members_last_head(c.bytes, both, first + 1), first);
	/* Before that, none reaches the end. */
	assert_int_equal(members_last_head(c.bytes, both, first), SIZE_MAX);
	assert_int_equal(members_last_head(c.bytes, both, 0), SIZE_MAX);
	assert_int_equal(members_last_head(c.bytes, first, both), 0);
	assert_int_equal(members_last_head(c.bytes, first, 1), 0);
	for (size_t len = 0; len < both; len++)
		if (len != first)
			assert_int_equal(
				members_last_head(c.bytes, len, len), SIZE_MAX);
	free(c.memory);
	free(b);
	free(a);
}

static void a_decoder_may_be_unused_or_not_there(void **state)
{
	(void)state;
	member_pieces.free(NULL);
	member_pieces.free(new_decoder());
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_subfields_tell_the_size),
		cmocka_unit_test(
			the_size_is_found_whatever_other_flags_there_are),
		cmocka_unit_test(subfields_of_others_are_passed_over),
		cmocka_unit_test(the_first_of_several_sizes_counts),
		cmocka_unit_test(a_header_need_not_tell_a_size),
		cmocka_unit_test(sizes_that_no_member_can_have_are_none),
		cmocka_unit_test(
			subfields_that_are_longer_than_the_field_are_none),
		cmocka_unit_test(
			a_field_that_is_longer_than_what_is_there_is_none),
		cmocka_unit_test(what_is_not_gzip_has_no_size),
		cmocka_unit_test(a_header_cut_at_any_byte_has_no_size),
		cmocka_unit_test(any_bytes_can_be_asked_for_a_size),
		cmocka_unit_test(a_head_of_ours_is_a_part_at_any_cut),
		cmocka_unit_test(
			a_head_that_tells_no_size_is_foreign_when_it_is_whole),
		cmocka_unit_test(no_member_goes_on_with_zero_bytes),
		cmocka_unit_test(what_begins_no_member_is_no_head),
		cmocka_unit_test(the_size_of_the_text_is_in_the_last_bytes),
		cmocka_unit_test(text_of_any_length_is_decoded),
		cmocka_unit_test(every_level_is_decoded),
		cmocka_unit_test(members_of_other_programs_are_decoded),
		cmocka_unit_test(a_damaged_byte_never_gives_another_text),
		cmocka_unit_test(a_member_cut_at_any_byte_is_not_good),
		cmocka_unit_test(the_room_must_be_that_of_the_text),
		cmocka_unit_test(a_member_without_text_has_no_room_to_fill),
		cmocka_unit_test(the_length_must_be_that_of_the_member),
		cmocka_unit_test(two_members_are_not_one),
		cmocka_unit_test(
			the_last_head_is_one_whose_size_reaches_the_end),
		cmocka_unit_test(a_decoder_may_be_unused_or_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
