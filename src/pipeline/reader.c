#include "config.h"

/*
 * The first stage: fills free batches from the inputs and passes them on.
 *
 * When a batch goes on
 *  - when it is full; what follows its last newline moves to the next batch;
 *  - plain output: as soon as it has a whole line and nothing is under way, or
 *    when there is no more input without waiting; but small files are gathered.
 *    So one line comes out at once, and a fast producer gets full batches. (To
 *    look for more while nothing is under way was tried, too: a producer of
 * many small writes and this thread then fight for the pipe, and both take
 * three times as long.)
 *  - gzip output: --flush-interval after its first line, because a member per
 *    line would be larger than the text;
 *  - a person types: with each line;
 *  - at the end of input, and when it is stopped.
 * A line without its newline waits, unless it fills a batch.
 *
 * Who converts and writes it: see stage.h.
 */
#include "pipeline/stage.h"

#include "io/clock.h"
#include "io/prompt.h"
#include "io/source.h"
#include "io/strip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bytes of typed input per read. A terminal hands out at most this much. */
#define TYPED_READ 4096

/* An input file of up to so many bytes is dealt with in no time. */
#define SMALL_FILE 16384

/* The batches that are to wait for the writer before the reader takes its time
 * to convert one. With one, the writer runs dry now and then, three is more
 * than the others can deliver in time: of 1, 2, 3 and 4, 2 was the fastest with
 * each text, by 5 % and more (two processors, 200 MB, file to file). */
#define AHEAD 2

/* What is typed, between the source and the batch. */
struct typed {
	bool on;	/* the current input is typed lines */
	bool prompting; /* ... at a terminal */
	bool prompted;	/* a prompt was shown and no line has come since */
	struct prompt prompt;
	struct strip strip;
	unsigned char raw[TYPED_READ];
	unsigned char text[STRIP_BOUND(TYPED_READ)]; /* stripped */
	size_t at, len; /* text[at..len) is to be handed out */
	bool ended;	/* the input behind it has */
};

struct reader {
	struct worker *w;
	struct pipeline *p;
	struct source source;
	size_t input;	    /* number of the FILE that is read */
	struct batch *b;    /* being filled, or NULL */
	uint64_t seq;	    /* of the next batch to go on */
	size_t lines_end;   /* b->text[0..lines_end) is whole lines */
	int64_t first_line; /* when b got the first of them */
	bool full;	    /* the batch that goes on is */
	bool continues;	    /* the next batch begins inside a line */
	bool line_open;	    /* the current input's last byte was no newline */
	bool join;	    /* a newline is due before the next byte, which will
			       be of another FILE */
	bool left;	    /* the batch was taken over by a stand-in */
	bool roams;	    /* has left the place where it began */
	struct typed typed;
};

/* The room for text in b; a full batch may have one byte more than its size. */
static size_t room(const struct reader *r)
{
	size_t size = r->p->config.batch_size;

	return r->b->len < size ? size - r->b->len : 0;
}

/* A free batch, a new one if there is none but there may be more, or the next
 * that comes home. NULL after an abort. */
static struct batch *get_batch(struct reader *r)
{
	struct pipeline *p = r->p;
	void *item = NULL;
	struct batch *b;

	if (queue_get(&p->free, &item, QUEUE_NOWAIT) != QUEUE_EMPTY)
		return item;
	b = stage_make_batch(p);
	if (!b && stage_get(r->w, &p->free, &b) != QUEUE_OK)
		return NULL;
	return b;
}

/* Gets a batch if there is none. May block until the writer sends one home.
 * Returns 0 or -ECANCELED. */
static int need_batch(struct reader *r)
{
	if (!r->b) {
		r->b = get_batch(r);
		if (!r->b)
			return -ECANCELED;
		r->b->continues = r->continues;
		r->lines_end = 0;
	}
	if (r->b->len == 0) /* it may wait since the FILE before */
		r->b->input = r->input;
	return 0;
}

/* The pipeline was aborted: what is in b will not be written. Returns
 * -ECANCELED. */
static int lose(struct batch *b)
{
	atomic_store(&b->unwritten, batch_count_lines(b));
	return -ECANCELED;
}

/* Whether all that went on is written. Then the sink is the reader's until it
 * puts the next batch into a queue. A batch is in `out` before it is done in
 * `in`, so it is missed in neither. */
