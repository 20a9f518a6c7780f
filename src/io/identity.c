#include "config.h"

#include "io/identity.h"

#include <string.h>

int identity_init(struct identity *id)
{
	memset(id, 0, sizeof(*id));
	return -pthread_mutex_init(&id->lock, NULL);
}

void identity_release(struct identity *id)
{
	(void)pthread_mutex_destroy(&id->lock);
}

bool identity_write(struct identity *id, dev_t dev, ino_t ino)
{
	bool free;

	(void)pthread_mutex_lock(&id->lock);
	free = !id->reading || dev != id->in_dev || ino != id->in_ino;
	if (free) {
		id->out_dev = dev;
		id->out_ino = ino;
	}
	(void)pthread_mutex_unlock(&id->lock);
	return free;
}

bool identity_read(struct identity *id, const struct stat *st)
{
	bool file = S_ISREG(st->st_mode) || S_ISBLK(st->st_mode) ||
		    S_ISFIFO(st->st_mode);
	bool same;

	(void)pthread_mutex_lock(&id->lock);
	same = file && st->st_dev == id->out_dev && st->st_ino == id->out_ino;
	id->reading = file && !same;
	id->in_dev = st->st_dev;
	id->in_ino = st->st_ino;
	(void)pthread_mutex_unlock(&id->lock);
	return !same;
}

void identity_read_no_more(struct identity *id)
{
	(void)pthread_mutex_lock(&id->lock);
	id->reading = false;
	(void)pthread_mutex_unlock(&id->lock);
}
