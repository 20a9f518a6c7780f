#include "config.h"

#include "pipeline/output.h"

#include "io/say.h"
#include "pipeline/convert.h"
#include "text/lines.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What of the text that is being written is whole records, for a roll-back. */
static size_t whole_records(const void *output, const void *data, size_t len)
{
	const struct output *o = output;
	const struct text_state *begin = &o->writing->cut.begin;

	/* What is not the beginning of the batch begins with a record. */
	return o->writing->done > 0
		       ? text_whole_behind(o->config.text, begin, data, len)
		       : text_whole(o->config.text, begin, data, len);
}

static bool serve(void *output);
static int close_piece(void *output, struct fault *fault);

/* What the output is made of, without what can fail. */
static void make(struct output *o, const struct output_config *config)
{
	struct fate_config fate = {.targets = config->targets,
		.sink = config->sink,
		.inputs = config->inputs,
		.close = close_piece,
		.context = o};

	*o = (struct output){.config = *config,
		.packing = config->packings[BATCH_AS_ASKED],
		.at = {.input = OUTPUT_NO_INPUT},
		.open = OUTPUT_NO_INPUT};
	atomic_init(&o->reopen, false);
	atomic_init(&o->bad_input, OUTPUT_NO_INPUT);
	fate_init(&o->fate, &fate);
}

bool output_take_input(struct output *o, const struct stat *st)
{
	return identity_read(&o->config.sink->identity, st);
}

void output_drop_input(struct output *o)
{
	identity_read_no_more(&o->config.sink->identity);
}

int output_init(struct output *o, const struct output_config *config)
{
	int err;

	make(o, config);
	err = -pthread_mutex_init(&o->lock, NULL);
	if (err)
		return err;
	err = -pthread_cond_init(&o->disowned, NULL);
	if (err) {
		(void)pthread_mutex_destroy(&o->lock);
		return err;
	}
	err = patience_init(
		&o->patience, config->sink, config->ledger, serve, o);
	if (err) {
		(void)pthread_cond_destroy(&o->disowned);
		(void)pthread_mutex_destroy(&o->lock);
		return err;
	}
	config->sink->wake = control_abort_fd(config->control);
	sink_set_records(config->sink, whole_records, o);
	follow_init(&o->follow, config->sink, config->ledger, config->prompt);
	if (config->targets)
		targets_connect(
			config->targets, config->ledger, config->control);
	return 0;
}

void output_release(struct output *o)
{
	o->config.sink->wake = FDIO_NO_WAKE;
	patience_release(&o->patience);
	(void)pthread_cond_destroy(&o->disowned);
	(void)pthread_mutex_destroy(&o->lock);
}

static void take_locked(struct output *o, bool patient)
{
	o->owned = true;
	o->patient = patient;
	/* What takes the place of a file takes what it is given. */
	o->config.sink->hasty = !patient && !o->config.targets;
	o->owner = pthread_self();
}

/* Ends the program when the calling thread is not the owner: what it was about
 * to do would tear the output. */
static void expect_owned(struct output *o, const char *call)
{
	char text[80];
	bool mine;

	(void)pthread_mutex_lock(&o->lock);
	mine = o->owned && pthread_equal(o->owner, pthread_self());
	(void)pthread_mutex_unlock(&o->lock);
	if (mine)
		return;
	(void)snprintf(text, sizeof(text),
		"upcase-pipe: %s: not the owner of the output\n", call);
	say_dying(text);
	abort();
}

/* `written` is the last owner's, who has let go of the lock. */
static bool is_idle_locked(struct output *o, uint64_t written)
{
	return !o->owned && o->written == written &&
	       !control_is_aborted(o->config.control);
}

bool output_is_idle(struct output *o, uint64_t written)
{
	bool idle;

	(void)pthread_mutex_lock(&o->lock);
	idle = is_idle_locked(o, written);
	(void)pthread_mutex_unlock(&o->lock);
	return idle;
}

bool output_is_wished(const struct output *o)
{
	return atomic_load(&o->reopen);
}

