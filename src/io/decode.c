#include "config.h"

#include "io/decode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Bytes that are read at once to be decoded, with room for what was left. */
#define RAW_SIZE (FEED_SIZE + CHARSET_REST)

/* U+FEFF, which in front of a text says no more than that. */
static const unsigned char mark[] = {0xEF, 0xBB, 0xBF};

bool decode_looks(const char *name)
{
	return strcmp(name, DECODE_AUTO) == 0;
}

bool decode_takes_all(const char *name)
{
	return !decode_looks(name) && strcmp(name, DECODE_NONE) != 0 &&
	       !charset_is_utf8(name);
}

/* What `name` says. */
static int find(const char *name, bool *looks, struct charset **said)
{
	*looks = decode_looks(name);
	*said = NULL;
	return decode_takes_all(name) ? charset_new(said, name) : 0;
}

int decode_check(const char *name)
{
	struct charset *said;
	bool looks;
	int err = find(name, &looks, &said);

	if (!err)
		charset_free(said);
	return err;
}

int decode_init(struct decode *d, const char *name)
{
	*d = (struct decode){.known = true};
	return find(name, &d->looks, &d->said);
}

void decode_release(struct decode *d)
{
	charset_free(d->said);
	charset_free(d->marked);
	free(d->raw);
	d->said = d->marked = d->charset = NULL;
	d->raw = NULL;
}

void decode_begin(struct decode *d)
{
	d->charset = d->said;
	d->known = !d->looks;
	d->begun = d->done = false;
	d->end = 0;
	d->at = d->len = 0;
	d->text_at = d->text_len = 0;
	if (d->charset)
		charset_begin(d->charset);
}

void decode_begin_inside(struct decode *d)
{
	d->known = true;
}

bool decode_is_known(const struct decode *d)
{
	return d->known;
}

bool decode_is_on(const struct decode *d)
{
	return d->charset;
}

bool decode_is_marked(const struct decode *d)
{
	return d->charset && d->charset == d->marked;
}

static int need_raw(struct decode *d, struct fault *fault)
{
	if (!d->raw)
		d->raw = malloc(RAW_SIZE);
	if (d->raw)
		return 0;
	fault_set_errno(fault, ENOMEM);
	return -ENOMEM;
}

/* How the source was read: where it waits, and until when. */
struct wait {
	struct source *s;
	int wake;
	int64_t deadline;
};

/* Reads behind what is in raw. Returns a positive number, 0 when the source has
 * ended, be it badly, or what source_read says of a wait. */
static ssize_t refill(
	struct decode *d, const struct wait *w, struct fault *fault)
{
	int err = need_raw(d, fault);
	ssize_t n;

	if (err)
		return err;
	memmove(d->raw, d->raw + d->at, d->len - d->at);
	d->len -= d->at;
	d->at = 0;
	n = source_read(w->s, d->raw + d->len, RAW_SIZE - d->len, w->wake,
		w->deadline, fault);
	if (n == -EAGAIN || n == -ECANCELED || n == -EOWNERDEAD)
		return n;
	if (n > 0) {
		d->len += (size_t)n;
		return n;
	}
	d->end = n < 0 ? (int)n : 1;
	d->fault = *fault;
	return 0;
}

/* All was handed out before that. */
static ssize_t tell_end(const struct decode *d, struct fault *fault)
{
	if (d->end > 0)
		return 0;
	*fault = d->fault;
	return d->end;
}

static size_t take(const unsigned char *from, size_t *at, size_t end,
	unsigned char *buf, size_t len)
{
	if (len > end - *at)
		len = end - *at;
	memcpy(buf, from + *at, len);
	*at += len;
	return len;
}

/* The mark says that it is of this form. */
static int turn_on(
	struct decode *d, enum utf_form form, size_t n, struct fault *fault)
{
	int err;

	charset_free(d->marked);
	d->marked = NULL;
	err = charset_new_utf(&d->marked, form);
	if (err) {
		fault_set_errno(fault, err);
		return err;
	}
	d->charset = d->marked;
	charset_begin(d->charset);
	d->at += n;
	d->begun = true;
	return 0;
}

/* Looks at the first bytes, all of which are in raw. Returns 0 or a negative
 * errno. */
static int look(struct decode *d, struct fault *fault)
{
	enum utf_form form;
	bool wait;
	size_t n = utf_find_mark(
		d->raw + d->at, d->len - d->at, d->end != 0, &form, &wait);

	d->known = !wait;
	return n > 0 ? turn_on(d, form, n, fault) : 0;
}

