#include "config.h"

#include "made.h"

#include "codec/gzip-header.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif

#define TEXT_MOST (1 << 16) /* of one member */

void made_add(struct made *m, const void *bytes, size_t len)
{
	if (len > MADE_MOST - m->len)
		len = MADE_MOST - m->len;
	if (len > 0)
		memcpy(m->bytes + m->len, bytes, len);
	m->len += len;
}

static void add_byte(struct made *m, unsigned byte)
{
	unsigned char c = (unsigned char)byte;

	made_add(m, &c, 1);
}

void made_add_le(struct made *m, size_t value, int bytes)
{
	while (bytes-- > 0) {
		add_byte(m, value & 0xff);
		value >>= 8;
	}
}

/* The extra field: the size is put in when it is known. Returns where. */
static size_t add_extra(struct made *m, unsigned flags)
{
	size_t other = flags & MADE_OTHER_FIELD ? 4 + 3 : 0;
	size_t sized = flags & MADE_SIZE_BC ? 4 + 2 : 4 + 4, at;

	if (!(flags & (MADE_SIZE_RIGHT | MADE_SIZE_WRONG | MADE_SIZE_BC)))
		sized = 0;
	if (other + sized == 0)
		return 0;
	made_add_le(m, other + sized, 2);
	if (other)
		made_add(m, "XY\3\0abc", other);
	at = m->len + 4;
	if (sized)
		made_add(m,
			flags & MADE_SIZE_BC ? "BC\2\0\0\0" : "UP\4\0\0\0\0\0",
			sized);
	return sized ? at : 0;
}

/* Returns where the size goes, 0: nowhere. */
static size_t add_header(struct made *m, unsigned flags)
{
	static const unsigned char fixed[] = {GZIP_ID1, GZIP_ID2, GZIP_DEFLATE};
	unsigned char bits = 0;
	size_t begin = m->len, size_at;

	bits |= flags & 15 ? GZIP_FLAG_EXTRA : 0;
	bits |= flags & MADE_NAME ? 8 : 0;
	bits |= flags & MADE_COMMENT ? 16 : 0;
	bits |= flags & MADE_HEADER_CRC ? GZIP_FLAG_CRC : 0;
	bits |= flags & MADE_RESERVED ? 64 : 0;
	made_add(m, fixed, sizeof(fixed));
	add_byte(m, bits);
	made_add_le(m, 0, 6);
	size_at = add_extra(m, flags);
	if (flags & MADE_NAME)
		made_add(m, "a name", 7);
	if (flags & MADE_COMMENT)
		made_add(m, "a comment", 10);
	if (flags & MADE_HEADER_CRC)
		made_add_le(m,
			crc32(0, m->bytes + begin, (uInt)(m->len - begin)), 2);
	return size_at;
}

static void put_size(struct made *m, size_t at, unsigned flags, size_t size)
{
	int bytes = flags & MADE_SIZE_BC ? 2 : 4;

	if (flags & MADE_SIZE_WRONG)
		size += 3;
	if (flags & MADE_SIZE_BC)
		size--;
	for (int i = 0; i < bytes && at + (size_t)i < m->len; i++)
		m->bytes[at + (size_t)i] = (unsigned char)(size >> 8 * i);
}

void made_add_member(struct made *m, unsigned flags, const void *deflated,
	size_t len, const void *text, size_t text_len)
{
	size_t begin = m->len, size_at = add_header(m, flags);

	made_add(m, deflated, len);
	made_add_le(m, crc32(0, text, (uInt)text_len), 4);
	made_add_le(m, text_len, 4);
	if (size_at)
		put_size(m, size_at, flags, m->len - begin);
}

/* Text that is some bytes again and again. */
static unsigned char *repeated(
	const uint8_t *bytes, size_t len, size_t times, size_t *text_len)
{
	unsigned char *text = fuzz_allocate(len * times);

	for (size_t i = 0; i < times; i++)
		memcpy(text + i * len, bytes, len);
	*text_len = len * times;
	return text;
}

/* As zlib packs. */
static void make_member(struct made *m, struct fuzz_bytes *b)
{
	unsigned flags = fuzz_byte(b), how = fuzz_byte(b), times = fuzz_byte(b);
	size_t len, text_len, room;
	const uint8_t *bytes = fuzz_take(b, fuzz_byte(b), &len);
	unsigned char *text =
		repeated(bytes, len, (how & 128 ? 1 : times + 1), &text_len);
	z_stream z = {0};
	unsigned char *out;

	if (deflateInit2(&z, (int)(how % 10), Z_DEFLATED, -15, 8,
		    (int)(how / 10 % 5)) != Z_OK)
		abort();
	room = deflateBound(&z, (uLong)text_len);
	out = fuzz_allocate(room);
	z.next_in = text;
	z.avail_in = (uInt)text_len;
	z.next_out = out;
	z.avail_out = (uInt)room;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	made_add_member(m, flags, out, (size_t)z.total_out, text, text_len);
	(void)deflateEnd(&z);
	free(out);
	free(text);
}

/* What some bytes are when they are taken for deflated ones by whoever is the
 * least strict. Returns the bytes used up. */
static size_t inflate_gladly(
	const uint8_t *bytes, size_t len, unsigned char *text, size_t *text_len)
{
#ifdef HAVE_LIBDEFLATE
	static struct libdeflate_decompressor *d;
	size_t used = 0;

	if (!d)
		d = libdeflate_alloc_decompressor();
	if (!d || libdeflate_deflate_decompress_ex(d, bytes, len, text,
			  TEXT_MOST, &used, text_len) != LIBDEFLATE_SUCCESS)
		*text_len = used = 0;
	return used;
#else
	z_stream z = {.next_in = (z_const Bytef *)bytes,
		.avail_in = (uInt)len,
		.next_out = text,
		.avail_out = TEXT_MOST};

	if (inflateInit2(&z, -15) != Z_OK)
		abort();
	(void)inflate(&z, Z_FINISH);
	*text_len = (size_t)z.total_out;
	len = (size_t)z.total_in;
	(void)inflateEnd(&z);
	return len;
#endif
}

/* Of bytes that nobody packed, with the CRC that belongs to them. */
static void make_crafted(struct made *m, struct fuzz_bytes *b)
{
	unsigned flags = fuzz_byte(b);
	size_t len, used, text_len = 0;
	const uint8_t *bytes = fuzz_take(b, fuzz_byte(b), &len);
	unsigned char *text = fuzz_allocate(TEXT_MOST);

	used = inflate_gladly(bytes, len, text, &text_len);
	made_add_member(m, flags, bytes, used > 0 ? used : len, text, text_len);
	free(text);
}

void made_step(struct made *m, struct fuzz_bytes *b, enum made_kind kind)
{
	const uint8_t *bytes;
	size_t at, len;

	switch (kind) {
	case MADE_MEMBER:
		make_member(m, b);
		break;
	case MADE_CRAFTED:
		make_crafted(m, b);
		break;
	case MADE_ANYTHING:
		bytes = fuzz_take(b, fuzz_byte(b), &len);
		made_add(m, bytes, len);
		break;
	case MADE_PADDING:
		made_add_le(m, 0, (int)fuzz_byte(b));
		break;
	case MADE_CHANGED:
		at = fuzz_byte(b);
		at += (size_t)fuzz_byte(b) << 8;
		if (m->len > 0)
			m->bytes[at % m->len] ^= (unsigned char)fuzz_byte(b);
		break;
	case MADE_CUT:
	default:
		len = fuzz_byte(b);
		m->len -= len < m->len ? len : m->len;
		break;
	}
}
