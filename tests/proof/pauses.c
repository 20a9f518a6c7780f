/*
 * pauses - threads that are held up at random, woken for no reason, interrupted
 *
 * A library for LD_PRELOAD, used by tests/proof/perturb.pl. It changes nothing
 * that a program may rely on: a lock may take its time, a wait for a condition
 * may return without one, a system call may be interrupted. Other orders of
 * events come about than those that a machine has by itself.
 *
 * PROOF_PAUSES is "SEED LONGEST": which pauses, and how long one is at most, in
 * microseconds. With PROOF_CPUS=1 the program gets one processor. With
 * PROOF_SLOW_READ=N a read of many bytes takes N microseconds more, and nothing
 * interrupts it, as one from a file server does.
 */
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* One call of so many is interrupted, one wait of so many is no wait. */
#define INTERRUPTED 12
#define SPURIOUS    4

static uint64_t seed;
static unsigned longest, slow_read;
static atomic_uint n_threads;
static _Thread_local uint64_t state;

/* libc's own. There may be an older one of the same name, which is not wanted:
 * the condition variables of long ago were of another shape. */
static void *next(const char *name)
{
	void *found = NULL;

#ifdef __GLIBC__
	found = dlvsym(RTLD_NEXT, name, "GLIBC_2.3.2");
#endif
	return found ? found : dlsym(RTLD_NEXT, name);
}

#define REAL(name) ((__typeof__(&name))(uintptr_t)real_##name)
#define KEEP(name) static void *real_##name
KEEP(pthread_mutex_lock);
KEEP(pthread_mutex_unlock);
KEEP(pthread_cond_wait);
KEEP(pthread_cond_timedwait);
KEEP(read);
KEEP(write);
KEEP(writev);
KEEP(poll);
KEEP(flock);

static void take_one_processor(void)
{
	cpu_set_t all, one;

	if (sched_getaffinity(0, sizeof(all), &all) != 0)
		return;
	for (int i = 0; i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(i, &one);
		(void)sched_setaffinity(0, sizeof(one), &one);
		return;
	}
}

__attribute__((constructor)) static void begin(void)
{
	const char *how = getenv("PROOF_PAUSES");
	const char *cpus = getenv("PROOF_CPUS");
	const char *slow = getenv("PROOF_SLOW_READ");
	unsigned long long number;

#define FIND(name) real_##name = next(#name)
	FIND(pthread_mutex_lock);
	FIND(pthread_mutex_unlock);
	FIND(pthread_cond_wait);
	FIND(pthread_cond_timedwait);
	FIND(read);
	FIND(write);
	FIND(writev);
	FIND(poll);
	FIND(flock);
	if (cpus && strcmp(cpus, "1") == 0)
		take_one_processor();
	slow_read = slow ? (unsigned)atoi(slow) : 0;
	if (how && sscanf(how, "%llu %u", &number, &longest) == 2)
		seed = number * 2 + 1;
}

/* A number below n; the same ones for a seed and a thread. (xorshift) */
static unsigned below(unsigned n)
{
	if (state == 0)
		state = (seed + atomic_fetch_add(&n_threads, 1)) *
			UINT64_C(0x9e3779b97f4a7c15);
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)((state >> 32) % n);
}

static void hold_up(void)
{
	struct timespec t = {0};
	int saved = errno;
	unsigned kind;

	if (seed == 0)
		return;
	kind = below(16);
	if (kind < 4)
		(void)sched_yield();
	else if (kind < 6)
		t.tv_nsec = below(20) * 1000L;
	else if (kind == 6)
		t.tv_nsec = below(longest + 1) * 1000L;
	if (t.tv_nsec > 0)
		(void)nanosleep(&t, NULL);
	errno = saved;
}

static bool interrupts(void)
{
	hold_up();
	if (seed == 0 || below(INTERRUPTED) != 0)
		return false;
	errno = EINTR;
	return true;
}

int pthread_mutex_lock(pthread_mutex_t *m)
{
	/* Before begin() a library may lock something. */
	if (!real_pthread_mutex_lock)
		begin();
	hold_up();
	return REAL(pthread_mutex_lock)(m);
}

int pthread_mutex_unlock(pthread_mutex_t *m)
{
	int err;

	if (!real_pthread_mutex_unlock)
		begin();
	err = REAL(pthread_mutex_unlock)(m);
	hold_up();
	return err;
}

/* The lock is let go and taken again, as in a wait. */
static int no_wait(pthread_mutex_t *m)
{
	(void)pthread_mutex_unlock(m);
	return pthread_mutex_lock(m);
}

int pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m)
{
	if (seed != 0 && below(SPURIOUS) == 0)
		return no_wait(m);
	return REAL(pthread_cond_wait)(c, m);
}

int pthread_cond_timedwait(
	pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *t)
{
	if (seed != 0 && below(SPURIOUS) == 0)
		return no_wait(m);
	return REAL(pthread_cond_timedwait)(c, m, t);
}

static void take_time(void)
{
	struct timespec t = {
		slow_read / 1000000, (long)(slow_read % 1000000) * 1000};

	while (nanosleep(&t, &t) < 0)
		;
}

ssize_t read(int fd, void *buf, size_t len)
{
	if (slow_read > 0 && len >= 1000)
		take_time();
	return interrupts() ? -1 : REAL(read)(fd, buf, len);
}

ssize_t write(int fd, const void *buf, size_t len)
{
	return interrupts() ? -1 : REAL(write)(fd, buf, len);
}

ssize_t writev(int fd, const struct iovec *iov, int n)
{
	return interrupts() ? -1 : REAL(writev)(fd, iov, n);
}

int poll(struct pollfd *fds, nfds_t n, int timeout)
{
	return interrupts() ? -1 : REAL(poll)(fds, n, timeout);
}

int flock(int fd, int operation)
{
	return interrupts() ? -1 : REAL(flock)(fd, operation);
}
