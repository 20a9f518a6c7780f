#include "config.h"

#include "codec/members.h"

#include "codec/deflate.h"
#include "codec/inflater.h"
#include "codec/strict.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif

/* So many bytes of a member are enough for its size. */
#define HEAD 64

#define EXTRA_BEGIN (GZIP_FIXED_SIZE + 2) /* behind the field's length */

/* The header that is written: with an extra field of one subfield of 4 bytes.
 */
#define HEADER_SIZE (EXTRA_BEGIN + 8)

/* A stored block's head: three bits, up to the next byte, and two lengths. */
#define ZEROS 5

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

static size_t member_size(const unsigned char *p, size_t len)
{
	size_t at = EXTRA_BEGIN, end;

	if (len < EXTRA_BEGIN || p[0] != GZIP_ID1 || p[1] != GZIP_ID2 ||
		p[2] != GZIP_DEFLATE)
		return 0;
	/* libdeflate does not check a CRC of the header. */
	if (!(p[3] & GZIP_FLAG_EXTRA) || (p[3] & GZIP_FLAG_CRC))
		return 0;
	end = EXTRA_BEGIN + le16(p + GZIP_FIXED_SIZE);
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

/* The size of the header that p[0..len) begins with. If it is not there as a
 * whole: what it has at least, more than len. */
static size_t header_size(const unsigned char *p, size_t len)
{
	size_t at = GZIP_FIXED_SIZE;

	if (len < at)
		return at;
	if (p[3] & GZIP_FLAG_EXTRA) {
		if (len < EXTRA_BEGIN)
			return EXTRA_BEGIN;
		at = EXTRA_BEGIN + le16(p + at);
	}
	for (int flag = GZIP_FLAG_NAME; flag <= GZIP_FLAG_COMMENT; flag *= 2) {
		const unsigned char *zero;

		if (!(p[3] & flag))
			continue;
		if (at >= len)
			return at + 1;
		zero = memchr(p + at, 0, len - at);
		if (!zero)
			return len + 1;
		at = (size_t)(zero - p) + 1;
	}
	return p[3] & GZIP_FLAG_CRC ? at + 2 : at;
}

/* What a header that tells no size is, with so many bytes behind it. No member
 * has zero bytes there: that were a stored block of no length, whose second
 * length is the complement of the first one (RFC 1951, section 3.2.4). *size is
 * the header's, and becomes what is needed to tell more. */
static enum member_head look_at_data(
	const unsigned char *data, size_t len, size_t *size)
{
	size_t zeros = 0;

	while (zeros < ZEROS && zeros < len && data[zeros] == 0)
		zeros++;
	if (zeros == ZEROS)
		return MEMBER_HEAD_NONE;
	if (zeros < len)
		return MEMBER_HEAD_FOREIGN;
	*size += zeros + 1;
	return MEMBER_HEAD_PART;
}

enum member_head members_head(const unsigned char *p, size_t len, size_t *size)
{
	static const unsigned char magic[] = {GZIP_ID1, GZIP_ID2, GZIP_DEFLATE};

	if (format_match(p, len, magic, sizeof(magic)) == MATCH_NO ||
		(len > 3 && (p[3] & GZIP_RESERVED)))
		return MEMBER_HEAD_NONE;
	*size = member_size(p, len);
	if (*size > 0)
		return MEMBER_HEAD_SIZED;
	*size = header_size(p, len);
	return *size > len ? MEMBER_HEAD_PART
			   : look_at_data(p + *size, len - *size, size);
}

size_t members_last_head(const unsigned char *p, size_t len, size_t before)
{
	const unsigned char *at = p + (before < len ? before : len);

	while ((at = memrchr(p, GZIP_ID1, (size_t)(at - p)))) {
		size_t left = len - (size_t)(at - p);

		/* The search takes time in proportion to len, whatever is
		 * there: no more than HEAD is looked at. */
		if (member_size(at, left < HEAD ? left : HEAD) == left)
			return (size_t)(at - p);
	}
	return SIZE_MAX;
}

static size_t member_text_size(const unsigned char *p, size_t len)
{
	return le32(p + len - 4);
}

#ifdef HAVE_LIBDEFLATE

static int member_make(void **decoder)
{
	*decoder = libdeflate_alloc_decompressor();
	return *decoder ? 0 : -ENOMEM;
}

static void member_free(void *decoder)
{
	libdeflate_free_decompressor(decoder);
}

static int member_decode(void *decoder, const unsigned char *in, size_t len,
	unsigned char *out, size_t room)
{
	size_t taken, made, begin;

	if (libdeflate_gzip_decompress_ex(decoder, in, len, out, room, &taken,
		    &made) != LIBDEFLATE_SUCCESS ||
		taken != len || made != room)
		return -EBADMSG;
	begin = header_size(in, len);
	return strict_deflate(in + begin, len - begin - GZIP_TRAILER)
		       ? 0
		       : -EBADMSG;
}

#else /* zlib */

/* As a stream, all at once. */
#define member_make inflater_make
#define member_free inflater_free

static int member_decode(void *decoder, const unsigned char *in, size_t len,
	unsigned char *out, size_t room)
{
	z_stream *z = decoder;
	int err;

	if (len > UINT32_MAX || room > UINT32_MAX)
		return -EBADMSG;
	err = inflater_begin(z);
	if (err)
		return err;
	z->next_in = in;
	z->avail_in = (uInt)len;
	z->next_out = out;
	z->avail_out = (uInt)room;
	err = inflater_finish(z);
	if (err)
		return err;
	return z->avail_in == 0 && z->avail_out == 0 ? 0 : -EBADMSG;
}

#endif

const struct format_pieces member_pieces = {
	.head = HEAD,
	.size = member_size,
	.text_size = member_text_size,
	.make = member_make,
	.free = member_free,
	.decode = member_decode,
};

/* What goes out. */

/* Without a modification time (four zeroes) and extra flags (one). */
static const unsigned char header[HEADER_SIZE - 4] = {GZIP_ID1, GZIP_ID2,
	GZIP_DEFLATE, GZIP_FLAG_EXTRA, 0, 0, 0, 0, 0, GZIP_OS_UNKNOWN, 8,
	0, /* length of the extra field */
	'U', 'P', 4, 0 /* subfield: the size follows */};

static size_t members_bound(void *state, size_t len)
{
	size_t bound = deflate_bound(state, len);

	/* The size is told in 32 bits. */
	if (bound > UINT32_MAX - HEADER_SIZE - GZIP_TRAILER)
		return SIZE_MAX;
	return HEADER_SIZE + bound + GZIP_TRAILER;
}

static int members_pack(void *state, const void *text, size_t len, void *out,
	size_t room, struct packed *packed)
{
	unsigned char *p = out;
	size_t bound = members_bound(state, len), n;

	if (room < bound)
		return -ENOBUFS;
	memcpy(p, header, sizeof(header));
	n = deflate_text(state, text, len, p + HEADER_SIZE,
		bound - HEADER_SIZE - GZIP_TRAILER);
	if (n == 0)
		return -ENOBUFS;
	n += HEADER_SIZE;
	*packed = (struct packed){.size = n + GZIP_TRAILER,
		.members = 1,
		.crc = deflate_crc(text, len)};
	gzip_put_le32(p + HEADER_SIZE - 4, (uint32_t)packed->size);
	gzip_put_trailer(p + n, packed->crc, len);
	return 0;
}

static size_t members_close(
	const struct packer_tally *tally, unsigned char *out)
{
	size_t size = HEADER_SIZE + DEFLATE_END + GZIP_TRAILER;

	if (tally->any)
		return 0;
	memset(out, 0, size);
	memcpy(out, header, sizeof(header));
	gzip_put_le32(out + HEADER_SIZE - 4, (uint32_t)size);
	memcpy(out + HEADER_SIZE, deflate_end, DEFLATE_END);
	return size;
}

const struct packing packing_members = {
	.make = deflater_make,
	.free = deflater_drop,
	.bound = members_bound,
	.pack = members_pack,
	.close = members_close,
	.pieces = &member_pieces,
};
