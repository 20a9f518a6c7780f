/*
 * Tests of the whole pipeline with real files, pipes and threads: the bytes
 * that come out, the ways it ends, and the lines that are counted as written or
 * lost.
 */
#include "config.h"

#include "pipeline/pipeline.h"

#include "codec/members.h"
#include "codec/single.h"
#include "io/clock.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const unsigned many_jobs[] = {1, 2, 4, 8};
static const size_t batch_sizes[] = {1, 7, 4096};
static const unsigned depths[] = {1, 2};

/* One run of a pipeline. */
struct run {
	struct pipeline_config config;
	struct upcase map;
	struct text text;
	struct sink sink;
	struct pipeline *p;
	struct pipeline_outcome outcome;
	struct pipeline_stats stats;
	/* What events said, a line each: any of the pipeline's threads. */
	char said[4096];
};

/* The descriptors that a test has replaced; tear_down puts them back. */
static int saved[2] = {-1, -1};

static void replace(int fd, int with)
{
	(void)fflush(stdout);
	saved[fd] = support_replace(fd, with);
}

static void put_back(int fd)
{
	if (saved[fd] >= 0)
		support_restore(fd, saved[fd]);
	saved[fd] = -1;
}

static int tear_down(void **state)
{
	struct rlimit limit;

	(void)getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_FSIZE, &limit);
	put_back(STDIN_FILENO);
	put_back(STDOUT_FILENO);
	return support_leave_directory(state);
}

static void say(struct run *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct run *r, const char *format, ...)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	va_list args;
	size_t n;

	(void)pthread_mutex_lock(&lock);
	n = strlen(r->said);
	va_start(args, format);
	(void)vsnprintf(r->said + n, sizeof(r->said) - n, format, args);
	va_end(args);
	(void)pthread_mutex_unlock(&lock);
}

static void on_trouble(void *context, const char *name, uint64_t line,
	uint64_t column, const char *text)
{
	say(context, "trouble %s:%" PRIu64 ":%" PRIu64 ": %s\n", name, line,
		column, text);
}

static void on_note(void *context, const char *name, const char *text)
{
	say(context, "note %s: %s\n", name, text);
}

/* A run of the inputs with everything as it is by default, but small. */
static void prepare(struct run *r, const char *const *inputs, size_t n_inputs)
{
	memset(r, 0, sizeof(*r));
	r->config = (struct pipeline_config){
		.inputs = inputs,
		.n_inputs = n_inputs,
		.text = &r->text,
		.sink = &r->sink,
		.batch_size = 4096,
		.jobs = 2,
		.depth = 2,
		.detect_gzip = true,
		.prompt = ">>: ",
		.events = {.context = r,
			.trouble = on_trouble,
			.note = on_note},
	};
	assert_int_equal(
		upcase_init(&r->map, UPCASE_FULL, UPCASE_ROOT, UPCASE_KEEP), 0);
	text_init(&r->text, &r->map);
}

/* Opens the output (NULL: standard output) and starts. */
static void begin(struct run *r, const char *output)
{
	const struct packing *packing =
		output ? &packing_members : &packing_single;

	r->config.append = output != NULL;
	assert_int_equal(
		sink_init(&r->sink, output,
			r->config.level > 0 ? packing : NULL, SINK_SYNC_NEVER),
		0);
	assert_int_equal(pipeline_new(&r->p, &r->config), 0);
	assert_int_equal(pipeline_start(r->p), 0);
	assert_int_equal(sink_create(&r->sink), 0);
	pipeline_begin(r->p);
}

/* Waits until every thread has ended, and collects what there is to know. */
static void end(struct run *r)
{
	struct pollfd fd = {.fd = pipeline_event_fd(r->p), .events = POLLIN};

	while (pipeline_running(r->p) > 0)
		(void)poll(&fd, 1, -1);
	r->outcome = pipeline_finish(r->p);
	pipeline_stats(r->p, &r->stats);
	pipeline_free(r->p);
	sink_release(&r->sink);
}

static void expect_all_good(const struct run *r)
{
	if (r->outcome.error)
		print_error("%s\n", r->outcome.fault.text);
	assert_int_equal(r->outcome.error, 0);
	assert_int_equal(r->outcome.lines_lost, 0);
	assert_int_equal(r->outcome.batches_away, 0);
	assert_int_equal(r->stats.lines_in, r->stats.lines_out);
}

/* A whole run to the file "out", which is new: appended to, or as standard
 * output. */
