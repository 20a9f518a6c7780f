/*
 * Tests of the case engine: against a simple reference (reference.h) on all
 * characters, all cuts and random text, and against examples written by hand.
 *
 * The environment variable UPCASE_DATA names the directory of Unicode's data.
 */
#include "config.h"

#include "reference.h"
#include "upcase/upcase.h"
#include "upcase/utf8.h"

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

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
	SEED = 20260917
};

/* Every mapping with every language that goes with it. */
static const struct {
	enum upcase_mapping mapping;
	enum upcase_language language;
} settings[] = {
	{UPCASE_FULL, UPCASE_ROOT},
	{UPCASE_FULL, UPCASE_TR},
	{UPCASE_FULL, UPCASE_AZ},
	{UPCASE_FULL, UPCASE_LT},
	{UPCASE_FULL, UPCASE_EL},
	{UPCASE_FULL, UPCASE_HY},
	{UPCASE_SIMPLE, UPCASE_ROOT},
	{UPCASE_SIMPLE, UPCASE_TR},
	{UPCASE_SIMPLE, UPCASE_AZ},
	{UPCASE_ASCII, UPCASE_ROOT},
};

static const enum upcase_invalid modes[] = {
	UPCASE_KEEP, UPCASE_REPLACE, UPCASE_FAIL};

/* Bytes with a length, so that NUL may be among them. */
#define BYTES(literal) (literal), sizeof(literal) - 1

static void *allocate(size_t size)
{
	void *p = malloc(size > 0 ? size : 1);

	assert_non_null(p);
	return p;
}

static struct upcase engine(enum upcase_mapping mapping,
	enum upcase_language language, enum upcase_invalid mode)
{
	struct upcase u;

	assert_int_equal(upcase_init(&u, mapping, language, mode), 0);
	return u;
}

static void assert_state_is_initial(const struct upcase_state *st)
{
	struct upcase_state initial;

	upcase_state_init(&initial);
	initial.held = st->held; /* the caller's, and stays */
	assert_memory_equal(st, &initial, sizeof(initial));
}

/* A stream on its way through the engine, a piece at a time. What it gathers
 * has the shape of what the reference says. */
struct stream {
	const struct upcase *u;
	struct upcase_state st;
	unsigned char held[UPCASE_LOOKAHEAD];
	struct reference_result out;
};

/* Feeds one piece from memory of just its size into memory of just the size
 * that is asked for, so that a sanitizer sees every step outside. */
static void feed(
	struct stream *s, const unsigned char *src, size_t len, bool last)
{
	size_t size = upcase_bound(len);
	unsigned char *piece = allocate(len), *dst = allocate(size);
	struct upcase_result res;

	if (s->out.err)
		goto out;
	if (len > 0)
		memcpy(piece, src, len);
	s->out.err =
		upcase_convert(s->u, &s->st, piece, len, last, dst, size, &res);
	assert_true(res.produced <= size);
	if (s->out.err)
		assert_state_is_initial(&s->st);
	else
		assert_int_equal(res.consumed, len);
	if (s->out.invalid == 0)
		s->out.first_bad = res.first_bad;
	s->out.invalid += res.invalid;
	memcpy(s->out.bytes + s->out.len, dst, res.produced);
	s->out.len += res.produced;
out:
	free(piece);
	free(dst);
}

static void begin(struct stream *s, const struct upcase *u, size_t len)
{
	memset(s, 0, sizeof(*s));
	s->u = u;
	upcase_state_init(&s->st);
	s->st.held = s->held;
	s->out.bytes = allocate(upcase_bound(len));
}

/* The whole text in pieces of `piece` bytes after a first one of `first`. */
static struct reference_result convert_in_pieces(const struct upcase *u,
	const unsigned char *src, size_t len, size_t first, size_t piece)
{
	struct stream s;
	size_t at = 0, n = first;

	begin(&s, u, len);
	while (n < len - at) {
		feed(&s, src + at, n, false);
		at += n;
		n = piece;
	}
	feed(&s, src + at, len - at, true);
	assert_state_is_initial(&s.st);
	return s.out;
}

static void print_bytes(const char *what, const unsigned char *p, size_t len)
{
	print_error("%s (%zu bytes):", what, len);
	for (size_t i = 0; i < len && i < 200; i++)
		print_error(" %02X", p[i]);
	print_error("%s\n", len > 200 ? " ..." : "");
}

static void assert_same(const struct upcase *u, const unsigned char *src,
	size_t len, const struct reference_result *is,
	const struct reference_result *should)
{
	if (is->err == should->err && is->invalid == should->invalid &&
		(is->invalid == 0 || is->first_bad == should->first_bad) &&
		is->len == should->len &&
		memcmp(is->bytes, should->bytes, is->len) == 0)
		return;
	print_error("mapping %d, language %d, invalid %d\n", u->mapping,
		u->language, u->invalid);
	print_bytes("text", src, len);
	print_bytes("converted", is->bytes, is->len);
	print_bytes("should be", should->bytes, should->len);
	fail_msg("error %d, %" PRIu64 " invalid from %" PRIu64
		 "; should be %d, %" PRIu64 " from %" PRIu64,
		is->err, is->invalid, is->first_bad, should->err,
		should->invalid, should->first_bad);
}

/* Compares the engine with the reference on one way to cut the text. */
static void check_cut(const struct upcase *u, const unsigned char *src,
	size_t len, size_t first, size_t piece,
	const struct reference_result *should)
{
	struct reference_result is =
		convert_in_pieces(u, src, len, first, piece);

	assert_same(u, src, len, &is, should);
	free(is.bytes);
}

static void check_whole(
	const struct upcase *u, const unsigned char *src, size_t len)
{
	struct reference_result should = reference_convert(u, src, len);

	check_cut(u, src, len, len, len, &should);
	free(should.bytes);
}

