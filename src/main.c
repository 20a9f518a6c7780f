#include "config.h"

/*
 * upcase-pipe: parse -> open -> run -> report -> exit status
 *
 * The main thread starts the pipeline (see pipeline/pipeline.h) and then only
 * waits: for signals, for threads that end, and for the time of a shutdown to
 * be over. It alone decides how the process ends.
 *
 * What it may call once the pipeline runs, until it has reported. Nothing of
 * this waits for anybody but poll, so a signal is always answered. A test holds
 * the system calls of the main thread against this list:
 *
 *	poll			the one wait; at the end also naps of it, up
 *				to a second, for standard error to have room
 *	read, write		on pipes of our own with O_NONBLOCK (poke.h)
 *	write, sendto, pwritev2	to standard error, such that it does not wait,
 *				or if it is a regular file (io/say.h)
 *	fstat, ioctl, fcntl, openat, getpgrp, getpgid
 *				to find out what standard error is, how wide,
 *				and whether we are in front of it
 *	futex			for locks that are held for a look or a copy,
 *				never over a call that may wait: those of the
 *				queues, the ledger and io/say.h; to join
 *				threads that have said that they ended
 *	getpid, tgkill		to nudge a thread
 *	getpgrp, gettid, kill	to give a terminal back, and to stop, where
 *				somebody types
 *	clone, clone3, rseq, set_robust_list
 *				to start one: a stand-in, or io/say.h's
 *	brk, mmap, munmap, mprotect, madvise
 *				memory
 *	clock_gettime, rt_sigaction, rt_sigprocmask, rt_sigreturn,
 *	restart_syscall		of this process alone
 *
 * No input or output is opened, locked, read, written, synced or closed here
 * meanwhile: that is for threads, to which a wish is left (pipeline_reopen).
 */
#include "cli/course.h"
#include "cli/diag.h"
#include "cli/help.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "codec/bgzf.h"
#include "codec/members.h"
#include "codec/single.h"
#include "io/clock.h"
#include "io/decode.h"
#include "io/fdio.h"
#include "io/share.h"
#include "pipeline/pipeline.h"
#include "pipeline/targets.h"
#include "text/quote.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	EXIT_DONE = 0,
	EXIT_INPUT = 1, /* some input was not good; the rest was processed */
	EXIT_USAGE = 2,
	EXIT_OUTPUT = 3, /* accepted lines were not written */
};

/* After an abort threads end as soon as they wake up. One that cannot be woken,
 * in a write to a dead file server say, does not keep us longer than this. */
#define ABORT_GRACE CLOCK_SECOND

/* A reader that does not come back from its read after so many nudges is left
 * behind. They are counted, not timed: the process may be stopped meanwhile. */
#define READER_NUDGES 10

/* How far apart they are, at least. */
#define NUDGE_INTERVAL (CLOCK_SECOND / 10)

/* A second signal so soon after the first is the same wish: timeout(1) sends
 * one to the process and one to its group, a service manager SIGTERM and
 * SIGHUP. */
#define SAME_WISH (CLOCK_SECOND / 4)

/* Why and how the pipeline was asked to end. */
struct shutdown {
	bool late;	      /* a thread has not noticed yet */
	bool untold;	      /* a message waits for standard error */
	int nudges;	      /* that a thread did not answer, one by one */
	int64_t nudged_at;    /* when the last of them was sent */
	int signal;	      /* the first one, 0 if none */
	int64_t signal_at;    /* when that was */
	int stops;	      /* how many were answered */
	const char *given_up; /* why it was aborted, NULL if not */
	int64_t given_up_at;
	int killed;	     /* the signal that came after that, 0 if none */
	int64_t drain_until; /* when the drain is given up */
	int64_t abandon_at;  /* when threads are left behind */
};

/* Where it goes. */
struct out {
	struct sink *sink;
	struct targets *targets;   /* NULL: the sink is all */
	const struct share *share; /* of the inputs; NULL: all of them */
};

