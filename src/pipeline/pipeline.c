#include "config.h"

#include "pipeline/pipeline.h"

#include "io/clock.h"
#include "codec/bgzf.h"
#include "codec/packer.h"
#include "codec/single.h"
#include "pipeline/control.h"
#include "pipeline/convert.h"
#include "pipeline/crew.h"
#include "pipeline/gauge.h"
#include "pipeline/ledger.h"
#include "pipeline/loss.h"
#include "pipeline/output.h"
#include "pipeline/pool.h"
#include "pipeline/queue.h"
#include "pipeline/reader.h"
#include "pipeline/standin.h"
#include "pipeline/targets.h"
#include "pipeline/transformer.h"
#include "pipeline/unpackers.h"
#include "pipeline/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* So many batches the reader may hold at once: one that goes on, one that takes
 * what is left over. The others are made when they are needed. */
#define FIRST_BATCHES 2

/* The parts, in the order in which they are made; what each is for stands in
 * its header. A part is only touched through its functions. */
struct pipeline {
	struct pipeline_config config; /* set once before threads start */
	int64_t started; /* clock_now() when it began; set once before that */
	unsigned n_made; /* parts that there are */

	struct control control;
	struct crew crew;
	struct ledger ledger;
	struct gauge gauge;
	struct queue in;	 /* FIFO, to the transformers */
	struct queue out;	 /* by batch_seq, to the writer */
	struct packers *packers; /* config.jobs of them */
	struct pool pool;
	void **discarded; /* room for all batches; on_abort's */
	struct output output;
	struct unpackers unpackers; /* for gzip input */
	struct converter converter;
	struct relief relief;
	struct sandbox sandbox;
	struct part_config part; /* if config.share */
	struct terminal terminal;
	struct reader reader;
	struct transformer *transformers; /* config.jobs of them */
	struct writer writer;
};

/* What the aborted queue to the transformers hands back was read and will not
 * be written. */
static void on_abort(void *pipeline)
{
	struct pipeline *p = pipeline;
	size_t n = queue_abort(&p->in, p->discarded, p->pool.most);

	for (size_t i = 0; i < n; i++) {
		struct batch *b = p->discarded[i];

		if (!b->converted)
			batch_lose(b);
	}
	/* Those that wait for the writer were counted when they were converted,
	 * those at home hold nothing. */
	(void)queue_abort(&p->out, p->discarded, p->pool.most);
	pool_abort(&p->pool);
	if (p->config.unpack_jobs > 0)
		unpackers_abort(&p->unpackers);
}

static int make_control(struct pipeline *p)
{
	return control_init(&p->control, on_abort, p);
}

static int make_sandbox(struct pipeline *p)
{
	sandbox_init(&p->sandbox);
	return 0;
}

static int make_terminal(struct pipeline *p)
{
	return terminal_init(&p->terminal);
}

static int make_crew(struct pipeline *p)
{
	return crew_init(&p->crew, p->config.jobs);
}

static int make_ledger(struct pipeline *p)
{
	return ledger_init(&p->ledger, &p->config.events, &p->control);
}

static int make_gauge(struct pipeline *p)
{
	return gauge_init(&p->gauge);
}

static int make_in(struct pipeline *p)
{
	return queue_init(&p->in, QUEUE_FIFO, p->config.depth, NULL);
}

static int make_out(struct pipeline *p)
{
	return queue_init(&p->out, QUEUE_SEQUENCE, p->config.depth, batch_seq);
}

static void free_packers(struct pipeline *p)
{
	for (unsigned i = 0; p->packers && i < p->config.jobs; i++)
		for (size_t form = 0; form < BATCH_FORMS; form++)
			packer_free(p->packers[i].of[form]);
	free(p->packers);
}

