#include "config.h"

#include "packed.h"

#include "support.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CALLS_MOST 4000

unsigned char *packed_room(struct packed_file *p, size_t len)
{
	if (p->room - p->len < len) {
		p->room = p->room + len;
		p->bytes = realloc(p->bytes, p->room);
		assert_non_null(p->bytes);
	}
	return p->bytes + p->len;
}

void packed_add(struct packed_file *p, const void *bytes, size_t len)
{
	unsigned char *at = packed_room(p, len + 1);

	memcpy(at, bytes, len);
	p->len += len;
}

void packed_empty(struct packed_file *p)
{
	p->len = 0;
}

void packed_release(struct packed_file *p)
{
	free(p->bytes);
	*p = (struct packed_file){.len = 0};
}

/* One call, on memory of exactly these sizes. */
static int decode_some(struct stream *s, const unsigned char *in,
	size_t *in_len, size_t room, struct packed_file *text)
{
	unsigned char *from = support_allocate(*in_len);
	unsigned char *to = support_allocate(room);
	int err;

	if (*in_len > 0)
		memcpy(from, in, *in_len);
	err = stream_more(s, from, in_len, to, &room);
	packed_add(text, to, room);
	free(from);
	free(to);
	return err;
}

void packed_decode(struct outcome *o, const struct format *format,
	const struct packed_file *p, size_t in, size_t out)
{
	struct stream s = {.format = NULL};
	struct packed_file text = {.len = 0};
	size_t at = 0, taken, before;

	*o = (struct outcome){.err = stream_begin(&s, format)};
	assert_int_equal(o->err, 0);
	do {
		before = text.len;
		taken = p->len - at < in ? p->len - at : in;
		o->err = decode_some(&s, p->bytes + at, &taken, out, &text);
		at += taken;
		/* Whoever is woken for something else asks again. */
		for (size_t i = 0; !o->err && i < 2; i++) {
			size_t none = 0;

			o->err = decode_some(
				&s, p->bytes + at, &none, out, &text);
		}
	} while (!o->err && (taken > 0 || text.len > before));
	if (!o->err) {
		assert_int_equal(at, p->len);
		o->err = stream_end(&s);
	}
	o->kind = s.damage.kind;
	o->at = s.damage.at;
	o->pieces = s.pieces;
	if (s.damage.why)
		(void)snprintf(o->why, sizeof(o->why), "%s", s.damage.why);
	o->text = packed_room(&text, 1) - text.len;
	o->len = text.len;
	stream_release(&s);
}

void outcome_release(struct outcome *o)
{
	free(o->text);
}

static void same_outcome(const struct outcome *is, const struct outcome *should)
{
	support_same(is->text, is->len, should->text, should->len);
	assert_int_equal(is->err, should->err);
	assert_int_equal(is->kind, should->kind);
	assert_int_equal(is->at, should->at);
	assert_int_equal(is->pieces, should->pieces);
	assert_string_equal(is->why, should->why);
}

void packed_decode_in_all_ways(struct outcome *o, const struct format *format,
	const struct packed_file *p)
{
	static const size_t sizes[] = {1, 2, 7, 1000, 65536};

	packed_decode(o, format, p, 262144, 262144);
	for (size_t i = 0; i < COUNT(sizes); i++)
		for (size_t j = 0; j < COUNT(sizes); j++) {
			struct outcome other;

			if (p->len / sizes[i] + o->len / sizes[j] > CALLS_MOST)
				continue;
			packed_decode(&other, format, p, sizes[i], sizes[j]);
			same_outcome(&other, o);
			outcome_release(&other);
		}
}

void packed_is(const struct format *format, const struct packed_file *p,
	const void *text, size_t len, uint64_t pieces)
{
	struct outcome o;

	packed_decode_in_all_ways(&o, format, p);
	support_same(o.text, o.len, text, len);
	assert_int_equal(o.err, 0);
	assert_int_equal(o.pieces, pieces);
	outcome_release(&o);
}

void packed_is_damaged(const struct format *format, const struct packed_file *p,
	const void *text, size_t len, enum damage_kind kind, uint64_t at,
	const char *why)
{
	struct outcome o;

	packed_decode_in_all_ways(&o, format, p);
	support_same(o.text, o.len, text, len);
	assert_int_equal(o.err, -EBADMSG);
	assert_int_equal(o.kind, kind);
	assert_int_equal(o.at, at);
	assert_string_equal(o.why, why ? why : "");
	outcome_release(&o);
}

void packed_cut_anywhere(const struct format *format,
	const struct packed_file *p, const void *text, size_t len, size_t step)
{
	struct packed_file cut = {.len = 0};
	size_t before = 0;

	packed_add(&cut, p->bytes, p->len);
	for (cut.len = FORMAT_MAGIC_MOST; cut.len < p->len; cut.len += step) {
		struct outcome o;

		packed_decode(&o, format, &cut, 65536, 4096);
		assert_int_equal(o.kind, DAMAGE_CUT);
		assert_int_equal(o.at, cut.len);
		assert_between(o.len, before, len);
		assert_memory_equal(o.text, text, o.len);
		before = o.len;
		outcome_release(&o);
	}
	packed_release(&cut);
}

/* Damaged twice the same way, as far as that is sure. */
static void similar_outcome(
	const struct outcome *is, const struct outcome *should, bool exact)
{
	size_t both = is->len < should->len ? is->len : should->len;

	if (exact) {
		same_outcome(is, should);
		return;
	}
	assert_int_equal(is->err, should->err);
	assert_memory_equal(is->text, should->text, both);
}

static void flipped(const struct format *format, const struct packed_file *bad,
	const void *text, size_t len, bool exact)
{
	static const size_t sizes[] = {1, 100};
	struct outcome o, other;

	packed_decode(&o, format, bad, 4096, 4096);
	if (!o.err)
		support_same(o.text, o.len, text, len);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		packed_decode(&other, format, bad, sizes[i], 4 * sizes[i]);
		similar_outcome(&other, &o, exact);
		outcome_release(&other);
	}
	outcome_release(&o);
}

void packed_flipped_anywhere(const struct format *format,
	const struct packed_file *p, const void *text, size_t len, bool exact)
{
	struct packed_file bad = {.len = 0};

	packed_add(&bad, p->bytes, p->len);
	for (size_t bit = 0; bit < 8 * p->len; bit++) {
		unsigned char mask = (unsigned char)(1 << bit % 8);

		bad.bytes[bit / 8] ^= mask;
		if (format->magic(bad.bytes, bad.len) == MATCH_YES)
			flipped(format, &bad, text, len, exact);
		bad.bytes[bit / 8] ^= mask;
	}
	packed_release(&bad);
}
