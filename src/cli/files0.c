#include "config.h"

#include "cli/files0.h"

#include "cli/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_ROOM ((size_t)64 << 10)

/* Reads all of fd into *text, which is to be freed, with room for one byte
 * more. Returns its length or a negative errno. */
static ssize_t read_all(int fd, char **text)
{
	size_t room = FIRST_ROOM, len = 0;

	*text = malloc(room);
	while (*text) {
		ssize_t n = read(fd, *text + len, room - 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return (ssize_t)len;
		len += (size_t)n;
		if (len + 1 == room) {
			char *more = room < SIZE_MAX / 2
					     ? realloc(*text, room *= 2)
					     : NULL;

			if (!more)
				break;
			*text = more;
		}
	}
	return -ENOMEM;
}

static ssize_t read_list(const char *from, char **text)
{
	bool standard = strcmp(from, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(from, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	*text = NULL;
	if (fd < 0)
		return -errno;
	len = read_all(fd, text);
	if (!standard)
		(void)close(fd);
	return len;
}

/* Whether each name can be the name of a FILE; what is wrong is told. */
static int check(const struct files0 *f, const char *from)
{
	bool standard = strcmp(from, "-") == 0;
	const char *name = standard ? "standard input" : from;

	for (size_t i = 0; i < f->n; i++) {
		const char *why = NULL;

		if (f->names[i][0] == '\0')
			why = "a file name of no length";
		else if (standard && strcmp(f->names[i], "-") == 0)
			why = "standard input holds the list, so it is no FILE";
		if (why) {
			diag_error_at(name, i + 1, 0, why);
			return -EINVAL;
		}
	}
	return 0;
}

/* Splits text[0..len), which has room for a NUL behind it. Returns 0 or
 * -ENOMEM. */
static int split(struct files0 *f, size_t len)
{
	size_t n = 0;

	if (len > 0 && f->text[len - 1] != '\0')
		f->text[len++] = '\0';
	for (size_t i = 0; i < len; i++)
		n += f->text[i] == '\0';
	f->names = calloc(n + 1, sizeof(*f->names));
	if (!f->names)
		return -ENOMEM;
	for (size_t at = 0; at < len; at += strlen(f->text + at) + 1)
		f->names[f->n++] = f->text + at;
	return 0;
}

int files0_read(struct files0 *f, const char *from)
{
	ssize_t len;
	int err;

	*f = (struct files0){.n = 0};
	len = read_list(from, &f->text);
	err = len < 0 ? (int)len : split(f, (size_t)len);
	if (err)
		diag_error(strcmp(from, "-") == 0 ? "standard input" : from,
			"the list of FILEs cannot be read: %s", strerror(-err));
	else
		err = check(f, from);
	if (err)
		files0_release(f);
	return err ? -EINVAL : 0;
}

void files0_release(struct files0 *f)
{
	free(f->text);
	free(f->names);
	*f = (struct files0){.n = 0};
}
