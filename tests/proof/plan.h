/*
 * plan - what is to happen at which use of which call
 *
 * PROOF_FAULTS is what is to happen, orders divided by ';':
 *
 *	CALL FIRST LAST WHAT [PATH]
 *
 * from the FIRST use of CALL to the LAST, counted from 1. WHAT is the number of
 * an errno; "short": only a part is read or written; "signal=N": the process
 * gets it just before the call; or what becomes of the file PATH just before
 * the call: unlink, rename (to PATH.old), empty, directory, fifo, half, grow.
 *
 * PROOF_COUNTS is a file in which the uses are counted while the program runs,
 * so that they are known whatever its end: for each call its name in 16 bytes,
 * then two numbers, the uses and those that something was done to.
 *
 * Any thread.
 */
#ifndef PROOF_PLAN_H
#define PROOF_PLAN_H

/* Pipes that the program makes are for waking itself: uses of them count as
 * read.poke and write.poke, writing to standard error as write.err. */
#define CALLS(X)                            \
	X(read, "read")                     \
	X(read_poke, "read.poke")           \
	X(write, "write")                   \
	X(write_poke, "write.poke")         \
	X(write_err, "write.err")           \
	X(writev, "writev")                 \
	X(recv, "recv")                     \
	X(recvmsg, "recvmsg")               \
	X(sendmsg, "sendmsg")               \
	X(pread, "pread")                   \
	X(poll, "poll")                     \
	X(open, "open")                     \
	X(close, "close")                   \
	X(dup, "dup")                       \
	X(pipe, "pipe")                     \
	X(pipe2, "pipe2")                   \
	X(fcntl, "fcntl")                   \
	X(ioctl, "ioctl")                   \
	X(fstat, "fstat")                   \
	X(lseek, "lseek")                   \
	X(flock, "flock")                   \
	X(ftruncate, "ftruncate")           \
	X(fdatasync, "fdatasync")           \
	X(fsync, "fsync")                   \
	X(fchown, "fchown")                 \
	X(fchmod, "fchmod")                 \
	X(malloc, "malloc")                 \
	X(calloc, "calloc")                 \
	X(pthread_create, "pthread_create") \
	X(pthread_mutex_init, "mutex_init") \
	X(pthread_cond_init, "cond_init")

enum call {
#define NUMBER(name, text) CALL_##name,
	CALLS(NUMBER) N_CALLS
};

/* What a use of a call comes to, beside an errno. */
enum {
	AS_EVER = 0,
	SHORT = -1
};

/* Reads the plan: from here on uses count, until the program has ended: what
 * libraries do then, such as to write counters of coverage, is not its own. */
void plan_begin(void);
void plan_end(void);

/* One more use of a call. Does what is to be done besides, and returns AS_EVER,
 * SHORT or an errno. */
int plan_use(enum call c);

#endif
