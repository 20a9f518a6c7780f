/*
 * faults - makes calls of the program fail, each at a chosen use
 *
 * A library for LD_PRELOAD, used by tests/proof/Proof.pm; plan.h says what can
 * be asked of it. Only what the program and its libraries ask of libc comes by
 * here, and only once main has begun: not what the loader does.
 */
#include "plan.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_bool is_poke[1024];

/* libc's own, which dlsym finds. */
#define REAL(name) ((__typeof__(&name))(uintptr_t)next(&real_##name, #name))
#define KEEP(name) static _Atomic(void *) real_##name

static void *next(_Atomic(void *) *slot, const char *name)
{
	void *found = atomic_load(slot);

	if (!found) {
		found = dlsym(RTLD_NEXT, name);
		atomic_store(slot, found);
	}
	return found;
}

KEEP(read);
KEEP(write);
KEEP(writev);
KEEP(recv);
KEEP(recvmsg);
KEEP(sendmsg);
KEEP(pread);
KEEP(poll);
KEEP(open);
KEEP(close);
KEEP(dup);
KEEP(pipe);
KEEP(pipe2);
KEEP(fcntl);
KEEP(ioctl);
KEEP(fstat);
KEEP(lseek);
KEEP(flock);
KEEP(ftruncate);
KEEP(fdatasync);
KEEP(fsync);
KEEP(fchown);
KEEP(fchmod);
KEEP(malloc);
KEEP(calloc);
KEEP(pthread_create);
KEEP(pthread_mutex_init);
KEEP(pthread_cond_init);

static int fail(int error)
{
	errno = error;
	return -1;
}

static size_t part_of(size_t len)
{
	return len > 1 ? len / 2 : len;
}

static bool wakes(int fd)
{
	return fd >= 0 && fd < 1024 && atomic_load(&is_poke[fd]);
}

/* --- the calls ------------------------------------------------------------ */

ssize_t read(int fd, void *buf, size_t len)
{
	int what = plan_use(wakes(fd) ? CALL_read_poke : CALL_read);

	if (what > 0)
		return fail(what);
	return REAL(read)(fd, buf, what == SHORT ? part_of(len) : len);
}

ssize_t write(int fd, const void *buf, size_t len)
{
	int what = plan_use(wakes(fd) ? CALL_write_poke
			    : fd == 2 ? CALL_write_err
				      : CALL_write);

	if (what > 0)
		return fail(what);
	return REAL(write)(fd, buf, what == SHORT ? part_of(len) : len);
}

/* Copies iov for a call that takes a part only. Returns the number of parts. */
static int shorten(const struct iovec *iov, int n, struct iovec part[8])
{
	size_t all = 0;
	int i;

	for (i = 0; i < n; i++)
		all += iov[i].iov_len;
	all = part_of(all);
	for (i = 0; i < n && i < 8 && all > 0; i++) {
		part[i] = iov[i];
		if (part[i].iov_len > all)
			part[i].iov_len = all;
		all -= part[i].iov_len;
	}
	return i;
}

ssize_t writev(int fd, const struct iovec *iov, int n)
{
	int what = plan_use(CALL_writev);
	struct iovec part[8];

	if (what > 0)
		return fail(what);
	if (what != SHORT)
		return REAL(writev)(fd, iov, n);
	n = shorten(iov, n, part);
	return REAL(writev)(fd, part, n);
}

ssize_t recv(int fd, void *buf, size_t len, int flags)
{
	int what = plan_use(CALL_recv);

	if (what > 0)
		return fail(what);
	return REAL(recv)(fd, buf, what == SHORT ? part_of(len) : len, flags);
}

/* Of messages no part is read. */
ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	int what = plan_use(CALL_recvmsg);

	return what > 0 ? fail(what) : REAL(recvmsg)(fd, msg, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	int what = plan_use(CALL_sendmsg);
	struct msghdr less = *msg;
	struct iovec part[8];

	if (what > 0)
		return fail(what);
	if (what != SHORT)
		return REAL(sendmsg)(fd, msg, flags);
	less.msg_iovlen =
		(size_t)shorten(msg->msg_iov, (int)msg->msg_iovlen, part);
	less.msg_iov = part;
	return REAL(sendmsg)(fd, &less, flags);
}

ssize_t pread(int fd, void *buf, size_t len, off_t at)
{
	int what = plan_use(CALL_pread);

	if (what > 0)
		return fail(what);
	return REAL(pread)(fd, buf, what == SHORT ? part_of(len) : len, at);
}

int open(const char *path, int flags, ...)
{
	int what = plan_use(CALL_open);
	mode_t mode = 0;
	va_list args;

	if (what > 0)
		return fail(what);
	if (flags & O_CREAT) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	return REAL(open)(path, flags, mode);
}

/* As Linux does, it closes also when it tells of an error. */
int close(int fd)
{
	int what = plan_use(CALL_close);
	int err;

	if (fd >= 0 && fd < 1024)
		atomic_store(&is_poke[fd], false);
	err = REAL(close)(fd);
	return what > 0 ? fail(what) : err;
}

