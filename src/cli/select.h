/*
 * select - the options that say what of a text is turned
 *
 *	--skip-prefix, --fasta, --fastq          which lines
 *	-f, -c, -d, --complement, --header,
 *	--tsv, --csv                             which fields or characters
 *
 * Used by the main thread. What is wrong is told on standard error, with the
 * option's name.
 */
#ifndef UPCASE_CLI_SELECT_H
#define UPCASE_CLI_SELECT_H

#include "text/selection.h"
#include "upcase/upcase.h"

#include <stdbool.h>
#include <stddef.h>

/* What getopt_long returns for those without a short form; the others are 'f',
 * 'c' and 'd'. */
enum select_option {
	SELECT_SKIP_PREFIX = 512,
	SELECT_FASTA,
	SELECT_FASTQ,
	SELECT_TSV,
	SELECT_CSV,
	SELECT_COMPLEMENT,
	SELECT_HEADER,
};

/* Zeroed storage is that nothing was said. Strings are the command line's. */
struct select {
	bool fasta, fastq, tsv, csv, complement, header;
	const char *fields, *characters, *delimiter;
	struct selection_prefix *prefixes; /* allocated */
	size_t n_prefixes;

	/* Made by select_settle. */
	char *words; /* allocated: the names in LIST, a NUL behind each */
	const char **names;
	size_t n_names;
	struct text_selection selection;
};

/* Takes one option. Returns 0, -EINVAL, which was told, or 1 when it is none of
 * these. */
int select_take(struct select *s, int option, const char *arg);

/* Everything was said: makes the selection. Returns 0 or -EINVAL, which was
 * told. */
int select_settle(struct select *s, const struct upcase *upcase);

/* NULL: all is turned. Lives as long as *s. */
const struct text_selection *select_made(const struct select *s);

void select_release(struct select *s);

#endif
