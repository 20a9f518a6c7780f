#include "config.h"

#include "text/columns.h"

#include "text/quote.h"
#include "upcase/utf8.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* What some header came to. */
struct known {
	struct known *next;
	struct ranges ranges;
};

struct columns {
	struct columns_wanted wanted;
	const char **sorted; /* its names, each once */
	size_t n_sorted;
	pthread_mutex_t lock; /* guards known */
	struct known *known;
};

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* There may be as many names as a header has. Returns 0 or -ENOMEM. */
static int sort_names(struct columns *c)
{
	size_t n = c->wanted.n_names;

	c->sorted = malloc((n + 1) * sizeof(*c->sorted));
	if (!c->sorted)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		c->sorted[i] = c->wanted.names[i];
	qsort(c->sorted, n, sizeof(*c->sorted), compare);
	for (size_t i = 0; i < n; i++)
		if (i == 0 ||
			strcmp(c->sorted[i], c->sorted[c->n_sorted - 1]) != 0)
			c->sorted[c->n_sorted++] = c->sorted[i];
	return 0;
}

struct columns *columns_new(const struct columns_wanted *wanted)
{
	struct columns *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->wanted = *wanted;
	if (sort_names(c) || pthread_mutex_init(&c->lock, NULL) != 0) {
		free(c->sorted);
		free(c);
		return NULL;
	}
	return c;
}

void columns_free(struct columns *c)
{
	if (!c)
		return;
	while (c->known) {
		struct known *k = c->known;

		c->known = k->next;
		ranges_free(&k->ranges);
		free(k);
	}
	ranges_free(&c->wanted.numbers);
	free(c->sorted);
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
}

/* ---- The names in a header ---- */

/* Who goes over the fields of a header. */
struct header {
	const struct columns_wanted *wanted;
	const unsigned char *p;
	size_t at, len;
	bool more; /* there is a field at `at`, be it empty */
};

static bool at_delimiter(const struct header *h, size_t at)
{
	size_t n = h->wanted->delimiter_len;

	return h->len - at >= n &&
	       memcmp(h->p + at, h->wanted->delimiter, n) == 0;
}

/* Goes over a field in quotes, which begins at h->at; *begin..*end is what is
 * in them. What stands behind the closing one belongs to the field, too, but
 * not to its name. */
static void pass_quoted(struct header *h, size_t *begin, size_t *end)
{
	*begin = ++h->at;
	for (; h->at < h->len; h->at++) {
		if (h->p[h->at] != '"')
			continue;
		if (h->at + 1 == h->len || h->p[h->at + 1] != '"')
			break;
		h->at++;
	}
	*end = h->at;
	while (h->at < h->len && !at_delimiter(h, h->at))
		h->at++;
}

/* The next field: its name is p[*begin..*end), but for doubled quotes. Returns
 * false behind the last one. */
static bool next_field(struct header *h, size_t *begin, size_t *end)
{
	if (!h->more)
		return false;
	if (h->wanted->quotes && h->at < h->len && h->p[h->at] == '"') {
		pass_quoted(h, begin, end);
	} else {
		*begin = h->at;
		while (h->at < h->len && !at_delimiter(h, h->at))
			h->at++;
		*end = h->at;
	}
	h->more = h->at < h->len;
	h->at += h->wanted->delimiter_len;
	return true;
}

static struct header header_of(
	const struct columns_wanted *wanted, const unsigned char *p, size_t len)
{
	/* A line may end as those of other systems do. */
	if (len > 0 && p[len - 1] == '\r')
		len--;
	return (struct header){
		.wanted = wanted, .p = p, .len = len, .more = true};
}

/* Whether a field's name, which begins there, was in quotes. */
static bool is_quoted(const struct header *h, size_t begin)
{
	return h->wanted->quotes && begin > 0 && h->p[begin - 1] == '"';
}

/* The order of the field's name, p[begin..end), and this one, as strcmp. */
static int order(
	const struct header *h, size_t begin, size_t end, const char *name)
{
	bool quoted = is_quoted(h, begin);

	for (; begin < end; begin++, name++) {
		/* In the header there may be a NUL. */
		if (*name == '\0')
			return 1;
		if ((unsigned char)*name != h->p[begin])
			return h->p[begin] - (unsigned char)*name;
		/* Two quotes are one. */
		if (quoted && h->p[begin] == '"')
			begin++;
	}
	return *name == '\0' ? 0 : -1;
}

/* Which of the names the field's is, p[begin..end); n_sorted if none. */
static size_t find_name(const struct columns *c, const struct header *h,
	size_t begin, size_t end)
{
	size_t from = 0, to = c->n_sorted;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int after = order(h, begin, end, c->sorted[middle]);

		if (after == 0)
			return middle;
		if (after > 0)
			from = middle + 1;
		else
			to = middle;
	}
	return c->n_sorted;
}

/* Chooses the fields of those names. Sets *missing to the first of the user's
 * that there is none of, or to NULL. Returns 0 or -ENOMEM. */
static int choose(const struct columns *c, const unsigned char *p, size_t len,
	struct ranges *ranges, const char **missing)
{
	bool *found = calloc(c->n_sorted + 1, sizeof(*found));
	struct header h = header_of(&c->wanted, p, len);
	size_t begin, end;
	uint32_t number = 0;
	int err = found ? 0 : -ENOMEM;

