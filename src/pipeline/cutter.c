#include "config.h"

#include "pipeline/cutter.h"

#include "io/clock.h"
#include "text/lines.h"

#include <string.h>

void cutter_init(struct cutter *c, const struct cutter_config *config)
{
	*c = (struct cutter){.config = *config};
}

/* The room for text in b; a full batch may have one byte more than its size. */
static size_t room_in(const struct cutter *c)
{
	return c->b->len < c->config.size ? c->config.size - c->b->len : 0;
}

enum cutter_due cutter_begin(
	struct cutter *c, size_t input, enum cutter_manner manner)
{
	c->input = input;
	c->manner = manner;
	/* Before a newline that is due, the state is that of the FILE before.
	 */
	if (!c->newline_due)
		c->now = (struct text_state){0};
	/* A batch says of one FILE at most that it is bad, the last one. */
	return c->b && (c->b->inputs.bad || c->b->inputs.ended == BATCH_ENDS)
		       ? CUTTER_ALL
		       : CUTTER_NOTHING;
}

enum cutter_due cutter_set_decoded(struct cutter *c, bool decoded)
{
	struct batch *b = c->b;

	c->decoded = decoded;
	if (!b || b->inputs.decoded == decoded)
		return CUTTER_NOTHING;
	if (!cutter_is_empty(c))
		return CUTTER_ALL;
	b->inputs.decoded = decoded;
	return CUTTER_NOTHING;
}

void cutter_resume(struct cutter *c, const struct text_state *state)
{
	c->now = *state;
}

void cutter_set_origin(struct cutter *c, const struct batch_origin *origin)
{
	c->origin = *origin;
}

bool cutter_needs(const struct cutter *c)
{
	return !c->b;
}

void cutter_give(struct cutter *c, struct batch *b)
{
	b->cut.continues = c->continues;
	b->cut.begin = c->now;
	b->cut.place = c->given++;
	b->inputs.first = c->input;
	b->inputs.decoded = c->decoded;
	c->b = b;
	c->whole = 0;
}

unsigned char *cutter_room(const struct cutter *c, size_t *room)
{
	*room = room_in(c);
	/* A newline between two FILEs is put in only when there is something
	 * behind it; its byte is the one that text has to spare. */
	return c->b->text + c->b->len + (c->newline_due ? 1 : 0);
}

/* The newline that ends the line that the FILE before left open. */
static void put_due_newline(struct cutter *c)
{
	struct batch *b = c->b;

	bool lead = b->len == 0 && b->cut.unterminated == 0;

	b->cut.lead |= lead;
	b->text[b->len++] = '\n';
	/* It is the last byte of those that ended before it. */
	for (size_t i = 0; !lead && i < c->ended_open; i++)
		b->ends[b->inputs.ended - 1 - i]++;
	b->cut.inserted++;
	c->newline_due = false;
	c->whole = b->len;
	c->now = c->at_whole = (struct text_state){0};
}

void cutter_take(struct cutter *c, size_t n, int64_t now)
{
	struct batch *b = c->b;
	bool had_none = c->whole == 0;
	size_t end;

	if (c->newline_due)
		put_due_newline(c);
	end = text_scan(c->config.text, &c->now, &c->at_whole, b->text, b->len,
		b->len + n);
	if (end > 0)
		c->whole = end;
	b->len += n;
	c->line_open = b->text[b->len - 1] != '\n';
	if (had_none) /* also when there is none yet: then it is set again */
		c->first_at = now;
}

enum cutter_due cutter_due(
	const struct cutter *c, bool wanted, int64_t now, int64_t *deadline)
{
	*deadline = CLOCK_FOREVER;
	if (!c->b)
		return CUTTER_NOTHING;
	/* What is left of a full batch may fill the next one, too. */
	if (room_in(c) == 0)
		return CUTTER_FULL;
	if (c->whole == 0) {
		if (cutter_rest(c) != CUTTER_NOTHING)
			*deadline = 0;
		return CUTTER_NOTHING;
	}
	if (c->manner == CUTTER_PROMPT)
		return CUTTER_WHOLE;
	if (!c->config.gather || c->config.interval == 0) {
		*deadline = 0;
		return wanted ? CUTTER_WHOLE : CUTTER_NOTHING;
	}
	if (c->first_at > CLOCK_FOREVER - c->config.interval)
		return CUTTER_NOTHING;
	*deadline = c->first_at + c->config.interval;
	return now >= *deadline ? CUTTER_WHOLE : CUTTER_NOTHING;
}

/* Where the part of a record ends that can be judged already. */
static size_t part_of(const struct cutter *c)
{
	const struct batch *b = c->b;

	return b->len - text_waiting(c->config.text, &c->now, b->text, b->len);
}

enum cutter_due cutter_rest(const struct cutter *c)
{
	if (!c->b)
		return CUTTER_NOTHING;
	if (c->whole > 0)
		return CUTTER_WHOLE;
	return c->config.parts && part_of(c) > 0 ? CUTTER_PART : CUTTER_NOTHING;
}

