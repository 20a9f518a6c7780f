/*
 * Tests of every variant of the case engine (portable, ssse3, avx2 ...): each
 * must give what the reference says, wherever a character stands in a vector,
 * however the stream is cut, and whatever memory lies beside the text.
 *
 * The environment variable UPCASE_DATA names the directory of Unicode's data.
 * UPCASE_TEST_SCALE=N (1; 2 with -fsanitize=address) thins the long tests out
 * for slow machines and emulators: a character is then tried at every Nth
 * offset only (its neighbours at others), and every Nth random text.
 */
#define _GNU_SOURCE /* also where the program does without */
#include "config.h"

#include "reference.h"
#include "upcase/upcase.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Bytes with a length, so that NUL may be among them. */
#define BYTES(literal) (literal), sizeof(literal) - 1

enum {
	SEED = 20260918,
	N_SETTINGS = 10,
	VARIANTS_MAX = 8,
	WAYS_MAX = VARIANTS_MAX * N_SETTINGS * 2,
	OFFSETS = 71,	  /* more than the widest vector has bytes */
	ROW = 64,	  /* code points that share all bytes but the last */
	TEXT = 140,	  /* two of the widest vectors and a bit */
	SHORT_MAX = 512,  /* bytes of a short text */
	SHORT_ROOM = 4096 /* of its upper case */
};

/* Every mapping with every language that goes with it. */
static const struct {
	enum upcase_mapping mapping;
	enum upcase_language language;
} settings[N_SETTINGS] = {
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

/* A way to run the engine. */
struct way {
	struct upcase u;
	size_t setting;
	bool in_place;
};

/* All of them, by what is done with ill-formed bytes. */
static struct way ways[COUNT(modes)][WAYS_MAX];
static size_t n_ways;

/* Sanitizers make it slow, too. */
#ifdef __SANITIZE_ADDRESS__
static uint32_t scale = 2;
#else
static uint32_t scale = 1;
#endif

static void *allocate(size_t size)
{
	void *p = malloc(size > 0 ? size : 1);

	assert_non_null(p);
	return p;
}

/* --- comparing --- */

static void print_bytes(const char *what, const unsigned char *p, size_t len)
{
	print_error("%s (%zu bytes):", what, len);
	for (size_t i = 0; i < len && i < 300; i++)
		print_error(" %02X", p[i]);
	print_error("%s\n", len > 300 ? " ..." : "");
}

static bool same(const struct reference_result *is,
	const struct reference_result *should)
{
	return is->err == should->err && is->invalid == should->invalid &&
	       (is->invalid == 0 || is->first_bad == should->first_bad) &&
	       is->len == should->len &&
	       (is->len == 0 || memcmp(is->bytes, should->bytes, is->len) == 0);
}

static void fail_way(const struct way *w, const unsigned char *src, size_t len,
	const struct reference_result *is,
	const struct reference_result *should)
{
	print_error("%s, %s, mapping %d, language %d, invalid %d\n",
		upcase_variant_of(&w->u),
		w->in_place ? "in place" : "out of place", w->u.mapping,
		w->u.language, w->u.invalid);
	print_bytes("text", src, len);
	print_bytes("converted", is->bytes, is->len);
	print_bytes("should be", should->bytes, should->len);
	fail_msg("error %d, %" PRIu64 " invalid from %" PRIu64
		 "; should be %d, %" PRIu64 " from %" PRIu64,
		is->err, is->invalid, is->first_bad, should->err,
		should->invalid, should->first_bad);
}

static void assert_same(const struct way *w, const unsigned char *src,
	size_t len, const struct reference_result *is,
	const struct reference_result *should)
{
	if (!same(is, should))
		fail_way(w, src, len, is, should);
}

static void assert_state_is_initial(const struct upcase_state *st)
{
	struct upcase_state initial;

	upcase_state_init(&initial);
	initial.held = st->held; /* the caller's, and stays */
	assert_memory_equal(st, &initial, sizeof(initial));
}

/* --- short texts, many of them: memory is used again --- */

/* A well-formed text that comes in up to two pieces, and its upper case. */
struct sample {
	unsigned char text[SHORT_MAX];
	size_t len;
	unsigned char upper[SHORT_ROOM];
	size_t upper_len;
};

/* Whether the place of the first ill-formed sequence of a piece is right. */
static bool has_place(const unsigned char *src, uint64_t offset,
	const struct upcase_result *res)
{
	uint64_t line = 0, column = 0;

	for (uint64_t i = offset; res->invalid > 0 && i < res->first_bad; i++) {
		unsigned char c = src[i - offset];

		line += c == '\n';
		column = c == '\n' ? 0 : column + ((c & 0xC0) != 0x80);
	}
	return res->first_line == line && res->first_column == column;
}

/* Converts the next piece and appends its upper case to `is`. In place the
 * byte behind the piece must stay. */
static void convert_piece(const struct way *w, struct upcase_state *st,
	const unsigned char *src, size_t len, bool last,
	struct reference_result *is)
{
	static unsigned char copy[SHORT_MAX + 1], room[SHORT_ROOM];
	uint64_t offset = st->offset;
	struct upcase_result res;

	if (w->in_place) {
		memcpy(copy, src, len);
		copy[len] = 0xA5;
		is->err = upcase_convert_in_place(
			&w->u, st, copy, len, last, room, sizeof(room), &res);
		if (copy[len] != 0xA5 || (res.out != room && res.out != copy) ||
			(res.out == copy && res.produced > len))
			is->err = -EFAULT; /* which it never says itself */
	} else {
		is->err = upcase_convert(
			&w->u, st, src, len, last, room, sizeof(room), &res);
	}
	if (!is->err && (res.consumed != len || res.produced > sizeof(room)))
		is->err = -EFAULT;
	if (!has_place(src, offset, &res))
		is->err = -EFAULT;
	if (is->err == -EFAULT)
		return;
	memcpy(is->bytes + is->len, res.out, res.produced);
	is->len += res.produced;
	is->invalid += res.invalid;
	is->first_bad = res.first_bad;
}

/* Converts a sample cut in two, or whole with cut == len. */
static void check_sample(
	const struct way *w, const struct sample *sample, size_t cut)
{
	static unsigned char gathered[2 * SHORT_ROOM];
	struct reference_result is = {.bytes = gathered};
	unsigned char held[UPCASE_LOOKAHEAD];
	struct upcase_state st;

	upcase_state_init(&st);
	st.held = held;
	if (cut < sample->len)
		convert_piece(w, &st, sample->text, cut, false, &is);
	else
		cut = 0;
	if (!is.err)
		convert_piece(w, &st, sample->text + cut, sample->len - cut,
			true, &is);
	if (is.err || is.invalid || is.len != sample->upper_len ||
		memcmp(gathered, sample->upper, is.len) != 0) {
		unsigned char *upper = allocate(sample->upper_len);
		struct reference_result should = {
			.bytes = upper, .len = sample->upper_len};

		memcpy(upper, sample->upper, sample->upper_len);
		print_error("cut at %zu\n", cut);
		fail_way(w, sample->text, sample->len, &is, &should);
	}
}

/* --- one character among others --- */

/* Fillers: a letter of one byte, one of two, and a three-byte character without
 * case; and their upper case, which has as many bytes. */
enum unit {
	UNIT_X,
	UNIT_ZHE,
	UNIT_HAN,
	N_FILLERS,
	UNIT_UPPER_X = N_FILLERS,
	UNIT_UPPER_ZHE,
	N_UNITS
};

static const char units[N_UNITS][4] = {"x", "\u0436", "\u6F22", "X", "\u0416"};
static const size_t unit_len[N_UNITS] = {1, 2, 3, 1, 2};

/* Each unit over and over, behind none, one or two dashes. */
static unsigned char filling[N_UNITS][3][TEXT + 4];

static void prepare_filling(void)
{
	for (size_t i = 0; i < N_UNITS; i++) {
		for (size_t dashes = 0; dashes < 3; dashes++) {
			unsigned char *p = filling[i][dashes];

			memset(p, '-', dashes);
			for (size_t k = dashes; k < TEXT; k += unit_len[i])
				memcpy(p + k, units[i], unit_len[i]);
		}
	}
}

static enum unit upper_unit(size_t setting, enum unit filler)
{
	if (filler == UNIT_X)
		return UNIT_UPPER_X;
	if (filler == UNIT_ZHE && settings[setting].mapping != UPCASE_ASCII)
		return UNIT_UPPER_ZHE;
	return filler;
}

/* What a character becomes between two fillers. */
struct upper {
	size_t len;
	unsigned char bytes[24];
};

static size_t encode(uint32_t c, unsigned char *p)
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};

	for (size_t i = n; i-- > 1; c >>= 6)
		p[i] = (unsigned char)(0x80 | (c & 0x3F));
	p[0] = (unsigned char)(lead[n] | c);
	return n;
}

