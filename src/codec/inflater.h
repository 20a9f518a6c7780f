/*
 * inflater - zlib's decoder of one gzip member, as the formats' tables want it
 *
 * A z_stream that checks header, CRC and length. Used by one thread at a time.
 */
#ifndef UPCASE_CODEC_INFLATER_H
#define UPCASE_CODEC_INFLATER_H

/* Returns 0 or -ENOMEM. The decoder is a z_stream. */
int inflater_make(void **decoder);
void inflater_free(void *decoder); /* may be NULL */

/* The next byte is the first of a member. Returns 0 or -ENOMEM. */
int inflater_begin(void *decoder);

/* The next byte is the first of deflate data without header and trailer.
 * Likewise. */
int inflater_begin_raw(void *decoder);

/* Decodes what there is, all at once. Returns 0 at the end of it; -ENOMEM; or
 * -EBADMSG if it is damaged, does not end or finds no room. */
int inflater_finish(void *decoder);

#endif
