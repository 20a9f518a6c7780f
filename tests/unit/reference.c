#include "config.h"

#include "reference.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	CODE_POINTS = 0x110000,
	VALUES = 4,
	BAD = CODE_POINTS, /* stands for an ill-formed sequence */
};

/* Code points; n == 0 where there is nothing to say. */
struct chars {
	uint32_t c[VALUES];
	unsigned n;
};

static struct chars simple[CODE_POINTS], special[CODE_POINTS];
static struct chars greek[CODE_POINTS]; /* canonical decompositions */
static bool soft_dotted[CODE_POINTS + 1], cased[CODE_POINTS + 1],
	ignorable[CODE_POINTS + 1];
static unsigned char combining_class[CODE_POINTS + 1];

/* A character of the text, or an ill-formed sequence of it. */
struct item {
	uint32_t c; /* BAD for an ill-formed sequence */
	size_t at, len;
};

struct text {
	const unsigned char *src;
	struct item *item;
	size_t n;
};

static FILE *open_data(const char *directory, const char *name)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s-18.0.txt", directory, name);
	f = fopen(path, "r");
	if (!f) {
		fprintf(stderr, "reference: cannot open %s: %s\n", path,
			strerror(errno));
		exit(1);
	}
	return f;
}

static void load_chars(
	const char *directory, const char *name, struct chars *table)
{
	FILE *f = open_data(directory, name);
	char line[256];

	while (fgets(line, sizeof(line), f)) {
		char *p;
		struct chars *chars = &table[strtoul(line, &p, 16)];

		while (chars->n < VALUES && (*p == ';' || *p == ' '))
			chars->c[chars->n++] = (uint32_t)strtoul(p + 1, &p, 16);
	}
	fclose(f);
}

static void load_ranges(const char *directory, const char *name, bool *table,
	unsigned char *values)
{
	FILE *f = open_data(directory, name);
	char line[256];

	while (fgets(line, sizeof(line), f)) {
		char *p;
		unsigned long first = strtoul(line, &p, 16), last = first;

		if (*p == '.')
			last = strtoul(p + 2, &p, 16);
		for (; first <= last; first++) {
			if (table)
				table[first] = true;
			else
				values[first] = (unsigned char)atoi(p + 1);
		}
	}
	fclose(f);
}

void reference_load(const char *directory)
{
	load_chars(directory, "simple-upper", simple);
	load_chars(directory, "special-upper", special);
	load_chars(directory, "greek-letters", greek);
	load_ranges(directory, "soft-dotted", soft_dotted, NULL);
	load_ranges(directory, "cased", cased, NULL);
	load_ranges(directory, "case-ignorable", ignorable, NULL);
	load_ranges(directory, "combining-class", NULL, combining_class);
}

static void append(struct reference_result *r, const void *bytes, size_t n)
{
	if (n > 0)
		memcpy(r->bytes + r->len, bytes, n);
	r->len += n;
}

static void append_char(struct reference_result *r, uint32_t c)
{
	unsigned char b[4];

	if (c < 0x80) {
		b[0] = (unsigned char)c;
		append(r, b, 1);
	} else if (c < 0x800) {
		b[0] = (unsigned char)(0xC0 + c / 64);
		b[1] = (unsigned char)(0x80 + c % 64);
		append(r, b, 2);
	} else if (c < 0x10000) {
		b[0] = (unsigned char)(0xE0 + c / 4096);
		b[1] = (unsigned char)(0x80 + c / 64 % 64);
		b[2] = (unsigned char)(0x80 + c % 64);
		append(r, b, 3);
	} else {
		b[0] = (unsigned char)(0xF0 + c / 262144);
		b[1] = (unsigned char)(0x80 + c / 4096 % 64);
		b[2] = (unsigned char)(0x80 + c / 64 % 64);
		b[3] = (unsigned char)(0x80 + c % 64);
		append(r, b, 4);
	}
}

