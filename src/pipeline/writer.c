#include "config.h"

/*
 * The last stage: appends batches in the order of their numbers and sends them
 * home. Only who has the sink writes to it: this thread, or the reader while
 * nothing is under way.
 */
#include "pipeline/stage.h"

#include "io/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Keeps the position behind a batch that was good. Only of use with
 * invalid=fail, where a batch holds one input. */
static void advance(struct position *at, const struct batch *b)
{
	uint64_t lines = count_newlines(b->text, b->len);

	at->lines += lines;
	at->chars = (lines > 0 ? 0 : at->chars) + b->tail_chars;
}

static void tell_bad(struct pipeline *p, const struct batch *b)
{
	const char *name = p->config.inputs[b->input];
	uint64_t column = b->bad_column + (b->bad_line > 0 ? 0 : p->at.chars);
	char text[80];
	int n = snprintf(text, sizeof(text), "invalid UTF-8:");

	for (unsigned i = 0; i < b->n_bad_bytes; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, " 0x%02X",
			b->bad_bytes[i]);
	(void)snprintf(text + n, sizeof(text) - (size_t)n,
		"; everything before it was kept");
	stage_trouble(p,
		name[0] == '-' && name[1] == '\0' ? "standard input" : name,
		p->at.lines + b->bad_line + 1, column + 1, text);
}

/* With invalid=fail: whether the batch is behind the place where its input
 * failed, and what to do when it is the place. */
static bool is_dropped(struct pipeline *p, const struct batch *b)
{
	if (b->input == p->dropped_input)
		return true;
	if (b->input != p->at.input)
		p->at = (struct position){.input = b->input};
	return false;
}

static void after_written(struct pipeline *p, const struct batch *b)
{
	if (p->config.map->invalid != UPCASE_FAIL)
		return;
	if (!b->bad) {
		advance(&p->at, b);
		return;
	}
	tell_bad(p, b);
	p->dropped_input = b->input;
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

static int append(struct worker *w, struct batch *b)
{
	struct pipeline *p = w->p;
	const void *data = p->config.level ? b->member : b->upper;
	size_t len = p->config.level ? b->member_len : b->upper_len;
	size_t kept = 0;
	struct fault fault = {""};
	int64_t waited = sink_waited(p->config.sink);
	int err = 0;

	if (len > 0)
		err = sink_append(p->config.sink, data, len,
			b->upper[b->upper_len - 1] == '\n', &kept, &fault);
	w->blocked += sink_waited(p->config.sink) - waited;
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

int write_batch(struct worker *w, struct batch *b)
{
	struct pipeline *p = w->p;
	int err;

	if (is_dropped(p, b)) {
		drop(p, b);
		return 0;
	}
	err = append(w, b);
	if (!err)
		after_written(p, b);
	return err;
}

/* Drains the queue. Returns 0 when it was closed and everything is written. */
static int write_all(struct worker *w)
{
	struct pipeline *p = w->p;
	struct batch *b;

	while (stage_get(w, &p->out, &b) == QUEUE_OK) {
		int64_t begin = clock_now();
		int err = write_batch(w, b);

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

void finish_output(struct pipeline *p)
{
	struct fault fault = {""};
	int err = sink_finish(p->config.sink, &fault);

	if (err)
		stage_fail(p, err, &fault);
}

void abandon_output(struct pipeline *p)
{
	sink_abandon(p->config.sink);
}

void *writer_main(void *worker)
{
	struct worker *w = worker;

	stage_set_name("writer", -1);
	if (write_all(w) == 0)
		finish_output(w->p);
	else
		abandon_output(w->p);
	w->busy -= w->blocked;
	stage_ended(w);
	return NULL;
}
