/*
 * home - begins a thread on the processor of the thread that starts it
 *
 * What it is for: a system gives a new thread to a processor that has nothing
 * to do. To wake that one, and later the one of the thread that waits for the
 * new thread's end, takes longer than a small input takes as a whole (0.14
 * of 1.1 ms in a virtual machine). The reader therefore begins where the main
 * thread is, which is about to wait, and leaves that place before it has work
 * for long.
 *
 * Does nothing where the system has no such thing. A process that may run on
 * one processor only, or is moved meanwhile, is as good.
 */
#ifndef UPCASE_PIPELINE_HOME_H
#define UPCASE_PIPELINE_HOME_H

#include <sched.h>
#include <stdbool.h>

struct home {
	bool bound; /* `before` is to be restored */
#ifdef CPU_SETSIZE
	cpu_set_t before; /* the processors that the process may use */
#endif
};

/* Binds the calling thread, and with it those that it starts, to the processor
 * that it runs on. */
void home_bind(struct home *h);

/* Lets the calling thread go wherever it might go before. */
void home_leave(const struct home *h);

#endif
