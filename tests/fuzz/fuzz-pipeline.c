/*
 * Fuzz target: the whole pipeline. Whatever the sizes, the threads, the rules
 * of the hand-over, the packing and the way the input comes, the same text
 * becomes the same bytes, messages and figures as in one big batch; and one
 * input becomes what the reference makes of it.
 *
 * The first eight bytes choose (plan_of):
 *   0  a mapping with a language that goes with it
 *   1  what is done with ill-formed bytes; lines, typed lines
 *   2  bytes in a batch
 *   3  transformers, and how many batches may wait
 *   4  rules of the hand-over
 *   5  whether what comes in, and what goes out, is packed; unpackers
 *   6  how many FILEs there are, and whether the first comes through a pipe
 *   7  where they are cut
 */
#include "config.h"

#include "codec/bgzf.h"
#include "codec/members.h"
#include "codec/single.h"
#include "fuzz.h"

#include "io/sink.h"
#include "pipeline/pipeline.h"
#include "reference.h"
#include "upcase/upcase.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum {
	HEADER = 8,
	FILES_MOST = 4,
	TEXT_MOST = 1 << 14,
	SAID_MOST = 1 << 16,
	BIG = 1 << 20, /* a batch that holds all */
	NAME_MOST = 40,
};

static const struct {
	enum upcase_mapping mapping;
	enum upcase_language language;
} settings[] = {
	{UPCASE_FULL, UPCASE_ROOT},
	{UPCASE_FULL, UPCASE_TR},
	{UPCASE_FULL, UPCASE_LT},
	{UPCASE_FULL, UPCASE_EL},
	{UPCASE_FULL, UPCASE_HY},
	{UPCASE_SIMPLE, UPCASE_ROOT},
	{UPCASE_SIMPLE, UPCASE_AZ},
	{UPCASE_ASCII, UPCASE_ROOT},
};

#define N_SETTINGS (sizeof(settings) / sizeof(settings[0]))

struct plan {
	struct upcase upcase;
	bool append, typed;
	size_t batch_size;
	unsigned jobs, depth, unpack_jobs;
	struct rules rules;
	bool packed_in, packed_out;
	bool blocks; /* packed_out: as BGZF */
	size_t n_files;
	bool pipe; /* the first FILE is standard input */
	size_t cut;
};

/* What came of a run. */
struct run {
	unsigned char *bytes;
	size_t len;
	char said[SAID_MOST];
	struct pipeline_outcome outcome;
	struct pipeline_stats stats;
};

static struct plan plan_of(const uint8_t *h)
{
	static const enum upcase_invalid invalid[] = {
		UPCASE_KEEP, UPCASE_REPLACE, UPCASE_FAIL};
	static const size_t sizes[] = {
		4, 5, 6, 7, 8, 12, 16, 31, 64, 100, 256, 1000, 4096, 65536};
	size_t s = h[0] % N_SETTINGS;
	struct plan plan = {
		.append = h[1] / 3 % 2,
		.typed = h[1] / 6 % 4 == 1,
		.batch_size = sizes[h[2] % (sizeof(sizes) / sizeof(sizes[0]))],
		.jobs = h[3] % 4 + 1,
		.depth = h[3] / 4 % 3 + 1,
		.rules = {.finish = h[4] % 3,
			.few = h[4] / 3 % 3,
			.convert = h[4] / 9 % 3},
		.packed_in = h[5] % 2,
		.packed_out = h[5] / 2 % 2,
		.blocks = h[5] / 12 % 2,
		.unpack_jobs = h[5] / 4 % 3,
		.n_files = h[6] % FILES_MOST + 1,
		.pipe = h[6] / FILES_MOST % 2,
		.cut = h[7],
	};

	if (upcase_init(&plan.upcase, settings[s].mapping, settings[s].language,
		    invalid[h[1] % 3]) != 0)
		abort();
	/* Typed lines come through standard input alone. */
	if (plan.typed) {
		plan.n_files = 1;
		plan.pipe = true;
	}
	return plan;
}

/* The same inputs in the plainest way. */
static struct plan plainest(const struct plan *plan)
{
	struct plan p = *plan;

	p.batch_size = BIG;
	p.jobs = p.depth = 1;
	p.unpack_jobs = 0;
	p.rules = (struct rules){RULE_AUTO, RULE_AUTO, RULE_AUTO};
	p.packed_in = p.packed_out = false;
	p.pipe = plan->typed;
	return p;
}

static void say(struct run *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct run *r, const char *format, ...)
{
	size_t n = strlen(r->said);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(r->said + n, sizeof(r->said) - n, format, args);
	va_end(args);
}

