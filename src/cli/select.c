#include "config.h"

#include "cli/select.h"

#include "cli/diag.h"
#include "cli/misuse.h"
#include "cli/number.h"
#include "text/quote.h"
#include "upcase/utf8.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int no_memory(void)
{
	diag_error(NULL, "not enough memory for what is selected");
	return -EINVAL;
}

static int take_prefix(struct select *s, const char *arg)
{
	struct selection_prefix *prefixes;
	size_t len = strlen(arg);

	if (len == 0 || len > SELECTION_PREFIX_MOST || strchr(arg, '\n'))
		return misuse_argument("invalid prefix", "skip-prefix", arg,
			"what lines begin with, up to 4096 bytes");
	prefixes = realloc(
		s->prefixes, (s->n_prefixes + 1) * sizeof(*s->prefixes));
	if (!prefixes)
		return no_memory();
	s->prefixes = prefixes;
	s->prefixes[s->n_prefixes++] = (struct selection_prefix){arg, len};
	return 0;
}

int select_take(struct select *s, int option, const char *arg)
{
	switch (option) {
	case SELECT_SKIP_PREFIX:
		return take_prefix(s, arg);
	case 'f':
		s->fields = arg;
		return 0;
	case 'c':
		s->characters = arg;
		return 0;
	case 'd':
		s->delimiter = arg;
		return 0;
	case SELECT_FASTA:
		s->fasta = true;
		return 0;
	case SELECT_FASTQ:
		s->fastq = true;
		return 0;
	case SELECT_TSV:
		s->tsv = true;
		return 0;
	case SELECT_CSV:
		s->csv = true;
		return 0;
	case SELECT_COMPLEMENT:
		s->complement = true;
		return 0;
	case SELECT_HEADER:
		s->header = true;
		return 0;
	default:
		return 1;
	}
}

/* ---- What goes together ---- */

/* In the order in which the two of a pair are named. */
enum said {
	FASTA,
	FASTQ,
	CSV,
	TSV,
	PREFIX,
	FIELDS,
	CHARACTERS,
	DELIMITER,
	COMPLEMENT,
	HEADER,
	N_SAID,
};

#define BIT(said) (1U << (said))

static int check_pairs(const struct select *s)
{
	static const char *const names[N_SAID] = {[FASTA] = "fasta",
		[FASTQ] = "fastq",
		[CSV] = "csv",
		[TSV] = "tsv",
		[PREFIX] = "skip-prefix",
		[FIELDS] = "fields",
		[CHARACTERS] = "characters",
		[DELIMITER] = "delimiter",
		[COMPLEMENT] = "complement",
		[HEADER] = "header"};
	static const unsigned others = BIT(PREFIX) | BIT(FIELDS) |
				       BIT(CHARACTERS) | BIT(DELIMITER) |
				       BIT(COMPLEMENT) | BIT(HEADER);
	static const unsigned not_with[N_SAID] = {
		[FASTA] = BIT(FASTQ) | BIT(CSV) | BIT(TSV) | others,
		[FASTQ] = BIT(CSV) | BIT(TSV) | others,
		[CSV] = BIT(TSV) | BIT(CHARACTERS),
		[TSV] = BIT(CHARACTERS) | BIT(DELIMITER),
		[FIELDS] = BIT(CHARACTERS),
	};
	const bool said[N_SAID] = {[FASTA] = s->fasta,
		[FASTQ] = s->fastq,
		[CSV] = s->csv,
		[TSV] = s->tsv,
		[PREFIX] = s->n_prefixes > 0,
		[FIELDS] = s->fields,
		[CHARACTERS] = s->characters,
		[DELIMITER] = s->delimiter,
		[COMPLEMENT] = s->complement,
		[HEADER] = s->header};

	for (unsigned i = 0; i < N_SAID; i++)
		for (unsigned k = 0; said[i] && k < N_SAID; k++)
			if (said[k] && (not_with[i] & BIT(k)))
				return misuse_pair(names[i], names[k]);
	return 0;
}

static int check_wants(const struct select *s)
{
	if (s->delimiter && !s->fields && !s->csv) {
		diag_error(NULL, "--delimiter wants --fields or --csv");
		return -EINVAL;
	}
	if (s->complement && !s->fields && !s->characters) {
		diag_error(NULL, "--complement wants --fields or --characters");
		return -EINVAL;
	}
	return 0;
}

