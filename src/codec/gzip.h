/*
 * gzip - members from anywhere to bytes, in whatever pieces they come
 *
 * What it is for: the format `gzip` of the table: any header fields, zero bytes
 * behind a member. How one is decoded: gunzip.h. Those that say how long they
 * are: members.h.
 *
 * Sources: RFC 1952; zlib.h.
 */
#ifndef UPCASE_CODEC_GZIP_H
#define UPCASE_CODEC_GZIP_H

/* The version of zlib that is linked, "1.2.13". */
const char *gzip_version(void);

#endif
