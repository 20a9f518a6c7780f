/*
 * stages.pml - the threads of the pipeline (transformer.c, writer.c, reader.c,
 * handover.c, feed.c, standin.c)
 */

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
	bool here, was, err, last, woken, eof, rest;

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
		/* What waits in the input at a stop is read, too. */
		:: !aborted && raw == 0 && stopping && me == R && got < CHUNKS ->
			rest = true; goto again
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
		:: !rest -> woken = true; wake
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

look:					/* handover_run_errand */
#ifdef REOPEN
	if
	:: atomic {
		wish && IS_IDLE ->
		handover_get(me, b, st);
		if
		:: st == CLOSED -> b = NO; st = OK; goto top
		:: else -> b_converted[b] = true; here = true; goto others
		fi
	   }
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
		IS_IDLE && !wish -> owner = me; patient = false;
		if :: goto write_here :: true fi
	   }
	   output_disown(me)		/* one would have to wait */
	:: !IS_IDLE || wish
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

