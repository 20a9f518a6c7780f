#include "config.h"

#include "codec/utf.h"

#include <stdint.h>
#include <string.h>

#define ALWAYS_INLINE inline __attribute__((always_inline))

/* Compilers make of these what the processor has: on x86-64 SSE2. */
typedef uint16_t units_16 __attribute__((vector_size(16)));
typedef uint32_t units_32 __attribute__((vector_size(16)));
typedef uint64_t halves __attribute__((vector_size(16)));
typedef unsigned char bytes_8 __attribute__((vector_size(8)));
typedef unsigned char bytes_4 __attribute__((vector_size(4)));

enum {
	LANES = 8, /* units of UTF-16 in a vector */
	LANES_32 = 4,
	MOST = 3,    /* bytes that a unit of UTF-16 becomes at most */
	MOST_32 = 4, /* and one of UTF-32 */
};

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define HOST_IS_BIG true
#else
#define HOST_IS_BIG false
#endif

size_t utf_unit(enum utf_form form)
{
	return form == UTF_16LE || form == UTF_16BE ? 2 : 4;
}

size_t utf_find_mark(const unsigned char *p, size_t len, bool last,
	enum utf_form *form, bool *wait)
{
	/* That of UTF-16 begins that of UTF-32, which has to come first. */
	static const struct {
		unsigned char bytes[UTF_MARK_MOST];
		size_t len;
		enum utf_form form;
	} marks[] = {{{0xFF, 0xFE, 0, 0}, 4, UTF_32LE},
		{{0, 0, 0xFE, 0xFF}, 4, UTF_32BE}, {{0xFF, 0xFE}, 2, UTF_16LE},
		{{0xFE, 0xFF}, 2, UTF_16BE}};

	*wait = false;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		size_t n = len < marks[i].len ? len : marks[i].len;

		if (memcmp(p, marks[i].bytes, n) != 0)
			continue;
		if (n == marks[i].len) {
			*form = marks[i].form;
			return n;
		}
		if (!last) {
			*wait = true;
			return 0;
		}
	}
	return 0;
}

static ALWAYS_INLINE uint32_t unit_16(const unsigned char *p, bool big)
{
	return big ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0];
}

static ALWAYS_INLINE uint32_t unit_32(const unsigned char *p, bool big)
{
	return big ? unit_16(p, true) << 16 | unit_16(p + 2, true)
		   : unit_16(p + 2, false) << 16 | unit_16(p, false);
}

static ALWAYS_INLINE bool is_surrogate(uint32_t unit)
{
	return (unit & 0xF800) == 0xD800;
}

/* Writes a character up to U+FFFF, and up to two bytes behind it. Without a
 * branch: which length comes next nobody can foresee. */
static ALWAYS_INLINE unsigned char *put(unsigned char *out, uint32_t c)
{
	unsigned tail = 0x80 | (c & 0x3F), middle = 0x80 | (c >> 6 & 0x3F);
	bool two = c >= 0x80, three = c >= 0x800;
	unsigned first = three ? 0xE0 | c >> 12 : two ? 0xC0 | c >> 6 : c;

	out[0] = (unsigned char)first;
	out[1] = (unsigned char)(three ? middle : tail);
	out[2] = (unsigned char)tail;
	return out + 1 + two + three;
}

static ALWAYS_INLINE unsigned char *put_four(unsigned char *out, uint32_t c)
{
	out[0] = (unsigned char)(0xF0 | c >> 18);
	out[1] = (unsigned char)(0x80 | (c >> 12 & 0x3F));
	out[2] = (unsigned char)(0x80 | (c >> 6 & 0x3F));
	out[3] = (unsigned char)(0x80 | (c & 0x3F));
	return out + 4;
}

/* Whether any bit of these is set in any lane. */
static ALWAYS_INLINE bool any(units_16 v)
{
	halves h = (halves)v;

	return (h[0] | h[1]) != 0;
}

static ALWAYS_INLINE units_16 load_16(const unsigned char *p, bool big)
{
	units_16 v;

	memcpy(&v, p, sizeof(v));
	return big == HOST_IS_BIG ? v : v << 8 | v >> 8;
}

/* The low byte of each lane. */
static ALWAYS_INLINE bytes_8 narrow_16(units_16 v)
{
#ifdef HAVE_CONVERTED_VECTORS
	return __builtin_convertvector(v, bytes_8);
#else
	bytes_8 b = {0};

	for (size_t i = 0; i < LANES; i++)
		b[i] = (unsigned char)v[i];
	return b;
#endif
}

static ALWAYS_INLINE bytes_4 narrow_32(units_32 v)
{
#ifdef HAVE_CONVERTED_VECTORS
	return __builtin_convertvector(v, bytes_4);
#else
	bytes_4 b = {0};

	for (size_t i = 0; i < LANES_32; i++)
		b[i] = (unsigned char)v[i];
	return b;
#endif
}

/* Eight units of which none is a surrogate. Returns the end of what they
 * became; up to two bytes behind that are written, too. */
