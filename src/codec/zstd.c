#include "config.h"

#include "codec/format.h"
#include "codec/library.h"
#include "codec/zstd-frame.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * libzstd does not tell how much of a call's text is good when the call fails.
 * So it gets a frame in parts that are good or bad as a whole (zstd-frame.h),
 * and the next one only when the text of the one before is out.
 */

#ifdef HAVE_ZSTD

#include <inttypes.h>
#include <stdbool.h>
#include <zstd.h>
#include <zstd_errors.h>

#define SONAME "libzstd.so.1"

LIBRARY_NOTE(zstd, "zstd", SONAME);

#define MIB ((uint64_t)1024 * 1024)

/* The largest window, 128 MiB: what zstd(1) takes unless told otherwise. */
#define WINDOW_LOG_MOST 27
#define WINDOW_MOST	(UINT64_C(1) << WINDOW_LOG_MOST)

struct functions {
	LIBRARY_POINTER(ZSTD_createDCtx);
	LIBRARY_POINTER(ZSTD_freeDCtx);
	LIBRARY_POINTER(ZSTD_DCtx_reset);
	LIBRARY_POINTER(ZSTD_DCtx_setParameter);
	LIBRARY_POINTER(ZSTD_decompressStream);
	LIBRARY_POINTER(ZSTD_isError);
	LIBRARY_POINTER(ZSTD_getErrorCode);
	LIBRARY_POINTER(ZSTD_getErrorName);
	LIBRARY_POINTER(ZSTD_versionString);
};

static const struct library_function wanted[] = {
	LIBRARY_FUNCTION(functions, ZSTD_createDCtx),
	LIBRARY_FUNCTION(functions, ZSTD_freeDCtx),
	LIBRARY_FUNCTION(functions, ZSTD_DCtx_reset),
	LIBRARY_FUNCTION(functions, ZSTD_DCtx_setParameter),
	LIBRARY_FUNCTION(functions, ZSTD_decompressStream),
	LIBRARY_FUNCTION(functions, ZSTD_isError),
	LIBRARY_FUNCTION(functions, ZSTD_getErrorCode),
	LIBRARY_FUNCTION(functions, ZSTD_getErrorName),
	LIBRARY_FUNCTION(functions, ZSTD_versionString),
};

struct zstd {
	void *library;
	struct functions f;
	ZSTD_DCtx *context;
	struct zstd_frame frame;
	bool pending; /* there may be more text of what was taken */
	bool ended;   /* libzstd says that the frame is complete */
	char needs[64];
};

static int load(void **library, struct functions *f)
{
	return library_load(
		library, SONAME, wanted, sizeof(wanted) / sizeof(wanted[0]), f);
}

static int make_context(struct zstd *z)
{
	int err = load(&z->library, &z->f);

	if (err)
		return err;
	z->context = z->f.ZSTD_createDCtx();
	if (z->context &&
		!z->f.ZSTD_isError(z->f.ZSTD_DCtx_setParameter(
			z->context, ZSTD_d_windowLogMax, WINDOW_LOG_MOST)))
		return 0;
	z->f.ZSTD_freeDCtx(z->context);
	library_unload(z->library);
	return -ENOMEM;
}

static int zstd_make(void **decoder)
{
	struct zstd *z = calloc(1, sizeof(*z));
	int err = z ? make_context(z) : -ENOMEM;

	if (err)
		free(z);
	else
		*decoder = z;
	return err;
}

static void zstd_free(void *decoder)
{
	struct zstd *z = decoder;

	if (!z)
		return;
	z->f.ZSTD_freeDCtx(z->context);
	library_unload(z->library);
	free(z);
}

static int zstd_begin(void *decoder)
{
	struct zstd *z = decoder;

	(void)z->f.ZSTD_DCtx_reset(z->context, ZSTD_reset_session_only);
	zstd_frame_begin(&z->frame);
	z->pending = z->ended = false;
	return 0;
}