static void check_all_cuts(
	const struct upcase *u, const unsigned char *src, size_t len)
{
	struct reference_result should = reference_convert(u, src, len);

	for (size_t piece = 1; piece <= 3; piece++)
		check_cut(u, src, len, piece, piece, &should);
	for (size_t first = 0; first <= len; first++)
		check_cut(u, src, len, first, len, &should);
	free(should.bytes);
}

static void check_all_settings(const unsigned char *src, size_t len,
	void check(const struct upcase *, const unsigned char *, size_t))
{
	for (size_t i = 0; i < COUNT(settings); i++) {
		for (size_t k = 0; k < COUNT(modes); k++) {
			struct upcase u = engine(settings[i].mapping,
				settings[i].language, modes[k]);

			check(&u, src, len);
		}
	}
}

/* An example: in becomes out. */
struct example {
	const char *in, *out;
};

static void check_examples(
	const struct upcase *u, const struct example *examples, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const unsigned char *in = (const unsigned char *)examples[i].in;
		size_t len = strlen(examples[i].in);
		struct reference_result should = {
			.bytes = (unsigned char *)strdup(examples[i].out),
			.len = strlen(examples[i].out),
		};

		check_cut(u, in, len, len, len, &should);
		check_cut(u, in, len, 1, 1, &should);
		free(should.bytes);
		check_whole(u, in, len); /* so that the reference is right */
	}
}

/* --- all characters --- */

static size_t encode(uint32_t c, unsigned char *p)
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};

	for (size_t i = n; i-- > 1; c >>= 6)
		p[i] = (unsigned char)(0x80 | (c & 0x3F));
	p[0] = (unsigned char)(lead[n] | c);
	return n;
}

/* Appends c between the fixed parts. Returns the new length. */
static size_t put_between(unsigned char *text, size_t len, uint32_t c,
	const char *const *parts, size_t n_parts)
{
	for (size_t i = 0; i < n_parts; i++) {
		size_t n = strlen(parts[i]);

		memcpy(text + len, parts[i], n);
		len += n;
		if (i + 1 < n_parts)
			len += encode(c, text + len);
	}
	return len;
}

/* Converts the code points first..last, each between the parts, some thousand
 * at a time. */
static void check_code_points(const struct upcase *u, uint32_t first,
	uint32_t last, const char *const *parts, size_t n_parts)
{
	enum {
		AT_ONCE = 0x1000,
		BYTES_EACH = 80
	};
	unsigned char *text = allocate((size_t)AT_ONCE * BYTES_EACH);

	for (uint32_t c = first; c <= last;) {
		size_t len = 0;

		for (int i = 0; i < AT_ONCE && c <= last; i++, c++)
			if (c < 0xD800 || c > 0xDFFF)
				len = put_between(text, len, c, parts, n_parts);
		check_whole(u, text, len);
	}
	free(text);
}

static void every_code_point_is_mapped_as_unicode_says(void **state)
{
	static const char *const parts[] = {"", ""};

	(void)state;
	for (size_t i = 0; i < COUNT(settings); i++) {
		struct upcase u = engine(
			settings[i].mapping, settings[i].language, UPCASE_FAIL);

		check_code_points(&u, 0, 0x10FFFF, parts, COUNT(parts));
	}
}

/* Alone in a line; before, behind and between what the rules for context look
 * at; planes without assigned characters are left out. */
static void every_character_is_mapped_among_others_as_unicode_says(void **state)
{
	static const enum upcase_language languages[] = {
		UPCASE_ROOT, UPCASE_LT, UPCASE_EL};
	static const char *const parts[] = {
		"", "\nx", "i", "\u0307 ή", "\u0307 η\u0301", "ά", "ι ", "\n"};

	(void)state;
	for (size_t i = 0; i < COUNT(languages); i++) {
		struct upcase u =
			engine(UPCASE_FULL, languages[i], UPCASE_FAIL);

		check_code_points(&u, 0, 0x1FFFF, parts, COUNT(parts));
		check_code_points(&u, 0xE0000, 0xE01FF, parts, COUNT(parts));
	}
}

/* --- cuts and random text --- */

static const struct {
	const char *bytes;
	size_t len;
} texts[] = {
	{BYTES("")},
	{BYTES("plain words, more than sixteen bytes of them: i j z")},
	{BYTES("stra\u00DFe \uFB03 \u0149 \u0390 \u1F80 \U0001DF95 \u0587")},
	{BYTES("\U00010428\U0001E922 \u10D0\uAB70 \u0131\u017F \u2170")},
	{BYTES("i\u0307 i\u0323\u0307 i\u0301\u0307 \u012F\u0307\u0307")},
	{BYTES("ή ήτα, 'ή' ἤ. μιή ή\u00AD\u02BCx ή\u00AD\u02BC ή")},
	{BYTES("η\u0301 η\u0308\u0301 η\u0301\u0345 ά\u0345\u0345ι")},
	{BYTES("Μάιος άυλος α\u0301ι ΐ ϊ\u0301 ᾳ ᾼ ή\u037A\u0308\u0345.")},
	{BYTES("a\x80z \xC3 \xE1\x80i \xF1\x80\x80\x41 \xED\xA0\x80 ή\xFF")},
	{BYTES("\xF0\x9F\x92 i\xCC\xCC\x87 η\xCC\x81\xCC \xF4\x90\x80\x80")},
	{BYTES("nul \0 i\0\u0307 ή\0a\0")},
	{BYTES("\xE2\x82")},
	{BYTES("ή\xC2")},
};

static void any_cut_gives_the_same_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		check_all_settings((const unsigned char *)texts[i].bytes,
			texts[i].len, check_all_cuts);
}

