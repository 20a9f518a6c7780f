#include "config.h"

/*
 * The last stage: appends batches in the order of their numbers and sends them
 * home. It alone writes to the sink.
 */
#include "pipeline/stage.h"

#include "io/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Where the writer is in the current input, for the place of a bad sequence. */
struct position {
	size_t input;
	uint64_t lines, chars;
};

struct writer {
	struct worker *w;
	struct position at;
	size_t bad_input; /* FILE whose rest is dropped, or NO_INPUT */
};

/* Keeps the position behind a batch that was good. Only of use with
 * invalid=fail, where a batch holds one input. */
static void advance(struct position *at, const struct batch *b)
{
	uint64_t lines = count_newlines(b->text, b->len);

	at->lines += lines;
	at->chars = (lines > 0 ? 0 : at->chars) + b->tail_chars;
}

static void tell_bad(struct writer *wr, const struct batch *b)
{
	struct pipeline *p = wr->w->p;
	const char *name = p->config.inputs[b->input];
	uint64_t column = b->bad_column + (b->bad_line > 0 ? 0 : wr->at.chars);
	char text[80];
	int n = snprintf(text, sizeof(text), "invalid UTF-8:");

	for (unsigned i = 0; i < b->n_bad_bytes; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, " 0x%02X",
			b->bad_bytes[i]);
	(void)snprintf(text + n, sizeof(text) - (size_t)n,
		"; everything before it was kept");
	stage_trouble(p,
		name[0] == '-' && name[1] == '\0' ? "standard input" : name,
		wr->at.lines + b->bad_line + 1, column + 1, text);
}

/* With invalid=fail: whether the batch is behind the place where its input
 * failed, and what to do when it is the place. */
static bool is_dropped(struct writer *wr, const struct batch *b)
{
	if (b->input == wr->bad_input)
		return true;
	if (b->input != wr->at.input)
		wr->at = (struct position){.input = b->input};
	return false;
}

static void after_written(struct writer *wr, const struct batch *b)
{
	struct pipeline *p = wr->w->p;

	if (p->config.map->invalid != UPCASE_FAIL)
		return;
	if (!b->bad) {
		advance(&wr->at, b);
		return;
	}
	tell_bad(wr, b);
	wr->bad_input = b->input;
	atomic_store(&p->bad_input, b->input);
	stage_wake_reader(p);
}

/* Counts what an append left in the output: all of the batch, or the whole
 * lines in the first `kept` bytes of plain text. A part of a gzip member is
 * nothing. */
static void count_written(
	struct pipeline *p, struct batch *b, size_t kept, size_t len)
{
	uint64_t lines = b->lines;

	if (kept < len) {
		if (p->config.level)
			kept = 0;
		lines = count_newlines(b->upper, kept);
		/* A newline put before this input ended a line of the batch
		 * before. */
		lines -= lines > 0 && b->lead;
		if (lines > b->lines)
			lines = b->lines;
	} else if (b->member_len > 0) {
		atomic_fetch_add(&p->members, 1);
	}
	atomic_fetch_add(&p->lines_out, lines);
	atomic_fetch_add(&p->bytes_out, kept < len ? kept : b->upper_len);
	atomic_store(&b->unwritten, b->lines - lines);
}

static int append(struct writer *wr, struct batch *b)
{
	struct pipeline *p = wr->w->p;
	const void *data = p->config.level ? b->member : b->upper;
	size_t len = p->config.level ? b->member_len : b->upper_len;
	size_t kept = 0;
	struct fault fault = {""};
	int err = 0;

	if (len > 0)
		err = sink_append(p->config.sink, data, len,
			b->upper[b->upper_len - 1] == '\n', &kept, &fault);
	count_written(p, b, kept, len);
	if (err)
		stage_fail(p, err, &fault);
	return err;
}

/* A batch that was read on behind the bad place counts for nothing. */
static void drop(struct pipeline *p, struct batch *b)
{
	atomic_store(&b->unwritten, 0);
	atomic_fetch_sub(&p->lines_in, b->lines);
	atomic_fetch_sub(&p->bytes_in, b->len - b->inserted);
	atomic_fetch_sub(&p->invalid, b->invalid);
}

static int write_batch(struct writer *wr, struct batch *b)
{
	int err;

	if (is_dropped(wr, b)) {
		drop(wr->w->p, b);
		return 0;
	}
	err = append(wr, b);
	if (!err)
		after_written(wr, b);
	return err;
}

/* Drains the queue. Returns 0 when it was closed and everything is written. */
static int write_all(struct writer *wr)
{
	struct worker *w = wr->w;
	struct pipeline *p = w->p;
	struct batch *b;

	while (stage_get(w, &p->out, &b) == QUEUE_OK) {
		int64_t begin = clock_now();
		int err = write_batch(wr, b);

		w->busy += clock_now() - begin;
		if (err)
			return err;
		batch_reset(b);
		(void)queue_task_done(&p->out);
		if (stage_put(w, &p->free, b) != QUEUE_OK)
			return -1;
		stage_reopen(p);
	}
	return atomic_load(&p->aborted) ? -1 : 0;
}

static void finish(struct pipeline *p)
{
	struct fault fault = {""};
	int err = sink_finish(p->config.sink, &fault);

	if (err)
		stage_fail(p, err, &fault);
}

void *writer_main(void *worker)
{
	struct worker *w = worker;
	struct writer wr = {
		.w = w, .at = {.input = NO_INPUT}, .bad_input = NO_INPUT};

	stage_set_name("writer", -1);
	if (write_all(&wr) == 0)
		finish(w->p);
	else
		sink_abandon(w->p->config.sink);
	w->blocked = sink_waited(w->p->config.sink);
	w->busy -= w->blocked;
	stage_ended(w);
	return NULL;
}
