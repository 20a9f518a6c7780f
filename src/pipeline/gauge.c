#include "config.h"

#include "pipeline/gauge.h"

int gauge_init(struct gauge *g)
{
	*g = (struct gauge){.name = NULL};
	return -pthread_mutex_init(&g->lock, NULL);
}

void gauge_release(struct gauge *g)
{
	(void)pthread_mutex_destroy(&g->lock);
}

void gauge_rest_add(struct gauge_rest *rest, off_t size)
{
	if (size == GAUGE_UNKNOWN)
		rest->unknown++;
	else
		rest->size += (uint64_t)size;
}

/* It may have changed since it was added. */
static void take_out(struct gauge_rest *rest, off_t size)
{
	if (size == GAUGE_UNKNOWN)
		rest->unknown -= rest->unknown > 0;
	else if ((uint64_t)size < rest->size)
		rest->size -= (uint64_t)size;
	else
		rest->size = 0;
}

void gauge_begin(struct gauge *g, size_t number, const char *name, off_t size)
{
	(void)pthread_mutex_lock(&g->lock);
	g->name = name;
	g->number = number;
	g->size = size;
	take_out(&g->rest, size);
	(void)pthread_mutex_unlock(&g->lock);
}

void gauge_take(struct gauge *g, uint64_t taken)
{
	atomic_store_explicit(&g->taken, taken, memory_order_relaxed);
}

void gauge_end(struct gauge *g)
{
	uint64_t taken = atomic_load(&g->taken);

	(void)pthread_mutex_lock(&g->lock);
	atomic_store(&g->taken, 0);
	atomic_fetch_add(&g->before, taken);
	g->size = 0;
	(void)pthread_mutex_unlock(&g->lock);
}

bool gauge_wants_rest(const struct gauge *g)
{
	return atomic_load_explicit(&g->looked, memory_order_relaxed) &&
	       !atomic_load_explicit(&g->told, memory_order_relaxed);
}

void gauge_tell_rest(struct gauge *g, const struct gauge_rest *rest)
{
	(void)pthread_mutex_lock(&g->lock);
	g->rest = *rest;
	atomic_store(&g->told, true);
	(void)pthread_mutex_unlock(&g->lock);
}

void gauge_look(struct gauge *g, struct pipeline_course *c)
{
	uint64_t before, taken;

	atomic_store(&g->looked, true);
	(void)pthread_mutex_lock(&g->lock);
	before = atomic_load(&g->before);
	taken = atomic_load(&g->taken);
	*c = (struct pipeline_course){.name = g->name,
		.number = g->number,
		.taken = before + taken,
		.sized = atomic_load(&g->told) && g->rest.unknown == 0 &&
			 g->size != GAUGE_UNKNOWN};
	/* Who appends to it meanwhile makes it no more than all. */
	if (g->size != GAUGE_UNKNOWN && (uint64_t)g->size > taken)
		taken = (uint64_t)g->size;
	c->size = before + taken + g->rest.size;
	(void)pthread_mutex_unlock(&g->lock);
}
