#include "config.h"

#include "pipeline/convert.h"

#include "pipeline/place.h"
#include "text/lines.h"

#include <errno.h>
#include <string.h>

static void count_lines(struct batch *b)
{
	b->lines = batch_count_lines(b);
	atomic_store(&b->unwritten, b->lines);
}

/* With invalid=fail: what is behind the bad sequence was never asked for. */
static void forget_rest(struct batch *b, size_t at)
{
	bool cut = at > 0 ? !lines_end(b->text, at) : b->cut.continues;

	b->len = at;
	b->cut.inserted = 0;
	b->cut.unterminated = cut ? 1 : 0;
	count_lines(b);
}

/* With invalid=fail a bad sequence was met at text[at]. Notes what it is, and
 * ends the line that was cut if the output wants that. */
static void note_bad(struct batch *b, size_t at)
{
	bool first = lines_whole(b->text, at) == 0;
	size_t n = 1;

	/* The maximal subpart: the longest beginning of a character, or a byte
	 * that begins none. */
	for (size_t len = 2; len <= 4 && at + len <= b->len; len++)
		if (text_incomplete(b->text + at, len) == len)
			n = len;
	b->bad.met = true;
	b->bad.n = (unsigned)n;
	memcpy(b->bad.bytes, b->text + at, n);
	if (b->cut.terminate &&
		(b->upper_len > 0 ? !lines_end(b->upper, b->upper_len)
				  : b->cut.continues && first))
		b->upper[b->upper_len++] = '\n';
	forget_rest(b, at);
}

/* The characters behind the last newline, for the column of a bad sequence in a
 * later piece of the same line. */
static uint64_t count_tail(const struct batch *b)
{
	size_t line = lines_whole(b->text, b->len);

	return lines_characters(b->text + line, b->len - line);
}

/* Turns a part of b, which is the piece of one FILE: the i-th, unless they are
 * not kept apart. What it comes to, if not in place, is put to spare[n..). */
static int turn_part(const struct text *t, struct text_engine *engine,
	struct batch *b, struct batch_part part, size_t i, size_t n,
	struct text_result *result)
{
	static const struct text_state beginning = {0};
	bool last = i + 1 == b->inputs.ended;
	/* Without context a piece stands alone: it was cut between characters,
	 * so what looks unfinished at its end will not be finished. */
	struct text_piece piece = {.begin = i == 0 ? &b->cut.begin : &beginning,
		.engine = engine,
		.last = !engine || !b->cut.open,
		.ends = i < b->inputs.ended && !(last && b->inputs.bad),
		.closed = last && b->cut.inserted > 0,
		.text = b->text + part.from,
		.len = part.to - part.from,
		.in_place = !text_can_fail(t) && !batch_is_shared(b),
		.spare = b->spare + n,
		.room = text_bound(b->len) - n};

	return text_convert(t, &piece, result);
}

static int turn_all(const struct text *t, struct text_engine *engine,
	struct batch *b, struct text_result *result)
{
	int err = turn_part(
		t, engine, b, (struct batch_part){0, b->len}, 0, 0, result);

	b->upper = result->out;
	b->upper_len = result->produced;
	b->invalid = result->invalid;
	b->wrong = result->wrong;
	return err;
}

/* The same for several FILEs. What is met in them is told when they are
 * written. A record that is in pieces is in one part only. */
static void turn_shared(
	const struct text *t, struct text_engine *engine, struct batch *b)
{
	size_t in_pieces = b->cut.open ? b->inputs.ended : 0;

	b->upper = b->spare;
	for (size_t i = 0; i <= b->inputs.ended; i++) {
		struct batch_part part = batch_part(b, i);
		struct text_result result;

		if (i == 0 || part.from < part.to) {
			(void)turn_part(t, i == in_pieces ? engine : NULL, b,
				part, i, b->upper_len, &result);
			b->upper_len += result.produced;
			b->invalid += result.invalid;
			b->wrong.met |= result.wrong.met;
		}
		if (i < b->inputs.ended)
			b->upper_ends[i] = (uint32_t)b->upper_len;
	}
}

/* Makes upper of text, which is used up unless it may have to be looked at
 * again. */
static void turn(
	const struct converter *c, struct text_engine *engine, struct batch *b)
{
	const struct text *t = b->inputs.decoded ? c->decoded : c->text;
	struct text_result result;
	int err;

	/* What is in place is used up. */
	b->wide = place_is_wide(b->text + b->cut.lead, b->len - b->cut.lead);
	if (b->cut.open)
		b->tail_chars = count_tail(b);
	if (text_keeps_apart(t) && batch_is_shared(b)) {
		turn_shared(t, engine, b);
		return;
	}
	err = turn_all(t, engine, b, &result);
	if (result.invalid > 0) {
		b->bad.line = result.bad_line - b->cut.lead;
		b->bad.column = result.bad_column;
	}
	if (err == -EILSEQ) {
		note_bad(b, (size_t)result.bad_at);
		/* What comes behind it will be dropped. */
		if (engine)
			text_engine_begin(engine);
	}
}

void convert_look(const struct text *t, struct batch *b, size_t i,
	struct text_result *result)
{
	(void)turn_part(t, NULL, b, batch_part(b, i), i, 0, result);
}

/* The lines are counted first, so that they are known as lost whatever becomes
 * of this thread. */
void convert_batch(
	const struct converter *c, struct text_engine *engine, struct batch *b)
{
	count_lines(b);
	turn(c, engine, b);
	b->converted = true;
	atomic_fetch_add(&c->ledger->lines_in, b->lines);
	atomic_fetch_add(&c->ledger->bytes_in, b->len - b->cut.inserted);
	atomic_fetch_add(&c->ledger->invalid, b->invalid);
}

void convert_forget(struct ledger *l, struct batch *b)
{
	atomic_store(&b->unwritten, 0);
	if (!b->converted)
		return;
	atomic_fetch_sub(&l->lines_in, b->lines);
	atomic_fetch_sub(&l->bytes_in, b->len - b->cut.inserted);
	atomic_fetch_sub(&l->invalid, b->invalid);
}

void convert_judge(const struct converter *c, struct batch *b)
{
	if (!b->converted && b->len > 0 && text_can_fail(c->text))
		turn(c, NULL, b);
}

int convert_compress(
	const struct converter *c, struct packer *p, struct batch *b)
{
	/* Cannot be: the room was asked for before. */
	const char *what = "text could not be compressed";
	struct fault fault;
	int err;

	if (b->upper_len == 0)
		return 0;
	err = packer_pack(p, b->upper, b->upper_len, b->member,
		packer_bound(p, b->upper_len), &b->packed);
	if (!err && c->verify) {
		err = packer_verify(
			p, b->upper, b->upper_len, b->member, b->packed.size);
		what = err == -ENOMEM ? "not enough memory to verify"
				      : "what was compressed does not decode "
					"to the same text, and is not written";
	}
	if (err) {
		fault_set(&fault, "%s", what);
		ledger_fail(c->ledger, err, &fault);
	}
	return err;
}
