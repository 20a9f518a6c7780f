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

/* What is turned of a batch, and how. */
static const struct text *text_for(
	const struct converter *c, const struct batch *b)
{
	return b->inputs.decoded ? c->decoded : c->text;
}

/* Whether something of it could not be decoded, and may be left by what
 * selects: then it has to be looked for. */
static bool may_leave_bad(const struct text *t, const struct batch *b)
{
	return b->inputs.decoded && t->selection && b->len > 0 &&
	       memchr(b->text, CHARSET_BAD, b->len);
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
static void count_bad(const struct batch *b, struct text_result *r)
{
	size_t first = 0, line;

	r->invalid = text_count_invalid(b->text, b->len, &first);
	line = lines_whole(b->text, first);
	r->bad_line = lines_count(b->text, first);
	r->bad_column = lines_characters(b->text + line, first - line);
}

/* Makes upper of text, which is used up unless it may have to be looked at
 * again. */
static void turn(
	const struct converter *c, struct text_engine *engine, struct batch *b)
{
	const struct text *t = text_for(c, b);
	bool look = may_leave_bad(t, b);
	struct text_result result;
	/* Without context a piece stands alone: it was cut between characters,
	 * so what looks unfinished at its end will not be finished. */
	struct text_piece piece = {.begin = &b->cut.begin,
		.engine = engine,
		.last = !engine || !b->cut.open,
		.ends = b->inputs.ended > 0 && !b->inputs.bad,
		.text = b->text,
		.len = b->len,
		.in_place = !text_can_fail(t) && !batch_is_shared(b) && !look,
		.spare = b->spare,
		.room = text_bound(b->len)};
	int err;

	/* What is in place is used up. */
	b->wide = place_is_wide(b->text + b->cut.lead, b->len - b->cut.lead);
	if (b->cut.open)
		b->tail_chars = count_tail(b);
	err = text_convert(t, &piece, &result);
	if (look)
		replace_bad(&result);
	if (look && !err)
		count_bad(b, &result);
	b->upper = result.out;
	b->upper_len = result.produced;
	b->invalid = result.invalid;
	b->wrong = result.wrong;
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
