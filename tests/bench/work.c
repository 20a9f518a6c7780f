#include "config.h"

#include "work.h"

#include "die.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LIST(array)  .tools = (array), .n_tools = COUNT(array)

#define SLOW (TOOL_ONCE | TOOL_SELDOM)

/* ------------------------------------------------------------------- tools */

/* As each is called by who wants speed from it, and all of Unicode where it can
 * do that. */
#define TR	"tr a-z A-Z"
#define DD	"dd bs=1M conv=ucase status=none"
#define SED	"LC_ALL=C.UTF-8 sed 's/.*/\\U&/'"
#define GAWK	"LC_ALL=C.UTF-8 gawk '{print toupper($0)}'"
#define MAWK	"mawk '{print toupper($0)}'"
#define PERL	"perl -CSD -pe '$_=uc'"
#define PYTHON3 "LC_ALL=C.UTF-8 python3 -c "
#define PYTHON                  \
	PYTHON3 "'import sys; " \
		"sys.stdout.writelines(map(str.upper, sys.stdin))'"
#define UCONV "uconv -f utf-8 -t utf-8 -x upper"

#define SLOW_FILTERS                                                    \
	{"sed", SED, NULL, SLOW}, {"gawk", GAWK, NULL, SLOW},           \
		{"mawk", MAWK, NULL, SLOW}, {"perl", PERL, NULL, SLOW}, \
		{"python3", PYTHON, NULL, SLOW},                        \
	{                                                               \
		"uconv", UCONV, NULL, SLOW                              \
	}

#define SUBJECT "upcase-pipe"

/* Between two files cat lets the system copy, with copy_file_range(2), where it
 * can. This one reads and writes, as all that change something must. */
#define COPY                                                       \
	{                                                          \
		"dd, no change", "dd bs=128k status=none", NULL, 0 \
	}

static const struct tool file_tools[] = {
	{"cat", NULL, "cat {in} >out", 0},
	{SUBJECT, NULL, "upcase-pipe -o out {in}", TOOL_SUBJECT},
	COPY,
	{"tr", TR, NULL, 0},
	{"dd", DD, NULL, 0},
	SLOW_FILTERS,
};

/* The slow ones would do here what they do in a work of file_tools. */
static const struct tool stdout_tools[] = {
	{"cat", "cat", NULL, 0},
	{SUBJECT, "upcase-pipe", NULL, TOOL_SUBJECT},
	COPY,
	{"tr", TR, NULL, 0},
	{"dd", DD, NULL, 0},
};

static const struct tool filters[] = {
	{"cat", "cat", NULL, 0},
	{SUBJECT, "upcase-pipe", NULL, TOOL_SUBJECT},
	{"tr", TR, NULL, 0},
	{"dd", DD, NULL, 0},
	SLOW_FILTERS,
};

#define GZIP_TOOLS(suffix)                                                    \
	{"pigz", NULL, "pigz -dc {in}" suffix " | " TR " | pigz -6 >out.gz",  \
		0},                                                           \
		{SUBJECT, NULL, "upcase-pipe -o out.gz {in}" suffix,          \
			TOOL_SUBJECT},                                        \
		{SUBJECT " (zlib)", NULL,                                     \
			"upcase-pipe-zlib -o out.gz {in}" suffix,             \
			TOOL_SUBJECT},                                        \
		{"bgzip", NULL,                                               \
			"bgzip -dc {in}" suffix " | " TR                      \
			" | bgzip -c -@ 2 -l 6 >out.gz",                      \
			0},                                                   \
	{                                                                     \
		"gzip", NULL,                                                 \
			"gzip -dc {in}" suffix " | " TR " | gzip -6 >out.gz", \
			TOOL_SELDOM                                           \
	}

static const struct tool gzip_tools[] = {GZIP_TOOLS(".gz")};
static const struct tool members_tools[] = {GZIP_TOOLS(".members.gz")};

#define IGZIP(level) \
	"igzip -dc {in}.gz | " TR " | igzip -c -" level " >out.gz", 0

static const struct tool fast_gzip_tools[] = {
	{"igzip -0", NULL, IGZIP("0")},
	{"igzip -1", NULL, IGZIP("1")},
	{"igzip -2", NULL, IGZIP("2")},
	{"igzip -3", NULL, IGZIP("3")},
	{SUBJECT, NULL, "upcase-pipe -z1 -o out.gz {in}.gz", TOOL_SUBJECT},
	{"pigz -1", NULL, "pigz -dc {in}.gz | " TR " | pigz -1 >out.gz", 0},
};

static const struct tool start_tools[] = {
	{"true", "true", NULL, 0},
	{"cat", "cat", NULL, 0},
	{"tr", TR, NULL, 0},
	{SUBJECT, "upcase-pipe", NULL, TOOL_SUBJECT},
	{"sed", SED, NULL, 0},
	{"gawk", GAWK, NULL, 0},
	{"mawk", MAWK, NULL, 0},
	{"perl", PERL, NULL, 0},
	{"python3", PYTHON, NULL, TOOL_SELDOM},
};