static bool try_own(struct output *o, uint64_t written)
{
	bool idle;

	(void)pthread_mutex_lock(&o->lock);
	idle = is_idle_locked(o, written) && !output_is_wished(o);
	if (idle)
		take_locked(o, false);
	(void)pthread_mutex_unlock(&o->lock);
	return idle;
}

bool output_try_own(struct output *o, uint64_t written, size_t len)
{
	if (!try_own(o, written))
		return false;
	if (o->open != OUTPUT_NO_INPUT)
		len += o->config.newline.packed.size;
	if (o->config.targets || sink_is_ready(o->config.sink, len))
		return true;
	output_disown(o);
	return false;
}

void output_own(struct output *o)
{
	(void)pthread_mutex_lock(&o->lock);
	while (o->owned)
		(void)pthread_cond_wait(&o->disowned, &o->lock);
	take_locked(o, true);
	(void)pthread_mutex_unlock(&o->lock);
}

static void tell_no_lock(struct output *o, int err)
{
	struct fault why, told;

	fault_set_errno(&why, err);
	fault_set(&told,
		"cannot be locked (%.120s): lines of others may get between "
		"ours",
		why.text);
	ledger_warn(o->config.ledger, o->config.sink->name, told.text);
}

/* What was written of a record in pieces is in the output no more. */
static void uncount_open(struct output *o)
{
	struct ledger *l = o->config.ledger;

	atomic_fetch_sub(&l->lines_out, o->open_lines);
	atomic_fetch_add(&l->cut, o->open_lines);
	o->open_lines = 0;
}

/* Whatever the sink has done: it may have something to report. */
static void after_sink(struct output *o)
{
	struct ledger *l = o->config.ledger;
	struct sink_report report;

	if (!sink_take_report(o->config.sink, &report))
		return;
	atomic_fetch_add(&l->members, report.members);
	if (report.no_lock)
		tell_no_lock(o, report.no_lock);
	if (report.end_unknown)
		ledger_note(l, o->config.sink->name,
			"whether its last line has an end cannot be known");
	if (report.cut)
		uncount_open(o);
	if (report.moved.text[0])
		ledger_warn(l, o->config.sink->name, report.moved.text);
	if (report.torn.text[0])
		ledger_remark(l, &report.torn);
}

/* Whether this is a moment between two records of a file that is open, and
 * will be written to. */
static bool is_between(const struct output *o)
{
	return !o->finished && !control_is_aborted(o->config.control) &&
	       !sink_is_open_line(o->config.sink);
}

/* Whether the owner may open it anew now. `patient` is the owner's to look at
 * without the lock. */
static bool may_serve(const struct output *o)
{
	return o->patient && is_between(o);
}

/* Serves a wish to open anew if this is the moment. Returns whether it did. */
static bool serve(void *output)
{
	struct output *o = output;

	if (!may_serve(o) || !atomic_exchange(&o->reopen, false))
		return false;
	follow_wish(&o->follow);
	after_sink(o);
	return true;
}

void output_disown(struct output *o)
{
	bool wished;

	expect_owned(o, "output_disown");
	sink_let_go(o->config.sink);
	do {
		(void)serve(o);
		(void)pthread_mutex_lock(&o->lock);
		/* A wish from now on finds nobody who owns it. */
		wished = may_serve(o) && atomic_load(&o->reopen);
		o->owned = wished;
		(void)pthread_cond_signal(&o->disowned);
		(void)pthread_mutex_unlock(&o->lock);
	} while (wished);
}

void output_wish_reopen(struct output *o)
{
	if (!o->config.sink->path)
		return;
	atomic_store(&o->reopen, true);
	patience_look(&o->patience);
	control_wake_reader(o->config.control);
}

size_t output_bad_input(const struct output *o)
{
	return atomic_load(&o->bad_input);
}

int64_t output_waited(struct output *o)
{
	expect_owned(o, "output_waited");
	return o->config.sink->file.io.waited;
}

