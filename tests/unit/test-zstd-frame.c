/*
 * Tests of where the parts of a zstd frame begin.
 */
#include "config.h"

#include "codec/zstd-frame.h"

#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MAGIC "(\xb5\x2f\xfd"

/* Frames, and a letter for the part of which each byte is: (s)tart, (h)eader,
 * (b)lock header, s(t)ored, (B)lock, (c)hecksum, s(k)ip header, (S)kipped. */
static const char letters[] = "shbtBckS";

static const struct {
	const char *frame;
	size_t len;
	const char *parts;
} frames[] = {
	/* A window; an empty last block. */
	{BYTES(MAGIC "\0\0\x01\0\0"), "ssssshbbb"},
	/* ... and a checksum. */
	{BYTES(MAGIC "\x04\0\x01\0\0sum!"), "ssssshbbbcccc"},
	/* The sizes of dictionary and content. */
	{BYTES(MAGIC "\x20\0\x01\0\0"), "ssssshbbb"},
	{BYTES(MAGIC "\x21\0\0\x01\0\0"), "ssssshhbbb"},
	{BYTES(MAGIC "\x42\0\0\0\0\0\x01\0\0"), "ssssshhhhhbbb"},
	{BYTES(MAGIC "\xa3\0\0\0\0\0\0\0\0\x01\0\0"), "ssssshhhhhhhhbbb"},
	{BYTES(MAGIC "\xc0\0\0\0\0\0\0\0\0\0\x01\0\0"), "ssssshhhhhhhhhbbb"},
	{BYTES(MAGIC "\xe3\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0"),
		"ssssshhhhhhhhhhhhbbb"},
	/* Blocks: stored, of one byte and of none; repeated, of any number;
	 * packed. */
	{BYTES(MAGIC "\0\0\x18\0\0one\x08\0\0x\0\0\0\x01\0\0"),
		"ssssshbbbttBbbbBbbbbbb"},
	{BYTES(MAGIC "\0\0\x1a\0\0x\x02\0\0x\x1d\0\0abc"),
		"ssssshbbbBbbbBbbbBBB"},
	/* To be skipped: some, nothing. */
	{BYTES("P*M\x18\x03\0\0\0xyz"), "kkkkkkkkSSS"},
	{BYTES("_*M\x18\0\0\0\0"), "kkkkkkkk"},
};

static void parts_are_where_they_begin(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(frames); i++) {
		struct zstd_frame f;

		zstd_frame_begin(&f);
		for (size_t at = 0; at < frames[i].len; at++) {
			assert_true(f.part != ZSTD_PART_NONE);
			zstd_frame_pass(&f,
				(const unsigned char *)frames[i].frame + at, 1);
			/* Which kind of frame it is its first byte tells. */
			if (at == 0 && f.part == ZSTD_PART_SKIP_HEADER)
				assert_int_equal(frames[i].parts[0], 'k');
			if (at + 1 < frames[i].len)
				assert_int_equal(letters[f.part],
					frames[i].parts[at + 1]);
		}
		assert_int_equal(f.part, ZSTD_PART_NONE);
		assert_int_equal(f.left, 0);
	}
}

static void whole_parts_may_be_passed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(frames); i++) {
		const unsigned char *p = (const unsigned char *)frames[i].frame;
		struct zstd_frame f;
		size_t at = 0;

		zstd_frame_begin(&f);
		while (f.part != ZSTD_PART_NONE) {
			size_t n = (size_t)f.left;

			assert_between(n, 1, frames[i].len - at);
			zstd_frame_pass(&f, p + at, n);
			at += n;
		}
		assert_int_equal(at, frames[i].len);
	}
}

static void windows_and_dictionaries_are_as_the_header_says(void **state)
{
	static const struct {
		const char *header;
		size_t len;
		uint64_t window, dictionary;
	} headers[] = {
		{BYTES(MAGIC "\0\0"), 1024, 0},
		{BYTES(MAGIC "\0\x01"), 1024 + 128, 0},
		{BYTES(MAGIC "\0\x88"), UINT64_C(1) << 27, 0},
		{BYTES(MAGIC "\0\xff"), UINT64_C(15) << 38, 0},
		{BYTES(MAGIC "\x20\x05"), 5, 0},
		{BYTES(MAGIC "\x60\x05\x01"), 5 + 256 + 256, 0},
		{BYTES(MAGIC "\xa0\x05\x01\0\x01"), 0x1000105, 0},
		{BYTES(MAGIC "\xe0\x05\0\0\0\x01\0\0\x02"),
			UINT64_C(0x0200000100000005), 0},
		{BYTES(MAGIC "\x01\x08\x07"), 2048, 7},
		{BYTES(MAGIC "\x22\x07\x01\x09"), 9, 263},
		{BYTES(MAGIC "\x03\x08\x01\x02\x03\x04"), 2048, 0x04030201},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(headers); i++) {
		struct zstd_frame f;
		size_t at = 0;

		zstd_frame_begin(&f);
		while (at < headers[i].len)
			zstd_frame_pass(&f,
				(const unsigned char *)headers[i].header + at++,
				1);
		assert_int_equal(f.part, ZSTD_PART_BLOCK_HEADER);
		assert_true(zstd_frame_window(&f) == headers[i].window);
		assert_true(zstd_frame_dictionary(&f) == headers[i].dictionary);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_where_they_begin),
		cmocka_unit_test(whole_parts_may_be_passed),
		cmocka_unit_test(
			windows_and_dictionaries_are_as_the_header_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