static bool is_idle(struct pipeline *p)
{
	return queue_join(&p->in, QUEUE_NOWAIT) == QUEUE_OK &&
	       queue_join(&p->out, QUEUE_NOWAIT) == QUEUE_OK &&
	       !atomic_load(&p->aborted);
}

/* Does what the other stages would do, in this thread. */
static int finish_here(struct reader *r, struct batch *b)
{
	struct pipeline *p = r->p;

	if (p->alone) /* then pieces of a line go this way, by number */
		b->seq = r->seq++;
	if (transform_batch(r->w, b) != 0 || write_batch(r->w, b) != 0)
		return -ECANCELED;
	batch_reset(b);
	(void)queue_put(&p->free, b, QUEUE_NOWAIT);
	stage_reopen(p);
	return 0;
}

/* Whether finish_here is right for a batch: nothing under way that it would
 * overtake, and quicker than a hand-over. A piece of a line may need what is in
 * the baton. */
static bool can_finish_here(const struct reader *r, const struct batch *b)
{
	if (r->p->alone)
		return true;
	/* A full batch is a sign of more to come: that is worth threads. One
	 * that is not, however large, comes from an input that is slower than
	 * this thread. */
	if (b->open || b->continues || r->full)
		return false;
	/* Compressing is worth a thread once there is one. */
	if (r->p->config.level && r->p->asked_for_others)
		return false;
	return is_idle(r->p);
}

/* Whether the other stages have enough to do for now. */
static bool are_busy(struct pipeline *p)
{
	return queue_size(&p->in) + queue_size(&p->out) >=
	       AHEAD + p->config.jobs - 1;
}

/* Whether the reader converts a batch, for the writer: when that costs no time,
 * or nobody else can. */
static bool can_transform_here(struct pipeline *p)
{
	return p->n_transformers == 0 || (!p->config.level && are_busy(p));
}

/* Sends a batch to the other stages. */
static int put_batch(struct reader *r, struct batch *b)
{
	struct pipeline *p = r->p;
	struct queue *q = &p->in;

	b->seq = r->seq;
	if (can_transform_here(p)) {
		q = &p->out;
		if (transform_batch(r->w, b) != 0)
			return -ECANCELED;
	}
	if (stage_put(r->w, q, b) != QUEUE_OK)
		return q == &p->in ? lose(b) : -ECANCELED;
	r->seq++;
	return 0;
}

/* Passes the batch on, without a look at what is in it. */
static int send_batch(struct reader *r, struct batch *b)
{
	if (can_finish_here(r, b))
		return finish_here(r, b);
	stage_start_others(r->p);
	return r->p->alone ? finish_here(r, b) : put_batch(r, b);
}

/* Passes on the first len bytes, which end a line unless `open`, and keeps the
 * rest in the next batch. */
static int pass_on(struct reader *r, size_t len, bool open)
{
	struct batch *b = r->b;
	size_t rest = b->len - len;

	r->full = room(r) == 0;

	r->b = NULL;
	r->continues = open;
	if (rest > 0) {
		/* The rest must be saved before b is out of our hands. */
		if (need_batch(r) != 0)
			return lose(b);
		memcpy(r->b->text, b->text + len, rest);
		r->b->len = rest;
	}
	b->len = len;
	b->open = open;
	b->terminate =
		r->p->config.append || r->input + 1 < r->p->config.n_inputs;
	r->first_line = 0;
	r->lines_end = 0;
	return send_batch(r, b);
}

static int pass_on_lines(struct reader *r)
{
	return pass_on(r, r->lines_end, false);
}

/* A full batch: whole lines if there are any, else a piece of a long line. */
static int pass_on_full(struct reader *r)
{
	struct batch *b = r->b;

	if (r->lines_end > 0)
		return pass_on_lines(r);
	return pass_on(r, b->len - upcase_incomplete(b->text, b->len), true);
}

/* Everything that is there. Also nothing, if that ends a line or is to be
 * counted. */
static int pass_on_all(struct reader *r)
{
	if (!r->b && !r->continues)
		return 0;
	if (need_batch(r) != 0)
		return -ECANCELED;
	if (r->b->len == 0 && r->b->unterminated == 0 && !r->b->continues)
		return 0;
	return pass_on(r, r->b->len, false);
}

