/*
 * Tests of the cutter, by tables: when a batch goes on, where it is cut, and
 * what is said of each FILE.
 *
 * What is cut off is written down like this, one batch behind the other:
 *
 *	[text]      '$' stands for a newline, '+' for one that was put in first
 *	~ at once behind '[' or before ']'   the record goes on there
 *	0-1 behind the text                  FILEs 0 and 1 end here; 1! is bad
 *	u                                    an end of a FILE without a newline
 *	@5z                                  of a FILE that had 5 bytes, of gzip
 */
#include "config.h"

#include "pipeline/cutter.h"

#include "io/clock.h"
#include "support.h"
#include "text/selection.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum {
	ROOM = 64,
	N_BATCHES = 2,
	N_FILES = 16,
};

/* How one case is played. */
struct setting {
	size_t size;
	bool lines, apart, share, gather;
	bool parts;   /* nothing more is there behind each read */
	bool wanted;  /* somebody is always free */
	size_t chunk; /* bytes per read; 0: as many as there is room for */
	enum cutter_manner manner;
	int64_t tick;  /* of the clock, with each read */
	int64_t pause; /* likewise, at the end of each FILE */
	const struct text_selection *selection; /* or NULL */
};

struct play {
	struct cutter cutter;
	struct upcase upcase;
	struct text text;
	struct batch batches[N_BATCHES];
	bool used[N_BATCHES];
	int64_t now;
	struct text_state state; /* behind what was cut off of the FILE */
	char log[1024];
	char parts[N_FILES][64]; /* the text of each FILE, where it ended */
};

