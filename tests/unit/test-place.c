/*
 * Tests of what is said about a FILE that is not all UTF-8: how much there is,
 * where the first of it is, wherever the batches are cut and whoever shares
 * them.
 */
#include "config.h"

#include "pipeline/place.h"

#include "stages.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void write_batch(struct stages *s, struct batch *b)
{
	convert_batch(&s->converter, NULL, b);
	output_own(&s->output);
	assert_int_equal(output_write(&s->output, b), 0);
	output_disown(&s->output);
	batch_reset(b);
	pool_put(&s->pool, b);
}

/* A batch of FILE number `first`, of which so many end at the places that
 * follow. */
static struct batch *batch_of(
	struct stages *s, const char *text, size_t first, size_t ended, ...)
{
	struct batch *b = stages_batch(s, text);
	va_list places;

	b->inputs.first = first;
	b->inputs.ended = ended;
	va_start(places, ended);
	for (size_t i = 0; i < ended; i++)
		b->ends[i] = va_arg(places, unsigned);
	va_end(places);
	return b;
}

static void tells(struct stages *s, const char *want)
{
	assert_string_equal(s->told, want);
	stages_free(s);
}

#define SEE " (see --encoding, --invalid)\n"

static void good_text_is_no_matter(void **state)
{
	struct stages s;

	(void)state;
	stages_make(&s, "out", UPCASE_ROOT, UPCASE_KEEP);
	write_batch(&s, batch_of(&s, "a\n\xC3\xA9\n", 0, 1, 5));
	tells(&s, "");
}

static void what_is_not_utf8_is_told_at_the_end_of_its_file(void **state)
{
	struct stages s;

	(void)state;
	stages_make(&s, "out", UPCASE_ROOT, UPCASE_KEEP);
	write_batch(&s, batch_of(&s, "a\n", 0, 0));
	write_batch(&s, batch_of(&s, "b\nc\xC3\x9F\xFF\xFF\n", 0, 0));
	write_batch(&s, batch_of(&s, "\xFF\n", 0, 0));
	assert_string_equal(s.told, "");
	write_batch(&s, batch_of(&s, "", 0, 1, 0));
	tells(&s, "notice f0: 3 sequences are not UTF-8, the first at 3:3; "
		  "kept as they are" SEE);
}

static void one_is_told_in_the_singular(void **state)
{
	struct stages s;

	(void)state;
	stages_make(&s, "out", UPCASE_ROOT, UPCASE_KEEP);
	write_batch(&s, batch_of(&s, "\xE2\x82", 0, 1, 2));
	tells(&s, "notice f0: 1 sequence is not UTF-8, that at 1:1; kept as "
		  "it is" SEE);
	stages_make(&s, "out", UPCASE_ROOT, UPCASE_REPLACE);
	write_batch(&s, batch_of(&s, "a\xFF", 0, 1, 2));
	tells(&s, "notice f0: 1 sequence is not UTF-8, that at 1:2; replaced "
		  "by U+FFFD" SEE);
}

static void what_was_decoded_cannot_be_kept(void **state)
{
	struct stages s;
	struct batch *b;

	(void)state;
	stages_make(&s, "out", UPCASE_ROOT, UPCASE_KEEP);
	b = batch_of(&s, "a\xFF\xFF", 0, 1, 3);
	b->inputs.decoded = true;
	write_batch(&s, b);
	tells(&s, "notice f0: 2 sequences cannot be decoded, the first at "
		  "1:2; replaced by U+FFFD" SEE);
}

static void the_place_goes_on_through_pieces(void **state)
{
	struct stages s;
	struct batch *b;

	(void)state;
	stages_make(&s, "out", UPCASE_ROOT, UPCASE_KEEP);
	b = batch_of(&s,
		"x\n\xC3\xA9"
		"bc",
		0, 0);
	b->cut.open = true;
	write_batch(&s, b);
	b = batch_of(&s, "d\xC3\x9F", 0, 0);
	b->cut.open = b->cut.continues = true;
	write_batch(&s, b);
	b = batch_of(&s, "f\xFF", 0, 1, 2);
	b->cut.continues = true;
	write_batch(&s, b);
	tells(&s, "notice f0: 1 sequence is not UTF-8, that at 2:7; kept as "
		  "it is" SEE);
}

static void files_that_share_a_batch_are_told_apart(void **state)
{
	struct stages s;

	(void)state;
	stages_make(&s, "out", UPCASE_ROOT, UPCASE_KEEP);
	/* 0: "a\xFF\n", 1: nothing, 2: "b\n", 3: "c\n\xFF ..." */
	write_batch(&s, batch_of(&s, "a\xFF\nb\nc\n\xC3\xFF\n", 0, 3, 3, 3, 5));
	assert_string_equal(s.told,
		"notice f0: 1 sequence is not UTF-8, that at 1:2; kept as it "
		"is" SEE);
	write_batch(&s, batch_of(&s, "d\n\xFF\n", 3, 1, 4));
	tells(&s,
		"notice f0: 1 sequence is not UTF-8, that at 1:2; kept as it "
		"is" SEE
		"notice f3: 3 sequences are not UTF-8, the first at 2:1; kept "
		"as they are" SEE);
}