/* The settings as the reference wants them. */
static const struct upcase *setting_of(size_t setting, size_t mode)
{
	const struct way *w = &ways[mode][2 * setting];

	assert_int_equal(w->setting, setting);
	return &w->u;
}

static struct upper upper_between(size_t setting, enum unit filler, uint32_t c)
{
	size_t n = unit_len[filler], len = n;
	unsigned char text[16];
	struct reference_result r;
	struct upper upper;

	memcpy(text, units[filler], n);
	len += encode(c, text + len);
	memcpy(text + len, units[filler], n);
	r = reference_convert(setting_of(setting, 0), text, len + n);
	assert_true(r.len >= 2 * n && r.len - 2 * n <= sizeof(upper.bytes));
	upper.len = r.len - 2 * n;
	memcpy(upper.bytes, r.bytes + n, upper.len);
	free(r.bytes);
	return upper;
}

/* Writes `before` bytes of unit, the character, and `behind` bytes of unit. */
static size_t put_among(unsigned char *p, enum unit unit, size_t before,
	const unsigned char *c, size_t n, size_t behind)
{
	memcpy(p, filling[unit][before % unit_len[unit]], before);
	memcpy(p + before, c, n);
	memcpy(p + before + n, filling[unit][0], behind);
	return before + n + behind;
}

/* A character at a place among each filler, with its upper case. */
struct scene {
	uint32_t c;
	unsigned char bytes[4];
	size_t n;
	struct upper upper[N_SETTINGS][N_FILLERS];
	struct sample sample[N_SETTINGS]; /* the filler at hand */
};

static void set_scene(struct scene *scene, uint32_t c)
{
	scene->c = c;
	scene->n = encode(c, scene->bytes);
	for (size_t s = 0; s < N_SETTINGS; s++)
		for (int f = 0; f < N_FILLERS; f++)
			scene->upper[s][f] = upper_between(s, (enum unit)f, c);
}

/* Whether it has an upper case in any of the settings. */
static bool has_upper(const struct scene *scene)
{
	for (size_t s = 0; s < N_SETTINGS; s++)
		for (int f = 0; f < N_FILLERS; f++)
			if (scene->upper[s][f].len != scene->n ||
				memcmp(scene->upper[s][f].bytes, scene->bytes,
					scene->n) != 0)
				return true;
	return false;
}

/* Puts the character behind `before` bytes. Which filler a setting gets depends
 * on the character and the turn, so that in time it gets all. */
static void place_in_scene(struct scene *scene, size_t before, size_t turn)
{
	for (size_t s = 0; s < N_SETTINGS; s++) {
		enum unit filler = (enum unit)((scene->c + turn + s) % 3);
		const struct upper *upper = &scene->upper[s][filler];
		struct sample *sample = &scene->sample[s];
		size_t behind = TEXT - before;

		behind -= behind % unit_len[filler];
		sample->len = put_among(sample->text, filler, before,
			scene->bytes, scene->n, behind);
		sample->upper_len =
			put_among(sample->upper, upper_unit(s, filler), before,
				upper->bytes, upper->len, behind);
	}
}

/* The 64 code points from first on; returns their bytes. */
static size_t encode_row(uint32_t first, unsigned char *p)
{
	size_t len = 0;

	for (uint32_t c = first; c < first + ROW; c++)
		len += encode(c, p + len);
	return len;
}

static bool row_has_upper(uint32_t first)
{
	unsigned char row[ROW * 4];
	size_t len = encode_row(first, row);
	bool changed = false;

	for (size_t s = 0; s < N_SETTINGS && !changed; s++) {
		struct reference_result r =
			reference_convert(setting_of(s, 0), row, len);

		changed = r.len != len || memcmp(r.bytes, row, len) != 0;
		free(r.bytes);
	}
	return changed;
}

static bool is_surrogate(uint32_t c)
{
	return c >= 0xD800 && c <= 0xDFFF;
}

/* Which rows hold a character with an upper case; found once. */
static bool cased_row[0x110000 / ROW];

static void find_cased_rows(void)
{
	for (uint32_t first = 0; first < 0x110000; first += ROW)
		cased_row[first / ROW] =
			!is_surrogate(first) && row_has_upper(first);
}

/* Calls check for those rows, or for all others. */
static void for_each_row(bool cased, void check(uint32_t first))
{
	size_t found = 0;

	for (uint32_t first = 0; first < 0x110000; first += ROW) {
		if (is_surrogate(first) || cased_row[first / ROW] != cased)
			continue;
		check(first);
		found++;
	}
	assert_true(found >= 60);
}

static void check_row_at_every_offset(uint32_t first)
{
	static struct scene scene;

	for (uint32_t c = first; c < first + ROW; c++) {
		set_scene(&scene, c);
		for (size_t offset = c % scale; offset < OFFSETS;
			offset += scale) {
			place_in_scene(&scene, offset, offset);
			for (size_t i = 0; i < n_ways; i++) {
				const struct way *w = &ways[2][i];
				struct sample *s = &scene.sample[w->setting];

				check_sample(w, s, s->len);
			}
		}
	}
}

/* Also their neighbours: all code points whose first bytes are those of a
 * character with an upper case. */
static void cased_characters_are_mapped_at_every_offset(void **state)
{
	(void)state;
	for_each_row(true, check_row_at_every_offset);
}

/* A row without case in one text: the first character is at the offset, and
 * over all offsets each of them is at each place of a vector. That is for every
 * variant, but only for every TURNSth way to run it, of the 20 that each has:
 * others at the next offset and for the next row. */
static void check_caseless_row(uint32_t first)
{
	enum {
		TURNS = 17
	};
	static struct sample sample[2][N_FILLERS]; /* of ASCII; of all */
	unsigned char row[ROW * 4];
	size_t len = encode_row(first, row);

	for (size_t offset = first / ROW % scale; offset < OFFSETS;
		offset += scale) {
		size_t turn = offset + first / ROW;
		enum unit f = (enum unit)(offset / 2 % N_FILLERS);
		struct sample *s = sample[0];

		for (size_t k = 0; k < 2; k++) {
			size_t setting = k ? 0 : N_SETTINGS - 1;

			s = &sample[k][f];
			s->len = put_among(s->text, f, offset, row, len, 0);
			s->upper_len = put_among(s->upper,
				upper_unit(setting, f), offset, row, len, 0);
		}
		for (size_t i = turn % TURNS; i < n_ways; i += TURNS) {
			const struct way *w = &ways[2][i];
			bool all = settings[w->setting].mapping != UPCASE_ASCII;

			s = &sample[all][f];
			check_sample(w, s, s->len);
		}
	}
}

