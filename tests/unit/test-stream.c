/*
 * Tests of what is the same for all formats, with one that is made up: its
 * magic is longer than gzip's and could be text, its pieces are a few bytes,
 * and its decoder does what it is told to. What comes out, and what is told of
 * damage, does not depend on the sizes in which bytes are given.
 */
#include "config.h"

#include "codec/stream.h"

#include "support.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/*
 * A piece is "(PC)", its text, and a full stop. In the text, '!' is damage that
 * shows there, '?' damage that shows in the byte behind the magic, '#' needs
 * memory, and '$' needs money.
 */
#define MAGIC "(PC)"

struct toy {
	size_t magic; /* bytes of it seen */
	bool ended;
};

static unsigned made, freed, begun;
static bool no_memory; /* for the next make and begin */

static enum match toy_magic(const unsigned char *p, size_t len)
{
	return format_match(p, len, BYTES(MAGIC));
}

static int toy_make(void **decoder)
{
	if (no_memory)
		return -ENOMEM;
	*decoder = calloc(1, sizeof(struct toy));
	assert_non_null(*decoder);
	made++;
	return 0;
}

static void toy_free(void *decoder)
{
	freed++;
	free(decoder);
}

static int toy_begin(void *decoder)
{
	if (no_memory)
		return -ENOMEM;
	begun++;
	*(struct toy *)decoder = (struct toy){.magic = 0};
	return 0;
}

static enum decoded toy_byte(struct toy *toy, unsigned char c,
	unsigned char *out, size_t *made_here, const char **why)
{
	if (toy->magic < sizeof(MAGIC) - 1) {
		*why = "no magic";
		return c == MAGIC[toy->magic++] ? DECODED_SOME : DECODED_BAD;
	}
	if (c == '!' || c == '?') {
		*why = "a call mark";
		return DECODED_BAD;
	}
	if (c == '#')
		return DECODED_NO_MEMORY;
	if (c == '$') {
		*why = "money";
		return DECODED_NEEDS;
	}
	if (c == '.')
		return DECODED_ALL;
	out[(*made_here)++] = c;
	return DECODED_SOME;
}

static enum decoded toy_more(void *decoder, const unsigned char *in,
	size_t *in_len, unsigned char *out, size_t *out_len, const char **why)
{
	struct toy *toy = decoder;
	enum decoded status = DECODED_SOME;
	size_t n = 0, text = 0;

	/* Nothing comes behind the end or damage before the next begin. */
	assert_false(toy->ended);
	while (status == DECODED_SOME && n < *in_len) {
		bool of_text = toy->magic == sizeof(MAGIC) - 1 &&
			       !strchr("!?.#$", in[n]);

		if (of_text && text == *out_len)
			break;
		status = toy_byte(toy, in[n++], out, &text, why);
	}
	toy->ended = status != DECODED_SOME;
	*in_len = n;
	*out_len = text;
	return status;
}

/* One byte at a time, whatever there is. */
static enum decoded toy_sip(void *decoder, const unsigned char *in,
	size_t *in_len, unsigned char *out, size_t *out_len, const char **why)
{
	if (*in_len > 1)
		*in_len = 1;
	return toy_more(decoder, in, in_len, out, out_len, why);
}

static const struct format toy = {.name = "toy",
	.magic = toy_magic,
	.make = toy_make,
	.free = toy_free,
	.begin = toy_begin,
	.more = toy_more};

static const struct format padded_toy = {.name = "padded toy",
	.padding = 1,
	.magic = toy_magic,
	.make = toy_make,
	.free = toy_free,
	.begin = toy_begin,
	.more = toy_more};

/* In threes. */
static const struct format tiled_toy = {.name = "tiled toy",
	.padding = 3,
	.magic = toy_magic,
	.make = toy_make,
	.free = toy_free,
	.begin = toy_begin,
	.more = toy_more};

/* Known, but not decoded. */
static const struct format foreign_toy = {
	.name = "foreign toy", .magic = toy_magic};

static const struct format slow_toy = {.name = "slow toy",
	.magic = toy_magic,
	.make = toy_make,
	.free = toy_free,
	.begin = toy_begin,
	.more = toy_sip};

/* What came out of a file. */
struct outcome {
	char text[256];
	size_t len;
	int err;
};

static void decode(struct stream *s, const struct format *format,
	const char *file, size_t file_len, size_t in, size_t out,
	struct outcome *o)
{
	size_t at = 0;

