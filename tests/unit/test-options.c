/*
 * Tests of the command line: every option, what is so without it, and each
 * thing that can be wrong.
 */
#define _GNU_SOURCE /* also where the program does without */
#include "config.h"

#include "cli/options.h"

#include "codec/deflate.h"
#include "compat/getopt.h"
#include "io/clock.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MAX_ARGS 16

/* A command line, which the options point into. */
struct command {
	char line[512];
	char *argv[MAX_ARGS + 1];
	int argc;
	struct options o;
	enum options_action action;
	char *told; /* on standard error */
};

/* Parses the words of a line; "''" stands for an empty one. Standard input is
 * `in`, or /dev/null if that is negative. */
static void parse_at(struct command *c, const char *line, int in)
{
	static char program[] = "/some/path/upcase-pipe";
	int saved_in, saved_error;

	*c = (struct command){.argc = 0};
	(void)strncpy(c->line, line, sizeof(c->line) - 1);
	c->argv[c->argc++] = program;
	for (char *rest = c->line, *word; (word = strsep(&rest, " "));) {
		assert_true(c->argc < MAX_ARGS);
		if (*word)
			c->argv[c->argc++] =
				strcmp(word, "''") == 0 ? word + 2 : word;
	}
	if (in < 0)
		in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	saved_in = support_replace(STDIN_FILENO, in);
	saved_error = support_capture_begin();
	optind = 0; /* getopt begins anew */
	c->action = options_parse(&c->o, c->argc, c->argv);
	c->told = support_capture_end(saved_error);
	support_restore(STDIN_FILENO, saved_in);
}

static void parse(struct command *c, const char *line)
{
	parse_at(c, line, -1);
}

/* Parses a line that is good. What points into it is not to be looked at. */
static struct options good(const char *line)
{
	struct command c;
	struct options o;

	parse(&c, line);
	if (c.action != OPTIONS_RUN || c.told[0])
		print_error("'%s': %s\n", line, c.told);
	assert_int_equal(c.action, OPTIONS_RUN);
	assert_string_equal(c.told, "");
	o = c.o;
	free(c.told);
	return o;
}

/* Parses a line that is not, and is told to be so with the word in it. */
static void bad(const char *line, const char *word)
{
	static const char prefix[] = "upcase-pipe: ";
	static const char hint[] =
		"Try 'upcase-pipe --help' for more information.\n";
	struct command c;
	size_t len;

	parse(&c, line);
	len = strlen(c.told);
	if (c.action != OPTIONS_USAGE || !strstr(c.told, word))
		print_error("'%s' (%s): %s\n", line, word, c.told);
	assert_int_equal(c.action, OPTIONS_USAGE);
	assert_non_null(strstr(c.told, word));
	assert_memory_equal(c.told, prefix, sizeof(prefix) - 1);
	assert_true(len > sizeof(hint));
	assert_string_equal(c.told + len - (sizeof(hint) - 1), hint);
	free(c.told);
}

static void without_options_there_are_defaults(void **state)
{
	struct options o = good("");

	(void)state;
	assert_int_equal(o.n_inputs, 1);
	assert_string_equal(o.inputs[0], "-");
	assert_null(o.output);
	assert_int_equal(o.gzip_level, 0);
	assert_true(o.detect_gzip);
	assert_int_equal(o.mapping, UPCASE_FULL);
	assert_int_equal(o.language, UPCASE_ROOT);
	assert_int_equal(o.invalid, UPCASE_KEEP);
	assert_false(o.interactive);
	assert_string_equal(o.prompt, ">>: ");
	assert_int_equal(o.jobs, 1);
	assert_int_equal(o.batch_size, 256 * 1024);
	assert_int_equal(o.queue_depth, 8);
	assert_between(o.unpack_jobs, 1, 256);
	assert_true(o.flush_interval == CLOCK_SECOND);
	assert_int_equal(o.sync, SINK_SYNC_NEVER);
	assert_int_equal(o.on_full, OPTIONS_FAIL);
	assert_true(o.shutdown_timeout < 0);
	assert_int_equal(o.stats, STATS_NONE);
	assert_int_equal(o.level, DIAG_NORMAL);
}

