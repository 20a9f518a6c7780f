/*
 * variant - the engine for one kind of processor
 *
 * The essay in kernel.h tells how those with vectors work. Which one runs is
 * decided once, by upcase_init, and kept in the mapping: no global state.
 */
#ifndef UPCASE_VARIANT_H
#define UPCASE_VARIANT_H

#include "upcase/map.h"
#include "upcase/names.h"

#include <stdbool.h>

#if defined(__x86_64__) && (defined(__clang__) || defined(__GNUC__))
#define VARIANT_X86 1
#elif defined(__aarch64__) && defined(__ARM_NEON) && \
	defined(__ORDER_LITTLE_ENDIAN__) &&          \
	__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define VARIANT_ARM 1
#endif

#pragma GCC visibility push(hidden)

struct upcase_variant {
	const char *name;
	bool (*runs)(void); /* on this machine */
	map_run *run;
};

/* Those that could be compiled for this kind of processor; see variant.c. */
extern const struct upcase_variant upcase_portable, upcase_ssse3, upcase_avx2,
	upcase_avx512, upcase_neon;

/* The run of upcase_portable, which every other one falls back on. */
map_run portable_run;

/* The fastest that runs here. */
const struct upcase_variant *variant_best(void);

#pragma GCC visibility pop

#endif
