/*
 * Tests of what is selected: examples, and random texts in random batches,
 * compared with what is written to be right rather than quick.
 */
#include "config.h"

#include "selected.h"
#include "support.h"

#include "text/begin.h"
#include "text/columns.h"
#include "text/ends.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Texts of one kind are put together of these. */
static const char *const table_parts[] = {"a", "b", "ab", "\"", "\"", "\"\"",
	",", ",", "\t", "\n", "\n", "\"a\nb\",", "\",\"", "word, word", "\r\n",
	"#", "##>", "\xC3\x9F", "\xC4\xB1", "\xC5\x89", "\xD0\xB6\xD0\xB6",
	"\xE6\x97\xA5", ";", "\xEF\xBB\xBF", "\xFF", "\xE9", "\xC3",
	"i\xCC\x87", "\xCE\xAC\xCE\xB7",
	"the quick brown fox jumps over the lazy dog and comes to no end",
	"\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9", "\xE6\x97",
	"\xF0\x9F\x98", "\xF0\x9F\x98\x80"};
static const char *const sequence_parts[] = {">", ";", "\n", "\n", "acgtn",
	"ACGT",
	"acgtacgtacgtacgtacgtacgtacgtacgtacgtacgtacgtacgtacgtacgtacgt\n", "@",
	"+", "@a\nacgt\n+\nhhhh\n",
	"@b\nacgtnnnnacgtnnnnacgtnnnnacgtnnnnacgtn\n+b\n@@@@\n", "\r\n",
	"\xC3\x9F", "\xFF"};

static size_t random_text(uint32_t *x, const char *const *parts, size_t n_parts,
	unsigned char *text, size_t room)
{
	size_t most = selected_random(x) % room, len = 0;

	if (selected_random(x) % 8 == 0 && most > 3) {
		memcpy(text, "\xEF\xBB\xBF", 3);
		len = 3;
	}
	for (;;) {
		const char *part = parts[selected_random(x) % n_parts];

		if (len + strlen(part) > most)
			return len;
		memcpy(text + len, part, strlen(part));
		len += strlen(part);
	}
}

static void assert_same(const struct text *t, const unsigned char *text,
	size_t len, struct selected *is, struct selected *should)
{
	bool same = selected_same(is, should);

	if (!same)
		selected_show(t, text, len, is, should);
	selected_release(is);
	selected_release(should);
	assert_true(same);
}

static void random_texts_are_turned_as_the_book_says(void **state)
{
	enum {
		ROUNDS = 30000,
		SIZE = 900
	};
	static unsigned char text[SIZE];
	uint32_t x = 20261127;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct text_selection selection;
		struct selected is, should;
		struct upcase u;
		struct text t;
		size_t len, size;
		bool reads;

		selected_choose(&selection, selected_random(&x));
		reads = selection.choice == TEXT_READS;
		selected_engine(&u, selected_random(&x));
		text_init(&t, &u);
		text_select(&t, &selection);
		len = reads || selected_random(&x) % 8 == 0
			      ? random_text(&x, sequence_parts,
					COUNT(sequence_parts), text, SIZE)
			      : random_text(&x, table_parts, COUNT(table_parts),
					text, SIZE);
		size = selected_random(&x) % 2 ? 4 + selected_random(&x) % 300
					       : 4 + selected_random(&x) % 30;
		should = selected_plainly(&t, NULL, text, len);
		is = selected_in_batches(&t, text, len, size, &x);
		assert_same(&t, text, len, &is, &should);
		ranges_free(&selection.ranges);
	}
}

/* ---- Examples ---- */

/* What is selected, and what then becomes of texts. */
struct way {
	enum text_choice choice;
	struct range ranges[3];
	const char *delimiter; /* NULL: a comma */
	bool quotes, header;
	const char *prefixes[3];
	const char *names[3]; /* then those are selected, too */
	bool complement;
};

static const struct way csv = {
	.choice = TEXT_FIELDS, .ranges = {{1, RANGES_MOST}}, .quotes = true};
static const struct way second_of_csv = {
	.choice = TEXT_FIELDS, .ranges = {{2, 2}}, .quotes = true};
static const struct way fasta = {.choice = TEXT_LINES, .prefixes = {">", ";"}};
static const struct way fastq = {.choice = TEXT_READS};

struct example {
	const char *text, *want;
	size_t wrong; /* in this line, from 1; 0: nowhere */
};

/* A selection, in a form that can be released. */
struct made {
	struct text_selection selection;
	struct selection_prefix prefixes[3];
};

static void make(struct made *m, const struct way *way)
{
	struct text_selection *s = &m->selection;
	const char *delimiter = way->delimiter ? way->delimiter : ",";
	struct columns_wanted wanted = {.names = way->names,
		.complement = way->complement,
		.delimiter = s->delimiter,
		.delimiter_len = strlen(delimiter),
		.quotes = way->quotes};

	*m = (struct made){.selection = {.choice = way->choice,
				   .prefixes = m->prefixes,
				   .header = way->header,
				   .delimiter_len = strlen(delimiter),
				   .quotes = way->quotes}};
	memcpy(s->delimiter, delimiter, strlen(delimiter));
	for (; s->n_prefixes < 3 && way->prefixes[s->n_prefixes];
		s->n_prefixes++)
		m->prefixes[s->n_prefixes] =
			(struct selection_prefix){way->prefixes[s->n_prefixes],
				strlen(way->prefixes[s->n_prefixes])};
	for (size_t i = 0; i < 3 && way->ranges[i].first > 0; i++)
		assert_int_equal(ranges_add(&s->ranges, way->ranges[i].first,
					 way->ranges[i].last),
			0);
	while (wanted.n_names < 3 && way->names[wanted.n_names])
		wanted.n_names++;
	if (wanted.n_names > 0) {
		wanted.numbers = s->ranges;
		s->ranges = (struct ranges){0};
		s->columns = columns_new(&wanted);
		assert_non_null(s->columns);
	}
}

