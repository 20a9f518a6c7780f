/*
 * standin - a thread that does the rest of the reader's work when the reader
 * does not come back from a read
 *
 * What it is for: a read from a dead file server cannot be woken. At a stop,
 * what was read before it must be written all the same, and the process must
 * end.
 *
 * The thread relieves the reader by itself (io/relief.h), so there is no moment
 * in which nobody is there for what was read: either the reader is relieved by
 * a thread that runs, or it goes on.
 */
#ifndef UPCASE_PIPELINE_STANDIN_H
#define UPCASE_PIPELINE_STANDIN_H

#include "pipeline/reader.h"

/* Starts it, if none runs or has relieved the reader: one that came too late
 * for one read is followed by another for the next. The main thread's; does not
 * block. Returns 0, or a negative errno when there can be no such thread. */
int standin_start(struct reader *reader);

#endif
