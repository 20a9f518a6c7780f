#include "config.h"

#include "pipeline/reader.h"

#include "io/clock.h"
#include "io/share.h"
#include "text/lines.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Should this thread be left in what it does next, who counts may not look into
 * what it has: it is told before. */
static void count_kept(struct reader *r)
{
	atomic_store(&r->ledger->lines_kept, reader_count_lost(r));
	atomic_store(&r->ledger->undecoded, reader_count_undecoded(r));
}

static void forget_kept(struct reader *r)
{
	atomic_store(&r->ledger->lines_kept, 0);
	atomic_store(&r->ledger->undecoded, 0);
}

/* Cuts off what is due and hands it over. Returns 0, or -ECANCELED after an
 * abort. */
static int pass_on(struct reader *r, enum cutter_due due)
{
	struct batch *next = NULL, *b;
	int err;

	if (due == CUTTER_NOTHING)
		return 0;
	/* What is left must be saved before the batch is out of our hands. */
	if (cutter_leaves(&r->cutter, due)) {
		next = handover_get(&r->handover);
		if (!next)
			return -ECANCELED;
	}
	b = cutter_cut(&r->cutter, due, next);
	count_kept(r);
	err = handover_send(&r->handover, b);
	forget_kept(r);
	return err;
}

/* Passes on what there is, because nothing more comes without waiting. Returns
 * as pass_on. */
static int pass_on_rest(struct reader *r)
{
	enum cutter_due due;
	int err = 0;

	while (!err && (due = cutter_rest(&r->cutter)) != CUTTER_NOTHING)
		err = pass_on(r, due);
	return err;
}

/* Gets a batch if there is none. May block until the writer sends one home.
 * Returns 0 or -ECANCELED. */
static int need_batch(struct reader *r)
{
	struct batch *b;

	if (!cutter_needs(&r->cutter))
		return 0;
	b = handover_get(&r->handover);
	if (!b)
		return -ECANCELED;
	cutter_give(&r->cutter, b);
	return 0;
}

/* Passes on what is due, and finds out how long the next read may wait (a
 * deadline). */
static int pass_on_due(struct reader *r, int64_t *deadline)
{
	for (;;) {
		bool wanted = input_may_wait(&r->input) &&
			      handover_is_idle(&r->handover);
		int64_t now = r->cutter.config.gather ? clock_now() : 0;
		enum cutter_due due =
			cutter_due(&r->cutter, wanted, now, deadline);
		int err = pass_on(r, due);

		/* The deadline is that of what is left. */
		if (err || due == CUTTER_NOTHING)
			return err;
	}
}

/* Everything typed so far is written before the person is asked for more. */
static int ask(struct reader *r)
{
	if (control_is_stopping(r->control) || !input_wants_prompt(&r->input))
		return 0;
	if (handover_wait(&r->handover) != 0)
		return -ECANCELED;
	input_show_prompt(&r->input);
	return 0;
}

/* Once the last FILE is open and it is clear what it is, nothing is left to be
 * opened. */
static void close_sandbox(struct reader *r)
{
	int err;

	if (!r->sandbox || r->current + 1 < r->n_paths ||
		!input_is_known(&r->input))
		return;
	err = sandbox_close(r->sandbox);
	if (err != -EALREADY)
		ledger_note(r->ledger, input_name(&r->input),
			err ? "read without a sandbox"
			    : "read in a sandbox: no file can be opened");
}

/* Once it is known what the FILE is: whether it can be written as that. Returns
 * 0, or a negative errno with *fault filled. */
static int see_form(struct reader *r, struct fault *fault)
{
	int err;

	if (r->fit || !r->targets)
		return 0;
	r->fit = true;
	if (targets_keeps_form(r->targets)) {
		err = input_form(&r->input, &r->origin.form, fault);
		if (err)
			return err;
	}
	cutter_set_origin(&r->cutter, &r->origin);
	return 0;
}

/* Reads once, into the batch. Returns as input_read does. */
static ssize_t fill(struct reader *r, int64_t deadline, struct fault *fault)
{
	size_t room;
	unsigned char *at = cutter_room(&r->cutter, &room);
	ssize_t n = input_read(&r->input, at, room, deadline, fault);
	int err = n > 0 ? see_form(r, fault) : 0;

	if (err)
		return err;
	if (n > 0) {
		r->has_text = true;
		gauge_take(r->gauge, input_taken(&r->input));
		close_sandbox(r);
		cutter_take(&r->cutter, (size_t)n,
			r->cutter.config.gather ? clock_now() : 0);
	}
	return n;
}

