#include "config.h"

#include "cli/course.h"

#include "cli/diag.h"
#include "io/clock.h"
#include "text/quote.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Work that takes less is over before anybody asks. */
#define LONG CLOCK_SECOND

/* From one line to the next; and from one message. */
#define LINE_INTERVAL	 (CLOCK_SECOND / 5)
#define MESSAGE_INTERVAL (10 * CLOCK_SECOND)

/* How long ago the last mark is when there is a new one. */
#define MARK_INTERVAL (3 * CLOCK_SECOND)

/* Where the width is not known. */
#define USUAL_COLUMNS 80

/* The most of them: what is wider is empty behind that. */
#define MOST_COLUMNS 250

/* What a name has at least before something else is left out. */
#define NAME_COLUMNS 12

/* ---- Text ---- */

/* Where the next character of a text is, and how many columns this one has at
 * most: those of scripts with wide ones have two. */
static const char *next_character(const char *p, size_t *columns)
{
	unsigned char first = (unsigned char)*p++;

	*columns = first < 0xE1 || (first == 0xE1 && (unsigned char)*p < 0x84)
			   ? 1
			   : 2;
	while (((unsigned char)*p & 0xC0) == 0x80)
		p++;
	return p;
}

static size_t columns_of(const char *text)
{
	size_t sum = 0, n;

	while (*text) {
		text = next_character(text, &n);
		sum += n;
	}
	return sum;
}

/* Behind the characters of a text that have so many columns together. */
static const char *pass_columns(const char *text, size_t columns)
{
	size_t n;

	while (*text) {
		const char *next = next_character(text, &n);

		if (n > columns)
			break;
		columns -= n;
		text = next;
	}
	return text;
}

/* Cuts a name to so many columns, in the middle: names differ at their ends. */
static void cut_name(char *name, size_t columns)
{
	size_t all = columns_of(name), end;
	const char *tail;
	char *head;

	if (all <= columns)
		return;
	if (columns < 5) {
		name[0] = '\0';
		return;
	}
	end = (columns - 3) / 2;
	head = name + (pass_columns(name, columns - 3 - end) - name);
	/* One more than what goes, if that would cut a wide one. */
	tail = pass_columns(name, all - end);
	while (columns_of(tail) > end) {
		size_t n;

		tail = next_character(tail, &n);
	}
	memmove(head + 3, tail, strlen(tail) + 1);
	memcpy(head, "...", 3);
}

/* A number of bytes, in three digits. */
static int print_bytes(char *out, size_t size, double bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
	size_t i = 0;

	for (; bytes >= 999.5 && i + 1 < sizeof(units) / sizeof(units[0]); i++)
		bytes /= 1000;
	return snprintf(out, size, "%.*f %s", i > 0 && bytes < 9.95 ? 1 : 0,
		bytes, units[i]);
}

/* ---- The line ---- */

enum part {
	PART_DONE,
	PART_LEFT,
	PART_RATE,
	PART_FILES, /* the first to go */
	N_PARTS,
};

struct parts {
	char text[N_PARTS][48];
};

static void make_done(char *out, size_t size, const struct pipeline_course *c)
{
	double share = c->size > 0 ? (double)c->taken / (double)c->size : 1;

	if (c->sized)
		(void)snprintf(out, size, "  %2d%%", (int)(share * 100));
	else if (print_bytes(out + 2, size - 2, (double)c->taken) > 0)
		memcpy(out, "  ", 2);
}

static void make_left(
	char *out, size_t size, const struct pipeline_course *c, double rate)
{
	double left = rate > 0 ? (double)(c->size - c->taken) / rate : -1;
	unsigned s = left >= 0 && left < 360000 ? (unsigned)(left + 0.5) : 0;

	/* Nobody waits for that. */
	if (!c->sized || left < 0 || left >= 360000)
		return;
	if (s >= 3600)
		(void)snprintf(out, size, "  %u:%02u:%02u left", s / 3600,
			s / 60 % 60, s % 60);
	else
		(void)snprintf(out, size, "  %u:%02u left", s / 60, s % 60);
}

static void make_parts(
	struct parts *p, const struct pipeline_course *c, double rate)
{
	char *text = p->text[PART_RATE];
	size_t size = sizeof(p->text[0]);
	int n;

	*p = (struct parts){{""}};
	make_done(p->text[PART_DONE], size, c);
	make_left(p->text[PART_LEFT], size, c, rate);
	n = print_bytes(text + 2, size - 2, rate);
	memcpy(text, "  ", 2);
	(void)snprintf(text + 2 + n, size - 2 - (size_t)n, "/s");
	if (c->files > 1)
		(void)snprintf(p->text[PART_FILES], size,
			"  (%zu of %zu files)", c->number, c->files);
}

