#include "config.h"

#include "cli/options.h"

#include "cli/misuse.h"
#include "cli/number.h"
#include "cli/settle.h"
#include "codec/deflate.h"
#include "compat/getopt.h"
#include "io/clock.h"
#include "io/decode.h"
#include "text/quote.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_DEPTH      1024
#define MAX_SHARES     1000000
#define MAX_BATCH_SIZE (UINT64_C(256) << 20)

/* Of batches of 64 KiB to 1 MiB, 256 KiB and more were the fastest in files,
 * and of depths of 2 to 16, 4 to 12 (2: a quarter slower); in pipes 8 and more
 * by a tenth. More batches, or larger ones, would only need more memory. */
#define DEFAULT_BATCH_SIZE (UINT64_C(256) << 10)
#define DEFAULT_DEPTH	   8

/* Long options without a short form. */
enum {
	OPT_NO_GZIP = 256,
	OPT_BGZF,
	OPT_NO_DECOMPRESS,
	OPT_INVALID,
	OPT_NO_INTERACTIVE,
	OPT_PROMPT,
	OPT_HISTORY,
	OPT_QUEUE_DEPTH,
	OPT_FLUSH_INTERVAL,
	OPT_SYNC,
	OPT_ON_FULL,
	OPT_REPAIR,
	OPT_VERIFY,
	OPT_SHUTDOWN_TIMEOUT,
	OPT_PROGRESS,
	OPT_STATS,
	OPT_SPLIT,
};

/* The colon in front: what is missing is told here (misuse.h). */
static const char short_options[] = ":o:uz::E:m:l:f:c:d:ij:b:vqhV";

