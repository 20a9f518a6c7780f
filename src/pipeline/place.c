#include "config.h"

#include "pipeline/place.h"

#include "text/lines.h"

#include <inttypes.h>
#include <stdio.h>

/* So many bytes say whether a text seems to be UTF-16. */
#define WIDE_LOOK 4096

void place_begin(struct place *p, size_t input)
{
	*p = (struct place){.input = input};
}

static void begin_text(struct place *p, const struct batch *b, bool wide)
{
	if (p->begun)
		return;
	p->begun = true;
	p->wide = wide;
	p->decoded = b->inputs.decoded;
}

/* `n` sequences more; the first is so many lines and characters further on. */
static void count(struct place *p, uint64_t n, uint64_t line, uint64_t column)
{
	if (p->invalid == 0 && n > 0) {
		p->line = p->lines + line;
		p->column = column + (line > 0 ? 0 : p->chars);
	}
	p->invalid += n;
}

static void move_on(struct place *p, uint64_t lines, uint64_t tail)
{
	p->lines += lines;
	p->chars = (lines > 0 ? 0 : p->chars) + tail;
}

void place_pass(struct place *p, const struct batch *b)
{
	if (b->len == 0)
		return;
	begin_text(p, b, b->wide);
	p->inside = b->origin.inside;
	p->behind = b->origin.behind;
	if (p->invalid == 0)
		p->at = p->bytes + b->bad.at;
	p->bytes += b->len;
	count(p, b->invalid, b->bad.line, b->bad.column);
	/* A newline put before it is the FILE's before. */
	move_on(p,
		b->lines - b->cut.unterminated + b->cut.inserted - b->cut.lead,
		b->tail_chars);
}

void place_pass_part(struct place *p, const struct batch *b,
	struct batch_part part, const struct text_result *met, bool ends)
{
	const unsigned char *text = b->text + part.from;
	size_t len = part.to - part.from;

	if (ends && met->invalid == 0)
		return;
	begin_text(p, b, place_is_wide(text, len));
	count(p, met->invalid, met->bad_line, met->bad_column);
	move_on(p, lines_count(text, len), b->tail_chars);
}

bool place_tell(const struct place *p, bool kept, struct fault *words)
{
	bool one = p->invalid == 1;
	const char *what = p->decoded ? "cannot be decoded"
			   : one      ? "is not UTF-8"
				      : "are not UTF-8";
	const char *became = !kept || p->decoded ? "replaced by U+FFFD"
			     : one		 ? "kept as it is"
						 : "kept as they are";

	char where[64];

	if (p->invalid == 0)
		return false;
	if (p->inside)
		(void)snprintf(where, sizeof(where), "byte %" PRIu64,
			p->behind + p->at);
	else
		(void)snprintf(where, sizeof(where), "%" PRIu64 ":%" PRIu64,
			p->line + 1, p->column + 1);
	fault_set(words,
		"%" PRIu64 " %s %s, %s at %s; %s%s (see --encoding, "
		"--invalid)",
		p->invalid, one ? "sequence" : "sequences", what,
		one ? "that" : "the first", where, became,
		p->wide ? "; looks like UTF-16" : "");
	return true;
}

bool place_is_wide(const unsigned char *p, size_t len)
{
	size_t zeros[2] = {0, 0}, half;

	len = (len < WIDE_LOOK ? len : WIDE_LOOK) & ~(size_t)1;
	half = len / 2;
	if (half == 0 || (p[0] && p[1]))
		return false;
	for (size_t i = 0; i < len; i++)
		zeros[i % 2] += p[i] == 0;
	return (zeros[0] == half) != (zeros[1] == half);
}
