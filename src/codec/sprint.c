#include "config.h"

#include "codec/sprint.h"

#include <errno.h>
#include <stdio.h>

#ifdef HAVE_ISAL

#include "codec/library.h"

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>

#define SONAME "libisal.so.2"

LIBRARY_NOTE_OF(isal,
	"[{\"feature\":\"isal\",\"description\":\"Decodes gzip input faster\","
	"\"priority\":\"suggested\",\"soname\":[\"" SONAME "\"]}]");

struct functions {
	LIBRARY_POINTER(isal_inflate_init);
	LIBRARY_POINTER(isal_inflate_reset);
	LIBRARY_POINTER(isal_inflate_set_dict);
	LIBRARY_POINTER(isal_inflate);
	LIBRARY_POINTER(crc32_gzip_refl);
};

static const struct library_function wanted[] = {
	LIBRARY_FUNCTION(functions, isal_inflate_init),
	LIBRARY_FUNCTION(functions, isal_inflate_reset),
	LIBRARY_FUNCTION(functions, isal_inflate_set_dict),
	LIBRARY_FUNCTION(functions, isal_inflate),
	LIBRARY_FUNCTION(functions, crc32_gzip_refl),
};

struct sprint {
	void *library;
	struct functions f;
	struct inflate_state state;
};

static int load(void **library, struct functions *f)
{
	return library_load(
		library, SONAME, wanted, sizeof(wanted) / sizeof(wanted[0]), f);
}

int sprint_new(struct sprint **s)
{
	struct sprint *new = calloc(1, sizeof(*new));
	int err = new ? load(&new->library, &new->f) : -ENOMEM;

	if (err) {
		free(new);
		return err;
	}
	new->f.isal_inflate_init(&new->state);
	*s = new;
	return 0;
}

void sprint_free(struct sprint *s)
{
	if (!s)
		return;
	library_unload(s->library);
	free(s);
}

void sprint_library(char *text, size_t size)
{
	library_tell(
		text, size, SONAME, wanted, sizeof(wanted) / sizeof(wanted[0]));
}

/* The library takes pointers to what it only reads. */
static void give(
	struct inflate_state *state, const unsigned char *in, size_t len)
{
	state->next_in = (uint8_t *)(uintptr_t)in;
	state->avail_in = (uint32_t)len;
}

static void make_room(
	struct inflate_state *state, unsigned char *out, size_t room)
{
	state->next_out = out;
	state->avail_out = (uint32_t)room;
}

/* The library stops at the end of the last block only, so for it each is that.
 * But it makes slower tables for one of which it knows that beforehand. And it
 * gets the bits of the head alone, not those behind it in the last byte, so
 * that it cannot come to that end too early. */
bool sprint_begin(struct sprint *s, const unsigned char *history, size_t len,
	const struct sprint_head *head, struct sprint_bits rest)
{
	struct inflate_state *state = &s->state;
	unsigned char nothing;

	s->f.isal_inflate_reset(state);
	if (s->f.isal_inflate_set_dict(state, (uint8_t *)(uintptr_t)history,
		    (uint32_t)len) != COMP_OK)
		return false;
	state->read_in = head->first.bits & ~UINT64_C(1);
	state->read_in_length = (int32_t)head->first.n;
	give(state, head->bytes, head->len);
	make_room(state, &nothing, 0);
	if (s->f.isal_inflate(state) != ISAL_DECOMP_OK ||
		state->block_state != ISAL_BLOCK_CODED || state->avail_in > 0 ||
		state->read_in_length != 0)
		return false;
	state->bfinal = 1;
	state->read_in = rest.bits;
	state->read_in_length = (int32_t)rest.n;
	return true;
}

/* How much text the library has and did not hand out. */
static size_t pending(const struct inflate_state *state)
{
	return (size_t)(state->tmp_out_valid - state->tmp_out_processed);
}

/* The bits that were taken and not used, of which there are fewer than 64 but
 * for an error of the library. */
static struct sprint_bits unused(const struct inflate_state *state)
{
	unsigned n = (unsigned)state->read_in_length % 64;

	return (struct sprint_bits){
		state->read_in & ((UINT64_C(1) << n) - 1), n};
}

/* Decodes, but leaves a byte of the text in the library: as long as there is
 * one, it tells at the end of the block which bits it did not use. Later ones
 * than 2.30 forget that as soon as all is handed out. */