/* n bytes have come to the end of the batch. */
static void take_bytes(struct reader *r, size_t n)
{
	struct batch *b = r->b;
	const unsigned char *begin = b->text + b->len;
	const unsigned char *newline;

	b->len += n;
	r->line_open = begin[n - 1] != '\n';
	newline = memrchr(begin, '\n', n);
	if (!newline)
		return;
	if (r->lines_end == 0 && r->p->config.level)
		r->first_line = clock_now();
	r->lines_end = (size_t)(newline - b->text) + 1;
}

/* Everything typed so far is written; the person may go on. */
static int prompt_for_line(struct reader *r)
{
	int64_t begin = clock_now();
	enum queue_status status = queue_join(&r->p->in, QUEUE_FOREVER);

	if (status == QUEUE_OK)
		status = queue_join(&r->p->out, QUEUE_FOREVER);
	r->w->wait += clock_now() - begin;
	/* join is content when an abort has left nothing to wait for. */
	if (status != QUEUE_OK || atomic_load(&r->p->aborted))
		return -ECANCELED;
	prompt_show(&r->typed.prompt, r->p->config.prompt, r->p->wake_pipe[0]);
	r->typed.prompted = true;
	return 0;
}

/* There is input, or a wait for it: the reader is not done in no time. */
static void roam(struct reader *r)
{
	if (!r->roams)
		home_leave(&r->p->home);
	r->roams = true;
}

/* source_read, marked as the place where the reader can get stuck. */
static ssize_t read_some(struct reader *r, unsigned char *buf, size_t len,
	int64_t deadline, struct fault *fault)
{
	ssize_t n;

	r->b->seq = r->seq; /* for a stand-in */
	atomic_store(&r->p->in_read, r->b);
	n = source_read(
		&r->source, buf, len, r->p->wake_pipe[0], deadline, fault);
	if (n != 0)
		roam(r);
	if (atomic_exchange(&r->p->in_read, NULL))
		return n;
	r->b = NULL;
	r->left = true;
	return -ECANCELED;
}

/* source_read for typed lines: the same, with lines stripped. */
static ssize_t read_typed(struct reader *r, unsigned char *buf, size_t len,
	int64_t deadline, struct fault *fault)
{
	struct typed *t = &r->typed;

	while (t->at == t->len && !t->ended) {
		ssize_t n;

		if (t->prompting && !t->prompted && !r->source.stopped &&
			prompt_for_line(r) != 0)
			return -ECANCELED;
		n = read_some(r, t->raw, sizeof(t->raw), deadline, fault);
		if (n < 0)
			return n;
		t->at = 0;
		if (n == 0) {
			t->ended = true;
			t->len = strip_end(&t->strip, t->text);
		} else {
			t->len = strip_more(
				&t->strip, t->raw, (size_t)n, t->text);
			t->prompted = t->prompted && t->raw[n - 1] != '\n';
		}
	}
	if (len > t->len - t->at)
		len = t->len - t->at;
	memcpy(buf, t->text + t->at, len);
	t->at += len;
	return (ssize_t)len;
}

/* Reads once, into the batch. Returns what source_read does. */
static ssize_t fill(struct reader *r, int64_t deadline, struct fault *fault)
{
	struct batch *b = r->b;
	/* A newline between two FILEs is put in only when there is something
	 * behind it; its byte is the one that text has to spare. */
	size_t at = b->len + (r->join ? 1 : 0);
	ssize_t n;

	if (r->typed.on)
		n = read_typed(r, b->text + at, room(r), deadline, fault);
	else
		n = read_some(r, b->text + at, room(r), deadline, fault);
	if (n <= 0)
		return n;
	if (r->join) {
		b->lead = b->len == 0 && b->unterminated == 0;
		b->text[b->len] = '\n';
		b->inserted++;
		n++;
		r->join = false;
	}
	take_bytes(r, (size_t)n);
	return n;
}

/* Whether what there is, a batch that is not full, is to go on. */
static bool is_wanted(struct reader *r)
{
	return !r->source.io.regular && is_idle(r->p);
}

/* Passes on what is due, and finds out how long the next read may wait (a
 * deadline). */
