#include "config.h"

#include "pipeline/part.h"

#include "io/share.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* No header that names are looked up in is longer. */
#define HEADER_MOST ((size_t)1 << 20)
#define HEADER_KEPT ((size_t)64 << 10)

/* Over the text before a portion, up to the end of the header. */
struct head {
	const struct text *text;
	struct text_state state; /* behind the lines that were passed */
	unsigned char *buf;	 /* [0..len): what comes behind them */
	size_t len;
	struct fault *wrong;
	int err;
};

/* The lines in buf[0..end) were scanned from h->state on, and what is chosen
 * could not be found in them. */
static void tell_wrong(struct head *h, size_t end)
{
	struct text_result result = {0};
	struct text_piece piece = {.begin = &h->state,
		.last = true,
		.text = h->buf,
		.len = end,
		.room = text_bound(end)};

	piece.spare = malloc(piece.room);
	if (!piece.spare) {
		h->err = -ENOMEM;
		return;
	}
	(void)text_convert(h->text, &piece, &result);
	if (result.wrong.met)
		fault_set(h->wrong, "%s", result.wrong.words);
	free(piece.spare);
}

static bool take(void *head, const unsigned char *text, size_t len)
{
	struct head *h = head;
	struct text_state now = h->state, at_end;
	unsigned char *more = realloc(h->buf, h->len + len);
	size_t end;

	if (!more) {
		h->err = -ENOMEM;
		return false;
	}
	h->buf = more;
	if (h->len > HEADER_MOST && text_has_names(h->text)) {
		h->err = -E2BIG;
		return false;
	}
	/* How it begins says what it is. */
	if (h->len > HEADER_MOST)
		h->len = HEADER_KEPT;
	memcpy(h->buf + h->len, text, len);
	h->len += len;
	end = text_scan(h->text, &now, &at_end, h->buf, 0, h->len);
	if (end == 0)
		return true;
	if (text_is_left(&at_end))
		tell_wrong(h, end);
	h->state = at_end;
	h->len -= end;
	memmove(h->buf, h->buf + end, h->len);
	return !text_is_behind_header(&at_end) && !text_is_left(&at_end);
}

/* Sets *state to the one at the beginning of a portion that is not the FILE's:
 * where that has a header, it is read. Returns as part_find. */
static int find_state(struct text_state *state,
	const struct part_config *config, const struct portion *portion,
	const struct portion_file *file, struct fault *wrong,
	struct fault *fault)
{
	struct head h = {.text = config->text, .wrong = wrong};
	struct fault why;
	int err;

	text_state_inside(state);
	if (!text_has_header(config->text))
		return 0;
	err = portion_before(portion, file, take, &h, fault);
	free(h.buf);
	*state = h.state;
	if (!err && h.err) {
		err = h.err;
		fault_set(fault, "its header cannot be read: %.200s",
			err == -E2BIG ? "it is longer than 1 MiB"
				      : fault_reason(&why, err));
	}
	return err;
}

/* Whether a FILE of which no byte was seen has none. */
static int is_as_it_was(const struct part_config *config, size_t input,
	const struct portion_file *file, struct fault *fault)
{
	unsigned char byte;

	if (config->share->files[input].err) {
		fault_set(fault, "it was not there at the start");
		return -ENOENT;
	}
	if (file->size > 0 || pread(file->fd, &byte, 1, 0) != 1)
		return 0;
	fault_set(fault, "it has more bytes than its size says, so it cannot "
			 "be split");
	return -ENOTSUP;
}

int part_find(struct part_beginning *b, const struct part_config *config,
	size_t input, const struct portion_file *file, struct fault *fault)
{
	off_t from, to;
	int err = is_as_it_was(config, input, file, fault);

	*b = (struct part_beginning){.wrong = {""}};
	if (err)
		return err;
	share_of(config->share, input, &from, &to);
	err = portion_find(&b->portion, file, from, to, config->unit, fault);
	if (err || b->portion.begins)
		return err;
	return find_state(
		&b->state, config, &b->portion, file, &b->wrong, fault);
}

static int find_end(const char *path, const struct portion_file *like,
	off_t size, enum portion_end *end, struct fault *fault)
{
	struct portion_file file = *like;
	int err;

	file.size = size;
	do
		file.fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	while (file.fd < 0 && errno == EINTR); /* nudged */
	if (file.fd < 0) {
		err = -errno;
		fault_set_errno(fault, err);
		return err;
	}
	err = portion_end(end, &file, fault);
	(void)close(file.fd);
	return err;
}

int part_find_open(size_t *open, const struct part_config *config,
	const char *const *paths, size_t input, const struct portion_file *ask,
	struct fault *fault)
{
	enum portion_end end = PORTION_EMPTY;
	int err = 0;

	*open = input;
	for (size_t i = input; !err && end == PORTION_EMPTY && i > 0; i--) {
		off_t size = config->share->files[i - 1].size;

		if (size == 0)
			continue;
		err = find_end(paths[i - 1], ask, size, &end, fault);
		if (err || end == PORTION_OPEN)
			*open = i - 1;
	}
	return err;
}
