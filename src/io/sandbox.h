/*
 * sandbox - no more rights to the file system than to what is open
 *
 * What it is for: who parses what strangers send may be made to do what they
 * want. Where nothing is left to be opened, a thread gives up all rights to
 * open, make, change or remove files, and to bind or connect sockets (Landlock,
 * where the kernel has it). What is open stays as it is.
 *
 * The system binds the calling thread and those that it starts later. So one
 * thread says that it is time (sandbox_close), and each other that touches the
 * same data enters by itself, before it touches them next.
 *
 * Threads: any; nothing blocks.
 */
#ifndef UPCASE_IO_SANDBOX_H
#define UPCASE_IO_SANDBOX_H

#include <stdatomic.h>
#include <stdbool.h>

struct sandbox {
	atomic_bool closed;
	bool tried; /* who closes: it is closed, or that cannot be */
	int rules;  /* what Landlock calls a ruleset, or -1; good once closed */
};

/* Whether it was built in. */
bool sandbox_is_built(void);

void sandbox_init(struct sandbox *s);

/* No thread may use it any more. */
void sandbox_release(struct sandbox *s);

/* It is time; the caller enters, and all that call sandbox_enter from now on.
 * For one thread. Returns 0; -EALREADY when it was called before; or another
 * negative errno, such as -ENOSYS where there is no Landlock: then nobody
 * enters. */
int sandbox_close(struct sandbox *s);

/* Enters for the calling thread, if it is time. Costs next to nothing
 * otherwise, and the second time. s may be NULL: never. */
void sandbox_enter(struct sandbox *s);

#endif
