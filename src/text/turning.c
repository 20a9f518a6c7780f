#include "config.h"

#include "text/turning.h"

#include "text/lines.h"
#include "upcase/utf8.h"

#include <stdio.h>
#include <string.h>

/* Longer parts are worth a call of the engine. */
#define SHORT ((size_t)256)

typedef unsigned char bytes_of_16 __attribute__((vector_size(16)));

void turning_begin(struct turning *c, const struct text *t,
	const struct text_piece *piece, struct text_result *result)
{
	enum upcase_language language = t->upcase->language;

	*result = (struct text_result){.invalid = 0};
	*c = (struct turning){.text = t,
		.piece = piece,
		.result = result,
		.moved = !piece->in_place,
		.out = piece->in_place ? piece->text : piece->spare};
	/* Where ASCII is not turned as elsewhere, or turned by what is around
	 * it, the engine does it. */
	c->plain = language == UPCASE_ROOT || language == UPCASE_HY ||
		   (language == UPCASE_EL && !piece->engine);
}

/* ---- Short parts of ASCII ---- */

/* ASCII in upper case. */
static inline bytes_of_16 upper_of_16(bytes_of_16 v)
{
	return v - ((bytes_of_16)(v >= 'a') & (bytes_of_16)(v <= 'z') & 0x20);
}

/* Turns p[0..n), n <= 16, of sixteen bytes that are there; so many are written,
 * those behind n as they are. Returns false, and writes nothing, if it is not
 * ASCII. */