/* xorshift; the same everywhere. */
static uint32_t next_random(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

/* What random texts are made of: letters of all lengths and scripts, marks,
 * case-ignorables, ill-formed and unfinished sequences. */
static const char *const atoms[] = {"a", "i", "j", "z", "Q", "word ", " ", "\n",
	"'", ".", ":", "0", "ß", "ﬃ", "ı", "ſ", "į", "ԵՒ", "և", "ж", "Ⴀ", "ა",
	"ꭰ", "𐐨", "漢", "🙂", "α", "ά", "η", "ή", "Ή", "ἤ", "ῃ", "ι", "ί",
	"ϊ", "ΐ", "υ", "ύ", "ω", "ᾳ", "ς", "ϒ", "ϔ", "Ω", "\u037A", "\u1FBE",
	"\u0300", "\u0301", "\u0304", "\u0307", "\u0307", "\u0308", "\u0313",
	"\u0323", "\u0328", "\u0342", "\u0344", "\u0345", "\u00AD", "\u02BC",
	"\U0001D165", "\x80", "\xC3", "\xCC", "\xCE", "\xE1\x80", "\xE1",
	"\xED", "\xF0\x90", "\xF0\x90\x90", "\xF4", "\xF5", "\xFF", "\xC0\xAF"};

static size_t random_text(uint32_t *x, unsigned char *text, size_t n_atoms)
{
	size_t len = 0;

	for (; n_atoms > 0; n_atoms--) {
		const char *atom = atoms[next_random(x) % COUNT(atoms)];

		while (*atom)
			text[len++] = (unsigned char)*atom++;
	}
	return len;
}

/* Few ill-formed sequences are met with FAIL before it stops, so that it gets
 * the shorter texts. */
static void random_text_is_converted_as_the_reference_does(void **state)
{
	enum {
		ROUNDS = 4000,
		ATOMS = 40,
		ATOM_MAX = 8
	};
	static unsigned char text[ATOMS * ATOM_MAX];
	uint32_t x = SEED;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		uint32_t seed = x, r = next_random(&x);
		size_t i = r % COUNT(settings), k = r / 16 % COUNT(modes);
		size_t most = modes[k] == UPCASE_FAIL ? 8 : ATOMS;
		size_t len = random_text(&x, text, r / 64 % most + 1);
		size_t piece = r / 4096 % 7 + 1;
		struct upcase u = engine(
			settings[i].mapping, settings[i].language, modes[k]);
		struct reference_result should =
			reference_convert(&u, text, len);
		struct reference_result is = convert_in_pieces(
			&u, text, len, r / 65536 % (len + 1), piece);

		if (is.len != should.len ||
			memcmp(is.bytes, should.bytes, is.len) != 0)
			print_error(
				"round %d, seed %" PRIu32 "\n", round, seed);
		assert_same(&u, text, len, &is, &should);
		free(is.bytes);
		free(should.bytes);
	}
}

static void ascii_is_mapped_at_any_place_and_length(void **state)
{
	static unsigned char text[80];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (unsigned char)(0x39 + i % 0x47);
	for (size_t i = 0; i < COUNT(settings); i++) {
		struct upcase u = engine(
			settings[i].mapping, settings[i].language, UPCASE_KEEP);

		for (size_t at = 0; at < 16; at++)
			for (size_t len = 0; at + len <= sizeof(text); len++)
				check_whole(&u, text + at, len);
	}
}

/* --- ill-formed input --- */

static void ill_formed_sequences_are_counted_by_maximal_subpart(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		uint64_t invalid;
	} cases[] = {
		/* continuation bytes that continue nothing */
		{BYTES("\x80"), 1},
		{BYTES("\xBF\x80\xBF\x80\xBF"), 5},
		/* lead bytes, each followed by a space */
		{BYTES("\xC2 \xDF \xE0 \xEF \xF0 \xF4 "), 6},
		/* bytes that are in no well-formed sequence */
		{BYTES("\xFE"), 1},
		{BYTES("\xFF"), 1},
		{BYTES("\xFE\xFE\xFF\xFF"), 4},
		{BYTES("\xF5\x80\x80\x80"), 4},
		{BYTES("\xF8\x88\x80\x80\x80"), 5},
		{BYTES("\xFC\x84\x80\x80\x80\x80"), 6},
		/* the last byte is missing */
		{BYTES("\xC3"), 1},
		{BYTES("\xE0\xA0"), 1},
		{BYTES("\xEF\xBF"), 1},
		{BYTES("\xF0\x90\x80"), 1},
		{BYTES("\xF4\x8F\xBF"), 1},
		/* all of them in a row */
		{BYTES("\xC3\xE0\xA0\xEF\xBF\xF0\x90\x80\xF4\x8F\xBF"), 5},
		/* over-long slashes and NULs */
		{BYTES("\xC0\xAF"), 2},
		{BYTES("\xE0\x80\xAF"), 3},
		{BYTES("\xF0\x80\x80\xAF"), 4},
		{BYTES("\xC0\x80"), 2},
		{BYTES("\xE0\x80\x80"), 3},
		{BYTES("\xF0\x80\x80\x80"), 4},
		/* the largest over-long ones */
		{BYTES("\xC1\xBF"), 2},
		{BYTES("\xE0\x9F\xBF"), 3},
		{BYTES("\xF0\x8F\xBF\xBF"), 4},
		/* surrogates, one and a pair */
		{BYTES("\xED\xA0\x80"), 3},
		{BYTES("\xED\xBF\xBF"), 3},
		{BYTES("\xED\xA0\x80\xED\xB0\x80"), 6},
		/* past U+10FFFF */
		{BYTES("\xF4\x90\x80\x80"), 4},
		/* the boundaries on the good side */
		{BYTES("\xC2\x80\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80"), 0},
		{BYTES("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\xEF\xBF\xBF"), 0},
		/* the example of the Unicode Standard, section 3.9 */
		{BYTES("a\xF1\x80\x80\xE1\x80\xC2"
		       "b\x80"
		       "c\x80\xBF"
		       "d"),
			6},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const unsigned char *in = (const unsigned char *)cases[i].bytes;
		struct upcase u = engine(UPCASE_FULL, UPCASE_ROOT, UPCASE_KEEP);
		struct reference_result is = convert_in_pieces(
			&u, in, cases[i].len, cases[i].len, 1);

		if (is.invalid != cases[i].invalid)
			print_bytes("text", in, cases[i].len);
		assert_int_equal(is.invalid, cases[i].invalid);
		free(is.bytes);
		check_all_settings(in, cases[i].len, check_all_cuts);
	}
}

