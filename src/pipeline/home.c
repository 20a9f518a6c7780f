#include "config.h"

#include "pipeline/home.h"

void home_bind(struct home *h)
{
	h->bound = false;
#ifdef CPU_SETSIZE
	cpu_set_t here;
	int cpu = sched_getcpu();

	if (cpu < 0 || cpu >= CPU_SETSIZE ||
		sched_getaffinity(0, sizeof(h->before), &h->before) < 0)
		return;
	CPU_ZERO(&here);
	CPU_SET((unsigned)cpu, &here);
	h->bound = sched_setaffinity(0, sizeof(here), &here) == 0;
#endif
}

void home_leave(const struct home *h)
{
#ifdef CPU_SETSIZE
	/* Should this fail the thread is slower, but right. */
	if (h->bound)
		(void)sched_setaffinity(0, sizeof(h->before), &h->before);
#else
	(void)h;
#endif
}