/* Nothing more is wanted of the FILE, but what was read or waits. */
static void stop_input(struct reader *r)
{
	if (control_is_taken_back(r->control))
		input_take_back(&r->input);
	input_stop(&r->input);
}

/* How large a FILE is that was not opened. */
static off_t size_of(const char *path)
{
	struct stat st;
	int err = strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, &st)
					 : stat(path, &st);

	if (err)
		return 0; /* nothing will come of it */
	return S_ISREG(st.st_mode) ? st.st_size : GAUGE_UNKNOWN;
}

/* How much of a FILE is in the share. */
static off_t size_of_part(const struct reader *r, size_t input)
{
	off_t from, to;

	share_of(r->part->share, input, &from, &to);
	return to - from;
}

/* Tells how much there is behind this FILE, if somebody wants to know. Returns
 * false when the reader was relieved meanwhile: a file server may be dead. */
static bool tell_rest(struct reader *r)
{
	struct gauge_rest rest = {0, 0};

	if (!gauge_wants_rest(r->gauge))
		return true;
	for (size_t i = r->current + 1; i < r->n_paths; i++) {
		off_t size;

		if (control_is_stopping(r->control))
			return true;
		relief_expose(r->relief);
		size = r->part ? size_of_part(r, i) : size_of(r->paths[i]);
		if (!relief_withdraw(r->relief))
			return false;
		gauge_rest_add(&rest, size);
	}
	gauge_tell_rest(r->gauge, &rest);
	return true;
}

/* Somebody poked: looks at what may have changed. */
static void look(struct reader *r)
{
	control_see(r->control);
	if (r->in_file && control_is_stopping(r->control))
		stop_input(r);
	if (r->in_file)
		input_news(&r->input);
	if (!handover_has_errand(&r->handover))
		return;
	count_kept(r);
	handover_run_errand(&r->handover);
	forget_kept(r);
}

bool reader_woken(void *reader)
{
	struct reader *r = reader;

	look(r);
	/* A FILE that is being opened cannot be stopped yet. */
	return !control_is_aborted(r->control) &&
	       (r->in_file || !control_is_stopping(r->control));
}

/* What became of a FILE. */
enum end {
	END_GOOD,
	END_BAD,      /* told, or wanted no more */
	END_ABORTED,  /* of everything */
	END_RELIEVED, /* nothing is the reader's any more */
};

/* One turn of reading: whatever is due, then more bytes. Returns whether there
 * may be more; else *end. */
static bool read_more(struct reader *r, size_t input, enum end *end)
{
	struct fault fault = {""};
	int64_t deadline;
	ssize_t n;

	*end = END_ABORTED;
	if (pass_on_due(r, &deadline) != 0 ||
		pass_on(r, cutter_set_decoded(&r->cutter,
				   input_is_decoded(&r->input))) != 0 ||
		need_batch(r) != 0 || ask(r) != 0 ||
		control_is_aborted(r->control))
		return false;
	if (control_is_stopping(r->control))
		stop_input(r);
	*end = END_RELIEVED;
	if (!tell_rest(r))
		return false;
	*end = END_BAD;
	if (output_bad_input(r->output) == input) {
		cutter_drop(&r->cutter);
		return false;
	}
	n = fill(r, deadline, &fault);
	if (n > 0 || n == -EINTR)
		return true;
	if (n == -EOWNERDEAD) {
		*end = END_RELIEVED;
		return false;
	}
	if (n == -ECANCELED) {
		look(r);
		return true;
	}
	if (n == -EAGAIN) {
		*end = END_ABORTED;
		return pass_on_rest(r) == 0;
	}
	if (n < 0)
		ledger_trouble(
			r->ledger, input_name(&r->input), 0, 0, fault.text);
	else if (!control_is_stopping(r->control))
		*end = END_GOOD;
	return false;
}

/* The FILE is open. */
static enum end read_file(struct reader *r, size_t input)
{
	enum end end;

	while (read_more(r, input, &end))
		;
	/* Whose share comes next does not see it. */
	if (end == END_GOOD && r->cut && cutter_is_within(&r->cutter))
		ledger_trouble(r->ledger, input_name(&r->input), 0, 0,
			"not FASTQ of four lines: the last record of the share "
			"has fewer");
	return end;
}

/* Opens a FILE. What there is already does not wait for one that has to be
 * waited for. Returns as input_open does, and -ECANCELED when nothing is to be
 * opened any more. */