/* Leaves out what there is no room for beside a name. Returns how much that
 * is. */
static size_t fit_parts(struct parts *p, size_t columns, size_t name)
{
	size_t all = 0;

	if (name > NAME_COLUMNS)
		name = NAME_COLUMNS;
	for (size_t i = 0; i < N_PARTS; i++)
		all += strlen(p->text[i]);
	for (size_t i = N_PARTS - 1; i > PART_DONE && all + name > columns;
		i--) {
		all -= strlen(p->text[i]);
		p->text[i][0] = '\0';
	}
	return all;
}

size_t course_format(char *out, size_t size, size_t columns,
	const struct pipeline_course *course, double rate)
{
	char name[1024] = "";
	struct parts p = {0};
	size_t all;

	make_parts(&p, course, rate);
	if (course->name)
		(void)quote_name(course->name, name, sizeof(name));
	all = fit_parts(&p, columns, columns_of(name));
	if (all > columns)
		return 0;
	cut_name(name, columns - all);
	/* Two blanks are what is between it and a name. */
	if (!name[0])
		memmove(p.text[PART_DONE], p.text[PART_DONE] + 2,
			strlen(p.text[PART_DONE]) - 1);
	(void)snprintf(out, size, "%s%s%s%s%s", name, p.text[PART_DONE],
		p.text[PART_RATE], p.text[PART_LEFT], p.text[PART_FILES]);
	return columns_of(out);
}

/* ---- When and where ---- */

/* Which terminal it is; 0 where that cannot be told. */
static unsigned long terminal_of(int fd)
{
	struct stat st;
#if HAVE_DECL_TIOCGDEV
	unsigned n;

	/* /dev/tty has a number of its own. */
	if (ioctl(fd, TIOCGDEV, &n) == 0)
		return n;
#endif
	return fstat(fd, &st) == 0 ? (unsigned long)st.st_rdev : 0;
}

/* The text is seen on the terminal that the line would be on. */
static bool is_text_there(void)
{
	return isatty(STDOUT_FILENO) &&
	       terminal_of(STDOUT_FILENO) == terminal_of(STDERR_FILENO);
}

void course_begin(struct course *c, enum course_when when,
	enum course_work work, bool text, int64_t now)
{
	*c = (struct course){
		.due = CLOCK_FOREVER, .marks = {{now, 0}, {now, 0}}};
	if (when == COURSE_NEVER || work == COURSE_TYPING ||
		!diag_tells(DIAG_NORMAL))
		return;
	if (when == COURSE_AUTO && work != COURSE_BATCH)
		return;
	c->line = isatty(STDERR_FILENO);
	if (when == COURSE_AUTO && !c->line)
		return;
	if (c->line && text && is_text_there())
		return;
	if (!c->line)
		c->due = now + MESSAGE_INTERVAL;
	else
		c->due = now + (when == COURSE_AUTO ? LONG : LINE_INTERVAL);
}

static double rate_of(struct course *c, uint64_t taken, int64_t now)
{
	const struct course_mark *from = &c->marks[0];
	int64_t time = now - from->at;
	double rate = 0;

	if (time > 0 && taken > from->taken)
		rate = (double)(taken - from->taken) * (double)CLOCK_SECOND /
		       (double)time;
	if (now - c->marks[1].at >= MARK_INTERVAL) {
		c->marks[0] = c->marks[1];
		c->marks[1] = (struct course_mark){now, taken};
	}
	return rate;
}

/* One less than there are: behind the last one a terminal may go on in the next
 * row. */
static size_t columns_there(void)
{
	struct winsize w;
	size_t columns = USUAL_COLUMNS;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0)
		columns = w.ws_col;
	if (columns > MOST_COLUMNS)
		columns = MOST_COLUMNS;
	return columns - 1;
}

void course_show(
	struct course *c, const struct pipeline_course *course, int64_t now)
{
	char text[4 * MOST_COLUMNS + 1] = "";
	double rate = rate_of(c, course->taken, now);

	/* Sizes are only told to who has looked. */
	if (!c->looked && !course->sized) {
		c->looked = true;
		c->due = now + LINE_INTERVAL;
		return;
	}
	if (c->line) {
		size_t columns = course_format(
			text, sizeof(text), columns_there(), course, rate);

		diag_line(text, columns);
		c->due = now + LINE_INTERVAL;
		return;
	}
	(void)course_format(text, sizeof(text), MOST_COLUMNS, course, rate);
	diag_note(DIAG_NORMAL, NULL, "progress: %s", text);
	c->due = now + MESSAGE_INTERVAL;
}

void course_end(struct course *c)
{
	c->due = CLOCK_FOREVER;
	diag_line("", 0);
}
