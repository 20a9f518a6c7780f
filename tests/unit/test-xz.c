/*
 * Tests of xz: what liblzma writes comes back however it is cut, what is good
 * comes before damage, padding is counted, and what a stream needs and does not
 * get is told.
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

#ifdef HAVE_XZ

#include <lzma.h>

#define TEXT                                         \
	"line one\nline two\nline one, stra\xc3\x9f" \
	"e\nline two\n"

/* Appends a stream that holds text. */
static void add_stream(struct packed_file *p, const void *text, size_t len,
	uint32_t preset, lzma_check check)
{
	size_t room = lzma_stream_buffer_bound(len), n = 0;

	assert_int_equal(lzma_easy_buffer_encode(preset, check, NULL, text, len,
				 packed_room(p, room), &n, room),
		LZMA_OK);
	p->len += n;
}

static void add_plain_stream(struct packed_file *p)
{
	add_stream(p, BYTES(TEXT), 0, LZMA_CHECK_CRC64);
}

static void streams_of_each_kind_come_back(void **state)
{
	static const size_t sizes[] = {0, 1, 100, 70000};
	static const lzma_check checks[] = {LZMA_CHECK_NONE, LZMA_CHECK_CRC32,
		LZMA_CHECK_CRC64, LZMA_CHECK_SHA256};

	(void)state;
	for (unsigned i = 0; i < SUPPORT_KINDS * COUNT(sizes); i++) {
		size_t len = sizes[i / SUPPORT_KINDS];
		unsigned char *text = support_make(
			(enum support_kind)(i % SUPPORT_KINDS), len);
		struct packed_file p = {.len = 0};

		add_stream(&p, text, len, 0, checks[i % COUNT(checks)]);
		packed_is(&format_xz, &p, text, len, 1);
		packed_release(&p);
		free(text);
	}
}

static void streams_are_one_text(void **state)
{
	struct packed_file p = {.len = 0};

	(void)state;
	add_plain_stream(&p);
	packed_add(&p, BYTES("\0\0\0\0"));
	add_stream(&p, "", 0, 0, LZMA_CHECK_CRC32);
	add_stream(&p, BYTES("three"), 0, LZMA_CHECK_NONE);
	packed_add(&p, BYTES("\0\0\0\0\0\0\0\0"));
	packed_is(&format_xz, &p, BYTES(TEXT "three"), 3);
	packed_release(&p);
}

static void padding_is_in_fours(void **state)
{
	struct packed_file p = {.len = 0};
	size_t len;

	(void)state;
	add_plain_stream(&p);
	len = p.len;
	for (size_t n = 1; n < 10; n++) {
		packed_add(&p, "", 1);
		if (n % 4 == 0)
			packed_is(&format_xz, &p, BYTES(TEXT), 1);
		else
			packed_is_damaged(&format_xz, &p, BYTES(TEXT),
				DAMAGE_GARBAGE, len + n / 4 * 4, NULL);
	}
	add_plain_stream(&p);
	packed_is_damaged(
		&format_xz, &p, BYTES(TEXT), DAMAGE_GARBAGE, len + 8, NULL);
	packed_release(&p);
}

static void what_is_no_stream_is_garbage_behind_one(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} garbage[] = {
		{BYTES("x")},
		{BYTES("\xfd"
		       "7zXY")},
		{BYTES("\x1f\x8b\x08")},
	};
	struct packed_file p = {.len = 0};
	size_t len;

	(void)state;
	add_plain_stream(&p);
	len = p.len;
	for (size_t i = 0; i < COUNT(garbage); i++) {
		packed_add(&p, garbage[i].bytes, garbage[i].len);
		packed_is_damaged(
			&format_xz, &p, BYTES(TEXT), DAMAGE_GARBAGE, len, NULL);
		p.len = len;
	}
	packed_add(&p, BYTES("\xfd"
			     "7z"));
	packed_is_damaged(
		&format_xz, &p, BYTES(TEXT), DAMAGE_CUT, len + 3, NULL);
	packed_release(&p);
}

