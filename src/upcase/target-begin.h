/*
 * From here to target-end.h functions are compiled for VARIANT_TARGET, whatever
 * the rest of the program is compiled for. No include guard: each variant
 * includes it once, before the header with its intrinsics.
 */
#define VARIANT_PRAGMA_OF(...) _Pragma(#__VA_ARGS__)
#define VARIANT_PRAGMA(...)    VARIANT_PRAGMA_OF(__VA_ARGS__)

#ifdef __clang__
VARIANT_PRAGMA(clang attribute push(
	__attribute__((target(VARIANT_TARGET))), apply_to = function))
#else
VARIANT_PRAGMA(GCC push_options)
VARIANT_PRAGMA(GCC target(VARIANT_TARGET))
#endif