static void release(struct made *m)
{
	columns_free(m->selection.columns);
	ranges_free(&m->selection.ranges);
}

static void check(const struct text *t, const struct example *e, size_t len,
	size_t want_len, struct selected *is, const char *how)
{
	bool same = is->len == want_len &&
		    memcmp(is->bytes, e->want, want_len) == 0 &&
		    is->wrong == (e->wrong > 0) &&
		    is->wrong_line + is->wrong == e->wrong && is->err == 0;

	if (!same) {
		struct selected should = {
			.bytes = (unsigned char *)(uintptr_t)e->want,
			.len = want_len,
			.wrong = e->wrong > 0,
			.wrong_line = e->wrong - (e->wrong > 0)};

		print_error("%s\n", how);
		selected_show(
			t, (const unsigned char *)e->text, len, is, &should);
	}
	selected_release(is);
	assert_true(same);
}

/* One example, maybe with NULs in it, in batches of all sizes and cut at each
 * place. */
static void turned_is(const struct text *t, const struct example *e, size_t len,
	size_t want_len)
{
	const unsigned char *p = (const unsigned char *)e->text;
	uint32_t random = 77;
	struct selected is;

	for (size_t size = 1; size < len + 3; size += size < 100 ? 1 : 61) {
		is = selected_in_batches(t, p, len, size, &random);
		check(t, e, len, want_len, &is, "in batches");
	}
	for (size_t at = 0; at <= len; at++) {
		if (!selected_can_cut(t, p, at))
			continue;
		is = selected_cut_at(t, p, len, at);
		check(t, e, len, want_len, &is, "cut once");
	}
}

static void play_bytes(const struct way *way, const struct example *e,
	size_t len, size_t want_len)
{
	static const enum upcase_language languages[] = {
		UPCASE_ROOT, UPCASE_LT, UPCASE_EL, UPCASE_HY};
	struct made m;

	make(&m, way);
	for (size_t k = 0; k < COUNT(languages); k++) {
		for (size_t v = 0; upcase_variant_name(v); v++) {
			struct upcase u;
			struct text t;

			if (!upcase_variant_runs(v))
				continue;
			assert_int_equal(upcase_init(&u, UPCASE_FULL,
						 languages[k], UPCASE_KEEP),
				0);
			assert_int_equal(
				upcase_use_variant(&u, upcase_variant_name(v)),
				0);
			text_init(&t, &u);
			text_select(&t, &m.selection);
			turned_is(&t, e, len, want_len);
		}
	}
	release(&m);
}

static void play(
	const struct way *way, const struct example *examples, size_t n)
{
	for (size_t i = 0; i < n; i++)
		play_bytes(way, &examples[i], strlen(examples[i].text),
			strlen(examples[i].want));
}