/* How batches of a form are packed; NULL: not at all. */
static const struct packing *packing_of(
	const struct pipeline *p, enum batch_form form)
{
	if (form == BATCH_AS_ASKED)
		return p->config.level ? p->config.sink->packing : NULL;
	if (p->config.keep_level == 0)
		return NULL;
	return form == BATCH_GZIP ? &packing_single : &packing_bgzf;
}

static int make_some_packers(const struct pipeline *p, struct packers *packers)
{
	int err = 0;

	for (size_t form = 0; !err && form < BATCH_FORMS; form++) {
		const struct packing *packing =
			packing_of(p, (enum batch_form)form);

		if (packing)
			err = packer_new(&packers->of[form], packing,
				form == BATCH_AS_ASKED ? p->config.level
						       : p->config.keep_level);
	}
	return err;
}

static int make_packers(struct pipeline *p)
{
	int err = 0;

	p->packers = calloc(p->config.jobs, sizeof(struct packers));
	if (!p->packers)
		return -ENOMEM;
	for (unsigned i = 0; !err && i < p->config.jobs; i++)
		err = make_some_packers(p, &p->packers[i]);
	if (err)
		free_packers(p);
	return err;
}

static int measure_batches(struct pipeline *p, struct pool_sizes *sizes)
{
	size_t size = p->config.batch_size;
	/* One more than the text: a newline that ends what invalid=fail cut. */
	size_t upper = text_bound(size + 1);

	if (upper >= SIZE_MAX - 1)
		return -ENOMEM;
	*sizes = (struct pool_sizes){.text = size, .spare = upper + 1};
	for (size_t form = 0; form < BATCH_FORMS; form++) {
		struct packer *packer = p->packers[0].of[form];
		size_t bound = packer ? packer_bound(packer, upper + 1) : 0;

		if (bound == SIZE_MAX)
			return -ENOMEM;
		if (sizes->member < bound)
			sizes->member = bound;
	}
	return 0;
}

static int make_pool(struct pipeline *p)
{
	/* One that the reader fills, one in each other thread's hands, and as
	 * many as may wait between them. */
	size_t most = 2 + (size_t)p->config.jobs + p->config.depth;
	struct pool_sizes sizes;
	int err = measure_batches(p, &sizes);

	if (err)
		return err;
	p->discarded = calloc(most, sizeof(*p->discarded));
	if (!p->discarded)
		return -ENOMEM;
	err = pool_init(&p->pool, most, FIRST_BATCHES, &sizes);
	if (err)
		free(p->discarded);
	return err;
}

static int make_newline(struct pipeline *p, struct output_newline *n)
{
	struct packer *packer = p->packers[0].of[BATCH_AS_ASKED];

	if (!packer) {
		n->bytes[0] = '\n';
		n->packed.size = 1;
		return 0;
	}
	return packer_pack(
		packer, "\n", 1, n->bytes, sizeof(n->bytes), &n->packed);
}

/* With verify, also the newlines that are packed once are decoded. What a file
 * without text is does not come from a compressor. */
static int verify_made(struct pipeline *p, const struct output_newline *n)
{
	const struct sink *s = p->config.sink;
	struct packer *packer = p->packers[0].of[BATCH_AS_ASKED];
	int err;

	if (!packer || !p->config.verify)
		return 0;
	err = packer_verify(packer, "\n", 1, n->bytes, n->packed.size);
	if (!err)
		err = packer_verify(
			packer, "\n", 1, s->newline.bytes, s->newline.len);
	return err;
}

/* Whether a FILE's line that is open is ended by the output. */
static bool is_apart(const struct pipeline *p)
{
	return text_keeps_apart(p->config.text) || p->config.share;
}

/* How what was decoded is turned. */
static const struct text *decoded_text(const struct pipeline *p)
{
	return p->config.decoded ? p->config.decoded : p->config.text;
}