static void caseless_characters_stay_at_every_offset(void **state)
{
	(void)state;
	for_each_row(false, check_caseless_row);
}

/* --- cuts --- */

/* Cuts the text near the character, wherever there is a byte of it. */
static void check_cuts_near(struct scene *scene)
{
	size_t at = 56 + scene->c % 16;

	for (size_t cut = at - 2 + scene->c % scale; cut <= at + scene->n + 2;
		cut += scale) {
		place_in_scene(scene, at, cut);
		for (size_t i = 0; i < n_ways; i++) {
			const struct way *w = &ways[2][i];

			check_sample(w, &scene->sample[w->setting], cut);
		}
	}
}

static void check_cuts_of_row(uint32_t first)
{
	static struct scene scene;

	for (uint32_t c = first; c < first + ROW; c++) {
		set_scene(&scene, c);
		if (has_upper(&scene) || c % 4 == 0)
			check_cuts_near(&scene);
	}
}

static void a_cut_near_a_character_changes_nothing(void **state)
{
	static struct scene scene;

	(void)state;
	for_each_row(true, check_cuts_of_row);
	for (uint32_t c = 0; c < 0x110000; c += 1009 * scale) {
		if (is_surrogate(c))
			continue;
		set_scene(&scene, c);
		check_cuts_near(&scene);
	}
}

/* Characters of each length and kind: same length, growing, shrinking, without
 * case, with rules of their own. */
static const uint32_t kinds[] = {'\n', 'i', 'z', 0x00B5, 0x00DF, 0x00E9, 0x00FF,
	0x0131, 0x0149, 0x017F, 0x01C5, 0x0250, 0x0307, 0x0345, 0x0390, 0x03AE,
	0x03C9, 0x0587, 0x10D0, 0x13F8, 0x1C80, 0x1C8A, 0x1E9E, 0x1F80, 0x1FB7,
	0x1FBE, 0x2170, 0x24D0, 0x2C65, 0x6F22, 0xA64B, 0xAB70, 0xFB03, 0xFF41,
	0x10428, 0x1E922, 0x1F642, 0x10FFFF};

static void any_cut_among_vectors_changes_nothing(void **state)
{
	static struct scene scene;

	(void)state;
	for (size_t k = 0; k < COUNT(kinds); k++) {
		set_scene(&scene, kinds[k]);
		for (size_t cut = 0; cut <= TEXT; cut++) {
			place_in_scene(&scene, 61 + k % 8, cut / 3);
			for (size_t i = 0; i < n_ways; i++) {
				const struct way *w = &ways[2][i];

				check_sample(w, &scene.sample[w->setting], cut);
			}
		}
	}
}

/* --- streams --- */

/* A stream on its way through the engine, a piece at a time. */
struct stream {
	const struct way *way;
	struct upcase_state st;
	unsigned char held[UPCASE_LOOKAHEAD];
	uint64_t fed;
	struct reference_result out;
};

static bool untouched(const unsigned char *p, size_t n, unsigned char pattern)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != pattern)
			return false;
	return true;
}

/* Converts a piece in memory of just its size, with just the room that is asked
 * for, so that a sanitizer sees every step outside. Returns the result, which
 * is in one of the two. */
static int run_way(const struct way *w, struct upcase_state *st,
	unsigned char *piece, size_t len, bool last, unsigned char *room,
	size_t size, struct upcase_result *res)
{
	int err;

	if (!w->in_place) {
		err = upcase_convert(
			&w->u, st, piece, len, last, room, size, res);
		assert_ptr_equal(res->out, room);
		return err;
	}
	memset(room, 0x5A, size);
	err = upcase_convert_in_place(
		&w->u, st, piece, len, last, room, size, res);
	if (res->out == piece) {
		assert_true(res->produced <= len);
		assert_true(untouched(room, size, 0x5A));
	} else {
		assert_ptr_equal(res->out, room);
	}
	return err;
}

static void assert_consumed(const struct stream *s,
	const struct upcase_result *res, size_t len, int err)
{
	size_t should = len;

	if (err)
		should = res->first_bad < s->fed
				 ? 0
				 : (size_t)(res->first_bad - s->fed);
	assert_int_equal(res->consumed, should);
}

static void feed(
	struct stream *s, const unsigned char *src, size_t len, bool last)
{
	size_t size = upcase_bound(len);
	unsigned char *piece = allocate(len), *room = allocate(size);
	struct upcase_result res;

	if (len > 0)
		memcpy(piece, src, len);
	s->out.err =
		run_way(s->way, &s->st, piece, len, last, room, size, &res);
	assert_true(res.produced <= size);
	assert_consumed(s, &res, len, s->out.err);
	if (s->out.err || last)
		assert_state_is_initial(&s->st);
	if (s->out.invalid == 0)
		s->out.first_bad = res.first_bad;
	s->out.invalid += res.invalid;
	memcpy(s->out.bytes + s->out.len, res.out, res.produced);
	s->out.len += res.produced;
	s->fed += len;
	free(piece);
	free(room);
}

