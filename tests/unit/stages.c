#include "config.h"

#include "stages.h"

#include "support.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *const names[] = {"f0", "f1", "f2", "f3"};

static void say(struct stages *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct stages *s, const char *format, ...)
{
	size_t n = strlen(s->told);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(s->told + n, sizeof(s->told) - n, format, args);
	va_end(args);
	if (n == 0 && s->on_told)
		s->on_told(s);
}

static void on_trouble(void *context, const char *name, uint64_t line,
	uint64_t column, const char *text)
{
	if (line > 0)
		say(context, "%s:%" PRIu64 ":%" PRIu64 ": %s\n", name, line,
			column, text);
	else
		say(context, "%s: %s\n", name, text);
}

static void on_note(void *context, const char *name, const char *text)
{
	say(context, "note %s: %s\n", name, text);
}

static void on_notice(void *context, const char *name, const char *text)
{
	say(context, "notice %s: %s\n", name, text);
}

static void on_abort(void *context)
{
	struct stages *s = context;

	(void)queue_abort(&s->in, NULL, 0);
	(void)queue_abort(&s->out, NULL, 0);
	pool_abort(&s->pool);
}

static void make_output(struct stages *s, const char *path)
{
	struct output_config config = {.sink = &s->sink,
		.apart = text_keeps_apart(&s->text),
		.inputs = names,
		.text = &s->text,
		.decoded = &s->decoded,
		.newline = {{'\n'}, {.size = 1}},
		.control = &s->control,
		.ledger = &s->ledger};

	assert_int_equal(sink_init(&s->sink, path, NULL, SINK_SYNC_NEVER), 0);
	assert_int_equal(sink_create(&s->sink), 0);
	assert_int_equal(output_init(&s->output, &config), 0);
}

void stages_make(struct stages *s, const char *path,
	enum upcase_language language, enum upcase_invalid invalid)
{
	struct pipeline_events events = {s, on_trouble, on_note, on_notice};
	struct pool_sizes sizes = {
		STAGES_SIZE, text_bound(STAGES_SIZE + 1) + 1, 0};

	memset(s, 0, sizeof(*s));
	assert_int_equal(
		upcase_init(&s->upcase, UPCASE_FULL, language, invalid), 0);
	text_init(&s->text, &s->upcase);
	s->replacing = s->upcase;
	if (invalid == UPCASE_KEEP)
		s->replacing.invalid = UPCASE_REPLACE;
	text_init(&s->decoded, &s->replacing);
	assert_int_equal(control_init(&s->control, on_abort, s), 0);
	assert_int_equal(ledger_init(&s->ledger, &events, &s->control), 0);
	assert_int_equal(queue_init(&s->in, QUEUE_FIFO, STAGES_DEPTH, NULL), 0);
	assert_int_equal(
		queue_init(&s->out, QUEUE_SEQUENCE, STAGES_DEPTH, batch_seq),
		0);
	assert_int_equal(
		pool_init(&s->pool, STAGES_BATCHES, STAGES_BATCHES, &sizes), 0);
	make_output(s, path);
	s->converter = (struct converter){
		.text = &s->text, .decoded = &s->decoded, .ledger = &s->ledger};
}

void stages_free(struct stages *s)
{
	output_release(&s->output);
	sink_release(&s->sink);
	pool_release(&s->pool);
	queue_release(&s->out);
	queue_release(&s->in);
	ledger_release(&s->ledger);
	control_release(&s->control);
}

struct batch *stages_batch(struct stages *s, const char *text)
{
	struct batch *b = pool_try_get(&s->pool);

	assert_non_null(b);
	b->len = strlen(text);
	assert_true(b->len <= STAGES_SIZE);
	memcpy(b->text, text, b->len);
	return b;
}