/* The kinds of files that csv-spectrum has, written anew. */
static void tables_with_quotes_are_read_as_they_are_written(void **state)
{
	static const struct example all[] = {
		/* simple, and without a newline at the end */
		{"a,b,c\n1,2,x\n", "A,B,C\n1,2,X\n", 0},
		{"a,b,c\n1,2,x", "A,B,C\n1,2,X", 0},
	};
	static const struct example second[] = {
		/* simple */
		{"a,b,c\n1,y,z\n", "a,B,c\n1,Y,z\n", 0},
		/* a comma in quotes */
		{"first,last,town\njo,\"doe, j.\",\"any, ww\"\n",
			"first,LAST,town\njo,\"DOE, J.\",\"any, ww\"\n", 0},
		{"jo,doe,\"any, ww\",a\n\"any, ww\",b,c\n",
			"jo,DOE,\"any, ww\",a\n\"any, ww\",B,c\n", 0},
		/* empty fields, quoted and not, and lines */
		{"a,b,c\n1,\"\",\"x\"\n2,,y\n", "a,B,c\n1,\"\",\"x\"\n2,,y\n",
			0},
		{"a,,c\n,,\n\nd\n,e", "a,,c\n,,\n\nd\n,E", 0},
		{"\"\",\"\",\"\"\n\"\",\"b\"", "\"\",\"\",\"\"\n\"\",\"B\"", 0},
		/* escaped quotes */
		{"a,b\n1,\"ha \"\"ha\"\" ha\"\n3,x\n",
			"a,B\n1,\"HA \"\"HA\"\" HA\"\n3,X\n", 0},
		{"\"\"\"a\"\"\",\"\"\"b\",\"\"\"\"\nx,\"\"\"\",c\n",
			"\"\"\"a\"\"\",\"\"\"B\",\"\"\"\"\nx,\"\"\"\",c\n", 0},
		/* json in a field */
		{"key,value,c\n1,\"{\"\"type\"\": \"\"point\"\", \"\"at\"\": "
		 "[1.0, 0.5]}\",d\n",
			"key,VALUE,c\n1,\"{\"\"TYPE\"\": \"\"POINT\"\", "
			"\"\"AT\"\": [1.0, 0.5]}\",d\n",
			0},
		/* newlines in fields */
		{"a,b,c\nx,\"once upon \na time\",y\n7,z,9\n",
			"a,B,c\nx,\"ONCE UPON \nA TIME\",y\n7,Z,9\n", 0},
		{"\"once\n\n,a\",b\n\"\n\",\"\n\",\"\n\"\n",
			"\"once\n\n,a\",B\n\"\n\",\"\n\",\"\n\"\n", 0},
		/* quotes and newlines */
		{"a,b\n1,\"ha \n\"\"ha\"\" \nha\"\n3,x\n",
			"a,B\n1,\"HA \n\"\"HA\"\" \nHA\"\n3,X\n", 0},
		/* CRLF */
		{"a,b,c\r\n1,y,z\r\n", "a,B,c\r\n1,Y,z\r\n", 0},
		{"a,\"b\r\nc\"\r\n\"d\",\"e\"\r\nf",
			"a,\"B\r\nC\"\r\n\"d\","
			"\"E\"\r\nf",
			0},
		/* utf8 */
		{"a,b,c\n1,\xC3\xA9\xE6\x97\xA5\xF0\x90\x90\xA8,\xCA\xA4\n",
			"a,B,c\n1,\xC3\x89\xE6\x97\xA5\xF0\x90\x90\x80,"
			"\xCA\xA4\n",
			0},
		/* A mark is no part of a field in quotes. */
		{"\xEF\xBB\xBF\"a\nb\",c\nd,\"e\"\n",
			"\xEF\xBB\xBF\"a\nb\",C\nd,\"E\"\n", 0},
		{"\xEF\xBB\xBF", "\xEF\xBB\xBF", 0},
		/* What is behind a quote that closes is of the field. */
		{"\"a\"x,\"b\"y,\"c\"\n\"a\" \",b\",c\n",
			"\"a\"x,\"B\"Y,\"c\"\n\"a\" \",B\",c\n", 0},
		/* A quote in a field without is a character. */
		{"x,5\" pipe,y\nx,z,\"a\n\"\n", "x,5\" PIPE,y\nx,Z,\"a\n\"\n",
			0},
		{"5\" pipe,b\nx \"a,b\n", "5\" pipe,B\nx \"a,B\n", 0},
		/* Never closed: told with the line where it begins. */
		{"a,b\nc,\"d\ne,f\n", "a,B\nc,\"D\nE,F\n", 2},
		{"a,b\n\"c,d\ne,f", "a,B\n\"c,d\ne,f", 2},
		{"a,b\n\"c\n\",\"d\"\"\n\ne", "a,B\n\"c\n\",\"D\"\"\n\nE", 3},
		{"a,b,\"", "a,B,\"", 1},
		{"a,\"\"\"", "a,\"\"\"", 1},
		{"a,\"b\"", "a,\"B\"", 0},
		{"a,\"b\n\"x\"", "a,\"B\n\"X\"", 0},
	};

	(void)state;
	play(&csv, all, COUNT(all));
	play(&second_of_csv, second, COUNT(second));
}

static void what_grows_in_a_field_moves_the_rest_only(void **state)
{
	static const struct example second[] = {
		{"\xC3\x9F,\xC5\x89,\xC5\x89\n\xCE\x90,\"\xCE\x90\n\",x\n",
			"\xC3\x9F,\xCA\xBCN,\xC5\x89\n"
			"\xCE\x90,\"\xCE\x99\xCC\x88\xCC\x81\n\",x\n",
			0},
		/* and where a quote is open that a line is told of */
		{"a,\xC5\x89\n\xC5\x89,\"\xC5\x89\n\xC5\x89",
			"a,\xCA\xBCN\n\xC5\x89,\"\xCA\xBCN\n\xCA\xBCN", 2},
	};
	static const struct way other = {.choice = TEXT_FIELDS,
		.ranges = {{2, 2}},
		.quotes = true,
		.header = true};
	static const struct example behind_header[] = {
		{"\xC5\x89,\xC5\x89\n\xC5\x89,\xC5\x89,\"\n",
			"\xC5\x89,\xC5\x89\n\xC5\x89,\xCA\xBCN,\"\n", 2},
	};
	struct upcase u;
	struct text t;
	struct made m;

	(void)state;
	make(&m, &second_of_csv);
	assert_int_equal(
		upcase_init(&u, UPCASE_FULL, UPCASE_ROOT, UPCASE_KEEP), 0);
	text_init(&t, &u);
	text_select(&t, &m.selection);
	for (size_t i = 0; i < COUNT(second); i++)
		turned_is(&t, &second[i], strlen(second[i].text),
			strlen(second[i].want));
	release(&m);
	make(&m, &other);
	text_select(&t, &m.selection);
	turned_is(&t, behind_header, strlen(behind_header->text),
		strlen(behind_header->want));
	release(&m);
}

