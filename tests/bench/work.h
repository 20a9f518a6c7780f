/*
 * work - what the programs are given to do, and which programs do it
 *
 * A work is done with each of its texts by each of its tools. How, is a line as
 * for a shell (command.h), in which
 *
 *	{x}      is what the tool is called with
 *	{in}     is the text, the file TEXT-SIZE.txt; {in}.gz and
 *	         {in}.members.gz are the same compressed by gzip and by
 *	         upcase-pipe -z
 *	{text}   is only its name
 *	{lines}  is the number of lines of the works without a file
 *
 * and the file that is written is out or out.gz.
 *
 * Slow tools, which take some ten times as long as the others, would make a run
 * last for hours. Those that are marked
 *  - TOOL_ONCE read the text of 20 MB once, where the others read it ten times
 *    over (and a tenth of the lines). Their time per byte is what is compared;
 *    their megabytes stand in the table.
 *  - TOOL_SELDOM take part in every third round, and in a single one when a run
 *    lasts longer than WORK_LONG. Their rounds stand in the table.
 * A work and text that has taken WORK_ENOUGH gets no more than WORK_LEAST
 *rounds: what takes long varies little. So the rounds in the table may be fewer
 *than were asked for.
 *
 * No tool with a target, and none that a target is about, is marked.
 */
#ifndef UPCASE_BENCH_WORK_H
#define UPCASE_BENCH_WORK_H

#include <stdbool.h>
#include <stddef.h>

#define WORK_LONG   10.0 /* seconds */
#define WORK_ENOUGH 30	 /* seconds */
#define WORK_LEAST  5	 /* rounds */
#define WORK_SELDOM 3	 /* every third round */

enum work_kind {
	WORK_TIME,
	WORK_GZIP,    /* the size of the output counts, too */
	WORK_START,   /* nothing is read, so there are no bytes per second */
	WORK_LATENCY, /* see latency.h */
	WORK_MEMORY,  /* only the peak memory counts */
};

enum {
	TOOL_SUBJECT = 1, /* upcase-pipe: what it writes is checked */
	TOOL_ONCE = 2,
	TOOL_SELDOM = 4,
};

struct tool {
	const char *name;
	const char *filter; /* {x} */
	const char *line;   /* if the work's form does not fit, else NULL */
	unsigned flags;
};

/* Which of the texts that are there. */
enum work_texts {
	TEXTS_NONE,
	TEXTS_ALL,
	TEXTS_SOME, /* log, german, russian: for what takes long */
	TEXTS_LOG,
	TEXTS_ODD, /* all, one endless line, and random bytes */
};

struct work {
	const char *name;
	const char *title;
	enum work_kind kind;
	enum work_texts texts;
	const char *size; /* of the texts: large, small, huge */
	const char *form; /* of tools without a line of their own */
	/* What the subject must have written, and how to read it. */
	const char *expected;
	const char *written;
	const char *reference; /* a name of a tool; see results_rival */
	const struct tool *tools;
	size_t n_tools;
	double effort;	 /* rounds by settings.runs */
	bool pinned;	 /* latency: the tool has a processor of its own */
	bool on_request; /* only if named, or with --huge */
};

extern const struct work works[];
extern const size_t n_works;

/* What a line depends on. */
struct choice {
	const struct work *work;
	const struct tool *tool;
	const char *text; /* NULL: none */
	unsigned long lines;
};

/* The line with everything filled in, and the name of its {in}. To be freed by
 * the caller. */
char *work_line(const struct choice *choice, const char *line);
char *work_input(const struct choice *choice);

/* The line of a tool: its own, or the form. */
const char *work_form(const struct work *work, const struct tool *tool);

/* {lines}, for this tool. */
unsigned long work_lines(const struct choice *choice);

/* Whether a work takes a text. */
bool work_takes(const struct work *work, const char *text);

#endif
