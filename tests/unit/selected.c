#include "config.h"

#include "selected.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What does not hold ends the program. */
#define must(holds) ((holds) ? (void)0 : give_up(__FILE__, __LINE__, #holds))

__attribute__((noreturn)) static void give_up(
	const char *file, int line, const char *what)
{
	(void)fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
	abort();
}

uint32_t selected_random(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

static void *allocate(size_t size)
{
	void *p = malloc(size > 0 ? size : 1);

	must(p);
	return p;
}

void selected_release(struct selected *s)
{
	free(s->bytes);
	s->bytes = NULL;
}

/* ---- By the book ---- */

struct book {
	const struct text *t;
	const struct text_selection *s;
	const struct ranges *columns;
	const unsigned char *p;
	size_t len;
	struct selected out;
};

static void leave(struct book *b, size_t from, size_t to)
{
	if (b->out.err)
		return;
	if (to > from)
		memcpy(b->out.bytes + b->out.len, b->p + from, to - from);
	b->out.len += to - from;
}

static void place(struct book *b, size_t at)
{
	b->out.bad_at = at;
	b->out.bad_line = b->out.bad_column = 0;
	for (size_t i = 0; i < at; i++) {
		b->out.bad_column += (b->p[i] & 0xC0) != 0x80;
		if (b->p[i] == '\n') {
			b->out.bad_line++;
			b->out.bad_column = 0;
		}
	}
}

static void turn(struct book *b, size_t from, size_t to)
{
	size_t room = upcase_bound(to - from);
	unsigned char *out = allocate(room);
	struct upcase_state state;
	struct upcase_result r;

	if (b->out.err) {
		free(out);
		return;
	}
	upcase_state_init(&state);
	b->out.err = upcase_convert(b->t->upcase, &state, b->p + from,
		to - from, true, out, room, &r);
	must(b->out.err == 0 || b->out.err == -EILSEQ);
	if (r.invalid > 0 && b->out.invalid == 0)
		place(b, from + (size_t)r.first_bad);
	b->out.invalid += r.invalid;
	memcpy(b->out.bytes + b->out.len, out, r.produced);
	b->out.len += r.produced;
	free(out);
}

static bool is_in(const struct ranges *ranges, uint32_t number)
{
	for (size_t i = 0; ranges && i < ranges->n; i++)
		if (ranges->list[i].first <= number &&
			number <= ranges->list[i].last)
			return true;
	return false;
}

static bool is_left(const struct book *b, size_t at)
{
	for (size_t i = 0; i < b->s->n_prefixes; i++) {
		const struct selection_prefix *prefix = &b->s->prefixes[i];

		if (b->len - at >= prefix->len &&
			memcmp(b->p + at, prefix->bytes, prefix->len) == 0)
			return true;
	}
	return false;
}

static size_t line_end(const struct book *b, size_t at)
{
	while (at < b->len && b->p[at] != '\n')
		at++;
	return at < b->len ? at + 1 : at;
}

static void be_wrong(struct book *b, size_t at)
{
	b->out.wrong = true;
	for (size_t i = 0; i < at; i++)
		b->out.wrong_line += b->p[i] == '\n';
}

static bool at_delimiter(const struct book *b, size_t at)
{
	return b->len - at >= b->s->delimiter_len &&
	       memcmp(b->p + at, b->s->delimiter, b->s->delimiter_len) == 0;
}

/* Behind the field at `at`, before its delimiter or newline. */
static size_t field_end(struct book *b, size_t at)
{
	size_t begin = at;

	if (b->s->quotes && at < b->len && b->p[at] == '"') {
		for (at++; at < b->len; at++) {
			if (b->p[at] != '"')
				continue;
			if (at + 1 == b->len || b->p[at + 1] != '"')
				break;
			at++;
		}
		if (at >= b->len) {
			if (!b->out.err)
				be_wrong(b, begin);
			return b->len;
		}
		at++;
	}
	while (at < b->len && b->p[at] != '\n' && !at_delimiter(b, at))
		at++;
	return at;
}

/* A record of fields from `at` on; returns behind it. */
static size_t fields(struct book *b, size_t at, bool header)
{
	const struct ranges *ranges =
		b->s->columns ? b->columns : &b->s->ranges;
	uint32_t number = 1;

	for (;; number++) {
		size_t end = field_end(b, at);

		if (header || !is_in(ranges, number))
			leave(b, at, end);
		else
			turn(b, at, end);
		if (b->out.err) { /* that comes before an open quote */
			b->out.wrong = false;
			b->out.wrong_line = 0;
			return b->len;
		}
		if (end == b->len)
			return end;
		if (b->p[end] == '\n') {
			leave(b, end, end + 1);
			return end + 1;
		}
		leave(b, end, end + b->s->delimiter_len);
		at = end + b->s->delimiter_len;
	}
}

static size_t character_end(const struct book *b, size_t at, size_t end)
{
	struct upcase u;
	struct upcase_state state;
	struct upcase_result r;
	unsigned char out[64 + 3 * UPCASE_LOOKAHEAD + 4096];

	/* As long as it is the beginning of one. */
	must(upcase_init(&u, UPCASE_FULL, UPCASE_ROOT, UPCASE_KEEP) == 0);
	for (size_t n = 1; n <= 4 && at + n <= end; n++) {
		upcase_state_init(&state);
		must(upcase_convert(&u, &state, b->p + at, n, true, out,
			     sizeof(out), &r) == 0);
		if (r.invalid == 0)
			return at + n;
		if (text_incomplete(b->p + at, n) != n)
			return at + (n > 1 ? n - 1 : 1);
	}
	return end;
}

static size_t characters(struct book *b, size_t at)
{
	size_t end = line_end(b, at), text = end;
	uint32_t number = 1;

	if (end > at && b->p[end - 1] == '\n')
		text--;
	while (at < text) {
		bool chosen = is_in(&b->s->ranges, number);
		size_t begin = at;

		while (at < text && is_in(&b->s->ranges, number) == chosen) {
			at = character_end(b, at, text);
			number++;
		}
		if (chosen)
			turn(b, begin, at);
		else
			leave(b, begin, at);
	}
	leave(b, text, end);
	return end;
}

static void reads(struct book *b, size_t at)
{
	for (unsigned line = 0; at < b->len && !b->out.err; line++) {
		size_t end = line_end(b, at);

		if ((line % 4 == 0 && b->p[at] != '@') ||
			(line % 4 == 2 && b->p[at] != '+')) {
			be_wrong(b, at);
			leave(b, at, b->len);
			return;
		}
		if (line % 4 == 1)
			turn(b, at, end);
		else
			leave(b, at, end);
		at = end;
	}
}

static size_t record(struct book *b, size_t at, bool *header)
{
	size_t end = line_end(b, at);

	if (is_left(b, at)) {
		leave(b, at, end);
		return end;
	}
	if (b->s->choice == TEXT_FIELDS) {
		end = fields(b, at, *header);
	} else if (*header) {
		leave(b, at, end);
	} else if (b->s->choice == TEXT_CHARACTERS) {
		end = characters(b, at);
	} else {
		turn(b, at, end);
	}
	*header = false;
	return end;
}

struct selected selected_plainly(const struct text *t,
	const struct ranges *columns, const unsigned char *p, size_t len)
{
	struct book b = {.t = t,
		.s = t->selection,
		.columns = columns,
		.p = p,
		.len = len,
		.out = {.bytes = allocate(text_bound(len))}};
	bool header = b.s->header;
	size_t at = 0;

	if (len >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) {
		leave(&b, 0, 3);
		at = 3;
	}
	if (b.s->choice == TEXT_READS)
		reads(&b, at);
	else
		while (at < len && !b.out.err)
			at = record(&b, at, &header);
	return b.out;
}

/* ---- In batches ---- */

struct run {
	const struct text *t;
	size_t size;
	unsigned char *batch; /* what is not cut off yet */
	size_t len, whole;
	bool open; /* the piece before ended in a record */
	struct text_state begin, now, at_whole;
	struct text_engine engine;
	struct selected out;
	size_t at;	       /* so much was cut off: */
	uint64_t lines, chars; /* lines, and characters of the last one */
};

/* What one piece has come to is part of the whole. */
static void add(struct run *r, const struct text_result *result)
{
	if (result->invalid > 0 && r->out.invalid == 0) {
		must(result->bad_at >= 0);
		r->out.bad_at = r->at + (size_t)result->bad_at;
		r->out.bad_line = r->lines + result->bad_line;
		r->out.bad_column = result->bad_column +
				    (result->bad_line > 0 ? 0 : r->chars);
	}
	r->out.invalid += result->invalid;
	if (result->wrong.met) {
		must(!r->out.wrong);
		r->out.wrong = true;
		r->out.wrong_line = r->lines + (uint64_t)result->wrong.line;
		memcpy(r->out.words, result->wrong.words, sizeof(r->out.words));
	}
	memcpy(r->out.bytes + r->out.len, result->out, result->produced);
	r->out.len += result->produced;
}

static void count(struct run *r, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		r->chars += (r->batch[i] & 0xC0) != 0x80;
		if (r->batch[i] == '\n') {
			r->lines++;
			r->chars = 0;
		}
	}
}

