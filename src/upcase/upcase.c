#include "config.h"

/*
 * The top of the engine: a stream that comes in pieces, and what is not UTF-8
 * in it. Nothing below knows of either. Calls and includes go down only:
 *
 *	upcase.h             what others see, and all of it:
 *	  upcase.c             streams
 *	  language.c           the tags of languages
 *	  variant.c            which ways to run there are
 *
 *	variant.h            runs of characters that stand by themselves,
 *	  avx512.c             by vectors, and what two of these
 *	  avx2.c, ssse3.c      share (shuffle.h), and what they
 *	  neon.c               all are (kernel.h);
 *	  portable.c           by words, also what vectors leave over
 *
 *	greek.h              runs where it counts what stands around them:
 *	  greek.c              every character looked at
 *	lithuanian.h
 *	  lithuanian.c         only those near a dot; a variant runs the rest
 *
 *	map.h                what a run is; a character by itself
 *	  map.c
 *	growth.h             where there are more characters than there were
 *	  growth.c
 *
 *	tables.h, utf8.h     what Unicode says of characters; their bytes
 *	  tables.c             by gen-tables.c, from data/
 *
 * In a call convert_piece completes the character that the piece before was cut
 * in; convert lets one of those below run up to the next ill-formed sequence,
 * take_invalid does to that what was asked for, and so on to the end.
 */
#include "upcase/upcase.h"

#include "upcase/greek.h"
#include "upcase/lithuanian.h"
#include "upcase/map.h"
#include "upcase/utf8.h"
#include "upcase/variant.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	DENSE = 64, /* bytes between ill-formed sequences that are close */
	MORE = 256, /* bytes among which there may be more of them */
	GROWTH = 3, /* the largest: U+0390, two bytes, becomes six */
	HELD_MAX = GREEK_HELD_MAX + GROWTH * UTF8_MAX + MAP_SLACK,
};

_Static_assert(UPCASE_LOOKAHEAD == GREEK_LOOKAHEAD, "two words, one number");
_Static_assert(sizeof(struct greek) <= sizeof((struct upcase_state){0}.context),
	"the state has room for what Greek keeps");

const char *const upcase_unicode_version = tables_unicode_version;

/* One call of upcase_convert. */
struct call {
	const struct upcase *u;
	struct upcase_state *st;
	struct upcase_result *res;
	struct map_span span;
	struct greek_piece greek;    /* el */
	bool after_soft_dotted;	     /* lt: U+0307 would be dropped here */
	const unsigned char *src;    /* what is being converted ... */
	uint64_t offset;	     /* ... and where in the stream it begins */
	const unsigned char *intact; /* what was read is still there from here
					on, and before that so many characters
					are in the same line */
	uint64_t column;
	struct growth growth;
	unsigned char *begin; /* of the output */
	unsigned char *spare; /* where it goes when it does not fit in place */
};

static const struct upcase_map *map_of(
	enum upcase_mapping mapping, enum upcase_language language)
{
	bool turkish = language == UPCASE_TR || language == UPCASE_AZ;

	if (mapping == UPCASE_ASCII)
		return &map_ascii;
	if (mapping == UPCASE_SIMPLE)
		return turkish ? &map_simple_turkish : &map_simple;
	if (language == UPCASE_HY)
		return &map_full_armenian;
	return turkish ? &map_full_turkish : &map_full;
}

int upcase_init(struct upcase *u, enum upcase_mapping mapping,
	enum upcase_language language, enum upcase_invalid invalid)
{
	bool one_to_one = language == UPCASE_TR || language == UPCASE_AZ;

	if ((unsigned)mapping > UPCASE_ASCII ||
		(unsigned)language > UPCASE_HY ||
		(unsigned)invalid > UPCASE_FAIL)
		return -EINVAL;
	if (mapping != UPCASE_FULL && language != UPCASE_ROOT &&
		!(mapping == UPCASE_SIMPLE && one_to_one))
		return -EINVAL;
	u->mapping = mapping;
	u->language = language;
	u->invalid = invalid;
	u->map = map_of(mapping, language);
	u->variant = variant_best();
	return 0;
}

