#include "config.h"

#include "io/share.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

/* The how many-th of `total` bytes is the first of the share `number` of
 * `count`, from 0. */
static off_t first_of(off_t total, uint64_t number, uint64_t count)
{
	uint64_t whole = (uint64_t)total / count,
		 rest = (uint64_t)total % count;

	/* rest * number has no more bits than count twice. */
	return (off_t)(whole * number + rest * number / count);
}

int share_init(struct share *s, const char *const *paths, size_t n,
	uint64_t number, uint64_t count, size_t *bad)
{
	*s = (struct share){.n = n, .last = number == count};
	s->files = calloc(n + 1, sizeof(*s->files));
	if (!s->files)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct stat st;

		s->files[i].begin = s->total;
		if (stat(paths[i], &st) < 0) {
			s->files[i].err = -errno;
			continue;
		}
		*bad = i;
		if (!S_ISREG(st.st_mode))
			return -EINVAL;
		if (st.st_size > INT64_MAX - s->total)
			return -EOVERFLOW;
		s->files[i].size = st.st_size;
		s->total += st.st_size;
	}
	s->from = first_of(s->total, number - 1, count);
	s->to = first_of(s->total, number, count);
	return 0;
}

void share_release(struct share *s)
{
	free(s->files);
	s->files = NULL;
}

bool share_has(const struct share *s, size_t file)
{
	const struct share_file *f = &s->files[file];

	if (f->size > 0)
		return s->from < s->to && f->begin < s->to &&
		       f->begin + f->size > s->from;
	return f->begin >= s->from && (f->begin < s->to || s->last);
}

static off_t within(off_t at, const struct share_file *f)
{
	if (at <= f->begin)
		return 0;
	return at >= f->begin + f->size ? f->size : at - f->begin;
}

void share_of(const struct share *s, size_t file, off_t *from, off_t *to)
{
	const struct share_file *f = &s->files[file];

	*from = within(s->from, f);
	*to = within(s->to, f);
}