static int open_file(struct reader *r, size_t input, struct stat *st)
{
	bool wait = false;

	for (;;) {
		int err = input_open(&r->input, r->paths[input], wait, st);

		if (err == -EWOULDBLOCK && !wait) {
			wait = true;
			if (pass_on_rest(r) != 0)
				return -ECANCELED;
		} else if (err == -EINTR) {
			look(r);
			if (control_is_stopping(r->control))
				return -ECANCELED;
		} else {
			return err;
		}
	}
}

/* Whether what is to become of the FILE that was opened can be: looks at files,
 * perhaps those of a dead server. Returns as targets_admit does, or
 * -EOWNERDEAD. */
static int admit(struct reader *r, size_t input, const struct stat *st,
	struct fault *fault)
{
	int err;

	if (!r->targets)
		return 0;
	relief_expose(r->relief);
	err = targets_admit(r->targets, input, st, fault);
	return relief_withdraw(r->relief) ? err : -EOWNERDEAD;
}

/* Sees whether the FILE that open_file opened is to be read; why not is told.
 * Returns 0, -EOWNERDEAD when the reader was relieved, or another negative
 * errno. */
static int see_file(
	struct reader *r, size_t input, int err, const struct stat *st)
{
	struct fault fault;

	if (err) {
		fault_set_errno(&fault, err);
	} else {
		err = admit(r, input, st, &fault);
		if (err == -EOWNERDEAD)
			return err;
	}
	if (!err && !output_take_input(r->output, st)) {
		err = -EINVAL;
		fault_set(&fault, "input file is output file");
	}
	if (err)
		ledger_trouble(
			r->ledger, input_name(&r->input), 0, 0, fault.text);
	else
		ledger_note(r->ledger, input_name(&r->input), "reading");
	return err;
}

static enum cutter_manner manner_of(const struct input *in)
{
	if (input_has_prompt(in))
		return CUTTER_PROMPT;
	return input_is_typed(in) ? CUTTER_TYPED : CUTTER_READ;
}

/* Ends the FILE that is open. Returns 0 or -ECANCELED. */
static int end_file(struct reader *r, enum end end)
{
	int err = end == END_ABORTED ? -ECANCELED : need_batch(r);

	if (err)
		return err;
	return pass_on(r, cutter_end(&r->cutter, end == END_GOOD, clock_now()));
}

/* Closes a FILE that was opened. Returns err, or -EOWNERDEAD. */
static int close_file(struct reader *r, int err)
{
	r->crew->reader.blocked += input_waited(&r->input);
	output_drop_input(r->output);
	return input_close(&r->input) == 0 ? err : -EOWNERDEAD;
}

/* What was read by others, of FILEs before, may have left a line open: with the
 * first text of a share it is ended, if that begins a FILE. How one of those
 * ends that cannot be read is told as its own fault; what stands before it
 * counts then, as in one run. Returns 0, -ECANCELED, or -EOWNERDEAD when the
 * reader was relieved. */
static int end_line_before(
	struct reader *r, size_t input, const struct portion_file *ask)
{
	size_t from = input, open;

	/* What is appended ends its lines itself. */
	if (r->has_text || r->cutter.config.lines)
		return 0;
	for (;;) {
		struct fault fault = {""};
		int err;

		relief_expose(r->relief);
		err = part_find_open(
			&open, r->part, r->paths, from, ask, &fault);
		if (!relief_withdraw(r->relief))
			return -EOWNERDEAD;
		if (!err)
			break;
		if (err == -ECANCELED)
			return err;
		ledger_trouble(r->ledger, r->paths[open], 0, 0, fault.text);
		from = open;
	}
	if (open == from)
		return 0;
	output_own(r->output);
	output_set_open(r->output, open);
	output_disown(r->output);
	return 0;
}

/* As reader_woken, for who is exposed. One that was relieved meanwhile touches
 * nothing and ends. */
static bool woken_exposed(void *reader)
{
	struct reader *r = reader;
	bool go_on;

	if (!relief_withdraw(r->relief))
		return false;
	go_on = reader_woken(r);
	relief_expose(r->relief);
	return go_on;
}

/* The FILE that is open is read in part. Returns 0, -EOWNERDEAD when the reader
 * was relieved, -ECANCELED, or another negative errno; that was told. */
