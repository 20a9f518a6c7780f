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
bool wish, finished, abandoned;
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

inline signal(c)
{
	if
	:: waits[S] == c -> waits[S] = 0
	:: waits[R] == c -> waits[R] = 0
	:: waits[W] == c -> waits[W] = 0
	:: waits[T0] == c -> waits[T0] = 0
	:: waits[T1] == c -> waits[T1] = 0
	:: else
	fi
}

inline broadcast(c)
{
	if :: waits[S] == c -> waits[S] = 0 :: else fi;
	if :: waits[R] == c -> waits[R] = 0 :: else fi;
	if :: waits[W] == c -> waits[W] = 0 :: else fi;
	if :: waits[T0] == c -> waits[T0] = 0 :: else fi;
	if :: waits[T1] == c -> waits[T1] = 0 :: else fi
}

/* ---- queue.c: `in`, FIFO; `out`, by number ------------------------------------
 *
 * To be called in a step, which goes on behind the call; a wait interrupts it. */

inline in_put(me, b, st)
{
	do
	:: in_closed -> st = CLOSED; break
	:: !in_closed && in_n < DEPTH ->
		in_q[in_n] = b; in_n++; in_unfinished++;
		signal(IN_NOT_EMPTY); st = OK; break
	:: else -> waits[me] = IN_NOT_FULL; waits[me] == 0
	od
}

inline in_get(me, b, st)
{
	do
	:: in_n > 0 ->
		b = in_q[0]; i = 0;
		do
		:: i + 1 < in_n -> in_q[i] = in_q[i + 1]; i++
		:: else -> break
		od;
		in_n--; in_q[in_n] = 0; i = 0;
		signal(IN_NOT_FULL); st = OK; break
	:: in_n == 0 && in_closed -> st = CLOSED; break
	:: else -> waits[me] = IN_NOT_EMPTY; waits[me] == 0
	od
}

inline in_task_done()
{
	assert(in_unfinished > in_n);
	in_unfinished--;
	if :: in_unfinished == 0 -> broadcast(IN_DONE) :: else fi
}

inline in_join(me, st)
{
	do
	:: in_unfinished == 0 -> st = OK; break
	:: in_unfinished > 0 && in_aborted -> st = CLOSED; break
	:: else -> waits[me] = IN_DONE; waits[me] == 0
	od
}

inline in_close()
{
	in_closed = true; broadcast(IN_NOT_EMPTY); broadcast(IN_NOT_FULL)
}

#define SLOT(n) ((n) % DEPTH)
#define OUT_READY (out_n > 0 && (out_closed || out_q[SLOT(out_next)] != NO))

inline out_put(me, b, st)
{
	do
	:: out_closed -> st = CLOSED; break
	:: !out_closed && b_seq[b] < out_next + DEPTH ->
		assert(b_seq[b] >= out_next && out_q[SLOT(b_seq[b])] == NO);
		assert(b_converted[b]);
		out_q[SLOT(b_seq[b])] = b; out_n++; out_unfinished++;
		if :: OUT_READY -> signal(OUT_NOT_EMPTY) :: else fi;
		st = OK; break
	:: else -> waits[me] = OUT_NOT_FULL; waits[me] == 0
	od
}

inline out_get(me, b, st)
{
	do
	:: OUT_READY ->
		do
		:: out_q[SLOT(out_next)] == NO -> out_next++
		:: else -> break
		od;
		b = out_q[SLOT(out_next)]; out_q[SLOT(out_next)] = NO;
		out_next++; out_n--;
		broadcast(OUT_NOT_FULL);
		if :: OUT_READY -> signal(OUT_NOT_EMPTY) :: else fi;
		st = OK; break
	:: out_n == 0 && out_closed -> st = CLOSED; break
	:: else -> waits[me] = OUT_NOT_EMPTY; waits[me] == 0
	od
}

inline out_task_done()
{
	assert(out_unfinished > out_n);
	out_unfinished--;
	if :: out_unfinished == 0 -> broadcast(OUT_DONE) :: else fi
}

inline out_join(me, st)
{
	do
	:: out_unfinished == 0 -> st = OK; break
	:: out_unfinished > 0 && out_aborted -> st = CLOSED; break
	:: else -> waits[me] = OUT_DONE; waits[me] == 0
	od
}

inline out_close()
{
	out_closed = true; broadcast(OUT_NOT_EMPTY); broadcast(OUT_NOT_FULL)
}

/* ---- pool.c ---------------------------------------------------------------- */

