#include "config.h"

#include "pipeline/input.h"

#include "codec/format.h"
#include "io/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

int input_init(struct input *in, const struct input_config *config)
{
	int err = decode_init(
		&in->decode, config->encoding ? config->encoding : DECODE_NONE);

	if (err)
		return err;
	in->config = *config;
	source_init(&in->source, config->help);
	source_set_relief(&in->source, config->relief);
	in->typed.on = in->typed.prompting = in->typed.prompted = false;
	in->typed.editor = NULL;
	in->typed.awaiting = in->typed.alone = false;
	in->typed.at = in->typed.len = in->typed.edited = 0;
	in->part = false;
	memset(&in->typed.strip, 0, sizeof(in->typed.strip));
	return 0;
}

void input_release(struct input *in)
{
	source_release(&in->source);
	decode_release(&in->decode);
}

/* A prompt stands on the screen, or does not any more. */
static void stands(struct input *in, bool stands)
{
	if (in->config.stands)
		in->config.stands(in->config.context, stands);
}

/* Waits until the terminal is not another's, as far as that can be waited for.
 * Returns whether it is so. */
static bool await(void *input)
{
	struct input *in = input;
	const struct input_config *config = &in->config;
	int fd = in->source.feed.io.fd, news = 0;

	in->typed.awaiting = true;
	while (!terminal_is_ours(fd) && config->terminal &&
		config->background && !in->source.feed.stopped &&
		!(news & TERMINAL_ALONE)) {
		terminal_want(config->terminal);
		config->background(config->context);
		(void)fdio_wait(-1, 0, config->wake, CLOCK_FOREVER);
		if (!config->woken(config->context))
			break;
		news = terminal_see(config->terminal);
	}
	in->typed.awaiting = false;
	in->typed.alone = news & TERMINAL_ALONE;
	return terminal_is_ours(fd);
}

static bool editor_woken(void *input)
{
	struct input *in = input;

	return in->config.woken(in->config.context);
}

static void editor_stands(void *input, bool does)
{
	stands(input, does);
}

static void tell(void *input, const char *name, const char *text)
{
	struct input *in = input;

	if (in->config.tell)
		in->config.tell(in->config.context, name, text);
}

/* Has lines edited, where that is possible. */
static int begin_editing(struct input *in)
{
	const struct fdio *io = &in->source.feed.io;
	struct editor_config config = {
		.in = io->own >= 0 ? io->own : io->fd,
		.screen = &in->typed.prompt.io,
		.terminal = in->config.terminal,
		.prompt = in->config.prompt,
		.history = in->config.history,
		.wake = in->config.wake,
		.woken = editor_woken,
		.await = await,
		.stands = editor_stands,
		.tell = tell,
		.context = in,
	};
	int err;

	if (!config.terminal || config.screen->fd < 0 || !editor_is_wanted() ||
		!await(in))
		return -ENOTSUP;
	err = editor_open(&in->typed.editor, &config);
	if (!err)
		in->source.feed.editor = in->typed.editor;
	return err;
}

static void begin_typing(struct input *in, const char *path)
{
	struct input_typed *t = &in->typed;

	t->on = in->config.interactive && strcmp(path, "-") == 0;
	t->prompting = t->on && in->source.terminal;
	t->prompted = t->ended = false;
	t->edited = 0;
	if (t->prompting)
		prompt_open(&t->prompt, in->source.feed.io.fd);
	if (t->prompting && begin_editing(in) != 0 && in->config.history)
		tell(in, in->config.history,
			"lines are not edited here; what is typed is not kept "
			"there");
}

static void end_editing(struct input *in)
{
	in->typed.edited = input_lines_edited(in);
	in->source.feed.editor = NULL;
	editor_close(in->typed.editor);
	in->typed.editor = NULL;
}

int input_open(struct input *in, const char *path, bool wait, struct stat *st)
{
	int err = source_open(&in->source, path, in->config.detect, wait, st);

	if (err)
		return err;
	in->typed.at = in->typed.len = 0;
	in->part = false;
	decode_begin(&in->decode);
	begin_typing(in, path);
	return 0;
}

int input_read_part(struct input *in, const struct portion *portion)
{
	in->part = true;
	in->portion = *portion;
	if (portion->begins)
		return source_begin_at(&in->source, portion->from, false);
	decode_begin_inside(&in->decode);
	return source_begin_at(&in->source, portion->from, !portion->packed);
}

