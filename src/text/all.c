#include "config.h"

#include "text/text.h"

#include "text/lines.h"

/* A line is a record, and nothing has to be known of what is before it. */
static size_t scan(const struct text *t, struct text_state *now,
	struct text_state *at_end, const unsigned char *p, size_t seen,
	size_t len)
{
	size_t whole = lines_whole(p + seen, len - seen);

	(void)t;
	if (whole == 0)
		return 0;
	*at_end = *now;
	return seen + whole;
}

static int convert(const struct text *t, const struct text_piece *piece,
	struct text_result *result)
{
	struct upcase_state alone;
	struct upcase_state *state = &alone;
	struct upcase_result r;
	bool last = text_ends_stream(piece, piece->text, piece->len);
	uint64_t begin;
	int err;

	if (piece->engine)
		state = &piece->engine->state;
	else
		upcase_state_init(&alone);
	begin = state->offset;
	if (piece->in_place)
		err = upcase_convert_in_place(t->upcase, state, piece->text,
			piece->len, last, piece->spare, piece->room, &r);
	else
		err = upcase_convert(t->upcase, state, piece->text, piece->len,
			last, piece->spare, piece->room, &r);
	*result = (struct text_result){.out = r.out,
		.produced = r.produced,
		.invalid = r.invalid,
		.bad_at = (ptrdiff_t)(r.first_bad - begin),
		.bad_line = r.first_line,
		.bad_column = r.first_column};
	return err;
}

const struct text_kind text_all = {scan, convert};