static void tell_trouble(void *context, const char *name, uint64_t line,
	uint64_t column, const char *text)
{
	(void)context;
	/* There may be one for each of many inputs. */
	diag_make_room();
	if (line > 0)
		diag_error_at(name, line, column, text);
	else
		diag_error(name, "%s", text);
}

static void tell_note(void *context, const char *name, const char *text)
{
	(void)context;
	if (diag_tells(DIAG_VERBOSE))
		diag_make_room();
	diag_note(DIAG_VERBOSE, name, "%s", text);
}

static void tell_notice(void *context, const char *name, const char *text)
{
	(void)context;
	if (diag_tells(DIAG_NORMAL))
		diag_make_room();
	diag_note(DIAG_NORMAL, name, "%s", text);
}

static void tell_stands(void *context, bool stands)
{
	(void)context;
	diag_prompt(stands);
}

static void give_up(struct pipeline *p, struct shutdown *e, const char *why)
{
	diag_hurry();
	e->given_up = why;
	e->given_up_at = clock_now();
	e->drain_until = CLOCK_FOREVER;
	e->abandon_at = clock_deadline(ABORT_GRACE);
	pipeline_abort(p);
}

/* A signal that may be one more than was answered. After the second no thread
 * is waited for any more: what is known is told, then it kills. */
static void answer_another(struct pipeline *p, struct shutdown *e, int sig)
{
	int64_t since = e->given_up ? e->given_up_at : e->signal_at;

	if (clock_now() - since <= SAME_WISH)
		return;
	if (!e->given_up)
		give_up(p, e, "stopped by a second signal");
	else
		e->killed = sig;
}

/* Answers what a terminal wants, where somebody types. It must be as it was
 * before the process stops or dies. */
static void answer_terminal(struct pipeline *p, const struct signals_seen *seen)
{
	if (seen->suspend || seen->quit)
		pipeline_give_back_terminal(p);
	if (seen->quit)
		signals_die(SIGQUIT);
	if (seen->suspend)
		(void)signals_suspend();
	if (seen->suspend || seen->continued)
		pipeline_tell_terminal(p, TERMINAL_CONTINUED);
	if (seen->resized)
		pipeline_tell_terminal(p, TERMINAL_SIZE);
	if (diag_broke_prompt())
		pipeline_tell_terminal(p, TERMINAL_WRITTEN);
}

static void stop(struct pipeline *p, int sig)
{
	/* Control-C: what a terminal does to a line, too. */
	if (sig == SIGINT)
		pipeline_take_back(p);
	pipeline_stop(p);
}

/* Who types is in the background: is stopped, as who reads there is, but not if
 * there is something else to do. */
static void answer_background(struct pipeline *p, const struct shutdown *e)
{
	if (!pipeline_is_in_background(p) || e->given_up || signals_stops() > 0)
		return;
	if (signals_await_foreground())
		pipeline_tell_terminal(p, TERMINAL_CONTINUED);
	else
		pipeline_tell_terminal(p, TERMINAL_ALONE);
}

/* Answers what has come in by signal. */
static void answer_signals(
	struct pipeline *p, const struct options *o, struct shutdown *e)
{
	struct signals_seen seen = signals_take();
	struct pipeline_stats stats;

	if (seen.progress) {
		pipeline_stats(p, &stats);
		progress_tell(&stats);
	}
	if (seen.reopen)
		pipeline_reopen(p);
	answer_terminal(p, &seen);
	if (seen.stops > 0 && !e->signal) {
		e->signal = seen.first;
		e->signal_at = clock_now();
		/* What is written would not be published. */
		if (o->outputs.atomic)
			give_up(p, e, "stopped");
		else
			stop(p, seen.first);
		if (o->shutdown_timeout >= 0)
			e->drain_until = clock_deadline(o->shutdown_timeout);
		diag_note(DIAG_VERBOSE, NULL, "%s: writing what was read",
			strsignal(seen.first));
	}
	if (seen.stops > e->stops)
		answer_another(p, e, seen.last);
	e->stops = seen.stops;
}