void upcase_state_init(struct upcase_state *st)
{
	memset(st, 0, sizeof(*st));
}

size_t upcase_bound(size_t len)
{
	if (len > (SIZE_MAX - HELD_MAX) / GROWTH)
		return SIZE_MAX;
	return len * GROWTH + HELD_MAX;
}

bool upcase_has_context(const struct upcase *u)
{
	return u->language == UPCASE_LT || u->language == UPCASE_EL;
}

/* Converts characters up to something that is none. What was kept on the way,
 * which the first one never is, is counted. */
static void run(struct call *c)
{
	struct map_span *span = &c->span;

	if (c->u->language == UPCASE_LT)
		lithuanian_run(c->u->map, c->u->variant->run,
			&c->after_soft_dotted, span);
	else if (c->u->language == UPCASE_EL)
		greek_run(c->u->map, &c->greek, span);
	else
		c->u->variant->run(c->u->map, span);
	c->res->invalid += span->invalid;
	span->invalid = 0;
}

/* What the piece before has left. */
static void resume_context(struct call *c)
{
	const unsigned char *context = c->st->context;
	struct greek g;

	if (c->u->language == UPCASE_LT) {
		c->after_soft_dotted = context[0];
	} else if (c->u->language == UPCASE_EL) {
		memcpy(&g, context, sizeof(g));
		greek_resume(&c->greek, &g, c->st->held, &c->span);
	}
}

/* For the next piece. */
static void keep_context(struct call *c)
{
	unsigned char *context = c->st->context;

	if (c->u->language == UPCASE_LT) {
		context[0] = c->after_soft_dotted;
	} else if (c->u->language == UPCASE_EL) {
		greek_suspend(&c->greek, c->st->held, &c->span);
		memcpy(context, &c->greek.g, sizeof(c->greek.g));
	}
}

static void end_context(struct call *c)
{
	c->after_soft_dotted = false;
	if (c->u->language == UPCASE_EL)
		greek_flush(&c->greek, &c->span);
}

/* The characters in p[0..len) behind its last newline; *line says whether there
 * is one. */
static uint64_t column_in(const unsigned char *p, size_t len, bool *line)
{
	const unsigned char *begin = utf8_last_line(p, len);

	*line = begin > p;
	return utf8_characters(begin, len - (size_t)(begin - p));
}

/* The column of what is at span.src: in place, from what the line has become
 * by now. */
static uint64_t column_here(struct call *c)
{
	const struct map_span *span = &c->span;
	bool line;
	uint64_t n;

	if (!span->in_place) {
		n = column_in(
			c->intact, (size_t)(span->src - c->intact), &line);
		return line ? n : n + c->column;
	}
	n = column_in(c->begin, (size_t)(span->dst - c->begin), &line);
	return n - (uint64_t)growth_of_line(&c->growth, span->dst);
}

/* By how many characters the last line of the output is longer than what was
 * read of it. */
static ptrdiff_t grown(struct call *c)
{
	bool line;

	if (c->span.in_place)
		return growth_of_line(&c->growth, c->span.dst);
	return (ptrdiff_t)column_in(
		       c->begin, (size_t)(c->span.dst - c->begin), &line) -
	       (ptrdiff_t)column_here(c);
}

/* The first ill-formed sequence is at span.src, which is at offset in the
 * stream. From now on they may be passed through. */
static void note_first(struct call *c, uint64_t offset)
{
	const unsigned char *p = c->begin, *end = c->span.dst;

	c->res->first_bad = offset;
	c->res->first_column = column_here(c);
	for (; (p = memchr(p, '\n', (size_t)(end - p))); p++)
		c->res->first_line++;
	c->span.keep = c->u->invalid == UPCASE_KEEP;
	c->span.growth = NULL;
}