/* Table 3-7 of the Unicode Standard, line by line. */
static const struct {
	unsigned char n, low[4], high[4];
} well_formed[] = {
	{1, {0x00}, {0x7F}},
	{2, {0xC2, 0x80}, {0xDF, 0xBF}},
	{3, {0xE0, 0xA0, 0x80}, {0xE0, 0xBF, 0xBF}},
	{3, {0xE1, 0x80, 0x80}, {0xEC, 0xBF, 0xBF}},
	{3, {0xED, 0x80, 0x80}, {0xED, 0x9F, 0xBF}},
	{3, {0xEE, 0x80, 0x80}, {0xEF, 0xBF, 0xBF}},
	{4, {0xF0, 0x90, 0x80, 0x80}, {0xF0, 0xBF, 0xBF, 0xBF}},
	{4, {0xF1, 0x80, 0x80, 0x80}, {0xF3, 0xBF, 0xBF, 0xBF}},
	{4, {0xF4, 0x80, 0x80, 0x80}, {0xF4, 0x8F, 0xBF, 0xBF}},
};

/* How many bytes at p fit line i of the table. */
static size_t fitting(size_t i, const unsigned char *p, size_t len)
{
	size_t k = 0;

	while (k < well_formed[i].n && k < len &&
		p[k] >= well_formed[i].low[k] && p[k] <= well_formed[i].high[k])
		k++;
	return k;
}

/* The longest beginning of a line of the table: a character if it is a whole
 * line, else the maximal subpart; one byte if nothing fits. No byte begins two
 * lines. */
static struct item next_item(const unsigned char *src, size_t at, size_t len)
{
	static const unsigned char payload[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
	struct item item = {BAD, at, 1};
	size_t i = 0, n = 0;

	while (n == 0 && i < sizeof(well_formed) / sizeof(well_formed[0]))
		n = fitting(i++, src + at, len - at);
	if (n == 0)
		return item;
	item.len = n;
	if (n == well_formed[i - 1].n) {
		item.c = src[at] & payload[n];
		for (size_t k = 1; k < n; k++)
			item.c = item.c * 64 + src[at + k] % 64;
	}
	return item;
}

static struct text decode(const unsigned char *src, size_t len)
{
	struct text t = {src, calloc(len + 1, sizeof(*t.item)), 0};