static void failing_stops_before_the_first_ill_formed_sequence(void **state)
{
	static const unsigned char text[] = "good \xC3\xA9\xE1\x80 bad";
	struct upcase u = engine(UPCASE_FULL, UPCASE_ROOT, UPCASE_FAIL);
	struct upcase_state st;
	struct upcase_result res;
	unsigned char *dst = allocate(upcase_bound(sizeof(text)));
	int err;

	(void)state;
	upcase_state_init(&st);
	err = upcase_convert(&u, &st, text, sizeof(text), false, dst,
		upcase_bound(sizeof(text)), &res);
	assert_int_equal(err, -EILSEQ);
	assert_int_equal(res.consumed, 7);
	assert_int_equal(res.invalid, 1);
	assert_int_equal(res.first_bad, 7);
	assert_int_equal(res.produced, 7);
	assert_memory_equal(dst, "GOOD \xC3\x89", 7);
	assert_state_is_initial(&st);
	free(dst);
}

static void a_character_cut_in_two_is_reported_where_it_begins(void **state)
{
	struct upcase u = engine(UPCASE_ASCII, UPCASE_ROOT, UPCASE_FAIL);
	struct upcase_state st;
	struct upcase_result res;
	size_t size = upcase_bound(3);
	unsigned char *dst = allocate(size);
	int err;

	(void)state;
	upcase_state_init(&st);
	err = upcase_convert(&u, &st, (const unsigned char *)"ab\xE1", 3, false,
		dst, size, &res);
	assert_int_equal(err, 0);
	assert_int_equal(res.produced, 2);
	err = upcase_convert(&u, &st, (const unsigned char *)"\x80z", 2, false,
		dst, size, &res);
	assert_int_equal(err, -EILSEQ);
	assert_int_equal(res.first_bad, 2);
	assert_int_equal(res.consumed, 0);
	assert_int_equal(res.produced, 0);
	free(dst);
}

