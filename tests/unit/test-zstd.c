/*
 * Tests of zstd: what libzstd writes comes back however it is cut, what is good
 * comes before damage, and what a frame needs and does not get is told.
 */
#include "config.h"

#include "codec/format.h"

#include "packed.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef HAVE_ZSTD

#include <zstd.h>

#define TEXT                                         \
	"line one\nline two\nline one, stra\xc3\x9f" \
	"e\nline two\n"

/* Appends a frame that holds text. */
static void add_frame(struct packed_file *p, const void *text, size_t len,
	int level, bool checksum, bool size)
{
	ZSTD_CCtx *c = ZSTD_createCCtx();
	size_t room = ZSTD_compressBound(len), n;

	assert_non_null(c);
	(void)ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, level);
	(void)ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, checksum);
	(void)ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, size);
	n = ZSTD_compress2(c, packed_room(p, room), room, text, len);
	assert_false(ZSTD_isError(n));
	p->len += n;
	(void)ZSTD_freeCCtx(c);
}

static void add_plain_frame(struct packed_file *p)
{
	add_frame(p, BYTES(TEXT), 3, true, true);
}

static void frames_of_each_kind_come_back(void **state)
{
	/* One more than a block, and some. */
	static const size_t sizes[] = {0, 1, 100, 131073, 140000};

	(void)state;
	for (unsigned i = 0; i < SUPPORT_KINDS * COUNT(sizes); i++) {
		size_t len = sizes[i / SUPPORT_KINDS];
		unsigned char *text = support_make(
			(enum support_kind)(i % SUPPORT_KINDS), len);
		struct packed_file p = {.len = 0};

		add_frame(&p, text, len, i % 2 ? 1 : 12, i % 4 < 2, i % 3);
		packed_is(&format_zstd, &p, text, len, 1);
		packed_release(&p);
		free(text);
	}
}

static void frames_are_one_text(void **state)
{
	struct packed_file p = {.len = 0};

	(void)state;
	add_plain_frame(&p);
	add_frame(&p, "", 0, 1, true, true);
	add_frame(&p, BYTES("three"), 1, false, false);
	packed_is(&format_zstd, &p, BYTES(TEXT "three"), 3);
	packed_release(&p);
}

static void frames_to_be_skipped_are_skipped(void **state)
{
	static const char skip[] = "\x50*M\x18\x05\0\0\0skip!";
	static const char empty[] = "\x5f*M\x18\0\0\0\0";
	struct packed_file p = {.len = 0};

	(void)state;
	packed_add(&p, BYTES(empty));
	packed_is(&format_zstd, &p, "", 0, 1);
	packed_add(&p, BYTES(skip));
	packed_is(&format_zstd, &p, "", 0, 2);
	add_plain_frame(&p);
	packed_add(&p, BYTES(empty));
	packed_add(&p, BYTES(skip));
	add_frame(&p, BYTES("."), 1, false, true);
	packed_add(&p, BYTES(skip));
	packed_is(&format_zstd, &p, BYTES(TEXT "."), 7);
	p.len--;
	packed_is_damaged(
		&format_zstd, &p, BYTES(TEXT "."), DAMAGE_CUT, p.len, NULL);
	packed_release(&p);
}

static void what_is_no_frame_is_garbage_behind_one(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} garbage[] = {
		{BYTES("x")},
		{BYTES("\0")},
		{BYTES("\0\0\0\0")},
		{BYTES("(\xb5\x2f\xfc")},
		{BYTES("P*M\x17")},
		{BYTES("\x1f\x8b\x08")},
	};
	struct packed_file p = {.len = 0};
	size_t len;

	(void)state;
	add_plain_frame(&p);
	len = p.len;
	for (size_t i = 0; i < COUNT(garbage); i++) {
		packed_add(&p, garbage[i].bytes, garbage[i].len);
		packed_is_damaged(&format_zstd, &p, BYTES(TEXT), DAMAGE_GARBAGE,
			len, NULL);
		p.len = len;
	}
	packed_add(&p, BYTES("(\xb5"));
	packed_is_damaged(
		&format_zstd, &p, BYTES(TEXT), DAMAGE_CUT, len + 2, NULL);
	packed_release(&p);
}

static void cut_anywhere_it_is_a_beginning(void **state)
{
	unsigned char *text = support_make(SUPPORT_TEXT, 400000);
	struct packed_file p = {.len = 0};

	(void)state;
	add_plain_frame(&p);
	packed_cut_anywhere(&format_zstd, &p, BYTES(TEXT), 1);
	packed_empty(&p);
	add_frame(&p, text, 400000, 1, true, true);
	packed_cut_anywhere(&format_zstd, &p, text, 400000, 7919);
	packed_release(&p);
	free(text);
}

