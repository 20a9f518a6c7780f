/*
 * Fuzz target: where gzip files are torn, as far as zlib alone takes them for
 * whole members, one behind the other.
 *
 *  - With right sizes, the place is where zlib's way ends, or behind a good
 *    member further on: damage is passed over for one. (A wrong size may lead
 *    to what is text of a member, or over a damaged one.)
 *  - What is told to be whole ends with a whole member.
 *  - The short way says the same, or that it does not know.
 *  - Where the looking begins does not matter, as long as a member begins
 *    there.
 *
 * The first two bytes choose from where and how far from the end it is looked.
 * The rest are the steps of made.h, each behind a byte that says which, and one
 * more: the file so far becomes the text of a member, as it is.
 */
#include "config.h"

#include "fuzz.h"
#include "made.h"

#include "io/fdio.h"
#include "io/tear.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum {
	HEADER = 2,
	STORED_MOST = 65535, /* bytes of a stored block */
	PLACES = 64,	     /* of members that are remembered */
};

/* What zlib alone makes of it. */
struct plain {
	size_t good;	       /* bytes of whole members */
	size_t begins[PLACES]; /* of these members, the first ones */
	size_t count;
	bool lies; /* some member, wherever it stands, tells a wrong size */
};

/* The size of the member that p[0..len) begins with, 0 if it is no good. */
static size_t inflate_member(const unsigned char *p, size_t len)
{
	z_stream z = {.next_in = (z_const Bytef *)p, .avail_in = (uInt)len};
	unsigned char out[4096];
	int status;

	if (inflateInit2(&z, 15 + 16) != Z_OK)
		abort();
	do {
		z.next_out = out;
		z.avail_out = sizeof(out);
		status = inflate(&z, Z_NO_FLUSH);
	} while (status == Z_OK && (z.avail_in > 0 || z.avail_out == 0));
	len = status == Z_STREAM_END ? (size_t)z.total_in : 0;
	(void)inflateEnd(&z);
	return len;
}

/* The size that a header tells, 0: none. */
static size_t told(const unsigned char *p, size_t len)
{
	size_t end, at = 12;

	if (len < at || memcmp(p, "\x1f\x8b\x08", 3) != 0 || !(p[3] & 4) ||
		(p[3] & 0xe2))
		return 0;
	end = at + p[10] + 256 * (size_t)p[11];
	while (end <= len && at + 4 <= end) {
		const unsigned char *f = p + at;
		size_t n = f[2] + 256 * (size_t)f[3];

		at += 4 + n;
		if (at > end)
			return 0;
		if (n == 4 && memcmp(f, "UP", 2) == 0)
			n = f[4] + 256 * f[5] + 65536 * f[6] +
			    16777216 * (size_t)f[7];
		else if (n == 2 && memcmp(f, "BC", 2) == 0)
			n = f[4] + 256 * (size_t)f[5] + 1;
		else
			continue;
		if (n > 0)
			return n < 18 ? 0 : n;
	}
	return 0;
}

static struct plain read_plainly(const struct made *m)
{
	struct plain p = {.good = 0};
	size_t size;

	while (p.good < m->len &&
		(size = inflate_member(m->bytes + p.good, m->len - p.good))) {
		if (p.count < PLACES)
			p.begins[p.count++] = p.good;
		p.good += size;
	}
	for (size_t at = 0; at < m->len; at++) {
		size = told(m->bytes + at, m->len - at);
		if (size > 0) {
			size_t real =
				inflate_member(m->bytes + at, m->len - at);

			p.lies = p.lies || (real > 0 && real != size);
		}
	}
	return p;
}

/* Whether a whole member ends at `end`. */
static bool member_ends(const struct made *m, size_t end)
{
	for (size_t at = 0; at < end; at++)
		if (m->bytes[at] == 0x1f &&
			inflate_member(m->bytes + at, end - at) == end - at)
			return true;
	return false;
}

static struct tear measure(int fd, const struct made *m, size_t from)
{
	struct tear t;

