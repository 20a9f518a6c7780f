/*
 * attend - what the main thread does while the pipeline runs
 *
 * It only waits: for signals, for threads that end, and for the time of a
 * shutdown to be over. It alone decides how the process ends.
 *
 * What it may call once the pipeline runs, until it has reported (verdict.h).
 * Nothing of this waits for anybody but poll, so a signal is always answered. A
 * test holds the system calls of the main thread against this list:
 *
 *	poll			the one wait; at the end also naps of it, up
 *				to a second, for standard error to have room
 *	read, write		on pipes of our own with O_NONBLOCK (poke.h)
 *	write, sendto, pwritev2	to standard error, such that it does not wait,
 *				or if it is a regular file (io/say.h)
 *	fstat, ioctl, fcntl, openat, getpgrp, getpgid
 *				to find out what standard error is, how wide,
 *				and whether we are in front of it
 *	futex			for locks that are held for a look or a copy,
 *				never over a call that may wait: those of the
 *				queues, the ledger and io/say.h; to join
 *				threads that have said that they ended
 *	getpid, tgkill		to nudge a thread
 *	getpgrp, gettid, kill	to give a terminal back, and to stop, where
 *				somebody types
 *	clone, clone3, rseq, set_robust_list
 *				to start one: a stand-in, or io/say.h's
 *	brk, mmap, munmap, mprotect, madvise
 *				memory
 *	clock_gettime, rt_sigaction, rt_sigprocmask, rt_sigreturn,
 *	restart_syscall		of this process alone
 *
 * No input or output is opened, locked, read, written, synced or closed here
 * meanwhile: that is for threads, to which a wish is left (pipeline_reopen).
 */
#ifndef UPCASE_RUN_ATTEND_H
#define UPCASE_RUN_ATTEND_H

#include "cli/course.h"
#include "cli/options.h"
#include "pipeline/pipeline.h"

#include <stdbool.h>
#include <stdint.h>

/* Why and how the pipeline was asked to end. */
struct shutdown {
	bool late;	      /* a thread has not noticed yet */
	bool untold;	      /* a message waits for standard error */
	int nudges;	      /* that a thread did not answer, one by one */
	int64_t nudged_at;    /* when the last of them was sent */
	int signal;	      /* the first one, 0 if none */
	int64_t signal_at;    /* when that was */
	int stops;	      /* how many were answered */
	const char *given_up; /* why it was aborted, NULL if not */
	int64_t given_up_at;
	int killed;	     /* the signal that came after that, 0 if none */
	int64_t drain_until; /* when the drain is given up */
	int64_t abandon_at;  /* when threads are left behind */
};

/* Waits until every thread has ended, or cannot be waited for any longer:
 * answers signals, nudges who is late, shows the course. Fills *e with what
 * came. */
void attend(struct pipeline *p, const struct options *o, struct shutdown *e,
	struct course *c);

#endif