/* xorshift; the same everywhere. */
static uint32_t next_random(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

static uint32_t random_below(uint32_t *x, uint32_t n)
{
	return next_random(x) % n;
}

/* Converts text in pieces of up to `most` bytes, and compares. */
static void check_stream(const struct way *w, const unsigned char *text,
	size_t len, size_t most, uint32_t seed,
	const struct reference_result *should)
{
	struct stream s = {.way = w};
	size_t at = 0;

	upcase_state_init(&s.st);
	s.st.held = s.held;
	s.out.bytes = allocate(upcase_bound(len));
	do {
		size_t n = most < len ? random_below(&seed, (uint32_t)most + 1)
				      : len;

		if (n > len - at)
			n = len - at;
		feed(&s, text + at, n, at + n == len);
		at += n;
	} while (!s.out.err && at < len);
	assert_same(w, text, len, &s.out, should);
	free(s.out.bytes);
}

/* A text by all ways, whole and in pieces. */
static void check_text(const unsigned char *text, size_t len, uint32_t seed)
{
	static const size_t most[] = {SIZE_MAX, 150, 9};

	for (size_t m = 0; m < COUNT(modes); m++) {
		struct reference_result should[N_SETTINGS];

		for (size_t s = 0; s < N_SETTINGS; s++)
			should[s] =
				reference_convert(setting_of(s, m), text, len);
		for (size_t i = 0; i < n_ways; i++) {
			const struct way *w = &ways[m][i];

			for (size_t k = 0; k < COUNT(most); k++)
				check_stream(w, text, len, most[k], seed,
					&should[w->setting]);
		}
		for (size_t s = 0; s < N_SETTINGS; s++)
			free(should[s].bytes);
	}
}

/* --- random text --- */

/* Scripts: code points from first to last. */
static const struct {
	uint32_t first, last;
} scripts[] = {
	{0x20, 0x7E},	    /* ASCII */
	{'a', 'z'},	    /* its letters */
	{0xC0, 0x24F},	    /* Latin */
	{0x250, 0x2AF},	    /* IPA, whose upper case is elsewhere */
	{0x370, 0x3FF},	    /* Greek */
	{0x400, 0x52F},	    /* Cyrillic */
	{0x430, 0x44F},	    /* its usual small letters */
	{0x530, 0x58F},	    /* Armenian */
	{0x5D0, 0x6FF},	    /* Hebrew, Arabic */
	{0x900, 0x97F},	    /* Devanagari */
	{0x10A0, 0x10FF},   /* Georgian */
	{0x13A0, 0x13FF},   /* Cherokee */
	{0x1C80, 0x1CBF},   /* more Cyrillic and Georgian */
	{0x1E00, 0x1EFF},   /* Vietnamese Latin */
	{0x1F00, 0x1FFF},   /* Greek with many marks */
	{0x2000, 0x218F},   /* signs, Roman numbers */
	{0x24B6, 0x24E9},   /* letters in circles */
	{0x2C00, 0x2DFF},   /* Glagolitic, Latin, Coptic */
	{0x3040, 0x30FF},   /* Kana */
	{0x4E00, 0x9FFF},   /* Han */
	{0xA640, 0xA7FF},   /* Cyrillic, Latin */
	{0xAB30, 0xABBF},   /* Latin, Cherokee */
	{0xAC00, 0xD7A3},   /* Hangul */
	{0xFB00, 0xFB17},   /* ligatures */
	{0xFF00, 0xFF5F},   /* full width */
	{0x10400, 0x1044F}, /* Deseret */
	{0x104B0, 0x105BF}, /* Osage, Vithkuqi */
	{0x10C80, 0x10CFF}, /* Old Hungarian */
	{0x118A0, 0x118DF}, /* Warang Citi */
	{0x16E40, 0x16E7F}, /* Medefaidrin */
	{0x1E900, 0x1E943}, /* Adlam */
	{0x1F300, 0x1F64F}, /* emoji */
	{0xE000, 0x10FFFF}, /* anything */
	{0x0, 0x7FF},	    /* anything short */
	{0x1000, 0xCFFF},   /* anything of three bytes */
};

/* Characters by what becomes of them. */
static const uint32_t growing[] = {0xDF, 0x149, 0x1F0, 0x23F, 0x240, 0x250,
	0x251, 0x252, 0x25C, 0x26B, 0x271, 0x27D, 0x282, 0x287, 0x29E, 0x390,
	0x3B0, 0x1E96, 0x1E99, 0x1F50, 0x1F52, 0x1F80, 0x1FB2, 0x1FB7, 0x1FE7,
	0xFB00, 0xFB03, 0xFB05, 0x10D0};
static const uint32_t shrinking[] = {0x131, 0x17F, 0x1FBE, 0x2C65, 0x2C66,
	0x1C80, 0x1C81, 0x1C88, 0x1E9B, 0xAB53};
static const uint32_t staying[] = {
	0x130, 0x1E9E, 0x3A3, 0x138, 0x1BA, 0x2B0, 0x1D2C, 0x6F22, 0x1D400};
static const uint32_t special[] = {0, '\n', 'i', 'j', 0x12F, 0x1C5, 0x1C8,
	0x1F2, 0x345, 0x301, 0x307, 0x308, 0x328, 0x37A, 0x3AE, 0x3B7, 0xAD,
	0x587, 0x2170, 0x217F, 0x24D0, 0x1FBC, 0xFEFF};

static const struct {
	const uint32_t *c;
	uint32_t n;
} lists[] = {
	{growing, COUNT(growing)},
	{shrinking, COUNT(shrinking)},
	{staying, COUNT(staying)},
	{special, COUNT(special)},
};

static const char *const malformed[] = {"\x80", "\xBF\xBF", "\xC3", "\xCC",
	"\xCE", "\xE1\x80", "\xE1", "\xED\xA0\x80", "\xF0\x90", "\xF0\x90\x90",
	"\xF4\x90\x80\x80", "\xF5", "\xFF", "\xC0\xAF", "\xE0\x9F\xBF",
	"\xC1\xA1", "\xF0\x80\x80\xAF", "\xEF\xBC", "\xD0"};

enum {
	GROUPS = COUNT(scripts) + COUNT(lists)
};

static uint32_t random_of_group(uint32_t *x, uint32_t group)
{
	uint32_t c, i;

	if (group >= COUNT(scripts)) {
		i = group - (uint32_t)COUNT(scripts);
		return lists[i].c[random_below(x, lists[i].n)];
	}
	c = scripts[group].first +
	    random_below(x, scripts[group].last - scripts[group].first + 1);
	return is_surrogate(c) ? 'a' : c;
}

/* One character in so many is of another group than the one that prevails; one
 * in so many is ill-formed instead (0: none). */
struct density {
	uint32_t other, bad;
};

static size_t random_text(
	uint32_t *x, const struct density *d, unsigned char *text, size_t most)
{
	uint32_t main_group = random_below(x, GROUPS);
	size_t len = 0;

	while (len + 4 <= most) {
		uint32_t group = main_group;

		if (d->bad && random_below(x, d->bad) == 0) {
			const char *p =
				malformed[random_below(x, COUNT(malformed))];
			size_t n = strlen(p);

			memcpy(text + len, p, n);
			len += n;
			continue;
		}
		if (d->other && random_below(x, d->other) == 0)
			group = random_below(x, GROUPS);
		len += encode(random_of_group(x, group), text + len);
	}
	return len;
}

static void random_text_is_converted_alike_by_every_variant(void **state)
{
	enum {
		ROUNDS = 400,
		LONGEST = 2000
	};
	static const uint32_t others[] = {0, 100, 30, 8, 2, 1};
	static const uint32_t bads[] = {0, 0, 400, 40, 8, 2};
	static unsigned char text[LONGEST + 8];
	uint32_t x = SEED;

	(void)state;
	for (uint32_t round = 0; round < ROUNDS; round += scale) {
		struct density d = {others[random_below(&x, COUNT(others))],
			bads[random_below(&x, COUNT(bads))]};
		size_t most = random_below(&x, 8) ? 400 : LONGEST;
		size_t len = random_text(
			&x, &d, text, random_below(&x, (uint32_t)most + 1));

		check_text(text, len, x);
	}
}

/* Bytes of a few kinds in any order: next to nothing is well-formed. */
static void random_bytes_are_judged_alike_by_every_variant(void **state)
{
	enum {
		ROUNDS = 300,
		LONGEST = 300
	};
	static const unsigned char bytes[] = {'a', 'i', '\n', 0x80, 0x8F, 0x90,
		0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xC3, 0xC4, 0xC5, 0xCE,
		0xD0, 0xD6, 0xDF, 0xE0, 0xE1, 0xEA, 0xED, 0xEF, 0xF0, 0xF3,
		0xF4, 0xF5, 0xFF};
	static unsigned char text[LONGEST];
	uint32_t x = SEED + 1;

	(void)state;
	for (uint32_t round = 0; round < ROUNDS; round += scale) {
		size_t len = random_below(&x, LONGEST + 1);
		uint32_t tails = random_below(&x, 3); /* how many of them */

		for (size_t i = 0; i < len; i++)
			text[i] =
				random_below(&x, 3) < tails
					? (unsigned char)(0x80 +
							  random_below(&x, 64))
					: bytes[random_below(&x, COUNT(bytes))];
		check_text(text, len, x);
	}
}

/* --- memory --- */

/* Pages between two that must not be touched. */
struct guarded {
	unsigned char *begin, *end;
};

static struct guarded guard(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct guarded g;
	unsigned char *p;

	size = (size + page - 1) / page * page;
	p = mmap(NULL, size + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		-1, 0);
	assert_true(p != MAP_FAILED);
	assert_int_equal(mprotect(p + page, size, PROT_READ | PROT_WRITE), 0);
	g.begin = p + page;
	g.end = g.begin + size;
	return g;
}

static void unguard(struct guarded *g)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	assert_int_equal(
		munmap(g->begin - page, (size_t)(g->end - g->begin) + 2 * page),
		0);
}