	*o = (struct outcome){.len = 0};
	assert_int_equal(stream_begin(s, format), 0);
	while (!o->err) {
		size_t taken = file_len - at < in ? file_len - at : in;
		size_t got = out;
		unsigned char *piece = support_allocate(taken);
		unsigned char *room = support_allocate(out);

		assert_true(o->len + out <= sizeof(o->text));
		if (taken > 0)
			memcpy(piece, file + at, taken);
		o->err = stream_more(s, piece, &taken, room, &got);
		memcpy(o->text + o->len, room, got);
		free(piece);
		free(room);
		at += taken;
		o->len += got;
		if (!o->err && taken == 0 && got == 0)
			break;
	}
	if (!o->err) {
		assert_int_equal(at, file_len);
		o->err = stream_end(s);
	}
}

static const struct {
	const struct format *format;
	const char *file;
	size_t len;
	const char *text;
	uint64_t pieces;
	enum damage_kind kind;
	uint64_t at;
} files[] = {
	{&toy, BYTES(""), "", 0, DAMAGE_NONE, 0},
	{&toy, BYTES("(PC)one."), "one", 1, DAMAGE_NONE, 0},
	{&toy, BYTES("(PC)one.(PC).(PC)two."), "onetwo", 3, DAMAGE_NONE, 0},
	{&slow_toy, BYTES("(PC)one.(PC)two."), "onetwo", 2, DAMAGE_NONE, 0},
	/* Cut: in the first magic, a text, a later magic, behind one. */
	{&toy, BYTES("(P"), "", 0, DAMAGE_CUT, 2},
	{&toy, BYTES("(PC)one.(PC)tw"), "onetw", 1, DAMAGE_CUT, 14},
	{&toy, BYTES("(PC)one.(PC"), "one", 1, DAMAGE_CUT, 11},
	{&toy, BYTES("(PC)one.("), "one", 1, DAMAGE_CUT, 9},
	{&toy, BYTES("(PC)one.(PC)"), "one", 1, DAMAGE_CUT, 12},
	/* Garbage: its place is that of its first byte, however much of a
	 * magic it looks like. */
	{&toy, BYTES("(PC)one.x"), "one", 1, DAMAGE_GARBAGE, 8},
	{&toy, BYTES("(PC)one.(x"), "one", 1, DAMAGE_GARBAGE, 8},
	{&toy, BYTES("(PC)one.(PCx(PC)two."), "one", 1, DAMAGE_GARBAGE, 8},
	{&toy, BYTES("(PC)one.((PC)two."), "one", 1, DAMAGE_GARBAGE, 8},
	/* A first piece that is none is damage. */
	{&toy, BYTES("(Px"), "", 0, DAMAGE_BAD, 3},
	/* Damage, with what was good before it. */
	{&toy, BYTES("(PC)one.(PC)tw!o."), "onetw", 1, DAMAGE_BAD, 15},
	{&toy, BYTES("(PC)one.(PC)?two."), "one", 1, DAMAGE_BAD, 13},
	{&toy, BYTES("(PC)!"), "", 0, DAMAGE_BAD, 5},
	/* Padding, where the format has it, but not before the first piece. */
	{&padded_toy, BYTES("(PC)one.\0\0\0"), "one", 1, DAMAGE_NONE, 0},
	{&padded_toy, BYTES("(PC)one.\0\0(PC)two.\0"), "onetwo", 2, DAMAGE_NONE,
		0},
	{&padded_toy, BYTES("(PC)one.\0\0x"), "one", 1, DAMAGE_GARBAGE, 10},
	{&padded_toy, BYTES("(PC)one.\0(P\0C)"), "one", 1, DAMAGE_GARBAGE, 9},
	{&padded_toy, BYTES("\0(PC)one."), "", 0, DAMAGE_BAD, 1},
	{&tiled_toy, BYTES("(PC)one.\0\0\0"), "one", 1, DAMAGE_NONE, 0},
	{&tiled_toy, BYTES("(PC)one.\0\0\0\0\0\0(PC)two.(PC)."), "onetwo", 3,
		DAMAGE_NONE, 0},
	/* The units that are whole are none: what is left of one is. */
	{&tiled_toy, BYTES("(PC)one.\0"), "one", 1, DAMAGE_GARBAGE, 8},
	{&tiled_toy, BYTES("(PC)one.\0\0\0\0\0"), "one", 1, DAMAGE_GARBAGE, 11},
	{&tiled_toy, BYTES("(PC)one.\0\0(PC)two."), "one", 1, DAMAGE_GARBAGE,
		8},
	{&tiled_toy, BYTES("(PC)one.\0\0\0\0(PC)two."), "one", 1,
		DAMAGE_GARBAGE, 11},
	{&tiled_toy, BYTES("(PC)one.\0\0\0(PC)two.\0\0\0(Px"), "onetwo", 2,
		DAMAGE_GARBAGE, 22},
	{&tiled_toy, BYTES("(PC)one.\0\0\0(PC)two.\0\0(Px"), "onetwo", 2,
		DAMAGE_GARBAGE, 19},
	{&tiled_toy, BYTES("(PC)one.\0\0(P"), "one", 1, DAMAGE_CUT, 12},
	/* What it is not given. */
	{&toy, BYTES("(PC)one.(PC)tw$o."), "onetw", 1, DAMAGE_NEEDS, 15},
	{&toy, BYTES("(PC)one.\0"), "one", 1, DAMAGE_GARBAGE, 8},
	{&toy, BYTES("(PC)one.\0(PC)two."), "one", 1, DAMAGE_GARBAGE, 8},
};