inline batch_reset(b)
{
	b_first[b] = 0; b_n[b] = 0; b_seq[b] = 0; b_queued[b] = false;
	b_converted[b] = false; b_open[b] = false; b_continues[b] = false
}

inline pool_put(b)
{
	if
	:: home_closed
	:: else ->
		assert(!home[b] && b_unwritten[b] == 0);
		home[b] = true; n_home++; signal(HOME_NOT_EMPTY)
	fi
}

inline take_home(b)
{
	b = 0;
	do :: home[b] -> break :: else -> b++ od;
	home[b] = false; n_home--
}

/* handover_get: one from home, a new one, or wait for one. */
inline handover_get(me, b, st)
{
	do
	:: n_home > 0 -> take_home(b); st = OK; break
	:: n_home == 0 && home_closed -> st = CLOSED; break
	:: n_home == 0 && !home_closed && n_made < NB ->
		b = n_made; n_made++; st = OK; break
	:: else -> waits[me] = HOME_NOT_EMPTY; waits[me] == 0
	od
}

/* ---- control.c, and on_abort of pipeline.c: queue after queue ----------------- */

inline control_abort()
{
	stopping = true;
	atomic { was = aborted; aborted = true }
	if
	:: was
	:: else ->
		atomic {
			in_closed = true; in_aborted = true;
			do
			:: in_n > 0 ->
				in_n--; in_unfinished--;
				if
				:: !b_converted[in_q[in_n]] ->
					b_unwritten[in_q[in_n]] = b_n[in_q[in_n]]
				:: else
				fi;
				in_q[in_n] = 0
			:: else -> break
			od;
			broadcast(IN_NOT_EMPTY); broadcast(IN_NOT_FULL);
			broadcast(IN_DONE)
		}
		atomic {
			out_closed = true; out_aborted = true; i = 0;
			do
			:: i < DEPTH ->
				if
				:: out_q[i] != NO ->
					out_q[i] = NO; out_n--; out_unfinished--
				:: else
				fi;
				i++
			:: else -> break
			od;
			i = 0;
			broadcast(OUT_NOT_EMPTY); broadcast(OUT_NOT_FULL);
			broadcast(OUT_DONE)
		}
		atomic {
			home_closed = true; i = 0;
			do :: i < NB -> home[i] = false; i++ :: else -> break od;
			i = 0; n_home = 0;
			broadcast(HOME_NOT_EMPTY)
		}
		wake = true
	fi;
	was = false
}

/* ---- output.c ---------------------------------------------------------------- */

#define IS_IDLE (owner == NO && written == sent && !aborted)

/* In a step. */
inline output_own(me)
{
	do
	:: owner == NO -> owner = me; break
	:: else -> waits[me] = DISOWNED; waits[me] == 0
	od
}

/* serve; without CTX each moment is one between two records. */
#define MAY_SERVE (wish && !finished && !aborted)

inline output_disown(me)
{
#ifdef REOPEN
	do
	:: atomic {
		assert(owner == me);
		if :: MAY_SERVE -> wish = false :: else fi
	   }
	   atomic {
		if
		:: MAY_SERVE
		:: else -> owner = NO; signal(DISOWNED); break
		fi
	   }
	od
#else
	atomic { assert(owner == me); owner = NO; signal(DISOWNED) }
#endif
}

/* output_write, and what comes of its failing. */
inline output_write(me, b, err)
{
	if
#ifdef FAILS
	:: atomic { !failed -> failed = true; err = true; assert(owner == me) }
	   control_abort()
#endif
#ifdef STUCKW
	:: atomic { !stuck_write -> stuck_write = true }
end_write: false
#endif
	:: atomic {
		assert(owner == me);
		assert(b_n[b] == 0 || b_first[b] == wr);	/* in order, once */
		assert(b_converted[b]);
		if :: MAY_SERVE -> wish = false :: else fi;
		wr = wr + b_n[b];
		written = written + b_queued[b];
		b_unwritten[b] = 0;
		batch_reset(b)
	   }
	fi
}
#ifdef FAILS
bool failed;
#endif
#ifdef STUCKW
bool stuck_write;
#endif

inline crew_ended(me)
{
	ended[me] = true;
	atomic { assert(!freed); event = true; gone[me] = true }
}

/* convert_batch, and for gzip output packing with the first packer if `pack`. */
inline convert(me, b, pack)	/* in a step */
{
	b_unwritten[b] = b_n[b];
	b_converted[b] = true;
	if
	:: CONTEXT && (b_open[b] || b_continues[b]) ->
		assert(me == R || me == S);
		assert(!b_continues[b] || b_n[b] == 0 || engine == b_first[b]);
		engine = (b_open[b] -> b_first[b] + b_n[b] : 0)
	:: else
	fi;
	assert(!(PACKS && pack) || !started[T0])	/* it has one user */
}

