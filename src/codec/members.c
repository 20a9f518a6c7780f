#include "config.h"

#include "codec/members.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif

#define FLAG_HEADER_CRC 2
#define FLAG_EXTRA	4
#define EXTRA_BEGIN	12 /* behind ten bytes and the length of the field */

static size_t le16(const unsigned char *p)
{
	return (size_t)p[0] | (size_t)p[1] << 8;
}

static size_t le32(const unsigned char *p)
{
	return le16(p) | le16(p + 2) << 16;
}

/* The size that the subfield p[0..4 + len) tells, 0 if it is another one. */
static size_t size_told(const unsigned char *p, size_t len)
{
	if (p[0] == 'U' && p[1] == 'P' && len == 4)
		return le32(p + 4);
	if (p[0] == 'B' && p[1] == 'C' && len == 2)
		return le16(p + 4) + 1;
	return 0;
}

size_t member_size(const unsigned char *p, size_t len)
{
	size_t at = EXTRA_BEGIN, end;

	if (len < EXTRA_BEGIN || p[0] != 0x1f || p[1] != 0x8b || p[2] != 8)
		return 0;
	/* libdeflate does not check a CRC of the header. */
	if (!(p[3] & FLAG_EXTRA) || (p[3] & FLAG_HEADER_CRC))
		return 0;
	end = EXTRA_BEGIN + le16(p + 10);
	if (end > len)
		return 0;
	while (end - at >= 4) {
		size_t field = le16(p + at + 2);
		size_t size;

		if (field > end - at - 4)
			return 0;
		size = size_told(p + at, field);
		if (size > 0)
			return size < MEMBER_LEAST ? 0 : size;
		at += 4 + field;
	}
	return 0;
}

size_t member_text_size(const unsigned char *p, size_t len)
{
	return le32(p + len - 4);
}

#ifdef HAVE_LIBDEFLATE

int member_decoder_new(struct member_decoder **d)
{
	/* The struct is only a name for what the library has. */
	*d = (struct member_decoder *)libdeflate_alloc_decompressor();
	return *d ? 0 : -ENOMEM;
}

void member_decoder_free(struct member_decoder *d)
{
	libdeflate_free_decompressor((struct libdeflate_decompressor *)d);
}

int member_decode(struct member_decoder *d, const unsigned char *in, size_t len,
	unsigned char *out, size_t room)
{
	size_t taken, made;

	if (libdeflate_gzip_decompress_ex((struct libdeflate_decompressor *)d,
		    in, len, out, room, &taken, &made) != LIBDEFLATE_SUCCESS)
		return -EBADMSG;
	return taken == len && made == room ? 0 : -EBADMSG;
}

#else /* zlib */

/* windowBits for zlib: 32 KiB window, 16 for 'gzip header and trailer'. */
#define GZIP_WINDOW_BITS (15 + 16)

struct member_decoder {
	z_stream z;
};

int member_decoder_new(struct member_decoder **d)
{
	struct member_decoder *new = calloc(1, sizeof(*new));

	if (!new)
		return -ENOMEM;
	if (inflateInit2(&new->z, GZIP_WINDOW_BITS) != Z_OK) {
		free(new);
		return -ENOMEM;
	}
	*d = new;
	return 0;
}

void member_decoder_free(struct member_decoder *d)
{
	if (!d)
		return;
	(void)inflateEnd(&d->z);
	free(d);
}

int member_decode(struct member_decoder *d, const unsigned char *in, size_t len,
	unsigned char *out, size_t room)
{
	if (len > UINT32_MAX || room > UINT32_MAX ||
		inflateReset2(&d->z, GZIP_WINDOW_BITS) != Z_OK)
		return -EBADMSG;
	d->z.next_in = in;
	d->z.avail_in = (uInt)len;
	d->z.next_out = out;
	d->z.avail_out = (uInt)room;
	if (inflate(&d->z, Z_FINISH) != Z_STREAM_END)
		return -EBADMSG;
	return d->z.avail_in == 0 && d->z.avail_out == 0 ? 0 : -EBADMSG;
}

#endif