/* len bytes at the end of the pages, or at their beginning; all other bytes of
 * the pages are canaries. */
static unsigned char *place(struct guarded *g, size_t len, bool at_end)
{
	memset(g->begin, 0xA5, (size_t)(g->end - g->begin));
	return at_end ? g->end - len : g->begin;
}

static bool canaries_live(
	const struct guarded *g, const unsigned char *p, size_t len)
{
	return untouched(g->begin, (size_t)(p - g->begin), 0xA5) &&
	       untouched(p + len, (size_t)(g->end - p) - len, 0xA5);
}

/* A step outside the memory is a segmentation fault, on either side. */
static void check_between_guards(struct guarded *text, struct guarded *room,
	const struct way *w, const unsigned char *src, size_t len, bool at_end,
	const struct reference_result *should)
{
	size_t size = upcase_bound(len), bytes;
	unsigned char *p = place(text, len, at_end);
	unsigned char *dst = place(room, size, at_end);
	struct reference_result is;
	struct upcase_state st;
	struct upcase_result res;

	if (len > 0)
		memcpy(p, src, len);
	bytes = (size_t)(text->end - text->begin);
	if (!w->in_place)
		assert_int_equal(mprotect(text->begin, bytes, PROT_READ), 0);
	upcase_state_init(&st);
	is.err = run_way(w, &st, p, len, true, dst, size, &res);
	is.bytes = res.out;
	is.len = res.produced;
	is.invalid = res.invalid;
	is.first_bad = res.first_bad;
	assert_same(w, src, len, &is, should);
	assert_true(canaries_live(text, p, len));
	assert_true(canaries_live(room, dst, size));
	if (!w->in_place)
		assert_int_equal(
			mprotect(text->begin, bytes, PROT_READ | PROT_WRITE),
			0);
}

/* Fills 200 bytes with pieces of what a pattern is made of. */
static void repeat_pattern(unsigned char *text, size_t len, const char *unit)
{
	size_t n = strlen(unit);

	for (size_t i = 0; i < len; i++)
		text[i] = (unsigned char)unit[i % n];
}

static void nothing_beside_the_memory_is_touched(void **state)
{
	enum {
		LONGEST = 200
	};
	static const char *const patterns[] = {"plain ascii text ", "\u0436",
		"ab\u00E9\u0439\u6F22\U0001F642", "\u0390", "\u017F\u0131x",
		"\u10D0\uFB03", "\U00010428", "z\xE1\x80i\xF0\x9F\x92"};
	unsigned char text[LONGEST];
	struct guarded src = guard(LONGEST), room;

	(void)state;
	room = guard(upcase_bound(LONGEST));
	for (size_t t = 0; t < COUNT(patterns); t++) {
		repeat_pattern(text, LONGEST, patterns[t]);
		for (size_t len = 0; len <= LONGEST; len += scale) {
			size_t m = (t + len) % COUNT(modes);

			for (size_t i = 0; i < n_ways; i++) {
				const struct way *w = &ways[m][i];
				struct reference_result should =
					reference_convert(&w->u, text, len);

				check_between_guards(&src, &room, w, text, len,
					(t + len + i) % 2, &should);
				check_between_guards(&src, &room, w, text, len,
					(t + len + i) % 2 == 0, &should);
				free(should.bytes);
			}
		}
	}
	unguard(&src);
	unguard(&room);
}

static const char mixed[] =
	"Plain words of ASCII, seventy bytes of them, so that vectors run: i j."
	" \u0436\u0443\u0439\u00E9\u00FF\u0131\u017F\u2C65 \u1E9E\u0130\u03A3 "
	"\u6F22\u5B57 \u00DF\u0149 \U00010428\U0001F642 \u10D0\u10D1\uAB70 "
	"more \xE1\x80 plain words, so that there are some behind it \xF0\x9F";

static void check_alignment(const struct way *w, size_t src_at, size_t dst_at,
	const struct reference_result *should)
{
	enum {
		ALIGN = 64
	};
	static _Alignas(ALIGN) unsigned char src[sizeof(mixed) + ALIGN],
		dst[SHORT_ROOM];
	size_t len = sizeof(mixed) - 1;
	struct reference_result is;
	struct upcase_result res;
	struct upcase_state st;

	upcase_state_init(&st);
	memcpy(src + src_at, mixed, len);
	if (w->in_place)
		is.err = upcase_convert_in_place(&w->u, &st, src + src_at, len,
			true, dst + dst_at, sizeof(dst) - dst_at, &res);
	else
		is.err = upcase_convert(&w->u, &st, src + src_at, len, true,
			dst + dst_at, sizeof(dst) - dst_at, &res);
	is.bytes = res.out;
	is.len = res.produced;
	is.invalid = res.invalid;
	is.first_bad = res.first_bad;
	if (!same(&is, should)) {
		print_error("source at %zu, room at %zu\n", src_at, dst_at);
		fail_way(w, (const unsigned char *)mixed, len, &is, should);
	}
}

static void alignment_changes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_ways; i++) {
		const struct way *w = &ways[i % COUNT(modes)][i];
		struct reference_result should = reference_convert(
			&w->u, (const unsigned char *)mixed, sizeof(mixed) - 1);

		for (size_t src_at = 0; src_at < 64; src_at++)
			for (size_t dst_at = 0; dst_at < 64; dst_at++)
				check_alignment(w, src_at, dst_at, &should);
		free(should.bytes);
	}
}

/* --- in place --- */

/* What has no need of spare, because at no place the upper case is longer than
 * the text so far (but with a dotted i it may be). */
static const char *const steady[] = {
	"",
	"plain words of ASCII, more than there are bytes in a vector of 64 "
	"bytes",
	"\u0436\u0443\u0440\u043D\u0430\u043B \u0438 \u0433\u0430\u0437\u0435",
	"\u00E9t\u00E9 \u00E0 la campagne, o\u00F9 l'on est bien, "
	"\u00E9t\u00E9",
	"\u6F22\u5B57\u6F22\u5B57\u6F22\u5B57\u6F22\u5B57\u6F22\u5B57\u6F22"
	"\u5B57",
	"\U00010428\U00010429\U0001F642 \U0001F642 \u1E01\u1E03\u1E05\uFF41",
	"\u0131\u017F\u017F\u0131 \u2C65\u2C66 \u1FBE \u0131 ab \u017F\u017F",
	"\u017F\u017F\u017F\u017F ab \xFF \xE1\x80 cd, plain words \x80 to "
	"vector",
	"\u017F\u017F\u017F\u017F a word that shrinks makes room for \u0390 "
	"\u1F80",
};

/* Whether no beginning of the text has an upper case that is longer. */
static bool never_grows(
	const struct upcase *u, const unsigned char *text, size_t len)
{
	bool grows = false;

	for (size_t n = 1; n <= len && !grows; n++) {
		struct reference_result r = reference_convert(u, text, n);

		grows = r.len > n;
		free(r.bytes);
	}
	return !grows;
}