/* ---- the stages -------------------------------------------------------------- */

proctype Transformer(byte me)
{
	byte b, st, i;

	do
	:: atomic {
		in_get(me, b, st);
		if
		:: st == CLOSED -> break
		:: else ->
			if
			:: !b_converted[b] -> convert(me, b, false)
			:: else
			fi
		fi
	   }
	   atomic {
		out_put(me, b, st);
		b = 0;
		if :: st == CLOSED -> break :: else fi
	   }
	   atomic { in_task_done() }
	od;
	crew_ended(me)
}

proctype Writer()
{
	byte b, st, i;
	bool err, was;

	do
	:: atomic {
		out_get(W, b, st);
		if :: st == CLOSED -> break :: else fi
	   }
	   atomic { output_own(W) }
	   output_write(W, b, err);
	   output_disown(W);
	   atomic {
		if :: err -> break :: else fi;
		pool_put(b); b = 0
	   }
	   atomic { out_task_done() }
	od;
	if
	:: aborted ->
		atomic { output_own(W); abandoned = true }
		output_disown(W)
	:: else
	fi;
	crew_ended(W)
}

#ifdef FEW
#define MAY_FAIL(otherwise) :: no_thread = true; otherwise
#define CAN_START (!no_thread)
#else
#define MAY_FAIL(otherwise)
#define CAN_START true
#endif