/* Where b is cut. */
static size_t place_of(const struct cutter *c, enum cutter_due due)
{
	const struct batch *b = c->b;

	if (due == CUTTER_ALL)
		return b->len;
	if (due == CUTTER_WHOLE || c->whole > 0)
		return c->whole;
	if (due == CUTTER_PART)
		return part_of(c);
	/* A piece of a long record, cut between characters (struct text_piece).
	 * A batch holds one at least. */
	return b->len - text_incomplete(b->text, b->len);
}

bool cutter_leaves(const struct cutter *c, enum cutter_due due)
{
	return place_of(c, due) < c->b->len;
}

/* The state at a place in b. */
static struct text_state state_at(const struct cutter *c, size_t place)
{
	struct text_state now = c->b->cut.begin, at_end;

	if (place == c->whole && place > 0)
		return c->at_whole;
	(void)text_scan(c->config.text, &now, &at_end, c->b->text, 0, place);
	return now;
}

/* Moves what is behind `place` to next, with what belongs to it. */
static void move_rest(struct cutter *c, size_t place, struct batch *next)
{
	struct batch *b = c->b;

	next->cut.begin = state_at(c, place);
	next->cut.place = c->given++;
	next->cut.continues = b->cut.open;
	next->len = b->len - place;
	memcpy(next->text, b->text + place, next->len);
	b->len = place;
	if (c->newline_due) { /* the rest is that open line */
		b->cut.unterminated--;
		next->cut.unterminated++;
		b->inputs.ended -= c->ended_open;
		next->inputs.ended = c->ended_open;
		for (size_t i = 0; i < c->ended_open; i++)
			next->ends[i] =
				b->ends[b->inputs.ended + i] - (uint32_t)place;
	}
	next->inputs.first = b->inputs.first + b->inputs.ended;
	next->inputs.decoded = b->inputs.decoded;
}

struct batch *cutter_cut(
	struct cutter *c, enum cutter_due due, struct batch *next)
{
	struct batch *b = c->b;
	size_t place = place_of(c, due);

	b->cut.full = room_in(c) == 0;
	b->cut.open = due != CUTTER_ALL && c->whole == 0;
	b->cut.terminate = c->config.lines;
	b->origin = c->origin;
	if (next)
		move_rest(c, place, next);
	c->continues = b->cut.open;
	c->b = next;
	c->whole = 0;
	return b;
}

bool cutter_is_within(const struct cutter *c)
{
	return text_is_within(c->config.text, &c->now);
}

bool cutter_is_empty(const struct cutter *c)
{
	const struct batch *b = c->b;

	if (c->continues || (b && b->cut.continues))
		return false;
	return !b || (b->len == 0 && b->cut.unterminated == 0 &&
			     b->inputs.ended == 0);
}

/* The line that the FILE leaves open ends here. */
static void end_line(struct cutter *c, int64_t now)
{
	struct batch *b = c->b;

	b->text[b->len++] = '\n';
	b->cut.inserted++;
	if (c->whole == 0)
		c->first_at = now;
	c->now = c->at_whole = (struct text_state){0};
	c->whole = b->len;
}

/* Whether all that was put in is whole records, each with its newline. */
static bool is_between(const struct cutter *c)
{
	const struct batch *b = c->b;

	return !c->line_open &&
	       (b->len > 0 ? c->whole == b->len : !b->cut.continues);
}

/* What comes next begins as a FILE does, in the same batch. */
static void begin_anew(struct cutter *c)
{
	c->now = c->at_whole = (struct text_state){0};
	if (c->b->len == 0)
		c->b->cut.begin = c->now;
}

enum cutter_due cutter_end(struct cutter *c, bool good, int64_t now)
{
	const struct cutter_config *config = &c->config;
	struct batch *b = c->b;
	bool alone = config->apart && !(config->share && is_between(c));

	if (c->line_open) {
		b->cut.unterminated++;
		if (config->lines || c->manner != CUTTER_READ) {
			end_line(c, now);
		} else if (!config->apart) { /* the output's, otherwise */
			c->newline_due = true;
			c->ended_open = 0;
		}
		c->line_open = false;
	}
	c->ended_open++;
	b->ends[b->inputs.ended++] = (uint32_t)b->len;
	b->inputs.bad = !good;
	if (config->apart && !alone)
		begin_anew(c);
	return alone ? CUTTER_ALL : CUTTER_NOTHING;
}

void cutter_drop(struct cutter *c)
{
	struct batch *b = c->b;

	c->continues = c->line_open = false;
	if (b) {
		c->now = b->cut.begin;
		batch_reset(b);
		cutter_give(c, b);
	}
	c->whole = 0;
}

struct batch *cutter_take_away(struct cutter *c)
{
	struct batch *b = c->b;

	c->b = NULL;
	return b;
}

void cutter_move(struct cutter *c, struct batch *next)
{
	struct batch *b = c->b;

	memcpy(next->text, b->text, b->len);
	next->len = b->len;
	next->inputs = b->inputs;
	memcpy(next->ends, b->ends, b->inputs.ended * sizeof(*b->ends));
	next->cut = b->cut;
	batch_reset(b);
	c->b = next;
}
