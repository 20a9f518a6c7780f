#include "config.h"

#include "gzfile.h"

#include "codec/gzip-header.h"
#include "codec/members.h"
#include "support.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#define STORED_MOST 65535 /* bytes of a stored block */

void gzfile_begin(struct gzfile *f)
{
	f->fd = open("file", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	f->size = 0;
	assert_true(f->fd >= 0);
	assert_int_equal(packer_new(&f->packer, &packing_members, 6), 0);
}

void gzfile_end(struct gzfile *f)
{
	packer_free(f->packer);
	assert_int_equal(close(f->fd), 0);
}

void gzfile_add(struct gzfile *f, const void *bytes, size_t len)
{
	assert_int_equal(write(f->fd, bytes, len), len);
	f->size += (off_t)len;
}

unsigned char *gzfile_make_member(
	struct gzfile *f, const void *text, size_t len, size_t *size)
{
	size_t room = packer_bound(f->packer, len);
	unsigned char *m = support_allocate(room);
	struct packed packed = {0};

	if (len > 0) {
		assert_int_equal(
			packer_pack(f->packer, text, len, m, room, &packed), 0);
		*size = packed.size;
	} else {
		*size = packing_members.close(&(struct packer_tally){0}, m);
		assert_true(*size <= room);
	}
	return m;
}

void gzfile_add_member(struct gzfile *f, const void *text, size_t len)
{
	size_t size;
	unsigned char *m = gzfile_make_member(f, text, len, &size);

	gzfile_add(f, m, size);
	free(m);
}

void gzfile_add_foreign(struct gzfile *f, const void *text, size_t len)
{
	size_t size;
	unsigned char *m = support_gzip(text, len, &size);

	gzfile_add(f, m, size);
	free(m);
}

void gzfile_add_stored(struct gzfile *f, const unsigned char *text, size_t len)
{
	const unsigned char head[] = {GZIP_ID1, GZIP_ID2, GZIP_DEFLATE, 0, 0, 0,
		0, 0, 0, GZIP_OS_UNKNOWN, 1, (unsigned char)len,
		(unsigned char)(len >> 8), (unsigned char)~len,
		(unsigned char)(~len >> 8)};
	uLong crc = crc32(0, text, (uInt)len);
	unsigned char trailer[GZIP_TRAILER];

	assert_true(len <= STORED_MOST);
	for (int i = 0; i < 4; i++) {
		trailer[i] = (unsigned char)(crc >> (8 * i));
		trailer[4 + i] = (unsigned char)(len >> (8 * i));
	}
	gzfile_add(f, head, sizeof(head));
	gzfile_add(f, text, len);
	gzfile_add(f, trailer, sizeof(trailer));
}
