/*
 * Tests of the decoder for whole pieces of any format: it is kept while pieces
 * are of one format, and nothing of one format gets to another.
 */
#include "config.h"

#include "codec/piece.h"

#include "support.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Two formats that are made up: a decoder is a copy of a letter, and the text
 * of a piece is that letter before each byte. */
static unsigned made, freed;
static bool no_memory;

static int make_letter(void **decoder, char letter)
{
	if (no_memory)
		return -ENOMEM;
	*decoder = malloc(1);
	assert_non_null(*decoder);
	*(char *)*decoder = letter;
	made++;
	return 0;
}

static int make_a(void **decoder)
{
	return make_letter(decoder, 'a');
}

static int make_b(void **decoder)
{
	return make_letter(decoder, 'b');
}

static void free_letter(void *decoder)
{
	freed++;
	free(decoder);
}

static int decode_letter(void *decoder, const unsigned char *in, size_t len,
	unsigned char *out, size_t room)
{
	if (room != 2 * len)
		return -EBADMSG;
	for (size_t i = 0; i < len; i++) {
		out[2 * i] = *(unsigned char *)decoder;
		out[2 * i + 1] = in[i];
	}
	return 0;
}

static const struct format_pieces of_a = {
	.make = make_a, .free = free_letter, .decode = decode_letter};
static const struct format_pieces of_b = {
	.make = make_b, .free = free_letter, .decode = decode_letter};

static int decode(struct piece_decoder *d, const struct format_pieces *pieces,
	size_t room, char out[16])
{
	memset(out, 0, 16);
	return piece_decode(d, pieces, (const unsigned char *)"xyz", 3,
		(unsigned char *)out, room);
}

static void a_decoder_is_kept_until_another_format_comes(void **state)
{
	struct piece_decoder d = {.pieces = NULL};
	char out[16];

	(void)state;
	made = freed = 0;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(decode(&d, &of_a, 6, out), 0);
		assert_string_equal(out, "axayaz");
		/* A bad piece is no reason for another one. */
		assert_int_equal(decode(&d, &of_a, 5, out), -EBADMSG);
	}
	assert_int_equal(made, 1);
	assert_int_equal(freed, 0);
	assert_int_equal(decode(&d, &of_b, 6, out), 0);
	assert_string_equal(out, "bxbybz");
	assert_int_equal(decode(&d, &of_a, 6, out), 0);
	assert_string_equal(out, "axayaz");
	assert_int_equal(made, 3);
	assert_int_equal(freed, 2);
	piece_decoder_release(&d);
	piece_decoder_release(&d);
	assert_int_equal(freed, 3);
}

static void without_memory_a_piece_is_not_decoded_and_the_next_may_be(
	void **state)
{
	struct piece_decoder d = {.pieces = NULL};
	char out[16];

	(void)state;
	made = freed = 0;
	no_memory = true;
	assert_int_equal(decode(&d, &of_a, 6, out), -ENOMEM);
	no_memory = false;
	assert_int_equal(decode(&d, &of_a, 6, out), 0);
	no_memory = true;
	assert_int_equal(decode(&d, &of_b, 6, out), -ENOMEM);
	assert_int_equal(decode(&d, &of_a, 6, out), 0);
	assert_string_equal(out, "axayaz");
	no_memory = false;
	piece_decoder_release(&d);
	assert_int_equal(made, 1);
	assert_int_equal(freed, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_decoder_is_kept_until_another_format_comes),
		cmocka_unit_test(
			without_memory_a_piece_is_not_decoded_and_the_next_may_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