static void sequences_are_turned_and_their_names_left(void **state)
{
	static const struct example examples[] = {
		/* wrapped, as most write it; soft-masked */
		{">chr1 hCoV-19/x\nacgtACGTnn\nacgtacgt\n>chr2\nNNNNacgt\n",
			">chr1 hCoV-19/x\nACGTACGTNN\nACGTACGT\n>chr2\n"
			"NNNNACGT\n",
			0},
		/* unwrapped, and without a newline at the end */
		{">a b c\nacgtacgtacgtacgtacgtacgtacgtacgtacgtacgt"
		 "acgtacgtacgtacgtacgtacgtacgtacgt\n>b\nacgt",
			">a b c\nACGTACGTACGTACGTACGTACGTACGTACGTACGTACGT"
			"ACGTACGTACGTACGTACGTACGTACGTACGT\n>b\nACGT",
			0},
		/* IUPAC, gaps, an end */
		{">x\nacgturyswkmbdhvn-.*\n", ">x\nACGTURYSWKMBDHVN-.*\n", 0},
		/* empty sequences and lines, `>` alone */
		{">a\n>b\n\n>\nacgt\n>\n", ">a\n>b\n\n>\nACGT\n>\n", 0},
		{">", ">", 0},
		{"\n\n>a", "\n\n>a", 0},
		/* lines of `;`, as of old */
		{";lcbo - prolactin\n;a remark\nmdskgss*\n>b ;c\nac;gt>a\n",
			";lcbo - prolactin\n;a remark\nMDSKGSS*\n>b ;c\n"
			"AC;GT>A\n",
			0},
		/* not at a line's begin */
		{"a>b\n >c\n\t;d\n", "A>B\n >C\n\t;D\n", 0},
		{">a>b\nc\n", ">a>b\nC\n", 0},
		/* many times not at a line's begin, and then at one */
		{"x\na;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;b\n>c\nd>>e\n;"
		 "f\n",
			"X\nA;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;B\n>c\nD>>"
			"E\n;f\n",
			0},
		/* CRLF */
		{">a b\r\nacgt\r\nac\r\n>\r\n\r\n;c\r\n",
			">a b\r\nACGT\r\nAC\r\n>\r\n\r\n;c\r\n", 0},
		/* a mark */
		{"\xEF\xBB\xBF>a\nacgt\n", "\xEF\xBB\xBF>a\nACGT\n", 0},
		{"\xEF\xBB\xBF"
		 "acgt\n>a\n",
			"\xEF\xBB\xBF"
			"ACGT\n>a\n",
			0},
		{"a\n\xEF\xBB\xBF>b\n", "A\n\xEF\xBB\xBF>B\n", 0},
		{"", "", 0},
	};
	static const struct way two = {
		.choice = TEXT_LINES, .prefixes = {"#", "##>"}};
	static const struct example prefixed[] = {
		{"#a\n##>a\n##a\nb#\n", "#a\n##>a\n##a\nB#\n", 0},
		{"#", "#", 0},
	};
	/* The shorter one is enough. */
	static const struct way nested = {
		.choice = TEXT_LINES, .prefixes = {"a", "abc", "ab"}};
	static const struct example shorter[] = {
		{"ab\nabc\na\nba\nab", "ab\nabc\na\nBA\nab", 0},
		{"a", "a", 0},
		{"ab", "ab", 0},
	};
	static const struct way longer = {
		.choice = TEXT_LINES, .prefixes = {"remark: ", "rem@"}};
	static const struct example held[] = {
		{"remark: a\nremark:a\nrem@x\nrem\nremark",
			"remark: a\n"
			"REMARK:A\nrem@x\n"
			"REM\nREMARK",
			0},
		{"remark: ", "remark: ", 0},
		{"remark:", "REMARK:", 0},
		{"\xEF\xBB\xBFremark: x", "\xEF\xBB\xBFremark: x", 0},
	};
	static const struct way lead = {
		.choice = TEXT_LINES, .prefixes = {"\xEF"}};
	static const struct example part[] = {
		{"\xEF", "\xEF", 0},
		{"\xEF\xBD\x81\nz", "\xEF\xBD\x81\nZ", 0},
		{"\xEF\xBB\xBFz", "\xEF\xBB\xBFZ", 0},
	};

	(void)state;
	play(&fasta, examples, COUNT(examples));
	play(&two, prefixed, COUNT(prefixed));
	play(&nested, shorter, COUNT(shorter));
	play(&longer, held, COUNT(held));
	play(&lead, part, COUNT(part));
}

/* A FILE that is the beginning of a mark is also that of a line. */
static void what_begins_as_a_mark_may_be_left(void **state)
{
	static const struct way lead = {
		.choice = TEXT_LINES, .prefixes = {"\xEF"}};
	struct upcase u;
	struct text t;
	struct made m;

	(void)state;
	make(&m, &lead);
	assert_int_equal(
		upcase_init(&u, UPCASE_FULL, UPCASE_ROOT, UPCASE_REPLACE), 0);
	text_init(&t, &u);
	text_select(&t, &m.selection);
	for (size_t len = 1; len <= 3; len++) {
		static const unsigned char mark[] = "\xEF\xBB\xBF";
		struct selected is = selected_cut_at(&t, mark, len, 0);

		assert_int_equal(is.invalid, 0);
		assert_int_equal(is.len, len);
		selected_release(&is);
	}
	release(&m);
}

static void of_reads_the_bases_are_turned(void **state)
{
	static const struct example examples[] = {
		{"@r1 a/1\nacgtn\n+\nhhhhh\n@r2\nac\n+r2 a\n@@\n",
			"@r1 a/1\nACGTN\n+\nhhhhh\n@r2\nAC\n+r2 a\n@@\n", 0},
		/* a quality that looks like another line; no newline at the
		   end */
		{"@r\nacgt\n+\n+abc\n@s\nacgt\n+\n@abc",
			"@r\nACGT\n+\n+abc\n@s\nACGT\n+\n@abc", 0},
		/* empty reads */
		{"@r\n\n+\n\n@s\na\n+\nh\n", "@r\n\n+\n\n@s\nA\n+\nh\n", 0},
		/* CRLF, a mark */
		{"@r\r\nac\r\n+\r\nhh\r\n", "@r\r\nAC\r\n+\r\nhh\r\n", 0},
		{"\xEF\xBB\xBF@r\nac\n+\nhh\n", "\xEF\xBB\xBF@r\nAC\n+\nhh\n",
			0},
		/* cut off */
		{"@r\nac", "@r\nAC", 0},
		{"@r\nac\n+", "@r\nAC\n+", 0},
		{"@", "@", 0},
		/* of several lines: told, and left from there on */
		{"@r\nac\nac\n+\nhh\nhh\n", "@r\nAC\nac\n+\nhh\nhh\n", 3},
		{"@r\nac\n+\nhh\n@s\nac\nac\n+\nhhhh\n@t\nac\n",
			"@r\nAC\n+\nhh\n@s\nAC\nac\n+\nhhhh\n@t\nac\n", 7},
		{"@r\nac\n+\nhh\nhh\n@s\nac\n+\nhh\n",
			"@r\nAC\n+\nhh\nhh\n@s\nac\n+\nhh\n", 5},
		/* FASTA, an empty line between, a line of anything */
		{">r\nac\n", ">r\nac\n", 1},
		{"@r\nac\n+\nhh\n\n@s\nac\n+\nhh\n",
			"@r\nAC\n+\nhh\n\n@s\nac\n+\nhh\n", 5},
		{"\nac\n", "\nac\n", 1},
		{"a", "a", 1},
		{"@r\nac\n\nhh\n@s\n", "@r\nAC\n\nhh\n@s\n", 3},
	};

	(void)state;
	play(&fastq, examples, COUNT(examples));
}