void output_begin(struct output *o, size_t input)
{
	expect_owned(o, "output_begin");
	place_begin(&o->at, input);
	o->wrong = false;
	fate_begin(&o->fate);
	if (!fate_is_own(&o->fate))
		return;
	o->packing = o->config.packings[BATCH_AS_ASKED];
	o->tally = (struct packer_tally){0};
}

static const char *name_of(const struct output *o, size_t input)
{
	const char *name = o->config.inputs[input];

	return strcmp(name, "-") == 0 ? "standard input" : name;
}

/* Ends what all of the output is one piece of. */
static int close_piece(void *output, struct fault *fault)
{
	struct output *o = output;
	unsigned char bytes[PACKING_CLOSE_MOST];
	size_t done = 0;
	struct patience_piece piece = {bytes, 0, true, &done};
	int err;

	/* What is not one piece is closed by the sink, if it is one file. */
	if (!o->packing || (!o->tally.any && !o->config.targets))
		return 0;
	piece.len = o->packing->close(&o->tally, bytes);
	err = patience_append(&o->patience, &piece, true, fault);
	if (!err)
		atomic_fetch_add(&o->config.ledger->members, 1);
	return err;
}

void output_end(struct output *o, size_t input, bool good)
{
	struct fault words, fault = {""};
	int err;

	expect_owned(o, "output_end");
	if (place_tell(&o->at, text_keeps(o->config.text), &words))
		ledger_notice(o->config.ledger, name_of(o, input), words.text);
	/* Who reads may have come to its end before the bad sequence was
	 * met. */
	good = good && input != output_bad_input(o);
	o->ended++;
	o->ended_bad += !good;
	err = fate_end(&o->fate, input, good && !o->wrong, &fault);
	if (err)
		ledger_fail(o->config.ledger, err, &fault);
}

static void tell_bad(struct output *o, const struct batch *b)
{
	uint64_t column = b->bad.column + (b->bad.line > 0 ? 0 : o->at.chars);
	char text[80];
	bool decoded = b->inputs.decoded;
	int n = snprintf(text, sizeof(text), "%s",
		decoded ? "cannot be decoded" : "invalid UTF-8:");

	for (unsigned i = 0; !decoded && i < b->bad.n; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, " 0x%02X",
			b->bad.bytes[i]);
	(void)snprintf(text + n, sizeof(text) - (size_t)n,
		"; everything before it was kept");
	ledger_trouble(o->config.ledger, name_of(o, o->at.input),
		o->at.lines + b->bad.line + 1, column + 1, text);
}

/* Records are not as they must be. */
static void tell_wrong(struct output *o, const struct batch *b)
{
	uint64_t line = o->at.lines + (uint64_t)b->wrong.line;

	o->wrong = true;
	ledger_trouble(o->config.ledger, name_of(o, o->at.input), line + 1, 0,
		b->wrong.words);
}

static void after_written(struct output *o, const struct batch *b)
{
	if (b->wrong.met)
		tell_wrong(o, b);
	if (text_keeps_apart(o->config.text) && b->upper_len > 0)
		o->open = lines_end(b->upper, b->upper_len) ? OUTPUT_NO_INPUT
							    : o->at.input;
	if (!b->bad.met) {
		if (!batch_is_shared(b))
			place_pass(&o->at, b);
		return;
	}
	tell_bad(o, b);
	atomic_store(&o->bad_input, o->at.input);
	control_wake_reader(o->config.control);
}

/* The bytes at the beginning of what was packed that only the first of a file
 * has, if that was written. */
static size_t lead_of(const struct output *o)
{
	const struct packing *packing = o->packing;

	return packing && o->tally.any ? packing->lead : 0;
}

/* What was packed is in the output. */
static void count_packed(
	struct output *o, const struct packed *packed, size_t text_len)
{
	if (o->packing && o->packing->lead > 0)
		packer_tally_add(&o->tally, packed->crc, text_len);
	atomic_fetch_add(&o->config.ledger->members, packed->members);
}

/* The lines of b in the first `kept` of the `len` bytes that are written of it:
 * all, or of plain text the whole records in them. A part of what was packed is
 * nothing. */