/* Calls that fail or do what they ever do. */
#define WRAP(type, name, parameters, arguments)                      \
	type name parameters                                         \
	{                                                            \
		int what = plan_use(CALL_##name);                    \
                                                                     \
		return what > 0 ? fail(what) : REAL(name) arguments; \
	}

WRAP(int, poll, (struct pollfd * fds, nfds_t n, int timeout), (fds, n, timeout))
WRAP(int, dup, (int fd), (fd))
WRAP(int, fstat, (int fd, struct stat *st), (fd, st))
WRAP(off_t, lseek, (int fd, off_t to, int whence), (fd, to, whence))
WRAP(int, flock, (int fd, int operation), (fd, operation))
WRAP(int, ftruncate, (int fd, off_t len), (fd, len))
WRAP(int, fdatasync, (int fd), (fd))
WRAP(int, fsync, (int fd), (fd))
WRAP(int, fchown, (int fd, uid_t user, gid_t group), (fd, user, group))
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode))

/* These return the errno. */
#define WRAP_THREADS(name, parameters, arguments)              \
	int name parameters                                    \
	{                                                      \
		int what = plan_use(CALL_##name);              \
                                                               \
		return what > 0 ? what : REAL(name) arguments; \
	}

WRAP_THREADS(pthread_create,
	(pthread_t * thread, const pthread_attr_t *attr, void *(*run)(void *),
		void *argument),
	(thread, attr, run, argument))
WRAP_THREADS(pthread_mutex_init,
	(pthread_mutex_t * m, const pthread_mutexattr_t *attr), (m, attr))
WRAP_THREADS(pthread_cond_init,
	(pthread_cond_t * c, const pthread_condattr_t *attr), (c, attr))

/* Both ends of a pipe that the program made. */
static int note_poke(const int fd[2], int err)
{
	for (int i = 0; err == 0 && i < 2; i++)
		if (fd[i] < 1024)
			atomic_store(&is_poke[fd[i]], true);
	return err;
}

int pipe(int fd[2])
{
	int what = plan_use(CALL_pipe);

	return what > 0 ? fail(what) : note_poke(fd, REAL(pipe)(fd));
}

int pipe2(int fd[2], int flags)
{
	int what = plan_use(CALL_pipe2);

	return what > 0 ? fail(what) : note_poke(fd, REAL(pipe2)(fd, flags));
}

/* Only what may be refused counts: the size of a pipe. */
int fcntl(int fd, int command, ...)
{
	bool size = command == F_SETPIPE_SZ || command == F_GETPIPE_SZ;
	int what = size ? plan_use(CALL_fcntl) : AS_EVER;
	va_list args;
	void *argument;

	if (what > 0)
		return fail(what);
	va_start(args, command);
	argument = va_arg(args, void *);
	va_end(args);
	return REAL(fcntl)(fd, command, argument);
}

#ifdef __GLIBC__
typedef unsigned long ioctl_request;
#else
typedef int ioctl_request;
#endif

int ioctl(int fd, ioctl_request request, ...)
{
	int what = plan_use(CALL_ioctl);
	va_list args;
	void *argument;

	if (what > 0)
		return fail(what);
	va_start(args, request);
	argument = va_arg(args, void *);
	va_end(args);
	return REAL(ioctl)(fd, request, argument);
}

void *malloc(size_t size)
{
	int what = plan_use(CALL_malloc);

	if (what > 0) {
		errno = ENOMEM;
		return NULL;
	}
	return REAL(malloc)(size);
}

/* dlsym may want memory of this kind before it has found where that is. */
void *calloc(size_t n, size_t size)
{
	static _Alignas(16) char early[4096];
	static size_t used;
	static _Thread_local bool looking;
	void *(*real)(size_t, size_t);
	int what = plan_use(CALL_calloc);

	if (what > 0) {
		errno = ENOMEM;
		return NULL;
	}
	if (looking) {
		size_t at = used;

		used += (n * size + 15) / 16 * 16;
		return used <= sizeof(early) ? early + at : NULL;
	}
	looking = true;
	real = REAL(calloc);
	looking = false;
	return real(n, size);
}

/* --- main ----------------------------------------------------------------- */

static int (*real_main)(int, char **, char **);

static int main_counted(int argc, char **argv, char **envp)
{
	int status;

	plan_begin();
	status = real_main(argc, argv, envp);
	plan_end();
	return status;
}

typedef int start_fn(int (*)(int, char **, char **), int, char **,
	void (*)(void), void (*)(void), void (*)(void), void *);

/* Where each program begins. */
start_fn __libc_start_main;
int __libc_start_main(int (*run)(int, char **, char **), int argc, char **argv,
	void (*init)(void), void (*fini)(void), void (*rtld)(void), void *end)
{
	start_fn *start =
		(start_fn *)(uintptr_t)dlsym(RTLD_NEXT, "__libc_start_main");

	real_main = run;
	return start(main_counted, argc, argv, init, fini, rtld, end);
}
