#include "config.h"

#include "codec/gunzip.h"

#include "codec/gzip-header.h"
#include "codec/inflater.h"
#include "codec/sprint.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* To load the library and to make what it needs takes as long as zlib needs for
 * so much: smaller files are zlib's. */
#define WORTH_LOADING ((uint64_t)128 * 1024)

/* A sprint begins with tables, and puts zlib to its end, so blocks with less
 * text than that, or such a piece of the input, are zlib's. What a block has is
 * taken to be what the one before had. */
#define WORTH_TEXT  ((uint64_t)8 * 1024)
#define WORTH_INPUT 512

/* The most text that a sprint makes. What is more than SPRINT_MORE of it is
 * made of input that is there: so much is still warm in cache when it is handed
 * out.
 */
#define SPRINT_TEXT (SPRINT_MORE + (size_t)96 * 1024)

/* What zlib tells of its place, in data_type. */
#define IS_UNUSED_BITS(type) ((unsigned)(type)&63U)
#define IS_AT_BLOCK	     128
#define IS_AT_TEXT	     256

enum stage {
	STAGE_MEMBER,  /* zlib has header and trailer, too */
	STAGE_DATA,    /* it has the data only */
	STAGE_TRAILER, /* there is nothing left for it */
};

/* The head of a block, as it comes. */
struct heading {
	bool collecting;
	unsigned begin; /* bits of the first byte that are not its */
	size_t len;	/* SIZE_MAX: too long */
	unsigned char bytes[SPRINT_HEAD_MOST];
};

struct gunzip {
	z_stream *z;
	struct sprint *sprint; /* NULL: zlib alone */
	bool always;	       /* for tests */
	uint64_t sprinted;     /* bytes of text made by it; for tests */

	/* Of the member. */
	enum stage stage;
	uint32_t crc, len; /* of its text, from STAGE_DATA on */
	unsigned char trailer[GZIP_TRAILER];
	size_t trailer_len;
	unsigned char last; /* byte that zlib took */

	/* Of the block that zlib is in, or of its head. */
	struct heading heading;
	struct sprint_head head;
	bool is_last;	   /* of the member */
	uint64_t text_len; /* of what was made of it */
	bool at_text;	   /* a sprint can begin; `rest` is before it: */
	struct sprint_bits rest;
	bool in_sprint; /* one can go on; its text ends `ahead` bytes */
	size_t ahead;	/* before zlib's */

	bool worth; /* blocks seem to be large */

	/* What was made by a sprint and waits to be handed out:
	 * text[text_at..text_end). Allocated with the sprint. */
	unsigned char *text;
	size_t text_at, text_end;
};

/* What is left of a call's input and room. */
struct flow {
	const unsigned char *in;
	size_t in_len;
	unsigned char *out;
	size_t out_len;
	bool moved; /* something has changed, so there may be more to do */
};

int gunzip_make(void **decoder)
{
	struct gunzip *g = calloc(1, sizeof(*g));
	void *z = NULL;

	if (!g || inflater_make(&z) != 0) {
		free(g);
		return -ENOMEM;
	}
	g->z = z;
	*decoder = g;
	return 0;
}

void gunzip_free(void *decoder)
{
	struct gunzip *g = decoder;

	if (!g)
		return;
	sprint_free(g->sprint);
	inflater_free(g->z);
	free(g->text);
	free(g);
}

/* zlib allocates its window when it first needs it: now, so that putting it to
 * a place cannot fail later. */
static bool make_window(z_stream *z)
{
	static const unsigned char any[1];

	return inflater_begin_raw(z) == 0 &&
	       inflateSetDictionary(z, any, sizeof(any)) == Z_OK;
}

void gunzip_expect(void *decoder, uint64_t size)
{
	struct gunzip *g = decoder;

	g->worth = true;
	if (g->sprint || size < WORTH_LOADING)
		return;
	if (!g->text)
		g->text = malloc(SPRINT_HISTORY + SPRINT_TEXT);
	if (g->text && make_window(g->z))
		(void)sprint_new(&g->sprint);
}

bool gunzip_sprint_always(void *decoder)
{
	struct gunzip *g = decoder;

	g->always = true;
	return g->sprint;
}

uint64_t gunzip_sprinted(void *decoder)
{
	struct gunzip *g = decoder;

	return g->sprinted;
}

struct z_stream_s *gunzip_zlib(void *decoder)
{
	struct gunzip *g = decoder;

	return g->z;
}

