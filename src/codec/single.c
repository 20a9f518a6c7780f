#include "config.h"

#include "codec/single.h"

#include "codec/deflate.h"
#include "codec/gzip-header.h"
#include "codec/inflater.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <zlib.h>

/* Without a name, a modification time (four zeroes) and extra flags (one). */
static const unsigned char header[GZIP_FIXED_SIZE] = {
	GZIP_ID1, GZIP_ID2, GZIP_DEFLATE, 0, 0, 0, 0, 0, 0, GZIP_OS_UNKNOWN};

static size_t single_bound(void *state, size_t len)
{
	size_t bound = deflate_open_bound(state, len);

	return bound > UINT32_MAX - GZIP_FIXED_SIZE ? SIZE_MAX
						    : GZIP_FIXED_SIZE + bound;
}

static int single_pack(void *state, const void *text, size_t len, void *out,
	size_t room, struct packed *packed)
{
	size_t bound = single_bound(state, len), n;
	unsigned char *p = out;

	if (room < bound)
		return -ENOBUFS;
	memcpy(p, header, sizeof(header));
	n = deflate_open(
		state, text, len, p + sizeof(header), bound - sizeof(header));
	if (n == 0)
		return -ENOBUFS;
	*packed = (struct packed){
		.size = sizeof(header) + n, .crc = deflate_crc(text, len)};
	return 0;
}

static size_t single_close(const struct packer_tally *tally, unsigned char *out)
{
	unsigned char *p = out;

	if (!tally->any) {
		memcpy(p, header, sizeof(header));
		p += sizeof(header);
	}
	memcpy(p, deflate_end, DEFLATE_END);
	p += DEFLATE_END;
	gzip_put_trailer(p, tally->crc, tally->len);
	return (size_t)(p + GZIP_TRAILER - out);
}

/* Deflate data that goes on: exactly this text, with a byte's end, and nothing
 * but the end is missing. */
static int decode_open(void *decoder, const unsigned char *in, size_t len,
	unsigned char *out, size_t room)
{
	z_stream *z = decoder;
	int err, status;

	if (len > UINT32_MAX || room > UINT32_MAX)
		return -EBADMSG;
	err = inflater_begin_raw(z);
	if (err)
		return err;
	z->next_in = in;
	z->avail_in = (uInt)len;
	z->next_out = out;
	z->avail_out = (uInt)room;
	status = inflate(z, Z_SYNC_FLUSH);
	if (status == Z_MEM_ERROR)
		return -ENOMEM;
	if (status != Z_OK || z->avail_in > 0 || z->avail_out > 0)
		return -EBADMSG;
	z->next_in = deflate_end;
	z->avail_in = DEFLATE_END;
	err = inflater_finish(z);
	return !err && z->avail_in > 0 ? -EBADMSG : err;
}

static const struct format_pieces open_pieces = {
	.make = inflater_make,
	.free = inflater_free,
	.decode = decode_open,
};

const struct packing packing_single = {
	.make = deflater_make,
	.free = deflater_drop,
	.bound = single_bound,
	.pack = single_pack,
	.close = single_close,
	.lead = GZIP_FIXED_SIZE,
	.pieces = &open_pieces,
};
