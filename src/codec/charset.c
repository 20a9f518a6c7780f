#include "config.h"

#include "codec/charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct charset {
	bool own;     /* a form of UTF-16 or UTF-32: */
	bool guesses; /* ... in which byte order, a mark says, */
	bool knows;   /* ... and has said */
	enum utf_form form;
	iconv_t cd;   /* the others' */
	size_t unit;  /* bytes by which is stepped over what is no character */
	bool shifts;  /* some sequences say what those behind them mean */
	bool flushed; /* what was kept back has come out */
	char *anew;   /* its name, if a text begins only with another cd: NULL
			 where a reset is enough */
};

/* Names that are decoded here. The others of iconv's for UTF-16 and UTF-32 mean
 * something else on each system. */
static const struct own {
	const char *name;
	enum utf_form form;
	bool guesses;
} own[] = {
	/* Without a mark: what nearly all files are in. */
	{"utf-16", UTF_16LE, true},
	{"utf16", UTF_16LE, true},
	{"utf-16le", UTF_16LE, false},
	{"utf16le", UTF_16LE, false},
	{"utf-16be", UTF_16BE, false},
	{"utf16be", UTF_16BE, false},
	{"utf-32", UTF_32LE, true},
	{"utf32", UTF_32LE, true},
	{"utf-32le", UTF_32LE, false},
	{"utf32le", UTF_32LE, false},
	{"utf-32be", UTF_32BE, false},
	{"utf32be", UTF_32BE, false},
	{"ucs-4", UTF_32BE, false},
	{"ucs-4le", UTF_32LE, false},
	{"ucs-4be", UTF_32BE, false},
};

#define NO_ICONV ((iconv_t)-1)
#define FAILED	 ((size_t)-1)

bool charset_is_utf8(const char *name)
{
	return strcasecmp(name, "utf-8") == 0 || strcasecmp(name, "utf8") == 0;
}

/* What iconv makes of these bytes, into out. Returns how many of them it took;
 * *made is set to what came out. */
static size_t try(
	iconv_t cd, const char *bytes, size_t len, char *out, size_t *made)
{
	char *from = (char *)(uintptr_t)bytes, *to = out;
	size_t left = len, room = CHARSET_ROOM;

	(void)iconv(cd, NULL, NULL, NULL, NULL);
	(void)iconv(cd, &from, &left, &to, &room);
	(void)iconv(cd, NULL, NULL, NULL, NULL);
	*made = (size_t)(to - out);
	return len - left;
}

/* How wide a unit is: U+0000 is one in all encodings that there are. */
static size_t find_unit(iconv_t cd)
{
	char out[CHARSET_ROOM];
	size_t made;

	for (size_t n = 1; n < 4; n *= 2)
		if (try(cd, "\0\0\0", n, out, &made) == n)
			return n;
	return 4;
}

/* Whether damage may make it step back, to before what it is given: musl's does
 * so in three encodings, before version 1.2.6 (CVE-2025-26519). */
static bool steps_back(iconv_t cd)
{
	static const char *const damage[] = {
		"\xDC\x44\xF5\x54", /* EUC-KR */
		"\xE9\x31\xC0\x37", /* GB 18030 */
		"\xEE\xEF\xFF\x64", /* Shift_JIS */
	};
	char out[4 + CHARSET_ROOM];

	for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		size_t made;

		(void)try(cd, damage[i], 4, out + 4, &made);
		if (made > CHARSET_ROOM)
			return true;
	}
	return false;
}

/* Whether there are sequences without a character of their own: an escape
 * (ISO 2022), a shift (EBCDIC), a plus (UTF-7). */
static bool find_shifts(iconv_t cd)
{
	static const char *const shifts[] = {"\033$B", "\033$)C", "\016", "+"};
	char out[CHARSET_ROOM];

	for (size_t i = 0; i < sizeof(shifts) / sizeof(shifts[0]); i++) {
		size_t len = strlen(shifts[i]), made;

		if (try(cd, shifts[i], len, out, &made) == len && made == 0)
			return true;
	}
	return false;
}

static int make(struct charset **result, const struct charset *what)
{
	struct charset *c = malloc(sizeof(*c));

	if (!c)
		return -ENOMEM;
	*c = *what;
	*result = c;
	return 0;
}

int charset_new_utf(struct charset **result, enum utf_form form)
{
	return make(result,
		&(struct charset){.own = true, .form = form, .cd = NO_ICONV});
}

/* Whether anything is named. Without, also behind what iconv takes off (blanks,
 * slashes, commas), it is the locale's. */
static bool has_name(const char *name)
{
	return name[strspn(name, " \t\n\v\f\r/,")] != '\0';
}

/* Finds out what cd is like. Returns 0 or a negative errno. */
static int find_ways(struct charset *c, const char *name)
{
	char fresh[CHARSET_ROOM], after[CHARSET_ROOM];
	size_t n, m;

	if (steps_back(c->cd))
		return -EINVAL;
	(void)try(c->cd, "AA", 2, fresh, &n);
	c->unit = find_unit(c->cd);
	c->shifts = find_shifts(c->cd);
	if (!c->shifts)
		return 0;
	/* musl's does not forget a shift. */
	(void)try(c->cd, "AA", 2, after, &m);
	if (n == m && memcmp(fresh, after, n) == 0)
		return 0;
	c->anew = strdup(name);
	return c->anew ? 0 : -ENOMEM;
}