/* Cuts off n bytes and turns them, in memory of just their size. */
static void cut(struct run *r, size_t n, bool open, bool ends, bool in_place)
{
	unsigned char *text = allocate(n), *spare = allocate(text_bound(n));
	bool in_pieces = r->open || open;
	struct text_result result;
	struct text_piece piece = {.begin = &r->begin,
		.last = !open,
		.ends = ends,
		.text = text,
		.len = n,
		.in_place = in_place,
		.spare = spare,
		.room = text_bound(n)};

	memcpy(text, r->batch, n);
	if (in_pieces && text_has_context(r->t)) {
		if (!r->open)
			text_engine_begin(&r->engine);
		piece.engine = &r->engine;
	}
	r->out.err = text_convert(r->t, &piece, &result);
	must(r->out.err == 0 || text_can_fail(r->t));
	if (!in_place)
		must(n == 0 || memcmp(text, r->batch, n) == 0);
	add(r, &result);
	count(r, n);
	if (n == r->whole && n > 0) {
		r->begin = r->at_whole;
	} else {
		struct text_state at_end;

		(void)text_scan(r->t, &r->begin, &at_end, r->batch, 0, n);
	}
	memmove(r->batch, r->batch + n, r->len - n);
	r->at += n;
	r->len -= n;
	r->whole = 0;
	r->open = open;
	free(text);
	free(spare);
}

