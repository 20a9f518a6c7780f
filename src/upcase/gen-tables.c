/*
 * gen-tables - writes tables.c from the facts of Unicode in data/
 *
 * usage: gen-tables DATA-DIRECTORY >tables.c
 *
 * Run by developers when the data change, and by the tests, which compare.
 * tables.h tells what the tables mean.
 */
#include "config.h"

#include "upcase/tables.h"
#include "upcase/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNICODE "18.0"

enum {
	CODE_POINTS = 0x110000,
	ROW_NUMBERS = 512, /* different rows there may be */
	STRINGS = 4096,
	VALUES = 8, /* code points on one line of data */
	ABOVE = 230 /* the combining class of marks above */
};

static const char *data_directory;

static uint16_t full[CODE_POINTS];   /* places in strings */
static uint16_t simple[CODE_POINTS]; /* likewise */
static uint16_t fact[CODE_POINTS];

static struct tables_string strings[STRINGS];
static unsigned n_strings = 1; /* place 0 means: itself */

/* The trie of tables.h for one or two arrays of values. */
struct trie {
	uint16_t lead[256];
	uint16_t node[ROW_NUMBERS][TABLES_ROW];
	unsigned n_nodes;
	uint32_t row_begin[ROW_NUMBERS]; /* first code point of each row */
	unsigned n_rows;
};

static void die(const char *what, const char *which)
{
	fprintf(stderr, "gen-tables: %s: %s\n", what, which);
	exit(1);
}

static void die_at(uint32_t c, const char *what)
{
	fprintf(stderr, "gen-tables: U+%04X: %s\n", (unsigned)c, what);
	exit(1);
}

/* A line of data: code points first..last and what is said of them. */
struct line {
	uint32_t first, last;
	uint32_t value[VALUES];
	int n_values;
};

typedef void take_line(const struct line *line, unsigned argument);

/* "A..B;V V" or a part of it, with the values in the given base. */
static struct line parse(const char *file, const char *text, int base)
{
	struct line line = {0};
	char *end;

	line.first = (uint32_t)strtoul(text, &end, 16);
	line.last = line.first;
	if (end != text && strncmp(end, "..", 2) == 0)
		line.last = (uint32_t)strtoul(end + 2, &end, 16);
	if (*end == ';')
		end++;
	while (line.n_values < VALUES && *end != '\0' && *end != '\n')
		line.value[line.n_values++] =
			(uint32_t)strtoul(end, &end, base);
	if (end == text || *end != '\n' || line.first > line.last ||
		line.last >= CODE_POINTS)
		die(file, text);
	return line;
}

static void read_data(
	const char *name, int base, take_line *take, unsigned argument)
{
	char file[4096], text[256];
	FILE *f;

	snprintf(file, sizeof(file), "%s/%s-%s.txt", data_directory, name,
		UNICODE);
	f = fopen(file, "r");
	if (!f)
		die("cannot open", file);
	while (fgets(text, sizeof(text), f)) {
		struct line line = parse(file, text, base);

		take(&line, argument);
	}
	if (ferror(f))
		die("cannot read", file);
	fclose(f);
}

/* The place of a string in strings, where it is put if it is not there yet. */
static uint16_t place_of(const struct tables_string *s)
{
	for (unsigned i = 1; i < n_strings; i++)
		if (memcmp(&strings[i], s, sizeof(*s)) == 0)
			return (uint16_t)i;
	if (n_strings == STRINGS)
		die("no room", "strings");
	strings[n_strings] = *s;
	return (uint16_t)n_strings++;
}

static void take_upper(const struct line *line, unsigned special)
{
	struct tables_string s = {{0}, 0};

	for (int i = 0; i < line->n_values; i++) {
		unsigned char bytes[UTF8_MAX];
		int n = utf8_encode(line->value[i], bytes);

		if (s.len + (size_t)n > sizeof(s.bytes))
			die_at(line->first, "upper case too long");
		memcpy(s.bytes + s.len, bytes, (size_t)n);
		s.len = (unsigned char)(s.len + n);
	}
	/* A special mapping to itself says: no mapping, whatever simple says */
	if (line->n_values == 1 && line->value[0] == line->first)
		s.len = 0;
	full[line->first] = s.len > 0 ? place_of(&s) : 0;
	if (!special)
		simple[line->first] = full[line->first];
}