static ALWAYS_INLINE unsigned char *put_vector(unsigned char *out, units_16 v)
{
	if (!any(v & 0xFF80)) {
		bytes_8 b = narrow_16(v);

		memcpy(out, &b, sizeof(b));
		return out + sizeof(b);
	}
	if (!any((v & 0xF800) | (units_16)((v & 0xFF80) == 0))) {
		/* All have two bytes. */
		units_16 first = v >> 6 | 0xC0, second = (v & 0x3F) | 0x80;

		v = HOST_IS_BIG ? first << 8 | second : second << 8 | first;
		memcpy(out, &v, sizeof(v));
		return out + sizeof(v);
	}
	for (size_t i = 0; i < LANES; i++)
		out = put(out, v[i]);
	return out;
}

/* The character, or what is none, at p, where `left` bytes are, at least 2.
 * Returns how many of them it is, 0 if that cannot be said yet. */
static ALWAYS_INLINE size_t take_16(const unsigned char *p, size_t left,
	bool big, bool last, unsigned char **out)
{
	uint32_t unit = unit_16(p, big), next;

	if (!is_surrogate(unit)) {
		unsigned char bytes[MOST];
		size_t n = (size_t)(put(bytes, unit) - bytes);

		memcpy(*out, bytes, n);
		*out += n;
		return 2;
	}
	if (unit < 0xDC00 && left < 4) {
		if (!last)
			return 0;
		*(*out)++ = UTF_BAD;
		return left;
	}
	next = unit < 0xDC00 ? unit_16(p + 2, big) : 0;
	if ((next & 0xFC00) != 0xDC00) {
		*(*out)++ = UTF_BAD;
		return 2;
	}
	*out = put_four(
		*out, 0x10000 + ((unit & 0x3FF) << 10 | (next & 0x3FF)));
	return 4;
}

/* As far as vectors go: until a surrogate, or less than a vector, or room for
 * less than one. */
static ALWAYS_INLINE const unsigned char *run_16(const unsigned char *p,
	const unsigned char *end, unsigned char **out,
	const unsigned char *out_end, bool big)
{
	while (end - p >= 2 * LANES && out_end - *out >= MOST * LANES) {
		units_16 v = load_16(p, big);

		if (any((units_16)((v & 0xF800) == 0xD800)))
			break;
		*out = put_vector(*out, v);
		p += 2 * LANES;
	}
	return p;
}

static ALWAYS_INLINE void decode_16(const unsigned char *in, size_t *in_len,
	unsigned char *out, size_t *out_len, bool big, bool last)
{
	const unsigned char *p = in, *end = in + *in_len;
	unsigned char *o = out, *out_end = out + *out_len;
	size_t n = 1;

	while (n > 0 && end - p >= 2) {
		p = run_16(p, end, &o, out_end, big);
		/* Also past what made the vectors stop. */
		for (size_t i = 0; n > 0 && i < LANES; i++) {
			n = end - p >= 2 && out_end - o >= 4
				    ? take_16(p, (size_t)(end - p), big, last,
					      &o)
				    : 0;
			p += n;
		}
	}
	if (last && end - p == 1 && o < out_end) {
		*o++ = UTF_BAD;
		p++;
	}
	*in_len = (size_t)(p - in);
	*out_len = (size_t)(o - out);
}

static ALWAYS_INLINE units_32 load_32(const unsigned char *p, bool big)
{
	units_32 v;

	memcpy(&v, p, sizeof(v));
	if (big == HOST_IS_BIG)
		return v;
	v = (v & 0xFF00FF) << 8 | (v >> 8 & 0xFF00FF);
	return v << 16 | v >> 16;
}

static ALWAYS_INLINE unsigned char *put_any(unsigned char *out, uint32_t c)
{
	if (c < 0x10000 && !is_surrogate(c))
		return put(out, c);
	if (c >= 0x10000 && c <= 0x10FFFF)
		return put_four(out, c);
	*out = UTF_BAD;
	return out + 1;
}

static ALWAYS_INLINE void decode_32(const unsigned char *in, size_t *in_len,
	unsigned char *out, size_t *out_len, bool big, bool last)
{
	const unsigned char *p = in, *end = in + *in_len;
	unsigned char *o = out, *out_end = out + *out_len;

	while (end - p >= 4 && out_end - o >= MOST_32) {
		if (end - p >= 4 * LANES_32) {
			units_32 v = load_32(p, big);

			if (!any((units_16)(v & ~UINT32_C(0x7F)))) {
				bytes_4 b = narrow_32(v);

				memcpy(o, &b, sizeof(b));
				o += sizeof(b);
				p += 4 * LANES_32;
				continue;
			}
		}
		o = put_any(o, unit_32(p, big));
		p += 4;
	}
	if (last && end - p < 4 && p < end && o < out_end) {
		*o++ = UTF_BAD;
		p = end;
	}
	*in_len = (size_t)(p - in);
	*out_len = (size_t)(o - out);
}

void utf_decode(enum utf_form form, const unsigned char *in, size_t *in_len,
	unsigned char *out, size_t *out_len, bool last)
{
	switch (form) {
	case UTF_16LE:
		decode_16(in, in_len, out, out_len, false, last);
		break;
	case UTF_16BE:
		decode_16(in, in_len, out, out_len, true, last);
		break;
	case UTF_32LE:
		decode_32(in, in_len, out, out_len, false, last);
		break;
	case UTF_32BE:
		decode_32(in, in_len, out, out_len, true, last);
		break;
	}
}
