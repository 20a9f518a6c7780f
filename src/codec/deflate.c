#include "config.h"

#include "codec/deflate.h"

#include "codec/quick.h"
#include "codec/strict.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif

/* The most that a stream that goes on is longer than one that ends: a block
 * without text that is stored, and the bits before it. zlib may have eight bits
 * more of its own. */
#define OPEN_MORE 8

/* The fixed codes (two bits), and the code of the end. */
const unsigned char deflate_end[DEFLATE_END] = {1 | 1 << 1, 0};

/* To load what is quick takes as long as it saves with so much text. */
#define WORTH_LOADING ((size_t)64 * 1024)

struct deflater {
	int level;
	struct quick *quick; /* NULL: not there, or nothing was worth it yet */
	bool quick_asked;
#ifdef HAVE_LIBDEFLATE
	struct libdeflate_compressor *c;
#else
	z_stream z;
#endif
};

/* The library's part. */
#ifdef HAVE_LIBDEFLATE

int deflate_max_level(void)
{
	return 12;
}

const char *deflate_library(void)
{
	return "libdeflate/" LIBDEFLATE_VERSION_STRING;
}

static int library_init(struct deflater *d)
{
	d->c = libdeflate_alloc_compressor(d->level);
	return d->c ? 0 : -ENOMEM;
}

static void library_release(struct deflater *d)
{
	libdeflate_free_compressor(d->c);
}

static size_t library_bound(struct deflater *d, size_t len)
{
	return libdeflate_deflate_compress_bound(d->c, len);
}

size_t deflate_text(struct deflater *d, const void *text, size_t len, void *out,
	size_t room)
{
	return libdeflate_deflate_compress(d->c, text, len, out, room);
}

/* The library ends each stream; here that is undone. */
static size_t library_open(struct deflater *d, const void *text, size_t len,
	void *out, size_t room)
{
	/* A block that is stored: three bits, none of them set, then none up to
	 * the end of the byte, and its length, twice. */
	static const unsigned char stored[] = {0, 0, 0xff, 0xff};
	unsigned char *p = out;
	struct strict_place last;
	size_t n = 0;

	if (room > OPEN_MORE)
		n = deflate_text(d, text, len, out, room - OPEN_MORE);
	if (n == 0 || !strict_find_last(p, n, &last))
		return 0;
	p[last.begin / 8] &= (unsigned char)~(1U << last.begin % 8);
	/* The library leaves no bit set behind the end. */
	if (8 * (uint64_t)n - last.end < 3)
		p[n++] = 0;
	memcpy(p + n, stored, sizeof(stored));
	return n + sizeof(stored);
}

uint32_t deflate_crc(const void *text, size_t len)
{
	return libdeflate_crc32(0, text, len);
}

#else /* zlib */

int deflate_max_level(void)
{
	return 9;
}

const char *deflate_library(void)
{
	return "no libdeflate";
}

static int library_init(struct deflater *d)
{
	/* Negative window bits: raw deflate; 8 is zlib's default memLevel. */
	if (deflateInit2(&d->z, d->level, Z_DEFLATED, -15, 8,
		    Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	return 0;
}

static void library_release(struct deflater *d)
{
	(void)deflateEnd(&d->z);
}

static size_t library_bound(struct deflater *d, size_t len)
{
	return deflateBound(&d->z, (uLong)len);
}

/* Whether all of the text was taken, from a new beginning, with what is wanted
 * in the end. deflate_bound says no to what does not fit zlib's uInt. */
static bool run(struct deflater *d, const void *text, size_t len, void *out,
	size_t room, int flush, int wanted)
{
	d->z.next_in = text;
	d->z.avail_in = (uInt)len;
	d->z.next_out = out;
	d->z.avail_out = (uInt)room;
	return deflateReset(&d->z) == Z_OK && deflate(&d->z, flush) == wanted &&
	       d->z.avail_in == 0;
}

size_t deflate_text(struct deflater *d, const void *text, size_t len, void *out,
	size_t room)
{
	if (!run(d, text, len, out, room, Z_FINISH, Z_STREAM_END))
		return 0;
	return room - d->z.avail_out;
}

static size_t library_open(struct deflater *d, const void *text, size_t len,
	void *out, size_t room)
{
	/* Where no room is left there may be more. */
	if (!run(d, text, len, out, room, Z_SYNC_FLUSH, Z_OK) ||
		d->z.avail_out == 0)
		return 0;
	return room - d->z.avail_out;
}

uint32_t deflate_crc(const void *text, size_t len)
{
	return (uint32_t)crc32_z(0, text, len);
}

#endif

int deflater_new(struct deflater **d, int level)
{
	struct deflater *new;
	int err;

	if (level < 1 || level > deflate_max_level())
		return -EINVAL;
	new = calloc(1, sizeof(*new));
	if (!new)
		return -ENOMEM;
	new->level = level;
	err = library_init(new);
	if (err) {
		free(new);
		return err;
	}
	*d = new;
	return 0;
}

void deflater_free(struct deflater *d)
{
	if (!d)
		return;
	library_release(d);
	quick_free(d->quick);
	free(d);
}

int deflater_make(void **state, int level)
{
	struct deflater *d;
	int err = deflater_new(&d, level);

	if (!err)
		*state = d;
	return err;
}

void deflater_drop(void *state)
{
	deflater_free(state);
}

size_t deflate_bound(struct deflater *d, size_t len)
{
	size_t bound;

	if (len > UINT32_MAX / 2)
		return SIZE_MAX;
	bound = library_bound(d, len);
	return bound > UINT32_MAX ? SIZE_MAX : bound;
}

size_t deflate_open_bound(struct deflater *d, size_t len)
{
	size_t bound = deflate_bound(d, len);

	return bound > UINT32_MAX - OPEN_MORE ? SIZE_MAX : bound + OPEN_MORE;
}

/* Which texts are quick's depends on them alone: the same text always gives the
 * same bytes. */
static struct quick *quick_for(struct deflater *d, size_t len)
{
	if (d->level > QUICK_LEVEL_MOST || len < WORTH_LOADING)
		return NULL;
	if (!d->quick_asked)
		(void)quick_new(&d->quick, d->level);
	d->quick_asked = true;
	return d->quick;
}

size_t deflate_open(struct deflater *d, const void *text, size_t len, void *out,
	size_t room)
{
	struct quick *quick = quick_for(d, len);
	size_t n = quick ? quick_open(quick, text, len, out, room) : 0;

	return n > 0 ? n : library_open(d, text, len, out, room);
}

uint32_t deflate_crc_join(uint32_t first, uint32_t second, uint64_t len)
{
	return (uint32_t)crc32_combine(first, second, (z_off_t)len);
}