	while (!err && next_field(&h, &begin, &end)) {
		size_t name = find_name(c, &h, begin, end);

		number++;
		if (name == c->n_sorted)
			continue;
		found[name] = true;
		err = ranges_add(ranges, number, number);
	}
	*missing = NULL;
	for (size_t i = 0; !err && !*missing && i < c->wanted.n_names; i++) {
		const char *const *at = &c->wanted.names[i];
		const char **name = bsearch(at, c->sorted, c->n_sorted,
			sizeof(*c->sorted), compare);

		if (!found[name - c->sorted])
			*missing = *at;
	}
	free(found);
	return err;
}

/* ---- For people ---- */

/* What is shown of a name, with its quotes: of one that is missing, and of
 * those that are there. */
#define MISSING_MOST 80
#define THERE_MOST   40

/* Words that are put together, as far as there is room. */
struct words {
	char *at;
	size_t room; /* for them and a NUL */
	size_t n;
};

/* Puts all of a word, or nothing and returns false. */
static bool put(struct words *w, const char *word)
{
	size_t len = strlen(word);

	if (w->room <= w->n + len)
		return false;
	memcpy(w->at + w->n, word, len + 1);
	w->n += len;
	return true;
}

/* Puts the name p[begin..end) of a field, as it is asked for. */
static bool put_name(struct words *w, const char *between,
	const struct header *h, size_t begin, size_t end)
{
	bool quoted = is_quoted(h, begin);
	char name[4 * THERE_MOST], shown[2 + THERE_MOST];
	size_t n = 0;

	for (; begin < end && n + 1 < sizeof(name); begin++) {
		name[n++] = (char)h->p[begin];
		if (quoted && h->p[begin] == '"')
			begin++;
	}
	/* A long one is not all there; its characters are. */
	if (begin < end)
		n -= utf8_incomplete((const unsigned char *)name, n);
	name[n] = '\0';
	memcpy(shown, between, strlen(between));
	(void)quote_text(name, shown + strlen(between), THERE_MOST);
	return put(w, shown);
}

/* Which name is missing, and those that are there. */
static void say_missing(const struct columns_wanted *wanted,
	const unsigned char *p, size_t len, const char *name, char *words,
	size_t room)
{
	static const char end_of_it[] = "); left as it is";
	size_t kept = strlen(", ...") + strlen(end_of_it), begin, end;
	struct header h = header_of(wanted, p, len);
	struct words w = {words, room, 0};
	char shown[MISSING_MOST];
	const char *between = "";

	if (!words)
		return;
	if (room > 0)
		words[0] = '\0';
	if (!put(&w, "no column is named ") ||
		!put(&w, quote_text(name, shown, sizeof(shown))) ||
		!put(&w, " (there are "))
		return;
	w.room = room > kept ? room - kept : 1;
	for (; next_field(&h, &begin, &end); between = ", ") {
		if (put_name(&w, between, &h, begin, end))
			continue;
		/* What is left out is said. */
		w.room = room;
		(void)put(&w, between[0] ? ", ..." : "...");
		break;
	}
	w.room = room;
	(void)put(&w, end_of_it);
}

/* ---- What they come to ---- */

static enum columns_found resolve(const struct columns *c,
	const unsigned char *p, size_t len, struct ranges *ranges, char *words,
	size_t room)
{
	const struct ranges *numbers = &c->wanted.numbers;
	const char *missing;

	for (size_t i = 0; i < numbers->n; i++)
		if (ranges_add(ranges, numbers->list[i].first,
			    numbers->list[i].last) != 0)
			return COLUMNS_NO_MEMORY;
	if (choose(c, p, len, ranges, &missing) != 0)
		return COLUMNS_NO_MEMORY;
	if (missing) {
		say_missing(&c->wanted, p, len, missing, words, room);
		return COLUMNS_MISSING;
	}
	if (c->wanted.complement && ranges_complement(ranges) != 0)
		return COLUMNS_NO_MEMORY;
	return COLUMNS_ALL;
}

static bool are_same(const struct ranges *a, const struct ranges *b)
{
	return a->n == b->n &&
	       (a->n == 0 ||
		       memcmp(a->list, b->list, a->n * sizeof(*a->list)) == 0);
}

/* Keeps the ranges, unless they are known; NULL without memory. */
static const struct ranges *keep_locked(
	struct columns *c, struct ranges *ranges)
{
	struct known *k;

	for (k = c->known; k; k = k->next)
		if (are_same(&k->ranges, ranges))
			break;
	if (k) {
		ranges_free(ranges);
		return &k->ranges;
	}
	k = malloc(sizeof(*k));
	if (!k)
		return NULL;
	*k = (struct known){.next = c->known, .ranges = *ranges};
	c->known = k;
	return &k->ranges;
}

enum columns_found columns_find(struct columns *c, const unsigned char *p,
	size_t len, const struct ranges **ranges, char *words, size_t room)
{
	struct ranges found = {0};
	enum columns_found come = resolve(c, p, len, &found, words, room);

	if (come == COLUMNS_ALL) {
		(void)pthread_mutex_lock(&c->lock);
		*ranges = keep_locked(c, &found);
		(void)pthread_mutex_unlock(&c->lock);
		if (!*ranges)
			come = COLUMNS_NO_MEMORY;
	}
	if (come != COLUMNS_ALL)
		ranges_free(&found);
	return come;
}
