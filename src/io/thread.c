#include "config.h"

#include "io/thread.h"

#include <stddef.h>

/* The deepest that a thread of ours goes is a message: 20 KiB, all else is done
 * in 16 (x86-64, glibc; found by making this smaller until it broke). A signal
 * that comes then takes as much as all vector registers, 11 KiB at most. The
 * rest is for other machines and libraries; memory is taken only for what is
 * used. */
#define STACK_SIZE ((size_t)256 * 1024)

int thread_start(pthread_t *thread, void *(*run)(void *), void *argument)
{
	pthread_attr_t attributes;
	int err = pthread_attr_init(&attributes);

	if (err)
		return -err;
	/* Where a system wants more than that, its own size will do. */
	(void)pthread_attr_setstacksize(&attributes, STACK_SIZE);
	err = pthread_create(thread, &attributes, run, argument);
	(void)pthread_attr_destroy(&attributes);
	return -err;
}
