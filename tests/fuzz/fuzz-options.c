/*
 * Fuzz target: the command line. Whatever is typed, it is taken, and then all
 * settings are within their bounds and it is taken again in the same way; or it
 * is refused with two lines on standard error that drive no terminal.
 *
 * The words are what stands between NUL bytes; the first is the value of
 * UPCASE_PIPE_VARIANT, unset if it is empty.
 */
#include "config.h"

#include "fuzz.h"

#include "cli/options.h"
#include "codec/deflate.h"
#include "compat/getopt.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	WORDS_MOST = 64,
	LONGEST = 1 << 14,
};

struct words {
	char *text; /* NUL behind each */
	char *variant;
	char *argv[WORDS_MOST + 2]; /* the program's name first, NULL last */
	int argc;
};

static void split(struct words *w, const uint8_t *data, size_t size)
{
	static char program[] = "upcase-pipe";
	char *at, *end;

	w->text = fuzz_allocate(size + 2);
	if (size > 0)
		memcpy(w->text, data, size);
	w->text[size] = w->text[size + 1] = '\0';
	w->variant = w->text;
	w->argv[0] = program;
	w->argc = 1;
	end = w->text + size;
	for (at = w->text + strlen(w->text) + 1;
		at < end && w->argc <= WORDS_MOST; at += strlen(at) + 1)
		w->argv[w->argc++] = at;
	w->argv[w->argc] = NULL;
}

/* Parses, with what is said on standard error in *said. */
static enum options_action parse(
	struct options *o, struct words *w, unsigned char **said, size_t *len)
{
	int told = fuzz_file("", 0), saved = dup(STDERR_FILENO);
	enum options_action action;

	if (saved < 0 || dup2(told, STDERR_FILENO) < 0)
		abort();
	optind = 0; /* from the beginning: what other libraries take for 1 */
	action = options_parse(o, w->argc, w->argv);
	(void)fflush(stderr);
	if (dup2(saved, STDERR_FILENO) < 0)
		abort();
	(void)close(saved);
	*said = fuzz_read_file(told, len);
	(void)close(told);
	return action;
}

static void expect_refusal(const unsigned char *said, size_t len)
{
	static const char last[] =
		"Try 'upcase-pipe --help' for more information.\n";
	size_t lines = 0, n = sizeof(last) - 1;

	if (len < n || memcmp(said + len - n, last, n) != 0)
		fuzz_wrong("what is said does not end as it should");
	if (strncmp((const char *)said, "upcase-pipe: ", 13) != 0)
		fuzz_wrong("what is said does not begin as it should");
	for (size_t i = 0; i < len; i++) {
		lines += said[i] == '\n';
		if ((said[i] < 0x20 && said[i] != '\n') || said[i] == 0x7f)
			fuzz_wrong("a control character is told");
	}
	if (lines != 2)
		fuzz_wrong("%zu lines are told", lines);
}

static void expect(bool holds, const char *what)
{
	if (!holds)
		fuzz_wrong("settings: %s", what);
}

static void expect_within_bounds(const struct options *o, const struct words *w)
{
	struct upcase map;

	/* A list may have any number. */
	expect(o->outputs.list ||
			(o->n_inputs >= 1 && o->n_inputs <= (size_t)w->argc),
		"FILEs");
	for (size_t i = 0; i < o->n_inputs; i++)
		expect(o->inputs[i] != NULL, "a FILE");
	expect(!o->output || o->output[0], "output");
	expect(o->gzip_level >= 0 && o->gzip_level <= deflate_max_level(),
		"level");
	expect(!o->bgzf || o->gzip_level > 0, "blocks");
	expect(upcase_init(&map, o->mapping, o->language, o->invalid) == 0,
		"mapping");
	expect(!o->variant || upcase_use_variant(&map, o->variant) == 0,
		"variant");
	expect(o->prompt != NULL, "prompt");
	expect(o->jobs >= 1 && o->jobs <= 256, "jobs");
	expect(o->unpack_jobs <= 256, "jobs that unpack");
	expect(o->batch_size >= 1 && o->batch_size <= 256 << 20, "batch size");
	expect(o->queue_depth >= 1 && o->queue_depth <= 1024, "depth");
	expect(o->flush_interval >= 0, "interval");
	expect(o->shutdown_timeout >= -1, "timeout");
}

static void expect_same(const struct options *a, const struct options *b)
{
	expect(a->n_inputs == b->n_inputs && a->output == b->output &&
			a->gzip_level == b->gzip_level && a->bgzf == b->bgzf &&
			a->jobs == b->jobs && a->batch_size == b->batch_size &&
			a->queue_depth == b->queue_depth &&
			a->flush_interval == b->flush_interval &&
			a->shutdown_timeout == b->shutdown_timeout &&
			a->stats == b->stats && a->level == b->level,
		"another time they are others");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool quiet;
	struct words w;
	struct options o, again;
	unsigned char *said;
	enum options_action action;
	char *typed[WORDS_MOST + 2];
	size_t len;

	if (size > LONGEST)
		return 0;
	if (!quiet) { /* what a terminal changes is not looked at here */
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		if (null < 0 || dup2(null, STDIN_FILENO) < 0)
			abort();
		quiet = true;
	}
	split(&w, data, size);
	if (w.variant[0])
		(void)setenv(OPTIONS_VARIANT, w.variant, 1);
	else
		(void)unsetenv(OPTIONS_VARIANT);
	memcpy(typed, w.argv, sizeof(typed));
	action = parse(&o, &w, &said, &len);
	if (action == OPTIONS_USAGE)
		expect_refusal(said, len);
	else
		expect(len == 0, "something was told");
	free(said);
	if (action == OPTIONS_RUN) {
		expect_within_bounds(&o, &w);
		/* They may have been put in another order, in which a FILE
		 * named 9 stands behind -z. */
		memcpy(w.argv, typed, sizeof(typed));
		expect(parse(&again, &w, &said, &len) == OPTIONS_RUN,
			"not taken another time");
		expect_same(&o, &again);
		options_release(&again);
		options_release(&o);
		free(said);
	}
	free(w.text);
	return 0;
}

void fuzz_each_way(uint8_t *data, size_t size)
{
	/* There is no header: only without the variant. */
	while (size > 0 && *data) {
		data++;
		size--;
	}
	LLVMFuzzerTestOneInput(data, size);
}