/* ---- The delimiter ---- */

/* Whether upper case may have p[0..len), a byte or a character, where the text
 * does not: then a text would have more delimiters than it had. */
static int can_be_written(
	const struct upcase *upcase, const char *p, size_t len, bool *can)
{
	enum {
		FIRST = 0x20,
		LAST = 0x10FFFF,
		SURROGATES = 0xD800,
		BEHIND_SURROGATES = 0xE000,
		SOME = 4096
	};
	size_t room = upcase_bound(SOME * UTF8_MAX);
	unsigned char text[SOME * UTF8_MAX], *upper;
	size_t n = 0;

	/* Of ASCII only capital letters are written. */
	if (len == 1 && (unsigned char)*p < 0x80) {
		*can = *p >= 'A' && *p <= 'Z';
		return 0;
	}
	*can = upcase->invalid == UPCASE_REPLACE &&
	       memmem("\xEF\xBF\xBD", 3, p, len);
	upper = malloc(room);
	if (!upper)
		return no_memory();
	for (uint32_t c = FIRST; c <= LAST && !*can; c++) {
		unsigned char one[UTF8_MAX];
		int size;

		if (c == SURROGATES)
			c = BEHIND_SURROGATES;
		size = utf8_encode(c, one);
		if (!memmem(one, (size_t)size, p, len)) {
			memcpy(text + n, one, (size_t)size);
			n += (size_t)size;
			/* What is beside it may keep it from being written. */
			text[n++] = ' ';
		}
		if (n >= sizeof(text) - UTF8_MAX || c == LAST) {
			struct upcase_state state;
			struct upcase_result r;

			upcase_state_init(&state);
			(void)upcase_convert(
				upcase, &state, text, n, true, upper, room, &r);
			*can = memmem(upper, r.produced, p, len) != NULL;
			n = 0;
		}
	}
	free(upper);
	return 0;
}

static int take_delimiter(struct select *s, const struct upcase *upcase)
{
	const char *arg = s->delimiter ? s->delimiter : s->csv ? "," : "\t";
	size_t len = strlen(arg);
	bool written;

	if (strcmp(arg, "\\t") == 0)
		return misuse_argument("invalid delimiter", "delimiter", arg,
			"one character; a tab is $'\\t'");
	/* One byte, or one character. */
	if (len == 0 || strchr(arg, '\n') ||
		(len > 1 && (size_t)utf8_scan(
				    (const unsigned char *)arg, len) != len))
		return misuse_argument("invalid delimiter", "delimiter", arg,
			"one character, not a newline");
	if (s->csv && arg[0] == '"')
		return misuse_argument("invalid delimiter", "delimiter", arg,
			"with --csv it is the quote");
	if (can_be_written(upcase, arg, len, &written))
		return -EINVAL;
	if (written)
		return misuse_argument("invalid delimiter", "delimiter", arg,
			"upper case would make more of it");
	memcpy(s->selection.delimiter, arg, len);
	s->selection.delimiter_len = len;
	return 0;
}

/* ---- LIST ---- */

/* Where an item ends: at a comma that has no backslash before it. */
static const char *item_end(const char *item)
{
	for (; *item != '\0' && *item != ','; item++)
		if (item[0] == '\\' && item[1] == ',')
			item++;
	return item;
}