int input_close(struct input *in)
{
	struct input_typed *t = &in->typed;

	if (t->prompting) {
		/* The cursor still stands behind the last prompt. At a stop a
		 * terminal that takes nothing is not waited for. */
		if (t->prompted && terminal_is_ours(t->prompt.io.fd) &&
			(!in->source.feed.stopped ||
				fdio_has_room(&t->prompt.io, 1)))
			(void)prompt_show(&t->prompt, "\n", in->config.wake);
		stands(in, false);
		end_editing(in);
		prompt_close(&t->prompt);
	}
	t->on = t->prompting = t->prompted = false;
	return source_close(&in->source);
}

const char *input_name(const struct input *in)
{
	return in->source.name;
}

bool input_is_typed(const struct input *in)
{
	return in->typed.on;
}

bool input_has_prompt(const struct input *in)
{
	return in->typed.prompting;
}

bool input_may_wait(const struct input *in)
{
	return !in->source.feed.io.regular;
}

bool input_is_known(const struct input *in)
{
	return in->source.known && decode_is_known(&in->decode);
}

bool input_is_decoded(const struct input *in)
{
	return decode_is_on(&in->decode);
}

int input_form(
	const struct input *in, enum batch_form *form, struct fault *fault)
{
	const struct format *format = in->source.format;

	if (decode_is_marked(&in->decode)) {
		fault_set(fault,
			"UTF-16 or UTF-32, by its byte order mark, would "
			"become UTF-8; it stays as it is (see --encoding)");
		return -ENOTSUP;
	}
	if (format && format != &format_gzip) {
		fault_set(fault, "%s data cannot be written; it stays as it is",
			format->name);
		return -ENOTSUP;
	}
	*form = !format		    ? BATCH_AS_ASKED
		: in->source.blocks ? BATCH_BGZF
				    : BATCH_GZIP;
	return 0;
}

/* Whether typed text is left from the last read. */
static bool has_text(const struct input_typed *t)
{
	return t->at < t->len;
}

bool input_wants_prompt(const struct input *in)
{
	const struct input_typed *t = &in->typed;

	return t->prompting && !t->prompted && !t->ended && !has_text(t) &&
	       !in->source.feed.stopped;
}

/* Whether lines were typed ahead: then nobody waits for a prompt. */
static bool is_typed_ahead(const struct input *in)
{
	return fdio_wait(in->source.feed.io.fd, POLLIN, FDIO_NO_WAKE, 0) == 0;
}

void input_show_prompt(struct input *in)
{
	struct input_typed *t = &in->typed;

	if (t->editor) {
		editor_ask(t->editor);
		t->prompted = true;
		return;
	}
	if (!await(in) || is_typed_ahead(in))
		return;
	stands(in, true);
	t->prompted =
		prompt_show(&t->prompt, in->config.prompt, in->config.wake);
}

void input_news(struct input *in)
{
	struct input_typed *t = &in->typed;
	int news;

	if (!in->config.terminal || t->awaiting)
		return;
	news = terminal_see(in->config.terminal);
	if (news == 0 || !t->prompting)
		return;
	if (t->editor) {
		editor_news(t->editor, news);
		return;
	}
	if (!t->prompted || news == TERMINAL_SIZE)
		return;
	/* The cursor may still stand behind it. */
	if (terminal_is_ours(in->source.feed.io.fd))
		(void)prompt_show(&t->prompt, "\r", in->config.wake);
	t->prompted = false;
}

static void tell_long_line(struct input *in)
{
	char text[128];

	(void)snprintf(text, sizeof(text),
		"the terminal may have cut this line: it takes no more than "
		"%d bytes",
		FEED_TYPED_MOST - 1);
	in->source.feed.long_line = false;
	tell(in, in->source.name, text);
}

/* Gets more typed text. Returns as input_read does, but for the number. */
static ssize_t read_more(
	struct input *in, int64_t deadline, struct fault *fault)
{
	struct input_typed *t = &in->typed;
	ssize_t n = decode_read(&in->decode, &in->source, t->raw,
		sizeof(t->raw), in->config.wake, deadline, fault);

