#include "config.h"

#include "io/strip.h"

#include <string.h>

/* Whether p[0..len) is white space (its length), may become some with more
 * bytes (-1), or neither (0). */
static int white_space(const unsigned char *p, size_t len)
{
	if ((p[0] >= 0x09 && p[0] <= 0x0d) || (p[0] >= 0x1c && p[0] <= 0x20))
		return 1;
	if (p[0] != 0xc2 && (p[0] < 0xe1 || p[0] > 0xe3))
		return 0;
	if (len < 2)
		return -1;
	if (p[0] == 0xc2) /* U+0085, U+00A0 */
		return p[1] == 0x85 || p[1] == 0xa0 ? 2 : 0;
	if (!(p[0] == 0xe1 && p[1] == 0x9a) &&
		!(p[0] == 0xe2 && (p[1] == 0x80 || p[1] == 0x81)) &&
		!(p[0] == 0xe3 && p[1] == 0x80))
		return 0;
	if (len < 3)
		return -1;
	if (p[0] == 0xe2 && p[1] == 0x80) /* U+2000..200A, 2028, 2029, 202F */
		return (p[2] >= 0x80 && p[2] <= 0x8a) || p[2] == 0xa8 ||
				       p[2] == 0xa9 || p[2] == 0xaf
			       ? 3
			       : 0;
	if (p[0] == 0xe2) /* U+205F */
		return p[2] == 0x9f ? 3 : 0;
	return p[2] == 0x80 ? 3 : 0; /* U+1680, U+3000 */
}

static size_t hand_out_held(struct strip *s, unsigned char *out)
{
	size_t n = s->n_held;

	memcpy(out, s->held, n);
	s->n_held = 0;
	return n;
}

/* White space other than a newline: dropped before the line begins, held back
 * within it. */
static size_t hold(
	struct strip *s, const unsigned char *p, size_t len, unsigned char *out)
{
	size_t n = 0;

	if (!s->in_line)
		return 0;
	if (s->n_held + len > STRIP_HELD)
		n = hand_out_held(s, out);
	memcpy(s->held + s->n_held, p, len);
	s->n_held += len;
	return n;
}

/* Takes one character, or byte of one, p[0..len). */
static size_t take(struct strip *s, const unsigned char *p, size_t len,
	bool space, unsigned char *out)
{
	size_t n = 0;

	if (space && p[0] != '\n')
		return hold(s, p, len, out);
	if (space) {
		s->n_held = 0;
		if (s->in_line)
			out[n++] = '\n';
		s->in_line = false;
		return n;
	}
	n = hand_out_held(s, out);
	memcpy(out + n, p, len);
	s->in_line = true;
	return n + len;
}

size_t strip_more(struct strip *s, const unsigned char *in, size_t len,
	unsigned char *out)
{
	unsigned char *begin = out;

	for (size_t i = 0; i < len; i++) {
		int space;

		s->partial[s->n_partial++] = in[i];
		space = white_space(s->partial, s->n_partial);
		while (space == 0 && s->n_partial > 1) {
			/* The first byte is no white space, the rest may be. */
			out += take(s, s->partial, 1, false, out);
			memmove(s->partial, s->partial + 1, --s->n_partial);
			space = white_space(s->partial, s->n_partial);
		}
		if (space < 0)
			continue;
		out += take(s, s->partial, s->n_partial, space > 0, out);
		s->n_partial = 0;
	}
	return (size_t)(out - begin);
}

size_t strip_end(struct strip *s, unsigned char *out)
{
	size_t n = 0;

	if (s->n_partial > 0)
		n = take(s, s->partial, s->n_partial, false, out);
	s->n_partial = s->n_held = 0;
	s->in_line = false;
	return n;
}
