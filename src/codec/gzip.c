#include "config.h"

#include "codec/gzip.h"

#include "codec/format.h"
#include "codec/gzip-header.h"
#include "codec/inflater.h"
#include "codec/members.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

const char *gzip_version(void)
{
	return zlibVersion();
}

static enum match gzip_magic(const unsigned char *p, size_t len)
{
	static const unsigned char magic[] = {GZIP_ID1, GZIP_ID2};

	return format_match(p, len, magic, sizeof(magic));
}

static enum decoded gzip_more(void *decoder, const unsigned char *in,
	size_t *in_len, unsigned char *out, size_t *out_len, const char **why)
{
	z_stream *z = decoder;
	int status;

	/* zlib counts in unsigned int; the callers' buffers may be larger. */
	z->next_in = in;
	z->avail_in = *in_len > UINT_MAX ? UINT_MAX : (uInt)*in_len;
	z->next_out = out;
	z->avail_out = *out_len > UINT_MAX ? UINT_MAX : (uInt)*out_len;
	status = inflate(z, Z_NO_FLUSH);
	*in_len = (size_t)(z->next_in - in);
	*out_len = (size_t)(z->next_out - out);
	if (status == Z_STREAM_END)
		return DECODED_ALL;
	if (status == Z_OK || status == Z_BUF_ERROR)
		return DECODED_SOME;
	if (status == Z_MEM_ERROR)
		return DECODED_NO_MEMORY;
	*why = z->msg ? z->msg : "not a gzip member";
	return DECODED_BAD;
}

const struct format format_gzip = {
	.name = "gzip",
	.padding = 1,
	.magic = gzip_magic,
	.make = inflater_make,
	.free = inflater_free,
	.begin = inflater_begin,
	.more = gzip_more,
	.pieces = &member_pieces,
};