/* The reader, and the stand-in once it has relieved that. */
proctype Reader(byte me)
{
	byte b = NO, next = NO, st, i;
	bool here, was, err, last, woken, eof;

	atomic {
		if
		:: me == R -> goto top
		:: me == S && relief == EXPOSED -> relief = TAKEN
		:: else -> goto out
		fi
	}
	atomic {			/* leave_batch */
		left = true;
		if
		:: cur != NO ->
			handover_get(me, next, st);
			if
			:: st == CLOSED -> err = true; goto end
			:: else ->
				b_first[next] = b_first[cur];
				b_n[next] = b_n[cur];
				b_continues[next] = b_continues[cur];
				batch_reset(cur);
				cur = next; next = NO
			fi
		:: else
		fi
	}

top:	atomic {			/* read_more: what is due; need_batch */
		if
		:: cur != NO && b_n[cur] > 0 -> goto cut
		:: cur != NO
		:: cur == NO ->
			handover_get(me, cur, st);
			if
			:: st == CLOSED -> cur = NO; err = true; goto end
			:: else -> b_continues[cur] = cut_open
			fi
		fi
	}
#ifdef PROMPT
	if				/* ask: handover_wait */
	:: !stopping ->
		atomic { in_join(me, st); if :: st == CLOSED -> goto failed_wait :: else fi }
		atomic { out_join(me, st) }
failed_wait:	atomic {
			if
			:: st == CLOSED || aborted -> err = true; goto end
			:: else -> assert(wr + b_n[cur] == rd)
			fi
		}
	:: true
	fi;
#endif
	atomic {			/* what was read is text before more is read */
		if
		:: aborted -> err = true; goto end
		:: !aborted && raw > 0 -> goto text
		:: !aborted && raw == 0 && (stopping || me == S) -> goto all
		:: else
		fi
	}

again:	atomic {			/* feed_read */
		relief = EXPOSED;
		if
		:: got < CHUNKS
		:: eof = true
		:: wake -> woken = true
#ifdef IDLE
		:: woken = true; wake
#endif
#ifdef STUCK
		:: hangs = true;
end_read:		false
#endif
		fi
	}
	atomic {
		if
		:: relief == TAKEN -> goto out
		:: else -> relief = AWAY
		fi;
		if
		:: eof && raw == 0 -> goto all
		:: eof && raw > 0 -> eof = false; goto text
		:: woken -> woken = false; wake = false; goto look
		:: else -> got++; raw++
		fi
#ifdef PACKED
		/* feed_take_all: more of the same piece, whatever the flags */
		;
		if
		:: goto again
		:: true
		fi
#endif
	}

text:	atomic {			/* cutter_take */
		assert((relief == TAKEN) == (me == S));
		if :: b_n[cur] == 0 -> b_first[cur] = rd :: else fi;
		b_n[cur]++; rd++; raw--;
		goto top
	}

look:					/* output_look */
#ifdef REOPEN
	if
	:: atomic { wish && IS_IDLE -> owner = me }
	   output_disown(me)
	:: !wish || !IS_IDLE
	fi;
#endif
	goto top;

all:	atomic {			/* pass_on_all */
		last = true;
		if
		:: b_n[cur] == 0 && !b_continues[cur] -> goto end
		:: else
		fi
	}

cut:	atomic {			/* pass_on: what is left must be saved first */
		if
		:: !last && b_n[cur] > 1 ->
			handover_get(me, next, st);
			if
			:: st == CLOSED -> next = NO; err = true; goto end
			:: else ->
				b_n[cur]--; b_n[next] = 1;
				b_first[next] = b_first[cur] + b_n[cur];
				b = cur; cur = next; next = NO; cut_open = false
			fi
		:: b = cur; cur = NO; cut_open = false;
			if
			:: CONTEXT && !last -> cut_open = true
			:: true
			fi;
			b_open[b] = cut_open
		fi;
		assert((relief == TAKEN) == (me == S))
	}
	atomic {			/* handover_send */
		lines_kept = (cur != NO && b_n[cur] > 0);
		if
		:: aborted ->
			b_unwritten[b] = b_n[b]; lines_kept = false;
			err = true; goto end
		:: !aborted && !(PACKS && asked) && IS_IDLE ->
			here = true; convert(me, b, true)
		:: !aborted -> goto others
		fi
	}
	if				/* finish_here: output_try_own */
	:: atomic {
		IS_IDLE -> owner = me;
		if :: goto write_here :: true fi
	   }
	   output_disown(me)		/* one would have to wait */
	:: !IS_IDLE
	fi;

others:	atomic {			/* start_others */
		if
		:: asked -> goto queues
		:: else
		fi;
		asked = true;
		if
		:: CAN_START -> run Writer(); started[W] = true
		MAY_FAIL(alone = true; goto queues)
		fi;
		if
		:: CAN_START -> run Transformer(T0); started[T0] = true
		MAY_FAIL(goto queues)
		fi;
		transformers = 1;
#if JOBS > 1
		if
		:: CAN_START -> run Transformer(T1); started[T1] = true
		MAY_FAIL(goto queues)
		fi;
		transformers = 2
#endif
	}
queues:	atomic {
		if
		:: !alone -> goto send_on
		:: alone ->
			if :: !here -> convert(me, b, true) :: here fi;
			output_own(me);
			goto write_here
		fi
	}
send_on:
	atomic {
		b_seq[b] = sent; b_queued[b] = true;
		if
		:: here -> goto to_writer
		:: !here && transformers == 0 ->
			convert(me, b, true); goto to_writer
		:: !here && transformers > 0 && CONTEXT &&
			(b_open[b] || b_continues[b]) ->
			convert(me, b, false);
			if :: PACKS :: else -> goto to_writer fi
		:: !here && transformers > 0 && !PACKS ->
			convert(me, b, false); goto to_writer
		:: !here && transformers > 0 &&
			!(CONTEXT && (b_open[b] || b_continues[b]))
		fi;
		in_put(me, b, st);
		goto sent_on
	}
to_writer:
	atomic { out_put(me, b, st) }
sent_on:
	atomic {
		if
		:: st == CLOSED ->
			if :: b_converted[b] :: else -> b_unwritten[b] = b_n[b] fi;
			err = true; lines_kept = false; goto end
		:: else -> sent++; goto handed
		fi
	}

write_here:
	output_write(me, b, err);
	output_disown(me);
	atomic {
		if :: err -> lines_kept = false; goto end :: else fi;
		pool_put(b)
	}

handed:	atomic {
		b = NO; here = false; st = OK; lines_kept = false;
		if :: last -> goto end :: else -> goto top fi
	}

end:	atomic {			/* put_back */
		has_all = true; b = NO; here = false;
		assert(!err || aborted);
		if
		:: cur != NO && err -> b_unwritten[cur] = b_n[cur]; cur = NO
		:: cur != NO && !err -> batch_reset(cur); pool_put(cur); cur = NO
		:: else
		fi
	}
	atomic { in_close() }		/* handover_end */
	atomic {
		in_join(me, st);
		if :: st == CLOSED -> goto drained :: else fi
	}
	atomic { out_close() }
	atomic {
		out_join(me, st);
		if
		:: !aborted -> assert(st == OK && wr == rd && raw == 0)
		:: else
		fi
	}
drained:
	atomic {
		st = OK; output_own(me)
	}
	atomic {
		if
		:: aborted -> abandoned = true
		:: else -> assert(!finished); finished = true
		fi
	}
	output_disown(me);
out:	crew_ended(me)
}

