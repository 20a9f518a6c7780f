/*
 * output.pml - the abort, and who may write (control.c, output.c, convert.c)
 */

/* on_abort of pipeline.c: queue after queue. */

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

#define IS_IDLE (owner == NO && written == sent && !aborted)

/* In a step. */
inline output_own(me)
{
	do
	:: owner == NO -> owner = me; patient = true; break
	:: else -> waits[me] = DISOWNED; waits[me] == 0
	od
}

/* serve; without CTX each moment is one between two records. Who only tried to
 * own it (output_try_own) must not wait, as this may. */
#define MAY_SERVE (wish && patient && !finished && !aborted)

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