/* From here on the output may be longer than what was read. */
static void leave_place(struct call *c)
{
	size_t n = (size_t)(c->span.dst - c->begin);

	/* Whoever knows of the first one asks no more. */
	if (c->res->invalid == 0)
		c->column = column_here(c);
	c->intact = c->span.src;
	memcpy(c->spare, c->begin, n);
	c->begin = c->spare;
	c->span.dst = c->spare + n;
	c->span.in_place = false;
	c->span.growth = NULL;
}

/* Writes n bytes, a few, in exchange for the next `from` bytes. In place they
 * may be the same, a bit further on. */
static void put(
	struct call *c, const unsigned char *bytes, size_t n, size_t from)
{
	if (c->span.in_place && (size_t)(c->span.src - c->span.dst) + from < n)
		leave_place(c);
	for (size_t i = 0; i < n; i++)
		*c->span.dst++ = bytes[i];
	c->span.src += from;
}

/* An ill-formed sequence of n bytes at span.src, which is at offset in the
 * stream. */
static int invalid(struct call *c, size_t n, uint64_t offset)
{
	static const unsigned char replacement[] = {0xEF, 0xBF, 0xBD};

	end_context(c);
	if (c->res->invalid++ == 0)
		note_first(c, offset);
	switch (c->u->invalid) {
	case UPCASE_FAIL:
		return -EILSEQ;
	case UPCASE_REPLACE:
		put(c, replacement, sizeof(replacement), n);
		break;
	case UPCASE_KEEP:
		put(c, c->span.src, n, n);
	}
	return 0;
}

/* Where ill-formed sequences are dense, starting vectors does not pay. */
static void expect_more(struct call *c, size_t since_last)
{
	if (since_last < DENSE && c->span.pace.mixed < MORE)
		c->span.pace.mixed = MORE;
}

/* Takes the ill-formed sequences that follow each other at span.src; without
 * last, the beginning of a character at the end stays there. Returns 0 or
 * -EILSEQ. */
static int take_invalid(struct call *c, bool last)
{
	while (c->span.src < c->span.end) {
		size_t rest = (size_t)(c->span.end - c->span.src);
		int n = utf8_scan(c->span.src, rest);
		int err;

		if (n > 0 || (n == 0 && !last))
			break;
		err = invalid(c, n == 0 ? rest : (size_t)-n,
			c->offset + (uint64_t)(c->span.src - c->src));
		if (err)
			return err;
	}
	return 0;
}

/* Converts src[0..len), which begins at offset in the stream, as far as it can
 * be judged: without last, the beginning of a character at its end stays at
 * span.src. */
static int convert(struct call *c, const unsigned char *src, size_t len,
	uint64_t offset, bool last)
{
	const unsigned char *behind_last = src;

	c->src = src;
	c->offset = offset;
	c->span.src = src;
	c->span.end = src + len;
	if (!c->span.in_place)
		c->intact = src;
	for (;;) {
		const unsigned char *stop;
		int err;

		run(c);
		stop = c->span.src;
		err = take_invalid(c, last);
		if (err || c->span.src == c->span.end)
			return err;
		if (c->span.src > stop) {
			expect_more(c, (size_t)(stop - behind_last));
			behind_last = c->span.src;
		} else if (c->span.in_place &&
			   utf8_scan(stop, (size_t)(c->span.end - stop)) > 0) {
			leave_place(c); /* it might grow */
		} else {
			return 0; /* not complete */
		}
	}
}

/* Completes what the piece before ended with, the beginning of a character,
 * with the bytes from src that go with it; *taken is how many those are. */
