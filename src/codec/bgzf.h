/*
 * bgzf - gzip output as htslib wants it: blocks that are small enough for an
 * index
 *
 * What it is for: samtools, tabix and bgzip find a place in a file by the block
 * that it is in. A block is a gzip member that tells its size (members.h reads
 * them), in a subfield that has to be the first; text and member have at most
 * 64 KiB, and a file ends with a certain block without text, by which one that
 * was cut off is known. Such a block may stand further to the front as well, so
 * files can be appended to.
 *
 * Source: the specification of the SAM format, section 4.1.
 */
#ifndef UPCASE_CODEC_BGZF_H
#define UPCASE_CODEC_BGZF_H

#include "codec/format.h"
#include "codec/packer.h"

/* The most text in a block: as bgzip has it. */
#define BGZF_TEXT 65280

/* Whether a block of BGZF begins with p[0..len), len > 0. At most
 * FORMAT_MAGIC_MOST bytes are asked for. */
enum match bgzf_magic(const unsigned char *p, size_t len);

/* Each batch is some blocks. */
extern const struct packing packing_bgzf;

#endif