/* How long to wait for something to happen, in milliseconds; at `due` something
 * is to be shown. */
static int poll_timeout(const struct shutdown *e, int64_t due)
{
	int64_t until =
		e->drain_until < e->abandon_at ? e->drain_until : e->abandon_at;
	int64_t left;

	until = until < due ? until : due;
	left = until - clock_now();

	if ((e->late || e->untold) && left > NUDGE_INTERVAL)
		left = NUDGE_INTERVAL;
	else if (until == CLOCK_FOREVER)
		return -1;
	if (left <= 0)
		return 0;
	left = left / (CLOCK_SECOND / 1000) + 1;
	return left < INT_MAX ? (int)left : INT_MAX;
}

/* Nudges a thread that has not noticed that it is to end, whether by a signal
 * or because the output failed; a reader that does not react is left. */
static void see_to_late(struct pipeline *p, struct shutdown *e)
{
	enum pipeline_late late = pipeline_nudge(p);
	int64_t now = clock_now();

	e->late = late != PIPELINE_ALL_KNOW;
	if (late != PIPELINE_NUDGED) {
		e->nudges = 0;
	} else if (e->nudges == 0 || now - e->nudged_at >= NUDGE_INTERVAL) {
		e->nudges++;
		e->nudged_at = now;
	}
	if (e->nudges <= READER_NUDGES)
		return;
	/* Who comes too late for this read has to be patient with the next. */
	e->nudges = 0;
	if (pipeline_leave_reader(p) != 0 && !e->given_up)
		give_up(p, e, "the input hangs, and no thread can take over");
}

static void show_course(struct pipeline *p, struct course *c)
{
	struct pipeline_course course;
	int64_t now = clock_now();

	if (now < c->due)
		return;
	pipeline_course(p, &course);
	course_show(c, &course, now);
}

/* Waits until every thread has ended, or cannot be waited for any longer. */
static void run(struct pipeline *p, const struct options *o, struct shutdown *e,
	struct course *c)
{
	struct pollfd fds[2] = {
		{.fd = signals_fd(), .events = POLLIN},
		{.fd = pipeline_event_fd(p), .events = POLLIN},
	};

	while (pipeline_running(p) > 0) {
		/* Errors of poll other than EINTR would be bugs; the signals
		 * and threads are looked at whatever it says. */
		answer_background(p, e);
		see_to_late(p, e);
		e->untold = diag_more();
		(void)poll(fds, 2, poll_timeout(e, c->due));
		answer_signals(p, o, e);
		show_course(p, c);
		if (clock_now() >= e->drain_until)
			give_up(p, e, "shutdown timeout");
		if (e->killed || clock_now() >= e->abandon_at)
			return;
	}
	/* What came before the end of the input counts. */
	answer_signals(p, o, e);
}

/* What to say about the output, if it did not take everything. */
static bool tell_output(const struct sink *sink, const struct pipeline_stats *s,
	const struct pipeline_outcome *outcome, const struct shutdown *e)
{
	const char *why = e->given_up ? e->given_up : "given up";
	const char *what = outcome->error ? outcome->fault.text : why;
	bool lost = outcome->lines_lost > 0 || outcome->undecoded > 0;
	char more[64] = "";

	if (!outcome->error && !lost)
		return true;
	if (outcome->undecoded > 0)
		(void)snprintf(more, sizeof(more),
			", and %" PRIu64 " %s not decoded yet",
			outcome->undecoded,
			outcome->undecoded == 1 ? "byte" : "bytes");
	if (s->lines_out == 0 && !lost)
		diag_error(sink->name, "%s%s", what, outcome->remark.text);
	else
		diag_error(sink->name,
			"%s%s: %" PRIu64 " %s written, %" PRIu64 " %s lost%s",
			what, outcome->remark.text, s->lines_out,
			s->lines_out == 1 ? "line" : "lines",
			outcome->lines_lost,
			outcome->lines_lost == 1 ? "line" : "lines", more);
	return false;
}

