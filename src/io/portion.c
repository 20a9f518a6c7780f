#include "config.h"

#include "io/portion.h"

#include "codec/format.h"
#include "codec/members.h"
#include "codec/utf.h"
#include "io/fdio.h"
#include "io/walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK ((size_t)64 << 10)

/* Where files of blocks were put together, empty ones may follow each other. So
 * many are remembered. */
#define HEADS 64

/* Whether to go on is looked at every so many members. */
#define STRIDE 256

/* No byte of deflate becomes more (zlib's "technical details"). */
#define DEFLATE_MOST 1032

/* A place in the text of a file: behind `in` bytes of the text of the member
 * that begins at `at`; of a plain file `in` is 0. */
struct mark {
	off_t at;
	uint64_t in;
};

/* The text of a file, from a place on. */
struct cursor {
	const struct portion_file *file;
	int fd;
	off_t size;
	bool packed;
	off_t begin, next; /* in the file: of what is in text, and behind it */
	unsigned char *text; /* [at..len) comes next */
	size_t room, at, len;
	unsigned char *raw; /* a member */
	size_t raw_room;
	void *decoder;
	off_t walked; /* members up to here were walked over: the last ones */
	off_t heads[HEADS];
	size_t n_heads;
	unsigned steps;
};

static int set_error(struct fault *fault, int err)
{
	if (err == -FDIO_SHORT)
		fault_set(fault, "it is shorter than it was");
	else
		fault_set_errno(fault, err);
	return err;
}

void portion_tell_bad(off_t at, struct fault *fault)
{
	fault_set(fault, "corrupt gzip data behind byte %lld", (long long)at);
}

static int not_cut(struct fault *fault, const char *what)
{
	fault_set(fault, "%s cannot be split", what);
	return -ENOTSUP;
}

/* Looks whether somebody wants no more of it. */
static int go_on(const struct cursor *c)
{
	const struct portion_file *f = c->file;

	return f->woken && fdio_is_woken(f->wake) && !f->woken(f->context)
		       ? -ECANCELED
		       : 0;
}

/* What the file is packed with, if it may be. */
static int find_format(struct cursor *c, struct fault *fault)
{
	unsigned char first[FORMAT_MAGIC_MOST];
	size_t n = c->size < (off_t)sizeof(first) ? (size_t)c->size
						  : sizeof(first);
	const struct format *format;
	bool wait;
	int err = n > 0 ? fdio_read_at(c->fd, first, n, 0) : 0;

	if (err)
		return set_error(fault, err);
	format = n > 0 ? format_detect(first, n, &wait) : NULL;
	if (format && format != &format_gzip) {
		fault_set(fault, "%s data cannot be split", format->name);
		return -ENOTSUP;
	}
	if (!format)
		return 0;
	err = format->pieces->make(&c->decoder);
	c->packed = !err;
	return err ? set_error(fault, err) : 0;
}

static void close_cursor(struct cursor *c)
{
	if (c->packed)
		format_gzip.pieces->free(c->decoder);
	free(c->text);
	free(c->raw);
}

static int need_room(unsigned char **buf, size_t *room, size_t len)
{
	unsigned char *more;

	if (len <= *room)
		return 0;
	more = realloc(*buf, len);
	if (!more)
		return -ENOMEM;
	*buf = more;
	*room = len;
	return 0;
}

/* The member at `at`: where the next one begins. */
static int step(struct cursor *c, off_t at, off_t *next, struct fault *fault)
{
	struct walk w;
	int err = c->steps++ % STRIDE == 0 ? go_on(c) : 0;

	if (err)
		return err;
	err = walk_step(c->fd, at, c->size, &w);
	if (err)
		return set_error(fault, err);
	if (w.last < 0)
		return not_cut(fault, w.how == WALK_FOREIGN
					      ? "gzip whose members do not "
						"tell their size"
					      : "gzip that is torn");
	*next = w.at;
	return 0;
}

