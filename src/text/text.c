#include "config.h"

#include "text/text.h"

#include "text/begin.h"
#include "text/selection.h"
#include "upcase/utf8.h"

#define KIND(choice, kind) [choice] = &(kind),
static const struct text_kind *const kinds[] = {TEXT_KINDS(KIND)};

void text_init(struct text *t, const struct upcase *upcase)
{
	*t = (struct text){.kind = kinds[TEXT_ALL], .upcase = upcase};
}

void text_select(struct text *t, const struct text_selection *selection)
{
	t->kind = kinds[selection->choice];
	t->selection = selection;
}

bool text_keeps_apart(const struct text *t)
{
	return t->selection || text_can_fail(t);
}

bool text_shares(const struct text *t)
{
	return !text_can_fail(t);
}

size_t text_least(const struct text *t)
{
	return t->selection ? selection_least(t->selection) : 1;
}

size_t text_scan(const struct text *t, struct text_state *now,
	struct text_state *at_end, const unsigned char *p, size_t seen,
	size_t len)
{
	return t->kind->scan(t, now, at_end, p, seen, len);
}

size_t text_whole(const struct text *t, const struct text_state *begin,
	const unsigned char *p, size_t len)
{
	struct text_state now = *begin, at_end;

	return t->kind->scan(t, &now, &at_end, p, 0, len);
}

size_t text_whole_behind(const struct text *t, const struct text_state *begin,
	const unsigned char *p, size_t len)
{
	struct text_state now = {.flags = BEGIN_BEGUN | BEGIN_BODY};

	now.flags |= begin->flags & BEGIN_AS_IS;
	return text_whole(t, &now, p, len);
}

int text_convert(const struct text *t, const struct text_piece *piece,
	struct text_result *result)
{
	return t->kind->convert(t, piece, result);
}

size_t text_bound(size_t len)
{
	size_t held = upcase_bound(0), bound = upcase_bound(len);

	/* Twice what may be held back: selected parts of a text are turned by a
	 * call each, and each wants that room behind it. */
	return bound > SIZE_MAX - held ? SIZE_MAX : bound + held;
}

bool text_has_context(const struct text *t)
{
	return upcase_has_context(t->upcase);
}

bool text_can_fail(const struct text *t)
{
	return t->upcase->invalid == UPCASE_FAIL;
}

bool text_keeps(const struct text *t)
{
	return t->upcase->invalid == UPCASE_KEEP;
}

uint64_t text_count_invalid(const unsigned char *p, size_t len, size_t *first)
{
	uint64_t count = 0;

	for (size_t at = 0; at < len;) {
		int n = utf8_scan(p + at, len - at);

		if (n <= 0 && count++ == 0)
			*first = at;
		at += n > 0 ? (size_t)n : n < 0 ? (size_t)-n : len - at;
	}
	return count;
}

size_t text_waiting(const struct text *t, const struct text_state *now,
	const unsigned char *p, size_t len)
{
	size_t waiting = utf8_incomplete(p, len);

	/* What is chosen is known when all of the header is. */
	if (t->selection && t->selection->columns && begin_has(now, BEGIN_HEAD))
		return len;
	return waiting > now->pending ? waiting : now->pending;
}

size_t text_incomplete(const unsigned char *p, size_t len)
{
	return utf8_incomplete(p, len);
}

void text_state_inside(struct text_state *s)
{
	*s = (struct text_state){.flags = BEGIN_BEGUN};
}

bool text_has_header(const struct text *t)
{
	return t->selection && t->selection->header;
}

bool text_has_names(const struct text *t)
{
	return t->selection && t->selection->columns;
}

bool text_is_behind_header(const struct text_state *s)
{
	return begin_has(s, BEGIN_BODY);
}

bool text_is_left(const struct text_state *s)
{
	return begin_has(s, BEGIN_AS_IS);
}

bool text_is_within(const struct text *t, const struct text_state *s)
{
	return t->kind == kinds[TEXT_READS] && s->phase != 0 &&
	       !text_is_left(s);
}
