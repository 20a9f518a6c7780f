#include "config.h"

#include "codec/format.h"
#include "codec/library.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Streams may be followed by zero bytes, in fours: The .xz File Format, 2.2. */
#define PADDING 4

static enum match xz_magic(const unsigned char *p, size_t len)
{
	static const unsigned char magic[] = {0xfd, '7', 'z', 'X', 'Z', 0};

	return format_match(p, len, magic, sizeof(magic));
}

#ifdef HAVE_XZ

#include <inttypes.h>
#include <lzma.h>

#define SONAME "liblzma.so.5"

LIBRARY_NOTE(xz, "xz", SONAME);

#define MIB ((uint64_t)1024 * 1024)

/* What decoding may take. `xz -9` is content with a quarter of that. */
#define MEMORY_MOST (256 * MIB)

struct functions {
	LIBRARY_POINTER(lzma_stream_decoder);
	LIBRARY_POINTER(lzma_code);
	LIBRARY_POINTER(lzma_end);
	LIBRARY_POINTER(lzma_memusage);
	LIBRARY_POINTER(lzma_version_string);
};

static const struct library_function wanted[] = {
	LIBRARY_FUNCTION(functions, lzma_stream_decoder),
	LIBRARY_FUNCTION(functions, lzma_code),
	LIBRARY_FUNCTION(functions, lzma_end),
	LIBRARY_FUNCTION(functions, lzma_memusage),
	LIBRARY_FUNCTION(functions, lzma_version_string),
};

struct xz {
	void *library;
	struct functions f;
	lzma_stream stream;
	char needs[64];
};

static int load(void **library, struct functions *f)
{
	return library_load(
		library, SONAME, wanted, sizeof(wanted) / sizeof(wanted[0]), f);
}

static int xz_make(void **decoder)
{
	static const lzma_stream none = LZMA_STREAM_INIT;
	struct xz *xz = calloc(1, sizeof(*xz));
	int err;

	if (!xz)
		return -ENOMEM;
	err = load(&xz->library, &xz->f);
	if (err) {
		free(xz);
		return err;
	}
	xz->stream = none;
	*decoder = xz;
	return 0;
}

static void xz_free(void *decoder)
{
	struct xz *xz = decoder;

	if (!xz)
		return;
	xz->f.lzma_end(&xz->stream);
	library_unload(xz->library);
	free(xz);
}

static int xz_begin(void *decoder)
{
	struct xz *xz = decoder;
	lzma_ret ret = xz->f.lzma_stream_decoder(
		&xz->stream, MEMORY_MOST, LZMA_TELL_UNSUPPORTED_CHECK);

	return ret == LZMA_OK ? 0 : -ENOMEM;
}

/* What a piece needs and does not get, in words. */
static const char *needs(struct xz *xz, lzma_ret ret)
{
	uint64_t mib;

	if (ret == LZMA_OPTIONS_ERROR)
		return "what this liblzma does not know";
	if (ret == LZMA_UNSUPPORTED_CHECK)
		return "a check that this liblzma does not know";
	mib = (xz->f.lzma_memusage(&xz->stream) + MIB - 1) / MIB;
	(void)snprintf(xz->needs, sizeof(xz->needs),
		"%" PRIu64 " MiB of memory, more than %" PRIu64, mib,
		MEMORY_MOST / MIB);
	return xz->needs;
}

static enum decoded came_to(struct xz *xz, lzma_ret ret, const char **why)
{
	switch (ret) {
	case LZMA_STREAM_END:
		return DECODED_ALL;
	case LZMA_OK:
	case LZMA_BUF_ERROR:
		return DECODED_SOME;
	case LZMA_MEM_ERROR:
		return DECODED_NO_MEMORY;
	case LZMA_MEMLIMIT_ERROR:
	case LZMA_OPTIONS_ERROR:
	case LZMA_UNSUPPORTED_CHECK:
		*why = needs(xz, ret);
		return DECODED_NEEDS;
	default:
		*why = ret == LZMA_FORMAT_ERROR ? "not an xz stream"
						: "it is not as its checks say";
		return DECODED_BAD;
	}
}

static enum decoded xz_more(void *decoder, const unsigned char *in,
	size_t *in_len, unsigned char *out, size_t *out_len, const char **why)
{
	struct xz *xz = decoder;
	lzma_stream *s = &xz->stream;
	lzma_ret ret;

	s->next_in = in;
	s->avail_in = *in_len;
	s->next_out = out;
	s->avail_out = *out_len;
	ret = xz->f.lzma_code(s, LZMA_RUN);
	*in_len -= s->avail_in;
	*out_len -= s->avail_out;
	return came_to(xz, ret, why);
}

static void xz_library(char *text, size_t size)
{
	struct functions f;
	void *library;

	if (load(&library, &f) != 0) {
		(void)snprintf(text, size, SONAME " is missing");
		return;
	}
	(void)snprintf(text, size, "liblzma %s", f.lzma_version_string());
	library_unload(library);
}

#else

#define xz_make	 NULL
#define xz_free	 NULL
#define xz_begin NULL
#define xz_more	 NULL

static void xz_library(char *text, size_t size)
{
	(void)snprintf(text, size, "not built in");
}

#endif

const struct format format_xz = {
	.name = "xz",
	.tool = "xz -dc",
	.padding = PADDING,
	.magic = xz_magic,
	.make = xz_make,
	.free = xz_free,
	.begin = xz_begin,
	.more = xz_more,
	.library = xz_library,
};
