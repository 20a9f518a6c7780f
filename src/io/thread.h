/*
 * thread - threads, with stacks of a size that is ours
 *
 * What it is for: by default a thread's stack is as large as the limit for the
 * main thread's (ulimit -s), which has nothing to do with what ours need: one
 * that is set low lets a thread die of its first message, and one that is set
 * high takes address space for hundreds of threads that never use it. So every
 * thread is started here.
 */
#ifndef UPCASE_IO_THREAD_H
#define UPCASE_IO_THREAD_H

#include <pthread.h>

/* Starts a thread with the caller's signal mask. Returns 0 or a negative errno.
 * Any thread; does not block. */
int thread_start(pthread_t *thread, void *(*run)(void *), void *argument);

#endif