static int make_output(struct pipeline *p)
{
	struct output_config config = {.sink = p->config.sink,
		.inputs = p->config.inputs,
		.text = p->config.text,
		.decoded = decoded_text(p),
		.packings = {[BATCH_AS_ASKED] = packing_of(p, BATCH_AS_ASKED),
			[BATCH_GZIP] = packing_of(p, BATCH_GZIP),
			[BATCH_BGZF] = packing_of(p, BATCH_BGZF)},
		.targets = p->config.targets,
		.apart = is_apart(p),
		.prompt = p->config.interactive,
		.bytes = p->config.bytes,
		.control = &p->control,
		.ledger = &p->ledger};
	struct packer *packer = p->packers[0].of[BATCH_AS_ASKED];
	int err = 0;

	if (packer && !p->config.targets)
		err = sink_use_packer(p->config.sink, packer);
	if (!err)
		err = make_newline(p, &config.newline);
	if (!err)
		err = verify_made(p, &config.newline);
	return err ? err : output_init(&p->output, &config);
}

static int make_unpackers(struct pipeline *p)
{
	int err;

	if (p->config.unpack_jobs == 0)
		return 0;
	err = unpackers_init(&p->unpackers, p->config.unpack_jobs);
	if (!err)
		p->unpackers.sandbox = &p->sandbox;
	return err;
}

static int start_others(void *pipeline)
{
	struct pipeline *p = pipeline;
	int n = 0;

	if (crew_start(&p->crew.writer, writer_main, &p->writer) != 0)
		return -1;
	while (n < (int)p->config.jobs &&
		crew_start(&p->crew.transformers[n], transformer_main,
			&p->transformers[n]) == 0)
		n++;
	return n;
}

static void connect_handover(struct pipeline *p)
{
	struct handover_config config = {.in = &p->in,
		.out = &p->out,
		.pool = &p->pool,
		.output = &p->output,
		.control = &p->control,
		.converter = &p->converter,
		.packers = &p->packers[0],
		.jobs = p->config.jobs,
		.rules = p->config.rules,
		.start_others = start_others,
		.context = p};

	handover_init(&p->reader.handover, &config);
}

/* Whether each FILE has an output of its own. */
static bool has_each(const struct pipeline *p)
{
	return p->config.targets && targets_is_each(p->config.targets);
}

static struct cutter_config cutter_config(const struct pipeline *p)
{
	return (struct cutter_config){.text = p->config.text,
		.size = p->config.batch_size,
		.lines = p->config.append,
		.parts = p->config.unbuffered,
		/* A bad sequence is told with its place in its FILE. */
		.apart = is_apart(p) || has_each(p),
		.share = text_shares(p->config.text) && !p->config.share &&
			 !has_each(p),
		.gather = p->config.level > 0,
		.interval = p->config.flush_interval};
}

static bool woken(void *pipeline)
{
	return reader_woken(&((struct pipeline *)pipeline)->reader);
}

static void background(void *pipeline)
{
	crew_call(&((struct pipeline *)pipeline)->crew);
}

static void stands(void *pipeline, bool stands)
{
	const struct pipeline *p = pipeline;

	p->config.stands(p->config.events.context, stands);
}

static void tell(void *pipeline, const char *name, const char *text)
{
	ledger_warn(&((struct pipeline *)pipeline)->ledger, name, text);
}