/* ---- the main thread --------------------------------------------------------- */

#define RUNS(t) (started[t] && !ended[t])
#define AGAIN (started[S] && gone[S])	/* another stand-in may be started */

mtype = { ALL_KNOW, NOT_ALL, NUDGED };

proctype Main()
{
	byte n, i, nudges, lost;
	bool was, told, given_up, hasty, others, new;
	mtype late;

	do
	:: atomic { event = false; n = RUNS(S) }	/* crew_running, one by one */
	   atomic { n = n + (!left && RUNS(R)) }
	   atomic {
		n = n + RUNS(W) + RUNS(T0) + RUNS(T1);
		if
		:: n == 0 ->
			assert(!RUNS(S) && !RUNS(W) && !RUNS(T0) && !RUNS(T1));
			assert(left || !RUNS(R));
			break
		:: else -> n = 0
		fi;
		/* see_to_late */
		if
		:: aborted && (RUNS(R) || RUNS(W) || RUNS(S)) -> late = NUDGED
		:: aborted && !(RUNS(R) || RUNS(W) || RUNS(S)) -> late = ALL_KNOW
		:: !aborted && (!stopping || !RUNS(R) || has_all) ->
			late = ALL_KNOW
		:: else -> late = (relief == EXPOSED -> NUDGED : NOT_ALL)
		fi;
		if
		:: late != NUDGED -> nudges = 0
		:: late == NUDGED && nudges <= NUDGES && MAY_LEAVE && !hasty ->
			nudges++
		:: else
		fi;
		/* pipeline_leave_reader; a stand-in that came too late is no
		 * reason not to send another. */
		new = (nudges > NUDGES && !hasty && relief == EXPOSED);
		if
		:: new && AGAIN ->
			started[S] = false; ended[S] = false; gone[S] = false
		:: else
		fi;
		if
		:: new && !started[S] ->
			new = false;
			if
			:: CAN_START -> run Reader(S); started[S] = true
			MAY_FAIL(given_up = true; hasty = true; new = true)
			fi
		:: else -> new = false
		fi
	   }
	   if
	   :: new -> new = false; control_abort()
	   :: else
	   fi;
	   atomic {			/* poll */
		if
		:: event || sigs > 0 || usr2
		:: late == NUDGED && nudges > 0 && nudges <= NUDGES && !hasty
		:: late == NUDGED && nudges > NUDGES && !hasty && CAN_START &&
			(!started[S] || AGAIN) && relief == EXPOSED && MAY_LEAVE
		:: late == NOT_ALL && (aborted || has_all || !RUNS(R) ||
			(relief == EXPOSED && MAY_LEAVE))
		:: given_up && timeout -> break
		fi;
		late = ALL_KNOW;
		if			/* answer_signals */
		:: usr2 -> usr2 = false; wish = true; new = true
		:: else
		fi;
		if
		:: sigs > 0 && !told ->
			sigs--; told = true; stopping = true; new = true
		:: sigs > 0 && told -> sigs--; goto give_up
		:: else
		fi
	   }
	   if
	   :: new -> new = false; wake = true
	   :: else
	   fi;
	   goto answered;
give_up:
	   atomic {
		given_up = true; new = false;
		if :: hasty = true :: true fi
	   }
	   control_abort();
answered:  skip
	od;
	/* pipeline_finish */
	atomic {
		i = 0;
		do
		:: i < THREADS -> others = others || RUNS(i); i++
		:: else -> i = 0; break
		od;
		(!ended[S] || gone[S]) && (!ended[R] || gone[R]) &&
		(!ended[W] || gone[W]) && (!ended[T0] || gone[T0]) &&
		(!ended[T1] || gone[T1]);	/* pthread_join */
		do
		:: i < NB -> lost = lost + b_unwritten[i]; i++
		:: else -> i = 0; break
		od;
		lost = lost + lines_kept;
		if
		:: relief == EXPOSED ->
			relief = TAKEN;
			if :: cur != NO -> lost = lost + b_n[cur] :: else fi
		:: else
		fi;
		assert(aborted || (finished && wr == rd && lost == 0));
		assert(aborted || (raw == 0 && got == rd));
		assert(wr + lost == rd);
		assert(finished || abandoned || others);
		assert(aborted || n_home + left == n_made);
		freed = !others;
		over = true
	}
	if			/* _exit, wherever the others are; or the end */
	:: others -> do :: over od
	:: else
	fi
}

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