void gunzip_library(char *text, size_t size)
{
	char library[40];

	sprint_library(library, sizeof(library));
	(void)snprintf(text, size, "zlib, %s", library);
}

int gunzip_begin(void *decoder)
{
	struct gunzip *g = decoder;

	g->stage = STAGE_MEMBER;
	g->trailer_len = 0;
	g->heading.collecting = g->at_text = g->in_sprint = false;
	g->text_at = g->text_end = 0;
	g->text_len = 0;
	return inflater_begin(g->z);
}

/* ---- Where zlib is ---- */

static void begin_heading(struct heading *h, unsigned char last, unsigned bits)
{
	h->collecting = true;
	h->begin = bits > 0 ? 8 - bits : 0;
	h->len = bits > 0;
	h->bytes[0] = last;
}

static void collect(struct heading *h, const unsigned char *in, size_t len)
{
	if (len > sizeof(h->bytes) - 1 || h->len > sizeof(h->bytes) - 1 - len) {
		h->len = SIZE_MAX;
		return;
	}
	memcpy(h->bytes + h->len, in, len);
	h->len += len;
}

/* Up to 8 bits of those bytes. */
static unsigned bits_at(const struct heading *h, size_t at, unsigned n)
{
	size_t i = at / 8;
	unsigned bits = h->bytes[i];

	if (i + 1 < h->len)
		bits |= (unsigned)h->bytes[i + 1] << 8;
	return bits >> at % 8 & ((1U << n) - 1);
}

/* Makes of the bytes the head, but for so many bits that are not its. Returns
 * whether there is anything in the block for a sprint. */
static bool end_heading(struct gunzip *g, unsigned unused_bits)
{
	struct heading *h = &g->heading;
	size_t at = h->begin, n;

	h->collecting = false;
	g->text_len = 0;
	if (h->len > sizeof(h->bytes) || unused_bits > 7)
		return false;
	n = 8 * h->len - h->begin - unused_bits;
	g->is_last = bits_at(h, at, 1) == 1;
	/* Stored: there is nothing to decode. */
	if (bits_at(h, at + 1, 2) == 0)
		return false;
	g->head.first.n = (unsigned)((n - 1) % 8) + 1;
	g->head.first.bits = bits_at(h, at, g->head.first.n);
	at += g->head.first.n;
	g->head.len = (n - g->head.first.n) / 8;
	for (size_t i = 0; i < g->head.len; i++)
		g->head.bytes[i] = (unsigned char)bits_at(h, at + 8 * i, 8);
	g->rest.n = unused_bits;
	g->rest.bits = (uint64_t)g->last >> (8 - unused_bits);
	return true;
}

static void end_block(struct gunzip *g)
{
	if (g->text_len > 0)
		g->worth = g->text_len >= WORTH_TEXT;
	g->text_len = 0;
}

/* zlib has taken in[0..len), and made some text of it, or not. */
static void note_place(
	struct gunzip *g, const unsigned char *in, size_t len, bool made)
{
	unsigned bits = IS_UNUSED_BITS(g->z->data_type);

	if (len > 0)
		g->last = in[len - 1];
	if (g->heading.collecting)
		collect(&g->heading, in, len);
	/* As long as there is neither a sprint begins at the same place. */
	if (len > 0 || made)
		g->at_text = false;
	if (g->z->data_type & IS_AT_BLOCK) {
		g->at_text = false;
		end_block(g);
		begin_heading(&g->heading, g->last, bits);
	} else if (g->heading.collecting && (g->z->data_type & IS_AT_TEXT)) {
		g->at_text = end_heading(g, bits);
	}
}

/* This much text of the member came. */
static void count(struct gunzip *g, const unsigned char *text, size_t len)
{
	g->text_len += len;
	if (g->stage != STAGE_DATA || len == 0)
		return;
	g->crc = sprint_crc(g->sprint, g->crc, text, len);
	g->len += (uint32_t)len;
}

/* zlib counts in unsigned int; the callers' buffers may be larger. */
static uInt as_uint(size_t len)
{
	return len > UINT_MAX ? UINT_MAX : (uInt)len;
}

/* What zlib's status means. */
static enum decoded came_to(struct gunzip *g, int status, const char **why)
{
	if (status == Z_OK || status == Z_BUF_ERROR)
		return DECODED_SOME;
	if (status == Z_STREAM_END) {
		end_block(g);
		if (g->stage == STAGE_MEMBER)
			return DECODED_ALL;
		g->stage = STAGE_TRAILER;
		return DECODED_SOME;
	}
	if (status == Z_MEM_ERROR)
		return DECODED_NO_MEMORY;
	*why = g->z->msg ? g->z->msg : "not a gzip member";
	return DECODED_BAD;
}

