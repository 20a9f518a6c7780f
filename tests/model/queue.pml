/*
 * queue.pml - condition variables, the queues and the pool (queue.c, pool.c)
 *
 * All to be called in a step, which goes on behind the call; a wait interrupts it.
 */
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

/* `in`, first in, first out; `out`, by number. */

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