/* Returns as input_init. */
static int connect_reader(struct pipeline *p)
{
	bool helped = p->config.unpack_jobs > 0;
	struct input_config input = {.detect = p->config.detect_gzip,
		.encoding = p->config.encoding,
		.interactive = p->config.interactive,
		.prompt = p->config.prompt,
		.history = p->config.history,
		.terminal = &p->terminal,
		.wake = control_wake_fd(&p->control),
		.relief = &p->relief,
		.help = helped ? &p->unpackers.help : NULL,
		.woken = woken,
		.background = background,
		.stands = p->config.stands ? stands : NULL,
		.tell = tell,
		.context = p};
	struct cutter_config cut = cutter_config(p);

	p->reader.crew = &p->crew;
	p->reader.control = &p->control;
	p->reader.ledger = &p->ledger;
	p->reader.gauge = &p->gauge;
	p->reader.output = &p->output;
	p->reader.targets = p->config.targets;
	p->part = (struct part_config){.share = p->config.share,
		.text = p->config.text,
		.unit = p->config.unit,
		.detect = p->config.detect_gzip,
		.marks =
			p->config.encoding && decode_looks(p->config.encoding)};
	p->reader.part = p->config.share ? &p->part : NULL;
	p->reader.unpackers = helped ? &p->unpackers : NULL;
	p->reader.relief = &p->relief;
	p->reader.sandbox = p->config.sandbox ? &p->sandbox : NULL;
	p->reader.paths = p->config.inputs;
	p->reader.n_paths = p->config.n_inputs;
	cutter_init(&p->reader.cutter, &cut);
	return input_init(&p->reader.input, &input);
}

static void connect_transformer(struct pipeline *p, unsigned i)
{
	p->transformers[i] = (struct transformer){.crew = &p->crew,
		.worker = &p->crew.transformers[i],
		.number = (int)i,
		.converter = &p->converter,
		.packers = &p->packers[i],
		.in = &p->in,
		.out = &p->out,
		.sandbox = &p->sandbox};
}

/* Gives each stage what it needs. */
static int make_stages(struct pipeline *p)
{
	int err = reader_init(&p->reader);

	if (err)
		return err;
	p->transformers = calloc(p->config.jobs, sizeof(*p->transformers));
	err = p->transformers ? connect_reader(p) : -ENOMEM;
	if (err) {
		free(p->transformers);
		reader_release(&p->reader);
		return err;
	}
	p->converter = (struct converter){.text = p->config.text,
		.decoded = decoded_text(p),
		.ledger = &p->ledger,
		.verify = p->config.verify,
		.compare = p->config.targets &&
			   targets_keeps_form(p->config.targets)};
	connect_handover(p);
	for (unsigned i = 0; i < p->config.jobs; i++)
		connect_transformer(p, i);
	p->writer = (struct writer){.crew = &p->crew,
		.worker = &p->crew.writer,
		.control = &p->control,
		.out = &p->out,
		.pool = &p->pool,
		.output = &p->output,
		.sandbox = &p->sandbox};
	return 0;
}

static void free_control(struct pipeline *p)
{
	control_release(&p->control);
}

static void free_sandbox(struct pipeline *p)
{
	sandbox_release(&p->sandbox);
}

static void free_terminal(struct pipeline *p)
{
	terminal_release(&p->terminal);
}

static void free_crew(struct pipeline *p)
{
	crew_release(&p->crew);
}

static void free_ledger(struct pipeline *p)
{
	ledger_release(&p->ledger);
}

static void free_gauge(struct pipeline *p)
{
	gauge_release(&p->gauge);
}

static void free_in(struct pipeline *p)
{
	queue_release(&p->in);
}

static void free_out(struct pipeline *p)
{
	queue_release(&p->out);
}

static void free_pool(struct pipeline *p)
{
	pool_release(&p->pool);
	free(p->discarded);
}

static void free_output(struct pipeline *p)
{
	output_release(&p->output);
}

static void free_unpackers(struct pipeline *p)
{
	if (p->config.unpack_jobs > 0)
		unpackers_release(&p->unpackers);
}

static void free_stages(struct pipeline *p)
{
	free(p->transformers);
	reader_release(&p->reader);
}

/* Each part needs some of those before it. */
static const struct part {
	int (*make)(struct pipeline *p);
	void (*free)(struct pipeline *p);
} parts[] = {
	{make_control, free_control},
	{make_sandbox, free_sandbox},
	{make_terminal, free_terminal},
	{make_crew, free_crew},
	{make_ledger, free_ledger},
	{make_gauge, free_gauge},
	{make_in, free_in},
	{make_out, free_out},
	{make_packers, free_packers},
	{make_pool, free_pool},
	{make_output, free_output},
	{make_unpackers, free_unpackers},
	{make_stages, free_stages},
};