static void files_may_stand_anywhere(void **state)
{
	struct command c;

	(void)state;
	parse(&c, "one -j2 - --no-gzip three -- -o");
	assert_int_equal(c.action, OPTIONS_RUN);
	assert_int_equal(c.o.n_inputs, 4);
	assert_string_equal(c.o.inputs[0], "one");
	assert_string_equal(c.o.inputs[1], "-");
	assert_string_equal(c.o.inputs[2], "three");
	assert_string_equal(c.o.inputs[3], "-o");
	assert_int_equal(c.o.jobs, 2);
	free(c.told);
}

static void an_output_can_be_named(void **state)
{
	static const char *const lines[] = {
		"-o f", "-of", "--output=f", "--output f", "in -o f"};
	struct command c;

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		parse(&c, lines[i]);
		assert_int_equal(c.action, OPTIONS_RUN);
		assert_string_equal(c.o.output, "f");
		assert_int_equal(c.o.gzip_level, 0);
		free(c.told);
	}
	bad("-o", "requires an argument");
	bad("--output=", "output");
	bad("-o ''", "output");
}

static void gzip_is_asked_for_or_follows_from_the_name(void **state)
{
	struct command c;

	(void)state;
	assert_int_equal(good("-z").gzip_level, 6);
	assert_int_equal(good("--gzip").gzip_level, 6);
	assert_int_equal(good("-z1").gzip_level, 1);
	assert_int_equal(good("--gzip=9").gzip_level, 9);
	assert_int_equal(good("-o a.gz").gzip_level, 6);
	assert_int_equal(good("-o a.gz -z3").gzip_level, 3);
	assert_int_equal(good("-z3 -o a.gz").gzip_level, 3);
	assert_int_equal(good("-o a.gz --no-gzip").gzip_level, 0);
	assert_int_equal(good("--no-gzip -o a.gz").gzip_level, 0);
	assert_int_equal(good("-z --no-gzip").gzip_level, 0);
	assert_int_equal(good("--no-gzip -z").gzip_level, 6);
	assert_int_equal(good("-o a.gz.txt").gzip_level, 0);
	assert_int_equal(good("-o agz").gzip_level, 0);
	assert_int_equal(good("-o .gz").gzip_level, 0); /* has no ending */
	assert_int_equal(good("a.gz").gzip_level, 0);
	/* Its argument is optional: the next word is a FILE. */
	parse(&c, "-z three");
	assert_int_equal(c.o.gzip_level, 6);
	assert_string_equal(c.o.inputs[0], "three");
	free(c.told);
	bad("-z0", "gzip");
	bad("--gzip=13", "gzip");
	bad("--gzip=x", "gzip");
	bad("--gzip=", "gzip");
	assert_int_equal(
		good(deflate_max_level() == 12 ? "-z12" : "-z9").gzip_level,
		deflate_max_level());
}