static int begin_part(struct reader *r, size_t input, struct text_state *state)
{
	struct fault fault = {""};
	struct portion_file file = {.fd = r->input.source.feed.io.fd,
		.size = r->part->share->files[input].size,
		.detect = r->part->detect,
		.marks = r->part->marks,
		.wake = r->input.config.wake,
		.woken = woken_exposed,
		.context = r};
	struct part_beginning b;
	int err;

	relief_expose(r->relief);
	err = part_find(&b, r->part, input, &file, &fault);
	if (!relief_withdraw(r->relief))
		return -EOWNERDEAD;
	if (!err && b.portion.begins)
		err = end_line_before(r, input, &file);
	if (err == -EOWNERDEAD)
		return err;
	if (!err) {
		err = input_read_part(&r->input, &b.portion);
		if (err)
			fault_set_errno(&fault, err);
	}
	if ((err && err != -ECANCELED) || b.wrong.text[0])
		ledger_trouble(r->ledger, input_name(&r->input), 0, 0,
			err ? fault.text : b.wrong.text);
	*state = b.state;
	r->cut = b.portion.cut;
	r->origin.inside = true;
	r->origin.behind = b.portion.packed ? 0 : (uint64_t)b.portion.from;
	return err;
}

/* Sees to the FILE that open_file opened, or did not, before it is read.
 * Returns as see_file does. */
static int prepare_file(struct reader *r, size_t input, int opened,
	const struct stat *st, struct text_state *state)
{
	int err = see_file(r, input, opened, st);

	if (err == -EOWNERDEAD)
		return err;
	r->fit = false;
	r->origin = (struct batch_origin){.form = BATCH_AS_ASKED};
	if (opened == 0)
		replace_note(&r->origin.mark, st);
	return err || !r->part ? err : begin_part(r, input, state);
}

/* Reads a FILE from its beginning to its end. Returns 0, -ECANCELED, or
 * -EOWNERDEAD when the reader was relieved. */
static int process_file(struct reader *r, size_t input)
{
	enum cutter_manner manner = CUTTER_READ;
	enum end end = END_BAD;
	struct text_state state = {0};
	struct stat st;
	bool good;
	int opened = open_file(r, input, &st), err;

	if (opened == -ECANCELED || opened == -EOWNERDEAD)
		return opened;
	err = prepare_file(r, input, opened, &st, &state);
	if (err == -EOWNERDEAD)
		return err;
	good = err == 0;
	if (good)
		manner = manner_of(&r->input);
	err = pass_on(r, cutter_begin(&r->cutter, input, manner));
	if (r->part)
		cutter_resume(&r->cutter, &state);
	cutter_set_origin(&r->cutter, &r->origin);
	r->current = input;
	r->in_file = true;
	gauge_begin(r->gauge, input + 1, input_name(&r->input),
		!good	  ? 0
		: r->part ? size_of_part(r, input)
			  : input_size(&r->input, &st));
	if (!err && good)
		end = read_file(r, input);
	if (end == END_RELIEVED)
		return -EOWNERDEAD;
	if (!err)
		err = end_file(r, end);
	r->in_file = false;
	gauge_end(r->gauge);
	return opened == 0 ? close_file(r, err) : err;
}

/* Everything that is left when no FILE comes any more. */
static int pass_on_all(struct reader *r)
{
	int err;

	if (cutter_is_empty(&r->cutter))
		return 0;
	err = need_batch(r);
	return err ? err : pass_on(r, CUTTER_ALL);
}

/* Where a FILE is that is not here, another share may see it: then the places
 * of all are others there. So it is told by each share. */
static void tell_absent(struct reader *r, size_t input)
{
	struct fault fault;
	int err = r->part->share->files[input].err;

	if (!err)
		return;
	fault_set_errno(&fault, err);
	ledger_trouble(r->ledger, r->paths[input], 0, 0, fault.text);
}

static int process_files(struct reader *r)
{
	int err = 0;

	for (size_t i = 0; !err && i < r->n_paths; i++) {
		if (r->part && !share_has(r->part->share, i)) {
			tell_absent(r, i);
			continue;
		}
		/* What waits in standard input when we are stopped is read, be
		 * it before we came to look at it. */
		if (control_is_stopping(r->control) &&
			(i > 0 || strcmp(r->paths[i], "-") != 0))
			break;
		err = process_file(r, i);
	}
	if (err == -ECANCELED && !control_is_aborted(r->control))
		err = 0; /* one that was not opened after a stop */
	return err ? err : pass_on_all(r);
}

/* The lines that are in no batch's count: text that the input has not handed
 * out yet, and the one whose end was not read. */
static uint64_t count_unsent(const struct reader *r)
{
	size_t len;
	const unsigned char *left = input_left(&r->input, &len);
	size_t edited = input_lines_edited(&r->input);

	if (len == 0)
		return edited + r->cutter.line_open;
	/* What is behind a bad sequence was never asked for. */
	if (output_bad_input(r->output) == r->current)
		return 0;
	return edited + lines_count(left, len) + !lines_end(left, len);
}

/* All that is read and in no batch's count, also what the decoder holds: no
 * read follows. */