/* The frame needs what it is not given. */
static enum decoded needs(struct zstd *z, ZSTD_ErrorCode code, const char **why)
{
	uint64_t window = zstd_frame_window(&z->frame);

	if (code == ZSTD_error_dictionary_wrong)
		(void)snprintf(z->needs, sizeof(z->needs),
			"the dictionary %" PRIu64,
			zstd_frame_dictionary(&z->frame));
	else
		(void)snprintf(z->needs, sizeof(z->needs),
			"a window of %" PRIu64 " MiB, more than %" PRIu64,
			window / MIB + (window % MIB > 0), WINDOW_MOST / MIB);
	*why = z->needs;
	return DECODED_NEEDS;
}

static enum decoded failed(struct zstd *z, size_t result, const char **why)
{
	ZSTD_ErrorCode code = z->f.ZSTD_getErrorCode(result);

	if (code == ZSTD_error_memory_allocation)
		return DECODED_NO_MEMORY;
	if (code == ZSTD_error_frameParameter_windowTooLarge ||
		code == ZSTD_error_dictionary_wrong)
		return needs(z, code, why);
	*why = z->f.ZSTD_getErrorName(result);
	return DECODED_BAD;
}

/* What a part came to that was good. */
static enum decoded came_to(const struct zstd *z, const char **why)
{
	bool all = z->frame.part == ZSTD_PART_NONE && !z->pending;

	if (all == z->ended)
		return all ? DECODED_ALL : DECODED_SOME;
	*why = "not a zstd frame";
	return DECODED_BAD;
}

/* Gives bytes of the part to libzstd, or none while text is pending. With an
 * error all of them count as taken: that is where the part ends. */
static enum decoded give(struct zstd *z, ZSTD_inBuffer *in, ZSTD_outBuffer *out,
	const char **why)
{
	size_t from = in->pos;
	size_t result = z->f.ZSTD_decompressStream(z->context, out, in);
	bool bad = z->f.ZSTD_isError(result);

	if (bad)
		in->pos = in->size;
	zstd_frame_pass(&z->frame, (const unsigned char *)in->src + from,
		in->pos - from);
	if (bad)
		return failed(z, result, why);
	z->ended = result == 0;
	z->pending = !z->ended && out->size > 0 && out->pos == out->size;
	return came_to(z, why);
}

static enum decoded zstd_more(void *decoder, const unsigned char *in,
	size_t *in_len, unsigned char *out, size_t *out_len, const char **why)
{
	struct zstd *z = decoder;
	ZSTD_inBuffer from = {in, 0, 0};
	ZSTD_outBuffer to = {out, *out_len, 0};
	enum decoded status = DECODED_SOME;

	/* Called too often with nothing to do, it takes that for an error. */
	while (status == DECODED_SOME && (z->pending || from.pos < *in_len)) {
		uint64_t n = *in_len - from.pos;

		if (n > z->frame.left)
			n = z->frame.left;
		from.size = from.pos + (z->pending ? 0 : (size_t)n);
		status = give(z, &from, &to, why);
		if (to.pos == to.size)
			break;
	}
	*in_len = from.pos;
	*out_len = to.pos;
	return status;
}

static void zstd_library(char *text, size_t size)
{
	struct functions f;
	void *library;

	if (load(&library, &f) != 0) {
		(void)snprintf(text, size, SONAME " is missing");
		return;
	}
	(void)snprintf(text, size, "libzstd %s", f.ZSTD_versionString());
	library_unload(library);
}

#else

#define zstd_make  NULL
#define zstd_free  NULL
#define zstd_begin NULL
#define zstd_more  NULL

static void zstd_library(char *text, size_t size)
{
	(void)snprintf(text, size, "not built in");
}

#endif

const struct format format_zstd = {
	.name = "zstd",
	.tool = "zstd -dc",
	.magic = zstd_frame_magic,
	.make = zstd_make,
	.free = zstd_free,
	.begin = zstd_begin,
	.more = zstd_more,
	.library = zstd_library,
};
