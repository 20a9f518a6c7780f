#include "config.h"

#include "pipeline/loss.h"

#include <stdint.h>

/* Whether a bad sequence of this FILE is in what is left, in a batch before
 * that place. */
static bool is_bad_before(struct pool *pool, size_t input, uint64_t place)
{
	const struct batch *b;

	for (size_t i = 0; (b = pool_at(pool, i)); i++)
		if (b->bad.met && b->inputs.first == input &&
			b->cut.place < place)
			return true;
	return false;
}

bool loss_is_bad(struct pool *pool, size_t input, size_t bad_input)
{
	return input == bad_input || is_bad_before(pool, input, UINT64_MAX);
}

/* Whether what is in b counts as lost so far. */
static bool is_lost(const struct batch *b)
{
	return atomic_load(&b->unwritten) > 0;
}

void loss_settle(
	struct pool *pool, const struct converter *converter, size_t bad_input)
{
	struct batch *b;

	for (size_t i = 0; (b = pool_at(pool, i)); i++)
		convert_judge(converter, b);
	for (size_t i = 0; (b = pool_at(pool, i)); i++)
		if (is_lost(b) && (b->inputs.first == bad_input ||
					  is_bad_before(pool, b->inputs.first,
						  b->cut.place)))
			convert_forget(converter->ledger, b);
}
