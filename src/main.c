#include "config.h"

/*
 * upcase-pipe: parse -> open -> run -> report -> exit status
 *
 * The main thread starts the pipeline (see pipeline/pipeline.h), attends to it
 * (run/attend.h), tells how it went (run/verdict.h) and alone ends the process.
 */
#include "cli/course.h"
#include "cli/diag.h"
#include "cli/help.h"
#include "cli/options.h"
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
#include "run/attend.h"
#include "run/verdict.h"
#include "text/quote.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
	struct shutdown e;
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
	attend(p, o, &e, &course);
	course_end(&course);
	status = verdict(p, o, out, &e, &left);
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
	else if (err == -EOVERFLOW)
		diag_error(o->inputs[bad], "too many bytes to be split");
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