static const size_t sizes[] = {1, 2, 3, 4, 5, 9, 64};

static void check(struct stream *s, size_t i, size_t in, size_t out)
{
	struct outcome o;
	size_t none = 5, nothing = 5;
	unsigned char byte[5] = MAGIC;

	decode(s, files[i].format, files[i].file, files[i].len, in, out, &o);
	support_same(o.text, o.len, files[i].text, strlen(files[i].text));
	assert_int_equal(o.err, files[i].kind ? -EBADMSG : 0);
	assert_int_equal(s->damage.kind, files[i].kind);
	assert_int_equal(s->damage.at, files[i].at);
	assert_int_equal(s->pieces, files[i].pieces);
	assert_int_equal(s->damage.why != NULL,
		files[i].kind == DAMAGE_BAD || files[i].kind == DAMAGE_NEEDS);
	if (!o.err) {
		assert_int_equal(s->offset, files[i].len);
		assert_true(stream_is_between(s));
		return;
	}
	/* It is said again, and nothing is taken any more. */
	assert_int_equal(stream_more(s, byte, &none, byte, &nothing), -EBADMSG);
	assert_int_equal(none, 0);
	assert_int_equal(nothing, 0);
	assert_int_equal(stream_end(s), -EBADMSG);
	assert_int_equal(s->damage.kind, files[i].kind);
	assert_int_equal(s->damage.at, files[i].at);
}

static void files_come_to_the_same_in_pieces_of_any_size(void **state)
{
	struct stream s = {.format = NULL};

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++)
		for (size_t in = 0; in < COUNT(sizes); in++)
			for (size_t out = 0; out < COUNT(sizes); out++)
				check(&s, i, sizes[in], sizes[out]);
	stream_release(&s);
}

static void a_decoder_is_kept_until_another_format_comes(void **state)
{
	struct stream s = {.format = NULL};
	struct outcome o;

	(void)state;
	made = freed = begun = 0;
	decode(&s, &toy, BYTES("(PC)one.(PC)two."), 64, 64, &o);
	decode(&s, &toy, BYTES("(PC)on"), 64, 64, &o);
	decode(&s, &toy, BYTES("(PC)one."), 64, 64, &o);
	assert_int_equal(o.err, 0);
	assert_int_equal(made, 1);
	assert_int_equal(freed, 0);
	assert_int_equal(begun, 4);
	decode(&s, &padded_toy, BYTES("(PC)one.\0"), 64, 64, &o);
	assert_int_equal(o.err, 0);
	assert_int_equal(made, 2);
	assert_int_equal(freed, 1);
	stream_release(&s);
	stream_release(&s);
	assert_int_equal(freed, 2);
}

static void what_is_not_decoded_here_does_not_begin(void **state)
{
	struct stream s = {.format = NULL};
	struct outcome o;

	(void)state;
	assert_int_equal(stream_begin(&s, &foreign_toy), -ENOTSUP);
	assert_null(s.format);
	decode(&s, &toy, BYTES("(PC)one."), 64, 64, &o);
	assert_int_equal(stream_begin(&s, &foreign_toy), -ENOTSUP);
	/* Nothing has become of the other. */
	decode(&s, &toy, BYTES("(PC)one."), 64, 64, &o);
	assert_int_equal(o.err, 0);
	stream_release(&s);
}

static uint64_t expected;

static void toy_expect(void *decoder, uint64_t size)
{
	assert_non_null(decoder);
	expected = size;
}