static int new_foreign(struct charset **result, const char *name)
{
	struct charset c = {.cd = NO_ICONV};
	int err;

	/* What stands behind two slashes is a wish. */
	if (!has_name(name) || strstr(name, "//"))
		return -EINVAL;
	c.cd = iconv_open("UTF-8", name);
	if (c.cd == NO_ICONV)
		return errno ? -errno : -EINVAL;
	err = find_ways(&c, name);
	if (!err)
		err = make(result, &c);
	if (err) {
		free(c.anew);
		(void)iconv_close(c.cd);
	}
	return err;
}

int charset_new(struct charset **result, const char *name)
{
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strcasecmp(name, own[i].name) == 0)
			return make(result, &(struct charset){.own = true,
						    .guesses = own[i].guesses,
						    .form = own[i].form,
						    .cd = NO_ICONV});
	return new_foreign(result, name);
}

void charset_free(struct charset *c)
{
	if (c && c->cd != NO_ICONV)
		(void)iconv_close(c->cd);
	if (c)
		free(c->anew);
	free(c);
}

/* As with a reset, where that does not do. Opens no file: glibc would, but its
 * reset does. Without memory it stays as it is. */
static void open_anew(struct charset *c)
{
	iconv_t cd = iconv_open("UTF-8", c->anew);

	if (cd == NO_ICONV)
		return;
	(void)iconv_close(c->cd);
	c->cd = cd;
}

void charset_begin(struct charset *c)
{
	c->knows = !c->guesses;
	c->flushed = false;
	if (c->anew)
		open_anew(c);
	else if (!c->own)
		(void)iconv(c->cd, NULL, NULL, NULL, NULL);
}

/* Finds out the byte order. The mark is left to be decoded, as U+FEFF. Returns
 * whether it could be said. */
static bool find_order(
	struct charset *c, const unsigned char *in, size_t len, bool last)
{
	size_t unit = utf_unit(c->form);
	enum utf_form form;
	bool wait;

	if (len < unit && !last)
		return false;
	c->form = unit == 2 ? UTF_16LE : UTF_32LE;
	/* Of no more bytes than that: with two zeros behind it the mark of
	 * UTF-16 is one of UTF-32. */
	if (len >= unit && utf_find_mark(in, unit, true, &form, &wait) == unit)
		c->form = form;
	c->knows = true;
	return true;
}

static bool more_own(struct charset *c, const unsigned char *in, size_t *in_len,
	unsigned char *out, size_t *out_len, bool last)
{
	size_t len = *in_len;

	if (!c->knows && !find_order(c, in, len, last)) {
		*in_len = *out_len = 0;
		return false;
	}
	utf_decode(c->form, in, in_len, out, out_len, last);
	return last && *in_len == len;
}

/* Where iconv works. */
struct work {
	char *from, *to;
	size_t left, room;
};

/* Lets come out what was kept back to be combined with what follows. What
 * shifts have said is lost by that. */
static bool flush(struct charset *c, struct work *w)
{
	return iconv(c->cd, NULL, NULL, &w->to, &w->room) != FAILED;
}

/* Steps over something that is no character. Returns false when there is no
 * room for it. */
static bool step_over(struct charset *c, struct work *w, size_t n)
{
	if (w->room < CHARSET_ROOM / 2)
		return false;
	/* It stands before this. */
	if (!c->shifts)
		(void)flush(c, w);
	*w->to++ = (char)CHARSET_BAD;
	w->room--;
	w->from += n;
	w->left -= n;
	return true;
}

/* Returns whether all was taken. */
static bool run(struct charset *c, struct work *w, bool last)
{
	while (w->left > 0) {
		size_t n = c->unit;

		if (iconv(c->cd, &w->from, &w->left, &w->to, &w->room) !=
			FAILED)
			continue;
		if (errno == E2BIG || (errno == EINVAL && !last))
			return false;
		if (errno == EINVAL || n > w->left)
			n = w->left;
		if (!step_over(c, w, n))
			return false;
	}
	return true;
}

static bool more_foreign(struct charset *c, const unsigned char *in,
	size_t *in_len, unsigned char *out, size_t *out_len, bool last)
{
	struct work w = {.from = (char *)(uintptr_t)in,
		.to = (char *)out,
		.left = *in_len,
		.room = *out_len};
	bool all = run(c, &w, last);

	if (all && last && !c->flushed)
		c->flushed = flush(c, &w);
	*in_len -= w.left;
	*out_len -= w.room;
	return all && c->flushed;
}

bool charset_more(struct charset *c, const unsigned char *in, size_t *in_len,
	unsigned char *out, size_t *out_len, bool last)
{
	return c->own ? more_own(c, in, in_len, out, out_len, last)
		      : more_foreign(c, in, in_len, out, out_len, last);
}
