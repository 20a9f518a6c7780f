#include "config.h"

#include "codec/deflate.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif

/* Sizes of a member's fixed parts: header with an extra field of one subfield
 * of 4 bytes, and CRC and length behind the data. */
#define HEADER_SIZE  20
#define TRAILER_SIZE 8

struct deflater {
	int level;
#ifdef HAVE_LIBDEFLATE
	struct libdeflate_compressor *c;
#else
	z_stream z;
#endif
};

/* The library's part: raw deflate data for a whole buffer. */
#ifdef HAVE_LIBDEFLATE

int deflate_max_level(void)
{
	return 12;
}

const char *deflate_library(void)
{
	return "libdeflate " LIBDEFLATE_VERSION_STRING;
}

static int codec_init(struct deflater *d)
{
	d->c = libdeflate_alloc_compressor(d->level);
	return d->c ? 0 : -ENOMEM;
}

static void codec_release(struct deflater *d)
{
	libdeflate_free_compressor(d->c);
}

static size_t codec_bound(struct deflater *d, size_t len)
{
	return libdeflate_deflate_compress_bound(d->c, len);
}

static size_t codec_compress(struct deflater *d, const void *text, size_t len,
	void *out, size_t room)
{
	return libdeflate_deflate_compress(d->c, text, len, out, room);
}

static uint32_t codec_crc(const void *text, size_t len)
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

static int codec_init(struct deflater *d)
{
	/* Negative window bits: raw deflate; 8 is zlib's default memLevel. */
	if (deflateInit2(&d->z, d->level, Z_DEFLATED, -15, 8,
		    Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	return 0;
}

static void codec_release(struct deflater *d)
{
	(void)deflateEnd(&d->z);
}

static size_t codec_bound(struct deflater *d, size_t len)
{
	return deflateBound(&d->z, (uLong)len);
}

static size_t codec_compress(struct deflater *d, const void *text, size_t len,
	void *out, size_t room)
{
	/* deflate_bound keeps both below 4 GiB, so they fit zlib's uInt. */
	d->z.next_in = text;
	d->z.avail_in = (uInt)len;
	d->z.next_out = out;
	d->z.avail_out = (uInt)room;
	if (deflateReset(&d->z) != Z_OK ||
		deflate(&d->z, Z_FINISH) != Z_STREAM_END)
		return 0;
	return room - d->z.avail_out;
}

static uint32_t codec_crc(const void *text, size_t len)
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
	err = codec_init(new);
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
	codec_release(d);
	free(d);
}

size_t deflate_bound(struct deflater *d, size_t len)
{
	size_t bound;

	if (len > UINT32_MAX / 2)
		return SIZE_MAX;
	bound = codec_bound(d, len) + HEADER_SIZE + TRAILER_SIZE;
	return bound > UINT32_MAX ? SIZE_MAX : bound;
}

static void put_le32(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> (8 * i));
}

int deflate_member(struct deflater *d, const void *text, size_t len, void *out,
	size_t room, size_t *size)
{
	static const unsigned char header[HEADER_SIZE - 4] = {0x1f, 0x8b,
		8,	    /* compression method deflate */
		4,	    /* flags: an extra field */
		0, 0, 0, 0, /* no modification time */
		0, 255,	    /* extra flags; operating system unknown */
		8, 0,	    /* length of the extra field */
		'U', 'P', 4, 0 /* subfield: the size follows */};
	unsigned char *p = out;
	size_t bound = deflate_bound(d, len), n;

	if (room < bound)
		return -ENOBUFS;
	memcpy(p, header, sizeof(header));
	n = codec_compress(d, text, len, p + HEADER_SIZE,
		bound - HEADER_SIZE - TRAILER_SIZE);
	if (n == 0)
		return -ENOBUFS;
	*size = HEADER_SIZE + n + TRAILER_SIZE;
	put_le32(p + HEADER_SIZE - 4, (uint32_t)*size);
	put_le32(p + HEADER_SIZE + n, codec_crc(text, len));
	put_le32(p + HEADER_SIZE + n + 4, (uint32_t)len);
	return 0;
}