static void blocks_are_asked_for_or_follow_from_the_name(void **state)
{
	static const struct {
		const char *line;
		int level;
		bool bgzf;
	} cases[] = {
		{"", 0, false},
		{"-z", 6, false},
		{"--bgzf", 6, true},
		{"--bgzf -z9", 9, true},
		{"-z1 --bgzf", 1, true},
		{"--bgzf --no-gzip", 0, false},
		{"--no-gzip --bgzf", 6, true},
		{"--bgzf --no-gzip -z", 6, false},
		{"-o a.gz", 6, false},
		{"-o a.gz --bgzf", 6, true},
		{"-o a --bgzf", 6, true},
		{"-o a.bgz", 6, true},
		{"-o a.bgzf", 6, true},
		{"-o a.bgz -z3", 3, true},
		{"-o a.bgz --no-gzip", 0, false},
		{"--no-gzip -o a.bgzf", 0, false},
		{"-o .bgz", 0, false},
		{"-o abgz", 0, false},
		{"-o a.bgz.txt", 0, false},
		{"a.bgz", 0, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct options o = good(cases[i].line);

		assert_int_equal(o.gzip_level, cases[i].level);
		assert_int_equal(o.bgzf, cases[i].bgzf);
	}
}

static void names_of_what_is_not_written_are_refused(void **state)
{
	(void)state;
	bad("-o a.zst", "a.zst");
	bad("-o a.xz -z", "a.xz");
	bad("-z -o a.b/c.bz2", "bz2");
	bad("-o a.lz4 --no-gzip", "lz4");
	bad("-o a.gz.xz --bgzf", "xz");
	assert_int_equal(good("-o .zst").gzip_level, 0);
	assert_int_equal(good("-o axz").gzip_level, 0);
	assert_int_equal(good("-o a.xz.gz").gzip_level, 6);
	assert_int_equal(good("a.zst").gzip_level, 0);
}

static void gzip_input_can_be_taken_as_it_is(void **state)
{
	(void)state;
	assert_false(good("--no-decompress").detect_gzip);
	assert_false(good("--no-d").detect_gzip);
	bad("--no-decompress=1", "no-decompress");
}

static void an_encoding_can_be_said(void **state)
{
	struct command c;

	(void)state;
	assert_string_equal(good("").encoding, "auto");
	parse(&c, "-E utf-16");
	assert_int_equal(c.action, OPTIONS_RUN);
	assert_string_equal(c.o.encoding, "utf-16");
	free(c.told);
	parse(&c, "-Elatin1 --encoding=none");
	assert_int_equal(c.action, OPTIONS_RUN);
	assert_string_equal(c.o.encoding, "none");
	free(c.told);
	bad("-E no-such-encoding",
		"unknown encoding for --encoding: 'no-such-encoding'");
	bad("-E latin1//TRANSLIT", "encoding");
	bad("--encoding=", "encoding");
	bad("-E", "option requires an argument");
}

static void gzip_can_be_verified(void **state)
{
	(void)state;
	assert_false(good("-z").verify);
	assert_true(good("-z --verify").verify);
	assert_true(good("--verify -o a.gz").verify);
	bad("--verify", "--verify wants gzip output");
	bad("--verify -o a.gz --no-gzip", "--verify wants gzip output");
	bad("-z --verify=1", "verify");
}

static void a_mapping_can_be_chosen(void **state)
{
	(void)state;
	assert_int_equal(good("-m full").mapping, UPCASE_FULL);
	assert_int_equal(good("-m simple").mapping, UPCASE_SIMPLE);
	assert_int_equal(good("--mapping=ascii").mapping, UPCASE_ASCII);
	assert_int_equal(good("-m ascii -m full").mapping, UPCASE_FULL);
	bad("-m big", "mapping");
	bad("-m FULL", "mapping");
	bad("--mapping=", "mapping");
}

static void a_language_can_be_chosen(void **state)
{
	(void)state;
	assert_int_equal(good("-l tr").language, UPCASE_TR);
	assert_int_equal(good("-l az").language, UPCASE_AZ);
	assert_int_equal(good("--language=lt").language, UPCASE_LT);
	assert_int_equal(good("--language=el-GR").language, UPCASE_EL);
	assert_int_equal(good("-l HY_AM").language, UPCASE_HY);
	assert_int_equal(good("-l tr_TR.UTF-8").language, UPCASE_TR);
	assert_int_equal(good("-l az-Latn-AZ@x").language, UPCASE_AZ);
	/* Their other codes. */
	assert_int_equal(good("-l TUR").language, UPCASE_TR);
	assert_int_equal(good("-l aze").language, UPCASE_AZ);
	assert_int_equal(good("-l lit_LT").language, UPCASE_LT);
	assert_int_equal(good("-l ell").language, UPCASE_EL);
	assert_int_equal(good("-l gre").language, UPCASE_EL);
	assert_int_equal(good("-l hye").language, UPCASE_HY);
	assert_int_equal(good("-l arm").language, UPCASE_HY);
}

static void other_languages_have_the_rules_of_all(void **state)
{
	static const char *const tags[] = {"''", "C", "POSIX", "C.UTF-8",
		"C.utf8", "POSIX.1", "de", "de-AT", "en_US.UTF-8", "DE@euro",
		"deu", "hyw", "grc", "sr-Latn-RS", "ca_ES.UTF-8@valencia", "tt",
		"az-AZ -l de"};

	(void)state;
	for (size_t i = 0; i < COUNT(tags); i++) {
		char line[64];

		(void)snprintf(line, sizeof(line), "-l %s", tags[i]);
		assert_int_equal(good(line).language, UPCASE_ROOT);
	}
	assert_int_equal(good("-l de -m ascii").language, UPCASE_ROOT);
}

static void what_is_no_tag_of_a_language_is_told(void **state)
{
	static const char *const no_tags[] = {"t", "c", "klingon", "posix",
		"CC-", "de-", "de_", "de--AT", "de-123456789", "tr!", "de.",
		"de@", "C.", "C-", "de_AT.!", "1", "-", "d1", "trö"};
	static const struct {
		const char *line, *meant;
	} names[] = {{"-l gr", "(did you mean el?)"},
		{"-l GR.UTF-8", "(did you mean el?)"},
		{"-l Greek", "(did you mean el?)"},
		{"-l turkish", "(did you mean tr?)"},
		{"-l Turkish_Turkey", "(did you mean tr?)"},
		{"-l azeri", "(did you mean az?)"},
		{"-l azerbaijani", "(did you mean az?)"},
		{"-l lithuanian", "(did you mean lt?)"},
		{"-l armenian", "(did you mean hy?)"}};

	(void)state;
	for (size_t i = 0; i < COUNT(no_tags); i++) {
		char line[64];

		(void)snprintf(line, sizeof(line), "-l %s", no_tags[i]);
		bad(line, "(tr, az, lt, el, hy, or another tag such as de-AT)");
	}
	for (size_t i = 0; i < COUNT(names); i++)
		bad(names[i].line, names[i].meant);
}

static void what_waits_for_nothing_is_plain_standard_output(void **state)
{
	(void)state;
	assert_false(good("").unbuffered);
	assert_true(good("-u").unbuffered);
	assert_true(good("--unbuffered -o - file").unbuffered);
	bad("-u -o out", "--unbuffered does not go with --output");
	bad("-zu", "-z -u");
	bad("-uz", "--unbuffered does not go with --gzip or --bgzf");
	bad("-u --bgzf", "--unbuffered does not go with --gzip or --bgzf");
	bad("-ui", "--unbuffered does not go with typing");
}

static void who_slips_is_told_how_to_write_it(void **state)
{
	(void)state;
	/* More options behind one that takes what is attached. */
	bad("-zq", ": -z -q\n");
	bad("-zvo x.gz", ": -z -vo\n");
	bad("-z9v", ": -z9 -v\n");
	bad("-zox.gz", ": -z -ox.gz\n");
	bad("-z9x", "invalid number for --gzip: '9x' (1 to ");
	bad("-zqx", "invalid number for --gzip: 'qx' (1 to ");
	bad("-z:", "invalid number for --gzip: ':' (1 to ");
	bad("--gzip=q", "invalid number for --gzip: 'q' (1 to ");
	/* What is not attached. */
	bad("-z 9 f", "there is no file '9'; the argument of -z is attached: "
		      "-z9\n");
	bad("-vz 9", ": -z9\n");
	bad("--gzip 9", ": --gzip=9\n");
	bad("--gz 15", ": --gzip=15\n");
	bad("--stats json f",
		"there is no file 'json'; the argument of --stats is attached: "
		"--stats=json\n");
	bad("--progress always", ": --progress=always\n");
	bad("--progress never", ": --progress=never\n");
	bad("--progress auto", ": --progress=auto\n");
	assert_int_equal(good("-z 9x").n_inputs, 1);
	assert_int_equal(good("-z -- 9").n_inputs, 1);
	assert_int_equal(good("--stats xml").n_inputs, 1);
	assert_int_equal(good("-z9 9").n_inputs, 1);
	/* A file of that name may be meant. */
	support_write("9", "x", 1);
	assert_int_equal(good("-z 9").n_inputs, 1);
	assert_int_equal(unlink("9"), 0);
}

static void languages_that_do_not_go_with_the_mapping_are_refused(void **state)
{
	(void)state;
	assert_int_equal(good("-l tr -m simple").language, UPCASE_TR);
	assert_int_equal(good("-m simple -l az").language, UPCASE_AZ);
	bad("-l el -m simple", "--mapping=simple");
	bad("-m simple -l lt", "--mapping=simple");
	bad("-m simple -l hy", "--mapping=simple");
	bad("-m ascii -l tr", "--mapping=ascii");
}

static void invalid_bytes_are_treated_as_asked(void **state)
{
	(void)state;
	assert_int_equal(good("--invalid=keep").invalid, UPCASE_KEEP);
	assert_int_equal(good("--invalid=replace").invalid, UPCASE_REPLACE);
	assert_int_equal(good("--inv fail").invalid, UPCASE_FAIL);
	bad("--invalid=ignore", "invalid");
	bad("--invalid", "requires an argument");
}

/* Whether so much is chosen. */
static void chooses(const char *line, enum text_choice choice)
{
	struct options o = good(line);
	const struct text_selection *made = select_made(&o.select);

	assert_int_equal(made ? made->choice : TEXT_ALL, choice);
	select_release(&o.select);
}

static void a_part_can_be_chosen(void **state)
{
	(void)state;
	chooses("", TEXT_ALL);
	chooses("--tsv", TEXT_ALL);
	chooses("--skip-prefix=# --skip-prefix //", TEXT_LINES);
	chooses("--fasta", TEXT_LINES);
	chooses("--fastq", TEXT_READS);
	chooses("-f 2", TEXT_FIELDS);
	chooses("-f2,5-7,9- -d, --complement", TEXT_FIELDS);
	chooses("--fields=name,-3 --header --csv -d ;", TEXT_FIELDS);
	chooses("--csv", TEXT_FIELDS);
	chooses("-c 1-3 --skip-prefix=#", TEXT_CHARACTERS);
	chooses("--characters=4- --complement --header", TEXT_CHARACTERS);
	chooses("--header", TEXT_CHARACTERS);
	bad("-f 0", "--fields");
	bad("-c ''", "--characters");
	bad("-d ab -f 1", "--delimiter");
	bad("-d ,", "--delimiter wants --fields or --csv");
	bad("-f 1 -c 1", "--fields does not go with --characters");
	bad("-f name", "--header");
}

static void batches_have_room_for_what_must_be_seen_at_once(void **state)
{
	struct options o;

	(void)state;
	o = good("-b 1 --fasta");
	assert_between(o.batch_size, 8, 64);
	select_release(&o.select);
	o = good("-b 1 --skip-prefix=12345678901234567890");
	assert_between(o.batch_size, 20, 64);
	select_release(&o.select);
	o = good("-b 1 --header -f name");
	assert_int_equal(o.batch_size, SELECTION_HEADER_MOST);
	select_release(&o.select);
	o = good("-b 1M --header -f name");
	assert_int_equal(o.batch_size, 1 << 20);
	select_release(&o.select);
}

static void typing_is_for_terminals_or_who_asks(void **state)
{
	int master, slave;
	struct command c;

	(void)state;
	assert_true(good("-i").interactive);
	assert_true(good("--interactive").interactive);
	assert_true(good("-i file -").interactive);
	assert_false(good("-i --no-interactive").interactive);
	assert_true(good("--no-interactive -i").interactive);
	bad("-i file", "--interactive");

	support_terminal(&master, &slave);
	parse_at(&c, "", fcntl(slave, F_DUPFD_CLOEXEC, 3));
	assert_true(c.o.interactive);
	free(c.told);
	parse_at(&c, "--no-interactive", fcntl(slave, F_DUPFD_CLOEXEC, 3));
	assert_false(c.o.interactive);
	free(c.told);
	parse_at(&c, "-o f", fcntl(slave, F_DUPFD_CLOEXEC, 3));
	assert_true(c.o.interactive);
	free(c.told);
	parse_at(&c, "file", fcntl(slave, F_DUPFD_CLOEXEC, 3));
	assert_int_equal(c.action, OPTIONS_RUN);
	assert_false(c.o.interactive);
	free(c.told);
	assert_int_equal(close(slave), 0);
	assert_int_equal(close(master), 0);
}

static void the_prompt_can_be_any_text(void **state)
{
	struct command c;

	(void)state;
	parse(&c, "--prompt=$");
	assert_string_equal(c.o.prompt, "$");
	free(c.told);
	parse(&c, "--prompt=");
	assert_string_equal(c.o.prompt, "");
	free(c.told);
}

static void history_is_a_file(void **state)
{
	struct command c;

	(void)state;
	parse(&c, "-i");
	assert_null(c.o.history);
	free(c.told);
	parse(&c, "--history=past");
	assert_string_equal(c.o.history, "past");
	free(c.told);
	parse(&c, "--history=");
	assert_int_equal(c.action, OPTIONS_USAGE);
	free(c.told);
}

static void only_processors_that_it_may_run_on_count(void **state)
{
#ifdef CPU_COUNT
	cpu_set_t all, one;
	int first = 0;
	unsigned jobs;

	if (sched_getaffinity(0, sizeof(all), &all) != 0 ||
		CPU_COUNT(&all) < 2) {
		print_message("skipped: there is only one processor\n");
		skip();
	}
	while (!CPU_ISSET((size_t)first, &all))
		first++;
	CPU_ZERO(&one);
	CPU_SET((size_t)first, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	jobs = good("-z").jobs;
	assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
	assert_int_equal(jobs, 1);
#else
	print_message("skipped: this system has no CPU_COUNT\n");
	skip();
#endif
	(void)state;
}

/* As many as count. */
static long allowed_cpus(void)
{
#ifdef HAVE_AFFINITY
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		return CPU_COUNT(&set);
#endif
#if HAVE_DECL__SC_NPROCESSORS_ONLN
	return sysconf(_SC_NPROCESSORS_ONLN);
#else
	return 1;
#endif
}

static void the_number_of_threads_can_be_chosen(void **state)
{
	long cpus = allowed_cpus();
	unsigned for_gzip = cpus > 256 ? 256 : cpus > 1 ? (unsigned)cpus : 1;

	(void)state;
	assert_int_equal(good("-j1").jobs, 1);
	assert_int_equal(good("--jobs=256").jobs, 256);
	assert_int_equal(good("--jobs=3").unpack_jobs, 3);
	assert_int_equal(good("--jobs=3 --no-decompress").unpack_jobs, 0);
	assert_int_equal(good("-z").jobs, for_gzip);
	assert_int_equal(good("-o a.gz").jobs, for_gzip);
	assert_int_equal(good("-z -j3").jobs, 3);
	assert_int_equal(good("-j1 -z").jobs, 1);
	assert_int_equal(good("-z --no-gzip").jobs, 1);
	bad("-j0", "jobs");
	bad("-j257", "jobs");
	bad("-jx", "jobs");
	bad("--jobs=-1", "jobs");
}

static void batches_and_queues_can_be_sized(void **state)
{
	(void)state;
	assert_int_equal(good("-b1").batch_size, 1);
	assert_int_equal(good("-b 64K").batch_size, 65536);
	assert_int_equal(good("--batch-size=256M").batch_size, 268435456);
	assert_int_equal(good("--batch=1m").batch_size, 1048576);
	bad("-b0", "batch-size");
	bad("-b 257M", "batch-size");
	bad("-b 1G", "batch-size");
	assert_int_equal(good("--queue-depth=1").queue_depth, 1);
	assert_int_equal(good("--queue-depth=1024").queue_depth, 1024);
	bad("--queue-depth=0", "queue-depth");
	bad("--queue-depth=1025", "queue-depth");
}

static void times_are_seconds(void **state)
{
	(void)state;
	assert_true(good("--flush-interval=0").flush_interval == 0);
	assert_true(good("--flush-interval=.25").flush_interval ==
		    CLOCK_SECOND / 4);
	assert_true(good("--shutdown-timeout=0").shutdown_timeout == 0);
	assert_true(good("--shutdown-timeout=90").shutdown_timeout ==
		    90 * CLOCK_SECOND);
	bad("--flush-interval=-1", "flush-interval");
	bad("--flush-interval=1s", "flush-interval");
	bad("--shutdown-timeout=", "shutdown-timeout");
}

static void what_a_full_disk_means_can_be_chosen(void **state)
{
	(void)state;
	assert_int_equal(good("--on-full=fail").on_full, OPTIONS_FAIL);
	assert_int_equal(good("--on-full=wait").on_full, OPTIONS_WAIT);
	assert_int_equal(
		good("--on-full=wait --on-full=fail").on_full, OPTIONS_FAIL);
	bad("--on-full=ask", "on-full");
	bad("--on-full", "requires an argument");
}

static void files_can_be_replaced(void **state)
{
	struct options o = good("--in-place a b");

	(void)state;
	assert_true(o.outputs.in_place);
	assert_null(o.outputs.suffix);
	assert_int_equal(o.n_inputs, 2);
	/* What has a new name is on the disk, unless that is not wanted. */
	assert_int_equal(o.sync, SINK_SYNC_END);
	options_release(&o);
	o = good("--in-place --sync=none a");
	assert_int_equal(o.sync, SINK_SYNC_NEVER);
	options_release(&o);
	o = good("--output-dir=d --force -z a");
	assert_int_equal(o.outputs.n_names, 1);
	assert_true(o.outputs.force);
	assert_int_equal(o.sync, SINK_SYNC_END);
	options_release(&o);
	o = good("-o f.gz --atomic a");
	assert_true(o.outputs.atomic);
	assert_int_equal(o.gzip_level, 6);
	assert_int_equal(o.sync, SINK_SYNC_END);
	options_release(&o);
	/* An empty list is no standard input. */
	o = good("--files0-from=/dev/null");
	assert_int_equal(o.n_inputs, 0);
	assert_int_equal(o.sync, SINK_SYNC_NEVER);
	options_release(&o);
	bad("--in-place", "--in-place wants FILEs with names");
	bad("--in-place -o f a", "--in-place does not go with --output");
	bad("--in-place -z a", "--in-place does not go with --gzip");
	bad("--in-place -i a", "--in-place does not go with --interactive");
	bad("--in-place --repair a", "--in-place does not go with --repair");
	bad("--output-dir d --on-full=wait a",
		"--output-dir does not go with --on-full");
	bad("--atomic a", "--atomic wants a FILE to replace");
	bad("-o - --atomic a", "--atomic wants a FILE to replace");
	bad("--files0-from=/dev/null a",
		"--files0-from does not go with FILEs");
}

static void what_is_torn_can_be_repaired(void **state)
{
	(void)state;
	assert_false(good("-o a").repair);
	assert_true(good("--repair -o a.gz").repair);
	bad("--repair", "--repair wants an output file");
	bad("--repair -o -", "--repair wants an output file");
	bad("--repair=yes -o a", "repair");
}

static void the_moment_of_sync_can_be_chosen(void **state)
{
	(void)state;
	assert_int_equal(good("--sync=none").sync, SINK_SYNC_NEVER);
	assert_int_equal(good("--sync=end").sync, SINK_SYNC_END);
	assert_int_equal(good("--sync=batch").sync, SINK_SYNC_BATCH);
	bad("--sync=now", "sync");
	bad("--sync", "requires an argument");
}

static void figures_and_words_can_be_asked_for(void **state)
{
	(void)state;
	assert_int_equal(good("--stats").stats, STATS_TEXT);
	assert_int_equal(good("--stats=json").stats, STATS_JSON);
	bad("--stats=xml", "stats");
	assert_int_equal(good("-v").level, DIAG_VERBOSE);
	assert_int_equal(good("--verbose").level, DIAG_VERBOSE);
	assert_int_equal(good("-q").level, DIAG_QUIET);
	assert_int_equal(good("--quiet").level, DIAG_QUIET);
	assert_int_equal(good("-qv").level, DIAG_VERBOSE);
}

static void how_far_it_is_can_be_shown(void **state)
{
	(void)state;
	assert_int_equal(good("").progress, COURSE_AUTO);
	assert_int_equal(good("--progress").progress, COURSE_ALWAYS);
	assert_int_equal(good("--progress=always").progress, COURSE_ALWAYS);
	assert_int_equal(good("--progress=never").progress, COURSE_NEVER);
	assert_int_equal(
		good("--progress --progress=auto").progress, COURSE_AUTO);
	bad("--progress=", "unknown word for --progress: '' "
			   "(auto, always or never)");
	bad("--progress=5", "progress");
	assert_false(good("").files);
	assert_true(good("a").files);
	assert_true(good("-").files);
}

static void what_is_no_option_is_told(void **state)
{
	(void)state;
	bad("-x", "x");
	bad("--nonsense", "nonsense");
	bad("--no", "ambiguous");
	bad("--in", "ambiguous");
	bad("--quiet=1", "quiet");
}

static void an_argument_cannot_drive_a_terminal(void **state)
{
	struct command c;

	(void)state;
	parse(&c, "--sync=\033[31mred");
	assert_int_equal(c.action, OPTIONS_USAGE);
	assert_null(strchr(c.told, '\033'));
	free(c.told);
}

static void help_and_version_win_over_what_follows(void **state)
{
	struct command c;

	(void)state;
	parse(&c, "-h --nonsense");
	assert_int_equal(c.action, OPTIONS_HELP);
	assert_string_equal(c.told, "");
	free(c.told);
	parse(&c, "--version --nonsense");
	assert_int_equal(c.action, OPTIONS_VERSION);
	free(c.told);
	parse(&c, "--help");
	assert_int_equal(c.action, OPTIONS_HELP);
	free(c.told);
	parse(&c, "-V");
	assert_int_equal(c.action, OPTIONS_VERSION);
	free(c.told);
}

static void what_is_typed_does_not_reach_the_terminal(void **state)
{
	(void)state;
	bad("--a\033[31m=b", "unrecognized option '--a\\033[31m=b'");
	bad("-v\033", "invalid option -- '\\033'");
	bad("-\xC3\x9F", "invalid option -- '\\303'");
	bad("--sync=\xE2\x80\xAE", "for --sync: '\\342\\200\\256' (none, ");
	bad("-j \033", "for --jobs: '\\033' (1 to ");
}

static void misuse_is_told_for_each_kind(void **state)
{
	(void)state;
	bad("--enc", "option '--encoding' requires an argument");
	bad("-vo", "option requires an argument -- 'o'");
	bad("--verb=x", "option '--verbose' doesn't allow an argument");
	bad("--verbose -xv", "invalid option -- 'x'");
	bad("--s=1", "option '--s=1' is ambiguous; possibilities: "
		     "'--split' '--skip-prefix' '--sync' '--shutdown-timeout' "
		     "'--stats'\n");
	bad("in --no", "option '--no' is ambiguous; possibilities: '--no-gzip' "
		       "'--no-decompress' '--no-interactive'\n");
	bad("--invalid", "option '--invalid' requires an argument");
}

static void the_environment_can_choose_a_variant(void **state)
{
	struct command c;

	(void)state;
	assert_null(good("").variant);
	assert_int_equal(setenv(OPTIONS_VARIANT, "portable", 1), 0);
	assert_string_equal(good("").variant, "portable");
	assert_int_equal(setenv(OPTIONS_VARIANT, "", 1), 0);
	assert_null(good("").variant);
	assert_int_equal(setenv(OPTIONS_VARIANT, "abacus", 1), 0);
	parse(&c, "");
	assert_int_equal(c.action, OPTIONS_USAGE);
	assert_non_null(strstr(c.told, OPTIONS_VARIANT ": there is no variant "
						       "'abacus'"));
	free(c.told);
	assert_int_equal(unsetenv(OPTIONS_VARIANT), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_options_there_are_defaults),
		cmocka_unit_test(files_may_stand_anywhere),
		cmocka_unit_test(an_output_can_be_named),
		cmocka_unit_test(gzip_is_asked_for_or_follows_from_the_name),
		cmocka_unit_test(blocks_are_asked_for_or_follow_from_the_name),
		cmocka_unit_test(names_of_what_is_not_written_are_refused),
		cmocka_unit_test(gzip_input_can_be_taken_as_it_is),
		cmocka_unit_test(an_encoding_can_be_said),
		cmocka_unit_test(gzip_can_be_verified),
		cmocka_unit_test(a_mapping_can_be_chosen),
		cmocka_unit_test(a_language_can_be_chosen),
		cmocka_unit_test(other_languages_have_the_rules_of_all),
		cmocka_unit_test(what_is_no_tag_of_a_language_is_told),
		cmocka_unit_test(
			what_waits_for_nothing_is_plain_standard_output),
		in_directory(who_slips_is_told_how_to_write_it),
		cmocka_unit_test(
			languages_that_do_not_go_with_the_mapping_are_refused),
		cmocka_unit_test(invalid_bytes_are_treated_as_asked),
		cmocka_unit_test(a_part_can_be_chosen),
		cmocka_unit_test(
			batches_have_room_for_what_must_be_seen_at_once),
		cmocka_unit_test(typing_is_for_terminals_or_who_asks),
		cmocka_unit_test(history_is_a_file),
		cmocka_unit_test(the_prompt_can_be_any_text),
		cmocka_unit_test(the_number_of_threads_can_be_chosen),
		cmocka_unit_test(only_processors_that_it_may_run_on_count),
		cmocka_unit_test(batches_and_queues_can_be_sized),
		cmocka_unit_test(times_are_seconds),
		cmocka_unit_test(the_moment_of_sync_can_be_chosen),
		cmocka_unit_test(what_a_full_disk_means_can_be_chosen),
		cmocka_unit_test(files_can_be_replaced),
		cmocka_unit_test(what_is_torn_can_be_repaired),
		cmocka_unit_test(figures_and_words_can_be_asked_for),
		cmocka_unit_test(how_far_it_is_can_be_shown),
		cmocka_unit_test(what_is_no_option_is_told),
		cmocka_unit_test(an_argument_cannot_drive_a_terminal),
		cmocka_unit_test(help_and_version_win_over_what_follows),
		cmocka_unit_test(what_is_typed_does_not_reach_the_terminal),
		cmocka_unit_test(misuse_is_told_for_each_kind),
		in_directory(the_environment_can_choose_a_variant),
	};

	/* getopt would stop at the first FILE. */
	(void)unsetenv("POSIXLY_CORRECT");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
