#include "config.h"

#include "codec/inflater.h"

#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

/* windowBits for zlib: 32 KiB window, 16 for 'gzip header and trailer',
 * negative for neither. */
#define WINDOW_BITS (15 + 16)
#define RAW_BITS    (-15)

int inflater_make(void **decoder)
{
	z_stream *z = calloc(1, sizeof(*z));

	if (!z)
		return -ENOMEM;
	if (inflateInit2(z, WINDOW_BITS) != Z_OK) {
		free(z);
		return -ENOMEM;
	}
	*decoder = z;
	return 0;
}

void inflater_free(void *decoder)
{
	if (!decoder)
		return;
	(void)inflateEnd(decoder);
	free(decoder);
}

int inflater_begin(void *decoder)
{
	return inflateReset2(decoder, WINDOW_BITS) == Z_OK ? 0 : -ENOMEM;
}

int inflater_begin_raw(void *decoder)
{
	return inflateReset2(decoder, RAW_BITS) == Z_OK ? 0 : -ENOMEM;
}

int inflater_finish(void *decoder)
{
	switch (inflate(decoder, Z_FINISH)) {
	case Z_STREAM_END:
		return 0;
	case Z_MEM_ERROR: /* it makes its window when it comes to it */
		return -ENOMEM;
	default:
		return -EBADMSG;
	}
}