/* The first piece of a long line may share a batch with the end of a FILE. */
static void the_place_goes_on_from_a_shared_batch(void **state)
{
	struct stages s;
	struct batch *b;

	(void)state;
	stages_make(&s, "out", UPCASE_ROOT, UPCASE_KEEP);
	write_batch(&s, batch_of(&s, "a\n", 0, 0));
	b = batch_of(&s,
		"\xC3\xA9"
		"bc",
		0, 1, 0);
	b->cut.open = true;
	write_batch(&s, b);
	b = batch_of(&s, "d\xFF\n", 1, 1, 3);
	b->cut.continues = true;
	write_batch(&s, b);
	tells(&s, "notice f1: 1 sequence is not UTF-8, that at 1:5; kept as it "
		  "is" SEE);
}

/* "a" and "b\xFF": the newline between them may stand in either batch. */
static void a_newline_that_was_put_in_is_no_line_of_the_next(void **state)
{
	struct stages s;
	struct batch *b;

	(void)state;
	stages_make(&s, "out", UPCASE_ROOT, UPCASE_KEEP);
	b = batch_of(&s, "a\nb\xFF", 0, 2, 2, 4);
	b->cut.inserted = 1;
	b->cut.unterminated = 2;
	write_batch(&s, b);
	b = batch_of(&s, "\nb\n\xFF\n", 2, 1, 5);
	b->cut.inserted = 1;
	b->cut.lead = true;
	write_batch(&s, b);
	/* Shared, too. */
	b = batch_of(&s, "\n\xFF\nc\n", 3, 1, 3);
	b->cut.inserted = 1;
	b->cut.lead = true;
	write_batch(&s, b);
	tells(&s, "notice f1: 1 sequence is not UTF-8, that at 1:2; kept as it "
		  "is" SEE
		  "notice f2: 1 sequence is not UTF-8, that at 2:1; kept as it "
		  "is" SEE
		  "notice f3: 1 sequence is not UTF-8, that at 1:1; kept as it "
		  "is" SEE);
}

static void what_looks_like_utf_16_is_told_to(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		bool wide;
	} cases[] = {
		{BYTES("a\0\xE9\0"), true},
		{BYTES("\0a\0\xE9"), true},
		{BYTES("a\0\xE9\0\n"), true}, /* cut behind a newline */
		{BYTES("a\0"), true},
		{BYTES("\0"), false},
		{BYTES(""), false},
		{BYTES("ab"), false},
		{BYTES("a\0bc"), false},
		{BYTES("\0\0\0\0"), false},
		{BYTES("\0a\0\0\1\0"), false},
	};
	struct stages s;
	struct batch *b;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(
			place_is_wide((const unsigned char *)cases[i].text,
				cases[i].len),
			cases[i].wide);
	stages_make(&s, "out", UPCASE_ROOT, UPCASE_KEEP);
	b = batch_of(&s, "a?\xE9?", 0, 1, 4);
	b->text[1] = b->text[3] = '\0';
	write_batch(&s, b);
	/* Only a beginning tells. */
	write_batch(&s, batch_of(&s, "a\n", 1, 0));
	b = batch_of(&s, "a?\xE9?", 1, 1, 4);
	b->text[1] = b->text[3] = '\0';
	write_batch(&s, b);
	tells(&s, "notice f0: 1 sequence is not UTF-8, that at 1:3; kept as it "
		  "is; looks like UTF-16" SEE
		  "notice f1: 1 sequence is not UTF-8, that at 2:3; kept as it "
		  "is" SEE);
}

static void only_the_first_4_kib_count_for_that(void **state)
{
	unsigned char text[4099];

	(void)state;
	memset(text, 0, sizeof(text));
	text[1] = 'a';
	text[4096] = 'b';
	assert_true(place_is_wide(text, sizeof(text)));
	text[4094] = 'b';
	assert_false(place_is_wide(text, sizeof(text)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_directory(good_text_is_no_matter),
		in_directory(what_is_not_utf8_is_told_at_the_end_of_its_file),
		in_directory(one_is_told_in_the_singular),
		in_directory(what_was_decoded_cannot_be_kept),
		in_directory(the_place_goes_on_through_pieces),
		in_directory(files_that_share_a_batch_are_told_apart),
		in_directory(the_place_goes_on_from_a_shared_batch),
		in_directory(a_newline_that_was_put_in_is_no_line_of_the_next),
		in_directory(what_looks_like_utf_16_is_told_to),
		cmocka_unit_test(only_the_first_4_kib_count_for_that),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
