/*
 * Tests of batches: their room, and how lines are counted.
 */
#include "config.h"

#include "pipeline/batch.h"

#include "support.h"

#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What sanitizers ask when they start: an allocation that is too large is to
 * fail as malloc does, not to end the test. */
const char *__asan_default_options(void);
const char *__tsan_default_options(void);

const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

const char *__tsan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void fill(struct batch *b, size_t size, size_t spare, size_t member)
{
	memset(b->text, 't', size + 1); /* and a newline */
	memset(b->spare, 's', spare);
	if (member > 0)
		memset(b->member, 'm', member);
}

static void assert_all(const unsigned char *p, size_t len, int byte)
{
	for (size_t i = 0; i < len; i++)
		assert_int_equal(p[i], byte);
}

/* For each size one is such that there is not a byte more. */
static void a_batch_has_the_room_asked_for(void **state)
{
	(void)state;
	for (size_t size = 1000; size < 1070; size++) {
		struct batch b;

		assert_int_equal(batch_init(&b, size, 300, size), 0);
		fill(&b, size, 300, size);
		assert_all(b.text, size + 1, 't');
		assert_all(b.spare, 300, 's');
		assert_all(b.member, size, 'm');
		assert_true(malloc_usable_size(b.text) >=
			    (size_t)(b.member - b.text) + size);
		assert_int_equal(b.len, 0);
		assert_int_equal(atomic_load(&b.unwritten), 0);
		batch_release(&b);
		assert_int_equal(batch_init(&b, size, size, 0), 0);
		assert_null(b.member);
		fill(&b, size, size, 0);
		assert_all(b.text, size + 1, 't');
		assert_true(malloc_usable_size(b.text) >=
			    (size_t)(b.spare - b.text) + size);
		batch_release(&b);
		assert_null(b.text);
		batch_release(&b);
	}
}

static void a_batch_without_memory_is_an_error(void **state)
{
	/* More than an object can have, also where pointers are short.
	 * Volatile, since a compiler that sees through batch_init warns. */
	volatile size_t too_much = SIZE_MAX / 2 + 1;
	struct batch b;

	(void)state;
	assert_int_equal(batch_init(&b, too_much, 1, 0), -ENOMEM);
	assert_int_equal(batch_init(&b, 1, too_much, 0), -ENOMEM);
	assert_int_equal(batch_init(&b, 1, 1, too_much), -ENOMEM);
	assert_null(b.text); /* given back */
	assert_null(b.spare);
}

static void a_batch_that_was_reset_is_empty(void **state)
{
	struct batch b;
	unsigned char *text;

	(void)state;
	assert_int_equal(batch_init(&b, 10, 10, 10), 0);
	text = b.text;
	memcpy(b.text, "a\nb", 3);
	b.len = b.upper_len = b.packed.size = 3;
	b.queued = b.converted = true;
	b.inputs = (struct batch_inputs){1, 2, true, true};
	b.wide = true;
	b.cut = (struct batch_cut){
		{.at = 1}, 1, true, true, true, true, true, 1, 1};
	b.lines = b.invalid = b.tail_chars = 1;
	b.bad = (struct batch_bad){1, 1, 1, true, 1, {0xFF}};
	atomic_store(&b.unwritten, 1);
	batch_reset(&b);
	assert_ptr_equal(b.text, text);
	assert_true(b.len == 0 && b.upper_len == 0 && b.packed.size == 0);
	assert_false(b.queued || b.converted || b.bad.met);
	assert_false(b.cut.continues || b.cut.open || b.cut.full ||
		     b.cut.lead || b.cut.terminate);
	assert_int_equal(b.cut.begin.at, 0);
	assert_int_equal(b.cut.inserted + b.cut.unterminated, 0);
	assert_int_equal(b.inputs.first + b.inputs.ended + b.inputs.bad, 0);
	assert_false(b.inputs.decoded || b.wide);
	assert_int_equal(b.bad.line + b.bad.column + b.bad.n, 0);
	assert_int_equal(b.invalid, 0);
	assert_int_equal(b.tail_chars, 0);
	assert_int_equal(batch_count_lines(&b), 0);
	assert_int_equal(atomic_load(&b.unwritten), 0);
	batch_release(&b);
}

static void lines_are_counted_once(void **state)
{
	static const struct {
		const char *text;
		unsigned inserted, unterminated;
		uint64_t lines;
	} cases[] = {
		{"", 0, 0, 0}, {"piece", 0, 0, 0}, {"one\n", 0, 0, 1},
		{"one\ntwo\n", 0, 0, 2}, {"\n\n\n", 0, 0, 3},
		{"one\ntwo", 0, 1, 2},	 /* the end of the last FILE */
		{"one\ntwo\n", 1, 1, 2}, /* ... with a newline of ours */
		{"\nnext\n", 1, 0, 1},	 /* that newline in the next batch */
		{"a\nb\nc", 2, 3, 3},	 /* three FILEs */
		{"", 0, 1, 1},		 /* the end of a line that is out */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct batch b;

		assert_int_equal(batch_init(&b, 100, 1, 0), 0);
		b.len = strlen(cases[i].text);
		memcpy(b.text, cases[i].text, b.len);
		b.cut.inserted = cases[i].inserted;
		b.cut.unterminated = cases[i].unterminated;
		assert_int_equal(batch_count_lines(&b), cases[i].lines);
		batch_release(&b);
	}
}

static void text_of_two_files_is_shared(void **state)
{
	struct batch b;

	(void)state;
	assert_int_equal(batch_init(&b, 100, 1, 0), 0);
	b.len = 4;
	assert_false(batch_is_shared(&b));
	b.inputs.ended = 1;
	b.ends[0] = 4;
	assert_false(batch_is_shared(&b));
	b.inputs.ended = 3; /* two that are empty */
	b.ends[1] = b.ends[2] = 4;
	assert_false(batch_is_shared(&b));
	b.ends[0] = 2;
	assert_true(batch_is_shared(&b));
	batch_release(&b);
}

static void the_order_of_batches_is_their_number(void **state)
{
	struct batch b;

	(void)state;
	assert_int_equal(batch_init(&b, 1, 1, 0), 0);
	b.seq = UINT64_MAX - 1;
	assert_true(batch_seq(&b) == UINT64_MAX - 1);
	batch_release(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_batch_has_the_room_asked_for),
		cmocka_unit_test(a_batch_without_memory_is_an_error),
		cmocka_unit_test(a_batch_that_was_reset_is_empty),
		cmocka_unit_test(lines_are_counted_once),
		cmocka_unit_test(text_of_two_files_is_shared),
		cmocka_unit_test(the_order_of_batches_is_their_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
