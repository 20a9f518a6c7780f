#include "config.h"

#include "text.h"

#include "die.h"
#include "upcase/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static size_t file_size(FILE *file, const char *path)
{
	struct stat st;

	if (fstat(fileno(file), &st) != 0)
		die("%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		die("%s: not a regular file", path);
	return (size_t)st.st_size;
}

static void read_file(struct text *text, const char *path, size_t limit)
{
	FILE *file = fopen(path, "rb");

	if (file == NULL)
		die("%s: %s", path, strerror(errno));
	text->len = file_size(file, path);
	if (text->len > limit)
		text->len = limit;
	text->bytes = allocate(text->len);
	if (fread(text->bytes, 1, text->len, file) != text->len)
		die("%s: %s", path,
			ferror(file) ? "cannot be read" : "became shorter");
	if (fclose(file) != 0)
		die("%s: %s", path, strerror(errno));
}

static void cut(struct text *text)
{
	size_t begin = 0;

	/* A cut gives at most three bytes to the next piece. */
	text->end = allocate(
		(text->len / (TEXT_PIECE - 3) + 1) * sizeof(text->end[0]));
	while (begin < text->len) {
		size_t len = text->len - begin;

		if (len > TEXT_PIECE) {
			len = TEXT_PIECE;
			len -= utf8_incomplete(text->bytes + begin, len);
		}
		begin += len;
		text->end[text->n_pieces++] = begin;
	}
}

void text_read(struct text *text, const char *argument, size_t limit)
{
	size_t name_len = strcspn(argument, "=");
	const char *path = argument + name_len;

	if (name_len == 0 || path[0] == '\0' || *++path == '\0')
		die("%s: a text is given as NAME=FILE", argument);
	memset(text, 0, sizeof(*text));
	text->name = argument;
	text->name_len = (int)name_len;
	read_file(text, path, limit);
	/* The end of the text is a cut, too, when there was a limit. */
	text->len -= utf8_incomplete(text->bytes, text->len);
	if (text->len == 0)
		die("%s: empty", path);
	cut(text);
}

void text_release(struct text *text)
{
	free(text->bytes);
	free(text->end);
}

const unsigned char *text_piece(const struct text *text, size_t i, size_t *len)
{
	size_t begin = i > 0 ? text->end[i - 1] : 0;

	*len = text->end[i] - begin;
	return text->bytes + begin;
}
