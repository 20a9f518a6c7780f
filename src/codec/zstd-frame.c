#include "config.h"

#include "codec/zstd-frame.h"

#define MAGIC_SIZE	  4
#define START_SIZE	  (MAGIC_SIZE + 1)
#define SKIP_SIZE_SIZE	  4
#define BLOCK_HEADER_SIZE 3
#define CHECKSUM_SIZE	  4

/* The types of block that are told apart here. */
#define BLOCK_STORED   0
#define BLOCK_REPEATED 1

/* The first byte of a frame that is to be skipped is any of sixteen. */
static bool begins_skippable(unsigned char first)
{
	return (first & 0xf0) == 0x50;
}

enum match zstd_frame_magic(const unsigned char *p, size_t len)
{
	static const unsigned char frame[] = {0x28, 0xb5, 0x2f, 0xfd};
	static const unsigned char skippable[] = {0x2a, 0x4d, 0x18};

	if (!begins_skippable(p[0]))
		return format_match(p, len, frame, sizeof(frame));
	if (len == 1)
		return MATCH_PART;
	return format_match(p + 1, len - 1, skippable, sizeof(skippable));
}

static uint64_t little_endian(const unsigned char *p, size_t n)
{
	uint64_t v = 0;

	while (n > 0)
		v = v << 8 | p[--n];
	return v;
}

/* What stands behind the start: sizes in bytes. */
struct fields {
	size_t window, dictionary, content;
};

static struct fields fields_of(const struct zstd_frame *f)
{
	static const unsigned char dictionary[] = {0, 1, 2, 4};
	static const unsigned char content[] = {0, 2, 4, 8};
	unsigned descriptor = f->head[MAGIC_SIZE];
	/* All of the text is one piece: then that is the window. */
	bool single = descriptor & 0x20;
	bool short_content = single && descriptor >> 6 == 0;

	return (struct fields){
		.window = single ? 0 : 1,
		.dictionary = dictionary[descriptor & 3],
		.content = short_content ? 1 : content[descriptor >> 6],
	};
}

uint64_t zstd_frame_window(const struct zstd_frame *f)
{
	struct fields fields = fields_of(f);
	const unsigned char *p = f->head + START_SIZE;
	uint64_t size;

	if (fields.window > 0) {
		size = UINT64_C(1) << (10 + (*p >> 3));
		return size + size / 8 * (*p & 7);
	}
	size = little_endian(p + fields.dictionary, fields.content);
	return fields.content == 2 ? size + 256 : size;
}

uint64_t zstd_frame_dictionary(const struct zstd_frame *f)
{
	struct fields fields = fields_of(f);

	return little_endian(
		f->head + START_SIZE + fields.window, fields.dictionary);
}

static void begin_part(struct zstd_frame *f, enum zstd_part part, uint64_t size)
{
	f->part = size > 0 ? part : ZSTD_PART_NONE;
	f->left = size;
}

void zstd_frame_begin(struct zstd_frame *f)
{
	*f = (struct zstd_frame){.at = 0};
	/* If it is to be skipped, that is seen before all of this is there. */
	begin_part(f, ZSTD_PART_START, START_SIZE);
}

static void begin_block_header(struct zstd_frame *f)
{
	f->at = 0;
	begin_part(f, ZSTD_PART_BLOCK_HEADER, BLOCK_HEADER_SIZE);
}

static void end_block(struct zstd_frame *f)
{
	bool checksum = f->head[MAGIC_SIZE] & 0x04;

	if (!f->last)
		begin_block_header(f);
	else
		begin_part(f, ZSTD_PART_CHECKSUM, checksum ? CHECKSUM_SIZE : 0);
}

static void begin_block(struct zstd_frame *f)
{
	uint64_t header = little_endian(f->block, sizeof(f->block));
	uint64_t size = header >> 3;
	unsigned type = header >> 1 & 3;

	f->last = header & 1;
	if (size > 1 && type == BLOCK_STORED)
		begin_part(f, ZSTD_PART_STORED, size - 1);
	else if (size > 0 || type == BLOCK_REPEATED)
		begin_part(
			f, ZSTD_PART_BLOCK, type == BLOCK_REPEATED ? 1 : size);
	else
		end_block(f);
}

/* All of a part was passed. */
static void next_part(struct zstd_frame *f)
{
	struct fields fields;

	switch (f->part) {
	case ZSTD_PART_START:
		fields = fields_of(f);
		begin_part(f, ZSTD_PART_HEADER,
			fields.window + fields.dictionary + fields.content);
		break;
	case ZSTD_PART_HEADER:
		begin_block_header(f);
		break;
	case ZSTD_PART_BLOCK_HEADER:
		begin_block(f);
		break;
	case ZSTD_PART_STORED:
		begin_part(f, ZSTD_PART_BLOCK, 1);
		break;
	case ZSTD_PART_BLOCK:
		end_block(f);
		break;
	case ZSTD_PART_SKIP_HEADER:
		begin_part(f, ZSTD_PART_SKIP,
			little_endian(f->head + MAGIC_SIZE, SKIP_SIZE_SIZE));
		break;
	case ZSTD_PART_CHECKSUM:
	case ZSTD_PART_SKIP:
	case ZSTD_PART_NONE:
	default:
		begin_part(f, ZSTD_PART_NONE, 0);
		break;
	}
}

/* Where the bytes of a part that says what comes next go; NULL for others. */
static unsigned char *kept_in(struct zstd_frame *f)
{
	switch (f->part) {
	case ZSTD_PART_START:
	case ZSTD_PART_HEADER:
	case ZSTD_PART_SKIP_HEADER:
		return f->head;
	case ZSTD_PART_BLOCK_HEADER:
		return f->block;
	default:
		return NULL;
	}
}

void zstd_frame_pass(struct zstd_frame *f, const unsigned char *in, size_t len)
{
	unsigned char *kept = kept_in(f);

	for (size_t i = 0; kept && i < len; i++)
		kept[f->at++] = in[i];
	f->left -= len;
	if (f->part == ZSTD_PART_START && begins_skippable(f->head[0])) {
		f->part = ZSTD_PART_SKIP_HEADER;
		f->left = MAGIC_SIZE + SKIP_SIZE_SIZE - f->at;
	}
	if (f->left == 0)
		next_part(f);
}