static void note(struct play *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void note(struct play *p, const char *format, ...)
{
	size_t n = strlen(p->log);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(p->log + n, sizeof(p->log) - n, format, args);
	va_end(args);
}

/* Gives each FILE its part of the text. */
static void note_parts(struct play *p, const struct batch *b)
{
	size_t at = b->cut.lead;

	for (size_t i = 0; i <= b->inputs.ended; i++) {
		size_t end = i < b->inputs.ended ? b->ends[i] : b->len;
		char *part = p->parts[(b->inputs.first + i) % N_FILES];
		size_t n = strlen(part);

		assert_true(end <= b->len);
		if (end <= at)
			continue;
		assert_true(n + (end - at) < sizeof(p->parts[0]));
		memcpy(part + n, b->text + at, end - at);
		at = end;
	}
}

static void note_batch(struct play *p, const struct batch *b)
{
	size_t last = b->inputs.first + b->inputs.ended - 1;

	note(p, "[%s", b->cut.continues ? "~" : "");
	for (size_t i = 0; i < b->len; i++) {
		char c = (char)b->text[i];

		note(p, "%c",
			i == 0 && b->cut.lead ? '+'
			: c == '\n'	      ? '$'
					      : c);
	}
	if (b->inputs.ended > 0)
		note(p, " %zu-%zu%s", b->inputs.first, last,
			b->inputs.bad ? "!" : "");
	for (unsigned i = 0; i < b->cut.unterminated; i++)
		note(p, "u");
	if (b->origin.mark.size > 0)
		note(p, "@%d%s", (int)b->origin.mark.size,
			b->origin.form == BATCH_GZIP ? "z" : "");
	note(p, "%s]", b->cut.open ? "~" : "");
}

/* A batch begins with the state behind all that was cut off before. */
static void check_state(struct play *p, const struct batch *b)
{
	const struct text_state *begin = &b->cut.begin;
	struct text_state at_end;

	if (!p->text.selection)
		return;
	/* Of a FILE that only ends here nothing has to be known. */
	if (p->cutter.config.share && b->inputs.ended > 0 && b->ends[0] == 0 &&
		!b->cut.continues)
		p->state = (struct text_state){0};
	assert_int_equal(begin->at, p->state.at);
	assert_int_equal(begin->since, p->state.since);
	assert_int_equal(begin->pending, p->state.pending);
	assert_int_equal(begin->phase, p->state.phase);
	assert_int_equal(begin->flags, p->state.flags);
	for (size_t i = 0; i <= b->inputs.ended; i++) {
		struct batch_part part = batch_part(b, i);

		if (i > 0)
			p->state = (struct text_state){0};
		(void)text_scan(&p->text, &p->state, &at_end,
			b->text + part.from, 0, part.to - part.from);
	}
}

static struct batch *get(struct play *p)
{
	size_t i = 0;

	while (i < N_BATCHES - 1 && p->used[i])
		i++;
	assert_false(
		p->used[i]); /* more are needed than the pool begins with */
	p->used[i] = true;
	return &p->batches[i];
}

static void put(struct play *p, struct batch *b)
{
	batch_reset(b);
	p->used[b - p->batches] = false;
}

static void need(struct play *p)
{
	if (cutter_needs(&p->cutter))
		cutter_give(&p->cutter, get(p));
}

static void cut(struct play *p, enum cutter_due due)
{
	struct batch *next = NULL, *b;

	if (due == CUTTER_NOTHING)
		return;
	if (cutter_leaves(&p->cutter, due))
		next = get(p);
	b = cutter_cut(&p->cutter, due, next);
	note_batch(p, b);
	note_parts(p, b);
	check_state(p, b);
	put(p, b);
}

/* Everything that is due before a read. */
static int64_t cut_due(struct play *p, const struct setting *s)
{
	int64_t deadline;
	enum cutter_due due;

	do {
		due = cutter_due(&p->cutter, s->wanted, p->now, &deadline);
		cut(p, due);
	} while (due == CUTTER_FULL);
	return deadline;
}

/* What is there when nothing more comes; a wait for more says so. */
static void cut_rest(struct play *p)
{
	enum cutter_due due;
	int64_t deadline;

	while ((due = cutter_rest(&p->cutter)) != CUTTER_NOTHING) {
		if (cutter_due(&p->cutter, false, p->now, &deadline) ==
			CUTTER_NOTHING)
			assert_int_equal(deadline, 0);
		cut(p, due);
	}
	if (cutter_due(&p->cutter, false, p->now, &deadline) == CUTTER_NOTHING)
		assert_int_equal(deadline, CLOCK_FOREVER);
}

static void read_file(
	struct play *p, const struct setting *s, const char *text, size_t len)
{
	while (len > 0) {
		size_t room, n = s->chunk && s->chunk < len ? s->chunk : len;
		unsigned char *at;

		(void)cut_due(p, s);
		need(p);
		at = cutter_room(&p->cutter, &room);
		assert_true(room > 0);
		if (n > room)
			n = room;
		memcpy(at, text, n);
		cutter_take(&p->cutter, n, p->now);
		p->now += s->tick;
		text += n;
		len -= n;
		if (s->parts)
			cut_rest(p);
	}
	(void)cut_due(p, s);
}

static void begin(struct play *p, const struct setting *s)
{
	struct cutter_config config = {.text = &p->text,
		.size = s->size,
		.lines = s->lines,
		.apart = s->apart,
		.share = s->share,
		.parts = s->parts,
		.gather = s->gather,
		.interval = 10};

	memset(p, 0, sizeof(*p));
	assert_int_equal(
		upcase_init(&p->upcase, UPCASE_FULL, UPCASE_ROOT, UPCASE_KEEP),
		0);
	text_init(&p->text, &p->upcase);
	if (s->selection)
		text_select(&p->text, s->selection);
	cutter_init(&p->cutter, &config);
	for (size_t i = 0; i < N_BATCHES; i++)
		assert_int_equal(batch_init(&p->batches[i], ROOM, ROOM, 0), 0);
}

static void end(struct play *p)
{
	struct batch *b;

	if (!cutter_is_empty(&p->cutter)) {
		need(p);
		cut(p, CUTTER_ALL);
	}
	b = cutter_take_away(&p->cutter);
	if (b)
		put(p, b);
	for (size_t i = 0; i < N_BATCHES; i++) {
		assert_false(p->used[i]);
		batch_release(&p->batches[i]);
	}
}

/* Plays FILEs: '|' is between two, '!' at the end of one says that it is
 * bad. */
static void play(struct play *p, const struct setting *s, const char *files)
{
	size_t n = 1, len;

	for (const char *c = files; *c; c++)
		n += *c == '|';
	begin(p, s);
	for (size_t i = 0; i < n; i++) {
		bool bad;

		len = strcspn(files, "|");
		bad = len > 0 && files[len - 1] == '!';
		cut(p, cutter_begin(&p->cutter, i, s->manner));
		read_file(p, s, files, len - bad);
		p->now += s->pause;
		need(p);
		cut(p, cutter_end(&p->cutter, !bad, p->now));
		files += len + 1;
	}
	end(p);
}

/* Whether each FILE's part is what it is, maybe with a newline behind it. */
static void check_parts(const struct play *p, const char *files)
{
	for (size_t i = 0; *files; i++) {
		size_t len = strcspn(files, "|");
		bool bad = len > 0 && files[len - 1] == '!';
		const char *part = p->parts[i];

		assert_int_equal(strncmp(part, files, len - bad), 0);
		part += len - bad;
		assert_true(part[0] == '\0' || strcmp(part, "\n") == 0);
		files += len + (files[len] == '|');
	}
}

struct game {
	struct setting setting;
	const char *files, *batches;
};

static void play_all(const struct game *games, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct play p;

		play(&p, &games[i].setting, games[i].files);
		assert_string_equal(p.log, games[i].batches);
		check_parts(&p, games[i].files);
	}
}