static void take_property(const struct line *line, unsigned flag)
{
	for (uint32_t c = line->first; c <= line->last; c++)
		fact[c] = (uint16_t)(fact[c] | flag);
}

static void take_class(const struct line *line, unsigned flag)
{
	if (line->value[0] != ABOVE)
		take_property(line, flag);
}

static uint32_t simple_upper(uint32_t c)
{
	const struct tables_string *s = &strings[simple[c]];

	return simple[c] ? utf8_decode(s->bytes, s->len) : c;
}

static bool is_greek_vowel(uint32_t upper)
{
	static const uint32_t vowels[] = {
		0x0391, 0x0395, 0x0397, 0x0399, 0x039F, 0x03A5, 0x03A9};

	for (size_t i = 0; i < sizeof(vowels) / sizeof(vowels[0]); i++)
		if (vowels[i] == upper)
			return true;
	return false;
}

static unsigned greek_mark(uint32_t c)
{
	switch (c) {
	case 0x0300:
	case 0x0301:
	case 0x0342:
		return FACT_GREEK_ACCENT;
	case 0x0308:
		return FACT_GREEK_DIALYTIKA;
	case 0x0345:
		return FACT_GREEK_IOTA;
	default:
		return 0;
	}
}

/* A Greek letter and its canonical decomposition: the bare letter, marks. */
static void take_greek(const struct line *line, unsigned unused)
{
	uint32_t upper = simple_upper(line->value[0]);
	uint32_t base = upper - FACT_GREEK_BASE;
	unsigned facts;

	(void)unused;
	if (upper <= FACT_GREEK_BASE || base > 0xFF)
		die_at(line->first, "upper case not among the Greek");
	facts = base << FACT_GREEK_SHIFT;
	if (is_greek_vowel(upper))
		facts |= FACT_GREEK_VOWEL;
	for (int i = 1; i < line->n_values; i++)
		facts |= greek_mark(line->value[i]);
	fact[line->first] = (uint16_t)(fact[line->first] | facts);
}

static void read_all(void)
{
	read_data("simple-upper", 16, take_upper, false);
	read_data("special-upper", 16, take_upper, true);
	read_data("soft-dotted", 16, take_property, FACT_SOFT_DOTTED);
	read_data("cased", 16, take_property, FACT_CASED);
	read_data("case-ignorable", 16, take_property, FACT_IGNORABLE);
	read_data("combining-class", 10, take_class, FACT_OTHER_MARK);
	read_data("greek-letters", 16, take_greek, 0);
}

/* greek.c holds converted case-ignorable characters back in a buffer that has
 * room for them as they were. */
static void check_ignorable_never_grow(void)
{
	unsigned char bytes[UTF8_MAX];

	for (uint32_t c = 0; c < CODE_POINTS; c++)
		if (fact[c] & FACT_IGNORABLE && full[c] &&
			strings[full[c]].len > utf8_encode(c, bytes))
			die_at(c, "case-ignorable and grows");
}

static bool same_row(const uint16_t *values, uint32_t a, uint32_t b)
{
	return memcmp(values + a, values + b, TABLES_ROW * sizeof(*values)) ==
	       0;
}

/* The number of the row that begins at code point c; rows that are alike, in
 * the second array too if there is one, share a number. */
static uint16_t row_number(struct trie *t, uint32_t c, const uint16_t *values,
	const uint16_t *second)
{
	for (unsigned i = 0; i < t->n_rows; i++)
		if (same_row(values, t->row_begin[i], c) &&
			(!second || same_row(second, t->row_begin[i], c)))
			return (uint16_t)i;
	if (t->n_rows == ROW_NUMBERS)
		die("no room", "rows");
	t->row_begin[t->n_rows] = c;
	return (uint16_t)t->n_rows++;
}