static void an_incomplete_character_is_found_at_the_end(void **state)
{
	static const struct {
		const char *bytes;
		size_t len, incomplete;
	} cases[] = {
		{BYTES(""), 0},
		{BYTES("a"), 0},
		{BYTES("\xC3"), 1},
		{BYTES("\xC3\xA9"), 0},
		{BYTES("a\xE2"), 1},
		{BYTES("a\xE2\x82"), 2},
		{BYTES("a\xE2\x82\xAC"), 0},
		{BYTES("\xF0"), 1},
		{BYTES("\xF0\x9F"), 2},
		{BYTES("\xF0\x9F\x99"), 3},
		{BYTES("\xF0\x9F\x99\x82"), 0},
		{BYTES("a\x80"), 0},
		{BYTES("\x80\x80\x80\x80"), 0},
		{BYTES("\xC3\xA9\x80"), 0},
		{BYTES("\xE0\x80"), 0},
		{BYTES("\xED\xA0"), 0},
		{BYTES("\xF4\x90"), 0},
		{BYTES("\xC0"), 0},
		{BYTES("\xFF"), 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(
			utf8_incomplete((const unsigned char *)cases[i].bytes,
				cases[i].len),
			cases[i].incomplete);
}

/* --- languages --- */

static void full_mapping_expands_and_simple_mapping_does_not(void **state)
{
	static const struct example full[] = {
		{"straße", "STRASSE"},
		{"ﬃ", "FFI"},
		{"ǆ ǅ", "Ǆ Ǆ"},
		{"\u0149", "\u02BCN"},
		{"\u0345", "\u0399"},
		{"και ή ήτα", "ΚΑΙ Ή ΉΤΑ"},
		{"և", "ԵՒ"},
	};
	static const struct example simple[] = {
		{"straße", "STRAßE"},
		{"ﬃ", "ﬃ"},
		{"ǆ ǅ", "Ǆ Ǆ"},
		{"\u1F80", "\u1F88"},
		{"և", "և"},
	};
	static const struct example ascii[] = {
		{"straße ή z{`a", "STRAßE ή Z{`A"}};
	struct upcase u;

	(void)state;
	u = engine(UPCASE_FULL, UPCASE_ROOT, UPCASE_KEEP);
	check_examples(&u, full, COUNT(full));
	u = engine(UPCASE_SIMPLE, UPCASE_ROOT, UPCASE_KEEP);
	check_examples(&u, simple, COUNT(simple));
	u = engine(UPCASE_ASCII, UPCASE_ROOT, UPCASE_KEEP);
	check_examples(&u, ascii, COUNT(ascii));
}

static void turkish_and_azerbaijani_keep_the_dot(void **state)
{
	static const struct example examples[] = {
		{"istanbul", "İSTANBUL"},
		{"diyarbakır", "DİYARBAKIR"},
		{"ılık ILIK", "ILIK ILIK"},
		{"abcdefghi", "ABCDEFGHİ"},
		{"i\u0307", "İ\u0307"},
	};
	struct upcase u;

	(void)state;
	u = engine(UPCASE_FULL, UPCASE_TR, UPCASE_KEEP);
	check_examples(&u, examples, COUNT(examples));
	u = engine(UPCASE_FULL, UPCASE_AZ, UPCASE_KEEP);
	check_examples(&u, examples, COUNT(examples));
	u = engine(UPCASE_SIMPLE, UPCASE_TR, UPCASE_KEEP);
	check_examples(&u, examples, COUNT(examples));
}

static void lithuanian_drops_the_dot_after_soft_dotted_letters(void **state)
{
	static const struct example examples[] = {
		{"i\u0307\u0301", "I\u0301"},
		{"j\u0307\u0303", "J\u0303"},
		{"\u012F\u0307\u0301", "\u012E\u0301"},
		/* a mark below does not stand between */
		{"i\u0328\u0307", "I\u0328"},
		{"i\u0323\u0328\u0307", "I\u0323\u0328"},
		/* a mark above, a letter and a second dot do */
		{"i\u0301\u0307", "I\u0301\u0307"},
		{"ia\u0307", "IA\u0307"},
		{"i\u0307\u0307", "I\u0307"},
		/* not soft-dotted */
		{"a\u0307", "A\u0307"},
		{"I\u0307", "I\u0307"},
		{"ı\u0307", "I\u0307"},
		{"\u0307", "\u0307"},
		{"i\n\u0307", "I\n\u0307"},
		{"\u0117 \u012F\u0307\u0300", "\u0116 \u012E\u0300"},
	};
	struct upcase u = engine(UPCASE_FULL, UPCASE_LT, UPCASE_KEEP);

	(void)state;
	check_examples(&u, examples, COUNT(examples));
}

/* Writes unit n times behind prefix, then suffix; returns the length. */
static size_t repeat(char *text, const char *prefix, const char *unit, size_t n,
	const char *suffix)
{
	char *p = stpcpy(text, prefix);

	while (n-- > 0)
		p = stpcpy(p, unit);
	return (size_t)(stpcpy(p, suffix) - text);
}

/* Text without a dot above is not looked at closely, in stretches of about a
 * thousand bytes: wherever one ends, and whatever is before the dot. */
static void lithuanian_finds_a_dot_wherever_it_is(void **state)
{
	static const char *const before[] = {"x", "i", "ž", "į\u0323", "漢"};
	static const char *const dots[] = {"i\u0307", "j\u0323\u0307\u0307",
		"ji\u0301\u0307", "\u0307", "i\xCC"};
	static char text[8000];
	struct upcase u = engine(UPCASE_FULL, UPCASE_LT, UPCASE_KEEP);

	(void)state;
	for (size_t i = 0; i < COUNT(before); i++) {
		for (size_t k = 0; k < COUNT(dots); k++) {
			size_t n = 960 / strlen(before[i]), most = n + 80;

			for (; n < most; n++) {
				size_t len =
					repeat(text, "", before[i], n, dots[k]);

				check_whole(&u, (unsigned char *)text, len);
			}
		}
	}
}

static void armenian_spells_the_ligature_with_vew(void **state)
{
	static const struct example examples[] = {
		{"և", "ԵՎ"},
		{"Երևան", "ԵՐԵՎԱՆ"},
		{"ﬓﬔﬕﬖﬗ", "ՄՆՄԵՄԻՎՆՄԽ"},
	};
	struct upcase u = engine(UPCASE_FULL, UPCASE_HY, UPCASE_KEEP);

	(void)state;
	check_examples(&u, examples, COUNT(examples));
}

static void greek_loses_its_accents_and_keeps_its_dialytika(void **state)
{
	static const struct example examples[] = {
		{"άδικος, κείμενο, ίριδα", "ΑΔΙΚΟΣ, ΚΕΙΜΕΝΟ, ΙΡΙΔΑ"},
		{"Πατάτα, Αέρας, Μυστήριο", "ΠΑΤΑΤΑ, ΑΕΡΑΣ, ΜΥΣΤΗΡΙΟ"},
		{"Ἀχιλλεὺς ᾧ ῥυθμός", "ΑΧΙΛΛΕΥΣ ΩΙ ΡΥΘΜΟΣ"},
		{"α\u0313\u0301\u0342\u0304β", "ΑΒ"},
		/* dialytika stay */
		{"Μαΐου ταΰγετος ϊϋ ϔ", "ΜΑΪΟΥ ΤΑΫΓΕΤΟΣ ΪΫ ϒ\u0308"},
		{"ι\u0308\u0301 α\u0308", "Ι\u0308 Α\u0308"},
		/* and appear where an accent told two vowels apart */
		{"Μάιος, ρολόι, άυλος", "ΜΑΪΟΣ, ΡΟΛΟΪ, ΑΫΛΟΣ"},
		{"α\u0301ι ά\u02BCι ά ι", "ΑΙ\u0308 Α\u02BCΙ Α Ι"},
		{"άιι ΐι", "ΑΪΙ ΪΙ"},
		/* iota subscript becomes a letter */
		{"ᾳ ᾼ ᾷ α\u0345 ῃ\u0345", "ΑΙ ΑΙ ΑΙ ΑΙ ΗΙΙ"},
		/* what is not Greek is mapped as ever */
		{"straße é ж", "STRASSE É Ж"},
		{"e\u0301\u0345 \u0345", "E\u0301Ι Ι"},
		{"\u2126\u0301 ϐϑϕϖϰϱϵ", "Ω ΒΘΦΠΚΡΕ"},
	};
	struct upcase u = engine(UPCASE_FULL, UPCASE_EL, UPCASE_KEEP);

	(void)state;
	check_examples(&u, examples, COUNT(examples));
}

static void greek_or_keeps_its_accent(void **state)
{
	static const struct example examples[] = {
		{"ή", "Ή"},
		{"Ή", "Ή"},
		{"ὴ ἤ ἣ", "Ή Ή Ή"},
		{"η\u0301", "Η\u0301"},
		{"η\u0313\u0301 η\u0308\u0301", "Η\u0301 Η\u0308\u0301"},
		{"αυτό ή εκείνο", "ΑΥΤΟ Ή ΕΚΕΙΝΟ"},
		{"ή, (ή) 'ή' ή\u00AD.", "Ή, (Ή) 'Ή' Ή\u00AD."},
		{"1ή2", "1Ή2"},
		/* not a word of its own */
		{"ήτα ή'τα ή\u00AD.τα", "ΗΤΑ Η'ΤΑ Η\u00AD.ΤΑ"},
		{"μή μ'ή xή ήx", "ΜΗ Μ'Η XΗ ΗX"},
		{"ή\u0323α ή\u0323", "Η\u0323Α Ή\u0323"},
		{"ήι", "ΗΪ"},
		/* not only an accent */
		{"η ἡ ῃ ῄ ή\u0345", "Η Η ΗΙ ΗΙ ΗΙ"},
	};
	struct upcase u = engine(UPCASE_FULL, UPCASE_EL, UPCASE_KEEP);

	(void)state;
	check_examples(&u, examples, COUNT(examples));
}

/* Two bytes each, so that half as many reach the limit. */
static void greek_looks_ahead_just_as_far_as_promised(void **state)
{
	enum {
		N = UPCASE_LOOKAHEAD / 2
	};
	/* Three bytes first make the number odd where the limit is met. */
	static const char *const heads[] = {"ή", "ή\u200D"};
	static const char *const units[] = {
		"\u00AD", "\u0301", "\u0345", "\u037A", "\u0323"};
	static char text[2 * UPCASE_LOOKAHEAD + 100];
	struct upcase u = engine(UPCASE_FULL, UPCASE_EL, UPCASE_REPLACE);

	(void)state;
	for (size_t i = 0; i < COUNT(heads) * COUNT(units); i++) {
		for (size_t n = N - 3; n <= N + 3; n++) {
			size_t len = repeat(text, heads[i % COUNT(heads)],
				units[i / COUNT(heads)], n, "\u0308α ή\xCE");
			const unsigned char *src = (unsigned char *)text;
			struct reference_result should =
				reference_convert(&u, src, len);

			check_cut(&u, src, len, len, 1, &should);
			check_cut(&u, src, len, 1, 1, &should);
			check_cut(&u, src, len, 100, 1000, &should);
			free(should.bytes);
		}
	}
}

static void the_eta_counts_as_a_word_past_the_limit(void **state)
{
	enum {
		N = UPCASE_LOOKAHEAD / 2
	};
	static char in[2 * UPCASE_LOOKAHEAD], out[2 * UPCASE_LOOKAHEAD];
	struct upcase u = engine(UPCASE_FULL, UPCASE_EL, UPCASE_KEEP);
	struct example example = {in, out};

	(void)state;
	repeat(in, "ή", "\u00AD", N, "α");
	repeat(out, "Η", "\u00AD", N, "Α");
	check_examples(&u, &example, 1);
	repeat(in, "ή", "\u00AD", N + 1, "α");
	repeat(out, "Ή", "\u00AD", N + 1, "Α");
	check_examples(&u, &example, 1);
}

static void a_newline_ends_every_context(void **state)
{
	static const char *const lines[] = {"i\n", "ή\u00AD\n", "\u0345\n",
		"ά\n", "ι\n", "\u0307\n", "α\n"};
	(void)state;
	for (size_t i = 0; i < COUNT(settings); i++) {
		struct upcase u = engine(
			settings[i].mapping, settings[i].language, UPCASE_KEEP);
		struct stream s;

		begin(&s, &u, 1000);
		for (size_t k = 0; k < COUNT(lines); k++) {
			feed(&s, (const unsigned char *)lines[k],
				strlen(lines[k]), false);
			s.st.offset = 0;
			assert_state_is_initial(&s.st);
		}
		free(s.out.bytes);
	}
}

/* --- the interface --- */

static void nul_bytes_pass(void **state)
{
	struct upcase u = engine(UPCASE_FULL, UPCASE_ROOT, UPCASE_KEEP);
	struct reference_result is =
		convert_in_pieces(&u, (const unsigned char *)"a\0ß\0", 5, 5, 1);

	(void)state;
	assert_int_equal(is.len, 5);
	assert_memory_equal(is.bytes, "A\0SS\0", 5);
	assert_int_equal(is.invalid, 0);
	free(is.bytes);
}

static void too_small_a_buffer_changes_nothing(void **state)
{
	struct upcase u = engine(UPCASE_FULL, UPCASE_ROOT, UPCASE_KEEP);
	struct upcase_state st;
	struct upcase_result res;
	unsigned char *dst = allocate(upcase_bound(1));

	(void)state;
	upcase_state_init(&st);
	assert_int_equal(upcase_convert(&u, &st, (const unsigned char *)"\xC3",
				 1, true, dst, upcase_bound(1) - 1, &res),
		-ENOBUFS);
	assert_int_equal(res.consumed, 0);
	assert_int_equal(res.produced, 0);
	assert_state_is_initial(&st);
	free(dst);
}

static void a_state_is_small(void **state)
{
	(void)state;
	assert_true(sizeof(struct upcase_state) <= 40);
}

static void greek_in_pieces_wants_memory_to_hold_text_in(void **state)
{
	struct upcase u = engine(UPCASE_FULL, UPCASE_EL, UPCASE_KEEP);
	struct upcase_state st;
	struct upcase_result res;
	unsigned char *dst = allocate(upcase_bound(2));

	(void)state;
	upcase_state_init(&st);
	assert_int_equal(upcase_convert(&u, &st, (const unsigned char *)"ή", 2,
				 false, dst, upcase_bound(2), &res),
		-EINVAL);
	assert_int_equal(res.consumed, 0);
	assert_int_equal(res.produced, 0);
	assert_state_is_initial(&st);
	assert_int_equal(upcase_convert(&u, &st, (const unsigned char *)"ή", 2,
				 true, dst, upcase_bound(2), &res),
		0);
	assert_int_equal(res.produced, 2);
	assert_memory_equal(dst, "Ή", 2);
	free(dst);
}

static void an_empty_last_piece_brings_what_was_held_back(void **state)
{
	static const struct {
		enum upcase_language language;
		const char *in, *first, *last;
	} cases[] = {
		{UPCASE_ROOT, "a\xE2\x82", "A", "\xE2\x82"},
		{UPCASE_EL, "x ή", "X ", "Ή"},
		{UPCASE_EL, "x ή’\u00AD", "X ", "Ή’\u00AD"},
		{UPCASE_EL, "x η\u0301’\xE2", "X ", "Η\u0301’\xE2"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct upcase u =
			engine(UPCASE_FULL, cases[i].language, UPCASE_KEEP);
		size_t first = strlen(cases[i].first);
		size_t last = strlen(cases[i].last);
		struct stream s;

		begin(&s, &u, 100);
		feed(&s, (const unsigned char *)cases[i].in,
			strlen(cases[i].in), false);
		assert_int_equal(s.out.len, first);
		feed(&s, NULL, 0, true);
		assert_int_equal(s.out.len, first + last);
		assert_memory_equal(s.out.bytes, cases[i].first, first);
		assert_memory_equal(s.out.bytes + first, cases[i].last, last);
		assert_state_is_initial(&s.st);
		free(s.out.bytes);
	}
}

static void an_empty_stream_gives_nothing(void **state)
{
	struct upcase u = engine(UPCASE_FULL, UPCASE_EL, UPCASE_FAIL);
	struct upcase_state st;
	struct upcase_result res;
	unsigned char *dst = allocate(upcase_bound(0));

	(void)state;
	upcase_state_init(&st);
	assert_int_equal(upcase_convert(&u, &st, NULL, 0, true, dst,
				 upcase_bound(0), &res),
		0);
	assert_int_equal(res.produced, 0);
	free(dst);
}

static void the_bound_is_three_times_the_length_and_saturates(void **state)
{
	(void)state;
	assert_true(upcase_bound(0) >= UPCASE_LOOKAHEAD);
	assert_int_equal(upcase_bound(1000) - upcase_bound(0), 3000);
	assert_true(upcase_bound(SIZE_MAX / 3) == SIZE_MAX);
	assert_true(upcase_bound(SIZE_MAX) == SIZE_MAX);
}

static void languages_go_only_with_mappings_that_can_do_them(void **state)
{
	static const enum upcase_language all[] = {UPCASE_ROOT, UPCASE_TR,
		UPCASE_AZ, UPCASE_LT, UPCASE_EL, UPCASE_HY};
	static const int simple[] = {0, 0, 0, -EINVAL, -EINVAL, -EINVAL};
	struct upcase u;

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		assert_int_equal(
			upcase_init(&u, UPCASE_FULL, all[i], UPCASE_KEEP), 0);
		assert_int_equal(upcase_has_context(&u),
			all[i] == UPCASE_LT || all[i] == UPCASE_EL);
		assert_int_equal(
			upcase_init(&u, UPCASE_SIMPLE, all[i], UPCASE_KEEP),
			simple[i]);
		assert_int_equal(
			upcase_init(&u, UPCASE_ASCII, all[i], UPCASE_KEEP),
			i == 0 ? 0 : -EINVAL);
	}
}

static void what_is_none_of_its_enum_is_refused(void **state)
{
	const enum upcase_mapping mapping = UPCASE_ASCII + 1;
	const enum upcase_language language = UPCASE_HY + 1;
	const enum upcase_invalid mode = UPCASE_FAIL + 1;
	struct upcase u;

	(void)state;
	assert_int_equal(
		upcase_init(&u, mapping, UPCASE_ROOT, UPCASE_KEEP), -EINVAL);
	assert_int_equal(
		upcase_init(&u, UPCASE_FULL, language, UPCASE_KEEP), -EINVAL);
	assert_int_equal(
		upcase_init(&u, UPCASE_FULL, UPCASE_ROOT, mode), -EINVAL);
	assert_int_equal(
		upcase_init(&u, UPCASE_FULL, UPCASE_HY, UPCASE_FAIL), 0);
	assert_int_equal(
		upcase_init(&u, UPCASE_ASCII, UPCASE_ROOT, UPCASE_FAIL), 0);
}

static void the_primary_subtag_names_the_language(void **state)
{
	static const struct {
		const char *tag;
		enum upcase_language language;
	} good[] = {
		{"tr", UPCASE_TR},
		{"TR", UPCASE_TR},
		{"tr-TR", UPCASE_TR},
		{"az_Latn_AZ", UPCASE_AZ},
		{"AZ", UPCASE_AZ},
		{"lt", UPCASE_LT},
		{"El-polyton", UPCASE_EL},
		{"hy", UPCASE_HY},
		{"tr_TR.UTF-8@x", UPCASE_TR},
		{"tur", UPCASE_TR},
		/* Of these nothing is tailored. */
		{"", UPCASE_ROOT},
		{"C", UPCASE_ROOT},
		{"POSIX", UPCASE_ROOT},
		{"trk", UPCASE_ROOT},
		{"trx-TR", UPCASE_ROOT},
		{"elx", UPCASE_ROOT},
		{"en_US.UTF-8", UPCASE_ROOT},
	};
	static const char *const bad[] = {"t", "-tr", "root", "gr", "greek",
		"tr-", "en US", "tr.", "C-x"};
	enum upcase_language language;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_int_equal(
			upcase_language_parse(good[i].tag, &language), 0);
		assert_int_equal(language, good[i].language);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(
			upcase_language_parse(bad[i], &language), -EINVAL);
	assert_string_equal(upcase_language_meant("Greek"), "el");
	assert_null(upcase_language_meant("Gre"));
	assert_null(upcase_language_meant("klingon"));
}

/* Many characters that become several, and some that do not, with lines among
 * them; then a byte that is none. */
static size_t growing_text(uint32_t *x, unsigned char *text, size_t room)
{
	static const char *const parts[] = {"a", "\u00df", "\u0131", "\u0149",
		"\u0436", "\u65e5", "\n",
		"the long way through a text of one byte for each character"};
	size_t len = 0, n = next_random(x) % room;

	for (;;) {
		const char *part = parts[next_random(x) % COUNT(parts)];

		if (len + strlen(part) > n)
			break;
		memcpy(text + len, part, strlen(part));
		len += strlen(part);
	}
	text[len++] = 0xFF;
	return len;
}

static void assert_place(
	const struct upcase_result *res, const unsigned char *text, size_t len)
{
	uint64_t line = 0, column = 0;

	for (size_t i = 0; i < len - 1; i++) {
		column += (text[i] & 0xC0) != 0x80;
		if (text[i] == '\n') {
			line++;
			column = 0;
		}
	}
	assert_int_equal(res->invalid, 1);
	assert_int_equal(res->first_bad, len - 1);
	assert_int_equal(res->first_line, line);
	assert_int_equal(res->first_column, column);
}

/* In place what was read is gone when the place is asked for. */
static void the_first_bad_one_is_placed_in_what_was_read(void **state)
{
	enum {
		ROUNDS = 2000,
		SIZE = 3000
	};
	static unsigned char text[SIZE], work[SIZE], out[6 * SIZE];
	struct upcase u = engine(UPCASE_FULL, UPCASE_ROOT, UPCASE_KEEP);
	uint32_t x = SEED;

	(void)state;
	assert_true(upcase_bound(SIZE) <= sizeof(out));
	for (int round = 0; round < ROUNDS; round++) {
		size_t len = growing_text(&x, text, SIZE);

		for (size_t i = 0; upcase_variant_name(i); i++) {
			struct upcase_state st;
			struct upcase_result res;

			if (!upcase_variant_runs(i))
				continue;
			assert_int_equal(
				upcase_use_variant(&u, upcase_variant_name(i)),
				0);
			upcase_state_init(&st);
			assert_int_equal(upcase_convert(&u, &st, text, len,
						 true, out, sizeof(out), &res),
				0);
			assert_place(&res, text, len);
			memcpy(work, text, len);
			upcase_state_init(&st);
			assert_int_equal(
				upcase_convert_in_place(&u, &st, work, len,
					true, out, sizeof(out), &res),
				0);
			assert_place(&res, text, len);
		}
	}
}

static int load_data(void **state)
{
	const char *directory = getenv("UPCASE_DATA");

	(void)state;
	if (!directory) {
		print_error("UPCASE_DATA must name src/upcase/data\n");
		return -1;
	}
	reference_load(directory);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_point_is_mapped_as_unicode_says),
		cmocka_unit_test(
			every_character_is_mapped_among_others_as_unicode_says),
		cmocka_unit_test(any_cut_gives_the_same_bytes),
		cmocka_unit_test(
			random_text_is_converted_as_the_reference_does),
		cmocka_unit_test(ascii_is_mapped_at_any_place_and_length),
		cmocka_unit_test(
			ill_formed_sequences_are_counted_by_maximal_subpart),
		cmocka_unit_test(
			failing_stops_before_the_first_ill_formed_sequence),
		cmocka_unit_test(
			a_character_cut_in_two_is_reported_where_it_begins),
		cmocka_unit_test(an_incomplete_character_is_found_at_the_end),
		cmocka_unit_test(
			full_mapping_expands_and_simple_mapping_does_not),
		cmocka_unit_test(turkish_and_azerbaijani_keep_the_dot),
		cmocka_unit_test(
			lithuanian_drops_the_dot_after_soft_dotted_letters),
		cmocka_unit_test(lithuanian_finds_a_dot_wherever_it_is),
		cmocka_unit_test(armenian_spells_the_ligature_with_vew),
		cmocka_unit_test(
			greek_loses_its_accents_and_keeps_its_dialytika),
		cmocka_unit_test(greek_or_keeps_its_accent),
		cmocka_unit_test(greek_looks_ahead_just_as_far_as_promised),
		cmocka_unit_test(the_eta_counts_as_a_word_past_the_limit),
		cmocka_unit_test(a_newline_ends_every_context),
		cmocka_unit_test(nul_bytes_pass),
		cmocka_unit_test(too_small_a_buffer_changes_nothing),
		cmocka_unit_test(a_state_is_small),
		cmocka_unit_test(greek_in_pieces_wants_memory_to_hold_text_in),
		cmocka_unit_test(an_empty_last_piece_brings_what_was_held_back),
		cmocka_unit_test(an_empty_stream_gives_nothing),
		cmocka_unit_test(
			the_bound_is_three_times_the_length_and_saturates),
		cmocka_unit_test(
			languages_go_only_with_mappings_that_can_do_them),
		cmocka_unit_test(what_is_none_of_its_enum_is_refused),
		cmocka_unit_test(the_primary_subtag_names_the_language),
		cmocka_unit_test(the_first_bad_one_is_placed_in_what_was_read),
	};

	return cmocka_run_group_tests(tests, load_data, NULL);
}