static bool decode(struct sprint *s, size_t room)
{
	size_t left = pending(&s->state);

	if (left > 0 && room > left - 1)
		room = left - 1;
	else if (left == 0)
		room = 0;
	s->state.avail_out = (uint32_t)room;
	return s->f.isal_inflate(&s->state) == ISAL_DECOMP_OK &&
	       s->state.block_state != ISAL_BLOCK_FINISH;
}

static bool is_at_end(const struct sprint *s)
{
	return s->state.block_state == ISAL_BLOCK_INPUT_DONE;
}

/* Decodes until the block or the input ends, or there is no more room. */
static bool decode_until(struct sprint *s, const unsigned char *end)
{
	struct inflate_state *state = &s->state;
	bool goes_on = true;

	while (goes_on && !is_at_end(s) && state->next_out < end) {
		const unsigned char *out = state->next_out;
		uint32_t in = state->avail_in;
		size_t left = pending(state);

		if (!decode(s, (size_t)(end - out)))
			return false;
		goes_on = state->next_out > out || state->avail_in < in ||
			  pending(state) > left;
	}
	return true;
}

/* Hands out all that is there. The library decodes nothing meanwhile: there is
 * nothing to decode. */
static bool hand_out(struct sprint *s, const unsigned char *end)
{
	struct inflate_state *state = &s->state;
	size_t left = pending(state);

	if ((size_t)(end - state->next_out) < left)
		return false;
	state->avail_out = (uint32_t)left;
	return s->f.isal_inflate(state) == ISAL_DECOMP_OK &&
	       pending(state) == 0;
}

/* What was taken and not used is given back, as far as these are whole bytes
 * that came now. */
static bool give_back(size_t *taken, struct sprint_bits *rest)
{
	size_t n = rest->n / 8;

	if (n > *taken)
		return false;
	*taken -= n;
	rest->n %= 8;
	rest->bits &= (1U << rest->n) - 1;
	return true;
}

enum sprint_end sprint_run(struct sprint *s, const unsigned char *in,
	size_t *in_len, unsigned char *out, size_t *out_len,
	struct sprint_bits *rest)
{
	struct inflate_state *state = &s->state;
	const unsigned char *end = out + *out_len;
	size_t given = *in_len > INT32_MAX ? INT32_MAX : *in_len;
	bool good;

	give(state, in, given);
	state->next_out = out;
	good = decode_until(s, end - SPRINT_MORE);
	*in_len = given - state->avail_in;
	if (good && !is_at_end(s)) {
		/* To the last of the bits that were taken. */
		state->avail_in = 0;
		good = decode_until(s, end);
	}
	*rest = unused(state);
	if (!good)
		return SPRINT_BAD;
	if (is_at_end(s)) {
		if (!give_back(in_len, rest) || !hand_out(s, end))
			return SPRINT_BAD;
		*out_len = (size_t)(state->next_out - out);
		return SPRINT_BLOCK;
	}
	if (!hand_out(s, end) || state->block_state != ISAL_BLOCK_CODED)
		return SPRINT_BAD;
	*out_len = (size_t)(state->next_out - out);
	return SPRINT_STOP;
}

uint32_t sprint_crc(
	struct sprint *s, uint32_t crc, const unsigned char *text, size_t len)
{
	return s->f.crc32_gzip_refl(crc, text, len);
}

#else

int sprint_new(struct sprint **s)
{
	(void)s;
	return -ENOTSUP;
}

void sprint_free(struct sprint *s)
{
	(void)s;
}

void sprint_library(char *text, size_t size)
{
	(void)snprintf(text, size, "libisal is not built in");
}

/* Nobody has a struct sprint. */

bool sprint_begin(struct sprint *s, const unsigned char *history, size_t len,
	const struct sprint_head *head, struct sprint_bits rest)
{
	(void)s, (void)history, (void)len, (void)head, (void)rest;
	return false;
}

enum sprint_end sprint_run(struct sprint *s, const unsigned char *in,
	size_t *in_len, unsigned char *out, size_t *out_len,
	struct sprint_bits *rest)
{
	(void)s, (void)in, (void)out, (void)rest;
	*in_len = *out_len = 0;
	return SPRINT_BAD;
}

uint32_t sprint_crc(
	struct sprint *s, uint32_t crc, const unsigned char *text, size_t len)
{
	(void)s, (void)text, (void)len;
	return crc;
}

#endif