static int pass_on_due(struct reader *r, int64_t *deadline)
{
	const struct pipeline_config *c = &r->p->config;
	bool gather = c->level && c->flush_interval > 0 && !r->typed.prompting;

	*deadline = CLOCK_FOREVER;
	/* What is left of a full batch may fill the next one, too. */
	while (r->b && room(r) == 0) {
		int err = pass_on_full(r);

		if (err)
			return err;
	}
	if (!r->b || r->lines_end == 0)
		return 0;
	if (r->typed.prompting)
		return pass_on_lines(r);
	if (!gather) {
		*deadline = 0;
		return is_wanted(r) ? pass_on_lines(r) : 0;
	}
	if (r->first_line > CLOCK_FOREVER - c->flush_interval)
		return 0;
	*deadline = r->first_line + c->flush_interval;
	return clock_now() >= *deadline ? pass_on_lines(r) : 0;
}

/* Somebody poked: looks at what may have changed. */
static void look_at_flags(struct reader *r)
{
	char bytes[16];

	while (read(r->p->wake_pipe[0], bytes, sizeof(bytes)) > 0)
		;
	if (atomic_load(&r->p->stopping))
		source_stop(&r->source);
}

/* With invalid=fail: what the batch holds is behind the place where this input
 * failed. */
static void drop_rest(struct reader *r)
{
	if (r->b) {
		batch_reset(r->b);
		r->b->input = r->input;
	}
	r->lines_end = 0;
	r->continues = r->line_open = false;
}

/* Reads the open source to its end. Returns 0, or -ECANCELED when aborted. */
static int read_source(struct reader *r)
{
	struct pipeline *p = r->p;

	for (;;) {
		struct fault fault = {""};
		int64_t deadline;
		ssize_t n;
		int err = pass_on_due(r, &deadline);

		if (!err)
			err = need_batch(r);
		if (err || atomic_load(&p->aborted))
			return -ECANCELED;
		if (atomic_load(&p->stopping))
			source_stop(&r->source);
		if (atomic_load(&p->bad_input) == r->input) {
			drop_rest(r);
			return 0;
		}
		if (r->lines_end == 0)
			deadline = CLOCK_FOREVER;
		n = fill(r, deadline, &fault);
		if (r->left)
			return -ECANCELED;
		if (n == 0)
			return 0;
		if (n == -ECANCELED)
			look_at_flags(r);
		else if (n == -EAGAIN)
			err = pass_on_lines(r);
		else if (n < 0) {
			stage_trouble(p, r->source.name, 0, 0, fault.text);
			return 0;
		}
		if (err)
			return err;
	}
}

/* The input is at its end: its last line ends, too, where lines are wanted, or
 * is noted as one that does not. */
static int end_input(struct reader *r)
{
	const struct pipeline_config *c = &r->p->config;
	bool more = r->input + 1 < c->n_inputs;
	bool apart = c->map->invalid == UPCASE_FAIL;
	bool lines = c->append || r->typed.on || (apart && more);
	int err = 0;

	if (r->line_open) {
		err = need_batch(r);
		if (err)
			return err;
		r->b->unterminated++;
		if (lines) {
			r->b->text[r->b->len++] = '\n';
			r->b->inserted++;
			r->lines_end = r->b->len;
		} else {
			r->join = true;
		}
		r->line_open = false;
	}
	/* A bad sequence is told with its place in its FILE: then no batch
	 * holds two. */
	return apart ? pass_on_all(r) : 0;
}

static void begin_typing(struct reader *r, const char *path)
{
	struct typed *t = &r->typed;

	t->on = r->p->config.interactive && strcmp(path, "-") == 0;
	t->prompting = t->on && r->source.terminal;
	t->prompted = t->ended = false;
	t->at = t->len = 0;
	t->prompt.io = (struct fdio){.fd = -1, .own = -1};
	if (t->prompting)
		prompt_open(&t->prompt, r->source.io.fd);
}

static void end_typing(struct reader *r)
{
	struct typed *t = &r->typed;

	/* The cursor still stands behind the last prompt. */
	if (t->prompted)
		prompt_show(&t->prompt, "\n", r->p->abort_pipe[0]);
	prompt_close(&t->prompt);
	t->on = t->prompting = t->prompted = false;
}