static uint16_t node_number(struct trie *t, const uint16_t *node)
{
	for (unsigned i = 0; i < t->n_nodes; i++)
		if (memcmp(t->node[i], node, sizeof(t->node[i])) == 0)
			return (uint16_t)i;
	if (t->n_nodes == ROW_NUMBERS)
		die("no room", "nodes");
	memcpy(t->node[t->n_nodes], node, sizeof(t->node[0]));
	return (uint16_t)t->n_nodes++;
}

/* The number of what stands for `rows` rows from code point c on, as the bytes
 * of UTF-8 lead there: a row, a node of rows, or a node of nodes. */
static uint16_t subtree(struct trie *t, uint32_t c, uint32_t rows,
	const uint16_t *values, const uint16_t *second)
{
	uint16_t node[TABLES_ROW] = {0};

	if (rows == 1)
		return row_number(t, c, values, second);
	rows /= TABLES_ROW;
	for (unsigned i = 0; i < TABLES_ROW; i++, c += rows * TABLES_ROW)
		if (c < CODE_POINTS)
			node[i] = subtree(t, c, rows, values, second);
	return node_number(t, node);
}

/* Code points that no sequence leads to: E0 80..9F and F0 80..8F are
 * over-long. They are filled as if they were not; nobody asks. */
static void build(
	struct trie *t, const uint16_t *values, const uint16_t *second)
{
	/* A row without anything, which is number 0 */
	const uint32_t nothing = CODE_POINTS - TABLES_ROW;

	memset(t, 0, sizeof(*t));
	row_number(t, nothing, values, second);
	t->n_nodes = 1;
	for (unsigned b = 0; b < 0x80; b++)
		t->lead[b] = subtree(t, b & ~63u, 1, values, second);
	for (unsigned b = 0xC2; b < 0xE0; b++)
		t->lead[b] = subtree(t, (b & 0x1F) << 6, 1, values, second);
	for (unsigned b = 0xE0; b < 0xF0; b++)
		t->lead[b] = subtree(
			t, (b & 0x0F) << 12, TABLES_ROW, values, second);
	for (unsigned b = 0xF0; b < 0xF5; b++)
		t->lead[b] = subtree(t, (b & 0x07) << 18,
			TABLES_ROW * TABLES_ROW, values, second);
}

static void print_numbers(
	const uint16_t *values, unsigned n, const char *indent)
{
	for (unsigned i = 0; i < n; i++)
		printf("%s%u,", i % 8 == 0 ? indent : " ", values[i]);
}

static void print_trie(const char *name, const struct trie *t)
{
	printf("\nconst uint16_t tables_%s_lead[256] = {", name);
	print_numbers(t->lead, 256, "\n\t");
	printf("\n};\n\nconst uint16_t tables_%s_node[][TABLES_ROW] = {", name);
	for (unsigned i = 0; i < t->n_nodes; i++) {
		printf("\n\t{");
		print_numbers(t->node[i], TABLES_ROW, "\n\t\t");
		printf("\n\t},");
	}
	printf("\n};\n");
}

static void print_rows(
	const char *name, const struct trie *t, const uint16_t *values)
{
	printf("\nconst uint16_t tables_%s_row[][TABLES_ROW] = {", name);
	for (unsigned i = 0; i < t->n_rows; i++) {
		printf("\n\t{ /* %u: U+%04X */", i, t->row_begin[i]);
		print_numbers(values + t->row_begin[i], TABLES_ROW, "\n\t\t");
		printf("\n\t},");
	}
	printf("\n};\n");
}

/* The upper case of c, which may be c itself. */
static struct tables_string upper_of(uint32_t c, const uint16_t *values)
{
	struct tables_string s = {{0}, 0};

	if (values[c])
		return strings[values[c]];
	s.len = (unsigned char)utf8_encode(c, s.bytes);
	return s;
}

static void print_string(const struct tables_string *s, const char *before)
{
	printf("%s{{", before);
	for (unsigned k = 0; k < s->len || k == 0; k++)
		printf("%s0x%02X", k ? ", " : "", s->bytes[k]);
	printf("}, %u},", s->len);
}

