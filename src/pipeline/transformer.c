#include "config.h"

/*
 * The second stage: takes batches in the order in which they were read, turns
 * them to upper case and, for gzip output, into a member each. There may be
 * several of these threads; the writer's queue puts their batches in order.
 */
#include "pipeline/stage.h"

#include "io/clock.h"

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
	bool cut = at > 0 ? b->text[at - 1] != '\n' : b->continues;

	b->len = at;
	b->inserted = 0;
	b->unterminated = cut ? 1 : 0;
	count_lines(b);
}

/* With invalid=fail a bad sequence was met at text[at]. Notes where that is,
 * and ends the line that was cut if the output wants that. */
static void note_bad(struct batch *b, size_t at)
{
	size_t line = at, n = 1;

	b->bad = true;
	b->bad_line = count_newlines(b->text, at);
	while (line > 0 && b->text[line - 1] != '\n')
		line--;
	b->bad_column = count_characters(b->text + line, at - line);
	/* The maximal subpart: the longest beginning of a character, or a byte
	 * that begins none. */
	for (size_t len = 2; len <= 4 && at + len <= b->len; len++)
		if (upcase_incomplete(b->text + at, len) == len)
			n = len;
	memcpy(b->bad_bytes, b->text + at, n);
	b->n_bad_bytes = (unsigned)n;
	if (b->terminate &&
		(b->upper_len > 0 ? b->upper[b->upper_len - 1] != '\n'
				  : b->continues && line == 0))
		b->upper[b->upper_len++] = '\n';
	forget_rest(b, at);
}

/* The characters behind the last newline, for the column of a bad sequence in a
 * later piece of the same line. */
static uint64_t count_tail(const struct batch *b)
{
	size_t line = b->len;

	while (line > 0 && b->text[line - 1] != '\n')
		line--;
	return count_characters(b->text + line, b->len - line);
}

/* Makes upper of text, which is used up unless a bad sequence may have to be
 * told of. Returns 0 or -ECANCELED. */
static int convert(struct pipeline *p, struct batch *b)
{
	const struct upcase *map = p->config.map;
	bool pass_on = upcase_has_context(map);
	bool last = !b->open || !pass_on;
	size_t room = upcase_bound(b->len);
	struct upcase_state state;
	struct upcase_result result;
	uint64_t begin;
	int err;

	upcase_state_init(&state);
	if (pass_on && b->continues) {
		err = baton_take(&p->baton, b->seq, &state);
		if (err)
			return err;
	}
	begin = state.offset;
	/* Without context a piece stands alone: it was cut between characters,
	 * so what looks unfinished at its end will not be finished. */
	if (map->invalid == UPCASE_FAIL)
		err = upcase_convert(map, &state, b->text, b->len, last,
			b->spare, room, &result);
	else
		err = upcase_convert_in_place(map, &state, b->text, b->len,
			last, b->spare, room, &result);
	b->upper = result.out;
	b->upper_len = result.produced;
	b->invalid = result.invalid;
	if (err == -EILSEQ)
		note_bad(b, (size_t)(result.first_bad - begin));
	else if (map->invalid == UPCASE_FAIL && b->open)
		b->tail_chars = count_tail(b);
	if (pass_on && b->open)
		baton_pass(&p->baton, b->seq + 1, &state);
	return 0;
}

/* Makes upper a gzip member; a batch without text makes none. */
static int compress(struct worker *w, struct batch *b)
{
	struct fault fault;
	int err;

	if (b->upper_len == 0)
		return 0;
	err = deflate_member(w->deflater, b->upper, b->upper_len, b->member,
		deflate_bound(w->deflater, b->upper_len), &b->member_len);
	if (err) { /* cannot be: the room was asked for before */
		fault_set(&fault, "text could not be compressed");
		stage_fail(w->p, err, &fault);
	}
	return err;
}

/* The lines are counted first, so that they are known as lost whatever becomes
 * of this thread. */
int transform_batch(struct worker *w, struct batch *b)
{
	struct pipeline *p = w->p;
	int err;

	count_lines(b);
	err = convert(p, b);
	atomic_fetch_add(&p->lines_in, b->lines);
	atomic_fetch_add(&p->bytes_in, b->len - b->inserted);
	atomic_fetch_add(&p->invalid, b->invalid);
	if (!err && w->deflater)
		err = compress(w, b);
	return err;
}

void *transformer_main(void *worker)
{
	struct worker *w = worker;
	struct pipeline *p = w->p;
	struct batch *b;

	stage_set_name("case", (int)(w - p->transformers));
	while (stage_get(w, &p->in, &b) == QUEUE_OK) {
		int64_t begin = clock_now();
		int err = transform_batch(w, b);

		w->busy += clock_now() - begin;
		if (err)
			break;
		if (stage_put(w, &p->out, b) != QUEUE_OK)
			break;
		/* Only now: who joins `in` may count on the batch being in
		 * `out`. */
		(void)queue_task_done(&p->in);
	}
	stage_ended(w);
	return NULL;
}