#define N_PARTS (sizeof(parts) / sizeof(parts[0]))

/* As close to what was asked for as the packing likes it. */
static size_t batch_size(const struct pipeline_config *config)
{
	size_t least = text_least(config->text);
	size_t size = config->batch_size < least ? least : config->batch_size;
	size_t unit = config->level	   ? config->sink->packing->unit
		      : config->keep_level ? packing_bgzf.unit
					   : 0;

	if (unit > 0 && size > unit)
		size -= size % unit;
	return size < BATCH_MIN ? BATCH_MIN : size;
}

int pipeline_new(struct pipeline **result, const struct pipeline_config *config)
{
	struct pipeline *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->config = *config;
	p->config.batch_size = batch_size(config);
	for (; p->n_made < N_PARTS; p->n_made++) {
		int err = parts[p->n_made].make(p);

		if (err) {
			pipeline_free(p);
			return err;
		}
	}
	*result = p;
	return 0;
}

void pipeline_free(struct pipeline *p)
{
	if (crew_runs(&p->crew.reader)) {
		reader_dismiss(&p->reader);
		crew_join(&p->crew.reader);
	}
	while (p->n_made > 0)
		parts[--p->n_made].free(p);
	free(p);
}

int pipeline_start(struct pipeline *p)
{
	return crew_start(&p->crew.reader, reader_main, &p->reader);
}

void pipeline_begin(struct pipeline *p)
{
	p->started = clock_now();
	reader_begin(&p->reader);
}

int pipeline_event_fd(const struct pipeline *p)
{
	return crew_event_fd(&p->crew);
}

unsigned pipeline_running(struct pipeline *p)
{
	return crew_running(&p->crew);
}

void pipeline_take_back(struct pipeline *p)
{
	control_take_back(&p->control);
}

void pipeline_tell_terminal(struct pipeline *p, enum terminal_news news)
{
	terminal_tell(&p->terminal, news);
	control_wake_reader(&p->control);
}

bool pipeline_is_in_background(struct pipeline *p)
{
	if (!terminal_is_wanted(&p->terminal))
		return false;
	/* What is typed is standard input. */
	if (!terminal_is_ours(STDIN_FILENO))
		return true;
	/* It was continued meanwhile: who asked may go on. */
	control_wake_reader(&p->control);
	return false;
}

void pipeline_give_back_terminal(struct pipeline *p)
{
	terminal_give_back(&p->terminal);
}

void pipeline_stop(struct pipeline *p)
{
	control_stop(&p->control);
}

void pipeline_abort(struct pipeline *p)
{
	control_abort(&p->control);
}

/* The reader may be writing, and so may who stands in for it. */
static bool nudge_all(struct pipeline *p)
{
	int signal = p->config.nudge_signal;
	bool reader = crew_nudge(&p->crew.reader, signal);
	bool writer = crew_nudge(&p->crew.writer, signal);
	bool stand_in = crew_nudge(&p->crew.stand_in, signal);

	return reader || writer || stand_in;
}

enum pipeline_late pipeline_nudge(struct pipeline *p)
{
	struct worker *reader = &p->crew.reader;

	if (p->config.nudge_signal == 0)
		return PIPELINE_ALL_KNOW;
	if (control_is_aborted(&p->control))
		return nudge_all(p) ? PIPELINE_NUDGED : PIPELINE_ALL_KNOW;
	if (!control_is_stopping(&p->control) || !crew_runs(reader) ||
		atomic_load(&p->reader.has_all))
		return PIPELINE_ALL_KNOW;
	if (!relief_is_exposed(&p->relief))
		return PIPELINE_NOT_ALL;
	(void)crew_nudge(reader, p->config.nudge_signal);
	return PIPELINE_NUDGED;
}

