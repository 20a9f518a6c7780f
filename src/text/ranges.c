#include "config.h"

#include "text/ranges.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct range behind_all = {UINT32_MAX, UINT32_MAX};

/* Puts a range at a place of the list. */
static int insert(struct ranges *r, size_t at, struct range range)
{
	struct range *list = realloc(r->list, (r->n + 2) * sizeof(*r->list));

	if (!list)
		return -ENOMEM;
	r->list = list;
	memmove(list + at + 1, list + at, (r->n - at) * sizeof(*list));
	list[at] = range;
	list[++r->n] = behind_all;
	return 0;
}

/* Which is the first that does not end before `number`; n if all do. */
static size_t find(const struct ranges *r, uint32_t number)
{
	size_t from = 0, to = r->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (r->list[middle].last < number)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

int ranges_add(struct ranges *r, uint32_t first, uint32_t last)
{
	/* Those that it overlaps, or that are next to it, become part of it. */
	size_t at = find(r, first - 1), next;

	for (next = at; next < r->n && r->list[next].first <= last + 1; next++)
		;
	if (next == at)
		return insert(r, at, (struct range){first, last});
	if (first < r->list[at].first)
		r->list[at].first = first;
	if (last < r->list[next - 1].last)
		last = r->list[next - 1].last;
	r->list[at].last = last;
	/* With the one behind the last. */
	memmove(r->list + at + 1, r->list + next,
		(r->n + 1 - next) * sizeof(*r->list));
	r->n -= next - at - 1;
	return 0;
}

int ranges_complement(struct ranges *r)
{
	struct ranges others = {0};
	uint32_t next = 1;
	int err = 0;

	for (size_t i = 0; !err && i < r->n; i++) {
		if (r->list[i].first > next)
			err = ranges_add(&others, next, r->list[i].first - 1);
		next = r->list[i].last + 1;
	}
	if (!err && next <= RANGES_MOST)
		err = ranges_add(&others, next, RANGES_MOST);
	if (err) {
		ranges_free(&others);
		return err;
	}
	ranges_free(r);
	*r = others;
	return 0;
}

void ranges_free(struct ranges *r)
{
	free(r->list);
	*r = (struct ranges){0};
}

const struct range *ranges_find(const struct ranges *r, uint32_t number)
{
	return r->list ? r->list + find(r, number) : &behind_all;
}
