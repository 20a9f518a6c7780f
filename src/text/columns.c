#include "config.h"

#include "text/columns.h"

#include "text/quote.h"
#include "upcase/utf8.h"

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
	pthread_mutex_t lock; /* guards known */
	struct known *known;
};

struct columns *columns_new(const struct columns_wanted *wanted)
{
	struct columns *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	if (pthread_mutex_init(&c->lock, NULL) != 0) {
		free(c);
		return NULL;
	}
	c->wanted = *wanted;
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

/* Whether the field's name, p[begin..end), is this one. */
static bool is_named(
	const struct header *h, size_t begin, size_t end, const char *name)
{
	bool quoted = is_quoted(h, begin);

	for (; begin < end; begin++, name++) {
		if (*name == '\0' || (unsigned char)*name != h->p[begin])
			return false;
		/* Two quotes are one. */
		if (quoted && h->p[begin] == '"')
			begin++;
	}
	return *name == '\0';
}

/* Chooses each field of that name. Returns how many those are, negative without
 * memory. */
static int choose(const struct columns_wanted *wanted, const unsigned char *p,
	size_t len, const char *name, struct ranges *ranges)
{
	struct header h = header_of(wanted, p, len);
	size_t begin, end;
	uint32_t number = 0;
	int n = 0;

	while (next_field(&h, &begin, &end)) {
		number++;
		if (!is_named(&h, begin, end, name))
			continue;
		if (ranges_add(ranges, number, number) != 0)
			return -1;
		n++;
	}
	return n;
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

static enum columns_found resolve(const struct columns_wanted *wanted,
	const unsigned char *p, size_t len, struct ranges *ranges, char *words,
	size_t room)
{
	const struct ranges *numbers = &wanted->numbers;

	for (size_t i = 0; i < numbers->n; i++)
		if (ranges_add(ranges, numbers->list[i].first,
			    numbers->list[i].last) != 0)
			return COLUMNS_NO_MEMORY;
	for (size_t i = 0; i < wanted->n_names; i++) {
		int n = choose(wanted, p, len, wanted->names[i], ranges);

		if (n < 0)
			return COLUMNS_NO_MEMORY;
		if (n == 0) {
			say_missing(
				wanted, p, len, wanted->names[i], words, room);
			return COLUMNS_MISSING;
		}
	}
	if (wanted->complement && ranges_complement(ranges) != 0)
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
	enum columns_found come =
		resolve(&c->wanted, p, len, &found, words, room);

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
