#include "config.h"

#include "upcase/variant.h"

#include "upcase/upcase.h"

#include <errno.h>
#include <string.h>

/* From the slowest to the fastest. */
static const struct upcase_variant *const variants[] = {
	&upcase_portable,
#ifdef VARIANT_X86
	&upcase_ssse3,
	&upcase_avx2,
	&upcase_avx512,
#endif
#ifdef VARIANT_ARM
	&upcase_neon,
#endif
};

#define N_VARIANTS (sizeof(variants) / sizeof(variants[0]))

const struct upcase_variant *variant_best(void)
{
	size_t i = N_VARIANTS - 1;

	while (!variants[i]->runs())
		i--;
	return variants[i];
}

const char *upcase_variant_name(size_t i)
{
	return i < N_VARIANTS ? variants[i]->name : NULL;
}

bool upcase_variant_runs(size_t i)
{
	return i < N_VARIANTS && variants[i]->runs();
}

const char *upcase_variant_of(const struct upcase *u)
{
	return u->variant->name;
}

int upcase_use_variant(struct upcase *u, const char *name)
{
	for (size_t i = 0; i < N_VARIANTS; i++) {
		if (strcmp(variants[i]->name, name) != 0)
			continue;
		if (!variants[i]->runs())
			return -ENOTSUP;
		u->variant = variants[i];
		return 0;
	}
	return -EINVAL;
}
