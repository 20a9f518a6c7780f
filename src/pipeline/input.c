#include "config.h"

#include "pipeline/input.h"

#include <errno.h>
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
	in->typed.at = in->typed.len = 0;
	memset(&in->typed.strip, 0, sizeof(in->typed.strip));
	return 0;
}

void input_release(struct input *in)
{
	source_release(&in->source);
	decode_release(&in->decode);
}

static void begin_typing(struct input *in, const char *path)
{
	struct input_typed *t = &in->typed;

	t->on = in->config.interactive && strcmp(path, "-") == 0;
	t->prompting = t->on && in->source.terminal;
	t->prompted = t->ended = false;
	if (t->prompting)
		prompt_open(&t->prompt, in->source.feed.io.fd);
}

int input_open(struct input *in, const char *path, bool wait, struct stat *st)
{
	int err = source_open(&in->source, path, in->config.detect, wait, st);

	if (err)
		return err;
	in->typed.at = in->typed.len = 0;
	decode_begin(&in->decode);
	begin_typing(in, path);
	return 0;
}

int input_close(struct input *in)
{
	struct input_typed *t = &in->typed;

	if (t->prompting) {
		/* The cursor still stands behind the last prompt. At a stop a
		 * terminal that takes nothing is not waited for. */
		if (t->prompted && (!in->source.feed.stopped ||
					   fdio_has_room(&t->prompt.io, 1)))
			(void)prompt_show(&t->prompt, "\n", in->config.wake);
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

void input_show_prompt(struct input *in)
{
	in->typed.prompted = prompt_show(
		&in->typed.prompt, in->config.prompt, in->config.wake);
}

/* Gets more typed text. Returns as input_read does, but for the number. */
static ssize_t read_more(
	struct input *in, int64_t deadline, struct fault *fault)
{
	struct input_typed *t = &in->typed;
	ssize_t n = decode_read(&in->decode, &in->source, t->raw,
		sizeof(t->raw), in->config.wake, deadline, fault);

	if (n < 0)
		return n;
	t->at = 0;
	if (n == 0) {
		t->ended = true;
		t->len = strip_end(&t->strip, t->text);
		return t->len > 0 ? 1 : 0;
	}
	t->len = strip_more(&t->strip, t->raw, (size_t)n, t->text);
	t->prompted = t->prompted && t->raw[n - 1] != '\n';
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

ssize_t input_read(struct input *in, unsigned char *buf, size_t len,
	int64_t deadline, struct fault *fault)
{
	if (in->typed.on)
		return read_typed(in, buf, len, deadline, fault);
	return decode_read(&in->decode, &in->source, buf, len, in->config.wake,
		deadline, fault);
}

const unsigned char *input_left(const struct input *in, size_t *len)
{
	const struct input_typed *t = &in->typed;

	if (!has_text(t))
		return decode_left(&in->decode, &in->source, len);
	*len = t->len - t->at;
	return t->text + t->at;
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