static void full_batches_are_cut_behind_the_last_line(void **state)
{
	static const struct game games[] = {
		{{.size = 8}, "a\nb\n", "[a$b$ 0-0]"},
		{{.size = 8}, "abc\ndef\n", "[abc$def$][ 0-0]"},
		{{.size = 8}, "abc\ndefg\n", "[abc$][defg$ 0-0]"},
		{{.size = 8}, "abc\ndefg\nh", "[abc$][defg$h 0-0u]"},
		{{.size = 4}, "abcdefgh\n", "[abcd~][~efgh~][~$ 0-0]"},
		{{.size = 4}, "abcd", "[abcd~][~ 0-0u]"},
		{{.size = 4}, "abcde\nf\n", "[abcd~][~e$f$][ 0-0]"},
		/* Between characters, however much is read at once. */
		{{.size = 4}, "abc\xC3\xA9", "[abc~][~\xC3\xA9 0-0u]"},
		{{.size = 4, .chunk = 1}, "abc\xC3\xA9",
			"[abc~][~\xC3\xA9 0-0u]"},
		/* What looks unfinished, but is not the last, stays so. */
		{{.size = 5}, "abc\xEF\xD2\xAC\n",
			"[abc\xEF~][~\xD2\xAC$ 0-0]"},
		{{.size = 4}, "\xEF\xEF\xEF\xEF\n",
			"[\xEF\xEF\xEF~][~\xEF$ 0-0]"},
		{{.size = 4}, "a\xF0\x9F\x98\x80\n",
			"[a~][~\xF0\x9F\x98\x80~][~$ 0-0]"},
	};

	(void)state;
	play_all(games, COUNT(games));
}

static void whole_lines_go_on_when_somebody_is_free(void **state)
{
	static const struct game games[] = {
		{{.size = 8, .chunk = 1, .wanted = true}, "a\nb\n",
			"[a$][b$][ 0-0]"},
		{{.size = 8, .chunk = 3, .wanted = true}, "a\nbc\nd",
			"[a$][bc$][d 0-0u]"},
		{{.size = 8, .chunk = 3}, "a\nbc\nd", "[a$bc$d 0-0u]"},
		/* A line without its end waits. */
		{{.size = 8, .chunk = 1, .wanted = true}, "abc", "[abc 0-0u]"},
		/* Who waits at a prompt gets each line, free or not. */
		{{.size = 8, .chunk = 2, .manner = CUTTER_PROMPT}, "a\nb\n",
			"[a$][b$][ 0-0]"},
		{{.size = 8, .chunk = 2, .manner = CUTTER_TYPED}, "a\nb\n",
			"[a$b$ 0-0]"},
	};

	(void)state;
	play_all(games, COUNT(games));
}

static void the_beginning_of_a_line_goes_on_when_no_more_is_there(void **state)
{
	static const struct selection_prefix prefix = {"##", 2};
	static const struct text_selection comments = {
		.choice = TEXT_LINES, .prefixes = &prefix, .n_prefixes = 1};
	static const struct game games[] = {
		{{.size = 8, .parts = true, .chunk = 2}, "abc\nd",
			"[ab~][~c$][d~][~ 0-0u]"},
		{{.size = 8, .parts = true}, "a\nb\nc", "[a$b$][c~][~ 0-0u]"},
		/* A character that is not complete waits. */
		{{.size = 8, .parts = true, .chunk = 2}, "a\xC3\x9F",
			"[a~][~\xC3\x9F~][~ 0-0u]"},
		{{.size = 8, .parts = true, .chunk = 1}, "\xE2\x82\xAC",
			"[\xE2\x82\xAC~][~ 0-0u]"},
		{{.size = 8, .parts = true}, "a\xC3", "[a~][~\xC3 0-0u]"},
		/* So does what may be a prefix. */
		{{.size = 8,
			 .parts = true,
			 .chunk = 1,
			 .apart = true,
			 .selection = &comments},
			"#a\n##b\n", "[#a~][~$][##~][~b~][~$][ 0-0]"},
		/* FILEs end in what was cut off before the next one came, or
		 * in what is left. */
		{{.size = 8, .parts = true}, "a|b",
			"[a~][~$ 0-0u][b~][~ 1-1u]"},
		{{.size = 8, .parts = true}, "a||b\n", "[a~][~$b$ 0-1u][ 2-2]"},
	};

	(void)state;
	play_all(games, COUNT(games));
}

