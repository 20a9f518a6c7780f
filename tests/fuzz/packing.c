#include "config.h"

#include "packing.h"

#include "codec/stream.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

enum {
	HEADER = 2,
	LARGE = 150000, /* more than a block of zstd */
};

static const size_t sizes[] = {1, 3, 100, 5000, 300000};

#define N_SIZES (sizeof(sizes) / sizeof(sizes[0]))

/* Calls that are too many tell nothing new, and take long. */
#define CALLS_MOST 3000

enum step {
	STEP_PACK,
	STEP_PACK_LARGE,
	STEP_ANYTHING,
	STEP_ZEROS,
	STEP_CHANGE,
	STEP_CUT,
	STEPS,
};

unsigned char *packing_room(struct packing_outcome *o, size_t len)
{
	if (o->room - o->len < len) {
		o->room = 2 * (o->len + len);
		o->text = realloc(o->text, o->room);
		if (!o->text)
			abort();
	}
	return o->text + o->len;
}

/* The bytes given, as often as there is room. */
static void pack(const struct packing *p, struct made *m, struct fuzz_bytes *b,
	size_t text_len)
{
	unsigned flags = fuzz_byte(b);
	size_t len;
	const uint8_t *bytes = fuzz_take(b, fuzz_byte(b), &len);
	unsigned char *text;

	if (text_len == 0)
		text_len = len;
	text = fuzz_allocate(text_len);
	for (size_t i = 0; i < text_len; i++)
		text[i] = len > 0 ? bytes[i % len] : (unsigned char)'x';
	p->pack(m, flags, text, text_len);
	free(text);
}

static void make_step(
	const struct packing *p, struct made *m, struct fuzz_bytes *b)
{
	size_t at, len;
	const uint8_t *bytes;

	switch (fuzz_byte(b) % STEPS) {
	case STEP_PACK:
		pack(p, m, b, 0);
		break;
	case STEP_PACK_LARGE:
		pack(p, m, b, LARGE);
		break;
	case STEP_ANYTHING:
		bytes = fuzz_take(b, fuzz_byte(b), &len);
		made_add(m, bytes, len);
		break;
	case STEP_ZEROS:
		made_add_le(m, 0, (int)(fuzz_byte(b) % 20));
		break;
	case STEP_CHANGE:
		at = fuzz_byte(b) << 8;
		at |= fuzz_byte(b);
		if (m->len > 0)
			m->bytes[at % m->len] ^= (unsigned char)fuzz_byte(b);
		break;
	case STEP_CUT:
	default:
		len = fuzz_byte(b);
		m->len -= len < m->len ? len : m->len;
		break;
	}
}

static size_t not_too_small(size_t size, size_t len)
{
	size_t least = len / CALLS_MOST + 1;

	return size < least ? least : size;
}

static struct packing_outcome read_in_parts(
	const struct packing *p, const struct made *m, size_t in, size_t out)
{
	struct packing_outcome o = {.len = 0};
	struct stream s = {.format = NULL};
	size_t at = 0, taken, made;
	int err = stream_begin(&s, p->format);

	if (err)
		fuzz_wrong("%s cannot be decoded here", p->format->name);
	do {
		taken = m->len - at < in ? m->len - at : in;
		made = out;
		err = stream_more(&s, m->bytes + at, &taken,
			packing_room(&o, out), &made);
		at += taken;
		o.len += made;
	} while (!err && (taken > 0 || made > 0));
	o.good = !err && stream_end(&s) == 0;
	stream_release(&s);
	return o;
}

static void same(const struct packing *p, const char *what,
	const struct packing_outcome *is, const struct packing_outcome *should)
{
	size_t both = is->len < should->len ? is->len : should->len;

	if (is->good != should->good)
		fuzz_wrong(
			"%s: good: %d, not %d", what, is->good, should->good);
	if (p->exact || is->good)
		fuzz_same(what, is->text, is->len, should->text, should->len);
	else
		fuzz_same(what, is->text, both, should->text, both);
}

int packing_try(const struct packing *p, const uint8_t *data, size_t size)
{
	struct fuzz_bytes b = {.at = data, .left = size};
	size_t in = sizes[fuzz_byte(&b) % N_SIZES];
	size_t out = sizes[fuzz_byte(&b) % N_SIZES];
	struct made m = {.bytes = fuzz_allocate(MADE_MOST)};
	struct packing_outcome whole, parts, library = {.len = 0};

	while (b.left > 0 && m.len < MADE_MOST)
		make_step(p, &m, &b);
	if (m.len > 0 && p->format->magic(m.bytes, m.len) == MATCH_YES) {
		whole = read_in_parts(p, &m, MADE_MOST, 300000);
		parts = read_in_parts(p, &m, not_too_small(in, m.len),
			not_too_small(out, whole.len));
		p->read(&library, m.bytes, m.len);
		same(p, "in parts", &parts, &whole);
		same(p, "by its library", &library, &whole);
		free(whole.text);
		free(parts.text);
		free(library.text);
	}
	free(m.bytes);
	return 0;
}

void packing_each_way(const struct packing *p, uint8_t *data, size_t size)
{
	if (size < HEADER)
		return;
	for (unsigned way = 0; way < N_SIZES * N_SIZES; way++) {
		data[0] = (uint8_t)(way % N_SIZES);
		data[1] = (uint8_t)(way / N_SIZES);
		(void)packing_try(p, data, size);
	}
}