int pipeline_leave_reader(struct pipeline *p)
{
	int err = 0;

	if (relief_is_exposed(&p->relief))
		err = standin_start(&p->reader);
	if (err)
		pipeline_abort(p);
	return err;
}

void pipeline_reopen(struct pipeline *p)
{
	output_wish_reopen(&p->output);
}

static struct stage_stats stage_figures(
	const struct worker *w, unsigned threads, struct queue *q)
{
	struct stage_stats s = {.threads = threads, .peak = queue_peak(q)};

	for (unsigned i = 0; i < threads; i++) {
		if (!atomic_load(&w[i].ended))
			continue;
		s.busy += w[i].busy;
		s.wait += w[i].wait;
		s.blocked += w[i].blocked;
	}
	return s;
}

void pipeline_stats(struct pipeline *p, struct pipeline_stats *s)
{
	const struct ledger *l = &p->ledger;
	const struct crew *crew = &p->crew;
	const struct targets *t = p->config.targets;

	*s = (struct pipeline_stats){
		.lines_in = atomic_load(&l->lines_in),
		.bytes_in = atomic_load(&l->bytes_in),
		.lines_out = atomic_load(&l->lines_out),
		.bytes_out = atomic_load(&l->bytes_out),
		.members = atomic_load(&l->members),
		.invalid = atomic_load(&l->invalid),
		.kept = atomic_load(&l->invalid_kept),
		.elapsed = clock_now() - p->started,
		.reader = stage_figures(&crew->reader, 1, &p->pool.at_home),
		.transformer = stage_figures(
			crew->transformers, crew->n_transformers, &p->in),
		.writer = stage_figures(&crew->writer, 1, &p->out),
	};
	if (!t)
		return;
	s->replaces = true;
	s->files_done = atomic_load(&t->done);
	s->files_unchanged = atomic_load(&t->unchanged);
	s->files_refused = atomic_load(&t->refused);
}

void pipeline_course(struct pipeline *p, struct pipeline_course *course)
{
	gauge_look(&p->gauge, course);
	course->files = p->config.n_inputs;
}

static uint64_t count_lost(struct pipeline *p, bool left)
{
	size_t bad = output_bad_input(&p->output);
	uint64_t unsent = atomic_load(&p->ledger.lines_unsent);

	/* What a thread has that was left must not be looked into. */
	if (!left) {
		loss_settle(&p->pool, &p->converter, bad);
		if (loss_is_bad(&p->pool, p->reader.current, bad))
			unsent = 0;
	}
	return unsent + atomic_load(&p->ledger.gone) +
	       atomic_load(&p->ledger.cut) + pool_unwritten(&p->pool);
}

/* A thread was left, perhaps in a write that hangs. */
static void tell_risk(struct pipeline *p)
{
	struct fault remark;

	if (!output_is_at_risk(&p->output))
		return;
	fault_set(&remark, " (a write hangs: the file may end in a torn %s)",
		p->config.level > 0 ? "member" : "line");
	ledger_remark(&p->ledger, &remark);
}

struct pipeline_outcome pipeline_finish(struct pipeline *p)
{
	struct pipeline_outcome o = {0};

	terminal_close(&p->terminal);
	o.left = crew_join_ended(&p->crew);
	if (o.left)
		tell_risk(p);
	else
		output_settle(&p->output);
	o.error = ledger_error(&p->ledger, &o.fault);
	o.input_trouble = atomic_load(&p->ledger.input_trouble);
	o.remark = ledger_get_remark(&p->ledger);
	o.lines_lost = count_lost(p, o.left);
	o.lines_lost += atomic_load(&p->ledger.lines_kept);
	o.undecoded = atomic_load(&p->ledger.undecoded);
	/* Where no stand-in could be had. */
	if (relief_take(&p->relief)) {
		o.lines_lost += reader_count_lost(&p->reader);
		o.undecoded += reader_count_undecoded(&p->reader);
	}
	o.batches_away = pool_away(&p->pool);
	return o;
}