/* The same where files are replaced: nothing is lost, for they stay. */
static bool tell_targets(const struct options *o, const struct out *out,
	const struct pipeline_stats *s, const struct pipeline_outcome *outcome,
	const struct shutdown *e)
{
	const char *left = o->outputs.atomic && s->files_done == 0
				   ? out->sink->name
				   : targets_first_left(out->targets);
	const char *one = o->outputs.atomic ? "it was not replaced"
			  : o->outputs.folder
				  ? "it is not there, nor is what was to follow"
				  : "it and what was to follow stay as they "
				    "were";

	if (outcome->error && left) {
		diag_error(left, "%s; %s", outcome->fault.text, one);
		return false;
	}
	if (outcome->error) {
		diag_error(out->sink->name, "%s", outcome->fault.text);
		return false;
	}
	if (o->outputs.atomic && s->files_done == 0)
		diag_error(out->sink->name, "not replaced, since %s",
			e->signal ? strsignal(e->signal)
				  : "not all of the input was good");
	else if (!o->outputs.atomic && e->signal)
		diag_note(DIAG_NORMAL, NULL,
			"%s: %" PRIu64 " of %zu FILEs %s; the rest was left",
			strsignal(e->signal), s->files_done, o->n_inputs,
			o->outputs.folder ? "written" : "replaced");
	return true;
}

/* What was read of all, if that is a share. */
static struct stats_share share_figures(
	const struct options *o, const struct share *share, int status)
{
	struct stats_share s = {.number = o->share,
		.count = o->shares,
		.input = "",
		.from = (uint64_t)share->from,
		.to = (uint64_t)share->to,
		.size = (uint64_t)share->total,
		.status = status};

	for (size_t i = 0; i < share->n; i++) {
		if (!share_has(share, i))
			continue;
		if (s.inputs++ == 0)
			s.input = o->inputs[i];
	}
	return s;
}

static void tell_stats(const struct options *o, struct pipeline_stats *s,
	const struct share *share, int status)
{
	if (share)
		s->share = share_figures(o, share, status);
	if (o->stats == STATS_TEXT)
		progress_stats_text(s);
	else if (o->stats == STATS_JSON)
		progress_stats_json(s);
}

static void tell_invalid(uint64_t n, const char *became)
{
	if (n > 0)
		diag_note(DIAG_VERBOSE, NULL, "%" PRIu64 " ill-formed %s %s", n,
			n == 1 ? "sequence" : "sequences", became);
}

/* Notes for the end: what a person at the prompt has done, and what became of
 * what was not UTF-8. */
static void tell_count(const struct options *o, const struct sink *sink,
	const struct pipeline_stats *s)
{
	const char *lines = s->lines_out == 1 ? "line" : "lines";
	char shown[1024];

	if (o->invalid != UPCASE_FAIL) {
		tell_invalid(s->kept, "kept");
		tell_invalid(s->invalid - s->kept, "replaced");
	}
	if (!o->interactive)
		return;
	if (o->output)
		diag_note(DIAG_NORMAL, NULL, "%" PRIu64 " %s appended to %s",
			s->lines_out, lines,
			quote_name(sink->name, shown, sizeof(shown)));
	else
		diag_note(DIAG_NORMAL, NULL, "%" PRIu64 " %s converted",
			s->lines_out, lines);
}

/* Dies of sig. Where the system does not let us (the first process of a
 * container cannot), returns the status that a shell would show. */
static int die(int sig)
{
	signals_die(sig);
	return 128 + sig;
}

/* All is said. Waits until standard error has taken it, unless a signal cuts
 * that short; takes note of one that came while it was said. */
static void fall_silent(struct shutdown *e)
{
	struct signals_seen seen;

	signals_restore();
	seen = signals_take();
	if (seen.stops > e->stops)
		e->killed = seen.last;
	diag_finish();
}

