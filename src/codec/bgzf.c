#include "config.h"

#include "codec/bgzf.h"

#include "codec/deflate.h"
#include "codec/gzip-header.h"
#include "codec/members.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* Without a modification time (four zeroes) and extra flags (one); the size
 * minus one follows. */
static const unsigned char header[] = {GZIP_ID1, GZIP_ID2, GZIP_DEFLATE,
	GZIP_FLAG_EXTRA, 0, 0, 0, 0, 0, GZIP_OS_UNKNOWN, 6,
	0, /* length of the extra field */
	'B', 'C', 2, 0};

#define HEADER_SIZE (sizeof(header) + 2)

/* What one block that is stored has around it: its three bits with the rest of
 * the byte, and its length, twice. */
#define STORED_MORE 5

/* The most by which a block is longer than its text. */
#define BLOCK_MORE (HEADER_SIZE + STORED_MORE + GZIP_TRAILER)

enum match bgzf_magic(const unsigned char *p, size_t len)
{
	unsigned char like[sizeof(header)];

	/* Other flags may be set, there may be a time, and more subfields. */
	memcpy(like, header, sizeof(header));
	for (size_t i = 4; i < 12 && i < len; i++)
		like[i] = p[i];
	if (len > 3)
		like[3] = p[3] | GZIP_FLAG_EXTRA;
	return format_match(p, len, like, sizeof(like));
}

/* bgzip has its own numbers for the levels of libdeflate: where that is there,
 * they are the same here. */
static int bgzf_make(void **state, int level)
{
	static const unsigned char as_there[] = {
		0, 1, 2, 3, 5, 6, 7, 8, 10, 12};
	int most = (int)sizeof(as_there) - 1;

	if (deflate_max_level() > most && level > 0 &&
		level <= deflate_max_level())
		level = as_there[level < most ? level : most];
	return deflater_make(state, level);
}

static size_t count_blocks(size_t len)
{
	return len / BGZF_TEXT + (len % BGZF_TEXT > 0);
}

static size_t bgzf_bound(void *state, size_t len)
{
	(void)state;
	/* As for the others: no batch is that large. */
	if (len > UINT32_MAX / 2)
		return SIZE_MAX;
	return len + count_blocks(len) * BLOCK_MORE;
}

/* Deflate data of one block that holds the text as it is. Returns its size. */
static size_t store(unsigned char *p, const unsigned char *text, size_t len)
{
	p[0] = 1; /* the last one */
	p[1] = (unsigned char)len;
	p[2] = (unsigned char)(len >> 8);
	p[3] = (unsigned char)~len;
	p[4] = (unsigned char)(~len >> 8);
	memcpy(p + STORED_MORE, text, len);
	return STORED_MORE + len;
}

/* Makes a block of a text that is not too long. Returns its size. */
static size_t make_block(struct deflater *d, const unsigned char *text,
	size_t len, unsigned char *out)
{
	size_t n = deflate_text(
		d, text, len, out + HEADER_SIZE, STORED_MORE + len);
	size_t size;

	if (n == 0) /* it would not be shorter than that */
		n = store(out + HEADER_SIZE, text, len);
	size = HEADER_SIZE + n + GZIP_TRAILER;
	memcpy(out, header, sizeof(header));
	out[sizeof(header)] = (unsigned char)(size - 1);
	out[sizeof(header) + 1] = (unsigned char)((size - 1) >> 8);
	gzip_put_trailer(out + HEADER_SIZE + n, deflate_crc(text, len), len);
	return size;
}

static int bgzf_pack(void *state, const void *text, size_t len, void *out,
	size_t room, struct packed *packed)
{
	const unsigned char *from = text;
	unsigned char *p = out;

	if (room < bgzf_bound(state, len))
		return -ENOBUFS;
	*packed = (struct packed){.members = (unsigned)count_blocks(len)};
	while (len > 0) {
		size_t n = len < BGZF_TEXT ? len : BGZF_TEXT;

		packed->size += make_block(state, from, n, p + packed->size);
		from += n;
		len -= n;
	}
	return 0;
}

static size_t bgzf_close(const struct packer_tally *tally, unsigned char *out)
{
	size_t size = HEADER_SIZE + DEFLATE_END + GZIP_TRAILER;

	(void)tally;
	memset(out, 0, size);
	memcpy(out, header, sizeof(header));
	out[sizeof(header)] = (unsigned char)(size - 1);
	memcpy(out + HEADER_SIZE, deflate_end, DEFLATE_END);
	return size;
}

/* Blocks, to exactly this text. */
static int decode_blocks(void *decoder, const unsigned char *in, size_t len,
	unsigned char *out, size_t room)
{
	while (len > 0) {
		size_t size = member_pieces.size(in, len), made;
		int err;

		if (size == 0 || size > len)
			return -EBADMSG;
		made = member_pieces.text_size(in, size);
		if (made == 0 || made > room || made > BGZF_TEXT)
			return -EBADMSG;
		err = member_pieces.decode(decoder, in, size, out, made);
		if (err)
			return err;
		in += size;
		len -= size;
		out += made;
		room -= made;
	}
	return room == 0 ? 0 : -EBADMSG;
}

static int blocks_make(void **decoder)
{
	return member_pieces.make(decoder);
}

static void blocks_free(void *decoder)
{
	member_pieces.free(decoder);
}

static const struct format_pieces block_pieces = {
	.make = blocks_make,
	.free = blocks_free,
	.decode = decode_blocks,
};

const struct packing packing_bgzf = {
	.make = bgzf_make,
	.free = deflater_drop,
	.bound = bgzf_bound,
	.pack = bgzf_pack,
	.close = bgzf_close,
	.marked = true,
	.unit = BGZF_TEXT,
	.pieces = &block_pieces,
};