static bool stays_in_place(
	const struct way *w, const unsigned char *text, size_t len)
{
	size_t size = upcase_bound(len);
	unsigned char *copy = allocate(len), *spare = allocate(size);
	struct upcase_state st;
	struct upcase_result res;
	bool stays;

	memcpy(copy, text, len);
	upcase_state_init(&st);
	assert_int_equal(
		run_way(w, &st, copy, len, true, spare, size, &res), 0);
	stays = res.out == copy;
	free(copy);
	free(spare);
	return stays;
}

static void text_that_does_not_grow_stays_in_place(void **state)
{
	size_t stayed = 0;

	(void)state;
	for (size_t i = 0; i < n_ways; i++) {
		const struct way *w = &ways[0][i];

		if (!w->in_place || upcase_has_context(&w->u))
			continue;
		for (size_t k = 0; k < COUNT(steady); k++) {
			const unsigned char *text =
				(const unsigned char *)steady[k];
			size_t len = strlen(steady[k]);

			if (!never_grows(&w->u, text, len))
				continue;
			if (!stays_in_place(w, text, len)) {
				print_bytes("text", text, len);
				fail_msg("%s, setting %zu: moved to spare",
					upcase_variant_of(&w->u), w->setting);
			}
			stayed++;
		}
	}
	assert_true(stayed >= 5 * COUNT(steady));
}

static void check_growth_at(const struct way *w, size_t at)
{
	static const char growing_word[] = "\u0390\u0436\uFB03";
	size_t n = sizeof(growing_word) - 1, len = at + n + OFFSETS;
	unsigned char *text = allocate(len);
	struct reference_result should;

	memset(text, 'a', at);
	memcpy(text + at, growing_word, n);
	memset(text + at + n, 'b', OFFSETS);
	should = reference_convert(&w->u, text, len);
	assert_false(stays_in_place(w, text, len));
	check_stream(w, text, len, SIZE_MAX, 0, &should);
	free(should.bytes);
	free(text);
}

/* What grows first at each place of a vector, behind text that was converted in
 * place already: that has to come along. */
static void text_that_grows_moves_with_all_that_was_before(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_ways; i++) {
		const struct way *w = &ways[2][i];

		if (!w->in_place || w->u.mapping != UPCASE_FULL)
			continue;
		for (size_t at = 0; at < 3 * OFFSETS; at++)
			check_growth_at(w, at);
	}
}

/* --- ill-formed input --- */

/* Markus Kuhn's stress test, sections 2 to 5: sequences, and how many maximal
 * subparts table 3-7 of the Unicode Standard makes of them. */
static const struct {
	const char *bytes;
	size_t len;
	uint64_t invalid;
} kuhn[] = {
	/* 2.1, 2.2: the first and last of each length, as it once was */
	{BYTES("\x00"), 0},
	{BYTES("\xC2\x80"), 0},
	{BYTES("\xE0\xA0\x80"), 0},
	{BYTES("\xF0\x90\x80\x80"), 0},
	{BYTES("\xF8\x88\x80\x80\x80"), 5},
	{BYTES("\xFC\x84\x80\x80\x80\x80"), 6},
	{BYTES("\x7F"), 0},
	{BYTES("\xDF\xBF"), 0},
	{BYTES("\xEF\xBF\xBF"), 0},
	{BYTES("\xF7\xBF\xBF\xBF"), 4},
	{BYTES("\xFB\xBF\xBF\xBF\xBF"), 5},
	{BYTES("\xFD\xBF\xBF\xBF\xBF\xBF"), 6},
	/* 2.3: other boundaries */
	{BYTES("\xED\x9F\xBF"), 0},
	{BYTES("\xEE\x80\x80"), 0},
	{BYTES("\xEF\xBF\xBD"), 0},
	{BYTES("\xF4\x8F\xBF\xBF"), 0},
	{BYTES("\xF4\x90\x80\x80"), 4},
	/* 3.1: continuation bytes that continue nothing */
	{BYTES("\x80"), 1},
	{BYTES("\xBF"), 1},
	{BYTES("\x80\xBF"), 2},
	{BYTES("\x80\xBF\x80"), 3},
	{BYTES("\x80\xBF\x80\xBF"), 4},
	{BYTES("\x80\xBF\x80\xBF\x80"), 5},
	{BYTES("\x80\xBF\x80\xBF\x80\xBF"), 6},
	{BYTES("\x80\xBF\x80\xBF\x80\xBF\x80"), 7},
	{BYTES("\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8A\x8B\x8C\x8D\x8E"
	       "\x8F\x90\x91\x92\x93\x94\x95\x96\x97\x98\x99\x9A\x9B\x9C\x9D"
	       "\x9E\x9F\xA0\xA1\xA2\xA3\xA4\xA5\xA6\xA7\xA8\xA9\xAA\xAB\xAC"
	       "\xAD\xAE\xAF\xB0\xB1\xB2\xB3\xB4\xB5\xB6\xB7\xB8\xB9\xBA\xBB"
	       "\xBC\xBD\xBE\xBF"),
		64},
	/* 3.2: lead bytes, each before a space */
	{BYTES("\xC0 \xC1 \xC2 \xC3 \xC4 \xC5 \xC6 \xC7 \xC8 \xC9 \xCA \xCB "
	       "\xCC \xCD \xCE \xCF \xD0 \xD1 \xD2 \xD3 \xD4 \xD5 \xD6 \xD7 "
	       "\xD8 \xD9 \xDA \xDB \xDC \xDD \xDE \xDF "),
		32},
	{BYTES("\xE0 \xE1 \xE2 \xE3 \xE4 \xE5 \xE6 \xE7 \xE8 \xE9 \xEA \xEB "
	       "\xEC \xED \xEE \xEF "),
		16},
	{BYTES("\xF0 \xF1 \xF2 \xF3 \xF4 \xF5 \xF6 \xF7 "), 8},
	{BYTES("\xF8 \xF9 \xFA \xFB "), 4},
	{BYTES("\xFC \xFD "), 2},
	/* 3.3: the last byte is missing */
	{BYTES("\xC0"), 1},
	{BYTES("\xE0\x80"), 2},
	{BYTES("\xF0\x80\x80"), 3},
	{BYTES("\xF8\x80\x80\x80"), 4},
	{BYTES("\xFC\x80\x80\x80\x80"), 5},
	{BYTES("\xDF"), 1},
	{BYTES("\xEF\xBF"), 1},
	{BYTES("\xF7\xBF\xBF"), 3},
	{BYTES("\xFB\xBF\xBF\xBF"), 4},
	{BYTES("\xFD\xBF\xBF\xBF\xBF"), 5},
	/* 3.4: all of these in a row */
	{BYTES("\xC0\xE0\x80\xF0\x80\x80\xF8\x80\x80\x80\xFC\x80\x80\x80\x80"
	       "\xDF\xEF\xBF\xF7\xBF\xBF\xFB\xBF\xBF\xBF\xFD\xBF\xBF\xBF\xBF"),
		29},
	/* 3.5: impossible bytes */
	{BYTES("\xFE"), 1},
	{BYTES("\xFF"), 1},
	{BYTES("\xFE\xFE\xFF\xFF"), 4},
	/* 4.1: an over-long slash */
	{BYTES("\xC0\xAF"), 2},
	{BYTES("\xE0\x80\xAF"), 3},
	{BYTES("\xF0\x80\x80\xAF"), 4},
	{BYTES("\xF8\x80\x80\x80\xAF"), 5},
	{BYTES("\xFC\x80\x80\x80\x80\xAF"), 6},
	/* 4.2: the largest over-long ones */
	{BYTES("\xC1\xBF"), 2},
	{BYTES("\xE0\x9F\xBF"), 3},
	{BYTES("\xF0\x8F\xBF\xBF"), 4},
	{BYTES("\xF8\x87\xBF\xBF\xBF"), 5},
	{BYTES("\xFC\x83\xBF\xBF\xBF\xBF"), 6},
	/* 4.3: an over-long NUL */
	{BYTES("\xC0\x80"), 2},
	{BYTES("\xE0\x80\x80"), 3},
	{BYTES("\xF0\x80\x80\x80"), 4},
	{BYTES("\xF8\x80\x80\x80\x80"), 5},
	{BYTES("\xFC\x80\x80\x80\x80\x80"), 6},
	/* 5.1: single surrogates */
	{BYTES("\xED\xA0\x80"), 3},
	{BYTES("\xED\xAD\xBF"), 3},
	{BYTES("\xED\xAE\x80"), 3},
	{BYTES("\xED\xAF\xBF"), 3},
	{BYTES("\xED\xB0\x80"), 3},
	{BYTES("\xED\xBE\x80"), 3},
	{BYTES("\xED\xBF\xBF"), 3},
	/* 5.2: pairs of them */
	{BYTES("\xED\xA0\x80\xED\xB0\x80"), 6},
	{BYTES("\xED\xA0\x80\xED\xBF\xBF"), 6},
	{BYTES("\xED\xAD\xBF\xED\xB0\x80"), 6},
	{BYTES("\xED\xAD\xBF\xED\xBF\xBF"), 6},
	{BYTES("\xED\xAE\x80\xED\xB0\x80"), 6},
	{BYTES("\xED\xAE\x80\xED\xBF\xBF"), 6},
	{BYTES("\xED\xAF\xBF\xED\xB0\x80"), 6},
	{BYTES("\xED\xAF\xBF\xED\xBF\xBF"), 6},
	/* 5.3: noncharacters are characters here */
	{BYTES("\xEF\xBF\xBE\xEF\xBF\xBF\xEF\xB7\x90\xEF\xB7\xAF"), 0},
	{BYTES("\xF0\x9F\xBF\xBE\xF0\x9F\xBF\xBF\xF4\x8F\xBF\xBE"), 0},
};

