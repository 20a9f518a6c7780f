/*
 * Fuzz target: text in other encodings.
 *
 *  - Wherever the bytes are cut and however little room there is, the same
 * comes out, and all bytes are taken.
 *  - That is UTF-8, but for the bytes that stand for what cannot be decoded.
 *  - UTF-16 and UTF-32 are what a decoder makes of them that goes by the book;
 *    what iconv of the system takes without an error is what it makes of that.
 *
 * The first three bytes choose the encoding, how the bytes are cut and how much
 * room there is.
 */
#include "config.h"

#include "fuzz.h"

#include "codec/charset.h"
#include "upcase/utf8.h"

#include <iconv.h>
#include <stdlib.h>
#include <string.h>

enum {
	HEADER = 3,
	MOST = 8, /* bytes that a byte becomes at most */
};

/* Not UTF-7: the C library finds its way out of damage in it by what it is
 * given at once. */
static const char *const names[] = {"utf-16le", "utf-16be", "utf-32le",
	"utf-32be", "windows-1252", "shift_jis", "euc-jp", "gb18030", "big5",
	"euc-kr", "CP1255", "CP1258", "TCVN", "ISO-2022-JP", "ISO-2022-KR",
	"BIG5-HKSCS", "EUC-JISX0213", "IBM930"};

enum {
	N_NAMES = sizeof(names) / sizeof(names[0]),
	N_OWN = 4,
};

/* Bytes that come out. */
struct out {
	unsigned char *bytes;
	size_t len;
};

static void decode(struct charset *c, const uint8_t *in, size_t len,
	size_t piece, size_t room, struct out *out)
{
	size_t at = 0, end = 0, idle = 0;
	bool done = false;

	charset_begin(c);
	while (!done) {
		size_t taken, made = room;
		unsigned char *from, *to = fuzz_allocate(room);

		end = len - end > piece ? end + piece : len;
		taken = end - at;
		from = fuzz_allocate(taken);
		if (taken > 0)
			memcpy(from, in + at, taken);
		done = charset_more(c, from, &taken, to, &made, end == len);
		if (taken > end - at || made > room)
			fuzz_wrong("%zu bytes taken, %zu made", taken, made);
		idle = taken || made || end < len ? 0 : idle + 1;
		if (!done && idle > 1)
			fuzz_wrong("it does not end");
		at += taken;
		if (out->len + made > len * MOST + CHARSET_ROOM)
			fuzz_wrong("too much comes out");
		memcpy(out->bytes + out->len, to, made);
		out->len += made;
		free(from);
		free(to);
	}
	if (at != len)
		fuzz_wrong("%zu of %zu bytes were taken", at, len);
}

static void check_well_formed(const struct out *out)
{
	for (size_t at = 0; at < out->len;) {
		int n = utf8_scan(out->bytes + at, out->len - at);

		if (n <= 0 && out->bytes[at] != CHARSET_BAD)
			fuzz_wrong("byte %zu is not UTF-8", at);
		at += n > 0 ? (size_t)n : 1;
	}
}

static uint32_t unit_at(const uint8_t *p, size_t n, bool big)
{
	uint32_t unit = 0;

	for (size_t i = 0; i < n; i++)
		unit = unit << 8 | p[big ? i : n - 1 - i];
	return unit;
}

/* UTF-16 and UTF-32 by the book. */
static void by_the_book(
	unsigned which, const uint8_t *in, size_t len, struct out *out)
{
	size_t n = which < 2 ? 2 : 4, at = 0;
	bool big = which % 2;

	while (len - at >= n) {
		uint32_t c = unit_at(in + at, n, big), low = 0;
		bool high = n == 2 && c >= 0xD800 && c < 0xDC00;

		if (high && len - at < 4)
			break;
		if (high)
			low = unit_at(in + at + 2, n, big);
		at += n;
		if (low >= 0xDC00 && low < 0xE000) {
			c = 0x10000 + ((c & 0x3FF) << 10) + (low & 0x3FF);
			at += n;
		}
		if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
			out->bytes[out->len++] = CHARSET_BAD;
		else
			out->len +=
				(size_t)utf8_encode(c, out->bytes + out->len);
	}
	if (at < len)
		out->bytes[out->len++] = CHARSET_BAD;
}

/* Returns whether iconv takes all of it. */
static bool by_iconv(
	const char *name, const uint8_t *in, size_t len, struct out *out)
{
	char *from = (char *)(uintptr_t)in, *to = (char *)out->bytes;
	size_t left = len, room = len * MOST + CHARSET_ROOM, all = room;
	iconv_t cd = iconv_open("UTF-8", name);
	bool good;

	if (cd == (iconv_t)-1)
		return false;
	good = iconv(cd, &from, &left, &to, &room) != (size_t)-1 &&
	       iconv(cd, NULL, NULL, &to, &room) != (size_t)-1;
	(void)iconv_close(cd);
	out->len = all - room;
	return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t rooms[] = {CHARSET_ROOM, CHARSET_ROOM + 1, 200};
	struct out out = {NULL, 0}, other = {NULL, 0};
	struct charset *c;
	unsigned which;
	size_t len, most;

	if (size < HEADER)
		return 0;
	which = data[0] % N_NAMES;
	len = size - HEADER;
	most = len * MOST + CHARSET_ROOM;
	if (charset_new(&c, names[which]) != 0)
		return 0;
	out.bytes = fuzz_allocate(most);
	other.bytes = fuzz_allocate(most);
	decode(c, data + HEADER, len, len + 1, most, &out);
	check_well_formed(&out);
	decode(c, data + HEADER, len, 1 + data[1] % 40, rooms[data[2] % 3],
		&other);
	fuzz_same("in pieces", other.bytes, other.len, out.bytes, out.len);
	other.len = 0;
	if (which < N_OWN) {
		by_the_book(which, data + HEADER, len, &other);
		fuzz_same("by the book", out.bytes, out.len, other.bytes,
			other.len);
	} else if (by_iconv(names[which], data + HEADER, len, &other)) {
		fuzz_same(
			"by iconv", out.bytes, out.len, other.bytes, other.len);
	}
	charset_free(c);
	free(out.bytes);
	free(other.bytes);
	return 0;
}

void fuzz_each_way(uint8_t *data, size_t size)
{
	if (size < HEADER)
		return;
	for (unsigned way = 0; way < N_NAMES * 12; way++) {
		data[0] = (uint8_t)(way % N_NAMES);
		data[1] = (uint8_t)(way / N_NAMES % 4 * 3);
		data[2] = (uint8_t)(way / N_NAMES / 4);
		LLVMFuzzerTestOneInput(data, size);
	}
}
