#include "config.h"

#include "codec/format.h"
#include "codec/gzip-header.h"

/*
 * Formats that are known by their first bytes and not decoded: upper case of
 * what is packed would be garbage, so whoever meets them says what does it.
 *
 * Each magic is long enough that no text has it by chance: what of it is text
 * is followed by bytes that are not, or by more letters than anybody writes.
 */

#define BYTES(literal) (literal), sizeof(literal) - 1

/* "BZh", the size of a block, and then the magic of the first block, or the one
 * of the end where there is none. */
static enum match bzip2_magic(const unsigned char *p, size_t len)
{
	enum match match = format_match(p, len, BYTES("BZh"));
	enum match block, end;

	if (match != MATCH_YES || len < 4)
		return match == MATCH_YES ? MATCH_PART : match;
	if (p[3] < '1' || p[3] > '9')
		return MATCH_NO;
	if (len == 4)
		return MATCH_PART;
	block = format_match(p + 4, len - 4, BYTES("1AY&SY"));
	end = format_match(p + 4, len - 4, BYTES("\x17rE8P\x90"));
	return block != MATCH_NO ? block : end;
}

/* Frames; and those of the format before. */
static enum match lz4_magic(const unsigned char *p, size_t len)
{
	enum match frame = format_match(p, len, BYTES("\x04\x22\x4d\x18"));
	enum match before = format_match(p, len, BYTES("\x02\x21\x4c\x18"));

	return frame != MATCH_NO ? frame : before;
}

static enum match lzip_magic(const unsigned char *p, size_t len)
{
	return format_match(p, len, BYTES("LZIP\x01"));
}

static enum match zip_magic(const unsigned char *p, size_t len)
{
	return format_match(p, len, BYTES("PK\x03\x04"));
}

static enum match magic_7z(const unsigned char *p, size_t len)
{
	return format_match(p, len, BYTES("7z\xbc\xaf\x27\x1c"));
}

/* What compress(1) writes, .Z. */
static enum match compress_magic(const unsigned char *p, size_t len)
{
	static const unsigned char magic[] = {GZIP_ID1, 0x9d};

	return format_match(p, len, magic, sizeof(magic));
}

const struct format format_bzip2 = {
	.name = "bzip2",
	.tool = "bzip2 -dc",
	.magic = bzip2_magic,
};

const struct format format_lz4 = {
	.name = "lz4",
	.tool = "lz4 -dc",
	.magic = lz4_magic,
};

const struct format format_lzip = {
	.name = "lzip",
	.tool = "lzip -dc",
	.magic = lzip_magic,
};

const struct format format_zip = {
	.name = "zip",
	.tool = "unzip -p",
	.tool_wants_file = true,
	.magic = zip_magic,
};

const struct format format_7z = {
	.name = "7z",
	.tool = "7z e -so",
	.tool_wants_file = true,
	.magic = magic_7z,
};

/* gzip is where compress is not. */
const struct format format_compress = {
	.name = "compress",
	.tool = "gzip -dc",
	.magic = compress_magic,
};