static void lines_are_gathered_for_the_interval_after_the_first(void **state)
{
	/* The interval is 10: the clock's ticks come between reads. Each read
	 * but the first finds a whole line, and must not begin anew. */
	static const struct game games[] = {
		{{.size = 32, .chunk = 2, .gather = true, .tick = 3},
			"a\nb\nc\nd\ne\nf\n", "[a$b$c$d$][e$f$ 0-0]"},
		{{.size = 32, .chunk = 2, .gather = true, .tick = 10}, "a\nb\n",
			"[a$][b$][ 0-0]"},
		{{.size = 32, .chunk = 2, .gather = true, .tick = 9}, "a\nb\n",
			"[a$b$][ 0-0]"},
		/* What is no line yet starts no interval. */
		{{.size = 32, .chunk = 1, .gather = true, .tick = 3},
			"abcd\nx\n", "[abcd$x$ 0-0]"},
		/* Somebody who is free does not matter ... */
		{{.size = 32, .chunk = 2, .gather = true, .wanted = true},
			"a\nb\n", "[a$b$ 0-0]"},
		/* ... a person does. */
		{{.size = 32,
			 .chunk = 2,
			 .gather = true,
			 .manner = CUTTER_PROMPT},
			"a\nb\n", "[a$][b$][ 0-0]"},
		/* The end of a FILE ends a line, from which on time counts. */
		{{.size = 32, .gather = true, .lines = true, .tick = 9},
			"a|b|c", "[a$b$ 0-1uu][c$ 2-2u]"},
	};

	(void)state;
	play_all(games, COUNT(games));
}

static void the_deadline_is_the_end_of_the_interval(void **state)
{
	static const struct setting s = {.size = 8, .gather = true};
	int64_t deadline;
	struct play p;

	(void)state;
	begin(&p, &s);
	p.now = 100;
	(void)cutter_begin(&p.cutter, 0, CUTTER_READ);
	assert_true(cut_due(&p, &s) == CLOCK_FOREVER);
	read_file(&p, &s, BYTES("a"));
	assert_true(cut_due(&p, &s) == CLOCK_FOREVER);
	read_file(&p, &s, BYTES("\n"));
	assert_int_equal(cut_due(&p, &s), 110);
	p.now = 105;
	read_file(&p, &s, BYTES("b\n"));
	assert_int_equal(cut_due(&p, &s), 110);
	/* Without an interval, there is no wait at all. */
	p.cutter.config.interval = 0;
	assert_int_equal(
		cutter_due(&p.cutter, false, 105, &deadline), CUTTER_NOTHING);
	assert_int_equal(deadline, 0);
	/* An interval beyond counting never ends. */
	p.cutter.config.interval = CLOCK_FOREVER - 50;
	assert_int_equal(cutter_due(&p.cutter, false, CLOCK_FOREVER, &deadline),
		CUTTER_NOTHING);
	assert_true(deadline == CLOCK_FOREVER);
	end(&p);
}

static void files_are_not_glued(void **state)
{
	static const struct game games[] = {
		{{.size = 16}, "a|b", "[a$b 0-1uu]"},
		{{.size = 16}, "a\n|b\n", "[a$b$ 0-1]"},
		{{.size = 16}, "a||b", "[a$b 0-2uu]"},
		{{.size = 16}, "a||", "[a 0-2u]"},
		{{.size = 16}, "|", "[ 0-1]"},
		{{.size = 16}, "", "[ 0-0]"},
		{{.size = 16, .lines = true}, "a|b", "[a$b$ 0-1uu]"},
		{{.size = 16, .lines = true}, "|a|", "[a$ 0-2u]"},
		{{.size = 16, .manner = CUTTER_TYPED}, "a", "[a$ 0-0u]"},
		/* The newline comes with the next byte, which may be in another
		 * batch than the line. */
		{{.size = 4}, "abcd|e", "[abcd~][~$e 0-1uu]"},
		{{.size = 4, .lines = true}, "abcd|e", "[abcd~][~$e$ 0-1uu]"},
		{{.size = 4}, "abcd|efgh", "[abcd~][~$ 0-0u][efgh~][~ 1-1u]"},
		/* An open line that is left takes the ends of its FILEs
		 * along. */
		{{.size = 8, .gather = true, .pause = 10}, "a\nbc||d",
			"[a$][bc$d 0-2uu]"},
		{{.size = 8, .chunk = 2, .wanted = true}, "a\nbc||d",
			"[a$][bc$ 0-1u][d 2-2u]"},
	};

	(void)state;
	play_all(games, COUNT(games));
}

static void files_are_kept_apart_where_that_is_wanted(void **state)
{
	static const struct game games[] = {
		{{.size = 16, .apart = true}, "a\n|b\n", "[a$ 0-0][b$ 1-1]"},
		/* Whether a newline comes between is seen when there is text.
		 */
		{{.size = 16, .apart = true}, "a|b", "[a 0-0u][b 1-1u]"},
		{{.size = 16, .apart = true}, "|a|", "[ 0-0][a 1-1u][ 2-2]"},
		{{.size = 4, .apart = true}, "abcd|e",
			"[abcd~][~ 0-0u][e 1-1u]"},
		{{.size = 16, .apart = true, .lines = true}, "a|b",
			"[a$ 0-0u][b$ 1-1u]"},
	};

	(void)state;
	play_all(games, COUNT(games));
}