	if (!t.item)
		abort();
	for (size_t at = 0; at < len; at += t.item[t.n++].len)
		t.item[t.n] = next_item(src, at, len);
	return t;
}

static uint32_t simple_upper(uint32_t c)
{
	return c < CODE_POINTS && simple[c].n ? simple[c].c[0] : c;
}

static void map_item(
	const struct upcase *u, uint32_t c, struct reference_result *r)
{
	bool full = u->mapping == UPCASE_FULL;

	if (u->mapping == UPCASE_ASCII) {
		append_char(r, c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
	} else if (c == 'i' &&
		   (u->language == UPCASE_TR || u->language == UPCASE_AZ)) {
		append_char(r, 0x0130);
	} else if (c == 0x0587 && u->language == UPCASE_HY) {
		append_char(r, 0x0535);
		append_char(r, 0x054E);
	} else if (full && special[c].n) {
		for (unsigned i = 0; i < special[c].n; i++)
			append_char(r, special[c].c[i]);
	} else {
		append_char(r, simple_upper(c));
	}
}

/* After_Soft_Dotted of the Unicode Standard, section 3.13, looking back. */
static bool after_soft_dotted(const struct text *t, size_t i)
{
	while (i-- > 0) {
		uint32_t c = t->item[i].c;

		if (soft_dotted[c])
			return true;
		if (combining_class[c] == 0 || combining_class[c] == 230)
			return false;
	}
	return false;
}

static bool one_of(uint32_t c, const uint32_t *set)
{
	for (; *set; set++)
		if (*set == c)
			return true;
	return false;
}

static const uint32_t accents[] = {
	0x0300, 0x0301, 0x0302, 0x0303, 0x0311, 0x0342, 0x0344, 0};
static const uint32_t dialytika[] = {0x0308, 0x0344, 0};
static const uint32_t breathings[] = {
	0x0304, 0x0306, 0x0313, 0x0314, 0x0343, 0};
static const uint32_t vowels[] = {
	0x0391, 0x0395, 0x0397, 0x0399, 0x039F, 0x03A5, 0x03A9, 0};

static bool is_mark(uint32_t c)
{
	return one_of(c, accents) || one_of(c, dialytika) ||
	       one_of(c, breathings) || c == 0x0345;
}

/* What is to be known of a Greek letter with its marks. */
struct letter {
	uint32_t upper;
	bool vowel, accent, own_accent, dialytika, own_dialytika;
	unsigned iotas;
};

static void add_mark(struct letter *l, uint32_t c)
{
	l->accent = l->accent || one_of(c, accents);
	l->dialytika = l->dialytika || one_of(c, dialytika);
	l->iotas += c == 0x0345;
}

static struct letter letter_of(uint32_t c)
{
	struct letter l = {.upper = simple_upper(greek[c].c[0])};

	for (unsigned i = 1; i < greek[c].n; i++)
		add_mark(&l, greek[c].c[i]);
	l.vowel = one_of(l.upper, vowels);
	l.own_accent = l.accent;
	l.own_dialytika = l.dialytika;
	return l;
}

/* Whether a cased character stands before item i, past ignorable ones. */
static bool cased_before(const struct text *t, size_t i)
{
	while (i-- > 0)
		if (!ignorable[t->item[i].c])
			return cased[t->item[i].c];
	return false;
}

/* Likewise from item i on, as far as the engine promises to look. */
static bool cased_behind(const struct text *t, size_t i)
{
	size_t seen = 0;

	for (; i < t->n; i++) {
		if (!ignorable[t->item[i].c])
			return cased[t->item[i].c];
		seen += t->item[i].len;
		if (seen > UPCASE_LOOKAHEAD)
			return false;
	}
	return false;
}

static void put_letter(
	struct reference_result *r, const struct letter *l, bool keeps_tonos)
{
	uint32_t c = l->upper;
	bool mark = l->dialytika;

	if (keeps_tonos && l->own_accent)
		c = 0x0389;
	if (l->own_dialytika && (c == 0x0399 || c == 0x03A5)) {
		c = c == 0x0399 ? 0x03AA : 0x03AB;
		mark = false;
	}
	append_char(r, c);
	if (mark)
		append_char(r, 0x0308);
	if (keeps_tonos && !l->own_accent)
		append_char(r, 0x0301);
	for (unsigned i = 0; i < l->iotas; i++)
		append_char(r, 0x0399);
}

/* Converts the letter at item i with its marks; returns the item behind. *prev
 * is the letter right before, if there is one, and becomes this one. */
static size_t put_greek(const struct text *t, size_t i, struct letter *prev,
	struct reference_result *r)
{
	struct letter l = letter_of(t->item[i].c);
	size_t behind = i + 1, bytes = 0;
	bool alone;

	if ((l.upper == 0x0399 || l.upper == 0x03A5) && prev->vowel &&
		prev->accent && !prev->own_dialytika) {
		l.dialytika = true;
		l.own_dialytika = l.own_dialytika || prev->own_accent;
	}
	for (; behind < t->n && is_mark(t->item[behind].c); behind++) {
		bytes += t->item[behind].len;
		if (bytes > UPCASE_LOOKAHEAD)
			break;
		add_mark(&l, t->item[behind].c);
	}
	alone = !cased_before(t, i) && !cased_behind(t, behind);
	put_letter(
		r, &l, l.upper == 0x0397 && l.accent && l.iotas == 0 && alone);
	*prev = l;
	return behind;
}

static void put_bad(const struct upcase *u, const struct text *t, size_t i,
	struct reference_result *r)
{
	const struct item *item = &t->item[i];

	if (r->invalid++ == 0)
		r->first_bad = item->at;
	if (u->invalid == UPCASE_FAIL)
		r->err = -EILSEQ;
	else if (u->invalid == UPCASE_REPLACE)
		append_char(r, 0xFFFD);
	else
		append(r, t->src + item->at, item->len);
}

struct reference_result reference_convert(
	const struct upcase *u, const unsigned char *src, size_t len)
{
	struct reference_result r = {.bytes = malloc(len * 4 + 1)};
	struct text t = decode(src, len);
	struct letter prev = {0};
	size_t i = 0;

	if (!r.bytes)
		abort();
	while (i < t.n && !r.err) {
		uint32_t c = t.item[i].c;

		if (c != BAD && u->language == UPCASE_EL && greek[c].n) {
			i = put_greek(&t, i, &prev, &r);
			continue;
		}
		if (c == BAD)
			put_bad(u, &t, i, &r);
		else if (c != 0x0307 || u->language != UPCASE_LT ||
			 !after_soft_dotted(&t, i))
			map_item(u, c, &r);
		prev = (struct letter){0};
		i++;
	}
	free(t.item);
	return r;
}
