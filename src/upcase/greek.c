#include "config.h"

#include "upcase/greek.h"

#include "upcase/utf8.h"

enum {
	ETA = 0x0397,
	ETA_TONOS = 0x0389,
	IOTA = 0x0399,
	IOTA_DIALYTIKA = 0x03AA,
	UPSILON = 0x03A5,
	UPSILON_DIALYTIKA = 0x03AB,
	COMBINING_ACUTE = 0x0301,
	COMBINING_DIALYTIKA = 0x0308,
};

/* What a letter has. An accent or dialytika that is part of the letter is told
 * from one that follows as a mark, because what is kept or added takes the
 * same form: U+0389 for a letter, U+0397 U+0301 for marks. */
enum greek_flag {
	VOWEL = 0x01,
	ACCENT = 0x02,
	DIALYTIKA = 0x04,
	SUBSCRIPT = 0x08,
	ACCENT_MARK = 0x10,
	DIALYTIKA_MARK = 0x20,
	OTHER_MARK = 0x40, /* goes without a trace */
};

enum greek_context {
	AFTER_CASED = 0x01,	  /* the word has begun */
	AFTER_ACCENT = 0x02,	  /* right behind a vowel that lost an accent */
	AFTER_ACCENT_MARK = 0x04, /* or the mark of an accent */
};

/* The combining marks of Greek. Those that Latin fonts show as a perispomeni
 * are taken for one. */
static unsigned mark_flags(uint32_t c)
{
	switch (c) {
	case 0x0300: /* varia */
	case 0x0301: /* oxia, tonos */
	case 0x0302: /* circumflex, */
	case 0x0303: /* tilde, */
	case 0x0311: /* inverted breve: for a perispomeni */
	case 0x0342: /* perispomeni */
		return ACCENT_MARK;
	case 0x0308: /* dialytika */
		return DIALYTIKA_MARK;
	case 0x0344: /* dialytika with tonos */
		return DIALYTIKA_MARK | ACCENT_MARK;
	case 0x0345: /* iota subscript */
		return SUBSCRIPT;
	case 0x0304: /* macron */
	case 0x0306: /* vrachy */
	case 0x0313: /* psili */
	case 0x0314: /* dasia */
	case 0x0343: /* koronis, a psili in all but name */
		return OTHER_MARK;
	default:
		return 0;
	}
}

static void put_char(struct map_span *span, uint32_t c)
{
	span->dst += utf8_encode(c, span->dst);
}

/* Writes the eta that waits as it is in a word. */
static void put_eta(struct greek_piece *piece, struct map_span *span)
{
	piece->eta = span->dst;
	put_char(span, ETA);
	if (piece->g.eta & DIALYTIKA_MARK)
		put_char(span, COMBINING_DIALYTIKA);
	piece->behind = span->dst;
}

/* It is known whether the eta is a word. */
static void settle_eta(
	struct greek_piece *piece, struct map_span *span, bool alone)
{
	if (alone && piece->g.eta & ACCENT) {
		/* As long as an eta without. */
		(void)utf8_encode(ETA_TONOS, piece->eta);
	} else if (alone) {
		unsigned char mark[UTF8_MAX];
		size_t n = (size_t)utf8_encode(COMBINING_ACUTE, mark);

		memmove(piece->behind + n, piece->behind,
			(size_t)(span->dst - piece->behind));
		memcpy(piece->behind, mark, n);
		span->dst += n;
	}
	piece->g.eta = 0;
	piece->g.ahead = 0;
}

static void put_letter(struct greek *g, struct map_span *span)
{
	uint32_t c = g->letter;
	bool mark = g->flags & (DIALYTIKA | DIALYTIKA_MARK);

	if (g->flags & DIALYTIKA && (c == IOTA || c == UPSILON)) {
		c = c == IOTA ? IOTA_DIALYTIKA : UPSILON_DIALYTIKA;
		mark = false;
	}
	put_char(span, c);
	if (mark)
		put_char(span, COMBINING_DIALYTIKA);
	for (; g->n_iota > 0; g->n_iota--)
		put_char(span, IOTA);
}

/* All marks of the letter are known. */
static void end_letter(struct greek_piece *piece, struct map_span *span)
{
	struct greek *g = &piece->g;
	bool accent = g->flags & (ACCENT | ACCENT_MARK);

	if (g->flags & VOWEL && accent && !(g->flags & DIALYTIKA))
		g->context |=
			g->flags & ACCENT ? AFTER_ACCENT : AFTER_ACCENT_MARK;
	if (g->letter == ETA && accent && g->n_iota == 0 && g->alone) {
		g->eta = g->flags;
		put_eta(piece, span);
	} else {
		put_letter(g, span);
	}
	g->letter = 0;
	g->flags = 0;
	g->mark_bytes = 0;
	g->alone = false;
}

