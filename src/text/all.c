#include "config.h"

#include "text/kinds.h"

#include "text/lines.h"

/* A line is a record, and nothing has to be known of what is before it. */
static size_t scan(const struct text *t, struct text_state *now,
	struct text_state *at_end, const unsigned char *p, size_t len)
{
	size_t whole = lines_whole(p, len);

	(void)t;
	if (whole > 0)
		*at_end = *now;
	return whole;
}

static int convert(const struct text *t, const struct text_piece *piece,
	struct upcase_result *result)
{
	struct upcase_state alone;
	struct upcase_state *state = piece->engine;

	if (!state) {
		upcase_state_init(&alone);
		state = &alone;
	}
	if (piece->in_place)
		return upcase_convert_in_place(t->upcase, state, piece->text,
			piece->len, piece->last, piece->spare, piece->room,
			result);
	return upcase_convert(t->upcase, state, piece->text, piece->len,
		piece->last, piece->spare, piece->room, result);
}

const struct text_kind text_all = {scan, convert};
