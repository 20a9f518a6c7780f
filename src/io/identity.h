/*
 * identity - which file is written to, and which one is read
 *
 * What it is for: a file that is read while it is appended to never comes to
 * its end. The two are opened at different times by different threads, and
 * either may be the second one: so each says what it is about to use, and is
 * refused if the other has it.
 *
 * Any thread, at any time; nothing blocks.
 */
#ifndef UPCASE_IO_IDENTITY_H
#define UPCASE_IO_IDENTITY_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

struct identity {
	pthread_mutex_t lock; /* only held for a look; guards the rest */
	dev_t out_dev, in_dev;
	ino_t out_ino, in_ino;
	bool reading; /* in_dev and in_ino are known */
};

/* Nothing is read nor written. Returns 0 or a negative errno; then there is
 * nothing to release. */
int identity_init(struct identity *id);
void identity_release(struct identity *id);

/* This file is written to from now on, unless it is being read. Returns whether
 * it is. */
bool identity_write(struct identity *id, dev_t dev, ino_t ino);

/* This file is read from now on, unless it is written to. Returns whether it
 * is. Only regular files and block devices are of interest: terminals, say, may
 * be both. */
bool identity_read(struct identity *id, const struct stat *st);

/* Nothing is read any more. */
void identity_read_no_more(struct identity *id);

#endif