/* Without the name, which is another in each run. */
static void on_trouble(void *context, const char *name, uint64_t line,
	uint64_t column, const char *text)
{
	(void)name;
	say(context, "%" PRIu64 ":%" PRIu64 ": %s\n", line, column, text);
}

/* A member of all of it. */
static unsigned char *pack(const unsigned char *text, size_t len, size_t *size)
{
	z_stream z = {0};
	unsigned char *out;
	size_t room;

	if (deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, 0) != Z_OK)
		abort();
	room = deflateBound(&z, (uLong)len) + 32;
	out = fuzz_allocate(room);
	z.next_in = (z_const Bytef *)text;
	z.avail_in = (uInt)len;
	z.next_out = out;
	z.avail_out = (uInt)room;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	*size = (size_t)z.total_out;
	(void)deflateEnd(&z);
	return out;
}

/* The text of all members. */
static unsigned char *unpack(
	const unsigned char *data, size_t size, size_t *len)
{
	size_t room = 64 * TEXT_MOST;
	unsigned char *text = fuzz_allocate(room);
	z_stream z = {.next_in = (z_const Bytef *)data,
		.avail_in = (uInt)size,
		.next_out = text,
		.avail_out = (uInt)room};

	*len = 0;
	if (inflateInit2(&z, 15 + 16) != Z_OK)
		abort();
	while (z.avail_in > 0) {
		if (inflate(&z, Z_FINISH) != Z_STREAM_END)
			fuzz_wrong("what was written is no valid gzip");
		*len += (size_t)z.total_out;
		(void)inflateReset(&z);
	}
	(void)inflateEnd(&z);
	return text;
}

/* The FILEs of a run. */
struct files {
	int fd[FILES_MOST];
	char name[FILES_MOST][NAME_MOST];
	const char *names[FILES_MOST];
	int saved; /* standard input, or -1 */
};

static void open_one(struct files *f, size_t i, const struct plan *plan,
	const unsigned char *text, size_t len)
{
	unsigned char *packed = NULL;
	const unsigned char *data = text;

	if (plan->packed_in)
		data = packed = pack(text, len, &len);
	f->names[i] = f->name[i];
	if (i == 0 && plan->pipe) {
		f->fd[0] = fuzz_pipe(data, len);
		f->saved = dup(STDIN_FILENO);
		if (f->saved < 0 || dup2(f->fd[0], STDIN_FILENO) < 0)
			abort();
		(void)close(f->fd[0]);
		f->fd[0] = -1;
		(void)strcpy(f->name[0], "-");
	} else {
		f->fd[i] = fuzz_file(data, len);
		fuzz_file_name(f->fd[i], f->name[i], NAME_MOST);
	}
	free(packed);
}

static void open_files(struct files *f, const struct plan *plan,
	const unsigned char *text, size_t len)
{
	size_t at = 0;

	f->saved = -1;
	for (size_t i = 0; i < plan->n_files; i++) {
		bool last = i == plan->n_files - 1;
		size_t n = last || plan->cut > len - at ? len - at : plan->cut;

		open_one(f, i, plan, text + at, n);
		at += n;
	}
}

static void close_files(struct files *f, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (f->fd[i] >= 0)
			(void)close(f->fd[i]);
	if (f->saved >= 0 && dup2(f->saved, STDIN_FILENO) < 0)
		abort();
	if (f->saved >= 0)
		(void)close(f->saved);
}

static void run_pipeline(struct run *r, struct pipeline_config *config)
{
	struct pipeline *p;
	struct pollfd fd = {.events = POLLIN};

	if (pipeline_new(&p, config) != 0 || pipeline_start(p) != 0 ||
		sink_create(config->sink) != 0)
		fuzz_wrong("the pipeline could not be made");
	pipeline_begin(p);
	fd.fd = pipeline_event_fd(p);
	while (pipeline_running(p) > 0)
		(void)poll(&fd, 1, -1);
	r->outcome = pipeline_finish(p);
	pipeline_stats(p, &r->stats);
	pipeline_free(p);
}

/* To a file that is appended to, or to standard output. */
static void run_to_file(
	struct run *r, const struct plan *plan, const struct files *files)
{
	struct pipeline_config config = {.inputs = files->names,
		.n_inputs = plan->n_files,
		.append = plan->append,
		.batch_size = plan->batch_size,
		.jobs = plan->jobs,
		.unpack_jobs = plan->unpack_jobs,
		.depth = plan->depth,
		.level = plan->packed_out ? 1 : 0,
		.detect_gzip = plan->packed_in,
		.interactive = plan->typed,
		.prompt = "",
		.rules = plan->rules,
		.events = {.context = r, .trouble = on_trouble}};
	int out = fuzz_file("", 0), saved = dup(STDOUT_FILENO);
	const struct packing *packing =
		plan->append ? &packing_members : &packing_single;
	char name[NAME_MOST];
	struct sink sink;
	struct text text;