	/* It has gone to the background. */
	if (n == -EIO && t->prompting && !t->alone &&
		!in->source.feed.stopped &&
		!terminal_is_ours(in->source.feed.io.fd)) {
		t->prompted = false;
		return -EINTR;
	}
	if (n < 0)
		return n;
	t->at = 0;
	if (n == 0) {
		t->ended = true;
		t->len = strip_end(&t->strip, t->text);
		return t->len > 0 ? 1 : 0;
	}
	t->len = strip_more(&t->strip, t->raw, (size_t)n, t->text);
	if (t->raw[n - 1] == '\n' && t->prompted) {
		t->prompted = false;
		stands(in, false);
	}
	if (t->prompting && in->source.feed.long_line)
		tell_long_line(in);
	return t->len > 0 ? 1 : -EINTR;
}

static ssize_t read_typed(struct input *in, unsigned char *buf, size_t len,
	int64_t deadline, struct fault *fault)
{
	struct input_typed *t = &in->typed;

	if (!has_text(t)) {
		ssize_t n = t->ended ? 0 : read_more(in, deadline, fault);

		if (n <= 0)
			return n;
	}
	if (len > t->len - t->at)
		len = t->len - t->at;
	memcpy(buf, t->text + t->at, len);
	t->at += len;
	return (ssize_t)len;
}

/* Reads what is left of a part. What is before it in the text, and what is
 * behind it, is not handed out. */
static ssize_t read_part(struct input *in, unsigned char *buf, size_t len,
	int64_t deadline, struct fault *fault)
{
	struct portion *p = &in->portion;
	size_t skip;
	ssize_t n;

	if (p->length == 0 && p->bad >= 0) {
		portion_tell_bad(p->bad, fault);
		return -EBADMSG;
	}
	if (p->length == 0)
		return 0;
	if (p->skip == 0 && len > p->length)
		len = (size_t)p->length;
	n = decode_read(&in->decode, &in->source, buf, len, in->config.wake,
		deadline, fault);
	if (n == 0 && !in->source.feed.stopped) {
		fault_set(fault, "it is shorter than it was");
		return -FDIO_SHORT;
	}
	if (n <= 0)
		return n;
	skip = (uint64_t)n < p->skip ? (size_t)n : (size_t)p->skip;
	p->skip -= skip;
	n -= (ssize_t)skip;
	if (n == 0)
		return -EINTR;
	memmove(buf, buf + skip, (size_t)n);
	if ((uint64_t)n > p->length)
		n = (ssize_t)p->length;
	p->length -= (uint64_t)n;
	return n;
}

ssize_t input_read(struct input *in, unsigned char *buf, size_t len,
	int64_t deadline, struct fault *fault)
{
	if (in->typed.on)
		return read_typed(in, buf, len, deadline, fault);
	if (in->part)
		return read_part(in, buf, len, deadline, fault);
	return decode_read(&in->decode, &in->source, buf, len, in->config.wake,
		deadline, fault);
}

const unsigned char *input_left(const struct input *in, size_t *len)
{
	const struct input_typed *t = &in->typed;

	if (!has_text(t)) {
		const unsigned char *left =
			decode_left(&in->decode, &in->source, len);

		if (in->part && *len > in->portion.length)
			*len = (size_t)in->portion.length;
		return left;
	}
	*len = t->len - t->at;
	return t->text + t->at;
}

size_t input_undecoded(const struct input *in)
{
	return decode_undecoded(&in->decode, &in->source);
}

size_t input_lines_edited(const struct input *in)
{
	return in->typed.editor ? editor_left(in->typed.editor)
				: in->typed.edited;
}

void input_take_back(struct input *in)
{
	if (in->typed.editor)
		editor_take_back(in->typed.editor);
}

size_t input_take_held(struct input *in, void *buf, size_t len, bool *text)
{
	*text = !decode_would(&in->decode);
	return source_take_held(&in->source, buf, len);
}

void input_stop(struct input *in)
{
	source_stop(&in->source);
}

int input_relieve(struct input *in)
{
	return source_relieve(&in->source);
}

uint64_t input_taken(const struct input *in)
{
	return in->source.feed.taken;
}

off_t input_size(const struct input *in, const struct stat *st)
{
	off_t at = 0;

	if (!S_ISREG(st->st_mode))
		return -1;
	/* Somebody may have read its beginning. */
	if (in->source.standard)
		at = feed_position(&in->source.feed);
	return at > 0 && at < st->st_size ? st->st_size - at : st->st_size;
}

int64_t input_waited(const struct input *in)
{
	return in->source.feed.io.waited;
}