/* A full batch without a whole record: as cutter.c does it. */
static size_t open_place(const struct run *r)
{
	return r->len - text_incomplete(r->batch, r->len);
}

struct selected selected_in_batches(const struct text *t,
	const unsigned char *p, size_t len, size_t size, uint32_t *random)
{
	size_t least = text_least(t);
	struct run r = {.t = t,
		.size = size < least ? least : size,
		.out = {.bytes = allocate(2 * text_bound(len))}};

	r.batch = allocate(r.size);
	while (len > 0 && !r.out.err) {
		uint32_t x = selected_random(random);
		size_t n = 1 + x % r.size, end;

		if (n > r.size - r.len)
			n = r.size - r.len;
		if (n > len)
			n = len;
		memcpy(r.batch + r.len, p, n);
		p += n;
		len -= n;
		end = text_scan(
			t, &r.now, &r.at_whole, r.batch, r.len, r.len + n);
		if (end > 0)
			r.whole = end;
		r.len += n;
		if (r.whole > 0 && (r.len == r.size || x / 1024 % 4 == 0))
			cut(&r, r.whole, false, false, x / 65536 % 4);
		else if (r.len == r.size)
			cut(&r, open_place(&r), true, false, x / 65536 % 4);
	}
	if (!r.out.err)
		cut(&r, r.len, false, true, true);
	free(r.batch);
	return r.out;
}

bool selected_can_cut(const struct text *t, const unsigned char *p, size_t at)
{
	const struct text_state begin = {0};
	size_t open = at - text_whole(t, &begin, p, at);

	return text_incomplete(p, at) == 0 &&
	       (open == 0 || open >= text_least(t));
}

struct selected selected_cut_at(
	const struct text *t, const unsigned char *p, size_t len, size_t at)
{
	struct run r = {
		.t = t, .out = {.bytes = allocate(2 * text_bound(len))}};

	r.batch = allocate(len);
	if (at > 0) {
		memcpy(r.batch, p, at);
		r.len = at;
		r.whole = text_scan(t, &r.now, &r.at_whole, r.batch, 0, at);
		cut(&r, at, r.whole < at, false, true);
	}
	if (!r.out.err) {
		memcpy(r.batch, p + at, len - at);
		r.len = len - at;
		cut(&r, r.len, false, true, true);
	}
	free(r.batch);
	return r.out;
}

/* ---- What there is to select ---- */

static const struct selection_prefix fasta[] = {{">", 1}, {";", 1}};
static const struct selection_prefix hash[] = {
	{"#", 1}, {"##>", 3}, {"\xC3", 1}};
static const struct selection_prefix lines[] = {
	{"ab", 2}, {"\"a", 2}, {"\n", 1}};

static void choose_ranges(struct ranges *r, uint32_t x)
{
	static const struct range some[] = {{1, 1}, {2, 2}, {3, 5}, {2, 4},
		{7, RANGES_MOST}, {20, 40}, {4, 4}, {1, 3}};

	for (unsigned i = 0; i < 8; i++)
		if (x >> i & 1)
			must(ranges_add(r, some[i].first, some[i].last) == 0);
	if (x >> 8 & 1)
		must(ranges_complement(r) == 0);
}