static void how_long_a_file_is_goes_to_who_wants_to_know(void **state)
{
	struct format curious_toy = toy;
	struct stream s = {.format = NULL};

	(void)state;
	curious_toy.expect = toy_expect;
	assert_int_equal(stream_begin(&s, &curious_toy), 0);
	stream_expect(&s, UINT64_MAX);
	assert_true(expected == UINT64_MAX);
	assert_int_equal(stream_begin(&s, &toy), 0);
	stream_expect(&s, 1);
	assert_true(expected == UINT64_MAX);
	stream_release(&s);
}

static void without_memory_nothing_begins_and_nothing_is_lost(void **state)
{
	struct stream s = {.format = NULL};
	unsigned char room[8];
	struct outcome o;
	size_t in = 8, out = sizeof(room);

	(void)state;
	made = freed = 0;
	no_memory = true;
	assert_int_equal(stream_begin(&s, &toy), -ENOMEM);
	stream_release(&s);
	assert_int_equal(freed, 0);
	no_memory = false;
	decode(&s, &toy, BYTES("(PC)one."), 64, 64, &o);
	no_memory = true;
	assert_int_equal(stream_begin(&s, &padded_toy), -ENOMEM);
	assert_int_equal(stream_begin(&s, &toy), 0);
	assert_int_equal(stream_more(&s, (const unsigned char *)"(PC)one.", &in,
				 room, &out),
		-ENOMEM);
	assert_int_equal(s.damage.kind, DAMAGE_NONE);
	/* It did not begin. */
	in = 8;
	assert_int_equal(stream_more(&s, (const unsigned char *)"(PC)one.", &in,
				 room, &out),
		-ENOMEM);
	no_memory = false;
	decode(&s, &toy, BYTES("(PC)one."), 64, 64, &o);
	assert_int_equal(o.err, 0);
	stream_release(&s);
	assert_int_equal(made, freed);
}

static void a_piece_that_needs_memory_is_not_called_damaged(void **state)
{
	static const char file[] = "(PC)one#two.";
	struct stream s = {.format = NULL};
	unsigned char room[8];
	size_t in = sizeof(file) - 1, out = sizeof(room);

	(void)state;
	assert_int_equal(stream_begin(&s, &toy), 0);
	assert_int_equal(
		stream_more(&s, (const unsigned char *)file, &in, room, &out),
		-ENOMEM);
	support_same(room, out, "one", 3);
	assert_int_equal(s.damage.kind, DAMAGE_NONE);
	stream_release(&s);
}

static void it_is_between_pieces_only_where_a_piece_may_begin(void **state)
{
	static const char file[] = "(PC)a.(PC)b.";
	static const char between[] = "100000100000";
	struct stream s = {.format = NULL};

	(void)state;
	assert_int_equal(stream_begin(&s, &toy), 0);
	for (size_t at = 0; at < sizeof(file) - 1; at++) {
		size_t in = 1, out = 1;
		unsigned char room;

		assert_int_equal(stream_is_between(&s), between[at] == '1');
		assert_int_equal(
			stream_more(&s, (const unsigned char *)file + at, &in,
				&room, &out),
			0);
		assert_int_equal(in, 1);
	}
	assert_true(stream_is_between(&s));
	stream_release(&s);
}

/* What was decoded elsewhere counts as if it had come this way: also for what
 * is garbage behind it. */
static void pieces_decoded_elsewhere_count(void **state)
{
	struct stream s = {.format = NULL};
	size_t in = 1, out = 1;
	unsigned char room;

	(void)state;
	assert_int_equal(stream_begin(&s, &toy), 0);
	stream_pass(&s, 100);
	stream_pass(&s, 250);
	assert_int_equal(s.pieces, 2);
	stream_seek(&s, 200);
	assert_true(stream_is_between(&s));
	assert_int_equal(
		stream_more(&s, (const unsigned char *)"x", &in, &room, &out),
		-EBADMSG);
	assert_int_equal(s.damage.kind, DAMAGE_GARBAGE);
	assert_int_equal(s.damage.at, 200);
	stream_release(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_come_to_the_same_in_pieces_of_any_size),
		cmocka_unit_test(a_decoder_is_kept_until_another_format_comes),
		cmocka_unit_test(what_is_not_decoded_here_does_not_begin),
		cmocka_unit_test(
			without_memory_nothing_begins_and_nothing_is_lost),
		cmocka_unit_test(
			a_piece_that_needs_memory_is_not_called_damaged),
		cmocka_unit_test(
			it_is_between_pieces_only_where_a_piece_may_begin),
		cmocka_unit_test(pieces_decoded_elsewhere_count),
		cmocka_unit_test(how_long_a_file_is_goes_to_who_wants_to_know),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