/* Those that can be told not to keep a line to themselves; the others are here
 * to say so. */
static const struct tool line_tools[] = {
	{"cat", "cat", NULL, 0},
	{SUBJECT, "upcase-pipe", NULL, TOOL_SUBJECT},
	{"sed -u", "LC_ALL=C.UTF-8 sed -u 's/.*/\\U&/'", NULL, 0},
	{"gawk, fflush()",
		"LC_ALL=C.UTF-8 gawk '{print toupper($0); fflush()}'", NULL, 0},
	{"mawk -W interactive", "mawk -W interactive '{print toupper($0)}'",
		NULL, 0},
	{"perl, unbuffered", "perl -CSD -pe 'BEGIN{$|=1} $_=uc'", NULL, 0},
	{"python3 -u",
		"LC_ALL=C.UTF-8 python3 -u -c 'import sys; "
		"[sys.stdout.write(l.upper()) for l in sys.stdin]'",
		NULL, 0},
	{"dd", "dd bs=64k conv=ucase status=none", NULL, 0},
	{"tr", TR, NULL, 0},
	{"uconv", UCONV, NULL, 0},
};

static const struct tool small_tools[] = {
	{"cat", NULL, "cat s/* >out", 0},
	{SUBJECT " -o", NULL, "upcase-pipe -o out s/*", TOOL_SUBJECT},
	{SUBJECT, NULL, "upcase-pipe s/* >out", TOOL_SUBJECT},
};

static const struct tool memory_tools[] = {
	{SUBJECT " -o", NULL, "upcase-pipe -o out {in}", TOOL_SUBJECT},
	{SUBJECT, NULL, "cat {in} | upcase-pipe | cat >/dev/null",
		TOOL_SUBJECT},
};

static const struct tool memory_gzip_tools[] = {
	{SUBJECT, NULL, "upcase-pipe --jobs=2 -o out.gz {in}.gz", TOOL_SUBJECT},
};

static const struct tool huge_tools[] = {
	{SUBJECT ", 100 MB", NULL, "upcase-pipe -o out {text}-hundred.txt", 0},
	{SUBJECT, NULL, "upcase-pipe -o out {text}-huge.txt", 0},
	{"cat, 100 MB", NULL, "cat {text}-hundred.txt >out", 0},
	{"cat", NULL, "cat {text}-huge.txt >out", 0},
};

/* ------------------------------------------------------------------- works */

#define UPPER	  .expected = "upcase-pipe <{in}", .written = "cat out"
#define UPPER_GZ  .written = "gzip -dc out.gz"
#define GUNZIPPED .expected = "gzip -dc {in}.gz | upcase-pipe"