static uint64_t lines_in(
	const struct output *o, const struct batch *b, size_t kept, size_t len)
{
	uint64_t lines;

	if (kept == len)
		return b->lines;
	if (o->packing)
		return 0;
	lines = lines_count(b->upper, kept);
	/* A newline put before this input ended a line of the batch before. */
	lines -= lines > 0 && b->cut.lead;
	return lines < b->lines ? lines : b->lines;
}

static size_t bytes_in(
	const struct output *o, const struct batch *b, size_t kept, size_t len)
{
	if (kept == len)
		return b->upper_len;
	return o->packing ? 0 : kept;
}

/* Counts what appends left in the output: the first b->done bytes of len, of
 * which `before` were counted already. */
static void count_written(
	struct output *o, struct batch *b, size_t before, size_t len)
{
	struct ledger *l = o->config.ledger;
	uint64_t now = lines_in(o, b, b->done, len), lines = now;
	size_t bytes = bytes_in(o, b, b->done, len);

	if (before > 0) {
		lines -= lines_in(o, b, before, len);
		bytes -= bytes_in(o, b, before, len);
	}
	if (b->done == len && b->packed.size > 0)
		count_packed(o, &b->packed, b->upper_len);
	if (b->cut.open)
		o->open_lines += lines;
	else if (b->done > 0)
		o->open_lines = 0;
	atomic_fetch_add(&l->lines_out, lines);
	atomic_fetch_add(&l->bytes_out, bytes);
	atomic_store(&b->unwritten, b->lines - now);
	if (o->config.targets)
		targets_count(o->config.targets, lines, bytes);
	follow_after(&o->follow, &(struct follow_text){lines, bytes});
}

/* The rest of a piece, which belongs to b. Returns as patience_append. */
static int append_piece(struct output *o, const struct batch *b,
	const struct patience_piece *piece, struct fault *fault)
{
	int err;

	o->writing = b;
	/* `patient` is the owner's to look at without the lock. */
	err = patience_append(&o->patience, piece, o->patient, fault);
	o->writing = NULL;
	return err;
}

/* What patience_append said: an error is the end. Returns it. */
static int judge(struct output *o, int err, const struct fault *fault)
{
	if (err && err != -EAGAIN)
		ledger_fail(o->config.ledger, err, fault);
	return err;
}

/* Before text of b: ends the line that another FILE left open. */
static int end_open_line(struct output *o, const struct batch *b)
{
	const struct output_newline *newline = &o->config.newline;
	size_t lead = lead_of(o);
	struct fault fault = {""};
	int err;

	if (o->open == OUTPUT_NO_INPUT || o->open == o->at.input ||
		b->upper_len == 0)
		return 0;
	err = append_piece(o, b,
		&(struct patience_piece){newline->bytes + lead,
			newline->packed.size - lead, true, &o->newline_done},
		&fault);
	if (err)
		return judge(o, err, &fault);
	o->open = OUTPUT_NO_INPUT;
	o->newline_done = 0;
	atomic_fetch_add(&o->config.ledger->bytes_out, 1);
	if (o->packing)
		count_packed(o, &newline->packed, 1);
	return 0;
}

static int append(struct output *o, struct batch *b)
{
	bool packed = o->packing && b->packed.size > 0;
	size_t lead = packed ? lead_of(o) : 0;
	const unsigned char *data = packed ? b->member + lead : b->upper;
	size_t len = packed ? b->packed.size - lead : b->upper_len;
	bool ends = !b->cut.open && lines_end(b->upper, b->upper_len);
	size_t before = b->done;
	struct fault fault = {""};
	int err = 0;

	if (len > 0)
		err = append_piece(o, b,
			&(struct patience_piece){data, len, ends, &b->done},
			&fault);
	count_written(o, b, before, len);
	after_sink(o);
	return judge(o, err, &fault);
}