static void characters_are_counted_not_bytes(void **state)
{
	static const struct way third = {
		.choice = TEXT_CHARACTERS, .ranges = {{2, 3}}};
	static const struct example examples[] = {
		{"abcdef\nabc\nab\na\n\n", "aBCdef\naBC\naB\na\n\n", 0},
		{"\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\n",
			"\xC3\xA9\xC3\x89\xC3\x89\xC3\xA9\n", 0},
		{"\xF0\x90\x90\xA8\xF0\x90\x90\xA8\xE1\xB8\xA9"
		 "e",
			"\xF0\x90\x90\xA8\xF0\x90\x90\x80\xE1\xB8\xA8"
			"e",
			0},
		/* combining ones count, too */
		{"a\xCC\x80"
		 "bc\n",
			"a\xCC\x80"
			"Bc\n",
			0},
		/* what is no UTF-8 counts as often as it is told */
		{"\xFF\xFF"
		 "ab\n",
			"\xFF\xFF"
			"Ab\n",
			0},
		{"\xE2\x82"
		 "abc\n",
			"\xE2\x82"
			"ABc\n",
			0},
		{"\xE9\xE9"
		 "ab\n",
			"\xE9\xE9"
			"Ab\n",
			0},
		{"\xED\xA0\x80"
		 "ab\n",
			"\xED\xA0\x80"
			"ab\n",
			0},
		/* what is longer goes on */
		{"a\xC5\x89"
		 "bcd\nabcd\n",
			"a\xCA\xBCNBcd\naBCd\n", 0},
		{"\xEF\xBB\xBF"
		 "abcd\n",
			"\xEF\xBB\xBF"
			"aBCd\n",
			0},
		{"abcd\r\nab\r\n", "aBCd\r\naB\r\n", 0},
	};
	static const struct way but_far = {.choice = TEXT_CHARACTERS,
		.ranges = {{1, 1}, {40, 41}, {60, RANGES_MOST}},
		.header = true,
		.prefixes = {"#"}};
	static const struct example far[] = {
		{"#z\nhead\n#x\nabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrst"
		 "uvwxyzabcdefghijklmnop\nab\n",
			"#z\nhead\n#x\nAbcdefghijklmnopqrstuvwxyzabcdefghijklmN"
			"OpqrstuvwxyzabcdefgHIJKLMNOP\nAb\n",
			0},
	};

	(void)state;
	play(&third, examples, COUNT(examples));
	play(&but_far, far, COUNT(far));
}

/* A line of what looks unfinished is cut nowhere else than between two. */
static void what_is_never_finished_is_counted(void **state)
{
	static const char *const unfinished[] = {
		"\xE9", "\xE6\x97", "\xF0\x9F\x98", "\xC3"};
	static const struct way some = {.choice = TEXT_CHARACTERS,
		.ranges = {{3, 4}, {22, 22}, {24, RANGES_MOST}}};

	(void)state;
	for (size_t k = 0; k < COUNT(unfinished); k++) {
		for (size_t n = 0; n < 40; n++) {
			char text[160], want[160];
			struct example e = {text, want, 0};

			text[0] = '\0';
			for (size_t i = 0; i < n; i++)
				strcat(text, unfinished[k]);
			strcpy(want, text);
			strcat(text, "azzz\nabc\n");
			for (size_t i = 0; i < 4; i++) {
				size_t c = n + i + 1;
				bool chosen =
					c == 3 || c == 4 || c == 22 || c >= 24;
				size_t end = strlen(want);

				want[end] = chosen ? "AZZZ"[i] : "azzz"[i];
				want[end + 1] = '\0';
			}
			strcat(want, "\nabC\n");
			play_bytes(&some, &e, strlen(text), strlen(want));
		}
	}
}

/* Of a line that is longer than there are numbers: the last one stands for all
 * behind it. */