const struct work works[] = {
	{.name = "file",
		.title = "a file to a file",
		.form = "{x} <{in} >out",
		UPPER,
		.texts = TEXTS_ALL,
		.size = "large",
		.reference = "cat",
		LIST(file_tools),
		.effort = 1},
	{.name = "file-1mb",
		.title = "a small file to a file",
		.form = "{x} <{in} >out",
		UPPER,
		.texts = TEXTS_ALL,
		.size = "small",
		.reference = "cat",
		LIST(file_tools),
		.effort = 1},
	{.name = "stdout",
		.title = "standard input and output are files",
		.form = "{x} <{in} >out",
		UPPER,
		.texts = TEXTS_ALL,
		.size = "large",
		.reference = "cat",
		LIST(stdout_tools),
		.effort = 1},
	{.name = "stdout-1mb",
		.title = "standard input and output are files, a small one",
		.form = "{x} <{in} >out",
		UPPER,
		.texts = TEXTS_ALL,
		.size = "small",
		.reference = "cat",
		LIST(stdout_tools),
		.effort = 1},
	{.name = "pipe",
		.title = "between two pipes",
		.form = "cat {in} | {x} | cat >/dev/null",
		UPPER,
		.texts = TEXTS_ALL,
		.size = "large",
		.reference = "cat",
		LIST(filters),
		.effort = 1},
	{.name = "pipe-1mb",
		.title = "between two pipes, a small text",
		.form = "cat {in} | {x} | cat >/dev/null",
		UPPER,
		.texts = TEXTS_ALL,
		.size = "small",
		.reference = "cat",
		LIST(filters),
		.effort = 1},
	{.name = "gzip6",
		.title = "gzip to gzip, level 6, made by gzip",
		.kind = WORK_GZIP,
		GUNZIPPED,
		UPPER_GZ,
		.texts = TEXTS_SOME,
		.size = "large",
		.reference = "pigz",
		LIST(gzip_tools),
		.effort = 1},
	{.name = "gzip6-members",
		.title = "gzip to gzip, level 6, made by upcase-pipe -z",
		.kind = WORK_GZIP,
		GUNZIPPED,
		UPPER_GZ,
		.texts = TEXTS_SOME,
		.size = "large",
		.reference = "pigz",
		LIST(members_tools),
		.effort = 1},
	{.name = "gzip1",
		.title = "gzip to gzip, level 1",
		.kind = WORK_GZIP,
		GUNZIPPED,
		UPPER_GZ,
		.texts = TEXTS_SOME,
		.size = "large",
		.reference = "igzip*",
		LIST(fast_gzip_tools),
		.effort = 1},
	{.name = "start",
		.title = "nothing to do: start and end",
		.kind = WORK_START,
		.form = "{x}",
		.expected = "true",
		.written = "cat out",
		.reference = "tr",
		LIST(start_tools),
		.effort = 20},
	{.name = "latency",
		.title = "a line there and back, each side on a processor of "
			 "its own",
		.kind = WORK_LATENCY,
		.form = "{x}",
		.reference = "cat",
		LIST(line_tools),
		.effort = 1.0 / 3,
		.pinned = true},
	{.name = "latency-free",
		.title = "a line there and back, wherever the system puts them",
		.kind = WORK_LATENCY,
		.form = "{x}",
		.reference = "cat",
		LIST(line_tools),
		.effort = 1.0 / 3},
	{.name = "lines",
		.title = "a producer with a write for each line",
		.form = "feeder {lines} | {x} >/dev/null",
		.expected = "feeder {lines} | tr a-z A-Z",
		.written = "cat out",
		.reference = "cat",
		LIST(filters),
		.effort = 1},
	{.name = "lines-pipe",
		.title = "a producer with a write for each line, into a pipe",
		.form = "feeder {lines} | {x} | cat >/dev/null",
		.expected = "feeder {lines} | tr a-z A-Z",
		.written = "cat out",
		.reference = "cat",
		LIST(filters),
		.effort = 1},
	{.name = "small",
		.title = "many small files",
		.expected = "cat s/* | upcase-pipe",
		.written = "cat out",
		.reference = "cat",
		LIST(small_tools),
		.effort = 1},
	{.name = "memory",
		.title = "peak memory",
		.kind = WORK_MEMORY,
		UPPER,
		.texts = TEXTS_ODD,
		.size = "large",
		LIST(memory_tools),
		.effort = 0.2},
	{.name = "memory-gzip",
		.title = "peak memory, gzip to gzip, two jobs",
		.kind = WORK_MEMORY,
		GUNZIPPED,
		UPPER_GZ,
		.texts = TEXTS_SOME,
		.size = "large",
		LIST(memory_gzip_tools),
		.effort = 0.2},
	{.name = "huge",
		.title = "a huge file",
		.texts = TEXTS_LOG,
		.size = "huge",
		.reference = SUBJECT ", 100 MB",
		LIST(huge_tools),
		.effort = 0.2,
		.on_request = true},
};

const size_t n_works = COUNT(works);

bool work_takes(const struct work *work, const char *text)
{
	bool odd = strcmp(text, "random") == 0 || strcmp(text, "oneline") == 0;

	switch (work->texts) {
	case TEXTS_NONE:
		return false;
	case TEXTS_ALL:
		return !odd;
	case TEXTS_SOME:
		return strcmp(text, "log") == 0 ||
		       strcmp(text, "german") == 0 ||
		       strcmp(text, "russian") == 0;
	case TEXTS_LOG:
		return strcmp(text, "log") == 0;
	case TEXTS_ODD:
		break;
	}
	return true;
}

/* ------------------------------------------------------------------- lines */

const char *work_form(const struct work *work, const struct tool *tool)
{
	return tool->line != NULL ? tool->line : work->form;
}

char *work_input(const struct choice *choice)
{
	const char *size = choice->work->size;
	char *name = NULL;

	if (choice->text == NULL || size == NULL)
		return NULL;
	if (choice->tool->flags & TOOL_ONCE && strcmp(size, "large") == 0)
		size = "once";
	if (strstr(work_form(choice->work, choice->tool), "{text}-hundred"))
		size = "hundred";
	if (asprintf(&name, "%s-%s.txt", choice->text, size) < 0)
		die("no memory for a name");
	return name;
}

unsigned long work_lines(const struct choice *choice)
{
	return choice->tool->flags & TOOL_ONCE ? choice->lines / 10
					       : choice->lines;
}

/* Replaces all `name` in a line that is freed. */
static char *fill(char *line, const char *name, const char *value)
{
	char *at, *filled;

	while (value != NULL && (at = strstr(line, name)) != NULL) {
		if (asprintf(&filled, "%.*s%s%s", (int)(at - line), line, value,
			    at + strlen(name)) < 0)
			die("no memory for a line");
		free(line);
		line = filled;
	}
	return line;
}

char *work_line(const struct choice *choice, const char *line)
{
	char *filled = strdup(line), *input = work_input(choice);
	char lines[32];

	if (filled == NULL)
		die("no memory for a line");
	snprintf(lines, sizeof(lines), "%lu", work_lines(choice));
	filled = fill(filled, "{x}", choice->tool->filter);
	filled = fill(filled, "{in}", input);
	filled = fill(filled, "{text}", choice->text);
	filled = fill(filled, "{lines}", lines);
	free(input);
	return filled;
}