static void cut_anywhere_it_is_a_beginning(void **state)
{
	unsigned char *text = support_make(SUPPORT_TEXT, 100000);
	struct packed_file p = {.len = 0};

	(void)state;
	add_plain_stream(&p);
	packed_cut_anywhere(&format_xz, &p, BYTES(TEXT), 1);
	packed_empty(&p);
	add_stream(&p, text, 100000, 0, LZMA_CHECK_CRC64);
	packed_cut_anywhere(&format_xz, &p, text, 100000, 997);
	packed_release(&p);
	free(text);
}

/* A packed part of another length than it says is found to be so a bit later
 * when all of it comes at once. */
static void no_bit_turns_unnoticed(void **state)
{
	struct packed_file p = {.len = 0};

	(void)state;
	add_plain_stream(&p);
	packed_flipped_anywhere(&format_xz, &p, BYTES(TEXT), false);
	packed_release(&p);
}

static void a_check_that_is_wrong_is_told(void **state)
{
	struct packed_file p = {.len = 0};
	size_t check;

	(void)state;
	add_plain_stream(&p);
	/* Behind the check: the index (8 bytes) and the footer (12). */
	check = p.len - 12 - 8;
	p.bytes[check - 1] ^= 1;
	packed_is_damaged(&format_xz, &p, BYTES(TEXT), DAMAGE_BAD, check,
		"it is not as its checks say");
	packed_release(&p);
}

/* Writes the CRC of bytes[from..to) behind them. */
static void set_crc(struct packed_file *p, size_t from, size_t to)
{
	uint32_t crc = lzma_crc32(p->bytes + from, to - from, 0);

	for (size_t i = 0; i < 4; i++)
		p->bytes[to + i] = (unsigned char)(crc >> 8 * i);
}

/* The header of the first block is 12 bytes: its own size, flags, the block's
 * size packed and unpacked, and the filter with one byte of properties, the
 * size of the dictionary. */
static void make_block_need(
	struct packed_file *p, size_t at, unsigned char byte)
{
	packed_empty(p);
	add_plain_stream(p);
	assert_int_equal(p->bytes[12], 2);
	assert_int_equal(p->bytes[16], 0x21);
	p->bytes[at] = byte;
	set_crc(p, 12, 20);
}

static void what_a_stream_needs_and_does_not_get_is_told(void **state)
{
	struct packed_file p = {.len = 0};

	(void)state;
	/* A dictionary of 1 GiB; another filter; a check that there is not. */
	make_block_need(&p, 18, 36);
	packed_is_damaged(&format_xz, &p, "", 0, DAMAGE_NEEDS, 24,
		"1025 MiB of memory, more than 256");
	make_block_need(&p, 16, 0x22);
	packed_is_damaged(&format_xz, &p, "", 0, DAMAGE_NEEDS, 24,
		"what this liblzma does not know");
	packed_empty(&p);
	add_plain_stream(&p);
	p.bytes[7] = 2;
	set_crc(&p, 6, 8);
	packed_is_damaged(&format_xz, &p, "", 0, DAMAGE_NEEDS, 12,
		"a check that this liblzma does not know");
	packed_release(&p);
}

static void its_library_is_told(void **state)
{
	char text[64];

	(void)state;
	format_xz.library(text, sizeof(text));
	assert_int_equal(strncmp(text, "liblzma 5.", 10), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_of_each_kind_come_back),
		cmocka_unit_test(streams_are_one_text),
		cmocka_unit_test(padding_is_in_fours),
		cmocka_unit_test(what_is_no_stream_is_garbage_behind_one),
		cmocka_unit_test(cut_anywhere_it_is_a_beginning),
		cmocka_unit_test(no_bit_turns_unnoticed),
		cmocka_unit_test(a_check_that_is_wrong_is_told),
		cmocka_unit_test(what_a_stream_needs_and_does_not_get_is_told),
		cmocka_unit_test(its_library_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void it_is_known_and_not_decoded(void **state)
{
	char text[64];

	(void)state;
	assert_null(format_xz.make);
	format_xz.library(text, sizeof(text));
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