static void a_bad_file_is_the_last_one_in_its_batch(void **state)
{
	static const struct game games[] = {
		{{.size = 16, .lines = true}, "a|b!|c",
			"[a$b$ 0-1!uu][c$ 2-2u]"},
		{{.size = 16}, "!|!|a", "[ 0-0!][ 1-1!][a 2-2u]"},
		/* The newline that is due finds its line gone. */
		{{.size = 16}, "a!|b", "[a 0-0!u][+b 1-1u]"},
		{{.size = 16, .apart = true}, "a!|b", "[a 0-0!u][b 1-1u]"},
	};

	(void)state;
	play_all(games, COUNT(games));
}

static void what_is_dropped_leaves_its_file_only(void **state)
{
	static const struct setting s = {.size = 16, .apart = true};
	struct play p;

	(void)state;
	begin(&p, &s);
	(void)cutter_begin(&p.cutter, 0, CUTTER_READ);
	read_file(&p, &s, BYTES("a\nbc"));
	cutter_drop(&p.cutter);
	cut(&p, cutter_end(&p.cutter, false, 0));
	(void)cutter_begin(&p.cutter, 1, CUTTER_READ);
	read_file(&p, &s, BYTES("d"));
	cut(&p, cutter_end(&p.cutter, true, 0));
	end(&p);
	assert_string_equal(p.log, "[ 0-0!][d 1-1u]");
	/* Also in the middle of a record, and without a batch. */
	begin(&p, &s);
	(void)cutter_begin(&p.cutter, 0, CUTTER_READ);
	read_file(&p, &s, BYTES("0123456789ABCDEF"));
	cutter_drop(&p.cutter);
	need(&p);
	cut(&p, cutter_end(&p.cutter, false, 0));
	end(&p);
	assert_string_equal(p.log, "[0123456789ABCDEF~][ 0-0!]");
}

static void a_full_batch_says_so_and_where_lines_are_wanted_they_end(
	void **state)
{
	static const struct setting s = {.size = 8};
	static const struct setting lines = {.size = 8, .lines = true};
	struct play p;
	struct batch *b;

	(void)state;
	begin(&p, &lines);
	(void)cutter_begin(&p.cutter, 0, CUTTER_READ);
	read_file(&p, &lines, BYTES("a\n"));
	b = cutter_cut(&p.cutter, CUTTER_WHOLE, NULL);
	assert_false(b->cut.full);
	assert_true(b->cut.terminate);
	put(&p, b);
	need(&p);
	memcpy(p.cutter.b->text, "abcdefg\n", 8);
	cutter_take(&p.cutter, 8, 0);
	b = cutter_cut(&p.cutter, CUTTER_FULL, NULL);
	assert_true(b->cut.full);
	assert_false(b->cut.open);
	put(&p, b);
	end(&p);
	begin(&p, &s);
	(void)cutter_begin(&p.cutter, 1, CUTTER_READ);
	read_file(&p, &s, BYTES("z"));
	(void)cutter_end(&p.cutter, true, 0);
	b = cutter_cut(&p.cutter, CUTTER_ALL, NULL);
	assert_false(b->cut.terminate);
	put(&p, b);
	end(&p);
}

static const struct text_selection csv = {.choice = TEXT_FIELDS,
	.delimiter = {','},
	.delimiter_len = 1,
	.quotes = true};

static void a_newline_in_quotes_is_no_place_to_cut(void **state)
{
	static const struct game games[] = {
		{{.size = 16, .apart = true, .selection = &csv},
			"a,\"b\nc\"\nd\n", "[a,\"b$c\"$d$ 0-0]"},
		{{.size = 16,
			 .chunk = 1,
			 .wanted = true,
			 .apart = true,
			 .selection = &csv},
			"a,\"b\nc\"\nd\n", "[a,\"b$c\"$][d$][ 0-0]"},
		/* Of a full batch what is in quotes moves on as a whole. */
		{{.size = 10, .apart = true, .selection = &csv},
			"abc\n\"d\ne\nf\"\n", "[abc$][\"d$e$f\"$ 0-0]"},
		/* A quote in a field without is a character. */
		{{.size = 10, .apart = true, .selection = &csv},
			"a\"c\nd\ne\nf\n", "[a\"c$d$e$f$][ 0-0]"},
		{{.size = 8, .apart = true, .selection = &csv},
			"a\"c\nd\ne\nf\n", "[a\"c$d$e$][f$ 0-0]"},
		/* Who waits at a prompt gets a record. */
		{{.size = 16,
			 .chunk = 3,
			 .manner = CUTTER_PROMPT,
			 .apart = true,
			 .selection = &csv},
			"\"a\nb\nc\"\nd\n", "[\"a$b$c\"$][d$][ 0-0]"},
	};

	(void)state;
	play_all(games, COUNT(games));
}

