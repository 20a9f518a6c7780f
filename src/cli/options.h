/*
 * options - what the user asked for on the command line
 */
#ifndef UPCASE_CLI_OPTIONS_H
#define UPCASE_CLI_OPTIONS_H

#include "cli/course.h"
#include "cli/diag.h"
#include "cli/outputs.h"
#include "cli/select.h"
#include "io/sink.h"
#include "upcase/upcase.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum options_action {
	OPTIONS_RUN,
	OPTIONS_HELP,	 /* print the help, succeed */
	OPTIONS_VERSION, /* print the version, succeed */
	OPTIONS_USAGE,	 /* something is wrong and was told: exit status 2 */
};

/* What to do when there is no room for the output. */
enum options_full {
	OPTIONS_FAIL,
	OPTIONS_WAIT
};

enum options_stats {
	STATS_NONE,
	STATS_TEXT,
	STATS_JSON
};

/* The variable of the environment that says which variant of the engine runs,
 * one of upcase_variant_name; unset or empty: the fastest. */
#define OPTIONS_VARIANT "UPCASE_PIPE_VARIANT"

/* The variable that turns rules of the hand-over on or off (pipeline/rules.h),
 * for tests and benchmarks. */
#define OPTIONS_HANDOVER "UPCASE_PIPE_HANDOVER"

/* Gzip is packed at this level unless another is said. */
#define OPTIONS_LEVEL 6

/* Strings are those of argv and of the environment. Times are nanoseconds. */
struct options {
	const char *const *inputs; /* "-": standard input */
	size_t n_inputs;	   /* 0: of an empty list */
	const char *output;	   /* NULL: standard output */
	struct outputs outputs; /* files that are replaced; with OPTIONS_RUN to
				   be released */
	bool unbuffered; /* a line's beginning does not wait for its end */
	int gzip_level;	 /* of the output, 0: plain */
	bool bgzf;	 /* gzip output is made of the blocks of BGZF */
	bool verify;	 /* decode and compare it before it is written */
	bool detect_gzip;
	const char *encoding; /* of the inputs, as decode_init has it */
	enum upcase_mapping mapping;
	enum upcase_language language;
	enum upcase_invalid invalid;
	struct select
		select; /* what is turned; with OPTIONS_RUN to be released */
	const char *variant;	/* of the engine; NULL: the fastest */
	const char *handover;	/* OPTIONS_HANDOVER as it stands; NULL: unset */
	unsigned share, shares; /* which of how many; 0: all */
	bool interactive;
	const char *prompt;
	const char *history; /* file that keeps what is typed; NULL: none */
	unsigned jobs;
	unsigned unpack_jobs; /* threads that decode members of gzip input */
	size_t batch_size;
	unsigned queue_depth;
	int64_t flush_interval;
	enum sink_sync sync;
	enum options_full on_full;
	bool repair; /* move what is torn at the end of the output aside */
	int64_t shutdown_timeout; /* negative: none */
	enum course_when progress;
	bool files; /* there were operands */
	enum options_stats stats;
	enum diag_level level;
};

/* Fills *o from the command line and the two variables. argv's order may
 * change, as getopt_long does. What is wrong is told on standard error. */
enum options_action options_parse(struct options *o, int argc, char **argv);

void options_release(struct options *o);

#endif