static int read_input(struct reader *r, const char *path)
{
	struct pipeline *p = r->p;
	struct stat st;
	int err = source_open(&r->source, path, p->config.detect_gzip, &st);

	if (err) {
		struct fault fault;

		fault_set_errno(&fault, err);
		stage_trouble(p, r->source.name, 0, 0, fault.text);
		return 0;
	}
	if (sink_is_file(p->config.sink, &st)) {
		stage_trouble(
			p, r->source.name, 0, 0, "input file is output file");
		source_close(&r->source);
		return 0;
	}
	/* Also before the source starts threads, which begin where it is. */
	if (st.st_size > SMALL_FILE)
		roam(r);
	stage_note(p, r->source.name, "reading");
	begin_typing(r, path);
	err = read_source(r);
	if (!err)
		err = end_input(r);
	end_typing(r);
	r->w->blocked += r->source.io.waited;
	source_close(&r->source);
	return err;
}

static int read_inputs(struct reader *r)
{
	const struct pipeline_config *c = &r->p->config;
	int err = 0;

	for (r->input = 0; !err && r->input < c->n_inputs; r->input++) {
		if (atomic_load(&r->p->stopping))
			break;
		err = read_input(r, c->inputs[r->input]);
	}
	return err ? err : pass_on_all(r);
}

/* Where there is no writer to do it. */
static void end_output(struct pipeline *p)
{
	if (p->asked_for_others && !p->alone)
		return;
	if (atomic_load(&p->aborted))
		abandon_output(p);
	else
		finish_output(p);
}

/* Waits until every batch is written, which is the writer's word, not just its
 * turn. Closing the queues one after the other lets the stages end. */
static void drain(struct worker *w)
{
	struct pipeline *p = w->p;
	int64_t begin = clock_now();

	queue_close(&p->in);
	if (queue_join(&p->in, QUEUE_FOREVER) == QUEUE_OK) {
		queue_close(&p->out);
		(void)queue_join(&p->out, QUEUE_FOREVER);
	}
	w->wait += clock_now() - begin;
	end_output(p);
}

/* The batch that is not needed any more goes home; after an abort, what is in
 * it is lost. */
static void put_back(struct reader *r)
{
	struct batch *b = r->b;

	if (!b)
		return;
	r->b = NULL;
	if (atomic_load(&r->p->aborted)) {
		(void)lose(b);
		return;
	}
	batch_reset(b);
	(void)queue_put(&r->p->free, b, QUEUE_NOWAIT);
}

void *reader_main(void *worker)
{
	struct worker *w = worker;
	struct reader r = {.w = w, .p = w->p};
	struct unpackers *u = w->p->unpackers;
	int64_t begin = clock_now();

	stage_set_name("reader", -1);
	source_init(&r.source, u ? &u->help : NULL);
	if (read_inputs(&r) == 0) {
		put_back(&r);
		drain(w);
	} else {
		put_back(&r);
		/* The line whose end was not read is in no batch's count. */
		atomic_store(&w->p->line_cut, r.line_open && !r.left);
		if (!r.left)
			end_output(w->p);
	}
	if (u) {
		unpackers_stop(u);
		w->wait += u->waited;
	}
	w->busy = clock_now() - begin - w->wait - w->blocked;
	source_release(&r.source);
	stage_ended(w);
	return NULL;
}

/* Makes the batch of a reader that was left what that would have made of it at
 * the end of its input. Returns whether there is anything in it. */
static bool seal(struct pipeline *p, struct batch *b)
{
	const struct pipeline_config *c = &p->config;
	unsigned char *text = malloc(c->batch_size + 1);
	bool line_open =
		b->len > 0 ? b->text[b->len - 1] != '\n' : b->continues;

	/* The read that does not return may still write behind len. The old
	 * text is left to it, for the little time that the process has. */
	if (text) {
		memcpy(text, b->text, b->len);
		b->text = text;
	}
	if (line_open) {
		b->unterminated++;
		if (text && (c->append || c->interactive)) {
			text[b->len++] = '\n';
			b->inserted++;
		}
	}
	b->open = false;
	b->terminate = c->append;
	return b->len > 0 || b->continues;
}

void *stand_in_main(void *worker)
{
	struct worker *w = worker;
	struct pipeline *p = w->p;
	struct batch *b = p->adopted;
	struct reader r = {.w = w, .p = p, .seq = b->seq};

	stage_set_name("reader", 2);
	if (!seal(p, b) || send_batch(&r, b) == 0)
		drain(w);
	else
		end_output(p);
	stage_ended(w);
	return NULL;
}