static void a_record_may_be_longer_than_a_batch(void **state)
{
	static const struct game games[] = {
		{{.size = 8, .apart = true, .selection = &csv},
			"\"a\nb\nc\nd\ne\nf\",x\ny\n",
			"[\"a$b$c$d~][~$e$f\",x$][y$ 0-0]"},
		{{.size = 8, .chunk = 1, .apart = true, .selection = &csv},
			"\"a\nb\nc\nd\ne\nf\",x\ny\n",
			"[\"a$b$c$d~][~$e$f\",x$][y$ 0-0]"},
		/* Cut between two quotes that are one, and behind the closing
		 * one. */
		{{.size = 8, .chunk = 3, .apart = true, .selection = &csv},
			"a,\"1234\"\"\n56\"\n7\n",
			"[a,\"1234\"~][~\"$56\"$7$][ 0-0]"},
		{{.size = 8, .chunk = 3, .apart = true, .selection = &csv},
			"a,\"1234\"\n\n", "[a,\"1234\"~][~$$ 0-0]"},
		{{.size = 8, .apart = true, .selection = &csv},
			"\"1\n2\n3\n4\n5\n6\n7\n8\n9\n0\",a\n\"b\nc\"\n",
			"[\"1$2$3$4~][~$5$6$7$8~][~$9$0\",a$][\"b$c\"$ "
			"0-0]"},
		/* What is left of each batch begins in quotes, too. */
		{{.size = 8, .apart = true, .selection = &csv},
			"\"abcdef\xC3\xA9ghijk\xC3\xA9\n\"\nx\n",
			"[\"abcdef~][~\xC3\xA9ghijk~][~\xC3\xA9$\"$x$ 0-0]"},
	};

	(void)state;
	play_all(games, COUNT(games));
}

static void what_is_selected_begins_anew_with_each_file(void **state)
{
	static const struct setting s = {
		.size = 16, .apart = true, .selection = &csv};
	static const struct game games[] = {
		{{.size = 16,
			 .chunk = 1,
			 .wanted = true,
			 .apart = true,
			 .selection = &csv},
			"\"a\n|b\nc\n", "[\"a$ 0-0][b$][c$][ 1-1]"},
		{{.size = 16, .apart = true, .selection = &csv}, "\"a|\"b\"\nc",
			"[\"a 0-0u][\"b\"$c 1-1u]"},
		{{.size = 8, .apart = true, .selection = &csv},
			"\"abcdefgh|i\nj\nk\nl\nm\n",
			"[\"abcdefg~][~h 0-0u][i$j$k$l$][m$ 1-1]"},
		{{.size = 16, .apart = true, .selection = &csv}, "\"a!|b\n",
			"[\"a 0-0!u][b$ 1-1]"},
	};
	struct play p;

	(void)state;
	assert_true(text_keeps_apart(&(struct text){.selection = &csv}));
	play_all(games, COUNT(games));
	/* Also behind what was dropped. */
	begin(&p, &s);
	(void)cutter_begin(&p.cutter, 0, CUTTER_READ);
	read_file(&p, &s, BYTES("a,\"b\nc"));
	cutter_drop(&p.cutter);
	cut(&p, cutter_end(&p.cutter, false, 0));
	(void)cutter_begin(&p.cutter, 1, CUTTER_READ);
	read_file(&p, &s, BYTES("d\ne\n"));
	cut(&p, cutter_end(&p.cutter, true, 0));
	end(&p);
	assert_string_equal(p.log, "[ 0-0!][d$e$ 1-1]");
}

