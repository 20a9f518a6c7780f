/*
 * single - gzip output that is one member, as gzip and pigz make it
 *
 * What it is for: many readers take one member only, and end silently behind
 * it. So what is written from its beginning to its end is one, of which each
 * batch is a part: deflate data that ends with a byte and does not need what
 * stands before, so that several threads can pack, and who inflates what has
 * come has all of it. The trailer is the writer's to make (packer_tally).
 *
 * It cannot be cut or appended to between two batches: members.h can.
 */
#ifndef UPCASE_CODEC_SINGLE_H
#define UPCASE_CODEC_SINGLE_H

#include "codec/packer.h"

extern const struct packing packing_single;

#endif