void selected_choose(struct text_selection *s, uint32_t x)
{
	static const enum text_choice choices[SELECTED_CHOICES] = {TEXT_LINES,
		TEXT_READS, TEXT_FIELDS, TEXT_CHARACTERS, TEXT_FIELDS,
		TEXT_ALL};
	static const char *const delimiters[] = {
		",", "\t", "\xD0\xB6", ",", "\xE6\x97\xA5"};

	*s = (struct text_selection){.choice = choices[x % SELECTED_CHOICES]};
	x /= SELECTED_CHOICES;
	if (s->choice == TEXT_READS || s->choice == TEXT_ALL)
		return;
	if (s->choice == TEXT_LINES || x % 4 == 0) {
		s->prefixes = x / 4 % 3 == 0   ? fasta
			      : x / 4 % 3 == 1 ? hash
					       : lines;
		s->n_prefixes = x / 4 % 3 == 0 ? 2 : 3;
	}
	if (s->choice == TEXT_LINES)
		return;
	x /= 16;
	s->header = x % 4 == 0;
	x /= 4;
	choose_ranges(&s->ranges, x);
	x /= 512;
	memcpy(s->delimiter, delimiters[x % 5], strlen(delimiters[x % 5]));
	s->delimiter_len = strlen(delimiters[x % 5]);
	s->quotes = s->choice == TEXT_FIELDS && x / 5 % 2;
}

void selected_engine(struct upcase *u, uint32_t x)
{
	static const struct {
		enum upcase_mapping mapping;
		enum upcase_language language;
	} settings[] = {
		{UPCASE_FULL, UPCASE_ROOT},
		{UPCASE_FULL, UPCASE_TR},
		{UPCASE_FULL, UPCASE_LT},
		{UPCASE_FULL, UPCASE_EL},
		{UPCASE_FULL, UPCASE_HY},
		{UPCASE_SIMPLE, UPCASE_ROOT},
		{UPCASE_SIMPLE, UPCASE_AZ},
		{UPCASE_ASCII, UPCASE_ROOT},
	};
	static const enum upcase_invalid modes[] = {
		UPCASE_KEEP, UPCASE_KEEP, UPCASE_REPLACE, UPCASE_FAIL};
	size_t n = 0;

	must(upcase_init(u, settings[x % 8].mapping, settings[x % 8].language,
		     modes[x / 8 % 4]) == 0);
	while (upcase_variant_name(n) && upcase_variant_runs(n))
		n++;
	must(upcase_use_variant(
		     u, upcase_variant_name(x / SELECTED_ENGINES % n)) == 0);
}

bool selected_same(const struct selected *a, const struct selected *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0 &&
	       a->invalid == b->invalid && a->bad_line == b->bad_line &&
	       a->bad_column == b->bad_column && a->bad_at == b->bad_at &&
	       a->err == b->err && a->wrong == b->wrong &&
	       a->wrong_line == b->wrong_line;
}

static void show(const char *what, const unsigned char *p, size_t len)
{
	(void)fprintf(stderr, "%s ", what);
	for (size_t i = 0; i < len; i++)
		(void)fprintf(stderr,
			p[i] >= ' ' && p[i] < 0x7F ? "%c" : "\\x%02x", p[i]);
	(void)fputc('\n', stderr);
}

static void show_selected(const char *what, const struct selected *s)
{
	show(what, s->bytes, s->len);
	(void)fprintf(stderr,
		"  error %d, invalid %" PRIu64 " at %zu (%" PRIu64 ":%" PRIu64
		"), wrong %d in line %" PRIu64 "\n",
		s->err, s->invalid, s->bad_at, s->bad_line, s->bad_column,
		s->wrong, s->wrong_line);
}

void selected_show(const struct text *t, const unsigned char *p, size_t len,
	const struct selected *is, const struct selected *should)
{
	const struct text_selection *s = t->selection;

	(void)fprintf(stderr,
		"choice %d prefixes %zu header %d quotes %d, mapping %d "
		"language %d invalid %d %s\n",
		(int)s->choice, s->n_prefixes, s->header, s->quotes,
		(int)t->upcase->mapping, (int)t->upcase->language,
		(int)t->upcase->invalid, upcase_variant_of(t->upcase));
	for (size_t i = 0; i < s->ranges.n; i++)
		(void)fprintf(stderr, "  %" PRIu32 "-%" PRIu32 "\n",
			s->ranges.list[i].first, s->ranges.list[i].last);
	show("text  ", p, len);
	show_selected("is    ", is);
	show_selected("should", should);
}