/* Reads text[0..len), digits, as a number. */
static int read_number(const char *text, size_t len, uint32_t *number)
{
	char digits[16];
	uint64_t value;

	if (len == 0 || len >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (number_parse(digits, 1, RANGES_MOST - 1, &value))
		return -EINVAL;
	*number = (uint32_t)value;
	return 0;
}

/* "2", "5-7", "3-" or "-4" is numbers; whether the item looks like that. */
static bool is_numeric(const char *item, size_t len)
{
	size_t dashes = 0;

	for (size_t i = 0; i < len; i++) {
		if (item[i] == '-')
			dashes++;
		else if (item[i] < '0' || item[i] > '9')
			return false;
	}
	return len > 0 && dashes <= 1;
}

static int add_numbers(struct ranges *ranges, const char *item, size_t len,
	const char *option, const char *arg)
{
	const char *dash = memchr(item, '-', len);
	size_t before = dash ? (size_t)(dash - item) : len;
	uint32_t first = 1, last = RANGES_MOST;
	bool bad = len == 1 && dash;

	if (before > 0)
		bad |= read_number(item, before, &first) != 0;
	if (!dash)
		last = first;
	else if (before + 1 < len)
		bad |= read_number(dash + 1, len - before - 1, &last) != 0;
	if (bad || last < first)
		return misuse_argument("invalid list", option, arg,
			"such as 2,5-7,9-; numbers from 1");
	return ranges_add(ranges, first, last) ? no_memory() : 0;
}

/* A name, without the backslashes before its commas. */
static void add_name(
	struct select *s, char **word, const char *item, size_t len)
{
	s->names[s->n_names++] = *word;
	for (size_t i = 0; i < len; i++) {
		if (item[i] == '\\' && i + 1 < len && item[i + 1] == ',')
			i++;
		*(*word)++ = item[i];
	}
	*(*word)++ = '\0';
}

static int parse_list(struct select *s, const char *option, const char *arg)
{
	size_t len = strlen(arg);
	char *word;

	s->words = malloc(len + 1);
	s->names = calloc(len + 1, sizeof(*s->names));
	if (!s->words || !s->names)
		return no_memory();
	word = s->words;
	for (const char *item = arg;; item++) {
		const char *end = item_end(item);
		size_t n = (size_t)(end - item);

		if (is_numeric(item, n)) {
			if (add_numbers(
				    &s->selection.ranges, item, n, option, arg))
				return -EINVAL;
		} else if (n == 0 || !s->fields) {
			return misuse_argument("invalid list", option, arg,
				"such as 2,5-7,9-; numbers from 1");
		} else if (!s->header) {
			return misuse_argument("invalid list", option, arg,
				"such as 2,5-7,9-; names of columns want "
				"--header");
		} else {
			add_name(s, &word, item, n);
		}
		item = end;
		if (*item == '\0')
			return 0;
	}
}

/* Names are looked up in each FILE's header, the numbers with them. */
static int make_columns(struct select *s)
{
	struct text_selection *made = &s->selection;
	struct columns_wanted wanted = {.numbers = made->ranges,
		.names = s->names,
		.n_names = s->n_names,
		.complement = s->complement,
		.delimiter = made->delimiter,
		.delimiter_len = made->delimiter_len,
		.quotes = made->quotes};

	made->columns = columns_new(&wanted);
	if (!made->columns)
		return no_memory();
	made->ranges = (struct ranges){0};
	return 0;
}

static int choose_columns(struct select *s)
{
	const char *list = s->fields ? s->fields : s->characters;
	int err;

	err = list ? parse_list(s, s->fields ? "fields" : "characters", list)
		   : ranges_add(&s->selection.ranges, 1, RANGES_MOST);
	if (err)
		return err == -ENOMEM ? no_memory() : err;
	if (s->n_names > 0)
		return make_columns(s);
	if (s->complement && ranges_complement(&s->selection.ranges))
		return no_memory();
	return 0;
}

int select_settle(struct select *s, const struct upcase *upcase)
{
	static const struct selection_prefix fasta[] = {{">", 1}, {";", 1}};
	struct text_selection *made = &s->selection;

	if (check_pairs(s) || check_wants(s))
		return -EINVAL;
	made->prefixes = s->fasta ? fasta : s->prefixes;
	made->n_prefixes = s->fasta ? 2 : s->n_prefixes;
	made->header = s->header;
	made->quotes = s->csv;
	if (s->fastq) {
		made->choice = TEXT_READS;
		return 0;
	}
	if (!s->fields && !s->characters && !s->csv && !s->header) {
		made->choice = made->n_prefixes > 0 ? TEXT_LINES : TEXT_ALL;
		return 0;
	}
	if (s->fields || s->csv) {
		made->choice = TEXT_FIELDS;
		if (take_delimiter(s, upcase))
			return -EINVAL;
	} else {
		made->choice = TEXT_CHARACTERS;
	}
	return choose_columns(s);
}

const struct text_selection *select_made(const struct select *s)
{
	return s->selection.choice == TEXT_ALL ? NULL : &s->selection;
}

void select_release(struct select *s)
{
	columns_free(s->selection.columns);
	ranges_free(&s->selection.ranges);
	free(s->prefixes);
	free(s->words);
	free(s->names);
	*s = (struct select){.fasta = false};
}