static void numbers_do_not_begin_anew(void **state)
{
	static const struct {
		struct way way;
		const char *want;
	} cases[] = {
		{{.choice = TEXT_FIELDS, .ranges = {{1, 2}}}, "ab,cd,ef,gh"},
		{{.choice = TEXT_FIELDS, .ranges = {{1, 2}, {9, RANGES_MOST}}},
			"AB,CD,EF,GH"},
		{{.choice = TEXT_FIELDS,
			 .ranges = {{RANGES_MOST - 1, RANGES_MOST - 1}}},
			"ab,CD,ef,gh"},
		{{.choice = TEXT_FIELDS,
			 .ranges = {{RANGES_MOST - 1, RANGES_MOST}}},
			"ab,CD,EF,GH"},
		{{.choice = TEXT_CHARACTERS, .ranges = {{1, 2}}},
			"ab,cd,ef,gh"},
		{{.choice = TEXT_CHARACTERS,
			 .ranges = {{1, 2}, {9, RANGES_MOST}}},
			"AB,CD,EF,GH"},
		{{.choice = TEXT_CHARACTERS,
			 .ranges = {{RANGES_MOST - 1, RANGES_MOST - 1}}},
			"aB,cd,ef,gh"},
		{{.choice = TEXT_CHARACTERS,
			 .ranges = {{RANGES_MOST - 1, RANGES_MOST}}},
			"aB,CD,EF,GH"},
	};
	static const enum upcase_language languages[] = {
		UPCASE_ROOT, UPCASE_EL};

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(cases); i++) {
		/* Field or character RANGES_MOST - 2 begins, or goes on. */
		const struct text_state begin = {.at = RANGES_MOST - 3,
			.phase = PHASE_PLAIN,
			.flags = BEGIN_BEGUN | BEGIN_IN};
		struct text_state now = begin, at_end;
		unsigned char text[] = "ab,cd,ef,gh", spare[4096];
		const size_t len = sizeof(text) - 1;
		struct text_engine engine;
		struct text_piece piece = {.begin = &begin,
			.last = true,
			.text = text,
			.len = len,
			.spare = spare,
			.room = sizeof(spare)};
		struct text_result r;
		struct upcase u;
		struct text t;
		struct made m;

		make(&m, &cases[i / 2].way);
		assert_int_equal(upcase_init(&u, UPCASE_FULL, languages[i % 2],
					 UPCASE_KEEP),
			0);
		text_init(&t, &u);
		text_select(&t, &m.selection);
		text_engine_begin(&engine);
		if (i % 2)
			piece.engine = &engine;
		assert_int_equal(text_scan(&t, &now, &at_end, text, 0, len), 0);
		assert_int_equal(now.at, RANGES_MOST);
		assert_int_equal(text_convert(&t, &piece, &r), 0);
		assert_int_equal(r.produced, len);
		assert_memory_equal(r.out, cases[i / 2].want, len);
		release(&m);
	}
}

/* There, too, characters that follow each other are one text. */
static void behind_all_numbers_there_is_context(void **state)
{
	static const struct way all = {
		.choice = TEXT_CHARACTERS, .ranges = {{1, RANGES_MOST}}};
	const struct text_state begin = {
		.at = RANGES_MOST, .flags = BEGIN_BEGUN | BEGIN_IN};
	/* An eta with tonos, beside a letter. */
	unsigned char text[] = "\xCE\xAE\xCE\xB1", spare[4096];
	struct text_engine engine;
	struct text_piece piece = {.begin = &begin,
		.engine = &engine,
		.last = true,
		.text = text,
		.len = 4,
		.spare = spare,
		.room = sizeof(spare)};
	struct text_result r;
	struct upcase u;
	struct text t;
	struct made m;

	(void)state;
	make(&m, &all);
	assert_int_equal(
		upcase_init(&u, UPCASE_FULL, UPCASE_EL, UPCASE_KEEP), 0);
	text_init(&t, &u);
	text_select(&t, &m.selection);
	text_engine_begin(&engine);
	assert_int_equal(text_convert(&t, &piece, &r), 0);
	assert_int_equal(r.produced, 4);
	assert_memory_equal(r.out, "\xCE\x97\xCE\x91", 4);
	release(&m);
}

/* Newlines in a field in quotes are counted as far as there are any. */
static void an_open_quote_is_told_where_it_is_however_long(void **state)
{
	const struct text_state begin = {.since = UINT64_C(5000000000),
		.phase = PHASE_QUOTED,
		.flags = BEGIN_BEGUN | BEGIN_IN};
	struct text_state now = begin, at_end;
	unsigned char text[] = "a\nb\n", spare[4096];
	struct text_piece piece = {.begin = &begin,
		.last = true,
		.ends = true,
		.text = text,
		.len = 4,
		.spare = spare,
		.room = sizeof(spare)};
	struct text_result r;
	struct upcase u;
	struct text t;
	struct made m;

	(void)state;
	make(&m, &csv);
	assert_int_equal(
		upcase_init(&u, UPCASE_FULL, UPCASE_ROOT, UPCASE_KEEP), 0);
	text_init(&t, &u);
	text_select(&t, &m.selection);
	assert_int_equal(text_scan(&t, &now, &at_end, text, 0, 4), 0);
	assert_true(now.since == UINT64_C(5000000002));
	assert_int_equal(text_convert(&t, &piece, &r), 0);
	assert_true(r.wrong.met);
	assert_true(r.wrong.line == -INT64_C(5000000000));
	release(&m);
}