static void files_that_end_with_a_record_share_a_batch(void **state)
{
	static const struct setting share = {
		.size = 16, .apart = true, .share = true, .selection = &csv};
	static const struct setting small = {
		.size = 8, .apart = true, .share = true, .selection = &csv};
	static const struct setting lines = {.size = 16,
		.lines = true,
		.apart = true,
		.share = true,
		.selection = &csv};
	static const struct setting slow = {.size = 8,
		.chunk = 2,
		.wanted = true,
		.apart = true,
		.share = true,
		.selection = &csv};
	const struct game games[] = {
		{share, "a\n|\"b\nc\"\n||d\n", "[a$\"b$c\"$d$ 0-3]"},
		/* Who leaves a line open, or a quote, is the last. */
		{share, "a\n|b|c\n", "[a$b 0-1u][c$ 2-2]"},
		{share, "a\n|\"b\n|c\n", "[a$\"b$ 0-1][c$ 2-2]"},
		{share, "\xEF\xBB\xBF|c\n", "[\xEF\xBB\xBF 0-0u][c$ 1-1]"},
		{lines, "a\n|b|c\n|", "[a$b$ 0-1u][c$ 2-3]"},
		{lines, "a\n|\"b|c\n|", "[a$\"b$ 0-1u][c$ 2-3]"},
		/* One that is bad, too, but only with those before. */
		{share, "a\n|b\n!|c\n", "[a$b$ 0-1!][c$ 2-2]"},
		/* What begins in the batch of another moves on. */
		{small, "ab\n|\"c\nde\"\nf\n", "[ab$ 0-0][\"c$de\"$][f$ 1-1]"},
		/* Where the one before has only ended, it is long, too. */
		{slow, "a\n|\"bcdefghij\n\"\nk\n",
			"[a$][\"bcdefgh 0-0~][~ij$\"$][k$][ 1-1]"},
		{small, "abcdefg\n|\"bcdefghij\n\"\nk\n",
			"[abcdefg$][\"bcdefgh 0-0~][~ij$\"$k$ 1-1]"},
		/* In the middle of a record nobody follows. */
		{small, "\"bcdef\n|a\n", "[\"bcdef$ 0-0][a$ 1-1]"},
		{small, "\"bcdefg\n|a\n", "[\"bcdefg$~][~ 0-0][a$ 1-1]"},
	};

	(void)state;
	play_all(games, COUNT(games));
}

/* For who goes on in the place of a reader that is stuck. */
static void what_is_in_a_batch_can_move_to_another(void **state)
{
	static const struct setting s = {.size = 8, .lines = true};
	struct batch *first, *next;
	struct play p;

	(void)state;
	begin(&p, &s);
	(void)cutter_begin(&p.cutter, 0, CUTTER_READ);
	read_file(&p, &s, BYTES("0123456789\nab"));
	assert_string_equal(p.log, "[01234567~]");
	first = p.cutter.b;
	next = get(&p);
	cutter_move(&p.cutter, next);
	assert_int_equal(first->len, 0);
	assert_memory_equal(first->text, "89\nab", 5);
	memset(first->text, 'x', s.size);
	put(&p, first);
	read_file(&p, &s, BYTES("c"));
	cut(&p, cutter_end(&p.cutter, false, 0));
	end(&p);
	assert_string_equal(p.log, "[01234567~][~89$abc$ 0-0!u]");
}

static void no_more_files_end_in_a_batch_than_can_be_told_apart(void **state)
{
	static const struct setting s = {.size = 8};
	struct play p;

	(void)state;
	begin(&p, &s);
	for (size_t i = 0; i < 2 * BATCH_ENDS + 1; i++) {
		cut(&p, cutter_begin(&p.cutter, i, CUTTER_READ));
		need(&p);
		cut(&p, cutter_end(&p.cutter, true, 0));
	}
	end(&p);
	assert_string_equal(p.log, "[ 0-255][ 256-511][ 512-512]");
}

static void what_was_decoded_shares_no_batch(void **state)
{
	static const struct setting s = {.size = 8};
	static const bool decoded[] = {false, true, true, false};
	struct play p;

	(void)state;
	begin(&p, &s);
	need(&p);
	for (size_t i = 0; i < COUNT(decoded); i++) {
		cut(&p, cutter_begin(&p.cutter, i, CUTTER_READ));
		cut(&p, cutter_set_decoded(&p.cutter, decoded[i]));
		need(&p);
		assert_int_equal(p.cutter.b->inputs.decoded, decoded[i]);
		read_file(&p, &s, BYTES("a"));
		cut(&p, cutter_end(&p.cutter, true, 0));
	}
	end(&p);
	assert_string_equal(p.log, "[a 0-0u][+a$a 1-2uu][+a 3-3u]");
	/* Nor does what is cut off forget it. */
	begin(&p, &s);
	need(&p);
	cut(&p, cutter_set_decoded(&p.cutter, true));
	read_file(&p, &s, BYTES("abc\ndefghi"));
	assert_true(p.cutter.b->inputs.decoded);
	cut(&p, cutter_end(&p.cutter, true, 0));
	end(&p);
}

static void what_a_file_is_goes_with_all_of_its_text(void **state)
{
	static const struct setting s = {.size = 8, .apart = true};
	static const struct batch_origin origins[] = {{.mark = {.size = 11}},
		{.mark = {.size = 5}, .form = BATCH_GZIP},
		{.mark = {.size = 7}}};
	static const char *const texts[] = {"abc\ndefghi", "x", ""};
	struct play p;

	(void)state;
	begin(&p, &s);
	need(&p);
	for (size_t i = 0; i < COUNT(origins); i++) {
		/* What is cut off here is of the one before. */
		cut(&p, cutter_begin(&p.cutter, i, CUTTER_READ));
		cutter_set_origin(&p.cutter, &origins[i]);
		need(&p);
		read_file(&p, &s, texts[i], strlen(texts[i]));
		cut(&p, cutter_end(&p.cutter, true, 0));
	}
	end(&p);
	assert_string_equal(
		p.log, "[abc$@11][defghi 0-0u@11][x 1-1u@5z][ 2-2@7]");
}