static int report(struct pipeline *p, const struct options *o,
	const struct out *out, struct shutdown *e, bool *left)
{
	struct pipeline_outcome outcome;
	bool unwanted;
	struct pipeline_stats stats;
	bool written = true;
	int killer, status;

	/* From here on nobody waits for room for what is said, above all not
	 * this thread. */
	diag_hurry();
	outcome = pipeline_finish(p);
	/* The reader of a pipe that goes away wants no more; that is no error
	 * unless somebody asked to see it. */
	unwanted = outcome.error == -EPIPE && !signals_pipe_ignored();
	*left = outcome.left;
	pipeline_stats(p, &stats);
	diag_last();
	if (!unwanted) {
		written = outputs_replace(&o->outputs)
				  ? tell_targets(o, out, &stats, &outcome, e)
				  : tell_output(out->sink, &stats, &outcome, e);
		tell_count(o, out->sink, &stats);
	}
	killer = unwanted ? SIGPIPE : e->signal;
	status = !written		 ? EXIT_OUTPUT
		 : killer		 ? 128 + killer
		 : outcome.input_trouble ? EXIT_INPUT
					 : EXIT_DONE;
	tell_stats(o, &stats, out->share, status);
	fall_silent(e);
	if (e->killed)
		return die(e->killed);
	return written && killer ? die(killer) : status;
}

static int cannot_start(const char *name, int err)
{
	diag_error(name, "%s", strerror(-err));
	return EXIT_OUTPUT;
}

static int no_thread(void)
{
	diag_error(NULL, "no thread can be started");
	return EXIT_OUTPUT;
}

static int cannot_make(int err)
{
	if (err == -ENOMEM)
		diag_error(NULL, "not enough memory for the batches: see "
				 "--batch-size, --queue-depth and --jobs");
	else
		diag_error(
			NULL, "cannot set up the pipeline: %s", strerror(-err));
	return EXIT_OUTPUT;
}

/* The output that is to be written to from the beginning. */
static int make_output(struct sink *sink, struct targets *t)
{
	struct fault fault = {""};
	int err;

	if (t && targets_is_each(t))
		return EXIT_DONE;
	if (t) {
		err = targets_open(t, 0, sink, &fault);
	} else {
		err = sink_create(sink);
		if (err)
			return cannot_start(sink->name, err);
		err = sink_check_kind(sink, &fault);
	}
	if (err)
		diag_error(sink->name, "%s", fault.text);
	return err ? EXIT_OUTPUT : EXIT_DONE;
}

/* Sets up all that can fail, and then the output: a file is made only for a
 * pipeline that runs. */
static int start(struct pipeline *p, const struct out *out, bool typing)
{
	int err = signals_init();

	if (err)
		return cannot_make(err);
	if (typing)
		err = signals_watch_terminal();
	if (err)
		return cannot_make(err);
	diag_wake_by(signals_wake_fd());
	if (pipeline_start(p) != 0)
		return no_thread();
	return make_output(out->sink, out->targets);
}

/* What the text is turned with: two texts, since what cannot be decoded cannot
 * be kept. */
struct turned {
	struct upcase upcase, replacing;
	struct text text, decoded;
};

static int make_turned(struct turned *t, const struct options *o)
{
	/* options_parse has seen that these go together. */
	int err = upcase_init(&t->upcase, o->mapping, o->language, o->invalid);

	if (!err && o->variant)
		err = upcase_use_variant(&t->upcase, o->variant);
	if (err)
		return err;
	text_init(&t->text, &t->upcase);
	t->replacing = t->upcase;
	if (t->replacing.invalid == UPCASE_KEEP)
		t->replacing.invalid = UPCASE_REPLACE;
	text_init(&t->decoded, &t->replacing);
	if (select_made(&o->select)) {
		text_select(&t->text, select_made(&o->select));
		text_select(&t->decoded, select_made(&o->select));
	}
	return 0;
}