static enum decoded by_zlib(struct gunzip *g, struct flow *f, const char **why)
{
	z_stream *z = g->z;
	int status, place = z->data_type;
	size_t taken, made;

	z->next_in = f->in;
	z->avail_in = as_uint(f->in_len);
	z->next_out = f->out;
	z->avail_out = as_uint(f->out_len);
	status = inflate(z, g->sprint ? Z_TREES : Z_NO_FLUSH);
	taken = (size_t)(z->next_in - f->in);
	made = (size_t)(z->next_out - f->out);
	count(g, f->out, made);
	if (g->sprint)
		note_place(g, f->in, taken, made > 0);
	*f = (struct flow){f->in + taken, f->in_len - taken, f->out + made,
		f->out_len - made,
		taken > 0 || made > 0 || z->data_type != place ||
			status == Z_STREAM_END};
	return came_to(g, status, why);
}

/* ---- Putting zlib to another place ---- */

/* Behind text[0..len), and bits that are fewer than 8. */
static bool put_behind(
	struct gunzip *g, size_t len, const struct sprint_bits *bits)
{
	size_t n = len < SPRINT_HISTORY ? len : SPRINT_HISTORY;
	z_stream *z = g->z;

	return inflater_begin_raw(z) == 0 &&
	       (n == 0 || inflateSetDictionary(z, g->text + len - n, (uInt)n) ==
				  Z_OK) &&
	       inflatePrime(z, (int)bits->n, (int)bits->bits) == Z_OK;
}

/* Before a block that begins with these bits. */
static bool put_before_block(struct gunzip *g, const struct sprint_bits *rest)
{
	begin_heading(&g->heading, (unsigned char)(rest->bits << (8 - rest->n)),
		rest->n);
	return put_behind(g, g->text_end, rest);
}

/* Makes zlib read the head of the block that it is put into. */
static bool read_head(struct gunzip *g)
{
	unsigned char nowhere;
	z_stream *z = g->z;

	if (!put_behind(g, g->text_end, &g->head.first))
		return false;
	z->next_in = g->head.bytes;
	z->avail_in = (uInt)g->head.len;
	z->next_out = &nowhere;
	z->avail_out = 0;
	(void)inflate(z, Z_TREES);
	return (z->data_type & IS_AT_TEXT) &&
	       IS_UNUSED_BITS(z->data_type) == 0 && z->avail_in == 0;
}

/* Into the block, where these bits follow, of which zlib makes what it can. If
 * they are damaged it says so now and again. */
static bool put_into_block(struct gunzip *g, const struct sprint_bits *rest)
{
	unsigned char bytes[8];
	const char *why;
	struct flow f = {.in = bytes,
		.in_len = rest->n / 8,
		.out = g->text + g->text_end,
		.out_len = SPRINT_HISTORY + SPRINT_TEXT - g->text_end};
	enum decoded status;

	if (!read_head(g) ||
		inflatePrime(g->z, (int)(rest->n % 8),
			(int)(rest->bits & ((1U << rest->n % 8) - 1))) != Z_OK)
		return false;
	for (size_t i = 0; i < f.in_len; i++)
		bytes[i] = (unsigned char)(rest->bits >> (rest->n % 8 + 8 * i));
	status = by_zlib(g, &f, &why);
	g->ahead = (size_t)(f.out - g->text) - g->text_end;
	g->text_end += g->ahead;
	g->in_sprint = status == DECODED_SOME && g->stage == STAGE_DATA &&
		       f.in_len == 0 && !g->heading.collecting;
	return true;
}

/* ---- Sprints ---- */

static bool may_sprint(const struct gunzip *g, const struct flow *f)
{
	if (!(g->at_text || g->in_sprint) || f->in_len == 0)
		return false;
	return g->always || (g->worth && f->in_len >= WORTH_INPUT);
}

/* Makes text behind text[0..*len), which is zlib's window. Returns what it came
 * to, with *taken bytes of the input, *len the end of the text, and the bits
 * that were not used. */
