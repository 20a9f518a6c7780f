#include "config.h"

#include "codec/quick.h"

#include <errno.h>

#ifdef HAVE_ISAL

#include "codec/library.h"

#include <isa-l/igzip_lib.h>
#include <stdint.h>
#include <stdlib.h>

/* The note is in sprint.c. */
#define SONAME "libisal.so.2"

/* Enough for each level that is used: the library's own default. */
#define MEMORY ISAL_DEF_LVL3_DEFAULT

struct functions {
	LIBRARY_POINTER(isal_deflate_init);
	LIBRARY_POINTER(isal_deflate);
};

static const struct library_function wanted[] = {
	LIBRARY_FUNCTION(functions, isal_deflate_init),
	LIBRARY_FUNCTION(functions, isal_deflate),
};

/* For level 1 its 2, for 2 and 3 its 3: each text begins anew, without what was
 * before, and so with its 1 would be larger than what igzip -1 makes of a file.
 */
struct quick {
	void *library;
	struct functions f;
	uint32_t level;
	struct isal_zstream stream;
	uint8_t memory[MEMORY];
};

int quick_new(struct quick **q, int level)
{
	struct quick *new = calloc(1, sizeof(*new));
	int err = new ? library_load(&new->library, SONAME, wanted,
				sizeof(wanted) / sizeof(wanted[0]), &new->f)
		      : -ENOMEM;

	if (err) {
		free(new);
		return err;
	}
	new->level = level == 1 ? 2 : 3;
	*q = new;
	return 0;
}

void quick_free(struct quick *q)
{
	if (!q)
		return;
	library_unload(q->library);
	free(q);
}

size_t quick_open(
	struct quick *q, const void *text, size_t len, void *out, size_t room)
{
	struct isal_zstream *s = &q->stream;

	/* It counts in 32 bits. What it knows of the text before goes. */
	if (len > INT32_MAX || room > INT32_MAX)
		return 0;
	q->f.isal_deflate_init(s);
	s->level = q->level;
	s->level_buf = q->memory;
	s->level_buf_size = sizeof(q->memory);
	s->flush = SYNC_FLUSH;
	s->next_in = (uint8_t *)(uintptr_t)text;
	s->avail_in = (uint32_t)len;
	s->next_out = out;
	s->avail_out = (uint32_t)room;
	/* Where no room is left there may be more. */
	if (q->f.isal_deflate(s) != COMP_OK || s->avail_in > 0 ||
		s->avail_out == 0)
		return 0;
	return room - s->avail_out;
}

#else

int quick_new(struct quick **q, int level)
{
	(void)q, (void)level;
	return -ENOTSUP;
}

void quick_free(struct quick *q)
{
	(void)q;
}

/* Nobody has a struct quick. */
size_t quick_open(
	struct quick *q, const void *text, size_t len, void *out, size_t room)
{
	(void)q, (void)text, (void)len, (void)out, (void)room;
	return 0;
}

#endif