static int convert_partial(struct call *c, const unsigned char *src, size_t len,
	bool last, size_t *taken)
{
	struct upcase_state *st = c->st;
	size_t had = st->n_partial, n = had + len;
	unsigned char whole[UTF8_MAX];
	int scanned, err;

	if (n > UTF8_MAX)
		n = UTF8_MAX;
	memcpy(whole, st->partial, had);
	if (n > had)
		memcpy(whole + had, src, n - had);
	scanned = utf8_scan(whole, n);
	if (scanned != 0)
		n = (size_t)abs(scanned);
	*taken = n - had;
	if (scanned == 0 && !last) {
		memcpy(st->partial, whole, n);
		st->n_partial = (unsigned char)n;
		return 0;
	}
	st->n_partial = 0;
	err = convert(c, whole, n, st->offset - had, true);
	c->span.src = c->span.end = NULL; /* whole is no more */
	return err;
}

/* Keeps the beginning of a character for the next piece. */
static void keep_partial(struct call *c)
{
	size_t rest = (size_t)(c->span.end - c->span.src);

	memcpy(c->st->partial, c->span.src, rest);
	c->st->n_partial = (unsigned char)rest;
}

static int convert_piece(
	struct call *c, const unsigned char *src, size_t len, bool last)
{
	size_t taken = 0;
	int err = 0;

	if (c->st->n_partial > 0 && (len > 0 || last))
		err = convert_partial(c, src, len, last, &taken);
	if (!err && taken < len) {
		err = convert(c, src + taken, len - taken,
			c->st->offset + taken, last);
		if (!err && c->span.src < c->span.end)
			keep_partial(c);
	}
	return err;
}

/* How much of a piece was taken before its first ill-formed sequence. That may
 * begin in the piece before. */
static size_t taken_before_failure(const struct call *c)
{
	if (c->res->first_bad < c->st->offset)
		return 0;
	return (size_t)(c->res->first_bad - c->st->offset);
}

/* As after upcase_state_init, but for what is the caller's. */
static void restart(struct upcase_state *st)
{
	unsigned char *held = st->held;

	upcase_state_init(st);
	st->held = held;
}

/* Not all of it is cleared, which would take longer than a short text. */
static void begin_call(struct call *c, const struct upcase *u,
	struct upcase_state *st, struct upcase_result *res)
{
	c->u = u;
	c->st = st;
	c->res = res;
	c->span = (struct map_span){.in_place = false};
	c->spare = NULL;
	c->column = 0;
}

static int convert_call(struct call *c, const unsigned char *src, size_t len,
	bool last, size_t size)
{
	struct upcase_state *st = c->st;
	int err;

	memset(c->res, 0, sizeof(*c->res));
	if (size < upcase_bound(len))
		return -ENOBUFS;
	if (c->u->language == UPCASE_EL && !last && !st->held)
		return -EINVAL;
	c->span.dst = c->begin;
	resume_context(c);
	err = convert_piece(c, src, len, last);
	if (last && !err)
		end_context(c);
	else if (!err)
		keep_context(c);
	c->res->consumed = err ? taken_before_failure(c) : len;
	c->res->out = c->begin;
	c->res->produced = (size_t)(c->span.dst - c->begin);
	if (last || err)
		restart(st);
	else
		st->offset += len;
	return err;
}

int upcase_convert(const struct upcase *u, struct upcase_state *st,
	const unsigned char *src, size_t len, bool last, unsigned char *dst,
	size_t size, struct upcase_result *res)
{
	struct call c;

	begin_call(&c, u, st, res);
	c.begin = dst;
	return convert_call(&c, src, len, last, size);
}

int upcase_convert_in_place(const struct upcase *u, struct upcase_state *st,
	unsigned char *text, size_t len, bool last, unsigned char *spare,
	size_t size, struct upcase_result *res)
{
	struct call c;
	bool in_place = st->n_partial == 0 && !upcase_has_context(u);
	int err;

	begin_call(&c, u, st, res);
	/* What the piece before has left to say would come before the text. */
	c.span.in_place = in_place;
	c.begin = in_place ? text : spare;
	c.spare = spare;
	if (in_place) {
		growth_begin(&c.growth, text);
		c.span.growth = &c.growth;
	}
	err = convert_call(&c, text, len, last, size);
	if (in_place && !err && res->invalid == 0 && len > 0)
		res->grown = grown(&c);
	return err;
}
