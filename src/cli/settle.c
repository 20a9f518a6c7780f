#include "config.h"

#include "cli/settle.h"

#include "cli/misuse.h"
#include "io/decode.h"
#include "text/quote.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whether the name has this ending, and something before it. */
static bool ends_in(const char *name, const char *ending)
{
	size_t len = name ? strlen(name) : 0, n = strlen(ending);

	return len > n && strcmp(name + len - n, ending) == 0;
}

/* What the name of the output says of it. Returns 0 or -EINVAL, which was told:
 * what would stand in the file is not that. */
static int judge_name(struct options *o, const struct said *said)
{
	static const char *const others[] = {".zst", ".xz", ".bz2", ".lz4"};
	bool bgzf = ends_in(o->output, ".bgz") || ends_in(o->output, ".bgzf");
	char shown[512];

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (!ends_in(o->output, others[i]))
			continue;
		diag_error(NULL,
			"output is not written as %s: %s (plain or gzip only)",
			others[i] + 1,
			quote_text(o->output, shown, sizeof(shown)));
		return -EINVAL;
	}
	if (!said->gzip_said && (bgzf || ends_in(o->output, ".gz")))
		o->gzip_level = OPTIONS_LEVEL;
	o->bgzf |= bgzf && o->gzip_level > 0;
	return 0;
}

/* What waits for nothing is for who waits for it: the beginning of a line is
 * neither appended nor packed, and who types sees each line. */
static int judge_unbuffered(const struct options *o)
{
	const char *why = NULL;

	if (!o->unbuffered)
		return 0;
	if (o->output)
		why = "--output: whole lines are appended";
	else if (o->gzip_level)
		why = "--gzip or --bgzf: whole lines are packed";
	else if (o->interactive)
		why = "typing (--interactive, or a terminal as standard "
		      "input): each line is there at once";
	if (!why)
		return 0;
	diag_error(NULL, "--unbuffered does not go with %s", why);
	return -EINVAL;
}

static bool has_standard_input(const struct options *o)
{
	for (size_t i = 0; i < o->n_inputs; i++)
		if (strcmp(o->inputs[i], "-") == 0)
			return true;
	return false;
}

/* The processors that this process may run on, up to SETTLE_MAX_JOBS. */
static unsigned count_cpus(void)
{
	long n = 0;
#ifdef HAVE_AFFINITY
	cpu_set_t set;

	/* Unlike sysconf, this reads no file. It fails where there are more
	 * processors than the set has room for. */
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		n = CPU_COUNT(&set);
#endif
#if HAVE_DECL__SC_NPROCESSORS_ONLN
	if (n < 1)
		n = sysconf(_SC_NPROCESSORS_ONLN);
#endif
	if (n < 1)
		return 1;
	return n > SETTLE_MAX_JOBS ? SETTLE_MAX_JOBS : (unsigned)n;
}

/* What cannot be read in shares. */
static int check_split(const struct options *o)
{
	if (o->shares == 0)
		return 0;
	if (o->outputs.in_place)
		return misuse_pair("split", "in-place");
	if (o->outputs.folder)
		return misuse_pair("split", "output-dir");
	if (o->select.csv)
		return misuse_pair("split", "csv");
	if (o->invalid == UPCASE_FAIL)
		return misuse_pair("split", "invalid=fail");
	if (o->interactive)
		return misuse_pair("split", "interactive");
	if (decode_takes_all(o->encoding))
		return misuse_pair("split", "encoding=NAME");
	if (has_standard_input(o)) {
		diag_error(NULL, "--split wants FILEs with names, not standard "
				 "input");
		return -EINVAL;
	}
	return 0;
}

/* The settings that depend on others, and what does not go together. */
static int settle_rest(struct options *o, const struct said *said, bool files)
{
	struct upcase map;
	unsigned cpus = count_cpus();

	if (judge_name(o, said))
		return -EINVAL;
	if (!said->jobs_said && (o->gzip_level || o->outputs.in_place))
		o->jobs = cpus;
	if (o->detect_gzip)
		o->unpack_jobs = said->jobs_said ? o->jobs : cpus;
	if (!said->interactive_said)
		o->interactive =
			!files && !o->outputs.list && isatty(STDIN_FILENO);
	if (upcase_init(&map, o->mapping, o->language, o->invalid)) {
		diag_error(NULL, "%s",
			o->mapping == UPCASE_ASCII
				? "--language does not go with --mapping=ascii"
				: "--mapping=simple goes with the languages tr "
				  "and "
				  "az only");
		return -EINVAL;
	}
	if (check_split(o) || select_settle(&o->select, &map))
		return -EINVAL;
	if (select_made(&o->select)) {
		size_t least = selection_least(select_made(&o->select));

		if (o->batch_size < least)
			o->batch_size = least;
	}
	if (judge_unbuffered(o))
		return -EINVAL;
	if (o->gzip_level && !o->output && !o->outputs.folder &&
		isatty(STDOUT_FILENO)) {
		diag_error(NULL, "gzip is not written to a terminal");
		return -EINVAL;
	}
	if (o->verify && !o->gzip_level && !o->outputs.in_place) {
		diag_error(NULL, "--verify wants gzip output: see --gzip");
		return -EINVAL;
	}
	if (o->repair && !o->output) {
		diag_error(NULL, "--repair wants an output file: see --output");
		return -EINVAL;
	}
	if (o->interactive && !has_standard_input(o)) {
		diag_error(NULL,
			"--interactive wants standard input, but only other "
			"FILEs are given (to replace these: --in-place)");
		return -EINVAL;
	}
	return 0;
}

int settle_variant(struct options *o)
{
	const char *name = getenv(OPTIONS_VARIANT);
	struct upcase u;
	char shown[512];

	if (!name || name[0] == '\0')
		return 0;
	(void)upcase_init(&u, UPCASE_FULL, UPCASE_ROOT, UPCASE_KEEP);
	switch (upcase_use_variant(&u, name)) {
	case 0:
		o->variant = name;
		return 0;
	case -ENOTSUP:
		diag_error(OPTIONS_VARIANT,
			"this machine does not run the variant %s",
			quote_text(name, shown, sizeof(shown)));
		return -EINVAL;
	default:
		diag_error(OPTIONS_VARIANT, "there is no variant %s",
			quote_text(name, shown, sizeof(shown)));
		return -EINVAL;
	}
}

/* The FILEs, and what becomes of each. `n`: of those on the command line. */
static int settle_files(
	struct options *o, const struct said *said, char **files, size_t n)
{
	static const char *const standard_input[] = {"-"};

	o->inputs = (const char *const *)files;
	o->n_inputs = n;
	o->files = n > 0 || o->outputs.list;
	if (outputs_check(&o->outputs, said->others, n, o->output))
		return -EINVAL;
	if (n == 0 && !o->outputs.list) {
		o->inputs = standard_input;
		o->n_inputs = 1;
	}
	if (outputs_replace(&o->outputs) && !said->sync_said)
		o->sync = SINK_SYNC_END;
	return outputs_list(&o->outputs, &o->inputs, &o->n_inputs);
}

int settle(struct options *o, const struct said *said, char **files, size_t n)
{
	if (settle_files(o, said, files, n) || settle_rest(o, said, n > 0) ||
		settle_variant(o))
		return -EINVAL;
	return outputs_name(&o->outputs, o->inputs, o->n_inputs, o->detect_gzip,
		o->gzip_level > 0);
}