static enum sprint_end sprint(struct gunzip *g, const struct flow *f,
	size_t *taken, size_t *len, struct sprint_bits *rest)
{
	size_t from = *len, made = SPRINT_TEXT;
	enum sprint_end end;

	if (g->in_sprint)
		from -= g->ahead;
	else if (!sprint_begin(g->sprint, g->text, from, &g->head, g->rest))
		return SPRINT_BAD;
	*taken = f->in_len;
	end = sprint_run(g->sprint, f->in, taken, g->text + from, &made, rest);
	/* Less than zlib made of it already, or nothing at all. */
	if (from + made < *len || (from + made == *len && *taken == 0))
		return SPRINT_BAD;
	*len = from + made;
	return end;
}

/* What zlib knows of the member's text is to be known here, too. */
static void leave_zlib(struct gunzip *g)
{
	if (g->stage == STAGE_MEMBER) {
		g->crc = (uint32_t)g->z->adler;
		g->len = (uint32_t)g->z->total_out;
	}
	g->stage = STAGE_DATA;
}

/* A sprint came well to its end: the text is there, and the input taken. */
static bool go_there(
	struct gunzip *g, enum sprint_end end, const struct sprint_bits *rest)
{
	g->at_text = g->in_sprint = false;
	if (end == SPRINT_STOP)
		return put_into_block(g, rest);
	end_block(g);
	if (!g->is_last)
		return put_before_block(g, rest);
	g->stage = STAGE_TRAILER;
	return true;
}

/* Returns whether that came to anything, in *status; else nothing happened. */
static bool try_sprint(struct gunzip *g, struct flow *f, enum decoded *status)
{
	struct sprint_bits rest = {0, 0};
	enum sprint_end end;
	uInt before = 0;
	size_t taken = 0, len;

	/* zlib's window: the text before, and the same that it would look at.
	 */
	if (inflateGetDictionary(g->z, g->text, &before) != Z_OK)
		return false;
	len = before;
	end = sprint(g, f, &taken, &len, &rest);
	if (end == SPRINT_BAD) {
		g->at_text = g->in_sprint = false;
		return false;
	}
	leave_zlib(g);
	count(g, g->text + before, len - before);
	g->sprinted += len - before;
	g->text_at = before;
	g->text_end = len;
	if (taken > 0)
		g->last = f->in[taken - 1];
	f->in += taken;
	f->in_len -= taken;
	f->moved = true;
	/* What it needs is there since gunzip_expect. */
	*status = go_there(g, end, &rest) ? DECODED_SOME : DECODED_NO_MEMORY;
	return true;
}

/* ---- All of it ---- */

static void hand_out(struct gunzip *g, struct flow *f)
{
	size_t n = g->text_end - g->text_at;

	if (n > f->out_len)
		n = f->out_len;
	if (n == 0)
		return;
	memcpy(f->out, g->text + g->text_at, n);
	g->text_at += n;
	f->out += n;
	f->out_len -= n;
	f->moved = true;
}

static uint32_t le32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

/* Takes bytes of the trailer, and refuses it where zlib would, in its words. */
static enum decoded check_trailer(
	struct gunzip *g, struct flow *f, const char **why)
{
	while (f->in_len > 0 && g->trailer_len < GZIP_TRAILER) {
		g->trailer[g->trailer_len++] = *f->in++;
		f->in_len--;
		f->moved = true;
		if (g->trailer_len == 4 && le32(g->trailer) != g->crc) {
			*why = "incorrect data check";
			return DECODED_BAD;
		}
	}
	if (g->trailer_len < GZIP_TRAILER)
		return DECODED_SOME;
	if (le32(g->trailer + 4) == g->len)
		return DECODED_ALL;
	*why = "incorrect length check";
	return DECODED_BAD;
}

static enum decoded step(struct gunzip *g, struct flow *f, const char **why)
{
	enum decoded status;

	hand_out(g, f);
	if (g->text_at < g->text_end)
		return DECODED_SOME;
	if (g->stage == STAGE_TRAILER)
		return check_trailer(g, f, why);
	if (may_sprint(g, f) && try_sprint(g, f, &status))
		return status;
	/* From here on zlib is ahead of any sprint. */
	if (f->in_len > 0)
		g->in_sprint = false;
	return by_zlib(g, f, why);
}

enum decoded gunzip_more(void *decoder, const unsigned char *in, size_t *in_len,
	unsigned char *out, size_t *out_len, const char **why)
{
	struct gunzip *g = decoder;
	struct flow f = {in, *in_len, out, *out_len, false};
	enum decoded status = step(g, &f, why);

	while (g->sprint && f.moved && status == DECODED_SOME) {
		f.moved = false;
		status = step(g, &f, why);
	}
	*in_len = (size_t)(f.in - in);
	*out_len = (size_t)(f.out - out);
	return status;
}