static void count_all_unsent(struct reader *r)
{
	size_t len;
	const unsigned char *left = input_left(&r->input, &len);
	bool open = len > 0 ? !lines_end(left, len) : r->cutter.line_open, text;
	uint64_t lines = len > 0 ? lines_count(left, len) : 0, undecoded;
	unsigned char held[4096];

	if (output_bad_input(r->output) == r->current) {
		atomic_store(&r->ledger->lines_unsent, count_unsent(r));
		return;
	}
	undecoded = reader_count_undecoded(r);
	while ((len = input_take_held(&r->input, held, sizeof(held), &text)) >
		0) {
		lines += text ? lines_count(held, len) : 0;
		open = text ? !lines_end(held, len) : open;
		undecoded += text ? 0 : len;
	}
	atomic_store(&r->ledger->lines_unsent, lines + open);
	atomic_store(&r->ledger->undecoded, undecoded);
}

/* A batch that is not needed any more goes home; after an abort, what is in it
 * is lost, and so is what has not come that far. */
static void put_back(struct reader *r, bool aborted)
{
	struct batch *b = cutter_take_away(&r->cutter);

	if (aborted)
		count_all_unsent(r);
	if (b && aborted)
		batch_lose(b);
	else if (b)
		handover_put_back(&r->handover, b);
}

static void end(struct reader *r, int err)
{
	atomic_store(&r->has_all, true);
	put_back(r, err != 0);
	handover_end(&r->handover);
	if (r->unpackers)
		unpackers_stop(r->unpackers);
}

/* Returns whether there is something to be done. */
static bool wait_for_begin(struct reader *r)
{
	bool dismissed;

	(void)pthread_mutex_lock(&r->lock);
	while (!r->may_begin && !r->dismissed)
		(void)pthread_cond_wait(&r->told, &r->lock);
	dismissed = r->dismissed;
	(void)pthread_mutex_unlock(&r->lock);
	return !dismissed;
}

static void tell(struct reader *r, bool *what)
{
	(void)pthread_mutex_lock(&r->lock);
	*what = true;
	(void)pthread_mutex_unlock(&r->lock);
	(void)pthread_cond_signal(&r->told);
}

int reader_init(struct reader *r)
{
	int err = -pthread_mutex_init(&r->lock, NULL);

	r->may_begin = r->dismissed = false;
	if (err)
		return err;
	err = -pthread_cond_init(&r->told, NULL);
	if (err)
		(void)pthread_mutex_destroy(&r->lock);
	return err;
}

void reader_release(struct reader *r)
{
	(void)pthread_cond_destroy(&r->told);
	(void)pthread_mutex_destroy(&r->lock);
}

void reader_begin(struct reader *r)
{
	tell(r, &r->may_begin);
}

void reader_dismiss(struct reader *r)
{
	tell(r, &r->dismissed);
}

void *reader_main(void *reader)
{
	struct reader *r = reader;
	struct worker *w = &r->crew->reader;
	int64_t begin;
	int err;

	crew_set_name("reader", -1);
	if (!wait_for_begin(r)) {
		crew_ended(r->crew, w);
		return NULL;
	}
	begin = clock_now();
	err = process_files(r);
	if (err == -EOWNERDEAD) {
		crew_ended(r->crew, w);
		return NULL;
	}
	end(r, err);
	w->wait = r->handover.wait;
	if (r->unpackers)
		w->wait += r->unpackers->waited;
	w->busy = clock_now() - begin - w->wait - w->blocked;
	input_release(&r->input);
	crew_ended(r->crew, w);
	return NULL;
}

/* What was read goes on in a batch that the read does not know. */
static int leave_batch(struct reader *r)
{
	struct batch *next;

	if (cutter_needs(&r->cutter))
		return 0;
	next = handover_get(&r->handover);
	if (!next)
		return -ECANCELED;
	cutter_move(&r->cutter, next);
	return 0;
}

void reader_do_rest(struct reader *r)
{
	int err = leave_batch(r);

	if (input_relieve(&r->input) != 0)
		ledger_trouble(r->ledger, input_name(&r->input), 0, 0,
			"not enough memory for what was read last");
	if (!err && r->in_file)
		err = end_file(r, read_file(r, r->current));
	if (!err)
		err = pass_on_all(r);
	end(r, err);
}

uint64_t reader_count_lost(const struct reader *r)
{
	const struct batch *b = r->cutter.b;

	return (b ? batch_count_lines(b) : 0) + count_unsent(r);
}

uint64_t reader_count_undecoded(const struct reader *r)
{
	if (output_bad_input(r->output) == r->current)
		return 0;
	return input_undecoded(&r->input);
}