/* The very first read goes where it is wanted, for it is text, mostly. Returns
 * as decode_read. */
static ssize_t read_first(struct decode *d, const struct wait *w,
	unsigned char *buf, size_t len, struct fault *fault)
{
	enum utf_form form;
	bool wait;
	ssize_t n;
	int err;

	if (len > FEED_SIZE)
		len = FEED_SIZE;
	n = source_read(w->s, buf, len, w->wake, w->deadline, fault);
	if (n <= 0) {
		d->known = n == 0;
		return n;
	}
	if (utf_find_mark(buf, (size_t)n, false, &form, &wait) == 0 && !wait) {
		d->known = true;
		return n;
	}
	err = need_raw(d, fault);
	if (err)
		return err;
	memcpy(d->raw, buf, (size_t)n);
	d->len = (size_t)n;
	err = look(d, fault);
	return err ? err : -EINTR;
}

/* More of what may become a mark. */
static ssize_t read_more(
	struct decode *d, const struct wait *w, struct fault *fault)
{
	ssize_t n = refill(d, w, fault);
	int err;

	if (n < 0)
		return n;
	err = look(d, fault);
	return err ? err : -EINTR;
}

/* Looks at what came out first, whole characters: a mark goes. */
static void pass_mark(struct decode *d)
{
	d->begun = d->text_len > 0 || d->done;
	if (d->text_len >= sizeof(mark) &&
		memcmp(d->text, mark, sizeof(mark)) == 0)
		d->text_at = sizeof(mark);
}

/* Decodes from raw, into text if there is little room, or what comes first is
 * still to be looked at. Returns how many bytes went to buf. */
static size_t decode_some(struct decode *d, unsigned char *buf, size_t len)
{
	bool aside = len < CHARSET_ROOM || !d->begun;
	unsigned char *out = aside ? d->text + d->text_len : buf;
	size_t n = aside ? sizeof(d->text) - d->text_len : len;
	size_t taken = d->len - d->at;

	d->done = charset_more(
		d->charset, d->raw + d->at, &taken, out, &n, d->end != 0);
	d->at += taken;
	if (!aside)
		return n;
	d->text_len += n;
	if (!d->begun)
		pass_mark(d);
	return 0;
}

/* Returns whether there is text aside that may be handed out. */
static bool has_text(struct decode *d)
{
	if (d->begun && d->text_at == d->text_len)
		d->text_at = d->text_len = 0;
	return d->begun && d->text_len > 0;
}

static ssize_t read_coded(struct decode *d, const struct wait *w,
	unsigned char *buf, size_t len, struct fault *fault)
{
	while (!has_text(d)) {
		size_t at = d->at, aside = d->text_len, n;
		ssize_t more;

		if (d->done)
			return tell_end(d, fault);
		n = need_raw(d, fault) ? 0 : decode_some(d, buf, len);
		if (n > 0)
			return (ssize_t)n;
		if (d->done || d->at > at || d->text_len > aside)
			continue;
		more = refill(d, w, fault);
		if (more < 0)
			return more;
	}
	return (ssize_t)take(d->text, &d->text_at, d->text_len, buf, len);
}

ssize_t decode_read(struct decode *d, struct source *s, void *buf, size_t len,
	int wake, int64_t deadline, struct fault *fault)
{
	struct wait w = {s, wake, deadline};

	if (!d->known)
		return d->len > 0 ? read_more(d, &w, fault)
				  : read_first(d, &w, buf, len, fault);
	if (d->charset)
		return read_coded(d, &w, buf, len, fault);
	if (d->at < d->len)
		return (ssize_t)take(d->raw, &d->at, d->len, buf, len);
	if (d->end)
		return tell_end(d, fault);
	return source_read(s, buf, len, wake, deadline, fault);
}

const unsigned char *decode_left(
	const struct decode *d, const struct source *s, size_t *len)
{
	if (decode_would(d)) {
		*len = d->begun ? d->text_len - d->text_at : 0;
		return *len > 0 ? d->text + d->text_at : NULL;
	}
	if (d->at == d->len)
		return source_left(s, len);
	*len = d->len - d->at;
	return d->raw + d->at;
}

size_t decode_undecoded(const struct decode *d, const struct source *s)
{
	size_t n = source_undecoded(s);

	if (!s->feed.io.regular && decode_would(d))
		n += d->len - d->at;
	return n;
}

bool decode_would(const struct decode *d)
{
	return d->charset || !d->known;
}