/* The FILE cannot have its output: the rest of it need not be read. */
static void leave_input(struct output *o, const struct fault *fault)
{
	ledger_trouble(
		o->config.ledger, name_of(o, o->at.input), 0, 0, fault->text);
	atomic_store(&o->bad_input, o->at.input);
	control_wake_reader(o->config.control);
}

static int write_piece(struct output *o, struct batch *b)
{
	int err = append(o, b);

	if (!err)
		after_written(o, b);
	return err;
}

/* A piece of a FILE that has an output of its own. */
static int write_own(struct output *o, struct batch *b)
{
	struct fault fault = {""};
	int err;

	o->packing = o->config.packings[b->origin.form];
	switch (fate_piece(&o->fate, o->at.input, b, &err, &fault)) {
	case FATE_WRITE:
		return write_piece(o, b);
	case FATE_SKIP:
		atomic_store(&b->unwritten, 0);
		after_written(o, b);
		return 0;
	case FATE_LEAVE:
		convert_forget(o->config.ledger, b);
		leave_input(o, &fault);
		return 0;
	case FATE_FAIL:
	default:
		convert_forget(o->config.ledger, b);
		return judge(o, err, &fault);
	}
}

int output_piece(struct output *o, struct batch *b)
{
	int err;

	expect_owned(o, "output_piece");
	if (o->at.input == output_bad_input(o)) {
		convert_forget(o->config.ledger, b);
		return 0;
	}
	if (fate_is_own(&o->fate))
		return write_own(o, b);
	err = end_open_line(o, b);
	return err ? err : write_piece(o, b);
}

/* The FILEs that end in b, the first of which has begun; and the one that goes
 * on, if it has some of the text. */
static void end_inputs(struct output *o, const struct batch *b)
{
	const struct batch_inputs *in = &b->inputs;
	bool shared = batch_is_shared(b);
	size_t at = b->cut.lead;

	for (size_t i = 0; i < in->ended; i++) {
		bool last = i == in->ended - 1;

		if (i > 0)
			output_begin(o, in->first + i);
		if (shared && b->ends[i] > at) {
			place_pass_part(&o->at, b, at, b->ends[i], true);
			at = b->ends[i];
		}
		output_end(o, in->first + i, !(last && in->bad));
	}
	if (shared && at < b->len) {
		output_begin(o, in->first + in->ended);
		place_pass_part(&o->at, b, at, b->len, false);
	}
}

int output_write(struct output *o, struct batch *b)
{
	int err;

	expect_owned(o, "output_write");
	/* A file is made anew only for what is written to it. */
	if (!serve(o) && is_between(o) && b->upper_len > 0) {
		follow_before(&o->follow);
		after_sink(o);
	}
	o->written += b->queued;
	if (b->errand)
		return 0;
	if (o->at.input != b->inputs.first)
		output_begin(o, b->inputs.first);
	err = output_piece(o, b);
	if (err)
		return err;
	end_inputs(o, b);
	return 0;
}

static int finish_sink(struct output *o, struct fault *fault)
{
	int err = close_piece(o, fault);

	if (!err)
		err = patience_make_valid(&o->patience, fault);
	return err ? err : sink_finish(o->config.sink, fault);
}

void output_finish(struct output *o)
{
	struct fault fault = {""};
	int err;

	expect_owned(o, "output_finish");
	if (o->finished)
		return;
	o->finished = true;
	follow_end(&o->follow);
	err = o->config.targets ? fate_finish(&o->fate, &fault)
				: finish_sink(o, &fault);
	if (err)
		ledger_fail(o->config.ledger, err, &fault);
	after_sink(o);
}

void output_abandon(struct output *o)
{
	expect_owned(o, "output_abandon");
	if (o->finished)
		return;
	follow_end(&o->follow);
	if (o->config.targets)
		targets_abandon(o->config.targets, o->config.sink);
	else
		sink_abandon(o->config.sink);
	after_sink(o);
}

void output_settle(struct output *o)
{
	follow_settle(&o->follow, output_is_wished(o));
}

bool output_is_at_risk(const struct output *o)
{
	return sink_is_writing(o->config.sink);
}
