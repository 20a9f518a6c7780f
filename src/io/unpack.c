#include "config.h"

#include "io/unpack.h"

#include "codec/format.h"
#include "codec/stream.h"
#include "io/fdio.h"

#include <errno.h>
#include <stdlib.h>

/* Bytes that are read and decoded at once. */
#define STEP ((size_t)65536)

/* So many first: where members are small, each is decoded by itself. */
#define FIRST_STEP ((size_t)4096)

struct unpack {
	int fd;
	int wake;
	struct stream stream; /* kept from one call to the next */
	unsigned char in[STEP], out[STEP];
};

struct unpack *unpack_new(int fd, int wake)
{
	struct unpack *u = calloc(1, sizeof(*u));

	if (u) {
		u->fd = fd;
		u->wake = wake;
	}
	return u;
}

void unpack_free(struct unpack *u)
{
	if (u)
		stream_release(&u->stream);
	free(u);
}

/* Decodes the n bytes in u->in up to the end of so many members, and notes the
 * last byte of their text. Returns 0 or a negative errno. */
static int decode_step(
	struct unpack *u, size_t n, uint64_t members, struct unpacked *unpacked)
{
	size_t at = 0, made;

	do {
		size_t taken = n - at;
		int err;

		made = sizeof(u->out);
		err = stream_more(
			&u->stream, u->in + at, &taken, u->out, &made);
		if (err)
			return err;
		at += taken;
		if (made > 0) {
			unpacked->text = true;
			unpacked->ending = u->out[made - 1] == '\n';
		}
	} while (u->stream.pieces < members && (at < n || made > 0));
	return 0;
}

int unpack_members(struct unpack *u, off_t from, off_t end, uint64_t members,
	struct unpacked *unpacked)
{
	int err = stream_begin(&u->stream, &format_gzip);

	*unpacked = (struct unpacked){.text = false};
	for (off_t at = from; !err && at < end;) {
		size_t n = at == from ? FIRST_STEP : STEP;

		n = end - at < (off_t)n ? (size_t)(end - at) : n;
		if (u->stream.pieces == members)
			break;
		if (fdio_is_woken(u->wake))
			return -ECANCELED;
		err = fdio_read_at(u->fd, u->in, n, at);
		if (!err)
			err = decode_step(u, n, members, unpacked);
		at += (off_t)n;
	}
	unpacked->end = from + (off_t)u->stream.offset;
	if (!err)
		err = stream_end(&u->stream);
	unpacked->cut = err && u->stream.damage.kind == DAMAGE_CUT;
	return err;
}