static void no_bit_turns_unnoticed(void **state)
{
	struct packed_file p = {.len = 0};

	(void)state;
	add_plain_frame(&p);
	packed_flipped_anywhere(&format_zstd, &p, BYTES(TEXT), true);
	packed_release(&p);
}

/* A header without sizes, and a window of 1 KiB; blocks that are stored, and
 * one of a kind that there is not. */
#define FRAME	  "(\xb5\x2f\xfd\0\0"
#define RAW_THREE "\x18\0\0"
#define RAW_LAST  "\x19\0\0"
#define NO_BLOCK  "\x1e\0\0"

static void the_blocks_before_a_bad_one_are_good(void **state)
{
	struct packed_file p = {.len = 0};

	(void)state;
	packed_add(&p, BYTES(FRAME RAW_THREE "one" RAW_LAST "two"));
	packed_is(&format_zstd, &p, BYTES("onetwo"), 1);
	packed_empty(&p);
	packed_add(&p, BYTES(FRAME RAW_THREE "one" RAW_THREE "two" NO_BLOCK));
	packed_is_damaged(&format_zstd, &p, BYTES("onetwo"), DAMAGE_BAD, p.len,
		"Data corruption detected");
	packed_release(&p);
}

static void a_checksum_that_is_wrong_is_told(void **state)
{
	struct packed_file p = {.len = 0};

	(void)state;
	add_plain_frame(&p);
	p.bytes[p.len - 1] ^= 1;
	packed_is_damaged(&format_zstd, &p, BYTES(TEXT), DAMAGE_BAD, p.len,
		"Restored data doesn't match checksum");
	packed_release(&p);
}

static void what_a_frame_needs_and_does_not_get_is_told(void **state)
{
	static const struct {
		const char *header;
		size_t len;
		const char *why;
	} frames[] = {
		/* 2 to the power of 28; of 27 and an eighth. */
		{BYTES("(\xb5\x2f\xfd\0\x90"),
			"a window of 256 MiB, more than 128"},
		{BYTES("(\xb5\x2f\xfd\0\x89"),
			"a window of 144 MiB, more than 128"},
		/* No window, but a text of 200 MiB, and of a byte more. */
		{BYTES("(\xb5\x2f\xfd\xa0\0\0\x80\x0c"),
			"a window of 200 MiB, more than 128"},
		{BYTES("(\xb5\x2f\xfd\xe0\x01\0\x80\x0c\0\0\0\0"),
			"a window of 201 MiB, more than 128"},
		/* Dictionaries by numbers of each size. */
		{BYTES("(\xb5\x2f\xfd\x01\0\x07"), "the dictionary 7"},
		{BYTES("(\xb5\x2f\xfd\x02\0\x07\x01"), "the dictionary 263"},
		{BYTES("(\xb5\x2f\xfd\x23\x07\x01\0\0\x05"),
			"the dictionary 263"},
	};
	struct outcome o;
	struct packed_file p = {.len = 0};

	(void)state;
	for (size_t i = 0; i < COUNT(frames); i++) {
		packed_empty(&p);
		add_plain_frame(&p);
		packed_add(&p, frames[i].header, frames[i].len);
		packed_is_damaged(&format_zstd, &p, BYTES(TEXT), DAMAGE_NEEDS,
			p.len, frames[i].why);
	}
	packed_empty(&p);
	/* A window of 128 MiB: once, for it is made. */
	packed_add(&p, BYTES("(\xb5\x2f\xfd\0\x88" RAW_LAST "one"));
	packed_decode(&o, &format_zstd, &p, p.len, 100);
	support_same(o.text, o.len, BYTES("one"));
	assert_int_equal(o.err, 0);
	outcome_release(&o);
	packed_release(&p);
}

static void its_library_is_told(void **state)
{
	char text[64];

	(void)state;
	format_zstd.library(text, sizeof(text));
	assert_int_equal(strncmp(text, "libzstd 1.", 10), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_of_each_kind_come_back),
		cmocka_unit_test(frames_are_one_text),
		cmocka_unit_test(frames_to_be_skipped_are_skipped),
		cmocka_unit_test(what_is_no_frame_is_garbage_behind_one),
		cmocka_unit_test(cut_anywhere_it_is_a_beginning),
		cmocka_unit_test(no_bit_turns_unnoticed),
		cmocka_unit_test(the_blocks_before_a_bad_one_are_good),
		cmocka_unit_test(a_checksum_that_is_wrong_is_told),
		cmocka_unit_test(what_a_frame_needs_and_does_not_get_is_told),
		cmocka_unit_test(its_library_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void it_is_known_and_not_decoded(void **state)
{
	char text[64];

	(void)state;
	assert_null(format_zstd.make);
	format_zstd.library(text, sizeof(text));
	assert_string_equal(text, "not built in");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_known_and_not_decoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