static const struct option long_options[] = {
	{"output", required_argument, NULL, 'o'},
	{"in-place", optional_argument, NULL, OUTPUTS_IN_PLACE},
	{"output-dir", required_argument, NULL, OUTPUTS_FOLDER},
	{"atomic", no_argument, NULL, OUTPUTS_ATOMIC},
	{"force", no_argument, NULL, OUTPUTS_FORCE},
	{"files0-from", required_argument, NULL, OUTPUTS_LIST},
	{"split", required_argument, NULL, OPT_SPLIT},
	{"unbuffered", no_argument, NULL, 'u'},
	{"gzip", optional_argument, NULL, 'z'},
	{"no-gzip", no_argument, NULL, OPT_NO_GZIP},
	{"bgzf", no_argument, NULL, OPT_BGZF},
	{"verify", no_argument, NULL, OPT_VERIFY},
	{"no-decompress", no_argument, NULL, OPT_NO_DECOMPRESS},
	{"encoding", required_argument, NULL, 'E'},
	{"mapping", required_argument, NULL, 'm'},
	{"language", required_argument, NULL, 'l'},
	{"invalid", required_argument, NULL, OPT_INVALID},
	{"skip-prefix", required_argument, NULL, SELECT_SKIP_PREFIX},
	{"fasta", no_argument, NULL, SELECT_FASTA},
	{"fastq", no_argument, NULL, SELECT_FASTQ},
	{"fields", required_argument, NULL, 'f'},
	{"characters", required_argument, NULL, 'c'},
	{"delimiter", required_argument, NULL, 'd'},
	{"complement", no_argument, NULL, SELECT_COMPLEMENT},
	{"header", no_argument, NULL, SELECT_HEADER},
	{"tsv", no_argument, NULL, SELECT_TSV},
	{"csv", no_argument, NULL, SELECT_CSV},
	{"interactive", no_argument, NULL, 'i'},
	{"no-interactive", no_argument, NULL, OPT_NO_INTERACTIVE},
	{"prompt", required_argument, NULL, OPT_PROMPT},
	{"history", required_argument, NULL, OPT_HISTORY},
	{"jobs", required_argument, NULL, 'j'},
	{"batch-size", required_argument, NULL, 'b'},
	{"queue-depth", required_argument, NULL, OPT_QUEUE_DEPTH},
	{"flush-interval", required_argument, NULL, OPT_FLUSH_INTERVAL},
	{"sync", required_argument, NULL, OPT_SYNC},
	{"on-full", required_argument, NULL, OPT_ON_FULL},
	{"repair", no_argument, NULL, OPT_REPAIR},
	{"shutdown-timeout", required_argument, NULL, OPT_SHUTDOWN_TIMEOUT},
	{"progress", optional_argument, NULL, OPT_PROGRESS},
	{"stats", optional_argument, NULL, OPT_STATS},
	{"verbose", no_argument, NULL, 'v'},
	{"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

/* A choice of words and what they stand for. */
struct choice {
	const char *word;
	int value;
};

static int parse_choice(const struct choice *choices, const char *what,
	const char *option, const char *arg, int *value)
{
	char wanted[64] = "";

	for (const struct choice *c = choices; c->word; c++) {
		size_t len = strlen(wanted);

		if (strcmp(c->word, arg) == 0) {
			*value = c->value;
			return 0;
		}
		(void)snprintf(wanted + len, sizeof(wanted) - len, "%s%s",
			len == 0    ? ""
			: c[1].word ? ", "
				    : " or ",
			c->word);
	}
	return misuse_argument(what, option, arg, wanted);
}

static int parse_mapping(struct options *o, const char *arg)
{
	static const struct choice choices[] = {{"full", UPCASE_FULL},
		{"simple", UPCASE_SIMPLE}, {"ascii", UPCASE_ASCII}, {NULL, 0}};
	int value = 0;

	if (parse_choice(choices, "unknown mapping", "mapping", arg, &value))
		return -EINVAL;
	o->mapping = (enum upcase_mapping)value;
	return 0;
}

static int parse_invalid(struct options *o, const char *arg)
{
	static const struct choice choices[] = {{"keep", UPCASE_KEEP},
		{"replace", UPCASE_REPLACE}, {"fail", UPCASE_FAIL}, {NULL, 0}};
	int value = 0;

	if (parse_choice(choices, "unknown word", "invalid", arg, &value))
		return -EINVAL;
	o->invalid = (enum upcase_invalid)value;
	return 0;
}

static int parse_sync(struct options *o, const char *arg)
{
	static const struct choice choices[] = {{"none", SINK_SYNC_NEVER},
		{"end", SINK_SYNC_END}, {"batch", SINK_SYNC_BATCH}, {NULL, 0}};
	int value = 0;

	if (parse_choice(choices, "unknown word", "sync", arg, &value))
		return -EINVAL;
	o->sync = (enum sink_sync)value;
	return 0;
}

static int parse_on_full(struct options *o, const char *arg)
{
	static const struct choice choices[] = {
		{"fail", OPTIONS_FAIL}, {"wait", OPTIONS_WAIT}, {NULL, 0}};
	int value = 0;

	if (parse_choice(choices, "unknown word", "on-full", arg, &value))
		return -EINVAL;
	o->on_full = (enum options_full)value;
	return 0;
}

static int parse_progress(struct options *o, const char *arg)
{
	static const struct choice choices[] = {{"auto", COURSE_AUTO},
		{"always", COURSE_ALWAYS}, {"never", COURSE_NEVER}, {NULL, 0}};
	int value = COURSE_ALWAYS;

	if (arg &&
		parse_choice(choices, "unknown word", "progress", arg, &value))
		return -EINVAL;
	o->progress = (enum course_when)value;
	return 0;
}

static int parse_stats(struct options *o, const char *arg)
{
	static const struct choice choices[] = {
		{"text", STATS_TEXT}, {"json", STATS_JSON}, {NULL, 0}};
	int value = STATS_TEXT;

	if (arg && parse_choice(choices, "unknown word", "stats", arg, &value))
		return -EINVAL;
	o->stats = (enum options_stats)value;
	return 0;
}

static int parse_count(
	const char *option, const char *arg, unsigned max, unsigned *count)
{
	char wanted[32];
	uint64_t value;

	(void)snprintf(wanted, sizeof(wanted), "1 to %u", max);
	if (number_parse(arg, 1, max, &value))
		return misuse_argument("invalid number", option, arg, wanted);
	*count = (unsigned)value;
	return 0;
}

static int parse_level(struct options *o, const char *arg)
{
	unsigned value = OPTIONS_LEVEL;

	if (arg &&
		parse_count("gzip", arg, (unsigned)deflate_max_level(), &value))
		return -EINVAL;
	o->gzip_level = (int)value;
	return 0;
}

static int parse_size(struct options *o, const char *arg)
{
	uint64_t value;

	if (number_parse_size(arg, MAX_BATCH_SIZE, &value))
		return misuse_argument("invalid size", "batch-size", arg,
			"1 to 256M, with K or M");
	o->batch_size = (size_t)value;
	return 0;
}

static int parse_seconds(const char *option, const char *arg, int64_t *ns)
{
	if (number_parse_seconds(arg, ns))
		return misuse_argument("invalid number of seconds", option, arg,
			"such as 2 or 0.5");
	return 0;
}

static int parse_split(struct options *o, const char *arg)
{
	const char *slash = strchr(arg, '/');
	uint64_t share = 0, shares = 0;
	char first[24];
	size_t len = slash ? (size_t)(slash - arg) : sizeof(first);

	if (len < sizeof(first)) {
		memcpy(first, arg, len);
		first[len] = '\0';
	}
	if (len >= sizeof(first) ||
		number_parse(slash + 1, 1, MAX_SHARES, &shares) ||
		number_parse(first, 1, shares, &share))
		return misuse_argument("no share", "split", arg,
			"such as 2/8, the second of eight; up to 1000000");
	o->share = (unsigned)share;
	o->shares = (unsigned)shares;
	return 0;
}

static int parse_encoding(struct options *o, const char *arg)
{
	int err = decode_check(arg);

	if (err == -EINVAL)
		return misuse_argument("unknown encoding", "encoding", arg,
			"auto, none or a name that 'iconv -l' lists");
	if (err)
		return misuse_argument(
			"cannot be had", "encoding", arg, strerror(-err));
	o->encoding = arg;
	return 0;
}

static int parse_language(struct options *o, const char *arg)
{
	const char *meant = upcase_language_meant(arg);
	char wanted[64] = "tr, az, lt, el, hy, or another tag such as de-AT";

	if (!upcase_language_parse(arg, &o->language))
		return 0;
	if (meant)
		(void)snprintf(
			wanted, sizeof(wanted), "did you mean %s?", meant);
	return misuse_argument("unknown language", "language", arg, wanted);
}

static int parse_output(struct options *o, const char *arg)
{
	if (arg[0] == '\0')
		return misuse_argument("missing file name", "output", arg,
			"'-' is standard output");
	o->output = strcmp(arg, "-") == 0 ? NULL : arg;
	return 0;
}

static int parse_history(struct options *o, const char *arg)
{
	if (arg[0] == '\0')
		return misuse_argument("missing file name", "history", arg,
			"what is typed is kept there");
	o->history = arg;
	return 0;
}

/* Which of outputs_other an option is; 0: none. */
static unsigned other_of(int opt)
{
	switch (opt) {
	case 'o':
		return OUTPUTS_WITH_OUTPUT;
	case 'z':
		return OUTPUTS_WITH_GZIP;
	case OPT_NO_GZIP:
		return OUTPUTS_WITH_NO_GZIP;
	case OPT_BGZF:
		return OUTPUTS_WITH_BGZF;
	case OPT_REPAIR:
		return OUTPUTS_WITH_REPAIR;
	case OPT_ON_FULL:
		return OUTPUTS_WITH_ON_FULL;
	case 'i':
		return OUTPUTS_WITH_INTERACTIVE;
	case 'u':
		return OUTPUTS_WITH_UNBUFFERED;
	default:
		return 0;
	}
}

/* Options with an argument. Returns 0 or -EINVAL, which was told. */
static int apply_argument(
	struct options *o, struct said *said, int opt, const char *arg)
{
	switch (opt) {
	case 'o':
		return parse_output(o, arg);
	case 'z':
		said->gzip_said = true;
		return parse_level(o, arg);
	case 'E':
		return parse_encoding(o, arg);
	case 'm':
		return parse_mapping(o, arg);
	case 'l':
		return parse_language(o, arg);
	case OPT_INVALID:
		return parse_invalid(o, arg);
	case OPT_PROMPT:
		o->prompt = arg;
		return 0;
	case OPT_HISTORY:
		return parse_history(o, arg);
	case 'j':
		said->jobs_said = true;
		return parse_count("jobs", arg, SETTLE_MAX_JOBS, &o->jobs);
	case 'b':
		return parse_size(o, arg);
	case OPT_QUEUE_DEPTH:
		return parse_count(
			"queue-depth", arg, MAX_DEPTH, &o->queue_depth);
	case OPT_FLUSH_INTERVAL:
		return parse_seconds("flush-interval", arg, &o->flush_interval);
	case OPT_SYNC:
		said->sync_said = true;
		return parse_sync(o, arg);
	case OPT_ON_FULL:
		return parse_on_full(o, arg);
	case OPT_SHUTDOWN_TIMEOUT:
		return parse_seconds(
			"shutdown-timeout", arg, &o->shutdown_timeout);
	case OPT_PROGRESS:
		return parse_progress(o, arg);
	case OPT_STATS:
		return parse_stats(o, arg);
	case OPT_SPLIT:
		return parse_split(o, arg);
	default: /* told by misuse_tell */
		return -EINVAL;
	}
}

static int apply(struct options *o, struct said *said, int opt, const char *arg)
{
	int err;

	said->others |= other_of(opt);
	switch (opt) {
	case OPT_NO_GZIP:
		said->gzip_said = true;
		o->gzip_level = 0;
		o->bgzf = false;
		return 0;
	case OPT_BGZF:
		said->gzip_said = true;
		o->bgzf = true;
		if (o->gzip_level == 0)
			o->gzip_level = OPTIONS_LEVEL;
		return 0;
	case OPT_VERIFY:
		o->verify = true;
		return 0;
	case OPT_REPAIR:
		o->repair = true;
		return 0;
	case OPT_NO_DECOMPRESS:
		o->detect_gzip = false;
		return 0;
	case 'i':
	case OPT_NO_INTERACTIVE:
		said->interactive_said = true;
		o->interactive = opt == 'i';
		return 0;
	case 'u':
		o->unbuffered = true;
		return 0;
	case 'v':
		o->level = DIAG_VERBOSE;
		return 0;
	case 'q':
		o->level = DIAG_QUIET;
		return 0;
	default:
		err = select_take(&o->select, opt, arg);
		if (err > 0)
			err = outputs_take(&o->outputs, opt, arg);
		return err <= 0 ? err : apply_argument(o, said, opt, arg);
	}
}

/* Whether a word could be meant for the argument of an option that takes one
 * only if it is attached. */
static bool is_argument(int opt, const char *word)
{
	switch (opt) {
	case 'z':
		return word[0] && !word[strspn(word, "0123456789")];
	case OPT_STATS:
		return strcmp(word, "json") == 0 || strcmp(word, "text") == 0;
	case OPT_PROGRESS:
		return strcmp(word, "auto") == 0 ||
		       strcmp(word, "always") == 0 ||
		       strcmp(word, "never") == 0;
	default:
		return false;
	}
}

/* Optional arguments make people slip. Returns 0, or -EINVAL if that was so and
 * how to write it was told. */
static int check_slip(int argc, char *const *argv, int opt)
{
	const char *word = argv[optind - 1];

	/* A file of that name may be meant. */
	if (!optarg && optind < argc && is_argument(opt, argv[optind]) &&
		access(argv[optind], F_OK) != 0)
		return misuse_detached(opt, word, argv[optind], long_options);
	if (opt == 'z' && optarg && strncmp(word, "--", 2) != 0)
		return misuse_joined(opt, optarg, short_options);
	return 0;
}

static enum options_action usage(struct options *o)
{
	options_release(o);
	diag_text("Try 'upcase-pipe --help' for more information.\n");
	return OPTIONS_USAGE;
}

/* What else was said does not count. */
static enum options_action take_question(struct options *o, int opt)
{
	options_release(o);
	if (opt == 'h')
		return OPTIONS_HELP;
	return settle_variant(o) ? usage(o) : OPTIONS_VERSION;
}

void options_release(struct options *o)
{
	select_release(&o->select);
	outputs_release(&o->outputs);
}

enum options_action options_parse(struct options *o, int argc, char **argv)
{
	struct said said = {0};
	int opt;

	*o = (struct options){
		.detect_gzip = true,
		.encoding = DECODE_AUTO,
		.prompt = ">>: ",
		.jobs = 1,
		.batch_size = DEFAULT_BATCH_SIZE,
		.queue_depth = DEFAULT_DEPTH,
		.flush_interval = CLOCK_SECOND,
		.shutdown_timeout = -1,
		.level = DIAG_NORMAL,
	};
	opterr = 0;
	while ((opt = getopt_long(
			argc, argv, short_options, long_options, NULL)) != -1) {
		if (opt == 'h' || opt == 'V')
			return take_question(o, opt);
		if (opt == ':' || opt == '?')
			misuse_tell(opt, argv, long_options);
		if (check_slip(argc, argv, opt) || apply(o, &said, opt, optarg))
			return usage(o);
	}
	o->handover = getenv(OPTIONS_HANDOVER);
	if (settle(o, &said, argv + optind, (size_t)(argc - optind)))
		return usage(o);
	return OPTIONS_RUN;
}
