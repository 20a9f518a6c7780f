/*
 * Fuzz target: gzip files, good and bad ones. Read by name, by name with one
 * and with four threads that help, and through a pipe they are the same text
 * and the same message; and the text that a reader makes of them that is
 * written here with nothing but zlib. So are they where what is faster than
 * zlib is used wherever it can be.
 *
 * The first two bytes choose whether the file is made long enough for help, and
 * how much is read at once. The rest are steps by which a file is made: bytes
 * alone would hardly ever have a right CRC. Each begins with a byte that says
 * which (made_step).
 */
#include "config.h"

#include "fuzz.h"
#include "made.h"

#include "codec/format.h"
#include "codec/gunzip.h"
#include "codec/gzip-header.h"
#include "codec/stream.h"
#include "io/clock.h"
#include "io/source.h"
#include "pipeline/unpackers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum {
	HEADER = 2,
	READS_MOST = 1000,
	PADDED = 140000, /* more than what is worth help */
};

static struct made make(struct fuzz_bytes *b, bool padded)
{
	struct made m = {.bytes = fuzz_allocate(PADDED)};

	while (b->left > 0 && m.len < MADE_MOST)
		made_step(&m, b, (enum made_kind)(fuzz_byte(b) % MADE_KINDS));
	if (padded) {
		memset(m.bytes + m.len, 0, PADDED - m.len);
		m.len = PADDED;
	}
	return m;
}

/* What a reader makes of it. */
struct outcome {
	unsigned char *text;
	size_t len, room;
	int err;
	struct fault fault;
};

static unsigned char *room_for(struct outcome *o, size_t len)
{
	if (!o->text || o->room - o->len < len) {
		o->room = 2 * (o->len + len);
		o->text = realloc(o->text, o->room);
		if (!o->text)
			abort();
	}
	return o->text + o->len;
}

