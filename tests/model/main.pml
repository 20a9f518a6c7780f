/*
 * main.pml - the main thread (main.c, pipeline.c, crew.c)
 */

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