static int make_pipeline(struct pipeline **p, const struct options *o,
	const struct out *out, const struct rules *rules,
	const struct turned *t)
{
	/* Whoever says so knows what they are. */
	bool bytes = !o->detect_gzip || strcmp(o->encoding, DECODE_NONE) == 0;
	bool screen = o->interactive && isatty(STDERR_FILENO);
	struct pipeline_config config = {.inputs = o->inputs,
		.n_inputs = o->n_inputs,
		.text = &t->text,
		.decoded = &t->decoded,
		.encoding = o->encoding,
		.bytes = bytes,
		.sink = out->sink,
		.targets = out->targets,
		.share = out->share,
		.unit = o->select.fastq ? PORTION_READS : PORTION_LINES,
		.keep_level = o->outputs.in_place && o->detect_gzip
				      ? OPTIONS_LEVEL
				      : 0,
		.append = o->output != NULL,
		.unbuffered = o->unbuffered,
		.batch_size = o->batch_size,
		.jobs = o->jobs,
		.unpack_jobs = o->unpack_jobs,
		.depth = o->queue_depth,
		.level = o->gzip_level,
		.verify = o->verify,
		.flush_interval = o->flush_interval,
		.detect_gzip = o->detect_gzip,
		.sandbox = !o->output && o->gzip_level == 0 &&
			   !o->interactive && !out->targets,
		.interactive = o->interactive,
		.prompt = o->prompt,
		.history = o->history,
		.stands = screen ? tell_stands : NULL,
		.nudge_signal = SIGNALS_NUDGE,
		.rules = *rules,
		.events = {.trouble = tell_trouble,
			.note = tell_note,
			.notice = tell_notice}};

	return pipeline_new(p, &config);
}

static enum course_work work_of(const struct options *o)
{
	if (o->interactive)
		return COURSE_TYPING;
	return (o->output || o->outputs.in_place || o->outputs.folder) &&
			       o->files
		       ? COURSE_BATCH
		       : COURSE_FILTER;
}

/* Of so many FILEs it costs nothing to know the sizes, which is done for who
 * has looked; of more, when there is something to be shown. */
#define FEW_FILES 100

/* Before the pipeline begins. */
static void begin_course(
	struct course *c, struct pipeline *p, const struct options *o)
{
	struct pipeline_course course;

	course_begin(c, o->progress, work_of(o),
		!o->output && !outputs_replace(&o->outputs), clock_now());
	if (c->due != CLOCK_FOREVER && o->n_inputs <= FEW_FILES)
		pipeline_course(p, &course);
}

static int process(const struct options *o, const struct out *out,
	const struct rules *rules)
{
	struct shutdown e = {
		.drain_until = CLOCK_FOREVER, .abandon_at = CLOCK_FOREVER};
	struct pipeline *p;
	static struct course course;
	static struct turned turned;
	bool left = false;
	int err, status;

	err = make_turned(&turned, o);
	if (err)
		return cannot_start(NULL, err);
	err = make_pipeline(&p, o, out, rules, &turned);
	if (err)
		return cannot_make(err);
	diag_open();
	status = start(p, out, o->interactive);
	if (status != EXIT_DONE) {
		pipeline_free(p);
		return status;
	}
	begin_course(&course, p, o);
	pipeline_begin(p);
	signals_unblock();
	run(p, o, &e, &course);
	course_end(&course);
	status = report(p, o, out, &e, &left);
	/* A thread that was left behind may still use what it has. */
	if (left)
		_exit(status);
	pipeline_free(p);
	return status;
}

/* Of the inputs only a share, if that is what is asked for. */
static int process_share(const struct options *o, const struct out *all,
	const struct rules *rules)
{
	struct out out = *all;
	struct share share;
	size_t bad;
	int err, status = EXIT_USAGE;

	if (o->shares == 0)
		return process(o, all, rules);
	err = share_init(
		&share, o->inputs, o->n_inputs, o->share, o->shares, &bad);
	out.share = &share;
	if (err == -EINVAL)
		diag_error(o->inputs[bad],
			"not a regular file, so it cannot be split");
	else if (err)
		status = cannot_start(NULL, err);
	else
		status = process(o, &out, rules);
	share_release(&share);
	return status;
}