/* Two bytes for ASCII are over-long; nobody asks. */
static void print_two(const char *name, const uint16_t *values)
{
	printf("\nconst struct tables_string tables_%s_two[] = {", name);
	for (uint32_t c = 0; c < 32 * TABLES_ROW; c++) {
		struct tables_string s = {{0}, 0};

		if (c >= 0x80)
			s = upper_of(c, values);
		print_string(&s, c % 4 ? " " : "\n\t");
	}
	printf("\n};\n");
}

/* The way to the row through two nodes for every character, whatever its
 * length; a node where there is nothing to choose says the same for all. */
struct steps {
	unsigned char lead[256];
	unsigned char node[256][TABLES_ROW];
	unsigned n_nodes;
};

static unsigned char step_number(struct steps *s, const uint16_t *to)
{
	unsigned char node[TABLES_ROW];

	for (unsigned i = 0; i < TABLES_ROW; i++) {
		if (to[i] > UINT8_MAX)
			die("no room", "steps");
		node[i] = (unsigned char)to[i];
	}
	for (unsigned i = 0; i < s->n_nodes; i++)
		if (memcmp(s->node[i], node, sizeof(s->node[i])) == 0)
			return (unsigned char)i;
	if (s->n_nodes > UINT8_MAX)
		die("no room", "steps");
	memcpy(s->node[s->n_nodes], node, sizeof(s->node[0]));
	return (unsigned char)s->n_nodes++;
}

static unsigned char step_for_all(struct steps *s, uint16_t to)
{
	uint16_t node[TABLES_ROW];

	for (unsigned i = 0; i < TABLES_ROW; i++)
		node[i] = to;
	return step_number(s, node);
}

static void build_steps(struct steps *s, const struct trie *t)
{
	for (unsigned b = 0; b < 0xF5; b++) {
		const uint16_t *next = t->node[t->lead[b]];
		uint16_t node[TABLES_ROW];

		if (b < 0xE0) {
			s->lead[b] =
				step_for_all(s, step_for_all(s, t->lead[b]));
			continue;
		}
		for (unsigned i = 0; i < TABLES_ROW; i++)
			node[i] = b < 0xF0 ? step_for_all(s, next[i])
					   : step_number(s, t->node[next[i]]);
		s->lead[b] = step_number(s, node);
	}
}

static void print_leads(const struct trie *t)
{
	static struct steps steps;

	build_steps(&steps, t);
	printf("\nconst struct tables_lead tables_lead[256] = {");
	for (unsigned b = 0; b < 256; b++) {
		unsigned char low, high;
		int len = utf8_lead((unsigned char)b, &low, &high);
		uint32_t form = len > 0 ? 0x80808080 : 1;
		uint32_t mask = 0;

		if (len == 1) {
			low = 0;
			high = 0xFF;
		}
		for (int i = 1; i < len; i++)
			mask |= (uint32_t)0xC0 << (8 * i);
		if (len > 0)
			form &= mask;
		printf("\n\t{0x%08X, 0x%08X, %u, %d, %u, %u},", mask, form,
			steps.lead[b], len, low, (unsigned)(high - low));
	}
	printf("\n};\n");
	printf("\nconst unsigned char tables_step[][TABLES_ROW] = {");
	for (unsigned i = 0; i < steps.n_nodes; i++) {
		printf("\n\t{");
		for (unsigned k = 0; k < TABLES_ROW; k++)
			printf("%s%u,", k % 16 ? " " : "\n\t\t",
				steps.node[i][k]);
		printf("\n\t},");
	}
	printf("\n};\n");
}

/* The row that begins at code point c, as vectors want it. */
static void vector_row(
	struct tables_vector *v, uint32_t c, const uint16_t *values)
{
	unsigned char first[UTF8_MAX];

	memset(v, 0, sizeof(*v));
	v->len = (unsigned char)utf8_encode(c, first);
	memcpy(v->prefix, first, v->len - 1u);
	for (unsigned i = 0; i < TABLES_ROW; i++) {
		struct tables_string s = upper_of(c + i, values);

		if (s.len == v->len) {
			for (unsigned k = 0; k < s.len; k++)
				v->out[k][i] = s.bytes[k];
			continue;
		}
		v->marked = true;
		v->out[0][i] = TABLES_SPECIAL;
		if (s.len + 1 == v->len) {
			v->out[0][i] = TABLES_SHRINKS;
			for (unsigned k = 0; k < s.len; k++)
				v->out[k + 1][i] = s.bytes[k];
		}
	}
}

