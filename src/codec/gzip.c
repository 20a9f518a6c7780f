#include "config.h"

#include "codec/gzip.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

/* What every message about damage ends with: the promise that goes with it. */
#define KEPT "everything before it was kept"

/* windowBits for zlib: 32 KiB window, 16 for 'gzip header and trailer'. */
#define GZIP_WINDOW_BITS (15 + 16)

const char *inflate_version(void)
{
	return zlibVersion();
}

int inflate_begin(struct inflate *f)
{
	f->in_member = false;
	f->offset = f->members = 0;
	if (f->ready)
		return inflateReset2(&f->z, GZIP_WINDOW_BITS) == Z_OK ? 0
								      : -EINVAL;
	memset(&f->z, 0, sizeof(f->z));
	if (inflateInit2(&f->z, GZIP_WINDOW_BITS) != Z_OK)
		return -ENOMEM;
	f->ready = true;
	return 0;
}

void inflate_release(struct inflate *f)
{
	if (f->ready)
		(void)inflateEnd(&f->z);
	f->ready = false;
}

/* Between two members: takes zero padding and finds out whether another member
 * begins. Returns how many bytes were taken, or -EBADMSG for garbage. */
static int between_members(struct inflate *f, const unsigned char *in,
	size_t len, size_t *taken, struct fault *fault)
{
	size_t n = 0;

	while (n < len && in[n] == 0 && f->members > 0)
		n++; /* padding */
	*taken = n;
	f->offset += n;
	if (n == len)
		return 0;
	if (in[n] != 0x1f && f->members > 0) {
		fault_set(fault,
			"trailing garbage at byte %" PRIu64 " ignored; " KEPT,
			f->offset);
		return -EBADMSG;
	}
	if (f->members > 0 && inflateReset2(&f->z, GZIP_WINDOW_BITS) != Z_OK)
		return -EBADMSG;
	f->in_member = true;
	return 0;
}

/* Damage. A member that fails in its first two bytes was none: the 0x1f before
 * it began trailing garbage. */
static int damaged(struct inflate *f, struct fault *fault)
{
	if (f->members > 0 && f->z.total_in <= 2 && f->z.total_out == 0)
		fault_set(fault,
			"trailing garbage at byte %" PRIu64 " ignored; " KEPT,
			f->offset - f->z.total_in);
	else
		fault_set(fault,
			"corrupt gzip data at byte %" PRIu64 ": %s; " KEPT,
			f->offset, f->z.msg ? f->z.msg : "not a gzip member");
	return -EBADMSG;
}

int inflate_more(struct inflate *f, const unsigned char *in, size_t *in_len,
	unsigned char *out, size_t *out_len, struct fault *fault)
{
	size_t avail = *in_len, room = *out_len;
	size_t skipped = 0;
	int status;

	*in_len = *out_len = 0;
	if (!f->in_member) {
		int err = between_members(f, in, avail, &skipped, fault);

		*in_len = skipped;
		if (err || !f->in_member)
			return err;
	}
	/* zlib counts in unsigned int; the callers' buffers may be larger. */
	avail -= skipped;
	f->z.next_in = in + skipped;
	f->z.avail_in = avail > UINT_MAX ? UINT_MAX : (uInt)avail;
	f->z.next_out = out;
	f->z.avail_out = room > UINT_MAX ? UINT_MAX : (uInt)room;
	status = inflate(&f->z, Z_NO_FLUSH);
	*in_len = (size_t)(f->z.next_in - in);
	*out_len = (size_t)(f->z.next_out - out);
	f->offset += *in_len - skipped;
	if (status == Z_STREAM_END) {
		f->in_member = false;
		f->members++;
		return 0;
	}
	if (status == Z_OK || status == Z_BUF_ERROR)
		return 0;
	return damaged(f, fault);
}

int inflate_end(const struct inflate *f, struct fault *fault)
{
	if (!f->in_member)
		return 0;
	fault_set(fault,
		"unexpected end of gzip data at byte %" PRIu64 "; " KEPT,
		f->offset);
	return -EBADMSG;
}