	if (tear_measure(fd, (off_t)from, (off_t)m->len, FDIO_NO_WAKE, &t) != 0)
		fuzz_wrong("it cannot be measured");
	if (t.how == TEAR_NONE)
		t.at = (off_t)m->len;
	if (t.how == TEAR_UNKNOWN)
		fuzz_wrong("it is not known where it is torn");
	if (t.at < (off_t)from || t.at > (off_t)m->len ||
		(t.how == TEAR_TORN && t.at == (off_t)m->len))
		fuzz_wrong("it is torn at %jd of %zu", (intmax_t)t.at, m->len);
	return t;
}

static void check_measured(
	const struct made *m, const struct plain *p, const struct tear *t)
{
	size_t at = (size_t)t->at;

	if (at == p->good)
		return;
	if (at < p->good) {
		if (!p->lies)
			fuzz_wrong("torn at %zu, which is before %zu", at,
				p->good);
		return;
	}
	if (!member_ends(m, at))
		fuzz_wrong("torn at %zu, where no member ends", at);
}

static void check_look(int fd, const struct made *m, const struct plain *p,
	size_t from, size_t reach, const struct tear *measured)
{
	struct tear t;

	if (tear_look(fd, (off_t)from, (off_t)m->len, reach, FDIO_NO_WAKE,
		    &t) != 0)
		fuzz_wrong("it cannot be looked at");
	if (t.how == TEAR_NONE && !member_ends(m, m->len))
		fuzz_wrong("it is no whole member that it ends with");
	if (t.how == TEAR_TORN && !p->lies &&
		(measured->how != TEAR_TORN || measured->at != t.at))
		fuzz_wrong("it looks torn at %jd, not %jd", (intmax_t)t.at,
			(intmax_t)measured->at);
}

static void try(const struct made *m, unsigned from, size_t reach)
{
	struct plain p = read_plainly(m);
	int fd = fuzz_file(m->bytes, m->len);
	struct tear all = measure(fd, m, 0), rest;

	check_measured(m, &p, &all);
	check_look(fd, m, &p, 0, reach, &all);
	if (p.count > 0) {
		from %= (unsigned)p.count;
		rest = measure(fd, m, p.begins[from]);
		if (!p.lies && rest.at != all.at)
			fuzz_wrong("from %zu on it is torn at %jd, not %jd",
				p.begins[from], (intmax_t)rest.at,
				(intmax_t)all.at);
		check_measured(m, &p, &rest);
		check_look(fd, m, &p, p.begins[from], reach, &rest);
	}
	(void)close(fd);
}

/* The file becomes the text of a member. */
static void wrap(struct made *m, struct fuzz_bytes *b)
{
	size_t len = m->len < STORED_MOST - 100 ? m->len : STORED_MOST - 100;
	unsigned char *stored = fuzz_allocate(5 + len);

	stored[0] = 1;
	stored[1] = (unsigned char)len;
	stored[2] = (unsigned char)(len >> 8);
	stored[3] = (unsigned char)~len;
	stored[4] = (unsigned char)(~len >> 8);
	memcpy(stored + 5, m->bytes, len);
	m->len = 0;
	made_add_member(m, fuzz_byte(b), stored, 5 + len, stored + 5, len);
	free(stored);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t reaches[] = {0, 1, 40, 1000, MADE_MOST};
	struct fuzz_bytes b = {.at = data, .left = size};
	unsigned from = fuzz_byte(&b);
	size_t reach =
		reaches[fuzz_byte(&b) % (sizeof(reaches) / sizeof(*reaches))];
	struct made m = {.bytes = fuzz_allocate(MADE_MOST)};

	while (b.left > 0 && m.len < MADE_MOST) {
		unsigned kind = fuzz_byte(&b) % (MADE_KINDS + 1);

		if (kind == MADE_KINDS)
			wrap(&m, &b);
		else
			made_step(&m, &b, (enum made_kind)kind);
	}
	if (m.len > 0)
		try(&m, from, reach);
	free(m.bytes);
	return 0;
}

void fuzz_each_way(uint8_t *data, size_t size)
{
	if (size < HEADER)
		return;
	for (unsigned way = 0; way < 20; way++) {
		data[0] = (uint8_t)(way % 4);
		data[1] = (uint8_t)(way / 4);
		LLVMFuzzerTestOneInput(data, size);
	}
}