	if (plan->blocks)
		packing = &packing_bgzf;
	fuzz_file_name(out, name, sizeof(name));
	if (saved < 0 || (!plan->append && dup2(out, STDOUT_FILENO) < 0))
		abort();
	if (sink_init(&sink, plan->append ? name : NULL,
		    plan->packed_out ? packing : NULL, SINK_SYNC_NEVER) != 0)
		fuzz_wrong("the output could not be opened");
	text_init(&text, &plan->upcase);
	config.text = &text;
	config.sink = &sink;
	run_pipeline(r, &config);
	sink_release(&sink);
	if (dup2(saved, STDOUT_FILENO) < 0)
		abort();
	(void)close(saved);
	r->bytes = fuzz_read_file(out, &r->len);
	(void)close(out);
}

static struct run *run(
	const struct plan *plan, const unsigned char *text, size_t len)
{
	struct run *r = fuzz_allocate(sizeof(*r));
	struct files files;

	memset(r, 0, sizeof(*r));
	open_files(&files, plan, text, len);
	run_to_file(r, plan, &files);
	close_files(&files, plan->n_files);
	if (plan->packed_out) {
		unsigned char *packed = r->bytes;

		r->bytes = unpack(packed, r->len, &r->len);
		free(packed);
	}
	return r;
}

static void free_run(struct run *r)
{
	free(r->bytes);
	free(r);
}

static void same_number(const char *what, uint64_t is, uint64_t should)
{
	if (is != should)
		fuzz_wrong("%s: %" PRIu64 ", not %" PRIu64, what, is, should);
}

static void same_run(const struct run *is, const struct run *should)
{
	const struct pipeline_stats *a = &is->stats, *b = &should->stats;

	fuzz_same("output", is->bytes, is->len, should->bytes, should->len);
	fuzz_same("messages", is->said, strlen(is->said), should->said,
		strlen(should->said));
	same_number("lines in", a->lines_in, b->lines_in);
	same_number("lines out", a->lines_out, b->lines_out);
	same_number("bytes in", a->bytes_in, b->bytes_in);
	same_number("bytes out", a->bytes_out, b->bytes_out);
	same_number("invalid", a->invalid, b->invalid);
	same_number("trouble", is->outcome.input_trouble,
		should->outcome.input_trouble);
}

/* What holds for any run without faults. */
static void expect_good(const struct run *r)
{
	if (r->outcome.error)
		fuzz_wrong("output failed: %s", r->outcome.fault.text);
	same_number("lost", r->outcome.lines_lost, 0);
	same_number("away", r->outcome.batches_away, 0);
	same_number("left", r->outcome.left, 0);
	same_number(
		"lines out of those in", r->stats.lines_out, r->stats.lines_in);
	same_number("bytes written", r->stats.bytes_out, r->len);
}

static void expect_reference(const struct plan *plan, const struct run *r,
	const unsigned char *text, size_t len)
{
	struct reference_result want;

	if (plan->n_files > 1 || plan->append || plan->typed)
		return;
	want = reference_convert(&plan->upcase, text, len);
	fuzz_same("reference", r->bytes, r->len, want.bytes, want.len);
	same_number(
		"ill-formed by the reference", r->stats.invalid, want.invalid);
	same_number("stopped by the reference", r->outcome.input_trouble,
		want.err != 0);
	free(want.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plan plan, plain;
	struct run *is, *should;

	if (size < HEADER || size - HEADER > TEXT_MOST)
		return 0;
	fuzz_load_reference();
	data += HEADER;
	size -= HEADER;
	plan = plan_of(data - HEADER);
	plain = plainest(&plan);
	should = run(&plain, data, size);
	expect_good(should);
	expect_reference(&plain, should, data, size);
	is = run(&plan, data, size);
	expect_good(is);
	same_run(is, should);
	free_run(is);
	free_run(should);
	return 0;
}

/* Its language with each way of taking what is ill-formed, in small batches of
 * each size. */
void fuzz_each_way(uint8_t *data, size_t size)
{
	if (size < HEADER)
		return;
	for (unsigned way = 0; way < 6 * 8; way++) {
		data[1] = (uint8_t)(way % 6);
		data[2] = (uint8_t)(way / 6);
		LLVMFuzzerTestOneInput(data, size);
	}
}
