#include "config.h"

#include "text/selection.h"

#include "text/begin.h"

size_t selection_least(const struct text_selection *s)
{
	size_t least = BEGIN_LEAST;

	for (size_t i = 0; i < s->n_prefixes; i++)
		if (s->prefixes[i].len + BEGIN_LEAST > least)
			least = s->prefixes[i].len + BEGIN_LEAST;
	if (s->columns && least < SELECTION_HEADER_MOST)
		least = SELECTION_HEADER_MOST;
	return least;
}
