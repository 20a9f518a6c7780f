#include "config.h"

#include "codec/gzip.h"

#include "codec/format.h"
#include "codec/gunzip.h"
#include "codec/gzip-header.h"
#include "codec/members.h"

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

const struct format format_gzip = {
	.name = "gzip",
	.padding = 1,
	.magic = gzip_magic,
	.make = gunzip_make,
	.free = gunzip_free,
	.expect = gunzip_expect,
	.begin = gunzip_begin,
	.more = gunzip_more,
	.pieces = &member_pieces,
	.library = gunzip_library,
};