/* Any text in any chunks through batches of any size: what is cut off, one
 * behind the other, is what was put in, and lines are only cut when they are
 * longer than a batch. */
static void nothing_is_lost_or_doubled(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct setting s = {.size = 4 + support_random(&seed) % 9,
			.chunk = support_random(&seed) % 5,
			.wanted = support_random(&seed) % 2};
		char text[41], got[64] = "", *at = got;
		size_t len = support_random(&seed) % 40;
		struct play p;

		for (size_t j = 0; j < len; j++)
			text[j] = support_random(&seed) % 4 ? 'x' : '\n';
		text[len] = '\0';
		play(&p, &s, text);
		for (const char *c = p.log; *c; c++) {
			if (*c == '$')
				*at++ = '\n';
			else if (*c == 'x')
				*at++ = 'x';
		}
		*at = '\0';
		assert_string_equal(got, text);
	}
}

static void an_empty_line_is_a_whole_record(void **state)
{
	static const struct setting setting = {.size = 64};
	struct play p;

	(void)state;
	begin(&p, &setting);
	assert_int_equal(cutter_rest(&p.cutter), CUTTER_NOTHING);
	cut(&p, cutter_begin(&p.cutter, 0, CUTTER_READ));
	need(&p);
	assert_int_equal(cutter_rest(&p.cutter), CUTTER_NOTHING);
	read_file(&p, &setting, "\n", 1);
	assert_int_equal(cutter_rest(&p.cutter), CUTTER_WHOLE);
	cut(&p, CUTTER_WHOLE);
	assert_int_equal(cutter_rest(&p.cutter), CUTTER_NOTHING);
	need(&p);
	read_file(&p, &setting, "a", 1);
	assert_int_equal(cutter_rest(&p.cutter), CUTTER_NOTHING);
	cut(&p, cutter_end(&p.cutter, true, p.now));
	end(&p);
}

/* A batch that was only given is nothing; text is something before its FILE has
 * ended, and so is the end of a FILE without any. */
static void it_is_empty_only_without_anything(void **state)
{
	static const struct setting setting = {.size = 64};
	struct play p;

	(void)state;
	begin(&p, &setting);
	assert_true(cutter_is_empty(&p.cutter));
	cut(&p, cutter_begin(&p.cutter, 0, CUTTER_READ));
	need(&p);
	assert_true(cutter_is_empty(&p.cutter));
	read_file(&p, &setting, "a", 1);
	assert_false(cutter_is_empty(&p.cutter));
	cut(&p, cutter_end(&p.cutter, true, p.now));
	end(&p);
	begin(&p, &setting);
	cut(&p, cutter_begin(&p.cutter, 0, CUTTER_READ));
	need(&p);
	cut(&p, cutter_end(&p.cutter, true, p.now));
	assert_false(cutter_is_empty(&p.cutter));
	end(&p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_batches_are_cut_behind_the_last_line),
		cmocka_unit_test(whole_lines_go_on_when_somebody_is_free),
		cmocka_unit_test(
			the_beginning_of_a_line_goes_on_when_no_more_is_there),
		cmocka_unit_test(
			lines_are_gathered_for_the_interval_after_the_first),
		cmocka_unit_test(the_deadline_is_the_end_of_the_interval),
		cmocka_unit_test(files_are_not_glued),
		cmocka_unit_test(files_are_kept_apart_where_that_is_wanted),
		cmocka_unit_test(a_bad_file_is_the_last_one_in_its_batch),
		cmocka_unit_test(what_is_dropped_leaves_its_file_only),
		cmocka_unit_test(
			a_full_batch_says_so_and_where_lines_are_wanted_they_end),
		cmocka_unit_test(a_newline_in_quotes_is_no_place_to_cut),
		cmocka_unit_test(a_record_may_be_longer_than_a_batch),
		cmocka_unit_test(what_is_selected_begins_anew_with_each_file),
		cmocka_unit_test(files_that_end_with_a_record_share_a_batch),
		cmocka_unit_test(what_is_in_a_batch_can_move_to_another),
		cmocka_unit_test(
			no_more_files_end_in_a_batch_than_can_be_told_apart),
		cmocka_unit_test(what_was_decoded_shares_no_batch),
		cmocka_unit_test(what_a_file_is_goes_with_all_of_its_text),
		cmocka_unit_test(an_empty_line_is_a_whole_record),
		cmocka_unit_test(it_is_empty_only_without_anything),
		cmocka_unit_test(nothing_is_lost_or_doubled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
