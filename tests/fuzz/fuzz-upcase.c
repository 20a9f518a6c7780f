/*
 * Fuzz target: every variant of the case engine against the reference.
 *
 * The first four bytes choose how the rest, the text, is converted:
 *   0  the setting: a mapping with a language that goes with it
 *   1  what is done with ill-formed bytes, and whether in place
 *   2  the length of the first piece
 *   3  the length of the others; 0: there is one more at most
 */
#include "config.h"

#include "fuzz.h"
#include "reference.h"
#include "upcase/upcase.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	HEADER = 4,
	MODES = 6, /* three, in place or not */
	LONGEST = 1 << 16,
	PATTERN = 0x5A
};

static const struct {
	enum upcase_mapping mapping;
	enum upcase_language language;
} settings[] = {
	{UPCASE_FULL, UPCASE_ROOT},
	{UPCASE_FULL, UPCASE_TR},
	{UPCASE_FULL, UPCASE_AZ},
	{UPCASE_FULL, UPCASE_LT},
	{UPCASE_FULL, UPCASE_EL},
	{UPCASE_FULL, UPCASE_HY},
	{UPCASE_SIMPLE, UPCASE_ROOT},
	{UPCASE_SIMPLE, UPCASE_TR},
	{UPCASE_SIMPLE, UPCASE_AZ},
	{UPCASE_ASCII, UPCASE_ROOT},
};

/* What the header says. */
struct plan {
	struct upcase u;
	bool in_place;
	size_t first, others;
};

__attribute__((noreturn, format(printf, 2, 3))) static void wrong(
	const struct plan *plan, const char *format, ...)
{
	va_list args;

	fprintf(stderr,
		"fuzz-upcase: %s, mapping %d, language %d, invalid %d, %s, "
		"pieces of %zu and %zu: ",
		upcase_variant_of(&plan->u), (int)plan->u.mapping,
		(int)plan->u.language, (int)plan->u.invalid,
		plan->in_place ? "in place" : "out of place", plan->first,
		plan->others);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

static struct plan plan_of(const uint8_t header[HEADER])
{
	static const enum upcase_invalid modes[] = {
		UPCASE_KEEP, UPCASE_REPLACE, UPCASE_FAIL};
	size_t s = header[0] % (sizeof(settings) / sizeof(settings[0]));
	struct plan plan = {
		.in_place = header[1] / 3 % 2,
		.first = header[2],
		.others = header[3] ? header[3] : SIZE_MAX,
	};

	if (upcase_init(&plan.u, settings[s].mapping, settings[s].language,
		    modes[header[1] % 3]) != 0)
		abort();
	return plan;
}

static void check_in_place(const struct plan *plan, const unsigned char *piece,
	size_t len, const unsigned char *spare, size_t size,
	const struct upcase_result *res)
{
	if (res->out == spare)
		return;
	if (res->out != piece || res->produced > len)
		wrong(plan, "%zu bytes that are in neither memory",
			res->produced);
	for (size_t i = 0; i < size; i++)
		if (spare[i] != PATTERN)
			wrong(plan, "byte %zu of spare was touched", i);
}

/* The place of the first ill-formed sequence of a piece. */
static void check_place(const struct plan *plan, const unsigned char *src,
	uint64_t offset, const struct upcase_result *res)
{
	uint64_t line = 0, column = 0;

	for (uint64_t i = offset; res->invalid > 0 && i < res->first_bad; i++) {
		unsigned char c = src[i - offset];

		line += c == '\n';
		column = c == '\n' ? 0 : column + ((c & 0xC0) != 0x80);
	}
	if (res->first_line != line || res->first_column != column)
		wrong(plan,
			"first bad at %" PRIu64 ":%" PRIu64 ", not %" PRIu64
			":%" PRIu64,
			res->first_line, res->first_column, line, column);
}

/* Converts one piece in memory of just its size and appends to `out`. */
static void convert_piece(const struct plan *plan, struct upcase_state *st,
	const unsigned char *src, size_t len, bool last,
	struct reference_result *out)
{
	size_t size = upcase_bound(len);
	unsigned char *piece = fuzz_allocate(len), *room = fuzz_allocate(size);
	uint64_t offset = st->offset;
	struct upcase_result res;

	if (len > 0)
		memcpy(piece, src, len);
	memset(room, PATTERN, size);
	if (plan->in_place)
		out->err = upcase_convert_in_place(
			&plan->u, st, piece, len, last, room, size, &res);
	else
		out->err = upcase_convert(
			&plan->u, st, piece, len, last, room, size, &res);
	if (plan->in_place)
		check_in_place(plan, piece, len, room, size, &res);
	if (!out->err && res.consumed != len)
		wrong(plan, "%zu of %zu bytes consumed", res.consumed, len);
	check_place(plan, src, offset, &res);
	if (res.produced > size)
		wrong(plan, "%zu bytes for %zu", res.produced, len);
	if (out->invalid == 0)
		out->first_bad = res.first_bad;
	out->invalid += res.invalid;
	memcpy(out->bytes + out->len, res.out, res.produced);
	out->len += res.produced;
	free(piece);
	free(room);
}

static void compare(const struct plan *plan, const struct reference_result *is,
	const struct reference_result *should)
{
	size_t at = 0;

	if (is->err != should->err)
		wrong(plan, "error %d, not %d", is->err, should->err);
	if (is->invalid != should->invalid)
		wrong(plan, "%" PRIu64 " invalid, not %" PRIu64, is->invalid,
			should->invalid);
	if (is->invalid > 0 && is->first_bad != should->first_bad)
		wrong(plan, "first bad at %" PRIu64 ", not %" PRIu64,
			is->first_bad, should->first_bad);
	while (at < is->len && at < should->len &&
		is->bytes[at] == should->bytes[at])
		at++;
	if (at < is->len || at < should->len)
		wrong(plan, "differs at byte %zu of %zu (%zu)", at, is->len,
			should->len);
}

static void check_variant(const struct plan *plan, const unsigned char *text,
	size_t len, const struct reference_result *should)
{
	struct reference_result out = {
		.bytes = fuzz_allocate(upcase_bound(len))};
	size_t at = 0, n = plan->first;
	/* Of just the size, so that a sanitizer sees a step outside. */
	unsigned char *held = fuzz_allocate(UPCASE_LOOKAHEAD);
	struct upcase_state st;

	upcase_state_init(&st);
	st.held = held;
	while (!out.err && n < len - at) {
		convert_piece(plan, &st, text + at, n, false, &out);
		at += n;
		n = plan->others;
	}
	if (!out.err)
		convert_piece(plan, &st, text + at, len - at, true, &out);
	compare(plan, &out, should);
	free(held);
	free(out.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reference_result should;
	struct plan plan;

	fuzz_load_reference();
	if (size < HEADER || size > LONGEST)
		return 0;
	plan = plan_of(data);
	should = reference_convert(&plan.u, data + HEADER, size - HEADER);
	for (size_t i = 0; upcase_variant_name(i); i++) {
		if (!upcase_variant_runs(i))
			continue;
		if (upcase_use_variant(&plan.u, upcase_variant_name(i)) != 0)
			abort();
		check_variant(&plan, data + HEADER, size - HEADER, &should);
	}
	free(should.bytes);
	return 0;
}

void fuzz_each_way(uint8_t *data, size_t size)
{
	if (size < HEADER)
		return;
	for (unsigned i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		for (unsigned mode = 0; mode < MODES; mode++) {
			data[0] = (uint8_t)i;
			data[1] = (uint8_t)mode;
			LLVMFuzzerTestOneInput(data, size);
		}
	}
}