/* Whether a file that is there can be appended to. What is torn is moved aside
 * here, if that is wished for. */
static int check_output(struct sink *sink)
{
	struct sink_report report;
	struct fault fault = {""};
	int err = sink_check_kind(sink, &fault);

	if (!err)
		err = sink_check_end(sink, &fault);
	if (sink_take_report(sink, &report) && report.moved.text[0])
		diag_error(sink->name, "%s", report.moved.text);
	if (err)
		diag_error(sink->name, "%s", fault.text);
	return err ? EXIT_OUTPUT : EXIT_DONE;
}

/* What the output is to be packed as; NULL: plain. */
static const struct packing *packing_of(const struct options *o)
{
	if (o->gzip_level == 0)
		return NULL;
	if (o->bgzf)
		return &packing_bgzf;
	return o->output && !o->outputs.atomic ? &packing_members
					       : &packing_single;
}

/* Files are replaced. */
static int process_targets(const struct options *o, const struct rules *rules)
{
	const struct outputs *outputs = &o->outputs;
	struct targets_config config = {
		.way = outputs->in_place ? TARGETS_IN_PLACE
		       : outputs->folder ? TARGETS_FOLDER
					 : TARGETS_ONE,
		.names = outputs->in_place ? o->inputs
			 : outputs->folder ? (const char *const *)outputs->names
					   : &o->output,
		.suffix = outputs->suffix,
		.force = outputs->force,
		.sync = o->sync != SINK_SYNC_NEVER};
	static struct targets targets; /* as what parse_and_process has */
	static struct sink sink;
	int err, status;

	err = sink_init_apart(&sink, o->output, packing_of(o));
	if (err)
		return cannot_start(o->output, err);
	targets_init(&targets, &config);
	status = process_share(o, &(struct out){&sink, &targets, NULL}, rules);
	targets_release(&targets);
	sink_release(&sink);
	return status;
}

static int process_sink(const struct options *o, const struct rules *rules)
{
	static struct sink sink;
	int err, status;

	err = sink_init(&sink, o->output, packing_of(o), o->sync);
	if (err)
		return cannot_start(
			o->output ? o->output : "standard output", err);
	if (o->on_full == OPTIONS_WAIT)
		sink_be_patient(&sink);
	sink_find_tears(&sink, text_bound(o->batch_size), o->repair);
	status = check_output(&sink);
	if (status == EXIT_DONE)
		status = process_share(
			o, &(struct out){&sink, NULL, NULL}, rules);
	sink_release(&sink);
	return status;
}

static int check_and_process(const struct options *o)
{
	struct rules rules = {RULE_AUTO, RULE_AUTO, RULE_AUTO};
	char shown[512];

	if (o->handover && rules_parse(o->handover, &rules) != 0) {
		diag_error(OPTIONS_HANDOVER, "there are no such rules: %s",
			quote_text(o->handover, shown, sizeof(shown)));
		return EXIT_USAGE;
	}
	return outputs_replace(&o->outputs) ? process_targets(o, &rules)
					    : process_sink(o, &rules);
}

static int parse_and_process(int argc, char **argv)
{
	/* What is large is kept off the stack, which somebody may have made
	 * small. */
	static struct options o;
	int err = fdio_guard_standard(), status;

	if (err)
		return cannot_start("/dev/null", err);
	switch (options_parse(&o, argc, argv)) {
	case OPTIONS_USAGE:
		return EXIT_USAGE;
	case OPTIONS_HELP:
		err = help_print();
		return err ? cannot_start("standard output", err) : EXIT_DONE;
	case OPTIONS_VERSION:
		err = help_print_version(&o);
		return err ? cannot_start("standard output", err) : EXIT_DONE;
	case OPTIONS_RUN:
	default:
		diag_set_level(o.level);
		status = check_and_process(&o);
		options_release(&o);
		return status;
	}
}

int main(int argc, char **argv)
{
	int status = parse_and_process(argc, argv);

	diag_finish();
	return status;
}