static inline bool turn_16(unsigned char *to, const unsigned char *p, size_t n)
{
	/* From 16 - n on: n bytes of ones, and zeros. */
	static const unsigned char ones[32] = {255, 255, 255, 255, 255, 255,
		255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
	bytes_of_16 v, upper, mine, mine_only;

	memcpy(&v, p, sizeof(v));
	memcpy(&mine, ones + 16 - n, sizeof(mine));
	mine_only = v & mine;
	if (!utf8_are_ascii((const void *)&mine_only))
		return false;
	upper = upper_of_16(v);
	v = (upper & mine) | (v & ~mine);
	memcpy(to, &v, sizeof(v));
	return true;
}

/* The same where there are not sixteen bytes. */
static bool turn_few(unsigned char *to, const unsigned char *p, size_t n)
{
	unsigned char few[16] = {0};

	memcpy(few, p, n);
	if (!turn_16(few, few, n))
		return false;
	memcpy(to, few, n);
	return true;
}

/* Turns p[0..n), of which `there` bytes are there, and for which there is as
 * much room at `to`, which may be p. Returns false if it is not all ASCII: then
 * some of it may have been turned. */
static bool turn_ascii(
	unsigned char *to, const unsigned char *p, size_t n, size_t there)
{
	for (; n > 16; n -= 16, there -= 16, p += 16, to += 16)
		if (!turn_16(to, p, 16))
			return false;
	return there >= 16 ? turn_16(to, p, n) : turn_few(to, p, n);
}

/* ---- The others ---- */

void turning_leave(struct turning *c, size_t to)
{
	size_t len = to - c->at;

	if (c->err)
		return;
	if (c->moved && len > 0)
		memcpy(c->out + c->n, c->piece->text + c->at, len);
	c->n += len;
	c->at = to;
}

/* By how many characters the line of out is longer that ends at n. */
static ptrdiff_t surplus_here(const struct turning *c)
{
	if (c->surplus == 0 ||
		memrchr(c->out + c->surplus_at, '\n', c->n - c->surplus_at))
		return 0;
	return c->surplus;
}

/* The characters of the last line of p[0..len). */
static size_t last_characters(const unsigned char *p, size_t len)
{
	size_t line = lines_whole(p, len);

	return lines_characters(p + line, len - line);
}

/* The engine met what is no UTF-8, for the first time in this piece; out[n] is
 * where it began with the part. */
static void note_bad(
	struct turning *c, const struct upcase_result *r, uint64_t begin)
{
	struct text_result *result = c->result;

	result->bad_at = (ptrdiff_t)c->at + (ptrdiff_t)(r->first_bad - begin);
	result->bad_line = lines_count(c->out, c->n) + r->first_line;
	result->bad_column = r->first_column;
	if (r->first_line == 0)
		result->bad_column += last_characters(c->out, c->n) -
				      (uint64_t)surplus_here(c);
}

static ptrdiff_t difference(
	const struct upcase_result *r, const unsigned char *src, size_t len)
{
	return (ptrdiff_t)last_characters(r->out, r->produced) -
	       (ptrdiff_t)last_characters(src, len);
}

/* What the engine made of the part is the last of out. */
static void note_surplus(struct turning *c, ptrdiff_t before,
	const struct upcase_result *r, ptrdiff_t grown)
{
	bool line = memchr(r->out, '\n', r->produced) != NULL;

	c->surplus = (line ? 0 : before) + grown;
	c->surplus_at = c->n;
}

/* From here on the result is in spare, of which the engine may have written
 * what is behind out[0..settled). */
static void move(struct turning *c, size_t settled)
{
	memcpy(c->piece->spare, c->out, settled);
	c->out = c->piece->spare;
	c->moved = true;
}

static void turn_by_engine(struct turning *c, size_t to, unsigned ties)
{
	const struct text_piece *piece = c->piece;
	const struct upcase *u = c->text->upcase;
	struct upcase_state alone, *state = &alone;
	unsigned char *src = piece->text + c->at;
	size_t len = to - c->at, room = piece->room - c->n;
	ptrdiff_t before = surplus_here(c);
	bool intact = c->moved || upcase_has_context(u);
	struct upcase_result r;
	bool last = true;
	uint64_t begin;

	upcase_state_init(&alone);
	if (piece->engine && ties != TURNING_ALONE) {
		if (!(ties & TURNING_BEFORE))
			text_engine_begin(piece->engine);
		state = &piece->engine->state;
		last = !(ties & TURNING_BEHIND) ||
		       text_ends_stream(piece, src, len);
	}
	begin = state->offset;
	if (c->moved) {
		c->err = upcase_convert(
			u, state, src, len, last, c->out + c->n, room, &r);
	} else {
		c->err = upcase_convert_in_place(u, state, src, len, last,
			piece->spare + c->n, room, &r);
	}
	if (r.invalid > 0 && c->result->invalid == 0)
		note_bad(c, &r, begin);
	c->result->invalid += r.invalid;
	if (!c->moved && (r.out != src || r.produced != len))
		move(c, r.out == src ? c->n + r.produced : c->n);
	c->n += r.produced;
	c->at = to;
	if (c->result->invalid == 0 && !c->err)
		note_surplus(c, before, &r,
			intact ? difference(&r, src, len) : r.grown);
}

void turning_part(struct turning *c, size_t from, size_t to, unsigned ties)
{
	size_t n = to - from;

	if (c->err)
		return;
	turning_leave(c, from);
	if (c->plain && n <= SHORT &&
		turn_ascii(c->out + c->n, c->piece->text + from, n,
			c->piece->len - from)) {
		c->n += n;
		c->at = to;
		return;
	}
	turn_by_engine(c, to, ties);
}

void turning_wrong(
	struct turning *c, size_t at, uint64_t lines_before, const char *words)
{
	struct text_wrong *wrong = &c->result->wrong;

	if (wrong->met || c->err)
		return;
	/* What was turned is used up, but lines stay lines. */
	turning_leave(c, at);
	wrong->met = true;
	wrong->line =
		(int64_t)lines_count(c->out, c->n) - (int64_t)lines_before;
	(void)snprintf(wrong->words, sizeof(wrong->words), "%s", words);
}

int turning_end(struct turning *c)
{
	turning_leave(c, c->piece->len);
	c->result->out = c->out;
	c->result->produced = c->n;
	return c->err;
}
