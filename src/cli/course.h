/*
 * course - how far the input is, shown while the program works (--progress)
 *
 *	january.log.gz  43%  412 MB/s  0:12 left  (2 of 9 files)
 *
 * On a terminal it is one line, which each next one replaces, at most five
 * times a second; elsewhere, if it is asked for, a message every ten seconds.
 * When there is nothing to be seen, because the terminal shows the text itself
 * or somebody types there, it is silent. The terminal is asked how wide it is
 * each time, and a name that is too long is cut in the middle.
 *
 * All functions are for the main thread, and none waits.
 */
#ifndef UPCASE_CLI_COURSE_H
#define UPCASE_CLI_COURSE_H

#include "pipeline/stats.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* When it is shown. */
enum course_when {
	COURSE_AUTO,   /* batches of FILEs, at a terminal, after a second */
	COURSE_ALWAYS, /* from the beginning, and where there is no terminal */
	COURSE_NEVER,
};

/* What was taken at a moment. */
struct course_mark {
	int64_t at;
	uint64_t taken;
};

struct course {
	bool line;   /* on a terminal; otherwise messages */
	bool looked; /* so that who knows of sizes tells them */
	int64_t due; /* when it is shown next; CLOCK_FOREVER: never */
	/* How fast it is is measured from the first of these, some seconds
	 * ago. */
	struct course_mark marks[2];
};

/* What work it is. */
enum course_work {
	COURSE_TYPING, /* somebody types: nothing is shown, whatever is said */
	COURSE_FILTER, /* to standard output, or from standard input */
	COURSE_BATCH,  /* FILEs that do not go to standard output */
};

/* The work begins, at the time `now`. text: it goes to standard output. */
void course_begin(struct course *c, enum course_when when,
	enum course_work work, bool text, int64_t now);

/* Shows it, and sets when it is due next. */
void course_show(
	struct course *c, const struct pipeline_course *course, int64_t now);

/* The work has ended, before anything else is told: the line goes. */
void course_end(struct course *c);

/* Makes the line, up to so many columns, which is the room of `out` at least
 * four times. rate: bytes a second. Returns how many columns it has, or more:
 * of characters that may be wide two are counted. */
size_t course_format(char *out, size_t size, size_t columns,
	const struct pipeline_course *course, double rate);

#endif