/* The size of the text of the member that ends at `next`. */
static int text_size(
	const struct cursor *c, off_t next, uint64_t *len, struct fault *fault)
{
	unsigned char p[4];
	int err = fdio_read_at(c->fd, p, sizeof(p), next - (off_t)sizeof(p));

	if (err)
		return set_error(fault, err);
	*len = (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
	       (uint64_t)p[3] << 24;
	return 0;
}

static int decode_member(struct cursor *c, struct fault *fault)
{
	const struct format_pieces *pieces = format_gzip.pieces;
	size_t size, len;
	bool bad;
	int err = step(c, c->begin, &c->next, fault);

	if (err)
		return err;
	size = (size_t)(c->next - c->begin);
	err = need_room(&c->raw, &c->raw_room, size);
	if (!err)
		err = fdio_read_at(c->fd, c->raw, size, c->begin);
	if (err)
		return set_error(fault, err);
	len = pieces->text_size(c->raw, size);
	bad = len / DEFLATE_MOST > size;
	err = bad ? 0 : need_room(&c->text, &c->room, len + 1);
	if (err)
		return set_error(fault, err);
	if (bad || pieces->decode(c->decoder, c->raw, size, c->text, len)) {
		portion_tell_bad(c->begin, fault);
		return -EBADMSG;
	}
	c->len = len;
	return 0;
}

/* Makes more text ready, or none at the end of the file. */
static int fill(struct cursor *c, struct fault *fault)
{
	off_t left;
	int err = 0;

	do {
		c->begin = c->next;
		c->at = c->len = 0;
		left = c->size - c->begin;
		if (left == 0)
			return 0;
		err = go_on(c);
		if (err)
			return err;
		if (c->packed) {
			err = decode_member(c, fault);
			continue;
		}
		/* Most often no more than its first bytes are wanted there. */
		if (c->begin == 0 && left > UTF_MARK_MOST)
			left = UTF_MARK_MOST;
		c->len = left < (off_t)CHUNK ? (size_t)left : CHUNK;
		c->next = c->begin + (off_t)c->len;
		err = need_room(&c->text, &c->room, CHUNK);
		if (!err)
			err = fdio_read_at(c->fd, c->text, c->len, c->begin);
		if (err)
			(void)set_error(fault, err);
	} while (!err && c->len == 0);
	return err;
}

static struct mark mark_of(const struct cursor *c)
{
	/* At the end of a member the next one has come. */
	if (c->at == c->len)
		return (struct mark){.at = c->next};
	if (!c->packed)
		return (struct mark){.at = c->begin + (off_t)c->at};
	return (struct mark){.at = c->begin, .in = c->at};
}

/* Goes behind the next newline. Sets *m to that place. */
static int pass_line(struct cursor *c, struct mark *m, struct fault *fault)
{
	for (;;) {
		const unsigned char *newline =
			c->at < c->len
				? memchr(c->text + c->at, '\n', c->len - c->at)
				: NULL;
		int err;

		if (newline) {
			c->at = (size_t)(newline - c->text) + 1;
			*m = mark_of(c);
			return 0;
		}
		err = fill(c, fault);
		if (err)
			return err;
		if (c->len == 0) {
			*m = (struct mark){.at = c->size};
			return 0;
		}
	}
}

/* The byte that comes next, which stays there, or -1 at the end of the text. */
static int next_byte(struct cursor *c, int *byte, struct fault *fault)
{
	int err = c->at == c->len ? fill(c, fault) : 0;

	*byte = !err && c->at < c->len ? c->text[c->at] : -1;
	return err;
}

/* A file begins with the byte order mark of what would be decoded. */
static int find_coding(struct cursor *c, struct fault *fault)
{
	unsigned char first[UTF_MARK_MOST];
	enum utf_form form;
	size_t n = 0;
	int byte = 0, err = 0;
	bool wait;

	while (!err && byte >= 0 && n < sizeof(first)) {
		err = next_byte(c, &byte, fault);
		if (!err && byte >= 0) {
			first[n++] = (unsigned char)byte;
			c->at++;
		}
	}
	c->begin = c->next = 0;
	c->at = c->len = 0;
	if (!err && n > 0 && utf_find_mark(first, n, true, &form, &wait) > 0)
		err = not_cut(fault, "UTF-16 or UTF-32");
	return err;
}

/* What the file is. */
static int open_cursor(
	struct cursor *c, const struct portion_file *file, struct fault *fault)
{
	int err;

	*c = (struct cursor){.file = file, .fd = file->fd, .size = file->size};
	err = file->detect ? find_format(c, fault) : 0;
	if (!err && file->marks)
		err = find_coding(c, fault);
	if (err)
		close_cursor(c);
	return err;
}

/* The last member before `walked` that has text, for which all are looked at.
 */
static int find_any_text(struct cursor *c, off_t *member, struct fault *fault)
{
	off_t at = 0, next;
	int err = 0;

	while (!err && at < c->walked) {
		uint64_t len = 0;

		err = step(c, at, &next, fault);
		if (!err)
			err = text_size(c, next, &len, fault);
		if (!err && len > 0)
			*member = at;
		at = next;
	}
	return err;
}

/* Of the members that were walked over last, the last one that has text: -1 if
 * there is none. */
static int find_text(struct cursor *c, off_t *member, struct fault *fault)
{
	off_t next = c->walked;

	*member = -1;
	for (size_t i = 1; i <= c->n_heads && i <= HEADS && *member < 0; i++) {
		off_t at = c->heads[(c->n_heads - i) % HEADS];
		uint64_t len = 0;
		int err = text_size(c, next, &len, fault);

		if (err)
			return err;
		if (len > 0)
			*member = at;
		next = at;
	}
	return *member < 0 && c->n_heads > HEADS
		       ? find_any_text(c, member, fault)
		       : 0;
}

/* The first member that begins at `from` or behind it, and the last one before
 * it that has text: -1 if there is none. `from` is behind what was asked for
 * before. */
static int find_members(struct cursor *c, off_t from, off_t *before,
	off_t *first, struct fault *fault)
{
	while (c->walked < from && c->walked < c->size) {
		off_t next;
		int err = step(c, c->walked, &next, fault);

		if (err)
			return err;
		c->heads[c->n_heads++ % HEADS] = c->walked;
		c->walked = next;
	}
	*first = c->walked;
	return find_text(c, before, fault);
}

/* Places the cursor before the byte that is before `from`. Sets *none if there
 * is no such byte, and *m to where the text begins then. */
static int go_before(struct cursor *c, off_t from, bool *none, struct mark *m,
	struct fault *fault)
{
	off_t before = from - 1, first = 0;
	int err = 0;

	*m = (struct mark){.at = 0};
	c->at = c->len = 0;
	if (c->packed) {
		err = find_members(c, from, &before, &first, fault);
		m->at = first;
	}
	*none = before < 0;
	if (err || *none)
		return err;
	c->next = before;
	if (c->packed) {
		err = fill(c, fault);
		c->at = c->len - 1;
	}
	return err;
}

/* Of the line that begins at *m, where the cursor is, and those behind it the
 * first one that begins a read; the end of the file if there is none. */
static int find_read(struct cursor *c, struct mark *m, struct fault *fault)
{
	struct mark begin[2];
	int first[2] = {0, 0};

	for (size_t i = 0;; i++) {
		struct mark here = *m;
		int byte, err = next_byte(c, &byte, fault);

		if (!err && byte == '+' && first[i % 2] == '@') {
			*m = begin[i % 2];
			return 0;
		}
		if (err)
			return err;
		if (byte < 0) {
			*m = (struct mark){.at = c->size};
			return 0;
		}
		begin[i % 2] = here;
		first[i % 2] = byte;
		err = pass_line(c, m, fault);
		if (err)
			return err;
	}
}

/* The first unit that begins at `from` or behind it. *begins: that is where the
 * text of the file does. */
static int find_mark(struct cursor *c, off_t from, enum portion_unit unit,
	struct mark *m, bool *begins, struct fault *fault)
{
	int err;

	*begins = false;
	if (from >= c->size) {
		*m = (struct mark){.at = c->size};
		return 0;
	}
	err = go_before(c, from, begins, m, fault);
	if (err || *begins)
		return err;
	err = pass_line(c, m, fault);
	if (!err && unit == PORTION_READS)
		err = find_read(c, m, fault);
	return err;
}

/* Decodes the members from one up to another. Sets *bad to one that is damaged.
 */
static int check(
	struct cursor *c, off_t at, off_t end, off_t *bad, struct fault *fault)
{
	int err = 0;

	for (c->next = at; !err && c->next < end;) {
		c->begin = c->next;
		err = decode_member(c, fault);
	}
	if (err != -EBADMSG)
		return err;
	*bad = c->begin;
	return 0;
}

/* How much text is between two places. Whoever reads so much sees no end of the
 * last member that has some: whether that is what it tells is found out here.
 */
static int measure(struct cursor *c, const struct mark *begin,
	const struct mark *end, struct portion *p, struct fault *fault)
{
	off_t at = begin->at, last = at;
	int err = 0;

	p->length = c->packed ? 0 : (uint64_t)(end->at - begin->at);
	while (c->packed && !err && at < end->at) {
		uint64_t len;
		off_t next;

		err = step(c, at, &next, fault);
		if (!err)
			err = text_size(c, next, &len, fault);
		if (!err) {
			p->length += len;
			last = len > 0 ? at : last;
			at = next;
		}
	}
	if (c->packed)
		p->length = p->length + end->in - begin->in;
	/* Where it ends inside of one, that was decoded to find the place. */
	return err || !c->packed || end->in > 0
		       ? err
		       : check(c, last, end->at, &p->bad, fault);
}

int portion_find(struct portion *p, const struct portion_file *file, off_t from,
	off_t to, enum portion_unit unit, struct fault *fault)
{
	struct mark begin, end;
	bool begins = false, none;
	struct cursor c;
	int err = open_cursor(&c, file, fault);

	*p = (struct portion){.packed = !err && c.packed, .bad = -1};
	if (err)
		return err;
	err = find_mark(&c, from, unit, &begin, &begins, fault);
	if (!err)
		err = find_mark(&c, to, unit, &end, &none, fault);
	/* Where one line goes over both, both are the end of that. */
	if (!err)
		err = measure(&c, &begin, &end, p, fault);
	if (!err) {
		p->begins = begins;
		p->cut = unit == PORTION_READS && end.at < file->size;
		p->from = begin.at;
		p->skip = begin.in;
	}
	close_cursor(&c);
	return err;
}

int portion_before(const struct portion *p, const struct portion_file *file,
	bool (*take)(void *context, const unsigned char *text, size_t len),
	void *context, struct fault *fault)
{
	struct cursor c;
	int err = open_cursor(&c, file, fault);
	bool more = true;

	if (err)
		return err;
	while (!err && more) {
		off_t left;

		err = fill(&c, fault);
		left = p->from - c.begin;
		if (p->packed && left == 0 && c.len > p->skip)
			c.len = (size_t)p->skip;
		else if (!p->packed && left < (off_t)c.len)
			c.len = (size_t)left;
		more = !err && c.len > 0 && c.begin <= p->from &&
		       take(context, c.text, c.len) && (!p->packed || left > 0);
	}
	close_cursor(&c);
	return err;
}

int portion_end(enum portion_end *end, const struct portion_file *file,
	struct fault *fault)
{
	struct cursor c;
	struct mark m;
	bool none = file->size == 0;
	int err = open_cursor(&c, file, fault), byte = '\n';

	if (err)
		return err;
	if (!none)
		err = go_before(&c, c.size, &none, &m, fault);
	if (!err && !none)
		err = next_byte(&c, &byte, fault);
	close_cursor(&c);
	*end = none	      ? PORTION_EMPTY
	       : byte == '\n' ? PORTION_WHOLE
			      : PORTION_OPEN;
	return err;
}