static void a_header_is_left_and_says_which_fields(void **state)
{
	static const struct way named = {.choice = TEXT_FIELDS,
		.names = {"city", "no"},
		.ranges = {{5, 5}},
		.quotes = true,
		.header = true,
		.prefixes = {"#"}};
	static const struct example examples[] = {
		{"id,city,no\na,b,c,d,e,f\n", "id,city,no\na,B,C,d,E,f\n", 0},
		{"city,id,no\na,b,c\nd", "city,id,no\nA,b,C\nD", 0},
		{"\xEF\xBB\xBF\"city\",\"no\"\r\na,b,c\r\n",
			"\xEF\xBB\xBF\"city\",\"no\"\r\nA,B,c\r\n", 0},
		{"#a,b\n#c\nno,city\n#d\ne,f,g\n",
			"#a,b\n#c\nno,city\n#d\nE,F,g\n", 0},
		{"no,\"a\n#b\",city\nx,y,z\n", "no,\"a\n#b\",city\nX,y,Z\n", 0},
		{"city,no,city\nx,y,z\n", "city,no,city\nX,Y,Z\n", 0},
		/* without an end */
		{"city,no", "city,no", 0},
		{"", "", 0},
		{"#city,no\n", "#city,no\n", 0},
		/* One that is not there: told, and left from there on. */
		{"id,no\na,b\n#c\n\"d\n", "id,no\na,b\n#c\n\"d\n", 1},
		{"#x\n#y\nid,no\na,b\n", "#x\n#y\nid,no\na,b\n", 3},
		{"city", "city", 1},
		{"\n", "\n", 1},
	};
	static const struct way others = {.choice = TEXT_FIELDS,
		.names = {"id"},
		.complement = true,
		.delimiter = "\t",
		.header = true};
	static const struct example but[] = {
		{"id\tcity\tno\na\tb\tc\td\n", "id\tcity\tno\na\tB\tC\tD\n", 0},
		{"city\tid\na\tb\tc\n", "city\tid\nA\tb\tC\n", 0},
	};
	static const struct way numbered = {.choice = TEXT_FIELDS,
		.ranges = {{2, 2}},
		.delimiter = "\xD0\xB6",
		.header = true,
		.prefixes = {"%%"}};
	static const struct example left[] = {
		{"a\xD0\xB6"
		 "b\nc\xD0\xB6"
		 "d\xD0\xB6"
		 "e\n%%x\xD0\xB6y\n",
			"a\xD0\xB6"
			"b\nc\xD0\xB6"
			"D\xD0\xB6"
			"e\n%%x\xD0\xB6"
			"y\n",
			0},
		{"%%\n%\xD0\xB6y\na\xD0\xB6z\n%\xD0\xB6y",
			"%%\n%\xD0\xB6y\na\xD0\xB6Z\n%\xD0\xB6Y", 0},
	};

	(void)state;
	play(&named, examples, COUNT(examples));
	play(&others, but, COUNT(but));
	play(&numbered, left, COUNT(left));
}

static struct selected in_batches(
	const struct way *way, const char *text, size_t len)
{
	uint32_t random = 9;
	struct selected is;
	struct upcase u;
	struct text t;
	struct made m;

	make(&m, way);
	assert_int_equal(
		upcase_init(&u, UPCASE_FULL, UPCASE_ROOT, UPCASE_KEEP), 0);
	text_init(&t, &u);
	text_select(&t, &m.selection);
	is = selected_in_batches(
		&t, (const unsigned char *)text, len, 1, &random);
	release(&m);
	return is;
}

/* A header of so many bytes, in quotes and with a newline at first, and rows
 * behind it; the second column is asked for. */
static void long_header(size_t bytes, bool fits)
{
	static const struct way named = {.choice = TEXT_FIELDS,
		.names = {"no"},
		.quotes = true,
		.header = true};
	static const char begin[] = "\"a\n\",no,", row[] = "ab,cd,ef\n";
	size_t len = bytes + 1, want_len;
	char *text = support_allocate(bytes + 200000);
	struct selected is;
	bool ok;

	memset(text, 'h', bytes);
	memcpy(text, begin, strlen(begin));
	text[bytes] = '\n';
	while (len + strlen(row) <= bytes + 200000) {
		memcpy(text + len, row, strlen(row));
		len += strlen(row);
	}
	is = in_batches(&named, text, len);
	for (size_t i = bytes + 1; fits && i < len; i += strlen(row)) {
		text[i + 3] = 'C';
		text[i + 4] = 'D';
	}
	want_len = is.len;
	ok = want_len == len && memcmp(is.bytes, text, len) == 0;
	assert_true(ok);
	assert_int_equal(is.wrong, !fits);
	if (!fits)
		assert_non_null(strstr(is.words, "longer than a batch"));
	selected_release(&is);
	free(text);
}

static void a_header_is_as_long_as_a_batch_at_most(void **state)
{
	(void)state;
	long_header(100, true);
	long_header(SELECTION_HEADER_MOST - 2, true);
	long_header(SELECTION_HEADER_MOST - 1, true);
	long_header(SELECTION_HEADER_MOST, false);
	long_header(3 * SELECTION_HEADER_MOST, false);
}

static void a_missing_name_is_told_with_those_there_are(void **state)
{
	static const struct way named = {.choice = TEXT_FIELDS,
		.names = {"town"},
		.quotes = true,
		.header = true};
	struct selected is;

	(void)state;
	is = in_batches(&named, BYTES("id,\"ci\033ty\"\nab,cd\n"));
	assert_string_equal(is.words,
		"no column is named 'town' (there are 'id', "
		"'ci\\033ty'); left as it is");
	selected_release(&is);
}

/* One quote too many, anywhere in a table: cut at every byte around it, it is
 * read as without a cut. */
static void a_stray_quote_is_the_same_wherever_it_is_cut(void **state)
{
	static const char table[] =
		"id,name,\"what, is\"\n1,ab,cd\n2,\"x \"\"y\"\"\nz\",w\n"
		"3,,\"\"\n4,abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxy"
		"zabcdefghijklmn,op\n5,\"q\",\"r, s\"\r\n6,t,u\n";
	static const enum upcase_language languages[] = {
		UPCASE_ROOT, UPCASE_EL};
	size_t len = strlen(table) + 1;
	char text[sizeof(table) + 1];
	struct made m;

	(void)state;
	make(&m, &second_of_csv);
	for (size_t quote = 0; quote < len; quote++) {
		const unsigned char *p = (const unsigned char *)text;

		memcpy(text, table, quote);
		text[quote] = '"';
		memcpy(text + quote + 1, table + quote, len - 1 - quote);
		for (size_t k = 0; k < 2; k++) {
			struct selected should, is;
			struct upcase u;
			struct text t;

			assert_int_equal(upcase_init(&u, UPCASE_FULL,
						 languages[k], UPCASE_KEEP),
				0);
			text_init(&t, &u);
			text_select(&t, &m.selection);
			for (size_t at = 0; at <= len; at++) {
				should = selected_plainly(&t, NULL, p, len);
				is = selected_cut_at(&t, p, len, at);
				assert_same(&t, p, len, &is, &should);
			}
		}
	}
	release(&m);
}

