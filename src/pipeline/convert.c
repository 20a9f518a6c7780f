#include "config.h"

#include "pipeline/convert.h"

#include "codec/charset.h"
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

/* Whether a file with the text would become another one. */
static bool is_changed(const struct batch *b)
{
	return b->inputs.decoded || b->upper_len != b->len ||
	       memcmp(b->upper, b->text, b->len) != 0;
}

/* What is turned of a batch, and how. */
static const struct text *text_for(
	const struct converter *c, const struct batch *b)
{
	return b->inputs.decoded ? c->decoded : c->text;
}

/* Whether something of it could not be decoded, and may be left by what
 * selects: then it has to be looked for. */
static bool may_leave_bad(const struct text *t, const struct batch *b,
	const struct text_piece *piece)
{
	return b->inputs.decoded && t->selection && piece->len > 0 &&
	       memchr(piece->text, CHARSET_BAD, piece->len);
}

/* What is left stays as it is, but for the byte that stands for what could not
 * be decoded: outside it means nothing. There is room: text becomes three times
 * as long at most, and that byte does. */
static void replace_bad(struct text_result *r)
{
	static const unsigned char replacement[] = {0xEF, 0xBF, 0xBD};
	unsigned char *from = r->out + r->produced, *to = from;

	for (size_t i = 0; i < r->produced; i++)
		to += r->out[i] == CHARSET_BAD ? sizeof(replacement) - 1 : 0;
	r->produced = (size_t)(to - r->out);
	while (from < to) {
		if (*--from != CHARSET_BAD) {
			*--to = *from;
			continue;
		}
		to -= sizeof(replacement);
		memcpy(to, replacement, sizeof(replacement));
	}
}

/* All of it counts, and the first may be one that was left. */
static void count_bad(const struct text_piece *piece, struct text_result *r)
{
	const unsigned char *text = piece->text;
	size_t first = 0, line;

	r->invalid = text_count_invalid(text, piece->len, &first);
	line = lines_whole(text, first);
	r->bad_at = (ptrdiff_t)first;
	r->bad_line = lines_count(text, first);
	r->bad_column = lines_characters(text + line, first - line);
}

/* Turns a part of b, which is the piece of one FILE: the i-th, unless they are
 * not kept apart. What it comes to, if not in place, is put to spare[n..). */
static int turn_part(const struct text *t, struct text_engine *engine,
	struct batch *b, struct batch_part part, size_t i, size_t n,
	bool in_place, struct text_result *result)
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
		.in_place =
			in_place && !text_can_fail(t) && !batch_is_shared(b),
		.spare = b->spare + n,
		.room = text_bound(b->len) - n};
	bool look = may_leave_bad(t, b, &piece);
	int err;

	piece.in_place &= !look;
	err = text_convert(t, &piece, result);
	if (look)
		replace_bad(result);
	if (look && !err)
		count_bad(&piece, result);
	return err;
}

static int turn_all(const struct text *t, struct text_engine *engine,
	struct batch *b, bool in_place, struct text_result *result)
{
	int err = turn_part(t, engine, b, (struct batch_part){0, b->len}, 0, 0,
		in_place, result);

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
				part, i, b->upper_len, false, &result);
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
	const struct text *t = text_for(c, b);
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
	err = turn_all(t, engine, b, !c->compare, &result);
	b->changed = c->compare && is_changed(b);
	if (result.invalid > 0) {
		b->bad.line = result.bad_line - b->cut.lead;
		b->bad.column = result.bad_column;
		b->bad.at = (uint64_t)result.bad_at;
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
	(void)turn_part(t, NULL, b, batch_part(b, i), i, 0, false, result);
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
	if (text_keeps(text_for(c, b)))
		atomic_fetch_add(&c->ledger->invalid_kept, b->invalid);
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

bool convert_packs(const struct packers *p, const struct batch *b)
{
	return p->of[b->origin.form] != NULL;
}

int convert_compress(const struct converter *c, const struct packers *packers,
	struct batch *b)
{
	struct packer *p = packers->of[b->origin.form];
	/* Cannot be: the room was asked for before. */
	const char *what = "text could not be compressed";
	struct fault fault;
	int err;

	if (!p || b->upper_len == 0)
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