static struct tables_vector vectors[ROW_NUMBERS];
static unsigned n_vectors;

static unsigned vector_place(const struct tables_vector *v)
{
	for (unsigned i = 0; i < n_vectors; i++)
		if (memcmp(&vectors[i], v, sizeof(*v)) == 0)
			return i;
	if (n_vectors > UINT8_MAX)
		die("no room", "vectors");
	vectors[n_vectors] = *v;
	return n_vectors++;
}

/* Row 0 has nothing to say, and nobody asks for the vectors of it or of
 * ASCII. */
static void print_vector_places(
	const char *name, const struct trie *t, const uint16_t *values)
{
	printf("\nconst unsigned char tables_%s_vector[] = {", name);
	for (unsigned i = 0; i < t->n_rows; i++) {
		unsigned place = 0;

		if (i > 0 && t->row_begin[i] >= 0x80) {
			struct tables_vector v;

			vector_row(&v, t->row_begin[i], values);
			place = vector_place(&v);
		}
		printf("%s%u,", i % 8 == 0 ? "\n\t" : " ", place);
	}
	printf("\n};\n");
}

static void print_vectors(void)
{
	printf("\nconst struct tables_vector tables_vector[] = {");
	for (unsigned i = 0; i < n_vectors; i++) {
		const struct tables_vector *v = &vectors[i];

		printf("\n\t{{");
		for (unsigned k = 0; k < 4; k++) {
			printf("\n\t\t{");
			for (unsigned j = 0; j < TABLES_ROW; j++)
				printf("%s%u,", j % 16 ? " " : "\n\t\t",
					v->out[k][j]);
			printf("},");
		}
		printf("},\n\t\t{%u, %u, %u}, %u, %s},", v->prefix[0],
			v->prefix[1], v->prefix[2], v->len,
			v->marked ? "true" : "false");
	}
	printf("\n};\n");
}

static void print_bytes(
	const char *what, const unsigned char *bytes, unsigned n)
{
	printf("\nconst unsigned char tables_%s = {", what);
	for (unsigned i = 0; i < n; i++)
		printf("%s%u,", i % 16 == 0 ? "\n\t" : " ", bytes[i]);
	printf("\n};\n");
}

/* What candidates are found by. */
struct pairs {
	unsigned char high[16], low[16], second[TABLES_ROW];
	unsigned bit; /* the next to be used */
};

static void add_lead(struct pairs *p, unsigned lead, unsigned bit)
{
	if (bit > 0x80)
		die("no room", "lead bytes");
	p->high[lead / 16] = (unsigned char)(p->high[lead / 16] | bit);
	p->low[lead % 16] = (unsigned char)(p->low[lead % 16] | bit);
}

static void add_second(struct pairs *p, unsigned byte, unsigned bit)
{
	p->second[byte % TABLES_ROW] =
		(unsigned char)(p->second[byte % TABLES_ROW] | bit);
}

/* Two-byte characters. Most rows with any case are full of it, so that a look
 * at the second byte would not help; one that has a single character, as that
 * of U+00B5 is, gets a bit of its own, because signs of its row are in many
 * texts that have none with case. The others share one for C0..CF and one for
 * D0..DF. */
static void pair_two(struct pairs *p, const struct trie *t)
{
	for (unsigned high = 0xC0; high < 0xE0; high += 16) {
		unsigned shared = p->bit;

		p->bit <<= 1;
		for (unsigned lead = high; lead < high + 16; lead++) {
			const uint16_t *row = full + ((lead & 0x1F) << 6);
			unsigned n = 0, some = 0;

			for (unsigned i = 0; i < TABLES_ROW; i++) {
				n += row[i] != 0;
				some = row[i] ? i : some;
			}
			if (lead < 0xC2 || t->lead[lead] == 0)
				continue;
			add_lead(p, lead, n == 1 ? p->bit : shared);
			if (n == 1) {
				add_second(p, some, p->bit);
				p->bit <<= 1;
			}
		}
		for (unsigned i = 0; i < TABLES_ROW; i++)
			add_second(p, i, shared);
	}
}