/* A waiting eta looks at the next character, of n bytes: past what is
 * case-ignorable, a cased one makes it part of a word. */
static void look_ahead(
	struct greek_piece *piece, struct map_span *span, unsigned facts, int n)
{
	if (facts & FACT_IGNORABLE && piece->g.ahead + n <= GREEK_LOOKAHEAD)
		piece->g.ahead = (uint16_t)(piece->g.ahead + n);
	else
		settle_eta(piece, span,
			facts & FACT_IGNORABLE || !(facts & FACT_CASED));
}

static unsigned context_after(unsigned facts, unsigned context)
{
	if (facts & FACT_IGNORABLE)
		return context & AFTER_CASED;
	return facts & FACT_CASED ? AFTER_CASED : 0;
}

static unsigned letter_flags(unsigned facts)
{
	return (facts & FACT_GREEK_VOWEL ? VOWEL : 0u) |
	       (facts & FACT_GREEK_ACCENT ? ACCENT : 0u) |
	       (facts & FACT_GREEK_DIALYTIKA ? DIALYTIKA : 0u) |
	       (facts & FACT_GREEK_IOTA ? SUBSCRIPT : 0u);
}

static void begin_letter(struct greek *g, unsigned facts)
{
	unsigned flags = letter_flags(facts);

	g->letter = (uint16_t)((facts >> FACT_GREEK_SHIFT) + FACT_GREEK_BASE);
	if (flags & VOWEL && (g->letter == IOTA || g->letter == UPSILON)) {
		if (g->context & AFTER_ACCENT)
			flags |= DIALYTIKA;
		else if (g->context & AFTER_ACCENT_MARK)
			flags |= DIALYTIKA_MARK;
	}
	g->flags = (uint8_t)flags;
	g->n_iota = flags & SUBSCRIPT ? 1 : 0;
	g->mark_bytes = 0;
	g->alone = !(g->context & AFTER_CASED);
}

static void add_mark(struct greek *g, unsigned mark, int n)
{
	g->flags = (uint8_t)(g->flags | mark);
	if (mark & SUBSCRIPT)
		g->n_iota++;
	g->mark_bytes = (uint16_t)(g->mark_bytes + n);
}

/* Takes the character of n bytes at span->src. A mark goes to the letter before
 * it; anything else ends that letter, which may turn out to be a lone eta, and
 * then is the first that the eta looks at. */
static void step(const struct upcase_map *map, struct greek_piece *piece,
	struct map_span *span, int n)
{
	struct greek *g = &piece->g;
	const unsigned char *p = span->src;
	unsigned facts = tables_facts(p, n);
	unsigned mark = g->letter ? mark_flags(utf8_decode(p, n)) : 0;

	if (g->mark_bytes + n > GREEK_LOOKAHEAD)
		mark = 0;
	if (g->letter && !mark)
		end_letter(piece, span);
	if (g->eta)
		look_ahead(piece, span, facts, n);
	if (mark) {
		add_mark(g, mark, n);
		return;
	}
	if (facts >> FACT_GREEK_SHIFT)
		begin_letter(g, facts);
	else
		span->dst = map_char(map, p, n, span->dst);
	g->context = (uint8_t)context_after(facts, g->context);
}

void greek_run(const struct upcase_map *map, struct greek_piece *piece,
	struct map_span *span)
{
	while (span->src < span->end) {
		int n = utf8_scan(span->src, (size_t)(span->end - span->src));

		if (n <= 0)
			return;
		step(map, piece, span, n);
		span->src += n;
	}
}

void greek_flush(struct greek_piece *piece, struct map_span *span)
{
	if (piece->g.letter)
		end_letter(piece, span);
	if (piece->g.eta)
		settle_eta(piece, span, true);
	piece->g.context = 0;
}

void greek_resume(struct greek_piece *piece, const struct greek *g,
	const unsigned char *held, struct map_span *span)
{
	piece->g = *g;
	if (!g->eta)
		return;
	put_eta(piece, span);
	memcpy(span->dst, held, g->n_held);
	span->dst += g->n_held;
	piece->g.n_held = 0;
}

/* It fits: what is counted in ahead never grows when converted (gen-tables.c
 * makes sure of that). */
void greek_suspend(
	struct greek_piece *piece, unsigned char *held, struct map_span *span)
{
	size_t n;

	if (!piece->g.eta)
		return;
	n = (size_t)(span->dst - piece->behind);
	memcpy(held, piece->behind, n);
	piece->g.n_held = (uint16_t)n;
	span->dst = piece->eta;
}