/* What the table says must also be what the reference says. */
static void assert_counted(const struct reference_result *r, size_t mode,
	uint64_t invalid, size_t at)
{
	if (invalid > 0 && modes[mode] == UPCASE_FAIL)
		invalid = 1;
	assert_int_equal(r->invalid, invalid);
	if (invalid > 0)
		assert_int_equal(r->first_bad, at);
}

static void check_text_in_mode(const unsigned char *text, size_t len,
	size_t mode, uint64_t invalid, size_t at)
{
	static struct reference_result should[N_SETTINGS];

	for (size_t s = 0; s < N_SETTINGS; s++) {
		should[s] = reference_convert(setting_of(s, mode), text, len);
		assert_counted(&should[s], mode, invalid, at);
	}
	for (size_t i = 0; i < n_ways; i++) {
		const struct way *w = &ways[mode][i];

		check_stream(w, text, len, SIZE_MAX, 0, &should[w->setting]);
	}
	for (size_t s = 0; s < N_SETTINGS; s++)
		free(should[s].bytes);
}

static void ill_formed_sequences_are_counted_at_every_offset(void **state)
{
	static unsigned char text[SHORT_MAX];

	(void)state;
	for (size_t k = 0; k < COUNT(kuhn); k++) {
		for (size_t offset = 0; offset < OFFSETS; offset++) {
			enum unit f = (enum unit)((k + offset) % N_FILLERS);
			size_t behind = TEXT / 2 / unit_len[f] * unit_len[f];
			size_t len = put_among(text, f, offset,
				(const unsigned char *)kuhn[k].bytes,
				kuhn[k].len, behind);

			check_text_in_mode(text, len, (k + offset / 3) % 3,
				kuhn[k].invalid, offset);
		}
	}
}

/* --- languages --- */

struct example {
	enum upcase_language language;
	const char *in, *out;
};

/* What ICU's own tests ask of its upper-casing. */
static const struct example icu[] = {
	{UPCASE_EL, "Αέρας, Μυστήριο, Ωραίο", "ΑΕΡΑΣ, ΜΥΣΤΗΡΙΟ, ΩΡΑΙΟ"},
	{UPCASE_EL, "Μαΐου, Πόρος, Ρύθμιση", "ΜΑΪΟΥ, ΠΟΡΟΣ, ΡΥΘΜΙΣΗ"},
	{UPCASE_EL, "ΰ, Τηρώ, Μάιος", "Ϋ, ΤΗΡΩ, ΜΑΪΟΣ"},
	{UPCASE_EL, "ΑΫΛΟΣ", "ΑΫΛΟΣ"},
	{UPCASE_EL, "Άκλιτα ρήματα ή άκλιτες μετοχές",
		"ΑΚΛΙΤΑ ΡΗΜΑΤΑ Ή ΑΚΛΙΤΕΣ ΜΕΤΟΧΕΣ"},
	{UPCASE_EL, "Επειδή η αναγνώριση της αξιοπρέπειας",
		"ΕΠΕΙΔΗ Η ΑΝΑΓΝΩΡΙΣΗ ΤΗΣ ΑΞΙΟΠΡΕΠΕΙΑΣ"},
	{UPCASE_EL, "νομικού ή διεθνούς", "ΝΟΜΙΚΟΥ Ή ΔΙΕΘΝΟΥΣ"},
	{UPCASE_EL, "Ἐπειδὴ ἡ ἀναγνώριση", "ΕΠΕΙΔΗ Η ΑΝΑΓΝΩΡΙΣΗ"},
	{UPCASE_EL, "νομικοῦ ἢ διεθνοῦς", "ΝΟΜΙΚΟΥ Ή ΔΙΕΘΝΟΥΣ"},
	{UPCASE_EL, "Νέο, Δημιουργία", "ΝΕΟ, ΔΗΜΙΟΥΡΓΙΑ"},
	{UPCASE_EL, "Ελάτε να φάτε τα καλύτερα παϊδάκια!",
		"ΕΛΑΤΕ ΝΑ ΦΑΤΕ ΤΑ ΚΑΛΥΤΕΡΑ ΠΑΪΔΑΚΙΑ!"},
	{UPCASE_EL, "Μαΐου, τρόλεϊ", "ΜΑΪΟΥ, ΤΡΟΛΕΪ"},
	{UPCASE_EL, "Το ένα ή το άλλο.", "ΤΟ ΕΝΑ Ή ΤΟ ΑΛΛΟ."},
	{UPCASE_EL, "ρωμέικα", "ΡΩΜΕΪΚΑ"},
	{UPCASE_EL, "ή.", "Ή."},
	{UPCASE_EL, "ᾠδή, -ήν, -ῆς, -ῇ", "ΩΙΔΗ, -ΗΝ, -ΗΣ, -ΗΙ"},
	{UPCASE_EL, "ᾍδης", "ΑΙΔΗΣ"},
	{UPCASE_EL, "ῥήματα ῤήματα", "ΡΗΜΑΤΑ ΡΗΜΑΤΑ"},
	{UPCASE_ROOT, "ιεσυς χριστος", "ΙΕΣΥΣ ΧΡΙΣΤΟΣ"},
	{UPCASE_ROOT, "Süßmayrstraße", "SÜSSMAYRSTRASSE"},
	{UPCASE_ROOT, "aBiςßσ/ﬃﬃﬃ\U0005FFFF", "ABIΣSSΣ/FFIFFIFFI\U0005FFFF"},
	{UPCASE_TR, "aBiςßσ/ﬃﬃﬃ\U0005FFFF", "ABİΣSSΣ/FFIFFIFFI\U0005FFFF"},
	{UPCASE_ROOT, "topkapı palace, istanbul", "TOPKAPI PALACE, ISTANBUL"},
	{UPCASE_TR, "topkapı palace, istanbul", "TOPKAPI PALACE, İSTANBUL"},
	{UPCASE_ROOT, "\U0001043C\U00010414", "\U00010414\U00010414"},
	{UPCASE_ROOT, "Ǉǈǉ", "ǇǇǇ"},
	{UPCASE_ROOT, "i\u0307\u03A3\u0308j i\u00AD\u03A3\u0308",
		"I\u0307\u03A3\u0308J I\u00AD\u03A3\u0308"},
	{UPCASE_ROOT, "a\u0307 \u0307 i\u0307 j\u0327\u0307 j\u0301\u0307",
		"A\u0307 \u0307 I\u0307 J\u0327\u0307 J\u0301\u0307"},
	{UPCASE_LT, "a\u0307 \u0307 i\u0307 j\u0327\u0307 j\u0301\u0307",
		"A\u0307 \u0307 I J\u0327 J\u0301\u0307"},
	{UPCASE_ROOT, "և Երևանի", "ԵՒ ԵՐԵՒԱՆԻ"},
	{UPCASE_HY, "և Երևանի", "ԵՎ ԵՐԵՎԱՆԻ"},
};