/* Longer ones: a bit for each lead byte that leads to rows. What seems to be
 * there behind E0 and F0 80..8F is over-long. */
static void pair_longer(struct pairs *p, const struct trie *t)
{
	for (unsigned lead = 0xE1; lead < 0xF5; lead++) {
		const uint16_t *node = t->node[t->lead[lead]];
		bool any = false;

		for (unsigned i = 0; i < TABLES_ROW; i++) {
			if (node[i] == 0 || (lead == 0xF0 && i < 0x10))
				continue;
			add_second(p, i, p->bit);
			any = true;
		}
		if (!any)
			continue;
		add_lead(p, lead, p->bit);
		p->bit <<= 1;
	}
}

static void print_pairs(const struct trie *t)
{
	struct pairs p = {.bit = 1};
	unsigned char first[TABLES_ROW];

	pair_two(&p, t);
	pair_longer(&p, t);
	for (unsigned i = 0; i < TABLES_ROW; i++)
		first[i] = p.high[0xC + i / 16] & p.low[i % 16];
	print_bytes("first[TABLES_ROW]", first, TABLES_ROW);
	print_bytes("first_high[16]", p.high, 16);
	print_bytes("first_low[16]", p.low, 16);
	print_bytes("second[TABLES_ROW]", p.second, TABLES_ROW);
}

static void print_plain_three(const struct trie *t)
{
	unsigned char plain[16 * TABLES_ROW];

	for (unsigned b = 0xE0; b < 0xF0; b++) {
		const uint16_t *node = t->node[t->lead[b]];
		unsigned char low, high;

		(void)utf8_lead((unsigned char)b, &low, &high);
		for (unsigned i = 0; i < TABLES_ROW; i++)
			plain[b % 16 * TABLES_ROW + i] = node[i] == 0 &&
							 0x80 + i >= low &&
							 0x80 + i <= high;
	}
	print_bytes("plain_three[16 * TABLES_ROW]", plain, sizeof(plain));
}

static void print_places(void)
{
	printf("\nconst unsigned char tables_places[256][8] = {");
	for (unsigned set = 0; set < 256; set++) {
		unsigned char places[8] = {0};
		unsigned n = 0;

		for (unsigned i = 0; i < 8; i++)
			if (set >> i & 1)
				places[n++] = (unsigned char)i;
		printf("%s{", set % 4 == 0 ? "\n\t" : " ");
		for (unsigned i = 0; i < 8; i++)
			printf("%s%u", i ? ", " : "", places[i]);
		printf("},");
	}
	printf("\n};\n");
}

static void print_strings(void)
{
	printf("\nconst struct tables_string tables_string[] = {");
	for (unsigned i = 0; i < n_strings; i++)
		print_string(&strings[i], "\n\t");
	printf("\n};\n");
}

int main(int argc, char **argv)
{
	static struct trie map, facts;

	if (argc != 2)
		die("usage", "gen-tables DATA-DIRECTORY");
	data_directory = argv[1];
	read_all();
	check_ignorable_never_grow();
	build(&map, full, simple);
	build(&facts, fact, NULL);

	printf("/* Generated by gen-tables.c; do not edit. */\n"
	       "#include \"config.h\"\n\n"
	       "#include \"upcase/tables.h\"\n\n"
	       "const char tables_unicode_version[] = \"%s.0\";\n",
		UNICODE);
	print_trie("map", &map);
	print_rows("full", &map, full);
	print_rows("simple", &map, simple);
	print_strings();
	print_two("full", full);
	print_two("simple", simple);
	print_leads(&map);
	print_vector_places("full", &map, full);
	print_vector_places("simple", &map, simple);
	print_vectors();
	print_pairs(&map);
	print_plain_three(&map);
	print_places();
	print_trie("fact", &facts);
	print_rows("fact", &facts, fact);
	if (fflush(stdout) != 0 || ferror(stdout))
		die("cannot write", "standard output");
	return 0;
}