static void run_to_out(struct run *r, bool append)
{
	(void)unlink("out");
	if (!append)
		replace(STDOUT_FILENO,
			open("out", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	begin(r, append ? "out" : NULL);
	end(r);
	put_back(STDOUT_FILENO);
}

/* What the text is to become, in one go. */
static unsigned char *convert(
	const struct upcase *map, const char *text, size_t len, size_t *out_len)
{
	size_t bound = upcase_bound(len);
	unsigned char *out = support_allocate(bound + 1);
	struct upcase_result result;
	struct upcase_state state;

	upcase_state_init(&state);
	assert_int_equal(
		upcase_convert(map, &state, (const unsigned char *)text, len,
			true, out, bound, &result),
		0);
	*out_len = result.produced;
	return out;
}

static uint64_t newlines(const char *text, size_t len)
{
	uint64_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

/* Lines, one without its newline included. */
static uint64_t lines_in(const char *text, size_t len)
{
	return newlines(text, len) + (len > 0 && text[len - 1] != '\n');
}

/* Waits, by asking, until so many lines went through the transformers. */
static void wait_for_lines_in(struct run *r, uint64_t n)
{
	struct pipeline_stats s;

	for (pipeline_stats(r->p, &s); s.lines_in < n; pipeline_stats(r->p, &s))
		(void)sched_yield();
}

static void wait_for_lines_out(struct run *r, uint64_t n)
{
	struct pipeline_stats s;

	for (pipeline_stats(r->p, &s); s.lines_out < n;
		pipeline_stats(r->p, &s))
		(void)sched_yield();
}

/* Waits until the reader has taken all that was written to a pipe. */
static void wait_until_taken(int fd)
{
	int n = 1;

	while (ioctl(fd, FIONREAD, &n) == 0 && n > 0)
		(void)sched_yield();
	assert_int_equal(n, 0);
}

/* Text. */

static const char *const words[] = {"the ", "quick ", "straße ", "ŉ ", "ﬃ", "ΐ",
	"ǰ ", "ı ", "日本", "𐐨𐐩 ", "žluťoučký ", "\xff", "\xe2\x82", "\t",
	"\r\n", "\n", "\n", "\n\n", "x", "ß"};
static const char *const greek_words[] = {"ή ", "ή", "ἄνθρωπος ", "η ", "η",
	"άι", "Ά\xCC\x88", "ᾳ", "\xCD\x85", "\xCC\x81", "\xCC\x88", "’", ".",
	"μαΐου ", "ΐ", "\n", "α", "x ", "\xff"};
static const char *const lithuanian_words[] = {"i\xCC\x87 ",
	"i\xCC\x87\xCC\x81", "j\xCC\xA8\xCC\x87", "į\xCC\x87 ", "a\xCC\x87",
	"i\xCC\x81\xCC\x87", "\xCC\x87", "\n", "x ", "\xff"};

/* Random words; from a third to a half of it is one line. Allocated. */
static char *make_text(const char *const *from, size_t n_from, size_t len)
{
	char *text = support_allocate(len + 32);
	uint32_t seed = 20260917;
	size_t at = 0;

	while (at < len) {
		const char *word = from[support_random(&seed) % n_from];
		size_t n = strlen(word);

		if (at > len / 3 && at < len / 2 && strchr(word, '\n'))
			continue;
		memcpy(text + at, word, n);
		at += n;
	}
	text[0] = '\0'; /* such bytes travel, too */
	text[len - 1] = 'z';
	return text;
}

static const char *const one_input[] = {"in"};
static const char *const standard_input[] = {"-"};

/* Runs "in", which holds text, with each number of threads, batch size and
 * depth: always to what it is in one go. */
static void same_for_every_setting(
	enum upcase_language language, const char *text, size_t len)
{
	struct upcase map;
	unsigned char *want;
	size_t want_len;

	support_write("in", text, len);
	assert_int_equal(
		upcase_init(&map, UPCASE_FULL, language, UPCASE_KEEP), 0);
	want = convert(&map, text, len, &want_len);
	for (size_t i = 0;
		i < COUNT(many_jobs) * COUNT(batch_sizes) * COUNT(depths);
		i++) {
		struct run r;

		prepare(&r, one_input, 1);
		r.map = map;
		r.config.jobs = many_jobs[i % COUNT(many_jobs)];
		r.config.batch_size =
			batch_sizes[i / COUNT(many_jobs) % COUNT(batch_sizes)];
		r.config.depth =
			depths[i / COUNT(many_jobs) / COUNT(batch_sizes)];
		run_to_out(&r, false);
		expect_all_good(&r);
		support_file_is("out", want, want_len);
		assert_int_equal(r.stats.lines_in, lines_in(text, len));
		assert_int_equal(r.stats.bytes_in, len);
		assert_int_equal(r.stats.bytes_out, want_len);
		assert_false(r.outcome.input_trouble);
	}
	free(want);
}

static void the_result_is_the_same_for_every_setting(void **state)
{
	char *text = make_text(words, COUNT(words), 20000);

	(void)state;
	same_for_every_setting(UPCASE_ROOT, text, 20000);
	free(text);
}

static void greek_context_goes_from_piece_to_piece(void **state)
{
	char *text = make_text(greek_words, COUNT(greek_words), 15000);

	(void)state;
	same_for_every_setting(UPCASE_EL, text, 15000);
	free(text);
}

static void lithuanian_context_goes_from_piece_to_piece(void **state)
{
	char *text =
		make_text(lithuanian_words, COUNT(lithuanian_words), 15000);

	(void)state;
	same_for_every_setting(UPCASE_LT, text, 15000);
	free(text);
}

static void appended_text_is_the_same_with_a_last_newline(void **state)
{
	char *text = make_text(words, COUNT(words), 9999);
	unsigned char *want = NULL;
	size_t want_len = 0;

	(void)state;
	support_write("in", text, 9999);
	for (size_t i = 0; i < COUNT(batch_sizes); i++) {
		struct run r;

		prepare(&r, one_input, 1);
		if (!want) {
			want = convert(&r.map, text, 9999, &want_len);
			want[want_len++] = '\n';
		}
		r.config.batch_size = batch_sizes[i];
		run_to_out(&r, true);
		expect_all_good(&r);
		support_file_is("out", want, want_len);
		assert_int_equal(r.stats.lines_in, lines_in(text, 9999));
	}
	free(want);
	free(text);
}

static void figures_are_those_of_the_run(void **state)
{
	struct run r;

	(void)state;
	support_write("in", BYTES("one\ntwo\xff\nthree"));
	prepare(&r, one_input, 1);
	r.config.jobs = 3;
	run_to_out(&r, true);
	expect_all_good(&r);
	assert_int_equal(r.stats.lines_in, 3);
	assert_int_equal(r.stats.lines_out, 3);
	assert_int_equal(r.stats.bytes_in, 14);
	assert_int_equal(r.stats.bytes_out, 15);
	assert_int_equal(r.stats.invalid, 1);
	assert_int_equal(r.stats.members, 0);
	assert_int_equal(r.stats.reader.threads, 1);
	assert_int_equal(r.stats.transformer.threads, 3);
	assert_int_equal(r.stats.writer.threads, 1);
	assert_true(r.stats.elapsed > 0);
	assert_true(r.stats.transformer.peak <= r.config.depth);
	assert_true(r.stats.writer.peak <= r.config.depth);
}

/* Several inputs. */

static void inputs_give(const char *const *inputs, size_t n, bool append,
	const char *want, uint64_t lines)
{
	for (size_t i = 0; i < COUNT(batch_sizes); i++) {
		struct run r;

		prepare(&r, inputs, n);
		r.config.batch_size = batch_sizes[i];
		run_to_out(&r, append);
		expect_all_good(&r);
		support_file_is("out", want, strlen(want));
		assert_int_equal(r.stats.lines_in, lines);
	}
}

static void inputs_without_a_last_newline_are_not_glued(void **state)
{
	static const char *const inputs[] = {
		"open", "whole", "empty", "open", "empty", "open"};

	(void)state;
	support_write("open", BYTES("line one\ntwo"));
	support_write("whole", BYTES("whole\n"));
	support_write("empty", "", 0);
	inputs_give(inputs, 6, false,
		"LINE ONE\nTWO\nWHOLE\nLINE ONE\nTWO\nLINE ONE\nTWO", 7);
	inputs_give(inputs, 6, true,
		"LINE ONE\nTWO\nWHOLE\nLINE ONE\nTWO\nLINE ONE\nTWO\n", 7);
	inputs_give(inputs, 2, false, "LINE ONE\nTWO\nWHOLE\n", 3);
	inputs_give(inputs, 3, false, "LINE ONE\nTWO\nWHOLE\n", 3);
	inputs_give(inputs + 4, 2, false, "LINE ONE\nTWO", 2);
	inputs_give(inputs + 2, 1, false, "", 0);
	inputs_give(inputs + 2, 1, true, "", 0);
}

static void an_input_that_fills_its_batches_is_not_glued_either(void **state)
{
	static const char *const inputs[] = {"a", "b", "a"};

	(void)state;
	support_write("a", BYTES("12345678"));
	support_write("b", BYTES("abcdefghabcdefgh"));
	inputs_give(
		inputs, 3, false, "12345678\nABCDEFGHABCDEFGH\n12345678", 3);
	inputs_give(
		inputs, 3, true, "12345678\nABCDEFGHABCDEFGH\n12345678\n", 3);
}

static void the_last_newline_stays_missing_behind_an_empty_input(void **state)
{
	static const char *const inputs[] = {"open", "empty"};

	(void)state;
	support_write("open", BYTES("one"));
	support_write("empty", "", 0);
	inputs_give(inputs, 2, false, "ONE", 1);
}

static void an_input_that_is_missing_is_told_and_the_rest_processed(
	void **state)
{
	static const char *const inputs[] = {"a", "missing", "b", "."};
	struct run r;

	(void)state;
	support_write("a", BYTES("one\n"));
	support_write("b", BYTES("two\n"));
	prepare(&r, inputs, 4);
	run_to_out(&r, true);
	expect_all_good(&r);
	assert_true(r.outcome.input_trouble);
	assert_string_equal(r.said,
		"note a: reading\n"
		"trouble missing:0:0: No such file or directory\n"
		"note b: reading\n"
		"note .: reading\n"
		"trouble .:0:0: Is a directory\n");
	support_file_is("out", BYTES("ONE\nTWO\n"));
}

static void events_may_be_left_out(void **state)
{
	static const char *const inputs[] = {"missing"};
	struct run r;

	(void)state;
	prepare(&r, inputs, 1);
	r.config.events = (struct pipeline_events){.context = NULL};
	run_to_out(&r, true);
	assert_true(r.outcome.input_trouble);
}

static void the_output_file_is_no_input(void **state)
{
	static const char *const inputs[] = {"a", "same", "a"};
	struct run r;

	(void)state;
	support_write("a", BYTES("one\n"));
	support_write("out", BYTES("OLD\n"));
	assert_int_equal(link("out", "same"), 0);
	prepare(&r, inputs, 3);
	begin(&r, "out");
	end(&r);
	expect_all_good(&r);
	assert_true(r.outcome.input_trouble);
	assert_non_null(strstr(
		r.said, "trouble same:0:0: input file is output file\n"));
	support_file_is("out", BYTES("OLD\nONE\nONE\n"));
}

/* gzip. */

/* "out" holds members with the upper case of text. Returns their number. */
static unsigned gunzip_gives(const void *want, size_t want_len)
{
	size_t size, len;
	unsigned members;
	char *data = support_read("out", &size);
	char *got = support_gunzip(data, size, &len, &members);

	support_same(got, len, want, want_len);
	free(got);
	free(data);
	return members;
}

static void gzip_goes_in_and_out(void **state)
{
	enum {
		LEN = 30000
	};
	char *text = make_text(words, COUNT(words), LEN);
	unsigned char *want, *gz;
	size_t want_len, size;
	struct run r;

	(void)state;
	text[LEN - 1] = '\n'; /* a file gets one */
	gz = support_gzip(text, LEN, &size);
	support_write("in", gz, size);
	free(gz);
	prepare(&r, one_input, 1);
	want = convert(&r.map, text, LEN, &want_len);
	for (size_t i = 0; i < 2 * COUNT(many_jobs); i++) {
		prepare(&r, one_input, 1);
		r.config.jobs = many_jobs[i / 2];
		r.config.level = 6;
		r.config.flush_interval = i / 2 % 2 ? CLOCK_SECOND * 3600 : 0;
		/* Standard output is one, a file some of them. */
		run_to_out(&r, i % 2);
		expect_all_good(&r);
		assert_int_equal(gunzip_gives(want, want_len), r.stats.members);
		if (i % 2)
			assert_true(r.stats.members >= LEN / 4096);
		else
			assert_int_equal(r.stats.members, 1);
		assert_int_equal(r.stats.bytes_in, LEN);
		assert_int_equal(r.stats.bytes_out, want_len);
	}
	free(want);
	free(text);
}

static void gzip_can_be_taken_as_it_is(void **state)
{
	struct run r;

	(void)state;
	support_write("in", BYTES("\x1f\x8bnot really\n"));
	prepare(&r, one_input, 1);
	r.config.detect_gzip = false;
	run_to_out(&r, true);
	expect_all_good(&r);
	support_file_is("out", BYTES("\x1f\x8bNOT REALLY\n"));
}

static void no_input_is_one_empty_member(void **state)
{
	struct run r;

	(void)state;
	support_write("in", "", 0);
	for (int append = 0; append <= 1; append++) {
		prepare(&r, one_input, 1);
		r.config.level = 6;
		run_to_out(&r, append != 0);
		expect_all_good(&r);
		assert_int_equal(gunzip_gives("", 0), 1);
	}
	/* The file has one now. */
	prepare(&r, one_input, 1);
	r.config.level = 6;
	begin(&r, "out");
	end(&r);
	expect_all_good(&r);
	assert_int_equal(gunzip_gives("", 0), 1);
}

static void damaged_gzip_gives_what_is_good_and_trouble(void **state)
{
	static const char *const inputs[] = {"damaged", "good"};
	size_t size;
	unsigned char *gz = support_gzip(BYTES("one\ntwo\nthree"), &size);
	struct run r;

	(void)state;
	gz[size - 1] ^= 1;
	support_write("damaged", gz, size);
	support_write("good", BYTES("four\n"));
	free(gz);
	prepare(&r, inputs, 2);
	run_to_out(&r, true);
	expect_all_good(&r);
	assert_true(r.outcome.input_trouble);
	assert_non_null(strstr(r.said, "trouble damaged:0:0: corrupt gzip"));
	support_file_is("out", BYTES("ONE\nTWO\nTHREE\nFOUR\n"));
}

/* Bytes that are not UTF-8. */

static void what_is_not_utf8_can_be_replaced(void **state)
{
	struct run r;

	(void)state;
	support_write("in", BYTES("a\xff"
				  "b\xe2\x82\n\xe2\x82"));
	prepare(&r, one_input, 1);
	r.map.invalid = UPCASE_REPLACE;
	run_to_out(&r, false);
	expect_all_good(&r);
	assert_int_equal(r.stats.invalid, 3);
	support_file_is("out", BYTES("A\xEF\xBF\xBD"
				     "B\xEF\xBF\xBD\n\xEF\xBF\xBD"));
}

/* Runs "in" and "next" with invalid=fail in every setting: `want` comes out and
 * `place` is told. */
static void fails_at(enum upcase_language language, const char *text,
	size_t len, bool append, const char *want, const char *place)
{
	static const char *const inputs[] = {"in", "next"};

	support_write("in", text, len);
	support_write("next", BYTES("next\n"));
	for (size_t i = 0; i < COUNT(many_jobs) * COUNT(batch_sizes); i++) {
		struct run r;
		char told[64];

		prepare(&r, inputs, 2);
		r.map.language = language;
		r.map.invalid = UPCASE_FAIL;
		r.config.jobs = many_jobs[i % COUNT(many_jobs)];
		r.config.batch_size = batch_sizes[i / COUNT(many_jobs)];
		run_to_out(&r, append);
		assert_int_equal(r.outcome.error, 0);
		assert_int_equal(r.outcome.lines_lost, 0);
		assert_int_equal(r.outcome.batches_away, 0);
		assert_true(r.outcome.input_trouble);
		support_file_is("out", want, strlen(want));
		(void)snprintf(told, sizeof(told),
			"trouble in:%s: invalid UTF-8:", place);
		if (!strstr(r.said, told))
			print_error("%s\n", r.said);
		assert_non_null(strstr(r.said, told));
		/* Once, although there is more behind it. */
		assert_null(strstr(strstr(r.said, told) + 1, "trouble"));
	}
}

static void a_bad_sequence_is_told_with_its_place(void **state)
{
	(void)state;
	for (int append = 0; append <= 1; append++) {
		bool a = append != 0;

		fails_at(UPCASE_ROOT, BYTES("\xff"), a, "NEXT\n", "1:1");
		fails_at(UPCASE_ROOT, BYTES("one\ntwo\xff three\nfour\n"), a,
			"ONE\nTWO\nNEXT\n", "2:4");
		fails_at(UPCASE_ROOT, BYTES("one\n\xe2\x82\n\xff"), a,
			"ONE\nNEXT\n", "2:1");
		fails_at(UPCASE_ROOT, BYTES("one\xe2\x82"), a, "ONE\nNEXT\n",
			"1:4");
		/* Pieces; columns are characters. */
		fails_at(UPCASE_ROOT, BYTES("x\nßäöüßäöüßäöüßäöü\xff\n"), a,
			"X\nSSÄÖÜSSÄÖÜSSÄÖÜSSÄÖÜ\nNEXT\n", "2:17");
		fails_at(UPCASE_ROOT,
			BYTES("0123456789\n0123456789\n0123456789\xff"
			      "0123456789\xff\n\xff\n\xff"),
			a, "0123456789\n0123456789\n0123456789\nNEXT\n",
			"3:11");
		fails_at(UPCASE_EL, BYTES("x\nάνθρωπος ή ή ή ή ή ή ή ή\xff"), a,
			"X\nΑΝΘΡΩΠΟΣ Ή Ή Ή Ή Ή Ή Ή Ή\nNEXT\n", "2:25");
	}
}

static void the_bad_bytes_are_told(void **state)
{
	static const struct {
		const char *text, *told;
	} cases[] = {
		{"a\xff"
		 "b\n",
			"invalid UTF-8: 0xFF;"},
		{"a\xe2\x82"
		 "b\n",
			"invalid UTF-8: 0xE2 0x82;"},
		{"a\xf0\x9f\x98"
		 "b\n",
			"invalid UTF-8: 0xF0 0x9F 0x98;"},
		{"a\xe2\x82", "invalid UTF-8: 0xE2 0x82;"},
		{"a\xed\xa0\x80\n", "invalid UTF-8: 0xED;"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct run r;

		support_write("in", cases[i].text, strlen(cases[i].text));
		prepare(&r, one_input, 1);
		r.map.invalid = UPCASE_FAIL;
		run_to_out(&r, true);
		assert_non_null(strstr(r.said, cases[i].told));
		support_file_is("out", BYTES("A\n"));
	}
}

/* A pipe as standard input, the writing end of which is returned. */
static int feed(void)
{
	int fd[2];

	support_pipe(fd);
	replace(STDIN_FILENO, fd[0]);
	return fd[1];
}

static void write_to(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void reads_from(int fd, const char *want)
{
	char got[256];
	size_t n = 0;

	assert_true(strlen(want) < sizeof(got));
	while (n < strlen(want)) {
		ssize_t r = read(fd, got + n, strlen(want) - n);

		if (r <= 0)
			break;
		n += (size_t)r;
	}
	support_same(got, n, want, strlen(want));
}

/* Timeliness: nothing more comes in, so what comes out did not wait for it. */

static void a_line_comes_out_without_waiting_for_the_next(void **state)
{
	int in, out[2];
	struct run r;

	(void)state;
	for (size_t i = 0; i < COUNT(many_jobs); i++) {
		support_pipe(out);
		in = feed();
		replace(STDOUT_FILENO, out[1]);
		prepare(&r, standard_input, 1);
		r.config.jobs = many_jobs[i];
		begin(&r, NULL);
		write_to(in, "one\n");
		reads_from(out[0], "ONE\n");
		write_to(in, "two\nthr");
		reads_from(out[0], "TWO\n");
		write_to(in, "ee\n");
		reads_from(out[0], "THREE\n");
		assert_int_equal(close(in), 0);
		end(&r);
		expect_all_good(&r);
		put_back(STDIN_FILENO);
		put_back(STDOUT_FILENO);
		assert_int_equal(close(out[0]), 0);
	}
}

static void lines_come_out_when_the_flush_interval_is_over(void **state)
{
	static const int64_t intervals[] = {0, 1, CLOCK_SECOND / 50};

	(void)state;
	for (size_t i = 0; i < COUNT(intervals); i++) {
		unsigned char got[4096];
		int in, out[2];
		size_t len;
		ssize_t n;
		struct run r;
		char *text;

		support_pipe(out);
		in = feed();
		replace(STDOUT_FILENO, out[1]);
		prepare(&r, standard_input, 1);
		r.config.level = 6;
		r.config.flush_interval = intervals[i];
		begin(&r, NULL);
		write_to(in, "one\nunfinished");
		n = read(out[0], got, sizeof(got));
		assert_true(n > 0);
		text = support_gunzip(got, (size_t)n, &len, NULL);
		assert_string_equal(text, "ONE\n");
		free(text);
		assert_int_equal(close(in), 0);
		end(&r);
		expect_all_good(&r);
		assert_int_equal(r.stats.members, 1);
		put_back(STDIN_FILENO);
		put_back(STDOUT_FILENO);
		assert_int_equal(close(out[0]), 0);
	}
}

static void slow_lines_are_gathered_into_one_member(void **state)
{
	int in;
	struct run r;

	(void)state;
	in = feed();
	prepare(&r, standard_input, 1);
	r.config.level = 6;
	r.config.flush_interval = CLOCK_FOREVER;
	begin(&r, "out");
	for (int i = 0; i < 5; i++) {
		write_to(in, "line\n");
		wait_until_taken(in);
	}
	assert_int_equal(close(in), 0);
	end(&r);
	expect_all_good(&r);
	assert_int_equal(
		gunzip_gives(BYTES("LINE\nLINE\nLINE\nLINE\nLINE\n")), 1);
}

/* Stopping. */

static void a_stop_writes_what_was_read(void **state)
{
	static const int levels[] = {0, 6};

	(void)state;
	for (size_t i = 0; i < COUNT(levels); i++) {
		int in = feed();
		struct run r;

		(void)unlink("out");
		prepare(&r, standard_input, 1);
		r.config.level = levels[i];
		r.config.flush_interval = CLOCK_FOREVER;
		begin(&r, "out");
		write_to(in, "one\ntwo\nunfinished");
		wait_until_taken(in);
		pipeline_stop(r.p);
		end(&r);
		expect_all_good(&r);
		assert_int_equal(r.stats.lines_out, 3);
		if (levels[i])
			(void)gunzip_gives(BYTES("ONE\nTWO\nUNFINISHED\n"));
		else
			support_file_is("out", BYTES("ONE\nTWO\nUNFINISHED\n"));
		assert_int_equal(close(in), 0);
		put_back(STDIN_FILENO);
	}
}

static void a_stop_ends_a_wait_for_the_writer_of_a_fifo(void **state)
{
	static const char *const inputs[] = {"fifo", "in"};
	struct run r;

	(void)state;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	support_write("in", BYTES("not reached\n"));
	prepare(&r, inputs, 2);
	begin(&r, "out");
	pipeline_stop(r.p);
	end(&r);
	expect_all_good(&r);
	support_file_is("out", "", 0);
	assert_null(strstr(r.said, "note in: reading"));
}

/* How many bytes of "in", which is standard input, were read; and of those the
 * lines. The descriptor is shared, so its offset tells. */
static size_t bytes_read(void)
{
	off_t at = lseek(STDIN_FILENO, 0, SEEK_CUR);

	assert_true(at >= 0);
	return (size_t)at;
}

static void begin_reading_in(void)
{
	replace(STDIN_FILENO, open("in", O_RDONLY | O_CLOEXEC));
}

static void a_stop_at_any_moment_writes_exactly_what_was_read(void **state)
{
	static const uint64_t moments[] = {0, 1, 50, 500, 2000};
	enum {
		LEN = 200000
	};
	char *text = make_text(words, COUNT(words), LEN);

	(void)state;
	support_write("in", text, LEN);
	for (size_t i = 0; i < COUNT(moments); i++) {
		unsigned char *want;
		size_t len;
		struct run r;

		(void)unlink("out");
		begin_reading_in();
		prepare(&r, standard_input, 1);
		r.config.jobs = many_jobs[i % COUNT(many_jobs)];
		r.config.batch_size = 100;
		begin(&r, "out");
		wait_for_lines_in(&r, moments[i]);
		pipeline_stop(r.p);
		end(&r);
		expect_all_good(&r);
		assert_int_equal(
			r.stats.lines_out, lines_in(text, bytes_read()));
		want = convert(&r.map, text, bytes_read(), &len);
		if (len > 0 && want[len - 1] != '\n')
			want[len++] = '\n';
		support_file_is("out", want, len);
		free(want);
		put_back(STDIN_FILENO);
	}
	free(text);
}

/* Giving up. */

/* `lines` lines of so many bytes, each with its number. */
static char *make_lines(size_t lines, size_t len)
{
	char *text = support_allocate(lines * len + 1);

	for (size_t i = 0; i < lines; i++)
		(void)snprintf(
			text + i * len, len + 1, "%0*zu\n", (int)len - 1, i);
	return text;
}

/* The lines of a run that failed or was aborted are written or lost. */
static void expect_every_line_counted(
	const struct run *r, const char *text, uint64_t written)
{
	uint64_t read = lines_in(text, bytes_read());

	assert_int_equal(r->stats.lines_out, written);
	if (r->stats.lines_out + r->outcome.lines_lost != read)
		print_error("%" PRIu64 " written, %" PRIu64 " lost\n",
			r->stats.lines_out, r->outcome.lines_lost);
	assert_int_equal(r->stats.lines_out + r->outcome.lines_lost, read);
}

/* Aborts a run of "in" (text) while the writer is blocked at a full pipe, once
 * `lines` lines were converted. */
static void abort_when_blocked(
	const char *text, uint64_t lines, unsigned jobs, size_t batch_size)
{
	struct run r;
	size_t filled, len;
	int out[2];
	char *got;

	begin_reading_in();
	support_pipe(out);
	/* Room for a page, so that some lines are written. */
	filled = support_fill_pipe(out[1]);
	got = support_allocate(4096);
	assert_int_equal(read(out[0], got, 4096), 4096);
	free(got);
	replace(STDOUT_FILENO, out[1]);
	prepare(&r, standard_input, 1);
	r.config.jobs = jobs;
	r.config.batch_size = batch_size;
	begin(&r, NULL);
	wait_for_lines_in(&r, lines);
	pipeline_abort(r.p);
	pipeline_abort(r.p);
	end(&r);
	put_back(STDOUT_FILENO);
	assert_int_equal(r.outcome.error, 0);
	got = support_read_all(out[0], &len);
	assert_true(len >= filled - 4096);
	len -= filled - 4096;
	expect_every_line_counted(&r, text, newlines(got + filled - 4096, len));
	free(got);
	assert_int_equal(close(out[0]), 0);
	put_back(STDIN_FILENO);
}

static void an_abort_ends_every_thread_and_counts_the_lost_lines(void **state)
{
	static const uint64_t moments[] = {0, 1, 30, 60};
	char *text = make_lines(10000, 50);

	(void)state;
	support_write("in", text, 500000);
	for (size_t i = 0; i < COUNT(moments); i++)
		for (size_t j = 0; j < COUNT(many_jobs); j++)
			abort_when_blocked(
				text, moments[i], many_jobs[j], 1000);
	free(text);
}

static void lines_in_pieces_are_counted_when_they_are_lost(void **state)
{
	char *text = make_lines(5, 40000);

	(void)state;
	support_write("in", text, 200000);
	for (int i = 0; i < 5; i++)
		for (size_t j = 0; j < COUNT(many_jobs); j++)
			abort_when_blocked(text, 0, many_jobs[j], 500);
	free(text);
}

static void an_abort_ends_a_wait_for_input(void **state)
{
	int in = feed();
	struct run r;

	(void)state;
	prepare(&r, standard_input, 1);
	r.config.level = 6;
	r.config.flush_interval = CLOCK_FOREVER;
	begin(&r, "out");
	write_to(in, "one\ntwo\nunfinished");
	wait_until_taken(in);
	pipeline_abort(r.p);
	end(&r);
	assert_int_equal(r.outcome.lines_lost, 3);
	assert_int_equal(r.stats.lines_out, 0);
	assert_int_equal(close(in), 0);
}

static void a_full_device_ends_the_run_with_every_line_lost(void **state)
{
	char *text = make_lines(10000, 50);

	(void)state;
	support_write("in", text, 500000);
	for (size_t j = 0; j < COUNT(many_jobs); j++) {
		struct run r;

		begin_reading_in();
		prepare(&r, standard_input, 1);
		r.config.jobs = many_jobs[j];
		r.config.level = j % 2 ? 1 : 0;
		begin(&r, "/dev/full");
		end(&r);
		assert_int_equal(r.outcome.error, -ENOSPC);
		assert_string_equal(r.outcome.fault.text, strerror(ENOSPC));
		expect_every_line_counted(&r, text, 0);
		put_back(STDIN_FILENO);
	}
	free(text);
}

static void a_full_disk_leaves_whole_lines_and_the_rest_is_lost(void **state)
{
	char *text = make_lines(1000, 50), *got;
	struct rlimit limit, old;
	struct run r;
	size_t len;

	(void)state;
	support_write("in", text, 50000);
	begin_reading_in();
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	prepare(&r, standard_input, 1);
	r.config.batch_size = 1000;
	limit = old;
	limit.rlim_cur = 12345;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	begin(&r, "out");
	end(&r);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(r.outcome.error, -EFBIG);
	got = support_read("out", &len);
	support_same(got, len, text, 12345 / 50 * 50);
	expect_every_line_counted(&r, text, len / 50);
	free(got);
	free(text);
}

static void a_full_disk_leaves_whole_members_and_the_rest_is_lost(void **state)
{
	char *text = make_lines(1000, 50), *got;
	struct rlimit limit, old;
	unsigned members;
	struct run r;
	size_t len, size;

	(void)state;
	support_write("in", text, 50000);
	begin_reading_in();
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	prepare(&r, standard_input, 1);
	r.config.batch_size = 1000;
	r.config.level = 1;
	limit = old;
	limit.rlim_cur = 1000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	begin(&r, "out");
	end(&r);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(r.outcome.error, -EFBIG);
	got = support_read("out", &size);
	len = 0;
	free(support_gunzip(got, size, &len, &members));
	free(got);
	assert_true(members > 0);
	assert_int_equal(r.stats.members, members);
	assert_int_equal(r.stats.bytes_out, len);
	expect_every_line_counted(&r, text, len / 50);
	free(text);
}

static void a_reader_that_goes_away_ends_the_run(void **state)
{
	char *text = make_lines(10000, 50);
	int out[2];
	struct run r;

	(void)state;
	support_write("in", text, 500000);
	begin_reading_in();
	support_pipe(out);
	replace(STDOUT_FILENO, out[1]);
	prepare(&r, standard_input, 1);
	begin(&r, NULL);
	reads_from(out[0], "00000000");
	assert_int_equal(close(out[0]), 0);
	end(&r);
	put_back(STDOUT_FILENO);
	assert_int_equal(r.outcome.error, -EPIPE);
	assert_int_equal(r.stats.lines_out + r.outcome.lines_lost,
		lines_in(text, bytes_read()));
	free(text);
}

/* Typed lines. */

static void typed_lines_are_stripped(void **state)
{
	static const char typed[] = "  one  two \n\n \t \n\xC2\xA0three";

	(void)state;
	for (size_t i = 0; i < COUNT(batch_sizes); i++) {
		int in = feed();
		struct run r;

		(void)unlink("out");
		prepare(&r, standard_input, 1);
		r.config.interactive = true;
		r.config.batch_size = batch_sizes[i];
		begin(&r, "out");
		write_to(in, typed);
		assert_int_equal(close(in), 0);
		end(&r);
		expect_all_good(&r);
		assert_int_equal(r.stats.lines_out, 2);
		support_file_is("out", BYTES("ONE  TWO\nTHREE\n"));
		put_back(STDIN_FILENO);
	}
}

static void only_standard_input_is_typed(void **state)
{
	static const char *const inputs[] = {"in", "-"};
	struct run r;
	int in = feed();

	(void)state;
	support_write("in", BYTES("  file  \n"));
	prepare(&r, inputs, 2);
	r.config.interactive = true;
	write_to(in, "  typed  \n");
	assert_int_equal(close(in), 0);
	begin(&r, "out");
	end(&r);
	expect_all_good(&r);
	support_file_is("out", BYTES("  FILE  \nTYPED\n"));
}

static void a_typed_line_is_written_before_the_next_prompt(void **state)
{
	static const int levels[] = {0, 6};

	(void)state;
	for (size_t i = 0; i < COUNT(levels); i++) {
		int master, slave;
		struct run r;

		support_terminal(&master, &slave);
		(void)unlink("out");
		replace(STDIN_FILENO, slave);
		prepare(&r, standard_input, 1);
		r.config.interactive = true;
		r.config.level = levels[i];
		r.config.flush_interval = CLOCK_FOREVER;
		begin(&r, "out");
		reads_from(master, ">>: ");
		write_to(master, "  one \n");
		reads_from(master, ">>: ");
		if (levels[i])
			(void)gunzip_gives(BYTES("ONE\n"));
		else
			support_file_is("out", BYTES("ONE\n"));
		write_to(master, " \n");
		reads_from(master, ">>: ");
		write_to(master, "two\n");
		reads_from(master, ">>: ");
		write_to(master, "\4"); /* Ctrl-D */
		reads_from(master, "\n");
		end(&r);
		expect_all_good(&r);
		assert_int_equal(r.stats.lines_out, 2);
		if (levels[i])
			(void)gunzip_gives(BYTES("ONE\nTWO\n"));
		else
			support_file_is("out", BYTES("ONE\nTWO\n"));
		put_back(STDIN_FILENO);
		assert_int_equal(close(master), 0);
	}
}

static void a_stop_at_the_prompt_ends_the_run(void **state)
{
	int master, slave;
	struct run r;

	(void)state;
	support_terminal(&master, &slave);
	replace(STDIN_FILENO, slave);
	prepare(&r, standard_input, 1);
	r.config.interactive = true;
	begin(&r, "out");
	reads_from(master, ">>: ");
	write_to(master, "one\n");
	reads_from(master, ">>: ");
	pipeline_stop(r.p);
	reads_from(master, "\n");
	end(&r);
	expect_all_good(&r);
	support_file_is("out", BYTES("ONE\n"));
	assert_int_equal(close(master), 0);
}

/* Log rotation. */

static void lines_go_to_the_new_file_after_a_reopen(void **state)
{
	int in = feed();
	struct run r;

	(void)state;
	prepare(&r, standard_input, 1);
	begin(&r, "out");
	write_to(in, "one\n");
	wait_for_lines_out(&r, 1);
	assert_int_equal(rename("out", "out.1"), 0);
	pipeline_reopen(r.p);
	write_to(in, "two\n");
	wait_for_lines_out(&r, 2);
	write_to(in, "three\n");
	assert_int_equal(close(in), 0);
	end(&r);
	expect_all_good(&r);
	assert_false(r.outcome.input_trouble);
	assert_non_null(strstr(r.said, "note out: opened anew\n"));
	/* The first append may still have been at work when it was asked for;
	 * then the writer did it, before the next. */
	support_file_is("out.1", BYTES("ONE\n"));
	support_file_is("out", BYTES("TWO\nTHREE\n"));
}

static void the_old_file_stays_when_the_new_one_cannot_be_opened(void **state)
{
	int in = feed();
	struct run r;

	(void)state;
	prepare(&r, standard_input, 1);
	begin(&r, "out");
	write_to(in, "one\n");
	wait_for_lines_out(&r, 1);
	assert_int_equal(rename("out", "out.1"), 0);
	assert_int_equal(mkdir("out", 0700), 0);
	pipeline_reopen(r.p);
	write_to(in, "two\n");
	assert_int_equal(close(in), 0);
	end(&r);
	expect_all_good(&r);
	assert_non_null(strstr(r.said,
		"trouble out:0:0: cannot be opened anew: Is a directory; "
		"the file that is open stays in use\n"));
	support_file_is("out.1", BYTES("ONE\nTWO\n"));
}

/* Making and starting. */

static void what_cannot_be_made_is_an_error(void **state)
{
	struct pipeline *p = NULL;
	struct run r;

	(void)state;
	support_write("in", "", 0);
	prepare(&r, one_input, 1);
	assert_int_equal(
		sink_init(&r.sink, "out", &packing_members, SINK_SYNC_NEVER),
		0);
	r.config.level = 99;
	assert_int_equal(pipeline_new(&p, &r.config), -EINVAL);
	r.config.level = 0;
	r.config.batch_size = SIZE_MAX / 2;
	assert_int_equal(pipeline_new(&p, &r.config), -ENOMEM);
	assert_null(p);
	assert_int_equal(r.sink.wake, FDIO_NO_WAKE);
	sink_release(&r.sink);
}

static void a_pipeline_that_was_never_started_can_be_freed(void **state)
{
	int before = dup(STDIN_FILENO), after;
	struct run r;

	(void)state;
	assert_int_equal(close(before), 0);
	prepare(&r, one_input, 1);
	assert_int_equal(sink_init(&r.sink, "out", NULL, SINK_SYNC_NEVER), 0);
	assert_int_equal(pipeline_new(&r.p, &r.config), 0);
	assert_int_equal(pipeline_running(r.p), 0);
	pipeline_free(r.p);
	assert_int_equal(r.sink.wake, FDIO_NO_WAKE);
	sink_release(&r.sink);
	after = dup(STDIN_FILENO);
	assert_int_equal(after, before);
	assert_int_equal(close(after), 0);
}

static void one_that_was_started_and_never_let_begin_can_be_freed(void **state)
{
	struct run r;

	(void)state;
	support_write("in", BYTES("one\n"));
	prepare(&r, one_input, 1);
	assert_int_equal(sink_init(&r.sink, "out", NULL, SINK_SYNC_NEVER), 0);
	assert_int_equal(pipeline_new(&r.p, &r.config), 0);
	assert_int_equal(pipeline_start(r.p), 0);
	assert_int_equal(pipeline_running(r.p), 1);
	pipeline_free(r.p);
	sink_release(&r.sink);
	assert_int_equal(access("out", F_OK), -1);
}

enum {
	CHILD_GOOD = 10, /* it started and ran to its end */
	CHILD_REFUSED,	 /* it did not start, and none runs */
	CHILD_WRONG,
};

/* Starts a pipeline in a process that may have only `limit` threads. */
static int start_limited(struct run *r, rlim_t limit)
{
	struct rlimit threads = {limit, limit};
	int err;

	/* The superuser has no such limit. */
	if (geteuid() == 0 && (setgid(54321) < 0 || setuid(54321) < 0))
		return CHILD_WRONG;
	if (setrlimit(RLIMIT_NPROC, &threads) < 0)
		return CHILD_WRONG;
	err = pipeline_start(r->p);
	if (err)
		return pipeline_running(r->p) == 0 ? CHILD_REFUSED
						   : CHILD_WRONG;
	pipeline_begin(r->p);
	while (pipeline_running(r->p) > 0)
		(void)sched_yield();
	return pipeline_finish(r->p).error ? CHILD_WRONG : CHILD_GOOD;
}

static void threads_that_cannot_be_started_leave_none_behind(void **state)
{
	unsigned refused = 0;

	(void)state;
	support_write("in", BYTES("one\n"));
	for (rlim_t limit = 1; limit <= 8; limit++) {
		struct run r;
		pid_t pid;
		int status;

		prepare(&r, one_input, 1);
		r.config.jobs = 3;
		assert_int_equal(
			sink_init(&r.sink, "out", NULL, SINK_SYNC_NEVER), 0);
		assert_int_equal(sink_create(&r.sink), 0);
		assert_int_equal(chmod(".", 0755), 0);
		assert_int_equal(pipeline_new(&r.p, &r.config), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			_exit(start_limited(&r, limit));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		pipeline_free(r.p);
		sink_release(&r.sink);
		assert_true(WIFEXITED(status));
		assert_between(WEXITSTATUS(status), CHILD_GOOD, CHILD_REFUSED);
		refused += WEXITSTATUS(status) == CHILD_REFUSED;
	}
	assert_true(refused > 0);
}

#define pipeline_test(name)              \
	cmocka_unit_test_setup_teardown( \
		name, support_enter_directory, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		pipeline_test(threads_that_cannot_be_started_leave_none_behind),
		pipeline_test(the_result_is_the_same_for_every_setting),
		pipeline_test(greek_context_goes_from_piece_to_piece),
		pipeline_test(lithuanian_context_goes_from_piece_to_piece),
		pipeline_test(appended_text_is_the_same_with_a_last_newline),
		pipeline_test(figures_are_those_of_the_run),
		pipeline_test(inputs_without_a_last_newline_are_not_glued),
		pipeline_test(
			an_input_that_fills_its_batches_is_not_glued_either),
		pipeline_test(
			the_last_newline_stays_missing_behind_an_empty_input),
		pipeline_test(
			an_input_that_is_missing_is_told_and_the_rest_processed),
		pipeline_test(events_may_be_left_out),
		pipeline_test(the_output_file_is_no_input),
		pipeline_test(gzip_goes_in_and_out),
		pipeline_test(gzip_can_be_taken_as_it_is),
		pipeline_test(no_input_is_one_empty_member),
		pipeline_test(damaged_gzip_gives_what_is_good_and_trouble),
		pipeline_test(what_is_not_utf8_can_be_replaced),
		pipeline_test(a_bad_sequence_is_told_with_its_place),
		pipeline_test(the_bad_bytes_are_told),
		pipeline_test(a_line_comes_out_without_waiting_for_the_next),
		pipeline_test(lines_come_out_when_the_flush_interval_is_over),
		pipeline_test(slow_lines_are_gathered_into_one_member),
		pipeline_test(a_stop_writes_what_was_read),
		pipeline_test(a_stop_ends_a_wait_for_the_writer_of_a_fifo),
		pipeline_test(
			a_stop_at_any_moment_writes_exactly_what_was_read),
		pipeline_test(
			an_abort_ends_every_thread_and_counts_the_lost_lines),
		pipeline_test(lines_in_pieces_are_counted_when_they_are_lost),
		pipeline_test(an_abort_ends_a_wait_for_input),
		pipeline_test(a_full_device_ends_the_run_with_every_line_lost),
		pipeline_test(
			a_full_disk_leaves_whole_lines_and_the_rest_is_lost),
		pipeline_test(
			a_full_disk_leaves_whole_members_and_the_rest_is_lost),
		pipeline_test(a_reader_that_goes_away_ends_the_run),
		pipeline_test(typed_lines_are_stripped),
		pipeline_test(only_standard_input_is_typed),
		pipeline_test(a_typed_line_is_written_before_the_next_prompt),
		pipeline_test(a_stop_at_the_prompt_ends_the_run),
		pipeline_test(lines_go_to_the_new_file_after_a_reopen),
		pipeline_test(
			the_old_file_stays_when_the_new_one_cannot_be_opened),
		pipeline_test(what_cannot_be_made_is_an_error),
		pipeline_test(a_pipeline_that_was_never_started_can_be_freed),
		pipeline_test(
			one_that_was_started_and_never_let_begin_can_be_freed),
	};

	/* Typed lines come from the terminal itself. */
	(void)setenv("TERM", "dumb", 1);
	/* As in the program: these are told by write(2). */
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)setenv("TERM", "dumb", 1); /* terminals edit lines themselves */
	(void)alarm(
		1200); /* a thread that does not end must not block the tests */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