static void what_icu_asks_of_itself_holds_here(void **state)
{
	(void)state;
	for (size_t k = 0; k < COUNT(icu); k++) {
		const unsigned char *in = (const unsigned char *)icu[k].in;
		size_t len = strlen(icu[k].in);
		struct reference_result should = {
			.bytes = (unsigned char *)strdup(icu[k].out),
			.len = strlen(icu[k].out),
		};

		for (size_t i = 0; i < n_ways; i++) {
			const struct way *w = &ways[0][i];

			if (w->u.mapping != UPCASE_FULL ||
				w->u.language != icu[k].language)
				continue;
			check_stream(w, in, len, SIZE_MAX, 0, &should);
			check_stream(w, in, len, 1, SEED, &should);
		}
		free(should.bytes);
	}
}

/* --- choosing a variant --- */

static size_t count_variants(void)
{
	size_t n = 0;

	while (upcase_variant_name(n))
		n++;
	return n;
}

static void variants_have_names_of_their_own(void **state)
{
	size_t n = count_variants();

	(void)state;
	assert_true(n >= 1 && n <= VARIANTS_MAX);
	assert_string_equal(upcase_variant_name(0), "portable");
	assert_true(upcase_variant_runs(0));
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(
				upcase_variant_name(i), upcase_variant_name(k));
	assert_false(upcase_variant_runs(n));
	assert_null(upcase_variant_name(n + 1));
	assert_null(upcase_variant_name(SIZE_MAX));
	assert_false(upcase_variant_runs(SIZE_MAX));
}

static void the_fastest_variant_that_runs_is_taken(void **state)
{
	size_t best = count_variants() - 1;
	struct upcase u = {0};

	(void)state;
	while (!upcase_variant_runs(best))
		best--;
	for (size_t s = 0; s < N_SETTINGS; s++) {
		assert_int_equal(upcase_init(&u, settings[s].mapping,
					 settings[s].language, UPCASE_KEEP),
			0);
		assert_string_equal(
			upcase_variant_of(&u), upcase_variant_name(best));
	}
}

static void a_variant_is_used_if_it_is_there_and_runs(void **state)
{
	static const char *const unknown[] = {
		"", "none", "port", "portable2", "PORTABLE", "avx1024"};
	struct upcase u;

	(void)state;
	assert_int_equal(
		upcase_init(&u, UPCASE_FULL, UPCASE_ROOT, UPCASE_KEEP), 0);
	for (size_t i = 0; i < count_variants(); i++) {
		const char *name = upcase_variant_name(i);
		const char *before = upcase_variant_of(&u);
		bool runs = upcase_variant_runs(i);

		assert_int_equal(
			upcase_use_variant(&u, name), runs ? 0 : -ENOTSUP);
		assert_string_equal(
			upcase_variant_of(&u), runs ? name : before);
		for (size_t k = 0; k < COUNT(unknown); k++)
			assert_int_equal(
				upcase_use_variant(&u, unknown[k]), -EINVAL);
		assert_string_equal(
			upcase_variant_of(&u), runs ? name : before);
		assert_int_equal(u.mapping, UPCASE_FULL);
	}
}

/* --- */

static struct way make_way(
	const char *variant, size_t setting, size_t mode, bool in_place)
{
	struct way w = {.setting = setting, .in_place = in_place};

	assert_int_equal(upcase_init(&w.u, settings[setting].mapping,
				 settings[setting].language, modes[mode]),
		0);
	assert_int_equal(upcase_use_variant(&w.u, variant), 0);
	return w;
}

static void list_ways(size_t mode)
{
	size_t n = 0;

	for (size_t v = 0; upcase_variant_name(v); v++) {
		const char *name = upcase_variant_name(v);

		assert_true(v < VARIANTS_MAX);
		if (!upcase_variant_runs(v))
			continue;
		if (mode == 0)
			print_message("variant %s\n", name);
		for (size_t s = 0; s < N_SETTINGS; s++) {
			ways[mode][n++] = make_way(name, s, mode, false);
			ways[mode][n++] = make_way(name, s, mode, true);
		}
	}
	n_ways = n;
	assert_true(n_ways >= 2 * N_SETTINGS);
}

static int prepare(void **state)
{
	const char *directory = getenv("UPCASE_DATA");
	const char *text = getenv("UPCASE_TEST_SCALE");

	(void)state;
	if (!directory) {
		print_error("UPCASE_DATA must name src/upcase/data\n");
		return -1;
	}
	if (text)
		scale = (uint32_t)strtoul(text, NULL, 10);
	if (scale < 1 || scale > 1000) {
		print_error("UPCASE_TEST_SCALE must be from 1 to 1000\n");
		return -1;
	}
	assert_true(upcase_bound(SHORT_MAX) <= SHORT_ROOM);
	reference_load(directory);
	prepare_filling();
	for (size_t mode = 0; mode < COUNT(modes); mode++)
		list_ways(mode);
	find_cased_rows();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variants_have_names_of_their_own),
		cmocka_unit_test(the_fastest_variant_that_runs_is_taken),
		cmocka_unit_test(a_variant_is_used_if_it_is_there_and_runs),
		cmocka_unit_test(what_icu_asks_of_itself_holds_here),
		cmocka_unit_test(cased_characters_are_mapped_at_every_offset),
		cmocka_unit_test(caseless_characters_stay_at_every_offset),
		cmocka_unit_test(a_cut_near_a_character_changes_nothing),
		cmocka_unit_test(any_cut_among_vectors_changes_nothing),
		cmocka_unit_test(
			random_text_is_converted_alike_by_every_variant),
		cmocka_unit_test(
			random_bytes_are_judged_alike_by_every_variant),
		cmocka_unit_test(nothing_beside_the_memory_is_touched),
		cmocka_unit_test(alignment_changes_nothing),
		cmocka_unit_test(text_that_does_not_grow_stays_in_place),
		cmocka_unit_test(
			text_that_grows_moves_with_all_that_was_before),
		cmocka_unit_test(
			ill_formed_sequences_are_counted_at_every_offset),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