static void read_source(struct source *s, size_t at_once, struct outcome *o)
{
	ssize_t n;

	do {
		n = source_read(s, room_for(o, at_once), at_once, FDIO_NO_WAKE,
			CLOCK_FOREVER, &o->fault);
		o->len += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	o->err = (int)n;
}

/* The file of that name, with the help of so many threads. */
static struct outcome read_by_name(
	const char *name, size_t at_once, unsigned jobs)
{
	struct outcome o = {.len = 0};
	struct unpackers u;
	struct source s;
	struct stat st;

	if (jobs > 0 && unpackers_init(&u, jobs) != 0)
		abort();
	source_init(&s, jobs > 0 ? &u.help : NULL);
	if (source_open(&s, name, true, true, &st) != 0)
		fuzz_wrong("%s cannot be opened", name);
	read_source(&s, at_once, &o);
	source_close(&s);
	if (jobs > 0)
		unpackers_stop(&u);
	source_release(&s);
	if (jobs > 0)
		unpackers_release(&u);
	return o;
}

static struct outcome read_file(
	const struct made *m, size_t at_once, unsigned jobs)
{
	int fd = fuzz_file(m->bytes, m->len);
	struct outcome o;
	char name[40];

	fuzz_file_name(fd, name, sizeof(name));
	o = read_by_name(name, at_once, jobs);
	(void)close(fd);
	return o;
}

static struct outcome read_pipe(const struct made *m, size_t at_once)
{
	int fd = fuzz_pipe(m->bytes, m->len);
	int saved = dup(STDIN_FILENO);
	struct outcome o;

	if (saved < 0 || dup2(fd, STDIN_FILENO) < 0)
		abort();
	(void)close(fd);
	o = read_by_name("-", at_once, 0);
	if (dup2(saved, STDIN_FILENO) < 0)
		abort();
	(void)close(saved);
	return o;
}

/* One member with zlib alone. Returns the bytes it takes, or 0 when it is no
 * good; then *cut says whether there was too little of it. */
static size_t inflate_member(
	const unsigned char *in, size_t len, struct outcome *o, bool *cut)
{
	z_stream z = {.next_in = (z_const Bytef *)in, .avail_in = (uInt)len};
	int status;

	if (inflateInit2(&z, 15 + 16) != Z_OK)
		abort();
	do {
		z.next_out = room_for(o, 4096);
		z.avail_out = 4096;
		status = inflate(&z, Z_NO_FLUSH);
		o->len += 4096 - z.avail_out;
	} while (status == Z_OK && (z.avail_in > 0 || z.avail_out == 0));
	*cut = status == Z_OK || status == Z_BUF_ERROR;
	len = status == Z_STREAM_END ? (size_t)z.total_in : 0;
	(void)inflateEnd(&z);
	return len;
}

static void is_damaged(struct outcome *o, const char *what)
{
	o->err = -1;
	(void)snprintf(o->fault.text, sizeof(o->fault.text), "%s", what);
}

static void is_damaged_at(struct outcome *o, const char *what, size_t at)
{
	o->err = -1;
	(void)snprintf(o->fault.text, sizeof(o->fault.text), "%s at byte %zu",
		what, at);
}

/* All of it by what RFC 1952 and the manual say, with the beginning of what
 * should be told. */
static struct outcome read_plainly(const struct made *m)
{
	struct outcome o = {.len = 0};
	const unsigned char *p = m->bytes;
	size_t at = 0, taken = 0;
	bool cut = false;

	if (m->len < 2 || p[0] != GZIP_ID1 || p[1] != GZIP_ID2) {
		memcpy(room_for(&o, m->len), p, m->len);
		o.len = m->len;
		return o;
	}
	for (;;) {
		while (at > 0 && at < m->len && p[at] == 0)
			at++;
		if (at == m->len)
			return o;
		if (p[at] != GZIP_ID1 ||
			(at + 1 < m->len && p[at + 1] != GZIP_ID2)) {
			is_damaged_at(&o, "trailing garbage", at);
			return o;
		}
		taken = inflate_member(p + at, m->len - at, &o, &cut);
		if (taken == 0)
			break;
		at += taken;
	}
	if (cut)
		is_damaged_at(&o, "unexpected end of gzip data", m->len);
	else
		is_damaged(&o, "corrupt gzip data at byte ");
	return o;
}

static int make_sprinting(void **decoder)
{
	int err = gunzip_make(decoder);

	if (!err) {
		gunzip_expect(*decoder, UINT64_MAX);
		(void)gunzip_sprint_always(*decoder);
	}
	return err;
}

/* In words, as far as they are looked at. */
static void tell(struct outcome *o, const struct damage *damage)
{
	if (damage->kind == DAMAGE_GARBAGE)
		is_damaged_at(o, "trailing garbage", (size_t)damage->at);
	else if (damage->kind == DAMAGE_CUT)
		is_damaged_at(
			o, "unexpected end of gzip data", (size_t)damage->at);
	else
		is_damaged(o, "corrupt gzip data at byte ");
}

/* With sprints wherever one can be, so much in and out at once. */
static struct outcome read_sprinting(const struct made *m, size_t at_once)
{
	struct format sprinting = format_gzip;
	struct stream s = {.format = NULL};
	struct outcome o = {.len = 0};
	size_t at = 0, in, out;
	int err;

	sprinting.make = make_sprinting;
	err = stream_begin(&s, &sprinting);
	do {
		in = m->len - at < at_once ? m->len - at : at_once;
		out = at_once;
		if (!err)
			err = stream_more(&s, m->bytes + at, &in,
				room_for(&o, at_once), &out);
		at += in;
		o.len += out;
	} while (!err && (in > 0 || out > 0));
	if (!err)
		err = stream_end(&s);
	if (err)
		tell(&o, &s.damage);
	stream_release(&s);
	return o;
}

static void same(const char *what, const struct outcome *is,
	const struct outcome *should)
{
	fuzz_same(what, is->text, is->len, should->text, should->len);
	if (is->err != should->err ||
		(is->err && strcmp(is->fault.text, should->fault.text) != 0))
		fuzz_wrong("%s: '%s' (%d), not '%s' (%d)", what,
			is->err ? is->fault.text : "", is->err,
			should->err ? should->fault.text : "", should->err);
}

static void same_as_plainly(
	const struct outcome *is, const struct outcome *should)
{
	size_t told = strlen(should->fault.text);

	fuzz_same(
		"by zlib alone", is->text, is->len, should->text, should->len);
	if (!is->err != !should->err ||
		(is->err && strncmp(is->fault.text, should->fault.text, told)))
		fuzz_wrong("by zlib alone: '%s' (%d), not '%s'",
			is->err ? is->fault.text : "", is->err,
			should->err ? should->fault.text : "nothing");
}

/* Reads that are too many tell nothing new, and take long. */
static size_t not_too_often(size_t at_once, size_t len)
{
	size_t least = len / READS_MOST + 1;

	return at_once < least ? least : at_once;
}

/* What other formats begin with is theirs to try. */
static bool is_of_another_format(const struct made *m)
{
	const struct format *f = NULL;
	bool wait;

	if (m->len > 0)
		f = format_detect(m->bytes, m->len, &wait);
	return f && f != &format_gzip;
}

static void try(const struct made *m, size_t at_once)
{
	struct outcome plainly = read_plainly(m), by_name, one, four, pipe;
	struct outcome sprinting;

	at_once = not_too_often(at_once, plainly.len);
	by_name = read_file(m, at_once, 0);
	one = read_file(m, at_once, 1);
	four = read_file(m, at_once, 4);
	pipe = read_pipe(m, at_once);
	same_as_plainly(&by_name, &plainly);
	if (format_gzip.magic(m->bytes, m->len) == MATCH_YES) {
		sprinting = read_sprinting(m, not_too_often(at_once, m->len));
		same_as_plainly(&sprinting, &plainly);
		free(sprinting.text);
	}
	same("through a pipe", &pipe, &by_name);
	same("with one thread", &one, &by_name);
	same("with four threads", &four, &by_name);
	free(plainly.text);
	free(by_name.text);
	free(one.text);
	free(four.text);
	free(pipe.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t sizes[] = {1, 7, 100, 4096, 65536, 262144};
	struct fuzz_bytes b = {.at = data, .left = size};
	bool padded = fuzz_byte(&b) % 2;
	size_t at_once =
		sizes[fuzz_byte(&b) % (sizeof(sizes) / sizeof(*sizes))];
	struct made m = make(&b, padded);

	if (!is_of_another_format(&m))
		try(&m, at_once);
	free(m.bytes);
	return 0;
}

void fuzz_each_way(uint8_t *data, size_t size)
{
	if (size < HEADER)
		return;
	for (unsigned way = 0; way < 12; way++) {
		data[0] = (uint8_t)(way % 2);
		data[1] = (uint8_t)(way / 2);
		LLVMFuzzerTestOneInput(data, size);
	}
}