/* The fields of a chosen kind are texts of their own: a final sigma and an eta
 * that stands alone see the field's end, not what is behind it. */
static void a_field_is_a_text_of_its_own(void **state)
{
	static const struct way one = {
		.choice = TEXT_FIELDS, .ranges = {{1, 2}}};
	/* An eta with tonos keeps it where it is a word of its own. */
	static const struct example greek[] = {
		{"\xCE\xAE,\xCE\xB1\n", "\xCE\x89,\xCE\x91\n", 0},
		{"\xCE\xAE\xCE\xB1,\xCE\xAE\n", "\xCE\x97\xCE\x91,\xCE\x89\n",
			0},
		{"\xCE\xB1,\xCE\xAE,\xCE\xB1\n", "\xCE\x91,\xCE\x89,\xCE\xB1\n",
			0},
	};
	static const struct way second = {
		.choice = TEXT_CHARACTERS, .ranges = {{2, 2}}};
	static const struct example characters[] = {
		{"\xCE\xB1\xCE\xAE\xCE\xB1\n", "\xCE\xB1\xCE\x89\xCE\xB1\n", 0},
	};
	/* So is a line, whatever of it is chosen, and what stands behind it in
	 * the same piece. */
	static const struct way most = {
		.choice = TEXT_CHARACTERS, .ranges = {{1, 60}}};
	static const struct example line[] = {
		{"\xCE\xB7\nabcdefghijklmnopqrst\n",
			"\xCE\x97\nABCDEFGHIJKLMNOPQRST\n", 0},
	};
	struct upcase u;
	struct text t;
	struct made m;

	(void)state;
	assert_int_equal(
		upcase_init(&u, UPCASE_FULL, UPCASE_EL, UPCASE_KEEP), 0);
	text_init(&t, &u);
	make(&m, &most);
	text_select(&t, &m.selection);
	turned_is(&t, line, strlen(line->text), strlen(line->want));
	release(&m);
	make(&m, &one);
	text_select(&t, &m.selection);
	for (size_t i = 0; i < COUNT(greek); i++)
		turned_is(&t, &greek[i], strlen(greek[i].text),
			strlen(greek[i].want));
	release(&m);
	make(&m, &second);
	text_select(&t, &m.selection);
	turned_is(&t, characters, strlen(characters->text),
		strlen(characters->want));
	release(&m);
}

static void a_nul_is_a_byte_as_others(void **state)
{
	static const struct example e = {"a\0b,\0c\0d\n\0,e\0\n",
		"a\0b,\0C\0D\n"
		"\0,E\0\n",
		0};
	static const struct example f = {
		">a\0b\na\0b\n\0>c\n", ">a\0b\nA\0B\n\0>C\n", 0};

	(void)state;
	play_bytes(&second_of_csv, &e, 14, 14);
	play_bytes(&fasta, &f, 13, 13);
}

/* The least that a batch must hold: a mark, a prefix and a character. */
static void a_batch_holds_what_must_be_known_of_a_line(void **state)
{
	static const struct selection_prefix prefixes[] = {
		{"a", 1}, {"0123456789012345678901234567890", 30}, {"b", 1}};
	static struct text_selection s = {
		.choice = TEXT_LINES, .prefixes = prefixes, .n_prefixes = 3};
	struct text t = {.selection = &s};

	(void)state;
	assert_between(text_least(&t), 30 + 3 + 3, 64);
	s.n_prefixes = 0;
	assert_between(text_least(&t), 3 + 4, 16);
	s.columns = (struct columns *)(uintptr_t)&s;
	assert_int_equal(text_least(&t), SELECTION_HEADER_MOST);
	t.selection = NULL;
	assert_int_equal(text_least(&t), 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_texts_are_turned_as_the_book_says),
		cmocka_unit_test(
			tables_with_quotes_are_read_as_they_are_written),
		cmocka_unit_test(what_grows_in_a_field_moves_the_rest_only),
		cmocka_unit_test(sequences_are_turned_and_their_names_left),
		cmocka_unit_test(what_begins_as_a_mark_may_be_left),
		cmocka_unit_test(of_reads_the_bases_are_turned),
		cmocka_unit_test(characters_are_counted_not_bytes),
		cmocka_unit_test(what_is_never_finished_is_counted),
		cmocka_unit_test(numbers_do_not_begin_anew),
		cmocka_unit_test(behind_all_numbers_there_is_context),
		cmocka_unit_test(
			an_open_quote_is_told_where_it_is_however_long),
		cmocka_unit_test(a_header_is_left_and_says_which_fields),
		cmocka_unit_test(a_header_is_as_long_as_a_batch_at_most),
		cmocka_unit_test(a_missing_name_is_told_with_those_there_are),
		cmocka_unit_test(a_stray_quote_is_the_same_wherever_it_is_cut),
		cmocka_unit_test(a_field_is_a_text_of_its_own),
		cmocka_unit_test(a_nul_is_a_byte_as_others),
		cmocka_unit_test(a_batch_holds_what_must_be_known_of_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
