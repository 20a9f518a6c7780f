/*
 * pipeline.pml - the protocol of the threads, for spin (tests/model/check.sh)
 *
 * What is modelled, each by the name that it has in src: the three queues with
 * their condition variables (signal wakes any one who waits, broadcast all), the
 * pool, the output that is owned, the reader with the hand that it lends
 * (finish, few, convert, pieces in order), two transformers, the writer, the
 * stand-in with relief, the flags and the wake pipe, the abort by a failing
 * write or by a second signal, the main thread with its poll, its nudges, its
 * count of threads and its report, the wish to open the output anew, threads
 * that cannot be started, a read or a write that never returns.
 *
 * How: a piece of text between two cuts is a chunk, and counts as one line; a
 * batch holds consecutive chunks. Where src decides by how full, how busy or how
 * late something is, the model may decide either way at any time. What happens
 * under one lock, or is one atomic operation, is one step; what only touches
 * what the thread owns belongs to the step before it. A poll of the main thread
 * whose time is over is a step only if what it looks at has changed, or a nudge
 * is to be counted: so to look again and again in vain is a deadlock here.
 *
 * What is not: the bytes (cutter, converter, formats: unit tests and fuzzing),
 * FILEs, invalid=fail, the threads that decode gzip members ahead (they wait for
 * nothing but their own queue), messages and standard error, the time that a
 * drain may take (it ends as by a second signal), memory order (all atomics are
 * sequentially consistent, too), spurious wake-ups (each wait looks again), and
 * a thread that is merely slow after everything was given up: then a count may
 * be short.
 *
 * What is checked
 *  - No deadlock: every thread ends but one that hangs in a read or write, and
 *    so does main; a stop is always answered.
 *  - Lines are written once, in order (output_write), by the owner.
 *  - A join that succeeds, unless aborted, means that all is written.
 *  - Lines written + lines told as lost = lines read; none is lost, and all that
 *    was read is written, unless aborted.
 *  - Every batch is at home at the end, once; only one that a hanging read may
 *    write to stays away.
 *  - The output is finished once, or abandoned after an abort.
 *  - Nothing is freed that a thread may still use.
 *  - A wish to open anew is served while nothing else happens.
 *
 * Switches (-D)
 *	CHUNKS=n (2)	at most so many chunks of input
 *	DEPTH=n (1)	queue depth
 *	JOBS=n (2)	transformers, 1 or 2
 *	NB=n		batches that there can be (2 + JOBS + DEPTH; 2 or 3: no memory)
 *	CTX		a language with context: pieces are converted in order
 *	LEVEL		gzip output
 *	PACKED		gzip input: bytes are read before they are text
 *	PROMPT		a person types: all is written before the next prompt
 *	STOPS=n (0)	signals that come at any time: the first stops, the second
 *			gives up
 *	IDLE		input may stop coming without an end (needs STOPS)
 *	STUCK		a read may hang for ever (needs STOPS)
 *	STUCKW		a write may hang for ever (needs STOPS=2)
 *	PATIENT		main leaves a reader only if that hangs for ever
 *	FAILS		a write may fail
 *	FEW		threads may not start
 *	REOPEN		a wish comes (needs STOPS)
 */
#ifndef CHUNKS
#define CHUNKS 2
#endif
#ifndef DEPTH
#define DEPTH 1
#endif
#ifndef JOBS
#define JOBS 2
#endif
#ifndef STOPS
#define STOPS 0
#endif
#ifndef NB
#define NB (2 + JOBS + DEPTH)
#endif
#ifdef LEVEL
#define PACKS true
#else
#define PACKS false
#endif
#ifdef CTX
#define CONTEXT true
#else
#define CONTEXT false
#endif
#ifdef PATIENT
#define MAY_LEAVE hangs
#else
#define MAY_LEAVE true
#endif
#define NO 255
#define FIRST 2			/* FIRST_BATCHES */
#define NUDGES 1		/* READER_NUDGES */

/* Threads, in the order in which crew_running counts them. */
#define S 0
#define R 1
#define W 2
#define T0 3
#define T1 4
#define THREADS 5

/* Condition variables. */
#define IN_NOT_EMPTY 1
#define IN_NOT_FULL 2
#define IN_DONE 3
#define OUT_NOT_EMPTY 4
#define OUT_NOT_FULL 5
#define OUT_DONE 6
#define HOME_NOT_EMPTY 7
#define DISOWNED 8

/* What a queue, or a thread's start, says. */
#define OK 0
#define CLOSED 1
#define FULL 2

byte waits[THREADS];		/* the condition that each waits for; 0: none */

/* queue.h */
byte in_q[DEPTH], in_n, in_unfinished;
bool in_closed, in_aborted;
byte out_q[DEPTH], out_n, out_next, out_unfinished;
bool out_closed, out_aborted;

/* pool.h; which of the batches at home comes next does not matter. */
bool home[NB], home_closed;
byte n_home, n_made;

/* batch.h: chunks [b_first, b_first + b_n) */
byte b_first[NB], b_n[NB], b_seq[NB], b_unwritten[NB];
bool b_queued[NB], b_converted[NB], b_open[NB], b_continues[NB];

/* output.h */
byte owner = NO, written;
bool wish, patient, finished, abandoned;
byte wr;			/* chunks that are written */

/* control.h */
bool stopping, aborted, wake;

/* relief.h, and what goes from the reader to the stand-in: feed, cutter,
 * handover. */
mtype = { AWAY, EXPOSED, TAKEN };
mtype relief = AWAY;
bool hangs;			/* the reader, for ever */
byte raw;			/* chunks that were read but are no text yet */
byte got, rd;			/* chunks read, and of these made text */
byte cur = NO;			/* the cutter's batch */
bool cut_open;			/* the next one continues a record */
byte sent;			/* through the queues */
bool asked, alone;
byte transformers;
byte engine;			/* chunk before which its state is that of */
bool has_all;
bool lines_kept;

/* crew.h */
bool started[THREADS], ended[THREADS], gone[THREADS], left;
bool event;			/* a byte in the event pipe */

/* main.c */
byte sigs;			/* signals that were not looked at yet */
bool usr2, over, freed;
bool no_thread;			/* a thread could not be started: none can */

#include "queue.pml"
#include "output.pml"
#include "stages.pml"
#include "main.pml"

proctype Env()
{
	byte n;

#ifdef REOPEN
	usr2 = true;
	((!usr2 && !wish) || finished || aborted || over);
#endif
	do
	:: n < STOPS -> atomic { n++; sigs++ }
	:: else -> break
	od
}

init
{
	atomic {
		byte k = 0;

		do :: k < DEPTH -> out_q[k] = NO; k++ :: else -> break od;
		k = 0;
		do
		:: k < FIRST -> home[k] = true; n_home++; k++
		:: else -> break
		od;
		n_made = FIRST; k = 0;
		started[R] = true;
		run Reader(R); run Main(); run Env()
	}
}
