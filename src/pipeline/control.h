/*
 * control - whether a pipeline is to end, and the pipes that wake who waits
 *
 * What it is for: two flags that only ever rise. `stopping`: no more input is
 * read, what was read is drained. `aborted`: nothing more is written, every
 * thread ends as soon as it can be woken.
 *
 * Invariants
 *  - A flag is set before its pipe is written to, so who is woken sees it.
 *  - Aborted implies stopping.
 *  - What an abort has to undo is undone once, by the thread that was first.
 *
 * Threads: nothing blocks. init and release are the main thread's, control_see
 * is the reader's; the rest may be called from any.
 */
#ifndef UPCASE_PIPELINE_CONTROL_H
#define UPCASE_PIPELINE_CONTROL_H

#include <stdatomic.h>
#include <stdbool.h>

struct control {
	atomic_bool stopping, aborted;
	atomic_bool taken_back; /* what was begun at a prompt; before a stop */
	int wake_pipe[2];	/* a byte: the reader is to look what is new */
	int abort_pipe[2];	/* a byte that stays: aborted */
	/* Called once, by the thread that aborts first, before those are woken
	 * who wait in poll. Must not block. Set once before threads start. */
	void (*on_abort)(void *context);
	void *context;
};

/* Returns 0 or a negative errno; then there is nothing to release. */
int control_init(
	struct control *c, void (*on_abort)(void *context), void *context);

/* Closes the pipes. Zeroed storage is not good enough. */
void control_release(struct control *c);

void control_take_back(struct control *c);
void control_stop(struct control *c);
void control_abort(struct control *c);

bool control_is_stopping(const struct control *c);
bool control_is_aborted(const struct control *c);
bool control_is_taken_back(const struct control *c);

/* Makes the reader's wait for input, this one or the next, return. */
void control_wake_reader(struct control *c);

/* Readable when control_wake_reader was called since control_see. */
int control_wake_fd(const struct control *c);

/* The reader has been woken: what it looks at from here on is new. */
void control_see(struct control *c);

/* Readable for good once aborted. */
int control_abort_fd(const struct control *c);

#endif
